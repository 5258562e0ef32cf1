"""Runs in several threads take turns, batch by batch, each with its own random state and log.

Steps draw from numpy's and Python's global generators, log to global loggers and share models: two
runs at once would change each other's rows. So whatever a run does with a step or a model, it does
on its turn.
"""

import logging
import os
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

import numpy as np

LOCK = threading.RLock()  # use it as `turns.LOCK`: a fork makes a new one


def _after_fork() -> None:
    """The thread whose turn it was stays in the parent."""
    global LOCK
    LOCK = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def seed_of_chunk(seed: int, number: int) -> int:
    """A seed for a chunk, the seed itself for the first: or equal rows would get equal answers.

    >>> seed_of_chunk(42, 0), seed_of_chunk(42, 1) == seed_of_chunk(42, 1) != 42
    (42, True)
    """
    if not number:
        return seed
    return int.from_bytes(sha256(f"{seed}/{number}".encode()).digest()[:4], "big") >> 1


class Turns:
    """The turns of one run, or of one chunk.

    Args:
        models: that the run uses. Those of this package count how often each call came, from the
            start of the run on; with a `seed`, theirs is that of the chunk.
        seed: of numpy's and Python's generators. Without, the run goes on from where they are, and
            they go on from where it ends.
        number: of the chunk.
        handlers: for distilabel's log records.
    """

    def __init__(
        self,
        models: list[Any],
        seed: int | None = None,
        number: int = 0,
        handlers: list[logging.Handler] | None = None,
    ) -> None:
        self.handlers = handlers
        self.is_seeded = seed is not None
        if seed is None:
            with LOCK:
                self.state: tuple[Any, Any] = _random_state()
        else:
            seed = seed_of_chunk(seed, number)
            drawn = np.random.RandomState(seed).get_state(), random.Random(seed).getstate()
            self.state = drawn
        self.of_models: list[tuple[Any, str, Any]] = [
            (model, name, value)
            for model in models
            for name, value in (
                ("seed", _chunk_seed(model, number)),
                ("_calls", Counter() if hasattr(model, "_calls") else None),
            )
            if value is not None
        ]

    @contextmanager
    def take(self) -> Iterator[None]:
        """Waits until no other run is at work; then global state is this run's."""
        with LOCK, logging_kept_aside(self.handlers):
            outside = _random_state()
            before = [(model, name, getattr(model, name)) for model, name, _ in self.of_models]
            _set_random_state(self.state)
            for model, name, value in self.of_models:
                setattr(model, name, value)
            try:
                yield
            finally:
                self.state = _random_state()
                _set_random_state(outside)
                for model, name, value in before:
                    setattr(model, name, value)

    def end(self) -> None:
        """Without a seed, the global generators go on from where this run ends."""
        if not self.is_seeded:
            with LOCK:
                _set_random_state(self.state)


def _chunk_seed(model: Any, number: int) -> int | None:
    seed = getattr(model, "seed", None)
    return None if seed is None or not number else seed_of_chunk(seed, number)


def _random_state() -> tuple[Any, Any]:
    return np.random.get_state(), random.getstate()


def _set_random_state(state: tuple[Any, Any]) -> None:
    np.random.set_state(state[0])
    random.setstate(state[1])


@contextmanager
def logging_kept_aside(handlers: list[logging.Handler] | None) -> Iterator[None]:
    """Sends distilabel's log records to `handlers` only. Leaves its logger as it was."""
    with LOCK:
        logger = logging.getLogger("distilabel")
        before = logger.handlers[:], logger.propagate, logger.level
        logger.handlers = list(handlers or [logging.NullHandler()])
        logger.propagate = False
        if handlers:
            logger.setLevel(logging.INFO)
        try:
            yield
        finally:
            logger.handlers, logger.propagate = before[:2]
            if logger.level != before[2]:  # setting it empties a cache of all loggers
                logger.setLevel(before[2])
