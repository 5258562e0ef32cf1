"""`try_step`: one step by hand, to see what it does before a whole pipeline runs."""

from collections.abc import Iterable

from distilabel.constants import DISTILABEL_METADATA_KEY
from distilabel.steps.base import _Step

from smolsynth.errors import StepFailed
from smolsynth.pipelines.items import Item, in_words, own_rows, traced
from smolsynth.pipelines.models import Models, own_step
from smolsynth.pipelines.refusals import Refusals, warn_of_refused
from smolsynth.pipelines.runner import only_yield
from smolsynth.pipelines.turns import Turns
from smolsynth.rows import Row


def try_step(step: _Step, rows: Iterable[Row]) -> list[Row]:
    """Runs one step by hand on a few rows, to see what it does before the whole pipeline runs.

    Works on copies, of the step as well as of the rows (a distilabel task changes the rows that it
    is given), and applies the step's column mappings.

    Args:
        step: of a pipeline or alone; not a generator step, which has no input.
        rows: dicts with the columns that the step reads.

    Returns:
        The rows that the step makes, without the column `distilabel_metadata`.

    Raises:
        StepFailed: a column that the step reads is missing, or the step raised.
    """
    given = [dict(row) for row in rows]
    inputs = step.inputs if isinstance(step.inputs, dict) else dict.fromkeys(step.inputs, True)
    for name in [name for name, required in inputs.items() if required and given]:
        column = step.input_mappings.get(name, name)
        if column not in given[0]:
            raise StepFailed(
                f"Step '{step.name}' reads the column '{column}', and the rows have "
                f"{', '.join(given[0])}: give it other rows, or map a column by input_mappings.",
                step.name,
            )
    own = own_step(step, step.pipeline)
    models = Models([own])
    turns = Turns(list(models.all.values()))
    refusals = Refusals()

    def call(batch: list[list[Item]]) -> list[Item]:
        with turns.take():
            rows = [row for row, _ in batch[0]]
            return traced(only_yield(own.process_applying_mappings(rows)), batch)

    try:
        try:
            with turns.take():
                models.load(own)
        except Exception as error:
            raise StepFailed(f"Step '{step.name}' failed: {in_words(error)}", step.name) from error
        items = [(row, range(i, i + 1)) for i, row in enumerate(own_rows(given))]
        made = refusals.process(own, [items], set(own.get_outputs()), bool(models.all), call)
    finally:
        with turns.take():
            models.unload([own], later=[])
        turns.end()
    warn_of_refused(refusals.rows, stacklevel=2)
    return [{k: v for k, v in row.items() if k != DISTILABEL_METADATA_KEY} for row, _ in made]
