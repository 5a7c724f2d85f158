"""Time along a large chart: what was, to scale, and what lies ahead, perhaps tighter."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from sameboat.charts.figures import day_month, full_day, month, month_year
from sameboat.charts.labels import Label, keep_clear
from sameboat.charts.scales import Scale
from sameboat.charts.timeline import Timeline, last_day, mondays, months
from sameboat.charts.values import Line

AHEAD_MOST = 0.36  # of the width, for the time up to the target
AHEAD_LEAST = 28.0
MONTH_STEPS = (1, 3, 6, 12, 24, 60, 120)
WEEK_STEPS = (1, 2, 4, 8, 16)
APART, CLOSE = 60.0, 44.0  # px between two labels at least; on a narrow chart
NARROW = 400.0
SHORT = 100  # days; under this, weeks get the labels


@dataclass(frozen=True)
class TimeAxis:
    """From positions in periods to pixels; beyond `turn` the second scale holds."""

    past: Scale
    turn: float
    ahead: Scale | None

    def __call__(self, position: float) -> float:
        if self.ahead is None or position <= self.turn:
            return self.past(position)
        return self.ahead(position)


def time_axis(first: int, last: int, *, until: float | None, left: float, right: float) -> TimeAxis:
    """The axis for the points from `first` to `last` between two edges.

    `until` is the position of the target, or None where nothing lies ahead. Time ahead is to
    the scale of the past unless that would squeeze the past below two thirds.
    """
    start, turn = first - 0.5, last + 0.5
    count = max(turn - start, 1.0)
    if until is None:
        return TimeAxis(Scale(start, start + count, left, right), turn, None)
    width = right - left
    to_come = max(until - turn, 0.0)
    wanted = width * to_come / (count + to_come)
    room = min(max(wanted, AHEAD_LEAST), AHEAD_MOST * width)
    edge = right - room
    past = Scale(start, start + count, left, edge)
    return TimeAxis(past, turn, Scale(turn, turn + max(to_come, 1e-9), edge, right))


def time_labels(
    timeline: Timeline, first: int, last: int, *, x: Callable[[float], float], y: float, locale: str
) -> list[Label]:
    """Labels of months (or, on short lines, of weeks) under the points, clear of each other."""
    if last < first:
        return []
    start, end = timeline.periods[first], last_day(timeline.periods[last], timeline.grain)
    room = x(last + 0.5) - x(first - 0.5)
    short = (end - start).days < SHORT and timeline.grain in ("day", "week")
    apart = CLOSE if room < NARROW else APART
    labels: list[Label] = []
    for step in WEEK_STEPS if short else MONTH_STEPS:
        texts = _weeks(start, end, step, locale) if short else _months(start, end, step, locale)
        labels = [_at(day, text, timeline, x, y) for day, text in texts]
        if len(labels) * apart <= room and len(keep_clear(labels)) == len(labels):
            break
    return list(keep_clear([label.within(0, x(last + 0.5) + CLOSE) for label in labels]))


def _weeks(start: dt.date, end: dt.date, step: int, locale: str) -> list[tuple[dt.date, str]]:
    return [(day, day_month(day, locale)) for day in mondays(start, end, step=step)]


def _months(start: dt.date, end: dt.date, step: int, locale: str) -> list[tuple[dt.date, str]]:
    """January and the first month carry the year."""
    days = months(start, end, step=step)
    return [
        (day, month_year(day, locale) if day.month == 1 or day == days[0] else month(day, locale))
        for day in days
    ]


def _at(
    day: dt.date, text: str, timeline: Timeline, x: Callable[[float], float], y: float
) -> Label:
    return Label(text, x(timeline.position(day)), y, "tk", "middle")


def period_name(day: dt.date, grain: str, locale: str) -> str:
    """What a period is called under a chart: the last day of a week, the name of a month.

    >>> period_name(dt.date(2026, 10, 19), "week", "en-GB")
    '25 Oct'
    """
    if grain == "month":
        return month(day, locale)
    if grain == "quarter":
        return f"Q{(day.month + 2) // 3} {day.year}"
    if grain == "year":
        return str(day.year)
    if grain.startswith("fiscal_"):
        return month_year(last_day(day, grain), locale)
    return day_month(last_day(day, grain), locale)


def dated_period(day: dt.date, grain: str, locale: str) -> str:
    """What a period is called where it stands alone: always with its year.

    >>> dated_period(dt.date(2026, 12, 28), "week", "en-GB")
    '3 Jan 2027'
    """
    if grain == "month":
        return month_year(day, locale)
    if grain in ("quarter", "year") or grain.startswith("fiscal_"):
        return period_name(day, grain, locale)
    return full_day(last_day(day, grain), locale)


def end_labels(line: Line, left: float, right: float, *, y: float, locale: str) -> list[Label]:
    """The names of the first and the last period at the two ends of a line."""
    if not line.periods:
        return []
    names = [
        month_year(day, locale) if line.grain == "month" else period_name(day, line.grain, locale)
        for day in (line.periods[0], line.periods[-1])
    ]
    return [Label(names[1], right, y, "tk", "end"), Label(names[0], left, y, "tk")]
