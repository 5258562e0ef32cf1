"""Files and folders that appear whole or not at all; a reader never meets half of one."""

import errno
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from smolsynth.errors import Said


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """Yields another path to write to; at the end it is synced to the disk and renamed to `path`.

    What stood there before stays until the new content is safe, and whatever fails. Folders above
    it are made.

    Raises OSError where the file can't be written.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = _unfinished(path)
    try:
        yield unfinished
        with unfinished.open("rb+") as file:
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def write_whole(path: str | Path, content: str | bytes) -> None:
    """Writes a file whole or not at all, see `whole_file`; text as UTF-8, line ends as they are."""
    with whole_file(path) as unfinished:
        unfinished.write_bytes(content.encode() if isinstance(content, str) else content)


@contextmanager
def new_folder(folder: str | Path) -> Iterator[Path]:
    """Yields a folder to fill, which gets its name at the end; whatever fails, it leaves nothing.

    Folders above it are made, too.

    Raises:
        FileExistsError: something of that name is there, now or at the end; it is not touched.
        OSError: the folder can't be made.
    """
    folder = Path(folder)
    unfinished = _unfinished(folder)
    refuse_existing(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        unfinished.mkdir()
        yield unfinished
        refuse_existing(folder)  # asked again, as a rename replaces an empty folder
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def free_name(base: str | Path) -> Path:
    """`base` if nothing is there yet, else the first free one of `base-2`, `base-3`, …"""
    base = Path(base)
    candidate, number = base, 1
    while os.path.lexists(candidate):
        number += 1
        candidate = base.with_name(f"{base.name}-{number}")
    return candidate


def check_folder(folder: Path) -> None:
    """Raises OSError where a folder, or the one that it is to be made in, can't be written."""
    there = next(path for path in [folder.absolute(), *folder.absolute().parents] if path.exists())
    if not there.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(there))
    if not os.access(there, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(there))


def check_new(folder: Path) -> None:
    """Raises OSError where a folder can't be made, so that nothing is begun in vain."""
    refuse_existing(folder)
    check_folder(folder.parent)


def refuse_existing(folder: Path) -> None:
    """Raises FileExistsError where something of that name is there; it is not touched."""
    if os.path.lexists(folder):
        free = free_name(folder)
        raise FileExistsError(
            Said(
                f"{folder} exists already, and nothing in it was touched: choose another folder,"
                f" such as {free}, or delete it first.",
                f"{folder} 已经有了，里面的东西没有动：请换一个文件夹，比如 {free}，或者先删掉它。",
            )
        )


def _unfinished(path: Path) -> Path:
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
