"""What the bundled world knows about a response: true of what was asked, or true of something else.

`data/quiz.jsonl` lists the facts of each concept, and the tutor's answers hold them word for word.
"""

from collections.abc import Iterable
from functools import lru_cache

from smolsynth.exercises.measures import mentions
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


@lru_cache(maxsize=1_000)
def concept_in(instruction: str, lang: str) -> str | None:
    """The longest name of a concept that an instruction holds."""
    names = {concept for _, concept in _facts(lang)}
    found = [name for name in names if mentions(instruction, name, lang)]
    return max(found, key=len, default=None)


def worth(instruction: str, response: str, lang: str) -> int | None:
    """Facts of the concept asked about, less twice those of others, less one for each other fault.

    `None` where the instruction names nothing of the bundled world.
    """
    concept = concept_in(instruction, lang)
    if concept is None:
        return None
    said = response.casefold()
    stated = {(fact, of) for fact, of in _facts(lang) if fact in said}
    own = {fact for fact, of in stated if of == concept}
    # a fact that several concepts share, or that stands within a true one, is not a foreign one
    foreign = {fact for fact, _ in stated if not any(fact in true for true in own)}
    faults = (refusal_in(response), leak_in(response), cut_off(response))
    return len(own) - 2 * len(foreign) - sum(map(bool, faults)) - (not in_language(response, lang))


def exchanged(pairs: Iterable[tuple[int, str, str, str]], lang: str) -> list[int]:
    """Rows whose rejected response is the better one, if such rows are the rule; else none.

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
    return worse if len(worse) >= LEAST_WORSE and len(worse) > 2 * better else []
