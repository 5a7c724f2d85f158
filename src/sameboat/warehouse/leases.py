"""Holding landed copies as long as they may be read, so that nobody clears them away."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from pathlib import Path

if sys.platform != "win32":
    import fcntl


class Leases:
    """Shared locks on files; they end with `release` or with the process, whichever is first."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._held = ExitStack()
        if sys.platform == "win32":
            return  # Windows itself refuses to remove a file that is open
        for path in dict.fromkeys(paths):
            with suppress(OSError):  # a copy that is gone is told of when it is read
                file = Path(path).open("rb")  # noqa: SIM115
                self._held.callback(file.close)
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)

    def release(self) -> None:
        """Let go of every file."""
        self._held.close()
