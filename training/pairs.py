"""Writes pairs whose truth is known, to audit a judge with: `smolsynth/data/pairs.jsonl`.

    python -m training.pairs

One JSON object a line: `lang`, `instruction`, `generations` (two texts in random order), `better`
(0 or 1), `fault` (of the other text, a key of `training.grading.RATINGS`), `facts` (for each fact
that a right text holds the passages that say it, of which one will do) and `more` (the same of the
facts that it may hold besides). All of it is held out: phrasings, faults and wrong facts that
training never sees. Every second pair differs in one fact alone. The same world gives the same
bytes.
"""

import itertools
import random
from collections.abc import Iterator
from pathlib import Path

from training.grading import RATINGS, grade, rating
from training.judge import contrast
from training.questions import Question
from training.seeds import command, write_rows
from training.world import LANGS, Concept, core, load_world
from training.writer import Writer

OUTPUT = Path(__file__).parent.parent / "smolsynth" / "data" / "pairs.jsonl"
PAIRS = 200  # for each language
# Not "brief": a short right answer is worse by the ratings, yet not for certain.
FAULTS = tuple(f for f in RATINGS if f not in ("none", "brief", "wrong_fact", "all_wrong"))


def pairs(lang: str, count: int = PAIRS) -> Iterator[dict]:
    """Yields `count` pairs in one language; concepts go round, so do the faults."""
    rng = random.Random(f"pairs {lang}")
    composer = Writer(lang, rng, held_out=True)
    concepts = itertools.cycle(rng.sample(load_world(lang), len(load_world(lang))))
    faults = itertools.cycle(FAULTS)
    for number in range(count):
        wanted = None if number % 2 == 0 else next(faults)
        q, made = pair(composer, concepts, wanted)
        order = rng.sample(made, 2)
        marks = [rating(fault) for _, fault in order]
        better = int(marks[1] > marks[0])
        yield {
            "lang": lang,
            "instruction": q.text,
            "generations": [text for text, _ in order],
            "better": better,
            "fault": order[1 - better][1],
            "facts": [passages(q.concept, aspect) for aspect in q.aspects],
            "more": [passages(q.concept, a) for a in q.concept.aspects if a not in q.aspects],
        }


def passages(concept: Concept, aspect: str) -> list[str]:
    """What is said by a text that states this fact, in each of its wordings."""
    return [core(wording) for wording in concept.facts[aspect].wordings]


def pair(
    composer: Writer, concepts: Iterator, wanted: str | None
) -> tuple[Question, list[tuple[str, str]]]:
    """A held-out question, and a right answer to it with one that has that fault, or a wrong fact
    alone; texts with their faults as grading finds them."""
    while True:
        q = question(composer, next(concepts), wanted)
        if q.form == "word":  # its answer holds no passage of the fact
            continue
        if wanted is None:
            made = contrast(composer, q)
        elif wanted not in composer.possible_faults(q):
            continue
        else:
            texts = (composer.answer(q), composer.flawed(q, wanted))
            made = [(text, grade(text, q, composer.lang)) for text in texts]
        if len(made) == 2 and rating(made[0][1]) > rating(made[1][1]):
            return q, made


def question(composer: Writer, concept: Concept, fault: str | None) -> Question:
    q = composer.question(concept)
    roll = composer.rng.random()
    if fault == "incomplete" or (fault is None and roll < 0.25):
        return composer.deepen(q)
    if fault == "ignores_constraint" or (fault is None and roll < 0.5):
        return composer.constrain(q)
    return q


def write(path: Path = OUTPUT) -> int:
    """Writes the file, whole or not at all. Returns the number of rows."""
    return write_rows(path, [row for lang in LANGS for row in pairs(lang)])


if __name__ == "__main__":
    command(__doc__, write, OUTPUT, "pairs")
