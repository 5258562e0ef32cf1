"""One dataset of several, as SmolTalk is: with shares, without repeats, each row with a source."""

import random
from collections import Counter
from collections.abc import Mapping
from typing import Any

from datasets import Dataset

from smolsynth.datasets.convert import SOURCE
from smolsynth.quality.report import texts_of
from smolsynth.rows import column_names
from smolsynth.rows import rows as rows_of
from smolsynth.text.similarity import duplicates


def mix(
    datasets: Mapping[str, Any],
    shares: Mapping[str, float] | None = None,
    rows: int | None = None,
    *,
    seed: int = 42,
    threshold: float = 0.8,
) -> Dataset:
    """Mixes datasets.

    Args:
        datasets: by the name that will stand in `source`; all with the same columns, in a form
            that `smolsynth.measure` reads. Where rows of two sets repeat one another, the
            first set keeps its row.
        shares: of the mix, by name; they need not add up to 1. Default: what there is.
        rows: of the mix; default: as many as the shares allow.
        seed: of the draw and the order.
        threshold: of near duplicates, see `smolsynth.text.similarity.duplicates`.

    Returns:
        The rows in random order, with their columns and `source`.

    Raises:
        ValueError: no datasets or rows, other columns, shares that name another set or are not
            above 0, or more rows than the shares allow; the error says how many they do.
    """
    if not datasets:
        raise ValueError("There are no datasets to mix.")
    sets = {name: rows_of(data) for name, data in datasets.items()}
    columns = _common_columns(sets)
    every = [(name, row) for name, data in sets.items() for row in data]
    texts = ["\n".join(parts) for parts in texts_of([row for _, row in every])]
    repeated = {one.row for one in duplicates(texts, threshold)}
    kept: dict[str, list[dict]] = {name: [] for name in sets}
    for number, (name, row) in enumerate(every):
        if number not in repeated:
            kept[name].append({column: row.get(column) for column in columns})
    wanted = _counts({name: len(data) for name, data in kept.items()}, shares, rows)
    rng = random.Random(seed)
    mixed = [
        {SOURCE: name, **row}
        for name, count in wanted.items()
        for row in rng.sample(kept[name], count)
    ]
    rng.shuffle(mixed)
    return Dataset.from_list(mixed)


def _common_columns(sets: Mapping[str, Any]) -> list[str]:
    columns: list[str] | None = None
    for name, data in sets.items():
        if not len(data):
            raise ValueError(f"The set {name!r} has no rows.")
        own = [column for column in column_names(data) if column != SOURCE]
        if columns is not None and sorted(own) != sorted(columns):
            raise ValueError(
                f"The set {name!r} has the columns {', '.join(own)}, the first one"
                f" {', '.join(columns)}: bring them to the same, as with to_messages."
            )
        columns = columns or own
    return columns or []


def _counts(
    there: Mapping[str, int], shares: Mapping[str, float] | None, rows: int | None
) -> dict[str, int]:
    """Rows of each set; shares are rounded so that the counts add up to `rows`."""
    if shares is None:
        shares = {name: count for name, count in there.items() if count}
    if unknown := sorted(set(shares) - set(there)):
        raise ValueError(f"There is no set {unknown[0]!r}; there are {', '.join(there)}.")
    if not shares or any(share <= 0 for share in shares.values()):
        raise ValueError("Each share must be above 0: leave a set out rather than give it none.")
    total = sum(shares.values())
    short = min(shares, key=lambda name: there[name] * total / shares[name])
    most = int(there[short] * total / shares[short] + 1e-9)
    if rows is None:
        rows = most
    if not 1 <= rows <= most:
        raise ValueError(
            f"These shares allow 1 to {most} rows, not {rows}: {short!r} has {there[short]} rows"
            " that repeat no other."
        )
    exact = {name: rows * share / total for name, share in shares.items()}
    counts = Counter({name: int(number) for name, number in exact.items()})
    by_rest = sorted(exact, key=lambda name: counts[name] - exact[name])
    counts.update(by_rest[: rows - counts.total()])
    return dict(counts)
