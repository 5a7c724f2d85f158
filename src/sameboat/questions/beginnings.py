"""The first period of a table, of which counts and sums are partial where its rows begin inside.

A table whose first row is of a Thursday has four of the seven days of its first week. That week is
no low one: it is marked as not complete, so that it sets no limits and is compared with nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from sameboat.compiler import audits
from sameboat.errors import SameboatError
from sameboat.periods import PERIOD_GRAINS, Period, Reckoning
from sameboat.project.model import Table
from sameboat.questions.computing import TableAge
from sameboat.questions.reckoning import reckoning_of
from sameboat.questions.wanted import Wanted, tables_of
from sameboat.questions.workspace import Workspace

PART = 10
"""A period lacks rows where they begin a tenth of it later than they usually do."""

OTHERS, FEWEST = 8, 3
"""Of how many later periods the usual day is told, and of how many at least."""


def with_beginnings(
    workspace: Workspace, ages: Mapping[str, TableAge], wanted: Sequence[Wanted]
) -> dict[str, TableAge]:
    """The same ages, with the grains in whose first period the rows of a table begin inside."""
    reckoning = reckoning_of(workspace.project)
    found = dict(ages)
    for name, age in ages.items():
        table = workspace.project.tables.get(name)
        if table is None or table.time is None or age.since is None:
            continue
        grains = {
            one.grain for one in wanted if name in tables_of(workspace.project, one.metric)
        } & set(PERIOD_GRAINS)
        late = [grain for grain in grains if _is_late(age.since, grain, reckoning)]
        days = _days(workspace, table) if late else ()
        inside = frozenset(grain for grain in late if begins_inside(days, grain, reckoning))
        found[name] = replace(age, inside=inside)
    return found


def begins_inside(days: Sequence[dt.date], grain: str, reckoning: Reckoning) -> bool:
    """Whether the first of some days lies farther inside its period than later first days do.

    Each later period counts by its own first day: what is stamped at the end of each month begins
    in none of them too late. Of fewer than three later periods nothing is told.

    >>> daily = [dt.date(2026, 1, 15) + dt.timedelta(days=n) for n in range(120)]
    >>> monthly = [dt.date(2026, month, 28) for month in range(1, 6)]
    >>> [begins_inside(days, "month", Reckoning()) for days in (daily, monthly)]
    [True, False]
    """
    firsts: dict[dt.date, tuple[int, int]] = {}
    for day in sorted(days):
        period = Period.holding(day, grain, reckoning)
        if period.start not in firsts:
            if len(firsts) > OTHERS:
                break
            firsts[period.start] = _place(day, period)
    (offset, length), *others = firsts.values() if firsts else [(0, 1)]
    usual = [one for one, _ in others]
    if len(usual) < FEWEST:
        return False
    return offset > max(usual) and (offset - float(np.median(usual))) * PART >= length


def _is_late(day: dt.date, grain: str, reckoning: Reckoning) -> bool:
    offset, length = _place(day, Period.holding(day, grain, reckoning))
    return offset * PART >= length


def _place(day: dt.date, period: Period) -> tuple[int, int]:
    """How many days of a period lie before a day, and how many it has."""
    return (day - period.start).days, (period.end - period.start).days + 1


def _days(workspace: Workspace, table: Table) -> tuple[dt.date, ...]:
    """The days on which a table has rows, oldest first; none where that cannot be told."""
    time = audits.value(table, table.time or "")
    try:
        sql = audits.history_sql(workspace.world, table.name, time, "day", workspace.dialect)
        found = workspace.warehouse.run(sql).column("period").to_pylist()
    except SameboatError:
        return ()
    days = (one.date() if isinstance(one, dt.datetime) else one for one in found)
    return tuple(day for day in days if isinstance(day, dt.date))
