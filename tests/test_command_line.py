"""`python -m smolsynth`, as a new user runs it."""

import json
import os
import re
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


def records_in(folder: Path) -> list[dict]:
    lines = (folder / "train.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def rows_in(folder: Path) -> list[list[dict[str, str]]]:
    return [record["messages"] for record in records_in(folder)]


@pytest.mark.parametrize(("lang", "next_step"), [("en", "Next:"), ("zh", "下一步：")])
@pytest.mark.slow
def test_it_makes_both_datasets_shows_rows_and_says_what_comes_next(tmp_path, lang, next_step):
    done = run("--lang", lang, "--rows", "100", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "output" / f"instruction_{lang}"
    conversations = rows_in(folder)
    assert len(conversations) == 100
    questions = {turns[0]["content"] for turns in conversations}
    assert len(questions) == 100
    chinese = sum("\u4e00" <= q[0] <= "\u9fff" for q in questions)
    assert chinese > 50 if lang == "zh" else chinese == 0
    assert load_dataset(str(folder), split="train").column_names == ["messages", "source"]

    folder_of_pairs = tmp_path / "output" / f"preference_{lang}"
    pairs = records_in(folder_of_pairs)
    assert len(pairs) == 100
    for pair in pairs:
        assert [turn["role"] for turn in pair["prompt"]] == ["user"]
        [chosen], [rejected] = pair["chosen"], pair["rejected"]
        assert chosen["role"] == rejected["role"] == "assistant"
        assert chosen["content"].strip() != rejected["content"].strip()
    columns = load_dataset(str(folder_of_pairs), split="train").column_names
    assert columns == ["prompt", "chosen", "rejected", "score_chosen", "score_rejected"]

    for made in (folder, folder_of_pairs):
        names = sorted(path.name for path in made.iterdir())
        assert names == ["README.md", "pipeline.py", "train.jsonl"]
        assert done.stdout.count(made.name) == 1
        card = (made / "README.md").read_text(encoding="utf-8")
        assert "<details><summary>SelfInstruct</summary>" in card and "✗" not in card
    assert not (tmp_path / "output" / ".parts").exists()  # nothing to go on with
    assert "jupyter lab notebooks" in done.stdout and next_step in done.stdout
    assert (
        len(re.findall("^instruction +│", done.stdout, re.MULTILINE)) >= 11
    )  # of both: the first rows, and some of all
    assert "Warning" not in done.stderr


@pytest.mark.slow
def test_the_first_rows_come_quickly_and_the_same_seed_gives_the_same_rows(tmp_path):
    """Within 8 s of a cold start on two quiet cores; a busy machine gets three times that."""
    begun = time.perf_counter()
    arguments = ["--kind", "instruction", "--rows", "30"]
    command = [sys.executable, "-m", "smolsynth", *arguments]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        first = next(line for line in process.stdout if "instruction │" in line)
        seconds = time.perf_counter() - begun
        process.stdout.read()
    assert first and process.returncode == 0
    assert seconds < 24
    assert run(*arguments, cwd=tmp_path).returncode == 0
    one, two = (tmp_path / "output" / name for name in ("instruction_en", "instruction_en-2"))
    assert rows_in(one) == rows_in(two)  # and the first folder was not overwritten


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--rows", "0"], "from 1 to 5,000"),
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


@pytest.mark.slow
def test_a_model_that_writes_garbage_is_reported_not_hidden(tmp_path, random_model):
    spec = f"transformers:{random_model}"
    done = run("--kind", "instruction", "--rows", "8", cwd=tmp_path, SMOLSYNTH_LLM=spec)
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 1)  # garbage is data, unless every row of it is empty
    assert ("Dropped on the way" in done.stdout) or ("No usable row" in done.stderr)


@pytest.mark.slow
def test_a_judge_that_writes_garbage_gives_no_pairs(tmp_path, random_model):
    spec = f"transformers:{random_model}"
    done = run("--kind", "preference", "--rows", "4", cwd=tmp_path, SMOLSYNTH_LLM=spec)
    assert done.returncode == 1
    assert "No usable row" in done.stderr and "Traceback" not in done.stderr
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
