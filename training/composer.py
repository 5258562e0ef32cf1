"""Composes questions and answers from the world, in one language, from a seeded generator.

Nothing is one fixed sentence: a question is a phrasing of an aspect (or a question for one fact
alone) times a concept, often with a constraint, a second half or steps, and its answer is put
together from the facts. `flawed` spoils an answer in one of the ways that `training.grading` knows.
"""

import re
from dataclasses import dataclass, replace

from training.questions import Asker, Question
from training.texts import (
    Message,
    capital,
    cut,
    garble,
    kept_back,
    listed,
)
from training.world import EVERY, LANGS, TYPES, Concept, load_outside, twin

INDECENT = re.compile("[手性口肛]交|下体|[阴奸淫屌]")  # what thrown together pieces may say
SMALL_WORDS = (
    "的是了就会也在去来有不和跟与或要能用到把被从一上下这那着过都很再才又"  # no parts of a name
)
STEP = ("Ste", "第一步")  # how marks begin that say "step"
EXTRA = 0.125  # share of right answers, where they are to be judged, that say more than was asked


@dataclass
class Composer(Asker):
    """Composes questions and answers in one language from a seeded random generator."""

    # ---- answers ----
    def answer(self, q: Question, extra: bool = False) -> str:
        """A right answer that keeps to what was asked; with `extra`, a plain question is answered
        with one unasked fact more, which gains nothing: for a judge to read, not to be written."""
        c, form = q.concept, q.form
        if form == "compare":
            first = self.sentence(c, "what")
            return self.join(
                [first, self.sentence(q.other, "what", lead=self.pick("compare", "second"))]
            )
        if form == "steps":
            steps = re.search("step|步", q.text, re.IGNORECASE)
            marks = self.rng.choice(
                [m for m in self.phrases["steps"]["marks"] if steps or m[0][:3] not in STEP]
            )
            lines = zip(q.aspects, marks, strict=True)
            return self.join([self.sentence(c, a, i == 0, m) for i, (a, m) in enumerate(lines)])
        if form == "riddle":
            told = [self.sentence(c, a, named=False) for a in self.rng.sample(q.pool, q.number)]
            return self.join([*map(capital, told), self.fill(self.pick("riddle", "end"), c)])
        if form == "translate":
            guest = self.guest()
            return guest.sentence(twin(c, guest.lang), q.aspects[0])
        if form == "correct":
            return self.sentence(c, q.aspects[0])
        if form == "verify":  # what was asked about is confirmed in its own words
            said = (self.spoken(c, wording) for wording in c.facts[q.aspects[0]].wordings)
            right = next((s for s in said if s in q.text), self.sentence(c, q.aspects[0]))
            return self.fill(self.pick("verify", q.word), right=right)
        if form == "word":
            short = capital(c.facts[q.aspects[0]].short)
            return short + ("。" if self.lang == "zh" else ".")
        aspects = list(q.aspects) or self.chosen(q)
        if form is None and len(aspects) == 1:
            if extra:
                aspects.append(self.rng.choice([a for a in c.aspects if a not in aspects]))
            elif aspects == ["wonder"] and not self.is_own(q) and self.rng.random() < 0.15:
                return self.sentence(c, "wonder", lead=self.pick("openers"))
        if form == "begin":
            gap = "" if self.lang == "zh" else " "
            lead = self.sentence(c, aspects[0], lead=q.word + gap + "{s}")
            return self.join([lead, *(self.sentence(c, a, False) for a in aspects[1:])])
        if form == "facts":
            sentences = [
                self.sentence(c, a, i == 0 or self.rng.random() < 0.5)
                for i, a in enumerate(aspects)
            ]
            return listed(sentences, "list")
        most = q.number if form == "short" else 0
        said = self.several(c, aspects, most=most, without=q.word if form == "avoid" else "")
        return listed(said, form) if form in ("list", "numbered") else self.join(said)

    def guest(self) -> "Composer":
        """A composer of the other language."""
        return Composer(next(g for g in LANGS if g != self.lang), self.rng, self.held_out)

    def chosen(self, q: Question) -> list[str]:
        """The aspects that the answer to a free question takes."""
        count = q.number if q.number else self.rng.choice([2, 3, 3])
        others = [a for a in (q.pool or q.concept.aspects) if a != "what"]
        others = self.rng.sample(others, min(count - 1, len(others)))
        return ["what", *sorted(others, key=q.concept.aspects.index)]

    def paragraph(self, concept: Concept, least: int = 2, most: int = 4) -> str:
        """A short text about a concept, as it stands in a seed document."""
        return self.join(self.several(concept, self.some(concept, self.rng.randint(least, most))))

    def system(self, concept: Concept) -> list[Message]:
        """No system prompt, a general one, or one that names the domain."""
        roll = self.rng.random()
        if roll < 0.28:
            return []
        if roll < 0.35:
            return [{"role": "system", "content": self.pick("systems_any")}]
        return [{"role": "system", "content": self.fill(self.pick("systems"), concept)}]

    def possible_faults(self, q: Question) -> list[str]:
        """The faults that an answer to this question can have, see `training.grading`."""
        faults = ["cut_off", "wrong_language", "rude", "leak", "refusal", "garbled"]
        if q.form not in ("riddle", "word"):
            faults += ["wrong_fact", "repeated", "too_short"]
        if q.form not in ("compare", "verify", "correct", "word", "riddle"):
            faults.append("other_topic")
        if q.form in (
            "one",
            "two",
            "three",
            "list",
            "numbered",
            "short",
            "avoid",
            "begin",
            "facts",
        ):
            faults.append("ignores_constraint")
        if len(q.aspects) > 1 and q.form not in ("steps", "two", "three", "use"):
            faults.append("incomplete")
        if q.form == "overview":
            faults.append("brief")
        if q.form == "word":
            faults = ["wrong_fact", "wrong_language", "refusal", "ignores_constraint"]
        if q.form == "translate":
            faults = ["wrong_fact", "cut_off", "refusal", "garbled"]
        if q.form == "riddle":
            faults = [f for f in faults if f != "garbled"]
        # a wrong fact is held out by its donor, see `swapped`
        key = q.aspects[0] if q.aspects else "what"
        return [
            f
            for f in faults
            if f == "wrong_fact" or kept_back(f, q.concept.id, key) == self.held_out
        ]

    def flawed(self, q: Question, fault: str) -> str:
        """An answer with that fault, a key of `training.grading.RATINGS`; a good one for "none"."""
        if fault == "none":
            return self.answer(q, extra=self.rng.random() < EXTRA)
        if fault == "brief":
            return self.sentence(q.concept, "what")
        if fault == "wrong_fact":
            return self.with_wrong_fact(q)
        if fault == "other_topic":
            return self.about_another(q)
        if fault == "cut_off":
            return cut(self.answer(q), self.rng.uniform(0.4, 0.8), self.lang_of(q))
        if fault == "repeated":
            return self.repeated(q)
        if fault == "incomplete":
            return self.sentence(q.concept, self.rng.choice(q.aspects))
        if fault == "ignores_constraint":
            return self.out_of_form(q)
        if fault == "wrong_language":
            if q.form == "translate":
                return self.sentence(q.concept, q.aspects[0])
            guest = self.guest()
            made = guest.in_own_words(q)
            return made
        if fault == "garbled":
            return garble(self.answer(q), self.rng, self.lang_of(q), self.scrap())
        if fault == "refusal":
            teller = self.guest() if q.form == "translate" else self
            return teller.fill(teller.pick("unknown"), twin(q.concept, teller.lang))
        text = self.pick("faults", fault)
        return self.fill(text, q.concept, a=self.answer(q) if "{a}" in text else "")

    def lang_of(self, q: Question) -> str:
        """The language that the answer should be in."""
        return self.guest().lang if q.form == "translate" else self.lang

    def in_own_words(self, q: Question) -> str:
        """What the question asks for, said in this composer's language."""
        c = twin(q.concept, self.lang)
        aspects = q.aspects or self.some(c, 2)
        said = self.several(c, aspects)
        if q.other:
            said.append(self.sentence(twin(q.other, self.lang), "what"))
        return listed(said, q.form) if q.form in ("list", "numbered") else self.join(said)

    def with_wrong_fact(self, q: Question) -> str:
        """The answer with one fact that is another concept's."""
        if q.form == "translate":
            guest = self.guest()
            made = guest.swapped(twin(q.concept, guest.lang), q.aspects[0])
            return guest.sentence(made, q.aspects[0]) if made else guest.in_own_words(q)
        aspects = q.aspects or ["what"]
        for aspect in self.rng.sample(aspects, len(aspects)):
            made = self.swapped(q.concept, aspect, q.other)
            if made:
                if q.form == "word" and not made.facts[aspect].short:
                    continue
                return self.answer(replace(q, concept=made))
        return self.about_another(q)

    def about_another(self, q: Question) -> str:
        """A right answer about a neighbour."""
        near = self.near(q.concept)
        fit = [c for c in near if all(a in c.facts for a in q.aspects)]
        other = self.rng.choice(fit or near)
        aspects = [a for a in q.aspects if a in other.facts] or ["what"]
        said = self.several(other, aspects)
        return listed(said, q.form) if q.form in ("list", "numbered") else self.join(said)

    def repeated(self, q: Question) -> str:
        """A right answer that says something twice."""
        text = self.answer(q)
        parts = text.split("\n")
        if len(parts) > 1:
            return "\n".join([*parts, self.rng.choice(parts)])
        if q.aspects and self.rng.random() < 0.5:  # the same fact again, perhaps in other words
            again = self.sentence(q.concept, self.rng.choice(q.aspects), named=False)
            return self.join([text, again])
        return self.join([text] * self.rng.choice([2, 2, 3]))

    def out_of_form(self, q: Question) -> str:
        """Right facts in another form than the constraint asks for."""
        c = q.concept
        aspects = list(q.aspects) or ["what"]
        rest = [a for a in c.aspects if a not in aspects]
        if q.form == "use":
            return self.join(self.several(c, aspects[:1]))
        if q.form == "avoid":
            used = next(a for a, w in self.shorts(c) if w == q.word)
            return self.join(self.several(c, [*aspects, used]))
        if q.form == "begin":
            return self.join(self.several(c, aspects))
        if q.form == "word":
            return self.sentence(c, aspects[0])
        if q.form in ("list", "numbered", "facts"):
            count = q.number + self.rng.choice([-1, 0, 1])
            said = self.several(c, self.some(c, max(2, count)))
            if len(said) != q.number:
                return listed(said, q.form)
            return self.join(said)
        wanted = {"one": (2, 3), "two": (1, 3), "three": (1, 2, 4), "short": (2, 3)}[q.form]
        count = self.rng.choice([n for n in wanted if n >= len(aspects)])
        aspects += self.rng.sample(rest, max(0, count - len(aspects)))
        return self.join(self.several(c, aspects[:count]))

    def scrap(self) -> str:
        """A piece of any of the world's sentences."""
        concept = self.rng.choice(self.concepts)
        text = self.sentence(concept, self.rng.choice(concept.aspects))
        return cut(text, self.rng.uniform(0.2, 0.6), self.lang)

    def any_word(self) -> str:
        """A word of any of the world's texts, or one that is made up."""
        if self.rng.random() < 0.2:
            return self.made_up_name().split(" ")[-1]
        concept = self.rng.choice(self.concepts)
        text = self.rng.choice(concept.facts[self.rng.choice(concept.aspects)].wordings)
        runs = re.findall(r"[a-z]{3,}" if self.lang == "en" else r"[\u4e00-\u9fff]{2,}", text)
        if not runs:
            return self.any_word()
        run = self.rng.choice(runs)
        if self.lang == "en":
            return run
        start = self.rng.randrange(len(run) - 1)
        word = run[start : start + self.rng.choice([2, 2, 3])]
        return self.any_word() if INDECENT.search(word) else word

    def made_up_name(self) -> str:
        """A name of nothing, glued from pieces of the world's texts.

        Names outside the world are as many as a language has, and are made of tokens that are seen
        nowhere else: a model that has only met real ones answers others with gibberish.
        """
        pieces = []
        letters = "[a-z]{2,}" if self.lang == "en" else f"(?:(?![{SMALL_WORDS}])[一-鿿])+"
        for _ in range(self.rng.choice([2, 2, 3]) if self.lang == "en" else 3):
            runs: list[str] = []
            while not runs:
                concept = self.rng.choice(self.concepts)
                text = concept.facts[self.rng.choice(concept.aspects)].wordings[0]
                runs = re.findall(letters, text)
            run, length = self.rng.choice(runs), self.rng.choice([2, 3, 4])
            length = length if self.lang == "en" else length // 2
            start = self.rng.randrange(max(1, len(run) - length + 1))
            pieces.append(run[start : start + length])
        word = "".join(pieces)
        if INDECENT.search(word):
            return self.made_up_name()
        if self.lang == "zh" or self.rng.random() < 0.3:  # in English, a substance or an idea
            return word
        return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"

    def stranger(self) -> Concept:
        """Something that is not in the world: only a name."""
        if self.held_out or self.rng.random() < 0.5:
            name = self.rng.choice(load_outside(self.lang, held_out=self.held_out))
        else:
            name = self.made_up_name()
            name = f"“{name}”" if self.lang == "zh" else name
        return Concept("", "", "", self.rng.choice(list(TYPES)), name, {})

    def unknown_question(self) -> tuple[str, str, Concept]:
        """A question about something outside the world, the honest answer, and its subject."""
        stranger = self.stranger()
        aspects = ("what", *EVERY, *TYPES[stranger.type], "overview")
        if stranger.name in load_outside(self.lang, held_out=self.held_out):
            aspects = (*EVERY, "overview")  # what can be asked of anything: its type is not known
        aspect = self.rng.choice(aspects)
        if aspect == "overview":
            text = self.pick("overview", "held_out" if self.held_out else "questions")
        else:
            text = self.rng.choice(self.phrasings(stranger, aspect))
        return self.fill(text, stranger), self.fill(self.pick("unknown"), stranger), stranger
