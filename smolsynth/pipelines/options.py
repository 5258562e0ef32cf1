"""How a run is to go, apart from what it is of."""

import logging
from dataclasses import dataclass
from typing import Any, Literal

OnError = Literal["raise", "skip"]
MAX_ERRORS = 100


@dataclass(frozen=True)
class Options:
    """Settings of one call that don't change its rows; see `InProcessPipeline.run`.

    Raises ValueError where one makes no sense.
    """

    load_groups: Any = None
    dataset_batch_size: int = 50
    logging_handlers: list[logging.Handler] | None = None
    progress: bool = False
    on_error: OnError = "raise"
    max_errors: int | None = MAX_ERRORS

    def __post_init__(self) -> None:
        if self.on_error not in ("raise", "skip"):
            raise ValueError(f'on_error must be "raise" or "skip", not {self.on_error!r}.')
        if self.max_errors is not None and self.max_errors < 0:
            raise ValueError(f"max_errors must be 0 or more, not {self.max_errors}.")
