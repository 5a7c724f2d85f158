"""The points that set the limits of a process chart, and the limits they set."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sameboat.analysis.denominators import rare_limit, variances
from sameboat.analysis.limits import MINIMUM, Factors, factors, factors_if_normal
from sameboat.analysis.tails import Tails, tails

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

MEMORY_FROM = 16  # with fewer points the correlation of neighbours is too uncertain to be told
MEMORY_DOUBT = 0.6  # so many standard errors of a correlation of neighbours are chance
GUARD_BY_MEMORY = 1.9
LIMIT_BY_MEMORY = 0.3
STRAY = 1.5  # so many times farther than chance explains lies a stray, and
STRAYS = 30  # at most one point in so many of a baseline is a stray
ROUNDING = 1e-12


@dataclass(frozen=True)
class Readings:
    """A series ready to be judged, as arrays of one length.

    `level` is what is judged: the values without their seasonal effect. `doubt` is what the
    estimated season adds to the variance of a prediction, in units of one point's variance.
    """

    values: Floats
    usable: NDArray[np.bool_]
    n: Floats | None
    effect: Floats
    doubt: Floats
    lost: float = 0.0  # share of a baseline's points that the season's estimate used up

    @property
    def level(self) -> Floats:
        return self.values - self.effect


@dataclass(frozen=True)
class Limits:
    """Where the limits of some points lie and what they are made of.

    `deviation` is each point's distance from the centre in baseline standard deviations (for the
    points asked, in their order); `above`, `below` and the guards are in the same unit.
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
    likely: float = 0.0  # where limits for normal noise would lie, in the unit of `deviation`

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
    return Limits(
        points=points, used=used, set_aside=aside, centre=centre, deviation=deviation,
        above=aboves, below=belows, guard_above=guard_above, guard_below=guard_below,
        unit=unit[points], range_limit=reach.limit * spread * float(np.sqrt(2 * typical)),
        correlation=correlation if count >= MEMORY_FROM else None, slow=slow,
        proportion=proportion, count=count, likely=factors_if_normal(count).limit,
    )  # fmt: skip


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
