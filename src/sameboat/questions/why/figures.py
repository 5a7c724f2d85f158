"""The figures that an explanation needs: planned together, fetched, put side by side.

A metric is taken as a numerator over a denominator, as an amount that adds up, or as a figure
that does neither. Amounts and both sides of a ratio add up over segments; what a privacy floor
keeps back, and what groups leave of the whole, is one group of its own.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from sameboat.analysis.identities import (
    Constant,
    Identity,
    Leaf,
    Operation,
    identity,
    leaves,
    value,
)
from sameboat.compiler.query import METRIC_TIME, Item, Request
from sameboat.errors import SameboatError, Undefined
from sameboat.project.declared import Project
from sameboat.project.model import (
    Conversion,
    Derived,
    Input,
    Metric,
    Ratio,
    Retention,
    Simple,
    Survey,
)
from sameboat.project.viewer import Viewer
from sameboat.questions.fetch import fetch
from sameboat.questions.wanted import family
from sameboat.questions.why.parts import Window
from sameboat.questions.workspace import Workspace, local_now

MOST_GROUPS = 50_000
"""Groups that are told apart in one question; of more, those with fewest cases stand together."""

MOST_VALUES = 1000
"""Values of one dimension that are told apart."""

ADDS_UP = ("sum", "count", "sum_boolean", "average")
"""Aggregations of which a whole is known from its parts: of a mean with its number of rows."""

NOT_SET = "not set"
"""The name of a group whose dimension has no value."""

Key = tuple[str, ...]
Kind = Literal["ratio", "sum", "value"]


@dataclass(frozen=True)
class Figure:
    """A metric over one window and group: a numerator and a denominator, or an amount.

    Of a `sum` the denominator is the number of periods; of a `value` nothing adds up, and the
    numerator is the mean over the periods that have one, over 1. `n` counts its cases.
    """

    numerator: float
    denominator: float
    n: float | None = None

    @property
    def value(self) -> float:
        """The figure itself; NaN without a denominator."""
        return self.numerator / self.denominator if self.denominator else math.nan


@dataclass(frozen=True)
class Measure:
    """How a metric is read from rows: as what, and from which requested metrics."""

    metric: str
    kind: Kind
    asked: tuple[str, ...]
    above: Identity | None = None
    below: Identity | None = None
    adds_over_time: bool = True
    scale: float = 1.0  # of the figure, over its numerator by its denominator
    least: int = 0  # answers that a score needs


@dataclass(frozen=True)
class Grouped:
    """A metric per group in both windows; a group that is missing in one has no rows there.

    `kept_back` counts the groups that a privacy floor keeps back in either window: they and what
    else is not in a group stand together as the rest, `whole` less all groups.
    `folded` counts the groups of fewest cases that are left to it because there are very many.
    """

    by: tuple[str, ...]
    before: Mapping[Key, Figure]
    after: Mapping[Key, Figure]
    kept_back: int = 0
    reason: str | None = None
    folded: int = 0


# ── how a metric is read ─────────────────────────────────────────────────────────────────────


def measure(project: Project, metric: Metric) -> Measure:
    """How a metric's figure comes about, as far as it can be added up."""
    whole = all(_adds_over_time(project.metrics[name]) for name in family(project, metric.name))
    match metric:
        case Ratio() | Survey() | Retention():
            nps = isinstance(metric, Survey) and metric.method == "nps"
            scale = 100.0 if nps else 1.0  # of promoters less detractors, over answers
            least = metric.minimum_responses if isinstance(metric, Survey) else 0
            return Measure(
                metric.name, "ratio", (metric.name,), adds_over_time=whole, scale=scale, least=least
            )
        case Conversion() if metric.calculation == "rate":
            return Measure(metric.name, "ratio", (metric.name,), adds_over_time=whole)
        case Conversion():
            return Measure(metric.name, "sum", (metric.name,), adds_over_time=whole)
        case Simple(agg="average"):
            return Measure(metric.name, "ratio", (metric.name,), adds_over_time=whole)
        case Simple() if metric.agg in (*ADDS_UP, "count_distinct") and (
            metric.non_additive_over is None
        ):
            return Measure(metric.name, "sum", (metric.name,), adds_over_time=whole)
        case Derived():
            return _derived(project, metric, whole)
    return Measure(metric.name, "value", (metric.name,), adds_over_time=False)


def _adds_over_time(metric: Metric) -> bool:
    if isinstance(metric, Simple):
        return metric.agg in ADDS_UP and metric.non_additive_over is None
    return isinstance(metric, Ratio | Derived | Survey | Conversion)


def _derived(project: Project, metric: Derived, whole: bool) -> Measure:
    nothing = Measure(metric.name, "value", (metric.name,), adds_over_time=False)
    tree = formula_of(metric)
    if tree is None:
        return nothing
    sides = fraction(tree)
    names = leaves(tree)
    inputs = [project.metrics[name] for name in names if name in project.metrics]
    if len(inputs) < len(names) or not all(
        isinstance(one, Simple) and one.agg in ADDS_UP[:3] and one.non_additive_over is None
        for one in inputs
    ):
        return nothing
    above, below = sides or (tree, None)
    kind: Kind = "ratio" if sides else "sum"
    if not _linear(above) or (below is not None and not _linear(below)):
        return nothing  # what is no sum of its inputs adds up neither over time nor over segments
    return Measure(metric.name, kind, (metric.name, *names), above, below, whole)


def formula_of(metric: Metric) -> Identity | None:
    """A derived metric's own arithmetic over whole metrics; None where it is more than that.

    Inputs with a filter, a shift in time or a value for gaps are not the metrics they name.
    """
    if not isinstance(metric, Derived):
        return None
    if not all(_plain(given) for given in metric.metrics):
        return None
    names = {given.alias: given.metric for given in metric.metrics if given.alias}
    try:
        return _renamed(identity(metric.expr), names)
    except SameboatError:
        return None


def _plain(given: Input) -> bool:
    return not (
        given.filter or given.offset_window or given.offset_to_grain or given.join_to_time_spine
    ) and given.fill_nulls_with in (None, 0)


def _renamed(tree: Identity, names: Mapping[str, str]) -> Identity:
    match tree:
        case Leaf(name):
            return Leaf(names.get(name, name))
        case Operation(name, parts):
            return Operation(name, tuple(_renamed(part, names) for part in parts))
    return tree


def fraction(tree: Identity) -> tuple[Identity, Identity] | None:
    """The numerator and the denominator of a formula that is one fraction; else None.

    >>> fraction(identity("100 * (a - b) / n"))[1]
    Leaf(name='n')
    """
    match tree:
        case Operation("/", (above, below)) if not isinstance(below, Constant):
            return above, below
        case Operation("/", (above, Constant() as number)) if found := fraction(above):
            return found[0], Operation("*", (found[1], number))
        case Operation("*", (Constant() as number, other) | (other, Constant() as number)):
            found = fraction(other)
            return (Operation("*", (number, found[0])), found[1]) if found else None
        case Operation("+" | "-" as sign, (one, Constant() as number)) if found := fraction(one):
            return Operation(sign, (found[0], Operation("*", (number, found[1])))), found[1]
        case Operation("+" | "-" as sign, (Constant() as number, one)) if found := fraction(one):
            return Operation(sign, (Operation("*", (number, found[1])), found[0])), found[1]
    return None


def _linear(tree: Identity) -> bool:
    """Whether a formula only adds, subtracts and multiplies by numbers."""
    match tree:
        case Leaf():
            return True
        case Operation("+" | "-" | "negative", parts):
            return all(map(_linear, parts))
        case Operation("*", (Constant(), other)) | Operation("*" | "/", (other, Constant())):
            return _linear(other)
    return False


# ── fetching ─────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Asked:
    """Metrics by some dimensions over both windows, as one question to the warehouse."""

    measures: tuple[Measure, ...]
    by: tuple[str, ...]
    before: Window
    after: Window


def ask(workspace: Workspace, asked: Asked, *, viewer: Viewer) -> dict[str, Grouped]:
    """Per metric its groups in both windows.

    Where every metric adds up over time each window is one row per group; else each period of
    the windows' grain is, and periods are added up here. Raises SameboatError where that fails.
    """
    apart = not all(one.adds_over_time for one in asked.measures)
    old, new = (
        fetch(workspace, _request(workspace, asked, window, apart), viewer=viewer)
        for window in (asked.before, asked.after)
    )
    return put_together(asked, (old, new), apart=apart)


def put_together(
    asked: Asked, tables: tuple[pa.Table, pa.Table], *, apart: bool
) -> dict[str, Grouped]:
    """Per metric its groups in both windows, from the rows of each.

    A row has the dimensions asked, in their order; where windows are told `apart` in periods, the
    start of one stands before them.
    """
    most = MOST_VALUES if len(asked.by) == 1 else MOST_GROUPS
    found = {}
    for one in asked.measures:
        n_of = f"{one.asked[-1] if one.above is not None else one.metric}__n"
        (old, new), folded = _largest(tables, n_of, asked.by, most)
        hidden = _hidden(old, one, asked.by) | _hidden(new, one, asked.by)
        before, after = (
            {key: figure for key, figure in side.items() if key not in hidden}
            for side in (
                _read(old, one, asked.by, asked.before, apart),
                _read(new, one, asked.by, asked.after, apart),
            )
        )
        found[one.metric] = Grouped(asked.by, before, after, len(hidden), folded=folded)
    return found


def _largest(
    tables: tuple[pa.Table, pa.Table], n_of: str, by: tuple[str, ...], most: int
) -> tuple[tuple[pa.Table, pa.Table], int]:
    """The rows of the groups with most cases in either window, and how many groups are left out.

    Groups that are kept back have no number of cases, and stay.
    """
    if not by or max(table.num_rows for table in tables) <= most:
        return tables, 0
    start = int(tables[0].column_names[0].startswith(f"{METRIC_TIME}__"))
    keys = tables[0].column_names[start : start + len(by)]
    if n_of not in tables[0].column_names:
        return tables, 0
    both = pa.concat_tables(
        [table.select([*keys, n_of]) for table in tables], promote_options="permissive"
    )
    counted = both.group_by(keys).aggregate([(n_of, "max")])
    size = counted.column(f"{n_of}_max")
    if counted.num_rows <= most:
        return tables, 0
    known = np.asarray(size.cast(pa.float64()).to_numpy(), dtype=float)
    order = np.lexsort((np.arange(len(known)), -np.nan_to_num(known, nan=np.inf)))
    kept = counted.select(keys).take(pa.array(np.sort(order[:most])))
    chosen = {tuple(row.values()) for row in kept.to_pylist()}
    found = []
    for table in tables:
        rows = zip(*(table.column(key).to_pylist() for key in keys), strict=True)
        found.append(table.filter(pa.array([row in chosen for row in rows], pa.bool_())))
    return (found[0], found[1]), counted.num_rows - len(chosen)


def _request(workspace: Workspace, asked: Asked, window: Window, apart: bool) -> Request:
    items = [Item(METRIC_TIME, window.grain)] if apart else []
    names = (name for one in asked.measures for name in one.asked)
    return Request(
        metrics=tuple(dict.fromkeys(names)),
        group_by=(*items, *(Item.of(name) for name in asked.by)),
        start=dt.datetime.combine(window.start, dt.time.min),
        end=dt.datetime.combine(window.end, dt.time.max),
        parts=True,
        as_of=local_now(workspace),
    )


def _keys(table: pa.Table, by: tuple[str, ...]) -> list[Key]:
    """Each row's group; the time of a row, where it has one, is no part of it."""
    if not by:
        return [()] * table.num_rows
    start = int(table.column_names[0].startswith(f"{METRIC_TIME}__"))
    columns = [table.column(start + at).to_pylist() for at in range(len(by))]
    return [
        tuple(NOT_SET if part is None else str(part) for part in row)
        for row in zip(*columns, strict=True)
    ]


def _column(table: pa.Table, name: str) -> Any:
    if name not in table.column_names:
        return None
    column = table.column(name)
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    return np.asarray(column.cast(pa.float64()).to_numpy(), dtype=float)


def _hidden(table: pa.Table, one: Measure, by: tuple[str, ...]) -> set[Key]:
    """The groups whose figure a floor keeps back: they have rows, and nothing of it is known.

    A group with a numerator and no case to divide by is none of them.
    """
    name = one.asked[-1] if one.above is not None else one.metric
    n = _column(table, f"{name}__n")
    if not by or n is None:
        return set()
    unknown = np.isnan(n)
    for part in (name, f"{name}__numerator"):
        column = _column(table, part)
        if column is not None:
            unknown &= np.isnan(column)
    return {key for key, gone in zip(_keys(table, by), unknown, strict=True) if gone}


def _read(
    table: pa.Table, one: Measure, by: tuple[str, ...], window: Window, apart: bool
) -> dict[Key, Figure]:
    """Each group's figure, its periods added up.

    An input without rows counts as none of it in a group, so that groups add up to the whole; the
    whole itself has no figure then, as in any other answer.
    """
    above, below, n = _sides(table, one, window)
    if not by and one.above is not None and np.isnan(_column(table, one.metric)).all():
        return {}
    groups: dict[Key, list[int]] = {}
    for row, key in enumerate(_keys(table, by)):
        if math.isfinite(above[row]) and math.isfinite(below[row]):
            groups.setdefault(key, []).append(row)
    found = {}
    for key, rows in groups.items():
        counted = None if n is None else float(np.nansum(n[rows]))
        if one.kind == "value":
            found[key] = Figure(float(np.mean(above[rows])), 1.0, counted)
        elif one.kind == "sum":
            found[key] = Figure(math.fsum(above[rows]), float(window.periods), counted)
        else:
            figure = Figure(math.fsum(above[rows]), math.fsum(below[rows]), counted)
            if figure.denominator > 0 and (by or figure.denominator >= one.least):
                found[key] = figure
    return found


def _sides(table: pa.Table, one: Measure, window: Window) -> tuple[Any, Any, Any]:
    """The two sides of a metric's rows and their numbers of cases."""
    values = _column(table, one.metric)
    ones = np.ones(table.num_rows)
    n = _column(table, f"{one.asked[-1] if one.above is not None else one.metric}__n")
    if one.kind != "ratio" and one.above is None:
        return values, ones, n
    if one.above is not None:
        given = {name: np.nan_to_num(_column(table, name)) for name in one.asked[1:]}
        if n is not None:
            given[one.asked[1]] = np.where(np.isnan(n), np.nan, given[one.asked[1]])
        above = np.broadcast_to(value(one.above, given), ones.shape)
        below = ones if one.below is None else np.broadcast_to(value(one.below, given), ones.shape)
        return above, below, n
    above, below = (
        _column(table, f"{one.metric}__{side}") for side in ("numerator", "denominator")
    )
    if above is None or below is None:  # a mean, and its number of rows
        if n is None:
            raise Undefined("undefined", f"{one.metric!r} does not say how many cases it is over")
        return np.where(n > 0, values * n, 0.0), n, n
    return np.where(below > 0, np.nan_to_num(above), above) * one.scale, below, n
