"""Periods along the horizontal axis: where a day stands, and which days get a label."""

from __future__ import annotations

import bisect
import datetime as dt
from dataclasses import dataclass

DAYS = {"week": 7.0, "month": 30.4375, "quarter": 91.3125, "year": 365.25}
"""The mean length of a period in days; every finer grain counts as a day."""


def plain(grain: str) -> str:
    """The length that a grain has, whichever month its year begins with.

    >>> plain("fiscal_quarter")
    'quarter'
    """
    return grain.removeprefix("fiscal_")


def count_of(grain: str, count: int) -> str:
    """A number of periods in words.

    >>> count_of("week", 1), count_of("fiscal_quarter", 4)
    ('1 week', '4 fiscal quarters')
    """
    return f"{count} {grain.replace('_', ' ')}{'' if count == 1 else 's'}"


@dataclass(frozen=True)
class Timeline:
    """Evenly spaced periods, by the first day of each; the middle of period i stands at i."""

    periods: tuple[dt.date, ...]
    grain: str

    def position(self, day: dt.date) -> float:
        """Where a day stands, in periods; outside the line by the grain's mean length.

        >>> weeks = Timeline((dt.date(2026, 10, 12), dt.date(2026, 10, 19)), "week")
        >>> weeks.position(dt.date(2026, 10, 19))
        0.5
        >>> weeks.position(dt.date(2026, 11, 2))
        2.5
        """
        length = DAYS.get(plain(self.grain), 1.0)
        index = bisect.bisect_right(self.periods, day) - 1
        if index < 0:
            return -0.5 - (self.periods[0] - day).days / length
        start = self.periods[index]
        if index + 1 < len(self.periods):
            length = (self.periods[index + 1] - start).days or 1.0
        return index - 0.5 + (day - start).days / length


def months(first: dt.date, last: dt.date, *, step: int) -> tuple[dt.date, ...]:
    """First days of the months between two days, every `step`-th one counted from January.

    >>> [str(day) for day in months(dt.date(2026, 5, 4), dt.date(2026, 11, 1), step=3)]
    ['2026-07-01', '2026-10-01']
    """
    found: list[dt.date] = []
    serial = first.year * 12 + first.month - 1 + (first.day > 1)
    while True:
        if serial % step == 0:
            day = dt.date(serial // 12, serial % 12 + 1, 1)
            if day > last:
                return tuple(found)
            found.append(day)
        serial += 1
        if serial // 12 > last.year:
            return tuple(found)


def mondays(first: dt.date, last: dt.date, *, step: int) -> tuple[dt.date, ...]:
    """Every `step`-th Monday between two days, for lines of a few weeks.

    >>> [str(day) for day in mondays(dt.date(2026, 10, 1), dt.date(2026, 10, 20), step=1)]
    ['2026-10-05', '2026-10-12', '2026-10-19']
    """
    day = first + dt.timedelta(days=-first.weekday() % 7)
    found: list[dt.date] = []
    while day <= last:
        found.append(day)
        day += dt.timedelta(weeks=step)
    return tuple(found)


def last_day(first: dt.date, grain: str) -> dt.date:
    """The last day of the period that begins on `first`.

    >>> last_day(dt.date(2026, 10, 19), "week"), last_day(dt.date(2026, 2, 1), "month")
    (datetime.date(2026, 10, 25), datetime.date(2026, 2, 28))
    """
    if grain == "week":
        return first + dt.timedelta(days=6)
    span = {"month": 1, "quarter": 3, "year": 12}.get(plain(grain))
    if span is None:
        return first
    serial = first.year * 12 + first.month - 1 + span
    return dt.date(serial // 12, serial % 12 + 1, 1) - dt.timedelta(days=1)
