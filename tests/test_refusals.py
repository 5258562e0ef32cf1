"""Rows that a step won't take: which, why, what stays of them, and that the others go on."""

import json
import threading
import warnings
from collections import Counter

import pytest

import smolsynth  # noqa: F401  before distilabel

# isort: split
from distilabel.models import LLM
from distilabel.steps import ExpandColumns, GlobalStep, GroupColumns, Step, StepInput
from distilabel.steps.tasks import TextGeneration, UltraFeedback

from smolsynth.errors import LLMUnavailable, RowRefused, RowTooLong, StepFailed
from smolsynth.llms import load_llm
from smolsynth.pipelines import InProcessPipeline, RefusedWarning, try_step

BAD = 13  # this row is refused
asked: list[int] = []  # sizes of batches


class Echo(LLM):
    """Answers with the prompt, but not to prompts that end in a number that it won't hear."""

    error: str = "policy"
    wont: tuple[int, ...] = (BAD,)
    knows: bool = True  # which row it was

    @property
    def model_name(self) -> str:
        return "echo"

    def generate(self, inputs, num_generations: int = 1):
        asked.append(len(inputs))
        for index, chat in enumerate(inputs):
            if int(chat[-1]["content"].split()[-1]) in self.wont:
                kinds = {"policy": RowRefused, "long": RowTooLong}
                if kind := kinds.get(self.error):
                    raise kind("content policy (400)", index if self.knows else None)
                raise {"gone": LLMUnavailable, "bug": KeyError, "disk": OSError}[self.error]("no")
        statistics = {"input_tokens": [1], "output_tokens": [1]}
        return [
            {"generations": [chat[-1]["content"]] * num_generations, "statistics": statistics}
            for chat in inputs
        ]


def rows(n=40):
    return [{"i": i, "instruction": f"number {i}"} for i in range(n)]


def answering(llm, **options):
    with InProcessPipeline() as pipeline:
        TextGeneration(name="answer", llm=llm, **options)
    return pipeline


def run(pipeline, data=None, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RefusedWarning)
        made = pipeline.run(dataset=data or rows(), progress=False, **options)
    return made["default"]["train"].to_list()


def answers(made, wont=(BAD,)):
    return [row["generation"] for row in made] == [
        None if row["i"] in wont else row["instruction"] for row in made
    ]


@pytest.mark.parametrize("where", ["plain", "folder"])
@pytest.mark.parametrize("knows", [True, False])
def test_skip_refuses_the_row_that_is_to_blame_alone(tmp_path, where, knows):
    wont = (BAD, 14, 39)
    pipeline = answering(Echo(wont=wont, knows=knows), input_batch_size=16)
    options = {"folder": tmp_path, "chunk_size": 20} if where == "folder" else {}
    for _ in range(2):  # the second time, with a folder, nothing is made again
        made = run(pipeline, on_error="skip", **options)
        assert [row["i"] for row in made] == list(range(40)) and answers(made, wont)
        assert pipeline.none_counts == {"answer": {"generation": 3, "model_name": 3}}
        assert [(row["row"], row["step"]) for row in pipeline.refused] == [
            (i, "answer") for i in wont
        ]
        assert pipeline.refused[2]["given"] == rows()[39]
        assert "content policy (400)" in pipeline.refused[0]["reason"]
    if where == "folder":
        lines = (tmp_path / "refused.jsonl").read_text().splitlines()
        assert [json.loads(line) for line in lines] == pipeline.refused


def test_a_run_that_failed_on_a_row_goes_on_with_skip(tmp_path):
    folder = {"folder": tmp_path, "chunk_size": 10}
    pipeline = answering(Echo(error="policy"))
    with pytest.raises(StepFailed, match="rows 10 to 19 of the input") as error:
        run(pipeline, **folder)
    assert error.value.rows == range(10, 20)
    run(pipeline, **folder, on_error="skip", max_errors=1)
    asked.clear()
    made = run(pipeline, **folder)  # resuming leaves the refused row be, whatever is asked now
    assert answers(made) and len(pipeline.refused) == 1
    assert not asked


def test_the_rest_of_a_batch_is_asked_as_a_batch():
    asked.clear()
    run(answering(Echo(), input_batch_size=40), on_error="skip")
    assert asked == [40, 13, 1, 26]  # told which row it was, three batches are enough


@pytest.mark.parametrize("chunk_size", [500, 2000])
def test_row_numbers_are_those_of_the_whole_input(tmp_path, chunk_size):
    pipeline = answering(Echo(wont=(1234,)), input_batch_size=50)
    with pytest.raises(StepFailed, match="rows 1200 to 1249 of the input.*'i': 1200") as error:
        run(pipeline, rows(2000), folder=tmp_path, chunk_size=chunk_size)
    assert error.value.rows == range(1200, 1250)


def test_row_numbers_behind_steps_that_drop_multiply_and_sort():
    class Odd(Step):
        def process(self, inputs: StepInput):  # type: ignore[override]
            yield [row for row in inputs if row["i"] % 2]

    class Three(Step):
        @property
        def outputs(self):
            return ["instructions"]

        def process(self, inputs: StepInput):  # type: ignore[override]
            yield [
                {**row, "instructions": [f"say {100 * row['i'] + k}" for k in range(3)]}
                for row in inputs
            ]

    class Backwards(GlobalStep):
        def process(self, inputs: StepInput):  # type: ignore[override]
            yield inputs[::-1]

    for last in (Backwards, None):
        with InProcessPipeline() as pipeline:
            odd, three = Odd(input_batch_size=7), Three(input_batch_size=5)
            expand = ExpandColumns(columns={"instructions": "instruction"})
            answer = TextGeneration(name="answer", llm=Echo(wont=(2101, 3300)), input_batch_size=4)
            odd >> three >> expand
            if last:
                middle = last()
                expand >> middle >> answer
            else:
                expand >> answer
        made = run(pipeline, [{"i": i, "note": f"note {i}"} for i in range(40)], on_error="skip")
        assert len(made) == 60
        assert sorted(row["row"] for row in pipeline.refused) == [21, 33]


def test_a_row_too_long_is_none_and_the_rest_goes_on_whatever_on_error_says():
    data = [{"instruction": "What is a cat?"}, {"instruction": "x " * 5000}] * 2
    pipeline = answering(load_llm(temperature=0, max_new_tokens=8))
    with pytest.warns(RefusedWarning, match="2 rows could not go through 'answer'.*RowTooLong"):
        made = pipeline.run(dataset=data, progress=False, max_errors=0)["default"]["train"]
    assert [text is None for text in made["generation"]] == [False, True] * 2
    assert [row["row"] for row in pipeline.refused] == [1, 3]
    assert pipeline.none_counts["answer"]["generation"] == 2
    assert made["generation"][0] == made["generation"][2]


def test_a_judge_s_prompt_too_long_costs_one_rating(tmp_path):
    long = "tea " * 3000
    data = [{"instruction": "What is tea?", "generations": ["A drink.", "Tea."]} for _ in range(3)]
    data[1]["generations"] = [long, "Tea."]
    with InProcessPipeline() as pipeline:
        UltraFeedback(name="judge", llm=load_llm(temperature=0, max_new_tokens=64))
    for options in ({}, {"folder": tmp_path}):
        made = run(pipeline, data, **options)
        assert [row["ratings"] is None for row in made] == [False, True, False]
        assert made[1]["generations"][0] == long
    with pytest.warns(RefusedWarning):
        tried = try_step(pipeline.dag.get_step("judge")["step"], data)
    assert [row["ratings"] for row in tried] == [row["ratings"] for row in made]


def test_other_errors_end_the_run_unless_they_are_to_be_skipped():
    for error in ("policy", "bug"):
        with pytest.raises(StepFailed, match="rows 0 to 39"):
            run(answering(Echo(error=error)))
        assert answers(run(answering(Echo(error=error)), on_error="skip"))
    for error in ("gone", "disk"):  # no row's fault
        with pytest.raises(StepFailed, match="rows 0 to 39"):
            run(answering(Echo(error=error)), on_error="skip")


def test_past_the_limit_the_run_ends(tmp_path):
    wont = (3, 13, 23, 33)
    with pytest.raises(StepFailed, match="3 rows were refused, and max_errors is 2.*row 23 of"):
        run(answering(Echo(wont=wont)), on_error="skip", max_errors=2)
    folder = {"folder": tmp_path, "chunk_size": 10, "on_error": "skip"}
    for _ in range(2):  # over all calls together
        with pytest.raises(StepFailed, match="max_errors is 2") as error:
            run(answering(Echo(wont=wont)), **folder, max_errors=2)
        assert error.value.rows == range(23, 24)
    made = run(answering(Echo(wont=wont)), **folder, max_errors=4)
    assert answers(made, wont)
    with pytest.raises(ValueError, match='on_error must be "raise" or "skip"'):
        run(answering(Echo()), on_error="none")
    with pytest.raises(ValueError, match="max_errors must be 0 or more"):
        run(answering(Echo()), max_errors=-1)


def test_joins_keep_their_rows_side_by_side():
    with InProcessPipeline() as pipeline:
        two = [
            TextGeneration(name="one", llm=Echo()),
            TextGeneration(name="two", llm=Echo(wont=(20,))),
        ]
        group = GroupColumns(columns=["generation"], output_columns=["generations"])
        two >> group
    made = run(pipeline, on_error="skip")
    assert [row["generations"] for row in made] == [
        [None if row["i"] in wont else row["instruction"] for wont in ((BAD,), (20,))]
        for row in made
    ]


def test_a_step_is_tried_again_with_rows_as_they_were():
    class Mark(Step):
        @property
        def outputs(self):
            return ["marks"]

        def process(self, inputs: StepInput):  # type: ignore[override]
            for row in inputs:
                row["marks"].append(1)  # in place, as some of distilabel's steps do
                1 / (row["i"] - BAD)
            yield inputs

    with InProcessPipeline() as pipeline:
        Mark(name="mark")
    made = run(pipeline, [{**row, "marks": []} for row in rows()], on_error="skip")
    assert [row["marks"] for row in made] == [None if i == BAD else [1] for i in range(40)]


def test_a_step_without_outputs_leaves_the_row_out():
    class Keep(Step):
        def process(self, inputs: StepInput):  # type: ignore[override]
            yield [row for row in inputs if 1 / (row["i"] - BAD)]

    with InProcessPipeline() as pipeline:
        Keep(name="keep")
    made = run(pipeline, on_error="skip")
    assert [row["i"] for row in made] == [i for i in range(40) if i != BAD]
    assert [row["row"] for row in pipeline.refused] == [BAD]


def test_half_a_character_becomes_a_sign_of_its_own(tmp_path):
    class Cut(Echo):
        def generate(self, inputs, num_generations: int = 1):
            return [
                {**output, "generations": ["tea \ud83d"]} for output in super().generate(inputs)
            ]

    for options in ({}, {"folder": tmp_path}):
        made = run(answering(Cut(wont=())), [{"instruction": "say \udc00 1"}], **options)
        assert made == [{"instruction": "say � 1", "generation": "tea �", "model_name": "echo"}]


# ---- two runs at a time ----
def test_runs_side_by_side_give_the_rows_that_each_gives_alone():
    import numpy as np

    class Draw(Step):
        @property
        def outputs(self):
            return ["drawn"]

        def process(self, inputs: StepInput):  # type: ignore[override]
            yield [{**row, "drawn": int(np.random.randint(10**6))} for row in inputs]

    llm = load_llm(max_new_tokens=8, temperature=1.0)

    def pipeline(seed):
        with InProcessPipeline(seed=seed) as made:
            draw = Draw(input_batch_size=2)
            draw >> TextGeneration(llm=llm, input_batch_size=3)
        return made

    data = [{"instruction": "Tell me something about a cat."}] * 12
    alone = {seed: run(pipeline(seed), data) for seed in (1, 2)}
    assert alone[1] != alone[2] and alone[1] == run(pipeline(1), data)
    np.random.seed(5)
    wanted = np.random.randint(10**6)
    np.random.seed(5)
    made, both = {}, threading.Barrier(2)

    def one(seed):
        both.wait()
        made[seed] = run(pipeline(seed), data)

    threads = [threading.Thread(target=one, args=(seed,)) for seed in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == alone
    assert np.random.randint(10**6) == wanted  # the caller's own draws are as they were
    assert Counter(row["drawn"] for row in made[1]).most_common(1)[0][1] == 1


def test_rows_behind_a_task_keep_their_numbers():
    class Picky(Step):
        def process(self, inputs: StepInput):
            if any(row["i"] == 33 for row in inputs):
                raise ValueError("no 33")
            yield inputs

    with InProcessPipeline() as pipeline:
        TextGeneration(name="answer", llm=Echo(wont=())) >> Picky(name="picky", input_batch_size=1)
    with pytest.raises(StepFailed, match="row 33 of the input") as error:
        run(pipeline)
    assert error.value.rows == range(33, 34)
