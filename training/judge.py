"""Judging and mending in the corpus: verdicts with notes, scores, critiques and better answers."""

import math
import re
from collections.abc import Collection
from dataclasses import replace

from training import prompts
from training.grading import (
    ASPECTS,
    FALSE_TYPES,
    HELPFUL_TYPES,
    answer_lang,
    complexity,
    grade,
    rating,
    statements,
    too_brief,
    true_of,
)
from training.questions import Question, keeps_form
from training.texts import Message, turn
from training.world import by_id, without_article
from training.writer import Writer, dialogue

# ---- judging ----
RIGHT = ("none", "brief", "incomplete", "ignores_constraint")  # all that these answers say is true
Judged = tuple[str, str]  # an answer and its fault
# Faults that are learned slowest, as many times as often as others among the judged.
SEEN = {"garbled": 4, "brief": 4, "ignores_constraint": 3, "incomplete": 2, "repeated": 2}


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
        (fault,) = c.rng.choices(possible, [SEEN.get(f, 1) for f in possible])
    text = c.flawed(q, fault)
    return text, grade(text, q, c.lang)


def contrast(c: Writer, q: Question) -> list[Judged]:
    """The same answer twice, once with a wrong fact; the right one alone where that can't be."""
    state = c.rng.getstate()
    good = c.answer(q)
    bad = None
    if q.aspects and q.form not in ("translate", "verify", "correct"):
        aspect = c.rng.choice(q.aspects)
        wrong = c.swapped(q.concept, aspect, q.other)
        if wrong and not (q.form == "word" and not wrong.facts[aspect].short):
            c.rng.setstate(state)  # the same frames
            bad = c.answer(replace(q, concept=wrong))
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
        what = named(c, *said, asked=[concept for concept, _ in asked])
        parts.append(f"{what} {words['yes' if true_of(said, q) else 'no']}{again}")
    if seen & set(asked):  # else everything is missing
        parts += [words["missing"] + named(c, *fact) for fact in asked if fact not in seen]
    if form := form_named(c, q):
        kept = keeps_form(text, q, answer_lang(q, c.lang)) and not too_brief(list(seen), q)
        parts.append(f"{form} {words['yes' if kept else 'no']}")
    return words["says"] + words["between"].join(parts)


def named(c: Writer, concept: str, aspect: str, asked: Collection[str] = ()) -> str:
    """A fact's short name, "use of oven" / “用途 烤箱”; a word of the notes for what is no fact.

    What is said under a false name is noted as its owner's, so that the model says what it recalls
    ("use of stove") and needs not decide in one step that it is untrue of an oven. Where the owner
    is what was asked about, the false name is what tells.
    """
    words = c.phrases["notes"]["words"]
    if not concept:
        return words[aspect]
    subject, _, owner = concept.partition("|")
    shown = owner if owner and owner not in asked else subject
    name = without_article(by_id(c.lang)[shown].name)
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
        elif aspect == "instruction-following" and fault in FALSE_TYPES and mark > 2:
            reason = c.pick("rationales", "off_facts")
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
        return text if fault == "none" else c.answer(q)
    aspects = list(q.aspects)
    if fault == "none" and not c.is_own(q):
        rest = [a for a in q.concept.aspects if a not in (*aspects, "what")]
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
    if q.form == "translate":
        right = c.answer(q)
    elif q.other and not missing:
        right = c.sentence(q.other, "what")
    else:
        right = c.sentence(q.concept, (missing or aspects)[0])
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
    if fault in ("rude", "leak", "repeated") and q.free:  # its facts were sound: they stay
        facts = (a for owner, a in statements(text, q, c.lang) if owner == q.concept.id)
        told = list(dict.fromkeys(facts))
        if q.form == "overview" or len(told) == q.number:
            q = replace(q, aspects=told)
    return dialogue(prompt, text if fault == "none" else c.answer(q))
