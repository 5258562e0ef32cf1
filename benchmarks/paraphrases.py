"""How well embeddings tell questions that say the same in other words from their neighbours.

    python benchmarks/paraphrases.py [--models use …] [--thresholds 0.7 0.78 0.86]

On the labelled pairs of tests/paraphrases (1: the same is asked; 0: something near, with another
word, a number, or the other way round), as `smolsynth.text.meaning.same_meaning` finds them. A
model is named as for `check --semantic`. The last line is JSON.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from smolsynth.text.language import LANGS
from smolsynth.text.meaning import ALIKE, Embed, load_embedder, same_meaning
from tools.calibration import FOLDER, Score, score

PAIRS = FOLDER.parent / "paraphrases"
Pair = tuple[bool, str, str]


def pairs(lang: str) -> list[Pair]:
    """Whether the same is asked, and the two questions."""
    lines = (PAIRS / f"{lang}.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in lines.splitlines())
    return [(same == "1", one, two) for same, one, two in rows]


def found(labelled: Sequence[Pair], embed: Embed, threshold: float = ALIKE) -> Score:
    """Precision and recall, each pair by itself."""
    texts = list(dict.fromkeys(text for _, *both in labelled for text in both))
    vectors = dict(zip(texts, embed(texts), strict=True))

    def known(asked: list[str]) -> list:
        return [vectors[text] for text in asked]

    return score(
        ("bad" if same else "good", bool(same_meaning([one, two], known, threshold)))
        for same, one, two in labelled
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--models", nargs="+", default=["use"])
    parser.add_argument("--thresholds", nargs="+", type=float, default=[0.7, ALIKE, 0.86])
    args = parser.parse_args()
    result = {}
    for name in args.models:
        embed = load_embedder(name)
        for lang in LANGS:
            print(f"{name}, {lang}\n{'threshold':12}{'precision (95 %)':31}recall (95 %)")
            for threshold in args.thresholds:
                precision, recall = found(pairs(lang), embed, threshold)
                print(f"{threshold:<12}{precision!s:31}{recall!s}")
                shares = {"precision": precision.value, "recall": recall.value}
                result[f"{name}_{lang}_{threshold}"] = shares
    print(json.dumps(result))


if __name__ == "__main__":
    main()
