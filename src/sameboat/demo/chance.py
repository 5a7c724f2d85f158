"""Chance with a purpose: noise that is routine, and draws that hit a given count."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Drawn = TypeVar("Drawn")

PATIENCE = 20_000
"""How many series are drawn before a spread is called impossible."""


def fires(values: Floats, centre: float | None = None) -> bool:
    """Whether a rule of a process behaviour chart singles out a point of the series.

    Limits at 2.45 mean moving ranges, a little inside the usual 2.66, so that rounding to
    whole customers cannot push a quiet series over them; runs of seven; two of three beyond
    two sigma; four of five beyond one; six in a row that rise or fall. `centre` is the mean
    of the values unless another is given; points without a value are passed over.

    >>> fires(np.array([5.0, 6, 5, 4, 6, 5, 4, 5, 6, 5]))
    False
    >>> fires(np.array([5.0, 6, 5, 4, 6, 5, 4, 5, 6, 12]))
    True
    """
    values = values[~np.isnan(values)]
    centre = float(values.mean()) if centre is None else centre
    sigma = np.abs(np.diff(values)).mean() / 1.128
    if sigma == 0:
        return bool(np.any(values != centre))
    z = (values - centre) / sigma
    return (
        bool(np.abs(z).max() > 2.45 * 1.128)
        or _run(z > 0, 7)
        or _run(z < 0, 7)
        or _run(np.diff(z) > 0, 6)
        or _run(np.diff(z) < 0, 6)
        or any(_most(side * z > 2, 2, 3) or _most(side * z > 1, 4, 5) for side in (1, -1))
    )


def _run(flags: Flags, length: int) -> bool:
    return _most(flags, length, length)


def _most(flags: Flags, least: int, window: int) -> bool:
    if len(flags) < window:
        return False
    return bool(np.convolve(flags, np.ones(window, dtype=int), "valid").max() >= least)


def routine(
    rng: np.random.Generator,
    points: int,
    spread: float,
    *,
    ends: Sequence[float] = (),
    like: Floats | None = None,
    coupling: float = 0.0,
    steady: int = 0,
    then: Sequence[float] = (),
) -> Floats:
    """Noise around zero that fires no rule: drawn again until it is quiet.

    A demo must not cry wolf by accident, so every series that is meant to be routine is
    one that a chart would pass. `ends` are its last values; `like` is a series of the same
    length that the noise follows with correlation `coupling`. With `steady`, the mean of any
    so many points in a row stays within a fifth of the spread: a rolling figure holds still.
    `then` is what follows: the noise is quiet too when those points have moved the centre.
    """
    moved = float(np.sum(then)) / (points + len(then))
    for _ in range(PATIENCE):
        noise = rng.normal(0.0, 1.0, points)
        if like is not None:
            noise = coupling * like + np.sqrt(1 - coupling**2) * noise
        noise -= noise.mean()
        noise *= spread / noise.std()
        if ends:
            noise[-len(ends) :] = ends
        if fires(noise) or (then and fires(noise, moved)):
            continue
        if not steady or not _drifts(noise, steady, spread / 5):
            return np.asarray(noise)
    raise ValueError(f"no quiet series of {points} points ends with {list(ends)}")


def beyond(
    rng: np.random.Generator, shown: Floats, spread: float, total: int, *, before: int = 0
) -> Floats:
    """The series with plain noise before and after the part that the board can show."""
    after = total - before - len(shown)
    return np.concatenate((rng.normal(0, spread, before), shown, rng.normal(0, spread, after)))


def _drifts(noise: Floats, window: int, most: float) -> bool:
    rolling = np.convolve(noise, np.full(window, 1 / window), "valid")
    return bool(np.abs(rolling).max() > most)


def settled(draw: Callable[[], Drawn], *series: Callable[[Drawn], Floats]) -> Drawn:
    """A draw of many rows whose series over time are all routine; drawn again until they are."""
    for _ in range(PATIENCE):
        drawn = draw()
        if not any(fires(values(drawn)) for values in series):
            return drawn
    raise ValueError("no draw is quiet in every series")


def means(group: Ints, values: npt.NDArray[Any], groups: int) -> Floats:
    """The mean of each group; groups of number `groups` and over, or below 0, are left out.

    >>> means(np.array([0, 0, 1, 7]), np.array([1.0, 2.0, 5.0, 9.0]), 2)
    array([1.5, 5. ])
    """
    inside = (group >= 0) & (group < groups)
    total = np.bincount(group[inside], weights=values[inside], minlength=groups)
    sizes = np.bincount(group[inside], minlength=groups)
    mean: Floats = np.divide(total, sizes, out=np.full(groups, np.nan), where=sizes > 0)
    return mean


def medians(group: Ints, values: Ints, groups: int) -> Floats:
    """The median of each group, as `means` takes them.

    >>> medians(np.array([0, 0, 0, 1]), np.array([1, 2, 9, 4]), 2)
    array([2., 4.])
    """
    order = np.lexsort((values, group))
    first = np.searchsorted(group[order], np.arange(groups))
    size = np.searchsorted(group[order], np.arange(groups), side="right") - first
    middle = (first + (size - 1) // 2, first + size // 2)
    return np.asarray((values[order][middle[0]] + values[order][middle[1]]) / 2)


def chosen(
    rng: np.random.Generator, group: Ints, counts: Ints, weight: Floats | None = None
) -> Flags:
    """Which members are drawn when group `g` gives exactly `counts[g]` of them.

    `weight` is the log weight of each member (Gumbel top-k: drawing without replacement).
    A group that is smaller than its count gives all it has.
    """
    score = rng.gumbel(size=len(group))
    if weight is not None:
        score = score + weight
    order = np.lexsort((-score, group))
    sizes = np.bincount(group, minlength=len(counts))
    first = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    rank = np.empty(len(group), dtype=np.int64)
    rank[order] = np.arange(len(group)) - first[group[order]]
    return np.asarray(rank < counts[group])


def whole(values: npt.NDArray[Any]) -> Ints:
    """The values rounded to whole numbers."""
    return np.asarray(np.rint(values), dtype=np.int64)
