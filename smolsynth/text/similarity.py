"""Texts that repeat one another: duplicates, overlap with an evaluation set, ROUGE-L.

English and other spaced scripts are compared by words, Chinese, Japanese and Korean by character.
"""

import random
import re
import weakref
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from tempfile import TemporaryFile
from typing import NamedTuple

import numpy as np

from smolsynth.text.tokens import has_tokens, tokens
from smolsynth.text.wording import plainly

_WORDS, _CHARACTERS = 3, 4  # tokens in a shingle, of spaced scripts and of CJK
# Of texts shorter than this the tokens themselves may be compared, in their order: a word changed
# in twenty spoils half of the runs of four.
_SHORT, _SAME_BUT_FOR_NUMBERS = 48, 0.9
# 21 bands of 6: of pairs with a Jaccard similarity of 0.8, 0.998 share a band; of 0.7, 0.93; of
# 0.5, 0.28.
_BANDS, _IN_BAND = 21, 6
_HASHES = _BANDS * _IN_BAND
_LATEST = 100  # kept texts of a bucket that a text is compared with: all would be quadratic
_MANY = 64  # texts that are compared exactly with one text
_CHUNK = 300_000  # shingles that are held in memory before they become digests
_FORMS = 1_000_000  # shingles or tokens of texts compared lately that are held, too
_SEED = 42


class Duplicate(NamedTuple):
    """A text that repeats an earlier one."""

    row: int
    of: int  # the earlier row
    similarity: (
        float  # 1.0: the same but for case, spaces and punctuation; else Jaccard's, or `edited`
    )


class Overlap(NamedTuple):
    """A text that shares a run of tokens with one of another set."""

    row: int
    of: int  # the row of the other set
    words: str  # what they share, in lower case
    share: float  # of the other text's tokens, those in runs that both have, 0 to 1


def shingles(text: str) -> frozenset[str]:
    """Runs of 3 words or 4 CJK characters, whichever the text has more of; a short text is one."""
    return shingles_of(tokens(text))


def shingles_of(parts: Sequence[str]) -> frozenset[str]:
    """`shingles` of a text's tokens."""
    wide = sum(map("\u3040".__le__, parts)) > len(parts) / 2
    size = _CHARACTERS if wide else _WORDS
    if len(parts) <= size:
        return frozenset({" ".join(parts)}) if parts else frozenset()
    return frozenset(map(" ".join, zip(*(parts[i:] for i in range(size)), strict=False)))


def edited(one: Sequence[str], two: Sequence[str]) -> float:
    """How much two short texts share, 0 to 1, where one may be an edited copy of the other.

    The tokens that both have in the same order over all tokens; nothing, if their numbers differ
    and more besides: that makes another task of a short one.

    Args:
        one, two: tokens.

    >>> edited("how is red glass made".split(), "how is blue glass made".split())
    0.6666666666666666
    """
    from rapidfuzz.distance import LCSseq

    same = LCSseq.similarity(one, two)
    share = same / (len(one) + len(two) - same)
    return share if share >= _SAME_BUT_FOR_NUMBERS or _numbers(one) == _numbers(two) else 0.0


def _numbers(parts: Sequence[str]) -> list[str]:
    return sorted(part for part in parts if part[0].isdigit())


def jaccard(one: frozenset[str], two: frozenset[str]) -> float:
    """Shared shingles over all shingles, 0 to 1."""
    either = len(one | two)
    return len(one & two) / either if either else 0.0


def duplicates(
    texts: Sequence[str], threshold: float = 0.8, edits: bool = False
) -> list[Duplicate]:
    """Finds the texts that repeat an earlier one, each with the text that it repeats.

    Exact ones (but for case, spaces and punctuation) by their tokens; near ones by MinHash (Broder
    1997; the library rensa), whose candidates are then compared exactly. Time grows linearly.

    Args:
        texts: in their order; texts without a word never count as duplicates.
        threshold: Jaccard similarity of the sets of shingles from which on two texts count as near
            duplicates, 0.7 at least: of pairs with 0.7, MinHash as it is set here finds 93 in 100.
        edits: compare short texts by `edited`, so that a changed word is found. For rows with their
            answers: questions alone may differ in the one word that matters.

    Returns:
        One `Duplicate` a repeating row, in order of the rows. `of` is never a repeating row itself,
        so dropping all of `row` leaves each text once.

    Raises:
        ValueError: a threshold out of reach.
    """
    search = DuplicateSearch(threshold, edits)
    for text in texts:
        search.add(tokens(text))
    return search.found(lambda row: tokens(texts[row]))


class DuplicateSearch:
    """`duplicates` for texts that come one by one, as tokens.

    Of a text 8 bytes of a hash are kept in memory, and a digest of 504 in a temporary file.
    """

    def __init__(self, threshold: float = 0.8, edits: bool = False) -> None:
        if not 0.7 <= threshold <= 1:
            raise ValueError(f"The threshold must lie between 0.7 and 1, not at {threshold}.")
        self.threshold = threshold
        self._edits = edits
        self._added = 0
        self._first_with: dict[int, int] = {}  # by the hash of its tokens
        self._copies: list[tuple[int, int]] = []  # row, the earlier one with the same tokens
        self._unique: list[int] = []
        self._digests = TemporaryFile()  # noqa: SIM115
        weakref.finalize(self, self._digests.close)
        self._waiting: list[frozenset[str]] = []
        self._room = _CHUNK

    def add(self, parts: Sequence[str]) -> None:
        """The tokens of the next text."""
        row, self._added = self._added, self._added + 1
        if not parts:
            return
        of = self._first_with.setdefault(hash(" ".join(parts)), row)
        if of != row:
            self._copies.append((row, of))
            return
        self._unique.append(row)
        self._waiting.append(_hashed(_form(parts, self._edits)))
        self._room -= len(self._waiting[-1])
        if self._room <= 0:
            self._digest()

    def found(self, tokens_of: Callable[[int], Sequence[str]]) -> list[Duplicate]:
        """As `duplicates` returns; `tokens_of` gives the tokens of a row once more."""
        self._digest()
        unique, digests = self._unique, np.empty((0, _HASHES), np.uint32)
        if unique:
            digests = np.memmap(self._digests, np.uint32, "r", shape=(len(unique), _HASHES))
        near: dict[int, Duplicate] = {}
        kept: dict[tuple[int, int], list[int]] = defaultdict(list)  # by bucket: what repeats none
        forms = _Forms(lambda place: _form(tokens_of(unique[place]), self._edits))
        for place, buckets in _shared_buckets(digests):
            row, own = unique[place], forms[place]
            others = list({other for bucket in buckets for other in kept[bucket][-_LATEST:]})
            if len(others) > _MANY:  # the digests estimate which ones are likeliest
                likely = (digests[others] == digests[place]).sum(axis=1)
                others = [others[i] for i in np.argsort(-likely, kind="stable")[:_MANY]]
            else:
                others.sort()
            for other in others:
                similarity = _likeness(own, forms[other])
                if similarity >= self.threshold:
                    near[row] = Duplicate(row, unique[other], round(similarity, 4))
                    break
            else:
                for bucket in buckets:
                    kept[bucket].append(place)
        exact = [
            near[of]._replace(row=row) if of in near else Duplicate(row, of, 1.0)
            for row, of in self._copies
        ]
        return sorted([*exact, *near.values()])

    def _digest(self) -> None:
        """Writes MinHash digests of the sets that wait, uint32, [rows, _HASHES]."""
        from rensa import RMinHash

        digests = RMinHash.digests_from_token_sets(self._waiting, num_perm=_HASHES, seed=_SEED)
        self._digests.write(np.asarray(digests, np.uint32).tobytes())
        self._digests.flush()
        self._waiting.clear()
        self._room = _CHUNK


class _Forms(dict[int, frozenset[str] | tuple[str, ...]]):
    """What of texts is compared, made when it is asked for, and held as long as there is room."""

    def __init__(self, make: Callable[[int], frozenset[str] | tuple[str, ...]]) -> None:
        super().__init__()
        self._make, self._room = make, _FORMS

    def __missing__(self, place: int) -> frozenset[str] | tuple[str, ...]:
        made = self[place] = self._make(place)
        self._room -= len(made)
        while self._room < 0 and len(self) > 1:  # the one that was made first goes
            self._room += len(self.pop(next(iter(self))))
        return made


def _form(parts: Sequence[str], edits: bool) -> frozenset[str] | tuple[str, ...]:
    """What of a text is compared: its tokens, said `plainly`, or its shingles."""
    return plainly(parts) if edits and len(parts) < _SHORT else shingles_of(parts)


def _hashed(form: frozenset[str] | tuple[str, ...]) -> frozenset[str]:
    """What MinHash sees: shingles, or of a short text its tokens and pairs of them."""
    if isinstance(form, frozenset):
        return form
    return frozenset([*form, *map(" ".join, zip(form, form[1:], strict=False))])


def _likeness(
    one: frozenset[str] | tuple[str, ...], two: frozenset[str] | tuple[str, ...]
) -> float:
    if isinstance(one, tuple) and isinstance(two, tuple):
        return edited(one, two)
    if isinstance(one, frozenset) and isinstance(two, frozenset):
        return jaccard(one, two)
    return 0.0  # a short text and a long one


def _shared_buckets(digests: np.ndarray) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """Places in order, each with its buckets (band, number) that hold others too."""
    shared: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for band in range(_BANDS):
        part = np.ascontiguousarray(digests[:, band * _IN_BAND : (band + 1) * _IN_BAND])
        keys = part.view(np.dtype((np.void, part.dtype.itemsize * _IN_BAND))).ravel()
        order = np.argsort(keys, kind="stable")
        ends = np.flatnonzero(keys[order[1:]] != keys[order[:-1]]) + 1
        starts = np.concatenate(([0], ends))
        sizes = np.diff(np.concatenate((starts, [len(order)])))
        for number in np.flatnonzero(sizes > 1).tolist():
            start = starts[number]
            for place in order[start : start + sizes[number]].tolist():
                shared[place].append((band, number))
    for place in sorted(shared):
        yield place, shared[place]


class NearDuplicates:
    """An index of texts that grows: finds the earlier one that a text repeats, or nearly.

    MinHash and LSH (the library rensa) name candidates, which are then compared exactly: as in
    `duplicates`, with or without `edits`.

    >>> index = NearDuplicates()
    >>> [index.add(text) for text in ("It rains today.", "it rains, today", "It is dry.")]
    [None, 0, None]
    """

    def __init__(self, threshold: float = 0.8, edits: bool = False) -> None:
        from rensa import RMinHashLSH

        self.threshold = threshold
        self._edits = edits
        self._lsh = RMinHashLSH(threshold, _HASHES, _BANDS)
        self._forms: dict[int, frozenset[str] | tuple[str, ...]] = {}
        self._added = 0

    def find(self, text: str) -> int | None:
        """The number of the first text that `text` repeats, counted from 0; `None` if it is new."""
        return self._first_like(_form(tokens(text), self._edits))

    def add(self, text: str) -> int | None:
        """As `find`; a new text is known from now on. Each text added counts one."""
        own, number = _form(tokens(text), self._edits), self._added
        self._added += 1
        of = self._first_like(own)
        if own and of is None:
            self._forms[number] = own
            self._lsh.insert(number, _minhash(_hashed(own)))
        return of

    def _first_like(self, own: frozenset[str] | tuple[str, ...]) -> int | None:
        found = self._lsh.query(_minhash(_hashed(own))) if own else []
        alike = (of for of in found if _likeness(own, self._forms[of]) >= self.threshold)
        return min(alike, default=None)


def _minhash(parts: frozenset[str]):
    from rensa import RMinHash

    minhash = RMinHash(_HASHES, _SEED)
    minhash.update(list(parts))
    return minhash


def overlaps(
    texts: Sequence[str], others: Iterable[str], n: int = 8, characters: int = 13
) -> list[Overlap]:
    """Finds texts that share a run of n tokens with another set: decontamination.

    A question of the evaluation set that stands in the training data tells nothing. One shorter
    than a run overlaps where the whole of it stands in a text: anywhere if it has five tokens
    (CJK: six), at the end of a clause if it has three, and otherwise as the whole text, since
    "What is a cat?" is not asked by "What is a cat flap?". A run that several questions have is a
    stock phrase, and none.

    Args:
        texts: to check.
        others: the texts that must not come up.
        n: tokens in a row. GPT-3's authors took 13 words, at least 8 (Brown et al. 2020); short
            questions call for 8.
        characters: in a row, of a question in Chinese, Japanese or Korean.

    Returns:
        One `Overlap` a text that has one, in order of the rows, with the first run that is shared.

    Raises:
        ValueError: n or characters below 1.

    >>> overlaps(["Please say: what is 2 + 2? Explain."], ["What is 2 + 2?"])
    [Overlap(row=0, of=0, words='what is 2 2', share=1.0)]
    """
    if min(n, characters) < 1:
        raise ValueError(f"A run has at least one token: n is {n}, characters is {characters}.")
    questions = [tokens(text) for text in others]
    known: dict[int, dict[str, int]] = {n: {}, characters: {}}  # runs by their length
    short: dict[int, dict[str, int]] = defaultdict(dict)  # whole texts by their length
    asked: set[str] = set()
    for row, parts in enumerate(questions):
        whole = " ".join(parts)
        if not parts or whole in asked:
            continue
        asked.add(whole)
        size = _size(parts, n, characters)
        if len(parts) <= size:
            short[len(parts)][whole] = row
            continue
        for run in dict.fromkeys(_runs(parts, size)):
            known[size][run] = _STOCK if run in known[size] else row
    found = []
    for row, text in enumerate(texts):
        parts = tokens(text)
        for size, runs in known.items():
            run = next((run for run in _runs(parts, size) if runs.get(run, _STOCK) != _STOCK), None)
            if run is not None:
                of = runs[run]
                found.append(Overlap(row, of, run, _covered(questions[of], parts, size)))
                break
        else:
            if run := next((run for run in _shorter_runs(text, parts, short)), None):
                found.append(Overlap(row, short[run.count(" ") + 1][run], run, 1.0))
    return found


_STOCK = -1  # in place of a question's number
_ANYWHERE, _ANYWHERE_CJK, _AT_END = 5, 6, 3  # tokens
_CLAUSES = re.compile(r"[.!?:;,\n。！？：；，\"”“]")


def _size(parts: Sequence[str], n: int, characters: int) -> int:
    return characters if sum(map("\u3040".__le__, parts)) > len(parts) / 2 else n


def _covered(question: Sequence[str], parts: Sequence[str], size: int) -> float:
    """The share of a question's tokens that stand in the runs which a text has of it."""
    runs, inside = set(_runs(parts, size)), set()
    for start, run in enumerate(_runs(question, size)):
        if run in runs:
            inside.update(range(start, start + size))
    return round(len(inside) / len(question), 4)


def _runs(parts: Sequence[str], n: int) -> Iterator[str]:
    for i in range(len(parts) - n + 1):
        yield " ".join(parts[i : i + n])


def _shorter_runs(
    text: str, parts: Sequence[str], short: Mapping[int, Mapping[str, int]]
) -> Iterator[str]:
    """The texts of `short` that a text holds."""
    if not short:
        return
    clauses = None
    for size, others in short.items():
        if " ".join(parts) in others:
            yield " ".join(parts)
        if size >= _ANYWHERE:
            least = _ANYWHERE_CJK
            for run in _runs(parts, size):
                if run in others and (size >= least or not run[0] >= "\u3040"):
                    yield run
        if size >= _AT_END:
            if clauses is None:
                clauses = [tokens(clause) for clause in _CLAUSES.split(text)]
            for clause in clauses:
                if (run := " ".join(clause[-size:])) in others:
                    yield run


# ---- ROUGE-L ----
class Alphabet:
    """Words as numbers, so that rapidfuzz compares words and not letters."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def encode(self, text: str) -> array:
        """The number of each token: rapidfuzz takes an array of them as fast as a text."""
        return array("L", [self._known.setdefault(word, len(self._known)) for word in tokens(text)])


def rouge_l(one: str, two: str) -> float:
    """ROUGE-L F1 of two texts, 0 to 1 (Lin 2004; words without stemming, CJK by character).

    Twice the longest common subsequence over both lengths, which is rapidfuzz's normalized
    similarity of insertions and deletions.

    >>> rouge_l("What is a cat?", "What is a dog?")
    0.75
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

    worded = [place for place, text in enumerate(texts) if has_tokens(text)]
    if len(worded) > sample:
        worded = random.Random(_SEED).sample(worded, sample)
    if len(worded) < 2:
        return None
    words = Alphabet()
    encoded = [words.encode(texts[place]) for place in worded]
    matrix = cdist(encoded, encoded, scorer=Indel.normalized_similarity, dtype=np.float32)
    np.fill_diagonal(matrix, 0)
    return float(matrix.max(axis=1).mean())
