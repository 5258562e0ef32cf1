"""A viewer of rows for notebooks."""

import re
from collections.abc import Sequence
from typing import Any

from ipywidgets import HBox, IntSlider, Label, Layout, Text, VBox

from smolsynth.rows import choose_columns, rows
from smolsynth.text.layout import as_text, clean, in_words, shortened, words_in
from smolsynth.viewers.pager import Pager, ReadOnly, height

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
        "repr": "A viewer of {n} rows: run this cell to use it. A few of them, drawn at random:",
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
        "repr": "{n} 行数据的浏览器：运行本单元格即可使用。随机抽出几行：",
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
        it leaves a few rows as text in the notebook, drawn at random.

    Raises:
        ValueError: a column that the data lacks, several datasets to choose from, another `lang`.
        TypeError: the data is something else.
    """
    data = rows(data)
    return _Browser(data, choose_columns(data, columns), words_in(_LABELS, lang))


class _Browser(Pager):
    def __init__(self, data: Any, columns: Sequence[str], words: dict[str, str]) -> None:
        super().__init__(data, words, in_words(words["repr"], n=len(data)), columns)
        if not self.total:
            return
        self.slider = IntSlider(
            1, 1, self.total, readout=False, layout=Layout(flex="1 1 120px", width="auto")
        )
        self.search = Text(
            description=words["search"],
            placeholder=words["hint"],
            style={"description_width": "initial"},
            layout=Layout(width="auto", max_width="480px"),
        )
        self.position = Label()
        self.boxes = {
            column: ReadOnly(tooltip=_plain_name(column), layout=Layout(width="auto"))
            for column in columns
        }
        self.cells = VBox(
            [
                VBox([Label(_plain_name(column), style={"font_weight": "bold"}), box])
                for column, box in self.boxes.items()
            ]
        )
        self.steps = HBox(
            [self.back, self.forth, self.slider], layout=Layout(align_items="center", width="100%")
        )
        self.found = list(range(self.total))  # the rows that the search has left
        self._haystacks: list[str] = []  # what each row holds, made at the first search
        self.slider.observe(lambda _: self.show(), "value")
        self.search.observe(lambda change: self._filter(change["new"]), "value")
        self.children = [self.search, self.steps, self.position, self.cells]
        self.show()

    def step(self, by: int) -> None:
        self.slider.value += by  # the slider keeps to its ends

    def show(self) -> None:
        for part in (self.steps, self.cells):
            part.layout.display = None if self.found else "none"
        if not self.found:
            self.position.value = self.words["nothing"]
            return
        i, n = self.slider.value, len(self.found)
        self.place = self.found[i - 1]
        for column, box in self.boxes.items():
            box.set_text(as_text(self.data[self.place].get(column)))
            box.rows = height(box.shown)
        key = "row" if n == self.total else "found"
        self.position.value = self.words[key].format(i=i, n=n, row=self.place + 1, rows=self.total)
        self.back.disabled, self.forth.disabled = i == 1, i == n

    def _filter(self, text: str) -> None:
        wanted = clean(text).strip().casefold()
        if wanted and not self._haystacks:
            self._haystacks = [
                "\n".join(as_text(row.get(column)) for column in self.columns).casefold()
                for row in self.data
            ]
        self.found = [i for i in range(self.total) if not wanted or wanted in self._haystacks[i]]
        with self.slider.hold_trait_notifications():
            self.slider.value, self.slider.max = 1, max(1, len(self.found))
        self.show()


def _plain_name(column: str) -> str:
    # A Label renders formulas, and a formula may hold a link: letters and digits only.
    return re.sub(r"[^\w .:-]", "·", shortened(column, 60))
