"""Looks at data: rows as plain text, a viewer for notebooks, two small charts.

What a model wrote may hold HTML, scripts, formulas or terminal codes. So it is shown as text only:
printed, inside `Textarea` widgets or drawn into a picture; never in anything that a browser reads
as markup. Keep to that when adding to this module.
"""

import io
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
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
        "characters": "字数",
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
    labels, legend = chart_labels([label for label, _ in bars], fonts)
    heights = [n for _, n in bars]
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
    if legend:
        print("\n".join(legend))


def chart_fonts() -> list[str]:
    """Fonts to draw with: matplotlib's own, and one with Chinese characters if there is any."""
    from matplotlib.font_manager import fontManager

    known = {font.name for font in fontManager.ttflist}
    return _FONTS + [name for name in _CJK_FONTS if name in known][:1]


def chart_words(labels: dict[str, dict[str, str]], lang: str, fonts: list[str]) -> dict[str, str]:
    """The labels in that language, or the English ones where no font has their characters."""
    words = words_in(labels, lang)
    return words if _is_drawable("".join(words.values()), fonts) else labels["en"]


def _is_drawable(text: str, fonts: list[str]) -> bool:
    """Whether the fonts hold each character; otherwise matplotlib would draw boxes, and warn."""
    from matplotlib.font_manager import findfont, get_font

    found = [get_font(findfont(name)) for name in fonts]
    return all(any(font.get_char_index(ord(char)) for font in found) for char in text)


def chart_labels(texts: list[str], fonts: list[str]) -> tuple[list[str], list[str]]:
    """Labels to draw, and lines to print that explain those that had to become numbers."""
    labels, legend = [], []
    for i, text in enumerate(texts, 1):
        if _is_drawable(text, fonts):
            labels.append(text)
        else:
            labels.append(f"({i})")
            legend.append(f"({i}) {text}")
    return labels, legend


@contextmanager
def chart(title: str, figures: str, fonts: list[str]) -> Iterator[Any]:
    """Yields axes to draw on, then shows them as a picture. A title without a font is printed."""
    import matplotlib
    from IPython.display import Image, display
    from matplotlib.figure import Figure  # without pyplot: no state, no window, nothing to close

    look = {
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
        figure.get_layout_engine().set(w_pad=0.08, h_pad=0.08)
        ax = figure.subplots()
        yield ax
        if _is_drawable(title, fonts):
            ax.set_title(title, loc="left", fontsize=10)
        else:
            print(title)
        ax.set_title(figures, loc="right", fontsize=8, color="#75808a")
        png = io.BytesIO()
        figure.savefig(png, format="png", metadata={"Software": None})
    display(Image(png.getvalue(), format="png", width=round(_SIZE[0] * 100)))


def _show_nothing(title: str, words: dict[str, str], fonts: list[str]) -> None:
    with chart(title, "", fonts) as ax:
        ax.set_axis_off()
        ax.text(0.5, 0.5, words["nothing"], ha="center", va="center", transform=ax.transAxes)
