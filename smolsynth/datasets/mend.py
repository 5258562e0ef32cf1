"""Rows that a person has read: left, mended or dropped, with a log that says which.

VERDICTS = {
    3: {},                                                     # read, nothing to mend
    17: {"fault": "wrong price", "response": "It costs 3.20 euros."},
    41: {"fault": "nobody asks that"},                         # no other text: dropped
}
mended = mend(rows, VERDICTS)
save(to_messages(mended.rows), folder, …, files={LOG: mended.jsonl()})
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from smolsynth.datasets.strings import note
from smolsynth.quality.report import texts_of
from smolsynth.rows import Row, column_names
from smolsynth.rows import rows as rows_of
from smolsynth.text.language import check_lang

LOG = "repairs.log"  # beside the data, where whoever loads a folder takes .jsonl for rows
ACTIONS = ("left", "mended", "dropped")
_TEXTS = ("instruction", "response", "chosen", "rejected")


@dataclass(frozen=True)
class Mended:
    """What `mend` gives; shown as how many rows were read, and what became of them.

    Attributes:
        rows: without those that were dropped, in the order in which they came.
        log: of each row that was read, dicts of `row` (its number before), `action` (of ACTIONS),
            `fault` ("" for none), `was` and `now` (its texts before and after; `now` is None for
            a row that was dropped).
    """

    rows: list[Row] = field(repr=False)
    log: list[Row]

    def describe(self, lang: str = "en") -> str:
        """One sentence, in "en" or "zh"."""
        check_lang(lang)
        counts = Counter(entry["action"] for entry in self.log)
        return note("read", {"read": len(self.log), **{a: counts[a] for a in ACTIONS}}, lang)

    def __repr__(self) -> str:
        return self.describe()

    def jsonl(self) -> str:
        """The log as it lies beside the data: one entry a line."""
        return "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in self.log)


def mend(rows: Any, verdicts: Mapping[int, Mapping[str, str]]) -> Mended:
    """Carries out what a reader has decided.

    Args:
        rows: a dataset with `instruction` and `response`, or `instruction`, `chosen` and
            `rejected`.
        verdicts: by the number of the row, from 0: `fault`, what is wrong with it, and each text
            that is to be another. A fault without another text drops the row; {} says that it was
            read and is good.

    Returns:
        A `Mended`.

    Raises:
        ValueError: a row that there isn't, another column, an empty text, or a change without the
            fault that it mends.

    >>> rows = [{"instruction": "What is ice?", "response": "Frozen milk."}]
    >>> mended = mend(rows, {0: {"fault": "wrong", "response": "Frozen water."}})
    >>> mended.rows[0]["response"], mended.log[0]["was"]["response"]
    ('Frozen water.', 'Frozen milk.')
    """
    data = rows_of(rows)
    texts = [name for name in _TEXTS if name in column_names(data)]
    for number, verdict in verdicts.items():
        if type(number) is not int or not 0 <= number < len(data):
            raise ValueError(f"There is no row {number!r}: they go from 0 to {len(data) - 1}.")
        if unknown := sorted(set(verdict) - {"fault", *texts}):
            raise ValueError(
                f"Row {number}: {unknown[0]!r} is neither fault nor one of the columns"
                f" {', '.join(texts)}."
            )
        if any(not isinstance(text, str) or not text.strip() for text in verdict.values()):
            raise ValueError(
                f"Row {number}: a text is empty. To drop the row, name the fault only."
            )
        if verdict and "fault" not in verdict:
            raise ValueError(f'Row {number} is changed: say why, as {{"fault": "wrong price", …}}.')
    kept: list[Row] = []
    log: list[Row] = []
    for number, row in enumerate(data):
        said = verdicts.get(number)
        if said is None:
            kept.append(dict(row))
            continue
        now = dict(row) | {name: said[name] for name in texts if name in said}
        action = "left" if not said else "mended" if set(said) & {*texts} else "dropped"
        if action != "dropped":
            kept.append(now)
        log.append(
            {
                "row": number,
                "action": action,
                "fault": said.get("fault", ""),
                "was": {name: row[name] for name in texts},
                "now": None if action == "dropped" else {name: now[name] for name in texts},
            }
        )
    return Mended(kept, log)


def contradicted(log: Iterable[Row], dataset: Any) -> list[int]:
    """Places in a log whose faulty text, mended or dropped as it says, still stands in the data.

    Raises:
        ValueError: columns that `measure` doesn't read either.
    """
    there = {tuple(map(str.strip, texts)) for texts in texts_of(rows_of(dataset))}
    return [
        place
        for place, entry in enumerate(log)
        if entry["action"] != "left" and tuple(map(str.strip, entry["was"].values())) in there
    ]
