"""What is to be known of an answer's figures: where they come from, and why some are undefined.

It travels as JSON in the metadata of the Arrow schema, under `sameboat`: per metric its
definition's version and hash, its tables with their last load, whether it is exact, which of its
periods are not complete, and how many of its figures are undefined for which reason. Each
metric's field has its reasons row by row under `reasons`.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa

from sameboat.compiler.query import METRIC_TIME, Item, Request
from sameboat.errors import SameboatError
from sameboat.periods import GRAINS, Period, is_complete
from sameboat.project.model import Simple
from sameboat.project.viewer import Viewer
from sameboat.questions.asking import known_grains
from sameboat.questions.fetch import fetch
from sameboat.questions.privacy import subject_floor
from sameboat.questions.reckoning import reckoning_of
from sameboat.questions.wanted import definition_hash, family, tables_of
from sameboat.questions.workspace import Workspace
from sameboat.store.points import last_run

KEY = b"sameboat"


def with_reasons(
    workspace: Workspace, request: Request, table: pa.Table, *, viewer: Viewer
) -> pa.Table:
    """The answer with what is to be known of its figures in its metadata."""
    said: dict[str, Any] = json.loads((table.schema.metadata or {}).get(KEY, b"{}"))
    suppressed: Mapping[str, int] = said.get("suppressed", {})
    undefined = [m for m in request.metrics if m in table.column_names and _nulls(table, m)]
    parts = _parts(workspace, request, table, undefined, viewer)
    fields = []
    for field in table.schema:
        if field.name in undefined:
            reasons = _reasons(workspace, field.name, table, parts, suppressed)
            fields.append(field.with_metadata({"reasons": json.dumps(reasons)}))
        else:
            fields.append(field)
    said["metrics"] = {
        metric: _about(workspace, metric, request, table)
        for metric in request.metrics
        if metric in workspace.project.metrics
    }
    for field in fields:
        if field.metadata and b"reasons" in field.metadata:
            counted = Counter(r for r in json.loads(field.metadata[b"reasons"]) if r)
            said["metrics"][field.name]["undefined"] = dict(counted)
    schema = pa.schema(fields, metadata={KEY: json.dumps(said).encode()})
    return table.cast(schema)


def _nulls(table: pa.Table, column: str) -> bool:
    return bool(table.column(column).null_count)


def _about(workspace: Workspace, metric: str, request: Request, table: pa.Table) -> dict[str, Any]:
    """The provenance of one metric."""
    project = workspace.project
    declared = project.metrics[metric]
    tables = tables_of(project, metric)
    run = last_run(workspace.record)
    loads = [run.tables[t].loaded_at for t in tables if run and t in run.tables]
    loaded = min((moment for moment in loads if moment is not None), default=None)
    sketched = any(
        isinstance(inner := project.metrics[name], Simple) and inner.approximate
        for name in family(project, metric)
    )
    return {
        "version": declared.version,
        "definition": definition_hash(project, metric),
        "unit": declared.unit,
        "sources": list(tables),
        "loaded_at": loaded.isoformat() if loaded else None,
        "exact": not sketched,
        "incomplete": _incomplete(workspace, tables, loaded, request, table),
    }


def _incomplete(
    workspace: Workspace,
    tables: Iterable[str],
    loaded: dt.datetime | None,
    request: Request,
    table: pa.Table,
) -> list[str]:
    """The periods shown that had not ended, or not settled, when the data were loaded."""
    clock = next(
        (i for i in request.group_by if i.is_metric_time and (i.grain or "day") in GRAINS[6:]), None
    )
    columns = [name for name in table.column_names if name.startswith(f"{METRIC_TIME}__")]
    if clock is None or not columns:
        return []
    project, reckoning = workspace.project, reckoning_of(workspace.project)
    grain = columns[0].removeprefix(f"{METRIC_TIME}__")
    if grain not in GRAINS[6:]:
        return []
    until = min(workspace.now, loaded) if loaded else workspace.now
    found = []
    for day in sorted({_date(v) for v in table.column(columns[0]).to_pylist() if v is not None}):
        period = Period.holding(day, grain, reckoning)
        settled = is_complete(period, until, None, reckoning.zone) and all(
            is_complete(period, workspace.now, project.tables[t].complete_after, reckoning.zone)
            for t in tables
        )
        if not settled:
            found.append(day.isoformat())
    return found


def _date(value: dt.date | dt.datetime) -> dt.date:
    return value.date() if isinstance(value, dt.datetime) else value


def _parts(
    workspace: Workspace,
    request: Request,
    table: pa.Table,
    undefined: list[str],
    viewer: Viewer,
) -> Mapping[tuple[Any, ...], Mapping[str, Any]]:
    """What the undefined metrics are made of, by the answer's groups; empty where not to be had."""
    if not undefined or request.ungrouped:
        return {}
    keys = [name for name in table.column_names if name not in request.metrics]
    grains = known_grains(workspace.project)
    asked = replace(
        request,
        metrics=tuple(undefined),
        group_by=tuple(Item.of(key, grains) for key in keys),  # a plain time as it was shown
        parts=True,
        limit=None,
        order_by=(),
    )
    try:
        found = fetch(workspace, asked, viewer=viewer)
    except SameboatError:
        return {}
    rows = found.to_pylist()
    return {tuple(row[key] for key in keys): row for row in rows}


def _reasons(
    workspace: Workspace,
    metric: str,
    table: pa.Table,
    parts: Mapping[tuple[Any, ...], Mapping[str, Any]],
    suppressed: Mapping[str, int],
) -> list[str | None]:
    """Row by row why a metric is undefined; None where it is defined."""
    project = workspace.project
    floor = max((subject_floor(project, t) for t in tables_of(project, metric)), default=0)
    values = table.column(metric).to_pylist()
    keys = [name for name in table.column_names if name not in project.metrics]
    columns = [table.column(name).to_pylist() for name in keys]
    found: list[str | None] = []
    for index, value in enumerate(values):
        row = parts.get(tuple(column[index] for column in columns), {})
        found.append(
            None if value is not None else _reason(metric, row, floor if suppressed else 0)
        )
    return found


def _reason(metric: str, row: Mapping[str, Any], floor: int) -> str:
    n, below = row.get(f"{metric}__n"), row.get(f"{metric}__denominator", "none")
    if floor and n is None and row.get(f"{metric}__denominator") is None:
        return f"fewer than {floor} people"
    if below in (0, None):
        return "no denominator"
    if n == 0:
        return "no rows"
    return "an input is missing"
