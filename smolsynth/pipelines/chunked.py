"""Runs of many rows, chunk by chunk, that can be interrupted anywhere and resumed."""

import contextlib
import functools
import shutil
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

from distilabel.constants import STEP_ATTR_NAME
from distilabel.distiset import Distiset
from distilabel.pipeline.base import BasePipeline

from smolsynth.errors import BudgetSpent, StepFailed
from smolsynth.pipelines.arrow import ArrowWriter
from smolsynth.pipelines.chunks import Chunk, ChunkResult, NoneCounts, Sizes, Store, spans
from smolsynth.pipelines.models import holding
from smolsynth.pipelines.refusals import check_refused
from smolsynth.pipelines.runner import Options
from smolsynth.pipelines.signature import kept_state, signature
from smolsynth.pipelines.usage import Meter, Usage
from smolsynth.rows import Row

ARTIFACTS = "artifacts"
# Given chunks, it yields (number, what was made of that chunk), in any order.
Executor = Callable[[Iterator[Chunk]], Generator[tuple[int, ChunkResult], None, None]]


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
        chunk_size: rows in a chunk, see `spans`.
        store: of the finished chunks; `None` stores nothing.
        options, meter: of the call.
        executor: makes the chunks that are missing, in any order; it needs a store.
        ahead: asked whenever a chunk is missing, how many to hand to the executor from that one
            on; without, all of them.
        start: the number of the first chunk wanted; those before it are neither made nor read.

    Attributes:
        partial: what the chunk gave at which a limit has stopped the run.
        finished, none_counts, refused: of the chunks so far.
    """

    def __init__(
        self,
        pipeline: Any,
        rows: Sequence[Row],
        chunk_size: Sizes,
        store: Store | None,
        options: Options,
        meter: Meter,
        executor: Executor | None = None,
        ahead: Callable[[], int] | None = None,
        start: int = 0,
    ) -> None:
        self.bounds = spans(len(rows), chunk_size)
        if executor is not None and store is None:
            raise ValueError("With an executor, name a folder.")
        self.pipeline, self.rows, self.chunk_size, self.store = pipeline, rows, chunk_size, store
        self.options, self.meter = options, meter
        self.executor, self.ahead, self.start = executor, ahead, start
        self.written: Generator[int, None, None] = (i for i in range(0))  # numbers, by the executor
        self.finished, self.finished_rows = Usage(), 0
        self.partial: ChunkResult | None = None
        self.none_counts: NoneCounts = {}
        self.refused: list[Row] = []

    def results(self) -> Generator[ChunkResult, None, None]:
        """Yields what each chunk gives while the next is yet to be made.

        Raises:
            BudgetSpent: a limit is reached; see `partial`.
            StepFailed, ValueError, OSError: see `InProcessPipeline.run`.
        """
        if self.store:
            description = signature(self.pipeline, self.pipeline.chunk_seed)
            self.store.claim(self.rows, self.chunk_size, description)
            for row in self.store.spent_before():
                self.meter.before.add(Usage.from_rows([row]))
        # Where there is room for one model at a time, none stays loaded from chunk to chunk.
        held = self.pipeline.models() if self.options.load_groups is None else []
        try:
            with holding(held):
                for number in range(self.start, len(self.bounds)):
                    result = self._result(number)
                    self._finish(number, result)
                    yield result
        finally:
            self.written.close()

    def _result(self, number: int) -> ChunkResult:
        if self.store is None:
            return self._make(number)
        if result := self.store.read(number):
            return result
        if self.executor is None:
            self.store.write(number, self._make(number))
        # The executor may be at work on it. If not, or if it has lost it, it is told to make it.
        elif not self._comes(number):
            self.written = self._made_elsewhere(number, self.executor, self.store)
            self._comes(number)
        return self.store.read_back(number)  # as it will be read next time

    def _comes(self, number: int) -> bool:
        """Waits until the executor has given a chunk, or has no more to give."""
        return any(written == number for written in self.written)

    def _made_elsewhere(
        self, first: int, executor: Executor, store: Store
    ) -> Generator[int, None, None]:
        end = len(self.bounds)
        if self.ahead:
            end = min(end, first + max(1, self.ahead()))
        missing = (self._chunk(number) for number in range(first, end) if not store.has(number))
        with contextlib.closing(executor(missing)) as made:
            for number, result in made:
                store.write(number, result)
                yield number

    def _chunk(self, number: int) -> Chunk:
        first, end = self.bounds[number]
        return Chunk(number, first, list(self.rows[first:end]))

    def _make(self, number: int) -> ChunkResult:
        chunk, meter = self._chunk(number), self.meter
        if self.finished_rows:
            expected = Usage()
            expected.add(self.finished, len(chunk.rows) / self.finished_rows)
            meter.check(expected)
        meter.usage = Usage()
        if self.store:
            meter.on_use = functools.partial(self.store.spend, number)
        folder = self.store.folder if self.store else None
        result = self.pipeline.make_chunk(
            chunk, self.options, meter, refused=self.refused, artifacts=folder
        )
        if self.pipeline.stopped:
            self.partial = result
            self.refused += result.refused
            raise BudgetSpent(self.pipeline.stopped)
        return result

    def _finish(self, number: int, result: ChunkResult) -> None:
        used = Usage.from_rows(result.usage)
        self.finished.add(used)
        self.meter.before.add(used)
        self.meter.usage = Usage()
        first, end = self.bounds[number]
        self.finished_rows += end - first
        for step, columns in result.none_counts.items():
            of_step = self.none_counts.setdefault(step, {})
            for column, count in columns.items():
                of_step[column] = of_step.get(column, 0) + count
        if self.store:
            self.store.refuse(result.refused)
        self.refused += result.refused
        check_refused(self.refused, self.options.max_errors)


def run_chunked(run: ChunkedRun, store: Store) -> Distiset:
    """All chunks as datasets that are read from files.

    The pipeline's `usage`, `none_counts`, `refused` and `stopped` are set as far as it came.
    """
    pipeline, stopped = run.pipeline, None
    with ArrowWriter(store, pipeline.leaves()) as writer:
        try:
            with contextlib.closing(run.results()) as results:
                for result in results:
                    writer.add(result.results)
        except BudgetSpent as spent:
            stopped = spent.args[0]
        finally:
            pipeline.usage = Usage()
            pipeline.usage.add(run.meter.before)
            pipeline.usage.add(run.meter.usage)
            pipeline.none_counts, pipeline.refused = run.none_counts, run.refused
        pipeline.stopped = stopped
        distiset = writer.finish(run.partial.results if run.partial else {})
    if (artifacts := store.folder / ARTIFACTS).is_dir():
        distiset.artifacts_path = artifacts
    return distiset


def keep_artifacts(saved: Path, folder: Path | None, number: int) -> None:
    """Moves what steps have saved into the run's folder, as `STEP/ARTIFACT-CHUNK`.

    Raises:
        StepFailed: there is no folder, or it is on another machine.
    """
    steps = sorted(path.name for path in saved.iterdir())
    if steps and folder is None:
        raise StepFailed(
            f"Steps ({', '.join(steps)}) save artifacts, which would be lost: run with a folder,"
            " and without a cluster.",
            ", ".join(steps),
        )
    if folder is None:
        return
    for artifact in saved.glob("*/*"):
        place = folder / ARTIFACTS / artifact.parent.name / f"{artifact.name}-{number:05d}"
        shutil.rmtree(place, ignore_errors=True)  # of a run that was killed before it was done
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(artifact, place)
