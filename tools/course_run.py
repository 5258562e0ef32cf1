"""How the tests run the notebooks: once each, by nbval, as a learner on Colab would.

nbval collects and judges the cells. `CourseNotebook` adds what a learner does and what a reader
relies on: after each stub and its check come the solution and the check again, in the same kernel;
that kernel looks like one of Colab, in an empty folder; and at the end it is looked at what was
installed and whether anything was written to stderr. The solutions and students of Chinese
notebooks run by night: their code is that of the English ones.
"""

import os
import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from nbval.kernel import CURRENT_ENV_KERNEL_NAME, RunningKernel
from nbval.plugin import IPyNbCell, IPyNbFile

from tools import notebooks, repoint, twins
from tools.cells import going_on

# Read by `smolsynth.student`: one seed, and each row once.
SHORT = {} if os.environ.get("SMOLSYNTH_NIGHTLY") else {"SMOLSYNTH_SHORT_TRAINING": "1"}

# Of Chinese notebooks by night, with the solutions: students, what SmolLM2 writes, in English, and
# the judge's audit and aspects, as long as everything before them.
_TWINS_DO = re.compile(
    r"student(-data)?|control|own-(questions|answers)|(overall-or-)?aspects|(plot-)?audit"
)

_PIP = """\
import os, sys
with open(os.environ["PIP_LOG"], "a") as log:
    print(*sys.argv[1:], sep="\\n", file=log)
sys.exit(int(os.environ.get("PIP_EXIT", 0)))
"""
_COLAB = """\
import os, sys
__import__("google.colab")
if "PIP_EXIT" in os.environ:  # nothing got installed
    sys.modules["smolsynth"] = None
"""


def colab(folder: Path) -> dict[str, str]:
    """An environment whose kernels look like Colab's: `google.colab` is imported, pip takes notes.

    The `pip` that kernels find is a stub, so `%pip install`, `!pip install` and
    `subprocess.run([sys.executable, "-m", "pip", …])` all end there, in `folder/pip.log`.
    """
    stubs, profile = folder / "stubs", folder / "ipython" / "profile_default" / "startup"
    for package in (stubs / "google" / "colab", stubs / "pip", profile):
        package.mkdir(parents=True)
    (stubs / "google" / "colab" / "__init__.py").touch()
    (stubs / "pip" / "__init__.py").touch()
    (stubs / "pip" / "__main__.py").write_text(_PIP)
    (profile / "00-colab.py").write_text(_COLAB)
    command = folder / "bin" / "pip"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m pip "$@"\n')
    command.chmod(0o755)
    paths = [str(stubs), os.environ.get("PYTHONPATH")]
    return {
        **os.environ,
        "IPYTHONDIR": str(folder / "ipython"),
        "PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}",
        "PIP_LOG": str(folder / "pip.log"),
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
    }


@contextmanager
def _environment(env: dict[str, str]) -> Iterator[None]:
    """What a process started meanwhile inherits."""
    before = dict(os.environ)
    os.environ.update(env)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


class CourseNotebook(IPyNbFile):
    """A notebook of the course: its cells as nbval takes them, with solutions and a last look."""

    def collect(self):
        cells = list(super().collect())
        chinese = self.path.stem.endswith("_cn")
        sources = {one.cell_num: one.cell.source for one in cells} if chinese else {}
        twins_do = {one.cell_num for one in cells if _TWINS_DO.fullmatch(one.cell.id)}
        by_night = going_on(sources, twins_do)
        solutions = notebooks.solutions(notebooks.read(self.path))
        for cell in cells:
            tier = cell.cell.id.removeprefix("check-")
            made = [cell]
            if cell.cell.id.startswith("check-") and tier in solutions:
                source = notebooks.nbformat.v4.new_code_cell(solutions[tier])
                made = [
                    self._cell(_OpenCheck, f"Cell {cell.cell_num} {tier} open", cell, cell.cell),
                    self._cell(IPyNbCell, f"Cell {cell.cell_num} {tier} solution", cell, source),
                    self._cell(
                        _SolvedCheck, f"Cell {cell.cell_num} {tier} solved", cell, cell.cell
                    ),
                ]
            for item in made:
                item.add_marker(pytest.mark.slow)
                if cell.cell_num in by_night or (chinese and item is not made[0]):
                    item.add_marker(pytest.mark.nightly)
                yield item
        for look in (_Quiet, _Installed):
            item = look.from_parent(self, name=look.__name__.strip("_").lower())
            item.add_marker(pytest.mark.slow)
            yield item

    def _cell(self, kind: type[IPyNbCell], name: str, like: IPyNbCell, cell) -> IPyNbCell:
        options = defaultdict(bool, like.options)
        return kind.from_parent(self, name=name, cell_num=like.cell_num, cell=cell, options=options)

    def setup(self):
        self.outputs: dict[str, list] = {}  # of each cell that ran, by the item's name
        self._folder = tempfile.TemporaryDirectory(prefix="course-")
        folder = Path(self._folder.name)
        (folder / "content").mkdir()
        env = colab(folder) | SHORT
        self.pip_log = Path(env["PIP_LOG"])
        with _environment(env):
            self.kernel = RunningKernel(CURRENT_ENV_KERNEL_NAME, cwd=str(folder / "content"))
        self.setup_sanitize_files()

    def teardown(self):
        super().teardown()
        self._folder.cleanup()


def _text(cell: IPyNbCell) -> str:
    return "\n".join(twins.texts(output) for output in cell.test_outputs).strip()


class _OpenCheck(IPyNbCell):
    """The check after the stub: nothing is written yet, and it says so."""

    def runtest(self):
        super().runtest()
        assert "⬜" in _text(self).partition("\n")[0], _text(self)


class _SolvedCheck(IPyNbCell):
    """The check after the solution."""

    def runtest(self):
        super().runtest()
        assert "✅" in _text(self).partition("\n")[0], _text(self)


class _Look(pytest.Item):
    """A look at the whole run, after its last cell."""

    def ran(self) -> list[IPyNbCell]:
        cells = [i for i in self.session.items if i.parent is self.parent]
        cells = [i for i in cells if isinstance(i, IPyNbCell)]
        if any(cell.test_outputs is None for cell in cells):
            pytest.skip("not all cells ran")
        return cells

    def reportinfo(self):
        return self.path, 0, f"{self.path.name}::{self.name}"


class _Quiet(_Look):
    """Nothing was written to stderr: no warning, no log, no bar that stays."""

    def runtest(self):
        stderr = [
            f"{cell.name}: {output.text}"
            for cell in self.ran()
            for output in cell.test_outputs
            if output.get("name") == "stderr"
        ]
        assert not stderr, "\n".join(stderr)


class _Installed(_Look):
    """On Colab it installs this course and nothing else."""

    def runtest(self):
        self.ran()
        log = self.parent.pip_log
        installed = log.read_text("utf-8").splitlines() if log.exists() else []
        named = [word for word in installed if not word.startswith("-")]
        assert named[:1] == ["install"] and len(named) == 2, named
        source = repoint.read_home().source
        assert named[1].startswith("smolsynth") and named[1].endswith(f" @ {source}"), named
