"""Runs in chunks: interrupted anywhere, gone on with, no row lost, none twice."""

import datetime
import json
import os
import random
import signal
import subprocess
import sys
from typing import ClassVar

import numpy as np
import pytest
from filelock import FileLock
from pydantic import PrivateAttr

import smolsynth  # noqa: F401  before distilabel

# isort: split
from distilabel.models import LLM
from distilabel.steps import GlobalStep, Step, StepInput
from distilabel.steps.tasks import TextGeneration

from smolsynth.errors import RunBusy, RunChanged, StepFailed
from smolsynth.llms import load_llm
from smolsynth.llms.endpoints import EndpointLLM
from smolsynth.pipelines.pipeline import InProcessPipeline
from smolsynth.pipelines.signature import signature

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


# SIGKILL by night: by day test_kills does it at eight moments.
@pytest.mark.parametrize("name", ["SIGINT", pytest.param("SIGKILL", marks=pytest.mark.nightly)])
def test_killed_or_stopped_by_hand(tmp_path, name):
    number = getattr(signal, name)
    done = in_a_process(tmp_path, f"t.kill_at[12] = {int(number)}")
    assert done.returncode == -number, done.stderr
    assert len(list(tmp_path.glob("part-*"))) == 1
    (tmp_path / ".part-00001.jsonl.0123abcd.part").write_text("half a li")  # killed while it wrote
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


def test_how_fast_a_server_is_asked_is_no_other_run():
    def made(model="m", **pace):
        with InProcessPipeline() as pipeline:
            llm = EndpointLLM(model=model, base_url="http://localhost:1/v1", api_key="k", **pace)
            TextGeneration(name="answer", llm=llm)
        return signature(pipeline, 42)

    assert made() == made(max_concurrency=2, timeout=5, max_retries=1) != made("another")


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


def test_steps_that_keep_state_are_refused(tmp_path):
    """Each would begin anew with each chunk, and let repeats through."""
    from distilabel.steps import MinHashDedup, step

    from smolsynth.selection import NovelInstructions

    class Seen(Step):
        _seen: set = PrivateAttr(default_factory=set)

        def process(self, inputs: StepInput):  # type: ignore[override]
            seen = self._seen
            for row in inputs:
                seen.add(row["number"])
            yield inputs

    class Counted(Step):
        made: int = 0

        def process(self, inputs: StepInput):  # type: ignore[override]
            self._count(inputs)
            yield inputs

        def _count(self, rows):
            self.made += len(rows)

    class Cached(Seen):
        keeps_state: ClassVar[bool] = False

    class Said(Double):
        keeps_state: ClassVar[bool] = True

    @step(inputs=["number"], outputs=["number"])
    def plain(inputs: StepInput):
        yield inputs

    for kind in (MinHashDedup, NovelInstructions, Seen, Counted, Said):
        with InProcessPipeline() as pipeline:
            kind(name="odd")
        for call in (
            lambda p=pipeline: p.run(dataset=ROWS, folder=tmp_path, progress=False),
            lambda p=pipeline: next(p.stream(ROWS)),
        ):
            with pytest.raises(ValueError, match="Step 'odd' (keeps state|needs all rows)"):
                call()
    for kind in (Cached, plain, Double):
        with InProcessPipeline() as pipeline:
            kind(name="fine")
        assert sum(len(part["default"]) for part in pipeline.stream(ROWS, chunk_size=10)) == 25


def test_every_step_of_selection_gives_the_same_rows_with_a_folder_or_is_refused(tmp_path):
    from smolsynth import selection

    kinds = [
        kind
        for kind in vars(selection).values()
        if isinstance(kind, type)
        and issubclass(kind, Step)
        and kind.__module__ == "smolsynth.selection"
    ]
    assert len(kinds) >= 4
    data = [
        {
            "instruction": f"What is a {what}?",
            "evolved_instruction": f"What is a {what}, and why?",
            "response": "A thing. " * (1 + i),
            "answer": "A thing. " * (1 + i),
            "generation": "A thing.",
            "others": ["A thing."],
            "embedding": [float(i), 1.0],
            "score": i,
        }
        for i, what in enumerate(["cat", "cat", "dog", "cat"])
    ]
    for kind in kinds:
        given = {"budget": 2, "llm": load_llm(max_new_tokens=8)}
        options = {name: value for name, value in given.items() if name in kind.model_fields}
        with InProcessPipeline() as pipeline:
            made = kind(name="step", **options)
        if made.is_global:
            with pytest.raises(ValueError, match="needs all rows"):
                pipeline.run(dataset=data, folder=tmp_path, chunk_size=1)
            continue
        whole = pipeline.run(dataset=data, progress=False)["default"]["train"].to_list()
        parts = pipeline.stream(data, chunk_size=1)
        assert whole == [row for part in parts for row in part["default"]], kind


class Artist(Step):
    """Saves a picture of each batch."""

    def process(self, inputs: StepInput):  # type: ignore[override]
        text = str([row["number"] for row in inputs])
        self.save_artifact("picture", lambda folder: (folder / "a.txt").write_text(text))
        yield inputs


def test_artifacts_are_kept_in_the_folder(tmp_path):
    with InProcessPipeline() as pipeline:
        Artist(name="artist")
    run_ = {"dataset": ROWS, "folder": tmp_path / "run", "chunk_size": 10, "progress": False}
    pipeline.run(**run_)
    (tmp_path / "run" / "part-00001.jsonl").unlink()
    made = pipeline.run(**run_)
    texts = [path.read_text() for path in sorted(made.artifacts_path.rglob("a.txt"))]
    assert texts == [str(list(range(i, min(25, i + 10)))) for i in (0, 10, 20)]
    made.save_to_disk(tmp_path / "saved")
    assert len(list((tmp_path / "saved").rglob("a.txt"))) == 3
    with pytest.raises(StepFailed, match=r"\(artist\) save artifacts, which would be lost"):
        list(pipeline.stream(ROWS))
    assert len(list(pipeline.stream(ROWS, folder=tmp_path / "streamed"))) == 1


def test_other_code_or_weights_are_another_run(tmp_path, monkeypatch):
    def process(self, inputs: StepInput):
        yield [{**row, "doubled": 0} for row in inputs]

    run(tmp_path)
    monkeypatch.setattr(Double, "process", process)
    with pytest.raises(RunChanged, match=r"code\.double was"):
        run(tmp_path)


def test_a_model_folder_trained_anew_is_another_run(tmp_path):
    class Local(LLM):
        model: str

        @property
        def model_name(self):
            return self.model

        def generate(self, inputs, num_generations=1):
            return [{"generations": ["a"], "statistics": {}} for _ in inputs]

    weights = tmp_path / "model" / "model.safetensors"
    weights.parent.mkdir()
    weights.write_bytes(bytes(100_000))

    def answers():
        with InProcessPipeline() as pipeline:
            TextGeneration(name="answer", llm=Local(model=str(weights.parent)))
        pipeline.run(dataset=[{"instruction": "a"}], folder=tmp_path / "run", progress=False)

    answers()
    answers()
    weights.write_bytes(bytes(60_000) + b"\1" * 40_000)  # the same size
    with pytest.raises(RunChanged, match=r"weights\.answer: .*model was"):
        answers()


def test_the_pipeline_s_seed_is_of_the_run(tmp_path):
    class Draw(Step):
        @property
        def outputs(self):
            return ["drawn"]

        def process(self, inputs: StepInput):  # type: ignore[override]
            drawn = [[np.random.randint(10**6), random.randrange(10**6)] for _ in inputs]
            yield [{**row, "drawn": x} for row, x in zip(inputs, drawn, strict=True)]

    def drawn(folder, **options):
        with InProcessPipeline(**options) as pipeline:
            Draw(name="draw")
        made = pipeline.run(dataset=ROWS, folder=folder, chunk_size=10, progress=False)
        return made["default"]["train"]["drawn"][:]

    np.random.seed(0)
    one = drawn(tmp_path / "1", seed=1)
    np.random.seed(1)
    assert one == drawn(tmp_path / "again", seed=1) != drawn(tmp_path / "2", seed=2)
    assert len({tuple(pair) for pair in one}) == 25  # other seeds in other chunks
    assert drawn(tmp_path / "none") == drawn(tmp_path / "42", seed=42)
    np.random.seed(4)  # from where the last test has left them, they might draw the same
    random.seed(4)
    assert drawn(None, seed=1)[:10] == one[:10] != drawn(None)[:10]
    np.random.seed(3)
    random.seed(3)
    plain = drawn(None)
    np.random.seed(3)
    random.seed(3)
    assert plain == drawn(None)  # without a seed, from where the generators stand
    with pytest.raises(RunChanged, match="seed was 1 and is 2"):
        drawn(tmp_path / "1", seed=2)


def test_an_option_that_is_nan_is_the_same_the_next_time(tmp_path):
    class Filled(Double):
        value: float = float("nan")

    for _ in range(2):
        with InProcessPipeline() as pipeline:
            Filled(name="filled")
        pipeline.run(dataset=ROWS, folder=tmp_path, progress=False)


def test_what_json_can_t_hold_is_named(tmp_path):
    with pytest.raises(ValueError, match="Row 1 of the input holds datetime in column 'day'"):
        run(tmp_path, [{"number": 0}, {"number": 1, "day": datetime.datetime(2026, 1, 1)}])

    class Bytes(Double):
        def process(self, inputs: StepInput):  # type: ignore[override]
            yield [{**row, "doubled": b"x"} for row in inputs]

    with InProcessPipeline() as pipeline:
        Bytes(name="bytes")
    with pytest.raises(StepFailed, match="made bytes in column 'doubled'"):
        pipeline.run(dataset=ROWS, folder=tmp_path, progress=False)


def test_no_rows_in_no_rows_out(tmp_path):
    for options in ({}, {"folder": tmp_path}):
        with InProcessPipeline() as pipeline:
            Double(name="double")
        assert len(pipeline.run(dataset=[], progress=False, **options)["default"]["train"]) == 0


def test_each_part_is_parsed_once(tmp_path, monkeypatch):
    import smolsynth.pipelines.chunks as chunks

    parsed, loads = [], json.loads

    def counted(text):
        parsed.append(text)
        return loads(text)

    monkeypatch.setattr(chunks.json, "loads", counted)
    for _ in range(2):
        parsed.clear()
        assert run(tmp_path) == DONE
        assert sum('"number": 7,' in text for text in parsed) == 1


def test_types_that_widen_in_a_later_chunk(tmp_path):
    data = [{"number": i, "x": None if i < 10 else i if i < 20 else i + 0.5} for i in range(25)]
    for _ in range(2):
        assert run(tmp_path, data) == [{**row, "doubled": 2 * row["number"]} for row in data]
    with pytest.raises(StepFailed, match="later chunks that don't fit"):
        run(
            tmp_path / "mixed", [{"number": i, "x": "a" if i < 10 else {"b": 1}} for i in range(25)]
        )


def test_a_dataset_keeps_its_file_while_another_run_writes(tmp_path):
    with InProcessPipeline() as pipeline:
        Double(name="double")
    call = {"dataset": ROWS, "folder": tmp_path, "chunk_size": 10, "progress": False}
    first = pipeline.run(**call)["default"]["train"]
    [path] = tmp_path.glob("*.arrow")
    written = path.stat().st_mtime_ns
    again = pipeline.run(**call)["default"]["train"]
    assert [path] == list(tmp_path.glob("*.arrow")) and path.stat().st_mtime_ns == written
    assert first.to_list() == again.to_list() == DONE


def test_parts_are_plain_lines(tmp_path):
    run(tmp_path)
    lines = (tmp_path / "part-00002.jsonl").read_text().splitlines()
    assert json.loads(lines[1]) == ["default", {"number": 20, "doubled": 40}]
