"""Figures that end at a bound, on a scale on which noise is about as wide everywhere."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bounds = tuple[float | None, float | None]
"""The least and the greatest value that a figure can have by its definition; None where open."""


@dataclass(frozen=True)
class Roots:
    """A series on the scale of roots, and what the season does to it there."""

    values: Floats
    effect: Floats

    @property
    def level(self) -> Floats:
        """The roots without their season."""
        return self.values - self.effect


def ends(bounds: Bounds) -> tuple[float, float]:
    """The bounds as numbers, endless where open."""
    low, high = bounds
    return (-math.inf if low is None else float(low), math.inf if high is None else float(high))


def rooted(values: Floats, bounds: Bounds) -> Floats | None:
    """Values as square roots of their distance from the bound, or None without any bound.

    Between two bounds it is the angle whose squared sine is the share of the way (Anscombe 1948):
    what is added up of many parts, and shares of cases, vary there by about as much everywhere.

    >>> rooted(np.array([0.0, 4.0, 9.0]), (0.0, None)).tolist()
    [0.0, 2.0, 3.0]
    >>> rooted(np.array([0.0, 0.5, 1.0]), (0.0, 1.0)).round(3).tolist()
    [0.0, 0.785, 1.571]
    """
    low, high = bounds
    if low is not None and high is not None:
        share = np.clip((values - low) / (high - low), 0.0, 1.0)
        return np.asarray(np.arcsin(np.sqrt(share)))
    if low is not None:
        return np.asarray(np.sqrt(np.maximum(values - low, 0.0)))
    return None if high is None else np.asarray(-np.sqrt(np.maximum(high - values, 0.0)))


def unrooted(roots: Floats, bounds: Bounds) -> Floats:
    """The values that `rooted` made these of; what lies beyond a bound is the bound.

    >>> unrooted(np.array([-1.0, 2.0]), (0.0, None)).tolist()
    [0.0, 4.0]
    """
    low, high = bounds
    if low is not None and high is not None:
        return np.asarray(low + (high - low) * np.sin(np.clip(roots, 0.0, np.pi / 2)) ** 2)
    if low is not None:
        return np.asarray(low + np.maximum(roots, 0.0) ** 2)
    assert high is not None, "a scale of roots has a bound"
    return np.asarray(high - np.minimum(roots, 0.0) ** 2)


def share_of_roots(plain: float, roots: float) -> float:
    """How much of the way to the scale of roots a lopsided sample asks for, from 0 to 1.

    `plain` and `roots` are its L-skewness towards the far side on both scales: 0 where it is not
    lopsided as it is, 1 where even its roots are.

    >>> share_of_roots(-0.1, -0.2), share_of_roots(0.1, -0.1), share_of_roots(0.3, 0.1)
    (0.0, 0.5, 1.0)
    """
    if plain <= 0:
        return 0.0
    return 1.0 if roots >= 0 else plain / (plain - roots)
