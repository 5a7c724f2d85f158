"""Several cuts of the same metrics as one request: one scan of each table, one judgement of all.

A cut is a set of dimensions over a stretch of time. The rows of all cuts are read once; each cut
groups them by its own dimensions, and the cuts stand below each other, told apart by a number.
Who is around a group is counted once by all dimensions and days; then each cut is judged by its
own groups, its own time and its own lines, as if it had been asked alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sameboat.errors import RequestError
from sameboat.periods import Reckoning, floor
from sameboat.project.formula import Binary, Case, In, Literal, Node, rewrite, walk

from .crowd import Axis, Crowd, Kept, crowd_of, flag, is_, lenses_in
from .expressions import (
    Aggregate,
    BaseValue,
    Column,
    Missing,
    Named,
    Relation,
    Select,
    Union,
    Zoned,
)
from .leaf import COUNTS, Leaf, all_of, any_of
from .plan import CutPlan, Plan, bounds, unused, within
from .query import METRIC_TIME, Cut, Item, Request
from .scan import aggregated, conditions, leaf_names, or_nothing, pick
from .source import coarseness

CUT = "cut_no"
"""The column that says which cut a row is of; another name where a dimension has this one."""

ANY_CLOCK = dt.timedelta(days=2)
"""More than two clocks anywhere are apart: 26 hours."""


def asked_alone(request: Request, cut: Cut) -> Request:
    """The request of one cut by itself."""
    return replace(request, cuts=(), group_by=cut.by, start=cut.start, end=cut.end)


def refuse_uneven(request: Request, leaves: Iterable[Leaf], nodes: Iterable[Node]) -> None:
    """Refuse metrics that take rows of other times than a group's own, or need more than a scan.

    Raises RequestError (`request-invalid`): such cuts are asked one by one.
    """
    uneven = request.group_by or request.where or request.start or request.end
    plain = all(
        type(leaf) in (Leaf, Kept)
        and leaf.is_plain
        and not (leaf.over or leaf.spine or leaf.compared)
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
    """The cuts of a request with their items and bounds, settled as each alone would be.

    Raises RequestError for cuts of people by the time by which the metrics run.
    """
    source = draft.source(leaves[0])
    judged = any(isinstance(leaf, Kept) for leaf in leaves)
    found = []
    for cut in draft.request.cuts:
        items = tuple(source.output_name(item) for item in cut.by)
        if judged and any(source.is_clock(item) for item in items):
            raise RequestError("request-invalid", "cuts of people are over time, and not by time")
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
    where = (*where, *asked.where, *_in_any(time, draft.cuts))
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


def _in_any(time: Node, cuts: Sequence[CutPlan]) -> tuple[Node, ...]:
    """Conditions that a time lies in the range of some cut; ranges that touch are taken as one.

    Telling a moment by another zone's clock costs more than all else that is done with a row: so
    moments that lie outside on any clock are left out by the moment itself first.
    """
    spans: list[tuple[dt.datetime, dt.datetime]] = []
    for low, high in sorted({(cut.low, cut.high) for cut in cuts}):
        if spans and low <= spans[-1][1]:
            spans[-1] = spans[-1][0], max(spans[-1][1], high)
        else:
            spans.append((low, high))
    found: tuple[Node, ...] = ()
    first, last = spans[0][0], spans[-1][1]
    if isinstance(time, Zoned) and first.year > 1 and last.year < dt.MAXYEAR:
        found = within(time.of, first - ANY_CLOCK, last + ANY_CLOCK)
    inside = any_of(tuple(filter(None, (all_of(within(time, *span)) for span in spans))))
    return (*found, *([inside] if inside is not None else []))


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


# ── one judgement ────────────────────────────────────────────────────────────────────────────


def crowd_of_cuts(draft: Plan, leaves: Sequence[Kept]) -> Crowd:
    """The step with the people around all cuts, each cut's with its own range of time.

    People are counted once, by every item and day; a cut's cells are put together from those.
    Where all cuts are of whole months, no day is told apart from others, and months will do.
    Raises RequestError where a table's time is not known by day.
    """
    source = draft.source(leaves[0])
    if coarseness(source.base_grain()) > coarseness("day"):
        raise RequestError("request-invalid", "cuts of people are judged by days")
    steady = _steady(draft.cuts, draft.world.reckoning)
    fine = Item(METRIC_TIME, "month" if "month" in steady else "day")
    inner = replace(draft, items=(*draft.items[1:], fine), cuts=(), where=(), low=None, high=None)
    base = crowd_of(inner, leaves)
    time: Node = Column(None, fine.column)
    own = [f"own_{n}" for n in range(len(leaves))] if len(leaves) > 1 else []
    taken = {item.column for item in draft.items} | {base.person, base.marks, base.size, *own}
    axis = unused(fine.grain or "day", taken)
    kept = [Named(time, axis), *(Named(Column(None, name), name) for name in own)]
    figures = [Named(Aggregate("sum", Column(None, base.size)), base.size)]
    if base.told_apart:
        kept.append(Named(Column(None, base.person), base.person))
        figures.append(Named(Aggregate("bit_or", Column(None, base.marks)), base.marks))
    selects = []
    for cut in draft.cuts:
        asked = within(time, cut.low, cut.high)
        columns = [*(Named(flag(node), f"asked_{n}") for n, node in enumerate(asked)), *kept]
        group = (*(Column(None, item.column) for item in cut.items), *(c.node for c in columns))
        selects.append(
            Select((*columns, *figures), base.relation, grouped=True, group_by=tuple(group))
        )
    step = draft.add(f"{leaves[0].table}_around", stacked(draft, base.step, selects))
    asked = within(time, dt.datetime.min, dt.datetime.max)
    axes = (Axis(time, axis, frozenset(range(len(asked))), True, steady),)
    return replace(
        base, step=step, items=draft.items, asked=asked, axes=axes,
        lenses=lenses_in(draft, len(asked), len(leaves), ()),
    )  # fmt: skip


def _steady(cuts: Sequence[CutPlan], reckoning: Reckoning) -> frozenset[str]:
    """The grains of which every cut holds whole periods, among those that a range may cut."""
    edges = [edge for cut in cuts for edge in (cut.low, cut.high)]
    return frozenset(
        grain
        for grain in ("month", "quarter", "year")
        if all(floor(edge, grain, reckoning) == edge for edge in edges)
    )


def lines_of_cuts(draft: Plan, own: Sequence[Sequence[tuple[Node, ...]]]) -> list[tuple[Node, ...]]:
    """The lines of all cuts, taken together in their order; `own` has those of each cut.

    A cut with fewer lines than others has its groups alone in the rest: nothing follows from it.
    """
    number = Column(None, draft.items[0].column)
    found: list[tuple[Node, ...]] = []
    for at in range(max((len(lines) for lines in own), default=0)):
        wanted: dict[Node, list[int]] = {}
        for cut, lines in enumerate(own):
            mine = lines[at] if at < len(lines) else _all_of_group(draft.cuts[cut])
            for node in mine:
                wanted.setdefault(node, []).append(cut)
        found.append((number, *(_of_cuts(draft, number, n, cuts) for n, cuts in wanted.items())))
    return found


def _all_of_group(cut: CutPlan) -> tuple[Node, ...]:
    return tuple(Column(None, item.column) for item in cut.items)


def _of_cuts(draft: Plan, number: Column, node: Node, cuts: list[int]) -> Node:
    """A value in the rows of some cuts, and nothing in those of others that have it, too."""
    columns = set(walk(node))
    having = [
        at
        for at, cut in enumerate(draft.cuts)
        if any(Column(None, item.column) in columns for item in cut.items)
    ]
    if cuts == having:
        return node
    listed = In(number, tuple(Literal(at) for at in cuts))
    return Case(None, ((listed, node),), None)
