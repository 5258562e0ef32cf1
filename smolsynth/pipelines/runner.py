"""The engine of `smolsynth.pipelines`: takes the batches of a run through its steps.

`Run` walks the graph, `Models` loads each model once, `step_bar` shows how far it is.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import networkx as nx
from distilabel.constants import ROUTING_BATCH_FUNCTION_ATTR_NAME, STEP_ATTR_NAME
from distilabel.models.llms.base import LLM
from distilabel.pipeline._dag import DAG
from distilabel.pipeline.base import BasePipeline
from distilabel.pipeline.batch import _Batch
from distilabel.steps import CombineOutputs, GroupColumns, LoadDataFromDicts
from distilabel.steps.base import _Step

from smolsynth.errors import StepFailed
from smolsynth.pipelines.chunks import Chunk
from smolsynth.pipelines.items import Item, own_items, own_rows, traced
from smolsynth.pipelines.models import Models, own_step
from smolsynth.pipelines.progress import step_bar
from smolsynth.pipelines.refusals import MAX_ERRORS, OnError, Refusals
from smolsynth.pipelines.strings import in_words, said
from smolsynth.pipelines.turns import Turns
from smolsynth.pipelines.usage import Meter, counted_llms
from smolsynth.rows import METADATA, Row


@dataclass(frozen=True)
class Options:
    """Settings of one call that don't change its rows; see `InProcessPipeline.run`.

    Raises ValueError where one makes no sense.
    """

    load_groups: Any = None
    dataset_batch_size: int = 50
    logging_handlers: list[logging.Handler] | None = None
    progress: bool = False
    on_error: OnError = "raise"
    max_errors: int | None = MAX_ERRORS

    def __post_init__(self) -> None:
        if self.on_error not in ("raise", "skip"):
            raise ValueError(f'on_error must be "raise" or "skip", not {self.on_error!r}.')
        if self.max_errors is not None and self.max_errors < 0:
            raise ValueError(f"max_errors must be 0 or more, not {self.max_errors}.")


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
    waiting: dict[str, deque[Item]] = field(default_factory=dict)
    routed: deque[tuple[int, list[Item]]] = field(default_factory=deque)
    groups: dict[int, dict[str, list[Item]]] = field(default_factory=dict)
    due: dict[int, set[str]] = field(default_factory=dict)
    finished: set[str] = field(default_factory=set)  # predecessors that will send no more
    outputs: set[str] = field(default_factory=set)  # columns that the step declares
    taken: int = 0  # rows
    sent: int = 0  # batches
    done: bool = False
    models: list[Any] = field(default_factory=list)
    llms: list[LLM] = field(default_factory=list)  # of the models, those that are counted

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
        meter: Meter,
        refusals: Refusals,
        seed: int | None = None,
        chunk: Chunk | None = None,
        options: Options = Options(),  # noqa: B008  frozen
    ) -> None:
        dag = pipeline.dag
        self.meter, self.refusals, self.progress = meter, refusals, options.progress
        self.first = chunk.first if chunk else 0
        self.dry = pipeline._dry_run
        self.keep_metadata = pipeline._enable_metadata
        self.order = list(nx.topological_sort(dag.G))
        self.descendants = {name: nx.descendants(dag.G, name) for name in self.order}
        self.nodes = {name: _node(dag, name, pipeline) for name in self.order}
        self.models = Models([node.step for node in self.nodes.values()])
        for node in self.nodes.values():
            node.models = self.models.of_step[node.name]
            node.llms = counted_llms(node.models)
            node.step.set_pipeline_artifacts_path(folder)
        models = list(self.models.all.values())
        self.turns = Turns(models, seed, chunk.number if chunk else 0, options.logging_handlers)
        self.results: dict[str, list[Row]] = {name: [] for name in dag if name in dag.leaf_steps}
        self.none_counts: dict[str, dict[str, int]] = {}
        self.active: set[str] = set()  # the steps that are loaded
        self.loading = 0.0  # seconds

    def to_the_end(self, stages: list[list[str]]) -> None:
        """Runs the stages one after the other; `results` has the rows of each leaf step."""
        with self.turns, step_bar(self.progress) as self.bar:
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
        if left := [name for name in self.order if not self.nodes[name].done]:
            raise RuntimeError(f"The run ended before these steps had all their rows: {left}.")

    def _is_source(self, name: str) -> bool:
        return self.nodes[name].step.is_generator

    def _load(self, names: list[str]) -> None:
        begun = time.perf_counter()
        for name in names:
            node = self.nodes[name]
            self.bar.at(name)
            self.active.add(name)
            try:
                self.models.load(node.step)
                node.outputs = set() if self._is_source(name) else set(node.step.get_outputs())
            except Exception as error:
                raise StepFailed(said("not_loaded", step=name, error=error), name) from error
            if self._is_source(name):
                self.bar.expect([name, *self.descendants[name]], _size(node.step))
        self.loading += time.perf_counter() - begun

    def _unload(self, later: list[_Step]) -> None:
        self.models.unload([self.nodes[name].step for name in self.active], later)
        self.active.clear()

    def _generate(self, sources: list[_Node]) -> None:
        """Takes batch after batch from the generator steps, from the one that is most behind."""
        batches = {node.name: _batches(node.step) for node in sources}
        while batches:
            node = min((self.nodes[name] for name in batches), key=lambda node: node.taken)
            self.bar.at(node.name)
            self._begin_batch(node)
            try:
                with self.meter.counting(node.name, node.llms):
                    rows, is_last = next(batches[node.name], ([], True))
            except Exception as error:
                told = said("after", step=node.name, rows=node.taken, error=error)
                raise StepFailed(told, node.name) from error
            start = self.first + node.taken
            items = [(row, range(start + i, start + i + 1)) for i, row in enumerate(rows)]
            node.taken += len(rows)
            self.bar.advance(node.name, len(rows))
            self._count_none(node, items, given=set())
            self._send(node, items)
            if is_last or self.dry:
                del batches[node.name]
                self._finish(node)

    def _go_on(self, node: _Node) -> None:
        """Processes what waits for a step, as far as there is enough for a batch."""
        if node.name not in self.active or node.done or node.step.is_generator:
            return
        if node.is_routed:
            while node.routed:
                origin, items = node.routed.popleft()
                made = []
                for batch in _slices([items], node):
                    made += self._process(node, batch)
                self._deliver(node, origin, made)
        elif node.is_convergence:
            # In order: a batch that is complete waits for those before it.
            while node.groups and not node.due[origin := min(node.groups)]:
                del node.due[origin]
                for batch in _slices(list(node.groups.pop(origin).values()), node):
                    self._process(node, batch)
        else:
            while batch := _next_batch(node):
                self._process(node, batch)
        if node.finished.issuperset(node.predecessors):
            self._finish(node)

    def _finish(self, node: _Node) -> None:
        node.done = True
        self.bar.finish(node.name)
        for name in node.successors:
            self.nodes[name].finished.add(node.name)
            self._go_on(self.nodes[name])

    def _process(self, node: _Node, batch: list[list[Item]]) -> list[Item]:
        """Runs the step on one batch and sends the rows on. Also returns them."""
        size = max(map(len, batch))
        given = set().union(*(row for items in batch for row, _ in items))
        self.bar.at(node.name)
        items = self.refusals.process(
            node.step,
            batch,
            node.outputs,
            bool(node.models),
            lambda batch: self._take_through(node, batch),
        )
        node.taken += size
        self.bar.expect_more(self.descendants[node.name], len(items) - size)
        self.bar.advance(node.name, size)
        self._count_none(node, items, given)
        self._send(node, items)
        return items

    def _take_through(self, node: _Node, batch: list[list[Item]]) -> list[Item]:
        self._begin_batch(node)
        _check_pairs(node.step, batch)
        if not node.step.is_global:  # whose rows have all waited, and are copies
            batch = [own_items(items) for items in batch]
        inputs = [[row for row, _ in items] for items in batch]
        with self.meter.counting(node.name, node.llms):
            made = only_yield(node.step.process_applying_mappings(*inputs))
        return traced(made, batch)

    def _begin_batch(self, node: _Node) -> None:
        if node.models:
            self.meter.check()
        self.turns.give_way()

    def _send(self, node: _Node, items: list[Item]) -> None:
        """Gives a batch to the results or to the steps that come next.

        A step may change the rows that it is given, and those that it gave, with its next batch. So
        each takes a copy of what it takes at once (`_take_through`); what has to wait is copied.
        """
        if not node.successors:
            rows = [row for row, _ in items]
            if not self.keep_metadata:
                rows = [{k: v for k, v in row.items() if k != METADATA} for row in rows]
            self.results[node.name] += own_rows(rows)
            return
        receivers = self._route(node, items)
        for receiver in receivers:
            if receiver.is_routed:
                receiver.routed.append((node.sent, own_items(items)))
            elif not (receiver.is_convergence and node.is_routed):  # for those, see `_deliver`
                receiver.waiting[node.name].extend(items)
        for join in {name for receiver in receivers for name in receiver.successors}:
            if (join := self.nodes[join]).is_convergence:
                names = [r.name for r in receivers if r.name in join.predecessors]
                names.sort(key=join.predecessors.index)
                join.groups[node.sent] = {name: [] for name in names}
                join.due[node.sent] = set(names)
        node.sent += 1
        for receiver in receivers:
            self._go_on(receiver)
        for receiver in receivers:
            waiting = receiver.waiting[node.name]
            last = [waiting.pop() for _ in range(min(len(items), len(waiting)))]
            waiting.extend(own_items(reversed(last)))

    def _route(self, node: _Node, items: list[Item]) -> list[_Node]:
        names = node.successors
        if node.routing_function is not None:
            rows = [row for row, _ in items]
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

    def _deliver(self, node: _Node, origin: int, items: list[Item]) -> None:
        """Hands convergence steps what a routed step made of one routed batch."""
        for name in node.successors:
            join = self.nodes[name]
            if join.is_convergence:
                join.groups[origin][node.name] = own_items(items)
                join.due[origin].discard(node.name)
                self._go_on(join)

    def _count_none(self, node: _Node, items: list[Item], given: set[str]) -> None:
        for row, _ in items:
            for column, cell in row.items():
                if cell is None or (isinstance(cell, list) and any(x is None for x in cell)):
                    if column != METADATA and (column in node.outputs or column not in given):
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


def _next_batch(node: _Node) -> list[list[Item]] | None:
    """The next batch, a list of items per predecessor, or `None` if there is none yet."""
    queues = node.waiting
    if not any(queues.values()):
        return None
    size = float("inf") if node.step.is_global else node.step.input_batch_size
    if any(len(items) < size and name not in node.finished for name, items in queues.items()):
        return None
    return [[items.popleft() for _ in range(min(len(items), size))] for items in queues.values()]


def _slices(batch: list[list[Item]], node: _Node) -> Iterator[list[list[Item]]]:
    size = node.step.input_batch_size
    for start in range(0, max(map(len, batch), default=0), size):
        yield [items[start : start + size] for items in batch]


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


def _check_pairs(step: _Step, batch: list[list[Item]]) -> None:
    """Steps that put rows side by side drop, silently, those that have no counterpart."""
    if isinstance(step, GroupColumns | CombineOutputs) and len(set(map(len, batch))) > 1:
        raise ValueError(
            f"the steps before it sent different numbers of rows, {[len(items) for items in batch]}"
        )
