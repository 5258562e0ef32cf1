"""The engine: distilabel pipelines in this process, in chunks, counted and resumed."""

from smolsynth.errors import RunBusy, RunChanged, StepFailed
from smolsynth.pipelines.pipeline import BudgetWarning, InProcessPipeline
from smolsynth.pipelines.refusals import RefusedWarning
from smolsynth.pipelines.trial import try_step

__all__ = [
    "BudgetWarning",
    "InProcessPipeline",
    "RefusedWarning",
    "RunBusy",
    "RunChanged",
    "StepFailed",
    "try_step",
]
