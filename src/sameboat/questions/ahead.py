"""A KPI's recorded series looked ahead to its target's date: the forecast and the chance to hit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sameboat.analysis.forecasts import FURTHEST, Forecast, forecast
from sameboat.analysis.scenarios import Aim, Spread
from sameboat.errors import SameboatError
from sameboat.periods import Period
from sameboat.project.declared import Project
from sameboat.project.model import Kpi, Simple
from sameboat.questions.bounds import COUNTED, bounds_of
from sameboat.questions.grounds import SEASONS, grounds_of, phase_breaks
from sameboat.questions.reckoning import reckoning_of
from sameboat.questions.series import Chance, TargetPath
from sameboat.questions.targets import inside
from sameboat.questions.versions import breaks_of
from sameboat.store.packing import PackedSeries

Floats = npt.NDArray[np.float64]

USUAL = {"day": 28, "week": 13, "month": 6, "quarter": 4, "year": 2}
"""How many periods are looked ahead where no target has a date."""

REACH = 2
"""How many times the length of its history a series is told of."""

WIDER = 0.25
"""By how much ranges are wider at twice the length of the history. Simulated series of six kinds
(level, walk, autoregression, trend, local level, drifting slope; 16 to 60 values) asked for 1.2
there to hold 80 %, and for 1.1 to hold 95 %."""

NEAR_BREAK, FEWEST_AFTER = 12, 3
"""Values on each side of a break that its levels are told from, and how many are needed."""


@dataclass(frozen=True, eq=False)
class Ahead:
    """A series and what may follow it; `first` is the index from which on it was looked at.

    `periods` are the first days of the periods forecast. `at_target` is the place among them of
    the period that holds the target's date, None where none does. `aim` is the target with the
    spread that its chance is told of. Without `found`, `reason` says why there is no forecast;
    `too_far` says why there is no chance where the target lies beyond what can be told.
    """

    points: PackedSeries
    first: int
    end: int
    periods: tuple[dt.date, ...] = ()
    found: Forecast | None = None
    at_target: int | None = None
    reason: str | None = None
    notes: tuple[str, ...] = ()
    aim: Aim | None = None
    too_far: str | None = None
    bounds: tuple[float | None, float | None] = (None, None)

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
        if self.aim is None:
            return Chance(None, self.too_far or "the target's date has passed")
        return Chance(self.aim.spread.chance(self.aim.value, self.aim.good))

    def chance_at(self, place: int, value: float, good: str) -> float | None:
        """The chance to have reached a value in one of the periods; None beyond them."""
        if self.found is None or not 0 <= place < len(self.periods):
            return None
        return Spread.of(self.found.paths[:, place]).chance(value, good)


def unknown(target: TargetPath | None, good: object) -> str | None:
    """Why no chance can be told of a target, whatever the forecast; None where one can."""
    if target is None:
        return "no target is set"
    if target.by is None:
        return "the target has no date"
    if good not in ("up", "down"):
        return "good is a range" if good else "which way is good is not said"
    return None


def look_ahead(
    project: Project,
    kpi: Kpi,
    points: PackedSeries,
    target: TargetPath | None,
    *,
    horizon: int | None = None,
) -> Ahead:
    """The forecast of a KPI's series up to its target's date, and over `horizon` periods at least.

    Incomplete periods at the end are not taken for whole ones: what they hold so far is what they
    will hold at least, where figures only add up. What an event excludes is left out. A series
    begins where its present definition does, and values before a locked phase are brought to its
    level. Nothing is told of what lies further ahead than twice the length of the series.
    """
    complete = np.flatnonzero(points.complete)
    end = int(complete[-1]) + 1 if complete.size else 0
    changes = [one.index for one in breaks_of(project, points) if one.index < end]
    if not end:
        return Ahead(points, 0, 0, reason="no complete period yet")
    first = max([*changes, int(complete[0])])
    notes = ("only the present definition's periods are looked at",) if changes else ()
    last = Period.holding(points.periods[end - 1].item(), points.grain, reckoning_of(project))
    asked, at_target = _steps(last, target, horizon)
    known = int(np.sum(~np.isnan(points.values[first:end])))
    steps = min(asked, max(REACH * known, 1))
    nothing = Ahead(points, first, end, at_target=at_target, notes=notes)
    used = grounds_of(project, points, kpi=kpi).without(np.asarray(points.values))[first:end]
    used, said = brought_to_level(used, [at - first for at in phase_breaks(project, kpi, points)])
    bounds = bounds_of(project, points.metric, used)
    try:
        found = forecast(used, season=season_of(points.grain), horizon=steps, bounds=bounds)
    except SameboatError as error:
        return replace(nothing, reason=error.why)
    found, wider = widened(found, known, bounds)
    found = _at_least(found, _so_far(project, points, end, steps))
    periods = _periods(last, steps)
    too_far = None
    if at_target is not None and at_target >= steps:
        at_target, too_far = None, _too_far(known, points.grain, periods[-1])
    notes = (*notes, *said, *found.notes, *wider)
    if steps < asked and too_far is None:
        notes = (*notes, _too_far(known, points.grain, periods[-1]))
    ahead = Ahead(
        points, first, end, periods, found, at_target, None, notes, None, too_far,
        bounds or (None, None),
    )  # fmt: skip
    return _aimed(project, ahead, target)


def _too_far(known: int, grain: str, last: dt.date) -> str:
    spoken = f"{grain.replace('_', ' ')}{'s' * (known != 1)}"
    return f"too far ahead for {known} known {spoken}: nothing is told beyond {last:%d %B %Y}"


def season_of(grain: str) -> int:
    """How many periods a season has at a grain; 1 for none."""
    return SEASONS.get(grain.removeprefix("fiscal_"), 1)


# ── what is known of the way there ───────────────────────────────────────────────────────────


def brought_to_level(values: Floats, breaks: Sequence[int]) -> tuple[Floats, tuple[str, ...]]:
    """The values with those before each break moved to the level after it, and what was done.

    What a locked phase leaves behind is its level; seasons and scatter are kept. Where all values
    are above 0 it is a factor, otherwise a step, between the medians of up to a dozen values on
    both sides. A phase with fewer than three values moves nothing: its level is hardly known.

    >>> brought_to_level(np.array([9.0, 10, 11, 19, 20, 21]), [3])[0].tolist()
    [18.0, 20.0, 22.0, 19.0, 20.0, 21.0]
    """
    moved, notes = values.copy(), []
    for at in sorted((one for one in breaks if 0 < one < values.size), reverse=True):
        before, after = (part[~np.isnan(part)] for part in (moved[:at], moved[at:]))
        before, after = before[-NEAR_BREAK:], after[:NEAR_BREAK]
        if after.size < FEWEST_AFTER or before.size < FEWEST_AFTER:
            notes.append(f"the phase with {after.size} values is too young to set a level")
            continue
        old, new = float(np.median(before)), float(np.median(after))
        if min(float(np.nanmin(moved)), old, new) > 0:
            moved[:at] *= new / old
        else:
            moved[:at] += new - old
    if not np.array_equal(moved, values, equal_nan=True):
        notes.append("values before a locked phase are brought to its level")
    return moved, tuple(notes)


def widened(
    found: Forecast, known: int, bounds: tuple[float | None, float | None] | None
) -> tuple[Forecast, tuple[str, ...]]:
    """The forecast with wider ranges beyond the length of its history, and what was done."""
    beyond = np.maximum(np.arange(1, found.mean.size + 1) / max(known, 1) - 1, 0.0)
    if not beyond.any():
        return found, ()
    factor = 1 + WIDER * beyond
    low, high = bounds or (None, None)

    def wide(values: Floats) -> Floats:
        return np.clip(found.mean + factor * (values - found.mean), low, high)

    note = f"it looks further ahead than {known} known values reach back: ranges are wide there"
    return replace(
        found,
        lower={level: wide(ends) for level, ends in found.lower.items()},
        upper={level: wide(ends) for level, ends in found.upper.items()},
        paths=wide(found.paths),
    ), (note,)


def _so_far(project: Project, points: PackedSeries, end: int, steps: int) -> Floats:
    """Per period ahead what it holds already, where figures only add up; else minus infinity."""
    held = np.full(steps, -np.inf)
    metric = project.metrics[points.metric]
    rising = isinstance(metric, Simple) and metric.agg in (*COUNTED, "sum")
    known = np.asarray(points.values)
    if not rising or (known[~np.isnan(known)] < 0).any():
        return held
    running = known[end : end + steps]
    held[: running.size] = np.where(np.isnan(running), -np.inf, running)
    return held


def _at_least(found: Forecast, floor: Floats) -> Forecast:
    """The forecast where each period holds what it holds already."""
    if not np.isfinite(floor).any():
        return found
    return replace(
        found,
        mean=np.maximum(found.mean, floor),
        lower={level: np.maximum(ends, floor) for level, ends in found.lower.items()},
        upper={level: np.maximum(ends, floor) for level, ends in found.upper.items()},
        paths=np.maximum(found.paths, floor),
    )


# ── the target ───────────────────────────────────────────────────────────────────────────────


def _aimed(project: Project, ahead: Ahead, target: TargetPath | None) -> Ahead:
    """The forecast with the spread of what the target is about."""
    good = project.metrics[ahead.points.metric].good
    if unknown(target, good) is not None or target is None or ahead.found is None:
        return ahead
    at, paths = ahead.at_target, ahead.found.paths
    if target.over == "last" or target.since is None:
        if at is None:
            return ahead
        return replace(ahead, aim=Aim(target.value, str(good), Spread.of(paths[:, at]), at, at))
    return _over_all(project, ahead, target, str(good))


def _over_all(project: Project, ahead: Ahead, target: TargetPath, good: str) -> Ahead:
    """The same for a target over the sum or mean of periods, of which some may be known."""
    assert ahead.found is not None
    assert target.since is not None
    points, grain = ahead.points, ahead.points.grain
    within = inside(target.since, target.by or target.since, grain, reckoning_of(project))
    places = {day: at for at, day in enumerate(ahead.periods)}
    coming = [places[one.start] for one in within if one.start in places]
    last = points.periods[ahead.end - 1].item()
    past = [one.start for one in within if one.start <= last]
    if len(coming) + len(past) < len(within):
        return ahead if ahead.too_far else replace(ahead, too_far="the target's date has passed")
    if not coming:
        return ahead
    held = dict(zip(points.periods.tolist(), points.values.tolist(), strict=True))
    known = [held.get(day, np.nan) for day in past]
    missing = sum(1 for value in known if np.isnan(value))
    if missing:
        why = f"{missing} of its periods have no figure"
        return replace(ahead, too_far=why)
    weight = 1 / len(within) if target.over == "mean" else 1.0
    value = target.total if target.total is not None else target.value
    came = weight * float(sum(known))
    told = came + weight * ahead.found.paths[:, coming].sum(axis=1)
    aim = Aim(value, good, Spread.of(told), coming[0], coming[-1], came, weight)
    return replace(ahead, aim=aim, at_target=coming[-1])


def _steps(last: Period, target: TargetPath | None, horizon: int | None) -> tuple[int, int | None]:
    """How many periods to look ahead, and the place of the target's period among them."""
    usual = USUAL.get(last.grain.removeprefix("fiscal_"), 6)
    if target is None or target.by is None or target.by <= last.end:
        return horizon or usual, None
    count, period = 0, last
    while period.end < target.by and count < FURTHEST:
        period, count = period.next(), count + 1
    return max(count, horizon or 0), count - 1


def _periods(last: Period, steps: int) -> tuple[dt.date, ...]:
    found = []
    for _ in range(steps):
        last = last.next()
        found.append(last.start)
    return tuple(found)
