"""Where a series passes from one regime into another: changes of level, slope, spread or season."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sameboat.analysis.cycles import cycle_of
from sameboat.analysis.readings import readings

Floats = NDArray[np.float64]

SHORTEST = 6
"""Points that a regime has at least."""

LONGEST = 1_000
"""Points up to which every split is tried; longer series are thinned first."""

CYCLES_FROM = 24
"""With fewer points no cycle is looked for."""

CYCLED_FROM = 12
"""A regime of fewer points has no cycle of its own: four parameters fit six points too well."""

PRICE = 3.0
"""What a regime costs, in half logarithms of the series' length, beside its parameters."""

PRIOR = 2.0
"""Points whose weight stands behind 'this regime scatters as the whole does'."""

OUTLYING = 4.0
"""Standard deviations beyond which a single point is drawn in."""

STRAY = 2
"""So many points that differ from all others, which are equal, are strays and no regime."""

MOST_ALIKE = 0.95
"""The correlation of neighbours within regimes is believed up to here."""

WANDERING = 0.2
"""So much more may neighbours agree around one bend than within the regimes it is held against."""

GROWN = 1.3
"""Where the largest value is at least so many times the least, growth by a rate is tried too."""


def change_points(values: ArrayLike | Sequence[float | None]) -> tuple[int, ...]:
    """The indices of the first point of each new regime, oldest first; empty where there is one.

    A regime is a straight line, level or sloping, with a spread of its own and, where the series
    has a cycle, with a cycle as strong as it likes. The regimes are those that describe the
    series most shortly (minimum description length) over all ways to split it, on the scale of
    the values or of their logarithms, whichever tells more shortly. Neighbouring points that are
    alike count for less, single outliers do not make a regime, and where one steady bend under
    noise that wanders tells the series as shortly, there is no change. Missing values are
    skipped; fewer than twelve known points have no change.

    Raises UsageError where values are no row of numbers, Undefined where one is endless.

    Sources: Killick, Fearnhead and Eckley 2012 (the optimal split); Davis, Lee and
    Rodriguez-Yam 2006 (description length).

    >>> change_points([5, 6, 5, 4, 5, 6, 5, 4, 9, 10, 11, 10, 9, 10, 11, 10])
    (8,)
    """
    array = readings(values)
    known = np.flatnonzero(~np.isnan(array))
    if known.size < 2 * SHORTEST:
        return ()
    step = math.ceil(known.size / LONGEST)
    told = array[known]
    if step > 1:  # the mean of neighbours; a change is then known to a few points
        told = told[: told.size // step * step].reshape(-1, step).mean(axis=1)
    return tuple(int(known[edge * step]) for edge in _regimes(told))


@dataclass(frozen=True)
class _Told:
    """A way to tell a series: the first points of its later regimes, and how long it takes."""

    edges: list[int]
    length: float


def _regimes(values: Floats) -> list[int]:
    """The shortest way to tell the values, or their logarithms where growth may compound."""
    if np.count_nonzero(values != np.median(values)) <= STRAY:
        return []
    plain = _told(values)
    if values.min() > 0 and values.max() > GROWN * values.min():
        logs = np.log(values)
        compound = _told(logs)
        if compound.length + float(logs.sum()) < plain.length:
            return compound.edges
    return plain.edges


def _told(values: Floats) -> _Told:
    """The shortest way to tell the values on their own scale."""
    cycle = cycle_of(values) if values.size >= CYCLES_FROM else None
    usual = np.zeros_like(values)
    if cycle is not None:
        usual = cycle * float(cycle @ (values - values.mean()) / (cycle @ cycle))
        cycle = cycle / cycle.std()
    rest = values - usual
    spread = _point_to_point(rest) or float(np.std(rest))
    if spread == 0:
        return _Told([], -math.inf)
    scaled = _drawn_in((rest - np.median(rest)) / spread) + usual / spread
    found = _fitted(scaled, cycle)
    return _Told(found.edges, found.length + values.size * math.log(spread))


def _fitted(scaled: Floats, cycle: Floats | None) -> _Told:
    """The best split at the correlation of neighbours that the split itself shows."""
    edges: list[int] = []
    alike = 0.0
    for _ in range(5):
        found = _split(scaled, alike, cycle)
        left = [
            _left_over(scaled[first:end], None if cycle is None else cycle[first:end], alike)
            for first, end in pairwise([0, *found, scaled.size])
        ]
        again = _alike([rest for rest, _ in left])
        if found == edges and abs(again - alike) < 0.05:
            break
        edges, alike = found, again
    best = _Told(found, _length_of(left, again, scaled.size))
    if not found:
        return best
    for bend in _bends(scaled, cycle):
        slow = min(_alike([bend[0]]), again + WANDERING)
        length = _length_of([bend], slow, scaled.size)
        if length < best.length:
            best = _Told([], length)
    return best


def _point_to_point(values: Floats) -> float:
    """The spread of neighbours, whatever the level does (median or mean moving range)."""
    ranges = np.abs(np.diff(values))
    moved = ranges[ranges > 0]
    if moved.size == 0:
        return 0.0
    return min(float(np.median(moved)) / 0.954, float(np.mean(ranges)) / 1.128)


def _drawn_in(scaled: Floats) -> Floats:
    """Single points far from both their neighbourhoods, drawn in to where they would be usual."""
    out = scaled.copy()
    size = scaled.size
    for at in range(size):
        near = np.concatenate([scaled[max(0, at - 4) : at], scaled[at + 1 : at + 5]])
        middle = float(np.median(near))
        usual = 1.4826 * float(np.median(np.abs(near - middle)))
        reach = OUTLYING * max(usual, 0.5)
        out[at] = min(max(scaled[at], middle - reach), middle + reach)
    return out


# ── the best split ───────────────────────────────────────────────────────────────────────────


def _split(scaled: Floats, alike: float, cycle: Floats | None) -> list[int]:
    """The first points of all regimes but the first, at the least total cost."""
    size = scaled.size
    price = PRICE / 2 * math.log(size)
    costs = _Costs(scaled, _counted(alike), cycle)
    best = np.full(size + 1, math.inf)
    best[0] = -price
    came = np.zeros(size + 1, dtype=int)
    for end in range(SHORTEST, size + 1):
        starts = np.concatenate([[0], np.arange(SHORTEST, end - SHORTEST + 1)])
        totals = best[starts] + costs.of(starts, end) + price
        at = int(np.argmin(totals))
        best[end], came[end] = totals[at], starts[at]
    edges: list[int] = []
    at = int(came[size])
    while at > 0:
        edges.append(at)
        at = int(came[at])
    return edges[::-1]


def _counted(alike: float) -> float:
    """For how much of a point each counts when neighbours are so alike."""
    return (1 - alike) / (1 + alike)


class _Costs:
    """The description length of every stretch as a line with a spread and a cycle of its own."""

    def __init__(self, y: Floats, told: float, cycle: Floats | None) -> None:
        x = np.arange(y.size, dtype=float)
        columns = [np.ones_like(y), x, x * x, y, x * y, y * y]
        if cycle is not None:
            columns += [cycle, cycle * x, cycle * cycle, cycle * y]
        self.sums = [np.concatenate([[0.0], np.cumsum(column)]) for column in columns]
        self.told = told

    def of(self, starts: NDArray[np.int64], end: int) -> Floats:
        n, sx, sxx, sy, sxy, syy, *more = (column[end] - column[starts] for column in self.sums)
        level = np.maximum(syy - sy * sy / n, 0.0)
        steps = sxx - sx * sx / n  # a stretch has two points or more
        along = sxy - sx * sy / n
        line = np.maximum(level - along * along / steps, 0.0)
        cost = np.minimum(self._length(level, n, 2), self._length(line, n, 3))
        if not more:
            return cost
        sc, scx, scc, scy = more
        size = np.maximum(scc - sc * sc / n, 1e-9)
        with_x, with_y = scx - sc * sx / n, scy - sc * sy / n
        cycled = np.maximum(level - with_y**2 / size, 0.0)
        alone = np.maximum(size - with_x**2 / steps, 1e-9)
        both = np.maximum(line - (with_y - with_x * along / steps) ** 2 / alone, 0.0)
        cheaper = np.minimum(self._length(cycled, n, 3), self._length(both, n, 4))
        return np.where(n < CYCLED_FROM, cost, np.minimum(cost, cheaper))

    def _length(self, squares: Floats, n: Floats, parameters: int) -> Floats:
        variance = (squares + PRIOR) / (n + PRIOR)
        count = np.maximum(self.told * n, 2.0)
        return self.told * n / 2 * np.log(variance) + parameters / 2 * np.log(count)


# ── how long a way to tell the series is ─────────────────────────────────────────────────────


def _left_over(y: Floats, cycle: Floats | None, alike: float) -> tuple[Floats, int]:
    """What the cheapest line of a regime leaves, and how many parameters it has."""
    told = _counted(alike)
    x = np.arange(y.size, dtype=float) - (y.size - 1) / 2
    designs = [[np.ones_like(y)], [np.ones_like(y), x]]
    if cycle is not None and y.size >= CYCLED_FROM:
        designs += [[*design, cycle] for design in designs]
    left = [(_without(y, design), len(design) + 1) for design in designs]

    def cost(one: tuple[Floats, int]) -> float:
        rest, parameters = one
        variance = (float(rest @ rest) + PRIOR) / (y.size + PRIOR)
        return told * y.size / 2 * math.log(variance) + parameters / 2 * math.log(
            max(told * y.size, 2.0)
        )

    return min(left, key=cost)


def _bends(y: Floats, cycle: Floats | None) -> list[tuple[Floats, int]]:
    """What a parabola over the whole series leaves, with a steady and a growing cycle."""
    x = np.linspace(-1, 1, y.size)
    bend = [np.ones_like(y), x, x * x]
    designs = [bend]
    if cycle is not None:
        designs += [[*bend, cycle], [*bend, cycle, cycle * x]]
    return [(_without(y, design), len(design) + 1) for design in designs]


def _without(y: Floats, design: list[Floats]) -> Floats:
    columns = np.stack(design, axis=1)
    return np.asarray(y - columns @ np.linalg.lstsq(columns, y, rcond=None)[0])


def _alike(left: list[Floats]) -> float:
    """The correlation of neighbours within regimes, corrected for what short ones hide."""
    top = bottom = 0.0
    size = 0
    for rest in left:
        spread = float(np.std(rest))
        if spread > 0:
            scaled = rest / spread
            top += float(scaled[1:] @ scaled[:-1])
            bottom += float(scaled @ scaled)
            size += rest.size
    if bottom == 0:
        return 0.0
    return float(np.clip(top / bottom + 2 * len(left) / size, 0.0, MOST_ALIKE))


def _length_of(left: list[tuple[Floats, int]], alike: float, size: int) -> float:
    """The description length of a series by what its regimes leave, neighbours being alike.

    Each regime's rest is an autoregression of the first order with a spread of its own.
    """
    total = (len(left) - 1) * PRICE / 2 * math.log(size)
    fresh = 1 - alike * alike
    for rest, parameters in left:
        news = rest.copy()
        news[1:] -= alike * rest[:-1]
        news[0] *= math.sqrt(fresh)
        variance = (float(news @ news) + PRIOR * fresh) / (rest.size + PRIOR)
        total += rest.size / 2 * math.log(variance) - math.log(fresh) / 2
        total += parameters / 2 * math.log(max(_counted(alike) * rest.size, 2.0))
    return total
