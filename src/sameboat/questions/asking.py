"""What a person asks, in names and texts, becomes a request to the compiler."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from sameboat.compiler.money import AS_AT
from sameboat.compiler.query import KNOWN_GRAINS, Item, Order, Request
from sameboat.errors import RequestError, did_you_mean
from sameboat.periods import Period, range_of
from sameboat.project.declared import Project
from sameboat.project.model import SavedQuery
from sameboat.questions.reckoning import reckoning_of
from sameboat.units import is_currency

Asked = str | Mapping[str, str | None]


def request_of(
    project: Project,
    *,
    metrics: Iterable[str] = (),
    group_by: Iterable[Asked] = (),
    where: Iterable[str] | str = (),
    start: str | dt.date | None = None,
    end: str | dt.date | None = None,
    order_by: Iterable[str] | str = (),
    limit: int | None = None,
    saved_query: str | None = None,
    min_max_only: bool = False,
    ungrouped: bool = False,
    currency: str | None = None,
    rates: str | None = None,
) -> Request:
    """The request that these names and texts ask for; a saved query is what they add to.

    Raises RequestError with what to write instead.
    """
    grains = known_grains(project)
    asked_metrics, asked_by = _listed(metrics), list(group_by)
    filters, orders = _listed(where), _listed(order_by)
    if saved_query is not None:
        saved = _saved(project, saved_query)
        asked_metrics = [*saved.metrics, *asked_metrics]
        asked_by = [*saved.group_by, *asked_by]
        filters = [*saved.where, *filters]
        orders = orders or list(saved.order_by)
        limit = saved.limit if limit is None else limit
        start, end = start or saved.start, end or saved.end
    if limit is not None and limit < 0:
        raise RequestError("request-invalid", f"a limit of {limit} rows makes no sense")
    return Request(
        metrics=tuple(dict.fromkeys(asked_metrics)),
        group_by=tuple(dict.fromkeys(Item.of(item, grains) for item in asked_by)),
        where=tuple(filters),
        start=_first(project, start),
        end=_last(project, end),
        order_by=tuple(_order(text, grains) for text in orders),
        limit=limit,
        min_max_only=min_max_only,
        ungrouped=ungrouped,
        currency=_currency(currency),
        rates=_rates(project, rates),
    )


def _currency(code: str | None) -> str | None:
    if code is None or is_currency(code):
        return code
    raise RequestError(
        "currency-unknown",
        f"{code!r} is not a currency",
        hint="Write its three letters, such as EUR.",
    )


def _rates(project: Project, text: str | None) -> str | None:
    """The name of fixed rates' day or period in its own spelling, or `as_at`."""
    if text is None or text == AS_AT:
        return text
    return str(Period.parse(text, reckoning_of(project)))


def known_grains(project: Project) -> tuple[str, ...]:
    """The standard grains and those that the project's spine tables add."""
    calendar = project.root.calendar
    spines = (*((calendar.time_spine,) if calendar.time_spine else ()), *calendar.more_spines)
    return (*KNOWN_GRAINS, *(name for spine in spines for name in spine.custom))


def _saved(project: Project, name: str) -> SavedQuery:
    if name not in project.saved_queries:
        raise RequestError(
            "unknown-saved-query",
            f"{name!r} is not a saved query",
            hint=did_you_mean(name, project.saved_queries),
        )
    return project.saved_queries[name]


def _listed(value: Iterable[str] | str) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _order(text: str, grains: Sequence[str]) -> Order:
    descending = text.startswith("-")
    return Order(Item.of(text.removeprefix("-"), grains), descending)


def _first(project: Project, text: str | dt.date | None) -> dt.datetime | None:
    """The first moment of what a text names."""
    if text is None:
        return None
    return _range(project, text)[0]


def _last(project: Project, text: str | dt.date | None) -> dt.datetime | None:
    """The last moment of what a text names: ends are included."""
    if text is None:
        return None
    return _range(project, text)[1]


def _range(project: Project, text: str | dt.date) -> tuple[dt.datetime, dt.datetime]:
    if isinstance(text, dt.datetime):
        return text, text
    return range_of(str(text), reckoning_of(project))
