"""What would have to be true: the value that each part of a KPI's formula would need alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sameboat.errors import SameboatError
from sameboat.project.formula import Node, names, parse
from sameboat.project.model import Derived, Ratio
from sameboat.questions.ahead import Ahead
from sameboat.questions.arithmetic import evaluate
from sameboat.questions.kpi import Page
from sameboat.questions.series import TargetPath
from sameboat.store.packing import PackedSeries
from sameboat.store.points import SeriesKey, many

Floats = npt.NDArray[np.float64]

NEAR = 0.02
"""How far, as a share, the formula may lie from the figure and still be taken for it."""


@dataclass(frozen=True)
class Need:
    """A part of the KPI's formula: its latest value, and what it alone would have to be.

    `value` is None where no value of it reaches the target. `least` and `most` are the ends of
    its own history; `within` says whether the value lies between them. `elasticity` is by how
    much the KPI moves, in its unit, when the part rises by one percent.
    """

    metric: str
    label: str
    unit: str | None
    now: float
    value: float | None
    least: float
    most: float
    elasticity: float

    @property
    def within(self) -> bool:
        """Whether the value needed was seen before."""
        return self.value is not None and self.least <= self.value <= self.most

    @property
    def change(self) -> float | None:
        """By how much it would have to change, as a share of now; None from 0 or without value."""
        if self.value is None or self.now == 0:
            return None
        return (self.value - self.now) / abs(self.now)


def needs_of(
    page: Page, ahead: Ahead, target: TargetPath | None
) -> tuple[tuple[Need, ...], str | None]:
    """The parts of a KPI's formula with what each would need; without any, the reason."""
    if ahead.end == 0:
        return (), "no complete period yet"
    formula = _formula(page)
    if formula is None:
        return (), "it has no formula of other metrics"
    values = _histories(page, ahead.points, formula)
    at = ahead.end - 1
    if values is None or any(np.isnan(one[at]) for one in values.values()):
        return (), "its parts are not recorded for the latest period"
    now = {name: float(one[at]) for name, one in values.items()}
    stated = float(ahead.points.values[at])
    made = _value(formula, now)
    if not np.isfinite(made) or abs(made - stated) > NEAR * max(abs(stated), 1e-12):
        return (), "its formula does not give the figure that is recorded"
    found = []
    for name, history in values.items():
        seen = history[ahead.first : ahead.end]
        seen = seen[~np.isnan(seen)]
        wanted = (
            None if target is None else solve(_alone(formula, now, name), now[name], target.value)
        )
        more = _value(formula, {**now, name: now[name] * 1.01})
        declared = page.project.metrics.get(name)
        found.append(
            Need(
                name, declared.title if declared else name, declared.unit if declared else None,
                now[name], wanted, float(seen.min()), float(seen.max()), more - made,
            )
        )  # fmt: skip
    return tuple(found), None


def solve(gives: Callable[[Floats], Floats], now: float, target: float) -> float | None:
    """The argument nearest to `now` at which a function gives the target; None where none does.

    It is looked for up to a hundred times the size of `now` on both sides, by a scan whose steps
    grow with the distance, and then by halving.

    >>> round(solve(lambda x: 10 / x, 2.0, 4.0), 9)
    2.5
    """
    size = abs(now) or 1.0
    reach = np.concatenate([[0.0], np.geomspace(1e-6, 100.0, 4_000)]) * size
    found: list[float] = []
    for side in (now + reach, now - reach):
        missed = gives(side) - target
        crossed = np.flatnonzero(np.sign(missed[1:]) * np.sign(missed[:-1]) <= 0)
        if crossed.size:
            at = int(crossed[0])
            one = _halved(gives, float(side[at]), float(side[at + 1]), target)
            found += [] if one is None else [one]
    return min(found, key=lambda one: abs(one - now), default=None)


def _halved(
    gives: Callable[[Floats], Floats], low: float, high: float, target: float
) -> float | None:
    """The crossing between two arguments; None where it is a jump."""
    below = float(gives(np.array([low]))[0]) <= target
    for _ in range(80):
        middle = (low + high) / 2
        if (float(gives(np.array([middle]))[0]) <= target) == below:
            low = middle
        else:
            high = middle
    reached = float(gives(np.array([high]))[0])
    close = abs(reached - target) <= 1e-6 * max(abs(target), 1e-9)
    return high if close else None


def _alone(formula: Node, now: Mapping[str, float], name: str) -> Callable[[Floats], Floats]:
    """The KPI as one part changes and all others stay."""

    def gives(values: Floats) -> Floats:
        others = {other: np.full(values.shape, value) for other, value in now.items()}
        return np.broadcast_to(evaluate(formula, {**others, name: values}), values.shape)

    return gives


def _value(formula: Node, now: Mapping[str, float]) -> float:
    return float(evaluate(formula, {name: np.array(value) for name, value in now.items()}))


def _formula(page: Page) -> Node | None:
    """The arithmetic of the KPI's metric: a declared edge, else its own definition."""
    metric = page.metric
    text = next(
        (d.equals for d in page.project.drivers if d.metric == page.kpi.metric and d.equals), None
    )
    if text is None and isinstance(metric, Ratio):
        sides = (metric.numerator, metric.denominator)
        text = (
            None if sides[0].metric == sides[1].metric else f"{sides[0].metric} / {sides[1].metric}"
        )
    if text is None and isinstance(metric, Derived) and not metric.metrics:
        text = metric.expr
    if text is None:
        return None
    try:
        node = parse(text)
        evaluate(node, {name.text: np.array(1.0) for name in names(node)})
    except SameboatError:
        return None  # more than arithmetic
    return node


def _histories(page: Page, points: PackedSeries, formula: Node) -> dict[str, Floats] | None:
    """Each part's values beside the KPI's points; None where one is not recorded at this grain."""
    metric = page.metric
    wanted = tuple(dict.fromkeys(name.text for name in names(formula)))
    sides: dict[str, Floats | None] = {}
    if isinstance(metric, Ratio):
        sides = {
            metric.numerator.metric: points.numerator,
            metric.denominator.metric: points.denominator,
        }
    keys = [SeriesKey.of(name, points.grain) for name in wanted]
    known = many(page.workspace.record, keys, as_known_at=page.as_known_at)
    found: dict[str, Floats] = {}
    for name, key in zip(wanted, keys, strict=True):
        own, series = sides.get(name), known.get(key)
        if own is not None:
            found[name] = np.asarray(own)
        elif series is not None:
            found[name] = _beside(points, series)
        else:
            return None
    return found


def _beside(points: PackedSeries, series: PackedSeries) -> Floats:
    at = {day: index for index, day in enumerate(series.periods)}
    places = [at.get(day) for day in points.periods]
    return np.array([np.nan if i is None else float(series.values[i]) for i in places])
