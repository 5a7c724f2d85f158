"""Straight scales from values to pixels, and ticks at numbers that people would choose."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
"""What a tick's step may begin with."""


TINY = 1e-200
"""Differences below this are none: their scale would overflow."""


@dataclass(frozen=True)
class Scale:
    """A straight line from values to pixels; `low` lands on `start` and `high` on `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The pixel of a value.

        >>> Scale(0, 10, 100, 0)(2.5)
        75.0
        """
        return self.start + self.slope * (value - self.low)

    @property
    def slope(self) -> float:
        """Pixels per unit of value."""
        return (self.end - self.start) / (self.high - self.low)


def reach(values: Iterable[float | None], *, margin: float = 0.06) -> tuple[float, float]:
    """The least and the greatest value with a margin on both sides, never of zero length.

    >>> reach([1.0, None, 3.0], margin=0.5)
    (0.0, 4.0)
    >>> reach([5.0, 5.0])
    (4.5, 5.5)
    """
    known = [value for value in values if value is not None and math.isfinite(value)]
    if not known:
        return (0.0, 1.0)
    low, high = min(known), max(known)
    width = high - low
    if width <= max(abs(high) * 1e-9, TINY):
        pad = abs(high) * 0.1 if abs(high) > TINY else 1.0
        return (low - pad, high + pad)
    return (low - width * margin, high + width * margin)


def ticks(low: float, high: float, *, most: int = 4) -> tuple[float, ...]:
    """At most `most` round numbers from `low` to `high`, evenly apart, as many as possible.

    >>> ticks(0.036, 0.064)
    (0.04, 0.05, 0.06)
    >>> ticks(0, 1680, most=3)
    (0.0, 1000.0)
    """
    if high - low <= TINY:
        return (low,)
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    for scale in (power, power * 10, power * 100):
        for lead in STEPS[:-1]:
            step = lead * scale
            first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
            if 0 <= last - first < most:
                return tuple(_clean(index * step, step) for index in range(first, last + 1))
    return ()


def from_zero(high: float, *, most: int = 3) -> tuple[float, ...]:
    """Ticks for counts: from zero to the first round number at or above `high`.

    >>> from_zero(69)
    (0.0, 50.0, 100.0)
    >>> from_zero(1680)
    (0.0, 1000.0, 2000.0)
    """
    if high <= TINY or not math.isfinite(high):
        return (0.0, 1.0)
    power = 10.0 ** math.floor(math.log10(high / (most - 1)))
    for lead in (*STEPS, 20.0):
        step = lead * power
        count = math.ceil(high / step - 1e-9)
        if count < most:
            return tuple(_clean(index * step, step) for index in range(count + 1))
    return (0.0, high)


def decimals(step: float) -> int:
    """How many decimals tell ticks a step apart from each other.

    >>> decimals(0.25), decimals(5), decimals(0.01)
    (2, 0, 2)
    """
    for digits in range(10):
        if abs(round(step, digits) - step) <= abs(step) * 1e-6:
            return digits
    return 10


def _clean(value: float, step: float) -> float:
    """The value without the dust of floating point."""
    digits = max(0, 2 - math.floor(math.log10(step)))
    return round(value, digits) + 0.0
