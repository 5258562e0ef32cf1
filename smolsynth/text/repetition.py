"""Repetition at any level: characters, words, clauses, lines."""

import re
import zlib
from collections import Counter
from collections.abc import Sequence
from math import ceil
from operator import eq

from smolsynth.text.parts import CLAUSE, SENTENCE
from smolsynth.text.tokens import holds_any, tokens

_RUN = re.compile(r"(?P<unit>[^\n]{1,60}?)(?:\s*(?P=unit)){3,}")
_RUN_SHARE = 0.4  # of the text, in one run of a unit
_RUN_TIMES = 5
_STRETCH = 12  # characters
_DIGITS = 30  # of one kind
_ON_AND_ON = re.compile(
    r"(?<![^\W\d_])([\u3400-\u9fff])(?: \1){4,}(?![^\W\d_])|"
    r"(?<![^\W\d_])([^\W\d_]{2,})(?:\W{1,3}\2){7,}(?![^\W\d_])|([a-z]{2,3})\3{8,}"
)
_SYMBOLS = re.compile(r"([\u2600-\u27bf\U0001f000-\U0001faff])(?:[\s\ufe0f]*\1){14,}")
_AT_ITS_END = re.compile(r"(?<![^\W\d_])([a-z]{4,})(?: \1){3,}\W*\Z")
_DIFFERENT = 0.9  # share of different stretches above which a text has no such run
_MARKS_SHARE, _MARKS_TIMES = 0.8, 20  # where the unit is no word: a rule or a table has some
_RULE = 120  # characters of a line that somebody may ask for
_LINES = 4  # times the same line, and it has to be 0.4 of all lines
_NUMBER = re.compile(r"^(?:\d+[.):]|[-*•])\s*")
_LABEL = re.compile(r"(?:[A-Z][\w ]{0,24}|[\u3400-\u9fff]{1,8})\s*[:：]")
_EXAMPLES = 4  # different lines that examples have, at least
# What is sung or shouted again and again in a text that says other things too.
_SUNG = frozenset("la na ha da doo fa tra hey oh ooh ah yeah ho mm hm ding dong".split())
_SAME_ITEMS = 0.5  # share of the lines that are different ones
_SAME = 6  # tokens of a clause that counts
_CLAUSES = 3  # times the same clause
_SAME_ZH = 4  # characters of a sentence that comes twice in a row, with a full stop
_AS_BEFORE, _AS_BEFORE_SHARE = 9, 0.75  # characters in a row that a sentence has of the one before
_LONG_ZH = 24
_LONG = 40  # tokens from which on a text must have words of its own
_NEW = 0.62  # share of its four-word sequences that are different; people's stay above 0.7
_CODE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)


def repetition(text: str, asked: bool = False) -> str | None:
    """What a text repeats on and on, characters, words, sentences or lines, or `None`.

    A refrain is no loop, nor is a row of dashes, a table, or code.

    Args:
        text: instruction or response.
        asked: it is an instruction: its choices and examples may be much alike.

    >>> repetition("12." * 20), repetition("no no no no no no no no")
    ('12.', 'no')
    >>> repetition("It is a cup to drink from. It is a cup to drink from. Yes.")
    'It is a cup to drink from'
    >>> repetition("It is said to be so, it is, " + "it is said to be so, " * 2 + "it is.")
    >>> repetition("据说它就是这样的，" * 3)
    '据说它就是这样的'
    >>> repetition("1. A cup.\\n2. A pot.\\n3. A leaf."), repetition("| a | b |\\n|---|---|")
    (None, None)
    """
    body = _CODE.sub("", text).strip()
    if len(body) < 8:
        return None
    words = tokens(body)
    stuck = any(map(eq, words, words[1:])) or max(map(len, words), default=0) > 2 * _RUN_TIMES
    if not body.isascii() and (symbols := _SYMBOLS.search(body)):
        return symbols[1]
    if stuck and (end := _AT_ITS_END.search(body)) and end[1] not in _SUNG:
        return end[1]
    on = _ON_AND_ON.search(body) if stuck else None
    if on and on[2] in _SUNG and len(on[0]) < _RUN_SHARE * len(body):
        on = None
    said = on[1] or on[2] or on[3] if on else _run(body) or _same_lines(body, asked)
    return said or (None if asked else _same_words(body))


def _run(text: str) -> str | None:
    # Looking for a run takes long. Four units or more in 0.4 of a text make its short stretches of
    # characters repeat one another, and make it small when it is compressed.
    bare = "".join(text.split())
    if not _repeats(text, bare):
        return None
    size = 4 if len(bare) < 100 else 8
    stretches = len(bare) - size + 1
    if stretches > 30:
        different = len({bare[i : i + size] for i in range(stretches)})
        if different > _DIFFERENT * stretches:
            return None
    data = text.encode()
    if len(data) > 200 and len(zlib.compress(data)) > (0.45 if len(data) < 1000 else 0.35) * len(
        data
    ):
        return None
    for match in _RUN.finditer(text):
        unit, length = match["unit"].strip(), len(match[0])
        times, is_word = length / len(match["unit"]), bool(re.search(r"\w", unit))
        share = length / len(text)
        if is_word and times >= _RUN_TIMES and share >= _RUN_SHARE:
            # a third is 0.3333333333
            return None if len(unit) == 1 and unit.isdigit() and length < _DIGITS else unit
        if unit and times >= _MARKS_TIMES and share >= _MARKS_SHARE:
            return None if unit[0] in "-=_*~─—" and length <= _RULE else unit
    return None


def _repeats(text: str, bare: str) -> bool:
    """Whether what stands at 0.4 or 0.6 of a text comes again: no run goes round both places.

    `bare` is the text without its spaces, of which a run has `least` at least.
    """
    least = int(len(bare) - (1 - _RUN_SHARE) * len(text))
    size = min(least // 2, _STRETCH)  # so much of the run stands before or behind the place
    if size < 3:
        return True
    for share in (_RUN_SHARE, 1 - _RUN_SHARE):
        place = len("".join(text[: int(share * len(text))].split()))
        for stretch in (bare[max(place - size, 0) : place], bare[place : place + size]):
            if bare.find(stretch) != bare.rfind(stretch):
                return True
    return False


def _same_lines(text: str, asked: bool) -> str | None:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) < _LINES or (asked and _EXAMPLES <= len(set(lines)) and _shown(lines)):
        return None
    line, times = Counter(lines).most_common(1)[0]
    if times >= max(_LINES, _RUN_SHARE * len(lines)):
        return line[:40]
    # a list that gives its items again, under other numbers
    items = [_NUMBER.sub("", line) for line in lines if "|" not in line]
    if len(items) > _LINES and len(set(items)) <= _SAME_ITEMS * len(items):
        return Counter(items).most_common(1)[0][0][:40]
    return None


def _shown(lines: Sequence[str]) -> bool:
    """Whether an instruction shows examples, which share their labels and choices."""
    labels = Counter(found[0] for line in lines if (found := _LABEL.match(line)))
    return any(times > 1 for times in labels.values())


def _same_words(text: str) -> str | None:
    words = tokens(text)
    new = len(set(words))
    if new > len(words) - _SAME_ZH:
        return None
    grams = list(zip(words, words[1:], words[2:], words[3:], strict=False))
    different = len(set(grams))
    if different == len(grams):
        return None
    spaced = sum(map("\u3040".__le__, words)) * 4 < len(words)
    if not spaced and (clause := _same_clauses_zh(text)):
        return clause
    if new > len(words) - _SAME:
        return None
    said = [part.strip(" -*•.。!！") for part in SENTENCE.findall(text)]
    clauses = Counter(part.strip() for part in CLAUSE.findall(text))
    again = [  # the first of the two may stand behind a label
        other
        for one, other in zip(said, said[1:], strict=False)
        if one == other or one.endswith(f": {other}")
    ]
    again += [one for one, times in clauses.items() if times >= _CLAUSES]
    for one in again:
        if len(tokens(one)) >= _SAME:
            return one[:40]
    if spaced and (few := _few_words(words)):
        return few
    if len(words) >= (_LONG if spaced else _LONG_ZH) and different < _NEW * len(grams):
        return " ".join(Counter(grams).most_common(1)[0][0])
    return None


_LINK_ZH = re.compile(r"^(?:因为|所以|因此|那么|而且|并且|但是?|就|而|也|[-*•\d.、\s]+)+")
_SENTENCE_ZH = re.compile(r"[\u3400-\u9fff][^:：|]*")
_PROSE_ZH = re.compile(r"[^。！？\n]+[。！？]?")


def _same_clauses_zh(text: str) -> str | None:
    """A sentence that says what the one before it said, or a clause that comes three times."""
    before = ""
    for part in _PROSE_ZH.findall(text):
        stops = part[-1] == "。"
        said = _LINK_ZH.sub("", part.strip(" 。！？"))
        if len(said) >= _SAME_ZH and said == before and (stops or len(said) >= _SAME):
            return said[:40]
        if len(said) >= _AS_BEFORE and _shared_run(before, said):
            return said[:40]
        before = said
    clauses = [_LINK_ZH.sub("", part.strip()) for part in CLAUSE.findall(text)]
    counts = Counter(
        part for part in clauses if len(part) >= _SAME and _SENTENCE_ZH.fullmatch(part)
    )
    return next((said[:40] for said, times in counts.items() if times >= _CLAUSES), None)


def _shared_run(one: str, two: str) -> bool:
    """Whether a run of characters that both have makes up most of the shorter."""
    if holds_any(one + two, "：:|=“"):  # a label, a formula, a quotation
        return False
    if max(len(one), len(two)) > 2 * min(len(one), len(two)):
        return False
    least = max(_AS_BEFORE, ceil(_AS_BEFORE_SHARE * min(len(one), len(two))))
    return any(two[i : i + least] in one for i in range(len(two) - least + 1))


_WINDOW, _FEW_WORDS = 36, 0.32  # of so many words in a row, this share are different ones
_NEW_THREE = 0.62  # share of the different three-word sequences of a short text
_SHORT = 120  # tokens


def _few_words(words: Sequence[str]) -> str | None:
    """The words that are said most, where a stretch has hardly any others."""
    if len(words) < _WINDOW:
        return None
    threes = Counter(zip(words, words[1:], words[2:], strict=False))
    new = len(threes) / (len(words) - 2) if len(words) <= _SHORT else 1.0
    if new < _NEW_THREE:
        return " ".join(threes.most_common(1)[0][0])
    for start in range(0, len(words) - _WINDOW + 1, _WINDOW // 4):
        named = [word for word in words[start : start + _WINDOW] if len(word) > 1 and word > "a"]
        least = _FEW_WORDS + (0.04 if new < _NEW_THREE + 0.08 else 0)
        if len(named) > _WINDOW * 0.7 and len(set(named)) < least * len(named):
            return " ".join(word for word, _ in Counter(named).most_common(4))
    return None
