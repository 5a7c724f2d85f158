"""Which two stretches of time are compared: those named, or those that the signal tells."""

from __future__ import annotations

import datetime as dt

from sameboat.compiler.source import coarseness
from sameboat.errors import RequestError, Undefined
from sameboat.periods import PERIOD_GRAINS, Period, is_complete, range_of
from sameboat.project.declared import Project
from sameboat.questions.kpi_parts import KpiAnswer
from sameboat.questions.reckoning import reckoning_of
from sameboat.questions.series import Series
from sameboat.questions.wanted import conversion_window, tables_of
from sameboat.questions.why.parts import Window

BASELINE = {"day": 56, "week": 26, "month": 12, "quarter": 8, "year": 5}
"""How many periods at most stand before a change that no signal dates."""


def windows(
    project: Project,
    page: KpiAnswer,
    *,
    before: str | None,
    after: str | None,
    finest: str,
    today: dt.date,
) -> tuple[Window, Window]:
    """The two windows: as named, or the signal's stretch and the baseline that it left.

    Without a signal, the last complete period is compared with those before it in its phase. A
    single named window takes the stretch of equal length beside it. `finest` is the finest grain
    of the data: windows must begin and end with its periods.

    A window that is not over has the periods that have begun, `today` in the last of them.

    Raises RequestError (`request-invalid`) where windows overlap, stand in the wrong order, cut
    the data's periods, or where nothing is computed yet that could tell them; Undefined for one
    that has not begun.
    """
    if before is None and after is None:
        return _of_signal(project, page)
    new = None if after is None else _named(project, after)
    old = None if before is None else _named(project, before)
    if new is None:
        assert old is not None, "one of both is named"
        new = _beside(project, old, 1)
    if old is None:
        old = _beside(project, new, -1)
    grain = _grain(project, page.series.grain, finest, (old, new))
    return _in_order(_window(project, old, grain, today), _window(project, new, grain, today))


Days = tuple[dt.date, dt.date]


def is_unfinished(project: Project, metric: str, window: Window, now: dt.datetime) -> bool:
    """Whether the last period of a window has not ended, or not settled, at a moment."""
    reckoning = reckoning_of(project)
    last = Period.holding(window.end, window.grain, reckoning)
    waits = [project.tables[table].complete_after for table in tables_of(project, metric)]
    waits.append(conversion_window(project, metric))
    return not all(is_complete(last, now, wait, reckoning.zone) for wait in (None, *waits))


def _in_order(old: Window, new: Window) -> tuple[Window, Window]:
    if new.start <= old.end:
        raise RequestError(
            "request-invalid",
            f"the windows {old.label!r} and {new.label!r} overlap, or stand in the wrong order",
            hint="Name the earlier one with before and the later one with after.",
        )
    return old, new


def _named(project: Project, text: str) -> Days:
    """The first and the last day of a period, or of a range such as `2026-W10..2026-W35`."""
    first, dots, last = text.partition("..")
    reckoning = reckoning_of(project)
    start = range_of(first.strip(), reckoning)[0].date()
    end = range_of((last if dots else first).strip(), reckoning)[1].date()
    if end < start:
        raise RequestError("request-invalid", f"the range {text!r} ends before it begins")
    return start, end


def _beside(project: Project, days: Days, way: int) -> Days:
    """The stretch of equal length just before (-1) or after (1): a quarter's is a quarter."""
    for grain in reversed(PERIOD_GRAINS):
        one = _period(project, days, grain)
        if one is not None:
            beside = one.next() if way > 0 else one.previous()
            return beside.start, beside.end
    length = (days[1] - days[0]).days + 1
    move = dt.timedelta(days=way * length)
    return days[0] + move, days[1] + move


def _period(project: Project, days: Days, grain: str) -> Period | None:
    """The one period of a grain that these days are, or None."""
    found = Period.holding(days[0], grain, reckoning_of(project))
    return found if (found.start, found.end) == days else None


def _grain(project: Project, watched: str, finest: str, both: tuple[Days, Days]) -> str:
    """The grain in whose whole periods both windows can be counted: the watched one if it may."""
    reckoning = reckoning_of(project)
    order = [watched, *sorted(PERIOD_GRAINS, key=coarseness, reverse=True)]
    for grain in order:
        if grain not in PERIOD_GRAINS or coarseness(grain) < coarseness(finest):
            continue
        if all(
            Period.holding(start, grain, reckoning).start == start
            and Period.holding(end, grain, reckoning).end == end
            for start, end in both
        ):
            return grain
    raise RequestError(
        "request-invalid",
        f"the windows cut {finest}s, and the data are not finer",
        hint=f"Let both begin and end with a {finest}.",
    )


def _window(project: Project, days: Days, grain: str, today: dt.date) -> Window:
    label = _spoken(project, days, grain, _count(project, days, grain))
    if today < days[0]:
        raise Undefined("undefined", f"{label!r} ({days[0]} to {days[1]}) has not begun")
    begun = _count(project, (days[0], min(days[1], today)), grain)
    return Window(*days, label, begun, grain)


def _spoken(project: Project, days: Days, grain: str, count: int) -> str:
    """A period's label where the window is one, else how many periods it holds."""
    for one in reversed(PERIOD_GRAINS):
        period = _period(project, days, one)
        if period is not None:
            return period.label()
    return f"{count} {_plural(grain, count)} to {_day(days[1])}"


def _count(project: Project, days: Days, grain: str) -> int:
    reckoning = reckoning_of(project)
    period = Period.holding(days[0], grain, reckoning)
    count = 1
    while period.end < days[1]:
        period, count = period.next(), count + 1
    return count


def _plural(grain: str, count: int) -> str:
    return grain.replace("_", " ") + ("" if count == 1 else "s")


# ── told by the signal ───────────────────────────────────────────────────────────────────────


def _of_signal(project: Project, page: KpiAnswer) -> tuple[Window, Window]:
    series = page.series
    last = series.latest
    if last is None:
        raise _nothing_to_tell(page)
    first, end = _stretch(page, last)
    begin = _baseline(series, first)
    if begin >= first:
        raise RequestError(
            "request-invalid",
            f"there is no earlier period of {page.kpi!r} to compare with",
            hint="Name the periods with before and after.",
        )
    reckoning = reckoning_of(project)
    noun = series.grain.replace("_", " ")

    def days(one: int, other: int) -> Days:
        stop = Period.holding(series.periods[other], series.grain, reckoning)
        return series.periods[one], stop.end

    count = end - first + 1
    ongoing = "Last" if end == last else f"The {noun}s from {_day(series.periods[first])}:"
    lasting = f"{ongoing} {noun}" if count == 1 else f"{ongoing} {count} {noun}s"
    length = first - begin
    old = Window(
        *days(begin, first - 1), f"{length} {noun}{'s' * (length > 1)} before", length, series.grain
    )
    return old, Window(*days(first, end), lasting, count, series.grain)


def _nothing_to_tell(page: KpiAnswer) -> RequestError:
    """Why nothing tells which periods to compare: none is computed, complete, or has a value."""
    series = page.series
    if not series.periods:
        found = f"nothing is computed of {page.kpi!r} yet that could tell which periods to compare"
        hint = "Name them with before and after, or run 'sameboat refresh'."
        return RequestError("request-invalid", found, hint=hint)
    ended = [at for at, whole in enumerate(series.complete) if whole]
    why = "no period is complete yet"
    if ended:
        reason = series.reasons[ended[-1]] if series.reasons else None
        why = f"no period has a value ({reason or 'undefined'})"
    return RequestError(
        "request-invalid",
        f"of {page.kpi!r} {why}, so nothing tells which periods to compare",
        hint="Name the periods with before and after.",
    )


def _day(day: dt.date) -> str:
    return f"{day.day} {day:%B %Y}"


def _stretch(page: KpiAnswer, last: int) -> tuple[int, int]:
    """The indices of the signal's first and last point; without a signal the last point's."""
    series = page.series
    fired = sorted({signal.index for signal in series.signals})
    recent = [index for index in fired if index > last - 12]
    if not page.verdict.is_signal or not recent or page.since_on is None:
        return last, last
    first = series.periods.index(page.since_on) if page.since_on in series.periods else last
    return first, max(recent)


def _baseline(series: Series, first: int) -> int:
    """Where the points begin that the signal is compared with: its phase's, or the latest."""
    starts = [p.first for p in series.phases if p.first < first]
    starts += [b.index for b in series.breaks if b.index < first]
    begin = max([*starts, series.complete.index(True) if True in series.complete else 0])
    if begin == 0 or first - begin > 2 * BASELINE.get(series.grain.removeprefix("fiscal_"), 26):
        begin = max(begin, first - BASELINE.get(series.grain.removeprefix("fiscal_"), 26))
    return begin
