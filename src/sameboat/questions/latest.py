"""The workspace that a server answers from: that of the newest refresh, whoever ran it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from sameboat.errors import SameboatError
from sameboat.questions.workspace import Workspace
from sameboat.store.runs import last_run_id

EVERY = 0.5
"""Seconds between two looks at whether there is a newer run."""


class Latest:
    """An open workspace, opened again once another process has recorded a newer run.

    A workspace holds the definitions and the landed data of the moment at which it was opened,
    while its record grows. Without this, figures of a later run would stand beside explanations
    and queries over the data of an earlier one.
    """

    def __init__(
        self,
        opened: Workspace,
        reopen: Callable[[], Workspace],
        *,
        failed: Callable[[SameboatError], object] = lambda error: None,
        every: float = EVERY,
    ) -> None:
        self._opened, self._reopen, self._failed = opened, reopen, failed
        self._run = last_run_id(opened.record)
        self._former: Workspace | None = None
        self._lock = threading.Lock()
        self._every, self._looked = every, time.monotonic()

    def __call__(self) -> Workspace:
        """The workspace as of the newest run, or of one that is newer by less than `every` seconds.

        Where its files cannot be read now, `failed` is told once and the one before goes on.
        """
        if time.monotonic() - self._looked >= self._every:
            with self._lock:
                self._renew()
        return self._opened

    def close(self) -> None:
        """Close what was opened."""
        with self._lock:
            for workspace in (self._former, self._opened):
                if workspace is not None:
                    workspace.close()
            self._former = None

    def _renew(self) -> None:
        newest = last_run_id(self._opened.record)
        self._looked = time.monotonic()
        if newest == self._run:
            return
        self._run = newest
        try:
            opened = self._reopen()
        except SameboatError as error:
            self._failed(error)
            return
        # requests that are under way still read the one before; they are long done by the next
        if self._former is not None:
            self._former.close()
        self._former, self._opened = self._opened, opened
