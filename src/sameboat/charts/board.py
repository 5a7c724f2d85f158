"""The small chart of a board's row: recent points, limits, and the way to the target."""

from __future__ import annotations

from sameboat.charts.figures import Figures, day_month, month, month_year
from sameboat.charts.labels import LINE, Label, keep_clear, spread, text_width
from sameboat.charts.marks import Frame, band_lines, limit_marks, line_marks, open_circle
from sameboat.charts.scales import Scale, reach
from sameboat.charts.svg import across, element, image, path
from sameboat.charts.time_axis import period_name
from sameboat.charts.timeline import count_of
from sameboat.charts.values import Line, Process

WIDTHS = (288, 352)
HEIGHT = 96.0
TOP, BOTTOM = 11.0, 73.0
LEFT = 4.0
AHEAD = 40.0  # room for the way to the target, not to the scale of time
GAP = 22.0  # room for what is missing since the last point of a stale line
LABEL_GAP = 8.0
LABELS = 76.0  # room for the labels, the same in every row; more where a text needs it
MOST_OF_WIDTH = 0.36


def board_chart(
    process: Process, *, width: float, locale: str = "en-GB", twin: str | None = None
) -> str:
    """The chart as SVG, `width` px wide; `twin` is the id of the table row with its values."""
    line = process.line
    figures = Figures(line.unit, locale)
    frame = _frame(process, width, figures)
    body = limit_marks(process.limits, frame)
    if process.target is not None:
        body += _way_to_target(process, frame)
    body += line_marks(process, frame, size=2.8, dots_class="dq")
    if process.stale:
        body += _missing(process, frame)
    body += [label.draw() for label in board_labels(process, width=width, locale=locale)]
    return image(
        width=width, height=HEIGHT, sentence=board_sentence(process, locale=locale), body=body,
        data_twin=twin, **(frame.reading() if twin else {}),
    )  # fmt: skip


def board_labels(process: Process, *, width: float, locale: str = "en-GB") -> list[Label]:
    """Every text of the chart at its place."""
    figures = Figures(process.line.unit, locale)
    frame = _frame(process, width, figures)
    ends = _line_ends(process, figures)
    ahead = AHEAD if process.target else 0.0
    x = frame.right + ahead + LABEL_GAP
    places = spread(
        [frame.y(value) + 4 for value, _, _ in ends], gap=LINE, low=TOP + 4, high=BOTTOM + 4
    )
    labels = [Label(text, x, y, css) for (_, text, css), y in zip(ends, places, strict=True)]
    target = process.target
    if target is not None and target.by is not None:
        by = Label(month_year(target.by, locale), frame.right + ahead, 92, "tk tt", "middle")
        labels.append(by.within(LEFT, width - 1))
    if process.stale and process.since is not None:
        words = f"nothing since {day_month(process.since, locale)}"
        labels.append(Label(words, frame.right, 92, "tk ts", "end"))
    window = Label(window_words(process.line, frame.first, locale), LEFT, 92, "tk")
    return list(keep_clear([*labels, window]))


def board_sentence(process: Process, *, locale: str = "en-GB") -> str:
    """The chart in one sentence or two, for those who do not see it.

    Says the window, the centre and limits, the latest value, how many points are signals
    and where the target lies.
    """
    line, figures = process.line, Figures(process.line.unit, locale)
    first = line.first_shown
    parts = [f"{line.label}, {window_words(line, first, locale)}"]
    if process.limits:
        last = process.limits[-1]
        parts.append(
            f"centre {figures.short(last.centre)}, "
            f"limits {figures.bare(last.lower)} to {figures.bare(last.upper)}"
        )
    latest = line.latest
    value = line.values[latest] if latest is not None else None
    parts.append("no value yet" if value is None else f"latest {figures.short(value)}")
    signals = sum(1 for mark in process.marks if mark.index >= first)
    if signals:
        parts.append(f"{signals} signal {'point' if signals == 1 else 'points'}")
    sentence = f"{'; '.join(parts)}."
    return sentence + target_sentence(process, locale)


def target_sentence(process: Process, locale: str) -> str:
    """Where the target lies, as a sentence that follows another one; empty without a target."""
    target = process.target
    if target is None:
        return ""
    by = f" by {month_year(target.by, locale)}" if target.by else ""
    figures = Figures(process.line.unit, locale)
    return f" Target {' to '.join(figures.short(level) for level in target.levels)}{by}."


def window_words(line: Line, first: int, locale: str) -> str:
    """How much of the line is shown: '26 weeks to 25 Oct'."""
    count = len(line.values) - first
    if not count:
        return "no points yet"
    end = line.periods[-1]
    name = month(end, locale) if line.grain == "month" else period_name(end, line.grain, locale)
    return f"{count_of(line.grain, count)} to {name}"


def _line_ends(process: Process, figures: Figures) -> list[tuple[float, str, str]]:
    """What is written at the right: value, text and class of each."""
    ends: list[tuple[float, str, str]] = []
    if process.target is not None:
        ends += [(level, figures.short(level), "tt") for level in process.target.levels]
    if process.limits:
        centre = process.limits[-1].centre
        ends.append((centre, f"centre {figures.bare(centre)}", "tk"))
    return ends


def _frame(process: Process, width: float, figures: Figures) -> Frame:
    line = process.line
    first, last = line.first_shown, len(line.values) - 1
    texts = [text_width(text) for _, text, _ in _line_ends(process, figures)]
    labels = min(max(LABELS, *texts, 0.0) + LABEL_GAP, width * MOST_OF_WIDTH)
    target = process.target
    right = width - labels - (AHEAD if target else 4.0)
    values = [*line.values[first:]]
    for stretch in process.limits:
        if stretch.last >= first:
            values += [stretch.lower, stretch.upper]
            seen = stretch.steps[max(0, first - stretch.first) :]
            values += [level for step in seen if step for level in step]
    if target is not None:
        values += [*target.levels, target.now]
    low, high = reach(values, margin=0.0)
    trailing = line.latest is None or last > line.latest
    inner = right - (GAP if process.stale and not trailing else 3.0)
    x = Scale(first, max(last, first + 1), LEFT + 2, inner)
    return Frame(LEFT, right, TOP, BOTTOM, x, Scale(low, high, BOTTOM, TOP), first, last)


def _way_to_target(process: Process, frame: Frame) -> list[str]:
    target = process.target
    if target is None:
        return []
    if target.high is not None:
        return band_lines(target, frame, frame.right + AHEAD)
    end = (frame.right + AHEAD, frame.y(target.value))
    body = []
    if target.now is not None:
        start = (frame.right, frame.y(target.now))
        body.append(element("path", class_="target", d=path((start, end))))
    return [*body, open_circle(*end)]


def _missing(process: Process, frame: Frame) -> list[str]:
    """A dotted stretch from the last known point to the edge."""
    latest = process.line.latest
    value = process.line.values[latest] if latest is not None else None
    if latest is None or value is None:
        return []
    stroke = across(frame.x(latest), frame.right, frame.y(value))
    return [element("path", class_="gap", d=stroke)]
