"""Runs of many rows, chunk by chunk, that can be interrupted anywhere and gone on with.

Each finished chunk is a file, written whole and renamed into place, whose last line is a checksum
of the others. `manifest.json` says what pipeline, input and chunk size the files belong to.
"""

import contextlib
import json
import os
import uuid
from collections.abc import Callable, Generator, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from smolsynth import __version__
from smolsynth.errors import RunBusy, RunChanged
from smolsynth.rows import Row

Results = dict[str, list[Row]]  # by leaf step
NoneCounts = dict[str, dict[str, int]]  # by step and column
UsageRows = list[dict[str, Any]]  # by step and model, see `smolsynth.pipelines.usage.Usage.rows`
Part = tuple[Results, NoneCounts, UsageRows]
# Given chunks as (number, rows), it yields (number, what was made of them).
Executor = Callable[[Iterator[tuple[int, list[Row]]]], Generator[tuple[int, Part], None, None]]
_SHOWN = 5  # differences named in an error


def run_chunks(
    make: Callable[[list[Row], int], Part],
    description: dict[str, Any],
    rows: Sequence[Row],
    folder: Path,
    chunk_size: int,
    executor: Executor | None = None,
    ahead: Callable[[], int] | None = None,
) -> Iterator[Part]:
    """Yields the results of each chunk: from its file if it is there and whole, else made.

    Args:
        make: what makes the results of a chunk, their counts of `None` and what they used, given
            its rows and its number.
        description: of the pipeline; nothing of it may change between calls.
        rows: the input of the whole run.
        folder: of the run; made if it is not there.
        chunk_size: rows in a chunk.
        executor: makes the chunks that are missing, in any order, instead of `make`. A chunk is
            yielded as soon as those before it are there.
        ahead: asked whenever a chunk is missing, how many to hand to the executor from that one
            on; without, all of them.

    Raises:
        RunChanged: the folder belongs to another run; nothing in it was touched.
        RunBusy: another process runs there.
        OSError: a chunk can't be written; those before it are safe.
    """
    if chunk_size < 1:
        raise ValueError(f"chunk_size must be 1 or more, not {chunk_size}.")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        lock = FileLock(folder / "run.lock").acquire(timeout=0)
    except Timeout:
        raise RunBusy(f"Another run is at work in {folder}: wait for it, or stop it.") from None
    with lock:
        wanted = {
            "pipeline": description,
            "input": {"rows": len(rows), "sha256": _digest(rows)},
            "chunk_size": chunk_size,
            "smolsynth": __version__,
        }
        _check_manifest(folder / "manifest.json", wanted)
        for left in folder.glob(".*.jsonl.*"):  # of a run that was killed while it wrote
            left.unlink()
        number_of_chunks = -(-len(rows) // chunk_size)

        def chunk(number: int) -> list[Row]:
            return list(rows[number * chunk_size : (number + 1) * chunk_size])

        def made_elsewhere(first: int) -> Generator[int, None, None]:
            last = min(number_of_chunks, first + max(1, ahead())) if ahead else number_of_chunks
            missing = (i for i in range(first, last) if _read(_path(folder, i)) is None)
            with contextlib.closing(executor((i, chunk(i)) for i in missing)) as made:
                for number, part in made:
                    _write(_path(folder, number), *part)
                    yield number

        written: Generator[int, None, None] = (i for i in ())  # chunks that come from the executor
        try:
            for number in range(number_of_chunks):
                path = _path(folder, number)
                part = _read(path)
                if part is None:
                    if executor is None:
                        _write(path, *make(chunk(number), number))
                    elif number not in written:  # `in` waits until it comes, or no more do
                        written = made_elsewhere(number)
                        next((i for i in written if i == number), None)
                    part = _read(path)  # as it will be read next time
                    if part is None:
                        raise OSError(f"{path} can't be read back: the disk may be failing.")
                yield part
        finally:
            written.close()


def seed_of_chunk(seed: int, number: int) -> int:
    """A seed for a chunk, the seed itself for the first: or equal rows would get equal answers."""
    if not number:
        return seed
    return int.from_bytes(sha256(f"{seed}/{number}".encode()).digest()[:4], "big") >> 1


# ---- manifest ----
def _digest(rows: Sequence[Row]) -> str:
    digest = sha256()
    for row in rows:
        digest.update(_line(row).encode())
    return digest.hexdigest()


def _check_manifest(path: Path, wanted: dict[str, Any]) -> None:
    wanted = json.loads(_line(wanted))
    if not path.exists():
        _write_whole(path, json.dumps(wanted, ensure_ascii=False, indent=1) + "\n")
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
    elif there != wanted:
        yield f"{place} was {_clipped(there)} and is {_clipped(wanted)}"


def _clipped(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:79] + "…"


# ---- parts ----
def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain) + "\n"


def _plain(value: Any) -> Any:
    """numpy's numbers and arrays as JSON has them."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(
        f"A cell holds {type(value).__name__}, which a run in chunks can't store: let the last"
        " step leave that column out."
    )


def _write(path: Path, results: Results, none_counts: NoneCounts, usage: UsageRows) -> None:
    head = {"leaves": list(results), "none_counts": none_counts}
    lines = [_line({**head, "usage": usage} if usage else head)]
    lines += [_line([leaf, row]) for leaf, rows in results.items() for row in rows]
    text = "".join(lines)
    _write_whole(path, text + _line({"sha256": sha256(text.encode()).hexdigest()}))


def unfinished_usage(folder: Path, more: UsageRows = ()) -> UsageRows:  # type: ignore[assignment]
    """What chunks have used that were not finished; `more` is added to it."""
    path = folder / "unfinished.jsonl"
    there = path.read_text(encoding="utf-8") if path.exists() else ""
    if more:
        there += "".join(map(_line, more))
        _write_whole(path, there)
    return [json.loads(line) for line in there.split("\n") if line]


def read_part(folder: Path, number: int) -> Part:
    """A part that was made or checked before.

    Raises:
        OSError: it is no longer whole.
    """
    path = _path(folder, number)
    if (part := _read(path)) is None:
        raise OSError(f"{path} has changed since it was read: is the disk failing?")
    return part


def _path(folder: Path, number: int) -> Path:
    return folder / f"part-{number:05d}.jsonl"


def _read(path: Path) -> Part | None:
    """The results in a part; `None` if it is not there, not whole or not what was written."""
    try:
        text, _, last = path.read_text(encoding="utf-8").rstrip("\n").rpartition("\n")
        text += "\n"
        if json.loads(last) != {"sha256": sha256(text.encode()).hexdigest()}:
            return None
    except (OSError, ValueError):  # json and UTF-8 errors are ValueErrors
        return None
    lines = map(json.loads, text.split("\n")[:-1])
    head = next(lines)
    results: Results = {leaf: [] for leaf in head["leaves"]}
    for leaf, row in lines:
        results[leaf].append(row)
    return results, head["none_counts"], head.get("usage", [])


def _write_whole(path: Path, text: str) -> None:
    unfinished = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        with unfinished.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise type(error)(
            error.errno,
            f"{path} can't be written ({error.strerror or error}): the parts before it are safe."
            " Make room, and call again to go on",
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)
