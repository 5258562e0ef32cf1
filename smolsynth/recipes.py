"""Whole datasets in one call: the pipelines of the lessons, joined, cleaned and counted."""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np
from datasets import Dataset
from distilabel.models.mixins.magpie import MagpieChatTemplateMixin
from distilabel.steps import ExpandColumns, LoadDataFromDicts
from distilabel.steps.tasks import EvolInstruct, Magpie, SelfInstruct, TextGeneration

from smolsynth import seeds
from smolsynth.llms import load_llm
from smolsynth.pipelines import InProcessPipeline

SYSTEM_PROMPTS = {
    "en": "You are an assistant that answers questions about {topic}.",
    "zh": "你是一个助手，负责回答关于{topic}的问题。",
}
LEAKS = ("given prompt", "rewritten prompt", "created prompt")
REFUSALS = ("sorry", "i do not know", "i have not learned", "抱歉", "了解不多", "没有学过")
ROUNDS = 4  # a round aims above the rows asked for, so a second one is rare
QUERIES = 4  # of SelfInstruct for each document

Row = dict[str, str]


def instruction_dataset(
    rows: int = 500,
    lang: str = "en",
    model: str | None = None,
    seed: int = 42,
    progress: bool = True,
    on_first_rows: Callable[[list[Row]], None] | None = None,
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
        and how many rows were dropped, by reason. The dataset is shorter than asked for only
        where the model repeats itself too much; the counts then show it.

    Raises:
        ValueError: `rows` is below 1, or `lang` or `model` is unknown.
        LLMUnavailable, StepFailed: see `load_llm` and `InProcessPipeline.run`.
    """
    if rows < 1:
        raise ValueError(f"rows must be 1 or more, not {rows}.")
    documents = seeds.documents(lang)
    rng = random.Random(seed)
    rng.shuffle(documents)
    if on_first_rows:
        on_first_rows(list(_generate(documents[:3], lang, model, seed, progress=False)))

    kept: dict[str, Row] = {}
    dropped: Counter = Counter()
    for round_number in range(ROUNDS):
        # A document gives QUERIES rows by SelfInstruct, as many evolved ones and 2 by Magpie, of
        # which about two thirds stay.
        wanted = max(1, (rows - len(kept)) * 3 // (2 * (2 * QUERIES + 2)))
        chosen = [documents[i % len(documents)] for i in range(wanted)]
        for row in _generate(chosen, lang, model, seed + 1 + round_number, progress):
            reason = _reason_to_drop(row, kept, lang)
            if reason:
                dropped[reason] += 1
            else:
                kept[row["instruction"]] = row
        if len(kept) >= rows:
            break
        rng.shuffle(documents)
    result = list(kept.values())
    rng.shuffle(result)  # so that a prefix of the file holds all techniques and topics
    columns = ("source", "topic", "instruction", "response")
    return Dataset.from_dict({c: [row[c] for row in result[:rows]] for c in columns}), dropped


def _generate(
    documents: list[Row], lang: str, model: str | None, seed: int, progress: bool
) -> Iterator[Row]:
    """One run: documents → queries → evolved queries, and Magpie beside, all of them answered."""
    np.random.seed(seed)  # EvolInstruct draws its mutations from numpy's global state
    options = {"spec": model, "seed": seed}
    with InProcessPipeline(name="instruction-dataset") as pipeline:
        writer = load_llm(**options, temperature=1.0, max_new_tokens=160)
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
                **options, temperature=1.0, max_new_tokens=160, use_magpie_template=True
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


def _system_prompt(lang: str, topic: str) -> Row:
    return {"topic": topic, "system_prompt": SYSTEM_PROMPTS[lang].format(topic=topic)}


def _reason_to_drop(row: dict[str, str | None], kept: dict[str, Row], lang: str) -> str | None:
    """Why a row is no good, or None. The reasons are counted and shown."""
    instruction, response = row["instruction"], row["response"]
    if not (instruction or "").strip():
        return "empty instruction"
    if not (response or "").strip():
        return "empty response"
    if not (_in_language(instruction, lang) and _in_language(response, lang)):
        return "wrong language"
    if instruction == row["before"]:
        return "evolved into itself"
    if any(leak in instruction.lower() for leak in LEAKS):
        return "words of the evolving prompt leaked"
    if len(response) < 200 and any(refusal in response.lower() for refusal in REFUSALS):
        return "response begs off"
    if instruction in kept:
        return "repeated instruction"
    return None


def _in_language(text: str, lang: str) -> bool:
    """English has no Chinese character in it; Chinese may hold Latin names, but not only those."""
    chinese = len(re.findall(r"[\u4e00-\u9fff]", text))
    return chinese > len(text) / 4 if lang == "zh" else chinese == 0
