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

AHEAD = (1, 2, 3, 6)
"""Steps ahead by whose errors candidates are judged: one step alone says little of a year."""

BELIEF = 15.0
"""The power of a candidate's mean square: none is the truth, so the best is not believed whole."""

FEW = 3.0
"""Points per unit of that power, where a series is so short that it stands behind fewer."""

MEMORY = 5
"""Seasons (or tens of points) after which a past error counts for half."""

BESIDE = 3.0
"""Parameters beside the season: level, slope and how fast both change."""

RIPPLES = 6
"""Waves per season that a long season is first thought to be made of."""


@dataclass(frozen=True, eq=False)
class Smoothed:
    """The candidates over the whole series: states, errors (points, candidates) and weights.

    `levels` and `slopes` (points + 1, candidates) are known before the first and after each point,
    `used` is the season that each point was foretold with, `season` (places, candidates) the one
    after the last point; `size` is the length of the series.
    """

    grid: Floats
    levels: Floats
    slopes: Floats
    used: Floats
    season: Floats
    errors: Floats
    weight: Floats
    size: int

    @property
    def level(self) -> Floats:
        return np.asarray(self.levels[-1])

    @property
    def slope(self) -> Floats:
        return np.asarray(self.slopes[-1])

    def past(self, horizon: int) -> Floats:
        """What would have been forecast after each point but the last (points - 1, horizon).

        NaN where the forecast reaches beyond the series. The weights are those of today.
        """
        places = self.season.shape[0]
        reach = _reach(self.grid[3], horizon)
        flat = self.levels @ self.weight
        sloped = self.slopes @ (reach * self.weight).T
        season = self.used @ self.weight
        found = np.full((self.size - 1, horizon), np.nan)
        for ahead in range(min(horizon, self.size - 1)):
            turns = ahead // places * places
            till = self.size - 1 - ahead
            found[:till, ahead] = flat[1 : till + 1] + sloped[1 : till + 1, ahead]
            found[:till, ahead] += season[1 + ahead - turns : self.size - turns]
        return found

    def forecast(self, horizon: int) -> Floats:
        """The weighted mean of all candidates' forecasts."""
        line = _reach(self.grid[3], horizon) @ (self.weight * self.slope)
        places = self.season @ self.weight
        ahead = (self.size + np.arange(horizon)) % places.size
        return np.asarray(float(self.weight @ self.level) + line + places[ahead])

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
    run = _run(values, grid, level, slope, places)
    weight = _weights(values, grid, run, season)
    return Smoothed(grid, *run, weight, values.size)


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
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    gain, step, turn, damping, start = grid
    level = np.full(gain.size, first)
    slope = slope0 * start
    season = np.repeat(places[:, None], gain.size, axis=1)
    levels, slopes = np.empty((2, values.size + 1, gain.size))
    levels[0], slopes[0] = level, slope
    used = np.empty((values.size, gain.size))
    errors = np.full((values.size, gain.size), np.nan)
    for at, value in enumerate(values):
        place = at % places.size
        used[at] = season[place]
        slope = damping * slope
        level = level + slope
        if not np.isnan(value):
            error = value - level - season[place]
            errors[at] = error
            level = level + gain * error
            slope = slope + step * error
            season[place] += turn * error
        levels[at + 1], slopes[at + 1] = level, slope
    return levels, slopes, used, season, errors


def _reach(damping: Floats, horizon: int) -> Floats:
    """How many first slopes are added up 1 to `horizon` steps ahead (horizon, candidates)."""
    return np.cumsum(damping ** np.arange(1, horizon + 1)[:, None], axis=0)


def _weights(
    values: Floats, grid: Floats, run: tuple[Floats, Floats, Floats, Floats, Floats], season: int
) -> Floats:
    """The candidates' weights: a power of their mean errors several steps ahead, less parameters.

    Errors are counted by their size, not its square, and old ones for less.
    """
    levels, slopes, used, _, _ = run
    size, half = values.size, MEMORY * (season if season > 1 else 10)
    reach = _reach(grid[3], max(AHEAD))
    score = np.zeros(grid.shape[1])
    count = 0
    for ahead in AHEAD:
        if size - ahead < 8 and ahead > 1:
            break
        turns = (ahead - 1) // season * season
        errors = values[ahead - 1 :, None] - levels[: size - ahead + 1]
        errors -= reach[ahead - 1] * slopes[: size - ahead + 1]
        errors -= used[ahead - 1 - turns : size - turns]
        errors = np.abs(errors[min(12, errors.shape[0] // 4) :])  # the first tell of the start
        told = ~np.isnan(errors[:, 0])
        old = 0.5 ** (np.arange(told.size)[::-1] / half) * told
        if not told.any():
            continue
        errors[~told] = 0.0
        score -= np.log(np.maximum(old @ errors / old.sum(), 1e-300))
        count += 1
    cost = (grid[:3] > 0).sum(axis=0) + (grid[3] < 1) + (grid[4] > 0)
    score = 2 * min(BELIEF, size / FEW) * score / max(count, 1) - cost
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
    means, noise = _places(values, season)
    if season <= 4 * RIPPLES:
        return means * _kept(means, noise)
    waves = np.fft.rfft(means)
    waves[RIPPLES + 1 :] = 0
    smooth = np.fft.irfft(waves, season)
    rest = means - smooth
    share = 2 * RIPPLES / season
    kept: Floats = smooth * _kept(smooth, noise * share) + rest * _kept(rest, noise * (1 - share))
    return kept


def freedom(values: Floats, season: int) -> float:
    """How many parameters a forecast of the series rests on, as far as its season is believed."""
    if season == 1:
        return BESIDE
    seen = float((_places(values, season)[0] ** 2).sum())
    kept = float((seasonal_start(values, season) ** 2).sum())
    return BESIDE + (season - 1) * (float(np.sqrt(kept / seen)) if seen > 0 else 0.0)


def _places(values: Floats, season: int) -> tuple[Floats, float]:
    """What each place in the season is above the trend, and the variance of each of these."""
    left = values - _trend(values, season)
    place = np.arange(values.size) % season
    means, counts, squares, free = np.zeros(season), np.zeros(season), 0.0, 0
    for one in range(season):
        seen = left[place == one]
        seen = seen[~np.isnan(seen)]
        if not seen.size:
            continue
        means[one] = np.median(seen) if seen.size > 4 else seen.mean()
        counts[one] = seen.size
        squares += float(((seen - seen.mean()) ** 2).sum())
        free += seen.size - 1
    means -= means[counts > 0].mean() if (counts > 0).any() else 0.0
    means[counts == 0] = 0.0
    known = left[~np.isnan(left)]
    variance = squares / free if free else float(np.var(known)) if known.size else 0.0
    return means, variance / max(1.0, float(counts.mean()))


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
