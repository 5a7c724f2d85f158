"""Actual and budget: never added up, and compared only where both are there."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from sameboat.compiler.compile import compile_request
from sameboat.compiler.dialects import DUCKDB
from sameboat.compiler.joins import Graph
from sameboat.compiler.plan import World
from sameboat.errors import ProjectError, RequestError
from sameboat.project.declared import Project
from sameboat.project.viewer import OWNER
from sameboat.questions.asking import request_of

DATA = """
create table ledger as from (values
    (1, date '2026-01-05', 'a', 'north', 10.0), (2, date '2026-01-06', 'b', 'north', 8.0),
    (3, date '2026-02-05', 'a', 'north', 20.0), (4, date '2026-02-07', 'b', 'north', 25.0),
    (5, date '2026-03-05', 'a', 'north', 30.0), (6, date '2026-02-09', 'a', 'south', 7.0),
    (7, date '2026-04-01', 'b', 'north', 4.0)) t(id, day, kind_id, place, amount);
create table kinds as from (values ('a', 'Actual'), ('b', 'Budget')) t(kind_id, kind);
"""


def project(scenario: object) -> Project:
    """A ledger whose rows are told apart by a table of scenarios."""
    amount = {"type": "simple", "table": "ledger", "agg": "sum", "expr": "amount"}
    difference = {
        "type": "derived",
        "expr": "actual - budget",
        "metrics": [
            {"metric": "actual", "fill_nulls_with": 0},
            {"metric": "budget", "fill_nulls_with": 0},
        ],
    }
    return Project.from_mappings(
        tables={
            "ledger": {
                "relation": "ledger",
                "time": "day",
                "entities": {
                    "row": {"type": "primary", "expr": "id"},
                    "kind_of": {"type": "foreign", "expr": "kind_id"},
                },
                "dimensions": {"day": {"type": "time", "grain": "day"}, "place": {}},
            },
            "kinds": {
                "relation": "kinds",
                "entities": {"kind_of": {"type": "primary", "expr": "kind_id"}},
                "dimensions": {"kind": {"scenario": scenario}},
            },
        },
        metrics={
            "amount": amount,
            "actual": {**amount, "filter": "kind_of__kind = 'Actual'"},
            "budget": {**amount, "filter": "kind in ('Budget')"},
            "both": {**amount, "filter": "kind in ('Budget', 'Actual')"},
            "rest": {**amount, "filter": "kind <> 'Budget'"},
            "postings": {"type": "simple", "table": "ledger", "agg": "count"},
            "difference": difference,
            "spent": {"type": "ratio", "numerator": "actual", "denominator": "budget"},
            "running": {
                "type": "cumulative",
                "metric": "spent",
                "window": "2 months",
                "period_agg": "last",
            },
        },
    )


def answer(scenario: object, *metrics: str, **asked: Any) -> list[tuple[Any, ...]]:
    """The rows of an answer over a ledger whose scenarios are compared so."""
    declared = project(scenario)
    world = World(declared.tables, declared.metrics, Graph(declared.tables))
    request = request_of(declared, metrics=metrics, **asked)
    text = compile_request(world, request, viewer=OWNER, spelling=DUCKDB).sql
    connection = duckdb.connect()
    connection.execute(DATA)
    return [
        tuple(v.isoformat()[:7] if hasattr(v, "isoformat") else v for v in row)
        for row in connection.sql(text).fetchall()
    ]


@pytest.mark.parametrize("metric", ["amount", "both", "rest", "postings"])
def test_a_figure_over_several_scenarios_is_refused(metric: str) -> None:
    """Sums and counts alike; a list of two is no choice, and what is not one may be any other."""
    with pytest.raises(RequestError) as caught:
        answer("month", metric, group_by=["place"])
    assert caught.value.code == "scenario-open"


def test_one_scenario_is_enough_however_it_is_named() -> None:
    """By the metric, by the request, bare or by its path, as a list of one."""
    assert answer("month", "actual") == [(67.0,)]
    assert answer("month", "amount", where=["kind = 'Actual'"]) == [(67.0,)]
    assert answer("month", "amount", where=["'Actual' = kind_of__kind"]) == [(67.0,)]
    assert answer("month", "budget") == [(37.0,)]


def test_each_scenario_for_itself_may_be_shown() -> None:
    assert answer("month", "amount", group_by=["kind"]) == [("Actual", 67.0), ("Budget", 37.0)]


def test_periods_of_one_scenario_are_not_compared() -> None:
    """March has no budget and April no actual; a quarter that holds March has no figure either."""
    by_month = answer("month", "difference", "spent", group_by=["metric_time__month"])
    assert by_month == [
        ("2026-01", 2.0, 1.25),
        ("2026-02", 2.0, pytest.approx(27 / 25)),
        ("2026-03", None, None),
        ("2026-04", None, None),
    ]
    assert answer("month", "difference", group_by=["metric_time__quarter"]) == [
        ("2026-01", None),
        ("2026-04", None),
    ]
    asked = {"start": "2026-01", "end": "2026-02"}
    assert answer("month", "difference", **asked) == [(4.0,)]


def test_a_budget_that_covers_only_some_is_compared_with_those() -> None:
    """The south has no budget: with `per: [place]` February of both places has no figure."""
    every = {"every": "month", "per": ["place"]}
    asked = {"start": "2026-02", "end": "2026-02"}
    assert answer(every, "difference", **asked) == [(None,)]
    assert answer(every, "difference", group_by=["place"], **asked) == [
        ("north", -5.0),
        ("south", None),
    ]


def test_a_window_over_scenarios_is_compared_only_where_all_of_it_can_be() -> None:
    """Two months to February hold 37 of 33; to March one of them has no budget."""
    rows = dict(answer("month", "running", group_by=["metric_time__month"]))
    assert rows["2026-02"] == pytest.approx(37 / 33)
    assert rows["2026-03"] is None


def test_what_is_no_grain_is_refused() -> None:
    with pytest.raises(ProjectError):
        project(3)
