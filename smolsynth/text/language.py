"""Which language a text is in: "en" or "zh"."""

import re

LANGS = ("en", "zh")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
_LETTER = re.compile(r"[^\W\d_]")


def check_lang(lang: str) -> str:
    """The language as given. Raises ValueError where it is neither "en" nor "zh"."""
    if lang not in LANGS:
        raise ValueError(f'lang must be "en" or "zh", not {lang!r}.')
    return lang


def in_language(text: str, lang: str) -> bool:
    """Whether most letters of a text are of the language's script; a text without any is."""
    letters = len(_LETTER.findall(text))
    chinese = len(CHINESE.findall(text))
    if not letters:
        return True
    # a Latin word has several letters: terms in Latin letters don't make a Chinese text English
    return chinese * 4 >= letters - chinese if lang == "zh" else chinese * 4 < letters
