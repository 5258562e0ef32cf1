"""A real server, `transformers serve` with continuous batching, under the bundled model."""

import importlib.util
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
from fault_proxy import KINDS, faults

import smolsynth  # noqa: F401  before distilabel

# isort: split
from distilabel.steps import ExpandColumns, GroupColumns
from distilabel.steps.tasks import EvolInstruct, SelfInstruct, TextGeneration, UltraFeedback

from smolsynth import seeds
from smolsynth.llms import MODELS, load_llm
from smolsynth.pipelines.pipeline import InProcessPipeline

TUTOR = str(MODELS / "tutor")
missing = [p for p in ("fastapi", "uvicorn", "torch") if importlib.util.find_spec(p) is None]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(missing), reason=f"`transformers serve` needs {', '.join(missing)}"),
]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Base URL of a server of this machine, with the bundled tutor."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("served") / "log"
    # By default its key-value cache takes half of the machine's memory.
    command = [
        *(sys.executable, "-m", "transformers.cli.transformers", "serve", TUTOR),
        *("--continuous-batching", "--device", "cpu", "--host", "127.0.0.1"),
        *("--port", str(port), "--cb-block-size", "32", "--cb-num-blocks", "512"),
    ]
    with log.open("wb") as file:
        server = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)
        try:
            for _ in range(240):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2).close()
                    break
                except OSError:
                    assert server.poll() is None, log.read_text("utf-8", "replace")[-2000:]
                    time.sleep(0.5)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.kill()
            server.wait()


def test_greedy_answers_are_those_of_the_engine(served):
    questions = [
        [{"role": "user", "content": f"What is {topic}?"}]
        for topic in ("a cat", "the moon", "salt", "a violin", "rain", "an overlap")
    ]
    options = {"temperature": 0.0, "max_new_tokens": 64}
    outputs = load_llm(f"openai:{served}#{TUTOR}").generate(questions, **options)
    wanted = load_llm().generate(questions, **options)
    same = [a["generations"] == b["generations"] for a, b in zip(outputs, wanted, strict=True)]
    assert sum(same) >= 5  # the engine calculates in int8


@pytest.mark.nightly  # minutes; test_servers and test_llama_cpp guard the same by day
def test_selfinstruct_evolinstruct_ultrafeedback_through_faults(served):
    documents = seeds.documents("en")[:12]
    kinds = tuple(kind for kind in KINDS if kind != "time-out")  # 20 s each
    with faults(served, share=0.3, seed=1, kinds=kinds) as proxy:
        with InProcessPipeline() as pipeline:
            # with no longer answers, no request is slower than the time-out
            llm = load_llm(f"openai:{proxy.base_url}#{TUTOR}", temperature=0, max_new_tokens=160)
            llm.timeout, llm.first_wait, llm.max_retries = 20, 0.05, 12
            llm.max_concurrency = 32
            mapped = {"input": "document"}
            ask = SelfInstruct(name="ask", llm=llm, num_instructions=3, input_mappings=mapped)
            expand = ExpandColumns(name="expand", columns={"instructions": "instruction"})
            evolve = EvolInstruct(name="evolve", llm=llm, num_evolutions=1)
            answers = [
                TextGeneration(name="answer", llm=llm),
                TextGeneration(
                    name="answer-evolved",
                    llm=llm,
                    input_mappings={"instruction": "evolved_instruction"},
                ),
            ]
            group = GroupColumns(
                name="group", columns=["generation"], output_columns=["generations"]
            )
            judge = UltraFeedback(name="judge", llm=llm, aspect="overall-rating")
            ask >> expand >> evolve >> answers >> group >> judge
        made = pipeline.run(dataset=documents, progress=False)["default"]["train"].to_list()
    assert len(made) >= 2 * len(documents)
    none = pipeline.none_counts
    assert not {"ask", "expand", "evolve", "answer", "answer-evolved"} & none.keys(), none
    assert sum(row["ratings"] is not None for row in made) >= 0.9 * len(made)
    assert proxy.most_at_once >= 8
    assert llm.faults == {kind: n for kind, n in proxy.counts.items() if kind != "passed"}
    assert sum(llm.faults.values()) > 20
