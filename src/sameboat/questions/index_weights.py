"""How far an index hangs on its weights: its parts against the base, and what others would say."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from sameboat.analysis.weights import Sensitivity, deciding_parts, weight_sensitivity
from sameboat.errors import SameboatError
from sameboat.periods import Period
from sameboat.project.declared import Project
from sameboat.project.model import Index, IndexPart
from sameboat.questions.reckoning import reckoning_of
from sameboat.store.packing import PackedSeries
from sameboat.store.points import SeriesKey

CLOSE = 1e-6
"""How near, as a share, the parts must come to the stored index to be shown as its parts."""


@dataclass(frozen=True)
class WeighedPart:
    """One part of an index in its latest period.

    `weight` is its share of all weights. `points` is 100 in the base period, and higher is better
    whichever way is good for the part itself. `adds` is what it adds to the index's change, in
    points; all of them together are that change. `low` and `high` are the ends of the index with
    this weight alone within the band.
    """

    metric: str
    label: str
    unit: str | None
    good: str | None
    weight: float
    base: float
    now: float
    points: float
    change: float
    adds: float
    low: float
    high: float


@dataclass(frozen=True)
class Ends:
    """A figure with its least and its greatest value over all weights within the band."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, found: Sensitivity) -> Ends:
        return cls(found.value, found.low, found.high)

    def same_side(self, *, of: float) -> bool:
        """Whether all weightings give a figure above this one, or all one below it."""
        return self.low > of or self.high < of


@dataclass(frozen=True)
class Weighing:
    """An index by its parts, and what it and its change would be under other weights.

    `change` is against the period before, in points. `decides` are the labels of the parts without
    which the change would not have its sign.
    """

    period: str
    before: str
    base: str
    band: float
    level: Ends
    change: Ends
    parts: tuple[WeighedPart, ...]
    decides: tuple[str, ...]


def series_of_parts(project: Project, name: str, grain: str) -> Iterator[tuple[str, str]]:
    """The metrics and grains that the weighing of an index reads; nothing for other metrics."""
    metric = project.metrics.get(name)
    if not isinstance(metric, Index):
        return
    try:
        base = _base(project, metric)
    except SameboatError:  # `check` says what is wrong with it
        return
    for part in metric.parts:
        if part.metric in project.metrics:
            yield part.metric, grain
            yield part.metric, base.grain


def weighing(
    project: Project, name: str, grain: str, known: Mapping[SeriesKey, PackedSeries]
) -> Weighing | None:
    """The weighing of an index in its two latest complete periods with figures.

    None for other metrics, where a part or its base is not known, and where the parts do not give
    the index that was stored, because they were computed from other data.
    """
    metric = project.metrics.get(name)
    index = known.get(SeriesKey.of(name, grain))
    if not isinstance(metric, Index) or index is None:
        return None
    base = _base(project, metric)
    figures = [_of_part(part, project, grain, base, known) for part in metric.parts]
    parts = [one for one in figures if one is not None]
    if not parts or len(parts) < len(metric.parts):
        return None
    shared = [
        day
        for day, value, complete in zip(index.periods, index.values, index.complete, strict=True)
        if complete and math.isfinite(value) and all(day in one.points for one in parts)
    ]
    if len(shared) < 2:
        return None
    before, now = shared[-2:]
    held = dict(zip(index.periods, index.values, strict=True))
    if not all(_agrees(parts, day, float(held[day])) for day in (before, now)):
        return None
    reckoning = reckoning_of(project)
    latest, earlier = (Period.holding(day.item(), grain, reckoning) for day in (now, before))
    names = (latest.label(), earlier.label(), base.label())
    return _weighed(project, parts, now, before, names)


@dataclass(frozen=True)
class _Part:
    """A part of an index by period: its figures, and its points against the base."""

    part: IndexPart
    good: str | None
    base: float
    values: Mapping[np.datetime64, float]
    points: Mapping[np.datetime64, float]


def _base(project: Project, metric: Index) -> Period:
    return Period.parse(metric.base, reckoning_of(project))


def _of_part(
    part: IndexPart,
    project: Project,
    grain: str,
    base: Period,
    known: Mapping[SeriesKey, PackedSeries],
) -> _Part | None:
    series = known.get(SeriesKey.of(part.metric, grain))
    start = known.get(SeriesKey.of(part.metric, base.grain))
    if series is None or start is None:
        return None
    at = dict(zip(start.periods, start.values, strict=True))
    first = float(at.get(np.datetime64(base.start, "D"), math.nan))
    if not math.isfinite(first) or first == 0:
        return None
    good = part.good or project.metrics[part.metric].good
    good = good if isinstance(good, str) else None
    values = {
        day: float(value)
        for day, value in zip(series.periods, series.values, strict=True)
        if math.isfinite(value) and (good != "down" or value)
    }
    points = {
        day: 100 * (first / value if good == "down" else value / first)
        for day, value in values.items()
    }
    return _Part(part, good, first, values, points)


def _agrees(parts: list[_Part], day: np.datetime64, stored: float) -> bool:
    total = math.fsum(one.part.weight for one in parts)
    found = math.fsum(one.part.weight * one.points[day] for one in parts) / total
    return math.isclose(found, stored, rel_tol=CLOSE, abs_tol=CLOSE)


def _weighed(
    project: Project,
    parts: list[_Part],
    now: np.datetime64,
    before: np.datetime64,
    names: tuple[str, str, str],
) -> Weighing:
    keys = [str(number) for number, _ in enumerate(parts)]  # one metric may be two parts
    weights = {key: one.part.weight for key, one in zip(keys, parts, strict=True)}
    points = {key: one.points[now] for key, one in zip(keys, parts, strict=True)}
    changes = {
        key: one.points[now] - one.points[before] for key, one in zip(keys, parts, strict=True)
    }
    level, change = weight_sensitivity(points, weights), weight_sensitivity(changes, weights)
    total = math.fsum(weights.values())
    found = {
        key: WeighedPart(
            metric=one.part.metric,
            label=project.metrics[one.part.metric].title,
            unit=project.metrics[one.part.metric].unit,
            good=one.good,
            weight=weights[key] / total,
            base=one.base,
            now=one.values[now],
            points=points[key],
            change=changes[key],
            adds=weights[key] * changes[key] / total,
            low=level.by_weight[key][0],
            high=level.by_weight[key][1],
        )
        for key, one in zip(keys, parts, strict=True)
    }
    deciding = tuple(found[key].label for key in deciding_parts(changes, weights))
    ends = Ends.of(level), Ends.of(change)
    return Weighing(*names, level.band, *ends, tuple(found.values()), deciding)
