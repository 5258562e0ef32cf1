"""A progress bar in a terminal or a notebook that leaves nothing behind."""

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from distilabel.utils.notebook import in_notebook
from tqdm.std import tqdm


class _Tqdm(tqdm):
    monitor_interval = 0  # no thread that watches the bar


@contextmanager
def text_bar(progress: bool, **options: Any) -> Iterator[tqdm]:
    """A text bar in a terminal or a notebook, nothing elsewhere. Leaves nothing behind."""
    file, disable = sys.stderr, None  # None: tqdm shows nothing unless `file` is a terminal
    if progress and in_notebook():
        file, disable = _NotebookLine(), False
    bar = _Tqdm(
        file=file,
        disable=disable if progress else True,
        leave=False,
        ncols=80,
        **options,
    )
    try:
        yield bar
    finally:
        bar.close()


class _NotebookLine:
    """One line of a cell's output that is written over: text, not a widget.

    Widgets would save their state in the notebook, and a stream all its past. This saves what it
    showed last, which is nothing.
    """

    encoding = "utf-8"

    def __init__(self) -> None:
        from IPython.display import display

        self.display = display(self._data(""), raw=True, display_id=True)

    def _data(self, text: str) -> dict[str, str]:
        return {"text/plain": text}

    def write(self, text: str) -> None:
        self.display.update(self._data(text.strip()), raw=True)

    def flush(self) -> None: ...


class _Bar:
    """A progress bar: rows that steps have taken, of those that they are expected to take.

    A step that makes five rows of one makes the steps behind it expect five times as many.
    """

    WITH_TOTAL = "{desc} {percentage:3.0f}%|{bar}| {elapsed}<{remaining}"
    WITHOUT_TOTAL = "{desc}: {n_fmt} rows, {elapsed}"

    def __init__(self, bar: tqdm) -> None:
        self.bar = bar
        self.expected: dict[str, int] = {}
        self.taken: dict[str, int] = {}
        self.is_known = True
        self.shown = 0.0

    def at(self, step: str) -> None:
        now = time.monotonic()
        refresh = now - self.shown > 0.1
        if refresh:
            self.shown = now
        self.bar.set_description_str(step, refresh=refresh)

    def expect(self, steps: Iterable[str], rows: int | None) -> None:
        if rows is None:
            self.is_known = False
        else:
            self.expect_more(steps, rows)
        self._set_total()

    def expect_more(self, steps: Iterable[str], rows: int) -> None:
        for step in steps if rows else ():
            self.expected[step] = self.expected.get(step, 0) + rows

    def advance(self, step: str, rows: int) -> None:
        self.taken[step] = self.taken.get(step, 0) + rows
        self._set_total()
        self.bar.update(rows)

    def finish(self, step: str) -> None:
        self.expected[step] = self.taken.get(step, 0)
        self._set_total()

    def _set_total(self) -> None:
        if not self.is_known:
            return
        steps = self.expected.keys() | self.taken.keys()
        expected, taken = self.expected, self.taken
        self.bar.total = sum(max(expected.get(step, 0), taken.get(step, 0)) for step in steps)
        self.bar.bar_format = self.WITH_TOTAL if self.bar.total else self.WITHOUT_TOTAL


@contextmanager
def step_bar(progress: bool) -> Iterator[_Bar]:
    with text_bar(progress, bar_format=_Bar.WITHOUT_TOTAL) as bar:
        yield _Bar(bar)
