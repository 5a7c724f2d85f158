"""The chance of a signal is never too small, and a board of many KPIs keeps its promise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks import signals as derivation
from sameboat.analysis.false_signals import SHARE, chance_of, false_alarms, survivors
from sameboat.analysis.signals import Chart, xmr

Floats = NDArray[np.float64]


def judged(values: Floats) -> float | None:
    """The chance that a board takes: only signals have one."""
    chart: Chart = xmr(values)
    return chart.chance if chart.verdict == "signal" else None


BASE = np.tile([1.0, -1.0, -1.0, 1.0], 6)
"""24 points whose neighbours do not agree, half of them on each side."""

USUAL: dict[str, Any] = {"base": BASE, "guards": (0.19, 0.19), "points": 24}
FLAT = np.full(12, 3.8611)


def test_one_point_far_out_has_the_chance_of_students_t_over_all_looks() -> None:
    """By hand: one of 12 points at 6 deviations of 24: 2·2.5·12·2·P(T₅ < −6/√(1+1/24)).

    With five degrees of freedom P(T < −5.8787) is .001012.
    """
    deviation = np.zeros(12)
    deviation[5] = 6.0
    found = chance_of(deviation, FLAT, FLAT, **USUAL)
    assert found == pytest.approx(2 * 2.5 * 12 * 2 * 0.001012, rel=0.01)


def test_wider_limits_of_long_tails_make_the_same_point_less_rare() -> None:
    deviation = np.r_[np.zeros(11), 9.0]
    far = np.full(12, 7.5)
    usual = chance_of(deviation, FLAT, FLAT, **USUAL)
    assert chance_of(deviation, far, far, **USUAL) > 10 * usual


def test_agreeing_neighbours_make_a_stretch_less_rare() -> None:
    deviation = np.full(12, 1.5)
    aside = {**USUAL, "guards": (1.6, 1.6)}
    usual = chance_of(deviation, FLAT, FLAT, **aside)
    assert chance_of(deviation, FLAT, FLAT, **aside, slow=0.5) > 5 * usual
    together = {**aside, "base": np.repeat([1.0, -1.0], 12)}
    assert chance_of(deviation, FLAT, FLAT, **together) > 5 * usual


def test_a_run_where_most_of_the_base_lies_is_less_rare() -> None:
    """By hand: 8 of 12 below, 18 of 24 base points there: E[p⁸] over a beta(18.5, 6.5) is .124."""
    steps = np.r_[np.full(4, 0.1), np.full(8, -0.3)]
    lopsided = {**USUAL, "base": np.tile([-1.0, -1.0, 3.0, -1.0], 6)}
    found = chance_of(steps, FLAT, FLAT, **lopsided)
    assert found > 0.4
    assert chance_of(steps, FLAT, FLAT, **USUAL) < 0.15


def test_the_step_up_rule_on_the_table_of_its_paper() -> None:
    """Benjamini and Hochberg 1995, section 4.2: 15 chances, four survive at a share of .05."""
    table = [
        0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
        0.5719, 0.6528, 0.7590, 1.0,
    ]  # fmt: skip
    assert sum(survivors(table, share=0.05).kept) == 4


def test_series_without_a_signal_count_as_looked_at() -> None:
    assert survivors([0.012] + [None] * 6).kept[0]
    assert not survivors([0.012] + [None] * 49).kept[0]
    assert survivors([]).kept == ()


def test_nothing_judged_has_no_false_alarm() -> None:
    assert false_alarms([]) == 0


def test_a_run_below_with_everything_else_equal_is_as_rare_as_one_above() -> None:
    steps = np.r_[np.zeros(4), np.full(8, 1.2)]
    up, down = (chance_of(sign * steps, FLAT, FLAT, **USUAL) for sign in (1, -1))
    assert up == pytest.approx(down)


@pytest.mark.slow
@pytest.mark.parametrize("points", [8, 12, 24, 52, 104])
def test_chances_are_not_too_small(points: int) -> None:
    """2,000 routine series each: a chance of at most a is met about a of the time, at most."""
    rng = np.random.default_rng(points)
    found = [judged(rng.standard_normal(points + 12)) for _ in range(2000)]
    told = np.array([1.0 if chance is None else chance for chance in found])
    for level in (0.05, 0.02, 0.01, 0.005):
        error = 3 * np.sqrt(level * (1 - level) / told.size)
        assert np.mean(told <= level) <= level + error


@pytest.mark.slow
@pytest.mark.parametrize("noise", ["t(5)", "Laplace", "exponential", "lognormal .5", "AR(1) .3"])
def test_chances_are_not_too_small_for_other_noise(noise: str) -> None:
    """As often as it says, 52 points behind it, down to one in two hundred."""
    draw = derivation.shapes(np.random.default_rng(5))[noise]
    found = [judged(draw(64)) for _ in range(2000)]
    told = np.array([1.0 if chance is None else chance for chance in found])
    for level in (0.05, 0.02, 0.01, 0.005):
        error = 2 * np.sqrt(level * (1 - level) / told.size)
        assert np.mean(told <= level) <= level + error


@pytest.mark.slow
@pytest.mark.parametrize("kpis", [7, 50])
def test_of_the_signals_of_a_board_of_mixed_noise_few_are_chance(kpis: int) -> None:
    """Nothing moved: at most one board in ten shows a signal that survives."""
    draws = derivation.shapes(np.random.default_rng(kpis))
    boards = 3000 // kpis
    shown = 0
    for _ in range(boards):
        names = np.resize(derivation.MIXED, kpis)
        shown += any(survivors([judged(draws[name](64)) for name in names]).kept)
    assert shown / boards <= SHARE + 2 * np.sqrt(SHARE * (1 - SHARE) / boards)


@pytest.mark.slow
@pytest.mark.parametrize("kpis", [7, 50, 200])
@pytest.mark.parametrize("together", [0.0, 0.5])
def test_of_the_signals_of_a_board_few_are_chance(kpis: int, together: float) -> None:
    """Boards of which none or a seventh of the KPIs truly moved, apart or rising together."""
    rng = np.random.default_rng([kpis, int(10 * together)])
    times = max(12, 1400 // kpis)
    for moved in (0, max(1, kpis // 7)):
        shares = []
        for _ in range(times):
            common = rng.standard_normal(64)
            chances = []
            for at in range(kpis):
                own = rng.standard_normal(64)
                values = np.sqrt(together) * common + np.sqrt(1 - together) * own
                values[52:] += 2.5 * (at < moved)
                chances.append(judged(values))
            kept = np.array(survivors(chances).kept)
            shares.append(kept[moved:].sum() / max(1, kept.sum()))
        error = 3 * float(np.std(shares)) / np.sqrt(times)
        assert np.mean(shares) <= SHARE + error
