"""What a cohort of customers keeps: rates per customer, survival curves and their comparison."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

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
    each customer at its opening amount. nrr = 1 + expansion - contraction - churn.

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
    moments = np.unique(times[left])
    at_risk = np.array([int((times >= moment).sum()) for moment in moments], dtype=np.int64)
    gone = np.array([int((times[left] == moment).sum()) for moment in moments], dtype=np.int64)
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
    excess = variance = 0.0
    for moment in np.unique(np.concatenate([times_a[left_a], times_b[left_b]])):
        here, there = float((times_a >= moment).sum()), float((times_b >= moment).sum())
        gone = float((times_a[left_a] == moment).sum())
        all_gone = gone + float((times_b[left_b] == moment).sum())
        total = here + there
        excess += gone - all_gone * here / total
        if total > 1:
            share = here * there / total**2
            variance += all_gone * share * (total - all_gone) / (total - 1)
    if variance == 0:
        raise Undefined("undefined", "nobody left while both groups had someone")
    statistic = excess**2 / variance
    return Comparison(statistic, math.erfc(math.sqrt(statistic / 2)))


def _pairs(
    opening: Mapping[str, float] | Sequence[float], closing: Mapping[str, float] | Sequence[float]
) -> tuple[Floats, Floats]:
    if isinstance(opening, Mapping) and isinstance(closing, Mapping):
        names = list(opening)
        start = np.array([opening[name] for name in names], dtype=float)
        end = np.array([closing.get(name, 0.0) for name in names], dtype=float)
    elif isinstance(opening, Mapping) or isinstance(closing, Mapping):
        raise UsageError("wrong-type", "opening and closing are both mappings or both sequences")
    else:
        start, end = np.asarray(opening, dtype=float), np.asarray(closing, dtype=float)
    if start.shape != end.shape or start.ndim != 1:
        raise UsageError("wrong-type", "opening and closing need one amount per customer")
    if not (np.isfinite(start).all() and np.isfinite(end).all()):
        raise UsageError("wrong-type", "every amount must be a number; a missing customer has 0")
    return start, end


def _observations(durations: ArrayLike, observed: ArrayLike) -> tuple[Floats, NDArray[np.bool_]]:
    times, left = np.asarray(durations, dtype=float), np.asarray(observed, dtype=bool)
    if times.shape != left.shape or times.ndim != 1:
        raise UsageError("wrong-type", "durations and observed need one value per customer")
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
