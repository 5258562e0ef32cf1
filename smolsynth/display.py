"""Looks at data: rows as plain text, a viewer for notebooks, two small charts.

What a model wrote may hold HTML, scripts, formulas or terminal codes. So it is shown as text only:
printed, inside `Textarea` widgets or drawn into a picture; never in anything that a browser reads
as markup. Keep to that when adding to this module.
"""

import io
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from statistics import median
from typing import Any

from smolsynth.texts import check_lang

Row = dict[str, Any]

WIDTH = 100  # columns of printed text
_METADATA = "distilabel_metadata"  # prompts and raw outputs; shown only when asked for

# ---- text ----

_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours and cursor moves
    r"|\x1b\][^\x07\x1b\n]*(?:\x07|\x1b\\)"  # window titles and links
    r"|\x1b[PX^_][^\x1b\n]*\x1b\\"
    r"|\x1b[ -/]*[0-~]"
)
# Marks that make text run backwards can hide what it says.
_DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_LINE_END = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_NO_LINE_START = "，。、；：？！”’）》」』】…—,.;:?!)]}"


def clean(text: str) -> str:
    """The text without terminal escapes, control characters and marks of writing direction.

    Line ends of any kind become `\\n` and tabs four spaces; lone surrogates, which can't be
    printed, become `\ufffd`. Nothing else changes, markup least of all: it stays readable.
    """
    text = _LINE_END.sub("\n", _ESCAPES.sub("", text)).replace("\t", "    ")
    text = _CONTROL.sub("", _DIRECTION.sub("", text))
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def width(text: str) -> int:
    """How many columns a text takes in a terminal: a Chinese character takes two."""
    return sum(_char_width(char) for char in text)


def _char_width(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def wrap(text: str, columns: int = WIDTH) -> list[str]:
    """Breaks a text into lines of at most `columns` columns, between words or Chinese characters.

    Keeps its own line ends. Closing punctuation does not start a line; words that are too long
    are cut.
    """
    return [line for part in text.split("\n") for line in _wrap_line(part, columns)]


def _wrap_line(text: str, columns: int) -> Iterator[str]:
    line, used = "", 0
    for piece in _pieces(text):
        fits = width(piece.rstrip()) <= columns
        for part in [piece] if fits else piece:
            if line and used + width(part.rstrip()) > columns:
                yield line.rstrip()
                line, used = "", 0
            line, used = line + part, used + width(part)
    yield line.rstrip()


def _pieces(text: str) -> Iterator[str]:
    """Splits a line where it may break: after spaces, and around each wide character."""
    piece = ""
    for char in text:
        last = piece[-1:]
        after_space = last == " " and char != " "
        beside_wide = last and 2 in (_char_width(last), _char_width(char))
        holds_on = char == " " or char in _NO_LINE_START or _char_width(char) == 0
        if after_space or (beside_wide and not holds_on):
            yield piece
            piece = ""
        piece += char
    if piece:
        yield piece


def as_text(value: Any) -> str:
    """A cell as text: strings cleaned, lists one item a line, turns of a talk as `role: content`.

    An empty string is shown as `''`, `None` as `None`.
    """
    if isinstance(value, str):
        return clean(value) or "''"
    if isinstance(value, Mapping):
        if set(value) == {"role", "content"}:
            return f"{as_text(value['role'])}: {as_text(value['content'])}"
        return "\n".join(f"{clean(str(key))}: {as_text(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return "\n".join(as_text(item) for item in value) if value else "[]"
    return clean(str(value))


# ---- rows ----


def rows(data: Any) -> Sequence[Row]:
    """The rows of a `Dataset`, of a `Distiset` or `DatasetDict` with one dataset in it, of a
    pandas DataFrame, or of a list of dicts.

    Raises:
        ValueError: there are several datasets to choose from, or none.
        TypeError: the data is something else.
    """
    data = _only_dataset(data)
    if hasattr(data, "to_dict") and hasattr(data, "iloc"):  # pandas
        return data.to_dict("records")
    if hasattr(data, "column_names") and hasattr(data, "__getitem__"):
        return data
    if isinstance(data, list | tuple) and all(isinstance(row, Mapping) for row in data):
        return data
    raise TypeError(
        f"Expected a Dataset, a Distiset or a list of dicts, one a row, not {type(data).__name__}."
    )


def _only_dataset(data: Any) -> Any:
    """Opens dicts of datasets (a `Distiset` is a dict of `DatasetDict`s) that hold a single one."""
    path = "data"
    while isinstance(data, dict) and all(_is_dataset(value) for value in data.values()):
        if len(data) != 1:
            names = " or ".join(f"{path}[{name!r}]" for name in data)
            raise ValueError(
                f"There are {len(data)} datasets in the data: take one of them, {names}."
                if data
                else "The data is an empty dict: there is no dataset in it."
            )
        [(name, data)] = data.items()
        path += f"[{name!r}]"
    return data


def _is_dataset(value: Any) -> bool:
    return isinstance(value, dict) or hasattr(value, "column_names")


def column_names(data: Sequence[Row]) -> list[str]:
    """The columns of what `rows` gives; of a list, all keys in the order in which they come."""
    names = getattr(data, "column_names", None)
    return list(names or dict.fromkeys(name for row in data for name in row))


def _columns(data: Sequence[Row], columns: Sequence[str] | None) -> list[str]:
    names = column_names(data)
    if columns is None:
        return [name for name in names if name != _METADATA]
    columns = [columns] if isinstance(columns, str) else list(columns)
    unknown = [name for name in columns if name not in names]
    if unknown and len(data):
        raise ValueError(f"There is no column {unknown[0]!r}; the columns are {names}.")
    return columns


def preview(data: Any, n: int = 2, columns: Sequence[str] | None = None) -> None:
    """Prints the first rows as plain text: a line `── row/rows ──`, then `column │ text`.

    Long text is wrapped at 100 columns (a Chinese character counts as two), lists stand one item
    a line, and `None` is shown as `None`.

    Args:
        data: a `Dataset`, a `Distiset` with one dataset, or a list of dicts.
        n: how many rows.
        columns: which columns, in which order; all but `distilabel_metadata` by default.

    Raises:
        ValueError: a column that the data lacks, or several datasets to choose from.
        TypeError: the data is something else.
    """
    data = rows(data)
    columns = _columns(data, columns)
    names = {column: _shortened(column, 24) for column in columns}
    left = max((width(name) for name in names.values()), default=0)
    lines = []
    for i in range(min(n, len(data))):
        row = data[i]
        lines.append(_rule(f"{i + 1}/{len(data)}"))
        for column, name in names.items():
            for j, line in enumerate(wrap(as_text(row.get(column)), WIDTH - left - 3)):
                label = name if j == 0 else ""
                lines.append(f"{label}{' ' * (left - width(label))} │ {line}".rstrip())
    if not len(data):
        blank = (f"{name}{' ' * (left - width(name))} │" for name in names.values())
        lines = [_rule("0/0"), *blank]
    if lines:
        print("\n".join(lines))


def _rule(title: str) -> str:
    return f"── {title} ".ljust(60, "─")


def _shortened(text: str, columns: int) -> str:
    text = clean(text).replace("\n", " ")
    if width(text) <= columns:
        return text
    while width(text) > columns - 1:
        text = text[:-1]
    return text + "…"


# ---- the viewer ----

_LABELS = {
    "en": {
        "previous": "Previous",
        "next": "Next",
        "search": "Search",
        "hint": "type to filter the rows",
        "row": "row {i} of {n}",
        "found": "row {i} of {n} found, row {row} of {rows}",
        "nothing": "No row matches the search. Change or clear it.",
        "empty": "There are no rows to show: the dataset is empty.",
        "repr": "A viewer of {n} rows: run this cell to use it.",
    },
    "zh": {
        "previous": "上一行",
        "next": "下一行",
        "search": "搜索",
        "hint": "输入文字，筛选数据行",
        "row": "第 {i} 行，共 {n} 行",
        "found": "找到 {n} 行，当前是其中第 {i} 行（全部 {rows} 行中的第 {row} 行）",
        "nothing": "没有符合搜索条件的行。请修改或清空搜索词。",
        "empty": "数据集是空的，没有可显示的行。",
        "repr": "{n} 行数据的浏览器：运行本单元格即可使用。",
    },
}


def browse(data: Any, columns: Sequence[str] | None = None, lang: str = "en"):
    """A viewer for notebooks: previous and next buttons, a slider over the rows, a search box.

    Cells stand in text areas, where they can be selected and scrolled, but not changed. The search
    finds rows that hold the text in a shown column, whatever the case.

    Args:
        data: a `Dataset`, a `Distiset` with one dataset, or a list of dicts; may be empty.
        columns: which columns, in which order; all but `distilabel_metadata` by default.
        lang: language of the labels, "en" or "zh".

    Returns:
        An ipywidgets box: let it be the last line of a cell. Saved without the state of widgets,
        it leaves one line of text in the notebook.

    Raises:
        ValueError: a column that the data lacks, several datasets to choose from, another `lang`.
        TypeError: the data is something else.
    """
    from ipywidgets import Button, HBox, IntSlider, Label, Layout, Text, Textarea, VBox

    data = rows(data)
    columns = _columns(data, columns)
    words = words_in(_LABELS, lang)
    total = len(data)

    class Viewer(VBox):
        def __repr__(self) -> str:
            return words["repr"].format(n=total)

    if not total:
        return Viewer([Label(words["empty"])])

    fit = Layout(width="auto")
    back = Button(description=words["previous"], icon="arrow-left", layout=fit)
    forth = Button(description=words["next"], icon="arrow-right", layout=fit)
    slider = IntSlider(1, 1, total, readout=False, layout=Layout(flex="1 1 120px", width="auto"))
    search = Text(
        description=words["search"],
        placeholder=words["hint"],
        style={"description_width": "initial"},
        layout=Layout(width="auto", max_width="480px"),
    )
    position = Label()
    boxes = {
        column: Textarea(
            tooltip=_plain_name(column), continuous_update=False, layout=Layout(width="auto")
        )
        for column in columns
    }
    cells = VBox(
        [
            VBox([Label(_plain_name(column), style={"font_weight": "bold"}), box])
            for column, box in boxes.items()
        ]
    )
    steps = HBox([back, forth, slider], layout=Layout(align_items="center", width="100%"))
    found: list[int] = list(range(total))
    shown: dict[str, str] = {}
    haystacks: list[str] = []  # what each row holds, made at the first search

    def show(_=None) -> None:
        for part in (steps, cells):
            part.layout.display = None if found else "none"
        if not found:
            position.value = words["nothing"]
            return
        i = slider.value
        row = data[found[i - 1]]
        for column, box in boxes.items():
            shown[column] = as_text(row.get(column))
            box.value = shown[column]
            box.rows = _height(shown[column])
        place = {"i": i, "n": len(found), "row": found[i - 1] + 1, "rows": total}
        position.value = words["row" if len(found) == total else "found"].format(**place)
        back.disabled, forth.disabled = i == 1, i == len(found)

    def filter_rows(change) -> None:
        nonlocal found
        wanted = clean(change["new"]).strip().casefold()
        if wanted and not haystacks:
            for row in data:
                haystacks.append("\n".join(as_text(row.get(c)) for c in columns).casefold())
        found = [i for i in range(total) if not wanted or wanted in haystacks[i]]
        slider.unobserve(show, "value")
        slider.value = 1
        slider.max = max(1, len(found))
        slider.observe(show, "value")
        show()

    def step(by: int) -> None:
        slider.value += by  # the slider keeps to its ends

    def undo(change) -> None:  # a disabled Textarea would be grey, and out of the keyboard's reach
        for column, box in boxes.items():
            if box is change["owner"] and change["new"] != shown[column]:
                box.value = shown[column]

    back.on_click(lambda _: step(-1))
    forth.on_click(lambda _: step(1))
    slider.observe(show, "value")
    search.observe(filter_rows, "value")
    for box in boxes.values():
        box.observe(undo, "value")
    show()
    return Viewer([search, steps, position, cells])


def _plain_name(column: str) -> str:
    # A Label renders formulas, and a formula may hold a link: letters and digits only.
    return re.sub(r"[^\w .:-]", "·", _shortened(column, 60))


def _height(text: str) -> int:
    """How many lines to give a text area, as far as one can tell from here."""
    return min(14, max(1, len(wrap(text, 60))))


def words_in(labels: dict[str, dict[str, str]], lang: str) -> dict[str, str]:
    return labels[check_lang(lang)]


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


def lengths(data: Any, column: str, lang: str) -> list[int]:
    """Length of each text of a column: in words, or for "zh" in characters other than spaces.

    A list of texts, or of the turns of a talk, counts as so many texts. `None` is left out.

    Raises:
        ValueError: a column that the data lacks, or another `lang`.
        TypeError: the data is no dataset.
    """
    data = rows(data)
    _columns(data, [column])
    words_in(_CHART, lang)

    def length(text: str) -> int:
        return len("".join(text.split())) if lang == "zh" else len(text.split())

    return [length(text) for row in data for text in _texts(row.get(column))]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _texts(value.get("content"))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


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
    title = words["title"].format(column=_shortened(column, 18), unit=unit)
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
    bars = [(_shortened(str(value), 36), n) for value, n in bars]
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
    title = _shortened(title, 44)
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
