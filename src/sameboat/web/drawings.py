"""Answers become what charts are drawn from: a series with its verdict, a target, events."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sameboat.charts.values import (
    Event,
    Limits,
    Line,
    Mark,
    Process,
    Proposal,
    Role,
    Target,
)
from sameboat.questions.phases import PhaseProposal
from sameboat.questions.series import Happening, Series, TargetPath, Verdict


def line_of(series: Series, *, label: str | None = None) -> Line:
    """The line of a series."""
    return Line(
        label or series.label, series.unit, series.grain, series.periods, series.values,
        series.complete,
    )  # fmt: skip


def last_of(series: Series, count: int) -> Line:
    """The line of a series' last `count` points."""
    line = line_of(series)
    first = line.first_of_last(count)
    return Line(
        line.label, line.unit, line.grain, line.periods[first:], line.values[first:],
        line.complete[first:],
    )  # fmt: skip


def process_of(
    series: Series,
    *,
    label: str,
    verdict: Verdict,
    good: str | None,
    target: TargetPath | None = None,
    happenings: Sequence[Happening] = (),
    since: dt.date | None = None,
    proposed: Sequence[PhaseProposal] = (),
) -> Process:
    """A series with its phases, signals, target and events; `since` is when it went stale."""
    return Process(
        line=line_of(series, label=label),
        limits=tuple(
            Limits(
                p.first,
                p.last,
                p.centre,
                p.lower,
                p.upper,
                p.label,
                tuple(
                    None if band is None else (band.centre, band.lower, band.upper)
                    for band in series.limits[p.first : p.last + 1]
                ),
            )
            for p in series.phases
        ),
        marks=tuple(
            Mark(index, role_of(series, index, verdict=verdict, good=good))
            for index in sorted({signal.index for signal in series.signals})
        ),
        target=target_of(target),
        stale=verdict.state == "stale",
        since=since,
        note=words_after_colon(verdict) if verdict.is_signal else None,
        events=tuple(
            Event(number, happening.at, happening.label, happening.note)
            for number, happening in enumerate(happenings, start=1)
        ),
        ranges=series.moving_range,
        range_limit=series.moving_range_limit,
        proposals=tuple(
            Proposal(one.index, f"{one.label}?", one.words.rstrip(".")) for one in proposed
        ),
    )


def target_of(target: TargetPath | None) -> Target | None:
    """The target as charts take it."""
    if target is None:
        return None
    return Target(target.value, target.by, target.path, target.now, target.high)


def role_of(series: Series, index: int, *, verdict: Verdict, good: str | None) -> Role:
    """What a signal point means for the mission.

    Above the centre is better where up is good and worse where down is. Where neither is
    good as such, only the latest run takes the verdict's meaning.
    """
    value = series.values[index]
    phase = series.band_at(index)
    if value is None or phase is None or good not in ("up", "down"):
        return _of_verdict(series, index, verdict)
    above = value > phase.centre
    return "better" if above == (good == "up") else "worse"


def _of_verdict(series: Series, index: int, verdict: Verdict) -> Role:
    fired = {signal.index for signal in series.signals}
    latest = series.latest
    if latest is None or not all(at in fired for at in range(index, latest + 1)):
        return "neutral"
    if verdict.state == "worse":
        return "worse"
    return "better" if verdict.state == "better" else "neutral"


def words_after_colon(verdict: Verdict) -> str | None:
    """What a signal says, without its head: '8 weeks below centre'."""
    _, _, words = verdict.words.partition(": ")
    return words or None


def shown(series: Series) -> range:
    """Indices of the points that a small chart draws."""
    return range(line_of(series).first_shown, len(series.values))
