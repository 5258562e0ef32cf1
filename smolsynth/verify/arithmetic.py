"""The steps of a trace, checked one by one where they are arithmetic: is `12 x 3 = 36` true?"""

import ast
import operator
import re
from dataclasses import dataclass
from fractions import Fraction

from smolsynth.verify.extract import plain_math

_TERM = r"(?:[$¥€£]?\d[\d,]*(?:\.\d+)?%?)"
_SIDE = rf"[(\s]*-?{_TERM}(?:[\s()]*[-+*/×÷x][\s(]*{_TERM}[\s)]*)*"
_EQUATION = re.compile(rf"(?<![\w.])({_SIDE})\s*=\s*({_SIDE}(?:=\s*{_SIDE})*)", re.IGNORECASE)
_OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


@dataclass(frozen=True)
class Line:
    """An equation of a trace, and whether it is true."""

    text: str
    true: bool


def check_arithmetic(text: str) -> list[Line]:
    """The equations between numbers in a text, thoughts included, and whether each is true.

    Read are + - * / x × ÷, brackets, percent and money; chains (`2 + 3 = 5 = 4 + 1`) hold if all
    sides are equal. Others, as those with names in them, are passed over. Division that does not
    come out may be rounded to the decimals that are written.

    >>> [line.true for line in check_arithmetic("12 x 3 = 36, and 36 - 4 = 31. 所以 31÷2=15.5")]
    [True, False, True]
    >>> check_arithmetic("x + 2 = 4")
    []
    """
    lines = []
    for match in _EQUATION.finditer(plain_math(text)):
        whole = match.group().strip()
        sides = [side.strip() for side in whole.split("=")]
        values = [value_of(side) for side in sides]
        if any(value is None for value in values) or not any(map(_is_sum, sides)):
            continue
        true = all(
            abs(one - two) <= _rounding(sides[n + 1])  # type: ignore[operator]
            for n, (one, two) in enumerate(zip(values, values[1:], strict=False))
        )
        lines.append(Line(whole, true))
    return lines


def _is_sum(side: str) -> bool:
    return bool(re.search(r"\d[\s)%]*[-+*/×÷xX]", side))


def _rounding(side: str) -> Fraction:
    decimals = re.fullmatch(r"\D*[\d,]+\.(\d+)\D*", side)
    return Fraction(1, 2 * 10 ** len(decimals[1])) if decimals else Fraction(0)


def value_of(side: str) -> Fraction | None:
    """The value of a sum in digits; `None` if it is none, or divides by zero.

    >>> value_of("(2 + 4) × 3"), value_of("1 / 0")
    (Fraction(18, 1), None)
    """
    plain = re.sub(r"[,$¥€£]", "", side).replace("×", "*").replace("÷", "/")
    plain = re.sub(r"(\d+(?:\.\d+)?)%", r"(\1/100)", re.sub(r"[xX]", "*", plain))
    plain = re.sub(r"\b0+(?=\d)", "", plain)
    if len(plain) > 300:
        return None
    try:
        return _worked_out(ast.parse(plain.strip(), mode="eval").body, plain.strip())
    except (SyntaxError, ValueError, ZeroDivisionError, KeyError, RecursionError):
        return None


def _worked_out(node: ast.expr, source: str) -> Fraction:
    if isinstance(node, ast.BinOp):
        left, right = _worked_out(node.left, source), _worked_out(node.right, source)
        return _OPERATORS[type(node.op)](left, right)  # type: ignore[index]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_worked_out(node.operand, source)
    if isinstance(node, ast.Constant):
        return Fraction(ast.get_source_segment(source, node) or "")
    raise ValueError(source)
