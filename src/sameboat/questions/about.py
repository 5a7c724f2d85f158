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
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from sameboat.analysis.surveys import nps, proportion
from sameboat.analysis.weights import BAND, Sensitivity, weight_sensitivity
from sameboat.compiler.query import METRIC_TIME, Item, Request
from sameboat.compiler.unrated import REASONS
from sameboat.errors import SameboatError
from sameboat.periods import PERIOD_GRAINS, Period, is_complete
from sameboat.project.model import Index, Metric, Ratio, Simple, Survey
from sameboat.project.viewer import Viewer
from sameboat.questions.asking import known_grains
from sameboat.questions.definition_texts import definition_hash
from sameboat.questions.fetch import fetch
from sameboat.questions.lacking import without_value
from sameboat.questions.privacy import kept_back, subject_floor, too_few
from sameboat.questions.reckoning import reckoning_of
from sameboat.questions.wanted import conversion_window, family, tables_of
from sameboat.questions.workspace import Workspace
from sameboat.units import in_currency

if TYPE_CHECKING:
    from sameboat.store.runs import RunRecord

KEY = b"sameboat"


def with_reasons(
    workspace: Workspace,
    request: Request,
    table: pa.Table,
    *,
    viewer: Viewer,
    evidence: bool = False,
) -> pa.Table:
    """The answer with what is to be known of its figures in its metadata.

    `evidence` adds row by row the n behind each figure and, for shares and net promoter scores,
    the ends of their 95 % interval: `n`, `low` and `high` of the metric's field. For an index `low`
    and `high` are its ends over all weights that are at most a quarter off, and `weights` says
    what each weight alone does.
    """
    said: dict[str, Any] = json.loads((table.schema.metadata or {}).get(KEY, b"{}"))
    suppressed: Mapping[str, int] = said.get("suppressed", {})
    undefined = [m for m in request.metrics if m in table.column_names and _nulls(table, m)]
    wanted = [m for m in request.metrics if m in table.column_names] if evidence else undefined
    parts = _parts(workspace, request, table, wanted, viewer)
    fields = []
    for field in table.schema:
        notes: dict[str | bytes, str | bytes] = {}
        if field.name in undefined:
            kept = frozenset(said.get("kept_back", {}).get(field.name, ()))
            reasons = _reasons(workspace, field.name, table, parts, suppressed, kept)
            notes["reasons"] = json.dumps(reasons)
        if evidence and field.name in wanted:
            notes |= _evidence(workspace, field.name, table, parts)
        fields.append(field.with_metadata(notes) if notes else field)
    from sameboat.store.points import last_run  # SQLAlchemy: not before a store is read

    run, shown = last_run(workspace.record), _shown(request, table)
    said["metrics"] = {
        metric: _about(workspace, metric, shown, run)
        for metric in request.metrics
        if metric in workspace.project.metrics
    }
    if request.currency is not None:
        for about in said["metrics"].values():
            about["unit"] = about["unit"] and str(in_currency(about["unit"], request.currency))
            about["rates"] = request.rates
    for field in fields:
        if field.metadata and b"reasons" in field.metadata:
            counted = Counter(r for r in json.loads(field.metadata[b"reasons"]) if r)
            said["metrics"][field.name]["undefined"] = dict(counted)
    schema = pa.schema(fields, metadata={KEY: json.dumps(said).encode()})
    return table.cast(schema)


def _nulls(table: pa.Table, column: str) -> bool:
    return bool(table.column(column).null_count)


def _about(
    workspace: Workspace, metric: str, shown: _Shown | None, run: RunRecord | None
) -> dict[str, Any]:
    """The provenance of one metric."""
    project = workspace.project
    declared = project.metrics[metric]
    tables = tables_of(project, metric)
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
        "incomplete": _incomplete(workspace, metric, loaded, shown),
    }


@dataclass(frozen=True)
class _Shown:
    """The periods of an answer, the last one first."""

    grain: str
    days: tuple[dt.date, ...]


def _shown(request: Request, table: pa.Table) -> _Shown | None:
    """The periods that an answer shows by its main time; None where it shows none."""
    clock = next(
        (i for i in request.group_by if i.is_metric_time and (i.grain or "day") in PERIOD_GRAINS),
        None,
    )
    columns = [name for name in table.column_names if name.startswith(f"{METRIC_TIME}__")]
    if clock is None or not columns:
        return None
    grain = columns[0].removeprefix(f"{METRIC_TIME}__")
    if grain not in PERIOD_GRAINS:
        return None
    found = table.column(columns[0]).unique().to_pylist()
    days = sorted({_date(value) for value in found if value is not None}, reverse=True)
    return _Shown(grain, tuple(days))


def _incomplete(
    workspace: Workspace, metric: str, loaded: dt.datetime | None, shown: _Shown | None
) -> list[str]:
    """The periods shown that had not ended, or not settled, when the data were loaded.

    A cohort whose conversion window has not passed is not complete either.
    """
    if shown is None:
        return []
    project, reckoning = workspace.project, reckoning_of(workspace.project)
    tables, window = tables_of(project, metric), conversion_window(project, metric)
    now = workspace.now
    until = min(now, loaded) if loaded else now
    found: list[str] = []
    for day in shown.days:
        period = Period.holding(day, shown.grain, reckoning)
        settled = is_complete(period, until, None, reckoning.zone) and all(
            is_complete(period, now, project.tables[t].complete_after, reckoning.zone)
            for t in tables
        )
        if window is not None:
            settled &= is_complete(period, now, window, reckoning.zone)
        if settled:
            break  # and so are all before it
        found.append(day.isoformat())
    return found[::-1]


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


def _evidence(
    workspace: Workspace,
    metric: str,
    table: pa.Table,
    parts: Mapping[tuple[Any, ...], Mapping[str, Any]],
) -> dict[str | bytes, str | bytes]:
    """The n of each row and the interval of its figure, where the figure has one."""
    declared = workspace.project.metrics[metric]
    rows = [interval(declared, row) for row in _aligned(workspace, table, parts)]
    found: dict[str | bytes, str | bytes] = {"n": json.dumps([n for n, _, _ in rows])}
    if isinstance(declared, Index):
        weighed = _weighed(declared, _aligned(workspace, table, parts))
        found = {"weights": json.dumps(weighed)}
    if any(low is not None for _, low, _ in rows):
        found["low"] = json.dumps([low for _, low, _ in rows])
        found["high"] = json.dumps([high for _, _, high in rows])
    return found


def _aligned(
    workspace: Workspace, table: pa.Table, parts: Mapping[tuple[Any, ...], Mapping[str, Any]]
) -> Iterator[Mapping[str, Any]]:
    """What each row of the answer is made of, in its order."""
    keys = [name for name in table.column_names if name not in workspace.project.metrics]
    columns = [table.column(name).to_pylist() for name in keys]
    for index in range(table.num_rows):
        yield parts.get(tuple(column[index] for column in columns), {})


def interval(
    declared: Metric, row: Mapping[str, Any]
) -> tuple[int | None, float | None, float | None]:
    """n, and the ends of the interval of a share or a net promoter score.

    `row` holds what the metric is made of: `<metric>__n`, `__numerator` and `__denominator`.
    An index has no interval: its ends are those over all weights within a band.
    """
    name = declared.name
    if isinstance(declared, Index):
        found = _sensitivity(declared, row)
        return (None, None, None) if found is None else (None, found.low, found.high)
    n = row.get(f"{name}__n")
    above, below = row.get(f"{name}__numerator"), row.get(f"{name}__denominator")
    if isinstance(declared, Survey) and declared.method == "nps":
        up, down = row.get(f"{name}__promoters"), row.get(f"{name}__detractors")
        if not n or up is None or down is None:
            return n, None, None
        score = nps(up, n - up - down, down)
        return n, score.low, score.high
    if not isinstance(above, int) or not isinstance(below, int) or below != n:
        return n, None, None
    if below == 0 or not 0 <= above <= below:
        return n, None, None
    share = proportion(above, below)
    return n, share.low, share.high


def _sensitivity(declared: Index, row: Mapping[str, Any]) -> Sensitivity | None:
    """What an index would be under other weights; None where it is undefined."""
    numbers = [str(number) for number, _ in enumerate(declared.parts, start=1)]
    changes = [row.get(f"{declared.name}__part_{number}") for number in numbers]
    if any(change is None for change in changes):
        return None
    figures = {at: 100 * float(c) for at, c in zip(numbers, changes, strict=True) if c is not None}
    weights = {at: part.weight for at, part in zip(numbers, declared.parts, strict=True)}
    return weight_sensitivity(figures, weights)


def _weighed(
    declared: Index,
    rows: Iterable[Mapping[str, Any]],
) -> dict[str, Any]:
    """Row by row what each weight alone does to an index, and the band within which it varies."""
    found = [_sensitivity(declared, row) for row in rows]
    parts = {
        f"{number} {part.metric}": [
            None if one is None else one.by_weight[str(number)] for one in found
        ]
        for number, part in enumerate(declared.parts, start=1)
    }
    return {"band": BAND, "parts": parts}


def _reasons(
    workspace: Workspace,
    metric: str,
    table: pa.Table,
    parts: Mapping[tuple[Any, ...], Mapping[str, Any]],
    suppressed: Mapping[str, int],
    kept: Set[int],
) -> list[str | None]:
    """Row by row why a metric is undefined; None where it is defined."""
    project = workspace.project
    floor = max((subject_floor(project, t) for t in tables_of(project, metric)), default=0)
    declared = project.metrics[metric]
    values = table.column(metric).to_pylist()
    found: list[str | None] = [
        None if value is not None else _reason(declared, row, floor if suppressed else 0)
        for value, row in zip(values, _aligned(workspace, table, parts), strict=True)
    ]
    return [kept_back(floor) if at in kept else reason for at, reason in enumerate(found)]


def _reason(declared: Metric, row: Mapping[str, Any], floor: int) -> str:
    """Why a figure is undefined; `row` is empty where the metric itself has no such group."""
    n, below = row.get(f"{declared.name}__n"), row.get(f"{declared.name}__denominator", "none")
    if floor and n is None and below in (None, "none"):
        return too_few(floor)
    for kind, why in REASONS.items():
        if row.get(f"{declared.name}__{kind}"):
            return why
    if below in (0, None) or (isinstance(declared, Ratio) and not row):
        return "no denominator"
    if n == 0 or (isinstance(declared, Simple) and n is None):
        return "no rows"
    return without_value(declared)
