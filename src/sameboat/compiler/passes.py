"""Rewritings of a finished query that change its text and never its rows.

Each pass takes a query and returns one; `PASSES` is their order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from sameboat.project.formula import Node, rewrite, walk

from .expressions import Aggregate, Column, Named, Query, Relation, Select, Shifted, Spine, Trunc
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
    """The same query where a step that only picks rows of another is written where it is read."""
    steps = dict(query.steps)
    uses = Counter(name for step in (*steps.values(), query.answer) for name in _used(step))
    picks = {
        name: step
        for name, step in steps.items()
        if uses[name] == 1 and isinstance(step, Select) and _only_picks(step)
    }

    def merged(select: Select) -> Select:
        source = select.source
        if source is None or select.joins or source.name not in picks:
            return select
        inner = merged(picks[source.name])
        values = {column.name: column.node for column in inner.columns}
        if any(node.name not in values for node in _columns(select)):
            return select
        gone.add(source.name)
        fresh = _with_nodes(select, lambda n: values[n.name] if isinstance(n, Column) else None)
        return replace(fresh, source=inner.source, where=(*inner.where, *fresh.where))

    gone: set[str] = set()
    found: list[tuple[str, Step]] = []
    for name, step in steps.items():
        if isinstance(step, Rows):
            found.append((name, Rows(tuple(merged(select) for select in step.selects))))
        else:
            found.append((name, step))
    return Query(tuple((name, step) for name, step in found if name not in gone), query.answer)


def _only_picks(step: Select) -> bool:
    """Whether a step takes rows of one other step as they are."""
    plain = not (step.grouped or step.distinct or step.joins or step.order_by)
    return plain and step.limit is None and step.source is not None and step.source.is_step


def with_last_step_merged(query: Query) -> Query:
    """The same query with its last step written into the answer, where that repeats no work."""
    source = query.answer.source
    if not query.steps or source is None or query.answer.joins or query.answer.where:
        return query
    *before, (name, step) = query.steps
    uses = Counter(used for s in (*(s for _, s in before), query.answer) for used in _used(s))
    if source.name != name or uses[name] != 1 or not isinstance(step, Select) or not step.grouped:
        return query
    values = {column.name: column.node for column in step.columns}
    asked = Counter(column.name for column in _columns(query.answer))
    if any(count > 1 and not _is_cheap(values[name]) for name, count in asked.items()):
        return query
    columns = tuple(
        Named(rewrite(c.node, lambda n: values[n.name] if isinstance(n, Column) else None), c.name)
        for c in query.answer.columns
    )
    merged = replace(
        step, columns=columns, order_by=query.answer.order_by, limit=query.answer.limit
    )
    return Query(tuple(before), merged)


def _is_cheap(node: Node) -> bool:
    """Whether a value may be written twice: a column, or one figure of a few rows."""
    return isinstance(node, Column) or (
        isinstance(node, Aggregate) and node.agg == "max" and isinstance(node.of, Column)
    )


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
    with_last_step_merged,
)
"""The passes, in their order."""
