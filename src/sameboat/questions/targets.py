"""Where a KPI should be, by when, and what that says for a period.

A target is a path to a value, steps, a metric with a value for each period, or, where good lies
between two values, the band itself.
"""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import numpy as np

from sameboat.periods import Period, Reckoning, periods_between
from sameboat.project.declared import Project
from sameboat.project.model import Between, Kpi, Target
from sameboat.questions.reckoning import reckoning_of
from sameboat.questions.series import TargetPath
from sameboat.questions.wanted import watch_grain
from sameboat.store.packing import PackedSeries
from sameboat.units import format_value

Corners = tuple[tuple[dt.date, float], ...]


def target_series(project: Project, kpi: Kpi) -> tuple[str, str] | None:
    """The metric that is the target and the grain at which it is read; None for other targets."""
    metric = kpi.target.metric if kpi.target else None
    if metric is None or metric not in project.metrics:
        return None
    return metric, watch_grain(project, kpi)


def target_of(
    project: Project, kpi: Kpi, at: dt.date | None, series: PackedSeries | None = None
) -> TargetPath | None:
    """The target of a KPI and what it says for the period that ends on a day.

    `series` are the points of the metric that is the target, where one is (`target_series`).
    None without a target that has a value.
    """
    if target_series(project, kpi) is not None:
        return _by_period(project, series, at) if series is not None else None
    if kpi.target is not None and kpi.target.over != "last":
        return _over_all(project, kpi, kpi.target)
    found = target_path(kpi.target, at)
    metric = project.metrics.get(kpi.metric)
    if found is None and metric is not None and isinstance(metric.good, Between):
        low, high = metric.good.between
        return TargetPath(float(low), None, (), None, kind="band", high=float(high))
    return found


def target_path(target: Target | None, at: dt.date | None) -> TargetPath | None:
    """The path or the steps of a target and their value on a day; None without a value."""
    if target is None:
        return None
    corners = _corners(target)
    if not corners:
        return None
    value = corners[-1][1]
    by = corners[-1][0] if target.by or target.steps else None
    return TargetPath(
        value, by, corners if by else (), value_at(corners, at) if at else None,
        kind="steps" if target.steps else "path",
    )  # fmt: skip


def _corners(target: Target) -> Corners:
    """The days and values between which the path runs straight; steps stand until the next."""
    if target.steps:
        return _stairs(target)
    if target.to is None:
        return ()
    if target.since and target.from_ is not None and target.by:
        return ((target.since, target.from_), (target.by, target.to))
    return ((target.by or dt.date.max, target.to),)


def _stairs(target: Target) -> Corners:
    """The corners of steps: each is due on its day and stands until the next is due.

    Before the first day what the target starts `from` is due, where it says so.
    """
    steps = sorted(target.steps, key=lambda step: step.by)
    found: list[tuple[dt.date, float]] = []
    level = target.from_
    if level is not None and target.since is not None and target.since < steps[0].by:
        found.append((target.since, level))
    for step in steps:
        if found:
            found.append((step.by, found[-1][1]))
        found.append((step.by, step.value))
    return tuple(found)


def _over_all(project: Project, kpi: Kpi, target: Target) -> TargetPath | None:
    """A target over the sum or mean of all its periods: of a sum, each has its even share."""
    if target.to is None or target.since is None or target.by is None:
        return None
    within = inside(target.since, target.by, watch_grain(project, kpi), reckoning_of(project))
    since = f"since {target.since.day} {target.since:%B %Y}"
    each, said = target.to, f"on average {since}"
    if target.over == "sum":
        each = target.to / max(len(within), 1)
        whole = format_value(target.to, project.metrics[kpi.metric].unit)
        said = f"the even share of {whole} in all {since}"
    return TargetPath(
        each, target.by, ((target.since, each), (target.by, each)), each, source=said,
        over=target.over, since=target.since, total=target.to if target.over == "sum" else None,
    )  # fmt: skip


def inside(since: dt.date, by: dt.date, grain: str, reckoning: Reckoning) -> tuple[Period, ...]:
    """The periods that lie between two days by more than half."""
    found = periods_between(grain, since, by, reckoning)
    return tuple(one for one in found if since <= one.start + (one.end - one.start) / 2 <= by)


def _by_period(project: Project, series: PackedSeries, at: dt.date | None) -> TargetPath | None:
    """A target that a metric gives: for each of its periods the value that is due at its end.

    The target shown is that of the running period, or else of the last one before.
    """
    reckoning = reckoning_of(project)
    known = {
        Period.holding(series.periods[index].item(), series.grain, reckoning): value
        for index in np.flatnonzero(np.isfinite(series.values))
        if (value := float(series.values[index])) is not None
    }
    if not known:
        return None
    path = tuple(
        corner for one, value in known.items() for corner in ((one.start, value), (one.end, value))
    )
    ahead = [one for one in known if at is None or one.end > at]
    shown = ahead[0] if ahead and at is not None else list(known)[-1]
    now = next((value for one, value in known.items() if at is not None and at in one), None)
    source = project.metrics[series.metric].title
    return TargetPath(known[shown], shown.end, path, now, kind="metric", source=source)


def value_at(corners: Corners, day: dt.date) -> float:
    """The path's value on a day; before and after the path it stands still.

    On a day with two values, the foot and the top of a step, the later one counts.

    >>> value_at(((dt.date(2026, 1, 1), 0.0), (dt.date(2026, 1, 11), 1.0)), dt.date(2026, 1, 6))
    0.5
    """
    if day < corners[0][0]:
        return corners[0][1]
    for (start, low), (end, high) in pairwise(corners):
        if start <= day < end:
            return low + (high - low) * ((day - start).days / (end - start).days)
    return corners[-1][1]
