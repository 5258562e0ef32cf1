"""What kind of thing an instruction asks for: its root and its object, as Self-Instruct counts.

Wang et al. (2022, figure 3) parse the root verb of each instruction and its direct noun object. A
parser is a model to download; here a dictionary of word classes and the order of words do: the
first verb, or a question word that stands before it, and the first noun behind (in Chinese, where
the question word comes late, the last noun before it if none is behind).
"""

import random
from collections import Counter
from collections.abc import Iterator, Sequence

from smolsynth.rows import Each
from smolsynth.text.language import check_lang
from smolsynth.text.tokens import STOP_WORDS, lemmas, tokens

SAMPLE = 10_000  # instructions that are looked at where there are more
_SEED = 42
_QUESTION = {
    "en": frozenset("what why how which who whose whom when where".split()),
    "zh": frozenset("什么 为什么 怎么 怎样 如何 哪 哪些 哪里 哪个 谁 多少 几 为何 怎么样".split()),
}
# Verbs that ask for nothing by themselves, and words of courtesy.
_WEAK = {
    "en": frozenset(
        "please be is are was were am do does did can could would will shall should may might must"
        " have has had let like want need help me us i you".split()
    ),
    "zh": frozenset("请 请问 能 能否 可以 可否 是 有 说 让 帮 帮我 给 想 要 会 没有 来 使".split()),
}
_NO_ROOT = _QUESTION["en"] | _WEAK["en"] | STOP_WORDS


def kind(instruction: str, lang: str) -> tuple[str, str]:
    """Root and object of an instruction, as ("write", "poem") or ("why", "sky"); "" for none.

    English words are given in their base form. Of a question, the root is the question word.
    """
    words = _english(instruction) if check_lang(lang) == "en" else _chinese(instruction)
    before = ""
    for root, is_verb, is_noun in words:
        if root in _QUESTION[lang] or (is_verb and root not in _WEAK[lang]):
            return root, next((word for word, _, is_noun in words if is_noun), before)
        if is_noun and lang == "zh":
            before = root
    return "", ""


def kinds(instructions: Sequence[str], lang: str) -> Counter[tuple[str, str]]:
    """How often each kind occurs; of more than SAMPLE instructions, in so many, always the same."""
    if len(instructions) > SAMPLE:
        places = random.Random(_SEED).sample(range(len(instructions)), SAMPLE)
        instructions = Each(places, instructions.__getitem__)
    return Counter(kind(text, lang) for text in instructions)


def _english(text: str) -> Iterator[tuple[str, bool, bool]]:
    """Words in base form, each with whether it may be a verb, and a noun."""
    asked = False
    for word in tokens(text):
        forms = {} if word in _NO_ROOT else lemmas(word)
        verb, noun = forms.get("VERB"), forms.get("NOUN")
        base = (noun if noun and asked else verb or noun or (word,))[0]
        asked = asked or verb is not None or base in _QUESTION["en"]
        yield base, verb is not None, noun is not None and "ADJ" not in forms


def _chinese(text: str) -> Iterator[tuple[str, bool, bool]]:
    """As `_english`."""
    import rjieba

    # i and l: set phrases, which may be either; a verb behind 的 serves as a noun
    tagged = rjieba.tag(text)
    named = [False, *(word == "的" for word, _ in tagged)]
    for (word, tag), noun in zip(tagged, named, strict=False):
        yield word, tag[0] in "vil" and not noun, tag[0] in "nl" or noun and tag[0] != "x"
