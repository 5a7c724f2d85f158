"""Whether a text is one SELECT that reads declared tables and does nothing else.

DuckDB's own parser is asked, since only it knows what DuckDB would do: a common table expression
may hold DELETE, INSERT and even COPY TO, and still counts as a SELECT.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any

import duckdb

from sameboat.errors import WarehouseError, did_you_mean
from sameboat.project.file_faults import first_line

_QUERIES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
_SERIES = frozenset({"range", "generate_series", "unnest"})
_REVEALING = frozenset({"getvariable", "current_setting", "write_log", "getenv", "log_query"})


def read_tables(
    connection: duckdb.DuckDBPyConnection, sql: str, *, known: Collection[str]
) -> frozenset[str]:
    """The declared tables that a SELECT reads, spelled as in `known`.

    Raises WarehouseError `query-not-allowed` for anything that is not one SELECT, for files,
    table functions, other schemas and functions that tell of the server, `unknown-table` for
    other names, and `query-failed` where the text cannot be parsed.
    """
    tree = _parsed(connection, sql)
    spelled = {name.casefold(): name for name in known}
    named: set[str] = set()
    local: set[str] = set()
    for node in _nodes(tree):
        kind = node.get("type")
        if not isinstance(kind, str):
            continue
        if kind.endswith("_NODE") and kind not in _QUERIES:
            raise _refused(f"{kind.removesuffix('_NODE').replace('_', ' ')} inside a query")
        if kind == "SHOW_REF":
            raise _refused("DESCRIBE and SHOW")
        if kind == "BASE_TABLE":
            named.add(_table(node))
        elif kind == "TABLE_FUNCTION":
            function = node.get("function", {}).get("function_name", "")
            if function not in _SERIES:
                raise _refused(f"the table function {function!r}")
        elif node.get("class") == "FUNCTION" and node.get("function_name") in _REVEALING:
            raise _refused(f"the function {node['function_name']!r}")
    for entry in _entries(tree):
        local.add(entry.casefold())
    tables = named - local
    for table in sorted(tables - set(spelled)):
        raise WarehouseError(
            "unknown-table", f"{table!r} is not a declared table.", hint=did_you_mean(table, known)
        )
    return frozenset(spelled[name] for name in named if name in spelled)


def _parsed(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
    if "\0" in sql:
        raise WarehouseError("query-failed", "The query holds a NUL character.")
    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise _unreadable(str(error)) from error
    if len(statements) != 1:
        raise _refused(f"{len(statements)} statements in one text")
    kind = statements[0].type
    if kind != duckdb.StatementType.SELECT:
        raise _refused(f"a {kind.name} statement")
    [(text,)] = connection.execute("SELECT json_serialize_sql(?)", [sql]).fetchall()
    try:
        tree = json.loads(text)
    except RecursionError as error:
        raise _unreadable("it nests too deeply") from error
    if tree.get("error"):
        raise _unreadable(str(tree.get("error_message", "")))
    if len(tree["statements"]) != 1:
        raise _refused("several statements in one text")
    return tree


def _unreadable(text: str) -> WarehouseError:
    return WarehouseError("query-failed", f"The query cannot be parsed: {first_line(text)}")


def _refused(what: str) -> WarehouseError:
    return WarehouseError(
        "query-not-allowed",
        f"A query may only read declared tables, and this one holds {what}.",
    )


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    pending = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            yield node
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)


def _table(node: dict[str, Any]) -> str:
    schema, catalog = node.get("schema_name"), node.get("catalog_name")
    if schema or catalog:
        path = ".".join(part for part in (catalog, schema, node["table_name"]) if part)
        raise _refused(f"the relation {path!r}, which is not a declared table")
    return str(node["table_name"]).casefold()


def _entries(tree: Any) -> Iterator[str]:
    """The names of common table expressions, wherever they stand."""
    for node in _nodes(tree):
        held = node.get("cte_map")
        if isinstance(held, dict):
            for entry in held.get("map", ()):
                yield str(entry["key"])
