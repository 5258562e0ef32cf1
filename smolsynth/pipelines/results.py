"""From the rows of a run to a `Dataset`: types, Arrow files, errors in words."""

import contextlib
import itertools
from pathlib import Path
from typing import Any

import pyarrow as pa
from datasets import Dataset, DatasetDict
from distilabel.distiset import Distiset
from filelock import FileLock

from smolsynth.errors import StepFailed
from smolsynth.pipelines.chunks import read_part
from smolsynth.rows import Row


def own_rows(rows: list[Row]) -> list[Row]:
    """A copy of rows down to their last dict and list; other values don't change, or are shared."""

    def own(value: Any) -> Any:
        if type(value) is dict:
            return {key: own(item) for key, item in value.items()}
        if type(value) is list:
            return [own(item) for item in value]
        return value

    return [own(row) for row in rows]


def to_dataset(leaf: str, rows: list[Row]) -> Dataset:
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: [row.get(name) for row in rows] for name in names}
    try:
        return Dataset.from_dict(columns)
    except Exception:
        for name, cells in columns.items():
            try:
                Dataset.from_dict({name: cells})
            except Exception as error:
                types = sorted({type(cell).__name__ for cell in cells if cell is not None})
                raise StepFailed(
                    f"Step '{leaf}' made cells in column '{name}' that fit in no one type (they"
                    f" are {', '.join(types)}): {in_words(error)}",
                    leaf,
                ) from error
        raise


def in_words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": .")


def _clipped(value: Any, length: int = 200) -> str:
    text = repr(value)
    return text if len(text) <= length else text[: length - 1] + "…"


class ArrowWriter:
    """Writes the rows of parts into one Arrow file per leaf step, a part in memory at a time.

    Types are those that fit the whole column, as with rows that are all in memory.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.schemas: dict[str, Any] = {}

    def see(self, results: dict[str, list[Row]]) -> None:
        """Takes note of a part's types."""
        for leaf, rows in results.items():
            schema = self.schemas.setdefault(leaf, pa.schema([]))
            found = to_dataset(leaf, rows).features.arrow_schema.remove_metadata()
            try:
                self.schemas[leaf] = pa.unify_schemas([schema, found], promote_options="permissive")
            except pa.ArrowException as error:
                raise StepFailed(
                    f"Step '{leaf}' made cells in later chunks that don't fit those before them:"
                    f" {in_words(error)}",
                    leaf,
                ) from error

    def write(self, parts: int, last: dict[str, list[Row]]) -> Distiset:
        """The rows of that many parts, and of a last one that has no file."""
        unfinished = {leaf: self.folder / f".{leaf}.arrow" for leaf in self.schemas}
        with contextlib.ExitStack() as stack:
            stack.enter_context(FileLock(self.folder / "run.lock"))
            files = {
                leaf: stack.enter_context(pa.ipc.new_stream(str(path), self.schemas[leaf]))
                for leaf, path in unfinished.items()
            }
            stored = (read_part(self.folder, number)[0] for number in range(parts))
            for results in itertools.chain(stored, [last]):
                for leaf, rows in results.items():
                    if rows:
                        files[leaf].write(pa.Table.from_pylist(rows, schema=self.schemas[leaf]))
        distiset = Distiset()
        for leaf, path in unfinished.items():
            rows = path.replace(self.folder / f"{leaf}.arrow")
            distiset[leaf] = DatasetDict(train=Dataset.from_file(str(rows)))
        return distiset
