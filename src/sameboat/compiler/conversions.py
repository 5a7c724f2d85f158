"""Conversions: each is credited to the last base before it, once, and takes that base's groups."""

from __future__ import annotations

from sameboat.errors import RequestError
from sameboat.project.formula import Binary, Literal, Node

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
from .joins import key_columns
from .leaf import Converted, Leaf, all_of
from .plan import Plan, within
from .query import Item
from .scan import measured
from .source import Source


def place_converted(draft: Plan, index: int, leaf: Leaf, how: Converted) -> None:
    """Add the steps that match conversions to bases and aggregate them by the request's items."""
    bases = _bases(draft, leaf, how)
    goals = _goals(draft, leaf, how)
    keys = [f"key_{number + 1}" for number in range(_key_size(draft, how))]
    keys += [f"constant_{number + 1}" for number in range(len(how.constant))]
    matched = _matched(draft, leaf, how, bases, goals, keys)
    items = tuple(Column(None, item.column) for item in draft.items)
    figure = Aggregate(
        leaf.agg, Column(None, "counted"), None, leaf.percentile, discrete=leaf.discrete
    )
    step = Select(
        (*(Named(column, column.name) for column in items), Named(figure, leaf.metric)),
        Relation(matched, matched, True),
        where=(Binary("=", Column(None, "base_no"), Literal(1)),),
        grouped=True,
        group_by=items,
    )
    draft.placed[index] = (draft.add(f"{leaf.metric}_converted", step), leaf.metric)


def _key_size(draft: Plan, how: Converted) -> int:
    table = draft.world.tables[how.table]
    return len(table.entities[how.entity].expr or (how.entity,))


def _bases(draft: Plan, leaf: Leaf, how: Converted) -> str:
    """The base rows: key, constants, time, and what the request groups by."""
    source = draft.source_of(how.table, how.time)
    columns = _keyed(draft, source, how.table, how.entity)
    columns += [
        Named(source.item(Item.of(mine)), f"constant_{number + 1}")
        for number, (mine, _) in enumerate(how.constant)
    ]
    columns.append(Named(_time(source), "base_at"))
    columns += [Named(source.item(item), item.column) for item in draft.items]
    where = [source.condition(node) for node in dict.fromkeys((*draft.where, *how.filters))]
    where += within(source.time_value(), draft.low, draft.high)
    step = Select(
        tuple(columns), source.relation, tuple(source.joins.values()), tuple(dict.fromkeys(where))
    )
    return draft.add(f"{leaf.metric}_bases", step)


def _goals(draft: Plan, leaf: Leaf, how: Converted) -> str:
    """The conversions: key, constants, time, a number of their own, and what is aggregated."""
    source = draft.source_of(leaf.table, leaf.time)
    keyed = _keyed(draft, source, leaf.table, how.entity)
    columns = list(keyed)
    columns += [
        Named(source.item(Item.of(theirs)), f"constant_{number + 1}")
        for number, (_, theirs) in enumerate(how.constant)
    ]
    columns.append(Named(_time(source), "goal_at"))
    columns.append(Named(Ranked((), keyed[0].node, descending=False), "goal_no"))
    columns.append(Named(measured(source, leaf) or Literal(1), "counted"))
    where = tuple(source.condition(node) for node in leaf.filters)
    step = Select(tuple(columns), source.relation, tuple(source.joins.values()), where)
    return draft.add(f"{leaf.metric}_goals", step)


def _matched(
    draft: Plan, leaf: Leaf, how: Converted, bases: str, goals: str, keys: list[str]
) -> str:
    """Each conversion beside the bases within the window before it, the last one first."""
    base_at, goal_at = Column(bases, "base_at"), Column(goals, "goal_at")
    on: list[Node] = [Binary("=", Column(bases, key), Column(goals, key)) for key in keys]
    on.append(Binary("<=", base_at, goal_at))
    if how.window is not None:
        on.append(Binary(">", base_at, Shifted(goal_at, how.window, -1)))
    columns = [Named(Column(bases, item.column), item.column) for item in draft.items]
    columns.append(Named(Column(goals, "counted"), "counted"))
    position = Ranked((Column(goals, "goal_no"),), base_at, descending=True)
    columns.append(Named(position, "base_no"))
    step = Select(
        tuple(columns),
        Relation(goals, goals, True),
        (Join(Relation(bases, bases, True), all_of(tuple(on)), "inner"),),
    )
    return draft.add(f"{leaf.metric}_matched", step)


def _time(source: Source) -> Node:
    """The time at the grain that the table declares, so that a day is a day on both sides."""
    return Trunc(source.base_grain(), source.time_value())


def _keyed(draft: Plan, source: Source, table: str, entity: str) -> list[Named]:
    declared = draft.world.tables[table]
    if entity not in declared.entities:
        raise RequestError(
            "no-join-path", f"table {table!r} has no entity {entity!r} to convert by"
        )
    columns = key_columns(declared, source.alias, entity)
    return [Named(node, f"key_{number + 1}") for number, node in enumerate(columns)]
