"""Projects as files: `ID.plan.json` and `ID.review.jsonl` beside the parts of their runs."""

import json
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from smolsynth._files import write_whole
from smolsynth.generation.plan import Plan
from smolsynth.studio.decisions import Decisions

LONGEST_NAME = 80  # characters


@dataclass(frozen=True)
class Project:
    """A dataset of before, to go on with.

    Attributes:
        id: digest of its plan, of a copy with a number behind a "~".
        plan: of it.
        rows: how many there were.
        decided: how many a person has worked on.
        name: as a person called it, or "".
    """

    id: str
    plan: Plan
    rows: int
    decided: int
    name: str = ""


def digest_of(project: str) -> str:
    """Of the plan of a project.

    >>> digest_of("72176082b1fa~2")
    '72176082b1fa'
    """
    return project.partition("~")[0]


class Store:
    """The projects of an output folder.

    Args:
        folder: of the parts; it need not be there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def plan_file(self, project: str) -> Path:
        """Where the name, the plan and the number of rows stand."""
        return self.folder / f"{project}.plan.json"

    def review_file(self, project: str) -> Path:
        """Where the decisions stand."""
        return self.folder / f"{project}.review.jsonl"

    def projects(self, most: int = 100) -> list[Project]:
        """What is there, the latest first; what another version wrote is passed over."""
        paths = self._plan_files()
        found = []
        for path in sorted(paths, key=lambda path: path.stat().st_mtime, reverse=True)[:most]:
            project = path.name.removesuffix(".plan.json")
            with suppress(OSError, ValueError, TypeError, KeyError):
                noted = self._noted(project)
                plan = Plan(**noted["plan"])
                if noted["rows"] and (self.folder / digest_of(project)).is_dir():
                    decided = Decisions(self.review_file(project)).touched
                    name = str(noted.get("name", ""))
                    found.append(Project(project, plan, noted["rows"], decided, name))
        return found

    def note(self, project: str, plan: Plan, rows: int) -> None:
        """Notes how far a project is; it keeps its name. Raises OSError."""
        noted = {"name": ""}
        with suppress(OSError, ValueError):
            noted = self._noted(project)
        self._write(project, noted | {"plan": asdict(plan), "rows": rows})

    def rename(self, project: str, name: str) -> None:
        """Gives a project a name, cut at LONGEST_NAME. Raises OSError."""
        name = " ".join(name.split())[:LONGEST_NAME]
        self._write(project, self._noted(project) | {"name": name})

    def copy(self, project: str, name: str) -> str:
        """Copies name, plan and decisions, which then go their own way; the parts are shared.

        Raises:
            OSError: it can't be read or written.

        Returns:
            The copy's ID.
        """
        number = 2
        while self.plan_file(made := f"{digest_of(project)}~{number}").exists():
            number += 1
        with suppress(FileNotFoundError):  # nothing was decided
            write_whole(self.review_file(made), self.review_file(project).read_bytes())
        self._write(made, self._noted(project))
        self.rename(made, name)
        return made

    def delete(self, project: str) -> None:
        """Deletes a project, and its parts where no other project has them too. Raises OSError."""
        self.plan_file(project).unlink(missing_ok=True)
        self.review_file(project).unlink(missing_ok=True)
        digest = digest_of(project)
        if not any(digest_of(path.name.split(".")[0]) == digest for path in self._plan_files()):
            shutil.rmtree(self.folder / digest, ignore_errors=True)

    def _plan_files(self) -> list[Path]:
        return list(self.folder.glob("*.plan.json"))

    def _noted(self, project: str) -> dict:
        return json.loads(self.plan_file(project).read_text("utf-8"))

    def _write(self, project: str, noted: dict) -> None:
        write_whole(self.plan_file(project), json.dumps(noted, ensure_ascii=False))
