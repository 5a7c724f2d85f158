"""Whether a whole table has enough people: its first rows mostly say so.

A table with as many people among its first rows as the floor has at least as many in all. Only
where these do not show it are all its people counted, so the answer never depends on which rows
come first.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from sameboat.project.formula import Binary, IsNull, Literal, Node

from .expressions import Aggregate, Column, Join, Named, Relation, Select, Union
from .joins import column_expression
from .leaf import Leaf
from .plan import Plan

FIRST_ROWS = 10_000
"""How many rows are looked at before all are counted."""


@dataclass(frozen=True)
class Enough(Leaf):
    """A leaf that counts people, told apart by `expr`, and may stop once there are `least`."""

    least: int = 0


def enough_of(people: Leaf, least: int) -> Enough:
    """The leaf that counts the same people as far as the floor needs it."""
    return Enough(
        **{field.name: getattr(people, field.name) for field in fields(Leaf)}, least=least
    )


def is_placeable(draft: Plan, leaf: Leaf) -> bool:
    """Whether a leaf only asks if a whole table has enough people, at its own time.

    Others are counted like any figure.
    """
    if not isinstance(leaf, Enough) or leaf.expr is None or not leaf.is_plain:
        return False
    narrowed = draft.items or draft.where or draft.low or draft.high
    return not (narrowed or leaf.over or leaf.spine or leaf.picked)


def place_enough(draft: Plan, index: int, leaf: Enough) -> None:
    """Add the steps that count the people among a table's first rows, and all where needed."""
    assert leaf.expr is not None
    source = draft.source(leaf)
    person = column_expression(source.graph.tables[leaf.table], source.alias, leaf.expr)
    own = tuple(source.condition(node) for node in leaf.filters)
    known = (*own, IsNull(person, negated=True))
    joins = tuple(source.joins.values())
    rows = Select((Named(person, "person"),), source.relation, joins, known, limit=FIRST_ROWS)
    head = draft.add(f"{leaf.table}_first_rows", rows)
    count: Node = Aggregate("count_distinct", Column(None, "person"))
    counted = Select((Named(count, "people"),), Relation(head, head, True), grouped=True)
    first = draft.add(f"{leaf.table}_first_people", counted)
    unsure = Binary("<", Column(first, "people"), Literal(leaf.least))
    everybody = Select(
        (Named(Aggregate("count_distinct", person), "people"),),
        source.relation,
        (*joins, Join(Relation(first, first, True), None, "cross")),
        (*known, unsure),
        grouped=True,
    )
    whole = draft.add(f"{leaf.table}_all_people", everybody)
    both = Union(
        tuple(
            Select((Named(Column(None, "people"), "people"),), Relation(name, name, True))
            for name in (first, whole)
        )
    )
    found = draft.add(f"{leaf.table}_people_found", both)
    most = Named(Aggregate("max", Column(None, "people")), leaf.metric)
    select = Select((most,), Relation(found, found, True), grouped=True)
    draft.placed[index] = (draft.add(f"{leaf.table}_people", select), leaf.metric)
