"""What running a pipeline costs apart from the model: in this process, and as distilabel runs it.

    python benchmarks/overhead.py [--rounds 3] [--rows 10000 100000] [--quick]

Three steps, whose LLM answers at once. 20 rows: in this process against distilabel's `Pipeline`,
which starts a process per step. Then many rows in process, without and with a folder for finished
chunks: seconds, rows per second, peak memory. Each run is a process of its own, whose imports
don't count; the cases take turns; the last line is JSON.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from memory import peak_megabytes

FEW = 20


def measured(case: str, rows: int) -> dict:
    """Seconds and MB of one run in this process."""
    import smolsynth  # noqa: F401  before distilabel

    # isort: split
    from distilabel.pipeline import Pipeline
    from distilabel.steps.tasks import TextGeneration
    from instant import InstantLLM

    from smolsynth.pipelines.pipeline import InProcessPipeline

    data = [{"instruction": f"Question {i}?"} for i in range(rows)]
    kind = Pipeline if case == "distilabel" else InProcessPipeline
    with tempfile.TemporaryDirectory() as folder:
        options = {"folder": folder} if case == "folder" else {}
        with kind(name=f"overhead-{time.time_ns()}") as pipeline:
            first, second, third = (
                TextGeneration(
                    name=name,
                    llm=InstantLLM(),
                    input_mappings={"instruction": before},
                    output_mappings={"generation": name, "model_name": f"model-{name}"},
                )
                for before, name in (("instruction", "one"), ("one", "two"), ("two", "three"))
            )
            first >> second >> third
        begun = time.perf_counter()
        made = pipeline.run(dataset=data, use_cache=False, **options)
        seconds = time.perf_counter() - begun
        assert len(made["default"]["train"]) == rows
    return {"seconds": seconds, "mb": peak_megabytes()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, nargs=2, default=[10_000, 100_000])
    parser.add_argument("--quick", action="store_true", help="one round, a tenth of the rows")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)  # case, rows
    args = parser.parse_args()
    if args.one:
        print(json.dumps(measured(args.one[0], int(args.one[1]))))
        return
    if args.quick:
        args.rounds, args.rows = 1, [rows // 10 for rows in args.rows]
    few, many = args.rows
    cases = [("distilabel", FEW), ("in process", FEW)]
    cases += [(case, rows) for case in ("in process", "folder") for rows in args.rows]
    found: dict = {case: [] for case in cases}
    with tempfile.TemporaryDirectory() as cache:
        paths = [str(Path(__file__).parent), os.environ.get("PYTHONPATH")]
        env = {
            **os.environ,
            "DISTILABEL_CACHE_DIR": cache,
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        }
        for _ in range(args.rounds):
            for case, rows in cases:
                command = [sys.executable, __file__, "--one", case, str(rows)]
                done = subprocess.run(command, check=True, capture_output=True, text=True, env=env)
                found[case, rows].append(json.loads(done.stdout.splitlines()[-1]))
    seconds = {
        key: statistics.median(run["seconds"] for run in runs) for key, runs in found.items()
    }
    print(f"{'case':12}{'rows':>9}{'seconds':>9}{'rows/s':>9}{'MB':>7}")
    for (case, rows), runs in found.items():
        took, peak = seconds[case, rows], max(run["mb"] for run in runs)
        print(f"{case:12}{rows:9,}{took:9.2f}{rows / took:9,.0f}{peak:7.0f}")
    result = {
        "times_quicker_at_20_rows": seconds["distilabel", FEW] / seconds["in process", FEW],
        "growth": seconds["in process", many] / seconds["in process", few],
        "growth_with_folder": seconds["folder", many] / seconds["folder", few],
        "rows_per_second": many / seconds["in process", many],
        "mb": max(run["mb"] for run in found["in process", many]),
        "mb_with_folder": max(run["mb"] for run in found["folder", many]),
    }
    print(f"In process is {result['times_quicker_at_20_rows']:.1f} x quicker at {FEW} rows.")
    print(
        f"From {few:,} to {many:,} rows: {result['growth']:.1f} x the time,"
        f" with a folder {result['growth_with_folder']:.1f} x."
    )
    print(json.dumps({name: round(value, 2) for name, value in result.items()}))


if __name__ == "__main__":
    main()
