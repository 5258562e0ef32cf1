"""The small real toolbox: what its tools give, and which calls of them are right."""

import pytest

from smolsynth.verify.toolbox import call_text, run_call, verify_call

LANGS = ("en", "zh")
RUNS = [
    ("convert", {"value": 5, "unit": "mi", "to": "km"}, 8.0467),
    ("convert", {"value": 3, "unit": "斤", "to": "千克"}, 1.5),
    ("days_between", {"start": "2024-02-28", "end": "2024-03-01"}, 2),
    ("weekday", {"date": "2026-11-27"}, "Friday"),
    ("look_up", {"table": "canteen", "item": "饺子"}, 15),
    ("calculate", {"expression": "(3 + 4) * 12 - 8 / 2"}, 80),
]
BAD = [
    ("no such tool", {"name": "shell", "arguments": {}}),
    ("bad arguments", {"name": "weekday", "arguments": {}}),
    ("bad arguments", {"name": "weekday", "arguments": {"date": 3}}),
    ("bad arguments", {"name": "weekday", "arguments": {"date": "2026-01-01", "x": 1}}),
    ("fails", {"name": "weekday", "arguments": {"date": "2026-02-30"}}),
    ("fails", {"name": "weekday", "arguments": {"date": "yesterday"}}),
    ("fails", {"name": "convert", "arguments": {"value": 5, "unit": "mi", "to": "kg"}}),
    ("fails", {"name": "convert", "arguments": {"value": 5, "unit": "parsec", "to": "km"}}),
    ("fails", {"name": "look_up", "arguments": {"table": "stars", "item": "Sun"}}),
    ("fails", {"name": "look_up", "arguments": {"table": "years", "item": "Moon"}}),
    ("fails", {"name": "calculate", "arguments": {"expression": "__import__('os')"}}),
    ("fails", {"name": "calculate", "arguments": {"expression": "1 / 0"}}),
    ("fails", {"name": "calculate", "arguments": {"expression": "9**9**9**9"}}),
    ("wrong", {"name": "weekday", "arguments": {"date": "2026-11-26"}}),
    ("wrong", {"name": "calculate", "arguments": {"expression": "1 + 1"}}),
]
FRIDAY = {"name": "weekday", "arguments": {"date": "2026-11-27"}}


@pytest.mark.parametrize(("name", "arguments", "result"), RUNS)
def test_tools_give_what_they_should(name, arguments, result):
    call = {"name": name, "arguments": arguments}
    assert run_call(call) == result
    assert verify_call("So: " + call_text(**call), call).right


@pytest.mark.parametrize(("outcome", "call"), BAD)
def test_bad_calls_are_told_apart(outcome, call):
    found = verify_call(call_text(**call), FRIDAY)
    assert (found.outcome, found.right) == (outcome, False)
    assert all(found.reason.words(lang) for lang in LANGS)


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("It is Friday.", "no call"),
        ("", "no answer"),
        ("<think>Which day?", "unfinished"),
        (f"<think>{call_text(**FRIDAY)}</think>It is Friday.", "no call"),
        ("<tool_call>\n{'name': 'weekday'}\n</tool_call>", "bad JSON"),
        ('<tool_call>\n["weekday"]\n</tool_call>', "bad JSON"),
        ('<tool_call>\n{"name": "weekday"}\n</tool_call>', "bad JSON"),
        ('<tool_call>\n{"name": "weekday", "arguments": "{}"}\n</tool_call>', "bad JSON"),
        (call_text(**FRIDAY).removesuffix("</tool_call>"), "bad JSON"),
        (call_text(**FRIDAY) * 2, "wrong"),
    ],
)
def test_calls_of_bad_form_are_none(text, outcome):
    assert verify_call(text, FRIDAY).outcome == outcome


def test_the_effect_of_a_call_counts_and_not_its_words():
    wanted = {"name": "calculate", "arguments": {"expression": "3 * 4 + 5"}}
    assert verify_call(call_text("calculate", {"expression": "5+4*3"}), wanted).right
    two = [FRIDAY, wanted]
    assert verify_call("\n".join(call_text(**call) for call in two[::-1]), two).right
    assert verify_call(call_text(**FRIDAY), two).score == 0.5
