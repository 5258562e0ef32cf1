"""The engine: distilabel pipelines in this process, in chunks, counted and resumed."""

from smolsynth.errors import RunBusy, RunChanged, StepFailed
from smolsynth.pipelines.pipeline import BudgetWarning, InProcessPipeline, try_step

__all__ = ["BudgetWarning", "InProcessPipeline", "RunBusy", "RunChanged", "StepFailed", "try_step"]
