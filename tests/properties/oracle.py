"""What a request must answer, worked out row by row in Python from the definitions alone.

It shares nothing with the compiler but the calendar: every figure is found by going through
all rows, for each period and group on its own.
"""

from __future__ import annotations

import datetime as dt
import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from sameboat.periods import Span, add, floor
from tests.properties.company import MEANING, SHARED, TABLES, WHEN, Asked, Company, Row, tables_of

Key = tuple[Any, ...]
Figure = float | int | None
_MONTHS = {"month": 1, "quarter": 3, "year": 12, "fiscal_quarter": 3, "fiscal_year": 12}
_DAYS = {"day": 1, "week": 7}


@dataclass(frozen=True)
class Setting:
    """What outer metrics ask of an inner one."""

    filters: tuple[str, ...] = ()
    shifts: tuple[tuple[str, str], ...] = ()
    window: Mapping[str, Any] | None = None
    fill: float | None = None
    zero: bool = False


class Unaskable(Exception):
    """The request has no answer, so the compiler has to refuse it."""


@dataclass(frozen=True)
class Oracle:
    """The answers of one company to one request."""

    company: Company
    asked: Asked

    # ── answers ──────────────────────────────────────────────────────────────────────────────

    def value(self, name: str, key: Key, setting: Setting = Setting()) -> Figure:
        """The figure of a metric at a key: the shown period, then the dimensions."""
        metric = self.company.metrics[name]
        setting = replace(setting, filters=setting.filters + tuple(metric.get("filter", ())))
        match metric["type"]:
            case "simple":
                return self._simple(metric, key, setting)
            case "ratio":
                above = self._input(metric["numerator"], key, replace(setting, zero=True))
                below = self._input(metric["denominator"], key, replace(setting, zero=False))
                return None if above is None or not below else float(above) / float(below)
            case "derived":
                return self._derived(metric, key, replace(setting, zero=False))
            case "cumulative":
                return self._input(metric["metric"], key, replace(setting, window=metric))
        return self._conversion(metric, key, setting)

    def shown(self) -> set[Key]:
        """Every key that the answer must show: one with a row behind one of its figures."""
        if self.asked.grain is None and not self.asked.by:
            return {()}
        return {
            key
            for key in self._candidates()
            if any(self._has_rows(m, key) for m in self.asked.metrics)
        }

    def _candidates(self) -> Iterable[Key]:
        groups = {
            tuple(row.get(name) for name in self.asked.by)
            for table in self._tables()
            for row in self.rows(table)
        }
        if self.asked.grain is None:
            return groups
        first, last = dt.date(2022, 1, 1), dt.date(2025, 12, 31)
        periods = {
            self._floor(first + dt.timedelta(n), self.asked.grain)
            for n in range((last - first).days)
        }
        periods_and_none = [p for p in sorted(periods) if self._in_range(p)]
        if self.asked.start is None and self.asked.end is None:
            periods_and_none.append(None)  # type: ignore[arg-type]
        return [(p, *g) for p in periods_and_none for g in groups]

    def _has_rows(self, name: str, key: Key, setting: Setting = Setting()) -> bool:
        metric = self.company.metrics[name]
        setting = replace(setting, filters=setting.filters + tuple(metric.get("filter", ())))
        if "non_additive_over" in metric:
            return bool(self._at_edge(metric, key, setting))
        if metric["type"] == "simple":
            return any(self._readings(metric, key, setting))
        if metric["type"] == "conversion":
            return bool(self._bases(metric, key, setting))
        if metric["type"] == "cumulative":
            setting = replace(setting, window=metric)
        used = metric["expr"] if metric["type"] == "derived" else ""
        return any(
            self._has_rows(inner["metric"], key, self._entered(inner, setting))
            for inner in _inputs(metric)
            if not used or inner["alias"] in used
        )

    # ── rows ─────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def _joined(self) -> Mapping[str, Sequence[Row]]:
        clients = {row["client_id"]: row for row in self.company.rows["clients"]}
        reps = {row["rep_id"]: row for row in self.company.rows["reps"]}
        found: dict[str, Sequence[Row]] = {}
        for table in ("orders", "visits", "stocks"):
            rows = []
            for row in self.company.rows[table]:
                client = clients.get(row["client_id"], {})
                rep = reps.get(client.get("rep_id"), {})
                far = (client.get("region"), client.get("tier"), rep.get("office"))
                rows.append({**row, **dict(zip(SHARED, far, strict=True))})
            found[table] = rows
        return found

    def rows(self, table: str) -> Sequence[Row]:
        """The rows of a table with what is joined to them."""
        return self._joined[table]

    def _tables(self) -> set[str]:
        return set().union(*(tables_of(self.company.metrics, m) for m in self.asked.metrics))

    def _passing(self, table: str, filters: Iterable[str], group: Key) -> list[Row]:
        """Rows that pass all filters, in a group."""
        return [
            row
            for row in self.rows(table)
            if all(MEANING[text](row) is True for text in filters)
            and tuple(row.get(name) for name in self.asked.by) == group
        ]

    # ── time ─────────────────────────────────────────────────────────────────────────────────

    def _in_range(self, period: dt.date | None) -> bool:
        """Whether a shown period lies in the range, which is widened to whole periods."""
        grain = self.asked.grain or "day"
        if period is None:
            return self.asked.start is None and self.asked.end is None and not self.asked.when
        if self.asked.start and period < self._floor(self.asked.start, grain):
            return False
        return not (self.asked.end and period > self._floor(self.asked.end, grain))

    def _passes(self, day: dt.date | None) -> bool:
        """Whether a day passes the request's filters on time."""
        return all(
            day is not None and meaning(self._floor(day, grain))
            for grain, meaning in (WHEN[text] for text in self.asked.when)
        )

    def _is_whole(self, setting: Setting) -> bool:
        """Whether a look back goes by whole shown periods, which the filters on time keep whole."""
        grain = self.asked.grain or "day"
        return all(kind == "span" and _fits(text, grain) for kind, text in setting.shifts) and all(
            _nests(grain, WHEN[text][0]) for text in self.asked.when
        )

    def _is_monthly(self, grain: str, shifts: Iterable[tuple[str, str]]) -> bool:
        """Whether a look back goes by months from quarters or years, filters included."""
        spans = [Span.parse(text).grain if kind == "span" else "" for kind, text in shifts]
        filtered = all(_nests("month", WHEN[text][0]) for text in self.asked.when)
        return filtered and all(unit in _MONTHS for unit in (grain, *spans))

    def _readings(self, metric: Row, key: Key, setting: Setting) -> list[list[Row]]:
        """The rows behind a figure: one list, or one per reading for an average of readings."""
        table = metric["table"]
        time = metric.get("time", TABLES[table]["time"])
        grain = self.asked.grain
        group = key[1:] if grain else key
        rows = self._passing(table, (*self.asked.where, *setting.filters), group)
        if grain is None:
            return [[r for r in rows if self._in_range(r[time]) and self._passes(r[time])]]
        period = key[0]
        if not setting.shifts and setting.window is None:
            rows = [row for row in rows if self._passes(row[time])]
            return [[row for row in rows if self._floored(row[time], grain) == period]]
        days = [row[time] for row in self.rows(table) if row[time] is not None]
        if period is None or not days or period > max(days):
            return [[]]
        taken = self._taken(period, grain, setting, min(days), max(days))
        return [
            [row for row in rows if row[time] is not None and row[time] in reading]
            for reading in taken
        ]

    def _taken(
        self, period: dt.date, grain: str, setting: Setting, first: dt.date, last: dt.date
    ) -> list[_Days]:
        """For each reading at a period, the days whose rows it takes."""
        whole, shifts = self._is_whole(setting), setting.shifts
        if not any(self._passes(day) for day in _days_of(period, grain)):
            return []
        if whole:
            period, shifts = self._moved(period, shifts), ()
            days = list(_days_of(period, grain))
            if not setting.shifts:
                days = [day for day in days if self._passes(day)]
        else:
            days = [day for day in _days_of(period, grain) if self._passes(day)]
        if setting.window is None:
            if whole:
                return [_Days(days[0], days[-1])]
            if self._is_monthly(grain, shifts):
                months = [day for day in days if day.day == 1]
                moved = [self._moved(day, shifts) for day in months]
                return [_Days.of(day for first in moved for day in _days_of(first, "month"))]
            if any(kind == "grain" for kind, _ in shifts):
                days = [day for day in days if day == self._floor(day, grain)]
            return [_Days.of(self._moved(day, shifts) for day in days)]
        known = [day for day in days if first <= day <= last]
        if not known:
            known = [days[0]] if days[0] <= last else []
        how = setting.window["period_agg"]
        if grain != "day":
            known = {"last": known[-1:], "first": known[:1]}.get(how, known)
        return [self._looking_back(self._moved(day, shifts), setting.window) for day in known]

    def _floor(self, day: dt.date, grain: str) -> dt.date:
        return floor(day, grain, self.company.world.reckoning)

    def _floored(self, day: dt.date | None, grain: str) -> dt.date | None:
        return None if day is None else self._floor(day, grain)

    def _moved(self, day: dt.date, shifts: Iterable[tuple[str, str]]) -> dt.date:
        for kind, text in shifts:
            day = add(day, _span(text, -1)) if kind == "span" else self._floor(day, text)
        return day

    def _looking_back(self, day: dt.date, window: Mapping[str, Any]) -> _Days:
        if "window" in window:
            return _Days(add(day, _span(window["window"], -1)) + dt.timedelta(1), day)
        if "grain_to_date" in window:
            return _Days(self._floor(day, window["grain_to_date"]), day)
        return _Days(dt.date.min, day)

    # ── figures ──────────────────────────────────────────────────────────────────────────────

    def _simple(self, metric: Row, key: Key, setting: Setting) -> Figure:
        fill = setting.fill if setting.fill is not None else metric.get("fill_nulls_with")
        if "non_additive_over" in metric:
            found = self._level(metric, key, setting)
        else:
            readings = self._readings(metric, key, setting)
            figures = [_aggregate(metric, rows) for rows in readings if rows]
            if not figures:
                found = self._nothing(metric, setting, fill)
            elif len(readings) == 1:
                found = figures[0]
            else:
                known = [f for f in figures if f is not None]
                found = statistics.fmean(known) if known else None
        return fill if found is None else found

    def _level(self, metric: Row, key: Key, setting: Setting) -> Figure:
        at = self._at_edge(metric, key, setting)
        return _aggregate(metric, at) if at else self._nothing(metric, setting, setting.fill)

    def _at_edge(self, metric: Row, key: Key, setting: Setting) -> list[Row]:
        """The rows at the edge of each period: the edge is that of all groups together."""
        over, grain = metric["non_additive_over"], self.asked.grain
        where = (*self.asked.where, *setting.filters)
        rows = [
            row for row in self.rows(metric["table"])
            if all(MEANING[text](row) is True for text in where)
        ]  # fmt: skip
        if not setting.shifts:
            rows = [row for row in rows if self._passes(row["day"])]
        if grain is None:
            rows = [row for row in rows if self._in_range(row["day"])]
            group = key
        else:
            if setting.shifts and not self._is_whole(setting):
                raise Unaskable
            if key[0] is not None and not any(map(self._passes, _days_of(key[0], grain))):
                return []
            days = [row["day"] for row in self.rows(metric["table"])]
            if key[0] is None or (setting.shifts and (not days or key[0] > max(days))):
                return []
            period = self._moved(key[0], setting.shifts)
            rows = [row for row in rows if self._floor(row["day"], grain) == period]
            group = key[1:]
        edge = max if over["time"] == "last" else min
        edges: dict[Any, dt.date] = {}
        for row in rows:
            of = row["client_id"] if "by" in over else None
            edges[of] = edge(edges.get(of, row["day"]), row["day"])
        return [
            row for row in rows
            if row["day"] == edges[row["client_id"] if "by" in over else None]
            and tuple(row.get(name) for name in self.asked.by) == group
        ]  # fmt: skip

    def _nothing(self, metric: Row, setting: Setting, fill: float | None) -> Figure:
        """What stands for a figure without rows: 0 for a count, and for a sum over a ratio's line.

        A look back that finds nothing is undefined.
        """
        counted = metric["agg"] in ("count", "count_distinct")
        if fill is not None:
            whole = not (self.asked.by or self.asked.grain)
            return 0 if whole and counted else fill
        plain = not setting.shifts and setting.window is None
        summed = metric["agg"] in ("sum", "sum_boolean")
        return 0 if (counted and plain) or (setting.zero and (counted or summed)) else None

    def _entered(self, given: Mapping[str, Any], setting: Setting) -> Setting:
        shifts = setting.shifts
        if "offset_window" in given:
            shifts = (*shifts, ("span", given["offset_window"]))
        if "offset_to_grain" in given:
            shifts = (*shifts, ("grain", given["offset_to_grain"]))
        fill = given.get("fill_nulls_with", setting.fill)
        filters = setting.filters + tuple(given.get("filter", ()))
        return replace(setting, shifts=shifts, filters=filters, fill=fill)

    def _input(self, given: Any, key: Key, setting: Setting) -> Figure:
        given = given if isinstance(given, dict) else {"metric": given}
        inner = self._entered(given, setting)
        if self.company.metrics[given["metric"]]["type"] == "simple":
            return self.value(given["metric"], key, inner)
        found = self.value(given["metric"], key, replace(inner, fill=None))
        return inner.fill if found is None else found

    def _derived(self, metric: Row, key: Key, setting: Setting) -> Figure:
        values = {
            given["alias"]: self._input(given, key, setting)
            for given in metric["metrics"]
            if given["alias"] in metric["expr"]
        }
        if any(value is None for value in values.values()):
            return None
        one, two = (float(values.get(name) or 0) for name in ("one", "two"))
        match metric["expr"]:
            case "one - two":
                return one - two
            case "one / two - 1":
                return one / two - 1 if two else None
            case "2 * one + two":
                return 2 * one + two
        return two

    # ── conversions ──────────────────────────────────────────────────────────────────────────

    def _bases(self, metric: Row, key: Key, setting: Setting) -> list[Row]:
        """The base rows of a key that pass all filters."""
        base = self.company.metrics[metric["base"]]
        time = base.get("time", TABLES[base["table"]]["time"])
        grain = self.asked.grain
        filters = (*self.asked.where, *setting.filters, *base.get("filter", ()))
        rows = self._passing(base["table"], filters, key[1:] if grain else key)
        rows = [row for row in rows if self._passes(row[time])]
        if grain is None:
            return [row for row in rows if self._in_range(row[time])]
        return [row for row in rows if self._floored(row[time], grain) == key[0]]

    def _conversion(self, metric: Row, key: Key, setting: Setting) -> Figure:
        bases = self._bases(metric, key, setting)
        base = self.company.metrics[metric["base"]]
        goal = self.company.metrics[metric["converted"]]
        credited = self._credited(metric, base, goal)
        mine = [row for row in self._goals(goal) if any(credited.get(id(row)) is b for b in bases)]
        above = _aggregate(goal, mine) if mine else None
        if above is None:
            above = goal.get("fill_nulls_with", 0)
        below = _aggregate(base, bases) if bases else None
        if below is None:
            below = base.get("fill_nulls_with", 0 if base["agg"] != "sum" else None)
        if metric["calculation"] == "conversions":
            found: Figure = above if bases else None
        else:
            found = float(above) / float(below) if below else None
        return setting.fill if found is None else found

    def _goals(self, goal: Row) -> list[Row]:
        return [
            row for row in self.rows(goal["table"])
            if all(MEANING[text](row) is True for text in goal.get("filter", ()))
        ]  # fmt: skip

    def _credited(self, metric: Row, base: Row, goal: Row) -> dict[int, Row]:
        """For each conversion the base that it is credited to: the last one before it."""
        base_time, goal_time = (TABLES[m["table"]]["time"] for m in (base, goal))
        key = next(name for name in ("order_id", "visit_id") if name in COLUMN_OF[base["table"]])
        candidates = [
            row for row in self.rows(base["table"])
            if all(MEANING[text](row) is True for text in base.get("filter", ()))
        ]  # fmt: skip
        found: dict[int, Row] = {}
        for row in self._goals(goal):
            at = row[goal_time]
            since = add(at, _span(metric["window"], -1)) if "window" in metric else dt.date.min
            before = [
                b for b in candidates
                if b["client_id"] is not None and b["client_id"] == row["client_id"]
                and since < b[base_time] <= at
            ]  # fmt: skip
            if before:
                found[id(row)] = max(before, key=lambda b: (b[base_time], b[key]))
        return found


COLUMN_OF = {"orders": ("order_id",), "visits": ("visit_id",), "stocks": ()}


@dataclass(frozen=True)
class _Days:
    """A set of days: a stretch, or some one by one."""

    first: dt.date | None
    last: dt.date | None
    some: frozenset[dt.date] = frozenset()

    @classmethod
    def of(cls, days: Iterable[dt.date]) -> _Days:
        return cls(None, None, frozenset(days))

    def __contains__(self, day: dt.date) -> bool:
        if self.first is None or self.last is None:
            return day in self.some
        return self.first <= day <= self.last


def _inputs(metric: Row) -> list[dict[str, Any]]:
    given = [metric.get(k) for k in ("numerator", "denominator", "metric")]
    given += metric.get("metrics", ())
    return [i if isinstance(i, dict) else {"metric": i} for i in given if i is not None]


def _span(text: str, sign: int) -> Span:
    span = Span.parse(text)
    return Span(sign * span.count, span.grain)


def _fits(text: str, grain: str) -> bool:
    span = Span.parse(text)
    for sizes in (_MONTHS, _DAYS):
        if span.grain in sizes and grain in sizes:
            return span.count * sizes[span.grain] % sizes[grain] == 0
    return False


def _nests(fine: str, coarse: str) -> bool:
    alike = fine == "month" or fine.startswith("fiscal") == coarse.startswith("fiscal")
    if alike and fine in _MONTHS and coarse in _MONTHS:
        return _MONTHS[coarse] % _MONTHS[fine] == 0
    return fine in (coarse, "day")


def _days_of(period: dt.date, grain: str) -> Iterable[dt.date]:
    end = add(period, Span(1, grain))
    return (period + dt.timedelta(n) for n in range((end - period).days))


def _aggregate(metric: Row, rows: Sequence[Row]) -> Figure:
    """The figure of some rows, of which there is at least one."""
    agg, expr = metric["agg"], metric.get("expr")
    if agg == "sum_boolean":
        return sum(1 for row in rows if row["paid"] is True)
    if agg == "count" and expr is None:
        return len(rows)
    values = [row[expr] for row in rows if row[expr] is not None]
    if agg == "count":
        return len(values)
    if agg == "count_distinct":
        return len(set(values))
    if not values:
        return None
    match agg:
        case "sum":
            return sum(values)
        case "average":
            return statistics.fmean(values)
        case "min":
            return min(values)
        case "max":
            return max(values)
        case "median":
            return statistics.median(values)
    return _percentile(sorted(values), metric["percentile"], discrete=metric["discrete"])


def _percentile(values: Sequence[int], share: float, *, discrete: bool) -> float:
    if discrete:
        return values[max(0, math.ceil(share * len(values)) - 1)]
    at = share * (len(values) - 1)
    low = math.floor(at)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (at - low)
