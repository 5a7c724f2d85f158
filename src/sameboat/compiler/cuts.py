"""Several cuts of the same metrics as one request: one scan of each table for all of them.

A cut is a set of dimensions over a stretch of time. The rows of all cuts are read once; each cut
groups them by its own dimensions, and the cuts stand below each other, told apart by a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sameboat.errors import RequestError
from sameboat.project.formula import Binary, Literal, Node, rewrite, walk

from .crowd import Kept, flag, is_
from .expressions import (
    Aggregate,
    BaseValue,
    Column,
    Missing,
    Named,
    Relation,
    Select,
    Union,
)
from .leaf import COUNTS, Leaf, all_of, any_of
from .plan import CutPlan, Plan, bounds, unused, within
from .query import Cut, Item, Request
from .scan import aggregated, conditions, leaf_names, or_nothing, pick

CUT = "cut_no"
"""The column that says which cut a row is of; another name where a dimension has this one."""


def asked_alone(request: Request, cut: Cut) -> Request:
    """The request of one cut by itself."""
    return replace(request, cuts=(), group_by=cut.by, start=cut.start, end=cut.end)


def refuse_uneven(request: Request, leaves: Iterable[Leaf], nodes: Iterable[Node]) -> None:
    """Refuse metrics that take rows of other times than a group's own, or need more than a scan.

    Those of tables with a privacy floor need more: who is around each group is judged.

    Raises RequestError (`request-invalid`): such cuts are asked one by one.
    """
    uneven = request.group_by or request.where or request.start or request.end
    plain = all(
        leaf.is_plain and not (leaf.over or leaf.spine or leaf.compared or isinstance(leaf, Kept))
        for leaf in leaves
    )
    based = any(isinstance(part, BaseValue) for node in nodes for part in walk(node))
    if uneven or not plain or based:
        raise RequestError(
            "request-invalid",
            "these metrics cannot be asked by several cuts at once",
            hint="Ask for each cut by itself.",
        )


def cut_plans(draft: Plan, leaves: Sequence[Leaf]) -> tuple[CutPlan, ...]:
    """The cuts of a request with their items and bounds, settled as each alone would be."""
    source = draft.source(leaves[0])
    found = []
    for cut in draft.request.cuts:
        items = tuple(source.output_name(item) for item in cut.by)
        alone = asked_alone(draft.request, cut)
        low, high = bounds(alone, items, source, draft.default_grain, draft.world.reckoning)
        if low is None or high is None:
            raise RequestError("request-invalid", "each cut needs its start and its end")
        found.append(CutPlan(items, low, high))
    return tuple(found)


def items_of(cuts: Sequence[CutPlan]) -> tuple[Item, ...]:
    """The number of a cut, then every item of any cut."""
    items = tuple(dict.fromkeys(item for cut in cuts for item in cut.items))
    return (Item(unused(CUT, {item.column for item in items})), *items)


# ── one scan ─────────────────────────────────────────────────────────────────────────────────


def scan_cuts(draft: Plan, leaves: Mapping[int, Leaf]) -> None:
    """Steps with the rows that any cut needs, and below each other the figures of each cut."""
    first = next(iter(leaves.values()))
    source = draft.source(first)
    where: tuple[Node, ...] = ()
    if first.picked is not None:
        source.relations = {**source.relations, first.table: pick(draft, source, first.picked)}
        where = (Binary("=", Column(source.alias, "pick_no"), Literal(1)),)
    items = [Named(source.item(item), item.column) for item in draft.items[1:]]
    asked = conditions(source, (), leaves)
    time = source.time_value()
    rows = _Rows({item.name for item in items})
    at = rows.named(time, "row_time")
    names = leaf_names(draft, leaves)
    bare, grouped = [], []
    for index, leaf in leaves.items():
        figure = rows.read(aggregated(source, leaf, asked.inside[index]))
        certain = rows.read(or_nothing(aggregated(source, leaf, asked.inside[index])))
        bare.append(Named(certain if draft.world.dbt else figure, names[index]))
        sparse = draft.world.dbt or bool(leaf.fill)
        grouped.append(Named(certain if sparse else figure, names[index]))
        if leaf.agg in COUNTS and not sparse:
            draft.certain.add(index)
    having = tuple(rows.read(node) for node in asked.having)
    spans = (all_of(within(time, cut.low, cut.high)) for cut in draft.cuts)
    inside = any_of(tuple(dict.fromkeys(span for span in spans if span is not None)))
    where = (*where, *asked.where, *([inside] if inside is not None else []))
    read = Select((*items, *rows.columns), source.relation, tuple(source.joins.values()), where)
    step = draft.add(f"{first.table}_rows", read)
    selects = []
    for cut in draft.cuts:
        keys = tuple(Column(None, item.column) for item in cut.items)
        selects.append(
            Select(
                tuple(grouped if keys else bare), Relation(step, step, True),
                where=within(Column(None, at), cut.low, cut.high), grouped=True, group_by=keys,
                having=having if keys else (),
            )
        )  # fmt: skip
    name = draft.add(f"{first.table}_by_cut", stacked(draft, step, selects))
    draft.placed |= {index: (name, names[index]) for index in leaves}


class _Rows:
    """The columns that a step of rows needs for the figures that are read from it."""

    def __init__(self, taken: set[str]) -> None:
        self._taken = taken
        self._names: dict[Node, str] = {}

    def named(self, node: Node, wanted: str) -> str:
        if node not in self._names:
            self._names[node] = unused(wanted, self._taken)
        return self._names[node]

    @property
    def columns(self) -> tuple[Named, ...]:
        return tuple(Named(node, name) for node, name in self._names.items())

    def read(self, node: Node) -> Node:
        """A figure over the table's columns as one over the step's."""

        def moved(part: Node) -> Node | None:
            if not isinstance(part, Aggregate):
                return None
            of, when = part.of, part.when
            if of is not None and not isinstance(of, Literal):
                of = Column(None, self.named(of, "row_value"))
            if when is not None:
                when = is_(self.named(flag(when), "row_counts"), 1)
            return replace(part, of=of, when=when)

        return rewrite(node, moved)


def stacked(draft: Plan, step: str, selects: Sequence[Select]) -> Union:
    """The selects of all cuts below each other: number, every item or nothing, then the columns.

    Where a cut lacks an item, the first select has no rows: it tells engines that go by the first
    two the types of all items.
    """
    number, *items = draft.items
    found = []
    if any(cut.items != tuple(items) for cut in draft.cuts):
        empty = [Named(Literal(-1), number.column)]
        empty += [Named(Column(None, item.column), item.column) for item in items]
        empty += [Named(Missing(None), column.name) for column in selects[0].columns]
        none = (Binary("=", Literal(1), Literal(0)),)
        found.append(Select(tuple(empty), Relation(step, step, True), where=none))
    for at, (cut, select) in enumerate(zip(draft.cuts, selects, strict=True)):
        keys = [
            Named(Column(None, i.column) if i in cut.items else Missing(None), i.column)
            for i in items
        ]
        columns = (Named(Literal(at), number.column), *keys, *select.columns)
        found.append(replace(select, columns=columns))
    return Union(tuple(found))
