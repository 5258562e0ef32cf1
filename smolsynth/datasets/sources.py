"""Where rows of one's own come from: files of every kind in use, folders, the Hub, tables."""

import csv
import gzip
import io
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from smolsynth.datasets.shapes import UnknownShape, recognise
from smolsynth.errors import ReadError
from smolsynth.rows import rows as rows_of

Notes = list[tuple[str, dict[str, Any]]]  # see `smolsynth.datasets.strings`
_SUFFIXES = (".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".parquet", ".arrow")
_HUB = re.compile(r"[\w.-]+/[\w.-]+")
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


def raw_rows(source: Any, split: str | None, encoding: str | None, notes: Notes) -> Iterator[Any]:
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

        return raw_rows(load_from_disk(str(folder)), split, encoding, notes)
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


def text_lines(path: Path) -> list[str]:
    """The lines of a text file that are not blank. Raises ReadError as `raw_rows`."""
    with _open(path, None, [])() as file:
        return [line.strip() for line in _guarded(path, file) if line.strip()]
