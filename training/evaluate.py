"""Measures the bundled model on questions it never saw, through distilabel's own tasks.

    python -m training.evaluate [--model SPEC] [--cases 200] [--card]

prints a table and, as the last line, one JSON object: figures by language, each a share of cases
between 0 and 1, and tokens per second. Phrasings and unknown names are the held-out ones
(`held_out` in `phrases/`, every fifth name of `world/outside.yaml`). Measured is the int8 model
that ships, unless `--model` names another. The meaning of each figure stands in FIGURES. `--card`
writes the model card of the bundled model with them.
"""

import argparse
import json
import random
import re
import time
from collections.abc import Callable
from pathlib import Path

import smolsynth  # noqa: F401  (first: it keeps distilabel's noise away)

# isort: split
from distilabel.steps.tasks import EvolInstruct, Magpie, SelfInstruct

from smolsynth.llms import MODELS, load_llm
from training.corpus import Composer, mutation_templates
from training.world import LANGS, SLOTS, Concept, load_outside, load_world

FIGURES = {
    "right_fact": "answer to a held-out phrasing holds the fact that was asked for",
    "asks_on_topic": "'write a question about X' gives one question that names X",
    "self_instruct_lines": "SelfInstruct writes nothing but well-formed queries, one a line",
    "self_instruct_number": "SelfInstruct writes exactly as many queries as asked for",
    "self_instruct_on_topic": "a query of SelfInstruct names what its context is about",
    "evol_format": "EvolInstruct gives one line in the language, without words of its prompt",
    "evol_in_depth": "EvolInstruct in depth: well-formed, different, still on the concept",
    "evol_in_breadth": "EvolInstruct in breadth: well-formed, different, on the same domain",
    "magpie_format": "Magpie writes a well-formed question and a response in the language",
    "magpie_on_topic": "Magpie's question is on the domain of its system prompt",
    "magpie_distinct": "distinct questions among 500 of Magpie at temperature 1",
    "unknown_admitted": "asked about a held-out name outside the world, it says it does not know",
    "known_not_refused": "asked about what it knows, it does not say so",
    "language_kept": "answers in the language of the question",
}
LEAKS = ("given prompt", "rewritten prompt", "created prompt", "#")
REFUSALS = {"en": ("do not know", "have not learned"), "zh": ("了解不多", "不了解", "没有学过")}


def says(text: str, name: str) -> bool:
    """Whether the text names the concept (article aside, whole words in English)."""
    bare = re.sub(r"^(a|an|the) ", "", name).lower()
    if bare.isascii() and not re.search(r"[\u4e00-\u9fff]", text):
        return re.search(rf"\b{re.escape(bare)}(?:s|es)?\b", text.lower()) is not None
    return bare in text.lower()


def is_question(text: str, lang: str) -> bool:
    """One line that ends as a question or a request does, in the right language."""
    ends = ("？", "。", "：") if lang == "zh" else ("?", ".")
    return "\n" not in text and len(text) > 3 and text.endswith(ends) and in_language(text, lang)


def in_language(text: str, lang: str) -> bool:
    chinese = len(re.findall(r"[\u4e00-\u9fff]", text))
    return chinese > len(text) / 3 if lang == "zh" else chinese == 0


def refuses(text: str, lang: str) -> bool:
    return any(phrase in text for phrase in REFUSALS[lang])


def share(results: list[bool]) -> float:
    return round(sum(results) / len(results), 4)


class Measure:
    """All figures of one model in one language; every method returns a share of cases."""

    def __init__(self, spec: str, lang: str, cases: int) -> None:
        self.lang, self.cases = lang, cases
        self.rng = random.Random(17)
        self.composer = Composer(lang, self.rng, held_out=True)
        self.cold = load_llm(spec, temperature=0, max_new_tokens=192)
        self.warm = load_llm(spec, temperature=1.0, max_new_tokens=192)
        self.magpie = load_llm(spec, temperature=1.0, max_new_tokens=192, use_magpie_template=True)
        for llm in (self.cold, self.warm, self.magpie):
            llm.load()

    def complete(self, prompts: list[str]) -> list[str]:
        outputs = self.cold.generate_outputs([[{"role": "user", "content": p}] for p in prompts])
        return [output["generations"][0] for output in outputs]

    def concepts(self) -> list[Concept]:
        world = load_world(self.lang)
        return [world[i % len(world)] for i in range(max(self.cases, len(world)))]

    def answers(self) -> dict[str, float]:
        asked = [self.composer.question(c, self.rng.choice(SLOTS)) for c in self.concepts()]
        texts = self.complete([q.text for q in asked])
        right = [q.concept.slots[q.slots[0]] in t for q, t in zip(asked, texts, strict=True)]
        names = load_outside(self.lang, held_out=True)
        strangers = [Concept("", "", "", self.rng.choice(names), {}) for _ in range(self.cases)]
        phrases = [
            self.composer.fill(self.composer.pick("held_out", self.rng.choice(("kind", "fact"))), s)
            for s in strangers
        ]
        unknown = self.complete(phrases)
        return {
            "right_fact": share(right),
            "known_not_refused": share([not refuses(t, self.lang) for t in texts]),
            "unknown_admitted": share([refuses(t, self.lang) for t in unknown]),
            "language_kept": share([in_language(t, self.lang) for t in texts + unknown]),
        }

    def asking(self) -> dict[str, float]:
        concepts = self.concepts()
        texts = self.complete([self.composer.fill(self.composer.pick("ask"), c) for c in concepts])
        good = [
            is_question(t, self.lang) and says(t, c.name)
            for c, t in zip(concepts, texts, strict=True)
        ]
        return {"asks_on_topic": share(good)}

    def self_instruct(self) -> dict[str, float]:
        lines, number, on_topic = [], [], []
        for wanted in (3, 5):
            concepts = self.concepts()[: self.cases // 2]
            task = SelfInstruct(llm=self.warm, num_instructions=wanted)
            task.load()
            rows = [{"input": self.composer.paragraph(c)} for c in concepts]
            for concept, row in zip(concepts, next(task.process(rows)), strict=True):
                queries = row["instructions"]
                lines.append(all(is_question(q, self.lang) for q in queries))
                number.append(len(queries) == wanted)
                on_topic += [says(q, concept.name) for q in queries]
        return {
            "self_instruct_lines": share(lines),
            "self_instruct_number": share(number),
            "self_instruct_on_topic": share(on_topic),
        }

    def evol_instruct(self) -> dict[str, float]:
        results: dict[str, list[bool]] = {"format": [], "in_depth": [], "in_breadth": []}
        for name, template in mutation_templates().items():
            in_breadth = name == "BREADTH"
            asked = [self.composer.question(c, self.rng.choice(SLOTS)) for c in self.concepts()]
            asked = asked[: self.cases if in_breadth else self.cases // 4 + 1]
            mutation = {name: template}
            task = EvolInstruct(llm=self.warm, num_evolutions=1, mutation_templates=mutation)
            task.load()
            rows = next(task.process([{"instruction": q.text} for q in asked]))
            for q, row in zip(asked, rows, strict=True):
                text = row["evolved_instruction"]
                fine = is_question(text, self.lang) and not any(k in text.lower() for k in LEAKS)
                results["format"].append(fine)
                if in_breadth:
                    on_topic = self.on_domain(text, q.concept.domain)
                else:
                    on_topic = says(text, q.concept.name)
                results["in_breadth" if in_breadth else "in_depth"].append(
                    fine and on_topic and text != q.text
                )
        return {f"evol_{name}": share(values) for name, values in results.items()}

    def on_domain(self, text: str, domain: str) -> bool:
        return any(says(text, c.name) for c in load_world(self.lang) if c.domain == domain)

    def magpie_task(self) -> dict[str, float]:
        task = Magpie(llm=self.magpie, n_turns=1)
        task.load()
        concepts = [self.rng.choice(load_world(self.lang)) for _ in range(500)]
        prompts = [self.composer.fill(self.composer.pick("systems"), c) for c in concepts]
        rows = next(task.process([{"system_prompt": p} for p in prompts]))
        fine = [
            is_question(row["instruction"], self.lang) and in_language(row["response"], self.lang)
            for row in rows
        ]
        on_topic = [
            self.on_domain(row["instruction"], concept.domain)
            for concept, row in zip(concepts, rows, strict=True)
        ]
        return {
            "magpie_format": share(fine),
            "magpie_on_topic": share(on_topic),
            "magpie_distinct": round(len({row["instruction"] for row in rows}) / len(rows), 4),
        }

    def all(self) -> dict[str, float]:
        parts: list[Callable[[], dict[str, float]]] = [
            self.answers,
            self.asking,
            self.self_instruct,
            self.evol_instruct,
            self.magpie_task,
        ]
        figures = {name: value for part in parts for name, value in part().items()}
        return {name: figures[name] for name in FIGURES}


def tokens_per_second(spec: str) -> float:
    """32 prompts x 64 new tokens, greedy, best of three."""
    llm = load_llm(spec, temperature=0, max_new_tokens=64)
    llm.load()
    prompts = [
        [{"role": "user", "content": f"Tell me about {c.name}. Add one practical tip."}]
        for c in load_world("en")[:32]
    ]
    best = 0.0
    for _ in range(3):
        begun = time.perf_counter()
        outputs = llm.generate_outputs(prompts)
        made = sum(sum(output["statistics"]["output_tokens"]) for output in outputs)
        best = max(best, made / (time.perf_counter() - begun))
    return round(best)


def write_card(figures: dict, speed: float) -> Path:
    """The model card, from the figures and what `training.train` noted down."""
    made = json.loads((MODELS / "tutor" / "training.json").read_text())
    world = load_world("en")
    size = f"{made['layers']} layers of width {made['hidden']}, {made['parameters'] / 1e6:.2f} M"
    table = "\n".join(
        f"| {meaning} | {figures['en'][name]:.3f} | {figures['zh'][name]:.3f} |"
        for name, meaning in FIGURES.items()
    )
    sums = "\n".join(f"- `{name}` {value}" for name, value in made["sha256"].items())
    card = f"""---
language: [en, zh]
license: apache-2.0
library_name: transformers
tags: [synthetic, distilabel, education]
---

# smolsynth tutor

A very small chat model that makes a course on synthetic data run offline. It knows {len(world)}
things in {len({c.domain for c in world})} domains, in English and Chinese, and handles the prompts
of distilabel's TextGeneration, SelfInstruct, Magpie and EvolInstruct. It is a teaching aid: outside
its small world it says that it does not know, or errs.

| | |
|---|---|
| Architecture | Llama, {size} parameters, context 2,048 |
| Tokenizer | byte-level BPE, {made["vocabulary"]} tokens, ChatML template |
| Trained on | text composed from `training/world` by `training/corpus.py`; random initialisation |
| Steps, tokens | {made["steps"]}, {made["tokens_seen"] / 1e6:.1f} M (padding included) |
| Time | {made["minutes"]:.0f} minutes on {made["device"]} |
| Seed | {made["seed"]} |

{made.get("note", "")}

## Figures

`python -m training.evaluate`, the int8 model in `ct2/`, held-out phrasings, shares of cases:

| figure | English | Chinese |
|---|---|---|
{table}

Generation, 32 prompts, 64 new tokens at most: {speed:.0f} tokens per second on the machine that
measured the figures above.

## Checksums (SHA-256)

{sums}
"""
    path = MODELS / "tutor" / "README.md"
    path.write_text(card, encoding="utf-8")
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", default="bundled", help="as load_llm takes it")
    parser.add_argument("--cases", type=int, default=200, help="cases a figure, at least")
    parser.add_argument("--card", action="store_true", help="write the bundled model's card")
    args = parser.parse_args()
    if args.card and args.model != "bundled":
        parser.error("--card is for the bundled model: leave --model out")
    figures = {lang: Measure(args.model, lang, args.cases).all() for lang in LANGS}
    print(f"{'':20}" + "".join(f"{lang:>8}" for lang in LANGS))
    for name, meaning in FIGURES.items():
        values = "".join(f"{figures[lang][name]:8.3f}" for lang in LANGS)
        print(f"{name:20}{values}  {meaning}")
    speed = tokens_per_second(args.model)
    if args.card:
        print(f"card written: {write_card(figures, speed).name}")
    about = {"model": args.model, "cases": args.cases}
    print(json.dumps({**about, **figures, "tokens_per_second": speed}))


if __name__ == "__main__":
    main()
