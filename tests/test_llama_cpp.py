"""The real server of llama.cpp, under SmolLM2: what no fake can promise."""

import importlib.util
import socket
import time
import urllib.request

import pytest

import smolsynth  # noqa: F401  before distilabel

# isort: split
from distilabel.steps.tasks import EvolInstruct, Magpie, SelfInstruct, TextGeneration
from pydantic import BaseModel

from smolsynth.errors import LLMUnavailable, RowRefused
from smolsynth.llms import connect, endpoints, load_llm
from smolsynth.llms.smollm2 import gguf_file
from smolsynth.pipelines.pipeline import InProcessPipeline

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not importlib.util.find_spec("xllamacpp"), reason="needs xllamacpp"),
    pytest.mark.skipif(not gguf_file().is_file(), reason="needs `python -m smolsynth get smollm2`"),
]


@pytest.fixture(scope="module")
def spec():
    """How the server is named; it runs as long as these tests."""
    import xllamacpp

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = xllamacpp.CommonParams()
    settings.model.path = str(gguf_file())
    settings.n_parallel, settings.n_ctx, settings.port = 4, 4 * 2048, port
    settings.verbosity = -1
    for part in (settings.cpuparams, settings.cpuparams_batch):
        part.n_threads, part.poll = 1, 0  # spinning threads would take the other tests' core
    server = xllamacpp.Server(settings)
    connect._FOUND.clear()
    endpoints.HABITS.clear()
    base_url = f"http://127.0.0.1:{port}/v1"
    for _ in range(100):
        try:
            urllib.request.urlopen(f"{base_url}/models", timeout=2).close()
            break
        except OSError:
            time.sleep(0.1)
    yield f"openai:{base_url}#SmolLM2"
    del server


def run(step, row):
    """The row that a step makes of a row, and its pipeline."""
    with InProcessPipeline() as pipeline:
        step()
    return pipeline.run(dataset=[row], progress=False)["default"]["train"][0], pipeline


def test_techniques(spec):
    llm = load_llm(spec, temperature=0, max_new_tokens=48)
    asker = load_llm(spec, temperature=0.7, max_new_tokens=48, use_magpie_template=True)
    assert "<|im_start|>" in asker.template  # as the server shows it

    made, pipeline = run(lambda: TextGeneration(llm=llm), {"instruction": "What is rain?"})
    assert "water" in made["generation"]
    (use,) = pipeline.usage.values()
    assert use.input_tokens > 10 and 0 < use.output_tokens <= 48 and use.uncounted == 0
    made, _ = run(lambda: Magpie(llm=asker), {"system_prompt": "You know all about rain."})
    assert made["instruction"] and "<|im" not in made["instruction"] + made["response"]


# By day the test above: for the server these two are chats as any other, with longer prompts.
@pytest.mark.nightly
def test_techniques_with_long_prompts(spec):
    llm = load_llm(spec, temperature=0, max_new_tokens=48)
    made, _ = run(lambda: SelfInstruct(llm=llm), {"input": "rain"})
    assert made["instructions"]
    made, _ = run(lambda: EvolInstruct(llm=llm, num_evolutions=1), {"instruction": "Rain?"})
    assert made["evolved_instruction"]


def test_ends_of_answers_and_stop(spec):
    llm = load_llm(spec, temperature=0)
    talk = [{"role": "user", "content": "Count from 1 to 100."}]
    (cut,) = llm.generate([talk], max_new_tokens=5, temperature=0)
    assert cut["finish_reason"] == ["length"] and cut["statistics"]["output_tokens"] == [5]
    (stopped,) = llm.generate([talk], max_new_tokens=60, temperature=0, stop="3")
    assert "3" not in stopped["generations"][0]
    assert stopped["statistics"]["finish_reason"] == ["stop"]


def test_a_row_too_long_is_refused_by_index_in_the_server_s_words(spec):
    llm = load_llm(spec)
    rows = [[{"role": "user", "content": text}] for text in ("Hi", "word " * 5000, "Ho")]
    with pytest.raises(RowRefused, match=r"inputs\[1\].*(?i:context)") as error:
        llm.generate(rows, max_new_tokens=4)
    assert error.value.index == 1


def test_a_schema_is_kept_to(spec):
    class City(BaseModel):
        name: str
        people: int

    llm = load_llm(spec, temperature=0, max_new_tokens=60)
    llm.structured_output = {"schema": City}
    talk = [{"role": "user", "content": "Name a city and how many people live there, as JSON."}]
    (output,) = llm.generate([talk], **llm.generation_kwargs)
    City.model_validate_json(output["generations"][0])


def test_thinking_off_is_taken(spec):
    llm = load_llm(spec, thinking="off", temperature=0, max_new_tokens=16)
    (output,) = llm.generate([[{"role": "user", "content": "What is salt?"}]])
    assert output["generations"][0] and llm.habits.left_out <= {"reasoning_effort"}


def test_a_wrong_address_is_said(spec):
    url = spec.removeprefix("openai:").partition("#")[0].replace("/v1", "/v9")
    with pytest.raises(LLMUnavailable, match="404.*mostly ends in /v1"):
        load_llm(f"openai:{url}#SmolLM2")
