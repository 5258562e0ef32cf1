"""Tokens per second of the bundled model by each route, and the engine's distance from the limit.

    python benchmarks/throughput.py [--prompts 256] [--rounds 5] [--quick]

Same model, same prompts, greedy, answers of 64 tokens at most:

- engine: `load_llm("bundled")`, CTranslate2 in int8
- batched: `load_llm("transformers:FOLDER")`
- generate: a plain `model.generate`, 32 prompts at a time
- served: `transformers serve --continuous-batching`, 64 requests in flight (if it can run)
- shipped: distilabel's `TransformersLLM`, which goes one by one (on an eighth of the prompts)

Rounds take turns; figures are medians. The limit is a product of large int8 matrices on the same
cores: the share says how much of it the engine reaches. The last line is JSON. `routes.py` compares
the local routes on a real model.
"""

import argparse
import json
import math
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager

NEW_TOKENS = 64
BATCH = 32
SHIPPED_SHARE = 8  # of so many prompts, one goes by the slow route
ENV = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error"}


def conversations(number: int) -> list[list[dict]]:
    """Questions about the bundled seed documents, short and long by turns."""
    from smolsynth import seeds

    documents = seeds.documents("en")
    made = []
    for i in range(number):
        row = documents[i % len(documents)]
        first = row["document"].split(".")[0]
        text = row["document"] if i % 2 else f"What do you know about this? {first}."
        made.append([{"role": "user", "content": text}])
    return made


@contextmanager
def served(folder: str) -> Iterator[str | None]:
    """Base URL of `transformers serve` on a free port; `None` if it doesn't start."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        *(sys.executable, "-m", "transformers.cli.transformers", "serve", folder),
        *("--continuous-batching", "--device", "cpu", "--host", "127.0.0.1", "--port", str(port)),
        # a small cache: attention on a CPU reads all of it
        *("--cb-block-size", "32", "--cb-num-blocks", "512", "--cb-max-batch-tokens", "512"),
    ]
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            while server.poll() is None:
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2).close()
                    break
                except OSError:
                    time.sleep(0.5)
            yield f"http://127.0.0.1:{port}/v1" if server.poll() is None else None
        finally:
            server.kill()
            server.wait()


def routes(folder: str, url: str | None) -> dict[str, Callable[[list], int]]:
    """Per route a function that answers conversations and returns how many tokens it wrote."""
    import torch
    from distilabel.models.llms import TransformersLLM
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from smolsynth.llms import load_llm

    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    options = {"temperature": 0.0, "max_new_tokens": NEW_TOKENS}

    def counted(answers: list[str]) -> int:
        return sum(len(ids) for ids in tokenizer(answers, add_special_tokens=False)["input_ids"])

    def by(llm, **kwargs) -> Callable[[list], int]:
        llm.load()

        def answer(rows: list) -> int:
            return counted([o["generations"][0] for o in llm.generate(rows, **kwargs)])

        return answer

    def generate(rows: list) -> int:
        texts = []
        for start in range(0, len(rows), BATCH):
            inputs = tokenizer.apply_chat_template(
                rows[start : start + BATCH],
                add_generation_prompt=True,
                padding=True,
                return_tensors="pt",
                return_dict=True,
            )
            with torch.inference_mode():
                ids = model.generate(**inputs, max_new_tokens=NEW_TOKENS, do_sample=False)
            new = ids[:, inputs["input_ids"].shape[1] :]
            texts += tokenizer.batch_decode(new, skip_special_tokens=True)
        return counted(texts)

    made = {
        "engine": by(load_llm("bundled"), **options),
        "batched": by(load_llm(f"transformers:{folder}"), **options),
        "generate": generate,
    }
    if url:
        llm = load_llm(f"openai:{url}#{folder}")
        llm.max_concurrency = 64
        made["served"] = by(llm, **options)
    shipped = TransformersLLM(model=folder, torch_dtype="float32")
    made["shipped"] = by(shipped, max_new_tokens=NEW_TOKENS, do_sample=False)
    return made


def operations(folder: str, rows: list, written: int) -> float:
    """Multiplications and additions that answers need at least: every weight, once per token.

    The output layer is needed for written tokens only, the input embedding for none; attention,
    small at these lengths, is left out.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder)
    head = model.config.vocab_size * model.config.hidden_size
    layers = sum(p.numel() for p in model.model.layers.parameters())
    read = sum(
        len(tokenizer.apply_chat_template(row, add_generation_prompt=True)["input_ids"])
        for row in rows
    )
    return 2.0 * (layers * (read + written) + head * written)


def matrix_limit(seconds: float = 1.0) -> float:
    """Operations per second of products of large int8 matrices on all cores."""
    import torch

    size, done = 1536, 0
    a, b = (torch.randint(-99, 99, (size, size), dtype=torch.int8) for _ in "ab")
    torch._int_mm(a, b)
    begun = time.perf_counter()
    while time.perf_counter() - begun < seconds:
        torch._int_mm(a, b)
        done += 1
    return 2.0 * size**3 * done / (time.perf_counter() - begun)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--prompts", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="64 prompts, one round")
    args = parser.parse_args()
    if args.quick:
        args.prompts, args.rounds = 64, 1
    os.environ.update(ENV)

    import smolsynth  # noqa: F401  before distilabel
    from smolsynth.llms import MODELS

    folder = str(MODELS / "tutor")
    rows = conversations(args.prompts)
    few = rows[:: SHIPPED_SHARE + 1] if args.prompts > SHIPPED_SHARE else rows  # short and long
    with served(folder) as url:
        answer = routes(folder, url)
        speed: dict[str, list[float]] = {name: [] for name in answer}
        limits, reached = [], []
        for run in answer.values():
            run(rows[:2])  # what is made once
        for _ in range(args.rounds):
            limits.append(matrix_limit())
            for name, run in answer.items():
                asked = few if name == "shipped" else rows
                begun = time.perf_counter()
                written = run(asked)
                seconds = time.perf_counter() - begun
                speed[name].append(written / seconds)
                if name == "engine":
                    reached.append(operations(folder, rows, written) / seconds)
    medians = {name: statistics.median(values) for name, values in speed.items()}
    print(f"{'route':10}{'tokens/s':>10}{'x shipped':>11}{'x generate':>12}")
    for name, value in medians.items():
        times = value / medians["shipped"], value / medians["generate"]
        print(f"{name:10}{value:10,.0f}{times[0]:11.1f}{times[1]:12.2f}")
    engine = statistics.median(reached)
    share = engine / statistics.median(limits)
    print(
        f"The engine does {engine / 1e9:.1f} billion operations per second: {share:.0%} of what"
        " products of large int8 matrices do here."
    )
    result = {name: round(value) for name, value in medians.items()}
    result |= {
        "engine_to_shipped": round(medians["engine"] / medians["shipped"], 1),
        "engine_to_generate": round(medians["engine"] / medians["generate"], 2),
        "batched_to_shipped": round(medians["batched"] / medians["shipped"], 1),
        "batched_to_generate": round(medians["batched"] / medians["generate"], 2),
        "engine_share_of_int8": round(share, 3),
    }
    assert all(math.isfinite(value) for value in result.values())
    print(json.dumps(result))


if __name__ == "__main__":
    main()
