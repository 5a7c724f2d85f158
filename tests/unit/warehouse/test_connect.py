"""Which addresses lead where."""

from __future__ import annotations

from pathlib import Path

import pytest

from sameboat.errors import WarehouseError
from sameboat.project.model import Table
from sameboat.project.scans import duckdb_file
from sameboat.warehouse.connect import connect
from sameboat.warehouse.duckdb import Embedded
from sameboat.warehouse.sandbox import Sandbox
from tests.unit.warehouse.given import ACCOUNTS, make_database, ready


@pytest.mark.parametrize("isolated", [False, True])
def test_duckdb_over_files_is_connected_in_process_or_isolated(
    folder: Path, isolated: bool
) -> None:
    scans = ready(folder, accounts=ACCOUNTS)
    warehouse = connect("duckdb", scans, folder=folder, isolated=isolated)
    try:
        assert isinstance(warehouse, Sandbox if isolated else Embedded)
        assert warehouse.run("select count(*) as n from accounts")["n"].to_pylist() == [2]
    finally:
        warehouse.close()


@pytest.mark.parametrize("form", ["duckdb:///w.duckdb", "duckdb:///{folder}/w.duckdb"])
def test_a_database_file_is_found_by_a_path_inside_the_folder_or_absolute(
    folder: Path, form: str
) -> None:
    make_database(folder / "w.duckdb", "create table t as select 1 as v")
    url = form.replace("{folder}", str(folder))
    warehouse = connect(url, ready(folder, url, t=Table(relation="t")), folder=folder)
    assert warehouse.run("select v from t").num_rows == 1
    warehouse.close()


def test_an_absolute_path_with_three_slashes_is_understood(tmp_path: Path) -> None:
    file = tmp_path / "w.duckdb"
    file.touch()
    assert duckdb_file(f"duckdb://{file}", folder=tmp_path / "project") == file
    assert duckdb_file("duckdb", folder=tmp_path) is None
    assert duckdb_file("duckdb:///:memory:", folder=tmp_path) is None


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("postgresql://host/db", "warehouse-not-built-yet"),
        ("clickhouse://host", "warehouse-not-built-yet"),
        ("sc://host:15002", "warehouse-not-built-yet"),
        ("trino://host", "warehouse-not-built-yet"),
        ("snowflake://account", "warehouse-not-built-yet"),
        ("bigquery://project", "warehouse-not-built-yet"),
        ("mysql://host", "warehouse-url"),
        ("", "warehouse-url"),
        ("duckdb:///none.duckdb", "file-missing"),
    ],
)
def test_every_other_address_is_refused_in_words(tmp_path: Path, url: str, code: str) -> None:
    with pytest.raises(WarehouseError) as caught:
        connect(url, (), folder=tmp_path)
    assert caught.value.code == code
    assert "://host" not in caught.value.why, "an address may hold a secret"
