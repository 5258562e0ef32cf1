"""Dataset Studio in a real browser: the servers, and the whole way through the app.

`images/src/studio.py` films the app by the same class.
"""

import itertools
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Locator, Page, sync_playwright

from smolsynth.studio.strings import WORDS

ROOT = Path(__file__).resolve().parent.parent
FLAGS = ["--disable-gpu", "--force-color-profile=srgb", "--font-render-hinting=none"]
SECONDS = 90  # the machine may be busy with other tests
START = 120  # for a server, on a busy machine


def find_chromium() -> str | None:
    """Path of Chromium, if it is installed: the system's, or the one that Playwright fetches."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found:
        return found
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def server(command: list[str], folder: Path, address: str) -> Iterator[str]:
    """Runs a server in a folder until the block ends; yields its address."""
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "IPYTHONDIR": str(folder / ".ipython"),
        "JUPYTER_CONFIG_DIR": str(folder / ".config"),
        "JUPYTER_DATA_DIR": str(folder / ".data"),
        "JUPYTER_RUNTIME_DIR": str(folder / ".runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / ".settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / ".workspaces"),
    }
    environment.setdefault("OMP_NUM_THREADS", "1")
    environment.pop("SMOLSYNTH_LLM", None)
    log = folder / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        for _ in range(START * 5):
            try:
                opener.open(f"{address}/api/status", timeout=5).close()
                break
            except urllib.error.HTTPError:  # Voilà has no such page, but answers
                break
            except OSError:
                if process.poll() is not None:
                    raise RuntimeError(log.read_text(errors="replace")[-2000:]) from None
                time.sleep(0.2)
        else:
            raise RuntimeError(f"no answer in {START} s: {log.read_text(errors='replace')[-2000:]}")
        yield address
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def jupyter(folder: Path) -> Iterator[str]:
    """JupyterLab on a copy of the notebooks in an empty folder."""
    shutil.copytree(
        ROOT / "notebooks",
        folder,
        ignore=shutil.ignore_patterns(".ipynb_checkpoints", "output"),
        dirs_exist_ok=True,
    )
    port = free_port()
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        "--IdentityProvider.token=",
        "--LabApp.expose_app_in_browser=True",
    ]
    with server(command, folder, f"http://127.0.0.1:{port}") as address:
        yield address


@contextmanager
def voila(folder: Path, lang: str, theme: str = "light") -> Iterator[str]:
    """The page of `python -m smolsynth studio`, with `output/` in the folder; yields its address.

    That is the printed one, with the token.
    """
    port = free_port()
    command = [
        *(sys.executable, "-m", "smolsynth", "studio", "--no-browser"),
        *("--lang", lang, "--port", str(port), "--theme", theme),
    ]
    with server(command, folder, f"http://127.0.0.1:{port}") as address:
        printed = (folder / "server.log").read_text("utf-8")
        yield re.search(rf"{address}/\?token=\w+", printed)[0]


@contextmanager
def browser() -> Iterator:
    """Chromium without a window."""
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS) as chromium,
    ):
        yield chromium


def new_page(chromium, address: str, width: int = 1280, height: int = 900, **options) -> Page:
    """A page that reaches the server alone, and notes what must not happen in `page.alarms`."""
    page = chromium.new_page(
        viewport={"width": width, "height": height}, reduced_motion="reduce", **options
    )
    page.set_default_timeout(SECONDS * 1000)
    page.alarms = []
    page.on("dialog", lambda dialog: (page.alarms.append(dialog.message), dialog.dismiss()))

    def route(asked) -> None:
        if asked.request.url.startswith((address.partition("?")[0], "data:", "blob:")):
            asked.continue_()
        else:
            page.alarms.append(asked.request.url)
            asked.abort()

    page.route("**/*", route)
    return page


def open_in_jupyter(page: Page, address: str, notebook: str) -> Locator:
    """Opens a notebook, runs all its cells and returns what is seen of it.

    A page that shows JupyterLab already keeps it, and the kernel: either takes longer to start than
    most notebooks take to run.
    """
    if page.url.startswith(address):
        page.evaluate(
            """async path => {
            const { kernel } = jupyterapp.shell.currentWidget.context.sessionContext.session;
            const opened = await jupyterapp.commands.execute(
                'docmanager:open', { path, factory: 'Notebook', kernel: { id: kernel.id } });
            await opened.context.ready;
            await opened.context.sessionContext.ready; }""",
            f"{notebook}.ipynb",
        )
    else:
        page.goto(f"{address}/doc/tree/{notebook}.ipynb")
        page.wait_for_function(
            "document.querySelector('#jp-main-statusbar')?.textContent.includes('| Idle')"
        )
    page.evaluate(
        """() => { window.ran = false;
        jupyterapp.commands.execute('notebook:run-all-cells').finally(() => window.ran = true); }"""
    )
    page.wait_for_function("window.ran", timeout=600_000, polling=200)
    return page.locator(".jp-NotebookPanel").locator("visible=true")


class App:
    """The studio in a page, as a user has it: by what is written on it."""

    def __init__(self, page: Page, lang: str) -> None:
        self.page, self.words = page, WORDS[lang]
        self.root = page.locator(".sds").locator("visible=true").first
        self.root.wait_for()

    def button(self, key: str, **values) -> Locator:
        return self.root.get_by_role(
            "button", name=self.words[key].format(**values), exact=True
        ).locator("visible=true")

    def field(self, key: str) -> Locator:
        return self.root.get_by_label(self.words[key], exact=True).locator("visible=true")

    def table(self) -> Locator:
        """The rows under review."""
        return self.root.get_by_role("grid").locator("visible=true")

    def press(self, key: str, **values) -> None:
        self.button(key, **values).first.click()

    def fill(self, **values) -> None:
        """Fills fields of the form, by the keys of their labels."""
        for key, value in values.items():
            self.field(key).fill(str(value))
            self.field(key).press("Tab")

    def choose_kind(self, kind: str) -> None:
        self.root.locator(".widget-radio-box").get_by_text(self.words[kind], exact=True).click()

    def sample(self, rows: int) -> None:
        """Asks for a sample, the first one or another, and waits for it."""
        self.fill(rows=rows)
        self.button("sample").or_(self.button("sample_again")).click()
        self.says("forecast", rows=rows)

    def says(self, key: str, **values) -> Locator:
        """Waits for a message, anything standing for what is not given of its values."""
        parts = re.split(r"\{(\w+)[^}]*\}", self.words[key])
        wanted = "".join(
            re.escape(str(values.get(part, ""))) or ".+" if odd else re.escape(part)
            for odd, part in zip(itertools.cycle((False, True)), parts, strict=False)
        )
        found = self.root.get_by_text(re.compile(wanted)).locator("visible=true").first
        found.wait_for()
        return found

    def unfold(self, key: str) -> None:
        """Opens a panel, by the key of its title."""
        self.root.get_by_role("button", name=f"▸ {self.words[key]}").click()

    def upload(self, key: str, *paths: Path) -> None:
        """Chooses files, as a user does in the dialog that the button opens."""
        name = re.compile(rf"^\W*{re.escape(self.words[key])}")  # behind it: how many there are
        with self.page.expect_file_chooser() as dialog:
            self.root.get_by_role("button", name=name).locator("visible=true").first.click()
        dialog.value.set_files([*map(str, paths)])

    def problem(self) -> str:
        """The error that is shown."""
        box = self.root.locator(".sds-problem textarea").locator("visible=true").first
        box.wait_for()
        return box.input_value()


def whole_way(app: App, rows: int) -> None:
    """From a description to files on disk."""
    app.sample(rows)
    app.field("list").wait_for()
    app.press("start", rows=rows)
    app.says("done", rows=rows)
    app.press("go_review")
    app.says("found", n=rows, all=rows, accepted=0, rejected=0, edited=0)
    app.table().locator(".sds-rows .sds-tr").nth(2).click()
    app.press("accept")
    app.press("reject")
    app.press("quality")
    app.says("passes", n=rows - 1)
    app.press("export")
    app.press("save", n=rows - 1)
    app.says("saved", n=rows - 1)
    app.press("code")
    app.field("pipeline").wait_for()
