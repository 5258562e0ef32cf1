"""Notebooks keep the rules, and the Chinese ones are the English ones in Chinese."""

import copy
import re

import nbformat
import pytest
from markdown_it import MarkdownIt
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from smolsynth.exercises.findings import FINDINGS
from smolsynth.exercises.repairs import CASES
from tools import notebooks, twins

ENGLISH = [path for path in notebooks.notebooks() if notebooks.language(path) == "en"]
CHINESE = [path for path in notebooks.notebooks() if notebooks.language(path) == "zh"]
name = pytest.mark.parametrize("path", ENGLISH + CHINESE, ids=lambda path: path.name)


def listed(problems):
    return "\n" + "\n".join(problems)


@name
def test_structure(path):
    problems = twins.structure_problems(notebooks.read(path))
    assert not problems, listed(problems)


@name
def test_outputs_are_there_and_clean(path):
    problems = twins.output_problems(notebooks.read(path))
    assert not problems, listed(problems)
    assert path.stat().st_size < twins.LARGEST


@name
def test_there_are_exercises_with_a_progress_cell(path):
    notebook = notebooks.read(path)
    if tiers := notebooks.solutions(notebook):
        assert list(tiers)[:3] == ["turtle", "dog", "lion"]
        lab = {"your": 0, "verified": 3}.get(path.stem.partition("_")[0], 4)
        assert len(tiers) == 3 + lab and set(tiers) < {"turtle", "dog", "lion", *CASES, *FINDINGS}
        assert notebook.cells[-1].id == "progress" or "progress" in {c.id for c in notebook.cells}


@name
def test_there_is_a_twin(path):
    other = path.stem.removesuffix("_cn") + ("" if path.stem.endswith("_cn") else "_cn")
    assert path.with_name(f"{other}.ipynb").exists()


@pytest.mark.parametrize("path", CHINESE, ids=lambda path: path.name)
def test_twins_agree_and_none_is_stale(path):
    english = notebooks.read(notebooks.english_of(path))
    problems = twins.twin_problems(english, notebooks.read(path))
    assert not problems, listed(problems)


_PAGES = sorted(notebooks.ROOT.glob("*_cn.md"))
_SLANTED = re.compile(r"(?<![*\\])\*(?=[\w“《（])[^*\n`$]*[\u4e00-\u9fff][^*\n`$]*\*(?!\*)")


@pytest.mark.parametrize("path", _PAGES + CHINESE, ids=lambda path: path.name)
def test_no_chinese_character_is_slanted(path):
    """Chinese has no italics: a browser slants the characters, and badly."""
    assert not [found for text in notebooks.prose(path) for found in _SLANTED.findall(text)]


@pytest.mark.parametrize("path", _PAGES + CHINESE, ids=lambda path: path.name)
def test_bold_type_ends(path):
    """Behind a Chinese full stop, two asterisks close nothing where a character follows them."""
    lines = [token for text in notebooks.prose(path) for token in MarkdownIt().parse(text)]
    shown = [part for line in lines for part in line.children or () if part.type == "text"]
    assert not [part.content for part in shown if "**" in part.content]


# ---- the rules themselves, on small notebooks ----
def solution(code):
    return f"<details>\n<summary>Solution</summary>\n\n```python\n{code}\n```\n\n</details>"


def hint(text):
    return f"<details>\n<summary>Hint</summary>\n\n{text}\n\n</details>"


def cell(kind, cell_id, source, output=None):
    if kind == "markdown":
        return new_markdown_cell(source, id=cell_id)
    outputs = [] if output is None else [new_output("stream", name="stdout", text=output)]
    return new_code_cell(source, id=cell_id, outputs=outputs)


def finished(cells):
    notebook = new_notebook(cells=cells)
    for count, code in enumerate([c for c in cells if c.cell_type == "code"], start=1):
        code.execution_count = count
    notebooks.clean(notebook, "en")
    nbformat.validate(notebook)
    return notebook


@pytest.fixture
def english():
    return finished(
        [
            cell("markdown", "title", "# A title\n\nSome words about what the notebook is for."),
            cell("code", "setup", 'LANG = "en"\nprint("Ready to go.")', "Ready to go.\n"),
            cell(
                "markdown", "task-turtle", "Do it.\n\n" + hint("A nudge.") + "\n\n" + hint("All.")
            ),
            cell("code", "exercise-turtle", "answer = None  # write your code here"),
            cell("code", "check-turtle", "print(answer)", "not started\n"),
            cell("markdown", "solution-turtle", solution("answer = 1  # one")),
        ]
    )


@pytest.fixture
def chinese(english):
    notebook = finished(
        [
            cell("markdown", "title", "# 标题\n\n本笔记本的用途。"),
            cell("code", "setup", 'LANG = "zh"\nprint("准备就绪。")', "准备就绪。\n"),
            cell(
                "markdown", "task-turtle", "做吧。\n\n" + hint("提示。") + "\n\n" + hint("答案。")
            ),
            cell("code", "exercise-turtle", "# 写在这里\nanswer = None"),
            cell("code", "check-turtle", "print(answer)", "尚未开始\n"),
            cell("markdown", "solution-turtle", solution("answer = 1  # 一")),
        ]
    )
    for left, right in zip(english.cells, notebook.cells, strict=True):
        right.metadata["source_hash"] = twins.source_hash(left.source)
    return notebook


def test_good_notebooks_have_no_problems(english, chinese):
    for notebook in (english, chinese):
        assert twins.structure_problems(notebook) == []
        assert twins.output_problems(notebook) == []
    assert twins.twin_problems(english, chinese) == []


def by_id(notebook, cell_id):
    return next(cell for cell in notebook.cells if cell.id == cell_id)


def change(cell_id, **values):
    return lambda notebook: by_id(notebook, cell_id).update(values)


def output(cell_id, *args, **kwargs):
    return lambda notebook: by_id(notebook, cell_id).outputs.append(new_output(*args, **kwargs))


def replaced(cell_id, old, new):
    def apply(notebook):
        changed = by_id(notebook, cell_id)
        assert old in changed.source
        changed.source = changed.source.replace(old, new)

    return apply


STRUCTURE = [
    (change("setup", id="b1f2c3d4"), "'b1f2c3d4': give it an id in words"),
    (change("setup", id="deadbeef"), "'deadbeef': give it an id in words"),
    (change("setup", id="Setup_Cell"), "'Setup_Cell': give it an id in words"),
    (change("setup", id="title"), "'title': another cell has the same id"),
    (change("setup", source="x = 1\n" * 31), "'setup': 31 lines"),
    (change("setup", source="# NBVAL_SKIP\nx = 1"), "'setup': no cell may be exempt"),
    (change("setup", metadata={"tags": ["raises-exception"]}), "'setup': no cell may be exempt"),
    (change("setup", metadata={"tags": ["nbval-skip"]}), "'setup': no cell may be exempt"),
    (change("setup", metadata={"execution": {}}), "'setup': volatile metadata"),
    (lambda notebook: notebook.update(nbformat_minor=4), "nbformat 4.4"),
    (lambda notebook: notebook.metadata.update(widgets={}), "widget state"),
    (lambda notebook: notebook.metadata.kernelspec.update(name="mine"), "kernelspec"),
    (lambda notebook: notebook.cells.pop(4), "no cell 'check-turtle'"),
    (lambda notebook: notebook.cells.insert(1, notebook.cells.pop(4)), "the order is"),
    (replaced("task-turtle", hint("All."), ""), "'exercise-turtle': 1 hints"),
    (replaced("task-turtle", "</details>", ""), "'task-turtle': a <details> is not closed"),
    (replaced("task-turtle", "</summary>\n\n", "</summary>\n"), "blank line after </summary>"),
    (replaced("solution-turtle", "```python", "```"), "exactly one ```python fence"),
    (replaced("solution-turtle", "<details>", "<div>"), "'solution-turtle': <details>"),
    (change("exercise-turtle", source="x = 1\n" * 11), "'exercise-turtle': a stub is"),
]
OUTPUTS = [
    (output("setup", "error", ename="E", evalue="v", traceback=[]), "'setup': E: v"),
    (output("setup", "stream", name="stderr", text="Warning!"), "'setup': writes to stderr"),
    (output("setup", "stream", name="stdout", text="saved in /home/me/x"), "'/home/me/x'"),
    (output("setup", "stream", name="stdout", text="<A object at 0x7f12ab34cd56>"), "an address"),
    (output("setup", "display_data", data={notebooks.WIDGET: {}}), "a widget without its state"),
    (change("setup", source='path = "/tmp/x"'), "'setup': a path of this machine, '/tmp/x"),
    (change("setup", execution_count=None), "'setup': execution count None, not 1"),
    (change("check-turtle", execution_count=7), "'check-turtle': execution count 7, not 3"),
    (change("check-turtle", outputs=[]), "'check-turtle': a check shows its report"),
    (output("check-turtle", "stream", name="stdout", text="✅ turtle"), "seems to be solved"),
]
TWINS = [  # what happens to the Chinese one
    (change("setup", id="start"), "'start' stands where the English twin has cell 'setup'"),
    (lambda notebook: notebook.cells.pop(), "'None' stands where"),
    (change("setup", metadata={"tags": ["x"]}), "'setup': other tags"),
    (change("setup", outputs=[]), "'setup': only one of the twins has outputs"),
    (change("title", metadata={"source_hash": "0" * 12}), "'title': stale"),
    (change("title", metadata={}), "'title': stale"),
    (change("title", source="# A title\n\nSome words about what this is for."), "not translated"),
    (replaced("setup", "print", "display"), "'setup': the code differs"),
    (replaced("setup", '"zh"', '"en"'), None),
    (
        replaced("setup", '"zh"', '"fr"'),
        "'setup': the code differs from the English twin at line 1",
    ),
    (change("setup", source='LANG = "zh"\nprint('), "'setup': the Chinese code is no Python"),
    (replaced("solution-turtle", "answer = 1", "answer = 2"), "'solution-turtle': in its code"),
    (replaced("solution-turtle", "```python", "```"), "'solution-turtle': other code fences"),
]


@pytest.mark.parametrize(("break_it", "message"), STRUCTURE, ids=[m for _, m in STRUCTURE])
def test_a_broken_structure_is_named(english, break_it, message):
    break_it(english)
    assert message in listed(twins.structure_problems(english))


@pytest.mark.parametrize(("break_it", "message"), OUTPUTS, ids=[m for _, m in OUTPUTS])
def test_bad_outputs_are_named(english, break_it, message):
    break_it(english)
    assert message in listed(twins.output_problems(english))


@pytest.mark.parametrize(("break_it", "message"), TWINS)
def test_twins_that_differ_are_named(english, chinese, break_it, message):
    break_it(chinese)
    problems = twins.twin_problems(english, chinese)
    assert (message in listed(problems)) if message else problems == []


def test_a_changed_english_cell_makes_its_twin_stale(english, chinese):
    by_id(english, "title").source += " And more."
    [problem] = twins.twin_problems(english, chinese)
    assert problem.startswith("cell 'title': stale")


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("x = 1  # one", "# 一\nx = (\n    1\n)"),
        ('print("Two words")', 'print("两个词")'),
        ('print("Wait, what?")', 'print("等等？")'),
        ('print(f"{n} rows of {name}")', 'print(f"{name} 共 {n} 行")'),
        ("print(f\"{', '.join(names)} are in\")", "print(f\"含有{'、'.join(names)}\")"),
        ('LANG = "en"', 'LANG = "zh"'),
        ("if colab:\n    %pip install -q x", "if colab:\n    %pip install -q x"),
    ],
)
def test_code_that_may_differ(english, chinese):
    assert twins.code_difference(english, chinese) is None


@pytest.mark.parametrize(
    ("english", "chinese", "line"),
    [
        ("x = 1", "x = 2", 1),
        ("x = 1", "x = True", 1),
        ("x = 1\ny = 2", "x = 1", 1),
        ("x = 1\ny = 2", "x = 1\nz = 2", 2),
        ('row["instruction"]', 'row["指令"]', 1),
        ('load_llm("hf:org/name")', 'load_llm("hf:org/other")', 1),
        ('f"{folder}/{name}"', 'f"{name}/{folder}"', 1),
        ('print(f"{n} rows")', 'print(f"{m} 行")', 1),
        ('print(f"{n} rows")', 'print("行")', 1),
        ('print(f"{n:.2f} rows")', 'print(f"{n:.3f} 行")', 1),
        ('print("Some rows")', 'print("几行", end="")', 1),
        ('print("Some rows")', "print(rows)", 1),
        ('LANG = "zh"', 'LANG = "en"', 1),
        ('language = "en"', 'language = "zh"', 1),
        ("%pip install -q x", "!pip install -q x", 1),
    ],
)
def test_code_that_must_not_differ(english, chinese, line):
    assert f"at line {line}:" in twins.code_difference(english, chinese)


# ---- the commands ----
@pytest.fixture
def folder(tmp_path, english, chinese):
    notebooks.write(tmp_path / "x.ipynb", english)
    notebooks.write(tmp_path / "x_cn.ipynb", chinese)
    return tmp_path


def test_stamp_makes_a_stale_cell_fresh(folder, english):
    by_id(english, "title").source += " And more."
    notebooks.write(folder / "x.ipynb", english)
    assert any("stale" in problem for problem in notebooks.check(folder / "x_cn.ipynb"))
    notebooks.stamp(folder / "x.ipynb")
    assert notebooks.check(folder / "x_cn.ipynb") == []


def test_check_misses_the_twin(folder):
    (folder / "x.ipynb").unlink()
    assert notebooks.check(folder / "x_cn.ipynb") == ["no English twin x.ipynb"]


def test_check_sees_two_cells_of_one_name(folder):
    text = (folder / "x.ipynb").read_text("utf-8").replace('"id": "setup"', '"id": "title"')
    (folder / "x.ipynb").write_text(text, "utf-8")
    with pytest.raises(ValueError, match="x.ipynb: 2 cells with the id 'title'"):
        notebooks.check(folder / "x.ipynb")


def run(tmp_path, *sources):
    cells = [cell("code", f"cell-{i}", source) for i, source in enumerate(sources)]
    path = tmp_path / "y.ipynb"
    notebooks.write(path, new_notebook(cells=cells))
    before = path.read_bytes()
    problems = notebooks.run(path)
    assert bool(problems) == (path.read_bytes() == before)
    return problems, notebooks.read(path)


def test_run_writes_clean_outputs(tmp_path, monkeypatch):
    monkeypatch.setenv("SMOLSYNTH_LLM", "openai:http://127.0.0.1:9/v1#none")
    problems, notebook = run(
        tmp_path,
        "import os, sys\nprint(os.path.basename(os.getcwd()) == sys.argv[-1])\nprint('b')",
        "",
        "import ipywidgets\nipywidgets.VBox([ipywidgets.Label('x')])",
        "class Viewer(ipywidgets.VBox):\n    def __repr__(self): return 'two rows'\nViewer()",
        "from IPython.display import display\ndisplay({'text/plain': ''}, raw=True)",
        "'SMOLSYNTH_LLM' in os.environ",
    )
    assert problems == []
    outputs = [code.outputs for code in notebook.cells]
    assert [code.execution_count for code in notebook.cells] == [1, None, 2, 3, 4, 5]
    assert [len(each) for each in outputs] == [1, 0, 1, 1, 0, 1]
    assert outputs[0][0].text == "False\nb\n"
    assert dict(outputs[2][0].data) == {
        "text/plain": "[an interactive view: run this cell to use it]"
    }
    assert dict(outputs[3][0].data) == {"text/plain": "two rows"}
    assert outputs[5][0].data["text/plain"] == "False"
    assert outputs[5][0].execution_count == 5
    assert dict(notebook.metadata.language_info) == {"name": "python"}
    assert all(code.metadata == {} for code in notebook.cells)
    assert twins.structure_problems(notebook) == twins.output_problems(notebook) == []


def test_run_works_in_the_folder_of_the_notebook(tmp_path):
    (tmp_path / "marker.txt").write_text("here")
    problems, notebook = run(tmp_path, "print(open('marker.txt').read())")
    assert problems == [] and notebook.cells[0].outputs[0].text == "here\n"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("1 / 0", "cell 'cell-1': ZeroDivisionError: division by zero"),
        ("import warnings\nwarnings.warn('Careful.')", "cell 'cell-1': writes to stderr"),
        ("import os\nos._exit(1)", "cell 'cell-1': "),
    ],
)
def test_run_writes_nothing_if_a_cell_fails_or_warns(tmp_path, source, message):
    problems, notebook = run(tmp_path, "print(1)", source)
    assert message in listed(problems)
    assert notebook.cells[0].outputs == []


def test_solutions_go_into_their_stubs(english):
    solved = copy.deepcopy(english)
    notebooks.solve(solved)
    assert by_id(solved, "exercise-turtle").source == "answer = 1  # one"
    assert by_id(solved, "check-turtle").source == by_id(english, "check-turtle").source


def test_a_solution_without_fence_or_stub_is_refused(english):
    by_id(english, "exercise-turtle").id = "exercise-dog"
    with pytest.raises(ValueError, match="no cell 'exercise-turtle'"):
        notebooks.solve(english)
    by_id(english, "solution-turtle").source = "See above."
    with pytest.raises(ValueError, match="'solution-turtle': 0 ```python fences"):
        notebooks.solve(english)
