"""Expressions mean what the warehouse means by them, or are refused."""

from __future__ import annotations

import duckdb
import pytest

from sameboat.compiler.dialects import DUCKDB
from sameboat.compiler.sql import write_expression
from sameboat.errors import RequestError
from sameboat.project.formula import parse


def test_sunday_in_an_expression_is_the_engines_sunday() -> None:
    """`date_part('dow', …) = 0` once asked for ISO's Sunday, 7, and found no row."""
    text = write_expression(parse("date_part('dow', date '2024-05-05') = 0"), DUCKDB)
    assert duckdb.sql(f"select {text}").fetchall() == [(True,)]


def test_a_logarithm_without_a_base_is_refused() -> None:
    """`log` was once written as `ln`; in DuckDB and PostgreSQL it is of base 10."""
    with pytest.raises(RequestError):
        parse("log(100)")
