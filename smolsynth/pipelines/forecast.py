"""What a run will cost, forecast from a sample."""

import time
from dataclasses import dataclass
from typing import Any

from smolsynth.pipelines.models import holding
from smolsynth.pipelines.pipeline import as_rows
from smolsynth.pipelines.usage import Prices, Usage
from smolsynth.rows import sample_of

SAMPLE = 64  # rows: a full batch of distilabel's (50) and some


@dataclass
class Forecast:
    """What a run is going to use, as a sample says.

    Attributes:
        rows: of the run.
        sampled: rows that were run to find out.
        usage: of the whole run, by step and model.
        seconds: of the whole run on this machine, models loaded once.
        cost: money; `None` without prices.
        spent: what the sample itself has used.
    """

    rows: int
    sampled: int
    usage: Usage
    seconds: float
    cost: float | None
    spent: Usage

    def __str__(self) -> str:
        cost = "" if self.cost is None else f", {self.cost:,.4g} in money"
        return (
            f"{self.rows:,} rows: {self.usage.tokens:,.0f} tokens, {self.seconds:,.0f} s{cost}"
            f" (from {self.sampled} rows)\n{self.usage}"
        )


def forecast(
    pipeline: Any,
    rows: Any,
    prices: Prices | None = None,
    *,
    sample: int = SAMPLE,
    seed: int = 0,
) -> Forecast:
    """Runs a pipeline on a sample of its input, and says what all of it will use.

    Args:
        pipeline: an `InProcessPipeline` without generator step.
        rows: its whole input, as for `run(dataset=…)`.
        prices: by model name; without, no money is forecast.
        sample: rows to run, drawn at random. Fewer than a batch make the time look longer.
        seed: of the draw.

    Returns:
        A `Forecast`. Rows that a pipeline drops or multiplies count as they did in the sample.

    Raises:
        ValueError: no rows, or a model without price.
        StepFailed: see `InProcessPipeline.run`.
    """
    rows = as_rows(rows)
    if not len(rows) or sample < 1:
        raise ValueError("A forecast needs at least one row.")
    chosen = sample_of(len(rows), sample, seed)
    drawn = [dict(rows[i]) for i in chosen]
    spent = Usage()
    with holding(pipeline.models()):
        pipeline.run(dataset=drawn[:1], progress=False)
        loading = pipeline.loading
        spent.add(pipeline.usage)
        if prices is not None:
            spent.cost(prices)  # raises before the sample is paid for
        begun = time.perf_counter()
        pipeline.run(dataset=drawn, progress=False)
        seconds = time.perf_counter() - begun - pipeline.loading
    times = len(rows) / len(drawn)
    usage = Usage()
    usage.add(pipeline.usage, times)
    spent.add(pipeline.usage)
    cost = None if prices is None else usage.cost(prices)
    return Forecast(len(rows), len(drawn), usage, loading + times * seconds, cost, spent)
