"""What a question that a model wrote by itself asks for: the composer, turned round.

`Reader(lang).read(text)` gives the `Question` that a composer could have written so, or None: then
the text is no question that the world answers, or is garbled. `training.measure` counts free
samples of the techniques by it, and grades the answers to them.
"""

import random
import re
from collections.abc import Iterator
from functools import cache

from training.composer import Composer
from training.grading import stated
from training.questions import Question
from training.teller import NUMBER
from training.world import Concept, by_id, load_groups, load_world

DEEPEST = 3  # constraints and second halves around one question


class Reader:
    """Reads questions in one language."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self.c = Composer(lang, random.Random(0), wide=True)
        self.words = self.c.phrases
        self.names = {c.name.lower(): c for c in load_world(lang)}
        self.numbers = {word: n for n, word in self.words["numbers"].items()}
        self.plain: dict[str, Question] = {}
        for concept in load_world(lang):
            for kind in ("questions", "held_out"):
                for frame in self.words["overview"][kind]:
                    text = self.c.fill(frame, concept)
                    made = Question(text, concept, [], "overview", pool=concept.aspects)
                    self.plain[text.lower()] = made
            for aspect in concept.aspects:
                for q in self.c.all_questions(concept, aspect):
                    self.plain[q.text.lower()] = q
        self.constraints = [
            (form, self.pattern(frame))
            for form, frames in self.words["constraints"].items()
            for frame in frames
        ]
        self.halves = [
            (aspect, self.pattern(frame))
            for aspect, words in self.words["aspects"].items()
            for frame in every(words["deepen"])
        ]
        self.clauses: dict[str, set[str]] = {}
        for aspect, words in self.words["aspects"].items():
            for clause in every(words["clause"]):
                for plural in (False, True):
                    text = self.c.fill(clause, Concept("", "", "", "", "", {}, plural=plural))
                    self.clauses.setdefault(text, set()).add(aspect)

    def pattern(self, frame: str) -> re.Pattern:
        """A template as a regular expression, its places as groups."""
        parts = re.split(r"\{(\w+)\}", frame)
        made = re.escape(parts[0])
        for place, text in zip(parts[1::2], parts[2::2], strict=True):
            if place.lower() in NUMBER and not (place == "s" and self.lang == "zh"):
                words = "|".join(dict.fromkeys(NUMBER[place.lower()]))
                group = f"(?:{words})" if place != "s" else "(?P<s>.+?|s?)"
            else:
                inner = r"\d+" if place == "k" else ".+?"
                group = f"(?P={place})" if f"(?P<{place}>" in made else f"(?P<{place}>{inner})"
            made += group + re.escape(text)
        gap = r"\\ ?" if self.lang == "zh" else None
        made = made.replace("\\ ", " ?") if gap else made
        if self.lang == "zh":  # the program puts spaces between scripts
            made = re.sub(r"(\(\?P<\w+>[^)]*\))", r" ?\1 ?", made)
        return re.compile(made, re.IGNORECASE)

    @cache  # noqa: B019  (a reader lives as long as the process)
    def read(self, text: str, depth: int = DEEPEST) -> Question | None:
        """The question that the text is, or None."""
        found = self.plain.get(text.lower()) or self.other_task(text)
        if found or not depth:
            return found
        return next(self.constrained(text, depth), None) or next(self.halved(text, depth), None)

    def matches(self, *path: str, text: str) -> Iterator[re.Match]:
        frames = self.words
        for key in path:
            frames = frames[key]
        for frame in frames:
            if m := self.pattern(frame).fullmatch(text):
                yield m

    def concept(self, m: re.Match, place: str = "x") -> Concept | None:
        groups = m.groupdict()
        name = groups.get(place) or groups.get(place.upper()) or ""
        return self.names.get(name.strip().lower())

    def other_task(self, text: str) -> Question | None:
        """A comparison, a list of facts, a riddle, a statement to check, …"""
        for m in self.matches("compare", "questions", text=text):
            one, two = self.concept(m), self.concept(m, "y")
            if one and two and one != two:
                return Question(text, one, ["what"], "compare", two)
        for m in self.matches("facts_list", "ask", text=text):
            n = self.numbers.get(m["n"].strip().lower())
            if n and (c := self.concept(m)):
                return Question(text, c, [], "facts", number=n, pool=c.aspects)
        for m in self.matches("riddle", "ask", text=text):
            if c := self.concept(m):
                return Question(text, c, [], "riddle", number=2, pool=c.aspects)
        for m in self.matches("steps", "ask", text=text):
            clauses = [self.clauses.get(m[k].strip(), set()) for k in "abc"]
            if (c := self.concept(m)) and all(clauses):
                aspects = [next((a for a in found if a in c.facts), "") for found in clauses]
                if all(aspects) and len(set(aspects)) == 3:
                    return Question(text, c, aspects, "steps", number=3)
        for kind in ("ask", "line", "except"):
            for m in self.matches("list_group", kind, text=text):
                for group in load_groups(self.lang):
                    if group.name == m["group"].strip():
                        first = by_id(self.lang)[group.members[0]]
                        return Question(text, first, [], "list_group")
        return self.about_statement(text)

    def about_statement(self, text: str) -> Question | None:
        """A sentence to check, to put right or to translate."""
        for kind, frames in (
            ("verify", self.words["verify"]["ask"]),
            ("correct", self.words["correct"]["ask"]),
            ("translate", self.words["translate"]["out"]),
        ):
            for frame in frames:
                head, _, tail = frame.partition("{s}")
                if not (text.startswith(head) and text.endswith(tail)):
                    continue
                said = text[len(head) : len(text) - len(tail)].strip()
                fact = stated(said, self.lang)
                if not fact:
                    continue
                named, _, owner = fact[0].partition("|")
                concept = by_id(self.lang)[named]
                right = not owner
                if (kind == "correct" and right) or (kind == "translate" and not right):
                    continue
                if fact[1] in concept.facts:
                    word = ("yes" if right else "no") if kind == "verify" else ""
                    return Question(text, concept, [fact[1]], kind, word=word)
        return None

    def inner(self, m: re.Match, depth: int) -> Question | None:
        groups = m.groupdict()
        if groups.get("Q"):
            return self.read(groups["Q"].strip(), depth - 1)
        if not groups.get("q"):
            return None
        marks = [groups["m"]] if groups.get("m") else ["?", ".", "？", "。"]
        found = (self.read(groups["q"].strip() + mark, depth - 1) for mark in marks)
        return next((q for q in found if q), None)

    def constrained(self, text: str, depth: int) -> Iterator[Question]:
        for form, pattern in self.constraints:
            m = pattern.fullmatch(text)
            q = m and self.inner(m, depth)
            if not q or q.form not in (None, "overview"):
                continue
            groups = {k: (v or "").strip() for k, v in m.groupdict().items()}
            number, aspects = 0, list(q.aspects)
            if form in ("one", "two", "three"):
                number = ("one", "two", "three").index(form) + 1
            elif "n" in groups:
                number = self.numbers.get(groups["n"].lower(), 0)
            elif "k" in groups:
                number = int(groups["k"]) if groups["k"].isdigit() else 0
            if form == "also":
                more = [a for a in self.clauses.get(groups["c"], ()) if a in q.concept.facts]
                if not more or more[0] in aspects:
                    continue
                yield Question(text, q.concept, [*aspects, more[0]], q.form, pool=q.pool)
                continue
            if form == "use":
                more = [a for a, w in self.c.shorts(q.concept) if w == groups["w"]]
                if not more:
                    continue
                aspects += [a for a in more[:1] if a not in aspects]
            if form == "word" and not (aspects and q.concept.facts[aspects[0]].short):
                continue  # no word answers that
            word = groups.get("w", "")
            yield Question(text, q.concept, aspects, form, None, number, word, q.pool)

    def halved(self, text: str, depth: int) -> Iterator[Question]:
        for aspect, pattern in self.halves:
            m = pattern.fullmatch(text)
            q = m and self.inner(m, depth)
            if q and aspect in q.concept.facts and aspect not in q.aspects and q.form is None:
                yield Question(text, q.concept, [*q.aspects, aspect])
        for mark in re.finditer(r"[?.？。] ?", text):  # two questions, one after the other
            one, two = (self.plain.get(part.lower().strip()) for part in cut_at(text, mark.end()))
            if one and two and one.concept == two.concept and one.aspects and two.aspects:
                if one.aspects != two.aspects:
                    yield Question(text, one.concept, [*one.aspects, *two.aspects])


def cut_at(text: str, place: int) -> tuple[str, str]:
    return text[:place], text[place:]


def every(frames) -> list[str]:
    """The templates of all types of things."""
    if isinstance(frames, dict):
        return list(dict.fromkeys(f for part in frames.values() for f in part))
    return frames
