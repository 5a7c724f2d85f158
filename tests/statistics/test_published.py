"""Published examples: the golden rows about retention and surveys."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from sameboat.analysis.retention import kaplan_meier, logrank, rates
from sameboat.analysis.surveys import nps, proportion
from sameboat.errors import Undefined, UsageError

# Freireich et al. 1963: weeks of remission, and whether it ended.
TREATED = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
ENDED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def golden(shared: Path, kpi: str) -> list[tuple[dict[str, float], str]]:
    """The golden rows of a KPI: inputs by name, and the expected text."""
    with (shared / "golden.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["kpi"] == kpi]
    found = []
    for row in rows:
        pairs = (pair.split("=") for pair in row["inputs"].split(";"))
        found.append(({name: float(value) for name, value in pairs}, row["expected"]))
    return found


def test_net_and_gross_retention(shared: Path) -> None:
    """Every published cohort, one customer per kind of change."""
    for inputs, expected in golden(shared, "NRR") + golden(shared, "GRR"):
        start, churn = inputs["start"], inputs["churn"]
        contraction, expansion = inputs["contraction"], inputs["expansion"]
        opening = [churn, contraction + 1, start - churn - contraction - 1]
        closing = [0.0, 1.0, start - churn - contraction - 1 + expansion]
        found = rates(opening, closing)
        assert found.nrr == pytest.approx((start - churn - contraction + expansion) / start)
        assert found.grr == pytest.approx((start - churn - contraction) / start)
        assert float(expected) in (pytest.approx(found.nrr), pytest.approx(found.grr))


def test_logo_retention(shared: Path) -> None:
    """Ten of 200 lost; forty new ones do not enter."""
    ((inputs, expected),) = golden(shared, "logo_retention")
    start, lost = int(inputs["start_customers"]), int(inputs["lost_from_cohort"])
    opening = {f"c{i}": 1.0 for i in range(start)}
    closing = {f"c{i}": 1.0 for i in range(lost, start + int(inputs["new"]))}
    assert rates(opening, closing).logo == pytest.approx(float(expected))


def test_the_net_promoter_score_and_its_interval(shared: Path) -> None:
    """60/30/10: 50, from 35.47 to 61.62."""
    ((inputs, expected),) = golden(shared, "NPS")
    found = nps(int(inputs["promoters"]), int(inputs["passives"]), int(inputs["detractors"]))
    assert found.value == float(expected)
    ((_, interval),) = golden(shared, "NPS_CI95_adjwald")
    low, high = interval.split(" ")[0].split("..")
    assert (round(found.low, 2), round(found.high, 2)) == (float(low), float(high))


def test_the_survival_of_the_treated(shared: Path) -> None:
    """The curve of the 21 treated patients, the censored ones kept in."""
    curve = kaplan_meier(TREATED, ENDED)
    expected = {6: 0.8571, 7: 0.8067, 10: 0.7529, 13: 0.6902, 16: 0.6275, 22: 0.5378, 23: 0.4482}
    assert {
        int(t): round(float(s), 4) for t, s in zip(curve.times, curve.survival, strict=True)
    } == (expected)
    assert curve.at_risk.tolist() == [21, 17, 15, 12, 11, 7, 6]
    assert np.all((curve.low <= curve.survival) & (curve.survival <= curve.high))


def test_treated_against_placebo() -> None:
    """The log-rank statistic is 16.79."""
    found = logrank((TREATED, ENDED), (PLACEBO, [1] * len(PLACEBO)))
    assert round(found.statistic, 2) == 16.79
    assert found.p_value == pytest.approx(4.17e-5, rel=0.01)


def test_the_parts_of_one_cohort_add_up() -> None:
    """nrr = 1 + expansion - contraction - churn on random amounts, and grr never exceeds 1."""
    rng = np.random.default_rng(7)
    for _ in range(50):
        opening, closing = rng.gamma(1, 100, 40), rng.gamma(1, 100, 40) * (rng.random(40) > 0.2)
        found = rates(opening.tolist(), closing.tolist())
        assert found.nrr == pytest.approx(1 + found.expansion - found.contraction - found.churn)
        assert found.grr <= 1


def test_what_has_no_answer_says_so() -> None:
    """No answers, no cohort, nobody: an error in words, never 0."""
    for ask in (lambda: nps(0, 0, 0), lambda: proportion(0, 0), lambda: rates([], []),
                lambda: kaplan_meier([], []), lambda: rates({"a": 0.0}, {"a": 5.0})):  # fmt: skip
        with pytest.raises(Undefined) as undefined:
            ask()
        assert undefined.value.why
    for ask in (lambda: nps(-1, 0, 2), lambda: proportion(3, 2), lambda: rates([1.0], [1.0, 2.0]),
                lambda: kaplan_meier([-1], [True])):  # fmt: skip
        with pytest.raises(UsageError):
            ask()


def test_an_interval_holds_its_share() -> None:
    """Wilson's interval covers about 95 % of samples, at the edges too."""
    rng = np.random.default_rng(11)
    for share, n in ((0.02, 60), (0.5, 12), (0.9, 30)):
        inside = 0
        for k in rng.binomial(n, share, 2000):
            found = proportion(int(k), n)
            inside += found.low <= share <= found.high
        assert 0.92 <= inside / 2000 <= 0.99
