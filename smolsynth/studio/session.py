"""What the steps of the studio share: the plan, the rows and what was decided about them.

A project is a dataset under a name. Beside the finished parts of its run lie `ID.plan.json`, with
its name, the plan and how many rows there were, and `ID.review.jsonl` (see `decisions`). So a page
that is reloaded, or closed, loses nothing. A copy has the parts in common with what it was copied
from: the ID is that of the plan, and a number.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path, PureWindowsPath
from typing import Any

from smolsynth._files import write_whole
from smolsynth.datasets.given import RECORD
from smolsynth.datasets.redact import one_line
from smolsynth.generation.plan import Plan
from smolsynth.generation.run import STORE, Generation
from smolsynth.quality.report import Finding, Report
from smolsynth.quality.rules import RULES
from smolsynth.rows import Row
from smolsynth.studio.decisions import Decisions, Entry
from smolsynth.studio.store import Project, Store, digest_of
from smolsynth.studio.strings_data import MORE
from smolsynth.studio.worker import Worker
from smolsynth.text.layout import in_words

GIVEN = "given.jsonl"  # in the folder of a run: rows of a training file


class Session:
    """One dataset from its description to its files.

    Attributes:
        lang: language of the labels.
        folder: where datasets are saved.
        plan: the last one that was generated; None before.
        generation: its run; None before.
        project: its ID; "" before.
        decisions: its rows and what was decided about them.
        store: the projects in the folder.
        sampled: the run of the last sample.
    """

    def __init__(self, lang: str, words: dict[str, str], folder: Path) -> None:
        self.lang, self.words, self.folder = lang, words, folder
        self.worker = Worker()
        self.plan: Plan | None = None
        self.generation: Generation | None = None
        self.project = ""
        self.decisions = Decisions()
        self.store = Store(folder / STORE)
        self.sampled: Generation | None = None
        self._given: tuple[str, list[Row]] | None = None  # of the plan with that digest
        self._export: tuple[Path, Plan, list[Row]] | None = None

    @property
    def entries(self) -> list[Entry]:
        """The rows under review."""
        return self.decisions.entries

    def faults(self, rules: Iterable[str]) -> str:
        """Rules of quality in words, one after the other."""
        return self.words["comma"].join(RULES[rule].words(self.lang)[0] for rule in rules)

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
        return self.store.folder / plan.digest()

    def prepare(self, plan: Plan) -> Generation:
        """The run of a plan: that of the sample, if it is the same but for the number of rows."""
        before = self.generation if self._is_of(self.generation, plan) else None
        if before is None or not self._is_project_of(plan):
            self.open(self.project if self._is_project_of(plan) else plan.digest())
        if before is None and self._is_of(self.sampled, plan):
            before = self.sampled
        if before:
            self.generation = before.made_again_with(plan)
        else:
            self.generation = Generation(plan, self.folder_of(plan))
        self.plan = plan
        return self.generation

    def open(self, project: str) -> None:
        """Turns to a project; its rows come with `prepare` and `take`."""
        self.project = project
        self.decisions = Decisions(self.store.review_file(project))

    def delete(self, project: str) -> None:
        """Deletes a project; nothing is open then, if it was this one. Raises OSError."""
        self.store.delete(project)
        if project == self.project:
            self.project, self.plan, self.generation = "", None, None
            self.decisions, self._export = Decisions(), None

    def _is_project_of(self, plan: Plan) -> bool:
        return digest_of(self.project) == plan.digest()

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
        given = self.given(self._chosen())
        there = {row["instruction"] for row in given}
        self.decisions.take([*given, *(row for row in rows if row["instruction"] not in there)])

    def _chosen(self) -> Plan:
        if self.plan is None:
            raise RuntimeError("Nothing was generated yet.")
        return self.plan

    # ---- what stays on disk ----
    def remember(self) -> None:
        """Notes the plan and how many rows there are, for `earlier`. Raises OSError."""
        self.store.note(self.project, self._chosen(), len(self.entries))

    def earlier(self) -> list[Project]:
        """The datasets that lie in the folder, the latest first."""
        return self.store.projects()

    # ---- what goes out ----
    def kept(self) -> list[Row]:
        """The rows that nobody has rejected, as they are now."""
        return [self.entries[number].row for number in self.kept_numbers()]

    def kept_numbers(self) -> list[int]:
        """Those of their entries."""
        return [number for number, entry in enumerate(self.entries) if not entry.rejected]

    def unexplained(self, report: Report, numbers: list[int] | None = None) -> list[Finding]:
        """What breaks a rule, but for scores that are missing because a person swapped the pair.

        Args:
            report: on kept rows.
            numbers: of their entries; all kept ones if None.
        """
        numbers = self.kept_numbers() if numbers is None else numbers
        return [
            one
            for one in report.broken
            if one.rule != "unrated" or not all(self.entries[numbers[i]].swapped for i in one.rows)
        ]

    @property
    def made(self) -> Plan | None:
        """The plan, with as many rows as a run that was stopped has made: it makes those again."""
        run = None if self.worker.busy else self.generation
        if self.plan and run and 0 < len(run.rows) < self.plan.rows:
            return replace(self.plan, rows=len(run.rows))
        return self.plan

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
        rejected = sum(entry.rejected for entry in self.entries)
        swapped = sum(entry.swapped for entry in self.entries)
        if not (edited or rejected or swapped):
            return ""
        people = len(self.decisions.reviewers)
        if self._chosen().zh:
            note = f"人工审阅：改过 {edited} 行，拒绝 {rejected} 行。"
            note += f"对调 {swapped} 对，分数不再保留。" if swapped else ""
            return note + (f"共 {people} 人审阅。" if people > 1 else "")
        note = in_words(
            "Reviewed by hand: {edited} rows edited, {rejected} rejected.",
            edited=edited,
            rejected=rejected,
        )
        note += f" {swapped} pairs swapped; these have no scores." if swapped else ""
        return note + (f" {people} people reviewed." if people > 1 else "")

    def notes(self) -> str:
        """What the card tells besides: where the rows come from, and what a person did."""
        if not self.given(self._chosen()):
            return self.by_hand()
        kept = self.kept()
        given = sum(RECORD in row for row in kept)
        place = Path(self._chosen().documents[0])
        name = next((path.stem for path in place.glob("*.jsonl")), place.name)
        words = MORE[self._chosen().lang]["own_notes"]
        words = in_words(words, n=given, made=len(kept) - given, name=one_line(name))
        return f"{words} {self.by_hand()}".strip()
