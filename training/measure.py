"""The figures of a model: what it does with questions and prompts that it never saw.

Phrasings, unknown names, combinations of fault and answer and pairs of concepts are the held-out
ones. The meaning of each figure stands in FIGURES. Where a model writes questions it samples at
0.7, the temperature that `load_llm` gives it; else it takes the most probable token.
"""

import itertools
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
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

from smolsynth.llms import BundledLLM
from smolsynth.quality.rules import faults as faults_by_rule
from training import judge, prompts, talks
from training.grading import (
    ASPECTS,
    RATINGS,
    answer_lang,
    complexity,
    facts_in,
    grade,
    in_language,
    rating,
    refuses,
    statements,
)
from training.questions import Question, keeps_form
from training.texts import says, size
from training.understand import Reader
from training.world import Concept, bare, by_id, core, load_world
from training.writer import Writer, dialogue

FIGURES = {
    "right_fact": "answer to a held-out phrasing states the fact that was asked for",
    "right_fact_own": "the same for a question of that fact alone, never seen",
    "compares": "a comparison of a held-out pair of concepts says what both are, nothing untrue",
    "constraints_kept": "a constraint that can be checked is kept, by a right answer",
    "follow_up": "a second turn that refers back is answered with the right fact",
    "reading": "a question about a passage is answered with its words",
    "reading_not_said": "asked for what a passage does not say, it says so",
    "copying": "words thrown together are repeated, listed or found, exactly",
    "other_tasks": "order, odd one out, JSON, a list, a translation, a correction: exactly right",
    "asks_on_topic": "'write a question about X' gives one question that names X",
    "self_instruct": "SelfInstruct: as many distinct queries as asked for, all on the context",
    "self_instruct_number": "SelfInstruct writes exactly as many queries as asked for",
    "self_instruct_on_topic": "a query of SelfInstruct names what its context is about",
    "free_self_instruct": "a free query of SelfInstruct is without fault",
    "free_magpie": "a free instruction of Magpie, steered to a domain, is without fault",
    "free_evol_in_depth": "a free evolution in depth is without fault, on its concept, and new",
    "free_evol_in_breadth": "a free evolution in breadth is without fault, on its domain, and new",
    "free_answers": "the answer to a free question without fault is without fault",
    "magpie_distinct": "distinct questions among the free ones of Magpie at temperature 1",
    "judge_parsed": "UltraFeedback, 1-4 texts: every rating parsed (lowest of the five templates)",
    "judge_order": "overall rating puts two composed answers in the true order (no true ties)",
    "judge_order_facts": "the same where they differ in one fact alone",
    "judge_swapped": "the same verdict after the two answers are swapped (a tie is one, too)",
    "judge_order_real": "the true order of two answers that tutor and novice really gave",
    "judge_ties_real": "of two such answers rated alike, the truth is a tie",
    "judge_longer_real": "of two such answers that are equal in truth, the longer is rated higher",
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
OTHER_FAULTS = tuple(f for f in RATINGS if f not in ("none", "wrong_fact", "all_wrong"))


def share(results: Sequence[bool]) -> float:
    return round(sum(results) / len(results), 4) if results else float("nan")


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


def order_of(pair: Sequence[int] | None) -> int | None:
    return None if pair is None else (pair[0] > pair[1]) - (pair[0] < pair[1])


class Measure:
    """All figures of one model in one language; every method returns figures by name.

    Args:
        model: name of a bundled model, or a folder with its unrounded weights.
        cases: a figure rests on that many cases at least.
        free: samples of each technique that are looked through.
        rivals: models whose answers the judge compares.
    """

    def __init__(
        self,
        model: str,
        lang: str,
        cases: int,
        aspects: Sequence[str] = ASPECTS,
        free: int | None = None,
        rivals: Sequence[str] = ("tutor", "novice"),
    ) -> None:
        self.lang, self.cases, self.aspects, self.rivals = lang, cases, aspects, rivals
        self.free = free or 2 * cases
        # a folder outside the package holds unrounded weights, see `training.card.exact_copy`
        self.compute = "float32" if Path(model).is_absolute() else "int8"
        self.rng = random.Random(17)
        self.composer = Writer(lang, self.rng, held_out=True)
        self.reader = Reader(lang)
        self.order = itertools.cycle(self.rng.sample(load_world(lang), len(load_world(lang))))
        self.model = model
        self.cold, self.warm, self.judge = self.llm(0), self.llm(0.7), self.llm(0, 448)
        self.on_sample: Callable[[str, str], None] = lambda name, text: None  # for `samples`
        self.magpie, self.hot_magpie = self.llm(0.7, magpie=True), self.llm(1.0, magpie=True)

    # ---- helpers ----
    def llm(
        self, temperature: float, length: int = 192, magpie: bool = False, model: str | None = None
    ) -> BundledLLM:
        made = BundledLLM(
            model=model or self.model,
            compute_type=self.compute if model is None else "int8",
            generation_kwargs={"max_new_tokens": length, "temperature": temperature},
            use_magpie_template=magpie,
        )
        made.load()
        return made

    def complete(self, asked: Sequence, llm: BundledLLM | None = None) -> list[str]:
        """Answers to user turns, or to whole talks."""
        if not asked:
            return []
        llm = llm or self.cold
        turns = [[{"role": "user", "content": t}] if isinstance(t, str) else t for t in asked]
        outputs = llm.generate(turns, **llm.generation_kwargs)
        return [output["generations"][0] or "" for output in outputs]

    def run(self, kind: type, llm: BundledLLM, rows: list[dict], **options) -> list[dict]:
        """The rows of one distilabel task; rows are copied, as some tasks change their input."""
        task = kind(llm=llm, **options)
        task.load()
        return next(task.process([dict(row) for row in rows]))

    def concepts(self, count: int | None = None) -> list[Concept]:
        """The next concepts of a fixed shuffled order, which goes round and round."""
        return list(itertools.islice(self.order, count or self.cases))

    def right(self, q: Question, text: str) -> bool:
        return grade(text, q, self.lang) == "none"

    # ---- answers ----
    def answers(self) -> dict[str, float]:
        c = self.composer
        asked = []
        for i, concept in enumerate(self.concepts(2 * self.cases)):
            aspect = concept.aspects[i % len(concept.aspects)]
            text = self.rng.choice(c.phrasings(concept, aspect))
            asked.append(Question(c.fill(text, concept), concept, [aspect]))
        texts = self.complete([q.text for q in asked])
        strange: set[str] = set()
        while len(strange) < self.cases:
            strange.add(c.unknown_question()[0])
        unknown = self.complete(sorted(strange))
        own = [
            Question(c.fill(text, concept), concept, [aspect])
            for concept in load_world(self.lang)
            for aspect in concept.aspects
            for text in c.own_questions(concept, aspect)
        ]
        own = self.rng.sample(own, min(len(own), self.cases))
        said = self.complete([q.text for q in own])
        return {
            "right_fact": share([self.right(q, t) for q, t in zip(asked, texts, strict=True)]),
            "right_fact_own": share([self.right(q, t) for q, t in zip(own, said, strict=True)]),
            "known_not_refused": share([not refuses(t, self.lang) for t in texts]),
            "unknown_admitted": share([refuses(t, self.lang) for t in unknown]),
            "language_kept": share([in_language(t, self.lang) for t in texts + unknown]),
        }

    def compares(self) -> dict[str, float]:
        able = [c for c in load_world(self.lang) if self.composer.partners(c)]
        asked: dict[str, Question] = {}
        for _ in range(20 * self.cases):
            q = self.composer.comparison(self.rng.choice(able))
            asked[q.text] = q
            if len(asked) == self.cases:
                break
        texts = self.complete(list(asked))
        right = [self.right(q, text) for q, text in zip(asked.values(), texts, strict=True)]
        return {"compares": share(right)}

    def constraints(self) -> dict[str, float]:
        c, asked = self.composer, []
        while len(asked) < self.cases:
            (concept,) = self.concepts(1)
            q = c.overview(concept) if self.rng.random() < 0.4 else c.question(concept)
            made = c.constrain(q)
            if made.form not in (None, "overview"):
                asked.append(made)
        texts = self.complete([q.text for q in asked])
        kept = [
            keeps_form(t, q, self.lang) and self.right(q, t)
            for q, t in zip(asked, texts, strict=True)
        ]
        return {"constraints_kept": share(kept)}

    def talks(self) -> dict[str, float]:
        """Follow-ups, reading, and tasks with one exact answer: composed, and asked again."""
        c, figures = self.composer, {}
        asked, wanted = [], []
        for concept in self.concepts():
            first, second = self.rng.sample(concept.aspects, 2)
            q = c.question(concept, first)
            follow = c.fill(self.rng.choice(c.phrasings(concept, second, "follow_ups")), concept)
            asked.append([*dialogue(q.text, c.sentence(concept, first), follow)])
            wanted.append(Question(follow, concept, [second]))
        said = self.complete(asked)
        figures["follow_up"] = share([self.right(q, t) for q, t in zip(wanted, said, strict=True)])
        missing = set(c.phrases["reading"]["not_said"])
        read = [talks.reading(c)[:2] for _ in range(3 * self.cases)]
        said = self.complete([talk[:1] for talk in read])
        by_kind: dict[bool, list[bool]] = {True: [], False: []}
        for (_, reply), text in zip(read, said, strict=True):
            absent = reply["content"] in missing
            by_kind[absent].append(text in missing if absent else text == reply["content"])
        figures |= {"reading": share(by_kind[False]), "reading_not_said": share(by_kind[True])}
        kinds = (talks.order, talks.odd, talks.json_answer, talks.restyle, talks.list_group)
        exact = []
        for make in kinds:
            made = [make(c)[:2] for _ in range(self.cases // 4 + 1)]
            said = self.complete([talk[:1] for talk in made])
            exact += [
                self.as_good(make, asked["content"], reply["content"], text)
                for (asked, reply), text in zip(made, said, strict=True)
            ]
        figures["other_tasks"] = share(exact)
        made = [talks.copying(c) for _ in range(self.cases)]
        said = self.complete([talk[:1] for talk in made])
        figures["copying"] = share(
            [text == reply["content"] for (_, reply), text in zip(made, said, strict=True)]
        )
        return figures

    def as_good(self, make: Callable, asked: str, wanted: str, text: str) -> bool:
        """Whether a reply to a task is the composed one, or another that is right as well."""
        if text == wanted:
            return True
        if make is talks.list_group:
            return self.same_kind(wanted, text)
        if make is talks.odd:
            return self.mentioned(text) == self.mentioned(wanted)
        q = Question("", load_world(self.lang)[0], [], "translate")
        lang = self.lang if in_language(wanted, self.lang) else answer_lang(q, self.lang)
        facts = facts_in(wanted, lang)
        same = facts_in(text, lang) == facts and wanted.count("\n") == text.count("\n")
        return bool(facts) and same

    def mentioned(self, text: str) -> set[str]:
        return {c.id for c in load_world(self.lang) if says(text, bare(c.name))}

    def same_kind(self, wanted: str, text: str) -> bool:
        """Whether a list has as many different things as the composed one, of the same group."""

        def things(said: str) -> set[str]:
            parts = re.split(r"\n|, |、", said.strip(".。"))
            return {part.removeprefix("- ").lower() for part in parts}

        known = {bare(c.name): set(c.groups) for c in load_world(self.lang)}
        one, two = things(wanted), things(text)
        if len(one) != len(two) or not two <= known.keys():
            return False
        shared = set.intersection(*(known[name] for name in one))
        return bool(shared & set.intersection(*(known[name] for name in two)))

    # ---- questions ----
    def sound(self, text: str) -> Question | None:
        """What a free question asks for; None where it has a fault, by the rules of
        `smolsynth.quality` or by the truth: nobody could have composed it."""
        q = self.reader.read(text)
        reply = self.composer.answer(q) if q and (q.aspects or q.pool) else "–"
        wrong = {rule for rule, _ in faults_by_rule((text, reply), self.lang)}
        response_only = {"refusal", "cut_off", "echo", "wrong_language", "small_talk"}
        return None if wrong - response_only else q

    def asking(self) -> dict[str, float]:
        concepts = self.concepts()
        texts = self.complete([self.composer.fill(self.composer.pick("ask"), c) for c in concepts])
        good = [
            "\n" not in t and says(t, bare(c.name)) and self.sound(t) is not None
            for c, t in zip(concepts, texts, strict=True)
        ]
        return {"asks_on_topic": share(good)}

    def self_instruct(self) -> dict[str, float]:
        number, on_topic, whole, free = [], [], [], []
        count = max(self.cases // 2, self.free // 8 + 1)
        for wanted in (3, 5):
            concepts = self.concepts(count)
            rows = [{"input": self.composer.paragraph(c)} for c in concepts]
            made = self.run(SelfInstruct, self.warm, rows, num_instructions=wanted)
            for concept, row in zip(concepts, made, strict=True):
                queries = row["instructions"] or []
                named = [says(query, bare(concept.name)) for query in queries]
                number.append(len(queries) == wanted)
                on_topic += named
                free += [self.sound(query) is not None for query in queries]
                for query in queries:
                    self.on_sample("SelfInstruct", query)
                distinct = len(set(queries)) == wanted
                whole.append(number[-1] and distinct and all(named))
        return {
            "self_instruct": share(whole),
            "self_instruct_number": share(number),
            "self_instruct_on_topic": share(on_topic),
            "free_self_instruct": share(free[: max(self.free, 1)]),
        }

    def evol_instruct(self) -> dict[str, float]:
        depth, breadth, answered = [], [], []
        for name, template in prompts.EVOL_INSTRUCT.items():
            wide = name == "BREADTH"
            concepts = self.concepts(self.free if wide else self.free // 4 + 1)
            asked = [self.composer.question(c) for c in concepts]
            rows = [{"instruction": q.text} for q in asked]
            options = {"num_evolutions": 1, "mutation_templates": {name: template}}
            made = self.run(EvolInstruct, self.warm, rows, **options)
            for q, row in zip(asked, made, strict=True):
                text = row["evolved_instruction"] or ""
                found = self.sound(text)
                self.on_sample(f"EvolInstruct {name}", text)
                if wide:
                    near = found and found.concept.domain == q.concept.domain
                    breadth.append(bool(near and text != q.text))
                else:
                    depth.append(bool(found and found.concept == q.concept and text != q.text))
                if found and (found.aspects or found.pool):
                    answered.append(found)
        answered = self.rng.sample(answered, min(len(answered), self.cases))
        said = self.complete([q.text for q in answered])
        return {
            "free_evol_in_depth": share(depth),
            "free_evol_in_breadth": share(breadth),
            "free_answers": share([self.right(q, t) for q, t in zip(answered, said, strict=True)]),
        }

    def magpie_task(self) -> dict[str, float]:
        concepts = self.concepts(self.free)
        systems = [self.composer.fill(self.composer.pick("systems"), c) for c in concepts]
        given = [{"system_prompt": s} for s in systems]
        rows = self.run(Magpie, self.magpie, given, n_turns=1)
        good = []
        for concept, row in zip(concepts, rows, strict=True):
            found = self.sound(row["instruction"] or "")
            good.append(found is not None and found.concept.domain == concept.domain)
            self.on_sample("Magpie", row["instruction"] or "")
        hot = self.run(Magpie, self.hot_magpie, given, n_turns=1)
        distinct = len({row["instruction"] for row in hot}) / len(hot)
        return {"free_magpie": share(good), "magpie_distinct": round(distinct, 4)}

    # ---- judging ----
    def judged(self, concept: Concept) -> Question:
        """A held-out question about a concept: plain, constrained, of two halves, in steps."""
        return self.composer.any_question(concept)

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
                    made = judge.contrast(self.composer, q)
                else:
                    q, text, fault = self.flawed(next(others))
                    second = self.rng.choice(["none", *self.composer.possible_faults(q)])
                    rival = self.composer.flawed(q, second)
                    made = [(text, fault), (rival, grade(rival, q, self.lang))]
                if len(made) < 2:
                    continue
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
        right = [order_of(g) == order_of(t) for g, t in zip(there, truth, strict=True)]
        same = [
            a is not None and b is not None and order_of(a) == order_of(b[::-1])
            for a, b in zip(there, back, strict=True)
        ]
        return {
            "judge_order": share(right),
            "judge_order_facts": share([r for r, f in zip(right, facts, strict=True) if f]),
            "judge_swapped": share(same),
        }

    def judge_real(self) -> dict[str, float]:
        """Judging what tutor and novice really answered, at temperature 0 and 1."""
        asked = [self.judged(concept) for concept in self.concepts(3 * self.cases)]
        texts = [q.text for q in asked]
        said = [
            self.complete(texts, self.llm(heat, 128, model=name))
            for name in self.rivals
            for heat in (0.0, 1.0)
        ]
        rows, truth = [], []
        for q, *answers in zip(asked, *said, strict=True):
            distinct = list(dict.fromkeys(a.strip() for a in answers if a.strip()))
            if len(distinct) > 1:
                two = self.rng.sample(distinct, 2)
                rows.append({"instruction": q.text, "generations": two})
                truth.append([rating(grade(text, q, self.lang)) for text in two])
        given = self.ratings(rows, "overall-rating")
        right, ties, longer = [], [], []
        for row, marks, true in zip(rows, given, truth, strict=True):
            one, two = (size(text, self.lang) for text in row["generations"])
            if true[0] != true[1]:
                right.append(order_of(marks) == order_of(true))
            elif marks and marks[0] != marks[1] and one != two:
                longer.append((marks[0] > marks[1]) == (one > two))
            if marks and marks[0] == marks[1]:
                ties.append(true[0] == true[1])
        return {
            "judge_order_real": share(right),
            "judge_ties_real": share(ties),
            "judge_longer_real": share(longer),
        }

    def judge_parsed(self) -> dict[str, float]:
        parsed = []
        for aspect in self.aspects:
            rows = []
            for number, concept in enumerate(self.concepts()):
                q = self.judged(concept)
                made = judge.candidates(self.composer, q, number % 4 + 1)
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
        figures = self.score_figures("complexity", [row["scores"] for row in made], truth)
        rows, truth = [], []
        while len(rows) < self.cases:
            q = self.judged(self.concepts(1)[0])
            group = judge.candidates(self.composer, q, count)
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
        names = list(prompts.EVOL_QUALITY)
        for i, name in enumerate(names):
            group = cases[i :: len(names)]
            rows = [{"instruction": q.text, "response": text} for q, text, _ in group]
            options = {
                "num_evolutions": 1,
                "mutation_templates": {name: prompts.EVOL_QUALITY[name]},
            }
            made = self.run(EvolQuality, self.cold, rows, **options)
            for (q, _, fault), row in zip(group, made, strict=True):
                before = rating(fault)
                after = rating(grade(row["evolved_response"] or "", q, self.lang))
                results.append(after > before or before == after == 5)
        return {"evol_quality": share(results)}

    def critiques(self) -> dict[str, float]:
        cases = self.faulty()
        said = self.complete(
            [judge.critique_prompt(self.composer, q, text) for q, text, _ in cases]
        )
        named = [self.names_fault(k, *case) for k, case in zip(said, cases, strict=True)]
        frames = self.composer.phrases["rewrite"]
        asked = [
            self.composer.fill(self.rng.choice(frames), q=q.text, a=text, k=critique)
            for (q, text, _), critique in zip(cases, said, strict=True)
        ]
        better = self.complete(asked)
        mended = [self.right(q, text) for text, (q, _, _) in zip(better, cases, strict=True)]
        return {"critique": share(named), "rewrite": share(mended)}

    def names_fault(self, critique: str, q: Question, text: str, fault: str) -> bool:
        """Whether a critique says what is wrong; of a wrong or missing fact, also what is right."""
        kind = "wrong_fact" if fault == "all_wrong" else fault
        last = critique.split("\n")[-1]  # the lines before are notes
        fixed = [
            max(re.split(r"\{\w+\}", frame), key=len).strip()
            for frame in self.composer.phrases["critique"]["says"][kind]
        ]
        if not any(piece in last for piece in fixed):
            return False
        if kind not in ("wrong_fact", "incomplete") or q.form == "translate":
            return True
        told = {fact for fact in statements(text, q, self.lang) if fact[0]}
        wanted = [(q.concept.id, a) for a in q.aspects or q.concept.aspects]
        wanted += [(q.other.id, "what")] if q.other else []
        missing = [fact for fact in wanted if fact not in told]
        return any(self.holds(last, *fact) for fact in missing)

    def holds(self, text: str, concept: str, aspect: str) -> bool:
        wordings = by_id(self.lang)[concept].facts[aspect].wordings
        return any(core(wording) in text for wording in wordings)

    def samples(self) -> Iterable[str]:
        """Free samples, to read: technique, whether it is sound, the text, and its answer."""
        found: list[tuple[str, str]] = []
        self.on_sample = lambda name, text: found.append((name, text))
        for part in (self.self_instruct, self.evol_instruct, self.magpie_task):
            part()
        said = self.complete([text for _, text in found])
        for (name, text), reply in zip(found, said, strict=True):
            q = self.sound(text)
            fault = grade(reply, q, self.lang) if q and (q.aspects or q.pool) else ""
            yield f"{self.lang} {name}\t{'sound' if q else 'FAULT'}\t{text}\t{reply}\t{fault}"

    def all(self) -> dict[str, float]:
        parts: Iterable[Callable[[], dict[str, float]]] = [
            *(self.answers, self.compares, self.constraints, self.talks, self.asking),
            *(self.self_instruct, self.evol_instruct, self.magpie_task, self.judge_parsed),
            *(self.judge_order, self.judge_real, self.scorers, self.evol_quality, self.critiques),
        ]
        figures = {name: value for part in parts for name, value in part().items()}
        return {name: figures[name] for name in FIGURES}
