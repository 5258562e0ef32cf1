"""Where rows of one's own come from: files of every kind in use, folders, the Hub, tables."""

import codecs
import csv
import gzip
import io
import json
import re
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from smolsynth.datasets.shapes import MEANING, UnknownShape, recognise
from smolsynth.datasets.strings import Notes, json_reason, said
from smolsynth.datasets.talks import empty, found
from smolsynth.datasets.wrapping import rows_of_object
from smolsynth.errors import ReadError
from smolsynth.rows import Row
from smolsynth.rows import rows as rows_of
from smolsynth.text.encodings import likely_encoding

_SUFFIXES = (".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".parquet", ".arrow")
_HUB = re.compile(r"[\w.-]+/[\w.-]+")
BOMS = (  # the longer ones first: that of UTF-32 begins with that of UTF-16
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_MAGIC = {  # of files that are no text, by their first bytes
    b"PAR1": "Parquet",
    b"ARRO": "Arrow",
    b"\xff\xff\xff\xff": "Arrow",
    b"PK\x03\x04": "ZIP",
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"BZh9": "bzip2",
    b"\xfd7zX": "xz",
    b"%PDF": "PDF",
}
_SEP = re.compile(r"sep=([;,|\t])\s*", re.IGNORECASE)  # as Excel has it said
_SHARD = re.compile(r"(.*)-(\d{5})-of-(\d{5})(\..+)")
_CALLS = ("tool_calls", "function_call", "tools", "functions")
_INDEX = re.compile(r"|Unnamed: \d+|__index_level_\d+__")  # as pandas names its index


def raw_rows(source: Any, split: str | None, encoding: str | None, notes: Notes) -> Iterator[Any]:
    """The rows of a source as they stand in it."""
    if isinstance(source, str | Path):
        return _of_place(source, split, encoding, notes)
    if split is not None and isinstance(source, Mapping):
        if split not in source:
            raise ReadError(said("no_split", split=split, splits=list(source)))
        source = source[split]
    if isinstance(source, list | tuple):
        return iter(source)
    if hasattr(source, "iloc") and hasattr(source, "columns"):
        return _of_frame(source, notes)
    for of_table in ("to_pylist", "to_dicts"):  # of pyarrow, of polars
        if hasattr(source, of_table):
            return _of_structs(getattr(source, of_table)(), source.schema)
    try:
        return _of_structs(rows_of(source), getattr(source, "features", ""))
    except ValueError:
        splits = list(source)
        raise ReadError(said("which_split", count=len(splits), splits=splits)) from None
    except TypeError:
        if isinstance(source, Iterable) and not isinstance(source, str | bytes | Mapping):
            return iter(source)
        raise ReadError(said("no_source", type=type(source).__name__)) from None


def _of_place(
    source: str | Path, split: str | None, encoding: str | None, notes: Notes
) -> Iterator[Any]:
    path = Path(source).expanduser()
    if path.is_dir():
        return _of_folder(path, split, encoding, notes)
    if path.is_file():
        return _of_file(path, encoding, notes, split)
    if isinstance(source, str) and _HUB.fullmatch(source) and not source.startswith("."):
        return _of_hub(source, split)
    raise ReadError(said("no_path", path=source))


def _of_hub(name: str, split: str | None) -> Iterator[Any]:
    from datasets import load_dataset

    try:
        data = load_dataset(name, split=split)
    except Exception as error:  # of datasets, huggingface_hub, httpx
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ReadError(said("no_hub", name=name, reason=reason)) from None
    return raw_rows(data, None, None, [])


def _of_folder(
    folder: Path, split: str | None, encoding: str | None, notes: Notes
) -> Iterator[Any]:
    if (folder / "dataset_dict.json").is_file() or (folder / "state.json").is_file():
        return raw_rows(_saved(folder), split, encoding, notes)
    files = _files(folder) or (_files(folder / "data") if (folder / "data").is_dir() else [])
    if split is not None:
        files = [path for path in files if path.name.startswith(split)]
    if files and (shards := _shards(folder, files)):
        if len(shards) > 1:
            notes.append(("shards", {"count": len(shards), "first": shards[0].name}))
        return (row for path in shards for row in _of_file(path, encoding, notes))
    if len(files) != 1:
        there = [path.name for path in files] or said("none")
        raise ReadError(said("which_file", folder=folder, files=there))
    return _of_file(files[0], encoding, notes)


def _saved(folder: Path) -> Any:
    """What `save_to_disk` wrote; raises ReadError where a part of it is missing or damaged."""
    from datasets import load_from_disk

    try:
        return load_from_disk(str(folder))
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ReadError(said("damaged", file=folder.name, reason=reason)) from None


def _files(folder: Path) -> list[Path]:
    files = [path for path in sorted(folder.iterdir()) if _suffix(path) in _SUFFIXES]
    return [path for path in files if path.name != "dataset_info.json" and path.name[0] != "."]


def _shards(folder: Path, files: list[Path]) -> list[Path]:
    """The files, if they are the parts of one: train-00000-of-00002.parquet and so on."""
    parts = [_SHARD.fullmatch(path.name) for path in files]
    if not all(parts) or len({(part[1], part[3], part[4]) for part in parts if part}) != 1:
        return []
    count = int(parts[0][3])  # type: ignore[index]  # all are matches
    if len(files) != count:
        raise ReadError(said("shards_missing", folder=folder, found=len(files), count=count))
    return files


def _suffix(path: Path) -> str:
    name = path.name.lower().removesuffix(".gz")
    return Path(name).suffix


def _of_file(
    path: Path, encoding: str | None, notes: Notes, split: str | None = None
) -> Iterator[Any]:
    suffix = _suffix(path)
    if suffix in (".parquet", ".arrow"):
        return _without_pandas(_of_arrow(path, suffix), notes)
    if suffix not in _SUFFIXES:
        key = {".xlsx": "excel", ".xls": "excel", ".zip": "zip"}.get(suffix, "suffix")
        raise ReadError(said(key, file=path.name, suffixes=_SUFFIXES))
    opened = _open(path, encoding, notes)
    if suffix in (".csv", ".tsv"):
        return _guarded(path, _of_table(path, opened, suffix, notes))
    return _guarded(path, _of_json(path, opened, suffix, notes, split))


def _guarded(path: Path, rows: Iterator[Any]) -> Iterator[Any]:
    """The rows, with one sentence for a file that breaks off or holds other bytes."""
    try:
        yield from rows
    except UnicodeDecodeError as error:
        given = {"encoding": error.encoding.upper(), "byte": error.start}
        looks = likely_encoding(error.object) or "cp1252"
        raise ReadError(said("not_encoding", file=path.name, try_=looks, **given)) from None
    except UnicodeError as error:
        raise ReadError(said("undecodable", file=path.name, reason=error)) from None
    except (EOFError, zlib.error, OSError) as error:
        raise ReadError(said("damaged", file=path.name, reason=error)) from None
    except csv.Error as error:
        raise ReadError(said("no_table", file=path.name, reason=error)) from None


def _open(path: Path, encoding: str | None, notes: Notes) -> Callable[[], io.TextIOBase]:
    """What opens the text of a file, gzipped or not; says if it begins with a byte order mark."""

    def bytes_of() -> Any:
        with path.open("rb") as file:
            zipped = file.read(2) == b"\x1f\x8b"
        return gzip.open(path, "rb") if zipped else path.open("rb")

    try:
        with bytes_of() as file:
            head = file.read(4)
    except (EOFError, zlib.error, OSError) as error:
        raise ReadError(said("damaged", file=path.name, reason=error)) from None
    if head in _MAGIC:
        raise ReadError(said("is_really", file=path.name, really=_MAGIC[head]))
    # A mark at the beginning is surer than what somebody says.
    marked = next((name for mark, name in BOMS if head.startswith(mark)), None)
    if marked:
        notes.append(("bom", {"encoding": marked.upper()}))
        encoding = {"utf-8": "utf-8-sig"}.get(marked, marked)
    elif encoding is None and head.count(0) in (2, 3):  # as of UTF-16 or -32 without a mark
        given = {"encoding": "UTF-8", "byte": head.index(0), "try_": likely_encoding(head)}
        raise ReadError(said("not_encoding", file=path.name, **given))
    try:
        codecs.lookup(encoding or "utf-8")
    except LookupError:
        raise ReadError(said("no_such_encoding", encoding=encoding)) from None
    return lambda: io.TextIOWrapper(bytes_of(), encoding=encoding or "utf-8", newline="")


# Of an array in JSON, what stands before its first item, before others, behind each, at its end.
_OPENED, _COMMA, _BEHIND, _CLOSED, _NO_ITEMS = (
    re.compile(pattern.replace(" ", "[ \t\n\r]*"))
    for pattern in (r" \[ ", " , ", r" [,\]]", r" \] ", r" \[ \] ")
)
_READ = 1_000_000  # characters at a time


class _NotJSON(Exception):
    """What the text of JSON holds that JSON can't."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        raise _NotJSON(said("twice", key=next(name for name in names if names.count(name) > 1)))
    return made


def _constant(name: str) -> None:
    """NaN is missing, as pandas writes it; Infinity is no number."""
    if name != "NaN":
        raise _NotJSON(said("infinite", value=name))


def _parsed(text: str, path: Path, line: int | None = None) -> Any:
    """What a text of JSON says; raises ReadError, or JSONDecodeError where it is none."""
    where = said("line", line=line) if line else ""
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except json.JSONDecodeError:
        raise
    except (_NotJSON, ValueError) as error:  # ValueError: a number of thousands of digits
        given = {"file": path.name, "line": where, "reason": error.args[0]}
        raise ReadError(said("bad_json", **given)) from None
    except RecursionError:
        raise ReadError(said("deep", file=path.name, line=where)) from None


def _of_json(
    path: Path,
    opened: Callable[[], io.TextIOBase],
    suffix: str,
    notes: Notes,
    split: str | None,
) -> Iterator[Any]:
    with opened() as file:
        head = file.read(1024).lstrip()
    if not head:
        raise ReadError(said("empty", file=path.name))
    if head.startswith("[") and not (suffix != ".json" and _is_line_of_several(opened)):
        if suffix != ".json":
            notes.append(("array", {}))
        yield from _of_array(path, opened)
    elif suffix == ".json" and _is_one_object(opened):
        yield from _under_a_key(path, opened, notes, split)
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


def _is_line_of_several(opened: Callable[[], io.TextIOBase]) -> bool:
    """Whether the first line is whole, and others follow."""
    with opened() as file:
        first, rest = file.readline(_READ), file.read(1024)
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return False
    return bool(rest.strip())


def drained(rows: list[Any]) -> Iterator[Any]:
    """The rows of a list that nobody else has, each let go as soon as it is taken."""
    rows.reverse()
    while rows:
        yield rows.pop()


def _of_array(path: Path, opened: Callable[[], io.TextIOBase]) -> Iterator[Any]:
    """The items of an array one by one, so that the file is never in memory as a whole; where it
    is no array, the whole of it says in which line."""
    decoder = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)
    text, at, count, before = "", 0, 0, _OPENED
    with opened() as file:
        while True:
            try:
                found = before.match(text, at)
                item, end = decoder.raw_decode(text, found.end() if found else len(text))
                if not _BEHIND.match(text, end):  # a number may go on
                    raise ValueError
            except (ValueError, _NotJSON, RecursionError):
                try:
                    more = file.read(max(_READ, len(text) - at))
                except UnicodeDecodeError:
                    at, more = len(text), ""
                if not more:
                    break
                text, at = text[at:] + more, 0
                continue
            yield item
            at, count, before = end, count + 1, _COMMA
    if not (_CLOSED if count else _NO_ITEMS).fullmatch(text, at):
        yield from _whole_json(path, opened)[count:]


def _whole_json(path: Path, opened: Callable[[], io.TextIOBase]) -> Any:
    with opened() as file:
        text = file.read()
    try:
        return _parsed(text, path)
    except json.JSONDecodeError as error:
        place = {"line": error.lineno, "column": error.colno}
        reason = json_reason(error)
        raise ReadError(said("no_json", file=path.name, reason=reason, **place)) from None


def _under_a_key(
    path: Path, opened: Callable[[], io.TextIOBase], notes: Notes, split: str | None
) -> Iterator[Any]:
    whole = _whole_json(path, opened)
    if not isinstance(whole, dict):
        raise ReadError(said("one_value", file=path.name, found=found(whole)))
    lists = {
        key: value
        for key, value in whole.items()
        if isinstance(value, list) and value and all(isinstance(row, Mapping) for row in value)
    }
    if len(lists) == 1 and not {*whole} & MEANING:
        [(key, rows)] = lists.items()
        notes.append(("key", {"key": key}))
        if others := [name for name in whole if name != key]:
            notes.append(("beside_key", {"columns": others}))
        return iter(rows)
    if len(lists) > 1 and len(lists) == len(whole) and not {*whole} & MEANING:
        if split not in lists:
            key = "which_split" if split is None else "no_split"
            raise ReadError(said(key, split=split, count=len(lists), splits=list(lists)))
        return iter(lists[split])
    if table := rows_of_object(whole):
        notes.append((table[0], {}))
        return iter(table[1])
    try:
        recognise([whole])
    except UnknownShape:
        keys = [repr(key) for key in whole] or said("none")
        raise ReadError(said("one_object", file=path.name, keys=keys)) from None
    return iter([whole])


def _json_lines(path: Path, opened: Callable[[], io.TextIOBase], notes: Notes) -> Iterator[Any]:
    blank = 0
    with opened() as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                blank += 1
                continue
            try:
                yield _parsed(line, path, number)
            except json.JSONDecodeError as error:
                given = {"file": path.name, "line": number, "reason": json_reason(error)}
                given |= {"shown": line.strip()[:60], "hint": said(_hint(line, error))}
                raise ReadError(said("no_json_line", column=error.colno, **given)) from None
    if blank:
        notes.append(("blank", {"count": blank}))


def _hint(line: str, error: json.JSONDecodeError) -> str:
    """What a line that is no JSON looks like, as a key of `said`."""
    line = line.strip()
    if line.startswith(("//", "#", "/*", "--")):
        return "comment"
    if line.endswith(",") and error.msg == "Extra data" and error.colno == len(line):
        return "comma"
    if line in ("{", "}", "[", "]") or re.match(r'"[^"]+"\s*:', line):
        return "several_lines"
    return "python_s" if re.match(r"\{\s*'", line) else "whole_object"


def _of_table(
    path: Path, opened: Callable[[], io.TextIOBase], suffix: str, notes: Notes
) -> Iterator[Any]:
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    with opened() as file:
        head = file.readline()
        named = _SEP.fullmatch(head)
        if named:
            head = file.readline()
    if not head.strip():
        raise ReadError(said("empty", file=path.name))
    delimiter = named[1] if named else "\t" if suffix == ".tsv" else ","
    if named:
        notes.append(("delimiter", {"delimiter": delimiter}))
    elif delimiter not in head and head.strip().strip('"') not in MEANING:
        others = [mark for mark in (";", "\t", ",") if mark in head]
        if len(others) != 1:
            raise ReadError(said("one_column", file=path.name, shown=head.strip()[:60]))
        [delimiter] = others
        notes.append(("delimiter", {"delimiter": {";": ";", "\t": "tab", ",": ","}[delimiter]}))
    with opened() as file:
        if named:
            file.readline()
        table = csv.reader(file, delimiter=delimiter, strict=True)
        names = [name.strip() for name in next(table)]
        if double := next((name for name in names if names.count(name) > 1), None):
            raise ReadError(said("same_columns", file=path.name, name=double))
        yield from _without_pandas(_of_cells(path, names, table), notes)


def _of_cells(path: Path, names: list[str], table: Any) -> Iterator[Row]:
    unnamed = [place for place, name in enumerate(names) if not name]
    for cells in table:
        if not cells:  # a blank line
            continue
        if len(cells) != len(names):
            given = {"line": table.line_num, "found": len(cells), "columns": len(names)}
            raise ReadError(said("cells", file=path.name, **given))
        if len(filled := [cells[place] for place in unnamed if cells[place]]) > 1:
            raise ReadError(said("unnamed", shown=filled[0]))
        both = zip(names, cells, strict=True)
        yield {name: cell or None for name, cell in both if name or cell}


def _of_frame(frame: Any, notes: Notes) -> Iterator[Row]:
    names = [str(name) for name in frame.columns]
    if double := next((name for name in names if names.count(name) > 1), None):
        raise ReadError(said("frame_columns", name=double))
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    return _without_pandas(iter(frame.to_dict("records")), notes)


def _without_pandas(rows: Iterator[Row], notes: Notes) -> Iterator[Row]:
    """The rows without what pandas adds: its index, and “nan” where a text is missing."""
    count, index = 0, None
    for row in rows:
        if index is None:
            index = [name for name in row if _INDEX.fullmatch(str(name)) and _counts(row[name])]
            if index:
                notes.append(("index", {"columns": [repr(name) for name in index]}))
        for name in index:
            if not _counts(value := row.pop(name, None)):
                raise ReadError(said("index_text", column=name, shown=str(value)))
        if not empty(row.get("")):
            raise ReadError(said("unnamed", shown=str(row[""])))
        for name, value in row.items():
            if isinstance(value, str) and value == "nan":
                row[name] = None
                count += 1
        yield row
    if count:
        notes.append(("nan", {"count": count}))


def _counts(value: Any) -> bool:
    """Whether a cell may be the number of a row."""
    return empty(value) or str(value).removesuffix(".0").isdecimal()


def _of_arrow(path: Path, suffix: str) -> Iterator[Any]:
    import pyarrow
    from pyarrow import ipc
    from pyarrow.parquet import ParquetFile

    try:
        if suffix == ".parquet":
            file = ParquetFile(path)
            names = file.schema_arrow.names
            if double := next((name for name in names if names.count(name) > 1), None):
                raise ReadError(said("same_columns", file=path.name, name=double))
            for batch in file.iter_batches(batch_size=1_000):
                yield from _of_structs(batch.to_pylist(), file.schema_arrow)
            return
        with pyarrow.memory_map(str(path)) as file:
            if file.read(6) == b"ARROW1":
                whole = ipc.open_file(file)
                for number in range(whole.num_record_batches):
                    yield from _of_structs(whole.get_batch(number).to_pylist(), whole.schema)
            else:
                file.seek(file.size() - 4)
                if any(file.read(4)):  # cut between two batches it would be read in silence
                    raise EOFError("its end is missing")
                file.seek(0)
                for batch in ipc.open_stream(file):
                    yield from _of_structs(batch.to_pylist(), batch.schema)
    except (pyarrow.ArrowException, OSError, EOFError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        given = {"file": path.name, "suffix": suffix[1:], "reason": reason}
        raise ReadError(said("not_arrow", **given)) from None


def _of_structs(rows: Iterable[Any], schema: Any) -> Iterator[Any]:
    """The rows of a table of Arrow, their calls of tools without what others alone have: there
    each object of a column has the keys of all, filled with nothing."""
    named = any(name in str(schema) for name in _CALLS)
    return map(_without_nothing, rows) if named else iter(rows)


def _without_nothing(value: Any, of_call: bool = False) -> Any:
    if isinstance(value, list):
        return [_without_nothing(one, of_call) for one in value]
    if not isinstance(value, Mapping):
        return value
    return {
        name: _without_nothing(one, of_call or name in _CALLS)
        for name, one in value.items()
        if not (of_call and one is None)
    }


def text_lines(path: Path) -> list[str]:
    """The lines of a text file that are not blank. Raises ReadError as `raw_rows`."""
    with _open(path, None, [])() as file:
        return [line.strip() for line in _guarded(path, file) if line.strip()]
