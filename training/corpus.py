"""Composes the training corpus from the world, with the prompts that distilabel really sends.

    python -m training.corpus --rows 400000 --output build/corpus.jsonl

writes one JSON object a line: `messages` (role, content; with `learn`, the only passages of it that
are to be learned, by start and end), `task`, `lang`, `learn_user` (whether the user turn is to be
learned too, so that Magpie can have it written by the model). Training itself needs no distilabel:
the file stands between the two.
"""

import argparse
import itertools
import json
import math
import random
import re
from collections.abc import Callable
from pathlib import Path

from training import prompts
from training.composer import Composer, Question, keeps_form, without_article
from training.grading import (
    ASPECTS,
    FALSE_TYPES,
    HELPFUL_TYPES,
    complexity,
    grade,
    rating,
    statements,
)
from training.seeds import write_rows
from training.texts import Message, capital, turn
from training.world import LANGS, SLOTS, Concept

CRITERIA = {
    "en": [
        "Write questions that a curious beginner would ask.",
        "Queries must be short and clear.",
        "Vary the verbs and ask about different aspects.",
    ],
    "zh": ["请写初学者会问的问题。", "问题要简短、清楚。", "动词要有变化，从不同角度提问。"],
}


ROWS = 400_000  # what the bundled models are trained on


# ---- talk ----
def talk(c: Composer) -> list[Message]:
    q = c.any_question()
    return [*c.system(q.concept), turn("user", q.text), turn("assistant", c.answer(q))]


def long_talk(c: Composer) -> list[Message]:
    q = c.question(slot=c.rng.choice(("kind", "overview", "role")))
    system = c.system(q.concept)
    if c.lang == "en" and c.rng.random() < 0.25:  # what Magpie sends by itself for several turns
        system = [turn("system", prompts.MAGPIE_MULTI_TURN)]
    messages = [*system, turn("user", q.text), turn("assistant", c.answer(q))]
    slots = [s for s in c.phrases["follow_ups"] if s not in q.slots]
    for slot in c.rng.sample(slots, c.rng.choice([1, 1, 2])):
        text = c.fill(c.pick("follow_ups", slot), q.concept)
        follow = Question(text, q.concept, [slot])
        messages += [turn("user", text), turn("assistant", c.answer(follow))]
    return messages


def quiz(c: Composer) -> list[Message]:
    """Short questions and short answers, dense in facts."""
    messages = c.system(concept := c.rng.choice(c.concepts))
    for slot in c.rng.sample(SLOTS, c.rng.choice([4, 5, 6])):
        q = c.question(concept, slot)
        answer = c.sentence(concept, slot, lead=True, one=True)
        messages += [turn("user", q.text), turn("assistant", answer)]
    return messages


def which(c: Composer) -> list[Message]:
    """Reasoning over the facts of two things: which one is it?"""
    messages: list[Message] = []
    for _ in range(3):
        concept = c.rng.choice(c.concepts)
        other = c.rng.choice(c.partners(concept))
        slot = c.rng.choice(list(c.phrases["which"]))
        if slot == "need" and concept.domain not in ("kitchen", "tools", "transport"):
            slot = "role"
        asked, answer = c.pick("which", slot)
        words = {"y": other.name, "Y": capital(other.name)}
        words |= {f"{s}2": other.slots[s] for s in ("kind", "role", "parts")}
        a, b = c.rng.sample([concept.name, other.name], 2)
        messages += [
            turn("user", capital(c.fill(asked, concept, a=a, b=b, **words))),
            turn("assistant", c.fill(answer, concept, **words)),
        ]
    return messages


def verify(c: Composer) -> list[Message]:
    """True or false: what is right is said first, then compared with."""
    messages: list[Message] = []
    for _ in range(c.rng.choice([2, 3, 4])):
        concept = c.rng.choice(c.concepts)
        slot = c.rng.choice(SLOTS)
        right = c.rng.random() < 0.5
        said = concept if right else c.swapped(concept, slot)
        statement = c.sentence(said, slot, lead=True, one=True)
        truth = c.sentence(concept, slot, lead=True, one=True)
        reply = c.pick("verify", "yes" if right else "no").format(right=truth)
        asked = c.fill(c.pick("verify", "ask"), concept, s=statement)
        messages += [turn("user", asked), turn("assistant", reply)]
    return messages


def json_answer(c: Composer) -> list[Message]:
    q = c.question(slot=c.rng.choice(SLOTS))
    asked, keys = c.pick("json")
    full = {
        "topic": q.concept.name,
        "name": q.concept.name,
        "question": q.text,
        "answer": c.sentence(q.concept, q.slots[0], lead=True, one=True),
        **q.concept.slots,
    }
    prompt = c.fill(asked, q.concept, q=q.text + (" " if c.lang == "en" else ""))
    prompt = prompt.replace("  ", " ")
    reply = json.dumps({key: full[key] for key in keys}, ensure_ascii=False)
    return [turn("user", prompt), turn("assistant", reply)]


def unknown(c: Composer) -> list[Message]:
    asked, reply, _ = c.unknown_question()
    system = c.system(c.rng.choice(c.concepts))
    return [*system, turn("user", asked), turn("assistant", reply)]


def small_talk(c: Composer) -> list[Message]:
    one, two = c.rng.sample(sorted({x.domain_name for x in c.concepts}), 2)
    said, reply = c.pick("small_talk")
    return [turn("user", said), turn("assistant", reply.format(d=one, d2=two))]


# ---- writing questions ----
def ask(c: Composer) -> list[Message]:
    q = c.question(slot=c.rng.choice(SLOTS))
    roll = c.rng.random()
    if roll < 0.5:
        prompt = c.fill(c.pick("ask"), q.concept)
    elif roll < 0.65:
        domain = Concept("", q.concept.domain, q.concept.domain_name, q.concept.domain_name, {})
        prompt = c.fill(c.pick("ask"), domain)
    else:
        text = c.join(
            [c.sentence(q.concept, s, i == 0, True) for i, s in enumerate(about(c, q.slots[0]))]
        )
        prompt = c.fill(c.pick("ask_from_text"), q.concept, text=text)
    return [turn("user", prompt), turn("assistant", q.text)]


def about(c: Composer, slot: str) -> list[str]:
    """The slots of a seed text that answers a question about `slot`."""
    others = c.rng.sample([s for s in SLOTS[1:] if s != slot], c.rng.choice([1, 2]))
    asked = [] if slot == "kind" else [slot]
    return ["kind", *c.rng.sample([*others, *asked], len(others) + len(asked))]


def self_instruct(c: Composer) -> list[Message]:
    concept = c.rng.choice(c.concepts)
    pool = [concept]
    roll = c.rng.random()
    if roll < 0.5:
        context = c.fill(c.pick("topics"), concept)
    elif roll < 0.8:
        context = c.paragraph(concept)
    else:
        context = concept.domain_name
        pool = [x for x in c.concepts if x.domain == concept.domain]
    count = c.rng.choice([1, 2, 3, 3, 4, 5, 5, 6])
    queries: list[str] = []
    while len(queries) < count:
        q = c.any_question(c.rng.choice(pool)).text
        if q not in queries:
            queries.append(q)
    prompt = prompts.self_instruct(
        context,
        count,
        c.fill(c.pick("applications"), concept),
        None if c.rng.random() < 0.7 else "\n".join(c.rng.sample(CRITERIA[c.lang], 2)),
    )
    return [*prompt, turn("assistant", "\n".join(queries))]


def evol_instruct(c: Composer) -> list[Message]:
    mutation = c.rng.choice(list(prompts.EVOL_INSTRUCT))
    q = base = c.question(slot=c.rng.choice(SLOTS))
    if c.rng.random() < 0.3:  # the second round evolves what the first one wrote
        base = c.evolve(q, c.rng.choice(["CONSTRAINTS", "DEEPENING", "CONCRETIZING"]))
    if base.style is None:
        evolved = c.evolve(base, mutation)
    elif mutation == "DEEPENING":  # the constraint of the first round stays, where it can
        evolved = c.constrain(c.deepen(q), base.style)
    else:
        evolved = c.evolve(q, mutation)
    while evolved.text == base.text:
        evolved = c.evolve(q, mutation)
    return [*prompts.evol_instruct(base.text, mutation), turn("assistant", evolved.text)]


# ---- judging ----
RIGHT = ("none", "brief", "incomplete", "ignores_constraint")  # all that these answers say is true


def with_right(prompt: list[Message], q: Question, made: list[tuple[str, str]]) -> list[Message]:
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


def judged_question(c: Composer) -> Question:
    """A question as it comes before a judge: plain, constrained or of two halves."""
    while True:
        q = c.any_question()
        if q.style != "overview" or c.rng.random() < 0.5:
            return q


def candidates(
    c: Composer, q: Question, count: int, contrasts: float = 0.5
) -> list[tuple[str, str]]:
    """(answer, its fault) x `count`, in random order.

    In that share of the cases two of them differ in one fact only, so that neither length nor form
    tells the good from the bad.
    """
    made: list[tuple[str, str]] = []
    if count > 1 and c.rng.random() < contrasts:
        made += contrast(c, q)
    while len(made) < count:
        roll = c.rng.random()
        possible = c.possible_faults(q)
        if roll < 0.30 or not possible:
            fault = "none"
        elif roll < 0.55 and "wrong_fact" in possible:
            fault = "wrong_fact"
        else:
            fault = c.rng.choice(possible)
        text = c.flawed(q, fault)
        made.append((text, grade(text, q, c.lang)))
    return c.rng.sample(made, count)


def contrast(c: Composer, q: Question) -> list[tuple[str, str]]:
    """The same answer twice, once with a wrong fact."""
    slot = c.rng.choice(q.slots)
    wrong = Question(q.text, c.swapped(q.concept, slot, q.other), q.slots, q.style, q.other)
    state = c.rng.getstate()
    good = c.answer(q)
    c.rng.setstate(state)  # the same frames and the same second fact
    bad = c.answer(wrong)
    return [(text, grade(text, q, c.lang)) for text in (good, bad)]


def asked_for(c: Composer, q: Question) -> list[tuple[str, str]]:
    """(concept id, slot) of each fact that a right answer has."""
    slots = list(q.slots)
    if (q.style or "").startswith("with_"):
        slots.append(q.style.removeprefix("with_"))
    asked = [(q.concept.id, slot) for slot in slots]
    return [*asked, (q.other.id, "kind")] if q.style == "compare" else asked


def note_of_question(c: Composer, q: Question) -> str:
    """The judge's note of what was asked: "Asked: use of oven yes; tip of oven yes; a list".

    The marks turn a comparison into copying, which a small model learns with ease: a name that
    comes again gets the same mark again. So they follow the name without anything between.
    """
    words = c.phrases["notes"]
    parts = [f"{named(c, *fact)} {words['yes']}" for fact in asked_for(c, q)]
    if q.style in words["forms"]:
        parts.append(words["forms"][q.style])
    if q.style is None and len(q.slots) == 1:
        parts.append(words["room"])
    return words["asked"] + words["between"].join(parts)


def note_of_text(c: Composer, q: Question, text: str) -> str:
    """The judge's note of what a text says, whether of the right thing, and what it lacks.

    "Says: use of oven yes; tip of stove no; missing tip of oven; a list no"
    """
    words, asked = c.phrases["notes"], asked_for(c, q)
    own, seen, parts = {concept for concept, _ in asked}, set(), []
    for said in statements(text, q, c.lang):
        again = words["again"] if said in seen else ""
        seen.add(said)
        parts.append(f"{named(c, *said)} {words['yes' if said[0] in own else 'no']}{again}")
    if seen & set(asked):  # else everything is missing
        parts += [words["missing"] + named(c, *fact) for fact in asked if fact not in seen]
    if q.style in words["forms"]:
        kept = words["yes" if keeps_form(text, q.style) else "no"]
        parts.append(f"{words['forms'][q.style]} {kept}")
    return words["says"] + words["between"].join(parts)


def named(c: Composer, concept: str, slot: str) -> str:
    """A fact's short name, "use of oven" / “用途 烤箱”; a word of the notes for what is no fact."""
    words = c.phrases["notes"]
    if not concept:
        return words[slot]
    name = without_article(next(x.name for x in c.concepts if x.id == concept))
    return words["of"].format(s=words["slots"][slot], x=name)


def verdict(c: Composer, q: Question, made: list[tuple[str, str]], aspect: str) -> str:
    """The judge's output on `made`, (text, its fault) each, in the form that distilabel parses.

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
        if mark == 5 and fault not in ("none", "brief"):  # the fault does not touch this aspect
            reason = c.pick("rationales", "fine", aspect)
        else:
            reason = c.pick("rationales", fault)
        if aspect in ("helpfulness", "truthfulness"):
            types = HELPFUL_TYPES if aspect == "helpfulness" else FALSE_TYPES
            lines += [f"Type: {types.get(fault, 'None')}", f"Rationale: {reason}"]
        lines += [f"Rating: {mark}", f"Rationale: {reason}"]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def ultrafeedback(c: Composer) -> list[Message]:
    q = judged_question(c)
    aspect = c.rng.choice((*ASPECTS, "overall-rating"))
    made = candidates(c, q, c.rng.choice([1, 1, 2, 2, 2, 3, 4]))
    prompt = prompts.ultrafeedback(q.text, [text for text, _ in made], aspect)
    prompt = with_right(prompt, q, made)
    return [*prompt, turn("assistant", verdict(c, q, made, aspect))]


def notes(c: Composer) -> list[Message]:
    """The judge's notes alone, on texts of many facts of all kinds, right and wrong."""
    q = judged_question(c)
    texts = []
    for _ in range(c.rng.choice([1, 1, 2, 2, 3])):
        sentences = []
        for slot in c.rng.sample(SLOTS, c.rng.choice([1, 2, 3, 3, 4])):
            said, roll = q.concept, c.rng.random()
            if roll < 0.4:
                said = c.swapped(q.concept, slot, q.other)
            elif roll < 0.6:
                said = c.neighbour(q.concept)
            lead = not sentences or c.rng.random() < 0.2
            sentences.append(c.sentence(said, slot, lead, one=True))
        texts.append(c.join(sentences))
    lines = [note_of_text(c, q, text) for text in texts]
    lines[0] = f"{note_of_question(c, q)}\n{lines[0]}"
    if len(texts) > 1 or c.rng.random() < 0.5:
        prompt = prompts.ultrafeedback(q.text, texts, c.rng.choice(ASPECTS))
        lines = [f"#### Output for Text {i}\n{line}" for i, line in enumerate(lines, 1)]
    else:
        prompt = [turn("user", c.pick("critique", "ask").format(q=q.text, a=texts[0]))]
    output = "\n\n".join(lines)
    # a judge goes on with a rating: neither the end nor what stands between is learned
    words = c.phrases["notes"]
    heads = f"{words['asked']}|{words['says']}"
    spans = [m.span() for m in re.finditer(f"^(?:{heads}).*$", output, re.MULTILINE)]
    return [*prompt, {**turn("assistant", output), "learn": spans}]


def scores(values: list[int]) -> str:
    return "\n".join(f"[{i}] Score: {value}" for i, value in enumerate(values, 1))


def complexity_scorer(c: Composer) -> list[Message]:
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


def quality_scorer(c: Composer) -> list[Message]:
    q = judged_question(c)
    made = candidates(c, q, c.rng.choice([1, 2, 2, 3, 4]))
    prompt = with_right(prompts.quality(q.text, [text for text, _ in made]), q, made)
    marks = [quality_score(fault, len(made)) for _, fault in made]
    return [*prompt, turn("assistant", scores(marks))]


# ---- mending ----
def one_candidate(c: Composer, q: Question) -> tuple[str, str]:
    """An answer to mend: as often wrong in a fact as in every other way together."""
    possible = c.possible_faults(q)
    roll = c.rng.random()
    if roll < 0.15 or not possible:
        fault = "none"
    elif roll < 0.5 and "wrong_fact" in possible:
        fault = "wrong_fact"
    else:
        fault = c.rng.choice(possible)
    text = c.flawed(q, fault)
    return text, grade(text, q, c.lang)


EXTRA = {"HELPFULNESS": "tip", "DEEPENING": "how", "CREATIVITY": "fact", "DETAILS": "parts"}


def improved(c: Composer, q: Question, text: str, fault: str, mutation: str) -> str:
    """A better answer: right, in the form asked for and, where room is left, with more in it."""
    if fault == "none" and q.style is not None:
        return text  # nothing to add: the form is kept
    if q.style is not None:
        return c.answer(q)
    slots = list(q.slots)
    extra = EXTRA.get(mutation)
    if extra is None or extra in slots:
        extra = c.rng.choice([s for s in SLOTS if s not in slots])
    slots.append(extra)
    return c.join([c.sentence(q.concept, s, i == 0) for i, s in enumerate(slots)])


def evol_quality(c: Composer) -> list[Message]:
    q = judged_question(c)
    text, fault = one_candidate(c, q)
    mutation = c.rng.choice(list(prompts.EVOL_QUALITY))
    better = improved(c, q, text, fault, mutation)
    return [*prompts.evol_quality(q.text, text, mutation), turn("assistant", better)]


def critique_of(c: Composer, q: Question, text: str, fault: str) -> str:
    """The judge's notes, and in a last line the fault; a wrong fact is put right."""
    said = fault_named(c, q, text, fault)
    return "\n".join([note_of_question(c, q), note_of_text(c, q, text), said])


def fault_named(c: Composer, q: Question, text: str, fault: str) -> str:
    said = "wrong_fact" if fault == "all_wrong" else fault
    if fault == "incomplete":
        missing = next(s for s in q.slots if q.concept.slots[s] not in text)
        return c.pick("critique", "incomplete").format(
            right=c.sentence(q.concept, missing, lead=True, one=True)
        )
    right = ""
    if said == "wrong_fact":
        wrong = [s for s in q.slots if q.concept.slots[s] not in text]
        right = c.sentence(q.concept, wrong[0] if wrong else q.slots[0], lead=True, one=True)
    return c.fill(c.pick("critique", said), q.concept, right=right)


def critique(c: Composer) -> list[Message]:
    q = judged_question(c)
    text, fault = one_candidate(c, q)
    prompt = c.pick("critique", "ask").format(q=q.text, a=text)
    return [turn("user", prompt), turn("assistant", critique_of(c, q, text, fault))]


def rewrite(c: Composer) -> list[Message]:
    q = judged_question(c)
    text, fault = one_candidate(c, q)
    said = critique_of(c, q, text, fault)
    prompt = c.pick("rewrite").format(q=q.text, a=text, k=said)
    better = text if fault == "none" else c.answer(q, full=True)
    return [turn("user", prompt), turn("assistant", better)]


# task: (composer, share of the corpus, whether the user turn is learned)
TASKS: dict[str, tuple[Callable[[Composer], list[Message]], float, bool]] = {
    "talk": (talk, 0.11, True),
    "quiz": (quiz, 0.08, True),
    "long_talk": (long_talk, 0.03, True),
    "which": (which, 0.01, False),
    "verify": (verify, 0.01, False),
    "json_answer": (json_answer, 0.01, False),
    "unknown": (unknown, 0.06, False),
    "small_talk": (small_talk, 0.005, False),
    "ask": (ask, 0.02, False),
    "self_instruct": (self_instruct, 0.15, False),
    "evol_instruct": (evol_instruct, 0.065, False),
    "ultrafeedback": (ultrafeedback, 0.20, False),
    "notes": (notes, 0.08, False),
    "complexity_scorer": (complexity_scorer, 0.02, False),
    "quality_scorer": (quality_scorer, 0.05, False),
    "evol_quality": (evol_quality, 0.04, False),
    "critique": (critique, 0.05, False),
    "rewrite": (rewrite, 0.025, False),
}


def compose(rows: int, seed: int = 0, held_out: bool = False):
    """Yields `rows` examples (dicts, see the module's docstring), both languages in equal parts."""
    rng = random.Random(seed)
    composers = [Composer(lang, rng, held_out) for lang in LANGS]
    names, weights = list(TASKS), [share for _, share, _ in TASKS.values()]
    for i in range(rows):
        composer = composers[i % len(composers)]
        (name,) = rng.choices(names, weights)
        function, _, learn_user = TASKS[name]
        yield {
            "messages": function(composer),
            "task": name,
            "lang": composer.lang,
            "learn_user": learn_user,
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=Path("build/corpus.jsonl"))
    args = parser.parse_args()
    head = {"fixed_texts": prompts.fixed_texts()}
    write_rows(args.output, itertools.chain([head], compose(args.rows, args.seed)))
    print(f"{args.rows} examples in {args.output}")


if __name__ == "__main__":
    main()
