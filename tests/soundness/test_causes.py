"""Causes that were once named wrongly: what the search for them must not do again."""

from __future__ import annotations

import numpy as np
import pytest

from sameboat.analysis.localisation import localise, search


def grid(*sizes: int) -> dict[str, np.ndarray]:
    places = np.indices(sizes).reshape(len(sizes), -1)
    return {f"d{at}": row.astype(str) for at, row in enumerate(places)}


@pytest.mark.parametrize("factor", [0.4, 3.0])
def test_everything_that_fell_a_little_does_not_swallow_what_moved_a_lot(factor: float) -> None:
    """'All fell by 7 %' was the only cause, or none, where one segment lost or gained far more."""
    rng = np.random.default_rng(11)
    dimensions = grid(9, 7, 6)
    expected = rng.lognormal(3, 1, 378)
    actual = expected * 0.93 * (1 + rng.normal(0, 0.05, 378))
    inside = (dimensions["d0"] == "4") & (dimensions["d2"] == "1")
    actual[inside] *= factor
    found = search(dimensions=dimensions, actual=actual, expected=expected)
    assert [cause.where for cause in found.causes] == [{}, {"d0": "4", "d2": "1"}]
    beyond = (actual - 0.93 * expected)[inside].sum()
    assert found.causes[1].effect == pytest.approx(beyond, rel=0.05)


def test_rare_counts_are_not_taken_for_exact_figures() -> None:
    """The noise of cells that count 0 to 3 was told as a fraction of what counting makes it, so
    that single large cells became causes by chance."""
    rng = np.random.default_rng(12)
    expected = rng.weibull(0.5, 960) * 20
    actual = rng.poisson(expected).astype(float)
    assert localise(dimensions=grid(8, 6, 5, 4), actual=actual, expected=expected) == ()


def test_a_segment_that_shrinks_on_both_sides_of_zero_does_not_fall_apart() -> None:
    """Its gains and losses shrank by one share: one cause, not one for each row."""
    rng = np.random.default_rng(13)
    dimensions = grid(8, 6, 5)
    expected = rng.normal(50, 80, 240)
    actual = expected * (1 + rng.normal(0, 0.05, 240))
    inside = (dimensions["d1"] == "2") & (dimensions["d2"] == "3")
    actual[inside] *= 0.3
    found = localise(dimensions=dimensions, actual=actual, expected=expected)
    assert [cause.where for cause in found] == [{"d1": "2", "d2": "3"}]


def test_a_change_of_many_leaves_is_split_in_the_time_of_an_answer() -> None:
    """A ratio of sums of 250 leaves each took minutes; the effects are the same as one by one."""
    from sameboat.analysis.decomposition import tree_effects

    names = [f"x{at}" for at in range(60)]
    rng = np.random.default_rng(14)
    before, after = (dict(zip(names, rng.uniform(0.5, 1.5, 60), strict=True)) for _ in "12")
    text = f"({'+'.join(names[:30])}) / ({'+'.join(names[30:])})"
    found = tree_effects(text, before, after)
    # All numerator leaves together and all denominator leaves together are two players of the
    # mean denominator: a leaf of the numerator has its move times one common average of 1 / sum.
    moves = np.array([after[name] - before[name] for name in names[:30]])
    effects = np.array([found.effects[name] for name in names[:30]])
    errors = np.array([found.errors[name] for name in names[:30]])
    rate = float(np.sum(effects * moves) / np.sum(moves * moves))
    assert (np.abs(effects - rate * moves) <= 6 * errors + 1e-12).all()
    assert sum(found.effects.values()) == pytest.approx(found.total, abs=1e-12)
