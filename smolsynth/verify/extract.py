"""Where an answer says its final answer: `\\boxed{…}`, `#### …`, “The answer is …”, “答案是……”."""

import re
import unicodedata
from dataclasses import dataclass

from smolsynth.llms.thinking import split_thoughts

_BOXED = re.compile(r"\\(?:boxed|fbox)\s*\{")
_MARKER = re.compile(
    r"(?:\b(?:answer|result)\b(?: (?:to|of|for) [^.:\n]{0,60}?)?"
    r"(?:\s*(?:is|equals|would be|should be|must be)\b(?!\s*n[o']t)\s*:?|\s*[:=])"
    r"|####"
    r"|(?:答案|结果|正确选项)(?:应该|应当|应|就|便|也就|正|确实)?(?:是|为|等于|选|:|：)\s*[:：]?"
    r"|(?:^|(?<=[\n。，,；]))\s*答\s*[:：])",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(?:answer|result)\b (?:is(?:n't| not)|cannot be)\b|(?:答案|结果)并?不(?:是|为|等于)"
)
_NEGATED = re.compile(r"^\W*(?:not\b|不是|不等于)", re.IGNORECASE)


@dataclass(frozen=True)
class Final:
    """The place of a final answer.

    Attributes:
        text: what stands there, to the end of the text or of the box.
        marked: how it is told: "boxed", "said", or "" where nothing marks it and `text` is all.
        others: other boxes with another content.
    """

    text: str
    marked: str
    others: tuple[str, ...] = ()


def final_answer(text: str) -> Final | None:
    """The final answer of a text without its thoughts; `None` if there are only thoughts.

    The last mark counts: who corrects themselves means the correction.

    >>> final_answer("<think>4? 5!</think>The answer is 4. No, the answer is 5.")
    Final(text='5.', marked='said', others=())
    >>> final_answer("所以答案是 \\\\boxed{\\\\frac{1}{2}}。")
    Final(text='\\\\frac{1}{2}', marked='boxed', others=())
    """
    answer = split_thoughts(text)[1]
    if answer is None or not answer.strip():
        return None
    answer = re.sub(r"\*\*|__", "", answer)
    boxes = list(_boxes(answer))
    said = [m for m in _MARKER.finditer(answer) if not _NEGATED.match(answer[m.end() :])]
    if boxes and (not said or boxes[-1][0] >= said[-1].end() - 1 or not said[-1].group().strip()):
        last = boxes[-1][1]
        return Final(last, "boxed", tuple(box for _, box in boxes if box != last))
    if said:
        return Final(answer[said[-1].end() :], "said")
    return Final("" if _DENIED.search(answer) else answer, "")


def _boxes(text: str):
    for mark in _BOXED.finditer(text):
        depth, start = 1, mark.end()
        for at in range(start, len(text)):
            depth += {"{": 1, "}": -1}.get(text[at], 0)
            if not depth:
                yield mark.start(), text[start:at].strip()
                break


_FRACTION = re.compile(r"\\[dtc]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}|\\[dtc]?frac\s*(\d)\s*(\d)")
_LATEX = (
    (re.compile(r"\\(?:text|mathrm|mathbf|textbf|operatorname|rm)\s*\{([^{}]*)\}"), r" \1 "),
    (re.compile(r"(?<=\d)(?:\\[,;!: ]|\{,\}|[\u2009\u202f\u00a0'’])(?=\d{3}(?!\d))"), ""),
    (re.compile(r"\\(?:left|right|displaystyle|quad|qquad|[,;!: ])"), " "),
    (re.compile(r"\\([%$#&])"), r"\1"),
    (re.compile(r"\\(?:times|cdot)"), "×"),
    (re.compile(r"\\div"), "÷"),
    (re.compile(r"\^\s*\\circ|\\degree"), "°"),
    (re.compile(r"\\approx"), "≈"),
    (re.compile(r"\\[()\[\]]"), " "),
    (re.compile(r"\$(?=\S)([^$\n]*?\S)\$(?!\d)"), r" \1 "),
)


def plain_math(text: str) -> str:
    """A text with its LaTeX, full-width characters and special fractions in plain signs.

    >>> plain_math("$1\\\\frac{1}{2}$ ＝ 1½ ＝ \\\\text{１．５}")
    '1 1/2 = 1 1/2 = 1.5'
    """
    for sign in set(text):
        if unicodedata.decomposition(sign).startswith("<fraction>"):
            over = unicodedata.normalize("NFKC", sign).replace("\u2044", "/")
            text = text.replace(sign, f" {over}")
    before = None
    while before != text:
        before = text
        text = _FRACTION.sub(lambda m: f" {m[1] or m[3]}/{m[2] or m[4]}", text)
    for pattern, plain in _LATEX:
        text = pattern.sub(plain, text)
    # Squares and cubes of units: NFKC would make m2 of them, and 102 of 10².
    text = text.translate({ord("²"): "^2", ord("³"): "^3"})
    text = unicodedata.normalize("NFKC", text).replace("\u2212", "-").replace("–", "-")
    return re.sub(r"[ \t]+", " ", text.replace("{", "").replace("}", "")).strip()
