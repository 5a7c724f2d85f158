"""A date that stands for none, such as 9999-12-31, keeps no figure from being computed."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from pathlib import Path

from sameboat.questions.opened import open_workspace

NOW = dt.datetime(2026, 10, 12, 6, tzinfo=dt.UTC)
PROJECT = """
format: 1
name: far
store: sqlite:///.sameboat/store.db
teams: {web: {}, street: {}}
objectives: {grow: {statement: We grow., horizon: long}}
tables:
  shop: {file: shop.csv, subject: none, time: day, dimensions: {day: {type: time}, kind: {}}}
metrics:
  rows: {type: simple, table: shop, agg: count, unit: count, good: up}
  sold: {type: simple, table: shop, agg: sum, unit: count, good: up}
kpis:
  rows: {metric: rows, objective: grow, by: [kind]}
  sold: {metric: sold, objective: grow, by: [kind]}
"""


def test_points_end_ten_years_ahead_of_the_data(tmp_path: Path) -> None:
    """One such row once refused the whole refresh: the calendar ends with the year 9999."""
    mondays = [dt.date(2026, 1, 5) + dt.timedelta(days=7 * n) for n in range(40)]
    lines = [f"{day},a,{10 + day.day % 5}" for day in mondays]
    rows = ["day,kind,sold", *lines, "2027-01-04,a,7", "9999-12-31,b,5"]
    (tmp_path / "sameboat.yml").write_text(PROJECT, encoding="utf-8")
    (tmp_path / "shop.csv").write_text("\n".join(rows), encoding="utf-8")
    with closing(open_workspace(tmp_path, clock=lambda: NOW)) as workspace:
        assert workspace.refresh().findings == ()
        for name in ("rows", "sold"):
            series = workspace.kpi(name).series
            assert series.periods[-1] == dt.date(2027, 1, 4)  # a plan has its point
            assert series.complete == (*[True] * 40, *[False] * 13)
            assert workspace.kpi(name).verdict.state != "undefined"
