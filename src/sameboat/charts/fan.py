"""A forecast as a fan: what was, the middle of what may come, and two bands around it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from sameboat.charts.figures import Figures, month_year
from sameboat.charts.labels import TICK, Label, keep_clear, text_width
from sameboat.charts.marks import Frame, line_marks, open_circle, target_path
from sameboat.charts.scales import Scale, reach, ticks
from sameboat.charts.svg import across, down, element, image, path, pixels
from sameboat.charts.time_axis import time_labels
from sameboat.charts.timeline import Timeline, count_of
from sameboat.charts.values import Line, Process, Target

WIDTHS = (288, 352, 608, 896, 1216)
TOP, PLOT, AXIS = 26.0, 260.0, 30.0
SHOWN = {"day": 90, "week": 104, "month": 60, "quarter": 40, "year": 30}
"""How many periods of the past a fan shows at most."""
NARROW, NARROW_SHOWS = 600.0, 40


@dataclass(frozen=True)
class Fan:
    """The past, and per period ahead the middle with the ends of the 80 and 95 % intervals."""

    past: Line
    periods: tuple[dt.date, ...]
    middle: tuple[float, ...]
    inner: tuple[tuple[float, float], ...]
    outer: tuple[tuple[float, float], ...]
    target: Target | None = None
    moved: tuple[tuple[float, float, float], ...] | None = None
    """The same future as drivers are moved: lower end, middle and upper end of its 80 %; empty
    where nothing is moved yet and a script may draw it, None where nothing can be moved."""
    room: tuple[float, ...] = ()
    """Further values that must fit in."""


@dataclass(frozen=True)
class _Layout:
    frame: Frame
    timeline: Timeline
    levels: tuple[float, ...]
    turn: int  # the index of the last point of the past
    right: float


def fan_chart(fan: Fan, *, width: float, locale: str = "en-GB", twin: str | None = None) -> str:
    """The fan as SVG, `width` px wide; on narrow ones the past begins later.

    `twin` is the id of the table that holds its figures, by which it can be read point by point.
    """
    layout = _lay_out(fan, width, locale)
    frame = layout.frame
    body = [
        element("path", class_="grid", d=across(frame.left, layout.right, frame.y(level)))
        for level in layout.levels
    ]
    body += _bands(fan, layout)
    edge = frame.x(layout.turn + 0.5)
    body.append(element("path", class_="ev", d=down(edge, frame.bottom, TOP - 6)))
    body += _target(fan, layout)
    body += line_marks(
        Process(fan.past),
        replace(frame, last=layout.turn),
        size=2.6,
        line_class="line",
        dots_class=None,
    )
    body += _moved(fan, layout)
    body += [label.draw() for label in fan_labels(fan, width=width, locale=locale)]
    reading: dict[str, str] = {}
    if twin is not None:
        reading = {**frame.reading(), "data_twin": twin, "data_turn": str(layout.turn)}
        if (root := _root(fan, layout)) is not None:
            reading["data_root"] = f"{pixels(root[0])} {pixels(root[1])}"
    return image(
        width=width, height=TOP + PLOT + AXIS, sentence=fan_sentence(fan, locale=locale),
        body=body, **reading,
    )  # fmt: skip


def fan_sentence(fan: Fan, *, locale: str = "en-GB") -> str:
    """The fan in words: the latest value, the last middle, its range, the target."""
    figures = Figures(fan.past.unit, locale)
    latest = fan.past.latest
    value = fan.past.values[latest] if latest is not None else None
    parts = [fan.past.label]
    if value is not None:
        parts.append(f"latest {figures.short(value)}")
    if fan.middle:
        low, high = fan.inner[-1]
        parts.append(
            f"in {count_of(fan.past.grain, len(fan.middle))} {figures.short(fan.middle[-1])}, "
            f"8 times in 10 between {figures.short(low)} and {figures.short(high)}"
        )
    if fan.target is not None:
        by = f" by {month_year(fan.target.by, locale)}" if fan.target.by else ""
        parts.append(f"target {figures.short(fan.target.value)}{by}")
    return ", ".join(parts) + "."


def fan_labels(fan: Fan, *, width: float, locale: str = "en-GB") -> list[Label]:
    """Every text of the chart; where two collide, the more important one stays."""
    layout = _lay_out(fan, width, locale)
    frame, figures = layout.frame, Figures(fan.past.unit, locale)
    labels = [
        Label(text, frame.left - 8, frame.y(level) + 4, "tk", "end")
        for level, text in zip(layout.levels, figures.ticks(layout.levels), strict=True)
    ]
    if fan.target is not None:
        y = frame.y(fan.target.value) + 4
        labels.append(Label(figures.short(fan.target.value), layout.right + 8, y, "tt st"))
    if fan.middle:
        text = figures.short(fan.middle[-1])
        labels.append(Label(text, layout.right + 8, frame.y(fan.middle[-1]) + 4, "st"))
    edge = frame.x(layout.turn + 0.5)
    labels.append(Label("forecast", edge + 6, TOP - 8, "tk"))
    labels.append(Label("recorded", edge - 6, TOP - 8, "tk", "end"))
    labels = [one if one.x > layout.right else one.within(0, width) for one in labels]
    labels += time_labels(
        layout.timeline, frame.first, frame.last,
        x=frame.x, y=frame.bottom + 20, locale=locale,
    )  # fmt: skip
    return list(keep_clear(labels))


def _lay_out(fan: Fan, width: float, locale: str) -> _Layout:
    line = fan.past
    figures = Figures(line.unit, locale)
    count = SHOWN.get(line.grain.removeprefix("fiscal_"), 60)
    first = line.first_of_last(min(count, NARROW_SHOWS) if width < NARROW else count)
    timeline = Timeline((*line.periods, *fan.periods), line.grain)
    turn = len(line.values) - 1
    last = turn + len(fan.middle)
    heights: list[float | None] = [*line.values[first:], *fan.middle]
    heights += [end for pair in fan.outer for end in pair]
    heights += [value for three in fan.moved or () for value in three]
    heights += fan.room
    words = [figures.short(fan.middle[-1])] if fan.middle else []
    if fan.target is not None:
        heights.append(fan.target.value)
        words.append(figures.short(fan.target.value))
        if timeline.periods:
            seen = target_path(fan.target, timeline, first - 0.5, last + 0.5)
            heights += [value for _, value in seen]
    low, high = reach(heights, margin=0.05)
    levels = ticks(low, high)
    left = max((text_width(text, TICK) for text in figures.ticks(levels)), default=0.0) + 12
    room = max((text_width(text, bold=True) for text in words), default=0.0) + 14
    right = max(width - room, left + 20)
    x = Scale(first - 0.5, max(last, first) + 0.5, left, right)
    y = Scale(low, high, TOP + PLOT, TOP)
    frame = Frame(left, right, TOP, TOP + PLOT, x, y, first, last)
    return _Layout(frame, timeline, levels, turn, right)


def _bands(fan: Fan, layout: _Layout) -> list[str]:
    """Both bands and the middle, each starting at the latest point."""
    root = _root(fan, layout)
    if not fan.middle or root is None:
        return []
    frame = layout.frame
    places = [frame.x(layout.turn + 1 + at) for at in range(len(fan.middle))]
    body = []
    for css, ends in (("band", fan.outer), ("fill-plan", fan.inner)):
        above = [(x, frame.y(high)) for x, (_, high) in zip(places, ends, strict=True)]
        below = [(x, frame.y(low)) for x, (low, _) in zip(places, ends, strict=True)]
        shape = path([root, *above, *reversed(below)], close=True)
        body.append(element("path", class_=css, d=shape))
    middle = [(x, frame.y(value)) for x, value in zip(places, fan.middle, strict=True)]
    body.append(element("path", class_="curve", d=path([root, *middle])))
    return body


def _root(fan: Fan, layout: _Layout) -> tuple[float, float] | None:
    """Where the latest recorded point stands; None where it is out of sight."""
    latest = fan.past.latest
    start = fan.past.values[latest] if latest is not None else None
    if latest is None or start is None or latest < layout.frame.first:
        return None
    return layout.frame.x(latest), layout.frame.y(start)


def _moved(fan: Fan, layout: _Layout) -> list[str]:
    """The middle and the 80 % ends of the future as it is moved; empty paths where it is not."""
    if fan.moved is None or not fan.middle:
        return []
    frame, found = layout.frame, []
    lines = (("low", "moved-end", 0), ("high", "moved-end", 2), ("middle", "plan", 1))
    for name, css, part in lines:
        places = [
            (frame.x(layout.turn + 1 + at), frame.y(three[part]))
            for at, three in enumerate(fan.moved)
        ]
        if places and (root := _root(fan, layout)) is not None:
            places.insert(0, root)
        drawn = path(places) if places else None
        found.append(element("path", class_=css, d=drawn, data_moved=name))
    return found


def _target(fan: Fan, layout: _Layout) -> list[str]:
    """The path to the target as far as it is in sight, and its end."""
    target, frame = fan.target, layout.frame
    if target is None or not layout.timeline.periods:
        return []
    if target.by is None:
        level = across(frame.left, frame.right, frame.y(target.value))
        return [element("path", class_="target", d=level)]
    least, most = frame.first - 0.5, frame.last + 0.5
    seen = target_path(target, layout.timeline, least, most)
    inside = [(frame.x(at), frame.y(value)) for at, value in seen]
    body = [element("path", class_="target", d=path(inside))] if len(inside) > 1 else []
    end = layout.timeline.position(target.by)
    if least <= end <= most:
        body.append(open_circle(frame.x(end), frame.y(target.value)))
    return body
