"""Talks, texts, lists and questions of the corpus: every task but judging and mending."""

import itertools
import json
import re
from dataclasses import replace

from training import prompts
from training.grading import facts_in
from training.questions import PLACES, VALUES, Question
from training.texts import Message, capital, listed, sentences, size, turn
from training.world import Concept, Group, by_id, load_groups, load_sequences, twin, without_article
from training.writer import Writer, dialogue


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
        own = len(messages) == len(system) + 2 and c.is_own(q)
        kinds = ["follow", "follow", "follow", *turns_possible(c, q, own, said, text)]
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


def turns_possible(c: Writer, q: Question, own: bool, said: list[str], text: str) -> list[str]:
    """The ways of `turns` in which one can go on after `text`; `own`: the answer to a fact's own
    question, `q`, which can't be asked about another thing."""
    concept, parts, aspect = q.concept, sentences(text), said[-1]
    if c.novice:
        return []
    kinds = ["more"]
    if len(parts) > 1:
        return [*kinds, "shorter", *(() if "\n" in text else ("list",))]
    if not own and any(aspect in other.facts for other in c.near(concept)):
        kinds.append("other")
    if len(concept.facts[aspect].wordings) > 1:
        kinds.append("reword")
    if c.asks_for_word(q) if own else concept.facts[aspect].short and aspect in VALUES:
        kinds.append("word")
    return [*kinds, "translate"] if aspect in c.translatable(concept) else kinds


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
        rest = [a for a in concept.aspects if a not in (*said, "what")]
        aspect = c.rng.choice(rest or [said[0]])
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
        # "it" or "they" in the sentence shall not tell
        near = [o for o in c.near(concept) if o.plural == concept.plural] or c.near(concept)
        names = c.rng.sample([concept.name, c.rng.choice(near).name], 2)
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
    styles = [s for s in c.phrases["restyle"] if s != "child" or concept.domain != "synthetic_data"]
    style = c.rng.choice(styles)
    ask = c.pick("restyle", style, "ask")
    if style in ("list", "numbered", "paragraph"):
        said = c.several(concept, c.some(concept, c.rng.choice([2, 3, 4])))
        whole, parts = c.join(said), listed(said, style)
        given, made = (listed(said, "list"), whole) if style == "paragraph" else (whole, parts)
        return dialogue(c.fill(ask, text=given), made)
    q = restyled(c, concept, style)
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


NOTICES = ("advice", "care", "danger", "trouble", "limits", "injury", "choose", "watch")


def restyled(c: Writer, concept: Concept, style: str) -> Question:
    """The question whose answer is put into a style: notices warn, what is told friends surprises.
    The question itself is the model's own in a quiz card, and so in well-put words."""
    notices = [a for a in concept.aspects if a in NOTICES]
    others = [a for a in concept.aspects if a not in (*NOTICES, "what")]
    aspects = {"formal": notices, "chatty": others, "child": others}.get(style) or concept.aspects
    wide, c.wide = c.wide, False
    q = c.question(concept, c.rng.choice(aspects))
    while style == "qa" and not re.fullmatch("[^.,?。，？：:]+[?？]", q.text):
        q = c.question(concept, c.rng.choice(aspects))
    c.wide = wide
    return q


def ends_open(lead: str) -> bool:
    """Whether a sentence goes on after these words, rather than begins."""
    return not lead.split("{s}")[0].rstrip().endswith(("?", ".", "？", "。"))


def translated(c: Writer, concept: Concept, kind: str) -> tuple[str, str]:
    """A sentence in one language and in the other; `kind` says in which the answer is."""
    guest = c.guest()
    aspect = c.rng.choice(c.translatable(concept))
    here, there = c.sentence(concept, aspect), guest.sentence(twin(concept, guest.lang), aspect)
    asked = c.pick("translate", kind)
    if kind == "into":
        return asked.replace("{s}", there), here
    return c.fill(asked, s=here), there


# ---- reading ----
# Aspects that answer each other's questions: where one is told, none of the others is "not said".
FAMILIES: tuple[set[str], ...] = (
    {"sited", "used_in", "use", "origin", *PLACES},
    {"origin", "story", "made", "forms", "source", "cause", "grows", "breeds", "done"},
    {*NOTICES, "illness", "threat", "remedy", "mistake"},
    {"looks", "parts", "made", "taste", "eaten", "signs"},
    {"use", "job", "works", "done", "played", "sounds", "effect", "example", "usage", "meaning"},
    {"eaten", "eaten_at", "taste", "feeds", "choose", "custom"},
    {"seen", "spot", "watch", "when", "looks", "grows"},
)


def not_told(concept: Concept, told: list[str]) -> list[str]:
    """Aspects that a passage on others leaves unanswered, however they are asked about."""
    near = set().union(*(f for f in FAMILIES if f & set(told)))
    return [a for a in concept.aspects if a not in (*told, *near, "what", "wonder", "advice")]


def reading(c: Writer) -> list[Message]:
    """Answers from a passage, which may be about something that nobody knows."""
    concept = c.rng.choice(c.concepts)
    shown = concept
    strange = c.rng.random() < 0.5 and not concept.plural  # an invented name is of one thing
    if strange:
        name = c.made_up_name()  # no word: else what is told of it would be false
        shown = replace(concept, name=f"“{name}”" if c.lang == "zh" else name)
    able = [a for a in concept.aspects if not strange or c.unnamed_wordings(concept, a)]
    if len(able) < 4:
        return reading(c)
    told = c.rng.sample(able, c.rng.choice([2, 3, 3, min(4, len(able) - 1)]))
    if not all(w[:3] in ("{X}", "{x}") for w in concept.facts[told[0]].wordings):
        return reading(c)  # the name has to stand in it
    said = c.several(shown, told)
    if c.rng.random() < 0.3:  # something else stands there as well
        other = c.neighbour(concept)
        said += c.several(other, c.rng.sample(other.aspects, 2))
    text = c.join(said)
    messages: list[Message] = []
    left, missing = list(told), not_told(concept, told)
    for number in range(c.rng.choice([1, 1, 2])):
        absent = bool(c.rng.random() < 0.35 and missing)
        aspect = c.rng.choice(missing if absent else left)
        (missing if absent else left).remove(aspect)
        wide, c.wide = c.wide, c.wide and not absent
        if strange:
            texts = c.phrasings(concept, aspect)
            asked = c.fill(c.rng.choice(texts), shown)
        else:
            asked = c.question(concept, aspect).text
        c.wide = wide
        reply = c.pick("reading", "not_said") if absent else said[told.index(aspect)]
        if number == 0:
            asked = c.fill(c.pick("reading", "ask"), text=text, Q=asked)
        messages += dialogue(asked, reply)
    return messages


# ---- copying ----
def copying(c: Writer) -> list[Message]:
    """Copying, listing and finding, on words thrown together, which nobody can know by heart.

    Whatever a passage, a list or an answer to be judged says of the world, the model may know as
    well, and so it learns to recall and never to look: of 60 random tokens said twice it could tell
    none the second time. On these rows only looking helps.
    """
    kind = c.rng.choice(("repeat", "repeat", "list", "once", "after", "has", "pick", "pick"))
    if kind == "pick":
        return pick_sentence(c)
    words = list(dict.fromkeys(c.any_word() for _ in range(c.rng.choice([2, 3, 4, 6, 9, 14, 20]))))
    if kind == "once":
        again = c.rng.choices(words, k=c.rng.choice([1, 2, 3]))
        shown = c.rng.sample([*words, *again], len(words) + len(again))
        words = list(dict.fromkeys(shown))
    else:
        shown = words
    gap = c.rng.choice(("、", "，", " ") if c.lang == "zh" else (", ", ", ", " "))
    line = gap.join(words)
    asked = c.pick("copying", kind)
    if kind in ("after", "has"):
        at = c.rng.randrange(len(words) - 1) if len(words) > 1 else 0
        there = kind == "after" or c.rng.random() < 0.5
        word = words[at] if there else c.any_word()
        reply = words[min(at + 1, len(words) - 1)]
        if kind == "has":
            reply = c.fill(c.pick("copying", "yes" if word in words else "no"), w=word)
        return dialogue(c.fill(asked, items=line, w=word), reply)
    reply = listed(words, "list") if kind == "list" else line
    return dialogue(c.fill(asked, items=gap.join(shown)), reply)


def pick_sentence(c: Writer) -> list[Message]:
    """The sentence of a senseless passage that has a word, or that none has it."""
    space, end = ("", "。") if c.lang == "zh" else (" ", ".")
    told = [
        [c.any_word() for _ in range(c.rng.choice([3, 4, 6, 9]))]
        for _ in range(c.rng.choice([2, 3, 4, 5]))
    ]
    said = [capital(space.join(words)) + end for words in told]
    at = c.rng.randrange(len(told))
    absent = c.rng.random() < 0.25
    word = c.any_word() if absent else c.rng.choice(told[at])
    if absent and any(word in words for words in told):
        return pick_sentence(c)
    found = next((s for words, s in zip(told, said, strict=True) if word in words), None)
    asked = c.fill(c.pick("copying", "pick"), text=(space or "").join(said), w=word)
    return dialogue(asked, found or c.pick("copying", "none"))


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
        begun = [capital(item) if c.lang == "en" else item for item in items]
        return dialogue(capital(asked), listed(begun, "numbered"))
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
        aspects = c.rng.sample(concept.aspects, c.rng.choice([2, 3, 4]))
        told = sorted(aspects, key=concept.aspects.index)
        said = dict(zip(told, c.several(concept, told), strict=True))
        shorts = {a: short for a, short in c.shorts(concept) if a in VALUES}
        full = {"name" if c.lang == "en" else "名称": without_article(concept.name)}
        for aspect in aspects[: c.rng.choice([1, 2, 3])]:
            key = c.phrases["aspects"][aspect]["note"]
            full[key] = shorts.get(aspect) or said[aspect]
        keys = list(full)
        gap = "、" if c.lang == "zh" else ", "
        words = {"keys": gap.join(f'"{key}"' for key in keys)}
        words["text"] = c.join(list(said.values()))
        asked = c.fill(c.pick("json", kind), concept, **words)
    reply = json.dumps({key: full[key] for key in keys}, ensure_ascii=False)
    return dialogue(asked, reply)


# ---- writing questions ----
def ask(c: Writer) -> list[Message]:
    q = c.question()
    while not re.fullmatch("[^.?。？：:]+[?？]", q.text):  # no order, no tale before it
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
    judged = c.rng.random() < 0.3
    plain = judged and c.rng.random() < 0.6
    made: list[Question] = []
    asked: set[tuple[str, str]] = set()
    for tries in itertools.count():
        if len(made) == count:
            break
        about = c.rng.choice(pool)
        q = c.question(about) if plain else c.any_question(about)
        if len(pool) > 1 and not plain and c.rng.random() < 0.15:
            q = group_question(c, concept.domain)[0]
        keys = {(q.concept.id, part) for part in q.aspects or [q.form]}
        again = keys & asked and tries < 100
        if q.text not in [m.text for m in made] and not again and "\n" not in q.text:
            made.append(q)
            asked |= keys
    kept = kept_criteria(c, made) if judged else []
    criteria = "\n".join(c.rng.sample(kept, 2)) if kept else None
    application = c.fill(c.pick("applications"), concept)
    prompt = prompts.self_instruct(context, count, application, criteria)
    return [*prompt, turn("assistant", "\n".join(q.text for q in made))]


def kept_criteria(c: Writer, made: list[Question]) -> list[str]:
    """What can be demanded of questions that these keep; nothing where that is too little."""
    plain = all(q.form is None and len(q.aspects) == 1 for q in made)
    kinds = {
        "any": True,
        "plain": plain,
        "single": plain,
        "short": all(size(q.text, c.lang) <= {"en": 14, "zh": 22}[c.lang] for q in made),
        "varied": len({a for q in made for a in q.aspects}) >= len(made),
    }
    found = [text for kind, kept in kinds.items() if kept for text in c.phrases["criteria"][kind]]
    return found if len(found) > 1 else []


def evol_instruct(c: Writer) -> list[Message]:
    mutations = list(prompts.EVOL_INSTRUCT)
    q = c.question() if c.rng.random() < 0.8 else c.any_question()
    if c.rng.random() < 0.3:  # the second round evolves what the first one wrote
        q = c.evolve(q, c.rng.choice(["CONSTRAINTS", "DEEPENING", "CONCRETIZING"]))
    if q.form is not None or len(q.aspects) > 1:  # what is constrained already would lose that
        mutations = [m for m in mutations if m not in ("CONSTRAINTS", "DEEPENING")]
    mutation = c.rng.choice(mutations)
    evolved = c.evolve(q, mutation)
    return [*prompts.evol_instruct(q.text, mutation), turn("assistant", evolved.text)]
