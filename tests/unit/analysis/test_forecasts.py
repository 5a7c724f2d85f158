"""Forecasts: what they answer on good and on bad series, and that they say why they do not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sameboat.analysis.forecasts import forecast
from sameboat.errors import Undefined, UsageError

MONTHS = np.arange(72.0)
YEARLY = 10 * np.sin(2 * np.pi * MONTHS / 12)


def seasonal(noise: float = 1.0, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return 100 + 0.5 * MONTHS + YEARLY + noise * rng.standard_normal(72)


def test_a_clear_trend_and_season_are_continued() -> None:
    found = forecast(seasonal(noise=0.5), season=12, horizon=12)
    ahead = np.arange(72.0, 84.0)
    truth = 100 + 0.5 * ahead + 10 * np.sin(2 * np.pi * ahead / 12)
    assert np.abs(found.mean - truth).mean() < 1.0
    assert "season of 12" in found.method


def test_intervals_hold_the_middle_and_the_wider_level_holds_the_narrower() -> None:
    found = forecast(seasonal(), season=12, horizon=6, levels=(50, 80, 95))
    assert (found.lower[95] <= found.lower[80]).all()
    assert (found.lower[80] <= found.lower[50]).all()
    assert (found.upper[95] >= found.upper[80]).all()
    assert (found.upper[80] >= found.upper[50]).all()
    assert (found.lower[50] <= found.mean).all()
    assert (found.mean <= found.upper[50]).all()
    assert found.mean.shape == found.lower[80].shape == (6,)


def test_the_same_series_has_the_same_forecast() -> None:
    one, other = (forecast(seasonal(), season=12, horizon=6) for _ in range(2))
    assert np.array_equal(one.paths, other.paths)


def test_a_change_of_units_changes_the_forecast_by_the_same_factor() -> None:
    one = forecast(seasonal(), season=12, horizon=6)
    thousand = forecast(1000 * seasonal(), season=12, horizon=6)
    assert thousand.mean == pytest.approx(1000 * one.mean, rel=1e-6)
    assert thousand.upper[95] == pytest.approx(1000 * one.upper[95], rel=1e-6)


def test_chances_fall_as_the_target_rises_and_both_sides_make_a_whole() -> None:
    found = forecast(seasonal(), season=12, horizon=6)
    chances = [found.chance_of(target) for target in (60, 110, 125, 140, 1e6)]
    assert chances == sorted(chances, reverse=True)
    assert 0 < chances[-1] < 0.001
    assert 0.999 < chances[0] < 1
    assert found.chance_of(120) + found.chance_of(120, good="down") == pytest.approx(1)


def test_the_middle_of_the_last_period_is_reached_every_other_time() -> None:
    found = forecast(seasonal(), season=12, horizon=6)
    assert found.chance_of(float(found.mean[-1])) == pytest.approx(0.5, abs=0.01)


def test_a_mean_of_periods_is_their_sum_divided_and_surer_than_one_of_them() -> None:
    found = forecast(seasonal(), season=12, horizon=6)
    assert found.chance_of(115 * 6, over="sum") == found.chance_of(115, over="mean")
    rng = np.random.default_rng(3)
    noise = forecast(50 + rng.standard_normal(60), season=1, horizon=12)
    assert noise.total("mean").std() < 0.6 * noise.total("last").std()


def test_shares_stay_within_their_bounds_and_counts_above_zero() -> None:
    rng = np.random.default_rng(4)
    share = np.clip(0.96 + 0.02 * rng.standard_normal(40), 0, 1)
    found = forecast(share, season=1, horizon=12, bounds=(0, 1))
    assert found.paths.min() >= 0
    assert found.upper[95].max() <= 1
    falling = np.maximum(0, 40 - np.arange(36.0) + rng.standard_normal(36))
    counts = forecast(falling, season=12, horizon=24, bounds=(0, None))
    assert counts.lower[95].min() >= 0
    assert counts.mean.min() >= 0


def test_gaps_are_passed_over() -> None:
    series = seasonal(noise=0.5)
    with_gaps = series.copy()
    with_gaps[[5, 20, 21, 22, 50]] = np.nan
    whole, gaps = (forecast(s, season=12, horizon=12) for s in (series, with_gaps))
    assert np.abs(whole.mean - gaps.mean).max() < 1.5
    assert "5 values are missing" in gaps.notes


def test_one_wild_value_moves_nothing() -> None:
    series = seasonal(noise=0.5)
    wild = series.copy()
    wild[40] = 5000.0
    whole, clean = (forecast(s, season=12, horizon=12) for s in (wild, series))
    assert np.abs(whole.mean - clean.mean).max() < 2.0
    assert whole.upper[95].max() < 200
    assert "1 outlying value set no level" in whole.notes


def test_a_new_level_is_followed() -> None:
    rng = np.random.default_rng(5)
    series = np.concatenate([np.full(40, 10.0), np.full(12, 20.0)]) + rng.standard_normal(52)
    assert forecast(series, season=1, horizon=4).mean == pytest.approx(np.full(4, 20.0), abs=1.5)


def test_a_season_is_repeated_at_the_last_level_with_half_the_last_growth() -> None:
    """By hand: totals 40 and 48, so each further season adds half of 8 to the last."""
    from sameboat.analysis.repetition import repeated

    found = repeated(np.array([4.0, 16, 8, 12, 6, 18, 10, 14]), 4)
    assert found is not None
    assert found.forecast(8) == pytest.approx([7, 19, 11, 15, 8, 20, 12, 16])
    assert repeated(np.arange(7.0), 4) is None


def test_members_told_of_a_shorter_past_forecast_what_their_past_says() -> None:
    """What a member says that it would have forecast is what its own steps give from there."""
    from sameboat.analysis.autoregression import following
    from sameboat.analysis.repetition import repeated
    from sameboat.analysis.smoothing import smoothed

    values = seasonal()
    again, fitted, smooth = repeated(values, 12), following(values, 12), smoothed(values, 12)
    assert again is not None
    assert fitted is not None
    for model in (again, fitted, smooth):
        past = model.past(18)
        assert past.shape == (71, 18)
        assert np.isnan(past[60, 11:]).all()
        assert np.isfinite(past[59, :12]).all()
    shorter = repeated(values[:50], 12)
    assert shorter is not None
    assert again.past(6)[49] == pytest.approx(shorter.forecast(6))
    one_ahead = values[40:] - fitted.past(1)[39:, 0]
    assert one_ahead == pytest.approx(fitted.errors[-32:])
    assert values[1:] - smooth.past(1)[:, 0] == pytest.approx(smooth.errors[1:] @ smooth.weight)


def test_past_errors_widen_what_the_paths_know() -> None:
    """Paths that are far too narrow for what the members missed before are stretched."""
    from sameboat.analysis.members import members, middle_of
    from sameboat.analysis.spread import scaled

    values = seasonal(noise=3.0)
    found = members(values, 12)
    middle = middle_of(np.stack([one.forecast(6) for one in found]))
    rng = np.random.default_rng(2)
    paths = middle + 0.1 * rng.standard_normal((2000, 6))
    wider = scaled(paths, middle, values, found, 14.0, rng)
    assert 10 < np.std(wider - middle) / 0.1 < 60


@pytest.mark.parametrize("series", [[1, 2, 3, 4], [1, 5, 2, 8] * 6])
def test_an_exact_line_or_season_is_not_said_to_be_certain(series: list[float]) -> None:
    found = forecast(series, season=4, horizon=4)
    assert "it has followed its course exactly: the ranges are a guess" in found.notes
    assert (found.upper[80] > found.mean).all()
    assert (found.lower[80] < found.mean).all()


def test_four_points_on_a_line_go_on_in_steps() -> None:
    """Too few to tell growth by a rate from growth by steps."""
    assert forecast([1, 2, 3, 4], season=12, horizon=4).mean == pytest.approx([5, 6, 7, 8])


def test_a_series_that_is_mostly_zero_is_drawn_from_its_past_and_says_so() -> None:
    rng = np.random.default_rng(6)
    rare = rng.poisson(4, 60) * (rng.random(60) < 0.3)
    found = forecast(rare.astype(float), season=12, horizon=12)
    assert found.method.startswith("Draws from its own past values")
    assert found.mean == pytest.approx(np.full(12, rare.mean()), abs=0.5)
    assert found.lower[80].max() == 0
    assert set(np.unique(found.paths)) <= set(rare.tolist())
    off_season = np.tile([0.0, 0, 0, 0, 0, 0, 5, 9, 14, 11, 6, 0], 5) * rng.uniform(0.9, 1.1, 60)
    assert "season of 12" in forecast(off_season, season=12, horizon=12).method


def test_a_short_series_says_that_its_method_is_simple() -> None:
    found = forecast([5, 7, 6, 8, 7, 9], season=12, horizon=3)
    assert found.method.startswith("Simple smoothing")
    assert "fewer than two seasons: the time of the year is not known" in found.notes


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ([], "no value is known"),
        ([None] * 20, "no value is known"),
        ([3.0], "only 1 of 4 needed values is known"),
        ([3.0, None, 4.0, 5.0], "only 3 of 4 needed values are known"),
        ([0.0] * 30, "the series has never varied: how far it may move is not known"),
        ([7.25] * 30, "the series has never varied: how far it may move is not known"),
        ([1.0, 2.0, np.inf, 3.0, 4.0], "a value is endless or too large to reckon with"),
    ],
)
def test_a_series_that_says_nothing_of_its_future_has_a_named_reason(
    values: list[float | None], why: str
) -> None:
    with pytest.raises(Undefined) as caught:
        forecast(values, season=12, horizon=3)
    assert caught.value.why == why


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("shape", ["rare", "negative", "heavy", "huge", "tiny", "four", "gappy"])
def test_awkward_series_have_finite_bounded_answers(shape: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    series = {
        "rare": rng.poisson(3, 60) * (rng.random(60) < 0.1) + (np.arange(60) == 30),
        "negative": -50 + 10 * rng.standard_normal(60),
        "heavy": 10 + rng.standard_t(1.5, 60),
        "huge": 1e12 * np.exp(0.3 * rng.standard_normal(60).cumsum()),
        "tiny": 1e-9 * (2 + rng.random(60)),
        "four": rng.standard_normal(4),
        "gappy": np.where(rng.random(60) < 0.7, np.nan, rng.standard_normal(60)),
    }[shape].astype(float)
    found = forecast(series, season=12, horizon=24)
    reach = np.nanmax(np.abs(series))
    for told in (found.mean, found.lower[95], found.upper[95]):
        assert np.isfinite(told).all()
        assert np.abs(told).max() < 200 * reach


@pytest.mark.parametrize(
    "wrong",
    [
        {"season": 0}, {"horizon": 0}, {"horizon": 10**6}, {"levels": (80, 100)},
        {"bounds": (1, 1)}, {"bounds": (0, 1)},
    ],
)  # fmt: skip
def test_arguments_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    arguments: dict[str, object] = {"season": 12, "horizon": 6, **wrong}
    with pytest.raises(UsageError):
        forecast(seasonal(), **arguments)  # type: ignore[arg-type]


def test_wrong_words_for_a_chance_are_refused() -> None:
    found = forecast(seasonal(), season=12, horizon=3)
    for wrong in ({"good": "better"}, {"over": "median"}):
        with pytest.raises(UsageError):
            found.chance_of(100, **wrong)  # type: ignore[arg-type]
    with pytest.raises(UsageError):
        found.chance_of(float("nan"))


def _steady(seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    return 100 + rng.normal(0, 2, 59), 100 + rng.normal(0, 2, 6)


def test_one_last_value_far_from_all_before_leaves_open_whether_it_stays() -> None:
    """The ranges once held neither the old level nor the new one."""
    held = 0.0
    for seed in range(20):
        past, future = _steady(seed)
        found = forecast(np.append(past, 300.0), season=12, horizon=6)
        held += float(np.mean((found.lower[95] <= future) & (future <= found.upper[95]))) / 20
        assert (found.upper[80] > 290).all()
        assert np.abs(found.mean - 100).max() < 5
    assert held >= 0.9
    assert "a return and a new level" in found.notes[-1]


def test_two_last_values_at_a_new_level_are_more_likely_to_stay() -> None:
    past, _ = _steady(3)
    found = forecast(np.concatenate([past, [150.0, 151.0]]), season=12, horizon=6)
    assert np.abs(found.mean - 150).max() < 8
    assert (found.lower[95] < 105).all()


def test_a_far_value_that_has_passed_sets_no_level() -> None:
    past, _ = _steady(4)
    found = forecast(np.concatenate([past, [300.0, 101.0]]), season=12, horizon=6)
    assert (found.upper[95] < 130).all()


@pytest.mark.parametrize("growth", [1.1, 2.0])
def test_growth_by_a_rate_is_no_far_value(growth: float) -> None:
    rng = np.random.default_rng(1)
    values = growth ** np.arange(30.0) * np.exp(rng.normal(0, 0.05, 30))
    found = forecast(values, season=1, horizon=3)
    assert not [note for note in found.notes if "new level" in note]
    assert found.mean[0] > values[-1]


@pytest.mark.parametrize(
    "asked",
    [
        {"horizon": 2.5}, {"horizon": True}, {"season": 12.0}, {"levels": ("80",)},
        {"levels": (0.8,)}, {"bounds": (1,)}, {"bounds": ("a", None)},
    ],
)  # fmt: skip
def test_what_is_asked_in_the_wrong_form_is_told(asked: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as refused:
        forecast(_steady(1)[0], **{"season": 12, "horizon": 2, **asked})
    assert refused.value.code == "wrong-type"
    assert refused.value.why


@pytest.mark.parametrize("target", ["a", None, float("nan")])
def test_a_target_is_a_finite_number(target: Any) -> None:
    with pytest.raises(UsageError):
        forecast(_steady(1)[0], season=12, horizon=2).chance_of(target)


@pytest.mark.parametrize("gone", [1, 12, 15, 40])
def test_a_series_that_ended_long_ago_is_forecast_from_what_is_known(gone: int) -> None:
    """Nothing known within the last seasons was once a warning, and a forecast of nothing."""
    past, _ = _steady(5)
    found = forecast(np.concatenate([past, np.full(gone, np.nan)]), season=4, horizon=3)
    assert np.isfinite(found.paths).all()
    assert np.abs(found.mean - 100).max() < 10
