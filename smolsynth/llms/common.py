"""What the models share: the error, kinds of numbers, seeds, locks, and the checks of inputs."""

import functools
import itertools
import json
import os
import secrets
import ssl
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import Annotated, Any

from pydantic import Field

from smolsynth.errors import RowRefused, RowTooLong
from smolsynth.llms.thinking import Thinking, split_thoughts

Share = Annotated[float, Field(gt=0, le=1)]
Count = Annotated[int, Field(ge=1)]
NotNegative = Annotated[float, Field(ge=0)]


def first_line(error: BaseException) -> str:
    """What an error says, short enough to stand in a sentence."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200].rstrip(". ")


def cores() -> int:
    """Cores that this process may use, at most 8: more don't help so small a model."""
    can_tell = hasattr(os, "sched_getaffinity")
    return min(8, len(os.sched_getaffinity(0)) if can_tell else os.cpu_count() or 1)


@functools.cache
def tls_context() -> ssl.SSLContext:
    """The certificates that connections trust; read once, as that takes 50 ms of each client."""
    import certifi

    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    own = file or folder  # as httpx reads them
    return ssl.create_default_context(cafile=file if own else certifi.where(), capath=folder)


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
                "tool",
            ):
                raise ValueError(
                    f"inputs[{number}]: a message needs a role (system, user, assistant or tool) "
                    f"and a content, not {str(message)[:80]!r}."
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


def as_output(
    texts: Sequence[str],
    thinking: Thinking,
    *,
    input_tokens: int,
    output_tokens: list[int],
    finish_reasons: Sequence[str],
    opened: bool = False,
    stop_sequences: list[str] | None = None,
    count_tokens: Callable[[str], int] = lambda thoughts: 0,
) -> dict[str, Any]:
    """What `generate` gives for one conversation, in distilabel's form, without thoughts.

    Args:
        texts: what the model wrote, thoughts included.
        thinking: "keep" adds `thoughts`, one text per answer, as a column beside the answer.
        input_tokens: of the prompt.
        output_tokens: of each text.
        finish_reasons: of each text: "stop" or "length" (cut off at the limit).
        opened: whether the prompt ended with the mark that opens a thought.
        stop_sequences: an answer ends before the first of these.
        count_tokens: of thoughts.

    Returns:
        See `output_of`.
    """
    pairs = [split_thoughts(text, opened) for text in texts]
    return output_of(
        [answer and cut(answer, stop_sequences) for _, answer in pairs],
        [thoughts for thoughts, _ in pairs],
        [
            "thoughts" if answer is None else reason
            for (_, answer), reason in zip(pairs, finish_reasons, strict=True)
        ],
        thinking,
        input_tokens=[input_tokens],
        output_tokens=output_tokens,
        reasoning_tokens=[count_tokens(thoughts) if thoughts else 0 for thoughts, _ in pairs],
    )


def output_of(
    answers: list[str | None],
    thoughts: list[str],
    finish_reasons: list[str],
    thinking: Thinking,
    **tokens: list[int],
) -> dict[str, Any]:
    """The answers to one conversation in distilabel's form.

    Returns:
        `generations`; `statistics`, which distilabel's tasks put into `distilabel_metadata`; and,
        with `thinking="keep"`, `thoughts`. Where an answer didn't end by itself, also
        `finish_reason`: "length" (cut off at the limit) or why there is none ("thoughts",
        "refusal", "content_filter", "tool_calls", "no_json"). distilabel's tasks make columns of
        the last two, `llm_STEP_thoughts` and `llm_STEP_finish_reason`: a row knows if its answer
        was cut.
    """
    output: dict[str, Any] = {
        "generations": answers,
        "statistics": {**tokens, "finish_reason": finish_reasons},
    }
    if thinking == "keep":
        output["thoughts"] = thoughts
    if set(finish_reasons) != {"stop"}:
        output["finish_reason"] = finish_reasons
    return output
