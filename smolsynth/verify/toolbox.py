"""A small real toolbox, calls of it in an answer, and whether a call is the right one.

A call stands in the answer as Hermes, Qwen and others write it:

    <tool_call>
    {"name": "convert", "arguments": {"value": 5, "unit": "mi", "to": "km"}}
    </tool_call>

Three checks, as in APIGen (Liu et al. 2024, arXiv 2406.18518): the call has the form that the
tool's schema asks for, it can be executed, and what comes out is what was wanted.
"""

import datetime
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from smolsynth.llms.thinking import split_thoughts
from smolsynth.text.language import check_lang
from smolsynth.verify.arithmetic import value_of
from smolsynth.verify.forms import json_in
from smolsynth.verify.units import UNITS
from smolsynth.verify.verdict import Verdict, verdict

Call = dict[str, Any]  # name, arguments

_CALL = re.compile(r"<tool_call>\s*(.*?)\s*(</tool_call>|\Z)", re.DOTALL)


# ---- the tools ----
def convert(value: float, unit: str, to: str) -> float | int:
    """A quantity in another unit of the same kind, rounded to four decimals.

    >>> convert(5, "mi", "km"), convert(3, "斤", "克")
    (8.0467, 1500)
    """
    known, wanted = UNITS.get(unit), UNITS.get(to)
    kinds = [kind for kind in known or () if kind in (wanted or ())]
    if not kinds:
        raise ValueError(f"can't convert {unit} to {to}")
    return _number(Fraction(str(value)) * known[kinds[0]] / wanted[kinds[0]])  # type: ignore[index]


def days_between(start: str, end: str) -> int:
    """Days from one date to another, as in 2026-03-01.

    >>> days_between("2026-02-27", "2026-03-01")
    2
    """
    return (_date(end) - _date(start)).days


def weekday(date: str) -> str:
    """The day of the week of a date, in English.

    >>> weekday("2026-11-27")
    'Friday'
    """
    return _date(date).strftime("%A")


def look_up(table: str, item: str) -> int:
    """A number from one of the tables in `TABLES`.

    >>> look_up("mountains", "Mount Fuji"), look_up("mountains", "泰山")
    (3776, 1533)
    """
    rows = TABLES.get(table)
    if rows is None:
        raise ValueError(f"no table {table}; there are {', '.join(TABLES)}")
    for names, number in rows.items():
        if item in names:
            return number
    raise ValueError(f"no {item} in {table}")


def calculate(expression: str) -> float | int:
    """A sum with + - * / and brackets, rounded to four decimals.

    >>> calculate("(487 + 36) * 12"), calculate("10 / 4")
    (6276, 2.5)
    """
    value = value_of(str(expression).replace(" ", ""))
    if value is None:
        raise ValueError(f"can't calculate {expression}")
    return _number(value)


def _number(value: Fraction) -> float | int:
    return int(value) if value.denominator == 1 else round(float(value), 4)


def _date(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except (TypeError, ValueError):
        raise ValueError(f"no date: {text}") from None


# Days of a planet's year and heights in metres, rounded, as NASA and the surveys state them.
TABLES: dict[str, dict[tuple[str, str], int]] = {
    "mountains": {  # height in metres
        ("Mount Everest", "珠穆朗玛峰"): 8849,
        ("Mont Blanc", "勃朗峰"): 4806,
        ("Mount Fuji", "富士山"): 3776,
        ("Kilimanjaro", "乞力马扎罗山"): 5895,
        ("Mount Tai", "泰山"): 1533,
        ("Mount Hua", "华山"): 2155,
        ("Mount Emei", "峨眉山"): 3099,
        ("Huangshan", "黄山"): 1864,
    },
    "years": {  # days that a planet takes around the Sun
        ("Mercury", "水星"): 88,
        ("Venus", "金星"): 225,
        ("Earth", "地球"): 365,
        ("Mars", "火星"): 687,
        ("Jupiter", "木星"): 4333,
    },
    "canteen": {  # whole dollars or yuan
        ("soup", "汤"): 6,
        ("rice", "米饭"): 2,
        ("noodles", "面条"): 12,
        ("dumplings", "饺子"): 15,
        ("salad", "沙拉"): 9,
        ("tea", "茶"): 3,
        ("milk", "牛奶"): 4,
        ("juice", "果汁"): 8,
    },
}


@dataclass(frozen=True)
class Tool:
    """A tool: its function, and what a model is told of it."""

    run: Callable[..., Any]
    about: dict[str, str]  # by language
    arguments: dict[str, tuple[str, str, str]]  # name: type, what it is in English, in Chinese

    def schema(self, lang: str) -> dict[str, Any]:
        """As OpenAI, TRL and chat templates take it in `tools`."""
        properties = {
            name: {"type": kind, "description": {"en": en, "zh": zh}[lang]}
            for name, (kind, en, zh) in self.arguments.items()
        }
        return {
            "type": "function",
            "function": {
                "name": self.run.__name__,
                "description": self.about[lang],
                "parameters": {
                    "type": "object",
                    "properties": properties,
                    "required": list(properties),
                    "additionalProperties": False,
                },
            },
        }


_DATE = ("string", "a date, as 2026-03-01", "日期，如 2026-03-01")
TOOLBOX: dict[str, Tool] = {
    tool.run.__name__: tool
    for tool in (
        Tool(
            convert,
            {"en": "Converts a quantity to another unit.", "zh": "把一个量换算成别的单位。"},
            {
                "value": ("number", "how many", "数值"),
                "unit": ("string", "unit it is in", "原单位"),
                "to": ("string", "unit wanted", "目标单位"),
            },
        ),
        Tool(
            days_between,
            {"en": "Counts the days from one date to another.", "zh": "计算两个日期相隔几天。"},
            {"start": _DATE, "end": _DATE},
        ),
        Tool(
            weekday,
            {"en": "Tells the day of the week of a date.", "zh": "查某个日期是星期几。"},
            {"date": _DATE},
        ),
        Tool(
            look_up,
            {
                "en": "Looks up a number in a table: mountains (height in meters), years (days of a"
                " planet's year), canteen (prices).",
                "zh": "查表：mountains（山的高度，米）、years（行星一年的天数）、"
                "canteen（食堂价格）。",
            },
            {"table": ("string", "name of the table", "表名"), "item": ("string", "row", "条目")},
        ),
        Tool(
            calculate,
            {"en": "Works out a sum exactly.", "zh": "精确计算一个算式。"},
            {"expression": ("string", "with + - * / and brackets", "含 + - * / 和括号")},
        ),
    )
}


# ---- prompts and calls ----
_FORM = '<tool_call>\n{"name": ..., "arguments": ...}\n</tool_call>'
_PROMPT = {
    "en": (
        "You can call tools. Their signatures:\n<tools>\n",
        f"\n</tools>\nTo call one, write:\n{_FORM}",
    ),
    "zh": ("你可以调用工具，说明如下：\n<tools>\n", f"\n</tools>\n调用时写：\n{_FORM}"),
}


def tool_prompt(lang: str = "en", names: Iterable[str] = tuple(TOOLBOX)) -> str:
    """A system prompt that lists tools, one a line, and says how to call them.

    >>> tool_prompt("en", ["weekday"]).splitlines()[2][:60]
    '{"type": "function", "function": {"name": "weekday", "descri'
    """
    check_lang(lang)
    before, after = _PROMPT[lang]
    listed = (json.dumps(TOOLBOX[name].schema(lang), ensure_ascii=False) for name in names)
    return before + "\n".join(listed) + after


def call_text(name: str, arguments: Mapping[str, Any]) -> str:
    """A call as a model writes it.

    >>> print(call_text("weekday", {"date": "2026-11-27"}))
    <tool_call>
    {"name": "weekday", "arguments": {"date": "2026-11-27"}}
    </tool_call>
    """
    call = {"name": name, "arguments": dict(arguments)}
    return f"<tool_call>\n{json.dumps(call, ensure_ascii=False)}\n</tool_call>"


def calls_in(text: str) -> list[Call]:
    """The calls in an answer.

    Raises:
        ValueError: one is no JSON, isn't closed, or lacks `name` or an object `arguments`.

    >>> calls_in(call_text("weekday", {"date": "2026-11-27"}))
    [{'name': 'weekday', 'arguments': {'date': '2026-11-27'}}]
    >>> calls_in("On Friday.")
    []
    """
    found = []
    for match in _CALL.finditer(text):
        if not match[2]:
            raise ValueError("a call without an end")
        call = json_in(match[1], only=True)
        if not isinstance(call, dict) or not isinstance(call.get("name"), str):
            raise ValueError("a call without a name")
        if not isinstance(call.get("arguments"), dict):
            raise ValueError("a call without an object of arguments")
        found.append(call)
    return found


def run_call(call: Mapping[str, Any], tools: Mapping[str, Tool] = TOOLBOX) -> Any:
    """What a tool gives for a call.

    Raises:
        ValueError: no such tool, arguments that don't fit its schema, or ones it can't work with.

    >>> run_call({"name": "weekday", "arguments": {"date": "2026-11-27"}})
    'Friday'
    """
    _check_form(call, tools)
    return tools[call["name"]].run(**call["arguments"])


def call_turn(text: str) -> dict[str, Any]:
    """The assistant's turn of an answer that calls tools, with `tool_calls` as TRL, OpenAI and chat
    templates take them; an answer without calls is a turn of text.

    Raises:
        ValueError: as `calls_in`.

    >>> call_turn(call_text("weekday", {"date": "2026-11-27"}))["tool_calls"][0]["function"]
    {'name': 'weekday', 'arguments': {'date': '2026-11-27'}}
    >>> call_turn("On Friday.")
    {'role': 'assistant', 'content': 'On Friday.'}
    """
    calls = calls_in(text)
    turn: dict[str, Any] = {"role": "assistant", "content": _CALL.sub("", text).strip()}
    if calls:
        turn["tool_calls"] = [{"type": "function", "function": call} for call in calls]
    return turn


def result_text(result: Any) -> str:
    """A tool's answer as its turn (role `tool`) holds it.

    >>> result_text(8.0467)
    '{"result": 8.0467}'
    """
    return json.dumps({"result": result}, ensure_ascii=False)


class _Misformed(ValueError):
    """A call that has not the form of any tool; `outcome` is that of `verify_call`."""

    def __init__(self, outcome: str, reason: str) -> None:
        self.outcome = outcome
        super().__init__(reason)


def _check_form(call: Mapping[str, Any], tools: Mapping[str, Tool]) -> None:
    import jsonschema

    tool = tools.get(call["name"])
    if tool is None:
        raise _Misformed("no such tool", f"no tool {call['name']}")
    kind = jsonschema.Draft202012Validator(tool.schema("en")["function"]["parameters"])
    fault = jsonschema.exceptions.best_match(kind.iter_errors(call["arguments"]))
    if fault:
        raise _Misformed("bad arguments", fault.message[:300])


def verify_call(
    text: str,
    expected: Mapping[str, Any] | Iterable[Mapping[str, Any]] | str,
    tools: Mapping[str, Tool] = TOOLBOX,
) -> Verdict:
    """Whether an answer calls the expected tools, to the same effect.

    The effect counts, not the wording: 5 mi to km and 5 miles to kilometers are the same call.

    Args:
        text: the answer; calls within thoughts are none.
        expected: one call or several, as `{"name": …, "arguments": {…}}`, also as JSON text, which
            a column of a dataset takes as it is; their order is free.
        tools: that there are, by name.

    Returns:
        The outcome is "right", "wrong", "no answer", "unfinished", "no call", "bad JSON", "no such
        tool", "bad arguments" or "fails" (the tool refuses). `score` is 0.5 where all calls run,
        but to another effect.

    Raises:
        ValueError: a call in `expected` can't be run.

    >>> wanted = {"name": "convert", "arguments": {"value": 5, "unit": "mi", "to": "km"}}
    >>> same = call_text("convert", {"value": 5, "unit": "miles", "to": "km"})
    >>> verify_call(same, wanted).right
    True
    >>> print(verify_call(call_text("convert", {"value": 5}), wanted).reason)
    The call has bad arguments: 'unit' is a required property
    """
    given = json.loads(expected) if isinstance(expected, str) else expected
    wanted = [given] if isinstance(given, Mapping) else list(given)
    effects = sorted(_effect(call, tools) for call in wanted)
    answer = split_thoughts(text)[1]
    if answer is None or not answer.strip():
        return verdict("unfinished" if text.strip() else "no answer")
    try:
        calls = calls_in(answer)
    except ValueError as error:
        return verdict("bad JSON", "bad json", error=error)
    if not calls:
        return verdict("no call")
    written = json.dumps(calls, ensure_ascii=False)
    try:
        found = sorted(_effect(call, tools) for call in calls)
    except _Misformed as fault:
        return verdict(fault.outcome, fault.outcome, written, error=fault)
    except ValueError as error:
        return verdict("fails", "call fails", written, error=error)
    if found == effects:
        return verdict("right", "call right", written)
    return verdict("wrong", "call wrong", written, 0.5, found=written)


def _effect(call: Mapping[str, Any], tools: Mapping[str, Tool]) -> str:
    """The tool and what it gives, as text that can be compared."""
    return f"{call['name']} {result_text(run_call(call, tools))}"
