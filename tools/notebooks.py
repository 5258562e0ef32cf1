"""Runs the notebooks, cleans what is committed, and keeps the Chinese twins in step.

    python -m tools.notebooks run [FILES]     runs in fresh kernels, writes the outputs back
    python -m tools.notebooks stamp [FILES]   notes in each _cn cell which English cell it renders,
                                              and for restore() what the exercises build on
    python -m tools.notebooks check [FILES]   lists stale twins and whatever else breaks a rule

Without FILES: all of notebooks/. `run` writes nothing if a cell fails or writes to stderr.
"""

import argparse
import json
import os
import re
import sys
import tempfile
from pathlib import Path

import nbformat
from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from traitlets import default

from smolsynth._files import write_whole
from smolsynth._notebook import PROGRESS
from tools import cells, twins
from tools.twins import language

ROOT = Path(__file__).resolve().parent.parent
WIDGET = "application/vnd.jupyter.widget-view+json"
_KEPT_METADATA = ("source_hash", "tags")  # of a cell
_METADATA = {  # of a notebook
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
_INTERACTIVE = {
    "en": "[an interactive view: run this cell to use it]",
    "zh": "[交互式视图：运行此单元格即可使用]",
}
_FENCE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def notebooks(root: Path = ROOT) -> list[Path]:
    """The notebooks of both languages, sorted."""
    return sorted((root / "notebooks").glob("*.ipynb"))


def read(path: Path) -> NotebookNode:
    """Raises ValueError if the file is no notebook of format 4 with an id of its own per cell."""
    text = path.read_text("utf-8")
    ids = [cell.get("id") for cell in json.loads(text).get("cells", [])]
    for cell_id in ids:  # nbformat would give new ones, at random, and say nothing
        if cell_id is None or ids.count(cell_id) > 1:
            raise ValueError(f"{path.name}: {ids.count(cell_id)} cells with the id '{cell_id}'.")
    notebook = nbformat.reads(text, as_version=nbformat.NO_CONVERT)
    try:
        nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        raise ValueError(f"{path.name} is no valid notebook: {error}") from None
    return notebook


def prose(path: Path) -> list[str]:
    """The Markdown of a page, or of each such cell of a notebook."""
    if path.suffix != ".ipynb":
        return [path.read_text("utf-8")]
    return [cell.source for cell in read(path).cells if cell.cell_type == "markdown"]


def write(path: Path, notebook: NotebookNode) -> None:
    """Whole or not at all."""
    write_whole(path, nbformat.writes(notebook).rstrip("\n") + "\n")


def english_of(path: Path) -> Path:
    """The English twin of a `_cn` file."""
    return path.with_name(path.name.replace("_cn.", "."))


# ---- running ----
class _ThisEnvironment(KernelSpecManager):
    def get_kernel_spec(self, kernel_name):
        return self.kernel_spec_class(resource_dir=RESOURCES, **get_kernel_dict())


class _Kernel(AsyncKernelManager):
    """A kernel of this Python, whatever a `python3` kernel in the home folder may be."""

    @default("kernel_spec_manager")
    def _of_this_environment(self):
        return _ThisEnvironment(parent=self)


def execute(
    notebook: NotebookNode, folder: Path, env: dict[str, str] | None = None, timeout: int = 900
) -> str | None:
    """Runs a notebook in place, in a fresh kernel with `folder` as working directory.

    Args:
        env: the kernel's whole environment; this process's, if None.
        timeout: seconds per cell.

    Returns:
        None, or what failed: "cell 'ID': the error". Outputs up to there are in the notebook.
    """
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    running = []
    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_manager_class=_Kernel,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        store_widget_state=False,
        record_timing=False,
        extra_arguments=["--log-level=ERROR"],  # newer kernels say at each start how they listen
        on_cell_execute=lambda cell, cell_index: running.append(cell.id),
    )
    with tempfile.TemporaryDirectory() as profile:
        # Nobody's startup files or configuration, unless the caller brings some.
        # Nor what anybody has solved.
        env = {"IPYTHONDIR": profile, PROGRESS: "", **(os.environ if env is None else env)}
        try:
            client.execute(env=env)
        except CellExecutionError as error:
            return f"cell '{running[-1]}': {error.ename}: {error.evalue}"
        except (CellTimeoutError, DeadKernelError) as error:
            return f"cell '{running[-1]}': {error}"
    return None


# ---- cleaning ----
def clean(notebook: NotebookNode, lang: str) -> None:
    """Leaves what a reader sees, and nothing that changes from run to run or machine to machine."""
    notebook.metadata = nbformat.from_dict(_METADATA)
    notebook.nbformat_minor = 5
    count = 0
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict(
            {name: cell.metadata[name] for name in _KEPT_METADATA if name in cell.metadata}
        )
        if cell.cell_type != "code":
            continue
        has_run = cell.execution_count is not None
        count += has_run
        cell.execution_count = count if has_run else None
        cell.outputs = _cleaned(cell.outputs, lang)
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = cell.execution_count


def _cleaned(outputs: list[NotebookNode], lang: str) -> list[NotebookNode]:
    kept = []
    for output in outputs:
        if output.output_type == "stream":
            if kept and kept[-1].output_type == "stream" and kept[-1].name == output.name:
                kept[-1].text += output.text
                continue
        elif "data" in output:
            output.metadata = nbformat.from_dict({})
            if output.data.pop(WIDGET, None) is not None:
                # Without its state a widget shows as an error on GitHub, so its text stays alone:
                # its own words, or ours in place of "VBox(children=(HBox(…".
                text = output.data.get("text/plain", "")
                if not text or re.match(r"\w+\(", text):
                    output.data["text/plain"] = _INTERACTIVE[lang]
            if not any(output.data.values()):  # a progress bar that has gone
                continue
        kept.append(output)
    return kept


# ---- solutions ----
def solutions(notebook: NotebookNode) -> dict[str, str]:
    """The code of the solutions, by tier: that of the one fence in each cell `solution-TIER`.

    Raises ValueError if such a cell has no fence, or several.
    """
    found = {}
    for cell in notebook.cells:
        if cell.id.startswith("solution-"):
            fences = _FENCE.findall(cell.source)
            if len(fences) != 1:
                raise ValueError(
                    f"cell '{cell.id}': {len(fences)} ```python fences; a solution has exactly one."
                )
            found[cell.id.removeprefix("solution-")] = fences[0].rstrip("\n")
    return found


def solve(notebook: NotebookNode) -> None:
    """Puts each solution into the code cell `exercise-TIER`.

    Raises ValueError if that cell is missing.
    """
    cells = {cell.id: cell for cell in notebook.cells}
    for tier, source in solutions(notebook).items():
        if f"exercise-{tier}" not in cells:
            raise ValueError(f"cell 'solution-{tier}': there is no cell 'exercise-{tier}'.")
        cells[f"exercise-{tier}"].source = source


def text_of(cell: NotebookNode) -> str:
    """All that a code cell shows as text."""
    return "\n".join(twins.texts(output) for output in cell.outputs)


# ---- commands ----
def run(path: Path) -> list[str]:
    """Returns what went wrong; the file is written only if nothing did."""
    notebook = read(path)
    env = {name: value for name, value in os.environ.items() if name != "SMOLSYNTH_LLM"}
    if failed := execute(notebook, path.parent, env):
        return [failed]
    clean(notebook, language(path))
    if problems := twins.output_problems(notebook):
        return problems
    write(path, notebook)
    return []


def stamp(path: Path, only: set[str] | None = None) -> None:
    """Notes in each cell of a `_cn` notebook the hash of the English cell with the same id.

    Args:
        path: either twin.
        only: ids of the cells to stamp; all if None.
    """
    chinese = path if language(path) == "zh" else path.with_name(f"{path.stem}_cn.ipynb")
    if not chinese.exists():
        return
    hashes = {cell.id: twins.source_hash(cell.source) for cell in read(english_of(chinese)).cells}
    notebook = read(chinese)
    for cell in notebook.cells:
        if cell.id in hashes and (only is None or cell.id in only):
            cell.metadata["source_hash"] = hashes[cell.id]
    write(chinese, notebook)


def check(path: Path) -> list[str]:
    """All rules for one notebook, and for it and its English twin. Returns what breaks them."""
    notebook = read(path)
    problems = twins.structure_problems(notebook) + twins.output_problems(notebook)
    if path.stat().st_size >= twins.LARGEST:
        problems.append(f"{path.stat().st_size:,} bytes; at most {twins.LARGEST:,}")
    if language(path) == "zh":
        if english_of(path).exists():
            problems += twins.twin_problems(read(english_of(path)), notebook)
        else:
            problems.append(f"no English twin {english_of(path).name}")
    elif not path.with_name(f"{path.stem}_cn.ipynb").exists():
        problems.append(f"no Chinese twin {path.stem}_cn.ipynb")
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=["run", "stamp", "check"])
    parser.add_argument("files", nargs="*", type=Path, help="notebooks (all of notebooks/)")
    arguments = parser.parse_args()
    failed = False
    for path in arguments.files or notebooks():
        if arguments.command == "stamp":
            stamp(path)
            cells.write(path, read(path))
            continue
        problems = run(path) if arguments.command == "run" else check(path)
        for problem in problems:
            print(f"{path.name}, {problem}")
        if not problems:
            print(f"{path.name}: ok")
        failed |= bool(problems)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
