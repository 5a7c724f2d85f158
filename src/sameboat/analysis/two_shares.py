"""Whether two shares of counted cases differ by more than chance gives, exactly."""

from __future__ import annotations

import math

import numpy as np

from sameboat.errors import UsageError

EXACT = 100_000
"""Cases in the smaller group up to which every outcome is added up; beyond it a normal tail."""


def chance_of_shares(ones: int, of: int, other_ones: int, other_of: int) -> float:
    """How often chance alone sets two shares as far apart, in either direction.

    The first group has `ones` of `of` cases, the second `other_ones` of `other_of`. Given all
    cases and all ones, those of the first group follow the hypergeometric distribution; the answer
    is twice its smaller tail, 1 at most (Fisher 1935, two-sided by doubling). It is exact up to
    `EXACT` cases in the smaller group, and the pooled normal test beyond. 1 where a group is empty.

    Raises UsageError where ones are negative or more than the cases.

    >>> round(chance_of_shares(1, 10, 9, 10), 6)  # 2 × (10·10 + 1) / C(20, 10)
    0.001093
    """
    if not (0 <= ones <= of and 0 <= other_ones <= other_of):
        raise UsageError("wrong-type", "a share has no more ones than cases, and none below 0")
    if not of or not other_of:
        return 1.0
    from scipy.special import gammaln  # heavy: only where a chance is asked for

    if other_of < of:
        ones, of, other_ones, other_of = other_ones, other_of, ones, of
    if of > EXACT:
        return _normal(ones, of, other_ones, other_of)
    every, marked = of + other_of, ones + other_ones
    counts = np.arange(max(0, of - (every - marked)), min(of, marked) + 1, dtype=np.float64)
    # log C(marked, k) + log C(every - marked, of - k), up to what is the same for each k.
    ways = -gammaln(counts + 1) - gammaln(marked - counts + 1)
    ways -= gammaln(of - counts + 1) + gammaln(every - marked - of + counts + 1)
    weights = np.exp(ways - ways.max())
    tails = weights[counts <= ones].sum(), weights[counts >= ones].sum()
    return min(1.0, 2 * float(min(tails) / weights.sum()))


def _normal(ones: int, of: int, other_ones: int, other_of: int) -> float:
    share = (ones + other_ones) / (of + other_of)
    error = math.sqrt(share * (1 - share) * (1 / of + 1 / other_of))
    gap = abs(ones / of - other_ones / other_of)
    return math.erfc(gap / error / math.sqrt(2)) if error > 0 else 1.0
