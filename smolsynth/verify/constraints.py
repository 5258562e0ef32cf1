"""Constraints on the form of an answer, as IFEval has them (Zhou et al. 2023, arXiv 2311.07911).

They come as data: {"kind": "words", "at_most": 50}. Chinese is counted in characters.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from smolsynth.errors import Said
from smolsynth.llms.thinking import split_thoughts
from smolsynth.text.language import CHINESE, check_lang, in_language
from smolsynth.verify.forms import json_in
from smolsynth.verify.strings import said
from smolsynth.verify.verdict import Verdict, verdict

_SENTENCE = re.compile(r"[.!?](?=[\s\"'”’)]|$)|[。！？!?…]+")
_ABBREVIATION = re.compile(
    r"\b(?:Mr|Mrs|Ms|Dr|Prof|St|vs|etc|e\.g|i\.e|No|Fig|approx)\.|\b[A-Z]\.(?=\s?[A-Z])|\d\.\d|^\s*\d+\.",
    re.MULTILINE,
)
_BULLET = re.compile(r"^\s*(?:[-*+•·●]|\d{1,2}[.)、](?!\d)|[（(]\d{1,2}[)）])\s*\S", re.MULTILINE)
_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
_SMALL = frozenset(
    "a an and as at but by for from in into nor of on or over per the to vs with".split()
)
_COUNTED = {"words", "characters", "sentences", "paragraphs", "bullets", "lines"}


def count(text: str, kind: str) -> int:
    """How many words, characters, sentences, paragraphs, bullets or lines a text has.

    Words: of Chinese each character. Characters: without white space and, in Chinese texts, without
    punctuation, as Chinese essays are counted.

    >>> count("It's a well-known fact. Isn't it?", "words"), count("猫会睡 16 小时。", "words")
    (6, 6)
    >>> count("Mr. Smith paid $3.50. Why?", "sentences"), count("好。不好！", "sentences")
    (2, 2)
    """
    if kind == "words":
        chinese = sum(map(len, CHINESE.findall(text)))
        return chinese + len(_WORD.findall(CHINESE.sub(" ", text)))
    if kind == "characters":
        if CHINESE.search(text):
            return len(re.sub(r"[\W_]", "", text))
        return len("".join(text.split()))
    if kind == "sentences":
        plain = _ABBREVIATION.sub("x", text)
        parts = [part for part in _SENTENCE.split(plain) if re.search(r"\w", part)]
        return len(parts)
    if kind == "paragraphs":
        return len([part for part in re.split(r"\n\s*\n", text) if part.strip()])
    if kind == "bullets":
        return len(_BULLET.findall(text))
    return len([line for line in text.split("\n") if line.strip()])


def holds_word(text: str, word: str) -> int:
    """How often a word stands in a text, in any case; Chinese anywhere, English as a whole word.

    >>> holds_word("Cats and a cat; category", "cat"), holds_word("小猫和大猫", "猫")
    (1, 2)
    """
    left, right = (
        r"(?<![^\W_])" if not CHINESE.match(sign) else "" for sign in (word[0], word[-1])
    )
    right = right.replace("?<!", "?!")
    return len(re.findall(left + re.escape(word) + right, text, re.IGNORECASE))


def _range(one: Mapping[str, Any], found: int) -> bool:
    exactly = one.get("exactly")
    return (
        (exactly is None or found == exactly)
        and found >= one.get("at_least", 0)
        and found <= one.get("at_most", found)
    )


def _limits(one: Mapping[str, Any]) -> Said:
    for name in ("exactly", "at_least", "at_most"):
        if name in one and len({*one} & {"exactly", "at_least", "at_most"}) == 1:
            return said(name, n=one[name])
    return said("between", low=one.get("at_least"), high=one.get("at_most"))


def _counted(text: str, one: Mapping[str, Any]) -> Said | None:
    found = count(text, one["kind"])
    if _range(one, found):
        return None
    return said("count", what=said(f"of {one['kind']}"), found=found, wanted=_limits(one))


def _words_of(one: Mapping[str, Any]) -> list[str]:
    words = one["words"]
    return [words] if isinstance(words, str) else list(words)


def _use(text: str, one: Mapping[str, Any]) -> Said | None:
    needed = one.get("at_least", 1)
    missing = [word for word in _words_of(one) if holds_word(text, word) < needed]
    return said("missing words", words=", ".join(missing)) if missing else None


def _avoid(text: str, one: Mapping[str, Any]) -> Said | None:
    used = [word for word in _words_of(one) if holds_word(text, word)]
    return said("forbidden words", words=", ".join(used)) if used else None


def _starts(text: str, one: Mapping[str, Any]) -> Said | None:
    return None if text.startswith(one["text"]) else said("start", text=one["text"])


def _ends(text: str, one: Mapping[str, Any]) -> Said | None:
    return None if text.endswith(one["text"]) else said("end", text=one["text"])


def _json(text: str, one: Mapping[str, Any]) -> Said | None:
    try:
        json_in(text, only=True)
    except ValueError:
        return said("only json")
    return None


def _case(text: str, one: Mapping[str, Any]) -> Said | None:
    """Title case: small words may be small, unless they are the first."""
    letters = [sign for sign in text if sign.upper() != sign.lower()]
    wanted = one["case"]
    if wanted == "upper":
        right = bool(letters) and text == text.upper()
    elif wanted == "lower":
        right = bool(letters) and text == text.lower()
    else:
        words = [word for word in _WORD.findall(text) if word[0].isalpha()]
        small = [n for n, word in enumerate(words) if not word[0].isupper()]
        right = bool(words) and all(n and words[n] in _SMALL for n in small)
    return None if right else said(f"case {wanted}")


def _language(text: str, one: Mapping[str, Any]) -> Said | None:
    lang = check_lang(one["lang"])
    letters = re.search(r"[^\W\d_]", text)
    return None if letters and in_language(text, lang) else said(f"language {lang}")


def _no(signs: str, key: str) -> Callable[[str, Mapping[str, Any]], Said | None]:
    return lambda text, one: said(key) if re.search(signs, text) else None


# kind -> the check, and the keys that it needs (any one of those joined by |)
KINDS: dict[str, tuple[Callable[[str, Mapping[str, Any]], Said | None], str]] = {
    **dict.fromkeys(sorted(_COUNTED), (_counted, "exactly|at_least|at_most")),
    "use": (_use, "words"),
    "avoid": (_avoid, "words"),
    "starts with": (_starts, "text"),
    "ends with": (_ends, "text"),
    "json": (_json, ""),
    "case": (_case, "case"),
    "language": (_language, "lang"),
    "no commas": (_no("[,，、]", "no commas"), ""),
}


def verify_constraints(text: str, constraints: Iterable[Mapping[str, Any]]) -> Verdict:
    """Whether an answer keeps to constraints on its form.

    | kind | with | holds if |
    |---|---|---|
    | words, characters, sentences, paragraphs, bullets, lines | exactly, at_least, at_most | \
so many, see `count` |
    | use | words, at_least (1) | each word stands there, so often |
    | avoid | words | none does |
    | starts with, ends with | text | it does, white space aside |
    | json | | all of it is JSON, in a block or not |
    | case | case: "title", "upper" or "lower" | it is written so |
    | language | lang: "en" or "zh" | it is in that language |
    | no commas | | there are none, English or Chinese |

    Args:
        text: the answer; thoughts are none.
        constraints: each {"kind": …} with the keys of the table.

    Returns:
        The outcome is "right", "wrong", "no answer" or "unfinished"; `score` is the share that
        holds; the reason names those that don't.

    Raises:
        ValueError: an unknown kind, a key that is missing, or no constraints.

    >>> asked = [{"kind": "words", "at_most": 5}, {"kind": "avoid", "words": ["dog"]}]
    >>> verify_constraints("Cats sleep a lot.", asked).right
    True
    >>> found = verify_constraints("A dog sleeps less than a cat.", asked)
    >>> found.score, print(found.reason)
    7 words, asked for were at most 5; words to avoid stand there: dog.
    (0.0, None)
    >>> verify_constraints("猫爱睡觉。", [{"kind": "characters", "exactly": 4}]).right
    True
    """
    asked = list(constraints)
    if not asked:
        raise ValueError('There are no constraints: {"kind": "words", "at_most": 50} is one.')
    for one in asked:
        kind = one.get("kind")
        if kind not in KINDS:
            raise ValueError(f"There is no constraint {kind!r}; there are {', '.join(KINDS)}.")
        keys = KINDS[kind][1]
        if keys and not {*keys.split("|")} & {*one}:
            raise ValueError(f"The constraint {kind!r} lacks {keys.replace('|', ' or ')}.")
    answer = split_thoughts(text)[1]
    if answer is None or not answer.strip():
        return verdict("unfinished" if text.strip() else "no answer")
    answer = answer.strip()
    faults = [fault for one in asked if (fault := KINDS[one["kind"]][0](answer, one))]
    if not faults:
        return verdict("right", "constraints hold", answer, total=len(asked))
    reason = Said("; ".join(faults), "；".join(fault.words("zh") for fault in faults))
    return verdict("wrong", "constraints", answer, 1 - len(faults) / len(asked), reason=reason)
