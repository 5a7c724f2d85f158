"""A series judged: limits, signals, and one verdict in the exact words of the board."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sameboat.analysis.signals import Chart, xmr
from sameboat.analysis.signals import Phase as Stretch
from sameboat.errors import SameboatError
from sameboat.project.model import Between
from sameboat.questions.series import Break, Phase, Series, SignalPoint, State, TargetPath, Verdict
from sameboat.store.packing import PackedSeries

Floats = npt.NDArray[np.float64]


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
    changes: Sequence[Break] = (),
    target: TargetPath | None = None,
    stale_since: dt.date | None = None,
) -> Judged:
    """The series and its verdict; a stale one is drawn and not judged.

    A new phase begins at each of `breaks` and where `changes` say that another version of the
    definition does: points on both sides are never compared.
    """
    series = replace(plain_series(points, label=label, unit=unit), breaks=tuple(changes))
    breaks = tuple(sorted({*breaks, *(change.index for change in changes)}))
    used = usable(points)
    if stale_since is not None:
        drawn = _with_limits(series, points, used, baseline, breaks)
        return Judged(drawn, stale_verdict(stale_since))
    nothing = _not_judged(points, used)
    if nothing is not None:
        return Judged(series, nothing)
    try:
        found = xmr(used, baseline=baseline, breaks=inside(breaks, used), good=_wanted(good))
    except SameboatError as error:
        return Judged(series, Verdict("too-few", f"Too few to say: {error.why}"))
    drawn = _drawn(series, found)
    match found.verdict:
        case "signal":
            return _signal(drawn, points, found)
        case "routine":
            return Judged(drawn, _routine(found, good, target))
        case "incomplete" | "stale":
            return Judged(drawn, Verdict("incomplete", "Not complete yet"))
    return Judged(drawn, Verdict("too-few", f"Too few to say: {_counted(used, changes)}"))


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


def _not_judged(points: PackedSeries, used: Floats) -> Verdict | None:
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


def _drawn(series: Series, found: Chart) -> Series:
    """The series with the limits that were found."""
    return replace(
        series,
        phases=tuple(
            Phase(p.first, p.last, p.centre, p.lower, p.upper)
            for p in found.phases
            if p.centre is not None and p.lower is not None and p.upper is not None
        ),
        signals=tuple(
            SignalPoint(s.index, s.words(f"{_spoken(series.grain)}s")) for s in found.signals
        ),
        moving_range=_optional(found.moving_range),
        moving_range_limit=found.moving_range_limit,
    )


def _with_limits(
    series: Series, points: PackedSeries, used: Floats, baseline: int | None,
    breaks: Sequence[int],
) -> Series:  # fmt: skip
    try:
        return _drawn(series, xmr(used, baseline=baseline, breaks=inside(breaks, used)))
    except SameboatError:
        return series


def _routine(found: Chart, good: object, target: TargetPath | None) -> Verdict:
    if target is not None and _beyond(target.value, found.phases[-1], good):
        return Verdict("short", "Routine, short of target")
    return Verdict("routine", "Routine: no action")


def _beyond(value: float, phase: Stretch, good: object) -> bool:
    """Whether a target lies on or beyond the limits, on the good side."""
    if good == "up":
        return phase.upper is not None and value >= phase.upper
    if good == "down":
        return phase.lower is not None and value <= phase.lower
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
