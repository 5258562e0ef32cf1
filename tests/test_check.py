"""`check` and `convert` on the command line: what is said, written and returned."""

import json
import re
import tracemalloc

import pytest

from smolsynth import read_rows
from smolsynth.cli.main import main
from smolsynth.quality.report import Report
from tests.test_read import talk

GOOD = [
    ("What is a kettle for?", "A kettle boils water for tea and coffee."),
    ("Name a planet with rings.", "Saturn has bright rings of ice and rock."),
    ("How does a bee find flowers?", "A bee follows colours and scents to the flowers."),
    ("Why do leaves turn red?", "Leaves lose their green pigment in autumn, and red ones stay."),
]
CHINESE = [
    ("水壶是做什么用的？", "水壶用来烧开水，可以泡茶，也可以冲咖啡。"),
    ("哪颗行星有光环？", "土星有明亮的光环，由冰块和岩石组成。"),
]


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


def written(tmp_path, pairs, name="data.jsonl"):
    path = tmp_path / name
    rows = [{"question": q, "answer": a, "id": n} for n, (q, a) in enumerate(pairs)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_a_good_file(tmp_path, capsys):
    assert main(["check", str(written(tmp_path, GOOD)), "--json"]) == 0
    out = capsys.readouterr().out
    assert "4 rows of instruction data, shape question-answer\nkept as they are: id" in out
    assert "No rule is broken." in out
    said = json.loads(out.splitlines()[-1])
    assert {k: said[k] for k in ("shape", "kind", "lang", "rows", "broken", "skipped")} == {
        **{"shape": "question-answer", "kind": "instruction", "lang": "en", "rows": 4},
        **{"broken": [], "skipped": 0},
    }
    assert set(said["faults"].values()) == {0} and said["figures"]["response_tokens_median"] > 5


@pytest.mark.parametrize(("ui", "said"), [("en", "Broken: empty"), ("zh", "违反规则：empty")])
def test_faults_are_counted_shown_and_left_out(ui, said, tmp_path, capsys):
    path = written(tmp_path, [*GOOD, ("What is tea?", "")])
    arguments = ["check", str(path), "--ui", ui, "--json", "--clean", str(tmp_path / "clean")]
    assert main(arguments) == 1
    out = capsys.readouterr().out
    assert said in out and json.loads(out.splitlines()[-1])["faults"]["empty"] == 1
    back = read_rows(tmp_path / "clean")
    assert [row["id"] for row in back.rows] == [0, 1, 2, 3]
    card = (tmp_path / "clean" / "README.md").read_text("utf-8")
    assert "Of 5 rows, 4 have none of the faults that are refused" in card and "empty 1" in card


def test_the_language_is_told_by_the_answers(tmp_path, capsys):
    assert main(["check", str(written(tmp_path, CHINESE)), "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["lang"] == "zh"
    assert main(["check", str(written(tmp_path, CHINESE)), "--lang", "en", "--json"]) == 1
    assert "wrong_language" in json.loads(capsys.readouterr().out.splitlines()[-1])["broken"]


def test_a_large_file_is_told_of_on_the_way(tmp_path, capsys, monkeypatch):
    from smolsynth.cli import progress

    monkeypatch.setattr(progress, "_EVERY", 0)
    path = written(tmp_path, [(f"What is {n}?", f"{n} is a number.") for n in range(1_100)])
    main(["check", str(path), "--json"])
    said = capsys.readouterr()
    assert "1000 rows read …\n" in said.err and "1000 of 1100 rows measured …\n" in said.err
    assert "…" not in said.out.partition("\n\n")[0] and json.loads(said.out.splitlines()[-1])


def test_a_large_file_is_cleaned_and_converted_without_holding_it(tmp_path, monkeypatch):
    monkeypatch.setattr("smolsynth.rows._IN_MEMORY", 10_000)
    monkeypatch.setattr("smolsynth.datasets.sources._READ", 10_000)
    told = Report("instruction", "en", 900)  # what measuring takes is another matter
    monkeypatch.setattr("smolsynth.quality.report.measure", lambda *_, **__: told)
    monkeypatch.setattr("smolsynth.datasets.save.measure", lambda *_, **__: told)
    path = written(tmp_path, [(f"What is {n}?", f"{n} is a number. " * 250) for n in range(900)])
    for command in (["check", "--clean"], ["convert", "--to", "messages"]):
        arguments = [command[0], str(path), *command[1:]]
        main([*arguments, str(tmp_path / f"{command[0]}-before")])  # imports
        tracemalloc.start()
        assert main([*arguments, str(tmp_path / command[0])]) == 0
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        size = (tmp_path / command[0] / "train.jsonl").stat().st_size
        assert size > 3_600_000 and peak < size / 2


def test_a_folder_that_is_there_is_refused_before_the_file_is_read(tmp_path, capsys):
    for command in (["check", "--clean"], ["convert", "--to", "messages"]):
        arguments = [command[0], str(tmp_path / "none.jsonl"), *command[1:], str(tmp_path)]
        assert main(arguments) == 1
        said = capsys.readouterr().err
        assert "exists already" in said and "none.jsonl" not in said
        assert main([*arguments, "--ui", "zh"]) == 1
        assert f"{tmp_path} 已经有了，里面的东西没有动" in capsys.readouterr().err


def test_verdicts_are_cleaned_too(tmp_path, capsys):
    rows = [{"prompt": q, "completion": a, "label": n % 2 == 0} for n, (q, a) in enumerate(GOOD)]
    rows.append({"prompt": "What is tea?", "completion": "", "label": True})
    (tmp_path / "x.json").write_text(json.dumps(rows), encoding="utf-8")
    clean = tmp_path / "clean"
    assert main(["check", str(tmp_path / "x.json"), "--clean", str(clean)]) == 1
    back = read_rows(clean)
    assert (back.kind, [row["label"] for row in back.rows]) == ("kto", [True, False] * 2)
    card = (clean / "README.md").read_text("utf-8")
    assert "4 verdicts on responses" in card and "| good ones | 2 |" in card
    assert "KTOTrainer" in card and "Of 5 rows, 4 have none" in card
    assert main(["check", str(clean), "--clean", str(tmp_path / "again")]) == 0


@pytest.mark.parametrize(
    ("ui", "said"),
    [
        (
            "en",
            (
                "row 2: a statement: 他不想来。",
                "characters in the instruction",
                "duplicate (the row",
            ),
        ),
        (
            "zh",
            ("第 2 行：只是陈述：他不想来。", "指令字数：", "duplicate（与前面的某一行几乎重复）"),
        ),
    ],
)
def test_rows_of_one_language_are_told_of_in_the_other(ui, said, tmp_path, capsys):
    path = written(tmp_path, [*CHINESE, ("他不想来。", "那就随他去吧，不必勉强。"), CHINESE[0]])
    assert main(["check", str(path), "--ui", ui, "--html", str(tmp_path / "r.html")]) == 1
    out = capsys.readouterr().out
    for words in said:
        assert words in out
    page = (tmp_path / "r.html").read_text("utf-8")
    assert said[1] in page and "tokens" not in page


def test_english_rows_are_counted_in_words_for_who_reads_chinese(tmp_path, capsys):
    assert main(["check", str(written(tmp_path, GOOD)), "--ui", "zh"]) == 0
    assert "回答词数：" in capsys.readouterr().out


def test_what_goes_wrong_is_said_in_chinese(tmp_path, capsys):
    (tmp_path / "x.jsonl").write_text('{"question": "a", "answer": 3}')
    assert main(["check", str(tmp_path / "x.jsonl"), "--ui", "zh"]) == 2
    assert "1 行中有 1 行不能按 question-answer 读取" in capsys.readouterr().err
    path = str(written(tmp_path, GOOD))
    assert main(["convert", path, str(tmp_path / "o"), "--to", "kto", "--ui", "zh"]) == 2
    assert "kto 格式放不下 instruction 类的数据" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"question": "猫"'.encode(), "这里缺逗号"),
        ('{"question": "猫是什么？"}'.encode("gb18030"), "指明编码，如 --encoding gb18030。"),
    ],
)
def test_what_can_not_be_read_is_said_in_the_words_of_a_command(text, said, tmp_path, capsys):
    (tmp_path / "x.jsonl").write_bytes(text)
    assert main(["check", str(tmp_path / "x.jsonl"), "--ui", "zh"]) == 2
    assert said in capsys.readouterr().err


def test_what_can_t_be_read_ends_with_2_and_one_sentence(tmp_path, capsys):
    (tmp_path / "x.jsonl").write_text('{"body": "a"}\n')
    for command in (["check"], ["convert", "--to", "messages"]):
        more = [str(tmp_path / "out")] if command[0] == "convert" else []
        assert main([command[0], str(tmp_path / "x.jsonl"), *more, *command[1:]]) == 2
        assert "those of no shape" in capsys.readouterr().err
    assert main(["check", str(tmp_path / "none.jsonl")]) == 2


def test_rows_left_out_keep_the_numbers_of_the_file(tmp_path, capsys):
    path = written(tmp_path, [*GOOD, ("What is tea?", "")])
    lines = path.read_text("utf-8").splitlines()
    lines[1] = '{"question": "a", "answer": 3}'
    path.write_text("\n".join(lines), encoding="utf-8")
    assert main(["check", str(path)]) == 2
    assert "row 1: answer: expected text, found int 3" in capsys.readouterr().err
    assert main(["check", str(path), "--skip"]) == 1
    out = capsys.readouterr().out
    assert "Left out, since they can't be read: 1 row; the first: row 1" in out
    assert re.search(r"empty +1 +0 ✗ +row 4:", out)


def test_evaluation_questions_and_seeds_are_looked_for(tmp_path, capsys):
    path = written(tmp_path, GOOD)
    (tmp_path / "held.txt").write_text("Why do leaves turn red?\n", encoding="utf-8")
    evaluation = written(tmp_path, GOOD[:1], "held.jsonl")
    for file in (tmp_path / "held.txt", evaluation):
        assert main(["check", str(path), "--evaluation", str(file), "--json"]) == 1
        said = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert said["broken"] == ["in_evaluation"] and said["faults"]["in_evaluation"] == 1
    assert main(["check", str(path), "--seeds", str(tmp_path / "held.txt")]) == 1


def test_the_page_needs_nothing_else_and_escapes_all_texts(tmp_path):
    bad = ("<script>alert(1)</script> What?", "<img src=x onerror=alert(2)> I’m sorry, I can’t.")
    path = written(tmp_path, [*GOOD, (bad[0], ""), bad])
    assert main(["check", str(path), "--html", str(tmp_path / "r.html"), "--ui", "zh"]) == 1
    page = (tmp_path / "r.html").read_text("utf-8")
    assert '<html lang="zh">' in page and "&lt;script&gt;alert(1)" in page
    assert "<script" not in page and "<img" not in page
    assert not re.search(r"(src|href)\s*=|url\(|@import", page.replace("&lt;img src=x", ""))


def test_convert_writes_what_the_trainer_takes(tmp_path, capsys):
    path = written(tmp_path, GOOD)
    out = tmp_path / "out"
    assert main(["convert", str(path), str(out), "--to", "llama-factory"]) == 0
    said = capsys.readouterr().out
    assert f"4 rows written to {out}: train.jsonl, dataset_info.json" in said
    assert read_rows(out / "train.jsonl").rows[0]["messages"] == talk(*GOOD[0])
    assert main(["convert", str(path), str(tmp_path / "o"), "--to", "openai", "--ui", "zh"]) == 0
    assert "openai 放不下这些列，已略去：id" in capsys.readouterr().out
    assert main(["convert", str(path), str(tmp_path / "k"), "--to", "kto"]) == 2
    assert "no place for rows of instruction data" in capsys.readouterr().err
    assert main(["convert", str(path), str(out), "--to", "messages"]) == 1  # it is there already


def test_a_talk_that_ends_with_a_call_of_a_tool_is_not_empty(tmp_path, capsys):
    call = {"function": {"name": "weather", "arguments": '{"city": "Wien"}'}}
    turns = [talk("Will it rain?")[0], {"role": "assistant", "tool_calls": [call]}]
    (tmp_path / "x.jsonl").write_text(json.dumps({"messages": turns}), encoding="utf-8")
    assert main(["check", str(tmp_path / "x.jsonl"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["faults"]["empty"] == 0


def test_the_command_offers_every_format():
    from smolsynth.cli.convert import FORMATS
    from smolsynth.datasets import trainers

    assert tuple(trainers.FORMATS) == FORMATS
