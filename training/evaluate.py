"""Measures the bundled models on what they never saw, through distilabel's own tasks.

    python -m training.evaluate [--models tutor] [--cases 200] [--free 500] [--exact] [--card]

prints a table a model and, as the last line, one JSON object: figures by model and language, each a
share of cases between 0 and 1 (rank correlations: -1 to 1), and tokens per second. What each figure
means stands in `training.measure.FIGURES`. Measured is the int8 model that ships; `--exact` puts
the same figures of its unrounded bf16 weights beside them. `--card` writes the models' cards;
`--samples` prints free samples of each technique instead, with what is wrong with them.
"""

import argparse
import json
import tempfile
from pathlib import Path

from training.card import ONE_CORE, exact_copy, tokens_per_second, write_card
from training.measure import FIGURES, Measure
from training.world import LANGS


def measure(model: str, cases: int, free: int | None) -> dict[str, dict]:
    """All figures of one model by language, with the judge's by fault under `by_fault`."""
    figures = {}
    for lang in LANGS:
        part = Measure(model, lang, cases, free=free)
        figures[lang] = {**part.all(), "by_fault": part.by_fault()}
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--models", nargs="+", default=["tutor", "novice"], metavar="NAME")
    parser.add_argument("--cases", type=int, default=200, help="cases a figure, at least")
    parser.add_argument("--free", type=int, help="free samples a technique, default: 2 x cases")
    parser.add_argument("--samples", action="store_true", help="print free samples, to read")
    parser.add_argument("--exact", action="store_true", help="the bf16 weights' figures too")
    parser.add_argument("--card", action="store_true", help="write the cards (implies --exact)")
    args = parser.parse_args()
    if args.card and not ONE_CORE:
        parser.error("--card tells the speed on one core, which this system can't measure.")
    if args.samples:
        for model in args.models:
            for lang in LANGS:
                for line in Measure(model, lang, args.cases, free=args.free).samples():
                    print(line)
        return
    result: dict[str, dict] = {}
    for model in args.models:
        figures = measure(model, args.cases, args.free)
        exact = None
        if args.exact or args.card:
            with tempfile.TemporaryDirectory() as folder:
                exact = measure(exact_copy(model, Path(folder)), args.cases, args.free)
        parts = [figures] + ([exact] if exact else [])
        heads = [f"{lang} {kind}" for lang in LANGS for kind in ("int8", "bf16")[: len(parts)]]
        print(f"{model:20}" + "".join(f"{head:>9}" for head in heads))
        for name, meaning in FIGURES.items():
            values = "".join(f"{part[lang][name]:9.3f}" for lang in LANGS for part in parts)
            print(f"{name:20}{values}  {meaning}")
        speed = tokens_per_second(model)
        print(", ".join(f"{name} {value:,} tokens/s" for name, value in speed.items()))
        if args.card:
            print(f"card written: {write_card(model, args.cases, figures, exact, speed)}")
        result[model] = {**figures, "tokens_per_second": speed}
        if exact:
            result[model]["bf16"] = exact
    print(json.dumps({"cases": args.cases, **result}))


if __name__ == "__main__":
    main()
