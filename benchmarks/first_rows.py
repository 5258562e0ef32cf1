"""From a cold start to the first rows: the bundled model, and a model of usual size, on this CPU.

    python benchmarks/first_rows.py [--rows 5] [--rounds 3] [--quick]

Each run is a new process that imports, loads, and answers so many questions in 64 tokens at most,
through a pipeline: with `load_llm("bundled")`, and with distilabel's `TransformersLLM` on a model
of SmolLM2-1.7B's shape (24 layers of 2,048) and random weights, made once, in bfloat16 (3.4 GB on
the disk, and about as much in memory). Its text is noise, but takes as long as sense would. Seconds
of the whole process; the cases take turns; the last line is JSON.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

NEW_TOKENS = 64
SHAPE = {  # of HuggingFaceTB/SmolLM2-1.7B
    "hidden_size": 2048,
    "intermediate_size": 8192,
    "num_hidden_layers": 24,
    "num_attention_heads": 32,
    "num_key_value_heads": 32,
    "vocab_size": 49152,
    "max_position_embeddings": 8192,
    "tie_word_embeddings": True,
}


def make_model(folder: Path, small: bool) -> int:
    """Saves a random model with the bundled tokenizer; returns how many parameters it has."""
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    from smolsynth.llms import MODELS

    tokenizer = AutoTokenizer.from_pretrained(MODELS / "tutor")
    tokenizer.save_pretrained(folder)
    shape = {**SHAPE, "num_hidden_layers": 2} if small else SHAPE
    torch.set_default_dtype(torch.bfloat16)
    torch.manual_seed(0)
    model = LlamaForCausalLM(LlamaConfig(**shape, pad_token_id=tokenizer.pad_token_id))
    model.generation_config.eos_token_id = None  # it would end by chance
    model.save_pretrained(folder)
    return model.num_parameters()


def one(case: str, rows: int, folder: str) -> None:
    """A cold start: answers the questions in this process."""
    import smolsynth  # noqa: F401  before distilabel

    # isort: split
    from distilabel.steps.tasks import TextGeneration

    from smolsynth.llms import load_llm
    from smolsynth.pipelines.pipeline import InProcessPipeline

    with InProcessPipeline() as pipeline:
        if case == "bundled":
            llm = load_llm("bundled", temperature=0, max_new_tokens=NEW_TOKENS)
        else:
            from distilabel.models.llms import TransformersLLM

            options = {"max_new_tokens": NEW_TOKENS, "do_sample": False}
            llm = TransformersLLM(model=folder, torch_dtype="bfloat16", generation_kwargs=options)
        TextGeneration(llm=llm)
    questions = ["What is a cat?", "What is salt?", "What is rain?", "What is a violin?"]
    data = [{"instruction": questions[i % len(questions)]} for i in range(rows)]
    made = pipeline.run(dataset=data, progress=False)["default"]["train"]
    assert len(made) == rows and pipeline.none_counts == {}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="one round, a model of 2 layers")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)  # case, folder
    args = parser.parse_args()
    if args.one:
        one(args.one[0], args.rows, args.one[1])
        return
    if args.quick:
        args.rounds = 1
    env = {**os.environ, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error"}
    seconds: dict[str, list[float]] = {"bundled": [], "transformers": []}
    with tempfile.TemporaryDirectory() as folder:
        parameters = make_model(Path(folder), args.quick)
        for _ in range(args.rounds):
            for case, runs in seconds.items():
                command = [sys.executable, __file__, "--one", case, folder]
                begun = time.perf_counter()
                subprocess.run(
                    [*command, "--rows", str(args.rows)], check=True, capture_output=True, env=env
                )
                runs.append(time.perf_counter() - begun)
    medians = {case: statistics.median(runs) for case, runs in seconds.items()}
    print(f"Cold start to {args.rows} rows")
    print(f"bundled tutor                                {medians['bundled']:8.1f} s")
    name = f"random model of {parameters / 1e9:.2f} billion parameters"
    print(f"{name:45}{medians['transformers']:8.1f} s")
    times = medians["transformers"] / medians["bundled"]
    print(f"{times:.1f} x")
    result = {case: round(value, 1) for case, value in medians.items()}
    print(json.dumps({**result, "parameters": parameters, "times": round(times, 1)}))


if __name__ == "__main__":
    main()
