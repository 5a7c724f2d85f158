"""A table's rows over time, held against its own history: its end, its gaps and its volume."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sameboat.analysis.signals import xmr
from sameboat.compiler import audits
from sameboat.compiler.joins import column_expression
from sameboat.compiler.source import coarseness
from sameboat.errors import Finding, SameboatError, Severity
from sameboat.periods import CALENDAR, GRAINS, Period, Reckoning, Span, add, is_complete, zone_of
from sameboat.questions.audit import Audit
from sameboat.questions.freshness import moment_of
from sameboat.questions.reckoning import reckoning_of

Floats = npt.NDArray[np.float64]

LEAST = 8
"""From how many periods on a table has a rhythm."""

WHOLE = 0.95
"""In which share of its periods a table must have rows for an empty one to be odd."""

SHOWN = 3
"""How many periods are named at most."""

MANY = 3
"""So many tables that ended are told at once."""

HISTORY = "Look whether its source still delivers, or set `as_of:` where the data are history."


@dataclass(frozen=True)
class Rhythm:
    """How many rows a table has per period in which it has any, oldest first."""

    grain: str
    starts: tuple[dt.date, ...]
    rows: tuple[int, ...]
    reckoning: Reckoning = CALENDAR

    def ended(self, until: dt.date, allowance: int = 0) -> tuple[Period, int, int] | None:
        """The last period, for how many days nothing has followed, and the usual gap in days.

        None while the table is in its rhythm: nothing followed for at most twice its usual gap
        (the 99th percentile) or two days more, whichever is longer.

        >>> days = tuple(dt.date(2026, 5, n) for n in range(1, 11))
        >>> Rhythm("day", days, (1,) * 10).ended(dt.date(2026, 5, 12)) is None
        True
        >>> Rhythm("day", days, (1,) * 10).ended(dt.date(2026, 5, 20))[1:]
        (10, 1)
        """
        past = [day for day in self.starts if day <= until]
        if len(past) < LEAST:
            return None
        gaps = np.diff([day.toordinal() for day in past])
        usual = int(np.quantile(gaps, 0.99, method="higher"))
        last = Period.holding(past[-1], self.grain, self.reckoning)
        idle = (until - last.end).days
        return (last, idle, usual) if idle > max(2 * usual, usual + 2) + allowance else None

    def by_period(self, grain: str, until: dt.date) -> tuple[list[Period], list[int], list[int]]:
        """Every period from the first to that of `until`: its rows, and its days with rows."""
        found: dict[dt.date, list[int]] = {}
        for day, rows in zip(self.starts, self.rows, strict=True):
            if day <= until:
                start = Period.holding(day, grain, self.reckoning).start
                counts = found.setdefault(start, [0, 0])
                counts[0] += rows
                counts[1] += 1
        periods: list[Period] = []
        if found:
            here = Period.holding(min(found), grain, self.reckoning)
            while here.start <= until:
                periods.append(here)
                here = here.next()
        counted = [found.get(period.start, [0, 0]) for period in periods]
        return periods, [rows for rows, _ in counted], [days for _, days in counted]


@dataclass(frozen=True)
class Ended:
    """A table whose rows ended before `until`, with the last period that has any.

    It does not say when it is loaded, so it may be a file that was never to grow: a notice.
    """

    audit: Audit
    last: Period
    idle: int
    usual: int
    until: dt.date

    @property
    def finding(self) -> Finding:
        """What is said of this table alone."""
        return _end_of(self, severity="notice")


def rhythm_findings(audit: Audit) -> Iterator[Finding | Ended]:
    """Every finding about when a table has rows, up to its last load, or up to now.

    A table that may be a file that was never to grow comes as `Ended`: many of them are told at
    once, see `ended_findings`.
    """
    table = audit.table
    clock = table.dimensions.get(table.time or "")
    if table.time is None or not audit.holds(table.time) or not audit.is_time(table.time):
        return
    declared = (clock.grain if clock else None) or "day"
    if declared not in GRAINS:
        return
    grain = max(declared, "day", key=coarseness)
    try:
        rhythm, until = _rhythm(audit, table.time, grain)
    except SameboatError as error:
        yield from audit.unchecked("the rows over time", error, ("time",))
        return
    last_day = until.astimezone(zone_of(rhythm.reckoning.zone)).date()
    ended = _ended(audit, rhythm, last_day)
    if ended is not None:
        watched = table.loaded_at is not None or table.freshness is not None
        yield _end_of(ended, severity="warning") if watched else ended
    yield from _counted(audit, rhythm, until, last_day, latest=ended is None)


def ended_findings(ended: Sequence[Ended]) -> Iterator[Finding]:
    """One finding for many tables that ended, with their count and names; else one for each."""
    if len(ended) < MANY:
        yield from (one.finding for one in ended)
        return
    by_end: dict[str, list[str]] = {}
    for one in sorted(ended, key=lambda one: one.last.end, reverse=True):
        by_end.setdefault(_label(one.last), []).append(repr(one.audit.name))
    ends = "; ".join(f"{', '.join(names)} with {end}" for end, names in by_end.items())
    until = max(one.until for one in ended)
    yield ended[0].audit.finding(
        "data-ended",
        f"the rows of {len(ended)} tables end long before {until}: {ends}",
        ("time",),
        hint=HISTORY,
        severity="notice",
    )


def _rhythm(audit: Audit, time: str, grain: str) -> tuple[Rhythm, dt.datetime]:
    """A table's rows over time, and until when more can be expected."""
    workspace, loaded_at = audit.workspace, audit.table.loaded_at
    loads = loaded_at is not None and audit.holds(loaded_at)
    sql = audits.history_sql(
        workspace.world,
        audit.name,
        audits.value(audit.table, time),
        grain,
        workspace.dialect,
        loaded=column_expression(audit.table, audit.name, loaded_at or "") if loads else None,
    )
    found = audit.ask(sql)
    moments = [moment for row in found if (moment := moment_of(row.get("loaded"))) is not None]
    until = min(max(moments, default=workspace.now), workspace.now)
    reckoning = reckoning_of(workspace.project)
    rows = [(_day(row["period"]), int(row["rows"])) for row in found]
    rhythm = Rhythm(grain, tuple(day for day, _ in rows), tuple(n for _, n in rows), reckoning)
    return rhythm, until


def _day(value: object) -> dt.date:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    raise SameboatError("value-type", f"{value!r} is no day")


def _ended(audit: Audit, rhythm: Rhythm, until: dt.date) -> Ended | None:
    wait = audit.table.complete_after
    allowance = (add(until, wait) - until).days if wait and _in_days(wait) else 0
    found = rhythm.ended(until, allowance)
    return None if found is None else Ended(audit, *found, until)


def _end_of(one: Ended, *, severity: Severity) -> Finding:
    return one.audit.finding(
        "data-ended",
        f"the rows of {one.audit.title} end with {_label(one.last)}: nothing for {one.idle} days "
        f"until {one.until:%Y-%m-%d}, where usually at most {one.usual} "
        f"day{'' if one.usual == 1 else 's'} lie between rows",
        ("time",),
        hint=HISTORY,
        severity=severity,
    )


def _in_days(span: Span) -> bool:
    return span.grain in GRAINS and coarseness(span.grain) >= coarseness("day")


def _counted(
    audit: Audit, rhythm: Rhythm, until: dt.datetime, last_day: dt.date, *, latest: bool
) -> Iterator[Finding]:
    """Gaps, thin periods and volume, at the finest grain at which the table is steady.

    `latest` says whether the last period with rows is whole, so that its volume can be judged.
    """
    for grain in ["week", "month"] if rhythm.grain == "day" else [rhythm.grain]:
        periods, rows, days = _settled(audit, rhythm, grain, until, last_day)
        held = sum(1 for count in rows if count)
        if len(rows) < LEAST or held < WHOLE * len(rows):
            continue
        low = least_expected(rows)
        yield from _gaps(audit, periods, rows, low)
        if rhythm.grain == "day" and grain == "week":
            yield from _thin(audit, periods, rows, days, low)
        if latest:
            yield from _drift(audit, periods, rows)
        return


def _settled(
    audit: Audit, rhythm: Rhythm, grain: str, until: dt.datetime, last_day: dt.date
) -> tuple[list[Period], list[int], list[int]]:
    """The periods that are complete; not the first one, which may begin in its middle.

    What lies after the table's last row is its end, and no gap.
    """
    periods, rows, days = rhythm.by_period(grain, last_day)
    now, wait = audit.workspace.now, audit.table.complete_after
    end = len(periods)
    while end and not (
        rows[end - 1]
        and is_complete(periods[end - 1], until)
        and is_complete(periods[end - 1], now, wait)
    ):
        end -= 1
    first = 0
    if periods and rhythm.grain == "day" and rhythm.starts[0] > periods[0].start:
        first = 1
    return periods[first:end], rows[first:end], days[first:end]


def _gaps(
    audit: Audit, periods: Sequence[Period], rows: Sequence[int], low: Floats
) -> Iterator[Finding]:
    """Empty periods between others that have too many rows for an empty one to be chance."""
    empty = [p for p, count, least in zip(periods, rows, low, strict=True) if count == 0 < least]
    if not empty:
        return
    yield audit.finding(
        "period-missing",
        f"{audit.title} has no row in {len(empty)} of {len(periods)} {periods[0].grain}s: "
        f"{_named(empty)}",
        ("time",),
        hint="Load what is missing, or mark the gap as an event with `exclude: true`.",
        severity="warning",
    )


def _thin(
    audit: Audit,
    periods: Sequence[Period],
    rows: Sequence[int],
    days: Sequence[int],
    low: Floats,
) -> Iterator[Finding]:
    """Weeks with rows on less than half of the usual days, and with too few of them."""
    usual = float(np.median(days))
    thin = [
        period
        for period, count, held, least in zip(periods, rows, days, low, strict=True)
        if usual >= 4 and 0 < held < usual / 2 and count < least
    ]
    if not thin:
        return
    yield audit.finding(
        "period-incomplete",
        f"{audit.title} has rows on less than half of the usual {usual:.0f} days in {len(thin)} of "
        f"{len(periods)} weeks: {_named(thin)}",
        ("time",),
        hint="Load the missing days, or mark them as an event with `exclude: true`.",
        severity="warning",
    )


def least_expected(rows: Sequence[int]) -> Floats:
    """Under how many rows each period is too thin to be chance, by those around it.

    Three spreads under the mean of the four periods before and the four after; the spread is at
    least that of counts of rare events (the root of the mean).

    >>> float(least_expected([100] * 9)[4]), bool(least_expected([5] * 9)[4] < 0)
    (70.0, True)
    """
    counts = np.asarray(rows, dtype=float)
    found = np.full(counts.size, -1.0)
    for at in range(counts.size):
        around = np.concatenate([counts[max(0, at - 4) : at], counts[at + 1 : at + 5]])
        if around.size >= 4:
            mean = float(around.mean())
            spread = max(mean**0.5, float(np.median(np.abs(around - np.median(around)))) * 1.4826)
            found[at] = mean - 3 * spread
    return found


def expected_now(rows: Sequence[int]) -> tuple[int, int] | None:
    """Between which numbers of rows the latest period lies by its own history; None if it does.

    Each period is held against the median of the eight before it, so that steady growth is no
    drift; `xmr` sets the limits of these ratios.

    >>> expected_now([100, 104, 97, 101, 99, 103, 98, 102] * 5)
    >>> low, high = expected_now([100, 104, 97, 101, 99, 103, 98, 102] * 5 + [210])
    >>> low < 100 < high < 210
    True
    """
    counts = np.asarray(rows, dtype=float)
    before = [
        float(np.median(counts[at - LEAST : at])) if at >= LEAST else 0.0
        for at in range(counts.size)
    ]
    usual = np.asarray(before)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.where((usual > 0) & (counts > 0), np.log(counts / usual), np.nan)
    try:
        chart = xmr(ratios[LEAST:])
    except SameboatError:
        return None  # rows that never vary set no limits
    last = counts.size - LEAST - 1
    if not any(s.index == last and s.rule == "beyond-limit" for s in chart.signals):
        return None
    limits = np.exp([chart.lower[last], chart.upper[last]]) * usual[-1]
    return int(np.ceil(limits[0])), int(np.floor(limits[1]))


def _drift(audit: Audit, periods: Sequence[Period], rows: Sequence[int]) -> Iterator[Finding]:
    """Whether the latest complete period has far more or fewer rows than those before it."""
    expected = expected_now(rows)
    if expected is None:
        return
    low, high = expected
    yield audit.finding(
        "volume-drift",
        f"{audit.title} has {audit.said(rows[-1])} rows in {_label(periods[-1])}; its own "
        f"history lets expect {audit.said(low)} to {audit.said(high)}",
        ("time",),
        hint="Look whether something was loaded twice, or not at all, before reading its KPIs.",
        severity="warning",
    )


def _named(periods: Sequence[Period]) -> str:
    """The latest few of them."""
    shown = ", ".join(_label(period) for period in reversed(periods[-SHOWN:]))
    return shown + (", …" if len(periods) > SHOWN else "")


def _label(period: Period) -> str:
    """A period inside a sentence: "the week to Sunday 25 October 2026"."""
    label = period.label()
    return f"the w{label[1:]}" if label.startswith("Week") else label
