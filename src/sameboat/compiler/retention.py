"""Retention: what the customers of a closed cohort keep, lose and add until a later period.

The cohort of a period is every entity with an amount `over` before it. A missing row is 0, rows
of one entity and period are added up, segments and filters are those of the cohort's start, and
new or won-back customers never enter. All methods are of one cohort, so that
nrr = 1 + expansion - contraction - churn holds to the last digit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sameboat.errors import RequestError
from sameboat.periods import Span
from sameboat.project.formula import Binary, Call, Case, Literal, Node
from sameboat.project.model import Retention, Table

from .expressions import (
    Aggregate,
    Column,
    Join,
    LeafValue,
    Named,
    Quotient,
    Relation,
    Scalar,
    Select,
    Shifted,
    Trunc,
)
from .joins import column_expression, key_columns
from .leaf import Cohort, Leaf, Merges
from .merges import ends_of, flagged, starts_of
from .plan import Plan, split_filters, within
from .query import Item
from .scan import leaf_names
from .source import Source

_METHODS = {
    "nrr": ("kept", "start"),
    "grr": ("capped", "start"),
    "logo": ("kept_entities", "entities"),
    "expansion": ("expansion", "start"),
    "contraction": ("contraction", "start"),
    "churn": ("churn", "start"),
}


def retention_formula(
    metric: Retention,
    table: Table,
    add: Callable[[Leaf], LeafValue],
    *,
    own: tuple[Node, ...],
    asked: tuple[Node, ...],
) -> Node:
    """The formula of a retention metric over the sums of its cohort."""
    over = metric.over or Span(1, metric.period)

    given = metric.merged
    merges = Merges(given.table, given.from_, given.to, given.on) if given else None

    def leaf(counts: str) -> LeafValue:
        cohort = Cohort(metric.entity, metric.amount, metric.period, over, counts, own, merges)
        return add(
            Leaf(
                metric=f"{metric.name}_{counts}", table=metric.table, agg="sum", expr=None,
                time=table.time, filters=asked, cohort=cohort,
            )
        )  # fmt: skip

    above, below = _METHODS[metric.method]
    return Quotient(leaf(above), leaf(below))


def place_cohorts(draft: Plan, leaves: Mapping[int, Leaf]) -> None:
    """Add the steps of leaves of one cohort: amounts, the cohort with both ends, its sums."""
    first = next(iter(leaves.values()))
    cohort = first.cohort
    assert cohort is not None
    source = draft.source(first)
    clock = [item for item in draft.items if source.is_clock(item)]
    _refuse_other_grains(first, cohort, clock)
    others = [item for item in draft.items if item not in clock]
    timed, plain = split_filters(draft, source)
    where = tuple(dict.fromkeys((*plain, *first.filters)))
    if cohort.merges is not None:
        starts, ends = _merged(draft, first, cohort, others, where)
    else:
        starts = ends = _amounts(draft, first, cohort, [], f"{first.table}_amounts", ())
        if others or where:
            starts = _amounts(draft, first, cohort, others, f"{first.table}_starts", where)
    pairs = _pairs(draft, cohort, ends, starts, others, clock, timed)
    names = leaf_names(draft, leaves)
    keys = tuple(Column(None, item.column) for item in draft.items)
    sums = [Named(_sum(leaf), names[index]) for index, leaf in leaves.items()]
    step = Select(
        (*(Named(key, key.name) for key in keys), *sums),
        Relation(pairs, pairs, True),
        grouped=True,
        group_by=keys,
    )
    name = draft.add(f"{first.table}_retained", step)
    for index in leaves:
        draft.placed[index] = (name, names[index])


def _merged(
    draft: Plan, leaf: Leaf, cohort: Cohort, others: list[Item], where: tuple[Node, ...]
) -> tuple[str, str]:
    """The steps with the starts and ends of a cohort in which some became others.

    Raises RequestError where the entity has several columns: what became what is said by one.
    """
    table = draft.world.tables[leaf.table]
    if len(key_columns(table, leaf.table, cohort.entity)) > 1:
        raise RequestError(
            "request-invalid",
            f"the entity {cohort.entity!r} has several columns, so it cannot be merged",
            hint="Give the table an entity of one column.",
        )
    passes = draft.own("passes") if where else None
    name = f"{leaf.table}_amounts"
    rows = _amounts(draft, leaf, cohort, others, name, where, passes=passes)
    return starts_of(draft, cohort, rows, others, passes), ends_of(draft, cohort, rows)


def _refuse_other_grains(leaf: Leaf, cohort: Cohort, clock: list[Item]) -> None:
    """A cohort has one length: asked by another grain it would be another figure."""
    if not clock or any(item.grain != cohort.period for item in clock):
        raise RequestError(
            "request-invalid",
            f"{leaf.metric!r} follows cohorts from {cohort.period} to {cohort.period}",
            hint=f"Ask for metric_time__{cohort.period}; for another length declare a metric "
            "with another `over`.",
        )


def _amounts(
    draft: Plan,
    leaf: Leaf,
    cohort: Cohort,
    items: list[Item],
    name: str,
    asked: tuple[Node, ...],
    *,
    passes: str | None = None,
) -> str:
    """Each entity's amount per period, with its least segment.

    Rows that fail what was asked are left out, or told apart in the column `passes`.
    """
    source: Source = draft.source_of(leaf.table, leaf.time)
    table = draft.world.tables[leaf.table]
    keys = key_columns(table, source.alias, cohort.entity)
    time = Trunc(cohort.period, source.time_value())
    amount = column_expression(table, source.alias, cohort.amount)
    columns = [Named(node, f"key_{number + 1}") for number, node in enumerate(keys)]
    columns.append(Named(time, "at"))
    segments = [Named(source.item(item), item.column) for item in items]
    inside = asked if passes is None else ()
    where = tuple(source.condition(node) for node in (*cohort.filters, *inside))
    figures = [Named(Aggregate("min", s.node), s.name) for s in segments]
    figures.append(Named(Aggregate("sum", amount), "amount"))
    if passes is not None:
        flag = flagged(tuple(source.condition(node) for node in asked))
        figures.append(Named(Aggregate("max", flag), passes))
    step = Select(
        (*columns, *figures),
        source.relation,
        tuple(source.joins.values()),
        tuple(dict.fromkeys(where)),
        grouped=True,
        group_by=tuple(column.node for column in columns),
    )
    return draft.add(name, step)


def _pairs(
    draft: Plan,
    cohort: Cohort,
    amounts: str,
    starts: str,
    others: list[Item],
    clock: list[Item],
    timed: tuple[Node, ...],
) -> str:
    """Each member of a cohort once, with its amount at the start and at the end (0 if gone)."""
    size = sum(1 for column in _columns(draft, starts) if column.startswith("key_"))
    shown = Shifted(Column("starts", "at"), cohort.over, 1)
    on: Node = Binary("=", Column("ends", "at"), shown)
    for number in range(size):
        key = f"key_{number + 1}"
        on = Binary("and", on, Binary("=", Column("ends", key), Column("starts", key)))
    moved = draft.clock(Trunc(cohort.period, shown))
    columns = [Named(moved.item(item), item.column) for item in clock]
    columns += [Named(Column("starts", item.column), item.column) for item in others]
    columns = [next(c for c in columns if c.name == item.column) for item in draft.items]
    columns.append(Named(Column("starts", "amount"), "start_amount"))
    columns.append(Named(Call("coalesce", (Column("ends", "amount"), Literal(0))), "end_amount"))
    last = Scalar(Aggregate("max", Column(None, "at")), Relation(amounts, amounts, True))
    where: tuple[Node, ...] = (
        Binary(">", Column("starts", "amount"), Literal(0)),
        Binary("<=", shown, last),
        *within(shown, draft.low, draft.high),
        *(moved.condition(node) for node in timed),
    )
    step = Select(
        tuple(columns),
        Relation(starts, "starts", True),
        (Join(Relation(amounts, "ends", True), on), *moved.joins.values()),
        where,
    )
    return draft.add("cohort", step)


def _columns(draft: Plan, step: str) -> list[str]:
    found = dict(draft.steps)[step]
    return [column.name for column in found.columns] if isinstance(found, Select) else []


def _sum(leaf: Leaf) -> Node:
    """The figure that a leaf takes from the pairs of start and end."""
    assert leaf.cohort is not None
    start, end = Column(None, "start_amount"), Column(None, "end_amount")
    left = Binary("<=", end, Literal(0))
    less = Binary("and", Binary(">", end, Literal(0)), Binary("<", end, start))
    match leaf.cohort.counts:
        case "start":
            return Aggregate("sum", start)
        case "kept":
            return Aggregate("sum", end)
        case "capped":
            capped = Case(None, ((Binary("<", end, start), end),), start)
            return Aggregate("sum", Case(None, ((left, Literal(0)),), capped))
        case "expansion":
            more = Binary(">", end, start)
            return Aggregate("sum", Case(None, ((more, Binary("-", end, start)),), Literal(0)))
        case "contraction":
            return Aggregate("sum", Case(None, ((less, Binary("-", start, end)),), Literal(0)))
        case "churn":
            return Aggregate("sum", Case(None, ((left, Binary("-", start, end)),), Literal(0)))
        case "entities":
            return Aggregate("count", None)
    return Aggregate("sum", Case(None, ((left, Literal(0)),), Literal(1)))
