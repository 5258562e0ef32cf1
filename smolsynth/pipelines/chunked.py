"""Runs of many rows, chunk by chunk, that can be interrupted anywhere and resumed."""

import contextlib
import functools
import shutil
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any

from distilabel.constants import STEP_ATTR_NAME
from distilabel.distiset import Distiset
from distilabel.pipeline.base import BasePipeline

from smolsynth.errors import BudgetSpent, StepFailed
from smolsynth.pipelines.arrow import ArrowWriter
from smolsynth.pipelines.chunks import (
    Chunk,
    ChunkResult,
    Executor,
    Ledger,
    NoneCounts,
    Sizes,
    append_lines,
    run_chunks,
    run_folder,
    spans,
)
from smolsynth.pipelines.models import holding
from smolsynth.pipelines.refusals import check_refused
from smolsynth.pipelines.runner import Options
from smolsynth.pipelines.signature import kept_state, signature
from smolsynth.pipelines.usage import Meter, Usage
from smolsynth.rows import Row

ARTIFACTS, REFUSED = "artifacts", "refused.jsonl"


def check_takes_chunks(pipeline: BasePipeline, dataset: Any) -> None:
    """Raises ValueError where a pipeline would give other rows chunk by chunk than as a whole."""
    if dataset is None:
        raise ValueError("With a folder, pass the input as dataset=…: it is taken in chunks.")
    for name in pipeline.dag:
        step = pipeline.dag.get_step(name)[STEP_ATTR_NAME]
        if step.is_global:
            raise ValueError(
                f"Step '{name}' needs all rows at once, and would get those of one chunk: run"
                " it in a pipeline of its own, on what this one has made."
            )
        if state := kept_state(step):
            raise ValueError(
                f"Step '{name}' keeps state from batch to batch ({state}), and would begin anew"
                " with each chunk: run it in a pipeline of its own, on what this one has made. If"
                " its rows don't depend on that (a cache), write `keeps_state = False` in its class"
                " (`keeps_state: ClassVar[bool] = False`)."
            )


class ChunkedRun:
    """One call's way through the chunks of a run.

    Args:
        pipeline: an `InProcessPipeline`.
        rows: the whole input.
        folder: of the run, locked; `None` stores nothing.
        chunk_size: rows in a chunk.
        options, meter: of the call.
        executor, ahead, start: see `run_chunks`.

    Attributes:
        partial: what the chunk gave at which a limit has stopped the run.
        none_counts, refused: of the chunks so far.
    """

    def __init__(
        self,
        pipeline: Any,
        rows: Sequence[Row],
        folder: Path | None,
        chunk_size: Sizes,
        options: Options,
        meter: Meter,
        executor: Executor | None = None,
        ahead: Callable[[], int] | None = None,
        start: int = 0,
    ) -> None:
        self.bounds = spans(len(rows), chunk_size)
        if executor is not None and folder is None:
            raise ValueError("With an executor, name a folder.")
        self.pipeline, self.rows, self.chunk_size = pipeline, rows, chunk_size
        self.options, self.meter = options, meter
        self.executor, self.ahead, self.start = executor, ahead, start
        self.folder = folder
        self.ledger = Ledger(folder) if folder else None
        self.has_begun = False
        self.finished = Usage()
        self.finished_chunks, self.finished_rows = start, 0
        self.partial: ChunkResult | None = None
        self.none_counts: NoneCounts = {}
        self.refused: list[Row] = []

    def results(self) -> Generator[ChunkResult, None, None]:
        """Yields what each chunk gives while the next is yet to be made.

        Raises:
            BudgetSpent: a limit is reached; see `partial`.
            StepFailed, ValueError, OSError: see `InProcessPipeline.run`.
        """
        # Where there is room for one model at a time, none stays loaded from chunk to chunk.
        held = self.pipeline.models() if self.options.load_groups is None else []
        with holding(held), contextlib.closing(self._chunks()) as results:
            for result in results:
                self._finish(result)
                yield result

    def _chunks(self) -> Generator[ChunkResult, None, None]:
        if self.folder is None:
            for number in range(self.start, len(self.bounds)):
                first, end = self.bounds[number]
                yield self._make(Chunk(number, first, list(self.rows[first:end])))
            return
        yield from run_chunks(
            self._make,
            signature(self.pipeline, self.pipeline.chunk_seed),
            self.rows,
            self.folder,
            self.chunk_size,
            self.executor,
            self.ahead,
            self.start,
        )

    def _make(self, chunk: Chunk) -> ChunkResult:
        self._begin()
        meter = self.meter
        if self.finished_rows:
            expected = Usage()
            expected.add(self.finished, len(chunk.rows) / self.finished_rows)
            meter.check(expected)
        meter.usage = Usage()
        if self.ledger:
            meter.on_use = functools.partial(self.ledger.spend, chunk.number)
        result = self.pipeline.make_chunk(
            chunk, self.options, meter, refused=self.refused, artifacts=self.folder
        )
        if self.pipeline.stopped:
            self.partial = result
            self.refused += result.refused
            raise BudgetSpent(self.pipeline.stopped)
        return result

    def _finish(self, result: ChunkResult) -> None:
        self._begin()
        if self.ledger and self.folder:
            self.ledger.finished()
            append_lines(self.folder / REFUSED, result.refused)
        used = Usage.from_rows(result.usage)
        self.finished.add(used)
        first, end = self.bounds[self.finished_chunks]
        self.finished_rows += end - first
        self.finished_chunks += 1
        self.meter.before.add(used)
        self.meter.usage = Usage()
        for step, columns in result.none_counts.items():
            for column, count in columns.items():
                of_step = self.none_counts.setdefault(step, {})
                of_step[column] = of_step.get(column, 0) + count
        self.refused += result.refused
        check_refused(self.refused, self.options.max_errors)

    def _begin(self) -> None:
        """Reads what earlier calls have spent, once it is sure that the folder is this run's."""
        if self.ledger and self.folder and not self.has_begun:
            self.has_begun = True
            (self.folder / REFUSED).unlink(missing_ok=True)  # written anew from the parts
            for row in self.ledger.before():
                self.meter.before.add(Usage.from_rows([row]))


def run_chunked(pipeline: Any, rows: Sequence[Row], folder: str | Path, *args: Any) -> Distiset:
    """All chunks as datasets that are read from files; see `ChunkedRun` for the arguments.

    The pipeline's `usage`, `none_counts`, `refused` and `stopped` are set as far as it came.
    """
    with run_folder(folder) as folder:
        run = ChunkedRun(pipeline, rows, folder, *args)
        with ArrowWriter(folder, pipeline.leaves()) as writer:
            try:
                with contextlib.closing(run.results()) as results:
                    for result in results:
                        writer.add(result.results)
                stopped = None
            except BudgetSpent as spent:
                stopped = str(spent)
            finally:
                usage = Usage()
                usage.add(run.meter.before)
                usage.add(run.meter.usage)
                pipeline.usage = usage
                pipeline.none_counts, pipeline.refused = run.none_counts, run.refused
            pipeline.stopped = stopped
            last = run.partial.results if run.partial else {}
            writer.add(last, is_stored=False)
            distiset = writer.finish(last)
        if (folder / ARTIFACTS).is_dir():
            distiset.artifacts_path = folder / ARTIFACTS
    return distiset


def keep_artifacts(made: Distiset, folder: Path | None, chunk: Chunk) -> None:
    """Moves what steps have saved into the run's folder, as `STEP/ARTIFACT-CHUNK`.

    Raises:
        StepFailed: there is no folder, or it is on another machine.
    """
    if not (artifacts := made.artifacts_path):
        return
    if folder is None:
        steps = ", ".join(sorted(path.name for path in artifacts.iterdir()))
        raise StepFailed(
            f"Steps ({steps}) save artifacts, which would be lost: run with a folder, and without a"
            " cluster.",
            steps,
        )
    for artifact in artifacts.glob("*/*"):
        place = folder / ARTIFACTS / artifact.parent.name / f"{artifact.name}-{chunk.number:05d}"
        shutil.rmtree(place, ignore_errors=True)  # of a run that was killed before it was done
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(artifact, place)
