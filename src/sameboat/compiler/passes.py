"""Rewritings of a finished query that change its text and never its rows.

Each pass takes a query and returns one; `PASSES` is their order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from sameboat.project.formula import Node, rewrite, walk

from .expressions import (
    Aggregate,
    Column,
    Extreme,
    Lead,
    Named,
    Query,
    Ranked,
    Relation,
    Select,
    Shifted,
    Spine,
    Star,
    Trunc,
)
from .expressions import Union as Rows
from .moved import is_multiple, nests
from .query import KNOWN_GRAINS

Step = Select | Rows | Spine


def without_needless_truncs(query: Query) -> Query:
    """The same query where no time is taken to the start of a period at which it already is."""
    known: dict[str, dict[str, str]] = {}
    steps: list[tuple[str, Step]] = []
    for name, step in query.steps:
        fresh, known[name] = _truncated(step, known)
        steps.append((name, fresh))
    last, _ = _truncated(query.answer, known)
    assert isinstance(last, Select)
    return Query(tuple(steps), last)


def _truncated(step: Step, known: Mapping[str, Mapping[str, str]]) -> tuple[Step, dict[str, str]]:
    """A step without needless truncations, and the grains at which its columns are."""
    if isinstance(step, Spine):
        return step, {step.column: step.grain}
    if isinstance(step, Rows):
        found = [_truncated_select(select, known) for select in step.selects]
        same = set(found[0][1].items()).intersection(*(set(at.items()) for _, at in found))
        return Rows(tuple(select for select, _ in found)), dict(same)
    return _truncated_select(step, known)


def _truncated_select(
    select: Select, known: Mapping[str, Mapping[str, str]]
) -> tuple[Select, dict[str, str]]:
    grains = {r.alias: known[r.name] for r in _read(select) if r.is_step and r.name in known}
    alone = next(iter(grains.values()), {}) if len(list(_read(select))) == 1 else {}

    def grain_of(node: Node) -> str | None:
        """The grain at whose periods' starts a value always is."""
        match node:
            case Column(None, name):
                return alone.get(name)
            case Column(str() as source, name):
                return grains.get(source, {}).get(name)
            case Trunc(grain, of):
                inner = grain_of(of)
                return inner if inner and _starts(grain, inner) else grain
            case Shifted(of, span, _):
                inner = grain_of(of)
                return inner if inner and is_multiple(span, inner) else None
        return None

    def plain(node: Node) -> Node | None:
        if not isinstance(node, Trunc):
            return None
        of = rewrite(node.of, plain)
        at = grain_of(of)
        return of if at and _starts(node.grain, at) else Trunc(node.grain, of)

    fresh = _with_nodes(select, plain)
    at = {column.name: grain_of(column.node) for column in fresh.columns}
    return fresh, {name: grain for name, grain in at.items() if grain in KNOWN_GRAINS}


def _starts(fine: str, coarse: str) -> bool:
    """Whether each period of a grain starts where one of a finer grain does."""
    return fine in KNOWN_GRAINS and coarse in KNOWN_GRAINS and nests(fine, coarse)


def _with_nodes(select: Select, change: Callable[[Node], Node | None]) -> Select:
    """The same select with the nodes of all its clauses exchanged."""

    def all_of(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
        return tuple(rewrite(node, change) for node in nodes)

    joins = tuple(j if j.on is None else replace(j, on=rewrite(j.on, change)) for j in select.joins)
    return replace(
        select,
        columns=tuple(Named(rewrite(c.node, change), c.name) for c in select.columns),
        joins=joins,
        where=all_of(select.where),
        group_by=all_of(select.group_by),
        having=all_of(select.having),
    )


def with_reads_merged(query: Query) -> Query:
    """The same query where a step that only picks or joins rows is written where it is read."""
    steps = dict(query.steps)
    uses = _uses(query)
    picks = {
        name: step
        for name, step in steps.items()
        if uses[name] == 1 and isinstance(step, Select) and _only_picks(step)
    }
    gone: set[str] = set()

    def merged(select: Select) -> Select:
        source = select.source
        if source is None or select.joins or source.name not in picks:
            return select
        inner = merged(picks[source.name])
        if not _may_move(inner, select):
            return select
        gone.add(source.name)
        fresh = _put_in(inner, select)
        where = (*inner.where, *fresh.where)
        return replace(fresh, source=inner.source, joins=inner.joins, where=where)

    found: list[tuple[str, Step]] = []
    for name, step in steps.items():
        if isinstance(step, Rows):
            found.append((name, Rows(tuple(merged(select) for select in step.selects))))
        elif isinstance(step, Select) and step.grouped:
            found.append((name, merged(step)))
        else:
            found.append((name, step))
    last = merged(query.answer)
    return Query(tuple((name, step) for name, step in found if name not in gone), last)


def _uses(query: Query) -> Counter[str]:
    """How often each step is read."""
    steps = (*(step for _, step in query.steps), query.answer)
    return Counter(name for step in steps for name in _used(step))


def _only_picks(step: Select) -> bool:
    """Whether a step takes rows as they are, each perhaps with its partners."""
    plain = not (step.grouped or step.distinct or step.order_by or step.limit is not None)
    return plain and step.source is not None and (step.source.is_step or bool(step.joins))


def _may_move(inner: Select, outer: Select) -> bool:
    """Whether a select's values may be written into the one that reads it.

    Figures over several rows have to stay where their rows are, and no work is to be repeated.
    """
    values = {column.name: column.node for column in inner.columns}
    asked = Counter(column.name for column in _columns(outer))
    if any(name not in values for name in asked):
        return False
    if any(isinstance(p, _OVER_ROWS) for value in values.values() for p in walk(value)):
        return False
    return all(count == 1 or _is_cheap(values[name]) for name, count in asked.items())


_OVER_ROWS = (Ranked, Extreme, Lead, Star)


def _put_in(inner: Select, outer: Select) -> Select:
    """The outer select with the inner one's values in place of its columns."""
    values = {column.name: column.node for column in inner.columns}
    return _with_nodes(outer, lambda n: values[n.name] if isinstance(n, Column) else None)


def with_projections_merged(query: Query) -> Query:
    """The same query where a step that only names or combines a group's figures is one with it.

    The answer is such a step of the last one.
    """
    uses = _uses(query)
    steps: dict[str, Step] = {}

    def merged(select: Select) -> Select:
        source = select.source
        inner = steps.get(source.name) if source is not None else None
        if source is None or uses[source.name] != 1 or not isinstance(inner, Select):
            return select
        bare = not (select.joins or select.where or select.grouped or select.distinct)
        if not bare or not inner.grouped or not _may_join(inner, select):
            return select
        del steps[source.name]
        columns = _put_in(inner, select).columns
        return replace(inner, columns=columns, order_by=select.order_by, limit=select.limit)

    for name, step in query.steps:
        fresh = merged(step) if isinstance(step, Select) else step
        steps[name] = fresh
    last = merged(query.answer)
    return Query(tuple(steps.items()), last)


def _may_join(inner: Select, outer: Select) -> bool:
    """Whether a projection can be one with the grouping that it reads."""
    values = {column.name: column.node for column in inner.columns}
    asked = Counter(column.name for column in _columns(outer))
    return inner.limit is None and all(
        name in values and (count == 1 or _is_cheap(values[name])) for name, count in asked.items()
    )


def _is_cheap(node: Node) -> bool:
    """Whether a value may be written twice: a column, one moved, or one figure of a few rows."""
    match node:
        case Column() | Shifted(Column(), _, _) | Trunc(_, Column()):
            return True
        case Aggregate("max", Column()):
            return True
    return False


def _read(select: Select) -> Iterator[Relation]:
    if select.source is not None:
        yield select.source
    yield from (join.relation for join in select.joins)


def _used(step: Step) -> Iterator[str]:
    """The names of the steps that a step reads, as often as it does."""
    selects = step.selects if isinstance(step, Rows) else (step,)
    for select in selects:
        if isinstance(select, Select):
            yield from (relation.name for relation in _read(select) if relation.is_step)
        for node in _nodes(select):
            yield from (part.name for part in walk(node) if isinstance(part, Relation))


def _nodes(step: Select | Spine) -> Iterable[Node]:
    if isinstance(step, Spine):
        return (step.low, step.high)
    columns = (column.node for column in step.columns)
    ons = (join.on for join in step.joins if join.on is not None)
    return (*columns, *ons, *step.where, *step.group_by, *step.having)


def _columns(select: Select) -> Iterator[Column]:
    for node in _nodes(select):
        yield from (part for part in walk(node) if isinstance(part, Column))


PASSES: tuple[Callable[[Query], Query], ...] = (
    without_needless_truncs,
    with_reads_merged,
    with_projections_merged,
)
"""The passes, in their order."""
