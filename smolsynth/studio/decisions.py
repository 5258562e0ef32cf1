"""What people decide about rows, written down as it happens.

`ID.review.jsonl`, beside the parts of a run, has a line for each action: who it was, and what
changed of which rows, by their keys:

    {"by": "Ann", "set": {"3f2a60c1b5d8e977": {"verdict": false}}}

What no line mentions is as it was generated. A decision about a thousand rows is one line, and so
is what takes it back. Verdicts and votes are a reviewer's own; texts and the order of a pair are
the row's. Two pages, or two people in a shared folder, add lines to the same file.
"""

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import takewhile
from pathlib import Path
from typing import Any

from smolsynth.rows import Row
from smolsynth.text.layout import clean

TEXTS = {
    "instruction": ("instruction", "response"),
    "preference": ("instruction", "chosen", "rejected"),
}
_OTHER = {"chosen": "rejected", "rejected": "chosen"}
_COLUMNS = ("instruction", "response", "chosen", "rejected")


@dataclass
class Entry:
    """A row under review.

    Attributes:
        key: tells rows apart by what they hold; see `keys`.
        made: as it was generated.
        edits: texts changed by hand, by the column that they had when they were made.
        swapped: whether chosen and rejected were exchanged by hand.
        verdicts: True (accepted) or False (rejected), by reviewer.
        votes: "chosen", "rejected" or "" (can't tell), by reviewer.
    """

    key: str
    made: Row = field(default_factory=dict)
    edits: dict[str, str] = field(default_factory=dict)
    swapped: bool = False
    verdicts: dict[str, bool] = field(default_factory=dict)
    votes: dict[str, str] = field(default_factory=dict)

    @property
    def row(self) -> Row:
        """As it is now.

        Of a swapped pair the ratings are gone: the judge gave them to the texts the other way
        round, and nobody has rated this order. The names of the models change places too.
        """
        row = self.made | self.edits
        if self.swapped:
            row |= {one: row[other] for one, other in _OTHER.items()}
            row |= dict.fromkeys({"chosen_rating", "rejected_rating"} & row.keys())
            models = [f"{one}_model" for one in _OTHER]
            row |= {a: self.made[b] for a, b in zip(models, models[::-1], strict=True) if a in row}
        return row

    @property
    def edited(self) -> bool:
        """Whether a text was changed by hand."""
        return bool(self.edits)

    @property
    def rejected(self) -> bool:
        """Whether any reviewer has rejected it: then it is left out."""
        return False in self.verdicts.values()

    @property
    def touched(self) -> bool:
        """Whether a person did anything with this row."""
        return bool(self.edits or self.swapped or self.verdicts or self.votes)

    def edit(self, column: str, text: str) -> dict[str, str | None]:
        """What changes if the text of a column, as it is now, becomes another one."""
        made = _OTHER.get(column, column) if self.swapped else column
        return {made: None if text == clean(self.made[made]) else text}

    def get(self, what: str, by: str) -> Any:
        """A verdict or vote of a reviewer, whether it is swapped, or an edited text; else None."""
        if what == "swapped":
            return self.swapped
        if what in ("verdict", "vote"):
            return getattr(self, f"{what}s").get(by)
        return self.edits.get(what)

    def set(self, what: str, value: Any, by: str) -> None:
        """Changes what `get` gives; None takes it away."""
        if what == "swapped":
            self.swapped = bool(value)
            return
        if what in _COLUMNS:
            kept, name = self.edits, what
        else:
            kept, name = getattr(self, f"{what}s"), by
        kept.pop(name, None) if value is None else kept.__setitem__(name, value)


def keys(rows: Iterable[Row], seen: Counter[str] | None = None) -> list[str]:
    """Of each row a key by its content; a row that is there twice gets two.

    `seen` counts the rows before, by the first part of their keys.

    >>> one, two, again = keys([{"a": 1}, {"a": 2}, {"a": 1}])
    >>> len(one), one == two, again == one + "-2"
    (16, False, True)
    """
    seen = Counter() if seen is None else seen
    found = []
    for row in rows:
        content = json.dumps(row, sort_keys=True, ensure_ascii=False, default=str)
        key = sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        seen[key] += 1
        found.append(key if seen[key] == 1 else f"{key}-{seen[key]}")
    return found


class Decisions:
    """The rows of one dataset under review, and the file of what was decided.

    Args:
        path: of the file; it need not be there. None keeps nothing.

    Attributes:
        entries: the rows.
        reviewer: who decides now; at first, who did so last.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.entries: list[Entry] = []
        self.reviewer = ""
        self._known: dict[str, Entry] = {}
        self._done: list[tuple[str, dict[str, dict[str, Any]]]] = []  # who, and what was before
        self._read = 0  # bytes
        self.catch_up()
        if self._done:
            self.reviewer = self._done[-1][0]

    def take(self, rows: Sequence[Row]) -> None:
        """Takes rows as they were made; what was decided about them stays."""
        pairs = zip(self.entries, rows, strict=False)
        same = len(list(takewhile(lambda pair: pair[0].made == pair[1], pairs)))
        self.entries = self.entries[:same]  # as rows come, few of them are new
        seen = Counter(entry.key.partition("-")[0] for entry in self.entries)
        for key, row in zip(keys(rows[same:], seen), rows[same:], strict=True):
            entry = self._entry(key)
            entry.made = dict(row)
            self.entries.append(entry)

    @property
    def touched(self) -> int:
        """How many rows a person did something with."""
        return sum(entry.touched for entry in self._known.values())

    @property
    def reviewers(self) -> list[str]:
        """Who has decided or voted about a row, in the order of the first action."""
        names = {
            name: None
            for one in self.entries
            for kind in (one.verdicts, one.votes)
            for name in kind
        }
        order = list(dict.fromkeys(by for by, _ in self._done))
        return [name for name in order if name in names] + [n for n in names if n not in order]

    def decide(self, changes: Mapping[str, Mapping[str, Any]]) -> None:
        """An action of the reviewer: of each key, what is to change. It is written down.

        Raises:
            OSError: it could not be written; for this page it is decided all the same.
        """
        if changes:
            self._write({"by": self.reviewer, "set": changes})

    def set(self, entries: Iterable[Entry], **values: Any) -> None:
        """Sets the same of several rows: `verdict`, `vote`, `swapped` or texts. See `decide`."""
        self.decide({entry.key: values for entry in entries})

    def undo(self) -> list[str]:
        """Takes back the reviewer's last action; returns the keys of its rows. Raises OSError."""
        mine = [before for by, before in self._done if by == self.reviewer]
        if not mine:
            return []
        self._write({"by": self.reviewer, "set": mine[-1], "undo": True})
        return list(mine[-1])

    def catch_up(self) -> None:
        """Reads what has come to the file, from this page or another one."""
        if self.path is None:
            return
        with suppress(OSError), self.path.open("rb") as file:
            file.seek(self._read)
            for line in file:
                if not line.endswith(b"\n"):
                    break  # cut short, or not yet whole
                self._read += len(line)
                with suppress(ValueError, TypeError, KeyError, AttributeError):
                    self._apply(json.loads(line))

    def _entry(self, key: str) -> Entry:
        return self._known.setdefault(key, Entry(key))

    def _apply(self, action: dict[str, Any]) -> None:
        by, changes = action["by"], action["set"]
        before = {
            key: {what: self._entry(key).get(what, by) for what in values}
            for key, values in changes.items()
        }
        for key, values in changes.items():
            for what, value in values.items():
                self._entry(key).set(what, value, by)
        if not action.get("undo"):
            self._done.append((by, before))
            return
        last = max(n for n, (who, _) in enumerate(self._done) if who == by)
        del self._done[last]

    def _write(self, action: dict[str, Any]) -> None:
        if self.path is None:
            self._apply(action)
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a+b") as file:
                line = json.dumps(action, ensure_ascii=False).encode("utf-8", "surrogatepass")
                if file.seek(0, os.SEEK_END):
                    file.seek(-1, os.SEEK_END)
                    line = line if file.read(1) == b"\n" else b"\n" + line  # one was cut short
                file.write(line + b"\n")
        except OSError:
            self._apply(action)
            raise
        self.catch_up()
