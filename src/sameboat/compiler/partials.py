"""Rows that can be added up: one scan by day for windows and for the plain figures beside them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sameboat.periods import Reckoning, Span, add, floor
from sameboat.project.formula import Literal, Node

from .expressions import Aggregate, Column, Named, Quotient, Relation, Select, Trunc
from .leaf import COUNTS, Leaf
from .moved import is_covered
from .plan import Plan, split_filters, unused, within
from .query import KNOWN_GRAINS
from .scan import conditions, leaf_names, measured, or_nothing, scan_name
from .source import Source

_MERGES = {"sum": "sum", "count": "sum", "min": "min", "max": "max"}


@dataclass(frozen=True)
class Base:
    """Rows at the base grain: the step, its time column and the columns of each leaf."""

    step: str
    at: str
    grain: str
    columns: Mapping[int, tuple[str, ...]]
    whole: bool = False  # whether it holds every row of its table

    @property
    def times(self) -> tuple[str, str] | None:
        """The step and column that hold all times of the table; None where some are left out."""
        return (self.step, self.at) if self.whole else None


def merges(leaf: Leaf) -> bool:
    """Whether a figure can be put together from figures of parts."""
    return leaf.agg in _MERGES or leaf.agg == "average"


def addable(
    draft: Plan, members: Mapping[int, Leaf], beside: Mapping[int, Leaf]
) -> dict[int, Leaf]:
    """The plain leaves that share the rows of some that look back."""
    first = next(iter(members.values()))
    found = {
        index: leaf
        for index, leaf in beside.items()
        if (leaf.table, leaf.time) == (first.table, first.time)
        and index not in draft.placed
        and merges(leaf)
        and not (leaf.over or leaf.spine or leaf.picked or leaf.population)
    }
    alike = all(is_covered(leaf, found.values()) for leaf in members.values())
    return found if alike and not draft.world.dbt else {}


def add_up(draft: Plan, leaves: Mapping[int, Leaf], base: Base) -> None:
    """A step with the figures of plain leaves, added up from rows at the base grain."""
    first = next(iter(leaves.values()))
    source = draft.source(first)
    at = draft.clock(Column(base.step, base.at))
    clock = [item for item in draft.items if source.is_clock(item)]
    once = any(item.grain == base.grain for item in clock)
    values: dict[str, Node] = {i.column: Column(base.step, i.column) for i in draft.items}
    values |= {item.column: at.item(item) for item in clock}
    keys = tuple(Named(value, name) for name, value in values.items())
    where = within(at.time, draft.low, draft.high)
    where += tuple(at.condition(node) for node in draft.where if source.touches_clock(node))
    names = leaf_names(draft, leaves)
    figures = tuple(
        Named(merged(leaf, base.columns[index], base.step, once=once), names[index])
        for index, leaf in leaves.items()
    )
    step = Select(
        (*keys, *figures),
        Relation(base.step, base.step, True),
        tuple(at.joins.values()),
        where,
        grouped=not once,
        group_by=() if once else tuple(key.node for key in keys),
    )
    name = draft.add(scan_name(first.table, draft.items), step)
    draft.placed |= {index: (name, names[index]) for index in leaves}
    draft.certain |= {i for i, leaf in leaves.items() if leaf.agg in COUNTS and not leaf.fill}


def base_rows(draft: Plan, leaves: Mapping[int, Leaf], grain: str) -> Base:
    """A step with the rows of some leaves at the base grain, wide enough for their looks back."""
    first = next(iter(leaves.values()))
    source = draft.source(first)
    _, inner = split_filters(draft, source)
    time = source.time_value()
    at = f"{grain}_of_row"
    keys: list[Named] = [Named(Trunc(grain, time), at)]
    keys += [Named(source.item(i), i.column) for i in draft.items if not source.is_clock(i)]
    asked = conditions(source, inner, leaves)
    where, left = asked.where, asked.inside
    where += within(time, _earliest(draft.low, leaves.values(), draft.world.reckoning), draft.high)
    columns, names, grouped = _partials(source, leaves, left, [key.name for key in keys])
    group = tuple(key.node for key in keys) + tuple(c.node for c in columns if not grouped)
    raw = not grouped and first.agg != "count_distinct"
    step = Select(
        (*keys, *columns),
        source.relation,
        tuple(source.joins.values()),
        where,
        grouped=not raw,
        group_by=() if raw else group,
        having=() if raw else asked.having,
    )
    return Base(draft.add(f"{first.table}_by_{grain}", step), at, grain, names, whole=not where)


def _partials(
    source: Source,
    leaves: Mapping[int, Leaf],
    left: Mapping[int, Node | None],
    others: Iterable[str],
) -> tuple[list[Named], dict[int, tuple[str, ...]], bool]:
    """Columns that can be added up later; else one leaf's values themselves."""
    index, leaf = next(iter(leaves.items()))
    if leaf.agg not in _MERGES and leaf.agg != "average":
        name = f"{leaf.metric}_value"
        return [Named(measured(source, leaf) or Literal(1), name)], {index: (name,)}, False
    known: dict[Node, str] = {}
    taken: set[str] = set(others)
    names: dict[int, tuple[str, ...]] = {}
    for index, leaf in leaves.items():
        aggs = ("sum", "count") if leaf.agg == "average" else (leaf.agg,)
        of = measured(source, leaf)
        found: list[str] = []
        for agg in aggs:
            counted = None if isinstance(of, Literal) and agg == "count" else of
            aggregate = Aggregate(agg, counted, left[index])
            figure = or_nothing(aggregate) if not leaf.is_plain or leaf.fill else aggregate
            if figure not in known:
                wanted = leaf.metric if len(aggs) == 1 else f"{leaf.metric}_{agg}"
                known[figure] = unused(wanted, taken)
            found.append(known[figure])
        names[index] = tuple(found)
    return [Named(figure, name) for figure, name in known.items()], names, True


def merged(leaf: Leaf, columns: tuple[str, ...], step: str, *, once: bool = False) -> Node:
    """The leaf's figure over base rows; `once` where each group has one of them."""
    first = Column(step, columns[0])
    if once:
        return first if leaf.agg != "average" else Quotient(first, Column(step, columns[1]))
    if leaf.agg == "average":
        counted = Aggregate("sum", Column(step, columns[1]))
        return Quotient(Aggregate("sum", first), counted)
    if leaf.agg in _MERGES:
        return Aggregate(_MERGES[leaf.agg], first)
    return Aggregate(
        leaf.agg, first, None, leaf.percentile,
        discrete=leaf.discrete, approximate=leaf.approximate,
    )  # fmt: skip


def _earliest(
    low: dt.datetime | None, leaves: Iterable[Leaf], reckoning: Reckoning
) -> dt.datetime | None:
    """How far back the scan must reach for what it shows from `low` on; None for everything."""
    if low is None:
        return None
    found = low
    for leaf in leaves:
        at = low
        for offset in leaf.offsets:
            at = _back(at, offset.span, offset.to_grain, reckoning)
        if leaf.window:
            if not leaf.window.span and not leaf.window.to_date:
                return None
            at = _back(at, leaf.window.span, leaf.window.to_date, reckoning)
        found = min(found, at)
    return found


def _back(
    at: dt.datetime, span: Span | None, grain: str | None, reckoning: Reckoning
) -> dt.datetime:
    """A moment at least as early as a look back from another one.

    A custom grain is taken as a year: the scan may read too much, never too little.
    """
    if span is None:
        return floor(at, grain or "day", reckoning)
    if span.grain not in KNOWN_GRAINS:
        return add(at, Span(-366 * span.count, "day"))
    return add(at, Span(-span.count, span.grain))
