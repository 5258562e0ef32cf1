"""Models on a server that speaks OpenAI's protocol, and the keys for them."""

import asyncio
import email.utils
import importlib.util
import itertools
import json
import os
import random
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from distilabel.models.llms.base import merge_responses
from distilabel.models.llms.openai import OpenAILLM
from pydantic import PrivateAttr, SecretStr

from smolsynth.errors import LLMUnavailable
from smolsynth.llms.common import Count, NotNegative, call_seeds, first_line, state_without

HF_ROUTER = "https://router.huggingface.co/v1"
LEFT_OUT = ("content_filter", "length")  # why an answer may have no text


class EndpointLLM(OpenAILLM):
    """distilabel's `OpenAILLM` for any OpenAI-compatible server.

    Several generations are several requests, because Ollama and others ignore `n`; at most
    `max_concurrency` of them run at once, so that a slow server isn't flooded into timeouts.

    A request that meets a passing fault (429, 408, 409, 5xx, a time-out, a cut connection, a body
    that is no answer) is sent again after a wait that doubles each time; where the server says how
    long (`Retry-After`), after that. It keeps its place meanwhile, so a busy server gets less. An
    answer is a text; `None` comes back only where the server says that it left the text out
    (`finish_reason` "content_filter" or "length"), and pipelines count it.

    Attributes:
        seed: sent along, different for each request and the same in each run; a server may
            ignore it. `None` sends none.
        max_concurrency: requests at a time.
        max_retries: how often one request is sent again before the run ends.
        first_wait: seconds before a request is sent again for the first time, give or take half.
        longest_wait: seconds that no wait exceeds, whatever the server asks for.
        timeout: seconds in which an answer must have come.
    """

    seed: int | None = 42
    max_concurrency: Count = 16
    first_wait: NotNegative = 0.5
    longest_wait: NotNegative = 60.0

    _num_generations_param_supported: bool = PrivateAttr(default=False)
    _calls: Counter = PrivateAttr(default_factory=Counter)
    _faults: Counter = PrivateAttr(default_factory=Counter)

    @property
    def faults(self) -> dict[str, int]:
        """The faults that requests have met and got over so far, by kind."""
        return dict(self._faults)

    def load(self) -> None:
        """Makes the clients (a second time: nothing) and starts the sequence of seeds anew."""
        self._calls.clear()
        if self._aclient is None:
            super().load()
            self._aclient.max_retries = 0  # its own retries know nothing of malformed bodies

    def unload(self) -> None:
        """Closes the connections; another `load()` makes new ones."""
        if self._aclient is not None and hasattr(self._aclient, "close"):
            self.event_loop.run_until_complete(self._aclient.close())
            self._client.close()
        structured_output = self.structured_output
        super().unload()
        self.structured_output = structured_output

    def __getstate__(self) -> dict[str, Any]:
        return state_without(super().__getstate__(), "_client", "_aclient", "_event_loop")

    async def _agenerate(
        self, inputs: list[Any], num_generations: int = 1, **kwargs: Any
    ) -> list[Any]:
        if self._aclient is None:
            self.load()
        seeds = call_seeds(self, inputs, num_generations, kwargs)
        turns = asyncio.Semaphore(self.max_concurrency)

        async def ask(conversation: Any, seed: int) -> Any:
            extra = {} if self.seed is None else {"seed": seed}
            extra |= kwargs.get("extra_body") or {}
            async with turns:
                return await self._ask(conversation, {**kwargs, "extra_body": extra or None})

        requests = [
            asyncio.ensure_future(ask(row, next(seeds)))
            for row in inputs
            for _ in range(num_generations)
        ]
        try:
            answers = await asyncio.gather(*requests)
        except BaseException:
            for request in requests:  # or they would go on during the next call
                request.cancel()
            await asyncio.gather(*requests, return_exceptions=True)
            raise
        return merge_responses(list(answers), n=num_generations)

    async def _ask(self, conversation: Any, kwargs: dict[str, Any]) -> Any:
        """One answer to one conversation, however often it takes to ask."""
        for attempt in itertools.count():
            # Raised outside of `except`, without the original, whose text may hold the key.
            try:
                return await self.agenerate(input=conversation, **kwargs)
            except Exception as error:
                if (fault := _fault(error, self.api_key)) is None:
                    raise
            if not fault.passes or attempt >= self.max_retries:
                break
            self._faults[fault.kind] += 1
            await asyncio.sleep(self._wait(attempt, fault.asked_for))
        tried = f" {attempt + 1} times" if fault.passes and attempt else ""
        raise LLMUnavailable(
            f"{self.base_url} did not answer for {self.model!r}{tried} ({fault.reason}): check the "
            "server and the model's name, then run again."
        )

    def _generations_from_openai_completion(self, completion: Any) -> Any:
        """distilabel's, which takes a body without text for an answer."""
        if not completion.choices:
            raise TypeError("no choices")
        for choice in completion.choices:
            if not isinstance(choice.message.content, str) and choice.finish_reason not in LEFT_OUT:
                raise TypeError("no text")
        return super()._generations_from_openai_completion(completion)

    def _wait(self, attempt: int, asked_for: float | None) -> float:
        """Seconds; random, so that requests that failed together don't come back together."""
        if asked_for is None:
            asked_for = self.first_wait * 2**attempt * random.uniform(0.5, 1.5)
        return min(asked_for, self.longest_wait)


class _Fault(NamedTuple):
    """What went wrong with a request."""

    kind: str
    reason: str
    passes: bool  # may go away by itself
    asked_for: float | None  # seconds to wait, as the server says


def _fault(error: Exception, key: SecretStr) -> _Fault | None:
    """What an error says of a request, without the key; `None` if nothing of the server."""
    import openai

    said = first_line(error).replace(key.get_secret_value(), "***")
    if isinstance(error, openai.APIStatusError):
        status = error.status_code
        passes = status in (408, 409, 429) or status >= 500
        return _Fault(str(status), said, passes, _retry_after(error.response.headers))
    if isinstance(error, openai.APITimeoutError):
        return _Fault("time-out", said, True, None)
    if isinstance(error, openai.APIConnectionError):
        return _Fault("cut connection", said, True, None)
    # The client takes any body for an answer; distilabel then fails on what is missing.
    malformed = (json.JSONDecodeError, UnicodeDecodeError, AttributeError, TypeError, KeyError)
    if isinstance(error, (openai.APIError, *malformed)):
        return _Fault("malformed body", "it sent something that is no answer", True, None)
    return None


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a server asks to wait: a number of them, or a date."""
    text = headers.get("retry-after", "")
    try:
        if milliseconds := headers.get("retry-after-ms"):
            return max(0.0, float(milliseconds) / 1000)
        return max(0.0, float(text))
    except ValueError:
        date = email.utils.parsedate_tz(text)
        return max(0.0, email.utils.mktime_tz(date) - time.time()) if date else None


# Keys are `SecretStr` from the start: a traceback may show the local variables of its frames.


def server_key() -> tuple[SecretStr, str]:
    """The key for a server, and how to set it. Local servers want none, but the client does."""
    for variable in ("SMOLSYNTH_API_KEY", "OPENAI_API_KEY"):
        if os.environ.get(variable):
            return SecretStr(os.environ[variable]), f"the key in {variable}"
    return SecretStr("none"), "no key; set SMOLSYNTH_API_KEY or OPENAI_API_KEY"


def hub_token() -> tuple[SecretStr, str]:
    """The Hugging Face token, and how to set it."""
    from huggingface_hub import get_token

    token = SecretStr(get_token() or "")
    if not token:
        raise LLMUnavailable(
            "'hf:MODEL' needs a Hugging Face token: set HF_TOKEN to one from "
            "https://huggingface.co/settings/tokens, or use the bundled model."
        )
    return token, "the token in HF_TOKEN"


def connect(
    base_url: str, model: str, key: SecretStr, key_name: str, **options: Any
) -> EndpointLLM:
    """Makes the `EndpointLLM` once the server has listed the model, or answered with it.

    Hugging Face's Inference Providers come here too: distilabel's `InferenceEndpointsLLM.load()`
    calls functions that huggingface_hub 1.0 took away, and it turns every error into `None`.
    """
    if importlib.util.find_spec("openai") is None:
        raise LLMUnavailable("Models on a server need the OpenAI client: run `pip install openai`.")
    base_url = base_url.rstrip("/")
    if "@" in urllib.parse.urlsplit(base_url).netloc:
        raise LLMUnavailable(
            "The base URL holds a password, and would carry it into logs and dataset cards: put it "
            "in SMOLSYNTH_API_KEY, and take it out of the URL."
        )
    llm = EndpointLLM(
        model=model,
        base_url=base_url,
        api_key=key,
        timeout=600,  # a laptop's server may take its time
        max_retries=6,  # 30 s and more, until a server is back
        **options,
    )
    listed = _listed_models(base_url, key, key_name)
    # Ollama adds ":latest" by itself; Inference Providers take "MODEL:PROVIDER".
    accepted = {model, f"{model}:latest"}
    if base_url == HF_ROUTER:
        accepted.add(model.split(":")[0])
    if not accepted & set(listed):
        asked = llm.model_copy()
        try:  # `transformers serve` has a folder's model, and doesn't list it
            asked.generate([[{"role": "user", "content": "Hello"}]], max_new_tokens=1)
        except LLMUnavailable:
            if not listed:
                raise
            shown = ", ".join(listed[:10]) + (", ..." if len(listed) > 10 else "")
            raise LLMUnavailable(
                f"{base_url} has no model {model!r}: choose one of those it lists ({shown})."
            ) from None
        finally:
            asked.unload()
    return llm


def _request(url: str, key: SecretStr) -> urllib.request.Request:
    headers = {"Authorization": f"Bearer {key.get_secret_value()}", "User-Agent": "smolsynth"}
    return urllib.request.Request(url, headers=headers)


def _listed_models(base_url: str, key: SecretStr, key_name: str) -> list[str]:
    try:
        with urllib.request.urlopen(_request(f"{base_url}/models", key), timeout=5) as answer:
            models = json.load(answer)
        return [str(model["id"]) for model in models["data"]]
    except urllib.error.HTTPError as error:
        if error.code >= 500:  # `transformers serve` without a hub cache
            return []
        if error.code in (401, 403):
            raise LLMUnavailable(
                f"{base_url} refuses access ({error.code}) with {key_name}: check the key."
            ) from None
        raise LLMUnavailable(
            f"{base_url}/models answered {error.code}: check the base URL, which mostly ends "
            "in /v1."
        ) from None
    except (OSError, ValueError) as error:
        if isinstance(error, ValueError):
            reason = "it sent no JSON"
        else:
            reason = first_line(getattr(error, "reason", None) or error)
        raise LLMUnavailable(
            f"Could not reach {base_url}/models ({reason}): start the server or check the URL."
        ) from None
    except (KeyError, TypeError):
        raise LLMUnavailable(
            f"{base_url}/models lists no models, so this is no OpenAI-compatible server: check "
            "the base URL, which mostly ends in /v1."
        ) from None
