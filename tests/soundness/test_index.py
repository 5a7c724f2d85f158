"""Indices beside SQL written by hand: by groups, with their own bases, whatever is filtered."""

from __future__ import annotations

import datetime as dt
from typing import Any

import duckdb
import pytest

from sameboat.compiler.compile import compile_request
from sameboat.compiler.dialects import DUCKDB
from sameboat.compiler.joins import Graph
from sameboat.compiler.plan import World
from sameboat.errors import RequestError
from sameboat.project.declared import Project
from sameboat.project.viewer import OWNER
from sameboat.questions.asking import request_of
from tests.unit.compiler.shop import rows

DATA = """
create table jobs as from (values
    ('n', date '2026-01-05', 10), ('n', date '2026-01-25', 30), ('n', date '2026-02-05', 40),
    ('s', date '2026-01-07', 8), ('s', date '2026-02-09', 2), ('s', date '2026-02-19', 4),
    (null, date '2026-01-09', 6), (null, date '2026-02-11', 12),
    ('new', date '2026-02-12', 5)) t(team, done, days);
"""
TIME = {"type": "time", "grain": "day"}
PROJECT = Project.from_mappings(
    tables={
        "jobs": {"relation": "jobs", "time": "done", "dimensions": {"done": TIME, "team": {}}},
    },
    metrics={
        "jobs": {"type": "simple", "table": "jobs", "agg": "count"},
        "days": {"type": "simple", "table": "jobs", "agg": "average", "expr": "days"},
        "pace": {
            "type": "index",
            "base": "2026-01",
            "parts": [
                {"metric": "jobs", "weight": 3},
                {"metric": "days", "weight": 1, "good": "down"},
            ],
        },
    },
)
WORLD = World(PROJECT.tables, PROJECT.metrics, Graph(PROJECT.tables))
JANUARY, FEBRUARY = dt.date(2026, 1, 1), dt.date(2026, 2, 1)

BY_HAND = """
with figures as (
    select date_trunc('month', done) as m, team, count(*) as n, avg(days) as d
    from jobs {where} group by 1, 2),
base as (select * from figures where m = date '2026-01-01')
select f.m, f.team, 75 * f.n / b.n + 25 * b.d / f.d
from figures f left join base b on b.team is not distinct from f.team
"""


def answered(*metrics: str, **asked: Any) -> list[tuple[Any, ...]]:
    """The rows of a request."""
    request = request_of(PROJECT, metrics=metrics, **asked)
    return by_hand(compile_request(WORLD, request, viewer=OWNER, spelling=DUCKDB).sql)


def by_hand(text: str) -> list[tuple[Any, ...]]:
    """The rows of SQL."""
    connection = duckdb.connect()
    connection.execute(DATA)
    return rows(connection, text)


def test_each_group_is_compared_with_its_own_base() -> None:
    """The group without a name has its base too; a group that came later has none."""
    found = answered("pace", group_by=["metric_time__month", "team"])
    assert {row[:2]: row[2] for row in found} == {
        row[:2]: row[2] for row in by_hand(BY_HAND.format(where=""))
    }
    figures = {row[:2]: row[2] for row in found}
    assert figures[JANUARY, "n"] == 100
    assert figures[FEBRUARY, "n"] == 75 * 1 / 2 + 25 * 20 / 40
    assert figures[FEBRUARY, "new"] is None


def test_groups_without_time_compare_everything_with_the_base() -> None:
    """All months of a team over its January."""
    text = """
        select team, 75 * count(*) / count(*) filter (where done < date '2026-02-01')
            + 25 * avg(days) filter (where done < date '2026-02-01') / avg(days)
        from jobs where team in ('n', 's') group by team"""
    found = answered("pace", group_by=["team"], where=["team in ('n', 's')"])
    assert dict(found) == dict(by_hand(text))


def test_a_filter_on_time_or_a_range_does_not_take_the_base_away() -> None:
    """February alone once had no January to be compared with, so the index was undefined."""
    whole = dict(answered("pace", group_by=["metric_time__month"]))
    for asked in (
        {"where": ["metric_time__month = '2026-02-01'"]},
        {"start": "2026-02", "end": "2026-02"},
    ):
        shown = dict(answered("pace", group_by=["metric_time__month"], **asked))
        assert shown == {FEBRUARY: whole[FEBRUARY]}


def test_beside_other_metrics_an_index_is_the_same() -> None:
    """Its base is joined by the group, whatever else is asked."""
    alone = answered("pace", group_by=["metric_time__month", "team"])
    beside = answered("jobs", "pace", group_by=["team", "metric_time__month"])
    assert {(m, t): figure for t, m, _, figure in beside} == {(m, t): f for m, t, f in alone}


def test_an_index_is_not_asked_by_the_own_time_of_a_part() -> None:
    """By the jobs' own time the base would be joined to its own month alone."""
    with pytest.raises(RequestError, match="metric_time"):
        answered("pace", group_by=["done__month"])
