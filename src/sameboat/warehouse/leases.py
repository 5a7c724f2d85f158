"""Holding landed copies as long as they may be read, so that nobody clears them away."""

from __future__ import annotations

import os
import sys
import weakref
from collections.abc import Iterable
from contextlib import suppress

if sys.platform != "win32":
    import fcntl


class Leases:
    """Shared locks on files; they end with `release`, with this value or with the process."""

    def __init__(self, paths: Iterable[str]) -> None:
        held: list[int] = []
        self.release = weakref.finalize(self, _let_go, held)
        if sys.platform == "win32":
            return  # Windows itself refuses to remove a file that is open
        for path in dict.fromkeys(paths):
            with suppress(OSError):  # a copy that is gone is told of when it is read
                handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
                held.append(handle)
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)


def _let_go(held: list[int]) -> None:
    while held:
        os.close(held.pop())
