"""Tells the world's facts as sentences, in one language, from a seeded generator."""

import random
import re
import zlib
from dataclasses import dataclass, field, replace

from training.texts import capital, inner, kept_back, says, size, spaced
from training.world import Concept, bare, load_phrases, load_world

# What follows a name that no pronoun can stand for: "of the fourth century", “的果实”.
NO_SUBJECT = {"en": r" (of|in|from|with|at|on|for|and|by)\b|'", "zh": "[的里上中身，、和与跟]"}
# Aspects in which a neighbour's fact is often true of this concept, too.
SHARED = ("used_in", "care", "advice")
NUMBER = {  # what stands in the places of English phrasings, for one thing and for a plural name
    "is": ("is", "are"), "does": ("does", "do"), "has": ("has", "have"), "was": ("was", "were"),
    "s": ("s", ""), "es": ("es", ""), "it": ("it", "they"), "its": ("its", "their"),
    "them": ("it", "them"),
}  # fmt: skip  # fmt: skip


@dataclass
class Teller:
    """Words and sentences of one language, from a seeded random generator."""

    lang: str
    rng: random.Random
    held_out: bool = False  # use phrasings, concept pairs and faults that training never sees
    wide: bool = False  # ask in the phrasings of more.yaml, too
    concepts: tuple[Concept, ...] = field(init=False)
    phrases: dict = field(init=False)

    def __post_init__(self) -> None:
        self.concepts = load_world(self.lang)
        self.phrases = load_phrases(self.lang)

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
            kind = re.sub(r"^an? ", "the ", concept.name)  # "the piano", all pianos
            words |= {"the": kind, "The": capital(kind)}
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

    def phrasings(self, concept: Concept, aspect: str, kind: str = "") -> list[str]:
        """How an aspect of such a concept is asked about; `kind` is a key of aspects.yaml.

        Without the questions that `not_for_….yaml` says can't be asked of it.
        With `wide`, to the first questions come those of more.yaml: ways in which people ask, good
        to be understood, but not always well put for each thing.
        """
        kind = kind or ("held_out" if self.held_out else "questions")
        found = self.phrases["aspects"][aspect][kind]
        keys = [concept.id, *concept.groups, concept.type]
        if isinstance(found, dict):
            found = next(found[key] for key in (*keys, "default") if key in found)
        not_for = self.phrases["not_for"]
        found = [text for text in found if not set(not_for.get(text, ())) & set(keys)]
        if kind == "questions" and self.wide:
            found = [*found, *self.phrases["aspects"][aspect].get("more", [])]
        return found

    def own_questions(self, concept: Concept, aspect: str) -> list[str]:
        """A fact's own questions. Of every third fact one is held out."""
        asks = concept.facts[aspect].ask
        key = zlib.crc32(f"ask|{concept.id}|{aspect}".encode())
        out = [asks[key // 3 % len(asks)]] if len(asks) > 1 and key % 3 == 0 else []
        return out if self.held_out else [ask for ask in asks if ask not in out]

    def clause(self, aspect: str, concept: Concept) -> str:
        """An aspect as a clause, "what it is used for"."""
        return self.fill(self.rng.choice(self.phrasings(concept, aspect, "clause")), concept)

    def shorts(self, concept: Concept) -> list[tuple[str, str]]:
        return [(a, f.short) for a, f in concept.facts.items() if f.short]

    # ---- sentences ----
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
            if "{" in rest or self.names(rest, concept):
                continue
            if start and re.match(NO_SUBJECT[self.lang], rest):
                continue
            if aspect == "what" and self.lang == "zh":  # “是……的鱼” needs its subject
                continue
            found.append(wording)
        return found

    def names(self, text: str, concept: Concept) -> bool:
        """Whether a text has the concept's name, in English in the plural, too."""
        name = bare(concept.name)
        forms = [name]
        if self.lang == "en":
            forms += [f"{name}s", f"{name}es", f"{name[:-1]}ies"]
        return any(says(text, form) for form in forms)

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
            if not begun and self.lang == "en" and not lead.startswith("Step"):
                lead = "{s}"  # "Finally, don't"; a lead suits every Chinese sentence
            wordings = begun or wordings
        wording = self.rng.choice(wordings)
        if not lead or lead == "{s}":
            return self.spoken(concept, wording, named)
        begins = lead.startswith("Step") or lead.rstrip("{s}").rstrip()[-1:] in ("?", ".")
        inside = wording if begins else inner(wording)
        return self.fill(lead, s=self.spoken(concept, inside, named))

    def several(self, concept: Concept, aspects: list[str], **more) -> list[str]:
        """The facts as sentences, of which the first names the concept; so does one that follows
        a sentence with another subject."""
        said: list[str] = []
        named = True
        for aspect in aspects:
            said.append(self.sentence(concept, aspect, named, **more))
            named = not self.leads_on(concept, aspect, said[-1])
        return said

    def leads_on(self, concept: Concept, aspect: str, text: str) -> bool:
        """Whether the next sentence's "it", or in Chinese its missing subject, is the concept."""
        for wording in concept.facts[aspect].wordings:
            if text not in (self.spoken(concept, wording), self.spoken(concept, wording, False)):
                continue
            if self.lang == "en":
                return re.search(r"\{([xX]|[tT]he)\}", wording) is not None
            rest = wording.removeprefix("{x}")
            return rest != wording and not re.match(f"{NO_SUBJECT['zh']}|最", rest)
        return True

    def some(self, concept: Concept, count: int) -> list[str]:
        """What it is, and other aspects, in the order in which they stand in the world."""
        others = [a for a in concept.aspects if a != "what"]
        picked = self.rng.sample(others, min(count - 1, len(others)))
        return ["what", *sorted(picked, key=concept.aspects.index)]

    def join(self, sentences: list[str]) -> str:
        return ("" if self.lang == "zh" else " ").join(sentences)

    # ---- wrong facts ----
    def donors(self, concept: Concept, aspect: str) -> list[Concept]:
        """Concepts whose fact of that aspect is false of this one, as far as it can be seen."""
        fact = concept.facts[aspect]

        def able(c: Concept) -> bool:
            given = c.facts.get(aspect)
            return (
                given is not None
                and c.id != concept.id
                and not (given.short and fact.short and says(given.short, fact.short))
                and not any(self.names(w, x) for w in given.wordings for x in (c, concept))
                and all(re.search(r"\{([xX]|[tT]he)\}", w) for w in given.wordings)  # else its own
                and kept_back("wrong_fact", concept.id, aspect, c.id) == self.held_out
            )

        if aspect in SHARED:
            return []
        found = [c for c in self.near(concept) if able(c)] or [
            c for c in self.concepts if c.type == concept.type and able(c)
        ]
        # "bones picks up oxygen" gives itself away
        return [c for c in found if self.lang == "zh" or c.plural == concept.plural]

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
