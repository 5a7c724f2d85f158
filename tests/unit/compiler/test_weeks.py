"""Weeks and fiscal years start where the calendar says."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import duckdb
import pytest

from sameboat.compiler.compile import compile_request
from sameboat.compiler.dialects import DUCKDB
from sameboat.periods import Period, Reckoning
from sameboat.project.declared import Project
from sameboat.project.viewer import OWNER
from sameboat.questions.asking import request_of
from tests.unit.compiler.shop import DECLARED, PROJECT, WORLD, rows, shop


@pytest.mark.parametrize("starts", ["monday", "sunday", "saturday"])
def test_the_engine_and_the_calendar_agree_on_every_week(starts: str) -> None:
    """Each deal falls into the week that the calendar names for its day."""
    reckoning = Reckoning(week_starts=starts)  # type: ignore[arg-type]
    request = request_of(PROJECT, metrics=["deals"], group_by=["metric_time__week"])
    world = replace(WORLD, reckoning=reckoning)
    text = compile_request(world, request, viewer=OWNER, spelling=DUCKDB).sql
    connection: duckdb.DuckDBPyConnection = shop()
    days: list[dt.date] = [row[0] for row in rows(connection, "select closed from deals")]
    expected: dict[dt.date, int] = {}
    for day in days:
        start = Period.holding(day, "week", reckoning).start
        expected[start] = expected.get(start, 0) + 1
    assert dict(rows(connection, text)) == expected


@pytest.mark.parametrize("grain", ["fiscal_quarter", "fiscal_year"])
@pytest.mark.parametrize("month", [1, 2, 4, 7, 12])
def test_fiscal_periods_are_those_of_the_calendar(grain: str, month: int) -> None:
    """Each deal falls into the fiscal period that the calendar names for its day."""
    reckoning = Reckoning(fiscal_start_month=month)
    request = request_of(PROJECT, metrics=["deals"], group_by=[f"metric_time__{grain}"])
    world = replace(WORLD, reckoning=reckoning)
    text = compile_request(world, request, viewer=OWNER, spelling=DUCKDB).sql
    connection: duckdb.DuckDBPyConnection = shop()
    expected: dict[dt.date, int] = {}
    for (day,) in rows(connection, "select closed from deals"):
        start = Period.holding(day, grain, reckoning).start
        expected[start] = expected.get(start, 0) + 1
    assert dict(rows(connection, text)) == expected


def test_a_range_may_name_a_fiscal_quarter() -> None:
    """FY2025-Q1 of a year from February: February to April 2024."""
    reckoning = Reckoning(fiscal_start_month=2)
    project = replace_calendar("february")
    request = request_of(project, metrics=["deals"], start="FY2025-Q1", end="FY2025-Q1")
    text = compile_request(
        replace(WORLD, reckoning=reckoning), request, viewer=OWNER, spelling=DUCKDB
    ).sql
    assert rows(shop(), text) == [(2,)]


def replace_calendar(month: str) -> Project:
    """The shop's project with another fiscal year."""
    return Project.from_mappings({"calendar": {"fiscal_year_starts": month}}, **DECLARED)
