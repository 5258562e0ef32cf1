"""Which server, which key, and whether the model is there: asked once per process and model."""

import importlib.util
import os
import re
import urllib.parse
from collections import Counter
from hashlib import sha256
from typing import Any

from pydantic import SecretStr

from smolsynth.errors import RowRefused
from smolsynth.llms.common import first_line, tls_context
from smolsynth.llms.endpoints import NO_KEY, EndpointLLM
from smolsynth.llms.strings import Unavailable

HF_ROUTER = "https://router.huggingface.co/v1"
OPENAI_HOST = "api.openai.com"
LIST_TIMEOUT = 5.0  # seconds for the list of models
PROBE_TOKENS = 16  # some servers take no fewer

# (base URL, model, what of the key, raw prompts) that were found to work, and templates found.
_FOUND: dict[tuple[str, str, str, bool], str | None] = {}

# Keys that were typed, by scheme, host and port: in memory alone, and for that server alone.
_TYPED: dict[tuple[str, str | None, int | None], SecretStr] = {}

# Keys are `SecretStr` from the start: a traceback may show the local variables of its frames.


def use_key(base_url: str, key: str) -> str:
    """Takes a key for one server, for as long as this process lives; "" takes it back.

    Nothing of it is written anywhere, and no program that this one starts gets it.

    Args:
        base_url: of the server; Hugging Face's is HF_ROUTER.
        key: as typed.

    Returns:
        The host that it is sent to, and to no other.

    Raises:
        ValueError: no server, or a connection that anyone can read on the way.
    """
    place = _place(base_url)
    scheme, host, _ = place
    if scheme not in ("http", "https") or not host:
        raise ValueError(f"{base_url!r} is no server's address.")
    if scheme == "http" and not (host == "localhost" or host.startswith("127.") or host == "::1"):
        raise ValueError(
            f"A key would go to {host} unencrypted, for all to read: use an https address."
        )
    if key.strip():
        _TYPED[place] = SecretStr(key.strip())
    else:
        _TYPED.pop(place, None)
    return host


def _place(base_url: str) -> tuple[str, str | None, int | None]:
    url = urllib.parse.urlsplit(base_url)
    return url.scheme, url.hostname, url.port


def server_key(base_url: str) -> tuple[SecretStr, str]:
    """The key for a server, and the variable that holds it or would.

    `OPENAI_API_KEY` is for OpenAI alone. Local servers want no key, but the client does.
    """
    variables = ["SMOLSYNTH_API_KEY"]
    if (place := _place(base_url)) in _TYPED:
        return _TYPED[place], variables[0]
    url = urllib.parse.urlsplit(base_url)
    if url.scheme == "https" and url.hostname == OPENAI_HOST:
        variables.insert(0, "OPENAI_API_KEY")
    for variable in variables:
        if os.environ.get(variable):
            return SecretStr(os.environ[variable]), variable
    return SecretStr(NO_KEY), variables[0]


def hub_token() -> tuple[SecretStr, str]:
    """The Hugging Face token, and the variable for it."""
    from huggingface_hub import get_token

    token = _TYPED.get(_place(HF_ROUTER)) or SecretStr(get_token() or "")
    if not token:
        raise Unavailable("no_hub_token")
    return token, "HF_TOKEN"


def connect(
    base_url: str, model: str, key: SecretStr, variable: str, **options: Any
) -> EndpointLLM:
    """Makes the `EndpointLLM` once the server has listed the model, or answered with it.

    Hugging Face's Inference Providers come here too: distilabel's `InferenceEndpointsLLM.load()`
    calls functions that huggingface_hub 1.0 took away, and it turns every error into `None`.
    """
    if importlib.util.find_spec("openai") is None:
        raise Unavailable("no_client")
    base_url = base_url.rstrip("/")
    if "@" in urllib.parse.urlsplit(base_url).netloc:
        raise Unavailable("password")
    llm = EndpointLLM(model=model, base_url=base_url, api_key=key, **options)
    llm._variable = variable
    digest = sha256(key.get_secret_value().encode()).hexdigest()
    found = (base_url, model, digest, llm.use_magpie_template)
    if found not in _FOUND:
        _check(llm)
        _FOUND[found] = _template_of(llm) if llm.use_magpie_template else None
    if llm.template is None:
        llm.template = _FOUND[found]
    return llm


def _check(llm: EndpointLLM) -> None:
    """Raises Unavailable if the server is not there, or has no such model."""
    listed = _listed_models(llm)
    # Ollama adds ":latest" by itself; Inference Providers take "MODEL:PROVIDER".
    accepted = {llm.model, f"{llm.model}:latest"}
    if llm.base_url == HF_ROUTER:
        accepted.add(llm.model.split(":")[0])
    if not accepted & set(listed):
        _probe(llm, listed)  # `transformers serve` has a folder's model, and doesn't list it
    if llm.use_magpie_template:
        try:
            _generate(llm, [])
        except Unavailable as error:
            reason = error.values.get("reason", error.key)
            raise Unavailable("no_magpie", url=llm.base_url, reason=reason) from None


def _probe(llm: EndpointLLM, listed: list[str]) -> None:
    """One short generation, which decides where the list of models doesn't."""
    try:
        _generate(llm, [{"role": "user", "content": "Hello"}])
    except RowRefused as error:
        reason = re.sub(r".*?\((.*)\).*", r"\1", first_line(error))  # the server's own words
        raise Unavailable("probe", url=llm.base_url, model=llm.model, reason=reason) from None
    except Unavailable as error:
        if not listed or error.key in ("access", "no_access", "account"):
            raise
        names = ", ".join(listed[:10]) + (", ..." if len(listed) > 10 else "")
        raise Unavailable("no_model", url=llm.base_url, model=llm.model, names=names) from None


def _generate(llm: EndpointLLM, messages: list[dict[str, str]]) -> None:
    asked = llm.model_copy(update={"max_retries": min(llm.max_retries, 2)})
    asked.__pydantic_private__ = {
        **asked.__pydantic_private__,
        "_missing": Counter({"probe": 1}),
        "_calls": Counter(),
    }
    options = {**llm.generation_kwargs, "max_new_tokens": PROBE_TOKENS}
    asked._with_text = 1  # so short an answer may well be without text
    try:
        asked.generate([messages], **options)
    finally:
        asked.unload()


def _client(llm: EndpointLLM) -> Any:
    import openai

    return openai.OpenAI(
        base_url=llm.base_url,
        api_key=llm.api_key.get_secret_value(),
        timeout=LIST_TIMEOUT,
        max_retries=0,
        http_client=openai.DefaultHttpxClient(follow_redirects=False, verify=tls_context()),
    )


def _listed_models(llm: EndpointLLM) -> list[str]:
    """The names that the server lists; none where it has no list. Raises if it is not there."""
    import openai

    with _client(llm) as client:
        try:
            return [str(model.id) for model in client.models.list().data]
        except openai.APITimeoutError:
            reason = "timed out"
        except openai.APIConnectionError as error:
            reason = first_line(error.__cause__ or error)
        except (openai.APIError, ValueError, TypeError, AttributeError):
            return []  # some have no list (404), or `transformers serve` no hub cache (500)
    raise Unavailable("unreachable", url=llm.base_url, reason=reason)


def _template_of(llm: EndpointLLM) -> str | None:
    """The model's own chat template, where the server shows it, as llama.cpp does at /props."""
    import openai

    with _client(llm) as client:
        try:
            shown = client.get(llm.base_url.removesuffix("/v1") + "/props", cast_to=object)
        except (openai.APIError, ValueError):
            return None
    template = shown.get("chat_template") if isinstance(shown, dict) else None
    return template if isinstance(template, str) and template else None
