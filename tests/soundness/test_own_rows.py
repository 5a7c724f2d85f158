"""A series is made of its own rows, whatever else is refreshed with it.

Weekly counts once began with the earliest row of any table, as zeros that nobody had counted; and
weeks before a table about people began were once called too few people.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from sameboat.questions.opened import Opened, open_workspace
from sameboat.store.packing import PackedSeries
from sameboat.store.points import segments, series

PROJECT = """
format: 1
name: own
as_of: 2026-06-01T06:00:00Z
privacy: {minimum_group: 5}
teams: {sales: {}, support: {}}
objectives: {grow: {statement: We grow., horizon: long}}
tables:
  leads:
    file: leads.csv
    subject: none
    time: came_on
    dimensions: {came_on: {type: time, grain: day}, region: {}}
  tickets:
    file: tickets.csv
    subject: employee
    time: opened_on
    dimensions: {opened_on: {type: time, grain: day, expr: opened}, region: {}, urgent: {}}
metrics:
  leads: {type: simple, table: leads, agg: count, unit: count, good: up}
  tickets: {type: simple, table: tickets, agg: count, unit: count, good: down}
  urgent: {type: simple, table: tickets, agg: count, filter: urgent, unit: count, good: down}
  urgent_share: {type: ratio, numerator: urgent, denominator: tickets, unit: percent, good: down}
kpis:
"""
NAMES = ("leads", "tickets", "urgent", "urgent_share")
KPI = "  {0}: {{metric: {0}, objective: grow, signal: {{grain: month}}, by: [region]}}\n"

FIRST_TICKET = dt.date(2026, 3, 2)


def write(folder: Path, names: tuple[str, ...]) -> None:
    """Leads since January; tickets since March, the first urgent ones in May, ten of each."""
    (folder / "sameboat.yml").write_text(PROJECT + "".join(KPI.format(name) for name in names))
    leads = [f"2026-{month:02}-05,north" for month in range(1, 6) for _ in range(20)]
    (folder / "leads.csv").write_text("\n".join(["came_on,region", *leads]) + "\n")
    tickets = [
        f"{FIRST_TICKET.replace(month=month)},south,{str(month == 5 and number < 10).lower()}"
        for month in (3, 4, 5)
        for number in range(20)
    ]
    (folder / "tickets.csv").write_text("\n".join(["opened,region,urgent", *tickets]) + "\n")


@pytest.fixture
def together(tmp_path: Path) -> Iterator[Opened]:
    write(tmp_path, NAMES)
    with closing(open_workspace(tmp_path)) as project:
        project.refresh()
        yield project


def months(of: PackedSeries) -> dict[str, float | None]:
    return {
        str(day)[:7]: None if np.isnan(value) else float(value)
        for day, value in zip(of.periods, of.values, strict=True)
        if str(day)[:7] < "2026-06"
    }


def held(project: Opened, metric: str) -> PackedSeries:
    found = series(project.record, metric=metric, grain="month")
    assert found is not None
    return found


def test_a_count_is_not_0_before_the_first_row_of_its_table(together: Opened) -> None:
    assert months(held(together, "leads")) == dict.fromkeys(
        ("2026-01", "2026-02", "2026-03", "2026-04", "2026-05"), 20.0
    )
    assert months(held(together, "tickets")) == {"2026-03": 20.0, "2026-04": 20.0, "2026-05": 20.0}


def test_a_count_with_a_filter_is_0_as_long_as_its_table_has_other_rows(together: Opened) -> None:
    assert months(held(together, "urgent")) == {"2026-03": 0.0, "2026-04": 0.0, "2026-05": 10.0}


def test_a_numerator_is_not_0_where_nothing_says_what_it_is_a_share_of(together: Opened) -> None:
    share = held(together, "urgent_share")
    assert months(share) == {"2026-03": 0.0, "2026-04": 0.0, "2026-05": 0.5}
    assert share.numerator is not None
    assert list(share.numerator[:3]) == [0.0, 0.0, 10.0]


def test_segments_that_others_have_are_none_of_a_metric(together: Opened) -> None:
    for metric, regions in (("leads", {"north"}), ("tickets", {"south"})):
        found = segments(together.record, metric=metric, grain="month")
        assert {one.segment["region"] for one in found if one.segment} == regions


def test_no_week_without_rows_is_called_too_few_people(together: Opened) -> None:
    for metric in NAMES:
        said = held(together, metric).reasons or ()
        assert not [why for why in said if why and "fewer" in why]


@pytest.mark.parametrize("metric", NAMES)
def test_it_is_the_same_alone_and_in_company(
    metric: str, together: Opened, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("alone")
    write(folder, (metric,))
    with closing(open_workspace(folder)) as project:
        project.refresh()
        alone, company = held(project, metric), held(together, metric)
    assert months(alone) == months(company)
    assert alone.reasons == company.reasons
