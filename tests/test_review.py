"""Reviewing rows in the studio without a browser: decisions, the list, the table, projects."""

import json
import time

import pytest
from payloads import PAYLOADS

from smolsynth.generation.plan import Plan
from smolsynth.studio.decisions import Decisions
from smolsynth.studio.listing import NO_FAULT
from smolsynth.studio.review import Review
from smolsynth.studio.session import Session
from smolsynth.studio.store import Store
from smolsynth.studio.strings import WORDS


def sheet(tmp_path, rows, lang="en", kind="instruction") -> Review:
    """The step, with rows that nobody generated."""
    session = Session(lang, WORDS[lang], tmp_path)
    session.prepare(Plan(kind=kind, lang=lang))
    session.take(rows)
    return Review(session, lambda name: None)


def singles(n: int) -> list[dict]:
    things = ("rain", "salt", "wind", "ice", "sand")
    return [
        {
            "topic": things[i % 5],
            "instruction": f"What is {things[i % 5]} number {i} good for?",
            "response": f"It is good for {i}" + " and more" * (i % 7) + ".",
        }
        for i in range(n)
    ]


def pairs(n: int) -> list[dict]:
    return [
        {
            "topic": "rain",
            "instruction": f"Why does it rain on day {i}?",
            "chosen": f"Because the clouds of day {i} are full.",
            "rejected": f"Nobody knows of day {i}.",
            "chosen_rating": 5,
            "rejected_rating": 2,
        }
        for i in range(n)
    ]


def page(review: Review, key: str) -> None:
    """Presses a key, as table.js tells of it."""
    review.table.handle({"do": "key", "key": key, "number": review.table.view["number"]})


def states(review: Review) -> list:
    return [entry.verdicts.get(review.by) for entry in review.session.entries]


# ---- keys ----
def test_a_key_decides_moves_on_and_is_taken_back_after_a_reload(tmp_path):
    review = sheet(tmp_path, singles(6))
    for key in "aara":
        page(review, key)
    assert states(review) == [True, True, False, True, None, None]
    assert review.table.number == 4
    page(review, "u")
    assert states(review)[3] is None and review.table.number == 3
    again = sheet(tmp_path, singles(6))
    assert states(again) == [True, True, False, None, None, None]
    page(again, "u")
    assert states(again) == [True, True, None, None, None, None] and again.table.number == 2
    page(again, "u")
    page(again, "u")
    page(again, "u")  # there is nothing left
    assert states(again) == [None] * 6


def test_a_key_that_was_pressed_before_the_page_showed_the_row_is_for_no_other(tmp_path):
    review = sheet(tmp_path, singles(3))
    for _ in range(2):  # the second comes before the page has drawn what the first did
        review.table.handle({"do": "key", "key": "r", "number": 0})
    assert states(review) == [False, None, None]


def test_an_empty_text_is_an_empty_box(tmp_path):
    """It showed two quotation marks, which became part of what was typed behind them."""
    rows = singles(3)
    rows[1]["response"] = ""
    review = sheet(tmp_path, rows)
    review.table.go(1)
    assert review.boxes[1].value == "" and review.words["empty_text"] in review.hint.value
    review.boxes[1].value = "A kettle boils water."
    assert review.entry.row["response"] == "A kettle boils water." and not review.hint.value


def test_rows_that_are_decided_stay_listed_until_the_filter_is_set_again(tmp_path):
    review = sheet(tmp_path, singles(5))
    review.filter.value = "undecided"
    page(review, "r")
    assert review.table.order == [0, 1, 2, 3, 4] and review.table.number == 1
    review.refresh()
    assert review.table.order == [1, 2, 3, 4]
    page(review, "u")  # of a row that is not listed: it is again, and shown
    assert review.table.number == 0 and states(review) == [None] * 5
    for _ in range(5):
        page(review, "a")
    review.refresh()
    assert not review.table.order
    page(review, "u")  # where nothing is listed
    assert review.table.order == [4] and states(review)[4] is None


# ---- the list ----
def test_rows_are_filtered_and_sorted(tmp_path):
    rows = singles(20)
    rows[3]["response"] = "I'm sorry, but as an AI I cannot answer that."
    rows[5] |= {"technique": "magpie", "file": "kettle.pdf"}
    rows[8]["response"] = ""
    review = sheet(tmp_path, rows)
    table, words = review.table, WORDS["en"]
    assert {value for _, value in review.rule.options} >= {"refusal", "empty", NO_FAULT}
    review.rule.value = "refusal"
    assert table.order == [3] and "refuses" in table.view["rows"][0]["faults"]
    assert "refuses" in review.broken.value
    review.rule.value = NO_FAULT
    assert set(table.order) == set(range(20)) - set(review.faults) and {3, 8} <= set(review.faults)
    review.rule.value = ""
    review.technique.value = "magpie"
    assert table.order == [5]
    review.technique.value = None
    review.source.value = "kettle.pdf"
    assert table.order == [5]
    review.source.value = "salt"
    assert table.order == [1, 6, 11, 16]
    review.source.value = None
    review.least.value, review.most.value = 15, 17
    sizes = {n: len(rows[n]["response"].split()) for n in range(20)}
    assert table.order == [n for n in range(20) if 15 <= sizes[n] <= 17] != []
    review.least.value = review.most.value = 0
    review.search.value = "NUMBER 7 "
    assert table.order == [7]
    review.search.value = "no such words"
    assert not table.order and words["none_found"] in review.count.value
    review.search.value = ""
    table.handle({"do": "sort", "by": "length"})
    assert table.order == sorted(range(20), key=sizes.get)
    table.handle({"do": "sort", "by": "length"})
    assert [sizes[n] for n in table.order] == sorted(sizes.values(), reverse=True)
    assert table.view["down"] and table.view["by"] == "length"
    table.handle({"do": "sort", "by": "no such column"})
    assert table.view["by"] == "length"


@pytest.mark.parametrize("plan", [Plan(seed=7), Plan(rows=8)], ids=["another", "fewer rows"])
def test_rows_of_another_run_begin_at_the_first_with_nothing_selected(tmp_path, plan):
    review = sheet(tmp_path, singles(20))
    review.table.handle({"do": "go", "at": 15})
    review.table.handle({"do": "toggle", "at": 3})
    review.session.prepare(plan)
    review.session.take(singles(8))
    review.refresh()
    assert len(review.table.order) == 8
    assert review.table.number == 0 and not review.table.selected
    page(review, "a")
    page(review, "r")
    assert states(review)[:3] == [True, False, None]


def test_many_rows_are_decided_at_once_and_taken_back_at_once(tmp_path):
    review = sheet(tmp_path, singles(10))
    review.source.value = "rain"
    accept, reject = review.bulk
    assert reject.description == WORDS["en"]["reject_found"].format(n=2)
    reject.click()
    assert [n for n, state in enumerate(states(review)) if state is False] == [0, 5]
    review.source.value = None
    review.table.handle({"do": "toggle", "at": 1})
    review.table.handle({"do": "go", "at": 3, "extend": True})
    assert accept.description == WORDS["en"]["accept_selected"].format(n=3)
    accept.click()
    assert states(review)[:5] == [False, True, True, True, None]
    assert accept.description == WORDS["en"]["accept_found"].format(n=10)
    page(review, "u")
    assert states(review)[:5] == [False, None, None, None, None]
    page(review, "u")
    assert states(review) == [None] * 10


def test_five_thousand_rows_cost_the_page_a_window(tmp_path, monkeypatch):
    monkeypatch.setattr(Review, "_check", lambda self: None)  # measured elsewhere
    review = sheet(tmp_path, singles(5000))
    table = review.table
    assert table.view["total"] == 5000 and len(json.dumps(table.view)) < 20_000
    table.handle({"do": "window", "first": 4000, "count": 30})
    assert [row["number"] for row in table.view["rows"]] == [*range(4001, 4031)]
    table.handle({"do": "window", "first": 0, "count": 10**9})
    assert len(table.view["rows"]) <= 200
    table.handle({"do": "go", "at": 10**9})
    assert table.number == 4999 and table.view["rows"][-1]["number"] == 5000
    review.bulk[1].click()
    [line] = review.session.store.review_file(review.session.project).read_bytes().splitlines()
    assert len(line) < 300_000 and not review.session.kept()
    begun = time.process_time()
    page(review, "a")
    assert time.process_time() - begun < 0.5


# ---- pairs ----
def test_a_vote_is_blind_needs_one_key_and_is_told_of_beside_the_next_pair(tmp_path):
    review = sheet(tmp_path, pairs(40), kind="preference")
    rows, orders, said = review.session.entries, set(), set()
    for number in range(40):
        shown = [box.description for box in review.boxes[1:]]
        assert shown == [WORDS["en"]["response_a"], WORDS["en"]["response_b"]]
        assert "5" not in review.verdict.value and not review.swap.layout.display != "none"
        first = review.boxes[1].value == rows[number].row["chosen"]
        orders.add(first)
        page(review, "1" if number % 2 else "2" if number % 4 else "0")
        if number % 4 == 0:
            assert rows[number].votes == {"": ""}
        else:
            wanted = "chosen" if first == bool(number % 2) else "rejected"
            assert rows[number].votes == {"": wanted}
        if number < 39:
            assert review.table.number == number + 1
            assert f"Row {number + 1}: " in review.said.value
            said.add(review.table.view["rows"][number - review.table.view["first"]]["state"])
    assert orders == {True, False} and len(said) == 3
    assert all(entry.votes for entry in rows)
    again = sheet(tmp_path, pairs(40), kind="preference")
    assert [one.votes for one in again.session.entries] == [one.votes for one in rows]
    again.filter.value = "differs"
    assert again.table.order == [n for n, one in enumerate(rows) if one.votes[""] == "rejected"]
    page(again, "1")  # it has been voted on
    assert [one.votes for one in again.session.entries] == [one.votes for one in rows]


def test_a_swapped_pair_can_be_edited_and_the_models_change_places(tmp_path):
    row = pairs(1)[0] | {"chosen_model": "strong", "rejected_model": "weak"}
    review = sheet(tmp_path, [row], kind="preference")
    [entry] = review.session.entries
    page(review, "0")
    page(review, "s")
    assert entry.row["chosen"] == row["rejected"] and entry.row["chosen_model"] == "weak"
    assert entry.row["chosen_rating"] is None and not entry.edited
    review.boxes[1].value = "By hand."
    assert entry.row["chosen"] == "By hand." and entry.edits == {"rejected": "By hand."}
    page(review, "u")
    page(review, "u")
    assert entry.row == row


# ---- two reviewers ----
def test_two_reviewers_decide_for_themselves_and_their_agreement_is_told(tmp_path):
    review = sheet(tmp_path, singles(20))
    review.reviewer.value = "Ann"
    for n in range(20):
        page(review, "a" if n % 2 else "r")
    review.reviewer.value = "Bo"
    assert states(review) == [None] * 20  # hers are hidden
    review.table.go(0)
    for n in range(20):
        page(review, "a" if n % 2 or n == 4 else "r")
    said = review.agreement.value
    assert "Ann" in said and "20 rows" in said and "95%" in said and "kappa 0.90" in said
    review.filter.value = "disputed"
    assert review.table.order == [4]
    assert len(review.session.kept()) == 10  # what either rejects is left out
    assert "2 people" in review.session.by_hand()
    page(review, "u")  # Bo's last one, not Ann's
    assert review.session.entries[19].verdicts == {"Ann": True}
    again = sheet(tmp_path, singles(20))
    assert again.by == "Bo" and states(again)[:19] == states(review)[:19]


def test_two_pages_write_to_the_same_file(tmp_path):
    one, two = sheet(tmp_path, singles(3)), sheet(tmp_path, singles(3))
    one.reviewer.value, two.reviewer.value = "Ann", "Bo"
    page(one, "r")
    page(two, "a")
    page(two, "a")
    one.refresh()
    assert one.session.entries[0].verdicts == {"Ann": False, "Bo": True}
    assert one.session.entries[1].verdicts == {"Bo": True}


# ---- the file ----
def test_a_line_that_was_cut_short_costs_that_line_alone(tmp_path):
    file = tmp_path / "x.review.jsonl"
    rows = [{"instruction": "a"}, {"instruction": "b"}, {"instruction": "a"}]
    kept = Decisions(file)
    kept.take(rows)
    assert len({entry.key for entry in kept.entries}) == 3  # rows that are alike, too
    kept.set(kept.entries[:1], verdict=True)
    with file.open("ab") as cut:
        cut.write(b'{"by": "", "set": {"')
    again = Decisions(file)
    again.take(rows)
    again.set(again.entries[2:], verdict=False)
    last = Decisions(file)
    last.take(rows)
    assert [entry.verdicts for entry in last.entries] == [{"": True}, {}, {"": False}]
    file.write_bytes(b'[]\n{"by": 1}\n\xff\n{"by": "", "set": {"k": {"colour": 1}}}\n')
    assert Decisions(file).touched == 0


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_the_table_sends_is_text_and_numbers(tmp_path, lang):
    rows = [{"topic": one, "instruction": one, "response": one} for one in PAYLOADS]
    review = sheet(tmp_path, rows, lang)
    for row in review.table.view["rows"]:
        assert all(isinstance(value, str | int) for value in row.values())
    assert len(review.source.options) == len({one for _, one in review.source.options})
    assert review.count.value.count("<") == 2  # of the paragraph
    review.reviewer.value = PAYLOADS[2]
    page(review, "a")
    assert "<img" not in review.count.value + review.broken.value + review.score.value


# ---- projects ----
def test_projects_are_named_copied_and_deleted(tmp_path):
    store, plan = Store(tmp_path), Plan()
    project = plan.digest()
    (tmp_path / project).mkdir()
    store.note(project, plan, 3)
    kept = Decisions(store.review_file(project))
    kept.take(singles(3))
    kept.set(kept.entries[:2], verdict=True)
    store.rename(project, "  Rain\nand salt ")
    store.note(project, plan, 4)
    [one] = store.projects()
    assert (one.name, one.rows, one.decided, one.plan) == ("Rain and salt", 4, 2, plan)
    copy = store.copy(project, "Second try")
    assert store.copy(project, "Third") != copy
    other = Decisions(store.review_file(copy))
    other.take(singles(3))
    other.undo()
    assert other.touched == 0 and Decisions(store.review_file(project)).touched == 2
    assert {one.name for one in store.projects()} == {"Rain and salt", "Second try", "Third"}
    for one in store.projects():
        assert (tmp_path / project).is_dir()
        store.delete(one.id)
    assert not list(tmp_path.iterdir())


def test_the_open_project_is_copied_gone_on_with_and_deleted_by_two_presses(tmp_path):
    review = sheet(tmp_path, singles(4))
    session = review.session
    session.folder_of(session.plan).mkdir(parents=True)
    session.remember()
    page(review, "r")
    from smolsynth.studio.projects import Projects

    opened = []
    box = Projects(session, opened.append)
    box.refresh()
    box.copy_button.click()
    assert [one.name for one in box.found if one.name] == [box.project.name]
    assert box.project.name.endswith("(copy)") and box.project.id == session.project + "~2"
    box.open_button.click()
    assert opened == [box.project] and session.project == box.project.id
    session.prepare(opened[0].plan)
    session.take(singles(4))
    assert session.project == box.project.id and len(session.kept()) == 3
    box.name.value = "Mine"
    box.rename_button.click()
    session.remember()
    assert box.project.name == "Mine" and session.earlier()[0].name == "Mine"
    box.delete_button.click()
    assert len(session.earlier()) == 2 and box.delete_button.description.endswith("again")
    box.list.value = 1 - box.list.value  # another one: asked for anew
    box.list.value = 1 - box.list.value
    box.delete_button.click()
    assert len(session.earlier()) == 2
    box.delete_button.click()
    assert len(session.earlier()) == 1 and session.plan is None and not session.entries
    assert session.store.folder.joinpath(box.project.id).is_dir()
