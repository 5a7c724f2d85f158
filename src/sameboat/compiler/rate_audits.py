"""The SQL behind the checks of exchange rates: which ones are wrong, and where they stop."""

from __future__ import annotations

from sameboat.periods import Span
from sameboat.project.formula import Binary, IsNull, Literal
from sameboat.project.model import Currencies

from .currencies import rate_columns
from .dialects import dialect
from .expressions import (
    Aggregate,
    Column,
    Lead,
    Named,
    Query,
    Relation,
    Select,
    Shifted,
    Sort,
)
from .plan import World
from .sql import write

_PAIR = ("given", "got", "day")


def unusable_sql(world: World, declared: Currencies, *, limit: int, spelling: str) -> str:
    """Rates that are missing or not above nothing: `given`, `got`, `day`, `rate`."""
    columns = rate_columns(world, declared)
    bad = Binary("or", IsNull(columns["rate"]), Binary("<=", columns["rate"], Literal(0)))
    step = Select(
        tuple(Named(node, name) for name, node in columns.items()),
        _relation(world, declared),
        where=(bad,),
        order_by=_orders(),
        limit=limit,
    )
    return write(Query((), step), dialect(spelling))


def clashes_sql(world: World, declared: Currencies, *, limit: int, spelling: str) -> str:
    """Pairs that have several different rates on one day, as `low` and `high`."""
    columns = rate_columns(world, declared)
    keys = tuple(columns[name] for name in _PAIR)
    rate = columns["rate"]
    ends = tuple(
        Named(Aggregate(agg, rate), name) for agg, name in (("min", "low"), ("max", "high"))
    )
    step = Select(
        (*(Named(columns[name], name) for name in _PAIR), *ends),
        _relation(world, declared),
        grouped=True,
        group_by=keys,
        having=(Binary(">", Aggregate("count_distinct", rate), Literal(1)),),
        order_by=_orders(),
        limit=limit,
    )
    return write(Query((), step), dialect(spelling))


def gaps_sql(world: World, declared: Currencies, *, limit: int, spelling: str) -> str:
    """Where the rates of a pair stop for longer than one holds: `day` and `next_day`."""
    columns = rate_columns(world, declared)
    keys = tuple(columns[name] for name in _PAIR)
    days = Select(
        tuple(Named(columns[name], name) for name in _PAIR),
        _relation(world, declared),
        where=(IsNull(columns["rate"], negated=True),),
        grouped=True,
        group_by=keys,
    )
    following = Lead(
        Column(None, "day"), 1, Column(None, "day"), (Column(None, "given"), Column(None, "got"))
    )
    spans = Select(
        (*_plain(), Named(following, "next_day")), Relation("rate_days", "rate_days", True)
    )
    until = Shifted(Column(None, "day"), _and_a_day(declared.stale_after), 1)
    answer = Select(
        (*_plain(), Named(Column(None, "next_day"), "next_day")),
        Relation("rate_spans", "rate_spans", True),
        where=(Binary(">", Column(None, "next_day"), until),),
        order_by=_orders(),
        limit=limit,
    )
    return write(Query((("rate_days", days), ("rate_spans", spans)), answer), dialect(spelling))


def _and_a_day(span: Span) -> Span:
    """A span of days and one more: a rate holds on its day and so many days after it."""
    return Span(span.count + 1, "day") if span.grain == "day" else span


def _plain() -> tuple[Named, ...]:
    return tuple(Named(Column(None, name), name) for name in _PAIR)


def _orders() -> tuple[Sort, ...]:
    return tuple(Sort(name, False) for name in _PAIR)


def _relation(world: World, declared: Currencies) -> Relation:
    return Relation(world.relations.get(declared.table, declared.table), declared.table)


def known_sql(world: World, declared: Currencies, *, spelling: str) -> str:
    """The pairs of currencies that have rates: `given` and `got`."""
    columns = rate_columns(world, declared)
    pair = tuple(Named(columns[name], name) for name in ("given", "got"))
    step = Select(pair, _relation(world, declared), distinct=True)
    return write(Query((), step), dialect(spelling))
