"""Data that others write while Sameboat reads them, and two servers that share one store."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb
import httpx
import pytest

from sameboat.errors import WarehouseError
from sameboat.questions.opened import open_workspace
from tests.unit.cli.test_serve import PROJECT, serving

HELD = """
format: 1
name: held
warehouse: duckdb:///orders.duckdb
as_of: 2026-11-01T06:00:00Z
tables:
  orders:
    relation: orders
    subject: none
    time: placed_on
    dimensions: {placed_on: {type: time, grain: day}}
metrics:
  orders: {type: simple, table: orders, agg: count, unit: count, good: up, kind: input}
"""

WRITER = """
import sys
import duckdb

database = duckdb.connect(sys.argv[1])
print("open", flush=True)
sys.stdin.readline()
"""


@contextmanager
def written(database: Path) -> Iterator[None]:
    """Another process that holds a database open for writing."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(database)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as writer:  # fmt: skip
        assert writer.stdout is not None
        assert writer.stdin is not None
        assert writer.stdout.readline() == "open\n"
        yield
        writer.stdin.write("\n")


@pytest.mark.skipif(os.name != "posix", reason="locks of POSIX files")
def test_a_database_that_another_process_writes_is_named_and_read_once_it_is_let_go(
    tmp_path: Path,
) -> None:
    database = tmp_path / "orders.duckdb"
    with duckdb.connect(str(database)) as filled:
        filled.sql("CREATE TABLE orders AS SELECT DATE '2026-10-05' AS placed_on FROM range(7)")
    (tmp_path / "sameboat.yml").write_text(HELD, encoding="utf-8")
    with closing(open_workspace(tmp_path)) as project:
        with written(database), pytest.raises(WarehouseError) as told:
            project.query(metrics=["orders"])
        assert told.value.code == "file-locked"
        assert "orders.duckdb" in str(told.value)
    with closing(open_workspace(tmp_path)) as project:
        assert project.query(metrics=["orders"])["orders"].to_pylist() == [7]


def test_two_servers_share_one_store_and_see_each_others_refresh(tmp_path: Path) -> None:
    """The second finds what the first recorded; both answer, and neither damages the other's."""
    (tmp_path / "sameboat.yml").write_text(PROJECT, encoding="utf-8")
    rows = [f"2026-{month:02}-15" for month in range(1, 11) for _ in range(month)]
    (tmp_path / "deals.csv").write_text("closed_on\n" + "\n".join(rows) + "\n", encoding="utf-8")
    words = ("serve", "--project", str(tmp_path), "--port", "0")
    with serving(*words) as (_, first), serving(*words) as (_, second):
        boards = []
        for address in (first, second):
            with httpx.Client(follow_redirects=True) as browser:
                boards.append(browser.get(address))
    assert [board.status_code for board in boards] == [200, 200]
    assert all("Won deals" in board.text for board in boards)
    with closing(open_workspace(tmp_path)) as project:
        assert project.refresh().changed == 0
