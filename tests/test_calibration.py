"""Rules of quality on labelled rows: what refuses data must be right, and find what is wrong."""

import json

import pytest

from smolsynth.quality.rules import RULES
from tools.calibration import FOLDER, LANGS, examples, figures, score, verdicts

FILES = sorted(FOLDER.glob("*/*.jsonl"))


def name_of(path):
    return f"{path.parent.name}-{path.stem}"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_label_has_its_row_once(path):
    given = examples(path)
    keys = ("row", "earlier", "seeds", "evaluation")
    rows = [json.dumps([one.get(key) for key in keys], sort_keys=True) for one in given]
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


# What falls short of the floor, and refuses data all the same: precision and recall as measured.
SHORT: dict[str, dict[str, tuple[float, float]]] = {"en": {}, "zh": {}}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_rule_that_refuses_data_is_right_and_finds_what_is_wrong(path):
    lang, name = path.parent.name, path.stem
    found = figures(lang, name)
    if found.holds or RULES[name].warns(lang):
        return
    precision, recall = SHORT[lang][name]
    assert found.precision.value >= precision and found.recall.value >= recall, str(found)


def test_every_rule_has_its_rows():
    refuse = {(lang, rule) for rule, about in RULES.items() if about.allowed < 1 for lang in LANGS}
    assert refuse <= {(path.parent.name, path.stem) for path in FILES}
    for path in FILES:
        labels = [one["label"] for one in examples(path)]
        assert min(labels.count("good"), labels.count("bad")) >= 35, path
