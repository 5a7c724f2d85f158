"""Figures of surveys with honest intervals: net promoter score and proportions."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sameboat.errors import Undefined, UsageError

Z95 = 1.959963984540054
"""The 97.5 % point of the normal distribution: intervals are of 95 %."""


@dataclass(frozen=True)
class Interval:
    """A figure, its 95 % interval and the number of answers behind it."""

    value: float
    low: float
    high: float
    n: int


def nps(promoters: int, passives: int, detractors: int) -> Interval:
    """The net promoter score in points, from -100 to 100, with its adjusted Wald interval.

    The score is unadjusted; the interval adds three answers, ¾ promoter, ¾ detractor and 1½
    passive, so that it holds for few answers too and may lie unevenly around the score.

    Source: Rocks 2016, "Interval estimation for the net promoter score", The American
    Statistician 70. Raises Undefined without answers, UsageError for a negative count.

    >>> found = nps(60, 30, 10)
    >>> found.value, round(found.low, 1), round(found.high, 1), found.n
    (50.0, 35.5, 61.6, 100)
    """
    promoters, passives, detractors = _counts(promoters, passives, detractors)
    n = promoters + passives + detractors
    if n == 0:
        raise Undefined("undefined", "there are no answers")
    more = n + 3
    up, down = (promoters + 0.75) / more, (detractors + 0.75) / more
    centre = up - down
    half = Z95 * math.sqrt((up + down - centre**2) / more)
    value = 100 * (promoters - detractors) / n
    return Interval(value, max(-100.0, 100 * (centre - half)), min(100.0, 100 * (centre + half)), n)


def proportion(k: int, n: int) -> Interval:
    """A share with its Wilson interval; both ends lie within 0 and 1.

    Source: Wilson 1927. Raises Undefined for n = 0, UsageError for a k outside 0 to n.

    >>> found = proportion(8, 10)
    >>> found.value, round(found.low, 3), round(found.high, 3)
    (0.8, 0.49, 0.943)
    """
    k, n = _counts(k, n)
    if k > n:
        raise UsageError("wrong-type", f"{k} of {n} is no share")
    if n == 0:
        raise Undefined("undefined", "there are no answers")
    share = k / n
    weight = 1 + Z95**2 / n
    centre = (share + Z95**2 / (2 * n)) / weight
    half = Z95 / weight * math.sqrt(share * (1 - share) / n + Z95**2 / (4 * n**2))
    return Interval(share, max(0.0, centre - half), min(1.0, centre + half), n)


def _counts(*counts: int) -> list[int]:
    """The counts as whole numbers, whatever number type they came as."""
    whole = []
    for count in counts:
        try:
            held = int(count)
        except (TypeError, ValueError, OverflowError):
            held = -1
        if held < 0 or held != count:
            raise UsageError("wrong-type", f"{count!r} is not a number of answers")
        whole.append(held)
    return whole
