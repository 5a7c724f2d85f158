"""Strategies for what charts are drawn from, the awkward cases included."""

from __future__ import annotations

import datetime as dt
import itertools

from hypothesis import strategies as st

from sameboat.charts.values import Event, Limits, Line, Mark, Process, Target

HOSTILE = "<script>alert('x')</script>&\"]]>"
UNITS = (None, "percent", "count", "days", "points", "GBP")
GRAINS = ["day", "week", "month", "quarter", "year", "fiscal_quarter", "fiscal_year"]
FIRST = dt.date(2024, 1, 1)

values = st.one_of(
    st.none(),
    st.floats(-1e9, 1e9),
    st.floats(-2, 2),
    st.just(float("nan")),
    st.just(float("inf")),
    st.just(0.0),
)
names = st.one_of(st.just(HOSTILE), st.text(max_size=40), st.just("Conversion"))


def periods(grain: str, count: int) -> tuple[dt.date, ...]:
    """First days of consecutive periods."""
    if grain == "day":
        return tuple(FIRST + dt.timedelta(days=step) for step in range(count))
    if grain == "week":
        return tuple(FIRST + dt.timedelta(weeks=step) for step in range(count))
    length = {"month": 1, "quarter": 3, "year": 12}[grain.removeprefix("fiscal_")]
    return tuple(
        dt.date(2024 + step * length // 12, step * length % 12 + 1, 1) for step in range(count)
    )


@st.composite
def lines(draw: st.DrawFn, most: int = 60) -> Line:
    """A line of any grain, unit, length and values."""
    grain = draw(st.sampled_from(GRAINS))
    found = tuple(draw(st.lists(values, max_size=most)))
    open_ends = draw(st.integers(0, 3))
    complete = tuple(index < len(found) - open_ends for index in range(len(found)))
    return Line(
        draw(names), draw(st.sampled_from(UNITS)), grain, periods(grain, len(found)), found,
        complete if draw(st.booleans()) else (),
    )  # fmt: skip


@st.composite
def processes(draw: st.DrawFn) -> Process:
    """A line with phases, signals, a target and events, or without any of them."""
    line = draw(lines())
    count = len(line.values)
    known = [value for value in line.values if value is not None]
    centre = sum(known) / len(known) if known else 0.0
    limits: list[Limits] = []
    marks: tuple[Mark, ...] = ()
    if known:
        cuts = sorted(draw(st.sets(st.integers(1, max(count - 1, 1)), max_size=3)))
        edges = [0, *(cut for cut in cuts if cut < count), count]
        width = draw(st.floats(0, 1e6))
        limits = [
            Limits(first, end - 1, centre, centre - width, centre + width)
            for first, end in itertools.pairwise(edges)
            if end > first
        ]
        roles = st.sampled_from(["worse", "better", "neutral"])
        at = st.integers(0, count - 1)
        marks = tuple(Mark(index, draw(roles)) for index in sorted(draw(st.sets(at, max_size=6))))
    days = st.dates(dt.date(2023, 1, 1), dt.date(2031, 1, 1))
    target = None
    if draw(st.booleans()):
        by = draw(st.none() | days)
        path = tuple((day, draw(st.floats(-10, 10))) for day in draw(st.lists(days, max_size=3)))
        target = Target(draw(st.floats(-100, 100)), by, path, draw(st.none() | st.floats(-10, 10)))
    events = tuple(
        Event(number, draw(days), draw(names), draw(st.none() | names))
        for number in range(1, draw(st.integers(0, 4)) + 1)
    )
    ranges = tuple(draw(values) for _ in range(count)) if draw(st.booleans()) else ()
    return Process(
        line, tuple(limits), marks, target, stale=draw(st.booleans()),
        since=draw(st.none() | days), note=draw(st.none() | names), events=events,
        ranges=tuple(None if v is None else abs(v) for v in ranges),
        range_limit=draw(st.none() | st.floats(0, 1e6)),
    )  # fmt: skip
