"""The same in other words, where its form tells: courtesies, spellings, shared answers."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from os.path import commonprefix

from smolsynth.text.tokens import QUESTION_WORDS, STOP_WORDS, tokens

_COURTESY = re.compile(
    r"^(?:(?:please|kindly|answer|question|task|tell me|(?:can|could|would|will) you|\d+"
    r"(?= (?:tell|what|how|why|who|when|where|which|write|give|name|list|explain|describe)\b)) )+"
)
_SPELLINGS = (
    (re.compile(r"\b(what|that|it|there|who|how|where|here) s\b"), r"\1 is"),
    (re.compile(r"(?<=[a-z]{2})our(?=s|ed|ing|hood|ful|ite|able|\b)"), "or"),
    (re.compile(r"(?<=[a-z]{2})is(?=e[ds]?\b|ing\b|ation)"), "iz"),
    (re.compile(r"\bgrey"), "gray"),
)
_COURTESY_ZH = re.compile(
    "请问|请[你您]?|麻烦|[你您]?能不?能(?=[讲说告])|帮[我忙]|一下|[呢吧呀啊](?![一-鿿])"
    "|一(?=[封个首篇段份张种条句])"
)
_SPELLINGS_ZH = (
    (re.compile("怎么样|怎样|怎么|如何"), "怎"),
    (re.compile("讲讲|说说|谈谈|介绍|讲解|说明"), "说"),
    (re.compile("列出|列举|举出"), "列"),
    (re.compile("描写|形容|描绘"), "描述"),
    (re.compile("别人"), "他人"),
    (re.compile("为何"), "为什么"),
    (
        re.compile(
            "具体是这样的|简单来说|所谓(?=.*就是)|就(?=是一)|我的建议是|小提示|要当心的是"
            "|它的弱点在于"
        ),
        "",
    ),
)


def plainly(parts: Sequence[str]) -> tuple[str, ...]:
    """The tokens of a short text without courtesies, its spellings and forms of asking alike.

    >>> plainly("please tell me what s the colour of jade".split())
    ('what', 'is', 'the', 'color', 'of', 'jade')
    >>> "".join(plainly(tuple("请问如何保存土豆呢"))), "".join(plainly(tuple("怎样保存土豆")))
    ('怎保存土豆', '怎保存土豆')
    """
    text = " ".join(parts)
    if text.isascii():
        text = _COURTESY.sub("", text) or text
        for found, put in _SPELLINGS:
            text = found.sub(put, text)
        return tuple(text.split())
    text = re.sub("(?<=[\u3040-\u9fff]) (?=[\u3040-\u9fff])", "", text)
    text = _COURTESY_ZH.sub("", text) or text
    for found, put in _SPELLINGS_ZH:
        text = found.sub(put, text)
    return tuple(_TOKEN.findall(text))


def asked_and_said(parts: Sequence[Sequence[str]]) -> tuple[Sequence[str], Sequence[str]]:
    """Of the tokens of a row's texts those of the instruction, and of all that answers it.

    >>> asked_and_said([["why"], ["so"], ["no"]])
    (['why'], ['so', 'no'])
    """
    asked, *said = parts
    return asked, said[0] if len(said) == 1 else [word for part in said for word in part]


_TOKEN = re.compile("[\u3040-\u9fff]|[^\\s\u3040-\u9fff]+")
_ANSWER = 8  # tokens of an answer that no two questions share by chance
_LATEST = 20  # rows with the same part that a row is compared with
_SAID = 0.6  # of the tokens, shared by two answers to one question
_ASKING = frozenset("write give tell explain describe name list make use find one".split()) | {
    *"说讲谈请问介绍列举写给哪些有一下"
}
_ASIDE = STOP_WORDS | QUESTION_WORDS | _ASKING  # what says nothing of what a question is about
_YES_OR_NO = frozenset("yes no true false 是 否 对 错 不 有 没 的".split())  # told apart by order


class AskedAgain:
    """Rows that share one part with an earlier row and say much the same in the other.

    The same question answered much alike, the same answer to a question about the same thing, or
    one of them in the same words in another order. Equal parts are looked up, so that time grows
    with the rows.

    >>> rows = [("What is tea?", "A drink."), ("How is tea made, then?", "Of leaves.")]
    >>> again = AskedAgain(lambda row: tuple(part.lower().split() for part in rows[row]))
    >>> [again.add(row, *again.parts_of(row)) for row in range(2)]
    [None, None]
    """

    def __init__(self, parts_of: Callable[[int], tuple[Sequence[str], ...]]) -> None:
        """`parts_of` gives the tokens of an earlier row: what is asked, and what is said."""
        self.parts_of = parts_of
        self._rows: dict[int, list[int]] = defaultdict(list)
        self._orders: dict[int, int] = {}

    def add(self, row: int, asked: Sequence[str], said: Sequence[str]) -> int | None:
        """The earlier row that this one repeats; otherwise it is known from now on."""
        answer, question = hash(("said", *said)), hash(("asked", *asked))
        for of in self._rows[answer][-_LATEST:] if len(said) >= _ANSWER else ():
            if _about_the_same(asked, self.parts_of(of)[0]):
                return of
        for of in self._rows[question][-_LATEST:]:
            if _alike(said, self.parts_of(of)[1]):
                return of
        orders = [*map(hash, _orders(asked, said))]
        for key in orders:
            if key in self._orders:
                return self._orders[key]
        self._orders |= dict.fromkeys(orders, row)
        self._rows[answer].append(row)
        self._rows[question].append(row)
        return None


def _orders(asked: Sequence[str], said: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """What two rows share whose questions have the same words in another order and one answer, or
    whose answers do; were both in another, one might say of A what the other says of B."""
    if _YES_OR_NO >= {*said}:
        return
    about = [word for word in asked if word not in _ASIDE]
    numbers = [word for word in (*asked, *said) if word[0].isdigit()]
    yield "asked", *sorted({*about}), "", *said, "", *numbers
    yield "said", *about, "", *sorted(said), "", *numbers


def _about_the_same(one: Sequence[str], two: Sequence[str]) -> bool:
    mine, other = (set(parts) - _ASIDE for parts in (one, two))
    return len(mine & other) * 2 >= max(min(len(mine), len(other)), 1)


def _alike(one: Sequence[str], two: Sequence[str]) -> bool:
    from rapidfuzz.distance import LCSseq

    if min(len(one), len(two)) < _ANSWER or [w for w in one if w[0].isdigit()] != [
        w for w in two if w[0].isdigit()
    ]:
        return False
    same = LCSseq.similarity(one, two)
    return same >= _SAID * (len(one) + len(two) - same)


_SWAPPED = 4  # tokens in a row that stand in the place of others, at most


def other_subject(one: Sequence[str], two: Sequence[str]) -> bool:
    """Whether two rows that are much alike ask about different things, and answer accordingly.

    In one place of the question a few words stand for others, and in the answer again.

    Args:
        one, two: question and answer.

    >>> neon = ("What state is neon in?", "Neon is a gas.")
    >>> other_subject(neon, ("What state is oxygen in?", "Oxygen is a gas."))
    True
    >>> other_subject(neon, ("In what state is neon?", "Neon is a gas."))
    False
    """
    asked, again = tokens(one[0]), tokens(two[0])
    start = len(commonprefix([asked, again]))
    end = len(commonprefix([asked[start:][::-1], again[start:][::-1]]))
    these, those = ({*words[start : len(words) - end]} for words in (asked, again))
    if not 0 < min(len(these), len(those)) <= max(len(these), len(those)) <= _SWAPPED:
        return False
    if (these | those) & STOP_WORDS or {word[:4] for word in these} & {word[:4] for word in those}:
        return False
    said, answered = {*tokens(one[1])}, {*tokens(two[1])}
    return these <= said - answered and those <= answered - said
