"""How far off a forecast may be, told from how far off it would have been before."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sameboat.analysis.members import Member, middle_of

Floats = NDArray[np.float64]

COMPARED = (0.5, 0.7, 0.8, 0.9, 0.95)
"""The quantiles of errors by which past errors and sample paths are compared."""

BELIEVED = 3.0
"""Looks back at which past errors count for as much as the sample paths' own spread."""

MOST = 0.7
"""The share of what is known that parameters can have used up."""

OVERLAPPING = 1.5
"""What looks back that overlap tell, over what those that do not overlap would."""

FURTHEST = 60
"""Periods ahead up to which past forecasts are made."""


def scaled(
    paths: Floats, middle: Floats, values: Floats, found: Sequence[Member],
    free: float, rng: np.random.Generator,
) -> Floats:  # fmt: skip
    """The sample paths, stretched about the middle so far that past errors would have fitted.

    Forecasts that all members would have made after each past point, with what they know today,
    are compared with what came (conformal in spirit); where few looks back are apart from each
    other, the paths' own spread is believed instead. As `free` parameters were fitted to what they
    are judged by, errors to come are larger than past ones. The scale itself is uncertain: each
    path has its own, so that few looks back give long tails (Student's t).
    """
    width = np.diff(np.quantile(paths, (0.1, 0.9), axis=0), axis=0)[0] / 2
    if not (width > 0).all():
        return paths
    known = int(np.sum(~np.isnan(values)))
    share = min(free / (known - 2), MOST)  # the first points have no errors yet
    looks = max(2.0, (known - free) / _alike(width))
    factor = np.sqrt((1 + share) / (1 - share))
    factor *= _ratio(paths, middle, width, values, found) ** (looks / (looks + BELIEVED))
    own = factor * np.sqrt(looks / rng.chisquare(looks, paths.shape[0]))
    return np.asarray(middle + (paths - middle) * own[:, None])


def _alike(width: Floats) -> float:
    """How many neighbouring looks back tell the same: 1 for noise, more where errors add up.

    For a walk errors of so many steps tell as much as a look every 2/3 of the horizon (Lo and
    MacKinlay 1988 on overlapping differences).
    """
    return float(np.clip((width[-1] / width[0]) ** 2 / OVERLAPPING, 1.0, width.size))


def _ratio(
    paths: Floats, middle: Floats, width: Floats, values: Floats, found: Sequence[Member]
) -> float:
    """Past errors over the paths' own, both in units of the paths' width at each step ahead."""
    steps = min(middle.size, FURTHEST, values.size - 1)
    past = middle_of(np.stack([one.past(steps) for one in found]))
    came = np.full(past.shape, np.nan)
    for ahead in range(steps):
        came[: values.size - 1 - ahead, ahead] = values[1 + ahead :]
    level = middle[:steps]
    if float(np.nanmin(values)) >= 0 and level.min() > 0:  # larger values have larger errors
        missed = 2 * np.sqrt(level) * (np.sqrt(came) - np.sqrt(np.maximum(past, 0.0)))
    else:
        missed = came - past
    errors = np.abs(missed / width[:steps])
    errors = errors[~np.isnan(errors)]
    if errors.size < 6:
        return 1.0
    own = np.abs(paths - middle) / width
    told = np.quantile(errors, COMPARED) / np.maximum(np.quantile(own, COMPARED), 1e-9)
    return float(np.exp(np.mean(np.log(np.maximum(told, 1e-3)))))
