"""Kill -9 at random moments of a run of 120 rows: each resumes to the same 120 rows."""

import json
import multiprocessing
import os
import random
import signal
import sys
import time
from pathlib import Path

import pytest

import smolsynth  # before distilabel

# isort: split
from distilabel.models import LLM
from distilabel.steps.tasks import TextGeneration

from smolsynth.pipelines import InProcessPipeline

ROWS = [{"number": i, "instruction": f"Tell me {i} things about a cat."} for i in range(120)]
kill_at: list[int] = []  # rows at which the process ends itself

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="the runs to kill are forks"),
]


class Instant(LLM):
    """Takes 1 ms a row: what is tested is files, not a model. It draws, as a model does."""

    seed: int = 42

    @property
    def model_name(self) -> str:
        return "instant"

    def generate(self, inputs, num_generations: int = 1):
        texts = []
        for number, chat in enumerate(inputs):
            time.sleep(0.001)
            asked = chat[-1]["content"]
            if kill_at and int(asked.split()[2]) in kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            texts.append(f"{asked} {random.Random(f'{self.seed} {number} {asked}').random()}")
        statistics = {"input_tokens": [3], "output_tokens": [4]}
        return [{"generations": [text], "statistics": statistics} for text in texts]


def pipeline():
    with InProcessPipeline() as made:
        TextGeneration(name="answer", llm=Instant(), input_batch_size=5)
    return made


def run(folder):
    made = pipeline().run(dataset=ROWS, folder=folder, chunk_size=10, progress=False)
    return made["default"]["train"].to_list()


def run_and_die_at(folder, number):
    kill_at.append(number)
    run(folder)


@pytest.fixture(scope="module")
def forks():
    """Starts runs at once, each in a process of its own.

    They are forks of a server that has imported this module and done nothing else: a fork of
    the tests' own process would inherit the locks of threads that it doesn't have.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    with pytest.MonkeyPatch.context() as patch:
        # It finds modules by this alone; what it doesn't find, each fork would import for itself.
        paths = [str(Path(__file__).parent), str(Path(smolsynth.__file__).parent.parent)]
        patch.setenv("PYTHONPATH", os.pathsep.join(paths))
        process = context.Process(target=len, args=("",))  # starts the server
        process.start()
        process.join()
    return context


def is_killed(folder, parts, seconds, forks):
    """Starts the run in a process of its own; kills it so long after so many chunks are stored.

    False if it had ended before.
    """
    process = forks.Process(target=run, args=(folder,))
    process.start()
    while process.is_alive() and len(list(folder.glob("part-*"))) < parts:
        time.sleep(0.002)
    process.join(seconds)
    process.kill()
    process.join()
    return process.exitcode == -signal.SIGKILL


@pytest.mark.parametrize(
    "wanted_kills",
    [8, pytest.param(25, marks=pytest.mark.nightly)],  # the same, more often
)
def test_kills_at_random_moments(wanted_kills, forks, tmp_path):
    wanted = run(tmp_path / "whole")
    assert [row["number"] for row in wanted] == list(range(120))
    draw, kills, stored = random.Random(0), 0, set()
    for number in range(3 * wanted_kills):
        folder = tmp_path / f"run-{number}"
        if not is_killed(folder, (5 * number) % 12, draw.uniform(0, 0.06), forks):
            continue  # it was quicker this time
        kills += 1
        kept = {path: path.stat().st_mtime_ns for path in folder.glob("part-*")}
        stored.add(len(kept))
        assert run(folder) == wanted  # none lost, none twice, in their order, the same text
        # what was finished was not made again
        assert kept == {path: path.stat().st_mtime_ns for path in kept}
        if kills == wanted_kills:
            break
    assert kills == wanted_kills
    assert len(stored) > 5  # at many different moments


def test_what_a_killed_chunk_has_spent_is_not_forgotten(forks, tmp_path):
    for number in (15, 17):  # in the second chunk, whose first batch is answered by then
        process = forks.Process(target=run_and_die_at, args=(tmp_path, number))
        process.start()
        process.join()
        assert process.exitcode == -signal.SIGKILL
    assert len(list(tmp_path.glob("part-*"))) == 1
    limited = pipeline()
    with pytest.warns(UserWarning, match="Stopped with 10 rows"):
        limited.run(
            dataset=ROWS, folder=tmp_path, chunk_size=10, progress=False, max_tokens_total=20 * 7
        )
    assert limited.usage["answer", "instant"].requests == 10 + 5 + 5  # what was paid for
    whole = pipeline()
    whole.run(dataset=ROWS, folder=tmp_path, chunk_size=10, progress=False)
    assert whole.usage["answer", "instant"].requests == 120 + 5 + 5
    assert not (tmp_path / "in-flight.jsonl").exists()
    lost = [json.loads(line) for line in (tmp_path / "unfinished.jsonl").read_text().splitlines()]
    assert sum(row["output_tokens"] for row in lost) == 10 * 4
