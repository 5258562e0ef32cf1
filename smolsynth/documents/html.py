"""HTML pages, and chapters of books, which are HTML: text without menus, scripts and forms."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from smolsynth.documents.blocks import Block, Notes, needed
from smolsynth.documents.plain import decoded
from smolsynth.documents.strings import Unreadable

_ASIDE = frozenset(
    "script style noscript template nav aside footer form button select svg iframe object head"
    " canvas video audio math rp rt dialog".split()
)
_INLINE = frozenset(
    "a abbr b bdi bdo cite code data del dfn em font i img ins kbd label mark q ruby rb s samp"
    " small span strike strong sub sup time tt u var wbr".split()
)
_NOTE = re.compile(r"[\[(（［]?(?:\d{1,3}|[*†‡§]+|[a-z]|注\s?\d*|note \d+)[\])）］]?")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?([\w-]+)", re.IGNORECASE)
_DEEPEST = 200  # elements within one another


def read_html(path: Path, notes: Notes) -> Iterator[Block]:
    """A page that was saved."""
    yield from blocks_of(path.read_bytes(), notes)


def blocks_of(data: bytes, notes: Notes) -> Iterator[Block]:
    """The headings, paragraphs, list items and rows of tables in the main part of a page."""
    html = needed("lxml.html", "lxml")
    named = _CHARSET.search(data[:4096])
    try:
        text = data.decode(named[1].decode() if named else "utf-8")
    except (UnicodeDecodeError, LookupError):
        text = decoded(data, notes)
    text = re.sub(r"\A\s*<\?xml[^>]*\?>", "", text.lstrip("\ufeff"))
    if not text.strip():
        return
    parser = html.HTMLParser(remove_comments=True, remove_pis=True, no_network=True)
    try:
        page = html.document_fromstring(text, parser=parser)
    except (ValueError, needed("lxml.etree", "lxml").LxmlError):
        raise Unreadable("broken", kind="HTML") from None
    mains = page.xpath("//main | //*[@role='main']") or page.xpath("//article")
    root = mains[0] if len(mains) == 1 else page
    yield from _walked(root)


def _walked(root: Any) -> Iterator[Block]:
    """Depth first; text that belongs together is one block."""
    parts: list[str] = []

    def ended() -> Iterator[Block]:
        text = re.sub(r"[ \t\n]+", " ", "".join(parts)).strip().replace("\u2028", "\n")
        parts.clear()
        if text:
            yield Block(re.sub(r" ?\n ?", "\n", text))

    def walk(element: Any, depth: int) -> Iterator[Block]:
        tag = element.tag if isinstance(element.tag, str) else ""
        if depth > _DEEPEST or _is_aside(element, tag):
            return
        if re.fullmatch(r"h[1-6]", tag):
            yield from ended()
            yield Block(_line(element), int(tag[1]))
            return
        if tag == "tr":
            yield from ended()
            yield Block(" | ".join(map(_line, element)))
            return
        if tag == "pre":
            yield from ended()
            yield Block(element.text_content())
            return
        if tag == "br":
            parts.append("\u2028")
            return
        own = tag not in _INLINE
        if own:
            yield from ended()
        parts.append(element.text or "")
        for child in element:
            yield from walk(child, depth + 1)
            parts.append(child.tail or "")
        if own:
            yield from ended()

    yield from walk(root, 0)
    yield from ended()


def _line(element: Any) -> str:
    """The text of a heading or a cell, in one line."""

    def parts(element: Any, depth: int) -> Iterator[str]:
        tag = element.tag if isinstance(element.tag, str) else ""
        if depth > _DEEPEST or _is_aside(element, tag):
            return
        edge = "" if tag in _INLINE else " "
        yield edge + (element.text or "")
        for child in element:
            yield from parts(child, depth + 1)
            yield child.tail or ""
        yield edge

    return " ".join("".join(parts(element, 0)).split())


def _is_aside(element: Any, tag: str) -> bool:
    """Whether an element is no part of the text: a menu, what is hidden, the mark of a note.

    What stands aside in a book is a part of it, as a footnote or a box.
    """
    of_book = f"{element.get('epub:type') or ''} {element.get('role') or ''}"
    if tag == "aside" and re.search(r"note|sidebar|tip|doc-", of_book):
        return False
    return tag in _ASIDE or _is_hidden(element) or (tag in ("a", "sup") and _is_mark(element))


def _is_mark(element: Any) -> bool:
    """Whether a link says no more than the number of a note: as a word of its own, “1” is none."""
    links = [element] if element.tag == "a" else element.findall("a")
    if len(links) != 1 or "#" not in (links[0].get("href") or ""):
        return False
    said = element.text_content().strip()
    ways = " ".join(filter(None, map(links[0].get, ("epub:type", "role", "class")))).lower()
    raised = element.tag == "sup" or links[0].find("sup") is not None
    named = raised or "noteref" in ways or "footnote" in ways or "backlink" in ways
    return said in ("↩", "↑", "^") or (named and bool(_NOTE.fullmatch(said)))


def _is_hidden(element: Any) -> bool:
    return (
        element.get("hidden") is not None
        or element.get("aria-hidden") == "true"
        or bool(_HIDDEN.search(element.get("style") or ""))
    )
