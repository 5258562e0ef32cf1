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

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from smolsynth.datasets.convert import PAIR
from smolsynth.datasets.strings import said
from smolsynth.datasets.talks import (
    MEDIA,
    Fault,
    Talk,
    empty,
    found,
    list_of,
    role_of,
    text_of,
    transcript,
)
from smolsynth.datasets.talks import tools_of as _tools
from smolsynth.errors import Said
from smolsynth.quality.rules import SCORES
from smolsynth.rows import Row

KINDS = ("instruction", "preference", "kto")
FORM = {
    "instruction": ("messages",),
    "preference": (*PAIR, *SCORES),
    "kto": ("prompt", "completion", "label"),
}
TURNS = ("messages", *PAIR, "completion")  # the columns of the forms that hold turns
TALKS = ("messages", "conversations", "conversation")
GEMINI = "contents"  # as Gemini is tuned with; elsewhere it may be any text
ASKED = ("instruction", "prompt", "question", "query")
ANSWERED = ("output", "completion", "answer", "response", "generation")
SYSTEM = ("system", "system_prompt", "systemInstruction")
INPUT = ("input", "context")  # Dolly's name for it is context
# Beside a question these are a part of it more often than not.
PARTS = ("passage", "paragraph", "article", "table", "choices", "options")
TOOLS = ("tools", "functions")
NAMES = {  # of shapes of one question and one answer
    ("instruction", "output"): "alpaca",
    ("prompt", "completion"): "prompt-completion",
    ("question", "answer"): "question-answer",
    ("query", "response"): "query-response",
}
LABELS = ("label", "kto_tag")
OPENAI_PAIR = ("input", "preferred_output", "non_preferred_output")
# Columns that change what others mean: where they are filled, they are read, or refused.
MEANING = {
    *(*TALKS, *ASKED, *ANSWERED, *SYSTEM, *INPUT, *TOOLS, *LABELS, *MEDIA, *OPENAI_PAIR),
    *("chosen", "rejected", "rejected_response", "history"),
}
_NUMBERS = ("0", "1", "0.0", "1.0")  # that may be verdicts
_LIKE_VERDICTS = [  # words that may be, too
    {*pair.split("/")}
    for pair in "yes/no y/n t/f good/bad right/wrong correct/incorrect pass/fail like/dislike"
    " up/down accept/reject accepted/rejected chosen/rejected desirable/undesirable 1/-1 1.0/-1.0"
    " 👍/👎 ✓/✗ 好/坏 好/不好 是/否 对/错 正确/错误 合格/不合格 赞/踩".split()
]
_RATING = {"score", "rating", "reward", "scores", "ratings", "rewards"}


class UnknownShape(Exception):
    """The columns are those of no shape, or of more than one."""

    def __init__(self, said: Said) -> None:
        self.said = said
        super().__init__(said)


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
                there = said("only", columns=list(row)) if row else said("none")
                raise Fault(name, said("column"), there)
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
    filled = {key for row in first for key, value in row.items() if not empty(value)}
    if media := sorted(key for key in filled if key.lower() in MEDIA):
        raise UnknownShape(said("media", column=media[0]))
    shape = _preference(first, filled) or _kto(first, filled, kind)
    shape = shape or _talks(first, filled) or _question(filled)
    if shape is None and "text" in filled:
        raise UnknownShape(said("text_only"))
    if shape is None:
        there = sorted({name for row in first for name in row})
        names = [repr(one) if one in filled else said("unfilled", column=one) for one in there]
        raise UnknownShape(said("unknown", columns=names or said("none")))
    if kind not in ("auto", shape.kind):
        raise UnknownShape(said("other_kind", found=shape.kind, shape=shape.name, kind=kind))
    return shape


def _one(names: Iterable[str], filled: set[str], what: str) -> str | None:
    """The one filled column of several names; UnknownShape where two are filled."""
    there = [name for name in names if name in filled]
    if len(there) > 1:
        raise UnknownShape(said("both", one=there[0], two=there[1], what=said(f"the_{what}")))
    return there[0] if there else None


@dataclass(frozen=True)
class _Asked:
    """The columns that a question is made of: itself, its input, the system prompt."""

    column: str
    input: str | None
    system: str | None

    @classmethod
    def of(cls, filled: set[str], column: str) -> "_Asked":
        """Raises UnknownShape where two columns may be the same, or one a part of the question."""
        system = _one(SYSTEM, filled, "system")
        inputs = [name for name in INPUT if name in filled and name != column]
        others = [name for name in PARTS if name in filled]
        others += ["A"] if {"A", "B"} <= filled else []  # of a question with answers to choose from
        if column != "instruction":
            others = inputs + others
        if others:
            raise UnknownShape(said("part_of_question", column=others[0], asked=column))
        return cls(column, _one(inputs, filled, "input") if inputs else None, system)

    @property
    def used(self) -> tuple[str, ...]:
        more = INPUT if self.column == "instruction" else ()
        return (self.column, *more, "history", *filter(None, (self.system,)))

    @property
    def notes(self) -> tuple[tuple[str, dict[str, Any]], ...]:
        if not self.input:
            return ()
        return (("input", {"asked": self.column, "column": self.input}),)

    def turns(self, row: Row) -> list[Row]:
        """The turns before the answer: history, question (with its input)."""
        before: list[Row] = []
        for number, pair in enumerate(list_of(row.get("history"), "history")):
            place = f"history[{number}]"
            if not isinstance(pair, list | tuple) or len(pair) != 2:
                raise Fault(place, said("pair"), found(pair))
            for role, text in zip(("user", "assistant"), pair, strict=True):
                before.append({"role": role, "content": text_of(text, place)})
        value = row.get(self.column)
        if isinstance(value, list | tuple):
            return [*before, *value]
        parts = [text_of(value, self.column)]
        if self.input and not empty(row.get(self.input)):
            parts.append(text_of(row[self.input], self.input))
        return [*before, {"role": "user", "content": "\n".join(parts)}]


def _preference(first: Sequence[Row], filled: set[str]) -> Shape | None:
    there = {key for row in first for key in row}
    if "preferred_output" in there:
        return Shape("openai-preference", "preference", _openai_pair, OPENAI_PAIR, OPENAI_PAIR)
    ratings = _ratings(filled)
    system = _one(SYSTEM, filled, "system")
    others = (*ratings, *TOOLS, *filter(None, (system,)))
    if "rejected_response" in filled and "messages" in filled:
        both = ("messages", "rejected_response")

        def convert_swift(row: Row) -> Row:
            return _swift_pair(row, system, ratings)

        return Shape("ms-swift", "preference", convert_swift, (*both, *others), both)
    if not {"chosen", "rejected"} <= there:
        return None
    whole = _whole_talks(first)
    talk = None if whole else _one(TALKS, filled, "talk")
    column = None if talk else _one(ASKED, filled, "prompt")
    notes: tuple[tuple[str, dict[str, Any]], ...] = ()
    if whole and column and not isinstance(_sample(first, column), list):
        notes = (("prompt_kept", {"column": column}),)
        column = None
    asked = _Asked.of(filled, column) if column else None
    name = "preference" if asked else "sharegpt-preference" if talk else "preference-talks"
    if whole and isinstance(_sample(first, "chosen"), str):
        name = "transcripts"

    def convert(row: Row) -> Row:
        sides = {side: _side(row.get(side), side, whole) for side in ("chosen", "rejected")}
        if asked:
            prompt = asked.turns(row)
        elif talk:
            prompt = list_of(row.get(talk), talk)
        else:  # both hold the whole talk: what they share is the prompt
            prompt = _shared(sides["chosen"], sides["rejected"])
            sides = {side: turns[len(prompt) :] for side, turns in sides.items()}
        return _made_pair(prompt, sides, row, system, ratings)

    needed: tuple[str, ...] = ("chosen", "rejected", *filter(None, (talk, column)))
    used = (*needed, *others, *(asked.used if asked else ()))
    return Shape(
        name, "preference", convert, used, needed, (*notes, *(asked.notes if asked else ()))
    )


def _ratings(filled: set[str]) -> tuple[str, ...]:
    """The columns of the ratings of both sides, under any name in use; () where there are none.

    >>> _ratings({"rejected-rating", "prompt"}), _ratings({"chosen_avg_score"})
    (('chosen-rating', 'rejected-rating'), ('chosen_avg_score', 'rejected_avg_score'))
    """
    pairs = []
    for name in filled:
        parts = re.split(r"[-_. ]", name.lower())
        for side, other in (("chosen", "rejected"), ("rejected", "chosen")):
            if side in parts and _RATING & set(parts):
                pair = (name, name.replace(side, other))
                pairs.append(pair if side == "chosen" else pair[::-1])
    return min(pairs, key=lambda pair: (pair != SCORES, len(pair[0]), pair), default=())


def _sample(rows: Sequence[Row], column: str) -> Any:
    return next((row[column] for row in rows if not empty(row.get(column))), None)


def _whole_talks(first: Sequence[Row]) -> bool:
    """Whether both sides hold the whole talk, question and all."""
    side = _sample(first, "chosen")
    if isinstance(side, str):
        return len(transcript(side)) > 1
    return isinstance(side, list | tuple) and len(side) > 1


def _kto(first: Sequence[Row], filled: set[str], kind: str) -> Shape | None:
    label = _one(LABELS, filled, "label")
    if label is None:
        return None
    values = [row[label] for row in first if not empty(row.get(label))]
    numbers = all(str(value) in _NUMBERS for value in values)
    if not any(map(_is_verdict, values)):
        if kind not in ("auto", "kto"):
            return None
        words = {str(value).strip().lower() for value in values}
        if not numbers and (kind == "kto" or any(words <= pair for pair in _LIKE_VERDICTS)):
            shown = [repr(value) for value in dict.fromkeys(map(str, values))][:2]
            raise UnknownShape(said("verdict_words", column=label, values=shown))
        if not numbers:
            return None
        if kind == "auto":
            raise UnknownShape(said("zero_one", column=label))
    inner = _talks(first, filled) or _question(filled)
    if inner is None:
        return None

    def convert(row: Row) -> Row:
        talk = inner.convert(row)
        *prompt, answer = talk.pop("messages")
        verdict = _verdict(row.get(label), label, numbers)
        return {"prompt": prompt, "completion": [answer], "label": verdict, **talk}

    return Shape("kto", "kto", convert, (*inner.used, label), (*inner.needed, label), inner.notes)


def _talks(first: Sequence[Row], filled: set[str]) -> Shape | None:
    column = _one(TALKS, filled, "talk") or GEMINI
    sample = _sample(first, column)
    turn = sample[0] if isinstance(sample, list | tuple) and sample else None
    if column == GEMINI and not (isinstance(turn, Mapping) and "parts" in turn):
        return None
    name = column
    if column == GEMINI:
        name = "gemini"
    elif isinstance(turn, Mapping):
        name = "sharegpt" if not empty(turn.get("from")) else "messages"
    system = _one(SYSTEM, filled, "system")
    used = (column, *TOOLS, *filter(None, (system,)))
    beside = tuple(
        ("beside", {"column": other, "talk": column})
        for other in ASKED + ANSWERED
        if other in filled
    )

    def convert(row: Row) -> Row:
        talk = Talk(row.get(column), column, row.get(system) if system else None)
        return {"messages": talk.whole(), **talk.thoughts(), **_tools(row), **talk.others()}

    return Shape(name, "instruction", convert, used, (column,), beside)


def _question(filled: set[str]) -> Shape | None:
    answered = _one(ANSWERED, filled, "answer")
    column = _one(ASKED, filled, "question")
    if column is None and answered is not None and "input" in filled:
        column = "input"
    if column is None or answered is None:
        return None
    asked = _Asked.of(filled, column)
    name = NAMES.get((column, answered), f"{column}-{answered}")

    def convert(row: Row) -> Row:
        turns = asked.turns(row)
        reply = row.get(answered)
        if isinstance(reply, list | tuple) and reply and isinstance(reply[0], Mapping):
            turns += reply
        else:
            turns.append({"role": "assistant", "content": text_of(reply, answered)})
        talk = Talk(turns, answered, row.get(asked.system) if asked.system else None)
        return {"messages": talk.whole(), **talk.thoughts(), **_tools(row), **talk.others()}

    used = (answered, *asked.used, *TOOLS)
    return Shape(name, "instruction", convert, used, (column, answered), asked.notes)


# ---- converting ----


def _side(value: Any, side: str, whole: bool = False) -> list[Row]:
    if isinstance(value, Mapping):
        return [dict(value)]
    if isinstance(value, list | tuple):
        return list(value)
    text = text_of(value, side)
    turns = transcript(text) if whole else []
    return turns or [{"role": "assistant", "content": text}]


def _shared(one: Sequence[Row], two: Sequence[Row]) -> list[Row]:
    """The turns that both begin with, up to the last one of the user."""
    count = 0
    for a, b in zip(one, two, strict=False):
        if a != b:
            break
        count += 1
    while count and role_of(one[count - 1], "chosen") not in ("user", "tool"):
        count -= 1
    if not count:
        raise Fault("chosen", said("shared"), said("none_shared"))
    return list(one[:count])


def _swift_pair(row: Row, system: str | None, ratings: Sequence[str]) -> Row:
    turns = list_of(row.get("messages"), "messages")
    if not turns:
        raise Fault("messages", said("turns"), said("none"))
    sides = {"chosen": turns[-1:], "rejected": _side(row["rejected_response"], "rejected_response")}
    return _made_pair(turns[:-1], sides, row, system, ratings)


def _openai_pair(row: Row) -> Row:
    given = row.get("input")
    if not isinstance(given, Mapping) or "messages" not in given:
        raise Fault("input", said("openai_input"), found(given))
    sides = {
        "chosen": list_of(row.get("preferred_output"), "preferred_output"),
        "rejected": list_of(row.get("non_preferred_output"), "non_preferred_output"),
    }
    prompt = list_of(given["messages"], "input.messages")
    others = {name: value for name, value in given.items() if name not in ("messages", "tools")}
    return _made_pair(prompt, sides, {**row, "tools": given.get("tools")}, None, ()) | others


def _made_pair(
    prompt: list[Row],
    sides: Mapping[str, Sequence[Row]],
    row: Row,
    system: str | None,
    ratings: Sequence[str],
) -> Row:
    made: Row = {}
    more: Row = {}
    for side, turns in sides.items():
        if len(turns) != 1:
            raise Fault(side, said("one_turn"), said("n_turns", count=len(turns)))
        talk = Talk([*prompt, *turns], side, row.get(system) if system else None)
        *made["prompt"], answer = talk.whole()
        made[side] = [answer]
        if thoughts := talk.thoughts():
            more[f"thoughts_{side}"] = thoughts["thoughts"]
        if side == "chosen":
            more |= talk.others()
    for name, column in zip(SCORES, ratings, strict=False):
        made[name] = _rating(row.get(column), column)
    return {**made, **more, **_tools(row)}


def _rating(value: Any, column: str) -> float | None:
    if empty(value):
        return None
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise Fault(column, said("number"), found(value))
    return number


def _is_verdict(value: Any) -> bool:
    words = isinstance(value, str) and value.strip().lower() in ("true", "false")
    return words or isinstance(value, bool)


def _verdict(value: Any, column: str, numbers: bool) -> bool:
    if _is_verdict(value):
        return str(value).strip().lower() == "true"
    if numbers and str(value) in _NUMBERS:
        return float(value) == 1
    raise Fault(column, said("true_false"), found(value))
