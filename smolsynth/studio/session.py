"""What the steps of the studio share: the plan, the rows and what was decided about them.

Whatever a person decides is written down as it happens, in a file beside the run's finished parts:
`ID.review.jsonl`, a line each time, the last of a row counts. `ID.plan.json` holds the plan and how
many rows there were. So a page that is reloaded, or closed, loses nothing.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path, PureWindowsPath
from typing import Any

from smolsynth._files import write_whole
from smolsynth.datasets.redact import one_line
from smolsynth.generation.plan import Plan
from smolsynth.generation.run import STORE, Generation
from smolsynth.quality.report import Finding, Report
from smolsynth.rows import Row
from smolsynth.studio.strings_data import MORE
from smolsynth.studio.worker import Worker

GIVEN = "given.jsonl"  # in the folder of a run: rows of a training file
TEXTS = {
    "instruction": ("instruction", "response"),
    "preference": ("instruction", "chosen", "rejected"),
}


@dataclass
class Entry:
    """A row under review.

    Attributes:
        made: as it was generated.
        row: as it is now.
        verdict: True (accepted), False (rejected) or None (not decided; it is exported).
        swapped: whether chosen and rejected were exchanged by hand.
        vote: "chosen", "rejected", "" (can't tell) or None (not voted yet).
    """

    made: Row
    row: Row
    verdict: bool | None = None
    swapped: bool = False
    vote: str | None = None

    @property
    def edited(self) -> bool:
        """Whether a text was changed by hand."""
        order = ("rejected", "chosen") if self.swapped else ("chosen", "rejected")
        texts = dict(zip(("chosen", "rejected"), order, strict=True))
        return any(
            self.row[texts.get(column, column)] != self.made[column]
            for column in ("instruction", "response", "chosen", "rejected")
            if column in self.made
        )

    @property
    def touched(self) -> bool:
        """Whether a person did anything with this row."""
        return self.edited or self.swapped or self.verdict is not None or self.vote is not None

    def swap(self) -> None:
        """Exchanges chosen and rejected.

        The ratings go: the judge gave them to the texts the other way round, and nobody has rated
        this order. Swapped back, the row has them again.
        """
        ratings = ("chosen_rating", "rejected_rating")
        self.swapped = not self.swapped
        self.row = self.row | {
            "chosen": self.row["rejected"],
            "rejected": self.row["chosen"],
            **{name: None if self.swapped else self.made[name] for name in ratings},
        }

    def undo(self) -> None:
        """As it was generated, undecided."""
        self.row, self.verdict, self.swapped, self.vote = dict(self.made), None, False, None


@dataclass(frozen=True)
class Earlier:
    """A dataset of before, to go on with.

    Attributes:
        plan: of it.
        rows: how many there were.
        decided: how many a person has worked on.
        given: how many of the rows were not made, but those of a training file.
    """

    plan: Plan
    rows: int
    decided: int
    given: int = 0


class Session:
    """One dataset from its description to its files.

    Attributes:
        lang: language of the labels.
        folder: where datasets are saved.
        plan: the last one that was generated; None before.
        generation: its run; None before.
        entries: its rows.
        sampled: the run of the last sample.
    """

    def __init__(self, lang: str, words: dict[str, str], folder: Path) -> None:
        self.lang, self.words, self.folder = lang, words, folder
        self.worker = Worker()
        self.plan: Plan | None = None
        self.generation: Generation | None = None
        self.entries: list[Entry] = []
        self.sampled: Generation | None = None
        self._reviewed: dict[str, Entry] = {}  # of an earlier session, by instruction
        self._given: tuple[str, list[Row]] | None = None  # of the plan with that digest
        self._export: tuple[Path, Plan, list[Row]] | None = None

    # ---- rows of a training file ----
    def give(self, plan: Plan, rows: list[Row]) -> None:
        """Takes rows that were not made, but read; the plan is the one to make more like them.

        Raises OSError.
        """
        lines = [json.dumps(row) + "\n" for row in rows]
        write_whole(self.folder_of(plan) / GIVEN, "".join(lines))
        self._given = None
        self.prepare(plan)
        self.take([])
        self.remember()

    def given(self, plan: Plan) -> list[Row]:
        """The rows of a training file that a plan is to make more of; none of most plans."""
        digest = plan.digest()
        if self._given is None or self._given[0] != digest:
            path, rows = self.folder_of(plan) / GIVEN, []
            if path.is_file():
                rows = [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]
            self._given = (digest, rows)
        return self._given[1]

    # ---- documents ----
    def keep_documents(self, uploads: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
        """Writes uploaded files (`name`, `content`) into a folder of theirs; other content gets
        another one, so that earlier datasets keep what they were made from. Raises OSError."""
        files = [(PureWindowsPath(one["name"]).name, bytes(one["content"])) for one in uploads]
        folder = self.folder / "documents" / sha256(repr(files).encode()).hexdigest()[:8]
        for name, content in files:
            write_whole(folder / name, content)
        return (str(folder),)

    # ---- runs ----
    def folder_of(self, plan: Plan) -> Path:
        """Where the parts of a run are kept."""
        return self.folder / STORE / plan.digest()

    def prepare(self, plan: Plan) -> Generation:
        """The run of a plan: that of the sample, if it is the same but for the number of rows."""
        before = self.generation if self._is_of(self.generation, plan) else None
        if before is None:
            self.entries, self._reviewed = [], self._read_review(plan)
        if before is None and self._is_of(self.sampled, plan):
            before = self.sampled
        if before:
            self.generation = before.made_again_with(plan)
        else:
            self.generation = Generation(plan, self.folder_of(plan))
        self.plan = plan
        return self.generation

    @staticmethod
    def _is_of(generation: Generation | None, plan: Plan) -> bool:
        return generation is not None and generation.plan.digest() == plan.digest()

    def forecast(self, plan: Plan) -> tuple[float, int] | None:
        """Seconds and tokens of a plan, if it was sampled."""
        sampled = self.sampled
        if sampled is None or not self._is_of(sampled, plan):
            return None
        return sampled.forecast(plan.rows)

    def take(self, rows: list[Row]) -> None:
        """Takes the rows so far; what was decided about them, now or earlier, stays."""
        before = self._reviewed | {entry.made["instruction"]: entry for entry in self.entries}
        given = self.given(self._chosen())
        there = {row["instruction"] for row in given}
        self.entries = []
        for row in [*given, *(row for row in rows if row["instruction"] not in there)]:
            entry = before.get(row["instruction"])
            if entry is None or entry.made != row:
                entry = Entry(dict(row), dict(row))
            self.entries.append(entry)

    def _chosen(self) -> Plan:
        if self.plan is None:
            raise RuntimeError("Nothing was generated yet.")
        return self.plan

    # ---- what stays on disk ----
    def _beside(self, plan: Plan, kind: str) -> Path:
        return self.folder / STORE / f"{plan.digest()}.{kind}"

    def remember(self) -> None:
        """Notes the plan and how many rows there are, for `earlier`. Raises OSError."""
        plan = self._chosen()
        noted = {"plan": asdict(plan), "rows": len(self.entries)}
        write_whole(self._beside(plan, "plan.json"), json.dumps(noted, ensure_ascii=False))

    def decided(self, *entries: Entry) -> None:
        """Notes what a person has done with these entries. Raises OSError."""
        lines = [json.dumps(asdict(entry), ensure_ascii=False) + "\n" for entry in entries]
        path = self._beside(self._chosen(), "review.jsonl")
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8", newline="\n") as file:
            file.write("".join(lines))

    def _read_review(self, plan: Plan) -> dict[str, Entry]:
        """What was decided in earlier sessions, by instruction; a line cut short counts not."""
        found = {}
        with suppress(OSError):
            lines = self._beside(plan, "review.jsonl").read_text("utf-8").split("\n")
            for line in lines:
                with suppress(ValueError, TypeError, KeyError):
                    entry = Entry(**json.loads(line))
                    found[entry.made["instruction"]] = entry
        return found

    def earlier(self, most: int = 20) -> list[Earlier]:
        """The datasets that lie in the folder, the latest first."""
        paths = list((self.folder / STORE).glob("*.plan.json"))
        found = []
        for path in sorted(paths, key=lambda path: path.stat().st_mtime, reverse=True)[:most]:
            with suppress(OSError, ValueError, TypeError, KeyError):  # of another version
                noted = json.loads(path.read_text("utf-8"))
                plan = Plan(**noted["plan"])
                if noted["rows"] and self.folder_of(plan).is_dir():
                    touched = sum(entry.touched for entry in self._read_review(plan).values())
                    given = len(self.given(plan))
                    found.append(Earlier(plan, noted["rows"], touched, given))
        return found

    # ---- what goes out ----
    def kept(self) -> list[Row]:
        """The rows that are not rejected."""
        return [entry.row for entry in self.entries if entry.verdict is not False]

    def unexplained(self, report: Report, numbers: list[int] | None = None) -> list[Finding]:
        """What breaks a rule, but for scores that are missing because a person swapped the pair.

        Args:
            report: on kept rows.
            numbers: of their entries; all kept ones if None.
        """
        if numbers is None:
            numbers = [i for i, entry in enumerate(self.entries) if entry.verdict is not False]
        return [
            one
            for one in report.broken
            if one.rule != "unrated" or not all(self.entries[numbers[i]].swapped for i in one.rows)
        ]

    def exported(self, folder: Path) -> None:
        """Notes that the rows as they are now lie in that folder."""
        self._export = (folder, self._chosen(), [dict(row) for row in self.kept()])

    @property
    def saved(self) -> Path | None:
        """The folder that holds these very rows; None where they were not saved, or changed."""
        if self._export is None:
            return None
        folder, plan, rows = self._export
        return folder if plan == self.plan and rows == self.kept() else None

    def by_hand(self) -> str:
        """What a person did, for the dataset card, in the language of the rows."""
        edited = sum(entry.edited for entry in self.entries)
        rejected = sum(entry.verdict is False for entry in self.entries)
        swapped = sum(entry.swapped for entry in self.entries)
        if not (edited or rejected or swapped):
            return ""
        if self._chosen().zh:
            note = f"人工审阅：改过 {edited} 行，拒绝 {rejected} 行。"
            return note + (f"对调 {swapped} 对，分数不再保留。" if swapped else "")
        note = f"Reviewed by hand: {edited} rows edited, {rejected} rejected."
        extra = f" {swapped} pairs swapped; these have no scores."
        return note + (extra if swapped else "")

    def notes(self) -> str:
        """What the card tells besides: where the rows come from, and what a person did."""
        given = len(self.given(self._chosen()))
        if not given:
            return self.by_hand()
        name = Path(self._chosen().documents[0])
        name = next((path.stem for path in name.glob("*.jsonl")), name.name)
        words = MORE[self._chosen().lang]["own_notes"].format(n=given, name=one_line(name))
        return f"{words} {self.by_hand()}".strip()
