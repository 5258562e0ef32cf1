"""A proxy in front of an OpenAI-compatible server that spoils some answers, for the tests."""

import hashlib
import http.client
import json
import threading
from collections import Counter
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

KINDS = ("429", "500", "time-out", "cut connection", "malformed body")
MALFORMED = (
    b"<html>Bad gateway</html>",
    b'{"choices": [{"message": {"role": "assistant", "content": "half an ans',
    b"{}",
    b"[]",
    b"null",
    b'{"choices": []}',
    b'{"choices": [{"index": 0, "finish_reason": "stop"}]}',
    b'{"choices": [{"index": 0, "finish_reason": "stop", "message": {"content": null}}]}',
    b"\xff\xfe\xff",
)


class Proxy:
    """What the proxy has done.

    Attributes:
        base_url: what to give to a client, ending in /v1.
        counts: chat requests by what became of them: one of `KINDS`, or "passed".
        most_at_once: largest number of chat requests that were in work at one time.
    """

    def __init__(self, share, seed, kinds, retry_after):
        self.share, self.seed, self.kinds, self.retry_after = share, seed, kinds, retry_after
        self.base_url = ""
        self.counts = Counter()
        self.most_at_once = self._now = 0
        self._attempts = Counter()
        self.lock = threading.Lock()

    def draw(self, body):
        """What happens to a request. Its text and its number decide, not the order of arrival."""
        with self.lock:
            self._attempts[body] += 1
            key = f"{self.seed}/{self._attempts[body]}/".encode() + body
        digest = hashlib.sha256(key).digest()
        if int.from_bytes(digest[:4], "big") >= self.share * 2**32:
            return "passed", 0
        return self.kinds[digest[4] % len(self.kinds)], digest[5]

    def enter(self, step):
        with self.lock:
            self._now += step
            self.most_at_once = max(self.most_at_once, self._now)


@contextmanager
def faults(upstream, share=0.3, seed=0, kinds=KINDS, retry_after=("retry-after-ms", "20")):
    """Stands in front of `upstream` (a base URL); yields the `Proxy`.

    Args:
        upstream: base URL of the server, ending in /v1.
        share: of the chat requests, how many are spoiled; the same requests in each run.
        seed: other requests with another one.
        kinds: of faults, drawn evenly. A time-out lasts until the client gives up.
        retry_after: header and value that come with each 429; `None` for none.
    """
    proxy = Proxy(share, seed, kinds, retry_after)
    target = urlsplit(upstream)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # connections stay open
        disable_nagle_algorithm = True
        upstream = None

        def finish(self):
            super().finish()
            if self.upstream:
                self.upstream.close()

        def do_GET(self):
            self._pass_on("GET", None)

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kind, number = proxy.draw(body)
            proxy.enter(1)
            try:
                self._answer(kind, number, body)
            except (BrokenPipeError, ConnectionResetError):
                pass  # the client has given up
            finally:
                proxy.enter(-1)
                with proxy.lock:
                    proxy.counts[kind] += 1

        def _answer(self, kind, number, body):
            if kind == "passed":
                self._pass_on("POST", body)
            elif kind in ("429", "500"):
                headers = [proxy.retry_after] if kind == "429" and proxy.retry_after else []
                sent = self.headers.get("Authorization", "")  # as some servers quote it
                error = {"error": {"message": f"fault {kind} for {sent}"}}
                self._send(int(kind), json.dumps(error).encode(), headers)
            elif kind == "time-out":
                self.connection.settimeout(30)
                self.connection.recv(1)  # nothing, once the client closes
                self.close_connection = True
            elif kind == "cut connection" and number % 2:
                self.close_connection = True  # before the first byte
            elif kind == "cut connection":
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(b'{"choices": [')
                self.close_connection = True
            else:
                self._send(200, MALFORMED[number % len(MALFORMED)])

        def _pass_on(self, method, body):
            if self.upstream is None:
                self.upstream = http.client.HTTPConnection(target.hostname, target.port, timeout=60)
            headers = {k: v for k, v in self.headers.items() if k.lower() != "host"}
            self.upstream.request(method, self.path, body, headers)
            answer = self.upstream.getresponse()
            self._send(answer.status, answer.read())

        def _send(self, status, data, headers=()):
            self.send_response(status)
            for name, value in (("Content-Type", "application/json"), *headers):
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self._headers_buffer += [b"\r\n", data]  # in one packet
            self.flush_headers()

        def log_message(self, *args):
            """Says nothing: the tests look at `Proxy` instead."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 128
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    proxy.base_url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, daemon=True, args=(0.05,))
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.socket.close()
        thread.join()
