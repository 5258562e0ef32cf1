"""Garbled text: scripts mixed inside words, doubled syllables, words that no dictionary has."""

import re
from functools import lru_cache
from operator import eq

from smolsynth.text.language import CHINESE, in_language, names_language
from smolsynth.text.parts import aside
from smolsynth.text.tokens import STOP_WORDS, UNLISTED, holds_any, lemmas, tokens

_ODD = 0.08  # share of words that no dictionary has, two at least
_LATIN_WORD = re.compile(r"(?<![\w'’/.@_#-])[a-z]{3,}(?![\w'’/@_-]|\.\w)")
_DOUBLED = re.compile(r"(?<![\w*'’-])([a-z]{2,}) \1(?![\w*'’-])")
_MAY_DOUBLE = frozenset(
    "very so really too had that is ha haha la na ooh oh ah no yes bye knock tick tock night blah"
    " far"
    " long many much more again way now there hey hush row chop yum nod bounce beep choo tap so"
    " well"
    " please who never please what dear come go up out on in you".split()
)
_SELF = re.compile(
    r"\b(?:between|compare|comparing|of|is|are|than|unlike|does|do|tell"
    r"|distinguish)\s+(?P<one>(?:an?|the)?\s*"
    r"[a-z-]+(?:\s[a-z-]+)?)\s+(?:and|with|or|versus|vs\.?|differ from|compared (?:to|with))\s+"
    r"(?P=one)(?=\s*(?:[?.!,;:]|$)|\s+(?:in|is|are|have|do|does|differ|step|when|and|a)\b)",
    re.IGNORECASE,
)
_LINK = re.compile(r"\s(?:and|with|or|versus|vs|differ|compared)\b")
_MORE_AND_MORE = re.compile(
    r"\b(?:more|less|better|over|again|up|down|on|time|day|year|one)$", re.I
)
_MIXED = re.compile(  # without a space at one side, or one character by itself
    r"(?<![\w“\"'「《(（])[A-Za-z]*[a-z][一-鿿]+(?![”\"'」》)）])"
    r"|(?<![“「《(（])[一-鿿]{1,40}[a-z]+"
    r"|(?:\A|(?<=[a-z] ))[一-鿿](?= [a-z])"
)
_MIXED_ZH = re.compile(
    r"[一-鿿，。、：；] [a-z]{2,}(?: [a-z]{2,})*[一-鿿]|[一-鿿][a-z]{2,}(?: [a-z]{2,})* [一-鿿]"
)
_DOUBLED_ZH = re.compile(r"([一-鿿]{2,5})\1+|([一-鿿])\2\2")
_SOUNDS_ZH = re.compile(
    r"[哈呵嘿嘻啊呜嗡咚汪喵叮当铃哗啦滴答嘎咕咯叽喳吱轰隆嘟呼噜咩哞砰啪嗷哇哎呀哦嗯啾唧沙咔嚓]+"
)
_MAY_DOUBLE_ZH = re.compile(
    rf"很[久多]|一.|{_SOUNDS_ZH.pattern}$"
    r"|.*[看想说讲聊试讨研商考学练收打整活放观体]"
    r"|[两三四五几]|许多|非常|好[多久]|越来"
)
# Said three times or more it may be stressed, or called out: "非常非常非常", "加油加油加油！"
_MAY_TRIPLE_ZH = re.compile(r"很|好|非常|十分|特别|越来|一|慢慢|快")
_VERSE_ZH = re.compile(r"歌|诗|谣|快板|顺口溜|绕口令|叠词|口诀|拟声")
_SELF_ZH = re.compile(
    r"(?:^|[，。？！：:；“\s]|比较|对比|请问|说说|讲讲|解释|介绍|关于|一下|说明"
    r"|分析)(?P<one>[一-鿿]{1,8}?)(?:与|和|跟|同|及)"
    r"(?P=one)(?=有|的(?:区别|不同|差|关系|异同|共)|之间|相比|各|哪|怎|[，。？?！；]|$)"
)


_BROKEN = re.compile(r"\ufffd|[ÃÂ][\u0080-\u00bf©®]|â€|ï»¿")  # bytes read in a wrong encoding
_INSIDE = re.compile(r"[a-z][\]\[;#{}@%^|~!&][a-z]")  # signs in the middle of words
_NO_WORD = re.compile(r"(?<![\w'’/.@_-])(?=[a-z]*[bcdfghjklmnpqrstvwxz]{4})[a-z]{4,}(?![\w'’/@_-])")
_NO_VOWEL = re.compile(r"(?<![\w'’/.@_-])[bcdfghjklmnpqrstvwxz]{3,}(?![\w'’/@_-])")
# Names and terms stand in lists, and behind other names.
_LISTED = re.compile(
    r"(?:\b[\w-]+(?: [\w-]+)?, )*\b[\w-]+(?: [\w-]+)?,? (?:and|or) [\w-]+"
    r"|\b[A-Z]\w+ [a-z]\w+"
)
_WANTS_NAMES = re.compile(
    r"\W*(?:name|list|which|who|give|sort|enumerate|what are)\b", re.IGNORECASE
)
_CRY = re.compile(
    r"[aeou]+h+|h[aeiou]+h?|y[aeiou]+[yhmp]+|(?:yu|no|m)m+|w[aeo]+w?h*|u+gh+|ee+k|oops|ouch|sh+|br+|gr+"
    r"|tsk|pff*t?|psst|woo+(?:hoo+|t|f)?|meow|purr+|moo+|baa+|vroom+|zz+|hmm+|aww+|phew|whew|yippee"
)
_PLAYS = re.compile(
    r"\b(?:nonsense|gibberish|made-up|invent\w*|rhym\w*|sounds?|noises?|onomatop\w*|dialect|scots"
    r"|slang|gamer|names? of|pronounc\w*|spell\w*)\b",
    re.IGNORECASE,
)
_SCRAMBLED = re.compile(r"scrambl|anagram|(?:random|shuffl|jumbl|revers)\w*|pinyin|乱序|打乱", re.I)


def garbled(text: str, lang: str, given: str = "") -> str | None:
    """Words that make no sense, or `None`: of two scripts, doubled, in no dictionary, or a thing
    compared with itself.

    Args:
        text: instruction or response.
        lang: "en" or "zh".
        given: the instruction that `text` answers; its words may come again.

    >>> garbled("It grows in g台 now.", "en"), garbled("月亮和 camel有何不同？", "zh")
    ('g台', '和 camel有')
    >>> garbled("It grows grows in spring.", "en")
    'grows grows'
    >>> garbled("The shadell and pinles rise.", "en", given="Why?")
    'shadell, pinles'
    >>> garbled("Compare a flute and a flute.", "en"), garbled("键盘与键盘有何不同？", "zh")
    ('a flute and a flute', '键盘与键盘')
    >>> garbled("A flute and a fiddle.", "en"), garbled("用 pandas 读取 CSV 文件。", "zh")
    (None, None)
    """
    plain = aside(text)
    said = _garbled_zh(plain, given) if lang == "zh" else _garbled_en(plain, given, "`" in text)
    if said and (names_language(given or text) or _SCRAMBLED.search(given or text)):
        return None
    return said


def _garbled_en(text: str, given: str, coded: bool) -> str | None:
    if not text.isascii():
        if broken := _BROKEN.search(text):
            return text[max(broken.start() - 8, 0) : broken.end() + 8].strip()
        mixed = _MIXED.search(text)
        if mixed and not CHINESE.search(given) and not _ABOUT.search(text):
            return mixed[0].strip()
    said = _said_twice(text) or (given and _no_words(text, given, coded))
    return said if said and not _PLAYS.search(given or text) else None


def _said_twice(text: str) -> str | None:
    parts = tokens(text)
    if any(map(eq, parts, parts[1:])):
        for doubled in _DOUBLED.finditer(text):
            if doubled[1] not in _MAY_DOUBLE:
                return doubled[0]
    if _may_be_itself(text.lower()):
        for itself in _SELF.finditer(text):
            if not _MORE_AND_MORE.search(itself["one"]):
                return itself[0].split(" ", 1)[1] if " " in itself[0] else itself[0]
    return None


def _no_words(text: str, given: str, coded: bool) -> str | None:
    """Words of a response that are none; who asks has words of his own, and so has code."""
    if holds_any(text, "];#{@%^|~&") and not re.search(r"[=(\\]", text):
        inside = _INSIDE.findall(text)
        if len(inside) > 2:
            return ", ".join(inside[:3])
    if re.search(r"[=\\{}$]", text):  # a formula
        return None
    low = given.lower()
    odd = [word for word in _LATIN_WORD.findall(text) if not _is_word(word) and word not in low]
    odd = [word for word in odd if not _CRY.fullmatch(word)]
    least = _ODD * len(re.findall(r"[^\W\d_]+", text)) if len(odd) > 1 else 2
    if len(odd) < max(least, 2):
        return None
    none = [word for word in odd if _NO_VOWEL.fullmatch(word) or _NO_WORD.fullmatch(word)]
    if len(none) > 1 and len(none) >= 2 * least:
        return ", ".join(none[:3])
    if coded:  # talks of its names: "iterables", "tuples"
        return None
    if _WANTS_NAMES.match(given):
        odd = [word for word in _LATIN_WORD.findall(_LISTED.sub(" ", text)) if word in odd]
    if len(odd) >= max(least, 2) and in_language(text, "en"):
        return ", ".join(odd[:3])
    return None


_ABOUT = re.compile(r"\b(?:chinese|mandarin|pinyin|character|means?)\b", re.IGNORECASE)


def _may_be_itself(lower: str) -> bool:
    """Whether the word before an "and", "with", "or" … comes again soon behind it."""
    for link in _LINK.finditer(lower):
        before = lower[max(link.start() - 40, 0) : link.start()].split()
        if before and before[-1] in lower[link.end() : link.end() + 60]:
            return True
    return False


@lru_cache(maxsize=50_000)
def _is_word(word: str) -> bool:
    return word in STOP_WORDS or word in UNLISTED or bool(lemmas(word))


# Words of English grammar between Chinese ones: nobody's term.
_GRAMMAR_ZH = re.compile(
    r"[一-鿿，、；] ?(?:and|very|then|into|should|only|the|is|are|of|that|which|it|how|what|why"
    r"|some|will|from|with"
    r"|by|was|were|has|have|does|but|because|when|where)(?: ?[一-鿿]| [a-z])"
)
_WRONG_BYTES = re.compile(
    r"\ufffd|锟斤拷|烫烫烫|屯屯屯|[ÃÂ][\u0080-\u00bf©®]|â€|ï»¿"
    r"|[äåæçèé][\u0080-\u00bfœšžŸˆ˜¡-¿]{1,2}"
)


def _may_be_itself_zh(text: str) -> bool:
    """Whether the character before an “和” … comes again soon behind it."""
    return any(
        text[link.start() - 1] in text[link.end() : link.end() + 8]
        for link in _LINK_SELF_ZH.finditer(text, 1)
    )


_LINK_SELF_ZH = re.compile("[与和跟同及]")


def _garbled_zh(text: str, given: str) -> str | None:
    if broken := _WRONG_BYTES.search(text):
        return text[max(broken.start() - 8, 0) : broken.end() + 8].strip()
    if re.search("[a-z]", text) and (mixed := _GRAMMAR_ZH.search(text) or _MIXED_ZH.search(text)):
        return mixed[0].strip()
    for doubled in () if _VERSE_ZH.search(given or text) else _DOUBLED_ZH.finditer(text):
        one = doubled[1] or doubled[2]
        if doubled[1] and len(doubled[0]) > 2 * len(one):
            at_the_end = not CHINESE.match(text, doubled.end())
            may = at_the_end or _SOUNDS_ZH.fullmatch(one) or _MAY_TRIPLE_ZH.match(one)
        else:
            may = _MAY_DOUBLE_ZH.match(one)
        if not may:
            return doubled[0]
    itself = _SELF_ZH.search(text) if _may_be_itself_zh(text) else None
    if itself and not (len(itself["one"]) == 1 and "之间" in text):
        one = itself["one"]
        return itself[0][itself[0].index(one) :]
    return None
