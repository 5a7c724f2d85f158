"""The KPI to begin with: one that has a figure in these data, at a grain at which it has one.

The first metrics are asked once on the data. A first board that says "undefined" though the data
hold a figure would be the fault of this choice: a month that nobody bought in, groups of fewer
than ten people, or data that ended years before today.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sameboat.errors import SameboatError
from sameboat.periods import Span, add, floor
from sameboat.questions.first_look.look import FirstLook
from sameboat.questions.first_look.measures import MetricDraft
from sameboat.questions.opened import Opened, open_workspace

GRAINS = ("month", "quarter", "year")
ENDED_AFTER = dt.timedelta(days=92)
"""Data without a row for longer than a quarter are taken as history."""

ASKED = 12
"""How many metrics are asked at most; a folder of thirty tables has more than that."""

_ORDER = {"ratio": 0, "survey": 1, "sum": 2, "duration": 3}
_COUNT = 4


@dataclass(frozen=True)
class FirstKpi:
    """The metric and grain of the example KPI; `shown` says that it has a figure.

    `as_of` is the first moment after the newest row, None where no table has a time; `ended`
    says that the data stop so long ago that they are judged as of then.
    """

    metric: str
    grain: str = "month"
    shown: bool = False
    as_of: dt.date | None = None
    ended: bool = False


def first_kpi(
    look: FirstLook, *, today: dt.date, write: Callable[[Path, FirstKpi], Mapping[Path, str]]
) -> FirstKpi:
    """The most telling metric that has a figure in its last whole period, else the most telling.

    `write` gives the texts of the project in a folder; it is asked for one that is thrown away.
    """
    ranked = _ranked(look)
    days = {name: day for name, day in look.newest.items() if day <= today}
    newest = max(days.values(), default=None)
    ended = newest is not None and today - newest > ENDED_AFTER
    best = FirstKpi(ranked[0].name if ranked else "win_rate", as_of=_after(newest), ended=ended)
    if not days:
        return best
    with tempfile.TemporaryDirectory(prefix="sameboat-look-") as aside:
        for path, text in write(Path(aside), best).items():
            path.write_text(text, encoding="utf-8")
        try:
            with closing(open_workspace(Path(aside))) as project:
                return next(_with_a_figure(project, look, ranked, days, today, best), best)
        except SameboatError:  # what is wrong with the project, `check` says
            return best


def _with_a_figure(
    project: Opened,
    look: FirstLook,
    ranked: list[MetricDraft],
    days: Mapping[str, dt.date],
    today: dt.date,
    best: FirstKpi,
) -> Iterator[FirstKpi]:
    """Those that have one, the best to begin with first."""
    tables = {metric.name: table_of(look, metric) for metric in ranked}
    timed = [(one, table) for one in ranked if (table := tables[one.name]) in days][:ASKED]
    for grain, metric, table in _tries(timed):
        # data that have ended did so table by table
        end = days[table] + dt.timedelta(days=1) if best.ended else today
        period = add(floor(end, grain), Span(-1, grain))
        if _figure(project, metric, grain, period):
            yield FirstKpi(metric.name, grain, True, end if best.ended else best.as_of, best.ended)


def _tries(timed: list[tuple[MetricDraft, str]]) -> Iterator[tuple[str, MetricDraft, str]]:
    """A share of a quarter tells more than a count of a month, and a year comes last."""
    plain = [(metric, table) for metric, table in timed if _kind(metric) == _COUNT]
    telling = [(metric, table) for metric, table in timed if _kind(metric) != _COUNT]
    for grains, among in ((GRAINS[:2], telling), (GRAINS[:2], plain), (GRAINS[2:], timed)):
        for grain in grains:
            yield from ((grain, metric, table) for metric, table in among)


def _figure(project: Opened, metric: MetricDraft, grain: str, period: dt.date) -> bool:
    """Whether the metric has a figure there: not kept back, not undefined, not an empty sum."""
    time = f"metric_time__{grain}"
    try:
        found = project.query([metric.name], group_by=[time]).to_pylist()
    except SameboatError:
        return False
    values = {str(row[time])[:10]: row[metric.name] for row in found if row[time] is not None}
    value = values.get(str(period)[:10])
    return value is not None and (value != 0 or metric.key("type") == "ratio")


def table_of(look: FirstLook, metric: MetricDraft) -> str:
    """The table whose rows a metric counts; of a ratio that of its numerator."""
    own = {one.name: one for one in look.metrics}
    above = own.get(metric.key("numerator") or "")
    return metric.key("table") or ("" if above is None else table_of(look, above))


def _ranked(look: FirstLook) -> list[MetricDraft]:
    """A ratio where there is one, else a survey, a sum, a length of time, a count of many rows."""
    rows = {table.name: table.rows for table in look.tables}

    def rank(metric: MetricDraft) -> tuple[bool, int, int]:
        kind = _kind(metric)
        size = rows.get(table_of(look, metric), 0) if kind == _COUNT else 0
        return not metric.name.startswith("win_rate"), kind, -size

    return sorted(look.metrics, key=rank)


def _kind(metric: MetricDraft) -> int:
    return _ORDER.get(metric.key("agg") or metric.key("type") or "", _COUNT)


def _after(day: dt.date | None) -> dt.date | None:
    return None if day is None else day + dt.timedelta(days=1)
