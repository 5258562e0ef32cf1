"""Labelled rows, and how well the rules of quality tell the good ones from the bad.

`tests/calibration/LANG/RULE.jsonl` holds at least 40 good and 40 bad rows for each rule, one JSON
object a line:

    {"rule": "cut_off", "label": "bad", "row": {"instruction": "…", "response": "…"},
     "from": "written", "why": "stops behind a comma"}

- `label`: "bad" where a reader says that the row has this fault, "good" where it has not. A good
  row may have other faults; it was chosen because it might be taken for a bad one.
- `row`: as `smolsynth.measure` reads it: instruction and response; messages; prompt, chosen and
  rejected, with chosen_rating and rejected_rating; and finish_reason where a server gave one.
- `from`: "written" by a person for this purpose; "tutor" or "novice", what a bundled model wrote.
- `earlier` (rows that stand before this one), `seeds` and `evaluation` (texts): what rules about
  more than one row compare with. The label is that of `row`.

Every third line is held out: rules are mended on the others, figures are given for both. (Of the
Chinese files the held-out lines were read before the rules were mended last; rows that nobody had
mended by gave precision 47 of 47 and recall 47 of 53 that day, and stand at the ends of the files.
So it was later with those of English copied_seed, cut_off, loop, no_request and refusal, and of
Chinese echo, leaked_prompt and refusal; new rows gave precision 22 of 24 and recall 22 of 24.)
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from scipy.stats import binomtest

from smolsynth.quality.report import measure
from smolsynth.quality.rules import RULES

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "calibration"
LANGS = ("en", "zh")
PRECISION, RECALL = 0.95, 0.90  # what a rule must reach to refuse data
_KEYS = {"rule", "label", "row", "from", "why"}
_CONTEXT = {"earlier", "seeds", "evaluation"}


class Share(NamedTuple):
    """So many of so many, with Wilson's interval at 95 %."""

    hits: int
    of: int

    @property
    def value(self) -> float:
        return self.hits / self.of if self.of else float("nan")

    def interval(self) -> tuple[float, float]:
        """The bounds, 0 to 1."""
        low, high = binomtest(self.hits, self.of).proportion_ci(method="wilson")
        return float(low), float(high)

    def __str__(self) -> str:
        if not self.of:
            return "–"
        low, high = self.interval()
        return f"{self.value:.2f} ({low:.2f}–{high:.2f}), n={self.of}"


class Score(NamedTuple):
    """How a rule does: of the rows that it flags, how many are bad; of the bad, how many it flags.

    >>> score([("bad", True), ("bad", False), ("good", False), ("good", True)]).recall.value
    0.5
    """

    precision: Share
    recall: Share

    @property
    def holds(self) -> bool:
        return self.precision.value >= PRECISION and self.recall.value >= RECALL


def score(judged: Iterable[tuple[str, bool]]) -> Score:
    """The score of pairs of a label and whether the rule flagged the row."""
    judged = list(judged)
    right = judged.count(("bad", True))
    flagged = right + judged.count(("good", True))
    return Score(Share(right, flagged), Share(right, right + judged.count(("bad", False))))


def examples(path: Path) -> list[dict[str, Any]]:
    """The labelled rows of a file, in order.

    Raises:
        ValueError: a line that lacks a key, or has another than the format knows.
    """
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        one = json.loads(line)
        right = _KEYS <= set(one) <= _KEYS | _CONTEXT and one["rule"] == path.stem in RULES
        if not right or one["label"] not in ("good", "bad") or not isinstance(one["row"], dict):
            raise ValueError(f"{path.name}, line {number}: see the format in tools/calibration.py")
        found.append(one)
    return found


def held_out(number: int) -> bool:
    """Whether the example with this number, from 0, is kept from those who mend the rules."""
    return number % 3 == 2


def verdicts(given: Sequence[dict[str, Any]], lang: str) -> list[bool]:
    """For each example, whether `measure` finds the fault of its rule in its row."""
    flagged = [False] * len(given)
    together: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, one in enumerate(given):
        if context := {key: one[key] for key in ("seeds", "evaluation") if key in one}:
            flagged[number] = one["rule"] in _found([one["row"]], lang, 0, context)
        elif "earlier" in one:
            rows = [*one["earlier"], one["row"]]
            flagged[number] = one["rule"] in _found(rows, lang, len(rows) - 1, {})
        else:  # a row by itself: many at once are quicker
            together[tuple(sorted(one["row"]))].append(number)
    for numbers in together.values():
        report = measure([given[number]["row"] for number in numbers], lang)
        rows = {finding.rule: set(finding.rows) for finding in report.findings}
        for place, number in enumerate(numbers):
            flagged[number] = place in rows.get(given[number]["rule"], ())
    return flagged


def _found(rows: list[dict], lang: str, row: int, context: dict[str, list[str]]) -> set[str]:
    report = measure(rows, lang, **context)
    return {finding.rule for finding in report.findings if row in finding.rows}


@cache
def judged(lang: str, rule: str) -> tuple[tuple[dict[str, Any], bool], ...]:
    """The examples of a rule, each with whether it was flagged; none where there is no file."""
    path = FOLDER / lang / f"{rule}.jsonl"
    given = examples(path) if path.exists() else []
    return tuple(zip(given, verdicts(given, lang), strict=True)) if given else ()


def figures(lang: str, rule: str, held_out_only: bool = False) -> Score:
    """The score of a rule in a language, on all its examples or on those held out."""
    return score(
        (one["label"], flagged)
        for number, (one, flagged) in enumerate(judged(lang, rule))
        if held_out(number) or not held_out_only
    )
