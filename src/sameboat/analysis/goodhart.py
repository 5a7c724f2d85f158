"""Whether a lever still moves its KPI, or has become an end in itself (Goodhart's law)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sameboat.analysis.readings import LARGEST
from sameboat.analysis.relations import (
    FEWEST,
    STEADIEST,
    Slope,
    relation,
    scatter,
    trend,
    two_sided,
)
from sameboat.errors import UsageError

Floats = NDArray[np.float64]
Moves = Literal["same", "opposite"]
Finding = Literal["moves-with", "decoupled", "reversed", "improves-alone", "unclear", "too-few"]

MOVED = 3.0
"""Standard deviations (from point to point) that a lever must have come in the window to count."""

FLAT = 0.5
"""The share of a lever's move, both in standard deviations, that a flat KPI stays below."""

FEWEST_OF_THIRD = 4
"""Figures that a third of the window needs before its mean is compared."""

SURE = 0.05


@dataclass(frozen=True, eq=False)
class Decoupling:
    """Whether a lever moves with its KPI in the latest window, as it did before.

    `finding` is `moves-with` (as predicted), `decoupled` (it did before the window, and no more),
    `reversed` (now it moves the other way), `improves-alone` (the lever moved the good way all
    along the window while its KPI stayed flat or fell), `unclear` (neither is shown) or `too-few`.
    `now` and `before` are the relations in the window and before it: standard deviations of the
    KPI for one of the lever, around both trends, signed so that above 0 is as predicted.
    `p_value` is the chance of such a finding (of a difference as large, or of a lever and a KPI
    drifting apart as far) where nothing has changed; 1 where nothing was found. `since` is the
    index of the first KPI point after which the two parted most clearly, None without a finding.
    `lever_moved` and `kpi_moved` are the moves along the window's trends, in standard deviations
    from point to point, above 0 for the good way.
    """

    finding: Finding
    now: Slope
    before: Slope
    p_value: float
    since: int | None
    lever_moved: float
    kpi_moved: float
    why: str

    @property
    def found(self) -> bool:
        """Whether the lever no longer does what it is for."""
        return self.finding in ("decoupled", "reversed", "improves-alone")


def decoupling(
    lever: ArrayLike | Sequence[float | None],
    kpi: ArrayLike | Sequence[float | None],
    *,
    lag: int,
    window: int,
    moves: Moves,
    lever_good: Literal["up", "down"] = "up",
) -> Decoupling:
    """Whether a lever still moves with its KPI: the latest window against all before it.

    Both series have one value per period, oldest first, NaN or None where there is none. The KPI
    answers `lag` periods after the lever; `moves` says how: `same` or `opposite`. `lever_good` is
    the direction in which the lever is meant to go. Relations are told around both trends and
    allow for neighbouring points that are alike, so that two series that merely rise together are
    not called related; a drift apart is judged by the trends themselves. Over several levers the
    p-values are to be corrected for their number (see `false_discoveries`).

    Raises UsageError for series of different length, a lag or a window that does not fit.

    >>> rng = np.random.default_rng(1)
    >>> lever = rng.normal(size=80)
    >>> kpi = np.concatenate([lever[:50], rng.normal(size=30)]) + 0.3 * rng.normal(size=80)
    >>> decoupling(lever, kpi, lag=0, window=26, moves="same").finding
    'decoupled'
    """
    x, y = _series(lever, "lever"), _series(kpi, "kpi")
    _check(x, y, lag, window, moves)
    if lever_good not in ("up", "down"):
        raise UsageError("wrong-type", f"{lever_good!r} is no direction: 'up' or 'down'")
    sign = 1.0 if moves == "same" else -1.0
    x, y = x[: x.size - lag], sign * y[lag:]
    now = relation(x[-window:], y[-window:])
    before = relation(x[:-window], y[:-window])
    good = 1.0 if lever_good == "up" else -1.0
    moved = good * _moved(x[-window:]), good * _moved(y[-window:])

    def told(finding: Finding, why: str, p: float = 1.0, since: int | None = None) -> Decoupling:
        return Decoupling(finding, now, before, p, since, *moved, why)

    pairs = int(np.sum(~np.isnan(x[-window:]) & ~np.isnan(y[-window:])))
    if pairs < FEWEST:
        return told("too-few", f"only {pairs} periods of the window have both figures")
    if (p := _drift(good * x[-window:], good * y[-window:])) < SURE:
        why = (
            f"the lever moved {moved[0]:.1f} standard deviations the good way, its KPI "
            f"{moved[1]:+.1f} where it should have followed"
        )
        return told("improves-alone", why, p, lag + x.size - window)
    p = _difference(before, now)
    came_first = before.low > 0
    if came_first and p < SURE and now.low <= 0:
        since = lag + _parting(x, y)
        if now.high < 0:
            return told("reversed", "the two now move against what was predicted", p, since)
        return told("decoupled", "the two moved together before the window, and no more", p, since)
    if now.low > 0:
        return told("moves-with", "the two move together as predicted")
    return told("unclear", "the window shows neither that they move together nor that they do not")


def rolling_relation(
    lever: ArrayLike | Sequence[float | None],
    kpi: ArrayLike | Sequence[float | None],
    *,
    lag: int,
    window: int,
    moves: Moves,
) -> tuple[Floats, Floats, Floats]:
    """The relation in the window that ends at each KPI point, with its 95 % interval.

    Three arrays of the KPI's length, NaN where there is none; above 0 is as predicted. Arguments
    and errors are those of `decoupling`.
    """
    x, y = _series(lever, "lever"), _series(kpi, "kpi")
    _check(x, y, lag, window, moves)
    x, y = x[: x.size - lag], (1.0 if moves == "same" else -1.0) * y[lag:]
    found = np.full((3, x.size + lag), np.nan)
    for end in range(window, x.size + 1):
        slope = relation(x[end - window : end], y[end - window : end])
        if math.isfinite(slope.error):
            found[:, lag + end - 1] = slope.value, slope.low, slope.high
    return found[0], found[1], found[2]


def false_discoveries(p_values: ArrayLike, *, rate: float = 0.05) -> NDArray[np.bool_]:
    """Which of several findings stand when at most a share `rate` of them may be false.

    The p-values may depend on each other in any way. Source: Benjamini and Yekutieli 2001.
    Raises UsageError for a p-value or a rate that is no chance.

    >>> false_discoveries([0.001, 0.2, 0.03, 0.004]).tolist()
    [True, False, False, True]
    """
    try:
        p = np.asarray(p_values, dtype=float)
    except (TypeError, ValueError):
        raise UsageError("wrong-type", "p-values must be numbers") from None
    if p.ndim != 1 or not ((p >= 0) & (p <= 1)).all() or not 0 < rate < 1:
        raise UsageError("wrong-type", "p-values lie within 0 and 1, and the rate between them")
    order = np.argsort(p, kind="stable")
    price = float(np.sum(1 / np.arange(1, p.size + 1)))
    limits = rate * np.arange(1, p.size + 1) / (p.size * price)
    passed = np.flatnonzero(p[order] <= limits)
    stands = np.zeros(p.size, dtype=bool)
    if passed.size:
        stands[order[: passed[-1] + 1]] = True
    return stands


# ── what goes in ─────────────────────────────────────────────────────────────────────────────


def _series(given: ArrayLike | Sequence[float | None], what: str) -> Floats:
    try:
        array = np.array(given, dtype=float)
    except (TypeError, ValueError):
        raise UsageError("wrong-type", f"{what} must be numbers, or missing") from None
    if array.ndim != 1:
        raise UsageError("wrong-type", f"{what} must be one row of numbers, oldest first")
    return np.where(np.abs(array) < LARGEST, array, np.nan)


def _check(x: Floats, y: Floats, lag: int, window: int, moves: str) -> None:
    if x.size != y.size:
        raise UsageError("wrong-type", f"the lever has {x.size} periods and the KPI {y.size}")
    if moves not in ("same", "opposite"):
        raise UsageError("wrong-type", f"{moves!r} is no direction: 'same' or 'opposite'")
    if not isinstance(lag, int | np.integer) or lag < 0:
        raise UsageError("wrong-type", "the lag is a number of periods of at least 0")
    if not isinstance(window, int | np.integer) or window < FEWEST:
        raise UsageError("wrong-type", f"a window needs at least {FEWEST} periods")
    if x.size < window + lag:
        raise UsageError(
            "wrong-type", f"{x.size} periods hold no window of {window} with a lag of {lag}"
        )


# ── what is found ────────────────────────────────────────────────────────────────────────────


def _moved(y: Floats) -> float:
    """The move along a window's trend, in standard deviations from point to point."""
    spread = scatter(y)
    return trend(y).value * (y.size - 1) / spread if spread > 0 else 0.0


def _drift(lever: Floats, kpi: Floats) -> float:
    """The chance that a lever that rose and a KPI that did not follow drifted apart by accident.

    1 unless the lever came a long way and the KPI's interval stays below half of that, in
    standard deviations. Otherwise the larger of two chances: that of the lever's rise without one,
    and that of so little in the KPI if it had come half as far. It is judged along both trends
    and between the window's first and last third; the smaller chance counts, doubled for the
    choice.
    """
    spread = scatter(lever), scatter(kpi)
    if min(spread) == 0:
        return 1.0
    length = lever.size - 1
    slopes = _apart(trend(lever), trend(kpi), spread, length=length, least=MOVED)
    steps = _apart(_step(lever), _step(kpi), spread, length=1, least=MOVED * 2 / 3)
    return min(1.0, 2 * min(slopes, steps))


def _apart(
    rose: Slope, followed: Slope, spread: tuple[float, float], *, length: int, least: float
) -> float:
    """The chance of a rise by `least` deviations or more, and of a KPI so far behind it."""
    if not all(math.isfinite(one.error) for one in (rose, followed)):
        return 1.0
    came = rose.value * length / spread[0]
    wanted = FLAT * came * spread[1] / length
    if came < least or followed.high >= wanted or followed.low > 0:
        return 1.0
    behind = Slope(followed.value - wanted, followed.error, followed.freedom)
    return min(1.0, 2 * max(two_sided(one.t, one.freedom) / 2 for one in (rose, behind)))


def _step(y: Floats) -> Slope:
    """By how much the mean of the last third lies above that of the first.

    Neighbours that are alike count for less: the error is that of independent values, widened by
    (1 + rho) / (1 - rho), with rho raised as in `relations`.
    """
    third = y.size // 3
    parts = [part[~np.isnan(part)] for part in (y[:third], y[-third:])]
    fewest = min(part.size for part in parts)
    if fewest < FEWEST_OF_THIRD:
        return Slope(0.0, math.inf, 1.0)
    left = [part - part.mean() for part in parts]
    below = sum(float(one @ one) for one in left)
    rho = sum(float(one[1:] @ one[:-1]) for one in left) / below if below > 0 else 0.0
    rho = min(STEADIEST, max(0.0, rho + (1 + 3 * max(rho, 0.0)) / fewest))
    wider = (1 + rho) / (1 - rho)
    count = sum(part.size for part in parts)
    variance = below / (count - 2) * wider * sum(1 / part.size for part in parts)
    rise = float(parts[1].mean() - parts[0].mean())
    return Slope(rise, math.sqrt(variance), max(1.0, count / wider - 2))


def _difference(before: Slope, now: Slope) -> float:
    """The chance of two relations as different as these where they are one."""
    error = math.hypot(before.error, now.error)
    if not math.isfinite(error):
        return 1.0
    gap = Slope(now.value - before.value, error, min(before.freedom, now.freedom))
    return two_sided(gap.t, gap.freedom) if gap.value < 0 else 1.0


def _parting(x: Floats, y: Floats) -> int:
    """The index at which the relations before and after differ most clearly."""
    known = ~(np.isnan(x) | np.isnan(y))
    edges = range(FEWEST, x.size - FEWEST + 1)

    def clear(at: int) -> float:
        if known[:at].sum() < FEWEST or known[at:].sum() < FEWEST:
            return -math.inf
        one, other = relation(x[:at], y[:at]), relation(x[at:], y[at:])
        error = math.hypot(one.error, other.error)
        return (one.value - other.value) / error if error > 0 else -math.inf

    return max(edges, key=clear)
