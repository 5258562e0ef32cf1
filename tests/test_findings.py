"""What is to be found out: right findings pass, hasty ones are told why they are wrong."""

import pytest

from smolsynth.exercises import check_finding
from smolsynth.exercises.findings import false_tie
from smolsynth.seeds import read_data
from smolsynth.student.trials import Trial, Trials

LANGS = ("en", "zh")


def trial(name: str, shares: tuple[float, ...], rows: int = 80, questions: int = 40) -> Trial:
    right = tuple(tuple(i < share * questions for i in range(questions)) for share in shares)
    return Trial(name, tuple(sum(one) / questions for one in right), rows, 1.0, right)


BASE = trial("untrained", (0.1,) * 3, rows=0)
CLEAR = [BASE, trial("a", (0.8, 0.8, 0.825)), trial("b", (0.3, 0.3, 0.325)), trial("c", (0.2,) * 3)]
CLOSE = [*CLEAR[:2], trial("b", (0.75, 0.8, 0.85)), CLEAR[3]]


def codes(case: str, answer, lang: str, **given) -> list[str]:
    report = check_finding(case, answer, lang, **given)
    assert f"exercise-{case}" in repr(report) or report.ok
    return [problem.code for problem in report.problems]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(
    "trials, answer, wanted",
    [
        (CLEAR, ["a"], []),
        (CLEAR, "a", []),
        (CLOSE, ["b", "a"], []),
        (CLOSE, ["a"], ["cannot_tell"]),
        (CLEAR, ["b"], ["clearly_less", "cannot_tell"]),
        (CLEAR, ["a", "b", "c"], ["clearly_less"]),
        (CLEAR, ["untrained"], ["no_names"]),
        (CLEAR, [], ["no_names"]),
        (CLEAR, 3, ["no_names"]),
        (CLEAR[:3], ["a"], ["few_trials"]),
        ([*CLEAR[:3], trial("c", (0.2,) * 3, rows=200)], ["a"], ["unequal_sizes"]),
        ([t if t is BASE else trial(t.name, t.scores[:1]) for t in CLEAR], ["a"], ["few_trials"]),
    ],
)
def test_which_taught_most(trials, answer, wanted, lang):
    made = Trials(trials, questions=40, lang=lang)
    assert codes("taught-most", answer, lang, trials=made) == wanted


def ties(lang: str) -> list[dict]:
    """Of three rows each: both responses true and alike; one of them about something else, or made
    up; both true, one of them saying more."""
    facts: dict[str, list[str]] = {}
    asked: dict[str, str] = {}
    for row in read_data("quiz.jsonl", lang):
        facts.setdefault(row["concept"], []).append(row["fact"].strip(".。"))
        asked.setdefault(row["concept"], row["instruction"])
    names, (end, opening) = list(facts), {"en": (".", "In short: "), "zh": ("。", "简单说，")}[lang]
    made_up = {
        "en": "It swims in a cup of the moon and sings",
        "zh": "它在月亮的杯子里一边游泳一边唱歌",
    }
    found = []
    for i, name in enumerate(names[:9]):
        true, more = facts[name][:2]
        wrong = made_up[lang] if i == 1 else facts[names[i + 20]][0]
        second = (true, wrong, f"{true}{end}{more}")[i % 3]
        texts = [f"{true}{end}", f"{opening}{second}{end}"]
        found.append({"instruction": asked[name], "generations": texts[:: 1 - i % 2 * 2]})
    return found


@pytest.mark.parametrize("lang", LANGS)
def test_which_ties_are_false(lang):
    rows = ties(lang)
    kinds = [false_tie(row, lang) for row in rows]
    assert kinds == [False, True, None] * 3
    false = [row for row, kind in zip(rows, kinds, strict=True) if kind]
    for answer in (false, [row["instruction"] for row in false], [*false, rows[2]]):
        assert codes("false-ties", answer, lang, ties=rows) == []
    for answer, wanted in (
        ([], ["missed_ties"]),
        (rows, ["true_ties"]),
        (rows[:1], ["true_ties", "missed_ties"]),
        (["?"], ["no_ties"]),
        (7, ["no_ties"]),
    ):
        assert codes("false-ties", answer, lang, ties=rows) == wanted
    assert codes("false-ties", [], lang, ties=rows[::3]) == []


def test_not_started_and_what_it_refuses():
    assert not check_finding("false-ties", None).started
    with pytest.raises(ValueError, match="case must be one of"):
        check_finding("the-best", [])
    with pytest.raises(ValueError, match="needs trials"):
        check_finding("taught-most", ["a"])
