"""Measures the bundled models on what they never saw, through distilabel's own tasks.

    python -m training.evaluate [--models tutor novice] [--cases 200] [--exact] [--card]

prints a table a model and, as the last line, one JSON object: figures by model and language, each a
share of cases between 0 and 1 (rank correlations: -1 to 1), and tokens per second. Phrasings,
unknown names, fault/answer combinations and concept pairs are the held-out ones. Measured is the
int8 model that ships; `--exact` puts the same figures of its unrounded bf16 weights beside them.
The meaning of each figure stands in FIGURES. `--card` writes the models' cards.
"""

import argparse
import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import smolsynth  # noqa: F401  (first: it keeps distilabel's noise away)

# isort: split
from distilabel.steps.tasks import (
    ComplexityScorer,
    EvolInstruct,
    EvolQuality,
    Magpie,
    QualityScorer,
    SelfInstruct,
    UltraFeedback,
)

from smolsynth.llms import MODELS, BundledLLM
from training import corpus, prompts
from training.composer import Composer, Question
from training.grading import (
    ASPECTS,
    complexity,
    facts_in,
    grade,
    in_language,
    rating,
    refuses,
    says,
)
from training.world import LANGS, SLOTS, Concept, load_world

FIGURES = {
    "right_fact": "answer to a held-out phrasing holds the fact that was asked for",
    "asks_on_topic": "'write a question about X' gives one question that names X",
    "self_instruct": "SelfInstruct: as many queries as asked for, all about the context",
    "self_instruct_lines": "SelfInstruct writes nothing but well-formed queries, one a line",
    "self_instruct_number": "SelfInstruct writes exactly as many queries as asked for",
    "self_instruct_on_topic": "a query of SelfInstruct names what its context is about",
    "evol_in_depth": "EvolInstruct in depth: different, on the concept, no elimination applies",
    "evol_in_breadth": "EvolInstruct in breadth: different, on the domain, no elimination applies",
    "magpie_on_topic": "Magpie: a well-formed question in the language, on the prompt's domain",
    "magpie_distinct": "distinct questions among 500 of Magpie at temperature 1",
    "judge_parsed": "UltraFeedback's five templates, 1-4 texts: every rating parsed",
    "judge_order": "overall rating puts two answers in the true order (true ties left out)",
    "judge_order_facts": "the same where they differ in one fact alone",
    "judge_swapped": "the same order after the two answers are swapped",
    "complexity_parsed": "ComplexityScorer: every score parsed",
    "complexity_rank": "ComplexityScorer: rank correlation with the truth",
    "quality_parsed": "QualityScorer: every score parsed",
    "quality_rank": "QualityScorer: rank correlation with the truth",
    "evol_quality": "EvolQuality: true rating not lower, and higher where there was room",
    "critique": "the critique names the planted fault",
    "rewrite": "the rewriting after that critique has no fault",
    "unknown_admitted": "asked about a held-out name outside the world, it says it does not know",
    "known_not_refused": "asked about what it knows, it does not say so",
    "language_kept": "answers in the language of the question",
}
# Evol-Instruct's words of the rewriting prompt that must not show in what it wrote.
LEAKS = ("given prompt", "rewritten prompt", "created prompt", "#")


def is_question(text: str, lang: str) -> bool:
    """One line that ends as a question or a request does, in the right language."""
    ends = ("？", "。", "：") if lang == "zh" else ("?", ".")
    return "\n" not in text and len(text) > 3 and text.endswith(ends) and in_language(text, lang)


def share(results: list[bool]) -> float:
    return round(sum(results) / len(results), 4)


def rank_correlation(pairs: list[tuple[float, float]]) -> float:
    """Spearman's rho with mean ranks for ties; 0 where one side never varies."""

    def mean_ranks(values: list[float]) -> list[float]:
        places: dict[float, list[int]] = {}
        for place, value in enumerate(sorted(values)):
            places.setdefault(value, []).append(place)
        return [sum(places[v]) / len(places[v]) for v in values]

    one, two = (mean_ranks(list(values)) for values in zip(*pairs, strict=True))
    middle = (len(pairs) - 1) / 2
    spread = [sum((r - middle) ** 2 for r in ranks) for ranks in (one, two)]
    if not all(spread):
        return 0.0
    joint = sum((a - middle) * (b - middle) for a, b in zip(one, two, strict=True))
    return round(joint / (spread[0] * spread[1]) ** 0.5, 4)


class Measure:
    """All figures of one model in one language; every method returns figures by name."""

    def __init__(self, model: str, lang: str, cases: int) -> None:
        self.lang, self.cases = lang, cases
        self.rng = random.Random(17)
        self.composer = Composer(lang, self.rng, held_out=True)
        limit = {"max_new_tokens": 192}
        self.cold = BundledLLM(model=model, generation_kwargs={**limit, "temperature": 0})
        self.judge = BundledLLM(
            model=model, generation_kwargs={"max_new_tokens": 320, "temperature": 0}
        )
        self.warm = BundledLLM(model=model, generation_kwargs={**limit, "temperature": 1.0})
        self.magpie = BundledLLM(
            model=model,
            generation_kwargs={**limit, "temperature": 1.0},
            use_magpie_template=True,
        )
        for llm in (self.cold, self.judge, self.warm, self.magpie):
            llm.load()

    # ---- helpers ----
    def complete(self, asked: list[str]) -> list[str]:
        conversations = [[{"role": "user", "content": text}] for text in asked]
        outputs = self.cold.generate(conversations, **self.cold.generation_kwargs)
        return [output["generations"][0] for output in outputs]

    def run(self, kind: type, llm: BundledLLM, rows: list[dict], **options) -> list[dict]:
        """The rows of one distilabel task; rows are copied, as some tasks change their input."""
        task = kind(llm=llm, **options)
        task.load()
        return next(task.process([dict(row) for row in rows]))

    def concepts(self, count: int | None = None) -> list[Concept]:
        """Concepts in a fixed shuffled order, the world over and over."""
        world = list(load_world(self.lang))
        random.Random(5).shuffle(world)
        return [world[i % len(world)] for i in range(count or max(self.cases, len(world)))]

    def on_domain(self, text: str, domain: str) -> bool:
        return any(says(text, c.name) for c in load_world(self.lang) if c.domain == domain)

    # ---- answers ----
    def answers(self) -> dict[str, float]:
        asked = [
            self.composer.question(c, SLOTS[i % len(SLOTS)])
            for i, c in enumerate(self.concepts(2 * len(load_world(self.lang)) + 1))
        ]
        texts = self.complete([q.text for q in asked])
        right = [q.concept.slots[q.slots[0]] in t for q, t in zip(asked, texts, strict=True)]
        strange = [self.composer.unknown_question()[0] for _ in range(self.cases)]
        unknown = self.complete(strange)
        return {
            "right_fact": share(right),
            "known_not_refused": share([not refuses(t, self.lang) for t in texts]),
            "unknown_admitted": share([refuses(t, self.lang) for t in unknown]),
            "language_kept": share([in_language(t, self.lang) for t in texts + unknown]),
        }

    # ---- questions ----
    def asking(self) -> dict[str, float]:
        concepts = self.concepts()
        texts = self.complete([self.composer.fill(self.composer.pick("ask"), c) for c in concepts])
        good = [
            is_question(t, self.lang) and says(t, c.name)
            for c, t in zip(concepts, texts, strict=True)
        ]
        return {"asks_on_topic": share(good)}

    def self_instruct(self) -> dict[str, float]:
        lines, number, on_topic, whole = [], [], [], []
        for wanted in (3, 5):
            concepts = self.concepts(self.cases // 2)
            rows = [{"input": self.composer.paragraph(c)} for c in concepts]
            made = self.run(SelfInstruct, self.warm, rows, num_instructions=wanted)
            for concept, row in zip(concepts, made, strict=True):
                queries = row["instructions"]
                named = [says(query, concept.name) for query in queries]
                lines.append(all(is_question(query, self.lang) for query in queries))
                number.append(len(queries) == wanted)
                on_topic += named
                whole.append(number[-1] and all(named))
        return {
            "self_instruct": share(whole),
            "self_instruct_lines": share(lines),
            "self_instruct_number": share(number),
            "self_instruct_on_topic": share(on_topic),
        }

    def evol_instruct(self) -> dict[str, float]:
        depth, breadth = [], []
        for name, template in prompts.EVOL_INSTRUCT.items():
            wide = name == "BREADTH"
            concepts = self.concepts(self.cases if wide else self.cases // 4 + 1)
            asked = [self.composer.question(c, self.rng.choice(SLOTS)) for c in concepts]
            rows = [{"instruction": q.text} for q in asked]
            made = self.run(
                EvolInstruct,
                self.warm,
                rows,
                num_evolutions=1,
                mutation_templates={name: template},
            )
            texts = [row["evolved_instruction"] for row in made]
            replies = self.complete(texts)
            for q, text, reply in zip(asked, texts, replies, strict=True):
                fine = (
                    is_question(text, self.lang)
                    and text.lower() != q.text.lower()
                    and not any(leak in text.lower() for leak in LEAKS)
                    and not refuses(reply, self.lang)  # the paper: "sorry" in a short response
                )
                if wide:
                    breadth.append(fine and self.on_domain(text, q.concept.domain))
                else:
                    depth.append(fine and says(text, q.concept.name))
        return {"evol_in_depth": share(depth), "evol_in_breadth": share(breadth)}

    def magpie_task(self) -> dict[str, float]:
        concepts = self.concepts(500)
        systems = [self.composer.fill(self.composer.pick("systems"), c) for c in concepts]
        rows = self.run(Magpie, self.magpie, [{"system_prompt": s} for s in systems], n_turns=1)
        good = [
            is_question(row["instruction"], self.lang)
            and in_language(row["response"], self.lang)
            and self.on_domain(row["instruction"], concept.domain)
            for concept, row in zip(concepts, rows, strict=True)
        ]
        distinct = len({row["instruction"] for row in rows}) / len(rows)
        return {"magpie_on_topic": share(good), "magpie_distinct": round(distinct, 4)}

    # ---- judging ----
    def judged(self, concept: Concept) -> Question:
        """A held-out question about a concept, plain or with a constraint."""
        q = self.composer.question(concept, self.rng.choice((*SLOTS, "overview")))
        constrained = q.style is None and self.rng.random() < 0.4
        return self.composer.constrain(q) if constrained else q

    def ratings(self, rows: list[dict], aspect: str) -> list[list[int] | None]:
        """Per row the ratings, or None where one of them could not be parsed."""
        result: list[list[int] | None] = []
        for row in self.run(UltraFeedback, self.judge, rows, aspect=aspect):
            given = row["ratings"]
            whole = len(given) == len(row["generations"]) and None not in given
            result.append(given if whole and all(1 <= r <= 5 for r in given) else None)
        return result

    def pairs(self) -> tuple[list[dict], list[tuple[int, int]], list[bool]]:
        """Rows of two answers with different true ratings, those ratings, and whether the two
        differ in one fact alone."""
        rows, truth, facts = [], [], []
        for number, concept in enumerate(self.concepts(2 * self.cases)):
            while True:
                q = self.judged(concept)
                if number % 3 == 0:
                    made = corpus.contrast(self.composer, q)
                else:
                    made = corpus.candidates(self.composer, q, 2, contrasts=0)
                made = self.rng.sample(made, 2)
                one, two = (rating(fault) for _, fault in made)
                if one != two:
                    break
            rows.append({"instruction": q.text, "generations": [text for text, _ in made]})
            truth.append((one, two))
            facts.append(number % 3 == 0)
        return rows, truth, facts

    def judge_order(self) -> dict[str, float]:
        rows, truth, facts = self.pairs()
        swapped = [{**row, "generations": row["generations"][::-1]} for row in rows]
        there, back = (self.ratings(r, "overall-rating") for r in (rows, swapped))

        def order(pair: list[int] | tuple[int, int] | None) -> int | None:
            return None if pair is None else (pair[0] > pair[1]) - (pair[0] < pair[1])

        right = [order(g) == order(t) for g, t in zip(there, truth, strict=True)]
        same = [
            a is not None and b is not None and order(a) == order(b[::-1])
            for a, b in zip(there, back, strict=True)
        ]
        return {
            "judge_order": share(right),
            "judge_order_facts": share([r for r, f in zip(right, facts, strict=True) if f]),
            "judge_swapped": share(same),
        }

    def judge_parsed(self) -> dict[str, float]:
        parsed = []
        for aspect in ASPECTS:
            rows = []
            for i, concept in enumerate(self.concepts(self.cases // len(ASPECTS) + 1)):
                q = self.judged(concept)
                made = corpus.candidates(self.composer, q, i % 4 + 1)
                rows.append({"instruction": q.text, "generations": [text for text, _ in made]})
            parsed += [given is not None for given in self.ratings(rows, aspect)]
        return {"judge_parsed": share(parsed)}

    def faults_seen(self) -> dict[str, float]:
        """Share of single answers whose overall rating is exactly the true one, by fault."""
        rows, faults = [], []
        for concept in self.concepts():
            q = self.judged(concept)
            for fault in ["none", "wrong_fact", *self.composer.possible_faults(q)]:
                text = self.composer.flawed(q, fault)
                rows.append({"instruction": q.text, "generations": [text]})
                faults.append(grade(text, q, self.lang))
        given = self.ratings(rows, "overall-rating")
        hit, seen = Counter(), Counter(faults)
        for fault, ratings in zip(faults, given, strict=True):
            hit[fault] += ratings is not None and ratings[0] == rating(fault)
        return {fault: round(hit[fault] / seen[fault], 3) for fault in sorted(seen)}

    def scorers(self) -> dict[str, float]:
        figures = {}
        count = 4
        asked = [
            [self.composer.any_question(concept) for _ in range(count)]
            for concept in self.concepts(self.cases)
        ]
        rows = [{"instructions": [q.text for q in group]} for group in asked]
        truth = [[complexity(q) for q in group] for group in asked]
        made = self.run(ComplexityScorer, self.judge, rows)
        figures |= self.score_figures("complexity", [row["scores"] for row in made], truth)

        rows, truth = [], []
        for concept in self.concepts(self.cases):
            q = self.judged(concept)
            group = corpus.candidates(self.composer, q, count)
            rows.append({"instruction": q.text, "responses": [text for text, _ in group]})
            truth.append([rating(fault) for _, fault in group])
        made = self.run(QualityScorer, self.judge, rows)
        return figures | self.score_figures("quality", [row["scores"] for row in made], truth)

    @staticmethod
    def score_figures(
        name: str, scores: list[list[int | None]], truth: list[list[int]]
    ) -> dict[str, float]:
        """Share of rows parsed whole; mean rank correlation within the rows that have an order."""
        parsed = [
            len(s) == len(t) and None not in s for s, t in zip(scores, truth, strict=True)
        ]
        rhos = [
            rank_correlation(list(zip(s, t, strict=True)))
            for s, t, ok in zip(scores, truth, parsed, strict=True)
            if ok and len(set(t)) > 1
        ]
        mean = round(sum(rhos) / len(rhos), 4) if rhos else 0.0
        return {f"{name}_parsed": share(parsed), f"{name}_rank": mean}

    # ---- mending ----
    def faulty(self) -> list[tuple[Question, str, str]]:
        """(question, answer, its fault): every third answer has a wrong fact."""
        result = []
        for number, concept in enumerate(self.concepts()):
            q = self.judged(concept)
            possible = self.composer.possible_faults(q)
            fault = "wrong_fact" if number % 3 == 0 else self.rng.choice(possible)
            text = self.composer.flawed(q, fault)
            result.append((q, text, grade(text, q, self.lang)))
        return result

    def evol_quality(self) -> dict[str, float]:
        results = []
        cases = self.faulty()
        for name, group in zip(
            prompts.EVOL_QUALITY,
            [cases[i :: len(prompts.EVOL_QUALITY)] for i in range(len(prompts.EVOL_QUALITY))],
            strict=True,
        ):
            rows = [{"instruction": q.text, "response": text} for q, text, _ in group]
            made = self.run(
                EvolQuality,
                self.cold,
                rows,
                num_evolutions=1,
                mutation_templates={name: prompts.EVOL_QUALITY[name]},
            )
            for (q, _, fault), row in zip(group, made, strict=True):
                before = rating(fault)
                after = rating(grade(row["evolved_response"], q, self.lang))
                results.append(after > before or (before == after == 5))
        return {"evol_quality": share(results)}

    def critiques(self) -> dict[str, float]:
        cases = [case for case in self.faulty() if case[2] != "none"]
        ask, mend = self.composer.phrases["critique"]["ask"], self.composer.phrases["rewrite"]
        said = self.complete(
            [self.rng.choice(ask).format(q=q.text, a=text) for q, text, _ in cases]
        )
        named = [
            self.names_fault(text, q, fault)
            for text, (q, _, fault) in zip(said, cases, strict=True)
        ]
        better = self.complete(
            [
                self.rng.choice(mend).format(q=q.text, a=text, k=critique)
                for (q, text, _), critique in zip(cases, said, strict=True)
            ]
        )
        mended = [
            grade(text, q, self.lang) == "none"
            for text, (q, _, _) in zip(better, cases, strict=True)
        ]
        return {"critique": share(named), "rewrite": share(mended)}

    def names_fault(self, critique: str, q: Question, fault: str) -> bool:
        """Whether a critique says what is wrong; of a wrong fact, also what is right."""
        kind = "wrong_fact" if fault == "all_wrong" else fault
        heads = [frame.split("{")[0].strip() for frame in self.composer.phrases["critique"][kind]]
        frames = [h for h in heads if h] or [self.composer.fill("{x}", q.concept)]
        named = any(frame in critique for frame in frames)
        if kind not in ("wrong_fact", "incomplete"):
            return named
        return named and any(c == q.concept.id for c, _ in facts_in(critique, self.lang))

    def all(self) -> dict[str, float]:
        parts: list[Callable[[], dict[str, float]]] = [
            self.answers,
            self.asking,
            self.self_instruct,
            self.evol_instruct,
            self.magpie_task,
            self.judge_parsed,
            self.judge_order,
            self.scorers,
            self.evol_quality,
            self.critiques,
        ]
        figures = {name: value for part in parts for name, value in part().items()}
        return {name: figures[name] for name in FIGURES}
