"""Thoughts that a model writes down before its answer, told from the answer."""

import re

_NAME = r"(?:seed:)?(?:think|thinking|thought|thoughts|reasoning)"
_OPEN = rf"<{_NAME}>|\[THINK\]|◁think▷|<\|channel\|?>\s*(?:analysis|thought)(?:<\|message\|>)?"
_CLOSE = rf"</{_NAME}>|\[/THINK\]|◁/think▷|<\|end\|>|<channel\|>"
_OPENING = re.compile(rf"(?<!`)(?:{_OPEN})", re.IGNORECASE)
_CLOSING = re.compile(rf"(?<!`)(?:{_CLOSE})", re.IGNORECASE)
# harmony (gpt-oss): what stands before the answer, and its names where a decoder dropped the marks
_FRAME = re.compile(r"(?:<\|start\|>\s*assistant)?\s*<\|channel\|>\s*final\s*<\|message\|>")
_BARE = re.compile(r"\s*analysis(?=\S).*?assistantfinal", re.DOTALL)
_END = re.compile(r"\s*<\|(?:return|end)\|>\s*$")


def split_thoughts(text: str) -> tuple[str, str]:
    """Answer and thoughts of a reply, each without marks and outer blanks.

    The marks of all families count (`<think>`, `<thought>`, `[THINK]`, harmony's channels …), but
    not in code, where a text may speak of them. Thoughts that are opened and never closed run to
    the end: the answer is then "". A mark that closes what was never opened ends thoughts that
    began with the reply, as where the chat template holds the opening one.

    >>> split_thoughts("<think>A fruit? Yes.</think>An apple is a fruit.")
    ('An apple is a fruit.', 'A fruit? Yes.')
    >>> split_thoughts("A fruit? Yes.</think>An apple is a fruit.")
    ('An apple is a fruit.', 'A fruit? Yes.')
    >>> split_thoughts("<think>A fruit? Let me")
    ('', 'A fruit? Let me')
    >>> split_thoughts("Put `<think>` before it.")
    ('Put `<think>` before it.', '')
    """
    thoughts: list[str] = []
    if bare := _BARE.match(text):
        thoughts.append(bare[0].strip()[len("analysis") : -len("assistantfinal")])
        text = text[bare.end() :]
    first, opened = _CLOSING.search(text), _OPENING.search(text)
    if first and first[0] != "<|end|>" and not (opened and opened.start() < first.start()):
        thoughts.append(text[: first.start()])
        text = text[first.end() :]
    while opened := _OPENING.search(text):
        closed = _CLOSING.search(text, opened.end())
        final = _FRAME.search(text, opened.end())
        if final and not (closed and closed.start() < final.start()):
            closed = final
        thoughts.append(text[opened.end() : closed.start() if closed else None])
        text = text[: opened.start()] + (text[closed.end() :] if closed else "")
    text = _END.sub("", _FRAME.sub("", text))
    return text.strip(), "\n".join(filter(None, map(str.strip, thoughts)))
