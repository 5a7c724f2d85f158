"""Metrics by earlier versions of their definitions, beside those of today: `win_rate@2`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cmp_to_key
from typing import Any

import pyarrow as pa

from sameboat.compiler.query import Order, Request
from sameboat.errors import RequestError
from sameboat.project.viewer import Viewer
from sameboat.questions.about import KEY, with_reasons
from sameboat.questions.fetch import fetch
from sameboat.questions.versions import recalled, tables_changed
from sameboat.questions.workspace import Workspace

Key = tuple[Any, ...]


@dataclass(frozen=True)
class Part:
    """The answer for metrics of one version: its columns by the names asked."""

    table: pa.Table
    names: Mapping[str, str]  # as asked → its column in the table
    said: Mapping[str, Any]


def by_versions(
    workspace: Workspace, request: Request, *, viewer: Viewer, evidence: bool = False
) -> pa.Table:
    """The answer with each metric by the version that it names, computed on the data of today.

    Rows are those of all parts; where one has no such row its figure is null. Raises RequestError
    (`unknown-version`) for a version that no refresh recorded.
    """
    plain = tuple(name for name in request.metrics if "@" not in name)
    parts: list[Part] = []
    if plain:
        table = _asked(workspace, request, plain, viewer, evidence)
        parts.append(Part(table, {name: name for name in plain}, _said(table)))
    parts += [
        _old(workspace, request, name, viewer, evidence) for name in request.metrics if "@" in name
    ]
    return _together(request, parts)


def _old(workspace: Workspace, request: Request, name: str, viewer: Viewer, evidence: bool) -> Part:
    """The figures of one metric by one earlier definition."""
    found = recalled(workspace, name)
    table = _asked(found.workspace, request, (found.metric,), viewer, evidence)
    about = dict(_said(table)["metrics"][found.metric])
    about |= {
        "version": found.used.version,
        "definition": found.used.hash,
        "recorded_at": found.used.at.isoformat(),
        "tables_changed": list(tables_changed(workspace, found.used)),
    }
    return Part(table, {name: found.metric}, {"metrics": {name: about}})


def _asked(
    workspace: Workspace,
    request: Request,
    metrics: tuple[str, ...],
    viewer: Viewer,
    evidence: bool,
) -> pa.Table:
    asked = replace(request, metrics=metrics, order_by=(), limit=None)
    found = fetch(workspace, asked, viewer=viewer)
    return with_reasons(workspace, asked, found, viewer=viewer, evidence=evidence)


def _said(table: pa.Table) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(table.schema.metadata[KEY])
    return found


# ── side by side ─────────────────────────────────────────────────────────────────────────────


def _together(request: Request, parts: Sequence[Part]) -> pa.Table:
    """All parts as one table, a row for each group that any of them has."""
    dimensions = [_dimensions(part) for part in parts]
    if any(names != dimensions[0] for names in dimensions):
        raise RequestError(
            "request-invalid",
            "these versions are not shown by the same times",
            hint="Name the grain: metric_time__month.",
        )
    names = dimensions[0]
    places = [{key: at for at, key in enumerate(_keys(part.table, names))} for part in parts]
    keys = list(dict.fromkeys(key for place in places for key in place))
    columns = {
        asked: (part, [place.get(key) for key in keys], part.names[asked])
        for part, place in zip(parts, places, strict=True)
        for asked in part.names
    }
    values: dict[str, list[Any]] = {
        name: [key[at] for key in keys] for at, name in enumerate(names)
    }
    for asked, (part, rows, column) in columns.items():
        held = part.table.column(column).to_pylist()
        values[asked] = [None if row is None else held[row] for row in rows]
    order = _order(request, names, values)[: request.limit]
    fields, arrays = [], []
    for name in (*names, *request.metrics):
        part, rows, column = columns.get(name, (parts[0], [], name))
        field = part.table.schema.field(column)
        arrays.append(pa.array([values[name][at] for at in order], field.type))
        notes = {
            key: json.dumps(_moved(json.loads(of), rows, order))
            for key, of in (field.metadata or {}).items()
        }
        fields.append(pa.field(name, field.type, metadata=notes or None))
    about = {name: of for part in parts for name, of in part.said["metrics"].items()}
    said = json.dumps({"metrics": {name: about[name] for name in request.metrics}})
    schema = pa.schema(fields, metadata={KEY: said.encode()})
    return pa.Table.from_arrays(arrays, schema=schema)


def _dimensions(part: Part) -> list[str]:
    figures = set(part.names.values())
    return [name for name in part.table.column_names if name not in figures]


def _keys(table: pa.Table, names: Sequence[str]) -> list[Key]:
    columns = [table.column(name).to_pylist() for name in names]
    return [tuple(column[at] for column in columns) for at in range(table.num_rows)]


def _moved(told: Sequence[Any], rows: Sequence[int | None], order: Sequence[int]) -> list[Any]:
    """What is told row by row, in the rows' new order."""
    found = (rows[at] for at in order)
    return [None if row is None else told[row] for row in found]


def _order(
    request: Request, names: Sequence[str], values: Mapping[str, Sequence[Any]]
) -> list[int]:
    """The rows as asked for, then by what is grouped by; what is missing comes last."""
    count = len(next(iter(values.values()), ()))
    sorts = [(_column(order, values), order.descending) for order in request.order_by]
    sorts += [(name, False) for name in names]

    def compare(one: int, other: int) -> int:
        for name, descending in sorts:
            left, right = values[name][one], values[name][other]
            if left == right:
                continue
            if left is None or right is None:
                return int(left is None) - int(right is None)
            return (1 if left > right else -1) * (-1 if descending else 1)
        return 0

    return sorted(range(count), key=cmp_to_key(compare))


def _column(order: Order, values: Mapping[str, Sequence[Any]]) -> str:
    wanted = order.item.column
    if wanted in values:
        return wanted
    for name in values:
        if name.startswith(f"{wanted}__"):
            return name
    raise RequestError(
        "request-invalid",
        f"the answer cannot be sorted by {wanted!r}, which is not in it",
        hint=f"It has {', '.join(values)}.",
    )
