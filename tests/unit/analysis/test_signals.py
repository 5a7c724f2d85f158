"""What the process chart says of series that one can check by eye."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sameboat.analysis.limits import AHEAD, MINIMUM, factors
from sameboat.analysis.signals import Chart, xmr
from sameboat.analysis.tails import tails
from sameboat.errors import Undefined, UsageError

CALM = np.array([5, 4, 6, 5, 7, 5, 4, 6, 5, 6, 4, 5, 6, 5, 4, 5, 7, 4, 5, 6, 5, 4, 6, 5.0])


def rules(chart: Chart) -> set[str]:
    return {signal.rule for signal in chart.signals}


def test_limits_are_the_mean_and_the_factor_times_the_standard_deviation_of_the_baseline() -> None:
    chart = xmr([*CALM, 5, 6], baseline=24)
    reach = factors(24).limit * CALM.std(ddof=1)
    assert chart.centre == pytest.approx(np.full(26, CALM.mean()))
    above = tails(CALM).above  # the few sixes and sevens make it a little lopsided
    assert 1 < above < 1.25
    assert chart.upper == pytest.approx(np.full(26, CALM.mean() + reach * above))
    assert chart.lower == pytest.approx(np.full(26, CALM.mean() - reach))
    assert chart.verdict == "routine"
    assert chart.headline is None
    assert chart.better is None


def test_limits_of_a_short_baseline_are_wider() -> None:
    assert factors(8).limit > factors(12).limit > factors(24).limit > factors(1e9).limit > 3


def test_a_point_beyond_the_limits_is_a_signal() -> None:
    chart = xmr([*CALM, 5, 12], baseline=24, good="up")
    assert [(signal.index, signal.rule) for signal in chart.signals] == [(25, "beyond-limit")]
    assert chart.verdict == "signal"
    assert chart.direction == "above"
    assert chart.better is True
    assert chart.ongoing
    assert chart.headline is not None
    assert chart.headline.words("weeks") == "above the upper limit"


def test_eight_points_in_a_row_below_the_centre_are_a_signal_and_seven_are_not() -> None:
    seven, eight = xmr([*CALM, *[4] * 7], baseline=24), xmr([*CALM, *[4] * 8], baseline=24)
    assert seven.verdict == "routine"
    assert eight.verdict == "signal"
    assert [signal.index for signal in eight.signals] == list(range(24, 32))
    assert eight.headline is not None
    assert eight.headline.words("weeks") == "8 weeks below centre"
    assert eight.headline.first == 24


def test_points_so_near_the_centre_that_it_may_lie_beyond_them_do_not_make_a_run() -> None:
    """The guard: after 24 points the centre is known to about a fifth of a sigma."""
    centre, sigma = CALM.mean(), CALM.std(ddof=1)
    inside = centre + 0.9 * factors(24).guard * sigma
    outside = centre + 1.1 * factors(24).guard * sigma
    assert xmr([*CALM, *[inside] * 12], baseline=24).verdict == "routine"
    assert xmr([*CALM, *[outside] * 12], baseline=24).verdict == "signal"


def test_two_of_three_points_near_a_limit_are_a_signal() -> None:
    near = CALM.mean() - 0.75 * factors(24).limit * CALM.std(ddof=1)
    assert xmr([*CALM, near, 5, 5, near], baseline=24).verdict == "routine"
    chart = xmr([*CALM, near, 5, near], baseline=24, good="up")
    assert rules(chart) == {"near-limit"}
    assert [signal.index for signal in chart.signals] == [24, 26]
    assert chart.better is False
    assert chart.headline is not None
    assert chart.headline.words("weeks") == "2 weeks near the lower limit"


def test_a_run_heads_the_verdict_before_a_point_beyond_the_limits() -> None:
    chart = xmr([*CALM, *[4] * 8, -9], baseline=24)
    assert rules(chart) == {"run", "beyond-limit"}
    assert chart.headline is not None
    assert chart.headline.words("weeks") == "9 weeks below centre"


def test_a_signal_before_the_recent_points_stays_on_the_chart_and_leaves_the_verdict() -> None:
    values = [*CALM, 15, *CALM[:14]]
    chart = xmr(values, baseline=24)
    assert [signal.index for signal in chart.signals] == [24]
    assert chart.verdict == "routine"
    assert xmr(values, baseline=24, recent=20).verdict == "signal"
    assert not xmr(values, baseline=24, recent=20).ongoing


def test_the_latest_points_do_not_widen_their_own_limits() -> None:
    before, after = xmr([*CALM, *CALM[:12]]), xmr([*CALM, *(CALM[:12] + 40)])
    assert after.verdict == "signal"
    assert after.upper[-1] == before.upper[-1]
    assert after.judged_from == 24
    assert after.baseline == 24


def test_a_level_that_changed_long_ago_is_still_judged_by_the_points_before_it() -> None:
    chart = xmr([*CALM, *CALM, *(CALM + 5), *CALM[:6] + 5])
    assert chart.verdict == "signal"
    assert chart.headline is not None
    assert (chart.headline.first, chart.headline.count) == (48, 30)
    assert chart.centre[-1] == pytest.approx(CALM.mean())
    assert any("30 points ago" in note for note in chart.notes)


def test_a_level_that_has_held_for_52_points_is_the_usual_one() -> None:
    chart = xmr([*CALM, *np.resize(CALM + 9, 60)])
    assert chart.verdict == "routine"
    assert [(phase.first, phase.last, phase.declared) for phase in chart.phases] == [
        (0, 23, True),
        (24, 83, False),
    ]


def test_one_extreme_point_of_the_baseline_does_not_set_limits_and_is_marked() -> None:
    values = [*CALM[:10], 60, *CALM[:13], 5, 11]
    chart = xmr(values, baseline=24)
    assert chart.set_aside == (10,)
    assert chart.baseline == 23
    assert {signal.index for signal in chart.signals} == {10, 25}
    assert chart.upper[-1] < 11


def test_each_phase_has_limits_of_its_own() -> None:
    chart = xmr([*CALM, *(CALM + 20)], breaks=[24])
    assert [phase.centre for phase in chart.phases] == pytest.approx(
        [CALM.mean(), CALM[:12].mean() + 20]
    )
    assert chart.centre[23] < 10 < chart.centre[24]
    assert chart.verdict == "routine"
    assert np.isnan(chart.moving_range[24])


def test_a_phase_too_young_for_limits_is_too_few_and_the_old_limits_stay_drawn() -> None:
    chart = xmr([*CALM, 25, 26, 25], breaks=[24])
    assert chart.verdict == "too-few"
    assert chart.why == "3 points since the last break; limits need 8"
    assert np.isnan(chart.centre[24:]).all()
    assert not np.isnan(chart.centre[:24]).any()


@pytest.mark.parametrize("count", range(8))
def test_fewer_than_eight_points_are_too_few(count: int) -> None:
    chart = xmr([1.0, 9.0, *CALM][:count])
    assert chart.verdict == "too-few"
    assert chart.why == f"{count} point{'' if count == 1 else 's'}; limits need {MINIMUM}"
    assert chart.signals == ()
    assert chart.centre.size == count


def test_missing_values_are_too_few_when_nothing_else_is_there() -> None:
    assert xmr([None] * 30).verdict == "too-few"


def test_a_missing_value_is_skipped_and_never_breaks_a_run() -> None:
    chart = xmr([*CALM, 4, 4, 4, None, 4, 4, float("nan"), 4, 4, 4], baseline=24)
    assert chart.headline is not None
    assert chart.headline.words("weeks") == "8 weeks below centre"
    assert np.isnan(chart.centre[27])
    assert chart.moving_range[28] == 0


@pytest.mark.parametrize(("missing", "verdict"), [(1, "incomplete"), (2, "stale"), (9, "stale")])
def test_missing_latest_values_leave_no_verdict_and_keep_the_signals(
    missing: int, verdict: str
) -> None:
    chart = xmr([*CALM, 15, *[None] * missing], baseline=24)
    assert chart.verdict == verdict
    assert chart.why
    assert len(chart.signals) == 1
    assert chart.latest == 24


def test_a_constant_series_is_routine_within_limits_of_no_width() -> None:
    chart = xmr([0.1] * 30)
    assert chart.verdict == "routine"
    assert chart.upper[-1] == pytest.approx(0.1)
    assert chart.lower[-1] == pytest.approx(0.1)


def test_a_constant_baseline_says_nothing_about_a_later_point_that_differs() -> None:
    with pytest.raises(Undefined) as caught:
        xmr([0] * 24 + [1, 0, 0])
    assert caught.value.code == "no-variation"
    assert "are all 0" in caught.value.why


def test_a_run_away_from_a_constant_baseline_is_a_signal() -> None:
    chart = xmr([0] * 24 + [1, 2, 1, 1, 2, 1, 1, 1], baseline=24)
    assert chart.verdict == "signal"
    assert rules(chart) == {"run"}


def test_wider_limits_for_smaller_denominators() -> None:
    n = np.array([400, 100, 25] * 12)
    share = np.array([0.10, 0.12, 0.09, 0.11] * 9)
    chart = xmr(share, n=n, baseline=24)
    width = chart.upper - chart.centre
    assert width[33] < width[34] < width[35]
    assert (chart.lower >= 0).all()
    assert (chart.upper <= 1).all()


def test_a_share_that_jumps_is_routine_on_few_cases_and_a_signal_on_many() -> None:
    rng = np.random.default_rng(4)
    n = np.full(36, 200)
    share = rng.binomial(n, 0.10) / n
    few, many = n.copy(), n.copy()
    few[-1], share[-1] = 10, 0.30
    assert xmr(share, n=few, baseline=24).verdict == "routine"
    assert xmr(share, n=many, baseline=24).verdict == "signal"


def test_the_centre_of_a_proportion_is_the_ratio_of_sums_when_only_chance_moves_it() -> None:
    n = np.array([10, 1000] * 12)
    share = np.array([0.2, 0.1] * 12)
    chart = xmr(share, n=n, baseline=24)
    assert chart.centre[0] == pytest.approx(np.sum(share * n) / np.sum(n))


def test_one_case_among_many_zeros_is_not_a_signal() -> None:
    cases = np.zeros(36)
    cases[-1] = 1
    assert xmr(cases / 50, n=np.full(36, 50)).verdict == "routine"


def test_a_share_of_so_few_cases_that_none_could_stand_out_is_too_few_to_say() -> None:
    half = np.array([2, 3, 1, 2, 2, 1, 3, 2] * 4) / 4
    chart = xmr(half, n=np.full(32, 4))
    assert chart.verdict == "too-few"
    assert chart.why == "n = 4 in the latest point: any share would be routine"
    assert xmr(half, n=np.full(32, 400)).verdict == "routine"


def test_limits_that_leave_nothing_out_do_not_call_a_share_routine() -> None:
    """A baseline over two regimes that drift: whatever comes next lies within its limits."""
    drift = [0.5, 0.38, 0.35, 0.36, 0.39, *np.linspace(0.12, 0.21, 40)]
    shares = np.array([*drift, *[0.2] * 8, 0.0, 0.0, 0.0, 0.0])
    for chart in (xmr(shares, n=np.full(shares.size, 1200.0)), xmr(shares, bounds=(0, 1))):
        assert (chart.verdict, chart.why) == ("too-few", "any value would be routine")
    assert xmr(shares[5:], n=np.full(shares.size - 5, 1200.0)).verdict == "signal"


def test_a_denominator_of_zero_makes_a_missing_point() -> None:
    n = np.full(26, 50.0)
    n[-2:] = 0
    assert xmr(np.full(26, 0.1), n=n).verdict == "stale"


def test_a_season_is_taken_out_before_judging() -> None:
    rng = np.random.default_rng(1)
    season = np.resize([-20.0, 0, 5, 30, 10, -5, 0, 2, -8, 14, -18, -10], 60)
    values = 100 + season + rng.normal(0, 2, 60)
    chart = xmr(values, season=12)
    assert chart.verdict == "routine"
    assert chart.centre[51] - chart.centre[48] == pytest.approx(50, abs=6)
    values[-1] += 30
    assert xmr(values, season=12).verdict == "signal"
    assert xmr(values).verdict == "routine", "hidden by the season's own movement"


def test_less_than_two_seasons_cannot_be_judged() -> None:
    chart = xmr(CALM[:20], season=12)
    assert chart.verdict == "too-few"
    assert chart.why == "20 points; a season of 12 takes two full seasons, 24 points"


def test_a_steward_may_want_a_range_and_a_signal_is_better_when_it_leads_there() -> None:
    up = [*CALM, 12.0]
    assert xmr(up, baseline=24, good=(11, 13)).better is True
    assert xmr(up, baseline=24, good={"between": [4, 6]}).better is False
    assert xmr(up, baseline=24, good=(0, 20)).better is None


def test_neighbours_that_agree_are_named_and_judged_more_loosely() -> None:
    rng = np.random.default_rng(2)
    slow = np.convolve(rng.normal(size=60), np.ones(3) / 3, "valid")[:48]
    chart = xmr([*slow, *slow[:6]], baseline=48)
    assert chart.correlation is not None
    assert chart.correlation > 0.4
    assert any("Neighbouring points agree" in note for note in chart.notes)
    assert chart.upper[0] - chart.centre[0] > factors(48).limit * slow.std(ddof=1)


def test_moving_ranges_are_the_steps_from_point_to_point() -> None:
    chart = xmr(CALM, baseline=24)
    assert math.isnan(chart.moving_range[0])
    assert chart.moving_range[1:] == pytest.approx(np.abs(np.diff(CALM)))
    assert chart.moving_range_limit == pytest.approx(
        math.sqrt(2) * factors(24).limit * CALM.std(ddof=1)
    )


def test_a_baseline_longer_than_the_series_is_judged_as_if_none_were_given() -> None:
    assert xmr(CALM[:20], baseline=24).judged_from == xmr(CALM[:20]).judged_from == 10


def test_a_baseline_under_eight_points_is_too_few() -> None:
    chart = xmr(CALM, baseline=7)
    assert chart.verdict == "too-few"
    assert chart.why == "a baseline of 7 points; limits need 8"


@pytest.mark.parametrize(
    ("values", "options"),
    [
        ([[1.0, 2.0]], {}),
        (["a", "b"], {}),
        (CALM, {"n": [1, 2]}),
        (CALM, {"n": -CALM}),
        (CALM, {"breaks": [99]}),
        (CALM, {"baseline": 0}),
        (CALM, {"season": 1}),
        (CALM, {"good": "sideways"}),
        (CALM, {"good": (1,)}),
        (CALM, {"recent": 0}),
    ],
)
def test_wrong_use_is_refused_in_words(values: object, options: dict[str, object]) -> None:
    with pytest.raises(UsageError) as caught:
        xmr(values, **options)  # type: ignore[arg-type]
    assert caught.value.code == "wrong-type"


def test_an_endless_value_is_undefined() -> None:
    with pytest.raises(Undefined) as caught:
        xmr([*CALM, math.inf])
    assert caught.value.code == "figure-not-finite"


SERIES = st.lists(
    st.one_of(st.none(), st.floats(-1e9, 1e9), st.sampled_from([0.0, 1.0, 5.0])), max_size=90
)


@settings(deadline=None)
@given(
    SERIES,
    st.one_of(st.none(), st.integers(8, 30)),
    st.lists(st.integers(0, 20), max_size=2),
    st.one_of(st.none(), st.sampled_from([2, 4, 7, 12])),
)
def test_any_series_gets_a_bounded_answer_or_a_named_reason(
    values: list[float | None], baseline: int | None, breaks: list[int], season: int | None
) -> None:
    breaks = [at for at in breaks if at <= len(values)]
    try:
        chart = xmr(values, baseline=baseline, breaks=breaks, season=season)
    except Undefined as error:
        if error.code != "no-variation":
            raise
        return
    assert len(chart.centre) == len(chart.lower) == len(chart.upper) == len(values)
    known = ~np.isnan(chart.centre)
    assert np.isfinite(chart.lower[known]).all()
    assert np.isfinite(chart.upper[known]).all()
    assert (chart.lower[known] <= chart.centre[known]).all()
    assert (chart.centre[known] <= chart.upper[known]).all()
    assert all(values[signal.index] is not None for signal in chart.signals)
    assert (chart.verdict == "signal") <= bool(chart.signals)


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 100), min_size=20, max_size=60),
    st.integers(-5, 5),
    st.sampled_from([0.5, 1.0, 2.0, 8.0]),
)
def test_the_verdict_does_not_depend_on_the_unit(
    values: list[int], offset: int, scale: float
) -> None:
    """Counting in other units, from another zero, changes no signal."""
    plain = np.array(values, dtype=float)
    try:
        one = xmr(plain)
    except Undefined:
        with pytest.raises(Undefined):
            xmr(plain * scale + offset)
        return
    other = xmr(plain * scale + offset)
    assert other.verdict == one.verdict
    assert [(s.index, s.rule) for s in other.signals] == [(s.index, s.rule) for s in one.signals]
    assert other.upper == pytest.approx(one.upper * scale + offset)


@settings(deadline=None)
@given(st.lists(st.integers(0, 100), min_size=20, max_size=60))
def test_turning_a_series_upside_down_turns_its_signals(values: list[int]) -> None:
    plain = np.array(values, dtype=float)
    try:
        one, other = xmr(plain), xmr(-plain)
    except Undefined:
        return
    assert {(s.index, s.rule) for s in one.signals} == {(s.index, s.rule) for s in other.signals}
    assert other.lower == pytest.approx(-one.upper)


def test_the_promise_is_about_twelve_points() -> None:
    assert AHEAD == 12


def test_a_lopsided_baseline_has_wider_limits_on_that_side() -> None:
    """Waiting times: long ones are as usual as none below the shortest."""
    waits = np.exp(np.linspace(-1.5, 1.5, 24))[np.random.default_rng(1).permutation(24)]
    chart = xmr([*waits, 1.0], baseline=24)
    up, down = chart.upper[-1] - chart.centre[-1], chart.centre[-1] - chart.lower[-1]
    assert up > 1.3 * down
    assert xmr([*waits, chart.upper[-1] * 0.99], baseline=24).verdict == "routine"


def test_many_far_points_of_a_baseline_are_how_it_is_and_not_strays() -> None:
    values = CALM.copy()
    values[[3, 11, 19]] = 25
    chart = xmr([*values, 5, 25], baseline=24)
    assert chart.set_aside == ()
    assert chart.verdict == "routine"


def test_a_series_mostly_of_zeros_has_limits_that_hold_its_own_cases() -> None:
    """Zero-inflated: a rare case among zeros is no signal, and a flood of them is."""
    values = [0, 0, 0, 2, 0, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 0, 1, 0, 0, 2, 0, 0, 0]
    assert xmr([*values, 0, 3], baseline=24).verdict == "routine"
    assert xmr([*values, 0, 40], baseline=24).verdict == "signal"


def test_shares_that_vary_by_chance_alone_have_limits_that_chance_sets() -> None:
    """Ten weeks of 100 cases each: within four standard errors of the share, not seven."""
    share = np.array([0.38, 0.43, 0.40, 0.37, 0.44, 0.41, 0.39, 0.42, 0.40, 0.36])
    chart = xmr([*share, 0.4], n=[100] * 11, baseline=10)
    error = math.sqrt(0.4 * 0.6 / 100)
    assert chart.upper[-1] - chart.centre[-1] < 5.5 * error
    assert xmr([*share, 0.4 + 6 * error], n=[100] * 11, baseline=10).verdict == "signal"


@pytest.mark.parametrize("tail", [[-5.0] * 3, [-1e9, 1e9, 0.0], [1e-12, -1e-12, 0.0]])
def test_figures_below_zero_and_of_any_size_are_judged(tail: list[float]) -> None:
    chart = xmr([*(-CALM), *tail], baseline=24)
    assert chart.verdict in ("signal", "routine")
    assert np.isfinite([chart.lower[-1], chart.upper[-1]]).all()


@pytest.mark.parametrize(
    "asked",
    [
        {"baseline": 12.5}, {"baseline": "12"}, {"season": 12.0}, {"season": "x"},
        {"recent": 2.5}, {"recent": True}, {"good": (110, 90)},
    ],
)  # fmt: skip
def test_what_is_asked_in_the_wrong_form_is_told(asked: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as refused:
        xmr(np.random.default_rng(1).normal(100, 5, 40), **asked)
    assert refused.value.why


def test_figures_whose_squares_are_nothing_are_refused() -> None:
    values = np.random.default_rng(1).normal(100, 5, 40)
    assert xmr(values * 1e-90).verdict == xmr(values).verdict
    with pytest.raises(Undefined) as refused:
        xmr(values * 1e-300)
    assert refused.value.why == "the values are too small to compare"


# ── figures with bounds ──────────────────────────────────────────────────────────────────────

WAITS = np.array([3, 9, 1, 4, 14, 2, 6, 3, 5, 22, 2, 4, 7, 1, 3, 8, 2, 5, 11, 3, 4, 2, 6, 5.0])


@pytest.mark.parametrize(
    ("values", "bounds"),
    [
        (WAITS, (0, None)), (-WAITS, (None, 0)), (WAITS / 30, (0, 1)), (1 - WAITS / 30, (0, 1)),
        (WAITS * 5 - 50, (-100, 100)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("season", [None, 12])
def test_no_limit_lies_beyond_what_a_figure_can_be(
    values: np.ndarray[Any, Any], bounds: tuple[float | None, float | None], season: int | None
) -> None:
    chart = xmr(values, baseline=24, bounds=bounds, season=season)
    low, high = (-math.inf if bounds[0] is None else bounds[0],
                 math.inf if bounds[1] is None else bounds[1])  # fmt: skip
    assert (chart.lower >= low).all()
    assert (chart.upper <= high).all()
    assert (chart.lower <= chart.centre).all()
    assert (chart.centre <= chart.upper).all()


def test_a_lopsided_figure_is_judged_by_its_roots_away_from_its_bound() -> None:
    """The same waiting times: 30 more days are a signal on their own, and routine above 0."""
    open_ended, bounded = xmr(WAITS, baseline=24), xmr(WAITS, baseline=24, bounds=(0, None))
    assert bounded.upper[0] > 1.2 * open_ended.upper[0]
    assert open_ended.lower[0] < -20
    assert bounded.lower[0] == 0
    far = [*WAITS, (open_ended.upper[0] + bounded.upper[0]) / 2]
    assert xmr(far, baseline=24).verdict == "signal"
    assert xmr(far, baseline=24, bounds=(0, None)).verdict == "routine"


def test_a_fall_towards_a_bound_is_seen_before_the_bound() -> None:
    """A level of 5 with a spread near 1, from 4 to 7: a fall to 1.2 is no routine."""
    plain = xmr([*CALM, 1.2], baseline=24)
    assert plain.lower[0] < 1.2
    assert plain.verdict == "routine"
    found = xmr([*CALM, 1.2], baseline=24, bounds=(0, None))
    assert 1.2 < found.lower[0] < CALM.min()
    assert found.headline is not None
    assert found.headline.words() == "below the lower limit"


def test_bounds_far_away_change_next_to_nothing() -> None:
    values = 1000 + CALM
    plain, bounded = xmr(values), xmr(values, bounds=(0, None))
    assert bounded.centre == pytest.approx(plain.centre)
    width = plain.upper[0] - plain.centre[0]
    assert bounded.upper == pytest.approx(plain.upper, abs=0.02 * width)
    assert bounded.lower == pytest.approx(plain.lower, abs=0.12 * width)


def test_turning_a_bounded_series_upside_down_turns_its_limits() -> None:
    one, other = xmr(WAITS, bounds=(0, None)), xmr(-WAITS, bounds=(None, 0))
    assert other.lower == pytest.approx(-one.upper)
    assert other.upper == pytest.approx(-one.lower)


@pytest.mark.parametrize("bounds", [(6.0, None), (None, 6.0), (5, 5), (9, 1)])
def test_bounds_that_the_values_leave_are_refused(bounds: tuple[Any, Any]) -> None:
    with pytest.raises(UsageError) as refused:
        xmr(CALM, bounds=bounds)
    assert refused.value.code == "wrong-type"


@settings(deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.integers(0, 50)), min_size=9, max_size=60),
    st.sampled_from([(0, None), (0, 50), (-10, 60), (None, 50)]),
    st.one_of(st.none(), st.sampled_from([4, 12])),
)
def test_a_bounded_series_gets_an_answer_within_its_bounds(
    values: list[float | None], bounds: tuple[float | None, float | None], season: int | None
) -> None:
    try:
        chart = xmr(values, bounds=bounds, season=season)
    except Undefined as error:
        if error.code != "no-variation":
            raise
        return
    known = ~np.isnan(chart.centre)
    low, high = (-math.inf if bounds[0] is None else bounds[0],
                 math.inf if bounds[1] is None else bounds[1])  # fmt: skip
    assert (low <= chart.lower[known]).all()
    assert (chart.lower[known] <= chart.centre[known]).all()
    assert (chart.centre[known] <= chart.upper[known]).all()
    assert (chart.upper[known] <= high).all()


# ── counts ───────────────────────────────────────────────────────────────────────────────────

EVENTS = [53, 42, 59, 49, 39, 56, 50, 64, 44, 54, 43, 47.0]  # as chance has it around 50


def test_counts_that_vary_as_independent_events_do_have_limits_that_chance_sets() -> None:
    """The root of 50 is 7.1: without knowing that these are counts, 97 would be routine."""
    found, plain = (xmr([*EVENTS, 97], baseline=12, counts=told) for told in (True, False))
    assert plain.verdict == "routine"
    assert found.verdict == "signal"
    width = found.upper[0] - found.centre[0]
    assert 4.5 * math.sqrt(50) < width < 6.5 * math.sqrt(50)


def test_counts_that_vary_far_more_than_chance_have_the_limits_of_any_noise() -> None:
    wild = np.array([20.0, 95, 41, 70, 12, 88, 33, 61, 25, 80, 47, 55])
    found, plain = (xmr(wild, baseline=12, bounds=(0, None), counts=told) for told in (True, False))
    assert found.upper == pytest.approx(plain.upper, rel=0.05)
    assert found.lower == pytest.approx(plain.lower)


def test_counts_that_stand_still_are_not_taken_for_events() -> None:
    """400 accounts give or take two: chance would be twenty, and ten fewer are a signal."""
    stock = 400 + (CALM - 5) * 2
    found = xmr([*stock, 380], baseline=24, counts=True)
    assert found.verdict == "signal"
    assert found.upper[0] <= xmr([*stock, 380], baseline=24, bounds=(0, None)).upper[0]


def test_rare_events_have_the_limit_that_chance_leaves_them() -> None:
    """By hand: after 3 events in 24 points four in one are left less than .0004 of the chance."""
    rare = [0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    assert xmr([*rare, 3], baseline=24, counts=True).verdict == "routine"
    assert xmr([*rare, 6], baseline=24, counts=True).verdict == "signal"


def test_counts_are_never_negative() -> None:
    with pytest.raises(UsageError):
        xmr(CALM - 6, counts=True)
