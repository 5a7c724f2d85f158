"""Durations: the time from one moment to another, as a simple metric over a table's rows."""

from __future__ import annotations

import datetime as dt

from sameboat.errors import RequestError
from sameboat.project.model import Duration, Simple, Table

SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
"""How long the units of a duration are."""

PERCENTILES = {"p75": 0.75, "p90": 0.9, "p95": 0.95}


def as_simple(metric: Duration, table: Table, now: dt.datetime | None) -> Simple:
    """The simple metric that computes a duration.

    A row counts in the period in which it ended; rows that are still open are left out, or, with
    `open_until: now`, last until now and count in their table's own time. A row that ends before
    it starts counts as it stands, and `check` reports it.
    """
    start, end = _moment(table, metric.start), _moment(table, metric.end)
    filters = metric.filter
    time = metric.time or (metric.end if metric.end in table.dimensions else table.time)
    if metric.open_until == "now":
        until = f"cast('{now:%Y-%m-%d %H:%M:%S}' as timestamp)" if now else "current_timestamp"
        end = f"coalesce({end}, {until})"
        time = metric.time or table.time
    elif metric.open_until is not None:
        raise RequestError(
            "request-invalid", f"{metric.name!r} has open_until {metric.open_until!r}, not 'now'"
        )
    else:
        filters = (*filters, f"{_raw(table, metric.end)} is not null")
    summary = metric.summary
    return Simple(
        type="simple",
        name=metric.name,
        table=metric.table,
        agg="percentile" if summary in PERCENTILES else summary,
        percentile=PERCENTILES.get(summary),
        expr=f"date_diff('second', {start}, {end}) / {SECONDS[_unit(metric)]}.0",
        time=time,
        filter=filters,
    )


def _raw(table: Table, name: str) -> str:
    """The expression of a dimension, or the column of that name."""
    dimension = table.dimensions.get(name)
    return (dimension.expr if dimension else None) or name


def _moment(table: Table, name: str) -> str:
    return f"cast({_raw(table, name)} as timestamp)"


def _unit(metric: Duration) -> str:
    unit = (metric.unit or "days").rstrip("s")
    if unit not in SECONDS:
        raise RequestError(
            "request-invalid",
            f"the duration {metric.name!r} has the unit {metric.unit!r}",
            hint=f"Use one of {', '.join(f'{name}s' for name in SECONDS)}.",
        )
    return unit
