"""Runs in chunks: interrupted anywhere, gone on with, no row lost, none twice."""

import json
import os
import signal
import subprocess
import sys

import pytest
from filelock import FileLock

import smolsynth  # noqa: F401  before distilabel

# isort: split
from distilabel.steps import GlobalStep, Step, StepInput
from distilabel.steps.tasks import TextGeneration

from smolsynth.errors import RunBusy, RunChanged, StepFailed
from smolsynth.llms import load_llm
from smolsynth.pipelines.pipeline import InProcessPipeline

ROWS = [{"number": i} for i in range(25)]
seen: list[int] = []  # numbers that the step was given
stop_at: set[int] = set()
kill_at: dict[int, int] = {}  # number: signal


class Double(Step):
    """Doubles, unless it is told to stop."""

    factor: int = 2

    @property
    def inputs(self):
        return ["number"]

    @property
    def outputs(self):
        return ["doubled"]

    def process(self, inputs: StepInput):  # type: ignore[override]
        for row in inputs:
            if row["number"] in kill_at:
                os.kill(os.getpid(), kill_at[row["number"]])
            if row["number"] in stop_at:
                raise ConnectionError("the endpoint is gone")
            seen.append(row["number"])
        yield [{**row, "doubled": self.factor * row["number"]} for row in inputs]


class Everything(GlobalStep):
    def process(self, inputs: StepInput):  # type: ignore[override]
        yield inputs


@pytest.fixture(autouse=True)
def fresh():
    seen.clear()
    stop_at.clear()


def run(folder, rows=ROWS, chunk_size=10, factor=2):
    with InProcessPipeline(name="any name") as pipeline:
        Double(name="double", factor=factor)
    made = pipeline.run(dataset=rows, folder=folder, chunk_size=chunk_size, progress=False)
    return made["default"]["train"].to_list()


DONE = [{"number": i, "doubled": 2 * i} for i in range(25)]


def test_all_rows_in_their_order_once(tmp_path):
    assert run(tmp_path / "run") == DONE and seen == list(range(25))
    assert sorted(p.name for p in (tmp_path / "run").glob("*.json*")) == [
        *("manifest.json", "part-00000.jsonl", "part-00001.jsonl", "part-00002.jsonl")
    ]
    assert run(tmp_path / "run") == DONE and len(seen) == 25  # nothing made again


def test_after_a_failure_the_same_call_goes_on(tmp_path):
    stop_at.add(17)
    with pytest.raises(StepFailed, match="the endpoint is gone"):
        run(tmp_path)
    seen.clear()
    stop_at.clear()
    assert run(tmp_path) == DONE and seen == list(range(10, 25))  # the chunk in flight again


def in_a_process(folder, setting):
    script = f"import sys; sys.path.insert(0, {os.path.dirname(__file__)!r})\n"
    # a shell's background job, as CI may be one, ignores SIGINT; Python would go along
    script += "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    script += f"import test_chunks as t\n{setting}\nt.run({str(folder)!r}, t.ROWS)"
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)


@pytest.mark.parametrize("name", ["SIGKILL", "SIGINT"])
def test_killed_or_stopped_by_hand(tmp_path, name):
    number = getattr(signal, name)
    done = in_a_process(tmp_path, f"t.kill_at[12] = {int(number)}")
    assert done.returncode == -number, done.stderr
    assert len(list(tmp_path.glob("part-*"))) == 1
    (tmp_path / ".part-00001.jsonl.0123abcd").write_text("half a li")  # killed while it wrote
    assert run(tmp_path) == DONE and seen == list(range(10, 25))
    assert not list(tmp_path.glob(".part*"))


def test_a_full_disk(tmp_path):
    """A limit on the size of files stands for the disk: the first chunk is smaller than it."""
    rows = [{"number": i, "text": "x" * (10 if i < 10 else 4000)} for i in range(25)]
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))"
    done = in_a_process(tmp_path, f"{limit}; t.ROWS[:] = {rows!r}")
    assert done.returncode == 1
    assert "part-00001.jsonl can't be written" in done.stderr and "Make room" in done.stderr
    assert len(list(tmp_path.glob("part-*"))) == 1 and not list(tmp_path.glob(".part*"))
    assert [row["doubled"] for row in run(tmp_path, rows)] == [2 * i for i in range(25)]
    assert seen == list(range(10, 25))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"factor": 3}, r"step.factor was 2 and is 3"),
        ({"rows": ROWS[:-1]}, r"input.rows was 25 and is 24"),
        ({"rows": [*ROWS[:-1], {"number": 99}]}, r"input.sha256 was"),
        ({"chunk_size": 5}, r"chunk_size was 10 and is 5"),
    ],
)
def test_another_run_in_the_folder_is_refused_and_kept(tmp_path, change, said):
    run(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(RunChanged, match=said):
        run(tmp_path, **change)
    assert before == {path.name: path.read_bytes() for path in tmp_path.iterdir()}


def test_the_error_names_step_and_option(tmp_path):
    with InProcessPipeline() as one:
        TextGeneration(name="answer", llm=load_llm(temperature=0))
    with InProcessPipeline() as two:
        TextGeneration(name="answer", llm=load_llm(temperature=1))
    rows = [{"instruction": "What is a cat?"}]
    one.run(dataset=rows, folder=tmp_path, progress=False)
    with pytest.raises(RunChanged, match=r"llm\.generation_kwargs\.temperature was 0 and is 1"):
        two.run(dataset=rows, folder=tmp_path, progress=False)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text.replace('"doubled": 24', '"doubled": 25'),
        lambda text: "",
        lambda text: "\n".join(text.split("\n")[1:]),
    ],
)
def test_a_damaged_part_is_made_again(tmp_path, damage):
    run(tmp_path)
    part = tmp_path / "part-00001.jsonl"
    whole = part.read_text()
    part.write_text(damage(whole))
    assert part.read_text() != whole
    seen.clear()
    assert run(tmp_path) == DONE and seen == list(range(10, 20)) and part.read_text() == whole


def test_a_damaged_manifest_is_said(tmp_path):
    run(tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(RunChanged, match="manifest.json is damaged"):
        run(tmp_path)


def test_a_second_run_in_the_folder_is_refused(tmp_path):
    with FileLock(tmp_path / "run.lock"), pytest.raises(RunBusy, match="Another run is at work"):
        run(tmp_path)
    assert run(tmp_path) == DONE


def test_what_can_t_go_in_chunks(tmp_path):
    with InProcessPipeline() as pipeline:
        Double(name="double") >> Everything(name="all")
    with pytest.raises(ValueError, match="Step 'all' needs all rows at once"):
        pipeline.run(dataset=ROWS, folder=tmp_path)
    with InProcessPipeline() as pipeline:
        Double(name="double")
    with pytest.raises(ValueError, match="pass the input as dataset"):
        pipeline.run(folder=tmp_path)
    with pytest.raises(ValueError, match="chunk_size must be 1 or more"):
        pipeline.run(dataset=ROWS, folder=tmp_path, chunk_size=0)


def test_sampled_text_is_the_same_after_an_interruption_and_differs_between_chunks(tmp_path):
    rows = [{"instruction": "Tell me something about a cat."}] * 8

    def sampled(folder):
        with InProcessPipeline() as pipeline:
            TextGeneration(name="answer", llm=load_llm(temperature=1.0, max_new_tokens=24))
        made = pipeline.run(dataset=rows, folder=folder, chunk_size=4, progress=False)
        return made["default"]["train"]["generation"][:]

    one = sampled(tmp_path / "one")
    two = sampled(tmp_path / "two")
    (tmp_path / "two" / "part-00001.jsonl").unlink()
    assert one == two == sampled(tmp_path / "two")
    assert one[:4] != one[4:]


def test_counts_of_none_are_those_of_all_chunks(tmp_path):
    class Gaps(Step):
        @property
        def inputs(self):
            return ["number"]

        @property
        def outputs(self):
            return ["maybe"]

        def process(self, inputs: StepInput):  # type: ignore[override]
            yield [{**row, "maybe": None if row["number"] % 5 == 0 else 1} for row in inputs]

    for _ in range(2):
        with InProcessPipeline() as pipeline:
            Gaps(name="gaps")
        pipeline.run(dataset=ROWS, folder=tmp_path, chunk_size=10, progress=False)
        assert pipeline.none_counts == {"gaps": {"maybe": 5}}


def test_parts_are_plain_lines(tmp_path):
    run(tmp_path)
    lines = (tmp_path / "part-00002.jsonl").read_text().splitlines()
    assert json.loads(lines[1]) == ["default", {"number": 20, "doubled": 40}]
