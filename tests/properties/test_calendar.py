"""Windows and offsets over a table with a row on every day, against arithmetic on dates."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable

import pytest

from tests.properties.company import Asked, Company, company
from tests.properties.engine import answer

FIRST, LAST = dt.date(2023, 1, 1), dt.date(2025, 3, 31)
DAYS = [FIRST + dt.timedelta(n) for n in range((LAST - FIRST).days + 1)]
VALUE = {day: 1 + n * n % 97 for n, day in enumerate(DAYS)}

METRICS = {
    "minutes": {"type": "simple", "table": "visits", "agg": "sum", "expr": "minutes"},
    "year_before": {
        "type": "derived", "expr": "b",
        "metrics": [{"metric": "minutes", "offset_window": "1 year", "alias": "b"}],
    },
    "month_before": {
        "type": "derived", "expr": "b",
        "metrics": [{"metric": "minutes", "offset_window": "1 month", "alias": "b"}],
    },
    "rolling": {
        "type": "cumulative", "metric": "minutes", "window": "28 days", "period_agg": "last",
    },
    "rolling_month": {
        "type": "cumulative", "metric": "minutes", "window": "1 month", "period_agg": "first",
    },
    "rolling_mean": {
        "type": "cumulative", "metric": "minutes", "window": "7 days", "period_agg": "average",
    },
    "to_date": {
        "type": "cumulative", "metric": "minutes", "grain_to_date": "year", "period_agg": "last",
    },
    "so_far": {"type": "cumulative", "metric": "minutes", "period_agg": "last"},
    "rolling_before": {
        "type": "derived", "expr": "b",
        "metrics": [{"metric": "rolling", "offset_window": "1 year", "alias": "b"}],
    },
}  # fmt: skip


def shop() -> Company:
    """One visit a day."""
    rows = [
        {"visit_id": n, "client_id": None, "minutes": VALUE[day], "source": None, "on_day": day}
        for n, day in enumerate(DAYS)
    ]
    data = {"orders": [], "visits": rows, "stocks": [], "clients": [], "reps": []}
    return company(data, METRICS)


SHOP = shop()


def between(first: dt.date, last: dt.date) -> int | None:
    """What the days from one to another hold."""
    held = [value for day, value in VALUE.items() if first <= day <= last]
    return sum(held) if held else None


def back(day: dt.date, *, months: int) -> dt.date:
    """The same day some months earlier, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def month_end(day: dt.date) -> dt.date:
    """The last day of a day's month."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def days(count: int) -> dt.timedelta:
    """A number of days."""
    return dt.timedelta(count)


BY_DAY: dict[str, Callable[[dt.date], int | float | None]] = {
    "year_before": lambda d: VALUE.get(back(d, months=12)),
    "month_before": lambda d: VALUE.get(back(d, months=1)),
    "rolling": lambda d: between(d - days(27), d),
    "rolling_month": lambda d: between(back(d, months=1) + days(1), d),
    "to_date": lambda d: between(d.replace(month=1, day=1), d),
    "so_far": lambda d: between(FIRST, d),
}
BY_MONTH: dict[str, Callable[[dt.date], int | float | None]] = {
    "year_before": lambda m: between(back(m, months=12), month_end(back(m, months=12))),
    "month_before": lambda m: between(back(m, months=1), m - days(1)),
    "rolling": lambda m: between(month_end(m) - days(27), month_end(m)),
    "rolling_month": lambda m: between(back(m, months=1) + days(1), m),
    "rolling_mean": lambda m: mean_of_weeks(m),
    "to_date": lambda m: between(m.replace(month=1), month_end(m)),
    "so_far": lambda m: between(FIRST, month_end(m)),
    "rolling_before": lambda m: between(
        month_end(back(m, months=12)) - days(27), month_end(back(m, months=12))
    ),
}


def mean_of_weeks(month: dt.date) -> float:
    """The mean over a month's days of what the seven days up to each hold."""
    held = [month + days(n) for n in range(month_end(month).day)]
    found = [between(day - days(6), day) or 0 for day in held]
    return sum(found) / len(found)


def shown(
    metric: str, grain: str, start: str | None = None, end: str | None = None
) -> dict[dt.date, float]:
    """A metric's figures by period."""
    first, last = (dt.date.fromisoformat(text) if text else None for text in (start, end))
    found = answer(SHOP, Asked((metric,), grain, (), (), (), first, last))
    return {key[0]: figures[0] for key, figures in found.items()}


@pytest.mark.parametrize("metric", BY_DAY)
def test_every_day_looks_back_as_the_calendar_says(metric: str) -> None:
    """Over a leap day, month ends and new year, with and without a range."""
    expected = {day: value for day in DAYS if (value := BY_DAY[metric](day)) is not None}
    assert shown(metric, "day") == expected
    some = {day: v for day, v in expected.items() if dt.date(2024, 2, 28) <= day}
    assert shown(metric, "day", "2024-02-28") == some


@pytest.mark.parametrize("metric", BY_MONTH)
def test_every_month_looks_back_as_the_calendar_says(metric: str) -> None:
    """Whole months are compared with whole months, and windows are read on a month's last day."""
    months = [day for day in DAYS if day.day == 1]
    expected = {month: value for month in months if (value := BY_MONTH[metric](month)) is not None}
    assert shown(metric, "month") == pytest.approx(expected)
    some = {month: v for month, v in expected.items() if month >= dt.date(2024, 2, 1)}
    assert shown(metric, "month", "2024-02-15") == pytest.approx(some)


def test_a_week_with_a_leap_day_counts_no_day_of_the_year_before_twice() -> None:
    """28 and 29 February 2024 both look back to 28 February 2023, whose rows count once."""
    week = dt.date(2024, 2, 26)
    before = {back(week + days(n), months=12) for n in range(7)}
    assert len(before) == 6
    assert shown("year_before", "week")[week] == sum(VALUE[day] for day in before)


def test_nothing_is_shown_after_the_last_day_of_the_data() -> None:
    """A year after data there are no periods without data of their own."""
    for metric in METRICS:
        assert max(shown(metric, "month")) == dt.date(2025, 3, 1)
        assert max(shown(metric, "month", "2024-01-01", "2026-12-31")) == dt.date(2025, 3, 1)
