"""Dataset Studio: what goes in and what comes out, without a browser."""

import http.server
import json
import os
import socket
import threading
from datetime import UTC, datetime
from typing import ClassVar

import pytest
from datasets import load_dataset
from payloads import PAYLOADS
from test_studio import problems, visible, wait, walk

from smolsynth import seeds
from smolsynth.cli.studio import settings
from smolsynth.documents.read import MOST_BYTES
from smolsynth.generation.script import code
from smolsynth.llms import connect
from smolsynth.llms.at_hand import gguf_files, local_servers
from smolsynth.studio import own_file, studio
from smolsynth.studio.strings_data import MORE
from smolsynth.viewers.report import page


@pytest.fixture
def english(tmp_path):
    return studio("en", tmp_path / "output")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


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


def save(app) -> None:
    app.go("export")
    app.steps["export"].despite.value = "a test"
    app.steps["export"].save_button.click()


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
    assert "11 rows come from the file" in card and ", 0 were made" in card
    assert "1 row edited" in card
    # whose they are nobody told: a card that said "by a language model, not by people" was false
    assert "synthetic" not in card and "Who wrote those that were read" in card
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
    save(english)
    assert not problems(english), problems(english)
    assert len((session.saved / "train.jsonl").read_text("utf-8").splitlines()) == 5 + len(made)
    card = (session.saved / "README.md").read_text("utf-8")
    assert f"a language\nmodel wrote {len(made)}" in card and "license: unknown" in card
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
    save(english)
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


def test_a_file_is_read_while_rows_are_made_and_the_last_one_counts(english, monkeypatch):
    """It was refused until rows were made, and below stood what another file was taken for."""
    own, begun, go_on = english.steps["describe"].own_file, threading.Event(), threading.Event()
    reading = own_file.read_rows

    def slow(source, **options):
        if source.name == "slow.jsonl":
            begun.set()
            go_on.wait(60)
        return reading(source, **options)

    monkeypatch.setattr(own_file, "read_rows", slow)
    monkeypatch.setattr(english.session.worker, "thread", threading.current_thread())  # busy
    own.unfold()
    upload(own.upload, "slow.jsonl", lines(talks(4)))
    slow_one = own.reader
    assert begun.wait(60)
    upload(own.upload, "quick.jsonl", lines(talks(5)))
    own.reader.wait()
    go_on.set()
    slow_one.wait()
    assert problems(english) == []
    assert (
        own.recognised.value.splitlines()[0] == "quick.jsonl" and "5 rows" in own.recognised.value
    )


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
    assert form.documents == (str(tmp_path),) and "1 document, " in form.documents_read.value
    form.clear_button.click()
    assert form.documents == () and not form.documents_place.value


def test_the_page_takes_what_it_says_it_takes():
    assert settings()["websocket_max_message_size"] > 2 * MOST_BYTES
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


# ---- models ----
class Server(http.server.BaseHTTPRequestHandler):
    """A list of models, one of them with a hostile name; or whatever `answer` says."""

    answer = {"data": [{"id": "qwen"}, {"id": PAYLOADS[0]}, {"id": "a\x1bb"}, {"id": 7}]}
    asked: ClassVar[list] = []

    def do_GET(self):
        self.asked.append(dict(self.headers))
        self.send_response(302 if self.answer is None else 200)
        self.send_header("Location", "http://127.0.0.1:9/v1/models")
        self.end_headers()
        self.wfile.write(json.dumps(self.answer).encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def port():
    served = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield served.server_port
    served.shutdown()
    served.server_close()


def test_servers_on_this_machine_are_found_without_a_key(port, monkeypatch):
    monkeypatch.setenv("SMOLSYNTH_API_KEY", "sk-secret")
    ports = {"Ollama": port, "vLLM": free_port()}
    base = f"openai:http://127.0.0.1:{port}/v1#"
    assert local_servers(ports) == [("Ollama", base + "qwen"), ("Ollama", base + PAYLOADS[0])]
    assert "secret" not in str(Server.asked)
    for other in (None, [], {"data": 3}, "x"):
        monkeypatch.setattr(Server, "answer", other)
        assert local_servers({"Ollama": port}) == []


def test_gguf_files_are_found_once_and_by_their_first_part(tmp_path):
    names = ("m.gguf", "big-00001-of-00002.gguf", "big-00002-of-00002.gguf", "mmproj-m.gguf")
    folder = tmp_path / "someone" / "model"
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_bytes(b"GGUF")
    (tmp_path / "link.gguf").symlink_to(folder / "m.gguf")
    (tmp_path / "none.gguf").mkdir()
    found = gguf_files([tmp_path, tmp_path / "missing", tmp_path])
    assert sorted(path.name for path in found) == ["big-00001-of-00002.gguf", "link.gguf"]


def test_a_typed_key_is_for_one_server_and_written_nowhere(monkeypatch, tmp_path, english):
    for variable in ("SMOLSYNTH_API_KEY", "OPENAI_API_KEY", "HF_TOKEN"):
        monkeypatch.delenv(variable, raising=False)
    form = english.steps["describe"]
    models, secret = form.models, "sk-verysecret"
    models.unfold()
    wait(english)
    assert ("smolsynth: bundled", "bundled") in models.found.options
    form.model.value = "openai:https://models.example/v1#m"
    models.key.value = secret
    models.key_button.click()
    assert models.key.value == "" and "models.example" in models.key_note.value
    assert connect.server_key("https://models.example/v1")[0].get_secret_value() == secret
    for other in ("https://models.example.evil/v1", "http://models.example/v1", connect.HF_ROUTER):
        assert connect.server_key(other)[0].get_secret_value() != secret
    form.about.value = "rain"
    plan = form.plan()
    assert secret not in repr(plan) + plan.command() + code(plan) + repr(os.environ)
    shown = [str(w.get_state()) for w in walk(english)]
    assert not [state for state in shown if secret in state]
    models.key_button.click()  # an empty one takes it back
    assert connect.server_key("https://models.example/v1")[0].get_secret_value() != secret
    for model in ("bundled", "openai:http://models.example/v1#m"):  # none wanted; in the clear
        form.model.value, models.key.value = model, secret
        models.key_button.click()
        [told] = problems(english)
        assert secret not in told and models.key.value == ""


def test_a_model_is_tried(english):
    form = english.steps["describe"]
    models = form.models
    models.unfold()
    wait(english)
    models.try_button.click()
    wait(english)
    assert "kettle" in models.answer.value and " s" in models.status.value
    form.model.value = f"openai:http://127.0.0.1:{free_port()}/v1#m"
    models.try_button.click()
    wait(english)
    assert "127.0.0.1" in problems(english)[0] and models.answer not in list(visible(english))


# ---- prompts ----
def test_a_prompt_is_read_changed_and_taken_back(english, tmp_path):
    form = english.steps["describe"]
    prompts = form.prompts
    prompts.unfold()
    assert prompts.step.options == ("SelfInstruct", "Response")
    usual = form.plan()
    prompts.step.value = "Response"
    own = '[system]\nSay it with a "{smile}".\n\n[user]\n{instruction}'
    prompts.text.value = own
    plan = form.plan()
    assert dict(plan.prompts) == {"Response": own} and plan.digest() != usual.digest()
    form.technique.value = "evol-instruct"
    assert "EvolInstruct, DEEPENING" in prompts.step.options and prompts.text.value == own
    form.technique.value = "self-instruct"
    prompts.text.value = "Be brief."
    assert form.plan() is None and "{instruction}" in problems(english)[0]
    prompts.default_button.click()
    assert form.plan() == usual and prompts.text.value == "[user]\n{instruction}"
    prompts.text.value = own
    form.models.temperature.value = 0.5
    form.rows.value = 4
    form.start_button.click()
    wait(english)
    save(english)
    assert not problems(english)
    card = (english.session.saved / "README.md").read_text("utf-8")
    assert "Say it with a" in card and "0.5" in card
    written = (english.session.saved / "pipeline.py").read_text("utf-8")
    assert "Say it with a" in written and "temperature=0.5" in written
    later = studio("en", tmp_path / "output").steps["describe"]
    later.reopen(later.session.earlier()[0])
    wait(english)
    assert later.prompts.own == {"Response": own} and later.models.temperature.value == 0.5


# ---- files ----
def test_rows_are_held_out_by_seed_document_in_every_form(english):
    form = english.steps["describe"]
    form.topics.children[0].value = True
    form.rows.value = 12
    form.start_button.click()
    wait(english)
    rows = english.rows
    assert len({row["seed_document"] for row in rows}) > 1
    english.go("export")
    step = english.steps["export"]
    step.despite.value = "a test"
    step.validation.value, step.report.value = 25, True
    for form in ("jsonl", "parquet", "llama-factory", "axolotl"):
        step.format.value = form
        step.refresh()
        step.save_button.click()
        assert not problems(english), problems(english)
        folder = english.session.saved
        data = load_dataset(str(folder), split=None) if form in ("jsonl", "parquet") else None
        if data:
            assert data["train"].num_rows + data["validation"].num_rows == 12
        own = {"llama-factory": "dataset_info.json", "axolotl": "axolotl.yaml"}.get(form)
        if own:
            assert "validation.jsonl" in (folder / own).read_text("utf-8")
        [link] = step.link.children
        assert f"{folder.name}.zip" in link.value and "base64" in link.value
        assert (folder / "report.html").read_text("utf-8").startswith("<!doctype html>")
    of = {row["instruction"]: row["seed_document"] for row in rows}
    first = english.session.folder / "instruction_self-instruct_en"
    sides = [
        {of[json.loads(line)["messages"][0]["content"]] for line in text.splitlines()}
        for name in ("train", "validation")
        for text in [(first / f"{name}.jsonl").read_text("utf-8")]
    ]
    assert sides[0] and sides[1] and not sides[0] & sides[1]
