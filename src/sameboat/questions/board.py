"""Are we heading the right way? The board: every shared KPI with one verdict."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sameboat.analysis.false_signals import false_alarms, survivors
from sameboat.compiler.source import coarseness
from sameboat.periods import Period
from sameboat.project.declared import Project
from sameboat.project.viewer import OWNER_ROLE, Viewer
from sameboat.questions.cards import read_card
from sameboat.questions.decisions import open_decision
from sameboat.questions.freshness import late_since
from sameboat.questions.judging import day_month, stale_verdict
from sameboat.questions.reckoning import reckoning_of
from sameboat.questions.rows import BoardRow, OpenDecision, Raised
from sameboat.questions.sentences import counted, listed
from sameboat.questions.series import Chance
from sameboat.questions.wanted import tables_of
from sameboat.questions.workspace import Workspace
from sameboat.store.points import cards, last_run
from sameboat.store.runs import TableState
from sameboat.store.signals import RaisedSignal, standing_signals

__all__ = ["Board", "BoardRow", "OpenDecision", "board", "headline"]


@dataclass(frozen=True)
class Board:
    """The board as it is known at one moment."""

    company: str
    mission: str
    headline: str
    rows: tuple[BoardRow, ...]
    decision: OpenDecision | None
    period: str | None  # "Week to Sunday 25 October 2026"
    refreshed_at: dt.datetime | None
    tables_fresh: int
    tables_total: int
    minimum_group: int
    definitions: str  # a short version of all definitions together
    demo: bool = False
    false_signals: str | None = None  # how often a signal is chance on a board of so many KPIs


ORDER = {"worse": 0, "better": 1, "short": 2, "routine": 3, "undefined": 4, "too-few": 5}
"""Signals first, then what is routine; what cannot be judged comes last."""


def board(workspace: Workspace, *, viewer: Viewer, as_known_at: dt.datetime | None = None) -> Board:
    """The board from the cards of the last refresh, or of the one known at a past moment.

    The past is judged as of then: what had gone stale since is not. Before the first refresh it
    has no rows. A KPI that the project no longer declares is left out.
    """

    workspace = workspace.at(as_known_at)
    project, store = workspace.project, workspace.record
    run = last_run(store, as_known_at=as_known_at)
    known = cards(store, as_known_at=as_known_at) if run else {}
    states = dict(run.tables) if run else {}
    rows = [
        aged(workspace, read_card(card), states, as_known_at=as_known_at)
        for name, card in known.items()
        if name in project.kpis
    ]
    standing = standing_signals(store, as_known_at=as_known_at)
    rows = [
        replace(row, raised=raised_mark(project, standing_of(standing, row)))
        for row in doubted(rows)
    ]
    rows.sort(key=lambda row: (ORDER.get(row.verdict.state, 9), list(project.kpis).index(row.kpi)))
    late = [
        name
        for name, state in states.items()
        if not state.fingerprint
        or state.failing_since
        or late_since(workspace, name, state.loaded_at, as_known_at=as_known_at)
    ]
    return Board(
        company=project.root.title,
        mission=project.root.mission,
        headline=headline(rows) if run or as_known_at is None else "Nothing was known then.",
        rows=tuple(rows),
        decision=open_decision(workspace, as_known_at=as_known_at),
        period=_period(workspace, rows),
        refreshed_at=run.finished_at if run else None,
        tables_fresh=len(states) - len(late),
        tables_total=len(states),
        minimum_group=project.root.privacy.minimum_group,
        definitions=project.digest[:7],
        demo="demo" in project.root.tags,
        false_signals=false_signals(rows),
    )


JUDGED = ("worse", "better", "routine", "short")
"""Verdicts that a series was judged for."""

A_WEEK = {"day": 7.0, "week": 1.0, "month": 12 / 52, "quarter": 4 / 52, "year": 1 / 52}
"""How many points of a grain come in a week."""


def doubted(rows: Sequence[BoardRow]) -> list[BoardRow]:
    """The rows; a signal that may be chance among so many judged KPIs says so.

    See `analysis.false_signals.survivors`: at most a tenth of what is left is chance.
    """
    judged = [at for at, row in enumerate(rows) if row.verdict.state in JUDGED]
    signals = [rows[at].rarity if rows[at].verdict.is_signal else None for at in judged]
    kept = survivors(signals).kept
    out = list(rows)
    for at, chance, survives in zip(judged, signals, kept, strict=True):
        if chance is not None and not survives:
            one_in = max(2, round(1 / max(chance, 1e-6)))
            words = f"may be chance: 1 of {one_in} KPIs would show this by accident"
            out[at] = replace(rows[at], doubt=words)
    return out


def false_signals(rows: Sequence[BoardRow]) -> str | None:
    """How often a false signal is to be expected on this board, in a sentence."""
    judged = [row.series.grain.removeprefix("fiscal_") for row in rows
              if row.verdict.state in JUDGED]  # fmt: skip
    a_week = false_alarms([A_WEEK.get(grain, 1.0) for grain in judged])
    if not a_week:
        return None
    count = f"Of {len(judged)} KPIs" if len(judged) > 1 else "Of one KPI"
    return f"{count}, one false signal is expected about every {round(1 / a_week)} weeks."


def standing_of(standing: Mapping[str, RaisedSignal], row: BoardRow) -> RaisedSignal | None:
    """What a row says was raised: its signal, or else that its data stopped coming."""
    stale = standing.get(f"stale:{row.kpi}")
    return standing.get(row.kpi) or (stale if row.verdict.state == "stale" else None)


def raised_mark(project: Project, signal: RaisedSignal | None) -> Raised | None:
    """What board and page say of a signal that stands."""
    if signal is None:
        return None
    acknowledged = signal.status == "acknowledged"
    team = project.teams.get(signal.acknowledged_by or "")
    by = team.title if team else signal.acknowledged_by
    who = f"acknowledged by {by}" if acknowledged else "not acknowledged"
    worse = f", much graver since {day_month(signal.worse_at.date())}" if signal.worse_at else ""
    words = f"raised {day_month(signal.raised_at.date())}, {who}{worse}"
    return Raised(
        signal.version, signal.raised_at, words, acknowledged, signal.reason, signal.id,
        signal.kind, takers(project, signal.kpi),
    )  # fmt: skip


def takers(project: Project, kpi: str) -> tuple[tuple[str, str], ...]:
    """Who may be named to have a signal, with their titles: the teams that own its KPI.

    Where nobody owns it, every team, and where there are no teams, the role of who runs it:
    acknowledging is a right, not a matter of owning, and a person is never named.
    """
    declared = project.kpis.get(kpi)
    owners = [owner.team for owner in declared.owners] if declared else []
    teams = [project.teams[name] for name in dict.fromkeys(owners) if name in project.teams]
    named = teams or list(project.teams.values())
    return tuple((team.name, team.title) for team in named) or (
        (OWNER_ROLE, OWNER_ROLE.capitalize()),
    )


def headline(rows: Sequence[BoardRow]) -> str:
    """One sentence that states the answer: what needs people, and that the rest does not."""

    if not rows:
        return "Nothing is computed yet."
    sure = [row for row in rows if not row.doubt]
    worse = [row.label for row in sure if row.verdict.state == "worse"]
    counts = Counter(row.verdict.state for row in sure)
    doubtful = len(rows) - len(sure)
    routine = counts["routine"] + counts["short"]
    stale, better = counts["stale"], counts["better"]
    unknown = counts["too-few"] + counts["incomplete"] + counts["undefined"]
    said = [
        f"{counted(count)} {words[0] if count == 1 else words[1]}"
        for count, words in (
            (better, ("number is better", "numbers are better")),
            (doubtful, ("signal may be chance", "signals may be chance")),
            (routine, ("is routine", "are routine")),
            (stale, ("is stale", "are stale")),
            (unknown, ("cannot be judged yet", "cannot be judged yet")),
        )
        if count
    ]
    rest = ", ".join(said)
    rest = rest[:1].upper() + rest[1:] + "." if rest else ""
    if not worse:
        return f"Nothing needs you. {rest}".strip()
    needs = f"{listed(worse)} {'needs' if len(worse) == 1 else 'need'} you."
    return f"{needs} {rest}".strip()


def _period(workspace: Workspace, rows: Sequence[BoardRow]) -> str | None:
    """The latest complete period of the grain that most rows have."""

    ends = [
        (row.series.grain, row.series.periods[last])
        for row in rows
        if (last := row.series.latest) is not None
    ]
    if not ends:
        return None
    finest = min(sorted({grain for grain, _ in ends}), key=coarseness)
    start = max(day for grain, day in ends if grain == finest)
    return Period.holding(start, finest, reckoning_of(workspace.project)).label()


def aged(
    workspace: Workspace,
    row: BoardRow,
    states: Mapping[str, TableState],
    *,
    as_known_at: dt.datetime | None = None,
) -> BoardRow:
    """The row as it must be read now or was then: its data may have gone stale since."""

    metric = workspace.project.kpis[row.kpi].metric
    days = [
        late_since(workspace, name, states[name].loaded_at, as_known_at=as_known_at)
        for name in tables_of(workspace.project, metric)
        if name in states
    ]
    since = min((day for day in days if day is not None), default=None)
    if since is None or row.stale_since is not None:
        return row
    chance = Chance(None, "until the source is back")
    return replace(row, verdict=stale_verdict(since), stale_since=since, why=None, chance=chance)
