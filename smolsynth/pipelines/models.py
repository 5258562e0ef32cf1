"""The models of a run: found in its steps, loaded once, shared, and left as they were."""

import copy
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from datasets import Dataset
from distilabel.models.mixins.cuda_device_placement import CudaDevicePlacementMixin
from distilabel.pipeline.base import BasePipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.base import _Step
from pydantic import BaseModel

import smolsynth.pipelines.turns as turns
from smolsynth.errors import StepFailed
from smolsynth.pipelines.strings import in_words


def own_step(step: _Step, pipeline: BasePipeline) -> _Step:
    """A deep copy of a step for one run, as its process would have; the models are shared."""
    shared = [pipeline, step.pipeline, *models_of(step)]  # a step may come from another
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


@dataclass
class _InUse:
    """A model that runs use, and how it was before the first of them."""

    model: BaseModel
    before: dict[str, Any]
    users: int = 0
    is_loaded: bool = False


_IN_USE: dict[int, _InUse] = {}  # by id; of all threads, so each looks at it under the lock


def _enter(model: BaseModel) -> None:
    with turns.TURN:
        _IN_USE.setdefault(id(model), _InUse(model, _state(model))).users += 1


def _leave(model: BaseModel) -> None:
    """The last to leave unloads the model, unless it was loaded by hand, and puts it back."""
    if turns.TURN is None:  # Python ends, with a stream that was not read to its end: all goes
        return
    with turns.TURN:
        used = _IN_USE[id(model)]
        used.users -= 1
        if used.users:
            return
        del _IN_USE[id(model)]
        if used.is_loaded and used.before.get("_logger") is None:
            _try(model.unload, f"The model {type(model).__name__}")
        for name, value in used.before.items():
            if getattr(model, name) is not value:
                setattr(model, name, value)


@contextmanager
def holding(models: list[BaseModel]) -> Iterator[None]:
    """Models that runs load meanwhile stay loaded until it ends."""
    for model in models:
        _enter(model)
    try:
        yield
    finally:
        for model in models:
            _leave(model)


class Models:
    """The models that one run uses; it must leave them by `unload`.

    Steps load their models themselves (`Task.load` calls `llm.load`), some after setting them up.
    So while a step is loaded, its models' `load` is covered by one that works only the first time.

    Args:
        steps: the run's own copies.
    """

    def __init__(self, steps: list[_Step]) -> None:
        self.of_step = {step.name: list(models_of(step)) for step in steps}
        self.all = {id(model): model for models in self.of_step.values() for model in models}
        _check_structured_output(steps)
        for model in self.all.values():
            _enter(model)
            if isinstance(model, CudaDevicePlacementMixin) and model.cuda_devices == "auto":
                # It would hide all but one GPU from the whole process.
                model.disable_cuda_device_placement = True

    def load(self, step: _Step) -> None:
        step._logger = logging.getLogger(f"distilabel.step.{step.name}")
        with self._covered(step, "load", self._load_once):
            step.load()

    def _load_once(self, model: BaseModel) -> None:
        if _IN_USE[id(model)].is_loaded:
            return
        _IN_USE[id(model)].is_loaded = True  # even if it fails: half of it may have to go
        cover = vars(model).pop("load")
        try:
            model.load()
        finally:
            vars(model)["load"] = cover

    def unload(self, steps: list[_Step], later: list[_Step]) -> None:
        """Unloads steps, and leaves the models that no step of `later` needs."""
        for step in steps:
            with self._covered(step, "unload", lambda model: None):
                _try(step.unload, f"Step '{step.name}'")
        needed = {id(model) for step in later for model in self.of_step[step.name]}
        for key in self.all.keys() - needed:
            _leave(self.all.pop(key))

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


def _check_structured_output(steps: list[_Step]) -> None:
    for step in steps:
        if not getattr(step, "use_default_structured_output", False):
            continue
        users = [s.name for s in steps if s is not step and getattr(s, "llm", None) is step.llm]
        if users:
            raise ValueError(
                f"Step '{step.name}' sets its own structured output on its LLM, but step"
                f" '{users[0]}' uses the same LLM: give '{step.name}' an LLM of its own."
            )


def _state(model: BaseModel) -> dict[str, Any]:
    """What a run may change on a model. `_logger` is `None` until a model is loaded."""
    names = ("_logger", "structured_output", "disable_cuda_device_placement")
    return {name: getattr(model, name) for name in names if hasattr(model, name)}


def _try(unload: Callable, who: str) -> None:
    try:
        unload()
    except Exception as error:  # rows that cost an hour are worth more than a clean end
        warnings.warn(f"{who} could not be unloaded: {in_words(error)}", stacklevel=2)
