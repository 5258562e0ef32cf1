"""Whether a text answers a question: what the answer says must stand in the text.

Questions that a model asks of a text are often answered from elsewhere, or not at all. Synthetic
question-answer pairs are kept where a second look at the text agrees (roundtrip consistency,
Alberti et al. 2019, arXiv 1906.05416); here that look is at the words, which needs no model.
"""

import re
from functools import lru_cache

from smolsynth.text.language import CHINESE
from smolsynth.text.tokens import QUESTION_WORDS, STOP_WORDS, lemmas, tokens

# Of its words, how many a question or an answer must share with the text; chosen by reading some
# 40 rows of SmolLM2, not calibrated: a question that reuses the words wrongly passes.
QUESTION_SHARE, ANSWER_SHARE = 0.5, 0.8
_ABOUT_TEXT = re.compile(
    r"\b(?:the|this|that|given|above|following) (?:text|passage|article|paragraph|document|excerpt"
    r"|author|writer|sentence|chunk|section|context)\b(?! (?:file|editor|box|field|message)s?\b)"
    r"|\b(?:mentioned|described|stated|listed|given|shown) (?:above|here|below)\b"
    r"|(?:这|该|本|上述|以上|上面|下面|给定)(?:段|篇)?(?:的)?(?:文本|文章|文字|段落|文中|段话|篇文|材料)"
    r"|(?:文中|文章中|作者|上文|原文|本文)",
    re.IGNORECASE,
)
_SILENT = re.compile(
    r"\b(?:text|passage|article|document|context|information|it)\b[^.!?]{0,40}\b(?:does not|doesn't"
    r"|do not|don't|is not|isn't|not)\b[^.!?]{0,20}\b(?:say|mention|provide|state|specif|contain"
    r"|given|answer|include|tell)"
    r"|\b(?:not (?:in|mentioned in|stated in|given in) the (?:text|passage|article|document))\b"
    r"|(?:文中|文章|文本|材料|原文)[^。！？]{0,10}(?:没有|未|并未)(?:提|说|给|涉|写|介绍)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_IN_WORDS = dict(
    zip(
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
        " sixteen seventeen eighteen nineteen twenty".split(),
        map(str, range(1, 21)),
        strict=True,
    )
)
_EMPTY = frozenset(  # words of an answer or a question that say nothing of the matter
    "answer question text according mean means called many much kind type way thing used use name"
    " happen purpose reason because"
    " 哪些 什么 怎么 怎样 如何 多少 为什么 哪里 几点 多久 回答 问题 因为 所以 叫做".split()
)


def why_unanswered(question: str, answer: str, text: str) -> str | None:
    """Why a row about a text is not to be kept.

    Args:
        question, answer: as the models wrote them.
        text: that they are about, with its heading.

    Returns:
        "about_text": the question speaks of “the text”, which whoever reads it does not see;
        "unanswered": the text says nothing of it, or the answer says what the text does not; or
        `None`.

    >>> text = "Ferry fares. A ticket costs 3.20 euros. Children under six travel free."
    >>> why_unanswered("What does a ticket cost?", "A ticket costs 3.20 euros.", text)
    >>> why_unanswered("What does a ticket cost?", "It costs 4 euros.", text)
    'unanswered'
    >>> why_unanswered("What does the text say?", "Children travel free.", text)
    'about_text'
    """
    if _ABOUT_TEXT.search(question):
        return "about_text"
    if _SILENT.search(answer) or not set(numbers(answer)) <= set(numbers(text + " " + question)):
        return "unanswered"
    asked = units(question)
    new = units(answer) - asked - _EMPTY - QUESTION_WORDS
    held = _held(new, text)
    if not held or len(held) < ANSWER_SHARE * len(new):
        return "unanswered"
    asked -= _EMPTY
    return "unanswered" if len(_held(asked, text)) < QUESTION_SHARE * len(asked) else None


def numbers(text: str) -> list[str]:
    """The numbers in a text, without separators of thousands; English words up to twenty count.

    >>> numbers("1,250 litres in eleven hours, 3.20 euros")
    ['1250', '3.20', '11']
    """
    found = [number.rstrip(".,") for number in _NUMBER.findall(text)]
    whole = [re.sub(r"[,.](?=\d{3}(?:\D|$))", "", number) for number in found]
    return whole + [_IN_WORDS[word] for word in tokens(text) if word in _IN_WORDS]


@lru_cache(maxsize=10_000)
def units(text: str) -> frozenset[str]:
    """What a text is about: base forms of its words, Chinese words as they are; no stop words.

    >>> sorted(units("The bats sleep there.")), sorted(units("船员不卖票"))
    (['bat', 'sleep'], ['卖票', '船员'])
    """
    import rjieba  # 0.3 s

    found = set()
    for word in tokens(text):
        if word < "\u3040" and not word[0].isdigit():
            found.add(_base(word) if word not in STOP_WORDS | QUESTION_WORDS else "")
    for run in CHINESE.findall(text):
        found |= {word for word in rjieba.cut(run) if not set(word) <= STOP_WORDS | QUESTION_WORDS}
    return frozenset(found - {""})


def _held(words: frozenset[str], text: str) -> set[str]:
    """Those that a text has; Chinese ones wherever they stand, as words there have no seams."""
    known = units(text)
    return {word for word in words if word in known or (word >= "\u3040" and word in text)}


@lru_cache(maxsize=50_000)
def _base(word: str) -> str:
    """One form for all forms of a word, and for most that are made of it."""
    known = lemmas(word)
    base = min((one for forms in known.values() for one in forms), key=len, default=word)
    return re.sub(r"(?<=\w{4})(?:ings?|tions?|ments?|ers?|ness|ly|ed|es|s|e|y)$", "", base)
