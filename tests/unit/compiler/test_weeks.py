"""Weeks start where the calendar says."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import duckdb
import pytest

from sameboat.compiler.compile import compile_request
from sameboat.compiler.dialects import DUCKDB
from sameboat.periods import Period, Reckoning
from sameboat.project.viewer import OWNER
from sameboat.questions.asking import request_of
from tests.unit.compiler.shop import PROJECT, WORLD, rows, shop


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
