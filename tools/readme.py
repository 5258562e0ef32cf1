"""Keeps what READMEs say twice true: tables, help and figures that code knows.

    python -m tools.readme refresh      puts what the code says now into the pages

A block between `<!-- from: NAME -->` and `<!-- end -->` is written whole by `BLOCKS[NAME]`. Figures
in running text, such as how many things the tutor knows, are found by the patterns of FIGURES.
"""

import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

from smolsynth import seeds
from smolsynth.specs import SPECS
from tools.twins import language

ROOT = Path(__file__).resolve().parent.parent
_BLOCK = re.compile(r"(<!-- from: (?P<name>[^\n]+?) -->\n).*?(<!-- end -->)", re.DOTALL)


def pages(root: Path = ROOT) -> list[Path]:
    """The pages that may hold blocks or figures, sorted."""
    return sorted([*root.glob("*.md"), *root.glob("smolsynth/models/*/README.md")])


def refreshed(text: str, lang: str) -> str:
    """A page with its blocks and figures as the code has them.

    Raises KeyError for a block that no code writes.
    """
    text = _BLOCK.sub(lambda found: found[1] + BLOCKS[found["name"]](lang) + found[3], text)
    for pattern, figure in FIGURES:
        text = re.sub(pattern, lambda found, figure=figure: figure(), text)
    return text


# ---- blocks ----
def _models(lang: str) -> str:
    head = "| 取值 | 模型 |" if lang == "zh" else "| value | model |"
    lines = [f"| `{spec}` | {said[lang]} |" for spec, said in SPECS.items()]
    return "\n".join([head, "|---|---|", *lines]) + "\n"


def _help(lang: str) -> str:
    from smolsynth.cli.main import build_parser

    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "96"
    try:
        return f"```text\n{build_parser(lang).format_help()}```\n"
    finally:
        if before is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = before


def _rules(lang: str) -> str:
    """How right each rule is, and how much it finds, in both languages; who falls short warns."""
    from smolsynth.quality.rules import RULES
    from tools.calibration import LANGS, figures

    head = {
        "en": "| rule | what it finds | English | Chinese |",
        "zh": "| 规则 | 找什么 | 英文 | 中文 |",
    }
    warns = {"en": " (warns)", "zh": "（只提醒）"}[lang]
    short = {"en": " (short)", "zh": "（未达标）"}[lang]
    lines = [head[lang], "|---|---|---|---|"]
    for name, rule in RULES.items():
        cells = []
        for data in LANGS:
            score = figures(data, name)
            shares = " / ".join(f"{share.value:.2f}" for share in score)
            mark = warns if rule.warns(data) else "" if score.holds else short
            held = figures(data, name, held_out_only=True)
            if held.recall.of and not held.holds:
                mark += " [" + " / ".join(f"{share.value:.2f}" for share in held) + "]"
            cells.append(shares + mark if score.recall.of else "–")
        what = rule.words(lang)[0].replace("<", "&lt;").replace("|", "&#124;")
        lines.append(f"| `{name}` | {what} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


BLOCKS: dict[str, Callable[[str], str]] = {
    "smolsynth/specs.py": _models,
    "python -m smolsynth --help": _help,
    "benchmarks/rules.py": _rules,
}


# ---- figures ----
def _parameters(name: str) -> int:
    """How many parameters a bundled model has, by the header of its file."""
    data = (ROOT / "smolsynth" / "models" / name / "model.safetensors").read_bytes()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    total = 0
    for key, tensor in header.items():
        if key != "__metadata__":
            size = 1
            for dimension in tensor["shape"]:
                size *= dimension
            total += size
    return total


def _millions(name: str) -> str:
    return f"{_parameters(name) / 1e6:.2f}"


def _concepts() -> int:
    return len(seeds.documents("en"))


def _topics() -> int:
    return len(seeds.topics("en"))


FIGURES: list[tuple[str, Callable[[], str]]] = [
    (r"(?<=knows )\d+(?= things in)", lambda: f"{_concepts()}"),
    (r"(?<=things in )\d+(?= domains)", lambda: f"{_topics()}"),
    (r"(?<=text about )\d+(?= things)", lambda: f"{_concepts()}"),
    (r"\d+ 个领域的 \d+ 样事物", lambda: f"{_topics()} 个领域的 {_concepts()} 样事物"),
    (r"(?<=\*\*tutor\*\* has )[\d.]+(?= M parameters)", lambda: _millions("tutor")),
    (r"(?<=\*\*novice\*\* \()[\d.]+(?= M\))", lambda: _millions("novice")),
    (r"(?<=\*\*solver\*\* \()[\d.]+(?= M\))", lambda: _millions("solver")),
    (r"(?<=\*\*base\*\* \()[\d.]+(?= M\))", lambda: _millions("solver_base")),
    (r"(?<=解题模型\*\*有 )\d+(?= 万参数)", lambda: f"{_parameters('solver') / 1e4:.0f}"),
    (r"(?<=（solver_base，)\d+(?= 万参数)", lambda: f"{_parameters('solver_base') / 1e4:.0f}"),
    (r"(?<=导师模型\*\*有 )\d+(?= 万参数)", lambda: f"{_parameters('tutor') / 1e4:.0f}"),
    (r"(?<=新手模型\*\*有 )\d+(?= 万参数)", lambda: f"{_parameters('novice') / 1e4:.0f}"),
]


def main(arguments: list[str]) -> int:
    """Refreshes the pages and names those that have changed."""
    if arguments != ["refresh"]:
        print(__doc__)
        return 2
    for page in pages():
        text = page.read_text(encoding="utf-8")
        new = refreshed(text, language(page))
        if new != text:
            page.write_text(new, encoding="utf-8", newline="\n")
            print(page.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
