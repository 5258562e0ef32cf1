"""What the bundled world knows about a response: true of what was asked, or true of something else.

`data/quiz.jsonl` lists the facts of each concept, and the tutor's answers hold them word for word.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import islice

from smolsynth.exercises.measures import bare_name
from smolsynth.seeds import read_data
from smolsynth.text.endings import cut_off
from smolsynth.text.language import in_language
from smolsynth.text.leaks import leak_in
from smolsynth.text.refusals import refusal_in

LOOKED_AT = 200  # pairs; more show nothing new
LEAST_WORSE = 5  # pairs; fewer may be the judge's errors


@lru_cache
def _facts(lang: str) -> tuple[tuple[str, str], ...]:
    rows = read_data("quiz.jsonl", lang)
    return tuple(
        (passage.strip(".。").casefold(), row["concept"])
        for row in rows
        for passage in (row["fact"], *row.get("also", ()))
    )


def tells(instruction: str, response: str, lang: str) -> tuple[set[str], set[str]] | None:
    """The facts that a response tells of what was asked about, and those of other things.

    `None` where the instruction names nothing of the bundled world.
    """
    asked = concepts_in(instruction, lang)
    if not asked:
        return None
    said = response.casefold()
    stated = {(fact, of) for fact, of in _facts(lang) if fact in said}
    own = {fact for fact, of in stated if of in asked}
    # a fact that several concepts share, or that stands within a true one, is not a foreign one
    foreign = {fact for fact, _ in stated if not any(fact in true for true in own)}
    return own, foreign


def worth(instruction: str, response: str, lang: str) -> int | None:
    """Facts of what was asked about, less twice those of others, less one for each other fault.

    `None` where the instruction names nothing of the bundled world.
    """
    told = tells(instruction, response, lang)
    if told is None:
        return None
    own, foreign = told
    faults = (refusal_in(response), leak_in(response), cut_off(response))
    return len(own) - 2 * len(foreign) - sum(map(bool, faults)) - (not in_language(response, lang))


def exchanged(pairs: Iterable[tuple[int, str, str, str]], lang: str) -> list[int]:
    """Rows whose rejected response is the better one, if they are more than a third; else none.

    Args:
        pairs: row, instruction, chosen and rejected response.
    """
    worse, better = [], 0
    for row, instruction, chosen, rejected in list(pairs)[:LOOKED_AT]:
        high, low = (worth(instruction, text, lang) for text in (chosen, rejected))
        if high is not None and low is not None:
            better += high > low
            if high < low:
                worse.append(row)
    return worse if len(worse) >= LEAST_WORSE and 2 * len(worse) > better else []


# ---- what belongs together ----
MOST_APART = 0.1  # of the rows that can be told; of the tutor's, none was apart in 340
LEAST_APART = 4  # rows; fewer may be the model's errors


@lru_cache
def _names(lang: str) -> tuple[re.Pattern, dict[str, str]]:
    """A pattern that finds the names of all concepts, and which name is whose."""
    names = {bare_name(concept, lang): concept for _, concept in _facts(lang)}
    either = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    if lang == "zh":
        return re.compile(f"({either})", re.IGNORECASE), names
    return re.compile(rf"(?<!\w)({either})(?:e?s)?(?!\w)", re.IGNORECASE), names


@lru_cache(maxsize=5_000)
def concepts_in(text: str, lang: str) -> frozenset[str]:
    """The concepts of the bundled world that a text names.

    >>> sorted(concepts_in("Cats hear a golden eagle.", "en"))
    ['a cat', 'a golden eagle']
    """
    pattern, names = _names(lang)
    return frozenset(names[found.casefold()] for found in pattern.findall(text))


def nameless(text: str, lang: str) -> str:
    """A text without the names of concepts: what is left of a form that was filled in by hand."""
    return _names(lang)[0].sub("", text)


@lru_cache
def topics_of(lang: str) -> Mapping[str, frozenset[str]]:
    """The topics that each concept belongs to."""
    found = defaultdict(set)
    for row in read_data("quiz.jsonl", lang):
        found[row["concept"]].add(row["topic"])
    return {concept: frozenset(topics) for concept, topics in found.items()}


def told_of(response: str, lang: str) -> frozenset[str]:
    """The concepts of which a response tells a fact."""
    said = response.casefold()
    return frozenset(concept for fact, concept in _facts(lang) if fact in said)


def apart(pairs: Iterable[tuple[int, Iterable[str], Iterable[str]]]) -> list[int]:
    """Rows whose two sides have nothing in common, if they are too many to be a model's errors.

    Args:
        pairs: row, what the one text is about, and what the other is about; a row where either is
            empty tells nothing.

    >>> apart((row, {"a cat"}, {"rain"}) for row in range(9))
    [0, 1, 2, 3, 4, 5, 6, 7, 8]
    """
    known = [(row, set(one), set(two)) for row, one, two in islice(pairs, LOOKED_AT) if one and two]
    rows = [row for row, one, two in known if not one & two]
    return rows if len(rows) > max(LEAST_APART, MOST_APART * len(known)) else []
