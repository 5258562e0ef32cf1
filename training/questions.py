"""Questions whose right answers are known: plain, constrained, deepened, of many kinds."""

import re
from dataclasses import dataclass

from training.teller import Teller
from training.texts import capital, kept_back, says, sentences, size, tidy
from training.world import EVERY, LANGS, Concept, bare, by_id, twin

# Aspects of which several facts may be true: no sentence can be called wrong for another.
MANY = (
    *("wonder", "story", "example", "advice", "usage", "mistake", "custom", "used_in", "choose"),
    *("danger", "trouble", "threat", "limits", "injury", "illness", "effect", "care", "remedy"),
    *("region", "watch", "signs", "eaten_at"),
)
# Aspects whose `short` is a value, a list of parts or a place; of others it is a key word, which
# answers the fact's own question at most.
PLACES = ("found", "habitat", "region", "spot", "place")
VALUES = ("parts", "feeds", "when", "source", "eaten_at", "found", "habitat", "region")
# Aspects of which a word can be wanted in an answer about any other.
KEY_WORDS = ("parts", "works", "use", "looks", "used_in", "made", "gear", "feeds", "eaten", *PLACES)
LENGTHS = {"en": (10, 12, 15, 20, 25), "zh": (15, 20, 25, 30, 40, 50)}
MUTATIONS = ("CONSTRAINTS", "DEEPENING", "CONCRETIZING", "INCREASED_REASONING_STEPS", "BREADTH")
# Questions that a name, a number or a place can answer.
FOR_WORD = {
    "en": r"^(?:\w+ )?(?:[Ww]hich|[Ww]hen|[Ww]here|[Ww]ho)\b"
    r"|^How (?:many|much|far|long|big|old|fast)\b"
    r"|^(?:\w+ )?[Ww]hat (?!happens|does|do |makes|should|can|is (?:so )?\w+ about|if )",
    "zh": r"^(?!.*(?:为什么|怎么|怎样|如何|咋)).*(?:什么|哪|谁|几|多少|多[大长高远快重久])",
}


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
class Asker(Teller):
    """Composes questions."""

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
        return self.own(concept, self.rng.choice(aspects)) if aspects else self.question(concept)

    def own(self, concept: Concept, aspect: str) -> Question:
        text = self.rng.choice(self.own_questions(concept, aspect))
        return Question(self.fill(text, concept), concept, [aspect])

    def is_own(self, q: Question) -> bool:
        """Whether a plain question asks for this very fact, and not for anything of its aspect."""
        if q.form or len(q.aspects) != 1:
            return False
        return q.text in {self.fill(t, q.concept) for t in q.concept.facts[q.aspects[0]].ask}

    def overview(self, concept: Concept | None = None) -> Question:
        concept = concept or self.rng.choice(self.concepts)
        text = self.pick("overview", "held_out" if self.held_out else "questions")
        return Question(self.fill(text, concept), concept, [], "overview", pool=concept.aspects)

    def partners(self, concept: Concept) -> list[Concept]:
        """Neighbours of its type to compare with: those of the pairs held out, or all others."""
        return [
            c
            for c in self.near(concept)
            if c.type == concept.type and kept_back(*sorted((concept.id, c.id))) == self.held_out
        ]

    def comparison(self, concept: Concept) -> Question:
        other = self.rng.choice(self.partners(concept))
        more = {"y": other.name, "Y": capital(other.name)}
        text = self.fill(self.pick("compare", "questions"), concept, **more)
        return Question(text, concept, ["what"], "compare", other)

    def in_steps(self, q: Question) -> Question:
        c = q.concept
        asked = [a for a in q.aspects if a != "what"][:2]  # what was asked for stays among them
        others = [a for a in c.aspects if a not in (*EVERY, *asked)]
        aspects = ["what", *asked, *self.rng.sample(others, 2 - len(asked))]
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
        right = kind == "verify" and self.rng.random() < 0.5
        open_ones = MANY if right or kind == "correct" else (*MANY, "origin", "sited", "grows")
        aspect = self.rng.choice([a for a in concept.aspects if a not in open_ones])
        said = concept if right else self.swapped(concept, aspect)
        if said is None:
            return self.question(concept)
        text = self.fill(self.pick(kind, "ask"), s=self.sentence(said, aspect))
        word = "yes" if right else "no"
        return Question(text, concept, [aspect], kind, word=word if kind == "verify" else "")

    def translation(self, concept: Concept) -> Question:
        """A sentence to put into the other language."""
        aspect = self.rng.choice(self.translatable(concept))
        text = self.fill(self.pick("translate", "out"), s=self.sentence(concept, aspect))
        return Question(text, concept, [aspect], "translate")

    def translatable(self, concept: Concept) -> list[str]:
        """Aspects with one wording in each language: of several, any two need not say the same."""
        both = [concept, *(twin(concept, lang) for lang in LANGS if lang != self.lang)]
        return [a for a in concept.aspects if all(len(c.facts[a].wordings) == 1 for c in both)]

    def deepen(self, q: Question) -> Question:
        c = q.concept
        aspect = self.rng.choice([a for a in c.aspects if a not in q.aspects])
        if self.is_own(q):  # its subject may be another: the second half needs the name
            gap = "" if self.lang == "zh" else " "
            more = self.fill(self.rng.choice(self.phrasings(c, aspect)), c)
            return Question(q.text + gap + more, c, [*q.aspects, aspect])
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
            found = ["one", "short", "begin", *(() if self.is_own(q) else ("also", "also"))]
            if self.asks_for_word(q):
                found.append("word")
        if self.key_words(q) and not (q.aspects and self.is_own(q)):
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
        if self.is_own(q):
            return re.search(FOR_WORD[self.lang], q.text) is not None
        return aspect in (*PLACES, "when", "source")

    def key_words(self, q: Question) -> list[tuple[str, str]]:
        """(aspect, its short answer) of other facts, which an answer can be asked to contain."""
        if q.form or len(q.aspects) > 1:
            return []
        return [(a, w) for a, w in self.shorts(q.concept) if a not in q.aspects and a in KEY_WORDS]

    def forbidden(self, q: Question) -> list[tuple[str, str]]:
        """(aspect, word) that an answer can do without."""
        c = q.concept
        if q.form != "overview":
            return []
        needed = ["what"]
        said = " ".join(w for a in needed for w in c.facts[a].wordings) + q.text
        return [(a, w) for a, w in self.shorts(c) if a not in needed and not says(said, w)]

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
        if mutation == "BREADTH":
            return self.new_in_domain(q)
        asked = q.aspects[0] if q.aspects else None
        if q.form is not None or not asked:  # what it asks for, asked plainly
            plain = self.question(q.concept, asked)
        else:
            plain = q
        if mutation == "CONSTRAINTS":
            return self.constrain(q if q.form == "overview" else plain)
        if mutation == "DEEPENING":
            return self.deepen(plain)
        if mutation == "CONCRETIZING":
            if not asked:
                return self.specific(q.concept)
            own = {self.fill(t, q.concept) for t in self.own_questions(q.concept, asked)}
            if own := sorted(own - {q.text}):
                return Question(self.rng.choice(own), q.concept, [asked])
            return self.constrain(plain)
        if asked in (None, "what") and self.rng.random() < 0.5 and self.partners(q.concept):
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
