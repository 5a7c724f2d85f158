"""The large process behaviour chart: phases, signals, events, the way to the target, ranges."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sameboat.charts.board import target_sentence, window_words
from sameboat.charts.figures import Figures, full_day
from sameboat.charts.labels import APART, LINE, TICK, Label, keep_clear, text_width
from sameboat.charts.marks import (
    Frame,
    band_lines,
    limit_marks,
    line_marks,
    open_circle,
    span,
    target_path,
)
from sameboat.charts.process_layout import CIRCLE, Layout, lay_out, target_words
from sameboat.charts.scales import TINY, Scale
from sameboat.charts.svg import across, down, element, image, lines, path
from sameboat.charts.time_axis import time_labels
from sameboat.charts.timeline import last_day
from sameboat.charts.values import Limits, Process

WIDTHS = (288, 352, 608, 896, 1216)

ROLE_TEXT = {"worse": "st tw", "better": "st tb", "neutral": "st"}


def process_chart(
    process: Process,
    *,
    width: float,
    locale: str = "en-GB",
    twin: str | None = None,
    column: int | None = None,
) -> str:
    """The chart as SVG, `width` px wide.

    `twin` is the id of the table with its values and `column` the cell of a row that holds
    the charted one. Under 600 px only the last 52 periods are drawn, and events by number.
    """
    layout = lay_out(process, width, locale)
    frame = layout.frame
    body = [element("path", class_="grid", d=across(frame.left, layout.right, frame.y(level)))
            for level in layout.ticks]  # fmt: skip
    body += limit_marks(process.limits, frame)
    body += [
        element("path", class_="ev", d=down(placed.x, placed.y + CIRCLE, frame.bottom))
        for placed in layout.events
    ]
    body += [
        element("path", class_="lim", d=down(x, frame.top, frame.bottom))
        for x, _ in _proposed(process, layout)
    ]
    body += _way_to_target(process, layout)
    size = 3.6 if layout.wide else 3.0
    body += line_marks(process, frame, size=size, dots_class="dots")
    body += _circles(layout)
    body += _ranges(process, layout)
    body += _time_ticks(layout, locale)
    body += [label.draw() for label in process_labels(process, layout, locale)]
    return image(
        width=width, height=layout.height, sentence=process_sentence(process, locale=locale),
        body=body, data_twin=twin, data_col=None if column is None else str(column),
        **(frame.reading() if twin else {}),
    )  # fmt: skip


def process_sentence(process: Process, *, locale: str = "en-GB") -> str:
    """The chart in words: window, last phase, latest value, signals, target."""
    line, figures = process.line, Figures(process.line.unit, locale)
    parts = [f"{line.label}, {window_words(line, 0, locale)}"]
    if process.limits:
        last = process.limits[-1]
        phases = len(process.limits)
        head = f"{phases} phases; in the last one " if phases > 1 else ""
        parts.append(
            f"{head}centre {figures.fine(last.centre)}, "
            f"limits {figures.fine(last.lower)} to {figures.fine(last.upper)}"
        )
    latest = line.latest
    value = line.values[latest] if latest is not None else None
    if latest is None or value is None:
        parts.append("no value yet")
    else:
        day = full_day(last_day(line.periods[latest], line.grain), locale)
        parts.append(f"latest {figures.short(value)} to {day}")
    if process.note:
        parts.append(process.note)
    parts += [one.words[:1].lower() + one.words[1:] for one in process.proposals]
    return "; ".join(parts) + "." + target_sentence(process, locale)


def events_without_words(process: Process, *, width: float, locale: str = "en-GB") -> set[int]:
    """Numbers of the events whose words the drawing of this width leaves to the text beside it."""
    layout = lay_out(process, width, locale)
    said = {placed.event.number for placed in layout.events if placed.words}
    return {event.number for event in process.events} - said


def process_labels(process: Process, layout: Layout, locale: str) -> list[Label]:
    """Every text of the chart; where two would collide, the more important one stays."""
    figures = Figures(process.line.unit, locale)
    fixed = [*_tick_labels(layout, figures), *_target_labels(process, layout, locale)]
    fixed += _event_labels(layout)
    fixed += time_labels(
        layout.timeline, layout.frame.first, layout.frame.last,
        x=layout.axis, y=layout.range_bottom + 18, locale=locale,
    )  # fmt: skip
    fixed += _range_labels(process, layout, figures)
    fixed += [*_note_labels(process, layout), *_proposal_labels(process, layout)]
    kept = keep_clear(fixed)
    return [*kept, *_phase_labels(process, layout, figures, kept)]


def _tick_labels(layout: Layout, figures: Figures) -> list[Label]:
    x = layout.frame.left - 8
    texts = figures.ticks(layout.ticks)
    return [
        Label(text, x, layout.frame.y(level) + 4, "tk", "end")
        for level, text in zip(layout.ticks, texts, strict=True)
    ]


def _target_labels(process: Process, layout: Layout, locale: str) -> list[Label]:
    if process.target is None:
        return []
    words = target_words(process, locale, wide=layout.wide)
    y = min(layout.frame.y(process.target.value) + 4, layout.frame.bottom - LINE)
    return [
        Label(text, layout.right + 8, y + LINE * row, "tt st" if row == 0 else "tt")
        for row, text in enumerate(words)
    ]


def _event_labels(layout: Layout) -> list[Label]:
    labels: list[Label] = []
    for placed in layout.events:
        labels.append(Label(str(placed.event.number), placed.x, placed.y + 4, "evn", "middle"))
        if placed.words:
            x = placed.x + CIRCLE + 5
            labels.append(Label(placed.event.label, x, placed.y - 1, "ink halo"))
            if placed.event.note:
                labels.append(Label(placed.event.note, x, placed.y + LINE, "tk halo"))
    return labels


def _phase_labels(
    process: Process, layout: Layout, figures: Figures, beside: Sequence[Label]
) -> list[Label]:
    """The longest words for each phase that fit over it, clear of the labels that stand."""
    many = len(process.limits) > 1
    labels: list[Label] = []
    for number, stretch in enumerate(process.limits, start=1):
        left, right = span(stretch, layout.frame)
        for text in _phase_words(stretch, number if many else None, figures):
            end = left + 2 + text_width(text, TICK)
            y = layout.frame.y(_highest(stretch, layout.frame, end)) - 6
            label = Label(text, left + 2, y, "tk halo")
            fits = label.box[2] <= max(right, left) - 2
            if fits and not any(label.covers(one, apart=APART) for one in (*beside, *labels)):
                labels.append(label)
                break
    return labels


def _highest(stretch: Limits, frame: Frame, end: float) -> float:
    """The highest upper limit of a stretch left of `end`, where limits differ by point."""
    steps = (
        step[2]
        for index, step in enumerate(stretch.steps, start=stretch.first)
        if step and index >= frame.first and frame.x(index - 0.5) <= end
    )
    return max(steps, default=stretch.upper)


def _phase_words(stretch: Limits, number: int | None, figures: Figures) -> tuple[str, ...]:
    centre, lower, upper = map(figures.fine, (stretch.centre, stretch.lower, stretch.upper))
    name = stretch.label or (f"Phase {number}" if number else "")
    middle = f"centre {centre}"
    whole = f"{middle}, limits {lower} to {upper}"
    if not name:
        return (whole.capitalize(), middle.capitalize())
    return (f"{name}: {whole}", f"{name}: {middle}", middle)


def _note_labels(process: Process, layout: Layout) -> list[Label]:
    """What the latest run of signals says, below the points or above them."""
    frame = layout.frame
    shown = [mark for mark in process.marks if mark.index >= frame.first]
    points = [
        (frame.x(mark.index), frame.y(value))
        for mark in shown
        if (value := process.line.values[mark.index]) is not None
    ]
    if not process.note or not points or not process.limits:
        return []
    x, last_y = points[-1]
    css = ROLE_TEXT[shown[-1].role] + " halo"
    run = [y for _, y in points[-8:]]
    if last_y >= frame.y(process.limits[-1].centre):
        y = min(max(run) + 20, frame.bottom + LINE)
    else:
        y = max(min(run) - 12, frame.top - 2)
    return [Label(process.note, x + 4, y, css, "end").within(frame.left, layout.width)]


def _proposed(process: Process, layout: Layout) -> list[tuple[float, str]]:
    """Where a new regime seems to begin, halfway from the point before it, and what it is."""
    frame = layout.frame
    return [
        ((frame.x(one.index - 1) + frame.x(one.index)) / 2, one.label)
        for one in process.proposals
        if one.index > frame.first
    ]


def _proposal_labels(process: Process, layout: Layout) -> list[Label]:
    y = layout.frame.top + 10
    return [
        Label(label, x + 4, y, "tk halo").within(layout.frame.left, layout.width)
        for x, label in _proposed(process, layout)
    ]


def _way_to_target(process: Process, layout: Layout) -> list[str]:
    if process.target is None or not layout.timeline.periods:
        return []
    frame = layout.frame
    if process.target.high is not None:
        return band_lines(process.target, frame, layout.right)
    inside = target_path(process.target, layout.timeline, frame.first - 0.5)
    end = (layout.right, frame.y(process.target.value))
    places = [(layout.axis(position), frame.y(value)) for position, value in inside]
    if process.target.by is None:
        places = [(frame.left, end[1]), end]
    drawn = [element("path", class_="target", d=path(places))] if len(places) > 1 else []
    return [*drawn, open_circle(*end, radius=4)]


def _circles(layout: Layout) -> list[str]:
    return [
        element("circle", class_="evd", cx=placed.x, cy=placed.y, r=CIRCLE)
        for placed in layout.events
    ]


def _range_scale(process: Process, layout: Layout) -> Scale:
    top = layout.range_top or 0.0
    shown = process.ranges[layout.frame.first :]
    most = max((value for value in (*shown, process.range_limit) if value is not None), default=1.0)
    return Scale(0.0, most if most > TINY else 1.0, layout.range_bottom, top)


def _ranges(process: Process, layout: Layout) -> list[str]:
    """The moving range beneath: how much the value jumps from one period to the next."""
    if layout.range_top is None:
        return []
    frame, scale = layout.frame, _range_scale(process, layout)
    body = [element("path", class_="axis", d=across(frame.left, frame.right, layout.range_bottom))]
    if process.range_limit is not None:
        y = scale(process.range_limit)
        body.append(element("path", class_="lim", d=across(frame.left, frame.right, y)))
    points = [
        None if value is None else (frame.x(index), scale(value))
        for index, value in enumerate(process.ranges)
        if index >= frame.first
    ]
    return [*body, element("path", class_="thin", d=lines(points))]


def _range_labels(process: Process, layout: Layout, figures: Figures) -> list[Label]:
    if layout.range_top is None:
        return []
    frame, grain = layout.frame, process.line.grain.replace("_", " ")
    unit = figures.change_unit()
    words = f"{grain.capitalize()}-to-{grain} change" + (f", {unit}" if unit else "")
    labels = [Label(words, frame.left, layout.range_top - 20, "tk")]
    if process.range_limit is not None and math.isfinite(process.range_limit):
        y = _range_scale(process, layout)(process.range_limit)
        limit = Label(f"limit {figures.fine(process.range_limit)}", frame.right + 6, y + 4, "tk")
        if limit.box[2] > layout.width:
            limit = Label(limit.text, frame.right, y - 4, "tk halo", "end")
        labels.append(limit)
    return labels


def _time_ticks(layout: Layout, locale: str) -> list[str]:
    labels = time_labels(
        layout.timeline, layout.frame.first, layout.frame.last,
        x=layout.axis, y=0.0, locale=locale,
    )  # fmt: skip
    y = layout.range_bottom
    ticks = "".join(down(label.x, y, y + 5) for label in labels)
    base = across(layout.frame.left, layout.frame.right, y)
    return [element("path", class_="axis", d=base + ticks)]
