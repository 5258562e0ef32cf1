"""From generated rows to the columns that TRL trains on."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from smolsynth.llms.thinking import join_thoughts
from smolsynth.quality.rules import RATINGS, SCORES
from smolsynth.rows import Row, column_names, is_missing, rows

PAIR = ("prompt", "chosen", "rejected")  # the columns of preference data
TURN_KEYS = ("role", "content", "tool_calls", "tool_call_id", "name")
SOURCE = "source"  # where a row comes from, if that is to be kept
SHOWN = 3  # rows named in an error, and rows shown in the card
SAME = "chosen equals rejected"


def to_messages(
    dataset: Any,
    instruction: str = "instruction",
    response: str = "response",
    system: str | None = None,
    *,
    conversation: str | None = None,
    thoughts: str | None = None,
    source: str | None = None,
    keep: Sequence[str] = (),
):
    """Puts rows into the form that TRL's `SFTTrainer` takes for chats.

    Args:
        dataset: a `Dataset`, a `Distiset` with one dataset, or a list of dicts.
        instruction: the column of user turns.
        response: the column of assistant turns.
        system: the column of system prompts, if any; a row that lacks one gets none.
        conversation: instead of the three above, a column of whole talks, such as Magpie makes for
            several turns: lists of dicts with `role` and `content`.
        thoughts: the column of thoughts that are to be learned with the response: they stand before
            it in the assistant's turn, as `<think>…</think>`; in a row that has none, nothing does.
        source: a column that says where each row comes from, to be kept.
        keep: further columns that go along as they are, such as the document that a row is about.

    Returns:
        A `datasets.Dataset` with as many rows and the column `messages`: a list of dicts with
        `role` ("system", "user", "assistant") and `content` (texts as they were); and `source` if
        one is given.

    Raises:
        ValueError: a column is missing; or rows have an instruction or response that is empty,
            missing or no string; or talks are not well formed. The error says how many, which come
            first (counted from 0) and how to filter them.
    """
    data = rows(dataset)
    columns = [conversation] if conversation else [instruction, response]
    others = [*([] if conversation else [system, thoughts]), source]
    check_columns(data, [*columns, *filter(None, others), *keep])
    if conversation:
        refuse_faulty(data, lambda row: fault_of_talk(row.get(conversation)), TALK_HINT)
        talks = [row[conversation] for row in data]
    else:
        hint = _TEXT_HINT.format(columns=columns)
        refuse_faulty(data, lambda row: _fault_of_row(row, columns, system), hint)
        talks = [_talk(row, instruction, response, system) for row in data]
        if thoughts:
            for (*_, answer), row in zip(talks, data, strict=True):
                inner = "" if is_missing(row[thoughts]) else row[thoughts]
                answer["content"] = join_thoughts(inner, answer["content"])
    talks = [[{"role": turn["role"], "content": turn["content"]} for turn in t] for t in talks]
    return _made({"messages": talks}, data, source, keep)


def to_preferences(
    dataset: Any,
    instruction: str = "instruction",
    chosen: str = "chosen",
    rejected: str = "rejected",
    system: str | None = None,
    ratings: tuple[str, str] | None = None,
    *,
    source: str | None = None,
    keep: Sequence[str] = (),
):
    """Puts pairs into the form that TRL's `DPOTrainer` takes for chats.

    Args:
        dataset: a `Dataset`, a `Distiset` with one dataset, or a list of dicts.
        instruction: the column of user turns.
        chosen: the column of the better responses.
        rejected: the column of the worse ones.
        system: the column of system prompts, if any; a row that lacks one gets none.
        ratings: the columns of the two ratings. Where `None`, `chosen_rating` and
            `rejected_rating` are taken if there are both.
        source: a column that says where each row comes from, to be kept.
        keep: further columns that go along as they are.

    Returns:
        A `datasets.Dataset` with as many rows and the columns `prompt` (system and user turn),
        `chosen` and `rejected` (an assistant turn each), all lists of dicts with `role` and
        `content`; and of rated pairs `score_chosen` and `score_rejected` (float or `None`), which
        trainers pass over and `smolsynth.quality` reads; and `source` if one is given.

    Raises:
        ValueError: a column is missing; or rows have a text that is empty, `None` or no string, or
            a chosen response that equals the rejected one: such a pair teaches nothing. The error
            says how many, which come first (counted from 0) and how to filter them.
    """
    data = rows(dataset)
    columns = [instruction, chosen, rejected]
    if ratings is None and len(data) and set(RATINGS) <= set(column_names(data)):
        ratings = RATINGS
    check_columns(data, [*columns, *filter(None, (system, source)), *(ratings or ()), *keep])

    def fault(row: Row) -> str | None:
        if found := _fault_of_row(row, columns, system):
            return found
        return SAME if row[chosen].strip() == row[rejected].strip() else None

    refuse_faulty(data, fault, _PAIR_HINT.format(columns=columns, chosen=chosen, rejected=rejected))
    made: dict[str, list] = {name: [] for name in PAIR}
    for name, column in zip(SCORES, ratings or (), strict=False):
        made[name] = [None if is_missing(row[column]) else row[column] for row in data]
    for row in data:
        *prompt, answer = _talk(row, instruction, chosen, system)
        made["prompt"].append(prompt)
        made["chosen"].append([answer])
        made["rejected"].append([{"role": "assistant", "content": row[rejected]}])
    return _made(made, data, source, keep)


def _made(columns: dict[str, list], data: Sequence[Row], source: str | None, keep: Sequence[str]):
    from datasets import Dataset

    if source:
        columns[SOURCE] = [None if is_missing(row[source]) else str(row[source]) for row in data]
    made = Dataset.from_dict(columns, features=features(*columns))
    for name in keep:
        made = made.add_column(name, [row[name] for row in data])
    return made


def features(*columns: str):
    from datasets import Features, Value

    turns = [{"role": Value("string"), "content": Value("string")}]
    plain = dict.fromkeys(SCORES, Value("float64")) | {SOURCE: Value("string")}
    return Features({column: plain.get(column, turns) for column in columns})


def _talk(row: Row, instruction: str, response: str, system: str | None) -> list[dict[str, str]]:
    prompt = row.get(system) if system else None
    before = [{"role": "system", "content": prompt}] if prompt and not is_missing(prompt) else []
    return [
        *before,
        {"role": "user", "content": row[instruction]},
        {"role": "assistant", "content": row[response]},
    ]


# ---- checks ----

_TEXT_HINT = (
    "Look at them, then drop them: dataset = dataset.filter(lambda row: all(isinstance(row[c], str)"
    " and row[c].strip() for c in {columns}))"
)
_PAIR_HINT = (
    "Look at them, then drop them: dataset = dataset.filter(lambda row: all(isinstance(row[c], str)"
    " and row[c].strip() for c in {columns})"
    " and row[{chosen!r}].strip() != row[{rejected!r}].strip())"
)
TALK_HINT = (
    "Each must be a list of dicts with role and content: an optional system turn, then user and"
    " assistant in turns, the last one an assistant's. Drop the others with dataset.filter(...)."
)


def check_columns(data: Sequence[Row], columns: list[str]) -> None:
    if not len(data):  # a list without rows has no columns either
        return
    names = column_names(data)
    for column in columns:
        if column not in names:
            raise ValueError(f"There is no column {column!r}; the columns are {names}.")


def refuse_faulty(data: Sequence[Row], fault: Callable[[Row], str | None], hint: str) -> None:
    faults = [(i, found) for i, row in enumerate(data) if (found := fault(row))]
    if not faults:
        return
    first = ", ".join(f"row {i} ({found})" for i, found in faults[:SHOWN])
    more = ", …" if len(faults) > SHOWN else ""
    raise ValueError(
        f"{len(faults)} of {len(data)} rows can't be exported (counted from 0): {first}{more}."
        f" {hint}"
    )


def _fault_of_row(row: Row, columns: list[str], system: str | None) -> str | None:
    for column in columns:
        if found := fault_of_text(row.get(column)):
            return f"{column} {found}"
    prompt = row.get(system) if system else None
    if prompt and not is_missing(prompt) and (found := fault_of_text(prompt)):
        return f"{system} {found}"
    return None


def fault_of_text(text: Any) -> str | None:
    if is_missing(text):
        return "is missing"
    if not isinstance(text, str):
        return f"is no text but {type(text).__name__}"
    if not text.strip():
        return "is empty"
    if any("\ud800" <= char <= "\udfff" for char in text):
        return "holds half a character, which UTF-8 can't store"
    return None


def fault_of_talk(talk: Any) -> str | None:
    """What is wrong with turns as they are saved: roles, texts, order; `None` if nothing is."""
    if not isinstance(talk, list | tuple) or not talk:
        return "no turns"
    for i, turn in enumerate(talk):
        if not isinstance(turn, Mapping) or not {"role", "content"} <= set(turn) <= set(TURN_KEYS):
            return f"turn {i} is no dict of role and content"
        if turn.get("tool_calls") and turn["content"] == "":
            continue
        if found := fault_of_text(turn["content"]):
            return f"turn {i} {found}"
    if out_of_order(talk):
        return f"roles {', '.join(str(turn['role']) for turn in talk[:6])}"
    return None


def out_of_order(turns: Sequence[Row]) -> tuple[int, str] | None:
    """The first turn that stands where no chat template has one, and whose turn it is.

    A system prompt may come first, then the user; the assistant answers, or calls tools, whose
    results it answers; it has the last word.

    >>> out_of_order([{"role": "user"}, {"role": "user"}])
    (1, 'assistant')
    """
    first = 1 if turns[0]["role"] == "system" else 0
    allowed: tuple[str, ...] = ("user",)
    for number, turn in enumerate(turns[first:], first):
        if turn["role"] not in allowed:
            return number, " or ".join(allowed)
        if turn["role"] == "user":
            allowed = ("assistant",)
        elif turn["role"] == "tool":
            allowed = ("tool", "assistant")
        else:
            allowed = ("tool",) if turn.get("tool_calls") else ("user",)
    return None if turns[-1]["role"] == "assistant" else (len(turns) - 1, "assistant")


# Line ends that some readers split at, and characters that are invisible or turn text around.
_UNSAFE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def as_json(value: Any, indent: int | None = None) -> str:
    """JSON on one line, readable; raises ValueError for NaN and infinity, which JSON has not."""
    text = json.dumps(value, ensure_ascii=False, indent=indent, allow_nan=False)
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
