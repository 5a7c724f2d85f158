"""Ticks are round and in sight; places keep their order and their distance."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sameboat.charts.labels import spread, text_width
from sameboat.charts.scales import Scale, decimals, from_zero, reach, ticks

sizes = st.floats(-1e12, 1e12, allow_nan=False)


@given(sizes, st.floats(1e-6, 1e12), st.integers(2, 6))
def test_ticks_lie_inside_evenly_apart_and_are_few(low: float, width: float, most: int) -> None:
    high = low + width
    assume(width > abs(low) * 1e-6)
    found = ticks(low, high, most=most)
    assert 1 <= len(found) <= most
    assert all(low - width * 1e-6 <= tick <= high + width * 1e-6 for tick in found)
    steps = [b - a for a, b in itertools.pairwise(found)]
    assert all(step == pytest.approx(steps[0], rel=1e-6) for step in steps)


@given(st.floats(1e-9, 1e15))
def test_ticks_from_zero_reach_the_greatest_value(high: float) -> None:
    found = from_zero(high)
    assert found[0] == 0
    assert found[-1] >= high * (1 - 1e-9)
    assert found[-1] <= high * 5
    assert len(found) <= 3


@given(st.lists(st.none() | st.floats(allow_nan=True, allow_infinity=True), max_size=9))
def test_a_reach_is_never_empty(values: list[float | None]) -> None:
    low, high = reach(values)
    assert low < high or high > 1e300


@given(st.lists(st.floats(0, 100), min_size=1, max_size=8), st.floats(0, 30))
def test_places_keep_order_distance_and_edges(wanted: list[float], gap: float) -> None:
    places = spread(wanted, gap=gap, low=0, high=100)
    gap = min(gap, 100 / max(1, len(wanted) - 1))
    assert all(-1e-6 <= place <= 100 + 1e-6 for place in places)
    ordered = sorted(places)
    assert all(b - a >= gap - 1e-6 for a, b in itertools.pairwise(ordered))
    by_wish = [place for _, place in sorted(zip(wanted, places, strict=True))]
    assert all(b >= a - 1e-6 for a, b in itertools.pairwise(by_wish))


def test_labels_that_do_not_touch_stay_where_they_are() -> None:
    assert spread([10, 40, 80], gap=14, low=0, high=100) == (10, 40, 80)


def test_a_scale_hits_both_ends() -> None:
    scale = Scale(2, 4, 100, 0)
    assert (scale(2), scale(4), scale(3)) == (100, 0, 50)


def test_decimals_tell_ticks_apart() -> None:
    assert [decimals(step) for step in (1, 0.5, 0.25, 0.002, 1000)] == [0, 1, 2, 3, 0]


def test_wide_scripts_are_counted_wide() -> None:
    assert text_width("売上高") > text_width("abc")
