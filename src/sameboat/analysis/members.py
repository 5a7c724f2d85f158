"""The models that a forecast is the middle of, each on the scale that suits it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sameboat.analysis.autoregression import Following, following
from sameboat.analysis.repetition import Repeated, repeated
from sameboat.analysis.smoothing import Smoothed, smoothed

Floats = NDArray[np.float64]

ADDED = 0.1
"""Share of the usual size below which no value lies when logarithms are taken."""

RATE = 10
"""Known points from which on growth by a rate can be told from growth by steps."""

CEILING = 100.0
"""How many times its largest value a series may reach: beyond, a trend has run away."""

LEAST = 0.05
"""Share of the usual step from one point to the next that no forecast is surer than."""

DRAWN = 0.5
"""How far each member's paths are moved to the common middle: the median is nearer the truth."""


@dataclass(frozen=True, eq=False)
class Member:
    """A model of the series on a scale of its own; `back` leads from there to the values."""

    model: Smoothed | Following | Repeated
    back: Callable[[Floats], Floats]
    ceiling: float

    def forecast(self, horizon: int) -> Floats:
        """What the member expects, one value per period ahead."""
        return np.minimum(self.back(self.model.forecast(horizon)), self.ceiling)

    def past(self, horizon: int) -> Floats:
        """What it would have expected after each point but the last (points - 1, horizon)."""
        return np.minimum(self.back(self.model.past(horizon)), self.ceiling)


def members(values: Floats, season: int) -> list[Member]:
    """The members that a series allows: two smoothings, a repetition and a regression.

    A series that was never negative has its second smoothing and its repetition on logarithms,
    the regression on square roots: between sums and percentages.
    """
    most, least = float(np.nanmax(values)), float(np.nanmin(values))
    ceiling = CEILING * max(most, -least)
    found = [Member(smoothed(values, season), _same, ceiling)]
    logs = roots = values
    from_logs: Callable[[Floats], Floats] = _same
    from_roots: Callable[[Floats], Floats] = _same
    if least >= 0 and int(np.sum(~np.isnan(values))) >= RATE:
        late = values[-3 * max(season, 4) :]
        late = late[~np.isnan(late)]
        usual = float(late.mean()) if late.any() else float(np.nanmean(values))
        added = max(0.0, ADDED * usual - least)
        logs, from_logs = np.log(values + added), _from_logs(added)
        roots, from_roots = np.sqrt(values), _from_roots
        found.append(Member(smoothed(logs, season), from_logs, ceiling))
    if (again := repeated(logs, season)) is not None:
        found.append(Member(again, from_logs, ceiling))
    if (fitted := following(roots, season)) is not None:
        found.append(Member(fitted, from_roots, ceiling))
    return found


def middle_of(told: Floats) -> Floats:
    """Half-way between median and mean over the first axis, where any is known."""
    known = ~np.isnan(told)
    mean = np.where(known, told, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return np.asarray((mean + median_known(told)) / 2)


def median_known(told: Floats) -> Floats:
    """The median over the first axis of what is known; NaN where nothing is."""
    count = (~np.isnan(told)).sum(axis=0)[None]
    ordered = np.sort(told, axis=0)  # what is not known comes last
    low = np.take_along_axis(ordered, np.maximum(count - 1, 0) // 2, axis=0)[0]
    high = np.take_along_axis(ordered, count // 2, axis=0)[0]
    return np.asarray((low + high) / 2)


def paths_of(
    found: Sequence[Member], middle: Floats, count: int, rng: np.random.Generator
) -> Floats:
    """Possible futures (count or a few more, horizon), whose median is the middle."""
    able = [one for one in found if not isinstance(one.model, Repeated)]
    each = -(-count // len(able))
    drawn = []
    for one in able:
        assert not isinstance(one.model, Repeated)
        told = np.minimum(one.back(one.model.paths(middle.size, each, rng)), one.ceiling)
        drawn.append(told - DRAWN * (np.median(told, axis=0) - middle))
    paths = np.concatenate(drawn)
    return np.asarray(paths + middle - np.median(paths, axis=0))


def loosened(paths: Floats, values: Floats, rng: np.random.Generator) -> tuple[Floats, bool]:
    """The paths, apart by a share of the usual step where they are the same; whether they were.

    A series that followed its line or season exactly says nothing of how it will leave it.
    """
    apart = np.diff(np.quantile(paths, (0.1, 0.9), axis=0), axis=0)[0]
    known = values[~np.isnan(values)]
    least = LEAST * float(np.abs(np.diff(known)).mean())
    if float(np.median(apart)) >= least:
        return paths, False
    return paths + least * np.cumsum(rng.standard_normal(paths.shape), axis=1), True


def _same(values: Floats) -> Floats:
    return values


def _from_roots(values: Floats) -> Floats:
    return np.asarray(np.square(np.maximum(values, 0.0)))


def _from_logs(added: float) -> Callable[[Floats], Floats]:
    return lambda values: np.exp(np.minimum(values, 230.0)) - added
