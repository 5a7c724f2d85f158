"""A KPI's recorded series looked ahead to its target's date: the forecast and the chance to hit."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sameboat.analysis.forecasts import Forecast, forecast
from sameboat.errors import SameboatError
from sameboat.periods import Period
from sameboat.project.declared import Project
from sameboat.project.model import Conversion, Kpi, Metric, Ratio, Retention, Simple, Survey
from sameboat.questions.grounds import COUNTED, SEASONS, grounds_of
from sameboat.questions.reckoning import reckoning_of
from sameboat.questions.series import Chance, TargetPath
from sameboat.questions.versions import breaks_of
from sameboat.store.packing import PackedSeries

Floats = npt.NDArray[np.float64]

USUAL = {"day": 28, "week": 13, "month": 6, "quarter": 4, "year": 2}
"""How many periods are looked ahead where no target has a date."""

SUREST = (0.01, 0.99)
"""The least and the greatest chance that is told: what never happened is not forecast."""


@dataclass(frozen=True, eq=False)
class Ahead:
    """A series and what may follow it; `first` is the index from which on it was looked at.

    `periods` are the first days of the periods forecast. `at_target` is the place among them of
    the period that holds the target's date, None where none does. Without `found`, `reason` says
    why there is no forecast.
    """

    points: PackedSeries
    first: int
    end: int
    periods: tuple[dt.date, ...] = ()
    found: Forecast | None = None
    at_target: int | None = None
    reason: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def values(self) -> Floats:
        """The complete values that the forecast rests on."""
        return np.asarray(self.points.values[self.first : self.end])

    def chance(self, target: TargetPath | None, good: object) -> Chance:
        """The chance to have reached the target in the period of its date, or why it is unknown."""
        reason = unknown(target, good)
        if reason is not None or target is None:
            return Chance(None, reason)
        if self.found is None:
            return Chance(None, self.reason)
        if self.at_target is None:
            return Chance(None, "the target's date has passed")
        value = chance_in(self.found.paths[:, self.at_target], target.value, str(good))
        return Chance(value)


def unknown(target: TargetPath | None, good: object) -> str | None:
    """Why no chance can be told of a target, whatever the forecast; None where one can."""
    if target is None:
        return "no target is set"
    if target.by is None:
        return "the target has no date"
    if good not in ("up", "down"):
        return "good is a range" if good else "which way is good is not said"
    return None


def chance_in(told: Floats, target: float, good: str) -> float:
    """The share of sample values that reach the target, from .01 to .99: more is never sure."""
    hits = int(np.sum(told >= target if good == "up" else told <= target))
    return min(max(hits / told.size, SUREST[0]), SUREST[1])


def look_ahead(
    project: Project,
    kpi: Kpi,
    points: PackedSeries,
    target: TargetPath | None,
    *,
    horizon: int | None = None,
) -> Ahead:
    """The forecast of a KPI's series up to its target's date, or over `horizon` periods.

    Incomplete periods at the end are left out, and so is what an event excludes. A series begins
    where its present definition does. Nothing is forecast further than the series reaches back.
    """
    complete = np.flatnonzero(points.complete)
    end = int(complete[-1]) + 1 if complete.size else 0
    changes = [one.index for one in breaks_of(project, points) if one.index < end]
    first = max(changes, default=0)
    if not end:
        return Ahead(points, 0, 0, reason="no complete period yet")
    notes = ("only the present definition's periods are looked at",) if first else ()
    last = Period.holding(points.periods[end - 1].item(), points.grain, reckoning_of(project))
    steps, at_target = _steps(last, target, horizon)
    known = int(np.sum(~np.isnan(points.values[first:end])))
    nothing = Ahead(points, first, end, at_target=at_target, notes=notes)
    if steps > max(known, 1):
        grain = points.grain.replace("_", " ")
        reason = f"too far ahead for {known} known {grain}{'s' * (known != 1)}"
        return _without(nothing, reason)
    used = grounds_of(project, points, kpi=kpi).without(np.asarray(points.values))[first:end]
    try:
        found = forecast(
            used,
            season=SEASONS.get(points.grain.removeprefix("fiscal_"), 1),
            horizon=steps,
            bounds=bounds_of(project, points.metric, used),
        )
    except SameboatError as error:
        return _without(nothing, error.why)
    return Ahead(
        points, first, end, _periods(last, steps), found, at_target, None, (*notes, *found.notes)
    )


def _without(nothing: Ahead, reason: str) -> Ahead:
    return Ahead(
        nothing.points, nothing.first, nothing.end, at_target=nothing.at_target, reason=reason,
        notes=nothing.notes,
    )  # fmt: skip


def _steps(last: Period, target: TargetPath | None, horizon: int | None) -> tuple[int, int | None]:
    """How many periods to look ahead, and the place of the target's period among them."""
    usual = USUAL.get(last.grain.removeprefix("fiscal_"), 6)
    if target is None or target.by is None or target.by <= last.end:
        return horizon or usual, None
    count, period = 0, last
    while period.end < target.by and count < 1_000:
        period, count = period.next(), count + 1
    if horizon is not None:
        return horizon, count - 1 if count <= horizon else None
    return count, count - 1


def _periods(last: Period, steps: int) -> tuple[dt.date, ...]:
    found = []
    for _ in range(steps):
        last = last.next()
        found.append(last.start)
    return tuple(found)


def bounds_of(
    project: Project, name: str, values: Floats
) -> tuple[float | None, float | None] | None:
    """The least and greatest value that a metric can have by its definition; None where open.

    Recorded values beyond them (an export may say so) lift them.
    """
    low, high = _bounds(project, project.metrics[name])
    known = values[~np.isnan(values)]
    if low is not None and known.size and known.min() < low:
        low = None
    if high is not None and known.size and known.max() > high:
        high = None
    return None if low is None and high is None else (low, high)


def _bounds(project: Project, metric: Metric) -> tuple[float | None, float | None]:
    match metric:
        case Simple(agg=agg) if agg in COUNTED:
            return 0.0, None
        case Ratio(numerator=above, denominator=below):
            sides = [project.metrics.get(side.metric) for side in (above, below)]
            counts = all(isinstance(one, Simple) and one.agg in COUNTED for one in sides)
            part = counts and metric.unit == "percent"
            return (0.0 if counts else None), (1.0 if part else None)
        case Conversion(calculation="rate"):
            return 0.0, 1.0
        case Survey(method="csat"):
            return 0.0, 1.0
        case Survey(method="nps"):
            return -100.0, 100.0
        case Retention(method=method):
            return 0.0, None if method in ("nrr", "expansion") else 1.0
    return (0.0, None) if metric.type == "duration" or metric.unit == "count" else (None, None)
