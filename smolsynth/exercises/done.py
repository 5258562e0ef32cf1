"""Which exercises are solved, kept in a file: a restart of the kernel forgets nothing."""

import contextlib
import json
import os
from pathlib import Path

import platformdirs

from smolsynth._files import write_whole
from smolsynth._notebook import PROGRESS


def file() -> Path | None:
    """Where it stands: `SMOLSYNTH_PROGRESS`, which may be empty for nowhere, or the user's data."""
    given = os.environ.get(PROGRESS)
    if given == "":
        return None
    folder = platformdirs.user_data_dir("smolsynth")
    return Path(given).expanduser() if given else Path(folder) / "progress.json"


def solved(exercise: str) -> set[str]:
    """The tiers that were solved, now or earlier; none where nothing can be read."""
    return set(_read().get(exercise, ()))


def note(exercise: str, tier: str) -> None:
    """Keeps that a tier is solved, as far as the file can be written."""
    path, kept = file(), _read()
    if path is not None and tier not in kept.get(exercise, ()):
        kept[exercise] = [*kept.get(exercise, ()), tier]
        with contextlib.suppress(OSError):
            write_whole(path, json.dumps(kept))


def _read() -> dict[str, list[str]]:
    path = file()
    try:
        kept = json.loads(path.read_text("utf-8")) if path else {}
        return {name: [*map(str, tiers)] for name, tiers in kept.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}
