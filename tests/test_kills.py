"""Kill -9 at 25 random moments of a run of 500 rows: each goes on to the same 500 rows."""

import multiprocessing
import random
import signal
import sys
import time

import pytest

import smolsynth  # noqa: F401  before distilabel

# isort: split
from distilabel.steps.tasks import TextGeneration

from smolsynth.llms import load_llm
from smolsynth.pipelines.pipeline import InProcessPipeline

KILLS = 25
ROWS = [{"number": i, "instruction": f"Tell me {i} things about a cat."} for i in range(500)]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="the runs to kill are forks"),
]


def run(folder):
    with InProcessPipeline() as pipeline:
        llm = load_llm(temperature=0.7, max_new_tokens=8)
        TextGeneration(name="answer", llm=llm, input_batch_size=20)
    made = pipeline.run(dataset=ROWS, folder=folder, chunk_size=20, progress=False)
    return made["default"]["train"].to_list()


@pytest.fixture(scope="module")
def forks():
    """Starts runs at once, each in a process of its own.

    They are forks of a server that has imported this module and done nothing else: a fork of
    the tests' own process would inherit the locks of threads that it doesn't have.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=len, args=("",))  # starts the server
    process.start()
    process.join()
    return context


def killed_after(seconds, folder, forks):
    """Starts the run in a process of its own and kills it. False if it had ended before."""
    process = forks.Process(target=run, args=(folder,))
    process.start()
    process.join(seconds)
    process.kill()
    process.join()
    return process.exitcode == -signal.SIGKILL


def test_25_kills(forks, tmp_path):
    begun = time.perf_counter()
    whole = forks.Process(target=run, args=(tmp_path / "whole",))
    whole.start()
    whole.join()
    whole = time.perf_counter() - begun
    wanted = run(tmp_path / "whole")
    assert [row["number"] for row in wanted] == list(range(500))
    draw, kills, parts = random.Random(0), 0, []
    for number in range(3 * KILLS):
        folder = tmp_path / f"run-{number}"
        if not killed_after(draw.uniform(0.02, whole), folder, forks):
            continue  # it was quicker this time
        kills += 1
        parts.append(len(list(folder.glob("part-*"))))
        kept = {path: path.stat().st_mtime_ns for path in folder.glob("part-*")}
        assert run(folder) == wanted  # none lost, none twice, in their order, the same text
        # what was finished was not made again
        assert kept == {path: path.stat().st_mtime_ns for path in kept}
        if kills == KILLS:
            break
    assert kills == KILLS
    assert len(set(parts)) > 5  # at many different moments
