"""What the reader of documents says, in both languages: faults, one sentence each, and notes."""

from typing import Any

from smolsynth.errors import ReadError
from smolsynth.text.language import listed
from smolsynth.text.layout import in_words

_FAULTS = {
    "en": {
        "no_file": "there is no such file or folder.",
        "no_kind": "files of this kind are not read; save it as one of {names}.",
        "old_word": "the old .doc format is not read: save it as .docx.",
        "empty": "there is no text in it.",
        "scanned": "all its pages ({pages}) are pictures without a text layer: run text recognition"
        " on it first (OCRmyPDF makes a PDF with text).",
        "encrypted": "it is encrypted: save a copy without a password.",
        "drm": "its chapters are encrypted (DRM), so they can't be read.",
        "broken": "it is damaged, or no {kind} at all: fetch or save it again.",
        "huge": "it is too large, {size:,.0f} MB where {most:,.0f} are read: split it.",
        "long": "it unpacks to too much text, over {most:,.0f} million characters: split it.",
        "encoding": "the encoding of its characters is not to be made out: save it as UTF-8.",
        "no_column": "it has no column {name!r}; there are {names}.",
        "which_column": "which column holds the text? There are {names}; name one as the column.",
        "table": "{reason}",
        "locked": "it can't be opened ({reason}).",
        "package": "to read it, install {package} first: pip install 'smolsynth[documents]'.",
        "none": "No document could be read. {faults}",
    },
    "zh": {
        "no_file": "没有这个文件或文件夹。",
        "no_kind": "这种文件读不了，请另存为以下格式之一：{names}。",
        "old_word": "读不了旧的 .doc 格式，请另存为 .docx。",
        "empty": "里面没有文字。",
        "scanned": "共 {pages} 页，全是图片，没有文字层：请先做文字识别（OCRmyPDF 可以生成带文字的"
        " PDF）。",
        "encrypted": "文件加了密：请另存一份不带密码的。",
        "drm": "各章都加了密（DRM），读不了。",
        "broken": "文件损坏，或者根本不是 {kind}：请重新下载或另存。",
        "huge": "文件太大：{size:,.0f} MB，上限是 {most:,.0f} MB。请拆成几个。",
        "long": "展开后文字太多，超过 {most_zh:,.0f} 万个字符。请拆成几个。",
        "encoding": "认不出文字编码：请另存为 UTF-8。",
        "no_column": "没有“{name}”这一列，现有：{names}。",
        "which_column": "文字在哪一列？现有：{names}；请指定其中一列。",
        "table": "表格读不了，原始信息：{reason}",
        "locked": "打不开（{reason}）。",
        "package": "读它要先安装 {package}：pip install 'smolsynth[documents]'。",
        "none": "没有一份文档读得了。{faults}",
    },
}
_NOTES = {
    "en": {
        "read": "{files} documents, {chunks} chunks of at most {tokens} tokens{counted}.",
        "estimated": " (estimated by words and characters)",
        "fault": "Not read: {file}: {said}",
        "more": "Not read: {n} more files.",
        "others": "Passed over, no documents: {n} files ({kinds}).",
        "encoding": "{file}: read as {name}.",
        "pages": "{file}: {n} of {pages} pages hold no text and are left out.",
        "column": "{file}: the text is taken from column {name}.",
    },
    "zh": {
        "read": "{files} 份文档，切成 {chunks} 块，每块不超过 {tokens} 个词元{counted}。",
        "estimated": "（按词数和字数估算）",
        "fault": "没有读 {file}：{said}",
        "more": "还有 {n} 个文件没有读。",
        "others": "略过 {n} 个不是文档的文件（{kinds}）。",
        "encoding": "{file}：按 {name} 编码读取。",
        "pages": "{file}：{pages} 页里有 {n} 页没有文字，已略去。",
        "column": "{file}：文字取自 {name} 列。",
    },
}
SHOWN = 10  # faults that are told one by one


class Unreadable(ReadError):
    """A document that can't be read. `words` says why and what to do, in one sentence.

    Attributes:
        key, values: of the sentence.
    """

    def __init__(self, key: str, **values: Any) -> None:
        self.key, self.values = key, values
        super().__init__(self.words("en"))

    def words(self, lang: str) -> str:
        """Why, in "en" or "zh"."""
        return in_words(_FAULTS[lang][self.key], **_worded(self.values, lang))


class NoDocuments(Unreadable):
    """None of the documents can be read; it tells of each."""

    def __init__(self, faults: list[tuple[str, Unreadable]]) -> None:
        self.faults = faults
        super().__init__("none")

    def words(self, lang: str) -> str:
        gap = "" if lang == "zh" else " "
        told = gap.join(said_of(self.faults, lang))
        return _FAULTS[lang]["none"].format(faults=told).strip()


def note(key: str, lang: str, **values: Any) -> str:
    """A sentence about what was read."""
    return in_words(_NOTES[lang][key], **_worded(values, lang))


def said_of(faults: list[tuple[str, Unreadable]], lang: str) -> list[str]:
    """A sentence for each document that can't be read, of many for the first ones."""
    told = [note("fault", lang, file=file, said=one.words(lang)) for file, one in faults[:SHOWN]]
    return told + ([note("more", lang, n=len(faults) - SHOWN)] if len(faults) > SHOWN else [])


def _worded(values: dict[str, Any], lang: str) -> dict[str, Any]:
    return {
        name: listed(value, lang) if isinstance(value, list | tuple) else value
        for name, value in values.items()
    }
