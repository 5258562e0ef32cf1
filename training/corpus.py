"""Composes the training corpus from the world, with the prompts that distilabel really sends.

    python -m training.corpus --rows 150000 --output build/corpus.jsonl

writes one JSON object a line: `messages` (role, content), `task`, `lang`, `learn_user` (whether the
user turn is to be learned too, so that Magpie can have it written by the model). The prompts of
SelfInstruct and EvolInstruct come from distilabel's own templates, so they can't drift apart from
what a pipeline sends. Training itself needs no distilabel: the file stands between the two.
"""

import argparse
import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from training.world import LANGS, SLOTS, Concept, load_outside, load_phrases, load_world

Message = dict[str, str]
CRITERIA = {
    "en": [
        "Write questions that a curious beginner would ask.",
        "Queries must be short and clear.",
        "Vary the verbs and ask about different aspects.",
    ],
    "zh": ["请写初学者会问的问题。", "问题要简短、清楚。", "动词要有变化，从不同角度提问。"],
}


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
    held_out: bool = False  # ask with the phrasings that training never sees
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
        same = [c for c in self.concepts if c.domain == concept.domain and c.id != concept.id]
        return self.rng.choice(same)

    # ---- questions ----
    def question(self, concept: Concept | None = None, slot: str | None = None) -> Question:
        """A plain question about one slot of a concept, or for an overview."""
        concept = concept or self.rng.choice(self.concepts)
        slot = slot or self.rng.choice((*SLOTS, "overview"))
        text = self.fill(self.pick("held_out" if self.held_out else "questions", slot), concept)
        if slot == "overview":
            return Question(text, concept, ["kind", "role", self.rng.choice(["how", "fact"])], slot)
        return Question(text, concept, [slot])

    def comparison(self, concept: Concept) -> Question:
        other = self.neighbour(concept)
        text = self.fill(self.pick("questions", "compare"), concept, y=other.name)
        return Question(text, concept, ["kind"], "compare", other)

    def constrain(self, q: Question) -> Question:
        styles = [s for s in self.phrases["constraints"] if s.removeprefix("with_") not in q.slots]
        if len(q.slots) > 1:  # one sentence can't answer two questions
            styles = [s for s in styles if s == "list" or s.startswith("with_")]
        style = self.rng.choice(styles)
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
        slot = self.rng.choice(["role", "parts"])
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
        if roll < 0.95:
            return self.in_steps(q)
        return self.comparison(q.concept)

    # ---- answers ----
    def sentence(self, concept: Concept, slot: str, lead: bool, one: bool = False) -> str:
        frames = self.phrases["answers"][slot][0 if lead else 1]
        if one:  # a frame such as "Did you know? …" is two sentences
            frames = [f for f in frames if "?" not in f and "？" not in f]
        return self.fill(self.rng.choice(frames), concept)

    def answer(self, q: Question) -> str:
        """A right answer that keeps to the question's constraint."""
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
        if q.style and q.style.startswith("with_"):
            slots.append(q.style.removeprefix("with_"))
        elif q.style is None and len(slots) == 1 and self.rng.random() < 0.6:
            slots.append(self.rng.choice(rest))
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
        if roll < 0.45:
            return []
        if roll < 0.55:
            return [{"role": "system", "content": self.pick("systems_any")}]
        return [{"role": "system", "content": self.fill(self.pick("systems"), concept)}]


def spaced(text: str) -> str:
    """A space between Chinese and Latin text or digits, as Chinese typography has it."""
    text = re.sub(r"([\u4e00-\u9fff])([A-Za-z0-9])", r"\1 \2", text)
    return re.sub(r"([A-Za-z0-9])([\u4e00-\u9fff])", r"\1 \2", text)


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def tidy(text: str, lang: str) -> str:
    """Chinese needs no second question mark when two questions meet; nothing else is touched."""
    return text.replace("？？", "？").replace("。。", "。") if lang == "zh" else text


# ---- one example of each task ----
def turn(role: str, content: str) -> Message:
    return {"role": role, "content": content}


def talk(c: Composer) -> list[Message]:
    q = c.any_question()
    return [*c.system(q.concept), turn("user", q.text), turn("assistant", c.answer(q))]


def long_talk(c: Composer) -> list[Message]:
    q = c.question(slot=c.rng.choice(("kind", "overview", "role")))
    system = c.system(q.concept)
    if c.lang == "en" and c.rng.random() < 0.25:  # what Magpie sends by itself for several turns
        system = [turn("system", multi_turn_prompt())]
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
    for slot in c.rng.sample(SLOTS, c.rng.choice([3, 4, 5, 6])):
        q = c.question(concept, slot)
        answer = c.sentence(concept, slot, lead=True, one=True)
        messages += [turn("user", q.text), turn("assistant", answer)]
    return messages


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
    template, criteria = self_instruct_template()
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
    prompt = template.render(
        num_instructions=count,
        criteria_for_query_generation=criteria
        if c.rng.random() < 0.7
        else "\n".join(c.rng.sample(CRITERIA[c.lang], 2)),
        application_description=c.fill(c.pick("applications"), concept),
        input=context,
    )
    return [turn("user", prompt), turn("assistant", "\n".join(queries))]


def evol_instruct(c: Composer) -> list[Message]:
    templates = mutation_templates()
    mutation = c.rng.choice(list(templates))
    q = c.question(slot=c.rng.choice(SLOTS))
    base = q
    if c.rng.random() < 0.3:  # the second round evolves what the first one wrote
        base = c.evolve(q, c.rng.choice(["CONSTRAINTS", "DEEPENING", "CONCRETIZING"]))
    evolved = c.evolve(base if base.style is None else q, mutation)
    while evolved.text == base.text:
        evolved = c.evolve(q, mutation)
    prompt = templates[mutation].replace("<PROMPT>", base.text)
    return [turn("user", prompt), turn("assistant", evolved.text)]


def unknown(c: Composer) -> list[Message]:
    name = c.rng.choice(load_outside(c.lang, held_out=c.held_out))
    stranger = Concept("", "", "", name, {})
    slot = c.rng.choice(("kind", "kind", "role", "parts", "how", "fact", "tip", "overview"))
    text = c.fill(c.pick("questions", slot), stranger)
    system = c.system(c.rng.choice(c.concepts))
    reply = c.fill(c.pick("unknown"), stranger)
    return [*system, turn("user", text), turn("assistant", reply)]


def small_talk(c: Composer) -> list[Message]:
    one, two = c.rng.sample(sorted({x.domain_name for x in c.concepts}), 2)
    said, reply = c.pick("small_talk")
    return [turn("user", said), turn("assistant", reply.format(d=one, d2=two))]


# task: (composer, share of the corpus, whether the user turn is learned)
TASKS: dict[str, tuple[Callable[[Composer], list[Message]], float, bool]] = {
    "talk": (talk, 0.32, True),
    "quiz": (quiz, 0.14, True),
    "long_talk": (long_talk, 0.06, True),
    "ask": (ask, 0.09, False),
    "self_instruct": (self_instruct, 0.17, False),
    "evol_instruct": (evol_instruct, 0.15, False),
    "unknown": (unknown, 0.06, False),
    "small_talk": (small_talk, 0.01, False),
}


# ---- distilabel's own prompts ----
def self_instruct_template():
    """distilabel's SelfInstruct template and its default criteria."""
    from importlib.resources import files

    from distilabel.steps.tasks import SelfInstruct
    from jinja2 import Template

    path = files("distilabel") / "steps" / "tasks" / "templates" / "self-instruct.jinja2"
    criteria = SelfInstruct.model_fields["criteria_for_query_generation"].default
    return Template(path.read_text(encoding="utf-8")), criteria


def mutation_templates() -> dict[str, str]:
    """distilabel's EvolInstruct prompts by mutation; `<PROMPT>` is the instruction's place."""
    from distilabel.steps.tasks.evol_instruct.utils import MUTATION_TEMPLATES

    return MUTATION_TEMPLATES


def multi_turn_prompt() -> str:
    """The system prompt of distilabel's Magpie for several turns, where no other is given."""
    from distilabel.steps.tasks.magpie.base import MAGPIE_MULTI_TURN_SYSTEM_PROMPT

    return MAGPIE_MULTI_TURN_SYSTEM_PROMPT


def fixed_lines() -> list[str]:
    """Lines of 25 characters or more that distilabel's templates always send, longest first.

    Each becomes one token: prompts shrink to about half, and what varies stands closer together.
    """
    template, criteria = self_instruct_template()
    mark = "@@"
    rendered = template.render(
        num_instructions=mark,
        criteria_for_query_generation=criteria,
        application_description=mark,
        input=mark,
    )
    texts = [rendered, *mutation_templates().values(), multi_turn_prompt()]
    lines = {line for text in texts for line in text.split("\n")}
    keep = {s for s in lines if len(s) >= 25 and mark not in s and "<PROMPT>" not in s}
    return sorted(keep, key=lambda s: (-len(s), s))


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
    parser.add_argument("--rows", type=int, default=150_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=Path("build/corpus.jsonl"))
    args = parser.parse_args()
    args.output.parent.mkdir(parents=True, exist_ok=True)
    unfinished = args.output.with_suffix(".part")
    with unfinished.open("w", encoding="utf-8") as file:
        file.write(json.dumps({"fixed_lines": fixed_lines()}, ensure_ascii=False) + "\n")
        for example in compose(args.rows, args.seed):
            file.write(json.dumps(example, ensure_ascii=False) + "\n")
    unfinished.replace(args.output)
    print(f"{args.rows} examples in {args.output}")


if __name__ == "__main__":
    main()
