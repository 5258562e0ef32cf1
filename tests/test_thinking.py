"""Thoughts are told apart from answers, by every mark, and reach no column of data."""

import pytest

import smolsynth  # noqa: F401  before distilabel

# isort: split
from distilabel.steps.tasks import TextGeneration

from smolsynth.llms import BundledLLM, load_llm, thinking
from smolsynth.llms.local import Answer
from smolsynth.llms.templates import chat_template
from smolsynth.llms.thinking import ends_open, split_thoughts
from smolsynth.pipelines.pipeline import InProcessPipeline

TAGS = [marks for marks in thinking._MARKS if marks[0] != "<|channel>thought"]
THOUGHT, ANSWER = "Two and two,\n\nso add.", "It is 4."
HARMONY = (
    f"<|channel|>analysis<|message|>{THOUGHT}<|end|>"
    f"<|start|>assistant<|channel|>final<|message|>{ANSWER}"
)


@pytest.mark.parametrize(("opening", "closing"), thinking._MARKS)
def test_every_pair_of_marks(opening, closing):
    said = f"{opening}\n{THOUGHT}\n{closing}\n\n{ANSWER}"
    assert split_thoughts(said) == (THOUGHT, ANSWER)
    assert split_thoughts(said.upper())[1] == ANSWER.upper()
    assert split_thoughts(f"\n{opening}{closing}{ANSWER}") == ("", ANSWER)  # switched off
    assert split_thoughts(f"{THOUGHT}{closing}{ANSWER}") == (THOUGHT, ANSWER)
    assert split_thoughts(f"{THOUGHT}{closing}{ANSWER}", opened=True) == (THOUGHT, ANSWER)
    assert split_thoughts(f"{opening}{THOUGHT}") == (THOUGHT, None)
    assert split_thoughts(THOUGHT, opened=True) == (THOUGHT, None)
    assert split_thoughts(f"{opening}{THOUGHT}{closing}") == (THOUGHT, None)
    assert ends_open(f"<|im_start|>assistant\n{opening}\n")
    assert not ends_open(f"<|im_start|>assistant\n{opening}\n\n{closing}\n\n")


@pytest.mark.parametrize(
    ("said", "thoughts", "answer"),
    [
        ("It is 4.", "", "It is 4."),
        ("  It is 4.\n", "", "  It is 4.\n"),  # as it is
        ("", "", ""),
        ("I think it is 4.", "", "I think it is 4."),
        ("Put `<think>` there.", "", "Put `<think>` there."),
        ("analysis of a poem", "", "analysis of a poem"),
        ("<think>a</think>It <think>b</think>is 4.", "a\n\nb", "It is 4."),  # in between
        ("<think>a <think>b</think> c</think>It is 4.", "a\n\nb\n\nc", "It is 4."),  # nested
        ("<think>a</thinking>It is 4.", "a", "It is 4."),  # another's closing mark
        ("It is 4. <think>or is it", "It is 4. <think>or is it", None),
        ("<think>a</think><answer>It is 4.</answer>", "a", "It is 4."),
        ("<think>a</think>\n<answer>It is", "a", "It is"),
        (HARMONY, THOUGHT, ANSWER),
        (HARMONY + "<|return|>", THOUGHT, ANSWER),
        (HARMONY.removeprefix("<|channel|>analysis<|message|>"), THOUGHT, ANSWER),
        (f"<|channel|>analysis<|message|>{THOUGHT}", THOUGHT, None),
        ("<|channel|>commentary to=tool <|constrain|>json<|message|>{}<|call|>", "{}", None),
        ("<|channel|>final<|message|>It is 4.", "", "It is 4."),
        ("analysisWe add.assistantfinalIt is 4.", "We add.", "It is 4."),
        ("analysisWe add, or", "We add, or", None),
    ],
)
def test_table(said, thoughts, answer):
    found, rest = split_thoughts(said)
    assert rest == answer
    if answer is not None or "<" not in thoughts:
        assert found == thoughts


def said_by_the_tutor(monkeypatch, *texts):
    """Makes the bundled model say these, in turn."""
    said = iter(texts)

    def run(self, rows, *_):
        spoken = [next(said) for _ in rows]
        return [Answer(text, len(self._encode(text))) for text in spoken]

    monkeypatch.setattr(BundledLLM, "_run", run)


def test_thoughts_of_a_local_model(monkeypatch):
    rows = [{"instruction": "Two and two?"}] * 3
    texts = (f"<think>{THOUGHT}</think>{ANSWER}", ANSWER, f"<think>{THOUGHT}")

    def run(**options):
        said_by_the_tutor(monkeypatch, *texts)
        with InProcessPipeline() as pipeline:
            TextGeneration(name="answer", llm=load_llm("bundled", temperature=0, **options))
        rows_made = pipeline.run(dataset=rows, progress=False)["default"]["train"].to_list()
        return rows_made, pipeline

    made, pipeline = run()
    assert [row["generation"] for row in made] == [ANSWER, ANSWER, None]
    assert "llm_answer_thoughts" not in made[0]
    assert [row["llm_answer_finish_reason"] for row in made] == [None, None, "thoughts"]
    (use,) = pipeline.usage.values()
    assert 10 < use.reasoning_tokens < use.output_tokens
    assert "reasoning tokens" in str(pipeline.usage)
    assert pipeline.none_counts == {"answer": {"generation": 1}}

    made, pipeline = run(thinking="keep")
    assert [row["generation"] for row in made] == [ANSWER, ANSWER, None]
    assert [row["llm_answer_thoughts"] for row in made] == [THOUGHT, "", THOUGHT]


def test_off_reaches_the_chat_template(monkeypatch):
    render = chat_template(
        "{{ messages[0].content }}{% if enable_thinking is false %}<think></think>{% endif %}"
    )
    monkeypatch.setattr(
        BundledLLM,
        "_template",
        lambda self, messages, **options: render(messages=messages, **options),
    )
    talk = [{"role": "user", "content": "Hi"}]
    assert load_llm("bundled", thinking="off").prepare_input(talk) == "Hi<think></think>"
    assert load_llm("bundled").prepare_input(talk) == "Hi"


def test_an_answer_that_was_cut_off_says_so():
    llm = load_llm("bundled")
    talk = [{"role": "user", "content": "What is rain?"}]
    for tokens, reason in ((3, "length"), (200, "stop")):
        (output,) = llm.generate([talk], max_new_tokens=tokens, temperature=0)
        assert output["statistics"]["finish_reason"] == [reason]
        assert output.get("finish_reason", ["stop"]) == [reason]
