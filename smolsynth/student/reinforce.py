"""Reinforcement learning from a verifier, on a small student: TRL's `GRPOTrainer`.

    reward = reward_function(verify_number, "expected")
    student = reinforce(grpo_prompts(problems, "expected"), reward, "bundled:solver_base")
    student.rewards                             # (step, mean reward)

GRPO (Shao et al. 2024, arXiv 2402.03300) samples several answers to a prompt; those with more than
the mean reward of their group become more likely, those with less become less so.
"""

import os
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from smolsynth.rows import rows as rows_of
from smolsynth.student.base import Student, check_trainers, model_path, trainers_quiet
from smolsynth.student.train import (
    SHORT,
    carried_out,
    free_folder,
    logged,
    trainer_settings,
    write_student,
)
from smolsynth.verify.rewards import Reward

LONGEST = 160  # tokens of an answer, thoughts included


def reinforce(
    dataset: Any,
    reward: Reward | Sequence[Reward],
    base: str | Path | Student,
    *,
    steps: int = 30,
    samples: int = 8,
    prompts: int = 4,
    rate: float = 1e-4,
    longest: int = LONGEST,
    temperature: float = 1.0,
    folder: str | Path | None = None,
    seed: int = 0,
    progress: bool | str = True,
) -> Student:
    """Trains a model on rewards for its own answers.

    Args:
        dataset: what `grpo_prompts` gives: `prompt` as turns, and what the reward function reads.
        reward: as `reward_function` makes them; of several the sum counts.
        base: as `train` takes it.
        steps: of training; two where `SMOLSYNTH_SHORT_TRAINING` is set.
        samples: answers to a prompt, which are compared with each other.
        prompts: a step.
        rate: learning rate at its highest; it falls to zero in a straight line. It suits bundled
            models; larger ones want 1e-6 to 1e-5.
        longest: tokens of an answer; one that is cut off is judged as it is.
        temperature: of the samples.
        folder: where the student is written; default: a temporary folder, which goes when Python
            ends.
        seed: of samples and order.
        progress: whether to show a bar with the reward; a text stands before it.

    Returns:
        The `Student`, with its `rewards`.

    Raises:
        ValueError: no rows, or no column `prompt`.
        FileExistsError: the folder exists already.
        ImportError: torch or TRL is missing.
    """
    data = [dict(row) for row in rows_of(dataset)]
    if not data or "prompt" not in data[0]:
        raise ValueError("reinforce needs rows with a column prompt (see grpo_prompts).")
    check_trainers()
    folder = free_folder(folder)
    if os.environ.get(SHORT):
        steps, data = 2, list(islice(data, 2 * prompts))
    source = model_path(base)
    with trainers_quiet():
        import torch
        from datasets import Dataset
        from transformers import AutoModelForCausalLM, AutoTokenizer
        from trl import GRPOConfig, GRPOTrainer

        config = GRPOConfig(
            **trainer_settings(rate, samples * prompts, seed),
            max_steps=steps,
            num_generations=samples,
            max_completion_length=longest,
            temperature=temperature,
        )
        trainer = GRPOTrainer(
            AutoModelForCausalLM.from_pretrained(source, dtype=torch.float32),
            reward_funcs=reward if callable(reward) else [*reward],
            args=config,
            train_dataset=Dataset.from_list(data),
            processing_class=AutoTokenizer.from_pretrained(source),
        )
        seconds = carried_out(trainer, progress, "reward")
        write_student(trainer, source, folder)
    return Student(
        folder, logged(trainer, "loss"), len(data), round(seconds, 1), logged(trainer, "reward")
    )
