"""Series computed from the warehouse: few queries, each with many metrics, cut into points."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sameboat.compiler.floors import KEPT_BACK
from sameboat.compiler.query import METRIC_TIME, Item, Request
from sameboat.compiler.unrated import REASONS
from sameboat.errors import SameboatError
from sameboat.periods import Period, Span, add, is_complete
from sameboat.project.model import Metric, Simple
from sameboat.project.viewer import Viewer
from sameboat.questions.definition_texts import definition_hash
from sameboat.questions.fetch import TOO_FEW, fetch
from sameboat.questions.lacking import without_value
from sameboat.questions.privacy import kept_back, subject_floor, too_few
from sameboat.questions.reckoning import reckoning_of
from sameboat.questions.wanted import (
    Wanted,
    adds_up,
    conversion_window,
    tables_of,
)
from sameboat.questions.workspace import Workspace, local_now
from sameboat.store.packing import PackedSeries

Floats = npt.NDArray[Any]

AHEAD = Span(10, "year")
"""How far ahead of the data's last load a row may lie and still have a point."""

HIDDEN = (TOO_FEW, KEPT_BACK)
"""Why a privacy floor leaves a figure out of a row."""


@dataclass(frozen=True)
class TableAge:
    """Until when a table's rows can be trusted to be there: its last load, or now.

    `since` is the day of its first row by its own time, where it has one; `inside` the grains in
    whose first period its rows begin later than they usually do.
    """

    loaded_at: dt.datetime | None
    until: dt.datetime
    since: dt.date | None = None
    inside: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Failed:
    """A series that could not be computed, and why."""

    wanted: Wanted
    error: SameboatError


def compute(
    workspace: Workspace,
    wanted: Sequence[Wanted],
    ages: Mapping[str, TableAge],
    *,
    viewer: Viewer,
    step: Callable[[str], None],
) -> tuple[list[PackedSeries], list[Failed]]:
    """The points of all wanted series, and those that failed; one query per grain and segment."""
    groups: dict[tuple[str, tuple[str, ...]], list[Wanted]] = {}
    for one in wanted:
        groups.setdefault((one.grain, one.by), []).append(one)
    done: list[PackedSeries] = []
    failed: list[Failed] = []
    for (grain, by), members in groups.items():
        step(f"{grain}s{' by ' + ', '.join(by) if by else ''}")
        series, wrong = _together(workspace, members, ages, viewer)
        done += series
        failed += wrong
    return done, failed


def _together(
    workspace: Workspace, members: list[Wanted], ages: Mapping[str, TableAge], viewer: Viewer
) -> tuple[list[PackedSeries], list[Failed]]:
    """All members by one query; where that fails, each alone, so that one cannot spoil the rest."""
    try:
        table = fetch(workspace, _request(workspace, members), viewer=viewer)
    except SameboatError as error:
        if len(members) == 1:
            return [], [Failed(members[0], error)]
        found: list[PackedSeries] = []
        failed: list[Failed] = []
        for member in members:
            series, wrong = _together(workspace, [member], ages, viewer)
            found += series
            failed += wrong
        return found, failed
    return [s for one in members for s in cut(workspace, one, table, ages)], []


def _request(workspace: Workspace, members: Iterable[Wanted]) -> Request:
    members = list(members)
    first = members[0]
    items = (Item(METRIC_TIME, first.grain), *(Item.of(name) for name in first.by))
    return Request(
        metrics=tuple(m.metric for m in members),
        group_by=items,
        parts=True,
        as_of=local_now(workspace),
    )


def cut(
    workspace: Workspace, wanted: Wanted, table: pa.Table, ages: Mapping[str, TableAge]
) -> list[PackedSeries]:
    """The rows of an answer as one series, or one per value of its dimension."""
    clock = table.column(f"{METRIC_TIME}__{wanted.grain}")
    starts = clock.cast(pa.timestamp("us")).to_numpy().astype("datetime64[D]")
    if not wanted.by:
        keep = ~np.isnat(starts)
        return [_series(workspace, wanted, {}, starts[keep], _columns(table, wanted, keep), ages)]
    found: list[PackedSeries] = []
    labels = [table.column(i + 1).to_pylist() for i in range(len(wanted.by))]
    keys = list(zip(*labels, strict=True))
    for key in sorted(set(keys), key=str):
        keep = np.array([k == key for k in keys]) & ~np.isnat(starts)
        if not keep.any():
            continue
        segment = {
            name: None if value is None else str(value)
            for name, value in zip(wanted.by, key, strict=True)
        }
        columns = _columns(table, wanted, keep)
        if _has_rows(columns).any():
            found.append(_series(workspace, wanted, segment, starts[keep], columns, ages))
    return found


def _columns(table: pa.Table, wanted: Wanted, keep: Floats) -> dict[str, Floats]:
    """The figures of a metric by part, NaN where undefined."""
    found: dict[str, Floats] = {}
    for part in ("", "__numerator", "__denominator", "__n", *(f"__{kind}" for kind in REASONS)):
        name = wanted.metric + part
        if name in table.column_names:
            column = table.column(name)
            if pa.types.is_boolean(column.type):
                column = column.cast(pa.int8())
            found[part.removeprefix("__") or "values"] = np.asarray(
                column.cast(pa.float64()).to_numpy(), dtype=float
            )[keep]
    said = json.loads((table.schema.metadata or {}).get(b"sameboat", b"{}"))
    for kind in HIDDEN:
        rows = np.zeros(table.num_rows)
        rows[said.get(kind, {}).get(wanted.metric, [])] = 1
        found[kind] = rows[keep]
    return found


def _has_rows(columns: Mapping[str, Floats]) -> npt.NDArray[np.bool_]:
    """In which rows of an answer a metric has rows of its own, and not only others beside it."""
    found = ~np.isnan(columns["values"])
    for part in ("denominator", "n", *REASONS, *HIDDEN):
        if part in columns:
            found |= np.nan_to_num(columns[part]) > 0
    return np.asarray(found)


def _series(
    workspace: Workspace,
    wanted: Wanted,
    segment: Mapping[str, str | None],
    starts: Floats,
    columns: Mapping[str, Floats],
    ages: Mapping[str, TableAge],
) -> PackedSeries:
    """Points for every period from the first with rows to the last that has begun.

    Rows of other metrics in the same answer decide nothing. What counts rows is 0 from the first
    row of its table on, and nothing is known of it before; what never had a value is undefined
    from there on.
    """
    project = workspace.project
    metric = project.metrics[wanted.metric]
    tables = tables_of(project, wanted.metric)
    until = min((ages[t].until for t in tables if t in ages), default=workspace.now)
    own = _has_rows(columns)
    starts, columns = starts[own], {name: values[own] for name, values in columns.items()}
    begun = starts
    if not segment and (_counts_rows(metric) or not own.any()):
        days = [ages[t].since for t in tables if t in ages and ages[t].since is not None]
        begun = np.concatenate([starts, np.array(days, dtype="datetime64[D]")])
    periods = _all_periods(workspace, wanted.grain, begun, until)
    at = {day: index for index, day in enumerate(periods)}
    spread = {name: _spread(periods, at, starts, values) for name, values in columns.items()}
    values = spread["values"]
    floor = max((subject_floor(project, t) for t in tables), default=0)
    if _counts_rows(metric):  # what a floor keeps back is not 0
        hidden = np.any([spread[kind] == 1 for kind in HIDDEN], axis=0)
        values = np.where(np.isnan(values) & ~hidden, 0.0, values)
    complete = _completeness(workspace, wanted, periods, tables, ages)
    if len(complete) > 1 and _begins_inside(workspace, wanted, periods, tables, ages):
        complete[0] = False
    return PackedSeries(
        metric=wanted.metric,
        grain=wanted.grain,
        periods=periods,
        values=values,
        complete=complete,
        definition_version=metric.version,
        definition_hash=definition_hash(project, wanted.metric),
        segment=segment,
        numerator=spread.get("numerator"),
        denominator=spread.get("denominator"),
        n=spread.get("n"),
        reasons=_reasons(metric, values, spread, floor),
    )


def _counts_rows(metric: object) -> bool:
    """Whether no rows in a period means 0: a count of nothing is 0, a sum of nothing is unknown."""
    return isinstance(metric, Simple) and metric.agg in ("count", "count_distinct")


def _spread(periods: Floats, at: Mapping[object, int], starts: Floats, values: Floats) -> Floats:
    found = np.full(len(periods), np.nan)
    for day, value in zip(starts, values, strict=True):
        index = at.get(day)
        if index is not None:
            found[index] = value
    return found


def _all_periods(workspace: Workspace, grain: str, starts: Floats, until: dt.datetime) -> Floats:
    """The first days of all periods from the first row to the last row, or to the last load."""
    if not len(starts):
        return np.array([], dtype="datetime64[D]")
    reckoning = reckoning_of(workspace.project)
    furthest = add(until, AHEAD).date()  # plans lie ahead; 9999-12-31 stands for no date at all
    first_days = starts[starts <= np.datetime64(furthest, "D")]
    if not len(first_days):
        return np.array([], dtype="datetime64[D]")
    last = max(first_days.max().item(), Period.holding(until.date(), grain, reckoning).start)
    period = Period.holding(starts.min().item(), grain, reckoning)
    found = []
    while period.start <= last:
        found.append(period.start)
        period = period.next()
    return np.array(found, dtype="datetime64[D]")


def _completeness(
    workspace: Workspace,
    wanted: Wanted,
    periods: Floats,
    tables: Sequence[str],
    ages: Mapping[str, TableAge],
) -> npt.NDArray[np.bool_]:
    """Whether each period has ended, been loaded and had its time to settle, in every table.

    A cohort whose window has not passed is not complete either.
    """
    project, reckoning = workspace.project, reckoning_of(workspace.project)
    window = conversion_window(project, wanted.metric)

    def settled(period: Period) -> bool:
        return all(
            is_complete(period, ages[t].until if t in ages else workspace.now, None, reckoning.zone)
            and is_complete(period, workspace.now, project.tables[t].complete_after, reckoning.zone)
            for t in tables
        ) and (window is None or is_complete(period, workspace.now, window, reckoning.zone))

    found = np.ones(len(periods), dtype=bool)
    for index in range(len(periods) - 1, -1, -1):
        if settled(Period.holding(periods[index].item(), wanted.grain, reckoning)):
            break
        found[index] = False
    return found


def _begins_inside(
    workspace: Workspace,
    wanted: Wanted,
    periods: Floats,
    tables: Sequence[str],
    ages: Mapping[str, TableAge],
) -> bool:
    """Whether the first period is the one in which a table's rows begin, and tells too little."""
    if not adds_up(workspace.project, wanted.metric):
        return False
    reckoning = reckoning_of(workspace.project)
    return any(
        age.since is not None
        and wanted.grain in age.inside
        and Period.holding(age.since, wanted.grain, reckoning).start == periods[0].item()
        for age in (ages[table] for table in tables if table in ages)
    )


def _reasons(
    metric: Metric, values: Floats, spread: Mapping[str, Floats], floor: int
) -> tuple[str | None, ...] | None:
    """Why each undefined value is undefined; None where every one is defined."""
    missing = np.isnan(values)
    if not missing.any():
        return None
    below = spread.get("denominator")
    n = spread.get("n")
    lacking = [(why, spread[kind]) for kind, why in REASONS.items() if kind in spread]
    found: list[str | None] = []
    for index, gone in enumerate(missing):
        if not gone:
            found.append(None)
        elif spread[KEPT_BACK][index] == 1:
            found.append(kept_back(floor))
        elif spread[TOO_FEW][index] == 1:
            found.append(too_few(floor))
        elif whys := [why for why, rows in lacking if rows[index] > 0]:
            found.append(whys[0])
        elif below is not None and (np.isnan(below[index]) or below[index] == 0):
            found.append("no denominator")
        elif n is not None and (np.isnan(n[index]) or n[index] == 0):
            found.append("no rows")
        else:
            found.append(without_value(metric))
    return tuple(found)
