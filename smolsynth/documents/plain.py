"""Text files: plain, Markdown, and columns of tables."""

import re
from collections.abc import Iterator
from functools import reduce
from pathlib import Path

from smolsynth.datasets.sources import BOMS, raw_rows
from smolsynth.documents.blocks import Block, Notes, joined, needed, paragraphs
from smolsynth.documents.strings import Unreadable
from smolsynth.errors import ReadError
from smolsynth.text.encodings import likely_encoding

_FRONT = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)  # YAML before a page
_USUAL = ("text", "content", "document", "body", "passage", "文本", "正文", "内容", "文档")


def decoded(data: bytes, notes: Notes) -> str:
    """Text of any usual encoding; says so where it is not UTF-8.

    Raises Unreadable where no encoding fits.
    """
    bom = next((name for mark, name in BOMS if data.startswith(mark)), "")
    try:
        return data.decode(bom or "utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        from charset_normalizer import from_bytes

        best = None if b"\x00" in data[:1000] else from_bytes(data).best()
        if bom or best is None:
            raise Unreadable("encoding") from None
        for name in filter(None, (likely_encoding(data), best.encoding)):
            if "\ufffd" not in (text := data.decode(name, errors="replace")):
                break
        notes("encoding", name=name)
        return text


def read_text(path: Path, notes: Notes) -> Iterator[Block]:
    """A text file."""
    yield from paragraphs(decoded(path.read_bytes(), notes))


def read_markdown(path: Path, notes: Notes) -> Iterator[Block]:
    """A Markdown file: its text without the marks; code and tables line by line."""
    markdown = needed("markdown_it", "markdown-it-py")
    text = decoded(path.read_bytes(), notes).replace("\r\n", "\n")
    level = 0
    cells: list[str] | None = None  # of the row of a table
    for token in markdown.MarkdownIt("commonmark").enable("table").parse(_FRONT.sub("", text)):
        if token.type == "heading_open":
            level = int(token.tag[1])
        elif token.type == "tr_open":
            cells = []
        elif token.type == "tr_close":
            yield Block(" | ".join(cells or ()))
            cells = None
        elif token.type == "inline":
            said = _said(token.children)
            if cells is not None:
                cells.append(said)
            elif said.strip():
                yield Block(said, level)
            level = 0
        elif token.type in ("fence", "code_block"):
            yield Block(token.content)
        elif token.type == "html_block":
            yield Block(re.sub(r"<!--.*?-->|<[^>]*>", "", token.content, flags=re.DOTALL))


def _said(children: list | None) -> str:
    parts = [""]  # by soft line break, which is one of the file and not of the text
    for child in children or ():
        if child.type == "softbreak":
            parts.append("")
        elif child.type == "hardbreak":
            parts[-1] += "\n"
        elif child.type in ("text", "code_inline", "image"):
            parts[-1] += child.content
    return reduce(joined, parts)


def read_table(path: Path, notes: Notes, column: str = "") -> Iterator[Block]:
    """A column of CSV, TSV, JSON, JSONL or Parquet; each row is a section of its own."""
    name = column
    try:
        for number, row in enumerate(raw_rows(path, None, None, []), 1):
            if not isinstance(row, dict):
                raise Unreadable("broken", kind=path.suffix[1:].upper())
            if number == 1 or name not in row:
                name = column if column in row else _column_of(row, column)
                if number == 1 and not column:
                    notes("column", name=name)
            yield Block("", 1)
            yield from (Block(block.text) for block in paragraphs(str(row[name] or "")))
    except ReadError as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable("table", reason=str(error)) from None


def _column_of(row: dict, wanted: str) -> str:
    """The only column with text, or the one of a usual name."""
    if wanted:
        raise Unreadable("no_column", name=wanted, names=list(row))
    texts = [name for name, value in row.items() if isinstance(value, str)]
    usual = [name for name in texts if name.lower() in _USUAL]
    if len(texts) == 1 or len(usual) == 1:
        return (usual or texts)[0]
    raise Unreadable("which_column", names=list(row))
