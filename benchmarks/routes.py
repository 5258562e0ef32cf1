"""Tokens per second of SmolLM2-135M by each local route, with the same weights.

    python -m smolsynth get smollm2
    python benchmarks/routes.py [--rounds 1]

- ct2: `smollm2`, CTranslate2 in int8
- gguf: `gguf:FILE`, llama.cpp on the weights as downloaded (4 bits)
- transformers: `transformers:FOLDER`, float32

Greedy, two kinds of work: 16 short questions, each with an answer of 32 tokens at most, and 6
texts to judge after a rubric of some 250 tokens that all share, 12 tokens each. Rounds take turns;
figures are medians. The machine's load stands beside them. The last line is JSON.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from pathlib import Path

RUBRIC = (
    "You rate texts. Give 5 to a text that says what was asked for, without mistakes and without"
    " padding; give 3 to a text that answers in part or wanders; give 1 to a text that answers"
    " another question. Say in one sentence what decided. "
) * 4


def work() -> dict[str, tuple[list, int]]:
    """Per kind of work the conversations, and how many tokens an answer has at most."""
    from smolsynth import seeds

    texts = [row["document"].split(".")[0] + "." for row in seeds.documents("en")[:16]]
    ask = [[{"role": "user", "content": f"What do you know about this? {text}"}] for text in texts]
    judge = [
        [{"role": "system", "content": RUBRIC}, {"role": "user", "content": text}]
        for text in texts[:6]
    ]
    return {"questions": (ask, 32), "rubric": (judge, 12)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=1)
    args = parser.parse_args()
    os.environ.update(HF_HUB_OFFLINE="1")

    import smolsynth  # noqa: F401  before distilabel
    from smolsynth.llms import load_llm
    from smolsynth.llms.convert import save_plain
    from smolsynth.llms.gguf import GGUFLLM
    from smolsynth.llms.smollm2 import gguf_file

    kinds = work()
    with tempfile.TemporaryDirectory() as folder:
        save_plain(str(gguf_file()), Path(folder) / "plain")
        # llama.cpp sets a context aside for each answer: 16 of the usual size are 1.5 GB
        llms = {
            "ct2": load_llm("smollm2"),
            "gguf": GGUFLLM(model=str(gguf_file()), context=1024),
            "transformers": load_llm(f"transformers:{folder}/plain"),
        }
        speed: dict[tuple[str, str], list[float]] = {}
        for llm in llms.values():
            begun = time.perf_counter()
            llm.load()
            llm.generate(kinds["questions"][0][:2], temperature=0, max_new_tokens=2)
            print(f"{llm.model_name} loaded in {time.perf_counter() - begun:.1f} s", flush=True)
        for _ in range(args.rounds):
            for kind, (rows, length) in kinds.items():
                for route, llm in llms.items():
                    begun = time.perf_counter()
                    outputs = llm.generate(rows, temperature=0, max_new_tokens=length)
                    seconds = time.perf_counter() - begun
                    written = sum(sum(o["statistics"]["output_tokens"]) for o in outputs)
                    speed.setdefault((kind, route), []).append(written / seconds)
                    print(f"{kind} {route}: {written} tokens in {seconds:.1f} s", flush=True)
        for llm in llms.values():
            llm.unload()
    medians = {at: statistics.median(values) for at, values in speed.items()}
    print(f"{'work':12}{'route':14}{'tokens/s':>10}{'x transformers':>16}")
    result = {}
    for (kind, route), value in medians.items():
        times = value / medians[kind, "transformers"]
        print(f"{kind:12}{route:14}{value:10,.0f}{times:16.2f}")
        result[f"{kind}_{route}"] = round(value)
        result[f"{kind}_{route}_to_transformers"] = round(times, 2)
    if hasattr(os, "getloadavg"):
        result["load"] = round(os.getloadavg()[0], 1)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
