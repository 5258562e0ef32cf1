"""Composes the training corpus from the world, with the prompts that distilabel really sends.

    python -m training.corpus --rows 300000 --output build/corpus.jsonl
    python -m training.corpus --of facts --rows 200000 --output build/facts.jsonl
    python -m training.corpus --of novice --rows 150000 --output build/novice.jsonl
    python -m training.corpus --rows 120000 --seed 1 --real build/real_answers.jsonl --output …

writes one JSON object a line: `messages` (role, content; with `learn`, the only passages of it that
are to be learned, by start and end), `task`, `lang`, `learn_user` (whether the user turn is to be
learned too, so that Magpie can have it written by the model). `--of facts` composes the tasks that
tell facts in few tokens, three times as many as in a corpus of all tasks, where four tokens in ten
are read by the judge; `--of novice` composes for the weaker model, whose answers are wrong now and
then, in clean sentences; `--real` lets the judge read what models really answered, see
`training.answers`. Training itself needs no distilabel: the file stands
between the two.
"""

import argparse
import itertools
import json
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path

from training import judge, prompts, talks
from training.seeds import write_rows
from training.texts import Message
from training.world import LANGS, by_id
from training.writer import Writer

ROWS = {"tutor": 300_000, "facts": 200_000, "novice": 150_000}
FILES = {"tutor": "corpus.jsonl", "facts": "facts.jsonl", "novice": "novice.jsonl"}


@dataclass(frozen=True)
class Task:
    """One task of the corpus: its composer, and its share of the rows of each corpus.

    Attributes:
        tutor: of the tutor's rows, all tasks among them.
        facts: of the rows that the tutor learns the world from, before it learns to judge.
        novice: of the novice's rows.
        learn_user: whether the user's turns are to be learned too.
        asks: whether the assistant's turns hold questions.
    """

    compose: Callable[[Writer], list[Message]]
    tutor: float
    facts: float = 0.0
    novice: float = 0.0
    learn_user: bool = False
    asks: bool = False


TASKS: dict[str, Task] = {
    "talk": Task(talks.talk, 0.20, facts=0.25, novice=0.42, learn_user=True),
    "quiz": Task(talks.quiz, 0.20, facts=0.25, novice=0.30, learn_user=True),
    "long_talk": Task(talks.long_talk, 0.06, facts=0.08, novice=0.05, learn_user=True),
    "which": Task(talks.which, 0.012, facts=0.01),
    "verify": Task(talks.verify, 0.02, facts=0.03),
    "unknown": Task(talks.unknown, 0.035, facts=0.06, novice=0.03),
    "small_talk": Task(talks.small_talk, 0.005, facts=0.005, novice=0.005),
    "restyle": Task(talks.restyle, 0.05, facts=0.06, learn_user=True),
    "reading": Task(talks.reading, 0.08, facts=0.06),
    "copying": Task(talks.copying, 0.08, facts=0.08, novice=0.04),
    "order": Task(talks.order, 0.02, facts=0.02, learn_user=True),
    "odd": Task(talks.odd, 0.02, facts=0.02, learn_user=True),
    "list_group": Task(talks.list_group, 0.02, facts=0.02, novice=0.01, learn_user=True),
    "json_answer": Task(talks.json_answer, 0.025, facts=0.02),
    "ask": Task(talks.ask, 0.015, facts=0.04, novice=0.02, asks=True),
    "self_instruct": Task(talks.self_instruct, 0.11, facts=0.04, novice=0.10, asks=True),
    "evol_instruct": Task(talks.evol_instruct, 0.065, novice=0.03, asks=True),
    "ultrafeedback": Task(judge.ultrafeedback, 0.17),
    "notes": Task(judge.notes, 0.05),
    "complexity_scorer": Task(judge.complexity_scorer, 0.02),
    "quality_scorer": Task(judge.quality_scorer, 0.02),
    "evol_quality": Task(judge.evol_quality, 0.035, novice=0.02),
    "critique": Task(judge.critique, 0.045),
    "rewrite": Task(judge.rewrite, 0.03, facts=0.03, novice=0.015),
}


# Users ask in all sorts of ways, which the model shall understand, but not take up: of the examples
# in which it writes no questions, this share asks in the wider phrasings, too, and there its users'
# turns are not learned.
WIDE = 0.5
PART = 5_000  # rows with a generator of their own, so that parts can be composed side by side


def compose(
    rows: int,
    seed: int = 0,
    held_out: bool = False,
    of: str = "tutor",
    real: Path | None = None,
) -> Iterator[dict]:
    """Yields `rows` examples (dicts, see the module's docstring), both languages in equal parts.

    Args:
        of: which corpus, a key of `ROWS`.
    """
    for part, size in parts_of(rows):
        yield from compose_part(f"{seed}-{part}", size, held_out, of, real)


def parts_of(rows: int) -> list[tuple[int, int]]:
    """(number, rows) of each part.

    >>> parts_of(12_000)
    [(0, 5000), (1, 5000), (2, 2000)]
    """
    return [(start // PART, min(PART, rows - start)) for start in range(0, rows, PART)]


def compose_part(seed: str, rows: int, held_out: bool, of: str, real: Path | None) -> list[dict]:
    rng = random.Random(seed)
    answers = read_real(real) if real else {}
    writers = [Writer(lang, rng, held_out, novice=of == "novice", real=answers) for lang in LANGS]
    weights = [getattr(task, of) for task in TASKS.values()]
    made = []
    for i in range(rows):
        writer = writers[i % len(writers)]
        (name,) = rng.choices(list(TASKS), weights)
        writer.wide = not TASKS[name].asks and rng.random() < WIDE
        made.append(
            {
                "messages": TASKS[name].compose(writer),
                "task": name,
                "lang": writer.lang,
                "learn_user": TASKS[name].learn_user and not writer.wide,
            }
        )
    return made


@cache
def read_real(path: Path) -> dict[str, list[dict]]:
    """What models really answered, by language: rows of `training.answers`."""
    found: dict[str, list[dict]] = {lang: [] for lang in LANGS}
    with path.open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            if row["question"]["concept"] in by_id(row["lang"]):
                found[row["lang"]].append(row)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--of", choices=ROWS, default="tutor", help="which corpus")
    parser.add_argument("--rows", type=int, help=f"default: {ROWS}")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--real", type=Path, help="what models really answered, for the judge")
    parser.add_argument("--output", type=Path, help="default: build/corpus.jsonl, facts.jsonl …")
    args = parser.parse_args()
    rows = args.rows or ROWS[args.of]
    output = args.output or Path("build") / FILES[args.of]
    head = {"fixed_texts": prompts.fixed_texts()}
    # as `compose`, a part on each core
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        parts = [
            pool.submit(compose_part, f"{args.seed}-{part}", size, False, args.of, args.real)
            for part, size in parts_of(rows)
        ]
        made = itertools.chain.from_iterable(part.result() for part in parts)
        write_rows(output, itertools.chain([head], made))
    print(f"{rows} examples in {output}")


if __name__ == "__main__":
    main()
