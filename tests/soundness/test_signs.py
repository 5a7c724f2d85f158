"""A minus of a minus was once written as `--`, which begins a comment in SQL."""

from __future__ import annotations

import duckdb

from sameboat.compiler.dialects import DUCKDB
from sameboat.compiler.sql import write_expression
from sameboat.project.formula import parse


def test_a_minus_of_a_minus_is_no_comment() -> None:
    """The rest of the expression stays part of it."""
    text = write_expression(parse("-(-(5)) + 1"), DUCKDB)
    assert "--" not in text
    assert duckdb.sql(f"select {text}").fetchall() == [(6,)]
