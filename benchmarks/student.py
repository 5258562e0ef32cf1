"""What datasets do to a student: the tables of the notebooks, with more seeds.

    python benchmarks/student.py [sft dpo] [--lang en zh] [--seeds 5] [--rows 300]
    python benchmarks/student.py verified

SFT: the novice as it is, on random rows, on rows whose responses are unlike one another, and on
random rows of which a fifth got the response to another question. DPO: SFT on the chosen responses
alone, on the rejected ones alone, and SFT, then DPO on the pairs as the judge made them, or on the
same pairs turned round. Below each table stand the differences to random rows, and to SFT alone.

Verified: the solver's smaller sister samples eight answers to each of 600 problems and learns from
its own: from any of them, from those that a program finds right, from these in equal parts by
difficulty, and then from the right ones of a second round that the student of the first has
written, or from the first round's once more. As many rows each, one of a problem, chosen alike but
for the verdict. DPO: right over wrong answers, sound and finished, of like length, against as many
pairs in which a judge, the tutor, prefers one, and against SFT on their chosen side. Asked are 300
problems, four samples each: numbers that were never seen, and stories. The last line is JSON.
"""

import argparse
import json
import random
from collections import defaultdict
from collections.abc import Iterator
from functools import partial

import smolsynth  # noqa: F401  before distilabel

# isort: split
from distilabel.steps import ExpandColumns, GroupColumns
from distilabel.steps.tasks import SelfInstruct, TextGeneration, UltraFeedback

from smolsynth import seeds
from smolsynth.datasets.convert import to_messages, to_preferences
from smolsynth.llms import load_llm
from smolsynth.llms.thinking import join_thoughts
from smolsynth.pipelines import InProcessPipeline, try_step
from smolsynth.quality.report import measure
from smolsynth.selection import NovelInstructions
from smolsynth.student.base import Student
from smolsynth.student.quiz import quiz
from smolsynth.student.train import Recipe, train
from smolsynth.student.trials import Trials, compare, corrupt
from smolsynth.tasks import Judge
from smolsynth.verify.arithmetic import check_arithmetic
from smolsynth.verify.passing import select_verified, verified_pairs
from smolsynth.verify.steps import Verify

DOCUMENTS = 26  # as in the notebook
ROUNDS = 12  # over the documents, four questions each
BASE = "bundled:solver_base"  # samples, and learns from its samples
GENTLE = Recipe(epochs=3, rate=2e-4, beta=1.0, sft=5.0)  # it can do much of it already
SAMPLES = 8  # answers to a problem
RULES_KEPT = ("empty", "in_evaluation", "wrong_language", "loop", "cut_off")


def instruction_trials(lang: str, rows: int, runs: range) -> Trials:
    documents = seeds.documents(lang, n=DOCUMENTS)
    questions = quiz(lang, [row["concept"] for row in documents])
    with InProcessPipeline(name="self-instruct") as pipeline:
        ask = SelfInstruct(
            llm=load_llm(temperature=0.7),
            num_instructions=4,
            input_mappings={"input": "document"},
        )
        answer = TextGeneration(
            llm=load_llm(temperature=0), output_mappings={"generation": "response"}
        )
        ask >> ExpandColumns(columns={"instructions": "instruction"}) >> answer
    pool = pipeline.run(dataset=documents * ROUNDS)["default"]["train"]
    held_out = [row["instruction"] for row in questions]
    report = measure(pool, lang, evaluation=held_out)
    pool = list(pool.select(report.good_rows(*RULES_KEPT)))
    novel = try_step(NovelInstructions(name="novel", column="response"), pool)
    size = min(rows, len(novel))

    def draw(rows: list[dict], seed: int) -> list[dict]:
        return random.Random(seed).sample(rows, size)

    return compare(
        {
            "no training": None,
            f"{size} random rows": lambda seed: to_messages(draw(pool, seed)),
            f"{size} selected rows": lambda seed: to_messages(draw(novel, seed)),
            "a fifth corrupted": lambda seed: to_messages(corrupt(draw(pool, seed), 0.2, seed)),
        },
        questions,
        seeds=runs,
        baseline=f"{size} random rows",
    )


def preference_trials(lang: str, rows: int, runs: range) -> Trials:
    """Pairs about the same few documents, so that a quiz about these can tell the difference."""
    documents = seeds.documents(lang, n=24)
    with InProcessPipeline(name="pairs") as pipeline:
        ask = SelfInstruct(
            llm=load_llm(temperature=0.7),
            num_instructions=4,
            input_mappings={"input": "document"},
        )
        expand = ExpandColumns(columns={"instructions": "instruction"})
        tutor = TextGeneration(llm=load_llm(temperature=0))
        novice = TextGeneration(llm=load_llm("bundled:novice", temperature=0.7))
        group = GroupColumns(columns=["generation"], output_columns=["generations"])
        judge = UltraFeedback(
            llm=load_llm(temperature=0, max_new_tokens=512), aspect="overall-rating"
        )
        ask >> expand >> [tutor, novice] >> group >> judge
    judged = pipeline.run(dataset=documents * ROUNDS)["default"]["train"]
    pairs = {}
    for row in judged:
        ratings = row["ratings"] or []
        if len(ratings) == 2 and None not in ratings and ratings[0] != ratings[1]:
            best = ratings.index(max(ratings))
            pairs[row["instruction"]] = {
                "instruction": row["instruction"],
                "chosen": row["generations"][best],
                "rejected": row["generations"][1 - best],
            }
    drawn = random.Random(0).sample(sorted(pairs), min(rows, len(pairs)))
    pairs = [pairs[instruction] for instruction in drawn]
    turned = [{**row, "chosen": row["rejected"], "rejected": row["chosen"]} for row in pairs]
    sft = to_messages(pairs, response="chosen")
    return compare(
        {
            "no training": None,
            "SFT alone": sft,
            "SFT on the rejected": to_messages(pairs, response="rejected"),
            "SFT, then DPO": (sft, to_preferences(pairs)),
            "SFT, then DPO turned round": (sft, to_preferences(turned)),
        },
        quiz(lang, [row["concept"] for row in documents]),
        seeds=runs,
        baseline="SFT alone",
    )


def sampled(lang: str, model: str | Student, seed: int) -> list[dict]:
    """Eight answers to each problem, thoughts included, a row each, with the verdict."""
    options = {"temperature": 1.0, "max_new_tokens": 200, "thinking": "keep"}
    with InProcessPipeline(name="samples", seed=seed) as pipeline:
        solve = TextGeneration(
            name="solve", llm=solver_of(model, seed, **options), num_generations=SAMPLES
        )
        solve >> Verify(verifier="number", response="generation")
    made = pipeline.run(dataset=seeds.problems(lang))["default"]["train"]
    return [
        {**row, "response": join_thoughts(row["llm_solve_thoughts"], row["generation"])}
        for row in made
    ]


def solver_of(model: str | Student, seed: int, **options):
    if isinstance(model, Student):
        return model.llm(seed=seed, **options)
    return load_llm(model, seed=seed, **options)


def balanced(rows: list[dict], size: int, seed: int) -> list[dict]:
    """So many rows, in equal parts by difficulty as far as there are any."""
    parts = defaultdict(list)
    for row in random.Random(seed).sample(rows, len(rows)):
        parts[row["difficulty"]].append(row)
    drawn: list[dict] = []
    while len(drawn) < size and any(parts.values()):
        drawn += [part.pop() for part in parts.values() if part]
    return drawn[:size]


def verified_trials(lang: str, rows: int, runs: range) -> Iterator[tuple[str, Trials]]:
    first = sampled(lang, BASE, 0)
    right = select_verified(first, most=1)
    size = min(rows, len(right))
    finished = [row for row in first if row["generation"] and row["response"].strip()]
    unread = [{**row, "verified": True} for row in finished]
    unread = select_verified(unread, most=1, keep_always=True)  # as `right`, but for the verdict

    def draw(rows: list[dict]):
        return lambda seed: to_messages(random.Random(seed).sample(rows, min(size, len(rows))))

    student = train(
        to_messages(random.Random(0).sample(right, size)), BASE, recipe=GENTLE, progress=False
    )
    again = select_verified(sampled(lang, student, 1), most=1, keep_always=True)
    exam = seeds.problems(lang, split="numbers") + seeds.problems(lang, split="stories")
    examined = partial(
        compare, questions=exam, base=BASE, recipe=GENTLE, samples=4, seeds=runs, lang=lang
    )
    ways = {
        "no training": None,
        "unverified": draw(unread),
        "verified": draw(right),
        "verified, balanced": lambda seed: to_messages(balanced(right, size, seed)),
        "verified, twice as long": (draw(right), draw(right)),
        "two rounds": (draw(right), draw(again)),
    }
    yield "verified", examined(ways, baseline="unverified")

    sound = [row for row in finished if all(s.true for s in check_arithmetic(row["response"]))]
    wrong = [row for row in finished if row["verdict"] == "wrong"]
    pairs = verified_pairs([*(row for row in sound if row["verified"]), *wrong])
    judged = judged_pairs(finished, len(pairs))
    size = min(rows, len(pairs), len(judged))
    by_program, by_judge = pairs[:size], judged[:size]
    ways = {
        "no training": None,
        "SFT on the right ones": to_messages(by_program, response="chosen"),
        "DPO, a program's pairs": to_preferences(by_program),
        "DPO, a judge's pairs": to_preferences(by_judge),
    }
    yield "verified dpo", examined(ways, baseline="SFT on the right ones")


def judged_pairs(rows: list[dict], most: int) -> list[dict]:
    """Pairs of two answers to a problem, of which the tutor rates one higher.

    It reads them in one line, without the marks of thoughts: of texts in lines it makes several.
    """
    groups = defaultdict(list)
    for row in rows:
        groups[row["instruction"]].append(row["response"])
    asked = [
        {"instruction": problem, "texts": texts[:2], "generations": [*map(in_line, texts[:2])]}
        for problem, texts in groups.items()
        if len(set(texts[:2])) == 2
    ]
    judge = Judge(llm=load_llm(temperature=0, max_new_tokens=512), aspect="overall-rating")
    pairs = []
    for row in try_step(judge, asked):
        ratings = row["ratings"] or []
        if len(ratings) == 2 and None not in ratings and ratings[0] != ratings[1]:
            best = ratings.index(max(ratings))
            texts = {
                "chosen": row["texts"][best],
                "rejected": row["texts"][1 - best],
            }
            pairs.append({"instruction": row["instruction"], **texts})
    return pairs[:most]


def in_line(text: str) -> str:
    return " ".join(text.replace("<think>", "").replace("</think>", "").split())


def as_json(trials: Trials) -> dict:
    return {
        trial.name: {"mean": trial.mean, "margin": trial.margin, "seconds": trial.seconds}
        for trial in trials
    } | {
        f"{one.name} - {one.to}": {"mean": one.mean, "interval": one.interval}
        for one in trials.differences()
    }


TABLES = {"sft": instruction_trials, "dpo": preference_trials, "verified": verified_trials}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=f"of {', '.join(TABLES)}")
    parser.add_argument("--lang", nargs="+", choices=["en", "zh"], default=["en", "zh"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=300)
    args = parser.parse_args()
    if unknown := sorted({*args.tables} - {*TABLES}):
        parser.error(f"there is no table {unknown[0]!r}; there are {', '.join(TABLES)}.")
    runs = range(args.seeds)
    result = {}
    for lang in args.lang:
        for name in args.tables or ("sft", "dpo"):
            made = TABLES[name](lang, args.rows, runs)
            for kind, trials in [(name, made)] if isinstance(made, Trials) else made:
                print(f"{kind}, {lang}: {trials}\n", flush=True)
                result[f"{kind}_{lang}"] = as_json(trials)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
