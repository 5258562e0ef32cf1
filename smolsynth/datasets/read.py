"""The one way in for data of one's own: recognised, converted, and told what was taken for what.

read = read_rows("mine.jsonl")
read.shape, read.kind, len(read.rows)
print(read)                              what was recognised, and what became of each column
measure(read.rows, "en")
"""

import csv
import gzip
import io
import itertools
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smolsynth.datasets.shapes import FORM, KINDS, Fault, Shape, UnknownShape, recognise
from smolsynth.datasets.strings import NOTES
from smolsynth.errors import ReadError
from smolsynth.rows import Row, is_missing
from smolsynth.rows import rows as rows_of
from smolsynth.text.language import check_lang

LOOKED_AT = 1_000  # rows of a stream by which its shape is recognised
SHOWN = 3  # faulty rows named in an error
_SUFFIXES = (".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".parquet", ".arrow")
_HUB = re.compile(r"[\w.-]+/[\w.-]+")
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
Notes = list[tuple[str, dict[str, Any]]]


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
    raw = _raw(source, split, encoding, notes)
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
        lines = _guarded(path, iter(_open(path, None, [])()))
        return [line.strip() for line in lines if line.strip()]
    first = list(_raw(path, None, None, []))
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


# ---- sources ----


def _raw(source: Any, split: str | None, encoding: str | None, notes: Notes) -> Iterator[Any]:
    """The rows of a source as they stand in it."""
    if isinstance(source, str | Path):
        return _of_place(source, split, encoding, notes)
    if split is not None and isinstance(source, Mapping):
        if split not in source:
            raise ReadError(f"There is no split {split!r}; there are {', '.join(source)}.")
        source = source[split]
    if isinstance(source, list | tuple):
        return iter(source)
    try:
        return iter(rows_of(source))
    except ValueError as error:
        raise ReadError(str(error)) from None
    except TypeError:
        if isinstance(source, Iterable) and not isinstance(source, str | bytes | Mapping):
            return iter(source)
        raise ReadError(
            f"A {type(source).__name__} can't be read: give a path, the name of a dataset on the"
            " Hub, a Dataset, a DataFrame or a list of dicts."
        ) from None


def _of_place(
    source: str | Path, split: str | None, encoding: str | None, notes: Notes
) -> Iterator[Any]:
    path = Path(source).expanduser()
    if path.is_dir():
        return _of_folder(path, split, encoding, notes)
    if path.is_file():
        return _of_file(path, encoding, notes)
    if isinstance(source, str) and _HUB.fullmatch(source) and not source.startswith("."):
        return _of_hub(source, split)
    raise ReadError(f"There is no file or folder {source}.")


def _of_hub(name: str, split: str | None) -> Iterator[Any]:
    from datasets import load_dataset

    try:
        data = load_dataset(name, split=split)
    except Exception as error:  # of datasets, huggingface_hub, httpx
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ReadError(
            f"There is no file {name}, and the Hub does not give a dataset of that name ({reason}):"
            " check the name, the network and, of a private one, HF_TOKEN."
        ) from None
    try:
        return iter(rows_of(data))
    except ValueError:
        raise ReadError(
            f"{name} has several splits, {', '.join(data)}: name one with split=…"
        ) from None


def _of_folder(
    folder: Path, split: str | None, encoding: str | None, notes: Notes
) -> Iterator[Any]:
    if (folder / "dataset_dict.json").is_file() or (folder / "state.json").is_file():
        from datasets import load_from_disk

        return _raw(load_from_disk(str(folder)), split, encoding, notes)
    files = [path for path in sorted(folder.iterdir()) if _suffix(path) in _SUFFIXES]
    files = [path for path in files if path.name != "dataset_info.json"]
    if split is not None:
        files = [path for path in files if path.name.startswith(split)]
    if len(files) != 1:
        there = ", ".join(path.name for path in files) or "none"
        raise ReadError(f"{folder} must hold one file of data; there is {there}. Name the file.")
    return _of_file(files[0], encoding, notes)


def _suffix(path: Path) -> str:
    name = path.name.lower().removesuffix(".gz")
    return Path(name).suffix


def _of_file(path: Path, encoding: str | None, notes: Notes) -> Iterator[Any]:
    suffix = _suffix(path)
    if suffix in (".parquet", ".arrow"):
        return _of_arrow(path, suffix)
    if suffix not in _SUFFIXES:
        raise ReadError(
            f"{path.name} can't be read: its name must end in {', '.join(_SUFFIXES)}, each with"
            " or without .gz."
        )
    opened = _open(path, encoding, notes)
    if suffix in (".csv", ".tsv"):
        return _guarded(path, _of_table(path, opened, suffix, notes))
    return _guarded(path, _of_json(path, opened, suffix, notes))


def _guarded(path: Path, rows: Iterator[Any]) -> Iterator[Any]:
    """The rows, with one sentence for a file that breaks off or holds other bytes."""
    try:
        yield from rows
    except UnicodeDecodeError as error:
        raise ReadError(
            f"{path.name} is no {error.encoding.upper()} (byte {error.start}): save it as UTF-8, or"
            ' name its encoding, as in read_rows(…, encoding="gb18030").'
        ) from None
    except UnicodeError as error:
        raise ReadError(f"{path.name} can't be decoded ({error}).") from None
    except (EOFError, gzip.BadGzipFile, OSError) as error:
        raise ReadError(f"{path.name} is damaged or breaks off ({error}).") from None
    except csv.Error as error:
        raise ReadError(f"{path.name} is no well-formed table ({error}).") from None


def _open(path: Path, encoding: str | None, notes: Notes) -> Callable[[], io.TextIOBase]:
    """What opens the text of a file, gzipped or not; says if it begins with a byte order mark."""

    def bytes_of() -> Any:
        with path.open("rb") as file:
            zipped = file.read(2) == b"\x1f\x8b"
        return gzip.open(path, "rb") if zipped else path.open("rb")

    try:
        with bytes_of() as file:
            head = file.read(4)
    except (EOFError, OSError) as error:
        raise ReadError(f"{path.name} is damaged or can't be opened ({error}).") from None
    found = next((name for mark, name in _BOMS if head.startswith(mark)), None)
    if found and encoding is None:
        notes.append(("bom", {"encoding": found.upper()}))
    name = encoding or {"utf-8": "utf-8-sig", None: "utf-8"}.get(found, found)
    return lambda: io.TextIOWrapper(bytes_of(), encoding=name, newline="")


def _of_json(
    path: Path, opened: Callable[[], io.TextIOBase], suffix: str, notes: Notes
) -> Iterator[Any]:
    with opened() as file:
        head = file.read(1024).lstrip()
    if not head:
        raise ReadError(f"{path.name} is empty.")
    if head.startswith("["):
        if suffix != ".json":
            notes.append(("array", {}))
        yield from _whole_json(path, opened)
    elif suffix == ".json" and _is_one_object(opened):
        yield from _under_a_key(path, opened, notes)
    else:
        if suffix == ".json":
            notes.append(("lines", {}))
        yield from _json_lines(path, opened, notes)


def _is_one_object(opened: Callable[[], io.TextIOBase]) -> bool:
    """Whether the first line is not yet a whole object: then the file is one, over many lines."""
    with opened() as file:
        first, rest = file.readline(), file.read(1024)
    try:
        json.loads(first)
    except ValueError:
        return True
    return not rest.strip()


def _whole_json(path: Path, opened: Callable[[], io.TextIOBase]) -> Any:
    with opened() as file:
        text = file.read()
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ReadError(
            f"{path.name} is no JSON: {error.msg} in line {error.lineno}, column {error.colno}."
            " If the file breaks off there, fetch it again."
        ) from None
    except RecursionError:
        raise ReadError(f"{path.name} is nested too deeply to be training data.") from None


def _under_a_key(path: Path, opened: Callable[[], io.TextIOBase], notes: Notes) -> Iterator[Any]:
    whole = _whole_json(path, opened)
    lists = {
        key: value
        for key, value in whole.items()
        if isinstance(value, list) and value and all(isinstance(row, Mapping) for row in value)
    }
    if len(whole) == 1 and len(lists) == 1:
        [(key, rows)] = lists.items()
        notes.append(("key", {"key": key}))
        return iter(rows)
    try:
        recognise([whole])
    except UnknownShape:
        raise ReadError(
            f"{path.name} is one JSON object with the keys {', '.join(map(repr, whole))}: it must"
            " be a list of rows, or hold one list of rows under one key."
        ) from None
    return iter([whole])


def _json_lines(path: Path, opened: Callable[[], io.TextIOBase], notes: Notes) -> Iterator[Any]:
    blank = 0
    with opened() as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                blank += 1
                continue
            try:
                yield json.loads(line)
            except json.JSONDecodeError as error:
                raise ReadError(
                    f"{path.name}, line {number}, is no JSON ({error.msg}, column {error.colno}):"
                    f" {line.strip()[:60]!r}. Each line must be one whole object; if the file"
                    " breaks off there, fetch it again."
                ) from None
            except RecursionError:
                raise ReadError(f"{path.name}, line {number}, is nested too deeply.") from None
    if blank:
        notes.append(("blank", {"count": blank}))


def _of_table(
    path: Path, opened: Callable[[], io.TextIOBase], suffix: str, notes: Notes
) -> Iterator[Any]:
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    with opened() as file:
        head = file.readline()
    if not head.strip():
        raise ReadError(f"{path.name} is empty.")
    delimiter = "\t" if suffix == ".tsv" else ","
    if delimiter not in head:
        others = [mark for mark in (";", "\t", ",") if mark in head]
        if len(others) != 1:
            raise ReadError(
                f"{path.name} has one column, {head.strip()[:60]!r}: the first line must name the"
                " columns, separated by commas (in .tsv by tabs)."
            )
        [delimiter] = others
        notes.append(("delimiter", {"delimiter": {";": ";", "\t": "tab", ",": ","}[delimiter]}))
    with opened() as file:
        table = csv.DictReader(file, delimiter=delimiter, strict=True)
        names = table.fieldnames or []
        if len(set(names)) < len(names):
            double = next(name for name in names if names.count(name) > 1)
            raise ReadError(f"{path.name} has two columns of the name {double!r}: rename one.")
        for row in table:
            if None in row or None in row.values():
                missing = list(row.values()).count(None)
                found = len(names) + len(row.get(None, ())) - missing
                raise ReadError(
                    f"{path.name}, line {table.line_num}: {found} cells, but {len(names)} columns."
                    " A text with commas, quotes or line breaks must stand in quotes."
                )
            yield {name: value or None for name, value in row.items()}


def _of_arrow(path: Path, suffix: str) -> Iterator[Any]:
    import pyarrow
    from pyarrow import ipc
    from pyarrow.parquet import ParquetFile

    try:
        if suffix == ".parquet":
            for batch in ParquetFile(path).iter_batches(batch_size=1_000):
                yield from batch.to_pylist()
        else:
            with pyarrow.memory_map(str(path)) as file:
                for batch in ipc.open_stream(file):
                    yield from batch.to_pylist()
    except (pyarrow.ArrowException, OSError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise ReadError(f"{path.name} is damaged, or no {suffix[1:]} file ({reason}).") from None
