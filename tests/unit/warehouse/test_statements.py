"""Which texts count as one SELECT over declared tables: DuckDB's own parser is the judge."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from sameboat.errors import WarehouseError
from sameboat.warehouse.statements import read_tables


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    made = duckdb.connect()
    yield made
    made.close()


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("select 1", set()),
        ("from deals", {"Deals"}),
        ("(select * from DEALS)", {"Deals"}),
        ("select * from deals union all select * from accounts", {"Deals", "accounts"}),
        ("with deals as (select 1 as x) select * from deals, accounts", {"accounts", "Deals"}),
        ("select (select max(x) from accounts) from range(3) r(x)", {"accounts"}),
        ("select unnest([1, 2]) where exists (from deals)", {"Deals"}),
        (
            "with recursive r as (select 1 n union all select n + 1 from r where n < 3) from r",
            set(),
        ),
        ("select ';' as semicolon -- and a remark; with one", set()),
    ],
)
def test_a_select_tells_which_declared_tables_it_reads(
    connection: duckdb.DuckDBPyConnection, sql: str, tables: set[str]
) -> None:
    assert read_tables(connection, sql, known=["Deals", "accounts"]) == tables


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("", "query-not-allowed"),
        ("select 1; select 2", "query-not-allowed"),
        ("insert into deals values (1)", "query-not-allowed"),
        ("with x as (insert into deals values (1) returning *) from x", "query-not-allowed"),
        ("with x as (update deals set a = 1 returning *) from x", "query-not-allowed"),
        ("with x as (copy deals to 'x.csv') from x", "query-not-allowed"),
        (
            "with x as (with y as (delete from deals returning *) from y) from x",
            "query-not-allowed",
        ),
        ("select * from (describe deals)", "query-not-allowed"),
        ("summarize deals", "query-not-allowed"),
        ("show tables", "query-not-allowed"),
        ("pivot deals on a using sum(b)", "query-not-allowed"),
        ("select * from main.deals", "query-not-allowed"),
        ("select * from memory.main.deals", "query-not-allowed"),
        ("select * from read_csv_auto('x')", "query-not-allowed"),
        ("select * from repeat_row(1, num_rows = 1000000000000)", "query-not-allowed"),
        ("select * from (select * from parquet_scan('x'))", "query-not-allowed"),
        ("select * from query_table('deals')", "query-not-allowed"),
        ("select getvariable('x')", "query-not-allowed"),
        ("select CURRENT_SETTING('threads')", "query-not-allowed"),
        ("select * from dealz", "unknown-table"),
        ("select * from 'deals.csv'", "unknown-table"),
        ("select * from pg_class", "unknown-table"),
        ("selec 1", "query-failed"),
        ("select 1\0", "query-failed"),
    ],
)
def test_everything_else_is_refused_with_its_code(
    connection: duckdb.DuckDBPyConnection, sql: str, code: str
) -> None:
    with pytest.raises(WarehouseError) as caught:
        read_tables(connection, sql, known=["Deals", "accounts"])
    assert caught.value.code == code


def test_a_misspelt_table_gets_a_suggestion(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(WarehouseError, match="Did you mean 'deals'"):
        read_tables(connection, "select * from dealz", known=["deals"])


def test_deep_nesting_is_an_error_and_no_crash(connection: duckdb.DuckDBPyConnection) -> None:
    deep = "select " + "(" * 3000 + "1" + ")" * 3000
    with pytest.raises(WarehouseError) as caught:
        read_tables(connection, deep, known=[])
    assert caught.value.code == "query-failed"
