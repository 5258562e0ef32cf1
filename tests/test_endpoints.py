"""Endpoints as they are: faults are got over, no row is lost, and keys stay where they are."""

import json
import logging
import subprocess
import threading
import time
import traceback
from collections import Counter
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from fault_proxy import KINDS, faults
from openai_server import Refusal, serve

import smolsynth  # noqa: F401  before distilabel

# isort: split
from distilabel.steps.tasks import TextGeneration

from smolsynth.errors import RowRefused, StepFailed
from smolsynth.llms import LLMUnavailable, connect, endpoints, load_llm
from smolsynth.pipelines.pipeline import InProcessPipeline

KEY = "sk-secret-0123456789abcdef"


class Echo:
    """Answers each conversation with its own last words, at once."""

    def generate(self, inputs, **kwargs):
        texts = [f"heard {conversation[-1]['content']}" for conversation in inputs]
        tokens = {"input_tokens": [3], "output_tokens": [2]}
        return [{"generations": [text], "statistics": tokens} for text in texts]


@pytest.fixture
def echo():
    with serve(Echo(), model="echo") as server:
        yield server


def patient(base_url, retries=12, timeout=1, first_wait=0.005):
    llm = load_llm(f"openai:{base_url}#echo", temperature=0, max_new_tokens=8)
    llm.max_retries, llm.timeout, llm.first_wait = retries, timeout, first_wait
    return llm


def conversation(text):
    return [{"role": "user", "content": text}]


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch):
    monkeypatch.setattr(connect, "_FOUND", {})
    endpoints.HABITS.clear()


# ---- faults ----
@pytest.mark.parametrize("rows", [300, pytest.param(1440, marks=pytest.mark.nightly)])
def test_faults_and_refusals_by_the_hundred(echo, rows):
    """Every row is accounted for, by reason; 1,440 rows take more than 2,000 requests."""
    wanted = dict.fromkeys(range(rows), "answer")
    wanted |= dict.fromkeys(range(7, rows, 60), "refused")
    wanted |= dict.fromkeys(range(8, rows, 60), "filtered")
    wanted |= dict.fromkeys(range(9, rows, 60), "refusal")
    heard = echo.chat

    def chat(body):
        number = int(body["messages"][0]["content"].split()[-1])
        if wanted[number] == "refused":
            raise Refusal(400, {"error": {"message": f"row {number} is too odd"}})
        if wanted[number] == "filtered":
            raise Refusal(400, {"error": {"code": "content_filter", "message": "no"}})
        if wanted[number] == "refusal":
            return echo.message({"content": None, "refusal": "I can't."})
        return heard(body)

    echo.chat = chat
    refused, left = {}, list(wanted)
    with faults(echo.base_url, share=0.3) as proxy:
        llm = patient(proxy.base_url, timeout=2)
        llm.max_concurrency = 64
        while True:  # as a pipeline does that skips such rows
            try:
                outputs = llm.generate([conversation(f"number {i}") for i in left])
                break
            except RowRefused as error:
                refused[left.pop(error.index)] = str(error)
    assert set(refused) == {i for i, kind in wanted.items() if kind == "refused"}
    assert all(f"row {i} is too odd" in said for i, said in refused.items())
    texts = {i: output["generations"][0] for i, output in zip(left, outputs, strict=True)}
    ends = {i: o["statistics"]["finish_reason"][0] for i, o in zip(left, outputs, strict=True)}
    for i, text in texts.items():
        good = wanted[i] == "answer"
        assert (text, ends[i]) == (
            (f"heard number {i}", "stop")
            if good
            else (None, {"filtered": "content_filter", "refusal": "refusal"}[wanted[i]])
        )
    assert llm.missing == {"content_filter": rows // 60, "refusal": rows // 60}
    met = dict(proxy.counts)
    passed = met.pop("passed")
    assert set(met) == set(KINDS) and min(met.values()) > rows / 24
    assert sum(met.values()) + passed >= 1.38 * rows
    assert 0.25 < sum(met.values()) / (sum(met.values()) + passed) < 0.35  # as many as asked for
    assert {**llm.faults, "time-out": 0} == {**met, "time-out": 0}
    assert llm.faults["time-out"] >= met["time-out"]  # a busy machine may add some
    # No row was paid for twice, though the call was made again for each that was refused.
    asked = Counter(body["messages"][0]["content"] for body in echo.requests)
    assert len(asked) == rows and sum(asked.values()) <= rows + llm.faults["time-out"]
    assert proxy.most_at_once > 16


@pytest.mark.parametrize("kind", KINDS)
def test_each_fault_is_got_over_and_counted(echo, kind):
    with faults(echo.base_url, share=0.5, kinds=(kind,)) as proxy:
        llm = patient(proxy.base_url, timeout=0.3 if kind == "time-out" else 5)
        outputs = llm.generate([conversation(str(i)) for i in range(20)])
    assert [output["generations"] for output in outputs] == [[f"heard {i}"] for i in range(20)]
    assert proxy.counts[kind] > 5
    assert llm.faults[kind] == proxy.counts[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_what_doesn_t_pass_ends_the_run_and_says_so(echo, kind):
    with faults(echo.base_url, share=0) as proxy:
        llm = patient(proxy.base_url, retries=2, timeout=0.3)
        proxy.share, proxy.kinds = 1, (kind,)
        with InProcessPipeline() as pipeline:
            TextGeneration(name="answer", llm=llm)
        with pytest.raises(StepFailed, match=r"did not answer for 'echo' 3 times"):
            pipeline.run(dataset=[{"instruction": "hello"}], progress=False)
        assert proxy.counts[kind] == 3


@pytest.mark.parametrize(("header", "value"), [("retry-after", "1"), ("retry-after-ms", "1000")])
def test_the_server_says_how_long_to_wait(echo, header, value):
    with faults(echo.base_url, 0, kinds=("429",), retry_after=(header, value)) as proxy:
        llm = patient(proxy.base_url, retries=1)
        proxy.share = 1
        begun = time.monotonic()
        with pytest.raises(LLMUnavailable):
            llm.generate([conversation("hello")])
        assert 1 <= time.monotonic() - begun < 3
        llm.longest_wait = 0.1
        begun = time.monotonic()
        with pytest.raises(LLMUnavailable):
            llm.generate([conversation("hello")])
        assert time.monotonic() - begun < 0.9


def test_waits_double_and_a_date_is_understood():
    from email.utils import formatdate

    from smolsynth.llms.endpoints import EndpointLLM
    from smolsynth.llms.replies import retry_after

    llm = EndpointLLM(model="x", base_url="http://localhost/v1", api_key="none")
    waits = [[llm._wait(attempt, None) for _ in range(50)] for attempt in range(12)]
    assert all(0.25 <= wait <= 0.75 for wait in waits[0])
    assert all(1 <= wait <= 3 for wait in waits[2])
    assert max(waits[11]) == llm.longest_wait == 60
    assert 5 < retry_after({"retry-after": formatdate(time.time() + 8, usegmt=True)}) <= 8
    assert retry_after({"retry-after": "soon"}) is retry_after({}) is None


def test_a_wrong_request_is_not_sent_again(echo):
    llm = patient(echo.base_url)
    echo.model = "another"
    with pytest.raises(LLMUnavailable, match=r"did not answer for 'echo' \(404: no model"):
        llm.generate([conversation("hello")])
    assert llm.faults == {}


def test_text_left_out_by_the_server_is_counted_not_asked_for_again(echo):
    filtered = echo.chat

    def chat(body):
        answer = filtered(body)
        if body["messages"][0]["content"] == "number 3":
            answer["choices"][0] |= {"finish_reason": "content_filter"}
            answer["choices"][0]["message"]["content"] = None
        return answer

    echo.chat = chat
    with InProcessPipeline() as pipeline:
        TextGeneration(name="answer", llm=patient(echo.base_url))
    rows = [{"instruction": f"number {i}"} for i in range(5)]
    made = pipeline.run(dataset=rows, progress=False)["default"]["train"]["generation"]
    assert [i for i, text in enumerate(made) if text is None] == [3]
    assert pipeline.none_counts == {"answer": {"generation": 1}}
    assert len(echo.requests) == 5


def test_after_a_lost_endpoint_the_same_call_goes_on(echo, tmp_path):
    rows = [{"instruction": f"number {i}"} for i in range(30)]

    def run(llm):
        with InProcessPipeline() as pipeline:
            TextGeneration(name="answer", llm=llm)
        return pipeline.run(dataset=rows, folder=tmp_path, chunk_size=10, progress=False)

    with faults(echo.base_url, share=0) as proxy:
        llm = patient(proxy.base_url, retries=1)
        passed = proxy.draw
        proxy.draw = lambda body: ("cut connection", 1) if b'"number 15"' in body else passed(body)
        with pytest.raises(StepFailed, match="did not answer"):
            run(llm)
        assert len(list(tmp_path.glob("part-*"))) == 1
        proxy.draw = passed
        asked = len(echo.requests)
        made = run(llm)["default"]["train"]["generation"]
    assert list(made) == [f"heard number {i}" for i in range(30)]
    again = {body["messages"][0]["content"] for body in echo.requests[asked:]}
    assert again <= {f"number {i}" for i in range(10, 30)}  # the first chunk was not made again


def test_a_failed_call_leaves_no_requests_behind(echo):
    with faults(echo.base_url, share=0) as proxy:
        llm = patient(proxy.base_url, retries=0)
        llm.max_concurrency = 4
        passed = proxy.draw
        proxy.draw = lambda body: ("500", 0) if b'"number 5"' in body else passed(body)
        with pytest.raises(LLMUnavailable):
            llm.generate([conversation(f"number {i}") for i in range(100)])
        time.sleep(0.2)  # for those on their way
        before = len(echo.requests)
        llm.generate([conversation("last")])
        assert len(echo.requests) == before + 1 < 30


# ---- keys ----
def test_the_key_reaches_no_log_card_chunk_traceback_or_file(tmp_path, monkeypatch, caplog):
    from smolsynth.datasets.convert import to_messages
    from smolsynth.datasets.save import save

    monkeypatch.setenv("SMOLSYNTH_API_KEY", KEY)
    caplog.set_level(logging.DEBUG)
    shown = []
    rows = [{"instruction": f"What is number {i}?"} for i in range(20)]
    handler = logging.FileHandler(tmp_path / "run.log")
    handler.setLevel(logging.DEBUG)
    with serve(Echo(), model="echo", key=KEY) as server, faults(server.base_url) as proxy:
        llm = patient(proxy.base_url)
        with InProcessPipeline(name="with-a-key") as pipeline:
            TextGeneration(name="answer", llm=llm)
        shown += [repr(llm), str(llm), repr(pipeline), json.dumps(pipeline.dump(), default=str)]
        made = pipeline.run(
            dataset=rows, folder=tmp_path / "run", chunk_size=5, logging_handlers=[handler]
        )
        pipeline.save(tmp_path / "pipeline.yaml")
        data = made["default"]["train"].rename_column("generation", "response")
        save(
            to_messages(data),
            tmp_path / "saved",
            lang="en",
            model=f"openai:{proxy.base_url}#echo",
            technique="TextGeneration",
            seed=42,
            despite="a test of keys",
        )
        shown.append(json.dumps(data.to_list(), default=str))

        proxy.share, proxy.kinds, llm.max_retries = 1, ("500",), 0  # quotes the key it came with
        for failing in (
            lambda: llm.generate([conversation("hello")]),
            lambda: pipeline.run(dataset=rows, progress=False),
        ):
            with pytest.raises((LLMUnavailable, StepFailed)) as error:
                failing()
            assert "***" in str(error.value)
            shown += frames(error.value)
        server.key, proxy.share = "changed", 0
        connect._FOUND.clear()
        with pytest.raises(LLMUnavailable) as error:
            load_llm(f"openai:{proxy.base_url}#echo")
        shown += frames(error.value)
    handler.close()
    shown.append(caplog.text)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {"manifest.json", "part-00003.jsonl", "README.md", "run.log", "pipeline.yaml"} <= {
        path.name for path in files
    }
    assert "Sending HTTP Request" in caplog.text  # the client's own log was listened to
    for text in [*shown, *(path.read_bytes().decode("utf-8", "replace") for path in files)]:
        assert KEY not in text


def frames(error):
    """Everything that a traceback can show of an error, values of local variables included."""
    texts = []
    while error is not None:
        texts += [str(error), repr(error), "".join(traceback.format_exception(error))]
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if "smolsynth" in Path(frame.f_code.co_filename).parts:
                texts += [repr(value) for value in frame.f_locals.values()]
        error = error.__cause__ or error.__context__
    return texts


def test_no_committed_file_holds_a_key():
    """Of the forms that keys have: OpenAI's and Hugging Face's."""
    root = Path(__file__).resolve().parent.parent
    git = ["git", "-C", str(root), "grep", "-nIE", r"(sk-[A-Za-z0-9_-]{32,}|hf_[A-Za-z0-9]{30,})"]
    if not (root / ".git").exists():
        pytest.skip("not a git checkout")
    assert subprocess.run(git, capture_output=True, text=True).stdout == ""


def test_a_password_in_the_url_is_refused(echo):
    url = echo.base_url.replace("//", f"//me:{KEY}@")
    with pytest.raises(LLMUnavailable, match="holds a password") as error:
        load_llm(f"openai:{url}#echo")
    assert KEY not in str(error.value)


def test_the_key_never_follows_a_redirect(echo, monkeypatch):
    """85521f6 sent it to the second server."""
    monkeypatch.setenv("SMOLSYNTH_API_KEY", KEY)
    with serve(Echo(), model="echo") as other:
        to = other.base_url.replace("127.0.0.1", "localhost")
        listing = BaseHTTPRequestHandler.send_response  # any server that redirects everything

        class Redirect(BaseHTTPRequestHandler):
            def do_GET(self):
                listing(self, 302)
                self.send_header("Location", to + "/models")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_POST(self):
                listing(self, 307)
                self.send_header("Location", to + "/chat/completions")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        with HTTPServer(("127.0.0.1", 0), Redirect) as server:
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            with pytest.raises(LLMUnavailable, match="redirects to") as error:
                load_llm(f"openai:http://127.0.0.1:{server.server_port}/v1#echo")
            server.shutdown()
        assert other.asked == [] and KEY not in str(error.value)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://api.openai.com/v1", "OPENAI_API_KEY"),
        ("http://api.openai.com/v1", "SMOLSYNTH_API_KEY"),  # in clear text: not the user's own
        ("https://api.openai.com.evil.example/v1", "SMOLSYNTH_API_KEY"),
        ("https://evil.example/api.openai.com/v1", "SMOLSYNTH_API_KEY"),
        ("http://localhost:11434/v1", "SMOLSYNTH_API_KEY"),
    ],
)
def test_openai_s_key_is_for_openai_alone(monkeypatch, url, name):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-openai")
    monkeypatch.delenv("SMOLSYNTH_API_KEY", raising=False)
    key, _ = connect.server_key(url)
    assert (key.get_secret_value() == "sk-of-openai") == (name == "OPENAI_API_KEY")
    monkeypatch.setenv("SMOLSYNTH_API_KEY", "of-the-server")
    assert connect.server_key(url)[1] == name


# ---- connecting ----
def test_a_server_is_asked_once_per_process_and_model(echo):
    for _ in range(4):
        patient(echo.base_url)
    assert echo.asked == ["GET /v1/models"]


def test_a_server_without_a_list_of_models_is_tried(echo):
    """85521f6 called its address wrong; MiniMax and others have none."""
    echo.lists = False
    llm = load_llm(f"openai:{echo.base_url}#echo", extra_body={"enable_thinking": False})
    assert echo.asked == ["GET /v1/models", "POST /v1/chat/completions"]
    assert echo.requests[0]["enable_thinking"] is False  # options reach this request, too
    assert llm.generate([conversation("x")])[0]["generations"] == ["heard x"]
    with pytest.raises(LLMUnavailable, match=r"404: no model other.*mostly ends in /v1"):
        load_llm(f"openai:{echo.base_url}#other")


def test_a_caller_s_bug_is_no_fault_of_the_server(echo):
    """85521f6 sent such a request four times, and said that the server did not answer."""
    llm = patient(echo.base_url)
    for wrong in ({"x": object()}, {"x": float("nan")}):
        with pytest.raises((TypeError, ValueError)) as error:
            llm.generate([conversation("x")], extra_body=wrong)
        assert not isinstance(error.value, LLMUnavailable)
    with pytest.raises(TypeError, match="doesn't know temprature"):
        llm.generate([conversation("x")], temprature=1)
    assert llm.faults == {} and echo.requests == []
