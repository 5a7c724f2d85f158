"""Series with planted changes of regime: level, slope, spread and season, under several noises.

No two kinds share the form that a detector assumes: noise is normal, autoregressive or has long
tails, changes are sudden, series are of 40 to 300 points.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

KINDS = ("level", "slope", "spread", "season", "level and slope", "none")
NOISES = ("normal", "autoregressive", "heavy", "outliers")


@dataclass(frozen=True, eq=False)
class Series:
    """A series and the index of the first point of each of its later regimes."""

    values: Floats
    changes: tuple[int, ...]


def series(kind: str, noise: str, rng: np.random.Generator) -> Series:
    """One series with one to four changes of a kind (none for `none`)."""
    size = int(rng.integers(40, 301))
    count = 0 if kind == "none" else int(rng.integers(1, min(4, size // 25) + 1))
    while True:
        changes = np.sort(rng.choice(np.arange(10, size - 9), count, replace=False))
        if np.diff([0, *changes, size]).min() >= 10:
            break
    at = np.arange(size)
    regime = np.searchsorted(changes, at, side="right")
    values = _noise(noise, size, rng)
    signs = rng.choice([-1.0, 1.0], count + 1)
    if kind in ("level", "level and slope"):
        values += np.cumsum(signs * rng.uniform(2, 6, count + 1))[regime]
    if kind in ("slope", "level and slope"):
        slopes = np.cumsum(signs * rng.uniform(0.15, 0.6, count + 1))
        values += np.cumsum(slopes[regime])
    if kind == "spread":
        values *= np.cumprod(rng.uniform(3, 6, count + 1) ** np.resize([1, -1], count + 1))[regime]
    if kind == "season":
        sizes = np.resize([1.0, rng.uniform(3, 6)], count + 1)
        values += sizes[regime] * 2 * np.sin(2 * np.pi * at / int(rng.choice([4, 7, 12])))
    return Series(values * rng.uniform(0.5, 50) + rng.uniform(-100, 100), tuple(changes.tolist()))


def f1(found: tuple[int, ...], planted: tuple[int, ...], margin: int = 5) -> float:
    """The F1 of change points within a margin; index 0 is a change point of both.

    Source: van den Burg and Williams 2020, section 4 (one annotator).
    """
    mine, theirs = sorted({0, *found}), {0, *planted}
    left, hits = set(theirs), 0
    for point in mine:
        near = [other for other in left if abs(other - point) <= margin]
        if near:
            left.discard(min(near, key=lambda other: abs(other - point)))
            hits += 1
    precision, recall = hits / len(mine), hits / len(theirs)
    return 2 * precision * recall / (precision + recall)


def cover(found: tuple[int, ...], planted: tuple[int, ...], size: int) -> float:
    """How well the found regimes cover the planted ones, by their length (Jaccard)."""
    total = 0.0
    for part in _parts(planted, size):
        total += (part[1] - part[0]) * max(_jaccard(part, other) for other in _parts(found, size))
    return total / size


def _jaccard(one: tuple[int, int], other: tuple[int, int]) -> float:
    shared = max(0, min(one[1], other[1]) - max(one[0], other[0]))
    return shared / (max(one[1], other[1]) - min(one[0], other[0]))


def _parts(changes: tuple[int, ...], size: int) -> list[tuple[int, int]]:
    edges = sorted({0, size, *changes})
    return list(itertools.pairwise(edges))


def _noise(kind: str, size: int, rng: np.random.Generator) -> Floats:
    plain = rng.normal(size=size)
    if kind == "heavy":
        return rng.standard_t(4, size) / np.sqrt(2)
    if kind == "outliers":
        plain[rng.random(size) < 0.02] += rng.choice([-1, 1]) * rng.uniform(6, 12)
    if kind == "autoregressive":
        rho = rng.uniform(0.2, 0.6)
        for at in range(1, size):
            plain[at] = rho * plain[at - 1] + np.sqrt(1 - rho**2) * plain[at]
    return plain
