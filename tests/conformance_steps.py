"""Pipelines that distilabel's own `Pipeline` and ours must make the same rows of.

Steps stand in a module, because distilabel's processes hang with classes of `__main__`. Run as a
program, it runs all of them by distilabel and prints what came out, as JSON.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

import smolsynth  # noqa: F401  before distilabel

# isort: split
from distilabel.models import LLM
from distilabel.pipeline import routing_batch_function
from distilabel.steps import (
    CombineOutputs,
    ExpandColumns,
    GeneratorStep,
    GlobalStep,
    GroupColumns,
    KeepColumns,
    LoadDataFromDicts,
    MergeColumns,
    Step,
    StepInput,
    step,
)
from distilabel.steps.tasks import (
    EvolQuality,
    SelfInstruct,
    TextGeneration,
    UltraFeedback,
)

CASES: dict[str, Callable[[Any], tuple[Any, dict[str, Any]]]] = {}


def case(build: Callable) -> Callable:
    """Registers what, given the pipeline's class, builds a pipeline and the options of its run."""
    CASES[build.__name__] = build
    return build


# ---- steps and a model ----
class Reverse(LLM):
    """Answers with the prompt's last words backwards, numbered by generation."""

    @property
    def model_name(self):
        return "reverse"

    def generate(self, inputs, num_generations: int = 1, suffix: str = ""):
        return [
            {
                "generations": [
                    f"{chat[-1]['content'][-12:][::-1]}{n}{suffix}" for n in range(num_generations)
                ],
                "statistics": {"input_tokens": [1], "output_tokens": [1] * num_generations},
            }
            for chat in inputs
        ]


class Rate(Reverse):
    """A judge that keeps the format, but not on every third text."""

    def generate(self, inputs, num_generations: int = 1):
        texts = [
            "no rating" if len(chat[-1]["content"]) % 3 == 0 else RATED.format(a=4, b=2)
            for chat in inputs
        ]
        statistics = {"input_tokens": [1], "output_tokens": [1]}
        return [{"generations": [text], "statistics": statistics} for text in texts]


RATED = """#### Output for Text 1
Rating: {a}
Rationale: good

#### Output for Text 2
Rating: {b}
Rationale: bad
"""


class Sizes(Step):
    """Notes the size of its batch, in place."""

    @property
    def outputs(self):
        return ["size"]

    def process(self, inputs: StepInput):
        for row in inputs:
            row["size"] = len(inputs)
        yield inputs


class Add(Step):
    """x + amount as y."""

    amount: int = 1

    @property
    def inputs(self):
        return ["x"]

    @property
    def outputs(self):
        return ["y"]

    def process(self, inputs: StepInput):
        yield [{**row, "y": row["x"] + self.amount} for row in inputs]


class Even(Step):
    """Keeps rows with an even x, and may keep none of a batch."""

    def process(self, inputs: StepInput):
        yield [row for row in inputs if row["x"] % 2 == 0]


class Times(Step):
    """Each row as often as x says."""

    def process(self, inputs: StepInput):
        yield [dict(row) for row in inputs for _ in range(row["x"] % 3)]


class NotThree(Step):
    """Raises on x = 3."""

    @property
    def outputs(self):
        return ["tenth"]

    def process(self, inputs: StepInput):
        yield [{**row, "tenth": 10 // (row["x"] - 3)} for row in inputs]


class Place(GlobalStep):
    """The place of each row among all, from the end."""

    @property
    def outputs(self):
        return ["place"]

    def process(self, inputs: StepInput):
        yield [{**row, "place": i} for i, row in enumerate(reversed(inputs))]


class Numbers(GeneratorStep):
    """x from `offset` to n; after an empty last batch, distilabel would wait for ever."""

    n: int = 8

    @property
    def outputs(self):
        return ["x"]

    def process(self, offset: int = 0):
        for start in range(offset, self.n, 3):
            yield [{"x": x} for x in range(start, min(self.n, start + 3))], start + 3 >= self.n


class Artist(Step):
    """Saves an artifact."""

    def process(self, inputs: StepInput):
        text = str([row["x"] for row in inputs])
        self.save_artifact("list", lambda folder: (folder / "x.txt").write_text(text))
        yield inputs


@step(inputs=["x"], outputs=["square"])
def Square(inputs: StepInput):  # noqa: N802
    for row in inputs:
        row["square"] = row["x"] ** 2
    yield inputs


def numbers(n: int = 10, **options: Any) -> LoadDataFromDicts:
    return LoadDataFromDicts(data=[{"x": i} for i in range(n)], **options)


def asked(n: int = 7, **options: Any) -> LoadDataFromDicts:
    data = [{"instruction": f"question {i}", "group": i % 2} for i in range(n)]
    return LoadDataFromDicts(data=data, **options)


# ---- pipelines ----
@case
def batches_of_different_sizes(Class):
    with Class("c") as pipeline:
        numbers(11, batch_size=4) >> Sizes(input_batch_size=3) >> Add(input_batch_size=5)
    return pipeline, {}


@case
def fan_out_to_leaves_at_different_depths(Class):
    with Class("c") as pipeline:
        load, one = numbers(7, batch_size=3), Add(name="one", input_batch_size=2)
        two, deep = Add(name="two", amount=2), Sizes(name="deep", input_batch_size=4)
        load >> [one, two]
        two >> deep
    return pipeline, {}


@case
def join_of_branches(Class):
    with Class("c") as pipeline:
        branches = [Add(name=f"add{i}", amount=i, input_batch_size=i) for i in (1, 2, 3)]
        numbers(9, batch_size=4) >> branches >> GroupColumns(columns=["y"], input_batch_size=2)
    return pipeline, {}


@case
def join_of_generators(Class):
    with Class("c") as pipeline:
        loads = [numbers(6, name="a", batch_size=1), numbers(6, name="b", batch_size=4)]
        loads >> GroupColumns(columns=["x"], output_columns=["xs"], input_batch_size=2)
    return pipeline, {}


@case
def routing_and_convergence(Class):
    turn = iter(range(99))

    @routing_batch_function()
    def route(steps):
        skipped = next(turn) % 3
        return [name for i, name in enumerate(steps) if i != skipped]

    with Class("c") as pipeline:
        tasks = [TextGeneration(name=f"t{i}", llm=Reverse(), input_batch_size=2) for i in range(3)]
        group = GroupColumns(columns=["generation"], input_batch_size=2)
        asked(13, batch_size=4) >> route >> tasks >> group
    return pipeline, {}


@case
def routing_to_leaves(Class):
    turn = iter(range(99))

    @routing_batch_function()
    def route(steps):
        return [sorted(steps)[next(turn) % 2]]

    with Class("c") as pipeline:
        leaves = [
            Add(name="high", amount=100, input_batch_size=2),
            Add(name="low", input_batch_size=1),
        ]
        numbers(8, batch_size=2) >> route >> leaves
    return pipeline, {}


@case
def several_generations_in_rows_of_their_own(Class):
    with Class("c") as pipeline:
        task = TextGeneration(llm=Reverse(), num_generations=3, input_batch_size=2)
        asked(5) >> task >> Sizes(input_batch_size=4)
    return pipeline, {}


@case
def several_generations_in_one_row(Class):
    with Class("c") as pipeline:
        task = TextGeneration(llm=Reverse(), num_generations=3, group_generations=True)
        asked(5) >> task >> ExpandColumns(columns=["generation"], input_batch_size=2)
    return pipeline, {}


@case
def global_step_in_the_middle(Class):
    with Class("c") as pipeline:
        numbers(7, batch_size=3) >> Add(input_batch_size=2) >> Place() >> Sizes(input_batch_size=4)
    return pipeline, {}


@case
def global_step_behind_two(Class):
    with Class("c") as pipeline:
        branches = [Add(name="one"), Add(name="two", amount=2)]
        numbers(5, batch_size=2) >> branches >> GroupColumns(columns=["y"]) >> Place()
    return pipeline, {}


@case
def generator_step(Class):
    with Class("c") as pipeline:
        Numbers(name="numbers") >> Add(input_batch_size=4)
    return pipeline, {}


@case
def decorated_steps(Class):
    with Class("c") as pipeline:
        numbers(5, batch_size=3) >> Square(name="square", input_batch_size=2)
    return pipeline, {}


@case
def input_and_output_mappings(Class):
    with Class("c") as pipeline:
        add = Add(input_mappings={"x": "z"}, output_mappings={"y": "next"})
        again = Add(name="again", input_mappings={"x": "next"}, output_mappings={"y": "x"})
        numbers(4, output_mappings={"x": "z"}) >> add >> again
    return pipeline, {}


@case
def a_mapping_onto_a_column_that_is_there(Class):
    data = [{"instruction": f"old {i}", "question": f"new {i}"} for i in range(4)]
    with Class("c") as pipeline:
        task = TextGeneration(llm=Reverse(), input_mappings={"instruction": "question"})
        LoadDataFromDicts(data=data) >> task
    return pipeline, {}


@case
def artifacts(Class):
    with Class("c") as pipeline:
        numbers(3) >> Artist(name="artist") >> Add()
    return pipeline, {}


@case
def load_groups(Class):
    with Class("c") as pipeline:
        one, two = Add(name="one"), Sizes(name="two", input_batch_size=3)
        numbers(7, batch_size=2) >> one >> two >> KeepColumns(name="three", columns=["y", "size"])
    return pipeline, {"load_groups": [["one", "two"]]}


@case
def one_step_loaded_at_a_time(Class):
    with Class("c") as pipeline:
        numbers(5, batch_size=2) >> Add(name="one") >> Sizes(name="two", input_batch_size=2)
    return pipeline, {"load_groups": "sequential_step_execution"}


@case
def a_step_that_fails_on_a_row(Class):
    with Class("c") as pipeline:
        numbers(6) >> NotThree(input_batch_size=1) >> Sizes(input_batch_size=4)
    return pipeline, {} if Class.__name__ == "Pipeline" else {"on_error": "skip"}


@case
def runtime_parameters(Class):
    with Class("c") as pipeline:
        load, task = asked(5, name="load"), TextGeneration(name="answer", llm=Reverse())
        load >> task
    parameters = {"answer": {"llm": {"generation_kwargs": {"suffix": "!"}}}}
    return pipeline, {"parameters": {**parameters, "load": {"batch_size": 2}}}


@case
def rows_given_to_run(Class):
    with Class("c") as pipeline:
        Sizes(input_batch_size=4) >> Add()
    return pipeline, {"dataset": [{"x": i} for i in range(9)], "dataset_batch_size": 5}


@case
def rows_dropped_and_multiplied(Class):
    with Class("c") as pipeline:
        (
            numbers(12, batch_size=5)
            >> Even(input_batch_size=1)
            >> Times(input_batch_size=4)
            >> Sizes(input_batch_size=3)
        )
    return pipeline, {}


@case
def columns_combined_merged_and_kept(Class):
    with Class("c") as pipeline:
        two = [
            Add(name="one", output_mappings={"y": "a"}),
            Add(name="two", amount=2, output_mappings={"y": "b"}),
        ]
        merge = MergeColumns(columns=["a", "b"], output_column="both")
        (
            numbers(5, batch_size=2)
            >> two
            >> CombineOutputs()
            >> merge
            >> KeepColumns(columns=["x", "both"])
        )
    return pipeline, {}


@case
def tasks_of_the_course(Class):
    with Class("c") as pipeline:
        llm = Reverse()
        ask = SelfInstruct(llm=llm, num_instructions=2, input_batch_size=3)
        expand = ExpandColumns(columns={"instructions": "instruction"})
        answer = TextGeneration(llm=llm, output_mappings={"generation": "response"})
        evolve = EvolQuality(llm=llm, num_evolutions=1, input_batch_size=3)
        merge = MergeColumns(columns=["response", "evolved_response"], output_column="generations")
        judge = UltraFeedback(llm=Rate(), aspect="overall-rating")
        data = [{"input": f"text {'a' * i}"} for i in range(5)]
        LoadDataFromDicts(data=data) >> ask >> expand >> answer >> evolve >> merge >> judge
    return pipeline, {}


# ---- what comes out ----
def outcome(Class: Any, name: str) -> dict[str, Any]:
    """The columns, types and rows of each leaf, and the texts of the artifacts."""
    pipeline, options = CASES[name](Class)
    made = pipeline.run(use_cache=False, **options)
    leaves = {}
    for leaf in sorted(made):
        data = made[leaf]["train"]
        data = data.select_columns([c for c in data.column_names if c != "distilabel_metadata"])
        leaves[leaf] = [data.column_names, str(data.features), data.to_list()]
    files = sorted(made.artifacts_path.rglob("*.txt")) if made.artifacts_path else []
    return {"leaves": leaves, "artifacts": [path.read_text() for path in files]}


def main() -> None:
    """Prints the outcome of each case by distilabel's own pipeline, a line each; ours after it."""
    import time
    import types

    import distilabel.pipeline.base as base
    from distilabel.pipeline import Pipeline

    from smolsynth.pipelines import InProcessPipeline

    # It waits 2.5 s for each stage to load; what is looked at here is rows.
    quick = {**vars(time), "sleep": lambda seconds: time.sleep(min(seconds, 0.05))}
    base.time = types.SimpleNamespace(**quick)
    for name in sys.argv[1:] or CASES:
        theirs = outcome(Pipeline, name)
        ours = outcome(InProcessPipeline, name)  # its queues and loggers are ours now, and closed
        assert ours == theirs, f"{name}: other rows in a process in which distilabel's has run"
        print("CASE " + json.dumps([name, theirs]), flush=True)


if __name__ == "__main__":
    import conformance_steps  # the classes of a module, not of `__main__`

    conformance_steps.main()
