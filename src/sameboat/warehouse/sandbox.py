"""A warehouse whose queries run in worker processes that can be lost without harm.

Each worker is a fresh Python (never a fork) with a clean environment, the locked engine of
`warehouse.duckdb` and the system's limits of `warehouse.worker`. A query that outgrows them ends
in an error for its asker; the worker is replaced and the next query runs.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from sameboat.errors import Finding, WarehouseError, did_you_mean
from sameboat.project.scans import Scan
from sameboat.warehouse.base import SERVER, Limits
from sameboat.warehouse.fingerprints import fingerprint, stamp
from sameboat.warehouse.frames import (
    CONFIG,
    ERROR,
    MOST_WORDS,
    QUERY,
    READY,
    ROWS,
    PipeError,
    findings_from,
    read_frame,
    scans_told,
    words,
    write_frame,
)
from sameboat.warehouse.landlock import version
from sameboat.warehouse.leases import Leases

GRACE = 2.0
"""Seconds that a worker has, beyond a query's own limit, to say itself that it was stopped."""

START = 60.0
"""Seconds that a worker may take until it is ready."""

_BOOT = "import sys; sys.path[:] = sys.argv[1:]; from sameboat.warehouse.worker import main; main()"


def missing_protection(
    platform: str = sys.platform, *, landlock: int | None = None
) -> tuple[str, ...]:
    """What this system cannot guard against, in words for the person who starts a server.

    >>> missing_protection("linux", landlock=3)
    ()
    """
    emptied = (
        "Nothing but the check of its statements keeps a query from emptying a declared file;"
        " make data files read-only for the user who runs the server."
    )
    if platform == "win32":
        return (
            (
                "Windows sets no limits on memory, processor time and written files of a process;"
                " a query is bounded by the engine's own memory limit and by the clock only."
            ),
            emptied,
        )
    if platform == "darwin":
        return (
            (
                "macOS does not enforce a limit on a process's memory; a query is bounded by the"
                " engine's own limit, by processor time and by the clock."
            ),
            emptied,
        )
    return () if (version() if landlock is None else landlock) else (emptied,)


@dataclass(frozen=True)
class _View:
    columns: Mapping[str, str]
    pseudonymous: frozenset[str]
    reads: frozenset[str]


@dataclass(frozen=True)
class _Described:
    """What a worker said of its tables when it was ready."""

    name: str
    views: Mapping[str, _View]
    broken: Mapping[str, tuple[Finding, ...]]


class Sandbox:
    """DuckDB in worker processes; a `Warehouse` for a server.

    Starting it does not wait: the first worker comes up while the caller goes on.
    """

    dialect = "duckdb"

    def __init__(
        self,
        scans: Iterable[Scan],
        *,
        database: Path | None = None,
        zone: str = "UTC",
        limits: Limits = SERVER,
    ) -> None:
        self._scans = {scan.name: scan for scan in scans}
        self._database = database
        self._limits = limits
        self._config = words(
            {
                "scans": scans_told(self._scans.values()),
                "database": str(database) if database else None,
                "zone": zone,
                "limits": asdict(limits),
            }
        )
        self._leases = Leases(
            path for scan in self._scans.values() if scan.landed for path in scan.paths
        )
        self._closed = False
        self._lock = threading.Lock()
        self._alive: set[_Worker] = set()
        self._described: tuple[tuple[int, ...], _Described] | None = None
        self._slots: queue.LifoQueue[_Worker | None] = queue.LifoQueue()
        for _ in range(max(1, limits.workers) - 1):
            self._slots.put(None)
        self._slots.put(self._started())

    # ── what a Warehouse does ────────────────────────────────────────────────────────────────

    @property
    def name(self) -> str:
        """The engine in words."""
        return self._tables().name

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with the tables that cannot be read."""
        return tuple(found for held in self._tables().broken.values() for found in held)

    def run(self, sql: str, *, rows: int | None = None) -> pa.Table:
        """The result of one SELECT over declared tables, as Arrow."""
        with self._worker() as worker:
            return worker.ask(sql, rows=rows)

    def columns(self, table: str) -> Mapping[str, str]:
        """Each visible column of a declared table with its simplified type."""
        return self._view(table).columns

    def pseudonymous(self, table: str) -> frozenset[str]:
        """The visible columns of a declared table that hold pseudonyms."""
        return self._view(table).pseudonymous

    def reads(self, table: str) -> frozenset[str]:
        """The declared tables whose data a table shows."""
        return self._view(table).reads

    def fingerprint(self, table: str) -> str:
        """A text that changes when the rows that the table shows change."""
        return fingerprint(self._scans, table)

    def close(self) -> None:
        """End all workers; a query that is under way ends in an error."""
        with self._lock:
            self._closed = True
            workers = tuple(self._alive)
        for worker in workers:
            worker.end()
        self._leases.release()

    # ── workers ──────────────────────────────────────────────────────────────────────────────

    def _started(self) -> _Worker:
        with self._lock:
            if self._closed:
                raise WarehouseError("warehouse-closed", "The connection has been closed.")
            worker = _Worker(self._config, stamp(self._database), self._limits)
            self._alive.add(worker)
            return worker

    @contextmanager
    def _worker(self) -> Iterator[_Worker]:
        """A worker that is ready and nobody else's; a lost one is replaced on the way out."""
        try:
            worker = self._slots.get(timeout=(self._limits.seconds or START) + GRACE)
        except queue.Empty:
            raise WarehouseError(
                "warehouse-busy",
                "Other queries have kept the warehouse busy.",
                hint="Try again in a moment.",
            ) from None
        try:
            if worker is not None and (worker.gone() or worker.stamp != stamp(self._database)):
                self._let_go(worker)
                worker = None
            if worker is None:
                worker = self._started()
            worker.ready()
            yield worker
        finally:
            if worker is not None and worker.gone():
                self._let_go(worker)
                worker = None
                with suppress(WarehouseError, OSError):
                    worker = self._started()  # at once, so that the next query need not wait
            self._slots.put(worker)

    def _let_go(self, worker: _Worker) -> None:
        worker.end()
        with self._lock:
            self._alive.discard(worker)

    def _tables(self) -> _Described:
        now = stamp(self._database)
        known = self._described
        if known is not None and known[0] == now and not self._closed:
            return known[1]
        with self._worker() as worker:
            described = worker.ready()
            self._described = (worker.stamp, described)
            return described

    def _view(self, table: str) -> _View:
        tables = self._tables()
        if table in tables.broken:
            found = tables.broken[table]
            raise WarehouseError(found[0].code, found[0].message, findings=found)
        if table not in tables.views:
            raise WarehouseError(
                "unknown-table",
                f"{table!r} is not a declared table.",
                hint=did_you_mean(table, tables.views),
            )
        return tables.views[table]


class _Worker:
    """One worker process, as its server sees it."""

    def __init__(self, config: bytes, seen: tuple[int, ...], limits: Limits) -> None:
        self.stamp = seen
        self._limits = limits
        self._late = False
        self._described: _Described | None = None
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-B", "-c", _BOOT, *_paths()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            start_new_session=True,  # an interrupt at the terminal is the server's business
        )
        with suppress(BrokenPipeError):  # told when it is asked
            write_frame(self._stdin, CONFIG, config)

    @property
    def _stdin(self) -> Any:
        return self._process.stdin

    @property
    def _stdout(self) -> Any:
        return self._process.stdout

    def ready(self) -> _Described:
        """What the worker says of its tables, once it is up."""
        if self._described is None:
            kind, content = self._answer(START)
            told = json.loads(content)
            if kind == ERROR:
                found = findings_from(told)
                self.end()
                raise WarehouseError(found[0].code, found[0].message, findings=found)
            if kind != READY:
                self.end()
                raise _lost("it answered out of turn")
            self._described = _described(told)
        return self._described

    def ask(self, sql: str, *, rows: int | None) -> pa.Table:
        """The worker's answer to a query."""
        seconds = self._limits.seconds
        try:
            write_frame(self._stdin, QUERY, words({"sql": sql, "rows": rows}))
        except OSError:
            self.end()
            raise self._why() from None
        kind, content = self._answer(None if seconds is None else seconds + GRACE)
        if kind == ROWS:
            return pa.ipc.open_stream(pa.py_buffer(content)).read_all()
        if kind == ERROR:
            found = findings_from(json.loads(content))
            raise WarehouseError(found[0].code, found[0].message, findings=found)
        self.end()
        raise _lost("it answered out of turn")

    def gone(self) -> bool:
        """Whether the process has ended."""
        return self._process.poll() is not None

    def end(self) -> None:
        """Kill the process and wait until it is gone."""
        with suppress(OSError):
            self._process.kill()
        self._process.wait()
        for pipe in (self._stdin, self._stdout):
            with suppress(OSError):
                pipe.close()

    def _answer(self, seconds: float | None) -> tuple[bytes, bytes]:
        most = MOST_WORDS if self._limits.bytes is None else self._limits.bytes + MOST_WORDS
        watch = None if seconds is None else threading.Timer(seconds, self._too_late)
        if watch is not None:
            watch.daemon = True
            watch.start()
        try:
            return read_frame(self._stdout, most=most if self._limits.bytes else 1 << 40)
        except (PipeError, OSError, ValueError):
            self.end()
            raise self._why() from None
        finally:
            if watch is not None:
                watch.cancel()

    def _too_late(self) -> None:
        self._late = True
        with suppress(OSError):
            self._process.kill()

    def _why(self) -> WarehouseError:
        """Why the process ended, as far as the system tells."""
        if self._late:
            return WarehouseError(
                "query-timeout",
                f"The query was stopped at its limit of {self._limits.seconds:g} seconds.",
                hint="Ask for a shorter time or fewer segments.",
            )
        code = self._process.returncode
        if sys.platform != "win32" and code == -signal.SIGXCPU:
            return WarehouseError(
                "query-timeout",
                f"The query was stopped after {self._limits.processor} seconds of processor time.",
                hint="Ask for a shorter time or fewer segments.",
            )
        if code is not None and code < 0:
            return _lost(f"the system ended it with signal {-code}")
        return _lost(f"it ended with code {code}")


def _lost(why: str) -> WarehouseError:
    return WarehouseError(
        "worker-lost",
        f"The process that ran the query was lost: {why}.",
        hint="The next query runs in a new one.",
    )


def _described(told: Mapping[str, Any]) -> _Described:
    return _Described(
        name=told["name"],
        views={
            name: _View(
                MappingProxyType(dict(view["columns"])),
                frozenset(view["pseudonymous"]),
                frozenset(view["reads"]),
            )
            for name, view in told["views"].items()
        },
        broken={name: findings_from(found) for name, found in told["broken"].items()},
    )


def _paths() -> list[str]:
    """Where this process finds its modules: a worker finds the same ones and no others."""
    return [str(Path(entry).absolute()) for entry in sys.path]


def _environment() -> dict[str, str]:
    """What a worker may know of the server's environment: nothing that could be a secret."""
    kept = ("SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
    return {
        "LANG": "C.UTF-8",
        "HOME": os.devnull,
        **{name: os.environ[name] for name in kept if name in os.environ},
    }
