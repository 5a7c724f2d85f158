"""Simulated series with what comes after them, of many kinds, for forecasts.py.

Each kind draws its season, its noise and its size anew, and none has the form of a model of ours.
Constants were chosen with seed 11 and the kinds of `CHOSEN`, none by `UNSEEN`; all are judged with
other seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bounds = tuple[float | None, float | None] | None


@dataclass(frozen=True, eq=False)
class Future:
    """What is known of a series and what came after it; `season` counts its periods."""

    kind: str
    known: Floats
    ahead: Floats
    season: int
    bounds: Bounds = None


def futures(each: int, *, seed: int) -> Iterator[Future]:
    """So many series of each kind."""
    for at, kind in enumerate((*CHOSEN, *UNSEEN)):
        for one in range(each):
            yield kind(np.random.default_rng([seed, at, one]))


def _season(at: Floats, season: int, rng: np.random.Generator) -> Floats:
    """A peak, two waves, a high stretch, or places of their own."""
    place, first = at % season / season, rng.random()
    match int(rng.integers(4)):
        case 0:
            away = np.abs(place - first)
            return np.asarray(np.exp(-40 * np.minimum(away, 1 - away) ** 2))
        case 1:
            whole = 0.5 * np.sin(2 * np.pi * (place + first))
            return np.asarray(whole + 0.25 * np.sin(4 * np.pi * (place + rng.random())))
        case 2:
            return np.asarray((np.abs((place - first) % 1) < 0.15) * 1.0)
    return np.asarray(rng.normal(0, 0.4, season)[at.astype(int) % season])


def _noise(size: int, rng: np.random.Generator) -> Floats:
    """Of variance 1: normal, long-tailed, alike neighbours, skewed or peaked."""
    match int(rng.integers(5)):
        case 0:
            return rng.standard_normal(size)
        case 1:
            return np.asarray(rng.standard_t(4, size) / np.sqrt(2))
        case 2:
            noise, alike = rng.standard_normal(size + 30), rng.uniform(0.2, 0.7)
            for at in range(1, size + 30):
                noise[at] = alike * noise[at - 1] + np.sqrt(1 - alike**2) * noise[at]
            return np.asarray(noise[30:])
        case 3:
            return np.asarray((rng.gamma(2, 1, size) - 2) / np.sqrt(2))
    return np.asarray(rng.laplace(0, 1 / np.sqrt(2), size))


def _cut(kind: str, whole: Floats, ahead: int, season: int, bounds: Bounds = None) -> Future:
    """The series and its last `ahead` points; what is known is made to vary."""
    known = whole[:-ahead].copy()
    if np.ptp(known) == 0:
        known[0] += 1 if bounds != (0.0, 1.0) else 0.01 if known[0] < 0.5 else -0.01
    return Future(kind, known, whole[-ahead:], season, bounds)


def weekly_short(rng: np.random.Generator) -> Future:
    """Weeks, just over two years of them."""
    return _weekly("weekly, 2 to 2.5 years", int(52 * rng.uniform(2, 2.5)), rng)


def weekly_long(rng: np.random.Generator) -> Future:
    """Weeks, three to five years of them."""
    return _weekly("weekly, 3 to 5 years", int(52 * rng.uniform(3, 5)), rng)


def _weekly(kind: str, size: int, rng: np.random.Generator) -> Future:
    at = np.arange(size + 13.0)
    season = rng.uniform(0, 4) * _season(at, 52, rng)
    walk = rng.uniform(0, 0.25) * np.cumsum(rng.standard_normal(at.size))
    whole = 100 + rng.uniform(2, 10) * (season + _noise(at.size, rng) + walk)
    return _cut(kind, whole + rng.normal(0, 0.15) * at, 13, 52)


def growing(rng: np.random.Generator) -> Future:
    """Months that grow by a rate which wanders."""
    at = np.arange(12.0 * int(rng.integers(3, 12)) + 12)
    steps = rng.normal(0.06, 0.08) / 12 + rng.uniform(0.005, 0.03) * _noise(at.size, rng)
    season = rng.uniform(0.05, 0.5) * _season(at, 12, rng)
    noise = rng.uniform(0.01, 0.08) * _noise(at.size, rng)
    return _cut("growing", 1000 * np.exp(np.cumsum(steps) + season + noise), 12, 12)


def cycle(rng: np.random.Generator) -> Future:
    """Months with a long wave beside the season."""
    at = np.arange(12.0 * int(rng.integers(3, 10)) + int(rng.integers(12)) + 12)
    swing = np.sin(2 * np.pi * at / rng.uniform(30, 70) + rng.random() * 6)
    season = rng.uniform(0, 30) * _season(at, 12, rng)
    return _cut("cycle", (100 + 15 * swing) * np.exp(0.06 * _noise(at.size, rng)) + season, 12, 12)


def quarterly(rng: np.random.Generator) -> Future:
    """Quarters, two and a half to eleven years of them."""
    at = np.arange(int(rng.integers(10, 44)) + 4.0)
    walk = np.cumsum(rng.uniform(0, 4) * _noise(at.size, rng) + rng.normal(0, 0.6))
    season = rng.uniform(0, 20) * _season(at, 4, rng)
    return _cut("quarterly", 100 + season + walk + rng.uniform(1, 6) * _noise(at.size, rng), 4, 4)


def daily(rng: np.random.Generator) -> Future:
    """Days with a week, five to 45 weeks."""
    at = np.arange(7.0 * int(rng.integers(5, 45)) + 14)
    week = rng.normal(0, 0.3, 7)[at.astype(int) % 7]
    walk = 0.02 * np.cumsum(rng.standard_normal(at.size))
    whole = rng.uniform(50, 500) * np.exp(week + 0.15 * _noise(at.size, rng) + walk)
    return _cut("daily", whole, 14, 7)


def counts(rng: np.random.Generator) -> Future:
    """Few cases a month, scattering as they would by chance or more."""
    at = np.arange(int(rng.integers(24, 90)) + 12.0)
    season = rng.uniform(0, 0.6) * _season(at, 12, rng)
    rate = rng.uniform(1, 30) * np.exp(season + rng.normal(0, 0.004) * at)
    tight = rng.choice([3, 10, 1000])
    whole = rng.negative_binomial(tight, tight / (tight + rate)).astype(float)
    return _cut("counts", whole, 12, 12, (0.0, None))


def rare(rng: np.random.Generator) -> Future:
    """Mostly nothing."""
    size = int(rng.integers(30, 120)) + 12
    whole = rng.poisson(rng.uniform(1, 10), size) * (rng.random(size) < rng.uniform(0.15, 0.6))
    return _cut("mostly 0", whole.astype(float), 12, int(rng.choice([1, 12])), (0.0, None))


def heavy(rng: np.random.Generator) -> Future:
    """Now and then a value far off."""
    at = np.arange(int(rng.integers(24, 100)) + 12.0)
    season = rng.uniform(0, 15) * _season(at, 12, rng)
    noise = rng.uniform(2, 8) * rng.standard_t(rng.uniform(2.2, 4), at.size)
    walk = np.cumsum(rng.uniform(0, 2) * rng.standard_t(3, at.size))
    return _cut("heavy tails", 200 + season + noise + walk, 12, 12)


def shifts(rng: np.random.Generator) -> Future:
    """A new level about every three years."""
    at = np.arange(int(rng.integers(36, 110)) + 12.0)
    jumps = (rng.random(at.size) < 1 / 30) * rng.choice([-1, 1], at.size)
    levels = np.cumsum(jumps * rng.uniform(10, 35, at.size))
    season = rng.uniform(0, 12) * _season(at, 12, rng)
    return _cut("shifts", 150 + levels + season + rng.uniform(2, 6) * _noise(at.size, rng), 12, 12)


def short(rng: np.random.Generator) -> Future:
    """Six to twenty points: noise, a walk or a line."""
    ahead = int(rng.integers(2, 7))
    size = int(rng.integers(6, 21)) + ahead
    spread, noise = rng.uniform(1, 8), _noise(size, rng)
    match int(rng.integers(3)):
        case 0:
            whole = np.cumsum(spread * noise)
        case 1:
            whole = spread * noise + rng.normal(0, spread * 0.3) * np.arange(size)
        case _:
            whole = spread * noise
    return _cut("short", 100 + whole, ahead, int(rng.choice([1, 4, 12])))


def shares(rng: np.random.Generator) -> Future:
    """Shares of a few to many cases, also close to none and all."""
    at = np.arange(int(rng.integers(20, 90)) + 12.0)
    walk = np.cumsum(rng.uniform(0, 0.1) * _noise(at.size, rng))
    odds = rng.normal(0, 1.5) + walk + rng.uniform(0, 0.4) * _season(at, 12, rng)
    cases = int(rng.integers(40, 900))
    return _cut("shares", rng.binomial(cases, 1 / (1 + np.exp(-odds))) / cases, 12, 12, (0.0, 1.0))


def no_season(rng: np.random.Generator) -> Future:
    """Neighbours alike, with a line or without, no season."""
    size = int(rng.integers(20, 100)) + 8
    noise, alike = _noise(size + 40, rng), rng.uniform(0, 0.97)
    for at in range(1, noise.size):
        noise[at] += alike * noise[at - 1]
    line = rng.normal(0, 1) * np.arange(size) * (rng.random() < 0.5)
    return _cut("no season", 300 + 10 * noise[40:] + line, 8, 1)


def saturating(rng: np.random.Generator) -> Future:
    """Months that rise along an S to a limit."""
    size = 12 * int(rng.integers(2, 9)) + 12
    at = np.arange(float(size))
    rise = 1 / (1 + np.exp(-(at - size * rng.uniform(0.2, 0.8)) / (size / 8)))
    whole = 200 * rise * (1 + 0.3 * _season(at, 12, rng)) + 6 * rng.standard_t(5, size) + 100
    return _cut("saturating", whole, 12, 12)


def changing_season(rng: np.random.Generator) -> Future:
    """Months whose season is another one in the end."""
    at = np.arange(12.0 * int(rng.integers(3, 9)) + 12)
    turn = at / at[-1]
    season = (1 - turn) * _season(at, 12, rng) + turn * _season(at, 12, rng)
    return _cut("changing season", 80 + 20 * season + 4 * _noise(at.size, rng), 12, 12)


def below_zero(rng: np.random.Generator) -> Future:
    """Quarters or months around 0 whose spread itself comes and goes."""
    season = int(rng.choice([4, 12]))
    at = np.arange(float(season * int(rng.integers(3, 10)) + season))
    heat = np.exp(np.cumsum(0.1 * rng.standard_normal(at.size)))
    return _cut(
        "around 0", 3 * _season(at, season, rng) + heat * _noise(at.size, rng), season, season
    )


def weekly_counts(rng: np.random.Generator) -> Future:
    """Weekly counts with holidays, two to four years."""
    at = np.arange(float(int(52 * rng.uniform(2, 4)) + 13))
    quiet = np.where(np.isin(at % 52, rng.choice(52, 4, replace=False)), rng.uniform(0.2, 0.7), 1.0)
    rate = rng.uniform(20, 400) * quiet * np.exp(rng.normal(0, 0.002) * at)
    whole = rng.poisson(rate * rng.gamma(25, 1 / 25, at.size)).astype(float)
    return _cut("weekly counts", whole, 13, 52, (0.0, None))


Kind = Callable[[np.random.Generator], Future]

CHOSEN: tuple[Kind, ...] = (
    weekly_short, weekly_long, growing, cycle, quarterly, daily, counts, rare, heavy, shifts, short,
    shares, no_season,
)  # fmt: skip
"""Kinds that constants of the forecast were chosen by (with another seed)."""

UNSEEN: tuple[Kind, ...] = (saturating, changing_season, below_zero, weekly_counts)
"""Kinds by which no constant was chosen."""
