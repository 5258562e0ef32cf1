"""Word files and books: DOCX and EPUB, which are zip files of XML."""

import posixpath
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from smolsynth.documents.blocks import Block, Notes, check_unpacked, needed
from smolsynth.documents.html import blocks_of
from smolsynth.documents.strings import Unreadable

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # old Office files, and new ones with a password
_FONTS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")


def read_docx(path: Path, notes: Notes) -> Iterator[Block]:
    """A Word file: its paragraphs, headings by their styles, and tables row by row."""
    docx = needed("docx", "python-docx")
    with path.open("rb") as file:
        if file.read(8) == _OLE:
            raise Unreadable("encrypted")
    try:
        with zipfile.ZipFile(path) as archive:
            check_unpacked(archive)
        document = docx.Document(str(path))
        for part in document.iter_inner_content():
            if hasattr(part, "rows"):
                yield from _rows(part)
            else:
                yield Block(part.text, _level(part))
    except Unreadable:
        raise
    except Exception:  # python-docx and lxml raise all kinds of it
        raise Unreadable("broken", kind="DOCX") from None


def _level(paragraph: Any) -> int:
    name = (paragraph.style.name or "").lower() if paragraph.style is not None else ""
    if name == "title":
        return 1
    heading = re.fullmatch(r"(?:heading|标题) ?(\d)", name)
    return min(int(heading[1]), 6) if heading else 0


def _rows(table: Any) -> Iterator[Block]:
    for row in table.rows:
        cells: list[str] = []
        for cell in row.cells:  # merged ones come again
            text = " ".join(cell.text.split())
            if not cells or cells[-1] != text:
                cells.append(text)
        yield Block(" | ".join(cells))


def read_epub(path: Path, notes: Notes) -> Iterator[Block]:
    """A book: its chapters in the order of its spine."""
    etree = needed("lxml.etree", "lxml")
    safe = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)

    def xml(name: str) -> Any:
        return etree.fromstring(archive.read(name), safe)

    try:
        with zipfile.ZipFile(path) as archive:
            check_unpacked(archive)
            [package] = xml("META-INF/container.xml").xpath("//*[local-name()='rootfile'][1]")
            book = package.get("full-path")
            locked = _locked(xml) if "META-INF/encryption.xml" in archive.namelist() else set()
            for name in _chapters(xml(book), posixpath.dirname(book)):
                if name in locked:
                    raise Unreadable("drm")
                if name in archive.namelist():
                    yield from blocks_of(archive.read(name), notes)
    except Unreadable:
        raise
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, RuntimeError, etree.LxmlError):
        raise Unreadable("broken", kind="EPUB") from None


def _locked(xml: Any) -> set[str]:
    """The files of a book that are encrypted, fonts aside, which are only disguised."""
    found = set()
    for data in xml("META-INF/encryption.xml").xpath("//*[local-name()='EncryptedData']"):
        way = data.xpath("./*[local-name()='EncryptionMethod']/@Algorithm")
        if not way or way[0] not in _FONTS:
            found |= set(map(unquote, data.xpath(".//*[local-name()='CipherReference']/@URI")))
    return found


def _chapters(package: Any, folder: str) -> Iterator[str]:
    pages = {
        item.get("id"): item
        for item in package.xpath("//*[local-name()='manifest']/*[local-name()='item']")
    }
    for itemref in package.xpath("//*[local-name()='spine']/*[local-name()='itemref']"):
        page = pages.get(itemref.get("idref"))
        if page is not None and "html" in (page.get("media-type") or "html"):
            if "nav" not in (page.get("properties") or "").split():
                yield posixpath.normpath(posixpath.join(folder, unquote(page.get("href"))))
