"""Which rows of a review are listed, and in which order."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from smolsynth.rows import Row
from smolsynth.studio.decisions import Entry
from smolsynth.text.layout import as_text, clean
from smolsynth.text.tokens import length

Faults = Mapping[int, Sequence[str]]  # rules that a row breaks, by its number
ANY_FAULT, NO_FAULT = "*", "-"  # beside the names of rules
STATES: dict[str, Callable[[Entry, str], bool]] = {  # of an entry, for a reviewer
    "all": lambda entry, by: True,
    "undecided": lambda entry, by: by not in entry.verdicts and by not in entry.votes,
    "accepted": lambda entry, by: entry.verdicts.get(by) is True,
    "rejected_rows": lambda entry, by: entry.verdicts.get(by) is False,
    "edited_rows": lambda entry, by: entry.edited or entry.swapped,
    "differs": lambda entry, by: entry.votes.get(by) == "rejected",
    # What another one thinks stays hidden until one has decided oneself.
    "disputed": lambda entry, by: (
        (by in entry.verdicts and len(set(entry.verdicts.values())) > 1)
        or (by in entry.votes and len(set(entry.votes.values())) > 1)
    ),
}
_VERDICTS: dict[bool | None, str] = {True: "accepted", False: "rejected"}
_VOTES: dict[str | None, str] = {"chosen": "agrees", "rejected": "differs", "": "unsure"}


@dataclass(frozen=True)
class Wanted:
    """What is to be listed.

    Attributes:
        text: to be found in any column, capitals or not.
        state: a key of STATES.
        rule: one that is broken, ANY_FAULT, NO_FAULT, or "" for all rows.
        technique, source: see `technique_of` and `source_of`; None for all rows.
        least, most: length of the responses; 0 is no limit.
        by: column to sort by, a key of `cells`, or "number".
        down: whether from the end.
    """

    text: str = ""
    state: str = "all"
    rule: str = ""
    technique: str | None = None
    source: str | None = None
    least: int = 0
    most: int = 0
    by: str = "number"
    down: bool = False


def technique_of(row: Row) -> str:
    """How a row was made, where it says so."""
    return as_text(row.get("technique") or "")


def source_of(row: Row) -> str:
    """The document that a row is about, or its topic."""
    return as_text(row.get("file") or row.get("topic") or "")


def length_of(row: Row, lang: str) -> int:
    """Words, or Chinese characters, of the response, or of both together."""
    texts = (row.get(name) for name in ("response", "chosen", "rejected"))
    return sum(length(as_text(text), lang) for text in texts if text)


def cells(entry: Entry, number: int, faults: Faults, by: str, lang: str) -> dict[str, Any]:
    """A row of the table by column; `faults` are names of rules still.

    Of a pair that is still to be voted on nothing tells which response was chosen.
    """
    row = entry.row
    return {
        "state": _VERDICTS.get(entry.verdicts.get(by)) or _VOTES.get(entry.votes.get(by), ""),
        "edited": entry.edited or entry.swapped,
        "instruction": " ".join(clean(as_text(row.get("instruction"))).split()),
        "faults": tuple(faults.get(number, ())),
        "length": length_of(row, lang),
        "technique": technique_of(row),
        "source": source_of(row),
    }


def found(
    entries: Sequence[Entry], wanted: Wanted, faults: Faults, by: str, lang: str
) -> list[int]:
    """Numbers of the rows to list, in order; `by` is the reviewer."""
    text = clean(wanted.text).strip().casefold()
    is_in_state = STATES[wanted.state]

    def fits(number: int, entry: Entry) -> bool:
        broken = faults.get(number, ())
        if not is_in_state(entry, by):
            return False
        if wanted.rule == NO_FAULT and broken or wanted.rule == ANY_FAULT and not broken:
            return False
        if wanted.rule not in ("", ANY_FAULT, NO_FAULT, *broken):
            return False
        row = entry.row
        if wanted.technique is not None and technique_of(row) != wanted.technique:
            return False
        if wanted.source is not None and source_of(row) != wanted.source:
            return False
        if wanted.least or wanted.most:
            size = length_of(row, lang)
            if size < wanted.least or (wanted.most and size > wanted.most):
                return False
        return not text or text in "\n".join(map(str, row.values())).casefold()

    numbers = [number for number, entry in enumerate(entries) if fits(number, entry)]
    if wanted.by != "number":
        values = {n: cells(entries[n], n, faults, by, lang)[wanted.by] for n in numbers}
        if wanted.by == "instruction":
            values = {n: value.casefold() for n, value in values.items()}
        numbers.sort(key=values.__getitem__)
    return numbers[::-1] if wanted.down else numbers
