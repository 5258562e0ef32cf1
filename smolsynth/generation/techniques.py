"""A pipeline for each technique of the studio, and what makes a row good.

`smolsynth.plans` writes these very functions into the `pipeline.py` that it hands over, so what the
studio runs and what the file runs can't differ. Each function therefore uses only what is imported
here and the other functions that `plans` writes along.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from distilabel.steps import ExpandColumns, GroupColumns, MergeColumns
from distilabel.steps.tasks import (
    EvolInstruct,
    EvolQuality,
    Magpie,
    SelfInstruct,
    TextGeneration,
    UltraFeedback,
)

from smolsynth.llms import load_llm
from smolsynth.pipelines.pipeline import InProcessPipeline
from smolsynth.quality.rules import faults, faults_of_pair
from smolsynth.text.similarity import duplicates


# ---- instruction datasets ----
def self_instruct(model: str, seed: int, length: int) -> InProcessPipeline:
    """document → four instructions → a response to each."""
    with InProcessPipeline(name="self-instruct") as pipeline:
        writer = load_llm(model, seed=seed, temperature=0.7, max_new_tokens=160)
        answerer = load_llm(model, seed=seed, temperature=0, max_new_tokens=length)
        ask = SelfInstruct(
            name="ask", llm=writer, num_instructions=4, input_mappings={"input": "document"}
        )
        expand = ExpandColumns(name="expand", columns={"instructions": "instruction"})
        answer = TextGeneration(
            name="answer", llm=answerer, output_mappings={"generation": "response"}
        )
        ask >> expand >> answer
    return pipeline


def magpie(model: str, seed: int, length: int) -> InProcessPipeline:
    """system prompt → an instruction that the model makes up itself → a response."""
    with InProcessPipeline(name="magpie") as pipeline:
        asker = load_llm(
            model, seed=seed, temperature=0.7, max_new_tokens=160, use_magpie_template=True
        )
        answerer = load_llm(model, seed=seed, temperature=0, max_new_tokens=length)
        ask = Magpie(name="ask", llm=asker, only_instruction=True)
        answer = TextGeneration(
            name="answer", llm=answerer, output_mappings={"generation": "response"}
        )
        ask >> answer
    return pipeline


def evol_instruct(model: str, seed: int, length: int) -> InProcessPipeline:
    """document → four instructions → each evolved into a harder or a new one → a response."""
    with InProcessPipeline(name="evol-instruct") as pipeline:
        writer = load_llm(model, seed=seed, temperature=0.7, max_new_tokens=160)
        answerer = load_llm(model, seed=seed, temperature=0, max_new_tokens=length)
        ask = SelfInstruct(
            name="ask", llm=writer, num_instructions=4, input_mappings={"input": "document"}
        )
        expand = ExpandColumns(name="expand", columns={"instructions": "before"})
        evolve = EvolInstruct(
            name="evolve",
            llm=writer,
            num_evolutions=1,
            input_mappings={"instruction": "before"},
            output_mappings={"evolved_instruction": "instruction"},
        )
        answer = TextGeneration(
            name="answer", llm=answerer, output_mappings={"generation": "response"}
        )
        ask >> expand >> evolve >> answer
    return pipeline


# ---- preference datasets ----
def two_models(model: str, seed: int, length: int) -> InProcessPipeline:
    """document → four instructions → two models respond to each → a judge rates both."""
    with InProcessPipeline(name="two-models") as pipeline:
        writer = load_llm(model, seed=seed, temperature=0.7, max_new_tokens=160)
        strong = load_llm(model, seed=seed, temperature=0, max_new_tokens=length)
        if model == "bundled":
            other = load_llm("bundled:novice", seed=seed, temperature=0, max_new_tokens=length)
        else:  # the same model again, but less careful
            other = load_llm(model, seed=seed, temperature=1.0, max_new_tokens=length)
        judge_llm = load_llm(model, seed=seed, temperature=0, max_new_tokens=512)

        ask = SelfInstruct(
            name="ask", llm=writer, num_instructions=4, input_mappings={"input": "document"}
        )
        expand = ExpandColumns(name="expand", columns={"instructions": "instruction"})
        respond = [
            TextGeneration(name="respond", llm=strong),
            TextGeneration(name="respond-otherwise", llm=other),
        ]
        group = GroupColumns(
            name="group",
            columns=["generation", "model_name"],
            output_columns=["generations", "models"],
        )
        judge = UltraFeedback(name="judge", llm=judge_llm, aspect="overall-rating")
        ask >> expand >> respond >> group >> judge
    return pipeline


def evol_quality(model: str, seed: int, length: int) -> InProcessPipeline:
    """document → four instructions → a response → the response evolved → a judge rates both."""
    with InProcessPipeline(name="evol-quality") as pipeline:
        writer = load_llm(model, seed=seed, temperature=0.7, max_new_tokens=160)
        plain = "bundled:novice" if model == "bundled" else model
        responder = load_llm(plain, seed=seed, temperature=0, max_new_tokens=length)
        improver = load_llm(model, seed=seed, temperature=0, max_new_tokens=length)
        judge_llm = load_llm(model, seed=seed, temperature=0, max_new_tokens=512)

        ask = SelfInstruct(
            name="ask", llm=writer, num_instructions=4, input_mappings={"input": "document"}
        )
        expand = ExpandColumns(name="expand", columns={"instructions": "instruction"})
        respond = TextGeneration(
            name="respond", llm=responder, output_mappings={"generation": "response"}
        )
        evolve = EvolQuality(name="evolve", llm=improver, num_evolutions=1)
        merge = MergeColumns(
            name="merge", columns=["response", "evolved_response"], output_column="generations"
        )
        judge = UltraFeedback(name="judge", llm=judge_llm, aspect="overall-rating")
        ask >> expand >> respond >> evolve >> merge >> judge
    return pipeline


# ---- from what a pipeline gives to rows ----
def as_answer(made: dict, lang: str) -> tuple[dict, str | None]:
    """A row of an instruction dataset, and the rule that it breaks, if any."""
    row = {column: made[column] for column in ("topic", "instruction", "response")}
    texts = [row["instruction"] or "", row["response"] or ""]
    broken = [rule for rule, _ in faults(texts, lang)]
    if not broken and row["instruction"] == made.get("before"):
        broken = ["not_evolved"]
    return row, broken[0] if broken else None


def as_pair(made: dict, lang: str) -> tuple[dict, str | None]:
    """A pair: the response that the judge rates higher is chosen; and the rule that it breaks."""
    row = {"topic": made["topic"], "instruction": made["instruction"]}
    ratings = made["ratings"] or []
    if len(ratings) != len(made["generations"]):  # the judge was not understood
        ratings = [None] * len(made["generations"])
    rated = sorted(zip(ratings, made["generations"], strict=True), key=lambda one: -(one[0] or 0))
    (high, chosen), *_, (low, rejected) = rated
    row |= {"chosen": chosen, "rejected": rejected, "chosen_rating": high, "rejected_rating": low}
    texts = [row[column] or "" for column in ("instruction", "chosen", "rejected")]
    broken = [rule for rule, _ in faults(texts, lang)]
    broken += [rule for rule, _ in faults_of_pair((high, low), *texts[1:], lang)]
    return row, broken[0] if broken else None


def collect(
    parts: Iterable[dict[str, list[dict]]], rows: int, lang: str, as_row
) -> Iterator[tuple[list[dict], Counter]]:
    """Keeps the good rows, part by part, until there are enough or nothing new comes.

    Yields, after each part, the rows so far and how many were dropped, by reason.
    """
    kept: list[dict] = []
    seen: set[str] = set()
    dropped: Counter = Counter()
    in_vain = 0

    def without_near_duplicates() -> list[dict]:
        columns = ("instruction", "response", "chosen", "rejected")
        texts = ["\n".join(row[name] for name in columns if name in row) for row in kept]
        near = {one.row for one in duplicates(texts)}
        dropped["duplicate"] += len(near)
        return [row for number, row in enumerate(kept) if number not in near]

    for part in parts:
        before = len(kept)
        for made in part["default"]:
            row, reason = as_row(made, lang)
            if not reason and row["instruction"] in seen:
                reason = "repeated"
            if reason:
                dropped[reason] += 1
            else:
                seen.add(row["instruction"])
                kept.append(row)
        in_vain = 0 if len(kept) > before else in_vain + 1
        if len(kept) >= rows or in_vain == 10:
            kept = without_near_duplicates()
        yield kept[:rows], dropped
        if len(kept) >= rows or in_vain == 10:
            return
    kept = without_near_duplicates()
    yield kept, dropped
