"""What a series is judged by besides its values: denominators, bounds, what is left out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sameboat.periods import Period
from sameboat.project.declared import Project
from sameboat.project.formula import parse
from sameboat.project.model import Event, Kpi, Metric, MetricInput, Ratio, Simple, Survey
from sameboat.project.nodes import Binary, In, Literal, Name, Node
from sameboat.questions.bounds import COUNTED, OPEN, Bounds, bounds_of
from sameboat.questions.reckoning import reckoning_of
from sameboat.store.packing import PackedSeries

Floats = npt.NDArray[np.float64]

SEASONS = {"day": 7, "week": 52, "month": 12, "quarter": 4}
"""How many periods a season has at each grain: the week of days, the year of all others."""


@dataclass(frozen=True)
class LeftOut:
    """A stretch of points that an event takes out of limits and verdicts."""

    first: int
    last: int
    label: str
    since: dt.date


@dataclass(frozen=True)
class Grounds:
    """What a series is judged by: how many cases stand behind each point, and what is left out.

    `cases` has one count per point, or is None where the figure is no share or score of cases.
    `bounds` are the least and greatest value that the figure can have, None where open;
    `counts` says that it is a number of rows.
    """

    cases: Floats | None = None
    left_out: tuple[LeftOut, ...] = ()
    bounds: Bounds = OPEN
    counts: bool = False

    def without(self, values: Floats) -> Floats:
        """The values, missing where an event takes them out."""
        kept = values.copy()
        for one in self.left_out:
            kept[one.first : one.last + 1] = np.nan
        return kept


def grounds_of(project: Project, points: PackedSeries, *, kpi: Kpi | None = None) -> Grounds:
    """What the series of a metric is judged by; `kpi` is the one that it is watched for."""
    metric = project.metrics[points.metric]
    bounds = bounds_of(project, points.metric, np.asarray(points.values)) or OPEN
    return Grounds(
        cases_of(project, metric, points), tuple(_left_out(project, points, kpi)), bounds,
        counts=isinstance(metric, Simple) and metric.agg in COUNTED and bounds == (0.0, None),
    )  # fmt: skip


def cases_of(project: Project, metric: Metric, points: PackedSeries) -> Floats | None:
    """How many cases each point of a metric rests on, where its chance variation follows them.

    A ratio of two counts has its denominators, a survey its answers. A ratio of sums, an average
    or an amount has none: how much it varies cannot be told from a count. A ratio whose side is
    shifted in time or restricted by a filter of its own is still one of counts.
    """
    if isinstance(metric, Ratio):
        sides = (metric.numerator, metric.denominator)
        return points.denominator if all(_counts(project, side) for side in sides) else None
    return points.n if isinstance(metric, Survey) else None


def _counts(project: Project, side: MetricInput) -> bool:
    metric = project.metrics.get(side.metric)
    return isinstance(metric, Simple) and metric.agg in COUNTED


def _left_out(project: Project, points: PackedSeries, kpi: Kpi | None) -> Iterator[LeftOut]:
    """The stretches that events exclude; an event with `where` concerns its segments only."""
    for event in project.events.values():
        if not event.exclude or not concerns(event, kpi) or not in_segment(event, points.segment):
            continue
        covered = np.flatnonzero(_covered(project, points, event))
        if covered.size:
            yield LeftOut(int(covered[0]), int(covered[-1]), event.title, event.from_)


def locks(project: Project, kpi: Kpi) -> tuple[Event, ...]:
    """The events that lock a phase of a KPI, oldest first: those it names, and those that say so.

    An event with `where` concerns its segments only, unless the KPI itself names it.
    """
    named = set(kpi.signal.phase_breaks)
    found = [
        event
        for name, event in project.events.items()
        if name in named or (event.phase and kpi.name in event.kpis and not event.where)
    ]
    return tuple(sorted(found, key=lambda event: event.from_))


def phase_breaks(project: Project, kpi: Kpi, points: PackedSeries) -> tuple[int, ...]:
    """Indices of the first points of new phases: events that the KPI names, or that say so."""
    days = [event.from_ for event in locks(project, kpi)]
    found = {int(np.searchsorted(points.periods, np.datetime64(day, "D"))) for day in days}
    return tuple(sorted(index for index in found if 0 < index < len(points)))


def concerns(event: Event, kpi: Kpi | None) -> bool:
    """Whether an event concerns a KPI; one that names none concerns every series."""
    return not event.kpis or (kpi is not None and kpi.name in event.kpis)


def in_segment(event: Event, segment: Mapping[str, str | None]) -> bool:
    """Whether an event concerns a segment; one without `where` concerns all, and the whole.

    One with `where` concerns just the segments that its conditions pick by their own dimensions:
    equal, not equal, in a list, with `and` and `or`. What they say of other dimensions, or in
    other words, picks no segment, since it holds for a part of it only.
    """
    return all(_holds(parse(text), segment) for text in event.where)


def _holds(node: Node, segment: Mapping[str, str | None]) -> bool:
    match node:
        case Binary("and", left, right):
            return _holds(left, segment) and _holds(right, segment)
        case Binary("or", left, right):
            return _holds(left, segment) or _holds(right, segment)
        case Binary("=", Name(text), Literal(value)):
            return _value(text, segment) == (True, value)
        case Binary("<>", Name(text), Literal(value)):
            known, held = _value(text, segment)
            return known and held is not None and held != value
        case In(Name(text), items, negated):
            known, held = _value(text, segment)
            listed = {item.value for item in items if isinstance(item, Literal)}
            if not known or held is None or len(listed) < len(set(items)):
                return False
            return (held in listed) is not negated
    return False


def _value(name: str, segment: Mapping[str, str | None]) -> tuple[bool, str | None]:
    """Whether a segment has a dimension, and its value; a bare name means the qualified one."""
    for dimension, value in segment.items():
        if dimension == name or dimension.rpartition("__")[2] == name:
            return True, value
    return False, None


def _covered(project: Project, points: PackedSeries, event: Event) -> npt.NDArray[np.bool_]:
    """Which periods an event touches; without a last day it goes on."""
    if not len(points):
        return np.zeros(0, dtype=bool)
    last = Period.holding(points.periods[-1].item(), points.grain, reckoning_of(project)).end
    ends = np.append(points.periods[1:] - np.timedelta64(1, "D"), np.datetime64(last, "D"))
    reached = ends >= np.datetime64(event.from_, "D")
    if event.until is None:
        return np.asarray(reached)
    return np.asarray(reached & (points.periods <= np.datetime64(event.until, "D")))
