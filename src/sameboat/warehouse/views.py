"""One view for each declared table, made in the order in which they read each other.

A view shows every column but the personal ones. A table that cannot be read keeps the findings
that say why, and so does every table made from it; the others stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import duckdb

from sameboat.errors import Finding, SameboatError, WarehouseError, did_you_mean
from sameboat.project.lineage import plain_sql, revealing, tables_in
from sameboat.project.scans import Scan
from sameboat.project.sql_text import quoted
from sameboat.warehouse.faults import explained
from sameboat.warehouse.statements import read_tables

DATABASE = "warehouse"
"""Under which name a database file is attached."""


@dataclass(frozen=True)
class View:
    """What is known of a declared table once its view stands."""

    columns: Mapping[str, str]
    pseudonymous: frozenset[str]
    reads: frozenset[str]


@dataclass
class Views:
    """The views of one engine while they are being made, each after those that it reads."""

    connection: duckdb.DuckDBPyConnection
    scans: Mapping[str, Scan]
    lost: WarehouseError | None
    views: dict[str, View] = field(default_factory=dict)
    broken: dict[str, tuple[Finding, ...]] = field(default_factory=dict)
    under_way: list[str] = field(default_factory=list)

    def build(self, name: str) -> None:
        """Make the view of a table, or keep the findings that say why there is none."""
        if name in self.views or name in self.broken:
            return
        scan = self.scans[name]
        self.under_way.append(name)
        try:
            if scan.findings:
                self.broken[name] = scan.findings
            elif scan.kind == "select":
                self.views[name] = self._select(scan)
            elif scan.kind == "relation":
                self.views[name] = self._relation(scan)
            else:
                self.views[name] = self._files(scan)
        except duckdb.Error as error:
            self.broken[name] = _named(scan, explained(error).findings)
        except SameboatError as error:
            self.broken[name] = _named(scan, error.findings)
        finally:
            self.under_way.pop()

    def _files(self, scan: Scan) -> View:
        columns = ", ".join(quoted(column) for column, _ in scan.columns)
        self._create(scan.name, f"SELECT {columns} FROM {scan.text}")
        return self._made(scan.name, scan.pseudonymous, frozenset({scan.name}))

    def _relation(self, scan: Scan) -> View:
        if self.lost is not None:
            raise self.lost
        try:
            rows = self.connection.execute(
                f"DESCRIBE SELECT * FROM {DATABASE}.{scan.text}"
            ).fetchall()
        except duckdb.CatalogException as error:
            raise WarehouseError(
                "relation-missing", f"the warehouse holds no relation {scan.text}."
            ) from error
        columns = [row[0] for row in rows]
        kept = _without(columns, scan.personal)
        listed = ", ".join(quoted(column) for column in kept)
        self._create(scan.name, f"SELECT {listed} FROM {DATABASE}.{scan.text}")
        return self._made(scan.name, (), frozenset({scan.name}))

    def _select(self, scan: Scan) -> View:
        sql = plain_sql(scan.text)
        named = tables_in(scan.text)
        for name in named:
            self._need(name, scan)
        tables = _one_select(self.connection, sql, named)
        try:
            rows = self.connection.execute(f"DESCRIBE {sql}").fetchall()
        except duckdb.BinderException as error:
            raise self._unbound(error, named) from error
        columns = [row[0] for row in rows]
        if len({column.casefold() for column in columns}) < len(columns):
            raise WarehouseError("colliding-headers", "two of its columns have the same name.")
        hidden = self._hidden(sql, named)
        late = [name for name in scan.pseudonymous if name.casefold() not in hidden]
        if late:
            raise WarehouseError(
                "pseudonym-late",
                f"{late[0]!r} cannot be hashed here.",
                hint="Declare it `pseudonymous` in the table that it comes from.",
            )
        kept = _without(columns, scan.personal)
        listed = ", ".join(quoted(column) for column in kept)
        self._create(scan.name, f"SELECT {listed} FROM (\n{sql}\n)")
        reads = frozenset().union(*(self.views[name].reads for name in tables))
        return self._made(scan.name, [c for c in kept if c.casefold() in hidden], reads)

    def _need(self, name: str, scan: Scan) -> None:
        if name not in self.scans:
            raise WarehouseError(
                "unknown-table",
                f"its SQL names {name!r}, which is not declared.",
                hint=did_you_mean(name, self.scans),
            )
        if name in self.under_way:
            circle = " → ".join([*self.under_way[self.under_way.index(name) :], name])
            raise WarehouseError("table-cycle", f"tables are made from each other: {circle}.")
        self.build(name)
        if name in self.broken:
            code = self.broken[name][0].code
            raise WarehouseError(code, f"it reads {name!r}, which cannot be read.")

    def _hidden(self, sql: str, named: Iterable[str]) -> frozenset[str]:
        """The columns that a SELECT inherits as pseudonymous, in lower case."""
        secret = {name: self.views[name].pseudonymous for name in named}
        if not any(secret.values()):
            return frozenset()
        columns = {name: tuple(self.views[name].columns) for name in named}
        return revealing(sql, columns=columns, hidden=secret)

    def _unbound(self, error: duckdb.Error, named: Iterable[str]) -> WarehouseError:
        """A column that is missing because it is personal is told as what it is."""
        found = explained(error)
        for name in named:
            for column in self.scans[name].personal:
                if found.code == "column-missing" and f"{column!r}".casefold() in str(
                    found
                ).casefold():  # fmt: skip
                    return WarehouseError(
                        "personal-column",
                        f"its SQL uses {column!r}, which is personal in {name!r}"
                        " and is never loaded.",
                    )
        return found

    def _create(self, name: str, select: str) -> None:
        self.connection.execute(f"CREATE VIEW {quoted(name)} AS {select}").fetchall()

    def _made(self, name: str, pseudonymous: Iterable[str], reads: frozenset[str]) -> View:
        rows = self.connection.execute(f"DESCRIBE {quoted(name)}").fetchall()
        columns = {row[0]: word_of(row[1]) for row in rows}
        hidden = {column.casefold() for column in pseudonymous}
        return View(
            MappingProxyType(columns),
            frozenset(column for column in columns if column.casefold() in hidden),
            reads,
        )


def _one_select(
    connection: duckdb.DuckDBPyConnection, sql: str, named: Iterable[str]
) -> frozenset[str]:
    try:
        return read_tables(connection, sql, known=tuple(named))
    except WarehouseError as error:
        raise WarehouseError(
            "sql-not-one-select",
            f"its SQL is not one SELECT over declared tables: {error.why}",
            hint="Name every table as {{ table('name') }}.",
        ) from error


def _without(columns: list[str], personal: Iterable[str]) -> list[str]:
    """The columns that may be seen; a personal one that is not there is an error, not a relief."""
    known = {column.casefold(): column for column in columns}
    for name in personal:
        if name.casefold() not in known:
            raise WarehouseError(
                "column-missing",
                f"there is no column {name!r} to keep private.",
                hint=did_you_mean(name, columns),
            )
    hidden = {name.casefold() for name in personal}
    kept = [column for column in columns if column.casefold() not in hidden]
    if not kept:
        raise WarehouseError("column-missing", "every column is personal, so nothing is left.")
    return kept


def _named(scan: Scan, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(
        found
        if found.message.startswith(f"{scan.name}: ")
        else replace(found, message=f"{scan.name}: {found.message}")
        for found in findings
    )


_WORDS = {
    "VARCHAR": "text", "UUID": "text", "JSON": "text",
    "FLOAT": "float", "DOUBLE": "float",
    "BOOLEAN": "boolean", "DATE": "date", "INTERVAL": "interval",
    "TIMESTAMP WITH TIME ZONE": "timestamptz", "TIMESTAMP_NS WITH TIME ZONE": "timestamptz",
    "TIMESTAMP": "timestamp", "TIMESTAMP_S": "timestamp", "TIMESTAMP_MS": "timestamp",
    "TIMESTAMP_NS": "timestamp",
    "TIME": "time", "TIME_NS": "time", "TIME WITH TIME ZONE": "time",
    "BLOB": "blob", "BIT": "blob",
}  # fmt: skip


def word_of(kind: str) -> str:
    """The simplified type of a column from the engine's name of it.

    >>> word_of("DECIMAL(18,2)"), word_of("INTEGER[]"), word_of("UBIGINT"), word_of("VARCHAR")
    ('decimal', 'list', 'integer', 'text')
    """
    if kind.endswith("]"):
        return "list"
    head = kind.partition("(")[0].strip()
    if head in ("STRUCT", "MAP"):
        return "struct"
    if head == "DECIMAL":
        return "decimal"
    if head == "ENUM":
        return "text"
    if head.removeprefix("U") in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"):
        return "integer"
    return _WORDS.get(kind, "other")
