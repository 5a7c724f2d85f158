"""Queries in worker processes: whatever one does, the next one runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from sameboat.errors import WarehouseError
from sameboat.project.model import Table
from sameboat.warehouse.base import SERVER, Limits
from sameboat.warehouse.landlock import version
from sameboat.warehouse.sandbox import Sandbox, missing_protection
from tests.unit.warehouse.given import ACCOUNTS, DEALS, make_database, ready

SMALL = replace(SERVER, memory=256 << 20, seconds=20.0, bytes=4 << 20, workers=1)
COUNT = "select count(*) as n from deals"


def started(folder: Path, limits: Limits = SMALL, **tables: Table) -> Sandbox:
    return Sandbox(ready(folder, deals=DEALS, accounts=ACCOUNTS, **tables), limits=limits)


@pytest.fixture
def sandbox(folder: Path) -> Iterator[Sandbox]:
    made = started(folder, gone=Table(file="gone.csv"))
    yield made
    made.close()


def refused(sandbox: Sandbox, sql: str) -> WarehouseError:
    with pytest.raises(WarehouseError) as caught:
        sandbox.run(sql)
    return caught.value


def process_of(sandbox: Sandbox) -> int:
    [worker] = sandbox._alive
    return worker._process.pid


def test_it_is_a_warehouse_like_the_embedded_one(sandbox: Sandbox) -> None:
    assert sandbox.name.startswith("DuckDB")
    assert sandbox.dialect == "duckdb"
    assert sandbox.columns("accounts") == {
        "account_id": "integer", "region": "text", "since": "date"
    }  # fmt: skip
    assert sandbox.pseudonymous("deals") == {"contact_id"}
    assert sandbox.reads("deals") == {"deals"}
    assert [found.code for found in sandbox.findings] == ["file-missing"]
    assert sandbox.run("select region from accounts order by 1")["region"].to_pylist() == [
        "DE", "UK"
    ]  # fmt: skip
    assert sandbox.fingerprint("deals")
    assert refused(sandbox, "select * from gone").code == "file-missing"
    assert refused(sandbox, "select * from dealz").code == "unknown-table"
    assert refused(sandbox, "select * from read_text('/etc/passwd')").code == "query-not-allowed"
    with pytest.raises(WarehouseError, match="Did you mean 'deals'"):
        sandbox.columns("dealz")
    with pytest.raises(WarehouseError, match="gone"):
        sandbox.columns("gone")


def test_memory_and_output_bombs_end_in_errors_and_the_same_worker_goes_on(
    sandbox: Sandbox,
) -> None:
    for bomb in (
        "select repeat('a', 4000000000)",
        "select length(repeat('a', 4000000000))",
        "select count(distinct range) from range(1000000000)",
        "select list(range) from range(1000000000)",
        "select * from range(10000000000)",
        "select range, repeat('x', 1000) from range(190000)",
    ):
        assert refused(sandbox, bomb).code == "query-too-large", bomb
        assert sandbox.run(COUNT)["n"].to_pylist() == [4]


def test_a_query_that_runs_too_long_is_stopped_and_the_next_one_runs(folder: Path) -> None:
    sandbox = started(folder, replace(SMALL, seconds=0.5))
    try:
        join = "select count(*) from range(1000000) a, range(1000000) b where a.range + b.range = 1"
        assert refused(sandbox, join).code == "query-timeout"
        assert sandbox.run(COUNT)["n"].to_pylist() == [4]
    finally:
        sandbox.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on processor time")
def test_processor_time_is_limited_for_each_query_and_not_for_all_together(folder: Path) -> None:
    sandbox = started(folder, replace(SMALL, seconds=None, processor=2))
    join = "select count(*) from range(1000000) a, range({}) b where a.range + b.range = 1"
    try:
        for _ in range(8):  # together they use more than one query may, each far less
            sandbox.run(join.format(120))
        before = process_of(sandbox)
        assert refused(sandbox, join.format(1000000)).code == "query-timeout"
        assert sandbox.run(COUNT)["n"].to_pylist() == [4]
        assert process_of(sandbox) != before
    finally:
        sandbox.close()


def test_a_worker_that_the_system_kills_is_replaced(sandbox: Sandbox) -> None:
    sandbox.run(COUNT)
    before = process_of(sandbox)
    os.kill(before, signal.SIGKILL)
    [worker] = sandbox._alive
    worker._process.wait()
    assert sandbox.run(COUNT)["n"].to_pylist() == [4]
    assert process_of(sandbox) != before


def test_a_worker_that_is_lost_in_the_middle_of_a_query_is_told_of(sandbox: Sandbox) -> None:
    sandbox.run(COUNT)
    [worker] = sandbox._alive
    write = worker._stdin.write

    def write_and_die(content: bytes) -> int:
        worker._process.kill()
        worker._process.wait()
        return int(write(content))

    worker._process.stdin.write = write_and_die  # type: ignore[union-attr, method-assign]
    caught = refused(sandbox, COUNT)
    assert caught.code == "worker-lost"
    assert "signal 9" in caught.why
    assert sandbox.run(COUNT)["n"].to_pylist() == [4]


def test_two_workers_answer_many_threads(folder: Path) -> None:
    sandbox = started(folder, replace(SMALL, workers=2))
    gate = threading.Barrier(6)

    def ask(number: int) -> int:
        gate.wait()
        return int(sandbox.run(f"select {number} + count(*) as n from deals")["n"][0].as_py())

    try:
        with ThreadPoolExecutor(6) as pool:
            assert list(pool.map(ask, range(6))) == [4, 5, 6, 7, 8, 9]
        assert len(sandbox._alive) <= 2
    finally:
        sandbox.close()


def test_workers_know_nothing_of_the_servers_environment_and_are_under_limits(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMEBOAT_SECRET", "hush")
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    sandbox = started(folder)
    try:
        sandbox.run(COUNT)
        proc = Path(f"/proc/{process_of(sandbox)}")
        if not proc.exists():
            pytest.skip("what a process holds is told by Linux only")
        assert b"hush" not in (proc / "environ").read_bytes()
        limits = (proc / "limits").read_text()
        assert next(line for line in limits.splitlines() if "file size" in line).split()[3] == "0"
        bound = next(line for line in limits.splitlines() if "address space" in line).split()[3]
        assert int(bound) >= (256 << 20) + 1_200_000_000
    finally:
        sandbox.close()


PAST_THE_CHECK = """
import sys
import duckdb
from sameboat.warehouse.base import SERVER
from sameboat.warehouse.worker import guard

connection = duckdb.connect()
guard(SERVER, files=1)
connection = duckdb.connect()
connection.execute(f"COPY (SELECT 1) TO '{sys.argv[1]}' (USE_TMP_FILE false)").fetchall()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on written files")
def test_the_system_keeps_a_worker_from_writing_even_past_the_check_of_its_statements(
    folder: Path,
) -> None:
    declared, fresh = folder / "accounts.csv", folder / "out.csv"
    before = declared.read_bytes()
    for path in (declared, fresh):
        done = subprocess.run(
            [sys.executable, "-c", PAST_THE_CHECK, str(path)],
            capture_output=True, text=True, check=False,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )  # fmt: skip
        assert done.returncode != 0
        assert "duckdb" in done.stderr, done.stderr
    assert not fresh.exists() or fresh.stat().st_size == 0
    if version():
        assert declared.read_bytes() == before
        assert not fresh.exists()


def test_workers_end_with_their_server_and_at_close(folder: Path) -> None:
    sandbox = started(folder)
    sandbox.run(COUNT)
    [worker] = sandbox._alive
    sandbox.close()
    assert worker._process.returncode is not None
    assert refused(sandbox, COUNT).code == "warehouse-closed"
    other = started(folder)
    other.run(COUNT)
    [orphan] = other._alive
    orphan._stdin.close()  # what a server's death does to the pipe
    assert orphan._process.wait(timeout=20) == 0
    other.close()


def test_a_replaced_database_file_is_seen(folder: Path) -> None:
    make_database(folder / "w.duckdb", "create table t as select 1 as v")
    scans = ready(folder, "duckdb:///w.duckdb", t=Table(relation="t"))
    sandbox = Sandbox(scans, database=folder / "w.duckdb", limits=SMALL)
    try:
        assert sandbox.run("select * from t")["v"].to_pylist() == [1]
        make_database(folder / "n.duckdb", "create table t as select 2 as v, 'x' as more")
        (folder / "n.duckdb").replace(folder / "w.duckdb")
        assert sandbox.run("select * from t")["v"].to_pylist() == [2]
        assert list(sandbox.columns("t")) == ["v", "more"]
    finally:
        sandbox.close()


def test_a_worker_that_cannot_open_says_why(folder: Path) -> None:
    sandbox = Sandbox(ready(folder, deals=DEALS), zone="Nowhere/Land", limits=SMALL)
    try:
        assert "Nowhere/Land" in refused(sandbox, COUNT).why
    finally:
        sandbox.close()


def test_systems_without_limits_are_told_of() -> None:
    assert missing_protection("linux", landlock=3) == ()
    assert "read-only" in missing_protection("linux", landlock=0)[0]
    assert "Windows" in missing_protection("win32")[0]
    assert "memory" in missing_protection("darwin")[0]
