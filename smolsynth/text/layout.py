"""Text for a terminal: cleaned of control codes, measured in columns, wrapped."""

import re
import shutil
from collections.abc import Iterator, Mapping
from typing import Any, TextIO

from rich.cells import cell_len

from smolsynth.text.language import check_lang

WIDTH = 100  # columns of printed text

# ---- text ----

_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours and cursor moves
    r"|\x1b\][^\x07\x1b\n]*(?:\x07|\x1b\\)"  # window titles and links
    r"|\x1b[PX^_][^\x1b\n]*\x1b\\"
    r"|\x1b[ -/]*[0-~]"
)
# Marks that make text run backwards can hide what it says.
_DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_LINE_END = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_NO_LINE_START = "，。、；：？！”’）》」』】…—,.;:?!)]}"


def clean(text: str) -> str:
    """The text without terminal escapes, control characters and marks of writing direction.

    Line ends of any kind become `\\n` and tabs four spaces; lone surrogates, which can't be
    printed, become `\ufffd`. Nothing else changes, markup least of all: it stays readable.
    """
    text = _LINE_END.sub("\n", _ESCAPES.sub("", text)).replace("\t", "    ")
    text = _CONTROL.sub("", _DIRECTION.sub("", text))
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def width(text: str) -> int:
    """How many columns a text takes in a terminal: a Chinese character takes two."""
    return cell_len(text)


def wrap(text: str, columns: int = WIDTH) -> list[str]:
    """Breaks a text into lines of at most `columns` columns, between words or Chinese characters.

    Keeps its own line ends. Closing punctuation does not start a line; words that are too long
    are cut.
    """
    return [line for part in text.split("\n") for line in _wrap_line(part, columns)]


def _wrap_line(text: str, columns: int) -> Iterator[str]:
    line, used = "", 0
    for piece in _pieces(text):
        fits = width(piece.rstrip()) <= columns
        for part in [piece] if fits else piece:
            if line and used + width(part.rstrip()) > columns:
                yield line.rstrip()
                line, used = "", 0
            line, used = line + part, used + width(part)
    yield line.rstrip()


def _pieces(text: str) -> Iterator[str]:
    """Splits a line where it may break: after spaces, and around each wide character."""
    piece = ""
    for char in text:
        last = piece[-1:]
        after_space = last == " " and char != " "
        beside_wide = last and 2 in (cell_len(last), cell_len(char))
        holds_on = char == " " or char in _NO_LINE_START or cell_len(char) == 0
        if after_space or (beside_wide and not holds_on):
            yield piece
            piece = ""
        piece += char
    if piece:
        yield piece


def as_text(value: Any) -> str:
    """A cell as text: strings cleaned, lists one item a line, turns of a talk as `role: content`.

    An empty string is shown as `''`, `None` as `None`.
    """
    if isinstance(value, str):
        return clean(value) or "''"
    if isinstance(value, Mapping):
        if set(value) == {"role", "content"}:
            return f"{as_text(value['role'])}: {as_text(value['content'])}"
        return "\n".join(f"{clean(str(key))}: {as_text(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return "\n".join(as_text(item) for item in value) if value else "[]"
    return clean(str(value))


# What is counted in the texts: of one, English says it without the s.
_COUNTED = "row|pair|talk|question|token|file|document|chunk|passage|fact|rating|vote"
_ONE = re.compile(rf"(?<![\d.,:/-])1 ({_COUNTED})s\b")


def in_words(text: str, /, **values: Any) -> str:
    """A text with its values filled in; one row is called a row.

    >>> in_words("{rows} rows saved", rows=1), in_words("{rows} rows saved", rows=21)
    ('1 row saved', '21 rows saved')
    """
    return _ONE.sub(r"1 \1", text.format(**values))


def columns_of(stream: TextIO) -> int:
    """Columns of printed text: WIDTH, or those of the terminal that it goes to, if fewer.

    A notebook doesn't say how wide it is.
    """
    return min(WIDTH, shutil.get_terminal_size().columns) if stream.isatty() else WIDTH


def shortened(text: str, columns: int) -> str:
    text = clean(text).replace("\n", " ")
    if width(text) <= columns:
        return text
    while width(text) > columns - 1:
        text = text[:-1]
    return text + "…"


def words_in(labels: dict[str, dict[str, str]], lang: str) -> dict[str, str]:
    return labels[check_lang(lang)]
