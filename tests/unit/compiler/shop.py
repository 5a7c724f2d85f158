"""A small company in DuckDB: every number can be counted by hand, every trap has its rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import duckdb

from sameboat.compiler.compile import compile_request
from sameboat.compiler.dialects import DUCKDB
from sameboat.compiler.joins import Graph
from sameboat.compiler.plan import World
from sameboat.project.declared import Project
from sameboat.project.viewer import OWNER
from sameboat.questions.asking import request_of

DATA = """
create table accounts as from (values
    ('a1', 'SMB', 'UK', 'r1'), ('a2', 'SMB', 'DE', 'r2'), ('a3', 'Enterprise', 'UK', 'r1'),
    ('a4', null, 'FR', null)) t(account_id, segment, country, rep_id);
create table reps as from (values ('r1', 'north'), ('r2', 'south')) t(rep_id, office);
create table deals as from (values
    (1, 'a1', 'Won',  100.0, date '2024-01-31', date '2023-12-20', 'ann'),
    (2, 'a1', 'Lost',  50.0, date '2024-02-29', date '2024-01-02', 'bob'),
    (3, 'a2', 'Won',  200.0, date '2024-02-10', date '2024-01-15', 'ann'),
    (4, 'a3', 'Won',  400.0, date '2025-02-28', date '2025-01-01', 'cyd'),
    (5, 'a3', 'Open',  70.0, date '2025-03-03', date '2025-02-01', 'cyd'),
    (6, 'zz', 'Won',   30.0, date '2025-03-31', date '2025-02-11', 'ann'),
    (7, null, 'Won',   10.0, date '2025-03-31', date '2025-02-12', 'bob'),
    (8, 'a4', 'Lost',  null, date '2025-03-10', date '2025-02-12', 'bob')
    ) t(deal_id, account_id, stage, amount, closed, opened, owner_name);
create table touches as from (values
    (1, 'a1', date '2024-01-05'), (2, 'a1', date '2024-02-05'), (3, 'a2', date '2024-02-06'),
    (4, 'a3', date '2025-03-01'), (5, 'a9', date '2025-03-02')) t(touch_id, account_id, touched);
create table balances as from (values
    ('a1', date '2024-01-30', 10), ('a1', date '2024-01-31', 12), ('a2', date '2024-01-30', 5),
    ('a1', date '2024-02-01', 20)) t(account_id, day, balance);
"""

DECLARED: dict[str, Any] = {
    "tables": {
        "accounts": {
            "relation": "accounts",
            "entities": {
                "account": {"type": "primary", "expr": "account_id"},
                "rep": {"type": "foreign", "expr": "rep_id"},
            },
            "dimensions": {"segment": {}, "country": {}},
        },
        "reps": {
            "relation": "reps",
            "entities": {"rep": {"type": "primary", "expr": "rep_id"}},
            "dimensions": {"office": {}},
        },
        "deals": {
            "relation": "deals",
            "time": "closed_on",
            "entities": {
                "deal": {"type": "primary", "expr": "deal_id"},
                "account": {"type": "foreign", "expr": "account_id"},
            },
            "dimensions": {
                "closed_on": {"type": "time", "grain": "day", "expr": "closed"},
                "opened_on": {"type": "time", "grain": "day", "expr": "opened"},
                "stage": {},
            },
            "personal": ["owner_name"],
        },
        "touches": {
            "relation": "touches",
            "time": "at",
            "entities": {
                "touch": {"type": "primary", "expr": "touch_id"},
                "account": {"type": "foreign", "expr": "account_id"},
            },
            "dimensions": {"at": {"type": "time", "grain": "day", "expr": "touched"}},
        },
        "balances": {
            "relation": "balances",
            "time": "day",
            "entities": {"account": {"type": "foreign", "expr": "account_id"}},
            "dimensions": {"day": {"type": "time", "grain": "day"}},
        },
    },
    "metrics": {
        "deals": {"type": "simple", "table": "deals", "agg": "count"},
        "won": {"type": "simple", "table": "deals", "agg": "count", "filter": "stage = 'Won'"},
        "closed": {
            "type": "simple",
            "table": "deals",
            "agg": "count",
            "filter": "stage in ('Won', 'Lost')",
        },
        "opened": {"type": "simple", "table": "deals", "agg": "count", "time": "opened_on"},
        "revenue": {
            "type": "simple",
            "table": "deals",
            "agg": "sum",
            "expr": "amount",
            "filter": "stage = 'Won'",
        },
        "amount": {"type": "simple", "table": "deals", "agg": "sum", "expr": "amount"},
        "typical": {"type": "simple", "table": "deals", "agg": "median", "expr": "amount"},
        "mean_amount": {"type": "simple", "table": "deals", "agg": "average", "expr": "amount"},
        "customers": {
            "type": "simple",
            "table": "deals",
            "agg": "count_distinct",
            "expr": "account_id",
        },
        "touches": {"type": "simple", "table": "touches", "agg": "count"},
        "balance": {
            "type": "simple",
            "table": "balances",
            "agg": "sum",
            "expr": "balance",
            "non_additive_over": {"time": "last"},
        },
        "win_rate": {"type": "ratio", "numerator": "won", "denominator": "closed"},
        "uk_share": {
            "type": "ratio",
            "numerator": {"metric": "revenue", "filter": "account__country = 'UK'"},
            "denominator": "revenue",
        },
        "deals_per_touch": {"type": "ratio", "numerator": "deals", "denominator": "touches"},
        "revenue_growth": {
            "type": "derived",
            "expr": "revenue / before - 1",
            "metrics": [
                "revenue",
                {"metric": "revenue", "offset_window": "1 year", "alias": "before"},
            ],
        },
        "revenue_year_before": {
            "type": "derived",
            "expr": "before",
            "metrics": [{"metric": "revenue", "offset_window": "1 year", "alias": "before"}],
        },
        "revenue_28d": {
            "type": "cumulative",
            "metric": "revenue",
            "window": "28 days",
            "period_agg": "last",
        },
        "revenue_28d_daily": {"type": "cumulative", "metric": "revenue", "window": "28 days"},
        "revenue_so_far": {"type": "cumulative", "metric": "revenue"},
        "revenue_mtd": {
            "type": "cumulative",
            "metric": "revenue",
            "grain_to_date": "month",
            "period_agg": "last",
        },
        "customers_60d": {
            "type": "cumulative",
            "metric": "customers",
            "window": "60 days",
            "period_agg": "last",
        },
        "win_rate_60d": {
            "type": "cumulative",
            "metric": "win_rate",
            "window": "60 days",
            "period_agg": "last",
        },
    },
}

PROJECT = Project.from_mappings(**DECLARED)
WORLD = World(PROJECT.tables, PROJECT.metrics, Graph(PROJECT.tables))


def shop() -> duckdb.DuckDBPyConnection:
    """The company's data in a fresh engine."""
    connection = duckdb.connect()
    connection.execute(DATA)
    return connection


def sql(*metrics: str, **asked: Any) -> str:
    """The SQL that the compiler writes for a request."""
    request = request_of(PROJECT, metrics=metrics, **asked)
    return compile_request(WORLD, request, viewer=OWNER, spelling=DUCKDB).sql


def rows(connection: duckdb.DuckDBPyConnection, text: str) -> list[tuple[Any, ...]]:
    """The rows of a query, dates as dates and numbers as plain ones."""
    return [tuple(_plain(v) for v in row) for row in connection.sql(text).fetchall()]


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, (int, str, dt.date)) or value is None:
        return value
    return round(float(value), 9)


def ordered(found: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Rows in one order, missing values last."""
    return sorted(found, key=lambda row: [(v is None, str(v)) for v in row])
