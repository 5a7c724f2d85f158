"""Offsets and windows: leaves whose rows count at other times than their own.

The table is aggregated once at a base grain; each period of the spine then takes from those
rows what its offset and window ask for. A filter or range on time applies to the spine, never to
the rows that a look back needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from sameboat.errors import RequestError
from sameboat.periods import Span
from sameboat.project.formula import Binary, Literal, Node, names

from .customs import custom_shift
from .expressions import (
    Aggregate,
    Column,
    Join,
    Named,
    Ranked,
    Relation,
    Select,
    Shifted,
    Trunc,
)
from .gaps import same, spine_step
from .leaf import Leaf, Window, all_of
from .moved import MONTHS, is_multiple, knows, nests
from .partials import Base, add_up, addable, base_rows, merged, merges
from .plan import Plan, split_filters, within
from .query import KNOWN_GRAINS, METRIC_TIME, Item
from .source import Clock, Source, coarseness, item_of


def place_retimed(
    draft: Plan, leaves: Mapping[int, Leaf], beside: Mapping[int, Leaf] = MappingProxyType({})
) -> None:
    """Add the steps of all leaves with an offset or a window.

    Plain leaves `beside` them that can be added up from the same rows are placed with them.
    """
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
        _refuse_misfits(draft, leaf, source.base_grain())
        grain = base_grain(draft, source, leaf)
        own = index if not merges(leaf) or not draft.share else None
        groups.setdefault((leaf.table, leaf.time, grain, own), {})[index] = leaf
    for (_, _, grain, own), members in groups.items():
        plain = {} if own is not None else addable(draft, members, beside)
        base = base_rows(draft, {**members, **plain}, grain)
        for index, leaf in members.items():
            draft.placed[index] = _retimed(draft, index, leaf, base)
        if plain:
            add_up(draft, plain, base)


def _is_all_time(leaf: Leaf) -> bool:
    window = leaf.window
    return bool(window and not window.span and not window.to_date and not leaf.offsets)


def _refuse_misfits(draft: Plan, leaf: Leaf, own: str) -> None:
    """A look back has to be a whole number of the periods by which the data are kept."""
    if leaf.over is not None:
        raise RequestError(
            "window-misfit",
            f"{leaf.metric!r} is a level, which is read and never added up over time",
            hint="Offset it by whole periods of the grain that you ask for; a window needs a flow.",
        )
    if draft.world.dbt:
        return
    window = leaf.window or Window()
    spans = [offset.span for offset in leaf.offsets] + [window.span]
    misfit = [str(s) for s in spans if s and s.grain in KNOWN_GRAINS and not _fits(s, own)]
    grains = [offset.to_grain for offset in leaf.offsets] + [window.to_date]
    misfit += [g for g in grains if g and g in KNOWN_GRAINS and not nests(own, g)]
    if misfit:
        raise RequestError(
            "window-misfit",
            f"{leaf.metric!r} looks back by {misfit[0]}, and its data are kept by {own}",
            hint=f"Look back by a whole number of {own}s.",
        )


def _fits(span: Span, own: str) -> bool:
    return is_multiple(span, own) or (span.grain in MONTHS and coarseness(own) <= coarseness("day"))


def base_grain(draft: Plan, source: Source, leaf: Leaf) -> str:
    """The grain at which a leaf's rows are kept before they are moved.

    Whole periods are moved where every offset is a whole number of them, so that a year before
    February of a leap year is all of that February. Months are moved where quarters or years look
    back by months: a month before the second quarter is all of March to May, the 31sts included.
    Else the grain of the data, by which each day looks back to the day of the same number, or to
    the last one of a shorter month.
    """
    own = source.base_grain()
    clock = [item for item in draft.items if source.is_clock(item)]
    grains = {item.grain for item in clock}
    if leaf.window or any(o.to_grain for o in leaf.offsets):
        return own
    if not draft.world.dbt and _by_months(draft, source, leaf, clock):
        return "month"
    if len(grains) != 1:
        return own
    grain = grains.pop()
    if grain is None or coarseness(grain) <= coarseness(own):
        return own
    fits = all(o.span and is_multiple(o.span, grain) for o in leaf.offsets)
    return grain if fits else own


def _by_months(draft: Plan, source: Source, leaf: Leaf, clock: list[Item]) -> bool:
    """Whether everything that is shown, filtered and looked back by is made of whole months."""
    spans = [offset.span.grain for offset in leaf.offsets if offset.span]
    shown = [item.grain for item in clock]
    if not spans or any(grain not in MONTHS for grain in (*spans, *shown)):
        return False
    asked = [item_of(name) for node in split_filters(draft, source)[0] for name in names(node)]
    return nests(source.base_grain(), "month") and all(knows(draft, "month", i) for i in asked)


@dataclass(frozen=True)
class _Times:
    """The shown times: the step that has them, each item of the clock, and the rows they take."""

    step: str
    items: Mapping[str, Node]
    taken: Node
    where: tuple[Node, ...] = ()
    joins: tuple[Join, ...] = ()


def _retimed(draft: Plan, index: int, leaf: Leaf, base: Base) -> tuple[str, str]:
    """The step and column with a leaf's figures at the request's times."""
    source = draft.source(leaf)
    clock = [item for item in draft.items if source.is_clock(item)]
    others = [item.column for item in draft.items if item not in clock]
    if not clock:
        return _over_all(draft, index, leaf, base, others)
    coarser = all(item.grain != base.grain for item in clock)
    readings = coarser and leaf.window is not None and _how(leaf, base, clock) == "average"
    readings |= coarser and leaf.window is not None and (draft.world.dbt or leaf.spine)
    if readings:
        day = Item(METRIC_TIME, base.grain)
        times = _every_time(draft, source, leaf, base, [day])
        times = replace(times, items={base.at: times.items[day.column]})
    elif coarser and leaf.window is not None:
        times = _once_per_period(draft, source, leaf, base, clock)
    elif coarser and not (draft.world.dbt or leaf.spine or _jumps(draft, leaf)):
        times = _each_row_once(draft, source, leaf, base, clock)
    else:
        times = _every_time(draft, source, leaf, base, clock)
    groups = _groups(leaf, base, others)
    values = {**times.items, **{name: Column(groups, name) for name in others}}
    wanted = (base.at, *others) if readings else tuple(item.column for item in draft.items)
    keys = tuple(Named(values[name], name) for name in wanted)
    step = Select(
        (*keys, Named(merged(leaf, base.columns[index], base.step), leaf.metric)),
        Relation(times.step, times.step, True),
        (*_base_joins(draft, leaf, base, times.taken, others), *times.joins),
        times.where,
        grouped=True,
        group_by=tuple(key.node for key in keys),
    )
    name = draft.add(f"{leaf.metric}_looking_back", step)
    if readings:
        name = _read_per_period(draft, leaf, base, name, clock, others)
    return name, leaf.metric


def _every_time(draft: Plan, source: Source, leaf: Leaf, base: Base, clock: list[Item]) -> _Times:
    """Every period at the base grain, shown in the period of the request that holds it."""
    jumps = _jumps(draft, leaf)
    if jumps:
        step = custom_shift(draft, jumps[0], draft.world.customs[jumps[0].grain])
        time: Node = Column(step, "shown")
        taken: Node = Binary("=", Column(base.step, base.at), Column(step, "taken"))
    else:
        step = spine_step(draft, base.grain, source, rows=base.times)
        time = Column(step, base.grain)
        taken = _taken(leaf, base, time)
    at = draft.clock(time)
    items = {item.column: at.item(item) for item in clock}
    return _Times(step, items, taken, _shown(draft, source, leaf, base, at, clock), _joins(at))


def _once_per_period(
    draft: Plan, source: Source, leaf: Leaf, base: Base, clock: list[Item]
) -> _Times:
    """The first or last day of each shown period, on which a window is read.

    The last day of a period that has not ended is the last one of the data.
    """
    how = _how(leaf, base, clock)
    spine = spine_step(draft, base.grain, source, rows=base.times, from_first=how == "first")
    time = Column(spine, base.grain)
    at = draft.clock(time)
    keys = tuple(Named(at.item(item), item.column) for item in clock)
    day = Aggregate("max" if how == "last" else "min", time)
    step = Select(
        (*keys, Named(day, base.at)),
        Relation(spine, spine, True),
        _joins(at),
        _shown(draft, source, leaf, base, at, clock),
        grouped=True,
        group_by=tuple(key.node for key in keys),
    )
    name = draft.add(f"{how}_{base.grain}s", step)
    items: dict[str, Node] = {key.name: Column(name, key.name) for key in keys}
    return _Times(name, items, _taken(leaf, base, Column(name, base.at)))


def _each_row_once(
    draft: Plan, source: Source, leaf: Leaf, base: Base, clock: list[Item]
) -> _Times:
    """The days that each shown period takes, each once.

    A year before 28 and 29 February is the same day: its rows count once, not twice.
    """
    grains = [item.grain for item in clock if item.grain in KNOWN_GRAINS]
    until = min((grain for grain in grains if grain), key=coarseness, default=base.grain)
    spine = spine_step(draft, base.grain, source, rows=base.times, until=until)
    time = Column(spine, base.grain)
    at = draft.clock(time)
    keys = tuple(Named(at.item(item), item.column) for item in clock)
    step = Select(
        (*keys, Named(_reference(leaf, base, time), "taken")),
        Relation(spine, spine, True),
        _joins(at),
        _shown(draft, source, leaf, base, at, clock),
        distinct=True,
    )
    name = draft.add(f"{leaf.metric}_{base.grain}s", step)
    items: dict[str, Node] = {key.name: Column(name, key.name) for key in keys}
    taken = Binary("=", Column(base.step, base.at), Column(name, "taken"))
    return _Times(name, items, taken)


def _joins(at: Clock) -> tuple[Join, ...]:
    return tuple(at.joins.values())


def _shown(
    draft: Plan, source: Source, leaf: Leaf, base: Base, at: Clock, clock: list[Item]
) -> tuple[Node, ...]:
    """Which times are shown: those in the range that pass the request's filters on time."""
    where = within(at.time, draft.low, draft.high)
    where += tuple(at.condition(node) for node in draft.where if source.touches_clock(node))
    if any(offset.to_grain for offset in leaf.offsets) and leaf.window is None:
        where += _period_starts(clock, at.time, base.grain)
    return where


def _jumps(draft: Plan, leaf: Leaf) -> list[Span]:
    """The looks back by periods that only a spine table knows.

    Raises RequestError where there is something else beside one of them.
    """
    customs = draft.world.customs
    jumps = [o.span for o in leaf.offsets if o.span and o.span.grain in customs]
    if jumps and (len(leaf.offsets) > 1 or leaf.window):
        raise RequestError(
            "request-invalid",
            f"{leaf.metric!r} looks back by {jumps[0]} and by something else: one at a time",
        )
    return jumps


def _groups(leaf: Leaf, base: Base, others: list[str]) -> str:
    """The step from which the dimensions are shown: with gaps filled, one of all groups."""
    return f"{base.step}_groups" if leaf.spine and others else base.step


def _base_joins(
    draft: Plan, leaf: Leaf, base: Base, taken: Node, others: list[str]
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


def _over_all(
    draft: Plan, index: int, leaf: Leaf, base: Base, others: list[str]
) -> tuple[str, str]:
    """All time without a time axis: the figure over every row."""
    keys = tuple(Named(Column(base.step, name), name) for name in others)
    figure = Named(merged(leaf, base.columns[index], base.step), leaf.metric)
    step = Select(
        (*keys, figure),
        Relation(base.step, base.step, True),
        grouped=True,
        group_by=tuple(key.node for key in keys),
    )
    return draft.add(f"{leaf.metric}_all_time", step), leaf.metric


def _taken(leaf: Leaf, base: Base, time: Node) -> Node:
    """Which base rows a period of the spine takes."""
    reference = _reference(leaf, base, time)
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


def _reference(leaf: Leaf, base: Base, time: Node) -> Node:
    """The time that a leaf looks back to from another one."""
    for offset in leaf.offsets:
        if offset.span:
            time = Shifted(time, offset.span, -1)
        else:
            time = Trunc(offset.to_grain or base.grain, time)
    return time


def _period_starts(clock: list[Item], time: Node, grain: str) -> tuple[Node, ...]:
    """Only the first base period of each shown period counts for an offset to a grain."""
    return tuple(
        Binary("=", Trunc(item.grain, time), time)
        for item in clock
        if item.grain and item.grain != grain
    )


def _how(leaf: Leaf, base: Base, clock: list[Item]) -> str:
    """Which reading stands for a period: first, last or average.

    Raises RequestError (`window-needs-period-agg`) where the metric does not say.
    """
    how = leaf.window.period_agg if leaf.window else None
    if how is None:
        raise RequestError(
            "window-needs-period-agg",
            f"a window over {leaf.metric!r} runs by {base.grain}; "
            f"by {clock[0].grain} it has several values",
            hint="Give the cumulative metric `period_agg: last` (or first, average), "
            f"or ask for metric_time__{base.grain}.",
        )
    return how


def _read_per_period(
    draft: Plan, leaf: Leaf, base: Base, step: str, clock: list[Item], others: list[str]
) -> str:
    """Readings of a window at a coarser grain: the first, last or average one there is."""
    how = _how(leaf, base, clock)
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
