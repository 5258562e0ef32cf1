"""Photograph the notebook at work: JupyterLab in a browser, its cells run, the viewer in use.

    python images/src/screenshot.py              both languages
    python images/src/screenshot.py --lang zh    notebook-instruction_cn.png alone

Starts a JupyterLab on a copy of `notebooks/`, runs all cells down to `look-at-data`, checks that
none failed and that the viewer there answers to its button and its search box, then writes
`images/notebook-instruction.png` or `..._cn.png`. Exits 1 and names the cell if something is wrong.
Needs Chromium and the fonts that render.py names, and the Python packages playwright and pillow
besides the course and its `notebook` extra; Playwright's own browsers are not used.
"""

import argparse
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Error, Locator, Page, sync_playwright
from render import find_chromium

ROOT = Path(__file__).resolve().parent.parent.parent
NOTEBOOKS = {"en": "instruction_sft_dataset", "zh": "instruction_sft_dataset_cn"}
PICTURES = {"en": "notebook-instruction", "zh": "notebook-instruction_cn"}
SEARCHES = {
    "en": ("moon", "heart", "rain", "kettle", "water"),
    "zh": ("月亮", "心脏", "雨", "水壶", "水"),
}
ENOUGH = {"en": 70, "zh": 30}  # characters of a response worth showing
STEPS = 12  # rows at most, in search of such a response
VIEWER = "look-at-data"
WIDTH, HEIGHT, SCALE = 900, 800, 2  # of the notebook's panel: as wide as GitHub shows it
GAP = 12  # pixels below the viewer
COLORS = 256
CHROMIUM_FLAGS = ["--disable-gpu", "--force-color-profile=srgb", "--font-render-hinting=none"]
START, RUN, REACT = 90, 900, 15  # seconds at most: to open the notebook, to run it, for a click

# Settings that anyone may choose in JupyterLab: the fonts of our drawings.
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "apputils-extension/themes": {
        "overrides": {
            "code-font-family": "'JetBrains Mono', 'Noto Sans CJK SC'",
            "content-font-family": "'Inter', 'Noto Sans CJK SC'",
            "ui-font-family": "'Inter', 'Noto Sans CJK SC'",
        }
    },
    "notebook-extension/tracker": {
        "windowingMode": "none",  # all cells stay in the page
    },
}
# Text areas are as high as their text, as if one had pulled at their corners.
STYLE = """
    .jp-cell-toolbar { display: none !important }
    .widget-textarea textarea { field-sizing: content }
"""


class Failed(Exception):
    """Something on the way to the picture did not work; the message says what."""


# ---- the server ----


@contextmanager
def jupyter(folder: Path) -> Iterator[str]:
    """Run JupyterLab on a copy of the notebooks in an empty `folder`; yield its address.

    Its settings, kernels and temporary files are in `folder` too, and the kernel is this
    interpreter with the course of this repository. Afterwards the server and its kernels are gone.
    """
    shutil.copytree(
        ROOT / "notebooks",
        folder / "notebooks",
        ignore=shutil.ignore_patterns(".ipynb_checkpoints"),
    )
    kernel = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Python 3",
        "language": "python",
        "env": {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
    }
    write_json(folder / "share/kernels/python3/kernel.json", kernel)
    for name, values in SETTINGS.items():
        write_json(folder / f"settings/@jupyterlab/{name}.jupyterlab-settings", values)
    (folder / "tmp").mkdir()
    environment = os.environ | {
        "JUPYTER_PATH": str(folder / "share"),  # comes before every other place for kernels
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "IPYTHONDIR": str(folder / "ipython"),
        "TMPDIR": str(folder / "tmp"),
    }
    environment.setdefault("OMP_NUM_THREADS", "1")
    for name in ("SMOLSYNTH_LLM", "JUPYTER_TOKEN", "JUPYTER_NO_CONFIG"):
        environment.pop(name, None)
    port = free_port()
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={folder / 'notebooks'}",
        "--IdentityProvider.token=",
        "--LabApp.expose_app_in_browser=True",  # the page steers JupyterLab by `jupyterapp`
    ]
    address = f"http://127.0.0.1:{port}"
    log = folder / "server.log"
    with log.open("wb") as out:
        server = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT
        )
    try:
        wait_for_server(address, server, log)
        yield address
    finally:
        server.terminate()  # the server ends its kernels, then itself
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def write_json(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_server(address: str, server: subprocess.Popen, log: Path) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback: no proxy
    deadline = time.monotonic() + START
    while time.monotonic() < deadline and server.poll() is None:
        try:
            opener.open(f"{address}/api/status", timeout=5).close()
            return
        except OSError:
            time.sleep(0.3)
    raise Failed("JupyterLab did not start:\n" + log.read_text(errors="replace")[-1500:])


# ---- the notebook in the browser ----


def open_notebook(page: Page, address: str, name: str) -> None:
    """Open the notebook by itself, wait until its kernel is ready, and give it its size."""
    page.goto(f"{address}/doc/tree/{name}.ipynb", timeout=START * 1000)
    page.wait_for_function(
        "document.querySelector('#jp-main-statusbar')?.textContent.includes('| Idle')",
        timeout=START * 1000,
    )
    page.add_style_tag(content=STYLE)
    box = page.locator(".jp-NotebookPanel").bounding_box()
    # The menu and the bars around the notebook will not be in the picture: they come on top.
    page.set_viewport_size(
        {"width": round(2 * WIDTH - box["width"]), "height": round(2 * HEIGHT - box["height"])}
    )


def run(page: Page) -> None:
    """Runs the cells down to the viewer's, waits, and marks each cell's node with the cell's id."""
    page.evaluate(
        """viewer => {
            const notebook = jupyterapp.shell.currentWidget.content;
            notebook.activeCellIndex = notebook.widgets.findIndex(
                cell => cell.model.sharedModel.id === viewer);
            window.ran = false;
            jupyterapp.commands.execute('notebook:run-all-above')
                .then(() => jupyterapp.commands.execute('notebook:run-cell'))
                .finally(() => window.ran = true);
        }""",
        VIEWER,
    )
    try:
        page.wait_for_function("window.ran", timeout=RUN * 1000, polling=500)
    except Error:
        raise Failed(f"Running the cells took more than {RUN} s; {unfinished(page)}.") from None
    page.evaluate(
        """() => jupyterapp.shell.currentWidget.content.widgets.forEach(
            cell => cell.node.dataset.cell = cell.model.sharedModel.id)"""
    )


def code_cells(page: Page) -> list[dict]:
    """Return each code cell down to the viewer's as {id, source, count, outputs}; `count` is None
    if it did not run."""
    cells = page.evaluate(
        """() => jupyterapp.shell.currentWidget.content.widgets
            .filter(cell => cell.model.type === 'code')
            .map(cell => ({
                id: cell.model.sharedModel.id,
                source: cell.model.sharedModel.source,
                count: cell.model.sharedModel.execution_count,
                outputs: cell.model.sharedModel.toJSON().outputs,
            }))"""
    )
    return cells[: [cell["id"] for cell in cells].index(VIEWER) + 1]


def unfinished(page: Page) -> str:
    waiting = [cell["id"] for cell in code_cells(page) if cell["count"] is None]
    return f"the cell `{waiting[0]}` was not done" if waiting else "all cells had a number"


def check_cells(page: Page) -> None:
    """Fail if a cell shows an error or a warning, or did not run."""
    cells = code_cells(page)
    for cell in cells:
        for output in cell["outputs"]:
            if output["output_type"] == "error":
                raise Failed(
                    f"The cell `{cell['id']}` failed: {output['ename']}: {output['evalue']}"
                )
            if output.get("name") == "stderr":
                text = "".join(output["text"]).strip()
                raise Failed(f"The cell `{cell['id']}` shows on stderr: {text[-500:]}")
    for cell in cells:
        if cell["source"].strip() and cell["count"] is None:
            raise Failed(f"The cell `{cell['id']}` did not run.")


def use_viewer(page: Page, language: str) -> None:
    """Click through the viewer, search in it, and stop at a row with something to read."""
    viewer = page.locator(f'[data-cell="{VIEWER}"] .jp-OutputArea')
    try:
        viewer.locator("textarea").first.wait_for(timeout=REACT * 1000)
    except Error:
        text = viewer.inner_text().strip()[:300]
        raise Failed(f"The cell `{VIEWER}` shows no viewer, but {text!r}.") from None
    forth = viewer.locator("button:has(.fa-arrow-right)")
    box = viewer.locator("input[type=text]").first

    with change_of(viewer, "a click on its next button"):
        forth.click()

    found = False
    for word in SEARCHES[language]:
        with change_of(viewer, f"a search for {word!r}"):
            box.fill("")
            box.press_sequentially(word, delay=30)
        if viewer.locator("textarea").first.is_hidden():
            continue  # the viewer says that no row matches
        found = True
        cells = shown(viewer)[1:]
        if not any(word.casefold() in cell.casefold() for cell in cells):
            raise Failed(f"The viewer of the cell `{VIEWER}` finds, for {word!r}, the row {cells}.")
        for _ in range(STEPS):
            if forth.is_disabled():
                break
            with change_of(viewer, "a click on its next button after a search"):
                forth.click()
            instruction, response = shown(viewer)[-2:]
            about = word.casefold() in instruction.casefold()
            if about and len(response) >= ENOUGH[language]:
                box.focus()  # a button that was clicked looks grey
                return
    if not found:
        raise Failed(f"The cell `{VIEWER}` finds no row for any of {SEARCHES[language]}.")
    box.focus()


def shown(viewer: Locator) -> list[str]:
    """Return what the viewer shows: the line that says which row it is, then the row's cells."""
    return viewer.evaluate(
        """node => [
            [...node.querySelectorAll('.widget-label')].map(label => label.textContent).join('|'),
            ...[...node.querySelectorAll('textarea')].map(box => box.value),
        ]"""
    )


@contextmanager
def change_of(viewer: Locator, cause: str) -> Iterator[None]:
    """Wait until the viewer shows something else than before."""
    before = shown(viewer)
    yield
    deadline = time.monotonic() + REACT
    while shown(viewer) == before:
        if time.monotonic() > deadline:
            raise Failed(f"The viewer of the cell `{VIEWER}` does not answer to {cause}.")
        viewer.page.wait_for_timeout(100)
    viewer.page.wait_for_timeout(200)  # the viewer changes part by part


# ---- the picture ----


def photograph(page: Page) -> bytes:
    """Return a picture of the notebook alone, from the heading above the viewer to its end."""
    clip = page.locator(".jp-NotebookPanel").bounding_box()
    page.locator(f'[data-cell="{VIEWER}-text"]').evaluate(
        "node => node.scrollIntoView({block: 'start'})"
    )
    page.wait_for_timeout(1000)
    viewer = page.locator(f'[data-cell="{VIEWER}"] .jp-OutputArea').bounding_box()
    clip["height"] = min(HEIGHT, viewer["y"] + viewer["height"] + GAP - clip["y"])
    return page.screenshot(clip=clip)


def save(shot: bytes, path: Path) -> None:
    """Write the picture with a palette, which keeps it small."""
    with Image.open(io.BytesIO(shot)) as image:
        small = image.convert("RGB").quantize(COLORS, dither=Image.Dither.NONE)
    small.save(path, optimize=True)


def make_picture(language: str, chromium: str) -> Path:
    """Run the notebook of a language, check it, and write its picture."""
    path = ROOT / "images" / f"{PICTURES[language]}.png"
    with (
        tempfile.TemporaryDirectory(prefix="screenshot-", ignore_cleanup_errors=True) as folder,
        jupyter(Path(folder)) as address,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS) as browser,
    ):
        page = browser.new_page(
            viewport={"width": WIDTH, "height": HEIGHT},
            device_scale_factor=SCALE,
            reduced_motion="reduce",
        )
        page.route(lambda url: not url.startswith(address), lambda route: route.abort())
        open_notebook(page, address, NOTEBOOKS[language])
        run(page)
        check_cells(page)
        use_viewer(page, language)
        save(photograph(page), path)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description="Photograph the notebook at work in JupyterLab.")
    parser.add_argument("--lang", choices=["en", "zh", "both"], default="both")
    chosen = parser.parse_args().lang

    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))  # cleans up on the way
    chromium = find_chromium()

    for language in ["en", "zh"] if chosen == "both" else [chosen]:
        begun = time.monotonic()
        try:
            path = make_picture(language, chromium)
        except (Failed, Error) as failure:  # a Playwright Error tells what it waited for
            sys.exit(f"{NOTEBOOKS[language]}.ipynb: {failure}")
        size, took = path.stat().st_size / 1000, time.monotonic() - begun
        print(f"{path.name}  {size:.0f} kB  {took:.0f} s", flush=True)


if __name__ == "__main__":
    main()
