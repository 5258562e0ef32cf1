"""Books as the tools in use write them: EPUB 3 as of Sigil or InDesign, EPUB 2 as of calibre."""

import zipfile
from pathlib import Path

_CONTAINER = """<?xml version="1.0" encoding="UTF-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="{}" media-type="application/oebps-package+xml"/></rootfiles></container>"""
_DOCTYPE = (
    '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.1//EN"'
    ' "http://www.w3.org/TR/xhtml11/DTD/xhtml11.dtd">'
)
_PAGE = f"""<?xml version="1.0" encoding="utf-8"?>
{_DOCTYPE}
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops">
<head><title/><link rel="stylesheet" type="text/css" href="../style.css"/></head>
<body epub:type="bodymatter">{{}}</body></html>"""
_NCX = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE ncx PUBLIC "-//NISO//DTD ncx 2005-1//EN"
 "http://www.daisy.org/z3986/2005/ncx-2005-1.dtd">
<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/" version="2005-1"><navMap><navPoint id="n1">
<navLabel><text>Contents</text></navLabel><content src="text/ch1.xhtml"/></navPoint></navMap>
</ncx>"""
_COVER = """<div><svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">
<image xlink:href="../images/cover.jpg"/></svg></div>"""
_OPF_3 = """<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier id="id">urn:uuid:1
</dc:identifier><dc:title>Mill &amp; Lake</dc:title><meta name="cover" content="img"/></metadata>
<manifest><item id="ncx" href="../toc.ncx" media-type="application/x-dtbncx+xml"/>
<item id="nav" href="../text/nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>
<item id="cover" href="../text/cover.xhtml" properties="svg" media-type="application/xhtml+xml"/>
<item id="img" href="../images/cover.jpg" media-type="image/jpeg" properties="cover-image"/>
<item id="c2" href="../text/Chapter%202.xhtml" media-type="application/xhtml+xml"/>
<item id="c1" href="../text/ch1.xhtml" media-type="application/xhtml+xml"/>
<item id="font" href="../fonts/A.otf" media-type="application/vnd.ms-opentype"/></manifest>
<spine toc="ncx"><itemref idref="cover" linear="no"/><itemref idref="nav"/><itemref idref="c1"/>
<itemref idref="c2"/></spine></package>"""
_CHAPTERS = {
    "nav.xhtml": '<nav epub:type="toc"><ol><li><a href="ch1.xhtml">The Mill</a></li></ol></nav>',
    "cover.xhtml": _COVER,
    "ch1.xhtml": """<section epub:type="chapter"><a id="page_1"/>
<header><h1><span class="n">1</span><br/>The Mill</h1></header>
<p><span class="drop">T</span>he mill was built&nbsp;in 1911&mdash;by two.<a epub:type="noteref"
 href="#fn1">1</a> It is a caf&eacute;.</p><p>Its wheel is of oak.<sup><a href="#fn2">[2]</a></sup>
 It holds H<sub>2</sub>O &amp; turns; see <a href="#s3">3</a>.</p>
<span epub:type="pagebreak" id="p12" title="12"/>
<aside epub:type="footnote" id="fn1"><p>Hans and Peter.</p></aside>
<figure><img src="../images/w.jpg" alt="A wheel"/><figcaption>The wheel.</figcaption></figure>
</section>""",
    "Chapter 2.xhtml": """<div id="x"/><h2>The Lake</h2><script src="a.js"/><p>A<i/> boat goes.</p>
<table><tr><th><p>Fish</p><p>(big)</p></th><td>Pike</td></tr></table>""",
}
_OPF_2 = """<?xml version='1.0' encoding='utf-8'?>
<opf:package xmlns:opf="http://www.idpf.org/2007/opf" version="2.0"><opf:manifest>
<opf:item id="titlepage" href="titlepage.xhtml" media-type="application/xhtml+xml"/>
<opf:item id="html1" href="text/part0000_split_000.html" media-type="application/xhtml+xml"/>
<opf:item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/></opf:manifest>
<opf:spine toc="ncx"><opf:itemref idref="titlepage"/><opf:itemref idref="html1"/></opf:spine>
<opf:guide><opf:reference href="titlepage.xhtml" type="cover"/></opf:guide></opf:package>"""
_CHINESE = """<h1 class="calibre1">第一章　<ruby>磨坊<rt>mòfáng</rt></ruby></h1>
<p class="calibre2">　　磨坊建于一九一一年。<sup
 class="calibre3"><a href="#注1">[1]</a></sup>水车是橡木的。</p>"""

LOCKED_FONT = """<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container"
 xmlns:enc="http://www.w3.org/2001/04/xmlenc#"><enc:EncryptedData>
<enc:EncryptionMethod Algorithm="http://www.idpf.org/2008/embedding"/><enc:CipherData>
<enc:CipherReference URI="OEBPS/fonts/A.otf"/></enc:CipherData></enc:EncryptedData></encryption>"""
LOCKED_CHAPTER = """<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<EncryptedData xmlns="http://www.w3.org/2001/04/xmlenc#">
<EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/><KeyInfo
 xmlns="http://www.w3.org/2000/09/xmldsig#"><resource xmlns="http://ns.adobe.com/adept">urn:uuid:1
</resource></KeyInfo><CipherData><CipherReference URI="OEBPS/text/ch1.xhtml"/></CipherData>
</EncryptedData></encryption>"""


def epub_3(path: Path, encryption: str = "") -> Path:
    """A book with its package in a folder of its own, and what is encrypted in it, if anything."""
    parts = {f"OEBPS/text/{name}": _PAGE.format(body) for name, body in _CHAPTERS.items()}
    parts |= {"OEBPS/package/content.opf": _OPF_3, "OEBPS/toc.ncx": _NCX}
    parts |= {"META-INF/encryption.xml": encryption} if encryption else {}
    return _written(path, "OEBPS/package/content.opf", parts)


def epub_2(path: Path) -> Path:
    """A book in Chinese, its chapter in UTF-16."""
    parts: dict[str, str | bytes] = {"content.opf": _OPF_2, "titlepage.xhtml": _PAGE.format(_COVER)}
    chapter = _PAGE.format(_CHINESE).replace("utf-8", "utf-16").encode("utf-16")
    return _written(path, "content.opf", parts | {"text/part0000_split_000.html": chapter})


def _written(path: Path, package: str, parts: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        book.writestr("META-INF/container.xml", _CONTAINER.format(package))
        for name, content in parts.items():
            book.writestr(name, content, zipfile.ZIP_DEFLATED)
    return path
