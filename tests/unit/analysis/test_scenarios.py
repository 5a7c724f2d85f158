"""A moved forecast beside brute force: every path and every draw reckoned one by one."""

from __future__ import annotations

import numpy as np
import pytest

from sameboat.analysis.pulls import pull
from sameboat.analysis.scenarios import (
    DRAWS,
    LEVELS,
    Aim,
    Mover,
    Scenario,
    Spread,
    Way,
    draws_of,
    limits_of,
    step_of,
)
from sameboat.errors import Undefined, UsageError

RNG = np.random.default_rng(11)
PATHS = 10 + np.cumsum(RNG.standard_normal((4_000, 6)), axis=1)
SAID = draws_of(0.5, -0.2, 1.6, seed=3)


def made(*ways: Way, formula: object = None, aim: Aim | None = None) -> Scenario:
    """Six periods that begin at 10, with one driver `d` at 4 and leaves 20 and 2."""
    return Scenario(
        tuple(Spread.of(PATHS[:, at], LEVELS) for at in range(6)),
        (Mover("d", 4.0, 0.0, 8.0, ways),), formula, (20.0, 2.0),  # type: ignore[arg-type]
        aim or Aim(12.0, "up", Spread.of(PATHS[:, 5]), 5, 5),
    )  # fmt: skip


def test_where_nothing_is_moved_the_future_is_as_it_was() -> None:
    still = made(Way(None, 0, (1.0,))).moved({})
    assert still.middle == pytest.approx(np.median(PATHS, axis=0), abs=1e-5)
    assert still.chance == pytest.approx(np.mean(PATHS[:, 5] >= 12), abs=0.003)
    assert still.shift == 0


def test_an_uncertain_influence_widens_and_moves_as_brute_force_says() -> None:
    """Every path with every draw: 160,000 futures of the last period."""
    moved = made(Way(None, 0, tuple(SAID))).moved({"d": 7.0})
    every = (PATHS[:, 5][:, None] + 3 * SAID[None, :]).ravel()
    assert moved.chance == pytest.approx(np.mean(every >= 12), abs=0.004)
    for level, ends in ((0.1, moved.lower[80]), (0.5, moved.middle), (0.9, moved.upper[80])):
        assert ends[5] == pytest.approx(np.quantile(every, level), abs=0.05)
    assert moved.shift_low == pytest.approx(np.quantile(3 * SAID, 0.025))


def test_a_change_is_felt_after_its_lag_and_not_before() -> None:
    moved = made(Way(None, 4, (1.0,))).moved({"d": 6.0})
    gained = np.array(moved.middle) - np.median(PATHS, axis=0)
    assert gained == pytest.approx([0, 0, 0, 0, 2, 2], abs=1e-5)


def test_a_part_of_a_product_scales_and_one_of_a_sum_shifts() -> None:
    quotient = made(Way(0, 0, (5.0,)), formula=("/", ("x", 0), ("x", 1)))
    assert quotient.scaled
    medians = np.median(PATHS, axis=0)
    assert quotient.moved({"d": 6.0}).middle == pytest.approx(1.5 * medians, rel=1e-5)
    total = made(Way(0, 0, (5.0,)), formula=("-", ("x", 0), ("*", 5, ("x", 1))))
    assert not total.scaled
    assert total.moved({"d": 6.0}).middle == pytest.approx(medians + 10, rel=1e-5)


def test_over_a_sum_the_part_that_has_come_stays_as_it_is() -> None:
    told = 30 + PATHS[:, 2:].sum(axis=1)
    aim = Aim(75.0, "up", Spread.of(told), 2, 5, known=30.0)
    scenario = made(Way(0, 0, (1.0,)), formula=("/", ("x", 0), ("x", 1)), aim=aim)
    after = 30 + 1.1 * PATHS[:, 2:].sum(axis=1)
    assert scenario.moved({"d": 6.0}).chance == pytest.approx(np.mean(after >= 75), abs=0.004)
    shifted = made(Way(None, 4, (1.0,)), aim=aim)
    later = told + 2 * 2  # two of the four periods gain 2 each
    assert shifted.moved({"d": 6.0}).chance == pytest.approx(np.mean(later >= 75), abs=0.004)


def test_down_is_as_good_as_up_mirrored() -> None:
    down = Aim(12.0, "down", Spread.of(PATHS[:, 5]), 5, 5)
    up = made(Way(None, 0, (1.0,))).moved({"d": 5.0}).chance
    other = made(Way(None, 0, (1.0,)), aim=down).moved({"d": 5.0}).chance
    assert up is not None
    assert other == pytest.approx(1 - up)


def test_a_mass_at_one_value_reaches_it_and_is_not_below_it() -> None:
    spread = Spread.of(np.array([0.0] * 60 + [1.0] * 40))
    assert spread.chance(0.0, "down") == pytest.approx(0.6, abs=0.01)
    assert spread.chance(0.0, "up") == 0.99
    assert spread.chance(1.0, "up") == pytest.approx(0.4, abs=0.01)


def test_a_formula_without_value_there_is_a_named_reason() -> None:
    scenario = made(Way(1, 0, (1.0,)), formula=("/", ("x", 0), ("x", 1)))
    with pytest.raises(Undefined) as caught:
        scenario.moved({"d": 2.0})  # the denominator is 0 then
    assert caught.value.code == "scenario-undefined"
    assert np.isnan(scenario.effect("d", 2.0, 10.0)[0])


@pytest.mark.parametrize(
    ("values", "code"), [({"e": 1.0}, "unknown-driver"), ({"d": 9.0}, "outside-limits")]
)
def test_what_cannot_be_moved_is_refused(values: dict[str, float], code: str) -> None:
    with pytest.raises(UsageError) as caught:
        made(Way(None, 0, (1.0,))).moved(values)
    assert caught.value.code == code


def test_draws_have_the_range_that_was_said() -> None:
    assert np.quantile(SAID, [0.025, 0.5, 0.975]) == pytest.approx([-0.2, 0.5, 1.6], abs=0.12)
    other = draws_of(0.5, -0.2, 1.6, seed=4)
    assert sorted(other) == pytest.approx(sorted(SAID))
    assert abs(np.corrcoef(SAID, other)[0, 1]) < 0.4
    assert SAID.size == DRAWS


def test_limits_never_leave_what_is_possible() -> None:
    low, high = limits_of(np.array([0.9, 0.99, np.nan]), 0.95, (0.0, 1.0))
    assert 0 < low < 0.9
    assert high == 1.0
    assert limits_of(np.zeros(5), 0.0, (0.0, None)) == (0.0, 1.0)
    assert step_of(low, high) == pytest.approx(0.005)


def test_a_pull_is_a_slope_in_units_with_a_range_that_holds_the_truth() -> None:
    """Planted: 3 per unit, in 200 series of 60 points; nineteen in twenty ranges hold it."""
    held = 0
    for _ in range(200):
        x = RNG.standard_normal(60)
        y = 3 * x + 5 * RNG.standard_normal(60) + 0.2 * np.arange(60)
        found = pull(x, y)
        held += found.low <= 3 <= found.high
    assert 0.9 <= held / 200 <= 0.99


def test_a_pull_of_what_never_moved_is_endless() -> None:
    found = pull(np.ones(40), RNG.standard_normal(40))
    assert not np.isfinite(found.high) or found.high - found.low > 1e6
