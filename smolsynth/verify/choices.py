"""One of several choices: A, B, C or D."""

import re
from collections.abc import Sequence

from smolsynth.verify.extract import final_answer, plain_math
from smolsynth.verify.verdict import Verdict, verdict

_SAID = re.compile(
    r"(?:\b(?:answer|choice|option)\b(?: to [^.:\n]{0,60}?)?\s*(?:is|would be|should be|[:=])"
    r"|\bI(?:'d| would)? (?:choose|pick|select|go with)|####"
    r"|(?:答案|正确选项|正确答案|正确的是|选项|选择|故选|应选|应该选|所以选|因此选|我选|选)"
    r"(?:应该|应当|应)?(?:是|为|选|:|：)*)"
    r"(?!\s*(?:not\b|n[o']t\b|不))\s*[:：]?\s*",
    re.IGNORECASE,
)
_OR = re.compile(r"^\W*(?:or|and|或者?|和|与|、|/|,|，|&)\s*\W*$", re.IGNORECASE)


def verify_choice(text: str, expected: str, labels: str | Sequence[str] = "ABCD") -> Verdict:
    """Whether a text chooses one of several labels, and the expected one.

    Read are a box, “The answer is (B).”, “I choose B”, “答案是 B”, “故选 B”, or a text that begins
    with a label or is nothing else: “B”, “(b)”, “B. Paris”. A label within a sentence is no choice:
    “A cat” isn't.

    Args:
        text: the answer; thoughts are none.
        expected: the right label.
        labels: all labels, each a letter or more.

    Returns:
        The outcome is "right", "wrong", "no answer", "unfinished" or "several answers".

    Raises:
        ValueError: `expected` is none of the labels.

    >>> verify_choice("A is too small, so the answer is (B).", "B").right
    True
    >>> print(verify_choice("应选 C。", "B").reason.words("zh"))
    答案是 C，应为 B。
    >>> verify_choice("A cat is an animal.", "A").outcome
    'no answer'
    """
    names = {label.upper(): label for label in labels}
    if expected.upper() not in names:
        raise ValueError(f"{expected!r} is none of the choices {', '.join(names.values())}.")
    final = final_answer(text)
    if final is None:
        return verdict("unfinished" if text.strip() else "no answer")
    label = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    one = re.compile(
        rf"[\s(（\[【“\"'*]*(?P<label>{label})(?![A-Za-z0-9'’+])(?=[\s.,;:!?)）\]】”\"'*。，；、：]|[^\x00-\x7f]|$)",
        re.IGNORECASE,
    )
    chosen: list[str] = []
    if final.marked == "boxed":
        boxes = (final.text, *final.others)
        found = [one.match(plain_math(box)) for box in boxes]
        chosen = [match["label"].upper() for match in found if match]
    else:
        answer = plain_math(_whole(text))
        marks = [m for m in _SAID.finditer(answer) if _first(one, answer, m.end())]
        if marks:
            chosen = _first(one, answer, marks[-1].end())
        elif not _SAID.search(answer):
            chosen = _alone(one, answer.strip())
    listed = ", ".join(dict.fromkeys(names[name] for name in chosen))
    if not chosen:
        return verdict("no answer", "no choice", labels=", ".join(names.values()))
    if len(set(chosen)) > 1:
        return verdict("several answers", extracted=listed, found=listed)
    outcome = "right" if chosen[0] == expected.upper() else "wrong"
    return verdict(outcome, extracted=listed, found=listed, expected=names[expected.upper()])


def _whole(text: str) -> str:
    from smolsynth.llms.thinking import split_thoughts

    return re.sub(r"\*\*|__", "", split_thoughts(text)[1] or "")


def _first(one: re.Pattern, text: str, at: int) -> list[str]:
    """The label at a place, and those that are joined to it by “or”."""
    found: list[str] = []
    match = one.match(text, at)
    while match:
        # “a cat” is an article, “A” a choice
        if match["label"].islower() and not re.match(r"\s*(?:[).:）。]|$|\n)", text[match.end() :]):
            break
        if match["label"].upper() == "A" and re.match(r" [a-z]", text[match.end() :]):
            break
        found.append(match["label"].upper())
        rest = re.match(
            r"[)）\]】”\"'*]*\s*(?:\bor\b|\band\b|或者?|和|与|、|/|,|&)\s*", text[match.end() :]
        )
        match = one.match(text, match.end() + rest.end()) if rest else None
    return found


def _alone(one: re.Pattern, text: str) -> list[str]:
    """The label that a text begins with, if it is set off from what follows."""
    match = one.match(text)
    if not match:
        return []
    rest = text[match.end() :].strip()
    if not rest or re.match(r"[.):：。、,，）\]】\n\"”'*]", rest) or text[match.end()] == "\n":
        return _first(one, text, 0)
    return []
