"""Prompts written by us: chat templates, and for Magpie on a server a conversation up to an opened
user's turn.

A chat endpoint writes the prompt itself and always opens the assistant's turn. Servers that also
offer `/completions` (vLLM, llama.cpp) take a prompt as it is, which then must be in the format
that the model was trained on: that of its own chat template, where the server shows it, or of its
family.
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

_SENTINEL = "smolsynthsentinel"


class Family(NamedTuple):
    """How a family writes one message, and what it calls the assistant."""

    message: str
    assistant: str = "assistant"
    takes_system: bool = True
    models: str = ""  # what its models are called, as a regular expression


FAMILIES = {
    "chatml": Family(
        "<|im_start|>{role}\n{content}<|im_end|>\n", models="qwen|smollm|yi-|hermes|internlm"
    ),
    "llama3": Family(
        "<|start_header_id|>{role}<|end_header_id|>\n\n{content}<|eot_id|>", models="llama-?3"
    ),
    "gemma": Family(
        "<start_of_turn>{role}\n{content}<end_of_turn>\n", "model", False, models="gemma-?[23]"
    ),
    "phi": Family("<|{role}|>\n{content}<|end|>\n", models="phi-?3"),
    "glm": Family("<|{role}|>\n{content}", models="glm-?4"),
}


class Prompt(NamedTuple):
    """What is sent to `/completions`, and the text that ends the user's turn."""

    text: str
    end: str


def is_users_turn(messages: list[dict[str, Any]]) -> bool:
    """Whether a model for Magpie goes on as the user: nobody has spoken as such, or the last
    message is one of the user with `"open": True`, of which it writes the rest."""
    return not messages or messages[-1]["role"] != "user" or bool(messages[-1].get("open"))


def split_opener(messages: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], str]:
    """What was said before the user's turn that a model goes on with, and how that turn begins.

    >>> split_opener([{"role": "user", "content": "What is", "open": True}])
    ([], 'What is')
    """
    if messages and messages[-1].get("open"):
        return messages[:-1], messages[-1]["content"]
    return messages, ""


def open_user_turn(messages: list[dict[str, Any]], template: str) -> Prompt:
    """The prompt after which a model goes on as the user.

    Args:
        messages: what was said so far; may be empty. A last message of the user with
            `"open": True` is how the turn begins.
        template: a name in `FAMILIES`, or a chat template in Jinja as Hugging Face's are.

    Returns:
        The prompt, without a start-of-text token, which servers add themselves.

    Raises:
        ValueError: the template doesn't take these messages, or is none.

    >>> open_user_turn([{"role": "system", "content": "Hi."}], "chatml")
    Prompt(text='<|im_start|>system\\nHi.<|im_end|>\\n<|im_start|>user\\n', end='<|im_end|>')
    """
    if "{" not in template and template not in FAMILIES:
        raise ValueError(
            f"template={template!r} is no chat template: give one in Jinja, or one of "
            f"{', '.join(FAMILIES)}."
        )
    messages, opener = split_opener(messages)
    talk = [*messages, {"role": "user", "content": _SENTINEL}]
    family = FAMILIES.get(template)
    write = (lambda m: _of_family(m, family)) if family else (lambda m: _of_jinja(m, template))
    try:
        text = write(talk)
        if any(m["role"] == "system" for m in messages) and messages[0]["content"] not in text:
            raise ValueError
    except ValueError:
        text = write(merged_system(talk))
    before, _, after = text.rpartition(_SENTINEL)
    return Prompt(before + opener, after.strip())


def merged_system(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The conversation with the system's message put before the first user's, for models that know
    no such role.

    >>> merged_system([{"role": "system", "content": "A"}, {"role": "user", "content": "B"}])
    [{'role': 'user', 'content': 'A\\n\\nB'}]
    """
    if not messages or messages[0]["role"] != "system":
        return messages
    system, *rest = messages
    if not rest:
        return [{"role": "user", "content": system["content"]}]
    text = f"{system['content']}\n\n{rest[0]['content']}"
    return [{"role": rest[0]["role"], "content": text}, *rest[1:]]


def family_of(model: str) -> str:
    """The family that a model's name tells of; else ChatML, which most have.

    >>> family_of("meta-llama/Llama-3.2-1B-Instruct"), family_of("Qwen3-8B"), family_of("some")
    ('llama3', 'chatml', 'chatml')
    """
    named = (n for n, f in FAMILIES.items() if re.search(f.models, model, re.IGNORECASE))
    return next(named, "chatml")


def _of_family(messages: list[dict[str, str]], family: Family) -> str:
    if not family.takes_system and messages[0]["role"] == "system":
        raise ValueError
    return "".join(
        family.message.format(
            role=family.assistant if message["role"] == "assistant" else message["role"],
            content=message["content"],
        )
        for message in messages
    )


def _of_jinja(messages: list[dict[str, str]], template: str) -> str:
    from jinja2.exceptions import TemplateError

    render = chat_template(template, bos_token="", eos_token="")
    try:
        return render(messages=messages, add_generation_prompt=False)
    except (TemplateError, TypeError) as error:
        roles = ", ".join(message["role"] for message in messages)
        raise ValueError(
            f"The chat template doesn't take a conversation of {roles} ({error})."
        ) from error


def chat_template(text: str, **tokens: str) -> Callable[..., str]:
    """A function that renders conversations by a chat template in Jinja, as transformers does.

    Args:
        text: the template.
        **tokens: texts that it may name, such as `bos_token`.

    >>> render = chat_template("{% for m in messages %}{{ m.role }}: {{ m.content }}{% endfor %}")
    >>> render(messages=[{"role": "user", "content": "Hi"}])
    'user: Hi'
    >>> chat_template("{{ messages | tojson }}")(messages=[{"role": "user", "content": "<你>"}])
    '[{"role": "user", "content": "<你>"}]'
    """
    import json
    from datetime import datetime

    from jinja2.exceptions import TemplateError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    def refuse(message: str) -> None:
        raise TemplateError(message)

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
    )

    def as_json(value: Any, indent: int | None = None, **options: Any) -> str:
        # Jinja's own sorts keys and escapes < and all that isn't ASCII, which no model was shown.
        return json.dumps(value, **{"ensure_ascii": False, "indent": indent, **options})

    environment.filters["tojson"] = as_json
    environment.globals |= {
        "raise_exception": refuse,
        "strftime_now": lambda style: datetime.now().strftime(style),
        **tokens,
    }
    return environment.from_string(text).render
