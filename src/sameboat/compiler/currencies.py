"""Exchange rates as steps of a query, and money exchanged row by row before it is added up.

A rate holds on its day and after it, until the next one comes or it is stale. Of a pair of
currencies one kind of rates is used and never a mixture: those of the pair itself, else those of
the opposite direction, else those of both currencies against the project's own. A day whose rates
contradict each other, or are not above nothing, has no rate.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from sameboat.errors import RequestError
from sameboat.periods import Period, Span
from sameboat.project.formula import Binary, Case, Cast, IsNull, Literal, Node
from sameboat.project.model import Currencies

from .expressions import (
    Aggregate,
    Column,
    Extreme,
    Join,
    Lead,
    Named,
    Quotient,
    Relation,
    Scalar,
    Select,
    Shifted,
    Spine,
    Trunc,
    Union,
)
from .joins import column_expression
from .leaf import Leaf
from .money import AS_AT, Exchange
from .plan import Plan, World, moment
from .query import Item
from .source import Source

_GREATEST = 10**12
"""No rate is greater; so that a rate which is no number is none."""

_MONEY, _RATE = (20, 4), (18, 12)
"""Digits, and those after the point, of exact money and of the rates that it is multiplied by.

Together they are the 38 that every engine has; DuckDB multiplies decimals of 18 digits or fewer
in 18 digits, which 100.0000 × 1.250000000000 overflows.
"""


def exchanged(source: Source, leaf: Leaf, of: Node, exchange: Exchange) -> Node:
    """A row's money in the wanted currency, nothing where no rate is known.

    For a leaf that looks for lacking rates: 1 where a row has money and no rate, else nothing.
    """
    code = _code(source, exchange)
    rate = _rate(source, exchange, code)
    if exchange.lacking:
        other = Binary("or", IsNull(code), Binary("<>", code, Literal(exchange.into)))
        lacks = Binary("and", Binary("and", IsNull(of, negated=True), IsNull(rate)), other)
        return Case(None, ((lacks, Literal(1)),), None)
    if leaf.decimals is None:
        money: Node = Binary("*", of, rate)
    else:
        money = Binary("*", Cast(of, "decimal", _MONEY), Cast(rate, "decimal", _RATE))
    return Case(None, ((Binary("=", code, Literal(exchange.into)), of),), money)


def _code(source: Source, exchange: Exchange) -> Node:
    if exchange.code is not None:
        return Literal(exchange.code)
    return source.item(Item(exchange.source))


def _rate(source: Source, exchange: Exchange, code: Node) -> Node:
    """The rate of a row, joined once for all money that is exchanged alike."""
    plain = replace(exchange, lacking=False)
    key = ("rates", plain)
    if key not in source.joins:
        if source.beside is None:
            raise RequestError(
                "no-exchange-rates", f"money cannot be exchanged into {exchange.into} here"
            )
        step = source.beside(plain)
        on: Node = Binary("=", code, Column(step, "currency"))
        if exchange.rates == AS_AT:
            day = Trunc("day", source.time_value())
            on = Binary("and", on, Binary("=", day, Column(step, "day")))
        source.joins[key] = Join(Relation(step, step, True), on)
    return Column(source.joins[key].relation.alias, "rate")


# ── the steps ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Rates:
    """Rates under construction; `daily` says whether they are by day, or one for all days."""

    draft: Plan
    declared: Currencies
    daily: bool

    @property
    def keys(self) -> tuple[str, ...]:
        return ("currency", "day") if self.daily else ("currency",)

    def add(self, wanted: str, step: Select | Union | Spine) -> str:
        return self.draft.add(wanted, step)


def rates_step(draft: Plan, exchange: Exchange) -> str:
    """A step with the rate of each currency into the wanted one: `currency`, `day` and `rate`.

    With fixed rates there is no `day`. Raises RequestError (`unknown-period`, `no-exchange-rates`).
    """
    declared = draft.world.currencies
    if declared is None:
        raise RequestError("no-exchange-rates", "the project declares no exchange rates")
    own = draft.world.currency
    rates = _Rates(draft, declared, exchange.rates == AS_AT)
    wanted = {exchange.into, own} - {None}
    pairs = _pairs(rates, exchange, tuple(sorted(w for w in wanted if w is not None)))
    into = exchange.into
    if own is None or own == into:
        return _best(rates, pairs, into)
    straight = _best(rates, pairs, into, "straight")
    kept = tuple(Named(Column(None, key), key) for key in (*rates.keys, "rate"))
    kinds = [
        Select((*kept, Named(Literal(1), "kind")), Relation(straight, straight, True)),
        _across(rates, _best(rates, pairs, own), straight, own, into),
    ]
    return _chosen(rates, kinds, into)


def _pairs(rates: _Rates, exchange: Exchange, wanted: tuple[str, ...]) -> str:
    """Rates by pair: `given`, `got`, `rate`, and the days on which each one holds."""
    published = rates.add("published_rates", _published(rates, wanted))
    stale = rates.declared.stale_after
    if exchange.rates != AS_AT:
        period = _period(rates.draft, exchange.rates)
        if period.grain != "day":
            return rates.add("mean_rates", _mean(published, period))
        return rates.add("held_rates", _held(rates, published, period.start, stale))
    return _by_day(rates, published, stale)


def rate_columns(world: World, declared: Currencies) -> dict[str, Node]:
    """The values of a row of rates: `given`, `got`, `day` and `rate`."""
    table, alias = world.tables[declared.table], declared.table

    def column(text: str) -> Node:
        made = table.dimensions.get(text)
        return column_expression(table, alias, (made.expr if made else None) or text)

    return {
        "given": column(declared.from_),
        "got": column(declared.to),
        "day": Trunc("day", column(declared.time)),
        "rate": column(declared.rate),
    }


def _published(rates: _Rates, wanted: tuple[str, ...]) -> Select:
    """The rates of the table, one per pair and day; none where they contradict each other."""
    world, alias = rates.draft.world, rates.declared.table
    given, got, day, rate = rate_columns(world, rates.declared).values()
    once = Binary("=", Aggregate("count_distinct", rate), Literal(1))
    low, high = Aggregate("min", rate), Aggregate("max", rate)
    sound = Binary("and", Binary(">", low, Literal(0)), Binary("<", high, Literal(_GREATEST)))
    told = Case(None, ((Binary("and", once, sound), low),), None)
    either: Node | None = None
    for code in wanted:
        named = Binary("or", *(Binary("=", side, Literal(code)) for side in (given, got)))
        either = named if either is None else Binary("or", either, named)
    assert either is not None, "there is always a currency to exchange into"
    return Select(
        (Named(given, "given"), Named(got, "got"), Named(day, "day"), Named(told, "rate")),
        Relation(world.relations.get(alias, alias), alias),
        where=(IsNull(rate, negated=True), Binary("<>", given, got), either),
        grouped=True,
        group_by=(given, got, day),
    )


def _mean(published: str, period: Period) -> Select:
    """The mean of the rates published in a period; none where one of them cannot be used."""
    whole = Binary("=", Aggregate("count", None), Aggregate("count", Column(None, "rate")))
    mean = Case(None, ((whole, Aggregate("average", Column(None, "rate"))),), None)
    keys = (Column(None, "given"), Column(None, "got"))
    inside = (
        Binary(">=", Column(None, "day"), moment(_midnight(period.start))),
        Binary("<=", Column(None, "day"), moment(_midnight(period.end))),
    )
    return Select(
        (*(Named(key, key.name) for key in keys), Named(mean, "rate")),
        Relation(published, published, True),
        where=inside,
        grouped=True,
        group_by=keys,
    )


def _spans(rates: _Rates, published: str) -> str:
    """Each rate with the day of the next one of its pair."""
    plain = tuple(Named(Column(None, name), name) for name in ("given", "got", "day", "rate"))
    pair = (Column(None, "given"), Column(None, "got"))
    following = Lead(Column(None, "day"), 1, Column(None, "day"), pair)
    return rates.add(
        "rate_spans",
        Select((*plain, Named(following, "next_day")), Relation(published, published, True)),
    )


def _held(rates: _Rates, published: str, day: dt.date, stale: Span) -> Select:
    """The rates that hold on one day."""
    spans = _spans(rates, published)
    on = moment(_midnight(day))
    return Select(
        tuple(Named(Column(None, name), name) for name in ("given", "got", "rate")),
        Relation(spans, spans, True),
        where=_holds(spans, on, stale, qualified=False),
    )


def _holds(spans: str, day: Node, stale: Span, *, qualified: bool = True) -> tuple[Node, ...]:
    """Conditions that a rate holds on a day: it has come, the next has not, and it is not stale."""
    source = spans if qualified else None
    came, following = Column(source, "day"), Column(source, "next_day")
    before_next = Binary("or", IsNull(following), Binary("<", day, following))
    return (
        Binary(">=", day, came),
        before_next,
        Binary("<=", day, Shifted(came, stale, 1)),
    )


def _by_day(rates: _Rates, published: str, stale: Span) -> str:
    """The rates of every day on which one holds."""
    spans = _spans(rates, published)
    ends = tuple(
        Scalar(Aggregate(agg, Column(None, "day")), Relation(published, published, True))
        for agg in ("min", "max")
    )
    days = rates.add("rate_days", Spine("day", "rate_day", ends[0], Shifted(ends[1], stale, 1)))
    day = Column(days, "rate_day")
    conditions = _holds(spans, day, stale)
    on = conditions[0]
    for condition in conditions[1:]:
        on = Binary("and", on, condition)
    columns = tuple(Named(Column(spans, name), name) for name in ("given", "got", "rate"))
    step = Select(
        (*columns, Named(Trunc("day", day), "day")),
        Relation(spans, spans, True),
        (Join(Relation(days, days, True), on, "inner"),),
    )
    return rates.add("daily_rates", step)


# ── one kind of rates per currency ───────────────────────────────────────────────────────────


def _best(rates: _Rates, pairs: str, into: str, name: str = "into") -> str:
    """The rates into a currency, of the pair itself or else of the opposite direction."""
    selects = [_direct(rates, pairs, into), _opposite(rates, pairs, into)]
    return _chosen(rates, selects, into, name)


def _direct(rates: _Rates, pairs: str, into: str) -> Select:
    where = Binary("=", Column(None, "got"), Literal(into))
    return _kind(rates, pairs, Column(None, "given"), Column(None, "rate"), 1, where)


def _opposite(rates: _Rates, pairs: str, into: str) -> Select:
    where = Binary("=", Column(None, "given"), Literal(into))
    turned = Quotient(Literal(1), Column(None, "rate"))
    return _kind(rates, pairs, Column(None, "got"), turned, 2, where)


def _kind(rates: _Rates, pairs: str, currency: Node, rate: Node, kind: int, where: Node) -> Select:
    day = (Named(Column(None, "day"), "day"),) if rates.daily else ()
    columns = (
        Named(currency, "currency"), *day,
        Named(Cast(rate, "double"), "rate"), Named(Literal(kind), "kind"),
    )  # fmt: skip
    return Select(columns, Relation(pairs, pairs, True), where=(where,))


def _across(rates: _Rates, first: str, then: str, own: str, into: str) -> Select:
    """Rates by way of the project's currency: first into that, then on."""
    on: Node = Binary("=", Column("onward", "currency"), Literal(own))
    day: tuple[Named, ...] = ()
    if rates.daily:
        on = Binary("and", on, Binary("=", Column("onward", "day"), Column(first, "day")))
        day = (Named(Column(first, "day"), "day"),)
    columns = (
        Named(Column(first, "currency"), "currency"),
        *day,
        Named(Binary("*", Column(first, "rate"), Column("onward", "rate")), "rate"),
        Named(Literal(2), "kind"),
    )
    return Select(
        columns,
        Relation(first, first, True),
        (Join(Relation(then, "onward", True), on, "inner"),),
        where=(Binary("<>", Column(first, "currency"), Literal(into)),),
    )


def _chosen(rates: _Rates, selects: list[Select], into: str, name: str = "into") -> str:
    """Of several kinds of rates into a currency, for each currency the first kind that it has."""
    kinds = rates.add(f"rates_{name}_{into.lower()}_by_kind", Union(tuple(selects)))
    kept = tuple(Named(Column(None, key), key) for key in (*rates.keys, "rate", "kind"))
    first = Extreme("min", Column(None, "kind"), (Column(None, "currency"),))
    ranked = rates.add(
        f"rates_{name}_{into.lower()}_ranked",
        Select((*kept, Named(first, "first_kind")), Relation(kinds, kinds, True)),
    )
    return rates.add(
        f"rates_{name}_{into.lower()}",
        Select(
            kept[:-1],
            Relation(ranked, ranked, True),
            where=(Binary("=", Column(None, "kind"), Column(None, "first_kind")),),
        ),
    )


def _period(draft: Plan, text: str) -> Period:
    """The day or period of fixed rates."""
    return Period.parse(text, draft.world.reckoning)


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time.min)
