"""Lets a new folder take the place of an old one, so that a reader meets one of them whole.

Linux exchanges two folders in one step. Elsewhere the old one is moved aside before the new one
takes its place; a process killed in between leaves both in its hidden folder, and `completed`
brings the new one to its place.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sameboat.project.unfinished import abandoned, clear_abandoned, unfinished_folder

_NEW, _OLD = "new", "old"
_HERE, _EXCHANGE = -100, 2  # AT_FDCWD and RENAME_EXCHANGE of Linux


def replaced(folder: Path, fill: Callable[[Path], object]) -> None:
    """Leave in the folder what `fill` writes into an empty one; killed before that, what it held.

    Raises OSError where there is no room or no right.
    """
    with unfinished_folder(folder.parent, prefix=_prefix(folder)) as aside:
        fresh = aside / _NEW
        fresh.mkdir(mode=0o755)
        fill(fresh)
        if not folder.exists():
            fresh.rename(folder)
        elif not exchanged(fresh, folder):
            try:
                folder.rename(aside / _OLD)
                fresh.rename(folder)
            finally:  # interrupted, or the new one could not take the place
                if not folder.exists():
                    (aside / _OLD).rename(folder)


def completed(folder: Path, *, last: str) -> None:
    """Complete what a killed process had begun with the folder, or clear it away.

    `last` names the file that is written last: a folder with it is complete.
    """
    if not folder.exists():
        for aside in abandoned(folder.parent, prefix=_prefix(folder)):
            if (aside / _OLD).is_dir() and (aside / _NEW / last).is_file():
                with suppress(OSError):  # another process did the same
                    (aside / _NEW).rename(folder)
    clear_abandoned(folder.parent, prefix=_prefix(folder))


def exchanged(one: Path, other: Path) -> bool:
    """Whether the two folders have changed places, in one step; False where none can."""
    if sys.platform != "linux":
        return False
    rename = getattr(ctypes.CDLL(None), "renameat2", None)  # an old C library has none
    if rename is None:
        return False
    done: int = rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE)
    return done == 0


def _prefix(folder: Path) -> str:
    return f".{folder.name}."
