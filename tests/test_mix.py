"""Mixing datasets: shares to the row, no repeats across sets, sources kept through the export."""

from collections import Counter

import pytest
from datasets import load_dataset

from smolsynth.datasets.convert import to_messages
from smolsynth.datasets.mix import mix
from smolsynth.datasets.save import save

WORDS = "bread oven moon river cat violin paper copper garden winter ship lamp".split()


def rows(start, count):
    return [
        {
            "instruction": f"What has {WORDS[i % 12]} number {i} to do with {WORDS[i // 12 % 12]}?",
            "response": f"Number {i} of {WORDS[i % 12]} is {WORDS[i // 12 % 12]}.",
        }
        for i in range(start, start + count)
    ]


@pytest.mark.parametrize(
    ("shares", "wanted", "counts"),
    [
        (None, None, {"a": 60, "b": 30}),
        (None, 30, {"a": 20, "b": 10}),
        ({"a": 0.5, "b": 0.5}, None, {"a": 30, "b": 30}),
        ({"a": 3, "b": 1}, None, {"a": 60, "b": 20}),
        ({"a": 1, "b": 1}, 7, {"a": 4, "b": 3}),
        ({"b": 1}, None, {"b": 30}),
    ],
)
def test_shares(shares, wanted, counts):
    made = mix({"a": rows(0, 60), "b": rows(60, 30)}, shares, wanted)
    assert Counter(made["source"]) == counts
    given = {row["instruction"] for row in rows(0, 90)}
    assert len(set(made["instruction"])) == len(made) and set(made["instruction"]) <= given


def test_a_column_that_later_rows_lack_is_missing_there():
    data = [{**row, "topic": "x"} if i < 3 else row for i, row in enumerate(rows(0, 6))]
    made = mix({"a": data})
    assert sorted(str(topic) for topic in made["topic"]) == ["None"] * 3 + ["x"] * 3


def test_a_row_of_two_sets_stays_in_the_first():
    long = {
        "instruction": "Tell me all of it, please, from the very first day until now, year by year",
        "response": "It is a long story that I would rather tell in the evening, by the fire.",
    }
    near = {**long, "instruction": long["instruction"] + ", please"}
    made = mix({"a": [*rows(0, 5), long], "b": [rows(3, 1)[0], near, *rows(9, 2)]})
    assert Counter(made["source"]) == {"a": 6, "b": 2}


def test_the_seed_decides_draw_and_order():
    sets = {"a": rows(0, 60), "b": rows(60, 30)}
    one, two, other = (mix(sets, rows=20, seed=seed).to_list() for seed in (1, 1, 2))
    assert one == two != other
    assert [row["source"] for row in one] != sorted(row["source"] for row in one)


def test_sources_go_through_the_export(tmp_path):
    sets = {"a": to_messages(rows(0, 20)), "b": to_messages(rows(20, 20)).to_list()}
    folder = save(
        mix(sets, {"a": 3, "b": 1}),
        tmp_path / "mixed",
        lang="en",
        model="bundled",
        technique="mix",
        seed=42,
    )
    loaded = load_dataset(str(folder), split="train", cache_dir=str(tmp_path / "cache"))
    assert set(loaded.column_names) == {"messages", "source"}
    assert Counter(loaded["source"]) == {"a": 20, "b": 6}
    card = (folder / "README.md").read_text("utf-8").splitlines()
    assert "| rows from a | 20 |" in card and "- `source`: where the row comes from." in card


@pytest.mark.parametrize(
    ("sets", "options", "said"),
    [
        ({}, {}, "no datasets"),
        ({"a": []}, {}, "'a' has no rows"),
        ({"a": rows(0, 3), "b": to_messages(rows(3, 3))}, {}, "'b' has the columns messages"),
        ({"a": [{"text": "x"}]}, {}, "They are text"),
        ({"a": rows(0, 3)}, {"shares": {"c": 1}}, "no set 'c'"),
        ({"a": rows(0, 3)}, {"shares": {"a": 0}}, "above 0"),
        ({"a": rows(0, 9), "b": rows(9, 3)}, {"shares": {"a": 1, "b": 1}, "rows": 9}, "1 to 6"),
        ({"a": rows(0, 9)}, {"rows": 0}, "1 to 9"),
    ],
)
def test_what_can_t_be_mixed(sets, options, said):
    with pytest.raises(ValueError, match=said):
        mix(sets, **options)
