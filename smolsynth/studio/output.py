"""Steps 5 and 6: files, and the code that makes the same rows."""

import os
import re
from collections.abc import Callable
from pathlib import Path

from ipywidgets import Checkbox, Dropdown, Text, VBox

from smolsynth.datasets.hub import push
from smolsynth.datasets.save import FORMATS, free_folder
from smolsynth.generation.plan import Plan
from smolsynth.generation.run import FILE, save_rows
from smolsynth.quality.report import QualityError
from smolsynth.quality.rules import RULES
from smolsynth.studio.parts import Plain, Problem, button, field, line, say, show, text
from smolsynth.studio.session import Session
from smolsynth.studio.words import problem_in_words

_NAME = re.compile(r"[^\W_][\w.-]{0,99}")


class Export(VBox):
    """Saves the rows that are not rejected, and pushes them if that is wanted.

    Args:
        session: of the app.
        go: shows another step, by name.
    """

    def __init__(self, session: Session, go: Callable[[str], None]) -> None:
        words = session.words
        self.session, self.words = session, words
        self.empty = VBox(
            [text(words["no_rows"]), button(words["go_describe"], lambda: go("describe"))]
        )
        self.empty.add_class("sds-empty")
        self.name = field(Text(description=words["name"], tooltip=words["name_tip"]), "2 1 240px")
        self.format = field(
            Dropdown(description=words["format"], options=FORMATS, tooltip=words["format_tip"])
        )
        self.despite = field(
            Text(description=words["despite"], placeholder=words["despite_tip"]), "1 1 100%"
        )
        self.save_button = button(words["save"].format(n=0), self.save, main=True)
        self.status = text()
        self.files = Plain(words["files"])
        self.problem = Problem(words)
        self.repository = field(
            Text(
                description=words["push_to"],
                placeholder=words["push_example"],
                tooltip=words["push_tip"],
            )
        )
        self.private = Checkbox(description=words["private"], value=True, indent=False)
        self.push_button = button(words["push"], self.push)
        self.push_status = text(words["push_hint"], "note")
        self.address = Plain(words["pushed"], 1)
        self.pushing = VBox(
            [
                line(self.repository),
                self.private,
                line(self.push_button),
                self.push_status,
                self.address,
            ]
        )
        self.work = VBox(
            [
                line(self.name, self.format),
                text(words["format_tip"], "note"),
                self.despite,
                line(self.save_button),
                self.problem,
                self.status,
                self.files,
                self.pushing,
            ]
        )
        super().__init__([self.empty, self.work])
        self.proposed = ""
        show(self.despite, False)
        self.refresh()

    def refresh(self) -> None:
        """Shows what there is to save."""
        session, words = self.session, self.words
        rows = session.kept()
        show(self.empty, not session.entries)
        show(self.work, bool(session.entries))
        if not session.entries:
            return
        if self.name.value == self.proposed:  # not changed by hand
            self.proposed = self.name.value = free_folder(session.folder / session.plan.name).name
        self.save_button.description = words["save"].format(n=len(rows))
        self.save_button.disabled = not rows
        if not rows:
            say(self.status, words["all_rejected"], "bad")
        for part in (self.files, self.pushing):
            show(part, session.saved is not None)
        show(self.address, False)

    def save(self) -> None:
        """Writes the folder, or says why not."""
        session, words = self.session, self.words
        self.problem.clear()
        self.name.remove_class("sds-wrong")
        say(self.status, "")
        if session.worker.busy:
            self.problem.put(words["busy"])
            return
        if not _NAME.fullmatch(self.name.value):
            self.name.add_class("sds-wrong")
            self.problem.put(words["bad_name"])
            return
        rows = session.kept()
        try:
            folder = save_rows(
                rows,
                session.plan,
                session.folder / self.name.value,
                format=self.format.value,
                despite=self.despite.value,
                notes=session.by_hand(),
            )
        except QualityError as error:
            show(self.despite, True)
            names = words["comma"].join(
                RULES[one.rule].words(session.lang)[0] for one in error.report.broken
            )
            self.problem.put(words["refuses"].format(n=len(rows), rules=names))
            return
        except (OSError, ValueError) as error:
            self.problem.put(problem_in_words(error, session.lang))
            return
        session.saved = folder
        say(self.status, words["saved"].format(n=len(rows)), "good")
        inside = sorted(path.name for path in folder.iterdir())
        self.files.put("\n".join([shown(folder), *(f"  {name}" for name in inside)]))
        self.proposed = self.name.value
        for part in (self.files, self.pushing):
            show(part, True)

    def push(self) -> None:
        """Uploads the saved folder in the background."""
        session, words = self.session, self.words
        self.problem.clear()
        if session.worker.busy:
            self.problem.put(words["busy"])
            return
        say(self.push_status, words["pushing"])
        self.push_button.disabled = True
        folder, repository = session.saved, self.repository.value.strip()
        private = self.private.value

        def job():
            yield push(folder, repository, private=private)

        def end(error: Exception | None) -> None:
            self.push_button.disabled = False
            if error:
                say(self.push_status, words["push_hint"], "note")
                self.problem.put(problem_in_words(error, session.lang, "repository"))

        def done(address: str) -> None:
            say(self.push_status, "")
            self.address.put(address)
            show(self.address, True)

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
        self.missing = text(words["no_plan"], "bad")
        self.work = VBox([self.command, self.file, line(self.save_button), self.saved])
        super().__init__([text(words["code_hint"], "note"), self.missing, self.work, self.problem])
        self.refresh()

    def refresh(self) -> None:
        """Shows the code of the plan that was generated, else of the one described."""
        self.plan = self.session.plan or self._plan()
        show(self.missing, self.plan is None)
        show(self.work, self.plan is not None)
        show(self.saved, False)
        self.problem.clear()
        if self.plan:
            self.command.put(self.plan.command())
            self.file.put(self.plan.code())

    def save(self) -> None:
        """Writes pipeline.py beside the datasets; never over another file."""
        folder = self.session.folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path, number = folder / FILE, 1
            while os.path.lexists(path):
                number += 1
                path = folder / FILE.replace(".", f"-{number}.")
            path.write_text(self.plan.code(), encoding="utf-8", newline="\n")
        except OSError as error:
            self.problem.put(problem_in_words(error, self.session.lang))
            return
        self.saved.put(shown(path))
        show(self.saved, True)
