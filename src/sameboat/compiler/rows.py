"""Requests without aggregates: the values of dimensions, their extremes, and single rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sameboat.errors import RequestError, SameboatError
from sameboat.project.formula import (
    Binary,
    Case,
    Literal,
    Name,
    Node,
    conjuncts,
    parse,
    rewrite,
    walk,
)

from .answer import orders
from .beside import beside_step
from .expressions import (
    Aggregate,
    Column,
    Join,
    LeafValue,
    Named,
    Query,
    Relation,
    Select,
    Trunc,
)
from .floors import Floor
from .leaf import Leaf, all_of
from .leaves import Leaves
from .plan import Plan, World, bounds, within
from .query import Item, Request
from .scan import measured
from .source import Clock, Source, coarseness, item_of


def dimension_values(world: World, request: Request, floors: Mapping[str, Floor]) -> Query:
    """The combinations of values that dimensions have; each once unless rows are asked for.

    Of a table about people only the combinations of enough people are listed.
    """
    items, source, clock = _settle(world, request)
    values = _values(world, items, source, clock)
    outputs = tuple(Named(values[item.column], item.column) for item in items)
    order = () if request.ungrouped else orders(request, items, [])
    plain = replace(_from(world, request, source, clock), columns=outputs)
    floor = floors.get(source.table) if source is not None else None
    if floor is None or source is None:
        select = replace(plain, distinct=not request.ungrouped, order_by=order, limit=request.limit)
        return Query((), select)
    if request.ungrouped:
        raise _one_by_one(source.table)
    person = None if floor.person is None else Column(source.alias, floor.person)
    people = Aggregate("count" if person is None else "count_distinct", person)
    grouped = replace(
        plain,
        columns=(*outputs, Named(people, "people")),
        grouped=True,
        group_by=tuple(output.node for output in outputs),
    )
    enough = Binary(">=", Column(None, "people"), Literal(floor.least))
    shown = tuple(Named(Column(None, output.name), output.name) for output in outputs)
    answer = Select(
        shown, Relation("counted", "counted", True), where=(enough,), order_by=order,
        limit=request.limit,
    )  # fmt: skip
    return Query((("counted", grouped),), answer)


def _one_by_one(table: str) -> RequestError:
    return RequestError(
        "person-level",
        f"table {table!r} is about people: its rows and extremes are never shown one by one",
        hint="Ask for a metric by a group.",
    )


def extremes(world: World, request: Request, floors: Mapping[str, Floor]) -> Query:
    """The least and the greatest value of one dimension.

    Raises RequestError where the request names metrics or several dimensions.
    """
    if request.metrics or len(request.group_by) != 1:
        raise RequestError(
            "request-invalid", "the least and greatest value are asked of one dimension alone"
        )
    items, source, clock = _settle(world, request)
    value = _values(world, items, source, clock)[items[0].column]
    about_people = source is not None and source.table in floors
    if source is not None and about_people and (request.where or not isinstance(value, Trunc)):
        raise _one_by_one(source.table)
    outputs = tuple(
        Named(Aggregate(agg, value), f"{items[0].column}__{agg}") for agg in ("min", "max")
    )
    return Query((), replace(_from(world, request, source, clock), columns=outputs))


def ungrouped(world: World, request: Request, floors: Mapping[str, Floor]) -> Query:
    """The rows behind metrics of one table, one by one.

    Raises RequestError where the metrics come from several tables or look back in time.
    """
    leaves = Leaves.of(world, request)
    formulas = [(name, leaves.formula(name)) for name in request.metrics]
    first = leaves.found[0]
    if first.table in floors:
        raise _one_by_one(first.table)
    if any(leaf.table != first.table or not leaf.is_plain for leaf in leaves.found):
        raise RequestError(
            "request-invalid", "single rows can be shown for plain metrics of one table only"
        )
    default = max((leaves.default_grain(m) for m in request.metrics), key=coarseness)
    draft = Plan(world, request, default_grain=default, beside=beside_step)
    source = draft.source(first)
    items = tuple(source.output_name(item) for item in request.group_by)
    values = {item.column: source.item(item) for item in items}
    where = [source.condition(c) for text in request.where for c in conjuncts(parse(text))]
    low, high = bounds(request, items, source, default, world.reckoning)
    if low or high:
        where += within(source.time_value(), low, high)

    def per_row(node: Node) -> Node | None:
        return _row_value(source, leaves.found[node.leaf]) if isinstance(node, LeafValue) else None

    outputs = [Named(values[item.column], item.column) for item in items]
    outputs += [Named(rewrite(node, per_row), name) for name, node in formulas]
    names = [name for name, _ in formulas]
    order = orders(request, items, names) if request.order_by else ()
    select = Select(
        tuple(outputs), source.relation, tuple(source.joins.values()), tuple(where),
        order_by=order, limit=request.limit,
    )  # fmt: skip
    return Query((), select)


def _row_value(source: Source, leaf: Leaf) -> Node:
    """What one row adds to a leaf: its expression where the row passes the leaf's filters."""
    if leaf.agg in ("count_distinct", "median", "percentile"):
        raise RequestError(
            "request-invalid", f"{leaf.metric!r} has no value for a single row ({leaf.agg})"
        )
    value = measured(source, leaf) or Literal(1)
    when = all_of(tuple(source.condition(node) for node in leaf.filters))
    return value if when is None else Case(None, ((when, value),), None)


def _settle(world: World, request: Request) -> tuple[tuple[Item, ...], Source | None, str | None]:
    """The items with their grains, the table that reaches them all, and the spine's grain."""
    clock = [item for item in request.group_by if item.is_metric_time]
    others = [item for item in request.group_by if not item.is_metric_time]
    if not request.group_by:
        raise RequestError("request-invalid", "a request needs a metric or something to group by")
    wanted = [item.name for item in others]
    wanted += [
        item_of(part).name
        for text in request.where
        for part in walk(parse(text))
        if isinstance(part, Name) and not item_of(part).is_metric_time
    ]
    source = nearest(world, wanted) if wanted else None
    if source is not None and request.as_of is not None:
        source.today = request.as_of.date()
    grain = min((i.grain or "day" for i in clock), key=coarseness) if clock else None
    items = tuple(
        (item if item.grain or item.part else Item(item.name, "day"))
        if item.is_metric_time or source is None
        else source.output_name(item)
        for item in request.group_by
    )
    return items, source, grain


def nearest(world: World, names: list[str]) -> Source:
    """The table from which all names are reached with the fewest joins.

    Raises RequestError (`no-join-path`) where no table reaches them all.
    """
    best: tuple[int, Source] | None = None
    failure: SameboatError | None = None
    for name, table in world.tables.items():
        try:
            hops = sum(len(world.graph.reach(name, wanted).hops) for wanted in names)
        except RequestError as error:
            failure = error
            continue
        if best is None or hops < best[0]:
            best = (
                hops,
                Source(world.graph, name, table.time, "day", world.relations, world.customs),
            )
    if best is None:
        raise RequestError(
            "no-join-path",
            f"no table reaches all of {', '.join(names)}",
            hint=failure.findings[0].hint if failure and len(names) == 1 else None,
        )
    return best[1]


def _spine_relation(world: World, grain: str) -> tuple[Relation, Node]:
    """The spine table and its time, at a grain.

    Raises RequestError where the project has no spine table: times without a metric need one.
    """
    spines = [s for s in world.spines if s.table and coarseness(s.grain) <= coarseness(grain)]
    if not spines:
        raise RequestError(
            "no-time-spine",
            "metric_time without a metric needs a table of days",
            hint="Declare `time_spine: {table: …, column: …}` or add a metric.",
        )
    spine = max(spines, key=lambda s: coarseness(s.grain))
    name = world.relations.get(spine.table or "", spine.table or "")
    relation = Relation(name, "time_spine")
    return relation, Column("time_spine", spine.column or spine.grain)


def _values(
    world: World, items: tuple[Item, ...], source: Source | None, clock: str | None
) -> dict[str, Node]:
    values: dict[str, Node] = {}
    for item in items:
        if item.is_metric_time:
            _, time = _spine_relation(world, clock or "day")
            values[item.column] = Clock(time, "day", world.relations, {}).item(item)
        elif source is not None:
            values[item.column] = source.item(item)
    return values


def _from(
    world: World,
    request: Request,
    source: Source | None,
    clock: str | None,
) -> Select:
    """The tables that the items come from; missing partners are kept on both sides."""
    where = [c for text in request.where for c in conjuncts(parse(text))]
    joins: list[Join] = []
    start: Relation | None = None
    conditions: list[Node] = []
    if source is not None:
        conditions = [source.condition(n) for n in where if not _only_time(n)]
        start = source.relation
    if clock is not None:
        relation, time = _spine_relation(world, clock)
        at = Clock(time, "day", world.relations, {})
        conditions += [at.condition(n) for n in where if _only_time(n)]
        conditions += within(time, request.start, request.end)
        if start is None:
            start = relation
        else:
            joins.append(Join(relation, None, "cross"))
    if source is not None:
        joins += [replace(join, kind="full") for join in source.joins.values()]
    return Select((), start, tuple(joins), tuple(conditions))


def _only_time(node: Node) -> bool:
    named = [item_of(part) for part in walk(node) if isinstance(part, Name)]
    return bool(named) and all(item.is_metric_time for item in named)
