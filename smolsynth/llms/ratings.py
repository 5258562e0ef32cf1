"""Reads ratings out of what judges write: `parse_ratings`, and `judgements` with each passage.

A judge is asked for “Rating: 4” under a heading for each text. What comes is bold, a table, JSON,
in Chinese, behind a paragraph of thoughts, or none of that. A rating is taken where a careful
reader would take it; where two readings are possible, none is.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from smolsynth.llms.thinking import split_thoughts

HIGHEST = 5
_MAX_TEXTS = 26


class Judgement(NamedTuple):
    """What a reply says of one text: its rating, 1 to 5 or `None`, and the passage about it."""

    rating: int | None
    passage: str


def parse_ratings(reply: str | None, n: int) -> list[int | None]:
    """The ratings that a judge gave to `n` texts, in their order.

    Args:
        reply: what the judge wrote, thoughts and all; `None` where it wrote nothing.
        n: how many texts it was shown.

    Returns:
        `n` whole numbers from 1 to 5. `None` stands for a text without a rating, with one outside
        that range or in other words ("high"), or with two that differ. All are `None` where it
        can't be said which rating belongs to which text, or more texts are rated than there are.

    >>> parse_ratings("### Text 1\\nRating: 4\\n\\n### Text 2\\nRating: 2", 2)
    [4, 2]
    >>> parse_ratings("**Text 1**\\n\\n- **Rating:** 4/5\\n\\n**Text 2**\\n\\n- **Rating:** 2/5", 2)
    [4, 2]
    >>> parse_ratings("文本 1：评分：4\\n理由：准确。\\n文本 2：评分：2", 2)
    [4, 2]
    >>> parse_ratings('<think>Rating: 1?</think>{"ratings": [4, 2]}', 2)
    [4, 2]
    >>> parse_ratings("Rating: high", 1), parse_ratings("Rating: 8/10", 1)
    ([None], [None])
    >>> parse_ratings("Rating: 4\\nRating: 2", 1), parse_ratings("Rating: 4", 2)
    ([None], [None, None])
    """
    return [judgement.rating for judgement in judgements(reply, n)]


def judgements(reply: str | None, n: int) -> list[Judgement]:
    """As `parse_ratings`, each rating with the passage of the reply about its text.

    >>> judgements("Text 1: 4\\nClear.\\nText 2: 2\\nVague.", 2)[1]
    Judgement(rating=2, passage='Text 2: 2\\nVague.')
    """
    answer = split_thoughts(reply or "")[1] or ""
    if (given := _from_json(answer)) is not None:
        whole = len(given) == n
        return [Judgement(given[i] if whole else None, answer) for i in range(n)]
    page = _Page(answer, n)
    return [Judgement(page.rating(i), page.passage(i)) for i in range(n)]


# ---- one rating ----
_WORDS = {word: i for i, word in enumerate("one two three four five".split(), 1)}
_WORDS |= {word: i for i, word in enumerate("一二三四五", 1)}
_STARS = re.compile(r"\s*([★⭐🌟]+)\s*([☆✩✰]*)")
_NUMBER = re.compile(
    r"(?P<number>[-+]?\d+(?:\.\d+)?|(?:one|two|three|four|five)\b|[一二三四五](?=[分星]|\s*$))"
    r"(?P<of>\s*(?:/|out of|of)\s*(?:(?P<scale>\d+(?:\.0)?)|five\b))?"
    r"(?P<unit>\s*(?:分|星|points?\b|stars?\b|[★⭐🌟]))?(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
# what may not follow: a second number, a unit of another kind, a doubt
_DOUBT = re.compile(
    r"[%+?A-Za-z半]|-\s*(?:$|\d)"
    r"|\s*(?:[-~/|,、&]|to\b|or\b|and\b|->|→|至|到|或|和)?\s*[-+]?\d"
    r"|\s*\(?\s*(?:(?:or|maybe|perhaps|possibly|at (?:most|least))\b|或|以上|以下|左右)",
    re.IGNORECASE,
)
_ABSENT = object()  # there is no rating here, not even an unreadable one
_TEMPLATE = re.compile(
    r"(?:the\s+|your\s+)?(?:rating|score|number|integer|评分|分数)\b", re.IGNORECASE
)


def _value(text: str) -> Any:
    """The rating with which a line goes on; `None` if it is none, _ABSENT where nothing stands."""
    text = text.strip()
    if not text or _TEMPLATE.match(text):
        return _ABSENT
    if stars := _STARS.match(text):
        full, hollow = len(stars[1]), len(stars[2])
        return full if full <= HIGHEST and full + hollow in (full, HIGHEST) else None
    match = _NUMBER.match(text)
    if not match or _DOUBT.match(match["rest"]) or match["scale"] not in (None, "5", "5.0"):
        return None
    return _in_range(match["number"])


def _in_range(number: Any) -> int | None:
    """A rating from a number or its name: whole, without a sign, 1 to 5."""
    if isinstance(number, str):
        number = number.strip().casefold()
        if number in _WORDS:
            return _WORDS[number]
        if not re.fullmatch(r"\d+(?:\.\d+)?", number):
            return None
        number = float(number)
    if isinstance(number, bool) or not isinstance(number, int | float):
        return None
    return int(number) if number == int(number) and 1 <= number <= HIGHEST else None


# ---- JSON ----
_KEY = re.compile(r"(?:\w+[ _-])?(?:ratings?|scores?)|\w*(?:评分|分数|得分)", re.IGNORECASE)


def _from_json(text: str) -> list[int | None] | None:
    """The ratings of all texts in a reply that holds JSON; `None` where it holds none of them."""
    found, decoder, place = [], json.JSONDecoder(), 0
    while start := re.compile(r"[{\[]").search(text, place):
        try:
            value, place = decoder.raw_decode(text, start.start())
            found.append(value)
        except ValueError:
            place = start.end()
    found = [value for value in found if isinstance(value, dict) or _is_list_of_ratings(value)]
    return _from_value(found[0] if len(found) == 1 else found) if found else None


def _is_list_of_ratings(value: Any) -> bool:
    return (
        isinstance(value, list) and bool(value) and (len(value) > 1 or isinstance(value[0], dict))
    )


def _from_value(value: Any) -> list[int | None] | None:
    if isinstance(value, list):
        if not value:
            return None
        if all(isinstance(one, dict) for one in value):
            value = _in_order(value)
            return [_from_row(one) for one in value] if any(map(_rated, value)) else None
        return [_of_json(one) for one in value]
    named = {
        _number(match): value[key] for key in value if (match := _JSON_REF.fullmatch(str(key)))
    }
    if named and set(named) == set(range(1, len(named) + 1)):
        parts = [named[i] for i in sorted(named)]
        return [_from_row(p) if isinstance(p, dict) else _of_json(p) for p in parts]
    keys = [key for key in value if _KEY.fullmatch(str(key))]
    keys = [key for key in keys if _FINAL.search(str(key))] or keys
    for key in keys:
        if isinstance(value[key], list | dict):
            return _from_value(value[key])
    if keys:
        return [_from_row(value)]
    inner = [one for one in value.values() if isinstance(one, dict | list)]
    return _from_value(inner[0]) if len(inner) == 1 else None


def _rated(row: dict) -> bool:
    return any(_KEY.fullmatch(str(key)) for key in row)


def _in_order(rows: list[dict]) -> list[dict]:
    """Objects in the order of the texts that they name, where each names one."""
    for key in rows[0]:
        names = [str(row.get(key)) for row in rows]
        numbers = [_number(m) for name in names if (m := _JSON_REF.fullmatch(name))]
        if sorted(numbers) == list(range(1, len(rows) + 1)) and not _KEY.fullmatch(str(key)):
            return [row for _, row in sorted(zip(numbers, rows, strict=True), key=lambda p: p[0])]
    return rows


def _from_row(row: dict) -> int | None:
    keys = [key for key in row if _KEY.fullmatch(str(key))]
    keys = [key for key in keys if _FINAL.search(str(key))] or keys
    given = {_of_json(row[key]) for key in keys}
    return given.pop() if len(given) == 1 else None


def _of_json(value: Any) -> int | None:
    if isinstance(value, str):
        value = _value(value)
        return None if value is _ABSENT else value
    return _in_range(value)


# ---- text ----
_NOUN = (
    r"(?:text|output|response|answer|generation|completion|candidate|reply|option|assistant|model"
    r"|文本|回答|回复|答复|答案|输出|候选|生成|文字)"
)
_ORDINALS = "first second third fourth fifth sixth".split()
_REF = (
    rf"(?:(?:\b|(?<=[一-龥])){_NOUN}\s*(?:no\.?|number|编号|号)?\s*"
    r"(?P<a>\d{1,2}(?![\d.]\d)|(?-i:[A-H])(?![\w'’])|[一二三四五六七八](?![一-龥]*[一二三四五六七八]))"
    rf"|第\s*(?P<b>\d{{1,2}}|[一二三四五六七八])\s*[个条段篇份则]?\s*{_NOUN}"
    rf"|\b(?P<c>{'|'.join(_ORDINALS)})\s+{_NOUN}\b)"
)
_REFERENCE = re.compile(_REF, re.IGNORECASE)
_JSON_REF = re.compile(
    rf"(?:{_NOUN}[\s_-]*)?(?P<a>\d{{1,2}}|[A-H]|[一二三四五六七八])(?P<b>(?!))?(?P<c>(?!))?"
    r"(?:[\s_-]*(?:rating|score|评分))?",
    re.IGNORECASE,
)
_FINAL = re.compile(
    r"final|overall|total|revised|corrected|adjusted|最终|最后|总|综合|整体|修正", re.IGNORECASE
)
_SEPARATOR = r"\s*(?:\([^()\n]{0,40}\)\s*)?(?P<sep>[:=]|->|→|\bis\b|\bwas\b|为|是)\s*"
_LABEL = re.compile(
    r"(?P<label>\b(?:rating|score|grade)(?P<many>s)?\b|\boverall(?:\s+(?:quality|assessment))?(?=\s*:)"
    r"|评分|得分|分数|打分|评级|总分|总评|总体评价|综合评价)"
    rf"(?:\s*(?:for|of|to|on)?\s*(?P<ref>{_REF}))?"
    rf"(?:{_SEPARATOR}|\s+-\s+|[ \t]+(?=\d)|\s*$)",
    re.IGNORECASE | re.MULTILINE,
)
# words before a label that do not make it the label of something else than the rating
_PLAIN = re.compile(
    r"(?:\b(?:my|the|its|their|a|an|i|assigned|given|numeric|numerical|rating|score|for|of|quality"
    r"|output|s|and)\b|[的分给打数字我该此]|\d+|[^\w]|_)*",
    re.IGNORECASE,
)
_PROSE = re.compile(
    rf"(?:\b(?:rat|giv|scor|award|assign|grad)\w*\s+(?:(?:it|this(?:\s+\w+)?|that|the\s+\w+|{_REF})\s+)?"
    r"(?:(?:a|an|as|at|with)\s+)?(?:(?:solid|full|strong|perfect|clear)\s+)?(?:(?:rating|score)\s+(?:of\s+)?)?"
    r"|\b(?:gets|receives|earns|deserves|merits|scores)\s+(?:a\s+|an\s+)?(?:(?:rating|score)\s+of\s+)?"
    r"|\b(?:rating|score)\s+of\s+(?:a\s+)?"
    r"|(?:给|打|评|得|获)[^\d\n，。,]{0,8}(?=[\d一二三四五]\s*分))"
    r"(?=\d|one\b|two\b|three\b|four\b|five\b|[一二三四五])"
    r"|(?<![\d.:/-])(?=[0-9]\s*(?:/|out of)\s*\d)",
    re.IGNORECASE,
)
_AND = re.compile(
    rf"(?:\band|,|\bwhile|、|而)\s*(?:the\s+)?{_REF}\s*(?:an?\s+)?(?=[1-5])", re.IGNORECASE
)
_UNSURE = re.compile(
    r"\b(?:would|could|might|if|not|between|than)\b|n't\b|如果|若|不|之间|或许", re.IGNORECASE
)
_CHANGED = re.compile(
    r"\b(?:actually|wait|on reflection|instead|correction)\b|更正|重新|等等", re.IGNORECASE
)
_HEADING = re.compile(
    r"\W*(?:(?:output|rating|evaluation|assessment|annotation|review|analysis)s?\s+(?:for|of)\s+"
    rf"|the\s+|对|关于)?(?P<ref>{_REF})"
    r"(?=\s*(?:$|[:=(\-.,|/]|'?s\b|的|评|得|rating|score))",
    re.IGNORECASE,
)
_BLANK = '*#`_<>[]【】「」『』“”"{}\ufe0f\u20e3$\\'
_ONE_TO_ONE = str.maketrans(
    "：＝０１２３４５６７８９／－–—−（）．，；？％＋" + _BLANK,
    ":=0123456789/----().,;?%+" + " " * len(_BLANK),
)
FINAL, PLAIN, OTHER, BARE, PROSE = range(5)  # how sure it is that a number is the rating


class _Event(NamedTuple):
    """A rating that stands somewhere: where, how sure, of which text (from 0), how much."""

    place: int
    tier: int
    of: int | None
    value: int | None


class _Page:
    """A reply as headings and ratings. `plain` is the reply with marks blanked out, place for
    place, so that what is found there can be cut from the reply itself."""

    def __init__(self, reply: str, n: int) -> None:
        self.reply, self.n = reply, n
        blank = re.sub(
            r"</?\w[^<>\n]*>", lambda m: m[0][:-1] + (":" if m[0][1] != "/" else " "), reply
        )
        blank = re.sub(r"\\boxed\{", lambda m: " " * len(m[0]), blank)
        blank = re.sub(r"(?<=\w)[’'](?=s\b)", "'", blank)
        self.plain = blank.translate(_ONE_TO_ONE)
        self.headings = sorted(self._find_headings())
        events = sorted({*self._labelled(), *self._table(), *self._numbered()})
        if not events:
            events = sorted(self._prose())
        self.events = self._with_texts(events)

    def rating(self, i: int) -> int | None:
        """The one value that the surest events give to text `i`."""
        own = [event for event in self.events if event.of == i]
        surest = min((event.tier for event in own), default=None)
        values = {event.value for event in own if event.tier == surest}
        return values.pop() if len(values) == 1 else None

    def passage(self, i: int) -> str:
        """The reply from the text's heading, or its rating, to the next one's."""
        starts = self.headings or [(e.place, e.of) for e in self.events if e.of is not None]
        own = [place for place, of in starts if of == i]
        if not own:
            return ""
        start = self.reply.rfind("\n", 0, own[0]) + 1
        after = [place for place, of in starts if place > own[0] and of != i]
        end = after[0] if after else len(self.reply)
        if after and start < (line := self.reply.rfind("\n", 0, end) + 1):
            end = line  # from where the next one's line begins
        return self.reply[start:end].strip()

    # -- finding --
    def _lines(self) -> Iterator[tuple[int, str]]:
        place = 0
        for line in self.plain.split("\n"):
            yield place, line
            place += len(line) + 1

    def _find_headings(self) -> Iterator[tuple[int, int]]:
        for place, line in self._lines():
            if match := _HEADING.match(line):
                yield place + match.start("ref"), _number(match) - 1
            for match in _REFERENCE.finditer(line):  # "Text 1: 4, Text 2: 2"
                if match.start() and re.match(r"\s*[:=]\s*", line[match.end() :]):
                    yield place + match.start(), _number(match) - 1

    def _labelled(self) -> Iterator[_Event]:
        for match in _LABEL.finditer(self.plain):
            start = self.plain.rfind("\n", 0, match.start()) + 1
            before = re.split(r"[,;，；。!?]|\.\s", self.plain[start : match.start()])[-1]
            named = [m for m in _REFERENCE.finditer(before)]
            of = _number(match) if match["ref"] else _number(named[-1]) if named else None
            at_start = not re.search(r"\w", before)
            if not match["sep"] and not (at_start or named):
                continue  # "a high score - 2 errors", "the rating 4 means"
            line, _, more = self.plain[match.end() :].partition("\n")
            if match["many"]:
                yield from self._list(match.start(), line)
                continue
            value = _value(line)
            if value is _ABSENT and not line.strip() and match["sep"] in (":", None):
                below = more.lstrip().partition("\n")[0]
                if re.fullmatch(r"\W*[1-5]\s*(?:/\s*5|分)?\W*", below):
                    value = _value(below)
            if value is _ABSENT:
                continue
            rest = _REFERENCE.sub("", before)
            sure = FINAL if _FINAL.search(rest + match["label"]) else OTHER
            if sure == OTHER and _PLAIN.fullmatch(rest):
                sure = PLAIN
            if match["sep"] in ("is", "was", "为", "是") and (
                value is None or _UNSURE.search(before)
            ):
                continue  # prose: "the rating is based on …"
            if _CHANGED.search(before):
                value = None
            yield _Event(match.start(), sure, None if of is None else of - 1, value)
        for place, of in self.headings:  # "Text 1: 4/5"
            line = self.plain[place:].partition("\n")[0]
            match = _REFERENCE.match(line)
            after = re.match(r"\s*(?:[:=]|\s-\s)\s*", line[match.end() :]) if match else None
            rest = line[match.end() + after.end() :] if after else ""
            if re.match(r"\d[\d.]*\s*(?:$|[,;.)(\-|]|/|out of|分|points?\b|stars?\b)|[★⭐]", rest):
                rest = re.split(rf"[,;、]\s*(?={_NOUN})", rest, flags=re.IGNORECASE)[0]
                yield _Event(place, BARE, of, _value(rest))

    def _list(self, place: int, line: str) -> Iterator[_Event]:
        """“Ratings: 4, 2”: as many as there are texts, or nothing that can be told apart."""
        numbers = re.findall(r"[-+]?\d[\d./]*", line)
        if len(numbers) == self.n and re.fullmatch(r"[\d\s,;、./()&-]*(?:and|和)?[\d\s.)]*", line):
            for i, number in enumerate(numbers):
                yield _Event(place + i, PLAIN, i, _value(number.rstrip(".")))

    def _table(self) -> Iterator[_Event]:
        rows = [
            (place, [cell.strip(" :") for cell in line.strip().strip("|").split("|")])
            for place, line in self._lines()
            if line.count("|") >= 2
        ]
        if not rows:
            return
        head = rows[0][1]
        labels = [i for i, cell in enumerate(head) if _LABEL.match(cell + ":")]
        labels = [i for i in labels if _FINAL.search(head[i])] or labels
        texts = {i: _number(m) for i, cell in enumerate(head) if (m := _REFERENCE.fullmatch(cell))}
        for place, cells in rows[1:]:
            if len(cells) != len(head):
                continue
            first = _REFERENCE.fullmatch(cells[0]) or re.fullmatch(r"(?P<a>\d{1,2})", cells[0])
            if len(labels) == 1 and first:
                number = int(first["a"]) if len(first.groups()) == 1 else _number(first)
                yield _Event(place, PLAIN, number - 1, _or_none(_value(cells[labels[0]])))
            elif texts and (label := _LABEL.match(cells[0] + ":")):
                sure = FINAL if _FINAL.search(label["label"]) else PLAIN
                for i, number in texts.items():
                    yield _Event(place + i, sure, number - 1, _or_none(_value(cells[i])))

    def _numbered(self) -> Iterator[_Event]:
        """A reply of nothing but numbers, one a line or all in one, or “1. 4/5 – good”."""
        lines = [(place, line.strip()) for place, line in self._lines() if line.strip()]
        if len(lines) == 1 and self.n > 1:
            yield from self._list(lines[0][0], lines[0][1].strip(". "))
            return
        numbered = [re.match(r"(\d{1,2})\s*[.):、-]\s+(?=\d)(.*)", line) for _, line in lines]
        asked = [int(match[1]) for match in numbered if match]
        if len(lines) == self.n and all(
            re.fullmatch(r"\d\s*(?:/\s*5|分)?\.?", x) for _, x in lines
        ):
            for i, (place, line) in enumerate(lines):
                yield _Event(place, BARE, i, _value(line))
        elif self.n > 1 and asked == list(range(1, self.n + 1)):
            for (place, _), match in zip(lines, numbered, strict=True):
                if match:
                    yield _Event(place, BARE, int(match[1]) - 1, _or_none(_value(match[2])))

    def _prose(self) -> Iterator[_Event]:
        for match in (*_PROSE.finditer(self.plain), *_AND.finditer(self.plain)):
            start = self.plain.rfind("\n", 0, match.start()) + 1
            before = re.split(r"[;；。!?]|\.\s", self.plain[start : match.start()])[-1]
            named = _number(match)
            if named is None and (refs := list(_REFERENCE.finditer(before))):
                named = _number(refs[-1])
            if _UNSURE.search(before):
                continue
            line = self.plain[match.end() :].partition("\n")[0]
            line = re.split(
                rf"(?:,|;|，|；|\band\b|、|while|而)\s*(?:the\s+)?(?={_REF})", line, flags=re.I
            )[0]
            of = None if named is None else named - 1
            yield _Event(match.end(), PROSE, of, _or_none(_value(line)))

    # -- telling whose they are --
    def _with_texts(self, events: list[_Event]) -> list[_Event]:
        named = [of for _, of in self.headings] + [e.of for e in events if e.of is not None]
        if any(not 0 <= of < self.n for of in named):
            return []  # a text that was not there
        if self.n == 1:
            return [event._replace(of=0) for event in events]
        if not named:
            for tier in range(PROSE + 1):
                alike = [event for event in events if event.tier == tier]
                if len(alike) == self.n:
                    return [event._replace(of=i) for i, event in enumerate(alike)]
            return []
        placed = []
        for event in events:
            above = [of for place, of in self.headings if place <= event.place]
            if event.of is not None or above:
                placed.append(event if event.of is not None else event._replace(of=above[-1]))
            elif self.headings and self.headings[0][1] == 1 and 0 not in named:
                placed.append(event._replace(of=0))  # the first heading was left out
        return placed


def _or_none(value: Any) -> int | None:
    return None if value is _ABSENT else value


def _number(match: re.Match) -> Any:
    """The number, from 1, of the text that a match of _REF names; `None` if it names none."""
    name = match["a"] or match["b"] or match["c"]
    if name is None:
        return None
    if name.isascii() and name.isdigit():
        return int(name)
    if name.casefold() in _ORDINALS:
        return _ORDINALS.index(name.casefold()) + 1
    return "一二三四五六七八".find(name) + 1 or ord(name.upper()) - ord("A") + 1
