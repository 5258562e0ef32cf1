"""Every notebook runs to its end, solved and unsolved, and with any other model.

nbval runs each cell of notebooks/, on something like Colab and with the solutions as further cells
(`tools/course_run.py`). Here the English ones run with a model of random weights too; the Chinese
code is the same tree (test_twins).
"""

import ast
import itertools
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from packaging.requirements import Requirement

from conftest import group_of
from tools import notebooks, repoint, twins
from tools.course_run import SHORT, colab

ROOT = notebooks.ROOT
NOTEBOOKS = notebooks.notebooks()
STUDIO = ROOT / "notebooks" / "dataset_studio.ipynb"
ENGLISH = [path for path in NOTEBOOKS if notebooks.language(path) == "en"]


@pytest.fixture(scope="session")
def random_run(request, tmp_path_factory, random_model):
    """One run with random weights for all the tests that look at it: (notebook, what failed)."""
    notebook = notebooks.read(request.param)
    env = {**os.environ, **SHORT, "SMOLSYNTH_LLM": f"transformers:{random_model}"}
    folder = tmp_path_factory.mktemp(request.param.stem)
    return notebook, notebooks.execute(notebook, folder, env)


def with_random_weights(paths):
    """Parametrizes with the runs of these notebooks."""
    return pytest.mark.parametrize("random_run", paths, ids=lambda path: path.name, indirect=True)


@pytest.mark.parametrize("path", ENGLISH, ids=lambda path: path.name)
def test_on_colab_a_failed_install_says_what_to_do(path, tmp_path):
    notebook = notebooks.read(path)
    notebook.cells = [cell for cell in notebook.cells if cell.id == "setup"]
    assert notebook.cells, "no cell 'setup'"
    failed = notebooks.execute(notebook, tmp_path, {**colab(tmp_path), "PIP_EXIT": "1"})
    assert failed and failed.startswith("cell 'setup': RuntimeError: The course is not installed:")
    assert "Check the network" in failed


def test_the_studio_notebook_installs_what_the_studio_imports():
    """And keeps the ipywidgets that Colab's kernels have imported by then: 7.7.1."""
    [setup] = [c for c in notebooks.read(STUDIO).cells if c.id == "setup"]
    extras = re.search(r"smolsynth\[(.*?)\] @", setup.source)[1].split(",")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    groups = [project["dependencies"], *(project["optional-dependencies"][e] for e in extras)]
    asked = {one.name: one for one in map(Requirement, itertools.chain(*groups))}
    trees = [
        ast.parse(path.read_text("utf-8")) for path in (ROOT / "smolsynth/studio").glob("*.py")
    ]
    imported = {
        node.module.partition(".")[0]
        for tree in trees
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
    }
    theirs = imported - sys.stdlib_module_names - {"smolsynth"}
    assert {"anywidget", "ipywidgets"} <= theirs
    assert theirs - {"traitlets"} <= set(asked)  # that one comes with ipywidgets
    assert asked["ipywidgets"].specifier.contains("7.7.1")


@pytest.mark.nightly
@with_random_weights(ENGLISH)
def test_a_notebook_runs_with_any_chat_model(random_run):
    assert random_run[1] is None


@pytest.mark.nightly
@with_random_weights([path for path in ENGLISH if path.stem.startswith("preference_")])
def test_a_judge_that_writes_garbage_exports_no_pairs(random_run):
    [cell] = [cell for cell in random_run[0].cells if cell.id == "export"]
    said = notebooks.text_of(cell)
    assert "0 usable pairs" in said
    assert "train.jsonl" not in said


def test_pytest_runs_every_notebook(pytestconfig):
    """What the tests below rely on, and the README's test command."""
    assert pytestconfig.getini("testpaths") == ["tests", "notebooks"]
    assert pytestconfig.option.nbval_lax and pytestconfig.option.nbval_current_env
    done = pytest_in(ROOT, "--collect-only", "-q", "-m", "", "notebooks")
    for path in NOTEBOOKS:
        cells = [cell for cell in notebooks.read(path).cells if cell.cell_type == "code"]
        tiers = notebooks.solutions(notebooks.read(path))
        collected = [line for line in done.splitlines() if f"{path.name}::" in line]
        # each check runs twice, with its solution in between; a last look at stderr and at pip
        assert len(collected) == len(cells) + 2 * len(tiers) + 2, collected
        assert sum(" solved" in line for line in collected) == len(tiers)


def pytest_in(folder: Path, *arguments: str) -> str:
    """What pytest says, with the course's own configuration, on what lies in a folder."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), "-n0", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout


def test_a_failing_cell_fails_the_tests(tmp_path):
    """distilabel's rich tracebacks would let nbval pass it; smolsynth keeps them away."""
    imports = ["import smolsynth\nimport distilabel", "import distilabel\nimport smolsynth"]
    imports.append("import distilabel")
    for i, first in enumerate(imports):
        sources = [first, "raise ValueError('it fails')", "1"]
        cells = [new_code_cell(source, id=f"cell-{i}") for i, source in enumerate(sources)]
        notebooks.write(tmp_path / f"fails{i}.ipynb", new_notebook(cells=cells))
    said = pytest_in(tmp_path, "--rootdir", str(tmp_path), "-p", "no:cacheprovider", "-rA", ".")
    for i in (0, 1):
        assert f"FAILED fails{i}.ipynb::Cell 1" in said and "it fails" in said
    # Why all this is needed. When this line fails, distilabel is mended and `_quiet` can shrink.
    assert "PASSED fails2.ipynb::Cell 1" in said, said
    assert "2 failed, 7 passed" in said


SETUP = """\
import subprocess, sys
if "google.colab" in sys.modules:
    subprocess.run([sys.executable, "-m", "pip", "install", "smolsynth @ {source}"], check=True)"""
STUB, SOLUTION = "{tier} = None  # write your code here", "{tier} = 1"
FAULTS = [  # notebooks: the setup, the exercises' stubs and solutions, and what must fail, in order
    (SETUP, {"turtle": (STUB, SOLUTION)}, []),
    (
        "!pip install smolsynth numpy",
        {
            "ant": ("{tier} = 1", SOLUTION),
            "bee": ("{tier} = None\nraise OSError", SOLUTION),
            "cat": (STUB, "{tier} = 2"),
            "dog": (STUB, "raise OSError"),
            "eel": ("import sys; {tier} = print('!', file=sys.stderr)", SOLUTION),
        },
        ["ant open", "Cell 3", "cat solved", "dog solution", "dog solved", "quiet", "installed"],
    ),
    ("import os\nassert os.listdir()", {"turtle": (STUB, SOLUTION)}, ["Cell 0", "installed"]),
]


def test_the_run_of_a_notebook_finds_what_is_wrong(tmp_path):
    """Small notebooks of a course: one as it should be, and two with faults."""
    (tmp_path / "notebooks").mkdir()
    for number, (setup, exercises, _) in enumerate(FAULTS):
        source = setup.replace("{source}", repoint.read_home().source)
        cells = [new_code_cell(source, id="setup")]
        for tier, (stub, solution) in exercises.items():
            check = f"print('⬜ not yet' if {tier} is None else '✅' if {tier} == 1 else '❌')"
            solution = solution.replace("{tier}", tier)
            cells += [
                new_code_cell(stub.replace("{tier}", tier), id=f"exercise-{tier}"),
                new_code_cell(check, id=f"check-{tier}"),
                new_markdown_cell(f"```python\n{solution}\n```", id=f"solution-{tier}"),
            ]
        path = tmp_path / "notebooks" / f"small-{number}.ipynb"
        notebooks.write(path, new_notebook(cells=cells))
    (tmp_path / "conftest.py").write_text((ROOT / "conftest.py").read_text("utf-8"), "utf-8")
    options = ["--rootdir", str(tmp_path), "-p", "no:cacheprovider", "-rf"]
    said = pytest_in(tmp_path, *options, "notebooks")
    for number, (*_, failing) in enumerate(FAULTS):
        found = re.findall(rf"^FAILED \S+small-{number}\S+::(.+?)(?: - .*)?$", said, re.MULTILINE)
        assert len(found) == len(failing), (number, said)
        for name, wanted in zip(found, failing, strict=True):
            assert wanted in name, (number, said)


def test_what_needs_each_other_is_run_by_one_process():
    cells = [f"notebooks/x.ipynb::{name}" for name in ("Cell 0", "Cell 3 dog solved", "quiet")]
    assert {group_of(one) for one in cells} == {"notebooks/x.ipynb"}
    apart = [  # each line is a group
        ["tests/test_lessons.py::test_no_block_escapes[README.md]"],
        ["tests/test_lessons.py::test_a_block_runs[README.md:12]"],
        ["tests/test_lessons.py::test_a_block_runs[a_cn.md:1]"],
        ["tests/test_notebooks.py::test_a_notebook_runs_with_any_chat_model[dataset_x.ipynb]"],
        ["tests/test_browser.py::test_x[jupyter-en]", "tests/test_browser.py::test_a_viewer[zh]"],
        ["tests/test_browser.py::test_x[voila-en]", "tests/test_browser.py::test_y"],
    ]
    groups = [{group_of(one) for one in line} for line in apart]
    assert [len(group) for group in groups] == [1] * len(apart)
    assert len(set.union(*groups)) == len(apart)


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
