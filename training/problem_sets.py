"""Writes `smolsynth/data/problems.jsonl`: word problems with their answers, to sample and to test.

    python -m training.problem_sets

Three parts a language, none of them with two problems that nearly repeat each other:

| split | stories | numbers | problems |
|---|---|---|---|
| train | that the solver knows | that it may have seen | 600 |
| numbers | that it knows | held out | 150 |
| stories | held out | held out | 150 |
"""

import random
from collections.abc import Iterator
from pathlib import Path

from smolsynth.text.similarity import NearDuplicates
from training.problems import Draws, words
from training.seeds import command, write_rows
from training.world import LANGS

SPLITS = {"train": (False, False, 600), "numbers": (True, False, 150), "stories": (True, True, 150)}
OUTPUT = Path(__file__).parent.parent / "smolsynth" / "data" / "problems.jsonl"


def problems(lang: str) -> Iterator[dict]:
    """Yields the rows of one language, split by split."""
    known = NearDuplicates(edits=True)  # of all splits: no test problem is nearly trained on
    for split, (held_out, new, count) in SPLITS.items():
        draws = Draws(lang, random.Random(f"problems {lang} {split}"), held_out)
        made = 0
        while made < count:
            p = draws.problem(new)
            if known.add(p.text) is not None:
                continue
            made += 1
            yield {
                "lang": lang,
                "split": split,
                "topic": words()["topics"][p.topic][lang],
                "form": p.form,
                "steps": len(p.steps),
                "instruction": p.text,
                "expected": f"{p.answer} {p.unit}".strip(),
            }


def write(path: Path = OUTPUT) -> int:
    """Writes the file, whole or not at all. Returns the number of rows."""
    return write_rows(path, [row for lang in LANGS for row in problems(lang)])


if __name__ == "__main__":
    command(__doc__, write, OUTPUT, "problems")
