"""Answers that are kept: for one state of definitions and data, one viewer's rights, one day."""

from __future__ import annotations

import threading
from collections import OrderedDict

from sameboat.project.viewer import Viewer
from sameboat.questions.why.parts import Explanation
from sameboat.questions.workspace import Workspace
from sameboat.store.points import last_run


class Remembered:
    """The latest answers, for one state of the data and one viewer's rights each."""

    def __init__(self, most: int) -> None:
        self.most, self._held = most, OrderedDict[tuple[object, ...], Explanation]()
        self._lock = threading.Lock()

    def get(self, key: tuple[object, ...] | None) -> Explanation | None:
        with self._lock:
            if key is None or key not in self._held:
                return None
            self._held.move_to_end(key)
            return self._held[key]

    def put(self, key: tuple[object, ...] | None, answer: Explanation) -> None:
        if key is None:
            return
        with self._lock:
            self._held[key] = answer
            while len(self._held) > self.most:
                self._held.popitem(last=False)


ANSWERS = Remembered(128)


def key_of(
    workspace: Workspace, asked: tuple[str, ...], viewer: Viewer
) -> tuple[object, ...] | None:
    """What an answer holds for; None before a first run, when nothing says what the data are.

    Files that are read in place may have changed since the run: what they are now counts, too.
    """
    run = last_run(workspace.record)
    if run is None:
        return None
    project = workspace.project
    states = tuple(sorted((name, state.fingerprint) for name, state in run.tables.items()))
    now = tuple(workspace.warehouse.fingerprint(name) for name in sorted(project.tables))
    return (
        str(project.folder), workspace.warehouse_url, workspace.schema, project.digest, run.id,
        states, now, workspace.now.date(), viewer.key, *asked,
    )  # fmt: skip
