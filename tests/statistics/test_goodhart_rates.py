"""How often the Goodhart monitor is wrong, on seeded companies in which the answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from sameboat.analysis.goodhart import decoupling, false_discoveries

pytestmark = pytest.mark.slow


def memory(rng: np.random.Generator, length: int, rho: float) -> np.ndarray:
    """Noise in which each value remembers a share of the one before."""
    steps = rng.normal(size=length)
    for at in range(1, length):
        steps[at] += rho * steps[at - 1]
    return steps


@pytest.mark.parametrize("window", [12, 26, 52])
@pytest.mark.parametrize("rho", [0.0, 0.3, 0.6])
def test_noise_is_rarely_found(window: int, rho: float) -> None:
    """Of 400 unrelated pairs, at most one in 25."""
    rng = np.random.default_rng(1)
    found = sum(
        decoupling(
            memory(rng, 2 * window, rho), memory(rng, 2 * window, rho), lag=0, window=window,
            moves="same",
        ).found
        for _ in range(400)
    )  # fmt: skip
    assert found <= 16


@pytest.mark.parametrize("window", [12, 26, 52])
@pytest.mark.parametrize("rho", [0.0, 0.3, 0.6])
def test_a_kpi_that_follows_by_half_is_rarely_found(window: int, rho: float) -> None:
    """By exactly half is the border of following: of 400 at most one in 20, for a step."""
    rng = np.random.default_rng(2)
    step = np.where(np.arange(2 * window) >= 3 * window // 2, 6.0, 0.0)
    found = sum(
        decoupling(
            memory(rng, 2 * window, rho) + step, memory(rng, 2 * window, rho) + step / 2, lag=0,
            window=window, moves="same",
        ).finding == "improves-alone"
        for _ in range(400)
    )  # fmt: skip
    assert found <= 20


def test_a_step_that_nothing_follows_is_mostly_found() -> None:
    rng = np.random.default_rng(3)
    step = np.where(np.arange(104) >= 83, 8.0, 0.0)
    found = sum(
        decoupling(
            memory(rng, 104, 0.3) + step, memory(rng, 104, 0.3), lag=0, window=52, moves="same"
        ).finding == "improves-alone"
        for _ in range(200)
    )  # fmt: skip
    assert found >= 160


def test_a_company_without_broken_ties_hears_of_none() -> None:
    """Of 60 companies with 40 ties each, half of them related, at most three hear of any."""
    told = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        p_values = []
        for tie in range(40):
            lever = memory(rng, 104, 0.4)
            kpi = (tie % 2) * lever + memory(rng, 104, 0.4)
            p_values.append(decoupling(lever, kpi, lag=0, window=52, moves="same").p_value)
        told += bool(false_discoveries(p_values).any())
    assert told <= 3
