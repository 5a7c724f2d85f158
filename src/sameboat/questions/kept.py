"""Answers that are kept: for one state of definitions and data and one viewer's rights each."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from sameboat.project.viewer import Viewer
from sameboat.questions.workspace import Workspace
from sameboat.store.runs import RunRecord

Answer = TypeVar("Answer")


class Kept(Generic[Answer]):
    """The latest answers, of which at most so many are held."""

    def __init__(self, most: int) -> None:
        self.most, self._held = most, OrderedDict[tuple[object, ...], Answer]()
        self._lock = threading.Lock()

    def get(self, key: tuple[object, ...], make: Callable[[], Answer]) -> Answer:
        """The answer of a key: the one that is held, else the one that is made now."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        made = make()
        with self._lock:
            self._held[key] = made
            while len(self._held) > self.most:
                self._held.popitem(last=False)
        return made


def state_of(workspace: Workspace, run: RunRecord, viewer: Viewer) -> tuple[object, ...]:
    """What an answer holds for: the folder, the definitions, what a run knew, the day, rights."""
    project = workspace.project
    tables = tuple(sorted((name, one.fingerprint) for name, one in run.tables.items()))
    return (
        str(project.folder), workspace.warehouse_url, workspace.schema, project.digest, run.id,
        run.finished_at, tables, workspace.now.date(), viewer.key,
    )  # fmt: skip
