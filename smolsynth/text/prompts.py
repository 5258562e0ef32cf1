"""Prompts as text that a person can read and edit, and the turns that they stand for.

[system]
You write questions.

[user]
About this: {document}
"""

import re
from collections.abc import Iterable, Mapping

INSTRUCTION = "{instruction}"
_OF_JINJA = re.compile(r"\{[{%#]|[}%#]\}")
_HEADING = re.compile(r"^\[(system|user|assistant)\][ \t]*\n", re.MULTILINE)


def as_prompt(turns: Iterable[Mapping[str, str]]) -> str:
    """Turns of `role` and `content` as one text; `turns_of` is the way back.

    >>> as_prompt([{"role": "user", "content": "Why {x}?"}])
    '[user]\\nWhy {x}?'
    """
    return "\n\n".join(f"[{turn['role']}]\n{turn['content']}" for turn in turns)


def turns_of(prompt: str, values: Mapping[str, str] | None = None) -> list[dict[str, str]]:
    """The turns of a prompt, with {names} replaced by what the row has; other braces stay.

    What a value holds is text alone: a heading or a name in it means nothing.

    >>> turns_of("[system]\\nBe {kind}.\\n\\n[user]\\n{x} {y}", {"x": "{y}", "kind": "brief"})
    [{'role': 'system', 'content': 'Be brief.'}, {'role': 'user', 'content': '{y} {y}'}]
    """
    first, *parts = _HEADING.split(prompt)
    pairs = [("user", first), *zip(parts[::2], parts[1::2], strict=True)]
    return [
        {"role": role, "content": filled(text.strip(), values or {})}
        for role, text in pairs
        if text.strip()
    ]


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text with {names} replaced, all at once.

    >>> filled("{a} and {b} and {c}", {"a": "{b}", "b": "2"})
    '{b} and 2 and {c}'
    """
    if not values:
        return text
    names = re.compile("|".join(re.escape(f"{{{name}}}") for name in values))
    return names.sub(lambda match: str(values[match[0][1:-1]]), text)


def content_of(prompt: str, role: str) -> str:
    """What one role says in a prompt; "" where it says nothing.

    >>> content_of("[system]\\nBe brief.\\n\\n[user]\\n{instruction}", "system")
    'Be brief.'
    """
    return "\n\n".join(turn["content"] for turn in turns_of(prompt) if turn["role"] == role)


def response_options(prompt: str) -> dict[str, str]:
    """What `TextGeneration` is given for another prompt than the bare instruction.

    >>> response_options("[system]\\nBe brief.\\n\\n[user]\\n{instruction}")["system_prompt"]
    'Be brief.'
    """
    options = {"system_prompt": content_of(prompt, "system")} if prompt else {}
    asked = content_of(prompt, "user")
    if asked not in ("", INSTRUCTION):
        # what is Jinja's own in it stays what it was
        parts = [_OF_JINJA.sub(r"{{ '\g<0>' }}", part) for part in asked.split(INSTRUCTION)]
        options["template"] = "{{ instruction }}".join(parts)
    return {name: text for name, text in options.items() if text}
