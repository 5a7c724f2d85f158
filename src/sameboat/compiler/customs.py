"""Looks back by periods that only a spine table knows, such as a retail month."""

from __future__ import annotations

from sameboat.periods import Span
from sameboat.project.formula import Binary, Case, Literal, Node
from sameboat.project.model import TimeSpine

from .expressions import Column, Days, Extreme, Join, Lead, Named, Ranked, Relation, Select
from .plan import Plan


def custom_shift(draft: Plan, span: Span, spine: TimeSpine) -> str:
    """A step that says on which day (`shown`) each day of the spine (`taken`) counts.

    The n-th day of a period counts on the n-th day of the period that is `span` later, or on that
    period's last day where it is shorter.
    """
    days = _days(draft, span.grain, spine)
    periods = _periods(draft, span, days)
    moved = Days(Column(periods, "later_first"), Column(days, "position"))
    last = Column(periods, "later_last")
    shown: Node = Case(None, ((Binary("<=", moved, last), moved),), last)
    on = Binary("=", Column(days, "period"), Column(periods, "period"))
    step = Select(
        (Named(Column(days, "taken"), "taken"), Named(shown, "shown")),
        Relation(days, days, True),
        (Join(Relation(periods, periods, True), on, "inner"),),
    )
    return draft.add(f"{span.grain}_shift", step)


def _days(draft: Plan, grain: str, spine: TimeSpine) -> str:
    """Each day of the spine with its period, that period's ends, and its place in it from 0."""
    table = spine.table or ""
    day, period = Column(None, spine.column or spine.grain), Column(None, spine.custom[grain])
    position = Binary("-", Ranked((period,), day, descending=False), Literal(1))
    step = Select(
        (
            Named(day, "taken"),
            Named(period, "period"),
            Named(Extreme("min", day, (period,)), "first_day"),
            Named(Extreme("max", day, (period,)), "last_day"),
            Named(position, "position"),
        ),
        Relation(draft.world.relations.get(table, table), "spine_table"),
    )
    return draft.add(f"{grain}_days", step)


def _periods(draft: Plan, span: Span, days: str) -> str:
    """Each period once, with the ends of the one that is `span` later."""
    names = ("period", "first_day", "last_day")
    once = draft.add(
        f"{span.grain}_periods",
        Select(
            tuple(Named(Column(None, name), name) for name in names),
            Relation(days, days, True),
            distinct=True,
        ),
    )
    order = Column(None, "period")
    step = Select(
        (
            Named(order, "period"),
            Named(Lead(Column(None, "first_day"), span.count, order), "later_first"),
            Named(Lead(Column(None, "last_day"), span.count, order), "later_last"),
        ),
        Relation(once, once, True),
    )
    return draft.add(f"{span.grain}_later", step)
