"""What the viewers for notebooks have in common: one row at a time, text that stays as it is."""

from collections.abc import Sequence
from typing import Any

from ipywidgets import HTML, Button, HBox, Label, Layout, Textarea, VBox

from smolsynth.rows import Row, sample_of
from smolsynth.text.layout import clean, wrap
from smolsynth.viewers.preview import lines_of

STATIC = 3  # rows that stand for a viewer where no widget can be shown


class ReadOnly(Textarea):
    """Text to read, to select and to copy; not to change, yet within the keyboard's reach.

    A disabled Textarea would be grey, and the keyboard would pass it by.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(continuous_update=False, **options)
        self.shown = ""
        self.observe(self._undo, "value")

    def set_text(self, text: str) -> None:
        """Shows another text."""
        self.shown = self.value = clean(text)

    def _undo(self, change: dict) -> None:
        if change["new"] != self.shown:
            self.value = self.shown


class Pager(VBox):
    """A viewer of rows, one at a time, with buttons to the previous and the next one.

    A subclass fills `children` and has a method `show`, which shows the row at `place`. Where no
    widget can be shown, as on GitHub, a line and a few rows drawn at random stand for it.

    Args:
        data: the rows.
        words: labels: "previous", "next", "empty".
        told: the line.
        columns: of those rows.
    """

    def __init__(self, data: Any, words: dict[str, str], told: str, columns: Sequence[str]) -> None:
        super().__init__()
        self.data, self.words, self.told, self.columns = data, words, told, columns
        self.place, self.total = 0, len(data)
        self.back = small_button(words["previous"], "arrow-left")
        self.forth = small_button(words["next"], "arrow-right")
        self.back.on_click(lambda _: self.step(-1))
        self.forth.on_click(lambda _: self.step(1))
        if not self.total:
            self.children = [Label(words["empty"])]

    def __repr__(self) -> str:
        return self.told

    def _repr_mimebundle_(self, **options: Any) -> Any:
        data = super()._repr_mimebundle_(**options)
        if self.total:  # ipywidgets cuts what `repr` gives after 110 characters
            lines = lines_of(self.still(), sample_of(self.total, STATIC), self.columns, most=8)
            data["text/plain"] = "\n".join([self.told, *lines])
        return data

    def still(self) -> Sequence[Row]:
        """The rows as they stand where no widget can be shown."""
        return self.data

    def step(self, by: int) -> None:
        """Goes forth or back, to the ends at most."""
        self.place = min(max(self.place + by, 0), self.total - 1)
        self.show()

    def show(self) -> None:
        """Shows the row at `place`."""
        raise NotImplementedError


def small_button(words: str, icon: str = "", **options: Any) -> Button:
    """A button as wide as its words."""
    return Button(description=words, icon=icon, layout=Layout(width="auto"), **options)


def focus(widget: Any) -> None:
    """Gives a widget the keyboard, where ipywidgets can (from 8 on; Colab has had 7)."""
    if hasattr(widget, "focus"):
        widget.focus()


def in_a_row(*widgets: Any) -> HBox:
    """Widgets side by side, and below each other where there is no room."""
    return HBox(list(widgets), layout=Layout(flex_flow="row wrap", align_items="center"))


def two_sides() -> list[HTML]:
    """Two texts side by side."""
    half = Layout(flex="1 1 260px", width="auto", padding="0 16px 0 0")
    return [HTML(layout=half), HTML(layout=half)]


def height(shown: str, most: int = 14, least: int = 1, columns: int = 60) -> int:
    """How many lines to give a text area, as far as one can tell from here."""
    return min(most, max(least, len(wrap(shown, columns))))
