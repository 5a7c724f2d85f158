"""Which points of a series set the limits, and which are judged by them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sameboat.analysis.limits import AHEAD, MINIMUM

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

SETTLED = 52
"""A new level that has held for so many points is taken as the usual one."""

CLEAR = 4.5  # standard errors between two levels; noise of 100 points gets there once in 1,000


@dataclass(frozen=True)
class Stretch:
    """Points from `first` to `last` with limits of their own.

    `base` are the points that set the limits, `judged` those that come after them; together they
    are all points that have a value.
    """

    first: int
    last: int
    base: Indices
    judged: Indices
    declared: bool = True
    shifted: bool = False  # the judged points begin where the level visibly changed


def stretches(
    level: Floats, usable: NDArray[np.bool_], starts: tuple[int, ...], *,
    baseline: int | None, lost: float,
) -> tuple[Stretch, ...]:  # fmt: skip
    """The stretches of a series, oldest first.

    A given baseline takes the first k points of each stretch. Otherwise a stretch that has ended
    is its own baseline, and the last one is split by `automatic`.
    """
    out: list[Stretch] = []
    ends = (*starts[1:], level.size)
    for first, end in zip(starts, ends, strict=True):
        points = first + np.flatnonzero(usable[first:end])
        if baseline is not None and points.size >= baseline:
            out.append(Stretch(first, end - 1, points[:baseline], points[baseline:]))
        elif end < level.size:
            out.append(Stretch(first, end - 1, points, points[:0]))
        else:
            out += automatic(level, points, first, end - 1, lost)
    return tuple(out)


def automatic(level: Floats, points: Indices, first: int, last: int, lost: float) -> list[Stretch]:
    """The last declared stretch, split so that the latest points never widen their own limits.

    The latest twelve points are judged by all before them; with fewer than 24 points, the later
    half at most. Where the level visibly changed and stayed, the points since then are judged by
    those before the change, until the new level has held for 52 points: then it is the usual one.
    `lost` is how many points of the stretch a season's estimate uses up.
    """
    out: list[Stretch] = []
    while True:
        change = level_change(level[points]) if points.size >= 2 * AHEAD else None
        if change is None or change == points.size - AHEAD:  # those are judged in any case
            room = math.floor(points.size - lost) - MINIMUM
            judged = max(0, min(AHEAD, points.size // 2, room))
            at = points.size - judged
            out.append(Stretch(first, last, points[:at], points[at:], declared=not out))
            return out
        if points.size - change < SETTLED:
            out.append(
                Stretch(first, last, points[:change], points[change:], not out, shifted=True)
            )
            return out
        start = int(points[change])
        out.append(Stretch(first, start - 1, points[:change], points[:0], not out))
        first, points = start, points[change:]


def level_change(level: Floats) -> int | None:
    """Where the mean clearly changed for good, at least twelve points from either end, or None.

    The largest two-sample statistic over all splits, widened by how much neighbours agree
    within the two parts, since slow movement looks like a change of level.

    >>> level_change(np.array([1.0, 2.0] * 10 + [8.0, 9.0] * 10))
    20
    """
    size = level.size
    before = np.arange(AHEAD, size - AHEAD + 1)
    after = size - before
    total = np.cumsum(level - level.mean())[before - 1]
    gap = total**2 * size / (before * after)
    at = int(np.argmax(gap))
    split = int(before[at])
    rest = level.copy()
    rest[:split] -= rest[:split].mean()
    rest[split:] -= rest[split:].mean()
    within = float(np.sum(rest**2))
    if within <= 1e-24 * float(np.sum(level**2)):
        return split if gap[at] > 0 and gap[at] > 1e-24 * float(np.sum(level**2)) else None
    slow = np.clip(float(np.sum(rest[1:] * rest[:-1])) / within + 1 / size, 0.0, 0.8)
    statistic = math.sqrt(float(gap[at]) * (size - 2) / within)
    return split if statistic > CLEAR * math.sqrt((1 + slow) / (1 - slow)) else None
