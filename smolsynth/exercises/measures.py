"""What the checks of the exercises look up: copied documents, names of topics and concepts."""

import math
import re
from collections import defaultdict
from functools import lru_cache

from smolsynth.text.layout import clean, wrap
from smolsynth.text.tokens import STOP_WORDS, plain, tokens

COPIED = 0.8  # share of words in one run; right questions reach 0.6, none of 6,000 reached 0.7
COPIED_WORDS = 4  # shorter runs are names and set phrases
SHOWN_WIDTH = 60  # columns of a sample; a Chinese character takes two


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
    telling = [w for w in tokens(topic) if w not in STOP_WORDS and len(w) > 2]
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
