"""Rows that a step won't take: refused one by one, put down with the reason, the rest goes on."""

import json
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from smolsynth.errors import BudgetSpent, RowRefused, RowTooLong, SmolsynthError, StepFailed
from smolsynth.pipelines.items import Item, clipped, everything, own_rows
from smolsynth.pipelines.strings import in_words, said
from smolsynth.rows import Row

OnError = Literal["raise", "skip"]
MAX_ERRORS = 100
# No row is to blame for these: a server that is gone, a full disk, a package that is not there.
_NOT_OF_A_ROW = (SmolsynthError, OSError, MemoryError, ImportError)


class RefusedWarning(UserWarning):
    """A run has ended with rows that a step didn't take."""


@dataclass
class Refusals:
    """What a run does with rows that a step won't take, and which they were.

    Such a row keeps its place. What the step would have made of it is `None`, as where an answer
    could not be parsed; a step that declares no output columns leaves it out.

    Attributes:
        on_error: "skip" refuses a row on which a step raises; "raise" only one that is too long for
            a model, whose other rows are not worth less for it.
        max_errors: how many rows may be refused, those too long not counted; `None` for any number.
        rows: those refused, with `row` (number in the whole input; `[first, last]` where it can't
            be told which), `step`, `reason` and `given`, the row as the step was given it.
    """

    on_error: OnError = "raise"
    max_errors: int | None = MAX_ERRORS
    rows: list[Row] = field(default_factory=list)
    before: Sequence[Row] = ()  # refused by earlier chunks

    def process(
        self,
        step: Any,
        batch: list[list[Item]],
        outputs: set[str],
        uses_models: bool,
        call: Callable[[list[list[Item]]], list[Item]],
    ) -> list[Item]:
        """What a step makes of a batch, refused rows at their places.

        Args:
            step: the run's own copy.
            batch: items, by predecessor.
            outputs: columns that the step declares.
            uses_models: whether rows can be too long for it.
            call: takes copies of such a batch through the step.

        Raises:
            StepFailed: the step raised, and no row is to be refused for it, or too many were.
        """
        may_refuse = not step.is_global and (self.on_error == "skip" or uses_models)
        try:
            return call(batch)
        except BudgetSpent:
            raise
        except Exception as error:
            if not (may_refuse and self._is_of_a_row(error)):
                raise _failed(step.name, batch, error) from error
            if max(map(len, batch)) == 1:
                return self._refuse(step.name, batch, outputs, error)
            parts = list(_parts(batch, getattr(error, "index", None)))
        return [
            item for part in parts for item in self.process(step, part, outputs, uses_models, call)
        ]

    def _is_of_a_row(self, error: Exception) -> bool:
        if isinstance(error, RowRefused):
            return self.on_error == "skip" or isinstance(error, RowTooLong)
        return self.on_error == "skip" and not isinstance(error, _NOT_OF_A_ROW)

    def _refuse(
        self, step: str, batch: list[list[Item]], outputs: set[str], error: Exception
    ) -> list[Item]:
        origin = everything(batch)
        rows = own_rows([row for items in batch for row, _ in items])
        given = {key: cell for row in rows for key, cell in row.items()}
        number = origin[0] if len(origin) == 1 else [origin[0], origin[-1]]
        plain = json.loads(json.dumps(given, default=str))
        self.rows.append({"row": number, "step": step, "reason": in_words(error), "given": plain})
        if not isinstance(error, RowTooLong):
            check_refused([*self.before, *self.rows], self.max_errors)
        return [({**given, **dict.fromkeys(outputs)}, origin)] if outputs else []


def check_refused(refused: list[Row], max_errors: int | None) -> None:
    """Raises StepFailed where more rows were refused than may be; those too long don't count."""
    counted = [row for row in refused if not row["reason"].startswith(RowTooLong.__name__)]
    if max_errors is not None and len(counted) > max_errors:
        last = counted[-1]
        first, end = last["row"] if isinstance(last["row"], list) else (last["row"],) * 2
        step, place = last["step"], range(first, end + 1)
        given = {"step": step, "place": place, "reason": last["reason"]}
        told = said("refused", count=len(counted), most=max_errors, **given)
        raise StepFailed(told, step, place)


def warn_of_refused(refused: list[Row], stacklevel: int) -> None:
    """Says in one sentence how many rows were refused, by which steps, and why the first was."""
    if refused:
        steps = ", ".join(f"'{name}'" for name in dict.fromkeys(row["step"] for row in refused))
        warnings.warn(
            f"{len(refused)} row{'s' * (len(refused) > 1)} could not go through {steps} and hold"
            f" None instead (`pipeline.refused` lists them): {clipped(refused[0]['reason'])}",
            RefusedWarning,
            stacklevel=stacklevel + 1,
        )


def _parts(batch: list[list[Item]], index: int | None) -> Iterator[list[list[Item]]]:
    """The row that is to blame apart from those before and behind it; else, two halves."""
    size = max(map(len, batch))
    cuts = [0, size // 2, size]
    if index is not None and 0 <= index < size:
        cuts = sorted({0, index, index + 1, size})
    for start, end in zip(cuts, cuts[1:], strict=False):
        yield [items[start:end] for items in batch]


def _failed(step: str, batch: list[list[Item]], error: Exception) -> StepFailed:
    origin = everything(batch)
    first = next(filter(None, batch))[0][0]
    told = said("failed", step=step, place=origin, error=error, first=clipped(first))
    return StepFailed(told, step, origin)
