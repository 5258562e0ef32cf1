"""Measures the bundled models on what they never saw, through distilabel's own tasks.

    python -m training.evaluate [--models tutor novice] [--cases 200] [--exact] [--card]

prints a table a model and, as the last line, one JSON object: figures by model and language, each a
share of cases between 0 and 1 (rank correlations: -1 to 1), and tokens per second. Phrasings,
unknown names, fault/answer combinations and concept pairs are the held-out ones. Measured is the
int8 model that ships; `--exact` puts the same figures of its unrounded bf16 weights beside them.
The meaning of each figure stands in FIGURES. Where a model writes questions it samples at 0.7, the
temperature that `load_llm` gives it; else it takes the most probable token. `--card` writes the
models' cards.
"""

import argparse
import itertools
import json
import os
import random
import re
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
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
from smolsynth.llms.convert import convert
from training import corpus, prompts
from training.composer import Composer, Question
from training.grading import (
    ASPECTS,
    RATINGS,
    complexity,
    facts_in,
    grade,
    in_language,
    rating,
    refuses,
    says,
    stray_sentences,
)
from training.world import LANGS, SLOTS, Concept, load_world

FIGURES = {
    "right_fact": "answer to a held-out phrasing holds the fact that was asked for",
    "compares": "a comparison of a held-out pair of concepts says what both are, nothing untrue",
    "asks_on_topic": "'write a question about X' gives one question that names X",
    "self_instruct": "SelfInstruct: as many distinct queries as asked for, all about the context",
    "self_instruct_lines": "SelfInstruct writes nothing but well-formed queries, one a line",
    "self_instruct_number": "SelfInstruct writes exactly as many queries as asked for",
    "self_instruct_on_topic": "a query of SelfInstruct names what its context is about",
    "evol_in_depth": "EvolInstruct in depth: different, on the concept, no elimination applies",
    "evol_in_breadth": "EvolInstruct in breadth: different, on the domain, no elimination applies",
    "magpie_on_topic": "Magpie: a well-formed question in the language, on the prompt's domain",
    "magpie_distinct": "distinct questions among 500 of Magpie at temperature 1",
    "judge_parsed": "UltraFeedback, 1-4 texts: every rating parsed (lowest of the five templates)",
    "judge_order": "overall rating puts two answers in the true order (true ties left out)",
    "judge_order_facts": "the same where they differ in one fact alone",
    "judge_swapped": "the same verdict after the two answers are swapped (a tie is one, too)",
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
# Words of the rewriting prompt, and words that add nothing: of Evol-Instruct's eliminations.
PROMPT_WORDS = ("given prompt", "rewritten prompt", "created prompt", "#")
STOP_WORDS = set("a an and are do does how in is it of on or the to what why with you".split())


OTHER_FAULTS = tuple(f for f in RATINGS if f not in ("none", "wrong_fact", "all_wrong"))


def is_question(text: str, lang: str) -> bool:
    """One line that asks or requests something, in the right language."""
    one_line = "\n" not in text and len(text) > 3 and in_language(text, lang)
    if not one_line or not text.endswith(("？", "。") if lang == "zh" else ("?", ".")):
        return False
    # a statement of facts is no request; "Explain why … is the right choice to …" is
    asks = "?" in text or "？" in text or text.startswith("Explain")
    return asks or not facts_in(text, lang)


def words(text: str) -> set[str]:
    """Words in English, single characters in Chinese."""
    return set(re.findall(r"[a-z0-9']+|[\u4e00-\u9fff]", text.lower()))


def eliminated(before: str, after: str, reply: str, lang: str) -> bool:
    """Whether one of Evol-Instruct's four eliminations drops the evolved instruction."""
    nothing_gained = not words(after) - words(before) - STOP_WORDS
    begs_off = refuses(reply, lang) or "sorry" in reply.lower()
    only_stop_words = not words(reply) - STOP_WORDS
    leaks = any(word in after.lower() for word in PROMPT_WORDS)
    return nothing_gained or begs_off or only_stop_words or leaks


def share(results: list[bool]) -> float:
    return round(sum(results) / len(results), 4)


def rank_correlation(pairs: list[tuple[float, float]]) -> float:
    """Spearman's rho with mean ranks for ties; 0 where one side never varies.

    >>> rank_correlation([(1, 10), (2, 20), (3, 30)])
    1.0
    """
    from scipy.stats import spearmanr

    one, two = zip(*pairs, strict=True)
    if len(set(one)) == 1 or len(set(two)) == 1:
        return 0.0
    return round(float(spearmanr(one, two).statistic), 4)


class Measure:
    """All figures of one model in one language; every method returns figures by name."""

    def __init__(self, model: str, lang: str, cases: int, aspects: Sequence[str] = ASPECTS) -> None:
        self.lang, self.cases, self.aspects = lang, cases, aspects
        # a folder outside the package holds unrounded weights, see `exact_copy`
        compute = "float32" if Path(model).is_absolute() else "int8"
        self.rng = random.Random(17)
        self.composer = Composer(lang, self.rng, held_out=True)
        self.order = itertools.cycle(self.rng.sample(load_world(lang), len(load_world(lang))))

        def llm(temperature: float, length: int = 192, magpie: bool = False) -> BundledLLM:
            made = BundledLLM(
                model=model,
                compute_type=compute,
                generation_kwargs={"max_new_tokens": length, "temperature": temperature},
                use_magpie_template=magpie,
            )
            made.load()
            return made

        self.cold, self.warm, self.judge = llm(0), llm(0.7), llm(0, 448)  # 0.7: the default
        self.magpie, self.hot_magpie = llm(0.7, magpie=True), llm(1.0, magpie=True)

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
        """The next concepts of a fixed shuffled order, which goes round and round."""
        return list(itertools.islice(self.order, count or self.cases))

    def on_domain(self, text: str, domain: str) -> bool:
        return any(says(text, c.name) for c in load_world(self.lang) if c.domain == domain)

    # ---- answers ----
    def answers(self) -> dict[str, float]:
        asked = [
            self.composer.question(c, SLOTS[i % len(SLOTS)])
            for i, c in enumerate(self.concepts(2 * self.cases))
        ]
        texts = self.complete([q.text for q in asked])
        right = [q.concept.slots[q.slots[0]] in t for q, t in zip(asked, texts, strict=True)]
        strange: set[str] = set()
        while len(strange) < self.cases:
            strange.add(self.composer.unknown_question()[0])
        unknown = self.complete(sorted(strange))
        return {
            "right_fact": share(right),
            "known_not_refused": share([not refuses(t, self.lang) for t in texts]),
            "unknown_admitted": share([refuses(t, self.lang) for t in unknown]),
            "language_kept": share([in_language(t, self.lang) for t in texts + unknown]),
        }

    def compares(self) -> dict[str, float]:
        able = [c for c in load_world(self.lang) if self.composer.partners(c)]
        asked: dict[str, Question] = {}
        while len(asked) < self.cases:
            q = self.composer.comparison(self.rng.choice(able))
            asked[q.text] = q
        texts = self.complete(list(asked))
        right = [
            {(q.concept.id, "kind"), (q.other.id, "kind")} <= set(facts_in(text, self.lang))
            and not stray_sentences(text, q, self.lang)
            for q, text in zip(asked.values(), texts, strict=True)
        ]
        return {"compares": share(right)}

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
                distinct = len(set(queries)) == wanted
                whole.append(number[-1] and lines[-1] and distinct and all(named))
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
                fine = is_question(text, self.lang) and not eliminated(
                    q.text, text, reply, self.lang
                )
                if wide:
                    breadth.append(fine and self.on_domain(text, q.concept.domain))
                else:
                    depth.append(fine and says(text, q.concept.name))
        return {"evol_in_depth": share(depth), "evol_in_breadth": share(breadth)}

    def magpie_task(self) -> dict[str, float]:
        concepts = self.concepts(min(500, 4 * self.cases))
        systems = [self.composer.fill(self.composer.pick("systems"), c) for c in concepts]
        given = [{"system_prompt": s} for s in systems]
        rows = self.run(Magpie, self.magpie, given, n_turns=1)
        good = [
            is_question(row["instruction"], self.lang)
            and in_language(row["response"], self.lang)
            and self.on_domain(row["instruction"], concept.domain)
            for concept, row in zip(concepts, rows, strict=True)
        ]
        hot = self.run(Magpie, self.hot_magpie, given, n_turns=1)
        distinct = len({row["instruction"] for row in hot}) / len(hot)
        return {"magpie_on_topic": share(good), "magpie_distinct": round(distinct, 4)}

    # ---- judging ----
    def judged(self, concept: Concept) -> Question:
        """A held-out question about a concept: plain, constrained, of two halves, in steps."""
        c, roll = self.composer, self.rng.random()
        if roll < 0.05:
            return c.in_steps(c.question(concept, "kind"))
        if roll < 0.10 and c.partners(concept):
            return c.comparison(concept)
        q = c.question(concept, self.rng.choice((*SLOTS, "overview")))
        if q.style is None and roll < 0.30:
            return c.deepen(q)
        return c.constrain(q) if q.style is None and roll < 0.60 else q

    def flawed(self, fault: str) -> tuple[Question, str, str]:
        """(question, answer with that fault, the fault that grading finds)."""
        while True:
            q = self.judged(self.concepts(1)[0])
            if fault == "none" or fault in self.composer.possible_faults(q):
                text = self.composer.flawed(q, fault)
                return q, text, grade(text, q, self.lang)

    def faulty(self, good: float = 0.0) -> list[tuple[Question, str, str]]:
        """Cases as `flawed` makes them: that share is flawless, a third of the rest has a wrong
        fact, the others every other fault in turn."""
        others = itertools.cycle(OTHER_FAULTS)
        made = []
        for number in range(self.cases):
            if self.rng.random() < good:
                made.append(self.flawed("none"))
            else:
                made.append(self.flawed("wrong_fact" if number % 3 == 0 else next(others)))
        return made

    def ratings(self, rows: list[dict], aspect: str) -> list[list[int] | None]:
        """Per row the ratings, or None where one of them could not be parsed."""
        result: list[list[int] | None] = []
        for row in self.run(UltraFeedback, self.judge, rows, aspect=aspect):
            given = row["ratings"] or []  # distilabel's answer to a rating without a number
            whole = len(given) == len(row["generations"]) and None not in given
            result.append(given if whole and all(1 <= r <= 5 for r in given) else None)
        return result

    def pairs(self) -> tuple[list[dict], list[tuple[int, int]], list[bool]]:
        """Rows of two answers with different true ratings, those ratings, and whether the two
        differ in one fact alone (every third pair)."""
        rows, truth, facts = [], [], []
        others = itertools.cycle(["none", *OTHER_FAULTS, "wrong_fact"])
        for number in range(3 * self.cases):
            while True:
                if number % 3 == 0:
                    q = self.judged(self.concepts(1)[0])
                    made = corpus.contrast(self.composer, q)
                else:
                    q, text, fault = self.flawed(next(others))
                    second = self.rng.choice(["none", *self.composer.possible_faults(q)])
                    rival = self.composer.flawed(q, second)
                    made = [(text, fault), (rival, grade(rival, q, self.lang))]
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
        for aspect in self.aspects:
            rows = []
            for number, concept in enumerate(self.concepts()):
                q = self.judged(concept)
                made = corpus.candidates(self.composer, q, number % 4 + 1)
                rows.append({"instruction": q.text, "generations": [text for text, _ in made]})
            parsed.append(share([given is not None for given in self.ratings(rows, aspect)]))
        return {"judge_parsed": min(parsed)}

    def by_fault(self) -> dict[str, float]:
        """Share of single answers whose overall rating is exactly the true one, by fault."""
        rows, faults = [], []
        for fault in ("none", "wrong_fact", *OTHER_FAULTS):
            for _ in range(self.cases // 5):
                q, text, found = self.flawed(fault)
                rows.append({"instruction": q.text, "generations": [text]})
                faults.append(found)
        given = self.ratings(rows, "overall-rating")
        hit, seen = Counter(), Counter(faults)
        for fault, ratings in zip(faults, given, strict=True):
            hit[fault] += ratings is not None and ratings[0] == rating(fault)
        return {fault: round(hit[fault] / seen[fault], 3) for fault in sorted(seen)}

    def scorers(self) -> dict[str, float]:
        figures = {}
        count = 4
        rows, truth = [], []
        while len(rows) < self.cases:
            (concept,) = self.concepts(1)
            group = [self.composer.any_question(concept) for _ in range(count)]
            levels = [complexity(q) for q in group]
            if len(set(levels)) > 1:  # else there is no order to find
                rows.append({"instructions": [q.text for q in group]})
                truth.append(levels)
        made = self.run(ComplexityScorer, self.judge, rows)
        figures |= self.score_figures("complexity", [row["scores"] for row in made], truth)

        rows, truth = [], []
        while len(rows) < self.cases:
            q = self.judged(self.concepts(1)[0])
            group = corpus.candidates(self.composer, q, count)
            marks = [rating(fault) for _, fault in group]
            if len(set(marks)) > 1:
                rows.append({"instruction": q.text, "responses": [text for text, _ in group]})
                truth.append(marks)
        made = self.run(QualityScorer, self.judge, rows)
        return figures | self.score_figures("quality", [row["scores"] for row in made], truth)

    @staticmethod
    def score_figures(
        name: str, scores: list[list[int | None]], truth: list[list[int]]
    ) -> dict[str, float]:
        """Share of rows parsed whole; mean rank correlation within the rows that have an order."""
        parsed = [len(s) == len(t) and None not in s for s, t in zip(scores, truth, strict=True)]
        rhos = [
            rank_correlation(list(zip(s, t, strict=True)))
            for s, t, ok in zip(scores, truth, parsed, strict=True)
            if ok
        ]
        mean = round(sum(rhos) / len(rhos), 4) if rhos else 0.0
        return {f"{name}_parsed": share(parsed), f"{name}_rank": mean}

    # ---- mending ----
    def evol_quality(self) -> dict[str, float]:
        results = []
        cases = self.faulty(good=0.25)
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
                text = row["evolved_response"]
                after = rating(grade(text, q, self.lang))
                if stray_sentences(text, q, self.lang):
                    after = 1
                results.append(after > before or before == after == 5)
        return {"evol_quality": share(results)}

    def critiques(self) -> dict[str, float]:
        cases = self.faulty()
        ask, mend = self.composer.phrases["critique"]["ask"], self.composer.phrases["rewrite"]
        said = self.complete(
            [self.rng.choice(ask).format(q=q.text, a=text) for q, text, _ in cases]
        )
        named = [
            self.names_fault(critique, *case) for critique, case in zip(said, cases, strict=True)
        ]
        better = self.complete(
            [
                self.rng.choice(mend).format(q=q.text, a=text, k=critique)
                for (q, text, _), critique in zip(cases, said, strict=True)
            ]
        )
        mended = [
            grade(text, q, self.lang) == "none" and not stray_sentences(text, q, self.lang)
            for text, (q, _, _) in zip(better, cases, strict=True)
        ]
        return {"critique": share(named), "rewrite": share(mended)}

    def names_fault(self, critique: str, q: Question, text: str, fault: str) -> bool:
        """Whether a critique says what is wrong; of a wrong or missing fact, also what is right."""
        kind = "wrong_fact" if fault == "all_wrong" else fault
        critique = critique.split("\n", 1)[-1]  # the first line is what a right answer holds
        fixed = [
            max(re.split(r"\{\w+\}", frame), key=len).strip()
            for frame in self.composer.phrases["critique"][kind]
        ]
        if not any(piece in critique for piece in fixed):
            return False
        if kind not in ("wrong_fact", "incomplete"):
            return True
        missing = [s for s in q.slots if q.concept.slots[s] not in text]
        return any((q.concept.id, slot) in facts_in(critique, self.lang) for slot in missing)

    def all(self) -> dict[str, float]:
        parts: list[Callable[[], dict[str, float]]] = [
            self.answers,
            self.compares,
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


# ---- speed ----
ONE_CORE = hasattr(os, "sched_setaffinity")


def tokens_per_second(model: str) -> dict[str, int]:
    """Greedy tokens per second for 32 prompts x 64 new tokens at most, best of three.

    `ct2` and `generate`: the int8 model and plain `transformers` `model.generate` (one batch of
    32) on one core, left out where the system can't hold a process to one (macOS, Windows);
    `ct2_all_cores`: the int8 model as it runs by default.
    """
    asked = [
        [{"role": "user", "content": f"Tell me about {c.name}. Add one practical tip."}]
        for c in load_world("en")[:32]
    ]
    llm = BundledLLM(model=model, generation_kwargs={"temperature": 0, "max_new_tokens": 64})
    llm.load()

    def bundled() -> int:
        outputs = llm.generate(asked, temperature=0, max_new_tokens=64)
        return sum(sum(output["statistics"]["output_tokens"]) for output in outputs)

    def best(run: Callable[[], int]) -> int:
        speeds = []
        for _ in range(3):
            begun = time.perf_counter()
            speeds.append(run() / (time.perf_counter() - begun))
        return round(max(speeds))

    figures = {"ct2_all_cores": best(bundled)}
    if not ONE_CORE:
        return figures
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        figures["ct2"] = best(bundled)
        figures["generate"] = best(plain_generate(model, asked))
    finally:
        os.sched_setaffinity(0, cores)
    return figures


def plain_generate(model: str, asked: list[list[dict]]) -> Callable[[], int]:
    """A call of `model.generate` on one thread that returns the number of tokens written."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = MODELS / model
    tokenizer = AutoTokenizer.from_pretrained(folder)
    net = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    inputs = tokenizer.apply_chat_template(
        asked, add_generation_prompt=True, padding=True, return_tensors="pt", return_dict=True
    )
    start = inputs["input_ids"].shape[1]

    def run() -> int:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        with torch.inference_mode():
            out = net.generate(**inputs, max_new_tokens=64, do_sample=False)
        torch.set_num_threads(threads)
        return int((out[:, start:] != tokenizer.pad_token_id).sum())

    return run


def exact_copy(model: str, folder: Path) -> str:
    """Writes the model with unrounded bf16 weights for CTranslate2; returns its folder's path."""
    target = folder / Path(model).name
    shutil.copytree(MODELS / model, target, ignore=shutil.ignore_patterns("ct2", "*.safetensors"))
    convert(MODELS / model, target / "ct2", "float32")
    return str(target)


# ---- card ----
def write_card(model: str, cases: int, figures: dict, exact: dict, speed: dict[str, int]) -> Path:
    """The model card, from the figures and what `training.train` noted down."""
    made = json.loads((MODELS / model / "training.json").read_text())
    world = load_world("en")
    domains = len({c.domain for c in world})
    heads = f"{made['hidden'] // 64} heads"
    if made.get("kv_heads") == 1:
        heads += " that share one of keys and values"
    size = f"{made['layers']} layers of width {made['hidden']}, {heads}, "
    size += f"{made['parameters'] / 1e6:.2f} M"
    first, *more = made.get("stages", [made])
    seen = first["tokens_seen"] / first["examples"]["tokens"]
    source = (
        f"{first['tokens_seen'] / 1e6:.1f} M tokens in {first['steps']:,} steps, "
        + (f"{seen:.0%} of" if seen < 1 else f"{seen:.1f} times")
        + f" the {first['examples']['rows']:,} examples that `python -m training.corpus` composes"
        + "; random initialisation"
    )
    for stage in more:
        tokens = f"{stage['tokens_seen'] / 1e6:.1f} M tokens"
        source += f"; then {stage['steps']:,} steps more ({tokens})"
    about = {
        "tutor": f"""A very small chat model that makes a course on synthetic data run offline. It
knows {len(world)} things in {domains} domains, in English and Chinese, and handles the prompts of
distilabel's TextGeneration, SelfInstruct, Magpie, EvolInstruct, EvolComplexity, EvolQuality,
UltraFeedback, ComplexityScorer and QualityScorer, and those of critique and rewriting. It is a
teaching aid: outside its small world it says that it does not know, or errs.""",
        "novice": f"""The tutor's little sister, worse on purpose: the second model where a course
on synthetic data pools models, and the student that is trained on what learners generate. It saw
the same kind of text about {len(world)} things as the tutor, in English and Chinese, but has fewer
parameters and far fewer steps behind it, and mixes facts up.""",
    }[model]
    rows = "\n".join(
        f"| {meaning} | "
        + " | ".join(f"{part[lang][name]:.3f}" for lang in LANGS for part in (figures, exact))
        + " |"
        for name, meaning in FIGURES.items()
    )
    faults = sorted({fault for lang in LANGS for fault in figures[lang]["by_fault"]})
    by_fault = "\n".join(
        f"| {fault} | "
        + " | ".join(f"{figures[lang]['by_fault'].get(fault, float('nan')):.3f}" for lang in LANGS)
        + " |"
        for fault in faults
    )
    sums = "\n".join(f"- `{name}` {value}" for name, value in made["sha256"].items())
    notes = f"{made['notes']}\n\n" if made.get("notes") else ""
    card = f"""---
language: [en, zh]
license: apache-2.0
library_name: transformers
tags: [synthetic, distilabel, education]
---

# smolsynth {model}

{about}

| | |
|---|---|
| Architecture | Llama, {size} parameters, context 2,048 (trained on up to 1,024) |
| Tokenizer | byte-level BPE, {made["vocabulary"]} tokens, ChatML template |
| Trained on | {source} |
| Time | {made["minutes"]:.0f} minutes on {made["device"]} |
| Seed | {made["seed"]} |

{notes}## Figures

`python -m training.evaluate --exact`: shares of {cases} cases at least (rank correlations aside).
Plain questions are in wordings that training never saw (17 a language), comparisons are of pairs,
and answers to judge and mend hold faults, that it never saw; the other prompts are of the kind that
it did see. int8 is the model in `ct2/` that generates, bf16 the weights in `model.safetensors`.

| figure | English, int8 | bf16 | Chinese, int8 | bf16 |
|---|---|---|---|---|
{rows}

How often the judge's overall rating of a single answer is exactly the true one, by the answer's
fault (`training/grading.py` says what each is worth; about {cases // 5} cases a fault), int8:

| fault | English | Chinese |
|---|---|---|
{by_fault}

Greedy generation, 32 prompts, 64 new tokens at most, on one core of the machine that measured the
figures above: {speed["ct2"]:,} tokens per second (CTranslate2, int8), plain `model.generate`
{speed["generate"]:,}; on all its cores {speed["ct2_all_cores"]:,}.

## Checksums (SHA-256)

{sums}
"""
    path = MODELS / model / "README.md"
    path.write_text(card, encoding="utf-8")
    return path


def measure(model: str, cases: int) -> dict[str, dict]:
    """All figures of one model by language, with the judge's by fault under `by_fault`."""
    figures = {}
    for lang in LANGS:
        part = Measure(model, lang, cases)
        figures[lang] = {**part.all(), "by_fault": part.by_fault()}
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--models", nargs="+", default=["tutor", "novice"], metavar="NAME")
    parser.add_argument("--cases", type=int, default=200, help="cases a figure, at least")
    parser.add_argument("--exact", action="store_true", help="the bf16 weights' figures too")
    parser.add_argument("--card", action="store_true", help="write the cards (implies --exact)")
    args = parser.parse_args()
    if args.card and not ONE_CORE:
        parser.error("--card tells the speed on one core, which this system can't measure.")
    result: dict[str, dict] = {}
    for model in args.models:
        figures = measure(model, args.cases)
        exact = None
        if args.exact or args.card:
            with tempfile.TemporaryDirectory() as folder:
                exact = measure(exact_copy(model, Path(folder)), args.cases)
        parts = [figures] + ([exact] if exact else [])
        heads = [f"{lang} {kind}" for lang in LANGS for kind in ("int8", "bf16")[: len(parts)]]
        print(f"{model:20}" + "".join(f"{head:>9}" for head in heads))
        for name, meaning in FIGURES.items():
            values = "".join(f"{part[lang][name]:9.3f}" for lang in LANGS for part in parts)
            print(f"{name:20}{values}  {meaning}")
        speed = tokens_per_second(model)
        print(", ".join(f"{name} {value:,} tokens/s" for name, value in speed.items()))
        if args.card:
            print(f"card written: {write_card(model, args.cases, figures, exact, speed)}")
        result[model] = {**figures, "tokens_per_second": speed}
        if exact:
            result[model]["bf16"] = exact
    print(json.dumps({"cases": args.cases, **result}))


if __name__ == "__main__":
    main()
