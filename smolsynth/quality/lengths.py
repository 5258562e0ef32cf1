"""How long texts are: of a column, and of the two responses of a pair."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from smolsynth.rows import choose_columns, rows
from smolsynth.text.language import check_lang
from smolsynth.text.tokens import length


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

    return [length(text, lang) for row in data for text in _texts(row.get(column))]


def count_longer(pairs: Iterable[tuple[str, str]], lang: str) -> tuple[int, int]:
    """In how many pairs (chosen, rejected) the chosen response is the longer one, and of how many.

    In words, or for "zh" in characters; pairs of equal length are left out.

    >>> count_longer([("a b c", "a b"), ("a", "a b"), ("a cat", "a lion")], "en")
    (1, 2)
    """
    sizes = [(length(a, lang), length(b, lang)) for a, b in pairs]
    unequal = [a > b for a, b in sizes if a != b]
    return sum(unequal), len(unequal)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _texts(value.get("content"))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
