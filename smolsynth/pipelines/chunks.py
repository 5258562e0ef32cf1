"""The files of resumable runs: each finished chunk is one, and what they belong to is another.

A chunk's file is written whole and renamed into place; its last line is a checksum of the others.
`manifest.json` says which pipeline, input and chunk size the files belong to.
"""

import contextlib
import json
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from filelock import FileLock, Timeout

from smolsynth._files import write_whole
from smolsynth.errors import RunBusy, RunChanged, StepFailed
from smolsynth.rows import Row

Results = dict[str, list[Row]]  # by leaf step
Sizes = int | tuple[int, ...]  # rows in a chunk; of the first chunks, and the last for all others
NoneCounts = dict[str, dict[str, int]]  # by step and column
UsageRows = list[dict[str, Any]]  # by step and model, see `smolsynth.pipelines.usage.Usage.rows`
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
    usage: UsageRows = field(default_factory=list)
    refused: list[Row] = field(default_factory=list)  # see `smolsynth.pipelines.refusals.Refusals`


# Given chunks, it yields (number, what was made of that chunk), in any order.
Executor = Callable[[Iterator[Chunk]], Generator[tuple[int, ChunkResult], None, None]]


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
    found, first = [], 0
    while first < rows:
        end = min(rows, first + sizes[min(len(found), len(sizes) - 1)])
        found.append((first, end))
        first = end
    return found


@contextlib.contextmanager
def run_folder(folder: str | Path) -> Iterator[Path]:
    """The folder of a run, made if it is not there, and locked for others.

    Raises:
        RunBusy: another process runs there.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        lock = FileLock(folder / "run.lock").acquire(timeout=0)
    except Timeout:
        raise RunBusy(f"Another run is at work in {folder}: wait for it, or stop it.") from None
    with lock:
        yield folder


def run_chunks(
    make: Callable[[Chunk], ChunkResult],
    description: dict[str, Any],
    rows: Sequence[Row],
    folder: Path,
    chunk_size: Sizes,
    executor: Executor | None = None,
    ahead: Callable[[], int] | None = None,
    start: int = 0,
) -> Iterator[ChunkResult]:
    """Yields the results of each chunk: from its file if it is there and whole, else made.

    Args:
        make: runs a chunk.
        description: of the pipeline; nothing of it may change between calls.
        rows: the input of the whole run.
        folder: see `run_folder`.
        chunk_size: rows in a chunk, see `spans`.
        executor: makes the chunks that are missing, in any order, instead of `make`. A chunk is
            yielded as soon as those before it are there.
        ahead: asked whenever a chunk is missing, how many to hand to the executor from that one
            on; without, all of them.
        start: the number of the first chunk wanted; those before it are neither made nor read.

    Raises:
        ValueError: cells of the input are what JSON can't hold.
        RunChanged: the folder belongs to another run; nothing in it was touched.
        OSError: a chunk can't be written; those before it are safe.
    """
    bounds = spans(len(rows), chunk_size)
    wanted = {
        **description,
        "input": {"rows": len(rows), "sha256": _digest(rows)},
        "chunk_size": list(chunk_size) if isinstance(chunk_size, tuple) else chunk_size,
    }
    _check_manifest(folder / "manifest.json", wanted)
    for left in folder.glob(".*.jsonl.*.part"):  # of a run that was killed while it wrote
        left.unlink()
    number_of_chunks = len(bounds)

    def chunk(number: int) -> Chunk:
        first, end = bounds[number]
        return Chunk(number, first, list(rows[first:end]))

    def made_elsewhere(first: int) -> Generator[int, None, None]:
        last = min(number_of_chunks, first + max(1, ahead())) if ahead else number_of_chunks
        missing = (chunk(i) for i in range(first, last) if _text(_path(folder, i)) is None)
        with contextlib.closing(executor(missing)) as made:
            for number, result in made:
                _write(_path(folder, number), result)
                yield number

    written: Generator[int, None, None] = (i for i in ())  # chunks that come from the executor
    try:
        for number in range(start, number_of_chunks):
            path = _path(folder, number)
            result = _read(path)
            if result is None:
                if executor is None:
                    _write(path, make(chunk(number)))
                elif number not in written:  # `in` waits until it comes, or no more do
                    written = made_elsewhere(number)
                    next((i for i in written if i == number), None)
                result = read_part(folder, number)  # as it will be read next time
            yield result
    finally:
        written.close()


# ---- manifest ----
def _digest(rows: Sequence[Row]) -> str:
    digest = sha256()
    for number, row in enumerate(rows):
        try:
            digest.update(_line(row).encode("utf-8", "surrogatepass"))
        except _NotJSON as error:
            column = next(name for name, cell in row.items() if not _is_json(cell))
            raise ValueError(
                f"Row {number} of the input holds {error} in column '{column}', which a run in"
                " chunks can't store: give it as text or a number."
            ) from None
    return digest.hexdigest()


def _is_json(cell: Any) -> bool:
    try:
        return bool(_line(cell))
    except _NotJSON:
        return False


def _check_manifest(path: Path, wanted: dict[str, Any]) -> None:
    wanted = json.loads(_line(wanted))
    if not path.exists():
        write_whole(path, json.dumps(wanted, ensure_ascii=False, indent=1) + "\n")
        return
    try:
        there = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise RunChanged(
            f"{path} is damaged, so nobody can tell what the parts beside it belong to: choose"
            " another folder, or delete this one."
        ) from None
    if differences := list(_differences(there, wanted, "")):
        more = f"; {len(differences) - _SHOWN} more" if len(differences) > _SHOWN else ""
        raise RunChanged(
            f"{path.parent} holds another run, and nothing in it was touched. What differs:"
            f" {'; '.join(differences[:_SHOWN])}{more}. Put that back to go on with it, or choose"
            " another folder."
        )


def _differences(there: Any, wanted: Any, place: str) -> Iterator[str]:
    if isinstance(there, dict) and isinstance(wanted, dict):
        for key in dict.fromkeys([*there, *wanted]):
            yield from _differences(there.get(key), wanted.get(key), f"{place}.{key}".lstrip("."))
    elif isinstance(there, list) and isinstance(wanted, list) and len(there) == len(wanted):
        for number, (one, two) in enumerate(zip(there, wanted, strict=True)):
            named = one.get("name") if isinstance(one, dict) else None
            yield from _differences(one, two, f"{place}[{named or number}]")
    elif _line(there) != _line(wanted):  # as text, where NaN is NaN
        yield f"{place} was {_clipped(there)} and is {_clipped(wanted)}"


def _clipped(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:79] + "…"


# ---- parts ----
def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain) + "\n"


class _NotJSON(TypeError):
    """The name of a type that JSON has nothing for."""


def _plain(value: Any) -> Any:
    """numpy's numbers and arrays as JSON has them."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise _NotJSON(type(value).__name__)


def _write(path: Path, result: ChunkResult) -> None:
    head = {"leaves": list(result.results), "none_counts": result.none_counts}
    more = {"usage": result.usage, "refused": result.refused}
    lines = [_line(head | {name: value for name, value in more.items() if value})]
    for leaf, rows in result.results.items():
        for row in rows:
            try:
                lines.append(_line([leaf, row]))
            except _NotJSON as error:
                column = next(name for name, cell in row.items() if not _is_json(cell))
                raise StepFailed(
                    f"Step '{leaf}' made {error} in column '{column}', which a run in chunks can't"
                    " store: let the last step leave that column out, or make it text.",
                    leaf,
                ) from None
    text = "".join(lines)
    try:
        write_whole(path, text + _line({"sha256": sha256(text.encode()).hexdigest()}))
    except OSError as error:
        raise type(error)(
            error.errno,
            f"{path} can't be written ({error.strerror or error}): the parts before it are safe."
            " Make room, and call again to go on",
        ) from error


def read_part(folder: Path, number: int) -> ChunkResult:
    """A part that was made or checked before.

    Raises:
        OSError: it is no longer whole.
    """
    path = _path(folder, number)
    if (result := _read(path)) is None:
        raise OSError(f"{path} can't be read back as it was written: the disk may be failing.")
    return result


def _path(folder: Path, number: int) -> Path:
    return folder / f"part-{number:05d}.jsonl"


def _text(path: Path) -> str | None:
    """The lines of a part; `None` if it is not there, not whole or not what was written."""
    try:
        text, _, last = path.read_text(encoding="utf-8").rstrip("\n").rpartition("\n")
        text += "\n"
        is_whole = json.loads(last) == {"sha256": sha256(text.encode()).hexdigest()}
    except (OSError, ValueError):  # json and UTF-8 errors are ValueErrors
        return None
    return text if is_whole else None


def _read(path: Path) -> ChunkResult | None:
    if (text := _text(path)) is None:
        return None
    lines = map(json.loads, text.split("\n")[:-1])
    head = next(lines)
    results: Results = {leaf: [] for leaf in head["leaves"]}
    for leaf, row in lines:
        results[leaf].append(row)
    return ChunkResult(results, head["none_counts"], head.get("usage", []), head.get("refused", []))


# ---- what is spent, and who was refused ----
class Ledger:
    """What unfinished chunks have used, on disk as it is spent: a killed one is not forgotten.

    Args:
        folder: of the run, locked.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lost, self.in_flight = folder / "unfinished.jsonl", folder / "in-flight.jsonl"

    def before(self) -> UsageRows:
        """Of all chunks that were not finished."""
        rows = _lines(self.lost)
        more = [row for row in _lines(self.in_flight) if _text(self._part(row)) is None]
        if more:
            rows += [{k: v for k, v in row.items() if k != "chunk"} for row in more]
            write_whole(self.lost, "".join(map(_line, rows)))
        self.finished()
        return rows

    def _part(self, row: dict[str, Any]) -> Path:
        return _path(self.folder, row["chunk"])

    def spend(self, chunk: int, row: dict[str, Any]) -> None:
        """Notes what the chunk at work has used. Not synced: a kill doesn't lose it."""
        with self.in_flight.open("a", encoding="utf-8", newline="\n") as file:
            file.write(_line({**row, "chunk": chunk}))

    def finished(self) -> None:
        """The chunk is stored, and its own file says what it has used."""
        self.in_flight.unlink(missing_ok=True)


def _lines(path: Path) -> list[Any]:
    """The whole lines of a file; the last may be half a line, of a run that was killed."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return [json.loads(line) for line in text.split("\n")[:-1]]


def append_lines(path: Path, rows: list[Row]) -> None:
    """Adds rows to a file of lines; a new file if there are none yet."""
    if rows:
        with path.open("a", encoding="utf-8", newline="\n") as file:
            file.writelines(json.dumps(row, ensure_ascii=False, default=str) + "\n" for row in rows)
