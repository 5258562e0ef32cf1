"""What the models share: the error, kinds of numbers, seeds, locks, and the checks of inputs."""

import itertools
import json
import os
import secrets
import sys
import threading
from collections.abc import Iterator
from hashlib import sha256
from typing import Annotated, Any

from pydantic import Field

from smolsynth.errors import RowRefused, RowTooLong

Share = Annotated[float, Field(gt=0, le=1)]
Count = Annotated[int, Field(ge=1)]
NotNegative = Annotated[float, Field(ge=0)]


def first_line(error: BaseException) -> str:
    """What an error says, short enough to stand in a sentence."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200].rstrip(". ")


def state_without(state: dict[str, Any], *names: str) -> dict[str, Any]:
    """A pydantic object's state for pickling, with what belongs to this process left out."""
    private = {**state["__pydantic_private__"], **dict.fromkeys(names)}
    return {**state, "__pydantic_private__": private}


# --- locks and seeds -------------------------------------------------------------------------

# CTranslate2's seed and torch's random state belong to the whole process, so threads take turns.
# A fork makes new ones: use them as `common.SEEDING` and `common.TORCH`, never from-imported.
SEEDING = threading.Lock()
TORCH = threading.Lock()


def _after_fork() -> None:
    """Other threads stay in the parent: neither their locks nor torch's workers can be awaited."""
    global SEEDING, TORCH
    SEEDING, TORCH = threading.Lock(), threading.Lock()
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def call_seeds(llm: Any, *call: Any) -> Iterator[int]:
    """Yields the seeds of one call, each below 2**31.

    They follow from the model's seed, the call itself and how often this very call came before
    (since `load()`), so the order in which several steps share one model changes nothing.
    """
    if llm.seed is None:
        while True:
            yield secrets.randbits(31)
    key = sha256(json.dumps([llm.seed, *call], sort_keys=True, default=str).encode()).digest()
    with SEEDING:
        repeat = llm._calls[key]
        llm._calls[key] += 1
    for number in itertools.count():
        digest = sha256(key + f"{repeat}/{number}".encode()).digest()
        yield int.from_bytes(digest[:4], "big") >> 1


# --- inputs and answers ----------------------------------------------------------------------


def check_conversations(inputs: Any) -> None:
    """Says what is wrong with chat inputs before a template turns it into something odd."""
    if not isinstance(inputs, list) or not inputs:
        raise ValueError(
            "inputs must be a list of at least one conversation, each a list of "
            '{"role": ..., "content": ...} messages.'
        )
    for number, conversation in enumerate(inputs):
        if isinstance(conversation, tuple):
            raise ValueError("A local model has no structured output: ask for JSON in the prompt.")
        if not isinstance(conversation, list):
            raise ValueError(
                f"inputs[{number}] must be a list of messages, not {type(conversation).__name__}."
            )
        for message in conversation:
            content = message.get("content") if isinstance(message, dict) else message
            if not isinstance(message, dict) or message.get("role") not in (
                "system",
                "user",
                "assistant",
            ):
                raise ValueError(
                    f"inputs[{number}]: a message needs a role (system, user or assistant) and a "
                    f"content, not {str(message)[:80]!r}."
                )
            if not isinstance(content, str):
                raise ValueError(
                    f"inputs[{number}]: the {message['role']} message's content must be text, "
                    f"not {type(content).__name__}; drop or fill such rows first."
                )


def check_lengths(lengths: list[int], max_new_tokens: int, context: int | None) -> None:
    """Says which prompt is empty or, with its answer, longer than the context; all in tokens."""
    for number, length in enumerate(lengths):
        if not length:
            raise RowRefused(
                f"inputs[{number}] is an empty conversation: give it a message, or load the model "
                "with use_magpie_template=True to let it write the user's turn.",
                number,
            )
        if context and length + max_new_tokens > context:
            raise RowTooLong(
                f"inputs[{number}] has {length} tokens, which with max_new_tokens={max_new_tokens} "
                f"is more than the model's {context}: shorten the prompt or lower max_new_tokens.",
                number,
            )


def cut(text: str, stop_sequences: list[str] | None) -> str:
    """Cuts `text` where the first stop sequence starts."""
    ends = [text.find(stop) for stop in stop_sequences or [] if stop and stop in text]
    return text[: min(ends)] if ends else text
