"""Measures of text for the checks: words, likeness, language, leaks. Chinese is taken by character.

Nothing here knows of exercises; every function takes texts and gives a figure or a yes or no.
"""

import math
import re
import unicodedata
from collections import Counter, defaultdict
from functools import lru_cache

from smolsynth.text.layout import clean, wrap
from smolsynth.text.signals import apologizes, leak_in, refusal_in

NEAR_DUPLICATE = 0.8  # Jaccard; one phrasing about two different things reaches 0.75 at the most
RIGHT_LANGUAGE = 0.5  # share of words in the language; Chinese about Self-Instruct holds English
COPIED = 0.8  # share of words in one run; right questions reach 0.6, none of 6,000 reached 0.7
COPIED_WORDS = 4  # shorter runs are names and set phrases
REFUSAL_WORDS = 80  # Evol-Instruct's own rule: "sorry" in a response shorter than this
SHOWN_WIDTH = 60  # columns of a sample; a Chinese character takes two

_CHINESE = "\u3400-\u9fff"
_WORD = re.compile(rf"[{_CHINESE}]|[^\W_{_CHINESE}]+(?:['’][^\W_{_CHINESE}]+)*")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
# of EvolQuality's prompts, of UltraFeedback's output, and of notes that a model adds
_RUBRIC = re.compile(
    r"#?\b(?:given|rewritten|created)[\s_]+(?:response|answer)\b|####? ?Output for Text"
    r"|^(?:Rating|Rationale|Score|Type) ?[:：]|改写后的?回答|给定的?回答",
    re.IGNORECASE | re.MULTILINE,
)
# Question words are apart: asking why instead of what is new, though it says nothing alone.
_QUESTION_WORDS = frozenset(
    "what who whom which when where why how 什 么 谁 哪 怎 何 为 几".split()
)
_STOP_WORDS = frozenset(
    "a an the and or but if of at by for with about to from in on as is are was were be been it "
    "its this that these those i you he she we they me my your his her our their do does did have "
    "has had can could will would shall should may so than too very just also please then there "
    "here 的 了 吗 呢 吧 啊 呀 是 在 和 与 及 或 也 都 就 而 且 但 这 那 它 他 她 我 你 您 们 "
    "个 请 有 会 能 一 把 被 对 从 到 着 过 得 地 之 以 其 于".split()
)


@lru_cache(maxsize=20_000)  # the rules read the same texts again and again
def words(text: str) -> tuple[str, ...]:
    """Words in lower case; each Chinese character is one."""
    return tuple(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def plain(text: str) -> str:
    """The text without capitals, punctuation and double spaces."""
    return " ".join(words(text))


def length(text: str, lang: str) -> int:
    """Words in English, characters (字) in Chinese, where a foreign word counts as one."""
    return len(text.split()) if lang == "en" else len(words(text))


def is_language(text: str, lang: str) -> bool:
    """Whether most words are in the language; numbers aside."""
    spoken = [w for w in words(text) if not w.isdigit()]
    chinese = sum(1 for w in spoken if "\u3400" <= w[0] <= "\u9fff")
    latin = sum(1 for w in spoken if _LATIN.match(w))
    right = chinese if lang == "zh" else latin
    if not spoken:
        return any(c.isdigit() for c in text)  # a bare number is fine in any language
    return right / len(spoken) >= RIGHT_LANGUAGE


@lru_cache(maxsize=20_000)
def grams(text: str) -> frozenset[str]:
    """Character 5-grams, about a word long; in Chinese, with words of two characters, 2-grams."""
    line, n = plain(text), 5
    if re.search(f"[{_CHINESE}]", line):
        line, n = line.replace(" ", ""), 2
    line = f" {line} "
    return frozenset(line[i : i + n] for i in range(max(1, len(line) - n + 1)))


def jaccard(one: frozenset, other: frozenset) -> float:
    return len(one & other) / len(one | other)


def similarity(one: str, other: str) -> float:
    return jaccard(grams(one), grams(other))


def near_duplicates(texts: list[str]) -> list[tuple[int, int]]:
    """(row, earlier row) of texts with Jaccard >= NEAR_DUPLICATE; each row once.

    Exact, yet without comparing all pairs: two sets this similar share one of their rarest grams
    (prefix filtering, Chaudhuri et al. 2006).
    """
    sets = [grams(text) for text in texts]
    frequency = Counter(gram for own in sets for gram in own)
    seen: dict[str, list[int]] = defaultdict(list)
    found = []
    for row, own in enumerate(sets):
        rare_first = sorted(own, key=lambda gram: (frequency[gram], gram))
        prefix = rare_first[: len(own) - math.ceil(NEAR_DUPLICATE * len(own)) + 1]
        earlier = sorted({i for gram in prefix for i in seen[gram]})
        match = next((i for i in earlier if jaccard(own, sets[i]) >= NEAR_DUPLICATE), None)
        if match is not None:
            found.append((row, match))
        for gram in prefix:
            seen[gram].append(row)
    return found


class Library:
    """Documents to look up copied texts in."""

    def __init__(self, documents: list[str]):
        self.documents = list(dict.fromkeys(plain(document) for document in documents))
        self.shelf = " | ".join(["", *self.documents, ""])  # no run of words crosses a bar
        self.openings = [runs(document) for document in self.documents]

    def holds(self, text: str) -> bool:
        """Whether most of the text stands in one document as one run of words, or the reverse."""
        page = f" {plain(text)} "
        if any(run in self.shelf for run in runs(plain(text))):
            return True
        # a whole document with a few words around it
        longest = len(page) / COPIED
        return any(
            run in page
            for document, runs in zip(self.documents, self.openings, strict=True)
            if len(document) <= longest
            for run in runs
        )


def runs(plain: str) -> list[str]:
    """All runs that hold COPIED of the words of a text, or none if it is too short to tell."""
    words = plain.split()
    size = math.ceil(COPIED * len(words))
    if size < COPIED_WORDS:
        return []
    return [f" {' '.join(words[i : i + size])} " for i in range(len(words) - size + 1)]


def leaks(text: str) -> bool:
    return leak_in(text, phrases=True) is not None


def leaks_rubric(text: str) -> bool:
    """Whether words of a prompt that judges, evolves or rewrites stand in a response."""
    return leaks(text) or bool(_RUBRIC.search(text))


def is_refusal(text: str) -> bool:
    sorry = apologizes(text) and len(words(text)) < REFUSAL_WORDS
    return sorry or refusal_in(text) is not None


def only_stop_words(text: str) -> bool:
    return not set(words(text)) - _STOP_WORDS - _QUESTION_WORDS


def gains(before: str, after: str) -> bool:
    """Whether `after` holds a word that says something and that `before` lacks."""
    return bool(set(words(after)) - _STOP_WORDS - set(words(before)))


def mentions(text: str, name: str, lang: str) -> bool:
    if lang == "zh":
        return name.casefold() in text.casefold()
    return bool(_name_pattern(name).search(text))


@lru_cache(maxsize=1_000)
def _name_pattern(name: str) -> re.Pattern:
    bare = re.sub(r"^(?:an?|the)\s+", "", name.strip(), flags=re.IGNORECASE)
    return re.compile(rf"(?<!\w){re.escape(bare)}(?:e?s)?(?!\w)", re.IGNORECASE)


def topic_words(topic: str, lang: str) -> list[str]:
    """The words of a topic's name that say something; in Chinese all pairs of characters."""
    if lang == "zh":
        parts = re.split(r"[的里与和及、，\s]+", topic)
        return [part[i : i + 2] for part in parts for i in range(len(part) - 1)]
    telling = [w for w in words(topic) if w not in _STOP_WORDS and len(w) > 2]
    return telling + [w[:-1] for w in telling if w.endswith("s") and len(w) > 4]


@lru_cache(maxsize=2)
def concepts(lang: str) -> dict[str, set[str]]:
    """What belongs to the course's own topics: "kitchen tools" -> "a kettle", "a wok", …"""
    from smolsynth import seeds

    found = defaultdict(set)
    for seed in seeds.documents(lang):
        found[seed["topic"]].add(seed["concept"])
    return dict(found)


def clip(cell) -> str:
    """A short sample on one line, without control characters."""
    try:
        text = str(cell)
    except Exception:  # the learner's own class
        text = type(cell).__name__
    lines = wrap(" ".join(clean(text[:500]).split()), SHOWN_WIDTH) or [""]
    return lines[0] + "…" if len(lines) > 1 else lines[0]
