"""Tokens of a text, its length, and the words that say nothing by themselves."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

_CJK = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_WIDE = re.compile(rf"[{_CJK}]")
_TOKENS = re.compile(rf"[{_CJK}]+|[^\W_{_CJK}]+")  # runs of characters, and words
_ASCII_TOKEN = re.compile("[a-z0-9]+")
# Words that say nothing by themselves: a reply made of nothing else is empty. No question words:
# asking why instead of what is new, though it says nothing alone.
STOP_WORDS = frozenset(
    "a about all also an and any are as at be been but by can could d did do does don for from had"
    " has have he her here his i if in is isn it its just ll m may me my no not of on or our please"
    " re s she should so t than that the their them then there these they this those to too us ve"
    " very was we were will with would you your"
    " 的 了 是 在 和 也 就 都 而 及 与 着 或 一 个 我 你 您 他 她 它 这 那 有 不 吗 呢 吧 啊 呀 们"
    " 且 但 请 会 能 把 被 对 从 到 过 得 地 之 以 其 于".split()
)
QUESTION_WORDS = frozenset(
    "what who whom whose which when where why how 什 么 谁 哪 怎 何 为 几".split()
)
UNLISTED = frozenset(  # English words that `lemmas` has no entry for, and no stop words
    "although amid among amongst because beside besides beyond concerning considering despite"
    " during"
    " except inside like minus near onto opposite outside past per plus regarding since than though"
    " throughout till toward towards underneath unless unlike until upon versus via whereas whether"
    " while within without against along around before behind below beneath between above across"
    " after under over off out up down into through he him his hers her herself himself itself them"
    " themselves themself myself yourself yourselves ourselves oneself mine yours theirs she us"
    " me our"
    " ours they every each either neither both few fewer many much more most several some such"
    " other"
    " others another any none nobody nothing nowhere somebody someone something somewhere everybody"
    " everyone everything everywhere anybody anyone anything anywhere whatever whichever whoever"
    " whenever wherever whom whose why how being been had having did done does doing would could"
    " should might must shall cannot may ought once again ever never always often sometimes seldom"
    " here then now too very also just only even still yet else etc nor thus hence two three four"
    " five"
    " six seven eight nine ten eleven twelve twenty thirty forty fifty hundred thousand okay hey"
    " yeah"
    " app apps website online email internet blog smartphone dont".split()
)


# Texts of these characters alone hold nothing that NFKC would make a token, or another one.
_NORMAL = re.compile(
    r"[\x00-\x7f\u3001-\u3003\u3008-\u3011\u3041-\u3096\u30a1-\u30fe\u3400-\u9fff"
    r"\uff01-\uff0f\uff1a-\uff20“”‘’—]*"
)


def holds_any(text: str, words: Iterable[str]) -> bool:
    """Whether a text has one of these in it; a loop is quicker than a pattern, or `any`."""
    for word in words:  # noqa: SIM110
        if word in text:
            return True
    return False


def tokens(text: str) -> tuple[str, ...]:
    """Words in lower case, without punctuation; Chinese, Japanese and Korean by character.

    >>> tokens("What's a CAT? 用 token")
    ('what', 's', 'a', 'cat', '用', 'token')
    """
    return _of_long(text) if len(text) > _LONG else _of_short(text)


def _tokens(text: str) -> tuple[str, ...]:
    if text.isascii():
        return tuple(_ASCII_TOKEN.findall(text.lower()))
    found: list[str] = []
    normal = text if _NORMAL.fullmatch(text) else unicodedata.normalize("NFKC", text)
    for run in _TOKENS.findall(normal.casefold()):
        if _WIDE.match(run):
            found += run
        else:
            found.append(run)
    return tuple(found)


# The rules read a text one after another; of long ones the tokens take far more room than they.
_LONG = 2_000  # characters
_of_short, _of_long = lru_cache(maxsize=1_000)(_tokens), lru_cache(maxsize=8)(_tokens)


def has_tokens(text: str) -> bool:
    """Whether a text has any, without looking at all of it."""
    return bool(_TOKENS.search(unicodedata.normalize("NFKC", text)))


@lru_cache(maxsize=100_000)
def plain(text: str) -> str:
    """A text without capitals, punctuation and double spaces: what is equal here differs in form.

    >>> plain("What is  a CAT?") == plain("what is a cat")
    True
    """
    return " ".join(tokens(text))


@lru_cache(maxsize=50_000)  # without, lemminflect copies its answer deeply each time
def lemmas(word: str) -> dict[str, tuple[str, ...]]:
    """Base forms of an English word in lower case by part of speech, none for an unknown word.

    >>> lemmas("cats")["NOUN"], lemmas("xyzzy")
    (('cat',), {})
    """
    from lemminflect import getAllLemmas

    return getAllLemmas(word)


def length(text: str, lang: str) -> int:
    """Words, or for "zh" characters other than spaces.

    >>> length("A cat sleeps.", "en"), length("猫 在睡觉。", "zh")
    (3, 5)
    """
    return len("".join(text.split())) if lang == "zh" else len(text.split())


def says_nothing(text: str) -> bool:
    """Whether a text holds punctuation and stop words alone, as Evol-Instruct eliminates.

    >>> says_nothing("Why is it so?"), says_nothing("Why is it cold?")
    (True, False)
    """
    return not set(tokens(text)) - STOP_WORDS - QUESTION_WORDS


def gains(before: str, after: str) -> bool:
    """Whether a text has a word that an earlier version lacks and that is no stop word.

    >>> gains("What is a cat?", "What is a cat then?"), gains("What is a cat?", "Why is a cat?")
    (False, True)
    """
    return bool(set(tokens(after)) - STOP_WORDS - set(tokens(before)))
