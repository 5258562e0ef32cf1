"""Steps 5 and 6: files, and the code that makes the same rows."""

import os
import re
from collections.abc import Callable
from pathlib import Path

from ipywidgets import BoundedFloatText, Checkbox, Dropdown, Password, Text, VBox

from smolsynth._files import free_name
from smolsynth.datasets import trainers
from smolsynth.datasets.hub import push
from smolsynth.datasets.read import read_rows
from smolsynth.datasets.save import FILES, FORMATS
from smolsynth.generation.plan import Plan
from smolsynth.generation.run import FILE, save_rows
from smolsynth.generation.script import code
from smolsynth.quality.report import QualityError, measure
from smolsynth.rows import Row
from smolsynth.studio.decisions import TEXTS
from smolsynth.studio.session import Session
from smolsynth.studio.strings import describe_error
from smolsynth.studio.widgets import (
    Plain,
    Problem,
    Step,
    button,
    paragraph,
    set_text,
    set_visible,
    side_by_side,
    with_label,
)
from smolsynth.text.layout import in_words
from smolsynth.viewers.download import download
from smolsynth.viewers.report import page

REPORT = "report.html"
_NAME = re.compile(r"[^\W_][\w.-]{0,99}(?<!\.)")
# Windows keeps these for devices, whatever follows the first dot.
_DEVICES = re.compile(r"(con|prn|aux|nul|(com|lpt)[0-9¹²³])(\..*)?", re.IGNORECASE)


def is_plain_name(name: str) -> bool:
    """Whether a folder can have this name on any system, and below the folder that it is put in.

    >>> [is_plain_name(name) for name in ("data-2", "水壶", "../up", "data.", "CON", "aux.jsonl")]
    [True, True, False, False, False, False]
    """
    return bool(_NAME.fullmatch(name)) and not _DEVICES.fullmatch(name)


class Export(Step):
    """Saves the rows that are not rejected, and pushes them if that is wanted."""

    def __init__(self, session: Session, go: Callable[[str], None]) -> None:
        super().__init__(session, go)
        words = self.words
        self.name = with_label(
            Text(description=words["name"], tooltip=words["name_tip"]), "2 1 240px"
        )
        self.format = with_label(
            Dropdown(description=words["format"], options=FILES, tooltip=words["format_tip"])
        )
        self.despite = with_label(
            Text(description=words["despite"], placeholder=words["despite_tip"]), "1 1 100%"
        )
        self.validation = with_label(
            BoundedFloatText(description=words["validation"], min=0, max=50, step=5, value=0),
            "1 1 140px",
        )
        self.report = Checkbox(description=words["with_report"], indent=False)
        self.link = VBox()
        self.save_button = button(in_words(words["save"], n=0), self.save, main=True)
        self.status = paragraph()
        self.files = Plain(words["files"])
        self.repository = with_label(
            Text(
                description=words["push_to"],
                placeholder=words["push_example"],
                tooltip=words["push_tip"],
            )
        )
        self.token = with_label(
            Password(description=words["push_token"], placeholder=words["push_token_tip"])
        )
        self.private = Checkbox(description=words["private"], value=True, indent=False)
        self.push_button = button(words["push"], self.push)
        self.push_status = paragraph()
        self.address = Plain(words["pushed"], 1)
        self.pushing = VBox(
            [
                side_by_side(self.repository, self.token),
                self.private,
                side_by_side(self.push_button),
                self.push_status,
                self.address,
            ]
        )
        self.work.children = [
            side_by_side(self.name, self.format, self.validation),
            paragraph(words["format_tip"], "note"),
            paragraph(words["validation_tip"], "note"),
            self.report,
            self.despite,
            side_by_side(self.save_button),
            self.problem,
            self.status,
            self.files,
            self.link,
            self.pushing,
        ]
        self.proposed = ""
        set_visible(self.despite, False)
        self.refresh()

    def refresh(self) -> None:
        """Shows what there is to save."""
        session, words = self.session, self.words
        rows = session.kept()
        if not self.set_work(bool(session.entries)):
            return
        self.problem.clear()
        if self.name.value == self.proposed:  # not changed by hand
            self.proposed = self.name.value = free_name(session.folder / session.plan.name).name
        self._offer_formats()
        self.save_button.description = in_words(words["save"], n=len(rows))
        self.save_button.disabled = not rows
        set_text(self.status, "" if rows else words["all_rejected"], "bad")
        set_visible(self.address, False)
        self._offer_push()

    def _offer_formats(self) -> None:
        """The files, and the trainers that have a place for rows of this kind."""
        kind, chosen = self.session.plan.kind, self.format.value
        fitting = [name for name, kinds in trainers.FORMATS.items() if kind in kinds]
        options = [*FILES, *(name for name in fitting if name in FORMATS)]
        if list(self.format.options) != options:
            self.format.options = options
            self.format.value = chosen if chosen in options else options[0]

    def _offer_push(self) -> None:
        """What lies in the folder can be pushed as long as it is what the page shows."""
        folder, words = self.session.saved, self.words
        for part in (self.files, self.link, self.pushing):
            set_visible(part, folder is not None)
        if folder is not None:
            n = len(self.session.kept())
            set_text(self.push_status, words["push_hint"].format(n=n), "note")

    def save(self) -> None:
        """Writes the folder, or says why not."""
        session, words = self.session, self.words
        self.problem.clear()
        self.name.remove_class("sds-wrong")
        set_text(self.status, "")
        if self.problem.is_busy(session.worker):
            return
        if not is_plain_name(self.name.value):
            self.name.add_class("sds-wrong")
            self.problem.set_text(words["bad_name"])
            return
        rows = session.kept()

        def saved(files: dict[str, str], despite: str) -> Path:
            return save_rows(
                rows,
                session.made,
                session.folder / self.name.value,
                format=self.format.value,
                despite=despite,
                notes=session.notes(),
                validation=self.validation.value / 100,
                files=files,
            )

        try:
            files = {REPORT: self._report(rows)} if self.report.value else {}
            try:
                folder = saved(files, self.despite.value)
            except QualityError as error:
                if session.unexplained(error.report):
                    raise
                folder = saved(files, session.by_hand())  # pairs swapped by hand have no scores
        except QualityError as error:
            set_visible(self.despite, True)
            names = session.faults(one.rule for one in session.unexplained(error.report))
            self.problem.set_text(words["refuses"].format(n=len(rows), rules=names))
            return
        except (OSError, ValueError) as error:
            self.show_error(error)
            return
        session.exported(folder)
        set_text(self.status, in_words(words["saved"], n=len(rows)), "good")
        inside = sorted(path.name for path in folder.iterdir())
        self.files.set_text("\n".join([shown(folder), *(f"  {name}" for name in inside)]))
        self.link.children = [download(folder, session.lang)]
        self.proposed = self.name.value
        self._offer_push()

    def _report(self, rows: list[Row]) -> str:
        """The report on these rows as a page."""
        plan = self.session.plan
        texts = [{name: row[name] for name in TEXTS[plan.kind]} for row in rows]
        found = measure(texts, plan.lang, ui=self.session.lang)
        return page(self.name.value, read_rows(texts), found, self.session.lang)

    def push(self) -> None:
        """Uploads the saved folder in the background."""
        session, words = self.session, self.words
        self.problem.clear()
        if self.problem.is_busy(session.worker):
            return
        folder, repository = session.saved, self.repository.value.strip()
        if folder is None:  # rows were changed after they were saved
            self.refresh()
            return
        set_text(self.push_status, words["pushing"])
        self.push_button.disabled = True
        private = self.private.value
        token, self.token.value = self.token.value.strip() or None, ""  # stays in memory alone

        def job():
            yield push(folder, repository, private=private, token=token)

        def end(error: Exception | None) -> None:
            self.push_button.disabled = False
            if error:
                self._offer_push()
                self.show_error(error, "repository")

        def done(address: str) -> None:
            set_text(self.push_status, "")
            self.address.set_text(address)
            set_visible(self.address, True)

        session.worker.start(job, done, end)


def shown(path: Path) -> str:
    """A path, relative to where we are if it is below."""
    try:
        return str(path.absolute().relative_to(Path(os.getcwd()))) + ("/" if path.is_dir() else "")
    except ValueError:
        return str(path)


class Code(VBox):
    """The plan as a command and as a file.

    Args:
        session: of the app.
        plan: gives what the form describes now, or None.
    """

    def __init__(self, session: Session, plan: Callable[[], Plan | None]) -> None:
        words = session.words
        self.session, self.words, self._plan = session, words, plan
        self.command = Plain(words["command"], 2, code=True)
        self.command.add_class("sds-command")
        self.file = Plain(words["pipeline"], 24, code=True)
        self.save_button = button(words["save_code"], self.save, main=True)
        self.saved = Plain(words["saved_code"], 1)
        self.problem = Problem(words)
        self.missing = paragraph(words["no_plan"], "bad")
        self.work = VBox([self.command, self.file, side_by_side(self.save_button), self.saved])
        super().__init__(
            [paragraph(words["code_hint"], "note"), self.missing, self.work, self.problem]
        )
        self.refresh()

    def refresh(self) -> None:
        """Shows the code of the plan that was generated, else of the one described."""
        self.plan = self.session.made or self._plan()
        set_visible(self.missing, self.plan is None)
        set_visible(self.work, self.plan is not None)
        set_visible(self.saved, False)
        self.problem.clear()
        if self.plan:
            self.command.set_text(self.plan.command())
            self.file.set_text(code(self.plan))

    def save(self) -> None:
        """Writes pipeline.py beside the datasets; never over another file."""
        plan = self.plan
        if plan is None:  # then there is no button
            return
        folder = self.session.folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path, number = folder / FILE, 1
            while os.path.lexists(path):
                number += 1
                path = folder / FILE.replace(".", f"-{number}.")
            path.write_text(code(plan), encoding="utf-8", newline="\n")
        except OSError as error:
            self.problem.set_text(describe_error(error, self.session.lang))
            return
        self.saved.set_text(shown(path))
        set_visible(self.saved, True)
