"""Two arms of an experiment compared, from sums alone and at any time that anybody looks.

Who looks every day and stops at the first p below .05 is wrong in a quarter of all experiments
without an effect, not in a twentieth. Here the interval holds at every look together: the chance
that it ever misses the true difference is at most 5 %, however often and whenever one looks.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sameboat.analysis.readings import LARGEST, readings
from sameboat.analysis.surveys import Z95
from sameboat.errors import Undefined, UsageError, did_you_mean

Floats = NDArray[np.float64]
Peeking = Literal["always-valid", "none"]

EXPECTED = 0.1
"""The effect, in standard deviations of a unit, that looking often is tuned for by default."""

WRONG = 0.05
"""The chance of ever missing the true difference."""

ON_TARGET, NARROW = 0.9, 0.35
"""Share of the mixture on effects like the expected one, and their spread (of the logarithm)."""

SMALLER, BROAD = 0.3, 1.0
"""Centre of the rest, as a share of the expected effect, and its spread: for other effects."""

ROUNDING = 1e-9
"""How far sums may contradict each other by rounding alone, as a share."""


@dataclass(frozen=True)
class Beside:
    """Sums over an arm's units of a second quantity: of it, its square and its product with the
    first."""

    total: float
    squares: float
    products: float


@dataclass(frozen=True)
class Arm:
    """What an arm of an experiment adds up to; no rows are needed.

    `n` is the number of units that were drawn into the arm (accounts, visitors), `total` the sum
    of their figures and `squares` that of the squares; for a conversion both are the number of
    units that converted. `denominator` makes the figure a ratio: the sums of each unit's
    denominator (orders of a revenue per order), and total over its total is compared. `before`
    holds the sums of the unit's figure before the experiment, which takes out what was there
    already (CUPED).
    """

    n: int
    total: float
    squares: float
    denominator: Beside | None = None
    before: Beside | None = None


@dataclass(frozen=True)
class Contrast:
    """The treatment's mean (or ratio) less the control's, with its 95 % interval.

    `p_value` is below .05 where the interval excludes 0. `control` and `treatment` are the arms'
    own figures and `relative` the difference over the control's, None where that is 0. `saved` is
    the share of variance that figures from before took out. `method` names what was done.
    """

    difference: float
    low: float
    high: float
    p_value: float
    control: float
    treatment: float
    relative: float | None
    saved: float
    method: str


def arm(
    values: ArrayLike, *, denominator: ArrayLike | None = None, before: ArrayLike | None = None
) -> Arm:
    """The sums of an arm from one value per unit.

    Raises UsageError for a missing value or rows of different length, Undefined for endless ones.

    >>> arm([1, 0, 1, 1])
    Arm(n=4, total=3.0, squares=3.0, denominator=None, before=None)
    """
    own = _row(values)

    def beside(given: ArrayLike | None) -> Beside | None:
        if given is None:
            return None
        row = _row(given)
        if row.size != own.size:
            raise UsageError("wrong-type", f"{row.size} values beside {own.size} units")
        return Beside(_total(row), _total(row * row), _total(row * own))

    return Arm(own.size, _total(own), _total(own * own), beside(denominator), beside(before))


def compare(
    control: Arm, treatment: Arm, *, peeking: Peeking = "always-valid", expected: float = EXPECTED
) -> Contrast:
    """The difference that the treatment makes, with an interval that holds however often one looks.

    `always-valid`: over all looks together, at any time and number, the interval misses the true
    difference in at most 5 % of experiments, and p falls below .05 without an effect in at most
    5 %. It is sharpest for effects of about `expected` standard deviations of a unit, which must
    be chosen before the first look, and holds whatever the effect. `none`: one look, at a number
    of units that was fixed before; the narrower interval of Welch's t. Intervals rest on means
    being about normal: some tens of units in each arm, more where a few are far out.

    Raises Undefined where no unit differs from another or a ratio has no denominator, UsageError
    for sums that cannot be.

    Sources: Robbins 1970 (mixtures of likelihood ratios); Waudby-Smith et al. 2024 (asymptotic
    confidence sequences); Welch 1947; Deng et al. 2013 (CUPED); Wallace 1959 (t to normal).

    >>> found = compare(Arm(1000, 100, 100), Arm(1000, 160, 160))
    >>> round(found.difference, 3), found.low > 0, found.p_value < 0.05
    (0.06, True, True)
    """
    if not isinstance(control, Arm) or not isinstance(treatment, Arm):
        raise UsageError("wrong-type", "both arms come as Arm(n, total, squares, …)")
    if peeking not in ("always-valid", "none"):
        hint = did_you_mean(str(peeking), ("always-valid", "none"))
        raise UsageError("wrong-type", f"{peeking!r} is no way of looking", hint=hint)
    if not (isinstance(expected, int | float) and 0 < expected < LARGEST):
        raise UsageError("wrong-type", "the expected effect is a number above 0")
    theta = _carried(control, treatment)
    one, other = _figure(control, theta), _figure(treatment, theta)
    plain = one.variance + other.variance
    if plain <= 0:
        raise Undefined("undefined", "no unit differs from another: nothing says how sure it is")
    moved = other.value - one.value - theta * (_prior_mean(treatment) - _prior_mean(control))
    error, freedom = math.sqrt(plain), _freedom(one, other)
    z = _normal(abs(moved) / error, freedom)
    if peeking == "none":
        limit, p = Z95, math.erfc(z / math.sqrt(2))
        method = "fixed sample (Welch)"
    else:
        units = 1 / (1 / control.n + 1 / treatment.n)
        limit, p = _limit(units, expected), min(1.0, math.exp(-_evidence(z, units, expected)))
        method = "always-valid (mixture of likelihood ratios)"
    half = _student(limit, freedom) * error
    return Contrast(
        difference=moved, low=moved - half, high=moved + half, p_value=p, control=one.value,
        treatment=other.value, relative=moved / one.value if one.value else None,
        saved=max(0.0, 1 - plain / (one.unadjusted + other.unadjusted)),
        method=method + (", figures from before taken out" if theta else ""),
    )  # fmt: skip


# ── an arm's figure ──────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Figure:
    """An arm's mean or ratio, the variance of that, and the same without what was before."""

    value: float
    variance: float
    unadjusted: float
    units: int


def _figure(of: Arm, theta: float) -> _Figure:
    _refuse_bad(of)
    mean, spread = of.total / of.n, _spread(of.n, of.total, of.squares)
    if of.denominator is not None:
        below = of.denominator
        if below.total <= 0:
            raise Undefined("undefined", "an arm's ratio has no denominator")
        ratio, per_unit = of.total / below.total, below.total / of.n
        spread += ratio**2 * _spread(of.n, below.total, below.squares)
        spread -= 2 * ratio * _together(of, below)
        variance = max(spread, 0.0) / of.n / per_unit**2
        return _Figure(ratio, variance, variance, of.n)
    left = spread
    if of.before is not None:
        left += theta**2 * _spread(of.n, of.before.total, of.before.squares)
        left -= 2 * theta * _together(of, of.before)
    return _Figure(mean, max(left, 0.0) / of.n, spread / of.n, of.n)


def _carried(control: Arm, treatment: Arm) -> float:
    """What one more before means for after: the slope within both arms; 0 without a before."""
    for name in ("denominator", "before"):
        if (getattr(control, name) is None) != (getattr(treatment, name) is None):
            raise UsageError("wrong-type", f"both arms need their {name}, or neither")
    if control.before is None or treatment.before is None:
        return 0.0
    if control.denominator is not None:
        raise UsageError("wrong-type", "figures from before go with means, not yet with ratios")
    spread = together = 0.0
    for of, before in ((control, control.before), (treatment, treatment.before)):
        _refuse_bad(of)
        spread += (of.n - 1) * _spread(of.n, before.total, before.squares)
        together += (of.n - 1) * _together(of, before)
    return together / spread if spread > 0 else 0.0


def _prior_mean(of: Arm) -> float:
    return of.before.total / of.n if of.before is not None else 0.0


def _spread(n: int, total: float, squares: float) -> float:
    """The variance between units; 0 where only rounding is left."""
    left = squares - total * total / n
    return left / (n - 1) if left > ROUNDING * 1e-3 * squares else 0.0


def _together(of: Arm, other: Beside) -> float:
    """The covariance between units."""
    return (other.products - of.total * other.total / of.n) / (of.n - 1)


def _refuse_bad(of: Arm) -> None:
    """Refuses sums that no arm can have."""
    if isinstance(of.n, bool) or not isinstance(of.n, int | np.integer) or of.n < 0:
        raise UsageError("wrong-type", f"{of.n!r} is not a number of units")
    if of.n < 2:
        raise Undefined("undefined", "an arm needs at least two units")
    rows = [(of.total, of.squares, 0.0)]
    for beside in (of.denominator, of.before):
        if isinstance(beside, Beside):
            rows.append((beside.total, beside.squares, beside.products))
        elif beside is not None:
            raise UsageError("wrong-type", "sums of a second quantity come as Beside(…)")
    for figure in itertools.chain(*rows):
        if not isinstance(figure, int | float | np.number) or not abs(figure) < LARGEST:
            raise UsageError("wrong-type", f"{figure!r} is no sum of an arm")
    for total, squares, _ in rows:
        if squares < total * total / of.n * (1 - ROUNDING):
            raise UsageError(
                "wrong-type",
                f"the squares of {of.n} figures that add up to {total:g} cannot add up to "
                f"{squares:g}",
            )


def _freedom(one: _Figure, other: _Figure) -> float:
    """Welch's degrees of freedom."""
    parts = sum(figure.variance**2 / (figure.units - 1) for figure in (one, other))
    return (one.variance + other.variance) ** 2 / parts


def _normal(t: float, freedom: float) -> float:
    """The normal deviate that is as unlikely as this Student's t (Wallace 1959)."""
    scale = (8 * freedom + 1) / (8 * freedom + 3)
    return scale * math.sqrt(freedom * math.log1p(t * t / freedom))


def _student(z: float, freedom: float) -> float:
    """The Student's t that is as unlikely as this normal deviate."""
    scale = (8 * freedom + 1) / (8 * freedom + 3)
    # With a handful of units no finite interval may hold at every look: as good as endless.
    return math.sqrt(freedom * math.expm1(min((z / scale) ** 2 / freedom, 400.0)))


# ── looking often ────────────────────────────────────────────────────────────────────────────


@lru_cache(maxsize=16)
def _mixture(expected: float) -> tuple[Floats, Floats]:
    """Effects in standard deviations of a unit, and their weights, which add up to 1."""
    steps = np.linspace(-4.0, 4.0, 41)
    weights = np.exp(-steps * steps / 2)
    weights /= weights.sum()
    effects = [expected * np.exp(NARROW * steps), SMALLER * expected * np.exp(BROAD * steps)]
    return np.concatenate(effects), np.concatenate([ON_TARGET * weights, (1 - ON_TARGET) * weights])


def _evidence(z: float, units: float, expected: float) -> float:
    """The log likelihood ratio of the mixture of effects, up or down, to no effect.

    Without an effect its exponent is a martingale that starts at 1: it ever passes 20 in at most
    one experiment of twenty (Ville 1939). `units` are those of both arms that one could compare
    two by two, z the difference over its error.
    """
    effects, weights = _mixture(expected)
    pull = effects * math.sqrt(units) * z
    either = np.logaddexp(pull, -pull) - math.log(2) - effects**2 * units / 2 + np.log(weights)
    most = float(either.max())
    return most + math.log(float(np.exp(either - most).sum()))


@lru_cache(maxsize=1024)
def _limit(units: float, expected: float) -> float:
    """How many errors wide the interval is to each side, so that it holds at every look."""
    low, high = 0.0, 2.0
    wanted = -math.log(WRONG)
    while _evidence(high, units, expected) < wanted and high < 1e9:
        low, high = high, 2 * high
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _evidence(middle, units, expected) < wanted else (low, middle)
    return high


def _row(given: ArrayLike) -> Floats:
    row = readings(given)
    if np.isnan(row).any():
        raise UsageError("wrong-type", "every unit of an arm needs a value: 0 where it did nothing")
    return row


def _total(row: Floats) -> float:
    return math.fsum(row.tolist())
