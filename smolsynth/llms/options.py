"""The options of `load_llm()`: which model takes which, and what values are good."""

import json
import os
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, get_args

from smolsynth.llms.strings import WANTED, wrong
from smolsynth.llms.thinking import Thinking

VARIABLE = "SMOLSYNTH_LLM_OPTIONS"


class Option(NamedTuple):
    """One option: what it must be, as a key of WANTED and as a check, and who takes it."""

    wanted: str
    is_good: Callable[[Any], bool]
    default: Any = None  # `None`: left to the model
    takers: str = "all"  # "all", or the kinds of model that know it


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: Any, least: int = 1) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _is_stop(value: Any) -> bool:
    texts = [value] if isinstance(value, str) else value
    return isinstance(texts, list) and all(isinstance(text, str) and text for text in texts)


OPTIONS = {
    "max_new_tokens": Option("count", _is_count, 256),
    "temperature": Option("from_0", lambda x: _is_number(x) and 0 <= x < 100, 0.7),
    "top_p": Option("share_above_0", lambda x: _is_number(x) and 0 < x <= 1, 1.0),
    "top_k": Option("count_from_0", lambda x: _is_count(x, 0)),
    "min_p": Option("share", lambda x: _is_number(x) and 0 <= x <= 1, None, "server"),
    "repetition_penalty": Option(
        "positive",
        lambda x: _is_number(x) and x > 0,
        None,
        "bundled smollm2 ct2 gguf transformers",
    ),
    "stop": Option("texts", _is_stop),
    "thinking": Option("thinking", lambda x: x in get_args(Thinking), "drop"),
    "thinking_tokens": Option("count_from_0", lambda x: _is_count(x, 0), None, "server"),
    "n": Option("count", _is_count, None, "server"),
    "template": Option("text", lambda x: isinstance(x, str) and bool(x), None, "server"),
    "extra_body": Option("dictionary", lambda x: isinstance(x, dict), None, "server"),
    "max_concurrency": Option("count", _is_count, None, "server"),
    "timeout": Option("seconds", lambda x: _is_number(x) and x > 0, None, "server"),
}
# How a server is asked, not what: a run may go on with others.
PACE = ("max_concurrency", "timeout", "max_retries")
# Those that belong to the model, and not to each call of `generate`.
_OF_THE_MODEL = ("thinking", "thinking_tokens", "n", "template", "max_concurrency", "timeout")


def chosen(given: Mapping[str, Any], kind: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a model is made with: options for `generate`, and attributes of the model.

    Args:
        given: by the caller; they win over those in `SMOLSYNTH_LLM_OPTIONS`, a JSON object, of
            which each model takes what it knows.
        kind: "bundled", "transformers", "server", or another local one.

    Raises:
        ValueError: an unknown option, or a wrong value.
    """
    _check(given, "load_llm()")
    if others := sorted(name for name in given if not _takes(kind, name)):
        raise ValueError(wrong("not_taken", names=others))
    common = {name: value for name, value in from_environment().items() if _takes(kind, name)}
    if given.get("temperature", 0.7) is None:  # None means what 0 means
        given = {**given, "temperature": 0.0}
    values = {name: option.default for name, option in OPTIONS.items()}
    for source in (common, given):
        values |= {name: value for name, value in source.items() if value is not None}
    values = {name: value for name, value in values.items() if value is not None}
    attributes = {name: values.pop(name) for name in _OF_THE_MODEL if name in values}
    if kind != "server" and (stop := values.pop("stop", None)):
        values["stop_sequences"] = [stop] if isinstance(stop, str) else stop
    return values, attributes


def from_environment() -> dict[str, Any]:
    """What `SMOLSYNTH_LLM_OPTIONS` says."""
    return parsed(os.environ.get(VARIABLE, ""), VARIABLE)


def parsed(text: str, source: str) -> dict[str, Any]:
    """Options written as JSON, checked; `source` names where they stand, for the error.

    >>> parsed('{"thinking": "off", "top_k": 20}', "--llm-options")
    {'thinking': 'off', 'top_k': 20}
    """
    if not text.strip():
        return {}
    try:
        options = json.loads(text)
    except ValueError:
        options = None
    if not isinstance(options, dict):
        example = '\'{"thinking": "off", "top_k": 20}\''
        raise ValueError(wrong("no_object", source=source, example=example, given=text[:80]))
    _check(options, source)
    return options


def _check(given: Mapping[str, Any], source: str) -> None:
    if unknown := sorted(set(given) - set(OPTIONS)):
        raise ValueError(wrong("no_option", source=source, names=unknown, options=list(OPTIONS)))
    for name, value in given.items():
        if value is not None and not OPTIONS[name].is_good(value):
            wanted = WANTED[OPTIONS[name].wanted]
            raise ValueError(wrong("value", name=name, wanted=wanted, value=repr(value)))


def _takes(kind: str, name: str) -> bool:
    return OPTIONS[name].takers == "all" or kind in OPTIONS[name].takers.split()
