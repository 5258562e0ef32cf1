"""A pipeline of several techniques goes on with those that this model can do."""

from collections.abc import Callable, Collection, Generator, Iterator
from typing import Any

from smolsynth.generation.rows import as_row
from smolsynth.pipelines.pipeline import InProcessPipeline
from smolsynth.rows import Row

TRIAL = 2  # chunks after which the techniques are compared
SHARE = 0.7  # of its rows that are good, in relation to the best technique: fewer are too few

Chunks = Generator[dict[str, list[Row]], None, None]
Stream = Callable[[InProcessPipeline, str, int], Chunks]


def narrowed(
    pipeline: InProcessPipeline,
    stream: Stream,
    lang: str,
    on_drop: Callable[[list[str]], Any] = lambda leaves: None,
    *,
    without: Collection[str] = (),
) -> Iterator[dict[str, list[Row]]]:
    """Streams a pipeline, and leaves out the leaf steps whose first rows are far less often good.

    Small models write fine questions of their own (Magpie), and scraps where they are asked for a
    list. After TRIAL chunks the techniques are compared by the share of their rows that is new and
    breaks no rule of `smolsynth.quality`: those below SHARE of the best one's run no more. What
    decides is the rows alone, so a run that is resumed goes the same way.

    Args:
        pipeline: with one leaf step or several.
        stream: given a pipeline, a name for its part of the run (a folder) and the number of the
            chunk to begin with, streams it: see `InProcessPipeline.stream`.
        lang: "en" or "zh", the language that the rows should have.
        without: leaf steps to leave out from the start.
        on_drop: is told which leaf steps are left out, once that is known.

    Yields:
        As `InProcessPipeline.stream`.
    """
    seen: dict[str, tuple[int, int]] = {leaf: (0, 0) for leaf in pipeline.leaves()}
    good: dict[str, set[str]] = {leaf: set() for leaf in seen}
    begun, dropped = 0, list(without)
    if not dropped:
        chunks = stream(pipeline, "", 0)
        for chunk in chunks:
            begun += 1
            for leaf, rows in chunk.items():
                kept = (row for row, reason in (as_row(row, lang) for row in rows) if not reason)
                good[leaf].update(row["instruction"] for row in kept)
                seen[leaf] = (seen[leaf][0] + len(rows), len(good[leaf]))
            yield chunk
            if begun == TRIAL:
                dropped = hopeless(seen)
                break
        if not dropped:
            yield from chunks
            return
        chunks.close()
    on_drop(dropped)
    left = [leaf for leaf in seen if leaf not in dropped]
    for chunk in stream(pipeline.without(dropped), "-".join(left), begun):
        yield chunk if len(left) > 1 else {left[0]: chunk["default"]}


def hopeless(seen: dict[str, tuple[int, int]]) -> list[str]:
    """The techniques to leave out, given how many rows each made, and how many good ones.

    >>> hopeless({"SelfInstruct": (60, 12), "EvolInstruct": (60, 40), "Magpie": (20, 18)})
    ['SelfInstruct']
    """
    shares = {leaf: good / rows if rows else 0.0 for leaf, (rows, good) in seen.items()}
    return [leaf for leaf, share in shares.items() if share < SHARE * max(shares.values())]
