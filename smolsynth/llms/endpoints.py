"""Models on a server that speaks OpenAI's protocol, and the keys for them."""

import asyncio
import importlib.util
import json
import os
import urllib.error
import urllib.request
from collections import Counter
from typing import Any

from distilabel.models.llms.base import merge_responses
from distilabel.models.llms.openai import OpenAILLM
from pydantic import PrivateAttr, SecretStr

from smolsynth.llms.common import Count, LLMUnavailable, call_seeds, first_line, state_without

HF_ROUTER = "https://router.huggingface.co/v1"


class EndpointLLM(OpenAILLM):
    """distilabel's `OpenAILLM` for any OpenAI-compatible server.

    Several generations are several requests, because Ollama and others ignore `n`; at most
    `max_concurrency` of them run at once, so that a slow server isn't flooded into timeouts.

    Attributes:
        seed: sent along, different for each request and the same in each run; a server may
            ignore it. `None` sends none.
        max_concurrency: requests at a time.
    """

    seed: int | None = 42
    max_concurrency: Count = 16

    _num_generations_param_supported: bool = PrivateAttr(default=False)
    _calls: Counter = PrivateAttr(default_factory=Counter)

    def load(self) -> None:
        """Makes the clients (a second time: nothing) and starts the sequence of seeds anew."""
        self._calls.clear()
        if self._aclient is None:
            super().load()

    def __getstate__(self) -> dict[str, Any]:
        return state_without(super().__getstate__(), "_client", "_aclient", "_event_loop")

    async def _agenerate(
        self, inputs: list[Any], num_generations: int = 1, **kwargs: Any
    ) -> list[Any]:
        import openai

        if self._aclient is None:
            self.load()
        seeds = call_seeds(self, inputs, num_generations, kwargs)
        turns = asyncio.Semaphore(self.max_concurrency)

        async def ask(conversation: Any, seed: int) -> Any:
            extra = {} if self.seed is None else {"seed": seed}
            extra |= kwargs.get("extra_body") or {}
            async with turns:
                return await self.agenerate(
                    input=conversation, **{**kwargs, "extra_body": extra or None}
                )

        requests = [ask(row, next(seeds)) for row in inputs for _ in range(num_generations)]
        try:
            answers = await asyncio.gather(*requests)
        except openai.APIError as error:
            key = self.api_key.get_secret_value()
            reason = first_line(error).replace(key, "***")
            # `from None`: the original text may hold the key.
            raise LLMUnavailable(
                f"{self.base_url} did not answer for {self.model!r} ({reason}): check the server "
                "and the model's name, then run again."
            ) from None
        return merge_responses(list(answers), n=num_generations)


def server_key() -> tuple[str, str]:
    """The key for a server, and how to set it. Local servers want none, but the client does."""
    for variable in ("SMOLSYNTH_API_KEY", "OPENAI_API_KEY"):
        if key := os.environ.get(variable):
            return key, f"the key in {variable}"
    return "none", "no key; set SMOLSYNTH_API_KEY or OPENAI_API_KEY"


def hub_token() -> tuple[str, str]:
    """The Hugging Face token, and how to set it."""
    from huggingface_hub import get_token

    if not (token := get_token()):
        raise LLMUnavailable(
            "'hf:MODEL' needs a Hugging Face token: set HF_TOKEN to one from "
            "https://huggingface.co/settings/tokens, or use the bundled model."
        )
    return token, "the token in HF_TOKEN"


def connect(base_url: str, model: str, key: str, key_name: str, **options: Any) -> EndpointLLM:
    """Makes the `EndpointLLM` once the server has said that it has the model.

    Hugging Face's Inference Providers come here too: distilabel's `InferenceEndpointsLLM.load()`
    calls functions that huggingface_hub 1.0 took away, and it turns every error into `None`.
    """
    if importlib.util.find_spec("openai") is None:
        raise LLMUnavailable("Models on a server need the OpenAI client: run `pip install openai`.")
    base_url = base_url.rstrip("/")
    listed = _listed_models(base_url, key, key_name)
    # Ollama adds ":latest" by itself; Inference Providers take "MODEL:PROVIDER".
    accepted = {model, f"{model}:latest"}
    if base_url == HF_ROUTER:
        accepted.add(model.split(":")[0])
    if not accepted & set(listed):
        shown = ", ".join(listed[:10]) + (", ..." if len(listed) > 10 else "")
        raise LLMUnavailable(
            f"{base_url} has no model {model!r}: choose one of those it lists ({shown or 'none'})."
        )
    return EndpointLLM(
        model=model,
        base_url=base_url,
        api_key=SecretStr(key),
        timeout=600,  # a laptop's server may take its time
        max_retries=2,
        **options,
    )


def _listed_models(base_url: str, key: str, key_name: str) -> list[str]:
    headers = {"Authorization": f"Bearer {key}", "User-Agent": "smolsynth"}
    request = urllib.request.Request(f"{base_url}/models", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            models = json.load(answer)
        return [str(model["id"]) for model in models["data"]]
    except urllib.error.HTTPError as error:
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
