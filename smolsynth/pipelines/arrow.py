"""Rows as datasets: in memory, or those of finished chunks as Arrow files, one at a time."""

import contextlib
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
from datasets import Dataset, DatasetDict
from distilabel.distiset import Distiset

from smolsynth.errors import StepFailed
from smolsynth.pipelines.chunks import Results, Store
from smolsynth.pipelines.strings import in_words
from smolsynth.rows import Row


def to_dataset(leaf: str, rows: list[Row]) -> Dataset:
    """Rows of a leaf step; columns that only some have are `None` in the others.

    Raises:
        StepFailed: the cells of a column are of types that don't go together.
    """
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
                    f"Step '{leaf}' made cells in column '{name}' that have mixed types"
                    f" ({', '.join(types)}): {in_words(error)}",
                    leaf,
                ) from error
        raise


class ArrowWriter:
    """Writes the rows of chunks, as they come, into one Arrow file per leaf step.

    Types are those that fit the whole column, as with rows that are all in memory: where a later
    chunk widens one, the files are written anew at the end, from the parts.

    Args:
        store: of the run.
        leaves: names of the leaf steps, as in the results.
    """

    def __init__(self, store: Store, leaves: list[str]) -> None:
        self.store, self.folder = store, store.folder
        self.schemas = {leaf: pa.schema([]) for leaf in leaves}
        self.written: dict[str, Any] = {}  # schemas of the files
        self.stack = contextlib.ExitStack()
        self.files: dict[str, Any] = {}
        self.digest = sha256()
        self.parts = 0

    def __enter__(self) -> "ArrowWriter":
        return self

    def __exit__(self, *_: Any) -> None:
        self.stack.close()
        for leaf in self.schemas:
            self._unfinished(leaf).unlink(missing_ok=True)

    def _unfinished(self, leaf: str) -> Path:
        return self.folder / f".{leaf}.arrow"

    def add(self, results: Results, is_stored: bool = True) -> None:
        """Takes the rows of the next chunk; one that has no file comes last."""
        self.parts += is_stored
        for leaf, rows in results.items():
            if not rows:
                continue
            found = to_dataset(leaf, rows).features.arrow_schema.remove_metadata()
            try:
                schema = pa.unify_schemas([self.schemas[leaf], found], promote_options="permissive")
            except pa.ArrowException as error:
                raise StepFailed(
                    f"Step '{leaf}' made cells in later chunks that don't fit those before them:"
                    f" {in_words(error)}",
                    leaf,
                ) from error
            self.schemas[leaf] = schema
            if self.written.setdefault(leaf, schema) == schema:
                self._write(leaf, rows)
        self.digest.update(repr(results).encode())

    def _write(self, leaf: str, rows: list[dict[str, Any]]) -> None:
        schema = self.schemas[leaf]
        if leaf not in self.files:
            path = self._unfinished(leaf)
            self.files[leaf] = self.stack.enter_context(pa.ipc.new_stream(str(path), schema))
        self.files[leaf].write(pa.Table.from_pylist(rows, schema=schema))

    def finish(self, last: Results) -> Distiset:
        """All rows, as datasets that read the files; `last` is the chunk without a file, if any.

        A file never gets other rows while a dataset may be reading it: other rows, another name.
        """
        widened = {leaf for leaf, schema in self.written.items() if schema != self.schemas[leaf]}
        self.stack.close()
        if widened:
            for leaf in widened:
                del self.files[leaf]
            for number in range(self.parts):
                self._write_again(widened, self.store.read_back(number).results)
            self._write_again(widened, last)
        for leaf in self.schemas.keys() - self.files.keys():  # no rows
            self._write(leaf, [])
        self.stack.close()
        distiset = Distiset()
        rows = self.digest.hexdigest()[:12]
        for old in {*self.folder.glob("[!.]*.arrow")} - {*self.folder.glob(f"*-{rows}.arrow")}:
            with contextlib.suppress(OSError):  # Windows keeps what is being read
                old.unlink()
        for leaf in self.schemas:
            path = self.folder / f"{leaf}-{rows}.arrow"
            if not path.exists():
                self._unfinished(leaf).replace(path)
            distiset[leaf] = DatasetDict(train=Dataset.from_file(str(path)))
        return distiset

    def _write_again(self, leaves: set[str], results: Results) -> None:
        for leaf in leaves & results.keys():
            if results[leaf]:
                self._write(leaf, results[leaf])
