"""Rows out of the wrapping of the tools that people have them from, and columns by other names."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from smolsynth.datasets.shapes import MEANING
from smolsynth.datasets.strings import Notes
from smolsynth.datasets.talks import empty
from smolsynth.rows import Row

_NAMES = {  # as columns are called besides, without capitals, spaces and dashes
    "instruction": "指令 指示 任务 任务指令",
    "input": "输入 输入内容",
    "output": "输出 输出内容 期望输出 参考输出",
    "question": "问题 问 提问 题目 问句 用户问题 用户提问",
    "answer": "答案 答 回答 回复 答复 解答 参考答案 标准答案",
    "system": "系统 系统提示 系统提示词 系统指令",
    "history": "历史 历史对话 对话历史",
    "prompt": "提示 提示词",
    "messages": "消息 对话 会话 多轮对话 聊天记录",
    "chosen": "选中 优选 正例 优选回答 更好的回答 好回答 被选回答",
    "rejected": "拒绝 落选 负例 落选回答 更差的回答 差回答 被拒回答",
    "tools": "工具",
}
_OTHER_NAMES = {other: name for name, others in _NAMES.items() for other in others.split()}
# These may mean something else, and count where the columns are of no shape without them.
_LOOSE_NAMES = {
    **dict.fromkeys("user human user_message user_input q ask".split(), "question"),
    **dict.fromkeys(
        "assistant bot gpt ai a reply assistant_message bot_reply model_answer".split(), "answer"
    ),
}
_ASIDE = {"input", "system", "history", "tools"}  # what changes a question that has its name


def usual_names(rows: Sequence[Row], loose: bool) -> dict[str, str]:
    """Columns that have another name than the one in use, with that one.

    Capitals, spaces and dashes apart, and in Chinese: “指令” is `instruction`. A name that is there
    already, or that two columns would have, is nobody's.

    Args:
        rows: to look at.
        loose: take names such as "user" and "bot" too; otherwise only those of what stands beside a
            question, as its input.

    >>> usual_names([{"指令": "写诗", "输出": "好"}], loose=True)
    {'指令': 'instruction', '输出': 'output'}
    """
    others: dict[str, str] = {}
    for name in sorted({name for row in rows for name in row} - MEANING):
        plain = re.sub(r"[\s_-]+", "_", name.strip()).lower()
        known = _OTHER_NAMES.get(plain) or (plain if plain in MEANING else None)
        known = known or (_LOOSE_NAMES.get(plain) if loose else None)
        if known and (loose or known in _ASIDE):
            others[name] = known
    if not others:  # as of most files: their cells needn't be looked at
        return {}
    there = {name for row in rows for name, value in row.items() if not empty(value)}
    found: dict[str, list[str]] = {}
    for name, known in others.items():
        if name in there and known not in there:
            found.setdefault(known, []).append(name)
    return {names[0]: known for known, names in found.items() if len(names) == 1}


def unwrapped(rows: Iterable[Any], notes: Notes) -> Iterator[Any]:
    """The rows as they are, or out of the wrapping of a tool, which is said once."""
    told = set()
    for row in rows:
        for name, (is_of, take) in _WRAPPINGS.items():
            if is_of(row):
                row = take(row)
                if name not in told:
                    told.add(name)
                    notes.append((name, {}))
                break
        yield row


# ---- wrappings ----
def _of_chatgpt(row: Mapping[str, Any]) -> Row:
    """A talk as ChatGPT exports it, a tree: the branch that was shown last."""
    tree = row["mapping"]
    turns: list[Row] = []
    place = row.get("current_node")
    for _ in range(len(tree)):  # from its end to its root; a circle has no more places than these
        if place not in tree:
            break
        turn = _turn_of_chatgpt(tree[place].get("message") or {})
        if turn and turns and turns[-1]["role"] == turn["role"]:
            turns[-1]["content"] = turn["content"] + turns[-1]["content"]
        elif turn:
            turns.append(turn)
        place = tree[place].get("parent")
    for turn in turns:
        if all(isinstance(part, str) for part in turn["content"]):
            turn["content"] = "\n\n".join(turn["content"])
    others = {name: value for name, value in row.items() if name not in ("mapping", "current_node")}
    return {"messages": turns[::-1], **others}


def _turn_of_chatgpt(message: Mapping[str, Any]) -> Row | None:
    content = message.get("content") or {}
    role = (message.get("author") or {}).get("role")
    spoken = content.get("content_type") in ("text", "multimodal_text")
    parts = [part for part in content.get("parts") or () if part]
    if role not in ("system", "user", "assistant") or not spoken or not parts:
        return None  # of tools, thoughts, settings
    return None if message.get("recipient", "all") != "all" else {"role": role, "content": parts}


def _of_label_studio(row: Mapping[str, Any]) -> Row:
    """What was to be labelled, with each label of the first annotation as a column."""
    made = {**row["data"], "id": row.get("id")}
    given = [one for one in row["annotations"] if not one.get("was_cancelled")]
    for label in given[0].get("result") or () if given else ():
        values = [value for value in (label.get("value") or {}).values() if not empty(value)]
        value = values[0] if len(values) == 1 else label.get("value")
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            value = "\n".join(value)
        made[str(label.get("from_name"))] = value
    return made


def _of_argilla(row: Mapping[str, Any]) -> Row:
    others = {name: value for name, value in row.items() if name != "fields"}
    return {**others, **row["fields"]}


def _has(row: Any, *names: str) -> bool:
    return isinstance(row, Mapping) and all(name in row for name in names)


_WRAPPINGS: dict[str, tuple[Callable[[Any], bool], Callable[[Any], Row]]] = {
    "chatgpt": (
        lambda row: _has(row, "mapping", "current_node") and isinstance(row["mapping"], Mapping),
        _of_chatgpt,
    ),
    "label_studio": (
        lambda row: (
            _has(row, "data", "annotations")
            and isinstance(row["data"], Mapping)
            and isinstance(row["annotations"], list)
        ),
        _of_label_studio,
    ),
    "argilla": (
        lambda row: _has(row, "fields", "responses") and isinstance(row["fields"], Mapping),
        _of_argilla,
    ),
    "bare_talk": (
        lambda row: (
            isinstance(row, list)
            and bool(row)
            and all(_has(turn, "role") or _has(turn, "from") for turn in row)
        ),
        lambda row: {"messages": row},
    ),
}


# ---- one object that holds all rows ----
def rows_of_object(whole: Mapping[str, Any]) -> tuple[str, list[Row]] | None:
    """The rows of a table that was written as one object, and how: by columns, or by keys.

    >>> rows_of_object({"q": ["Why?", "How?"], "a": ["So.", "Thus."]})
    ('columns', [{'q': 'Why?', 'a': 'So.'}, {'q': 'How?', 'a': 'Thus.'}])
    """
    values = list(whole.values())
    if _has(whole, "columns", "data") and all(
        isinstance(row, list) and len(row) == len(whole["columns"]) for row in whole["data"]
    ):
        return "columns", [dict(zip(whole["columns"], row, strict=True)) for row in whole["data"]]
    if len(values) > 1 and all(isinstance(value, list) for value in values):
        if len({*map(len, values)}) == 1 and not any(
            _has(one) for value in values for one in value
        ):
            return "columns", [
                dict(zip(whole, cells, strict=True)) for cells in zip(*values, strict=True)
            ]
    if len(values) > 1 and all(_has(value) and value for value in values):
        keys = [list(value) for value in values]
        if all(one == keys[0] and all(key.isdigit() for key in one) for one in keys):
            return "columns", [{name: whole[name][key] for name in whole} for key in keys[0]]
        if {*keys[0]} & MEANING and all({*one} & {*keys[0]} for one in keys):
            return "by_key", [{"id": key, **row} for key, row in whole.items()]
    return None
