"""Who is around a group: the people of a table by all that a request speaks of.

One step reads the table without the request's filters and says of its rows which conditions hold.
What is judged later is read from it, so the table is scanned once more, not once for each question.

It has a row per cell: rows of the same groups, conditions and values. Each person has one of 64
marks, and a cell has the marks of its people. People of different marks are different people: as
many marks as the floor are enough people, and need not be counted. A part of few people consists
of cells with few marks only, so in these each person has a row and is counted exactly. No figure
depends on the marks; they only spare the counting where there are many.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from itertools import combinations

from sameboat.project.formula import Binary, Call, Case, IsNull, Literal, Node, Unary, children

from .expressions import (
    Aggregate,
    Column,
    Join,
    Missing,
    Named,
    Part,
    Relation,
    Same,
    Select,
    Trunc,
    Union,
)
from .joins import column_expression
from .leaf import Leaf, Offset, Window, all_of, any_of
from .plan import Plan, split_filters, unused, within
from .query import Item
from .scan import pick
from .source import Source

MOST_DROPPED = 3
"""Up to how many conditions every choice of them is left out; else each, and all."""


BESIDE, FEW = 1, 2
"""Why a group is not shown: it would give another away, or it is about too few people itself."""


@dataclass(frozen=True)
class Kept(Leaf):
    """A leaf that is 1 or 2 where a group is not shown, for `least` people told apart by `expr`.

    `back` and `span` say how the judged figure looks back in time.
    """

    least: int = 0
    back: tuple[Offset, ...] = ()
    span: Window | None = None


def kept_of(people: Leaf, least: int) -> Kept:
    """The leaf that says where the figures of a group of people are kept back."""
    given = {field.name: getattr(people, field.name) for field in fields(Leaf)}
    plain = {"metric": "kept", "agg": "count", "offsets": (), "window": None, "cohort": None}
    given |= {**plain, "spine": False, "over": None, "converted": None}
    return Kept(**given, least=least, back=people.offsets, span=people.window)


@dataclass(frozen=True)
class Axis:
    """One thing that filters speak of: its values, and which of the conditions speak of it."""

    value: Node
    column: str
    conditions: frozenset[int]
    is_time: bool


View = frozenset[int]
"""The conditions of a request that are in force, by their numbers."""

VIEW = "view_no"
"""The column of steps that judge several views side by side."""


@dataclass(frozen=True)
class Crowd:
    """A step with the people of a table by all that matters to a request, and its columns."""

    step: str
    items: tuple[Item, ...]
    asked: tuple[Node, ...]
    axes: tuple[Axis, ...]
    person: str
    marks: str
    size: str
    told_apart: bool
    least: int
    variants: tuple[tuple[int, str], ...]

    @property
    def views(self) -> tuple[View, ...]:
        """The request with its conditions, and with some or all of them left out."""
        numbers = range(len(self.asked))
        sizes = numbers if len(numbers) <= MOST_DROPPED else (0, len(numbers) - 1)
        fewer = [
            frozenset(left) for size in reversed(sizes) for left in combinations(numbers, size)
        ]
        return (frozenset(numbers), *fewer)

    def dropped(self, view: View) -> Node | None:
        """That a condition does not hold which a view leaves out; None where it leaves out none."""
        return any_of(tuple(is_(f"asked_{n}", 0) for n in range(len(self.asked)) if n not in view))

    def left_out(self, view: View) -> Node:
        """How many cells with people a view has more than the request: 0 where it is the same."""
        dropped = self.dropped(view)
        if dropped is None:
            return Literal(0)
        more = all_of(tuple(c for c in (self.holds(view), dropped) if c is not None))
        return Aggregate("count", Column(None, self.marks if self.told_apart else self.size), more)

    @property
    def rows(self) -> Node:
        """How many rows of people there are: what the smaller of two groups has fewer of."""
        return Aggregate("sum", Column(None, self.size))

    def few(self, when: Node | None = None) -> Node:
        """That there are some people where a condition holds, and fewer than the floor."""
        if not self.told_apart:
            size = Aggregate("sum", Column(None, self.size), when)
            return Binary("<", size, Literal(self.least))
        marks, person = Column(None, self.marks), Column(None, self.person)
        return every(
            Binary(">", Aggregate("count", marks, when), Literal(0)),
            Binary("<", marked(Aggregate("bit_or", marks, when)), Literal(self.least)),
            Binary("<", Aggregate("count_listed", person, when), Literal(self.least)),
        )

    def holds(self, numbers: Iterable[int]) -> Node | None:
        """That the conditions with these numbers hold."""
        return all_of(tuple(is_(f"asked_{n}", 1) for n in sorted(numbers)))

    @property
    def inside(self) -> Node | None:
        return self.holds(range(len(self.asked)))

    @property
    def keys(self) -> tuple[Named, ...]:
        return tuple(Named(Column(None, i.column), i.column) for i in self.items)

    @property
    def group(self) -> tuple[Node, ...]:
        return tuple(key.node for key in self.keys)

    @property
    def relation(self) -> Relation:
        return Relation(self.step, self.step, True)


def crowd_of(draft: Plan, leaf: Kept) -> Crowd:
    """The step with the people of a table by items, conditions and what these speak of."""
    source = draft.source(leaf)
    picked: tuple[Node, ...] = ()
    if leaf.picked is not None:
        source.relations = {**source.relations, leaf.table: pick(draft, source, leaf.picked)}
        picked = (Binary("=", Column(source.alias, "pick_no"), Literal(1)),)
    items = [(item, source.item(item)) for item in draft.items]
    asked = _asked(draft, source, leaf)
    own = tuple(source.condition(node) for node in leaf.filters)
    taken = {item.column for item, _ in items}
    axes = _axes(source, asked, taken)
    columns = [Named(value, item.column) for item, value in items]
    columns += [Named(flag(node), f"asked_{n}") for n, node in enumerate(asked)]
    columns += [Named(axis.value, axis.column) for axis in axes]
    variants: list[tuple[int, str]] = []
    for number, node in enumerate(asked):
        for k, changed in enumerate(dict.fromkeys(_variants(node))):
            name = f"asked_{number}_{k}"
            variants.append((number, name))
            columns.append(Named(flag(changed), name))
    person, marks, size = (unused(name, taken) for name in ("person", "marks", "size"))
    rows = Select(
        tuple(columns), source.relation, tuple(source.joins.values()), (*picked, *own), grouped=True
    )
    if leaf.expr is None:
        step = draft.add(f"{leaf.table}_cells", _counted(rows, Named(_ROWS, size)))
    else:
        value = column_expression(source.graph.tables[leaf.table], source.alias, leaf.expr)
        step = _told_apart(draft, leaf, rows, Named(value, person), (marks, size))
    return Crowd(
        step, draft.items, asked, axes, person, marks, size, leaf.expr is not None, leaf.least,
        tuple(variants),
    )  # fmt: skip


_ROWS = Aggregate("count", None)


def _counted(rows: Select, *figures: Named) -> Select:
    """Rows as one per combination of their columns, with figures of these."""
    group = tuple(column.node for column in rows.columns)
    return replace(rows, columns=(*rows.columns, *figures), group_by=group)


def _told_apart(
    draft: Plan, leaf: Kept, rows: Select, person: Named, names: tuple[str, str]
) -> str:
    """The step of cells with enough marks, and of each person in the cells with fewer.

    Cells whose people are not known are left out: rows without a pseudonym are nobody's.
    """
    mark = Aggregate("bit_or", Call("one_of_64", (person.node,)), IsNull(person.node, negated=True))
    figures = Named(mark, names[0]), Named(Aggregate("count", person.node), names[1])
    cells = draft.add(f"{leaf.table}_cells", _counted(rows, *figures))
    same = [Same(column.node, Column(cells, column.name)) for column in rows.columns]
    few = Binary("<", marked(Column(cells, names[0])), Literal(leaf.least))
    cell = Join(Relation(cells, cells, True), every(*same, few), "inner")
    known = replace(rows, columns=(*rows.columns, person), joins=(*rows.joins, cell))
    people = draft.add(f"{leaf.table}_few", _counted(known, *figures))
    kept = tuple(Named(Column(None, column.name), column.name) for column in rows.columns)
    marks, size = (Named(Column(None, name), name) for name in names)
    enough = Binary(">=", marked(marks.node), Literal(leaf.least))
    whole = (*kept, Named(Missing(None), person.name), marks, size)
    single = (*kept, Named(Column(None, person.name), person.name), marks, size)
    return draft.add(
        f"{leaf.table}_people",
        Union(
            (
                Select(whole, Relation(cells, cells, True), where=(enough,)),
                Select(single, Relation(people, people, True)),
            )
        ),
    )


def marked(marks: Node) -> Node:
    """How many of 64 marks there are: at most as many as people."""
    return Call("bit_count", (marks,))


def _asked(draft: Plan, source: Source, leaf: Kept) -> tuple[Node, ...]:
    """The conditions of a request, each with its range of time; a look back has none on time."""
    if leaf.back or leaf.span is not None:
        _, inner = split_filters(draft, source)
        return tuple(source.condition(node) for node in inner)
    found = [source.condition(node) for node in draft.where]
    if draft.low or draft.high:
        found += within(source.time_value(), draft.low, draft.high)
    return tuple(dict.fromkeys(found))


def _axes(source: Source, asked: tuple[Node, ...], taken: set[str]) -> tuple[Axis, ...]:
    """What the conditions speak of; all grains of one time are one thing."""
    clock = source.time_value() if source.time is not None else None
    spoken: dict[Node, tuple[set[int], bool]] = {}
    for number, node in enumerate(asked):
        for value in _values(node, clock):
            is_time = isinstance(value, Trunc) or value == clock
            root = value.of if isinstance(value, Trunc) else value
            spoken.setdefault(root, (set(), is_time))[0].add(number)
    return tuple(
        Axis(
            Trunc("day", root) if is_time else root,
            unused("day" if is_time else "value", taken),
            frozenset(numbers),
            is_time,
        )
        for root, (numbers, is_time) in spoken.items()
    )


def _values(node: Node, clock: Node | None) -> Iterator[Node]:
    """The columns, periods and parts of dates that a condition speaks of."""
    if node == clock or isinstance(node, Trunc | Part | Column):
        yield node
        return
    for part in children(node):
        yield from _values(part, clock)


def _variants(node: Node) -> Iterator[Node]:
    """A condition with each part inside `or`, `and` and `not` made true, and made false."""
    match node:
        case Binary("and" | "or" as op, left, right):
            for fresh in (*_variants(left), Literal(True), Literal(False)):
                yield Binary(op, fresh, right)
            for fresh in (*_variants(right), Literal(True), Literal(False)):
                yield Binary(op, left, fresh)
        case Unary("not", of):
            for fresh in _variants(of):
                yield Unary("not", fresh)


def flag(condition: Node) -> Node:
    """1 where a condition holds, 0 where it does not or is unknown."""
    return Case(None, ((condition, Literal(1)),), Literal(0))


def is_(column: str, value: int) -> Node:
    return Binary("=", Column(None, column), Literal(value))


def every(*nodes: Node) -> Node:
    """One condition that holds where all of these do."""
    joined = all_of(nodes)
    assert joined is not None
    return joined
