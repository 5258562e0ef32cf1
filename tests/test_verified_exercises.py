"""The exercises on verified data: a second round, the board, and that every problem is met."""

import inspect
import re

import numpy as np
import pytest

from smolsynth.exercises import check, check_repair, progress, verified
from smolsynth.exercises.words import MESSAGES
from smolsynth.student.trials import Trial, Trials
from tests import test_attack
from tests.answers import LANGS, answer, given

QUESTIONS = 40


def rounds(gain=0.1, seeds=3, questions=QUESTIONS, rows=60, baseline="one"):
    """A table in which the second round is better by `gain`."""
    rng = np.random.default_rng(0)

    def trial(name, share, count):
        right = tuple(tuple(rng.permutation(questions) < share * questions) for _ in range(seeds))
        scores = tuple(float(np.mean(each)) for each in right)
        return Trial(name, scores, count, 1.0, right)

    made = [trial("base", 0.3, 0), trial("one", 0.5, 60), trial("two", 0.5 + gain, rows)]
    return Trials(made, questions, "en", baseline=baseline)


ROUNDS = {
    "no_gain": rounds(-0.1),
    "no_control": rounds(rows=120),
    "few_seeds": rounds(seeds=2),
    "few_questions": rounds(questions=20),
}


@pytest.mark.parametrize("lang", LANGS)
def test_a_second_round_that_beats_the_first_is_an_answer(lang):
    asked = given("verified", "lion", lang)
    report = check("verified", "lion", rounds(), lang, **asked)
    assert report.ok and "+0.100" in report.facts[-1]
    for code, trials in ROUNDS.items():
        assert code in [
            one.code for one in check("verified", "lion", trials, lang, **asked).problems
        ]
    untrained = check("verified", "lion", rounds(baseline="base"), lang, **asked)
    assert [one.code for one in untrained.problems] == ["no_control"]


def test_every_problem_is_met():
    used = set(re.findall(r'sheet\.problem\(\s*"([\w/]+)"', inspect.getsource(verified)))
    met = {code for *_, code in (*test_attack.WRONG, *test_attack.BROKEN)} | {*ROUNDS}
    assert used <= set(MESSAGES) and {name.split("/")[0] for name in used} <= met


def test_a_task_without_its_problems_is_refused():
    with pytest.raises(ValueError, match="problems="):
        check("verified", "turtle", answer("verified", "turtle", "en"))
    with pytest.raises(ValueError, match="samples"):
        check_repair("easy", [])


def test_the_board(capsys):
    for lang in LANGS:
        check(
            "verified",
            "turtle",
            answer("verified", "turtle", lang),
            lang,
            **given("verified", "turtle", lang),
        )
        progress("verified", lang)
        assert "✅" in capsys.readouterr().out
