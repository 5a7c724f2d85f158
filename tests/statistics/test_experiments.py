"""Looking often does not make false findings, and effects are found."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from sameboat.analysis.experiments import Arm, arm, compare

sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks"))

from experiments import DRAWS, looked, looks, mixture_of_normals


def test_a_fixed_sample_is_welchs_test() -> None:
    """Beside SciPy's, unequal sizes and spreads; Wallace's normal deviate is off by under 1 %."""
    rng = np.random.default_rng(3)
    for sizes in ((12, 9), (200, 50), (30, 400)):
        one, other = rng.normal(0, 1, sizes[0]), rng.normal(0.4, 2, sizes[1])
        found = compare(arm(one), arm(other), peeking="none")
        known = stats.ttest_ind(other, one, equal_var=False)
        within = known.confidence_interval()
        assert found.p_value == pytest.approx(known.pvalue, rel=0.01)
        assert (found.low, found.high) == pytest.approx((within.low, within.high), rel=0.01)


def test_the_limit_is_where_the_mixture_says_twenty_to_one() -> None:
    """At the interval's end the likelihood ratio of drawn effects is 20, up to drawing."""
    found = compare(Arm(2000, 0.0, 2000.0), Arm(2000, 0.0, 2000.0))
    error, units = np.sqrt(2 / 1999), 1000.0
    z = found.high / error
    rng = np.random.default_rng(4)
    near = rng.random(400_000) < 0.9
    steps = rng.normal(size=400_000)
    effects = np.where(near, 0.1 * np.exp(0.35 * steps), 0.03 * np.exp(steps))
    ratio = np.cosh(effects * np.sqrt(units) * z) * np.exp(-(effects**2) * units / 2)
    assert ratio.mean() == pytest.approx(20, rel=0.05)


@pytest.mark.parametrize("kind", ["normal", "conversions"])
def test_twenty_looks_without_an_effect_rarely_find_one(kind: str) -> None:
    assert looked(DRAWS[kind], looks(20, 100), 40, effect=0.0, seed=1)[0] <= 0.075


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(DRAWS))
def test_no_number_of_looks_finds_more_than_a_twentieth(kind: str) -> None:
    """Over 600 experiments each; 120 looks start at two units; the interval covers all along."""
    for at in (looks(20, 100), np.unique(np.geomspace(2, 3000, 120).astype(int))):
        found, covered = looked(DRAWS[kind], at, 600, effect=0.0, seed=2)
        assert found <= 0.05
        assert covered >= 0.95


@pytest.mark.slow
def test_effects_are_found_more_often_than_with_a_mixture_of_normals() -> None:
    """At a tenth of a standard deviation after 20 looks: above mSPRT's .63 on the same draws."""
    draw: Callable[..., np.ndarray] = DRAWS["normal"]
    found, covered = looked(draw, looks(20, 100), 1500, effect=0.1, seed=3)
    assert found > max(0.63, mixture_of_normals(looks(20, 100), 1500, effect=0.1, seed=3))
    assert covered >= 0.95
