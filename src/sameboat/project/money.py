"""What a project says of currencies and scenarios, and what of it means nothing."""

from __future__ import annotations

from collections.abc import Iterator

from sameboat.errors import Finding, SameboatError, did_you_mean
from sameboat.periods import Period
from sameboat.project.model import Simple, Table
from sameboat.project.places import Path
from sameboat.project.vocabulary import Vocabulary
from sameboat.units import currency_of, is_code, is_currency

_AMOUNTS = ("sum", "average", "min", "max", "median", "percentile")


def money(known: Vocabulary) -> Iterator[Finding]:
    """A finding for each currency, rate and scenario that means nothing, and for mixed money."""
    root = known.project.root
    if root.currency is not None and not is_currency(root.currency):
        yield _no_currency(known, root.currency, ("currency",))
    for name, table in known.project.tables.items():
        if table.currency is not None:
            yield from _source(known, table.currency, table, ("tables", name, "currency"))
        for dimension, made in table.dimensions.items():
            if made.scenario is not None and made.scenario.every not in known.grains:
                path: Path = ("tables", name, "dimensions", dimension, "scenario")
                message = f"{made.scenario.every!r} is not a grain of time."
                hint = did_you_mean(made.scenario.every, sorted(known.grains))
                yield _finding(known, "unknown-grain", message, path, hint=hint)
    for name, metric in known.project.metrics.items():
        if isinstance(metric, Simple):
            yield from _metric(known, metric, ("metrics", name))


def _metric(known: Vocabulary, metric: Simple, path: Path) -> Iterator[Finding]:
    table = known.project.tables.get(metric.table)
    if metric.currency is not None and table is not None:
        yield from _source(known, metric.currency, table, (*path, "currency"))
    if metric.rates is not None and metric.rates != "as_at":
        try:
            Period.parse(metric.rates)
        except SameboatError as error:
            yield error.findings[0].at(known.project.place(*path, "rates"))
    source = metric.currency or (table.currency if table else None)
    if source is None or is_code(source) or metric.agg not in _AMOUNTS:
        return
    if metric.unit is None and metric.currency is None:
        yield _finding(
            known, "currency-unknown", f"{metric.name!r} adds up rows of several currencies "
            "and has no unit: nobody can say whether it is money.", path,
            hint="Give it a unit: a currency, or `number` where it is no money.", warning=True,
        )  # fmt: skip
    elif currency_of(metric.unit) is not None and known.project.root.currencies is None:
        yield _finding(
            known, "no-exchange-rates", f"{metric.name!r} is money of several currencies, and "
            "the project has no exchange rates.", path,
            hint="Declare `currencies:` in sameboat.yml: the table of exchange rates.",
        )  # fmt: skip


def _source(known: Vocabulary, text: str, table: Table, path: Path) -> Iterator[Finding]:
    """A currency's code, or the dimension or column that says it."""
    if is_code(text):
        if not is_currency(text):
            yield _no_currency(known, text, path)
    elif "__" in text and not known.leads(text, table):
        yield _finding(
            known, "unknown-dimension",
            f"{text!r} is not a dimension of any table that can be reached.", path,
            hint=did_you_mean(text, sorted(known.qualified)),
        )  # fmt: skip


def _no_currency(known: Vocabulary, code: str, path: Path) -> Finding:
    hint = "Write its three letters, such as GBP; a column is written in another way."
    return _finding(known, "currency-unknown", f"{code!r} is not a currency.", path, hint=hint)


def _finding(
    known: Vocabulary,
    code: str,
    message: str,
    path: Path,
    *,
    hint: str | None = None,
    warning: bool = False,
) -> Finding:
    where = known.project.place(*path)
    return Finding(code, message, where, hint, "warning" if warning else "error")
