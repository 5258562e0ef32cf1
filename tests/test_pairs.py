"""The viewers of pairs: differences are right, votes are counted, and text stays text."""

import re

import pytest
from ipywidgets import Button

from smolsynth.viewers.compare import diff, differences, vote

PAIRS = [
    {"instruction": f"Question {i}?", "chosen": f"Good {i}.", "rejected": f"Bad {i}."}
    for i in range(6)
]
PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "</div><iframe src=javascript:alert(1)>",
    "&lt;b&gt; <b>bold</b>",
]


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("A cat sleeps.", "A cat sleeps.", [("same", "A cat sleeps.")]),
        (
            "A cat sleeps.",
            "A big cat sleeps.",
            [("same", "A"), ("new", " big"), ("same", " cat sleeps.")],
        ),
        (
            "猫会睡觉。",
            "猫会跳。",
            [("same", "猫会"), ("gone", "睡觉"), ("new", "跳"), ("same", "。")],
        ),
        ("", "Hi", [("new", "Hi")]),
        ("Hi", "", [("gone", "Hi")]),
        ("", "", []),
    ],
)
def test_differences(before, after, found):
    assert differences(before, after) == found


@pytest.mark.parametrize(("before", "after"), [(a, b) for a in PAYLOADS for b in PAYLOADS])
def test_nothing_is_lost_between_the_pieces(before, after):
    pieces = differences(before, after)
    assert "".join(p for k, p in pieces if k != "new") == before
    assert "".join(p for k, p in pieces if k != "gone") == after


def parts(box, kind: str) -> list:
    """All widgets of a class in a box, in order."""
    found = [box] if type(box).__name__ == kind else []
    for child in getattr(box, "children", ()):
        found += parts(child, kind)
    return found


def pages(box) -> str:
    return "\n".join(part.value for part in parts(box, "HTML"))


def click(box, name: str) -> None:
    [button] = [b for b in parts(box, "Button") if b.description == name]
    assert not button.disabled
    button.click()


def without_ours(page: str) -> str:
    """The page without the elements that the viewers themselves make."""
    return re.sub(r'</?(?:div|span|b)(?: style="[^"<>]*")?>', "", page)


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("column", ["instruction", "chosen", "rejected"])
def test_what_a_model_wrote_is_shown_as_text(payload, column):
    row = {**PAIRS[0], column: payload}
    for box in (diff([row], "rejected", "chosen", context="instruction"), vote([row])):
        page = pages(box)
        assert not re.search(r"<(?!/?(?:div|span|b)\b)", page)
        assert "<b>bold" not in page and "<" not in without_ours(page)


def test_changes_are_marked_on_their_sides():
    rows = [{"a": "A cat sleeps.", "b": "A cat jumps."}, {"a": "Same.", "b": "Same."}]
    box = diff(rows, "a", "b")
    _, left, right = parts(box, "HTML")
    assert re.search(r"line-through[^>]*>\s*sleeps<", left.value) and "jumps" not in left.value
    assert re.search(r"underline[^>]*>\s*jumps<", right.value) and "sleeps" not in right.value
    click(box, "Next")
    assert "<span" not in pages(box)
    assert any("the same" in label.value for label in parts(box, "Label"))
    click(box, "Previous")
    assert "row 1 of 2" in [label.value for label in parts(box, "Label")]
    assert repr(box) == (
        "2 rows, two texts side by side: run this cell to use it. A few of them, drawn at random:"
    )


def test_votes_are_counted_and_the_judge_stays_hidden_until_then():
    box = vote(PAIRS, seed=3)
    orders = []
    for number in range(len(PAIRS)):
        verdict, score = parts(box, "Label")
        assert verdict.value == ""
        first_is_good = "Good" in parts(box, "HTML")[1].value
        orders.append(first_is_good)
        if number == 5:
            click(box, "Can't tell")
        else:  # four votes with the judge, one against
            right = first_is_good == (number != 2)
            click(box, "A is better" if right else "B is better")
        if number < 5:
            click(box, "Next")
    assert box.votes == {
        **{i: "chosen" for i in (0, 1, 3, 4)},
        **{2: "rejected", 5: None},
    }
    verdict, score = parts(box, "Label")
    assert score.value == "4 of 5 votes agree with the judge."
    assert "last pair" in verdict.value
    assert len(set(orders)) == 2  # A is not always the chosen one


def test_a_vote_can_be_changed_and_the_keyboard_goes_along(monkeypatch):
    focused = []
    monkeypatch.setattr(Button, "focus", lambda self: focused.append(self.description))
    box = vote(PAIRS)
    back, forth = parts(box, "Button")[3:]
    assert back.disabled and forth.disabled
    click(box, "A is better")
    first = box.votes[0]
    click(box, "Next")
    assert parts(box, "Label")[0].value == "" and forth.disabled  # the next pair is still blind
    click(box, "Previous")
    assert parts(box, "Label")[0].value  # what the judge says of a pair already voted on
    click(box, "B is better")
    assert {first, box.votes[0]} == {"chosen", "rejected"} and len(box.votes) == 1
    assert focused == ["Next", "A is better", "A is better", "Next"]


def test_each_viewer_has_its_own_votes():
    one, other, empty = vote(PAIRS), vote(PAIRS), vote([])
    click(one, "A is better")
    assert len(one.votes) == 1
    assert other.votes == {} == empty.votes
    assert vote([]).votes is not empty.votes


def test_labels_are_chinese_for_chinese():
    box = vote(PAIRS, lang="zh")
    names = ["A 更好", "B 更好", "分不出高下", "上一对", "下一对"]
    assert [b.description for b in parts(box, "Button")] == names
    assert "运行本单元格" in repr(box) and "运行本单元格" in repr(
        diff(PAIRS, "chosen", "rejected", lang="zh")
    )


def test_empty_data_and_wrong_columns():
    assert "empty" in vote([]).children[0].value
    assert "empty" in diff([], "a", "b").children[0].value
    with pytest.raises(ValueError, match="no column 'better'"):
        diff(PAIRS, "chosen", "better")
    with pytest.raises(ValueError, match="no column 'better'"):
        vote(PAIRS, chosen="better")
    with pytest.raises(ValueError, match='"en" or "zh"'):
        vote(PAIRS, lang="fr")
