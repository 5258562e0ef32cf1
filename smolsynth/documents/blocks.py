"""Blocks, of which every kind of document consists: headings, paragraphs, lines of a table."""

import re
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from types import ModuleType
from typing import Any, NamedTuple

from smolsynth.documents.strings import Unreadable
from smolsynth.text.layout import width

MOST_CHARACTERS = 20_000_000  # of a document once it is unpacked
_BULLET = re.compile(r"\s*(?:[-*+•·‣◦–]\s|\(?\d{1,3}[.)、]|[一二三四五六七八九十]{1,3}、)")
WIDE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef]")
_CLOSED = re.compile(r"[.!?:;,。！？：；，、…][\"')\]”’」』）》]*$")
_HEADING = 60  # columns of a line that may be a heading
Notes = Callable[..., None]  # takes a key of `strings.note` and its values


class Block(NamedTuple):
    """A heading (level 1 to 6) or a piece of text (level 0)."""

    text: str
    level: int = 0


def needed(module: str, package: str) -> ModuleType:
    """A module of the extra `documents`. Raises Unreadable, naming the package, without it."""
    try:
        return import_module(module)
    except ImportError:
        raise Unreadable("package", package=package) from None


def bounded(blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks without empty ones; raises Unreadable where there is far too much text."""
    length = 0
    for text, level in blocks:
        text = tidy(text)
        length += len(text)
        if length > MOST_CHARACTERS:
            raise Unreadable("long", most=MOST_CHARACTERS / 1e6, most_zh=MOST_CHARACTERS / 1e4)
        if text or level:  # a heading without text only ends what stands above it
            yield Block(" ".join(text.split()) if level else text, level)


def tidy(text: str) -> str:
    """Text without control characters, soft hyphens and trailing spaces.

    >>> tidy("a\\xadb \\x00 \\r\\n  c\\n\\n\\n\\nd ")
    'ab\\n  c\\n\\nd'
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n\n")
    text = re.sub(r"[\x00-\x08\x0b-\x1f\x7f\xad\u200b\u2060\ufeff\ufffe\uffff]", "", text)
    text = re.sub(r"[\ud800-\udfff]", "\ufffd", text).replace("\xa0", " ")
    text = re.sub(r"[ \t]+(?=\n|$)", "", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n").rstrip()


def joined(one: str, two: str) -> str:
    """Two lines of one paragraph: without a space between Chinese, without the hyphen of a break.

    >>> joined("a water-", "fall"), joined("水开", "了"), joined("two", "words")
    ('a waterfall', '水开了', 'two words')
    """
    one, two = one.rstrip(), two.lstrip()
    if re.search(r"[^\W\d_]-$", one) and two[:1].islower():
        return one[:-1] + two
    close = one and two and WIDE.match(one[-1]) and WIDE.match(two[0])
    return one + ("" if close else " ") + two


def unwrapped(text: str) -> str:
    """A paragraph whose lines were broken at a margin, in one; short lines and lists stay.

    >>> unwrapped("This line runs up to the margin\\nand goes on here.")
    'This line runs up to the margin and goes on here.'
    >>> unwrapped("- one\\n- two")
    '- one\\n- two'
    """
    lines = text.split("\n")
    margin = max(map(width, lines))
    whole = lines[0]
    for before, line in zip(lines, lines[1:], strict=False):
        wrapped = margin >= 25 and width(before) >= 0.7 * margin and not _BULLET.match(line)
        whole = joined(whole, line) if wrapped else f"{whole}\n{line.strip()}"
    return whole


def paragraphs(text: str) -> Iterator[Block]:
    """Plain text as blocks: paragraphs end at blank lines; a short line alone is a heading."""
    for part in re.split(r"\n\s*\n", tidy(text)):
        part = part.strip("\n")
        lone = "\n" not in part and width(part) <= _HEADING and not _CLOSED.search(part)
        yield Block(part, 1) if lone and not _BULLET.match(part) else Block(unwrapped(part))


def check_unpacked(archive: Any) -> None:
    """Raises Unreadable for a zip file that unpacks to more than any document holds."""
    if sum(item.file_size for item in archive.infolist()) > 10 * MOST_CHARACTERS:
        raise Unreadable("long", most=MOST_CHARACTERS / 1e6, most_zh=MOST_CHARACTERS / 1e4)
