"""Series that move alike or against each other: ranges hold, doubles are found among thousands."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import pearsonr

from sameboat.analysis.resemblance import alike, relation
from sameboat.errors import Undefined


def test_the_correlation_and_its_range_are_those_of_scipy() -> None:
    """Where changes do not repeat each other: Fisher's range of Pearson's correlation."""
    rng = np.random.default_rng(5)
    x, y = np.cumsum(rng.standard_normal(400)), np.cumsum(rng.standard_normal(400))
    oracle = pearsonr(np.diff(x), np.diff(y))
    low, high = oracle.confidence_interval(0.95)
    found = relation(x, y)
    assert found.value == pytest.approx(oracle.statistic, abs=1e-12)
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.01)


@pytest.mark.parametrize("walk", [True, False])
def test_unrelated_series_are_rarely_called_related(walk: bool) -> None:
    """All pairs of ten together in at most a twentieth of the cases; walks and plain noise."""
    alarms, tries = 0, 300
    for seed in range(tries):
        noise = np.random.default_rng(seed).standard_normal((10, 52))
        series = np.cumsum(noise, axis=1) if walk else noise
        pairs = list(combinations(series, 2))
        found = (relation(a, b, comparisons=len(pairs)) for a, b in pairs)
        alarms += any(one.high < 0 or one.low > 0 for one in found)
    assert alarms / tries <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / tries)


def test_a_range_holds_the_true_correlation() -> None:
    """At 95 % for noise that repeats nothing, and for the changes of noise, which repeat."""
    truth, tries = -0.6, 600
    for walk in (True, False):
        held = 0
        for seed in range(tries):
            rng = np.random.default_rng(seed)
            a, b = rng.multivariate_normal([0, 0], [[1, truth], [truth, 1]], 60).T
            found = relation(np.cumsum(a), np.cumsum(b)) if walk else relation(a, b)
            held += found.low <= truth <= found.high
        assert held / tries >= 0.92


def test_missing_values_are_left_out_and_too_few_are_refused() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.standard_normal(40), rng.standard_normal(40)
    y[7] = np.nan
    assert relation(x, y).n == 37
    with pytest.raises(Undefined):
        relation(x[:12], y[20:32])
    with pytest.raises(Undefined):
        relation(np.ones(40), x)


def test_growth_alone_makes_no_doubles() -> None:
    """Two lines that only rise correlate near 1; their changes do not."""
    rng = np.random.default_rng(3)
    time_ = np.arange(100)
    series = {"a": time_ + rng.standard_normal(100), "b": 3 * time_ + rng.standard_normal(100)}
    assert np.corrcoef(series["a"], series["b"])[0, 1] > 0.99
    assert alike(series) == []


def test_all_doubles_and_no_others_are_found_as_by_comparing_every_pair() -> None:
    rng = np.random.default_rng(4)
    series = {f"m{at}": rng.standard_normal(80).cumsum() for at in range(60)}
    series |= {f"d{at}": 5 - 3 * series[f"m{at}"] for at in range(5)}  # turned round: no double
    series |= {f"s{at}": 2 * series[f"m{at}"] + 1 for at in range(10)}
    series |= {f"n{at}": series[f"m{at}"] + 0.01 * rng.standard_normal(80) for at in range(20, 30)}
    changes = {name: np.diff(values) for name, values in series.items()}
    slow = {
        (a, b)
        for a, b in combinations(series, 2)
        if np.corrcoef(changes[a], changes[b])[0, 1] >= 0.999
    }
    found = {(one.first, one.second) for one in alike(series)}
    assert {frozenset(pair) for pair in found} == {frozenset(pair) for pair in slow}
    assert len(found) >= 15


def test_series_that_miss_other_periods_or_never_vary_are_not_compared() -> None:
    x = np.random.default_rng(6).standard_normal(40)
    gap = x.copy()
    gap[3] = np.nan
    assert alike({"a": x, "b": gap, "c": np.ones(40), "d": np.ones(40)}) == []
    assert len(alike({"a": gap, "b": 2 * gap})) == 1


@pytest.mark.parametrize("kind", ["noise", "walk", "smooth"])
def test_a_double_is_found_among_five_thousand_series(kind: str) -> None:
    """Weekly series of two years, jumping or drifting; every pair would be twelve million."""
    rng = np.random.default_rng(7)
    rows = rng.standard_normal((5000, 104))
    for _ in range({"noise": 0, "walk": 1, "smooth": 2}[kind]):
        rows = np.cumsum(rows, axis=1)
    series = {f"m{at}": row for at, row in enumerate(rows)}
    series["again"] = 2 * series["m17"]
    found = alike(series)
    assert {"m17", "again"} in [{one.first, one.second} for one in found]
    assert len(found) < 10
