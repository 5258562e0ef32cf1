"""Language models for distilabel: one call, `load_llm()`, chooses where the text comes from.

The bundled model runs on CTranslate2 and needs neither torch nor transformers, which take
longer to import than the model takes to write its first hundred answers.
"""

import os
from typing import Any

from distilabel.models.llms.base import LLM

from smolsynth.errors import LLMUnavailable
from smolsynth.llms import endpoints
from smolsynth.llms.batched import BatchedTransformersLLM, check_transformers
from smolsynth.llms.bundled import MODELS, BundledLLM, bundled_names
from smolsynth.llms.ct2 import CT2LLM
from smolsynth.llms.endpoints import EndpointLLM
from smolsynth.llms.smollm2 import SmolLM2

__all__ = [
    "MODELS",
    "BatchedTransformersLLM",
    "CT2LLM",
    "BundledLLM",
    "EndpointLLM",
    "SmolLM2",
    "LLMUnavailable",
    "load_llm",
]

DEFAULTS = {"max_new_tokens": 256, "temperature": 0.7, "top_p": 1.0}


def load_llm(
    spec: str | None = None,
    *,
    use_magpie_template: bool = False,
    seed: int | None = 42,
    **generation_kwargs: Any,
) -> LLM:
    """Makes the distilabel `LLM` that `spec` names; distilabel's steps call its `load()`.

    Args:
        spec: `"bundled"` (the course's tutor), `"bundled:novice"` (its weaker sister),
            `"smollm2"` (SmolLM2-135M-Instruct, after `python -m smolsynth get smollm2`),
            `"ct2:FOLDER"` (made by `python -m smolsynth convert-model`), `"gguf:FILE"` (by
            llama.cpp), `"transformers:NAME_OR_PATH"` (Hugging Face hub or folder),
            `"openai:BASE_URL#MODEL"` (any OpenAI-compatible server; the key, if it wants one,
            from `SMOLSYNTH_API_KEY` or `OPENAI_API_KEY`) or `"hf:MODEL"` (Hugging Face Inference
            Providers; token from `HF_TOKEN` or `hf auth login`). Default: the environment
            variable `SMOLSYNTH_LLM`, else `"bundled"`.
        use_magpie_template: let the model write the user's turn, as distilabel's `Magpie` needs.
        seed: makes sampling repeatable on one machine (a server may ignore it); `None` doesn't.
        **generation_kwargs: `max_new_tokens` (default 256), `temperature` (0.7; 0 takes the most
            probable token each time) and `top_p` (1.0).

    Raises:
        ValueError: a wrong `spec`, option or value.
        LLMUnavailable: files, package, token or server are missing.
    """
    source = "spec" if spec else "SMOLSYNTH_LLM"
    spec = spec or os.environ.get("SMOLSYNTH_LLM") or "bundled"
    kind, _, name = str(spec).partition(":")
    options = {
        "seed": seed,
        "generation_kwargs": _checked_generation_kwargs(generation_kwargs),
    }
    if kind == "bundled" and name in ("", *bundled_names()):
        return BundledLLM(model=name or "tutor", use_magpie_template=use_magpie_template, **options)
    if kind == "smollm2" and not name:
        return SmolLM2(use_magpie_template=use_magpie_template, **options)
    if kind == "ct2" and name:
        llm = CT2LLM(model=name, use_magpie_template=use_magpie_template, **options)
        llm.load()
        return llm
    if kind == "transformers" and name:
        check_transformers(name)
        return BatchedTransformersLLM(
            model=name, use_magpie_template=use_magpie_template, **options
        )
    base_url, _, model = name.rpartition("#")
    is_server = kind == "openai" and base_url.startswith(("http://", "https://")) and model
    if not is_server and not (kind == "hf" and name):
        raise ValueError(
            f"{source}={spec!r} names no model: use 'bundled', 'bundled:novice', 'smollm2', "
            "'ct2:FOLDER', 'gguf:FILE', 'transformers:NAME_OR_PATH', "
            "'openai:BASE_URL#MODEL' (as in openai:http://localhost:11434/v1#qwen2.5:0.5b) "
            "or 'hf:MODEL'."
        )
    if use_magpie_template:
        raise ValueError(
            "Magpie needs a model whose raw prompt we control, and a chat endpoint writes it "
            "itself: use 'bundled' or 'transformers:NAME_OR_PATH' with use_magpie_template=True."
        )
    if kind == "hf":
        return endpoints.connect(endpoints.HF_ROUTER, name, *endpoints.hub_token(), **options)
    return endpoints.connect(base_url, model, *endpoints.server_key(), **options)


def _checked_generation_kwargs(given: dict[str, Any]) -> dict[str, Any]:
    if unknown := sorted(set(given) - set(DEFAULTS)):
        raise ValueError(
            f"load_llm() doesn't know {', '.join(unknown)}: the options are {', '.join(DEFAULTS)}."
        )
    chosen = {**DEFAULTS, **{name: value for name, value in given.items() if value is not None}}
    if given.get("temperature", 0.7) is None:  # None means what 0 means
        chosen["temperature"] = 0.0
    for name, (kinds, is_good, wanted) in {
        "max_new_tokens": (int, lambda value: value >= 1, "a whole number of at least 1"),
        "temperature": ((int, float), lambda value: 0 <= value < 100, "a number from 0 up"),
        "top_p": ((int, float), lambda value: 0 < value <= 1, "a number above 0 and at most 1"),
    }.items():
        value = chosen[name]
        if isinstance(value, bool) or not isinstance(value, kinds) or not is_good(value):
            raise ValueError(f"{name} must be {wanted}, not {value!r}.")
    return chosen
