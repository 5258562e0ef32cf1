"""Whether a learner's answer is that of an earlier run: the cell that should renew it has failed,
or was changed and not run again.

IPython tells before and after each cell. Where a cell that assigns a name ends in an error and the
name still holds what it held, that value is stale. In plain Python nothing is watched.
"""

import ast
from collections.abc import Sequence
from typing import Any

from smolsynth._notebook import shell as _shell

_failed: dict[str, str] = {}  # name -> the error of the cell that should have renewed it
_renewed: set[str] = set()  # names that a cell has set since their last check
_found: dict[str, tuple] = {}  # name -> what its last check found
_before: dict[str, Any] = {}


def failed_cell(answer: Any, name: str) -> str | None:
    """The error of the last cell that should have renewed this answer, or `None`.

    Args:
        answer: what is handed to the check.
        name: the variable that the exercise asks for; another one that holds the same counts too.
    """
    shell = _shell()
    if shell is None:
        return None
    names = [other for other in _failed if shell.user_ns.get(other) is answer]
    if answer is None:  # many names hold None
        names = [other for other in names if other == name]
    return _failed[names[0]] if names else None


def is_same_again(name: str, problems: Sequence[Any]) -> bool:
    """Whether a check finds what it found before, in an answer that no cell has set since."""
    found = tuple(problems)
    same = bool(found) and _found.get(name) == found and name not in _renewed
    _found[name] = found
    _renewed.discard(name)
    return same and _shell() is not None


def watch() -> None:
    """Registers with IPython, once; does nothing where there is none."""
    shell = _shell()
    if shell is None or getattr(shell, "_smolsynth_watches", False):
        return
    shell._smolsynth_watches = True
    shell.events.register("pre_run_cell", _remember)
    shell.events.register("post_run_cell", _judge)


def _assigned(code: str) -> set[str]:
    """Names that a cell assigns at its top level; of a cell with an error in its syntax, all that
    stand before `=` at the start of a line.

    >>> sorted(_assigned("a = b = 1\\nc: int = 2\\nd += 1"))
    ['a', 'b', 'c', 'd']
    >>> _assigned("a = (1")
    {'a'}
    """
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError):
        heads = (line.partition("=")[0].strip() for line in code.splitlines() if "=" in line)
        return {head for head in heads if head.isidentifier()}
    return {
        node.id
        for statement in tree.body
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def _remember(info: Any) -> None:
    _before.clear()
    _before.update(_shell().user_ns)


def _judge(result: Any) -> None:
    now = _shell().user_ns
    error = result.error_before_exec or result.error_in_exec
    for name in _assigned(getattr(result.info, "raw_cell", None) or ""):
        renewed = name in now and now[name] is not _before.get(name)
        if error is None or (renewed and now[name] is not None):
            _failed.pop(name, None)
            _renewed.add(name)
        else:
            _failed[name] = f"{type(error).__name__}: {error}".strip(": ")
    _before.clear()
