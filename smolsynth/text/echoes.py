"""Whether a response says again what was asked, in place of an answer."""

import re
from collections.abc import Sequence

from smolsynth.text.language import CHINESE
from smolsynth.text.parts import start
from smolsynth.text.requests import is_request
from smolsynth.text.tokens import STOP_WORDS, tokens

_ECHO = 0.7  # share of the instruction that the response begins with
_BEFORE_ECHO = re.compile(
    r"^\W*(?:(?:you asked|question|task|instruction|prompt|request|user|q)\s*:|the question is"
    r"|please|i will|i'll|i am going to|let me|(?:here|below|following) (?:are|is)|here's"
    r"|this is)?\W*",
    re.IGNORECASE,
)
_BEFORE_REQUEST = re.compile(r"^\W*(?:task|question|instruction)?\W*(?:please|can you)?\W*", re.I)
_BEHIND_ECHO = re.compile(r"(?:\n\s*(?:\d+[.)]|[-*•]))+\s*$|\s*answer\s*:\s*$", re.IGNORECASE)
_LONG_GAP = re.compile(r"(\W{50})\W+")  # blanks, a ruler: patterns try each with each other one
_BY_HAND = re.compile(  # what is asked for is much like what is given
    r"[:\"“]|\b(?:repeat|correct|fill|put|convert|sort|add|remove|complete|paraphrase|rephrase"
    r"|rewrite|extract|change|make a question|which (?:word|of)|spell|copy|order|arrange|rearrange"
    r"|identify|find|calculate|count|pick|choose|select|classify|underline|highlight"
    r"|shorten)\b| or ",
    re.IGNORECASE,
)
# A task, and what to do it with; files that lost the line break between the two are in use.
_WITH_INPUT = re.compile(r"[.!?]['”\"]?(?:\s+\S|[A-Z])|\n|'\w|[a-z]{2}(?:[A-Z][a-z]|\d)")
_IS = re.compile(r"\b(?:is|are|was|were)\b(?:\s+(?:an?|the)\b)?(?!.*\b(?:is|are|was|were)\b)")
_COVERED = 0.6  # share of the words of an instruction that say something


def echo(instruction: str, response: str) -> str | None:
    """The start of a response that says the instruction again in place of an answer, or `None`.

    An answer may begin with the words of its question, and a corrected text is much like the one
    that was given; an echo begins as the whole instruction begins, request and all, or says no word
    that the instruction has not.

    >>> echo("Tell me about tea in a cup.", "Tell me about tea in a cup, in a cup.")
    'Tell me about tea in a cup, in a cup.'
    >>> echo("Give me two tips on tea.", "Here are two tips on tea.")
    'Here are two tips on tea.'
    >>> echo("Correct it: He go home.", "He goes home."), echo("What is tea?", "Tea is a drink.")
    (None, None)
    """
    instruction, response = (_LONG_GAP.sub(r"\1", text) for text in (instruction, response))
    asked, said = tokens(instruction), tokens(response)
    if not asked or not said:
        return None
    if _YES_OR_NO_ZH.search(instruction):
        return None
    if _begins_alike(asked, said):
        new = sum(word not in asked for word in said)
        if new <= 0.05 * len(said):
            return start(response)
    if len(said) > 2 * len(asked) + 12:
        return None
    if CHINESE.search(response):
        return _echo_zh(instruction, response)
    bare = _BEHIND_ECHO.sub("", _BEFORE_ECHO.sub("", response, count=1))
    request = _BEFORE_REQUEST.sub("", instruction, count=1)
    asked, said = tokens(request), tokens(bare)
    if not said or not asked:
        return start(response)
    if _begins_alike(asked, said):  # and goes on with requests alone
        behind = " ".join(said[len(asked) :])
        if not behind or (len(asked) > 2 and said[: len(asked)] == asked and is_request(behind)):
            return start(response) if len(asked) > 3 or bare != response else None
    if (
        _WITH_INPUT.search(instruction)
        or _BY_HAND.search(instruction)
        or re.match(r"(?:yes|no|true|false)\b", response, re.I)
    ):
        return None
    known, words = _telling(asked), _telling(said)
    if words <= known and len(words) >= max(_COVERED * len(known), 2) and is_request(instruction):
        if _names(bare, asked):
            return None
        asks = bare.rstrip(' "”').endswith("?") or not re.match(_SHORT_QUESTION, request, re.I)
        return start(response) if asks else None
    return None


def _names(said: str, asked: Sequence[str]) -> bool:
    """Whether a sentence ends with a name that was not asked with, though its words were: “A mark
    that ends a question is the question mark.”"""
    link = _IS.search(said)
    name = tokens(said[link.end() :]) if link else ()
    runs = zip(*(asked[start:] for start in range(len(name))), strict=False)
    return len(name) > 1 and name not in set(runs)


_BEFORE_ECHO_ZH = re.compile(
    r"\W*(?:(?:好的?|当然(?:可以)?|没问题|题目|问题|指令|任务|[您你](?:想要?|要|希望)我?|我(?:来"
    r"|会|将|可以|这就)|请问?|请?帮[我您你]"
    r"|麻烦[您你]?|[您你](?:刚才|刚刚)?问的是|问(?=[：:])|下面(?:是|来|我来)?|以下是|接下来|这里是|关于)[，,：:！!。]?\W*)*"
)
_ENDS_ZH = re.compile(r"(?:[呢吧吗啊呀了]|如下|的(?:回答|内容))*\W*$")
_BY_HAND_ZH = re.compile(  # what is asked for is much like what is given, or chosen from it
    r"[：:“\"「\n]|改|重复|复述|朗读|照抄|标点|填|选|排|译|找|提取|摘|缩|扩|造句|加上|删|替?换成"
    r"|仿|转|还是|哪|判断"
    r"|说“|原样|背|写出"
)


def _echo_zh(instruction: str, response: str) -> str | None:
    request = _ENDS_ZH.sub("", _BEFORE_ECHO_ZH.sub("", instruction, count=1))
    bare = _ENDS_ZH.sub("", _BEFORE_ECHO_ZH.sub("", response, count=1))
    asked, said = tokens(request), tokens(bare)
    if not asked or not said or re.search(r"[:：\n]", response.strip()[12:]):
        return None
    if asked == said and len(asked) > 3 and (response.strip() != bare or is_request(instruction)):
        return None if _BY_HAND_ZH.search(instruction) and bare == response else start(response)
    if _BY_HAND_ZH.search(instruction):
        return None
    known, words = set(asked) - STOP_WORDS, set(said) - STOP_WORDS
    if said[: len(asked)] == asked and len(words - known) <= _ADDED and is_request(instruction):
        return start(response)
    again = words <= known and len(words) >= max(_COVERED * len(known), 2)
    if again and (is_request(instruction) or len(words) == len(known)):
        return start(response)
    # an instruction that says something, said again
    core = [_COPULA_ZH.sub("是", text.removeprefix("所谓")) for text in (request, bare)]
    return start(response) if len(asked) > 6 and tokens(core[0]) == tokens(core[1]) else None


_COPULA_ZH = re.compile("，?就是|的意思是|指的是")
_ADDED = 2  # characters of its own
_YES_OR_NO_ZH = re.compile(r"[吗么嘛] ?(?:[？?]|$)|是不是|是否|能不能|有没有")


# "Is a spider an insect?" is answered with its own words.
_SHORT_QUESTION = r"(?:is|are|was|were|do|does|did|can|could|has|have|which|who|what)\b"


def _begins_alike(asked: Sequence[str], said: Sequence[str]) -> bool:
    same = next(
        (i for i, (one, other) in enumerate(zip(asked, said, strict=False)) if one != other),
        min(len(asked), len(said)),
    )
    return same >= _ECHO * len(asked)


_ASKING = frozenset(
    "write give tell explain describe name list make me compare how what why".split()
)


def _telling(words: Sequence[str]) -> set[str]:
    """The words that say something, in a short form that endings do not change."""
    return {word[:5] for word in words if word not in STOP_WORDS and word not in _ASKING}
