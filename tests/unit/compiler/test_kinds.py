"""Retention, surveys, durations and indices against SQL by hand and published examples."""

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
from tests.unit.compiler.shop import ordered, rows

DATA = """
-- January 200,000: a loses 6,000 (gone), b contracts by 4,000, c expands by 20,000, d comes new.
create table months as from (values
    ('a', date '2026-01-01', 6000.0, 'UK'), ('b', date '2026-01-01', 94000.0, 'UK'),
    ('c', date '2026-01-01', 60000.0, 'DE'), ('c', date '2026-01-01', 40000.0, 'DE'),
    ('b', date '2026-02-01', 90000.0, 'DE'), ('c', date '2026-02-01', 120000.0, 'DE'),
    ('d', date '2026-02-01', 50000.0, 'UK'),
    ('a', date '2026-03-01', 9000.0, 'UK'), ('b', date '2026-03-01', 90000.0, 'UK'),
    ('c', date '2026-03-01', 0.0, 'DE'), ('d', date '2026-03-01', 50000.0, 'UK')
    ) t(account_id, month, mrr, region);
create table answers as
    select i as answer_id, 'u' || i as contact, date '2026-01-10' as answered, 'nps' as kind,
           case when i < 60 then 9 + i % 2 when i < 90 then 7 + i % 2 else i % 7 end as score
    from range(100) r(i)
    union all select 200, 'u200', date '2026-01-11', 'nps', 11
    union all select 201, 'u201', date '2026-01-11', 'nps', null
    union all select 202, 'u202', date '2026-01-11', 'csat', 5
    union all select 203, 'u203', date '2026-01-11', 'csat', 4
    union all select 204, 'u204', date '2026-01-11', 'csat', 3
    union all select 205, 'u205', date '2026-02-01', 'nps', 3
    union all select 206, 'u205', date '2026-03-01', 'nps', 10
    union all select 207, 'u205', date '2026-04-01', 'nps', 0;
create table projects as from (values
    (1, timestamp '2026-01-01 00:00', timestamp '2026-01-11 12:00', 'a'),
    (2, timestamp '2026-01-05 00:00', timestamp '2026-01-25 00:00', 'b'),
    (3, timestamp '2026-01-08 00:00', timestamp '2026-02-07 00:00', 'a'),
    (4, timestamp '2026-01-20 00:00', null, 'b')) t(project_id, idea, released, team);
"""

DECLARED: dict[str, Any] = {
    "tables": {
        "months": {
            "relation": "months",
            "subject": "account",
            "time": "month",
            "entities": {"account": {"type": "foreign", "expr": "account_id"}},
            "dimensions": {"month": {"type": "time", "grain": "month"}, "region": {}},
        },
        "answers": {
            "relation": "answers",
            "subject": "contact",
            "time": "answered",
            "entities": {
                "answer": {"type": "primary", "expr": "answer_id"},
                "contact": {"type": "foreign", "expr": "contact"},
            },
            "dimensions": {"answered": {"type": "time", "grain": "day"}, "kind": {}},
        },
        "projects": {
            "relation": "projects",
            "time": "idea_on",
            "dimensions": {
                "idea_on": {"type": "time", "grain": "day", "expr": "idea"},
                "released_on": {"type": "time", "grain": "day", "expr": "released"},
                "team": {},
            },
        },
    },
    "metrics": {
        **{
            method: {
                "type": "retention",
                "table": "months",
                "entity": "account",
                "amount": "mrr",
                "period": "month",
                "method": method,
            }
            for method in ("nrr", "grr", "logo", "expansion", "contraction", "churn")
        },
        "nrr_2": {
            "type": "retention",
            "table": "months",
            "entity": "account",
            "amount": "mrr",
            "period": "month",
            "over": "2 months",
            "method": "nrr",
        },
        "nps": {
            "type": "survey",
            "table": "answers",
            "method": "nps",
            "score": "score",
            "filter": "kind = 'nps'",
        },
        "nps_quarterly": {
            "type": "survey",
            "table": "answers",
            "method": "nps",
            "score": "score",
            "filter": "kind = 'nps'",
            "one_per": ["contact", "quarter"],
        },
        "nps_of_many": {
            "type": "survey",
            "table": "answers",
            "method": "nps",
            "score": "score",
            "filter": "kind = 'nps'",
            "minimum_responses": 30,
        },
        "csat": {
            "type": "survey",
            "table": "answers",
            "method": "csat",
            "score": "score",
            "filter": "kind = 'csat'",
            "scale": [1, 5],
            "satisfied": 4,
        },
        "ces": {
            "type": "survey",
            "table": "answers",
            "method": "ces",
            "score": "score",
            "filter": "kind = 'csat'",
            "scale": [1, 7],
        },
        "time_to_market": {
            "type": "duration",
            "table": "projects",
            "start": "idea_on",
            "end": "released_on",
            "unit": "days",
            "summary": "median",
        },
        "age": {
            "type": "duration",
            "table": "projects",
            "start": "idea_on",
            "end": "released_on",
            "open_until": "now",
            "unit": "hours",
            "summary": "average",
        },
        "released": {
            "type": "simple",
            "table": "projects",
            "agg": "count",
            "time": "released_on",
            "filter": "released is not null",
        },
        "pace": {
            "type": "index",
            "base": "2026-01",
            "parts": [
                {"metric": "released", "weight": 3},
                {"metric": "time_to_market", "weight": 1, "good": "down"},
            ],
        },
    },
}

PROJECT = Project.from_mappings(**DECLARED)
WORLD = World(PROJECT.tables, PROJECT.metrics, Graph(PROJECT.tables))
NOW = dt.datetime(2026, 1, 30)


def ask(*metrics: str, **asked: Any) -> list[tuple[Any, ...]]:
    """The rows of a request."""
    from dataclasses import replace

    request = replace(request_of(PROJECT, metrics=metrics, **asked), as_of=NOW)
    text = compile_request(WORLD, request, viewer=OWNER, spelling=DUCKDB).sql
    connection = duckdb.connect()
    connection.execute(DATA)
    return ordered(rows(connection, text))


FEBRUARY, MARCH = dt.date(2026, 2, 1), dt.date(2026, 3, 1)
MONTHLY = {"group_by": ["metric_time__month"]}


def test_the_published_cohort() -> None:
    """200k − 6k − 4k + 20k: NRR 1.05, GRR 0.95, and the parts that make it."""
    found = ask("nrr", "grr", "logo", "expansion", "contraction", "churn", **MONTHLY)
    assert found[0] == (FEBRUARY, 1.05, 0.95, round(2 / 3, 9), 0.1, 0.02, 0.03)


def test_gone_customers_that_come_back_never_enter() -> None:
    """In March a is back and c is at 0: the cohort of February is b, c and d."""
    found = {row[0]: row[1:] for row in ask("nrr", "logo", "churn", **MONTHLY)}
    assert found[MARCH] == (
        round(140000 / 260000, 9), round(2 / 3, 9), round(120000 / 260000, 9),
    )  # fmt: skip


def test_two_months_are_another_number_than_two_times_one() -> None:
    """The cohort of January in March, with the customer that came back inside it."""
    assert ask("nrr_2", **MONTHLY) == [(MARCH, round(99000 / 200000, 9))]


def test_a_segment_is_that_of_the_start() -> None:
    """b is counted in the UK, where it was in January, though it moved in February."""
    found = ask("nrr", group_by=["metric_time__month", "region"], end="2026-02")
    assert found == [(FEBRUARY, "DE", 1.2), (FEBRUARY, "UK", 0.9)]


def test_a_filter_chooses_the_cohort() -> None:
    """A filter on the region is asked at the start too."""
    assert ask("nrr", where=["region = 'UK'"], end="2026-02", **MONTHLY) == [(FEBRUARY, 0.9)]


def test_retention_by_quarter_is_refused() -> None:
    """Monthly retention has no value for a quarter; the error says what to declare."""
    with pytest.raises(RequestError) as refused:
        ask("nrr", group_by=["metric_time__quarter"])
    assert "over" in str(refused.value)


def test_the_net_promoter_score_of_the_published_example() -> None:
    """60 promoters, 30 passives, 10 detractors: 50; off the scale and missing do not count."""
    assert ask("nps", start="2026-01", end="2026-01") == [(50.0,)]


def test_the_last_answer_of_a_quarter_counts_once() -> None:
    """u205 answered 3 in February and 10 in March: in the first quarter one promoter."""
    found = ask("nps_quarterly", group_by=["metric_time__quarter"])
    assert found[0] == (dt.date(2026, 1, 1), round(100 * 51 / 101, 9))


def test_too_few_answers_give_nothing() -> None:
    """One answer in April is no score."""
    found = dict(ask("nps_of_many", **MONTHLY))
    assert found[dt.date(2026, 1, 1)] == 50.0
    assert found[dt.date(2026, 4, 1)] is None


def test_satisfaction_and_effort() -> None:
    """Of 5, 4 and 3 two are satisfied; the mean is 4."""
    assert ask("csat", "ces") == [(round(2 / 3, 9), 4.0)]


def test_a_duration_counts_when_it_ended_and_keeps_its_hours() -> None:
    """10.5, 20 and 30 days; the open one is left out, and none counts before it ends."""
    assert ask("time_to_market") == [(20.0,)]
    assert ask("time_to_market", **MONTHLY) == [(dt.date(2026, 1, 1), 15.25), (FEBRUARY, 30.0)]


def test_open_ones_last_until_now_where_asked() -> None:
    """The open project is ten days old on 30 January."""
    assert ask("age", where=["team = 'b'"]) == [((480 + 240) / 2,)]


def test_an_index_is_100_in_its_base_and_turns_what_should_fall() -> None:
    """February: releases 1 of 2, days 30 against 15.25, weighed three to one."""
    found = dict(ask("pace", **MONTHLY))
    assert found[dt.date(2026, 1, 1)] == 100.0
    assert found[FEBRUARY] == pytest.approx(75 * 0.5 + 25 * 15.25 / 30)
