"""Looks at data: rows as plain text, a viewer for notebooks, two small charts.

What a model wrote may hold HTML, scripts, formulas or terminal codes. So it is shown as text only:
printed, inside `Textarea` widgets or drawn into a picture; never in anything that a browser reads
as markup. Keep to that when adding to this module.
"""

import io
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from statistics import median
from typing import Any

from smolsynth.quality.lengths import lengths
from smolsynth.text.layout import shortened, words_in

# ---- charts ----

_SIZE, _DPI = (6, 2.5), 144  # inches, dots per inch
BAR, INK, _FAINT = "#7a9cb8", "#3f4a54", "#c9d1d8"
_MOST_BARS = 14
_FONTS = ["DejaVu Sans"]  # comes with matplotlib
_CJK_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "PingFang SC",
    "Hiragino Sans GB",
    "Microsoft YaHei",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Noto Sans CJK JP",
    "SimHei",
    "Arial Unicode MS",
)
_CHART = {
    "en": {
        "title": "{column}: length in {unit}",
        "words": "words",
        "characters": "characters",
        "texts": "texts",
        "figures": "{n} texts, median {median:g}, longest {most}",
        "total": "{n} in all",
        "others": "{n} others",
        "nothing": "nothing to draw",
    },
    "zh": {
        "title": "{column}：长度（{unit}）",
        "words": "词数",
        "characters": "字符数",
        "texts": "条数",
        "figures": "共 {n} 条，中位数 {median:g}，最长 {most}",
        "total": "共 {n} 条",
        "others": "其他 {n} 类",
        "nothing": "没有可画的数据",
    },
}


def plot_lengths(data: Any, column: str, lang: str = "en") -> None:
    """Shows how long the texts of a column are: a histogram, as a PNG of 6 x 2.5 inches.

    Lengths are those of `lengths`; the broken line is the median. Labels are Chinese for "zh" if
    matplotlib finds a font with Chinese characters, else English.

    Raises:
        ValueError: a column that the data lacks, or another `lang`.
        TypeError: the data is no dataset.
    """
    values = lengths(data, column, lang)
    fonts = chart_fonts()
    words = chart_words(_CHART, lang, fonts)
    unit = words["characters" if lang == "zh" else "words"]
    title = words["title"].format(column=shortened(column, 18), unit=unit)
    if not values:
        return _show_nothing(title, words, fonts)
    middle, most, least = median(values), max(values), min(values)
    figures = words["figures"].format(n=len(values), median=middle, most=most)
    with chart(title, figures, fonts) as ax:
        step = math.ceil((most - least + 1) / 24)
        edges = [edge - 0.5 for edge in range(least, most + step + 1, step)]
        ax.hist(values, bins=edges, color=BAR, edgecolor="white", linewidth=0.6)
        ax.axvline(middle, color=INK, linewidth=1, linestyle=(0, (4, 3)))
        ax.set_xlabel(unit)
        ax.set_ylabel(words["texts"])
        for axis in (ax.xaxis, ax.yaxis):
            axis.get_major_locator().set_params(integer=True, min_n_ticks=1)


def plot_counts(
    values: Iterable | Mapping, lang: str = "en", title: str = "", figures: str | None = None
) -> None:
    """Shows how often each value occurs: bars, as a PNG of 6 x 2.5 inches.

    Bars stand by count, the highest first, or by size if all values are numbers. Beyond 14, the
    rest is one bar. Labels are Chinese for "zh" if matplotlib finds a font with Chinese characters,
    else English; what no font can draw gets a number in the chart and is printed below it.

    Args:
        values: the values (strings, numbers, `None`), or their counts as a dict.
        lang: language of the labels, "en" or "zh".
        title: what is counted.
        figures: what stands on the right of it; default: the sum of the counts.

    Raises:
        ValueError: another `lang`.
    """
    counts = Counter(values)
    fonts = chart_fonts()
    words = chart_words(_CHART, lang, fonts)
    if not counts:
        return _show_nothing(title, words, fonts)
    if all(isinstance(value, int | float) for value in counts):
        bars = sorted(counts.items())
    else:
        bars = counts.most_common()
    bars = [(shortened(str(value), 36), n) for value, n in bars]
    if len(bars) > _MOST_BARS:
        rest = bars[_MOST_BARS - 1 :]
        others = words["others"].format(n=len(rest))
        bars = [*bars[: _MOST_BARS - 1], (others, sum(n for _, n in rest))]
    labels, heights = zip(*bars, strict=True)
    if figures is None:
        figures = words["total"].format(n=sum(heights))
    with chart(title, figures, fonts) as ax:
        size = 9 if len(bars) <= 8 else 7
        places = range(len(bars))
        ax.barh(places, heights, color=BAR, height=0.72)
        for place, n in zip(places, heights, strict=True):
            ax.annotate(
                f"{n:g}", (n, place), (3, 0), textcoords="offset points", va="center", fontsize=size
            )
        ax.set_yticks(places, labels, fontsize=size)
        ax.tick_params(axis="y", length=0)
        ax.set_ylim(max(len(bars), 5) - 0.4, -0.6)  # three bars need not be fat
        ax.set_xticks([])
        ax.spines["bottom"].set_visible(False)
        ax.margins(x=0.08)


def chart_fonts() -> list[str]:
    """Fonts to draw with: matplotlib's own, and one with Chinese characters if there is any."""
    from matplotlib.font_manager import fontManager

    def of_chinese() -> list[str]:
        known = {font.name for font in fontManager.ttflist}
        return [name for name in _CJK_FONTS if name in known][:1]

    if not of_chinese():
        _learn_new_fonts()
    return _FONTS + of_chinese()


@cache
def _learn_new_fonts() -> None:
    """Tells matplotlib of the fonts that were installed after it wrote its cache of fonts."""
    from matplotlib.font_manager import findSystemFonts, fontManager

    for path in set(findSystemFonts()) - {font.fname for font in fontManager.ttflist}:
        with suppress(Exception):  # a file that is no font, or one of colored bitmaps
            fontManager.addfont(path)


def chart_words(labels: dict[str, dict[str, str]], lang: str, fonts: list[str]) -> dict[str, str]:
    """The labels in that language, or the English ones where no font has their characters."""
    words = words_in(labels, lang)
    return words if _is_drawable("".join(words.values()), fonts) else labels["en"]


def _is_drawable(text: str, fonts: list[str]) -> bool:
    """Whether the fonts hold each character; otherwise matplotlib would draw boxes, and warn."""
    from matplotlib.font_manager import findfont, get_font

    found = [get_font(findfont(name)) for name in fonts]
    return all(any(font.get_char_index(ord(char)) for font in found) for char in text)


def _put_outside(ax: Any, fonts: list[str]) -> list[str]:
    """Takes the texts that no font can draw out of a chart; returns them as lines to print.

    Titles go altogether; a label leaves its number behind.
    """
    lines = []
    for title in (ax._left_title, ax._right_title):
        if not _is_drawable(title.get_text(), fonts):
            lines.append(title.get_text())
            title.set_text("")
    for axis in (ax.xaxis, ax.yaxis):
        texts = [label.get_text() for label in axis.get_ticklabels()]
        drawn = [text if _is_drawable(text, fonts) else f"({i})" for i, text in enumerate(texts, 1)]
        if drawn != texts:
            axis.set_ticklabels(drawn)
            pairs = zip(drawn, texts, strict=True)
            lines += [f"{number} {text}" for number, text in pairs if number != text]
    return lines


@contextmanager
def chart(title: str, figures: str, fonts: list[str]) -> Iterator[Any]:
    """Yields axes to draw on, then shows them as a picture.

    What none of the fonts can draw, of titles and of labels at the axes, is printed instead: the
    picture never holds boxes, whatever fonts there are. The ground is white in dark themes too: the
    same picture stands on GitHub, in Colab and in JupyterLab, and inks that can be read on both
    grounds are pale on either.
    """
    import matplotlib
    from IPython.display import Image, display
    from matplotlib.figure import Figure  # without pyplot: no state, no window, nothing to close

    look: Any = {
        "font.family": fonts,
        "font.size": 9,
        "text.color": INK,
        "text.parse_math": False,  # a $ of a model's text is a $
        "axes.edgecolor": _FAINT,
        "axes.labelcolor": INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "xtick.color": _FAINT,
        "ytick.color": _FAINT,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
    }
    title = shortened(title, 44)
    with matplotlib.rc_context(look):
        figure = Figure(figsize=_SIZE, dpi=_DPI, layout="constrained")
        layout: Any = figure.get_layout_engine()
        layout.set(w_pad=0.08, h_pad=0.08)
        ax = figure.subplots()
        yield ax
        ax.set_title(title, loc="left", fontsize=10)
        ax.set_title(figures, loc="right", fontsize=8, color="#75808a")
        if lines := _put_outside(ax, fonts):
            print("\n".join(lines))
        png = io.BytesIO()
        figure.savefig(png, format="png", metadata={"Software": None})
    display(Image(png.getvalue(), format="png", width=round(_SIZE[0] * 100)))


def _show_nothing(title: str, words: dict[str, str], fonts: list[str]) -> None:
    with chart(title, "", fonts) as ax:
        ax.set_axis_off()
        ax.text(0.5, 0.5, words["nothing"], ha="center", va="center", transform=ax.transAxes)
