"""Landed copies: which are kept, and when an old one may go.

Whoever reads a copy holds a shared lock on it as long as they may need it, and the system lets
go of the lock when they end, however they end. An old copy is removed only when nobody holds it
and nobody was handed it within the last minutes.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

if sys.platform != "win32":
    import fcntl

HANDED_OUT = 600
"""Seconds between being told of a copy and holding it, at the most."""


def claimed(path: Path) -> bool:
    """Whether the copy is there; if so it is safe from being swept for a while."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def sweep(home: Path, *, keep: Path) -> None:
    """Remove the copies of a table that no reader can need any more, all but `keep`."""
    horizon = time.time() - HANDED_OUT
    for path in home.glob("*.parquet"):
        try:
            if path != keep and path.stat().st_mtime < horizon and _free(path):
                path.unlink()
        except FileNotFoundError:
            continue  # another process was quicker
        except PermissionError:
            continue  # open elsewhere, or not ours


def _free(path: Path) -> bool:
    if sys.platform == "win32":
        return True  # Windows itself refuses to remove a file that is open
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
    return True
