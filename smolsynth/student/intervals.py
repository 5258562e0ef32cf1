"""How sure a difference between two students' scores is.

Two things make a score vary: the seed of training, and which questions were asked. The same seeds
train both students and both sit the same questions, so what is averaged is the *difference*, seed
by seed and question by question.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from smolsynth.intervals import Interval, margin, over_groups


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
    right: Sequence[Sequence[float]],
    to: str,
    to_scores: Sequence[float],
    to_right: Sequence[Sequence[float]],
    groups: Sequence[str],
) -> Difference:
    """The difference of two trials, paired by seed and by question.

    Args:
        name: of the one.
        scores: its share of right answers, one for each seed.
        right: share of right answers to each question, for each seed; empty if not known.
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
