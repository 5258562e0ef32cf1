"""Every notebook runs to its end: in place (nbval), on Colab, solved, and with any other model.

nbval runs each cell of notebooks/ as pytest is configured. Here each notebook runs twice more:
alone in an empty folder on something like Colab with the solutions put in, and
untouched with a model of random weights.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from shorter import train_once

from tools import notebooks, repoint, twins

ROOT = notebooks.ROOT
NOTEBOOKS = notebooks.notebooks()
WITH_SOLUTIONS = [path for path in NOTEBOOKS if "solution-" in path.read_text("utf-8")]

PIP = """\
import os, sys
with open(os.environ["PIP_LOG"], "a") as log:
    print(*sys.argv[1:], sep="\\n", file=log)
sys.exit(int(os.environ.get("PIP_EXIT", 0)))
"""
COLAB = """\
import os, sys
__import__("google.colab")
if "PIP_EXIT" in os.environ:  # nothing got installed
    sys.modules["smolsynth"] = None
"""


class Run(NamedTuple):
    """One execution: the notebook with its outputs, what failed, and what went to pip."""

    notebook: nbformat.NotebookNode
    failed: str | None
    installed: list[str]
    files: list[str]


def colab(folder: Path) -> dict[str, str]:
    """An environment whose kernels look like Colab's: `google.colab` is imported, pip takes notes.

    The `pip` that kernels find is a stub, so `%pip install`, `!pip install` and
    `subprocess.run([sys.executable, "-m", "pip", …])` all end there.
    """
    stubs, profile = folder / "stubs", folder / "ipython" / "profile_default" / "startup"
    for package in (stubs / "google" / "colab", stubs / "pip", profile):
        package.mkdir(parents=True)
    (stubs / "google" / "colab" / "__init__.py").touch()
    (stubs / "pip" / "__init__.py").touch()
    (stubs / "pip" / "__main__.py").write_text(PIP)
    (profile / "00-colab.py").write_text(COLAB)
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


def alone(path: Path, folder: Path) -> Run:
    """Runs a notebook with its solutions, alone in an empty folder, on something like Colab."""
    env = colab(folder)
    empty = folder / "content"
    empty.mkdir()
    shutil.copy(path, empty)
    notebook = notebooks.read(empty / path.name)
    notebooks.solve(notebook)
    train_once(notebook)
    failed = notebooks.execute(notebook, empty, env)
    log = Path(env["PIP_LOG"])
    installed = log.read_text("utf-8").splitlines() if log.exists() else []
    return Run(notebook, failed, installed, sorted(file.name for file in empty.iterdir()))


def untouched(path: Path, folder: Path, model: Path) -> Run:
    """Runs a notebook with another model, in an empty folder, its exercises open."""
    notebook = notebooks.read(path)
    train_once(notebook)
    env = {**os.environ, "SMOLSYNTH_LLM": f"transformers:{model}"}
    return Run(notebook, notebooks.execute(notebook, folder, env), [], [])


@pytest.fixture(scope="session")
def run(request, tmp_path_factory) -> Run:
    """One run for all the tests that look at it."""
    kind, path = request.param
    folder = tmp_path_factory.mktemp(f"{kind}-{path.stem}")
    if kind == "alone":
        return alone(path, folder)
    return untouched(path, folder, request.getfixturevalue("random_model"))


def of(kind, paths=NOTEBOOKS):
    """Parametrizes with the runs of one kind, of each notebook."""
    return pytest.mark.parametrize(
        "run", [(kind, path) for path in paths], ids=lambda value: value[1].name, indirect=True
    )


@of("alone")
def test_a_notebook_runs_alone_on_colab(run):
    assert run.failed is None


@of("alone")
def test_on_colab_it_installs_this_course_and_nothing_else(run):
    source = repoint.read_home().source
    named = [word for word in run.installed if not word.startswith("-")]
    assert named[0] == "install"
    assert len(named) == 2, named
    assert named[1].startswith("smolsynth") and named[1].endswith(f" @ {source}")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_on_colab_a_failed_install_raises_at_once(path, tmp_path):
    notebook = notebooks.read(path)
    notebook.cells = [cell for cell in notebook.cells if cell.id == "setup"]
    assert notebook.cells, "no cell 'setup'"
    failed = notebooks.execute(notebook, tmp_path, {**colab(tmp_path), "PIP_EXIT": "1"})
    assert failed and failed.startswith("cell 'setup'")


@of("alone")
def test_it_runs_quietly(run):
    stderr = [
        f"cell '{cell.id}': {output.text}"
        for cell in run.notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "stream" and output.name == "stderr"
    ]
    assert not stderr, "\n".join(stderr)


@of("alone", WITH_SOLUTIONS)
def test_the_checks_accept_the_solutions(run):
    tiers = notebooks.solutions(run.notebook)
    assert tiers
    for tier in tiers:
        [cell] = [cell for cell in run.notebook.cells if cell.id == f"check-{tier}"]
        report = notebooks.text_of(cell).strip()
        assert "✅" in report.partition("\n")[0], f"{tier}: {report}"


@of("random")
def test_a_notebook_runs_with_any_chat_model(run):
    assert run.failed is None


@of("random", [path for path in NOTEBOOKS if path.stem.startswith("preference_")])
def test_a_judge_that_writes_garbage_exports_no_pairs(run):
    [cell] = [cell for cell in run.notebook.cells if cell.id == "export"]
    said = notebooks.text_of(cell)
    assert "0 usable pairs" in said or "0 个，所以什么也没导出" in said
    assert "train.jsonl" not in said


def test_pytest_runs_every_notebook(pytestconfig):
    """What the test below relies on, and the README's test command."""
    assert pytestconfig.getini("testpaths") == ["tests", "notebooks"]
    assert pytestconfig.option.nbval_lax and pytestconfig.option.nbval_current_env


@pytest.mark.parametrize(
    "imports",
    ["import smolsynth\nimport distilabel", "import distilabel\nimport smolsynth"],
    ids=["smolsynth first", "distilabel first"],
)
def test_a_failing_cell_fails_the_tests(tmp_path, imports):
    """distilabel's rich tracebacks would let nbval pass it; smolsynth keeps them away."""
    sources = [imports, "import distilabel.pipeline", "raise ValueError('this cell fails')", "1"]
    cells = [new_code_cell(source, id=f"cell-{i}") for i, source in enumerate(sources)]
    notebooks.write(tmp_path / "fails.ipynb", new_notebook(cells=cells))
    config = [
        "-c",
        str(ROOT / "pyproject.toml"),
        "--rootdir",
        str(tmp_path),
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *config, "fails.ipynb"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "fails.ipynb::Cell 2" in done.stdout and "this cell fails" in done.stdout
    assert "1 failed, 3 passed" in done.stdout


# ---- the stand-in for Colab ----
def on_colab(tmp_path, source, **env):
    notebook = new_notebook(cells=[new_code_cell(source, id="setup")])
    folder = tmp_path / "content"
    folder.mkdir()
    env = {**colab(tmp_path), **env}
    failed = notebooks.execute(notebook, folder, env)
    log = tmp_path / "pip.log"
    return (
        failed,
        twins.texts(notebook.cells[0].outputs[0]) if notebook.cells[0].outputs else "",
        (log.read_text().splitlines() if log.exists() else []),
    )


@pytest.mark.parametrize(
    "install",
    [
        '%pip install -q "smolsynth @ git+https://example.org/x@main#subdirectory=y"',
        '!pip install -q "smolsynth @ git+https://example.org/x@main#subdirectory=y"',
        "import subprocess\n    subprocess.run([sys.executable, '-m', 'pip', 'install', '-q', "
        "'smolsynth @ git+https://example.org/x@main#subdirectory=y'], check=True)",
    ],
    ids=["%pip", "!pip", "subprocess"],
)
def test_installs_are_noted_not_made(tmp_path, install):
    source = f'import sys\nif "google.colab" in sys.modules:\n    {install}'
    failed, _, installed = on_colab(tmp_path, source)
    requirement = "smolsynth @ git+https://example.org/x@main#subdirectory=y"
    assert failed is None
    assert installed == ["install", "-q", requirement]


def test_a_failed_install_can_be_seen(tmp_path):
    source = "import subprocess, sys\nsubprocess.run([sys.executable, '-m', 'pip'], check=True)"
    failed, _, _ = on_colab(tmp_path, source, PIP_EXIT="1")
    assert failed.startswith("cell 'setup': CalledProcessError")


def test_the_random_model_speaks_chatml(random_model):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(random_model)
    chat = [{"role": "user", "content": "What is rain? 什么是雨？"}]
    text = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
    assert text == ("<|im_start|>user\nWhat is rain? 什么是雨？<|im_end|>\n<|im_start|>assistant\n")
    ids = tokenizer(text, return_tensors="pt").input_ids
    assert tokenizer.decode(ids[0]) == text
    model = AutoModelForCausalLM.from_pretrained(random_model)
    assert model.generate(ids, max_new_tokens=3, do_sample=False).shape[1] <= ids.shape[1] + 3
