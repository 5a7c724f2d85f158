"""The embedded engine: what it shows, what it refuses, what it notices."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sameboat.errors import WarehouseError
from sameboat.project.model import Reading, Table
from sameboat.warehouse.base import WORDS, Limits
from sameboat.warehouse.duckdb import Embedded
from tests.unit.warehouse.given import ACCOUNTS, DEALS, make_database

Opens = Callable[..., Embedded]


def refused(warehouse: Embedded, sql: str) -> WarehouseError:
    with pytest.raises(WarehouseError) as caught:
        warehouse.run(sql)
    return caught.value


def test_a_personal_column_is_in_no_view_and_a_pseudonym_equals_itself(opened: Opens) -> None:
    warehouse = opened(deals=DEALS)
    assert list(warehouse.columns("deals")) == ["deal_id", "account_id", "amount", "contact_id"]
    assert warehouse.pseudonymous("deals") == {"contact_id"}
    assert refused(warehouse, "select owner_name from deals").code == "column-missing"
    contacts = warehouse.run("select contact_id from deals order by deal_id")["contact_id"]
    first, second, third, fourth = contacts.to_pylist()
    assert first == third != second
    assert fourth is None
    assert first not in ("c1", "c2")


def test_columns_have_simplified_types(opened: Opens, folder: Path) -> None:
    duckdb.execute(
        "copy (select 1::smallint i, 1::hugeint h, 1.5::decimal(9,2) d, 1.5::double f, true b,"
        " 'x' t, date '2024-01-01' as dd, timestamp '2024-01-01' as ts,"
        " now() as tz, time '10:00' c,"
        f" 'x'::blob raw, [1] l, {{'a': 1}} s) to '{folder}/kinds.parquet'"
    ).fetchall()
    kinds = opened(kinds=Table(file="kinds.parquet")).columns("kinds")
    assert list(kinds.values()) == [
        "integer", "float", "decimal", "float", "boolean", "text", "date", "timestamp",
        "timestamptz", "time", "blob", "list", "struct",
    ]  # fmt: skip
    assert set(kinds.values()) <= set(WORDS)


@pytest.mark.parametrize(
    "sql",
    [
        "copy deals to '{folder}/deals.parquet' (format parquet, use_tmp_file false)",
        "copy (select 1) to '{folder}/accounts.csv' (use_tmp_file false)",
        "with x as (copy (select 1) to '{folder}/accounts.csv') select * from x",
        "with x as (delete from deals returning *) select * from x",
        "select * from read_csv('{folder}/accounts.csv')",
        "select * from read_parquet('{folder}/deals.parquet')",
        "select * from '{folder}/accounts.csv'",
        "select * from '{folder}/*.csv'",
        "select * from '/etc/passwd'",
        "select * from read_text('/etc/passwd')",
        "select * from glob('/*')",
        "select * from 'https://example.com/x.csv'",
        "set memory_limit = '100GB'",
        "reset lock_configuration",
        "install httpfs",
        "load httpfs",
        "attach '{folder}/other.duckdb'",
        "select * from frame",
        "select getvariable('frame')",
        "select current_setting('allowed_paths')",
        "select * from duckdb_settings()",
        "select * from query('select 1')",
        "select * from json_execute_serialized_sql('x')",
        "select 1; select 2",
        "create table t as select 1",
        "pragma database_list",
        "export database '{folder}/out'",
        "explain select 1",
        "call pragma_version()",
        "describe accounts",
        "select * from information_schema.tables",
        "select amount from deals where exists (select owner_name from '{folder}/deals.parquet')",
    ],
)
def test_nothing_but_a_select_over_declared_tables_runs(
    locked: tuple[Embedded, Path], sql: str
) -> None:
    frame = pa.table({"secret": [1]})
    assert frame.num_rows
    warehouse, folder = locked
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    caught = refused(warehouse, sql.replace("{folder}", str(folder)))
    assert caught.code in ("query-not-allowed", "query-failed", "unknown-table")
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


@pytest.mark.parametrize(
    "sql",
    [
        "copy (select 1) to '{folder}/new.csv'",
        "select * from read_parquet('{folder}/deals.parquet')",
        "select * from read_parquet('{folder}/*.parquet')",
        "select * from read_csv('https://example.com/x.csv')",
        "set threads = 1",
        "install httpfs",
        "attach '{folder}/other.duckdb'",
        "select * from frame",
    ],
)
def test_the_engine_itself_is_locked_where_the_parser_would_err(
    locked: tuple[Embedded, Path], sql: str
) -> None:
    """The second wall: these go straight to the connection, past the check of the statement."""
    frame = pa.table({"secret": [1]})
    assert frame.num_rows
    warehouse, folder = locked
    with pytest.raises(duckdb.Error):
        warehouse._current().connection.execute(sql.replace("{folder}", str(folder))).fetchall()


def test_a_query_with_common_table_expressions_series_and_windows_runs(opened: Opens) -> None:
    warehouse = opened(deals=DEALS, accounts=ACCOUNTS)
    rows = warehouse.run(
        "with spine as (select range as day from range(2)), sums as materialized ("
        " select account_id, sum(case when amount > 60 then amount end) as total"
        " from deals group by account_id)"
        " select a.region, s.total, sum(s.total) over (order by a.region) as running"
        " from sums s join accounts a using (account_id) cross join (values (1)) v"
        " where exists (select 1 from spine) order by a.region"
    )
    assert rows.to_pydict() == {
        "region": ["DE", "UK"], "total": [70.0, 100.0], "running": [70.0, 170.0]
    }  # fmt: skip


def test_more_rows_or_bytes_than_allowed_are_an_error_never_a_shorter_answer(
    opened: Opens,
) -> None:
    warehouse = opened(limits=Limits(rows=1000, bytes=1 << 20), deals=DEALS)
    assert warehouse.run("select * from range(1000)").num_rows == 1000
    assert refused(warehouse, "select * from range(1001)").code == "query-too-large"
    with pytest.raises(WarehouseError, match="3 rows"):
        warehouse.run("select * from deals", rows=3)
    assert refused(warehouse, "select repeat('x', 2000000)").code == "query-too-large"


def test_memory_and_time_limits_end_a_query_and_the_next_one_runs(opened: Opens) -> None:
    warehouse = opened(limits=Limits(memory=64 << 20, seconds=0.3, spill=False), deals=DEALS)
    big = "select count(distinct range) from range(100000000)"
    assert refused(warehouse, big).code in ("query-too-large", "query-timeout")
    slow = "select count(*) from range(1000000) a, range(1000000) b where a.range + b.range = 7"
    assert refused(warehouse, slow).code == "query-timeout"
    assert warehouse.run("select count(*) as n from deals")["n"].to_pylist() == [4]


def test_files_that_are_replaced_are_seen_by_the_next_query(opened: Opens, folder: Path) -> None:
    warehouse = opened(accounts=ACCOUNTS)
    before = warehouse.fingerprint("accounts")
    assert warehouse.fingerprint("accounts") == before
    fresh = folder / "fresh.csv"
    fresh.write_text("account_id,region,since\n10,FR,2024-01-05\n")
    fresh.replace(folder / "accounts.csv")
    assert warehouse.run("select region from accounts")["region"].to_pylist() == ["FR"]
    assert warehouse.fingerprint("accounts") != before


def test_a_database_file_is_read_only_and_reopened_when_replaced(
    opened: Opens, folder: Path
) -> None:
    make_database(folder / "w.duckdb", "create schema crm", "create table crm.t as select 1 as v")
    warehouse = opened("duckdb:///w.duckdb", t=Table(relation="crm.t"))
    assert warehouse.run("select v from t")["v"].to_pylist() == [1]
    before = warehouse.fingerprint("t")
    make_database(folder / "new.duckdb", "create schema crm", "create table crm.t as select 2 as v")
    (folder / "new.duckdb").replace(folder / "w.duckdb")
    assert warehouse.run("select v from t")["v"].to_pylist() == [2]
    assert warehouse.fingerprint("t") != before
    with pytest.raises(duckdb.Error):
        warehouse._current().connection.execute("insert into warehouse.crm.t values (3)").fetchall()


def test_a_schema_given_from_outside_replaces_the_relations_own(
    opened: Opens, folder: Path
) -> None:
    make_database(
        folder / "w.duckdb", "create schema mf_demo", "create table mf_demo.t as select 7 as v"
    )
    tables = {"a": Table(relation="$source_schema.t"), "b": Table(relation="crm.t")}
    warehouse = opened("duckdb:///w.duckdb", schema="mf_demo", c=Table(relation="t"), **tables)
    for name in ("a", "b", "c"):
        assert warehouse.run(f"select v from {name}")["v"].to_pylist() == [7]


def test_a_relations_personal_columns_are_hidden_and_its_pseudonyms_landed(
    opened: Opens, folder: Path
) -> None:
    make_database(folder / "w.duckdb", "create table p as select 1 as id, 'Ann' as name, 'u1' as u")
    tables = {
        "plain": Table(relation="main.p", personal=("name",)),
        "hashed": Table(relation="p", personal=("name",), pseudonymous=("u",)),
    }
    warehouse = opened("duckdb:///w.duckdb", **tables)
    assert list(warehouse.columns("plain")) == ["id", "u"]
    assert refused(warehouse, "select name from warehouse.main.p").code == "query-not-allowed"
    [row] = warehouse.run("select * from hashed").to_pylist()
    assert set(row) == {"id", "u"}
    assert row["u"] != "u1"


def test_a_missing_relation_breaks_only_the_queries_that_read_it(
    opened: Opens, folder: Path
) -> None:
    make_database(folder / "w.duckdb", "create table p as select 1 as id")
    warehouse = opened("duckdb:///w.duckdb", p=Table(relation="p"), q=Table(relation="crm.q"))
    assert [found.code for found in warehouse.findings] == ["relation-missing"]
    assert warehouse.run("select id from p").num_rows == 1
    assert refused(warehouse, "select * from q").code == "relation-missing"


def test_a_file_that_is_no_database_is_told_as_such(opened: Opens, folder: Path) -> None:
    (folder / "w.duckdb").write_text("this is a letter" * 500)
    warehouse = opened("duckdb:///w.duckdb", p=Table(relation="p"), accounts=ACCOUNTS)
    [found] = warehouse.findings
    assert found.code == "file-unreadable"
    assert "w.duckdb" in found.message
    assert warehouse.run("select 1 as x from accounts").num_rows == 2


def test_times_with_a_zone_are_told_in_the_projects_zone(opened: Opens, folder: Path) -> None:
    (folder / "moments.csv").write_text("at\n2024-06-30T23:30:00Z\n")
    warehouse = opened(zone="Europe/London", moments=Table(file="moments.csv"))
    assert warehouse.columns("moments") == {"at": "timestamptz"}
    assert str(warehouse.run('select "at"::date as d from moments')["d"][0]) == "2024-07-01"
    with pytest.raises(WarehouseError, match="Europe/Lundon"):
        opened(zone="Europe/Lundon", moments=Table(file="moments.csv"))


def test_a_cast_means_the_same_over_csv_as_over_any_other_table(
    opened: Opens, folder: Path
) -> None:
    """The engine's CSV reader would cast the text: 2.5 to 3, and '7.0' to a text of its own."""
    (folder / "n.csv").write_text("x,t\n2.5,2024-06-30T23:30:00Z\n7.0,2024-01-01T00:00:00Z\n")
    pq.write_table(pa.table({"x": [2.5, 7.0]}), folder / "p.parquet")
    warehouse = opened(n=Table(file="n.csv"), p=Table(file="p.parquet"))
    for cast in ("x::integer", "x::varchar", "x::decimal(9,1)"):
        one = warehouse.run(f"select {cast} as v from n")
        assert one == warehouse.run(f"select {cast} as v from p")


def test_a_column_that_vanishes_from_a_file_is_an_error_with_its_name(
    opened: Opens, folder: Path
) -> None:
    pq.write_table(pa.table({"a": [1], "b": [2]}), folder / "t.parquet")
    warehouse = opened(t=Table(file="t.parquet"))
    pq.write_table(pa.table({"a": [1]}), folder / "t.parquet")
    caught = refused(warehouse, "select b from t")
    assert (caught.code, "'b'" in caught.why) == ("column-missing", True)


def test_a_value_that_no_longer_fits_is_told_with_line_and_column(
    opened: Opens, folder: Path
) -> None:
    warehouse = opened(accounts=ACCOUNTS)
    (folder / "accounts.csv").write_text("account_id,region,since\n10,UK,2024-01-05\nten,DE,\n")
    caught = refused(warehouse, "select sum(account_id) from accounts")
    assert caught.code == "value-type"
    assert "line 3" in caught.why
    assert "'account_id'" in caught.why
    assert str(folder) not in str(caught)


def test_many_threads_share_one_connection(opened: Opens) -> None:
    warehouse = opened(deals=DEALS, accounts=ACCOUNTS)
    gate = threading.Barrier(4)

    def ask(number: int) -> int:
        gate.wait()
        return int(warehouse.run(f"select count(*) + {number} as n from deals")["n"][0].as_py())

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(4))) == [4, 5, 6, 7]


def test_a_closed_connection_says_so(opened: Opens) -> None:
    warehouse = opened(accounts=ACCOUNTS)
    warehouse.close()
    assert refused(warehouse, "select 1").code == "warehouse-closed"


def test_columns_are_read_lazily_from_parquet(opened: Opens, folder: Path) -> None:
    """A view does not hinder the engine from reading only the columns and rows it needs."""
    pq.write_table(pa.table({"a": [1, 2, 3], "b": [1, 2, 3]}), folder / "t.parquet")
    warehouse = opened(t=Table(file="t.parquet"))
    plan = "\n".join(
        row[1]
        for row in warehouse._current().connection.execute(
            "explain select sum(a) from t where b > 2"
        ).fetchall()
    )  # fmt: skip
    assert "PARQUET" in plan.upper()
    assert "Filters" in plan


def test_reading_options_decide_how_a_file_is_read(opened: Opens, folder: Path) -> None:
    text = "Name;Betrag;Tag\nMüller;1.000,50;31.12.2024\n"
    (folder / "eu.csv").write_text(text.replace("1.000", "1000"), encoding="latin-1")
    table = Table(
        file="eu.csv", read=Reading(encoding="latin-1", decimal=",", date_format="%d.%m.%Y")
    )
    warehouse = opened(eu=table)
    assert warehouse.columns("eu") == {"Name": "text", "Betrag": "float", "Tag": "date"}
    [row] = warehouse.run("select * from eu").to_pylist()
    assert (row["Name"], row["Betrag"], str(row["Tag"])) == ("Müller", 1000.5, "2024-12-31")
