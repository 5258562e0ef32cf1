"""Composes the corpus of the solver, a model that works things out, and its held-out cases.

    python -m training.solver
    python -m training.solver --base

writes `build/solver.jsonl` (`solver_base.jsonl`), of the form that `training.corpus` describes:
word problems and sums with thoughts, calls of tools and what is made of their answers, JSON on
demand, problems to order. Some lines of the thoughts are wrong on purpose, at random and not by
habit as a novice's: `--slips` is the chance of a line. So the model is right now and then, and
several tries at one problem differ.
"""

import argparse
import datetime
import itertools
import json
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from smolsynth.verify.choices import verify_choice
from smolsynth.verify.forms import json_in, verify_json
from smolsynth.verify.numbers import verify_number
from smolsynth.verify.toolbox import (
    TABLES,
    TOOLBOX,
    call_text,
    result_text,
    run_call,
    tool_prompt,
    verify_call,
)
from smolsynth.verify.verdict import Verdict
from training.problems import (
    Draws,
    Form,
    Problem,
    Working,
    final,
    follow,
    read_steps,
    thought,
    words,
)
from training.seeds import write_rows
from training.texts import Message, capital, kept_back, spaced, turn
from training.world import LANGS

ROWS, BASE_ROWS = 260_000, 100_000
SLIPS, BASE_SLIPS = 0.12, 0.2  # chance that a line of thoughts is wrong
DRAFT = "write"  # the task that asks for a problem: any that is one will do


# ---- cases ----
@dataclass(frozen=True)
class Case:
    """A conversation up to the turn that the model writes, that turn, and how it is checked.

    Attributes:
        task: key of `TASKS`, with what is asked of it where a task has several turns.
        form: name of the story, shape or record.
        asked: what was said so far.
        reply: the turn as it is learned: right, or with slips.
        kind: of `verify`: "number", "choice", "call" or "json"; "" isn't checked.
        expected: what the verifier takes.
        more: what it takes besides.
    """

    task: str
    lang: str
    form: str
    asked: list[Message]
    reply: str
    kind: str = ""
    expected: Any = None
    more: dict[str, Any] = field(default_factory=dict)

    def verify(self, text: str) -> Verdict:
        """The verdict of `smolsynth.verify` on an answer, thoughts included."""
        check: Callable[..., Verdict] = {
            "number": verify_number,
            "choice": verify_choice,
            "call": verify_call,
            "json": verify_json,
        }[self.kind]
        if self.kind == "json":
            return check(text, self.more["schema"], only=True)
        return check(text, self.expected, **self.more)

    def right(self, text: str) -> bool:
        """Whether an answer is right: JSON also has to hold the right values."""
        if not self.verify(text).right:
            return False
        if self.kind == "json":
            return json_in(text.split("</think>")[-1]) == self.expected
        return True

    @property
    def messages(self) -> list[Message]:
        return [*self.asked, turn("assistant", self.reply)]


@dataclass
class Solver:
    """Composes cases of one language.

    Attributes:
        slips: chance that a line of thoughts is wrong.
        held_out: numbers, dates, forms and phrasings that training never sees.
        new_forms: with `held_out`, stories that training never sees, else those it knows.
    """

    lang: str
    rng: random.Random
    slips: float = 0.0
    held_out: bool = False
    new_forms: bool = False

    def __post_init__(self) -> None:
        self.draws = Draws(self.lang, self.rng, self.held_out)

    # ---- helpers ----
    def phrasing(self, *keys: str) -> str:
        """A phrasing of `phrases/problems.yaml`, of this side of the split."""
        found = words()
        for key in keys:
            found = found[key]
        return self.rng.choice(found["held_out" if self.held_out else "questions"][self.lang])

    def worked(self, p: Problem) -> tuple[list[str], int]:
        return p.attempt(self.rng, self.slips) if self.slips else (p.thoughts(), p.answer)

    def solved(self, task: str, p: Problem, system: str = "") -> Case:
        """A problem with its thoughts and last line."""
        lines, answer = self.worked(p)
        head = [turn("system", system)] if system else []
        return Case(
            task,
            self.lang,
            p.form,
            [*head, turn("user", p.text)],
            thought(lines, final(answer, p.unit, self.lang)),
            "number",
            p.answer,
            {"unit": p.unit},
        )

    def maybe_system(self) -> str:
        some = self.rng.random() < 0.1
        return self.rng.choice(words()["systems"][self.lang]) if some else ""

    # ---- problems ----
    def word(self) -> list[Case]:
        return [self.solved("word", self.draws.problem(self.new_forms), self.maybe_system())]

    def sum(self) -> list[Case]:
        return [self.solved("sum", self.draws.sum(), self.maybe_system())]

    def write(self) -> list[Case]:
        """A problem to order: topic and number of steps are given."""
        p = self.draws.problem(self.new_forms)
        asked = self.phrasing("write")
        topic = words()["topics"][p.topic][self.lang]
        steps = words()["steps"][self.lang][len(p.steps) - 1]
        asked = asked.replace("{t}", topic).replace("{n}", steps)
        if len(p.steps) == 1:
            asked = asked.replace("one steps", "one step")
        return [Case(DRAFT, self.lang, p.form, [turn("user", asked)], p.text)]

    # ---- JSON ----
    def json_word(self) -> list[Case]:
        """A word problem, answered with thoughts and JSON."""
        p = self.draws.problem(self.new_forms)
        keys = {name: self.key(names) for name, names in words()["json_keys"].items()}
        fields = [(keys["answer"], "integer")] + [(keys["unit"], "string")] * bool(p.unit)
        self.rng.shuffle(fields)
        lines, answer = self.worked(p)
        schema = schema_of(fields)
        asked = self.phrasing("json_word").replace("{p}", p.text)

        def made(n: int) -> dict[str, Any]:
            values = {keys["answer"]: n, keys["unit"]: p.unit}
            return {name: values[name] for name, _ in fields}

        return [
            Case(
                "json_word",
                self.lang,
                p.form,
                [turn("user", asked.replace("{schema}", dumped(schema)))],
                thought(lines, dumped(made(answer))),
                "json",
                made(p.answer),
                {"schema": schema},
            )
        ]

    def json_record(self) -> list[Case]:
        """A note put into JSON; three in ten with a number that has to be worked out first."""
        record = self.rng.choice(
            [r for r in words()["records"] if bool(r.get("held_out")) == self.new_forms]
        )
        total = record["total"]
        form = Form(
            record["id"],
            self.lang,
            "",
            tuple(record["texts"][self.lang]),
            record["draw"],
            read_steps(f"{total['label']}: {total['step']}"),
            total["step"],
            "",
            record.get("things", {}),
            where=record.get("where", "True"),
        )
        numbers, chosen = self.drawn(form)
        people = self.draws.people(form)
        text = capital(self.draws.fill(self.rng.choice(form.texts), numbers, chosen, people))
        values: dict[str, Any] = {}
        places = self.rng.sample(list(record["fields"]), self.rng.randint(2, len(record["fields"])))
        for place in places:
            named = {**people, **{name: thing.name for name, thing in chosen.items()}, **numbers}
            values[self.key(record["fields"][place])] = named[place]
        lines: list[str] = []
        wrong = right = dict(values)
        if self.rng.random() < 0.3:
            steps = tuple((self.draws.labels[label], *rest) for label, *rest in form.steps)
            p = Problem("", self.lang, form.id, "", numbers, steps, follow_right(steps, numbers))
            lines, answer = self.worked(p)
            key = self.key(total["keys"])
            right = {**values, key: p.answer}
            wrong = {**values, key: answer}
        schema = schema_of(
            [(name, "string" if isinstance(v, str) else "integer") for name, v in right.items()]
        )
        asked = self.phrasing("json_record").replace("{text}", text)
        asked = asked.replace("{schema}", dumped(schema))
        reply = dumped(wrong)
        return [
            Case(
                "json_record",
                self.lang,
                form.id,
                [turn("user", asked)],
                thought(lines, reply) if lines else reply,
                "json",
                right,
                {"schema": schema},
            )
        ]

    def key(self, names: dict[str, list[str]]) -> str:
        return self.rng.choice(names[self.lang])

    def drawn(self, form: Form) -> tuple[dict[str, int], dict[str, Any]]:
        """Numbers and things of this side of the split."""
        while True:
            chosen = self.draws.choose(form)
            numbers = self.draws.numbers(form, chosen)
            if numbers and self.draws.kept_back(numbers) == self.held_out:
                return numbers, chosen

    # ---- tools ----
    def tools(self) -> list[Case]:
        """A call, and what is made of its answer: two cases of one conversation."""
        return self.rng.choice(TOOL_TASKS)(self)

    def no_tool(self) -> list[Case]:
        """A problem that no tool at hand is for: it is worked out as any other."""
        others = [name for name in TOOLBOX if name != "calculate"]
        listed = self.rng.sample(others, self.rng.randint(1, 3))
        problem = self.draws.problem(self.new_forms)
        return [self.solved("no_tool", problem, tool_prompt(self.lang, listed))]

    def used(
        self,
        name: str,
        question: str,
        calls: list[dict[str, Any]],
        answer: tuple[list[str], str],
        **checked: Any,
    ) -> list[Case]:
        """The cases of a question that takes calls of one tool.

        Args:
            answer: lines of thoughts (or none) with the tools' results, and the last line.
            **checked: kind, expected and more of the final answer.
        """
        tool = calls[0]["name"]
        others = [t for t in TOOLBOX if t not in (tool, "calculate")]
        listed = [tool, *self.rng.sample(others, self.rng.randint(1, len(others) - 1))]
        self.rng.shuffle(listed)
        asked = [turn("system", tool_prompt(self.lang, listed)), turn("user", question)]
        called = "\n".join(call_text(call["name"], call["arguments"]) for call in calls)
        first = Case("tool_call", self.lang, name, asked, called, "call", calls)
        told = [turn("tool", result_text(run_call(call))) for call in calls]
        lines, last = answer
        reply = thought(lines, last) if lines else last
        return [
            first,
            Case("tool_answer", self.lang, name, [*first.messages, *told], reply, **checked),
        ]

    def convert(self) -> list[Case]:
        unit, to, span = self.rng.choice(words()["conversions"][self.lang]).split()
        value = self.value(span, unit)
        call = {"name": "convert", "arguments": {"value": value, "unit": unit, "to": to}}
        result = run_call(call)
        question = self.asked("convert", v=value, u=unit, w=to)
        line = f"{words()['final'][self.lang]}{result} {to}"
        checked = {"kind": "number", "expected": result, "more": {"unit": to, "tolerance": 1e-4}}
        return self.used("convert", question, [call], ([], line), **checked)

    def value(self, span: str, *about: str) -> int:
        """A number within bounds, on this side of the split."""
        low, high = map(int, span.split("-"))
        known = [n for n in range(low, high + 1) if self.mine("value", *about, str(n))]
        return self.rng.choice(known)

    def mine(self, *key: str) -> bool:
        """Whether something is on this side of the split."""
        return kept_back(*key) == self.held_out

    def asked(self, kind: str, **places: Any) -> str:
        text = self.phrasing("tools", kind)
        for name, value in places.items():
            text = text.replace(f"{{{name}}}", str(value))
        text = spaced(text) if self.lang == "zh" else text
        return capital(text)

    def date(self) -> datetime.date:
        while True:
            day = datetime.date(2024, 1, 1) + datetime.timedelta(self.rng.randrange(1460))
            if self.mine("date", day.isoformat()):
                return day

    def said(self, day: datetime.date) -> str:
        """A date as it is said, or as tools take it."""
        if self.rng.random() < 0.3:
            return day.isoformat()
        if self.lang == "zh":
            return f"{day.year}年{day.month}月{day.day}日"
        return f"{words()['months'][day.month - 1]} {day.day}, {day.year}"

    def two_dates(self) -> tuple[dict[str, Any], dict[str, str]]:
        """A call for the days between two dates, and the dates as they are said."""
        start = self.date()
        while True:
            end = start + datetime.timedelta(self.rng.randint(5, 200))
            if self.mine("date", end.isoformat()):
                break
        arguments = {"start": start.isoformat(), "end": end.isoformat()}
        call = {"name": "days_between", "arguments": arguments}
        return call, {"d": self.said(start), "e": self.said(end)}

    def measured(self, form: str, question: str, call: dict[str, Any], unit: str) -> list[Case]:
        """A call whose result is the answer, with its unit."""
        result = run_call(call)
        line = final(result, unit, self.lang)
        checked = {"kind": "number", "expected": result, "more": {"unit": unit}}
        return self.used(form, question, [call], ([], line), **checked)

    def days_between(self) -> list[Case]:
        call, dates = self.two_dates()
        unit = {"en": "days", "zh": "天"}[self.lang]
        return self.measured("days_between", self.asked("days_between", **dates), call, unit)

    def days_times(self) -> list[Case]:
        """The days between two dates, times a number."""
        call, dates = self.two_dates()
        a = self.value("3-30", "daily")
        phrasings = words()["tools"]["days_times"]
        known = phrasings["questions"][self.lang]
        texts = phrasings["held_out"][self.lang] if self.held_out else known
        at = self.rng.randrange(len(texts))
        unit = phrasings["units"][self.lang][at + (len(known) if self.held_out else 0)]
        people = self.draws.people(Form("", self.lang, "", (), {}, (), "", ""))
        text = texts[at].replace("{d}", dates["d"]).replace("{e}", dates["e"])
        question = capital(self.draws.fill(text, {"a": a}, {}, people))
        return self.then("days_times", question, [call], "total: r*a", {"a": a}, unit)

    def weekday(self) -> list[Case]:
        day = self.date()
        call = {"name": "weekday", "arguments": {"date": day.isoformat()}}
        names = words()["weekdays"]
        name = run_call(call)
        shown, labels = name, list(names)
        if self.lang == "zh":
            shown, labels = names[name], list(names.values())
        line = words()["final"][self.lang] + shown
        checked = {"kind": "choice", "expected": shown, "more": {"labels": labels}}
        question = self.asked("weekday", d=self.said(day))
        return self.used("weekday", question, [call], ([], line), **checked)

    def row(self, table: str, *without: str) -> str:
        """The name of a row of a table."""
        at = LANGS.index(self.lang)
        return self.rng.choice([names[at] for names in TABLES[table] if names[at] not in without])

    def looked_up(self) -> list[Case]:
        table = self.rng.choice(["mountains", "years"])
        item = self.row(table)
        unit = words()["tools"][table]["unit"][self.lang]
        return self.measured(table, self.asked(table, m=item), lookup(table, item), unit)

    def higher(self) -> list[Case]:
        """Two rows looked up, and their difference."""
        one = self.row("mountains")
        two = self.row("mountains", one)
        calls = [lookup("mountains", one), lookup("mountains", two)]
        if run_call(calls[0]) < run_call(calls[1]):
            one, two, calls = two, one, calls[::-1]
        question = self.asked("higher", m=one, k=two)
        unit = words()["tools"]["higher"]["unit"][self.lang]
        return self.then("higher", question, calls, "more: r-q", {}, unit)

    def canteen(self) -> list[Case]:
        item = self.row("canteen")
        a = self.value("2-30", "canteen")
        people = self.draws.people(Form("", self.lang, "", (), {}, (), "", ""))
        text = self.phrasing("tools", "canteen").replace("{m}", item)
        question = capital(self.draws.fill(text, {"a": a}, {}, people))
        unit = words()["tools"]["canteen"]["unit"][self.lang]
        return self.then(
            "canteen", question, [lookup("canteen", item)], "cost: a*r", {"a": a}, unit
        )

    def then(
        self,
        name: str,
        question: str,
        calls: list[dict[str, Any]],
        steps: str,
        numbers: dict[str, int],
        unit: str,
    ) -> list[Case]:
        """Calls, and a step with their results: `r`, of a second call `q`."""
        results = dict(zip("rq", map(run_call, calls), strict=False))
        labelled = tuple((self.draws.labels[label], *rest) for label, *rest in read_steps(steps))
        known = {**numbers, **results}
        p = Problem("", self.lang, name, "", known, labelled, follow_right(labelled, known), unit)
        lines, answer = self.worked(p)
        return self.used(
            name,
            question,
            calls,
            (lines, final(answer, unit, self.lang)),
            kind="number",
            expected=p.answer,
            more={"unit": unit},
        )

    def calculated(self) -> list[Case]:
        """A problem or sum for the calculator: one call with the whole formula."""
        p = self.draws.problem(self.new_forms) if self.rng.random() < 0.6 else self.draws.sum()
        call = {"name": "calculate", "arguments": {"expression": p.formula}}
        return self.used(
            "calculate",
            p.text,
            [call],
            ([], p.final),
            kind="number",
            expected=p.answer,
            more={"unit": p.unit},
        )


TOOL_TASKS: list[Callable[[Solver], list[Case]]] = [
    Solver.convert,
    Solver.days_between,
    Solver.days_times,
    Solver.weekday,
    Solver.looked_up,
    Solver.higher,
    Solver.canteen,
    Solver.calculated,
    Solver.calculated,
]


def lookup(table: str, item: str) -> dict[str, Any]:
    return {"name": "look_up", "arguments": {"table": table, "item": item}}


def follow_right(steps: tuple, numbers: dict[str, int]) -> int:
    return follow(steps, numbers, Working(random.Random(0)))


def dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def schema_of(fields: list[tuple[str, str]]) -> dict[str, Any]:
    """A schema of an object that has exactly these fields.

    >>> schema_of([("item", "string")])["required"]
    ['item']
    """
    return {
        "type": "object",
        "properties": {name: {"type": kind} for name, kind in fields},
        "required": [name for name, _ in fields],
        "additionalProperties": False,
    }


# ---- corpus ----
def chat_template() -> str:
    """The tutor's, that also knows `tools` and `tool_calls`: trainers take them as they are."""
    before, after = {}, {}
    for lang in LANGS:
        before[lang], after[lang] = tool_prompt(lang, ["weekday"]).split(weekday_schema(lang))
    texts = f"{{% set BEFORE = {dumped(before)} %}}\n{{% set AFTER = {dumped(after)} %}}\n"
    return texts + Path(__file__).with_name("solver.jinja").read_text(encoding="utf-8")


def weekday_schema(lang: str) -> str:
    return dumped(TOOLBOX["weekday"].schema(lang))


# task: its composer, and its share of the rows of solver and base
TASKS: dict[str, tuple[Callable[[Solver], list[Case]], float, float]] = {
    "word": (Solver.word, 0.46, 0.65),
    "sum": (Solver.sum, 0.16, 0.35),
    "tools": (Solver.tools, 0.16, 0.0),
    "no_tool": (Solver.no_tool, 0.02, 0.0),
    "json_record": (Solver.json_record, 0.10, 0.0),
    "json_word": (Solver.json_word, 0.05, 0.0),
    "write": (Solver.write, 0.05, 0.0),
}


def fixed_texts() -> list[str]:
    """Texts that become tokens: marks of thoughts and calls, and what lists the tools."""
    marks = ["<think>", "</think>", "<tool_call>", "</tool_call>"]
    listed = []
    for lang in LANGS:
        before, after = tool_prompt(lang, ["weekday"]).split(weekday_schema(lang))
        listed += [before, after, *(dumped(tool.schema(lang)) for tool in TOOLBOX.values())]
    return marks + listed


PART = 5_000  # rows with a generator of their own, so that parts can be composed side by side


def parts_of(rows: int) -> list[tuple[int, int]]:
    """(number, rows) of each part.

    >>> parts_of(12_000)
    [(0, 5000), (1, 5000), (2, 2000)]
    """
    return [(start // PART, min(PART, rows - start)) for start in range(0, rows, PART)]


def compose_part(seed: str, rows: int, slips: float, base: bool) -> list[dict]:
    """Rows of the corpus, both languages in turn."""
    rng = random.Random(f"solver {seed}")
    solvers = [Solver(lang, rng, slips) for lang in LANGS]
    weights = [shares[base] for _, *shares in TASKS.values()]
    made = []
    for i in range(rows):
        solver = solvers[i % len(solvers)]
        (name,) = rng.choices(list(TASKS), weights)
        last = TASKS[name][0](solver)[-1]
        row = {"messages": last.messages, "task": name, "lang": solver.lang, "learn_user": False}
        made.append(row)
    return made


def cases(lang: str, task: str, count: int, new_forms: bool = False) -> Iterator[Case]:
    """Held-out cases of a task, right in every line; of `tools` the call and the answer in turn."""
    solver = Solver(lang, random.Random(f"{lang} {task}"), 0, True, new_forms)
    made = itertools.chain.from_iterable(iter(lambda: TASKS[task][0](solver), None))
    return itertools.islice(made, count)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--base", action="store_true", help="for the smaller base of students")
    parser.add_argument("--rows", type=int, help=f"default: {ROWS}, for the base {BASE_ROWS}")
    parser.add_argument(
        "--slips", type=float, help=f"chance of a wrong line: {SLIPS}, for the base {BASE_SLIPS}"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, help="default: build/NAME.jsonl")
    args = parser.parse_args()
    rows = args.rows or (BASE_ROWS if args.base else ROWS)
    slips = args.slips if args.slips is not None else BASE_SLIPS if args.base else SLIPS
    output = args.output or Path("build") / f"solver{'_base' * args.base}.jsonl"
    head = {"fixed_texts": fixed_texts(), "digits": True, "chat_template": chat_template()}
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        parts = [
            pool.submit(compose_part, f"{args.seed}-{part}", size, slips, args.base)
            for part, size in parts_of(rows)
        ]
        made = itertools.chain.from_iterable(part.result() for part in parts)
        write_rows(output, itertools.chain([head], made))
    print(f"{rows} examples in {output}, slips {slips}")


if __name__ == "__main__":
    main()
