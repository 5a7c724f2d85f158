"""Which elements stand apart from their siblings, whatever those scatter by."""

from __future__ import annotations

import numpy as np
import pytest

from sameboat.analysis.siblings import standing_apart

NEEDED = 8.0
"""About the gain that a cause needs among ten siblings."""


def drawn(size: int, seed: int, habit: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Means in standard errors of .01, around habits of their own."""
    rng = np.random.default_rng([size, seed])
    precision = np.full(size, 1e4)
    return rng.normal(size=size) + rng.normal(0, habit, size) * 100, precision


@pytest.mark.parametrize("size", [5, 8, 12, 30, 400])
@pytest.mark.parametrize("habit", [0.0, 0.03, 0.05])
def test_siblings_that_scatter_have_none_apart(size: int, habit: float) -> None:
    """Of 60 groupings whose values each move by their own, at most five."""
    alarms = (standing_apart(*drawn(size, seed, habit)).max() > NEEDED for seed in range(60))
    assert sum(alarms) <= 5


@pytest.mark.parametrize(("size", "moved"), [(4, 1), (5, 2), (5, 3), (8, 3), (12, 5), (400, 9)])
def test_a_few_that_moved_a_lot_stand_apart(size: int, moved: int) -> None:
    for seed in range(20):
        z, precision = drawn(size, seed)
        z[:moved] -= 60
        gains = standing_apart(z, precision)
        assert (gains[:moved] > NEEDED - 1).all()
        assert (gains[moved:] < NEEDED).all()


def test_what_crosses_all_siblings_hides_none() -> None:
    """A cause along another dimension moves all of them a little: two moved far more."""
    z, precision = drawn(6, 1)
    z += 12
    z[[1, 4]] += 40
    assert np.flatnonzero(standing_apart(z, precision) > NEEDED).tolist() == [1, 4]


def test_where_most_moved_the_rest_is_not_what_moved() -> None:
    z, precision = drawn(10, 2)
    z[2:] += 80
    assert (standing_apart(z, precision)[:2] < NEEDED).all()


def test_leaves_that_come_and_go_are_no_causes() -> None:
    """A seventh of 400 single leaves are gone: too many to be a few that moved."""
    z = np.random.default_rng(4).normal(size=400)
    z[::7] -= 20
    assert standing_apart(z, np.full(400, 100.0)).max() < NEEDED


@pytest.mark.parametrize("size", [0, 1, 2])
def test_with_few_or_no_siblings_there_is_an_answer(size: int) -> None:
    z, precision = np.full(size, 5.0), np.full(size, 100.0)
    assert np.isfinite(standing_apart(z, precision)).all()
    assert (standing_apart(z, np.zeros(size)) == 0).all()
