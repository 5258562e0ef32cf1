"""Ours beside distilabel's own pipeline: the same rows, columns and types, in the same order.

What distilabel makes of each pipeline stands in conformance.json, because its processes take
seconds for each: `python tests/conformance_steps.py` prints it. A few are run anew.
"""

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import conformance_steps as steps
import pytest

from smolsynth.pipelines import InProcessPipeline

HERE = Path(__file__).parent
RECORDED = json.loads((HERE / "conformance.json").read_text("utf-8"))


def test_all_pipelines_are_recorded():
    assert list(RECORDED) == list(steps.CASES)


@pytest.mark.parametrize("name", steps.CASES)
def test_same_rows_as_distilabel(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        ours = json.loads(json.dumps(steps.outcome(InProcessPipeline, name)))
    assert ours == RECORDED[name]
    assert sum(len(rows) for _, _, rows in ours["leaves"].values()) >= 3


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="distilabel's own pipeline forks")
def test_distilabel_still_makes_what_is_recorded_and_so_do_we_after_it(tmp_path):
    # In a process of its own, since it forks, and with a short path for temporary files: the name
    # of a socket there is 107 characters at most, and pytest's folder alone comes close to that.
    names = ["routing_and_convergence", "tasks_of_the_course"]
    done = subprocess.run(
        [sys.executable, str(HERE / "conformance_steps.py"), *names],
        cwd=tmp_path,
        env={
            **os.environ,
            "HOME": str(tmp_path),
            "PYTHONPATH": f"{HERE.parent}{os.pathsep}{HERE}",
            "OMP_NUM_THREADS": "1",
        },
        capture_output=True,
        text=True,
        timeout=200,
    )
    lines = [line[5:] for line in done.stdout.splitlines() if line.startswith("CASE ")]
    wanted = [[name, RECORDED[name]] for name in names]
    assert [json.loads(line) for line in lines] == wanted, done.stderr[-3000:]
