"""What is asked about: a KPI, or a metric that stands under one and has no page of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sameboat.compiler.source import coarseness
from sameboat.project.check import arithmetic
from sameboat.project.declared import Project
from sameboat.project.model import Kpi, Watch
from sameboat.project.viewer import Viewer
from sameboat.questions.kpi import Page
from sameboat.questions.kpi_parts import KpiAnswer
from sameboat.questions.wanted import (
    inputs_of,
    own_grain,
    tables_of,
    wanted_series,
    watch_grain,
)
from sameboat.questions.workspace import Workspace


@dataclass(frozen=True)
class Subject:
    """A KPI with its page, or a metric read as if it were one.

    `concerned` are the KPIs under which it stands, itself among them: events that name one of
    them may have to do with it. `declared` says that its dimensions are those of a KPI's `by:`.
    """

    kpi: Kpi
    page: KpiAnswer
    concerned: frozenset[str]
    declared: bool
    tables: tuple[str, ...]


def subject_of(workspace: Workspace, name: str, *, viewer: Viewer) -> Subject:
    """The KPI of that name, else the metric: a lever, a guardrail, a part of a tree.

    A metric is judged by the series that a refresh records of it; one of which none is recorded
    can be explained between windows that are named. Raises RequestError (`unknown-kpi`).
    """
    project = workspace.project
    if name in project.kpis or name not in project.metrics:
        kpi = project.kpi(name)
        page = Page.about(workspace, kpi, viewer=viewer).answer()
        return Subject(kpi, page, frozenset((name,)), True, tables_of(project, kpi.metric))
    above = [one for one in project.kpis.values() if name in _under(project, one)]
    kpi = _as_kpi(project, name, above)
    page = Page.about(workspace, kpi, viewer=viewer).answer()
    names = frozenset((name, *(one.name for one in above)))
    return Subject(kpi, page, names, False, tables_of(project, name))


def counts_by_period(project: Project, table: str) -> bool:
    """Whether a table has a row for each case and period: its time is a part of its key."""
    declared = project.tables.get(table)
    if declared is None or declared.time is None:
        return False
    time = declared.dimensions.get(declared.time)
    column = time.expr if time is not None and time.expr else declared.time
    keys = [one.expr for one in declared.entities.values() if one.type in ("primary", "unique")]
    return any(len(key) > 1 and column in key for key in keys)


def _as_kpi(project: Project, name: str, above: Sequence[Kpi]) -> Kpi:
    metric = project.metrics[name]
    return Kpi(
        name=name, label=metric.title, description=metric.description, metric=name,
        by=tuple(dict.fromkeys(_dimensions(project, name))),
        signal=Watch(grain=_grain(project, name, above)),
    )  # fmt: skip


def _grain(project: Project, name: str, above: Sequence[Kpi]) -> str:
    """The grain of a KPI above it, if a refresh records the metric at that; else the finest."""
    recorded = [one.grain for one in wanted_series(project) if one.metric == name and not one.by]
    for grain in (watch_grain(project, kpi) for kpi in above):
        if grain in recorded:
            return grain
    return min(recorded, key=coarseness, default=own_grain(project, name, "week"))


def _dimensions(project: Project, name: str) -> Iterator[str]:
    """By what a metric is looked at: as KPIs over its tables are, then what its tables declare.

    Of several tables only what all of them declare: a bare name must be clear for each.
    """
    tables = tables_of(project, name)
    for kpi in project.kpis.values():
        if set(tables) <= set(tables_of(project, kpi.metric)):
            yield from kpi.by
    known = [project.tables[table].dimensions for table in tables if table in project.tables]
    for dimension, shape in (known[0] if known else {}).items():
        if shape.type == "categorical" and all(dimension in one for one in known[1:]):
            yield dimension


def _under(project: Project, kpi: Kpi) -> set[str]:
    """Every metric from which a KPI is computed, by which it is pulled, kept or influenced."""
    equal = {one.driver.metric: one.metrics for one in arithmetic(project)}
    found: set[str] = set()
    waiting = [kpi.metric, *(owner.lever for owner in kpi.owners if owner.lever)]
    waiting += [guardrail.metric for guardrail in kpi.guardrails]
    while waiting:
        name = waiting.pop()
        if name in found or name not in project.metrics:
            continue
        found.add(name)
        waiting += inputs_of(project.metrics[name])
        waiting += equal.get(name, ())
        waiting += [
            driver.influenced_by
            for driver in project.drivers
            if driver.metric == name and driver.influenced_by
        ]
    return found
