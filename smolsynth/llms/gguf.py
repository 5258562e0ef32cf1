"""Chat models as GGUF files, by llama.cpp (package `xllamacpp`)."""

import importlib.util
import json
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count, repeat
from pathlib import Path
from typing import Any

from pydantic import PrivateAttr

from smolsynth.errors import RowRefused
from smolsynth.llms.common import Count, cores, first_line, state_without
from smolsynth.llms.local import Answer, LocalLLM
from smolsynth.llms.strings import Unavailable
from smolsynth.llms.templates import chat_template

SMALL = 2**30  # bytes of a file
_WITHOUT_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # it is right here


class GGUFLLM(LocalLLM):
    """A chat model in a GGUF file, by llama.cpp's server within this process.

    The chat template comes from the file. A server batches requests as they come, so rounding,
    and with it a greedy answer now and then, may depend on what else is asked. A small model gets a
    server per core, with one thread each: llama.cpp's threads wait for each other after each
    product, and on a busy machine spend most of their time so. The servers share the weights.

    Attributes:
        model: the file.
        context: tokens of one prompt with its answer, at most.
        parallel: answers that a server writes at a time; each takes memory for `context` tokens.
    """

    model: str
    context: Count = 4096
    parallel: Count = 8

    _path: Path = PrivateAttr()
    _servers: Any = PrivateAttr(default=None)  # a list of them, once it is loaded
    _process: int = PrivateAttr(default=0)
    _render_by: Any = PrivateAttr(default=None)  # the template, once it is loaded
    _limit: int = PrivateAttr(default=0)

    def model_post_init(self, context: Any) -> None:
        """Makes the path absolute: it must be found from another working directory, too."""
        super().model_post_init(context)
        self._path = Path(self.model).expanduser().absolute()
        check_gguf(self._path)

    @property
    def model_name(self) -> str:
        """Name of the model, as it stands in distilabel's `model_name` column."""
        return self._path.stem

    def _ready(self) -> None:
        if self._servers is not None and self._process == os.getpid():
            return
        number = cores() if self._path.stat().st_size < SMALL else 1
        # after a fork new ones: the threads are the parent's
        self._servers = [self._start(cores() // number) for _ in range(number)]
        self._process = os.getpid()
        properties = self._ask("props")
        if not properties.get("chat_template"):
            self._servers = None
            raise Unavailable("no_template", name=self.model)
        tokens = {name: properties.get(name) or "" for name in ("bos_token", "eos_token")}
        self._render_by = chat_template(properties["chat_template"], **tokens)
        self._limit = properties["default_generation_settings"]["n_ctx"]

    def _start(self, threads: int) -> Any:
        import xllamacpp

        settings = xllamacpp.CommonParams()
        settings.model.path = str(self._path)
        settings.n_parallel = self.parallel
        settings.n_ctx = self.parallel * self.context
        settings.port = 0  # a free one, on this machine alone
        settings.verbosity = -1
        settings.warmup = False
        for part in (settings.cpuparams, settings.cpuparams_batch):
            part.n_threads = threads
            part.poll = 0  # threads that wait spinning take the cores from all others
        try:
            return xllamacpp.Server(settings)
        except Exception as error:  # bare ones of C++
            raise Unavailable("llama_cpp", name=self.model, reason=first_line(error)) from error

    def unload(self) -> None:
        """Ends the servers; another `generate()` starts them again."""
        self._servers = None
        super().unload()

    def __getstate__(self) -> dict[str, Any]:
        return state_without(super().__getstate__(), "_servers", "_render_by")

    def _template(self, messages: list[dict[str, str]], **options: Any) -> str:
        return self._render_by(messages=messages, **options)

    def _encode(self, text: str) -> list[int]:
        body = {"content": text, "add_special": False, "parse_special": True}
        return self._ask("tokenize", body)["tokens"]

    @property
    def _context(self) -> int:
        return self._limit

    def _settings(self, max_new_tokens: int, **sampling: Any) -> dict[str, Any]:
        return {
            "n_predict": max_new_tokens,
            "temperature": sampling.get("temperature", 0.0),
            "top_p": sampling.get("top_p", 1.0),
            "top_k": sampling.get("top_k", 0),
            "min_p": 0.0,
            "repeat_penalty": sampling["repetition_penalty"],
            "repeat_last_n": self.context,
        }

    def _run(
        self, prompts: list[list[int]], settings: dict[str, Any], seeds: Iterator[int] | None
    ) -> list[Answer]:
        def answer(number: int, prompt: list[int], seed: int) -> Answer:
            body = {"prompt": prompt, "seed": seed, **settings}
            made = self._ask("completion", body, number)
            return Answer(made["content"], made["tokens_predicted"])

        with ThreadPoolExecutor(self.parallel * len(self._servers)) as pool:
            return list(pool.map(answer, count(), prompts, seeds or repeat(0)))

    def _ask(self, path: str, body: dict[str, Any] | None = None, number: int = 0) -> Any:
        server = self._servers[number % len(self._servers)]
        request = urllib.request.Request(
            f"{server.listening_address}/{path}",
            json.dumps(body).encode() if body else None,
            {"Content-Type": "application/json"},
        )
        try:
            with _WITHOUT_PROXY.open(request) as reply:
                return json.load(reply)
        except urllib.error.HTTPError as error:
            said = json.load(error).get("error", {}).get("message", str(error))
            raise RowRefused(f"llama.cpp refuses a row ({said}).") from error


def check_gguf(path: Path) -> None:
    """Raises LLMUnavailable where the package is missing, or the file is no GGUF."""
    if importlib.util.find_spec("xllamacpp") is None:
        raise Unavailable("no_llama_cpp", path=path)
    if not path.is_file():
        raise Unavailable("no_file", name=str(path))
    with path.open("rb") as file:
        if file.read(4) != b"GGUF":
            raise Unavailable("no_gguf", name=str(path))
