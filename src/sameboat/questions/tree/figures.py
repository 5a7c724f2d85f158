"""The recorded figures behind a tree: read once, judged as every other page judges them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from sameboat.project.check import Arithmetic, arithmetic
from sameboat.project.declared import Project
from sameboat.project.model import Kpi
from sameboat.questions.arithmetic import Checked, recomputed
from sameboat.questions.cards import judge_kpi, latest, pulls
from sameboat.questions.definitions import formula_words
from sameboat.questions.freshness import late_since
from sameboat.questions.grounds import grounds_of
from sameboat.questions.judging import judge
from sameboat.questions.series import Pull, Verdict
from sameboat.questions.tree.edges import Edge, edges_of_kpi, edges_of_metric
from sameboat.questions.tree.observed import Observed, observe
from sameboat.questions.versions import breaks_of
from sameboat.questions.wanted import (
    grain_of_influence,
    grain_of_sum,
    own_grain,
    tables_of,
    watch_grain,
)
from sameboat.questions.workspace import Workspace
from sameboat.store.packing import PackedSeries
from sameboat.store.points import SeriesKey, last_run, many
from sameboat.store.runs import TableState

NOT_COMPUTED = Verdict("undefined", "Undefined: not computed yet")


@dataclass(frozen=True)
class Source:
    """A table from which a figure is aggregated, and how it is read."""

    table: str
    label: str
    where: str


@dataclass(frozen=True)
class Latest:
    """The last complete figure of a metric, or why there is none."""

    verdict: Verdict
    value: float | None
    reason: str | None
    grain: str
    period: dt.date | None


@dataclass(frozen=True, eq=False)
class Figures:
    """The series that a tree stands on, as one run knew them."""

    workspace: Workspace
    known: Mapping[SeriesKey, PackedSeries]
    states: Mapping[str, TableState]
    as_known_at: dt.datetime | None
    _checked: dict[str, Checked | None] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls, workspace: Workspace, kpis: Iterable[Kpi], *, as_known_at: dt.datetime | None
    ) -> Figures:
        """Everything below these KPIs, read in one statement."""
        project = workspace.project
        keys = {
            SeriesKey.of(metric, grain) for kpi in kpis for metric, grain in _series(project, kpi)
        }
        known = many(workspace.record, keys, as_known_at=as_known_at)
        run = last_run(workspace.record, as_known_at=as_known_at)
        return cls(workspace, known, run.tables if run else {}, as_known_at)

    @property
    def project(self) -> Project:
        return self.workspace.project

    def points(self, metric: str, grain: str) -> PackedSeries | None:
        return self.known.get(SeriesKey.of(metric, grain))

    # ── a node ───────────────────────────────────────────────────────────────────────────

    def latest(self, metric: str, kpi: Kpi) -> Latest:
        """A metric's last figure at the grain at which the KPI's page shows it."""
        project = self.project
        grain = own_grain(project, metric, watch_grain(project, kpi))
        points = self.points(metric, grain) or self._any(metric)
        if points is None:
            return Latest(NOT_COMPUTED, None, "not computed yet", grain, None)
        declared = project.metrics[metric]
        shared = next((one for one in project.kpis.values() if one.metric == metric), None)
        stale = self.stale(metric)
        if shared is not None and points.grain == watch_grain(project, shared):
            judged = judge_kpi(project, shared, points, stale=stale)
        else:
            judged = judge(
                points, label=declared.title, unit=declared.unit, good=declared.good,
                stale_since=stale, changes=breaks_of(project, points),
                grounds=grounds_of(project, points),
            )  # fmt: skip
        value, reason = latest(points)
        complete = np.flatnonzero(points.complete)
        period = points.periods[complete[-1]].item() if len(complete) else None
        return Latest(judged.verdict, value, reason, points.grain, period)

    def _any(self, metric: str) -> PackedSeries | None:
        """A series of a metric at whatever grain it was recorded."""
        return next((one for key, one in self.known.items() if key.metric == metric), None)

    def stale(self, metric: str) -> dt.date | None:
        """Since when a table behind a metric is late or fails its checks; None while none does."""
        states = [(t, self.states[t]) for t in tables_of(self.project, metric) if t in self.states]
        late = [
            late_since(self.workspace, name, state.loaded_at, as_known_at=self.as_known_at)
            for name, state in states
        ]
        days = [*late, *(state.failing_since for _, state in states)]
        return min((day for day in days if day is not None), default=None)

    def made_of(self, metric: str) -> tuple[str | None, str | None, tuple[Source, ...]]:
        """How a metric is computed, where that is written, and from which tables."""
        place = self.project.place("metrics", metric)
        return (
            formula_words(self.project.metrics[metric]),
            f"{place.file}:{place.line}" if place else None,
            tuple(self._sources(metric)),
        )

    def _sources(self, metric: str) -> Iterator[Source]:
        for name in tables_of(self.project, metric):
            table = self.project.tables.get(name)
            if table is not None:
                where = table.file or table.relation or "a select over other tables"
                yield Source(name, table.title, where)

    def pulls(self, kpi: Kpi) -> tuple[Pull, ...]:
        """Who pulls which lever."""
        return pulls(self.project, kpi)

    # ── an edge ──────────────────────────────────────────────────────────────────────────

    @cached_property
    def _sums(self) -> Mapping[str, Arithmetic]:
        found: dict[str, Arithmetic] = {}
        for one in arithmetic(self.project):
            found.setdefault(one.driver.metric, one)
        return found

    def checked(self, metric: str) -> Checked | None:
        """A metric's formula held against the record; None for a metric without one."""
        if metric not in self._checked:
            edge = self._sums.get(metric)
            self._checked[metric] = self._check(edge) if edge is not None else None
        return self._checked[metric]

    def _check(self, edge: Arithmetic) -> Checked:
        formula = edge.driver.equals or ""
        if any(name not in self.project.metrics for name in edge.metrics):
            return Checked(formula, "month", reason="a part of it is not declared")
        grain = grain_of_sum(self.project, edge.metrics)
        held = {name: self.points(name, grain) for name in edge.metrics}
        series = {name: one for name, one in held.items() if one is not None}
        missing = [self.project.metrics[name].title for name in held if name not in series]
        if missing:
            return Checked(formula, grain, reason=f"{missing[0]} is not recorded by {grain} yet")
        periods = np.unique(np.concatenate([one.periods for one in series.values()]))
        rows = {}
        for name, one in series.items():
            rows[name] = np.full(periods.size, np.nan)
            rows[name][np.searchsorted(periods, one.periods)] = one.values
        return recomputed(formula, edge.formula, rows[edge.driver.metric], rows, periods, grain)

    def observed(self, edge: Edge, kpi: Kpi) -> Observed | None:
        """How the two ends of an edge moved; None where one of them is not recorded."""
        for parent, grain in self._ends(edge, kpi):
            above, below = self.points(parent, grain), self.points(edge.child, grain)
            if above is not None and below is not None:
                return observe(self.project, above, below, edge.lag)
        return None

    def _ends(self, edge: Edge, kpi: Kpi) -> Iterator[tuple[str, str]]:
        """Under which names and grains the parent may be compared, the best first.

        A KPI whose own series rolls is compared by the one that is watched instead.
        """
        if edge.parent == kpi.metric:
            watch = watch_grain(self.project, kpi)
            grain = own_grain(self.project, edge.child, watch)
            if grain == watch and kpi.signal.metric:
                yield kpi.signal.metric, grain
            yield kpi.metric, grain
        yield edge.parent, grain_of_influence(self.project, edge.parent, edge.child, lag=edge.lag)


def _series(project: Project, kpi: Kpi) -> Iterator[tuple[str, str]]:
    """The metrics and grains that stand below a KPI."""
    watch = watch_grain(project, kpi)
    yield kpi.metric, watch
    yield from ((kpi.metric, grain) for grain in ("week", "month"))
    if kpi.signal.metric:
        yield kpi.signal.metric, watch
    waiting = list(edges_of_kpi(project, kpi))
    seen: set[tuple[str, str]] = set()
    while waiting:
        edge = waiting.pop()
        if (edge.parent, edge.child) in seen:
            continue
        seen.add((edge.parent, edge.child))
        grain = own_grain(project, edge.child, watch)
        yield from ((metric, grain) for metric in (edge.parent, edge.child))
        grain = grain_of_influence(project, edge.parent, edge.child, lag=edge.lag)
        yield from ((metric, grain) for metric in (edge.parent, edge.child))
        waiting += edges_of_metric(project, edge.child)
    for one in arithmetic(project):
        metrics = tuple(name for name in one.metrics if name in project.metrics)
        grain = grain_of_sum(project, metrics)
        yield from ((name, grain) for name in metrics)
