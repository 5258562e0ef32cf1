"""What models really answer, for the judge to learn from: `build/real_answers.jsonl`.

    python -m training.answers [--models tutor novice] [--questions 4000]

asks the bundled models composed questions, at temperature 0 and at 1. One JSON object a line:
`lang`, `question` (as `Question.to_row` gives it) and `answers`, the different ones: `text`,
`model`, `temperature` and `fault`, the gravest by the truth (`training.grading`). Garbage is there
because models write it: composed faults are clean sentences, and a judge that has only met those
takes gibberish for a fact that it happens not to know.
"""

import argparse
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from smolsynth.llms import BundledLLM
from training.grading import grade
from training.seeds import write_rows
from training.world import LANGS
from training.writer import Writer

OUTPUT = Path("build/real_answers.jsonl")
QUESTIONS = 4000  # for each language
TEMPERATURES = (0.0, 1.0)
LONGEST = 128  # tokens


def ask(model: str, texts: list[str], temperature: float, batch: int = 500) -> list[str]:
    """A model's answers, in batches."""
    llm = BundledLLM(
        model=model, generation_kwargs={"max_new_tokens": LONGEST, "temperature": temperature}
    )
    llm.load()
    said: list[str] = []
    for start in range(0, len(texts), batch):
        talks = [[{"role": "user", "content": text}] for text in texts[start : start + batch]]
        outputs = llm.generate(talks, **llm.generation_kwargs)
        said += [(output["generations"][0] or "").strip() for output in outputs]
    return said


def rows(models: list[str], questions: int, seed: int = 0) -> Iterator[dict]:
    """Yields one row a question, with the different answers of all models."""
    for lang in LANGS:
        composer = Writer(lang, random.Random(f"answers {lang} {seed}"))
        asked = {q.text: q for q in (composer.any_question() for _ in range(questions))}
        said = {
            (model, heat): ask(model, list(asked), heat)
            for model in models
            for heat in TEMPERATURES
        }
        for i, q in enumerate(asked.values()):
            answers: dict[str, dict] = {}
            for (model, heat), texts in said.items():
                made = {"text": texts[i], "model": model, "temperature": heat}
                if texts[i] and texts[i] not in answers:
                    answers[texts[i]] = {**made, "fault": grade(texts[i], q, lang)}
            if answers:
                yield {"lang": lang, "question": q.to_row(), "answers": list(answers.values())}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--models", nargs="+", default=["tutor", "novice"], metavar="NAME")
    parser.add_argument("--questions", type=int, default=QUESTIONS, help="for each language")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    made = list(rows(args.models, args.questions, args.seed))
    write_rows(args.output, made)
    for lang in LANGS:
        for model in args.models:
            found = Counter(
                a["fault"]
                for row in made
                for a in row["answers"]
                if row["lang"] == lang and a["model"] == model
            )
            told = ", ".join(f"{fault} {n}" for fault, n in found.most_common())
            print(f"{model} {lang}: {told}")
    print(f"{len(made)} questions in {args.output}")


if __name__ == "__main__":
    main()
