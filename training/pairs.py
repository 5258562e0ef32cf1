"""Writes pairs whose truth is known, to audit a judge with: `smolsynth/data/pairs.jsonl`.

    python -m training.pairs

One JSON object a line: `lang`, `instruction`, `generations` (two texts in random order), `better`
(0 or 1), `fault` (of the other text, a key of `training.grading.RATINGS`), `facts` (the passages
that a right text holds) and `more` (passages that it may hold besides). All of it is held out:
phrasings, faults and wrong facts that training never sees. Every second pair differs in one fact
alone. The same world gives the same bytes.
"""

import itertools
import random
from collections.abc import Iterator
from pathlib import Path

from training.composer import Composer, Question
from training.corpus import contrast
from training.grading import RATINGS, grade, rating
from training.seeds import command, write_rows
from training.world import LANGS, SLOTS, load_world

OUTPUT = Path(__file__).parent.parent / "smolsynth" / "data" / "pairs.jsonl"
PAIRS = 200  # for each language
# Not "brief": a short right answer is worse by the ratings, yet not for certain.
FAULTS = tuple(f for f in RATINGS if f not in ("none", "brief", "wrong_fact", "all_wrong"))


def pairs(lang: str, count: int = PAIRS) -> Iterator[dict]:
    """Yields `count` pairs in one language; concepts go round, so do the faults."""
    rng = random.Random(f"pairs {lang}")
    composer = Composer(lang, rng, held_out=True)
    concepts = itertools.cycle(rng.sample(load_world(lang), len(load_world(lang))))
    faults = itertools.cycle(FAULTS)
    for number in range(count):
        if number % 2 == 0:
            q = question(composer, concepts)
            made = contrast(composer, q)
        else:
            fault = next(faults)
            q = question(composer, concepts, fault)
            made = [
                (text, grade(text, q, lang))
                for text in (composer.flawed(q, "none"), composer.flawed(q, fault))
            ]
        order = rng.sample(made, 2)
        marks = [rating(fault) for _, fault in order]
        better = int(marks[1] > marks[0])
        yield {
            "lang": lang,
            "instruction": q.text,
            "generations": [text for text, _ in order],
            "better": better,
            "fault": order[1 - better][1],
            "facts": [q.concept.slots[slot] for slot in q.slots],
            "more": [text for slot, text in q.concept.slots.items() if slot not in q.slots],
        }


def question(composer: Composer, concepts: Iterator, fault: str | None = None) -> Question:
    """A held-out question, such that the fault is possible (and really lowers the rating)."""
    while True:
        q = composer.question(next(concepts), composer.rng.choice(SLOTS))
        roll = composer.rng.random()
        if fault == "incomplete" or (fault is None and roll < 0.25):
            q = composer.deepen(q)
        elif fault == "ignores_constraint" or (fault is None and roll < 0.5):
            q = composer.constrain(q)
        if fault is None or fault in composer.possible_faults(q):
            return q


def write(path: Path = OUTPUT) -> int:
    """Writes the file, whole or not at all. Returns the number of rows."""
    return write_rows(path, [row for lang in LANGS for row in pairs(lang)])


if __name__ == "__main__":
    command(__doc__, write, OUTPUT, "pairs")
