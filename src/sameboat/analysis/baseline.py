"""The points that set the limits of a process chart, and the limits they set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sameboat.analysis.denominators import rare_limit, variances
from sameboat.analysis.limits import MINIMUM, Factors, factors

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

MEMORY_FROM = 16  # with fewer points the correlation of neighbours cannot be told from chance
GUARD_BY_MEMORY = 2.0
LIMIT_BY_MEMORY = 0.4
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

    @property
    def has_spread(self) -> bool:
        return bool(self.unit.size == 0 or self.unit.max() > 0)


def limits_from(readings: Readings, points: Indices, base: Indices) -> Limits | None:
    """The limits that a baseline sets for some points, or None when it is too short.

    A base point that lies too far out to belong (generalised extreme Studentised deviate test,
    Rosner 1983, chance .0002) is set aside. Limits, near-limits and runs reach as far as
    `analysis.limits` says for the count that is left; they widen where the base itself has long
    tails, is lopsided or moves slowly.
    """
    if base.size < MINIMUM or effective(readings, base.size) < MINIMUM:
        return None
    level = readings.level
    shape, proportion, floor = variances(readings.values, readings.n, base, level)
    kept = believable(level[base], shape[base], int(effective(readings, base.size)))
    used, aside = base[kept], base[~kept]
    if aside.size:
        shape, proportion, floor = variances(readings.values, readings.n, used, level)
    count = effective(readings, used.size)
    centre, spread = centre_and_spread(level[used], shape[used], freedom=count - 1)
    spread = max(spread, floor)
    known = 1 / np.sum(1 / shape[used])
    uncertain = shape + known + readings.doubt * shape
    unit = spread * np.sqrt(uncertain / (1 + 1 / count))
    reach = factors(count)
    size = float(np.abs(level[used]).max())
    steps = standardised(level[used] - centre, unit[used], size)
    correlation = neighbours(steps) if count >= MEMORY_FROM else None
    slow = memory(correlation, count)
    deviation = standardised(level[points] - centre, unit[points], size)
    above, below, guard_above, guard_below = distances(steps, reach, slow)
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
        correlation=correlation, slow=slow, proportion=proportion,
        count=count,
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
    """Which points of a baseline belong to it: all but its clear outliers.

    At most a quarter is set aside, eight stay, and never all that varies.
    """
    kept = np.ones(level.size, dtype=bool)
    far = kept.copy()
    for _ in range(min(level.size // 4, count - MINIMUM)):
        left = int(kept.sum())
        centre, spread = centre_and_spread(level[kept], shape[kept], freedom=left - 1)
        if spread == 0:
            break
        distance = np.where(kept, np.abs(level - centre) / np.sqrt(shape) / spread, -1)
        kept[np.argmax(distance)] = False
        if distance.max() > factors(left).outlier:
            far = kept.copy()
    _, spread = centre_and_spread(level[far], shape[far], freedom=max(int(far.sum()) - 1, 1))
    return far if spread > 0 else np.ones(level.size, dtype=bool)


def neighbours(steps: Floats) -> float:
    """The correlation of neighbouring points, corrected for what a short series hides."""
    total = float(np.sum(steps**2))
    if total == 0 or not np.isfinite(total):
        return 0.0
    return float(np.sum(steps[1:] * steps[:-1]) / total + 1 / steps.size)


def memory(correlation: float | None, count: float) -> float:
    """How much of a correlation of neighbours is beyond its standard error, at most .8."""
    if correlation is None:
        return 0.0
    return float(np.clip(correlation - 1 / np.sqrt(count), 0.0, 0.8))


def distances(steps: Floats, reach: Factors, slow: float) -> tuple[float, float, float, float]:
    """How far above and below the centre the limits and the guards lie.

    A side's limit holds the base's own farthest point on that side with room to spare; a guard
    lies beyond the base's median, so that half of a lopsided base is never "below centre".
    """
    widen = 1 + LIMIT_BY_MEMORY * slow
    finite = steps[np.isfinite(steps)]
    highest, lowest, middle = finite.max(initial=0), finite.min(initial=0), np.median(finite)
    guard = reach.guard + GUARD_BY_MEMORY * slow
    return (
        float(max(reach.limit, reach.extent * highest) * widen),
        float(max(reach.limit, -reach.extent * lowest) * widen),
        float(max(guard, middle)),
        float(max(guard, -middle)),
    )
