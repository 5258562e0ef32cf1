"""Prompts and a reward function for TRL's `GRPOTrainer`."""

from collections.abc import Callable, Iterable
from typing import Any

from smolsynth.rows import Row
from smolsynth.verify.verdict import Verdict

Reward = Callable[..., list[float | None]]


def reward_function(
    verify: Callable[..., Verdict],
    column: str,
    *,
    partial: bool = False,
    name: str = "",
    **options: Any,
) -> Reward:
    """A reward function for `GRPOTrainer`: 1 for an answer that a verifier calls right, else 0.

    TRL (1.16, trl/trainer/grpo_trainer.py) calls it with `prompts`, `completions`,
    `completion_ids`, the other columns of the dataset as lists, and the trainer's state;
    completions are texts, or lists of turns.

    Args:
        verify: as `verify_number`: called with the answer and what is expected.
        column: of the dataset, with what is expected. A row without (`None`) gets no reward.
        partial: the verdict's `score` as reward, so that parts count.
        name: under which TRL logs it; by default that of `verify`.
        **options: further arguments of `verify`.

    >>> from smolsynth.verify.numbers import verify_number
    >>> reward = reward_function(verify_number, "expected")
    >>> reward(prompts=["2+2?", "3+3?"], completions=["It is 4.", "It is 5."], expected=[4, 6])
    [1.0, 0.0]
    """

    def reward(*, completions: list, **columns: Any) -> list[float | None]:
        if column not in columns:
            raise ValueError(f"The dataset has no column {column!r}; it has {sorted(columns)}.")
        rewards: list[float | None] = []
        for completion, expected in zip(completions, columns[column], strict=True):
            if expected is None:
                rewards.append(None)
                continue
            found = verify(_text(completion), expected, **options)
            rewards.append(found.score if partial else float(found.right))
        return rewards

    reward.__name__ = name or getattr(verify, "__name__", "reward")
    return reward


def _text(completion: Any) -> str:
    """The answer of a completion: a text, or the last turn of a talk."""
    if isinstance(completion, str):
        return completion
    return (completion[-1].get("content") or "") if completion else ""


def grpo_prompts(
    rows: Iterable[Row], expected: str, *, problem: str = "instruction", system: str = ""
) -> list[Row]:
    """Rows for `GRPOTrainer`: `prompt` as turns, and the column that the reward function reads.

    Each problem once, in the order in which they come.

    >>> grpo_prompts([{"instruction": "2+2?", "answer": "4", "response": "5"}], "answer")
    [{'prompt': [{'role': 'user', 'content': '2+2?'}], 'answer': '4'}]
    """
    head = [{"role": "system", "content": system}] if system else []
    made: dict[str, Row] = {}
    for row in rows:
        asked = row[problem]
        prompt = [*head, {"role": "user", "content": asked}]
        made.setdefault(asked, {"prompt": prompt, expected: row[expected]})
    return list(made.values())
