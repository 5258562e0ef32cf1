"""Documents of one's own as rows to ask about.

    docs = read_documents(["handbook/", "prices.pdf"], model="smollm2")
    print(docs)            what was read, and what could not be
    docs[0]                {"file": …, "chunk": 1, "text": …, "heading": …}

One file that can't be read doesn't stop the others: `faults` says why, a sentence each.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePath
from typing import Any

from smolsynth.documents.blocks import Block, Notes, bounded
from smolsynth.documents.chunks import Count, chunks, counter
from smolsynth.documents.html import read_html
from smolsynth.documents.office import read_docx, read_epub
from smolsynth.documents.pdf import read_pdf
from smolsynth.documents.plain import read_markdown, read_table, read_text
from smolsynth.documents.strings import NoDocuments, Unreadable, note, said_of
from smolsynth.rows import Row
from smolsynth.text.language import check_lang

TOKENS, OVERLAP = 200, 30  # of a chunk
MOST_BYTES = 50_000_000  # of a file
_READERS: dict[str, Callable[[Path, Notes], Iterator[Block]]] = {
    **dict.fromkeys((".txt", ".text"), read_text),
    **dict.fromkeys((".md", ".markdown"), read_markdown),
    **dict.fromkeys((".html", ".htm", ".xhtml"), read_html),
    ".pdf": read_pdf,
    ".docx": read_docx,
    ".epub": read_epub,
}
_TABLES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet")
SUFFIXES = (*_READERS, *_TABLES)


@dataclass
class Documents:
    """What `read_documents` gives; shown as what was read and what was not.

    Attributes:
        rows: dicts of `file`, `chunk`, `text` and `heading`.
        faults: (file, why) of those that can't be read; `Unreadable.words` says it in either
            language.
        notes: what else is to be said, as keys and values of `smolsynth.documents.strings`.
    """

    rows: list[Row]
    faults: list[tuple[str, Unreadable]] = field(default_factory=list)
    notes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def describe(self, lang: str = "en") -> list[str]:
        """What was read, one sentence a line, in "en" or "zh"."""
        check_lang(lang)
        told = []
        for key, values in self.notes:
            if "estimated" in values:
                counted = note("estimated", lang) if values["estimated"] else ""
                values = values | {"counted": counted}
            told.append(note(key, lang, **values))
        return told + said_of(self.faults, lang)

    def __repr__(self) -> str:
        return "\n".join(self.describe())

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __getitem__(self, number: int) -> Row:
        return self.rows[number]


def read_documents(
    paths: str | Path | Iterable[str | Path],
    *,
    model: str | None = None,
    tokens: int = TOKENS,
    overlap: int = OVERLAP,
    column: str = "",
) -> Documents:
    """Reads documents and cuts them into chunks, at headings and between sentences.

    TXT, Markdown, HTML, PDF, DOCX and EPUB, and columns of CSV, TSV, JSON, JSONL and Parquet, whose
    rows are sections of their own. All but TXT and tables need the extra `smolsynth[documents]`.
    Nothing is fetched, and nothing in a document is run.

    Args:
        paths: files, and folders whose documents are all taken, also those in folders below.
        model: the one that will read the chunks, as `load_llm` takes it: tokens are counted as it
            counts them where its tokenizer lies on this machine, else estimated.
        tokens: of a chunk, at most.
        overlap: that a chunk shares with the one before, at most; whole sentences.
        column: of tables, the one with the text; by default the only one with text, or one named
            text, content, document, body or passage.

    Returns:
        Chunks in the order of the documents: `file` (its path below the folder given, or its name),
        `chunk` (from 1 on in each file), `text`, and `heading` (“Chapter, Section”, or "").

    Raises:
        NoDocuments: none could be read; a ReadError that says why of each.
        ValueError: `tokens` or `overlap` are out of range.
    """
    if tokens < 16 or not 0 <= overlap <= tokens // 2:
        raise ValueError(
            f"tokens must be 16 at least and overlap half of that at most, not {tokens}, {overlap}."
        )
    count, estimates = counter(model)
    found, others = files_in(paths)
    read = Documents([])
    for name, path in found:

        def noted(key: str, file: str = name, **values: Any) -> None:
            read.notes.append((key, {"file": file} | values))

        try:
            read.rows += _rows_of(name, path, column, noted, tokens, overlap, count)
        except Unreadable as fault:
            read.faults.append((name, fault))
        except OSError as error:
            read.faults.append((name, Unreadable("locked", reason=error.strerror or str(error))))
    if others:
        kinds = [kind for kind, _ in others.most_common(5)]
        read.notes.append(("others", {"n": others.total(), "kinds": kinds}))
    if not read.rows:
        raise NoDocuments(read.faults)
    files = len({row["file"] for row in read.rows})
    head = {"files": files, "chunks": len(read), "tokens": tokens, "estimated": estimates}
    read.notes.insert(0, ("read", head))
    return read


def _rows_of(
    name: str, path: Path, column: str, noted: Notes, tokens: int, overlap: int, count: Count
) -> list[Row]:
    suffix = path.suffix.lower()
    if not path.exists():
        raise Unreadable("no_file")
    if suffix not in SUFFIXES:
        raise Unreadable("old_word") if suffix == ".doc" else Unreadable("no_kind", names=SUFFIXES)
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise Unreadable("huge", size=size / 1e6, most=MOST_BYTES / 1e6)
    if not size:
        raise Unreadable("empty")
    reader = _READERS.get(suffix) or partial(read_table, column=column)
    cut = chunks(bounded(reader(path, noted)), tokens, overlap, count)
    rows = [
        {"file": name, "chunk": number, "text": text, "heading": ", ".join(headings)}
        for number, (text, headings) in enumerate(cut, 1)
    ]
    if not rows:
        raise Unreadable("empty")
    return rows


def files_in(
    paths: str | Path | Iterable[str | Path],
) -> tuple[list[tuple[str, Path]], Counter]:
    """The files that are meant, each once, with their names for the data.

    Returns:
        (name, path) of each document, and of other files in the folders how many there are of each
        kind. Hidden files, and what only looks like a document (`~$…` of Word), are none.
    """
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    found: dict[Path, tuple[str, Path]] = {}
    others: Counter = Counter()
    for one in given:
        path = Path(one).expanduser()
        if not path.is_dir():
            found.setdefault(path.resolve(), (path.name, path))
            continue
        for file in sorted(path.rglob("*")):
            below = file.relative_to(path)
            if not file.is_file() or any(part.startswith((".", "~$")) for part in below.parts):
                continue
            if file.suffix.lower() in SUFFIXES:
                found.setdefault(file.resolve(), (below.as_posix(), file))
            else:
                others[file.suffix.lower() or file.name] += 1
    return list(zip(_told_apart(list(found.values())), found, strict=True)), others


def _told_apart(files: list[tuple[str, Path]]) -> list[str]:
    """The names; where two are the same, with as many folders above as tell them apart."""
    names = [name for name, _ in files]
    counts = Counter(names)
    for place, (name, path) in enumerate(files):
        depth, parts = len(PurePath(name).parts), Path(os.path.abspath(path)).parts
        while counts[names[place]] > 1 and depth < len(parts):
            depth += 1
            longer = PurePath(*parts[-depth:]).as_posix()
            names[place] = longer if longer not in names else names[place]
    return names
