"""Composes questions and answers from the world, in one language, from a seeded generator.

Nothing is one fixed sentence: a question is a phrasing times a concept times a fact, often with a
constraint, a second half or steps, and its answer is put together from the same facts. `flawed`
spoils an answer in one of the ways that `training.grading` knows.
"""

import random
import re
from dataclasses import dataclass, field, replace

from training.texts import Message, capital, kept_back, spaced
from training.world import (
    LANGS,
    SLOTS,
    Concept,
    load_outside,
    load_phrases,
    load_world,
    twin,
)

# Domains whose things work by the interplay of their parts: only there is it worth asking how.
MACHINES = ("body", "computing", "kitchen", "music", "synthetic_data", "tools", "transport")


@dataclass
class Question:
    """A question whose right answer is known."""

    text: str
    concept: Concept
    slots: list[str]  # what it asks for, the first one first
    style: str | None = None  # a key of `constraints`, or "steps", "compare", "overview"
    other: Concept | None = None  # the second concept of a comparison


@dataclass
class Composer:
    """Composes questions and answers in one language from a seeded random generator."""

    lang: str
    rng: random.Random
    held_out: bool = False  # use phrasings, concept pairs and faults that training never sees
    concepts: tuple[Concept, ...] = field(init=False)
    phrases: dict = field(init=False)

    def __post_init__(self) -> None:
        self.concepts = load_world(self.lang)
        self.phrases = load_phrases(self.lang)

    # ---- words ----
    def pick(self, *path: str):
        items = self.phrases
        for key in path:
            items = items[key]
        return self.rng.choice(items)

    def fill(self, template: str, concept: Concept, **more: str) -> str:
        verbs = self.phrases["verbs"]
        verb = verbs.get(concept.domain, verbs["default"])
        words = {"x": concept.name, "X": capital(concept.name), "d": concept.domain_name}
        # phrases may hold braces of the concept's own slots too
        text = template.format(**{**words, **verb, **concept.slots, "c": ":", **more})
        return spaced(text) if self.lang == "zh" else text

    def neighbour(self, concept: Concept) -> Concept:
        """Another concept of the same domain."""
        same = [c for c in self.concepts if c.domain == concept.domain and c.id != concept.id]
        return self.rng.choice(same)

    def partners(self, concept: Concept) -> list[Concept]:
        """Neighbours to compare with: those of the pairs held out, or all others."""
        return [
            c
            for c in self.concepts
            if c.domain == concept.domain
            and c.id != concept.id
            and kept_back(*sorted((concept.id, c.id))) == self.held_out
        ]

    # ---- questions ----
    def question(self, concept: Concept | None = None, slot: str | None = None) -> Question:
        """A plain question about one slot of a concept, or for an overview."""
        concept = concept or self.rng.choice(self.concepts)
        slot = slot or self.rng.choice((*SLOTS, "overview"))
        text = self.fill(self.pick("held_out" if self.held_out else "questions", slot), concept)
        if slot == "overview":
            return Question(text, concept, ["kind", "role"], slot)
        return Question(text, concept, [slot])

    def comparison(self, concept: Concept) -> Question:
        other = self.rng.choice(self.partners(concept))
        text = self.fill(self.pick("questions", "compare"), concept, y=other.name)
        return Question(text, concept, ["kind"], "compare", other)

    def constrain(self, q: Question, style: str | None = None) -> Question:
        styles = [s for s in self.phrases["constraints"] if s.removeprefix("with_") not in q.slots]
        if len(q.slots) > 1:  # one sentence can't answer two questions
            styles = [s for s in styles if s == "list" or s.startswith("with_")]
        style = style if style in styles else self.rng.choice(styles)
        parts = {"q": q.text[:-1], "Q": q.text, "m": q.text[-1]}
        text = tidy(self.pick("constraints", style).format(**parts), self.lang)
        return Question(text, q.concept, q.slots, style)

    def deepen(self, q: Question) -> Question:
        slot = self.rng.choice([s for s in self.phrases["deepen"] if s not in q.slots])
        template = self.pick("deepen", slot)
        if self.lang == "en" and not q.text.endswith("?"):  # "Define it, and why …?" is no English
            template = template.replace("{q}, and", "{Q} And")
        text = self.fill(template, q.concept, q=q.text[:-1], Q=q.text)
        return Question(tidy(text, self.lang), q.concept, [q.slots[0], slot])

    def concretize(self, q: Question) -> Question:
        slot = self.rng.choice(["role", "parts"] if q.concept.domain in MACHINES else ["role"])
        text = self.fill(self.pick("concrete", slot), q.concept)
        return Question(capital(text), q.concept, [slot, "how" if slot == "role" else "role"])

    def in_steps(self, q: Question) -> Question:
        text = self.fill(self.pick("steps"), q.concept)
        return Question(text, q.concept, ["kind", "how", "role"], "steps")

    def new_in_domain(self, q: Question) -> Question:
        return self.question(self.neighbour(q.concept), self.rng.choice(SLOTS))

    def evolve(self, q: Question, mutation: str) -> Question:
        """What EvolInstruct asks for; `mutation` is a key of distilabel's MUTATION_TEMPLATES."""
        return {
            "CONSTRAINTS": self.constrain,
            "DEEPENING": self.deepen,
            "CONCRETIZING": self.concretize,
            "INCREASED_REASONING_STEPS": self.in_steps,
            "BREADTH": self.new_in_domain,
        }[mutation](q)

    def any_question(self, concept: Concept | None = None) -> Question:
        """A question as users ask it: plain, constrained, deepened, specific or a comparison."""
        q = self.question(concept)
        roll = self.rng.random()
        if roll < 0.60:
            return q
        if roll < 0.78:
            return self.constrain(q) if q.style is None else q
        if roll < 0.86:
            deep = self.deepen(q) if q.style is None else q
            return self.constrain(deep) if q.style is None and self.rng.random() < 0.3 else deep
        if roll < 0.91:
            return self.concretize(q)
        if roll < 0.95 or not self.partners(q.concept):
            return self.in_steps(q)
        return self.comparison(q.concept)

    # ---- answers ----
    def sentence(self, concept: Concept, slot: str, lead: bool, one: bool = False) -> str:
        answers = self.phrases["answers"]
        frames = answers.get(f"{slot}_{concept.domain}", answers[slot])[0 if lead else 1]
        if one:  # a frame such as "Did you know? …" is two sentences
            frames = [f for f in frames if "?" not in f and "？" not in f]
        return self.fill(self.rng.choice(frames), concept)

    def answer(self, q: Question, full: bool | None = None) -> str:
        """A right answer that keeps to the question's constraint.

        A plain question may be answered with the asked fact alone or with one more; `full` says
        which (True: one more), else chance does.
        """
        c, rest = q.concept, [s for s in SLOTS if s not in q.slots]
        if q.style == "compare":
            o = q.other
            more = {"y": o.name, "Y": capital(o.name)}
            more |= {"kind2": o.slots["kind"], "role2": o.slots["role"]}
            return self.fill(self.pick("compare_answers"), c, **more)
        if q.style == "steps":
            return self.fill(self.pick("steps_answer"), c)
        if q.style == "one":
            return self.sentence(c, q.slots[0], lead=True, one=True)
        slots = list(q.slots)
        if q.style == "two":
            slots = [*slots, self.rng.choice(rest)][:2]
            return self.join([self.sentence(c, s, s == slots[0], one=True) for s in slots])
        if q.style == "list":
            slots = [*slots, *self.rng.sample(rest, 2)][:3]
            lines = [self.sentence(c, s, s == slots[0], one=True) for s in slots]
            return "\n".join(f"- {line}" for line in lines)
        if q.style == "plain":
            return self.pick("plain_start") + self.sentence(c, q.slots[0], lead=True, one=True)
        if q.style == "overview":
            slots.append(self.rng.choice(("how", "fact")))
        elif q.style and q.style.startswith("with_"):
            slots.append(q.style.removeprefix("with_"))
        elif q.style is None and len(slots) == 1:
            more = self.rng.random() < 0.6
            extra = self.rng.choice(rest)
            if more if full is None else full:
                slots.append(extra)
        return self.join([self.sentence(c, s, lead=i == 0) for i, s in enumerate(slots)])

    def join(self, sentences: list[str]) -> str:
        return ("" if self.lang == "zh" else " ").join(sentences)

    def paragraph(self, concept: Concept) -> str:
        """A short text about a concept, as it stands in a seed document."""
        slots = ["kind", *self.rng.sample(SLOTS[1:], self.rng.choice([1, 2, 3]))]
        return self.join([self.sentence(concept, s, i == 0, True) for i, s in enumerate(slots)])

    def system(self, concept: Concept) -> list[Message]:
        """No system prompt, a general one, or one that names the domain."""
        roll = self.rng.random()
        if roll < 0.28:
            return []
        if roll < 0.35:
            return [{"role": "system", "content": self.pick("systems_any")}]
        return [{"role": "system", "content": self.fill(self.pick("systems"), concept)}]

    # ---- answers with a fault ----
    def possible_faults(self, q: Question) -> list[str]:
        """The faults that an answer to this question can have, see `training.grading`."""
        faults = ["wrong_fact", "cut_off", "repeated", "too_short", "wrong_language"]
        faults += ["rude", "leak", "refusal"]
        if q.style != "compare":
            faults.append("other_topic")
        if q.style in ("one", "two", "list") or (q.style or "").startswith("with_"):
            faults.append("ignores_constraint")
        if q.style is None:
            faults.append("incomplete" if len(q.slots) > 1 else "brief")
        # a wrong fact is held out by its donor, see `swapped`
        return [
            f
            for f in faults
            if f == "wrong_fact" or kept_back(f, q.concept.id, q.slots[0]) == self.held_out
        ]

    def swapped(self, concept: Concept, slot: str, other: Concept | None = None) -> Concept:
        """The concept with one slot taken from a third one: a wrong fact of the right form."""
        while True:
            near = self.rng.random() < 0.7
            donor = self.neighbour(concept) if near else self.rng.choice(self.concepts)
            if kept_back("wrong_fact", concept.id, slot, donor.id) != self.held_out:
                continue
            text = donor.slots[slot]
            if donor not in (concept, other) and bare(donor.name) not in text.lower():
                return replace(concept, slots={**concept.slots, slot: text})

    def flawed(self, q: Question, fault: str) -> str:
        """An answer with that fault, a key of `training.grading.RATINGS`; a good one for "none"."""
        if fault == "none":
            return self.answer(q, full=True)
        if fault == "brief":
            return self.answer(q, full=False)
        if fault == "wrong_fact":
            slot = self.rng.choice(q.slots)
            return self.answer(replace(q, concept=self.swapped(q.concept, slot, q.other)))
        if fault == "other_topic":
            other = self.neighbour(q.concept)
            text = self.answer(replace(q, concept=other))
            if bare(other.name) in text.lower():
                return text
            named = self.sentence(other, "kind", lead=True, one=True)
            return f"- {named}\n{text}" if q.style == "list" else self.join([named, text])
        if fault == "cut_off":
            return cut(self.answer(q), self.rng.uniform(0.4, 0.8), self.lang)
        if fault == "repeated":
            text = self.answer(q)
            gap = "\n" if q.style == "list" else "" if self.lang == "zh" else " "
            return gap.join([text] * self.rng.choice([2, 2, 3]))
        if fault == "incomplete":
            return self.sentence(q.concept, q.slots[0], lead=True)
        if fault == "ignores_constraint":
            return self.out_of_form(q)
        if fault == "wrong_language":
            other_lang = next(g for g in LANGS if g != self.lang)
            guest = Composer(other_lang, self.rng)
            other = q.other and twin(q.other, other_lang)
            return guest.answer(replace(q, concept=twin(q.concept, other_lang), other=other))
        if fault == "refusal":
            return self.fill(self.pick("unknown"), q.concept)
        text = self.pick("faults", fault)
        return self.fill(text, q.concept, a=self.answer(q) if "{a}" in text else "")

    def out_of_form(self, q: Question) -> str:
        """Right facts in another form than the constraint asks for."""
        c, rest = q.concept, [s for s in SLOTS if s not in q.slots]
        if (q.style or "").startswith("with_"):  # the extra fact is another one, or missing
            rest = [s for s in rest if s != q.style.removeprefix("with_")]
            slots = [*q.slots, *self.rng.sample(rest, self.rng.choice([0, 1]))]
        elif q.style == "two":
            slots = [*q.slots, *self.rng.sample(rest, self.rng.choice([0, 2]))]
        else:
            slots = [*q.slots, *self.rng.sample(rest, self.rng.choice([1, 2]))]
        return self.join([self.sentence(c, s, i == 0, one=True) for i, s in enumerate(slots)])

    def made_up_name(self) -> str:
        """A name of nothing, glued from pieces of the world's texts.

        Names outside the world are as many as a language has, and are made of tokens that are seen
        nowhere else: a model that has only met real ones answers others with gibberish.
        """
        pieces = []
        for _ in range(self.rng.choice([2, 2, 3])):
            text = self.rng.choice(self.concepts).slots[self.rng.choice(SLOTS)]
            runs = re.findall(r"[a-z]{2,}" if self.lang == "en" else r"[\u4e00-\u9fff]+", text)
            run, size = self.rng.choice(runs), self.rng.choice([2, 3, 4])
            size = size if self.lang == "en" else size // 2
            start = self.rng.randrange(max(1, len(run) - size + 1))
            pieces.append(run[start : start + size])
        word = "".join(pieces)
        if self.lang == "zh" or self.rng.random() < 0.3:  # in English, a substance or an idea
            return word
        return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"

    def unknown_question(self) -> tuple[str, str, Concept]:
        """A question about something outside the world, the honest answer, and its subject."""
        if self.held_out or self.rng.random() < 0.5:
            name = self.rng.choice(load_outside(self.lang, held_out=self.held_out))
        else:
            name = self.made_up_name()
        stranger = Concept("", "", "", name, {})
        slot = self.rng.choice(("kind", *SLOTS, "overview"))
        asked = self.fill(self.pick("held_out" if self.held_out else "questions", slot), stranger)
        return asked, self.fill(self.pick("unknown"), stranger), stranger


def cut(text: str, share: float, lang: str) -> str:
    """The first `share` of a text, cut inside a sentence, between words."""
    end = max(4, int(len(text) * share))
    part = text[:end]
    if lang == "en":
        part = part.rsplit(" ", 1)[0]
    return part.rstrip(" \n-.,;:!?，。；：！？、")


def sentences(text: str) -> list[str]:
    """The sentences of a text, without list marks."""
    parts = re.split(r"\n|(?<=[。！？])|(?<=[.!?])\s", text)
    return [part.strip().removeprefix("- ") for part in parts if part.strip()]


def keeps_form(text: str, style: str | None) -> bool:
    """Whether a text has the form that a constraint asks for, as far as form can be seen."""
    if style == "one":
        return len(sentences(text)) == 1
    if style == "two":
        return len(sentences(text)) == 2
    if style == "list":
        lines = text.split("\n")
        return len(lines) > 1 and all(line.startswith("- ") for line in lines)
    return True


def without_article(name: str) -> str:
    return re.sub(r"^(a|an|the) ", "", name)


def bare(name: str) -> str:
    """A name without its article, in lower case."""
    return without_article(name).lower()


def tidy(text: str, lang: str) -> str:
    """Chinese needs no second question mark when two questions meet; nothing else is touched."""
    return text.replace("？？", "？").replace("。。", "。") if lang == "zh" else text
