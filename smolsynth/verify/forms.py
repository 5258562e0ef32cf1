"""Answers that have a form: JSON with a schema, and regular expressions."""

import json
import re
from collections.abc import Mapping
from typing import Any

from smolsynth.llms.thinking import split_thoughts
from smolsynth.verify.verdict import Verdict, verdict

_FENCE = re.compile(r"```(?:json\w*)?[ \t]*\n(.*?)```", re.DOTALL | re.IGNORECASE)
_LONG = 100_000  # characters


def json_in(text: str, only: bool = False) -> Any:
    """The JSON in an answer: all of it, in a block, or the first object or list among words.

    Args:
        text: the answer without thoughts.
        only: nothing else may stand there but the fence of a block.

    Raises:
        ValueError: there is none, or it is broken; a key twice is, and so are NaN and Infinity.

    >>> json_in('Here: {"a": [1, 2]}. Good?')
    {'a': [1, 2]}
    """
    text = text.strip().removeprefix("\ufeff")
    blocks = _FENCE.findall(text)
    if len(blocks) > 1 and only:
        raise ValueError("several blocks")
    if blocks and (not only or _FENCE.fullmatch(text)):
        return _loads(blocks[-1])
    try:
        return _loads(text)
    except ValueError:
        start = re.search(r"[{\[]", text)
        if only or not start:
            raise
        # Words may hold brackets, too, as “[1]”: the longest that can be read counts.
        found, longest = None, 0
        for place in [m.start() for m in re.finditer(r"[{\[]", text)][:20]:
            try:
                value, end = _decoder().raw_decode(text, place)
            except (ValueError, RecursionError):
                continue
            if end - place > longest:
                found, longest = value, end - place
        if longest:
            return found
        return _loads(text[start.start() :])


def _decoder() -> json.JSONDecoder:
    return json.JSONDecoder(object_pairs_hook=_once, parse_constant=_refused)


def _loads(text: str) -> Any:
    try:
        return _decoder().decode(text.strip())
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _refused(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands there twice")
    return found


def verify_json(
    text: str, schema: Mapping[str, Any] | str | None = None, *, only: bool = False
) -> Verdict:
    """Whether an answer holds JSON that fits a schema.

    Args:
        text: the answer; thoughts are none.
        schema: JSON Schema (draft 2020-12 unless it names another), also as JSON text.
        only: whether words around the JSON make it wrong.

    Returns:
        The outcome is "right", "no answer" (no JSON), "unfinished", "bad JSON" or "wrong" (the
        schema is broken). `score` is 0.5 for JSON that breaks its schema.

    Raises:
        ValueError: the schema itself is wrong.

    >>> schema = {"type": "object", "required": ["age"], "properties": {"age": {"minimum": 0}}}
    >>> verify_json('{"age": 3}', schema).right
    True
    >>> print(verify_json('{"age": -3}', schema).reason)
    The JSON breaks its schema at $.age: -3 is less than the minimum of 0
    """
    import jsonschema

    schema = json.loads(schema) if isinstance(schema, str) else schema
    kind = jsonschema.validators.validator_for(schema or {}, jsonschema.Draft202012Validator)
    try:
        kind.check_schema(schema or {})
    except jsonschema.SchemaError as error:
        raise ValueError(f"The schema is wrong: {error.message}") from None
    answer = split_thoughts(text)[1]
    if answer is None or not answer.strip():
        return verdict("unfinished" if text.strip() else "no answer")
    if not re.search(r"[{\[\"\d]|true|false|null", answer):
        return verdict("no answer", "no json")
    try:
        value = json_in(answer, only)
    except ValueError as error:
        return verdict("bad JSON", "bad json", error=error)
    written = json.dumps(value, ensure_ascii=False)
    fault = jsonschema.exceptions.best_match(kind(schema or {}).iter_errors(value))
    if fault is None:
        return verdict("right", "json right", written)
    told = {"where": fault.json_path, "error": fault.message[:300]}
    return verdict("wrong", "schema", written, 0.5, **told)


def verify_pattern(text: str, pattern: str, *, whole: bool = True, flags: int = 0) -> Verdict:
    """Whether an answer matches a regular expression.

    The pattern is yours: one with nested repeats, as `(a+)+`, can take for ever on a text that
    nearly fits, and Python's `re` can't be stopped. Texts are cut at 100 000 characters.

    Args:
        text: the answer; thoughts are none, nor is white space around it.
        pattern: of Python's `re`.
        whole: whether it has to match all of the answer, or a part of it.
        flags: of `re`.

    Returns:
        The outcome is "right", "wrong", "no answer" or "unfinished"; extracted is the first group
        that has a match, or the whole match.

    Raises:
        ValueError: the pattern is wrong.

    >>> verify_pattern("2026-11-27", r"\\d{4}-\\d\\d-\\d\\d").right
    True
    >>> verify_pattern("On 2026-11-27.", r"\\d{4}-\\d\\d-\\d\\d").outcome
    'wrong'
    """
    try:
        compiled = re.compile(pattern, flags)
    except re.error as error:
        raise ValueError(f"The pattern {pattern!r} is wrong: {error}") from None
    answer = split_thoughts(text)[1]
    if answer is None or not answer.strip():
        return verdict("unfinished" if text.strip() else "no answer")
    answer = answer.strip()[:_LONG]
    match = compiled.fullmatch(answer) if whole else compiled.search(answer)
    if not match:
        return verdict("wrong", "not matched", pattern=pattern)
    found = next((group for group in match.groups() if group), match.group())
    return verdict("right", "matched", found, found=found)
