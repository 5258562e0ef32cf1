"""What datasets do to a student: the tables of the notebooks, with more seeds.

    python benchmarks/student.py [--lang en zh] [--seeds 5] [--rows 300]

SFT: the novice as it is, on random rows, on rows whose responses are unlike one another, and on
random rows of which a fifth got the response to another question. DPO: SFT on the chosen responses
alone, on the rejected ones alone, and SFT, then DPO on the pairs as the judge made them, or on the
same pairs turned round. Below each table stand the differences to random rows, and to SFT alone.
The last line is JSON.
"""

import argparse
import json
import random

import smolsynth  # noqa: F401  before distilabel

# isort: split
from distilabel.steps import ExpandColumns, GroupColumns
from distilabel.steps.tasks import SelfInstruct, TextGeneration, UltraFeedback

from smolsynth import seeds
from smolsynth.datasets.convert import to_messages, to_preferences
from smolsynth.llms import load_llm
from smolsynth.pipelines import InProcessPipeline, try_step
from smolsynth.quality.report import measure
from smolsynth.selection import NovelInstructions
from smolsynth.student.quiz import quiz
from smolsynth.student.trials import Trials, compare, corrupt

DOCUMENTS = 26  # as in the notebook
ROUNDS = 12  # over the documents, four questions each
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--lang", nargs="+", choices=["en", "zh"], default=["en", "zh"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=300)
    args = parser.parse_args()
    runs = range(args.seeds)
    result = {}
    for lang in args.lang:
        for kind, trials in (
            ("sft", instruction_trials(lang, args.rows, runs)),
            ("dpo", preference_trials(lang, args.rows, runs)),
        ):
            print(f"{kind}, {lang}: {trials}\n", flush=True)
            result[f"{kind}_{lang}"] = {
                trial.name: {"mean": trial.mean, "margin": trial.margin, "seconds": trial.seconds}
                for trial in trials
            } | {
                f"{one.name} - {one.to}": {"mean": one.mean, "interval": one.interval}
                for one in trials.differences()
            }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
