"""The period in which a table's rows begin is no low one: counts and sums of it are not judged.

A table that begins on a Thursday has four days of its first week. That week once widened every
limit of the KPI, stood in explanations as a week like others, and began every forecast.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from sameboat.periods import Reckoning
from sameboat.questions.beginnings import begins_inside
from sameboat.questions.opened import Opened, open_workspace

NOW = dt.datetime(2026, 11, 16, 6, tzinfo=dt.UTC)  # a Monday
THURSDAY = dt.date(2026, 8, 6)
PROJECT = """
format: 1
name: begun
store: sqlite:///.sameboat/store.db
teams: {web: {}, street: {}}
objectives: {grow: {statement: We grow., horizon: long}}
tables:
  shop: {file: shop.csv, subject: none, time: day, dimensions: {day: {type: time}, kind: {}}}
metrics:
  rows: {type: simple, table: shop, agg: count, unit: count, good: up}
  sold: {type: simple, table: shop, agg: sum, unit: count, good: up}
  double: {type: derived, expr: sold + rows, unit: count, good: up}
  mean: {type: simple, table: shop, agg: average, expr: sold, unit: count, good: up}
  share: {type: ratio, numerator: sold, denominator: rows, unit: percent, good: up}
kpis:
"""
NAMES = ("rows", "sold", "double", "mean", "share")


def opened(folder: Path, days: Sequence[dt.date]) -> Opened:
    kpi = "  {0}: {{metric: {0}, objective: grow, by: [kind]}}\n"
    text = PROJECT + "".join(kpi.format(name) for name in NAMES)
    (folder / "sameboat.yml").write_text(text, encoding="utf-8")
    lines = [f"{day},{kind},{2 + day.day % 3}" for day in days for kind in "ab"]
    (folder / "shop.csv").write_text("\n".join(["day,kind,sold", *lines]), encoding="utf-8")
    workspace = open_workspace(folder, clock=lambda: NOW)
    workspace.refresh()
    return workspace


@pytest.fixture(scope="module")
def daily(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    days = [THURSDAY + dt.timedelta(days=n) for n in range((NOW.date() - THURSDAY).days)]
    return opened(tmp_path_factory.mktemp("begun"), days)


@pytest.mark.parametrize("name", NAMES)
def test_counts_and_sums_of_the_first_week_are_not_judged(daily: Opened, name: str) -> None:
    series = daily.kpi(name).series
    summed = name in ("rows", "sold", "double")
    assert series.begins_inside is summed
    assert series.complete == (not summed, *[True] * 14, False)
    assert any("its rows begin inside it" in note for note in series.notes) is summed
    limits = series.phases[-1]
    whole = [v for v in series.values[summed:-1] if v is not None]
    assert min(whole) <= limits.centre <= max(whole)


def test_an_explanation_and_a_forecast_begin_with_the_first_whole_week(daily: Opened) -> None:
    answer = daily.explain("sold")
    assert answer.before.start == dt.date(2026, 8, 10)
    assert answer.before.periods == 13
    by_hand = [2 + (dt.date(2026, 8, 10) + dt.timedelta(days=n)).day % 3 for n in range(91)]
    assert answer.figure_before == pytest.approx(2 * sum(by_hand) / 13)
    assert daily.forecast("sold").mean[0] > 30  # of the 7 days of a week, not of 4


def test_rows_stamped_at_the_end_of_each_week_begin_in_none_too_late(tmp_path: Path) -> None:
    fridays = [THURSDAY + dt.timedelta(days=1 + 7 * n) for n in range(14)]
    with closing(opened(tmp_path, fridays)) as workspace:
        assert all(workspace.kpi("sold").series.complete[:-1])


@pytest.mark.parametrize(
    ("offsets", "inside"),
    [
        ([3, 0, 0, 0, 0], True),
        ([0, 0, 0, 0, 0], False),
        ([3, 3, 3, 2, 3], False),  # as late as usual
        ([6, 0, 0], False),  # too few weeks to tell what is usual
        ([2, 0, 2, 0, 0], False),  # one other week began as late
    ],
)
def test_a_week_begins_inside_by_what_later_weeks_do(offsets: list[int], inside: bool) -> None:
    monday = dt.date(2026, 8, 3)
    days = [monday + dt.timedelta(days=7 * week + at) for week, at in enumerate(offsets)]
    assert begins_inside(days, "week", Reckoning()) is inside


def test_a_day_or_two_of_a_month_make_it_no_part() -> None:
    days = [dt.date(2026, 8, 3) + dt.timedelta(days=n) for n in range(200)]
    assert not begins_inside(days, "month", Reckoning())
    assert begins_inside(days[2:], "month", Reckoning())
