"""The one way in for data of one's own: recognised, converted, and told what was taken for what.

    read = read_rows("mine.jsonl")
    read.shape, read.kind, len(read)
    print(read)               what was recognised, and what became of each column
    measure(read, "en")

Rows come in the form of `smolsynth.datasets.shapes`; `smolsynth.datasets.sources` opens the files.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smolsynth.datasets.shapes import FORM, KINDS, Fault, Shape, UnknownShape, recognise
from smolsynth.datasets.sources import Notes, raw_rows, text_lines
from smolsynth.datasets.strings import NOTES
from smolsynth.errors import ReadError
from smolsynth.rows import Row, is_missing
from smolsynth.text.language import check_lang

LOOKED_AT = 1_000  # rows of a stream by which its shape is recognised
SHOWN = 3  # faulty rows named in an error


@dataclass
class Read:
    """What `read_rows` gives; shown as what it took for what.

    Attributes:
        rows: in the form of their kind (see `smolsynth.datasets.shapes`): a list, or of a stream
            an iterator that can be gone through once.
        shape: as "alpaca", "sharegpt" or "messages".
        kind: "instruction", "preference" or "kto".
        extra: the columns that are kept as they were.
        skipped: (number, reason) of rows that were left out, with `on_error="skip"`.
        notes: what else is to be said, as keys and values of `smolsynth.datasets.strings`.
    """

    rows: list[Row] | Iterator[Row]
    shape: str
    kind: str
    extra: tuple[str, ...] = ()
    skipped: list[tuple[int, str]] = field(default_factory=list)
    notes: Notes = field(default_factory=list)

    def number_of(self, place: int) -> int:
        """The number in the source of the row at a place in `rows`, counted with those skipped."""
        for number, _ in self.skipped:
            place += number <= place
        return place

    def describe(self, lang: str = "en") -> list[str]:
        """What was recognised, one sentence a line, in "en" or "zh"."""
        words = NOTES[check_lang(lang)]
        head = {"kind": self.kind, "shape": self.shape}
        if isinstance(self.rows, list):
            lines = [words["took"].format(rows=len(self.rows), **head)]
        else:
            lines = [words["stream"].format(**head)]
        lines += [words[key].format(**values) for key, values in self.notes]
        if self.skipped:
            number, reason = self.skipped[0]
            first = f"row {number} ({reason})"
            lines.append(words["skipped"].format(count=len(self.skipped), first=first))
        return lines

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
    on_error: str = "raise",
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
        on_error: "raise" refuses data with rows that can't be read; "skip" leaves these out and
            lists them in `skipped`.

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
    raw = map(_plain, raw)
    first = list(itertools.islice(raw, LOOKED_AT)) if stream else list(raw)
    for number, row in enumerate(first):
        if not isinstance(row, Mapping):
            raise ReadError(
                f"Row {number} is no dict of columns but {type(row).__name__}: each row must be"
                ' an object, as {"messages": […]}.'
            )
    if not first:
        raise ReadError("There are no rows in it.")
    if hasattr(source, "iloc"):
        _missing_of_pandas(first, notes)
    shape = _recognise(first, kind, notes)
    read = Read([], shape.name, shape.kind, notes=notes)
    read.extra = _extra(first, shape, notes)
    rows = itertools.chain(first, raw) if stream else first
    made = _convert(rows, shape, on_error, read.skipped, None if stream else len(first))
    read.rows = made if stream else list(made)
    if not stream:
        _tell_of_columns(read)
        if not read.rows:
            number, reason = read.skipped[0]
            raise ReadError(f"None of {len(first)} rows can be read; row {number}: {reason}.")
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
        if texts and all(isinstance(text, str) for text in texts):
            return texts
    return [
        turn["content"]
        for row in read_rows(path).rows
        for turn in row.get("messages") or row["prompt"]
        if turn["role"] == "user"
    ]


# ---- shape ----


def _recognise(first: list[Row], kind: str, notes: Notes) -> Shape:
    try:
        shape = recognise(first, kind)
    except UnknownShape as error:
        raise ReadError(str(error)) from None
    notes += shape.notes
    return shape


def _extra(first: list[Row], shape: Shape, notes: Notes) -> tuple[str, ...]:
    """The columns kept as they are; those that are empty throughout are not."""
    names = dict.fromkeys(name for row in first for name in row)
    others = [name for name in names if name not in shape.used]
    empty = [name for name in others if all(_nothing(row.get(name)) for row in first)]
    if empty:
        notes.append(("empty", {"columns": ", ".join(empty)}))
    kept = tuple(name for name in others if name not in empty)
    if kept:
        notes.append(("kept", {"columns": ", ".join(kept)}))
    for name in kept:
        if name == "thoughts":  # told of where it is none, by the row
            continue
        if new := _free_of_form(name, shape.kind):
            notes.append(("renamed", {"column": name, "new": new}))
    return kept


def _free_of_form(name: str, kind: str) -> str:
    """Another name for a column that would pass for one of the form; "" where none is needed."""
    taken = {*FORM[kind], "messages", "tools", "thoughts", "chosen", "rejected"}
    return f"{name}_before" if name in taken else ""


def _nothing(value: Any) -> bool:
    return is_missing(value) or (isinstance(value, str | list | tuple | dict) and len(value) == 0)


def _convert(
    rows: Iterable[Row],
    shape: Shape,
    on_error: str,
    skipped: list[tuple[int, str]],
    count: int | None,
) -> Iterator[Row]:
    used = set(shape.used)
    faults: list[tuple[int, str]] = []
    for number, row in enumerate(rows):
        try:
            made = shape.read(row)
        except Fault as fault:
            if on_error == "skip":
                skipped.append((number, str(fault)))
                continue
            faults.append((number, str(fault)))
            if count is None:
                break
            continue
        if faults:
            continue
        for name, value in row.items():
            if name == "thoughts" and name not in made and _are_thoughts(value, made):
                made[name] = value
            elif name not in used and not _nothing(value):
                made[_free_of_form(name, shape.kind) or name] = value
        yield made
    if faults:
        first = "; ".join(f"row {number}: {fault}" for number, fault in faults[:SHOWN])
        of = f"{len(faults)} of {count} rows" if count else "A row"
        raise ReadError(
            f"{of} can't be read as {shape.name} (counted from 0): {first}"
            f"{'; …' if len(faults) > SHOWN else '.'} Mend them in the source, or leave them out"
            ' with read_rows(…, on_error="skip").'
        )


def _are_thoughts(value: Any, row: Row) -> bool:
    """Whether a column is one of thoughts as `read_rows` makes it: one text an assistant turn."""
    turns = sum(turn["role"] == "assistant" for turn in row.get("messages", ()))
    return isinstance(value, list) and [*map(type, value)] == [str] * turns


def _tell_of_columns(read: Read) -> None:
    columns = {name for row in read.rows for name in row}
    if any(name.startswith("thoughts") for name in columns):
        read.notes.append(("thoughts", {}))
    if of_turns := sorted(name for name in columns if name.startswith("turn_")):
        read.notes.append(("turns", {"columns": ", ".join(of_turns)}))
    if "tools" in columns:
        read.notes.append(("tools", {}))


def _missing_of_pandas(first: list[Row], notes: Notes) -> None:
    """Makes texts "nan", which `str` makes of what pandas misses, missing; says how many."""
    count = 0
    for row in first:
        for name, value in row.items():
            if value == "nan" and isinstance(value, str):
                row[name] = None
                count += 1
    if count:
        notes.append(("nan", {"count": count}))


def _plain(row: Any) -> Any:
    """A row of any table as a dict of its own, arrays of numpy as lists."""
    if not isinstance(row, Mapping):
        return row
    return {
        name: value.tolist() if type(value).__module__ == "numpy" else value
        for name, value in row.items()
    }
