"""The datasets that were made before: to go on with, to name, to copy, to delete."""

from collections.abc import Callable

from ipywidgets import Dropdown, Text, VBox

from smolsynth.studio.session import Session
from smolsynth.studio.store import Project
from smolsynth.studio.strings import describe_error
from smolsynth.studio.widgets import Problem, button, set_visible, side_by_side, with_label


class Projects(VBox):
    """A list of what lies in the folder, shown where there is anything.

    Args:
        session: of the app.
        reopen: goes on with the project that it is given.
    """

    def __init__(self, session: Session, reopen: Callable[[Project], None]) -> None:
        words = session.words
        self.session, self.words, self._reopen = session, words, reopen
        self.found: list[Project] = []
        self.list = with_label(Dropdown(description=words["earlier"]), "2 1 320px")
        self.open_button = button(words["open"], self.go_on, main=True)
        self.name = with_label(
            Text(description=words["project_name"], placeholder=words["project_name_hint"]),
            "1 1 200px",
        )
        self.rename_button = button(words["rename"], self.rename)
        self.copy_button = button(words["copy"], self.copy)
        self.delete_button = button(words["delete"], self.delete)
        self.problem = Problem(words)
        self.sure = ""  # ID of the project whose deletion was asked for once
        super().__init__(
            [
                side_by_side(self.list, self.open_button),
                side_by_side(self.name, self.rename_button, self.copy_button, self.delete_button),
                self.problem,
            ]
        )
        self.list.observe(lambda _: self._chosen(), "value")

    def refresh(self, chosen: str = "") -> None:
        """Lists what is there; chooses a project by its ID, else the one that is open."""
        self.found = self.session.earlier()
        labels = [
            self.words["earlier_one"].format(name=title(one), rows=one.rows, decided=one.decided)
            for one in self.found
        ]
        ids = [one.id for one in self.found]
        self.list.options = list(zip(labels, range(len(labels)), strict=True))
        wanted = chosen or self.session.project
        if ids:
            self.list.value = ids.index(wanted) if wanted in ids else 0
        self._chosen()
        set_visible(self, bool(ids))

    @property
    def project(self) -> Project | None:
        """The chosen one."""
        return None if self.list.value is None else self.found[self.list.value]

    def _chosen(self) -> None:
        self.sure = ""
        self.delete_button.description = self.words["delete"]
        self.problem.clear()
        one = self.project
        self.name.value = title(one) if one else ""

    def go_on(self) -> None:
        """Goes on with the chosen project."""
        if (one := self.project) and not self.problem.is_busy(self.session.worker):
            self.session.open(one.id)
            self._reopen(one)

    def rename(self) -> None:
        """Calls the chosen project what the field says."""
        if (one := self.project) and self.name.value.strip():
            self._do(lambda: self.session.store.rename(one.id, self.name.value), one.id)

    def copy(self) -> None:
        """Copies the chosen project, with what was decided, under the name in the field."""
        if one := self.project:
            name = self.name.value.strip()
            name = self.words["copied_name"].format(name=name) if name == title(one) else name
            self._do(lambda: self.session.store.copy(one.id, name), one.id)

    def delete(self) -> None:
        """Deletes the chosen project at the second press."""
        one = self.project
        if one is None or self.problem.is_busy(self.session.worker):
            return
        if self.sure != one.id:
            self.sure = one.id
            self.delete_button.description = self.words["delete_sure"]
            return
        self._do(lambda: self.session.delete(one.id), "")

    def _do(self, act: Callable[[], str | None], project: str) -> None:
        """Does it and lists again, with the new project chosen, or the same."""
        try:
            made = act()
        except OSError as error:
            self.problem.set_text(describe_error(error, self.session.lang))
            return
        self.refresh(made or project)


def title(one: Project) -> str:
    """A project's name, or else what its plan says."""
    plan = one.plan
    return one.name or " ".join([plan.name, *plan.topics, plan.about[:40]]).strip()
