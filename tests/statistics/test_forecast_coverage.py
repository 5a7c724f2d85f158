"""Intervals and chances hold what they say, on series whose forms are not the models' own."""

from __future__ import annotations

import numpy as np
import pytest

from sameboat.analysis.forecasts import forecast

pytestmark = pytest.mark.slow


def drawn(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A monthly series of three to eight years and the year after it; seven forms in turn."""
    rng = np.random.default_rng([2026, seed])
    size = 12 * int(rng.integers(3, 9)) + 12
    at = np.arange(size)
    place = at % 12 / 12
    peak = np.exp(-40 * (place - 0.4) ** 2)
    noise = rng.standard_normal(size)
    walk = np.cumsum(noise)
    whole = (
        100 + 20 * peak + 5 * rng.standard_t(5, size),
        (100 + 10 * np.sin(2 * np.pi * at / 41)) * np.exp(0.06 * noise),
        100 + np.cumsum((rng.random(size) < 0.1) * rng.standard_normal(size) * 15) + 4 * noise,
        rng.negative_binomial(8, 8 / (8 + 15 * (1 + 0.5 * peak))).astype(float),
        1000 * np.exp(0.005 * at + 0.03 * walk) * (1 + 0.25 * peak),
        rng.binomial(300, 1 / (1 + np.exp(-0.04 * walk))) / 300,
        50 + 2 * walk,
    )[seed % 7]
    return whole[:-12], whole[-12:]


def test_intervals_cover_and_chances_come_true() -> None:
    """Over 350 series: 80 and 95 % intervals within four points, chances within ten."""
    inside: dict[int, list[float]] = {80: [], 95: []}
    chances, came = [], []
    for seed in range(350):
        known, ahead = drawn(seed)
        found = forecast(known, season=12, horizon=12)
        for level, shares in inside.items():
            good = (ahead >= found.lower[level]) & (ahead <= found.upper[level])
            shares.append(float(good.mean()))
        for target in np.quantile(known, [0.3, 0.6, 0.9]):
            chances.append(found.chance_of(float(target)))
            came.append(bool(ahead[-1] >= target))
    assert np.mean(inside[80]) == pytest.approx(0.80, abs=0.04)
    assert np.mean(inside[95]) == pytest.approx(0.95, abs=0.03)
    told, true = np.array(chances), np.array(came)
    for low in (0.0, 0.25, 0.5, 0.75):
        group = (told >= low) & (told < low + 0.25)
        assert group.sum() > 50
        assert np.mean(true[group]) == pytest.approx(np.mean(told[group]), abs=0.1)
