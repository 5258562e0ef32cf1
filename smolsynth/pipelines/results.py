"""Rows of a run: deep copies, a `Dataset` made of them, errors in words."""

from typing import Any

from datasets import Dataset

from smolsynth.errors import StepFailed
from smolsynth.rows import Row


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


def to_dataset(leaf: str, rows: list[Row]) -> Dataset:
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: [row.get(name) for row in rows] for name in names}
    try:
        return Dataset.from_dict(columns)
    except Exception:
        for name, cells in columns.items():
            try:
                Dataset.from_dict({name: cells})
            except Exception as error:
                types = sorted({type(cell).__name__ for cell in cells if cell is not None})
                raise StepFailed(
                    f"Step '{leaf}' made cells in column '{name}' that have mixed types"
                    f" ({', '.join(types)}): {in_words(error)}",
                    leaf,
                ) from error
        raise


def in_words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": .")


def clipped(value: Any, length: int = 200) -> str:
    text = repr(value)
    return text if len(text) <= length else text[: length - 1] + "…"
