"""What a run is, so that another one is not taken for it: settings, code, weights and versions."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from types import FunctionType
from typing import Any

from distilabel.constants import ROUTING_BATCH_FUNCTION_ATTR_NAME, STEP_ATTR_NAME
from distilabel.pipeline.base import BasePipeline
from distilabel.steps.base import _Step

from smolsynth import __version__
from smolsynth.llms.options import PACE
from smolsynth.pipelines.models import models_of

_LIBRARIES = ("distilabel", "pydantic", "pydantic_core", "abc", "typing", "builtins", "functools")
_BLOCK = 4096  # bytes of a file of weights, read at as many places
_PLACES = 64


def signature(pipeline: BasePipeline, seed: int) -> dict[str, Any]:
    """What may not change between the calls of one run, as JSON has it.

    Code is that of the pipeline's own step, model and routing classes, not of what they import;
    weights are sampled, so that a large model is not read as a whole.
    """
    description = _without_help(pipeline.dump())
    del description["pipeline"]["name"]
    code, weights = {}, {}
    for name in pipeline.dag:
        attributes = pipeline.dag.get_step(name)
        step = attributes[STEP_ATTR_NAME]
        things = [type(thing) for thing in (step, *models_of(step))]
        functions = [function for kind in things for function in _own_functions(kind)]
        if routing := attributes.get(ROUTING_BATCH_FUNCTION_ATTR_NAME):
            functions.append(routing.routing_function)
        if functions:
            code[name] = sha256("\n".join(map(_source, functions)).encode()).hexdigest()[:16]
        for model in models_of(step):
            if folder := _folder(model):
                weights[f"{name}: {getattr(model, 'model', folder.name)}"] = _digest(folder)
    return {
        "pipeline": description,
        "seed": seed,
        "code": code,
        "weights": weights,
        "smolsynth": __version__,  # that of distilabel is in its own dump
    }


def _without_help(value: Any) -> Any:
    """A dump without what only explains it, and without a model's pace."""
    if isinstance(value, dict):
        kept = {k: _without_help(v) for k, v in value.items() if k != "runtime_parameters_info"}
        if isinstance(model := kept.get("llm"), dict):
            kept["llm"] = {k: v for k, v in model.items() if k not in PACE}
        return kept
    return [_without_help(v) for v in value] if isinstance(value, list) else value


# ---- code ----
def _functions(kind: type) -> Iterator[tuple[str, FunctionType]]:
    """The functions of a class and those above it, by name, a decorated one as it was written."""
    for cls in kind.__mro__:
        for name, value in vars(cls).items():
            value = getattr(value, "fget", None) or getattr(value, "__func__", value)
            function = inspect.unwrap(value) if callable(value) else value
            if isinstance(function, FunctionType):
                yield name, function
                for cell in function.__closure__ or ():  # what the `@step` decorator was given
                    if isinstance(inner := _contents(cell), FunctionType):
                        yield name, inner


def _contents(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # empty
        return None


def _own_functions(kind: type) -> list[FunctionType]:
    own = {function: None for _, function in _functions(kind) if not _is_library(function)}
    return sorted(own, key=lambda function: function.__qualname__)


def _is_library(function: Callable) -> bool:
    return (function.__module__ or "").split(".")[0] in _LIBRARIES


def _source(function: FunctionType) -> str:
    """The code of a function without comments and layout; where there is no source, compiled."""
    tree = _tree(function)
    if tree is not None:
        return ast.unparse(tree)
    code = function.__code__
    return repr((code.co_code, code.co_names, [c for c in code.co_consts if not inspect.iscode(c)]))


def _tree(function: FunctionType) -> ast.Module | None:
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return None


# ---- weights ----
def _folder(model: Any) -> Path | None:
    """The folder that a local model is loaded from."""
    place = getattr(model, "_folder", None) or getattr(model, "model", None)
    if not isinstance(place, str | Path):
        return None
    place = Path(place).expanduser()
    return place if place.is_dir() else None


def _digest(folder: Path) -> str:
    digest = sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        size = path.stat().st_size
        digest.update(f"{path.relative_to(folder).as_posix()} {size}\n".encode())
        with path.open("rb") as file:
            for place in range(0, size, max(_BLOCK, size // _PLACES)):
                file.seek(place)
                digest.update(file.read(_BLOCK))
    return digest.hexdigest()[:16]


# ---- steps that keep state ----
_BEFORE = ("load", "unload", "model_post_init")  # the first batch, or after the last
_MUTATORS = {
    *"add append appendleft clear discard extend extendleft insert pop popitem popleft".split(),
    *"push put remove setdefault update".split(),
}
# Of distilabel's steps: set once, or anew for each row.
_HARMLESS = {"_client", "_number", "columns", "cuda_devices", "encoded", "llm"}


def kept_state(step: _Step) -> str | None:
    """The attribute that a step changes as rows come, by its code; `None` if there is none.

    A step that is known not to let that change its rows (a cache) says so: `keeps_state = False`.
    """
    declared = getattr(type(step), "keeps_state", None)
    if declared is not None:
        return "what it keeps" if declared else None
    for name, function in _functions(type(step)):
        if name in _BEFORE or name.startswith("__") or _is_base(function):
            continue
        if (tree := _tree(function)) and (attribute := _changed(tree)):
            if attribute not in _HARMLESS or not _is_library(function):
                return f"self.{attribute}"
    return None


def _is_base(function: FunctionType) -> bool:
    """Whether it is of the machinery that all steps share."""
    module = function.__module__ or ""
    shared = ("steps.base", "steps.tasks.base", "mixins", "utils")
    if module.startswith(tuple(f"distilabel.{name}" for name in shared)):
        return True
    return _is_library(function) and not module.startswith("distilabel")


def _changed(tree: ast.Module) -> str | None:
    """The attribute of `self` that a function assigns to, or changes in place.

    >>> _changed(ast.parse("def process(self, rows):\\n    seen = self._seen\\n    seen.add(1)"))
    '_seen'
    """
    names: dict[str, str | None] = {"self": None}  # of local variables: the attribute that each is
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and (attribute := _attribute(node.value, names)):
            names |= {t.id: attribute for t in node.targets if isinstance(t, ast.Name)}
    for node in ast.walk(tree):
        changed: list[ast.expr] = []
        if isinstance(node, ast.Assign | ast.Delete):
            changed = node.targets
        elif isinstance(node, ast.AugAssign | ast.AnnAssign):
            changed = [node.target]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in _MUTATORS:
                changed = [node.func.value]
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "next":
            changed = node.args[:1]
        is_call = isinstance(node, ast.Call)
        for target in changed:
            for part in target.elts if isinstance(target, ast.Tuple | ast.List) else [target]:
                if isinstance(part, ast.Name) and not is_call:
                    continue  # another value for the variable
                if attribute := _attribute(part, names):
                    return attribute
    return None


def _attribute(node: ast.expr, names: dict[str, str | None]) -> str | None:
    """`_seen` of `self._seen[0].words`, and of a variable that is one of these."""
    attribute = None
    while isinstance(node, ast.Attribute | ast.Subscript):
        if isinstance(node, ast.Attribute):
            attribute = node.attr
        node = node.value
    if not isinstance(node, ast.Name) or node.id not in names:
        return None
    return attribute if node.id == "self" else names[node.id]
