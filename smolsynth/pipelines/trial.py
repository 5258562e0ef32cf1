"""`try_step`: one step by hand, to see what it does before a whole pipeline runs."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

from distilabel.steps.base import _Step

from smolsynth.errors import StepFailed
from smolsynth.pipelines.pipeline import InProcessPipeline
from smolsynth.pipelines.refusals import warn_of_refused
from smolsynth.pipelines.runner import Options
from smolsynth.pipelines.usage import Meter
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
    if not given:
        return []
    inputs = step.inputs if isinstance(step.inputs, dict) else dict.fromkeys(step.inputs, True)
    for name in [name for name, required in inputs.items() if required]:
        column = step.input_mappings.get(name, name)
        if column not in given[0]:
            raise StepFailed(
                f"Step '{step.name}' reads the column '{column}', and the rows have "
                f"{', '.join(given[0])}: give it other rows, or map a column by input_mappings.",
                step.name,
            )
    alone = InProcessPipeline(name="try_step")
    alone.dag.add_step(step)
    with tempfile.TemporaryDirectory(prefix="smolsynth-") as saved:
        made = alone.make_rows(given, Options(), Meter(), Path(saved))
    warn_of_refused(alone.refused, stacklevel=2)
    return made["default"]
