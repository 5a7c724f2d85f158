"""From one figure to another in steps: levels are ticks, effects float between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from sameboat.charts.figures import Figures
from sameboat.charts.labels import TEXT, TICK, Label, text_width
from sameboat.charts.scales import Scale, reach, ticks
from sameboat.charts.svg import down, element, image
from sameboat.charts.values import Role

WIDTHS = (288, 352, 608, 896, 1216)
ASIDE = 608
"""From this width on, names stand beside the bars; below it, above them."""

TOP = 10.0


@dataclass(frozen=True)
class Effect:
    """One step: its name, a note under it, what it adds; `role` where it is the one to see."""

    label: str
    size: float
    text: str
    note: str = ""
    role: Role = "neutral"


@dataclass(frozen=True)
class Waterfall:
    """The way from `before` to `after`; the effects add up to what lies between them."""

    label: str
    unit: str | None
    before: float
    after: float
    before_label: str
    after_label: str
    before_note: str
    after_note: str
    before_text: str
    after_text: str
    effects: tuple[Effect, ...]

    @property
    def levels(self) -> tuple[float, ...]:
        """The figure before, and after each step."""
        return tuple(accumulate((effect.size for effect in self.effects), initial=self.before))


@dataclass(frozen=True)
class _Rows:
    """Where the rows of a chart stand; narrow ones have their names above the bar."""

    width: float
    left: float
    pitch: float
    bar: float
    beside: bool

    def middle(self, row: int) -> float:
        """The middle of a row's bar."""
        return TOP + row * self.pitch + (13 if self.beside else 28)

    def bottom(self, rows: int) -> float:
        return TOP + rows * self.pitch


def waterfall(chart: Waterfall, *, width: float, locale: str = "en-GB") -> str:
    """The chart as SVG, `width` px wide."""
    rows = _rows(chart, width)
    x = _scale(chart, rows)
    marks = ticks(x.low, x.high, most=7 if rows.beside else 4)
    count = len(chart.effects) + 2
    floor = rows.bottom(count)
    body = [element("path", class_="grid", d=down(x(mark), 0, floor)) for mark in marks]
    body += _bars(chart, rows, x)
    body += [label.draw() for label in waterfall_labels(chart, width=width, locale=locale)]
    sentence = waterfall_sentence(chart)
    return image(width=width, height=floor + 22, sentence=sentence, body=body)


def waterfall_sentence(chart: Waterfall) -> str:
    """The chart in words: both figures and every effect."""
    effects = ", ".join(f"{effect.label} {effect.text}" for effect in chart.effects)
    return (
        f"{chart.label}: from {chart.before_text} ({chart.before_label}) to {chart.after_text} "
        f"({chart.after_label}). {effects or 'No step is known'}."
    )


def waterfall_labels(chart: Waterfall, *, width: float, locale: str = "en-GB") -> tuple[Label, ...]:
    """Every text of the chart at its place."""
    rows = _rows(chart, width)
    x = _scale(chart, rows)
    found = []
    ends = (
        (0, chart.before_label, chart.before_note, chart.before, chart.before_text),
        (len(chart.effects) + 1, chart.after_label, chart.after_note, chart.after,
         chart.after_text),
    )  # fmt: skip
    for row, label, note, level, text in ends:
        found += _names(rows, row, label, note, bold=True)
        found.append(Label(text, x(level) + 10, rows.middle(row) + 4, "st halo"))
    for row, (effect, start) in enumerate(zip(chart.effects, chart.levels, strict=False), start=1):
        found += _names(rows, row, effect.label, effect.note, bold=effect.role != "neutral")
        right = x(max(start, start + effect.size))
        css = {"worse": "st tw", "better": "st tb"}.get(effect.role, "")
        found.append(Label(effect.text, right + 10, rows.middle(row) + 4, f"{css} halo".strip()))
    floor = rows.bottom(len(chart.effects) + 2)
    marks = ticks(x.low, x.high, most=7 if rows.beside else 4)
    names = Figures(chart.unit, locale).ticks(marks)
    last = -100.0
    for mark, text in zip(marks, names, strict=True):
        half = text_width(text, TICK) / 2
        if x(mark) - half < last + 6:
            continue
        place = Label(text, x(mark), floor + 16, "tk", "middle")
        found.append(place.within(0, width))
        last = x(mark) + half
    return tuple(found)


def _names(rows: _Rows, row: int, label: str, note: str, *, bold: bool) -> list[Label]:
    """A row's name and the note under it, cut where there is no room."""
    css = "st ink" if bold else "ink"
    if not rows.beside:
        return [Label(_cut(label, rows.width, bold), 0, rows.middle(row) - 16, f"{css} halo")]
    middle = rows.middle(row)
    found = [Label(_cut(label, rows.left - 14, bold), 0, middle - (2 if note else -4), css)]
    if note:
        found.append(Label(_cut(note, rows.left - 14, False, TICK), 0, middle + 13, "tk"))
    return found


def _cut(text: str, room: float, bold: bool, size: float = TEXT) -> str:
    if text_width(text, size, bold=bold) <= room:
        return text
    while text and text_width(text + "…", size, bold=bold) > room:
        text = text[:-1]
    return text.rstrip() + "…"


def _rows(chart: Waterfall, width: float) -> _Rows:
    if width < ASIDE:
        return _Rows(width, 0, 46, 16, False)
    names: Sequence[str] = [effect.label for effect in chart.effects]
    names = [*names, chart.before_label, chart.after_label]
    notes = [effect.note for effect in chart.effects] + [chart.before_note, chart.after_note]
    wanted = max(
        *(text_width(name, bold=True) for name in names),
        *(text_width(note, TICK) for note in notes),
    )
    return _Rows(width, min(wanted + 24, width * 0.42), 46, 20, True)


def _scale(chart: Waterfall, rows: _Rows) -> Scale:
    """The scale of all levels; to the right there is room for the widest text."""
    texts = [chart.before_text, chart.after_text, *(effect.text for effect in chart.effects)]
    room = max(text_width(text, bold=True) for text in texts) + 16
    low, high = reach(chart.levels)
    return Scale(low, high, rows.left + 4, max(rows.width - room, rows.left + 60))


def _bars(chart: Waterfall, rows: _Rows, x: Scale) -> list[str]:
    """Ticks at both ends, floating bars, and the thin lines that hand one on to the next."""
    body = []
    levels = chart.levels
    for row, level in ((0, chart.before), (len(chart.effects) + 1, levels[-1])):
        middle = rows.middle(row)
        body.append(element("path", class_="end", d=down(x(level), middle - 13, middle + 13)))
    for row, level in enumerate(levels):
        half = 13 if row == 0 else rows.bar / 2
        start = rows.middle(row) + half
        next_half = 13 if row == len(levels) - 1 else rows.bar / 2
        body.append(
            element("path", class_="con", d=down(x(level), start, rows.middle(row + 1) - next_half))
        )
    for row, (effect, start) in enumerate(zip(chart.effects, levels, strict=False), start=1):
        left, right = sorted((x(start), x(start + effect.size)))
        css = {"worse": "pw", "better": "pb"}.get(effect.role, "bar")
        body.append(
            element(
                "rect",
                class_=css,
                x=left,
                y=rows.middle(row) - rows.bar / 2,
                width=max(right - left, 1.5),
                height=rows.bar,
            )
        )
    return body
