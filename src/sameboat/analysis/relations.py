"""How two series move together around their trends, with errors that neighbours share."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sameboat.analysis.surveys import Z95
from sameboat.errors import UsageError

Floats = NDArray[np.float64]

FEWEST = 10
"""Pairs that a relation needs."""

STEADIEST = 0.95
"""The largest correlation of neighbouring errors that is believed."""


@dataclass(frozen=True)
class Slope:
    """An estimate with its standard error and the degrees of freedom behind it."""

    value: float
    error: float
    freedom: float

    @property
    def low(self) -> float:
        """The lower end of the 95 % interval."""
        return self.value - t_quantile(self.freedom) * self.error

    @property
    def high(self) -> float:
        """The upper end of the 95 % interval."""
        return self.value + t_quantile(self.freedom) * self.error

    @property
    def t(self) -> float:
        """The estimate over its error; 0 where there is neither."""
        if self.error == 0:
            return math.copysign(math.inf, self.value) if self.value else 0.0
        return self.value / self.error


def relation(x: Floats, y: Floats) -> Slope:
    """By how many standard deviations y moves when x moves by one, around both trends.

    Both are in units of their own scatter around a straight line, so -1 to 1 but for chance.
    Neighbouring errors may be alike (an autoregression of order one, filtered out), so that two
    slow series do not look related by accident. Points where either is NaN are left out.

    >>> x = np.array([3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8.0])
    >>> round(relation(x, 2 * x + np.arange(12)).value, 6)
    1.0
    """
    if x.shape != y.shape:
        raise UsageError("wrong-type", f"one series has {x.size} points and the other {y.size}")
    known = ~(np.isnan(x) | np.isnan(y))
    at = np.flatnonzero(known).astype(float)
    if at.size < FEWEST:
        return Slope(0.0, math.inf, max(1.0, at.size - 4.0))
    one, other = _around_trend(at, x[known]), _around_trend(at, y[known])
    spread = float(np.std(one)), float(np.std(other))
    if min(spread) == 0:
        return Slope(0.0, math.inf, max(1.0, at.size - 4.0))
    return _filtered(one / spread[0], other / spread[1], lost=4)


def trend(y: Floats) -> Slope:
    """By how much a series rises per point, with an error that allows for alike neighbours."""
    known = ~np.isnan(y)
    at = np.flatnonzero(known).astype(float)
    if at.size < FEWEST:
        return Slope(0.0, math.inf, max(1.0, at.size - 3.0))
    return _filtered(at - at.mean(), y[known] - y[known].mean(), lost=3)


def scatter(y: Floats) -> float:
    """The standard deviation of a series from point to point, whatever its trend.

    Told from the moving ranges, as in a process chart.
    """
    ranges = np.abs(np.diff(y[~np.isnan(y)]))
    return float(np.mean(ranges)) / 1.128 if ranges.size else 0.0


def t_quantile(freedom: float) -> float:
    """The 97.5 % point of Student's t (Cornish and Fisher's expansion; to .01 from 4 on).

    >>> round(t_quantile(10), 2), round(t_quantile(1000), 2)
    (2.23, 1.96)
    """
    z, f = Z95, max(freedom, 1.0)
    return (
        z + (z**3 + z) / (4 * f) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * f**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * f**3)
    )  # fmt: skip


def two_sided(t: float, freedom: float) -> float:
    """The chance of a Student's t at least as far from 0."""
    from scipy.special import betainc  # heavy: only where a chance is asked for

    if math.isinf(t):
        return 0.0
    return float(betainc(freedom / 2, 0.5, freedom / (freedom + t * t)))


def _around_trend(at: Floats, y: Floats) -> Floats:
    steps, level = at - at.mean(), y - y.mean()
    left = level - float(steps @ level) / float(steps @ steps) * steps
    return np.where(np.abs(left) <= 1e-9 * np.abs(y).max(), 0.0, left)


def _filtered(x: Floats, y: Floats, *, lost: int) -> Slope:
    """The slope of y on x with an autoregression of the errors filtered out.

    Source: Prais and Winsten 1954; the correlation of neighbouring errors, which short series
    understate, is raised by (1 + 3ρ) / n (Kendall 1954).
    """
    rho = 0.0
    slope = float(x @ y / (x @ x))
    for _ in range(5):
        left = y - slope * x
        below = float(left[:-1] @ left[:-1])
        rho = float(left[1:] @ left[:-1]) / below if below > 0 else 0.0
        rho = min(STEADIEST, max(0.0, rho + (1 + 3 * max(rho, 0.0)) / x.size))
        first = math.sqrt(1 - rho**2)
        fx = np.concatenate([[first * x[0]], x[1:] - rho * x[:-1]])
        fy = np.concatenate([[first * y[0]], y[1:] - rho * y[:-1]])
        slope = float(fx @ fy / (fx @ fx))
    left = fy - slope * fx
    freedom = max(1.0, float(x.size - lost))
    variance = float(left @ left) / freedom / float(fx @ fx)
    return Slope(slope, math.sqrt(max(variance, 0.0)), freedom)
