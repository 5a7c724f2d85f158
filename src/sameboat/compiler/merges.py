"""Accounts that become others: a customer that was merged is neither lost nor new.

A table says which account became which other one, and when. In every comparison of two periods
each account counts as what it has become by the end of the later one, so both ends speak of the
same customers. Mergers that come later change nothing that was shown before.
"""

from __future__ import annotations

from dataclasses import replace

from sameboat.project.formula import Binary, Call, Case, Literal, Node

from .dialects import dialect
from .expressions import Aggregate, Column, Join, Named, Query, Relation, Select, Shifted, Trunc
from .joins import column_expression
from .leaf import Cohort, Merges
from .plan import Plan, World
from .query import Item
from .sql import write

LONGEST = 6
"""Through how many others an account may become what it is."""

_OLD, _NEW, _SINCE = "old_key", "new_key", "merged_at"


def ends_of(draft: Plan, cohort: Cohort, amounts: str) -> str:
    """A step with the amount per period of each customer, as what it has become by then."""
    at = Column(amounts, "at")
    key, joins = _successor(draft, cohort, amounts, at)
    step = Select(
        (
            Named(key, "key_1"),
            Named(at, "at"),
            Named(Aggregate("sum", Column(amounts, "amount")), "amount"),
        ),
        Relation(amounts, amounts, True),
        joins,
        grouped=True,
        group_by=(key, at),
    )
    return draft.add("amounts_of_successors", step)


def starts_of(
    draft: Plan, cohort: Cohort, amounts: str, items: list[Item], passes: str | None
) -> str:
    """A step with each customer's amount at the start, as what it has become at the end.

    Its segment, and whether it passes the filters (`passes` names the column that says so), are
    those of the account that lives on; where that was not there yet, of those that it came from.
    """
    at = Column(amounts, "at")
    key, joins = _successor(draft, cohort, amounts, Shifted(at, cohort.over, 1))
    lives_on = Binary("=", Column(amounts, "key_1"), key)

    def kept(name: str, agg: str) -> Node:
        own = Aggregate(agg, Column(amounts, name), lives_on)
        return Call("coalesce", (own, Aggregate(agg, Column(amounts, name))))

    columns = [Named(key, "key_1"), Named(at, "at")]
    columns += [Named(kept(item.column, "min"), item.column) for item in items]
    columns.append(Named(Aggregate("sum", Column(amounts, "amount")), "amount"))
    step = Select(
        tuple(columns),
        Relation(amounts, amounts, True),
        joins,
        grouped=True,
        group_by=(key, at),
        having=() if passes is None else (Binary("=", kept(passes, "max"), Literal(1)),),
    )
    return draft.add("starts_of_successors", step)


def _successor(
    draft: Plan, cohort: Cohort, amounts: str, by: Node
) -> tuple[Node, tuple[Join, ...]]:
    """What an account has become by a period, and the joins that lead there."""
    assert cohort.merges is not None
    links = draft.add("merges", _links(draft.world, cohort.merges, cohort.period))
    keys: list[Node] = [Column(amounts, "key_1")]
    joins: list[Join] = []
    for number in range(1, LONGEST + 1):
        alias = f"merge_{number}"
        on = Binary("=", Column(alias, _OLD), keys[0])
        on = Binary("and", on, Binary("<=", Column(alias, _SINCE), by))
        joins.append(Join(Relation(links, alias, True), on))
        keys.insert(0, Column(alias, _NEW))
    return Call("coalesce", tuple(keys)), tuple(joins)


def _links(world: World, merges: Merges, period: str) -> Select:
    """Each account that became another, with the period in which it did."""
    table = world.tables[merges.table]
    relation = Relation(world.relations.get(table.name, table.name), table.name)
    old, new, moment = (
        column_expression(table, table.name, text) for text in (merges.from_, merges.to, merges.on)
    )
    return Select(
        (Named(old, _OLD), Named(new, _NEW), Named(Trunc(period, moment), _SINCE)), relation
    )


def merge_faults(world: World, merges: Merges, spelling: str) -> tuple[str, str]:
    """The SQL that counts accounts that became several others, and chains that do not end.

    A chain of more than `LONGEST` mergers may be a circle.
    """
    links = ("merges", _links(world, merges, "day"))
    old = Column("merge_0", _OLD)
    first = Select((), Relation("merges", "merge_0", True))
    several = replace(
        first,
        columns=(Named(old, _OLD),),
        grouped=True,
        group_by=(old,),
        having=(Binary(">", Aggregate("count", None), Literal(1)),),
    )
    joins = []
    for number in range(1, LONGEST + 1):
        on = Binary("=", Column(f"merge_{number}", _OLD), Column(f"merge_{number - 1}", _NEW))
        joins.append(Join(Relation("merges", f"merge_{number}", True), on, "inner"))
    counted = Named(Aggregate("count", None), "found")
    endless = replace(first, columns=(counted,), joins=tuple(joins))
    doubled = Select((counted,), Relation("several", "several", True))
    spoken = dialect(spelling)
    return (
        write(Query((links, ("several", several)), doubled), spoken),
        write(Query((links,), endless), spoken),
    )


def flagged(conditions: tuple[Node, ...]) -> Node:
    """1 where all conditions hold, else 0."""
    joined = conditions[0]
    for condition in conditions[1:]:
        joined = Binary("and", joined, condition)
    return Case(None, ((joined, Literal(1)),), Literal(0))
