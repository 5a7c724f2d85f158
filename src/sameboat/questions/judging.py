"""A series judged: limits, signals, and one verdict in the exact words of the board."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sameboat.analysis.seasons import seasonality
from sameboat.analysis.signals import Chart, xmr
from sameboat.analysis.signals import Phase as Stretch
from sameboat.errors import SameboatError
from sameboat.project.model import Between
from sameboat.questions.bounds import Bounds
from sameboat.questions.grounds import SEASONS, Grounds
from sameboat.questions.series import (
    Band,
    Break,
    Phase,
    Series,
    SignalPoint,
    State,
    TargetPath,
    Verdict,
)
from sameboat.store.packing import PackedSeries

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
    """A series with its limits, and what is said of its latest point.

    `notes` say by what it was judged: its season, its denominators, what was left out.
    """

    series: Series
    verdict: Verdict
    since: dt.date | None = None  # the first period of the signal
    centre: float | None = None  # what the signal departs from
    notes: tuple[str, ...] = ()
    chance: float | None = None  # how often chance alone shows the like; None where not a signal


def judge(
    points: PackedSeries,
    *,
    label: str,
    unit: str | None,
    good: object = None,
    baseline: int | None = None,
    breaks: Sequence[int] = (),
    changes: Sequence[Break] = (),
    target: TargetPath | None = None,
    stale_since: dt.date | None = None,
    grounds: Grounds | None = None,
) -> Judged:
    """The series and its verdict; a stale one is drawn and not judged.

    A new phase begins at each of `breaks` and where `changes` say that another version of the
    definition does: points on both sides are never compared. `grounds` say how many cases each
    point rests on and which points are left out. A season is taken out where the points show one.
    """
    grounds = grounds or Grounds()
    series = replace(plain_series(points, label=label, unit=unit), breaks=tuple(changes))
    every = usable(points)
    used = grounds.without(every)
    asked = _Asked.of(points, used, grounds, baseline, (*breaks, *(c.index for c in changes)))
    if stale_since is not None:
        return Judged(_with_limits(series, asked, good), stale_verdict(stale_since))
    nothing = _not_judged(points, every, grounds)
    if nothing is not None:
        drawn = _with_limits(series, asked, good) if nothing.state == "stale" else series
        return Judged(drawn, nothing, notes=_left_out(grounds, len(every)))
    try:
        found, notes = asked.chart(good)
    except SameboatError as error:
        return Judged(series, Verdict("too-few", f"Too few to say: {error.why}"))
    notes = (*notes, *_begun_inside(points), *_left_out(grounds, len(every)))
    return replace(_said(_drawn(series, found, notes), points, found, good, target, changes),
                   notes=notes)  # fmt: skip


def _said(
    drawn: Series,
    points: PackedSeries,
    found: Chart,
    good: object,
    target: TargetPath | None,
    changes: Sequence[Break],
) -> Judged:
    match found.verdict:
        case "signal":
            return replace(_signal(drawn, points, found), chance=found.chance)
        case "routine":
            return Judged(drawn, _routine(found, good, target))
        case "incomplete" | "stale":
            return Judged(drawn, Verdict("incomplete", "Not complete yet"))
    why = found.why if found.baseline else _counted(found.values, changes)
    return Judged(drawn, Verdict("too-few", f"Too few to say: {why}"))


@dataclass(frozen=True, eq=False)
class _Asked:
    """What the chart of a series is asked with."""

    grain: str
    values: Floats
    cases: Floats | None
    baseline: int | None
    breaks: tuple[int, ...]
    bounds: Bounds
    counts: bool

    @classmethod
    def of(
        cls, points: PackedSeries, used: Floats, grounds: Grounds, baseline: int | None,
        breaks: Sequence[int],
    ) -> _Asked:  # fmt: skip
        cases = None if grounds.cases is None else grounds.cases[: len(used)]
        within = inside(sorted(set(breaks)), used)
        return cls(points.grain, used, cases, baseline, within, grounds.bounds, grounds.counts)

    def chart(self, good: object) -> tuple[Chart, tuple[str, ...]]:
        """The chart, and by what it was made; the season is taken out where there is one."""
        period = SEASONS.get(self.grain.removeprefix("fiscal_"))
        season, notes = None, []
        if period is not None and seasonality(self.values, period, breaks=self.breaks).found:
            season = period
        found = self._xmr(good, season)
        if season is not None and found.verdict == "too-few":
            season, found = None, self._xmr(good, None)
        if season is not None:
            notes.append(f"A season of {season} {_spoken(self.grain)}s was taken out first.")
        if self.cases is not None:
            notes.append("Limits are wider where fewer cases stand behind a point.")
        return found, (*notes, *found.notes)

    def _xmr(self, good: object, season: int | None) -> Chart:
        return xmr(
            self.values, n=self.cases, baseline=self.baseline, breaks=self.breaks,
            season=season, good=_wanted(good), bounds=self.bounds,
            counts=self.counts,
        )  # fmt: skip


def _left_out(grounds: Grounds, count: int) -> tuple[str, ...]:
    return tuple(
        f"Left out of limits and verdict: {one.label}, from {day_month(one.since)}."
        for one in grounds.left_out
        if one.first < count
    )


def _begun_inside(points: PackedSeries) -> tuple[str, ...]:
    """What is said of a first period in which the rows begin later than usual."""
    if points.complete[0] or not points.complete.any():
        return ()
    noun = _spoken(points.grain)
    return (f"Left out of limits and verdict: the first {noun}, since its rows begin inside it.",)


def _counted(used: Floats, changes: Sequence[Break]) -> str:
    """How many points there are to judge by: those since the last change of the definition."""
    last = max((c for c in changes if 0 < c.index < len(used)), key=_index, default=None)
    if last is None:
        return f"n = {np.isfinite(used).sum()}"
    since = last.label[:1].lower() + last.label[1:]
    return f"n = {np.isfinite(used[last.index :]).sum()} since {since}"


def _index(change: Break) -> int:
    return change.index


def inside(breaks: Sequence[int], used: Floats) -> tuple[int, ...]:
    """The breaks that lie inside the points judged."""
    return tuple(index for index in breaks if 0 < index < len(used))


def _wanted(good: object) -> str | tuple[float, float] | None:
    """Which way is good, as the chart wants to know it."""
    if isinstance(good, Between):
        return good.between
    return good if isinstance(good, str) else None


def stale_verdict(since: dt.date) -> Verdict:
    """The verdict on data that stopped coming."""
    return Verdict("stale", f"Stale since {day_month(since)}: not judged")


def usable(points: PackedSeries) -> Floats:
    """The values up to the last complete period; incomplete periods inside are NaN."""
    complete = np.flatnonzero(points.complete)
    if not len(complete):
        return np.array([])
    values = np.where(points.complete, points.values, np.nan)
    return values[: complete[-1] + 1]


def plain_series(points: PackedSeries, *, label: str, unit: str | None) -> Series:
    """Points as pages show them, without limits."""
    return Series(
        metric=points.metric,
        label=label,
        unit=unit,
        grain=points.grain,
        periods=tuple(day.item() for day in points.periods),
        values=_optional(points.values),
        numerator=None if points.numerator is None else _optional(points.numerator),
        denominator=None if points.denominator is None else _optional(points.denominator),
        n=None if points.n is None else tuple(
            None if v is None else int(v) for v in _optional(points.n)
        ),
        complete=tuple(bool(c) for c in points.complete),
        reasons=points.reasons or (),
    )  # fmt: skip


def _optional(values: Floats) -> tuple[float | None, ...]:
    return tuple(None if np.isnan(v) else float(v) for v in values)


def _not_judged(points: PackedSeries, used: Floats, grounds: Grounds) -> Verdict | None:
    """The verdict where there is nothing to judge."""
    if not len(points):
        return Verdict("too-few", "Too few to say: n = 0")
    if not len(used):
        return Verdict("incomplete", "Not complete yet")
    last = len(used) - 1
    broken = [one.since for one in grounds.left_out if one.first <= last <= one.last]
    if broken:
        return stale_verdict(min(broken))
    if np.isnan(used[-1]):
        reasons = points.reasons or ()
        reason = reasons[len(used) - 1] if len(reasons) >= len(used) else None
        return Verdict("undefined", f"Undefined: {reason or 'no value'}")
    return None


def _drawn(series: Series, found: Chart, notes: tuple[str, ...] = ()) -> Series:
    """The series with the limits that were found."""
    return replace(
        series,
        phases=tuple(
            Phase(p.first, p.last, p.centre, p.lower, p.upper, likely=p.likely)
            for p in found.phases
            if p.centre is not None and p.lower is not None and p.upper is not None
        ),
        signals=tuple(
            SignalPoint(s.index, s.words(f"{_spoken(series.grain)}s")) for s in found.signals
        ),
        moving_range=_optional(found.moving_range),
        moving_range_limit=found.moving_range_limit,
        limits=_limits(found),
        notes=notes,
    )


def _limits(found: Chart) -> tuple[Band | None, ...]:
    """Centre and limits of each point, where they are not those of the whole phase."""
    lines = np.column_stack([found.centre, found.lower, found.upper])
    for phase in found.phases:
        own = lines[phase.first : phase.last + 1]
        own = own[np.isfinite(own[:, 0])]
        if len(own) and np.ptp(own, axis=0).max() > 1e-9 * max(1e-12, np.abs(own).max()):
            return tuple(
                Band(float(c), float(low), float(up)) if np.isfinite(c) else None
                for c, low, up in lines
            )
    return ()


def _with_limits(series: Series, asked: _Asked, good: object) -> Series:
    try:
        return _drawn(series, *asked.chart(good))
    except SameboatError:
        return series


def _routine(found: Chart, good: object, target: TargetPath | None) -> Verdict:
    if target is not None and _beyond(target, found.phases[-1], good):
        return Verdict("short", "Routine, short of target")
    return Verdict("routine", "Routine: no action")


def _beyond(target: TargetPath, phase: Stretch, good: object) -> bool:
    """Whether a target lies beyond what to expect, on the good side, or all of a band does."""
    value = target.value
    low, high = phase.likely or (phase.lower, phase.upper)
    if target.high is not None:
        above = high is not None and value >= high
        return above or (low is not None and target.high <= low)
    if good == "up":
        return high is not None and value >= high
    if good == "down":
        return low is not None and value <= low
    return False


def _spoken(grain: str) -> str:
    """A grain as a sentence says it: `fiscal quarter`."""
    return grain.replace("_", " ")


def _signal(series: Series, points: PackedSeries, found: Chart) -> Judged:
    """The signal in words: which side, for how long, and whether that is worse or better."""
    signal = found.headline
    assert signal is not None, "a chart with the verdict signal names it"
    what = signal.words(f"{_spoken(points.grain)}s")
    since = points.periods[signal.first].item()
    if not found.ongoing:
        what += f", {_spoken(points.grain)} of {day_month(points.periods[signal.last].item())}"
    centre = float(found.centre[signal.first])
    if found.better is None:
        verdict = Verdict("worse", f"Signal: {what}; which way is good is not declared")
    else:
        state: State = "better" if found.better else "worse"
        verdict = Verdict(state, f"Signal, {state}: {what}")
    return Judged(series, verdict, since, centre)


def day_month(day: dt.date) -> str:
    """A day as people say it in a sentence: 26 Oct."""
    return f"{day.day} {day:%b}"
