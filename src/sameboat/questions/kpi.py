"""What is this number, and who moves it? The page of one KPI."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from sameboat.compiler.query import METRIC_TIME, Item, Request
from sameboat.errors import SameboatError
from sameboat.periods import Period
from sameboat.project.declared import Project
from sameboat.project.model import Guardrail, Kpi, Metric, Ratio
from sameboat.project.viewer import Viewer
from sameboat.project.vocabulary import TEAM_VIEWS
from sameboat.questions.board import board
from sameboat.questions.cards import judge_kpi, latest, pulls
from sameboat.questions.compiling import compiled
from sameboat.questions.definitions import definition
from sameboat.questions.freshness import late_since
from sameboat.questions.grounds import grounds_of
from sameboat.questions.index_weights import series_of_parts, weighing
from sameboat.questions.judging import Judged, judge, plain_series, usable
from sameboat.questions.kpi_parts import (
    Definition,
    GuardrailRow,
    KpiAnswer,
    LeverRow,
    Segment,
)
from sameboat.questions.phases import PhaseProposal, proposals
from sameboat.questions.privacy import kept_back, subject_floor
from sameboat.questions.reckoning import reckoning_of
from sameboat.questions.series import Chance, Happening, Pull, Series, Verdict
from sameboat.questions.stewards import steward_sentence
from sameboat.questions.targets import target_of, target_series
from sameboat.questions.versions import as_recorded, breaks_of
from sameboat.questions.wanted import own_grain, tables_of, watch_grain, watched_instead
from sameboat.questions.workspace import Workspace
from sameboat.store.definitions import DefinitionUsed, definitions_used
from sameboat.store.packing import PackedSeries
from sameboat.store.points import SeriesKey, last_run, many, segments
from sameboat.store.runs import TableState
from sameboat.units import format_value

__all__ = [
    "Definition",
    "GuardrailRow",
    "KpiAnswer",
    "LeverRow",
    "Segment",
    "kpi",
]

NOT_COMPUTED = Verdict("undefined", "Undefined: not computed yet")
SIDES_SHOWN = 26  # periods of numerator and denominator


def kpi(
    workspace: Workspace, name: str, *, viewer: Viewer, as_known_at: dt.datetime | None = None
) -> KpiAnswer:
    """Everything about one KPI, from the points of the last refresh or of one known in the past.

    Raises RequestError (`unknown-kpi`).
    """
    return Page.of(workspace, name, viewer=viewer, as_known_at=as_known_at).answer()


@dataclass(frozen=True)
class Page:
    """A KPI with the series that its page needs, as one run knew them."""

    workspace: Workspace
    kpi: Kpi
    metric: Metric
    grain: str
    known: Mapping[SeriesKey, PackedSeries]
    states: Mapping[str, TableState]
    viewer: Viewer
    as_known_at: dt.datetime | None
    used: tuple[DefinitionUsed, ...] = ()

    @classmethod
    def of(
        cls, workspace: Workspace, name: str, *, viewer: Viewer, as_known_at: dt.datetime | None
    ) -> Page:
        """The page of the KPI of that name. Raises RequestError (`unknown-kpi`)."""
        kpi = workspace.at(as_known_at).project.kpi(name)
        return cls.about(workspace, kpi, viewer=viewer, as_known_at=as_known_at)

    @classmethod
    def about(
        cls,
        workspace: Workspace,
        kpi: Kpi,
        *,
        viewer: Viewer,
        as_known_at: dt.datetime | None = None,
    ) -> Page:
        """A KPI with all its series read at once; it may be one that the board does not show."""
        workspace = workspace.at(as_known_at)
        project = workspace.project
        grain = watch_grain(project, kpi)
        keys = [SeriesKey.of(metric, g) for metric, g in _series_of(project, kpi, grain)]
        known = many(workspace.record, keys, as_known_at=as_known_at)
        metrics = {key.metric for key in keys}
        used = definitions_used(workspace.record, metrics, as_known_at=as_known_at)
        workspace = as_recorded(workspace, metrics, used)
        project = workspace.project
        run = last_run(workspace.record, as_known_at=as_known_at)
        return cls(
            workspace=workspace, kpi=kpi, metric=project.metric(kpi.metric), grain=grain,
            known=known, states=run.tables if run else {}, viewer=viewer,
            as_known_at=as_known_at, used=used,
        )  # fmt: skip

    @property
    def project(self) -> Project:
        return self.workspace.project

    def points(self, metric: str, grain: str) -> PackedSeries | None:
        return self.known.get(SeriesKey.of(metric, grain))

    def stale(self, metric: str) -> dt.date | None:
        """Since when a table behind a metric is late or fails its checks; None while none does."""
        states = [(t, self.states[t]) for t in tables_of(self.project, metric) if t in self.states]
        late = [
            late_since(self.workspace, name, state.loaded_at, as_known_at=self.as_known_at)
            for name, state in states
        ]
        days = [*late, *(state.failing_since for _, state in states)]
        return min((day for day in days if day is not None), default=None)

    def answer(self) -> KpiAnswer:
        """The page, its parts in the order in which they are read."""
        front = board(self.workspace, viewer=self.viewer, as_known_at=self.as_known_at)
        row = next((r for r in front.rows if r.kpi == self.kpi.name), None)
        objective = self.project.objectives.get(self.kpi.objective or "")
        shown = self.points(self.kpi.metric, self.grain)
        named = target_series(self.project, self.kpi)
        target = target_of(
            self.project, self.kpi, self.last_day(shown), self.points(*named) if named else None
        )
        judged = self.judged(row.stale_since if row else self.stale(self.kpi.metric))
        series, since = judged.series, judged.since
        months = self._part("month", 24)
        value, reason = latest(shown) if shown is not None else (None, "not computed yet")
        return KpiAnswer(
            company=front.company,
            mission=front.mission,
            kpi=self.kpi.name,
            label=self.kpi.label or self.metric.title,
            objective=self.kpi.objective,
            objective_label=objective.title if objective else None,
            unit=self.metric.unit,
            good=self.metric.good if isinstance(self.metric.good, str) else None,
            verdict=row.verdict if row else judged.verdict,
            since=f"since {since.day} {since:%B}" if since else None,
            why=row.why if row else None,
            value=value,
            value_reason=reason,
            note=row.note if row else None,
            period=self._period(shown),
            series=series,
            target=target,
            chance=row.chance if row else Chance(None, "not computed yet"),
            numerator=self._side("numerator", since),
            denominator=self._side("denominator", since),
            weeks=_last_part(self._part("week", 6), -6),
            months=_last_part(months, -12),
            year_before=_last_part(months, -24, -12),
            happenings=self._happenings(),
            levers=tuple(self._lever(pull) for pull in pulls(self.project, self.kpi)),
            steward=steward_sentence(self.project, self.kpi, self.workspace.now.date()),
            guardrails=tuple(self._guardrail(g) for g in self.kpi.guardrails),
            segments=self._segments(),
            definition=definition(self.project, self.kpi, sql=self._sql()),
            refreshed_at=front.refreshed_at,
            minimum_group=front.minimum_group,
            definitions=front.definitions,
            demo=front.demo,
            watched=watched_instead(self.project, self.kpi),
            doubt=row.doubt if row else None,
            raised=row.raised if row else None,
            weighing=weighing(self.project, self.kpi.metric, self.grain, self.known),
            since_on=since,
            proposed_phases=self._proposed(),
        )

    # ── the long chart ───────────────────────────────────────────────────────────────────

    def judged(self, stale: dt.date | None) -> Judged:
        """The watched series with its limits, its verdict, and since when its signal lasts."""
        points = self.points(self.kpi.signal.metric or self.kpi.metric, self.grain)
        if points is None:
            label = self.kpi.label or self.metric.title
            nothing = Series(self.kpi.metric, label, self.metric.unit, self.grain, (), ())
            return Judged(nothing, NOT_COMPUTED)
        return judge_kpi(self.project, self.kpi, points, stale=stale)

    def _proposed(self) -> tuple[PhaseProposal, ...]:
        """The changes of regime that nobody has declared; none where a past record is shown."""
        points = self.points(self.kpi.signal.metric or self.kpi.metric, self.grain)
        if points is None or self.as_known_at is not None:
            return ()
        return proposals(self.project, self.kpi, points)

    def last_day(self, points: PackedSeries | None) -> dt.date | None:
        """The last day of the last complete period; None without one."""
        if points is None or not points.complete.any():
            return None
        start = points.periods[np.flatnonzero(points.complete)[-1]].item()
        return Period.holding(start, points.grain, reckoning_of(self.project)).end

    def _period(self, points: PackedSeries | None) -> str | None:
        day = self.last_day(points)
        if day is None:
            return None
        return Period.holding(day, self.grain, reckoning_of(self.project)).label()

    def _happenings(self) -> tuple[Happening, ...]:
        """Declared events of this KPI and versions of its definition, oldest first."""
        events = [
            event
            for event in self.project.events.values()
            if not event.kpis or self.kpi.name in event.kpis
        ]
        found = [
            Happening(event.title, event.from_, "new phase", event.description)
            if event.phase
            else Happening(event.title, event.from_, event.description)
            for event in events
        ]
        points = self.points(self.kpi.signal.metric or self.kpi.metric, self.grain)
        if points is not None:
            found += [
                Happening(change.label, change.at, change.why or "new phase")
                for change in breaks_of(self.project, points)
            ]
        return tuple(sorted(found, key=lambda happening: happening.at))

    # ── the short ones ───────────────────────────────────────────────────────────────────

    def _part(self, grain: str, count: int) -> Series | None:
        """The latest complete periods of the KPI at a grain."""
        points = self.points(self.kpi.metric, grain)
        if points is None or not points.complete.any():
            return None
        end = int(np.flatnonzero(points.complete)[-1]) + 1
        series = plain_series(points, label=self.metric.title, unit=self.metric.unit)
        series = replace(series, breaks=breaks_of(self.project, points))
        return series.between(max(0, end - count), end)

    def _side(self, side: str, since: dt.date | None) -> Series | None:
        """The numerator or the denominator over the latest 26 periods, as a series of its own.

        Where a signal lasts `since` then, at least twice as long as it: to compare with before.
        """
        if not isinstance(self.metric, Ratio):
            return None
        points = self.points(self.kpi.metric, self.grain)
        lasts = 0
        if points is not None and since is not None:
            lasts = int((points.periods[points.complete] >= np.datetime64(since, "D")).sum())
        series = self._part(self.grain, max(SIDES_SHOWN, 2 * lasts))
        values = getattr(series, side) if series else None
        if series is None or values is None:
            return None
        name = getattr(self.metric, side).metric
        declared = self.project.metrics.get(name)
        return replace(
            series, metric=name, label=declared.title if declared else name,
            unit=declared.unit if declared else None, values=values, numerator=None,
            denominator=None, n=None, reasons=(),
        )  # fmt: skip

    def _lever(self, pull: Pull) -> LeverRow:
        metric = self.project.metrics.get(pull.lever or "")
        if metric is None:
            return LeverRow(pull, None, None, None, None, Verdict("undefined", "No lever named"))
        points = self.points(metric.name, own_grain(self.project, metric.name, self.grain))
        if points is None:
            return LeverRow(pull, None, None, metric.unit, None, NOT_COMPUTED)
        stale = self.stale(metric.name)
        judged = judge(
            points, label=metric.title, unit=metric.unit, good=metric.good, stale_since=stale,
            changes=breaks_of(self.project, points), grounds=grounds_of(self.project, points),
        )  # fmt: skip
        value, _ = latest(points)
        return LeverRow(
            pull, value, judged.centre, metric.unit, _latest(judged.series, 11), judged.verdict
        )

    def _guardrail(self, guardrail: Guardrail) -> GuardrailRow:
        metric = self.project.metrics.get(guardrail.metric)
        if metric is None:
            verdict = Verdict("undefined", "Undefined: unknown metric")
            return GuardrailRow(guardrail.metric, guardrail.metric, None, None, None, None, verdict)
        points = self.points(metric.name, own_grain(self.project, metric.name, self.grain))
        limit, holds, value = None, None, None
        verdict = NOT_COMPUTED
        if points is not None:
            value, _ = latest(points)
            stale = self.stale(metric.name)
            verdict = judge(
                points, label=metric.title, unit=metric.unit, good=metric.good, stale_since=stale,
                changes=breaks_of(self.project, points), grounds=grounds_of(self.project, points),
            ).verdict  # fmt: skip
            changes = breaks_of(self.project, points)
            since = max((change.index for change in changes), default=0)
            limit, holds = _limit(guardrail, metric, points, value, since=since)
            holds = holds if stale is None else None
        return GuardrailRow(metric.name, metric.title, metric.unit, value, limit, holds, verdict)

    def _segments(self) -> tuple[Segment, ...]:
        """The latest figure of each value of each declared segment; small groups say so."""
        floor = self._floor()
        held = segments(
            self.workspace.record,
            metric=self.kpi.metric,
            grain=self.grain,
            as_known_at=self.as_known_at,
        )
        found: list[Segment] = []
        for dimension in self.kpi.by:
            found += [
                _segment(dimension, points, floor, self.project, self.kpi)
                for points in held
                if set(points.segment) == {dimension} and len(points)
            ]
        return tuple(found)

    def _floor(self) -> int:
        """The privacy floor of the rows behind the KPI."""
        floors = [
            subject_floor(self.project, name) for name in tables_of(self.project, self.kpi.metric)
        ]
        return max(floors, default=0)

    def _sql(self) -> str:
        """The SQL behind the figure at the grain where it is judged, or why there is none."""
        request = Request(metrics=(self.kpi.metric,), group_by=(Item(METRIC_TIME, self.grain),))
        try:
            return compiled(self.workspace, request, viewer=self.viewer).sql
        except SameboatError as error:
            return f"-- {error.why}"


def _series_of(project: Project, kpi: Kpi, grain: str) -> set[tuple[str, str]]:
    """The metrics and grains that a page reads."""
    found = {(kpi.metric, grain), (kpi.metric, "week"), (kpi.metric, "month")}
    if kpi.signal.metric:
        found.add((kpi.signal.metric, grain))
    if (named := target_series(project, kpi)) is not None:
        found.add(named)
    found.update(series_of_parts(project, kpi.metric, grain))
    others = [owner.lever for owner in kpi.owners if owner.lever]
    others += [guardrail.metric for guardrail in kpi.guardrails]
    for name in others:
        if name in project.metrics:
            found.add((name, own_grain(project, name, grain)))
    return found


def _last_part(series: Series | None, start: int, end: int | None = None) -> Series | None:
    """A stretch counted from the end of a series, without limits; None where nothing is in it."""
    if series is None:
        return None
    count = len(series.values)
    cut = series.between(max(0, count + start), count + (end or 0))
    if not cut.values:
        return None
    return replace(cut, phases=(), signals=(), moving_range=(), moving_range_limit=None)


def _latest(series: Series, count: int) -> Series:
    """The latest points of a judged series, its signal points kept."""
    last = series.latest
    end = len(series.values) if last is None else last + 1
    return series.between(max(0, end - count), end)


def _limit(
    guardrail: Guardrail, metric: Metric, points: PackedSeries, value: float | None, *, since: int
) -> tuple[str | None, bool | None]:
    """What a guardrail allows, in words, and whether the latest value keeps to it.

    What is usual is the median of the points from `since` on, where its definition began.
    """
    if guardrail.max is not None:
        words = f"at most {format_value(guardrail.max, metric.unit)}"
        return words, None if value is None else value <= guardrail.max
    if guardrail.min is not None:
        words = f"at least {format_value(guardrail.min, metric.unit)}"
        return words, None if value is None else value >= guardrail.min
    if guardrail.worse_by is None:
        return None, None
    used = usable(points)[since:]
    before = used[np.isfinite(used)]
    if len(before) < 2 or value is None:
        return f"no worse by {format_value(guardrail.worse_by, metric.unit)}", None
    usual = float(np.median(before[:-1]))
    worse = (value - usual) if metric.good == "down" else (usual - value)
    words = f"no worse than {format_value(usual, metric.unit)} by more than "
    return words + format_value(guardrail.worse_by, metric.unit), worse <= guardrail.worse_by


def _segment(
    dimension: str, points: PackedSeries, floor: int, project: Project, kpi: Kpi
) -> Segment:
    name = points.segment.get(dimension)
    if dimension.rpartition("__")[2] in TEAM_VIEWS and name is not None:
        team = project.teams.get(name)
        name = team.title if team else name
    value, reason = latest(points)
    complete = np.flatnonzero(points.complete)
    n = None
    if points.n is not None and len(complete) and np.isfinite(points.n[complete[-1]]):
        n = int(points.n[complete[-1]])
    if floor and (n is None or n < floor):
        few = reason if reason == kept_back(floor) else f"fewer than {floor}"
        return Segment(dimension, name or "not set", None, None, few)
    for one in grounds_of(project, points, kpi=kpi).left_out:
        if len(complete) and one.first <= complete[-1] <= one.last:
            return Segment(dimension, name or "not set", None, n, f"left out: {one.label}")
    return Segment(dimension, name or "not set", value, n, reason)
