"""What would have to be true: the value that each leaf of a KPI's arithmetic would need."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sameboat.analysis.forecasts import forecast
from sameboat.analysis.scenarios import Spread
from sameboat.errors import SameboatError
from sameboat.periods import Period
from sameboat.project.declared import Project
from sameboat.questions.ahead import REACH, Ahead, season_of, unknown
from sameboat.questions.bounds import bounds_of
from sameboat.questions.outlook.drivers import longer
from sameboat.questions.outlook.leaves import Arithmetic, Leaf
from sameboat.questions.reckoning import reckoning_of
from sameboat.questions.series import TargetPath

Floats = npt.NDArray[np.float64]

A_YEAR = {"day": 90, "week": 52, "month": 12, "quarter": 8, "year": 5}
"""How many of its latest periods a value is held against."""


@dataclass(frozen=True)
class Need:
    """A leaf of the KPI's arithmetic: its latest value, and what it alone would have to be.

    `value` is None where no value of it reaches the target. `least` and `most` are the ends of
    its own history; it was at least as good in `reached` of its latest `of` periods. `chance` is
    that of its own forecast to be there on the target's date; None where that is not known.
    `together` is what it would have to be if all leaves moved by the same share, each its good
    way. `elasticity` is by how much the KPI moves, in its unit, when the leaf rises by one
    percent. All is per period of `grain`.
    """

    metric: str
    label: str
    unit: str | None
    now: float
    value: float | None
    least: float
    most: float
    elasticity: float
    grain: str = ""
    reached: int = 0
    of: int = 0
    chance: float | None = None
    together: float | None = None

    @property
    def within(self) -> bool:
        """Whether the value needed was seen before."""
        return self.value is not None and self.least <= self.value <= self.most

    @property
    def change(self) -> float | None:
        """By how much it would have to change, as a share of now; None from 0 or without value."""
        if self.value is None or self.now == 0:
            return None
        return (self.value - self.now) / abs(self.now)


@dataclass(frozen=True)
class Needs:
    """What each leaf would need, and by which share all together; `reason` where nothing is told.

    `level` is what the KPI itself has to be in each period still to come. `share` is None where
    no common share reaches it. `met` says that the latest figure is there already.
    """

    leaves: tuple[Need, ...] = ()
    reason: str | None = None
    level: float | None = None
    share: float | None = None
    met: bool = False


def needs_of(
    project: Project, ahead: Ahead, arithmetic: Arithmetic, target: TargetPath | None, good: object
) -> Needs:
    """What would have to be true for the target to be met, by the KPI's arithmetic."""
    if ahead.end == 0:
        return Needs(reason="no complete period yet")
    level = None if target is None else level_needed(ahead, target)
    if arithmetic.reason is not None:
        return Needs(reason=arithmetic.reason, level=level)
    if level is not None:
        level *= longer(project, ahead.points.metric, ahead.points.grain, arithmetic.grain)
    together = _together(arithmetic, level)
    found = tuple(
        _need(project, arithmetic, leaf, level, ahead, target, together, good)
        for leaf in arithmetic.leaves
    )
    met = level is not None and good in ("up", "down") and (
        arithmetic.stated >= level if good == "up" else arithmetic.stated <= level
    )  # fmt: skip
    return Needs(found, None, level, None if together is None else together.share, met)


def level_needed(ahead: Ahead, target: TargetPath) -> float:
    """What the figure of each period still to come must be: of a sum the share that is left."""
    aim = ahead.aim
    if target.over == "last" or aim is None or unknown(target, aim.good) is not None:
        return target.value
    return (aim.value - aim.known) / (aim.weight * (aim.last - aim.first + 1))


@dataclass(frozen=True)
class _Together:
    share: float
    values: Mapping[str, float]


def _together(arithmetic: Arithmetic, level: float | None) -> _Together | None:
    """The one share by which all leaves would have to move, each the way that helps."""
    if level is None:
        return None
    upward = 1.0 if level >= arithmetic.stated else -1.0
    now = {leaf.metric: leaf.now for leaf in arithmetic.leaves}
    signs = {leaf.metric: upward * _way(arithmetic, leaf) for leaf in arithmetic.leaves}

    def moved(share: Floats) -> dict[str, Floats]:
        return {name: value + signs[name] * share * abs(value) for name, value in now.items()}

    def gives(share: Floats) -> Floats:
        return np.broadcast_to(arithmetic.gives(moved(share)), share.shape)

    share = solve(gives, 0.0, level, reach=1.0)
    if share is None or share < 0:
        return None
    return _Together(share, {n: float(v) for n, v in moved(np.asarray(share)).items()})


def _way(arithmetic: Arithmetic, leaf: Leaf) -> float:
    """Whether the KPI rises (1) or falls (-1) with a leaf; 0 where it does neither."""
    size = 0.01 * (abs(leaf.now) or 1.0)
    rise = float(arithmetic.gives({leaf.metric: leaf.now + size})) - float(arithmetic.gives({}))
    return float(np.nan_to_num(np.sign(rise)))


def _need(
    project: Project,
    arithmetic: Arithmetic,
    leaf: Leaf,
    level: float | None,
    ahead: Ahead,
    target: TargetPath | None,
    together: _Together | None,
    good: object,
) -> Need:
    def alone(values: Floats) -> Floats:
        return np.broadcast_to(arithmetic.gives({leaf.metric: values}), values.shape)

    wanted = None if level is None else solve(alone, leaf.now, level)
    bounds = bounds_of(project, leaf.metric, leaf.history) or (None, None)
    if wanted is not None and not _possible(wanted, bounds):
        wanted = None
    seen = leaf.history[~np.isnan(leaf.history)]
    recent = seen[-A_YEAR.get(arithmetic.grain.removeprefix("fiscal_"), 12) :]
    reached, chance = 0, None
    if wanted is not None and target is not None:
        better = _way(arithmetic, leaf) * (1 if good == "up" else -1)
        rising = better > 0 if good in ("up", "down") else wanted >= leaf.now
        reached = int(np.sum(recent >= wanted if rising else recent <= wanted))
        chance = _own_chance(project, arithmetic, leaf, wanted, ahead, target, rising=rising)
    more = float(arithmetic.gives({leaf.metric: leaf.now * 1.01}))
    return Need(
        leaf.metric, leaf.label, leaf.unit, leaf.now, wanted, float(seen.min()), float(seen.max()),
        more - float(arithmetic.gives({})), arithmetic.grain, reached, int(recent.size), chance,
        None if together is None else together.values[leaf.metric],
    )  # fmt: skip


def _possible(value: float, bounds: tuple[float | None, float | None]) -> bool:
    low, high = bounds
    return (low is None or value >= low - 1e-12) and (high is None or value <= high + 1e-12)


def _own_chance(
    project: Project, arithmetic: Arithmetic, leaf: Leaf, wanted: float, ahead: Ahead,
    target: TargetPath, *, rising: bool,
) -> float | None:  # fmt: skip
    """The chance that the leaf's own forecast gives it on the target's date; None if not known."""
    if target.by is None or ahead.at_target is None:
        return None
    steps = _steps_to(project, ahead, arithmetic.grain, target.by)
    known = int(np.sum(~np.isnan(leaf.history)))
    if not 1 <= steps <= REACH * known:
        return None
    bounds = bounds_of(project, leaf.metric, leaf.history)
    try:
        found = forecast(
            leaf.history, season=season_of(arithmetic.grain), horizon=steps, bounds=bounds
        )
    except SameboatError:
        return None
    return Spread.of(found.paths[:, -1]).chance(wanted, "up" if rising else "down")


def _steps_to(project: Project, ahead: Ahead, grain: str, by: dt.date) -> int:
    """How many periods of a grain lie between the last complete one and a day."""
    reckoning = reckoning_of(project)
    last = Period.holding(ahead.points.periods[ahead.end - 1].item(), ahead.points.grain, reckoning)
    period = Period.holding(last.end, grain, reckoning)
    if period.end > last.end:  # the running month is not complete yet
        period = period.previous()
    count = 0
    while period.end < by:
        period, count = period.next(), count + 1
    return count


def solve(
    gives: Callable[[Floats], Floats], now: float, target: float, *, reach: float = 100.0
) -> float | None:
    """The argument nearest to `now` at which a function gives the target; None where none does.

    It is looked for up to `reach` times the size of `now` on both sides, by a scan whose steps
    grow with the distance, and then by halving.

    >>> round(solve(lambda x: 10 / x, 2.0, 4.0), 9)
    2.5
    """
    size = abs(now) or 1.0
    far = np.concatenate([[0.0], np.geomspace(1e-6, reach, 4_000)]) * size
    found: list[float] = []
    for side in (now + far, now - far):
        missed = gives(side) - target
        crossed = np.flatnonzero(np.sign(missed[1:]) * np.sign(missed[:-1]) <= 0)
        if crossed.size:
            at = int(crossed[0])
            one = _halved(gives, float(side[at]), float(side[at + 1]), target)
            found += [] if one is None else [one]
    return min(found, key=lambda one: abs(one - now), default=None)


def _halved(
    gives: Callable[[Floats], Floats], low: float, high: float, target: float
) -> float | None:
    """The crossing between two arguments; None where it is a jump."""
    below = float(gives(np.array([low]))[0]) <= target
    for _ in range(80):
        middle = (low + high) / 2
        if (float(gives(np.array([middle]))[0]) <= target) == below:
            low = middle
        else:
            high = middle
    reached = float(gives(np.array([high]))[0])
    close = abs(reached - target) <= 1e-6 * max(abs(target), 1e-9)
    return high if close else None
