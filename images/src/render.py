"""Draw every picture in `images/` from its SVG template and the words of each language.

    python images/src/render.py                       all pictures
    python images/src/render.py --only magpie-template_cn

A template `NAME.svg.j2` becomes `../NAME.png` with the words of `en.yaml` and `../NAME_cn.png`
with those of `zh.yaml`; `parts.svg.j2` holds what the templates share. The same fonts and the same
Chromium give the same bytes. Needs Debian's chromium, fonts-inter, fonts-jetbrains-mono and
fonts-noto-cjk, and the Python packages jinja2, pillow and pyyaml.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import jinja2
import yaml
from PIL import Image

SOURCE = Path(__file__).resolve().parent
TARGET = SOURCE.parent
SUFFIXES = {"en": "", "zh": "_cn"}
FONTS = ("Inter", "JetBrains Mono", "Noto Sans CJK SC")
SCALE = 2  # pixels of the PNG per unit of the drawing
COLORS = 256  # a palette keeps each PNG small; the drawings are flat
CHROMIUM_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
    f"--force-device-scale-factor={SCALE}",
)


def pictures() -> dict[str, tuple[str, str]]:
    """Return {picture name: (template name, language)} for every picture there is."""
    templates = sorted(p.name.removesuffix(".svg.j2") for p in SOURCE.glob("*.svg.j2"))
    return {
        template + suffix: (template, language)
        for template in templates
        if template != "parts"
        for language, suffix in SUFFIXES.items()
    }


def to_svg(template: str, language: str) -> str:
    """Fill in the words; a word that the language's file lacks raises `jinja2.UndefinedError`."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(SOURCE),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words = yaml.safe_load((SOURCE / f"{language}.yaml").read_text(encoding="utf-8"))
    return environment.get_template(f"{template}.svg.j2").render(lang=language, w=words[template])


def to_png(svg: str, path: Path, chromium: str) -> None:
    """Photograph the drawing at its own size and write it to `path` with a palette."""
    width, height = map(int, re.search(r'viewBox="0 0 (\d+) (\d+)"', svg).groups())
    with tempfile.TemporaryDirectory() as folder:
        page, shot = Path(folder, "page.html"), Path(folder, "shot.png")
        page.write_text(
            f'<!doctype html><meta charset="utf-8"><style>body{{margin:0}}svg{{display:block}}'
            f"</style>{svg}",
            encoding="utf-8",
        )
        # Headless Chromium may take some of the window's height for itself: ask for more, then cut.
        command = [
            chromium,
            *CHROMIUM_FLAGS,
            f"--user-data-dir={folder}/profile",
            f"--window-size={width},{height + 200}",
            f"--screenshot={shot}",
            page.as_uri(),
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        if not shot.exists():
            sys.exit(f"Chromium drew nothing for {path.name}: {done.stderr.strip()[-500:]}")
        with Image.open(shot) as image:
            drawing = image.convert("RGB").crop((0, 0, width * SCALE, height * SCALE))
        small = drawing.quantize(COLORS, dither=Image.Dither.NONE)
        small.save(path, optimize=True)


def missing_fonts() -> list[str]:
    """Return the families of FONTS that are not installed (a fallback would change the drawing)."""
    listed = subprocess.run(["fc-list", ":", "family"], capture_output=True, text=True, check=True)
    installed = {name for line in listed.stdout.splitlines() for name in line.split(",")}
    return [font for font in FONTS if font not in installed]


def find_chromium() -> str:
    """Path of Chromium. Ends the program with one sentence if it or a font is missing."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("Chromium was not found: install it with `apt-get install chromium`.")
    if missing := missing_fonts():
        sys.exit(
            f"Fonts not installed: {', '.join(missing)}. Install them with "
            "`apt-get install fonts-inter fonts-jetbrains-mono fonts-noto-cjk`."
        )
    return chromium


def main() -> None:
    known = pictures()
    parser = argparse.ArgumentParser(description="Draw the pictures of images/ from images/src/.")
    parser.add_argument("--only", metavar="NAME", choices=known, help="one of: " + ", ".join(known))
    only = parser.parse_args().only

    chromium = find_chromium()
    for name in [only] if only else known:
        path = TARGET / f"{name}.png"
        to_png(to_svg(*known[name]), path, chromium)
        print(f"{path.name}  {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
