"""Writes the quiz that students sit: `smolsynth/data/quiz.jsonl`.

    python -m training.quiz

One question for each fact of the world and language, in a phrasing that training never sees. One
JSON object a line: `lang`, `topic`, `concept` (its name), `instruction`, `fact`, the passage that a
right answer holds, and `also`, the same fact in other words, which will do as well. The same world
gives the same bytes.
"""

import random
from collections.abc import Iterator
from pathlib import Path

from training.composer import Composer
from training.seeds import command, write_rows
from training.world import LANGS, core, load_world

OUTPUT = Path(__file__).parent.parent / "smolsynth" / "data" / "quiz.jsonl"


def quiz(lang: str) -> Iterator[dict]:
    """Yields the rows of one language, concept by concept."""
    for concept in load_world(lang):
        # seeded by the concept, so that one more changes no other question
        rng = random.Random(f"quiz {lang} {concept.domain} {concept.id}")
        composer = Composer(lang, rng, held_out=True)
        for aspect, fact in concept.facts.items():
            passages = [core(wording) for wording in fact.wordings]
            text = composer.rng.choice(composer.phrasings(concept, aspect))
            yield {
                "lang": lang,
                "topic": concept.domain_name,
                "concept": concept.name,
                "instruction": composer.fill(text, concept),
                "fact": passages[0],
                "also": passages[1:],
            }


def write(path: Path = OUTPUT) -> int:
    """Writes the file, whole or not at all. Returns the number of rows."""
    return write_rows(path, [row for lang in LANGS for row in quiz(lang)])


if __name__ == "__main__":
    command(__doc__, write, OUTPUT, "questions")
