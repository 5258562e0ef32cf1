"""Word problems and sums: drawn, worked out in small steps, rightly or with a slip.

A form (`phrases/problems_en.yaml`, `problems_zh.yaml`) is a story with places for numbers, things
and names, the steps that lead to its answer, and the answer as one formula, so that the steps can
be checked by a calculation of its own. The same form gives another problem with each draw.
"""

import itertools
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from types import CodeType
from typing import Any

from training.texts import capital, kept_back, spaced
from training.world import HERE, read_yaml

SIGNS = {"+": "+", "-": "-", "*": "×", "/": "÷"}
_SLOT = re.compile(r"\{(\w+)(?: (\w+))?\}")
_STEP = re.compile(r"\s*(?:(\w+):)?\s*(\w+)\s*([-+*/])\s*(\w+)\s*")


class Stuck(Exception):  # noqa: N818  (no error: another draw is taken)
    """A calculation leaves the whole numbers above zero."""


# ---- forms and things ----
@dataclass(frozen=True)
class Thing:
    """Something that can be counted or bought: `one` is its singular, in Chinese its 量词."""

    one: str
    name: str
    low: int = 0
    high: int = 0

    def counted(self, n: int, lang: str) -> str:
        if lang == "zh":
            return f"{n}{self.one}{self.name}"
        return f"{n} {self.one if n == 1 else self.name}"


@dataclass(frozen=True)
class Form:
    """One kind of problem; see the head of `phrases/problems.yaml`."""

    id: str
    lang: str
    topic: str
    texts: tuple[str, ...]
    draw: dict[str, Any]
    steps: tuple[tuple[str, str, str, str], ...]  # label, operand, operator, operand
    answer: str
    unit: str
    things: dict[str, str] = field(default_factory=dict)
    let: dict[str, str] = field(default_factory=dict)
    where: str = "True"
    people: str = ""
    held_out: bool = False


def read_steps(text: str) -> tuple[tuple[str, str, str, str], ...]:
    """Steps as they stand in a form.

    >>> read_steps("cost: a*p; left: b - s1")
    (('cost', 'a', '*', 'p'), ('left', 'b', '-', 's1'))
    """
    made = []
    for step in text.split(";"):
        match = _STEP.fullmatch(step)
        if not match:
            raise ValueError(f"Not a step of one operation: {step!r}")
        made.append((match[1] or "", match[2], match[3], match[4]))
    return tuple(made)


@cache
def load_forms(lang: str) -> tuple[Form, ...]:
    """All forms of a language, those held out, too."""
    return tuple(
        Form(
            **{
                **row,
                "lang": lang,
                "texts": tuple(row["texts"]),
                "steps": read_steps(row["steps"]),
                "answer": str(row["answer"]),
            }
        )
        for row in read_yaml(HERE / "phrases" / f"problems_{lang}.yaml")
    )


@cache
def words() -> dict[str, Any]:
    """What both languages' forms share: labels, names, things, phrasings."""
    return read_yaml(HERE / "phrases" / "problems.yaml")


@cache
def things(lang: str, kind: str) -> tuple[Thing, ...]:
    """The things of a kind.

    >>> things("zh", "stationery")[0].counted(3, "zh")
    '3支钢笔'
    """
    made = []
    for text in words()["things"][kind][lang]:
        one, name, *price = text.split("|")
        low, high = map(int, price[0].split("-")) if price else (0, 0)
        made.append(Thing(one, name, low, high))
    return tuple(made)


# ---- working out ----
@dataclass
class Working:
    """Works out steps in lines of one small calculation each; with slips, some of them go wrong.

    Attributes:
        rng: for the slips.
        slips: chance that a line goes wrong.
        lines: what was written so far.
        slipped: whether something went wrong.
    """

    rng: random.Random
    slips: float = 0.0
    lines: list[str] = field(default_factory=list)
    slipped: bool = False

    def work(self, label: str, a: int, sign: str, b: int) -> int:
        """One step, in several lines if it is hard; returns its result. The label comes before it.

        Raises:
            Stuck: the result is no whole number above zero.

        >>> working = Working(random.Random(0))
        >>> working.work("Cost: ", 24, "*", 15)
        360
        >>> working.lines
        ['Cost: 24 × 15', '24 × 10 = 240', '24 × 5 = 120', '240 + 120 = 360']
        """
        parts = self.parts(a, sign, b)
        if not parts:
            return self.line(label, a, sign, b)
        self.lines.append(f"{label}{a} {SIGNS[sign]} {b}")
        found = [self.line("", one, sign, two) for one, two in parts]
        return self.line("", found[0], "+", found[1])

    def parts(self, a: int, sign: str, b: int) -> list[tuple[int, int]]:
        """The two easier calculations whose results make that of a hard one, or none."""
        if sign == "*":
            if a < b and a < 10 and b > 99:
                a, b = b, a
            if a > 99 and b < 10 and a % 10:
                return [(a - a % 100, b), (a % 100, b)]
            if a > 9 and b > 10 and a % 10 and b % 10:
                return [(a, b - b % 10), (a, b % 10)]
        if sign == "/" and a > 99 and b < 10 and a % b == 0:
            tens = a // b // 10 * 10 * b
            if tens and tens != a:
                return [(tens, b), (a - tens, b)]
        return []

    def line(self, label: str, a: int, sign: str, b: int) -> int:
        result = calculate(a, sign, b)
        shown = result
        if self.rng.random() < self.slips:
            shown = self.slip(a, sign, b, result)
            self.slipped = True
            if self.rng.random() < 0.85:  # else the slip is in the writing alone
                result = shown
        self.lines.append(f"{label}{a} {SIGNS[sign]} {b} = {shown}")
        return result

    def slip(self, a: int, sign: str, b: int, result: int) -> int:
        """A wrong result as people get it: a carry forgotten, the next row of the table …"""
        near = {result + 1, result - 1, result + 10, result - 10}
        if sign == "*":
            near |= {result + a, result - a, result + b, result - b, a * (b + 1), a + b}
        if sign in "+-":
            near |= {result + 2, result - 2, result + 100, result - 100}
        if result > 9 and result % 10:
            near.add(int(str(result)[::-1][:2]) if result < 100 else result + 90)
        return self.rng.choice(sorted(n for n in near if n > 0 and n != result))


def calculate(a: int, sign: str, b: int) -> int:
    """The result of one operation. Raises Stuck if it is no whole number above zero."""
    if sign == "/" and (not b or a % b):
        raise Stuck
    result = {"+": a + b, "-": a - b, "*": a * b}[sign] if sign != "/" else a // b
    if result < 1 or result > 99_999:
        raise Stuck
    return result


Steps = tuple[tuple[str, str, str, str], ...]


def follow(steps: Steps, values: dict[str, int], working: Working) -> int:
    """Works out the steps one by one; returns the last result. Raises Stuck."""
    known = dict(values)
    result = 0
    for number, (label, a, sign, b) in enumerate(steps, 1):
        one, two = (known[x] if x in known else int(x) for x in (a, b))
        result = known[f"s{number}"] = working.work(label, one, sign, two)
    return result


# ---- problems ----
@dataclass(frozen=True)
class Problem:
    """A problem in words or a sum, with what it takes to solve it.

    Attributes:
        text: as it is asked.
        form: its form's name; sums have "sum" and their shape.
        topic: what it is about.
        numbers: that were drawn, by name.
        steps: with labels in the problem's language.
        answer: the right one.
        unit: of the answer; "" has none.
        formula: the whole calculation, as `3 * 4 + 5`.
    """

    text: str
    lang: str
    form: str
    topic: str
    numbers: dict[str, int]
    steps: Steps
    answer: int
    unit: str = ""
    formula: str = ""

    @property
    def final(self) -> str:
        return final(self.answer, self.unit, self.lang)

    def thoughts(self) -> list[str]:
        """The right lines."""
        working = Working(random.Random(0))
        follow(self.steps, self.numbers, working)
        return working.lines

    def attempt(self, rng: random.Random, slips: float) -> tuple[list[str], int]:
        """Lines and answer as someone works it out who errs: in a line with the chance `slips`.

        Besides, with half that chance each a number is misread and an operation confused, and with
        a quarter of it the last step is forgotten.
        """
        for _ in range(20):
            steps, numbers = self.steps, dict(self.numbers)
            if rng.random() < slips / 2:
                which = rng.choice(sorted(n for n in numbers if n in _operands(steps)))
                numbers[which] = misread(numbers[which], rng)
            if rng.random() < slips / 2:
                at = rng.randrange(len(steps))
                label, a, sign, b = steps[at]
                other = {"+": "-*", "-": "+", "*": "+", "/": "*-"}[sign]
                steps = (*steps[:at], (label, a, rng.choice(other), b), *steps[at + 1 :])
            if len(steps) > 1 and rng.random() < slips / 4:
                steps = steps[:-1]
            working = Working(rng, slips)
            try:
                return working.lines, follow(steps, numbers, working)
            except Stuck:
                continue
        return self.thoughts(), self.answer


def _operands(steps: Steps) -> set[str]:
    return {x for _, a, _, b in steps for x in (a, b)}


def misread(n: int, rng: random.Random) -> int:
    """The number with one digit changed, or two changed about."""
    digits = list(str(n))
    at = rng.randrange(len(digits))
    if len(digits) > 1 and digits[-1] not in ("0", digits[-2]) and rng.random() < 0.4:
        digits[-2:] = digits[:-3:-1]
    else:
        digits[at] = rng.choice([d for d in "123456789" if d != digits[at]])
    return int("".join(digits))


def final(answer: int, unit: str, lang: str) -> str:
    """The last line.

    >>> final(12, "km", "en"), final(12, "千米", "zh")
    ('Answer: 12 km', '答案：12 千米')
    """
    return f"{words()['final'][lang]}{answer}" + (f" {unit}" if unit else "")


def thought(lines: list[str], last: str) -> str:
    """What the model writes: its thoughts, a line a step, and the last line."""
    return "<think>\n" + "\n".join(lines) + "\n</think>\n" + last


class Draws:
    """Draws problems of one language.

    Args:
        lang: "en" or "zh".
        rng: decides all.
        held_out: numbers that training never sees, and `forms` may be those held out.
    """

    def __init__(self, lang: str, rng: random.Random, held_out: bool = False) -> None:
        self.lang, self.rng, self.held_out = lang, rng, held_out
        colon = {"en": ": ", "zh": "："}[lang]
        self.labels = {key: label[lang] + colon for key, label in words()["labels"].items()}
        self.known = [form for form in load_forms(lang) if not form.held_out]
        self.unknown = [form for form in load_forms(lang) if form.held_out]

    def problem(self, new_form: bool = False) -> Problem:
        """A problem of any form; `new_form`: of one that training never sees."""
        return self.of(self.rng.choice(self.unknown if new_form else self.known))

    def of(self, form: Form) -> Problem:
        """A problem of a form, with numbers of this side of the split."""
        for _ in range(5000):
            chosen = self.choose(form)
            numbers = self.numbers(form, chosen)
            if numbers is None or self.kept_back(numbers) != self.held_out:
                continue
            steps = tuple((self.labels[label], *rest) for label, *rest in form.steps)
            try:
                answer = follow(steps, numbers, Working(self.rng))
            except Stuck:
                continue
            if answer < 2 or answer > 9999:
                continue
            people = self.people(form)
            text, unit = (
                self.fill(template, numbers, chosen, people)
                for template in (self.rng.choice(form.texts), form.unit)
            )
            formula = with_numbers(form.answer, numbers)
            return Problem(
                capital(text), self.lang, form.id, form.topic, numbers, steps, answer, unit, formula
            )
        raise ValueError(f"No numbers fit the form {form.id}.")

    @staticmethod
    def kept_back(numbers: dict[str, int]) -> bool:
        """Whether these numbers, in whatever story, are held out: one set in ten."""
        return kept_back("numbers", *map(str, sorted(numbers.values())))

    def choose(self, form: Form) -> dict[str, Thing]:
        """A thing for each of the form's places, no two the same."""
        chosen: dict[str, Thing] = {}
        for place, kind in form.things.items():
            free = [t for t in things(self.lang, kind) if t not in chosen.values()]
            chosen[place] = self.rng.choice(free)
        return chosen

    def numbers(self, form: Form, chosen: dict[str, Thing]) -> dict[str, int] | None:
        """The numbers of a form, or none if this draw doesn't fit it."""
        made: dict[str, int] = {}
        for name, how in form.draw.items():
            made[name] = self.draw(how, chosen)
        for name, formula in form.let.items():
            value = eval(compiled(formula), {"__builtins__": {}}, made)
            if value != int(value) or value < 1:
                return None
            made[name] = int(value)
        bounds = {f"{k}_{end}": getattr(t, end) for k, t in chosen.items() for end in BOUNDS}
        fits = eval(compiled(form.where), {"__builtins__": {}}, {**made, **bounds})
        return made if fits else None

    def draw(self, how: Any, chosen: dict[str, Thing]) -> int:
        if isinstance(how, list):
            return self.rng.choice(how)
        if isinstance(how, int):
            return how
        if how.startswith("price "):
            thing = chosen[how[6:]]
            return self.rng.randint(thing.low, thing.high)
        span, _, step = how.partition(" by ")
        low, high = map(int, span.split("-"))
        return self.rng.randrange(low, high + 1, int(step or 1))

    def people(self, form: Form) -> dict[str, str]:
        """Names for the form's people, and their pronouns."""
        names = words()["names"][self.lang]
        known = names[form.people] if form.people else [*names["child"], *names["adult"]]
        told: dict[str, str] = {}
        for number, person in zip(("", "2"), self.rng.sample(known, 2), strict=True):
            told[f"name{number}"], sex = person.split("|")
            for pronoun, forms in words()["pronouns"][self.lang].items():
                told[pronoun + number] = forms[sex == "f"]
        return told

    def fill(
        self,
        text: str,
        numbers: dict[str, int],
        chosen: dict[str, Thing],
        people: dict[str, str],
    ) -> str:
        """A text with its places filled."""

        def filled(match: re.Match) -> str:
            one, two = match.groups()
            thing = chosen.get(two or one) or chosen.get((two or one).removesuffix("s").lower())
            if two and one.lower() == "an":
                return one[:1] + ("n " if thing.one[0] in "aeiou" else " ") + thing.one
            if two == "mw":
                return f"{numbers[one]}{chosen['x'].one}"
            if two and one == "mw":
                return thing.one
            if two:
                return thing.counted(numbers[one], self.lang)
            if one in numbers:
                return str(numbers[one])
            if one in people:
                return people[one]
            if one.isupper():  # {G}
                return thing.name.capitalize()
            return thing.one if self.lang == "en" and one in chosen else thing.name

        made = _SLOT.sub(filled, text)
        return spaced(made) if self.lang == "zh" else made

    # ---- sums ----
    def sum(self, shape: str | None = None) -> Problem:
        """A sum of one to three operations, as `(34 + 58) × 3`."""
        while True:
            name = shape or self.rng.choice(list(SHAPES))
            how, steps, written = SHAPES[name]
            numbers = {n: self.draw(h, {}) for n, h in how.items()}
            if "/" in written:  # divisions come out: the dividend is a product
                numbers["a"] *= numbers["b"]
            if self.kept_back(numbers) != self.held_out:
                continue
            try:
                answer = follow(steps, numbers, Working(self.rng))
            except Stuck:
                continue
            shown = with_numbers(written, numbers)
            for sign, nicer in SIGNS.items():
                shown = shown.replace(f" {sign} ", f" {nicer} ")
            phrasings = words()["sums"]["held_out" if self.held_out else "questions"][self.lang]
            text = self.rng.choice(phrasings).replace("{e}", shown)
            formula = with_numbers(written, numbers)
            return Problem(
                text, self.lang, f"sum {name}", "sums", numbers, steps, answer, formula=formula
            )


BOUNDS = ("low", "high")
_SMALL, _TWO, _THREE = "2-9", "11-99", "101-899"
# numbers, steps, how it is written
SHAPES: dict[str, tuple[dict[str, str], Steps, str]] = {
    name: (dict(pair.split(":") for pair in how.split()), read_steps(steps), written)
    for name, how, steps, written in [
        ("add", "a:11-899 b:11-899", "a+b", "a + b"),
        ("subtract", "a:21-999 b:11-899", "a-b", "a - b"),
        ("times", "a:2-99 b:2-9", "a*b", "a * b"),
        ("times_two", "a:11-60 b:11-30", "a*b", "a * b"),
        ("times_three", "a:101-350 b:2-9", "a*b", "a * b"),
        ("divide", "a:2-30 b:2-9", "a/b", "a / b"),
        ("divide_three", "a:12-99 b:2-9", "a/b", "a / b"),
        ("add_add", "a:11-399 b:11-299 c:11-299", "a+b; s1+c", "a + b + c"),
        ("add_less", "a:11-499 b:11-399 c:11-299", "a+b; s1-c", "a + b - c"),
        ("less_less", "a:200-999 b:11-399 c:11-299", "a-b; s1-c", "a - b - c"),
        ("times_add", "a:2-40 b:2-9 c:11-299", "a*b; s1+c", "a * b + c"),
        ("add_times", "c:11-299 a:2-40 b:2-9", "a*b; c+s1", "c + a * b"),
        ("less_times", "c:60-600 a:2-40 b:2-9", "a*b; c-s1", "c - a * b"),
        ("bracket", "a:11-60 b:5-39 c:2-9", "a+b; s1*c", "(a + b) * c"),
        ("bracket_less", "a:21-99 b:5-60 c:2-9", "a-b; s1*c", "(a - b) * c"),
        ("divide_add", "a:2-30 b:2-9 c:11-299", "a/b; s1+c", "a / b + c"),
        ("divide_times", "a:2-20 b:2-9 c:2-9", "a/b; s1*c", "a / b * c"),
        ("two_products", "a:2-30 b:2-9 c:2-30 d:2-9", "a*b; c*d; s1+s2", "a * b + c * d"),
        ("three", "a:2-30 b:2-9 c:11-99 d:11-99", "a*b; s1+c; s2-d", "a * b + c - d"),
    ]
}


def with_numbers(formula: str, numbers: dict[str, int]) -> str:
    """A formula with its numbers put in.

    >>> with_numbers("a*p + b", {"a": 3, "p": 4, "b": 5})
    '3*4 + 5'
    """
    return re.sub(r"[a-z]+", lambda m: str(numbers[m[0]]), formula)


def worked_out(formula: str, numbers: dict[str, int]) -> Fraction:
    """A formula of a form, as whole: the calculation that its steps are checked by.

    >>> worked_out("(a + b) * 3", {"a": 2, "b": 4})
    Fraction(18, 1)
    """
    exact = {name: Fraction(value) for name, value in numbers.items()}
    return Fraction(eval(compiled(formula), {"__builtins__": {}}, exact))


@cache
def compiled(formula: str) -> CodeType:
    return compile(formula, formula, "eval")


def examples(lang: str, each: int = 1, seed: int = 0) -> Iterator[Problem]:
    """Problems to read: `each` of every form, held out or not."""
    draws = Draws(lang, random.Random(seed))
    for form in load_forms(lang):
        yield from itertools.islice(iter(lambda: draws.of(form), None), each)  # noqa: B023
