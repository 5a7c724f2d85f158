"""Who is around a group: the people of a table by all that a request speaks of.

One step reads the table without the request's filters and says of its rows which conditions hold.
What is judged later is read from it, so the table is scanned once more, not once for each question
and not once for each metric: metrics whose own filters differ are populations of the same people.

It has a row per cell: rows of the same groups, conditions and values. Each person has one of 64
marks, and a cell has the marks of its people. People of different marks are different people: as
many marks as the floor are enough people, and need not be counted. A part of few people consists
of cells with few marks only, so in these each person has a row and is counted exactly. No figure
depends on the marks; they only spare the counting where there are many.

A condition that the groups decide (a range of whole months in a table by month) is not asked of
rows: it is told from the cells, and tells nobody in a group apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace

from sameboat.project.formula import Binary, Call, Case, IsNull, Literal, Node, Unary, children

from .determined import Known
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
from .groupings import numbered
from .joins import column_expression
from .leaf import Leaf, Offset, Window, all_of, any_of
from .lenses import Lenses, fails, lens_rows, lenses_of
from .plan import Plan, split_filters, unused, within
from .query import Item
from .scan import pick
from .source import Source

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
    """One thing that filters speak of: its values, and which of the conditions speak of it.

    In each period of the `steady` grains these conditions hold at all times or at none.
    """

    value: Node
    column: str
    conditions: frozenset[int]
    is_time: bool
    steady: frozenset[str] = frozenset()


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
    lenses: Lenses

    @property
    def rows(self) -> Node:
        """How many rows of people there are: what the smaller of two groups has fewer of."""
        return Aggregate("sum", Column(None, self.size))

    def cells(self, when: Node | None) -> Node:
        """In how many cells with people a condition holds."""
        return Aggregate("count", Column(None, self.marks if self.told_apart else self.size), when)

    def few(self, when: Node | None = None) -> Node:
        """That there are some people where a condition holds, and fewer than the floor."""
        if not self.told_apart:
            size = Aggregate("sum", Column(None, self.size), when)
            return Binary("<", size, Literal(self.least))
        marks, person = Column(None, self.marks), Column(None, self.person)
        return every(
            Binary(">", self.cells(when), Literal(0)),
            Binary("<", marked(Aggregate("bit_or", marks, when)), Literal(self.least)),
            Binary("<", Aggregate("count_listed", person, when), Literal(self.least)),
        )

    @property
    def taken_away(self) -> Node | None:
        """That a row is of people whom a lens has and the request has not; None without lenses."""
        lost = fails(len(self.asked))
        if not self.variants or lost is None:
            return lost
        changed = tuple(
            (Literal(k + 2), flag(Binary("<>", Column(None, f"asked_{n}"), Column(None, name))))
            for k, (n, name) in enumerate(self.variants)
        )
        return Binary("=", Case(self.lenses.part, changed, flag(lost)), Literal(1))

    @property
    def keys(self) -> tuple[Named, ...]:
        return tuple(Named(Column(None, i.column), i.column) for i in self.items)

    @property
    def group(self) -> tuple[Node, ...]:
        return tuple(key.node for key in self.keys)

    @property
    def relation(self) -> Relation:
        return Relation(self.step, self.step, True)


def crowd_of(draft: Plan, leaves: Sequence[Kept]) -> Crowd:
    """The step with the people of a table by items, conditions and what these speak of.

    The leaves are of one table at one time; each is a population of its own.
    """
    leaf = leaves[0]
    source = draft.source(leaf)
    where: tuple[Node, ...] = ()
    if leaf.picked is not None:
        source.relations = {**source.relations, leaf.table: pick(draft, source, leaf.picked)}
        where = (Binary("=", Column(source.alias, "pick_no"), Literal(1)),)
    items = [Named(source.item(item), item.column) for item in draft.items]
    asked = _asked(draft, source, leaf)
    shared, own = _own(source, leaves)
    taken = {item.name for item in items}
    known = Known.of(((item.node, item.name) for item in items), draft.world.reckoning)
    axes = _axes(source, asked, taken, known)
    values = [*items, *(Named(axis.value, axis.column) for axis in axes)]
    known = Known.of(((value.node, value.name) for value in values), draft.world.reckoning)
    flags = [Named(node, f"asked_{n}") for n, node in enumerate(asked)]
    variants: list[tuple[int, str]] = []
    for number, node in enumerate(asked):
        for k, changed in enumerate(dict.fromkeys(_variants(node))):
            variants.append((number, f"asked_{number}_{k}"))
            flags.append(Named(changed, f"asked_{number}_{k}"))
    flags += [Named(node, f"own_{n}") for n, node in enumerate(own)]
    late = tuple(
        Named(flag(told), one.name) for one in flags if (told := known.told(one.node)) is not None
    )
    told_late = {one.name for one in late}
    early = (Named(flag(one.node), one.name) for one in flags if one.name not in told_late)
    person, marks, size = (unused(name, taken) for name in ("person", "marks", "size"))
    rows = Select(
        (*values, *early), source.relation, tuple(source.joins.values()), (*where, *shared),
        grouped=True,
    )  # fmt: skip
    if leaf.expr is None:
        step = _counted_rows(draft, leaf, rows, late, size)
    else:
        value = column_expression(source.graph.tables[leaf.table], source.alias, leaf.expr)
        step = _told_apart(draft, leaf, rows, late, Named(value, person), (marks, size))
    return Crowd(
        step, draft.items, asked, axes, person, marks, size, leaf.expr is not None, leaf.least,
        tuple(variants), lenses_in(draft, len(asked), len(leaves), variants),
    )  # fmt: skip


def lenses_in(
    draft: Plan, conditions: int, populations: int, variants: Iterable[tuple[int, str]]
) -> Lenses:
    """The lenses of a request, and their step where there are several."""
    listed = lenses_of(conditions, populations, (n for n, _ in variants))
    step = ""
    if len(listed) > 1:
        step = draft.add("lenses", lens_rows(listed, conditions, populations))
    return Lenses(listed, step, conditions, populations)


def _own(source: Source, leaves: Sequence[Kept]) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
    """The filters that all populations share, and each one's others where there are several."""
    each = [tuple(source.condition(node) for node in leaf.filters) for leaf in leaves]
    shared = tuple(node for node in dict.fromkeys(each[0]) if all(node in one for one in each))
    if len(leaves) == 1:
        return shared, ()
    others = tuple(
        all_of(tuple(node for node in one if node not in shared)) or Literal(True) for one in each
    )
    if Literal(True) not in others and (either := any_of(others)) is not None:
        shared = (*shared, either)
    return shared, others


_ROWS = Aggregate("count", None)


def _counted(rows: Select, *figures: Named) -> Select:
    """Rows as one per combination of their columns, with figures of these."""
    group = tuple(column.node for column in rows.columns)
    return replace(rows, columns=(*rows.columns, *figures), group_by=group)


def _counted_rows(draft: Plan, leaf: Leaf, rows: Select, late: tuple[Named, ...], size: str) -> str:
    """The step of cells where each row is a person, with the conditions that its cells tell."""
    cells = draft.add(f"{leaf.table}_cells", _counted(rows, Named(_ROWS, size)))
    draft.cells.add(cells)
    if not late:
        return cells
    names = (*(column.name for column in rows.columns), size)
    kept = tuple(Named(Column(None, name), name) for name in names)
    return draft.add(f"{leaf.table}_people", Select((*kept, *late), Relation(cells, cells, True)))


def _told_apart(
    draft: Plan,
    leaf: Kept,
    rows: Select,
    late: tuple[Named, ...],
    person: Named,
    names: tuple[str, str],
) -> str:
    """The step of cells with enough marks, and of each person in the cells with fewer.

    Cells whose people are not known are left out: rows without a pseudonym are nobody's.
    """
    mark = Aggregate("bit_or", Call("one_of_64", (person.node,)), IsNull(person.node, negated=True))
    figures = Named(mark, names[0]), Named(Aggregate("count", person.node), names[1])
    cells = draft.add(f"{leaf.table}_cells", _counted(rows, *figures))
    draft.cells.add(cells)
    same = [_same(column, cells) for column in rows.columns]
    few = Binary("<", marked(Column(cells, names[0])), Literal(leaf.least))
    cell = Join(Relation(cells, cells, True), every(*same, few), "inner")
    known = replace(rows, columns=(*rows.columns, person), joins=(*rows.joins, cell))
    people = draft.add(f"{leaf.table}_few", _counted(known, *figures))
    draft.cells.add(people)
    kept = tuple(Named(Column(None, column.name), column.name) for column in rows.columns)
    marks, size = (Named(Column(None, name), name) for name in names)
    enough = Binary(">=", marked(marks.node), Literal(leaf.least))
    whole = (*kept, Named(Missing(None), person.name), marks, size, *late)
    single = (*kept, Named(Column(None, person.name), person.name), marks, size, *late)
    return draft.add(
        f"{leaf.table}_people",
        Union(
            (
                Select(whole, Relation(cells, cells, True), where=(enough,)),
                Select(single, Relation(people, people, True)),
            )
        ),
    )


def _same(column: Named, cells: str) -> Node:
    """That a row has the value of a cell."""
    value: Node = Column(cells, column.name)
    if isinstance(column.node, Trunc) and numbered(column.node) != column.node:
        value = numbered(Trunc(column.node.grain, value))
    return Same(numbered(column.node), value)


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


def _axes(
    source: Source, asked: tuple[Node, ...], taken: set[str], groups: Known
) -> tuple[Axis, ...]:
    """What the conditions speak of; all grains of one time are one thing.

    Conditions that the groups decide hold for all of a group or for nobody in it, and tell no
    values in it apart.
    """
    clock = source.time_value() if source.time is not None else None
    spoken: dict[Node, tuple[set[int], bool]] = {}
    for number, node in enumerate(asked):
        for value in _values(node, clock):
            is_time = isinstance(value, Trunc) or value == clock
            root = value.of if isinstance(value, Trunc) else value
            spoken.setdefault(root, (set(), is_time))[0].add(number)
    found: list[Axis] = []
    for root, (numbers, is_time) in spoken.items():
        about = [asked[number] for number in sorted(numbers)]
        if all(groups.told(node) is not None for node in about):
            continue
        if not is_time:
            found.append(Axis(root, unused("value", taken), frozenset(numbers), False))
            continue
        steady = frozenset(
            grain
            for grain in _LINES
            if all(groups.beside(Trunc(grain, root)).told(node) is not None for node in about)
        )
        fine = "month" if "month" in steady else "day"
        name = unused(fine, taken)
        found.append(Axis(Trunc(fine, root), name, frozenset(numbers), True, steady))
    return tuple(found)


_LINES = ("month", "quarter", "year")
"""The periods whose parts a range of time may tell apart."""


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


def either(*nodes: Node) -> Node:
    """One condition that holds where any of these does."""
    joined = any_of(nodes)
    assert joined is not None
    return joined
