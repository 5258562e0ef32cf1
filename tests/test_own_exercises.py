"""The exercises on one's own data: the rules are those of `measure`, the rest is read and counted.

Every wrong answer is a right one with a single fault, and has to give that one problem only.
"""

import json

import pytest

from smolsynth import exercises
from smolsynth.datasets.convert import to_messages
from smolsynth.datasets.mend import LOG, mend
from smolsynth.datasets.save import save
from smolsynth.exercises import check, own, progress
from smolsynth.exercises.words import MESSAGES
from smolsynth.seeds import documents
from smolsynth.student.quiz import quiz
from smolsynth.student.trials import Trial, Trials
from tests.answers import Hostile

LANGS = ("en", "zh")
SAME = {"response": lambda row, number: "One and the same."}


@pytest.fixture(autouse=True)
def fresh_board(monkeypatch):
    monkeypatch.setattr(exercises, "_latest", {})
    monkeypatch.delenv("SMOLSYNTH_SHORT_TRAINING", raising=False)


def rows(lang="en", count=36):
    """One question about each of so many things, answered from what the world knows."""
    questions = quiz(lang, [row["concept"] for row in documents(lang, count)])
    return [
        {"instruction": row["instruction"], "response": row["fact"], "file": f"{row['topic']}.md"}
        for row in questions[3::8]
    ]


def questions(lang="en", count=24):
    return quiz(lang, [row["concept"] for row in documents(lang, 36)])[4::8][:count]


def folder(path, lang="en", given=None, read=20, log=None):
    given = given or rows(lang)
    verdicts = {number: {} for number in range(read)}
    if read > 1:
        verdicts[1] = {
            "fault": "curt",
            "response": given[2]["response"][:-1] + given[1]["response"],
        }
    mended = mend(given, verdicts)
    return save(
        to_messages(mended.rows if log is None else given, keep=("file",)),
        path / "data",
        lang=lang,
        model="bundled",
        technique="by hand",
        seed=1,
        despite="a test",
        files={LOG: mended.jsonl()} if read else None,
    )


def trials(sizes=(120, 118), seeds=3, asked=24, baseline="exchanged"):
    def one(name, rows, share):
        right = tuple(tuple(n % 10 < 10 * share for n in range(asked)) for _ in range(seeds))
        return Trial(name, tuple(sum(a) / asked for a in right), rows, 1.0, right)

    made = [one("untrained", 0, 0.1), one("mine", sizes[0], 0.6), one("exchanged", sizes[1], 0.2)]
    return Trials(made, asked, "en", [str(n // 2) for n in range(asked)], baseline)


def codes(report):
    return [problem.code for problem in report.problems]


@pytest.mark.parametrize("lang", LANGS)
def test_right_answers_pass_and_say_what_was_measured(tmp_path, lang):
    report = check("own", "turtle", rows(lang), lang)
    assert report.ok and "36" in report.facts[0], report
    assert check("own", "turtle", to_messages(rows(lang), keep=("file",)), lang).ok
    report = check("own", "dog", folder(tmp_path, lang), lang, questions=questions(lang))
    assert report.ok and "20" in report.facts[0] and "24" in report.facts[1], report
    report = check("own", "lion", trials(), lang)
    assert report.ok and "+0.4" in report.facts[0], report
    assert ("zero lies outside" if lang == "en" else "区间不含 0") in report.facts[0]


def test_a_result_of_nothing_is_a_result():
    report = check("own", "lion", trials(baseline="mine"))
    assert report.ok and "-0.4" in report.facts[0]
    same = Trials([t for t in trials() if t.rows], 24, "en", baseline="mine")
    same[1] = Trial("exchanged", same[0].scores, 120, 1.0, same[0].right)
    assert "zero lies within" in check("own", "lion", same).facts[0]


def without_files():
    return [{name: row[name] for name in ("instruction", "response")} for row in rows()]


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (lambda: rows()[:29], ["few_rows"]),
        (without_files, ["missing_column"]),
        (lambda: [row | {"response": [row["response"]]} for row in rows()], ["list_cell"]),
        (lambda: rows()[:30] + rows()[:9], ["rule"]),  # duplicate
        (lambda: [row | {"response": "I am sorry, I don't know."} for row in rows()], None),
        (lambda: [{"messages": ["x", 2], "file": "a.md"}] * 30, ["no_talk"]),
        (lambda: "rows", ["not_a_dataset"]),
        (lambda: [], ["empty_dataset"]),
    ],
)
def test_wrong_rows_give_their_problem(answer, wanted):
    report = check("own", "turtle", answer())
    assert not report.ok
    if wanted is None:  # several rules: each says its own
        assert set(codes(report)) == {"rule"}
        assert any("`refusal`" in problem.message for problem in report.problems)
    else:
        assert codes(report) == wanted, report


def test_a_broken_rule_is_told_in_the_words_of_measure():
    [problem] = check("own", "turtle", rows("zh")[:30] + rows("zh")[:9], "zh").problems
    assert "9 行" in problem.message and "`duplicate`" in problem.message
    assert "good_rows('duplicate')" in problem.message and problem.cell == "quality"
    assert problem.rows == (30, 31, 32) and len(problem.samples) == 3


def test_wrong_folders_give_their_problem(tmp_path):
    def graded(name, **options):
        asked = options.pop("asked", questions())
        (tmp_path / name).mkdir()
        return codes(check("own", "dog", folder(tmp_path / name, **options), questions=asked))

    assert graded("right") == []
    assert graded("small", given=rows()[:29]) == ["few_rows"]
    assert graded("unread", read=0) == graded("hardly", read=19) == ["few_read"]
    assert graded("other", log="the rows from before") == ["log_contradicted"]
    assert (
        graded("untested", asked=()) == graded("few", asked=questions()[:19]) == ["few_questions"]
    )
    leak = [{"instruction": row["instruction"]} for row in rows()[:20]]
    assert graded("leak", asked=leak) == ["rule"]
    assert codes(check("own", "dog", rows(), questions=questions())) == ["no_folder"]
    assert codes(check("own", "dog", tmp_path, questions=questions())) == ["no_folder"]
    data = tmp_path / "right" / "data"
    (data / "train.jsonl").write_text("no rows\n", "utf-8")
    assert codes(check("own", "dog", data, questions=questions())) == ["unreadable"]


@pytest.mark.parametrize(
    "text", ["not JSON", "[1]", '{"row": 1}', "null", '{"row": 1, "action": "left", "was": 2}']
)
def test_a_log_that_is_none_is_no_log(tmp_path, text):
    data = folder(tmp_path)
    (data / LOG).write_text(text + "\n", "utf-8")
    assert codes(check("own", "dog", data, questions=questions())) == ["few_read"]


def test_a_row_is_not_read_twice(tmp_path):
    data = folder(tmp_path, read=10)
    entry = json.loads((data / LOG).read_text("utf-8").splitlines()[0])
    (data / LOG).write_text((json.dumps(entry) + "\n") * 30, "utf-8")
    assert codes(check("own", "dog", data, questions=questions())) == ["few_read"]


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (lambda: trials(sizes=(120, 100)), "no_control"),
        (lambda: trials(baseline="untrained"), "no_control"),
        (lambda: trials(seeds=2), "few_seeds"),
        (lambda: trials(asked=18), "few_questions"),
        (lambda: [*trials()], "not_trials"),
        (lambda: Trials([], 24, "en", baseline="x"), "not_trials"),
        (lambda: 0.6, "not_trials"),
    ],
)
def test_wrong_trials_give_their_problem(answer, wanted):
    assert codes(check("own", "lion", answer())) == [wanted]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("tier", exercises.TIERS)
def test_no_answer_raises(tier, lang, tmp_path):
    (tmp_path / "README.md").write_text("---\n", "utf-8")
    strange = [Hostile(), [Hostile()], object, b"x", {1}, [[]], [{}], [None], {}, (), float("nan")]
    strange += [tmp_path, [{"messages": None, "file": Hostile()}] * 40]
    strange += [[{"instruction": Hostile(), "response": {}, "file": "a"}] * 40]
    strange += [[{"instruction": "\x00", "response": "\ud83d", "file": ""}] * 40]
    for answer in strange:
        report = check("own", tier, answer, lang, questions=questions(lang))
        assert report.problems and not report.ok
        repr(report).encode("utf-8")


def test_every_problem_of_one_s_own_data_is_met():
    import inspect
    import re

    named = set(re.findall(r'sheet\.problem\(\s*"([\w/]+)"', inspect.getsource(own)))
    here = inspect.getsource(inspect.getmodule(test_every_problem_of_one_s_own_data_is_met))
    assert named and {name.split("/")[0] for name in named} <= set(re.findall(r'"(\w+)"', here))
    assert named <= set(MESSAGES)


def test_the_board(tmp_path, capsys):
    check("own", "turtle", rows())
    check("own", "dog", None)
    progress("own")
    said = capsys.readouterr().out
    assert "🐢 ✅ A checked dataset" in said and "exercise-dog" in said
    check("own", "dog", folder(tmp_path), questions=questions())
    check("own", "lion", trials())
    progress("own", "zh")
    assert "三关全部通过" in capsys.readouterr().out
