"""What the checks of the exercises look up: copied documents, names of topics and concepts."""

import math
import re
from collections import Counter
from functools import lru_cache

from smolsynth.text.layout import clean, wrap
from smolsynth.text.parts import SENTENCE
from smolsynth.text.requests import is_request
from smolsynth.text.tokens import plain, tokens

COPIED = 0.8  # share of words; in one run right questions reach 0.6, none of 6,000 reached 0.7
COPIED_WORDS = {"en": 4, "zh": 8}  # shorter runs are names and set phrases
SHOWN_WIDTH = 60  # columns of a sample; a Chinese character takes two


class Library:
    """Documents to look up copied texts in.

    All runs of a text that hold COPIED of its words have the words in its middle: where these are
    not found, none of the runs can be, and one search is enough.
    """

    def __init__(self, documents: list[str], lang: str):
        self.least = COPIED_WORDS[lang]
        self.documents = list(dict.fromkeys(plain(document) for document in documents))
        self.shelf = " | ".join(["", *self.documents, ""])  # no run of words crosses a bar
        self.openings = [self.runs(document) for document in self.documents]

    def runs(self, plain: str) -> list[str]:
        """The middle, then all runs that hold COPIED of the words of a text; none if it is too
        short to tell."""
        words = plain.split()
        size = math.ceil(COPIED * len(words))
        if size < self.least:
            return []
        starts = range(len(words) - size + 1)
        return [f" {' '.join(words[starts[-1] : size])} "] + [
            f" {' '.join(words[i : i + size])} " for i in starts
        ]

    def holds(self, text: str) -> bool:
        """Whether most of the text stands in one document as one run of words, or the reverse."""
        page = f" {plain(text)} "
        if _stands_in(self.shelf, self.runs(plain(text))):
            return True
        # a whole document with a few words around it
        longest = len(page) / COPIED
        return any(
            len(document) <= longest and _stands_in(page, runs)
            for document, runs in zip(self.documents, self.openings, strict=True)
        )


def _stands_in(page: str, runs: list[str]) -> bool:
    return bool(runs) and runs[0] in page and any(run in page for run in runs[1:])


def retold(text: str, document: str, lang: str) -> bool:
    """Whether a text has nearly the words of one sentence of a document, in any order, and asks
    for nothing: a sentence with a word changed is no instruction.

    >>> retold("A cat is a tiny furry pet", "It purrs. A cat is a small furry pet.", "en")
    True
    >>> retold("Is a cat a small furry pet?", "It purrs. A cat is a small furry pet.", "en")
    False
    """
    words = Counter(tokens(text))
    if words.total() < COPIED_WORDS[lang]:
        return False
    for sentence in SENTENCE.findall(document):
        other = Counter(tokens(sentence))
        if (words & other).total() >= COPIED * max(words.total(), other.total()):
            return not is_request(text)
    return False


def mentions(text: str, name: str, lang: str) -> bool:
    if lang == "zh":
        return name.casefold() in text.casefold()
    return bool(_name_pattern(name).search(text))


@lru_cache(maxsize=1_000)
def _name_pattern(name: str) -> re.Pattern:
    return re.compile(rf"(?<!\w){re.escape(bare_name(name, 'en'))}(?:e?s)?(?!\w)", re.IGNORECASE)


def bare_name(name: str, lang: str) -> str:
    """A name in lower case, in English without its article."""
    name = name.strip().casefold()
    return name if lang == "zh" else re.sub(r"^(?:an?|the)\s+", "", name)


def clip(cell) -> str:
    """A short sample on one line, without control characters."""
    try:
        text = str(cell)
    except Exception:  # the learner's own class
        text = type(cell).__name__
    lines = wrap(" ".join(clean(text[:500]).split()), SHOWN_WIDTH) or [""]
    return lines[0] + "…" if len(lines) > 1 else lines[0]
