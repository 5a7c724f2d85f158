"""A plain line from zero: a numerator, a denominator, any count over time."""

from __future__ import annotations

from sameboat.charts.board import window_words
from sameboat.charts.figures import Figures
from sameboat.charts.labels import TICK, Label, keep_clear, text_width
from sameboat.charts.marks import Frame, line_marks
from sameboat.charts.scales import Scale, from_zero, reach, ticks
from sameboat.charts.svg import across, element, image
from sameboat.charts.time_axis import end_labels
from sameboat.charts.values import Line, Process

WIDTHS = (288, 352, 424, 584)
HEIGHT = 128.0
TOP, BOTTOM = 14.0, 104.0


def line_chart(
    line: Line,
    *,
    width: float,
    locale: str = "en-GB",
    twin: str | None = None,
    column: int | None = None,
) -> str:
    """The line as SVG, `width` px wide, its values from zero."""
    frame, levels = _frame(line, width, locale)
    body = [
        element("path", class_="grid", d=across(frame.left, frame.right, frame.y(level)))
        for level in levels
    ]
    body += line_marks(Process(line), frame, size=2.6, line_class="line", dots_class=None)
    body += [label.draw() for label in line_labels(line, width=width, locale=locale)]
    return image(
        width=width, height=HEIGHT, sentence=line_sentence(line, locale=locale), body=body,
        data_twin=twin, data_col=None if column is None else str(column),
        **(frame.reading() if twin else {}),
    )  # fmt: skip


def line_labels(line: Line, *, width: float, locale: str = "en-GB") -> list[Label]:
    """Every text of the chart at its place."""
    figures = Figures(line.unit, locale)
    frame, levels = _frame(line, width, locale)
    labels = [
        Label(text, frame.left - 7, frame.y(level) + 4, "tk", "end")
        for level, text in zip(levels, figures.ticks(levels), strict=True)
    ]
    latest = line.latest
    if latest is not None and (value := line.values[latest]) is not None:
        labels.append(Label(figures.short(value), frame.x(latest) + 8, frame.y(value) + 4, "st"))
    labels += end_labels(line, frame.left, frame.right, y=124, locale=locale)
    return list(keep_clear(labels))


def line_sentence(line: Line, *, locale: str = "en-GB") -> str:
    """The line in words: window, first and latest value, least and greatest."""
    figures = Figures(line.unit, locale)
    known = [value for value in line.values if value is not None]
    head = f"{line.label}, {window_words(line, 0, locale)}"
    if not known:
        return f"{head}: no values."
    latest = line.latest
    value = line.values[latest] if latest is not None else None
    at_end = "" if value is None else f", latest {figures.short(value)}"
    between = f"from {figures.short(min(known))} to {figures.short(max(known))}"
    return f"{head}: {between}{at_end}."


def _frame(line: Line, width: float, locale: str) -> tuple[Frame, tuple[float, ...]]:
    figures = Figures(line.unit, locale)
    known = [value for value in line.values if value is not None]
    if min(known, default=0.0) < 0:
        low, high = reach([0.0, *known])
        levels = ticks(low, high, most=3)
    else:
        levels = from_zero(max(known, default=1.0))
        low, high = 0.0, levels[-1]
    left = max((text_width(text, TICK) for text in figures.ticks(levels)), default=0.0) + 10
    latest = line.latest
    value = line.values[latest] if latest is not None else None
    end = text_width(figures.short(value), bold=True) + 12 if value is not None else 8.0
    right = max(width - end, left + 20)
    last = len(line.values) - 1
    x = Scale(0, max(last, 1), left + 2, right)
    return Frame(left, right, TOP, BOTTOM, x, Scale(low, high, BOTTOM, TOP), 0, last), levels
