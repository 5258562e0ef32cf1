"""What a text is, in English or Chinese: its tokens, its language, whether it leaks or refuses."""

import re
import unicodedata

LANGS = ("en", "zh")
_CJK = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_TOKEN = re.compile(rf"[{_CJK}]|[^\W_{_CJK}]+")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
_LETTER = re.compile(r"[^\W\d_]")
# Words of the prompts that distilabel's evolving and judging tasks send.
_LEAKS = tuple(
    "given prompt|rewritten prompt|created prompt|given response|rewritten response|#given"
    "|#rewritten|### output|<text 1>|给定的提示|改写后的提示|改写后的回答".split("|")
)
_REFUSALS = tuple(
    "i'm sorry|i am sorry|sorry, |as an ai|i cannot|i can't|i do not know|i have not learned"
    "|抱歉|对不起|作为一个人工智能|作为ai|无法回答|不了解|了解不多|没有学过".split("|")
)
# Words that say nothing by themselves: a reply made of nothing else is empty.
STOP_WORDS = frozenset(
    "a about all an and any are as at be but by can do for from has have i if in is it its me my no"
    " not of on or our so that the their them there these they this to was we were what when which"
    " who will with you your"
    " 的 了 是 在 和 也 就 都 而 及 与 着 或 一 个 我 你 他 她 它 这 那 有 不 吗 呢 吧 啊".split()
)
_START = 60  # characters: a refusal comes first


def check_lang(lang: str) -> str:
    """The language as given. Raises ValueError where it is neither "en" nor "zh"."""
    if lang not in LANGS:
        raise ValueError(f'lang must be "en" or "zh", not {lang!r}.')
    return lang


def tokens(text: str) -> list[str]:
    """Words in lower case, without punctuation; Chinese, Japanese and Korean by character."""
    return _TOKEN.findall(unicodedata.normalize("NFKC", text).casefold())


def in_language(text: str, lang: str) -> bool:
    """Whether most letters of a text are of the language's script; a text without any is."""
    letters = len(_LETTER.findall(text))
    chinese = len(CHINESE.findall(text))
    if not letters:
        return True
    # a Latin word has several letters: terms in Latin letters don't make a Chinese text English
    return chinese * 4 >= letters - chinese if lang == "zh" else chinese * 4 < letters


def leak_in(text: str) -> str | None:
    """The words of a rewriting or judging prompt that a text holds, or `None`."""
    lower = text.casefold()
    return next((leak for leak in _LEAKS if leak in lower), None)


def refusal_in(text: str) -> str | None:
    """The words with which a response begins to refuse, to apologize or to beg off, or `None`."""
    start = text.casefold().lstrip()[:_START]
    return next((word.strip() for word in _REFUSALS if word in start), None)
