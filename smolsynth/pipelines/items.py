"""Rows on their way through the steps: deep copies, where each has come from, errors in words.

Steps make new dicts, drop rows, multiply and sort them; but what they don't change they pass on:
a row is taken to come from the one with which it shares the same cells, the very objects.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from smolsynth.rows import METADATA, Row

Item = tuple[Row, range]  # a row, and its place in the whole input
_COMMON = 32  # a cell that so many rows share says nothing


def own_items(items: Iterable[Item]) -> list[Item]:
    """Items with deep copies of their rows."""
    return [(_own(row), origin) for row, origin in items]


def everything(batch: list[list[Item]]) -> range:
    """From the first to the last row of the input that is in a batch."""
    return _hull(origin for items in batch for _, origin in items)


def _hull(origins: Iterable[range]) -> range:
    origins = list(origins)
    return range(min(o.start for o in origins), max(o.stop for o in origins))


def traced(made: list[Row], batch: list[list[Item]]) -> list[Item]:
    """What a step has made of a batch (items, by predecessor), each with where it comes from."""
    size = max(map(len, batch))
    if len(batch) == 1 and len(made) == size:
        if all(_continues(row, source) for row, (source, _) in zip(made, batch[0], strict=True)):
            return [(row, origin) for row, (_, origin) in zip(made, batch[0], strict=True)]
    places = [[items[i] for items in batch if i < len(items)] for i in range(size)]
    origins = [_hull(origin for _, origin in place) for place in places]
    known: dict[int, list[int]] = {}  # by id of a cell: the places that have it
    items = []
    for i, row in enumerate(made):
        if size == 1 or (i < size and len(made) == size and _continues(row, places[i][0][0])):
            items.append((row, origins[i if size > 1 else 0]))
            continue
        if not known:
            for number, place in enumerate(places):
                for cell in {id(cell) for source, _ in place for cell in source.values()}:
                    known.setdefault(cell, []).append(number)
        votes: Counter[int] = Counter()
        for cell in row.values():
            if len(holders := known.get(id(cell), ())) <= _COMMON:
                votes.update(holders)
        best = max(votes.values(), default=0)
        likely = [number for number, n in votes.items() if n == best]
        if len(made) == size and (not likely or i in likely):
            likely = [i]
        items.append((row, _hull(origins[n] for n in likely or range(size))))
    return items


def _continues(row: Row, source: Row) -> bool:
    """Whether all that a row has in common with the one at its place is the same object."""
    if row is not source:
        for key, cell in row.items():
            # tasks make their metadata anew
            if source.get(key, cell) is not cell and key != METADATA:
                return False
    return True


# ---- copies ----
def own_rows(rows: list[Row]) -> list[Row]:
    """A deep copy of rows: of dicts and lists; other values don't change, or are shared.

    Half a character (a lone surrogate, as a server sends that cuts an emoji in two) becomes U+FFFD:
    neither UTF-8 nor Arrow can hold it.

    >>> own_rows([{"a": ["tea \\ud83d"]}])
    [{'a': ['tea \ufffd']}]
    """
    return list(map(_own, rows))


def _own(value: Any) -> Any:
    kind = type(value)
    if kind is dict:
        copy = dict(value)
        for key, item in value.items():  # most are plain text: a call for each would take longer
            kind = type(item)
            if kind is list or kind is dict or (kind is str and not item.isascii()):
                copy[key] = _own(item)
        return copy
    if kind is list:
        return list(map(_own, value))
    if kind is str and not value.isascii():
        return _whole_characters(value)
    return value


def _whole_characters(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


# ---- in words ----
def clipped(value: Any, length: int = 200) -> str:
    text = repr(value)
    return text if len(text) <= length else text[: length - 1] + "…"
