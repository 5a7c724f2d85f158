"""A KPI's line over time and what is said of it: the values that board, page and terminal show."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Literal

State = Literal[
    "worse", "better", "routine", "short", "stale", "too-few", "incomplete", "undefined"
]


@dataclass(frozen=True)
class Verdict:
    """One plain verdict: a state for shape and colour, and the exact words beside it."""

    state: State
    words: str

    @property
    def is_signal(self) -> bool:
        return self.state in ("worse", "better")


@dataclass(frozen=True)
class Phase:
    """A stretch with limits of its own; `first` and `last` are indices into the series."""

    first: int
    last: int
    centre: float
    lower: float
    upper: float
    label: str | None = None
    likely: tuple[float, float] | None = None  # what to expect of it if its noise is normal


@dataclass(frozen=True)
class Band:
    """Centre and limits of one point."""

    centre: float
    lower: float
    upper: float


@dataclass(frozen=True)
class SignalPoint:
    """A point that a rule singled out, in words that a reader knows."""

    index: int
    rule: str


@dataclass(frozen=True)
class Break:
    """Where another version of the definition begins: from `index` on points are judged apart."""

    index: int
    at: dt.date
    label: str  # "Version 3 of the definition"
    why: str | None = None


@dataclass(frozen=True)
class Happening:
    """A declared event on the series: what it was and what was seen of it."""

    label: str
    at: dt.date
    note: str | None = None
    why: str | None = None  # the reason for which it begins a phase


@dataclass(frozen=True)
class Series:
    """Points of one metric at one grain, oldest first; `reasons` says why a value is missing."""

    metric: str
    label: str
    unit: str | None
    grain: str
    periods: tuple[dt.date, ...]
    values: tuple[float | None, ...]
    numerator: tuple[float | None, ...] | None = None
    denominator: tuple[float | None, ...] | None = None
    n: tuple[int | None, ...] | None = None
    complete: tuple[bool, ...] = ()
    reasons: tuple[str | None, ...] = ()
    phases: tuple[Phase, ...] = ()
    signals: tuple[SignalPoint, ...] = ()
    moving_range: tuple[float | None, ...] = ()
    moving_range_limit: float | None = None
    breaks: tuple[Break, ...] = ()
    limits: tuple[Band | None, ...] = ()  # per point, where they differ within a phase
    notes: tuple[str, ...] = ()  # by what it was judged

    def between(self, start: int, end: int) -> Series:
        """The points from `start` up to and without `end`; limits and signals are cut with them."""
        part = slice(start, end)
        phases = tuple(
            replace(p, first=max(p.first, start) - start, last=min(p.last, end - 1) - start)
            for p in self.phases
            if p.last >= start and p.first < end
        )
        signals = (replace(s, index=s.index - start) for s in self.signals)
        breaks = (replace(b, index=b.index - start) for b in self.breaks)
        return replace(
            self,
            periods=self.periods[part],
            values=self.values[part],
            numerator=self.numerator and self.numerator[part],
            denominator=self.denominator and self.denominator[part],
            n=self.n and self.n[part],
            complete=self.complete[part],
            reasons=self.reasons[part],
            phases=phases,
            signals=tuple(s for s in signals if 0 <= s.index < end - start),
            moving_range=self.moving_range[part],
            limits=self.limits[part],
            breaks=tuple(b for b in breaks if 0 <= b.index < end - start),
        )

    def band_at(self, index: int) -> Band | None:
        """Centre and limits of one point: its own, or those of its phase; None without limits.

        Points that are not complete yet come after those that were judged, and have none.
        """
        if self.limits:
            return self.limits[index] if index < len(self.limits) else None
        phase = next((p for p in self.phases if p.first <= index <= p.last), None)
        return None if phase is None else Band(phase.centre, phase.lower, phase.upper)

    @property
    def begins_inside(self) -> bool:
        """Whether the first period is not complete because the first rows lie inside it."""
        return bool(self.complete) and not self.complete[0] and any(self.complete)

    @property
    def latest(self) -> int | None:
        """Index of the last complete point that has a value, or None."""
        for index in range(len(self.values) - 1, -1, -1):
            if self.values[index] is not None and (not self.complete or self.complete[index]):
                return index
        return None


@dataclass(frozen=True)
class TargetPath:
    """Where the KPI should be, by when, and what the path says for the latest period."""

    value: float
    by: dt.date | None
    path: tuple[tuple[dt.date, float], ...]
    now: float | None
    kind: Literal["path", "steps", "metric", "band"] = "path"
    high: float | None = None
    """The upper end of a band, whose lower one is `value`."""
    source: str | None = None
    """The metric that gives the target of each period, by its title; or over what it is meant."""
    over: Literal["last", "sum", "mean"] = "last"
    """What is to reach it: the last period, or the sum or mean of all since `since`."""
    since: dt.date | None = None
    total: float | None = None
    """Of a sum what all periods are to make; `value` is then the even share of each."""

    def held(self, value: float) -> bool | None:
        """Whether a value lies in the band; None for a target that is no band."""
        return None if self.high is None else self.value <= value <= self.high


@dataclass(frozen=True)
class Chance:
    """The chance to hit the target; without a value, `reason` says why it is not known."""

    value: float | None
    reason: str | None = None


@dataclass(frozen=True)
class Pull:
    """A team and the lever that it moves."""

    team: str
    team_label: str
    lever: str | None
    lever_label: str | None
