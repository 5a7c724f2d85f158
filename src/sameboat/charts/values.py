"""What charts are drawn from: plain values, oldest first."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

from sameboat.charts.svg import known
from sameboat.charts.timeline import plain

Role = Literal["worse", "better", "neutral"]

SHOWN = {"day": 60, "week": 26, "month": 24, "quarter": 16, "year": 12}
"""How many periods a small chart shows at most."""


@dataclass(frozen=True)
class Line:
    """One metric over time; a missing value is None, an incomplete period is marked."""

    label: str
    unit: str | None
    grain: str
    periods: tuple[dt.date, ...]  # the first day of each
    values: tuple[float | None, ...]
    complete: tuple[bool, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", known(self.values))

    def is_complete(self, index: int) -> bool:
        return self.complete[index] if index < len(self.complete) else True

    @property
    def latest(self) -> int | None:
        """Index of the last complete point that has a value, or None."""
        for index in range(len(self.values) - 1, -1, -1):
            if self.values[index] is not None and self.is_complete(index):
                return index
        return None

    @property
    def first_shown(self) -> int:
        """The index of the first point that a small chart shows."""
        return self.first_of_last(SHOWN.get(plain(self.grain), 26))

    def first_of_last(self, count: int) -> int:
        """The index where the last `count` periods begin."""
        return max(0, len(self.values) - count)


@dataclass(frozen=True)
class Limits:
    """Centre and limits of a stretch; `first` and `last` are indices, both inside it."""

    first: int
    last: int
    centre: float
    lower: float
    upper: float
    label: str | None = None
    steps: tuple[tuple[float, float, float] | None, ...] = ()
    """Centre, lower and upper of each point, where they differ; None where a point has none."""


@dataclass(frozen=True)
class Mark:
    """A point that a rule singled out, and what it means for the mission."""

    index: int
    role: Role


@dataclass(frozen=True)
class Target:
    """Where the line should be, by when, and the path that leads there."""

    value: float
    by: dt.date | None = None
    path: tuple[tuple[dt.date, float], ...] = ()
    now: float | None = None
    high: float | None = None  # the upper end of a band, whose lower one is the value

    @property
    def levels(self) -> tuple[float, ...]:
        """The target's value, or both ends of its band."""
        return (self.value,) if self.high is None else (self.value, self.high)


@dataclass(frozen=True)
class Event:
    """Something declared that happened: a number in a circle, a name, what was seen of it."""

    number: int
    at: dt.date
    label: str
    note: str | None = None


@dataclass(frozen=True)
class Proposal:
    """A point at which a new regime seems to begin, in few words and in a sentence."""

    index: int
    label: str
    words: str


@dataclass(frozen=True)
class Process:
    """A line with everything that a process behaviour chart says of it."""

    line: Line
    limits: tuple[Limits, ...] = ()
    marks: tuple[Mark, ...] = ()
    target: Target | None = None
    stale: bool = False
    since: dt.date | None = None  # from when on a stale line is not known
    note: str | None = None  # words at the signal points
    events: tuple[Event, ...] = ()
    ranges: tuple[float | None, ...] = ()  # from one point to the next
    range_limit: float | None = None
    proposals: tuple[Proposal, ...] = ()  # changes of regime that nobody has declared
    roles: dict[int, Role] = field(init=False, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ranges", known(self.ranges))
        object.__setattr__(self, "roles", {mark.index: mark.role for mark in self.marks})
