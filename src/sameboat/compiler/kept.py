"""Groups that are kept back so that a small group beside them cannot be worked out.

A group may be large enough and still give another one away: the total minus all others, or an
answer with a filter minus one without it. So each group that a request shows is judged by what is
around it, in the same SQL and from the data alone, whatever was asked before:

- What a condition takes away, and what all of them take away together, holds nobody or enough
  people (a condition inside `or` and `not` counts as one).
- Along each dimension that is shown or filtered by, small groups stand together with the
  smallest large one: a filter takes all of these or none, and a table shows none of them.
- A range on time that cuts a month is judged by that month's days, and begins and ends with
  months of enough people.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from itertools import combinations

from sameboat.project.formula import Binary, Call, Case, Literal, Node, Unary, children, walk

from .expressions import (
    Aggregate,
    Column,
    Extreme,
    Named,
    Part,
    Ranked,
    Relation,
    Select,
    Shifted,
    Trunc,
    Union,
)
from .joins import column_expression
from .leaf import Leaf, Offset, Window, all_of, any_of
from .plan import Plan, split_filters, unused, within
from .query import Item
from .scan import pick
from .source import Source

ROUNDS = 2
"""How often a table is looked at again for a group that is the only hidden one of its line."""

MOST_CROSSED = 3
"""Up to how many shown dimensions every combination of them is a line; else each, and all."""

_PARENTS = {
    "second": ("minute",),
    "minute": ("hour",),
    "hour": ("day",),
    "day": ("week", "month", "quarter", "year"),
    "month": ("quarter", "year"),
    "quarter": ("year",),
    "fiscal_quarter": ("fiscal_year",),
}
"""The coarser periods whose totals a period's figure could be taken from."""


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
class _Axis:
    """One thing that filters speak of: its values, and which of the conditions speak of it."""

    value: Node
    column: str
    conditions: frozenset[int]
    is_time: bool


@dataclass(frozen=True)
class _Crowd:
    """A step with the people of a table by all that matters to a request, and its columns."""

    step: str
    items: tuple[Item, ...]
    asked: tuple[Node, ...]
    axes: tuple[_Axis, ...]
    person: str
    told_apart: bool
    least: int
    variants: tuple[tuple[int, str], ...]

    def people(self, when: Node | None = None) -> Node:
        """How many people there are where a condition on the step's columns holds."""
        if self.told_apart:
            return Aggregate("count_distinct", Column(None, self.person), when)
        return Call("coalesce", (Aggregate("sum", Column(None, self.person), when), Literal(0)))

    def holds(self, numbers: Iterable[int]) -> Node | None:
        """That the conditions with these numbers hold."""
        return all_of(tuple(_is(f"asked_{n}", 1) for n in sorted(numbers)))

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


def place_kept(draft: Plan, index: int, leaf: Kept) -> None:
    """Add the steps that say of each group of an answer whether it is kept back."""
    crowd = _crowd(draft, leaf)
    judged: list[Select] = []
    if crowd.asked:
        judged.append(_by_effects(crowd))
        for axis in crowd.axes:
            judged += _by_time(draft, crowd, axis) if axis.is_time else []
            judged += [] if axis.is_time else [_by_values(draft, crowd, axis)]
    if crowd.items:
        judged.append(_by_neighbours(draft, leaf, crowd))
    if not judged:
        judged.append(Select((Named(Literal(0), "kept"),), crowd.relation, grouped=True))
    step = _together(draft, leaf, crowd.items, judged)
    draft.judging.add(step)
    draft.placed[index] = (step, "kept")


def _together(draft: Plan, leaf: Kept, items: tuple[Item, ...], judged: list[Select]) -> str:
    """A step with all judgements about each group as one: kept where any of them says so."""
    keys = tuple(Named(Column(None, item.column), item.column) for item in items)
    group = tuple(key.node for key in keys)

    def highest(rows: list[Select]) -> str:
        name = draft.add("judged", Union(tuple(rows)))
        worst = Named(Aggregate("max", Column(None, "kept")), "kept")
        return draft.add(
            "kept_back",
            Select((*keys, worst), Relation(name, name, True), grouped=True, group_by=group),
        )

    step = highest(judged)
    shown = _later(draft, leaf, items, step)
    return step if shown is None else highest(shown)


def _later(draft: Plan, leaf: Kept, items: tuple[Item, ...], step: str) -> list[Select] | None:
    """The judgements at the times at which a look back shows them; None where there is none.

    A window moves on by the period that comes in and the one that goes out: both are judged.
    """
    source = draft.source(leaf)
    timed = [item for item in items if source.is_clock(item) and item.grain and not item.part]
    spans = tuple(offset.span for offset in leaf.back if offset.span is not None)
    ends = [spans]
    if leaf.span is not None and leaf.span.span is not None:
        ends.append((*spans, leaf.span.span))
    if not timed or ends == [()]:
        return None
    found = []
    for moves in ends:
        values: dict[str, Node] = {item.column: Column(step, item.column) for item in items}
        for item in timed:
            time = values[item.column]
            for span in moves:
                time = Shifted(time, span, 1)
            values[item.column] = Trunc(item.grain or "day", time) if moves else time
        columns = tuple(Named(value, name) for name, value in values.items())
        rows = Relation(step, step, True)
        found.append(Select((*columns, Named(Column(step, "kept"), "kept")), rows))
    return found


# ── who is around a group ────────────────────────────────────────────────────────────────────


def _crowd(draft: Plan, leaf: Kept) -> _Crowd:
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
    columns += [Named(_flag(node), f"asked_{n}") for n, node in enumerate(asked)]
    columns += [Named(axis.value, axis.column) for axis in axes]
    variants: list[tuple[int, str]] = []
    for number, node in enumerate(asked):
        for k, changed in enumerate(dict.fromkeys(_variants(node))):
            name = f"asked_{number}_{k}"
            variants.append((number, name))
            columns.append(Named(_flag(changed), name))
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
    return _Crowd(
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


def _axes(source: Source, asked: tuple[Node, ...], taken: set[str]) -> tuple[_Axis, ...]:
    """What the conditions speak of; all grains of one time are one thing."""
    clock = source.time_value() if source.time is not None else None
    spoken: dict[Node, tuple[set[int], bool]] = {}
    for number, node in enumerate(asked):
        for value in _values(node, clock):
            is_time = isinstance(value, Trunc) or value == clock
            root = value.of if isinstance(value, Trunc) else value
            spoken.setdefault(root, (set(), is_time))[0].add(number)
    return tuple(
        _Axis(
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


def _flag(condition: Node) -> Node:
    """1 where a condition holds, 0 where it does not or is unknown."""
    return Case(None, ((condition, Literal(1)),), Literal(0))


def _is(column: str, value: int) -> Node:
    return Binary("=", Column(None, column), Literal(value))


# ── what conditions take away ────────────────────────────────────────────────────────────────


def _by_effects(crowd: _Crowd) -> Select:
    """Groups kept back because the rows that a condition takes away hold too few people."""
    numbers = range(len(crowd.asked))
    changes: list[Node | None] = []
    for number in numbers:
        others = crowd.holds(set(numbers) - {number})
        changes.append(_both(others, _is(f"asked_{number}", 0)))
    for number, name in crowd.variants:
        others = crowd.holds(set(numbers) - {number})
        differs = Binary("<>", Column(None, f"asked_{number}"), Column(None, name))
        changes.append(_both(others, differs))
    for size in sorted({2, len(crowd.asked)}) if len(crowd.asked) > 1 else ():
        for dropped in combinations(numbers, size):
            others = crowd.holds(set(numbers) - set(dropped))
            changes.append(_both(others, any_of(tuple(_is(f"asked_{n}", 0) for n in dropped))))
    few = any_of(tuple(crowd.few(crowd.people(change)) for change in dict.fromkeys(changes)))
    assert few is not None, "there is a condition"
    return Select(
        (*crowd.keys, Named(_flag(few), "kept")), crowd.relation, grouped=True,
        group_by=crowd.group,
    )  # fmt: skip


def _both(left: Node | None, right: Node | None) -> Node | None:
    return all_of(tuple(node for node in (left, right) if node is not None))


# ── groups that a filter takes together ──────────────────────────────────────────────────────


def _by_values(draft: Plan, crowd: _Crowd, axis: _Axis) -> Select:
    """Groups kept back because a filter tells small values of a dimension apart."""
    return _split(draft, crowd, axis, Column(None, axis.column), ())


def _by_time(draft: Plan, crowd: _Crowd, axis: _Axis) -> list[Select]:
    """Groups kept back because a range tells small days of a month, or small months, apart."""
    day = Column(None, axis.column)
    month = Trunc("month", day)
    lines = (month,), (Trunc("quarter", day),), (Trunc("year", day),)
    found = [_split(draft, crowd, axis, day, lines[0])]
    found += [_split(draft, crowd, axis, month, line) for line in lines[1:]]
    return [*found, _at_edges(draft, crowd, axis, month)]


def _split(draft: Plan, crowd: _Crowd, axis: _Axis, value: Node, line: tuple[Node, ...]) -> Select:
    """Groups in which a filter takes some and not all of the small values that stand together."""
    step, names = _pieces(draft, crowd, axis, value, line)
    within = (*crowd.group, *(Column(None, name) for name in names))
    small = Column(None, "small")
    ranked = draft.add(
        f"{step}_ranked",
        Select(
            (
                *(Named(node, node.name) for node in within if isinstance(node, Column)),
                Named(Column(None, "chosen"), "chosen"),
                Named(small, "small"),
                Named(Extreme("sum", small, within), "smalls"),
                Named(
                    Ranked(
                        (*within, small),
                        Column(None, "people"),
                        False,
                        (Column(None, "piece"), Column(None, "chosen")),
                    ),
                    "place",
                ),
            ),
            Relation(step, step, True),
        ),
    )
    rest = any_of(
        (_is("small", 1), _every(Binary(">", Column(None, "smalls"), Literal(0)), _is("place", 1)))
    )
    chosen = Column(None, "chosen")
    most, least = (Aggregate(agg, chosen, rest) for agg in ("max", "min"))
    return Select(
        (*crowd.keys, Named(_flag(Binary(">", most, least)), "kept")),
        Relation(ranked, ranked, True),
        grouped=True,
        group_by=within,
    )


def _every(*nodes: Node) -> Node:
    joined = all_of(nodes)
    assert joined is not None
    return joined


def _pieces(
    draft: Plan, crowd: _Crowd, axis: _Axis, value: Node, line: tuple[Node, ...]
) -> tuple[str, tuple[str, ...]]:
    """A step with the people of each value, inside the filter and outside; its lines' columns."""
    others = crowd.holds(set(range(len(crowd.asked))) - axis.conditions)
    taken = {item.column for item in crowd.items} | {"piece", "chosen", "people", "small"}
    names = tuple(unused("line", taken) for _ in line)
    inside = crowd.inside
    assert inside is not None
    chosen = _flag(inside)
    people = crowd.people()
    columns = (
        *crowd.keys,
        *(Named(node, name) for node, name in zip(line, names, strict=True)),
        Named(value, "piece"),
        Named(chosen, "chosen"),
        Named(people, "people"),
        Named(_flag(crowd.few(people)), "small"),
    )
    step = Select(
        columns, crowd.relation, where=() if others is None else (others,), grouped=True,
        group_by=(*crowd.group, *line, value, chosen),
    )  # fmt: skip
    return draft.add(f"{axis.column}_pieces", step), names


def _at_edges(draft: Plan, crowd: _Crowd, axis: _Axis, month: Node) -> Select:
    """Groups kept back because the first or last month of a range holds too few people."""
    step, _ = _pieces(draft, crowd, axis, month, ())
    inside = _is("chosen", 1)
    piece = Case(None, ((inside, Column(None, "piece")),), None)
    ends = draft.add(
        f"{step}_ends",
        Select(
            (
                *crowd.keys,
                *(Named(Column(None, n), n) for n in ("piece", "chosen", "small")),
                Named(Extreme("min", Column(None, "chosen"), crowd.group), "cut"),
                Named(Extreme("min", piece, crowd.group), "first"),
                Named(Extreme("max", piece, crowd.group), "last"),
            ),
            Relation(step, step, True),
        ),
    )
    low, high = _bounded(crowd.asked[n] for n in axis.conditions)
    edges = [
        Binary("=", Column(None, "piece"), Column(None, name))
        for name, bounded in (("first", low), ("last", high))
        if bounded
    ]
    at_edge = any_of(tuple(edges)) or Literal(False)
    few = _every(inside, _is("small", 1), _is("cut", 0), at_edge)
    return Select(
        (*crowd.keys, Named(Aggregate("max", _flag(few)), "kept")), Relation(ends, ends, True),
        grouped=True, group_by=crowd.group,
    )  # fmt: skip


def _bounded(conditions: Iterable[Node]) -> tuple[bool, bool]:
    """Whether conditions may bound a time below, and above."""
    low = high = False
    for condition in conditions:
        for part in walk(condition):
            op = part.op if isinstance(part, Binary) else None
            if op in (">", ">=", "<", "<="):
                low, high = low or op[0] == ">", high or op[0] == "<"
            elif op not in ("and", "or", None):
                low = high = True
        if not any(isinstance(p, Binary) and p.op[0] in "<>" for p in walk(condition)):
            low = high = True
    return low, high


# ── groups that stand side by side in a table ────────────────────────────────────────────────


def _by_neighbours(draft: Plan, leaf: Kept, crowd: _Crowd) -> Select:
    """Groups kept back because the total of a line would give a small one in it away.

    A line is what one shown dimension, or several, are added up over.
    """
    lines = _lines(draft, leaf, crowd)
    people = crowd.people()
    inside = crowd.inside
    step = draft.add(
        f"{crowd.step}_shown",
        Select(
            (
                *crowd.keys,
                Named(people, "people"),
                Named(_flag(crowd.few(people)), "hidden"),
            ),
            crowd.relation,
            where=() if inside is None else (inside,),
            grouped=True,
            group_by=crowd.group,
        ),
    )
    for turn in range(1 + (ROUNDS if len(lines) > 1 else 0)):
        step = _hide_more(draft, crowd, lines, step, first=turn == 0)
    return Select((*crowd.keys, Named(Column(None, "hidden"), "kept")), Relation(step, step, True))


def _lines(draft: Plan, leaf: Kept, crowd: _Crowd) -> list[tuple[Node, ...]]:
    """What each line of a table is told apart by; of periods, also the coarser ones around them."""
    items, source = crowd.items, draft.source(leaf)
    sizes = range(len(items)) if len(items) <= MOST_CROSSED else (0, len(items) - 1)
    found: list[tuple[Node, ...]] = []
    for size in sizes:
        found += [
            tuple(Column(None, item.column) for item in kept) for kept in combinations(items, size)
        ]
    for item in items:
        value = Column(None, item.column)
        others = tuple(Column(None, other.column) for other in items if other != item)
        if item.grain and not item.part and item.grain not in source.customs:
            found += [(*others, Trunc(up, value)) for up in _PARENTS.get(item.grain, ())]
    return list(dict.fromkeys(found))


def _hide_more(
    draft: Plan, crowd: _Crowd, lines: list[tuple[Node, ...]], step: str, *, first: bool
) -> str:
    """A step that hides the smallest shown group of each line in which a hidden one needs it.

    At first that is each line with small groups, then each with a single hidden one.
    """
    hidden, people = Column(None, "hidden"), Column(None, "people")
    columns = [*crowd.keys, Named(people, "people"), Named(hidden, "hidden")]
    needs: list[Node] = []
    for number, line in enumerate(lines):
        columns.append(Named(Extreme("sum", hidden, line), f"hidden_{number}"))
        place = Ranked((*line, hidden), people, False, crowd.group)
        columns.append(Named(place, f"place_{number}"))
        count = Column(None, f"hidden_{number}")
        lone = Binary(">", count, Literal(0)) if first else Binary("=", count, Literal(1))
        needs.append(Binary("and", lone, _is(f"place_{number}", 1)))
    ranked = draft.add(f"{crowd.step}_ranked", Select(tuple(columns), Relation(step, step, True)))
    either = any_of((_is("hidden", 1), *needs))
    assert either is not None
    return draft.add(
        f"{crowd.step}_hidden",
        Select(
            (*crowd.keys, Named(people, "people"), Named(_flag(either), "hidden")),
            Relation(ranked, ranked, True),
        ),
    )
