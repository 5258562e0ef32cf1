"""A check says so where the cell that makes the answer has just failed."""

import pytest
from IPython.core.interactiveshell import InteractiveShell

from smolsynth.exercises import cells, check, check_repair

GOOD = 'turtle = [{"instruction": "What is tea?", "response": "A drink."}]'
CHECK = 'report = check("instruction", "turtle", turtle, topics=["tea"])'


@pytest.fixture
def shell(monkeypatch):
    monkeypatch.setattr(cells, "_failed", {})
    shell = InteractiveShell()
    monkeypatch.setattr(cells, "_shell", lambda: shell)
    shell.user_ns |= {"check": check, "check_repair": check_repair, "turtle": None}
    cells.watch()
    return shell


def codes(shell, *code):
    for cell in code:
        shell.run_cell(cell)
    return [problem.code for problem in shell.user_ns["report"].problems]


@pytest.mark.parametrize("bad", ["turtle = 1 / 0", "turtle = (1", "x = {}['a']\nturtle = [x]"])
def test_a_cell_that_failed_is_not_praised_for_its_last_run(shell, bad):
    assert "stale" not in codes(shell, GOOD, CHECK)
    assert codes(shell, bad, CHECK) == ["stale"]
    assert "1 / 0" not in bad or "division by zero" in repr(shell.user_ns["report"])
    assert "stale" not in codes(shell, GOOD, CHECK)


def test_an_answer_that_was_renewed_before_the_error_is_checked(shell):
    assert "stale" not in codes(shell, GOOD, GOOD + "\nprint(nothing)", CHECK)


def test_a_failed_first_run_is_not_called_unstarted(shell):
    assert codes(shell, "turtle = None\nturtle = [][0]", CHECK) == ["stale"]
    assert codes(shell, "turtle = None", CHECK) == []
    assert not shell.user_ns["report"].started


def test_another_cell_that_fails_is_none_of_the_check_s_business(shell):
    assert "stale" not in codes(shell, GOOD, "other = 1 / 0", CHECK)


def test_repairs(shell):
    shell.run_cell("mended_evolve = lambda seed: ['a']")
    shell.run_cell("mended_evolve = nothing")
    assert codes(shell, 'report = check_repair("seed", mended_evolve)') == ["stale"]


def test_plain_python(monkeypatch):
    monkeypatch.setattr(cells, "_shell", lambda: None)
    assert cells.failed_cell(None, "turtle") is None


def test_a_check_says_that_the_answer_has_not_been_set_since(shell):
    """The cell was changed, and the check run without running it."""
    again = 'again = report.again, "run `exercise-turtle` first" in repr(report)'
    codes(shell, GOOD, CHECK, again)
    assert shell.user_ns["again"] == (False, False)
    codes(shell, CHECK, again)
    assert shell.user_ns["again"] == (True, True)
    codes(shell, GOOD, CHECK, again)  # the same faults, but the cell has run
    assert shell.user_ns["again"] == (False, False)
