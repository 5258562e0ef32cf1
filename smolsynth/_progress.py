"""A progress bar in a terminal or a notebook that leaves nothing behind."""

import sys
from collections.abc import Iterator
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
