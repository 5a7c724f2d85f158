"""Further ahead than the history is long, ranges hold what they claim over six kinds of series."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from sameboat.analysis.forecasts import forecast
from sameboat.questions.ahead import REACH, widened

Floats = npt.NDArray[np.float64]
KINDS = ("level", "walk", "autoregression", "trend", "local level", "drift")


def series(kind: str, count: int, rng: np.random.Generator) -> Floats:
    """A series around 100: five kinds that forecasters name, and one whose slope drifts."""
    noise, at = rng.standard_normal(count), np.arange(count)
    if kind == "level":
        return 100 + 5 * noise
    if kind == "walk":
        return 100 + np.cumsum(2 * noise)
    if kind == "trend":
        return 100 + 0.4 * at * rng.standard_normal() + 6 * noise
    if kind == "local level":
        return 100 + np.cumsum(0.9 * noise) + 3 * rng.standard_normal(count)
    if kind == "drift":
        return 100 + np.cumsum(np.cumsum(0.05 * rng.standard_normal(count))) + 3 * noise
    found = np.zeros(count)
    for place in range(1, count):
        found[place] = 0.8 * found[place - 1] + 3 * noise[place]
    return 100 + found


@pytest.mark.slow
def test_ranges_hold_at_once_one_and_a_half_and_twice_the_history() -> None:
    """360 series of 16, 34 and 60 values; the figures stand in docs/how-to/forecast.md."""
    rng = np.random.default_rng(101)
    held = []
    for known in (16, 34, 60):
        for kind in KINDS:
            for _ in range(20):
                values = series(kind, (REACH + 1) * known, rng)
                found = forecast(values[:known], season=1, horizon=REACH * known)
                found, _ = widened(found, known, None)
                ends = (known, round(1.5 * known), REACH * known)
                held.append(
                    [
                        [found.lower[level][h - 1] <= values[known + h - 1]
                         <= found.upper[level][h - 1] for h in ends]
                        for level in (80, 95)
                    ]
                )  # fmt: skip
    share = np.mean(held, axis=0)
    assert (np.abs(share[0] - 0.80) <= 0.06).all(), share
    assert (np.abs(share[1] - 0.95) <= 0.035).all(), share
