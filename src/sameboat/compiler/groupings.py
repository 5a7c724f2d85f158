"""Steps that group the rows of a table: alike ones read it once, and by what is found quickly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import replace

from sameboat.periods import Reckoning
from sameboat.project.formula import Binary, Literal, Node, rewrite, walk

from .determined import Known
from .expressions import Aggregate, Column, Named, Part, Query, Relation, Select, Spine, Trunc
from .expressions import Union as Rows

Step = Select | Rows | Spine


def with_scans_shared(query: Query, reckoning: Reckoning) -> Query:
    """The same query where a table that is grouped twice in the same way is read once.

    So the people of a group are counted by the scan that adds up its figures: where the request
    has no condition, and where its groups decide each. Then conditions are asked of groups.
    """
    kept: dict[str, Step] = {}
    instead: dict[str, str] = {}

    def renamed(part: Node) -> Node | None:
        if isinstance(part, Relation) and part.is_step and part.name in instead:
            return Relation(instead[part.name], part.alias, True)
        return None

    for name, given in query.steps:
        step = rewrite(given, renamed)
        assert isinstance(step, Select | Rows | Spine)
        found = _partner(step, kept, reckoning) if isinstance(step, Select) else None
        if found is None or not isinstance(step, Select):
            kept[name] = step
            continue
        partner, told = found
        other = kept[partner]
        assert isinstance(other, Select)
        kept[partner] = replace(
            other, columns=tuple(dict.fromkeys((*other.columns, *step.columns)))
        )
        if told:
            same = tuple(Named(Column(None, c.name), c.name) for c in step.columns)
            kept[name] = Select(same, Relation(partner, partner, True), where=told)
        else:
            instead[name] = partner
    last = rewrite(query.answer, renamed)
    assert isinstance(last, Select)
    return Query(tuple(kept.items()), last)


def _partner(
    step: Select, others: Mapping[str, Step], reckoning: Reckoning
) -> tuple[str, tuple[Node, ...]] | None:
    """The step that groups the same rows in the same way, and what is asked of its groups more.

    No name may mean two things in both.
    """
    if not step.grouped or step.source is None or step.source.is_step:
        return None
    if any(isinstance(part, Relation) for c in step.columns for part in walk(c.node)):
        return None
    for name, other in others.items():
        if not isinstance(other, Select) or not set(other.where) <= set(step.where):
            continue
        if replace(other, columns=(), where=()) != replace(step, columns=(), where=()):
            continue
        known = {column.name.lower(): column for column in other.columns}
        if any(known.get(column.name.lower(), column) != column for column in step.columns):
            continue
        told = _told(step, [node for node in step.where if node not in other.where], reckoning)
        if told is not None:
            return name, told
    return None


def _told(step: Select, more: Iterable[Node], reckoning: Reckoning) -> tuple[Node, ...] | None:
    """Conditions in terms of a step's groups; None where these do not decide all of them."""
    groups = [(c.node, c.name) for c in step.columns if c.node in step.group_by]
    found = [Known.of(groups, reckoning).told(node) for node in more]
    told = tuple(node for node in found if node is not None)
    return told if len(told) == len(found) else None


def with_numbered_periods(query: Query, names: Set[str]) -> Query:
    """The same query where steps of these names group by the numbers of their periods.

    Engines begin a period slowly, row by row. A group has rows of one period only, so its first
    time says which.
    """
    steps = (
        (name, _numbered(step) if name in names and isinstance(step, Select) else step)
        for name, step in query.steps
    )
    return Query(tuple(steps), query.answer)


def _numbered(step: Select) -> Select:
    whole = {node: numbered(node) for node in step.group_by}

    def first(node: Node) -> Node:
        if isinstance(node, Trunc) and whole.get(node, node) != node:
            return Trunc(node.grain, Aggregate("min", node.of))
        return node

    columns = tuple(Named(first(column.node), column.name) for column in step.columns)
    return replace(step, columns=columns, group_by=tuple(whole.values()))


def numbered(node: Node) -> Node:
    """A month, quarter or year of a column as a number; everything else as it is.

    Two times have the same number where they lie in the same period.
    """
    match node:
        case Trunc("year", Column() as of):
            return Part("year", of)
        case Trunc("month" | "quarter" as grain, Column() as of):
            each = Literal(12 if grain == "month" else 4)
            return Binary("+", Binary("*", Part("year", of), each), Part(grain, of))
    return node
