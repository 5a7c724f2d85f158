"""The section of an index: its parts and open weights, and what other weights would say."""

from __future__ import annotations

from dataclasses import dataclass

from sameboat.charts.figures import Figures, share
from sameboat.questions.index_weights import WeighedPart, Weighing
from sameboat.units import format_difference, format_value


@dataclass(frozen=True)
class PartRow:
    """One part of an index as a table row, every figure worded."""

    label: str
    better: str
    weight: str
    base: str
    now: str
    points: str
    adds: str
    alone: str


@dataclass(frozen=True)
class WeighingView:
    """The whole section in words and rows; `total` is the index itself."""

    head: str
    sub: str
    sentences: tuple[str, ...]
    rows: tuple[PartRow, ...]
    total: PartRow
    base: str
    period: str
    band: str


@dataclass(frozen=True)
class _Points:
    """Figures of an index, whose base is 100, to one decimal."""

    locale: str

    def bare(self, value: float) -> str:
        return format_value(value, None, locale=self._tag, precision=1)

    def change_bare(self, value: float) -> str:
        return format_difference(value, None, locale=self._tag, precision=1)

    @property
    def _tag(self) -> str:
        return self.locale.replace("-", "_")


def weighing_view(weighing: Weighing, locale: str) -> WeighingView:
    """The section of an index in a reader's locale."""
    figures = _Points(locale)
    band = share(weighing.band, locale)
    level = weighing.level
    total = PartRow(
        "The index", "", share(1.0, locale), figures.bare(100), figures.bare(level.value),
        figures.bare(level.value), figures.change_bare(weighing.change.value),
        _range(level.low, level.high, figures),
    )  # fmt: skip
    return WeighingView(
        head=_head(weighing, figures),
        sub=f"{weighing.period}, against {weighing.before}; {weighing.base} is 100",
        sentences=(
            _levels(weighing, figures, band),
            _sign(weighing, figures, band),
            _deciding(weighing),
        ),
        rows=tuple(_row(part, figures, locale) for part in weighing.parts),
        total=total,
        base=weighing.base,
        period=weighing.period,
        band=band,
    )


def _row(part: WeighedPart, figures: _Points, locale: str) -> PartRow:
    own = Figures(part.unit, locale)
    return PartRow(
        part.label, "lower is better" if part.good == "down" else "", share(part.weight, locale),
        own.short(part.base), own.short(part.now), figures.bare(part.points),
        figures.change_bare(part.adds), _range(part.low, part.high, figures),
    )  # fmt: skip


def _range(low: float, high: float, figures: _Points) -> str:
    return f"{figures.bare(low)} to {figures.bare(high)}"


def _head(weighing: Weighing, figures: _Points) -> str:
    """What moved the index most, in one line."""
    most = max(weighing.parts, key=lambda part: abs(part.adds))
    if not most.adds:
        return "No part of the index moved"
    by = figures.change_bare(most.adds)
    return f"{most.label} moved the index most: {by} points"


def _levels(weighing: Weighing, figures: _Points, band: str) -> str:
    """Between which ends the index lies under other weights."""
    low, high = figures.bare(weighing.level.low), figures.bare(weighing.level.high)
    said = f"The weights are a judgement. With each of them up to {band} smaller or larger, "
    return f"{said}the index lies between {low} and {high}{_side(weighing)}."


def _side(weighing: Weighing) -> str:
    """Whether the index stands on one side of its base whatever the weights."""
    level = weighing.level
    if level.same_side(of=100):
        way = "above" if level.low > 100 else "below"
        return f", {way} its base of 100 in every case"
    if level.high > level.low:
        return ": whether it stands above its base of 100 hangs on the weights"
    return ""


def _sign(weighing: Weighing, figures: _Points, band: str) -> str:
    """Whether the index rose or fell since the period before, whatever the weights."""
    change = weighing.change
    if not change.value:
        return f"It did not change since {weighing.before}."
    way = "rose" if change.value > 0 else "fell"
    said = f"It {way} by {figures.bare(abs(change.value))} points since {weighing.before}"
    ends = f"{figures.change_bare(change.low)} to {figures.change_bare(change.high)}"
    if change.same_side(of=0):
        return f"{said}, and would have under all these weights ({ends})."
    other = "fallen" if change.value > 0 else "risen"
    return (
        f"{said}, but with other weights up to {band} off it would have {other} ({ends}): "
        "do not read a direction into it."
    )


def _deciding(weighing: Weighing) -> str:
    """Which parts decide the sign of the change."""
    if not weighing.change.value:
        return "No part decides a direction."
    way = "risen" if weighing.change.value > 0 else "fallen"
    names = [f"“{name}”" for name in weighing.decides]
    if not names:
        return f"Without any one of its parts it would still have {way}."
    if len(names) == 1:
        return f"{names[0]} decides the direction: without it the index would not have {way}."
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{listed} decide the direction: without one of them it would not have {way}."
