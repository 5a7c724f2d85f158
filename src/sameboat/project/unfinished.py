"""Files and folders in the making: held while their maker lives, cleared away once it is dead.

A maker holds a shared lock on what it makes; the system lets go of the lock when the maker ends,
however it ends. So whoever can take the lock alone has found something abandoned. Neither clocks
nor process numbers are asked: both lie after a clock was set back, and between containers.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform != "win32":
    import fcntl

TEMPORARY = ".tmp"
ABANDONED_AFTER = 3600
"""Seconds after which a thing counts as abandoned where the file system knows no locks."""

_OURS = re.compile(r"\.?\d+\.[0-9a-f]{8}\.tmp$")  # other programs have hidden files too
_WITHOUT_LOCKS = (errno.ENOTSUP, errno.ENOLCK, errno.ENOSYS, errno.EINVAL)


@contextmanager
def unfinished_file(target: Path) -> Iterator[Path]:
    """An empty hidden file beside the target, to be filled and renamed; gone in the end if not."""

    def make(path: Path) -> None:
        path.touch(mode=0o600, exist_ok=False)

    own, handle = _made(target.parent, f".{target.name}.", make)
    try:
        yield own
    finally:
        own.unlink(missing_ok=True)
        _let_go(handle)


@contextmanager
def unfinished_folder(parent: Path, *, prefix: str = ".") -> Iterator[Path]:
    """An empty folder that only this user may enter; gone in the end with all that is in it."""
    own, handle = _made(parent, prefix, lambda path: path.mkdir(mode=0o700))
    try:
        yield own
    finally:
        shutil.rmtree(own, ignore_errors=True)
        _let_go(handle)


def clear_abandoned(folder: Path, *, prefix: str = ".") -> None:
    """Remove what makers left unfinished in the folder when they were killed."""
    for path in abandoned(folder, prefix=prefix):
        with suppress(OSError):  # it is not ours to remove: no harm done
            _remove(path)


def abandoned(folder: Path, *, prefix: str = ".") -> Iterator[Path]:
    """What makers left unfinished when they were killed; each is held while it is looked at."""
    for path in folder.glob(f"{prefix}*{TEMPORARY}"):
        if not _OURS.search(path.name):
            continue
        handle = None
        try:
            if sys.platform != "win32":
                handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
            alone = _old(path) if handle is None else _alone(handle, path)
        except OSError:  # another process was quicker, or it is not ours: no harm done
            alone = False
        try:
            if alone:
                yield path
        finally:
            _let_go(handle)


def _made(parent: Path, prefix: str, make: Callable[[Path], None]) -> tuple[Path, int | None]:
    """Something new and the lock on it; anew where somebody cleared it away in between."""
    while True:
        own = parent / f"{prefix}{os.getpid()}.{secrets.token_hex(4)}{TEMPORARY}"
        make(own)
        if sys.platform == "win32":
            return own, None
        try:
            handle = os.open(own, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        if _locked(handle, alone=False) and os.fstat(handle).st_nlink:
            return own, handle
        os.close(handle)


def _locked(handle: int, *, alone: bool, unknown: bool = True) -> bool:
    """Whether the lock was got; `unknown` where the file system has none."""
    if sys.platform == "win32":
        return unknown
    try:
        fcntl.flock(handle, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except OSError as error:
        return unknown if error.errno in _WITHOUT_LOCKS else False
    return True


def _alone(handle: int, path: Path) -> bool:
    return _locked(handle, alone=True, unknown=_old(path))


def _old(path: Path) -> bool:
    return abs(time.time() - path.stat().st_mtime) >= ABANDONED_AFTER  # or from a wrong clock


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink()


def _let_go(handle: int | None) -> None:
    if handle is not None:
        os.close(handle)
