"""Language models for distilabel: one call, `load_llm()`, chooses where the text comes from.

The bundled model runs on CTranslate2 and needs neither torch nor transformers, which take
longer to import than the model takes to write its first hundred answers.
"""

import os
from collections.abc import Callable
from typing import Any

from distilabel.models.llms.base import LLM

from smolsynth.errors import LLMUnavailable
from smolsynth.llms import connect
from smolsynth.llms.batched import BatchedTransformersLLM, check_transformers
from smolsynth.llms.bundled import APART, MODELS, BundledLLM, bundled_names
from smolsynth.llms.ct2 import CT2LLM
from smolsynth.llms.endpoints import EndpointLLM
from smolsynth.llms.gguf import GGUFLLM
from smolsynth.llms.options import chosen
from smolsynth.llms.smollm2 import SmolLM2
from smolsynth.llms.strings import wrong
from smolsynth.specs import SPECS

__all__ = [
    "MODELS",
    "BatchedTransformersLLM",
    "CT2LLM",
    "BundledLLM",
    "EndpointLLM",
    "GGUFLLM",
    "SmolLM2",
    "LLMUnavailable",
    "load_llm",
]


def load_llm(
    spec: str | None = None,
    *,
    use_magpie_template: bool = False,
    seed: int | None = 42,
    **options: Any,
) -> LLM:
    """Makes the distilabel `LLM` that `spec` names; distilabel's steps call its `load()`.

    Args:
        spec: `"bundled"` (the course's tutor), `"bundled:novice"` (its weaker sister),
            `"bundled:solver"` (which works problems out, and errs on purpose),
            `"smollm2"` (SmolLM2-135M-Instruct, after `python -m smolsynth get smollm2`),
            `"ct2:FOLDER"` (made by `python -m smolsynth convert-model`), `"gguf:FILE"` (by
            llama.cpp), `"transformers:NAME_OR_PATH"` (Hugging Face hub or folder),
            `"openai:BASE_URL#MODEL"` (any OpenAI-compatible server; the key, if it wants one,
            from `SMOLSYNTH_API_KEY`, or for api.openai.com from `OPENAI_API_KEY`) or `"hf:MODEL"`
            (Hugging Face Inference Providers; token from `HF_TOKEN` or `hf auth login`). Default:
            the environment variable `SMOLSYNTH_LLM`, else `"bundled"`.
        use_magpie_template: let the model write the user's turn, as distilabel's `Magpie` needs. A
            server must offer `/completions`, as vLLM and llama.cpp do.
        seed: makes sampling repeatable on one machine (a server may ignore it); `None` doesn't.
        **options: `max_new_tokens` (default 256), `temperature` (0.7; 0 takes the most probable
            token each time), `top_p` (1.0), `top_k`, `stop` (a text or several) and `thinking`
            ("drop", "keep" or "off"; see `smolsynth.llms.thinking`). For local models also
            `repetition_penalty` (1.1 keeps a small one from going round in circles). For servers
            `min_p`, `thinking_tokens` (that thoughts may take besides `max_new_tokens`),
            `n` (answers asked for in one request, where the server can), `template` (for Magpie;
            see `smolsynth.llms.templates`), `extra_body` (a dictionary, sent along as it is),
            `max_concurrency` (requests at a time, 16) and `timeout` (seconds, 600). Options in
            `SMOLSYNTH_LLM_OPTIONS`, a JSON object, hold where these say nothing.

    Raises:
        ValueError: a wrong `spec`, option or value.
        LLMUnavailable: files, package, token or server are missing.
    """
    from_where = "" if spec else "SMOLSYNTH_LLM="
    spec = spec or os.environ.get("SMOLSYNTH_LLM") or "bundled"
    kind, _, name = str(spec).partition(":")
    make = _KINDS.get(kind)
    llm = make and make(name, {"use_magpie_template": use_magpie_template, "seed": seed}, options)
    if not llm:
        given, example = f"{from_where}{spec!r}", "openai:http://localhost:11434/v1#qwen2.5:0.5b"
        raise ValueError(
            wrong("no_spec", given=given, forms=list(map(repr, SPECS)), example=example)
        )
    return llm


# ---- the kinds of model, by what stands before the colon ----
# Each gets what stands after it, and makes the LLM, or `None` if that names none.


def _bundled(name: str, made: dict[str, Any], options: dict[str, Any]) -> LLM | None:
    if name not in ("", *bundled_names(), *APART):
        return None
    calls, attributes = chosen(options, "bundled")
    return BundledLLM(model=name or "tutor", generation_kwargs=calls, **attributes, **made)


def _smollm2(name: str, made: dict[str, Any], options: dict[str, Any]) -> LLM | None:
    if name:
        return None
    calls, attributes = chosen(options, "smollm2")
    return SmolLM2(generation_kwargs=calls, **attributes, **made)


def _ct2(name: str, made: dict[str, Any], options: dict[str, Any]) -> LLM | None:
    if not name:
        return None
    calls, attributes = chosen(options, "ct2")
    llm = CT2LLM(model=name, generation_kwargs=calls, **attributes, **made)
    llm.load()
    return llm


def _gguf(name: str, made: dict[str, Any], options: dict[str, Any]) -> LLM | None:
    if not name:
        return None
    calls, attributes = chosen(options, "gguf")
    return GGUFLLM(model=name, generation_kwargs=calls, **attributes, **made)


def _transformers(name: str, made: dict[str, Any], options: dict[str, Any]) -> LLM | None:
    if not name:
        return None
    check_transformers(name)
    calls, attributes = chosen(options, "transformers")
    return BatchedTransformersLLM(model=name, generation_kwargs=calls, **attributes, **made)


def _openai(name: str, made: dict[str, Any], options: dict[str, Any]) -> LLM | None:
    base_url, _, model = name.rpartition("#")
    if not base_url.startswith(("http://", "https://")) or not model:
        return None
    return _on_server(base_url, model, connect.server_key(base_url), made, options)


def _hf(name: str, made: dict[str, Any], options: dict[str, Any]) -> LLM | None:
    if not name:
        return None
    return _on_server(connect.HF_ROUTER, name, connect.hub_token(), made, options)


def _on_server(
    base_url: str,
    model: str,
    key: tuple[Any, str],
    made: dict[str, Any],
    options: dict[str, Any],
) -> LLM:
    calls, attributes = chosen(options, "server")
    settings = {"generation_kwargs": calls, **attributes, **made}
    return connect.connect(base_url, model, key[0], key[1], **settings)


_KINDS: dict[str, Callable[[str, dict[str, Any], dict[str, Any]], LLM | None]] = {
    "bundled": _bundled,
    "smollm2": _smollm2,
    "ct2": _ct2,
    "gguf": _gguf,
    "transformers": _transformers,
    "openai": _openai,
    "hf": _hf,
}
