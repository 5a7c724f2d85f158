"""Forecasts that repeat the usual season at the last season's level, with half its last growth.

Whole seasons are all that it looks at: their totals and how these are spread over the season.
Totals are steadier than single points, and half a growth is the middle of "it goes on" and "it
stops" (temporal aggregation: Athanasopoulos, Hyndman, Kourentzes and Petropoulos 2017).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

GROWTH = 0.5
"""The share of the last season's growth that each further season adds."""

SEASONS = 6
"""Seasons back that tell how a season's total is spread over it."""

FADING = 0.85
"""What a season counts for, over the one after it."""


@dataclass(frozen=True, eq=False)
class Repeated:
    """A series without gaps (oldest value first) and the number of periods in its season."""

    values: Floats
    season: int

    def forecast(self, horizon: int) -> Floats:
        """The usual season from the end of the series on, one value per period ahead."""
        return _after(self.values, self.season, horizon)

    def past(self, horizon: int) -> Floats:
        """What would have been forecast after each point but the last (points - 1, horizon).

        NaN where fewer than two seasons were known or the forecast reaches beyond the series.
        """
        size = self.values.size
        found = np.full((size - 1, horizon), np.nan)
        for known in range(2 * self.season, size):
            told = _after(self.values[:known], self.season, horizon)
            till = min(horizon, size - known)
            found[known - 1, :till] = told[:till]
        return found


def repeated(values: Floats, season: int) -> Repeated | None:
    """The repetition of a series' season; None where it has fewer than two. Gaps become lines."""
    size = values.size
    if season == 1 or size < 2 * season:
        return None
    known = np.flatnonzero(~np.isnan(values))
    filled = np.asarray(np.interp(np.arange(size), known, values[known]), dtype=float)
    return Repeated(filled, season)


def _after(values: Floats, season: int, horizon: int) -> Floats:
    """What follows these values; the season is drawn in as far as noise could explain it."""
    count = min(values.size // season, SEASONS)
    rounds = values[values.size - count * season :].reshape(count, season)
    levels = rounds.mean(axis=1)
    left = rounds - levels[:, None]
    weight = FADING ** np.arange(count)[::-1]
    weight /= weight.sum()
    usual = weight @ left
    noise = float(((left - usual) ** 2).mean() / (1 - 1 / count)) * float(weight @ weight)
    size = float(np.var(usual))
    kept = max(0.0, 1 - noise / size) if size > 0 else 0.0
    ahead = np.arange(horizon)
    step = GROWTH * (levels[-1] - levels[-2])
    return np.asarray(levels[-1] + (1 + ahead // season) * step + kept * usual[ahead % season])
