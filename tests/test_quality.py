"""Each rule with a dataset that trips it and one that just doesn't; reading, figures, errors."""

import json

import numpy
import pytest
from datasets import Dataset

from smolsynth.quality.report import QualityError, Report, check_quality, measure, texts_of
from smolsynth.quality.rules import RULES
from smolsynth.rows import OnDisk
from smolsynth.text.language import in_language

WORDS = {
    "en": "bread oven moon river cat violin paper copper garden winter ship lamp".split(),
    "zh": "面包 烤箱 月亮 河流 小猫 提琴 纸张 黄铜 花园 冬天 轮船 台灯".split(),
}


def clean(lang, count=100):
    """Rows without any fault, all different."""
    made = []
    for i in range(count):
        one, two = WORDS[lang][i % 12], WORDS[lang][(i // 12 + i + 1) % 12]
        if lang == "en":
            asked, said = f"What has number {i} of {one} to do with {two}?", f"{one} {i} is {two}."
        else:
            asked, said = f"第 {i} 个{one}跟{two}有什么关系？", f"{one}{i}就是{two}。"
        made.append({"instruction": asked, "response": said})
    return made


def clean_pairs(lang, count=100):
    return [
        {
            "instruction": row["instruction"],
            "chosen": row["response"],
            "rejected": row["response"][::-1].strip(".。") + row["response"][-1],
            "chosen_rating": 5,
            "rejected_rating": 3,
        }
        for row in clean(lang, count)
    ]


def broken(data, lang, **options):
    return [finding.rule for finding in measure(data, lang, **options).broken]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_clean_data_breaks_no_rule(lang):
    assert broken(clean(lang), lang) == [] and broken(clean_pairs(lang), lang) == []
    report = check_quality(clean(lang), lang)
    assert report.good_rows() == list(range(100)) and report.kind == "instruction"
    assert not any(finding.rows for finding in report.findings)


FAULTS = {  # rule: what makes a row break it
    "empty": lambda row, lang: {**row, "response": " "},
    "leaked_prompt": lambda row, lang: {
        **row,
        "response": {"en": "#Rewritten Prompt# A cat.", "zh": "改写后的回答：一只猫。"}[lang],
    },
    "refusal": lambda row, lang: {
        **row,
        "response": {"en": "I’m sorry, I can’t say whether ", "zh": "很遗憾，我无法说明"}[lang]
        + row["response"],
    },
    "wrong_language": lambda row, lang: {
        **row,
        "response": {"en": "这是一只猫。" + row["response"][:3] + ".", "zh": "It is a cat."}[lang]
        + str(row["instruction"][-9:] if lang == "en" else ""),
    },
    "cut_off": lambda row, lang: {**row, "response": row["response"][:-1]},
    "loop": lambda row, lang: {
        **row,
        "response": {"en": "It is said to be so, ", "zh": "据说它就是这样的，"}[lang] * 3
        + row["response"],
    },
    "no_request": lambda row, lang: {**row, "instruction": {"en": "1. Cat", "zh": "猫"}[lang]},
    "echo": lambda row, lang: {**row, "response": row["instruction"]},
    "small_talk": lambda row, lang: {
        **row,
        "response": {"en": "I'm here to help. What's on your mind?", "zh": "我很乐意帮助你。"}[
            lang
        ],
    },
    "template_marks": lambda row, lang: {**row, "response": row["response"] + "<|im_end|>"},
    "thoughts": lambda row, lang: {**row, "response": "<think>?</think>" + row["response"]},
    "garbled": lambda row, lang: {
        **row,
        "response": {"en": "It grows grows in g台. ", "zh": "它和 camel有关。"}[lang]
        + row["response"],
    },
}


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("rule", FAULTS)
def test_a_rule_allows_so_many_and_not_one_more(rule, lang):
    data = clean(lang)
    allowed = int(RULES[rule].allowed * len(data))
    for count, wanted in ((allowed, []), (allowed + 1, [rule])):
        spoiled = [FAULTS[rule](row, lang) for row in data[:count]] + data[count:]
        report = measure(spoiled, lang)
        (finding,) = [one for one in report.findings if one.rule == rule]
        assert finding.rows == tuple(range(count))
        broken = [one.rule for one in report.broken if one.rule == rule]
        assert broken == ([] if RULES[rule].warns(lang) else wanted)


def test_a_rule_that_misses_too_much_in_a_language_warns_there():
    assert [rule for rule, about in RULES.items() if about.unsure_in] == ["garbled"]
    for lang, refused in (("en", True), ("zh", False)):
        data = [FAULTS["garbled"](row, lang) for row in clean(lang, 20)]
        report = measure(data, lang)
        (finding,) = [one for one in report.findings if one.rule == "garbled"]
        assert len(finding.rows) == 20 and finding.broken is refused
        assert finding.limit(20) == ("0" if refused else "–")
        assert report.good_rows("garbled") == [] and bool(report.good_rows()) is not refused


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_duplicates(lang):
    data = clean(lang)
    extra = "Tell me all of it in detail, please, from the very first day until now, year by year."
    long = (
        extra
        if lang == "en"
        else "请从最早的一天讲起，一年一年地讲，把所有的细节都告诉我，不要漏掉一处。"
    )
    data[0]["instruction"] = long
    near = {**data[0], "response": data[0]["response"][:-1] + ("!" if lang == "en" else "！")}
    assert broken([*data, near, data[5]], lang) == []
    report = measure([*data, near, data[5], data[6]], lang)
    assert [(finding.rule, finding.rows) for finding in report.broken] == [
        ("duplicate", (100, 101, 102))
    ]
    like = {"en": "like row 0 (", "zh": "与第 0 行相似（"}[lang]
    assert report.broken[0].reasons[0].startswith(like)
    assert report.good_rows("duplicate") == list(range(100))


def test_rows_on_the_disk_are_measured_as_those_in_memory(monkeypatch):
    rows = clean("en")[:20]
    rows += [row | {"response": row["response"] + " Yes."} for row in rows[::2]]
    whole = measure(rows, "en", seeds=["Why?"])
    assert len(next(one for one in whole.findings if one.rule == "duplicate").rows) == 10
    monkeypatch.setattr("smolsynth.rows._IN_MEMORY", 1)
    for most in ("_CHUNK", "_FORMS"):  # so that both are full all the time
        monkeypatch.setattr(f"smolsynth.text.similarity.{most}", 1)
    assert measure(OnDisk(rows), "en", seeds=["Why?"]) == whole


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_seeds_and_evaluation_questions(lang):
    data = clean(lang)
    seed, other = data[3]["instruction"], data[3]["response"]
    assert broken(data, lang, seeds=[seed]) == ["copied_seed"]
    assert broken(data, lang, seeds=[other], evaluation=[other]) == []
    assert broken(data, lang, evaluation=[seed.upper()]) == ["in_evaluation"]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("tie", {"rejected_rating": 5}),
        ("reversed", {"rejected_rating": 5.5}),
        ("unrated", {"chosen_rating": None}),
        ("same_text", {"chosen": "42.", "rejected": "42. "}),
    ],
)
def test_pairs(rule, change, lang):
    data = clean_pairs(lang)
    data[7] |= change
    report = measure(data, lang)
    assert [(finding.rule, finding.rows) for finding in report.broken] == [(rule, (7,))]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    "change",
    [
        {"chosen_rating": 5.01, "rejected_rating": 5},
        {"chosen_rating": 1, "rejected_rating": 0},
        {"chosen": "42.", "rejected": "42!"},
    ],
)
def test_pairs_that_are_just_good_enough(change, lang):
    data = clean_pairs(lang)
    data[7] |= change
    assert broken(data, lang) == []


@pytest.mark.parametrize(
    ("lang", "seed", "near", "far"),
    [
        # of 11 runs of three words 10 are shared, 10/12 in all; then 9, 9/13
        (
            "en",
            "a b c d e f g h i j k l m",
            "a b c d e f g h i j k l n",
            "a b c d e f g h i j k n o",
        ),
        # of 13 runs of four characters 12 are shared, 12/14 in all; then 11, 11/15
        (
            "zh",
            "一二三四五六七八九十百千万东西南",
            "一二三四五六七八九十百千万东西北",
            "一二三四五六七八九十百千万东北中",
        ),
    ],
)
def test_a_seed_that_is_just_different_enough(lang, seed, near, far):
    for asked, found in ((near, ["copied_seed"]), (far, [])):
        data = clean(lang)
        data[0]["instruction"] = asked
        assert broken(data, lang, seeds=[seed]) == found


def test_pairs_without_ratings_have_none_to_be_missing():
    data = [{k: row[k] for k in ("instruction", "chosen", "rejected")} for row in clean_pairs("en")]
    assert broken(data, "en") == []


def test_the_error_names_rule_count_rows_and_what_mends_it():
    data = clean("en")
    for i in (4, 9, 11, 30):
        data[i]["response"] = None
    with pytest.raises(QualityError) as error:
        check_quality(data, "en")
    text = str(error.value)
    assert text.startswith("empty: 4 of 100 rows") and "row 4: an empty text; row 9" in text
    assert (
        "row 30" not in text and "dataset.select(measure(dataset, 'en').good_rows('empty'))" in text
    )
    good = Dataset.from_list(data).select(error.value.report.good_rows("empty"))
    assert len(good) == 96 and broken(good, "en") == []


def test_what_it_reads():
    turns = [
        {
            "messages": [
                {"role": "system", "content": "说中文。"},
                {"role": "user", "content": row["instruction"]},
                {"role": "assistant", "content": row["response"]},
            ]
        }
        for row in clean("en")
    ]
    pairs = [
        {
            "prompt": [{"role": "user", "content": row["instruction"]}],
            "chosen": [{"role": "assistant", "content": row["chosen"]}],
            "rejected": [{"role": "assistant", "content": row["rejected"]}],
        }
        for row in clean_pairs("en")
    ]
    for data, kind in ((turns, "instruction"), (pairs, "preference")):
        for form in (data, Dataset.from_list(data)):
            report = measure(form, "en")
            assert (report.kind, report.rows, report.broken) == (kind, 100, [])
    with pytest.raises(ValueError, match="They are text"):
        measure([{"text": "a"}], "en")
    with pytest.raises(ValueError, match="no rows"):
        measure([], "en")
    with pytest.raises(ValueError, match='"en" or "zh"'):
        measure(turns, "fr")


def test_figures_by_hand():
    data = [
        {"instruction": "a b", "chosen": "a b c.", "rejected": "a."},
        {"instruction": "a b c d", "chosen": "a.", "rejected": "b b."},
        {"instruction": "a", "chosen": "c.", "rejected": "d."},
    ]
    figures = measure(data, "en").figures
    assert figures["instruction_tokens_median"] == 2 and figures["instruction_tokens_p95"] == 4
    assert figures["chosen_tokens_p95"] == 3 and figures["chosen_longer"] == 0.5
    # ROUGE-L: "a b" and "a" share 1 of 2 + 1 words; "a b c d" and "a b" 2 of 4 + 2
    assert figures["nearest_rouge_l"] == round((2 / 3 + 2 * 2 / 6 + 2 / 3) / 3, 4)
    assert "margin" not in figures
    rated = [
        {**row, "score_chosen": 5, "score_rejected": low}
        for row, low in zip(data, (1, 3, 4), strict=True)
    ]
    assert measure(rated, "en").figures["margin"] == 2.3333


def test_only_what_could_be_checked_is_reported():
    def rules(data, **options):
        return {finding.rule for finding in measure(data, "zh", **options).findings}

    given = {"seeds": ["a"], "evaluation": ["b"], "embed": lambda texts: numpy.eye(len(texts))}
    assert rules(clean_pairs("zh"), **given) == set(RULES)
    assert set(RULES) - rules(clean_pairs("zh")) == {"copied_seed", "in_evaluation", "paraphrase"}
    unrated = [
        {k: row[k] for k in ("instruction", "chosen", "rejected")} for row in clean_pairs("zh")
    ]
    about_ratings = {"tie", "reversed", "unrated"}
    assert set(RULES) - rules(unrated, **given) == about_ratings
    assert set(RULES) - rules(clean("zh"), **given) == {*about_ratings, "same_text"}
    in_english = {finding.rule for finding in measure(clean_pairs("en"), "en", **given).findings}
    assert set(RULES) - in_english == {"traditional"}


def test_lists_need_no_full_stop():
    listed = [
        {**row, "response": "Three things:\n- bread\n- a cat\n- the moon"} for row in clean("en")
    ]
    assert "cut_off" not in broken(listed, "en")


@pytest.mark.parametrize(
    ("lang", "head", "shown"),
    [
        ("en", "100 rows of preference data", "row 3: 2 and 2"),
        ("zh", "偏好数据，共 100 行", "第 3 行：2 和 2"),
    ],
)
def test_the_table(lang, head, shown):
    data = clean_pairs(lang)
    data[3] |= {"chosen_rating": 2, "rejected_rating": 2}
    lines = repr(measure(data, lang)).splitlines()
    assert lines[0] == head
    assert any(line.startswith("tie ") and "✗" in line and shown in line for line in lines)
    assert sum("✗" in line for line in lines) == 1 and len(lines) == 25 + (lang == "zh")


def test_one_line_of_json():
    line = measure(clean_pairs("zh"), "zh").json()
    read = json.loads(line)
    assert "\n" not in line and read["kind"] == "preference" and read["faults"]["tie"] == 0
    assert read["broken"] == [] and read["rows"] == 100


@pytest.mark.parametrize(
    ("text", "lang", "right"),
    [
        ("What is it?", "en", True),
        ("它是什么？", "en", False),
        ("它是什么？", "zh", True),
        ("What is it?", "zh", False),
        ("用 TRL 的 DPOTrainer 训练模型。", "zh", True),
        ("The word 猫 means cat in Chinese.", "en", True),
        ("42", "en", True),
        ("42", "zh", True),
    ],
)
def test_languages(text, lang, right):
    assert in_language(text, lang) is right


def test_an_unknown_rule_is_named():
    with pytest.raises(ValueError, match="There is no rule 'x'"):
        Report("instruction", "en", 0).good_rows("x")


def test_missing_values_of_a_data_frame():
    pandas = pytest.importorskip("pandas")
    data = clean("en")
    data[3]["response"] = None
    data[5]["response"] = float("nan")
    found = {one.rule: one.rows for one in measure(pandas.DataFrame(data), "en").findings}
    assert found["empty"] == (3, 5)
    pairs = clean_pairs("en")
    pairs[7]["chosen_rating"] = float("nan")
    pairs[8]["rejected_rating"] = None
    for form in (pairs, pandas.DataFrame(pairs)):
        report = measure(form, "en")
        assert {one.rule: one.rows for one in report.broken} == {"unrated": (7, 8)}
        assert report.figures["margin"] == 2
        json.loads(report.json(), parse_constant=pytest.fail)


def test_rows_of_a_list_that_lack_a_column():
    data = clean("en")
    del data[0]["response"], data[4]["response"]
    assert [(one.rule, one.rows) for one in measure(data, "en").broken] == [("empty", (0, 4))]
    pairs = clean_pairs("en")
    del pairs[2]["chosen_rating"]
    assert [(one.rule, one.rows) for one in measure(pairs, "en").broken] == [("unrated", (2,))]
    talks = [{"messages": [{"role": "user", "content": "Name a cat."}]}, {"other": 1}]
    found = {one.rule: one.rows for one in measure(talks, "en").findings}
    assert found["empty"] == (0, 1)


def test_content_in_parts():
    parts = [{"type": "image"}, {"type": "text", "text": "What does the picture show?"}]
    said = [{"type": "text", "text": "A cat that sleeps."}]
    turns = [
        {"role": "system", "content": "说中文。"},
        {"role": "user", "content": parts},
        {"role": "assistant", "content": said},
    ]
    assert texts_of([{"messages": turns}]) == [
        ("What does the picture show?", "A cat that sleeps.")
    ]


@pytest.mark.parametrize(("sizes", "median"), [((1, 100), 50.5), ((1, 2, 3, 4), 2.5)])
def test_the_median_is_the_median(sizes, median):
    data = [{"instruction": "a " * size, "response": "b."} for size in sizes]
    assert measure(data, "en").figures["instruction_tokens_median"] == median


def test_one_definition_of_the_longer_response():
    from smolsynth.datasets.card import _sizes
    from smolsynth.datasets.convert import to_preferences
    from smolsynth.exercises import preference
    from smolsynth.exercises.results import Sheet, read

    texts = [
        ("One two three.", "One two."),
        ("Incomprehensibilities.", "A b."),
        ("Ab cd.", "Xy z."),
    ]
    data = [
        {
            "instruction": f"What is {i}?",
            "chosen": chosen,
            "rejected": rejected,
            "chosen_rating": 5,
            "rejected_rating": 3,
        }
        for i, (chosen, rejected) in enumerate(texts)
    ]
    report = measure(data, "en")
    assert report.figures["chosen_longer"] == 0.5  # by words, ties left out
    low, high = (report.figures[f"chosen_longer_{end}"] for end in ("low", "high"))
    assert 0 < low < 0.5 < high < 1
    line = f"50% of the pairs of unequal length, 95% interval {low:.0%} to {high:.0%}"
    assert f"chosen response longer in {line}" in repr(report)
    assert _sizes(list(to_preferences(data)), "prompt", report)["longer"].startswith("50% [")
    sheet = Sheet("turtle", "en")
    read(data, sheet)
    assert "50%" in " ".join(preference.facts(sheet, ["What is 1?"]))


def test_what_the_server_said_decides_whether_a_response_is_whole():
    data = [{**row, "finish_reason": "stop"} for row in clean("en")]
    data[4] |= {"response": data[4]["response"].rstrip("."), "finish_reason": "stop"}
    data[5]["finish_reason"] = "length"
    (finding,) = [one for one in measure(data, "en").findings if one.rule == "cut_off"]
    assert finding.rows == (5,)
