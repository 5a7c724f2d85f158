"""How an index reacts to its weights, beside trying many weightings."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sameboat.analysis.weights import weight_sensitivity
from sameboat.errors import Undefined, UsageError

FIGURES = st.lists(st.floats(-1000, 1000), min_size=1, max_size=4)
WEIGHTS = st.lists(st.floats(0.01, 10), min_size=4, max_size=4)


def mean(figures: dict[str, float], weights: dict[str, float]) -> float:
    return sum(weights[k] * figures[k] for k in figures) / sum(weights.values())


@given(FIGURES, WEIGHTS, st.floats(0, 0.99))
def test_the_range_is_that_of_every_corner(
    listed: list[float], weights: list[float], band: float
) -> None:
    """A quotient of linear functions has its ends at corners: all of them are tried."""
    figures = {str(at): figure for at, figure in enumerate(listed)}
    given_weights = {name: weights[at] for at, name in enumerate(figures)}
    found = weight_sensitivity(figures, given_weights, band=band)
    corners = [
        mean(figures, {k: given_weights[k] * f for k, f in zip(figures, factors, strict=True)})
        for factors in itertools.product((1 - band, 1 + band), repeat=len(figures))
    ]
    assert found.low == pytest.approx(min(corners), abs=1e-9)
    assert found.high == pytest.approx(max(corners), abs=1e-9)
    assert found.low - 1e-9 <= found.value <= found.high + 1e-9
    for low, high in found.by_weight.values():
        assert found.low - 1e-9 <= low <= high <= found.high + 1e-9


def test_parts_that_agree_leave_no_room() -> None:
    """Where both parts stand at 50, no weighting gives anything else."""
    found = weight_sensitivity({"a": 50, "b": 50}, {"a": 3, "b": 1})
    assert (found.low, found.value, found.high, found.spread) == (50, 50, 50, 0)


def test_one_weight_at_a_time_by_hand() -> None:
    """A weight of 3 beside 1 varied by a third: 2 and 4 of 3 and 5."""
    found = weight_sensitivity({"a": 120, "b": 60}, {"a": 3, "b": 1}, band=1 / 3)
    assert found.value == 105
    assert found.by_weight["a"] == pytest.approx(((2 * 120 + 60) / 3, (4 * 120 + 60) / 5))


def test_a_direction_that_hangs_on_the_weights_is_told() -> None:
    """One part rose, one fell as much: whether the index rose is a matter of the weights."""
    change = {"a": 10.0, "b": -10.0}
    assert not weight_sensitivity(change, {"a": 1.1, "b": 1}).same_side(of=0)
    assert weight_sensitivity(change, {"a": 5, "b": 1}).same_side(of=0)


@pytest.mark.parametrize(
    ("figures", "weights", "band"),
    [
        ({}, {}, 0.2),
        ({"a": 1}, {"b": 1}, 0.2),
        ({"a": 1}, {"a": 0}, 0.2),
        ({"a": 1, "b": 1}, {"a": 1, "b": -1}, 0.2),
        ({"a": 1}, {"a": 1}, 1.5),
    ],
)
def test_what_cannot_be_weighed_is_refused(
    figures: dict[str, float], weights: dict[str, float], band: float
) -> None:
    """Missing or negative weights and a band above 1 have no meaning."""
    with pytest.raises(UsageError):
        weight_sensitivity(figures, weights, band=band)


def test_an_undefined_part_leaves_the_index_undefined() -> None:
    """Never a mean of what is left."""
    with pytest.raises(Undefined):
        weight_sensitivity({"a": float("nan"), "b": 1}, {"a": 1, "b": 1})
