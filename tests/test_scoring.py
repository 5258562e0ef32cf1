"""Instruction-Following Difficulty: the losses are transformers' own, and the ratio is theirs."""

import math

import pytest

from smolsynth import load_llm, try_step
from smolsynth.llms.bundled import MODELS
from smolsynth.llms.scoring import losses
from smolsynth.selection import InstructionFollowingDifficulty

ROWS = [
    {"instruction": "What is a harp?", "response": "A harp is a string instrument."},
    {"instruction": "太阳是什么？", "response": "太阳是位于太阳系中心的恒星。"},
]


def test_the_loss_is_that_of_transformers():
    """The course's weights in both formats; int8 rounds, so they agree to 2%."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    folder = MODELS / "tutor"
    if not any(folder.glob("*.safetensors")):
        pytest.skip("the weights for torch are not here")
    model = transformers.AutoModelForCausalLM.from_pretrained(folder)
    llm = load_llm()
    llm.load()
    tokenizer = llm._model.tokenizer
    for row in ROWS:
        asked = [{"role": "user", "content": row["instruction"]}]
        prompts = [llm._render(asked, True), "<|im_start|>assistant\n"]
        found = losses(llm, [asked], [row["response"]])[0]
        for prompt, loss in zip(prompts, found, strict=True):
            start = tokenizer.encode(prompt, add_special_tokens=False).ids
            answer = tokenizer.encode(row["response"], add_special_tokens=False).ids
            labels = [-100] * len(start) + answer
            with torch.no_grad():
                out = model(torch.tensor([start + answer]), labels=torch.tensor([labels]))
            assert loss == pytest.approx(float(out.loss), rel=0.02, abs=0.05)


class Known:
    """A model whose probabilities are known: after "?" it expects "b" by 1/2, else by 1/8."""

    _context = 16

    def _ready(self):
        pass

    def _render(self, messages, generation_prompt):
        return messages[0]["content"] + ">" * generation_prompt

    def _encode(self, text):
        return list(text)

    def _generator(self, workers):
        return self

    def score_batch(self, rows, max_batch_size):
        return [Scored([math.log(0.5 if "?" in r else 0.125)] * (len(r) - 1)) for r in rows]


class Scored:
    def __init__(self, log_probs):
        self.log_probs = log_probs


def test_losses_by_hand():
    asked = [{"role": "user", "content": "a?"}]
    ((given, alone),) = losses(Known(), [asked], ["bbb"])
    assert given == pytest.approx(math.log(2)) and alone == pytest.approx(math.log(8))
    assert math.exp(given - alone) == pytest.approx(1 / 4)


@pytest.mark.parametrize("text", ["", "b" * 20])
def test_a_text_that_cannot_be_scored_is_named(text):
    with pytest.raises(ValueError, match="Text 0 has"):
        losses(Known(), [[{"role": "user", "content": "a?"}]], [text])


def test_an_instruction_that_fits_helps_more():
    swapped = {**ROWS[0], "instruction": "What is rain?"}
    empty = {"instruction": "What is rain?", "response": None}
    step = InstructionFollowingDifficulty(name="ifd", llm=load_llm())
    fits, other, nothing = try_step(step, [ROWS[0], swapped, empty])
    assert 0 < fits["ifd"] < other["ifd"]
    assert fits["ifd"] == pytest.approx(math.exp(fits["loss_given"] - fits["loss_alone"]))
    assert other["loss_alone"] == pytest.approx(fits["loss_alone"], abs=1e-4)
    assert nothing["ifd"] is None and nothing["loss_given"] is None
