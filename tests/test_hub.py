"""Pushing: what arrives at a hub is counted; what fails is said, and the data stays."""

import base64
import hashlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from smolsynth.datasets.convert import to_messages
from smolsynth.datasets.hub import push, rows_in
from smolsynth.datasets.save import save
from smolsynth.errors import PushFailed

TOKEN = "hf_" + "x" * 30
OID = "a" * 40


class Hub(BaseHTTPRequestHandler):
    """As much of the Hub as an upload of small files needs, with real files behind it."""

    files: dict[str, bytes] = {}
    created: list[dict] = []
    forget = 0  # lines that get lost on the way
    refuse = None  # an HTTP status

    def log_message(self, *args): ...

    def answer(self, body=b"", status=200, **headers):
        body = json.dumps(body).encode() if isinstance(body, dict) else body
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        if self.refuse or self.headers["Authorization"] != f"Bearer {TOKEN}":
            return self.answer({"error": "no"}, self.refuse or 401)
        if self.path == "/api/repos/create":
            self.created.append(json.loads(body))
            return self.answer({"url": f"http://{self.headers['Host']}/datasets/me/things"})
        if "/preupload/" in self.path:
            named = json.loads(body)["files"]
            modes = [{"path": f["path"], "uploadMode": "regular"} for f in named]
            return self.answer({"files": [{**m, "shouldIgnore": False} for m in modes]})
        if "/commit/" in self.path:
            for line in map(json.loads, body.splitlines()):
                if line["key"] == "file":
                    content = base64.b64decode(line["value"]["content"])
                    lost = content.splitlines(keepends=True)[: -self.forget or None]
                    is_data = line["value"]["path"].endswith("jsonl")
                    self.files[line["value"]["path"]] = b"".join(lost) if is_data else content
            url = f"http://{self.headers['Host']}/datasets/me/things/commit/{OID}"
            return self.answer({"success": True, "commitOid": OID, "commitUrl": url})
        return self.answer({}, 200)

    def do_GET(self):
        name = self.path.split("?")[0].rpartition("/")[2]
        if f"/resolve/{OID}/" in self.path and name in self.files:
            etag = hashlib.sha1(self.files[name]).hexdigest()
            return self.answer(self.files[name], ETag=f'"{etag}"', **{"X-Repo-Commit": OID})
        return self.answer({"error": "not found"}, 404)

    do_HEAD = do_GET


@pytest.fixture
def hub(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)  # this hub is here

    class Mine(Hub):
        files: dict = {}
        created: list = []

    server = ThreadingHTTPServer(("127.0.0.1", 0), Mine)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Mine, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(params=["jsonl", "parquet"])
def folder(request, tmp_path):
    things = ("cat", "moon", "oven", "river", "violin", "paper")
    rows = [{"instruction": f"What is a {x}?", "response": f"Some {x}."} for x in things]
    about = {"lang": "en", "model": "bundled", "technique": "none", "seed": 1}
    return save(to_messages(rows), tmp_path / "things", format=request.param, **about)


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_what_arrives_is_what_was_sent(hub, folder):
    server, endpoint = hub
    address = push(folder, "me/things", token=TOKEN, endpoint=endpoint)
    assert server.files == contents(folder) and address.endswith(f"/commit/{OID}")
    assert [(made["type"], made["visibility"]) for made in server.created] == [
        ("dataset", "private")
    ]


def test_lost_rows_are_noticed(hub, folder):
    if folder.joinpath("train.parquet").exists():
        pytest.skip("half a Parquet file can't be read at all")
    server, endpoint = hub
    server.forget = 2
    with pytest.raises(PushFailed, match="Of 6 rows, 4 arrived"):
        push(folder, "me/things", token=TOKEN, endpoint=endpoint)
    assert rows_in(folder / "train.jsonl") == 6


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_is_said_and_the_data_is_safe(hub, folder, status):
    server, endpoint = hub
    server.refuse = status
    before = contents(folder)
    with pytest.raises(PushFailed, match=re.escape(f"safe in {folder}.")) as error:
        push(folder, "me/things", token=TOKEN, endpoint=endpoint)
    assert str(status) in str(error.value) and TOKEN not in str(error.value)
    assert contents(folder) == before and error.value.__cause__ is None


def test_no_token_and_no_network(folder, monkeypatch):
    monkeypatch.setattr("huggingface_hub.get_token", lambda: None)
    with pytest.raises(PushFailed, match="hf auth login"):
        push(folder, "me/things")
    with pytest.raises(PushFailed, match="check the network"):
        push(folder, "me/things", token=TOKEN, endpoint="http://127.0.0.1:9")


def test_what_is_no_dataset_is_refused(tmp_path, folder):
    with pytest.raises(ValueError, match="holds no dataset"):
        push(tmp_path, "me/things")
    for name in ("things", "me/my things", "https://huggingface.co/me/things"):
        with pytest.raises(ValueError, match="you/dataset"):
            push(folder, name)
