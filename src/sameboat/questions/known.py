"""A request as it was known at a past moment: answered from the record, never computed again.

The store keeps the points of each shared KPI, its levers and guardrails, at the grains at which
they are shown, and of the KPI by its segments. What asks for more is refused with what there is.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cmp_to_key
from typing import Any

import numpy as np
import pyarrow as pa

from sameboat.compiler.answer import sorted_column
from sameboat.compiler.query import METRIC_TIME, Item, Request
from sameboat.compiler.source import coarseness
from sameboat.errors import RequestError, did_you_mean
from sameboat.periods import Period
from sameboat.project.model import Simple
from sameboat.questions.about import interval
from sameboat.questions.privacy import subject_floor
from sameboat.questions.reckoning import reckoning_of
from sameboat.questions.wanted import finest_grain, tables_of
from sameboat.questions.workspace import Workspace
from sameboat.store.packing import PackedSeries
from sameboat.store.points import SeriesKey, last_run, listed, many, segments
from sameboat.store.runs import RunRecord, runs

KEY = b"sameboat"


@dataclass(frozen=True)
class Point:
    """One figure as a run knew it, with what it was made of; `reason` where it is undefined."""

    value: float | None
    reason: str | None
    complete: bool
    n: int | None
    numerator: float | None
    denominator: float | None


Row = tuple[dt.date, tuple[str | None, ...]]
"""A period and the values of the segment, in the order asked."""


def as_known(
    workspace: Workspace, request: Request, at: dt.datetime, *, evidence: bool = False
) -> pa.Table:
    """The rows that the record holds for a request as it was known at a moment.

    Columns and order are those of the same request now, figures those of the last run that had
    finished by then; its number stands in the metadata under `run`. A figure of a group that is
    under today's privacy floor is kept back even if it was shown then.

    Raises RequestError: `nothing-known` before the first run, `not-recorded` for what was never
    recorded.
    """
    _refuse_more(request)
    run = last_run(workspace.record, as_known_at=at)
    if run is None:
        raise _nothing_known(workspace, at)
    items, grain = _items(workspace, request)
    names = tuple(item.column for item in items if not item.is_metric_time)
    found: dict[str, dict[Row, Point]] = {}
    series: dict[str, PackedSeries] = {}
    for metric in request.metrics:
        held = _held(workspace, metric, grain, names, at)
        if not held:
            raise _not_recorded(workspace, metric, grain, names, at)
        series[metric] = held[0]
        floor = max((subject_floor(workspace.project, t) for t in _tables(workspace, metric)),
                    default=0)  # fmt: skip
        found[metric] = dict(_points(held, names, floor))
    keys = sorted(
        {
            key
            for points in found.values()
            for key in points
            if _inside(workspace, request, key, grain)
        },
        key=lambda key: (key[0], [(text is None, text or "") for text in key[1]]),
    )
    keys = _ordered(request, items, found, keys)[: request.limit]
    return _table(workspace, request, items, keys, found, series, run, at, evidence)


# ── what can be asked ────────────────────────────────────────────────────────────────────────


def _refuse_more(request: Request) -> None:
    """Refuse what only rows can answer: the store keeps points."""
    asked = {
        "filters": bool(request.where),
        "single rows": request.ungrouped,
        "extremes of a dimension": request.min_max_only,
        "the values of dimensions": not request.metrics,
        "exchange of money": bool(
            getattr(request, "currency", None) or getattr(request, "rates", None)
        ),
    }
    refused = [what for what, is_asked in asked.items() if is_asked]
    if refused:
        raise RequestError(
            "not-recorded",
            f"the past is answered from the recorded points of KPIs, and {refused[0]} are not "
            "among them",
            hint="Ask for a KPI's metric by metric_time and, if you like, one of its segments.",
        )


def _items(workspace: Workspace, request: Request) -> tuple[tuple[Item, ...], str]:
    """What is grouped by, with the grain of the time filled in, and that grain."""
    times = [item for item in request.group_by if item.is_metric_time]
    if len(times) != 1 or times[0].part:
        raise RequestError(
            "not-recorded",
            "points are recorded by period, so the past is asked by metric_time at one grain",
            hint="Add metric_time__week or metric_time__month to what is grouped by.",
        )
    finest = (finest_grain(workspace.project, metric) for metric in request.metrics)
    grain = times[0].grain or max(finest, key=coarseness)
    time = Item(METRIC_TIME, grain)
    return tuple(time if item.is_metric_time else item for item in request.group_by), grain


def _held(
    workspace: Workspace, metric: str, grain: str, names: Sequence[str], at: dt.datetime
) -> tuple[PackedSeries, ...]:
    """The series of a metric, whole or by its segments, as they were known."""
    store = workspace.record
    if names:
        found = segments(store, metric=metric, grain=grain, as_known_at=at)
        return tuple(one for one in found if set(one.segment) == set(names))
    key = SeriesKey.of(metric, grain)
    return tuple(many(store, [key], as_known_at=at).values())


def _nothing_known(workspace: Workspace, at: dt.datetime) -> RequestError:
    finished = [run for run in runs(workspace.record) if run.status == "finished"]
    hint = "Run 'sameboat refresh': each run records what is known."
    if finished:
        hint = f"The first run finished at {finished[-1].finished_at:%Y-%m-%d %H:%M} UTC."
    return RequestError("nothing-known", f"nothing was recorded by {at:%Y-%m-%d %H:%M}", hint=hint)


def _not_recorded(
    workspace: Workspace, metric: str, grain: str, names: Sequence[str], at: dt.datetime
) -> RequestError:
    """The refusal that says what is recorded of a metric, or which metrics are."""
    workspace.project.metric(metric)  # an unknown name is another error
    keys = listed(workspace.record, as_known_at=at)
    own = [key for key in keys if key.metric == metric]
    if not own:
        recorded = sorted({key.metric for key in keys})
        return RequestError(
            "not-recorded",
            f"no point of {metric!r} was recorded by then: only KPIs with their levers and "
            "guardrails are",
            hint=did_you_mean(metric, recorded) or f"Recorded are {', '.join(recorded[:12])}.",
        )
    asked = " and ".join([f"metric_time__{grain}", *names])
    ways = {_way(key) for key in own}
    return RequestError(
        "not-recorded",
        f"{metric!r} was not recorded by {asked}",
        hint=f"It was by {'; '.join(sorted(ways))}.",
    )


def _way(key: SeriesKey) -> str:
    by = sorted(json.loads(key.segment)) if key.segment else []
    return " and ".join([f"metric_time__{key.grain}", *by])


def _tables(workspace: Workspace, metric: str) -> tuple[str, ...]:
    tables = tables_of(workspace.project, metric)
    return tuple(name for name in tables if name in workspace.project.tables)


# ── points ───────────────────────────────────────────────────────────────────────────────────


def _points(
    held: Iterable[PackedSeries], names: Sequence[str], floor: int
) -> Iterable[tuple[Row, Point]]:
    for series in held:
        segment = tuple(series.segment.get(name) for name in names)
        for index in range(len(series)):
            yield (series.periods[index].item(), segment), _point(series, index, floor)


def _point(series: PackedSeries, index: int, floor: int) -> Point:
    n = _number(series.n, index)
    value = _number(series.values, index)
    reason = series.reasons[index] if series.reasons else None
    if floor and value is not None and n is not None and n < floor:
        nothing = f"fewer than {floor} people"
        return Point(None, nothing, bool(series.complete[index]), None, None, None)
    return Point(
        value,
        reason if value is None else None,
        bool(series.complete[index]),
        None if n is None else int(n),
        _number(series.numerator, index),
        _number(series.denominator, index),
    )


def _number(array: Any, index: int) -> float | None:
    return None if array is None or np.isnan(array[index]) else float(array[index])


def _inside(workspace: Workspace, request: Request, key: Row, grain: str) -> bool:
    """Whether a period is asked for: ranges are widened to whole periods."""
    reckoning = reckoning_of(workspace.project)
    if request.start is not None:
        first = Period.holding(request.start.date(), grain, reckoning).start
        if key[0] < first:
            return False
    if request.end is not None:
        last = Period.holding(request.end.date(), grain, reckoning).start
        return key[0] <= last
    return True


def _ordered(
    request: Request,
    items: tuple[Item, ...],
    found: Mapping[str, Mapping[Row, Point]],
    keys: list[Row],
) -> list[Row]:
    """The rows in the order asked; what is missing comes last, as in an answer of now."""
    columns = [item.column for item in items]
    segments_at = [item.column for item in items if not item.is_metric_time]
    for order in reversed(request.order_by):
        name = sorted_column(order.item, items, list(request.metrics))

        def value(key: Row, name: str = name) -> Any:
            if name in found and name not in columns:
                point = found[name].get(key)
                return point.value if point else None
            return key[1][segments_at.index(name)] if name in segments_at else key[0]

        def compare(one: Row, other: Row, sign: int = -1 if order.descending else 1) -> int:
            left, right = value(one), value(other)
            if left is None or right is None:
                return int(left is None) - int(right is None)
            return sign * (int(left > right) - int(left < right))

        keys = sorted(keys, key=cmp_to_key(compare))
    return keys


# ── the answer ───────────────────────────────────────────────────────────────────────────────


def _table(
    workspace: Workspace,
    request: Request,
    items: tuple[Item, ...],
    keys: Sequence[Row],
    found: Mapping[str, Mapping[Row, Point]],
    series: Mapping[str, PackedSeries],
    run: RunRecord,
    at: dt.datetime,
    evidence: bool,
) -> pa.Table:
    """The answer as a table, with where its figures come from in the metadata."""
    fields: list[pa.Field] = []
    arrays: list[pa.Array] = []
    position = 0
    for item in items:
        if item.is_metric_time:
            times = [dt.datetime.combine(day, dt.time()) for day, _ in keys]
            arrays.append(pa.array(times, pa.timestamp("us")))
        else:
            arrays.append(pa.array([texts[position] for _, texts in keys], pa.string()))
            position += 1
        fields.append(pa.field(item.column, arrays[-1].type))
    about: dict[str, Any] = {}
    for metric in request.metrics:
        points = [found[metric].get(key) for key in keys]
        array = _figures(workspace, metric, points)
        arrays.append(array)
        fields.append(
            pa.field(metric, array.type, metadata=_notes(workspace, metric, points, evidence))
        )
        about[metric] = _about(workspace, metric, keys, points, series[metric], run)
    said = {
        "as_known_at": at.isoformat(),
        "run": run.id,
        "finished_at": run.finished_at.isoformat(),
        "metrics": about,
    }
    schema = pa.schema(fields, metadata={KEY: json.dumps(said).encode()})
    return pa.Table.from_arrays(arrays, schema=schema)


def _figures(workspace: Workspace, metric: str, points: Sequence[Point | None]) -> pa.Array:
    """The values; those of counts as whole numbers, as an answer of now has them."""
    values = [point.value if point else None for point in points]
    declared = workspace.project.metrics.get(metric)
    counts = isinstance(declared, Simple) and declared.agg in ("count", "count_distinct")
    if declared is not None and declared.unit == "count":
        counts |= all(value is None or value.is_integer() for value in values)
    if counts:
        return pa.array([None if v is None else round(v) for v in values], pa.int64())
    return pa.array(values, pa.float64())


def _notes(
    workspace: Workspace, metric: str, points: Sequence[Point | None], evidence: bool
) -> dict[str | bytes, str | bytes]:
    """Row by row why a figure is undefined and, where asked, its n and interval."""
    notes: dict[str | bytes, str | bytes] = {}
    reasons = [_reason(point) for point in points]
    if any(reasons):
        notes["reasons"] = json.dumps(reasons)
    if evidence:
        rows = [_interval(workspace, metric, point) for point in points]
        notes["n"] = json.dumps([n for n, _, _ in rows])
        if any(low is not None for _, low, _ in rows):
            notes["low"] = json.dumps([low for _, low, _ in rows])
            notes["high"] = json.dumps([high for _, _, high in rows])
    return notes


def _reason(point: Point | None) -> str | None:
    if point is None:
        return "not recorded"
    return None if point.value is not None else point.reason or "no value"


def _interval(
    workspace: Workspace, metric: str, point: Point | None
) -> tuple[int | None, float | None, float | None]:
    declared = workspace.project.metrics.get(metric)
    if point is None or declared is None:
        return None, None, None
    whole = {"numerator": point.numerator, "denominator": point.denominator}
    parts = {
        f"{metric}__{name}": int(of) if of is not None and of == int(of) else of
        for name, of in whole.items()
    }
    return interval(declared, {f"{metric}__n": point.n, **parts})


def _about(
    workspace: Workspace,
    metric: str,
    keys: Sequence[Row],
    points: Sequence[Point | None],
    series: PackedSeries,
    run: RunRecord,
) -> dict[str, Any]:
    """The provenance of one metric's figures, as the run noted it."""
    project = workspace.project
    tables = tables_of(project, metric)
    loads = [run.tables[name].loaded_at for name in tables if name in run.tables]
    loaded = min((moment for moment in loads if moment is not None), default=None)
    declared = project.metrics.get(metric)
    incomplete = {
        day.isoformat()
        for (day, _), point in zip(keys, points, strict=True)
        if point and not point.complete
    }
    reasons = Counter(reason for point in points if (reason := _reason(point)))
    return {
        "version": series.definition_version,
        "definition": series.definition_hash,
        "unit": declared.unit if declared else None,
        "sources": list(tables),
        "loaded_at": loaded.isoformat() if loaded else None,
        "incomplete": sorted(incomplete),
        **({"undefined": dict(reasons)} if reasons else {}),
    }
