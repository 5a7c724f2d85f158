"""The points that set the limits of a process chart, and the limits they set."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sameboat.analysis.denominators import RARE, Noise, rare_counts, rare_limit, variances
from sameboat.analysis.limits import MINIMUM, factors, factors_if_known, factors_if_normal
from sameboat.analysis.roots import Bounds, Roots, ends, share_of_roots, unrooted
from sameboat.analysis.tails import DOUBT, Tails, skewness, tails

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

MEMORY_FROM = 16  # with fewer points the correlation of neighbours is too uncertain to be told
MEMORY_DOUBT = 0.6  # so many standard errors of a correlation of neighbours are chance
GUARD_BY_MEMORY = 1.9
LIMIT_BY_MEMORY = 0.3
STRAY = 1.5  # so many times farther than chance explains lies a stray, and
STRAYS = 30  # at most one point in so many of a baseline is a stray
ROOT_OF_COUNT = 0.5  # the standard deviation of the root of a count of independent events
FARTHER = 1.6  # and those away from it so many times as far as plain limits, at most
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
    counts: bool = False  # whether the values are numbers of rows
    roots: Roots | None = None

    @property
    def level(self) -> Floats:
        return self.values - self.effect


@dataclass(frozen=True)
class Events:
    """What counts of independent events would do: their standard deviation, in that of the
    baseline, and whether they are so rare that they are lopsided by nature."""

    spread: float
    rare: bool


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
    events: Events | None = None
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
    noise = variances(readings.values, readings.n, base, level)
    kept = believable(level[base], noise.shape[base], int(effective(readings, base.size)))
    used, aside = base[kept], base[~kept]
    if aside.size:
        noise = variances(readings.values, readings.n, used, level)
    lines = _plain(readings, noise, points, used, aside)
    if readings.roots is not None and noise.besides and lines.has_spread:
        lines = _within(lines, readings, readings.roots, noise)
    lines = _rare(lines, readings)
    low, high = ends(readings.bounds)
    return replace(
        lines, lower=np.clip(lines.lower, low, high), upper=np.clip(lines.upper, low, high)
    )


def _plain(
    readings: Readings, noise: Noise, points: Indices, used: Indices, aside: Indices
) -> Limits:
    """The limits of a figure that may have any value."""
    count = effective(readings, used.size)
    centre, spread, unit, steps = _scale(readings, readings.level, noise.shape, noise.floor, used)
    correlation = neighbours(steps)
    slow = memory(correlation, count)
    size = float(np.abs(readings.level[used]).max())
    events = None
    if readings.counts and spread:
        mean = (float(readings.values[used].sum()) + 0.5) / used.size
        events = Events(math.sqrt(mean) / spread, mean < RARE)
    above, below, guard_above, guard_below = _reaches(steps, count, slow, noise.besides, events)
    typical = float(np.median(noise.shape[used]))
    middle = centre + readings.effect[points]
    known, wide = factors_if_known(count).limit, factors(count).limit
    limit = known + math.sqrt(noise.besides) * (wide - known)
    return Limits(
        points=points, used=used, set_aside=aside, centre=centre,
        deviation=standardised(readings.level[points] - centre, unit[points], size),
        above=np.full(points.size, above), below=np.full(points.size, below),
        guard_above=guard_above, guard_below=guard_below,
        unit=unit[points], range_limit=limit * spread * math.sqrt(2 * typical),
        correlation=correlation if count >= MEMORY_FROM else None, slow=slow,
        proportion=noise.proportion, count=count,
        likely=min(factors_if_normal(count).limit, above, below),
        lower=middle - below * unit[points], upper=middle + above * unit[points],
        reach=(above, below), events=events,
    )  # fmt: skip


def _scale(
    readings: Readings, level: Floats, shape: Floats, floor: float, used: Indices
) -> tuple[float, float, Floats, Floats]:
    """The centre and the spread of a baseline, each point's standard deviation as a prediction,
    and the baseline's points in these."""
    count = effective(readings, used.size)
    centre, spread = centre_and_spread(level[used], shape[used], freedom=count - 1)
    spread = max(spread, floor)
    known = 1 / np.sum(1 / shape[used])
    uncertain = shape + known + readings.doubt * shape
    unit = spread * np.sqrt(uncertain / (1 + 1 / count))
    size = float(np.abs(level[used]).max())
    return centre, spread, unit, standardised(level[used] - centre, unit[used], size)


def _rare(lines: Limits, readings: Readings) -> Limits:
    """The limits, moved out where so few cases are expected that their number is lopsided."""
    used, points = lines.used, lines.points
    if not lines.has_spread or not points.size:
        return lines
    middle = lines.centre + readings.effect[points]
    above, below = (lines.upper - middle) / lines.unit, (middle - lines.lower) / lines.unit
    if lines.proportion and readings.n is not None:
        aboves, belows = rare_limit(
            readings.values[used], readings.n[used], readings.n[points],
            middle, lines.unit, above, below,
        )  # fmt: skip
    elif readings.counts:
        most = (rare_counts(readings.values[used]) - middle) / lines.unit
        aboves, belows = np.maximum(above, most), below
    else:
        return lines
    far = (max(lines.reach[0], float(aboves[-1])), max(lines.reach[1], float(belows[-1])))
    plain = readings.level[points] - lines.centre
    plain = standardised(plain, lines.unit, float(np.abs(readings.level[used]).max()))
    for side, before, after in ((1.0, above, aboves), (-1.0, below, belows)):
        if (after > before).any():
            deviation = np.where(side * plain > 0, plain, lines.deviation)
            lines = _away(lines, side, middle, after * lines.unit)
            lines = replace(lines, deviation=deviation)
    return replace(lines, reach=far)


def _within(lines: Limits, readings: Readings, roots: Roots, noise: Noise) -> Limits:
    """The limits of a figure with bounds, by its roots as well as by itself.

    Towards a bound the roots judge, since their limits lie nearer and never beyond it. Away from
    it the limit lies between both, the more by roots the more lopsided the baseline is to that
    side, and the less of its noise is chance, whose tails are known.
    """
    used, points, level = lines.used, lines.points, roots.level
    share = min(max(lines.centre, 0.0), 1.0) * min(max(1 - lines.centre, 0.0), 1.0)
    floor = noise.floor / (2 * math.sqrt(share)) if noise.floor and share else 0.0
    centre, spread, unit, steps = _scale(readings, level, noise.shape, floor, used)
    if not unit[points].min(initial=math.inf) > 0:
        return lines
    size = float(np.abs(level[used]).max())
    slow = memory(neighbours(steps), lines.count)
    events = lines.events and Events(ROOT_OF_COUNT / spread, lines.events.rare)
    above, below, guard_above, guard_below = _reaches(
        steps, lines.count, slow, noise.besides, events
    )
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
            part *= noise.besides * (1 - min(1.0, lines.events.spread**2) if lines.events else 1)
            between = far ** (1 - part) * near**part
            lines = _away(lines, side, middle, np.minimum(between, FARTHER * far))
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


def _reaches(
    steps: Floats, count: float, slow: float, besides: float, events: Events | None
) -> tuple[float, float, float, float]:
    """How far the limits and guards lie, `besides` being the share of the noise beyond chance.

    Whether a count is one of independent events is not known, so that the nearer of both limits
    holds: those for any noise, and those for chance and what there is besides.
    """
    usual = distances(steps, count, slow, besides)
    if events is None:
        return usual
    unit = max(1.0, events.spread)
    known = distances(
        steps / unit, count, slow, max(0.0, 1 - events.spread**2),
        doubt=math.inf if events.rare else DOUBT,
    )  # fmt: skip
    above, below, guard_above, guard_below = (
        min(one, other * unit) for one, other in zip(usual, known, strict=True)
    )
    return above, below, guard_above, guard_below


def distances(
    steps: Floats, count: float, slow: float, besides: float = 1.0, *, doubt: float = DOUBT
) -> tuple[float, float, float, float]:
    """How far above and below the centre the limits and the guards lie.

    A side's limit reaches farther where the base has long tails or is lopsided to that side, and
    holds the base's own farthest point there with room to spare; a guard lies beyond the base's
    median, so that half of a lopsided base is never "below centre". The smaller the share of the
    noise `besides` chance, the nearer the limits are to those for chance alone, which widen only
    for tails beyond `doubt` (see `analysis.tails`).
    """
    finite = steps[np.isfinite(steps)]
    enough = finite.size >= MINIMUM
    shape = tails(finite) if enough else Tails(1.0, 1.0)
    beyond = tails(finite, doubt=doubt) if enough else shape
    highest, lowest, middle = finite.max(initial=0), finite.min(initial=0), np.median(finite)
    widen = 1 + LIMIT_BY_MEMORY * slow
    usual, known = factors(count), factors_if_known(count)
    share = math.sqrt(besides)

    def limit(farthest: float, tail: float, sure: float) -> float:
        far = max(usual.limit * tail, usual.extent * farthest) * widen
        near = max(known.limit * sure, known.extent * farthest)
        return float(near + share * (far - near))

    guard = known.guard + share * (usual.guard - known.guard) + GUARD_BY_MEMORY * slow
    return (
        limit(highest, shape.above, beyond.above),
        limit(-lowest, shape.below, beyond.below),
        float(max(guard, middle)),
        float(max(guard, -middle)),
    )
