"""Every Python block of the lessons and READMEs runs, and prints what the page shows."""

import ast
import difflib
import functools
import importlib
import importlib.util
import json
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tools import lessons, twins
from tools.cells import going_on
from tools.course_run import SHORT

LANGUAGES = {"bash", "json", "mermaid", "python", "sh", "text", "toml", "yaml"}  # of fences
DOCUMENTS = lessons.lessons()


def cases(path: Path) -> list:
    try:
        blocks = lessons.blocks(path)
    except ValueError:  # test_no_block_escapes says what is wrong
        return []
    return [pytest.param(path, block, id=f"{path.name}:{block.line}") for block in blocks]


def trained(path: Path) -> set[int]:
    """The lines of blocks that train students, and of those that go on with what they made.

    By night they run in full. By day the notebooks and test_verified_data train by the same calls.
    """
    blocks = {case.values[1].line: case.values[1].source for case in cases(path)}
    trains = re.compile(r"\b(train|compare|reinforce|Trainer)\(")
    return going_on(blocks, {line for line, source in blocks.items() if trains.search(source)})


TRAINED = {path: trained(path) for path in DOCUMENTS}


def by_night(case):
    """Blocks of Chinese pages, whose code is that of their twins, and those that are TRAINED."""
    path, block = case.values
    trains = block.line in TRAINED[path]
    marks = [pytest.mark.nightly] if trains or path.stem.endswith("_cn") else []
    if trains:
        reason = "by night (SMOLSYNTH_NIGHTLY=1) students are trained"
        marks.append(pytest.mark.skipif(bool(SHORT), reason=reason))
    return pytest.param(path, block, id=case.id, marks=marks)


BLOCKS = [case for path in DOCUMENTS for case in cases(path)]
RUNNING = [by_night(case) for case in BLOCKS if not case.values[1].needs]
SKIPPED = [case for case in BLOCKS if case.values[1].needs]
SHOWN = [by_night(case) for case in BLOCKS if case.values[1].shown is not None]


@functools.cache
def results(path: Path) -> dict[int, lessons.Result]:
    """Of one run of the document, by line."""
    done = lessons.run(path, environment=SHORT, leave=TRAINED[path] if SHORT else ())
    return {result.line: result for result in done}


@functools.cache
def fingerprint() -> dict[str, str]:
    return lessons.fingerprint()


@pytest.mark.slow
@pytest.mark.parametrize(("path", "block"), RUNNING)
def test_a_block_runs(path, block):
    result = results(path).get(block.line)
    assert result, "not reached, because a block above it failed"
    assert not result.error, result.error


def alike(printed: str, shown: str) -> bool:
    """Whether two outputs are the same report on other draws: alike in words, or line by line."""

    def form(text: str) -> list[tuple[str, int]]:
        return [(re.match("([^:：|]{,20}[:：])?", s)[0], s.count("|")) for s in text.splitlines()]

    pairs = ((printed.split(), shown.split()), (form(printed), form(shown)))
    return any(difflib.SequenceMatcher(None, *p, autojunk=False).ratio() >= 0.5 for p in pairs)


def test_another_report_is_not_alike():
    rows = "Magpie: What is rain? | Water.\nMagpie: What is salt? | A mineral.\n"
    other = "Magpie: How old is a harp? | Some 5,000 years.\nEvol: Why? | No.\n"
    assert alike(other, rows) and alike("12 rows of 15, 0.31", "12 rows of 14, 0.31")
    for wrong in ("", "Traceback (most recent call last)\n", "None\n", "[]\n", "2 rows\n"):
        assert not alike(wrong, rows)


@pytest.mark.slow
@pytest.mark.parametrize(("path", "block"), SHOWN)
def test_a_shown_output_is_what_the_block_prints(path, block):
    printed = results(path)[block.line].printed
    if printed == block.shown:
        return
    if lessons.REFERENCE.exists():
        reference, here = json.loads(lessons.REFERENCE.read_text("utf-8")), fingerprint()
        if here["model"] == reference["model"] and here["sample"] != reference["sample"]:
            assert alike(printed, block.shown), printed
            pytest.skip("this kind of CPU rounds differently from the one that made the outputs")
    assert printed == block.shown, "run `python -m tools.lessons refresh`"


def test_the_outputs_shown_are_of_the_weights_that_ship():
    reference = json.loads(lessons.REFERENCE.read_text("utf-8"))
    assert lessons.weights() == reference["model"], "run `python -m tools.lessons refresh`"


@pytest.mark.parametrize(("path", "block"), SKIPPED)
def test_a_skipped_block_is_python_and_imports_what_exists(path, block):
    for node in ast.walk(ast.parse(block.source)):
        if isinstance(node, ast.Import):
            names = [(alias.name, None) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [(node.module, alias.name) for alias in node.names]
        else:
            continue
        for module, name in names:
            if importlib.util.find_spec(module.split(".")[0]):
                imported = importlib.import_module(module)
                assert name is None or hasattr(imported, name), f"{module} has no {name}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_no_block_escapes(path):
    """Every fence has a language; every Python block runs, or is skipped for a stated reason."""
    text = path.read_text("utf-8")
    fences = [token.info for token in MarkdownIt().parse(text) if token.type == "fence"]
    assert not [language for language in fences if language not in LANGUAGES]
    found = lessons.blocks(path)
    assert len(found) == fences.count("python")
    assert sum(block.needs is not None for block in found) == len(re.findall("<!-+ *skip", text))
    assert sum(block.shown is not None for block in found) == len(re.findall("<!-+ *output", text))
    if found:
        assert any(block.needs is None for block in found), "all its blocks are skipped"


@pytest.mark.parametrize(
    "path", [path for path in DOCUMENTS if path.stem.endswith("_cn")], ids=lambda path: path.name
)
def test_both_languages_have_the_same_code(path):
    english = lessons.blocks(path.with_name(path.name.replace("_cn.", ".")))
    chinese = lessons.blocks(path)
    assert [(b.needs, b.shown is None) for b in english] == [
        (b.needs, b.shown is None) for b in chinese
    ]
    for left, right in zip(english, chinese, strict=True):
        difference = twins.code_difference(left.source, right.source, words=True)
        assert not difference, f"block at line {right.line}: {difference}"


# ---- the tool itself ----
@pytest.fixture
def page(tmp_path):
    def write(text: str) -> Path:
        path = tmp_path / "page.md"
        path.write_text(textwrap.dedent(text).replace("'''", "```"), "utf-8")
        return path

    return write


PAGE = """\
    # Title

    '''python
    from dataclasses import dataclass

    @dataclass
    class Row:
        text: str
    '''

    Prose.

    '''python
    row = Row("one")
    print(row.text + "  ")
    print(__name__)
    '''

    <!-- output -->
    '''text
    something typed by hand
    '''

    <!-- skip: next "needs a GPU" -->
    '''python
    from distilabel.models import vLLM
    undefined.call()
    '''

    '''python
    print(row)
    '''
    """


def test_blocks_run_in_order_in_one_namespace(page):
    path = page(PAGE)
    assert [block.needs for block in lessons.blocks(path)] == [None, None, "needs a GPU", None]
    printed = [result.printed for result in lessons.run(path)]
    assert printed == ["", "one\n__main__\n", "Row(text='one')\n"]


def test_refresh_replaces_what_was_typed_by_hand(page):
    path = page(PAGE)
    assert lessons.blocks(path)[1].shown == "something typed by hand\n"
    assert lessons.refresh(path)
    assert lessons.blocks(path)[1].shown == "one\n__main__\n"
    assert not lessons.refresh(path)


def test_a_failing_block_is_named_and_ends_the_run(page):
    path = page(PAGE.replace('Row("one")', "Row(1, 2)"))
    *_, last = lessons.run(path)
    assert last.line == 13
    assert "TypeError" in last.error and "page.md" in last.error
    with pytest.raises(RuntimeError, match="line 13"):
        lessons.refresh(path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('skip: next "needs a GPU"', "skip: next", "line 24: a skip has the form"),
        ('skip: next "needs a GPU"', 'skip: next "too slow"', "line 24: a skip has the form"),
        ('skip: next "needs a GPU"', "skip: start", "line 24: a skip has the form"),
        ('GPU" -->', 'GPU" -->\n    Prose.', "directly above the block"),
        ("<!-- output -->", "Prose.\n\n    <!-- output -->", "line 21: an output directly follows"),
        (
            "<!-- output -->",
            "<!-- output -->\n    '''text\n    '''\n\n    <!-- output -->",
            "line 23",
        ),
    ],
)
def test_markers_out_of_place_are_refused(page, old, new, message):
    with pytest.raises(ValueError, match=message):
        lessons.blocks(page(PAGE.replace(old, new)))


def test_the_same_page_prints_the_same_in_two_interpreters(page):
    path = page("""\
        '''python
        from smolsynth.llms import load_llm

        llm = load_llm(temperature=1.0, max_new_tokens=40)
        llm.load()
        prompt = [{"role": "user", "content": "What is salt?"}]
        print(llm.generate_outputs(inputs=[prompt] * 4))
        '''
        """)
    first, second = lessons.run(path), lessons.run(path)
    assert first == second
    assert not first[0].error, first[0].error
    assert "generations" in first[0].printed


def test_refresh_from_the_command_line_says_what_failed(page):
    path = page("'''python\nprint(1 / 0)\n'''\n")
    done = subprocess.run(
        [sys.executable, "-m", "tools.lessons", "refresh", str(path)],
        cwd=lessons.ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "page.md, block at line 1" in done.stderr and "ZeroDivisionError" in done.stderr
