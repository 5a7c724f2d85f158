"""The points that set the limits of a process chart, and the limits they set."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sameboat.analysis.denominators import rare_limit, variances
from sameboat.analysis.limits import MINIMUM, Factors, factors, factors_if_normal
from sameboat.analysis.roots import Bounds, Roots, ends, share_of_roots, unrooted
from sameboat.analysis.tails import Tails, skewness, tails

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

MEMORY_FROM = 16  # with fewer points the correlation of neighbours is too uncertain to be told
MEMORY_DOUBT = 0.6  # so many standard errors of a correlation of neighbours are chance
GUARD_BY_MEMORY = 1.9
LIMIT_BY_MEMORY = 0.3
STRAY = 1.5  # so many times farther than chance explains lies a stray, and
STRAYS = 30  # at most one point in so many of a baseline is a stray
TOWARDS = 1.08  # on the scale of roots limits towards a bound reach so much farther
ROUNDING = 1e-12


@dataclass(frozen=True)
class Readings:
    """A series ready to be judged, as arrays of one length.

    `level` is what is judged: the values without their seasonal effect. `doubt` is what the
    estimated season adds to the variance of a prediction, in units of one point's variance.
    `roots` are the values of a figure with `bounds` on the scale of `analysis.roots`.
    """

    values: Floats
    usable: NDArray[np.bool_]
    n: Floats | None
    effect: Floats
    doubt: Floats
    lost: float = 0.0  # share of a baseline's points that the season's estimate used up
    bounds: Bounds = (None, None)
    roots: Roots | None = None

    @property
    def level(self) -> Floats:
        return self.values - self.effect


@dataclass(frozen=True)
class Limits:
    """Where the limits of some points lie and what they are made of.

    `deviation` is each point's distance from the centre in baseline standard deviations (for the
    points asked, in their order); `above`, `below` and the guards are in the same unit. Towards
    a bound all of them may be those of the figure's roots. `lower` and `upper` are the limits as
    they are drawn, within the bounds, and `reach` how far they lie for a figure without bounds.
    """

    points: Indices
    used: Indices
    set_aside: Indices
    centre: float
    deviation: Floats
    above: Floats
    below: Floats
    guard_above: float
    guard_below: float
    unit: Floats
    range_limit: float
    correlation: float | None
    slow: float
    proportion: bool
    count: float  # how many points without a season would tell as much about the spread
    lower: Floats
    upper: Floats
    reach: tuple[float, float]  # above and below
    likely: float = 0.0  # where limits for normal noise would lie, in units of `unit`

    @property
    def has_spread(self) -> bool:
        return bool(self.unit.size == 0 or self.unit.max() > 0)


def limits_from(readings: Readings, points: Indices, base: Indices) -> Limits | None:
    """The limits that a baseline sets for some points, or None when it is too short.

    A base point that lies too far out to belong (generalised extreme Studentised deviate test,
    Rosner 1983, chance .0002, farther out where the others have long tails) is set aside. Limits,
    near-limits and runs reach as far as `analysis.limits` says for the count that is left; they
    widen where the base itself has long tails, is lopsided or moves slowly.
    """
    if base.size < MINIMUM or effective(readings, base.size) < MINIMUM:
        return None
    level = readings.level
    shape, proportion, floor, by_chance = variances(readings.values, readings.n, base, level)
    kept = believable(level[base], shape[base], int(effective(readings, base.size)))
    used, aside = base[kept], base[~kept]
    if aside.size:
        shape, proportion, floor, by_chance = variances(readings.values, readings.n, used, level)
    count = effective(readings, used.size)
    centre, spread = centre_and_spread(level[used], shape[used], freedom=count - 1)
    spread = max(spread, floor)
    known = 1 / np.sum(1 / shape[used])
    uncertain = shape + known + readings.doubt * shape
    unit = spread * np.sqrt(uncertain / (1 + 1 / count))
    reach = factors_if_normal(count) if by_chance else factors(count)
    size = float(np.abs(level[used]).max())
    steps = standardised(level[used] - centre, unit[used], size)
    correlation = neighbours(steps)
    slow = memory(correlation, count)
    deviation = standardised(level[points] - centre, unit[points], size)
    above, below, guard_above, guard_below = distances(steps, reach, slow, plain=by_chance)
    aboves, belows = np.full(points.size, above), np.full(points.size, below)
    if proportion and readings.n is not None:
        aboves, belows = rare_limit(
            readings.values[used], readings.n[used], readings.n[points],
            centre + readings.effect[points], unit[points], aboves, belows,
        )  # fmt: skip
    typical = float(np.median(shape[used]))
    middle = centre + readings.effect[points]
    lines = Limits(
        points=points, used=used, set_aside=aside, centre=centre, deviation=deviation,
        above=aboves, below=belows, guard_above=guard_above, guard_below=guard_below,
        unit=unit[points], range_limit=reach.limit * spread * float(np.sqrt(2 * typical)),
        correlation=correlation if count >= MEMORY_FROM else None, slow=slow,
        proportion=proportion, count=count, likely=factors_if_normal(count).limit,
        lower=middle - belows * unit[points], upper=middle + aboves * unit[points],
        reach=(above, below),
    )  # fmt: skip
    if readings.roots is not None and not by_chance and lines.has_spread:
        share = min(max(centre, 0.0), 1.0)
        least = floor / (2 * math.sqrt(share * (1 - share))) if floor and 0 < share < 1 else 0.0
        lines = _within(lines, readings, readings.roots, np.sqrt(shape), least, reach)
    low, high = ends(readings.bounds)
    return replace(
        lines, lower=np.clip(lines.lower, low, high), upper=np.clip(lines.upper, low, high)
    )


def _within(
    lines: Limits, readings: Readings, roots: Roots, width: Floats, least: float, reach: Factors
) -> Limits:
    """The limits of a figure with bounds, by its roots as well as by itself.

    Towards a bound the roots judge, since their limits lie nearer and never beyond it. Away from
    it the limit lies between both, the more by roots the more lopsided the baseline is to that
    side. `width` are the roots of the points' variances up to one factor, which is `least` at
    least on the scale of roots.
    """
    used, points, level = lines.used, lines.points, roots.level
    centre, spread = centre_and_spread(level[used], width[used] ** 2, freedom=lines.count - 1)
    known = 1 / np.sum(1 / width[used] ** 2)
    uncertain = width**2 + known + readings.doubt * width**2
    unit = max(spread, least) * np.sqrt(uncertain / (1 + 1 / lines.count))
    if not unit[points].min(initial=math.inf) > 0:
        return lines
    size = float(np.abs(level[used]).max())
    steps = standardised(level[used] - centre, unit[used], size)
    slow = memory(neighbours(steps), lines.count)
    above, below, guard_above, guard_below = distances(steps, reach, slow)
    deviation = standardised(level[points] - centre, unit[points], size)
    middle = lines.centre + readings.effect[points]
    for side, plain, distance, guard in (
        (1.0, lines.upper, above, guard_above), (-1.0, lines.lower, below, guard_below)
    ):  # fmt: skip

        def line(distance: float, side: float = side) -> Floats:
            at = centre + roots.effect[points] + side * distance * unit[points]
            return unrooted(at, readings.bounds)

        far, near = side * (plain - middle), side * (line(distance) - middle)
        if np.median(near) <= np.median(far):
            distance *= TOWARDS
            away = np.maximum(side * deviation, 0.0)
            lines = _towards(lines, side, line(distance), distance, away, guard)
        elif (near > 0).all():
            part = share_of_roots(
                side * skewness(readings.level[used]), side * skewness(level[used])
            )
            lines = _away(lines, side, middle, far ** (1 - part) * near**part)
    return lines


def _towards(
    lines: Limits, side: float, line: Floats, distance: float, away: Floats, guard: float
) -> Limits:
    """The limits with one side judged by roots."""
    own = side * lines.deviation > 0
    deviation = np.where(own, side * away, lines.deviation)
    reach = np.full(away.size, distance)
    if side > 0:
        return replace(lines, deviation=deviation, above=reach, upper=line, guard_above=guard)
    return replace(lines, deviation=deviation, below=reach, lower=line, guard_below=guard)


def _away(lines: Limits, side: float, middle: Floats, distance: Floats) -> Limits:
    """The limits with one side moved out to a distance from the centre."""
    if side > 0:
        return replace(lines, above=distance / lines.unit, upper=middle + distance)
    return replace(lines, below=distance / lines.unit, lower=middle - distance)


def effective(readings: Readings, count: int) -> float:
    """How many points without a season would tell as much about the spread."""
    return count * (1 - readings.lost)


def centre_and_spread(level: Floats, shape: Floats, *, freedom: float) -> tuple[float, float]:
    """The weighted mean, and the standard deviation in units of the square root of `shape`.

    A spread that is only rounding is 0.
    """
    weight = 1 / shape
    centre = float(np.sum(level * weight) / np.sum(weight))
    spread = float(np.sqrt(np.sum((level - centre) ** 2 * weight) / freedom))
    if spread * float(np.sqrt(shape.min())) <= ROUNDING * float(np.abs(level).max()):
        return centre, 0.0
    return centre, spread


def standardised(distance: Floats, unit: Floats, size: float) -> Floats:
    """Distances in units; where nothing varies, a distance beyond rounding is endless."""
    distance = np.where(np.abs(distance) <= ROUNDING * size, 0.0, distance)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(distance == 0, 0.0, distance / unit))


def believable(level: Floats, shape: Floats, count: int) -> NDArray[np.bool_]:
    """Which points of a baseline belong to it: all but its clear strays.

    One in thirty at most is a stray, or one alone; more of them are how this series is. Eight
    points stay, and never all that varies is set aside.
    """
    kept = np.ones(level.size, dtype=bool)
    far = kept.copy()
    for _ in range(min(level.size // 4, count - MINIMUM)):
        left = int(kept.sum())
        centre, spread = centre_and_spread(level[kept], shape[kept], freedom=left - 1)
        if spread == 0:
            break
        steps = (level - centre) / np.sqrt(shape) / spread
        at = int(np.argmax(np.where(kept, np.abs(steps), -1)))
        kept[at] = False
        if abs(steps[at]) > factors(left).outlier and _stray(steps, at, kept, left):
            far = kept.copy()
    if level.size - int(far.sum()) > max(1, level.size // STRAYS):
        far = np.ones(level.size, dtype=bool)
    _, spread = centre_and_spread(level[far], shape[far], freedom=max(int(far.sum()) - 1, 1))
    return far if spread > 0 else np.ones(level.size, dtype=bool)


def _stray(steps: Floats, at: int, others: NDArray[np.bool_], size: int) -> bool:
    """Whether a point lies too far from the others for the tails that they show themselves."""
    spread = float(np.std(steps[others], ddof=1))
    if spread == 0:
        return True
    shape = tails(steps[others])
    room = shape.above if steps[at] > 0 else shape.below
    away = abs(float(steps[at] - steps[others].mean())) / spread
    return away > STRAY * room * _from_others(factors(size).outlier, size)


def _from_others(distance: float, size: int) -> float:
    """A point's distance from all points of its sample, itself included, as that from the others.

    Both are in standard deviations of the points that they are measured from.

    >>> sample = np.array([1.0, 2, 3, 2, 1, 3, 9])
    >>> inside = (9 - sample.mean()) / sample.std(ddof=1)
    >>> outside = (9 - sample[:6].mean()) / sample[:6].std(ddof=1)
    >>> abs(_from_others(inside, 7) - float(outside)) < 1e-9
    True
    """
    left = (size - 1) - float(distance) ** 2 * size / (size - 1)
    return float(distance) * size / (size - 1) / math.sqrt(left / (size - 2))


def neighbours(steps: Floats) -> float:
    """The correlation of neighbouring points, corrected for what a short series hides."""
    total = float(np.sum(steps**2))
    if total == 0 or not np.isfinite(total):
        return 0.0
    return float(np.sum(steps[1:] * steps[:-1]) / total + 1 / steps.size)


def memory(correlation: float, count: float) -> float:
    """How much of a correlation of neighbours is beyond chance, at most .8."""
    return float(np.clip(correlation - MEMORY_DOUBT / np.sqrt(count), 0.0, 0.8))


def distances(
    steps: Floats, reach: Factors, slow: float, *, plain: bool = False
) -> tuple[float, float, float, float]:
    """How far above and below the centre the limits and the guards lie.

    A side's limit reaches farther where the base has long tails or is lopsided to that side, and
    holds the base's own farthest point there with room to spare; a guard lies beyond the base's
    median, so that half of a lopsided base is never "below centre". `plain` noise is known to
    have no tails to tell of.
    """
    widen = 1 + LIMIT_BY_MEMORY * slow
    finite = steps[np.isfinite(steps)]
    shape = tails(finite) if finite.size >= MINIMUM and not plain else Tails(1.0, 1.0)
    highest, lowest, middle = finite.max(initial=0), finite.min(initial=0), np.median(finite)
    guard = reach.guard + GUARD_BY_MEMORY * slow
    return (
        float(max(reach.limit * shape.above, reach.extent * highest) * widen),
        float(max(reach.limit * shape.below, -reach.extent * lowest) * widen),
        float(max(guard, middle)),
        float(max(guard, -middle)),
    )
