"""By how many units a figure has moved beside another one: for what-ifs, never for why."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sameboat.analysis.relations import Slope, relation

Floats = NDArray[np.float64]


def pull(x: Floats, y: Floats) -> Slope:
    """By how many units y moved when x moved by one, around both trends, with its error.

    It is `relations.relation` in units instead of standard deviations; points where either is
    NaN are left out. Without enough points, or where one never moved, the error is endless.

    >>> x = np.array([3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8.0])
    >>> round(pull(x, 2 * x + np.arange(12)).value, 6)
    2.0
    """
    found = relation(x, y)
    known = ~(np.isnan(x) | np.isnan(y))
    spreads = [_spread(values[known], np.flatnonzero(known)) for values in (x, y)]
    units = spreads[1] / spreads[0] if spreads[0] > 0 else 0.0
    return Slope(found.value * units, found.error * max(units, 1e-300), found.freedom)


def _spread(values: Floats, at: NDArray[np.int64]) -> float:
    """The standard deviation around a straight line over the places of the values."""
    if values.size < 3:
        return 0.0
    steps = at - at.mean()
    level = values - values.mean()
    left = level - float(steps @ level) / float(steps @ steps) * steps
    return float(np.std(left))
