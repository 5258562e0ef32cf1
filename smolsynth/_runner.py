"""The engine of `smolsynth.pipelines`: takes the batches of a run through its steps.

`Run` walks the graph, `Models` loads each model once, `_bar` shows how far it is.
"""

import copy
import logging
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import networkx as nx
from datasets import Dataset
from distilabel.constants import (
    DISTILABEL_METADATA_KEY,
    ROUTING_BATCH_FUNCTION_ATTR_NAME,
    STEP_ATTR_NAME,
)
from distilabel.models.mixins.cuda_device_placement import CudaDevicePlacementMixin
from distilabel.pipeline._dag import DAG
from distilabel.pipeline.base import BasePipeline
from distilabel.pipeline.batch import _Batch
from distilabel.steps import CombineOutputs, GroupColumns, LoadDataFromDicts
from distilabel.steps.base import _Step
from pydantic import BaseModel
from tqdm.std import tqdm

from smolsynth._progress import text_bar
from smolsynth.cost import Meter

Row = dict[str, Any]
Held = dict[int, tuple[BaseModel, dict[str, Any]]]  # by id: a model, its state before


class StepFailed(RuntimeError):
    """A step of a pipeline raised. The original exception is the `__cause__`.

    Attributes:
        step: name of the step.
        rows: the rows concerned, as a `range` of positions in the step's input; `None` if the
            failure concerns none in particular (loading, generator steps).
    """

    def __init__(self, message: str, step: str, rows: range | None = None) -> None:
        super().__init__(message)
        self.step = step
        self.rows = rows

    def __reduce__(self) -> tuple:  # from a worker's process to the one that started it
        return type(self), (str(self), self.step, self.rows)


@dataclass
class _Node:
    """A step of a run, and the rows that wait for it.

    A step waits in one of three ways. `waiting`: for rows, by predecessor, until there are enough
    for a batch. `routed`: a step behind a routing function takes each batch that is routed to it as
    a whole. `groups`: a convergence step, which joins such steps, takes together what they made of
    one batch; `due` says who has yet to deliver.
    """

    step: _Step  # the run's own copy
    predecessors: list[str]
    successors: list[str]
    routing_function: Callable | None
    is_routed: bool
    is_convergence: bool
    waiting: dict[str, deque[Row]] = field(default_factory=dict)
    routed: deque[tuple[int, list[Row]]] = field(default_factory=deque)
    groups: dict[int, dict[str, list[Row]]] = field(default_factory=dict)
    due: dict[int, set[str]] = field(default_factory=dict)
    finished: set[str] = field(default_factory=set)  # predecessors that will send no more
    outputs: set[str] = field(default_factory=set)  # columns that the step declares
    taken: int = 0  # rows
    sent: int = 0  # batches
    done: bool = False

    @property
    def name(self) -> str:
        return self.step.name


class Run:
    """One run of a pipeline.

    Each batch is taken through all the steps that can go on with it before the next is generated,
    so that only the rows of unfinished batches wait. Rows of leaf steps are kept as plain lists:
    that is as linear as writing files by batch, needs no clean-up, and lets one look at the whole
    column decide its type.
    """

    def __init__(
        self,
        pipeline: BasePipeline,
        folder: Path,
        progress: bool,
        meter: Meter,
        held: Held | None = None,
    ) -> None:
        dag = pipeline.dag
        self.meter = meter
        self.dry = pipeline._dry_run
        self.keep_metadata = pipeline._enable_metadata
        self.order = list(nx.topological_sort(dag.G))
        self.descendants = {name: nx.descendants(dag.G, name) for name in self.order}
        self.nodes = {name: _node(dag, name, pipeline) for name in self.order}
        self.models = Models([node.step for node in self.nodes.values()], held)
        self.results: dict[str, list[Row]] = {name: [] for name in dag if name in dag.leaf_steps}
        self.none_counts: dict[str, dict[str, int]] = {}
        self.active: set[str] = set()  # the steps that are loaded
        self.progress = progress
        for node in self.nodes.values():
            node.step.set_pipeline_artifacts_path(folder)

    def to_the_end(self, stages: list[list[str]]) -> dict[str, list[Row]]:
        """Runs the stages one after the other. Returns the rows of each leaf step."""
        with _bar(self.progress) as self.bar:
            try:
                for i, stage in enumerate(stages):
                    names = [name for name in self.order if name in stage]
                    self._load(names)
                    self._generate([self.nodes[name] for name in names if self._is_source(name)])
                    for name in names:
                        self._go_on(self.nodes[name])
                    later = [self.nodes[name].step for stage in stages[i + 1 :] for name in stage]
                    self._unload(later)
            finally:
                self._unload([])
                self.models.restore()
        if left := [name for name in self.order if not self.nodes[name].done]:
            raise RuntimeError(f"The run ended before these steps had all their rows: {left}.")
        return self.results

    def _is_source(self, name: str) -> bool:
        return self.nodes[name].step.is_generator

    def _load(self, names: list[str]) -> None:
        for name in names:
            node = self.nodes[name]
            self.bar.at(name)
            self.active.add(name)
            try:
                self.models.load(node.step)
                node.outputs = set() if self._is_source(name) else set(node.step.get_outputs())
            except Exception as error:
                raise StepFailed(
                    f"Step '{name}' could not be loaded: {in_words(error)}", name
                ) from error
            if self._is_source(name):
                self.bar.expect([name, *self.descendants[name]], _size(node.step))

    def _unload(self, later: list[_Step]) -> None:
        self.models.unload([self.nodes[name].step for name in self.active], later)
        self.active.clear()

    def _generate(self, sources: list[_Node]) -> None:
        """Takes batch after batch from the generator steps, from the one that is most behind."""
        batches = {node.name: _batches(node.step) for node in sources}
        while batches:
            node = min((self.nodes[name] for name in batches), key=lambda node: node.taken)
            self.bar.at(node.name)
            models = self.models.of_step[node.name]
            if models:
                self.meter.check()
            try:
                with self.meter.counting(node.name, models):
                    rows, is_last = next(batches[node.name], ([], True))
            except Exception as error:
                raise StepFailed(
                    f"Step '{node.name}' failed after {node.taken} rows: {in_words(error)}",
                    node.name,
                ) from error
            node.taken += len(rows)
            self.bar.advance(node.name, len(rows))
            self._count_none(node, rows, given=set())
            self._send(node, rows)
            if is_last or self.dry:
                del batches[node.name]
                self._finish(node)

    def _go_on(self, node: _Node) -> None:
        """Processes what waits for a step, as far as there is enough for a batch."""
        if node.name not in self.active or node.done or node.step.is_generator:
            return
        if node.is_routed:
            while node.routed:
                origin, rows = node.routed.popleft()
                made = []
                for inputs in _slices([rows], node):
                    made += self._process(node, inputs)
                self._deliver(node, origin, made)
        elif node.is_convergence:
            # In order: a batch that is complete waits for those before it.
            while node.groups and not node.due[origin := min(node.groups)]:
                del node.due[origin]
                for inputs in _slices(list(node.groups.pop(origin).values()), node):
                    self._process(node, inputs)
        else:
            while inputs := _next_batch(node):
                self._process(node, inputs)
        if node.finished.issuperset(node.predecessors):
            self._finish(node)

    def _finish(self, node: _Node) -> None:
        node.done = True
        self.bar.finish(node.name)
        for name in node.successors:
            self.nodes[name].finished.add(node.name)
            self._go_on(self.nodes[name])

    def _process(self, node: _Node, inputs: list[list[Row]]) -> list[Row]:
        """Runs the step on one batch and sends the rows on. Also returns them."""
        size = max(len(rows) for rows in inputs)
        concerned = range(node.taken, node.taken + size)
        given = {column for rows in inputs for row in rows for column in row}
        self.bar.at(node.name)
        models = self.models.of_step[node.name]
        if models:
            self.meter.check()
        try:
            _check_pairs(node.step, inputs)
            with self.meter.counting(node.name, models):
                rows = only_yield(node.step.process_applying_mappings(*inputs))
        except Exception as error:
            raise StepFailed(
                f"Step '{node.name}' failed on {_rows_in_words(concerned)} of its input:"
                f" {in_words(error)}. First of them: {_clipped(next(filter(None, inputs))[0])}",
                node.name,
                concerned,
            ) from error
        node.taken += size
        self.bar.expect_more(self.descendants[node.name], len(rows) - size)
        self.bar.advance(node.name, size)
        self._count_none(node, rows, given)
        self._send(node, rows)
        return rows

    def _send(self, node: _Node, rows: list[Row]) -> None:
        """Gives a batch to the results or to the steps that come next.

        Each gets its own copy: steps change rows that they are given, and may keep those they gave.
        """
        if not node.successors:
            rows = own_rows(rows)
            if not self.keep_metadata:
                for row in rows:
                    row.pop(DISTILABEL_METADATA_KEY, None)
            self.results[node.name] += rows
            return
        receivers = self._route(node, rows)
        for receiver in receivers:
            if receiver.is_routed:
                receiver.routed.append((node.sent, own_rows(rows)))
            elif not (receiver.is_convergence and node.is_routed):  # for those, see `_deliver`
                receiver.waiting[node.name].extend(own_rows(rows))
        for join in {name for receiver in receivers for name in receiver.successors}:
            if (join := self.nodes[join]).is_convergence:
                names = [r.name for r in receivers if r.name in join.predecessors]
                names.sort(key=join.predecessors.index)
                join.groups[node.sent] = {name: [] for name in names}
                join.due[node.sent] = set(names)
        node.sent += 1
        for receiver in receivers:
            self._go_on(receiver)

    def _route(self, node: _Node, rows: list[Row]) -> list[_Node]:
        names = node.successors
        if node.routing_function is not None:
            batch = _Batch(node.sent, node.name, last_batch=False, data=[rows])
            try:
                names = node.routing_function(batch, list(names))
                if unknown := set(names) - set(node.successors):
                    raise ValueError(f"it chose {sorted(unknown)}, which do not follow")
            except Exception as error:
                raise StepFailed(
                    f"The routing function behind step '{node.name}' failed on batch {node.sent}:"
                    f" {in_words(error)}",
                    node.name,
                ) from error
        return [self.nodes[name] for name in names]

    def _deliver(self, node: _Node, origin: int, rows: list[Row]) -> None:
        """Hands convergence steps what a routed step made of one routed batch."""
        for name in node.successors:
            join = self.nodes[name]
            if join.is_convergence:
                join.groups[origin][node.name] = own_rows(rows)
                join.due[origin].discard(node.name)
                self._go_on(join)

    def _count_none(self, node: _Node, rows: list[Row], given: set[str]) -> None:
        for row in rows:
            for column, cell in row.items():
                if column == DISTILABEL_METADATA_KEY:
                    continue
                if column in given and column not in node.outputs:
                    continue
                if cell is None or (isinstance(cell, list) and any(x is None for x in cell)):
                    counts = self.none_counts.setdefault(node.name, {})
                    counts[column] = counts.get(column, 0) + 1


def _node(dag: DAG, name: str, pipeline: BasePipeline) -> _Node:
    attributes = dag.get_step(name)
    predecessors = list(dag.get_step_predecessors(name))
    step = attributes[STEP_ATTR_NAME]
    is_routed = any(
        dag.get_step(before).get(ROUTING_BATCH_FUNCTION_ATTR_NAME) for before in predecessors
    )
    # Global steps take everything at once, wherever it comes from.
    is_convergence = bool(predecessors) and not step.is_global and dag.is_convergence_step(name)
    return _Node(
        step=own_step(step, pipeline),
        predecessors=predecessors,
        successors=list(dag.get_step_successors(name)),
        routing_function=attributes.get(ROUTING_BATCH_FUNCTION_ATTR_NAME),
        is_routed=is_routed and not step.is_global,
        is_convergence=is_convergence,
        waiting={before: deque() for before in predecessors},
    )


def _next_batch(node: _Node) -> list[list[Row]] | None:
    """The next batch, a list of rows per predecessor, or `None` if there is none yet."""
    queues = node.waiting
    if not any(queues.values()):
        return None
    size = float("inf") if node.step.is_global else node.step.input_batch_size
    if any(len(rows) < size and name not in node.finished for name, rows in queues.items()):
        return None
    return [[rows.popleft() for _ in range(min(len(rows), size))] for rows in queues.values()]


def _slices(inputs: list[list[Row]], node: _Node) -> Iterator[list[list[Row]]]:
    size = node.step.input_batch_size
    for start in range(0, max(map(len, inputs), default=0), size):
        yield [rows[start : start + size] for rows in inputs]


def _batches(step: _Step) -> Iterator[tuple[list[Row], bool]]:
    """The batches of a generator step."""
    if type(step).process is not LoadDataFromDicts.process:
        yield from step.process_applying_mappings()
        return
    # Its own `process` copies and validates the rows left for each batch: 20 s for 100,000.
    for start in range(0, len(step.data), step.batch_size):
        end = start + step.batch_size
        rows = [
            {step.output_mappings.get(column, column): cell for column, cell in row.items()}
            for row in step.data[start:end]
        ]
        yield rows, end >= len(step.data)


def _size(step: _Step) -> int | None:
    """How many rows a generator step is going to give, if it knows."""
    if isinstance(step, LoadDataFromDicts):
        return len(step.data)
    return getattr(step, "num_examples", None) or getattr(step, "num_rows", None)


def only_yield(batches: Iterable[list[Row]]) -> list[Row]:
    nothing = object()
    batches = iter(batches)
    rows = next(batches, nothing)
    if rows is nothing:
        raise ValueError("it yielded nothing; yield one list of rows per batch, [] for none")
    if next(batches, nothing) is not nothing:
        # distilabel keeps the first list and drops the others silently.
        raise ValueError("it yielded more than once; yield one list of rows per batch")
    return rows


def _check_pairs(step: _Step, inputs: list[list[Row]]) -> None:
    """Steps that put rows side by side drop, silently, those that have no counterpart."""
    if isinstance(step, GroupColumns | CombineOutputs) and len(set(map(len, inputs))) > 1:
        raise ValueError(
            f"the steps before it sent different numbers of rows, {[len(rows) for rows in inputs]}"
        )


def own_rows(rows: list[Row]) -> list[Row]:
    """A copy of rows down to their last dict and list; other values don't change, or are shared."""

    def own(value: Any) -> Any:
        if type(value) is dict:
            return {key: own(item) for key, item in value.items()}
        if type(value) is list:
            return [own(item) for item in value]
        return value

    return [own(row) for row in rows]


def to_dataset(leaf: str, rows: list[Row]) -> Dataset:
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: [row.get(name) for row in rows] for name in names}
    try:
        return Dataset.from_dict(columns)
    except Exception:
        for name, cells in columns.items():
            try:
                Dataset.from_dict({name: cells})
            except Exception as error:
                types = sorted({type(cell).__name__ for cell in cells if cell is not None})
                raise StepFailed(
                    f"Step '{leaf}' made cells in column '{name}' that fit in no one type (they"
                    f" are {', '.join(types)}): {in_words(error)}",
                    leaf,
                ) from error
        raise


def own_step(step: _Step, pipeline: BasePipeline) -> _Step:
    """A copy of a step for one run, as its process would have, with the models themselves in it."""
    shared = [pipeline, *models_of(step)]
    # Rows to load are only read; copying 100,000 of them takes a second.
    shared += [value for value in _values(step) if isinstance(value, Dataset)]
    if isinstance(step, LoadDataFromDicts):
        shared.append(step.data)
    try:
        return copy.deepcopy(step, {id(thing): thing for thing in shared})
    except Exception as error:
        raise StepFailed(
            f"Step '{step.name}' can't be copied for the run: {in_words(error)}. Create what can't"
            " be copied in its `load` method.",
            step.name,
        ) from error


def _values(thing: BaseModel) -> list[Any]:
    return [*vars(thing).values(), *(thing.__pydantic_private__ or {}).values()]


def models_of(thing: BaseModel) -> Iterator[BaseModel]:
    """The LLMs, embeddings and image models that a step or a model holds, at any depth."""
    values = _values(thing)
    while values:
        value = values.pop()
        if isinstance(value, list | tuple):
            values += value
        elif isinstance(value, dict):
            values += value.values()
        elif isinstance(value, BaseModel):
            if hasattr(value, "load") and hasattr(value, "unload") and not isinstance(value, _Step):
                yield value
            yield from models_of(value)


class Models:
    """Loads and unloads the models of a run, each of them once, and leaves them as found.

    Steps load their models themselves (`Task.load` calls `llm.load`), some after setting them up.
    So while a step is loaded, its models' `load` is covered by one that works only the first time.

    Args:
        steps: the run's own copies.
        held: models that stay loaded from this run to the next, with their state before the first;
            this run adds its own. `release` lets go of them.
    """

    def __init__(self, steps: list[_Step], held: Held | None = None) -> None:
        self.held = held
        self.of_step = {step.name: list(models_of(step)) for step in steps}
        self.all = {id(model): model for models in self.of_step.values() for model in models}
        self.loaded: set[int] = set()
        self.before = {key: _state(model) for key, model in self.all.items()}
        self._check_structured_output(steps)
        for model in self.all.values():
            if isinstance(model, CudaDevicePlacementMixin) and model.cuda_devices == "auto":
                # It would hide all but one GPU from the whole process.
                model.disable_cuda_device_placement = True

    def _check_structured_output(self, steps: list[_Step]) -> None:
        for step in steps:
            if not getattr(step, "use_default_structured_output", False):
                continue
            users = [s.name for s in steps if s is not step and getattr(s, "llm", None) is step.llm]
            if users:
                raise ValueError(
                    f"Step '{step.name}' sets its own structured output on its LLM, but step"
                    f" '{users[0]}' uses the same LLM: give '{step.name}' an LLM of its own."
                )

    def load(self, step: _Step) -> None:
        step._logger = logging.getLogger(f"distilabel.step.{step.name}")
        with self._covered(step, "load", self._load_once):
            step.load()

    def _load_once(self, model: BaseModel) -> None:
        if id(model) in self.loaded:
            return
        self.loaded.add(id(model))
        held = self.held is not None and id(model) in self.held
        # Of our models a second `load` only starts the seeds anew; others would begin again.
        if held and not hasattr(model, "_calls"):
            return
        cover = vars(model).pop("load")
        try:
            model.load()
        finally:
            vars(model)["load"] = cover
        if self.held is not None and not held:
            self.held[id(model)] = (model, self.before[id(model)])

    def unload(self, steps: list[_Step], later: list[_Step]) -> None:
        """Unloads steps, and models that no step of `later` needs."""
        for step in steps:
            with self._covered(step, "unload", lambda model: self.loaded.add(id(model))):
                _try(step.unload, f"Step '{step.name}'")
        needed = {id(model) for step in later for model in self.of_step[step.name]}
        for key in self.loaded - needed - set(self.held or ()):
            self.loaded.discard(key)
            _unload(self.all[key], self.before[key])

    def restore(self) -> None:
        for key in self.before.keys() - set(self.held or ()):
            _restore(self.all[key], self.before[key])

    @contextmanager
    def _covered(self, step: _Step, method: str, replacement: Callable) -> Iterator[None]:
        models = self.of_step[step.name]
        for model in models:
            # In the instance's dict, where it hides the method of the class.
            vars(model)[method] = lambda model=model: replacement(model)
        try:
            yield
        finally:
            for model in models:
                vars(model).pop(method, None)


def release(held: Held) -> None:
    """Unloads the models that stayed loaded from run to run, and leaves them as found."""
    for model, before in held.values():
        _unload(model, before)
        _restore(model, before)


def _unload(model: BaseModel, before: dict[str, Any]) -> None:
    if before.get("_logger") is None:  # else it was loaded by hand
        _try(model.unload, f"The model {type(model).__name__}")


def _restore(model: BaseModel, before: dict[str, Any]) -> None:
    for name, value in before.items():
        if getattr(model, name) is not value:
            setattr(model, name, value)


def _state(model: BaseModel) -> dict[str, Any]:
    """What a run may change on a model. `_logger` is `None` until a model is loaded."""
    names = ("_logger", "structured_output", "disable_cuda_device_placement")
    return {name: getattr(model, name) for name in names if hasattr(model, name)}


def _try(unload: Callable, who: str) -> None:
    try:
        unload()
    except Exception as error:  # rows that cost an hour are worth more than a clean end
        warnings.warn(f"{who} could not be unloaded: {in_words(error)}", stacklevel=2)


@contextmanager
def logging_kept_aside(handlers: list[logging.Handler] | None) -> Iterator[None]:
    """Sends distilabel's log records to `handlers` only. Leaves its logger as it was."""
    logger = logging.getLogger("distilabel")
    before = logger.handlers[:], logger.propagate, logger.level
    logger.handlers = list(handlers or [logging.NullHandler()])
    logger.propagate = False
    if handlers:
        logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.handlers, logger.propagate = before[:2]
        logger.setLevel(before[2])


class _Bar:
    """A progress bar: rows that steps have taken, of those that they are expected to take.

    A step that makes five rows of one makes the steps behind it expect five times as many.
    """

    WITH_TOTAL = "{desc} {percentage:3.0f}%|{bar}| {elapsed}<{remaining}"
    WITHOUT_TOTAL = "{desc}: {n_fmt} rows, {elapsed}"

    def __init__(self, bar: tqdm) -> None:
        self.bar = bar
        self.expected: dict[str, int] = {}
        self.taken: dict[str, int] = {}
        self.is_known = True
        self.shown = 0.0

    def at(self, step: str) -> None:
        now = time.monotonic()
        refresh = now - self.shown > 0.1
        if refresh:
            self.shown = now
        self.bar.set_description_str(step, refresh=refresh)

    def expect(self, steps: Iterable[str], rows: int | None) -> None:
        if rows is None:
            self.is_known = False
        else:
            self.expect_more(steps, rows)
        self._set_total()

    def expect_more(self, steps: Iterable[str], rows: int) -> None:
        for step in steps if rows else ():
            self.expected[step] = self.expected.get(step, 0) + rows

    def advance(self, step: str, rows: int) -> None:
        self.taken[step] = self.taken.get(step, 0) + rows
        self._set_total()
        self.bar.update(rows)

    def finish(self, step: str) -> None:
        self.expected[step] = self.taken.get(step, 0)
        self._set_total()

    def _set_total(self) -> None:
        if not self.is_known:
            return
        steps = self.expected.keys() | self.taken.keys()
        expected, taken = self.expected, self.taken
        self.bar.total = sum(max(expected.get(step, 0), taken.get(step, 0)) for step in steps)
        self.bar.bar_format = self.WITH_TOTAL if self.bar.total else self.WITHOUT_TOTAL


@contextmanager
def _bar(progress: bool) -> Iterator[_Bar]:
    with text_bar(progress, bar_format=_Bar.WITHOUT_TOTAL) as bar:
        yield _Bar(bar)


def _rows_in_words(rows: range) -> str:
    return f"row {rows[0]}" if len(rows) == 1 else f"rows {rows[0]} to {rows[-1]}"


def in_words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": .")


def _clipped(value: Any, length: int = 200) -> str:
    text = repr(value)
    return text if len(text) <= length else text[: length - 1] + "…"
