"""After a restart: what the exercises need comes back, what was solved stays, errors are short."""

import io
import json
import zipfile

import pytest
from IPython.core.interactiveshell import InteractiveShell
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from smolsynth import _notebook
from smolsynth.errors import Said, SmolsynthError
from smolsynth.exercises import TIERS, cells, done, progress, restore
from smolsynth.viewers.download import download, zipped
from tools import cells as tool
from tools import notebooks

WITH_EXERCISES = [path for path in notebooks.notebooks() if "restore(" in path.read_text("utf-8")]


@pytest.fixture
def shell(monkeypatch):
    shell = InteractiveShell()
    monkeypatch.setattr(_notebook, "shell", lambda: shell)
    monkeypatch.setattr(cells, "_shell", lambda: shell)
    return shell


# ---- what the exercises build on ----
@pytest.mark.parametrize("path", WITH_EXERCISES, ids=lambda path: path.name)
def test_the_cells_that_restore_runs_are_those_of_the_notebook(path):
    stored = tool.path_of(path).read_text("utf-8")
    assert stored == tool.text(notebooks.read(path)), "python -m tools.notebooks stamp"
    made = json.loads(stored)["made"]
    beginnings = {"instruction": "seeds", "verified": "PROBLEMS"}
    assert made[beginnings.get(path.name.partition("_")[0], "INSTRUCTIONS")]
    ids = [cell["id"] for cell in json.loads(stored)["needed"]]
    assert {"judge", "magpie", "samples"} & set(ids)
    assert not {"audit", "vote", "versions-text"} & set(ids)
    sources = "\n".join(cell["source"] for cell in json.loads(stored)["needed"])
    assert "compare(" not in sources and "save(" not in sources  # minutes


def test_the_notebooks_with_exercises_have_the_cell():
    assert len(WITH_EXERCISES) == 6


def test_only_what_the_exercises_use_is_kept():
    notebook = new_notebook(
        cells=[
            new_code_cell("import math\nslow = print('slow')", id="slow"),
            new_code_cell("from math import pi\nbase = {}\nbase['x'] = pi\nprint(base)", id="base"),
            new_code_cell("def area(r):\n    return base['x'] * r", id="area"),
            new_code_cell("hinted = 3", id="hinted"),
            new_code_cell("LANG = 'en'", id="restore"),
            new_markdown_cell("`hinted`, `slow-not`", id="text"),
            new_code_cell("answer = None", id="exercise-a"),
            new_code_cell("print(answer)", id="check-a"),
            new_markdown_cell("```python\nanswer = [area(r) for r in [1]]\n```", id="solution-a"),
            new_code_cell("print(1)", id="progress"),
            new_code_cell("slow", id="after"),
        ]
    )
    kept = {cell["id"]: cell["source"] for cell in tool.needed(notebook)}
    assert kept == {
        "base": "from math import pi\nbase = {}\nbase['x'] = pi",
        "area": "def area(r):\n    return base['x'] * r",
        "hinted": "hinted = 3",
    }
    notebook.cells[7].source = "print(nowhere)"
    with pytest.raises(ValueError, match="no cell makes: nowhere"):
        tool.needed(notebook)


@pytest.fixture
def small_course(tmp_path, monkeypatch):
    content = {
        "made": {"base": "start", "double": "start", "turtle": "exercise-turtle"},
        "needed": [
            {"id": "start", "names": ["base"], "source": "print('shown')\nbase = [1]"},
            {"id": "next", "names": ["double"], "source": "double = base * 2"},
        ],
    }
    for lang in ("en", "zh"):
        (tmp_path / f"small_{lang}.json").write_text(json.dumps(content))
    monkeypatch.setattr(_notebook, "CELLS", tmp_path)
    _notebook.cells_of.cache_clear()
    yield
    _notebook.cells_of.cache_clear()


def test_restore_makes_what_is_missing_and_says_so(shell, small_course, capsys):
    restore("small", "zh")
    assert shell.user_ns["double"] == [1, 1] and shell.user_ns["LANG"] == "zh"
    said = capsys.readouterr().out
    assert "2 个单元格" in said and "shown" not in said
    del shell.user_ns["double"]
    shell.user_ns["base"] = [7]
    restore("small")
    assert shell.user_ns["double"] == [7, 7]  # what is there stays
    assert "1 cells" in capsys.readouterr().out
    restore("small")
    assert capsys.readouterr().out == "Everything that the exercises need is there.\n"


def test_restore_refuses_what_it_does_not_know(monkeypatch):
    with pytest.raises(ValueError, match="instruction, preference, verified, not 'cooking'"):
        restore("cooking")
    monkeypatch.setattr(_notebook, "shell", lambda: None)
    with pytest.raises(RuntimeError, match="into a notebook"):
        restore("instruction")


# ---- what was solved ----
def test_what_was_solved_is_known_after_a_restart(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SMOLSYNTH_PROGRESS", str(tmp_path / "deep" / "progress.json"))
    done.note("instruction", "dog")
    done.note("instruction", "dog")
    assert done.solved("instruction") == {"dog"} and done.solved("preference") == set()
    monkeypatch.setattr("smolsynth.exercises._latest", {})  # a new kernel
    progress("instruction")
    states = [line.split()[1] for line in capsys.readouterr().out.splitlines()[: len(TIERS)]]
    assert states == ["⬜", "✅", "⬜"]


@pytest.mark.parametrize("content", ["", "[1]", '{"instruction": 3}', "\0"])
def test_a_damaged_file_of_what_was_solved_is_no_trouble(content, tmp_path, monkeypatch):
    file = tmp_path / "progress.json"
    file.write_text(content)
    monkeypatch.setenv("SMOLSYNTH_PROGRESS", str(file))
    assert done.solved("instruction") == set()
    done.note("instruction", "lion")
    assert done.solved("instruction") == {"lion"}
    monkeypatch.setenv("SMOLSYNTH_PROGRESS", str(file / "under" / "a-file"))
    done.note("instruction", "lion")  # can't be written


# ---- errors ----
def shown(shell, capsys, code):
    capsys.readouterr()
    shell.run_cell(code)
    said = capsys.readouterr()
    return (said.out + said.err).strip().splitlines()


DEEP = """
def deep(n):
    if n:
        return deep(n - 1)
    raise error
"""


@pytest.fixture
def course_error(shell):
    """Something of the package that fails twelve calls deep."""
    _notebook.install()
    namespace = {"__name__": "smolsynth.deep"}
    exec(DEEP, namespace)
    shell.user_ns["deep"] = lambda n, error: namespace.update(error=error) or namespace["deep"](n)
    return shell


def test_an_error_begins_with_what_to_do_and_is_short(course_error, capsys):
    shell = course_error
    shell.user_ns["error"] = SmolsynthError(Said("Name a folder.", "请写出文件夹。"))
    lines = shown(shell, capsys, "x = 1\ndeep(12, error)")
    assert lines[0] == "SmolsynthError: Name a folder." and len(lines) <= 10
    assert "line 2 of the cell: deep(12, error)" in lines[1] and "%tb" in lines[-1]
    assert len(shown(shell, capsys, "%tb")) > 10
    shell.user_ns |= {"LANG": "zh", "error": SmolsynthError(Said("Name it.", "请写出文件夹。"))}
    assert shown(shell, capsys, "deep(12, error)")[0] == "SmolsynthError: 请写出文件夹。"


def test_a_long_message_is_cut_and_interrupting_is_no_failure(course_error, capsys):
    shell = course_error
    shell.user_ns["error"] = ValueError("\n".join(f"field {i}: {'x' * 900}" for i in range(40)))
    lines = shown(shell, capsys, "deep(12, error)")
    assert len(lines) <= 10 and "…" in lines and max(map(len, lines)) < 500
    shell.user_ns["error"] = KeyboardInterrupt()
    lines = shown(shell, capsys, "deep(12, error)")
    assert lines[0].startswith("Stopped, as you asked.") and len(lines) <= 10


def test_other_people_s_errors_stay_as_they_are(course_error, capsys):
    plain = "def f(n):\n    return f(n - 1) if n else 1 / 0\nf(20)"
    lines = shown(course_error, capsys, plain)
    assert "ZeroDivisionError" in lines[0] + lines[-1] and "%tb" not in lines[-1]


@pytest.mark.parametrize(
    ("lang", "code", "said"),
    [
        ("en", "print(double)", "`double` is made by the cell `start`: run that cell first. After"),
        ("zh", "print(double)", "`double` 由单元格 `start` 产生"),
        (
            "en",
            "print(turtle)",
            "`turtle` is made by the cell `exercise-turtle`: run that cell",
        ),
        ("en", "print(dubble)", "There is no `dubble`. Did you mean `double`?"),
    ],
)
def test_a_name_that_is_missing_is_told_with_its_cell(
    shell, small_course, capsys, lang, code, said
):
    _notebook.install()
    shell.user_ns |= {"base": [1], "LANG": lang}
    lines = shown(shell, capsys, code)
    assert lines[0].startswith(said) and len(lines) <= 10
    assert any("NameError" in line for line in lines)


# ---- to take home ----
def test_a_download_holds_the_folder_and_nothing_hidden(tmp_path, monkeypatch):
    folder = tmp_path / "my <rows>"
    (folder / ".parts").mkdir(parents=True)
    (folder / "train.jsonl").write_text("{}\n")
    (folder / ".parts" / "x").touch()
    with zipfile.ZipFile(io.BytesIO(zipped(folder))) as archive:
        assert archive.namelist() == ["my <rows>/train.jsonl"]
    link = download(folder)
    assert "my &lt;rows&gt;.zip" in link.value and "<rows>" not in link.value
    assert "data:application/zip;base64," in link.value
    assert " kB)" in link.value and " 0.0 " not in link.value
    assert repr(link) == "[my <rows>.zip: run this cell to download it]"
    monkeypatch.setattr("smolsynth.viewers.download._MOST", 2)
    assert "too much" in download(folder).value


@pytest.mark.parametrize("folder", [None, "nowhere"])
def test_without_a_dataset_a_download_says_so(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert download(folder).value.startswith("There is nothing to download")
    assert "还没有保存过" in repr(download(folder, "zh"))


def test_on_colab_a_button_downloads(tmp_path, monkeypatch):
    import sys
    import types

    given = []
    files = types.SimpleNamespace(download=given.append)
    monkeypatch.setitem(sys.modules, "google.colab", types.SimpleNamespace(files=files))
    monkeypatch.setitem(sys.modules, "google", types.SimpleNamespace(colab=files))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "train.jsonl").write_text("{}\n")
    button = download(tmp_path / "mine")
    button.click()
    assert given and given[0].endswith("mine.zip")
    assert zipfile.ZipFile(given[0]).namelist() == ["mine/train.jsonl"]
