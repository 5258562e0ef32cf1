"""Writes the seed documents that the notebooks start from: `smolsynth/data/seeds.jsonl`.

    python -m training.seeds

One short paragraph a concept and language, composed from the world: one JSON object a line, with
`lang`, `topic` (name of the domain), `concept` (its name) and `document` (three sentences). The
same world gives the same bytes.
"""

import argparse
import json
import random
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from smolsynth._files import whole_file
from training.composer import Composer
from training.world import LANGS, Concept, load_world

OUTPUT = Path(__file__).parent.parent / "smolsynth" / "data" / "seeds.jsonl"


def document(concept: Concept, lang: str) -> str:
    """Three sentences about a concept: what it is, and two other facts.

    Seeded by the concept itself, so that a concept added to the world changes no other document.
    """
    composer = Composer(lang, random.Random(f"{lang} {concept.domain} {concept.id}"))
    return composer.join(composer.several(concept, composer.some(concept, 3)))


def seeds() -> Iterator[dict[str, str]]:
    """Yields the rows of the file: by language, then in the order of the world's files."""
    for lang in LANGS:
        for concept in load_world(lang):
            yield {
                "lang": lang,
                "topic": concept.domain_name,
                "concept": concept.name,
                "document": document(concept, lang),
            }


def write(path: Path = OUTPUT) -> int:
    """Writes the file, whole or not at all. Returns the number of rows."""
    return write_rows(path, list(seeds()))


def write_rows(path: Path, rows: Iterable[dict]) -> int:
    """Writes one JSON object a line, the file whole or not at all. Returns how many."""
    count = 0
    with (
        whole_file(path) as unfinished,
        unfinished.open("w", encoding="utf-8", newline="\n") as file,
    ):
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    return count


def command(about: str, write: Callable[[Path], int], output: Path, unit: str) -> None:
    """The command line of a module that writes one data file: `--output`, and a count printed."""
    parser = argparse.ArgumentParser(description=about.split("\n")[0])
    parser.add_argument("--output", type=Path, default=output)
    args = parser.parse_args()
    print(f"{write(args.output)} {unit} in {args.output.name}")


if __name__ == "__main__":
    command(__doc__, write, OUTPUT, "seed documents")
