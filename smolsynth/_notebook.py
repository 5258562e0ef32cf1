"""What a notebook is told when a cell fails: first what to do, then where, in ten lines at most.

IPython's tracebacks of errors in pipelines are a hundred lines long, and say what matters last.
Those that come out of smolsynth or distilabel are shown short; `%tb` shows them whole. A name that
is missing because its cell has not run is told with the name of that cell: `data/cells` holds, for
each notebook of the course, which cell makes which name (`python -m tools.notebooks stamp`).

Standard library only: `import smolsynth` has to stay light.
"""

import difflib
import json
import linecache
import sys
import traceback
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from smolsynth.errors import SmolsynthError

CELLS = Path(__file__).resolve().parent / "data" / "cells"
PROGRESS = "SMOLSYNTH_PROGRESS"  # the file of what is solved; empty: nowhere
LONGEST = 10  # lines of a traceback
_MESSAGE = 5  # lines of it that the error's own words may take
_WIDEST = 400  # characters of such a line
_OURS = {"smolsynth", "distilabel"}
_SHOWN = "_smolsynth_shown"
_WORDS = {
    "en": {
        "made": "`{name}` is made by the cell `{cell}`: run that cell first.",
        "restore": " After a restart, the cell `restore` brings back what the exercises need.",
        "meant": "There is no `{name}`. Did you mean `{close}`?",
        "stopped": "Stopped, as you asked. Run the cell again to begin anew.",
        "line": "line {line} of the cell: {code}",
        "whole": "%tb shows the whole traceback.",
    },
    "zh": {
        "made": "`{name}` 由单元格 `{cell}` 产生，请先运行那个单元格。",
        "restore": "如果重启过内核，运行单元格 `restore` 就能恢复练习需要的一切。",
        "meant": "没有 `{name}` 这个名字。你要的是不是 `{close}`？",
        "stopped": "已按你的要求停下。想重来，再运行一遍这个单元格。",
        "line": "单元格第 {line} 行：{code}",
        "whole": "%tb 显示完整的出错经过。",
    },
}


def shell() -> Any:
    """The IPython that runs this, or `None`."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None


def install() -> None:
    """Shortens the tracebacks of this notebook from now on; does nothing outside of IPython."""
    running = shell()
    if running is None or getattr(running, "_smolsynth_short", False):
        return
    running._smolsynth_short = True
    show = running._showtraceback

    def shorter(kind: type, error: BaseException, whole: list[str]) -> None:
        with suppress(Exception):  # whatever goes wrong here, the error itself is shown
            whole = shortened(error, whole, running) or whole
        show(kind, error, whole)

    running._showtraceback = shorter


def shortened(error: BaseException, whole: list[str], running: Any) -> list[str] | None:
    """The lines to show in place of a whole traceback; `None` where that is to be shown as it is.

    An error that was shown before is not shortened again: that is `%tb`.
    """
    if getattr(error, _SHOWN, False):
        return None
    with suppress(AttributeError):
        setattr(error, _SHOWN, True)
    lang = "zh" if running.user_ns.get("LANG") == "zh" else "en"
    words, namespace = _WORDS[lang], running.user_ns
    lines = "\n".join(whole).splitlines()
    advice = _advice(error, namespace, lang)
    frames = list(traceback.walk_tb(error.__traceback__))
    rooms = {str(frame.f_globals.get("__name__")).partition(".")[0] for frame, _ in frames}
    if advice and len(lines) + 2 <= LONGEST:
        return [advice, "", *whole]
    if not rooms & _OURS or len(lines) <= LONGEST:
        return [advice, "", *whole] if advice else None
    places = [(frame, line) for frame, line in frames if frame.f_globals is namespace]
    shown = [advice] if advice else _message(error, lang)
    for frame, line in places[-2:]:
        code = linecache.getline(frame.f_code.co_filename, line).strip()
        shown.append("  " + words["line"].format(line=line, code=code[:_WIDEST]))
    return [*shown, "  " + words["whole"]]


def _message(error: BaseException, lang: str) -> list[str]:
    """What an error says, at most so many lines, after the name of its kind."""
    said = error.words(lang) if isinstance(error, SmolsynthError) else str(error)
    lines = [line[:_WIDEST] for line in said.splitlines() if line.strip()] or [""]
    if len(lines) > _MESSAGE:
        lines = [*lines[: _MESSAGE - 1], "…"]
    lines[0] = f"{type(error).__name__}: {lines[0]}".removesuffix(": ")
    return lines


def _advice(error: BaseException, namespace: dict[str, Any], lang: str) -> str:
    """What to do, where the error itself doesn't say it; else nothing."""
    words = _WORDS[lang]
    if isinstance(error, KeyboardInterrupt):
        return str(error) or words["stopped"]
    if not isinstance(error, NameError) or isinstance(error, UnboundLocalError):
        return ""
    name = error.name or ""
    made = _likeliest(namespace, lang)
    if cell := made.get(name):
        known = words["made"].format(name=name, cell=cell)
        return known if cell.startswith("exercise-") else known + words["restore"]
    close = difflib.get_close_matches(name, {*namespace, *made}, 1, 0.8)
    return words["meant"].format(name=name, close=close[0]) if close else ""


# ---- the notebooks of the course ----
@cache
def cells_of(exercise: str, lang: str) -> dict[str, Any]:
    """Of a notebook: `made`, which cell makes which name, and `needed`, the cells that its
    exercises build on, each with `id`, `source` and the `names` that are used."""
    return json.loads((CELLS / f"{exercise}_{lang}.json").read_text("utf-8"))


def _likeliest(namespace: dict[str, Any], lang: str) -> dict[str, str]:
    """Which cell makes which name; of several notebooks, that counts whose names are there."""
    paths = sorted(CELLS.glob(f"*_{lang}.json"))
    made = [cells_of(path.stem.rpartition("_")[0], lang)["made"] for path in paths]
    made.sort(key=lambda names: sum(name in namespace for name in names))
    return {name: cell for names in made for name, cell in names.items()}
