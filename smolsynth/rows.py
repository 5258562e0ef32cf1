"""Any table as rows: a `Dataset`, a `Distiset`, a DataFrame or a list of dicts."""

import pickle
import random
import weakref
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from tempfile import SpooledTemporaryFile
from typing import Any

Row = dict[str, Any]
_IN_MEMORY = 32_000_000  # bytes of rows, above which their file is on the disk
METADATA = "distilabel_metadata"  # prompts and raw outputs; shown only when asked for


# ---- rows ----


def rows(data: Any) -> Sequence[Row]:
    """The rows of a `Dataset`, of a `Distiset` or `DatasetDict` with one dataset in it, of a
    pandas DataFrame, of what `read_rows` gives, or of a list of dicts.

    Raises:
        ValueError: there are several datasets to choose from, or none.
        TypeError: the data is something else.
    """
    data = _only_dataset(data)
    if isinstance(getattr(data, "rows", None), list | OnDisk):  # of `read_rows`
        data = data.rows
    if isinstance(data, OnDisk | Each):
        return data
    if hasattr(data, "to_dict") and hasattr(data, "iloc"):  # pandas
        return data.to_dict("records")
    if hasattr(data, "column_names") and hasattr(data, "__getitem__"):
        return data
    if isinstance(data, list | tuple) and all(isinstance(row, Mapping) for row in data):
        return data
    kind = type(data).__name__
    if isinstance(data, list | tuple):
        kind += " of " + next(type(row).__name__ for row in data if not isinstance(row, Mapping))
    raise TypeError(f"Expected a Dataset, a Distiset or a list of dicts, one a row, not {kind}.")


def sample_of(total: int, n: int, seed: int = 0) -> list[int]:
    """Numbers of n rows out of so many, drawn at random and put in order; all, if there are fewer.

    >>> sample_of(9, 3), sample_of(2, 3)
    ([0, 6, 8], [0, 1])
    """
    return sorted(random.Random(seed).sample(range(total), min(n, total)))


class OnDisk(Sequence[Row]):
    """Rows in a temporary file: memory holds the place of each, and a row while it is used.

    >>> rows = OnDisk({"n": n} for n in range(3))
    >>> len(rows), rows[-1], rows[:2]
    (3, {'n': 2}, [{'n': 0}, {'n': 1}])
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        self._file = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115
        weakref.finalize(self, self._file.close)
        self._ends = array("Q", [0])
        for row in rows:
            self._ends.append(self._ends[-1] + self._file.write(pickle.dumps(row)))

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, number: Any) -> Any:
        if isinstance(number, slice):
            return [self[one] for one in range(*number.indices(len(self)))]
        number = range(len(self))[number]
        start = self._ends[number]
        self._file.seek(start)
        return pickle.loads(self._file.read(self._ends[number + 1] - start))  # noqa: S301  # ours

    def __iter__(self) -> Iterator[Row]:
        return map(self.__getitem__, range(len(self)))


class Each(Sequence[Any]):
    """What a function makes of each item of a sequence, made anew whenever it is looked at.

    >>> squares = Each(range(4), lambda n: n * n)
    >>> squares[3], list(squares)
    (9, [0, 1, 4, 9])
    """

    def __init__(self, items: Sequence[Any], make: Callable[[Any], Any]) -> None:
        self._items, self._make = items, make

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, number: Any) -> Any:
        found = self._items[number]
        return [*map(self._make, found)] if isinstance(number, slice) else self._make(found)

    def __iter__(self) -> Iterator[Any]:
        return map(self._make, self._items)


def _only_dataset(data: Any) -> Any:
    """Opens dicts of datasets (a `Distiset` is a dict of `DatasetDict`s) that hold a single one."""
    path = "data"
    while isinstance(data, dict) and all(_is_dataset(value) for value in data.values()):
        if len(data) != 1:
            names = " or ".join(f"{path}[{name!r}]" for name in data)
            raise ValueError(
                f"There are {len(data)} datasets in the data: take one of them, {names}."
                if data
                else "The data is an empty dict: there is no dataset in it."
            )
        [(name, data)] = data.items()
        path += f"[{name!r}]"
    return data


def _is_dataset(value: Any) -> bool:
    return isinstance(value, dict) or hasattr(value, "column_names")


def column_names(data: Sequence[Row]) -> list[str]:
    """The columns of what `rows` gives; of a list, all keys in the order in which they come."""
    names = getattr(data, "column_names", None)
    return list(names or dict.fromkeys(name for row in data for name in row))


def choose_columns(data: Sequence[Row], columns: Sequence[str] | None) -> list[str]:
    """The columns as given, checked; without, all but distilabel's metadata.

    Raises ValueError for a column that the data lacks.
    """
    names = column_names(data)
    if columns is None:
        return [name for name in names if name != METADATA]
    columns = [columns] if isinstance(columns, str) else list(columns)
    unknown = [name for name in columns if name not in names]
    if unknown and len(data):
        raise ValueError(f"There is no column {unknown[0]!r}; the columns are {names}.")
    return columns


def is_missing(value: Any) -> bool:
    """Whether a cell holds nothing: `None`, a NaN of any kind, pandas' NA or NaT.

    >>> [is_missing(value) for value in (None, float("nan"), "", 0, "nan")]
    [True, True, False, False, False]
    """
    if value is None:
        return True
    try:
        return bool(value != value)  # a NaN alone differs from itself
    except (TypeError, ValueError):  # pandas' NA says neither; an array says both
        return type(value).__name__ in ("NAType", "NaTType")
