"""A small OpenAI-compatible server with a distilabel `LLM` behind it, for the tests.

It is as servers are: what it takes, shows and refuses can be set, and a request can be answered
with any status and body.
"""

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Refusal(Exception):
    """Raised in `ChatServer.chat`, it becomes the answer: a status, a body, headers."""

    def __init__(self, status, body, headers=()):
        super().__init__(status)
        self.status, self.headers = status, headers
        self.body = body if isinstance(body, str) else json.dumps(body)


class ChatServer:
    """What the server does, and has seen.

    Attributes:
        base_url: what to give to a client, ending in /v1.
        requests: body of each chat or text request, in order of arrival.
        asked: method and path of every request.
        keys: the key of each request.
        most_at_once: largest number of chat requests that were in work at one time.
        lists: whether it has /v1/models.
        completes: whether it has /v1/completions.
        template: the chat template that it shows at /props; `None` shows none.
    """

    def __init__(self, llm, model, key, delay):
        self.llm, self.model, self.key, self.delay = llm, model, key, delay
        self.base_url = ""
        self.requests, self.asked, self.keys = [], [], []
        self.most_at_once = self._now = 0
        self.lists, self.completes, self.template = True, False, None
        self._lock = threading.Lock()

    def chat(self, body):
        """The message with which one body of `/v1/chat/completions` is answered, or `Refusal`."""
        return self.message(self.generate(body["messages"], body))

    def generate(self, messages, body):
        """One output of the LLM."""
        options = {"max_new_tokens": body.get("max_tokens") or body["max_completion_tokens"]}
        options |= {name: body[name] for name in ("temperature", "top_p") if name in body}
        return self.llm.generate([messages], **options)[0]

    def message(self, output):
        """A whole answer of the protocol around one output, or around a message as it is."""
        if "statistics" not in output:
            output = {"message": output, "statistics": {"input_tokens": [3], "output_tokens": [2]}}
        message = output.get("message") or {"content": output["generations"][0]}
        tokens = output["statistics"]
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 0,
            "model": self.model,
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", **message},
                    "finish_reason": tokens.get("finish_reason", ["stop"])[0],
                }
            ],
            "usage": {
                "prompt_tokens": tokens["input_tokens"][0],
                "completion_tokens": tokens["output_tokens"][0],
                "total_tokens": tokens["input_tokens"][0] + tokens["output_tokens"][0],
            },
        }

    def complete(self, body):
        """Answers one body of `/v1/completions`."""
        raise NotImplementedError

    def answer(self, path, body):
        with self._lock:
            self.requests.append(body)
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        time.sleep(self.delay)
        try:
            return self.complete(body) if path == "/v1/completions" else self.chat(body)
        finally:
            with self._lock:
                self._now -= 1


@contextmanager
def serve(llm, model="tutor", key=None, delay=0.0):
    """Serves `llm` as `model` on a free port of this machine; yields the `ChatServer`.

    With `key`, requests without it get 401, with a message that quotes the key they came with. As
    Ollama does, it ignores `n`.
    """
    chats = ChatServer(llm, model, key, delay)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # connections stay open
        disable_nagle_algorithm = True

        def do_GET(self):
            chats.asked.append(f"GET {self.path}")
            if not self._may_enter():
                return
            if self.path == "/v1/models" and chats.lists:
                model = {"id": chats.model, "object": "model"}
                self._send(200, {"object": "list", "data": [model]})
            elif self.path == "/props" and chats.template:
                self._send(200, {"chat_template": chats.template})
            else:
                self._send(404, {"error": "unknown"})

        def do_POST(self):
            chats.asked.append(f"POST {self.path}")
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if not self._may_enter():
                return
            paths = ["/v1/chat/completions"] + ["/v1/completions"] * chats.completes
            if self.path not in paths or body["model"] != chats.model:
                self._send(404, {"error": {"message": f"no model {body['model']}"}})
                return
            try:
                self._send(200, chats.answer(self.path, body))
            except Refusal as refusal:
                self._send(refusal.status, refusal.body, refusal.headers)

        def _may_enter(self):
            sent = self.headers.get("Authorization", "").removeprefix("Bearer ")
            chats.keys.append(sent)
            if chats.key in (None, sent):
                return True
            self._send(401, {"error": {"message": f"Incorrect API key provided: {sent}"}})
            return False

        def _send(self, status, body, headers=()):
            data = (body if isinstance(body, str) else json.dumps(body)).encode()
            self.send_response(status)
            for name, value in (("Content-Type", "application/json"), *headers):
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self._headers_buffer += [b"\r\n", data]  # in one packet
            self.flush_headers()

        def log_message(self, *args):
            """Says nothing: the tests look at `ChatServer` instead."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 128  # connections that wait; with 5, others would be a second late

    server = Server(("127.0.0.1", 0), Handler)
    chats.base_url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, daemon=True, args=(0.05,))
    thread.start()
    try:
        yield chats
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
