"""Conversions: each is credited to the last base before it, once, and takes that base's groups."""

from __future__ import annotations

from dataclasses import dataclass

from sameboat.errors import RequestError
from sameboat.periods import add
from sameboat.project.formula import Binary, Case, Literal, Node

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


@dataclass(frozen=True)
class _Names:
    """The columns of the steps, other than what the request groups by."""

    keys: tuple[str, ...]
    base_at: str
    goal_at: str
    goal_no: str
    counted: str
    base_no: str
    base_id: tuple[str, ...]
    is_shown: str | None


def place_converted(draft: Plan, index: int, leaf: Leaf, how: Converted) -> None:
    """Add the steps that match conversions to bases and aggregate them by the request's items.

    Each conversion is credited before any filter or range of the request is asked: what is
    filtered is then exactly a part of what is not.
    """
    names = _names(draft, leaf, how)
    bases = _bases(draft, leaf, how, names)
    goals = _goals(draft, leaf, how, names)
    matched = _matched(draft, leaf, how, names, bases, goals)
    items = tuple(Column(None, item.column) for item in draft.items)
    figure = Aggregate(
        leaf.agg, Column(None, names.counted), None, leaf.percentile, discrete=leaf.discrete
    )
    where: tuple[Node, ...] = (Binary("=", Column(None, names.base_no), Literal(1)),)
    if names.is_shown is not None:
        where += (Binary("=", Column(None, names.is_shown), Literal(1)),)
    step = Select(
        (*(Named(column, column.name) for column in items), Named(figure, leaf.metric)),
        Relation(matched, matched, True),
        where=where,
        grouped=True,
        group_by=items,
    )
    draft.placed[index] = (draft.add(f"{leaf.metric}_converted", step), leaf.metric)


def _names(draft: Plan, leaf: Leaf, how: Converted) -> _Names:
    wanted = [f"key_{number + 1}" for number in range(_key_size(draft, how))]
    wanted += [f"constant_{number + 1}" for number in range(len(how.constant))]
    later = not draft.world.dbt and bool(draft.where or how.asked or draft.high)
    ids = _identity(draft, how)
    return _Names(
        tuple(draft.own(name) for name in wanted),
        draft.own("base_at"),
        draft.own("goal_at"),
        draft.own("goal_no"),
        draft.own("counted"),
        draft.own("base_no"),
        tuple(draft.own(f"base_id_{number + 1}") for number in range(len(ids))),
        draft.own("is_shown") if later else None,
    )


def _identity(draft: Plan, how: Converted) -> tuple[Node, ...]:
    """What tells two bases of one day apart, so that the same one is always credited."""
    table = draft.world.tables[how.table]
    if draft.world.dbt:
        return ()
    for name, entity in table.entities.items():
        if entity.type == "primary" and name != how.entity:
            return key_columns(table, how.table, name)
    return ()


def _key_size(draft: Plan, how: Converted) -> int:
    table = draft.world.tables[how.table]
    return len(table.entities[how.entity].expr or (how.entity,))


def _bases(draft: Plan, leaf: Leaf, how: Converted, names: _Names) -> str:
    """The base rows: key, constants, time, what the request groups by, and whether it shows them.

    Bases before the range cannot take a conversion from one in it; those after it can.
    """
    source = draft.source_of(how.table, how.time)
    values = _keyed(draft, source, how.table, how.entity)
    values += [source.item(Item.of(mine)) for mine, _ in how.constant]
    columns = [Named(value, name) for value, name in zip(values, names.keys, strict=True)]
    columns.append(Named(_time(source), names.base_at))
    identity = zip(_identity(draft, how), names.base_id, strict=True)
    columns += [Named(value, name) for value, name in identity]
    columns += [Named(source.item(item), item.column) for item in draft.items]
    where = [source.condition(node) for node in how.filters]
    time = source.time_value() if draft.low or draft.high else Literal(None)
    asked = [source.condition(node) for node in dict.fromkeys((*draft.where, *how.asked))]
    if names.is_shown is None:
        where += [*asked, *within(time, draft.low, draft.high)]
    else:
        where += within(time, draft.low, None)
        shown = all_of((*asked, *within(time, None, draft.high)))
        columns.append(Named(Case(None, ((shown, Literal(1)),), None), names.is_shown))
    step = Select(
        tuple(columns), source.relation, tuple(source.joins.values()), tuple(dict.fromkeys(where))
    )
    return draft.add(f"{leaf.metric}_bases", step)


def _goals(draft: Plan, leaf: Leaf, how: Converted, names: _Names) -> str:
    """The conversions: key, constants, time, a number of their own, and what is aggregated."""
    source = draft.source_of(leaf.table, leaf.time)
    keyed = _keyed(draft, source, leaf.table, how.entity)
    values = [*keyed, *(source.item(Item.of(theirs)) for _, theirs in how.constant)]
    columns = [Named(value, name) for value, name in zip(values, names.keys, strict=True)]
    columns.append(Named(_time(source), names.goal_at))
    columns.append(Named(Ranked((), keyed[0], descending=False), names.goal_no))
    columns.append(Named(measured(source, leaf) or Literal(1), names.counted))
    where = tuple(source.condition(node) for node in leaf.filters)
    high = add(draft.high, how.window) if draft.high and how.window else None
    where += within(source.time_value(), draft.low, high)
    step = Select(tuple(columns), source.relation, tuple(source.joins.values()), where)
    return draft.add(f"{leaf.metric}_goals", step)


def _matched(draft: Plan, leaf: Leaf, how: Converted, names: _Names, bases: str, goals: str) -> str:
    """Each conversion beside the bases within the window before it, the last one first."""
    base_at, goal_at = Column(bases, names.base_at), Column(goals, names.goal_at)
    on: list[Node] = [Binary("=", Column(bases, key), Column(goals, key)) for key in names.keys]
    on.append(Binary("<=", base_at, goal_at))
    if how.window is not None:
        on.append(Binary(">", base_at, Shifted(goal_at, how.window, -1)))
    columns = [Named(Column(bases, item.column), item.column) for item in draft.items]
    columns.append(Named(Column(goals, names.counted), names.counted))
    position = Ranked(
        (Column(goals, names.goal_no),),
        base_at,
        descending=True,
        then=tuple(Column(bases, name) for name in names.base_id),
    )
    columns.append(Named(position, names.base_no))
    if names.is_shown is not None:
        columns.append(Named(Column(bases, names.is_shown), names.is_shown))
    step = Select(
        tuple(columns),
        Relation(goals, goals, True),
        (Join(Relation(bases, bases, True), all_of(tuple(on)), "inner"),),
    )
    return draft.add(f"{leaf.metric}_matched", step)


def _time(source: Source) -> Node:
    """The time at the grain that the table declares, so that a day is a day on both sides."""
    return Trunc(source.base_grain(), source.time_value())


def _keyed(draft: Plan, source: Source, table: str, entity: str) -> list[Node]:
    declared = draft.world.tables[table]
    if entity not in declared.entities:
        raise RequestError(
            "no-join-path", f"table {table!r} has no entity {entity!r} to convert by"
        )
    return list(key_columns(declared, source.alias, entity))
