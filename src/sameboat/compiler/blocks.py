"""Filters that tell a few people apart: by single values of a dimension, or by an edge in time."""

from __future__ import annotations

from collections.abc import Iterable

from sameboat.project.formula import Binary, Case, Literal, Node, walk

from .crowd import VIEW, Axis, Crowd, every, flag, is_
from .expressions import (
    Aggregate,
    Column,
    Extreme,
    Named,
    Ranked,
    Relation,
    Select,
    Trunc,
    Union,
)
from .leaf import any_of
from .plan import Plan, unused


def by_filters(draft: Plan, crowd: Crowd) -> list[Select]:
    """The judgements about each group by what its filters take of each dimension and of time.

    A filter that changes nothing in a group would otherwise hide what the others do: so each
    is judged with the others in force, and without them where the group is the same.
    """
    found: list[Select] = []
    for axis in crowd.axes:
        found += _by_time(draft, crowd, axis) if axis.is_time else [_by_values(draft, crowd, axis)]
    return found


def _by_values(draft: Plan, crowd: Crowd, axis: Axis) -> Select:
    """Groups kept back because a filter tells small values of a dimension apart."""
    return _split(draft, crowd, axis, Column(None, axis.column), ())


def _by_time(draft: Plan, crowd: Crowd, axis: Axis) -> list[Select]:
    """Groups kept back because a range tells small days of a month, or small months, apart."""
    day = Column(None, axis.column)
    month = Trunc("month", day)
    lines = (month,), (Trunc("quarter", day),), (Trunc("year", day),)
    found = [_split(draft, crowd, axis, day, lines[0])]
    found += [_split(draft, crowd, axis, month, line) for line in lines[1:]]
    return [*found, _at_edges(draft, crowd, axis, month)]


def _split(draft: Plan, crowd: Crowd, axis: Axis, value: Node, line: tuple[Node, ...]) -> Select:
    """Groups in which a filter takes some and not all of the small values that stand together."""
    step, names = _pieces(draft, crowd, axis, value, line)
    alike = (*crowd.group, Column(None, VIEW))
    within = (*alike, *(Column(None, name) for name in names))
    small = Column(None, "small")
    ranked = draft.add(
        f"{step}_ranked",
        Select(
            (
                *(Named(node, node.name) for node in within if isinstance(node, Column)),
                Named(Column(None, "chosen"), "chosen"),
                Named(small, "small"),
                Named(Extreme("sum", small, within), "smalls"),
                Named(Extreme("sum", Column(None, "left_out"), alike), "left_out"),
                Named(
                    Ranked(
                        (*within, small),
                        Column(None, "people_rows"),
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
        (is_("small", 1), every(Binary(">", Column(None, "smalls"), Literal(0)), is_("place", 1)))
    )
    chosen = Column(None, "chosen")
    most, least = (Aggregate(agg, chosen, rest) for agg in ("max", "min"))
    return Select(
        (*crowd.keys, Named(flag(every(Binary(">", most, least), _same())), "kept")),
        Relation(ranked, ranked, True),
        grouped=True,
        group_by=within,
    )


def _same() -> Node:
    """That a group is the same with a view's conditions alone as with all of the request's."""
    return Binary("=", Aggregate("max", Column(None, "left_out")), Literal(0))


def _pieces(
    draft: Plan, crowd: Crowd, axis: Axis, value: Node, line: tuple[Node, ...]
) -> tuple[str, tuple[str, ...]]:
    """A step with the people of each value, inside the filter and outside; its lines' columns.

    Each view that has the filter is judged, whatever else it leaves out.
    """
    taken = {item.column for item in crowd.items}
    taken |= {"piece", "chosen", "people_rows", "small", "left_out"}
    names = tuple(unused("line", taken) for _ in line)
    lines = tuple(Named(node, name) for node, name in zip(line, names, strict=True))
    views = [
        _viewed(crowd, axis, number, (*lines, Named(value, "piece")))
        for number, view in enumerate(crowd.views)
        if axis.conditions <= view
    ]
    return draft.add(f"{axis.column}_pieces", Union(tuple(views))), names


def _viewed(crowd: Crowd, axis: Axis, number: int, pieces: tuple[Named, ...]) -> Select:
    """The people of each piece in one view, inside the filter and outside."""
    view = crowd.views[number]
    others = crowd.holds(view - axis.conditions)
    inside = crowd.holds(view)
    assert inside is not None, "an axis has conditions"
    chosen = flag(inside)
    columns = (
        *crowd.keys,
        Named(Literal(number), VIEW),
        *pieces,
        Named(chosen, "chosen"),
        Named(crowd.rows, "people_rows"),
        Named(flag(crowd.few()), "small"),
        Named(crowd.left_out(view), "left_out"),
    )
    return Select(
        columns, crowd.relation, where=() if others is None else (others,), grouped=True,
        group_by=(*crowd.group, *(piece.node for piece in pieces), chosen),
    )  # fmt: skip


def _at_edges(draft: Plan, crowd: Crowd, axis: Axis, month: Node) -> Select:
    """Groups kept back because the first or last month of a range holds too few people."""
    step, _ = _pieces(draft, crowd, axis, month, ())
    alike = (*crowd.group, Column(None, VIEW))
    inside = is_("chosen", 1)
    piece = Case(None, ((inside, Column(None, "piece")),), None)
    ends = draft.add(
        f"{step}_ends",
        Select(
            (
                *crowd.keys,
                *(Named(Column(None, n), n) for n in ("piece", "chosen", "small")),
                Named(Extreme("sum", Column(None, "left_out"), alike), "left_out"),
                Named(Extreme("min", Column(None, "chosen"), alike), "cut"),
                Named(Extreme("min", piece, alike), "first"),
                Named(Extreme("max", piece, alike), "last"),
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
    few = every(inside, is_("small", 1), is_("cut", 0), is_("left_out", 0), at_edge)
    return Select(
        (*crowd.keys, Named(Aggregate("max", flag(few)), "kept")), Relation(ends, ends, True),
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
