"""The table of a review: a window on the rows, drawn by `table.js`.

Python has the rows, their order and the selection; the page asks for the rows that it shows, so
five thousand cost it no more than thirty. What models wrote gets into the page as text nodes alone.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from anywidget import AnyWidget
from traitlets import Dict

_HERE = Path(__file__).parent
_LONGEST = 160  # characters of a cell
WINDOW = 40  # rows that are sent at once, at first
_MOST = 200


class Table(AnyWidget):
    """Rows to sort, to select and to go through by keys.

    Args:
        words: labels of the columns and of the table.
        describe: the cells of a row by its number, all of them text but `length`.
        on: what happens: "key" (a letter or digit), "sort" (a column), "chosen" and "selected".

    Attributes:
        order: numbers of the rows that are listed.
        at: place of the chosen one in it; None where there is none.
        selected: numbers of the selected rows.
        view: what the page draws.
    """

    _esm = _HERE / "table.js"
    _css = _HERE / "table.css"
    view = Dict().tag(sync=True)
    labels = Dict().tag(sync=True)

    def __init__(
        self,
        words: dict[str, str],
        describe: Callable[[int], dict[str, Any]],
        on: dict[str, Callable[..., None]],
    ) -> None:
        self.clear()
        self._describe, self._on = describe, on
        self._count = WINDOW
        self._columns: list[str] = []
        self._sorted: tuple[str, bool] = ("number", False)
        super().__init__()
        self.labels = words
        self.on_msg(lambda _widget, content, _buffers: self.handle(content))

    # ---- for Python ----
    def clear(self) -> None:
        """Forgets what was listed, chosen and selected: the next rows are others."""
        self.order: list[int] = []
        self.at: int | None = None
        self.selected: set[int] = set()
        self._anchor = self._first = 0

    @property
    def number(self) -> int | None:
        """Of the chosen row."""
        return None if self.at is None else self.order[self.at]

    def show(self, order: Sequence[int], columns: Sequence[str], by: str, down: bool) -> None:
        """Lists these rows; stays at the chosen one, or where it was."""
        chosen = self.number
        self.order, self._columns, self._sorted = list(order), list(columns), (by, down)
        self.selected &= set(self.order)
        if chosen in self.order:
            self.at = self.order.index(chosen)
        else:
            self.at = min(self.at or 0, len(self.order) - 1) if self.order else None
        self._keep_in_window()

    def go(self, at: int, extend: bool = False) -> None:
        """Chooses a place of the list, the nearest if there is none; `extend` selects the rows
        up to it."""
        if not self.order:
            return
        at = max(0, min(at, len(self.order) - 1))
        if extend:
            first, last = sorted((self._anchor, at))
            self.selected |= set(self.order[first : last + 1])
        else:
            self._anchor = at
        self.at = at
        self._keep_in_window()
        self._on["chosen"]()

    def go_to(self, number: int) -> None:
        """Chooses a row by its number, if it is listed."""
        if number in self.order:
            self.go(self.order.index(number))

    def draw(self) -> None:
        """Sends the page what it shows."""
        by, down = self._sorted
        places = range(self._first, min(self._first + self._count, len(self.order)))
        self.view = {
            "total": len(self.order),
            "first": self._first,
            "at": -1 if self.at is None else self.at,
            "number": -1 if self.number is None else self.number,
            "columns": self._columns,
            "by": by,
            "down": down,
            "rows": [self._row(self.order[place]) for place in places],
        }

    def _row(self, number: int) -> dict[str, Any]:
        shown = {
            name: value if isinstance(value, int) else value[:_LONGEST]
            for name, value in self._describe(number).items()
        }
        return {**shown, "number": number + 1, "selected": number in self.selected}

    def _keep_in_window(self) -> None:
        """Moves the window where the chosen row is not in it, and draws."""
        if self.at is not None and not self._first <= self.at < self._first + self._count:
            self._first = max(0, self.at - self._count // 2)
        self._first = max(0, min(self._first, len(self.order) - 1))
        self.draw()

    # ---- for the page ----
    def handle(self, content: dict[str, Any]) -> None:
        """Does what the page says happened."""
        match content.get("do"):
            case "window":
                self._first = max(0, int(content["first"]))
                self._count = max(1, min(int(content["count"]), _MOST))
                self.draw()
            case "go":
                self.go(int(content["at"]), bool(content.get("extend")))
            case "toggle":
                at = int(content["at"])
                if 0 <= at < len(self.order):
                    self.selected ^= {self.order[at]}
                    self._anchor = at
                    self.draw()
                    self._on["selected"]()
                return
            case "all":
                self.selected = set() if self.selected else set(self.order)
                self.draw()
                self._on["selected"]()
            case "sort":
                self._on["sort"](str(content["by"]))
            # A key is about the row that the page showed when it was pressed; "u" is about none.
            case "key" if content.get("key") == "u" or content.get("number") == self.number:
                self._on["key"](str(content["key"]))
        if content.get("extend"):
            self._on["selected"]()
