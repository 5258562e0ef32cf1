"""Composes questions and answers from the world, in one language, from a seeded generator.

Nothing is one fixed sentence: a question is a phrasing of an aspect (or a question for one fact
alone) times a concept, often with a constraint, a second half or steps, and its answer is put
together from the facts. `flawed` spoils an answer in one of the ways that `training.grading` knows.
"""

import random
import re
import zlib
from dataclasses import dataclass, field, replace

from training.world import (
    EVERY,
    LANGS,
    TYPES,
    Concept,
    bare,
    by_id,
    load_outside,
    load_phrases,
    load_world,
    spaced,
    twin,
)

Message = dict[str, str]
# Aspects of which several facts may be true: no sentence can be called wrong for another.
MANY = ("wonder", "story", "example", "advice", "usage", "mistake", "custom", "used_in")
# Aspects in which a neighbour's fact is often true of this concept, too.
SHARED = ("used_in", "care", "advice")
LENGTHS = {"en": (10, 12, 15, 20, 25), "zh": (15, 20, 25, 30, 40, 50)}
MUTATIONS = ("CONSTRAINTS", "DEEPENING", "CONCRETIZING", "INCREASED_REASONING_STEPS", "BREADTH")


# Questions that a name, a number or a place can answer.
FOR_WORD = {
    "en": r"^(?:\w+ )?(?:[Ww]hich|[Ww]hen|[Ww]here|[Ww]ho)\b"
    r"|^How (?:many|much|far|long|big|old|fast)\b"
    r"|^(?:\w+ )?[Ww]hat (?!happens|does|do |makes|should|can|is (?:so )?\w+ about|if )",
    "zh": r"^(?!.*(?:为什么|怎么|怎样|如何|咋)).*(?:什么|哪|谁|几|多少|多[大长高远快重久])",
}
# What follows a name that no pronoun can stand for: "of the fourth century", “的果实”.
NO_SUBJECT = {"en": r" (of|in|from|with|at|on|for|and|by)\b|'", "zh": "[的里上中身，、和与跟]"}


@dataclass
class Question:
    """A question whose right answer is known."""

    text: str
    concept: Concept
    aspects: list[str]  # what it asks for, the first one first; none: any
    form: str | None = None  # a key of `constraints`, or "overview", "compare", "steps", …
    other: Concept | None = None  # the second concept of a comparison
    number: int = 0  # of sentences, items or words that the form asks for
    word: str = ""  # that the form asks to use, to avoid or to begin with; of "verify", yes or no
    pool: tuple[str, ...] = ()  # of a free question: the aspects that may be used

    @property
    def free(self) -> bool:
        """Whether any facts of the concept answer it."""
        return not self.aspects

    def to_row(self) -> dict:
        """Plain data, from which `from_row` makes the question again."""
        row = {**vars(self), "concept": self.concept.id}
        return {**row, "other": self.other.id if self.other else None}

    @classmethod
    def from_row(cls, row: dict, lang: str) -> "Question":
        known = by_id(lang)
        other = known[row["other"]] if row["other"] else None
        made = {**row, "concept": known[row["concept"]], "other": other, "pool": tuple(row["pool"])}
        return cls(**made)


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

    def fill(self, template: str, concept: Concept | None = None, **more: str) -> str:
        """Puts words into the places of a template; what is put in is not looked at again."""
        words: dict[str, str] = {}
        if concept:
            words |= {"x": concept.name, "X": capital(concept.name), "d": concept.domain_name}
            words |= {key: forms[concept.plural] for key, forms in NUMBER.items()}
            words |= {capital(key): capital(words[key]) for key in NUMBER}
        words |= more
        text = re.sub(r"\{(\w+)\}", lambda m: words.get(m[1], m[0]), template)
        return spaced(text) if self.lang == "zh" else text

    def number(self, n: int) -> str:
        return self.phrases["numbers"][n]

    def near(self, concept: Concept) -> list[Concept]:
        """The other concepts of the same domain."""
        return [c for c in self.concepts if c.domain == concept.domain and c.id != concept.id]

    def neighbour(self, concept: Concept) -> Concept:
        return self.rng.choice(self.near(concept))

    def partners(self, concept: Concept) -> list[Concept]:
        """Neighbours of its type to compare with: those of the pairs held out, or all others."""
        return [
            c
            for c in self.near(concept)
            if c.type == concept.type and kept_back(*sorted((concept.id, c.id))) == self.held_out
        ]

    def clause(self, aspect: str, concept: Concept) -> str:
        """An aspect as a clause, "what it is used for"."""
        return self.fill(self.rng.choice(self.phrasings(concept, aspect, "clause")), concept)

    # ---- questions ----
    def phrasings(self, concept: Concept, aspect: str, kind: str = "") -> list[str]:
        """How an aspect of such a concept is asked about; `kind` is a key of aspects.yaml."""
        kind = kind or ("held_out" if self.held_out else "questions")
        found = self.phrases["aspects"][aspect][kind]
        if isinstance(found, dict):
            keys = [concept.id, *concept.groups, concept.type, "default"]
            return next(found[key] for key in keys if key in found)
        return found

    def own_questions(self, concept: Concept, aspect: str) -> list[str]:
        """A fact's own questions. Of every third fact one is held out."""
        asks = concept.facts[aspect].ask
        key = zlib.crc32(f"ask|{concept.id}|{aspect}".encode())
        out = [asks[key // 3 % len(asks)]] if len(asks) > 1 and key % 3 == 0 else []
        return out if self.held_out else [ask for ask in asks if ask not in out]

    def all_questions(self, concept: Concept, aspect: str) -> list[Question]:
        """Every question that a fact answers, in every phrasing, held out ones too."""
        kinds = ("questions", "held_out")
        texts = [t for kind in kinds for t in self.phrasings(concept, aspect, kind)]
        texts += concept.facts[aspect].ask
        return [Question(self.fill(t, concept), concept, [aspect]) for t in texts]

    def question(self, concept: Concept | None = None, aspect: str | None = None) -> Question:
        """A plain question for one fact; every third is the fact's own."""
        concept = concept or self.rng.choice(self.concepts)
        aspect = aspect or self.rng.choice(concept.aspects)
        own = self.own_questions(concept, aspect)
        texts = own if own and self.rng.random() < 0.5 else self.phrasings(concept, aspect)
        return Question(self.fill(self.rng.choice(texts), concept), concept, [aspect])

    def specific(self, concept: Concept) -> Question:
        """One of a concept's own questions, if it has any in this part; else a plain one."""
        aspects = [a for a in concept.aspects if self.own_questions(concept, a)]
        if not aspects:
            return self.question(concept)
        aspect = self.rng.choice(aspects)
        text = self.rng.choice(self.own_questions(concept, aspect))
        return Question(self.fill(text, concept), concept, [aspect])

    def overview(self, concept: Concept | None = None) -> Question:
        concept = concept or self.rng.choice(self.concepts)
        text = self.pick("overview", "held_out" if self.held_out else "questions")
        return Question(self.fill(text, concept), concept, [], "overview", pool=concept.aspects)

    def comparison(self, concept: Concept) -> Question:
        other = self.rng.choice(self.partners(concept))
        more = {"y": other.name, "Y": capital(other.name)}
        text = self.fill(self.pick("compare", "questions"), concept, **more)
        return Question(text, concept, ["what"], "compare", other)

    def in_steps(self, q: Question) -> Question:
        c = q.concept
        others = [a for a in c.aspects if a not in EVERY]
        aspects = ["what", *self.rng.sample(others, 2)]
        parts = {k: self.clause(a, c) for k, a in zip("abc", aspects, strict=True)}
        text = capital(self.fill(self.pick("steps", "ask"), c, **parts))
        return Question(text, c, aspects, "steps", number=3)

    def facts_list(self, concept: Concept) -> Question:
        n = self.rng.choice([2, 3, 3, 4])
        text = self.fill(self.pick("facts_list", "ask"), concept, n=self.number(n))
        return Question(text, concept, [], "facts", number=n, pool=concept.aspects)

    def riddle(self, concept: Concept) -> Question:
        """A riddle is told with facts that do not name the thing."""
        pool = tuple(
            a for a in concept.aspects if a != "what" and self.unnamed_wordings(concept, a)
        )
        if len(pool) < 2:
            return self.overview(concept)
        text = self.fill(self.pick("riddle", "ask"), concept)
        return Question(text, concept, [], "riddle", number=2, pool=pool)

    def verify(self, concept: Concept, kind: str = "verify") -> Question:
        """Is a sentence right? Or, of kind "correct": put the wrong sentence right."""
        aspect = self.rng.choice([a for a in concept.aspects if a not in MANY])
        right = kind == "verify" and self.rng.random() < 0.5
        said = concept if right else self.swapped(concept, aspect)
        if said is None:
            return self.question(concept)
        text = self.fill(self.pick(kind, "ask"), s=self.sentence(said, aspect))
        word = "yes" if right else "no"
        return Question(text, concept, [aspect], kind, word=word if kind == "verify" else "")

    def translation(self, concept: Concept) -> Question:
        """A sentence to put into the other language."""
        aspect = self.rng.choice(concept.aspects)
        text = self.fill(self.pick("translate", "out"), s=self.sentence(concept, aspect))
        return Question(text, concept, [aspect], "translate")

    def deepen(self, q: Question) -> Question:
        c = q.concept
        aspect = self.rng.choice([a for a in c.aspects if a not in q.aspects])
        templates = self.phrasings(c, aspect, "deepen")
        if not self.is_open(q.text):  # "Is it true, and why …?" is no English
            templates = [t for t in templates if not t.startswith("{q}")] or templates
        text = self.fill(self.rng.choice(templates), c, q=q.text[:-1], Q=q.text)
        return Question(tidy(text, self.lang), c, [*q.aspects, aspect])

    def is_open(self, text: str) -> bool:
        """Whether it is one question that begins with a question word, and so can go on."""
        if self.lang == "zh":
            return text.endswith("？") and not re.search("吗？$|[。：！]", text)
        asks = r"(?:In|For|From|To|With|At|On)? ?(?:what|which|why|how|where|when|who)\b[^.:]*\?"
        return re.fullmatch(asks, text, re.IGNORECASE) is not None

    def forms(self, q: Question) -> list[str]:
        """The constraints that a question can bear."""
        c = q.concept
        if q.form == "overview":
            found = ["two", "three", "list", "numbered", "begin"]
        elif q.form is not None:
            return []
        elif len(q.aspects) > 1:
            found = ["two", "begin"] if len(q.aspects) == 2 else ["three", "begin"]
        else:
            found = ["one", "short", "begin", "also", "also"]
            if self.asks_for_word(q):
                found.append("word")
        if self.key_words(q):
            found.append("use")
        if self.forbidden(q):
            found.append("avoid")
        if not self.begun(c, q.aspects[0] if q.aspects else "what"):
            found.remove("begin")
        return found

    def asks_for_word(self, q: Question) -> bool:
        """Whether a word or two can be the whole answer."""
        aspect, short = q.aspects[0], q.concept.facts[q.aspects[0]].short
        if not short or says(q.text, short):
            return False
        if q.text in {self.fill(ask, q.concept) for ask in q.concept.facts[aspect].ask}:
            return re.search(FOR_WORD[self.lang], q.text) is not None
        return aspect in ("what", "found", "habitat", "region", "spot", "place", "when", "source")

    def key_words(self, q: Question) -> list[tuple[str, str]]:
        """(aspect, its short answer) of other facts, which an answer can be asked to contain."""
        if q.form or len(q.aspects) > 1:
            return []
        return [(a, w) for a, w in self.shorts(q.concept) if a not in q.aspects and a != "what"]

    def forbidden(self, q: Question) -> list[tuple[str, str]]:
        """(aspect, word) that an answer can do without."""
        c = q.concept
        if q.form != "overview":
            return []
        needed = ["what"]
        said = " ".join(w for a in needed for w in c.facts[a].wordings) + q.text
        return [(a, w) for a, w in self.shorts(c) if a not in needed and not says(said, w)]

    def shorts(self, concept: Concept) -> list[tuple[str, str]]:
        return [(a, f.short) for a, f in concept.facts.items() if f.short]

    def begun(self, concept: Concept, aspect: str) -> bool:
        """Whether words can be put before the fact: a wording begins with the name."""
        return any(w[:3] in ("{X}", "{x}") for w in concept.facts[aspect].wordings)

    def constrain(self, q: Question, form: str | None = None) -> Question:
        """The question with a constraint that can be checked; as it is where it can bear none."""
        forms = self.forms(q)
        if not forms:
            return q
        form = form if form in forms else self.rng.choice(forms)
        c, aspects, number, word, clause = q.concept, list(q.aspects), 0, "", ""
        pool = q.pool
        if form in ("one", "two", "three"):
            number = ("one", "two", "three").index(form) + 1
        elif form in ("list", "numbered"):
            number = self.rng.choice([2, 3, 3, 4])
        elif form == "short":
            least = min(size(self.spoken(c, w), self.lang) for w in c.facts[aspects[0]].wordings)
            fitting = [n for n in LENGTHS[self.lang] if n >= least + 1]
            if not fitting:
                return self.constrain(q, "one")
            number = fitting[0]
        elif form == "use":
            aspect, word = self.rng.choice(self.key_words(q))
            aspects.append(aspect)
        elif form == "avoid":
            _, word = self.rng.choice(self.forbidden(q))
            pool = tuple(a for a in pool if not self.says_word(c, a, word))
        elif form == "begin":
            word = self.pick("begin_with")
        elif form == "also":
            aspect = self.rng.choice([a for a in c.aspects if a not in aspects])
            aspects.append(aspect)
            clause = self.clause(aspect, c)
        words = {"q": q.text[:-1], "Q": q.text, "m": q.text[-1], "w": word, "c": clause}
        words |= {"k": str(number), "n": self.number(number) if number in range(1, 7) else ""}
        text = tidy(self.fill(self.pick("constraints", form), **words), self.lang)
        kept = None if form == "also" else form  # two plain questions in one
        return Question(text, c, aspects, kept, number=number, word=word, pool=pool)

    def says_word(self, concept: Concept, aspect: str, word: str) -> bool:
        return any(says(w, word) for w in concept.facts[aspect].wordings)

    def new_in_domain(self, q: Question) -> Question:
        other = self.neighbour(q.concept)
        return self.specific(other) if self.rng.random() < 0.6 else self.question(other)

    def evolve(self, q: Question, mutation: str) -> Question:
        """What EvolInstruct asks for; `mutation` is a key of distilabel's MUTATION_TEMPLATES.

        The concept stays (in breadth: the domain), and something is always changed.
        """
        for _ in range(20):
            made = self.evolved(q, mutation)
            if made.text != q.text and (made.form or made.aspects) and len(made.aspects) <= 3:
                return made
        return self.new_in_domain(q) if mutation == "BREADTH" else self.in_steps(q)

    def evolved(self, q: Question, mutation: str) -> Question:
        plain = q.form is None and q.aspects
        if mutation == "BREADTH":
            return self.new_in_domain(q)
        if mutation == "CONSTRAINTS":
            return self.constrain(q if plain or q.form == "overview" else self.question(q.concept))
        if mutation == "DEEPENING":
            return self.deepen(q if plain else self.question(q.concept))
        if mutation == "CONCRETIZING":
            return self.specific(q.concept)
        if self.rng.random() < 0.3 and self.partners(q.concept):
            return self.comparison(q.concept)
        return self.in_steps(q)

    def any_question(self, concept: Concept | None = None) -> Question:
        """A question as users put it: plain, constrained, deepened, another task, …"""
        concept = concept or self.rng.choice(self.concepts)
        roll = self.rng.random()
        if roll < 0.48:
            return self.question(concept)
        if roll < 0.66:
            return self.constrain(self.question(concept))
        if roll < 0.71:
            return self.overview(concept)
        if roll < 0.75:
            return self.constrain(self.overview(concept))
        if roll < 0.82:
            deep = self.deepen(self.question(concept))
            return self.constrain(deep) if self.rng.random() < 0.3 else deep
        if roll < 0.85:
            return self.in_steps(self.question(concept))
        if roll < 0.89 and self.partners(concept):
            return self.comparison(concept)
        if roll < 0.92:
            return self.facts_list(concept)
        if roll < 0.94:
            return self.riddle(concept)
        if roll < 0.97:
            return self.verify(concept)
        return self.verify(concept, "correct") if roll < 0.985 else self.translation(concept)

    # ---- answers ----
    def spoken(self, concept: Concept, wording: str, named: bool = True) -> str:
        """A wording with the name, or with a pronoun (in Chinese, without a subject)."""
        if named:
            return self.fill(wording, concept)
        if self.lang == "zh":
            return capital(wording.removeprefix("{x}"))
        word = "they" if concept.plural else "it"
        return wording.replace("{X}", capital(word)).replace("{x}", word)

    def unnamed_wordings(self, concept: Concept, aspect: str) -> list[str]:
        """The wordings that read well where the thing was named before."""
        found = []
        for wording in concept.facts[aspect].wordings:
            start = wording[:3] in ("{X}", "{x}")
            rest = wording[3:] if start else wording
            if "{" in rest or says(rest, bare(concept.name)):
                continue
            if start and re.match(NO_SUBJECT[self.lang], rest):
                continue
            if aspect == "what" and self.lang == "zh":  # “是……的鱼” needs its subject
                continue
            found.append(wording)
        return found

    def sentence(
        self,
        concept: Concept,
        aspect: str,
        named: bool = True,
        lead: str = "",
        most: int = 0,
        without: str = "",
    ) -> str:
        """One fact as one sentence.

        Args:
            named: it names the concept; else a pronoun stands there, or in Chinese nothing, if a
                wording allows it.
            lead: words before it, such as "First, {s}".
            most: it has no more words (Chinese: characters) than that, if a wording allows it.
            without: it does not hold that word, if a wording allows it.
        """
        wordings = list(concept.facts[aspect].wordings)
        if most:
            fit = [w for w in wordings if size(self.spoken(concept, w), self.lang) <= most]
            wordings = fit or wordings
        if without:
            wordings = [w for w in wordings if not says(w, without)] or wordings
        if not named:
            able = [w for w in wordings if w in self.unnamed_wordings(concept, aspect)]
            wordings, named = (able, False) if able else (wordings, True)
        if lead:
            begun = [w for w in wordings if w[:3] in ("{X}", "{x}")]
            if not begun:
                lead = lead if lead.startswith(("Step", "第")) else "{s}"
            wordings = begun or wordings
        wording = self.rng.choice(wordings)
        if not lead or lead == "{s}":
            return self.spoken(concept, wording, named)
        begins = lead.startswith("Step") or lead.rstrip("{s}").rstrip()[-1:] in ("?", ".")
        inside = wording if begins else inner(wording)
        return self.fill(lead, s=self.spoken(concept, inside, named))

    def several(self, concept: Concept, aspects: list[str], **more) -> list[str]:
        """The facts as sentences, of which the first names the concept."""
        return [self.sentence(concept, a, i == 0, **more) for i, a in enumerate(aspects)]

    def join(self, sentences: list[str]) -> str:
        return ("" if self.lang == "zh" else " ").join(sentences)

    def answer(self, q: Question, extra: bool | None = None) -> str:
        """A right answer that keeps to what was asked.

        A plain question is sometimes answered with one unasked fact more; `extra` says whether,
        else chance does: once in eight times.
        """
        c, form = q.concept, q.form
        if form == "compare":
            first = self.sentence(c, "what")
            return self.join(
                [first, self.sentence(q.other, "what", lead=self.pick("compare", "second"))]
            )
        if form == "steps":
            marks = self.pick("steps", "marks")
            lines = zip(q.aspects, marks, strict=True)
            return self.join([self.sentence(c, a, i == 0, m) for i, (a, m) in enumerate(lines)])
        if form == "riddle":
            told = [self.sentence(c, a, named=False) for a in self.rng.sample(q.pool, q.number)]
            return self.join([*map(capital, told), self.pick("riddle", "end")])
        if form == "translate":
            guest = self.guest()
            return guest.sentence(twin(c, guest.lang), q.aspects[0])
        if form in ("verify", "correct"):
            right = self.sentence(c, q.aspects[0])
            return (
                right if form == "correct" else self.fill(self.pick("verify", q.word), right=right)
            )
        if form == "word":
            short = capital(c.facts[q.aspects[0]].short)
            return short + ("。" if self.lang == "zh" else ".")
        aspects = list(q.aspects) or self.chosen(q)
        if form is None and len(aspects) == 1:
            more = self.rng.random() < 0.125
            if more if extra is None else extra:
                aspects.append(self.rng.choice([a for a in c.aspects if a not in aspects]))
            elif aspects == ["wonder"] and self.rng.random() < 0.15:
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

    def chosen(self, q: Question) -> list[str]:
        """The aspects that the answer to a free question takes."""
        count = q.number if q.number else self.rng.choice([2, 3, 3])
        others = [a for a in (q.pool or q.concept.aspects) if a != "what"]
        others = self.rng.sample(others, min(count - 1, len(others)))
        return ["what", *sorted(others, key=q.concept.aspects.index)]

    def guest(self) -> "Composer":
        """A composer of the other language."""
        return Composer(next(g for g in LANGS if g != self.lang), self.rng, self.held_out)

    def paragraph(self, concept: Concept, least: int = 2, most: int = 4) -> str:
        """A short text about a concept, as it stands in a seed document."""
        return self.join(self.several(concept, self.some(concept, self.rng.randint(least, most))))

    def some(self, concept: Concept, count: int) -> list[str]:
        """What it is, and other aspects, in the order in which they stand in the world."""
        others = [a for a in concept.aspects if a != "what"]
        picked = self.rng.sample(others, min(count - 1, len(others)))
        return ["what", *sorted(picked, key=concept.aspects.index)]

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
            faults = ["wrong_fact", "cut_off", "refusal", "garbled", "wrong_language"]
        if q.form == "riddle":
            faults = [f for f in faults if f != "garbled"]
        # a wrong fact is held out by its donor, see `swapped`
        key = q.aspects[0] if q.aspects else "what"
        return [
            f
            for f in faults
            if f == "wrong_fact" or kept_back(f, q.concept.id, key) == self.held_out
        ]

    def donors(self, concept: Concept, aspect: str) -> list[Concept]:
        """Concepts whose fact of that aspect is false of this one, as far as it can be seen."""
        fact = concept.facts[aspect]

        def able(c: Concept) -> bool:
            given = c.facts.get(aspect)
            return (
                given is not None
                and c.id != concept.id
                and not (given.short and fact.short and says(given.short, fact.short))
                and not any(says(w, bare(c.name)) for w in given.wordings)
                and kept_back("wrong_fact", concept.id, aspect, c.id) == self.held_out
            )

        if aspect in SHARED:
            return []
        return [c for c in self.near(concept) if able(c)] or [
            c for c in self.concepts if c.type == concept.type and able(c)
        ]

    def swapped(
        self, concept: Concept, aspect: str, other: Concept | None = None
    ) -> Concept | None:
        """The concept with one fact of a neighbour: a wrong fact of the right form. None where
        nobody has one to give."""
        donors = [c for c in self.donors(concept, aspect) if c != other]
        if not donors:
            return None
        alike = [c for c in donors if c.type == concept.type]
        donor = self.rng.choice(alike if alike and self.rng.random() < 0.7 else donors)
        return replace(concept, facts={**concept.facts, aspect: donor.facts[aspect]})

    def flawed(self, q: Question, fault: str) -> str:
        """An answer with that fault, a key of `training.grading.RATINGS`; a good one for "none"."""
        if fault == "none":
            return self.answer(q)
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
                return self.answer(replace(q, concept=made), extra=False)
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

    # ---- things outside the world, and no things at all ----
    def scrap(self) -> str:
        """A piece of any of the world's sentences."""
        concept = self.rng.choice(self.concepts)
        text = self.sentence(concept, self.rng.choice(concept.aspects))
        return cut(text, self.rng.uniform(0.2, 0.6), self.lang)

    def made_up_name(self) -> str:
        """A name of nothing, glued from pieces of the world's texts.

        Names outside the world are as many as a language has, and are made of tokens that are seen
        nowhere else: a model that has only met real ones answers others with gibberish.
        """
        pieces = []
        for _ in range(self.rng.choice([2, 2, 3])):
            runs: list[str] = []
            while not runs:
                concept = self.rng.choice(self.concepts)
                text = concept.facts[self.rng.choice(concept.aspects)].wordings[0]
                runs = re.findall(r"[a-z]{2,}" if self.lang == "en" else r"[\u4e00-\u9fff]+", text)
            run, length = self.rng.choice(runs), self.rng.choice([2, 3, 4])
            length = length if self.lang == "en" else length // 2
            start = self.rng.randrange(max(1, len(run) - length + 1))
            pieces.append(run[start : start + length])
        word = "".join(pieces)
        if self.lang == "zh" or self.rng.random() < 0.3:  # in English, a substance or an idea
            return word
        return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"

    def stranger(self) -> Concept:
        """Something that is not in the world: only a name."""
        if self.held_out or self.rng.random() < 0.5:
            name = self.rng.choice(load_outside(self.lang, held_out=self.held_out))
        else:
            name = self.made_up_name()
        return Concept("", "", "", self.rng.choice(list(TYPES)), name, {})

    def unknown_question(self) -> tuple[str, str, Concept]:
        """A question about something outside the world, the honest answer, and its subject."""
        stranger = self.stranger()
        aspect = self.rng.choice(("what", *EVERY, *TYPES[stranger.type], "overview"))
        if aspect == "overview":
            text = self.pick("overview", "held_out" if self.held_out else "questions")
        else:
            text = self.rng.choice(self.phrasings(stranger, aspect))
        return self.fill(text, stranger), self.fill(self.pick("unknown"), stranger), stranger


def kept_back(*key: str) -> bool:
    """Whether training never sees this combination: one in ten, the same for ever."""
    return zlib.crc32("|".join(key).encode()) % 10 == 0


def says(text: str, word: str) -> bool:
    """Whether a text holds a word or words, in any case."""
    if word.isascii():
        return re.search(rf"(?<![a-z]){re.escape(word.lower())}(?![a-z])", text.lower()) is not None
    return word.lower() in text.lower()


def size(text: str, lang: str) -> int:
    """How long a text is: in words, in Chinese in characters, punctuation not counted.

    >>> size("It is a cat.", "en"), size("这是猫。", "zh")
    (4, 3)
    """
    if lang == "en":
        return len(text.split())
    return len(re.findall(r"[\u4e00-\u9fff]|[A-Za-z0-9]+", text))


def cut(text: str, share: float, lang: str) -> str:
    """The first `share` of a text, cut inside a sentence, between words."""
    end = max(4, int(len(text) * share))
    part = text[:end]
    if lang == "en":
        part = part.rsplit(" ", 1)[0]
    return part.rstrip(" \n-.,;:!?，。；：！？、“”")


def garble(text: str, rng: random.Random, lang: str, scrap: str) -> str:
    """A text as small models spoil it: words spliced, doubled, of the wrong script, or strung on
    from another sentence."""
    pieces = text.split(" ") if lang == "en" else re.findall(r"[A-Za-z0-9]+|.", text)
    gap = " " if lang == "en" else ""
    other = "并司台的它" if lang == "en" else ["ase", "r p", "ing", "the", "qu"]
    pool = scrap.split(" ") if lang == "en" else list(scrap)
    for _ in range(rng.choice([2, 3, 4])):
        i = rng.randrange(len(pieces))
        kind = rng.randrange(5)
        if kind == 0:
            pieces[i] = pieces[i] + gap + pieces[i]
        elif kind == 1:
            pieces[i] = rng.choice(list(other))
        elif kind == 2 and lang == "en":
            pieces[i] = pieces[i][: len(pieces[i]) // 2] + rng.choice(pool)[-3:]
        elif kind == 3 and pool:
            start = rng.randrange(len(pool))
            pieces[i:i] = pool[start : start + rng.choice([2, 4, 6])]
        else:
            rng.shuffle(pieces[i : i + 3])
            del pieces[i : i + rng.choice([1, 2])]
            pieces = pieces or ["…"]
    spoiled = gap.join(pieces).strip()
    end = "." if lang == "en" else "。"
    return spoiled if spoiled.endswith((end, "?", "？")) else spoiled.rstrip("，,") + end


def sentences(text: str) -> list[str]:
    """The sentences of a text, without list marks."""
    parts = re.split(r"\n|(?<=[。！？])(?![”）])|(?<=[.!?])\s", text)
    parts = [re.sub(r"^\s*(?:- |\d+[.、]\s*(?!\d))", "", part).strip() for part in parts]
    return [part for part in parts if part]


def listed(items: list[str], form: str | None) -> str:
    """The items as a list, numbered where the form says so."""
    if form == "numbered":
        return "\n".join(f"{i}. {item}" for i, item in enumerate(items, 1))
    return "\n".join(f"- {item}" for item in items)


def keeps_form(text: str, q: Question, lang: str) -> bool:
    """Whether a text has the form that its question asks for, as far as form can be seen."""
    form, lines = q.form, text.split("\n")
    if form in ("one", "two", "three"):
        return len(sentences(text)) == q.number and len(lines) == 1
    if form == "list":
        return len(lines) == q.number and all(line.startswith("- ") for line in lines)
    if form == "numbered":
        return len(lines) == q.number and all(
            line.startswith(f"{i}. ") for i, line in enumerate(lines, 1)
        )
    if form == "facts":
        return len(lines) == q.number
    if form == "short":
        return size(text, lang) <= q.number
    if form == "use":
        return says(text, q.word)
    if form == "avoid":
        return not says(text, q.word)
    if form == "begin":
        return text.startswith(q.word)
    if form == "word":
        return size(text, lang) <= (4 if lang == "en" else 10) and len(sentences(text)) == 1
    if form == "riddle":
        return not says(text, bare(q.concept.name)) and text.endswith(("?", "？", "!", "！"))
    return True


def inner(wording: str) -> str:
    """A wording as it stands inside a sentence."""
    return "{x}" + wording[3:] if wording.startswith("{X}") else wording


NUMBER = {  # what stands in the places of English phrasings, for one thing and for a plural name
    "is": ("is", "are"), "does": ("does", "do"), "has": ("has", "have"), "was": ("was", "were"),
    "s": ("s", ""), "es": ("es", ""), "it": ("it", "they"), "its": ("its", "their"),
    "them": ("it", "them"),
}  # fmt: skip


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def tidy(text: str, lang: str) -> str:
    """Chinese needs no second question mark when two questions meet; nothing else is touched."""
    return text.replace("？？", "？").replace("。。", "。") if lang == "zh" else text
