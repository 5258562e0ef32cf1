"""`python -m smolsynth`, as a new user runs it."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from datasets import load_dataset

ROOT = Path(__file__).resolve().parent.parent


def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "smolsynth", *arguments],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=280,
    )


def rows_in(folder: Path) -> list[list[dict[str, str]]]:
    lines = (folder / "train.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["messages"] for line in lines]


@pytest.mark.parametrize(("lang", "next_step"), [("en", "Next:"), ("zh", "下一步：")])
def test_it_makes_a_dataset_shows_rows_and_says_what_comes_next(tmp_path, lang, next_step):
    done = run("--lang", lang, "--rows", "120", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "output" / f"instruction_{lang}"
    conversations = rows_in(folder)
    assert len(conversations) == 120
    questions = {turns[0]["content"] for turns in conversations}
    assert len(questions) == 120
    chinese = sum("\u4e00" <= q[0] <= "\u9fff" for q in questions)
    assert chinese > 60 if lang == "zh" else chinese == 0
    assert sorted(path.name for path in folder.iterdir()) == ["README.md", "train.jsonl"]
    assert "jupyter lab notebooks" in done.stdout and next_step in done.stdout
    assert done.stdout.count("instruction │") >= 7  # the first rows, then some of the whole
    assert "Warning" not in done.stderr
    assert load_dataset(str(folder), split="train").column_names == ["messages"]


def test_the_first_rows_come_quickly_and_the_same_seed_gives_the_same_rows(tmp_path):
    """Within 8 s of a cold start on two quiet cores; a busy machine gets three times that."""
    begun = time.perf_counter()
    command = [sys.executable, "-m", "smolsynth", "--rows", "30"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        first = next(line for line in process.stdout if "instruction │" in line)
        seconds = time.perf_counter() - begun
        process.stdout.read()
    assert first and process.returncode == 0
    assert seconds < 24
    assert run("--rows", "30", cwd=tmp_path).returncode == 0
    one, two = (tmp_path / "output" / name for name in ("instruction_en", "instruction_en-2"))
    assert rows_in(one) == rows_in(two)  # and the first folder was not overwritten


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--rows", "0"], "rows must be 1 or more"),
        (["--model", "gpt"], "names no model"),
        (["--model", "transformers:/no/such/folder"], "folder"),
        (["--model", "openai:http://127.0.0.1:9/v1#m"], "127.0.0.1:9"),
        (["--lang", "fr"], "invalid choice"),
        (["--rows", "many"], "invalid int"),
    ],
)
def test_bad_input_gets_one_clear_sentence_and_leaves_nothing_behind(tmp_path, arguments, said):
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_model_that_writes_garbage_is_reported_not_hidden(tmp_path, random_model):
    done = run("--rows", "8", cwd=tmp_path, SMOLSYNTH_LLM=f"transformers:{random_model}")
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 1)  # garbage is data, unless every row of it is empty
    assert ("Dropped on the way" in done.stdout) or ("No usable row" in done.stderr)
