"""The in-process runner: same rows as distilabel's, one copy of a model, no silent losses."""

import io
import json
import logging
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest
from distilabel.models import LLM
from distilabel.pipeline import routing_batch_function
from distilabel.steps import (
    ExpandColumns,
    GeneratorStep,
    GlobalStep,
    GroupColumns,
    KeepColumns,
    LoadDataFromDicts,
    Step,
    StepInput,
)
from distilabel.steps.tasks import TextGeneration, UltraFeedback
from pydantic import Field, PrivateAttr

from smolsynth.errors import StepFailed
from smolsynth.pipelines.pipeline import InProcessPipeline

ROOT = Path(__file__).parents[1]


class Shout(LLM):
    """Answers with the prompt in capitals. Works only while it is loaded."""

    fails_on: str = ""
    error: Any = ValueError("no answer")
    answers: Any = None
    structured_output: Any = None
    calls: list[str] = Field(default_factory=list)
    _is_loaded: bool = PrivateAttr(False)

    def load(self) -> None:
        super().load()
        self.calls.append("load")
        self._is_loaded = True

    def unload(self) -> None:
        self.calls.append("unload")
        self._is_loaded = False

    @property
    def model_name(self) -> str:
        return "shout"

    def generate(self, inputs, num_generations: int = 1, suffix: str = ""):
        assert self._is_loaded, "not loaded"
        prompts = [chat[-1]["content"] for chat in inputs]
        if self.fails_on and any(self.fails_on in prompt for prompt in prompts):
            raise self.error
        texts = self.answers or [prompt.upper() + suffix for prompt in prompts]
        statistics = {"input_tokens": [1], "output_tokens": [1]}
        return [
            {"generations": [text] * num_generations, "statistics": statistics} for text in texts
        ]


class Add(Step):
    """Adds `amount` to column `x`, gives it as `y`, and notes how many rows its batch had."""

    amount: int = 1

    @property
    def inputs(self):
        return ["x"]

    @property
    def outputs(self):
        return ["y", "batches"]

    def process(self, inputs: StepInput):
        for row in inputs:
            row["y"] = row["x"] + self.amount  # in place, as many of distilabel's steps do
            row.setdefault("batches", []).append(len(inputs))
        yield inputs


class Total(GlobalStep):
    @property
    def inputs(self):
        return ["y"]

    @property
    def outputs(self):
        return ["share"]

    def process(self, inputs: StepInput):
        total = sum(row["y"] for row in inputs)
        yield [{**row, "share": row["y"] / total} for row in inputs]


class Keep(Step):
    """Keeps the rows with an even `x`."""

    def process(self, inputs: StepInput):
        yield [row for row in inputs if row["x"] % 2 == 0]


class Count(GeneratorStep):
    """Gives the same dict over and over, changed: whoever keeps it sees it change."""

    rows: int = 5

    def process(self, offset: int = 0):
        row = {}
        for i in range(self.rows):
            row["x"] = i
            yield [row], False

    @property
    def outputs(self):
        return ["x"]


def numbers(n: int, **kwargs: Any) -> LoadDataFromDicts:
    return LoadDataFromDicts(data=[{"x": i} for i in range(n)], **kwargs)


def prompts(*texts: str, **kwargs: Any) -> LoadDataFromDicts:
    return LoadDataFromDicts(data=[{"instruction": text} for text in texts], **kwargs)


def run(pipeline: InProcessPipeline, **kwargs: Any):
    return pipeline.run(**{"progress": False, **kwargs})


def rows_of(distiset, name: str = "default") -> list[dict]:
    return distiset[name]["train"].to_list()


# What comes out


def test_rows_come_in_order_and_in_batches_of_the_step():
    with InProcessPipeline() as pipeline:
        numbers(7, batch_size=2) >> Add(input_batch_size=3)
    assert rows_of(run(pipeline)) == [
        {"x": x, "y": x + 1, "batches": [3 if x < 6 else 1]} for x in range(7)
    ]


def test_generator_alone():
    with InProcessPipeline() as pipeline:
        numbers(3, output_mappings={"x": "z"})
    assert rows_of(run(pipeline)) == [{"z": 0}, {"z": 1}, {"z": 2}]


def test_generator_that_reuses_its_rows_and_sends_no_last_batch():
    with InProcessPipeline() as pipeline:
        Count(rows=4) >> Add(input_batch_size=2)
    assert [row["x"] for row in rows_of(run(pipeline))] == [0, 1, 2, 3]


def test_mappings():
    with InProcessPipeline() as pipeline:
        numbers(2, output_mappings={"x": "number"}) >> Add(
            input_mappings={"x": "number"}, output_mappings={"y": "next"}
        )
    assert [(row["number"], row["next"]) for row in rows_of(run(pipeline))] == [(0, 1), (1, 2)]


def test_global_step_sees_all_rows_at_once():
    with InProcessPipeline() as pipeline:
        (
            numbers(5, batch_size=2)
            >> Add(input_batch_size=2)
            >> Total(input_batch_size=2)
            >> KeepColumns(columns=["x", "share"], input_batch_size=2)
        )
    assert rows_of(run(pipeline)) == [{"x": x, "share": (x + 1) / 15} for x in range(5)]


def test_two_leaves_do_not_see_each_others_changes():
    with InProcessPipeline() as pipeline:
        numbers(3) >> [Add(name="one"), Add(name="ten", amount=10)]
    distiset = run(pipeline)
    assert list(distiset) == ["one", "ten"]
    assert rows_of(distiset, "one") == [{"x": x, "y": x + 1, "batches": [3]} for x in range(3)]
    assert rows_of(distiset, "ten") == [{"x": x, "y": x + 10, "batches": [3]} for x in range(3)]


def test_data_of_the_caller_stays_as_it_was():
    data = [{"x": 1, "batches": []}]
    with InProcessPipeline() as pipeline:
        LoadDataFromDicts(data=data) >> Add()
    run(pipeline)
    assert data == [{"x": 1, "batches": []}]


def test_join():
    with InProcessPipeline() as pipeline:
        steps = [Add(name="one", input_batch_size=3), Add(name="ten", amount=10)]
        numbers(7) >> steps >> GroupColumns(columns=["y"], input_batch_size=2)
    rows = rows_of(run(pipeline))
    assert [(row["x"], row["grouped_y"]) for row in rows] == [
        (x, [x + 1, x + 10]) for x in range(7)
    ]


def test_generators_of_different_batch_sizes_are_joined():
    with InProcessPipeline() as pipeline:
        loads = [numbers(5, name="a", batch_size=1), numbers(5, name="b", batch_size=4)]
        loads >> GroupColumns(columns=["x"], output_columns=["xs"], input_batch_size=2)
    assert rows_of(run(pipeline)) == [{"xs": [x, x]} for x in range(5)]


@pytest.mark.parametrize("load_groups", [None, "sequential_step_execution"])
def test_routing_and_convergence(load_groups):
    chosen = iter([["one", "ten"], ["ten", "hundred"], ["hundred", "one"], ["ten", "one"]])

    @routing_batch_function()
    def route(steps):
        return next(chosen)

    with InProcessPipeline() as pipeline:
        steps = [
            Add(name="one", input_batch_size=2),
            Add(name="ten", amount=10, input_batch_size=1),
            Add(name="hundred", amount=100, input_batch_size=2),
        ]
        join = GroupColumns(columns=["y"], input_batch_size=1)
        numbers(7, batch_size=2) >> route >> steps >> join
    rows = rows_of(run(pipeline, load_groups=load_groups))
    amounts = [(1, 10)] * 2 + [(10, 100)] * 2 + [(1, 100)] * 2 + [(1, 10)]
    assert [(row["x"], row["grouped_y"]) for row in rows] == [
        (x, [x + a, x + b]) for x, (a, b) in enumerate(amounts)
    ]


def test_routing_to_leaves():
    @routing_batch_function()
    def route(steps):
        return ["low"] if next(turn) % 2 == 0 else ["high"]

    turn = iter(range(9))
    with InProcessPipeline() as pipeline:
        steps = [Add(name="low", input_batch_size=1), Add(name="high", input_batch_size=2)]
        numbers(6, batch_size=2) >> route >> steps
    distiset = run(pipeline)
    assert [row["x"] for row in rows_of(distiset, "low")] == [0, 1, 4, 5]
    assert [row["x"] for row in rows_of(distiset, "high")] == [2, 3]


def test_rows_that_are_dropped_or_multiplied():
    with InProcessPipeline() as pipeline:
        kept = Keep(input_batch_size=1)  # sends empty batches, the last one among them
        (
            numbers(6, batch_size=4)
            >> kept
            >> Add(input_batch_size=5)
            >> ExpandColumns(columns=["batches"], input_batch_size=2)
        )
    assert [row["x"] for row in rows_of(run(pipeline))] == [0, 2, 4]


def test_leaf_without_rows_has_an_empty_split():
    with InProcessPipeline() as pipeline:
        LoadDataFromDicts(data=[{"x": 1}]) >> Keep() >> Add()
    assert len(run(pipeline)["default"]["train"]) == 0


def test_types_are_decided_by_the_whole_column():
    data = [{"x": None}] * 60 + [{"x": 1}, {"x": 2.5}]
    with InProcessPipeline() as pipeline:
        LoadDataFromDicts(data=data)
    assert run(pipeline)["default"]["train"]["x"][59:] == [None, 1.0, 2.5]


@pytest.mark.parametrize("enabled", [True, False])
def test_metadata_column_comes_when_it_is_enabled(enabled):
    with InProcessPipeline(enable_metadata=enabled) as pipeline:
        prompts("a") >> TextGeneration(llm=Shout())
    columns = run(pipeline)["default"]["train"].column_names
    assert ("distilabel_metadata" in columns) is enabled


# How it is run


def test_runtime_parameters():
    with InProcessPipeline() as pipeline:
        load = prompts("a", "b")
        load >> TextGeneration(name="answer", llm=Shout())
    parameters = {"answer": {"llm": {"generation_kwargs": {"suffix": "!"}}}}
    parameters[load.name] = {"batch_size": 1}
    rows = rows_of(run(pipeline, parameters=parameters))
    assert [row["generation"] for row in rows] == ["A!", "B!"]
    assert load.batch_size == 1


@pytest.mark.parametrize(
    ("parameters", "message"),
    [({"ad": {}}, "no step 'ad'"), ({"add": {"input_batch": 1}}, r"no runtime.*\['input_batch'\]")],
)
def test_unknown_runtime_parameters_raise(parameters, message):
    with InProcessPipeline() as pipeline:
        numbers(1) >> Add(name="add")
    with pytest.raises(ValueError, match=message):
        run(pipeline, parameters=parameters)


def test_rows_without_a_name_are_no_parameters():
    with InProcessPipeline() as pipeline:
        TextGeneration(name="answer", llm=Shout())
    with pytest.raises(TypeError, match=r"run\(dataset=rows\)"):
        pipeline.run([{"instruction": "a"}])
    with pytest.raises(TypeError, match="list of dicts"):
        pipeline.run(dataset=["weather", "space"])


def test_run_twice_and_with_a_step_more():
    llm = Shout()
    with InProcessPipeline() as pipeline:
        task = TextGeneration(llm=llm)
        prompts("a", "b") >> task
    first, second = rows_of(run(pipeline)), rows_of(run(pipeline))
    assert [row["generation"] for row in first] == ["A", "B"]
    assert first == second
    task >> KeepColumns(columns=["generation"], pipeline=pipeline)
    assert rows_of(run(pipeline)) == [{"generation": "A"}, {"generation": "B"}]


def test_state_of_steps_does_not_survive_a_run():
    class Pool(Add):
        _seen: list = PrivateAttr(default_factory=list)

        def process(self, inputs: StepInput):
            self._seen += inputs
            yield [{**row, "seen": len(self._seen)} for row in inputs]

    with InProcessPipeline() as pipeline:
        numbers(2) >> Pool(input_batch_size=1)
    for _ in range(2):
        assert [row["seen"] for row in rows_of(run(pipeline))] == [1, 2]


def test_dataset_argument_twice():
    with InProcessPipeline() as pipeline:
        Add()
    for offset in (0, 10):
        rows = rows_of(run(pipeline, dataset=[{"x": offset + i} for i in range(3)]))
        assert [row["y"] for row in rows] == [offset + 1, offset + 2, offset + 3]
    assert len(pipeline.dag) == 1


def test_dataset_argument_beside_a_generator_raises():
    with InProcessPipeline() as pipeline:
        numbers(1) >> Add()
    with pytest.raises(ValueError, match="already generates rows"):
        run(pipeline, dataset=[{"x": 1}])


def test_dry_run_leaves_no_trace():
    with InProcessPipeline() as pipeline:
        load = numbers(5, batch_size=3)
        load >> Add()
    assert [row["x"] for row in rows_of(pipeline.dry_run(batch_size=2))] == [0, 1]
    assert load.batch_size == 3
    assert len(rows_of(run(pipeline))) == 5


def test_load_groups_load_one_model_at_a_time():
    one, two = Shout(), Shout()
    log = []

    class Logged(Step):
        def process(self, inputs: StepInput):
            log.append((one._is_loaded, two._is_loaded))
            yield inputs

    with InProcessPipeline() as pipeline:
        first, second = TextGeneration(llm=one), TextGeneration(llm=two)
        prompts("a") >> first >> Logged() >> second
    assert len(rows_of(run(pipeline, load_groups="sequential_step_execution"))) == 1
    assert log == [(False, False)]
    run(pipeline)
    assert log[1:] == [(True, True)]


def test_cache_is_refused():
    with InProcessPipeline() as pipeline:
        numbers(1)
    with pytest.raises(ValueError, match="name a folder"):
        run(pipeline, use_cache=True)


# Models


def test_one_model_is_loaded_once_for_all_steps():
    llm = Shout()
    seen = []

    class Spy(TextGeneration):
        def process(self, inputs: StepInput):
            seen.append(self.llm)
            yield from super().process(inputs)

    with InProcessPipeline() as pipeline:  # a global step between: they are of different stages
        load = LoadDataFromDicts(data=[{"instruction": "a", "y": 1}])
        (
            load
            >> [Spy(name="one", llm=llm), Spy(name="two", llm=llm)]
            >> GroupColumns(columns=["generation"])
            >> Total()
            >> Spy(name="three", llm=llm)
        )
    run(pipeline)
    assert len(seen) == 3 and all(model is llm for model in seen)
    assert llm.calls == ["load", "unload"]
    run(pipeline)
    assert llm.calls == ["load", "unload"] * 2
    assert "load" not in vars(llm) and "unload" not in vars(llm)


def test_a_model_stays_loaded_from_chunk_to_chunk():
    llm = Shout()
    with InProcessPipeline() as pipeline:
        TextGeneration(llm=llm)
    rows = [{"instruction": text} for text in "abcd"]
    made = [part["default"][0]["generation"] for part in pipeline.stream(rows, chunk_size=1)]
    assert made == list("ABCD")
    assert llm.calls == ["load", "unload"]
    one = pipeline.stream(rows, chunk_size=1)
    next(one)
    one.close()  # as when there are rows enough
    assert llm.calls == ["load", "unload"] * 2
    llm.fails_on = "b"
    with pytest.raises(StepFailed):
        list(pipeline.stream(rows, chunk_size=1))
    assert llm.calls == ["load", "unload"] * 3
    llm.fails_on = ""
    llm.load()  # by hand: it stays; whether it is loaded still, nobody can tell but `load`
    assert len(list(pipeline.stream(rows, chunk_size=1))) == 4
    assert llm.calls == [*["load", "unload"] * 3, "load", "load"]
    assert llm._is_loaded


def test_model_used_by_hand_before_and_after():
    llm = Shout()
    llm.load()
    with InProcessPipeline() as pipeline:
        prompts("a") >> TextGeneration(llm=llm)
    for _ in range(2):
        run(pipeline)
        assert llm.generate([[{"role": "user", "content": "b"}]])[0]["generations"] == ["B"]
    llm.unload()
    assert rows_of(run(pipeline))[0]["generation"] == "A"


def test_model_used_by_hand_only_after():
    llm = Shout()
    with InProcessPipeline() as pipeline:
        prompts("a") >> TextGeneration(llm=llm)
    run(pipeline)
    assert not llm._is_loaded
    llm.load()
    assert llm.generate([[{"role": "user", "content": "b"}]])[0]["generations"] == ["B"]


def test_structured_output_of_a_task_is_set_before_loading_and_put_back(monkeypatch):
    import distilabel.steps.tasks.base as base

    monkeypatch.setattr(base.importlib.util, "find_spec", lambda name: True)

    class Structured(Shout):
        def load(self) -> None:
            super().load()
            self.calls.append(str(self.structured_output))

    llm = Structured(answers=["{}"])
    with InProcessPipeline() as pipeline:
        data = [{"instruction": "a", "generations": ["b", "c"]}]
        load = LoadDataFromDicts(data=data)
        task = UltraFeedback(llm=llm, use_default_structured_output=True)
        load >> task
    run(pipeline)
    assert "schema" in llm.calls[1]
    assert llm.structured_output is None
    load.connect(TextGeneration(llm=llm, pipeline=pipeline))
    with pytest.raises(ValueError, match="an LLM of its own"):
        run(pipeline)


# Errors


def test_step_that_raises_is_named_with_its_rows():
    llm = Shout(fails_on="five")
    with InProcessPipeline() as pipeline:
        texts = ["one", "two", "three", "four", "five", "six", "seven"]
        prompts(*texts) >> TextGeneration(name="answer", llm=llm, input_batch_size=3)
    with pytest.raises(StepFailed) as caught:
        run(pipeline)
    message = str(caught.value)
    assert "Step 'answer' failed on rows 3 to 5 of the input: ValueError: no answer" in message
    assert "{'instruction': 'four'}" in message
    assert (caught.value.step, caught.value.rows) == ("answer", range(3, 6))
    assert caught.value.__cause__ is llm.error
    assert llm.calls == ["load", "unload"]
    llm.fails_on = ""
    assert len(rows_of(run(pipeline))) == 7


def test_long_rows_are_clipped_in_messages():
    with InProcessPipeline() as pipeline:
        prompts("x" * 5000) >> TextGeneration(llm=Shout(fails_on="x"))
    with pytest.raises(StepFailed) as caught:
        run(pipeline)
    assert "row 0 of" in str(caught.value) and len(str(caught.value)) < 400


def test_global_step_that_raises():
    with InProcessPipeline() as pipeline:
        numbers(4, batch_size=2) >> Add(amount=0) >> [Total(name="total"), Add(name="other")]
        pipeline.dag.get_step(next(iter(pipeline.dag)))["step"].data = [{"x": 0}] * 4
    with pytest.raises(StepFailed, match="'total' failed on rows 0 to 3.*ZeroDivisionError"):
        run(pipeline)


def test_generator_that_raises():
    class Broken(Count):
        def process(self, offset: int = 0):
            yield [{"x": 1}, {"x": 2}], False
            raise OSError("disk is gone")

    with InProcessPipeline() as pipeline:
        Broken(name="broken") >> Add()
    with pytest.raises(StepFailed, match="'broken' failed after 2 rows: OSError: disk is gone"):
        run(pipeline)


def test_load_that_raises_is_named_and_others_are_unloaded():
    class NoModel(Shout):
        def load(self) -> None:
            raise FileNotFoundError("no weights")

    good = Shout()
    with InProcessPipeline() as pipeline:
        prompts("a") >> TextGeneration(llm=good) >> TextGeneration(name="bad", llm=NoModel())
    with pytest.raises(StepFailed, match="'bad' could not be loaded: FileNotFoundError"):
        run(pipeline)
    assert good.calls == ["load", "unload"]


@pytest.mark.parametrize(
    ("batches", "message"),
    [([], "yielded nothing"), ([[], []], "more than once"), ([{"x": 1}], "AttributeError")],
)
def test_step_that_yields_something_else(batches, message):
    class Odd(Step):
        def process(self, inputs: StepInput):
            yield from batches

    with InProcessPipeline() as pipeline:
        numbers(1) >> Odd(name="odd")
    with pytest.raises(StepFailed, match=f"'odd'.*{message}"):
        run(pipeline)


def test_join_of_different_numbers_of_rows_raises():
    with InProcessPipeline() as pipeline:
        numbers(4) >> [Add(), Keep()] >> GroupColumns(name="join", columns=["x"])
    with pytest.raises(StepFailed, match=r"'join'.*\[4, 2\]"):
        run(pipeline)


def test_column_of_mixed_types_is_named():
    with InProcessPipeline() as pipeline:
        LoadDataFromDicts(name="load", data=[{"a": 1, "b": "text"}, {"a": 2, "b": {"c": 1}}])
    with pytest.raises(StepFailed, match=r"'load'.*'b'.*dict, str"):
        run(pipeline)


def test_routing_function_that_raises():
    @routing_batch_function()
    def route(steps):
        return ["elsewhere"]

    with InProcessPipeline() as pipeline:
        (
            numbers(2, name="load", batch_size=2)
            >> route
            >> [
                Add(input_batch_size=2),
                Keep(input_batch_size=2),
            ]
        )
    with pytest.raises(StepFailed, match="behind step 'load'.*elsewhere"):
        run(pipeline)


def test_invalid_pipelines_keep_the_message_of_distilabel():
    with InProcessPipeline() as pipeline:
        LoadDataFromDicts(data=[{"z": 1}]) >> Add(name="add")
    with pytest.raises(ValueError, match="Step 'add' requires inputs"):
        run(pipeline)


def test_pipelines_without_steps_or_data_raise():
    with InProcessPipeline() as pipeline:
        pass
    with pytest.raises(ValueError, match="has no steps"):
        run(pipeline)
    with InProcessPipeline() as pipeline:
        LoadDataFromDicts(name="load", data=[])
    with pytest.raises(ValueError, match="'load' has no data"):
        run(pipeline)


def test_keyboard_interrupt_unloads_and_is_raised():
    llm = Shout(fails_on="b", error=KeyboardInterrupt())
    with InProcessPipeline() as pipeline:
        prompts("a", "b") >> TextGeneration(llm=llm, input_batch_size=1)
    with pytest.raises(KeyboardInterrupt):
        run(pipeline)
    assert llm.calls == ["load", "unload"]


def test_unload_that_raises_does_not_cost_the_rows():
    class Sticky(Shout):
        def unload(self) -> None:
            raise OSError("stuck")

    with InProcessPipeline() as pipeline:
        prompts("a") >> TextGeneration(llm=Sticky())
    with pytest.warns(UserWarning, match="Sticky could not be unloaded: OSError: stuck"):
        assert rows_of(run(pipeline))[0]["generation"] == "A"


def test_none_is_left_in_place_and_counted():
    llm = Shout(answers=["no format at all", "#### Output 1\nRating: 5\nRationale: fine"])
    quiet = Shout(answers=[None, "b"])
    data = [{"instruction": "a", "generations": ["b"]}, {"instruction": "a", "generations": ["b"]}]
    with InProcessPipeline() as pipeline:
        load = LoadDataFromDicts(name="load", data=[{**row, "note": None} for row in data])
        load >> UltraFeedback(name="judge", llm=llm) >> TextGeneration(name="answer", llm=quiet)
    rows = rows_of(run(pipeline))
    assert rows[0]["generation"] is None and rows[1]["generation"] == "b"
    counts = pipeline.none_counts
    assert counts["load"] == {"note": 2}
    assert counts["judge"]["ratings"] >= 1 and "note" not in counts["judge"]
    assert counts["answer"] == {"generation": 1}
    with InProcessPipeline() as clean:
        prompts("a") >> TextGeneration(llm=Shout())
    run(clean)
    assert clean.none_counts == {}


# What it leaves behind


def test_logging_is_left_as_found_and_nothing_is_printed(capfd, request):
    leaks = logging.Handler()
    leaks.emit = lambda record: pytest.fail(f"reached the root logger: {record}")
    logging.getLogger().addHandler(leaks)
    request.addfinalizer(lambda: logging.getLogger().removeHandler(leaks))
    loggers = [logging.getLogger(name) for name in ("", "distilabel", "distilabel.pipeline")]
    states = [(x.handlers[:], x.level, x.propagate, x.disabled) for x in loggers]
    records = []
    handler = logging.Handler()
    handler.emit = records.append
    for handlers in (None, [handler]):
        with InProcessPipeline() as pipeline:
            data = [{"instruction": "a", "generations": ["b"]}]
            bad = UltraFeedback(llm=Shout(answers=["#### Output 1\nRating: high\nRationale: x"]))
            LoadDataFromDicts(data=data) >> bad
        run(pipeline, logging_handlers=handlers, progress=True)
        assert [(x.handlers, x.level, x.propagate, x.disabled) for x in loggers] == states
    assert any("failed to format output" in record.getMessage() for record in records)
    assert capfd.readouterr() == ("", "")


def test_artifacts_live_as_long_as_the_distiset(tmp_path):
    class Artist(Add):
        def process(self, inputs: StepInput):
            self.save_artifact("picture", lambda folder: (folder / "a.txt").write_text("hello"))
            yield inputs

    with InProcessPipeline() as pipeline:
        numbers(1) >> Artist(name="artist")
    distiset = run(pipeline)
    folder = distiset.artifacts_path
    assert (folder / "artist" / "picture" / "a.txt").read_text() == "hello"
    distiset.save_to_disk(tmp_path / "saved")
    assert list((tmp_path / "saved").rglob("a.txt"))
    del distiset
    assert not folder.exists()


def test_no_files_no_threads_no_torch(tmp_path):
    script = """
    import json, os, sys, threading
    import smolsynth
    assert not {"distilabel", "rich", "datasets"} & set(sys.modules), "import smolsynth is heavy"
    from smolsynth.pipelines.pipeline import InProcessPipeline
    from distilabel.steps import KeepColumns, LoadDataFromDicts, StepInput

    def files():
        tree = os.walk(os.environ["HOME"])
        return sorted(os.path.join(d, f) for d, folders, names in tree for f in folders + names)

    before = files()
    with InProcessPipeline("named") as pipeline:
        LoadDataFromDicts(data=[{"a": 1}]) >> KeepColumns(columns=["a"])
    pipeline.run()
    repr(pipeline)

    class Broken(KeepColumns):
        def process(self, *inputs: StepInput):
            self.save_artifact("half", lambda folder: (folder / "a.txt").touch())
            raise OSError

    with InProcessPipeline("broken") as pipeline:
        LoadDataFromDicts(data=[{"a": 1}]) >> Broken(columns=["a"])
    try:
        pipeline.run()
    except RuntimeError as error:
        assert type(error.__cause__) is OSError, error.__cause__
    heavy = {"torch", "transformers", "tensorflow"} & set(sys.modules)
    print(json.dumps([sorted(set(files()) - set(before)), threading.active_count(), list(heavy)]))
    """
    done = python(script, tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [[], 1, []]
    assert done.stderr == ""
    assert not (tmp_path / ".cache" / "distilabel").exists()


# Progress and speed


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_progress_in_a_terminal_names_the_step_and_clears_itself(monkeypatch):
    class Slow(Add):
        def process(self, inputs: StepInput):
            time.sleep(0.11)
            yield from super().process(inputs)

    with InProcessPipeline() as pipeline:
        numbers(4, batch_size=2) >> Slow(name="slow", input_batch_size=2)
    for progress in (True, False):
        terminal = Terminal()
        monkeypatch.setattr(sys, "stderr", terminal)
        pipeline.run(progress=progress)
        text = terminal.getvalue()
        if progress:
            assert "slow  50%|" in text or "slow  75%|" in text, text
            assert text.rsplit("\r", 2)[-2].strip() == text.rsplit("\r", 2)[-1] == ""
            assert "\n" not in text
        else:
            assert text == ""


def test_progress_reaches_exactly_100_percent(monkeypatch):
    import smolsynth.pipelines.progress as module

    totals = []

    class Seen(module._Tqdm):
        def close(self):
            totals.append((self.n, self.total))
            super().close()

    monkeypatch.setattr(module, "_Tqdm", Seen)
    monkeypatch.setattr(sys, "stderr", Terminal())
    with InProcessPipeline() as pipeline:
        steps = [Add(name="one"), Add(name="two")]
        expand = ExpandColumns(columns=["grouped_y"])
        (
            numbers(6, batch_size=2)
            >> Keep()
            >> steps
            >> GroupColumns(columns=["y"])
            >> expand
            >> Keep()
        )
    pipeline.run()
    assert set(totals) == {(6 + 6 + 3 + 3 + 3 + 3 + 6, 30)}

    @routing_batch_function()
    def route(steps):
        return steps[:1]

    with InProcessPipeline() as pipeline:
        numbers(4, batch_size=2) >> route >> [Add(input_batch_size=2), Keep(input_batch_size=2)]
    pipeline.run()
    assert totals[-1] == (4 + 4, 8)


def test_overhead_is_small_and_linear():
    def seconds(n: int, clock=time.process_time) -> float:
        with InProcessPipeline() as pipeline:
            load = LoadDataFromDicts(data=[{"instruction": str(i)} for i in range(n)])
            load >> TextGeneration(llm=Shout()) >> KeepColumns(columns=["generation"])
        start = clock()
        assert len(run(pipeline)["default"]["train"]) == n
        return clock() - start

    assert min(seconds(20, time.perf_counter) for _ in range(3)) < 0.5
    assert seconds(40_000) < 20 * max(seconds(4_000), 0.05)  # quadratic: 100 times


def test_loading_rows_is_linear():
    def seconds(n: int) -> float:
        with InProcessPipeline() as pipeline:
            numbers(n)
        start = time.process_time()
        run(pipeline)
        return time.process_time() - start

    # distilabel's own way of loading them: 1 s for 20,000
    assert min(seconds(20_000) for _ in range(2)) < 10 * max(seconds(5_000), 0.02)


# In notebooks


def python(script: str, folder: Path, timeout: int = 60) -> subprocess.CompletedProcess:
    path = folder / "script.py"
    path.write_text(textwrap.dedent(script))
    return subprocess.run(
        [sys.executable, str(path)],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=timeout,
    )


def environment(folder: Path) -> dict[str, str]:
    kept = {
        k: v for k, v in os.environ.items() if not k.startswith(("HF_", "PYTEST", "DISTILABEL"))
    }
    (folder / "tmp").mkdir(exist_ok=True)
    return {
        **kept,
        "HOME": str(folder),
        "TMPDIR": str(folder / "tmp"),
        "PYTHONPATH": f"{ROOT}{os.pathsep}{folder}",
        "OMP_NUM_THREADS": "1",
    }


def notebook(path: Path, *cells: str) -> Path:
    import nbformat.v4 as v4

    made = v4.new_notebook(cells=[v4.new_code_cell(textwrap.dedent(cell)) for cell in cells])
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "", "language": "python"}
    path.write_text(json.dumps(made))
    return path


def test_user_can_still_install_rich_tracebacks(tmp_path):
    script = """
    import smolsynth, sys
    import distilabel
    assert sys.excepthook is sys.__excepthook__
    import rich.traceback
    rich.traceback.install()
    assert sys.excepthook is not sys.__excepthook__
    """
    done = python(script, tmp_path)
    assert done.returncode == 0, done.stderr


def test_notebook_output_is_small_and_the_same_each_time(tmp_path, monkeypatch):
    import nbformat
    from nbclient import NotebookClient

    for name, value in environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    path = notebook(
        tmp_path / "run.ipynb",
        """
        import smolsynth
        from smolsynth.pipelines.pipeline import InProcessPipeline
        from distilabel.steps import KeepColumns, LoadDataFromDicts
        KeepColumns(columns=["a"]).load()  # by hand, outside of a pipeline
        with InProcessPipeline() as pipeline:
            load = LoadDataFromDicts(data=[{"a": 1}] * 5000)
            load >> KeepColumns(columns=["a"], input_batch_size=1)
        """,
        "rows = pipeline.run()['default']['train']",
        "pipeline",
    )
    made = nbformat.read(path, as_version=4)
    NotebookClient(made, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [cell.outputs for cell in made.cells]
    assert outputs[0] == []
    assert [dict(output.data) for output in outputs[1]] == [{"text/plain": ""}]
    assert outputs[2][0].data["text/plain"].startswith("InProcessPipeline(name='pipeline_load")
    assert "widgets" not in made.metadata
