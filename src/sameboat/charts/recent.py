"""Six weeks and twelve months on one scale, with the year before dotted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sameboat.charts.figures import Figures
from sameboat.charts.labels import TICK, Label, keep_clear, text_width
from sameboat.charts.scales import Scale, reach, ticks
from sameboat.charts.svg import Point, across, dots, element, image, lines, path
from sameboat.charts.time_axis import period_name
from sameboat.charts.timeline import count_of
from sameboat.charts.values import Line

WIDTHS = (288, 352, 608, 896, 1216)
HEIGHT = 230.0
TOP, BOTTOM = 50.0, 190.0
BETWEEN = 34.0
INSET = 16.0
WEEKS_SHARE = 0.36


@dataclass(frozen=True)
class Panel:
    """One of the two parts: its line, the line of a year before, its edges."""

    title: str
    line: Line
    before: Line | None
    left: float
    right: float

    @property
    def x(self) -> Scale:
        last = max(len(self.line.values) - 1, 1)
        return Scale(0, last, self.left + INSET, self.right - INSET)


def weeks_and_months(
    *,
    weeks: Line | None,
    months: Line | None,
    year_before: Line | None = None,
    width: float,
    locale: str = "en-GB",
) -> str:
    """Both lines as one SVG, `width` px wide; one of them may be missing."""
    panels, levels, y = _lay_out(weeks, months, year_before, width, locale)
    figures = Figures(_unit(weeks, months), locale)
    body: list[str] = []
    for panel in panels:
        grid = "".join(across(panel.left, panel.right, y(level)) for level in levels)
        body.append(element("path", class_="grid", d=grid))
        body += _marks(panel, y)
    labels = _labels(panels, levels, y, figures, locale)
    sentence = recent_sentence(weeks=weeks, months=months, year_before=year_before, locale=locale)
    body += [label.draw() for label in labels]
    return image(width=width, height=HEIGHT, sentence=sentence, body=body)


def recent_sentence(
    *, weeks: Line | None, months: Line | None, year_before: Line | None = None,
    locale: str = "en-GB",
) -> str:  # fmt: skip
    """The two lines in words: what each ends with, and the last month against a year before."""
    parts: list[str] = []
    for line in (weeks, months):
        if line is None or line.latest is None:
            continue
        value = line.values[line.latest]
        if value is not None:
            name = period_name(line.periods[line.latest], line.grain, locale)
            words = Figures(line.unit, locale).short(value)
            parts.append(f"{count_of(line.grain, len(line.values))}, {name} at {words}")
    if year_before is not None and months is not None and months.latest is not None:
        earlier = _a_year_before(months.latest, year_before)
        if earlier is not None:
            parts.append(f"a year before it was {Figures(months.unit, locale).short(earlier)}")
    label = weeks or months or year_before
    name = label.label if label else "No line"
    return f"{name}: {'; '.join(parts) or 'no values'}."


def _a_year_before(index: int, year_before: Line) -> float | None:
    return year_before.values[index] if index < len(year_before.values) else None


def _unit(weeks: Line | None, months: Line | None) -> str | None:
    line = weeks or months
    return line.unit if line else None


def _lay_out(
    weeks: Line | None, months: Line | None, year_before: Line | None, width: float, locale: str
) -> tuple[list[Panel], tuple[float, ...], Scale]:
    values = [value for line in (weeks, months, year_before) if line for value in line.values]
    low, high = reach(values, margin=0.12)
    levels = ticks(low, high)
    texts = Figures(_unit(weeks, months), locale).ticks(levels)
    left = max((text_width(text, TICK) for text in texts), default=0.0) + 12
    y = Scale(low, high, BOTTOM, TOP)
    inner = width - left - 4
    panels: list[Panel] = []
    if weeks is not None and weeks.values:
        right = left + (inner * WEEKS_SHARE if months is not None and months.values else inner)
        panels.append(Panel(_title(weeks), weeks, None, left, right))
        left = right + BETWEEN
    if months is not None and months.values:
        panels.append(Panel(_title(months), months, year_before, left, width - 4))
    return panels, levels, y


def _title(line: Line) -> str:
    return count_of(line.grain, len(line.values))


def _marks(panel: Panel, y: Scale) -> list[str]:
    body: list[str] = []
    line = panel.line
    if panel.before is not None:
        earlier = panel.before.values[: len(line.values)]
        drawn = lines(_points(earlier, panel, y))
        body.append(element("path", class_="before", d=drawn))
    points = _points(line.values, panel, y)
    complete = [p if line.is_complete(i) else None for i, p in enumerate(points)]
    body.append(element("path", class_="line", d=lines(complete)))
    for index, point in enumerate(points):
        if point is None or line.is_complete(index):
            continue
        before = points[index - 1] if index else None
        if before is not None:
            body.append(element("path", class_="open", d=path((before, point))))
        body.append(element("circle", class_="pi", cx=point[0], cy=point[1], r=3))
    body.append(element("path", class_="dots big", d=dots(p for p in complete if p)))
    return body


def _points(values: Sequence[float | None], panel: Panel, y: Scale) -> list[Point | None]:
    return [
        None if value is None else (panel.x(index), y(value)) for index, value in enumerate(values)
    ]


def _labels(
    panels: Sequence[Panel], levels: tuple[float, ...], y: Scale, figures: Figures, locale: str
) -> list[Label]:
    labels: list[Label] = []
    for panel in panels:
        labels.append(Label(panel.title, panel.left, 14, "st"))
        if panel.before is not None:
            title = labels[-1]
            key = Label("dotted: a year before", panel.right, 14, "tk", "end")
            under = Label(key.text, panel.left, 30, "tk")
            labels.append(under if key.covers(title) else key)
    if panels:
        x = panels[0].left - 8
        for level, text in zip(levels, figures.ticks(levels), strict=True):
            labels.append(Label(text, x, y(level) + 4, "tk", "end"))
    for panel in panels:
        labels += _every(_period_labels(panel, locale), panel, gaps=True)
    for panel in panels:
        labels += _every(_value_labels(panel, y, figures), panel, gaps=False)
    return list(keep_clear(labels))


def _every(labels: list[Label], panel: Panel, *, gaps: bool) -> list[Label]:
    """All labels where they have room; else every n-th counted from the last, or only the last."""
    if not labels:
        return []
    room = (panel.right - panel.left - 2 * INSET) / max(len(labels) - 1, 1)
    widest = max(label.width for label in labels) + 6
    if widest <= room:
        return labels
    step = -(-int(widest) // max(int(room), 1)) if gaps else len(labels)
    return labels[::-1][::step]


def _period_labels(panel: Panel, locale: str) -> list[Label]:
    return [
        Label(period_name(day, panel.line.grain, locale), panel.x(index), 222, "tk", "middle")
        for index, day in enumerate(panel.line.periods)
    ]


def _is_below(panel: Panel, index: int, value: float) -> bool:
    """Whether a label goes under its point: in a dip, or where the year before runs above."""
    values = panel.line.values
    beside = [values[at] for at in (index - 1, index + 1) if 0 <= at < len(values)]
    ways = {neighbour > value for neighbour in beside if neighbour is not None}
    if len(ways) == 1:
        return ways == {True}
    earlier = panel.before.values[index : index + 1] if panel.before else ()
    return any(before is not None and before > value for before in earlier)


def _value_labels(panel: Panel, y: Scale, figures: Figures) -> list[Label]:
    """The value at each point, on the side where the lines do not run."""
    labels: list[Label] = []
    for index, value in enumerate(panel.line.values):
        if value is None:
            continue
        place = y(value) + (18 if _is_below(panel, index, value) else -9)
        labels.append(Label(figures.bare(value), panel.x(index), place, "tk ink halo", "middle"))
    return labels
