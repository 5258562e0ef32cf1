"""The audit of a judge: counted right for judges whose habits are known, on pairs that are true."""

from collections import Counter

import pytest
from distilabel.steps import Step, StepInput

from smolsynth.judging import audit, equal_pairs, known_pairs, plot_audit
from training.grading import facts_in
from training.pairs import OUTPUT, PAIRS, write
from training.world import LANGS

RULES = {
    "truth": lambda row, truth: [5 if t == truth[row["instruction"]] else 2 for t in both(row)],
    "first": lambda row, truth: [4, 3],
    "longer": lambda row, truth: [len(text.split()) for text in both(row)],
    "tie": lambda row, truth: [5, 5],
    "tie, then first": lambda row, truth: [4, 3 + (both(row)[0] < both(row)[1])],
    "nan": lambda row, truth: [float("nan"), 4],
    "mute": lambda row, truth: [None],
    "half mute": lambda row, truth: [None] if row["instruction"] == next(iter(truth)) else [1, 2],
}


def both(row) -> list[str]:
    return row["generations"]


class Judge(Step):
    """Rates by one of RULES."""

    rule: str
    truth: dict[str, str] = {}

    @property
    def inputs(self):
        return ["instruction", "generations"]

    @property
    def outputs(self):
        return ["ratings"]

    def process(self, inputs: StepInput):
        yield [{**row, "ratings": RULES[self.rule](row, self.truth)} for row in inputs]


def read(rule: str, pairs, lang: str = "en"):
    truth = {pair["instruction"]: pair["generations"][pair["better"] % 2] for pair in pairs}
    judge = Judge(name="judge", rule=rule, truth=truth)
    judge.load()
    return audit(judge, pairs, lang)


@pytest.fixture
def pairs():
    """Four: the longer text is better in one of them."""
    return [
        {
            "instruction": f"Question {i}?",
            "generations": ["A short text.", "A text that is somewhat longer."],
            "better": int(i == 0),
            "fault": "wrong_fact" if i < 2 else "rude",
        }
        for i in range(4)
    ]


def test_a_perfect_judge(pairs):
    report = read("truth", pairs)
    assert (report.pairs, report.understood, report.agreement, report.ties) == (4, 1, 1, 0)
    assert report.agreement_by_fault == {"rude": 1, "wrong_fact": 1}
    assert (report.consistency, report.first_preferred) == (1, 0.5)
    assert report.longer_preferred == report.longer_better == 0.25


def test_the_intervals_of_the_report_count_pairs_not_readings(pairs):
    report = read("truth", pairs * 5)
    assert report.pairs_by_fault == {"wrong_fact": 10, "rude": 10}
    assert "agreement             1.00   0.84 to 1.00   with the truth" in repr(report)  # of 20
    assert "  rude                1.00   0.72 to 1.00   10 pairs" in repr(report).splitlines()


def test_a_judge_that_loves_the_first(pairs):
    report = read("first", pairs)
    assert (report.first_preferred, report.consistency, report.agreement) == (1, 0, 0.5)
    assert report.longer_preferred == 0.5


def test_a_judge_that_loves_length(pairs):
    report = read("longer", pairs)
    assert (report.longer_preferred, report.longer_better) == (1, 0.25)
    assert (report.consistency, report.first_preferred, report.agreement) == (1, 0.5, 0.25)
    assert report.agreement_by_fault == {"rude": 0, "wrong_fact": 0.5}


def test_a_judge_that_never_decides(pairs):
    report = read("tie", pairs)
    assert (report.ties, report.agreement, report.consistency) == (1, 0, None)
    assert report.first_preferred is report.longer_preferred is report.longer_better is None
    assert "fair: -" in repr(report)


def test_a_tie_that_a_swap_undoes_is_no_consistency(pairs):
    report = read("tie, then first", pairs)
    assert (report.ties, report.consistency) == (0.5, 0)


def test_what_could_not_be_read_is_counted_and_left_out(pairs):
    report = read("half mute", pairs)
    assert (report.understood, report.first_preferred) == (0.75, 0)
    assert read("nan", pairs).understood == 0
    report = read("mute", pairs)
    assert (report.understood, report.agreement, report.consistency) == (0, None, None)
    assert report.agreement_by_fault == {}
    assert "understood            0.00" in repr(report)


def test_chinese_lengths_are_counted_in_characters(pairs):
    chinese = [{**pair, "generations": ["它很好。", "它很好，也很长。"]} for pair in pairs]
    assert read("first", chinese, "zh").longer_better == 0.25
    assert read("first", chinese, "en").longer_better is None  # one "word" each


def test_a_judge_that_loves_its_own(pairs):
    equals = [{"instruction": "Why?", "generations": ["mine, and it is long", "yours"]}] * 3
    judge = Judge(name="judge", rule="longer")
    judge.load()
    report = audit(judge, pairs, "zh", equals)
    assert (report.own_pairs, report.own_verdicts, report.own_preferred) == (3, 6, 1)
    assert "偏爱自己的            1.00   理想值 0.50；3 对同样好的文本" in repr(report)
    assert read("first", pairs).own_preferred is None  # nothing was asked about it
    tied = Judge(name="judge", rule="tie")
    tied.load()
    assert audit(tied, pairs, "en", equals).own_preferred is None


def test_equal_pairs_are_right_and_say_as_much(pairs):
    pair = {**pairs[1], "better": 0, "facts": [["short"]], "more": [["blue", "azure"]]}
    both = [pair["generations"][0], pair["generations"][1]]
    assert equal_pairs([pair], ["It is short."]) == [
        {"instruction": "Question 1?", "generations": ["It is short.", both[0]]}
    ]
    for own in ("It is long.", "It is short and blue.", both[0], None):  # wrong, more, same, none
        assert equal_pairs([pair], [own]) == []
    with pytest.raises(ValueError, match="zip"):
        equal_pairs([pair], [])


@pytest.mark.parametrize("lang", LANGS)
def test_the_plot_is_a_picture(pairs, lang, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    plot_audit(read("longer", pairs, lang))
    plot_audit(read("mute", pairs, lang))  # nothing to draw but the frame
    assert [image.data[:4] for image in shown] == [b"\x89PNG"] * 2


@pytest.mark.parametrize(
    "change", [{"generations": ["one", "two", "three"]}, {"better": 2}, {"instruction": ""}]
)
def test_pairs_that_are_none_are_refused(pairs, change):
    with pytest.raises(ValueError, match="Pair 1 needs"):
        read("tie", [pairs[0], {**pairs[1], **change}])
    with pytest.raises(ValueError, match="no pairs"):
        read("tie", [])


# ---- the pairs that ship ----


def test_the_shipped_pairs_are_what_the_world_gives(tmp_path):
    assert write(tmp_path / "pairs.jsonl") == 2 * PAIRS
    assert (tmp_path / "pairs.jsonl").read_bytes() == OUTPUT.read_bytes(), (
        "run `python -m training.pairs`"
    )


@pytest.mark.parametrize("lang", LANGS)
def test_known_pairs_have_one_better_half(lang):
    pairs = known_pairs(lang)
    assert len(pairs) == PAIRS
    assert pairs[:5] == known_pairs(lang, 5)
    assert 0.4 < sum(pair["better"] for pair in pairs) / PAIRS < 0.6
    faults = Counter(pair["fault"] for pair in pairs)
    assert len(faults) >= 12 and faults["wrong_fact"] + faults["all_wrong"] >= PAIRS / 2
    for pair in pairs:
        one, two = pair["generations"]
        assert one != two and pair["fault"] != "none"
        right = pair["generations"][pair["better"]]
        assert all(any(p in right for p in passages) for passages in pair["facts"])
    for pair in pairs[::2]:  # facts of two concepts in the worse text, of one in the better
        owners = [{owner for owner, _ in facts_in(text, lang)} for text in pair["generations"]]
        assert owners[1 - pair["better"]] - owners[pair["better"]]


def test_what_known_pairs_refuses():
    with pytest.raises(ValueError, match='"en" or "zh"'):
        known_pairs("de")
    for n in (0, 1000):
        with pytest.raises(ValueError, match="ask for 1 to"):
            known_pairs("en", n)
