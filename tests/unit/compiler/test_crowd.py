"""What the SQL of a judged request reads: the people of a table once, whatever is asked of it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from sameboat.compiler.compile import compile_request
from sameboat.compiler.dialects import DUCKDB
from sameboat.compiler.joins import Graph
from sameboat.compiler.plan import World
from sameboat.project.declared import Project
from sameboat.project.viewer import OWNER
from sameboat.questions.asking import request_of

PROJECT = Project.from_mappings(
    tables={
        "leads": {
            "relation": "leads",
            "subject": "contact",
            "time": "day",
            "dimensions": {
                "team": {}, "site": {}, "fit": {}, "day": {"type": "time", "grain": "day"},
            },
        }
    },
    metrics={
        "value": {"type": "simple", "table": "leads", "agg": "sum", "expr": "amount"},
        "leads": {"type": "simple", "table": "leads", "agg": "count"},
        "right": {"type": "simple", "table": "leads", "agg": "count", "filter": "fit"},
        "won": {"type": "simple", "table": "leads", "agg": "count", "filter": "fit and won"},
        "won_value": {
            "type": "simple", "table": "leads", "agg": "sum", "expr": "amount", "filter": "won",
        },
        "won_share": {"type": "ratio", "numerator": "won", "denominator": "right"},
        "right_share": {"type": "ratio", "numerator": "right", "denominator": "leads"},
    },
)  # fmt: skip
WORLD = World(PROJECT.tables, PROJECT.metrics, Graph(PROJECT.tables), least={"leads": 5})


def text(*metrics: str, **asked: Any) -> str:
    """The SQL of a request for a table with a floor."""
    request = request_of(PROJECT, metrics=metrics, **asked)
    return compile_request(WORLD, request, viewer=OWNER, spelling=DUCKDB).sql


def scans(sql: str) -> int:
    """How often a text reads the table."""
    return sum(line.strip().endswith("FROM leads") for line in sql.splitlines())


MANY = ("value", "won_value", "won_share", "right_share", "leads")


@pytest.mark.parametrize(
    "asked",
    [
        {"group_by": ["team"]},
        {"where": ["site = 'x'"]},
        {"group_by": ["team"], "where": ["site = 'x'"], "start": dt.date(2026, 1, 5)},
    ],
)
def test_all_metrics_of_a_table_are_judged_by_one_more_scan(asked: dict[str, Any]) -> None:
    """Five metrics whose own filters leave four groups of people: figures once, people once."""
    assert scans(text(*MANY, **asked)) == 2
    assert scans(text("value", **asked)) <= 2


def test_figures_and_people_of_a_table_without_conditions_come_from_one_scan() -> None:
    """Where nothing is filtered the people are counted by the scan that adds up the figures."""
    assert scans(text("value", group_by=["team"])) == 1
    assert scans(text("value", group_by=["metric_time__month"])) == 1
    assert scans(text("value", group_by=["team"], where=["site = 'x'"])) == 2


def test_a_range_of_whole_months_is_not_asked_of_rows() -> None:
    """In a table by month a range has each month or has it not: no day is looked at."""
    whole = {"start": dt.date(2026, 1, 1), "end": dt.date(2026, 3, 31)}
    by_month = text("value", group_by=["metric_time__month"], **whole)
    total = text("value", **whole)
    cut = text("value", start=dt.date(2026, 1, 2), end=dt.date(2026, 3, 31))
    assert "pieces" not in by_month
    assert "DATE_TRUNC('day'" not in total
    assert "month_pieces" in total
    assert "day_pieces" in cut


def test_a_condition_on_what_a_table_is_grouped_by_tells_nobody_in_a_group_apart() -> None:
    """By team, a filter on teams takes a group or leaves it."""
    assert "pieces" not in text("value", group_by=["team"], where=["team <> 'a'"])
    assert "pieces" in text("value", group_by=["team"], where=["team <> 'a' or site = 'x'"])


def test_more_conditions_are_more_lenses_and_not_more_steps() -> None:
    """Each choice of conditions is a row of the lenses; the steps stay as many as dimensions."""
    one = text("value", group_by=["team"], where=["site = 'x'"])
    two = text("value", group_by=["team"], where=["site = 'x'", "site <> 'y'"])
    assert one.count(" AS (\n") == two.count(" AS (\n")
    assert two.count("AS without_0") == 4


def test_figures_and_people_come_from_one_scan_where_groups_decide_each_condition() -> None:
    """A range of whole months in a table by month, and a filter on what it is grouped by."""
    whole = {"start": dt.date(2026, 1, 1), "end": dt.date(2026, 3, 31)}
    assert scans(text("value", group_by=["metric_time__month"], **whole)) == 1
    assert scans(text("value", group_by=["team"], where=["team <> 'a'"])) == 1
    assert scans(text("value", group_by=["team"], where=["site <> 'x'"])) == 2


def test_cells_are_grouped_by_numbers_of_their_periods() -> None:
    """A month is begun once for each group, not once for each row."""
    sql = text("value", group_by=["metric_time__month"], where=["team = 'a'"])
    assert 'GROUP BY EXTRACT(YEAR FROM leads."day") * 12 + EXTRACT(MONTH' in sql
    assert "DATE_TRUNC('month', MIN(leads.\"day\")) AS metric_time__month" in sql
