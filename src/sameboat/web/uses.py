"""Pages that were shown, gathered and counted about once a minute, not with every reader."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sameboat.actions.count_uses import Shown, count_uses
from sameboat.project.viewer import Viewer
from sameboat.questions.board import Board
from sameboat.questions.kpi import KpiAnswer
from sameboat.store.tally import Way

EVERY = dt.timedelta(minutes=1)
Write = Callable[[Any, Shown], object]


@dataclass
class Uses:
    """What was shown since the last count; at most a minute of it is lost when the server ends."""

    current: Callable[[], Any]
    clock: Callable[[], dt.datetime]
    write: Write = count_uses
    shown: Counter[tuple[str, Way]] = field(default_factory=Counter)
    counted_at: dt.datetime | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, names: list[str], way: Way) -> None:
        """Remember what was shown, and count all of it where the last count is a minute ago."""
        with self.lock:
            self.shown.update((name, way) for name in names)
            now = self.clock()
            if self.counted_at is not None and now - self.counted_at < EVERY:
                return
            due, self.shown, self.counted_at = self.shown, Counter(), now
        if due:
            self.write(self.current(), due)


def counted_board(ask: Callable[..., Board], uses: Uses) -> Callable[..., Board]:
    """The question of the board, its answers counted."""

    def asking(workspace: Any, *, viewer: Viewer, as_known_at: dt.datetime | None = None) -> Board:
        found = ask(workspace, viewer=viewer, as_known_at=as_known_at)
        uses.note([row.kpi for row in found.rows], "board")
        return found

    return asking


def counted_kpi(ask: Callable[..., KpiAnswer], uses: Uses) -> Callable[..., KpiAnswer]:
    """The question of a KPI's page, its answers counted."""

    def asking(
        workspace: Any, name: str, *, viewer: Viewer, as_known_at: dt.datetime | None = None
    ) -> KpiAnswer:
        found = ask(workspace, name, viewer=viewer, as_known_at=as_known_at)
        uses.note([name], "page")
        return found

    return asking
