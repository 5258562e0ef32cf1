"""Traditional Chinese characters among simplified ones."""

import re
from functools import lru_cache

from smolsynth.text.language import CHINESE

_QUOTED = re.compile(
    r"“[^”\n]*”|「[^」\n]*」|『[^』\n]*』|《[^》\n]*》|\"[^\"\n]*\"|`[^`\n]+`"
    r"|^.*[\u3040-\u30ff].*$",
    re.MULTILINE,  # quotations, and lines in Japanese
)
_ABOUT_CHARACTERS = re.compile(
    "繁[体體]|正[体體]字|[简簡][体體]字|[异異][体體]|古文|书法|日[语語文]|粤语"
)


def traditional_in(*texts: str) -> str | None:
    """The first traditional characters of texts that have simplified ones too, or `None`.

    Texts in traditional characters alone have none, nor have those that speak of characters.
    Quotations may stand in either.

    >>> traditional_in("学好數學要多做练习。"), traditional_in("怎样学数学？", "學數學要多練習。")
    ('數學', '學數學')
    >>> traditional_in("學數學要多練習。"), traditional_in("“龍”的简体是“龙”。")
    (None, None)
    """
    text = "\n".join(texts)
    if text.isascii() or not CHINESE.search(text):
        return None
    traditional, simplified = _characters()
    if not (traditional.search(text) and simplified.search(text)):
        return None
    rest = _QUOTED.sub(" ", text)
    found = traditional.search(rest)
    if not found or not simplified.search(rest) or _ABOUT_CHARACTERS.search(text):
        return None
    return found[0]


def simplified(text: str) -> str:
    """A text with simplified characters for traditional ones.

    >>> simplified("學習英文"), simplified("学习英文")
    ('学习英文', '学习英文')
    """
    if text.isascii() or not _characters()[0].search(text):
        return text
    return _converter().convert(text)


@lru_cache(maxsize=1)
def _converter():
    from opencc import OpenCC

    return OpenCC("t2s")


@lru_cache(maxsize=1)
def _characters() -> tuple[re.Pattern, re.Pattern]:
    """What finds runs of characters that are traditional alone, and ones that are simplified alone.

    Traditional are those that OpenCC has simplified ones for, and that the character set of
    simplified Chinese lacks: 乾隆, 於菟 and the note 徵 are written so in both. (The set alone
    would not do: 喆 is a name's, and no traditional form of another.)
    """
    every = [chr(code) for code in range(0x4E00, 0xA000)]
    # one a line, so that no phrase is looked for
    converted = _converter().convert("\n".join(every)).split("\n")
    pairs = zip(every, converted, strict=True)
    traditional = [one for one, other in pairs if one != other and not _is_in(one, "gb2312")]
    simplified = [one for one in every if _is_in(one, "gb2312") and not _is_in(one, "big5")]
    return re.compile(f"[{''.join(traditional)}]+"), re.compile(f"[{''.join(simplified)}]")


def _is_in(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
