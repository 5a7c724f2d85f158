"""The SQL that an analyst reads: golden texts, run on DuckDB and parsed in every dialect."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlglot

from sameboat.compiler.compile import compile_request
from sameboat.compiler.dialects import DIALECTS
from sameboat.project.viewer import OWNER
from sameboat.questions.asking import request_of
from tests.unit.compiler.shop import PROJECT, WORLD, rows, shop

REQUESTS: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "a_count_by_month": (("won",), {"group_by": ["metric_time__month"]}),
    "a_ratio_and_a_sum_in_one_scan": (
        ("win_rate", "revenue"),
        {"group_by": ["account__country"], "where": ["opened_on >= '2024-01-01'"]},
    ),
    "two_hops_and_a_range": (
        ("deals",),
        {"group_by": ["account__rep__office"], "start": "2024-02", "end": "2025-03"},
    ),
    "two_tables_side_by_side": (
        ("deals", "touches"),
        {"group_by": ["metric_time__quarter", "account__segment"]},
    ),
    "growth_over_a_year": (("revenue_growth",), {"group_by": ["metric_time__month"]}),
    "a_window_by_day": (
        ("revenue_28d_daily",),
        {"group_by": ["metric_time__day"], "start": "2024-02-01", "end": "2024-02-29"},
    ),
    "a_window_read_by_month": (("revenue_28d",), {"group_by": ["metric_time__month"]}),
    "distinct_customers_in_a_window": (
        ("customers_60d",),
        {"group_by": ["metric_time__month"], "start": "2025-01-01"},
    ),
    "a_level": (("balance",), {"group_by": ["metric_time__month"]}),
    "a_median_sorted_and_cut": (
        ("typical", "deals"),
        {"group_by": ["stage"], "order_by": ["-typical"], "limit": 2},
    ),
    "values_of_dimensions": ((), {"group_by": ["account__country", "account__segment"]}),
    "a_filter_on_a_metric": (
        ("deals",),
        {"where": ["{{ Metric('touches', group_by=['account']) }} > 1"]},
    ),
}


def written(name: str, dialect: str = "duckdb") -> str:
    """The SQL of a request in a dialect."""
    metrics, asked = REQUESTS[name]
    request = request_of(PROJECT, metrics=metrics, **asked)
    compiled = compile_request(WORLD, request, viewer=OWNER, spelling=DIALECTS[dialect])
    return compiled.sql + "\n"


@pytest.mark.parametrize("name", REQUESTS)
def test_the_sql_is_the_one_that_was_read(name: str, golden: Callable[[Path, str], None]) -> None:
    """The text is the golden one, and DuckDB runs it."""
    text = written(name)
    golden(Path(__file__).parent / "duckdb" / f"{name}.sql", text)
    assert rows(shop(), text)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", REQUESTS)
def test_every_dialect_is_read_by_its_own_parser(name: str, dialect: str) -> None:
    """Other engines' SQL is at least well formed; only what runs in tests is promised more."""
    (statement,) = sqlglot.parse(written(name, dialect), read=dialect)
    assert isinstance(statement, sqlglot.exp.Query)


@pytest.mark.parametrize("dialect", [name for name in DIALECTS if name != "duckdb"])
def test_where_a_dialect_differs(dialect: str, golden: Callable[[Path, str], None]) -> None:
    """Casts, percentiles, spines and intervals as each engine spells them."""
    for name in ("a_median_sorted_and_cut", "a_window_by_day"):
        golden(Path(__file__).parent / dialect / f"{name}.sql", written(name, dialect))
