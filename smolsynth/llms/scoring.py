"""How well a model expects a text: its loss, by CTranslate2."""

from collections.abc import Sequence

from smolsynth.llms.ct2 import CT2LLM

Message = dict[str, str]


def losses(
    llm: CT2LLM, conversations: Sequence[list[Message]], texts: Sequence[str]
) -> list[tuple[float, float]]:
    """A model's loss of each text, as the answer to its conversation and without one.

    Args:
        llm: a model in CTranslate2's format: the bundled ones, SmolLM2, any folder like theirs.
        conversations: messages that end with the user's.
        texts: answers, one for each conversation, not empty.

    Returns:
        Two numbers for each text, in nats per token (mean cross-entropy): given the conversation,
        and given no more than what opens the assistant's turn.

    Raises:
        ValueError: a text has no tokens, or is too long for the model with its conversation.
        LLMUnavailable: the model's files are missing or damaged.
    """
    llm._ready()
    rows: list[tuple[list[str], int]] = []  # tokens, and where the answer begins
    for number, (conversation, text) in enumerate(zip(conversations, texts, strict=True)):
        prompt = llm._render(conversation, True)
        opening = prompt[len(llm._render(conversation, False)) :] or prompt[-1:]
        answer = llm._encode(text)
        for start in (llm._encode(prompt), llm._encode(opening)):
            if not answer or len(start) + len(answer) > llm._context:
                raise ValueError(
                    f"Text {number} has {len(answer)} tokens and its prompt {len(start)}: there"
                    f" must be at least one, and {llm._context} together at most."
                )
            rows.append((start + answer, len(start)))
    found = llm._generator(1).score_batch([tokens for tokens, _ in rows], max_batch_size=16)
    means = []
    for (tokens, begin), scored in zip(rows, found, strict=True):
        # the first token is given, so that log_probs begin with the second
        own = scored.log_probs[begin - 1 :]
        means.append(-sum(own) / (len(tokens) - begin))
    return list(zip(means[::2], means[1::2], strict=True))
