"""Looks back by months, quarters and fiscal periods, beside SQL written by hand.

The days are the adversarial ones: ends of months, leap days, the 53rd week of 2020, and the first
and last days of fiscal years that start in February.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import duckdb
import pytest

from sameboat.compiler.compile import compile_request
from sameboat.compiler.dialects import DUCKDB
from sameboat.compiler.joins import Graph
from sameboat.compiler.plan import World
from sameboat.periods import Reckoning
from sameboat.project.declared import Project
from sameboat.project.viewer import OWNER
from sameboat.questions.asking import request_of
from tests.unit.compiler.shop import rows

DATA = """
create table sales as
    select cast(day as date) as sold, 1 + row_number() over (order by day) as amount
    from generate_series(date '2019-11-01', date '2021-04-30', interval 1 day) t(day)
    union all select date '2024-01-31', 7 union all select date '2024-02-29', 11
    union all select date '2024-03-31', 13 union all select date '2025-02-28', 17;
create table pings as
    select moment as "at", 1 as n
    from generate_series(timestamp '2023-12-31 00:00', timestamp '2024-04-01 00:00',
        interval 6 hour) t(moment);
"""
TABLES: dict[str, Any] = {
    "sales": {
        "relation": "sales",
        "time": "sold",
        "dimensions": {"sold": {"type": "time", "grain": "day"}},
    },
    "pings": {
        "relation": "pings",
        "time": "at",
        "dimensions": {"at": {"type": "time", "grain": "hour"}},
    },
}


def earlier(metric: str, **look: str) -> dict[str, Any]:
    """A metric as it was at an earlier time."""
    return {"type": "derived", "expr": "b", "metrics": [{"metric": metric, **look, "alias": "b"}]}


SPANS = ("1 month", "1 quarter", "1 fiscal_quarter", "1 year", "1 fiscal_year", "52 weeks")
METRICS: dict[str, Any] = {
    "amount": {"type": "simple", "table": "sales", "agg": "sum", "expr": "amount"},
    "pings": {"type": "simple", "table": "pings", "agg": "sum", "expr": "n"},
    "pings_month_before": earlier("pings", offset_window="1 month"),
    "at_fiscal_start": earlier("amount", offset_to_grain="fiscal_year"),
} | {f"before_{span.replace(' ', '_')}": earlier("amount", offset_window=span) for span in SPANS}
PROJECT = Project.from_mappings(tables=TABLES, metrics=METRICS)
WORLD = World(
    PROJECT.tables,
    PROJECT.metrics,
    Graph(PROJECT.tables),
    reckoning=Reckoning(fiscal_start_month=2),
)


def answered(metric: str, grain: str, **asked: Any) -> dict[Any, Any]:
    """The figures of a metric by period."""
    connection = duckdb.connect()
    connection.execute(DATA)
    request = request_of(PROJECT, metrics=[metric], group_by=[f"metric_time__{grain}"], **asked)
    text = compile_request(WORLD, request, viewer=OWNER, spelling=DUCKDB).sql
    return dict(rows(connection, text))


def by_hand(text: str) -> dict[Any, Any]:
    """The rows of SQL written by hand."""
    connection = duckdb.connect()
    connection.execute(DATA)
    return dict(rows(connection, text))


def start(grain: str, day: str) -> str:
    """By hand, the start of a period that holds a day; fiscal years start in February."""
    plain = grain.removeprefix("fiscal_")
    if plain == grain:
        return f"date_trunc('{grain}', {day})"
    return f"date_trunc('{plain}', {day} - interval 1 month) + interval 1 month"


MONTHS = {"month": 1, "quarter": 3, "fiscal_quarter": 3, "year": 12, "fiscal_year": 12}


@pytest.mark.parametrize("grain", MONTHS)
@pytest.mark.parametrize("span", [span for span in SPANS if "week" not in span])
def test_a_look_back_by_months_takes_whole_months(grain: str, span: str) -> None:
    """A quarter a month earlier is three whole months; it once lost the 31sts of March and May.

    By hand: each month's total counts the span later, in the period that holds that month, up to
    the month in which the data end.
    """
    months = MONTHS[span.split()[1]] * int(span.split()[0])
    found = answered(f"before_{span.replace(' ', '_')}", grain)
    text = f"""
        with months as (
            select date_trunc('month', sold) + interval {months} month as m, sum(amount) as s
            from sales group by 1)
        select {start(grain, "m")} as p, sum(s) from months
        where {start(grain, "m")} <= (select max(sold) from sales) group by 1"""
    assert found == by_hand(text)


@pytest.mark.parametrize("grain", ["day", "week"])
def test_a_day_looks_back_to_the_same_day_or_the_last_of_a_shorter_month(grain: str) -> None:
    """29, 30 and 31 March 2020 each show 29 February; in their week its figure counts once."""
    text = f"""
        with days as (
            select cast(d as date) as d from generate_series(
                (select min(sold) from sales),
                (select date_trunc('{grain}', max(sold)) + interval 1 {grain}
                    - interval 1 day from sales), interval 1 day) t(d)),
        taken as (
            select distinct date_trunc('{grain}', d) as p, d - interval 1 month as day from days)
        select p, sum(amount) from taken join sales on sold = day group by 1"""
    assert answered("before_1_month", grain) == by_hand(text)
    if grain == "day":
        february = by_hand("select sold, amount from sales")[dt.date(2020, 2, 29)]
        shown = answered("before_1_month", "day", start="2020-03-29", end="2020-03-31")
        assert set(shown.values()) == {february}
        assert len(shown) == 3


def test_the_53rd_week_looks_back_by_weeks_and_by_years() -> None:
    """The week of 28 December 2020 is the 53rd: 52 weeks before is that of 30 December 2019."""
    weeks = by_hand("select date_trunc('week', sold), sum(amount) from sales group by 1")
    shown = answered("before_52_weeks", "week", start="2020-12-28", end="2021-01-10")
    assert shown == {
        dt.date(2020, 12, 28): weeks[dt.date(2019, 12, 30)],
        dt.date(2021, 1, 4): weeks[dt.date(2020, 1, 6)],
    }
    year = answered("before_1_year", "week", start="2020-12-28", end="2021-01-03")
    text = """
        select date '2020-12-28', sum(amount) from sales
        where sold between date '2019-12-28' and date '2020-01-03'"""
    assert year == by_hand(text)


def test_hours_look_back_by_months_like_days() -> None:
    """By hour 31 March looks back to 29 February; the month holds each hour of it once."""
    shown = answered("pings_month_before", "hour", start="2024-03-29", end="2024-03-31")
    assert len(shown) >= 3
    assert set(shown.values()) == {1}
    monthly = by_hand("select date_trunc('month', pings.at), sum(n) from pings group by 1")
    before = answered("pings_month_before", "month")
    assert before[dt.date(2024, 3, 1)] == monthly[dt.date(2024, 2, 1)]
    assert answered("pings_month_before", "quarter") == {
        dt.date(2024, 1, 1): sum(
            monthly[day] for day in (dt.date(2023, 12, 1), *(dt.date(2024, m, 1) for m in (1, 2)))
        ),
        dt.date(2024, 4, 1): monthly[dt.date(2024, 3, 1)] + monthly[dt.date(2024, 4, 1)],
    }


def test_the_start_of_the_fiscal_year_is_the_first_of_february() -> None:
    """31 January 2021 still looks to 1 February 2020, the day after to itself."""
    day = by_hand("select sold, amount from sales")
    shown = answered("at_fiscal_start", "day", start="2021-01-31", end="2021-02-01")
    assert shown == {
        dt.date(2021, 1, 31): day[dt.date(2020, 2, 1)],
        dt.date(2021, 2, 1): day[dt.date(2021, 2, 1)],
    }


def test_a_filter_on_days_keeps_a_look_back_by_days() -> None:
    """With the 15th of April alone shown, its quarter a month earlier is 15 March."""
    shown = answered("before_1_month", "quarter", where=["metric_time__day = '2020-04-15'"])
    text = "select date '2020-04-01', amount from sales where sold = date '2020-03-15'"
    assert shown == by_hand(text)


def test_a_range_does_not_change_what_a_quarter_looks_back_to() -> None:
    """The second quarter of 2020 alone shows what it shows among all."""
    whole = answered("before_1_month", "quarter")
    alone = answered("before_1_month", "quarter", start="2020-Q2", end="2020-Q2")
    assert alone == {dt.date(2020, 4, 1): whole[dt.date(2020, 4, 1)]}
