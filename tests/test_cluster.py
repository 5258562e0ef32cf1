"""Ray on this machine: the same rows as in process, whatever is lost.

By day with one worker, by night with two more: what the workers do is the same.
"""

import logging
import threading
import time

import pytest

import smolsynth  # noqa: F401  before distilabel

# isort: split
from distilabel.steps.tasks import EvolInstruct, TextGeneration

from smolsynth.cli.main import main
from smolsynth.errors import StepFailed
from smolsynth.llms import load_llm
from smolsynth.pipelines import InProcessPipeline, RefusedWarning
from smolsynth.pipelines.ray import run_on_ray

ray = pytest.importorskip("ray")
pytestmark = pytest.mark.slow
ROWS = [{"instruction": f"Tell me {i} things about a cat."} for i in range(60)]


MEMORY = {"object_store_memory": 100 * 2**20}
QUIET = {"logging_level": logging.ERROR, "log_to_driver": False}


@pytest.fixture(scope="module")
def cluster():
    from ray.cluster_utils import Cluster

    # a dead worker is noticed in seconds
    soon = {"health_check_period_ms": 500, "health_check_failure_threshold": 3}
    head = {"num_cpus": 1, "include_dashboard": False, "_system_config": soon, **MEMORY}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    ray.init(address=cluster.address, **QUIET)
    yield cluster
    ray.shutdown()
    cluster.shutdown()


@pytest.fixture(scope="module")
def workers(cluster):
    """Two more nodes."""
    added = [cluster.add_node(num_cpus=1, **MEMORY) for _ in range(2)]
    cluster.wait_for_nodes()
    return added


def two_steps(temperature=0.0):
    with InProcessPipeline() as pipeline:
        llm = load_llm("bundled:novice", temperature=temperature, max_new_tokens=24)
        evolve = EvolInstruct(name="evolve", llm=llm, num_evolutions=1)
        mapped = {"instruction": "evolved_instruction"}
        evolve >> TextGeneration(name="answer", llm=llm, input_mappings=mapped)
    return pipeline


def in_process(folder, temperature, rows):
    pipeline = two_steps(temperature)
    made = pipeline.run(dataset=rows, folder=folder, chunk_size=4, progress=False)
    return made["default"]["train"].to_list()


def test_same_rows_as_in_process(cluster, tmp_path):
    pipeline = two_steps(0.7)
    made = run_on_ray(pipeline, ROWS[:20], tmp_path / "ray", chunk_size=4)
    wanted = in_process(tmp_path / "here", 0.7, ROWS[:20])
    assert made["default"]["train"].to_list() == wanted
    assert pipeline.usage["answer", "smolsynth/novice"].requests == 20
    # the folder is the same kind: the other way of running goes on with it
    (tmp_path / "ray" / "part-00003.jsonl").unlink()
    assert in_process(tmp_path / "ray", 0.7, ROWS[:20]) == wanted


def test_the_command_makes_the_same_rows(cluster, tmp_path, capsys):
    words = ["generate", "--technique", "magpie", "--model", "bundled:novice", "--rows", "12"]
    assert main([*words, "--output", str(tmp_path / "ray"), "--ray"]) == 0
    assert "12 rows saved" in capsys.readouterr().out
    assert main([*words, "--output", str(tmp_path / "here")]) == 0
    [there] = (tmp_path / "ray").glob("*/train.jsonl")
    [here] = (tmp_path / "here").glob("*/train.jsonl")
    assert there.read_bytes() == here.read_bytes()


def test_a_step_that_fails_on_a_worker_says_so(cluster, tmp_path):
    with InProcessPipeline() as pipeline:
        TextGeneration(name="answer", llm=load_llm("bundled:novice", max_new_tokens=8))
    rows = [*ROWS[:7], {"instruction": 7}]  # a number is no instruction
    with pytest.raises(StepFailed, match="Step 'answer' failed on rows 4 to 7") as error:
        run_on_ray(pipeline, rows, tmp_path, chunk_size=4)
    assert (error.value.step, error.value.rows) == ("answer", range(4, 8))
    # a row that is too long is no failure there either
    rows[-1] = {"instruction": "x " * 5000}
    with pytest.warns(RefusedWarning):
        made = run_on_ray(pipeline, rows, tmp_path / "long", chunk_size=4)
    assert made["default"]["train"]["generation"].count(None) == 1
    assert [row["row"] for row in pipeline.refused] == [7]
    with pytest.raises(ValueError, match="connected to a cluster already"):
        run_on_ray(pipeline, ROWS, tmp_path, "auto")


# By day the tests above run the same tasks, and test_plans takes in chunks in any order.
@pytest.mark.nightly
def test_several_workers_make_the_rows_of_one_process(workers, tmp_path):
    made = run_on_ray(two_steps(0.7), ROWS, tmp_path / "ray", chunk_size=4)
    wanted = in_process(tmp_path / "here", 0.7, ROWS)
    assert made["default"]["train"].to_list() == wanted


# By day test_a_step_that_fails_on_a_worker_says_so sees what comes back from a worker.
@pytest.mark.nightly
def test_one_worker_is_killed_midway(cluster, workers, tmp_path):
    folder = tmp_path / "ray"
    killed = threading.Event()

    def kill_one():
        while len(list(folder.glob("part-*.jsonl"))) < 2:
            time.sleep(0.02)
        cluster.remove_node(workers[0], allow_graceful=False)
        killed.parts = len(list(folder.glob("part-*.jsonl")))
        killed.set()

    killer = threading.Thread(target=kill_one, daemon=True)
    killer.start()
    made = run_on_ray(two_steps(), ROWS, folder, chunk_size=5)
    assert killed.is_set() and killed.parts < 12
    assert [row["instruction"] for row in made["default"]["train"]] == [
        row["instruction"] for row in ROWS
    ]
    assert None not in made["default"]["train"]["generation"]


# By day test_same_rows_as_in_process uses the connection that there is.
@pytest.mark.nightly
def test_it_connects_by_the_address_and_lets_go_again(cluster, tmp_path):
    ray.shutdown()  # this process is connected to none; the address says to which it shall be
    made = run_on_ray(
        two_steps(), ROWS[:6], tmp_path, cluster.address, chunk_size=3, ray_options=QUIET
    )
    assert len(made["default"]["train"]) == 6
    assert not ray.is_initialized()
