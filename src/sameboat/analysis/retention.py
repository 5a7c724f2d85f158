"""What a cohort of customers keeps: rates per customer, survival curves and their comparison."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sameboat.analysis.readings import LARGEST
from sameboat.analysis.surveys import Z95
from sameboat.errors import Undefined, UsageError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Rates:
    """Shares of the cohort's opening amount; `logo` is the share of customers kept."""

    nrr: float
    grr: float
    logo: float
    expansion: float
    contraction: float
    churn: float


@dataclass(frozen=True, eq=False)
class Survival:
    """The share still there after each time at which someone left, with its 95 % interval."""

    times: Floats
    survival: Floats
    low: Floats
    high: Floats
    at_risk: NDArray[np.int64]


@dataclass(frozen=True)
class Comparison:
    """The log-rank statistic of two groups and the chance of one as large without a difference."""

    statistic: float
    p_value: float


def rates(
    opening: Mapping[str, float] | Sequence[float], closing: Mapping[str, float] | Sequence[float]
) -> Rates:
    """Retention of the customers with an opening amount above 0; amounts are per customer.

    As mappings, a customer missing at the close has 0, and one that is only in the closing is
    new and does not enter. As sequences both have one amount per customer. Gross retention caps
    each customer at its opening amount. A closing amount below 0 (a credit) counts as 0: lost.
    nrr = 1 + expansion - contraction - churn.

    Raises Undefined for an empty cohort, UsageError for amounts that do not fit together.

    >>> rates([6, 94, 100], [0, 90, 120])
    Rates(nrr=1.05, grr=0.95, logo=0.6666666666666666, expansion=0.1, contraction=0.02, churn=0.03)
    """
    start, end = _pairs(opening, closing)
    cohort = start > 0
    start, end = start[cohort], np.maximum(end[cohort], 0.0)
    total = float(start.sum())
    if total == 0:
        raise Undefined("undefined", "no customer has an amount at the start")
    kept = end > 0
    return Rates(
        nrr=float(end.sum()) / total,
        grr=float(np.minimum(start, end).sum()) / total,
        logo=float(kept.mean()),
        expansion=float(np.maximum(end - start, 0).sum()) / total,
        contraction=float(np.maximum(start - end, 0)[kept].sum()) / total,
        churn=float(start[~kept].sum()) / total,
    )


def kaplan_meier(durations: ArrayLike, observed: ArrayLike) -> Survival:
    """The Kaplan-Meier curve; who has not left yet is censored, never dropped.

    `observed` is true where the customer left after its duration. The interval is Greenwood's on
    the log-log scale. Source: Kaplan and Meier 1958.

    Raises UsageError for negative durations or lengths that differ, Undefined without anyone.

    >>> curve = kaplan_meier([6, 6, 6, 6, 7, 9, 10], [True, True, True, False, True, False, True])
    >>> [round(float(s), 3) for s in curve.survival]
    [0.571, 0.381, 0.0]
    """
    times, left = _observations(durations, observed)
    moments, gone = np.unique(times[left], return_counts=True)
    at_risk = _still_there(times, moments)
    survival: Floats = np.asarray(np.cumprod(1 - gone / np.maximum(at_risk, 1)), dtype=np.float64)
    low, high = _greenwood(survival, at_risk, gone)
    return Survival(moments, survival, low, high, at_risk)


def logrank(a: tuple[ArrayLike, ArrayLike], b: tuple[ArrayLike, ArrayLike]) -> Comparison:
    """Whether two groups leave at the same rate; each is (durations, observed).

    The statistic is chi-square with one degree of freedom. Source: Mantel 1966. Raises Undefined
    where nobody left while both groups had someone.

    >>> logrank(([1, 2, 3], [True] * 3), ([1, 2, 3], [True] * 3)).statistic
    0.0
    """
    times_a, left_a = _observations(*a)
    times_b, left_b = _observations(*b)
    gone_a, gone_b = times_a[left_a], times_b[left_b]
    moments, all_gone = np.unique(np.concatenate([gone_a, gone_b]), return_counts=True)
    here, there = _still_there(times_a, moments), _still_there(times_b, moments)
    total = here + there
    expected = all_gone * (here / total)
    spread = all_gone * (here / total) * (there / total) * (total - all_gone)
    variance = math.fsum((spread / np.maximum(total - 1, 1)).tolist())
    if variance == 0:
        raise Undefined("undefined", "nobody left while both groups had someone")
    statistic = (gone_a.size - math.fsum(expected.tolist())) ** 2 / variance
    return Comparison(statistic, math.erfc(math.sqrt(statistic / 2)))


def _still_there(times: Floats, moments: Floats) -> NDArray[np.int64]:
    """How many were still there just before each moment."""
    return np.asarray(times.size - np.searchsorted(np.sort(times), moments), dtype=np.int64)


def _numbers(given: object, what: str) -> Floats:
    try:
        return np.asarray(given, dtype=float)
    except (TypeError, ValueError):
        raise UsageError("wrong-type", f"{what} must be numbers, one per customer") from None


def _pairs(
    opening: Mapping[str, float] | Sequence[float], closing: Mapping[str, float] | Sequence[float]
) -> tuple[Floats, Floats]:
    if isinstance(opening, Mapping) and isinstance(closing, Mapping):
        names = list(opening)
        start = _numbers([opening[name] for name in names], "opening amounts")
        end = _numbers([closing.get(name, 0.0) for name in names], "closing amounts")
    elif isinstance(opening, Mapping) or isinstance(closing, Mapping):
        raise UsageError("wrong-type", "opening and closing are both mappings or both sequences")
    else:
        start, end = _numbers(opening, "opening amounts"), _numbers(closing, "closing amounts")
    if start.shape != end.shape or start.ndim != 1:
        raise UsageError("wrong-type", "opening and closing need one amount per customer")
    if not all((np.abs(amounts) < LARGEST).all() for amounts in (start, end)):
        raise UsageError("wrong-type", "every amount must be a number; a missing customer has 0")
    return start, end


def _observations(durations: ArrayLike, observed: ArrayLike) -> tuple[Floats, NDArray[np.bool_]]:
    times, told = _numbers(durations, "durations"), _numbers(observed, "observed")
    if times.shape != told.shape or times.ndim != 1:
        raise UsageError("wrong-type", "durations and observed need one value per customer")
    left = told == 1
    if not (left | (told == 0)).all():
        raise UsageError("wrong-type", "observed is true or false for every customer")
    if not len(times):
        raise Undefined("undefined", "there are no customers")
    if not np.isfinite(times).all() or (times < 0).any():
        raise UsageError("wrong-type", "a duration is a number of at least 0")
    return times, left


def _greenwood(
    survival: Floats, at_risk: NDArray[np.int64], gone: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """The log-log interval; where nobody is left it has no width to give."""
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt(np.cumsum(gone / (at_risk * (at_risk - gone))))
        width = Z95 * spread / np.log(survival)
        low, high = survival ** np.exp(-width), survival ** np.exp(width)
    bounds = np.sort(np.stack([low, high]), axis=0)
    some = (survival > 0) & (survival < 1)
    return np.where(some, bounds[0], survival), np.where(some, bounds[1], survival)
