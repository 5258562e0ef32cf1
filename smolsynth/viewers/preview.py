"""Rows as plain text."""

import sys
from collections.abc import Iterable, Sequence
from typing import Any

from smolsynth.rows import Row, choose_columns, rows, sample_of
from smolsynth.text.layout import as_text, columns_of, shortened, width, wrap


def preview(data: Any, n: int = 2, columns: Sequence[str] | None = None, seed: int = 0) -> None:
    """Prints rows as plain text: a line `── row/rows ──`, then `column │ text`.

    They are drawn at random, since the first rows of a dataset are seldom like the rest. Long text
    is wrapped at 100 columns (a Chinese character counts as two), or where a narrower terminal
    ends; lists stand one item a line, and `None` is shown as `None`.

    Args:
        data: a `Dataset`, a `Distiset` with one dataset, or a list of dicts.
        n: how many rows.
        columns: which columns, in which order; all but `distilabel_metadata` by default.
        seed: of the draw.

    Raises:
        ValueError: a column that the data lacks, or several datasets to choose from.
        TypeError: the data is something else.
    """
    data = rows(data)
    lines = lines_of(data, sample_of(len(data), n, seed), choose_columns(data, columns))
    if lines:
        print("\n".join(lines))


def lines_of(
    data: Sequence[Row], numbers: Iterable[int], columns: Sequence[str], most: int | None = None
) -> list[str]:
    """The lines that `preview` prints for the rows with these numbers, from 0.

    A text is cut after `most` lines, unless that is `None`.
    """
    names = {column: shortened(column, 24) for column in columns}
    left = max((width(name) for name in names.values()), default=0)
    lines, room = [], columns_of(sys.stdout)
    for i in numbers:
        row = data[i]
        lines.append(_rule(f"{i + 1}/{len(data)}", room))
        for column, name in names.items():
            wrapped = wrap(as_text(row.get(column)), max(20, room - left - 3))
            if most and len(wrapped) > most:
                wrapped[most:] = ["…"]
            for j, line in enumerate(wrapped):
                label = name if j == 0 else ""
                lines.append(f"{label}{' ' * (left - width(label))} │ {line}".rstrip())
    if not len(data):
        blank = (f"{name}{' ' * (left - width(name))} │" for name in names.values())
        lines = [_rule("0/0", room), *blank]
    return lines


def _rule(title: str, room: int) -> str:
    return f"── {title} ".ljust(min(60, room), "─")
