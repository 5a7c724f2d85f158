"""The curve of a prediction: what an effect will probably be, with 'no change' beside it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from sameboat.charts.figures import Figures
from sameboat.charts.labels import Label, keep_clear
from sameboat.charts.scales import Scale
from sameboat.charts.svg import Point, across, down, element, image, path

WIDTHS = (248, 320, 424)
HEIGHT = 74.0
TOP, BOTTOM = 8.0, 56.0
STEPS = 80
TAIL = 2.6  # standard deviations in sight on each side
FARTHEST = 8.0  # of 'no change' from the effect, in standard deviations, to be still drawn


@dataclass(frozen=True)
class Prediction:
    """An effect with the range in which it lies with the given confidence."""

    label: str
    unit: str | None
    effect: float
    low: float
    high: float
    confidence: float = 0.8

    @property
    def spreads(self) -> tuple[float, float]:
        """Standard deviations below and above the effect: the range need not be symmetric."""
        level = min(max(self.confidence, 0.01), 0.999)
        z = NormalDist().inv_cdf(0.5 + level / 2)
        least = max(abs(self.effect), abs(self.high - self.low), 1e-12) * 1e-3
        return (max((self.effect - self.low) / z, least), max((self.high - self.effect) / z, least))


def prediction_curve(prediction: Prediction, *, width: float, locale: str = "en-GB") -> str:
    """The curve as SVG, `width` px wide: the range shaded, 'no change' marked if near."""
    x = _scale(prediction, width)
    curve = _curve(prediction, x)
    inside = [(px, py) for px, py in curve if x(prediction.low) <= px <= x(prediction.high)]
    area = [(x(prediction.low), BOTTOM), *inside, (x(prediction.high), BOTTOM)]
    middle = x(prediction.effect)
    body = [
        element("path", class_="fill-plan", d=path(area, close=True)),
        element("path", class_="curve", d=path(curve)),
        element("path", class_="axis", d=across(4, width - 4, BOTTOM)),
    ]
    if x.low <= 0 <= x.high:
        body.append(element("path", class_="zero", d=down(x(0.0), BOTTOM + 4, TOP + 2)))
    body.append(element("path", class_="plan", d=down(middle, BOTTOM, TOP)))
    body += [label.draw() for label in prediction_labels(prediction, width=width, locale=locale)]
    sentence = prediction_sentence(prediction, locale=locale)
    return image(width=width, height=HEIGHT, sentence=sentence, body=body)


def prediction_labels(
    prediction: Prediction, *, width: float, locale: str = "en-GB"
) -> list[Label]:
    """Every text of the curve; the effect first, then 'no change', then the range."""
    figures = Figures(prediction.unit, locale)
    x = _scale(prediction, width)
    wanted = [(prediction.effect, figures.change(prediction.effect), "tt st")]
    if x.low <= 0 <= x.high:
        wanted.append((0.0, "no change", "tk"))
    wanted += [
        (value, figures.change_bare(value), "tk") for value in (prediction.high, prediction.low)
    ]
    labels = [
        Label(text, x(value), 71, css, "middle").within(0, width) for value, text, css in wanted
    ]
    return list(keep_clear(labels))


def prediction_sentence(prediction: Prediction, *, locale: str = "en-GB") -> str:
    """The prediction in words: the effect and its range."""
    figures = Figures(prediction.unit, locale)
    return (
        f"Predicted effect on {prediction.label}: {figures.change(prediction.effect)}, "
        f"{prediction.confidence:.0%} range {figures.change_bare(prediction.low)} "
        f"to {figures.change_bare(prediction.high)}."
    )


def _scale(prediction: Prediction, width: float) -> Scale:
    below, above = prediction.spreads
    low = min(prediction.effect - TAIL * below, prediction.low)
    high = max(prediction.effect + TAIL * above, prediction.high)
    if prediction.effect - FARTHEST * below <= 0 <= prediction.effect + FARTHEST * above:
        pad = 0.12 * (high - low)
        low, high = min(low, -pad), max(high, pad)
    return Scale(low, high, 4, width - 4)


def _curve(prediction: Prediction, x: Scale) -> list[Point]:
    below, above = prediction.spreads
    values = [x.low + (x.high - x.low) * step / STEPS for step in range(STEPS + 1)]
    values = sorted({*values, prediction.low, prediction.effect, prediction.high})
    points: list[Point] = []
    for value in values:
        spread = below if value < prediction.effect else above
        density = math.exp(-0.5 * ((value - prediction.effect) / spread) ** 2)
        points.append((x(min(max(value, x.low), x.high)), BOTTOM - density * (BOTTOM - TOP)))
    return points
