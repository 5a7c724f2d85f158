"""Where a series passes into another regime."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sameboat.analysis.change_points import change_points
from sameboat.errors import Undefined, UsageError


def noise(size: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=size)


def test_a_change_of_level_is_found() -> None:
    values = noise(80) + np.where(np.arange(80) < 50, 0, 5)
    assert change_points(values) == pytest.approx((50,), abs=1)


def test_a_change_of_slope_is_found() -> None:
    at = np.arange(100)
    values = noise(100) + np.where(at < 60, 0.0, 0.6 * (at - 60))
    assert change_points(values) == pytest.approx((60,), abs=5)


def test_a_change_of_spread_is_found() -> None:
    values = noise(120) * np.where(np.arange(120) < 70, 1, 5)
    assert change_points(values) == pytest.approx((70,), abs=4)


def test_several_changes_are_found_in_order() -> None:
    values = noise(150) + np.repeat([0, 6, -2], 50)
    assert change_points(values) == pytest.approx((50, 100), abs=1)


def test_a_trend_alone_is_no_change() -> None:
    assert change_points(noise(100) + 0.3 * np.arange(100)) == ()


def test_growth_by_a_steady_rate_is_no_change() -> None:
    """Debt, population, subscribers: a bend on paper, one rule behind it."""
    years = np.arange(60)
    assert change_points(500 * np.exp(0.04 * years + 0.004 * noise(60))) == ()


def test_one_steady_bend_is_no_change() -> None:
    at = np.arange(120)
    assert change_points(300 - 1.4 * at + 0.01 * at**2 + noise(120)) == ()


def test_a_season_that_grows_with_its_level_is_no_change() -> None:
    at = np.arange(96)
    season = 0.2 * np.sin(2 * np.pi * at / 12)
    assert change_points(100 * np.exp(0.01 * at + season + 0.02 * noise(96))) == ()


def test_a_season_that_grows_stronger_is_a_change() -> None:
    at = np.arange(120)
    season = np.where(at < 60, 2, 8) * np.sin(2 * np.pi * at / 12)
    assert change_points(50 + season + noise(120)) == pytest.approx((60,), abs=5)


def test_a_level_that_drops_under_a_season_is_found() -> None:
    at = np.arange(120)
    season = np.tile([0, 4, 9, 3, -2, -5, -9, 2, 0, 6, -4, -4], 10)
    values = 100 + season + noise(120) - np.where(at < 70, 0, 8)
    assert change_points(values) == pytest.approx((70,), abs=1)


def test_a_price_that_wanders_has_few_changes_or_none() -> None:
    """Of 20 random walks, 17 at least have none."""
    walks = (100 * np.exp(np.cumsum(0.02 * noise(250, seed))) for seed in range(20))
    assert sum(bool(change_points(walk)) for walk in walks) <= 3


def test_it_is_found_beside_the_process_chart() -> None:
    """Where the written interface names it."""
    from sameboat.analysis import signals

    assert signals.change_points is change_points


def test_a_single_outlier_is_no_regime() -> None:
    values = noise(60)
    values[30] += 15
    assert change_points(values) == ()


def test_missing_values_are_skipped_and_positions_kept() -> None:
    values = noise(80) + np.where(np.arange(80) < 50, 0, 6)
    values[10:14] = math.nan
    values[47:49] = math.nan
    assert change_points(values) == pytest.approx((50,), abs=1)


def test_scale_and_shift_do_not_matter() -> None:
    values = noise(80) + np.where(np.arange(80) < 50, 0, 5)
    assert change_points(values * 1e6 - 3e7) == change_points(values)
    assert change_points(-values) == change_points(values)


def test_false_changes_are_rare() -> None:
    """Of 100 series of noise, half of them with memory, at most six have a change."""
    found = 0
    for seed in range(100):
        values = noise(104, seed)
        if seed % 2:
            for at in range(1, 104):
                values[at] += 0.4 * values[at - 1]
        found += bool(change_points(values))
    assert found <= 6


def test_a_long_series_is_thinned_and_still_told() -> None:
    values = noise(9_000) + np.where(np.arange(9_000) < 4_000, 0, 3)
    assert change_points(values) == pytest.approx((4_000,), abs=25)


@pytest.mark.parametrize(
    "values",
    [[], [1.0], [2.0] * 40, [None] * 40, [1.0, None] * 5, [0.0] * 39 + [1.0], [1, 2] * 20],
)
def test_what_holds_no_change_has_none(values: list[float | None]) -> None:
    assert change_points(values) == ()


def test_a_step_without_any_noise_is_found() -> None:
    assert change_points([3.0] * 20 + [7.0] * 20) == (20,)


def test_what_is_no_series_is_refused() -> None:
    with pytest.raises(UsageError):
        change_points(["a", "b"])  # type: ignore[list-item]
    with pytest.raises(UsageError):
        change_points([[1.0, 2.0]])  # type: ignore[list-item]
    with pytest.raises(Undefined):
        change_points([1.0, math.inf] * 10)


@settings(max_examples=60)
@given(st.lists(st.one_of(st.none(), st.floats(-1e12, 1e12)), max_size=60))
def test_any_series_has_an_answer(values: list[float | None]) -> None:
    """Changes are in order, at known points, six known points from either end at least."""
    found = change_points(values)
    known = [at for at, value in enumerate(values) if value is not None]
    assert list(found) == sorted(set(found))
    for point in found:
        assert 6 <= known.index(point) <= len(known) - 6
