"""Film Dataset Studio on its whole way, from a command to the files, and photograph its first step.

    python images/src/studio.py              both languages
    python images/src/studio.py --lang zh    studio_cn.gif and studio_cn.png alone

Opens the page of `python -m smolsynth studio` and walks through it by what tests/test_browser.py
uses: `tests/browser.py`. Writes `images/studio.gif`, and `images/studio.png`, the description with
a sample. What the terminal shows is what the commands printed. Nothing is drawn into the page but a
pointer and a caption; where the page had to be waited for, the film waits two seconds at most.
Needs what screenshot.py needs, and Voilà.
"""

import argparse
import html
import io
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageChops
from playwright.sync_api import Locator, Page
from render import find_chromium

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import browser  # noqa: E402

WIDTH, HEIGHT = 1000, 700  # near the width at which GitHub shows a README
SCALE = 2  # pixels for one of the page
FILMED = (1200, 840)
COLORS, STILL_COLORS = 48, 128
MOST_WAITED = 2.0  # seconds of the film
ROWS = 60
ABOUT = {"en": "questions about the moon, rain and kettles", "zh": "关于月亮、雨和烧水壶的问题"}
CAPTIONS = {
    "en": {
        "start": "One command opens Dataset Studio",
        "describe": "Say what you want",
        "sample": "Look at five rows before you make more",
        "generate": "Make the rest, here without a network",
        "review": "Read them: one key decides a row",
        "sort": "Sort, search, filter; decide on many at once",
        "quality": "Count what rules find, before you train",
        "export": "Save: rows, a card, and the code",
        "code": "The same rows by a command, or by distilabel code of yours",
        "files": "Your dataset, as TRL takes it",
    },
    "zh": {
        "start": "一条命令，打开数据集工作室",
        "describe": "说说想要什么样的数据",
        "sample": "先看五行，再多做",
        "generate": "生成其余的，不用联网",
        "review": "逐行读：一行只按一个键",
        "sort": "可以排序、搜索、筛选，也可以一次处理一批",
        "quality": "训练之前，先数一数规则查出了什么",
        "export": "保存：数据、数据集卡片和代码",
        "code": "一条命令，或者一份你的 distilabel 代码，就能做出同样的行",
        "files": "你的数据集，TRL 可以直接用",
    },
}
FONTS = "'Inter', 'Noto Sans CJK SC'"
MONO = "'JetBrains Mono', 'Noto Sans CJK SC'"
STYLE = f"""
    :root {{ --jp-ui-font-family: {FONTS}; --jp-widgets-font-family: {FONTS} }}
    .sds, .sds *:not(i):not([class*="fa-"]) {{ font-family: {FONTS} }}
    .sds .sds-code.sds-field textarea {{ font-family: {MONO} }}
    body {{ background: #fff }}
"""
SHELL = f"""<body style="margin: 0; background: #111827"><pre style="margin: 0; color: #e5e7eb;
    padding: 22px 24px; font: 15px/1.6 {MONO}; white-space: pre-wrap; overflow-wrap: anywhere">"""
OVER = """([caption, x, y]) => {
    let bar = document.querySelector("#film");
    if (!bar) {
        bar = document.createElement("div");
        bar.id = "film";
        const words = document.createElement("div"), hand = document.createElement("div");
        Object.assign(bar.style,
            {position: "fixed", inset: "0", zIndex: 99, pointerEvents: "none"});
        Object.assign(words.style, {position: "absolute", left: 0, right: 0, bottom: 0,
            padding: "10px 16px", color: "#fff", background: "#1f3a5f",
            font: `600 17px/1.4 FONTS`});
        Object.assign(hand.style, {position: "absolute", width: "18px", height: "18px",
            marginLeft: "-9px", marginTop: "-9px", borderRadius: "50%",
            border: "3px solid #d9480f", background: "rgba(255, 146, 43, .35)"});
        bar.append(words, hand);
        document.body.append(bar);
    }
    bar.firstChild.textContent = caption;
    Object.assign(bar.lastChild.style,
        {display: x < 0 ? "none" : "block", left: `${x}px`, top: `${y}px`});
}""".replace("FONTS", FONTS)


class Film:
    """Pictures of a page, and for how many seconds each is shown."""

    def __init__(self) -> None:
        self.frames: list[Image.Image] = []
        self.seconds: list[float] = []
        self.page: Page
        self.caption, self.at = "", (-1.0, -1.0)

    def show(self, seconds: float) -> None:
        """Takes a picture, which is shown so long."""
        self.page.evaluate(OVER, [self.caption, *self.at])
        shot = photograph(self.page).resize(FILMED, Image.Resampling.LANCZOS)
        if self.frames and shot.tobytes() == self.frames[-1].tobytes():
            self.seconds[-1] += seconds
        else:
            self.frames.append(shot)
            self.seconds.append(seconds)

    def say(self, caption: str, seconds: float = 0.8) -> None:
        """Changes the caption."""
        self.caption, self.at = caption, (-1.0, -1.0)
        self.show(seconds)

    def point(self, there: Locator, seconds: float = 0.6) -> None:
        """Brings a place into view, and the pointer there."""
        there.evaluate("node => node.scrollIntoView({block: 'center'})")
        box = there.bounding_box()
        self.at = (box["x"] + min(box["width"] / 2, 90), box["y"] + box["height"] / 2)
        self.show(seconds)

    def click(self, there: Locator) -> None:
        self.point(there)
        there.click()

    def type(self, there: Locator, text: str, piece: int) -> None:
        """Types into a field, some characters a picture."""
        self.click(there)
        there.fill("")
        for start in range(0, len(text), piece):
            there.press_sequentially(text[start : start + piece])
            self.show(0.25)
        there.press("Tab")

    def wait(self, there: Locator) -> None:
        """Films on until something is there; what took longer is left out."""
        shown = 0.0
        for _ in range(browser.SECONDS * 4):
            if there.is_visible():
                break
            if shown < MOST_WAITED:
                self.show(0.25)
                shown += 0.25
            self.page.wait_for_timeout(250)
        there.wait_for()
        self.page.wait_for_timeout(400)

    def save(self, path: Path) -> None:
        """As a GIF in colours that all its pictures share."""
        some = self.frames[:: max(1, len(self.frames) // 16)]
        sheet = Image.new("RGB", (some[0].width, some[0].height * len(some)))
        for number, one in enumerate(some):
            sheet.paste(one, (0, number * one.height))
        palette = sheet.quantize(COLORS, dither=Image.Dither.NONE)
        small = [one.quantize(palette=palette, dither=Image.Dither.NONE) for one in self.frames]
        small[0].save(
            path,
            save_all=True,
            append_images=small[1:],
            duration=[round(1000 * one) for one in self.seconds],
            loop=0,
            optimize=False,
            disposal=1,
        )
        size = path.stat().st_size / 1e6
        print(f"{path.name}  {size:.2f} MB  {sum(self.seconds):.0f} s  {len(small)} pictures")


def shell(film: Film, lines: str, typed: str = "", printed: str = "") -> str:
    """Shows a terminal: a command is typed below these lines, and prints something."""
    for end in range(0, len(typed) + 1, 6):
        shown = html.escape(f"{lines}$ {typed[: end + 6]}")
        film.page.set_content(f"{SHELL}{shown}")
        film.show(0.15)
    lines = f"{lines}$ {typed}\n{printed}"
    film.page.set_content(SHELL + html.escape(lines))
    return lines


def walk(film: Film, app: browser.App, lang: str) -> Image.Image:
    """From the description to the code; returns a still of the first step."""
    page, words, said = app.page, app.words, CAPTIONS[lang]
    film.say(said["describe"], 2.5)
    film.type(app.field("about"), ABOUT[lang], 6 if lang == "en" else 2)
    film.type(app.field("rows"), str(ROWS), 1)
    film.say(said["sample"])
    film.click(app.button("sample"))
    film.wait(app.field("list"))
    film.point(app.field("response_text"), 6)
    film.at = (-1.0, -1.0)
    still = first_step(page)
    film.say(said["generate"])
    film.click(app.button("start", rows=ROWS))
    done = words["done"].format(rows=ROWS)
    film.wait(app.root.get_by_text(done).locator("visible=true").first)
    film.say(said["generate"], 2.5)
    film.click(app.button("go_review").first)
    film.wait(app.table().locator(".sds-chosen"))
    film.say(said["review"], 2.5)
    app.table().evaluate("node => node.scrollIntoView({block: 'center'})")
    app.table().focus()
    for place, key in enumerate("aaarjaaa"):
        app.table().locator(f".sds-chosen[data-at='{place}']").wait_for()
        film.caption = f"{said['review']}   [ {key} ]"
        film.show(1.7)
        page.keyboard.press(key)
        page.wait_for_timeout(300)
    film.say(said["sort"])
    for _ in range(2):  # from the shortest, then from the longest
        film.click(app.table().locator("[data-by=length]"))
        page.wait_for_timeout(600)
    film.show(4)
    for step in ("quality", "export"):
        film.say(said[step])
        film.click(app.button(step).first)
        if step == "quality":
            film.wait(app.root.locator("table").locator("visible=true").first)
            film.at = (-1.0, -1.0)
            film.show(6)
    film.point(app.field("name"), 2)
    save = app.root.get_by_role("button", name=words["save"].partition("{")[0])
    film.click(save.locator("visible=true").first)
    film.wait(app.field("files"))
    film.point(app.field("files"), 5)
    film.say(said["code"])
    film.click(app.button("code").first)
    film.wait(app.field("pipeline"))
    film.at = (-1.0, -1.0)
    film.show(5)
    return still


def first_step(page: Page) -> Image.Image:
    """All of it."""
    page.evaluate("document.querySelector('#film')?.remove()")
    height = page.locator(".sds").bounding_box()["height"]
    page.set_viewport_size({"width": WIDTH, "height": round(height) + 40})
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(700)
    shot = photograph(page)
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    return cropped(shot)


def photograph(page: Page) -> Image.Image:
    """What the page shows."""
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def cropped(image: Image.Image) -> Image.Image:
    """Without the empty part below."""
    box = ImageChops.invert(image).getbbox()
    return image.crop((0, 0, image.width, min(image.height, box[3] + 16 * SCALE)))


def film_of(lang: str) -> tuple[Film, Image.Image]:
    """The film, and the still of the first step."""
    film = Film()
    with (
        tempfile.TemporaryDirectory(prefix="studio-", ignore_cleanup_errors=True) as folder,
        browser.voila(Path(folder), lang) as address,
        browser.browser() as chromium,
    ):
        options = {"device_scale_factor": SCALE}
        page = browser.new_page(chromium, address, WIDTH, HEIGHT, **options)
        page.goto(address)
        app = browser.App(page, lang)
        page.add_style_tag(content=STYLE)
        film.page = browser.new_page(chromium, address, WIDTH, HEIGHT, **options)
        film.caption = CAPTIONS[lang]["start"]
        command = "python -m smolsynth studio" + (" --lang zh" if lang == "zh" else "")
        log = (Path(folder) / "server.log").read_text("utf-8")
        [printed] = [line for line in log.splitlines() if address in line]
        shell(film, "", command, printed)
        film.show(2.5)
        terminal, film.page = film.page, page
        still = walk(film, app, lang)
        film.page, film.at = terminal, (-1.0, -1.0)
        film.caption = CAPTIONS[lang]["files"]
        [made] = (Path(folder) / "output").glob("[!.]*/train.jsonl")
        name = made.relative_to(folder).as_posix()
        lines = ""
        for command in (f"ls {Path(name).parent.as_posix()}", f"head -n 4 {name}"):
            printed = subprocess.run(command.split(), cwd=folder, capture_output=True, check=True)
            lines = shell(film, lines, command, printed.stdout.decode("utf-8"))
        film.show(10)
    return film, still


def main() -> None:
    parser = argparse.ArgumentParser(description="Film and photograph Dataset Studio.")
    parser.add_argument("--lang", choices=["en", "zh", "both"], default="both")
    chosen = parser.parse_args().lang
    find_chromium()  # and the fonts
    for lang in ["en", "zh"] if chosen == "both" else [chosen]:
        suffix = "_cn" if lang == "zh" else ""
        film, still = film_of(lang)
        film.save(ROOT / "images" / f"studio{suffix}.gif")
        path = ROOT / "images" / f"studio{suffix}.png"
        still.quantize(STILL_COLORS, dither=Image.Dither.NONE).save(path, optimize=True)
        print(f"{path.name}  {path.stat().st_size / 1000:.0f} kB", flush=True)


if __name__ == "__main__":
    main()
