"""What the time of the year does to a series, told from its other movement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


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
