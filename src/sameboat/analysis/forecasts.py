"""Where a series is heading, how far off that may be, and the chance to reach a target.

The forecast lies half-way between median and mean of up to four members: exponential smoothing of
the values and of their logarithms, each averaged over several hundred candidates, the usual season
again, and a regression on the series' own past. Sample paths, stretched until the members' own
past errors fit them, are its spread, so that sums and means over the horizon have right intervals
too. A series that is mostly 0 is drawn from its own past values instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sameboat.analysis.autoregression import Following
from sameboat.analysis.members import Member, loosened, median_known, members, middle_of, paths_of
from sameboat.analysis.readings import readings
from sameboat.analysis.repetition import Repeated
from sameboat.analysis.seasons import seasonality
from sameboat.analysis.smoothing import Smoothed, freedom, seasonal_start
from sameboat.analysis.sporadic import redrawn, sporadic
from sameboat.analysis.spread import scaled
from sameboat.errors import Undefined, UsageError

Floats = NDArray[np.float64]
Over = Literal["last", "sum", "mean"]

FEWEST = 4
"""Known values that a forecast needs."""

LONGEST = 600
"""Points, or four seasons if they are more, that are looked at; what is older says little."""

PATHS = 2_000
"""Sample paths, over all members."""

FURTHEST = 1_000
"""Periods ahead up to which a forecast is made."""

OUTLYING = 8.0
"""Spreads of its neighbours beyond which a single value sets no level."""

MANY = 0.1
"""Share of outlying values from which on they are how the series is."""

NEAR = 5
"""Neighbours on either side that tell what is usual."""

ENOUGH = 6
"""Known neighbours that it takes to tell."""

RETURNS = {1: 2 / 3, 2: 1 / 3}
"""How often so many last values far off all before are taken for chance, and not for a level."""


@dataclass(frozen=True, eq=False)
class Forecast:
    """The middle of what may come, its intervals by level, and the sample paths behind both.

    `mean`, `lower[level]` and `upper[level]` have one value per period ahead, `paths` is
    (paths, horizon). `method` names what was done in plain words; `notes` what a careful reader
    should know.
    """

    mean: Floats
    lower: dict[int, Floats]
    upper: dict[int, Floats]
    method: str
    paths: Floats = field(repr=False)
    notes: tuple[str, ...] = ()

    def chance_of(self, target: float, *, good: str = "up", over: Over = "last") -> float:
        """The chance that the last period, or the sum or mean of all, reaches the target.

        `good` is `up` (at least the target) or `down` (at most). Never 0 or 1: more than the
        sample paths have seen is possible. Raises UsageError for other words.
        """
        if good not in ("up", "down"):
            raise UsageError("wrong-type", f"good is 'up' or 'down', not {good!r}")
        if not isinstance(target, int | float | np.number) or not np.isfinite(target):
            raise UsageError("wrong-type", "the target must be a finite number")
        told = self.total(over)
        hits = int(np.sum(told >= target if good == "up" else told <= target))
        return (hits + 0.5) / (told.size + 1)

    def total(self, over: Over = "last") -> Floats:
        """The sample of what the last period, the sum or the mean may be, one value per path."""
        match over:
            case "last":
                return self.paths[:, -1]
            case "sum":
                return np.asarray(self.paths.sum(axis=1))
            case "mean":
                return np.asarray(self.paths.mean(axis=1))
        raise UsageError("wrong-type", f"over is 'last', 'sum' or 'mean', not {over!r}")


def forecast(
    values: ArrayLike | Sequence[float | None],
    *,
    season: int,
    horizon: int,
    levels: Sequence[int] = (80, 95),
    bounds: tuple[float | None, float | None] | None = None,
    rng: np.random.Generator | None = None,
) -> Forecast:
    """The forecast of a series, oldest value first, over the next `horizon` periods.

    `season` is the number of periods in a season (12 for months, 52 for weeks, 1 for none); it is
    used from two seasons on. With less, or few points, level and trend are smoothed alone; a series
    of which two in five values are 0 is drawn from its own past, its mean being a mean. `method`
    says which. Missing values are NaN or None. `bounds` are the least and greatest
    possible value, either None. `levels` are whole percentages. The same input and `rng` give the
    same answer; without one the draws are fixed.

    Raises Undefined where fewer than four values are known, where the series has never varied and
    where a value is endless; UsageError for a wrong season, horizon, level or bound.
    """
    array = readings(values)
    low, high = _checked(season, horizon, levels, bounds, array)
    array, notes = _usable(array, season)
    known = int(np.sum(~np.isnan(array)))
    used = season if season > 1 and array.size >= 2 * season and known >= 1.5 * season else 1
    if season > 1 and used == 1:
        notes.append("fewer than two seasons: the time of the year is not known")
    rng = rng if rng is not None else np.random.default_rng(0)
    if sporadic(array) and not (used > 1 and seasonality(array, used).found):
        paths = redrawn(array, horizon, PATHS, rng)
        middle = paths.mean(axis=0)
        method = "Draws from its own past values, many of them 0, without a season"
    else:
        count, step = _doubtful_end(array, used)
        middle, paths, method = (
            _either(array, count, step, used, horizon, rng, notes)
            if count
            else _followed(array, used, horizon, rng, notes)
        )
    paths, middle = np.clip(paths, low, high), np.clip(middle, low, high)
    ends = {level: np.quantile(paths, _tails(level), axis=0) for level in levels}
    return Forecast(
        mean=middle,
        lower={level: np.minimum(end[0], middle) for level, end in ends.items()},
        upper={level: np.maximum(end[1], middle) for level, end in ends.items()},
        method=method,
        paths=paths,
        notes=tuple(notes),
    )


def _followed(
    array: Floats, season: int, horizon: int, rng: np.random.Generator, notes: list[str]
) -> tuple[Floats, Floats, str]:
    """The middle of what may come, sample paths, and what was done."""
    clean, aside = _without_outliers(array, season)
    if aside:
        notes.append(f"{aside} outlying value{'' if aside == 1 else 's'} set no level")
    found = members(clean, season)
    middle = middle_of(np.stack([one.forecast(horizon) for one in found]))
    paths = paths_of(found, middle, PATHS, rng)
    paths = scaled(paths, middle, array, found, freedom(clean, season), rng)
    paths, guessed = loosened(paths, clean, rng)
    if guessed:
        notes.append("it has followed its course exactly: the ranges are a guess")
    return middle, paths, _method(found, season)


def _either(
    array: Floats, count: int, step: float, season: int, horizon: int,
    rng: np.random.Generator, notes: list[str],
) -> tuple[Floats, Floats, str]:  # fmt: skip
    """The same where the last `count` values stand `step` off all before: by chance, or to stay.

    Nothing in the series says which. Paths are drawn from both, and the middle is that of the
    likelier: one value alone was chance more often, two in a row were a new level.
    """
    before, after = array.copy(), array.copy()
    before[-count:] = np.nan
    if np.nanmin(array) > 0:  # what is above 0 stays so
        after[:-count] *= np.exp(step)
    else:
        after[:-count] += step
    found = [_followed(one, season, horizon, rng, []) for one in (before, after)]
    share = RETURNS[count]
    back = round(PATHS * share)
    parts = [rng.permutation(paths)[:size] for (_, paths, _), size in
             zip(found, (back, PATHS - back), strict=True)]  # fmt: skip
    said = "value stands" if count == 1 else f"{count} values stand"
    notes.append(
        f"the last {said} far from all before: the ranges hold both a return and a new level"
    )
    middle, _, method = found[0 if share > 0.5 else 1]
    return middle, np.concatenate(parts), method


def _tails(level: int) -> tuple[float, float]:
    return (100 - level) / 200, (100 + level) / 200


def _method(found: Sequence[Member], season: int) -> str:
    """What was done, in plain words."""
    kinds = {type(one.model) for one in found}
    seasons = f"with a season of {season} periods" if season > 1 else "without a season"
    if kinds == {Smoothed}:
        return f"Simple smoothing of level and trend, {seasons}"
    parts = ["exponential smoothing"]
    if Repeated in kinds:
        parts.append("the usual season again")
    if Following in kinds:
        parts.append("a regression on its own past")
    told = " and ".join([", ".join(parts[:-1]), parts[-1]])
    return f"Middle of {told}, {seasons}"


# ── what comes in ────────────────────────────────────────────────────────────────────────────


def _checked(
    season: int,
    horizon: int,
    levels: Sequence[int],
    bounds: tuple[float | None, float | None] | None,
    values: Floats,
) -> tuple[float, float]:
    """The bounds as numbers. Raises UsageError where an argument makes no sense."""
    if not _whole(season) or season < 1:
        raise UsageError("wrong-type", f"a season has one period or more, not {season}")
    if not _whole(horizon) or not 1 <= horizon <= FURTHEST:
        raise UsageError("wrong-type", f"a horizon is 1 to {FURTHEST:,} periods, not {horizon}")
    if not all(_whole(level) and 1 <= level <= 99 for level in levels):
        raise UsageError("wrong-type", "levels are whole percentages from 1 to 99")
    try:
        low, high = bounds if bounds is not None else (None, None)
        least = -np.inf if low is None else float(low)
        most = np.inf if high is None else float(high)
    except (TypeError, ValueError):
        raise UsageError(
            "wrong-type", "bounds are the least and the greatest value, either None"
        ) from None
    if not least < most:
        raise UsageError("wrong-type", f"the bounds {least:g} and {most:g} leave nothing between")
    known = values[~np.isnan(values)]
    if known.size and (known.min() < least - 1e-9 or known.max() > most + 1e-9):
        raise UsageError("wrong-type", "a value lies outside the bounds")
    return least, most


def _whole(number: object) -> bool:
    """Whether this is a whole number, and not only one that equals it."""
    return isinstance(number, int | np.integer) and not isinstance(number, bool)


def _usable(values: Floats, season: int) -> tuple[Floats, list[str]]:
    """The series from its first to its last known value. Raises Undefined where it says nothing."""
    at = np.flatnonzero(~np.isnan(values))
    if at.size < FEWEST:
        count = "no value is" if at.size == 0 else f"only {at.size} of {FEWEST} needed values are"
        if at.size == 1:
            count = f"only 1 of {FEWEST} needed values is"
        raise Undefined("forecast-too-short", f"{count} known")
    known = values[at]
    if np.ptp(known) <= 1e-12 * float(np.abs(known).max()):
        raise Undefined(
            "forecast-constant", "the series has never varied: how far it may move is not known"
        )
    notes: list[str] = []
    first = max(int(at[0]), values.size - max(LONGEST, 4 * season))
    gaps = int(np.isnan(values[first:]).sum())
    if gaps:
        notes.append(f"{gaps} value{' is' if gaps == 1 else 's are'} missing")
    return values[first:], notes


def _doubtful_end(values: Floats, season: int) -> tuple[int, float]:
    """How many of the last two values stand far off those before, and how far; (0, 0.0) if none.

    Of values above 0 the distance is that of their logarithms, so that growth by a rate is none.
    """
    scaled = np.log(values) if np.nanmin(values) > 0 else values
    for count in (2, 1):
        end = values.size - count
        if np.isnan(scaled[end:]).any():
            continue
        seasonal = season > 1 and end >= 2 * season
        places = seasonal_start(scaled[:end], season) if seasonal else np.zeros(1)
        left = scaled - places[np.arange(values.size) % places.size]
        near = left[max(0, end - 2 * NEAR) : end]
        near = near[~np.isnan(near)]
        if near.size < ENOUGH:
            continue
        middle = float(np.median(near))
        usual = 1.4826 * float(np.median(np.abs(near - middle)))
        usual = usual or 1.2533 * float(np.mean(np.abs(near - middle)))
        away = left[end:] - middle
        if (np.abs(away) > OUTLYING * usual).all() and np.ptp(np.sign(away)) == 0:
            return count, float(np.median(away))
    return 0, 0.0


def _without_outliers(values: Floats, season: int) -> tuple[Floats, int]:
    """The series without single values far from both neighbourhoods, and how many these were.

    The last is kept, and the last two where both are far: they may be a new level.
    """
    places = seasonal_start(values, season) if season > 1 else np.zeros(1)
    left = values - places[np.arange(values.size) % places.size]
    wide = np.concatenate([np.full(NEAR, np.nan), left, np.full(NEAR, np.nan)])
    near = np.lib.stride_tricks.sliding_window_view(wide, 2 * NEAR + 1).T.copy()
    near[NEAR] = np.nan  # the point itself
    middle = median_known(near)
    usual = 1.4826 * median_known(np.abs(near - middle))
    gone = ((~np.isnan(near)).sum(axis=0) >= ENOUGH) & (usual > 0)
    with np.errstate(invalid="ignore"):
        gone &= np.abs(left - middle) > OUTLYING * usual
    if gone[-1]:  # two in a row may be a new level
        gone[-2] = False
    gone[-1] = False
    if season > 1:  # what comes back every season is no outlier
        again = np.zeros_like(gone)
        again[season:] |= gone[:-season]
        again[:-season] |= gone[season:]
        gone &= ~again
    if gone.sum() > MANY * values.size:
        return values, 0
    return np.where(gone, np.nan, values), int(gone.sum())
