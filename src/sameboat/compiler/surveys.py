"""Surveys: net promoter score, satisfied share and mean effort, over answers on a scale."""

from __future__ import annotations

from collections.abc import Callable

from sameboat.errors import RequestError
from sameboat.project.formula import Between, Binary, Case, Literal, Node, parse
from sameboat.project.model import Survey, Table

from .expressions import LeafValue, Quotient
from .leaf import Leaf, Picked

DETRACTOR, PROMOTER = 6, 9
"""The greatest score of a detractor and the least of a promoter, on the scale from 0 to 10."""

Add = Callable[[Leaf], LeafValue]


def survey_formula(
    metric: Survey, table: Table, add: Add, *, own: tuple[Node, ...], asked: tuple[Node, ...]
) -> Node:
    """The formula of a survey metric over counts of answers on its scale.

    Answers off the scale, and missing ones, do not count. With `one_per` the last answer of each
    key and period counts, chosen before any filter of the request. Fewer answers than
    `minimum_responses` give nothing.
    """
    low, high = metric.scale
    score = parse(metric.score)
    picked = Picked(metric.one_per, own) if metric.one_per else None
    filters = asked if picked else (*own, *asked)

    def counted(first: float, last: float) -> LeafValue:
        where = Between(score, _number(first), _number(last))
        return add(
            Leaf(
                metric=f"{metric.name}_{len(str(first))}{first:g}_to_{last:g}".replace(".", "_"),
                table=metric.table,
                agg="count",
                expr=None,
                time=metric.time or table.time,
                filters=(*filters, where),
                picked=picked,
            )
        )

    answers = counted(low, high)
    figure = _figure(metric, counted, answers, add, filters, picked, table)
    if not metric.minimum_responses:
        return figure
    enough = Binary(">=", answers, Literal(metric.minimum_responses))
    return Case(None, ((enough, figure),), None)


def _figure(
    metric: Survey,
    counted: Callable[[float, float], LeafValue],
    answers: LeafValue,
    add: Add,
    filters: tuple[Node, ...],
    picked: Picked | None,
    table: Table,
) -> Node:
    low, high = metric.scale
    if metric.method == "nps":
        if (low, high) != (0, 10):
            raise RequestError(
                "request-invalid",
                f"{metric.name!r} is a net promoter score on {low:g} to {high:g}",
                hint="The net promoter score is defined on 0 to 10; use method: csat elsewhere.",
            )
        balance = Binary("-", counted(PROMOTER, high), counted(low, DETRACTOR))
        return Binary("*", Literal(100), Quotient(balance, answers))
    if metric.method == "csat":
        satisfied = metric.satisfied if metric.satisfied is not None else high - 1
        return Quotient(counted(satisfied, high), answers)
    where = Between(parse(metric.score), _number(low), _number(high))
    total = add(
        Leaf(
            metric=f"{metric.name}_total", table=metric.table, agg="sum", expr=metric.score,
            time=metric.time or table.time, filters=(*filters, where), picked=picked,
        )
    )  # fmt: skip
    return Quotient(total, answers)


def _number(value: float) -> Literal:
    return Literal(int(value)) if float(value).is_integer() else Literal(repr(value), decimal=True)
