"""The folder of a run in chunks: each finished chunk is a file, and a manifest says what of.

A chunk's file is written whole and renamed into place; its last line is a checksum of the others.
`manifest.json` says which pipeline, input and chunk size the files belong to.
"""

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from filelock import FileLock, Timeout

from smolsynth._files import write_whole
from smolsynth.errors import RunBusy, RunChanged, Said, StepFailed
from smolsynth.pipelines.strings import said
from smolsynth.rows import Row

Results = dict[str, list[Row]]  # by leaf step
Sizes = int | tuple[int, ...]  # rows in a chunk; of the first chunks, and the last for all others
NoneCounts = dict[str, dict[str, int]]  # by step and column
_SHOWN = 5  # differences named in an error


class Chunk(NamedTuple):
    """A part of the input: its number, the place of its first row in the whole, and the rows."""

    number: int
    first: int
    rows: list[Row]


@dataclass
class ChunkResult:
    """What a run has made of a chunk."""

    results: Results
    none_counts: NoneCounts = field(default_factory=dict)
    usage: list[Row] = field(default_factory=list)  # see `smolsynth.pipelines.usage.Usage.rows`
    refused: list[Row] = field(default_factory=list)  # see `smolsynth.pipelines.refusals.Refusals`


def spans(rows: int, chunk_size: Sizes) -> list[tuple[int, int]]:
    """Where each chunk of so many rows begins and ends.

    With several sizes the first chunks have those, and all others the last: small ones first show
    rows soon, large ones keep a model busy.

    Raises:
        ValueError: a size below 1, or none.

    >>> spans(20, 8), spans(20, (2, 4, 8))
    ([(0, 8), (8, 16), (16, 20)], [(0, 2), (2, 6), (6, 14), (14, 20)])
    """
    sizes = chunk_size if isinstance(chunk_size, tuple) else (chunk_size,)
    if not sizes or min(sizes) < 1:
        raise ValueError(f"chunk_size must be 1 or more, not {chunk_size}.")
    found: list[tuple[int, int]] = []
    first = 0
    while first < rows:
        end = min(rows, first + sizes[min(len(found), len(sizes) - 1)])
        found.append((first, end))
        first = end
    return found


@contextlib.contextmanager
def opened(folder: str | Path) -> Iterator["Store"]:
    """The folder of a run, made if it is not there, and locked for others.

    Raises:
        RunBusy: another process runs there.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        lock = FileLock(folder / "run.lock").acquire(timeout=0)
    except Timeout:
        raise RunBusy(said("busy", folder=folder)) from None
    with lock:
        yield Store(folder)


class Store:
    """The files in a run's folder. Whoever has one holds its lock: see `opened`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.refused = folder / "refused.jsonl"
        # What unfinished chunks have used is put down as it is spent: a killed one counts too.
        self.lost, self.in_flight = folder / "unfinished.jsonl", folder / "in-flight.jsonl"

    def claim(self, rows: Sequence[Row], chunk_size: Sizes, description: dict[str, Any]) -> None:
        """Makes sure that the folder is this run's.

        Args:
            rows: the input of the whole run.
            chunk_size: see `spans`.
            description: of the pipeline; nothing of it may change between calls.

        Raises:
            ValueError: cells of the input are what JSON can't hold.
            RunChanged: the folder belongs to another run; nothing in it was touched.
        """
        of_input = {"rows": len(rows), "sha256": _digest(rows)}
        wanted = {**description, "input": of_input, "chunk_size": chunk_size}
        _check_manifest(self.folder / "manifest.json", json.loads(_line(wanted)))
        for left in self.folder.glob(".*.jsonl.*.part"):  # of a run that was killed while it wrote
            left.unlink()
        self.refused.unlink(missing_ok=True)  # written anew from the parts

    # ---- parts ----
    def path(self, number: int) -> Path:
        return self.folder / f"part-{number:05d}.jsonl"

    def has(self, number: int) -> bool:
        return self._text(number) is not None

    def read(self, number: int) -> ChunkResult | None:
        """A finished chunk; `None` if it is not there, not whole or not what was written."""
        if (text := self._text(number)) is None:
            return None
        lines = map(json.loads, text.split("\n")[:-1])
        head = next(lines)
        results: Results = {leaf: [] for leaf in head.pop("leaves")}
        for leaf, row in lines:
            results[leaf].append(row)
        return ChunkResult(results, **head)

    def read_back(self, number: int) -> ChunkResult:
        """A chunk that was written or read before; raises OSError if it is no longer whole."""
        if (result := self.read(number)) is None:
            raise OSError(
                f"{self.path(number)} can't be read back as it was written: the disk may be"
                " failing."
            )
        return result

    def _text(self, number: int) -> str | None:
        try:
            text, _, last = self.path(number).read_text("utf-8").rstrip("\n").rpartition("\n")
            text += "\n"
            is_whole = json.loads(last) == {"sha256": sha256(text.encode()).hexdigest()}
        except (OSError, ValueError):  # json and UTF-8 errors are ValueErrors
            return None
        return text if is_whole else None

    def write(self, number: int, result: ChunkResult) -> None:
        """Stores a finished chunk.

        Raises:
            StepFailed: a cell is what JSON can't hold.
            OSError: the file can't be written; those before it are safe.
        """
        head = {"leaves": list(result.results), "none_counts": result.none_counts}
        more = {"usage": result.usage, "refused": result.refused}
        lines = [_line(head | {name: value for name, value in more.items() if value})]
        for leaf, rows in result.results.items():
            for row in rows:
                try:
                    lines.append(_line([leaf, row]))
                except _NotJSON as error:
                    raise StepFailed(
                        f"Step '{leaf}' made {_place(row, error)}, which a run in chunks can't"
                        " store: let the last step leave that column out, or make it text.",
                        leaf,
                    ) from None
        text = "".join(lines)
        path = self.path(number)
        try:
            write_whole(path, text + _line({"sha256": sha256(text.encode()).hexdigest()}))
        except OSError as error:
            raise type(error)(
                error.errno,
                f"{path} can't be written ({error.strerror or error}): the parts before it are"
                " safe. Make room, and call again to go on",
            ) from error
        self.in_flight.unlink(missing_ok=True)  # its own file says what it has used

    def refuse(self, rows: list[Row]) -> None:
        if rows:
            _append(self.refused, rows)

    # ---- what is spent ----
    def spend(self, chunk: int, row: Row) -> None:
        """Notes what the chunk at work has used. Not synced: a kill doesn't lose it."""
        _append(self.in_flight, [{**row, "chunk": chunk}])

    def spent_before(self) -> list[Row]:
        """What chunks that were not finished have used in earlier calls."""
        rows = _lines(self.lost)
        more = [row for row in _lines(self.in_flight) if not self.has(row.pop("chunk"))]
        if more:
            rows += more
            write_whole(self.lost, "".join(map(_line, rows)))
        self.in_flight.unlink(missing_ok=True)
        return rows


# ---- manifest ----
def _digest(rows: Sequence[Row]) -> str:
    digest = sha256()
    for number, row in enumerate(rows):
        try:
            digest.update(_line(row).encode("utf-8", "surrogatepass"))
        except _NotJSON as error:
            raise ValueError(
                f"Row {number} of the input holds {_place(row, error)}, which a run in chunks can't"
                " store: give it as text or a number."
            ) from None
    return digest.hexdigest()


def _check_manifest(path: Path, wanted: dict[str, Any]) -> None:
    if not path.exists():
        write_whole(path, json.dumps(wanted, ensure_ascii=False, indent=1) + "\n")
        return
    try:
        there = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise RunChanged(said("damaged", path=path)) from None
    if differences := list(_differences(there, wanted, "")):
        told = differences[:_SHOWN]
        if len(differences) > _SHOWN:
            told.append(said("more", count=len(differences) - _SHOWN))
        raise RunChanged(said("changed", folder=path.parent, differences=told))


def _differences(there: Any, wanted: Any, place: str) -> Iterator[Said]:
    if isinstance(there, dict) and isinstance(wanted, dict):
        for key in dict.fromkeys([*there, *wanted]):
            yield from _differences(there.get(key), wanted.get(key), f"{place}.{key}".lstrip("."))
    elif isinstance(there, list) and isinstance(wanted, list) and len(there) == len(wanted):
        for number, (one, two) in enumerate(zip(there, wanted, strict=True)):
            named = one.get("name") if isinstance(one, dict) else None
            yield from _differences(one, two, f"{place}[{named or number}]")
    elif _line(there) != _line(wanted):  # as text, where NaN is NaN
        yield said("differs", place=place, one=_clipped(there), two=_clipped(wanted))


def _clipped(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:79] + "…"


# ---- lines ----
class _NotJSON(TypeError):
    """The name of a type that JSON has nothing for."""


def _plain(value: Any) -> Any:
    """numpy's numbers and arrays as JSON has them."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise _NotJSON(type(value).__name__)


_ENCODER = json.JSONEncoder(ensure_ascii=False, default=_plain)


def _line(value: Any) -> str:
    return _ENCODER.encode(value) + "\n"


def _place(row: Row, error: _NotJSON) -> str:
    """What JSON can't hold, and the column where it is."""
    for name, cell in row.items():
        try:
            _line(cell)
        except _NotJSON:
            return f"{error} in column '{name}'"
    return str(error)


def _lines(path: Path) -> list[Any]:
    """The whole lines of a file; the last may be half a line, of a run that was killed."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return [json.loads(line) for line in text.split("\n")[:-1]]


def _append(path: Path, rows: list[Row]) -> None:
    with path.open("a", encoding="utf-8", newline="\n") as file:
        file.writelines(map(_line, rows))
