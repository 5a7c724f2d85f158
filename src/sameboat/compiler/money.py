"""From which currency into which a metric's money is exchanged, and at which rates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sameboat.errors import RequestError
from sameboat.project.model import (
    Cumulative,
    Derived,
    Index,
    Metric,
    Ratio,
    Retention,
    Simple,
    Table,
)
from sameboat.units import currency_of, is_code

AS_AT = "as_at"
"""Each row at the rate of its own day; anything else names the day or period of fixed rates."""

_AMOUNTS = ("sum", "average", "min", "max", "median", "percentile")


@dataclass(frozen=True)
class Exchange:
    """How the money of rows becomes money of one currency.

    `source` is a currency's code, or the dimension or column that says it row by row; `rates` is
    `AS_AT` or the name of a day or period. With `lacking`, rows are told that have money and no
    rate, in place of their money.
    """

    source: str
    into: str
    rates: str
    lacking: bool = False

    @property
    def code(self) -> str | None:
        """The currency of all rows, where it is one."""
        return self.source if is_code(self.source) else None


@dataclass(frozen=True)
class Money:
    """What a project and a request say of currencies.

    `rated` tells whether the project has exchange rates, `own` is the project's currency, `asked`
    and `rates` are what the request wants to see.
    """

    rated: bool = False
    own: str | None = None
    asked: str | None = None
    rates: str | None = None

    def shown_in(self, metric: Metric, metrics: Mapping[str, Metric]) -> str | None:
        """The currency in which a metric's money is figured; None where each input keeps its own.

        That is the one asked for, else that of the metric's own unit. A share of figures in
        several currencies is figured in the project's.
        """
        if self.asked or not self.rated:
            return self.asked
        own = currency_of(metric.unit)
        if own is None and len(set(_currencies(metric, metrics))) > 1:
            return self.own
        return own

    def exchange(self, metric: Simple, table: Table, shown_in: str | None) -> Exchange | None:
        """How a simple metric's money is exchanged; None where it is shown as the rows hold it.

        Raises RequestError: `no-exchange-rates`, `currency-unknown`.
        """
        said = metric.currency or table.currency
        if metric.agg not in _AMOUNTS or not (said or self.asked):
            return self._between_units(metric, shown_in)
        unit = currency_of(metric.unit)
        if unit is None and metric.currency is None:
            if self.asked and said and metric.unit is None:
                raise RequestError(
                    "currency-unknown",
                    f"{metric.name!r} has no unit, so nobody can say whether it is money",
                    hint="Give it a unit: a currency, or `number` where it is no money.",
                )
            return None
        source, into = said or unit or "", shown_in or unit or self.own
        if into is None:
            raise RequestError(
                "currency-unknown",
                f"nothing says in which currency {metric.name!r} is figured",
                hint="Give the metric `unit: EUR`, or the project `currency: EUR`.",
            )
        return self._checked(metric, source, into)

    def _between_units(self, metric: Simple, shown_in: str | None) -> Exchange | None:
        """A figure whose own unit is another currency than that of the metric that it enters."""
        if shown_in is None or metric.agg not in _AMOUNTS:
            return None
        unit = currency_of(metric.unit)
        return None if unit is None else self._checked(metric, unit, shown_in)

    def _checked(self, metric: Simple, source: str, into: str) -> Exchange | None:
        if source == into:
            return None
        if not self.rated:
            raise RequestError(
                "no-exchange-rates",
                f"{metric.name!r} is money in {source}, and nothing says how to exchange it "
                f"into {into}",
                hint="Declare `currencies:` in sameboat.yml: the table of exchange rates.",
            )
        return Exchange(source, into, self.rates or metric.rates or AS_AT)


def refuse_mixed(metric: Retention, table: Table) -> None:
    """Refuse a cohort whose amounts are in several currencies: a rate is no expansion.

    Raises RequestError (`currency-mixed`).
    """
    if table.currency is not None and not is_code(table.currency):
        raise RequestError(
            "currency-mixed",
            f"{metric.name!r} follows amounts of table {table.name!r} that are in several "
            "currencies",
            hint="Write a `sql:` table with the amounts in one currency at one rate.",
        )


def _currencies(metric: Metric, metrics: Mapping[str, Metric], depth: int = 0) -> Iterator[str]:
    """The currencies of the units of all that a metric is made of."""
    unit = currency_of(metric.unit)
    if unit is not None:
        yield unit
        return
    match metric:
        case Ratio():
            inner = [metric.numerator.metric, metric.denominator.metric]
        case Derived():
            inner = [given.metric for given in metric.metrics]
        case Cumulative():
            inner = [metric.metric.metric]
        case Index():
            inner = [part.metric for part in metric.parts]
        case _:
            return
    for name in inner if depth < len(metrics) else ():
        if name in metrics:
            yield from _currencies(metrics[name], metrics, depth + 1)
