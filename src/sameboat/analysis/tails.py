"""How long the tails of a baseline are, and how much farther its limits reach for that."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

USUAL = 0.1226
"""The L-kurtosis of normal noise."""

BY_KURTOSIS, BY_SKEW, CHANCE = 8.0, 2.3, 0.4
"""By how much limits widen per unit of L-kurtosis beyond normal, less so much per point that
chance explains, and per unit of L-skewness on its side. Found by drawing noise of thirteen kinds
(`benchmarks/signals.py`): normal and long-tailed, even and lopsided, slow, counts."""

DOUBT = 0.5
"""One and a half standard errors of an L-kurtosis, or one of an L-skewness, per root of points."""


@dataclass(frozen=True)
class Tails:
    """By how much limits above and below the centre reach farther than for normal noise."""

    above: float
    below: float


def tails(values: Floats, *, doubt: float = 0.0) -> Tails:
    """What the shape of at least four points says of their tails, by L-moments.

    With `doubt` only what is beyond so many times one over the root of their number counts.
    L-moments are told well by few points and are not ruled by the farthest of them (Hosking
    1990). A constant has no tails.

    >>> even = tails(np.arange(24.0))
    >>> round(even.above, 6), round(even.below, 6)
    (1.0, 1.0)
    >>> lopsided = tails(np.exp(np.linspace(-2, 2, 24)))
    >>> round(lopsided.above, 2), lopsided.below
    (1.93, 1.0)
    """
    spread, skew, kurtosis = _moments(values)
    if spread <= 0:
        return Tails(1.0, 1.0)
    least = doubt / math.sqrt(values.size)
    long = BY_KURTOSIS * max(0.0, kurtosis - USUAL - CHANCE / values.size - least)
    above, below = (BY_SKEW * max(side * skew - least, 0.0) for side in (1, -1))
    return Tails(1 + long + above, 1 + long + below)


def skewness(values: Floats) -> float:
    """The L-skewness of at least four points, from -1 to 1; 0 of a constant.

    >>> skewness(np.arange(9.0)), skewness(np.array([0.0, 0.0, 0.0, 1.0]))
    (0.0, 1.0)
    """
    return _moments(values)[1]


def _moments(values: Floats) -> tuple[float, float, float]:
    """The L-moments of spread, skewness and kurtosis, the last two 0 of a constant."""
    size = values.size
    ordered = np.sort(values)
    ordered = ordered - ordered.mean()
    rank = np.arange(size, dtype=float)
    first = float(np.mean(ordered * rank)) / (size - 1)
    weight = rank * (rank - 1)
    second = float(np.mean(ordered * weight)) / ((size - 1) * (size - 2))
    weight = weight * (rank - 2)
    third = float(np.mean(ordered * weight)) / ((size - 1) * (size - 2) * (size - 3))
    spread = 2 * first
    if spread <= 0:
        return spread, 0.0, 0.0
    skew = (6 * second - 6 * first) / spread
    return spread, skew, (20 * third - 30 * second + 12 * first) / spread
