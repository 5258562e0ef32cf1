"""The checks of the preference exercises: wrong answers are caught for the right reason.

Right answers come from the world that the bundled models know, so no model is needed. Every wrong
answer is a right one with a single fault, and has to give that one problem only.
"""

import random
from functools import lru_cache

import pandas as pd
import pytest
from datasets import Dataset

from smolsynth import exercises
from smolsynth.exercises import TIERS, check, preference, progress
from smolsynth.exercises.words import MESSAGES
from training.composer import Composer

LANGS = ("en", "zh")
CELLS = {
    *("two-models", "evol-quality", "make-pairs", "critique-rewrite"),
    *(f"exercise-{tier}" for tier in TIERS),
}


@pytest.fixture(autouse=True)
def fresh_board(monkeypatch):
    monkeypatch.setattr(exercises, "_latest", {})


# ---- right answers ----
CRITIQUE = {"en": "One statement about {} is false.", "zh": "关于{}有一处说得不对。"}


@lru_cache
def _right(tier: str, lang: str, count: int = 24) -> tuple[dict, ...]:
    composer = Composer(lang, random.Random(8))
    rows = []
    for concept in composer.concepts[:count]:
        q = composer.question(concept)
        good, bad = composer.answer(q, extra=True), composer.flawed(q, "wrong_fact")
        row = {"instruction": q.text, "chosen": good, "rejected": bad}
        if tier != "turtle":
            row |= {"response": bad, preference.NEW[tier]: good}
        if tier == "lion":
            row["critique"] = CRITIQUE[lang].format(concept.name)
        rows.append({**row, "chosen_rating": 5, "rejected_rating": 2})
    return tuple(rows)


def right(tier: str, lang: str = "en") -> list[dict]:
    return [dict(row) for row in _right(tier, lang)]


def graded(tier: str, answer, lang: str = "en", **other):
    asked = [row["instruction"] for row in _right(tier, lang)]
    return check("preference", tier, answer, lang, **{"instructions": asked, **other})


def codes(report) -> list[str]:
    return [problem.code for problem in report.problems]


def changed(tier: str, n: int, lang: str = "en", **cells) -> list[dict]:
    """A right answer whose first n rows have other cells; a function gets the row."""
    rows = right(tier, lang)
    for row in rows[:n]:
        row |= {name: cell(row) if callable(cell) else cell for name, cell in cells.items()}
    return rows


def without(tier: str, *columns: str) -> list[dict]:
    return [{k: v for k, v in row.items() if k not in columns} for row in right(tier)]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("tier", TIERS)
def test_a_right_answer_passes_and_shows_facts(tier, lang):
    for answer in (right(tier, lang), Dataset.from_list(right(tier, lang))):
        report = graded(tier, answer, lang)
        assert report.ok, report
        assert len(report.facts) == 3 and "24" in report.facts[0]
        assert repr(report).startswith(f"{TIERS[tier]} ✅")
    assert graded(tier, pd.DataFrame(right(tier, lang)), lang).ok


@pytest.mark.parametrize("lang", LANGS)
def test_unusual_but_right_answers_pass(lang):
    fine = [
        changed("turtle", 24, lang, chosen_rating=4.5, rejected_rating=3.5),  # means of aspects
        changed("turtle", 6, lang, rejected="..."),  # any text may be the worse one
        changed("turtle", 3, lang, rejected="我不知道。" if lang == "en" else "I do not know."),
        [
            {**row, "models": ["tutor", "novice"], "ratings": [5, 2]}
            for row in right("turtle", lang)
        ],
        # now and then a rewriting returns the response as it was: then another one is chosen
        [row for row in right("dog", lang) for _ in "x"],
    ]
    for answer in fine:
        report = graded("dog" if "response" in answer[0] else "turtle", answer, lang)
        assert report.ok, report


def test_several_pairs_of_one_instruction_are_fine():
    rows = right("turtle")
    more = [{**row, "rejected": "It is something."} for row in rows]
    assert graded("turtle", rows + more).ok


WRONG = [
    ("turtle", "missing_column", lambda t: without(t, "rejected_rating")),
    ("turtle", "not_a_rating", lambda t: changed(t, 2, rejected_rating=None)),
    ("turtle", "not_a_rating", lambda t: changed(t, 2, chosen_rating="5")),
    ("turtle", "not_a_rating", lambda t: changed(t, 2, chosen_rating=float("nan"))),
    ("turtle", "tie", lambda t: changed(t, 1, rejected_rating=5)),
    ("turtle", "wrong_order", lambda t: changed(t, 3, chosen_rating=1)),
    ("turtle", "same_pair", lambda t: changed(t, 1, rejected=lambda r: r["chosen"] + " ")),
    ("turtle", "echo", lambda t: changed(t, 1, chosen=lambda r: r["instruction"])),
    ("turtle", "few_rows", lambda t: right(t)[:12]),
    ("turtle", "leaked_rubric", lambda t: changed(t, 1, chosen="#Rewritten Response#: It is.")),
    ("turtle", "leaked_rubric", lambda t: changed(t, 3, chosen="It is so.\nRating: 5")),
    (
        "turtle",
        "unknown_instruction",
        lambda t: changed(t, 20, instruction=lambda r: "Hm " + r["chosen"]),
    ),
    (
        "turtle",
        "wrong_language",
        lambda t: changed(t, 6, chosen=lambda r: "它是一种东西，" + "很好。"),
    ),
    ("turtle", "duplicates", lambda t: right(t) + right(t)[:4]),
    ("turtle", "empty_cell", lambda t: changed(t, 1, rejected=" ")),
    ("turtle", "list_cell", lambda t: changed(t, 24, chosen=lambda r: [r["chosen"]])),
    ("turtle", "not_text", lambda t: changed(t, 1, rejected=3)),
    ("turtle", "empty_dataset", lambda t: []),
    ("turtle", "not_a_dataset", lambda t: "pairs"),
    ("dog", "missing_column", lambda t: without(t, "evolved_response")),
    ("dog", "foreign_response", lambda t: changed(t, 1, chosen="It is another text.")),
    (
        "dog",
        "longer_only",
        lambda t: changed(
            t,
            4,
            evolved_response=lambda r: f"{r['response']} {r['response']}",
            chosen=lambda r: f"{r['response']} {r['response']}",
            rejected=lambda r: r["response"],
        ),
    ),
    ("lion", "missing_column", lambda t: without(t, "critique")),
    (
        "lion",
        "critique_in_answer",
        lambda t: changed(
            t,
            4,
            rewritten=lambda r: f"{r['critique']} {r['rewritten']}",
            chosen=lambda r: f"{r['critique']} {r['chosen']}",
        ),
    ),
]


@pytest.mark.parametrize(
    "tier, code, make", WRONG, ids=[f"{t}-{c}-{i}" for i, (t, c, _) in enumerate(WRONG)]
)
def test_a_wrong_answer_gives_its_one_problem(tier, code, make):
    report = graded(tier, make(tier))
    assert (codes(report), report.ok) == ([code], False)
    assert report.problems[0].cell in CELLS
    assert repr(report).startswith(f"{TIERS[tier]} 🔧")


def test_a_response_that_did_not_change_is_named():
    """The pair is then made of one text: both problems are said, the cause last."""
    rows = changed("dog", 12, evolved_response=lambda r: r["response"])
    for row in rows[:12]:
        row["chosen"] = row["response"]
        row["rejected"] = row["response"] + " x"
    report = graded("dog", rows)
    assert "response_unchanged" in codes(report)


def test_the_margin_of_the_task_counts():
    rows = changed("turtle", 4, chosen_rating=3)
    assert graded("turtle", rows).ok
    report = graded("turtle", rows, margin=2)
    assert codes(report) == ["small_margin"] and "2" in report.problems[0].message


def test_ratings_that_are_texts_are_to_be_made_numbers():
    answer = changed("turtle", 24, chosen_rating="5")
    assert 'float(row["chosen_rating"])' in graded("turtle", answer).problems[0].message


def test_messages_are_chinese_for_chinese():
    report = graded("turtle", changed("turtle", 2, "zh", rejected_rating=5), "zh")
    assert codes(report) == ["tie"] and "平分" in report.problems[0].message
    report = graded("turtle", changed("turtle", 2, "zh", chosen="改写后的回答：它很好。"), "zh")
    assert codes(report) == ["leaked_rubric"]


def test_every_code_of_the_preference_rules_is_met():
    import inspect
    import re

    source = inspect.getsource(preference)
    used = {c.split("/")[0] for c in re.findall(r'sheet\.problem\(\s*"([\w/]+)"', source)}
    met = {code for _, code, _ in WRONG} | {"small_margin", "response_unchanged", "exchanged"}
    met |= {"few_instructions", "not_rewritten", "no_critique", "rejected_by_form"}  # test_attack
    assert used <= met and used <= {message.split("/")[0] for message in MESSAGES}


def test_the_board_and_what_check_refuses(capsys):
    graded("turtle", right("turtle"))
    graded("dog", None)
    progress("preference")
    board = capsys.readouterr().out
    assert "🐢 ✅ A preference dataset" in board and "🐕 ⬜" in board
    for tier in TIERS:
        graded(tier, right(tier))
    progress("preference", lang="zh")
    assert "三关全部通过" in capsys.readouterr().out
    with pytest.raises(ValueError, match="needs instructions"):
        check("preference", "turtle", right("turtle"))
    with pytest.raises(ValueError, match="instruction, preference, verified, own"):
        check("judging", "turtle", None)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("tier", TIERS)
def test_exchanged_texts_are_seen_though_the_ratings_are_in_order(tier, lang):
    answer = right(tier, lang)
    assert graded(tier, answer, lang).ok
    for row in answer:
        row["chosen"], row["rejected"] = row["rejected"], row["chosen"]
    assert codes(graded(tier, answer, lang)) == ["exchanged"]
