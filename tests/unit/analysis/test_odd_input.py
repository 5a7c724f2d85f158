"""Odd input to the smaller statistics: an answer that holds, or an error that says why."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from sameboat.analysis.decomposition import mix_and_rate, tree_effects
from sameboat.analysis.goodhart import decoupling, false_discoveries
from sameboat.analysis.relations import relation
from sameboat.analysis.retention import kaplan_meier, logrank, rates
from sameboat.analysis.surveys import nps, proportion
from sameboat.analysis.weights import weight_sensitivity
from sameboat.errors import SameboatError

NAN, X = math.nan, np.arange(60.0) % 7


@pytest.mark.parametrize(
    "asked",
    [
        lambda: nps(NAN, 0, 3),  # type: ignore[arg-type]
        lambda: nps(None, 1, 1),  # type: ignore[arg-type]
        lambda: nps("x", 1, 1),  # type: ignore[arg-type]
        lambda: proportion(math.inf, 5),  # type: ignore[arg-type]
        lambda: rates(["a"], [1]),  # type: ignore[list-item]
        lambda: rates([1e308, 1e308], [1e308, 1e308]),
        lambda: kaplan_meier(["a"], [1]),
        lambda: kaplan_meier([1, 2], [NAN, 1]),
        lambda: kaplan_meier([1, 2], [None, True]),  # type: ignore[arg-type]
        lambda: kaplan_meier([1, 2], [2, 1]),
        lambda: weight_sensitivity({"a": "x"}, {"a": 1}),  # type: ignore[dict-item]
        lambda: weight_sensitivity({"a": 1}, {"a": None}),  # type: ignore[dict-item]
        lambda: weight_sensitivity({"a": 1, "b": 1}, {"a": 1e308, "b": 1e308}),
        lambda: mix_and_rate({"a": (1e308, 1e308)}, {"a": (1e308, 1e308)}),
        lambda: tree_effects("x + y", {"x": 1e308, "y": 1}, {"x": -1e308, "y": 1}),
        lambda: decoupling(X, X, lag=0, window=20, moves="same", lever_good="on"),  # type: ignore[arg-type]
        lambda: decoupling(X, X, lag=0, window=20.5, moves="same"),  # type: ignore[arg-type]
        lambda: decoupling(X, X, lag="1", window=20, moves="same"),  # type: ignore[arg-type]
        lambda: false_discoveries([0.1, NAN]),
        lambda: false_discoveries([0.1, 2]),
        lambda: false_discoveries([0.1], rate=2),
        lambda: relation(X, X[1:]),
    ],
)
def test_what_has_no_answer_says_why(asked: Callable[[], object]) -> None:
    with pytest.raises(SameboatError) as caught:
        asked()
    assert caught.value.why


def test_counts_of_any_number_type_are_whole_numbers() -> None:
    """Counts come from arrays and tables: 60.0 answers are 60."""
    assert nps(60.0, np.int64(30), 10) == nps(60, 30, 10)  # type: ignore[arg-type]
    assert isinstance(nps(60.0, 30, 10).n, int)  # type: ignore[arg-type]


def test_a_value_too_large_to_square_is_a_missing_one() -> None:
    lever = np.where(np.arange(60) == 30, 1e300, X)
    assert decoupling(lever, X, lag=0, window=20, moves="same").finding == "moves-with"


def test_a_credit_at_the_close_is_a_lost_customer() -> None:
    found = rates([10, 10], [-5, 10])
    assert (found.nrr, found.churn, found.logo) == (0.5, 0.5, 0.5)


def test_survival_of_very_many_equals_the_definition() -> None:
    """Told by sorting; here against counting at every moment."""
    rng = np.random.default_rng(8)
    times, left = rng.integers(0, 40, 500), rng.random(500) < 0.6
    curve = kaplan_meier(times, left)
    share = 1.0
    for at, moment in enumerate(sorted(set(times[left].tolist()))):
        there, gone = (times >= moment).sum(), (times[left] == moment).sum()
        share *= 1 - gone / there
        assert (curve.times[at], curve.at_risk[at]) == (moment, there)
        assert curve.survival[at] == pytest.approx(share)
    assert kaplan_meier(rng.exponential(5, 100_000), rng.random(100_000) < 0.5).times.size > 40_000


def test_the_log_rank_of_tied_groups_equals_the_definition() -> None:
    rng = np.random.default_rng(9)
    groups = [(rng.integers(1, 9, n), rng.random(n) < 0.7) for n in (60, 90)]
    excess = variance = 0.0
    for moment in range(1, 9):
        here, there = ((times >= moment).sum() for times, _ in groups)
        one, other = ((times[left] == moment).sum() for times, left in groups)
        total, gone = here + there, one + other
        excess += one - gone * here / total
        variance += gone * here * there * (total - gone) / total**2 / (total - 1)
    assert logrank(*groups).statistic == pytest.approx(excess**2 / variance)


@pytest.mark.parametrize("sign", ["+", "*"])
def test_a_tree_of_hundreds_of_leaves_is_split_exactly(sign: str) -> None:
    names = [f"leaf_{at}" for at in range(400)]
    rng = np.random.default_rng(1)
    before, after = (dict(zip(names, rng.uniform(0.9, 1.1, 400), strict=True)) for _ in "12")
    found = tree_effects(f" {sign} ".join(names), before, after)
    assert found.exact
    assert abs(found.residual) <= 1e-9 * abs(found.total)
    if sign == "+":
        assert found.effects["leaf_7"] == pytest.approx(after["leaf_7"] - before["leaf_7"])


def test_a_long_chain_of_plus_and_minus_keeps_its_signs() -> None:
    before, after = dict.fromkeys("abcd", 1.0), {"a": 2.0, "b": 4.0, "c": 8.0, "d": 16.0}
    found = tree_effects("a - b + c - d", before, after)
    assert found.effects == pytest.approx({"a": 1, "b": -3, "c": 7, "d": -15})
    assert tree_effects("a - b - (c - d)", before, after).total == pytest.approx(6)


def test_a_ratio_of_sums_of_hundreds_of_leaves_adds_up_within_its_errors() -> None:
    """Drawn orders; the numerator's leaves share one denominator, so their effects compare."""
    names = [f"x{at}" for at in range(120)]
    before = dict.fromkeys(names, 1.0)
    after = {name: 1.0 + (at < 60) for at, name in enumerate(names)}
    found = tree_effects(f"({'+'.join(names[:60])}) / ({'+'.join(names[60:])})", before, after)
    assert not found.exact
    assert found.total == pytest.approx(1.0)
    assert abs(found.residual) <= 1e-9
    effects = np.array([found.effects[name] for name in names])
    assert effects[:60] == pytest.approx(1 / 60, abs=1e-9)
    assert effects[60:] == pytest.approx(0.0, abs=1e-9)


def test_an_error_does_not_repeat_a_tree_of_thousands_of_characters() -> None:
    with pytest.raises(SameboatError) as caught:
        tree_effects("(" * 5_000 + "x" + ")" * 5_000, {"x": 1}, {"x": 2})
    assert len(str(caught.value)) < 300
