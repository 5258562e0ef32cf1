"""The models of a run: found in its steps, loaded once, shared, and left as they were."""

import copy
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from datasets import Dataset
from distilabel.models.mixins.cuda_device_placement import CudaDevicePlacementMixin
from distilabel.pipeline.base import BasePipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.base import _Step
from pydantic import BaseModel

from smolsynth.errors import StepFailed
from smolsynth.pipelines.results import in_words

Held = dict[int, tuple[BaseModel, dict[str, Any]]]  # by id: a model, its state before


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
