"""Two shares of counted cases: exact by counting outcomes, against another library and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from sameboat.analysis import two_shares
from sameboat.analysis.two_shares import chance_of_shares
from sameboat.errors import UsageError


def test_the_tails_are_those_of_the_hypergeometric_distribution() -> None:
    rng = np.random.default_rng(7)
    for _ in range(60):
        of, other_of = (int(n) for n in rng.integers(1, 400, 2))
        ones, other_ones = int(rng.integers(0, of + 1)), int(rng.integers(0, other_of + 1))
        table = stats.hypergeom(of + other_of, ones + other_ones, of)
        twice = 2 * min(float(table.cdf(ones)), float(table.sf(ones - 1)))
        found = chance_of_shares(ones, of, other_ones, other_of)
        assert found == pytest.approx(min(1.0, twice), rel=1e-7)
        assert found == pytest.approx(chance_of_shares(other_ones, other_of, ones, of), rel=1e-7)


def test_the_lady_who_tastes_tea() -> None:
    """Fisher's own table: all four cups told right has a chance of one in seventy, one way."""
    assert chance_of_shares(4, 4, 0, 4) == pytest.approx(2 / 70, rel=1e-12)


def test_groups_that_are_empty_or_alike_are_no_surprise() -> None:
    assert chance_of_shares(0, 0, 5, 10) == 1.0
    assert chance_of_shares(5, 10, 50, 100) == 1.0
    assert chance_of_shares(0, 10, 0, 100) == 1.0


def test_very_many_cases_are_judged_by_the_normal_tail(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = chance_of_shares(5100, 10_000, 50_000, 100_000)
    monkeypatch.setattr(two_shares, "EXACT", 5000)
    normal = chance_of_shares(5100, 10_000, 50_000, 100_000)
    assert normal == pytest.approx(exact, rel=0.03)
    z = 0.01 / math.sqrt((55_100 / 110_000) * (1 - 55_100 / 110_000) * (1e-4 + 1e-5))
    assert normal == pytest.approx(math.erfc(z / math.sqrt(2)), rel=1e-9)


def test_more_ones_than_cases_are_refused() -> None:
    with pytest.raises(UsageError):
        chance_of_shares(3, 2, 0, 5)
