"""`InProcessPipeline`: a whole distilabel pipeline in this process and this thread.

distilabel's `Pipeline` starts a process per step, each with its own copy of the model, waits 2.5 s
per stage, and turns a batch whose step raises into rows of `None`. This one builds the same batches
and calls the same `process` of the same steps, one after the other, and stops at the first error.
What it adds: `StepFailed`, `InProcessPipeline.none_counts`, a progress bar, and runs in chunks that
can be interrupted and gone on with.
"""

import contextlib
import logging
import shutil
import tempfile
import threading
import warnings
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from datasets import DatasetDict
from distilabel.constants import DISTILABEL_METADATA_KEY, STEP_ATTR_NAME
from distilabel.distiset import Distiset
from distilabel.models.llms.base import LLM
from distilabel.pipeline._dag import DAG
from distilabel.pipeline.base import BasePipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.base import _Step
from distilabel.utils.docstring import parse_google_docstring

from smolsynth.errors import BudgetSpent, StepFailed
from smolsynth.pipelines.chunks import Executor, Part, run_chunks, seed_of_chunk, unfinished_usage
from smolsynth.pipelines.models import (
    Held,
    Models,
    logging_kept_aside,
    models_of,
    own_step,
    release,
)
from smolsynth.pipelines.results import ArrowWriter, in_words, own_rows, to_dataset
from smolsynth.pipelines.runner import Run, only_yield
from smolsynth.pipelines.usage import Meter, Prices, Usage, check_prices
from smolsynth.rows import Row
from smolsynth.rows import rows as rows_of


class BudgetWarning(UserWarning):
    """A run has stopped at its limit of tokens or cost."""


class InProcessPipeline(BasePipeline):
    """A distilabel pipeline that runs in this process, on one thread.

    Use it as distilabel's `Pipeline`. Batches, mappings, runtime parameters, global steps, joins,
    routing and load groups work as there. Different on purpose:

    - steps share models: a model (LLM, embeddings) given to several steps is loaded once a run.
      A run leaves it as found: unloaded, or loaded if it had been loaded by hand before. Steps are
      copied for the run, so a pipeline can be run again.
    - a step that raises ends the run with `StepFailed`;
    - cells that are `None`, such as answers that a task could not parse, stay in place and are
      counted in `none_counts`;
    - nothing is cached, logged or written to the home folder, and `resources` is ignored.

    Attributes:
        none_counts: of the last run, `{step: {column: n}}`: how many of the cells that the step
            made are `None`, or a list with a `None` in it. Columns without any are left out.
        usage: tokens and seconds of the last run, by step and model (`Usage`).
        stopped: why the last run has stopped at a limit; `None` if it ran to its end.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.none_counts: dict[str, dict[str, int]] = {}
        self.usage = Usage()
        self.stopped: str | None = None
        self._held: Held | None = None

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
        chunk_size: int = 1000,
        max_tokens_total: float | None = None,
        max_cost: float | None = None,
        prices: Prices | None = None,
        executor: Executor | None = None,
    ) -> Distiset:
        """Runs the pipeline.

        With `folder`, the rows of `dataset` go through it chunk by chunk, and each finished chunk
        is stored there. Whatever interrupts the run (a kill, a full disk, a lost endpoint), the
        same call goes on where it stopped, with the same rows as if nothing had happened: only the
        chunk in flight is made again. The models' seeds and numpy's differ from chunk to chunk.

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
            chunk_size: rows of `dataset` in a chunk, with `folder`.
            max_tokens_total: input and output tokens, all steps together.
            max_cost: money, in the currency of `prices`.
            prices: `{model name: (per million input tokens, per million output tokens)}`.
            executor: makes chunks elsewhere, several at a time: see `smolsynth.cluster`.

        Returns:
            A `Distiset`: one configuration per leaf step, named after it ("default" if there is
            only one), each with a split "train". A leaf step that got no rows has an empty split.
            Without `enable_metadata`, the column `distilabel_metadata` is left out.

        Raises:
            StepFailed: a step raised while it was loaded or run, or yielded no list of rows.
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
        self.none_counts = {}
        self.usage = Usage()
        self.stopped = None
        self._check_parameters(parameters or {})
        if max_cost is not None and prices is not None:
            check_prices(prices, [m.model_name for m in self._models() if isinstance(m, LLM)])
        meter = Meter(max_tokens_total, max_cost, prices)
        if executor is not None and (folder is None or meter.limits):
            raise ValueError("With an executor, name a folder, and set no limits.")
        options = (load_groups, dataset_batch_size, logging_handlers, progress)
        if folder is None:
            made = self._run(parameters, dataset, *options, meter)
        else:
            made = self._run_chunks(
                parameters, dataset, options, Path(folder), chunk_size, meter, executor
            )
        if self.stopped:
            n = sum(len(made[leaf]["train"]) for leaf in made)
            warnings.warn(f"Stopped with {n} rows: {self.stopped}", BudgetWarning, stacklevel=2)
        return made

    def _models(self) -> list[Any]:
        steps = [self.dag.get_step(name)[STEP_ATTR_NAME] for name in self.dag]
        return list({id(model): model for step in steps for model in models_of(step)}.values())

    def stream(
        self,
        dataset: Any,
        *,
        folder: str | Path | None = None,
        chunk_size: int = 1000,
        executor: Executor | None = None,
        ahead: Callable[[], int] | None = None,
    ) -> Iterator[dict[str, list[Row]]]:
        """Runs chunk by chunk, and yields what each chunk gave while the next is yet to be made.

        Stop when you have enough: what you don't ask for is not generated, unless an executor was
        told to make it ahead. The chunks, and so the rows, are those of `run` with a folder.

        Args:
            dataset: rows (list of dicts, `Dataset` or DataFrame) for a pipeline without generator.
            folder: where to store finished chunks; the same call reads them from there.
            chunk_size: rows of `dataset` in a chunk.
            executor: makes chunks elsewhere, several at a time: see `smolsynth.cluster`. It needs a
                folder.
            ahead: asked when a chunk is missing, how many to give the executor from that one on;
                without, all.

        Yields:
            For each chunk the rows of each leaf step, by its name ("default" if there is only one).

        Raises:
            StepFailed, ValueError, RunBusy, OSError: see `run`.
        """
        self._check_takes_chunks(dataset)
        options = (None, 50, None, False)  # load groups, batch size, log handlers, progress
        rows = as_rows(dataset)

        def make(rows: list[Row], number: int) -> Part:
            return self._make_chunk(rows, number, options, Meter())

        if folder is not None:
            parts = run_chunks(
                make, self._description(), rows, Path(folder), chunk_size, executor, ahead
            )
        elif executor is not None:
            raise ValueError("With an executor, name a folder.")
        elif chunk_size < 1:
            raise ValueError(f"chunk_size must be 1 or more, not {chunk_size}.")
        else:
            starts = enumerate(range(0, len(rows), chunk_size))
            parts = (make(list(rows[i : i + chunk_size]), number) for number, i in starts)
        used = Usage()
        with self._holding_models(), contextlib.closing(parts):  # lets go of the folder
            for results, _, by_step in parts:
                used.add(Usage.from_rows(by_step))
                self.usage = used
                yield results

    def _run_chunks(
        self,
        parameters: dict[str, dict[str, Any]] | None,
        dataset: Any,
        options: tuple[Any, ...],
        folder: Path,
        chunk_size: int,
        meter: Meter,
        executor: Executor | None,
    ) -> Distiset:
        self._check_takes_chunks(dataset)
        self._set_runtime_parameters(parameters or {})
        finished = Usage()  # chunks
        finished_rows = 0
        partial: dict[str, list[Row]] = {}

        def make(rows: list[Row], number: int) -> Part:
            if finished_rows:
                expected = Usage()
                expected.add(finished, len(rows) / finished_rows)
                meter.check(expected)
            meter.usage = Usage()
            whole = False
            try:
                part = self._make_chunk(rows, number, options, meter)
                whole = not self.stopped
            finally:
                if not whole:
                    unfinished_usage(folder, meter.usage.rows())
            if not whole:
                partial.update(part[0])
                raise BudgetSpent(self.stopped)
            return part

        description = self._description()
        rows = as_rows(dataset)
        for row in unfinished_usage(folder):
            meter.before.add(Usage.from_rows([row]))
        writer = ArrowWriter(folder)
        counts: dict[str, dict[str, int]] = {}
        try:
            with self._holding_models():
                for part in run_chunks(make, description, rows, folder, chunk_size, executor):
                    results, none_counts, used = part
                    writer.see(results)
                    finished.add(Usage.from_rows(used))
                    finished_rows = min(len(rows), finished_rows + chunk_size)
                    meter.before.add(Usage.from_rows(used))
                    meter.usage = Usage()
                    for step, columns in none_counts.items():
                        for column, count in columns.items():
                            of_step = counts.setdefault(step, {})
                            of_step[column] = of_step.get(column, 0) + count
        except BudgetSpent as spent:
            self.stopped = str(spent)
            writer.see(partial)
        finally:
            self.usage = Usage()
            self.usage.add(meter.before)
            self.usage.add(meter.usage)
        self.none_counts = counts
        return writer.write(-(-finished_rows // chunk_size), partial)

    def _check_takes_chunks(self, dataset: Any) -> None:
        if dataset is None:
            raise ValueError("With a folder, pass the input as dataset=…: it is taken in chunks.")
        for name in self.dag:
            if self.dag.get_step(name)[STEP_ATTR_NAME].is_global:
                raise ValueError(
                    f"Step '{name}' needs all rows at once, and would get those of one chunk: run"
                    " it in a pipeline of its own, on what this one has made."
                )

    def _description(self) -> dict[str, Any]:
        """What may not change between the calls of one run."""
        description = _without_help(self.dump())
        del description["pipeline"]["name"]
        return description

    @contextlib.contextmanager
    def _holding_models(self) -> Iterator[None]:
        """Models stay loaded from chunk to chunk, unless there is room for one at a time."""
        held = self._held = {}
        try:
            yield
        finally:
            self._held = None
            release(held)

    def _make_chunk(
        self, rows: list[Row], number: int, options: tuple[Any, ...], meter: Meter
    ) -> Part:
        """Runs one chunk, with seeds of its own."""
        seeded = [
            (model, model.seed)
            for model in self._models()
            if getattr(model, "seed", None) is not None
        ]
        state = np.random.get_state()
        np.random.seed(seed_of_chunk(_NUMPY_SEED, number))
        for model, seed in seeded:
            model.seed = seed_of_chunk(seed, number)
        try:
            made = self._run(None, rows, *options, meter)
        finally:
            np.random.set_state(state)
            for model, seed in seeded:
                model.seed = seed
        results = {leaf: made[leaf]["train"].to_list() for leaf in made}
        return results, self.none_counts, meter.usage.rows()

    def _run(
        self,
        parameters: dict[str, dict[str, Any]] | None,
        dataset: Any,
        load_groups: Any,
        dataset_batch_size: int,
        logging_handlers: list[logging.Handler] | None,
        progress: bool,
        meter: Meter,
    ) -> Distiset:
        described = self.dag
        # A new DAG object, because distilabel's caches its root and leaf steps for good, and
        # because the step made of `dataset` must not stay behind.
        self.dag = DAG()
        self.dag.G = described.G.copy()
        folder = Path(tempfile.mkdtemp(prefix="smolsynth-"))  # for the artifacts of steps, if any
        try:
            with logging_kept_aside(logging_handlers):
                self._set_runtime_parameters(parameters or {})
                if dataset is not None:
                    self._check_has_no_generator()
                    self._add_dataset_generator_step(dataset, dataset_batch_size)
                self._check_has_data()
                self._set_pipeline_name()
                self._load_groups = self._built_load_groups(load_groups)
                self._validate()
                self._check_requirements()
                stages, _ = self._get_steps_load_stages()
                run = Run(self, folder, progress, meter, self._held if len(stages) == 1 else None)
                try:
                    rows = run.to_the_end(stages)
                except BudgetSpent as spent:
                    self.stopped = str(spent)
                    rows = run.results
                finally:
                    self.none_counts = run.none_counts
                    self.usage = meter.usage
                return self._distiset(rows, folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        finally:
            self.dag = described

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
        steps = [self.dag.get_step(name)[STEP_ATTR_NAME] for name in self.dag]
        generators = [step for step in steps if step.is_generator]
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
        for name in self.dag:
            if self.dag.get_step(name)[STEP_ATTR_NAME].is_generator:
                raise ValueError(
                    f"Step '{name}' already generates rows: pass no `dataset`, or leave it out."
                )

    def _check_has_data(self) -> None:
        if not len(self.dag):
            raise ValueError(
                "The pipeline has no steps: create them inside `with InProcessPipeline():`."
            )
        for name in self.dag:
            step = self.dag.get_step(name)[STEP_ATTR_NAME]
            if isinstance(step, LoadDataFromDicts) and not step.data:
                raise ValueError(f"Step '{name}' has no data: give it at least one row.")

    def _distiset(self, rows: dict[str, list[Row]], folder: Path) -> Distiset:
        distiset = Distiset()
        for leaf, leaf_rows in rows.items():
            name = leaf if len(rows) > 1 else "default"
            distiset[name] = DatasetDict(train=to_dataset(leaf, leaf_rows))
        steps = [self.dag.get_step(name)[STEP_ATTR_NAME] for name in self.dag]
        # Only those that the steps quote: for the others distilabel asks a web service.
        distiset.citations = [
            c for step in steps for c in parse_google_docstring(step)["citations"]
        ]
        if any(folder.iterdir()):
            distiset.artifacts_path = folder
            weakref.finalize(distiset, shutil.rmtree, folder, ignore_errors=True)
        else:
            folder.rmdir()
        return distiset

    # What the base class asks for to talk to other processes; there are none.

    @property
    def QueueClass(self) -> Callable:  # noqa: N802
        raise NotImplementedError("InProcessPipeline has no queues.")

    def _run_step(self, step: _Step, input_queue: Any, replica: int) -> None:
        raise NotImplementedError("InProcessPipeline has no step processes.")

    def _set_steps_not_loaded_exception(self) -> None: ...

    def _stop(self) -> None: ...

    def _teardown(self) -> None: ...


_NUMPY_SEED = 42  # EvolInstruct draws its mutations from numpy's global state


def as_rows(dataset: Any) -> Sequence[Row]:
    """A list of dicts, a `Dataset` or a DataFrame as rows."""
    return dataset.to_dict("records") if hasattr(dataset, "iterrows") else rows_of(dataset)


def _without_help(value: Any) -> Any:
    """A dump without what only explains it."""
    if isinstance(value, dict):
        return {k: _without_help(v) for k, v in value.items() if k != "runtime_parameters_info"}
    return [_without_help(v) for v in value] if isinstance(value, list) else value


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
    with logging_kept_aside(None):
        try:
            models.load(own)
            made = only_yield(own.process_applying_mappings(own_rows(given)))
        except Exception as error:
            raise StepFailed(f"Step '{step.name}' failed: {in_words(error)}", step.name) from error
        finally:
            models.unload([own], later=[])
            models.restore()
    return [{k: v for k, v in row.items() if k != DISTILABEL_METADATA_KEY} for row in made]
