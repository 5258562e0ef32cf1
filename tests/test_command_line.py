"""`python -m smolsynth`, as a new user runs it."""

import io
import json
import os
import pickle
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from datasets import load_dataset

from smolsynth.cli import generate, progress, studio
from smolsynth.cli.main import COMMANDS, build_parser, main
from smolsynth.errors import LLMUnavailable, RepliesNotUnderstood, StepFailed
from smolsynth.generation.plan import Plan

ROOT = Path(__file__).resolve().parent.parent


def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "smolsynth", *arguments],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        errors="replace",  # of other encodings than this process's
        timeout=280,
    )


def records_in(folder: Path) -> list[dict]:
    lines = (folder / "train.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def rows_in(folder: Path) -> list[list[dict[str, str]]]:
    return [record["messages"] for record in records_in(folder)]


def check_demo(folder_of_both: Path, said: str, lang: str, next_step: str) -> None:
    """Both datasets of the demo, 12 rows each, and what it has said."""
    folder = folder_of_both / f"instruction_{lang}"
    conversations = rows_in(folder)
    assert len(conversations) == 12
    questions = {turns[0]["content"] for turns in conversations}
    assert len(questions) == 12
    chinese = sum("\u4e00" <= q[0] <= "\u9fff" for q in questions)
    assert chinese > 6 if lang == "zh" else chinese == 0
    assert load_dataset(str(folder), split="train").column_names == ["messages", "source"]

    folder_of_pairs = folder_of_both / f"preference_{lang}"
    pairs = records_in(folder_of_pairs)
    assert len(pairs) == 12
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
        # where it lies; the next step names the first one again
        assert said.count(made.name) == 1 + (made == folder)
        card = (made / "README.md").read_text(encoding="utf-8")
        assert "<details><summary>SelfInstruct</summary>" in card and "✗" not in card
    assert not (folder_of_both / ".parts").exists()  # nothing to go on with
    assert re.search(rf"^{next_step}.*smolsynth check \S*{folder.name}$", said, re.MULTILINE)
    # of both: the first rows, and some of all
    assert len(re.findall("^instruction +│", said, re.MULTILINE)) >= 11


@pytest.mark.slow
def test_it_makes_both_datasets_quickly_and_the_same_seed_gives_the_same_rows(
    tmp_path, monkeypatch
):
    """First rows within 8 s of a cold start on two quiet cores; a busy machine gets 24."""
    begun, said = time.perf_counter(), ""
    command = [sys.executable, "-m", "smolsynth", "--rows", "12"]
    with (tmp_path / "errors").open("w") as errors:
        pipes = {"stdout": subprocess.PIPE, "stderr": errors, "text": True}
        with subprocess.Popen(command, cwd=tmp_path, **pipes) as process:
            for line in process.stdout:
                said += line
                if "instruction │" in line:
                    break
            seconds = time.perf_counter() - begun
            said += process.stdout.read()
    assert process.returncode == 0 and seconds < 24
    assert "Warning" not in (tmp_path / "errors").read_text()
    check_demo(tmp_path / "output", said, "en", "Next:")
    monkeypatch.chdir(tmp_path)
    assert main(["--kind", "instruction", "--rows", "12"]) == 0
    one, two = (tmp_path / "output" / name for name in ("instruction_en", "instruction_en-2"))
    assert rows_in(one) == rows_in(two)  # and the first folder was not overwritten


@pytest.mark.slow
@pytest.mark.nightly  # by day, Chinese rows: test_plans.py; its words: test_what_it_says… below
def test_it_makes_both_datasets_in_chinese(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)  # no notebooks here to go on with
    assert main(["--lang", "zh", "--rows", "12", "--output", str(tmp_path / "made")]) == 0
    check_demo(tmp_path / "made", capsys.readouterr().out, "zh", "下一步：")


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
def test_bad_input_gets_one_clear_sentence_and_leaves_nothing_behind(
    tmp_path, arguments, said, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    try:
        status = main(arguments)  # what else it raises would be a traceback
    except SystemExit as stop:  # of argparse
        status = stop.code
    assert status in (1, 2)
    assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--rows", "many"], "--rows：'many' 不是整数"),
        (["--kind", "poem"], "可选：both、instruction、preference"),
        (["--model", "gpt"], "'gpt'。可以写 'bundled'、"),
        (["--llm-options", "{"], "--llm-options 要写成 JSON 对象"),
        (["--llm-options", '{"topk": 1}'], "--llm-options 里没有 topk 这样的选项"),
        (["--llm-options", '{"top_p": 3}'], "top_p 要填大于 0、不超过 1 的数，不能是 3。"),
        (["--llm-options", '{"top_k": [1]}'], "top_k 要填不小于 0 的整数，不能是 [1]。"),
    ],
)
def test_bad_input_is_explained_in_the_language_of_the_rows(arguments, said, capsys):
    try:
        assert main(["--lang", "zh", *arguments]) in (1, 2)
    except SystemExit:  # of argparse
        pass
    assert said in capsys.readouterr().err


def test_bad_input_ends_the_process_with_its_status(tmp_path):
    done = run("--model", "gpt", cwd=tmp_path)
    assert done.returncode == 1 and "names no model" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--rows", "many"], "--rows：'many' 不是整数"),
        (["--rows"], "--rows：后面要写一个值"),
        (["--lang", "fr"], "--lang：不能填 'fr'，可选："),
        (["--bogus"], "不认识的参数：--bogus"),
        (["check"], "还缺参数：FILE"),
    ],
)
def test_wrong_arguments_are_told_in_chinese_as_well(arguments, said, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--ui", "zh", *arguments])
    error = capsys.readouterr().err
    assert stop.value.code == 2 and said in error and "error" not in error


@pytest.mark.parametrize(
    ("ui", "said"), [("en", "Most replies of the judge (8"), ("zh", "8 条读不")]
)
def test_a_judge_that_is_not_understood_ends_with_one_sentence(
    ui, said, tmp_path, capsys, monkeypatch
):
    from smolsynth.generation.run import Generation

    def stopped(self, **options):
        yield
        raise StepFailed("Step 'judge' failed", "judge") from RepliesNotUnderstood(8, 10, "Good.\n")

    monkeypatch.setattr(Generation, "parts", stopped)
    words = ["--ui", ui, "--kind", "preference", "--output", str(tmp_path / "out")]
    assert main(words) == 1
    error = capsys.readouterr().err
    assert said in error and error.endswith("\nGood.\n") and "Step" not in error
    assert not list(tmp_path.rglob("*.jsonl"))


def test_demo_takes_a_subject(tmp_path, capsys, monkeypatch):
    from smolsynth.generation.run import Generation

    plans = []

    def few(self, **options):
        plans.append(self.plan)
        row = {"topic": "t", "instruction": "What is it?", "response": "It is a thing."}
        self.rows = [{"source": "Magpie", **row}]
        yield

    monkeypatch.setattr(Generation, "parts", few)
    words = ["--rows", "1", "--kind", "instruction", "--output", str(tmp_path)]
    assert main([*words, "--about", "rain and kettles"]) == 0
    assert main([*words, "--topic", "weather", "--topic", "space"]) == 0
    assert plans[0].about == "rain and kettles" and plans[1].topics == ("weather", "space")
    assert main([*words, "--about", "Byzantine tax law"]) == 2
    assert "larger model" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["instruction", "preference"])
def test_a_model_that_writes_garbage_is_reported_and_nothing_saved(
    kind, tmp_path, random_model, monkeypatch, capsys
):
    monkeypatch.setenv("SMOLSYNTH_LLM", f"transformers:{random_model}")
    assert main(["--kind", kind, "--rows", "4", "--output", str(tmp_path / "out")]) == 1
    assert "No usable row" in capsys.readouterr().err
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_a_terminal_that_lacks_characters_gets_the_dataset_all_the_same(
    tmp_path, encoding, monkeypatch
):
    errors = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stderr", errors)
    terminal = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", terminal)
    arguments = ["--rows", "4", "--kind", "instruction", "--lang", "zh"]
    arguments += ["--model", "bundled:novice"]
    assert main([*arguments, "--output", str(tmp_path)]) == 0
    terminal.flush()
    assert b"???" in terminal.buffer.getvalue()
    errors.flush()
    said = errors.buffer.getvalue().decode(encoding)
    assert said.count(f"that {encoding}, the encoding of this terminal") == 1
    assert len(rows_in(tmp_path / "instruction_zh")) == 4


def test_what_was_interrupted_goes_on(tmp_path, monkeypatch, capsys):
    from smolsynth.generation.run import Generation

    novice = "bundled:novice"  # the quicker one
    whole = Generation(Plan(technique="mixed", rows=40, model=novice))
    for _ in whole.parts():
        pass
    parts, words = Generation.parts, ["--rows", "40", "--kind", "instruction", "--model", novice]

    def interrupted(self, **options):
        for number, part in enumerate(parts(self, **options)):
            yield part
            if number == 0:
                raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Generation, "parts", interrupted)
        assert main([*words, "--output", str(tmp_path)]) == 130
    assert "the same command goes on" in capsys.readouterr().err
    assert not (tmp_path / "instruction_en").exists()
    [store] = (tmp_path / ".parts").iterdir()
    before = {path.name: path.stat().st_mtime_ns for path in store.glob("part-*")}
    assert len(before) == 1

    kept = []
    monkeypatch.setattr(Generation, "forget", lambda self: kept.append(self))
    assert main([*words, "--output", str(tmp_path)]) == 0
    after = {path.name: path.stat().st_mtime_ns for path in store.glob("part-*")}
    assert before.items() < after.items()  # what was there was read, not made again
    assert kept[0].rows == whole.rows


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (OSError(13, "Permission denied", "ro/.parts"), 1, "ro/.parts: Permission denied."),
        (LLMUnavailable("No such model."), 1, "No such model."),
        (ImportError("pip install it"), 1, "pip install it"),
        (ValueError("It can't be."), 1, "It can't be."),
        (KeyboardInterrupt(), 130, "Stopped."),
        (KeyboardInterrupt("Stopped; go on."), 130, "Stopped; go on."),
    ],
)
def test_whatever_goes_wrong_is_one_sentence(error, status, said, monkeypatch, capsys):
    def fails(args):
        raise error

    monkeypatch.setattr(generate, "run", fails)
    assert main(["generate"]) == status
    shown = capsys.readouterr().err.strip()
    assert shown.startswith(said) and "Errno" not in shown and "\n" not in shown


def test_a_place_that_can_t_be_written_is_told_first_and_in_chinese(tmp_path, monkeypatch, capsys):
    from smolsynth.generation.run import Generation

    monkeypatch.setattr(Generation, "parts", lambda *_, **__: pytest.fail("it has begun"))
    (tmp_path / "file").touch()
    output = ["--output", str(tmp_path / "file" / "under")]
    for command in ([], ["generate"], ["studio", "--no-browser"]):
        assert main([*command, *output]) == 1
        said = capsys.readouterr().err
        assert "file: Not a directory. Choose another place.\n" in said and "Errno" not in said
    monkeypatch.setattr("os.access", lambda *_: False)
    assert main(["--ui", "zh", "--output", str(tmp_path / "new" / "er")]) == 1
    assert f"{tmp_path}：没有权限。换个位置。" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("ui", "said"),
    [("en", "Another program uses port 8866, so it is 8870"), ("zh", "端口 8866 被别的程序占用")],
)
def test_a_busy_port_gets_a_sentence(ui, said, tmp_path, monkeypatch, capsys):
    class Server:
        def __init__(self, command, **options):
            self.command = command

        def wait(self):
            return 0

        def terminate(self): ...

    monkeypatch.setattr(studio, "_free_port", lambda first: 8870)
    monkeypatch.setattr(studio.subprocess, "Popen", Server)
    monkeypatch.setattr(studio.signal, "signal", lambda *_: None)
    words = ["--ui", ui, "studio", "--no-browser", "--output", str(tmp_path)]
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert said in printed and "http://127.0.0.1:8870/" in printed and ":8866" not in printed
    monkeypatch.setattr(studio, "_free_port", lambda first: None)
    assert main(words) == 1
    assert "--port 9000" in capsys.readouterr().err


def test_a_bug_is_not_hidden(monkeypatch):
    def fails(args):
        raise ZeroDivisionError

    monkeypatch.setattr(generate, "run", fails)
    with pytest.raises(ZeroDivisionError):
        main(["generate"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["generat"], "Did you mean generate?"),
        (["--ui", "zh", "generat"], "你要的是不是 generate？"),
        (["--ui=zh", "weather"], "没有“weather”这个命令"),
        (["--rows", "many"], "invalid int"),
        (["generate", "--max-tokens", "0"], "from 1 up"),
    ],
)
def test_a_wrong_word_is_named(words, said, monkeypatch, capsys):
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    with pytest.raises(SystemExit) as stopped:
        main(words)
    assert stopped.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["help"], ["generate", "--help"]])
@pytest.mark.parametrize(("place", "said"), [("zh_CN.UTF-8", "用法："), ("de_DE.UTF-8", "usage:")])
def test_help_speaks_the_language_of_the_system(words, place, said, monkeypatch, capsys):
    monkeypatch.setenv("LC_ALL", place)
    with pytest.raises(SystemExit) as stopped:
        main(words)
    assert stopped.value.code == 0
    assert capsys.readouterr().out.startswith(said)
    other = "zh" if said == "usage:" else "en"
    with pytest.raises(SystemExit):
        main([*words, "--ui", other] if words != ["help"] else ["--ui", other, "help"])
    assert not capsys.readouterr().out.startswith(said)


def test_without_a_command_the_demo_runs_and_speaks_the_language_of_the_rows(monkeypatch):
    from smolsynth.cli import demo

    seen = []
    monkeypatch.setattr(demo, "run", lambda args: seen.append(args) or 0)
    for words in (["--lang", "zh"], ["--ui", "en", "--lang", "zh"], ["demo", "--lang", "zh"], []):
        assert main(words) == 0
    assert [(args.ui, args.lang) for args in seen] == [
        ("zh", "zh"),
        ("en", "zh"),
        ("zh", "zh"),
        ("en", "en"),
    ]
    assert main(["demo", "--ui", "zh"]) == 0 and seen[-1].ui == "zh"


def test_the_parser_imports_nothing_heavy():
    code = "from smolsynth.cli.main import build_parser; build_parser('en')"
    code += "; import sys; print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    for name in ("distilabel", "datasets", "torch", "pandas"):
        assert f"'{name}'" not in done.stdout


class Terminal:
    """A stream that says it is a terminal, and keeps what was written."""

    def __init__(self, terminal: bool) -> None:
        self.text, self.isatty = "", lambda: terminal

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None: ...


def test_progress_writes_over_its_line_in_a_terminal(monkeypatch):
    out = Terminal(True)
    monkeypatch.setattr(sys, "stdout", out)
    with progress.Progress() as shown:
        shown.show("16 of 500 rows, about 100 s left")
        shown.show("已有 32 行")
    assert "\n" not in out.text
    first, second, blank, end = out.text.split("\r")[1:]
    assert first.startswith("16 of") and second == "已有 32 行" + " " * 22
    assert not blank.strip() and not end


def test_progress_is_sparse_in_a_log(monkeypatch):
    out, clock = Terminal(False), iter(range(1000))
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    with progress.Progress() as shown:
        for number in range(100):
            shown.show(f"{number} rows")
    assert 5 <= len(out.text.splitlines()) <= 12 and "\r" not in out.text


def test_every_command_keeps_to_the_form():
    parser = build_parser("en")
    assert parser.parse_args(["demo"]).rows == 500
    for name in COMMANDS:
        module = __import__(f"smolsynth.cli.{name}", fromlist=["run"])
        assert set(module.HELP) == {"en", "zh"} and callable(module.run)


def test_a_run_that_stops_says_why_in_the_language_of_the_person():
    from smolsynth.cli.strings import error_in_words
    from smolsynth.errors import RunChanged, StepFailed
    from smolsynth.pipelines.strings import said

    place = range(3, 6)
    told = said("failed", step="answer", place=place, error=ValueError("no"), first="{}")
    error = pickle.loads(pickle.dumps(StepFailed(told, "answer", place)))  # from a worker
    assert error_in_words(error, "zh").startswith("步骤“answer”在输入的第 3 到 5 行上出错：")
    assert str(error).startswith("Step 'answer' failed on rows 3 to 5 of the input: ValueError: no")
    differences = [said("differs", place="input", one="1", two="2"), said("more", count=3)]
    error = RunChanged(said("changed", folder="run", differences=differences))
    assert "input 原来是 1，现在是 2；另有 3 处。" in error_in_words(error, "zh")
    assert "input was 1 and is 2; 3 more." in error_in_words(error, "en")
