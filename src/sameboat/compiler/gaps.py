"""Time spines: every period of a grain, from a table or generated, and gaps filled by them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from sameboat.errors import RequestError
from sameboat.periods import Span, floor
from sameboat.project.formula import Binary, Call, IsNull, Moment, Name, Node, rewrite, walk
from sameboat.project.model import TimeSpine

from .expressions import (
    Aggregate,
    Column,
    Join,
    Named,
    Relation,
    Scalar,
    Select,
    Shifted,
    Spine,
    Trunc,
)
from .leaf import Leaf, all_of
from .moved import MONTHS
from .plan import Plan, within
from .query import Item
from .source import Source, coarseness, item_of


def spine_step(
    draft: Plan,
    grain: str,
    source: Source,
    *,
    rows: tuple[str, str] | None = None,
    from_first: bool = False,
    until: str | None = None,
) -> str:
    """A step with every period of a grain, in a column named like the grain.

    It comes from the project's spine table where there is one (the coarsest that is fine
    enough); else it is generated over the times of the source's whole table, filters or not:
    a window still runs on days on which no row passes them. Where the project says so, it begins
    and ends on given days instead, but not after the data. `rows` names a step and its column
    that hold all of those times. `from_first` begins it where the data begin, whatever the range;
    `until` ends it with the whole period in which they end.
    """
    _refuse_outside(draft)
    first_day, last_day = draft.world.days
    time, relation = source.time_value(), source.relation
    if rows is not None:
        time, relation = Column(None, rows[1]), Relation(rows[0], rows[0], True)
    first, last = (Scalar(Aggregate(agg, time), relation) for agg in ("min", "max"))
    high: Node = last if rows is not None else Trunc(grain, last)
    if until is not None and until != grain:
        whole = Span(MONTHS[until], "month") if until in MONTHS else Span(1, until)
        high = Shifted(Shifted(Trunc(until, last), whole, 1), Span(1, grain), -1)
    if last_day is not None:
        moment = dt.datetime.combine(last_day, dt.time(23, 59, 59))
        high = Call("least", (high, _start(draft, moment, grain)))
    tables = [s for s in draft.world.spines if s.table and coarseness(s.grain) <= coarseness(grain)]
    if tables:
        table = max(tables, key=_grain_rank)
        return draft.add(f"{grain}s", _spine_table(draft, table, grain, high))
    low: Node = first if rows is not None else Trunc(grain, first)
    if draft.low is not None and not from_first:
        low = _start(draft, draft.low, grain)
    elif first_day is not None:
        low = _start(draft, dt.datetime.combine(first_day, dt.time()), grain)
    return draft.add(f"{grain}s", Spine(grain, grain, low, high))


def _start(draft: Plan, at: dt.datetime, grain: str) -> Moment:
    """The start of the period that holds a moment."""
    return Moment("timestamp", floor(at, grain, draft.world.reckoning).isoformat(sep=" "))


def _refuse_outside(draft: Plan) -> None:
    """Refuse a range that the declared days do not reach: its periods would silently be missing."""
    first, last = draft.world.days
    asked = draft.request
    early = first and asked.start and asked.start.date() < first
    late = last and asked.end and asked.end.date() > last
    if early or late:
        raise RequestError(
            "spine-too-short",
            f"the days of time_spine go from {first or 'the first row'} to "
            f"{last or 'the last row'}, and "
            f"{(asked.start if early else asked.end or asked.start):%Y-%m-%d} was asked for",
            hint="Lengthen time_spine in sameboat.yml, or ask for a range inside it.",
        )


def _grain_rank(spine: TimeSpine) -> int:
    return coarseness(spine.grain)


def _spine_table(draft: Plan, spine: TimeSpine, grain: str, high: Node) -> Select:
    """The periods of a spine table; of our own projects', up to the end of the data."""
    time: Node = Column(None, spine.column or spine.grain)
    value = time if spine.grain == grain else Trunc(grain, time)
    relation = draft.world.relations.get(spine.table or "", spine.table or "")
    first = draft.world.days[0]
    low = None if first is None else dt.datetime.combine(first, dt.time())
    return Select(
        (Named(value, grain),),
        Relation(relation, relation.rpartition(".")[2]),
        where=() if draft.world.dbt else (*within(time, low, None), Binary("<=", value, high)),
        distinct=spine.grain != grain,
    )


def fill_gaps(draft: Plan, leaves: Mapping[int, Leaf]) -> None:
    """A step with a row for every period, for leaves that ask for the spine."""
    index, leaf = next(iter(leaves.items()))
    if not leaf.spine:
        return
    source = draft.source(leaf)
    clock = [item for item in draft.items if source.is_clock(item)]
    if not clock:
        return
    finest = min((i.grain or "day" for i in clock), key=coarseness)
    if finest in draft.world.customs:
        finest = draft.world.customs[finest].grain
    data, column = draft.placed[index]
    spine = spine_step(draft, finest, source)
    others = [item.column for item in draft.items if item not in clock]
    draft.certain.discard(index)
    draft.placed[index] = (
        draft.add(
            f"{leaf.metric}_filled",
            _filled(draft, source, spine, finest, data, column, clock, others),
        ),
        column,
    )


def _filled(
    draft: Plan,
    source: Source,
    spine: str,
    grain: str,
    data: str,
    column: str,
    clock: list[Item],
    others: list[str],
) -> Select:
    """Spine × the groups that there are, with the figures where they exist."""
    time = Column(spine, grain)
    shown = draft.clock(time)
    values = {item.column: shown.item(item) for item in clock}
    joins: list[Join] = list(shown.joins.values())
    on: list[Node] = [Binary("=", value, Column(data, name)) for name, value in values.items()]
    if others and not draft.world.dbt:
        keys = tuple(Named(Column(None, name), name) for name in others)
        groups = draft.add(
            f"{data}_groups", Select(keys, Relation(data, data, True), distinct=True)
        )
        joins.append(Join(Relation(groups, groups, True), None, "cross"))
        on += [same(Column(groups, name), Column(data, name)) for name in others]
        values |= {name: Column(groups, name) for name in others}
    else:
        values |= {name: Column(data, name) for name in others}
    joins.append(Join(Relation(data, data, True), all_of(tuple(on))))
    columns = [Named(values[item.column], item.column) for item in draft.items]
    columns.append(Named(Column(data, column), column))
    where = within(time, draft.low, draft.high)
    where += tuple(shown.condition(node) for node in draft.where if source.clock_only(node))
    where += tuple(
        condition
        for node in draft.where
        if not source.clock_only(node) and (condition := _shown(source, node, draft, values))
    )
    once = any(item.grain == grain for item in clock)
    return Select(
        tuple(columns), Relation(spine, spine, True), tuple(joins), where, distinct=not once
    )


def _shown(source: Source, node: Node, draft: Plan, values: dict[str, Node]) -> Node | None:
    """A filter asked again after the gaps are filled, where the answer shows all that it names."""
    columns = {item.column for item in draft.items}
    wanted = [source.output_name(item_of(p)).column for p in walk(node) if isinstance(p, Name)]
    if not draft.world.dbt or any(name not in columns for name in wanted):
        return None

    def shown(part: Node) -> Node | None:
        if not isinstance(part, Name):
            return None
        return values[source.output_name(item_of(part)).column]

    return rewrite(node, shown)


def same(left: Node, right: Node) -> Node:
    """Whether two values are equal, missing ones included."""
    both = Binary("and", IsNull(left), IsNull(right))
    return Binary("or", Binary("=", left, right), both)
