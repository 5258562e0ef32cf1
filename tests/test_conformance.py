"""Ours beside distilabel's own pipeline: the same rows, columns and types, in the same order."""

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
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    """What distilabel makes of all pipelines, in one process of its own: it forks."""
    home = tmp_path_factory.mktemp("home")
    environment = {
        **os.environ,
        "HOME": str(home),
        "PYTHONPATH": f"{HERE.parent}{os.pathsep}{HERE}",
    }
    done = subprocess.run(
        [sys.executable, str(HERE / "conformance_steps.py")],
        cwd=home,
        env={**environment, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=500,
    )
    lines = [line[5:] for line in done.stdout.splitlines() if line.startswith("CASE ")]
    made = dict(map(json.loads, lines))
    assert list(made) == list(steps.CASES), done.stderr[-3000:]
    return made


@pytest.mark.skipif(sys.platform == "win32", reason="distilabel's own pipeline forks")
@pytest.mark.parametrize("name", steps.CASES)
def test_same_rows_as_distilabel(name, theirs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        ours = json.loads(json.dumps(steps.outcome(InProcessPipeline, name)))
    assert ours == theirs[name]
    assert sum(len(rows) for _, _, rows in ours["leaves"].values()) >= 3
