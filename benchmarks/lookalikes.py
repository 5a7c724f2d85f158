"""Series that look like those of public statistics, with the regimes that made them.

Yearly counts, prices, monthly series with a season that grows, quality control, run logs, lines
of an image, counts of rare cases. None is a straight line under independent noise, which is what
the detector assumes: trends bend or compound, noise remembers, seasons multiply, counts are
counts, levels flicker. Where nothing but chance or steady growth moved a series, it has no change.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from regimes import Series  # beside this script

Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator], Series]


def remembering(size: int, memory: float, rng: np.random.Generator) -> Floats:
    """Noise of variance 1 of which neighbours are alike."""
    out = rng.normal(size=size)
    for at in range(1, size):
        out[at] = memory * out[at - 1] + np.sqrt(1 - memory**2) * out[at]
    return out


def places(size: int, count: int, apart: int, rng: np.random.Generator) -> tuple[int, ...]:
    """So many places in a series, each at least so far from the next and from the ends."""
    room = size - (count + 1) * apart
    drawn = np.sort(rng.integers(0, max(room, 0) + 1, count))
    return tuple(int(at) for at in drawn + apart * np.arange(1, count + 1))


def regime(size: int, changes: tuple[int, ...]) -> NDArray[np.int64]:
    return np.searchsorted(np.array(changes, dtype=int), np.arange(size), side="right")


def yearly(rng: np.random.Generator) -> Series:
    """A yearly figure whose growth bends once or twice, or never (15 to 60 points)."""
    size = int(rng.integers(15, 61))
    changes = places(size, int(rng.integers(0, 1 + min(2, size // 18))), 7, rng)
    growth = rng.choice([-1, 1]) * rng.uniform(0.01, 0.05) * (-1.0) ** np.arange(len(changes) + 1)
    growth *= rng.uniform(0.7, 1.6, len(changes) + 1)
    noise = remembering(size, rng.uniform(0.3, 0.8), rng) * rng.uniform(0.005, 0.02)
    return Series(np.exp(np.cumsum(growth[regime(size, changes)]) + noise) * 1e4, changes)


def compounding(rng: np.random.Generator) -> Series:
    """Steady growth or decay by a rate, as of debt or population: no change (20 to 200 points)."""
    size = int(rng.integers(20, 201))
    steps = rng.uniform(1, 3) / size + 0.004 * remembering(size, 0.5, rng)
    return Series(np.exp(np.cumsum(rng.choice([-1, 1]) * steps)) * 500, ())


def price(rng: np.random.Generator) -> Series:
    """A price that wanders by chance: no change (100 to 600 points)."""
    size = int(rng.integers(100, 601))
    steps = rng.standard_t(5, size) * rng.uniform(0.005, 0.03)
    return Series(100 * np.exp(np.cumsum(steps)), ())


def passengers(rng: np.random.Generator) -> Series:
    """A monthly season that grows with its level; sometimes the level drops for good."""
    size = int(rng.integers(72, 241))
    changes = places(size, int(rng.integers(0, 2)), 30, rng)
    season = rng.normal(size=12)
    season = season / np.abs(season).max() * rng.uniform(0.05, 0.25)
    level = np.cumsum(np.full(size, rng.uniform(0.001, 0.008)))
    level -= regime(size, changes) * rng.uniform(0.25, 0.5)
    noise = remembering(size, 0.4, rng) * 0.02
    return Series(np.exp(level + np.resize(season, size) + noise) * 3000, changes)


def carbon(rng: np.random.Generator) -> Series:
    """A steady trend with a small, constant season, as of a gas in the air: no change."""
    size = int(rng.integers(100, 401))
    at = np.arange(size)
    wave = np.sin(2 * np.pi * at / 12) + 0.4 * np.sin(4 * np.pi * at / 12 + 1)
    trend = 300 + at * rng.uniform(0.08, 0.15) + (at / size) ** 2 * rng.uniform(0, 8)
    return Series(trend + wave * rng.uniform(1, 3) + 0.3 * remembering(size, 0.6, rng), ())


def quality(rng: np.random.Generator) -> Series:
    """Quality control: one jump in a long steady line, or none, with stray points."""
    size = int(rng.integers(150, 501))
    changes = places(size, int(rng.random() < 0.75), 40, rng)
    values = rng.logistic(size=size) / 1.8 + regime(size, changes) * rng.uniform(2, 4)
    values[rng.random(size) < 0.01] += 8
    return Series(values, changes)


def run_log(rng: np.random.Generator) -> Series:
    """The pace of a runner: fast and slow phases of unequal length, with ramps of two points."""
    count = int(rng.integers(4, 9))
    lengths = rng.integers(14, 60, count + 1)
    changes = tuple(int(at) for at in np.cumsum(lengths)[:-1])
    pace = np.resize([5.0, 7.5], count + 1) + rng.normal(size=count + 1) * 0.4
    values = pace[regime(int(lengths.sum()), changes)]
    values = np.convolve(np.pad(values, 1, mode="edge"), np.ones(3) / 3, mode="valid")
    return Series(values + 0.25 * remembering(values.size, 0.5, rng), changes)


def scanline(rng: np.random.Generator) -> Series:
    """A line of an image: areas of a shade each, one rough and one smooth, with soft noise."""
    count = int(rng.integers(3, 9))
    lengths = rng.integers(20, 90, count + 1)
    changes = tuple(int(at) for at in np.cumsum(lengths)[:-1])
    shade = np.cumsum(rng.choice([-1, 1], count + 1) * rng.uniform(25, 80, count + 1))
    at = regime(int(lengths.sum()), changes)
    rough = rng.uniform(2, 9, count + 1)
    return Series(shade[at] + rough[at] * remembering(at.size, 0.6, rng), changes)


def rare_cases(rng: np.random.Generator) -> Series:
    """Counts of rare cases whose rate falls or rises once, or never (60 to 200 points)."""
    size = int(rng.integers(60, 201))
    changes = places(size, int(rng.random() < 0.7), 20, rng)
    first = rng.uniform(2, 6)
    rates = np.array([first, first * rng.choice([0.3, 2.6])])
    return Series(rng.poisson(rates[regime(size, changes)]).astype(float), changes)


def joblessness(rng: np.random.Generator) -> Series:
    """A share that swings slowly around a level, with a shock that fades: the shock is a change."""
    size = int(rng.integers(120, 301))
    changes = places(size, int(rng.random() < 0.6), 30, rng)
    values = 6 + 0.35 * remembering(size, 0.93, rng)
    for start in changes:
        values[start:] += rng.uniform(3, 5) * 0.985 ** np.arange(size - start)
    return Series(values, changes)


def closing(rng: np.random.Generator) -> Series:
    """Employment of an industry: a plateau, a long decline, a low plateau, in one noise."""
    size = int(rng.integers(50, 111))
    changes = places(size, 2, 15, rng)
    slopes = np.array([0.0, -rng.uniform(0.8, 1.2) * 100 / (changes[1] - changes[0]), 0.0])
    values = 120 + np.cumsum(slopes[regime(size, changes)])
    return Series(values + 2.5 * remembering(size, 0.5, rng), changes)


def uneventful(rng: np.random.Generator) -> Series:
    """A long series of small whole numbers in which nothing happens, with bursts of noise."""
    size = int(rng.integers(300, 601))
    spread = np.where(rng.random(size) < 0.05, 3.0, 1.0)
    return Series(np.round(10 + rng.normal(size=size) * spread), ())


def gaps(rng: np.random.Generator) -> Series:
    """One of the others with a tenth of its points missing."""
    drawn = DRAWS[list(DRAWS)[int(rng.integers(0, len(DRAWS) - 1))]](rng)
    values = drawn.values.copy()
    values[rng.random(values.size) < 0.1] = np.nan
    return Series(values, drawn.changes)


DRAWS: dict[str, Draw] = {
    "yearly": yearly, "compounding": compounding, "price": price, "passengers": passengers,
    "carbon": carbon, "quality": quality, "run log": run_log, "scanline": scanline,
    "rare cases": rare_cases, "joblessness": joblessness, "closing": closing,
    "uneventful": uneventful, "gaps": gaps,
}  # fmt: skip
