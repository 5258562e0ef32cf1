"""From verdicts on several answers a problem: pass@k, difficulty, what to keep, pairs."""

import re
from collections import defaultdict
from collections.abc import Iterable
from math import comb
from statistics import fmean
from typing import Any, NamedTuple

from smolsynth.intervals import Interval, over_groups
from smolsynth.rows import Row
from smolsynth.text.tokens import plain, tokens


def pass_at_k(n: int, c: int, k: int) -> float:
    """The chance that one of k answers is right, from n of which c are (Chen et al. 2021).

    Unbiased: 1 - C(n - c, k) / C(n, k). `1 - (1 - c / n) ** k` is not; it is too low.

    Raises:
        ValueError: not 0 <= c <= n and 1 <= k <= n.

    >>> pass_at_k(8, 2, 1), round(pass_at_k(8, 2, 4), 4), pass_at_k(8, 0, 8)
    (0.25, 0.7857, 0.0)
    """
    if not (0 <= c <= n and 1 <= k <= n):
        raise ValueError(f"pass@k needs 0 <= c <= n and 1 <= k <= n, not n={n}, c={c}, k={k}.")
    return 1 - comb(n - c, k) / comb(n, k)


class Estimate(NamedTuple):
    """A mean over problems, and its 95% interval."""

    mean: float
    interval: Interval | None


def pass_at_k_interval(
    counts: Iterable[tuple[int, int]],
    k: int,
) -> Estimate:
    """The mean pass@k of several problems, with a 95% interval by bootstrap over problems.

    Problems are drawn anew, not answers: other problems are what it is to hold for.

    Args:
        counts: of each problem n and c, as in `pass_at_k`.
        k: answers that may be tried.

    Returns:
        The interval is None for a single problem.

    Raises:
        ValueError: no problems, or as `pass_at_k`.

    >>> pass_at_k_interval([(4, 4)] * 5 + [(4, 0)] * 5, 1).mean
    0.5
    """
    each = [pass_at_k(n, c, k) for n, c in counts]
    if not each:
        raise ValueError("There are no problems to take the mean of.")
    return Estimate(fmean(each), over_groups(each, range(len(each))))


def difficulty(rate: float) -> str:
    """Difficulty by the share of right answers: "never", "hard", "medium", "easy" or "always".

    >>> [difficulty(rate) for rate in (0, 0.2, 0.5, 0.8, 1)]
    ['never', 'hard', 'medium', 'easy', 'always']
    """
    if rate in (0, 1):
        return "always" if rate else "never"
    return "hard" if rate < 1 / 3 else "medium" if rate < 2 / 3 else "easy"


def _by_problem(rows: Iterable[Row], problem: str, verified: str) -> dict[Any, list[Row]]:
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        if not isinstance(row.get(verified), bool):
            raise ValueError(f"The column {verified!r} has to be true or false: verify first.")
        groups[row[problem]].append(row)
    return groups


def select_verified(
    rows: Iterable[Row],
    *,
    problem: str = "instruction",
    response: str = "response",
    verified: str = "verified",
    keep_always: bool = False,
    most: int | None = None,
    shortest: bool = False,
) -> list[Row]:
    """The right answers worth training on, as in rejection sampling (RFT, Yuan et al. 2023).

    Problems that are never right have nothing to give; those that are always right teach nothing
    new. Answers that say the same in the same words, numbers included, count once.

    Args:
        rows: one for each answer, with the columns named by `problem`, `response` and `verified`.
        keep_always: keep problems whose answers are all right.
        most: answers to keep of a problem; all by default.
        shortest: the shortest first (by words, thoughts included), else in their order.

    Returns:
        Rows in the order of the problems, with the further columns `pass_rate` (0 to 1, over all
        answers of the problem) and `difficulty`.

    Raises:
        ValueError: `verified` is not true or false in a row.

    >>> rows = [{"instruction": "2+2", "response": r, "verified": r[-1] == "4"}
    ...         for r in ("It is 4", "It is 4", "so, 4", "It is 5")]
    >>> [(row["response"], row["difficulty"]) for row in select_verified(rows, shortest=True)]
    [('so, 4', 'easy'), ('It is 4', 'easy')]
    """
    kept: list[Row] = []
    for group in _by_problem(rows, problem, verified).values():
        right = [row for row in group if row[verified]]
        rate = len(right) / len(group)
        if not right or (rate == 1 and not keep_always):
            continue
        if shortest:
            right.sort(key=lambda row: len(tokens(row[response])))
        different: dict[str, Row] = {}
        for row in right:
            different.setdefault(same_answer(row[response]), row)
        chosen = list(different.values())[:most]
        kept += [{**row, "pass_rate": rate, "difficulty": difficulty(rate)} for row in chosen]
    return kept


_SIGNS = re.compile(r"[-+*/×÷=<>]|(?<=\d)\.(?=\d)")


def same_answer(text: str) -> str:
    """What is equal here differs in form alone; signs of arithmetic are no mere form.

    >>> same_answer("It is 4.") == same_answer("it is  4")
    True
    >>> same_answer("1 + 2") == same_answer("1 × 2")
    False
    """
    signs = "".join(_SIGNS.findall(text))
    return f"{plain(text)}\0{signs}"


def verified_pairs(
    rows: Iterable[Row],
    *,
    problem: str = "instruction",
    response: str = "response",
    verified: str = "verified",
    apart: float = 0.25,
    most: int = 1,
) -> list[Row]:
    """Pairs for DPO: a right answer over a wrong one to the same problem, of similar length.

    Length is held still, so that it is not what is learned.

    Args:
        rows: as `select_verified` takes them.
        apart: how far the lengths in words may differ, as a share of the longer.
        most: pairs of a problem; no answer stands in two.

    Returns:
        Rows of the problem (under the name given by `problem`), `chosen` and `rejected`; the pairs
        of a problem closest in length first.

    >>> rows = [{"instruction": "2+2", "response": r, "verified": r[-1] == "4"}
    ...         for r in ("It is 4", "Well, let me think: it is 4", "It is 5")]
    >>> verified_pairs(rows)
    [{'instruction': '2+2', 'chosen': 'It is 4', 'rejected': 'It is 5'}]
    """
    pairs: list[Row] = []
    for asked, group in _by_problem(rows, problem, verified).items():
        sizes = [len(tokens(row[response])) for row in group]
        right, wrong = (
            [n for n, row in enumerate(group) if row[verified] is v] for v in (True, False)
        )
        gaps = sorted(
            (abs(sizes[one] - sizes[two]) / max(sizes[one], sizes[two], 1), one, two)
            for one in right
            for two in wrong
        )
        used: set[int] = set()
        made = 0
        for gap, one, two in gaps:
            if made == most or gap > apart:
                break
            if {one, two} & used:
                continue
            used |= {one, two}
            made += 1
            texts = {"chosen": group[one][response], "rejected": group[two][response]}
            pairs.append({problem: asked, **texts})
    return pairs
