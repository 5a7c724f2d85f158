"""One row of numbers, as every method over time takes it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sameboat.errors import Undefined, UsageError

LARGEST = 1e100
"""A value beyond it is no figure: its square would be endless."""


def readings(values: ArrayLike | Sequence[float | None]) -> NDArray[np.float64]:
    """The values of a series, oldest first, NaN where one is missing.

    Raises UsageError where they are no row of numbers, Undefined where one is endless.

    >>> readings([1, None, 3]).tolist()
    [1.0, nan, 3.0]
    """
    try:
        array = np.array(values, dtype=float)
    except (TypeError, ValueError):
        raise UsageError("wrong-type", "values must be numbers, or missing") from None
    if array.ndim != 1:
        raise UsageError("wrong-type", "values must be one row of numbers, oldest first")
    if np.isinf(array).any() or np.nanmax(np.abs(array), initial=0.0) > LARGEST:
        raise Undefined("figure-not-finite", "a value is endless or too large to reckon with")
    return array
