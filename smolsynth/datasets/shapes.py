"""The shapes that training data comes in: recognised by their keys, and turned into one form.

The form, by kind:

    instruction   messages
    preference    prompt, chosen, rejected; score_chosen and score_rejected where there are ratings
    kto           prompt, completion, label

Talks are lists of turns, each with `role` (system, user, assistant, tool) and `content` (text), and
where a model calls tools `tool_calls`, as OpenAI writes them, arguments as JSON text. Beside them
stand `tools` (JSON text) and `thoughts` (one text for each assistant turn), where there are any,
and all columns that a shape does not use, as they were.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from smolsynth.datasets.convert import PAIR, TURN_KEYS, out_of_order
from smolsynth.llms.thinking import split_thoughts
from smolsynth.quality.rules import SCORES
from smolsynth.rows import Row, is_missing

KINDS = ("instruction", "preference", "kto")
FORM = {
    "instruction": ("messages",),
    "preference": (*PAIR, *SCORES),
    "kto": ("prompt", "completion", "label"),
}
ROLES = {
    "system": "system",
    "developer": "system",
    **dict.fromkeys(("user", "human", "prompter"), "user"),
    **dict.fromkeys(("assistant", "gpt", "bot", "chatgpt", "model", "bing", "claude"), "assistant"),
    **dict.fromkeys(("function_call", "tool_call"), "call"),
    **dict.fromkeys(
        ("tool", "observation", "function", "ipython", "tool_response", "function_response"), "tool"
    ),
}
TALKS = ("messages", "conversations", "conversation")
ASKED = ("instruction", "prompt", "question", "query")
ANSWERED = ("output", "completion", "answer", "response")
NAMES = {  # of shapes of one question and one answer
    ("instruction", "output"): "alpaca",
    ("prompt", "completion"): "prompt-completion",
    ("question", "answer"): "question-answer",
    ("query", "response"): "query-response",
}
LABELS = ("label", "kto_tag")
RATINGS = (
    ("score_chosen", "score_rejected"),
    ("chosen_score", "rejected_score"),
    ("chosen_rating", "rejected_rating"),
    ("rating_chosen", "rating_rejected"),
    ("chosen-rating", "rejected-rating"),
)
MEDIA = ("image", "images", "audio", "audios", "video", "videos")
_THINKS = re.compile(r"\s*<(?:seed:)?(?:think|thinking|thought|reasoning)>|\s*\[THINK\]|\s*◁think▷")
_THOUGHTS = ("reasoning_content", "reasoning", "thinking", "thoughts")


class Fault(Exception):
    """What is wrong with a row: at which key, what was expected there and what was found."""

    def __init__(self, key: str, expected: str, found: str) -> None:
        self.key, self.expected, self.found = key, expected, found
        super().__init__(f"{key}: expected {expected}, found {found}")


class UnknownShape(Exception):
    """The columns are those of no shape, or of more than one."""


@dataclass(frozen=True)
class Shape:
    """How rows are to be read.

    Attributes:
        name: as "alpaca" or "sharegpt".
        kind: of KINDS.
        convert: a row to its form, without the columns that it does not use.
        used: the columns that `convert` reads.
        needed: those that each row must have, though a text may be missing in them.
        notes: (key, values) of what is worth saying, see `smolsynth.datasets.strings`.
    """

    name: str
    kind: str
    convert: Callable[[Row], Row]
    used: tuple[str, ...]
    needed: tuple[str, ...]
    notes: tuple[tuple[str, dict[str, Any]], ...] = field(default=())

    def read(self, row: Row) -> Row:
        """`convert`, for a row that has what it needs. Raises Fault."""
        for name in self.needed:
            if name not in row:
                raise Fault(name, "this column", f"only {', '.join(map(str, row)) or 'none'}")
        return self.convert(row)


# ---- recognising ----


def recognise(first: Sequence[Row], kind: str = "auto") -> Shape:
    """The shape of rows, by their keys; keys that are empty throughout don't count.

    Args:
        first: rows to look at.
        kind: of KINDS; "auto" takes what the columns say.

    Raises:
        UnknownShape: the columns are those of no shape, or of several; or another kind's.
    """
    filled = {key for row in first for key, value in row.items() if not _empty(value)}
    there = {key for row in first for key in row}
    if media := sorted(key for key in filled if key.lower() in MEDIA):
        raise UnknownShape(
            f"The column {media[0]!r} holds pictures, sound or film, and only text can be read:"
            f" take the rows without it, or drop the column if the talks make sense without."
        )
    shape = _preference(first, filled, there) or _kto(first, filled, there)
    shape = shape or _talks(first, filled, there) or _question(filled, there)
    if shape is None:
        raise UnknownShape(
            f"The columns {', '.join(map(repr, sorted(filled)))} are those of no shape that can be"
            " read. Known are messages; conversations; instruction, input and output; prompt and"
            " completion; question and answer; query and response; chosen and rejected; and label"
            " beside one of these. Rename yours to what they are."
        )
    if kind not in ("auto", shape.kind):
        raise UnknownShape(
            f"These are rows of {shape.kind} data ({shape.name}), not of {kind} data: read them"
            f' with kind="{shape.kind}".'
        )
    return shape


def _empty(value: Any) -> bool:
    return is_missing(value) or (isinstance(value, str | list | tuple | dict) and len(value) == 0)


def _one(names: Iterable[str], filled: set[str], what: str) -> str | None:
    """The one filled column of several names; UnknownShape where two are filled."""
    there = [name for name in names if name in filled]
    if len(there) > 1:
        raise UnknownShape(
            f"The columns {there[0]!r} and {there[1]!r} may both be {what}: keep one, or rename"
            " the other."
        )
    return there[0] if there else None


def _preference(first: Sequence[Row], filled: set[str], there: set[str]) -> Shape | None:
    if "preferred_output" in there:
        return Shape(
            "openai-preference",
            "preference",
            _openai_pair,
            ("input", "preferred_output", "non_preferred_output"),
            ("input", "preferred_output", "non_preferred_output"),
        )
    ratings = next((names for names in RATINGS if set(names) & filled), ())
    if "rejected_response" in filled and "messages" in filled:
        used = ("messages", "rejected_response", "tools", *ratings)
        return Shape(
            "ms-swift", "preference", lambda row: _swift_pair(row, ratings), used, used[:2]
        )
    if not {"chosen", "rejected"} <= there:
        return None
    talk = _one(TALKS, filled, "the talk") if not _whole_talks(first) else None
    asked = None if talk else _one(ASKED, filled, "the prompt")
    notes = []
    if _whole_talks(first) and asked and not isinstance(_sample(first, asked), list):
        notes.append(("prompt_kept", {"column": asked}))
        asked = None
    system = _one(("system", "system_prompt"), filled, "the system prompt") if asked else None
    used = ("chosen", "rejected", *ratings, *filter(None, (talk, asked, system)))
    used += tuple(name for name in ("input", "history") if asked == "instruction" and name in there)
    used += ("tools",) if "tools" in there else ()
    name = "preference" if asked else "sharegpt-preference" if talk else "preference-talks"

    def convert(row: Row) -> Row:
        return _pair(row, talk or asked, system, ratings)

    needed = ("chosen", "rejected", *filter(None, (talk, asked)))
    return Shape(name, "preference", convert, used, needed, tuple(notes))


def _sample(rows: Sequence[Row], column: str) -> Any:
    return next((row[column] for row in rows if not _empty(row.get(column))), None)


def _whole_talks(first: Sequence[Row]) -> bool:
    """Whether both sides hold the whole talk, question and all."""
    side = _sample(first, "chosen")
    return isinstance(side, list | tuple) and len(side) > 1


def _kto(first: Sequence[Row], filled: set[str], there: set[str]) -> Shape | None:
    label = _one(LABELS, filled, "the label")
    if label is None or not any(_is_verdict(row.get(label)) for row in first):
        return None
    inner = _talks(first, filled, there) or _question(filled, there)
    if inner is None:
        return None

    def convert(row: Row) -> Row:
        talk = inner.convert(row)
        *prompt, answer = talk.pop("messages")
        return {"prompt": prompt, "completion": [answer], "label": _label(row, label), **talk}

    return Shape("kto", "kto", convert, (*inner.used, label), (*inner.needed, label), inner.notes)


def _talks(first: Sequence[Row], filled: set[str], there: set[str]) -> Shape | None:
    talk = _one(TALKS, filled, "the talk")
    if talk is None:
        return None
    sample = _sample(first, talk)
    turn = sample[0] if isinstance(sample, list | tuple) and sample else None
    if isinstance(turn, Mapping):
        name = "sharegpt" if "from" in turn else "messages"
    else:
        name = talk
    system = _one(("system", "system_prompt"), filled, "the system prompt")
    used = (talk, *filter(None, (system,)), *(["tools"] if "tools" in there else []))
    beside = [(("beside", {"column": c, "talk": talk})) for c in ASKED + ANSWERED if c in filled]

    def convert(row: Row) -> Row:
        talks = _Talk(row.get(talk), talk, row.get(system) if system else None)
        return {"messages": talks.whole(), **talks.thoughts(), **_tools(row), **talks.others()}

    return Shape(name, "instruction", convert, used, (talk,), tuple(beside))


def _question(filled: set[str], there: set[str]) -> Shape | None:
    answered = _one(ANSWERED, filled, "the answer")
    asked = _one(ASKED, filled, "the question")
    if asked is None and answered is not None and "input" in filled:
        asked = "input"
    if asked is None or answered is None:
        return None
    system = _one(("system", "system_prompt"), filled, "the system prompt")
    more = [name for name in ("input", "history") if name in there and name != asked]
    more = more if asked in ("instruction", "query") else []
    name = NAMES.get((asked, answered), f"{asked}-{answered}")
    used = (asked, answered, *more, *filter(None, (system,)))
    used += ("tools",) if "tools" in there else ()
    notes = (("input", {}),) if "input" in more and "input" in filled else ()

    def convert(row: Row) -> Row:
        turns = _asked(row, asked, system)
        reply = row.get(answered)
        if isinstance(reply, list | tuple) and reply and isinstance(reply[0], Mapping):
            turns += reply
        else:
            turns.append({"role": "assistant", "content": _text(reply, answered)})
        talks = _Talk(turns, answered, None)
        return {"messages": talks.whole(), **talks.thoughts(), **_tools(row), **talks.others()}

    return Shape(name, "instruction", convert, used, (asked, answered), notes)


# ---- converting ----


def _asked(row: Row, column: str, system: str | None) -> list[Row]:
    """The turns before the answer: system prompt, history, question (with its input)."""
    before: list[Row] = []
    if system and not _empty(row.get(system)):
        before.append({"role": "system", "content": _text(row[system], system)})
    if column in ("instruction", "query"):
        for number, pair in enumerate(_list(row.get("history"), "history")):
            if not isinstance(pair, list | tuple) or len(pair) != 2:
                raise Fault(f"history[{number}]", "a question and its answer", _found(pair))
            for role, text in zip(("user", "assistant"), pair, strict=True):
                before.append({"role": role, "content": _text(text, f"history[{number}]")})
    value = row.get(column)
    if isinstance(value, list | tuple):
        return [*before, *value]
    parts = [_text(value, column)]
    if column == "instruction" and not _empty(row.get("input")):
        parts.append(_text(row["input"], "input"))
    return [*before, {"role": "user", "content": "\n".join(parts)}]


def _pair(row: Row, asked: str | None, system: str | None, ratings: Sequence[str]) -> Row:
    sides = {side: _side(row.get(side), side) for side in ("chosen", "rejected")}
    if asked is None:  # both hold the whole talk: what they share is the prompt
        prompt = _shared(sides["chosen"], sides["rejected"])
        sides = {side: turns[len(prompt) :] for side, turns in sides.items()}
    elif asked in TALKS:
        prompt = list(_list(row.get(asked), asked))
    else:
        prompt = _asked(row, asked, system)
    return _made_pair(prompt, sides, row, ratings)


def _side(value: Any, side: str) -> list[Row]:
    if isinstance(value, Mapping):
        return [value]
    if isinstance(value, list | tuple):
        return list(value)
    return [{"role": "assistant", "content": _text(value, side)}]


def _shared(one: Sequence[Row], two: Sequence[Row]) -> list[Row]:
    """The turns that both begin with, up to the last one of the user."""
    count = 0
    for a, b in zip(one, two, strict=False):
        if a != b:
            break
        count += 1
    while count and _role(one[count - 1], "chosen") not in ("user", "tool"):
        count -= 1
    if not count:
        raise Fault("chosen", "to begin with the turns that rejected begins with", "none shared")
    return list(one[:count])


def _swift_pair(row: Row, ratings: Sequence[str]) -> Row:
    turns = list(_list(row.get("messages"), "messages"))
    if not turns:
        raise Fault("messages", "turns", "none")
    sides = {"chosen": turns[-1:], "rejected": _side(row["rejected_response"], "rejected_response")}
    return _made_pair(turns[:-1], sides, row, ratings)


def _openai_pair(row: Row) -> Row:
    given = row.get("input")
    if not isinstance(given, Mapping) or "messages" not in given:
        raise Fault("input", "an object with messages", _found(given))
    sides = {
        "chosen": _list(row.get("preferred_output"), "preferred_output"),
        "rejected": _list(row.get("non_preferred_output"), "non_preferred_output"),
    }
    tools = {"tools": given["tools"]} if not _empty(given.get("tools")) else {}
    return _made_pair(list(given["messages"]), sides, {**row, **tools}, ())


def _made_pair(
    prompt: list[Row], sides: Mapping[str, Sequence[Row]], row: Row, ratings: Sequence[str]
) -> Row:
    made: Row = {}
    more: Row = {}
    for side, turns in sides.items():
        if len(turns) != 1:
            raise Fault(side, "one turn after what both share", f"{len(turns)} turns")
        talks = _Talk([*prompt, *turns], side, None)
        *made["prompt"], answer = talks.whole()
        made[side] = [answer]
        if said := talks.thoughts():
            more[f"thoughts_{side}"] = said["thoughts"]
        if side == "chosen":
            more |= talks.others()
    for name, column in zip(SCORES, ratings, strict=False):
        value = row.get(column)
        if not is_missing(value) and (isinstance(value, bool) or not _number(value)):
            raise Fault(column, "a number", _found(value))
        made[name] = None if is_missing(value) else float(value)
    return {**made, **more, **_tools(row)}


def _number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _is_verdict(value: Any) -> bool:
    words = isinstance(value, str) and value.lower() in ("true", "false")
    return words or type(value).__name__ in ("bool", "bool_")


def _label(row: Row, column: str) -> bool:
    value = row.get(column)
    if _is_verdict(value):
        return str(value).lower() == "true"
    raise Fault(column, "true or false", _found(value))


def _tools(row: Row) -> Row:
    value = row.get("tools")
    if _empty(value):
        return {}
    if not isinstance(value, str):
        return {"tools": json.dumps(value, ensure_ascii=False)}
    try:
        json.loads(value)
    except ValueError:
        raise Fault("tools", "JSON", _found(value)) from None
    return {"tools": value}


# ---- talks ----


class _Talk:
    """A talk in any shape, turned into turns of role and content."""

    def __init__(self, turns: Any, key: str, system: Any) -> None:
        self.said: list[str] = []
        self.extra: dict[str, list[Any]] = {}
        self.turns: list[Row] = []
        turns = _list(turns, key)
        if not turns:
            raise Fault(key, "turns", "none")
        for number, turn in enumerate(turns):
            self._add(turn, f"{key}[{number}]")
        if not _empty(system):
            if self.turns[0]["role"] == "system":
                raise Fault("system", "no second system prompt", "one here and one in the talk")
            self.turns.insert(0, {"role": "system", "content": _text(system, "system")})
            for values in self.extra.values():
                values.insert(0, None)
        self._check(key)

    def _add(self, turn: Any, key: str) -> None:
        role = _role(turn, key)
        value, calls = turn.get(_content_key(turn)), _calls(turn.get("tool_calls"), key)
        thoughts = [turn[name] for name in _THOUGHTS if isinstance(turn.get(name), str)]
        if isinstance(value, list | tuple):
            text = self._parts(value, key, thoughts, calls)
        else:
            text = _text(value, key)
        if role == "call":
            role, text, calls = "assistant", "", [*calls, *_calls_of_text(text, key)]
        if role == "assistant" and (_THINKS.match(text) or _closes(text)):
            inner, answer = split_thoughts(text)
            text = answer or ""
            thoughts.append(inner)
        made: Row = {"role": role, "content": text}
        if calls:
            made["tool_calls"] = calls
        for name in ("name", "tool_call_id"):
            if not _empty(turn.get(name)):
                made[name] = turn[name]
        known = {"from", "value", "text", *TURN_KEYS, *_THOUGHTS}
        for name, other in turn.items():
            if name not in known and not _empty(other):
                self.extra.setdefault(name, [None] * len(self.turns)).append(other)
        self.turns.append(made)
        for values in self.extra.values():
            values += [None] * (len(self.turns) - len(values))
        if role == "assistant":
            self.said.append("\n".join(filter(None, thoughts)))

    def _parts(self, parts: Sequence[Any], key: str, thoughts: list[str], calls: list[Row]) -> str:
        texts = []
        for number, part in enumerate(parts):
            place = f"{key}.content[{number}]"
            if not isinstance(part, Mapping):
                raise Fault(place, "a part with a type", _found(part))
            kind = part.get("type")
            value = next((part[k] for k in ("text", "value", kind) if not _empty(part.get(k))), "")
            if kind in ("text", "input_text", "output_text"):
                texts.append(_text(value, place))
            elif kind in ("reasoning", "thinking"):
                thoughts.append(_text(value, place))
            elif kind in ("tool_call", "tool_use", "function_call"):
                calls += _calls_of_text(value or {**part, "type": None}, place)
            else:
                raise Fault(place, "text, reasoning or tool_call", f"a part of type {kind!r}")
        return "".join(texts)

    def _check(self, key: str) -> None:
        """Refuses turns in an order that no chat template renders."""
        if wrong := out_of_order(self.turns):
            number, expected = wrong
            at_end = " at the end" if self.turns[number]["role"] != "assistant" else ""
            found = self.turns[number]["role"]
            last = number == len(self.turns) - 1 and expected == "assistant"
            raise Fault(f"{key}[{number}]", f"{expected}'s turn{at_end if last else ''}", found)

    def whole(self) -> list[Row]:
        return self.turns

    def thoughts(self) -> Row:
        return {"thoughts": self.said} if any(self.said) else {}

    def others(self) -> Row:
        """Further keys of turns, each as a column with one value a turn."""
        return {f"turn_{name}": values for name, values in self.extra.items()}


def _closes(text: str) -> bool:
    """Whether a thought ends that the chat template had opened."""
    return "</think>" in text and "<think>" not in text and "`</think>" not in text


def _role(turn: Any, key: str) -> str:
    if not isinstance(turn, Mapping):
        raise Fault(key, "a turn with role and content", _found(turn))
    name = next((turn[k] for k in ("role", "from") if k in turn), None)
    role = ROLES.get(name.lower()) if isinstance(name, str) else None
    if role is None:
        known = ", ".join(("system", "user", "assistant", "tool"))
        raise Fault(f"{key}.role", f"{known} or a name in use for these", _found(name))
    return role


def _content_key(turn: Mapping) -> str:
    return next((name for name in ("content", "value", "text") if name in turn), "content")


def _calls(value: Any, key: str) -> list[Row]:
    if _empty(value):
        return []
    return [call for one in _list(value, f"{key}.tool_calls") for call in _calls_of_text(one, key)]


def _calls_of_text(value: Any, key: str) -> list[Row]:
    """Tool calls as OpenAI writes them, from JSON or its text: name and arguments."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise Fault(key, "a tool call in JSON", _found(value)) from None
    made = []
    for call in value if isinstance(value, list) else [value]:
        inner = call.get("function", call) if isinstance(call, Mapping) else None
        if not isinstance(inner, Mapping) or not isinstance(inner.get("name"), str):
            raise Fault(key, "a tool call with name and arguments", _found(call))
        arguments = inner.get("arguments", inner.get("parameters", inner.get("input", {})))
        if not isinstance(arguments, str):
            arguments = json.dumps(arguments, ensure_ascii=False)
        own = {"id": call["id"]} if not _empty(call.get("id")) else {}
        made.append(
            {**own, "type": "function", "function": {"name": inner["name"], "arguments": arguments}}
        )
    return made


def _list(value: Any, key: str) -> list[Any]:
    if is_missing(value):
        return []
    if hasattr(value, "tolist"):  # of numpy, as pandas reads Parquet
        value = value.tolist()
    if isinstance(value, str) and value.lstrip().startswith("["):  # a cell of a CSV file
        try:
            value = json.loads(value)
        except ValueError:
            raise Fault(key, "a list, as JSON", _found(value)) from None
    if not isinstance(value, list | tuple):
        raise Fault(key, "a list", _found(value))
    return list(value)


def _text(value: Any, key: str) -> str:
    if is_missing(value):
        return ""
    if not isinstance(value, str):
        raise Fault(key, "text", _found(value))
    return value


def _found(value: Any) -> str:
    shown = repr(value)
    return f"{type(value).__name__} {shown[:40]}{'…' if len(shown) > 40 else ''}"
