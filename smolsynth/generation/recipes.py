"""Whole datasets in one call: the pipelines of the lessons, joined, cleaned and counted."""

import math
import random
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from datasets import Dataset
from distilabel.models.mixins.magpie import MagpieChatTemplateMixin
from distilabel.steps import ExpandColumns, GroupColumns, LoadDataFromDicts
from distilabel.steps.tasks import (
    EvolInstruct,
    Magpie,
    SelfInstruct,
    Task,
    TextGeneration,
    UltraFeedback,
)

from smolsynth import seeds
from smolsynth.llms import BundledLLM, load_llm
from smolsynth.pipelines.pipeline import InProcessPipeline
from smolsynth.quality.rules import RATINGS, faults, faults_of_pair
from smolsynth.rows import Row
from smolsynth.text.language import CHINESE

SYSTEM_PROMPTS = {
    "en": "You are an assistant that answers questions about {topic}.",
    "zh": "你是一个助手，负责回答关于{topic}的问题。",
}
ROUNDS = 4  # a round aims above the rows asked for, so a second one is rare
QUERIES = 4  # of SelfInstruct for each document
PAIRS_PER_DOCUMENT = 1  # of its QUERIES; the others end in a tie, repeat or can't be rated

OnFirstRows = Callable[[list[Row]], None]


def instruction_dataset(
    rows: int = 500,
    lang: str = "en",
    model: str | None = None,
    seed: int = 42,
    progress: bool = True,
    on_first_rows: OnFirstRows | None = None,
) -> tuple[Dataset, Counter]:
    """Generates an instruction dataset with SelfInstruct, Magpie and EvolInstruct.

    Args:
        rows: how many rows are wanted.
        lang: "en" or "zh", the language of the seeds.
        model: as `load_llm` takes it. Endpoints can't do Magpie; the other two make up for it.
        seed: of the sampling and of the choice of seeds and mutations.
        progress: whether to show a progress bar.
        on_first_rows: gets a few rows as soon as there are any.

    Returns:
        The dataset, with the columns `source` (technique), `topic`, `instruction` and `response`,
        and how many rows were dropped, by reason (a key of REASONS). The dataset is shorter than
        asked for only where the model repeats itself too much; the counts then show it.

    Raises:
        ValueError: `rows` is below 1, or `lang` or `model` is unknown.
        LLMUnavailable, StepFailed: see `load_llm` and `InProcessPipeline.run`.
    """

    def generate(documents: list[Row], seed: int, progress: bool) -> Iterator[Row]:
        return _generate(documents, lang, model, seed, progress)

    # A document gives QUERIES rows by SelfInstruct, as many evolved ones and 2 by Magpie, of which
    # about two thirds stay.
    made, dropped = _collect(
        generate,
        lambda row, kept: _reason_to_drop(row, kept, lang),
        rows,
        rows_per_document=(2 * QUERIES + 2) * 2 / 3,
        lang=lang,
        seed=seed,
        progress=progress,
        on_first_rows=on_first_rows,
    )
    columns = ("source", "topic", "instruction", "response")
    return Dataset.from_dict({c: [row[c] for row in made] for c in columns}), dropped


def preference_dataset(
    rows: int = 500,
    lang: str = "en",
    model: str | None = None,
    seed: int = 42,
    margin: int = 1,
    progress: bool = True,
    on_first_rows: OnFirstRows | None = None,
) -> tuple[Dataset, Counter]:
    """Generates pairs: SelfInstruct asks, two respond, UltraFeedback rates, ties are dropped.

    The bundled tutor and the novice respond; another model responds twice, at the temperatures 0
    and 1.

    Args:
        rows: how many pairs are wanted.
        lang: "en" or "zh", the language of the seeds.
        model: as `load_llm` takes it; asks, responds and judges.
        seed: of the sampling and of the choice of seeds.
        margin: the least difference of the two ratings.
        progress: whether to show a progress bar.
        on_first_rows: gets a few rows as soon as there are any.

    Returns:
        The dataset, with the columns `topic`, `instruction`, `chosen`, `rejected`,
        `chosen_rating`, `rejected_rating`, `chosen_model` and `rejected_model`, and how many rows
        were dropped, by reason (a key of REASONS). The dataset is shorter than asked for where too
        few pairs were good; the counts then show why.

    Raises:
        ValueError: `rows` or `margin` is below 1, or `lang` or `model` is unknown.
        LLMUnavailable, StepFailed: see `load_llm` and `InProcessPipeline.run`.
    """
    if margin < 1:
        raise ValueError(f"margin must be 1 or more, not {margin}: a tie is no preference.")

    def generate(documents: list[Row], seed: int, progress: bool) -> Iterator[Row]:
        return map(_as_pair, _generate_rated(documents, model, seed, progress))

    made, dropped = _collect(
        generate,
        lambda row, kept: _reason_to_drop_pair(row, kept, lang, margin),
        rows,
        rows_per_document=PAIRS_PER_DOCUMENT,
        lang=lang,
        seed=seed,
        progress=progress,
        on_first_rows=on_first_rows,
    )
    texts = ("topic", "instruction", "chosen", "rejected")
    columns = (*texts, "chosen_rating", "rejected_rating", "chosen_model", "rejected_model")
    return Dataset.from_dict({c: [row[c] for row in made] for c in columns}), dropped


def prompts(kind: str, lang: str) -> dict[str, str]:
    """What `instruction_dataset` or `preference_dataset` sends, by technique, for the card.

    Args:
        kind: "instruction" or "preference".
        lang: "en" or "zh".

    Returns:
        distilabel's own prompts, with {names in braces} for what differs from row to row.
    """

    def sent(task: Task, **row: Any) -> str:
        task.load()
        return "\n\n".join(
            f"[{turn['role']}]\n{turn['content']}" for turn in task.format_input(row)
        )

    llm = BundledLLM()  # it is sent nothing
    found = {
        "SelfInstruct": sent(SelfInstruct(llm=llm, num_instructions=QUERIES), input="{document}")
    }
    if kind == "preference":
        judge = UltraFeedback(llm=llm, aspect="overall-rating")
        two = ["{response 1}", "{response 2}"]
        return found | {"UltraFeedback": sent(judge, instruction="{instruction}", generations=two)}
    templates = EvolInstruct(llm=llm, num_evolutions=1).mutation_templates
    found |= {f"EvolInstruct, {name}": text for name, text in templates.items()}
    return found | {"Magpie": f"[system]\n{SYSTEM_PROMPTS[lang]}"}


def _collect(
    generate: Callable[[list[Row], int, bool], Iterator[Row]],
    reason_to_drop: Callable[[Row, dict[str, Row]], str | None],
    rows: int,
    rows_per_document: float,
    lang: str,
    seed: int,
    progress: bool,
    on_first_rows: OnFirstRows | None,
) -> tuple[list[Row], Counter]:
    """Runs rounds until there are `rows` good rows: these, shuffled, and the reasons of others."""
    if rows < 1:
        raise ValueError(f"rows must be 1 or more, not {rows}.")
    documents = seeds.documents(lang)
    rng = random.Random(seed)
    rng.shuffle(documents)
    if on_first_rows:
        first = generate(documents[:3], seed, False)
        on_first_rows([row for row in first if not reason_to_drop(row, {})])

    kept: dict[str, Row] = {}
    dropped: Counter = Counter()
    used = 0
    for round_number in range(ROUNDS):
        wanted = math.ceil((rows - len(kept)) / rows_per_document)
        used += wanted
        chosen = [documents[i % len(documents)] for i in range(wanted)]
        for row in generate(chosen, seed + 1 + round_number, progress):
            reason = reason_to_drop(row, kept)
            if reason:
                dropped[reason] += 1
            else:
                kept[row["instruction"]] = row
        if len(kept) >= rows:
            break
        rng.shuffle(documents)
        # what the rounds so far have yielded, and a tenth less; a model that yields next to nothing
        # is not to run for hours
        rows_per_document = max(0.9 * len(kept) / used, rows_per_document / 4)
    result = list(kept.values())
    rng.shuffle(result)  # so that a prefix of the file holds all techniques and topics
    return result[:rows], dropped


def _generate(
    documents: list[Row], lang: str, model: str | None, seed: int, progress: bool
) -> Iterator[Row]:
    """One run: documents → queries → evolved queries, and Magpie beside, all of them answered."""
    np.random.seed(seed)  # EvolInstruct draws its mutations from numpy's global state
    options = {"spec": model, "seed": seed}
    with InProcessPipeline(name="instruction-dataset") as pipeline:
        writer = load_llm(**options, temperature=0.7, max_new_tokens=160)
        answerer = load_llm(**options, temperature=0, max_new_tokens=192)

        def answer(technique: str, **mappings: dict[str, str]) -> TextGeneration:
            outputs = {"generation": "response"}
            return TextGeneration(name=technique, llm=answerer, output_mappings=outputs, **mappings)

        ask = SelfInstruct(
            name="ask",
            llm=writer,
            num_instructions=QUERIES,
            input_mappings={"input": "document"},
        )
        expand = ExpandColumns(name="expand", columns={"instructions": "instruction"})
        evolve = EvolInstruct(name="evolve", llm=writer, num_evolutions=1)
        evolved = {"instruction": "evolved_instruction"}
        LoadDataFromDicts(name="documents", data=documents) >> ask >> expand
        expand >> answer("SelfInstruct")
        expand >> evolve >> answer("EvolInstruct", input_mappings=evolved)
        if isinstance(writer, MagpieChatTemplateMixin):
            prompts = [_system_prompt(lang, row["topic"]) for row in documents for _ in range(2)]
            magpie_llm = load_llm(
                **options, temperature=0.7, max_new_tokens=160, use_magpie_template=True
            )
            magpie = Magpie(name="magpie", llm=magpie_llm, only_instruction=True)
            LoadDataFromDicts(name="system-prompts", data=prompts) >> magpie >> answer("Magpie")

    distiset = pipeline.run(progress=progress)
    for technique in distiset:
        for row in distiset[technique]["train"]:
            yield {
                "source": technique,
                "topic": row["topic"],
                "before": row["instruction"] if technique == "EvolInstruct" else None,
                "instruction": row.get("evolved_instruction", row["instruction"]),
                "response": row["response"],
            }


def _generate_rated(
    documents: list[Row], model: str | None, seed: int, progress: bool
) -> Iterator[Row]:
    """One run: documents → queries → two responses to each → ratings."""
    options = {"spec": model, "seed": seed}
    with InProcessPipeline(name="preference-dataset") as pipeline:
        writer = load_llm(**options, temperature=0.7, max_new_tokens=160)
        strong = load_llm(**options, temperature=0, max_new_tokens=192)
        if isinstance(strong, BundledLLM) and strong.model == "tutor":
            other = load_llm("bundled:novice", temperature=0, max_new_tokens=192)
        else:
            other = load_llm(**options, temperature=1.0, max_new_tokens=192)
        judge_llm = load_llm(**options, temperature=0, max_new_tokens=512)

        ask = SelfInstruct(
            name="ask", llm=writer, num_instructions=QUERIES, input_mappings={"input": "document"}
        )
        expand = ExpandColumns(name="expand", columns={"instructions": "instruction"})
        respond = [
            TextGeneration(name=name, llm=llm)
            for name, llm in (("respond", strong), ("respond-otherwise", other))
        ]
        group = GroupColumns(
            name="group",
            columns=["generation", "model_name"],
            output_columns=["generations", "models"],
        )
        judge = UltraFeedback(name="judge", llm=judge_llm, aspect="overall-rating")
        LoadDataFromDicts(name="documents", data=documents) >> ask >> expand
        expand >> respond >> group >> judge
    yield from pipeline.run(progress=progress)["default"]["train"]


def _as_pair(row: Row) -> Row:
    """A rated row as a pair; the ratings are `None` where the judge was not understood."""
    ratings = row["ratings"] or []
    pair = {"topic": row["topic"], "instruction": row["instruction"]}
    understood = len(ratings) == len(row["generations"]) and None not in ratings
    best = ratings.index(max(ratings)) if understood else 0
    worst = len(row["generations"]) - 1  # and of equals the last: a tie is not the same text
    if understood:
        worst -= ratings[::-1].index(min(ratings))
    for column, place in (("chosen", best), ("rejected", worst)):
        pair[column] = row["generations"][place]
        pair[f"{column}_rating"] = ratings[place] if understood else None
        pair[f"{column}_model"] = row["models"][place]
    return pair


def _reason_to_drop_pair(row: Row, kept: dict[str, Row], lang: str, margin: int) -> str | None:
    """Why a pair is no good, or None. The reasons are counted and shown."""
    texts = [row[column] or "" for column in ("instruction", "chosen", "rejected")]
    if reason := _fault(texts, lang):
        return reason
    high, low = (row[column] for column in RATINGS)
    for reason, _ in faults_of_pair((high, low), *texts[1:], lang):
        return reason
    if high - low < margin:
        return "small_margin"
    return "repeated" if row["instruction"] in kept else None


def _system_prompt(lang: str, topic: str) -> Row:
    return {"topic": topic, "system_prompt": SYSTEM_PROMPTS[lang].format(topic=topic)}


def _reason_to_drop(row: Row, kept: dict[str, Row], lang: str) -> str | None:
    """Why a row is no good, or None. The reasons are counted and shown."""
    if reason := _fault([row["instruction"] or "", row["response"] or ""], lang):
        return reason
    if row["instruction"] == row["before"]:
        return "not_evolved"
    return "repeated" if row["instruction"] in kept else None


def _fault(texts: list[str], lang: str) -> str | None:
    """The first rule of `smolsynth.quality` that the texts of a row break, if any."""
    # A small model that slips into Chinese for a word or two has lost the thread.
    if lang == "en" and any(CHINESE.search(text) for text in texts[:2]):
        return "wrong_language"
    return next((rule for rule, _ in faults(texts, lang)), None)
