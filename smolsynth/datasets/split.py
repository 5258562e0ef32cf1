"""Rows held out for validation, so that nothing of them stands in what is trained on."""

from collections import Counter
from collections.abc import Hashable, Sequence
from random import Random


def held_out(groups: Sequence[Hashable], share: float, seed: int = 42) -> list[int]:
    """Draws whole groups, such as all rows from one seed document, until they hold a share.

    Rows of one document ask about the same things in other words: on either side of a split, the
    model would be tested with what it was trained on.

    Args:
        groups: of each row, what it comes from.
        share: of the rows, from 0 to 0.5, at least as far as there are enough groups; the last one
            may make it more.
        seed: of the draw.

    Returns:
        The numbers of the rows that are held out, in order.

    Raises:
        ValueError: another share, or all rows in one group.

    >>> held_out(["cat", "cat", "rain", "moon", "moon", "moon"], 0.3)
    [0, 1, 2]
    """
    if not 0 <= share <= 0.5:
        raise ValueError(f"The share that is held out is from 0 to 0.5, not {share!r}.")
    if not share:
        return []
    sizes = Counter(groups)
    if len(sizes) < 2:
        raise ValueError(
            "All rows come from one seed document: nothing can be held out that the others don't"
            " tell of. Make rows of several documents or domains."
        )
    names = list(sizes)
    Random(seed).shuffle(names)
    # the last group stays to train on, however large the others are
    wanted, held, taken = share * len(groups), 0, set[Hashable]()
    for name in names[:-1]:
        if held >= wanted:
            break
        taken.add(name)
        held += sizes[name]
    return [number for number, name in enumerate(groups) if name in taken]
