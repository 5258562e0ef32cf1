"""A trained model, and what training and examining it have in common."""

import importlib.util
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from distilabel.models.llms.base import LLM

from smolsynth.llms import MODELS, bundled_names, load_llm

NOVICE = "bundled:novice"


@dataclass(frozen=True)
class Student:
    """A trained model.

    Attributes:
        folder: its files, as transformers reads them, as an absolute path; beside them `ct2`,
            where the model that training began with came with the course.
        losses: (step, loss) as training went on.
        rewards: (step, mean reward) of `reinforce`.
        rows: it was trained on.
        seconds: it took, without imports.
    """

    folder: Path
    losses: tuple[tuple[int, float], ...] = field(repr=False)
    rows: int
    seconds: float
    rewards: tuple[tuple[int, float], ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:  # it must be found from another working directory, too
        object.__setattr__(self, "folder", Path(self.folder).resolve())

    def llm(self, **options: Any) -> LLM:
        """A distilabel `LLM` of it; options as `load_llm` takes them."""
        kind = "ct2" if (self.folder / "ct2").exists() else "transformers"
        return load_llm(f"{kind}:{self.folder}", **options)


def model_path(base: str | Path | Student) -> str:
    """Where transformers finds what `train` begins with."""
    if isinstance(base, Student):
        return str(base.folder)
    kind, _, name = str(base).partition(":")
    if kind == "bundled":
        if (name or "tutor") not in bundled_names():
            known = ", ".join(f"bundled:{name}" for name in bundled_names())
            raise ValueError(f"{base!r} names no bundled model: there are {known}.")
        return str(MODELS / (name or "tutor"))
    return str(base)


def check_trainers(*others: str) -> None:
    """Raises ImportError, with the command that mends it, where training has no libraries.

    Args:
        others: packages that are needed besides; "" for none.
    """
    needed = ("torch", "transformers", "trl", *filter(None, others))
    missing = [name for name in needed if importlib.util.find_spec(name) is None]
    if missing:
        raise ImportError(
            f'Training needs {", ".join(missing)}: run `pip install "smolsynth[train]"`.'
        )


@contextmanager
def trainers_quiet() -> Iterator[None]:
    """Keeps the notices of training out of the notebook, beyond what `smolsynth._quiet` does."""
    from transformers.utils import logging as notices

    bars = notices.is_progress_bar_enabled()
    loggers = [logging.getLogger(name) for name in ("trl", "accelerate")]
    levels = [logger.level for logger in loggers]
    notices.disable_progress_bar()
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        if bars:
            notices.enable_progress_bar()
        for logger, before in zip(loggers, levels, strict=True):
            logger.setLevel(before)
