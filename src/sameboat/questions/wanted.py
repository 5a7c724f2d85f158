"""Which series a refresh computes: every shared KPI, its levers and guardrails, by its segments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sameboat.compiler.leaves import Leaves
from sameboat.compiler.source import coarseness
from sameboat.errors import RequestError
from sameboat.periods import Span
from sameboat.project.check import arithmetic
from sameboat.project.declared import Project
from sameboat.project.formula import Binary, names, parse, walk
from sameboat.project.model import (
    Conversion,
    Cumulative,
    Derived,
    Duration,
    Index,
    Kpi,
    Metric,
    Ratio,
    Retention,
    Simple,
    Survey,
)
from sameboat.questions.index_weights import series_of_parts
from sameboat.questions.ties import Tie, ties


@dataclass(frozen=True, order=True)
class Wanted:
    """One metric at one grain, by some dimensions."""

    metric: str
    grain: str
    by: tuple[str, ...] = ()


def wanted_series(project: Project) -> tuple[Wanted, ...]:
    """Every series that board and pages need, each once."""
    found: dict[Wanted, None] = {}
    for kpi in project.kpis.values():
        for one in _of_kpi(project, kpi):
            found[one] = None
    for one in (*_of_drivers(project), *_of_ties(project)):
        found[one] = None
    return tuple(found)


def _of_kpi(project: Project, kpi: Kpi) -> Iterator[Wanted]:
    grain = watch_grain(project, kpi)
    yield Wanted(kpi.metric, grain)
    if kpi.signal.metric:
        yield Wanted(kpi.signal.metric, grain)
    for shown in ("week", "month"):
        if coarseness(shown) >= coarseness(finest_grain(project, kpi.metric)):
            yield Wanted(kpi.metric, shown)
    for metric, at in series_of_parts(project, kpi.metric, grain):
        yield Wanted(metric, at)
    due = kpi.target.metric if kpi.target is not None else None
    if due is not None and due in project.metrics:
        yield Wanted(due, grain)
    others = [owner.lever for owner in kpi.owners if owner.lever]
    others += [guardrail.metric for guardrail in kpi.guardrails]
    for metric in others:
        if metric in project.metrics:
            yield Wanted(metric, own_grain(project, metric, grain))
    for dimension in kpi.by:
        yield Wanted(kpi.metric, grain, (dimension,))


def _of_drivers(project: Project) -> Iterator[Wanted]:
    """Both ends of every edge that the tree holds against the data."""
    if not project.kpis:
        return
    for one in arithmetic(project):
        metrics = tuple(name for name in one.metrics if name in project.metrics)
        grain = grain_of_sum(project, metrics)
        yield from (Wanted(name, grain) for name in metrics)
    for driver in project.drivers:
        if driver.influenced_by is not None:
            ends = (driver.metric, driver.influenced_by)
            grain = grain_of_influence(project, *ends, lag=driver.lag)
            yield from (Wanted(name, grain) for name in ends if name in project.metrics)


def _of_ties(project: Project) -> Iterator[Wanted]:
    """Both ends of everything that is meant to move a KPI, for the Goodhart monitor."""
    for tie in ties(project):
        parent, grain = tie_series(project, tie)
        yield from (Wanted(name, grain) for name in (tie.metric, parent))


def tie_series(project: Project, tie: Tie) -> tuple[str, str]:
    """What stands for a tie's parent, and at which grain the two are compared.

    Weeks at the finest. A KPI that rolls over many periods is stood for by the series that is
    watched instead.
    """
    kpi = project.kpis.get(tie.kpi or "")
    watched = kpi.signal.metric if kpi is not None else None
    parent = watched if watched is not None and watched in project.metrics else tie.parent
    return parent, own_grain(project, tie.metric, own_grain(project, parent, "week"))


def grain_of_sum(project: Project, metrics: tuple[str, ...]) -> str:
    """The grain at which arithmetic is checked: months, or coarser where the data are."""
    return max(["month", *(finest_grain(project, one) for one in metrics)], key=coarseness)


def grain_of_influence(project: Project, parent: str, child: str, *, lag: Span | None) -> str:
    """The grain at which a driver's two ends are compared: that of its lag, weeks at the finest."""
    least = lag.grain if lag is not None else "month"
    grains = ["week", least, finest_grain(project, parent), finest_grain(project, child)]
    return max(grains, key=coarseness)


def watched_instead(project: Project, kpi: Kpi) -> str | None:
    """The title of the metric that is watched, where it is not the KPI's own; else None."""
    watched = kpi.signal.metric
    return project.metrics[watched].title if watched and watched != kpi.metric else None


def watch_grain(project: Project, kpi: Kpi) -> str:
    """The grain at which a KPI is judged: as declared, else weeks, or its data's if coarser."""
    if kpi.signal.grain:
        return kpi.signal.grain
    return own_grain(project, kpi.signal.metric or kpi.metric, "week")


def own_grain(project: Project, metric: str, least: str) -> str:
    """A grain at which a metric can be shown, no finer than `least`."""
    return max(finest_grain(project, metric), least, key=coarseness)


def finest_grain(project: Project, metric: str) -> str:
    """The finest grain at which a metric can be shown; days for one that cannot be computed yet."""
    try:
        return Leaves(project.metrics, project.tables).default_grain(metric)
    except (RequestError, KeyError):
        return "day"


def inputs_of(metric: Metric) -> tuple[str, ...]:
    """The metrics that a metric is made of."""
    match metric:
        case Ratio():
            return (metric.numerator.metric, metric.denominator.metric)
        case Derived():
            listed = tuple(given.metric for given in metric.metrics)
            return listed or tuple(name.text for name in names(parse(metric.expr)))
        case Cumulative():
            return (metric.metric.metric,)
        case Conversion():
            return (metric.base.metric, metric.converted.metric)
        case Index():
            return tuple(part.metric for part in metric.parts)
    return ()


ADDED = ("count", "count_distinct", "sum", "sum_boolean")


def adds_up(project: Project, name: str) -> bool:
    """Whether a part of a period has a smaller figure: a count, a sum, or a sum of such."""
    metric = project.metrics.get(name)
    if isinstance(metric, Simple):
        own = project.tables[metric.table].time if metric.table in project.tables else None
        return (
            metric.agg in ADDED and metric.non_additive_over is None and metric.time in (None, own)
        )
    if isinstance(metric, Derived):
        parts = walk(parse(metric.expr))
        whole = not any(isinstance(part, Binary) and part.op == "/" for part in parts)
        moved = any(one.offset_window or one.offset_to_grain for one in metric.metrics)
        return whole and not moved and all(adds_up(project, one) for one in inputs_of(metric))
    return False


def family(project: Project, metric: str) -> tuple[str, ...]:
    """A metric and all that it is made of, itself first."""
    found: dict[str, None] = {}
    waiting = [metric]
    while waiting:
        name = waiting.pop(0)
        if name in found or name not in project.metrics:
            continue
        found[name] = None
        waiting += inputs_of(project.metrics[name])
    return tuple(found)


def tables_of(project: Project, metric: str) -> tuple[str, ...]:
    """The tables that a metric's figures are aggregated from."""
    found = [project.metrics[name] for name in family(project, metric)]
    tables = [m.table for m in found if isinstance(m, Simple | Duration | Survey | Retention)]
    tables += [m.merged.table for m in found if isinstance(m, Retention) and m.merged]
    return tuple(dict.fromkeys(tables))


def conversion_window(project: Project, metric: str) -> Span | None:
    """The longest time that a conversion behind a metric may take; None without one."""
    found = [project.metrics[name] for name in family(project, metric)]
    windows = [m.window for m in found if isinstance(m, Conversion) and m.window]
    return max(windows, key=_days, default=None)


def _days(span: Span) -> int:
    return span.count * {"week": 7, "month": 31, "quarter": 92, "year": 366}.get(span.grain, 1)
