"""How long the texts of a column are."""

from collections.abc import Iterator, Mapping
from typing import Any

from smolsynth.rows import choose_columns, rows
from smolsynth.text.language import check_lang


def lengths(data: Any, column: str, lang: str) -> list[int]:
    """Length of each text of a column: in words, or for "zh" in characters other than spaces.

    A list of texts, or of the turns of a talk, counts as so many texts. `None` is left out.

    Raises:
        ValueError: a column that the data lacks, or another `lang`.
        TypeError: the data is no dataset.
    """
    data = rows(data)
    choose_columns(data, [column])
    check_lang(lang)

    def length(text: str) -> int:
        return len("".join(text.split())) if lang == "zh" else len(text.split())

    return [length(text) for row in data for text in _texts(row.get(column))]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _texts(value.get("content"))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
