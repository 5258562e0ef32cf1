"""The one way in for data of one's own: recognised, converted, and told what was taken for what.

    read = read_rows("mine.jsonl")
    read.shape, read.kind, len(read)
    print(read)               what was recognised, and what became of each column
    measure(read, "en")

Rows come in the form of `smolsynth.datasets.shapes`; `smolsynth.datasets.sources` opens the files.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smolsynth.datasets.cells import plain, talks_as_json, with_talks
from smolsynth.datasets.shapes import (
    FORM,
    KINDS,
    MEANING,
    TURNS,
    Shape,
    UnknownShape,
    recognise,
)
from smolsynth.datasets.sources import drained, raw_rows, text_lines
from smolsynth.datasets.strings import Notes, note, said
from smolsynth.datasets.talks import Fault, check_writable, empty
from smolsynth.datasets.wrapping import unwrapped, usual_names
from smolsynth.errors import ReadError, Said
from smolsynth.rows import Each, OnDisk, Row
from smolsynth.text.language import check_lang, in_language

LOOKED_AT = 1_000  # rows of a stream by which its shape is recognised
SHOWN = 3  # faulty rows named in an error
SAMPLE = 300  # texts by which the language is told


@dataclass
class Read:
    """What `read_rows` gives; shown as what it took for what.

    Attributes:
        rows: in the form of their kind (see `smolsynth.datasets.shapes`): a list, with `on_disk` a
            sequence like one, or of a stream an iterator that can be gone through once.
        shape: as "alpaca", "sharegpt" or "messages".
        kind: "instruction", "preference" or "kto".
        extra: the columns that are kept as they were.
        skipped: (number, reason) of rows that were left out, with `on_error="skip"`; a reason is
            a sentence in English that `words("zh")` says in Chinese.
        notes: what else is to be said, as keys and values of `smolsynth.datasets.strings`.
    """

    rows: list[Row] | OnDisk | Iterator[Row]
    shape: str
    kind: str
    extra: tuple[str, ...] = ()
    skipped: list[tuple[int, Said]] = field(default_factory=list)
    notes: Notes = field(default_factory=list)

    def number_of(self, place: int) -> int:
        """The number in the source of the row at a place in `rows`, counted with those skipped."""
        for number, _ in self.skipped:
            place += number <= place
        return place

    def describe(self, lang: str = "en") -> list[str]:
        """What was recognised, one sentence a line, in "en" or "zh"."""
        check_lang(lang)
        head: dict[str, Any] = {"kind": self.kind, "shape": self.shape}
        if isinstance(self.rows, list | OnDisk):
            head["rows"] = len(self.rows)
        notes = [("took" if "rows" in head else "stream", head), *self.notes]
        if self.skipped:
            number, reason = self.skipped[0]
            first = {"count": len(self.skipped), "number": number, "reason": reason}
            notes.append(("skipped", first))
        return [note(key, values, lang) for key, values in notes]

    def __repr__(self) -> str:
        return "\n".join(self.describe())

    def __len__(self) -> int:
        return len(self.rows)  # type: ignore[arg-type]  # of a stream, nobody knows

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)


def read_rows(
    source: Any,
    kind: str = "auto",
    *,
    split: str | None = None,
    encoding: str | None = None,
    stream: bool = False,
    on_disk: bool = False,
    on_error: str = "raise",
    on_row: Callable[[int], None] | None = None,
) -> Read:
    """Reads training data in any shape in use, and says what it took for what.

    Args:
        source: the path of a file (JSON, JSONL, CSV, TSV, Parquet, Arrow, each gzipped or not) or
            of a folder that `save` or `save_to_disk` wrote; the name of a dataset on the Hub, as
            "you/dataset"; a `Dataset`, `DatasetDict`, `Distiset`, DataFrame or list of dicts; or
            an iterable of dicts, which is read as a stream.
        kind: "instruction", "preference", "kto", or "auto" for what the columns say.
        split: of several, as "train".
        encoding: of a text file that is not UTF-8, as "gb18030". Byte order marks are seen.
        stream: give rows one after the other, in bounded memory; the shape is recognised by the
            first LOOKED_AT.
        on_disk: hold rows in a temporary file and not in memory, for files that are larger than it.
        on_error: "raise" refuses data with rows that can't be read; "skip" leaves these out and
            lists them in `skipped`.
        on_row: is called with the number of each row as it comes, to tell how far it is.

    Returns:
        A `Read`: `rows`, `shape`, `kind`, and notes on what became of each column.

    Raises:
        ReadError: the data can't be read, or not for certain. It says what was found, where, and
            what to do.
        ValueError: another `kind` or `on_error`.

    >>> read = read_rows([{"instruction": "Why?", "input": "", "output": "Because."}])
    >>> read.shape, read.kind, read.rows[0]["messages"][1]
    ('alpaca', 'instruction', {'role': 'assistant', 'content': 'Because.'})
    """
    if kind not in ("auto", *KINDS):
        raise ValueError(f"kind must be auto, {', '.join(KINDS)}, not {kind!r}.")
    if on_error not in ("raise", "skip"):
        raise ValueError(f'on_error must be "raise" or "skip", not {on_error!r}.')
    notes: Notes = []
    raw = raw_rows(source, split, encoding, notes)
    stream = stream or not (isinstance(source, str | Path) or hasattr(source, "__len__"))
    raw = unwrapped(_telling(raw, on_row) if on_row else raw, notes)
    raw = itertools.starmap(plain, enumerate(raw))
    hold: Any = list if stream or not on_disk else OnDisk
    first = hold(itertools.islice(raw, LOOKED_AT) if stream else raw)
    if not len(first):
        raise ReadError(said("no_rows"))
    written = talks_as_json(first)
    if written:
        notes.append(("json", {"columns": written}))
        first = hold(with_talks(row, written) for row in first)
        raw = (with_talks(row, written) for row in raw)
    if renamed := _by_usual_names(first, notes):
        first, raw = hold(map(renamed, first)), map(renamed, raw)
    shape = _recognise(first, kind, notes)
    read = Read([], shape.name, shape.kind, notes=notes)
    read.extra = _extra(first, shape, notes)
    count = len(first)
    if stream:
        rows = _without_news(first, raw)
    else:
        rows = iter(first) if on_disk else drained(first)
    made = _convert(rows, shape, on_error, read.skipped, None if stream else count)
    read.rows = made if stream else hold(made)
    if not stream:
        _tell_of_columns(read)
        if not len(read):
            number, reason = read.skipped[0]
            given = {"count": count, "number": number, "reason": reason}
            raise ReadError(said("none_readable", **given))
    return read


def read_texts(path: str | Path) -> list[str]:
    """Texts to compare with: the lines of a .txt file, a column of texts, or what users ask.

    Raises:
        ReadError: the file can't be read, or has no such texts.
    """
    path = Path(path)
    if path.suffix.lower() == ".txt" and path.is_file():
        return text_lines(path)
    first = list(raw_rows(path, None, None, []))
    for name in ("question", "instruction", "prompt", "query", "text", "document", "input"):
        texts = [row.get(name) for row in first if isinstance(row, Mapping)]
        known = [text for text in texts if isinstance(text, str)]
        if known and len(known) == len(texts):
            return known
    return [
        turn["content"]
        for row in read_rows(path).rows
        for turn in row.get("messages") or row["prompt"]
        if turn["role"] == "user"
    ]


def language_of(rows: Sequence[Row]) -> str:
    """The language that most of the first answers are in, "en" or "zh"."""
    texts = []
    for row in rows[:SAMPLE]:
        answer = row.get("chosen") or row.get("completion") or row["messages"]
        texts.append(answer[-1]["content"])
    votes = {lang: sum(in_language(text, lang) for text in texts) for lang in ("en", "zh")}
    return "zh" if votes["zh"] > votes["en"] else "en"


# ---- shape ----


def _telling(rows: Iterable[Any], on_row: Callable[[int], None]) -> Iterator[Any]:
    for number, row in enumerate(rows):
        on_row(number)
        yield row


def _by_usual_names(first: Sequence[Row], notes: Notes) -> Callable[[Row], Row] | None:
    """What gives a row the columns that the shapes know, where theirs are called otherwise."""
    names = usual_names(first, loose=True)
    if names and _is_known(first):  # then those that may mean something else don't
        names = usual_names(first, loose=False)

    def renamed(row: Row) -> Row:
        return {names.get(name, name): value for name, value in row.items()}

    if not names or not _is_known(Each(first, renamed)):
        return None
    notes.append(("names", {"columns": [f"{old} = {new}" for old, new in names.items()]}))
    return renamed


def _is_known(first: Sequence[Row]) -> bool:
    try:
        recognise(first)
    except UnknownShape:
        return False
    return True


def _recognise(first: Sequence[Row], kind: str, notes: Notes) -> Shape:
    try:
        shape = recognise(first, kind)
    except UnknownShape as error:
        raise ReadError(error.said) from None
    notes += shape.notes
    return shape


def _extra(first: Sequence[Row], shape: Shape, notes: Notes) -> tuple[str, ...]:
    """The columns kept as they are; those that are empty throughout are not."""
    names, filled = dict[str, None](), set[str]()
    for row in first:
        names |= dict.fromkeys(row)
        filled |= {name for name, value in row.items() if not empty(value)}
    others = [name for name in names if name not in shape.used]
    kept = tuple(name for name in others if name in filled)
    if passed := [name for name in others if name not in kept]:
        notes.append(("empty", {"columns": passed}))
    if kept:
        notes.append(("kept", {"columns": kept}))
    for name in kept:
        if name == "thoughts":  # told of where it is none, by the row
            continue
        if new := _free_of_form(name, shape.kind):
            notes.append(("renamed", {"column": name, "new": new}))
    return kept


def _free_of_form(name: str, kind: str) -> str:
    """Another name for a column that would pass for one of the form; "" where none is needed."""
    taken = {*FORM[kind], *TURNS, "tools", "thoughts"}
    return f"{name}_before" if name in taken else ""


def _convert(
    rows: Iterable[Row],
    shape: Shape,
    on_error: str,
    skipped: list[tuple[int, Said]],
    count: int | None,
) -> Iterator[Row]:
    used = set(shape.used)
    faults: list[tuple[int, Said]] = []
    for number, row in enumerate(rows):
        try:
            made = shape.read(row)
            for name, value in row.items():
                if name == "thoughts" and name not in made and _are_thoughts(value, made):
                    made[name] = value
                elif name not in used and not empty(value):
                    made[_free_of_form(name, shape.kind) or name] = value
            check_writable(made)
        except Fault as fault:
            if on_error == "skip":
                skipped.append((number, fault.said))
                continue
            faults.append((number, fault.said))
            if count is None:
                break
            continue
        if not faults:
            yield made
    if faults:
        first = _semicolons([said("row", number=n, reason=why) for n, why in faults[:SHOWN]])
        if len(faults) > SHOWN:
            first = Said(f"{first}; …", f"{first.zh}；……")
        key = "faults" if count else "faults_stream"
        values = {"count": len(faults), "all": count, "shape": shape.name, "first": first}
        raise ReadError(said(key, **values))


def _semicolons(parts: list[Said]) -> Said:
    return Said("; ".join(parts), "；".join(part.zh for part in parts))


def _are_thoughts(value: Any, row: Row) -> bool:
    """Whether a column is one of thoughts as `read_rows` makes it: one text an assistant turn."""
    turns = sum(turn["role"] == "assistant" for turn in row.get("messages", ()))
    return isinstance(value, list) and [*map(type, value)] == [str] * turns


def _tell_of_columns(read: Read) -> None:
    columns = {name for row in read.rows for name in row}
    if any(name.startswith("thoughts") for name in columns):
        read.notes.append(("thoughts", {}))
    if of_turns := sorted(name for name in columns if name.startswith("turn_")):
        read.notes.append(("turns", {"columns": of_turns}))
    if "tools" in columns:
        read.notes.append(("tools", {}))


def _without_news(first: Sequence[Row], others: Iterable[Row]) -> Iterator[Row]:
    """All rows of a stream; ReadError where one has a column that changes how rows are read and
    that the first ones, by which the shape was recognised, don't have."""
    yield from first
    known = {name for row in first for name, value in row.items() if not empty(value)}
    seen = {name for row in first for name in row}
    news = MEANING - known
    for number, row in enumerate(others, len(first)):
        new = [*news & row.keys()]
        new += usual_names([row], loose=False) if row.keys() - seen else ()
        if found := next((name for name in new if not empty(row[name])), None):
            expected = said("known_column", count=len(first))
            fault = Fault(found, expected, said("new_column")).said
            raise ReadError(Said(f"row {number}: {fault}.", f"第 {number} 行：{fault.zh}。"))
        yield row
