"""Which language a text is in: English or Chinese.

The script decides where it can. English and other languages in Latin letters are told apart by
English function words, and where a text has none, by py3langid (chosen by the figures that
`python benchmarks/languages.py` prints). Code, formulas, addresses and quoted words are nobody's
language, and a name may stand in any.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from smolsynth.errors import Said

LANGS = ("en", "zh")
CHINESE = re.compile(r"[\u3400-\u9fff]+")
_KANA = re.compile(r"[\u3040-\u30ff]+")
_HANGUL = re.compile(r"[\u1100-\u11ff\uac00-\ud7af]+")
_LATIN = re.compile(r"[A-Za-z\u00aa\u00ba\u00c0-\u024f\u1e00-\u1eff\uff21-\uff3a\uff41-\uff5a]+")
_LETTERS = re.compile(r"[^\W\d_]+")
# Function words that no other language in Latin letters has: one in ten words proves English.
_ENGLISH = frozenset(
    "the and what what's how why which who with that that's this these those from you your it's its"
    " are were does don't can't would could should they their when where there been because"
    " write rewrite give explain describe summarize translate convert compare use list suggest"
    " generate create classify identify find make".split()
)
_PROOF = 10
_HINTS = frozenset("a an as by for has have i in is it of on or to was we will".split())
# Those that other languages have too. Where three stand that no one language has, it is English.
_HINTS_ELSEWHERE = [
    frozenset(words.split())
    for words in (
        "by for have i to",  # Danish, Norwegian, Swedish
        "as in is of was we",  # Dutch
        "an as in was will",  # German
        "a i in on",  # Italian, Czech, Finnish
        "a as for has or",  # Spanish, Portuguese, Romanian
        "a an as on or",  # French
        "a by i on to was we",  # Polish
        "an in is on to",  # Hungarian, Turkish, Vietnamese
    )
]
_FEW_HINTS, _HINTS_SHARE = 3, 5  # one in five words
# py3langid is asked about these alone; each language more makes it surer of the wrong one.
_CANDIDATES = "en de fr es it pt nl sv da no pl tr id vi fi cs ro hu".split()
# Its probability from which on it is believed: names and lists of words stay below; and where there
# are words that may be English.
_SURE, _SURE_DESPITE_HINTS = 0.6, 0.95
_LOOKED_AT = 300  # characters
_NAMES = 0.6  # share of words with a capital letter, from which on a text is a list of names
_ASIDE = re.compile(
    r"```.*?(?:```|\Z)|`[^`\n]+`|\$[^$\n]+\$"  # code, formulas
    r"|https?://\S+|(?<![\w.+-])[\w.+-]+@[\w-]+\.\S+"  # addresses
    r"|“[^”\n]*”|「[^」\n]*」|『[^』\n]*』|《[^》\n]*》|\"[^\"\n]*\"",  # quoted words
    re.DOTALL,
)
_CODE_LINE = re.compile(
    r"^\s*(?:(?:def|class|import|return|print|elif|else|try|except|public|private|const|let|var|int"
    r"|function|using|namespace|SELECT|FROM|INSERT|CREATE)\b.*|(?:for|if|while)\b.*[:{]\s*(?:#.*)?"
    r"|from \S+ import .*|[#/*<{}()\[\]].*|.*[;{}]|[\w.\[\]\"']+ *[-+*/]?= *\S.*|[\w.]+\(.*\))\s*$",
    re.MULTILINE,
)
# Lines of no language: formulas, quantities, regular expressions, names of files, commands.
_FUNCTION = r"(?:sin|cos|tan|cot|sec|log|ln|lg|exp|lim|max|min|sqrt|mod|arc\w{3}|dx|dy|dt)"
_NOBODYS = re.compile(
    rf"\s*(?:[^A-Za-z]*(?:(?:{_FUNCTION}|[A-Za-z]{{1,2}})(?![A-Za-z])[^A-Za-z]*)*"
    r"|\d[\d.,]* ?[A-Za-z/%^\d]{1,8}|\^\S.*\$|\S*(?:\\[dwsbDWSB.]|\[[^\]\s]+\][+*{?]?|\(\?"
    r"|[+*?]\))\S*"
    r"|(?:\w*[/~-])*+(?=\w+[._]\w)\w+(?:\.\w+)*"
    r"|(?:\$ )?(?:sudo |\./)?(?:pip3?|conda|npm|npx|git|docker|apt|apt-get|brew|ls|cd|df|du|cat"
    r"|grep|ps|kill|chmod|mkdir|rm|cp|mv|curl|wget|ssh|tar|find|tail|head|top|python3?|node"
    r"|make)(?: [\w./*=@:+|<>-]+){1,8})\s*"
)
# A request that names a language, or quotes words of another, may be answered in another.
_ABOUT_LANGUAGES = re.compile(
    r"translat|\blanguage|\b(?:english|french|spanish|german|italian|portuguese|chinese|mandarin"
    r"|japanese|korean|russian|arabic|latin|dutch|hindi)\b"
    # cuisines and peoples too, so that these count where a language is meant
    r"|\b(?:written in|in|into|from|to|the) (?:\w+ )?(?:cantonese|ukrainian|polish|czech|hungarian"
    r"|romanian|bulgarian|serbian|croatian|greek|turkish|persian|farsi|hebrew|swedish|danish"
    r"|norwegian|finnish|icelandic|urdu|bengali|punjabi|gujarati|marathi|tamil|telugu|kannada"
    r"|malayalam|nepali|thai|vietnamese|indonesian|malay|tagalog|swahili|yoruba)(?=\W*$|\.|,|\?|:"
    r"| (?:language|sentence|word|text|into|to)\b)"
    r"|翻译|译成|语言|[英法德日韩俄汉中]文|[英法德日韩俄汉]语|西班牙语|拼音|单词",
    re.IGNORECASE,
)


def listed(parts: Iterable[Any], lang: str) -> str:
    """Things one after the other within a sentence of "en" or "zh".

    >>> listed(["甲", "乙"], "zh")
    '甲、乙'
    """
    return ("、" if lang == "zh" else ", ").join(map(str, parts))


def told(value: Any, lang: str) -> Any:
    """A value as it stands in a sentence of "en" or "zh": a list in words, what is `Said` in it."""
    if isinstance(value, Said):
        return value.words(lang)
    if isinstance(value, list | tuple):
        return listed((told(one, lang) for one in value), lang)
    return value


def filled(
    templates: Iterable[str],
    values: Mapping[str, Any],
    tell: Callable[[Any, str], Any] = told,
) -> Said:
    """Two templates, English and Chinese, filled in with values as `tell` puts them in each.

    >>> filled(("No {what}.", "没有{what}。"), {"what": ["a", Said("b", "乙")]}).words("zh")
    '没有a、乙。'
    """
    en, zh = (
        template.format(**{name: tell(value, lang) for name, value in values.items()})
        for template, lang in zip(templates, LANGS, strict=True)
    )
    return Said(en, zh)


def check_lang(lang: str) -> str:
    """The language as given. Raises ValueError where it is neither "en" nor "zh"."""
    if lang not in LANGS:
        raise ValueError(f'lang must be "en" or "zh", not {lang!r}.')
    return lang


def in_language(text: str, lang: str) -> bool:
    """Whether a text is written in a language. One without words, code alone, or a name is.

    >>> [in_language(text, "en") for text in ("A cat.", "Это кот.", "Das ist eine Katze.", "42")]
    [True, False, False, True]
    >>> in_language("用 TRL 的 DPOTrainer 训练模型。", "zh")
    True
    """
    is_in = _is_chinese if lang == "zh" else _is_english
    if is_in(text):
        return True
    if text.isascii() and all(map(_NOBODYS.fullmatch, filter(str.strip, text.split("\n")))):
        return True
    rest = _CODE_LINE.sub(" ", _ASIDE.sub(" ", text))
    if not _LETTERS.search(rest):  # nothing but code, or nothing but a quotation
        return bool(_CODE_LINE.search(text) or "`" in text or "$" in text) or _is_name(text)
    return (rest != text and is_in(rest)) or (lang == "zh" and _is_name(rest))


def names_language(text: str) -> bool:
    """Whether a text speaks of a language, of translation or of words.

    >>> names_language("Say it in French."), names_language("Say it again.")
    (True, False)
    """
    return bool(_ABOUT_LANGUAGES.search(text))


def about_languages(instruction: str) -> bool:
    """Whether an instruction may well be answered in another language than its own.

    >>> [about_languages(text) for text in ("Say it in French.", "造句：give up", "什么是猫？")]
    [True, True, False]
    """
    if names_language(instruction):
        return True
    quoted = re.search(r"[“\"'][A-Za-z][^”\"']*[”\"']|\b[a-z]{3,}\b", instruction)
    return bool(CHINESE.search(instruction) and quoted)


def asks_in(instruction: str, lang: str) -> bool:
    """Whether an instruction is in another language because it is about a text that it holds.

    >>> asks_in("Translate: Das ist eine Katze, die schläft.", "en")
    True
    >>> asks_in("How do you say “早上好” in English?", "zh"), asks_in("What is tea?", "zh")
    (True, False)
    >>> asks_in("What does this mean? 超次元の究極バトル、大会", "en"), asks_in("Это кот.", "en")
    (True, False)
    """
    if lang != "en":
        return bool(CHINESE.search(instruction)) and names_language(instruction)
    words = [word.lower() for word in _LATIN.findall(instruction)]
    if names_language(instruction) and len(words) > 1:
        return True
    return len(words) >= 4 and sum(word in _ENGLISH or word in _HINTS for word in words) >= 2


def _is_english(text: str) -> bool:
    if not text.isascii():
        latin = _count(_LATIN, text)
        # a Latin word has several letters: a term in Chinese doesn't make an English text Chinese
        wide = sum(_count(script, text) for script in (CHINESE, _KANA, _HANGUL))
        others = _count(_LETTERS, text) - latin - wide
        if wide * 4 + others >= latin:
            foreign = [word for word in _LETTERS.findall(text) if word > "\u0250"]
            return not wide and all(len(word) < 2 for word in foreign)
    words = text[:_LOOKED_AT].lower().replace("’", "'").split()
    if len(words) < 2:  # one word tells no language
        return True
    words = [word.strip(".,;:!?()\"'*") for word in words]
    listed = text.count(",") + text.count("\n") > 1 and text.rstrip()[-1:] not in ".!?"
    if listed and sum(word[:1].isupper() for word in text.split()) >= _NAMES * len(words):
        return True  # a list of names
    if sum(word in _ENGLISH for word in words) * _PROOF >= len(words):
        return True
    hints = _HINTS.intersection(words)
    if (
        len(hints) >= _FEW_HINTS
        and sum(word in hints for word in words) * _HINTS_SHARE >= len(words)
        and not any(hints <= elsewhere for elsewhere in _HINTS_ELSEWHERE)
    ):
        return True
    language, probability = _spoken(text[:_LOOKED_AT])
    sure = _SURE_DESPITE_HINTS if hints else _SURE
    return language == "en" or probability < sure


def _is_chinese(text: str) -> bool:
    letters = _count(_LETTERS, text)
    chinese = _count(CHINESE, text)
    if chinese == letters:
        return True
    kana, hangul, latin = (_count(script, text) for script in (_KANA, _HANGUL, _LATIN))
    others = letters - chinese - kana - hangul - latin
    if kana * 3 > chinese or hangul * 2 + others > chinese:
        return False
    if chinese >= latin:
        return True
    words = _LATIN.findall(text)  # terms and names, but no English sentence
    hints = (_ENGLISH | _HINTS).intersection(words)  # “He” is helium
    if chinese * 4 >= latin:
        return not hints or chinese >= len(words)
    return chinese * 2 >= max(len(words), 4) and not hints


def _count(script: re.Pattern, text: str) -> int:
    """Characters of a script; by runs, which is faster than one by one."""
    return sum(map(len, script.findall(text)))


def _is_name(text: str) -> bool:
    """Whether a text is five words at most, all capitalised: Jane Austen, GPT-4, DelishDish."""
    words = _LATIN.findall(text)
    return len(words) <= 5 and all(word[0].isupper() for word in words) and not _foreign(text)


def _foreign(text: str) -> bool:
    return _count(_LETTERS, text) > _count(_LATIN, text) + _count(CHINESE, text)


@lru_cache(maxsize=10_000)
def _spoken(text: str) -> tuple[str, float]:
    """What py3langid holds for the language, and how probable that is."""
    return _detector().classify(text)


@lru_cache(maxsize=1)
def _detector() -> Any:  # a second and 120 MB, so only where a text needs it
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    detector = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    detector.set_languages(_CANDIDATES)
    return detector
