"""Filters that tell a few people apart: by single values of a dimension, or by an edge in time."""

from __future__ import annotations

from collections.abc import Iterable

from sameboat.project.formula import Binary, Literal, Node, walk

from .crowd import Axis, Crowd, either, every, flag, is_
from .expressions import Aggregate, Column, Join, Named, Ranked, Relation, Select, Trunc
from .leaf import any_of
from .lenses import VIEW
from .plan import Plan, unused

JUDGED = ("small", "apart", "beside", "left_out")
"""What is judged of a group through a lens: that it is of few people, that what the lens has more
than the request is, that it would give others away, and how many cells it has more. Where it has
none it is the group of the request, and the first and third say something about that."""


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
    pieces = Pieces.of(draft, crowd, axis, Column(None, axis.column))
    return pieces.split(draft, ((),))[0]


def _by_time(draft: Plan, crowd: Crowd, axis: Axis) -> list[Select]:
    """Groups kept back because a range tells small days of a month, or small months, apart.

    Of periods that the range takes or leaves as a whole, it tells no parts apart.
    """
    at = Column(None, axis.column)
    piece = Column(None, "piece")
    found: list[Select] = []
    if "month" not in axis.steady:
        found += Pieces.of(draft, crowd, axis, at).split(draft, ((Trunc("month", piece),),))
    months = Pieces.of(draft, crowd, axis, Trunc("month", at))
    lines = tuple(
        (Trunc(grain, piece),) for grain in ("quarter", "year") if grain not in axis.steady
    )
    return [*found, *months.split(draft, lines), months.at_edges()]


class Pieces:
    """The people of each value of an axis, inside its filter and outside, in a step.

    Each lens that has the filter is looked through, whatever else it leaves out.
    """

    def __init__(self, crowd: Crowd, axis: Axis, step: str) -> None:
        self.crowd, self.axis, self.step = crowd, axis, step

    @classmethod
    def of(cls, draft: Plan, crowd: Crowd, axis: Axis, value: Node) -> Pieces:
        """The step of pieces by a value of the axis."""
        lenses = crowd.lenses
        chosen = flag(every(*(is_(f"asked_{n}", 1) for n in sorted(axis.conditions))))
        columns = (
            *crowd.keys,
            Named(lenses.view, VIEW),
            Named(value, "piece"),
            Named(chosen, "chosen"),
            Named(crowd.rows, "people_rows"),
            Named(flag(crowd.few()), "small"),
        )
        view = () if lenses.alone else (lenses.view,)
        select = Select(
            columns,
            crowd.relation,
            () if lenses.alone else (Join(lenses.relation, None, "cross"),),
            lenses.seen(axis.conditions),
            grouped=True,
            group_by=(*crowd.group, *view, value, chosen),
        )
        return cls(crowd, axis, draft.add(f"{axis.column}_pieces", select))

    @property
    def _alike(self) -> tuple[Column, ...]:
        """What the pieces of one group, seen through one lens, have in common."""
        return (*(Column(None, item.column) for item in self.crowd.items), Column(None, VIEW))

    def split(self, draft: Plan, lines: tuple[tuple[Node, ...], ...]) -> list[Select]:
        """Groups in which a filter takes some and not all of small pieces that stand together.

        Those are the small ones of a line, and the smallest of its others.
        """
        if not lines:
            return []
        taken = {item.column for item in self.crowd.items}
        columns = [Named(node, node.name) for node in self._alike]
        columns += [Named(Column(None, name), name) for name in ("chosen", "small")]
        named: list[tuple[tuple[Node, ...], str]] = []
        order = (Column(None, "piece"), Column(None, "chosen"))
        for line in lines:
            names = tuple(unused("line", taken) for _ in line)
            place = unused("place", taken)
            within = (*self._alike, *line, Column(None, "small"))
            columns += [Named(node, name) for node, name in zip(line, names, strict=True)]
            columns.append(Named(Ranked(within, Column(None, "people_rows"), False, order), place))
            named.append((tuple(Column(None, name) for name in names), place))
        step = draft.add(
            f"{self.step}_ranked", Select(tuple(columns), Relation(self.step, self.step, True))
        )
        return [self._told_apart(step, line, place) for line, place in named]

    def _told_apart(self, step: str, line: tuple[Node, ...], place: str) -> Select:
        small, chosen = Column(None, "small"), Column(None, "chosen")
        together = either(is_("small", 1), is_(place, 1))
        most, least = (Aggregate(agg, chosen, together) for agg in ("max", "min"))
        some = Binary("=", Aggregate("max", small), Literal(1))
        return self._judged(step, flag(every(some, Binary(">", most, least))), line)

    def at_edges(self) -> Select:
        """Groups kept back because the first or last piece of a range holds too few people."""
        crowd, piece, chosen = self.crowd, Column(None, "piece"), Column(None, "chosen")
        inside = is_("chosen", 1)
        few = every(inside, is_("small", 1))
        low, high = _bounded(crowd.asked[n] for n in self.axis.conditions)
        edges = [
            Binary("=", Aggregate(agg, piece, inside), Aggregate(agg, piece, few))
            for agg, bounded in (("min", low), ("max", high))
            if bounded
        ]
        cut = Binary("=", Aggregate("min", chosen), Literal(0))
        at_edge = every(cut, any_of(tuple(edges)) or Literal(False))
        return self._judged(self.step, flag(at_edge), ())

    def _judged(self, step: str, beside: Node, line: tuple[Node, ...]) -> Select:
        """A judgement that counts where a group is the same as in the request."""
        keys = tuple(Named(node, node.name) for node in self._alike)
        given = {**dict.fromkeys(JUDGED, Literal(0)), "beside": beside}
        return Select(
            (*keys, *(Named(node, name) for name, node in given.items())),
            Relation(step, step, True),
            grouped=True,
            group_by=(*self._alike, *line),
        )


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
