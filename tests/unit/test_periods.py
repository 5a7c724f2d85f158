"""Periods: names, neighbours, fiscal years, weeks, zones, arithmetic and the calendar's edges."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Literal, get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sameboat.errors import UsageError
from sameboat.periods import (
    PERIOD_GRAINS,
    Period,
    Reckoning,
    Span,
    add,
    floor,
    is_complete,
    periods_between,
    range_of,
)

Weekday = Literal["monday", "sunday", "saturday"]
FEBRUARY = Reckoning(fiscal_start_month=2)
SUNDAY = Reckoning(week_starts="sunday")
LONDON = Reckoning(zone="Europe/London")

RECKONINGS = st.builds(
    Reckoning,
    week_starts=st.sampled_from(get_args(Weekday)),
    fiscal_start_month=st.integers(1, 12),
    named_by=st.sampled_from(["start", "end"]),
)
DAYS = st.dates(dt.date(1900, 1, 1), dt.date(2200, 12, 31))
PERIODS = st.builds(Period.holding, DAYS, st.sampled_from(PERIOD_GRAINS), RECKONINGS)


# ── names ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "grain", "start", "end"),
    [
        ("2026-05-04", "day", "2026-05-04", "2026-05-04"),
        ("2026-W19", "week", "2026-05-04", "2026-05-10"),
        ("2026-W53", "week", "2026-12-28", "2027-01-03"),
        ("2026-W01", "week", "2025-12-29", "2026-01-04"),
        ("2026-05", "month", "2026-05-01", "2026-05-31"),
        ("2028-02", "month", "2028-02-01", "2028-02-29"),
        ("2026-Q2", "quarter", "2026-04-01", "2026-06-30"),
        ("2026", "year", "2026-01-01", "2026-12-31"),
        ("FY2027-Q2", "fiscal_quarter", "2026-05-01", "2026-07-31"),
        ("FY2027-Q4", "fiscal_quarter", "2026-11-01", "2027-01-31"),
        ("FY2027", "fiscal_year", "2026-02-01", "2027-01-31"),
    ],
)
def test_a_name_is_read_as_its_days(text: str, grain: str, start: str, end: str) -> None:
    """The fiscal year of these starts in February and is named by its end."""
    period = Period.parse(text, FEBRUARY)
    assert (period.grain, period.start.isoformat(), period.end.isoformat()) == (grain, start, end)
    assert str(period) == text


def test_a_fiscal_year_may_be_named_by_its_start() -> None:
    by_start = Reckoning(fiscal_start_month=2, named_by="start")
    assert Period.parse("FY2027", by_start).start == dt.date(2027, 2, 1)
    assert Period.holding(dt.date(2027, 1, 31), "fiscal_year", by_start).label() == "FY2026"


@pytest.mark.parametrize("named_by", ["start", "end"])
def test_a_fiscal_year_from_january_is_the_calendar_year(named_by: Literal["start", "end"]) -> None:
    period = Period.parse("FY2027", Reckoning(named_by=named_by))
    assert (period.start, period.end) == (dt.date(2027, 1, 1), dt.date(2027, 12, 31))


@pytest.mark.parametrize(
    ("text", "label", "short"),
    [
        ("2026-05-04", "Monday 4 May 2026", "4 May"),
        ("2026-W43", "Week to Sunday 25 October 2026", "25 Oct"),
        ("2026-10", "October 2026", "Oct 2026"),
        ("2026-Q2", "Q2 2026", "Q2 2026"),
        ("2026", "2026", "2026"),
        ("FY2027-Q2", "FY2027 Q2", "FY2027 Q2"),
        ("FY2027", "FY2027", "FY2027"),
    ],
)
def test_labels_are_plain_english(text: str, label: str, short: str) -> None:
    period = Period.parse(text, FEBRUARY)
    assert (period.label(), period.short()) == (label, short)


def test_a_week_from_sunday_has_no_iso_number_and_is_named_by_its_first_day() -> None:
    week = Period.holding(dt.date(2026, 10, 24), "week", SUNDAY)
    assert week.label() == "Week to Saturday 24 October 2026"
    assert str(week) == "week of 2026-10-18"
    assert Period.parse("week of 2026-10-18", SUNDAY) == week
    with pytest.raises(UsageError, match="weeks here start on a Sunday"):
        Period.parse("2026-W43", SUNDAY)


@pytest.mark.parametrize(
    "text",
    [
        "", "soon", "26-05", "2026-13", "2026-00", "2026-02-29", "2025-W53", "2026-W00", "2026-Q5",
        "2026-Q0", "FY2027-Q5", "FY27", "2026-5-4", "0000", "week of 2026-10-17", "2026-05-04x",
        "２０２６",
    ],
)  # fmt: skip
def test_what_names_no_period_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        Period.parse(text)
    assert caught.value.code in ("unknown-period", "period-out-of-range")


def test_a_period_starts_on_its_first_day_only() -> None:
    with pytest.raises(UsageError, match="no month starts on 2026-05-04"):
        Period("month", dt.date(2026, 5, 4))
    with pytest.raises(UsageError, match="Did you mean 'month'"):
        Period("mnth", dt.date(2026, 5, 1))


@settings(deadline=None)
@given(PERIODS)
def test_a_name_is_read_back(period: Period) -> None:
    assert Period.parse(str(period), period.reckoning) == period


# ── neighbours ───────────────────────────────────────────────────────────────────────────────


@settings(deadline=None)
@given(PERIODS)
def test_next_and_previous_undo_each_other_and_leave_no_gap(period: Period) -> None:
    following = period.next()
    assert following.previous() == period
    assert period.previous().next() == period
    assert following.start == period.end + dt.timedelta(days=1)


@settings(deadline=None)
@given(PERIODS, st.integers(0, 400))
def test_a_period_holds_each_of_its_days_and_no_other(period: Period, offset: int) -> None:
    day = period.start + dt.timedelta(days=offset)
    held = Period.holding(day, period.grain, period.reckoning) == period
    assert held == (day in period) == (offset < period.days)


@settings(deadline=None)
@given(DAYS, st.integers(0, 500), st.sampled_from(PERIOD_GRAINS), RECKONINGS)
def test_periods_between_two_days_tile_them(
    first: dt.date, length: int, grain: str, reckoning: Reckoning
) -> None:
    last = first + dt.timedelta(days=length)
    found = periods_between(grain, first, last, reckoning)
    assert first in found[0]
    assert last in found[-1]
    assert all(a.end + dt.timedelta(days=1) == b.start for a, b in pairwise(found))


def test_there_are_no_periods_before_the_first_day() -> None:
    assert periods_between("day", dt.date(2026, 5, 4), dt.date(2026, 5, 3)) == ()


@settings(deadline=None)
@given(st.integers(1900, 2200), RECKONINGS)
def test_four_fiscal_quarters_make_a_fiscal_year(name: int, reckoning: Reckoning) -> None:
    year = Period.parse(f"FY{name}", reckoning)
    quarters = [Period.parse(f"FY{name}-Q{q}", reckoning) for q in (1, 2, 3, 4)]
    assert (quarters[0].start, quarters[3].end) == (year.start, year.end)
    assert sum(quarter.days for quarter in quarters) == year.days


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("2026-05-04", "2025-05-04"),
        ("2028-02-29", "2027-02-28"),
        ("2026-W19", "2025-W19"),
        ("2026-W53", "2025-W52"),
        ("2028-02", "2027-02"),
        ("2026-Q1", "2025-Q1"),
        ("2026", "2025"),
        ("FY2027-Q3", "FY2026-Q3"),
    ],
)
def test_the_same_period_last_year_has_the_same_name(text: str, before: str) -> None:
    assert str(Period.parse(text, FEBRUARY).same_last_year()) == before


@settings(deadline=None)
@given(PERIODS)
def test_the_same_period_last_year_is_about_a_year_back(period: Period) -> None:
    days = (period.start - period.same_last_year().start).days
    assert 357 <= days <= 371 if period.grain == "week" else 365 <= days <= 366


@settings(deadline=None)
@given(DAYS)
def test_weeks_from_monday_have_iso_numbers(day: dt.date) -> None:
    week = Period.holding(day, "week")
    assert week.week_of_year == tuple(day.isocalendar())[:2]


@settings(deadline=None)
@given(DAYS, st.sampled_from(get_args(Weekday)))
def test_a_week_belongs_to_the_year_of_its_fourth_day(day: dt.date, starts: Weekday) -> None:
    week = Period.holding(day, "week", Reckoning(week_starts=starts))
    year, number = week.week_of_year
    assert year == (week.start + dt.timedelta(days=3)).year
    assert 1 <= number <= 53


# ── arithmetic ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("day", "span", "after"),
    [
        ("2026-01-31", Span(1, "month"), "2026-02-28"),
        ("2028-02-29", Span(1, "year"), "2029-02-28"),
        ("2026-11-30", Span(1, "quarter"), "2027-02-28"),
        ("2026-03-31", Span(-1, "month"), "2026-02-28"),
        ("2026-10-25", Span(2, "week"), "2026-11-08"),
        ("2026-10-25", Span(0, "day"), "2026-10-25"),
    ],
)
def test_months_clip_to_their_end(day: str, span: Span, after: str) -> None:
    assert add(dt.date.fromisoformat(day), span).isoformat() == after


@settings(deadline=None)
@given(DAYS, st.integers(-200, 200))
def test_adding_months_moves_the_month_by_that_many(day: dt.date, count: int) -> None:
    moved = add(day, Span(count, "month"))
    assert moved.year * 12 + moved.month == day.year * 12 + day.month + count
    assert moved.day <= day.day


def test_a_day_is_a_day_on_the_wall_clock_and_hours_are_real_time() -> None:
    """In London the clocks went back on 25 October 2026 at 2 a.m.: that day has 25 hours."""
    midnight = dt.datetime(2026, 10, 25, tzinfo=ZoneInfo("Europe/London"))
    assert add(midnight, Span(1, "day")).isoformat() == "2026-10-26T00:00:00+00:00"
    assert add(midnight, Span(24, "hour")).isoformat() == "2026-10-25T23:00:00+00:00"


@pytest.mark.parametrize(
    ("value", "span", "code"),
    [
        (dt.date(2026, 1, 1), Span(2, "hour"), "wrong-type"),
        (dt.date(2026, 1, 1), Span(2, "fortnight"), "unknown-grain"),
        (dt.datetime(2026, 1, 1), Span(2, "fortnight"), "unknown-grain"),
        (dt.datetime(2026, 1, 1), Span(1, "nanosecond"), "unknown-grain"),
        (dt.date(9999, 12, 31), Span(1, "day"), "period-out-of-range"),
        (dt.date(9999, 12, 31), Span(1, "month"), "period-out-of-range"),
        (dt.date(1, 1, 1), Span(-1, "year"), "period-out-of-range"),
        (dt.datetime(9999, 12, 31, 23), Span(2, "hour"), "period-out-of-range"),
        (dt.date(2026, 1, 1), Span(10**12, "week"), "period-out-of-range"),
    ],
)
def test_what_cannot_be_added_is_refused(value: dt.date, span: Span, code: str) -> None:
    with pytest.raises(UsageError) as caught:
        add(value, span)
    assert caught.value.code == code


def test_the_calendar_ends_without_a_traceback() -> None:
    last = Period.parse("9999")
    assert last.end == dt.date.max
    with pytest.raises(UsageError, match="year 9999"):
        last.next()
    with pytest.raises(UsageError, match="year 1"):
        Period.parse("0001").previous()


@settings(deadline=None)
@given(
    st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2200, 1, 1)),
    st.sampled_from(["hour", "minute", "second", "millisecond", "microsecond", *PERIOD_GRAINS]),
    RECKONINGS,
)
def test_flooring_twice_changes_nothing(
    moment: dt.datetime, grain: str, reckoning: Reckoning
) -> None:
    once = floor(moment, grain, reckoning)
    assert once <= moment
    assert floor(once, grain, reckoning) == once


def test_a_moment_belongs_to_the_local_day() -> None:
    late = dt.datetime(2026, 6, 30, 23, 30, tzinfo=dt.UTC)
    assert floor(late, "month", LONDON).isoformat() == "2026-07-01T00:00:00+01:00"
    assert str(Period.holding(late, "month", LONDON)) == "2026-07"
    assert str(Period.holding(late, "month")) == "2026-06"


# ── local time ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("now", "wait", "zone", "complete"),
    [
        ("2026-07-01T00:00:00+00:00", None, "UTC", True),
        ("2026-06-30T23:59:59+00:00", None, "UTC", False),
        ("2026-06-30T23:00:00+00:00", None, "Europe/London", True),
        ("2026-06-30T22:59:59+00:00", None, "Europe/London", False),
        ("2026-07-01T06:59:59+00:00", None, "America/Los_Angeles", False),
        ("2026-07-02T23:59:59+00:00", Span(2, "day"), "UTC", False),
        ("2026-07-03T00:00:00+00:00", Span(2, "day"), "UTC", True),
        ("2026-07-01T05:59:59+00:00", Span(6, "hour"), "UTC", False),
    ],
)
def test_a_period_is_complete_when_its_last_local_day_and_the_wait_are_over(
    now: str, wait: Span | None, zone: str, complete: bool
) -> None:
    june = Period.parse("2026-06")
    assert is_complete(june, dt.datetime.fromisoformat(now), wait, zone) is complete


def test_the_zone_of_the_reckoning_counts_where_none_is_given() -> None:
    june = Period.parse("2026-06", LONDON)
    assert is_complete(june, dt.datetime(2026, 6, 30, 23, tzinfo=dt.UTC))


def test_days_that_the_clocks_change_end_at_local_midnight() -> None:
    """25 October 2026 has 25 hours in London; in Beirut 29 March 2026 begins at 1 a.m."""
    sunday = Period.parse("2026-10-25", LONDON)
    assert not is_complete(sunday, dt.datetime(2026, 10, 25, 23, 59, tzinfo=dt.UTC))
    assert is_complete(sunday, dt.datetime(2026, 10, 26, tzinfo=dt.UTC))
    saturday = Period.parse("2026-03-28", Reckoning(zone="Asia/Beirut"))
    assert not is_complete(saturday, dt.datetime(2026, 3, 28, 21, 59, tzinfo=dt.UTC))
    assert is_complete(saturday, dt.datetime(2026, 3, 28, 22, tzinfo=dt.UTC))


def test_a_moment_without_a_zone_cannot_say_what_is_complete() -> None:
    with pytest.raises(UsageError, match="without a time zone"):
        is_complete(Period.parse("2026"), dt.datetime(2027, 1, 1))


@pytest.mark.parametrize("zone", ["Mars/Base", "", "../etc/passwd", "Europe", "\0", "a" * 500])
def test_what_is_no_time_zone_is_refused(zone: str) -> None:
    with pytest.raises(UsageError) as caught:
        is_complete(
            Period.parse("2026", Reckoning(zone=zone)), dt.datetime(2027, 1, 1, tzinfo=dt.UTC)
        )
    assert caught.value.code == "unknown-zone"


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026-05-04", "2026-05-04T00:00:00", "2026-05-04T23:59:59.999999"),
        ("2026-Q2", "2026-04-01T00:00:00", "2026-06-30T23:59:59.999999"),
        ("2026-05-04T10:00", "2026-05-04T10:00:00", "2026-05-04T10:00:00"),
        ("2026-05-04 10:00:30", "2026-05-04T10:00:30", "2026-05-04T10:00:30"),
        ("2026-05-04T10:00Z", "2026-05-04T11:00:00", "2026-05-04T11:00:00"),
    ],
)
def test_ends_are_inclusive(text: str, start: str, end: str) -> None:
    """A date means to the end of that local day; a moment with a zone is taken to ours."""
    assert range_of(text, LONDON) == (
        dt.datetime.fromisoformat(start),
        dt.datetime.fromisoformat(end),
    )


@pytest.mark.parametrize(
    "text", ["2026-05-04T25:00", "2026-13-04T10:00", "yesterday", "2026-05-04T"]
)
def test_what_names_no_moment_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        range_of(text)
    assert caught.value.code == "unknown-period"


@settings(deadline=None)
@given(PERIODS)
def test_the_range_of_a_name_covers_the_period(period: Period) -> None:
    assume(period.start.year >= 1000)
    start, end = range_of(str(period), period.reckoning)
    assert (start.date(), end.date()) == (period.start, period.end)
    assert floor(end + dt.timedelta(microseconds=1), "day") == end + dt.timedelta(microseconds=1)


@pytest.mark.parametrize(
    "wrong", [{"week_starts": "friday"}, {"fiscal_start_month": 0}, {"named_by": "middle"}]
)
def test_a_reckoning_that_does_not_exist_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        Reckoning(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["28 days", "1 year", "6 hours", "90 day"])
def test_a_span_reads_as_people_say_it(text: str) -> None:
    span = Span.parse(text)
    assert Span.parse(str(span)) == span


@pytest.mark.parametrize("text", ["", "days", "28", "-3 days", "1.5 days", "28 days ago"])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="not a length of time"):
        Span.parse(text)
