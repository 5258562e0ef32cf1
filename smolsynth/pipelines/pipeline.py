"""`InProcessPipeline`: a whole distilabel pipeline in this process and this thread.

distilabel's `Pipeline` starts a process per step, each with its own copy of the model, waits 2.5 s
per stage, and turns a batch whose step raises into rows of `None`. This one builds the same batches
and calls the same `process` of the same steps, one after the other, and stops at the first error.
What it adds: `StepFailed`, `InProcessPipeline.none_counts`, rows that are refused one by one, a
progress bar, and runs in chunks that can be interrupted and resumed.
"""

import contextlib
import logging
import shutil
import tempfile
import threading
import warnings
import weakref
from collections.abc import Callable, Collection, Generator, Sequence
from pathlib import Path
from typing import Any

from datasets import DatasetDict
from distilabel.constants import STEP_ATTR_NAME
from distilabel.distiset import Distiset
from distilabel.models.llms.base import LLM
from distilabel.pipeline._dag import DAG
from distilabel.pipeline.base import BasePipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.base import _Step
from distilabel.utils.docstring import parse_google_docstring

from smolsynth.errors import BudgetSpent
from smolsynth.pipelines.arrow import to_dataset
from smolsynth.pipelines.chunked import (
    ChunkedRun,
    Executor,
    check_takes_chunks,
    keep_artifacts,
    run_chunked,
)
from smolsynth.pipelines.chunks import Chunk, ChunkResult, Results, Sizes, opened
from smolsynth.pipelines.models import models_of
from smolsynth.pipelines.refusals import MAX_ERRORS, OnError, Refusals, warn_of_refused
from smolsynth.pipelines.runner import Options, Run
from smolsynth.pipelines.turns import logging_kept_aside
from smolsynth.pipelines.usage import Meter, Prices, Usage, check_prices
from smolsynth.rows import Row
from smolsynth.rows import rows as rows_of

SEED = 42  # of runs in chunks whose pipeline has none


class BudgetWarning(UserWarning):
    """A run has stopped at its limit of tokens or cost."""


class InProcessPipeline(BasePipeline):
    """A distilabel pipeline that runs in this process, on one thread.

    Use it as distilabel's `Pipeline`. Batches, mappings, runtime parameters, global steps, joins,
    routing and load groups work as there. Different on purpose:

    - steps share models: a model (LLM, embeddings) given to several steps is loaded once a run.
      A run leaves it as found: unloaded, or loaded if it had been loaded by hand before. Steps are
      copied for the run, so a pipeline can be run again.
    - a step that raises ends the run with `StepFailed`, unless `on_error="skip"`; but a row too
      long for a model is refused alone: it stays, with `None` for what the step would have made;
    - cells that are `None`, such as answers that a task could not parse, stay in place and are
      counted in `none_counts`;
    - nothing is cached, logged or written to the home folder, and `resources` is ignored;
    - runs in several threads take turns, batch by batch: each gives the rows that it gives alone.

    Args:
        seed: of what steps draw from numpy's and Python's global generators (`EvolInstruct` its
            mutations, which has no other use of a seed). Without, a run draws from them as they
            stand; a run in chunks, which must be able to resume, then takes 42. Models have seeds
            of their own.

    Attributes:
        none_counts: of the last run, `{step: {column: n}}`: how many of the cells that the step
            made are `None`, or a list with a `None` in it. Columns without any are left out.
        usage: tokens and seconds of the last run, by step and model (`Usage`).
        refused: rows of the last run that a step would not take, `{"row": number in the whole input
            (`[first, last]` where it can't be told which), "step": …, "reason": …, "given": the row
            as the step was given it}`.
        stopped: why the last run has stopped at a limit; `None` if it ran to its end.
        loading: seconds that the last run, or its last chunk, spent in loading.
    """

    def __init__(self, *args: Any, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.seed = seed
        self.none_counts: dict[str, dict[str, int]] = {}
        self.usage = Usage()
        self.refused: list[Row] = []
        self.stopped: str | None = None
        self.loading = 0.0

    def run(
        self,
        parameters: dict[str, dict[str, Any]] | None = None,
        load_groups: Any = None,
        use_cache: bool = False,
        storage_parameters: dict[str, Any] | None = None,
        use_fs_to_pass_data: bool = False,
        dataset: Any = None,
        dataset_batch_size: int = 50,
        logging_handlers: list[logging.Handler] | None = None,
        *,
        progress: bool = True,
        folder: str | Path | None = None,
        chunk_size: Sizes = 1000,
        max_tokens_total: float | None = None,
        max_cost: float | None = None,
        prices: Prices | None = None,
        executor: Executor | None = None,
        on_error: OnError = "raise",
        max_errors: int | None = MAX_ERRORS,
    ) -> Distiset:
        """Runs the pipeline.

        With `folder`, the rows of `dataset` go through it chunk by chunk, and each finished chunk
        is stored there, as are the artifacts that steps save. Whatever interrupts the run (a kill,
        a full disk, a lost endpoint), the same call resumes it, with the same rows as if nothing
        had happened: only the chunk in flight is made again. The seeds of the models and of the
        pipeline differ from chunk to chunk.

        With `on_error="skip"`, a batch on which a step raises is tried again in parts, until it is
        clear which rows are to blame. These stay in their place with `None` for what the step would
        have made (a step that declares no outputs leaves them out), and are listed in `refused`
        and, with `folder`, in its `refused.jsonl`; resuming leaves them be. A server that is gone
        (`LLMUnavailable`), a full disk (`OSError`) and the like are no row's fault, and end the
        run. Rows too long for a model's context (`RowTooLong`) are refused in any case. One
        `RefusedWarning` at the end says how many there were.

        At `max_tokens_total` or `max_cost` no further batch goes to a model: the rows that are
        finished come back, with a `BudgetWarning`, and `stopped` says why. Limits are passed by
        one batch of one step at most. With `folder` they hold for all calls together, a chunk that
        won't fit is not begun, and the same call with higher limits goes on.

        Args:
            parameters: runtime parameters, `{step: {name: value}}`; they stay set afterwards.
            load_groups: steps to load together and apart from the others, or
                `"sequential_step_execution"` to load one step (one model) at a time.
            use_cache: not supported; must be `False`.
            storage_parameters: ignored, as is `use_fs_to_pass_data`: rows never leave the process.
            dataset: rows (list of dicts, `Dataset` or DataFrame) for a pipeline without generator.
            dataset_batch_size: rows per batch of `dataset`.
            logging_handlers: get distilabel's log records of this run; without, nobody does.
            progress: whether to show a bar, in a terminal or a notebook; it disappears when done.
            folder: where to store finished chunks; cells must be what JSON can hold.
            chunk_size: rows of `dataset` in a chunk, with `folder`; of the first chunks, where it
                is a tuple, whose last number holds for all others.
            max_tokens_total: input and output tokens, all steps together.
            max_cost: money, in the currency of `prices`.
            prices: `{model name: (per million input tokens, per million output tokens)}`.
            executor: makes chunks elsewhere, several at a time: see `smolsynth.pipelines.ray`.
            on_error: "raise" or "skip": what happens where a step raises.
            max_errors: rows that may be refused, all calls together, before the run ends after all;
                those too long for a model don't count. `None`: any number.

        Returns:
            A `Distiset`: one configuration per leaf step, named after it ("default" if there is
            only one), each with a split "train". A leaf step that got no rows has an empty split.
            Without `enable_metadata`, the column `distilabel_metadata` is left out.

        Raises:
            StepFailed: a step raised while it was loaded or run, or yielded no list of rows. Its
                row numbers are those of the whole input.
            ValueError: the pipeline or the arguments don't fit together; or, a `RunChanged`, the
                folder holds a run of another pipeline or input.
            RunBusy: another process runs in that folder.
            OSError: a chunk can't be written; the finished ones are safe.
        """
        if use_cache:
            raise ValueError(
                "InProcessPipeline keeps no cache: leave use_cache=False, and name a folder to keep"
                " finished chunks in: run(dataset=rows, folder=…)."
            )
        self._forget()
        self._check_parameters(parameters or {})
        if max_cost is not None and prices is not None:
            check_prices(prices, [m.model_name for m in self.models() if isinstance(m, LLM)])
        meter = Meter(max_tokens_total, max_cost, prices)
        if executor is not None and (folder is None or meter.limits):
            raise ValueError("With an executor, name a folder, and set no limits.")
        self._set_runtime_parameters(parameters or {})
        options = Options(
            load_groups, dataset_batch_size, logging_handlers, progress, on_error, max_errors
        )
        rows = None if dataset is None else as_rows(dataset)
        if folder is not None:
            check_takes_chunks(self, rows)
            with opened(folder) as store:
                run = ChunkedRun(self, rows or [], chunk_size, store, options, meter, executor)
                made = run_chunked(run, store)
        else:
            made = self._as_a_whole(rows, options, meter)
        if self.stopped:
            n = sum(len(made[leaf]["train"]) for leaf in made)
            warnings.warn(f"Stopped with {n} rows: {self.stopped}", BudgetWarning, stacklevel=2)
        warn_of_refused(self.refused, stacklevel=2)
        return made

    def _forget(self) -> None:
        self.none_counts, self.usage, self.refused = {}, Usage(), []
        self.stopped, self.loading = None, 0.0

    def _steps(self) -> list[Any]:
        return [self.dag.get_step(name)[STEP_ATTR_NAME] for name in self.dag]

    def models(self) -> list[Any]:
        """The models that its steps hold, each once."""
        models = (model for step in self._steps() for model in models_of(step))
        return list({id(model): model for model in models}.values())

    def leaves(self) -> list[str]:
        """The names of the leaf steps' rows in a result."""
        leaves = self._leaf_steps()
        return leaves if len(leaves) > 1 else ["default"]

    def _leaf_steps(self) -> list[str]:
        return [name for name in self.dag if not self.dag.G.out_degree(name)]

    def without(self, leaves: Collection[str]) -> "InProcessPipeline":
        """A pipeline of the same steps but for these leaf steps and what led to them alone."""
        graph = self.dag.G.copy()
        drop = list(leaves)
        while drop:
            graph.remove_nodes_from(drop)
            led_on = (name for name in graph if self.dag.G.out_degree(name))
            drop = [name for name in led_on if not graph.out_degree(name)]
        narrower = type(self)(name=self.name, seed=self.seed)
        narrower.dag.G = graph
        return narrower

    @property
    def chunk_seed(self) -> int:
        """The seed of runs in chunks, which need one."""
        return SEED if self.seed is None else self.seed

    def stream(
        self,
        dataset: Any,
        *,
        folder: str | Path | None = None,
        chunk_size: Sizes = 1000,
        executor: Executor | None = None,
        ahead: Callable[[], int] | None = None,
        start: int = 0,
        on_error: OnError = "raise",
        max_errors: int | None = MAX_ERRORS,
    ) -> Generator[dict[str, list[Row]], None, None]:
        """Runs chunk by chunk, and yields what each chunk gave while the next is yet to be made.

        Stop when you have enough: what you don't ask for is not generated, unless an executor was
        told to make it ahead. The chunks, and so the rows, are those of `run` with a folder.

        Args:
            dataset: rows (list of dicts, `Dataset` or DataFrame) for a pipeline without generator.
            folder: where to store finished chunks; the same call reads them from there.
            chunk_size: rows of `dataset` in a chunk; a tuple as in `run`.
            executor: makes chunks elsewhere, several at a time: see `smolsynth.pipelines.ray`. It
                needs a folder.
            ahead: asked when a chunk is missing, how many to give the executor from that one on;
                without, all.
            start: the number of the chunk to begin with.
            on_error, max_errors: see `run`.

        Yields:
            For each chunk the rows of each leaf step, by its name ("default" if there is only one).

        Raises:
            StepFailed, ValueError, RunBusy, OSError: see `run`.
        """
        check_takes_chunks(self, dataset)
        self._forget()
        rows = as_rows(dataset)
        options = Options(on_error=on_error, max_errors=max_errors)
        with contextlib.ExitStack() as stack:
            store = None if folder is None else stack.enter_context(opened(folder))
            run = ChunkedRun(
                self, rows, chunk_size, store, options, Meter(), executor, ahead, start
            )
            for result in stack.enter_context(contextlib.closing(run.results())):
                self.usage, self.refused = run.finished, run.refused
                self.none_counts = run.none_counts
                yield result.results
        warn_of_refused(self.refused, stacklevel=2)

    def make_chunk(
        self,
        chunk: Chunk,
        options: Options = Options(),  # noqa: B008  frozen
        meter: Meter | None = None,
        *,
        refused: Sequence[Row] = (),
        artifacts: Path | None = None,
    ) -> ChunkResult:
        """Runs one chunk, with seeds of its own: what `run`, `stream` and a cluster's workers do.

        Args:
            chunk: of the input.
            options: of the call.
            meter: counts, and sets limits.
            refused: rows of earlier chunks, which count towards `max_errors`.
            artifacts: the run's folder; without, a step that saves artifacts fails.

        Raises:
            StepFailed, ValueError: see `run`.
        """
        meter = meter or Meter()
        self._forget()
        with tempfile.TemporaryDirectory(prefix="smolsynth-") as saved:
            made = self.make_rows(chunk.rows, options, meter, Path(saved), chunk, refused)
            keep_artifacts(Path(saved), artifacts, chunk.number)
        for rows in made.values():  # columns that only some rows have are `None` in the others
            names = dict.fromkeys(name for row in rows for name in row)
            rows[:] = [{name: row.get(name) for name in names} for row in rows]
        return ChunkResult(made, self.none_counts, meter.usage.rows(), self.refused)

    def make_rows(
        self,
        dataset: Any,
        options: Options,
        meter: Meter,
        folder: Path,
        chunk: Chunk | None = None,
        refused: Sequence[Row] = (),
    ) -> Results:
        """Runs the pipeline once: what `make_chunk`, `run` without a folder and `try_step` do.

        Args:
            folder: for the artifacts of steps.
            dataset, options, meter, chunk, refused: see `make_chunk`.
        """
        described = self.dag
        # A new DAG object, because distilabel's caches its root and leaf steps for good, and
        # because the step made of `dataset` must not stay behind.
        self.dag = DAG()
        self.dag.G = described.G.copy()
        refusals = Refusals(options.on_error, options.max_errors, before=refused)
        try:
            with logging_kept_aside(options.logging_handlers):
                if dataset is not None:
                    self._check_has_no_generator()
                    self._add_dataset_generator_step(dataset, options.dataset_batch_size)
                self._check_has_data()
                self._set_pipeline_name()
                self._load_groups = self._built_load_groups(options.load_groups)
                self._validate()
                self._check_requirements()
                stages, _ = self._get_steps_load_stages()
            leaves = self.leaves()
            run = Run(
                self,
                folder,
                meter,
                refusals,
                self.chunk_seed if chunk else self.seed,
                chunk,
                options,
            )
            try:
                run.to_the_end(stages)
            except BudgetSpent as spent:
                self.stopped = spent.args[0]
            finally:
                self.none_counts, self.refused = run.none_counts, refusals.rows
                self.usage, self.loading = meter.usage, run.loading
            return dict(zip(leaves, run.results.values(), strict=True))
        finally:
            self.dag = described

    def _as_a_whole(self, rows: Any, options: Options, meter: Meter) -> Distiset:
        folder = Path(tempfile.mkdtemp(prefix="smolsynth-"))  # for the artifacts of steps, if any
        try:
            if rows is not None and not len(rows):
                self._check_has_no_generator()
                made: Results = {leaf: [] for leaf in self.leaves()}
            else:
                made = self.make_rows(rows, options, meter, folder)
            distiset = Distiset()
            for step, leaf in zip(self._leaf_steps() or made, made, strict=True):
                distiset[leaf] = DatasetDict(train=to_dataset(step, made[leaf]))
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        # Only those that the steps quote: for the others distilabel asks a web service.
        quoted = [parse_google_docstring(step)["citations"] for step in self._steps()]
        distiset.citations = [citation for citations in quoted for citation in citations]
        if any(folder.iterdir()):
            distiset.artifacts_path = folder
            weakref.finalize(distiset, shutil.rmtree, folder, ignore_errors=True)
        else:
            folder.rmdir()
        return distiset

    def dry_run(
        self,
        parameters: dict[str, dict[str, Any]] | None = None,
        batch_size: int = 1,
        dataset: Any = None,
    ) -> Distiset:
        """Runs one batch of `batch_size` rows. The batch size of the generator steps is put back.

        Raises:
            StepFailed, ValueError: see `run`.
        """
        generators = [step for step in self._steps() if step.is_generator]
        before = [(step, step.batch_size, dict(step._runtime_parameters)) for step in generators]
        parameters = dict(parameters or {})
        for step in generators:
            parameters[step.name] = {**parameters.get(step.name, {}), "batch_size": batch_size}
        self._dry_run = True
        try:
            return self.run(parameters, dataset=dataset, dataset_batch_size=batch_size)
        finally:
            self._dry_run = False
            for step, size, runtime_parameters in before:
                step.batch_size = size
                step._runtime_parameters = runtime_parameters

    def __repr__(self) -> str:
        # The inherited one asks a web service for a picture of the pipeline.
        return f"{type(self).__name__}(name={self.name!r}, steps={list(self.dag)})"

    def __getstate__(self) -> dict[str, Any]:
        locks = ("_steps_load_status_lock", "_stop_called_lock")
        return {name: value for name, value in vars(self).items() if name not in locks}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._steps_load_status_lock, self._stop_called_lock = threading.Lock(), threading.Lock()

    def _check_parameters(self, parameters: dict[str, dict[str, Any]]) -> None:
        """Raises where distilabel only logs a warning, which nobody would see here."""
        if not isinstance(parameters, dict):
            raise TypeError(
                "Name the rows: run(dataset=rows). What comes without a name are runtime"
                " parameters, a dict: {step: {name: value}}."
            )
        for name, values in parameters.items():
            if name not in self.dag.G:
                raise ValueError(
                    f"There is no step '{name}' to set parameters of; steps: {list(self.dag)}."
                )
            known = self.dag.get_step(name)[STEP_ATTR_NAME].runtime_parameters_names
            if unknown := set(values) - set(known):
                raise ValueError(
                    f"Step '{name}' has no runtime parameter {sorted(unknown)}; it has"
                    f" {sorted(known)}."
                )

    def _check_has_no_generator(self) -> None:
        for step in self._steps():
            if step.is_generator:
                raise ValueError(
                    f"Step '{step.name}' already generates rows: pass no `dataset`, or leave it"
                    " out."
                )

    def _check_has_data(self) -> None:
        if not len(self.dag):
            raise ValueError(
                "The pipeline has no steps: create them inside `with InProcessPipeline():`."
            )
        for step in self._steps():
            if isinstance(step, LoadDataFromDicts) and not step.data:
                raise ValueError(f"Step '{step.name}' has no data: give it at least one row.")

    # What the base class asks for to talk to other processes; there are none.

    @property
    def QueueClass(self) -> Callable:  # noqa: N802
        raise NotImplementedError("InProcessPipeline has no queues.")

    def _run_step(self, step: _Step, input_queue: Any, replica: int) -> None:
        raise NotImplementedError("InProcessPipeline has no step processes.")

    def _set_steps_not_loaded_exception(self) -> None: ...

    def _stop(self) -> None: ...

    def _teardown(self) -> None: ...


def as_rows(dataset: Any) -> Sequence[Row]:
    """A list of dicts, a `Dataset` or a DataFrame as rows."""
    return dataset.to_dict("records") if hasattr(dataset, "iterrows") else rows_of(dataset)
