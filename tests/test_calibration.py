"""Rules of quality on labelled rows: what refuses data must be right, and find what is wrong."""

import json

import pytest

from tools.calibration import FOLDER, examples, score, verdicts

FILES = sorted(FOLDER.glob("*/*.jsonl"))


def name_of(path):
    return f"{path.parent.name}-{path.stem}"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_label_has_its_row_once(path):
    given = examples(path)
    rows = [json.dumps([one["row"], one.get("earlier")], sort_keys=True) for one in given]
    assert len(set(rows)) == len(rows)
    assert {one["rule"] for one in given} == {path.stem}


def test_precision_and_recall():
    judged = [("bad", True)] * 9 + [("bad", False)] + [("good", True)] * 3 + [("good", False)] * 7
    precision, recall = score(judged)
    assert (precision.value, recall.value) == (0.75, 0.9)
    low, high = recall.interval()
    assert (round(low, 3), round(high, 3)) == (0.596, 0.982)  # Wilson 1927, n=10
    assert not score(judged).holds and score([("bad", True), ("good", False)]).holds


def test_each_example_is_judged_with_what_it_is_compared_with():
    row = {"instruction": "How is glass made?", "response": "Sand is melted."}
    context = {
        "duplicate": {"earlier": [row]},
        "copied_seed": {"seeds": [row["instruction"]]},
        "in_evaluation": {"evaluation": [row["instruction"]]},
    }
    given = [{"rule": rule, "row": row, **more} for rule, more in context.items()]
    assert verdicts(given, "en") == [True] * 3
    given = [{**one, "row": {**row, "instruction": "Who melts iron?"}} for one in given]
    assert verdicts(given, "en") == [False] * 3


def test_a_broken_line_is_named(tmp_path):
    path = tmp_path / "tie.jsonl"
    path.write_text('{"rule": "loop", "label": "bad", "row": {}, "from": "written", "why": ""}\n')
    with pytest.raises(ValueError, match="line 1"):
        examples(path)
