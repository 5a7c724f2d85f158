"""Who is around a group: the people of a table by all that a request speaks of.

One step reads the table without the request's filters and says of each person's rows which
conditions hold. What is judged later is read from it, so the table is scanned once more, not once
for each question.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from itertools import combinations

from sameboat.project.formula import Binary, Call, Case, Literal, Node, Unary, children

from .expressions import Aggregate, Column, Named, Part, Relation, Select, Trunc
from .joins import column_expression
from .leaf import Leaf, Offset, Window, all_of, any_of
from .plan import Plan, split_filters, unused, within
from .query import Item
from .scan import pick
from .source import Source

MOST_DROPPED = 3
"""Up to how many conditions every choice of them is left out; else each, and all."""


@dataclass(frozen=True)
class Kept(Leaf):
    """A leaf that is 1 where a group is kept back, for `least` people told apart by `expr`.

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


@dataclass(frozen=True)
class Crowd:
    """A step with the people of a table by all that matters to a request, and its columns."""

    step: str
    items: tuple[Item, ...]
    asked: tuple[Node, ...]
    axes: tuple[Axis, ...]
    person: str
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
        """How many people a view has more than the request."""
        dropped = self.dropped(view)
        if dropped is None:
            return Literal(0)
        return self.people(all_of(tuple(c for c in (self.holds(view), dropped) if c is not None)))

    def people(self, when: Node | None = None) -> Node:
        """How many people there are where a condition on the step's columns holds."""
        if self.told_apart:
            return Aggregate("count_distinct", Column(None, self.person), when)
        return Call("coalesce", (Aggregate("sum", Column(None, self.person), when), Literal(0)))

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

    def few(self, people: Node) -> Node:
        """That there are some people, and fewer than the floor."""
        some = Binary(">", people, Literal(0))
        return Binary("and", some, Binary("<", people, Literal(self.least)))


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
    group = tuple(column.node for column in columns)
    person = unused("person", taken)
    told_apart = leaf.expr is not None
    value: Node = Aggregate("count", None)
    if leaf.expr is not None:
        value = column_expression(source.graph.tables[leaf.table], source.alias, leaf.expr)
        group = (*group, value)
    step = Select(
        (*columns, Named(value, person)),
        source.relation,
        tuple(source.joins.values()),
        (*picked, *own),
        grouped=True,
        group_by=group,
    )
    return Crowd(
        draft.add(f"{leaf.table}_people", step), draft.items, asked, axes, person,
        told_apart, leaf.least, tuple(variants),
    )  # fmt: skip


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
