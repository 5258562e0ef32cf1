"""Topics, seed documents, tasks and problems to start a dataset from, in English and Chinese.

They come from `data/seeds.jsonl`, which `python -m training.seeds` writes from the world that the
bundled models know, `data/problems.jsonl`, which `python -m training.problem_sets` writes from the
solver's forms, and `data/tasks.jsonl`, which people wrote, in each language from its own life.
"""

import json
from functools import lru_cache
from importlib.resources import files
from itertools import chain, zip_longest
from typing import Any, Literal

from smolsynth.text.language import check_lang


def topics(lang: str) -> list[str]:
    """Names of the domains in one language ("en" or "zh"), in the order of the data file.

    Raises ValueError for another language.
    """
    return list(dict.fromkeys(row["topic"] for row in read_data("seeds.jsonl", lang)))


def documents(lang: str, n: int | None = None) -> list[dict[str, str]]:
    """Short paragraphs, one a concept, as dicts of `topic`, `concept` and `document`.

    Args:
        lang: "en" or "zh".
        n: how many. They are taken from one topic after the other, round by round, so that the
            topics differ by one document at most; the same n gives the same documents, and a
            larger one begins with them. `None` gives all, topic by topic.

    Raises:
        ValueError: another language, or n below 0 or above what there is.
    """
    rows = read_data("seeds.jsonl", lang)
    if n is not None:
        if not 0 <= n <= len(rows):
            raise ValueError(f"There are {len(rows)} documents: ask for 0 to {len(rows)}, not {n}.")
        by_topic = [[r for r in rows if r["topic"] == topic] for topic in topics(lang)]
        rounds = chain.from_iterable(zip_longest(*by_topic))
        rows = [row for row in rounds if row is not None][:n]
    return [dict(row) for row in rows]


def tasks(lang: str) -> list[dict[str, str]]:
    """Thirty instructions of twenty kinds, as dicts of `kind` and `instruction`.

    Seed tasks for a model that can do more than the bundled ones: to evolve, to show as examples,
    or as the pool that `NovelInstructions` begins with.

    Raises:
        ValueError: another language.

    >>> tasks("zh")[4]["kind"]
    '翻译'
    """
    return [dict(row) for row in read_data("tasks.jsonl", lang)]


def problems(
    lang: str,
    n: int | None = None,
    split: Literal["train", "numbers", "stories"] = "train",
    topic: str | None = None,
) -> list[dict[str, Any]]:
    """Word problems of two to four steps, with the answer that a program can check.

    Args:
        lang: "en" or "zh".
        n: how many, from the first on; `None` gives all: 600 of "train", 150 of each other.
        split: "train"; or to test with: "numbers", known stories with sets of numbers that no
            bundled model was trained on, or "stories", stories that none was trained on
            either. No two problems, of whatever split, nearly repeat each other.
        topic: only those of a topic, as `problem_topics` names it.

    Returns:
        Dicts of `topic`, `form` (the story's name), `steps` (how many it takes), `instruction`, and
        `expected`, the answer with its unit, as `verify_number` takes it.

    Raises:
        ValueError: another language, split or topic, or n below 0 or above what there is.

    >>> problems("zh", 1)[0]["expected"]
    '8 元'
    """
    if split not in (splits := ("train", "numbers", "stories")):
        raise ValueError(f"The splits are {', '.join(splits)}, not {split!r}.")
    if topic is not None and topic not in (known := problem_topics(lang)):
        raise ValueError(f"There is no topic {topic!r}; there are: {', '.join(known)}.")
    rows = [
        {key: value for key, value in row.items() if key != "split"}
        for row in read_data("problems.jsonl", lang)
        if row["split"] == split and topic in (None, row["topic"])
    ]
    if n is not None and not 0 <= n <= len(rows):
        raise ValueError(f"There are {len(rows)} problems: ask for 0 to {len(rows)}, not {n}.")
    return rows[:n]


def problem_topics(lang: str) -> list[str]:
    """What the problems are about, in one language, in the order of the data file."""
    return list(dict.fromkeys(row["topic"] for row in read_data("problems.jsonl", lang)))


@lru_cache
def read_data(name: str, lang: str) -> list[dict[str, Any]]:
    """Rows in one language of a file in `smolsynth/data`, without the column `lang`."""
    check_lang(lang)
    text = (files("smolsynth") / "data" / name).read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.split("\n") if line]
    return [
        {key: value for key, value in row.items() if key != "lang"}
        for row in rows
        if row["lang"] == lang
    ]
