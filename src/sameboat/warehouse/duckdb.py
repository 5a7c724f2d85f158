"""The embedded engine: DuckDB over declared tables, one locked view each.

The connection lives in memory. It may open the files that the scans name and no other, nothing
of its configuration can change afterwards, and every text that it is given must be one SELECT
over the views (`statements`). Files that change in place are seen by the next query; a database
file that was replaced is opened anew.
"""

from __future__ import annotations

import tempfile
import threading
import weakref
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import duckdb
import pyarrow as pa

from sameboat.errors import Finding, WarehouseError, did_you_mean
from sameboat.project.scans import Scan
from sameboat.project.sql_text import literal
from sameboat.project.unfinished import clear_abandoned, unfinished_folder
from sameboat.warehouse.base import OWN, Limits
from sameboat.warehouse.faults import explained, too_large
from sameboat.warehouse.fingerprints import fingerprint, stamp
from sameboat.warehouse.leases import Leases
from sameboat.warehouse.statements import read_tables
from sameboat.warehouse.views import DATABASE, View, Views

BATCH = 65_536


@dataclass(frozen=True)
class _Opened:
    """One engine with its views, as of one state of the database file."""

    connection: duckdb.DuckDBPyConnection
    views: Mapping[str, View]
    broken: Mapping[str, tuple[Finding, ...]]
    stamp: tuple[int, ...]


def _spill(made: ExitStack) -> str:
    """Where queries larger than memory go on, for as long as `made` is open."""
    shared = Path(tempfile.gettempdir())
    clear_abandoned(shared, prefix="sameboat-")  # a killed engine leaves rows of people there
    return str(made.enter_context(unfinished_folder(shared, prefix="sameboat-")))


class Embedded:
    """DuckDB in this process; a `Warehouse`."""

    dialect = "duckdb"

    def __init__(
        self,
        scans: Iterable[Scan],
        *,
        database: Path | None = None,
        zone: str = "UTC",
        limits: Limits = OWN,
    ) -> None:
        self.name = f"DuckDB {duckdb.__version__}"
        self._scans = {scan.name: scan for scan in scans}
        self._database = database
        self._zone = zone
        self._limits = limits
        made = ExitStack()
        self._spill = _spill(made) if limits.spill else ""
        self._clear = weakref.finalize(self, made.close)
        self._lock = threading.Lock()
        self._closed = False
        self._leases = Leases(
            path for scan in self._scans.values() if scan.landed for path in scan.paths
        )
        try:
            self._open: _Opened | None = self._opened()
        except BaseException:
            self.close()
            raise
        self._checked = lru_cache(maxsize=512)(self._check)

    # ── what a Warehouse does ────────────────────────────────────────────────────────────────

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with the tables that cannot be read."""
        return tuple(found for held in self._current().broken.values() for found in held)

    @property
    def views(self) -> Mapping[str, View]:
        """What is known of each table that can be read."""
        return self._current().views

    @property
    def broken(self) -> Mapping[str, tuple[Finding, ...]]:
        """The findings of each table that cannot be read."""
        return self._current().broken

    def run(self, sql: str, *, rows: int | None = None) -> pa.Table:
        """The result of one SELECT over declared tables, as Arrow."""
        opened = self._current()
        self._checked(sql)
        cursor = opened.connection.cursor()
        try:
            relation = cursor.sql(sql)
            return self._gathered(relation.to_arrow_reader(BATCH), rows)
        except duckdb.Error as error:
            raise explained(error, seconds=self._limits.seconds) from error
        except (MemoryError, pa.ArrowMemoryError) as error:
            raise too_large("more memory than it may use") from error
        except OSError as error:  # Arrow's reader passes the engine's errors on like this
            raise _streamed(error, seconds=self._limits.seconds) from error
        finally:
            with suppress(duckdb.Error):
                cursor.close()

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
        """Let go of the engine, its locks and its room on disk."""
        self._closed = True
        opened, self._open = getattr(self, "_open", None), None
        if opened is not None:
            opened.connection.close()
        self._leases.release()
        self._clear()

    # ── opening ──────────────────────────────────────────────────────────────────────────────

    def _current(self) -> _Opened:
        with self._lock:
            if self._closed or self._open is None:
                raise WarehouseError("warehouse-closed", "The connection has been closed.")
            if self._database is not None and self._open.stamp != stamp(self._database):
                before, self._open = self._open, self._opened()
                self._checked.cache_clear()
                before.connection.close()
            return self._open

    def _opened(self) -> _Opened:
        seen = stamp(self._database)
        connection = duckdb.connect(":memory:", config=self._config())
        try:
            lost = self._attach(connection)
            _lock_down(connection, self._scans.values(), self._zone)
            builder = Views(connection, self._scans, lost)
            for name in self._scans:
                builder.build(name)
            connection.execute("SET lock_configuration = true")
        except duckdb.Error as error:
            connection.close()
            raise explained(error) from error
        except BaseException:
            connection.close()
            raise
        return _Opened(connection, builder.views, builder.broken, seen)

    def _config(self) -> dict[str, str | bool | int | float | list[str]]:
        config: dict[str, str | bool | int | float | list[str]] = {
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
            "temp_directory": self._spill,
        }
        if self._limits.memory is not None:
            config["memory_limit"] = f"{self._limits.memory}B"
        if self._limits.threads is not None:
            config["threads"] = self._limits.threads
        if self._limits.seconds is not None:
            config["max_execution_time"] = int(self._limits.seconds * 1000)
        return config

    def _attach(self, connection: duckdb.DuckDBPyConnection) -> WarehouseError | None:
        """Attach the database file read-only; what prevents it breaks its relations only."""
        if self._database is None:
            return None
        try:
            connection.execute(f"ATTACH {literal(str(self._database))} AS {DATABASE} (READ_ONLY)")
        except duckdb.Error as error:
            found = explained(error)
            message = found.why.replace("A file", self._database.name)
            return WarehouseError(found.code, message)
        return None

    # ── running ──────────────────────────────────────────────────────────────────────────────

    def _check(self, sql: str) -> frozenset[str]:
        """The tables that the text reads, or the error that says why it may not run."""
        with self._current().connection.cursor() as cursor:
            tables = read_tables(cursor, sql, known=self._scans)
        for table in sorted(tables):
            self._view(table)
        return tables

    def _view(self, table: str) -> View:
        opened = self._current()
        if table in opened.broken:
            found = opened.broken[table]
            raise WarehouseError(found[0].code, found[0].message, findings=found)
        if table not in opened.views:
            raise WarehouseError(
                "unknown-table",
                f"{table!r} is not a declared table.",
                hint=did_you_mean(table, opened.views),
            )
        return opened.views[table]

    def _gathered(self, reader: pa.RecordBatchReader, rows: int | None) -> pa.Table:
        """All batches as one table, as long as they keep within the limits."""
        bounds = [bound for bound in (rows, self._limits.rows) if bound is not None]
        most = min(bounds) if bounds else None
        batches: list[pa.RecordBatch] = []
        count = size = 0
        with reader:
            for batch in reader:
                count += batch.num_rows
                size += batch.nbytes
                if most is not None and count > most:
                    raise too_large(f"more than the {most:,} rows that may come back")
                if self._limits.bytes is not None and size > self._limits.bytes:
                    raise too_large(
                        f"more than the {self._limits.bytes >> 20} MB that may come back"
                    )
                batches.append(batch)
            return pa.Table.from_batches(batches, reader.schema)


def _streamed(error: OSError, *, seconds: float | None) -> WarehouseError:
    """The engine's error out of the words with which Arrow wrapped it."""
    text = str(error)
    for kind, marks in (
        (duckdb.InterruptException, ("INTERRUPT", "Interrupted")),
        (duckdb.OutOfMemoryException, ("Out of Memory", "bad_alloc")),
        (duckdb.ConversionException, ("Conversion Error",)),
    ):
        if any(mark in text for mark in marks):
            return explained(kind(text), seconds=seconds)
    return explained(duckdb.Error(text), seconds=seconds)


def _lock_down(connection: duckdb.DuckDBPyConnection, scans: Iterable[Scan], zone: str) -> None:
    """Leave the explicit files as the only thing outside that can be read."""
    try:
        connection.execute(f"SET GLOBAL TimeZone = {literal(zone)}")
    except duckdb.Error as error:
        raise WarehouseError(
            "wrong-type", f"The engine does not know the time zone {zone!r}."
        ) from error
    # it hands casts to the CSV reader, which then reads `2024-06-30T23:30:00Z` as the date in UTC
    # whatever the zone, and 2.5 as the integer 3 where a column of numbers gives 2
    connection.execute("SET GLOBAL disabled_optimizers = 'type_pushdown'")
    paths = dict.fromkeys(
        path for scan in scans if scan.kind == "files" for path in scan.paths
    )  # fmt: skip
    listed = ", ".join(literal(path) for path in paths)
    connection.execute(f"SET allowed_paths = [{listed}]")
    connection.execute("SET enable_external_access = false")
