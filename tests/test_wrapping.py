"""Files as other tools write them: unwrapped and said, or refused with the way to mend them."""

import json

import pytest

from smolsynth import read_rows
from smolsynth.datasets.read import LOOKED_AT
from smolsynth.errors import ReadError

ROWS = [("What is a kiln?", "An oven for pottery."), ("Why do leaves fall?", "To save water.")]
NAMED = [{"question": q, "answer": a} for q, a in ROWS]
TALKS = [[{"role": "user", "content": q}, {"role": "assistant", "content": a}] for q, a in ROWS]


def lines(rows) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def table(delimiter: str, *head: str) -> str:
    return "".join(delimiter.join(cells) + "\n" for cells in [head, *ROWS])


def exported(question: str, answer: str) -> dict:
    """As ChatGPT exports a talk: a tree, with an answer that was drawn again, and a tool's turn."""

    def place(parent, role, text, kind="text", to="all"):
        content = {"content_type": kind, "parts": [text]}
        message = {"author": {"role": role}, "content": content, "recipient": to}
        return {"parent": parent, "message": message if role else None, "children": []}

    tree = {
        "root": place(None, None, ""),
        "hidden": place("root", "system", ""),
        "q": place("hidden", "user", question),
        "first": place("q", "assistant", "Dunno."),
        "call": place("q", "assistant", "search(…)", "code", "browser"),
        "tool": place("call", "tool", "found"),
        "a": place("tool", "assistant", answer),
    }
    return {"title": "A talk", "mapping": tree, "current_node": "a"}


def labelled(question: str, answer: str) -> dict:
    label = {"from_name": "answer", "type": "textarea", "value": {"text": [answer]}}
    old = {"was_cancelled": True, "result": []}
    return {"id": 7, "data": {"question": question}, "annotations": [old, {"result": [label]}]}


COLUMNS = {"question": [q for q, _ in ROWS], "answer": [a for _, a in ROWS]}
FILES = {  # name: (text, a word of what is said)
    "chatgpt.json": (json.dumps([exported(*row) for row in ROWS]), "ChatGPT"),
    "label_studio.json": (json.dumps([labelled(*row) for row in ROWS]), "Label Studio"),
    "argilla.jsonl": (
        lines({"id": "x", "fields": row, "responses": {}, "status": "done"} for row in NAMED),
        "Argilla",
    ),
    "talks.json": (json.dumps(TALKS), "list of turns"),
    "version.json": (json.dumps({"version": 2, "data": NAMED}), "left out: version"),
    "columns.json": (json.dumps(COLUMNS), "columns"),
    "pandas.json": (
        json.dumps({name: dict(enumerate(cells)) for name, cells in COLUMNS.items()}),
        "columns",
    ),
    "split.json": (
        json.dumps({"columns": [*COLUMNS], "index": [0, 1], "data": [list(row) for row in ROWS]}),
        "columns",
    ),
    "ids.json": (json.dumps({f"q{n}": row for n, row in enumerate(NAMED)}), "kept as id"),
    "excel.csv": ("sep=;\r\n" + table(";", "Question ", "ANSWER"), "Question = question"),
    "chinese.csv": (table(",", "问题", "答案"), "问题 = question"),
    "chinese.json": (
        json.dumps([{"指令": q, "输入": "", "输出": a} for q, a in ROWS]),
        "输出 = output",
    ),
    "half.json": (
        json.dumps([{"instruction": "Say:", "输入": q, "output": a} for q, a in ROWS]),
        "输入 = input",
    ),
    "user.csv": (table(",", "user", "assistant"), "user = question"),
}


@pytest.mark.parametrize("name", FILES)
def test_what_other_tools_write_is_read_and_said(name, tmp_path):
    text, said = FILES[name]
    (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    read = read_rows(tmp_path / name)
    assert [row["messages"][-1]["content"] for row in read] == [answer for _, answer in ROWS]
    asked = [row["messages"][0]["content"].removeprefix("Say:\n") for row in read]
    assert asked == [question for question, _ in ROWS]
    assert said in str(read) and len(read.describe("zh")) == len(read.describe())


REFUSED = {  # name: (text, a word of what is to be done)
    "comments.jsonl": ("// mine\n" + lines(NAMED), "no comments"),
    "commas.jsonl": (lines(NAMED).replace("}\n", "},\n"), "comma behind"),
    "pretty.jsonl": (json.dumps(NAMED[0], indent=2), "one line"),
    "python.jsonl": ("\n".join(map(str, NAMED)), "json.dumps"),
    "book.xlsx": ("PK", "save the sheet as CSV"),
    "all.zip": ("PK", "unpack it"),
    "splits.json": (json.dumps({"train": NAMED, "test": NAMED}), "train, test"),
    "text.jsonl": (lines([{"text": "### Instruction:\nWhy?"}]), "columns of their own"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_says_what_to_do(name, tmp_path):
    text, said = REFUSED[name]
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(ReadError, match=said) as caught:
        read_rows(tmp_path / name)
    assert any("一" <= char <= "鿿" for char in caught.value.words("zh"))


def test_a_split_of_one_file_can_be_named(tmp_path):
    path = tmp_path / "splits.json"
    path.write_text(json.dumps({"train": NAMED, "test": NAMED[:1]}))
    assert len(read_rows(path, split="test")) == 1
    with pytest.raises(ReadError, match="no split 'dev'"):
        read_rows(path, split="dev")


@pytest.mark.parametrize(
    ("encoding", "text"),
    [("gb18030", "问题,答案\n什么是窑？,炉子\n"), ("cp1252", "q,a\nRhône,é\n")],
)
def test_an_encoding_is_proposed_that_fits(encoding, text, tmp_path):
    (tmp_path / "mine.csv").write_bytes(text.encode(encoding))
    with pytest.raises(ReadError, match=f'encoding="{encoding}"'):
        read_rows(tmp_path / "mine.csv")


def test_names_that_may_mean_something_else_are_let_be():
    read = read_rows([{"messages": TALKS[0], "user": "u17", "输出": "x"}])
    assert read.rows[0]["user"] == "u17" and read.rows[0]["输出"] == "x"
    with pytest.raises(ReadError, match="'Question', 'answers', 'question '"):
        read_rows([{"Question": "Q", "question ": "R", "answers": "A"}])


def test_a_picture_in_chatgpt_s_export_is_refused_by_name():
    talk = exported(*ROWS[0])
    talk["mapping"]["q"]["message"]["content"] = {
        "content_type": "multimodal_text",
        "parts": [{"content_type": "image_asset_pointer"}, "What is this?"],
    }
    with pytest.raises(ReadError, match="expected"):
        read_rows([talk])


def test_another_name_that_begins_late_in_a_stream_is_not_passed_over():
    rows = (
        {"instruction": "Q", "output": "A"} | ({"输入": "x"} if n > LOOKED_AT else {})
        for n in range(LOOKED_AT + 9)
    )
    with pytest.raises(ReadError, match="输入"):
        list(read_rows(rows))
