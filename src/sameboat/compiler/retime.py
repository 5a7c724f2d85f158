"""Offsets and windows: leaves whose rows count at other times than their own.

The table is aggregated once at a base grain; each period of the spine then takes from those
rows what its offset and window ask for. A filter or range on time applies to the spine, never to
the rows that a look back needs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sameboat.errors import RequestError
from sameboat.periods import GRAINS, Reckoning, Span, add, floor
from sameboat.project.formula import Binary, Literal, Node

from .customs import custom_shift
from .expressions import (
    Aggregate,
    Column,
    Join,
    Named,
    Quotient,
    Ranked,
    Relation,
    Select,
    Shifted,
    Trunc,
)
from .gaps import same, spine_step
from .leaf import Leaf, all_of
from .plan import Plan, within
from .query import Item
from .scan import conditions, measured, or_nothing
from .source import Source, coarseness

_MERGES = {"sum": "sum", "count": "sum", "min": "min", "max": "max"}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_DAYS = {"day": 1, "week": 7}


@dataclass(frozen=True)
class _Base:
    """Rows at the base grain: the step, its time column and the columns of each leaf."""

    step: str
    at: str
    grain: str
    columns: Mapping[int, tuple[str, ...]]


def place_retimed(draft: Plan, leaves: Mapping[int, Leaf]) -> None:
    """Add the steps of all leaves with an offset or a window."""
    groups: dict[tuple[str, str | None, str, int | None], dict[int, Leaf]] = {}
    for index, leaf in leaves.items():
        source = draft.source(leaf)
        clock = [item for item in draft.items if source.is_clock(item)]
        if not clock and not _is_all_time(leaf):
            raise RequestError(
                "window-needs-time",
                f"{leaf.metric!r} looks back in time, so it has to be asked by metric_time",
                hint="Add metric_time__month or another grain to the group by.",
            )
        grain = base_grain(source, leaf, clock)
        merges = leaf.agg in _MERGES or leaf.agg == "average"
        own = index if not merges or not draft.share else None
        groups.setdefault((leaf.table, leaf.time, grain, own), {})[index] = leaf
    for (_, _, grain, _), members in groups.items():
        base = base_rows(draft, members, grain)
        for index, leaf in members.items():
            draft.placed[index] = _retimed(draft, index, leaf, base)


def _is_all_time(leaf: Leaf) -> bool:
    window = leaf.window
    return bool(window and not window.span and not window.to_date and not leaf.offsets)


def base_grain(source: Source, leaf: Leaf, clock: list[Item]) -> str:
    """The grain at which a leaf's rows are kept before they are moved.

    Whole periods are moved where every offset is a whole number of them, so that a year before
    February of a leap year is all of that February; else the grain of the data.
    """
    own = source.base_grain()
    grains = {item.grain for item in clock}
    if leaf.window or any(o.to_grain for o in leaf.offsets) or len(grains) != 1:
        return own
    grain = grains.pop()
    if grain is None or coarseness(grain) <= coarseness(own):
        return own
    fits = all(o.span and _is_multiple(o.span, grain) for o in leaf.offsets)
    return grain if fits else own


def _is_multiple(span: Span, grain: str) -> bool:
    for sizes in (_MONTHS, _DAYS):
        if span.grain in sizes and grain in sizes:
            return span.count * sizes[span.grain] % sizes[grain] == 0
    return span.grain == grain


def base_rows(draft: Plan, leaves: Mapping[int, Leaf], grain: str) -> _Base:
    """A step with the rows of some leaves at the base grain, wide enough for their looks back."""
    first = next(iter(leaves.values()))
    source = draft.source(first)
    outer = tuple(node for node in draft.where if source.touches_clock(node))
    inner = tuple(node for node in draft.where if node not in outer)
    for node in outer:
        if not source.clock_only(node):
            raise RequestError(
                "request-invalid",
                f"{first.metric!r} looks back in time: write the filter on time apart from others",
                hint="Give two filters instead of one.",
            )
    time = source.time_value()
    at = f"{grain}_of_row"
    keys: list[Named] = [Named(Trunc(grain, time), at)]
    keys += [Named(source.item(i), i.column) for i in draft.items if not source.is_clock(i)]
    asked = conditions(source, inner, leaves)
    where, left = asked.where, asked.inside
    where += within(time, _earliest(draft.low, leaves.values(), draft.world.reckoning), draft.high)
    columns, names, grouped = _partials(source, leaves, left)
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
    return _Base(draft.add(f"{first.table}_by_{grain}", step), at, grain, names)


def _partials(
    source: Source, leaves: Mapping[int, Leaf], left: Mapping[int, Node | None]
) -> tuple[list[Named], dict[int, tuple[str, ...]], bool]:
    """Columns that can be added up later; else one leaf's values themselves."""
    index, leaf = next(iter(leaves.items()))
    if leaf.agg not in _MERGES and leaf.agg != "average":
        name = f"{leaf.metric}_value"
        return [Named(measured(source, leaf) or Literal(1), name)], {index: (name,)}, False
    columns: list[Named] = []
    names: dict[int, tuple[str, ...]] = {}
    for index, leaf in leaves.items():
        aggs = ("sum", "count") if leaf.agg == "average" else (leaf.agg,)
        of = measured(source, leaf)
        taken = {column.name for column in columns}
        found: list[str] = []
        for agg in aggs:
            name = leaf.metric if len(aggs) == 1 else f"{leaf.metric}_{agg}"
            while name in taken:
                name += "_again"
            taken.add(name)
            figure = Aggregate(
                agg, None if isinstance(of, Literal) and agg == "count" else of, left[index]
            )
            columns.append(Named(or_nothing(figure), name))
            found.append(name)
        names[index] = tuple(found)
    return columns, names, True


def _merged(leaf: Leaf, columns: tuple[str, ...], step: str) -> Node:
    """The leaf's figure over base rows."""
    first = Column(step, columns[0])
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
    if span.grain not in GRAINS:
        return add(at, Span(-366 * span.count, "day"))
    return add(at, Span(-span.count, span.grain))


def _retimed(draft: Plan, index: int, leaf: Leaf, base: _Base) -> tuple[str, str]:
    """The step and column with a leaf's figures at the request's times."""
    source = draft.source(leaf)
    clock = [item for item in draft.items if source.is_clock(item)]
    others = [item.column for item in draft.items if item not in clock]
    if not clock:
        return _over_all(draft, index, leaf, base, others)
    spine, time, taken = _moved(draft, source, leaf, base)
    at = draft.clock(time)
    coarser = leaf.window is not None and [i.grain for i in clock] != [base.grain]
    shown = [Named(time, base.at)] if coarser else [Named(at.item(i), i.column) for i in clock]
    groups = _groups(leaf, base, others)
    keys = (*shown, *(Named(Column(groups, name), name) for name in others))
    where = within(time, draft.low, draft.high)
    where += tuple(at.condition(node) for node in draft.where if source.touches_clock(node))
    if any(offset.to_grain for offset in leaf.offsets) and not coarser:
        where += _period_starts(clock, time, base.grain)
    figure = Named(_merged(leaf, base.columns[index], base.step), leaf.metric)
    step = Select(
        (*_in_order(draft, keys), figure) if not coarser else (*keys, figure),
        Relation(spine, spine, True),
        (*_base_joins(draft, leaf, base, taken, others), *at.joins.values()),
        where,
        grouped=True,
        group_by=tuple(key.node for key in keys),
    )
    name = draft.add(f"{leaf.metric}_looking_back", step)
    if coarser:
        name = _read_per_period(draft, leaf, base, name, clock, others)
    return name, leaf.metric


def _groups(leaf: Leaf, base: _Base, others: list[str]) -> str:
    """The step from which the dimensions are shown: with gaps filled, one of all groups."""
    return f"{base.step}_groups" if leaf.spine and others else base.step


def _base_joins(
    draft: Plan, leaf: Leaf, base: _Base, taken: Node, others: list[str]
) -> tuple[Join, ...]:
    """The base rows beside each period; with gaps filled, every period of every group stays."""
    rows = Relation(base.step, base.step, True)
    if not leaf.spine:
        return (Join(rows, taken, "inner"),)
    if not others:
        return (Join(rows, taken),)
    groups = _groups(leaf, base, others)
    keys = tuple(Named(Column(None, name), name) for name in others)
    if all(name != groups for name, _ in draft.steps):
        draft.steps.append((groups, Select(keys, rows, distinct=True)))
    for name in others:
        taken = Binary("and", taken, same(Column(groups, name), Column(base.step, name)))
    return (Join(Relation(groups, groups, True), None, "cross"), Join(rows, taken))


def _moved(draft: Plan, source: Source, leaf: Leaf, base: _Base) -> tuple[str, Node, Node]:
    """The step with the shown times, the shown time, and which base rows each one takes."""
    customs = draft.world.customs
    jumps = [o.span for o in leaf.offsets if o.span and o.span.grain in customs]
    if not jumps:
        spine = spine_step(draft, base.grain, source)
        time = Column(spine, base.grain)
        return spine, time, _taken(leaf, base, time)
    if len(leaf.offsets) > 1 or leaf.window:
        raise RequestError(
            "request-invalid",
            f"{leaf.metric!r} looks back by {jumps[0]} and by something else: one at a time",
        )
    step = custom_shift(draft, jumps[0], customs[jumps[0].grain])
    return (
        step,
        Column(step, "shown"),
        Binary("=", Column(base.step, base.at), Column(step, "taken")),
    )


def _in_order(draft: Plan, keys: tuple[Named, ...]) -> tuple[Named, ...]:
    by_name = {key.name: key for key in keys}
    return tuple(by_name[item.column] for item in draft.items)


def _over_all(
    draft: Plan, index: int, leaf: Leaf, base: _Base, others: list[str]
) -> tuple[str, str]:
    """All time without a time axis: the figure over every row."""
    keys = tuple(Named(Column(base.step, name), name) for name in others)
    figure = Named(_merged(leaf, base.columns[index], base.step), leaf.metric)
    step = Select(
        (*keys, figure),
        Relation(base.step, base.step, True),
        grouped=True,
        group_by=tuple(key.node for key in keys),
    )
    return draft.add(f"{leaf.metric}_all_time", step), leaf.metric


def _taken(leaf: Leaf, base: _Base, time: Node) -> Node:
    """Which base rows a period of the spine takes."""
    reference: Node = time
    for offset in leaf.offsets:
        if offset.span:
            reference = Shifted(reference, offset.span, -1)
        else:
            reference = Trunc(offset.to_grain or base.grain, reference)
    at = Column(base.step, base.at)
    if leaf.window is None:
        return Binary("=", at, reference)
    taken: list[Node] = [Binary("<=", at, reference)]
    if leaf.window.span:
        taken.append(Binary(">", at, Shifted(reference, leaf.window.span, -1)))
    elif leaf.window.to_date:
        taken.append(Binary(">=", at, Trunc(leaf.window.to_date, reference)))
    found = all_of(tuple(taken))
    assert found is not None
    return found


def _period_starts(clock: list[Item], time: Node, grain: str) -> tuple[Node, ...]:
    """Only the first base period of each shown period counts for an offset to a grain."""
    return tuple(
        Binary("=", Trunc(item.grain, time), time)
        for item in clock
        if item.grain and item.grain != grain
    )


def _read_per_period(
    draft: Plan, leaf: Leaf, base: _Base, step: str, clock: list[Item], others: list[str]
) -> str:
    """A window read at a coarser grain: its first, last or average reading per period."""
    assert leaf.window is not None
    how = leaf.window.period_agg
    if how is None:
        raise RequestError(
            "window-needs-period-agg",
            f"{leaf.metric!r} runs by {base.grain}; by {clock[0].grain} it has several values",
            hint="Give the metric `period_agg: last` (or first, average), "
            f"or ask for metric_time__{base.grain}.",
        )
    time = Column(step, base.at)
    at = draft.clock(time)
    values = {item.column: at.item(item) for item in clock}
    values |= {name: Column(step, name) for name in others}
    keys = tuple(Named(values[item.column], item.column) for item in draft.items)
    figure = Column(step, leaf.metric)
    joins = tuple(at.joins.values())
    if how == "average":
        averaged = Select(
            (*keys, Named(Aggregate("average", figure), leaf.metric)),
            Relation(step, step, True),
            joins,
            grouped=True,
            group_by=tuple(key.node for key in keys),
        )
        return draft.add(f"{leaf.metric}_average", averaged)
    position = Ranked(tuple(key.node for key in keys), time, descending=how == "last")
    ranked = Select(
        (*keys, Named(figure, leaf.metric), Named(position, "reading_no")),
        Relation(step, step, True),
        joins,
    )
    rows = draft.add(f"{leaf.metric}_readings", ranked)
    plain = tuple(Named(Column(None, key.name), key.name) for key in keys)
    picked = Select(
        (*plain, Named(Column(None, leaf.metric), leaf.metric)),
        Relation(rows, rows, True),
        where=(Binary("=", Column(None, "reading_no"), Literal(1)),),
    )
    return draft.add(f"{leaf.metric}_{how}", picked)
