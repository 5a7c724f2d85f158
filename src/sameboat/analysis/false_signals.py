"""How many signals of a board are chance: the chance of each, and which survive many looks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sameboat.analysis.limits import AHEAD, factors_if_normal

Floats = NDArray[np.float64]

SHARE = 0.10
"""Of the signals that survive on a board, at most this share is chance, on average."""

ALARMS = 0.032
"""How often a routine series raises a false signal within twelve points, roughly: normal noise does
in .01 of cases, long tails and slow noise in up to .05 (`benchmarks/signals.py`)."""

MOST_FREEDOM, TAIL_FREEDOM, LEAST_FREEDOM = 5.0, 2.0, 2.5
"""A single point's chance is that of Student's t with five degrees of freedom at most, since few
points cannot tell which noise it is; with two for each limit's distance beyond that for normal
noise where these are fewer, and never under two and a half."""

LOOKS = 2.5
"""So many independent looks per judged point are as good as all stretches of them together."""


def chance_of(
    deviation: Floats, above: Floats, below: Floats, *, base: Floats,
    guards: tuple[float, float], points: float, slow: float = 0.0,
) -> float:  # fmt: skip
    """How often routine variation alone shows judged points like these, at most.

    `deviation` and `base` are the distances from the centre of the judged points, and of those
    that set the limits, in standard deviations of a baseline worth so many `points`; `above`,
    `below` and `guards` (above and below) are where its rules reach, `slow` how much neighbours
    agree at least. Two ways to stand out are looked at: the farthest mean of any stretch of
    points, by Student's t, and the longest run beyond a guard, by how many base points lie there.
    Each is a bound over all stretches, so the chance is rather too large than too small.

    >>> flat, base = np.full(12, 3.86), np.tile([1.0, -1.0, -1.0, 1.0], 6)
    >>> usual = {"base": base, "guards": (0.19, 0.19), "points": 24}
    >>> 0.5 < chance_of(np.tile([0.4, -0.6], 6), flat, flat, **usual)
    True
    >>> chance_of(np.full(12, -3.0), flat, flat, **usual) < 0.0001
    True
    """
    count = deviation.size
    if count == 0:
        return 1.0
    slow = min(0.8, max(slow, _agreeing(base)))
    usual = factors_if_normal(points).limit
    scaled = deviation * usual / np.where(deviation > 0, above, below)
    wider = float(max(np.median(above), np.median(below))) / usual
    tails = max(LEAST_FREEDOM, TAIL_FREEDOM / max(wider - 1, 1e-9))
    by_mean = LOOKS * count * _rarest(scaled, points, min(tails, MOST_FREEDOM, points - 1), slow)
    by_run = min(
        _run_chance(_longest(side * deviation, guard), count, side * base > guard, slow)
        for side, guard in zip((1, -1), guards, strict=True)
    )
    return float(min(1.0, 2 * min(by_mean, by_run)))


def _agreeing(base: Floats) -> float:
    """The correlation of neighbouring base points, chance included: too much is safer here."""
    total = float(np.sum(base**2))
    if base.size < 2 or total == 0:
        return 0.0
    return max(0.0, float(np.sum(base[1:] * base[:-1])) / total + 1 / base.size)


def _rarest(scaled: Floats, points: float, single: float, slow: float) -> float:
    """The least chance of a mean of consecutive points, by Student's t for each length.

    A single point has the freedom of its tails, a mean of several so many times as much, at most
    that of the baseline. Neighbours agree as those of an autoregression do.
    """
    from scipy.special import stdtr  # heavy: only where a chance is asked for

    totals = np.concatenate([[0.0], np.cumsum(scaled)])
    lengths = np.arange(1, scaled.size + 1)
    most = np.array(
        [np.abs(totals[length:] - totals[:-length]).max() / length for length in lengths]
    )
    lags = np.arange(1, scaled.size)
    shared = np.clip(1 - lags / lengths[:, None], 0, None) @ slow**lags
    errors = np.sqrt((1 + 2 * shared) / lengths + (1 + slow) / (1 - slow) / points)
    freedom = np.minimum(single * lengths, points - 1)
    return float(np.min(2 * stdtr(freedom, -most / errors)))


def _longest(deviation: Floats, guard: float) -> int:
    """The length of the longest run beyond the guard."""
    longest = run = 0
    for inside in deviation > guard:
        run = run + 1 if inside else 0
        longest = max(longest, run)
    return longest


def _run_chance(run: int, count: int, beyond: NDArray[np.bool_], slow: float) -> float:
    """The chance of a run so long among so many points, on either side.

    How likely a point is to lie beyond the guard is known from the base points that do (Jeffreys'
    beta). A point stays there more easily where neighbours agree (the arcsine of their
    correlation, as for a normal process).
    """
    if run < 2:
        return 1.0
    from scipy.special import betaln  # heavy: only where a chance is asked for

    inside, outside = float(beyond.sum()) + 0.5, float((~beyond).sum()) + 0.5
    stays = math.log(0.5 + math.asin(slow) / math.pi) / math.log(0.5)
    steps = 1 + (run - 1) * stays
    likely = math.exp(betaln(inside + steps, outside) - betaln(inside, outside))
    starts = (count - run) * outside / (inside + outside) + 1
    return float(min(1.0, 2 * starts * likely))


@dataclass(frozen=True)
class Survivors:
    """Which of a board's signals survive, and how often a false one is to be expected.

    `kept` has one flag per series; `limit` is the largest chance that would have been kept.
    """

    kept: tuple[bool, ...]
    limit: float


def survivors(chances: Sequence[float | None], *, share: float = SHARE) -> Survivors:
    """The signals of which at most a share is chance, however many series are looked at.

    One chance per judged series; None where it shows no signal. The step-up rule of Benjamini and
    Hochberg 1995: it holds for series that are independent or rise and fall together. One signal
    alone among m series survives up to share / m, the second up to twice that.

    >>> survivors([0.001, None, 0.03, None]).kept
    (True, False, True, False)
    >>> survivors([0.03] + [None] * 39).kept[0]
    False
    """
    told = np.array([1.0 if chance is None else chance for chance in chances])
    if told.size == 0:
        return Survivors((), 0.0)
    steps = share * np.arange(1, told.size + 1) / told.size
    under = np.flatnonzero(np.sort(told) <= steps)
    limit = float(steps[under[-1]]) if under.size else float(steps[0])
    return Survivors(tuple(bool(c is not None and c <= limit) for c in chances), limit)


def false_alarms(points_a_week: Sequence[float]) -> float:
    """How many false signals a week a board raises, from how many points a week each series has.

    >>> round(1 / false_alarms([1.0] * 7))
    54
    """
    return float(sum(points_a_week)) * ALARMS / AHEAD
