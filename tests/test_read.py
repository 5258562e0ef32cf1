"""Any data in: read rightly and said so, or refused in words; never wrong in silence."""

import csv
import gc
import gzip
import io
import json
import re
import sys
import tracemalloc
import warnings
from pathlib import Path
from string import Formatter

import pytest
from datasets import Dataset, DatasetDict
from distilabel.distiset import Distiset
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from smolsynth import SmolsynthError, measure, read_rows, save, to_messages, to_preferences
from smolsynth.datasets import sources
from smolsynth.datasets.read import Read
from smolsynth.errors import ReadError

QUICK = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def talk(*turns) -> list[dict[str, str]]:
    names = ("user", "assistant") * len(turns)
    return [{"role": role, "content": text} for role, text in zip(names, turns, strict=False)]


def sharegpt(*turns) -> list[dict[str, str]]:
    names = ("human", "gpt") * len(turns)
    return [{"from": role, "value": text} for role, text in zip(names, turns, strict=False)]


SYSTEM = {"role": "system", "content": "Be kind."}
CALL = {"name": "weather", "arguments": {"city": "Wien"}}
OPENAI_CALL = {
    "type": "function",
    "function": {"name": "weather", "arguments": '{"city": "Wien"}'},
}
TOOLS = [{"name": "weather"}]
TOOL_TALK = [
    {"role": "user", "content": "Rain?"},
    {"role": "assistant", "content": "", "tool_calls": [OPENAI_CALL]},
    {"role": "tool", "content": "no"},
    {"role": "assistant", "content": "No."},
]
PAIR = {
    "prompt": talk("Why?"),
    "chosen": [{"role": "assistant", "content": "So."}],
    "rejected": [{"role": "assistant", "content": "No."}],
}
SIDES = ("chosen", "rejected")
ANSWERS = ({"role": "assistant", "content": "So."}, {"role": "assistant", "content": "No."})

# (a row as people have it, shape, kind, the row as it is read)
SHAPES = [
    (
        {"messages": [SYSTEM, *talk("Q", "A")]},
        "messages",
        "instruction",
        {"messages": [SYSTEM, *talk("Q", "A")]},
    ),
    (
        {"conversations": sharegpt("Q", "A", "R", "B")},
        "sharegpt",
        "instruction",
        {"messages": talk("Q", "A", "R", "B")},
    ),
    ({"conversation": talk("Q", "A")}, "messages", "instruction", {"messages": talk("Q", "A")}),
    (
        {"conversations": sharegpt("Q", "A"), "system": "Be kind."},
        "sharegpt",
        "instruction",
        {"messages": [SYSTEM, *talk("Q", "A")]},
    ),
    (
        {"instruction": "Q", "input": "", "output": "A"},
        "alpaca",
        "instruction",
        {"messages": talk("Q", "A")},
    ),
    (
        {"instruction": "Sum up:", "input": "text", "output": "A"},
        "alpaca",
        "instruction",
        {"messages": talk("Sum up:\ntext", "A")},
    ),
    (
        {
            "instruction": "R",
            "input": "",
            "output": "B",
            "system": "Be kind.",
            "history": [["Q", "A"]],
        },
        "alpaca",
        "instruction",
        {"messages": [SYSTEM, *talk("Q", "A", "R", "B")]},
    ),
    (
        {"instruction": "Q", "response": "A"},
        "instruction-response",
        "instruction",
        {"messages": talk("Q", "A")},
    ),
    (
        {"prompt": "Q", "completion": "A"},
        "prompt-completion",
        "instruction",
        {"messages": talk("Q", "A")},
    ),
    (
        {"prompt": talk("Q"), "completion": talk("Q", "A")[1:]},
        "prompt-completion",
        "instruction",
        {"messages": talk("Q", "A")},
    ),
    (
        {"question": "Q", "answer": "A"},
        "question-answer",
        "instruction",
        {"messages": talk("Q", "A")},
    ),
    (
        {"query": "R", "response": "B", "history": [["Q", "A"]]},
        "query-response",
        "instruction",
        {"messages": talk("Q", "A", "R", "B")},
    ),
    (
        {
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": "Q"}]},
                {"role": "assistant", "content": "A", "weight": 1},
            ]
        },
        "messages",
        "instruction",
        {"messages": talk("Q", "A"), "turn_weight": [None, 1]},
    ),
    (
        {"messages": [{"role": "developer", "content": "Be kind."}, *talk("Q", "A")]},
        "messages",
        "instruction",
        {"messages": [SYSTEM, *talk("Q", "A")]},
    ),
    (
        {"messages": TOOL_TALK, "tools": TOOLS},
        "messages",
        "instruction",
        {"messages": TOOL_TALK, "tools": '[{"name": "weather"}]'},
    ),
    (
        {
            "conversations": [
                {"from": "human", "value": "Rain?"},
                {"from": "function_call", "value": json.dumps(CALL)},
                {"from": "observation", "value": "no"},
                {"from": "gpt", "value": "No."},
            ],
            "tools": '[{"name": "weather"}]',
        },
        "sharegpt",
        "instruction",
        {"messages": TOOL_TALK, "tools": '[{"name": "weather"}]'},
    ),
    (
        {
            "messages": [
                {"role": "user", "content": "Rain?"},
                {
                    "role": "assistant",
                    "content": [
                        {"type": "reasoning", "value": "Look."},
                        {"type": "tool_call", "value": json.dumps(CALL)},
                    ],
                },
                {"role": "tool", "content": [{"type": "text", "value": "no"}]},
                {"role": "assistant", "content": "No."},
            ]
        },
        "messages",
        "instruction",
        {"messages": TOOL_TALK, "thoughts": ["Look.", ""]},
    ),
    (
        {"question": "Q", "answer": "<think>\nHm.\n</think>\n\nA"},
        "question-answer",
        "instruction",
        {"messages": talk("Q", "A"), "thoughts": ["Hm."]},
    ),
    (
        {
            "messages": [
                talk("Q")[0],
                {"role": "assistant", "content": "A", "reasoning_content": "Hm."},
            ]
        },
        "messages",
        "instruction",
        {"messages": talk("Q", "A"), "thoughts": ["Hm."]},
    ),
    ({"prompt": "Why?", "chosen": "So.", "rejected": "No."}, "preference", "preference", PAIR),
    (
        {"system": "Be kind.", "prompt": "Why?", "chosen": "So.", "rejected": "No."},
        "preference",
        "preference",
        {**PAIR, "prompt": [SYSTEM, *talk("Why?")]},
    ),
    (
        {
            "system": "Be kind.",
            "conversations": sharegpt("Why?"),
            "chosen": {"from": "gpt", "value": "So."},
            "rejected": {"from": "gpt", "value": "No."},
        },
        "sharegpt-preference",
        "preference",
        {**PAIR, "prompt": [SYSTEM, *talk("Why?")]},
    ),
    (
        {"instruction": "Who wrote it?", "context": "A letter.", "response": "A."},
        "instruction-response",
        "instruction",
        {"messages": talk("Who wrote it?\nA letter.", "A.")},
    ),
    (
        {
            "messages": [
                {"role": "user", "content": "Rain?"},
                {"role": "assistant", "content": None, "function_call": CALL},
                {"role": "function", "content": "no"},
                {"role": "assistant", "content": "No."},
            ],
            "functions": TOOLS,
        },
        "messages",
        "instruction",
        {"messages": TOOL_TALK, "tools": '[{"name": "weather"}]'},
    ),
    (
        {
            "messages": [
                {"from": None, "value": None, "role": "user", "content": "Q"},
                {"role": "assistant", "content": "A", "text": "B"},
            ]
        },
        "messages",
        "instruction",
        {"messages": talk("Q", "A"), "turn_text": [None, "B"]},
    ),
    (
        {
            "prompt": "Why?",
            "chosen": "So.",
            "rejected": "No.",
            "chosen-rating": "4",
            "rejected-rating": 2,
        },
        "preference",
        "preference",
        {**PAIR, "score_chosen": 4.0, "score_rejected": 2.0},
    ),
    (
        {"instruction": "Why", "input": "now?", "chosen": "So.", "rejected": "No."},
        "preference",
        "preference",
        {**PAIR, "prompt": talk("Why\nnow?")},
    ),
    (
        {"prompt": talk("Why?"), "chosen": [ANSWERS[0]], "rejected": [ANSWERS[1]]},
        "preference",
        "preference",
        PAIR,
    ),
    (
        {
            "chosen": "\n\nHuman: Why?\n\nAssistant: So.",
            "rejected": "\n\nHuman: Why?\n\nAssistant: No.",
        },
        "transcripts",
        "preference",
        PAIR,
    ),
    (
        {"messages": talk("Why?", "So."), "contents": "Of a book."},
        "messages",
        "instruction",
        {"messages": talk("Why?", "So."), "contents": "Of a book."},
    ),
    (
        {
            "systemInstruction": {"role": "system", "parts": [{"text": "Be kind."}]},
            "contents": [
                {"role": "user", "parts": [{"text": "Why?"}]},
                {"role": "model", "parts": [{"text": "So"}, {"text": "."}]},
            ],
        },
        "gemini",
        "instruction",
        {"messages": [SYSTEM, *talk("Why?", "So.")]},
    ),
    (
        {"chosen": talk("Why?", "So."), "rejected": talk("Why?", "No.")},
        "preference-talks",
        "preference",
        PAIR,
    ),
    (
        {
            "prompt": "Why?",
            "chosen": talk("Why?", "So."),
            "rejected": talk("Why?", "No."),
            "score_chosen": 4,
            "score_rejected": 2.5,
        },
        "preference-talks",
        "preference",
        {**PAIR, "score_chosen": 4.0, "score_rejected": 2.5, "prompt_before": "Why?"},
    ),
    (
        {
            "conversations": sharegpt("Why?"),
            "chosen": {"from": "gpt", "value": "So."},
            "rejected": {"from": "gpt", "value": "No."},
        },
        "sharegpt-preference",
        "preference",
        PAIR,
    ),
    (
        {
            "question": "Why?",
            "chosen": "So.",
            "rejected": "No.",
            "chosen_rating": 5,
            "rejected_rating": None,
        },
        "preference",
        "preference",
        {**PAIR, "score_chosen": 5.0, "score_rejected": None},
    ),
    (
        {
            "input": {"messages": talk("Why?")},
            "preferred_output": [ANSWERS[0]],
            "non_preferred_output": [ANSWERS[1]],
        },
        "openai-preference",
        "preference",
        PAIR,
    ),
    ({"messages": talk("Why?", "So."), "rejected_response": "No."}, "ms-swift", "preference", PAIR),
    (
        {"messages": talk("Why?", "So."), "label": True},
        "kto",
        "kto",
        {"prompt": talk("Why?"), "completion": [ANSWERS[0]], "label": True},
    ),
    (
        {"prompt": "Why?", "completion": "So.", "label": False},
        "kto",
        "kto",
        {"prompt": talk("Why?"), "completion": [ANSWERS[0]], "label": False},
    ),
    (
        {"instruction": "Why?", "output": "So.", "kto_tag": True},
        "kto",
        "kto",
        {"prompt": talk("Why?"), "completion": [ANSWERS[0]], "label": True},
    ),
]


@pytest.mark.parametrize(
    ("row", "shape", "kind", "wanted"), SHAPES, ids=lambda value: str(value)[:40]
)
def test_each_shape_is_recognised_and_converted(row, shape, kind, wanted):
    for source in ([row] * 3, iter([row] * 3)):
        read = read_rows(source)
        assert (read.shape, read.kind) == (shape, kind)
        assert list(read.rows) == [wanted] * 3
    assert read_rows([row], kind=kind).kind == kind
    other = "preference" if kind == "instruction" else "instruction"
    with pytest.raises(ReadError, match=f"rows of {kind} data .*, not of {other} data"):
        read_rows([row], kind=other)


@pytest.mark.parametrize(
    ("row", "shape", "kind", "wanted"), SHAPES, ids=lambda value: str(value)[:40]
)
def test_each_shape_survives_json_lines(row, shape, kind, wanted, tmp_path):
    path = tmp_path / "data.jsonl"
    path.write_text((json.dumps(row, ensure_ascii=False) + "\n") * 2, encoding="utf-8")
    assert read_rows(path).rows == [wanted] * 2


def test_other_columns_are_kept_and_said():
    rows = [{"question": "Q", "answer": "A", "id": 7, "topic": None, "messages": []}]
    read = read_rows(rows)
    assert read.rows == [{"messages": talk("Q", "A"), "id": 7}] and read.extra == ("id",)
    assert read.describe()[1:] == [
        "empty throughout, passed over: topic, messages",
        "kept as they are: id",
    ]
    assert read.describe("zh")[0] == "共 1 行，类别 instruction，格式 question-answer"
    assert "1 row of instruction data" in repr(read) and len(read) == 1


def called(arguments):
    call = {"function": {"name": "weather", "arguments": arguments}}
    return [*talk("Rain?"), {"role": "assistant", "tool_calls": [call]}, *TOOL_TALK[2:]]


def nested(depth):
    return [nested(depth - 1)] if depth else []


REFUSED = [
    ([{"body": "a"}], r"The columns 'body' are those of no shape"),
    (
        [{"instruction": "a", "output": "b", "response": "c"}],
        "'output' and 'response' may both be the answer",
    ),
    ([{"messages": talk("a", "b"), "conversations": sharegpt("a", "b")}], "may both be the talk"),
    ([{"messages": talk("a", "b"), "images": ["x.png"]}], "'images' holds pictures, sound or film"),
    (
        [
            {
                "messages": [
                    {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}
                ]
            }
        ],
        r"row 0: messages\[0\]\.content\[0\]: expected .*, found a part of type 'image_url'",
    ),
    (
        [{"messages": [{"role": "owner", "content": "a"}]}],
        r"messages\[0\]\.role: expected system, user.*found str 'owner'",
    ),
    ([{"messages": talk("a", "b", "c")}], "expected assistant's turn at the end, found user"),
    ([{"messages": talk("a", "b")[::-1]}], r"messages\[0\]: expected user's turn, found assistant"),
    (
        [{"messages": [*talk("a"), *talk("a", "b")]}],
        r"messages\[1\]: expected assistant's turn, found user",
    ),
    ([{"messages": [SYSTEM]}], "expected assistant's turn at the end, found system"),
    ([{"messages": [SYSTEM, *talk("a", "b")], "system": "x"}], "no second system prompt"),
    ([{"messages": "hello"}], "messages: expected a list, found str 'hello'"),
    ([{"messages": [{"role": "user", "content": "a", "audio": "x.wav"}]}], "pictures, sound"),
    (
        [{"question": "a", "context": "b", "answer": "c"}],
        "'context' beside 'question' may be a part",
    ),
    ([{"prompt": "a", "completion": "b", "label": 1}], "'label' holds 0 and 1: .*kind=.kto"),
    ([{"question": "a", "answer": "half \ud800 b"}], "answer: expected whole characters"),
    ([{"prompt": "a", "chosen": "b", "rejected": "c", "score_chosen": "nan"}], "expected a number"),
    ([{"prompt": "a", "completion": "[{'role': 'assistant'}]"}], "as Python prints them, not JSON"),
    ([{"question": "a", "answer": "b", "photo": b"x"}], "'photo' holds bytes"),
    ([{"messages": [3]}], r"messages\[0\]: expected a turn with role and content, found int 3"),
    ([{"question": "a", "answer": "b", "x": nested(900)}], "'x' is nested too deeply"),
    ([{"prompt": "a", "completion": None}], r"'completion' \(empty throughout\), 'prompt'"),
    ([{"question": "a", "answer": 42}], "row 0: answer: expected text, found int 42"),
    (
        [{"prompt": "a", "chosen": "b", "rejected": "c", "score_chosen": "good"}],
        "score_chosen: expected a number",
    ),
    ([{"chosen": talk("a", "b"), "rejected": talk("x", "c")}], "none shared"),
    (
        [{"chosen": talk("a", "b", "c", "d"), "rejected": talk("a", "x")}],
        "chosen: expected one turn after what both share, found 3",
    ),
    (
        [{"messages": talk("a", "b"), "label": "true"}, {"messages": talk("a", "b"), "label": 3}],
        "row 1: label: expected true or false, found int 3",
    ),
    (
        [{"instruction": "a", "output": "b", "history": ["x"]}],
        r"history\[0\]: expected a question and its answer",
    ),
    ([{"messages": talk("a", "b"), "tools": "no json"}], "tools: expected a list of objects"),
    ([{"messages": talk("a", "b"), "tools": '["f"]'}], "tools: expected a list of objects"),
    *(
        ([{"messages": called(wrong)}], r"messages\[1\]\.arguments: expected an object in JSON")
        for wrong in ("{city", [1], 5, "null", '{"n": NaN}')
    ),
    (
        [{"messages": [{**talk("a")[0], "tool_calls": [CALL]}, talk("a", "b")[1]]}],
        "expected text alone in a turn of user",
    ),
    ([{"question": "a", "answer": "b", "note": ["\ud83d"]}], r"note\[0\]: expected whole char"),
    ([{"question": "a", "answer": "b", "\ud83d": "x"}], "ud83d': expected whole characters"),
    ([{"question": "a", "answer": "b", "n": {"of": 1e999}}], "n.of: .*that JSON has, found float"),
    *(
        ([{"question": "Which?", "answer": "B", **more}], "beside 'question' may be a part")
        for more in ({"options": ["x", "y"]}, {"A": "x", "B": "y"}, {"passage": "x"})
    ),
    *(
        ([{"prompt": "a", "completion": "b", "label": one} for one in two], "'label' holds .*true")
        for two in (("good", "bad"), (1, -1), ("好", "坏"), ("Yes", "no"))
    ),
    (
        [{"question": "a", "answer": "b"}, {"text": "c"}],
        "row 1: question: expected this column, found only text",
    ),
    ([], "no rows"),
    ([{}], "no shape"),
    ({"a": 1}, "A dict can't be read"),
    (7, "A int can't be read"),
    (["a"], "Row 0 is no dict of columns but str"),
    ("/no/such/file.jsonl", "There is no file or folder"),
    ("nobody/nothing", "the Hub does not give a dataset of that name"),
]


@pytest.mark.parametrize(("source", "said"), REFUSED, ids=lambda value: str(value)[:50])
def test_what_can_t_be_read_for_certain_is_refused_in_words(source, said):
    with pytest.raises(ReadError, match=said) as error:
        read_rows(source)
    assert isinstance(error.value, SmolsynthError | ValueError)


@pytest.mark.parametrize(("source", "said"), REFUSED, ids=lambda value: str(value)[:50])
def test_errors_are_there_in_chinese(source, said):
    with pytest.raises(ReadError) as error:
        read_rows(source)
    words = error.value.words("zh")
    assert re.search("[\u4e00-\u9fff]", words) and words.endswith("。")
    assert not re.search("[a-z]{2,} [a-z]{2,} [a-z]{2,}", words.partition("（")[0]), words
    assert error.value.words("en") == str(error.value)


def test_both_languages_say_the_same_things():
    from smolsynth.datasets.strings import ERRORS, NOTES

    for texts in (ERRORS, NOTES):
        assert list(texts["en"]) == list(texts["zh"])
        for key, text in texts["en"].items():
            names = [
                {m for _, m, *_ in Formatter().parse(t) if m} for t in (text, texts["zh"][key])
            ]
            assert names[0] == names[1], key


def test_what_was_read_goes_wherever_rows_go(tmp_path):
    read = read_rows([{"question": "What is tea?", "answer": "Tea is a drink.", "id": 1}])
    assert measure(read, "en").rows == 1
    assert read_rows(save(read, tmp_path / "x", **WHY)).rows == read.rows


def test_faulty_rows_are_counted_named_or_left_out():
    rows = [{"messages": talk("a", "b")} for _ in range(9)]
    for number in (1, 3, 5, 7):
        rows[number] = {"messages": talk("a")}
    with pytest.raises(ReadError, match=r"^4 of 9 rows can't be read as messages .*row 1: .*; …"):
        read_rows(rows)
    read = read_rows(rows, on_error="skip")
    assert len(read) == 5 and [number for number, _ in read.skipped] == [1, 3, 5, 7]
    assert "Left out, since they can't be read: 4 rows; the first: row 1 (" in read.describe()[-1]
    with pytest.raises(ReadError, match="None of 4 rows can be read; row 0: "):
        read_rows([rows[1]] * 4, on_error="skip")


def test_a_label_of_0_and_1_is_a_verdict_if_one_says_so():
    rows = [{"prompt": "Why?", "completion": "So.", "label": n} for n in (1, 0, "1")]
    assert [row["label"] for row in read_rows(rows, kind="kto").rows] == [True, False, True]
    plain = read_rows(rows, kind="instruction")
    assert plain.rows[0] == {"messages": talk("Why?", "So."), "label": 1}
    rows = [{"prompt": "Why?", "completion": "So.", "label": n} for n in (1.0, 0.0)]
    assert [row["label"] for row in read_rows(rows, kind="kto").rows] == [True, False]
    rows = [{"prompt": "Why?", "completion": "So.", "label": word} for word in ("yes", "no")]
    assert read_rows(rows, kind="instruction").rows[0]["label"] == "yes"
    with pytest.raises(ReadError, match="'label' holds 'yes', 'no'"):
        read_rows(rows, kind="kto")


def test_nothing_of_a_row_is_lost_on_the_way():
    history = [["Q", "A"]]
    for asked, answered in (("question", "answer"), ("prompt", "response")):
        read = read_rows([{asked: "R", answered: "B", "history": history}])
        assert read.rows == [{"messages": talk("Q", "A", "R", "B")}]
    asked = {**talk("Q")[0], "reasoning_content": "of the user"}
    [row] = read_rows([{"messages": [asked, talk("Q", "A")[1]]}]).rows
    assert row["turn_reasoning_content"] == ["of the user", None]
    [row] = read_rows([{"question": "Q", "answer": "A", "n": [1.0, float("nan")]}]).rows
    assert row["n"] == [1.0, None]
    for nothing in ("", None, {}, []):
        [row] = read_rows([{"messages": called(nothing)}]).rows
        assert row["messages"][1]["tool_calls"][0]["function"]["arguments"] == "{}"
    turns = [{"from": "用户", "value": "问"}, {"from": "助手", "value": "答"}]
    assert read_rows([{"conversations": turns}]).rows == [{"messages": talk("问", "答")}]


def test_files_of_one_column_and_of_a_list_a_line(tmp_path):
    turns = json.dumps(talk("Q", "A"))
    (tmp_path / "x.csv").write_text('messages\n"{}"\n'.format(turns.replace('"', '""')))
    (tmp_path / "x.jsonl").write_text(f"{turns}\n{turns}\n")
    (tmp_path / "y.csv").write_text("question,answer,,\nQ,A,,\n")  # as Excel leaves them
    for name, count in (("x.csv", 1), ("x.jsonl", 2), ("y.csv", 1)):
        assert read_rows(tmp_path / name).rows == [{"messages": talk("Q", "A")}] * count


def test_columns_that_begin_late_in_a_stream_are_not_passed_over():
    rows = [{"instruction": "Q", "output": "A"} for _ in range(1001)]
    rows.append({"instruction": "Translate:", "input": "Ja", "output": "Yes"})
    assert read_rows(rows).rows[-1] == {"messages": talk("Translate:\nJa", "Yes")}
    with pytest.raises(ReadError, match="row 1001: input: expected only columns that the first"):
        list(read_rows(iter(rows)).rows)
    rows[-1] = {"instruction": "Q", "output": "A", "id": 3}  # changes nothing
    assert list(read_rows(iter(rows)).rows)[-1]["id"] == 3


def test_cells_of_tables_become_what_json_has():
    import datetime
    import decimal

    import numpy
    import pandas

    row = {
        "question": "Q",
        "answer": "A",
        "day": datetime.date(2026, 1, 2),
        "price": decimal.Decimal("1.5"),
        "score": numpy.float32(0.5),
        "tags": numpy.array(["a", "b"]),
        "none": pandas.NA,
        "at": pandas.Timestamp(2026, 1, 2),
    }
    wanted = {"day": "2026-01-02", "price": 1.5, "score": 0.5, "tags": ["a", "b"]}
    wanted |= {"messages": talk("Q", "A"), "at": "2026-01-02T00:00:00"}
    for source in ([row], pandas.DataFrame([row]).astype({"score": "float64"})):
        read = read_rows(source)
        assert read.rows == [wanted]
        json.dumps(read.rows, allow_nan=False)


def test_tables_of_other_libraries_and_indices_of_pandas():
    import pandas
    import pyarrow

    assert read_rows(pyarrow.Table.from_pylist(ROWS)).rows == READ
    frame = pandas.DataFrame(ROWS)
    frame.index.name = "id"
    assert [row["id"] for row in read_rows(frame).rows] == [0, 1]
    double = pandas.DataFrame([["a", "b", "c"]], columns=["question", "answer", "answer"])
    with pytest.raises(ReadError, match="two columns of the name 'answer'"):
        read_rows(double)


def test_talks_as_json_in_cells_of_text_are_talks(tmp_path):
    pair = {side: json.dumps([answer]) for side, answer in zip(SIDES, ANSWERS, strict=True)}
    rows = [{"prompt": json.dumps(talk("Why?")), **pair}]
    with (tmp_path / "x.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows * 2)
    for source in (rows * 2, tmp_path / "x.csv", iter(rows * 2)):
        read = read_rows(source)
        assert list(read.rows) == [PAIR] * 2
        assert "talks written as JSON" in read.describe()[1]
    # one text that looks like a talk among others that do not is a text
    rows = [{"question": "An example?", "answer": json.dumps(talk("a"))}, *rows[:0]]
    rows.append({"question": "Q", "answer": "A"})
    assert read_rows(rows).rows[0]["messages"][1]["content"] == json.dumps(talk("a"))


def test_a_stream_is_read_in_bounded_memory():
    taken = []

    def endless():
        for number in range(10**9):
            taken.append(number)
            yield {"question": f"Q{number}", "answer": "A"}

    read = read_rows(endless())
    assert isinstance(read, Read) and read.shape == "question-answer" and len(taken) == 1000
    rows = iter(read.rows)
    assert [next(rows)["messages"][0]["content"] for _ in range(2000)][-1] == "Q1999"
    assert len(taken) == 2000


def test_a_large_file_is_read_without_holding_it(tmp_path, monkeypatch):
    monkeypatch.setattr("smolsynth.rows._IN_MEMORY", 10_000)
    monkeypatch.setattr("smolsynth.datasets.sources._READ", 10_000)
    text = "so it was " * 200
    rows = [{"Instruction": f"{n} {text}?", "Output": text, "n": n} for n in range(900)]
    path = tmp_path / "large.json"
    path.write_text(json.dumps([*rows, rows[0] | {"late": "x"}]))
    peaks = []
    for on_disk in (False, True):
        tracemalloc.start()
        read = read_rows(path, on_disk=on_disk)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    whole = read_rows(path)
    assert list(read) == whole.rows and read.describe() == whole.describe() and len(read) == 901
    assert read.rows[900]["late"] == "x" and read.rows[-2:] == whole.rows[-2:]
    assert peaks[1] < 1_000_000 < 3_600_000 < peaks[0]


VALUES = st.sampled_from(
    [
        None,
        True,
        -1,
        1e16,
        0.5,
        "",
        '"',
        "\\",
        ",]",
        "中\n",
        [],
        [[1, 2], "x"],
        {},
        {"a": {"b": [3]}},
    ]
)


@settings(QUICK, max_examples=50)
@example([[], 1e16], 0, "")  # cut behind its 1
@given(st.lists(VALUES, max_size=5), st.integers(0, 200), st.sampled_from(["", ",", "]", "x", " "]))
def test_an_array_is_read_piece_by_piece_as_it_is_read_whole(items, place, mark):
    def outcome(read):
        try:
            return list(read(Path("a.json"), lambda: io.StringIO(text)))
        except ReadError as error:
            return str(error)

    text = json.dumps(items, indent=1 if place % 2 else None)
    text = text[:place] + mark + text[place:] if place < len(text) else text
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources, "_READ", 7)
        assert outcome(sources._of_array) == outcome(sources._whole_json)


# ---- files ----

ROWS = [{"instruction": "Was ist „ß“？", "output": '一个字母 👩‍🔬\nzwei\u2028Zeilen, "quoted"'}] * 2
READ = [{"messages": talk(ROWS[0]["instruction"], ROWS[0]["output"])}] * 2
LINES = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS)


def table(delimiter: str) -> str:
    file = io.StringIO()
    writer = csv.DictWriter(file, list(ROWS[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(ROWS)
    return file.getvalue()


FILES = {
    "a.json": json.dumps(ROWS).encode(),
    "b.json": json.dumps(ROWS, ensure_ascii=False, indent=2).encode(),
    "c.jsonl": LINES.encode(),
    "d.jsonl": LINES.encode("utf-8-sig"),
    "e.jsonl": LINES.replace("\n", "\r\n").encode(),
    "f.jsonl": LINES.rstrip("\n").encode(),
    "g.jsonl": LINES.replace("\n", "\n\n").encode(),
    "h.jsonl": LINES.encode("utf-16"),
    "i.jsonl.gz": gzip.compress(LINES.encode()),
    "j.json": LINES.encode(),
    "k.jsonl": json.dumps(ROWS).encode(),
    "l.json": json.dumps({"train": ROWS}).encode(),
    "m.csv": table(",").encode(),
    "n.csv": table(",").encode("utf-8-sig"),
    "o.tsv": table("\t").encode(),
    "p.csv": table(";").encode(),
    "q.csv.gz": gzip.compress(table(",").encode()),
    "r.ndjson": LINES.encode(),
    "s.jsonl": LINES.encode("utf-32"),
    "t.csv": ("," + table(",").replace("\r\nWas", "\r\n0,Was")).encode(),
    "u.jsonl": LINES.replace("\n", "\r").encode(),
    "v.jsonl": LINES.replace('"}', '", "score": NaN}').encode(),
}
SAID = {
    "d.jsonl": "the file begins with a byte order mark (UTF-8)",
    "g.jsonl": "2 blank lines passed over",
    "h.jsonl": "the file begins with a byte order mark (UTF-16)",
    "j.json": "the file holds JSON lines, one row a line",
    "k.jsonl": "the file holds one JSON list",
    "l.json": "the rows are those under train",
    "n.csv": "the file begins with a byte order mark (UTF-8)",
    "p.csv": "cells are separated by ;",
    "s.jsonl": "the file begins with a byte order mark (UTF-32)",
    "t.csv": "'': numbers of rows that pandas wrote, passed over",
    "v.jsonl": "empty throughout, passed over: score",
}


@pytest.mark.parametrize("name", FILES)
def test_each_kind_of_file(name, tmp_path):
    path = tmp_path / name
    path.write_bytes(FILES[name])
    for source in (path, str(path)):
        read = read_rows(source)
        assert read.rows == READ and read.shape == "alpaca"
        assert (SAID[name] in read.describe()) if name in SAID else len(read.describe()) == 1
    assert list(read_rows(path, stream=True).rows) == READ


def test_tables_and_folders(tmp_path):
    import pandas

    data = Dataset.from_list(ROWS)
    data.to_parquet(tmp_path / "x.parquet")
    data.save_to_disk(tmp_path / "arrow")
    DatasetDict({"train": data, "test": data.select([0])}).save_to_disk(tmp_path / "dict")
    for source in (
        *(data, pandas.DataFrame(ROWS), DatasetDict({"train": data}), tuple(ROWS)),
        *(tmp_path / "x.parquet", tmp_path / "arrow", iter(data), data.to_iterable_dataset()),
        Distiset({"default": DatasetDict({"train": data})}),
    ):
        assert list(read_rows(source).rows) == READ
    assert not isinstance(read_rows(data.to_iterable_dataset()).rows, list)
    assert len(read_rows(tmp_path / "dict", split="test")) == 1
    with pytest.raises(ReadError, match="There are 2 datasets"):
        read_rows(tmp_path / "dict")
    with pytest.raises(ReadError, match="no split 'dev'; there are train, test"):
        read_rows(tmp_path / "dict", split="dev")
    (tmp_path / "x.parquet").write_bytes((tmp_path / "x.parquet").read_bytes()[:100])
    with pytest.raises(ReadError, match="x.parquet is damaged"):
        read_rows(tmp_path / "x.parquet")


def test_what_pandas_misses_is_missing():
    import pandas

    frame = pandas.DataFrame(
        [{"question": "Q", "answer": "A", "note": "x"}, {"question": "Q", "answer": None}]
    )
    frame["note"] = ["x", "nan"]  # what `str` makes of a missing text
    read = read_rows(frame)
    assert read.rows == [
        {"messages": talk("Q", "A"), "note": "x"},
        {"messages": talk("Q", "")},
    ]
    assert any("as pandas writes a missing text" in line for line in read.describe())


DAMAGED = {
    "half.jsonl": (LINES.encode()[:-20], r"half.jsonl, line 2, is no JSON"),
    "half.json": (json.dumps(ROWS).encode()[:-20], "half.json is no JSON: .* line 1, column"),
    "latin.jsonl": (
        '{"question": "größer", "answer": "a"}'.encode("latin-1"),
        r"latin.jsonl is no UTF-8 \(byte",
    ),
    "gb.jsonl": (LINES.encode("gb18030"), 'encoding="gb18030"'),
    "traditional.jsonl": ('{"question": "貓是什麼？"}'.encode("big5"), 'encoding="big5"'),
    "cut.jsonl.gz": (gzip.compress(LINES.encode())[:-9], "cut.jsonl.gz is damaged or breaks off"),
    "empty.jsonl": (b"", "empty.jsonl is empty"),
    "blank.jsonl": (b"\n \n", "empty"),
    "empty.csv": (b"", "empty.csv is empty"),
    "wide.csv": (b"question,answer\na,b,c\n", "line 2: 3 cells, but 2 columns"),
    "narrow.csv": (b"question,answer\na\n", "line 2: 1 cells, but 2 columns"),
    "double.csv": (b"question,question\na,b\n", "two columns of the name 'question'"),
    "unnamed.csv": (b"question,answer,,\na,b,,\na,b,1,2\n", "without a name holds '1'"),
    "untold.csv": (b"question,answer,\na,b,c\n", "without a name holds 'c'"),
    "late.csv": (b",question,answer\n0,a,b\nx,a,b\n", "begins with numbers of rows.*holds 'x'"),
    "null.json": (b"null", "null.json holds nothing but NoneType None"),
    "text.json": (b'"abc"', "text.json holds nothing but str 'abc'"),
    "big.jsonl": (LINES.encode("utf-16-be"), 'encoding="utf-16-be"'),
    "one.csv": (b"question answer\na b\n", "has one column"),
    "object.json": (b'{"a": [1], "b": 2}', "one JSON object with the keys 'a', 'b'"),
    "number.jsonl": (b"1\n2\n", "Row 0 is no dict of columns but int"),
    "notes.txt": (b"hello", "notes.txt can't be read: its name must end in"),
    "no.parquet": (b"hello", "no.parquet is damaged, or no parquet file"),
    "utf16.jsonl": (LINES.encode("utf-16-le"), 'encoding="utf-16-le"'),
    "twice.jsonl": (
        b'{"question": "a", "question": "b", "answer": "c"}',
        "line 1, .*'question' twice",
    ),
    "twice.json": (
        b'[{"messages": [{"role": "user", "content": 1, "content": 2}]}]',
        "'content' twice",
    ),
    "infinite.jsonl": (
        b'{"question": "a", "answer": "b", "x": -Infinity}',
        "-Infinity, which is no",
    ),
    "digits.jsonl": (b'{"question": ' + b"9" * 5000 + b"}", "holds what JSON can't"),
    "noise.jsonl.gz": (gzip.compress(LINES.encode())[:10] + b"\xff" * 60, "damaged or breaks off"),
    "table.jsonl": (b"PAR1" + b"\0" * 50, "table.jsonl is a Parquet file"),
    "zip.json": (b"PK\x03\x04" + b"\0" * 50, "zip.json is a ZIP file"),
    "lines.csv": (LINES.encode(), "no shape|no well-formed table|cells"),
    "quote.csv": (b'question,answer\n"a,b\nc,d\n', "no well-formed table"),
    "deep.jsonl": (b"[" * 100_000, "nested too deeply|no JSON"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_files_are_refused_in_words(name, tmp_path):
    content, said = DAMAGED[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ReadError, match=said):
        read_rows(tmp_path / name)


def test_parts_of_one_dataset_are_read_in_their_order(tmp_path):
    (tmp_path / "data").mkdir()
    for number in range(3):
        part = Dataset.from_list([{"question": f"Q{number}", "answer": "A"}])
        part.to_parquet(tmp_path / "data" / f"train-{number:05}-of-00003.parquet")
    read = read_rows(tmp_path)
    assert [row["messages"][0]["content"] for row in read.rows] == ["Q0", "Q1", "Q2"]
    assert "3 files, one after the other: train-00000-of-00003.parquet …" in read.describe()
    for number, left in ((1, 2), (2, 1)):
        (tmp_path / "data" / f"train-0000{number}-of-00003.parquet").unlink()
        with pytest.raises(ReadError, match=f"holds {left} of the 3 parts"):
            read_rows(tmp_path)


def test_a_folder_with_a_part_missing_or_damaged_is_refused_in_words(tmp_path):
    data = Dataset.from_list([{"question": f"Q{n}", "answer": "A"} for n in range(9)])
    for damage in ("missing", "cut", "state"):
        folder = tmp_path / damage
        data.save_to_disk(folder, num_shards=3)
        part = folder / "data-00001-of-00003.arrow"
        if damage == "missing":
            part.unlink()
        elif damage == "cut":
            part.write_bytes(part.read_bytes()[:300])
        else:
            (folder / "state.json").write_text("{")
        with pytest.raises(ReadError, match=f"{damage} is damaged or breaks off"):
            read_rows(folder)


def test_tables_of_arrow_keep_apart_what_is_one_column_there(tmp_path):
    import pyarrow

    calls = ({"city": "Wien"}, {"days": 2})
    tools = [
        {"name": "weather", "parameters": {"properties": {one: {"type": "x"}}}} for one in "ab"
    ]
    rows = [{"messages": called(c), "tools": [t]} for c, t in zip(calls, tools, strict=True)]
    data = Dataset.from_list(rows)
    data.to_parquet(tmp_path / "x.parquet")
    data.save_to_disk(tmp_path / "x")
    table = pyarrow.parquet.read_table(tmp_path / "x.parquet")
    for source in (data, tmp_path / "x.parquet", tmp_path / "x", table):
        for row, call, tool in zip(read_rows(source).rows, calls, tools, strict=True):
            [made] = row["messages"][1]["tool_calls"]
            assert json.loads(made["function"]["arguments"]) == call
            assert json.loads(row["tools"]) == [tool]
    twice = pyarrow.table([["a"], ["b"], ["c"]], names=["question", "answer", "question"])
    pyarrow.parquet.write_table(twice, tmp_path / "twice.parquet")
    with pytest.raises(ReadError, match="two columns of the name 'question'"):
        read_rows(tmp_path / "twice.parquet")


def test_arrow_files_of_both_kinds(tmp_path):
    import pyarrow
    from pyarrow import ipc

    made = pyarrow.Table.from_pylist(ROWS)
    for name, kind in (("a.arrow", ipc.new_stream), ("b.arrow", ipc.new_file)):
        with kind(str(tmp_path / name), made.schema) as writer:
            writer.write_table(made)
        assert read_rows(tmp_path / name).rows == READ
        content = (tmp_path / name).read_bytes()
        ends = (len(content) // 2, content.find(b"\xff\xff\xff\xff", 8))  # and before a batch
        for end in ends if name == "a.arrow" else ends[:1]:
            (tmp_path / name).write_bytes(content[:end])
            with pytest.raises(ReadError, match=f"{name} is damaged"):
                read_rows(tmp_path / name)


def test_what_no_codec_is_is_refused(tmp_path):
    (tmp_path / "x.jsonl").write_bytes(LINES.encode("utf-8-sig"))
    assert read_rows(tmp_path / "x.jsonl", encoding="latin-1").rows == READ  # the mark is surer
    (tmp_path / "x.jsonl").write_bytes(LINES.encode())
    with pytest.raises(ReadError, match="no encoding 'gbx'"):
        read_rows(tmp_path / "x.jsonl", encoding="gbx")


def test_another_encoding_can_be_named(tmp_path):
    (tmp_path / "gb.jsonl").write_bytes(LINES.replace("👩‍🔬", "").encode("gb18030"))
    read = read_rows(tmp_path / "gb.jsonl", encoding="gb18030")
    assert read.rows[0]["messages"][0]["content"] == ROWS[0]["instruction"]


def test_what_is_no_option_is_refused():
    for options in ({"kind": "sft"}, {"on_error": "ignore"}):
        with pytest.raises(ValueError, match="must be"):
            read_rows([{"question": "a", "answer": "b"}], **options)


# ---- properties ----

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(
    lambda text: text.strip() not in ("", "nan") and "think" not in text.lower()
)
WHY = {"lang": "en", "model": "bundled", "technique": "none", "seed": 1, "despite": "A test."}


@QUICK
@given(
    st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=4),
    st.sampled_from(["jsonl", "parquet", "arrow"]),
)
def test_what_save_writes_read_rows_reads_back(pairs, form):
    import tempfile

    data = to_messages([{"instruction": q, "response": a} for q, a in pairs])
    with tempfile.TemporaryDirectory() as folder:
        saved = save(data, Path(folder) / "data", format=form, **WHY)
        read = read_rows(saved)
        assert (read.kind, read.shape) == ("instruction", "messages")
        assert read.rows == data.to_list()
        rated = [
            {
                "instruction": q,
                "chosen": a,
                "rejected": a + "!",
                "chosen_rating": 4.0,
                "rejected_rating": None,
            }
            for q, a in pairs
        ]
        data = to_preferences(rated)
        read = read_rows(save(data, Path(folder) / "pairs", format=form, **WHY))
        assert read.kind == "preference" and read.rows == data.to_list()


def as_lines(rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def as_table(rows):
    table = io.StringIO()
    writer = csv.DictWriter(table, list(rows[0]))  # lines end with CRLF, as Excel ends them
    writer.writeheader()
    writer.writerows(rows)
    return table.getvalue()


FORMS = {
    "json": lambda rows: json.dumps(rows, ensure_ascii=False, indent=1),
    "jsonl": as_lines,
    "ndjson": lambda rows: as_lines(rows).replace("\n", "\r\n\r\n"),
    "csv": as_table,
}
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "gb18030", "latin-1")


def answer(text):
    return [{"role": "assistant", "content": text}]


def rated(q, a):
    sides = {"chosen": {"from": "gpt", "value": a}, "rejected": {"from": "gpt", "value": a + "!"}}
    ratings = {"chosen-rating": 4.5, "rejected-rating": None}
    return {"conversations": sharegpt(q), **sides, **ratings}


def parted(q, a):
    thought = {"type": "reasoning", "text": "Hm."}
    parts = [[{"type": "text", "text": q}], [thought, {"type": "text", "text": a}]]
    return {
        "messages": [turn | {"content": part} for turn, part in zip(talk(q, a), parts, strict=True)]
    }


# shape: (a row as people have it, the row as it is read)
MADE = {
    "alpaca": (
        lambda q, a: {"instruction": q, "input": "", "output": a},
        lambda q, a: {"messages": talk(q, a)},
    ),
    "alpaca, empty columns": (
        lambda q, a: {"instruction": q, "input": float("nan"), "output": a, "system": "",
                      "history": [], "tools": None},
        lambda q, a: {"messages": talk(q, a)},
    ),
    "alpaca, 中文": (
        lambda q, a: {"指令": q, "输入": "", "输出": a},
        lambda q, a: {"messages": talk(q, a)},
    ),
    "messages": (
        lambda q, a: {"messages": talk(q, a)},
        lambda q, a: {"messages": talk(q, a)},
    ),
    "messages, parts": (
        parted,
        lambda q, a: {"messages": talk(q, a), "thoughts": ["Hm."]},
    ),
    "messages, tools": (
        lambda q, a: {"messages": [*talk(q), *TOOL_TALK[1:3], *answer(a)], "tools": TOOLS},
        lambda q, a: {"messages": [*talk(q), *TOOL_TALK[1:3], *answer(a)]},
    ),
    "sharegpt": (
        lambda q, a: {"conversations": sharegpt(q, a)},
        lambda q, a: {"messages": talk(q, a)},
    ),
    "question-answer": (
        lambda q, a: {"question": q, "answer": a, "id": "1"},
        lambda q, a: {"messages": talk(q, a), "id": "1"},
    ),
    "kto": (
        lambda q, a: {"messages": talk(q, a), "label": True},
        lambda q, a: {"prompt": talk(q), "completion": answer(a), "label": True},
    ),
    "preference": (
        lambda q, a: {"prompt": q, "chosen": a, "rejected": a + "!"},
        lambda q, a: {"prompt": talk(q), "chosen": answer(a), "rejected": answer(a + "!")},
    ),
    "sharegpt-preference": (
        rated,
        lambda q, a: {"prompt": talk(q), "chosen": answer(a), "rejected": answer(a + "!"),
                      "score_chosen": 4.5, "score_rejected": None},
    ),
}  # fmt: skip
FLAT = ("alpaca", "alpaca, 中文", "question-answer", "preference")  # can stand in a table

DAMAGES = (
    *("none", "cut", "role", "order", "number"),
    *("no talk", "mixed", "picture", "verdict"),
)


def broken(row, how):
    """The row with one fault; `None` where it has no place for it."""
    row = json.loads(json.dumps(row))
    talks = next((row[k] for k in ("messages", "conversations") if k in row), None)
    if how == "role" and talks:
        talks[-1]["role" if "role" in talks[-1] else "from"] = "nobody"
    elif how == "order" and talks and len(talks) > 1:
        talks.reverse()
    elif how == "number":
        (talks[-1] if talks else row)[
            next(k for k in ("content", "value", "output", "answer") if k in (talks or [row])[-1])
        ] = 3
    elif how == "no talk" and talks:
        talks.clear()
    elif how == "picture" and talks and isinstance(talks[0].get("content"), list):
        talks[0]["content"].append({"type": "image_url", "image_url": {"url": "a.png"}})
    elif how == "verdict" and "label" in row:
        row["label"] = "maybe"
    else:
        return None
    return row


@settings(QUICK, max_examples=200)
@given(
    st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=3),
    st.sampled_from(sorted(MADE)),
    st.sampled_from(sorted(FORMS)),
    st.sampled_from(ENCODINGS),
    st.booleans(),
    st.sampled_from(DAMAGES),
)
def test_shapes_encodings_and_damage_are_read_rightly_or_refused(
    pairs, shape, form, encoding, zipped, damage
):
    import tempfile

    make, wanted = MADE[shape]
    if form == "csv":  # which has no types, and no end that could be missed
        shape = shape if shape in FLAT else "alpaca"
        (make, wanted), damage = MADE[shape], "none"
    rows = [make(q, a) for q, a in pairs]
    if damage == "mixed":
        rows = [*rows, {"text": "of no shape"}]
    elif damage not in ("none", "cut"):
        bad = broken(rows[-1], damage)
        if bad is None:
            damage = "none"
        else:
            rows = [*rows[:-1], bad] if len(rows) > 1 else [make("q", "a"), bad]
    text = FORMS[form](rows)
    try:
        content = text.encode(encoding)
    except UnicodeEncodeError:
        return
    if damage == "cut":
        end = "\n\r\n]}"
        content = text.rstrip(end).encode(encoding)[:-1]
    if zipped:
        content = gzip.compress(content)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"data.{form}{'.gz' if zipped else ''}"
        path.write_bytes(content)
        try:
            read = read_rows(path)
        except ReadError as error:
            assert str(error)
            if encoding in ("utf-8", "utf-8-sig", "utf-16"):
                assert damage != "none", error
            return
        assert damage == "none", (damage, read.rows)
        assert list(read_rows(path, on_disk=True)) == read.rows
        if encoding.startswith("utf") or text.isascii():
            assert read.shape == shape.partition(",")[0]
            both = zip(read, pairs, strict=True)
            rows = [{name: row[name] for name in wanted(*pair)} for row, pair in both]
            assert rows == [wanted(*pair) for pair in pairs]
        else:  # bytes of another encoding that happen to be UTF-8
            assert content.decode() if not zipped else True


@pytest.mark.filterwarnings("error::ResourceWarning")
def test_temporary_files_are_closed_with_their_last_use(monkeypatch):
    from smolsynth import rows
    from smolsynth.text.similarity import DuplicateSearch

    with warnings.catch_warnings():  # sockets that tests before this one left open
        warnings.simplefilter("ignore")
        gc.collect()
    monkeypatch.setattr(rows, "_IN_MEMORY", 10)
    seen = []
    monkeypatch.setattr(sys, "unraisablehook", seen.append)
    held = rows.OnDisk({"text": "some"} for _ in range(9))
    search = DuplicateSearch()
    for _ in range(2):
        search.add(["some", "words", "again"])
    assert len(held) == 9 and len(search.found(lambda row: ["some", "words", "again"])) == 1
    del held, search
    gc.collect()
    assert seen == []
