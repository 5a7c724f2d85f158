"""What sales gives away, and which of those deals are bound to leave."""

from __future__ import annotations

import numpy as np

from sameboat.demo.chance import Flags, Floats
from sameboat.demo.company import Dates
from sameboat.demo.truths import TRUTHS

USUAL = np.array((0.0, 0.05, 0.10, 0.15, 0.20))
LARGE = np.array((0.22, 0.25, 0.30, 0.35))


def discounts(rng: np.random.Generator, count: int) -> Floats:
    """The discount of each deal as a fraction; a fixed share of deals gets more than 20 %."""
    large = rng.random(count) < TRUTHS.discounts.share_of_deals
    usual = rng.choice(USUAL, count, p=(0.45, 0.15, 0.22, 0.12, 0.06))
    return np.where(large, rng.choice(LARGE, count), usual)


def leaves_in_month(rng: np.random.Generator, closed: Dates, discount: Floats) -> Flags:
    """Which deals are bound to leave in month 11: half of that year's with a large discount."""
    truth = TRUTHS.discounts
    year = np.datetime64(str(truth.closed_in), "Y")
    bound = (discount > truth.over) & (closed.astype("datetime64[Y]") == year)
    return np.asarray(bound & (rng.random(len(closed)) < truth.leave))
