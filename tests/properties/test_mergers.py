"""Retention with mergers is what following each customer by hand gives, for random mergers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sameboat.compiler.compile import compile_request
from sameboat.compiler.dialects import DUCKDB
from sameboat.compiler.joins import Graph
from sameboat.compiler.plan import World
from sameboat.project.declared import Project
from sameboat.project.viewer import OWNER
from sameboat.questions.asking import request_of

METHODS = ("nrr", "grr", "logo", "expansion", "contraction", "churn")
CUSTOMERS = tuple("abcdef")
Bill = tuple[str, int, int]  # customer, month of 2026, amount
Move = tuple[str, str, dt.date]

PROJECT = Project.from_mappings(
    tables={
        "bills": {
            "relation": "bills",
            "time": "month",
            "entities": {"customer": {"type": "foreign", "expr": "customer"}},
            "dimensions": {"month": {"type": "time", "grain": "month"}},
        },
        "moves": {"relation": "moves"},
    },
    metrics={
        method: {
            "type": "retention",
            "table": "bills",
            "entity": "customer",
            "amount": "amount",
            "method": method,
            "over": "2 months",
            "merged": {"table": "moves", "from": "old", "to": "new", "on": "moved"},
        }
        for method in METHODS
    },
)
WORLD = World(PROJECT.tables, PROJECT.metrics, Graph(PROJECT.tables))
CONNECTION = duckdb.connect()

BILLS = st.lists(
    st.tuples(st.sampled_from(CUSTOMERS), st.integers(1, 5), st.integers(0, 9)), max_size=20
)


@st.composite
def moves(draw: st.DrawFn) -> list[Move]:
    """Each customer becomes at most one that is later in some order: nothing goes in circles."""
    order = draw(st.permutations(CUSTOMERS))
    found = []
    for at, old in enumerate(order[:-1]):
        if draw(st.booleans()):
            new = draw(st.sampled_from(order[at + 1 :]))
            found.append(
                (old, new, dt.date(2026, draw(st.integers(1, 5)), draw(st.integers(1, 28))))
            )
    return found


def by_hand(bills: list[Bill], moved: list[Move]) -> dict[int, dict[str, float]]:
    """The rates of each month, every customer followed through its moves."""

    def amounts(month: int, until: int) -> Mapping[str, int]:
        became = {old: new for old, new, day in moved if day.month <= until}
        found: dict[str, int] = {}
        for customer, at, amount in bills:
            if at == month:
                while customer in became:
                    customer = became[customer]
                found[customer] = found.get(customer, 0) + amount
        return found

    rates: dict[int, dict[str, float]] = {}
    for end in range(3, max((at for _, at, _ in bills), default=0) + 1):
        opening = {c: a for c, a in amounts(end - 2, end).items() if a > 0}
        closing = amounts(end, end)
        start = sum(opening.values())
        if not opening:
            continue
        pairs = [(a, closing.get(c, 0)) for c, a in opening.items()]
        rates[end] = {
            "nrr": sum(b for _, b in pairs) / start,
            "grr": sum(min(a, b) for a, b in pairs) / start,
            "logo": sum(b > 0 for _, b in pairs) / len(pairs),
            "expansion": sum(max(b - a, 0) for a, b in pairs) / start,
            "contraction": sum(a - b for a, b in pairs if 0 < b < a) / start,
            "churn": sum(a for a, b in pairs if b == 0) / start,
        }
    return rates


def answered(bills: list[Bill], moved: list[Move]) -> dict[int, dict[str, float]]:
    """The rates of each month by the compiler's SQL."""
    customers, months, amounts = zip(*bills, strict=True) if bills else ((), (), ())
    days = [dt.date(2026, month, 1) for month in months]
    CONNECTION.register(
        "bills",
        pa.table(
            {
                "customer": pa.array(customers, pa.string()),
                "month": pa.array(days, pa.date32()),
                "amount": pa.array(amounts, pa.int64()),
            }
        ),
    )
    old, new, moments = zip(*moved, strict=True) if moved else ((), (), ())
    CONNECTION.register(
        "moves",
        pa.table(
            {
                "old": pa.array(old, pa.string()),
                "new": pa.array(new, pa.string()),
                "moved": pa.array(moments, pa.date32()),
            }
        ),
    )
    request = request_of(PROJECT, metrics=METHODS, group_by=["metric_time__month"])
    text = compile_request(WORLD, request, viewer=OWNER, spelling=DUCKDB).sql
    rows = CONNECTION.sql(text).fetchall()
    return {row[0].month: dict(zip(METHODS, row[1:], strict=True)) for row in rows}


@settings(
    max_examples=60, deadline=None, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(BILLS, moves())
def test_each_customer_is_followed_through_its_mergers(
    bills: list[Bill], moved: list[Move]
) -> None:
    """All six rates of each month, and their arithmetic."""
    found, wanted = answered(bills, moved), by_hand(bills, moved)
    assert found.keys() == wanted.keys()
    for month, rates in wanted.items():
        assert found[month] == pytest.approx(rates)
        assert found[month]["nrr"] == pytest.approx(
            1 + rates["expansion"] - rates["contraction"] - rates["churn"]
        )
