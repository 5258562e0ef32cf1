"""Dataset Studio: what goes in and what comes out, without a browser."""

import json
from datetime import UTC, datetime

import pytest
from payloads import PAYLOADS
from test_studio import problems, visible, wait

from smolsynth import seeds
from smolsynth.cli.studio import SETTINGS
from smolsynth.documents.read import MOST_BYTES
from smolsynth.studio import studio
from smolsynth.studio.strings_data import MORE
from smolsynth.viewers.report import page


@pytest.fixture
def english(tmp_path):
    return studio("en", tmp_path / "output")


def upload(widget, name: str, content: bytes) -> None:
    one = {"name": name, "type": "", "size": len(content), "content": content}
    widget.value = ({**one, "last_modified": datetime.now(UTC)},)


def talks(n: int = 12) -> list[dict]:
    """Talks with a system prompt and a column of their own; one answer is missing."""
    uses = ("tea", "soup", "a bath", "coffee")
    rows = []
    for i in range(n):
        said = f"The kettle with the number {i} boils water for {uses[i % 4]} in {i} minutes."
        turns = [("system", "s"), ("user", f"What is kettle {i} for?"), ("assistant", said)]
        messages = [{"role": role, "content": text} for role, text in turns]
        rows.append({"messages": messages, "lot": PAYLOADS[i % len(PAYLOADS)]})
    rows[3]["messages"][2]["content"] = ""
    return rows


def lines(rows: list[dict]) -> bytes:
    return "\n".join(map(json.dumps, rows)).encode()


# ---- a training file ----
def test_a_training_file_is_checked_mended_reviewed_and_exported(english, tmp_path):
    own = english.steps["describe"].own_file
    own.unfold()
    upload(own.upload, "C:\\up\\<img src=x onerror=alert(1)>.jsonl", lines(talks()))
    wait(english)
    assert "12 rows" in own.recognised.value and "messages" in own.recognised.value
    assert "4. an empty text" in own.examples.value and own.figures.value
    told = own.verdict.value + own.table.value + own.status.value
    assert "onerror" not in told and "alert" not in told
    assert own.words["own_clean"].format(n=11, bad=1) == own.clean_button.description

    own.clean_button.click()
    assert not problems(english) and english.steps["review"] in list(visible(english))
    assert len(english.rows) == 11
    entry = english.session.entries[0]
    mended = {"response": "The mended kettle boils water for two cups of tea."}
    english.session.decisions.set([entry], **mended)

    step = english.steps["export"]
    english.go("export")
    step.save_button.click()
    assert not problems(english)
    folder = english.session.saved
    made = [json.loads(line) for line in (folder / "train.jsonl").read_text("utf-8").splitlines()]
    assert len(made) == 11
    assert made[0]["messages"][2]["content"] == entry.row["response"]
    assert made[0]["messages"][0]["content"] == "s" and made[1]["lot"] == PAYLOADS[1]
    card = (folder / "README.md").read_text("utf-8")
    assert "11 rows come from the file" in card and "1 rows edited" in card
    assert not (folder / "pipeline.py").exists()  # nothing was made

    later = studio("en", tmp_path / "output").steps["describe"]
    later.before.go_on()
    assert [one.row["response"] for one in later.session.entries][0] == entry.row["response"]
    assert len(later.session.entries) == 11 and later.session.generation.rows == []


def test_more_rows_are_made_like_those_of_a_file(english):
    form = english.steps["describe"]
    rows = [
        {"instruction": f"Say something of {row['concept']}.", "output": row["document"]}
        for row in seeds.documents("en", 5)
    ]
    upload(form.own_file.upload, "mine.jsonl", lines(rows))
    wait(english)
    form.rows.value = 4
    form.own_file.extend()
    wait(english)
    session = english.session
    assert not problems(english), problems(english)
    assert session.plan.documents and session.plan.technique == "self-instruct"
    made = session.generation.rows
    assert 0 < len(made) <= 4 and len(session.entries) == 5 + len(made)
    english.go("export")
    english.steps["export"].despite.value = "a test"
    english.steps["export"].save_button.click()
    assert not problems(english), problems(english)
    assert len((session.saved / "train.jsonl").read_text("utf-8").splitlines()) == 5 + len(made)
    assert (session.saved / "pipeline.py").is_file()


def test_pairs_come_back_with_what_a_person_changed(english):
    own = english.steps["describe"].own_file
    pairs = [
        {
            "prompt": f"Name the number that comes after {i}.",
            "chosen": f"The number {i + 1} comes after {i}.",
            "rejected": f"I think that {i} has none.",
        }
        for i in range(3)
    ]
    upload(own.upload, "pairs.json", json.dumps(pairs).encode())
    wait(english)
    own.review()
    assert english.session.plan.kind == "preference" and len(english.rows) == 3
    english.session.decisions.set(english.session.entries[1:2], swapped=True)
    english.go("export")
    english.steps["export"].despite.value = "a test"
    english.steps["export"].save_button.click()
    text = (english.session.saved / "train.jsonl").read_text("utf-8").splitlines()[1]
    assert json.loads(text)["chosen"][0]["content"] == "I think that 1 has none."


def test_a_file_that_cannot_be_read_is_told_of_in_a_sentence(english):
    own = english.steps["describe"].own_file
    own.unfold()
    for name, content, said in (
        ("a.jsonl", b"", "empty"),
        ("a.jsonl", b"%PDF-1.7", "PDF"),
        ("a.csv", "a,b\nä,ö".encode("latin-1"), "encoding"),
        ("a.jsonl", b'{"x": 1}', "x"),
        ("a.docx", b"PK\x03\x04", "docx"),
    ):
        upload(own.upload, name, content)
        wait(english)
        [told] = problems(english)
        assert said in told and "Traceback" not in told
        assert own.found not in list(visible(english))


def test_a_path_and_too_many_rows(english, tmp_path, monkeypatch):
    own = english.steps["describe"].own_file
    own.unfold()
    (tmp_path / "mine.jsonl").write_bytes(lines(talks(5)))
    own.place.value = str(tmp_path / "mine.jsonl")
    own.read_button.click()
    wait(english)
    assert "5 rows" in own.recognised.value
    monkeypatch.setattr("smolsynth.studio.own_file.MOST", 4)
    own.read_button.click()
    wait(english)
    assert "takes up 4" in problems(english)[0]


def test_documents_that_lie_on_this_computer_need_no_upload(english, tmp_path):
    form = english.steps["describe"]
    (tmp_path / "a.txt").write_text("The old kettle stands on the stove in the kitchen.")
    form.documents_place.value = str(tmp_path)
    assert form.documents == (str(tmp_path),) and "1 documents" in form.documents_read.value
    form.clear_button.click()
    assert form.documents == () and not form.documents_place.value


def test_the_page_takes_what_it_says_it_takes():
    assert SETTINGS["websocket_max_message_size"] > 2 * MOST_BYTES
    assert all("100 MB" in words["own_tip"] for words in MORE.values())


def test_a_report_shows_hostile_rows_as_text(english):
    own = english.steps["describe"].own_file
    rows = [{"instruction": one, "output": one} for one in PAYLOADS if not one.startswith("\x1b")]
    upload(own.upload, "x.jsonl", lines(rows))
    wait(english)
    html = page("<script>", own.read, own.report, "en")
    assert "<script" not in html and "<img" not in html and "<svg" not in html
    [link] = own.page.children
    assert "download=" in link.value
