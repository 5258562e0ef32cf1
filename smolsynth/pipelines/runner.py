"""The engine of `smolsynth.pipelines`: takes the batches of a run through its steps.

`Run` walks the graph, `Models` loads each model once, `step_bar` shows how far it is.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import networkx as nx
from distilabel.constants import (
    DISTILABEL_METADATA_KEY,
    ROUTING_BATCH_FUNCTION_ATTR_NAME,
    STEP_ATTR_NAME,
)
from distilabel.pipeline._dag import DAG
from distilabel.pipeline.base import BasePipeline
from distilabel.pipeline.batch import _Batch
from distilabel.steps import CombineOutputs, GroupColumns, LoadDataFromDicts
from distilabel.steps.base import _Step

from smolsynth.errors import StepFailed
from smolsynth.pipelines.models import Held, Models, own_step
from smolsynth.pipelines.progress import step_bar
from smolsynth.pipelines.results import _clipped, in_words, own_rows
from smolsynth.pipelines.usage import Meter
from smolsynth.rows import Row


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
        with step_bar(self.progress) as self.bar:
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


def _rows_in_words(rows: range) -> str:
    return f"row {rows[0]}" if len(rows) == 1 else f"rows {rows[0]} to {rows[-1]}"
