"""The days that a project declares, and its present moment, hold in every answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import sameboat
from sameboat.errors import RequestError

PROJECT = """\
format: 1
name: days
as_of: 2026-03-05T12:00:00Z
calendar: {{{calendar}}}
tables:
  sales:
    file: sales.csv
    subject: none
    time: day
    entities: {{sale: {{type: primary, expr: sale}}}}
    dimensions: {{day: {{type: time, grain: day}}, region: {{}}}}
metrics:
  amount: {{type: simple, table: sales, agg: sum, expr: amount}}
  filled:
    {{type: simple, table: sales, agg: sum, expr: amount, join_to_time_spine: true,
     fill_nulls_with: 0}}
  two_days: {{type: cumulative, metric: amount, window: 2 days, period_agg: last}}
  today: {{type: simple, table: sales, agg: sum, expr: amount, filter: "day = current_date"}}
  age: {{type: simple, table: sales, agg: max, expr: "date_diff('day', day, current_date)"}}
  last_hours:
    type: simple
    table: sales
    agg: count
    filter: "day > current_timestamp - interval '36 hours'"
"""
SALES = """\
sale,day,region,amount
1,2026-03-02,n,1
2,2026-03-04,s,2
3,2026-03-05,n,4
4,2026-03-07,n,8
"""


def answer(folder: Path, calendar: str, *metrics: str, **asked: Any) -> list[tuple[Any, ...]]:
    """The rows of a request under a calendar, days as numbers of March."""
    (folder / "sameboat.yml").write_text(PROJECT.format(calendar=calendar), encoding="utf-8")
    (folder / "sales.csv").write_text(SALES, encoding="utf-8")
    project = sameboat.open(str(folder))
    try:
        rows = project.query(list(metrics), **asked).to_pylist()
    finally:
        project.close()
    return [tuple(getattr(value, "day", value) for value in row.values()) for row in rows]


DAILY = {"group_by": ["metric_time__day"]}


def test_gaps_are_filled_from_the_first_declared_day_to_the_last(tmp_path: Path) -> None:
    """From 28 February though the data begin on 2 March, to 6 March though they go on."""
    found = answer(tmp_path, "time_spine: {from: 2026-03-01, until: 2026-03-06}", "filled", **DAILY)
    assert found == [(1, 0), (2, 1), (3, 0), (4, 2), (5, 4), (6, 0)]


def test_without_declared_days_the_data_say_where_they_begin_and_end(tmp_path: Path) -> None:
    """From 2 to 7 March."""
    assert answer(tmp_path, "", "filled", **DAILY)[0] == (2, 1)
    assert answer(tmp_path, "", "filled", **DAILY)[-1] == (7, 8)


def test_declared_days_after_the_data_are_not_shown(tmp_path: Path) -> None:
    """The last of them may lie years ahead; a window or a gap ends with the data."""
    until = "time_spine: {until: 2028-01-31}"
    assert answer(tmp_path, until, "filled", **DAILY)[-1] == (7, 8)
    assert answer(tmp_path, until, "two_days", **DAILY)[-1] == (7, 8)


def test_windows_and_looks_back_end_with_the_last_declared_day(tmp_path: Path) -> None:
    """5 March is the last day shown; what lies before it still counts."""
    until = "time_spine: {until: 2026-03-05}"
    assert answer(tmp_path, until, "two_days", **DAILY)[-1] == (5, 6)
    by_region = answer(tmp_path, until, "two_days", group_by=["metric_time__day", "region"])
    assert (5, "n", 4) in by_region
    assert max(row[0] for row in by_region) == 5


@pytest.mark.parametrize("metric", ["filled", "two_days"])
@pytest.mark.parametrize("asked", [{"start": "2026-02-27"}, {"end": "2026-03-07"}])
def test_a_range_outside_the_declared_days_is_refused(
    tmp_path: Path, metric: str, asked: dict[str, str]
) -> None:
    """Its days would silently be missing; a metric that needs no spine has all of them."""
    calendar = "time_spine: {from: 2026-03-01, until: 2026-03-06}"
    with pytest.raises(RequestError) as refused:
        answer(tmp_path, calendar, metric, **DAILY, **asked)
    assert refused.value.code == "spine-too-short"
    assert answer(tmp_path, calendar, "amount", **DAILY, **asked)[-1][0] == 7


def test_today_is_the_day_of_as_of(tmp_path: Path) -> None:
    """The project stands on 5 March, whatever the clock of the machine says."""
    assert answer(tmp_path, "", "today", "age", "last_hours") == [(4, 3, 2)]


def test_today_is_the_local_day(tmp_path: Path) -> None:
    """At noon in London it is already 6 March in Auckland."""
    assert answer(tmp_path, "timezone: Pacific/Auckland", "age") == [(4,)]
