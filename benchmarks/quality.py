"""How long `smolsynth.quality.measure` takes, and how much memory, for 10,000 and 100,000 rows.

    python benchmarks/quality.py [--rows 10000 100000] [--rounds 3]

Rows are put together from sentences of the bundled seed documents, one in twenty a near copy of an
earlier one. Each size runs in a process of its own, the sizes by turns; the last line is JSON.
"""

import argparse
import json
import random
import statistics
import subprocess
import sys
import time

from memory import peak_megabytes

KINDS = ("instruction", "preference")
NEAR_COPIES = 0.05


def made_up(rows: int, kind: str, lang: str) -> list[dict]:
    """Rows of three to six sentences each, with a number, so that none repeats by chance."""
    from smolsynth import seeds

    draw = random.Random(0)
    stop = "。" if lang == "zh" else "."
    sentences = [
        part.strip() + stop
        for document in seeds.documents(lang)
        for part in document["document"].split(stop)
        if part.strip()
    ]
    made: list[dict] = []
    for i in range(rows):
        if made and draw.random() < NEAR_COPIES:
            row = dict(draw.choice(made))
            row["instruction"] += "!"
        else:
            row = {"instruction": f"{draw.choice(sentences)} {i}?"}
            for column in ("response",) if kind == "instruction" else ("chosen", "rejected"):
                row[column] = " ".join(draw.choices(sentences, k=draw.randint(2, 5)))
        made.append(row)
    return made


def measured(rows: int, kind: str, lang: str) -> dict:
    """Seconds and MB of one measurement, in this process; the rows themselves count in the MB."""
    from smolsynth.quality.report import measure

    data = made_up(rows, kind, lang)
    held_out = [row["instruction"] for row in made_up(1_000, kind, lang)[::2]]
    measure(data[:100], lang, evaluation=held_out)  # imports
    begun = time.perf_counter()
    report = measure(data, lang, evaluation=held_out)
    seconds = time.perf_counter() - begun
    counts = {finding.rule: len(finding.rows) for finding in report.findings if finding.rows}
    return {"seconds": seconds, "megabytes": peak_megabytes(), "found": counts}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, nargs=2, default=[10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)  # rows, kind, language
    args = parser.parse_args()
    if args.one:
        rows, kind, lang = args.one
        print(json.dumps(measured(int(rows), kind, lang)))
        return
    cases = [(kind, lang) for kind in KINDS for lang in ("en", "zh")]
    found: dict = {(case, rows): [] for case in cases for rows in args.rows}
    for _ in range(args.rounds):
        for case, rows in found:
            command = [sys.executable, __file__, "--one", str(rows), *case]
            line = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            found[case, rows].append(json.loads(line.splitlines()[-1]))
    result = {}
    print(f"{'data':16}{'rows':>9}{'seconds':>9}{'MB':>7}{'growth':>8}")
    for case in cases:
        name, seconds = "_".join(case), []
        for rows in args.rows:
            runs = found[case, rows]
            seconds.append(statistics.median(run["seconds"] for run in runs))
            peak = max(run["megabytes"] for run in runs)
            growth = f"{seconds[-1] / seconds[0]:.1f} x" if len(seconds) > 1 else ""
            print(f"{name:16}{rows:9,}{seconds[-1]:9.1f}{peak:7.0f}{growth:>8}")
            result[f"{name}_{rows}"] = {"seconds": round(seconds[-1], 2), "mb": round(peak)}
        result[f"{name}_growth"] = round(seconds[1] / seconds[0], 2)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
