"""A viewer of rows for notebooks."""

import re
from collections.abc import Sequence
from typing import Any

from smolsynth.rows import choose_columns, rows
from smolsynth.text.layout import as_text, clean, shortened, words_in, wrap

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
    columns = choose_columns(data, columns)
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
    return re.sub(r"[^\w .:-]", "·", shortened(column, 60))


def _height(text: str) -> int:
    """How many lines to give a text area, as far as one can tell from here."""
    return min(14, max(1, len(wrap(text, 60))))
