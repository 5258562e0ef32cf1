"""What the steps of the studio share: the plan, the rows and what was decided about them."""

from dataclasses import dataclass
from pathlib import Path

from smolsynth.generation.plan import Plan
from smolsynth.generation.run import STORE, Generation
from smolsynth.rows import Row
from smolsynth.studio.worker import Worker

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
        row = self.row
        if self.swapped:
            row = row | {"chosen": row["rejected"], "rejected": row["chosen"]}
        return row != self.made

    @property
    def touched(self) -> bool:
        """Whether a person did anything with this row."""
        return self.edited or self.swapped or self.verdict is not None or self.vote is not None

    def swap(self) -> None:
        """Exchanges chosen and rejected. The ratings stay: the higher one goes to what is chosen
        now, by a person, in place of the judge."""
        row = self.row
        self.row = row | {"chosen": row["rejected"], "rejected": row["chosen"]}
        self.swapped = not self.swapped

    def undo(self) -> None:
        """As it was generated, undecided."""
        self.row, self.verdict, self.swapped, self.vote = dict(self.made), None, False, None


class Session:
    """One dataset from its description to its files.

    Attributes:
        lang: language of the labels.
        folder: where datasets are saved.
        plan: the last one that was sampled or generated; None before.
        generation: its run; None before.
        entries: its rows.
        sampled: the run of the last sample.
        saved: the folder of the last export.
    """

    def __init__(self, lang: str, words: dict[str, str], folder: Path) -> None:
        self.lang, self.words, self.folder = lang, words, folder
        self.worker = Worker()
        self.plan: Plan | None = None
        self.generation: Generation | None = None
        self.entries: list[Entry] = []
        self.sampled: Generation | None = None
        self.saved: Path | None = None

    def folder_of(self, plan: Plan) -> Path:
        """Where the parts of a run are kept."""
        return self.folder / STORE / plan.digest()

    def prepare(self, plan: Plan) -> Generation:
        """The run of a plan: that of the sample, if it is the same but for the number of rows."""
        before = self.generation if self._is_of(self.generation, plan) else None
        if before is None:
            self.entries = []
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
        return sampled.forecast(plan.rows) if self._is_of(sampled, plan) else None

    def would_lose(self, plan: Plan) -> bool:
        """Whether another plan would replace rows that a person has worked on."""
        other = self.plan is not None and self.plan.digest() != plan.digest()
        return other and any(entry.touched for entry in self.entries)

    def take(self, rows: list[Row]) -> None:
        """Takes the rows so far; what was decided about them stays."""
        before = {entry.made["instruction"]: entry for entry in self.entries}
        self.entries = [
            before.get(row["instruction"]) or Entry(dict(row), dict(row)) for row in rows
        ]

    def kept(self) -> list[Row]:
        """The rows that are not rejected."""
        return [entry.row for entry in self.entries if entry.verdict is not False]

    def by_hand(self) -> str:
        """What a person did, for the dataset card, in the language of the rows."""
        edited = sum(entry.edited for entry in self.entries)
        rejected = sum(entry.verdict is False for entry in self.entries)
        swapped = sum(entry.swapped for entry in self.entries)
        if not (edited or rejected or swapped):
            return ""
        if self.plan.zh:
            note = f"人工审阅：改过 {edited} 行，拒绝 {rejected} 行。"
            return note + (f"对调 {swapped} 对，两个分数随之对调。" if swapped else "")
        note = f"Reviewed by hand: {edited} rows edited, {rejected} rejected."
        extra = f" {swapped} pairs swapped; the higher score goes with the choice by hand."
        return note + (extra if swapped else "")
