"""How sure a mean is, and an agreement of two raters: 95% intervals."""

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


def over_groups(values: Sequence[float], groups: Sequence[Hashable]) -> Interval | None:
    """The 95% interval of the mean of values that come in groups: a bootstrap that draws groups.

    Questions about one thing are answered rightly or wrongly together; drawn one by one they would
    pass for more evidence than they are (clustered errors: Miller, arXiv:2411.00640).

    Args:
        values: one for each question, problem or row.
        groups: the group of each; its own where nothing belongs together.

    Returns:
        The 2.5 and 97.5 percentiles; None for fewer than two groups.
    """
    if len(set(groups)) < 2:
        return None
    import numpy as np
    from scipy.stats import bootstrap

    names = {name: place for place, name in enumerate(sorted(set(groups), key=str))}
    places = [names[name] for name in groups]
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


def of_share(hits: float, n: int) -> Interval:
    """The 95% interval of a share, hits of n (Wilson 1927).

    >>> low, high = of_share(17, 20)
    >>> round(low, 2), round(high, 2)
    (0.64, 0.95)
    """
    z, share = 1.959964, hits / n
    middle = share + z * z / (2 * n)
    half = z * (share * (1 - share) / n + z * z / (4 * n * n)) ** 0.5
    scale = 1 + z * z / n
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


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
