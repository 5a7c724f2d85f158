"""The cycle of a series of unknown regimes: its length, and its usual shape."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LONGEST_CYCLE = 60
"""Points that a cycle has at most; three whole ones are needed to find it."""

EVIDENCE = 1e-4
"""A cycle is taken as one where chance would show the like less often, over all lengths tried."""

FAR = 4.0
"""Steps are drawn in to so many typical steps, so that one jump makes no cycle."""


def cycle_of(values: Floats) -> Floats | None:
    """The usual effect of each point's place in the cycle, or None where no cycle shows.

    The length is the one that explains the steps from point to point best (by the Bayesian
    information criterion), where an F test finds it beyond doubt: steps know neither level nor
    slope, so that changes of both leave it alone. The shape is the median distance from the
    moving mean over a cycle, place by place; how large it is may change over time.

    >>> effect = cycle_of(np.tile([0.0, 3.0, 1.0, 5.0], 6))
    >>> [round(float(e), 2) for e in effect[:4]]
    [-2.25, 0.75, -1.25, 2.75]
    """
    length = _length(values)
    if length is None:
        return None
    edge = 1.0 if length % 2 else 0.5
    weights = np.ones(length + 1 - length % 2)
    weights[[0, -1]] = edge
    half = weights.size // 2
    if values.size < 2 * half + length:
        return None
    usual = np.convolve(values, weights / weights.sum(), "valid")
    apart = values[half : half + usual.size] - usual
    place = np.arange(values.size) % length
    inside = place[half : half + usual.size]
    shape = np.array([np.median(apart[inside == at]) for at in range(length)])
    shape -= shape.mean()
    return shape[place] if np.any(np.abs(shape) > 0) else None


def _length(values: Floats) -> int | None:
    """The length of the cycle that the steps from point to point show, or None."""
    from scipy.special import fdtrc  # heavy: only where a chance is asked for

    steps = np.diff(values)
    steps = steps - np.median(steps)
    typical = 1.4826 * float(np.median(np.abs(steps))) or float(steps.std())
    if typical == 0:
        return None
    steps = np.clip(steps / typical, -FAR, FAR)
    steps -= steps.mean()
    count, total = steps.size, float(steps @ steps)
    tried = range(2, min(count // 3, LONGEST_CYCLE) + 1)
    best: tuple[float, int] | None = None
    for length in tried:
        place = np.arange(count) % length
        sizes = np.bincount(place)
        between = float(np.sum(np.bincount(place, steps) ** 2 / sizes))
        within = max(total - between, 1e-12 * total)
        ratio = between / (length - 1) / (within / (count - length))
        if fdtrc(length - 1, count - length, ratio) * LONGEST_CYCLE >= EVIDENCE:
            continue
        told = count * math.log(within / total) + (length - 1) * math.log(count)
        if best is None or told < best[0]:
            best = (told, length)
    return None if best is None else best[1]
