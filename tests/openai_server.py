"""A small OpenAI-compatible chat server with a distilabel `LLM` behind it, for the tests."""

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class ChatServer:
    """What the server has seen.

    Attributes:
        base_url: what to give to a client, ending in /v1.
        requests: body of each chat request, in order of arrival.
        most_at_once: largest number of chat requests that were in work at one time.
    """

    def __init__(self, llm, model, key, delay):
        self.llm, self.model, self.key, self.delay = llm, model, key, delay
        self.base_url = ""
        self.requests = []
        self.most_at_once = self._now = 0
        self._lock = threading.Lock()

    def chat(self, body):
        """Answers one body of `/v1/chat/completions`; as Ollama does, it ignores `n`."""
        with self._lock:
            self.requests.append(body)
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        time.sleep(self.delay)
        output = self.llm.generate(
            [body["messages"]],
            max_new_tokens=body["max_tokens"],
            temperature=body["temperature"],
            top_p=body["top_p"],
        )[0]
        with self._lock:
            self._now -= 1
        tokens = output["statistics"]
        message = {"role": "assistant", "content": output["generations"][0]}
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 0,
            "model": self.model,
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {
                "prompt_tokens": tokens["input_tokens"][0],
                "completion_tokens": tokens["output_tokens"][0],
                "total_tokens": tokens["input_tokens"][0] + tokens["output_tokens"][0],
            },
        }


@contextmanager
def serve(llm, model="tutor", key=None, delay=0.0):
    """Serves `llm` as `model` on a free port of this machine; yields the `ChatServer`.

    With `key`, requests without it get 401, with a message that quotes the key they came with.
    """
    chats = ChatServer(llm, model, key, delay)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            if self._may_enter():
                known = self.path == "/v1/models"
                models = {"object": "list", "data": [{"id": chats.model, "object": "model"}]}
                self._send(200 if known else 404, models if known else {"error": "unknown"})

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if not self._may_enter():
                return
            if self.path != "/v1/chat/completions" or body["model"] != chats.model:
                self._send(404, {"error": {"message": f"no model {body['model']}"}})
                return
            self._send(200, chats.chat(body))

        def _may_enter(self):
            sent = self.headers.get("Authorization", "").removeprefix("Bearer ")
            if chats.key in (None, sent):
                return True
            self._send(401, {"error": {"message": f"Incorrect API key provided: {sent}"}})
            return False

        def _send(self, status, body):
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args):
            """Says nothing: the tests look at `ChatServer` instead."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 128  # connections that wait; with 5, others would be a second late

    server = Server(("127.0.0.1", 0), Handler)
    chats.base_url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield chats
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
