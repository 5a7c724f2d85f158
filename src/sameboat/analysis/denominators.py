"""How a figure's own uncertainty follows its denominator."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

RARE = 12  # expected cases below which the bell curve is a poor guide
STEADY = 1e-4  # so rarely does chance alone make proportions look too steady to be drawn apart
RARE_CHANCE = 0.0004  # of a single point beyond the limit on one side


@dataclass(frozen=True)
class Noise:
    """How a series varies, as far as its denominators tell.

    `shape` is each point's variance up to one common factor, whose root is `floor` at least.
    `besides` is the share of it that is not the chance of so many cases, 1 where that is unknown.
    """

    shape: Floats
    proportion: bool = False
    floor: float = 0.0
    besides: float = 1.0


def variances(values: Floats, n: Floats | None, base: Indices, level: Floats) -> Noise:
    """How the values vary, given their denominators.

    Proportions of n cases vary by chance, p(1 − p)/n, and from period to period besides (as in
    Laney's p′ chart, but added: with large n only the latter is left). A process steadier than
    chance is not believed, unless it is so beyond doubt, as where the same accounts are counted
    again and again. Other ratios vary as a mix of both parts, the likeliest of five.
    """
    if n is None:
        return Noise(np.ones_like(values))
    cases = np.where(np.isnan(n), 1.0, n)
    if are_proportions(values, n):
        success, total = float(np.sum(values[base] * n[base])), float(np.sum(n[base]))
        share = (success + 1) / (total + 2)  # a base without any case still knows little
        by_chance = share * (1 - share) / cases
        rare = float(np.min(cases[base])) * min(share, 1 - share) < RARE
        steady = not rare and _steadier(level[base], by_chance[base])
        besides = _besides(level[base], by_chance[base])
        shape = by_chance + besides
        share = 1.0 if steady else besides / float(np.median(shape[base]))
        return Noise(shape, True, 0.0 if steady else 1.0, share)
    typical = base.size / float(np.sum(1 / n[base]))
    mixes = [mix + (1 - mix) * typical / cases for mix in (1.0, 0.75, 0.5, 0.25, 0.0)]
    return Noise(max(mixes, key=lambda shape: _likelihood(level[base], shape[base])))


def are_proportions(values: Floats, n: Floats) -> bool:
    """Whether all values that have a denominator lie from 0 to 1."""
    known = values[~np.isnan(values) & ~np.isnan(n)]
    return bool(((known >= 0) & (known <= 1)).all())


def _steadier(level: Floats, by_chance: Floats) -> bool:
    """Whether chance alone would be so steady less than once in ten thousand times."""
    from scipy.special import chdtr  # heavy: only where a chance is asked for

    weight = 1 / by_chance
    centre = np.sum(level * weight) / np.sum(weight)
    square = float(np.sum((level - centre) ** 2 * weight))
    return square > 0 and bool(chdtr(level.size - 1, square) < STEADY)


def _besides(level: Floats, by_chance: Floats) -> float:
    """The variance from period to period beside chance, at least 0 (Paule and Mandel 1982)."""

    def excess(added: float) -> float:
        weight = 1 / (by_chance + added)
        centre = np.sum(level * weight) / np.sum(weight)
        return float(np.sum((level - centre) ** 2 * weight)) - (level.size - 1)

    low, high = 0.0, float(np.var(level, ddof=1)) + float(by_chance.max())
    if excess(low) <= 0:
        return 0.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return high


def _likelihood(level: Floats, shape: Floats) -> float:
    weight = 1 / shape
    centre = np.sum(level * weight) / np.sum(weight)
    square = float(np.sum((level - centre) ** 2 * weight)) / (level.size - 1)
    return -math.inf if square == 0 else -float(
        np.sum(np.log(shape)) + np.log(np.sum(weight)) + (level.size - 1) * math.log(square)
    )  # fmt: skip


def rare_limit(
    values: Floats, n: Floats, cases: Floats, centre: Floats, unit: Floats,
    above: Floats, below: Floats,
) -> tuple[Floats, Floats]:  # fmt: skip
    """The distances of a proportion's limits, moved out where few cases are expected.

    There the number of cases is lopsided; the limit lies at least where the predictive
    distribution (Jeffreys beta and binomial) leaves .0004.
    """
    success, total = float(np.sum(values * n)), float(np.sum(n))
    above, below = above.copy(), below.copy()
    for at, count in enumerate(cases):
        if not np.isfinite(count) or unit[at] <= 0:
            continue
        if count * success / total < RARE:
            most = _most(success, total - success, float(count)) / count
            above[at] = max(above[at], (most - centre[at]) / unit[at])
        if count * (1 - success / total) < RARE:
            least = 1 - _most(total - success, success, float(count)) / count
            below[at] = max(below[at], (centre[at] - least) / unit[at])
    return above, below


def rare_counts(values: Floats) -> float:
    """The largest count that chance still explains after these, where few are expected, else 0.

    The predictive distribution of independent events (gamma and Poisson, Jeffreys) leaves .0004
    beyond it.

    >>> rare_counts(np.array([0.0, 1, 0, 0, 2, 0, 1, 0])), rare_counts(np.full(8, 40.0))
    (5.0, 0.0)
    """
    total, size = float(np.sum(values)) + 0.5, values.size
    if total > RARE * size:
        return 0.0
    count, chance = 0.0, (size / (size + 1)) ** total
    left = 1 - chance
    while left > RARE_CHANCE:
        chance *= (total + count) / (count + 1) / (size + 1)
        count += 1
        left -= chance
    return count


def _most(success: float, failure: float, count: float) -> float:
    """The largest number of cases out of `count` that chance still explains."""
    a, b = success + 0.5, failure + 0.5

    def log_beta(x: float, y: float) -> float:
        return math.lgamma(x) + math.lgamma(y) - math.lgamma(x + y)

    cases, cumulated = 0.0, 0.0
    while cases < count:
        choose = -log_beta(cases + 1, count - cases + 1) - math.log(count + 1)
        cumulated += math.exp(choose + log_beta(a + cases, b + count - cases) - log_beta(a, b))
        if 1 - cumulated <= RARE_CHANCE:
            break
        cases += 1
    return cases
