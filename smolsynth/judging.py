"""Audits a judge: agreement with the truth, and the ways in which judges err again and again.

    judge = UltraFeedback(llm=load_llm(temperature=0, max_new_tokens=512))
    report = audit(judge, known_pairs("en", 100))
    report.agreement, report.consistency      shares; print(report) shows all of them

Judges like the response that stands first, or the longer one (Zheng et al. 2023, arXiv 2306.05685).
The pairs of `known_pairs` come from the world that the bundled models know, so it is certain which
text is better; the models have never seen their questions or their faults.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

from smolsynth.display import lengths
from smolsynth.pipelines import try_step

Row = dict[str, Any]


# ---- pairs whose truth is known ----
def known_pairs(lang: str, n: int | None = None) -> list[Row]:
    """Pairs of texts of which one is better for certain, always in the same order.

    In every second pair the two differ in one fact alone; in the others, one has any fault.

    Args:
        lang: "en" or "zh".
        n: how many; `None` gives all.

    Returns:
        Rows of `instruction`, `generations` (two texts), `better` (0 or 1: which of them) and
        `fault` (of the other one, as "wrong_fact").

    Raises:
        ValueError: another language, or n below 1 or above what there is.
    """
    data = _pairs(lang)
    if n is not None and not 1 <= n <= len(data):
        raise ValueError(f"There are {len(data)} known pairs: ask for 1 to {len(data)}, not {n}.")
    return [{**row, "generations": list(row["generations"])} for row in data[:n]]


@lru_cache
def _pairs(lang: str) -> list[Row]:
    text = (files("smolsynth") / "data" / "pairs.jsonl").read_text(encoding="utf-8")
    found = [json.loads(line) for line in text.split("\n") if line]
    if lang not in {row["lang"] for row in found}:
        raise ValueError(f'lang must be "en" or "zh", not {lang!r}.')
    return [
        {key: value for key, value in row.items() if key != "lang"}
        for row in found
        if row["lang"] == lang
    ]


# ---- the audit ----
@dataclass(frozen=True)
class Audit:
    """What `audit` counted. Shares are between 0 and 1, and `None` where nothing could be counted.

    A verdict is one reading of one pair: two texts, two ratings. Every pair is read twice, the
    second time with the texts swapped.

    Attributes:
        pairs: how many were read.
        understood: share of the pairs whose ratings could be parsed both times; the others are left
            out of all that follows.
        agreement: share of verdicts that rate the better text higher; a tie counts as wrong.
        agreement_by_fault: the same, by the fault of the worse text.
        ties: share of verdicts that are ties.
        consistency: share of pairs with the same outcome both times.
        first_preferred: share of verdicts other than ties that prefer the text that stands first.
            0.5 is fair.
        longer_preferred: share of verdicts other than ties that prefer the longer text.
        longer_better: how often, in the same verdicts, the longer text is the better one. Only
            what `longer_preferred` has above that is a bias.
    """

    pairs: int
    understood: float
    agreement: float | None
    agreement_by_fault: dict[str, float]
    ties: float | None
    consistency: float | None
    first_preferred: float | None
    longer_preferred: float | None
    longer_better: float | None

    def __repr__(self) -> str:
        def shown(share: float | None) -> str:
            return "-" if share is None else f"{share:.2f}"

        lines = [
            f"{self.pairs} pairs, each read in both orders",
            f"understood        {shown(self.understood)}",
            f"agreement         {shown(self.agreement)}   with the truth; ties ({shown(self.ties)})"
            " count as wrong",
            *(f"  {name:<17} {shown(share)}" for name, share in self.agreement_by_fault.items()),
            f"consistency       {shown(self.consistency)}   after a swap",
            f"first preferred   {shown(self.first_preferred)}   fair: 0.50",
            f"longer preferred  {shown(self.longer_preferred)}   fair:"
            f" {shown(self.longer_better)}, as often as it is better",
        ]
        return "\n".join(lines)


def audit(judge: Any, pairs: Iterable[Row], lang: str = "en") -> Audit:
    """Has a judge read every pair in both orders, and counts.

    Args:
        judge: a distilabel task or step that reads `instruction` and `generations` and adds
            `ratings`, such as `UltraFeedback` with one aspect.
        pairs: rows as `known_pairs` gives them.
        lang: of the texts; lengths are counted in words, or for "zh" in characters.

    Raises:
        ValueError: no pairs, rows without what `known_pairs` gives, or another `lang`.
        StepFailed: the judge raised.
    """
    pairs = list(pairs)
    _check(pairs)
    rows = [
        {"instruction": pair["instruction"], "generations": list(pair["generations"])[::step]}
        for pair in pairs
        for step in (1, -1)
    ]
    ratings = [row["ratings"] for row in try_step(judge, rows)]
    verdicts: list[_Verdict] = []
    consistent: list[bool] = []
    for pair, there, back in zip(pairs, ratings[::2], ratings[1::2], strict=True):
        if not (_whole(there) and _whole(back)):
            continue
        outcomes = (_order(*there), _order(*back[::-1]))
        consistent.append(outcomes[0] == outcomes[1])
        verdicts += [_Verdict(pair, outcome, first) for first, outcome in enumerate(outcomes)]
    clear = [verdict for verdict in verdicts if verdict.preferred != TIE]
    longer = [(v, size) for v in clear if (size := _longer(v.pair, lang)) is not None]
    faults = sorted({pair["fault"] for pair in pairs})
    by_fault = {
        fault: _share(v.preferred == v.pair["better"] for v in verdicts if v.pair["fault"] == fault)
        for fault in faults
        if any(v.pair["fault"] == fault for v in verdicts)
    }
    return Audit(
        pairs=len(pairs),
        understood=len(consistent) / len(pairs),
        agreement=_share(v.preferred == v.pair["better"] for v in verdicts),
        agreement_by_fault=by_fault,
        ties=_share(v.preferred == TIE for v in verdicts),
        consistency=_share(consistent),
        first_preferred=_share(v.preferred == v.first for v in clear),
        longer_preferred=_share(v.preferred == size for v, size in longer),
        longer_better=_share(v.pair["better"] == size for v, size in longer),
    )


TIE = -1


class _Verdict(NamedTuple):
    pair: Row
    preferred: int  # number of a text in the pair, or TIE
    first: int  # number of the text that stood first


def _check(pairs: list[Row]) -> None:
    if not pairs:
        raise ValueError("There are no pairs to judge.")
    for i, pair in enumerate(pairs):
        whole = len(pair.get("generations") or []) == 2 and pair.get("better") in (0, 1)
        if not (whole and pair.get("instruction") and pair.get("fault")):
            raise ValueError(
                f"Pair {i} needs instruction, generations (two texts), better (0 or 1) and fault,"
                " as known_pairs gives them."
            )


def _whole(ratings: Any) -> bool:
    return isinstance(ratings, list) and len(ratings) == 2 and None not in ratings


def _order(one: float, two: float) -> int:
    """Which of the two is rated higher, 0 or 1, or TIE."""
    return TIE if one == two else int(two > one)


def _longer(pair: Row, lang: str) -> int | None:
    """The number of the longer text, or None where both are of one length."""
    one, two = lengths([{"text": text} for text in pair["generations"]], "text", lang)
    return None if one == two else int(two > one)


def _share(hits: Iterable[bool]) -> float | None:
    counted = list(hits)
    return sum(counted) / len(counted) if counted else None
