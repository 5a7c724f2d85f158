"""Noise that is routine, and draws that hit a given count."""

from __future__ import annotations

import numpy as np
import pytest

from sameboat.demo.chance import beyond, chosen, fires, means, medians, routine, settled


@pytest.mark.parametrize(
    "odd",
    [
        [5, 4, 6, 5, 4, 6, 5, 4, 6, 5, 4, 16],
        [5, 4, 6, 5, 4, 6, 7, 8, 7, 8, 7, 8, 7, 8, 4, 5, 4, 5, 4, 3, 4, 3],
        [5, 6, 5, 6, 1, 2, 3, 4, 5, 6, 7, 5, 6, 5],
    ],
    ids=["far out", "one side", "a climb"],
)
def test_a_series_with_a_pattern_fires(odd: list[float]) -> None:
    assert fires(np.array(odd, dtype=float))


def test_a_flat_series_does_not_fire() -> None:
    assert not fires(np.full(9, 4.0))


def test_missing_points_are_passed_over() -> None:
    quiet = np.array([5.0, 6, np.nan, 5, 4, 6, 5, np.nan, 4, 5, 6, 5])
    assert not fires(quiet)
    assert fires(np.append(quiet, 15.0))


def test_routine_noise_never_fires_and_ends_as_asked() -> None:
    """Over many seeds: quiet, of the spread asked for, with the last points given."""
    for seed in range(25):
        noise = routine(np.random.default_rng(seed), 40, 2.0, ends=(1.5, -2.5))
        assert not fires(noise)
        assert tuple(noise[-2:]) == (1.5, -2.5)
        assert noise.std() == pytest.approx(2.0, rel=0.15)


def test_routine_noise_follows_another_series() -> None:
    rng = np.random.default_rng(1)
    like = rng.normal(size=60)
    noise = routine(rng, 60, 1.0, like=(like - like.mean()) / like.std(), coupling=0.8)
    assert np.corrcoef(noise, like)[0, 1] > 0.65


def test_steady_noise_leaves_a_rolling_mean_still() -> None:
    noise = routine(np.random.default_rng(2), 36, 1.0, steady=12)
    assert np.abs(np.convolve(noise, np.full(12, 1 / 12), "valid")).max() <= 0.2


def test_noise_is_quiet_round_the_centre_that_later_points_moved() -> None:
    noise = routine(np.random.default_rng(3), 40, 1.0, then=[-4.0] * 8)
    assert not fires(noise, -32 / 48)


def test_what_cannot_be_quiet_is_refused() -> None:
    with pytest.raises(ValueError, match="no quiet series"):
        routine(np.random.default_rng(0), 12, 1.0, ends=(50.0,))


def test_beyond_adds_noise_before_and_after() -> None:
    shown = np.arange(5.0)
    whole = beyond(np.random.default_rng(0), shown, 1.0, 12, before=3)
    assert len(whole) == 12
    assert (whole[3:8] == shown).all()


def test_settled_draws_again_until_every_series_is_quiet() -> None:
    rng = np.random.default_rng(5)
    group = np.repeat(np.arange(30), 40)
    drawn = settled(lambda: rng.random(1200) < 0.3, lambda flags: means(group, flags, 30))
    assert not fires(means(group, drawn, 30))


def test_chosen_takes_exactly_the_count_of_each_group() -> None:
    group = np.array([2, 0, 1, 0, 2, 2, 0, 1])
    taken = chosen(np.random.default_rng(0), group, np.array([2, 0, 5]))
    assert [int(taken[group == g].sum()) for g in range(3)] == [2, 0, 3]


def test_chosen_prefers_weight() -> None:
    group, weight = np.zeros(4000, dtype=np.int64), np.repeat((0.0, 2.0), 2000)
    taken = chosen(np.random.default_rng(0), group, np.array([500]), weight)
    assert taken[2000:].sum() > 3 * taken[:2000].sum()


def test_means_and_medians_leave_groups_without_members_undefined() -> None:
    group, values = np.array([0, 0, 2, -1, 5]), np.array([1, 4, 7, 100, 100])
    np.testing.assert_array_equal(means(group, values, 3), [2.5, np.nan, 7.0])
    assert medians(np.array([0, 0, 0, 1, 1]), np.array([9, 1, 2, 4, 6]), 2).tolist() == [2.0, 5.0]
