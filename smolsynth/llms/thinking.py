"""Models that think before they answer: their thoughts told apart from the answer, or switched off.

Thoughts are no data: no instruction, no response, no rating is read from them. Each `LLM` of this
package has `thinking`:

- "drop" (default): thoughts are thrown away. Nothing is asked of the model, so it fits every model,
  and one that doesn't think is left as it is;
- "keep": the same, with the thoughts in a column `llm_STEP_thoughts` beside the answer, which is
  distilabel's way for what a model gives besides its text;
- "off": the model is asked not to think, in its family's way. Cheaper, and for small models worse.

A thought that is not closed is no answer: the row has `None`, and "thoughts" for `finish_reason`.
"""

import re
from typing import Any, Literal

Thinking = Literal["off", "keep", "drop"]

# What opens and what closes a thought.
_MARKS = (
    ("<think>", "</think>"),  # DeepSeek, Qwen, GLM and most others
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<thoughts>", "</thoughts>"),
    ("<reasoning>", "</reasoning>"),
    ("<seed:think>", "</seed:think>"),  # Seed-OSS
    ("[THINK]", "[/THINK]"),  # Magistral
    ("◁think▷", "◁/think▷"),  # Kimi
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|channel>thought", "<channel|>"),  # Gemma 4
)


def _any_of(texts: tuple[str, ...]) -> str:
    return "|".join(map(re.escape, texts))


_OPENING, _CLOSING = (_any_of(texts) for texts in zip(*_MARKS, strict=True))
# A mark in backticks is one that the text speaks of.
_MARK = re.compile(rf"(?<!`)(?:(?P<open>{_OPENING})|(?P<close>{_CLOSING}))(?!`)", re.IGNORECASE)
_ENDS_OPEN = re.compile(
    rf"(?:{_OPENING}|<\|channel\|>analysis(?:<\|message\|>)?)\s*\Z", re.IGNORECASE
)
# Harmony, the format of gpt-oss: messages in channels, of which "final" alone is meant to be read.
_CHANNEL = re.compile(
    r"<\|channel\|>\s*(?P<channel>\w*)[^<]*(?:<\|constrain\|>[^<]*)?<\|message\|>"
    r"(?P<text>.*?)(?=<\|(?:end|return|call|start|channel)\|>|\Z)",
    re.DOTALL,
)
_HARMONY = re.compile(r"<\|(?:start|end|return|call|channel|message)\|>(?:assistant)?")
# The same, decoded without its special tokens.
_BARE_HARMONY = re.compile(
    r"\A(?:assistant)?analysis(?=[^\sa-z:])(?P<thoughts>.*?)(?:assistantfinal(?P<answer>.*))?\Z",
    re.DOTALL,
)
_WRAPPED = re.compile(
    r"\A\s*(?:<answer>(.*?)(?:</answer>\s*)?|"
    r"<\|begin_of_solution\|>(.*?)(?:<\|end_of_solution\|>\s*)?)\Z",
    re.DOTALL,
)


def split_thoughts(text: str, opened: bool = False) -> tuple[str, str | None]:
    """The thoughts in what a model wrote, and the answer without them.

    Args:
        text: as the model wrote it.
        opened: whether the prompt itself ended with the mark that opens a thought.

    Returns:
        Thoughts ("" if there are none) and answer (`None` if there is nothing but thoughts, or one
        of them is not closed). A text without thoughts comes back as it is.

    >>> split_thoughts("<think>Two and two.</think>\\n\\n4")
    ('Two and two.', '4')
    >>> split_thoughts("Two and two.</think>4")  # opened in the prompt
    ('Two and two.', '4')
    >>> split_thoughts("<thinking>Two and two, hmm")
    ('Two and two, hmm', None)
    >>> split_thoughts("<|channel|>analysis<|message|>Add.<|end|>"
    ...                "<|start|>assistant<|channel|>final<|message|>4")
    ('Add.', '4')
    >>> split_thoughts("Use `<think>` here.")
    ('', 'Use `<think>` here.')
    """
    if "<|channel|>" in text or "<|message|>" in text:
        return _split_channels(text)
    if bare := _BARE_HARMONY.match(text):
        said = bare["answer"]
        return bare["thoughts"].strip(), said.strip() or None if said else None
    thoughts: list[str] = []
    answer: list[str] = []
    inside, at = opened, 0
    for mark in _MARK.finditer(text):
        before = text[at : mark.start()]
        at = mark.end()
        if mark["close"] and not inside:  # the prompt has opened it
            thoughts += [*answer, before]
            answer = []
        else:
            (thoughts if inside else answer).append(before)
        inside = bool(mark["open"])
    rest = text[at:]
    if inside:
        return _joined([*thoughts, rest]), None
    if not at:
        return "", text
    whole = "".join([*answer, rest]).strip()
    if wrapped := _WRAPPED.match(whole):
        whole = (wrapped[1] or wrapped[2] or "").strip()
    return _joined(thoughts), whole or None


def join_thoughts(thoughts: str, answer: str | None) -> str:
    """Thoughts and answer as the bundled solver writes them, and most that think; the inverse of
    `split_thoughts`. Without an answer the thoughts have no end.

    >>> join_thoughts("2 + 2 = 4", "Answer: 4")
    '<think>\\n2 + 2 = 4\\n</think>\\nAnswer: 4'
    """
    if not thoughts:
        return answer or ""
    return f"<think>\n{thoughts}" + ("" if answer is None else f"\n</think>\n{answer}")


def _split_channels(text: str) -> tuple[str, str | None]:
    messages = list(_CHANNEL.finditer(text))
    if not messages:
        return _HARMONY.sub("", text).strip(), None
    thoughts = [_HARMONY.sub("", text[: messages[0].start()])]  # its channel was in the prompt
    thoughts += [m["text"] for m in messages if m["channel"] != "final"]
    answer = "".join(m["text"] for m in messages if m["channel"] == "final").strip()
    return _joined(thoughts), answer or None


def _joined(thoughts: list[str]) -> str:
    return "\n\n".join(thought.strip() for thought in thoughts if thought.strip())


def begins_inside(text: str) -> bool:
    """Whether a text begins in the middle of a thought: it is closed, and was never opened.

    >>> begins_inside("so 4.</think>4"), begins_inside("<think>so 4.</think>4")
    (True, False)
    """
    mark = _MARK.search(text)
    return bool(mark and mark["close"])


def ends_open(prompt: str) -> bool:
    """Whether a prompt ends with the mark that opens a thought, as some chat templates do.

    >>> ends_open("<|im_start|>assistant\\n<think>\\n")
    True
    """
    return bool(_ENDS_OPEN.search(prompt[-80:]))


def template_options(thinking: Thinking) -> dict[str, Any]:
    """What a chat template is given; templates ignore names that they don't know.

    >>> template_options("off")
    {'enable_thinking': False, 'thinking': False}
    """
    # Qwen, GLM, SmolLM3 · DeepSeek, Granite
    return {"enable_thinking": False, "thinking": False} if thinking == "off" else {}
