"""The SQL of typical requests, word by word: what a good analyst would have written.

`make accept` writes the files anew after a change; read the difference.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlglot

from tests.sql.project import sql
from tests.unit.compiler.shop import shop

FOLDER = Path(__file__).parent
MONTH = ["metric_time__month"]
Asked = tuple[tuple[str, ...], dict[str, Any]]

REQUESTS: dict[str, Asked] = {
    "count": (("deals",), {}),
    "two metrics with one filter by month": (("won", "revenue"), {"group_by": MONTH}),
    "ratio by month and segment in a range": (
        ("win_rate",),
        {
            "group_by": ["metric_time__month", "account__country"],
            "where": ["account__segment = 'SMB'"],
            "start": "2024-01",
            "end": "2024-06",
        },
    ),
    "share of a filtered sum": (("uk_share",), {"group_by": MONTH}),
    "two hops sorted and cut": (
        ("revenue", "deals"),
        {"group_by": ["account__rep__office"], "order_by": ["-revenue"], "limit": 5},
    ),
    "ratio across two tables": (("deals_per_touch",), {"group_by": ["account__country"]}),
    "three tables side by side": (
        ("deals", "opened", "touches"),
        {"group_by": ["metric_time__year"]},
    ),
    "growth over a year beside its metric": (
        ("revenue", "revenue_growth"),
        {"group_by": MONTH, "start": "2025-01", "end": "2025-03"},
    ),
    "quarter before": (("deals_quarter_before",), {"group_by": ["metric_time__quarter"]}),
    "year before by week": (("revenue_year_before",), {"group_by": ["metric_time__week"]}),
    "rolling window by day": (
        ("revenue_28d",),
        {"group_by": ["metric_time__day"], "start": "2024-02-01", "end": "2024-02-29"},
    ),
    "rolling window by month beside plain metrics": (
        ("revenue", "deals", "revenue_28d"),
        {"group_by": [*MONTH, "account__country"], "start": "2024-01", "end": "2024-03"},
    ),
    "month to date": (("revenue_mtd",), {"group_by": ["metric_time__day"]}),
    "distinct values in a window": (("customers_60d",), {"group_by": MONTH}),
    "level by month": (("balance",), {"group_by": MONTH}),
    "conversion rate by month": (
        ("touch_to_deal",),
        {"group_by": MONTH, "start": "2024-01", "end": "2024-12"},
    ),
    "gaps filled": (("daily_deals",), {"group_by": ["metric_time__day"]}),
    "percentiles": (("typical", "large", "large_real", "large_about"), {}),
    "lengths of time": (("days_open", "months_open"), {"group_by": ["account__segment"]}),
    "date parts": (
        ("deals",),
        {"group_by": ["metric_time__extract_year", "metric_time__extract_dow"]},
    ),
    "filter on a metric": (
        ("deals",),
        {"where": ["{{ Metric('touches', group_by=['account']) }} > 1"]},
    ),
    "ratio and sum in one scan": (
        ("win_rate", "revenue"),
        {"group_by": ["account__country"], "where": ["opened_on >= '2024-01-01'"]},
    ),
    "several times by segment": (
        ("deals", "opened", "touches"),
        {"group_by": ["metric_time__quarter", "account__segment"], "start": "2024-01"},
    ),
    "values of dimensions": ((), {"group_by": ["account__country", "account__segment"]}),
}

OTHERS: dict[str, tuple[str, ...]] = {
    "postgres": (
        "two hops sorted and cut", "three tables side by side", "quarter before",
        "rolling window by day", "percentiles", "lengths of time", "date parts",
    ),
    "spark": (
        "two hops sorted and cut", "year before by week", "rolling window by day", "percentiles",
        "lengths of time", "date parts",
    ),
    "clickhouse": (
        "two hops sorted and cut", "rolling window by day", "percentiles", "lengths of time",
        "date parts",
    ),
}  # fmt: skip
"""Where other engines are spelled differently."""

CASES = [("duckdb", name) for name in REQUESTS]
CASES += [(engine, name) for engine, names in OTHERS.items() for name in names]
Golden = Callable[[Path, str], None]


def written(engine: str, name: str) -> str:
    """The SQL of a request, headed by the request."""
    metrics, asked = REQUESTS[name]
    told = [", ".join(metrics) or "no metric"] + [f"{key}: {asked[key]}" for key in asked]
    return f"-- {' · '.join(told)}\n{sql(engine, *metrics, **asked)}\n"


@pytest.mark.parametrize(("engine", "name"), CASES)
def test_a_request_is_written_like_this(engine: str, name: str, golden: Golden) -> None:
    """The text is the one that was read and accepted."""
    golden(FOLDER / engine / f"{name.replace(' ', '_')}.sql", written(engine, name))


@pytest.mark.parametrize(("engine", "name"), CASES)
def test_the_text_is_sql_of_its_dialect(engine: str, name: str) -> None:
    """A parser of the dialect that is not ours reads it."""
    text = (FOLDER / engine / f"{name.replace(' ', '_')}.sql").read_text(encoding="utf-8")
    parsed = sqlglot.parse(text, dialect=engine, error_level=sqlglot.ErrorLevel.RAISE)
    assert len(parsed) == 1
    assert isinstance(parsed[0], sqlglot.exp.Select)


@pytest.mark.parametrize("name", REQUESTS)
def test_the_text_runs_and_answers(name: str) -> None:
    """DuckDB takes the accepted text and has rows for it."""
    text = (FOLDER / "duckdb" / f"{name.replace(' ', '_')}.sql").read_text(encoding="utf-8")
    found = shop().sql(text)
    assert len(found.fetchall()) > 0


def test_every_accepted_text_belongs_to_a_request() -> None:
    """No file outlives its request."""
    files = {(file.parent.name, file.stem) for file in FOLDER.glob("*/*.sql")}
    assert files == {(engine, name.replace(" ", "_")) for engine, name in CASES}
