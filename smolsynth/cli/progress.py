"""One line that tells how far a command is: written over in a terminal, now and then in a log."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from smolsynth.text.layout import columns_of, shortened, width

_EVERY = 10.0  # seconds between two lines of a log


class Progress:
    """Shows lines on standard output, or another; a context manager, which ends the last one."""

    def __init__(self, to: TextIO | None = None) -> None:
        self._to = to or sys.stdout
        self._over = self._to.isatty()  # writes over its line
        self._shown = -1  # columns of the line on the screen; -1: there is none
        self._next = time.monotonic() + _EVERY

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown >= 0:
            print("\r" + " " * self._shown, end="\r", flush=True, file=self._to)

    def show(self, line: str) -> None:
        """Says how far it is."""
        if self._over:
            line = shortened(line, min(79, columns_of(self._to) - 1))
            columns = width(line)
            blanks = " " * max(0, self._shown - columns)
            print("\r" + line + blanks, end="", flush=True, file=self._to)
            self._shown = columns
        elif time.monotonic() >= self._next:
            print(line, flush=True, file=self._to)
            self._next = time.monotonic() + _EVERY

    def clear(self) -> None:
        """Makes room for other output; the next line comes below it."""
        self.__exit__()
        self._shown = -1


@contextmanager
def counted(line: str, every: int = 1_000) -> Iterator[Callable[[int], None]]:
    """Yields what is called with a row's number, and says `line`, with {n}, on standard error."""
    with Progress(sys.stderr) as progress:

        def on_row(number: int) -> None:
            if number and number % every == 0:
                progress.show(line.format(n=number))

        yield on_row
