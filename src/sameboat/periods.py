"""Grains and spans of time, and the periods that people compare: days, weeks, fiscal quarters."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo

from sameboat.errors import UsageError, did_you_mean

GRAINS = (
    "nanosecond", "microsecond", "millisecond", "second", "minute", "hour",
    "day", "week", "month", "quarter", "year",
)  # fmt: skip
"""Standard grains, finest first."""

PERIOD_GRAINS = ("day", "week", "month", "quarter", "year", "fiscal_quarter", "fiscal_year")
"""The grains that a `Period` may have; a quarter and a year are those of the calendar."""

_MONTHS = {"month": 1, "quarter": 3, "year": 12, "fiscal_quarter": 3, "fiscal_year": 12}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_CLOCK = {
    "hour": dt.timedelta(hours=1),
    "minute": dt.timedelta(minutes=1),
    "second": dt.timedelta(seconds=1),
    "millisecond": dt.timedelta(milliseconds=1),
    "microsecond": dt.timedelta(microseconds=1),
}
_SPAN = re.compile(r"\s*(\d+)\s+([A-Za-z_]+?)s?\s*", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d", re.ASCII)

Moment = TypeVar("Moment", dt.date, dt.datetime)


@dataclass(frozen=True)
class Span:
    """A length of time as people say it: a count and a grain (`28 days`, `1 year`)."""

    count: int
    grain: str

    def __str__(self) -> str:
        return f"{self.count} {self.grain}{'' if self.count == 1 else 's'}"

    @classmethod
    def parse(cls, text: str) -> Span:
        """The span that a text names.

        >>> Span.parse("28 days")
        Span(count=28, grain='day')
        """
        match = _SPAN.fullmatch(text)
        if not match:
            raise UsageError("wrong-type", f"{text!r} is not a length of time such as '28 days'")
        return cls(int(match[1]), match[2].lower())


@dataclass(frozen=True)
class Reckoning:
    """How weeks, fiscal years and local days are counted.

    A fiscal year is named by the calendar year in which it starts or ends.
    """

    week_starts: Literal["monday", "sunday", "saturday"] = "monday"
    fiscal_start_month: int = 1
    named_by: Literal["start", "end"] = "end"
    zone: str = "UTC"

    def __post_init__(self) -> None:
        if self.week_starts not in ("monday", "sunday", "saturday"):
            raise UsageError("wrong-type", f"a week cannot start on {self.week_starts!r}")
        if self.fiscal_start_month not in range(1, 13):
            raise UsageError("wrong-type", f"{self.fiscal_start_month} is not a month")
        if self.named_by not in ("start", "end"):
            raise UsageError("wrong-type", "a fiscal year is named by its start or its end")

    @property
    def first_weekday(self) -> int:
        """The weekday on which a week starts; Monday is 0."""
        return _WEEKDAYS.index(self.week_starts)

    def fiscal_year_start(self, name: int) -> dt.date:
        """The first day of the fiscal year of that name.

        >>> Reckoning(fiscal_start_month=2).fiscal_year_start(2027)
        datetime.date(2026, 2, 1)
        """
        early = self.named_by == "end" and self.fiscal_start_month > 1
        return _day(name - early, self.fiscal_start_month)

    def fiscal_year_of(self, day: dt.date) -> int:
        """The name of the fiscal year that holds a day.

        >>> Reckoning(fiscal_start_month=2).fiscal_year_of(dt.date(2026, 1, 31))
        2026
        """
        late = self.named_by == "end" and self.fiscal_start_month > 1
        return day.year - (day.month < self.fiscal_start_month) + late


CALENDAR = Reckoning()
"""Weeks from Monday, fiscal years as calendar years, UTC."""


@dataclass(frozen=True)
class Period:
    """A day, a week, a month, a quarter or a year, by its first day.

    Weeks that start on a Monday are ISO weeks. Other weeks have no number: they are named by the
    day on which they begin, and belong to the year that holds their fourth day.
    """

    grain: str
    start: dt.date
    reckoning: Reckoning = CALENDAR

    def __post_init__(self) -> None:
        if self.grain not in PERIOD_GRAINS:
            hint = did_you_mean(self.grain, PERIOD_GRAINS)
            raise UsageError(
                "unknown-grain", f"{self.grain!r} is not a grain of periods", hint=hint
            )
        if (
            isinstance(self.start, dt.datetime)
            or floor(self.start, self.grain, self.reckoning) != self.start
        ):
            raise UsageError("unknown-period", f"no {self.grain} starts on {self.start}")

    @classmethod
    def holding(
        cls, day: dt.date | dt.datetime, grain: str, reckoning: Reckoning = CALENDAR
    ) -> Period:
        """The period in which a day lies, or the local day of a moment with a zone.

        >>> str(Period.holding(dt.date(2026, 5, 9), "week"))
        '2026-W19'
        """
        if isinstance(day, dt.datetime):
            day = _local(day, reckoning).date()
        return cls(grain, floor(day, grain, reckoning), reckoning)

    @classmethod
    def parse(cls, text: str, reckoning: Reckoning = CALENDAR) -> Period:
        """The period that a text names: see `NAMES`.

        >>> Period.parse("FY2027-Q2", Reckoning(fiscal_start_month=2)).start
        datetime.date(2026, 5, 1)
        """
        for grain, pattern in NAMES.items():
            if match := pattern.fullmatch(text.strip()):
                return _named(text, grain, match, reckoning)
        raise UsageError(
            "unknown-period",
            f"{text!r} is not a period",
            hint="Write 2026-05-04, 2026-W19, 2026-05, 2026-Q2, 2026, FY2027-Q2 or FY2027.",
        )

    @property
    def end(self) -> dt.date:
        """The last day.

        >>> Period.parse("2028-02").end
        datetime.date(2028, 2, 29)
        """
        if self.grain == "day":
            return self.start
        if self.grain == "week":
            return _moved(self.start, 6)
        last = _month_on(self.start, _MONTHS[self.grain] - 1)
        return last.replace(day=calendar.monthrange(last.year, last.month)[1])

    def __contains__(self, day: dt.date) -> bool:
        return self.start <= day <= self.end

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.start).days + 1

    def next(self) -> Period:
        """The period after this one."""
        return replace(self, start=_moved(self.end, 1))

    def previous(self) -> Period:
        """The period before this one.

        >>> str(Period.parse("2026-W01").previous())
        '2025-W52'
        """
        return Period.holding(_moved(self.start, -1), self.grain, self.reckoning)

    def same_last_year(self) -> Period:
        """The period of the same name a year earlier.

        29 February is compared with 28 February. A week is compared with the week of the same
        number; a week 53, where the year before has none, with that year's last week.

        >>> str(Period.parse("2026-W53").same_last_year())
        '2025-W52'
        """
        if self.grain != "week":
            return replace(self, start=_month_on(self.start, -12))
        year, number = self.week_of_year
        first = _first_week(year - 1, self.reckoning)
        last = _first_week(year, self.reckoning)
        return replace(self, start=min(_moved(first, 7 * (number - 1)), _moved(last, -7)))

    @property
    def week_of_year(self) -> tuple[int, int]:
        """The year to which the week of the first day belongs, and its number there from 1."""
        week = floor(self.start, "week", self.reckoning)
        year = _moved(week, 3).year
        return year, (week - _first_week(year, self.reckoning)).days // 7 + 1

    def __str__(self) -> str:
        """The name that `parse` reads back.

        >>> str(Period.parse("2026-q2"))
        '2026-Q2'
        """
        match self.grain:
            case "day":
                return self.start.isoformat()
            case "week" if self.reckoning.week_starts == "monday":
                year, number = self.week_of_year
                return f"{year:04}-W{number:02}"
            case "week":
                return f"week of {self.start.isoformat()}"
            case "month":
                return self.start.isoformat()[:7]
            case "quarter":
                return f"{self.start.year:04}-Q{(self.start.month + 2) // 3}"
            case "year":
                return f"{self.start.year:04}"
        return self.label().replace(" ", "-")

    def label(self) -> str:
        """The name in plain English.

        >>> Period.parse("2026-W43").label()
        'Week to Sunday 25 October 2026'
        """
        match self.grain:
            case "day":
                return f"{_weekday(self.start)} {_long(self.start)}"
            case "week":
                return f"Week to {_weekday(self.end)} {_long(self.end)}"
            case "month":
                return f"{_MONTH_NAMES[self.start.month - 1]} {self.start.year}"
            case "quarter":
                return f"Q{(self.start.month + 2) // 3} {self.start.year}"
            case "year":
                return f"{self.start.year}"
        year = self.reckoning.fiscal_year_of(self.start)
        if self.grain == "fiscal_year":
            return f"FY{year:04}"
        quarter = (self.start.month - self.reckoning.fiscal_start_month) % 12 // 3 + 1
        return f"FY{year:04} Q{quarter}"

    def short(self) -> str:
        """The name where there is little room: a week by its last day.

        >>> Period.parse("2026-W43").short(), Period.parse("2026-10").short()
        ('25 Oct', 'Oct 2026')
        """
        if self.grain in ("day", "week"):
            return f"{self.end.day} {_MONTH_NAMES[self.end.month - 1][:3]}"
        if self.grain == "month":
            return f"{_MONTH_NAMES[self.start.month - 1][:3]} {self.start.year}"
        return self.label()


NAMES = {
    kind: re.compile(pattern, re.IGNORECASE | re.ASCII)
    for kind, pattern in {
        "day": r"(\d{4})-(\d\d)-(\d\d)",
        "week": r"(\d{4})-W(\d\d)",
        "week of": r"week of (\d{4})-(\d\d)-(\d\d)",
        "month": r"(\d{4})-(\d\d)",
        "quarter": r"(\d{4})-Q([1-4])",
        "year": r"(\d{4})",
        "fiscal_quarter": r"FY(\d{4})-Q([1-4])",
        "fiscal_year": r"FY(\d{4})",
    }.items()
}
"""How each kind of period is named; `week of` is for weeks that do not start on a Monday."""


def _named(text: str, kind: str, match: re.Match[str], reckoning: Reckoning) -> Period:
    numbers = [int(group) for group in match.groups()]
    try:
        match kind:
            case "day" | "week of":
                day = dt.date(numbers[0], numbers[1], numbers[2])
                return Period("day" if kind == "day" else "week", day, reckoning)
            case "week":
                return _iso_week(text, *numbers, reckoning=reckoning)
            case "month":
                start = dt.date(numbers[0], numbers[1], 1)
            case "quarter":
                start = dt.date(numbers[0], 3 * numbers[1] - 2, 1)
            case "year":
                start = dt.date(numbers[0], 1, 1)
            case _:
                first = reckoning.fiscal_year_start(numbers[0])
                start = _month_on(first, 3 * numbers[1] - 3) if len(numbers) > 1 else first
    except ValueError:
        raise UsageError(
            "unknown-period",
            f"the calendar has no {text!r}",
            hint="Months run from 01 to 12, quarters from Q1 to Q4, days as the month has them.",
        ) from None
    return Period(kind, start, reckoning)


def _iso_week(text: str, year: int, number: int, *, reckoning: Reckoning) -> Period:
    if reckoning.week_starts != "monday":
        raise UsageError(
            "unknown-period",
            f"{text!r} is an ISO week, and weeks here start on a {reckoning.week_starts.title()}",
            hint="Name the week by its first day, such as 'week of 2026-05-03'.",
        )
    return Period("week", dt.date.fromisocalendar(year, number, 1), reckoning)


# ── arithmetic ───────────────────────────────────────────────────────────────────────────────


def add(value: Moment, span: Span) -> Moment:
    """The day or moment that lies a span later; earlier for a negative count.

    Months clip to the month's end. Days and longer follow the clock on the wall, hours and
    shorter real time, so that a day of 23 hours is still a day.

    >>> add(dt.date(2026, 1, 31), Span(1, "month"))
    datetime.date(2026, 2, 28)
    """
    try:
        if span.grain in _MONTHS:
            return _month_on(value, _MONTHS[span.grain] * span.count)
        if span.grain in ("day", "week"):
            return value + dt.timedelta(days=span.count * (7 if span.grain == "week" else 1))
    except (OverflowError, ValueError):
        raise _out_of_range() from None
    if not isinstance(value, dt.datetime):
        if span.grain in GRAINS:
            raise UsageError("wrong-type", f"a day cannot be moved by {span}")
        hint = did_you_mean(span.grain, GRAINS)
        raise UsageError("unknown-grain", f"{span.grain!r} is not a length of time", hint=hint)
    try:
        return _later(value, span)
    except OverflowError:
        raise _out_of_range() from None


def _later(value: dt.datetime, span: Span) -> dt.datetime:
    if span.grain == "nanosecond" and span.count % 1000 == 0:
        span = Span(span.count // 1000, "microsecond")
    if span.grain not in _CLOCK:
        hint = did_you_mean(span.grain, GRAINS)
        raise UsageError("unknown-grain", f"a moment cannot be moved by {span}", hint=hint)
    length = _CLOCK[span.grain] * span.count
    if value.tzinfo is None:
        return value + length
    return (value.astimezone(dt.UTC) + length).astimezone(value.tzinfo)


def floor(value: Moment, grain: str, reckoning: Reckoning = CALENDAR) -> Moment:
    """The first day or moment of the grain in which a value lies.

    A moment with a zone is first taken to the reckoning's zone.

    >>> floor(dt.date(2026, 5, 9), "fiscal_quarter", Reckoning(fiscal_start_month=2))
    datetime.date(2026, 5, 1)
    """
    if isinstance(value, dt.datetime):
        local = _local(value, reckoning)
        if grain in _CLOCK:
            return _floor_clock(local, grain)
        start = floor(local.date(), grain, reckoning)
        return dt.datetime.combine(start, dt.time(), tzinfo=local.tzinfo)
    if grain == "day":
        return value
    if grain == "week":
        return _moved(value, -((value.weekday() - reckoning.first_weekday) % 7))
    if grain not in _MONTHS:
        hint = did_you_mean(grain, (*GRAINS, *PERIOD_GRAINS))
        raise UsageError("unknown-grain", f"a day has no {grain!r} that holds it", hint=hint)
    first = reckoning.fiscal_start_month if grain.startswith("fiscal") else 1
    return _month_on(value.replace(day=1), -((value.month - first) % _MONTHS[grain]))


def _floor_clock(value: dt.datetime, grain: str) -> dt.datetime:
    match grain:
        case "hour":
            return value.replace(minute=0, second=0, microsecond=0)
        case "minute":
            return value.replace(second=0, microsecond=0)
        case "second":
            return value.replace(microsecond=0)
        case "millisecond":
            return value.replace(microsecond=value.microsecond // 1000 * 1000)
    return value


def periods_between(
    grain: str, first: dt.date, last: dt.date, reckoning: Reckoning = CALENDAR
) -> tuple[Period, ...]:
    """All periods from the one that holds the first day to the one that holds the last.

    >>> [str(p) for p in periods_between("month", dt.date(2026, 1, 31), dt.date(2026, 3, 1))]
    ['2026-01', '2026-02', '2026-03']
    """
    return tuple(_walk(grain, first, last, reckoning))


def _walk(grain: str, first: dt.date, last: dt.date, reckoning: Reckoning) -> Iterator[Period]:
    if last < first:
        return
    period = Period.holding(first, grain, reckoning)
    while True:
        yield period
        if period.end >= last:
            return
        period = period.next()


# ── local time ───────────────────────────────────────────────────────────────────────────────


def is_complete(
    period: Period, now: dt.datetime, complete_after: Span | None = None, zone: str | None = None
) -> bool:
    """Whether a period has ended in a zone, and the wait after its end is over.

    >>> october = Period.parse("2026-10")
    >>> is_complete(october, dt.datetime(2026, 11, 1, tzinfo=dt.UTC), Span(2, "day"))
    False
    """
    if now.tzinfo is None:
        raise UsageError("wrong-type", "a moment without a time zone cannot be compared")
    if period.end == dt.date.max:
        return False
    midnight = dt.datetime.combine(
        _moved(period.end, 1), dt.time(), tzinfo=zone_of(zone or period.reckoning.zone)
    )
    due = add(midnight, complete_after) if complete_after else midnight
    return now.astimezone(dt.UTC) >= due.astimezone(dt.UTC)


def range_of(text: str, reckoning: Reckoning = CALENDAR) -> tuple[dt.datetime, dt.datetime]:
    """The first and the last moment of what a text names, on the clock of the reckoning's zone.

    A period ends with the last microsecond of its last local day; a moment such as
    `2026-05-04T10:00` is both ends. The moments bear no zone.

    >>> range_of("2026-02")[1]
    datetime.datetime(2026, 2, 28, 23, 59, 59, 999999)
    """
    if _MOMENT.match(text.strip()):
        try:
            moment = dt.datetime.fromisoformat(text.strip())
        except ValueError:
            raise UsageError("unknown-period", f"{text!r} is not a moment") from None
        moment = _local(moment, reckoning).replace(tzinfo=None)
        return moment, moment
    period = Period.parse(text, reckoning)
    return (
        dt.datetime.combine(period.start, dt.time.min),
        dt.datetime.combine(period.end, dt.time.max),
    )


@lru_cache
def zone_of(name: str) -> ZoneInfo:
    """The time zone of a name such as `Europe/London`."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # missing, a folder, a path, not a name
        raise UsageError("unknown-zone", f"{name!r} is not a time zone") from None


def _local(moment: dt.datetime, reckoning: Reckoning) -> dt.datetime:
    """A moment on the reckoning's clock; one without a zone is there already."""
    try:
        return moment if moment.tzinfo is None else moment.astimezone(zone_of(reckoning.zone))
    except OverflowError:
        raise _out_of_range() from None


# ── the calendar itself ──────────────────────────────────────────────────────────────────────


def _out_of_range() -> UsageError:
    return UsageError("period-out-of-range", "the calendar runs from year 1 to year 9999")


def _day(year: int, month: int) -> dt.date:
    try:
        return dt.date(year, month, 1)
    except ValueError:
        raise _out_of_range() from None


def _moved(day: dt.date, days: int) -> dt.date:
    try:
        return day + dt.timedelta(days=days)
    except OverflowError:
        raise _out_of_range() from None


def _month_on(value: Moment, months: int) -> Moment:
    year, month = divmod(value.year * 12 + value.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise _out_of_range()
    last = calendar.monthrange(year, month + 1)[1]
    return value.replace(year=year, month=month + 1, day=min(value.day, last))


def _first_week(year: int, reckoning: Reckoning) -> dt.date:
    """The first day of the first week that belongs to a year: the one that holds 4 January."""
    try:
        return floor(dt.date(year, 1, 4), "week", reckoning)
    except ValueError:
        raise _out_of_range() from None


def _weekday(day: dt.date) -> str:
    return _WEEKDAYS[day.weekday()].title()


def _long(day: dt.date) -> str:
    return f"{day.day} {_MONTH_NAMES[day.month - 1]} {day.year}"
