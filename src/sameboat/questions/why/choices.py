"""Which stretches of time are worth comparing: the one that is, and others, each with its reason.

One pair of windows answers one question. A signal is held against what it left; a slow change
shows against the year before; a new level shows on both sides of where it began.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sameboat.periods import Period, Reckoning
from sameboat.project.model import Event
from sameboat.questions.kpi_parts import KpiAnswer
from sameboat.questions.series import Series
from sameboat.questions.why.parts import Compared, Window
from sameboat.questions.why.windows import BASELINE

A_YEAR = {"day": 365, "week": 52, "month": 12, "quarter": 4, "year": 1}
"""How many periods of a grain are held against as many before them."""

SHOWN = "the line itself shows it, and nobody has declared it"

FEWEST = 2
"""Periods on each side of two halves, and of a new level."""


def choices(
    page: KpiAnswer,
    reckoning: Reckoning,
    locked: Sequence[Event],
    *,
    before: Window,
    after: Window,
    told: bool,
) -> tuple[Compared, ...]:
    """The pairs of windows that a KPI's line offers, that of the answer first.

    `before` and `after` are the windows of the answer; `told` says that the chart told them.
    `locked` are the events that begin a new phase of the KPI.
    """
    asked = _Line(page.series, reckoning).of(before, after)
    found = {(asked.before, asked.after): replace(asked, why=_told(page) if told else "as asked")}
    for one in _pairs(page, locked, _Line(page.series, reckoning)):
        found.setdefault((one.before, one.after), one)
    return tuple(found.values())


def _told(page: KpiAnswer) -> str:
    if page.verdict.is_signal:
        return f"a signal lasts {page.since}" if page.since else "a signal fired"
    return "no signal lasts, so it is the last period against those before it"


def _pairs(page: KpiAnswer, locked: Sequence[Event], line: _Line) -> Iterator[Compared]:
    series = page.series
    last = series.latest
    first = next((at for at, one in enumerate(series.values) if one is not None), None)
    if last is None or first is None or last <= first:
        return
    year = A_YEAR.get(line.short, 1)
    before = line.period(last).same_last_year()
    at = next((n for n in range(first, last) if series.periods[n] == before.start), None)
    if at is not None and series.values[at] is not None:
        yield line.pair(
            f"The last {line.noun} against the same {line.noun} a year before",
            (at, at), (last, last), "what returns each year is in both",
        )  # fmt: skip
    count = last - first + 1
    side = year if count >= 2 * year else count // 2
    if side >= FEWEST:
        yield line.pair(
            f"The last {side} {line.noun}s against the {side} before",
            (last - 2 * side + 1, last - side), (last - side + 1, last),
            "a slow change adds up over many periods",
        )  # fmt: skip
    yield from _levels(page, locked, line, first, last)


def _levels(
    page: KpiAnswer, locked: Sequence[Event], line: _Line, first: int, last: int
) -> Iterator[Compared]:
    """Both sides of the latest phase that was locked, and of the latest that the line shows."""
    periods = page.series.periods
    starts = {bisect_left(periods, event.from_): event.title for event in locked}
    shown = [one.index for one in page.proposed_phases]
    edges = sorted({first, *starts, *shown})
    longest = BASELINE.get(line.short, 26)
    for found, why in ((starts, "a person locked a new phase there"), (shown, SHOWN)):
        at = max((one for one in found if first < one <= last), default=None)
        if at is None:
            continue
        begin = max(edges[edges.index(at) - 1], at - longest)
        end = min(last, at + longest - 1)
        if min(at - begin, end - at + 1) >= FEWEST:
            since = f"{periods[at].day} {periods[at]:%B %Y}"
            what = (
                f"{starts[at]}, {since}"
                if at in starts
                else f"a new regime seems to begin, {since}"
            )
            yield line.pair(f"After and before: {what}", (begin, at - 1), (at, end), why)


class _Line:
    """A KPI's line, whose stretches can be named."""

    def __init__(self, series: Series, reckoning: Reckoning) -> None:
        self.series, self.reckoning = series, reckoning
        self.short = series.grain.removeprefix("fiscal_")
        self.noun = series.grain.replace("_", " ")

    def period(self, at: int) -> Period:
        return Period.holding(self.series.periods[at], self.series.grain, self.reckoning)

    def pair(
        self, label: str, before: tuple[int, int], after: tuple[int, int], why: str
    ) -> Compared:
        return Compared(label, self._named(before), self._named(after), why)

    def of(self, before: Window, after: Window) -> Compared:
        """The pair of windows of an answer."""
        ends = [
            tuple(Period.holding(day, one.grain, self.reckoning) for day in (one.start, one.end))
            for one in (before, after)
        ]
        named = [_range(first, last) for first, last in ends]
        label = f"{after.label} against {before.label[:1].lower()}{before.label[1:]}"
        return Compared(label, named[0], named[1], "", chosen=True)

    def _named(self, stretch: tuple[int, int]) -> str:
        return _range(self.period(stretch[0]), self.period(stretch[1]))


def _range(first: Period, last: Period) -> str:
    """A stretch as it is asked for: `2026-09`, or `2026-W10..2026-W35`."""
    if first.grain == "week" and first.reckoning.week_starts != "monday":  # they have no number
        return f"{first.start.isoformat()}..{last.end.isoformat()}"
    return str(first) if first == last else f"{first}..{last}"


__all__ = ["choices"]
