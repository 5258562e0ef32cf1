"""How well the rules of quality tell good rows from bad ones: precision and recall.

    python benchmarks/rules.py [--lang en zh] [--rules cut_off …] [--wrong] [--labels FILE]

On the labelled rows of tests/calibration (tools/calibration.py has the format), through the same
`measure` that the gate uses; all of them, and the third that nobody looked at who mended a rule.
`--wrong` shows the rows that are judged wrongly, but for those held out. `--labels` takes labels of
other files, one JSON object a line with file, row (its number), rule and label. The last line is
JSON.
"""

import argparse
import json
import sys
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from smolsynth.quality.rules import RULES
from tools import calibration


def of_labels(path: Path, lang: str) -> dict[str, calibration.Score]:
    """Scores by rule, on labels that point to rows of files, each read and measured whole."""
    from smolsynth.datasets.read import read_rows
    from smolsynth.quality.report import measure

    labels = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    found: dict[str, dict[str, set[int]]] = {}
    for name in {one["file"] for one in labels}:
        rows = [
            {"messages": [*row["prompt"], *row["completion"]]} if "completion" in row else row
            for row in read_rows(name).rows
        ]
        report = measure(rows, lang)
        found[name] = {finding.rule: set(finding.rows) for finding in report.findings}
    by_rule = defaultdict(list)
    for one in labels:
        flagged = one["row"] in found[one["file"]].get(one["rule"], ())
        by_rule[one["rule"]].append((one["label"], flagged))
    return {rule: calibration.score(judged) for rule, judged in sorted(by_rule.items())}


def show(name: str, score: calibration.Score) -> None:
    mark = "" if score.holds else "  short"
    print(f"{name:26}{score.precision!s:31}{score.recall!s:31}{mark}".rstrip())


def show_wrong(lang: str, rule: str) -> None:
    for number, (one, flagged) in enumerate(calibration.judged(lang, rule)):
        if flagged != (one["label"] == "bad") and not calibration.held_out(number):
            row = json.dumps(one["row"], ensure_ascii=False)[:300]
            print(f"    line {number + 1}, {one['label']} ({one['from']}, {one['why']}): {row}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--lang", nargs="+", choices=calibration.LANGS, default=calibration.LANGS)
    parser.add_argument("--rules", nargs="+", choices=RULES, default=list(RULES))
    parser.add_argument("--wrong", action="store_true", help="show what is judged wrongly")
    parser.add_argument("--labels", type=Path, help="labels of rows of other files")
    args = parser.parse_args()
    result = {}
    for lang in args.lang:
        print(f"{lang:26}{'precision (95 %)':31}{'recall (95 %)':31}")
        if args.labels:
            scores = of_labels(args.labels, lang)
        else:
            scores = {rule: calibration.figures(lang, rule) for rule in args.rules}
        for rule, score in scores.items():
            show(rule, score)
            if not args.labels:
                show("  held out", calibration.figures(lang, rule, held_out_only=True))
            if args.wrong and not args.labels:
                show_wrong(lang, rule)
            result[f"{rule}_{lang}"] = {
                name: {"value": share.hits / share.of if share.of else None, "n": share.of}
                for name, share in score._asdict().items()
            }
        print()
    print(json.dumps(result))


if __name__ == "__main__":
    main()
