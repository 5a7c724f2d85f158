"""Where the parts of a large process behaviour chart go, for one width."""

from __future__ import annotations

from dataclasses import dataclass

from sameboat.charts.figures import Figures, month_year
from sameboat.charts.labels import TICK, text_width
from sameboat.charts.marks import Frame, target_path
from sameboat.charts.scales import Scale, reach, ticks
from sameboat.charts.time_axis import TimeAxis, time_axis
from sameboat.charts.timeline import Timeline
from sameboat.charts.values import Event, Process

WIDE = 600.0
NARROW_SHOWS = 52  # periods
PLOT_WIDE, PLOT_NARROW = 300.0, 250.0
LANE, LANES = 38.0, 2
CIRCLE = 7.5
RANGE_HEAD, RANGE, AXIS = 46.0, 52.0, 30.0


@dataclass(frozen=True)
class Placed:
    """An event at its place; without `words` its label stands beside the chart only."""

    event: Event
    x: float
    y: float
    words: bool


@dataclass(frozen=True)
class Layout:
    """One drawing's measures."""

    width: float
    height: float
    frame: Frame
    axis: TimeAxis
    timeline: Timeline
    right: float  # the edge of the plot, what lies ahead included
    ticks: tuple[float, ...]
    range_top: float | None
    range_bottom: float
    events: tuple[Placed, ...]

    @property
    def wide(self) -> bool:
        return self.width >= WIDE


def lay_out(process: Process, width: float, locale: str) -> Layout:
    """The measures for a chart `width` px wide."""
    line = process.line
    wide = width >= WIDE
    first = 0 if wide else line.first_of_last(NARROW_SHOWS)
    last = len(line.values) - 1
    timeline = Timeline(line.periods, line.grain)
    low, high = reach(_heights(process, first, timeline), margin=0.05)
    levels = ticks(low, high)
    texts = Figures(line.unit, locale).ticks(levels)
    left = max((text_width(text, TICK) for text in texts), default=0.0) + 12
    right = width - max(_end_room(process, locale, wide=wide), 6.0)
    axis = time_axis(first, last, until=_until(process, timeline), left=left, right=right)
    edge = axis.past(axis.turn) if last >= first else right
    events, lanes = _place_events(process, axis, timeline, (left, edge, width), wide=wide)
    top = lanes * LANE + 26.0
    bottom = top + (PLOT_WIDE if wide else PLOT_NARROW)
    frame = Frame(left, edge, top, bottom, axis.past, Scale(low, high, bottom, top), first, last)
    has_ranges = any(value is not None for value in process.ranges[first:])
    range_bottom = bottom + (RANGE_HEAD + RANGE if has_ranges else 4.0)
    return Layout(
        width=width, height=range_bottom + AXIS, frame=frame, axis=axis, timeline=timeline,
        right=right, ticks=levels, range_top=bottom + RANGE_HEAD if has_ranges else None,
        range_bottom=range_bottom, events=events,
    )  # fmt: skip


def target_words(process: Process, locale: str, *, wide: bool) -> tuple[str, ...]:
    """The lines at the end of the target's path."""
    target = process.target
    if target is None:
        return ()
    figures = Figures(process.line.unit, locale)
    value = " to ".join(figures.short(level) for level in target.levels)
    if not wide:
        return (value,)
    by = f"target, {month_year(target.by, locale)}" if target.by else "target"
    return (value, by)


def _end_room(process: Process, locale: str, *, wide: bool) -> float:
    words = target_words(process, locale, wide=wide)
    return max((text_width(text, bold=True) for text in words), default=0.0) + 12


def _until(process: Process, timeline: Timeline) -> float | None:
    """The position that the axis must reach for the target, or None without one."""
    target = process.target
    if target is None or not timeline.periods:
        return None
    return timeline.position(target.by) if target.by else 0.0


def _heights(process: Process, first: int, timeline: Timeline) -> list[float | None]:
    """Every value that must be in sight."""
    heights = [*process.line.values[first:]]
    for stretch in process.limits:
        if stretch.last >= first:
            heights += [stretch.lower, stretch.upper]
            seen = stretch.steps[max(0, first - stretch.first) :]
            heights += [level for step in seen if step for level in step]
    if process.target is not None:
        heights += process.target.levels
        if timeline.periods:
            path = target_path(process.target, timeline, first - 0.5)
            heights += [value for _, value in path]
    return heights


def _place_events(
    process: Process,
    axis: TimeAxis,
    timeline: Timeline,
    edges: tuple[float, float, float],
    *,
    wide: bool,
) -> tuple[tuple[Placed, ...], int]:
    """The events in sight, each in the first lane with room, and how many lanes they take."""
    left, right, width = edges
    taken = [-1e9] * LANES
    placed: list[Placed] = []
    if not timeline.periods:
        return (), 0
    for event in sorted(process.events, key=lambda event: (event.at, event.number)):
        x = axis(timeline.position(event.at))
        if not left - 1 <= x <= right + 1:
            continue
        words = max(text_width(event.label), text_width(event.note or "", TICK)) + 13
        fits = [
            lane for lane in range(LANES)
            if wide and taken[lane] + 8 <= x - CIRCLE and x + words <= width
        ]  # fmt: skip
        free = [lane for lane in range(LANES) if taken[lane] + 3 <= x - CIRCLE]
        lane = (fits or free or [LANES - 1])[0]
        placed.append(Placed(event, x, lane * LANE + 14.0, bool(fits)))
        taken[lane] = x + (words if fits else CIRCLE)
    lanes = sum(1 for edge in taken if edge > -1e9)
    return tuple(placed), lanes
