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
        if tag in _ASIDE or depth > _DEEPEST or _is_hidden(element):
            return
        if re.fullmatch(r"h[1-6]", tag):
            yield from ended()
            yield Block(" ".join(element.text_content().split()), int(tag[1]))
            return
        if tag == "tr":
            yield from ended()
            cells = (" ".join(cell.text_content().split()) for cell in element)
            yield Block(" | ".join(cells))
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


def _is_hidden(element: Any) -> bool:
    return (
        element.get("hidden") is not None
        or element.get("aria-hidden") == "true"
        or bool(_HIDDEN.search(element.get("style") or ""))
    )
