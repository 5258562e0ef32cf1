"""How sure a difference between two students' scores is, and an agreement of two raters.

Two things make a score vary: the seed of training, and which questions were asked. The same seeds
train both students and both sit the same questions, so what is averaged is the *difference*, seed
by seed and question by question.
"""

import statistics
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

RESAMPLES = 2000
Interval = tuple[float, float]


def margin(values: Sequence[float]) -> float | None:
    """Half the width of the 95% interval of a mean (Student's t); None for fewer than two values.

    >>> round(margin((0.5, 0.6, 0.7)), 3)
    0.248
    """
    if len(values) < 2:
        return None
    from scipy.stats import t

    return float(t.ppf(0.975, len(values) - 1)) * statistics.stdev(values) / len(values) ** 0.5


def over_groups(values: Sequence[float], groups: Sequence[str]) -> Interval | None:
    """The 95% interval of the mean of values that come in groups: a bootstrap that draws groups.

    Questions about one thing are answered rightly or wrongly together; drawn one by one they would
    pass for more evidence than they are (clustered errors: Miller, arXiv:2411.00640).

    Args:
        values: one for each question.
        groups: the group of each.

    Returns:
        The 2.5 and 97.5 percentiles; None for fewer than two groups.
    """
    if len(set(groups)) < 2:
        return None
    import numpy as np
    from scipy.stats import bootstrap

    _, places = np.unique(np.asarray(groups), return_inverse=True)
    sums, sizes = np.bincount(places, weights=values), np.bincount(places)
    drawn = bootstrap(
        (sums, sizes),
        lambda sums, sizes, axis: sums.sum(axis=axis) / sizes.sum(axis=axis),
        paired=True,
        vectorized=True,
        n_resamples=RESAMPLES,
        method="percentile",
        rng=np.random.default_rng(0),
    )
    return float(drawn.confidence_interval.low), float(drawn.confidence_interval.high)


@dataclass(frozen=True)
class Difference:
    """Of the mean scores of two trials.

    Attributes:
        name: of the one.
        to: of the other, whose mean is subtracted.
        mean: of the differences.
        seeds: 95% interval that further seeds would fill, on these questions; None for one seed.
        questions: 95% interval that other questions would fill, with these seeds; None where it is
            not known which questions were answered rightly.
    """

    name: str
    to: str
    mean: float
    seeds: Interval | None
    questions: Interval | None

    @property
    def interval(self) -> Interval | None:
        """95%, over seeds and questions: independent errors add in squares, side by side.

        As in the method of variance estimates recovery (Zou and Donner, 2008). A bootstrap over
        both would draw from three or five seeds, which makes intervals that are too narrow.

        >>> Difference("a", "b", 0.5, (0.25, 0.75), None).interval
        (0.25, 0.75)
        """
        known = [part for part in (self.seeds, self.questions) if part]
        if not known:
            return None
        low = sum((self.mean - part[0]) ** 2 for part in known) ** 0.5
        high = sum((part[1] - self.mean) ** 2 for part in known) ** 0.5
        return self.mean - low, self.mean + high


def difference(
    name: str,
    scores: Sequence[float],
    right: Sequence[Sequence[bool]],
    to: str,
    to_scores: Sequence[float],
    to_right: Sequence[Sequence[bool]],
    groups: Sequence[str],
) -> Difference:
    """The difference of two trials, paired by seed and by question.

    Args:
        name: of the one.
        scores: its share of right answers, one for each seed.
        right: whether each question was answered rightly, for each seed; empty if not known.
        to: the other's name, scores and answers, for the same seeds in the same order; or a single
            score, that of a model without training, which no seed changes.
        groups: of the questions, see `over_groups`.

    Raises:
        ValueError: other seeds: there is nothing to pair.
    """
    if len(to_scores) == 1:
        to_scores, to_right = [*to_scores] * len(scores), [*to_right] * len(scores)
    elif len(scores) == 1:
        scores, right = [*scores] * len(to_scores), [*right] * len(to_scores)
    if len(scores) != len(to_scores):
        raise ValueError(
            f"{name!r} has {len(scores)} seeds and {to!r} {len(to_scores)}: there is nothing to"
            " pair."
        )
    by_seed = [one - other for one, other in zip(scores, to_scores, strict=True)]
    mean = statistics.fmean(by_seed)
    half = margin(by_seed)
    asked = None
    if right and to_right:
        by_question = [
            statistics.fmean(one) - statistics.fmean(other)
            for one, other in zip(
                zip(*right, strict=True), zip(*to_right, strict=True), strict=True
            )
        ]
        asked = over_groups(by_question, groups)
    return Difference(name, to, mean, None if half is None else (mean - half, mean + half), asked)


@dataclass(frozen=True)
class Kappa:
    """How far two raters agree beyond chance.

    Attributes:
        n: cases that both have rated.
        agreement: share in which they say the same.
        chance: share in which they would, if each used its labels as often as it does, but
            regardless of the case.
        value: Cohen's kappa, (agreement - chance) / (1 - chance): 1 is perfect, 0 chance; None
            where both use one and the same label alone, or there are no cases.
        interval: 95% of it; None where there is no kappa, or a single group.
    """

    n: int
    agreement: float
    chance: float
    value: float | None
    interval: Interval | None


def kappa(
    ones: Sequence[Hashable],
    twos: Sequence[Hashable],
    groups: Sequence[Hashable] | None = None,
) -> Kappa:
    """Cohen's kappa of two raters, and its interval by a bootstrap (Cohen 1960).

    Where they agree in every case no resample can differ. The low end then supposes the lowest
    share of agreement that so many groups are compatible with (Clopper and Pearson).

    Args:
        ones: the label that the one gives each case: True and False, or any names.
        twos: the other's, of the same cases.
        groups: of the cases, where several belong together, such as two answers to one question;
            these are drawn together. Each case is its own group if None.

    Raises:
        ValueError: the lengths differ.

    >>> found = kappa([True] * 20 + [False] * 20, [True] * 18 + [False] * 22)
    >>> round(found.agreement, 2), round(found.chance, 2), round(found.value, 2)
    (0.95, 0.5, 0.9)
    """
    import numpy as np

    n = len(ones)
    if not n == len(twos) == len(groups if groups is not None else ones):
        raise ValueError(f"{n} labels of the one, {len(twos)} of the other: one each for each case")
    labels = {label: place for place, label in enumerate(dict.fromkeys([*ones, *twos]))}
    names = {name: place for place, name in enumerate(dict.fromkeys(groups or range(n)))}
    tables = np.zeros((len(names), len(labels), len(labels)))
    for one, two, name in zip(ones, twos, groups or range(n), strict=True):
        tables[names[name], labels[one], labels[two]] += 1

    def shares(counts):
        total = counts.sum(axis=(-2, -1))
        with np.errstate(invalid="ignore", divide="ignore"):
            agreement = np.trace(counts, axis1=-2, axis2=-1) / total
            chance = (counts.sum(axis=-1) * counts.sum(axis=-2)).sum(axis=-1) / total**2
            return agreement, chance, (agreement - chance) / (1 - chance)

    agreement, chance, value = (float(one) for one in shares(tables.sum(axis=0)))
    if np.isnan(value):
        return Kappa(n, 1.0 if n else 0.0, 1.0 if n else 0.0, None, None)
    if len(names) < 2:
        return Kappa(n, agreement, chance, value, None)
    if agreement == 1:
        least = 0.025 ** (1 / len(names))
        return Kappa(n, agreement, chance, value, ((least - chance) / (1 - chance), 1.0))
    # Groups with the same counts are alike: it is enough to draw how many there are of each.
    kinds, sizes = np.unique(tables, axis=0, return_counts=True)
    rng = np.random.default_rng(0)
    drawn = rng.multinomial(len(names), sizes / len(names), size=RESAMPLES)
    resampled = shares(np.tensordot(drawn, kinds, axes=1))[2]
    low, high = np.nanquantile(resampled, (0.025, 0.975))
    return Kappa(n, agreement, chance, value, (float(low), float(high)))
