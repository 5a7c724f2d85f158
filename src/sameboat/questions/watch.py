"""Which KPIs need people now? A refresh, then each new signal raised once, for its owners.

Raising is one thing and telling another. What is raised is recorded in one transaction; news are
due until somebody was told of them. So a board that opens after a refresh shows a signal that
nobody was told of yet, and a watch that dies between both leaves it to the next one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sameboat.project.viewer import Viewer
from sameboat.questions.board import board
from sameboat.questions.grounds import locks
from sameboat.questions.refresh import Progress, Refreshed, refresh
from sameboat.questions.restated import restated
from sameboat.questions.rows import BoardRow
from sameboat.questions.stewards import steward_sentence
from sameboat.questions.workspace import Workspace
from sameboat.store import signals
from sameboat.store.points import last_run
from sameboat.store.signals import RaisedSignal

SETTLED = ("routine", "short")
"""Verdicts that close a standing signal; stale or unfinished data say nothing of it."""

GRAVER = 100
"""A signal is told again when chance alone would show it so many times more rarely than before."""

APART = 2
"""Points of one signal are at most so many periods apart, as in the rule of two of three."""

LEASE = dt.timedelta(minutes=10)
"""So long a watch may take to tell what it set out to tell; then another one may."""

Telling = Literal["told", "claimed", "due"]
"""What becomes of news: told with the answer, claimed until they are told, or left due."""


@dataclass(frozen=True)
class News:
    """What there is to tell: `raised` anew, standing ones that grew `worse`, and `closed` ones."""

    raised: tuple[RaisedSignal, ...] = ()
    worse: tuple[RaisedSignal, ...] = ()
    closed: tuple[RaisedSignal, ...] = ()


@dataclass(frozen=True)
class Watched:
    """What a watch found.

    `raised` are told now for the first time, `worse` stand and grew graver, `closed` are over;
    `standing` is all that stands now with those. Signals and stale data are of a `kind` each.
    `doubtful` are labels of signals that may be chance on a board of so many KPIs and were not
    raised. `delivered` says that nobody was written to: so far alerts are recorded and printed.
    """

    refreshed: Refreshed
    raised: tuple[RaisedSignal, ...]
    closed: tuple[RaisedSignal, ...]
    standing: tuple[RaisedSignal, ...]
    worse: tuple[RaisedSignal, ...] = ()
    doubtful: tuple[str, ...] = ()
    delivered: bool = False


def watch(
    workspace: Workspace,
    *,
    viewer: Viewer,
    progress: Progress | None = None,
    tell: Callable[[Watched], None] | None = None,
) -> Watched:
    """What a refresh showed that needs people, recorded so that it is told once.

    A KPI has at most one standing signal: however often this runs, and whenever it was killed, a
    signal that stands is not raised again. One that turns to the other side, or is followed by
    another one, is closed and raised anew; one that grows much graver is told once more unless
    somebody has acknowledged it. Raising and closing go in together or not at all.

    `tell` is called with what was found; news count as told once it returned, else another watch
    tells them ten minutes later. Without it the answer itself tells them.

    Raises WarehouseError and StoreError as a refresh does.
    """
    done = refresh(workspace, viewer=viewer, progress=progress)
    rows = board(workspace, viewer=viewer).rows
    news = record_signals(
        workspace, rows, run=done.run, who=viewer.name, telling="claimed" if tell else "told"
    )
    seen = Watched(
        refreshed=done,
        raised=news.raised,
        closed=news.closed,
        standing=tuple(signals.standing_signals(workspace.store).values()),
        worse=news.worse,
        doubtful=tuple(row.label for row in rows if row.verdict.is_signal and row.doubt),
    )
    if tell is not None:
        tell(seen)
        _told(workspace, news)
    return seen


def raise_signals(workspace: Workspace, *, viewer: Viewer) -> News:
    """What the board of the last refresh raises and closes; telling it is left to a watch."""
    run = last_run(workspace.store)
    if run is None:
        return News()
    rows = board(workspace, viewer=viewer).rows
    return record_signals(workspace, rows, run=run.id or 0, who=viewer.name, telling="due")


def record_signals(
    workspace: Workspace,
    rows: Sequence[BoardRow],
    *,
    run: int,
    who: str,
    telling: Telling = "told",
) -> News:
    """The news by the rows of the board, recorded in one transaction with what becomes of them."""
    store, now = workspace.store, workspace.clock()
    shown = {row.kpi: row for row in rows}
    with store.writing() as connection:
        known = signals.held(connection, at=store.at)
        over = [one for one in known if one.status == "closed"]
        standing: dict[str, RaisedSignal] = {}
        for one in known:
            if one.status == "closed":
                continue
            row = shown.get(one.kpi)
            end = end_of(workspace, one, row)
            if end is not None:
                after = replace(
                    one, status="closed", closed_at=now, closed_why=end.why,
                    withdrawn=end.withdrawn, told_at=None, claimed_at=None,
                )  # fmt: skip
                over.append(signals.change(connection, one, after, who=who, at=now))
            elif row is not None and is_graver(one, row):
                after = _graver(one, row, now)
                one = signals.change(connection, one, after, who=who, at=now, what="worse")
            if end is None:
                standing[one.stands_as] = one
        for row in rows:
            for new in _new(workspace, row, run):
                if new.stands_as not in standing:
                    standing[new.stands_as] = signals.add(connection, new, who=who)
        due = [one for one in (*standing.values(), *over) if is_due(one, now)]
        if telling != "due":
            due = [
                signals.mark_told(connection, one, at=now, told=telling == "told") for one in due
            ]
    return News(
        raised=tuple(one for one in due if one.status == "open" and one.worse_at is None),
        worse=tuple(one for one in due if one.status == "open" and one.worse_at is not None),
        closed=tuple(one for one in due if one.status == "closed"),
    )


def _told(workspace: Workspace, news: News) -> None:
    """Mark news as told, as the records stand by now: they may have been acknowledged since."""
    store, now = workspace.store, workspace.clock()
    told = [*news.raised, *news.worse, *news.closed]
    if not told:
        return
    with store.writing() as connection:
        for one in told:
            there = signals.one(connection, one.id, at=store.at)
            if there is not None and there.closed_at == one.closed_at:
                signals.mark_told(connection, there, at=now, told=True)


def is_due(one: RaisedSignal, now: dt.datetime) -> bool:
    """Whether a record has news that nobody was told of and nobody is about to tell."""
    if one.told_at is not None or one.status == "acknowledged":
        return False
    # A clock that was set back must not keep news from being told.
    return one.claimed_at is None or not dt.timedelta() <= now - one.claimed_at < LEASE


# ── what is over, and what grew ──────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class End:
    """Why a signal is over; `withdrawn` where restated points took it back."""

    why: str
    withdrawn: bool = False


def end_of(workspace: Workspace, before: RaisedSignal, row: BoardRow | None) -> End | None:
    """Why a standing signal or stale alert is over, or None while it stands."""
    project = workspace.project
    if before.kpi not in project.kpis:
        return End("the KPI is not declared any more")
    if row is None:
        return None
    if before.kind == "stale":
        return None if row.stale_since is not None else End("the data are fresh again")
    if row.verdict.is_signal:
        if row.verdict.state != before.state:
            return End(f"it turned: {row.verdict.words}")
        return End(f"another one began on {row.since}") if is_another(before, row) else None
    kpi, since = project.kpis[row.kpi], before.since
    locked = [event for event in locks(project, kpi) if since and event.from_ >= since]
    if locked:
        return End(f"the phase is locked: {locked[-1].title}")
    if row.verdict.state not in SETTLED:
        return None
    changed = restated(workspace, before, row)
    if changed is None:
        return End("routine again")
    return End(f"withdrawn: {changed}", withdrawn=True)


def is_another(before: RaisedSignal, row: BoardRow) -> bool:
    """Whether the row's signal began after the one before, with routine points between them."""
    if before.since is None or row.since is None or row.since <= before.since:
        return False
    periods = row.series.periods
    first = next((at for at, day in enumerate(periods) if day >= row.since), len(periods))
    earlier = [
        one.index
        for one in row.series.signals
        if one.index < first and periods[one.index] >= before.since
    ]
    return first - max(earlier, default=-1 - APART) > APART


def is_graver(before: RaisedSignal, row: BoardRow) -> bool:
    """Whether a standing signal for the worse is much rarer by now than when it was last told."""
    if before.kind != "signal" or row.verdict.state != "worse" or row.doubt:
        return False
    if before.rarity is None or row.rarity is None:
        return False
    return row.rarity * GRAVER < before.rarity


def _graver(one: RaisedSignal, row: BoardRow, now: dt.datetime) -> RaisedSignal:
    """The signal as it has grown; one that was acknowledged stays quiet."""
    grown = replace(one, rarity=row.rarity, worse_at=now, worse_words=row.verdict.words)
    if one.status == "acknowledged":
        return grown
    return replace(grown, told_at=None, claimed_at=None)


# ── what is new ──────────────────────────────────────────────────────────────────────────────


def _new(workspace: Workspace, row: BoardRow, run: int) -> Iterator[RaisedSignal]:
    """What a row of the board raises, were nothing raised before."""
    if row.verdict.is_signal and not row.doubt:
        yield _raised(workspace, row, run)
    elif row.stale_since is not None:
        stale = _raised(workspace, row, run)
        yield replace(stale, kind="stale", since=row.stale_since, rarity=None)


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
            if alert.kpi == row.kpi
            and alert.when == ("stale" if row.verdict.state == "stale" else "signal")
        ),
        rarity=row.rarity,
    )  # fmt: skip
