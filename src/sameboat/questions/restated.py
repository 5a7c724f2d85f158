"""Was a signal taken back by restated points, or did the KPI become routine?"""

from __future__ import annotations

import numpy as np

from sameboat.analysis.limits import AHEAD
from sameboat.questions.judging import day_month
from sameboat.questions.rows import BoardRow
from sameboat.questions.workspace import Workspace
from sameboat.store import points
from sameboat.store.packing import PackedSeries
from sameboat.store.signals import RaisedSignal


def restated(workspace: Workspace, before: RaisedSignal, row: BoardRow) -> str | None:
    """In words which points of a raised signal are others by now; None where it was not that.

    The points from `since` on are compared as the run that raised it knew them and as they are
    known now. Where the KPI went routine by points that came after, nothing was taken back, even
    if old points moved a little: so none of its points may stand out any more, and they must
    still be among those that are judged.
    """
    if before.since is None or before.grain != row.series.grain:
        return None
    store, metric, grain = workspace.store, row.series.metric, row.series.grain
    then = points.series(store, metric=metric, grain=grain, as_known_at=before.run)
    now = points.series(store, metric=metric, grain=grain)
    if then is None or now is None:
        return None
    first = np.datetime64(before.since, "D")
    known = then.periods[then.complete & (then.periods >= first)]
    if not len(known) or not _judged_still(row, known[-1]) or _stands_out(row, first, known[-1]):
        return None
    if then.definition_hash != now.definition_hash:
        return f"the definition is another one, version {now.definition_version}"
    changed = sum(_value(then, day) != _value(now, day) for day in known)
    if not changed:
        return None
    many = f"{changed} of its {len(known)} points" if len(known) > 1 else "its point"
    verb = "was" if changed == 1 else "were"
    return f"{many} since {day_month(before.since)} {verb} restated"


def _judged_still(row: BoardRow, last: np.datetime64) -> bool:
    """Whether a period is among the latest ones that have a value."""
    series = row.series
    valued = [
        np.datetime64(day, "D")
        for at, day in enumerate(series.periods)
        if series.values[at] is not None
    ]
    return any(day <= last for day in valued[-AHEAD:])


def _stands_out(row: BoardRow, first: np.datetime64, last: np.datetime64) -> bool:
    days = (np.datetime64(row.series.periods[one.index], "D") for one in row.series.signals)
    return any(first <= day <= last for day in days)


def _value(points: PackedSeries, day: np.datetime64) -> float | None:
    """The value of a period to the figures that count; None where it has none."""
    at = np.flatnonzero(points.periods == day)
    if not len(at) or np.isnan(points.values[at[0]]):
        return None
    value = float(points.values[at[0]])
    return float(f"{value:.9g}")
