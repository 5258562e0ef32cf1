"""Cells of any table as what JSON has: text, numbers, lists and dicts; talks written as text."""

import datetime
import decimal
import itertools
import json
import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from smolsynth.datasets.shapes import MEANING
from smolsynth.datasets.strings import said
from smolsynth.datasets.talks import empty
from smolsynth.errors import ReadError
from smolsynth.rows import Row

_DEEPEST = 100  # lists in lists
_PYTHON_S = re.compile(r"\s*\[\s*\{\s*'(?:role|content|from|value)'")


def talks_as_json(first: Sequence[Row]) -> list[str]:
    """The columns of text that hold talks, as JSON: each cell a list of turns.

    Raises ReadError where these are written as Python prints them.
    """
    written = []
    for name in sorted({name for row in first for name in row} & {*MEANING}):
        cells = (row[name] for row in first if not empty(row.get(name)))
        one = next(cells, None)
        if not isinstance(one, str):
            continue
        if _PYTHON_S.match(one):
            raise ReadError(said("python_list", column=name))
        if all(isinstance(cell, str) and _turns_in(cell) for cell in itertools.chain([one], cells)):
            written.append(name)
    return written


def _turns_in(cell: str) -> list[Row] | None:
    """The turns that a cell holds as JSON, if it does."""
    if not cell.lstrip().startswith("[") or not cell.rstrip().endswith("]"):
        return None
    try:
        turns = json.loads(cell)
    except ValueError:
        return None
    are_turns = all(isinstance(turn, dict) and {"role", "from"} & turn.keys() for turn in turns)
    return turns if turns and are_turns else None


def with_talks(row: Row, columns: list[str]) -> Row:
    cells = {name: row[name] for name in columns if isinstance(row.get(name), str)}
    return {**row, **{name: _turns_in(cell) or cell for name, cell in cells.items()}}


def plain(number: int, row: Any) -> Row:
    """A row of any table as a dict of its own, of what JSON has: text, numbers, lists, dicts."""
    if not isinstance(row, Mapping):
        raise ReadError(said("no_dict", number=number, type=type(row).__name__))
    return {str(name): _cell(value, str(name)) for name, value in row.items()}


def _cell(value: Any, column: str, depth: int = 0) -> Any:
    if depth > _DEEPEST:
        raise ReadError(said("deep_column", column=column))
    kind = type(value)
    if kind is float and value != value:  # NaN, in a list as in a cell
        return None
    if kind in (str, int, float, bool, type(None)):
        return value
    if kind in (list, tuple):
        return [_cell(one, column, depth + 1) for one in value]
    if isinstance(value, Mapping):
        return {str(name): _cell(one, column, depth + 1) for name, one in value.items()}
    if kind.__module__ == "numpy":
        return _cell(value.tolist(), column)
    if empty(value):  # pandas' NA and NaT
        return None
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, str | int | float):  # of a class of their own
        return value
    raise ReadError(said("binary", column=column, type=kind.__name__))
