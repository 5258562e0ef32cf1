"""Python that has to pass its unit tests."""

import ast
import operator
import re
from collections.abc import Callable, Sequence
from typing import Any

from smolsynth.llms.thinking import split_thoughts
from smolsynth.verify.sandbox import Result, Step, run_python
from smolsynth.verify.strings import said
from smolsynth.verify.verdict import Verdict, verdict

_FENCE = re.compile(r"^```[ \t]*([\w+-]*)[^\n]*\n(.*?)(?:^```|\Z)", re.DOTALL | re.MULTILINE)
_COMPARE: dict[type, Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda one, many: one in many,
    ast.NotIn: lambda one, many: one not in many,
}
# What ends a program, before what a test of its finds.
_GRAVE = ("timeout", "memory", "output", "files", "forbidden", "crashed", "exited")
Check = tuple[str, Callable[[Any], bool]]  # a test in words, and whether its value is right


def code_in(text: str) -> str | None:
    """The program in an answer: its last block of Python, or the whole of it if that is Python.

    >>> code_in("Here it is:\\n```python\\nx = 1\\n```\\nIt sets x.")
    'x = 1\\n'
    >>> code_in("def f(): return 1"), code_in("I don't know.")
    ('def f(): return 1', None)
    """
    answer = split_thoughts(text)[1] or ""
    blocks = [(name.lower(), block) for name, block in _FENCE.findall(answer)]
    python = [block for name, block in blocks if name in ("python", "py", "python3")]
    for block in reversed(python or [block for name, block in blocks if not name]):
        return block
    if blocks or not answer.strip():
        return None
    try:
        body = ast.parse(answer).body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None
    said_something = any(not isinstance(one, ast.Expr) for one in body)
    return answer if said_something else None


def verify_code(
    text: str, tests: str | Sequence[str], *, guards: Sequence[str] = (), **limits: Any
) -> Verdict:
    """Whether the Python in an answer passes its unit tests, in the sandbox of `run_python`.

    The program never sees what it is tested with: of `assert f(2) == 4` the child evaluates `f(2)`
    alone, and its value is compared with 4 here. A program that patches the checker, exits, prints
    “passed” or compares equal to everything gains nothing. This holds for tests of the form
    `assert CALL OPERATOR LITERAL`. What a test itself calls (`abs`, `len`), names or defines, and
    other statements (imports, helpers, a function `check(f)` as HumanEval has it), runs in the
    child, where a program written to cheat can overwrite it.

    Args:
        text: the answer: a block of Python with words around it, or Python. Thoughts are no answer.
        tests: Python with `assert`s, as in MBPP, or several such texts.
        guards: those that the kernel must hold, as `demand` of `run_python`.
        **limits: `seconds`, `memory` … of `run_python`.

    Returns:
        The outcome is "right", "wrong" (a test fails), "no answer" (no Python in the answer), or
        as of `run_python`: "syntax", "error", "exited", "timeout", "memory", "output", "files",
        "forbidden", "crashed". `score` is the share of the tests that pass.

    Raises:
        ValueError: the tests are no Python, or there are none.
        RuntimeError: as `run_python`.

    >>> answer = "```python\\ndef double(n):\\n    return n + n\\n```"
    >>> verify_code(answer, "assert double(4) == 8").outcome
    'right'
    >>> print(verify_code(answer, ["assert double(4) == 8", "assert double(0) == 1"]).reason)
    1 of 2 tests pass; double(0) gives 0: assert double(0) == 1.
    """
    steps, checks = _planned([tests] if isinstance(tests, str) else tests)
    program = code_in(text)
    if program is None:
        return verdict("no answer", "no code")
    run = run_python(program, steps, demand=guards, **limits)
    passed, outcome, reason = 0, "", None
    for number, (words, is_right) in checks.items():
        result = run.results[number] if number < len(run.results) else None
        if result and result.outcome == "done" and _holds(is_right, result.value):
            passed += 1
        elif reason is None:
            outcome, reason = _failure(result, run.outcome, run.error, words, steps[number][1])
    if passed == len(checks) and run.outcome == "done":
        return verdict("right", "tests pass", program, total=len(checks))
    if run.outcome in _GRAVE or outcome not in ("wrong", "error"):
        outcome = run.outcome if run.outcome != "done" else outcome or "wrong"
    if reason is None:  # a statement between the tests failed, or the end was not reached
        failed = next((one for one in run.results if one.outcome != "done"), None)
        outcome = outcome if run.outcome != "done" else failed.outcome if failed else "error"
        reason = said("stopped", outcome=said(f"run {outcome}"), error=run.error or "-")
    return verdict(
        outcome,
        "some tests pass",
        program,
        passed / len(checks),
        passed=passed,
        total=len(checks),
        reason=reason,
    )


def _failure(
    result: Result | None, ended: str, error: str, words: str, expression: str
) -> tuple[str, Any]:
    if result is None:
        ended = "exited" if ended == "done" else ended
        return ended, said("stopped", outcome=said(f"run {ended}"), error=error or "-")
    if result.outcome == "done":
        found = repr(result.value)
        found = found if len(found) < 200 else found[:200] + "…"
        return "wrong", said("test wrong", expression=expression, found=found, test=words)
    return result.outcome, said("test raised", test=words, error=result.error)


def _holds(is_right: Callable[[Any], bool], value: Any) -> bool:
    try:
        return bool(is_right(value))
    except Exception:  # a comparison of what can't be compared
        return False


def _planned(tests: Sequence[str]) -> tuple[list[Step], dict[int, Check]]:
    """What the child runs, and by the number of the step what its value has to be."""
    steps: list[Step] = []
    checks: dict[int, Check] = {}
    for text in tests:
        try:
            body = ast.parse(text).body
        except (SyntaxError, ValueError) as error:
            raise ValueError(f"These tests are no Python ({error}): {text[:200]}") from None
        for node in body:
            if isinstance(node, ast.Assert):
                expression, is_right = _compared(node.test)
                checks[len(steps)] = (f"assert {ast.unparse(node.test)}", is_right)
                steps.append(("value", ast.unparse(expression)))
            else:
                if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                    checks[len(steps)] = (ast.unparse(node), bool)  # check(f)
                steps.append(("run", ast.unparse(node)))
    if not checks:
        raise ValueError("There are no tests: write them as `assert f(2) == 4`.")
    return steps, checks


def _compared(test: ast.expr) -> tuple[ast.expr, Callable[[Any], bool]]:
    """What is left for the child of an asserted expression, and what its value has to be."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return test.operand, operator.not_
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        left, right, op = test.left, test.comparators[0], _COMPARE[type(test.ops[0])]
        if _is_literal(right):
            wanted = ast.literal_eval(right)
            return left, lambda value: op(value, wanted)
        if _is_literal(left):
            wanted = ast.literal_eval(left)
            return right, lambda value: op(wanted, value)
    return test, bool


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError):
        return False
    return True
