"""Which elements of a grouping stand apart from their siblings, whatever those scatter by."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MOST = 20
"""Elements of one grouping that may stand apart; where more would, all of them scatter."""

MOST_OF = 0.6
"""The share of a grouping that may stand apart from the rest of it."""

HELD = 3.0
"""By how much shorter 'they all scatter' must tell a grouping than 'a few moved a lot'; of small
moves it is the few that must tell it shorter, by as much."""

A_LOT = 0.2
"""A move, as a difference over the mean of both sides, that is rarely a habit of a segment."""

HABIT = 0.05
"""What a segment's own move is before any is seen, as a share."""

SEEN = 6
"""As many siblings are thought to have been seen to move so, where siblings scatter."""

QUIET = 2
"""As many, where no sibling is seen to move."""

OUTDONE = 2.0
"""By how much shorter each that moved little beyond a scatter must be told."""

MANY = 5_000
"""Siblings beyond which a move of each of its own is not told apart from one factor for all."""

TRIED = (0, 1, 2, 3, 5, 8, 12, 20)
"""Numbers of elements apart that are tried where each sibling may have a move of its own."""


@dataclass(frozen=True)
class _Scatter:
    """How siblings scatter: their variance is `factor` + `moves` × precision; `apart` do not."""

    apart: int
    factor: float
    moves: float


def standing_apart(z: Floats, precision: Floats) -> Floats:
    """Each element's gain over being one of its siblings; 0 where it is none but a sibling.

    `z` are the elements' means in standard errors, `precision` one over the square of that error,
    0 for an element that holds nothing. Siblings that nothing touched lie around 0 as their
    errors say, or all scatter by more: by one factor (leaves that come and go), or by a move of
    each of its own (a random effect). A few may stand apart from them. The shortest way to tell
    all says which holds; a gain is then the log likelihood of lying so far out among siblings.

    >>> z = np.array([0.5, -1.0, 0.8, -0.3, 1.1, -0.2, 30.0, 0.4])
    >>> standing_apart(z, np.full(8, 1e4)).round(1).tolist()
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 16.8, 0.0]
    >>> z = np.array([4.0, -9.0, 6.0, -5.0, 11.0, -2.0, 8.0, 3.0])
    >>> standing_apart(z, np.full(8, 1e4)).max().item()
    0.0
    """
    gains = np.zeros_like(z)
    known = np.flatnonzero(precision > 0)
    if known.size < 2:
        gains[known] = np.square(z[known]) / 2
        return gains
    weight = precision[known]
    means = z[known] / np.sqrt(weight)
    middle = _middle(means, weight)
    best: tuple[float, _Scatter, Floats, NDArray[np.int64]] | None = None
    for centre, price in ((0.0, 0.0), (middle, math.log(known.size) / 2)):
        square = np.square(z[known] - centre * np.sqrt(weight))
        first = _largest(square, min(MOST, int(MOST_OF * known.size)))
        cost, scatter = _scatter(square, weight, first)
        nearest = np.abs(means[first[: scatter.apart]]).min(initial=math.inf)
        if centre and nearest <= abs(centre):
            continue  # what moved less than most did is not what moved
        if best is None or cost + price < best[0]:
            best = cost + price, scatter, square, first[: scatter.apart]
    assert best is not None
    _, scatter, square, apart = best
    own = scatter.factor + scatter.moves * weight[apart]
    usual = 1 + HABIT**2 * weight[apart]
    quiet = scatter.factor == 1 and scatter.moves == 0
    seen = QUIET if quiet else SEEN
    freedom = known.size - scatter.apart
    told = freedom + seen
    variance = (freedom * own + seen * (usual if quiet else np.minimum(usual, own))) / told
    unsure = (variance - 1) / variance if quiet else np.ones(apart.size)
    freedoms = told / np.maximum(np.square(unsure), 1e-9)  # of errors that are known: endless
    far = (freedoms + 1) * np.log1p(square[apart] / variance / freedoms)
    gains[known[apart]] = far / 2
    return gains


def _middle(means: Floats, weight: Floats) -> float:
    """The weighted median of the elements' means: where most lie if others' causes cross all."""
    order = np.argsort(means, kind="stable")
    below = np.cumsum(weight[order])
    return float(means[order[int(np.searchsorted(below, below[-1] / 2))]])


def _largest(square: Floats, most: int) -> NDArray[np.int64]:
    """The places of the largest, in order."""
    if most == 0:
        return np.zeros(0, dtype=np.int64)
    last = np.argpartition(-square, most - 1)[:most]
    return last[np.argsort(-square[last], kind="stable")]


def _scatter(square: Floats, weight: Floats, first: NDArray[np.int64]) -> tuple[float, _Scatter]:
    """The shortest way to tell the squares and how long it is; `first` are the largest's places."""
    size = square.size
    named = np.array([_named(square[first[:count]], size) for count in range(first.size + 1)])
    below = np.concatenate([[0.0], np.cumsum(square[first])])
    below = np.maximum(square.sum() - below, 0.0)
    still = named + below / 2
    few = int(np.argmin(still))
    best, found = float(still[few]), _Scatter(few, 1.0, 0.0)
    moved = float(np.sqrt(np.mean(square[first[:few]] / weight[first[:few]]))) if few else 0.0
    fewer = math.log(size) / 2 + (HELD if moved > A_LOT else -HELD)
    if moved <= A_LOT:
        named = named + OUTDONE * np.arange(named.size)
    left = size - np.arange(first.size + 1)
    factor = np.maximum(below / left, 1.0)
    wider = named + left / 2 * (np.log(factor) + 1)
    wider += np.where(np.arange(wider.size) < few, fewer, math.log(size) / 2)
    other = int(np.argmin(wider))
    if wider[other] < best and factor[other] > 1:
        best, found = float(wider[other]), _Scatter(other, float(factor[other]), 0.0)
    if weight.max() <= 1.5 * weight.min() or size > MANY:
        return best, found
    mask = np.ones(size, dtype=bool)
    for count in (count for count in TRIED if count <= first.size):
        mask[first[:count]] = False
        rest, held = square[mask], weight[mask]
        moves = max(float((rest - 1).sum() / held.sum()), 0.0)
        variance = 1 + moves * held
        cost = float(named[count] + (np.log(variance) + rest / variance).sum() / 2)
        cost += fewer if count < few else math.log(size) / 2
        if cost < best and moves > 0:
            best, found = cost, _Scatter(count, 1.0, moves)
    return best, found


def _named(square: Floats, size: int) -> float:
    """What it takes to tell which elements stand apart, and how far."""
    count = square.size
    if count == 0:
        return 0.0
    which = math.lgamma(size + 1) - math.lgamma(count + 1) - math.lgamma(size - count + 1)
    return which + count / 2 * (math.log1p(float(square.mean())) + 1)
