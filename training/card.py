"""The model cards: speed, unrounded weights and the page itself, for `training.evaluate --card`."""

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from smolsynth.llms import MODELS, BundledLLM
from smolsynth.llms.convert import convert
from training.measure import FIGURES
from training.world import LANGS, load_world

# ---- speed ----
ONE_CORE = hasattr(os, "sched_setaffinity")


def tokens_per_second(model: str) -> dict[str, int]:
    """Greedy tokens per second for 32 prompts x 64 new tokens at most, best of three.

    `ct2` and `generate`: the int8 model and plain `transformers` `model.generate` (one batch of
    32) on one core, left out where the system can't hold a process to one (macOS, Windows);
    `ct2_all_cores`: the int8 model as it runs by default.
    """
    asked = [
        [{"role": "user", "content": f"Tell me about {c.name}. Add one practical tip."}]
        for c in load_world("en")[:32]
    ]
    llm = BundledLLM(model=model, generation_kwargs={"temperature": 0, "max_new_tokens": 64})
    llm.load()

    def bundled() -> int:
        outputs = llm.generate(asked, temperature=0, max_new_tokens=64)
        return sum(sum(output["statistics"]["output_tokens"]) for output in outputs)

    def best(run: Callable[[], int]) -> int:
        speeds = []
        for _ in range(3):
            begun = time.perf_counter()
            speeds.append(run() / (time.perf_counter() - begun))
        return round(max(speeds))

    figures = {"ct2_all_cores": best(bundled)}
    if not ONE_CORE:
        return figures
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        figures["ct2"] = best(bundled)
        figures["generate"] = best(plain_generate(model, asked))
    finally:
        os.sched_setaffinity(0, cores)
    return figures


def plain_generate(model: str, asked: list[list[dict]]) -> Callable[[], int]:
    """A call of `model.generate` on one thread that returns the number of tokens written."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = MODELS / model
    tokenizer = AutoTokenizer.from_pretrained(folder)
    net = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    inputs = tokenizer.apply_chat_template(
        asked, add_generation_prompt=True, padding=True, return_tensors="pt", return_dict=True
    )
    start = inputs["input_ids"].shape[1]

    def run() -> int:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        with torch.inference_mode():
            out = net.generate(**inputs, max_new_tokens=64, do_sample=False)
        torch.set_num_threads(threads)
        return int((out[:, start:] != tokenizer.pad_token_id).sum())

    return run


def exact_copy(model: str, folder: Path) -> str:
    """Writes the model with unrounded bf16 weights for CTranslate2; returns its folder's path."""
    target = folder / Path(model).name
    shutil.copytree(MODELS / model, target, ignore=shutil.ignore_patterns("ct2", "*.safetensors"))
    convert(MODELS / model, target / "ct2", "float32")
    return str(target)


# ---- card ----
def write_card(model: str, cases: int, figures: dict, exact: dict, speed: dict[str, int]) -> Path:
    """The model card, from the figures and what `training.train` noted down."""
    made = json.loads((MODELS / model / "training.json").read_text())
    world = load_world("en")
    domains = len({c.domain for c in world})
    heads = f"{made['hidden'] // 64} heads"
    if made.get("kv_heads") == 1:
        heads += " that share one of keys and values"
    size = f"{made['layers']} layers of width {made['hidden']}, {heads}, "
    size += f"{made['parameters'] / 1e6:.2f} M"
    first, *more = made.get("stages", [made])
    seen = first["tokens_seen"] / first["examples"]["tokens"]
    source = (
        f"{first['tokens_seen'] / 1e6:.1f} M tokens in {first['steps']:,} steps, "
        + (f"{seen:.0%} of" if seen < 1 else f"{seen:.1f} times")
        + f" the {first['examples']['rows']:,} examples that `python -m training.corpus` composes"
        + "; random initialisation"
    )
    for stage in more:
        tokens = f"{stage['tokens_seen'] / 1e6:.1f} M tokens"
        source += f"; then {stage['steps']:,} steps more ({tokens})"
    about = {
        "tutor": f"""A very small chat model that makes a course on synthetic data run offline. It
knows {len(world)} things in {domains} domains, in English and Chinese, and handles the prompts of
distilabel's TextGeneration, SelfInstruct, Magpie, EvolInstruct, EvolComplexity, EvolQuality,
UltraFeedback and ComplexityScorer, and those of critique and rewriting (QualityScorer's form it
keeps, and ranks no better than chance). It is a
teaching aid: outside its small world it says that it does not know, or errs.""",
        "novice": f"""The tutor's little sister, worse on purpose: the second model where a course
on synthetic data pools models, and the student that is trained on what learners generate. It
learned of the same {len(world)} things, in both languages, from a corpus of its own: without
judging, and with three facts in ten (in Chinese nearly four) mixed up with a neighbour's.""",
    }[model]
    rows = "\n".join(
        f"| {meaning} | "
        + " | ".join(f"{part[lang][name]:.3f}" for lang in LANGS for part in (figures, exact))
        + " |"
        for name, meaning in FIGURES.items()
    )
    faults = sorted({fault for lang in LANGS for fault in figures[lang]["by_fault"]})
    by_fault = "\n".join(
        f"| {fault} | "
        + " | ".join(f"{figures[lang]['by_fault'].get(fault, float('nan')):.3f}" for lang in LANGS)
        + " |"
        for fault in faults
    )
    sums = "\n".join(f"- `{name}` {value}" for name, value in made["sha256"].items())
    notes = f"{made['notes']}\n\n" if made.get("notes") else ""
    card = f"""---
language: [en, zh]
license: apache-2.0
library_name: transformers
tags: [synthetic, distilabel, education]
---

# smolsynth {model}

{about}

| | |
|---|---|
| Architecture | Llama, {size} parameters, context 2,048 (trained on up to 1,024) |
| Tokenizer | byte-level BPE, {made["vocabulary"]} tokens, ChatML template |
| Trained on | {source} |
| Time | {made["minutes"]:.0f} minutes on {made["device"]} |
| Seed | {made["seed"]} |

{notes}## Figures

`python -m training.evaluate --exact`: shares of {cases} cases at least (rank correlations aside).
Plain questions are in wordings that training never saw, comparisons are of pairs, and answers to
judge and mend hold faults, that it never saw; the other prompts are of the kind that it did see.
int8 is the model in `ct2/` that generates, bf16 the weights in `model.safetensors`.

| figure | English, int8 | bf16 | Chinese, int8 | bf16 |
|---|---|---|---|---|
{rows}

How often the judge's overall rating of a single answer is exactly the true one, by the answer's
fault (`training/grading.py` says what each is worth; about {cases // 5} cases a fault), int8:

| fault | English | Chinese |
|---|---|---|
{by_fault}

Greedy generation, 32 prompts, 64 new tokens at most, on one core of the machine that measured the
figures above: {speed["ct2"]:,} tokens per second (CTranslate2, int8), plain `model.generate`
{speed["generate"]:,}; on all its cores {speed["ct2_all_cores"]:,}.

## Checksums (SHA-256)

{sums}
"""
    path = MODELS / model / "README.md"
    path.write_text(card, encoding="utf-8")
    return path
