"""Signs that a text leaks its prompt or refuses."""

# Words of the prompts that distilabel's evolving and judging tasks send.
_LEAKS = tuple(
    "given prompt|rewritten prompt|created prompt|given response|rewritten response|#given"
    "|#rewritten|### output|<text 1>|给定的提示|改写后的提示|改写后的回答".split("|")
)
_REFUSALS = tuple(
    "i'm sorry|i am sorry|sorry, |as an ai|i cannot|i can't|i do not know|i have not learned"
    "|抱歉|对不起|作为一个人工智能|作为ai|无法回答|不了解|了解不多|没有学过".split("|")
)
_START = 60  # characters: a refusal comes first


def leak_in(text: str) -> str | None:
    """The words of a rewriting or judging prompt that a text holds, or `None`."""
    lower = text.casefold()
    return next((leak for leak in _LEAKS if leak in lower), None)


def refusal_in(text: str) -> str | None:
    """The words with which a response begins to refuse, to apologize or to beg off, or `None`."""
    start = text.casefold().lstrip()[:_START]
    return next((word.strip() for word in _REFUSALS if word in start), None)
