"""Forecasts from how a series follows its own last steps, this season against the one before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STEPS = 3
"""How many steps back a value depends on directly."""

RIDGE = 0.2
"""How far coefficients are drawn towards 0, in mean squares of what they multiply."""


@dataclass(frozen=True, eq=False)
class Following:
    """A fitted regression of a series on its own past.

    `values` is the series without gaps; `season` 1 means that levels (from `centre` on), not
    changes over a season, follow each other. `weights` are the constant, those of the last steps,
    and that of the season before. `errors` are what it missed, point by point.
    """

    values: Floats
    season: int
    centre: float
    weights: Floats
    errors: Floats

    def forecast(self, horizon: int) -> Floats:
        """What follows when nothing unforeseen happens."""
        return np.asarray(self._futures(np.zeros((1, horizon)))[0])

    def paths(self, horizon: int, count: int, rng: np.random.Generator) -> Floats:
        """Possible futures (count, horizon), with errors drawn from those made before."""
        centred = self.errors - self.errors.mean()
        return self._futures(rng.choice(centred, size=(count, horizon)))

    def past(self, horizon: int) -> Floats:
        """What would have been forecast after each point but the last (points - 1, horizon).

        NaN where the forecast reaches beyond the series, and before the first error.
        """
        size = self.values.size
        moved = _moves(self.values, self.season) - self.centre
        gone = size - moved.size
        first = moved.size - self.errors.size
        found = np.full((size - 1, horizon), np.nan)
        if first + gone >= size:
            return found
        known = np.arange(first + gone, size)  # how many points are known
        steps = np.full((known.size, moved.size + horizon), np.nan)
        seen = np.arange(moved.size)[None, :] < (known - gone)[:, None]
        steps[:, : moved.size] = np.where(seen, moved[None, :], np.nan)
        told = np.full((known.size, size + horizon), np.nan)
        told[:, :size] = np.where(np.arange(size)[None, :] < known[:, None], self.values, np.nan)
        row = np.arange(known.size)
        for ahead in range(horizon):
            at = known + ahead
            step = np.full(known.size, self.weights[0])
            for back in range(1, STEPS + 1):
                step = step + self.weights[back] * steps[row, at - gone - back]
            if self.season > 1:
                step = step + self.weights[-1] * np.nan_to_num(steps[row, at - gone - self.season])
                told[row, at] = told[row, at - self.season] + step
            else:
                told[row, at] = self.centre + step
            steps[row, at - gone] = step
            inside = at < size
            found[known[inside] - 1, ahead] = told[row[inside], at[inside]]
        return found

    def _futures(self, errors: Floats) -> Floats:
        count, horizon = errors.shape
        full = np.zeros((count, self.values.size + horizon))
        full[:, : self.values.size] = self.values
        past = _moves(self.values, self.season) - self.centre
        moved = np.zeros((count, past.size + horizon))
        moved[:, : past.size] = past
        size, before = self.values.size, past.size
        for ahead in range(horizon):
            at = before + ahead
            step = self.weights[0] + errors[:, ahead]
            for back in range(1, STEPS + 1):
                step = step + self.weights[back] * moved[:, at - back]
            if self.season > 1:
                step = step + self.weights[-1] * moved[:, at - self.season]
                full[:, size + ahead] = full[:, size + ahead - self.season] + step
            else:
                full[:, size + ahead] = self.centre + step
            moved[:, at] = step
        return np.asarray(full[:, size:])


def following(values: Floats, season: int) -> Following | None:
    """The regression of a series on its past; None where it is too short for one.

    It needs three seasons, or twenty points without a season. Gaps (NaN) are filled along a line.
    A regression that would run away, because its own steps add up to one or more, is no answer.
    """
    size = values.size
    if size < (3 * season if season > 1 else 20):
        return None
    known = np.flatnonzero(~np.isnan(values))
    filled = np.asarray(np.interp(np.arange(size), known, values[known]), dtype=float)
    moved = _moves(filled, season)
    centre = float(moved.mean()) if season == 1 else 0.0
    moved = moved - centre
    unit = float(np.sqrt(np.mean(moved**2)))
    if unit == 0:
        return None
    first = season if season > 1 and moved.size > 2 * season else STEPS
    columns = [np.full(moved.size - first, unit)]
    columns += [moved[first - back : moved.size - back] for back in range(1, STEPS + 1)]
    if season > 1:
        long = moved.size > 2 * season
        columns.append(moved[: moved.size - season] if long else np.zeros(moved.size - first))
    design = np.stack(columns, axis=1)
    squares = design.T @ design
    squares += RIDGE * float(np.trace(squares)) / squares.shape[0] * np.eye(squares.shape[0])
    weights = np.asarray(np.linalg.lstsq(squares, design.T @ moved[first:])[0], dtype=float)
    if float(np.max(np.abs(np.roots(np.concatenate([[1.0], -weights[1 : STEPS + 1]]))))) >= 1.0:
        return None
    errors = moved[first:] - design @ weights
    weights[0] *= unit
    return Following(filled, season, centre, weights, errors)


def _moves(values: Floats, season: int) -> Floats:
    return values[season:] - values[:-season] if season > 1 else values
