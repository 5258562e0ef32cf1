"""Reads instructions out of what models write when they are asked for a list of queries.

distilabel's `SelfInstruct` takes every line that isn't empty. Models write more than lines of
queries: “Here are four queries:”, numbers, bullets, headings, fences, and statements that ask for
nothing. `parse_queries` takes the queries; `read_queries` also counts what it left out.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from smolsynth.llms.thinking import split_thoughts
from smolsynth.text.refusals import refusal_in
from smolsynth.text.requests import missing_request

# why a line is left out
DROPPED = (
    *("blank", "fence", "heading", "remark", "label", "statement", "fragment", "itself"),
    "repeated",
)


class Queries(NamedTuple):
    """The instructions in a reply, and how many lines were left out, by reason (see DROPPED)."""

    kept: list[str]
    dropped: dict[str, int]


def parse_queries(reply: str | None) -> list[str]:
    """The instructions in a reply, one a line as asked for, or as a JSON list.

    Args:
        reply: what the model wrote, thoughts and all; `None` where it wrote nothing.

    Returns:
        The instructions without numbers, bullets, quotes and other marks, each once. Lines that ask
        for nothing are left out: see `smolsynth.text.requests`.

    >>> parse_queries("Here are two:\\n\\n1. **What is tea?**\\n2. Describe how tea is made.")
    ['What is tea?', 'Describe how tea is made.']
    >>> parse_queries("以下是两个问题：\\n- “茶是什么？”\\n- 介绍一下茶的做法。")
    ['茶是什么？', '介绍一下茶的做法。']
    >>> parse_queries('```json\\n["What is tea?", "Name a green tea."]\\n```')
    ['What is tea?', 'Name a green tea.']
    >>> parse_queries("# Output\\nTea is a drink.\\n12.\\n```")
    []
    """
    return read_queries(reply).kept


def read_queries(reply: str | None) -> Queries:
    """As `parse_queries`, with the count of what was left out.

    >>> read_queries("Sure!\\n# Queries\\nWhat is tea?\\nTea is a drink.").dropped["statement"]
    1
    """
    answer = split_thoughts(reply or "")[1] or ""
    listed = _from_json(answer)
    lines = answer.splitlines() if listed is None else listed
    kept: list[str] = []
    dropped = dict.fromkeys(DROPPED, 0)
    for line in lines:
        query = _bare(line)
        reason = _why_not(line, query) or ("repeated" if query in kept else None)
        if reason:
            dropped[reason] += 1
        else:
            kept.append(query)
    return Queries(kept, dropped)


def list_items(reply: str | None) -> list[str]:
    """What a model lists when asked for a list: its items, or else its lines, without their marks.

    >>> list_items("Sure:\\n1. **Trial by ordeal**: a test\\n2. Guilds")
    ['Trial by ordeal: a test', 'Guilds']
    >>> list_items('["Guilds", "Oaths"]')
    ['Guilds', 'Oaths']
    """
    answer = split_thoughts(reply or "")[1] or ""
    items = _from_json(answer)
    if items is None:
        lines = [line for line in answer.splitlines() if not _FENCE.fullmatch(line)]
        items = [line for line in lines if _NUMBER.match(line)] or lines
    bare = (re.sub(r"[*_`#\"“”]+", "", _NUMBER.sub("", item, count=1)).strip() for item in items)
    return [item for item in bare if re.search(r"\w", item)]


# ---- a line ----
_FENCE = re.compile(r"\s*(?:```|~~~)\s*\w*\s*")
_RULE = re.compile(r"[\s\W_]*")
_HEADING = re.compile(
    r"\s*#{1,6}\s|\s*\*\*[^*]{1,60}\*\*\s*[:：]?\s*$|\s*\[[^\]]*\]\s*$|\s*<[^<>]*>\s*$"
)
_REMARK = re.compile(
    r"(?:sure|certainly|of course|absolutely|okay|ok|great|got it|understood)\b[^?？]*$"
    r"|(?:(?:here|below|following) (?:are|is|'s)|here's|the following)\b"
    r"(?=.*\b(?:quer|question|instruction|request|prompt|example|idea|list|task)\w*)"
    r"|these (?:\w+ )*(?:queries|questions|instructions|prompts|requests)\b"
    r"|(?:let me know|i hope|hope (?:this|these)|feel free|note(?: that|:)|(?:would"
    r"|do) you (?:like|want|need)"
    r"(?: me to|(?: \w+)* (?:queries|questions|more|else))|is there anything else|each (?:query"
    r"|question) )"
    r"|(?:好的|好，|当然|没问题|可以，|明白|收到)[^？?]*$"
    r"|(?:以下|下面|这里|如下)[是为有给列].*(?:问题|指令|查询|提问|请求|例子|示例|任务)"
    r"|(?:这些|以上|上述)(?:是|为|问题|指令|查询|提问)|希望(?:这|以上|对你|能帮|有)|如(?:果|有"
    r"|需).*(?:告诉我|请说|随时|补充|调整)"
    r"|需要我|还需要|注[：:]|说明[：:]",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"\s*(?:[-*+•·‣◦>–—]\s+|\[[ xX]?\]\s*|[(（\[]?\d{1,3}\s*[.)）\]、:：]\s*(?!\d)|[①-⑳]\s*"
    r"|[一二三四五六七八九十]{1,2}[、.]\s*"
    r"|第[一二三四五六七八九十\d]+[，：:个条]\s*(?:问题|指令|查询)?[:：]?\s*"
    r"|(?:q|query|question|instruction|user(?: query)?|prompt|task|request|查询|问题|指令|提问"
    r"|用户)"
    r"\s*#?\s*[一二三四五六七八九十\d]*\s*[:：.)]\s*)",
    re.IGNORECASE,
)
_KIND = (
    r"(?:interrogative|imperative|declarative|question|command|request|statement|open-ended"
    r"|疑问句?|祈使句?|陈述句?|提问|指令)"
)
_LABEL = re.compile(
    rf"\s*(?:\*\*[^*\n]{{1,50}}[:：]\s*\*\*|\*\*[^*\n]{{1,50}}\*\*\s*[:：]|{_KIND}\s*[:：])\s*",
    re.I,
)
_KIND_BEHIND = re.compile(rf"\s*[(（\[]\s*{_KIND}[^()（）]*[)）\]]\s*$", re.IGNORECASE)
_QUOTES = {
    '"': '"',
    "'": "'",
    "“": "”",
    "‘": "’",
    "「": "」",
    "『": "』",
    "`": "`",
    "«": "»",
    "《": "》",
}


def _bare(line: str) -> str:
    """A line without what stands around the query: numbers, labels, marks of bold, quotes."""
    text, before = line.strip(), None
    while text != before:
        before = text
        text = re.sub(r"^#{1,6}\s+", "", text)
        text = _NUMBER.sub("", text, count=1) if _NUMBER.match(text) else text
        text = re.sub(r"^(\*{1,3}|_{2,3})(?=\S)(.*\S)\1$", r"\2", text)
        text = _LABEL.sub("", text, count=1) if _LABEL.match(text) else text
        text = _KIND_BEHIND.sub("", text)
        text = re.sub(r"(?<=[\"”’」』`'?？.。!！]),$", "", text).strip()
        if len(text) > 1 and _QUOTES.get(text[0]) == text[-1] and text[0] not in text[1:-1]:
            text = text[1:-1].strip()
        text = re.sub(
            r"\s*(?:</?\w+>|<\|\w+\|>)\s*$|^\s*</?(?:query|instruction|question|li|p)>\s*", "", text
        )
    return text


def _why_not(line: str, query: str) -> str | None:
    """Why a line is no query: a reason of DROPPED, or `None`."""
    if not line.strip():
        return "blank"
    if _FENCE.fullmatch(line):
        return "fence"
    if _RULE.fullmatch(line):
        return "fragment" if re.search(r"\w", line) else "blank"
    if _REMARK.match(query):
        return "remark"
    if query.endswith((":", "：")):  # it speaks of what follows, and on its own asks for nothing
        return "heading" if _HEADING.match(line) else "label"
    if not query.endswith(("?", "？")) and refusal_in(query):
        return "statement"
    reason = missing_request(query)
    if reason and _HEADING.match(line):
        return "heading"
    return "fragment" if reason == "blank" else reason


# ---- JSON ----
def _from_json(text: str) -> list[str] | None:
    """The texts of a JSON list, bare, fenced or in an object; `None` where there is none."""
    start = re.search(r"[\[{]\s*[\[{\"\]]", text)
    if not start or re.search(
        r"\w", re.sub(r"```\w*|^.*[:：]\s*$", "", text[: start.start()], flags=re.M)
    ):
        return None
    try:
        value, _ = json.JSONDecoder().raw_decode(text, start.start())
    except ValueError:  # it was cut off, or has a comma too many: what is whole counts
        whole = re.findall(r"\"((?:[^\"\\\n]|\\.)+)\"(?!\s*:)", text[start.start() :])
        return [json.loads(f'"{one}"') for one in whole] or None
    return list(_texts(value)) or None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value.replace("\n", " ")
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, dict):
        named = [
            key
            for key in value
            if re.search(r"quer|instr|quest|prompt|问题|指令|查询", str(key), re.I)
        ]
        for key in named or value:
            yield from _texts(value[key])
