"""Running a company's requests: its rows in DuckDB, its SQL from the compiler."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from typing import Any

import duckdb
import pyarrow as pa

from sameboat.compiler.compile import plan
from sameboat.compiler.dialects import DUCKDB
from sameboat.compiler.sql import write
from sameboat.questions.asking import request_of
from tests.properties.company import COLUMNS, Asked, Company

_ARROW = {
    "bigint": pa.int64(), "varchar": pa.string(), "boolean": pa.bool_(), "date": pa.date32(),
}  # fmt: skip
CONNECTION = duckdb.connect()

Answer = dict[tuple[Any, ...], tuple[Any, ...]]


def load(company: Company) -> duckdb.DuckDBPyConnection:
    """A connection that sees the company's rows."""
    for table, columns in COLUMNS.items():
        rows = company.rows[table]
        arrays = {
            name: pa.array([row[name] for row in rows], _ARROW[kind])
            for name, kind in columns.items()
        }
        CONNECTION.register(table, pa.table(arrays))
    return CONNECTION


def sql_of(company: Company, asked: Asked, *, share: bool = True) -> str:
    """The SQL of a request."""
    request = request_of(
        company.project,
        metrics=asked.metrics,
        group_by=[*([f"metric_time__{asked.grain}"] if asked.grain else []), *asked.by],
        where=[*asked.where, *asked.when],
        start=asked.start,
        end=asked.end,
    )
    return write(
        plan(company.world, request, share=share), DUCKDB, reckoning=company.world.reckoning
    )


def answer(company: Company, asked: Asked, *, share: bool = True) -> Answer:
    """The answer to a request: figures by key, in the order of the metrics."""
    rows = load(company).sql(sql_of(company, asked, share=share)).fetchall()
    width = len(asked.by) + (asked.grain is not None)
    found: Answer = {}
    for row in rows:
        key = tuple(v.date() if isinstance(v, dt.datetime) else v for v in row[:width])
        assert key not in found, f"the key {key} comes twice"
        found[key] = row[width:]
    return found


def same(left: Any, right: Any) -> bool:
    """Whether two figures are equal up to rounding."""
    if left is None or right is None:
        return left is right
    return math.isclose(float(left), float(right), rel_tol=1e-9, abs_tol=1e-9)


def differences(one: Mapping[Any, Any], other: Mapping[Any, Any]) -> list[str]:
    """In which keys two answers have other figures."""
    return [
        f"{key}: {one.get(key)} and {other.get(key)}"
        for key in {*one, *other}
        if not (key in one and key in other)
        or not all(same(a, b) for a, b in zip(one[key], other[key], strict=True))
    ]
