"""The table of a review in a real browser: 300 pairs by one key each, with a reload in the middle.

By day the whole way of tests/test_browser.py goes through the table, and tests/test_review.py
presses its keys.
"""

import sys
import time
from contextlib import contextmanager

import pytest

playwright = pytest.importorskip("playwright", reason="pip install playwright")
pytest.importorskip("voila", reason="pip install voila")

import browser  # noqa: E402
from axe_playwright_python.base import AXE_FILE_PATH  # noqa: E402

from smolsynth.cli.studio import POLICY, _write_page  # noqa: E402
from smolsynth.studio.strings import WORDS  # noqa: E402

pytestmark = [
    pytest.mark.slow,
    pytest.mark.nightly,
    pytest.mark.skipif(not browser.find_chromium(), reason="apt-get install chromium"),
]
PAGE = """\
import sys
from pathlib import Path

sys.path.insert(0, {tests!r})
from test_review import {rows}, sheet
from smolsynth.studio import Studio

app = Studio({lang!r}, Path("output"))
made = sheet(Path("output"), {rows}({n}), {lang!r}, {kind!r})
app.session.prepare(made.session.plan)
app.session.take({rows}({n}))
app.session.generation.done = True
app.go("review")
app
"""


@contextmanager
def review_page(folder, lang="en", kind="preference", n=300, theme="light", **size):
    """The app at its third step, with rows that nobody generated; yields it in Chromium."""
    rows = "pairs" if kind == "preference" else "singles"
    tests = str(browser.ROOT / "tests")
    _write_page(
        folder / "page.ipynb", PAGE.format(tests=tests, rows=rows, n=n, lang=lang, kind=kind)
    )
    port = browser.free_port()
    command = [
        *(sys.executable, "-m", "voila", "page.ipynb", f"--port={port}", "--no-browser"),
        *("--Voila.ip=127.0.0.1", "--VoilaExecutor.iopub_timeout=120", f"--theme={theme}"),
        f"--Voila.tornado_settings={ {'headers': {'Content-Security-Policy': POLICY}} }",
    ]
    with (
        browser.server(command, folder, f"http://127.0.0.1:{port}") as address,
        browser.browser() as chromium,
    ):
        page = browser.new_page(chromium, address, **size)
        page.goto(address)
        page.get_by_role("grid").wait_for()
        yield page
        assert page.alarms == []


def chosen(page, at: int) -> None:
    """Waits until the page shows the row at a place as the chosen one."""
    page.locator(f".sds-chosen[data-at='{at}']").wait_for()


def test_300_pairs_are_voted_on_by_one_key_each_with_a_reload_in_the_middle(tmp_path):
    words = WORDS["en"]
    with review_page(tmp_path) as page:
        table = page.get_by_role("grid")
        table.focus()
        begun = time.perf_counter()
        for n in range(150):
            chosen(page, n)
            page.keyboard.press("120"[n % 3])
        chosen(page, 150)
        each = (time.perf_counter() - begun) / 150
        print(f"{each:.3f} s a pair, without reading")
        assert each < 1  # on a busy machine; a person reads a pair for longer
        page.reload()
        table.wait_for()
        page.get_by_label(words["filter"], exact=True).select_option(words["undecided"])
        page.get_by_text("150 of 300 rows found").wait_for()
        table.focus()
        for n in range(150):
            chosen(page, n)
            page.keyboard.press("120"[n % 3])
        page.get_by_text(words["votes"].partition("{votes}")[2].strip()).wait_for()
        page.get_by_label(words["filter"], exact=True).select_option(words["all"])
        page.get_by_text("300 of 300 rows found").wait_for()
        page.get_by_label(words["filter"], exact=True).select_option(words["undecided"])
        page.get_by_text(words["none_found"]).wait_for()
        # u, after all that: the last pair is open again
        page.get_by_label(words["filter"], exact=True).select_option(words["all"])
        table.focus()
        page.keyboard.press("u")
        page.get_by_role("button", name=words["a_better"]).wait_for()
        # e edits, Escape leads back, and letters that are typed decide nothing
        page.keyboard.press("e")
        page.keyboard.press("End")
        page.keyboard.type(" are there")
        page.keyboard.press("Escape")
        page.keyboard.press("k")
        chosen(page, 298)
        page.keyboard.press("j")
        chosen(page, 299)
        texts = [box.input_value() for box in page.locator(".sds-text textarea").all()]
        assert sum(" are there" in text for text in texts) == 1


def test_in_jupyterlab_the_keys_are_the_tables_and_a_restart_loses_nothing(tmp_path):
    """From a notebook's cell, where x, b and d d are JupyterLab's for what is done with cells."""
    words = WORDS["en"]
    with browser.jupyter(tmp_path / "lab") as address, browser.browser() as chromium:
        tests = str(browser.ROOT / "tests")
        source = PAGE.format(tests=tests, rows="pairs", n=60, lang="en", kind="preference")
        _write_page(tmp_path / "lab" / "review.ipynb", source)
        page = browser.new_page(chromium, address, height=1200)
        shown = browser.open_in_jupyter(page, address, "review")
        table = shown.get_by_role("grid")
        table.focus()
        for n in range(20):
            chosen(page, n)
            page.keyboard.press("120"[n % 3])
        chosen(page, 20)
        cells = page.evaluate(_CELLS)
        for key in "xbdd":
            page.keyboard.press(key)
        table.locator("[aria-selected=true]").wait_for()
        page.keyboard.press("End")
        chosen(page, 59)
        assert page.evaluate(_CELLS) == cells
        shown.locator("[data-by=length]").click()
        table.locator("[aria-sort=ascending]").wait_for()
        page.evaluate("jupyterapp.shell.currentWidget.context.sessionContext.restartKernel()")
        browser.open_in_jupyter(page, address, "review")
        shown.get_by_label(words["filter"], exact=True).select_option(words["undecided"])
        shown.get_by_text("40 of 60 rows found").wait_for()
        assert page.alarms == []


_CELLS = "jupyterapp.shell.currentWidget.content.widgets.map(cell => cell.model.sharedModel.source)"


def test_5000_rows_are_scrolled_and_narrow_pages_hold_the_table(tmp_path):
    with review_page(tmp_path, "zh", "instruction", 5000, width=400, height=800) as page:
        table = page.get_by_role("grid")
        assert page.evaluate("document.documentElement.scrollWidth") <= 401
        table.focus()
        page.keyboard.press("End")
        chosen(page, 4999)
        page.keyboard.press("Home")
        chosen(page, 0)
        for place in (1000, 2500, 4900):
            table.evaluate("(node, top) => { node.scrollTop = top }", place * 30)
            table.locator(f"[data-at='{place + 3}']").wait_for()
            assert table.locator(".sds-rows .sds-tr").count() < 100


@pytest.mark.parametrize(
    ("lang", "kind", "theme"), [("en", "preference", "light"), ("zh", "instruction", "dark")]
)
def test_axe_finds_nothing_and_the_page_says_its_language(tmp_path, lang, kind, theme):
    """By the rules of WCAG 2.1, A and AA, at 400 pixels and at 1280."""
    words = WORDS[lang]
    with review_page(tmp_path, lang, kind, 30, theme) as page:
        page.evaluate(AXE_FILE_PATH.read_text("utf-8"))
        page.evaluate("document.querySelector('.sds').append(document.createElement('button'))")
        assert page.evaluate(_AXE)[0][0] == "button-name"  # it does find things
        page.evaluate("document.querySelector('.sds > button').remove()")
        for step in ("review", "describe", "generate", "export", "code"):
            button = page.get_by_role("button", name=words[step], exact=True)
            button.click()
            page.locator(".sds-steps [aria-current=step]", has_text=words[step]).wait_for()
            folded = page.get_by_role("button", name="▸").locator("visible=true")
            while folded.count():
                folded.first.click()
                page.wait_for_timeout(300)
            for width in (400, 1280):
                page.set_viewport_size({"width": width, "height": 900})
                page.wait_for_timeout(300)
                found = page.evaluate(_AXE)
                assert not found, (step, width, found)
        assert page.evaluate("document.documentElement.lang") == {"en": "en", "zh": "zh-CN"}[lang]
        assert page.title() == words["title"]
        parts = "input[type=radio], .sds-topics input, .sds-panel input"
        if kind == "preference":  # else there is nothing to vote on
            parts += ", .sds-votes button"
        groups = ":is([role=radiogroup], [role=group])[aria-labelledby]"
        inside = page.locator(f".sds :is({parts})").evaluate_all(
            "(nodes, groups) => nodes.map(node => node.closest(groups) ? '' : node.outerHTML)",
            groups,
        )
        assert len(inside) > 20
        assert [one for one in inside if one] == []


_AXE = """async () => {
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"];
    const { violations } = await axe.run(document.querySelector(".sds"),
        { runOnly: tags, preload: false });
    return violations.map(({ id, nodes }) =>
        [id, nodes.slice(0, 3).map(({ html }) => html.slice(0, 160))]);
}"""
