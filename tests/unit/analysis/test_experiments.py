"""Two arms compared from their sums."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from sameboat.analysis.experiments import Arm, Beside, arm, compare
from sameboat.errors import SameboatError, Undefined, UsageError


def drawn(n: int, mean: float, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(mean, 1.0, n)


def test_an_arm_is_its_sums() -> None:
    found = arm([1, 2, 3], denominator=[1, 1, 2], before=[0, 1, 1])
    assert found == Arm(3, 6.0, 14.0, Beside(4.0, 6.0, 9.0), Beside(2.0, 2.0, 5.0))


def test_the_difference_is_the_treatments_less_the_controls() -> None:
    found = compare(arm([1, 2, 3, 4]), arm([2, 4, 6, 8]))
    assert (found.control, found.treatment, found.difference) == (2.5, 5.0, 2.5)
    assert found.relative == pytest.approx(1.0)
    turned = compare(arm([2, 4, 6, 8]), arm([1, 2, 3, 4]))
    assert (turned.difference, turned.low, turned.high) == pytest.approx(
        (-found.difference, -found.high, -found.low)
    )
    assert turned.p_value == pytest.approx(found.p_value)


@pytest.mark.parametrize("peeking", ["always-valid", "none"])
def test_p_is_below_a_twentieth_where_the_interval_excludes_nothing_changed(peeking: str) -> None:
    for seed in range(40):
        one, other = arm(drawn(300, 0, seed)), arm(drawn(200, seed / 100, seed + 99))
        found = compare(one, other, peeking=peeking)  # type: ignore[arg-type]
        assert (found.p_value < 0.05) == (not found.low <= 0 <= found.high)
        assert 0 <= found.p_value <= 1


def test_looking_often_costs_width() -> None:
    one, other = arm(drawn(1000, 0, 1)), arm(drawn(1000, 0.1, 2))
    often, once = compare(one, other), compare(one, other, peeking="none")
    assert often.difference == once.difference
    assert 1.2 < (often.high - often.low) / (once.high - once.low) < 2
    assert often.p_value > once.p_value


def test_the_unit_of_the_figure_does_not_matter() -> None:
    one, other = drawn(400, 1, 3), drawn(400, 1.2, 4)
    plain, scaled = compare(arm(one), arm(other)), compare(arm(one * 1e6), arm(other * 1e6))
    assert scaled.p_value == pytest.approx(plain.p_value)
    assert scaled.low == pytest.approx(1e6 * plain.low)


def test_a_ratio_is_one_of_sums_with_the_error_of_both() -> None:
    """Against a bootstrap of the units: the error of total over total, not of mean ratios."""
    rng = np.random.default_rng(5)
    orders = rng.integers(1, 9, 500).astype(float)
    revenue = orders * rng.gamma(4, 5, 500)
    found = compare(
        arm(revenue, denominator=orders), arm(revenue, denominator=orders), peeking="none"
    )
    assert found.control == pytest.approx(revenue.sum() / orders.sum())
    picks = rng.integers(0, 500, (4000, 500))
    spread = (revenue[picks].sum(axis=1) / orders[picks].sum(axis=1)).std() * math.sqrt(2)
    assert (found.high - found.low) / 2 / 1.96 == pytest.approx(spread, rel=0.06)


def test_figures_from_before_take_out_what_was_there_already() -> None:
    rng = np.random.default_rng(6)
    before = [rng.normal(10, 3, 2000) for _ in "12"]
    after = [b + rng.normal(0, 1, 2000) + lift for b, lift in zip(before, (0, 0.2), strict=True)]
    plain = compare(arm(after[0]), arm(after[1]))
    helped = compare(arm(after[0], before=before[0]), arm(after[1], before=before[1]))
    assert helped.saved == pytest.approx(0.9, abs=0.02)
    assert helped.high - helped.low < 0.4 * (plain.high - plain.low)
    assert helped.low <= 0.2 <= helped.high
    assert "before" in helped.method
    assert plain.saved == 0


def test_a_before_that_never_varied_changes_nothing() -> None:
    one, other = drawn(50, 0, 7), drawn(50, 1, 8)
    helped = compare(arm(one, before=np.ones(50)), arm(other, before=np.ones(50)))
    assert helped.difference == pytest.approx(compare(arm(one), arm(other)).difference)


GOOD = Arm(10, 5, 5)
SIDE = Beside(10, 12, 5)


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (lambda: compare(Arm(1, 5, 25), GOOD), Undefined),
        (lambda: compare(Arm(0, 0, 0), GOOD), Undefined),
        (lambda: compare(Arm(10, 10, 10), Arm(9, 9, 9)), Undefined),
        (lambda: compare(Arm(10, 0.3, 0.009), Arm(10, 0.3, 0.009)), Undefined),
        (lambda: compare(Arm(10, 5, 2), GOOD), UsageError),
        (lambda: compare(Arm(-3, 5, 5), GOOD), UsageError),
        (lambda: compare(Arm(2.5, 5, 25), GOOD), UsageError),  # type: ignore[arg-type]
        (lambda: compare(Arm(True, 5, 25), GOOD), UsageError),
        (lambda: compare(Arm(10, math.nan, 5), GOOD), UsageError),
        (lambda: compare(Arm(10, 1e200, 1e300), GOOD), UsageError),
        (lambda: compare(Arm(10, "5", 5), GOOD), UsageError),  # type: ignore[arg-type]
        (lambda: compare(GOOD, (10, 5, 5)), UsageError),  # type: ignore[arg-type]
        (lambda: compare(GOOD, GOOD, peeking="often"), UsageError),  # type: ignore[arg-type]
        (lambda: compare(GOOD, GOOD, expected=0), UsageError),
        (lambda: compare(Arm(10, 5, 5, SIDE), GOOD), UsageError),
        (lambda: compare(GOOD, Arm(10, 5, 5, before=SIDE)), UsageError),
        (lambda: compare(Arm(10, 5, 5, SIDE, SIDE), Arm(10, 5, 5, SIDE, SIDE)), UsageError),
        (lambda: compare(Arm(10, 5, 5, (1, 2)), Arm(10, 5, 5, (1, 2))), UsageError),  # type: ignore[arg-type]
        (lambda: compare(Arm(10, 5, 5, Beside(0, 0, 0)), Arm(10, 5, 5, SIDE)), Undefined),
        (lambda: arm([1, None]), UsageError),  # type: ignore[arg-type]
        (lambda: arm([1, math.inf]), Undefined),
        (lambda: arm([1, 2], before=[1]), UsageError),
    ],
)
def test_sums_that_say_nothing_are_refused_with_a_reason(
    asked: Callable[[], object], error: type[SameboatError]
) -> None:
    with pytest.raises(error) as caught:
        asked()
    assert caught.value.why


def test_two_units_in_each_arm_have_a_wide_but_finite_interval() -> None:
    found = compare(arm([1, 2]), arm([3, 5]))
    assert math.isfinite(found.high)
    assert found.p_value > 0.05
