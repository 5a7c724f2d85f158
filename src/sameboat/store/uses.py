"""How often each metric is asked for, per day and way of asking; never by whom."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import func, insert, select, update
from sqlalchemy.engine import Connection

from sameboat.store.connect import Store
from sameboat.store.schema import uses as table
from sameboat.store.tally import Way


@dataclass(frozen=True)
class Uses:
    """Since when uses are counted, and per metric its last use and how many there were."""

    since: dt.date | None = None
    last: Mapping[str, dt.date] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)


def uses(store: Store, *, since: dt.date | None = None) -> Uses:
    """All that is known of uses; `counts` are those from the day `since` on, if it is given."""
    first, last = func.min(table.c.day), func.max(table.c.day)
    found = store.rows(select(table.c.metric, first, last).group_by(table.c.metric))
    counted = select(table.c.metric, func.sum(table.c["count"])).group_by(table.c.metric)
    if since is not None:
        counted = counted.where(table.c.day >= since)
    return Uses(
        min((row[1] for row in found), default=None),
        {row[0]: row[2] for row in found},
        {row[0]: int(row[1]) for row in store.rows(counted)},
    )


def count(connection: Connection, counts: Mapping[tuple[str, Way], int], *, day: dt.date) -> None:
    """Add so many uses per metric and way to those of a day, in a transaction of its own writer."""
    held = table.c
    for (metric, way), more in sorted(counts.items()):
        here = (held.metric == metric) & (held.day == day) & (held.way == way)
        done = connection.execute(update(table).where(here).values(count=held["count"] + more))
        if done.rowcount == 0:
            connection.execute(insert(table).values(metric=metric, day=day, way=way, count=more))
