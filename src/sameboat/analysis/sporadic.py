"""Futures of a series that is mostly 0: its own past values, drawn again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RARE = 0.4
"""Share of zeros from which on a series is sporadic."""

HALF = 24.0
"""Points after which a past value is drawn half as often, or half the series if that is more."""


def sporadic(values: Floats) -> bool:
    """Whether a series is never negative and so often 0 that level and trend say little."""
    known = values[~np.isnan(values)]
    return bool(known.min() >= 0 and np.mean(known == 0) >= RARE)


def redrawn(values: Floats, horizon: int, count: int, rng: np.random.Generator) -> Floats:
    """Possible futures (count, horizon) of past values, newer ones more often.

    Each future has shares of its own, because how often what comes is itself uncertain
    (the Bayesian bootstrap: Rubin 1981).
    """
    known = values[~np.isnan(values)]
    half = max(HALF, known.size / 2)
    weight = 0.5 ** (np.arange(known.size)[::-1] / half)
    weight *= weight.sum() / (weight**2).sum()  # as many looks as the weights are worth
    shares = rng.gamma(weight, size=(count, known.size)) + 1e-12
    upto = np.cumsum(shares, axis=1) / shares.sum(axis=1, keepdims=True)
    drawn = rng.random((count, horizon))
    found = np.empty((count, horizon))
    for path in range(count):
        at = np.searchsorted(upto[path], drawn[path], side="right")
        found[path] = known[np.minimum(at, known.size - 1)]
    return found
