"""Runs of many rows on a Ray cluster: chunks go to its workers, finished ones come back as files.

distilabel's own `Pipeline.ray()` makes an actor of each step and never asks whether it lives, so a
lost worker leaves the run waiting for good. Here a chunk is a Ray task that runs the whole pipeline
in its worker; Ray starts it again elsewhere if the worker is lost. Rows, seeds and files are those
of `InProcessPipeline.run(folder=…)`, so either can go on with what the other has begun.
"""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from distilabel.distiset import Distiset

from smolsynth.pipelines.chunked import Executor
from smolsynth.pipelines.chunks import Chunk, ChunkResult
from smolsynth.pipelines.pipeline import InProcessPipeline
from smolsynth.pipelines.refusals import MAX_ERRORS, OnError
from smolsynth.pipelines.runner import Options

TRIES = 5  # workers that one chunk may lose


def run_on_ray(
    pipeline: InProcessPipeline,
    dataset: Any,
    folder: str | Path,
    address: str | None = None,
    *,
    chunk_size: int = 1000,
    dataset_batch_size: int = 50,
    cpus: float = 1,
    gpus: float = 0,
    ray_options: dict[str, Any] | None = None,
    on_error: OnError = "raise",
    max_errors: int | None = MAX_ERRORS,
) -> Distiset:
    """Runs a pipeline on a Ray cluster; the same call goes on after any interruption.

    The workers need this package, and the modules of the pipeline's own steps, where Python finds
    them (`ray_options={"runtime_env": {…}}`). The pipeline travels to them pickled, with the key of
    an endpoint if it has one. Set the parameters of its steps before.

    Args:
        pipeline: without generator, and without steps that need all rows or save artifacts.
        dataset: its rows, as for `InProcessPipeline.run`.
        folder: of this machine, for the finished chunks.
        address: of the cluster, as `ray.init` takes it: "auto", "HOST:6379", "ray://HOST:10001".
            `None` uses the one that this process is connected to, else starts one on this machine.
        chunk_size: rows in a chunk.
        dataset_batch_size: rows per batch.
        cpus, gpus: what one chunk asks the cluster for.
        ray_options: for `ray.init`.
        on_error, max_errors: see `InProcessPipeline.run`.

    Returns:
        The rows of all chunks, in the order of `dataset`; see `InProcessPipeline.run`.

    Raises:
        ImportError: Ray is not installed.
        StepFailed: a step raised, on whichever worker.
        RunChanged, RunBusy, OSError: see `InProcessPipeline.run`.
    """
    options = Options(None, dataset_batch_size, on_error=on_error, max_errors=max_errors)
    executor = on_ray(pipeline, address, options, cpus, gpus, ray_options)
    with executor as make_chunks:
        return pipeline.run(
            dataset=dataset,
            folder=folder,
            chunk_size=chunk_size,
            dataset_batch_size=dataset_batch_size,
            progress=False,
            executor=make_chunks,
            on_error=on_error,
            max_errors=max_errors,
        )


@contextmanager
def on_ray(
    pipeline: InProcessPipeline,
    address: str | None = None,
    options: Options = Options(),  # noqa: B008  frozen
    cpus: float = 1,
    gpus: float = 0,
    ray_options: dict[str, Any] | None = None,
) -> Iterator[Executor]:
    """While it lasts, there is an executor for the pipeline's `run` and `stream`; see `run_on_ray`.

    Raises:
        ImportError: Ray is not installed.
        ConnectionError: no cluster there.
    """
    try:
        import ray
        from ray import cloudpickle
    except ImportError:
        raise ImportError(
            "Runs on a cluster need Ray: run `pip install 'smolsynth[ray]'`."
        ) from None
    is_mine = not ray.is_initialized()
    if is_mine:
        ray.init(address=address, **{"include_dashboard": False, **(ray_options or {})})
    elif address is not None:
        raise ValueError("This process is connected to a cluster already: leave out the address.")
    try:
        pickled = ray.put(cloudpickle.dumps(pipeline))
        task = ray.remote(_make).options(max_retries=TRIES, num_cpus=cpus, num_gpus=gpus)

        def executor(
            chunks: Iterator[Chunk],
        ) -> Generator[tuple[int, ChunkResult], None, None]:
            running: dict[Any, int] = {}
            try:
                while True:
                    # a chunk waits for each that is at work, and no more: they hold memory
                    most = max(2, int(2 * ray.cluster_resources().get("CPU", 1) / max(cpus, 0.1)))
                    while len(running) < most and (chunk := next(chunks, None)):
                        running[task.remote(pickled, chunk, options)] = chunk.number
                    if not running:
                        return
                    [done], _ = ray.wait(list(running), num_returns=1)
                    yield running.pop(done), ray.get(done)
            finally:
                for left in running:
                    ray.cancel(left)

        yield executor
    finally:
        if is_mine:
            ray.shutdown()


def _make(pickled: bytes, chunk: Chunk, options: Options) -> ChunkResult:
    """One chunk, in a worker."""
    from ray import cloudpickle

    return cloudpickle.loads(pickled).make_chunk(chunk, options)
