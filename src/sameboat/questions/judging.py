"""A series judged: limits, signals, and one verdict in the exact words of the board."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sameboat.analysis.signals import xmr
from sameboat.errors import SameboatError
from sameboat.project.model import Between
from sameboat.questions.series import Phase, Series, SignalPoint, TargetPath, Verdict
from sameboat.store.packing import PackedSeries

RUN_SAID = 8
"""From how many points on one side of the centre a run is said before a single point."""


@dataclass(frozen=True)
class Judged:
    """A series with its limits, and what is said of its latest point."""

    series: Series
    verdict: Verdict
    since: dt.date | None = None  # the first period of the signal
    centre: float | None = None  # what the signal departs from


def judge(
    points: PackedSeries,
    *,
    label: str,
    unit: str | None,
    good: object = None,
    baseline: int | None = None,
    breaks: Sequence[int] = (),
    target: TargetPath | None = None,
    stale_since: dt.date | None = None,
) -> Judged:
    """The series and its verdict; a stale one is drawn and not judged."""
    series = plain_series(points, label=label, unit=unit)
    used = usable(points)
    if stale_since is not None:
        drawn = _with_limits(series, points, used, baseline, breaks)
        return Judged(drawn, stale_verdict(stale_since))
    nothing = _not_judged(points, used)
    if nothing is not None:
        return Judged(series, nothing)
    try:
        found = xmr(used, baseline=baseline, breaks=tuple(breaks))
    except SameboatError as error:
        return Judged(series, Verdict("too-few", f"Too few to say: {error.why}"))
    drawn = _drawn(series, found)
    if found.verdict == "too-few":
        count = int(np.isfinite(used).sum())
        return Judged(drawn, Verdict("too-few", f"Too few to say: n = {count}"))
    if found.verdict != "signal":
        return Judged(drawn, _routine(found, good, target))
    return _signal(drawn, points, used, found, good)


def stale_verdict(since: dt.date) -> Verdict:
    """The verdict on data that stopped coming."""
    return Verdict("stale", f"Stale since {day_month(since)}: not judged")


def usable(points: PackedSeries) -> np.ndarray:
    """The values of complete periods up to the last complete one; incomplete ones inside are NaN."""
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


def _optional(values: np.ndarray) -> tuple[float | None, ...]:
    return tuple(None if np.isnan(v) else float(v) for v in values)


def _not_judged(points: PackedSeries, used: np.ndarray) -> Verdict | None:
    """The verdict where there is nothing to judge."""
    if not len(points):
        return Verdict("too-few", "Too few to say: n = 0")
    if not len(used):
        return Verdict("incomplete", "Not complete yet")
    if np.isnan(used[-1]):
        reasons = points.reasons or ()
        reason = reasons[len(used) - 1] if len(reasons) >= len(used) else None
        return Verdict("undefined", f"Undefined: {reason or 'no value'}")
    return None


def _drawn(series: Series, found: object) -> Series:
    """The series with the limits that were found."""
    return replace(
        series,
        phases=tuple(
            Phase(p.first, p.last, float(p.centre), float(p.lower), float(p.upper))
            for p in found.phases  # type: ignore[attr-defined]
        ),
        signals=tuple(
            SignalPoint(s.index, s.rule)
            for s in found.signals  # type: ignore[attr-defined]
        ),
        moving_range=_optional(np.asarray(found.moving_range, dtype=float)),  # type: ignore[attr-defined]
        moving_range_limit=_float(found.moving_range_limit),  # type: ignore[attr-defined]
    )


def _float(value: object) -> float | None:
    return None if value is None or np.isnan(value) else float(value)  # type: ignore[arg-type,call-overload]


def _with_limits(
    series: Series, points: PackedSeries, used: np.ndarray, baseline: int | None,
    breaks: Sequence[int],
) -> Series:  # fmt: skip
    try:
        return _drawn(series, xmr(used, baseline=baseline, breaks=tuple(breaks)))
    except SameboatError:
        return series


def _routine(found: object, good: object, target: TargetPath | None) -> Verdict:
    phase = found.phases[-1]  # type: ignore[attr-defined]
    if target is not None and _beyond(target.value, phase, good):
        return Verdict("short", "Routine, short of target")
    return Verdict("routine", "Routine: no action")


def _beyond(value: float, phase: object, good: object) -> bool:
    """Whether a target lies on or beyond the limits, on the good side."""
    if good == "up":
        return bool(value >= phase.upper)  # type: ignore[attr-defined]
    if good == "down":
        return bool(value <= phase.lower)  # type: ignore[attr-defined]
    return False


def _signal(
    series: Series, points: PackedSeries, used: np.ndarray, found: object, good: object
) -> Judged:
    last = len(used) - 1
    phase = found.phases[-1]  # type: ignore[attr-defined]
    below = used[last] < phase.centre
    run = run_length(used, phase.centre, phase.first)
    if run >= RUN_SAID:
        grains = f"{points.grain}s"
        what = f"{run} {grains} {'below' if below else 'above'} centre"
        first = last - run + 1
    elif used[last] < phase.lower or used[last] > phase.upper:
        what = "below the lower limit" if below else "above the upper limit"
        first = last
    else:
        signals = [s for s in found.signals if s.index <= last]  # type: ignore[attr-defined]
        what = signals[-1].rule if signals else "outside what is routine"
        first = signals[-1].index if signals else last
    state = "worse" if _is_worse(float(used[last]), below, good) else "better"
    since = points.periods[first].item()
    verdict = Verdict(state, f"Signal, {state}: {what}")  # type: ignore[arg-type]
    return Judged(series, verdict, since, float(phase.centre))


def run_length(values: np.ndarray, centre: float, first: int) -> int:
    """How many of the latest points lie on the same side of the centre, missing ones passed over."""
    side = values[-1] < centre
    count = 0
    for value in values[first:][::-1]:
        if np.isnan(value):
            continue
        if value == centre or (value < centre) != side:
            break
        count += 1
    return count


def _is_worse(value: float, below: bool, good: object) -> bool:
    if isinstance(good, Between):
        low, high = good.between
        return not low <= value <= high
    return below != (good == "down")


def day_month(day: dt.date) -> str:
    """A day as people say it in a sentence: 26 Oct."""
    return f"{day.day} {day:%b}"
