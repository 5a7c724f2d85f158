"""A season is found where there is one, and seldom where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from sameboat.analysis.seasons import EVIDENCE, seasonality


def slow(rng: np.random.Generator, size: int, memory: float) -> np.ndarray:
    noise = rng.standard_normal(size + 50)
    for at in range(1, size + 50):
        noise[at] += memory * noise[at - 1]
    return noise[50:]


def test_the_chance_is_that_of_a_two_way_table() -> None:
    """By hand, without slope or correlation: quarters as columns of a balanced table."""
    rng = np.random.default_rng(1)
    years = rng.standard_normal((200, 4)).round(2)
    found = seasonality(years.ravel(), 4)
    columns = years.mean(axis=0)
    between = 200 * float(((columns - years.mean()) ** 2).sum()) / 3
    within = float(((years - columns) ** 2).sum()) / (800 - 4)
    from scipy.stats import f

    assert found.chance == pytest.approx(float(f.sf(between / within, 3, 796)), abs=0.02)


def test_fewer_than_two_seasons_show_none() -> None:
    values = np.tile(np.arange(12.0), 2)[:23]
    assert seasonality(values, 12).chance is None
    assert seasonality(np.tile(np.arange(12.0), 2), 12).found


def test_a_constant_series_and_missing_values_are_no_season() -> None:
    assert not seasonality([5.0] * 48, 12).found
    gaps = np.tile([10.0, 14.0, 9.0, 7.0], 6) + np.arange(24) % 5 * 0.1
    gaps[[3, 9, 14]] = np.nan
    assert seasonality(gaps, 4).found


def test_a_change_of_level_at_a_declared_break_does_not_hide_the_season() -> None:
    rng = np.random.default_rng(2)
    values = np.tile([1.0, 3.0, 0.0, 2.0], 8) + 0.3 * rng.standard_normal(32)
    values[16:] += 20
    assert seasonality(values, 4, breaks=(16,)).found


@pytest.mark.parametrize(("period", "size"), [(4, 16), (12, 24), (12, 60), (52, 104)])
@pytest.mark.parametrize("memory", [0.0, 0.4])
def test_noise_and_slow_noise_seldom_show_a_season(period: int, size: int, memory: float) -> None:
    rng = np.random.default_rng([period, size])
    found = np.mean([seasonality(slow(rng, size, memory), period).found for _ in range(400)])
    allowed = EVIDENCE if memory == 0 else 3 * EVIDENCE
    assert found <= allowed + 3 * np.sqrt(allowed / 400)
