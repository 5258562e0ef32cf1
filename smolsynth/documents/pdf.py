"""PDF files, by PDFium: text in reading order, larger letters as headings, no page numbers."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from smolsynth.documents.blocks import Block, Notes, joined, needed, unwrapped
from smolsynth.documents.strings import Unreadable
from smolsynth.text.tokens import lemmas

_LARGER = 1.15  # times the size of most letters: a heading
_LONGEST = 120  # characters of a heading
_ENDS = re.compile(r"[.!?:。！？：…][\"')\]”’」』）]*$")


class _Line(NamedTuple):
    text: str
    size: float  # of its first letter, in points


def read_pdf(path: Path, notes: Notes) -> Iterator[Block]:
    """The paragraphs of a PDF; they go on over the end of a page."""
    pdfium = needed("pypdfium2", "pypdfium2")
    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        key = "encrypted" if "assword" in str(error) else "broken"
        raise Unreadable(key, kind="PDF") from None
    try:
        pages = [_lines(document, number, pdfium) for number in range(len(document))]
    finally:
        document.close()
    empty = sum(not page for page in pages)
    if pages and empty == len(pages):
        raise Unreadable("scanned", pages=len(pages))
    if empty:
        notes("pages", n=empty, pages=len(pages))
    yield from _blocks(_without_margins(pages))


def _lines(document: Any, number: int, pdfium: Any) -> list[_Line]:
    """The lines of a page; a blank one where PDFium sees a gap."""
    try:
        page = document[number]
        text_page = page.get_textpage()
        text = text_page.get_text_range()
    except pdfium.PdfiumError:  # this page is damaged, others may not be
        return []
    found, at = [], 0
    for line in text.split("\n"):
        shown = line.rstrip("\r")
        size = pdfium.raw.FPDFText_GetFontSize(text_page.raw, at) if shown.strip() else 0.0
        found.append(_Line(_whole_words(shown), round(size, 1)))
        at += len(line) + 1
    return found if any(line.text.strip() for line in found) else []


_BROKEN = re.compile(r"([^\W\d_]*)[\ufffe\x02]([^\W\d_]*)")  # at the end of a line, by PDFium


def _whole_words(line: str) -> str:
    """A line with its broken words in one; a hyphen stays between two words that make no third.

    >>> _whole_words("dan\ufffegerous, tem\ufffepor, heat\ufffetreated, Barnes\ufffeJewish")
    'dangerous, tempor, heat-treated, Barnes-Jewish'
    """

    def whole(found: re.Match) -> str:
        one, two = found.groups()
        broken = one and two[:1].islower()
        if broken and not lemmas((one + two).lower()) and lemmas(one.lower()) and lemmas(two):
            broken = False
        return one + two if broken else f"{one}-{two}"

    return _BROKEN.sub(whole, line)


def _without_margins(pages: list[list[_Line]]) -> Iterator[_Line]:
    """All lines but page numbers and what stands at the top or the foot of most pages."""

    def plain(line: _Line) -> str:
        return re.sub(r"\d+", "#", line.text).strip()

    ends = [[line for line in page if line.text.strip()] for page in pages]
    at_margin = Counter(
        text for page in ends if page for text in {*map(plain, (page[0], page[-1]))}
    )
    often = {text for text, n in at_margin.items() if n >= 3 and n * 2 > len(pages)} | {
        "#",
        "- # -",
    }
    for page, inked in zip(pages, ends, strict=True):
        body = max(inked, key=lambda line: len(line.text)).size if inked else 0.0
        for line in page:
            at_end = inked and (line is inked[0] or line is inked[-1])
            if not (at_end and plain(line) in often and line.size <= body):
                yield line


def _blocks(lines: Iterator[_Line]) -> Iterator[Block]:
    known = list(lines)
    letters: Counter = Counter()
    for line in known:
        letters[line.size] += len(line.text)
    body = letters.most_common(1)[0][0] if letters else 0.0
    sizes = sorted({line.size for line in known if line.size > _LARGER * body}, reverse=True)
    levels = {size: min(place, 6) for place, size in enumerate(sizes, 1)}
    part: list[str] = []
    heading, level = "", 0

    for line in [*known, _Line("", 0.0)]:
        own = levels.get(line.size, 0) if line.text.strip() and len(line.text) < _LONGEST else 0
        if own and part:
            yield from _parted(part)
            part = []
        if own and own == level:  # a heading of two lines
            heading = joined(heading, line.text)
            continue
        if level:
            yield Block(heading, level)
        heading, level = (line.text, own) if own else ("", 0)
        if not own:
            part.append(line.text)
    yield from _parted(part)


def _parted(lines: list[str]) -> Iterator[Block]:
    """Paragraphs: they end at a blank line, or where a sentence ends well before the margin."""
    margin = max(map(len, lines), default=0)
    part: list[str] = []
    for line in lines:
        if line.strip():
            part.append(line.strip())
        if part and (not line.strip() or (_ENDS.search(line) and len(line) < 0.8 * margin)):
            yield Block(unwrapped("\n".join(part)))
            part = []
    if part:
        yield Block(unwrapped("\n".join(part)))
