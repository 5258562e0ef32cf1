"""Talks in any shape, turned into turns of role and content; a `Fault` where they can't be.

Roles have the names that are in use (`ROLES`); content is text, or comes in parts; thoughts are
told apart from what is said, and calls of tools are written as OpenAI writes them, arguments as
JSON text. Further keys of turns are kept beside the talk, one value a turn.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from smolsynth.datasets.convert import TURN_KEYS, out_of_order
from smolsynth.datasets.strings import said
from smolsynth.errors import Said
from smolsynth.llms.thinking import split_thoughts
from smolsynth.rows import Row, is_missing

ROLES = {
    "system": "system",
    "developer": "system",
    "系统": "system",
    **dict.fromkeys(("user", "human", "prompter", "用户", "人类"), "user"),
    **dict.fromkeys(("助手", "助理", "机器人", "模型"), "assistant"),
    **dict.fromkeys(("assistant", "gpt", "bot", "chatgpt", "model", "bing", "claude"), "assistant"),
    **dict.fromkeys(("function_call", "tool_call"), "call"),
    **dict.fromkeys(
        ("tool", "observation", "function", "ipython", "tool_response", "function_response"), "tool"
    ),
}
MEDIA = ("image", "images", "audio", "audios", "video", "videos")
_THINKS = re.compile(r"\s*<(?:seed:)?(?:think|thinking|thought|reasoning)>|\s*\[THINK\]|\s*◁think▷")
_THOUGHTS = ("reasoning_content", "reasoning", "thinking", "thoughts")
# Of a transcript: who speaks, after an empty line.
_SPEAKER = re.compile(r"(?:\A|\n\n)\s*(Human|Assistant): ?")
_HALF = re.compile("[\ud800-\udfff]")


class Fault(Exception):
    """What is wrong with a row: at which key, what was expected there and what was found."""

    def __init__(self, key: str, expected: Said, found: Said) -> None:
        self.said = said("fault", key=key, expected=expected, found=found)
        super().__init__(self.said)


def empty(value: Any) -> bool:
    """Whether a cell holds nothing, or a text or list of no length."""
    return is_missing(value) or (isinstance(value, str | list | tuple | dict) and len(value) == 0)


def found(value: Any) -> Said:
    """A value as an error shows it."""
    shown = repr(value)
    shown = f"{shown[:40]}{'…' if len(shown) > 40 else ''}"
    return said("value", type=type(value).__name__, shown=shown)


def text_of(value: Any, key: str) -> str:
    """A cell of text; "" where it is missing. Raises Fault for anything else."""
    if is_missing(value):
        return ""
    if not isinstance(value, str):
        raise Fault(key, said("text"), found(value))
    if not value.isascii() and _HALF.search(value):
        raise Fault(key, said("half"), said("half_found"))
    return value


def check_writable(value: Any, key: str = "") -> None:
    """Raises Fault where a row holds what no file of JSON can: half a character, or infinity."""
    if isinstance(value, str):
        text_of(value, key)
    elif isinstance(value, float) and math.isinf(value):
        raise Fault(key, said("finite"), found(value))
    elif isinstance(value, Mapping):
        for name, one in value.items():
            text_of(name, repr(name))
            check_writable(one, f"{key}.{name}" if key else name)
    elif isinstance(value, list | tuple):
        for number, one in enumerate(value):
            check_writable(one, f"{key}[{number}]")


def transcript(text: str) -> list[Row]:
    """The turns of a talk written down as one text, as in Anthropic's hh-rlhf; else none.

    >>> transcript("\\n\\nHuman: Rain?\\n\\nAssistant: Not today.")
    [{'role': 'user', 'content': 'Rain?'}, {'role': 'assistant', 'content': 'Not today.'}]
    >>> transcript("Rain? Not today.")
    []
    """
    before, *parts = _SPEAKER.split(text)
    if before.strip():
        return []
    turns = zip(parts[::2], parts[1::2], strict=True)
    return [{"role": ROLES[who.lower()], "content": text.strip()} for who, text in turns]


def list_of(value: Any, key: str) -> list[Any]:
    """A cell of several things, or such a list as JSON; [] where it is missing. Raises Fault."""
    if is_missing(value):
        return []
    if isinstance(value, str) and value.lstrip().startswith("["):  # a cell of a CSV file
        try:
            value = json.loads(value)
        except ValueError:
            raise Fault(key, said("json_list"), found(value)) from None
    if not isinstance(value, list | tuple):
        raise Fault(key, said("list"), found(value))
    return list(value)


def role_of(turn: Any, key: str) -> str:
    """Who speaks: system, user, assistant, tool, or "call" for a turn that is a call of a tool."""
    if not isinstance(turn, Mapping):
        raise Fault(key, said("turn"), found(turn))
    name = turn.get(_filled(turn, ("role", "from")))
    role = ROLES.get(name.lower()) if isinstance(name, str) else None
    if role is None:
        raise Fault(f"{key}.role", said("role"), found(name))
    return role


def _filled(turn: Mapping, names: Sequence[str]) -> str:
    """The first of several keys that holds something, else the first that is there."""
    there = [name for name in names if name in turn]
    return next((name for name in there if not empty(turn[name])), there[0] if there else names[0])


class Talk:
    """A talk in any shape, turned into turns of role and content.

    Args:
        turns: as they are found.
        key: where, to be named in a Fault.
        system: a system prompt from elsewhere in the row, if any.

    Raises:
        Fault: a turn that can't be read, or an order of turns that no chat template renders.
    """

    def __init__(self, turns: Any, key: str, system: Any = None) -> None:
        self._said: list[str] = []
        self._extra: dict[str, list[Any]] = {}
        self.turns: list[Row] = []
        turns = list_of(turns, key)
        if not turns:
            raise Fault(key, said("turns"), said("none"))
        for number, turn in enumerate(turns):
            self._add(turn, f"{key}[{number}]")
        if not empty(system):
            if isinstance(system, Mapping):  # Gemini's has parts
                system = self._parts(list_of(system.get("parts"), "system"), "system", [], [])
            self._put_before(text_of(system, "system"))
        self._check(key)

    def _put_before(self, system: str) -> None:
        first = self.turns[0]
        if first == {"role": "system", "content": system}:
            return
        if first["role"] == "system":
            raise Fault("system", said("no_second_system"), said("second_system"))
        self.turns.insert(0, {"role": "system", "content": system})
        for values in self._extra.values():
            values.insert(0, None)

    def _add(self, turn: Any, key: str) -> None:
        role = role_of(turn, key)
        content = _filled(turn, ("content", "value", "text", "parts"))
        value = turn.get(content)
        calls = [*calls_of(turn.get("tool_calls"), key), *calls_of(turn.get("function_call"), key)]
        known = {"role", "from", content, *TURN_KEYS, "function_call"}
        thoughts = []
        for name in _THOUGHTS:
            if isinstance(turn.get(name), str) and role in ("assistant", "call"):
                thoughts.append(turn[name])
                known.add(name)
        if isinstance(value, list | tuple):
            text = self._parts(value, key, thoughts, calls)
        else:
            text = text_of(value, key)
        if (thoughts or calls) and role not in ("assistant", "call"):
            raise Fault(key, said("only_text", role=role), said("calls_found"))
        if role == "call":
            calls += _calls_in(text, key)
            role, text = "assistant", ""
            if self.turns and self.turns[-1]["role"] == "assistant" and set(turn) <= known:
                self.turns[-1].setdefault("tool_calls", []).extend(calls)  # of the turn before
                self._said[-1] = "\n".join(filter(None, [self._said[-1], *thoughts]))
                return
        if role == "assistant" and (_THINKS.match(text) or _closes(text)):
            inner, answer = split_thoughts(text)
            text = answer or ""
            thoughts.append(inner)
        made: Row = {"role": role, "content": text}
        if calls:
            made["tool_calls"] = calls
        for name in ("name", "tool_call_id"):
            if not empty(turn.get(name)):
                made[name] = turn[name]
        for name, other in turn.items():
            if empty(other) or name in known:
                continue
            if name.lower() in MEDIA:
                raise Fault(f"{key}.{name}", said("no_media"), said("media_found"))
            self._extra.setdefault(name, [None] * len(self.turns)).append(other)
        self.turns.append(made)
        for values in self._extra.values():
            values += [None] * (len(self.turns) - len(values))
        if role == "assistant":
            self._said.append("\n".join(filter(None, thoughts)))

    def _parts(self, parts: Sequence[Any], key: str, thoughts: list[str], calls: list[Row]) -> str:
        texts = []
        for number, part in enumerate(parts):
            place = f"{key}.content[{number}]"
            kind = part.get("type") if isinstance(part, Mapping) else None
            if isinstance(part, Mapping) and set(part) == {"text"}:
                kind = "text"
            if not isinstance(kind, str):
                raise Fault(place, said("part"), found(part))
            value = part.get(_filled(part, ("text", "value", kind)), "")
            if kind in ("text", "input_text", "output_text"):
                texts.append(text_of(value, place))
            elif kind in ("reasoning", "thinking"):
                thoughts.append(text_of(value, place))
            elif kind in ("tool_call", "tool_use", "function_call"):
                calls += _calls_in(value or {**part, "type": None}, place)
            else:
                raise Fault(place, said("parts"), said("part_found", type=repr(kind)))
        return "".join(texts)

    def _check(self, key: str) -> None:
        """Refuses turns in an order that no chat template renders."""
        wrong = out_of_order(self.turns)
        if wrong is None:
            return
        number, expected = wrong
        role = self.turns[number]["role"]
        ends = number == len(self.turns) - 1 and expected == "assistant" != role
        roles = Said(expected, expected.replace(" or ", " 或 "))
        what = said("last_turn_of" if ends else "turn_of", roles=roles)
        raise Fault(f"{key}[{number}]", what, Said(role, f" {role}"))

    def whole(self) -> list[Row]:
        """The turns."""
        return self.turns

    def thoughts(self) -> Row:
        """The column of thoughts: one text for each turn of the assistant, if there are any."""
        return {"thoughts": self._said} if any(self._said) else {}

    def others(self) -> Row:
        """A column for each further key of turns: one value a turn."""
        return {f"turn_{name}": values for name, values in self._extra.items()}


def _closes(text: str) -> bool:
    """Whether a thought ends that the chat template had opened."""
    return "</think>" in text and "<think>" not in text and "`</think>" not in text


# ---- tools ----


def calls_of(value: Any, key: str) -> list[Row]:
    """The tool calls of a turn, one or several, as OpenAI writes them. Raises Fault."""
    if empty(value):
        return []
    if isinstance(value, Mapping):
        return _calls_in(value, key)
    return [call for one in list_of(value, f"{key}.tool_calls") for call in _calls_in(one, key)]


def _calls_in(value: Any, key: str) -> list[Row]:
    """Tool calls from JSON or its text: name and arguments."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise Fault(key, said("json_call"), found(value)) from None
    made = []
    for call in value if isinstance(value, list) else [value]:
        inner = call.get("function", call) if isinstance(call, Mapping) else None
        if not isinstance(inner, Mapping) or not isinstance(inner.get("name"), str):
            raise Fault(key, said("call"), found(call))
        arguments = inner.get("arguments", inner.get("parameters", inner.get("input", {})))
        text = _json_of(arguments, dict, f"{key}.arguments", said("object"))
        own = {"id": call["id"]} if not empty(call.get("id")) else {}
        made.append(
            {**own, "type": "function", "function": {"name": inner["name"], "arguments": text}}
        )
    return made


def tools_of(row: Row) -> Row:
    """The column of tools as JSON text, from `tools` or, as OpenAI once had it, `functions`."""
    column = "tools" if not empty(row.get("tools")) else "functions"
    value = row.get(column)
    if empty(value):
        return {}
    text = _json_of(value, list, column, said("tool_list"))
    if not all(isinstance(tool, Mapping) for tool in json.loads(text)):
        raise Fault(column, said("tool_list"), found(value))
    return {"tools": text}


def _json_of(value: Any, kind: type, key: str, expected: Said) -> str:
    """A value as JSON text, or the text that it is already; raises Fault for another kind."""

    def refuse(name: str) -> None:
        raise ValueError(name)  # NaN and Infinity: no JSON

    if empty(value):
        return json.dumps(kind())
    try:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        if isinstance(json.loads(text, parse_constant=refuse), kind):
            return text
    except ValueError:
        pass
    raise Fault(key, expected, found(value))
