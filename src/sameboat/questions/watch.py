"""Which KPIs need people now? A refresh, then each new signal raised once, for its owners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sameboat.project.declared import Project
from sameboat.project.viewer import Viewer
from sameboat.questions.board import board
from sameboat.questions.cards import locks
from sameboat.questions.refresh import Progress, Refreshed, refresh
from sameboat.questions.rows import BoardRow
from sameboat.questions.stewards import steward_sentence
from sameboat.questions.workspace import Workspace
from sameboat.store import signals
from sameboat.store.signals import RaisedSignal

SETTLED = ("routine", "short")
"""Verdicts that close a standing signal; stale or unfinished data say nothing of it."""


@dataclass(frozen=True)
class Watched:
    """What a watch found.

    `raised` were raised by it, `closed` are no signals any more, `standing` are all that stand
    now with those raised, `doubtful` are labels of signals that may be chance on a board of so
    many KPIs and were not raised. `delivered` says that nobody was written to: so far alerts are
    recorded and printed.
    """

    refreshed: Refreshed
    raised: tuple[RaisedSignal, ...]
    closed: tuple[RaisedSignal, ...]
    standing: tuple[RaisedSignal, ...]
    doubtful: tuple[str, ...] = ()
    delivered: bool = False


def watch(workspace: Workspace, *, viewer: Viewer, progress: Progress | None = None) -> Watched:
    """What a refresh showed that needs people, recorded so that it is told once.

    A KPI has at most one standing signal: however often this runs, and whenever it was killed, a
    signal that stands is not raised again. One that turns to the other side is closed and raised
    anew. Raising and closing go in together or not at all.

    Raises WarehouseError and StoreError as a refresh does.
    """
    done = refresh(workspace, viewer=viewer, progress=progress)
    rows = board(workspace, viewer=viewer).rows
    raised, closed = record_signals(workspace, rows, run=done.run, who=viewer.name)
    return Watched(
        refreshed=done,
        raised=raised,
        closed=closed,
        standing=tuple(signals.standing_signals(workspace.store).values()),
        doubtful=tuple(row.label for row in rows if row.verdict.is_signal and row.doubt),
    )


def record_signals(
    workspace: Workspace, rows: Sequence[BoardRow], *, run: int, who: str
) -> tuple[tuple[RaisedSignal, ...], tuple[RaisedSignal, ...]]:
    """The signals raised and those closed, by the rows of the board, in one transaction."""
    project, store, now = workspace.project, workspace.store, workspace.clock()
    raised: list[RaisedSignal] = []
    closed: list[RaisedSignal] = []
    with store.writing() as connection:
        standing = signals.held(connection, at=store.at)
        ended = {
            kpi: "the KPI is not declared any more" for kpi in standing if kpi not in project.kpis
        }
        for row in rows:
            before = standing.get(row.kpi)
            why = None if before is None else over(project, before, row)
            if why is not None:
                ended[row.kpi] = why
        for kpi, why in ended.items():
            after = replace(standing[kpi], status="closed", closed_at=now, closed_why=why)
            closed.append(signals.change(connection, standing[kpi], after, who=who, at=now))
        for row in rows:
            stands = row.kpi in standing and row.kpi not in ended
            if row.verdict.is_signal and not row.doubt and not stands:
                raised.append(signals.add(connection, _raised(workspace, row, run), who=who))
    return tuple(raised), tuple(closed)


def over(project: Project, before: RaisedSignal, row: BoardRow) -> str | None:
    """Why a standing signal is over, or None while it stands."""
    state = row.verdict.state
    if row.verdict.is_signal:
        return None if state == before.state else f"it turned: {row.verdict.words}"
    since = before.since
    kpi = project.kpis[row.kpi]
    locked = [event for event in locks(project, kpi) if since and event.from_ >= since]
    if locked:
        return f"the phase is locked: {locked[-1].title}"
    return "routine again" if state in SETTLED else None


def _raised(workspace: Workspace, row: BoardRow, run: int) -> RaisedSignal:
    project = workspace.project
    kpi = project.kpis[row.kpi]
    return RaisedSignal(
        kpi=row.kpi,
        label=row.label,
        state=row.verdict.state,
        words=row.verdict.words,
        grain=row.series.grain,
        since=row.since,
        raised_at=workspace.clock(),
        run=run,
        owners=tuple(
            {"team": pull.team, "label": pull.team_label, "lever": pull.lever,
             "lever_label": pull.lever_label}
            for pull in row.pulls
        ),
        steward=steward_sentence(project, kpi, workspace.now.date()),
        told=tuple(
            {"to": alert.to, "via": alert.via}
            for alert in project.alerts
            if alert.kpi == row.kpi and alert.when == "signal"
        ),
    )  # fmt: skip
