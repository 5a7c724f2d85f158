"""Where a series passes from one regime into another: changes of level, slope or spread."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sameboat.analysis.readings import readings

Floats = NDArray[np.float64]

SHORTEST = 6
"""Points that a regime has at least."""

LONGEST = 2_000
"""Points up to which every split is tried; longer series are thinned first."""

PRICE = 3.0
"""What a regime costs, in half logarithms of the series' length, beside its parameters."""

PRIOR = 2.0
"""Points whose weight stands behind 'this regime scatters as the whole does'."""

OUTLYING = 4.0
"""Standard deviations beyond which a single point is drawn in."""


def change_points(values: ArrayLike | Sequence[float | None]) -> tuple[int, ...]:
    """The indices of the first point of each new regime, oldest first; empty where there is one.

    A regime is a straight line, level or sloping, with a spread of its own; the regimes are those
    that describe the series most shortly (minimum description length), over all ways to split it.
    Neighbouring points that are alike count for less, and single outliers do not make a regime.
    Missing values are skipped; fewer than twelve known points have no change.

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
    edges = _regimes(told)
    return tuple(int(known[edge * step]) for edge in edges)


def _regimes(values: Floats) -> list[int]:
    """The best split at the correlation of neighbours that the split itself shows."""
    spread = _point_to_point(values)
    if spread == 0:
        spread = float(np.std(values))
    if spread == 0:
        return []
    scaled = _drawn_in((values - np.median(values)) / spread)
    edges: list[int] = []
    alike = 0.0
    for _ in range(4):
        found = _split(scaled, alike)
        again = _alike(scaled, found)
        if found == edges and abs(again - alike) < 0.05:
            break
        edges, alike = found, again
    return edges


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


def _split(scaled: Floats, alike: float) -> list[int]:
    """The first points of all regimes but the first, at the least total cost."""
    size = scaled.size
    told = (1 - alike) / (1 + alike)  # points count for so much when neighbours are alike
    price = PRICE / 2 * math.log(size)
    costs = _Costs(scaled, told)
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


class _Costs:
    """The description length of every stretch as a line with a spread of its own."""

    def __init__(self, y: Floats, told: float) -> None:
        x = np.arange(y.size, dtype=float)
        sums = (np.ones_like(y), x, x * x, y, x * y, y * y)
        self.sums = [np.concatenate([[0.0], np.cumsum(column)]) for column in sums]
        self.told = told
        self.size = y.size

    def of(self, starts: NDArray[np.int64], end: int) -> Floats:
        n, sx, sxx, sy, sxy, syy = (column[end] - column[starts] for column in self.sums)
        level = np.maximum(syy - sy * sy / n, 0.0)
        steps = sxx - sx * sx / n
        along = sxy - sx * sy / n
        line = np.maximum(level - along * along / steps, 0.0)  # a stretch has two points or more
        cost_level = self._length(level, n, parameters=2)
        cost_line = self._length(line, n, parameters=3)
        return np.minimum(cost_level, cost_line)

    def _length(self, squares: Floats, n: Floats, *, parameters: int) -> Floats:
        variance = (squares + PRIOR) / (n + PRIOR)
        count = np.maximum(self.told * n, 2.0)
        return self.told * n / 2 * np.log(variance) + parameters / 2 * np.log(count)


def _alike(scaled: Floats, edges: list[int]) -> float:
    """The correlation of neighbours within the regimes, 0 to .9."""
    top = bottom = 0.0
    pairs = 0
    for first, end in zip([0, *edges], [*edges, scaled.size], strict=True):
        at = np.arange(end - first, dtype=float)
        left = scaled[first:end] - np.polynomial.polynomial.polyval(
            at, np.polynomial.polynomial.polyfit(at, scaled[first:end], 1)
        )
        spread = float(np.std(left))
        if spread > 0:
            left = left / spread
            top += float(left[1:] @ left[:-1])
            bottom += float(left @ left)
            pairs += end - first
    if bottom == 0:
        return 0.0
    return float(np.clip(top / bottom + 2 * (len(edges) + 1) / max(pairs, 1), 0.0, 0.9))
