"""Texts that repeat one another: duplicates, overlap with an evaluation set, ROUGE-L.

English and other spaced scripts are compared by words, Chinese, Japanese and Korean by character.
"""

import itertools
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from smolsynth.text.tokens import tokens

_WORDS, _CHARACTERS = 3, 4  # tokens in a shingle, of spaced scripts and of CJK
# 21 bands of 6: of pairs with a Jaccard similarity of 0.8, 0.998 share a band; of 0.7, 0.93; of
# 0.5, 0.28.
_BANDS, _IN_BAND = 21, 6
_CHUNK = 5_000  # texts whose shingles are held in memory together
_SEED = 42


class Duplicate(NamedTuple):
    """A text that repeats an earlier one."""

    row: int
    of: int  # the earlier row
    similarity: float  # 1.0: the same but for case, spaces and punctuation; else Jaccard's


class Overlap(NamedTuple):
    """A text that shares a run of tokens with one of another set."""

    row: int
    of: int  # the row of the other set
    words: str  # what they share, in lower case


def shingles(text: str) -> frozenset[str]:
    """Runs of 3 words or 4 CJK characters, whichever the text has more of; a short text is one."""
    parts = tokens(text)
    wide = sum(part >= "\u3040" for part in parts) > len(parts) / 2
    size = _CHARACTERS if wide else _WORDS
    if len(parts) <= size:
        return frozenset({" ".join(parts)}) if parts else frozenset()
    return frozenset(" ".join(parts[i : i + size]) for i in range(len(parts) - size + 1))


def jaccard(one: frozenset[str], two: frozenset[str]) -> float:
    """Shared shingles over all shingles, 0 to 1."""
    either = len(one | two)
    return len(one & two) / either if either else 0.0


def duplicates(texts: Sequence[str], threshold: float = 0.8) -> list[Duplicate]:
    """Finds the texts that repeat an earlier one, each with the text that it repeats.

    Exact ones (but for case, spaces and punctuation) by their tokens; near ones by MinHash (Broder
    1997; the library rensa), whose candidates are then compared exactly. Time grows linearly.

    Args:
        texts: in their order; texts without a word never count as duplicates.
        threshold: Jaccard similarity of the sets of shingles from which on two texts count as near
            duplicates, 0.7 at least: of pairs with 0.7, MinHash as it is set here finds 93 in 100.

    Returns:
        One `Duplicate` a repeating row, in order of the rows. `of` is never a repeating row itself,
        so dropping all of `row` leaves each text once.

    Raises:
        ValueError: a threshold out of reach.
    """
    if not 0.7 <= threshold <= 1:
        raise ValueError(f"The threshold must lie between 0.7 and 1, not at {threshold}.")
    first_with: dict[str, int] = {}
    copies: list[tuple[int, int]] = []  # row, the earlier one with the same tokens
    unique: list[int] = []
    for row, text in enumerate(texts):
        key = " ".join(tokens(text))
        if not key:
            continue
        of = first_with.setdefault(key, row)
        if of == row:
            unique.append(row)
        else:
            copies.append((row, of))
    near: dict[int, Duplicate] = {}
    for row, others in _candidates(texts, unique):
        own = shingles(texts[row])
        for of in dict.fromkeys(near[other].of if other in near else other for other in others):
            similarity = jaccard(own, shingles(texts[of]))
            if similarity >= threshold:
                near[row] = Duplicate(row, of, round(similarity, 4))
                break
    exact = [
        near[of]._replace(row=row) if of in near else Duplicate(row, of, 1.0) for row, of in copies
    ]
    return sorted([*exact, *near.values()])


def _candidates(texts: Sequence[str], rows: list[int]) -> Iterator[tuple[int, list[int]]]:
    """Rows in order, each with earlier ones that MinHash holds for similar, the likeliest first."""
    shared: dict[int, Counter[int]] = defaultdict(Counter)
    digests = _digests(texts, rows)
    for band in range(_BANDS):
        part = np.ascontiguousarray(digests[:, band * _IN_BAND : (band + 1) * _IN_BAND])
        keys = part.view(np.dtype((np.void, part.dtype.itemsize * _IN_BAND))).ravel()
        order = np.argsort(keys, kind="stable")
        ends = np.flatnonzero(keys[order[1:]] != keys[order[:-1]]) + 1
        for bucket in np.split(order, ends):
            # each with the first and with the one before it: all pairs would be quadratic
            for before, place in itertools.pairwise(bucket if len(bucket) > 1 else ()):
                shared[rows[place]].update({rows[bucket[0]], rows[before]})
    for row in sorted(shared):
        yield row, [other for other, _ in shared[row].most_common()]


def _digests(texts: Sequence[str], rows: list[int]) -> np.ndarray:
    """MinHash digests, uint32, [rows, bands times hashes in a band]."""
    from rensa import RMinHash

    digests = np.empty((len(rows), _BANDS * _IN_BAND), np.uint32)
    for start in range(0, len(rows), _CHUNK):
        sets = [shingles(texts[row]) for row in rows[start : start + _CHUNK]]
        digests[start : start + _CHUNK] = RMinHash.digests_from_token_sets(
            sets, num_perm=_BANDS * _IN_BAND, seed=_SEED
        )
    return digests


class NearDuplicates:
    """An index of texts that grows: finds the earlier one that a text repeats, or nearly.

    MinHash and LSH (the library rensa) name candidates, which are then compared exactly.

    >>> index = NearDuplicates()
    >>> [index.add(text) for text in ("It rains today.", "it rains, today", "It is dry.")]
    [None, 0, None]
    """

    def __init__(self, threshold: float = 0.8) -> None:
        from rensa import RMinHashLSH

        self.threshold = threshold
        self._lsh = RMinHashLSH(threshold, _BANDS * _IN_BAND, _BANDS)
        self._shingles: dict[int, frozenset[str]] = {}
        self._added = 0

    def find(self, text: str) -> int | None:
        """The number of the first text that `text` repeats, counted from 0; `None` if it is new."""
        return self._first_like(shingles(text))

    def add(self, text: str) -> int | None:
        """As `find`; a new text is known from now on. Each text added counts one."""
        own, number = shingles(text), self._added
        self._added += 1
        of = self._first_like(own)
        if own and of is None:
            self._shingles[number] = own
            self._lsh.insert(number, _minhash(own))
        return of

    def _first_like(self, own: frozenset[str]) -> int | None:
        found = self._lsh.query(_minhash(own)) if own else []
        alike = (of for of in found if jaccard(own, self._shingles[of]) >= self.threshold)
        return min(alike, default=None)


def _minhash(parts: frozenset[str]):
    from rensa import RMinHash

    minhash = RMinHash(_BANDS * _IN_BAND, _SEED)
    minhash.update(list(parts))
    return minhash


def overlaps(texts: Sequence[str], others: Iterable[str], n: int = 8) -> list[Overlap]:
    """Finds texts that share a run of n tokens with another set, such as an evaluation set.

    What decontamination is: a question that stands in the training data tells nothing. A text
    shorter than n tokens overlaps if the whole of it stands in the other set as a text.

    Args:
        texts: to check.
        others: the texts that must not come up.
        n: tokens in a row. GPT-3's authors took 13 words, at least 8 (Brown et al. 2020); short
            questions call for 8, and Chinese counts by character.

    Returns:
        One `Overlap` a text that has one, in order of the rows, with the first run that is shared.

    Raises:
        ValueError: n below 1.
    """
    if n < 1:
        raise ValueError(f"A run has at least one token: n is {n}.")
    known: dict[str, int] = {}
    for row, text in enumerate(others):
        for run in _runs(text, n):
            known.setdefault(run, row)
    found = []
    for row, text in enumerate(texts):
        run = next((run for run in _runs(text, n) if run in known), None)
        if run is not None:
            found.append(Overlap(row, known[run], run))
    return found


def _runs(text: str, n: int) -> Iterator[str]:
    parts = tokens(text)
    if parts:
        yield from (" ".join(parts[i : i + n]) for i in range(max(1, len(parts) - n + 1)))


# ---- ROUGE-L ----
class Alphabet:
    """Words as single characters, so that rapidfuzz compares words and not letters."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def encode(self, text: str) -> str:
        # numbers from 0x10000 on: no character there is special to anybody
        return "".join(
            self._known.setdefault(word, chr(0x10000 + len(self._known))) for word in tokens(text)
        )


def rouge_l(one: str, two: str) -> float:
    """ROUGE-L F1 of two texts, 0 to 1 (Lin 2004; words without stemming, CJK by character).

    Twice the longest common subsequence over both lengths, which is rapidfuzz's normalized
    similarity of insertions and deletions.
    """
    from rapidfuzz.distance import Indel

    words = Alphabet()
    a, b = words.encode(one), words.encode(two)
    return Indel.normalized_similarity(a, b) if a and b else 0.0


def nearest_similarity(texts: Sequence[str], sample: int = 1_000) -> float | None:
    """How alike texts are: the mean ROUGE-L of a text with the one that is most like it, 0 to 1.

    Compare sets of the same size only: the more texts, the nearer the nearest.

    Args:
        texts: of any number.
        sample: so many are drawn, always the same, where there are more: all pairs are compared.

    Returns:
        The mean, or `None` for fewer than two texts with words.
    """
    from rapidfuzz.distance import Indel
    from rapidfuzz.process import cdist

    words = Alphabet()
    encoded = [code for text in texts if (code := words.encode(text))]
    if len(encoded) > sample:
        encoded = random.Random(_SEED).sample(encoded, sample)
    if len(encoded) < 2:
        return None
    matrix = cdist(encoded, encoded, scorer=Indel.normalized_similarity, dtype=np.float32)
    np.fill_diagonal(matrix, 0)
    return float(matrix.max(axis=1).mean())
