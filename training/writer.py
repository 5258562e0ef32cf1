"""Composes with the habits of the model that shall learn: right answers, or a novice's mistakes."""

import random
from dataclasses import dataclass, field, replace

from training.composer import Composer
from training.questions import Question
from training.texts import Message, turn
from training.world import Concept


def dialogue(*turns: str) -> list[Message]:
    return [turn(("user", "assistant")[i % 2], text) for i, text in enumerate(turns)]


# ---- answers, right or a novice's ----
@dataclass
class Writer(Composer):
    """A composer that also knows how its model shall answer.

    A novice confuses some facts with a neighbour's, forgets some constraints and answers some
    double questions by half: always the same ones, so that it is sure of its mistakes.
    """

    novice: bool = False
    real: dict[str, list[dict]] = field(default_factory=dict)  # rows of `training.answers`

    def reply(self, q: Question) -> str:
        """The answer that this model shall learn."""
        fault = self.habit(q) if self.novice else "none"
        if fault == "wrong_fact":
            return self.confused(q)
        return self.answer(q) if fault == "none" else self.flawed(q, fault)

    def habit(self, q: Question) -> str:
        """A novice's lasting mistake with such a question, by a hash of what is asked."""
        rng = random.Random(f"habit {self.lang} {q.concept.id} {q.aspects} {q.form}")
        share = HABITS[self.lang]
        possible = {  # without what is held out for the measurement of judges
            "ignores_constraint": q.form
            in ("one", "two", "three", "list", "numbered", "short", "use"),
            "incomplete": q.form is None and len(q.aspects) > 1,
        }
        for fault, able in possible.items():
            if able and rng.random() < share[fault]:
                return fault
        aspects = q.aspects or ["what"]
        if q.form not in ("riddle", "translate", "verify", "correct") and any(
            self.mixes_up(q.concept, a) for a in aspects
        ):
            return "wrong_fact"
        return "none"

    def mixes_up(self, concept: Concept, aspect: str) -> bool:
        rng = random.Random(f"mixes up {self.lang} {concept.id} {aspect}")
        return rng.random() < HABITS[self.lang]["wrong_fact"]

    def confused(self, q: Question) -> str:
        """The answer with each confused fact of the concept replaced, always by the same one."""
        facts = dict(q.concept.facts)
        for aspect in q.aspects or ["what"]:
            if self.mixes_up(q.concept, aspect):
                fixed = Composer(self.lang, random.Random(f"{q.concept.id} {aspect}"))
                made = fixed.swapped(q.concept, aspect, q.other)
                facts[aspect] = made.facts[aspect] if made else facts[aspect]
        if q.form == "word" and not facts[q.aspects[0]].short:
            return self.answer(q)
        return self.answer(replace(q, concept=replace(q.concept, facts=facts)))


# how often a novice has which mistake, of the questions where it is possible
HABITS = {
    "en": {"wrong_fact": 0.30, "ignores_constraint": 0.4, "incomplete": 0.4},
    "zh": {"wrong_fact": 0.38, "ignores_constraint": 0.5, "incomplete": 0.5},
}
