"""Runs in several threads take turns, batch by batch, each with its own random state and log.

Steps draw from numpy's and Python's global generators, log to global loggers and share models: two
runs at once would change each other's rows. So a run does what it does on its turn, which it keeps
as long as no other run waits. (What else a program draws in another thread is not kept apart.)
"""

import logging
import os
import random
import threading
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from typing import Any

import numpy as np


class _Turn:
    """A lock that threads get in the order in which they came, and may take several times."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.threads: deque[int] = deque()  # the first has its turn
        self.depth = 0

    @property
    def is_wanted(self) -> bool:
        """Whether other threads wait."""
        return len(self.threads) > 1

    def __enter__(self) -> None:
        me = threading.get_ident()
        with self.changed:
            if not self.threads or self.threads[0] != me:
                self.threads.append(me)
                try:
                    self.changed.wait_for(lambda: self.threads[0] == me)
                except BaseException:  # Ctrl-C: nobody is to wait for this thread
                    self.threads.remove(me)
                    self.changed.notify_all()
                    raise
            self.depth += 1

    def __exit__(self, *_: Any) -> None:
        with self.changed:
            self.depth -= 1
            if not self.depth:
                self.threads.popleft()
                self.changed.notify_all()


TURN = _Turn()  # use it as `turns.TURN`: a fork makes a new one


def _after_fork() -> None:
    """The thread whose turn it was stays in the parent."""
    global TURN
    TURN = _Turn()


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
    """The turns of one run, or of one chunk: a context in which global state is its own.

    Args:
        models: that the run uses. Those of this package count how often each call came, from the
            start of the run on; with a `number`, their seed is that of the chunk.
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
        self.state: tuple[Any, Any] | None = None  # of the generators, while others are at work
        if seed is not None:
            seed = seed_of_chunk(seed, number)
            self.state = np.random.RandomState(seed).get_state(), random.Random(seed).getstate()
        self.of_models: list[tuple[Any, str, Any]] = []
        for model in models:
            if hasattr(model, "_calls"):
                self.of_models.append((model, "_calls", Counter()))
            if number and getattr(model, "seed", None) is not None:
                self.of_models.append((model, "seed", seed_of_chunk(model.seed, number)))
        self.turn = ExitStack()

    def __enter__(self) -> None:
        self.turn.enter_context(self._taken())

    def give_way(self) -> None:
        """Between two batches: lets those who wait go first."""
        if TURN.is_wanted:
            self.turn.close()
            self.turn.enter_context(self._taken())

    def __exit__(self, *_: Any) -> None:
        self.turn.close()
        if self.state and not self.is_seeded:
            with TURN:
                _set_random_state(self.state)

    @contextmanager
    def _taken(self) -> Iterator[None]:
        with TURN, logging_kept_aside(self.handlers):
            outside = _random_state()
            before = [(model, name, getattr(model, name)) for model, name, _ in self.of_models]
            if self.state:
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


def _random_state() -> tuple[Any, Any]:
    return np.random.get_state(), random.getstate()


def _set_random_state(state: tuple[Any, Any]) -> None:
    np.random.set_state(state[0])
    random.setstate(state[1])


@contextmanager
def logging_kept_aside(handlers: list[logging.Handler] | None) -> Iterator[None]:
    """Sends distilabel's log records to `handlers` only. Leaves its logger as it was."""
    with TURN:
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
