"""Dataset Studio and the notebooks in a real browser: JupyterLab and Voilà, both languages.

Needs Chromium, and is skipped, visibly, where there is none.
"""

import json
import socket
import time
import urllib.request
from collections import Counter
from contextlib import ExitStack, suppress
from pathlib import Path
from zlib import crc32

import pytest

playwright = pytest.importorskip("playwright", reason="pip install playwright")
pytest.importorskip("voila", reason="pip install voila")

import browser  # noqa: E402
from browser import ROOT, App  # noqa: E402
from openai_server import serve  # noqa: E402
from payloads import PAYLOADS  # noqa: E402

from smolsynth import seeds  # noqa: E402
from smolsynth.cli.studio import _free_port  # noqa: E402
from smolsynth.generation import plan as plans  # noqa: E402
from tools import notebooks  # noqa: E402

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not browser.find_chromium(), reason="apt-get install chromium"),
]
LANGS = ("en", "zh")
BADGE = "https://colab.research.google.com/assets/colab-badge.svg"  # in each notebook's title


@pytest.fixture(scope="module")
def chromium():
    with browser.browser() as found:
        yield found


class Hosts:
    """The servers, and at each the page that its tests share.

    Each is started when it is first asked for: opening a page, with its kernel, costs more than
    most of what the tests do there.
    """

    def __init__(self, chromium, new_folder):
        self.chromium, self.new_folder = chromium, new_folder
        self.running, self.pages = {}, {}

    def server(self, *host: str) -> tuple[str, Path]:
        """Address and folder: of JupyterLab, or of Voilà with a language and a theme."""
        if host not in self.running:
            folder = self.new_folder("-".join(host))
            start = getattr(browser, host[0])
            with ExitStack() as stack:
                address = stack.enter_context(start(folder, *host[1:]))
                self.running[host] = (stack.pop_all(), address, folder)
        return self.running[host][1:]

    def page(self, *host: str):
        """The shared page: that of an earlier test, or an empty one."""
        address, _ = self.server(*host)
        if host not in self.pages:
            self.pages[host] = browser.new_page(self.chromium, address)
        return self.pages[host]

    def close_page(self, *host: str) -> None:
        if host in self.pages:
            self.pages.pop(host).close()

    def stop(self, *host: str) -> None:
        self.running.pop(host)[0].close()


@pytest.fixture(scope="module")
def hosts(chromium, tmp_path_factory):
    found = Hosts(chromium, tmp_path_factory.mktemp)
    yield found
    for host in list(found.running):
        found.close_page(*host)
        found.stop(*host)


@pytest.fixture
def open_page(request, hosts):
    """Gives the page of a host; afterwards nothing on it has run or loaded.

    A test that fails leaves no page to the next one.
    """
    used = {}
    failed = request.session.testsfailed

    def open_(*host: str):
        page = used[host] = hosts.page(*host)
        page.alarms.clear()
        return page

    yield open_
    for host, page in used.items():
        alarms = [alarm for alarm in page.alarms if alarm != BADGE]
        if alarms or request.session.testsfailed > failed or host not in hosts.running:
            hosts.close_page(*host)
        assert not alarms


@pytest.fixture
def open_app(request, hosts, open_page):
    """Opens the studio at its first step, with a seed of its own.

    So no row, file or decision of an earlier test, on the same page, is taken for one of this
    test's; messages are told apart by numbers of rows, which no two tests share. `new` asks for a
    page that was never used, as it comes.
    """

    def open_(where: str, lang: str, theme: str = "light", new: bool = False) -> App:
        host = (where,) if where == "jupyter" else (where, lang, theme)
        if new:
            hosts.close_page(*host)
        address, folder = hosts.server(*host)
        page = open_page(*host)
        begun = time.perf_counter()
        if where == "jupyter":
            browser.open_in_jupyter(page, address, notebook("dataset_studio", lang))
        elif not page.url.startswith(address.partition("?")[0]):
            page.goto(address)
        app = App(page, lang)
        app.begun, app.folder = begun, folder / "output"
        app.press("describe")
        if not new:
            app.choose_kind("instruction")
            app.fill(about="", model="bundled", seed=crc32(request.node.name.encode()) % 1000)
        return app

    return open_


def notebook(name: str, lang: str) -> str:
    return name + ("_cn" if lang == "zh" else "")


def saved(app: App) -> list[Path]:
    return sorted(app.folder.glob("[!.]*/train.jsonl")) if app.folder.exists() else []


def by_night(*values):
    """A pair of what the tests by day try each of."""
    return pytest.param(*values, marks=pytest.mark.nightly)


# ---- the whole way ----
@pytest.mark.nightly  # by day, with Voilà, by keyboard, below
@pytest.mark.parametrize(
    ("where", "lang"), [("jupyter", "zh"), ("jupyter", "en"), ("voila", "en"), ("voila", "zh")]
)
def test_from_a_description_to_a_file_on_disk(open_app, where, lang):
    app = open_app(where, lang)
    before = saved(app)
    browser.whole_way(app, 22)
    [made] = set(saved(app)) - set(before)
    assert len(made.read_text("utf-8").splitlines()) == 21
    assert (made.parent / "pipeline.py").read_text("utf-8").startswith('"""')


def test_the_first_sample_comes_within_ten_seconds_of_opening_the_page(open_app):
    """On two quiet cores; a busy machine gets six times that. Other words give another sample."""
    app = open_app("voila", "en", new=True)
    app.press("sample")
    app.field("list").wait_for()
    seconds = time.perf_counter() - app.begun
    print(f"first sample after {seconds:.1f} s")
    assert app.field("list").locator("option").count() == 5
    assert seconds < 60
    before = app.field("list").inner_text()
    app.fill(about="questions about rain and kettles")
    app.press("sample_again")
    app.page.wait_for_function(
        "before => [...document.querySelectorAll('.sds-list select')][0].innerText !== before",
        arg=before,
    )
    assert "rain" in app.field("list").inner_text() or "kettle" in app.field("list").inner_text()


@pytest.mark.nightly  # by day, without a browser: test_studio_data.py
@pytest.mark.parametrize("lang", LANGS)
def test_the_whole_way_with_an_uploaded_training_file(open_app, lang, tmp_path):
    file = tmp_path / "mine.jsonl"
    ask = {"en": "Tell me about {}, please.", "zh": "请讲讲{}。"}[lang]
    known = seeds.documents(lang, n=14)
    rows = [{"instruction": ask.format(one["concept"]), "output": one["document"]} for one in known]
    rows.append({"instruction": rows[0]["output"], "output": rows[0]["output"]})  # an echo
    file.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    app = open_app("voila", lang)
    before = saved(app)
    app.unfold("own_file")
    app.upload("own_upload", file)
    app.press("own_clean", n=14, bad=1)
    app.says("found", n=14, all=14, accepted=0, rejected=0, edited=0)
    app.press("reject")
    app.press("quality")
    app.says("passes", n=13)
    app.press("export")
    app.press("save", n=13)
    app.says("saved", n=13)
    [made] = set(saved(app)) - set(before)
    kept = [json.loads(line) for line in made.read_text("utf-8").splitlines()]
    assert len(kept) == 13 and known[1]["document"] in json.dumps(kept, ensure_ascii=False)


@pytest.mark.nightly  # by day, without a browser: test_studio_data.py
@pytest.mark.parametrize("lang", LANGS)
def test_the_whole_way_with_uploaded_documents(open_app, lang, tmp_path):
    texts = [one["document"] for one in seeds.documents(lang, n=24)]
    files = [tmp_path / "one.txt", tmp_path / "two.md", tmp_path / "three.html"]
    for number, file in enumerate(files):
        part = texts[8 * number : 8 * number + 8]
        marks = {".md": "# A\n\n{}", ".html": "<html><body><p>{}</p></body></html>"}
        between = "</p><p>" if file.suffix == ".html" else "\n\n"
        file.write_text(marks.get(file.suffix, "{}").format(between.join(part)), "utf-8")
    app = open_app("voila", lang)
    before = saved(app)
    app.upload("documents", *files)
    read = app.field("documents_read")
    read.wait_for()
    assert " 3 " in f" {read.input_value()}"  # documents; their names stand there if one is broken
    app.fill(rows=6)
    app.press("start", rows=6)
    app.says("done", rows=6)
    app.press("go_review")
    app.says("found", n=6, all=6, accepted=0, rejected=0, edited=0)
    app.press("reject")
    app.press("export")
    app.press("save", n=5)
    app.says("saved", n=5)
    [made] = set(saved(app)) - set(before)
    kept = [json.loads(line) for line in made.read_text("utf-8").splitlines()]
    assert len(kept) == 5 and {row["file"] for row in kept} <= {file.name for file in files}
    app.press("describe")
    app.press("documents_clear")


# ---- stops, errors, answers ----
@pytest.mark.nightly  # by day, without a browser: test_studio.py
@pytest.mark.parametrize(("where", "lang"), [("voila", "en"), ("jupyter", "zh")])
def test_a_run_is_cancelled_and_gone_on_with_while_the_page_answers(open_app, where, lang):
    app = open_app(where, lang)
    app.choose_kind("preference")
    app.says("two-models_is")
    app.fill(rows=24)
    app.button("start", rows=24).click()
    app.field("list").wait_for()  # rows appear
    begun = time.perf_counter()
    app.press("describe")  # the page answers while rows are made
    app.field("technique").select_option(app.words["evol-quality"])
    app.says("evol-quality_is")
    answered = time.perf_counter() - begun
    print(f"two round trips in {answered:.2f} s while generating")
    assert answered < 6
    app.press("generate")
    app.press("cancel")
    said = app.says("cancelled").inner_text()
    assert " 24 " in said and app.words["go_on"]
    app.press("go_on")
    app.says("done", rows=24)


def test_wrong_input_then_a_run(open_app):
    app = open_app("voila", "en")
    sample = app.button("sample").or_(app.button("sample_again"))
    for field, value, said in (
        ("rows", "0", "from 1 to 5,000"),
        ("about", "Byzantine tax law", "larger model"),
        ("model", "gpt", "names no model"),
        ("model", "openai:http://127.0.0.1:9/v1#m", "127.0.0.1:9"),
    ):
        before = app.field(field).input_value()
        app.fill(**{field: value})
        sample.click()
        app.page.wait_for_function(
            """said => [...document.querySelectorAll('.sds-problem textarea')]
                .some(box => box.offsetParent && box.value.includes(said))""",
            arg=said,
        )
        assert "Traceback" not in app.problem()
        app.fill(**{field: before})
    app.sample(10)
    assert not app.root.locator(".sds-problem textarea").locator("visible=true").count()


@pytest.mark.nightly  # by day, without a browser: test_studio.py
def test_a_run_goes_on_after_the_endpoint_failed(open_app):
    class Endpoint:
        """Answers a few times, then fails, and works again when told so."""

        def __init__(self):
            self.calls, self.broken = 0, True

        def generate(self, inputs, **options):
            self.calls += 1
            if self.broken and self.calls > 6:
                raise OSError("down")
            said = inputs[0][-1]["content"]
            text = f"This is a made up answer with the number {self.calls}."
            if len(said) > 300:
                text = "\n".join(f"What is the number {self.calls}{i} good for?" for i in range(4))
            return [
                {"generations": [text], "statistics": {"input_tokens": [9], "output_tokens": [9]}}
            ]

    endpoint = Endpoint()
    with serve(endpoint, model="m") as chats:
        app = open_app("voila", "en")
        app.fill(model=f"openai:{chats.base_url}#m", about="numbers", rows=20)
        app.press("start", rows=20)
        assert "failed" in app.problem()
        endpoint.broken = False
        app.press("again")
        app.says("done", rows=20)


# ---- what a model may write ----
class Hostile:
    """A model that writes payloads: as questions, as answers, as ratings."""

    def __init__(self):
        self.calls = 0

    def generate(self, inputs, **options):
        self.calls += 1
        said = inputs[0][-1]["content"]
        one = PAYLOADS[self.calls % len(PAYLOADS)]
        text = f"{one} is an answer {self.calls}."
        if "Number of Tasks" in said or "user queries" in said or "Context" in said:
            texts = [PAYLOADS[(4 * self.calls + i) % len(PAYLOADS)] for i in range(4)]
            text = "\n".join(f"{one} is question {self.calls}{i}?" for i, one in enumerate(texts))
        return [{"generations": [text], "statistics": {"input_tokens": [9], "output_tokens": [9]}}]


def settle(app_or_page) -> None:
    getattr(app_or_page, "page", app_or_page).wait_for_timeout(700)


@pytest.mark.parametrize("where", ["voila", by_night("jupyter")])
def test_nothing_that_a_model_wrote_runs_in_the_studio(open_app, where):
    with serve(Hostile(), model="m") as chats:
        app = open_app(where, "en")
        app.fill(model=f"openai:{chats.base_url}#m", about=PAYLOADS[2])
        app.sample(60)
        settle(app)
        app.press("start", rows=60)
        app.says("done", rows=60)
        settle(app)
        app.press("go_review")
        app.says("found")
        table = app.table()
        rows = int(table.get_attribute("aria-rowcount")) - 1
        table.focus()
        seen = Counter()
        for number in range(rows):
            table.locator(f".sds-chosen[data-at='{number}']").wait_for()
            app.page.wait_for_timeout(60)
            texts = app.root.evaluate(
                "node => [...node.querySelectorAll('textarea')].map(box => box.value).join('|')"
            )
            seen.update(n for n, one in enumerate(PAYLOADS) if one[:20] in texts)
            app.page.keyboard.press("j")
        app.field("response_text").fill(PAYLOADS[1] + " edited.")
        app.press("accept")
        for step in ("quality", "export", "code"):
            app.press(step)
            settle(app)
        assert app.root.locator("img, iframe, object, embed, video, mjx-container").count() == 0
        made = app.root.locator("a:not([download]), script, svg, math").evaluate_all(
            "nodes => nodes.map(node => node.outerHTML)"
        )
        assert made == []  # the app's own links download what an earlier test has made
        assert len(seen) >= 25  # they were there to be seen


@pytest.mark.nightly  # by day, without a browser: test_display.py
def test_nothing_that_a_model_wrote_runs_in_the_viewers(open_page, hosts):
    address, folder = hosts.server("jupyter")
    cells = {
        "data": "import json\nfrom pathlib import Path\n"
        "rows = json.loads(Path('payloads.json').read_text())",
        "browse": "from smolsynth import browse, preview\nbrowse(rows)",
        "preview": "preview(rows, n=40)",
        "diff": "from smolsynth import diff, vote\n"
        "import ipywidgets\nipywidgets.VBox([diff([row], 'chosen', 'rejected', 'instruction')"
        " for row in rows])",
        "vote": "ipywidgets.VBox([vote([row]) for row in rows])",
        "bar": "import time\nfrom smolsynth.pipelines.progress import text_bar\n"
        "with text_bar(True) as bar:\n    for row in rows:\n"
        "        bar.set_description_str(row['chosen']); time.sleep(0.02)",
        "report": "from smolsynth import measure\nmeasure(rows * 2, 'en')",
        "error": "from smolsynth.pipelines import StepFailed\n"
        "raise StepFailed(' '.join(row['chosen'] for row in rows), 'x')",
    }
    made = notebooks.nbformat.v4.new_notebook(
        cells=[notebooks.nbformat.v4.new_code_cell(s, id=name) for name, s in cells.items()]
    )
    notebooks.clean(made, "en")
    notebooks.write(folder / "payloads.ipynb", made)
    rows = [{"instruction": one, "chosen": one + " a", "rejected": one + " b"} for one in PAYLOADS]
    (folder / "payloads.json").write_text(json.dumps(rows))
    page = open_page("jupyter")
    page.set_viewport_size({"width": 1280, "height": 2000})
    shown = browser.open_in_jupyter(page, address, "payloads")
    page.wait_for_timeout(2000)  # formulas are set later
    shown.locator(".jp-Cell").last.scroll_into_view_if_needed()
    forth = shown.get_by_role("button", name="Next").first
    for _ in rows[1:]:
        forth.click()
        page.wait_for_timeout(30)
    for button in shown.get_by_role("button", name="A is better").all():
        button.click()
    page.wait_for_timeout(1000)
    outputs = shown.locator(".jp-Cell-outputArea")
    assert outputs.locator("img, iframe, object, embed, video, script").count() == 0
    assert outputs.locator("mjx-container").count() == 0
    assert outputs.locator("a[href^='javascript']").count() == 0
    assert "StepFailed" in outputs.last.inner_text()
    assert page.alarms == []


# ---- reading and typing ----
@pytest.mark.parametrize(
    ("lang", "theme"),
    [("en", "light"), by_night("zh", "dark"), by_night("zh", "light"), by_night("en", "dark")],
)
def test_it_can_be_read_at_any_width_and_in_either_theme(open_app, lang, theme):
    app = open_app("voila", lang, theme)
    app.sample(18)
    app.press("start", rows=18)
    app.says("done", rows=18)
    for step in ("describe", "generate", "review", "quality", "export", "code"):
        app.press(step)
        app.root.locator(".sds-here", has_text=app.words[step]).wait_for()
        if step == "quality":
            app.says("passes", n=18)
        for width in (800, 1280):
            app.page.set_viewport_size({"width": width, "height": 900})
            app.page.wait_for_timeout(150)
            wide, faint = app.page.evaluate(_LOOK)
            assert not wide, (step, width, wide)
            assert not faint, (step, width, faint)


def test_options_are_grouped_under_a_name(open_app):
    """As `fieldset` and `legend` would; see access.js."""
    app = open_app("voila", "en", new=True)  # with nothing unfolded
    words, root = app.words, app.root
    kinds = root.get_by_role("radiogroup", name=words["kind"], exact=True)
    assert kinds.get_by_role("radio").count() == 2
    topics = root.get_by_role("group", name=words["topics"], exact=True)
    assert topics.get_by_role("checkbox").count() == len(seeds.topics("en"))
    toggle = root.get_by_role("button", name=words["own_file"])
    assert toggle.get_attribute("aria-expanded") == "false"
    toggle.click()
    root.get_by_role("group", name=words["own_file"]).wait_for()
    root.get_by_role("button", name=words["own_file"], expanded=True).click()
    root.get_by_role("button", name=words["own_file"], expanded=False).wait_for()


# What is cut off at the right, and texts with too little contrast (WCAG: 4.5).
_LOOK = r"""() => {
    const visible = [...document.querySelectorAll('.sds *')].filter(
        node => node.offsetParent && node.getClientRects().length);
    const edge = document.documentElement.clientWidth;
    const wide = visible.filter(node => node.tagName !== 'OPTION'
        && node.getBoundingClientRect().right > edge + 1).map(
            node => node.className || node.tagName);
    const rgb = color => (color.match(/[\d.]+/g) || []).map(Number);
    const light = ([r, g, b]) => [r, g, b].map(c => (c /= 255) <= 0.03928
        ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4).reduce(
        (sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = node => {
        for (let at = node; at; at = at.parentElement) {
            const color = rgb(getComputedStyle(at).backgroundColor);
            if (color.length === 3 || color[3] > 0.5) return color;
        }
        return [255, 255, 255];
    };
    const faint = visible.filter(node => ['P', 'LABEL', 'TEXTAREA', 'INPUT', 'SELECT', 'TD', 'TH',
        'BUTTON', 'H1'].includes(node.tagName) && !node.disabled
        && !['radio', 'checkbox'].includes(node.type)).map(node => {
            const [one, two] = [light(rgb(getComputedStyle(node).color)), light(behind(node))];
            const ratio = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
            return [ratio, `${node.tagName} ${node.className} ${ratio.toFixed(1)}`];
        }).filter(([ratio]) => ratio < 4.5).map(([, words]) => words);
    return [wide, [...new Set(faint)]];
}"""


def test_the_whole_way_by_keyboard(open_app):
    app = open_app("voila", "en")
    page, words = app.page, app.words
    before = saved(app)

    def press(*names: str) -> None:
        """Goes by Tab to what has one of these names, and presses Enter."""
        tab_to(*names)
        page.keyboard.press("Enter")

    def tab_to(*names: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            here = page.evaluate(
                "() => { const at = document.activeElement; return at.ariaLabel || (at.labels"
                " && at.labels[0] ? at.labels[0] : at).innerText.trim(); }"
            )
            if here in names:
                return
        raise AssertionError(f"{names} is not reached by Tab")

    page.locator("body").click(position={"x": 3, "y": 3})
    tab_to(words["rows"])
    page.keyboard.press("Control+a")
    page.keyboard.type("12")
    press(words["sample"], words["sample_again"])
    app.says("forecast", rows=12)
    press(words["start"].format(rows=12))
    app.says("done", rows=12)
    press(words["go_review"])
    app.says("found", n=12, all=12, accepted=0, rejected=0, edited=0)
    tab_to(words["list"])
    page.keyboard.press("ArrowDown")
    press(words["accept"])
    app.says("found", n=12, all=12, accepted=1, rejected=0, edited=0)
    press(words["reject"])
    app.says("found", n=12, all=12, accepted=1, rejected=1, edited=0)
    app.button("quality").focus()
    page.keyboard.press("Enter")
    app.says("passes", n=11)
    press(words["export"])
    press(words["save"].format(n=11))
    app.says("saved", n=11)
    [made] = set(saved(app)) - set(before)
    assert len(made.read_text("utf-8").splitlines()) == 11
    assert (made.parent / "pipeline.py").read_text("utf-8").startswith('"""')


# ---- the page and its server ----
def test_a_reloaded_page_has_the_review(open_app):
    app = open_app("voila", "en")
    app.fill(rows=15)
    app.press("start", rows=15)
    app.says("done", rows=15)
    app.press("go_review")
    app.press("reject")
    app.says("found", n=15, all=15, accepted=0, rejected=1, edited=0)
    log = app.folder.parent / "server.log"
    ended = log.read_text("utf-8").count("Kernel shutdown")
    app.page.reload()
    app = App(app.page, "en")
    app.press("open")
    app.press("go_review")
    app.says("found", n=15, all=15, accepted=0, rejected=1, edited=0)
    # with the old page its kernel has ended, and what ran in it
    assert log.read_text("utf-8").count("Kernel shutdown") == ended + 1


def status(address: str) -> tuple[int, str]:
    """What a program without a cookie gets: status, and the address that it was led to."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(address, timeout=20) as answer:
            return answer.status, answer.url
    except urllib.error.HTTPError as error:
        return error.code, error.url


def test_the_page_is_for_who_has_its_address_and_ends_with_the_command(open_app, hosts):
    """Another user of the machine, who can see ports and command lines, gets nothing."""
    host = ("voila", "en", "light")  # the last test with this server, which it stops
    app = open_app(*host)
    address, _ = hosts.server(*host)
    bare, _, token = address.partition("/?token=")
    port = int(bare.rpartition(":")[2])
    for wrong in (bare, f"{bare}/?token=", f"{bare}/?token={'0' * len(token)}"):
        assert "/login" in status(wrong)[1], wrong
    for path in ("api/kernels", "voila/static/x", "api/kernels/1/channels"):
        code, led_to = status(f"{bare}/{path}")
        assert code in (403, 404) or "/login" in led_to, path
    table = Path("/proc")  # of Linux
    if table.exists():
        lines = [line.split() for line in (table / "net/tcp").read_text().splitlines()[1:]]
        at = [line[1] for line in lines if line[1].endswith(f":{port:04X}") and line[3] == "0A"]
        assert at == [f"0100007F:{port:04X}"]  # 127.0.0.1
        for process in table.glob("[0-9]*/cmdline"):
            with suppress(OSError):
                assert token.encode() not in process.read_bytes()
    gone = app.root.get_by_text(app.words["gone"]).locator("visible=true")
    assert not gone.count()
    hosts.stop(*host)
    with pytest.raises(OSError, match="refused|timed out"):
        socket.create_connection(("127.0.0.1", port), timeout=2)
    # The page, still open, says that nobody answers, when its style has waited for 20 seconds:
    # here they pass ten times as quickly.
    clock = app.page.context.new_cdp_session(app.page)
    clock.send("Animation.enable")
    clock.send("Animation.setPlaybackRate", {"playbackRate": 10})
    gone.wait_for()


def test_a_taken_port_is_left_alone(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert _free_port(port) in range(port + 1, port + 50)


# ---- the viewers of the other notebooks ----
_ROWS = """
rows = [{"instruction": f"What is {what}?", "response": f"It is {what}.", "generations": ["It is"],
         "evolved_instruction": f"Why is there {what}?"} for what in ("rain", "salt", "wind")]
"""
VIEWERS = {  # the cell with the viewer, and what stands for the cells between set-up and it
    "instruction_sft_dataset": (
        "look-at-data",
        _ROWS + "self_instruct_data = magpie_data = evol_data = rows",
    ),
    "preference_alignment_dataset": (
        "evol-quality",
        _ROWS + "from smolsynth import InProcessPipeline, load_llm\npooled = rows",
    ),
}


@pytest.mark.parametrize(
    ("name", "lang"),
    [  # by day, nbval runs the cells of all; `diff` answers in the browser among the payloads
        ("instruction_sft_dataset", "en"),
        by_night("instruction_sft_dataset", "zh"),
        by_night("preference_alignment_dataset", "en"),
        by_night("preference_alignment_dataset", "zh"),
    ],
)
def test_a_viewer_of_a_notebook_answers_in_the_browser(open_page, hosts, name, lang):
    """Set-up and viewer as they stand; nbval runs what lies between."""
    address, folder = hosts.server("jupyter")
    name, (viewer_id, before) = notebook(name, lang), VIEWERS[name]
    made = notebooks.read(ROOT / "notebooks" / f"{name}.ipynb")
    cells = {cell.id: cell for cell in made.cells}
    stand_in = notebooks.nbformat.v4.new_code_cell(before, id="stand-in")
    made.cells = [cells["setup"], cells["versions"], stand_in, cells[viewer_id]]
    name = f"viewer_{name}"
    notebooks.write(folder / f"{name}.ipynb", made)
    page = open_page("jupyter")
    shown = browser.open_in_jupyter(page, address, name)
    failed = page.evaluate(
        """() => jupyterapp.shell.currentWidget.content.widgets
            .filter(cell => cell.model.type === 'code')
            .filter(cell => cell.model.sharedModel.toJSON().outputs.some(
                output => output.output_type === 'error' || output.name === 'stderr'))
            .map(cell => cell.model.sharedModel.id)"""
    )
    assert failed == []
    forth = shown.locator("button:has(.fa-arrow-right)").first
    forth.scroll_into_view_if_needed()
    viewer = shown.locator(".jp-OutputArea-output:has(button .fa-arrow-right)").first
    before = viewer.evaluate(_SHOWN)
    forth.click()
    for _ in range(50):
        if viewer.evaluate(_SHOWN) != before:
            break
        page.wait_for_timeout(100)
    assert viewer.evaluate(_SHOWN) != before


_SHOWN = """node => [node.innerText, ...[...node.querySelectorAll('textarea')].map(b => b.value)]
    .join('|')"""


def test_the_page_has_the_languages_and_the_notebooks_of_this_course():
    # the studio has its own tests; no viewer in the others
    plain = ("dataset_studio", "verified_dataset", "your_own_dataset")
    named = {notebook(name, lang) for name in (*VIEWERS, *plain) for lang in LANGS}
    assert named == {path.stem for path in notebooks.notebooks()}
    assert set(plans.SYSTEM_PROMPTS) == set(LANGS)
