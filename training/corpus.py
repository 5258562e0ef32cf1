"""Composes the training corpus from the world, with the prompts that distilabel really sends.

    python -m training.corpus --rows 400000 --output build/corpus.jsonl
    python -m training.corpus --novice --rows 150000 --output build/novice.jsonl
    python -m training.corpus --rows 120000 --real build/real_answers.jsonl --seed 1 --output …

writes one JSON object a line: `messages` (role, content; with `learn`, the only passages of it that
are to be learned, by start and end), `task`, `lang`, `learn_user` (whether the user turn is to be
learned too, so that Magpie can have it written by the model). `--novice` composes for the weaker
model, whose answers are wrong now and then, in clean sentences; `--real` lets the judge read what
models really answered, see `training.answers`. Training itself needs no distilabel: the file stands
between the two.
"""

import argparse
import itertools
import json
import math
import random
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path

from training import prompts
from training.composer import (
    Composer,
    Message,
    Question,
    capital,
    keeps_form,
    listed,
    sentences,
)
from training.grading import (
    ASPECTS,
    FALSE_TYPES,
    HELPFUL_TYPES,
    answer_lang,
    complexity,
    facts_in,
    grade,
    rating,
    statements,
    true_of,
)
from training.seeds import write_rows
from training.world import (
    LANGS,
    Concept,
    Group,
    by_id,
    load_groups,
    load_sequences,
    twin,
    without_article,
)

ROWS = 400_000  # what the tutor is trained on
NOVICE_ROWS = 150_000


def turn(role: str, content: str) -> Message:
    return {"role": role, "content": content}


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
        return self.answer(replace(q, concept=replace(q.concept, facts=facts)), extra=False)


# how often a novice has which mistake, of the questions where it is possible
HABITS = {
    "en": {"wrong_fact": 0.30, "ignores_constraint": 0.4, "incomplete": 0.4},
    "zh": {"wrong_fact": 0.38, "ignores_constraint": 0.5, "incomplete": 0.5},
}


# ---- talk ----
def talk(c: Writer) -> list[Message]:
    q = c.any_question()
    return [*c.system(q.concept), *dialogue(q.text, c.reply(q))]


def quiz(c: Writer) -> list[Message]:
    """Short questions and short answers about one thing, dense in facts."""
    concept = c.rng.choice(c.concepts)
    messages = c.system(concept)
    count = min(len(concept.facts), c.rng.choice([4, 5, 6]))
    for aspect in c.rng.sample(concept.aspects, count):
        q = c.question(concept, aspect)
        messages += dialogue(q.text, c.reply(q) if c.novice else c.sentence(concept, aspect))
    return messages


def long_talk(c: Writer) -> list[Message]:
    """Two or three questions, of which the later ones refer back."""
    q = c.question() if c.rng.random() < 0.7 else c.overview()
    concept = q.concept
    system = c.system(concept)
    if c.lang == "en" and c.rng.random() < 0.2:  # what Magpie sends by itself for several turns
        system = [turn("system", prompts.MAGPIE_MULTI_TURN)]
    text = c.reply(q)
    said = [a for owner, a in facts_in(text, c.lang) if owner == concept.id] or ["what"]
    messages = [*system, *dialogue(q.text, text)]
    for _ in range(c.rng.choice([1, 1, 2])):
        kinds = ["follow", "follow", "follow", *turns_possible(c, concept, said, text)]
        kind = c.rng.choice(kinds)
        if kind == "follow":
            rest = [a for a in concept.aspects if a not in said]
            if not rest:
                break
            aspect = c.rng.choice(rest)
            said.append(aspect)
            asked = c.fill(c.rng.choice(c.phrasings(concept, aspect, "follow_ups")), concept)
            follow = Question(asked, concept, [aspect])
            text = c.confused(follow) if c.novice else c.sentence(concept, aspect, named=False)
        else:
            asked, text, concept = refer_back(c, kind, concept, said, text)
        messages += dialogue(asked, text)
        if concept != q.concept or kind == "translate":
            break
    return messages


def turns_possible(c: Writer, concept: Concept, said: list[str], text: str) -> list[str]:
    """The ways of `turns` in which one can go on after `text`."""
    parts, aspect = sentences(text), said[-1]
    if c.novice:
        return []
    kinds = ["more"]
    if len(parts) > 1:
        return [*kinds, "shorter", "list"]
    if any(aspect in other.facts for other in c.near(concept)):
        kinds.append("other")
    if len(concept.facts[aspect].wordings) > 1:
        kinds.append("reword")
    if concept.facts[aspect].short:
        kinds.append("word")
    return [*kinds, "translate"]


def refer_back(
    c: Writer, kind: str, concept: Concept, said: list[str], text: str
) -> tuple[str, str, Concept]:
    """(what the user says, the reply, what is talked about then)."""
    aspect, asked = said[-1], c.pick("turns", kind)
    if kind == "shorter":
        return asked, sentences(text)[0], concept
    if kind == "list":
        return asked, listed(sentences(text), "list"), concept
    if kind == "more":
        aspect = c.rng.choice([a for a in concept.aspects if a not in said] or [said[0]])
        said.append(aspect)
        return asked, c.sentence(concept, aspect, named=False), concept
    if kind == "other":
        other = c.rng.choice([o for o in c.near(concept) if aspect in o.facts])
        asked = c.fill(asked, concept, y=other.name)
        return asked, c.sentence(other, aspect), other
    if kind == "word":
        mark = "。" if c.lang == "zh" else "."
        return asked, capital(concept.facts[aspect].short) + mark, concept
    if kind == "translate":
        guest = c.guest()
        return asked, guest.sentence(twin(concept, guest.lang), aspect), concept
    others = [c.spoken(concept, w) for w in concept.facts[aspect].wordings]
    return asked, c.rng.choice([t for t in others if t != text] or others), concept


def which(c: Writer) -> list[Message]:
    """Whose fact is it?"""
    messages: list[Message] = []
    for _ in range(3):
        concept = c.rng.choice(c.concepts)
        aspects = [a for a in concept.aspects if c.unnamed_wordings(concept, a)]
        if not aspects:
            continue
        said = c.sentence(concept, c.rng.choice(aspects), named=False)
        names = c.rng.sample([concept.name, c.neighbour(concept).name], 2)
        a, b = names
        asked = c.fill(c.pick("which", "ask"), a=a, b=b, s=said)
        messages += dialogue(asked, c.fill(c.pick("which", "answer"), concept))
    return messages or talk(c)


def verify(c: Writer) -> list[Message]:
    """True or false: what is right is said first, then compared with. And putting right."""
    messages: list[Message] = []
    for _ in range(c.rng.choice([1, 2, 3])):
        kind = "verify" if c.rng.random() < 0.6 else "correct"
        q = c.verify(c.rng.choice(c.concepts), kind)
        messages += dialogue(q.text, c.answer(q))
    return messages


def unknown(c: Writer) -> list[Message]:
    asked, reply, _ = c.unknown_question()
    return [*c.system(c.rng.choice(c.concepts)), *dialogue(asked, reply)]


def small_talk(c: Writer) -> list[Message]:
    one, two = c.rng.sample(sorted({x.domain_name for x in c.concepts}), 2)
    said, reply = c.pick("small_talk")
    return dialogue(said, c.fill(reply, d=one, d2=two))


# ---- texts in other forms ----
def restyle(c: Writer) -> list[Message]:
    """A text is shortened, expanded, rewritten in a style or a form, or translated."""
    concept = c.rng.choice(c.concepts)
    kind = c.rng.choice(["shorten", "expand", "into", "out", "restyle", "restyle", "restyle"])
    if kind == "shorten":
        aspects = c.some(concept, c.rng.choice([2, 3, 4]))
        said = c.several(concept, aspects)
        return dialogue(c.fill(c.pick("shorten", "ask"), text=c.join(said)), said[0])
    if kind == "expand":
        said = c.several(concept, c.some(concept, 3))
        return dialogue(c.fill(c.pick("expand", "ask"), s=said[0]), c.join(said))
    if kind in ("into", "out"):
        return dialogue(*translated(c, concept, kind))
    style = c.rng.choice(list(c.phrases["restyle"]))
    ask = c.pick("restyle", style, "ask")
    if style in ("list", "numbered", "paragraph"):
        said = c.several(concept, c.some(concept, c.rng.choice([2, 3, 4])))
        whole, parts = c.join(said), listed(said, style)
        given, made = (listed(said, "list"), whole) if style == "paragraph" else (whole, parts)
        return dialogue(c.fill(ask, text=given), made)
    q = c.question(concept)
    said, lead = c.sentence(concept, q.aspects[0]), c.pick("restyle", style, "form")
    asked = c.fill(ask, s=said)
    if style == "qa":
        return dialogue(asked, c.fill(lead, Q=q.text, s=said))
    wording = next(w for w in concept.facts[q.aspects[0]].wordings if c.spoken(concept, w) == said)
    if wording[:3] not in ("{X}", "{x}") and not lead.split("{s}")[0].rstrip().endswith(
        ("?", "？")
    ):
        return dialogue(asked, c.fill(lead, s=said))
    inside = wording.replace("{X}", "{x}", 1) if ends_open(lead) else wording
    return dialogue(asked, c.fill(lead, s=c.spoken(concept, inside)))


def ends_open(lead: str) -> bool:
    """Whether a sentence goes on after these words, rather than begins."""
    return not lead.split("{s}")[0].rstrip().endswith(("?", ".", "？", "。"))


def translated(c: Writer, concept: Concept, kind: str) -> tuple[str, str]:
    """A sentence in one language and in the other; `kind` says in which the answer is."""
    guest = c.guest()
    aspect = c.rng.choice(concept.aspects)
    here, there = c.sentence(concept, aspect), guest.sentence(twin(concept, guest.lang), aspect)
    asked = c.pick("translate", kind)
    if kind == "into":
        return asked.replace("{s}", there), here
    return c.fill(asked, s=here), there


# ---- reading ----
def reading(c: Writer) -> list[Message]:
    """Answers from a passage, which may be about something that nobody knows."""
    concept = c.rng.choice(c.concepts)
    shown = concept
    strange = c.rng.random() < 0.5
    if strange:
        shown = replace(concept, name=c.stranger().name, plural=False)
    able = [a for a in concept.aspects if not strange or c.unnamed_wordings(concept, a)]
    if len(able) < 4:
        return reading(c)
    told = c.rng.sample(able, c.rng.choice([2, 3, 3, min(4, len(able) - 1)]))
    said = c.several(shown, told)
    if c.rng.random() < 0.3:  # something else stands there as well
        other = c.neighbour(concept)
        said += c.several(other, c.rng.sample(other.aspects, 2))
    text = c.join(said)
    messages: list[Message] = []
    for number in range(c.rng.choice([1, 1, 2])):
        missing = [a for a in concept.aspects if a not in told]
        absent = c.rng.random() < 0.35 and missing
        aspect = c.rng.choice(missing if absent else told)
        if strange:
            texts = c.phrasings(concept, aspect)
            asked = c.fill(c.rng.choice(texts), shown)
        else:
            asked = c.question(concept, aspect).text
        reply = c.pick("reading", "not_said") if absent else said[told.index(aspect)]
        if number == 0:
            asked = c.fill(c.pick("reading", "ask"), text=text, Q=asked)
        messages += dialogue(asked, reply)
    return messages


# ---- several things ----
def order(c: Writer) -> list[Message]:
    """Things are put in order, or one of them is asked for."""
    sequence = c.rng.choice(load_sequences(c.lang))
    items = list(sequence.items)
    words = {"title": sequence.title, "order": sequence.order}
    roll = c.rng.random()
    if roll < 0.6:
        given = c.rng.sample(items, len(items))
        gap = "、" if c.lang == "zh" else ", "
        asked = c.fill(c.pick("order", "ask"), items=gap.join(given), **words)
        return dialogue(capital(asked), listed([capital(i) for i in items], "numbered"))
    if roll < 0.85:
        asked, reply = c.pick("order", "after")
        i = c.rng.randrange(len(items) - 1)
        words |= {"a": items[i], "b": items[i + 1], "A": capital(items[i])}
    else:
        asked, reply = c.pick("order", "first")
        given = sorted(c.rng.sample(range(len(items)), 3))
        named = [items[i] for i in given]
        words |= {"a": named[0], "A": capital(named[0])}
        words["items"] = in_line(c, c.rng.sample(named, 3), last="or")
    return dialogue(capital(c.fill(asked, **words)), capital(c.fill(reply, **words)))


def in_line(c: Writer, items: list[str], last: str = "") -> str:
    """ "a, b or c" / “a、b、c”"""
    if c.lang == "zh":
        return "、".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}" if last else ", ".join(items)


def members(c: Writer, group: Group) -> list[Concept]:
    return [by_id(c.lang)[name] for name in group.members]


def odd(c: Writer) -> list[Message]:
    """The odd one out of three or four things of a group, and one that is not of it."""
    group = c.rng.choice(load_groups(c.lang))
    inside = c.rng.sample(members(c, group), min(len(group.members), c.rng.choice([3, 3, 4])))
    shared = set.intersection(*(set(x.groups) for x in inside))
    # what shares another group with all of them would be no odd one
    outside = [x for x in c.concepts if x.domain == group.domain and not shared & set(x.groups)]
    if not outside:
        return odd(c)
    stranger = c.rng.choice(outside)
    listing = c.rng.sample([*inside, stranger], len(inside) + 1)
    asked = c.fill(c.pick("odd", "ask"), items=in_line(c, [x.name for x in listing]))
    words = {"odd": stranger.name, "Odd": capital(stranger.name), "group": group.name}
    return dialogue(capital(asked), c.fill(c.pick("odd", "answer"), **words))


def list_group(c: Writer) -> list[Message]:
    """A list of things of a kind, with a number and perhaps one that is left out."""
    asked, things, line = group_question(c)
    picked = c.rng.sample(things, asked.number)
    names = [without_article(x.name) for x in picked]
    if line:
        gap = "、" if c.lang == "zh" else ", "
        text = capital(gap.join(names)) + ("。" if c.lang == "zh" else ".")
        return dialogue(asked.text, text)
    return dialogue(asked.text, listed([capital(n) for n in names], "list"))


def group_question(c: Writer, domain: str | None = None) -> tuple[Question, list[Concept], bool]:
    """(the question, the things that may be named, whether in one line)."""
    groups = [g for g in load_groups(c.lang) if domain in (None, g.domain)]
    group = c.rng.choice(groups)
    things = members(c, group)
    n = c.rng.choice([k for k in (2, 3, 3, 4, 5) if k < len(things)] or [2])
    kind = c.rng.choice(["ask", "ask", "line", "except"])
    left_out = c.rng.choice(things)
    words = {"n": c.number(n), "group": group.name, "y": left_out.name}
    text = c.fill(c.pick("list_group", kind), **words)
    if kind == "except":
        things = [x for x in things if x != left_out]
        n = min(n, len(things))
        text = c.fill(c.pick("list_group", kind), **{**words, "n": c.number(n)})
    return Question(text, left_out, [], "list_group", number=n), things, kind == "line"


def json_answer(c: Writer) -> list[Message]:
    """Facts as JSON: extracted from a text, known by heart, or an answer."""
    kind = c.rng.choice(["extract", "extract", "describe", "answer"])
    if kind == "answer":
        q = c.question()
        asked = c.fill(c.pick("json", "answer"), Q=q.text)
        full = {"question": q.text, "answer": c.sentence(q.concept, q.aspects[0])}
        keys = ["question", "answer"] if '"question"' in asked else ["answer"]
    else:
        concept = c.rng.choice(c.concepts)
        shorts = dict(c.shorts(concept))
        picked = c.rng.sample(list(shorts), min(len(shorts), c.rng.choice([2, 3, 3])))
        notes = {a: c.phrases["aspects"][a]["note"] for a in picked}
        full = {"name" if c.lang == "en" else "名称": without_article(concept.name)}
        full |= {notes[a]: shorts[a] for a in picked}
        keys = list(full)
        others = [a for a in concept.aspects if a not in shorts]
        told = [*picked, *c.rng.sample(others, min(len(others), 1))]
        told = sorted(told, key=concept.aspects.index)
        gap = "、" if c.lang == "zh" else ", "
        words = {"keys": gap.join(f'"{key}"' for key in keys)}
        words["text"] = c.join(c.several(concept, told))
        asked = c.fill(c.pick("json", kind), concept, **words)
    reply = json.dumps({key: full[key] for key in keys}, ensure_ascii=False)
    return dialogue(asked, reply)


# ---- writing questions ----
def ask(c: Writer) -> list[Message]:
    q = c.question()
    roll = c.rng.random()
    if roll < 0.5:
        prompt = c.fill(c.pick("ask"), q.concept)
    elif roll < 0.65:
        d = q.concept.domain_name
        prompt = c.fill(c.pick("ask"), x=d, X=capital(d))
    else:
        aspects = list(dict.fromkeys(["what", *q.aspects, c.rng.choice(q.concept.aspects)]))
        text = c.join(c.several(q.concept, aspects))
        prompt = c.fill(c.pick("ask_from_text"), q.concept, text=text)
    return dialogue(prompt, q.text)


def self_instruct(c: Writer) -> list[Message]:
    concept = c.rng.choice(c.concepts)
    pool = [concept]
    roll = c.rng.random()
    if roll < 0.4:
        context = c.fill(c.pick("topics"), concept)
    elif roll < 0.8:
        context = c.paragraph(concept)
    else:
        context = concept.domain_name
        pool = c.near(concept)
    count = c.rng.choice([1, 2, 3, 3, 4, 5, 5, 6])
    queries: list[str] = []
    asked: set = set()
    while len(queries) < count:
        q = c.any_question(c.rng.choice(pool))
        if len(pool) > 1 and c.rng.random() < 0.15:
            q = group_question(c, concept.domain)[0]
        key = (q.concept.id, *q.aspects, q.form)
        if q.text not in queries and key not in asked and "\n" not in q.text:
            queries.append(q.text)
            asked.add(key)
    criteria = "\n".join(c.rng.sample(c.phrases["criteria"], 2)) if c.rng.random() < 0.3 else None
    application = c.fill(c.pick("applications"), concept)
    prompt = prompts.self_instruct(context, count, application, criteria)
    return [*prompt, turn("assistant", "\n".join(queries))]


def evol_instruct(c: Writer) -> list[Message]:
    mutation = c.rng.choice(list(prompts.EVOL_INSTRUCT))
    q = c.question() if c.rng.random() < 0.8 else c.any_question()
    if c.rng.random() < 0.3:  # the second round evolves what the first one wrote
        q = c.evolve(q, c.rng.choice(["CONSTRAINTS", "DEEPENING", "CONCRETIZING"]))
    evolved = c.evolve(q, mutation)
    return [*prompts.evol_instruct(q.text, mutation), turn("assistant", evolved.text)]


# ---- judging ----
RIGHT = ("none", "brief", "incomplete", "ignores_constraint")  # all that these answers say is true
Judged = tuple[str, str]  # an answer and its fault


def with_right(prompt: list[Message], q: Question, made: list[Judged]) -> list[Message]:
    """The judge's prompt with its right answers marked, so that they are learned as answers too.

    Who expects the right answer while reading is surprised by a wrong one.
    """
    *before, last = prompt
    spans, end = [], last["content"].rfind(q.text) + len(q.text)
    for text, fault in made:
        start = last["content"].find(text, end)
        end = start + len(text)
        if fault in RIGHT:
            spans.append((start, end))
    return [*before, {**last, "learn": spans}]


def candidates(c: Writer, q: Question, count: int, contrasts: float = 0.5) -> list[Judged]:
    """Answers of all kinds with their faults, in random order.

    In that share of the cases two of them differ in one fact only, so that neither length nor form
    tells the good from the bad.
    """
    made: list[Judged] = []
    if count > 1 and c.rng.random() < contrasts:
        made += contrast(c, q)[:count]
    while len(made) < count:
        made.append(one_candidate(c, q, 0.35, 0.6))
    return c.rng.sample(made, count)


def one_candidate(c: Writer, q: Question, right: float, wrong: float) -> Judged:
    """An answer with its fault: flawless, wrong in a fact up to the share `wrong`, or any other."""
    possible, roll = c.possible_faults(q), c.rng.random()
    if roll < right or not possible:
        fault = "none"
    elif roll < wrong and "wrong_fact" in possible:
        fault = "wrong_fact"
    else:
        fault = c.rng.choice(possible)
    text = c.flawed(q, fault)
    return text, grade(text, q, c.lang)


def contrast(c: Writer, q: Question) -> list[Judged]:
    """The same answer twice, once with a wrong fact; the right one alone where that can't be."""
    state = c.rng.getstate()
    good = c.answer(q, extra=False)
    bad = None
    if q.aspects and q.form not in ("translate", "verify", "correct"):
        aspect = c.rng.choice(q.aspects)
        wrong = c.swapped(q.concept, aspect, q.other)
        if wrong and not (q.form == "word" and not wrong.facts[aspect].short):
            c.rng.setstate(state)  # the same frames
            bad = c.answer(replace(q, concept=wrong), extra=False)
    texts = [good] if bad is None else [good, bad]
    return [(text, grade(text, q, c.lang)) for text in texts]


def judged(c: Writer, most: int = 4) -> tuple[Question, list[Judged]]:
    """A question and its answers as a judge gets them: composed, or what models really wrote."""
    count = c.rng.choice([1, 1, 2, 2, 2, 3, most])
    if c.real and c.rng.random() < 0.5:
        row = c.rng.choice(c.real[c.lang])
        q = Question.from_row(row["question"], c.lang)
        picked = c.rng.sample(row["answers"], min(count, len(row["answers"])))
        texts = [answer["text"] for answer in picked]
        made = [(text, grade(text, q, c.lang)) for text in texts]
        if len(made) < count:
            made.append(one_candidate(c, q, 0.6, 0.8))
        return q, c.rng.sample(made, len(made))
    q = c.any_question()
    return q, candidates(c, q, count)


def asked_for(q: Question) -> list[tuple[str, str]]:
    """(concept id, aspect) of each fact that a right answer has; aspect "any" where all will do."""
    asked = [(q.concept.id, aspect) for aspect in q.aspects or ["any"]]
    return [*asked, (q.other.id, "what")] if q.other else asked


def form_named(c: Writer, q: Question) -> str:
    """The note of the form that was asked for, "list of three", or nothing."""
    form = {"facts": "list", "riddle": ""}.get(q.form, q.form)
    frame = c.phrases["notes"]["forms"].get(form)
    if not frame:
        return ""
    n = c.number(q.number) if q.number in range(1, 7) else ""
    return c.fill(frame, n=n, k=str(q.number), w=q.word)


def note_of_question(c: Writer, q: Question) -> str:
    """The judge's note of what was asked: "Asked: use of oven yes; care of oven yes; list of 3".

    The marks turn a comparison into copying, which a small model learns with ease: a name that
    comes again gets the same mark again. So they follow the name without anything between.
    """
    words = c.phrases["notes"]["words"]
    parts = [f"{named(c, *fact)} {words['yes']}" for fact in asked_for(q)]
    if form := form_named(c, q):
        parts.append(form)
    return words["asked"] + words["between"].join(parts)


def note_of_text(c: Writer, q: Question, text: str) -> str:
    """The judge's note of what a text says, whether of the right thing, and what it lacks.

    "Says: use of oven yes; care of stove no; missing care of oven; list of 3 no"
    """
    words, asked = c.phrases["notes"]["words"], asked_for(q)
    seen, parts = set(), []
    for said in statements(text, q, c.lang):
        again = words["again"] if said in seen and said[0] else ""
        if said in seen and not said[0]:
            continue
        seen.add(said)
        parts.append(f"{named(c, *said)} {words['yes' if true_of(said, q) else 'no']}{again}")
    if seen & set(asked):  # else everything is missing
        parts += [words["missing"] + named(c, *fact) for fact in asked if fact not in seen]
    if form := form_named(c, q):
        kept = words["yes" if keeps_form(text, q, answer_lang(q, c.lang)) else "no"]
        parts.append(f"{form} {kept}")
    return words["says"] + words["between"].join(parts)


def named(c: Writer, concept: str, aspect: str) -> str:
    """A fact's short name, "use of oven" / “用途 烤箱”; a word of the notes for what is no fact."""
    words = c.phrases["notes"]["words"]
    if not concept:
        return words[aspect]
    name = without_article(by_id(c.lang)[concept.split("|")[0]].name)
    if aspect == "any":
        return words["any"].replace("{x}", name)
    note = c.phrases["aspects"][aspect]["note"]
    return words["of"].replace("{s}", note).replace("{x}", name)


def verdict(c: Writer, q: Question, made: list[Judged], aspect: str) -> str:
    """The judge's output on `made` in the form that distilabel parses.

    Before it rates, the judge notes what was asked and what each text says, a fact by whose it is:
    a model this small knows well of what a statement is true, yet can't tell a false one while it
    reads, nor compare two long passages. The notes stand where distilabel's parser looks past them.
    """
    blocks = []
    for number, (text, fault) in enumerate(made, 1):
        lines = [f"#### Output for Text {number}"]
        if number == 1:
            lines.append(note_of_question(c, q))
        lines.append(note_of_text(c, q, text))
        mark = rating(fault, aspect)
        if mark == 5 and fault != "none":  # the fault does not touch this aspect
            fine = c.phrases["rationales"]["fine"].get(aspect)
            reason = c.rng.choice(fine) if fine else c.pick("rationales", "none")
        else:
            reason = c.pick("rationales", fault)
        if aspect in ("helpfulness", "truthfulness"):
            types = HELPFUL_TYPES if aspect == "helpfulness" else FALSE_TYPES
            lines += [f"Type: {types.get(fault, 'None')}", f"Rationale: {reason}"]
        lines += [f"Rating: {mark}", f"Rationale: {reason}"]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def ultrafeedback(c: Writer) -> list[Message]:
    q, made = judged(c)
    aspect = c.rng.choice((*ASPECTS, "overall-rating", "overall-rating"))
    prompt = prompts.ultrafeedback(q.text, [text for text, _ in made], aspect)
    prompt = with_right(prompt, q, made)
    return [*prompt, turn("assistant", verdict(c, q, made, aspect))]


def notes(c: Writer) -> list[Message]:
    """The judge's notes alone, on texts of many facts of all kinds, right and wrong."""
    q = c.any_question()
    while q.form in ("word", "translate"):
        q = c.any_question()
    texts = []
    for _ in range(c.rng.choice([1, 1, 2, 2, 3])):
        said: list[str] = []
        concept = q.concept
        for aspect in c.rng.sample(concept.aspects, c.rng.choice([1, 2, 3, 3, 4])):
            about, roll = concept, c.rng.random()
            if roll < 0.4:
                about = c.swapped(concept, aspect, q.other) or concept
            elif roll < 0.6:
                near = [x for x in c.near(concept) if aspect in x.facts]
                about = c.rng.choice(near) if near else concept
            said.append(c.sentence(about, aspect, not said or c.rng.random() < 0.2))
        texts.append(c.join(said))
    lines = [note_of_text(c, q, text) for text in texts]
    lines[0] = f"{note_of_question(c, q)}\n{lines[0]}"
    if len(texts) > 1 or c.rng.random() < 0.5:
        prompt = prompts.ultrafeedback(q.text, texts, c.rng.choice(ASPECTS))
        lines = [f"#### Output for Text {i}\n{line}" for i, line in enumerate(lines, 1)]
    else:
        prompt = [turn("user", critique_prompt(c, q, texts[0]))]
    output = "\n\n".join(lines)
    # a judge goes on with a rating: neither the end nor what stands between is learned
    words = c.phrases["notes"]["words"]
    heads = f"{words['asked']}|{words['says']}"
    spans = [m.span() for m in re.finditer(f"^(?:{heads}).*$", output, re.MULTILINE)]
    return [*prompt, {**turn("assistant", output), "learn": spans}]


def scores(values: list[int]) -> str:
    return "\n".join(f"[{i}] Score: {value}" for i, value in enumerate(values, 1))


def complexity_scorer(c: Writer) -> list[Message]:
    concept = c.rng.choice(c.concepts)
    near = c.rng.random() < 0.5  # the evolutions of one question, or any questions
    asked = [
        c.any_question(concept if near else None) for _ in range(c.rng.choice([1, 2, 3, 3, 4, 5]))
    ]
    prompt = prompts.complexity([q.text for q in asked])
    levels = [min(complexity(q), len(asked) + 1) for q in asked]  # the template's scale
    return [*prompt, turn("assistant", scores(levels))]


def quality_score(fault: str, count: int) -> int:
    """1 to the number of responses, and one more for the flawless, as the template wants it."""
    return count + 1 if fault == "none" else math.ceil(rating(fault) * count / 4)


def quality_scorer(c: Writer) -> list[Message]:
    """Scores at once: the form has no room for notes, so wrong facts are hardly noticed here."""
    q, made = judged(c)
    prompt = with_right(prompts.quality(q.text, [text for text, _ in made]), q, made)
    return [*prompt, turn("assistant", scores([quality_score(f, len(made)) for _, f in made]))]


# ---- mending ----
EXTRA = {"HELPFULNESS": "advice", "CREATIVITY": "wonder", "DETAILS": "parts", "DEEPENING": "works"}


def improved(c: Writer, q: Question, text: str, fault: str, mutation: str) -> str:
    """A better answer: right, in the form asked for and, where room is left, with one fact more."""
    if q.form is not None:
        return text if fault == "none" else c.answer(q, extra=False)
    aspects = list(q.aspects)
    if fault == "none" or c.rng.random() < 0.5:
        rest = [a for a in q.concept.aspects if a not in aspects]
        wanted = EXTRA.get(mutation)
        aspects.append(wanted if wanted in rest else c.rng.choice(rest))
    return c.join(c.several(q.concept, aspects))


def evol_quality(c: Writer) -> list[Message]:
    q = c.any_question()
    text, fault = one_candidate(c, q, 0.2, 0.5)
    mutation = c.rng.choice(list(prompts.EVOL_QUALITY))
    better = improved(c, q, text, fault, mutation)
    return [*prompts.evol_quality(q.text, text, mutation), turn("assistant", better)]


def critique_prompt(c: Writer, q: Question, text: str) -> str:
    return c.fill(c.pick("critique", "ask"), q=q.text, a=text)


def critique_of(c: Writer, q: Question, text: str, fault: str) -> str:
    """The judge's notes, and in a last line the fault; a wrong fact is put right."""
    said = fault_named(c, q, text, fault)
    return "\n".join([note_of_question(c, q), note_of_text(c, q, text), said])


def fault_named(c: Writer, q: Question, text: str, fault: str) -> str:
    said = "wrong_fact" if fault == "all_wrong" else fault
    told = statements(text, q, c.lang)
    aspects = q.aspects or ["what", *(a for a in q.concept.aspects if a != "what")][:2]
    missing = [a for a in aspects if (q.concept.id, a) not in told]
    right = c.sentence(q.concept, (missing or aspects)[0])
    if q.other and not missing:
        right = c.sentence(q.other, "what")
    return c.fill(c.pick("critique", "says", said), q.concept, right=right)


def critiqued(c: Writer) -> tuple[Question, str, str]:
    q = c.any_question()
    if c.real and c.rng.random() < 0.3:
        row = c.rng.choice(c.real[c.lang])
        q = Question.from_row(row["question"], c.lang)
        text = c.rng.choice(row["answers"])["text"]
        return q, text, grade(text, q, c.lang)
    return q, *one_candidate(c, q, 0.15, 0.5)


def critique(c: Writer) -> list[Message]:
    q, text, fault = critiqued(c)
    return dialogue(critique_prompt(c, q, text), critique_of(c, q, text, fault))


def rewrite(c: Writer) -> list[Message]:
    q, text, fault = critiqued(c)
    said = critique_of(c, q, text, fault)
    prompt = c.fill(c.pick("rewrite"), q=q.text, a=text, k=said)
    return dialogue(prompt, text if fault == "none" else c.answer(q, extra=False))


@dataclass(frozen=True)
class Task:
    """One task of the corpus: its composer, and its shares of the tutor's and novice's rows."""

    compose: Callable[[Writer], list[Message]]
    share: float
    novice: float = 0.0
    learn_user: bool = False


TASKS: dict[str, Task] = {
    "talk": Task(talk, 0.13, 0.42, True),
    "quiz": Task(quiz, 0.09, 0.30, True),
    "long_talk": Task(long_talk, 0.03, 0.05, True),
    "which": Task(which, 0.01),
    "verify": Task(verify, 0.02),
    "unknown": Task(unknown, 0.05, 0.03),
    "small_talk": Task(small_talk, 0.005, 0.005),
    "restyle": Task(restyle, 0.035, 0, True),
    "reading": Task(reading, 0.03),
    "order": Task(order, 0.012, 0, True),
    "odd": Task(odd, 0.012, 0, True),
    "list_group": Task(list_group, 0.012, 0.01, True),
    "json_answer": Task(json_answer, 0.015),
    "ask": Task(ask, 0.02, 0.02),
    "self_instruct": Task(self_instruct, 0.13, 0.10),
    "evol_instruct": Task(evol_instruct, 0.065, 0.03),
    "ultrafeedback": Task(ultrafeedback, 0.19),
    "notes": Task(notes, 0.06),
    "complexity_scorer": Task(complexity_scorer, 0.02),
    "quality_scorer": Task(quality_scorer, 0.03),
    "evol_quality": Task(evol_quality, 0.035, 0.02),
    "critique": Task(critique, 0.045),
    "rewrite": Task(rewrite, 0.025, 0.015),
}


PART = 5_000  # rows with a generator of their own, so that parts can be composed side by side


def compose(
    rows: int,
    seed: int = 0,
    held_out: bool = False,
    novice: bool = False,
    real: Path | None = None,
) -> Iterator[dict]:
    """Yields `rows` examples (dicts, see the module's docstring), both languages in equal parts."""
    for part, size in parts_of(rows):
        yield from compose_part(f"{seed}-{part}", size, held_out, novice, real)


def parts_of(rows: int) -> list[tuple[int, int]]:
    """(number, rows) of each part.

    >>> parts_of(12_000)
    [(0, 5000), (1, 5000), (2, 2000)]
    """
    return [(start // PART, min(PART, rows - start)) for start in range(0, rows, PART)]


def compose_part(
    seed: str, rows: int, held_out: bool, novice: bool, real: Path | None
) -> list[dict]:
    rng = random.Random(seed)
    answers = read_real(real) if real else {}
    writers = [Writer(lang, rng, held_out, novice=novice, real=answers) for lang in LANGS]
    weights = [task.novice if novice else task.share for task in TASKS.values()]
    made = []
    for i in range(rows):
        writer = writers[i % len(writers)]
        (name,) = rng.choices(list(TASKS), weights)
        made.append(
            {
                "messages": TASKS[name].compose(writer),
                "task": name,
                "lang": writer.lang,
                "learn_user": TASKS[name].learn_user,
            }
        )
    return made


@cache
def read_real(path: Path) -> dict[str, list[dict]]:
    """What models really answered, by language: rows of `training.answers`."""
    found: dict[str, list[dict]] = {lang: [] for lang in LANGS}
    with path.open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            if row["question"]["concept"] in by_id(row["lang"]):
                found[row["lang"]].append(row)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, help=f"default: {ROWS}, for a novice {NOVICE_ROWS}")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--novice", action="store_true", help="for the weaker model")
    parser.add_argument("--real", type=Path, help="what models really answered, for the judge")
    parser.add_argument("--output", type=Path, help="default: build/corpus.jsonl or novice.jsonl")
    args = parser.parse_args()
    rows = args.rows or (NOVICE_ROWS if args.novice else ROWS)
    name = "novice" if args.novice else "corpus"
    output = args.output or Path("build") / f"{name}.jsonl"
    head = {"fixed_texts": prompts.fixed_texts()}
    # as `compose`, a part on each core
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        parts = [
            pool.submit(compose_part, f"{args.seed}-{part}", size, False, args.novice, args.real)
            for part, size in parts_of(rows)
        ]
        made = itertools.chain.from_iterable(part.result() for part in parts)
        write_rows(output, itertools.chain([head], made))
    print(f"{rows} examples in {output}")


if __name__ == "__main__":
    main()
