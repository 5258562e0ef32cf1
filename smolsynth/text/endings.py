"""Whether a text stops before it ends."""

import re
import unicodedata

from smolsynth.text.language import CHINESE
from smolsynth.text.tokens import STOP_WORDS, tokens

_ENDINGS = tuple(".!?。！？…)）]】」』》>\"”’'`;；|～~}।॥؟۔։")
_MARKUP = "*_~ \t"  # bold and italics around the end of a sentence
_FEW = 4  # tokens: a word or two need no full stop
_LONG_ITEM = 12  # tokens: whether such an item is whole, one other tells
_SHORT_ZH = 16  # characters of a slogan or a title
_VERSE = re.compile(r"(?:[^，。！？；：、\n]{1,8}[：:])?[^。！？；：\n]{2,20}[，。！？；,]?")
_DATE = re.compile(r"\d ?[年月日号时分秒点]$")
_TITLE = 16  # words of a headline that was asked for
_WANTS_A_TITLE = re.compile(
    r"\b(?:headline|title|slogan|caption|subject line|tag ?line|motto)\b", re.IGNORECASE
)
_WANTS_A_PHRASE = re.compile(
    r"标题|题目|题名|口号|标语|广告|对联|[春婚挽寿]联|译|改正|改错|修改|纠正|分类|归类|判断"
    r"|名[字称]?[。：]?$|起.{0,6}名"
    r"|取.{0,6}名|命名|[诗词歌曲]|成语|词语|找出|提取|填空|[主谓宾]语|情感|落款|签名|横批"
    r"|[同近反]义|列[出举]|给出"
    r"|一句|短语|关键词|句子|改[写成]|是谁|哪[个种位年]|多少|几"
)
_LATIN_END = re.compile(r"[：:] ?[A-Za-z][\w ,.'-]*$")
_ENUMERATION_ZH = re.compile(
    r"(?:^|[:：] ?)[^,，、：是由有把对在]{1,12}(?:、[^,，、。]{1,12})*[、和与及][^,，、。]{1,12}$"
)
_ENUMERATION = re.compile(r"(?:^|[:：] ?)[^,，、]{1,24}(?:[,，、]\s*[^,，、]{1,24}){2,}$")
_ITEM = re.compile(r"\s*(?:[-*•|#>+]|\d+[.)、]|[(（]?[a-zA-Z一二三四五六七八九十][.)、）]).*")
_BARE_MARK = re.compile(r"\s*(?:[-*•+]|\d+[.)、])")  # an item without its text
_FAR = 1000  # characters of a long line that are looked at, from its beginning and from its end
_SMALL = frozenset("a an and at by for from in of on or the to with".split())  # in titles
_ADDRESS = re.compile(
    r"(?:https?://|www\.)\S+$|(?<!\S)[^\s@]+@\S+\.\S+$|#\w+$|[\"”] ?[-–—] ?\S.{0,40}$"
)
_FORMULA = re.compile(r"[=≈<>≤≥+×÷^→⇌]\s*(?:[\d.]+ )?\S+$|\$$|\\\)$|\\\]$")
# A sentence of prose, from its capital to its stop; code has other marks.
_SENTENCE = re.compile(
    r"(?:[-*>]|\d+[.)])?\s*(?:\w[^\n{}<>=;#$]{20,}|[^\n{}<>=;#$]*[\u3400-\u9fff]{6}[^\n{}<>=;#$]*)[.!?。！？]"
)
# What a text ends with that names its result: "The answer is: True", "Mood: hope or fear".
_RESULT = re.compile(
    r"(?:.*[.\n])?\W*[A-Z]\w*(?: [\w-]+){0,5}: (?P<value>\S+(?: \S+){0,2})", re.DOTALL
)
_NO_RIGHT_SIDE = re.compile(r"(?:^|[\s\w)])(?:=|[+×÷≈<≤≥→*/-](?<=\s.))$|[\[({,]$")
_CODE = re.compile(r"^(?: {4}|\t)|[{};]$|^\s*(?:return|import|print|def|if|for|while)\b")
_CUT = (  # no phrase ends like this,
    "the|a|an|of|and|or|to|with|for|from|at|by|is|are|was|were|that|which|because|but|as|their|its"
    "|your|my|our|has|have|had|can|will|would|should|could|may|must|into|about|than|after|before"
    "|between|when|if|not|very|when|while|where|whose|and/or"
)
_MAY_END = "in|on|over|under|through|so|more|most|also"  # no sentence like this
_VERB = re.compile(r"\b(?:is|are|was|were|has|have|had|can|will|does|do)\b", re.IGNORECASE)
_DANGLING = re.compile(
    rf"(?:[,，]|\b(?:{_CUT}|{_MAY_END})|[的和与或及是在把被从对])$", re.IGNORECASE
)
_CUT_PHRASE = re.compile(rf"(?:[,，]|\s(?:{_CUT}))$", re.IGNORECASE)


def cut_off(text: str, finish_reason: str | None = None, asked: str = "") -> str | None:
    """The end of a text that stops in mid-sentence, or `None`.

    Whole without a full stop are lists, tables, names, code, formulas, figures, addresses, verse,
    phrases, and what ends in an emoji. Not whole are a heading, a number or a colon with nothing
    behind it, code in an open fence, and an open bracket.

    Args:
        text: a response.
        finish_reason: what the server said of it, if it did: "length" is cut off, "stop" is not.
        asked: what it responds to. A title or a slogan in Chinese looks as a sentence begins.

    >>> cut_off("A cat is an animal that")
    '… A cat is an animal that'
    >>> [cut_off(text) for text in ("Learn something new 😊", "It **is forty two**.", "x = 4")]
    [None, None, None]
    >>> cut_off("You need:"), cut_off("1. Salt\\n2.")
    ('… You need:', '… 2.')
    """
    lines = [line for line in text.rstrip().split("\n") if line.strip()]
    if not lines or finish_reason == "stop":
        return None
    end = "… " + lines[-1].strip()[-24:]
    if finish_reason == "length":
        return end
    *before, whole = map(_both_ends, lines)
    last = whole.rstrip(_MARKUP)
    if _nothing_behind(whole.strip(), before, text):
        return end
    if (
        last.endswith(_ENDINGS)
        or text.rstrip().endswith(("**", "__"))
        or _whole_without_a_stop(last, before, text, asked)
    ):
        return None
    return end


def _both_ends(line: str) -> str:
    """A line, of a long one its beginning and its end: data in one word of a megabyte would take
    hours, as some patterns try each place with each other one."""
    return line if len(line) <= 2 * _FAR else line[:_FAR] + line[-_FAR:]


def _nothing_behind(last: str, before: list[str], text: str) -> bool:
    """Whether the last line only begins something."""
    if text.count("```") % 2 and not _stray_fence(last, before):
        return True
    if before and _BARE_MARK.fullmatch(last):
        return True
    if last.endswith((":", "：")):
        return True
    if before and re.match(r"#{1,6} ", last) and any(not line.startswith("#") for line in before):
        return True
    if last[:1] == "|" and last[-1] != "|" and before and before[-1].rstrip()[-1:] == "|":
        return True
    if text.lstrip()[:1] in "{[" and not last.endswith(_ENDINGS):
        return text.count("{") != text.count("}") or text.count("[") != text.count("]")
    return False


def _stray_fence(last: str, before: list[str]) -> bool:
    """Whether prose comes to its end where a fence seems open: the mark too many closes nothing,
    or the text goes on with code that began elsewhere."""
    prose = before[-1] if last == "```" and before else last
    return bool(_SENTENCE.fullmatch(prose.strip()))


def _whole_without_a_stop(last: str, before: list[str], text: str, asked: str) -> bool:
    words = last.split()
    if not words:
        return True
    if _NO_RIGHT_SIDE.search(last):
        return False
    if unicodedata.category(last[-1]) in ("So", "Sk", "Sc", "Sm", "Mn", "Mc", "Cf"):
        return True  # an emoji, a currency, a letter with a mark
    if last[-1] in "%°‰" or re.search(r"\*[^*\n]+\*\s*$", text):  # a share, *a smile*
        return True
    if _CODE.search(last) or _ADDRESS.search(last) or re.search(r"[./\\_]\w+$", words[-1]):
        return True
    listed = bool(_ITEM.fullmatch(last))
    choice = last.endswith(" A")  # of a question with choices
    if len(tokens(last)) > 1 and not choice and (_CUT_PHRASE if listed else _DANGLING).search(last):
        return False
    size = len(tokens(last))
    if listed:  # whole as the items before it are, and these end as sentences do
        others = [line for line in before if _ITEM.fullmatch(line)]
        stopped = all(_stops(line) for line in others) and len(others) > (size < _LONG_ITEM)
        return not (stopped and (len(words) > 3 or (size > _FEW and not last.isascii())))
    if (size < _FEW and not _broken_verse(last, before)) or _FORMULA.search(last):
        return True
    if last[-1].isdigit() or _DATE.search(last):
        return True
    if (result := _RESULT.fullmatch(last)) and result["value"].split()[0].lower() not in STOP_WORDS:
        return True
    if CHINESE.search(last):
        return _whole_in_chinese(last, size, before, asked)
    if all(word in _SMALL or not word[0].islower() for word in words):
        return last.isascii()  # a title
    if not before and last[0].islower() and len(words) <= 8 and not _VERB.search(last):
        return last.isascii()  # a phrase
    if not before and len(words) <= _TITLE and _WANTS_A_TITLE.search(asked):
        return True
    return bool(_ENUMERATION.search(last)) or (len(before) >= 2 and _open_ended(before))


def _whole_in_chinese(last: str, size: int, before: list[str], asked: str) -> bool:
    """An enumeration, the last line of verse, or a title, slogan or label that was asked for."""
    if _ENUMERATION_ZH.search(last) or _LATIN_END.search(last):
        return True
    if _broken_verse(last, before):
        return False
    if before and _VERSE.fullmatch(before[-1].strip()) and _VERSE.fullmatch(last):
        lengths = {len(tokens(line)) for line in [*before[-3:], last]}
        if len(lengths) == 1 or _open_ended(before):
            return True
    if before and not _open_ended(before):
        return False
    return size <= _SHORT_ZH and bool(_WANTS_A_PHRASE.search(asked))


def _broken_verse(last: str, before: list[str]) -> bool:
    """Whether a line is much shorter than those before it, which are equally long."""
    lengths = {len(tokens(line)) for line in before[-3:]}
    short = len(lengths) == 1 and len(tokens(last)) < lengths.pop() > _FEW
    return short and len(before) > 1 and "：" not in last


def _open_ended(lines: list[str]) -> bool:
    """Whether most lines have no full stop, as in verse, and in lists without marks."""
    return sum(not _stops(line) for line in lines) * 2 > len(lines)


def _stops(line: str) -> bool:
    return line.rstrip(_MARKUP).endswith(_ENDINGS)
