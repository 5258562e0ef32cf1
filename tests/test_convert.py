"""Every trainer out: round trips keep texts and columns, and each format is as its trainer says."""

import json
import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from smolsynth import convert, read_rows, save
from smolsynth.datasets.trainers import FORMATS
from smolsynth.errors import ConvertError
from tests.test_read import (
    ANSWERS,
    OPENAI_CALL,
    PAIR,
    QUICK,
    SYSTEM,
    TEXT,
    TOOL_TALK,
    WHY,
    answer,
    talk,
)

TOOLS = '[{"type": "function", "function": {"name": "weather"}}]'
ROWS = {
    "instruction": [
        {"messages": talk("Q", "A"), "id": 1},
        {"messages": [SYSTEM, *talk("Q", "A", "好？", "“好”")], "thoughts": ["", "Hm."], "id": 2},
    ],
    "preference": [
        {**PAIR, "score_chosen": 4.0, "score_rejected": None, "id": 1},
        {**PAIR, "prompt": [SYSTEM, *talk("a", "b", "Why?")], "score_chosen": 4.5,
         "score_rejected": 1.0, "id": 2},
    ],
    "kto": [
        {"prompt": talk("Why?"), "completion": [ANSWERS[0]], "label": True, "id": 1},
        {"prompt": [SYSTEM, *talk("Why?")], "completion": [ANSWERS[1]], "label": False, "id": 2},
    ],
}  # fmt: skip
CASES = [(to, kind) for to, kinds in FORMATS.items() for kind in kinds]


@pytest.mark.parametrize(("to", "kind"), CASES)
def test_a_round_trip_keeps_every_text_and_column(to, kind, tmp_path):
    rows = ROWS[kind]
    assert read_rows(rows).rows == rows
    made = convert(read_rows(rows), to, tmp_path / "out")
    back = read_rows(made.folder / "train.jsonl")
    if to == "openai":
        scores = {"score_chosen", "score_rejected"}
        assert set(made.lost) == {"id", *({"thoughts"} if kind == "instruction" else scores)}
        names = ("messages", "prompt", "chosen", "rejected")
        rows = [{name: row[name] for name in names if name in row} for row in rows]
    elif (to, kind) == ("kto", "preference"):
        assert made.lost == ("score_chosen", "score_rejected")
    else:
        assert made.lost == ()
    if (to, kind) == ("kto", "preference"):
        assert [row["label"] for row in back.rows] == [True, False] * 2
        assert [row["completion"] for row in back.rows] == [[a] for a in ANSWERS] * 2
        return
    assert back.kind == kind and made.rows == len(rows)
    assert back.rows == rows


WHOLE = [case for case in CASES if case[0] != "openai" and case != ("kto", "preference")]


@settings(QUICK, max_examples=4 * len(WHOLE))
@given(TEXT, TEXT, st.sampled_from(WHOLE), st.dictionaries(st.sampled_from("abc"), TEXT))
def test_any_text_and_column_comes_back(q, a, case, more):
    to, kind = case
    pair = {"chosen": answer(a), "rejected": answer(a + "!")}
    rows = {
        "instruction": [{"messages": [SYSTEM, *talk(q, a, a, q)], **more}],
        "preference": [{"prompt": talk(q, a, q), **pair, **more}],
        "kto": [{"prompt": talk(q), "completion": answer(a), "label": a > q, **more}],
    }[kind]
    with tempfile.TemporaryDirectory() as folder:
        made = convert(read_rows(rows, kind), to, Path(folder) / "out")
        back = read_rows(made.folder / "train.jsonl")
    assert made.lost == () and back.kind == kind
    assert back.rows == rows


@pytest.mark.parametrize("to", [to for to, kind in CASES if kind == "instruction"])
def test_calls_of_tools_go_through(to, tmp_path):
    rows = [{"messages": TOOL_TALK, "tools": TOOLS}] * 2
    if to == "alpaca":
        with pytest.raises(ConvertError, match="Row 0 does not fit into alpaca: .* no place"):
            convert(read_rows(rows), to, tmp_path / "out")
        assert not list(tmp_path.iterdir())
        return
    back = read_rows(convert(read_rows(rows), to, tmp_path / "out").folder / "train.jsonl")
    if to == "openai":
        assert back.rows[0]["messages"][2].pop("tool_call_id") == "call_0"
        assert back.rows[0]["messages"][1]["tool_calls"][0].pop("id") == "call_0"
        back.rows = back.rows[:1] * 2
    assert back.rows == rows and back.rows[0]["messages"][1]["tool_calls"] == [OPENAI_CALL]


def lines_of(made):
    return [json.loads(line) for line in (made.folder / "train.jsonl").read_text().splitlines()]


TWO = [  # calls at once, and a text beside them
    talk("Rain?")[0],
    {"role": "assistant", "content": "Wait.", "tool_calls": [OPENAI_CALL, OPENAI_CALL]},
    {"role": "tool", "content": "no"},
    {"role": "tool", "content": "yes"},
    {"role": "assistant", "content": "Maybe."},
]


def test_each_trainer_s_rules_hold_or_it_is_said(tmp_path):
    two = read_rows([{"messages": TWO, "tools": TOOLS}])
    empty = read_rows([{"question": "Q", "answer": a} for a in ("", "A")])
    same = read_rows([{**PAIR, "rejected": PAIR["chosen"]}])
    pair = read_rows([{**PAIR, "tools": TOOLS}])
    result = read_rows([{"messages": [*TOOL_TALK[:3], TOOL_TALK[2], TOOL_TALK[3]]}])
    for read, to, said in (
        (two, "llama-factory", "a turn holds a text and a call"),
        (result, "sharegpt", "two results of tools follow each other"),
        (result, "openai", "answers no call before it"),
        (empty, "ms-swift", "an answer is empty"),
        (same, "ms-swift", "both answers are the same"),
        (pair, "axolotl", "of pairs the trainer reads no tools"),
    ):
        with pytest.raises(ConvertError, match=f"Row 0 does not fit into {to}: .*{said}") as error:
            convert(read, to, tmp_path / "x")
        assert error.value.words("zh").startswith(f"第 0 行放不进 {to}：")
        assert not list(tmp_path.iterdir())


def test_tools_are_as_each_trainer_reads_them(tmp_path):
    read = read_rows([{"messages": TWO, "tools": TOOLS, "turn_weight": [None, 0, None, None, 1]}])
    said = {}
    for to in ("messages", "openai", "ms-swift", "axolotl"):
        [said[to]] = lines_of(convert(read, to, tmp_path / to))
    call = said["messages"]["messages"][1]["tool_calls"][0]  # chat templates render objects
    assert call["function"]["arguments"] == {"city": "Wien"} and said["messages"]["tools"] == TOOLS
    assert said["axolotl"]["tools"] == json.loads(TOOLS)
    turns = said["openai"]["messages"]
    assert [call["id"] for call in turns[1]["tool_calls"]] == ["call_0", "call_1"]
    assert [turn.get("tool_call_id") for turn in turns[2:4]] == ["call_0", "call_1"]
    assert [turn.get("weight") for turn in turns] == [None, 0, None, None, 1]
    roles = [turn["role"] for turn in said["ms-swift"]["messages"]]
    assert roles[:4] == ["user", "assistant", "tool_call", "tool_call"]
    assert roles[4:] == ["tool_response", "tool_response", "assistant"]
    for to, row in said.items():
        assert isinstance(row.get("tools"), str) == (to in ("messages", "ms-swift"))
        [back] = read_rows(tmp_path / to / "train.jsonl").rows
        assert [turn["content"] for turn in back["messages"]] == [turn["content"] for turn in TWO]
        assert [len(turn.get("tool_calls", ())) for turn in back["messages"]] == [0, 2, 0, 0, 0]


def test_trl_s_trainer_finds_arguments_as_they_are(tmp_path):
    from datasets import load_dataset

    rows = [{"messages": TOOL_TALK, "tools": TOOLS}]
    other = json.loads(json.dumps(TOOL_TALK).replace("city", "town"))
    rows += [{"messages": other, "tools": TOOLS}, {"messages": talk("Q", "A")}]
    made = convert(read_rows(rows), "messages", tmp_path / "tools")
    data = load_dataset(str(made.folder), split="train", cache_dir=str(tmp_path / "cache"))
    calls = [row["messages"][1].get("tool_calls") for row in data]
    assert [call and call[0]["function"]["arguments"] for call in calls] == [
        {"city": "Wien"},
        {"town": "Wien"},
        None,
    ]


def test_openai_s_least_is_said(tmp_path):
    rows = [{"question": f"Q{n}", "answer": "A"} for n in range(10)]
    assert convert(read_rows(rows), "openai", tmp_path / "a").notes == ()
    [note] = convert(read_rows(rows[:9]), "openai", tmp_path / "b").notes
    assert note == "OpenAI takes 10 rows or more; these are 9." and "9 行" in note.words("zh")


def test_what_turns_lose_is_named(tmp_path):
    turns = json.loads(json.dumps(TOOL_TALK))
    turns[1]["tool_calls"][0]["id"] = "c1"
    turns[2] |= {"tool_call_id": "c1", "name": "weather"}
    rows = [{"messages": turns}]
    made = convert(read_rows(rows), "sharegpt", tmp_path / "a")
    wanted = ("messages.tool_calls.id", "messages.name", "messages.tool_call_id")
    assert made.lost == wanted
    made = convert(read_rows(rows), "openai", tmp_path / "b")
    assert made.lost == () and read_rows(made.folder / "train.jsonl").rows == rows
    turns[2]["tool_call_id"] = "c2"
    with pytest.raises(ConvertError, match="answers no call"):
        convert(read_rows(rows), "openai", tmp_path / "c")


@pytest.mark.parametrize(("to", "kind"), CASES)
def test_columns_that_are_called_like_those_of_a_form_go_along_or_are_named(to, kind, tmp_path):
    more = {"score_chosen": 3} if kind != "preference" else {"completion": "x"}
    if kind == "instruction":
        more |= dict.fromkeys(("prompt", "completion", "instruction", "output"), "x")
    read = read_rows([{**row, **more} for row in ROWS[kind]], kind)
    made = convert(read, to, tmp_path / "out")
    [first, *_] = lines_of(made)
    renamed = {f"{name}_before" if name in ("prompt", "completion") else name for name in more}
    kept = renamed - {*made.lost}
    assert {name: first[name] for name in kept} == {name: read.rows[0][name] for name in kept}
    assert to == "openai" or renamed - kept <= {"instruction", "output"}
    folder = save(read, tmp_path / "saved", **WHY)
    assert "rows" in (folder / "README.md").read_text("utf-8")


def test_llama_factory_finds_its_columns(tmp_path):
    for kind, columns in (
        ("instruction", {"messages": "conversations"}),
        ("preference", {"messages": "conversations", "chosen": "chosen",
                        "rejected": "rejected"}),
        ("kto", {"messages": "conversations", "kto_tag": "label"}),
    ):  # fmt: skip
        made = convert(read_rows(ROWS[kind]), "llama-factory", tmp_path / kind)
        info = json.loads((made.folder / "dataset_info.json").read_text("utf-8"))[kind]
        assert info["columns"] == columns and info["formatting"] == "sharegpt"
        assert info.get("ranking", False) == (kind == "preference")
        first = json.loads((made.folder / info["file_name"]).read_text("utf-8").splitlines()[0])
        assert set(columns.values()) <= set(first)
        turns = first["conversations"]
        assert {turn["from"] for turn in turns} <= {"human", "gpt", "system"}
        # odd places ask, even ones answer; ranking and its talk end with the question
        asked = turns[1:] if turns[0]["from"] == "system" else turns
        assert [t["from"] for t in asked[::2]] == ["human"] * len(asked[::2])
        assert (len(asked) % 2 == 1) == (kind == "preference")


def test_llama_factory_is_told_of_tools_where_there_are_any(tmp_path):
    rows = read_rows([{"messages": TOOL_TALK, "tools": TOOLS}])
    made = convert(rows, "llama-factory", tmp_path / "x")
    info = json.loads((made.folder / "dataset_info.json").read_text("utf-8"))["x"]
    assert info["columns"] == {"messages": "conversations", "tools": "tools"}
    turns = json.loads((made.folder / "train.jsonl").read_text("utf-8"))["conversations"]
    assert [turn["from"] for turn in turns] == ["human", "function_call", "observation", "gpt"]
    assert json.loads(turns[1]["value"]) == {"name": "weather", "arguments": {"city": "Wien"}}


def test_axolotl_s_file_names_what_is_there(tmp_path):
    for kind in ("instruction", "preference"):
        made = convert(read_rows(ROWS[kind]), "axolotl", tmp_path / kind)
        about = yaml.safe_load((made.folder / "axolotl.yaml").read_text("utf-8"))
        [data] = about["datasets"]
        assert (tmp_path / data["path"]).is_file()
        first = json.loads((tmp_path / data["path"]).read_text("utf-8").splitlines()[0])
        assert {v for k, v in data.items() if k.startswith("field_")} <= set(first)
        assert about.get("rl") == ("dpo" if kind == "preference" else None)


@pytest.mark.parametrize(
    ("to", "kind"), [(to, kind) for to in FORMATS for kind in ROWS if kind not in FORMATS[to]]
)
def test_a_format_without_a_place_for_the_kind_is_refused(to, kind, tmp_path):
    with pytest.raises(ConvertError, match=f"{to} has no place for rows of {kind} data. These"):
        convert(read_rows(ROWS[kind]), to, tmp_path / "out")
    with pytest.raises(ValueError, match="no format 'x'"):
        convert(read_rows(ROWS[kind]), "x", tmp_path / "out")


def test_trl_knows_its_formats(tmp_path):
    from trl.data_utils import is_conversational

    for to, kind in (
        *(("messages", "instruction"), ("prompt-completion", "instruction")),
        *(("preference", "preference"), ("kto", "kto")),
    ):
        made = convert(read_rows(ROWS[kind]), to, tmp_path / to)
        for line in (made.folder / "train.jsonl").read_text("utf-8").splitlines():
            assert is_conversational(json.loads(line))


def test_a_stream_is_written_row_by_row(tmp_path):
    rows = ({"question": f"Q{n}", "answer": "A"} for n in range(3000))
    assert convert(read_rows(rows), "sharegpt", tmp_path / "out").rows == 3000
