"""Fiscal periods, weeks from Sunday and local days, from the files to query, record and board."""

from __future__ import annotations

import datetime as dt
import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import sameboat
from sameboat.project.viewer import OWNER
from sameboat.questions.checking import check_with_data
from sameboat.questions.opened import Opened

ROOT = """
format: 1
name: calendars
mission: Everyone means the same week.
as_of: {as_of}
calendar: {calendar}
tables:
  sales:
    file: sales.csv
    subject: none
    time: at
    zone: UTC
    dimensions: {{at: {{type: time, grain: second}}}}
metrics:
  sales: {{type: simple, table: sales, agg: count, unit: count, good: up, kind: outcome}}
kpis:
  sales:
    metric: sales
    signal: {{grain: {grain}}}
    target: {{since: 2026-02-01, from: 100, to: 200, by: 2027-01-31}}
"""
FEBRUARY = "{fiscal_year_starts: february, fiscal_year_named_by: %s, timezone: Europe/London}"


def opened(
    folder: Path,
    times: list[str],
    *,
    calendar: str = FEBRUARY % "end",
    grain: str = "fiscal_quarter",
    as_of: str = "2026-11-16T00:30:00Z",
) -> Opened:
    """A project with a row at each of these moments, in UTC."""
    text = ROOT.format(as_of=as_of, calendar=calendar, grain=grain)
    (folder / "sameboat.yml").write_text(text, encoding="utf-8")
    (folder / "sales.csv").write_text("\n".join(["at", *times, ""]), encoding="utf-8")
    return sameboat.open(str(folder))


def counts(workspace: Opened, grain: str, **asked: Any) -> dict[str, int]:
    """The count of each period, by its first day."""
    table = workspace.query(metrics=["sales"], group_by=[f"metric_time__{grain}"], **asked)
    return {
        row[0].isoformat()[:10]: row[1] for row in zip(*table.to_pydict().values(), strict=True)
    }


def daily(first: dt.date, last: dt.date) -> list[str]:
    """Noon of every day."""
    days = (last - first).days + 1
    return [f"{first + dt.timedelta(days=n)} 12:00:00" for n in range(days)]


def test_a_moment_falls_into_its_local_day_on_both_sides_of_the_clock_change(
    tmp_path: Path,
) -> None:
    """London: 23:30 UTC of 25 July is the 26th; of 25 October, winter time again, the 25th.

    29 March 2026, 00:59:59 UTC is before the change and 23:00 UTC already the 30th.
    """
    times = [
        "2026-03-28 23:30:00", "2026-03-29 00:59:59", "2026-03-29 23:00:00",
        "2026-07-25 23:30:00", "2026-10-24 23:30:00", "2026-10-25 23:30:00",
    ]  # fmt: skip
    with closing(opened(tmp_path, times)) as workspace:
        assert counts(workspace, "day") == {
            "2026-03-28": 1, "2026-03-29": 1, "2026-03-30": 1,
            "2026-07-26": 1, "2026-10-25": 2,
        }  # fmt: skip
        assert counts(workspace, "day", start="2026-10-25", end="2026-10-25") == {"2026-10-25": 2}


@pytest.mark.parametrize(
    ("named_by", "year", "first"),
    [("end", "FY2024", "2023-02-01"), ("start", "FY2024", "2024-02-01")],
)
def test_a_fiscal_year_is_named_by_its_end_or_start(
    tmp_path: Path, named_by: str, year: str, first: str
) -> None:
    """The year from February 2023 has 365 days, that from February 2024 holds 29 February."""
    days = daily(dt.date(2022, 2, 1), dt.date(2025, 6, 30))
    with closing(opened(tmp_path, days, calendar=FEBRUARY % named_by)) as workspace:
        found = counts(workspace, "fiscal_year", start=year, end=year)
    assert found == {first: 366 if named_by == "start" else 365}


def test_fiscal_quarters_of_a_leap_year(tmp_path: Path) -> None:
    """February to April 2024: 29 + 31 + 30 days; the ends of a range are whole quarters."""
    days = daily(dt.date(2023, 12, 1), dt.date(2025, 3, 31))
    with closing(opened(tmp_path, days)) as workspace:
        found = counts(workspace, "fiscal_quarter", start="FY2025-Q1", end="FY2025-Q4")
    assert found == {"2024-02-01": 90, "2024-05-01": 92, "2024-08-01": 92, "2024-11-01": 92}


def test_a_year_of_53_weeks(tmp_path: Path) -> None:
    """2026 begins and ends on a Thursday: its week 53 runs to 3 January 2027."""
    days = daily(dt.date(2025, 12, 1), dt.date(2027, 1, 31))
    with closing(opened(tmp_path, days)) as workspace:
        assert counts(workspace, "week", start="2026-W53", end="2027-W01") == {
            "2026-12-28": 7,
            "2027-01-04": 7,
        }
        whole = counts(workspace, "week", start="2026-W01", end="2026-W53")
    assert len(whole) == 53
    assert min(whole) == "2025-12-29"


def test_weeks_from_sunday_are_named_by_their_first_day(tmp_path: Path) -> None:
    """Sunday 25 October 2026, on which the clocks go back, begins a week of seven days."""
    days = daily(dt.date(2026, 10, 1), dt.date(2026, 11, 14))
    calendar = "{week_starts: sunday, timezone: Europe/London}"
    with closing(opened(tmp_path, days, calendar=calendar, grain="week")) as workspace:
        asked = {"start": "week of 2026-10-25", "end": "week of 2026-11-01"}
        assert counts(workspace, "week", **asked) == {"2026-10-25": 7, "2026-11-01": 7}
        workspace.refresh()
        assert workspace.board().period == "Week to Saturday 14 November 2026"


def test_a_kpi_may_be_judged_by_fiscal_quarter(tmp_path: Path) -> None:
    """On 16 November the last complete quarter is FY2027-Q3, August to October: 92 days."""
    days = daily(dt.date(2023, 2, 1), dt.date(2026, 11, 15))
    with closing(opened(tmp_path, days)) as workspace:
        workspace.refresh()
        board = workspace.board()
    assert board.period == "FY2027 Q3"
    [row] = board.rows
    last = row.series.latest
    assert last is not None
    assert row.series.periods[last] == dt.date(2026, 8, 1)
    assert row.series.values[last] == 92


@pytest.mark.parametrize("grain", ["fiscal_quarter", "fiscal_year", "quarter", "week"])
def test_a_fiscal_period_that_has_not_ended_is_marked(tmp_path: Path, grain: str) -> None:
    """As every other period is: on 16 November neither quarter nor year is over."""
    days = daily(dt.date(2025, 2, 1), dt.date(2026, 11, 16))
    with closing(opened(tmp_path, days)) as workspace:
        table = workspace.query(metrics=["sales"], group_by=[f"metric_time__{grain}"])
    told = json.loads(table.schema.metadata[b"sameboat"])["metrics"]["sales"]["incomplete"]
    first = {
        "fiscal_quarter": "2026-11-01",
        "fiscal_year": "2026-02-01",
        "quarter": "2026-10-01",
        "week": "2026-11-16",
    }
    assert told == [first[grain]]


def test_check_knows_fiscal_grains(tmp_path: Path) -> None:
    opened(tmp_path, daily(dt.date(2025, 2, 1), dt.date(2026, 11, 15))).close()
    found = check_with_data(tmp_path, viewer=OWNER)
    assert [finding for finding in found if finding.code == "unknown-grain"] == []


def test_a_retail_calendar_is_a_table_of_days(tmp_path: Path) -> None:
    """4-4-5 weeks from Monday 2 February 2026: months of 28, 28 and 35 days, a quarter of 91.

    The last week of such a year is its 52nd; the days before its first month have none.
    """
    begin = dt.date(2026, 2, 2)
    lines, day = ["day,retail_month"], begin
    for weeks in (4, 4, 5) * 4:
        first = day
        for _ in range(7 * weeks):
            lines.append(f"{day},{first}")
            day += dt.timedelta(days=1)
    assert day == begin + dt.timedelta(weeks=52)
    (tmp_path / "days.csv").write_text("\n".join([*lines, ""]), encoding="utf-8")
    spine = "{table: days, column: day, custom: {retail_month: retail_month}}"
    days = daily(begin, day - dt.timedelta(days=1))
    (tmp_path / "days.yml").write_text(
        "tables: {days: {file: days.csv, subject: none}}", encoding="utf-8"
    )
    with closing(opened(tmp_path, days, calendar=f"{{time_spine: {spine}}}")) as workspace:
        found = counts(workspace, "retail_month")
    assert list(found.values()) == [28, 28, 35] * 4
    assert list(found)[:4] == ["2026-02-02", "2026-03-02", "2026-03-30", "2026-05-04"]
