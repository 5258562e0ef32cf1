"""Photograph Dataset Studio on its whole way, from a description to the files and the code.

    python images/src/studio.py              both languages
    python images/src/studio.py --lang zh    studio_cn.png and studio-steps_cn.png alone

Opens the page of `python -m smolsynth studio` and walks through it as tests/test_browser.py does,
by the same function: `tests/browser.py`. Writes `images/studio.png`, the description with a sample,
and `images/studio-steps.png`, all six steps. Needs what screenshot.py needs, and Voilà.
"""

import argparse
import io
import sys
import tempfile
from pathlib import Path

from PIL import Image
from render import find_chromium

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import browser  # noqa: E402

WIDTH, HEIGHT, SCALE = 1120, 880, 2
ROWS = 60
ABOUT = {"en": "questions about the moon, rain and kettles", "zh": "关于月亮、雨和烧水壶的问题"}
COLORS = 128
COLUMNS, GAP = 3, 24  # of the strip; pixels
FONTS = "'Inter', 'Noto Sans CJK SC'"
STYLE = f"""
    :root {{ --jp-ui-font-family: {FONTS}; --jp-widgets-font-family: {FONTS} }}
    .sds, .sds * {{ font-family: {FONTS} }}
    .sds .sds-code.sds-field textarea {{ font-family: 'JetBrains Mono', 'Noto Sans CJK SC' }}
    body {{ background: #fff }}
"""


def stills(lang: str) -> dict[str, Image.Image]:
    """The steps by name, each photographed when it is done."""
    found = {}
    with (
        tempfile.TemporaryDirectory(prefix="studio-", ignore_cleanup_errors=True) as folder,
        browser.voila(Path(folder), lang) as address,
        browser.browser() as chromium,
    ):
        page = browser.new_page(chromium, address, WIDTH, HEIGHT, device_scale_factor=SCALE)
        page.goto(address)
        app = browser.App(page, lang)
        page.add_style_tag(content=STYLE)
        app.field("about").fill(ABOUT[lang])
        app.field("about").press("Tab")

        def still(name: str) -> None:
            page.mouse.move(2, 2)
            page.wait_for_timeout(700)
            found[name] = Image.open(io.BytesIO(page.screenshot())).convert("RGB")

        browser.whole_way(app, ROWS, still)
    return found


def save(image: Image.Image, path: Path) -> None:
    """With a palette, which keeps it small."""
    image.quantize(COLORS, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path.name}  {path.stat().st_size / 1000:.0f} kB", flush=True)


def cropped(image: Image.Image) -> Image.Image:
    """Without the empty part below."""
    box = image.point(lambda value: 255 - value).getbbox()
    return image.crop((0, 0, image.width, min(image.height, box[3] + 16 * SCALE)))


def strip(images: list[Image.Image]) -> Image.Image:
    """The stills in rows, at the size of one screen pixel, in thin frames."""
    small = [
        one.resize((one.width // 3, one.height // 3), Image.Resampling.LANCZOS) for one in images
    ]
    wide, high = small[0].size
    lines = -(-len(small) // COLUMNS)
    sheet = Image.new(
        "RGB", (COLUMNS * (wide + GAP) + GAP, lines * (high + GAP) + GAP), (238, 240, 243)
    )
    for number, one in enumerate(small):
        place = (GAP + number % COLUMNS * (wide + GAP), GAP + number // COLUMNS * (high + GAP))
        sheet.paste(one, place)
    return sheet


def main() -> None:
    parser = argparse.ArgumentParser(description="Photograph Dataset Studio.")
    parser.add_argument("--lang", choices=["en", "zh", "both"], default="both")
    chosen = parser.parse_args().lang
    find_chromium()  # and the fonts
    for lang in ["en", "zh"] if chosen == "both" else [chosen]:
        suffix = "_cn" if lang == "zh" else ""
        found = stills(lang)
        save(cropped(found["describe"]), ROOT / "images" / f"studio{suffix}.png")
        save(strip(list(found.values())), ROOT / "images" / f"studio-steps{suffix}.png")


if __name__ == "__main__":
    main()
