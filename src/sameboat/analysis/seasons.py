"""What the time of the year does to a series, told from its other movement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sameboat.analysis.limits import MINIMUM

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

EVIDENCE = 0.01
"""A season is taken out of a series where chance would show one like it less often than this."""


@dataclass(frozen=True)
class Season:
    """The effect of each point's place in the season, and what estimating it cost.

    `doubt` is the variance that the estimate adds to a prediction, in units of one point's
    variance; it is endless where the place was never seen. `lost` is the share of the points'
    freedom that the estimate used up.
    """

    effect: Floats
    doubt: Floats
    lost: float


def season_of(values: Floats, period: int, parts: tuple[Indices, ...]) -> Season:
    """The additive seasonal effects, estimated from some points of each part of a series.

    Each part has a level of its own; the places in the season have one effect each, common to
    all parts and adding up to 0 over the season (least squares). Without points it is nothing.
    """
    rows = np.concatenate([*parts, np.array([], dtype=np.int64)])
    present = [points for points in parts if points.size]
    if rows.size == 0:
        return Season(np.zeros_like(values), np.zeros_like(values), 0.0)
    place = np.arange(values.size) % period
    known = np.unique(place[rows])
    contrast = np.zeros((period, known.size - 1))  # the last known place undoes all others
    contrast[known[:-1]] = np.eye(known.size - 1)
    contrast[known[-1]] = -1
    part = np.repeat(np.arange(len(present)), [points.size for points in present])
    levels = (part[:, None] == np.arange(len(present))[None, :]).astype(float)
    design = np.hstack([levels, contrast[place[rows]]])
    inverse = np.linalg.pinv(design)
    places = (inverse @ values[rows])[len(present) :]
    noise = (inverse @ inverse.T)[len(present) :, len(present) :]
    doubt = np.einsum("ij,jk,ik->i", contrast, noise, contrast)
    doubt[~np.isin(np.arange(period), known)] = np.inf
    lost = (np.linalg.matrix_rank(design) - len(present)) / rows.size
    return Season((contrast @ places)[place], doubt[place], min(float(lost), 1.0))


@dataclass(frozen=True)
class Seasonality:
    """Whether a series shows a season, by how rare one like it would be without any.

    `chance` is None where there are fewer than two seasons to compare.
    """

    period: int
    found: bool
    chance: float | None


def seasonality(
    values: ArrayLike | Sequence[float | None], period: int, *, breaks: Sequence[int] = ()
) -> Seasonality:
    """Whether the same places of the season differ from the others, season after season.

    An F test of one mean per place against none, both beside a level for each phase that begins
    at `breaks` and one common slope. Neighbours that are alike count for less (the correlation of
    neighbours is taken from differences over a whole season, which hold no season). Two whole
    seasons are needed, and eight points more than places.

    >>> quarters = [10, 14, 9, 7] * 4
    >>> seasonality([v + 0.3 * (i % 3) for i, v in enumerate(quarters)], 4).found
    True
    >>> seasonality([5, 4, 6, 5, 7, 5, 4, 6, 5, 6, 4, 5, 6, 4, 5, 5], 4).found
    False
    """
    array = np.array(values, dtype=float)
    rows = np.flatnonzero(np.isfinite(array))
    if array.size < 2 * period or rows.size < max(2 * period, period + MINIMUM):
        return Seasonality(period, False, None)
    told = array[rows] - array[rows].mean()
    starts = np.array(sorted({0, *(int(at) for at in breaks if 0 < at < array.size)}))
    part = np.searchsorted(starts, rows, side="right") - 1
    levels = (part[:, None] == np.arange(starts.size)[None, :]).astype(float)
    without = np.hstack([levels, (rows / array.size)[:, None]])
    places = (rows[:, None] % period == np.arange(1, period)[None, :]).astype(float)
    left, freedom = _left_over(without, told)
    rest, after = _left_over(np.hstack([without, places]), told)
    used = freedom - after
    if used < 1 or after < 2 or left <= 1e-24 * float(array[rows] @ array[rows]):
        return Seasonality(period, False, None)
    if rest <= 1e-12 * left:
        return Seasonality(period, True, 0.0)
    alike = _alike(array, period)
    worth = (1 - alike**2) / (1 + alike**2)
    ratio = (left - rest) / used / (rest / after)
    chance = _rarer(used * worth, after * worth, ratio)
    return Seasonality(period, chance < EVIDENCE, chance)


def _left_over(design: Floats, values: Floats) -> tuple[float, int]:
    """The sum of squares that a design does not explain, and its degrees of freedom."""
    found, _, rank, _ = np.linalg.lstsq(design, values, rcond=None)
    rest = values - design @ found
    return float(rest @ rest), values.size - int(rank)


def _alike(values: Floats, period: int) -> float:
    """The correlation of neighbours in a series without its season, from 0 to .9."""
    steps = values[period:] - values[:-period]
    known = np.isfinite(steps)
    steps = np.where(known, steps - steps[known].mean(), np.nan) if known.any() else steps
    pairs = known[1:] & known[:-1]
    total = float(np.nansum(steps**2))
    if total == 0 or not pairs.any():
        return 0.0
    near = float(np.sum((steps[1:] * steps[:-1])[pairs])) / total
    return float(np.clip(near, 0.0, 0.9))


def _rarer(above: float, below: float, ratio: float) -> float:
    """How often an F ratio of two variances is larger by chance."""
    from scipy.special import fdtrc  # heavy: only where a chance is asked for

    return float(fdtrc(above, below, ratio))
