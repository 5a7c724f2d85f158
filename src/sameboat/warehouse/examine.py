"""What the data themselves say against a project's tables: for `sameboat check`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from sameboat.errors import Finding, WarehouseError, did_you_mean
from sameboat.project.model import Table
from sameboat.project.sql_text import quoted
from sameboat.warehouse.base import Warehouse

_BARE = re.compile(r"[A-Za-z_]\w*\Z")
_TIMES = ("date", "timestamp", "timestamptz")


def examine(warehouse: Warehouse, tables: Mapping[str, Table]) -> tuple[Finding, ...]:
    """Every table that cannot be read or is empty, and every time dimension that holds no time."""
    return tuple(
        found for name, table in tables.items() for found in _table(warehouse, name, table)
    )


def _table(warehouse: Warehouse, name: str, table: Table) -> Iterator[Finding]:
    try:
        columns = warehouse.columns(name)
        first = warehouse.run(f"SELECT 1 AS row FROM {quoted(name)} LIMIT 1", rows=1)
    except WarehouseError as error:
        yield from error.findings
        return
    if first.num_rows == 0:
        yield Finding("table-empty", f"{name}: the table has no rows.", severity="warning")
    yield from _times(warehouse, name, table, columns)


def _times(
    warehouse: Warehouse, name: str, table: Table, columns: Mapping[str, str]
) -> Iterator[Finding]:
    known = {column.casefold(): kind for column, kind in columns.items()}
    for column in _time_columns(table):
        kind = known.get(column.casefold())
        if kind is None:
            yield Finding(
                "column-missing",
                f"{name}: there is no column {column!r}.",
                hint=did_you_mean(column, columns),
            )
        elif kind == "text" and not _has_values(warehouse, name, column):
            yield Finding(
                "date-is-text",
                f"{name}: the column {column!r} is used as a time but holds no value at all.",
                severity="warning",
            )
        elif kind not in _TIMES:
            yield Finding(
                "date-is-text" if kind == "text" else "value-type",
                f"{name}: the column {column!r} is used as a time but holds {kind}.",
                hint="Say how it is written, such as"
                ' `read: {date_format: "%d/%m/%Y"}`, or mend the values that are no dates.',
            )


def _has_values(warehouse: Warehouse, name: str, column: str) -> bool:
    found = warehouse.run(
        f"SELECT 1 AS row FROM {quoted(name)} WHERE {quoted(column)} IS NOT NULL LIMIT 1", rows=1
    )
    return bool(found.num_rows)


def _time_columns(table: Table) -> Iterable[str]:
    """The raw columns that time dimensions name; expressions are judged by the project's check."""
    for name, dimension in table.dimensions.items():
        column = dimension.expr or name
        if dimension.type == "time" and _BARE.match(column):
            yield column
