"""The least and greatest value that a metric can have by its definition."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from sameboat.errors import SameboatError
from sameboat.project.declared import Project
from sameboat.project.formula import Between, Binary, Call, Literal, Name, Node, conjuncts, parse
from sameboat.project.model import (
    Conversion,
    Cumulative,
    Derived,
    Duration,
    Metric,
    MetricInput,
    Ratio,
    Retention,
    Simple,
    Survey,
)
from sameboat.units import DURATIONS

Floats = npt.NDArray[np.float64]
Bounds = tuple[float | None, float | None]

COUNTED = ("count", "count_distinct", "sum_boolean")
OPEN: Bounds = (None, None)
DEEPEST = 20
"""How many metrics deep a definition is followed."""


def bounds_of(project: Project, name: str, values: Floats) -> Bounds | None:
    """The least and greatest value that a metric can have by its definition; None where open.

    Counts and lengths of time are never negative, nor are sums of what a filter or the expression
    keeps from being so; a share whose numerator is a part of its denominator is at most 1.
    Recorded values beyond them (an export may say so) lift them.
    """
    low, high = _bounds(project, project.metrics[name], 0)
    known = values[~np.isnan(values)]
    if low is not None and known.size and known.min() < low:
        low = None
    if high is not None and known.size and known.max() > high:
        high = None
    return None if low is None and high is None else (low, high)


def _bounds(project: Project, metric: Metric, deep: int) -> Bounds:
    match metric:
        case Simple():
            return (0.0 if _never_negative(metric) else None), None
        case Ratio(numerator=above, denominator=below):
            return _ratio(project, metric, above, below, deep)
        case Derived(expr=text, metrics=inputs):
            known = {one.called: _least(project, one.metric, deep) for one in inputs}
            return (0.0 if _formula(text, known) else None), None
        case Cumulative(metric=of):
            return _least(project, of.metric, deep), None
        case Conversion(calculation="rate") | Survey(method="csat"):
            return 0.0, 1.0
        case Conversion() | Duration():
            return 0.0, None
        case Survey(method="nps"):
            return -100.0, 100.0
        case Retention(method=method):
            return 0.0, None if method in ("nrr", "expansion") else 1.0
    return (0.0, None) if metric.unit == "count" else OPEN


def _least(project: Project, name: str, deep: int) -> float | None:
    metric = project.metrics.get(name)
    return None if metric is None or deep > DEEPEST else _bounds(project, metric, deep + 1)[0]


def _ratio(
    project: Project, metric: Ratio, above: MetricInput, below: MetricInput, deep: int
) -> Bounds:
    sides = [project.metrics.get(side.metric) for side in (above, below)]
    least = [_least(project, side.metric, deep) for side in (above, below)]
    if any(one is None or one < 0 for one in least):
        return OPEN
    counts = all(
        isinstance(one, Simple) and (one.agg in COUNTED or one.unit == "count") for one in sides
    )
    part = (counts and metric.unit == "percent") or _is_part(sides, above, below)
    return 0.0, 1.0 if part else None


def _is_part(sides: list[Metric | None], above: MetricInput, below: MetricInput) -> bool:
    """Whether the numerator adds up some of the rows of the denominator, at the same time."""
    match sides:
        case [Simple() as one, Simple() as other]:
            same = (one.table, one.agg, one.expr, one.time) == (
                other.table, other.agg, other.expr, other.time
            )  # fmt: skip
            now = not any(side.offset_window or side.offset_to_grain for side in (above, below))
            kept = {*other.filter, *below.filter} <= {*one.filter, *above.filter}
            return same and now and kept and one.agg in (*COUNTED, "sum")
    return False


# ── what cannot be negative ──────────────────────────────────────────────────────────────────


def _never_negative(metric: Simple) -> bool:
    """Whether the definition keeps a metric over rows from being negative."""
    if metric.agg in COUNTED or metric.unit in ("count", *DURATIONS):
        return True
    if metric.expr is None:
        return False
    return _formula(metric.expr, dict.fromkeys(_held(metric.filter), 0.0))


def _held(filters: Iterable[str]) -> set[str]:
    """The columns that filters hold at 0 or more."""
    out: set[str] = set()
    for text in filters:
        try:
            conditions = conjuncts(parse(text))
        except SameboatError:
            continue
        for one in conditions:
            match one:
                case Binary(">" | ">=", Name(name), low) if _sign(low, {}):
                    out.add(name)
                case Between(Name(name), low, _, False) if _sign(low, {}):
                    out.add(name)
    return out


def _formula(text: str, known: dict[str, float | None]) -> bool:
    try:
        return _sign(parse(text), known)
    except SameboatError:
        return False


def _sign(node: Node, known: dict[str, float | None]) -> bool:
    """Whether an expression cannot be negative, where names are known to be at least so much."""
    match node:
        case Literal(value) if isinstance(value, bool):
            return True
        case Literal(value):
            try:
                return value is not None and float(value) >= 0
            except ValueError:
                return False
        case Name(text):
            least = known.get(text)
            return least is not None and least >= 0
        case Binary("+" | "*" | "/", left, right):
            return _sign(left, known) and _sign(right, known)
        case Call("abs" | "sqrt" | "exp" | "length", _):
            return True
        case Call("greatest", args):
            return any(_sign(one, known) for one in args)
        case Call("least" | "coalesce", args):
            return all(_sign(one, known) for one in args)
        case Call("nullif" | "round" | "floor" | "ceil", args):
            return _sign(args[0], known)
    return False
