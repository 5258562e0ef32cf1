"""Tokens, time and money: forecast from a sample, counted per step, limited."""

import json
import time
import warnings

import pytest
from openai_server import serve

import smolsynth  # noqa: F401  before distilabel

# isort: split
from distilabel.models.llms.base import LLM
from distilabel.steps import ExpandColumns
from distilabel.steps.tasks import EvolInstruct, SelfInstruct, TextGeneration
from pydantic import Field

from smolsynth import seeds
from smolsynth.errors import StepFailed
from smolsynth.llms import load_llm
from smolsynth.pipelines.forecast import forecast
from smolsynth.pipelines.pipeline import BudgetWarning, InProcessPipeline
from smolsynth.pipelines.usage import Usage

PRICES = {"smolsynth/tutor": (0.5, 1.5), "smolsynth/novice": (0.1, 0.3)}
ROWS = [{"instruction": f"Tell me {i} things about a cat."} for i in range(40)]


def three_steps():
    with InProcessPipeline() as pipeline:
        llm = load_llm(max_new_tokens=96)
        novice = load_llm("bundled:novice", temperature=0, max_new_tokens=64)
        mapped = {"input": "document"}
        ask = SelfInstruct(name="ask", llm=llm, num_instructions=2, input_mappings=mapped)
        expand = ExpandColumns(name="expand", columns={"instructions": "instruction"})
        evolve = EvolInstruct(name="evolve", llm=llm, num_evolutions=1)
        ask >> expand >> evolve >> TextGeneration(name="answer", llm=novice)
    return pipeline


def answers(batch=4, llm=None):
    with InProcessPipeline() as pipeline:
        llm = llm or load_llm(temperature=0, max_new_tokens=16)
        TextGeneration(name="answer", llm=llm, input_batch_size=batch)
    return pipeline


def run(pipeline, rows=ROWS, **options):
    """The rows of a run; a limit that is reached is no error here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BudgetWarning)
        return pipeline.run(dataset=rows, progress=False, **options)["default"]["train"].to_list()


# ---- counting ----
def test_usage_is_what_the_rows_say():
    pipeline = answers()
    made = run(pipeline)
    counted = [
        row["distilabel_metadata"]["statistics_answer"]
        for row in run(answers_with_metadata(), ROWS)
    ]
    use = pipeline.usage["answer", "smolsynth/tutor"]
    assert use.requests == len(made) == 40 and use.uncounted == 0
    assert use.input_tokens == sum(row["input_tokens"] for row in counted) > 0
    assert use.output_tokens == sum(row["output_tokens"] for row in counted) > 0
    assert 0 < use.seconds < 60
    cost = (0.5 * use.input_tokens + 1.5 * use.output_tokens) / 1e6
    assert pipeline.usage.cost(PRICES) == pytest.approx(cost)
    assert pipeline.usage.rows(PRICES)[0]["cost"] == pytest.approx(cost)
    assert "smolsynth/tutor" in str(pipeline.usage)
    assert Usage.from_rows(pipeline.usage.rows()) == pipeline.usage


def answers_with_metadata():
    with InProcessPipeline(enable_metadata=True) as pipeline:
        llm = load_llm(temperature=0, max_new_tokens=16)
        TextGeneration(name="answer", llm=llm, input_batch_size=4)
    return pipeline


def test_each_step_and_model_has_its_own_row():
    pipeline = three_steps()
    documents = seeds.documents("en")[:6]
    run(pipeline, documents)
    assert list(pipeline.usage) == [
        ("ask", "smolsynth/tutor"),
        ("evolve", "smolsynth/tutor"),
        ("answer", "smolsynth/novice"),
    ]
    assert pipeline.usage["ask", "smolsynth/tutor"].requests == 6
    run(pipeline, documents[:1])
    assert pipeline.usage["ask", "smolsynth/tutor"].requests == 1  # of the last run


def test_chunks_add_up_and_a_run_gone_on_with_counts_all(tmp_path):
    pipeline = answers()
    run(pipeline)
    wanted = pipeline.usage.tokens
    for _ in range(2):
        pipeline = answers()
        run(pipeline, folder=tmp_path, chunk_size=8)
        assert pipeline.usage.tokens == wanted


# ---- forecast ----
def test_forecast_within_a_quarter_of_the_actual():
    documents = seeds.documents("en")[:200]
    pipeline = three_steps()
    said = forecast(pipeline, documents, PRICES)
    run(pipeline, documents)
    actual = pipeline.usage
    assert said.usage.tokens == pytest.approx(actual.tokens, rel=0.25)
    assert said.cost == pytest.approx(actual.cost(PRICES), rel=0.25)
    for key, use in actual.items():
        assert said.usage[key].tokens == pytest.approx(use.tokens, rel=0.25), key
    assert said.rows == 200 and said.sampled == 64
    assert 0 < said.spent.tokens < 0.5 * actual.tokens
    assert "200 rows" in str(said)
    # Time on a machine that others use is another matter: benchmarks/overhead.py
    assert 0.2 < said.seconds / sum(use.seconds for use in actual.values()) < 5


class SlowToLoad(LLM):
    """Answers at once, once it is loaded."""

    loads: list[int] = Field(default_factory=list)

    @property
    def model_name(self):
        return "slow-to-load"

    def load(self):
        super().load()
        self.loads.append(1)
        time.sleep(1)

    def generate(self, inputs, num_generations=1):
        statistics = {"input_tokens": [1], "output_tokens": [1]}
        return [{"generations": ["text"] * num_generations, "statistics": statistics}] * len(inputs)


def test_forecast_counts_loading_once():
    llm = SlowToLoad()
    rows = [{"instruction": str(i)} for i in range(64_000)]
    said = forecast(answers(batch=50, llm=llm), rows)
    assert len(llm.loads) == 1
    assert 1 < said.seconds < 120  # and not 1,000: once a sample


def test_forecast_asks_for_prices_before_it_spends():
    pipeline = answers()
    with pytest.raises(ValueError, match="no price for 'smolsynth/tutor'"):
        forecast(pipeline, ROWS, {"other": (1, 1)})
    with pytest.raises(ValueError, match="at least one row"):
        forecast(pipeline, [])


# ---- limits ----
def test_a_limit_of_tokens_keeps_what_is_finished():
    whole = answers()
    wanted = run(whole)
    limit = whole.usage.tokens // 2
    pipeline = answers()
    with pytest.warns(BudgetWarning, match="Stopped with .* rows: max_tokens_total"):
        made = pipeline.run(dataset=ROWS, progress=False, max_tokens_total=limit)
    made = made["default"]["train"].to_list()
    assert 0 < len(made) < 40 and made == wanted[: len(made)]
    assert limit <= pipeline.usage.tokens < limit * 1.3  # one batch over, at most
    assert "max_tokens_total" in pipeline.stopped
    assert pipeline.stopped.words("zh").startswith(
        ("再做就要超过 max_tokens", "已经到了 max_tokens")
    )
    run(pipeline)
    assert pipeline.stopped is None


def test_a_limit_of_cost():
    whole = answers()
    run(whole)
    limit = whole.usage.cost(PRICES) / 2
    pipeline = answers()
    made = run(pipeline, max_cost=limit, prices=PRICES)
    assert 0 < len(made) < 40 and "max_cost" in pipeline.stopped
    with pytest.raises(ValueError, match="max_cost needs prices"):
        run(answers(), max_cost=1)
    with pytest.raises(ValueError, match="no price for 'smolsynth/tutor'"):
        run(answers(), max_cost=1, prices={"gpt": (1, 1)})
    with pytest.raises(ValueError, match="two numbers from 0 up"):
        run(answers(), max_cost=1, prices={"smolsynth/tutor": (1, -1)})


def test_with_a_folder_a_larger_limit_goes_on(tmp_path):
    whole = answers()
    wanted = run(whole, folder=tmp_path / "whole", chunk_size=8)
    total = whole.usage.tokens
    for share, least in ((0.1, 0), (0.5, 8), (0.8, 24)):
        pipeline = answers()
        made = run(pipeline, folder=tmp_path / "run", chunk_size=8, max_tokens_total=share * total)
        assert pipeline.stopped and least <= len(made) < 40
        assert made == wanted[: len(made)]
        assert pipeline.usage.tokens <= share * total * 1.3 + 200
    pipeline = answers()
    assert run(pipeline, folder=tmp_path / "run", chunk_size=8) == wanted
    assert pipeline.stopped is None
    # what unfinished chunks had used is not forgotten
    assert total < pipeline.usage.tokens < 1.3 * total
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    assert manifest == json.loads((tmp_path / "whole" / "manifest.json").read_text())


def test_a_chunk_that_won_t_fit_is_not_begun(tmp_path):
    whole = answers()
    run(whole)
    pipeline = answers()
    limit = 0.5 * whole.usage.tokens
    made = run(pipeline, folder=tmp_path, chunk_size=8, max_tokens_total=limit)
    assert len(made) == 16 and pipeline.usage.tokens <= limit
    assert "would be passed" in pipeline.stopped
    assert not (tmp_path / "unfinished.jsonl").exists()


class Silent(LLM):
    """Answers without token counts, as some servers do."""

    @property
    def model_name(self):
        return "silent"

    def generate(self, inputs, num_generations=1):
        return [{"generations": ["text"] * num_generations, "statistics": {}} for _ in inputs]


def test_a_limit_that_can_t_be_kept_is_refused():
    pipeline = answers(llm=Silent())
    run(pipeline)
    assert pipeline.usage["answer", "silent"].uncounted == 40
    with pytest.raises(StepFailed, match="answers without token counts"):
        run(answers(llm=Silent()), max_tokens_total=100)


def test_an_endpoint_s_own_counts():
    with serve(load_llm()) as server:
        llm = load_llm(f"openai:{server.base_url}#tutor", temperature=0, max_new_tokens=8)
        pipeline = answers(llm=llm)
        run(pipeline, ROWS[:6])
    mine = answers(llm=load_llm(temperature=0, max_new_tokens=8))
    run(mine, ROWS[:6])
    assert pipeline.usage["answer", "tutor"].tokens == mine.usage.tokens
