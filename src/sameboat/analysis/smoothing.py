"""Exponential smoothing over a whole grid of habits at once, each weighed by how well it fits.

No parameters are searched for: several hundred combinations of level, trend, damping and season
run side by side, and their forecasts are averaged by their likelihood. An average over plausible
models forecasts better than the best fitting one, and what it does not know widens its paths.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEVELS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 0.97)
SEASONS = (0.0, 0.05, 0.12, 0.25, 0.45, 0.7)
TRENDS = (
    *((0.0, 1.0, start) for start in (0.0, 0.5, 1.0)),
    *((share, damping, 1.0) for share in (0.03, 0.1, 0.25) for damping in (0.8, 0.9, 0.96, 1.0)),
    *((0.0, damping, 1.0) for damping in (0.9, 0.97)),
)
"""Trends as (share of the level's step, damping, share of the first slope that is believed)."""

TEMPER = 0.5
"""The power of the likelihood: no candidate is the truth, so the best fit is not believed whole."""

CAP = 3.5
"""Standard deviations at which one error stops counting for more."""

RIPPLES = 6
"""Waves per season that a long season is first thought to be made of."""


@dataclass(frozen=True, eq=False)
class Smoothed:
    """The candidates after the last point: states, errors (points, candidates) and weights.

    `level` and `slope` have one value per candidate, `season` (places, candidates); `size` is the
    length of the series, so that the next point's place in the season is known.
    """

    grid: Floats
    level: Floats
    slope: Floats
    season: Floats
    errors: Floats
    weight: Floats
    size: int

    def forecast(self, horizon: int) -> Floats:
        """The weighted mean of all candidates' forecasts."""
        damping = self.grid[3]
        places = self.season.shape[0]
        steps, power = np.zeros_like(damping), np.ones_like(damping)
        found = np.empty(horizon)
        for ahead in range(horizon):
            power = power * damping
            steps = steps + power
            place = self.season[(self.size + ahead) % places]
            found[ahead] = self.weight @ (self.level + steps * self.slope + place)
        return found

    def paths(self, horizon: int, count: int, rng: np.random.Generator) -> Floats:
        """Possible futures (count, horizon): a candidate each, drawn by weight, with its errors."""
        drawn = rng.choice(self.weight.size, size=count, p=self.weight)
        gain, step, turn, damping = (self.grid[row][drawn] for row in range(4))
        level, slope = self.level[drawn], self.slope[drawn]
        season = self.season[:, drawn]  # a copy
        rows = np.flatnonzero(~np.isnan(self.errors[:, 0]))
        centred = self.errors[rows] - self.errors[rows].mean(axis=0)
        picked = rng.integers(rows.size, size=(horizon, count))
        found = np.empty((count, horizon))
        for ahead in range(horizon):
            place = (self.size + ahead) % season.shape[0]
            slope = damping * slope
            middle = level + slope
            error = centred[picked[ahead], drawn]
            found[:, ahead] = middle + season[place] + error
            level = middle + gain * error
            slope = slope + step * error
            season[place] += turn * error
        return found


def smoothed(values: Floats, season: int) -> Smoothed:
    """All candidates run through a series, oldest first; `season` 1 is none.

    Missing values are NaN: the states pass over them. At least four values must be known.
    """
    grid = _grid(season > 1)
    places = seasonal_start(values, season) if season > 1 else np.zeros(1)
    level, slope = _line(values - places[np.arange(values.size) % season], season)
    states, errors = _run(values, grid, level, slope, places)
    return Smoothed(grid, *states, errors, _weights(errors, grid), values.size)


@cache
def _grid(seasonal: bool) -> Floats:
    """Gain of level, slope and season, damping and first slope, one column per candidate."""
    rows = [
        (level, share * level, turn * (1 - level), damping, start)
        for level in LEVELS
        for share, damping, start in TRENDS
        for turn in (SEASONS if seasonal else (0.0,))
    ]
    return np.array(rows).T


def _run(
    values: Floats, grid: Floats, first: float, slope0: float, places: Floats
) -> tuple[tuple[Floats, Floats, Floats], Floats]:
    gain, step, turn, damping, start = grid
    level = np.full(gain.size, first)
    slope = slope0 * start
    season = np.repeat(places[:, None], gain.size, axis=1)
    errors = np.full((values.size, gain.size), np.nan)
    for at, value in enumerate(values):
        slope = damping * slope
        level = level + slope
        if np.isnan(value):
            continue
        place = at % places.size
        error = value - level - season[place]
        errors[at] = error
        level = level + gain * error
        slope = slope + step * error
        season[place] += turn * error
    return (level, slope, season), errors


def _weights(errors: Floats, grid: Floats) -> Floats:
    """The candidates' weights: tempered likelihood of capped errors, less their parameters."""
    known = errors[~np.isnan(errors[:, 0])]
    judged = known[min(12, known.shape[0] // 4) :]  # the first errors tell of the start
    squares = judged**2
    best = int(np.argmin(squares.sum(axis=0)))
    usual = 1.4826 * float(np.median(np.abs(judged[:, best])))
    if usual > 0:
        squares = np.minimum(squares, (CAP * usual) ** 2)
    mean = np.maximum(squares.mean(axis=0), 1e-300)
    cost = (grid[:3] > 0).sum(axis=0) + (grid[3] < 1) + (grid[4] > 0)
    score = -TEMPER * judged.shape[0] / 2 * np.log(mean) - cost
    weight = np.exp(score - score.max())
    return np.asarray(weight / weight.sum())


def _line(values: Floats, season: int) -> tuple[float, float]:
    """Level before the first point and slope, told from the first two seasons."""
    size = min(values.size, max(2 * season, 10))
    known = np.flatnonzero(~np.isnan(values[:size]))
    if known.size < 3:
        return float(np.nanmedian(values)), 0.0
    slope, level = np.polyfit(known, values[known], 1)
    return float(level - slope), float(slope)


def seasonal_start(values: Floats, season: int) -> Floats:
    """What each place in the season adds, drawn towards none as far as noise could explain it.

    Smooth waves and single places are drawn in apart: a long season of few years keeps its waves
    and loses its ripples (James and Stein 1961 per part).
    """
    left = values - _trend(values, season)
    place = np.arange(values.size) % season
    means, counts, squares, freedom = np.zeros(season), np.zeros(season), 0.0, 0
    for one in range(season):
        seen = left[place == one]
        seen = seen[~np.isnan(seen)]
        if not seen.size:
            continue
        means[one] = np.median(seen) if seen.size > 4 else seen.mean()
        counts[one] = seen.size
        squares += float(((seen - seen.mean()) ** 2).sum())
        freedom += seen.size - 1
    means -= means[counts > 0].mean() if (counts > 0).any() else 0.0
    means[counts == 0] = 0.0
    known = left[~np.isnan(left)]
    variance = squares / freedom if freedom else float(np.var(known)) if known.size else 0.0
    noise = variance / max(1.0, float(counts.mean()))
    if season <= 4 * RIPPLES:
        return means * _kept(means, noise)
    waves = np.fft.rfft(means)
    waves[RIPPLES + 1 :] = 0
    smooth = np.fft.irfft(waves, season)
    rest = means - smooth
    share = 2 * RIPPLES / season
    kept: Floats = smooth * _kept(smooth, noise * share) + rest * _kept(rest, noise * (1 - share))
    return kept


def _kept(part: Floats, noise: float) -> float:
    size = float(np.var(part))
    return max(0.0, 1 - noise / size) if size > 0 else 0.0


def _trend(values: Floats, season: int) -> Floats:
    """The centred mean over a season; a straight line where there are few seasons."""
    at = np.arange(values.size, dtype=float)
    known = np.flatnonzero(~np.isnan(values))
    if values.size < 3 * season:
        yearly = values[season:] - values[:-season]
        slope = float(np.nanmedian(yearly)) / season if np.isfinite(yearly).any() else 0.0
        return slope * at + float(np.nanmean(values - slope * at))
    filled = np.interp(at, known, values[known])
    width = np.full(season + 1, 1 / season) if season % 2 == 0 else np.full(season, 1 / season)
    if season % 2 == 0:
        width[0] = width[-1] = 0.5 / season
    half = width.size // 2
    found = np.full(values.size, np.nan)
    found[half : values.size - half] = np.convolve(filled, width, "valid")
    return found
