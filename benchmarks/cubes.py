"""Cubes with planted causes, in the two settings of the RiskLoc paper and in others.

Written from the description in Kalander 2022, "RiskLoc: Localization of Multi-dimensional Root
Causes by Weighted Risk" (arXiv 2205.10004), section on synthetic data. A cube has one leaf for
every combination of values; a cause is a combination of some dimensions' values, and all of its
leaves lie too low (or too high) by one share, up to a small deviation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Where = frozenset[tuple[str, str]]
Noise = Callable[[np.random.Generator, Floats, NDArray[np.int64]], Floats]


@dataclass(frozen=True)
class Setting:
    """How cubes are drawn; pairs are ranges that each cube draws from evenly.

    `noise` is `relative` (an error in proportion to the leaf, as in the paper), `counts` (Poisson
    around the expected) or `heavy` (relative with long tails). `ratio` plants the causes in the
    rate of a numerator over a denominator. `move` is by what share everything moved as well.
    """

    sizes: tuple[int, ...]
    noise_level: tuple[float, float]
    severity: tuple[float, float]
    deviation: tuple[float, float]
    anomalies: tuple[int, int]
    elements: tuple[int, int]
    only_leaves: bool = False
    noise: str = "relative"
    ratio: bool = False
    move: tuple[float, float] = (0.0, 0.0)


S = Setting((10, 12, 10, 8, 5), (0.0, 0.25), (0.2, 1.0), (0.0, 0.1), (1, 3), (1, 3))
L = Setting((10, 24, 10, 15), (0.0, 0.1), (0.5, 1.0), (0.0, 0.0), (1, 5), (1, 1), only_leaves=True)
OTHERS: Mapping[str, Setting] = {
    "counts": Setting((8, 6, 5, 4), (0.0, 0.0), (0.3, 0.9), (0.0, 0.1), (1, 3), (1, 2),
                      noise="counts"),
    "heavy": Setting((10, 12, 10, 8), (0.02, 0.15), (0.3, 1.0), (0.0, 0.1), (1, 3), (1, 2),
                     noise="heavy"),
    "ratio": Setting((10, 12, 10, 8), (0.0, 0.1), (0.2, 0.8), (0.0, 0.1), (1, 3), (1, 2),
                     ratio=True),
    "all fell": Setting((10, 12, 10, 8), (0.02, 0.1), (0.3, 1.0), (0.0, 0.1), (1, 3), (1, 2),
                        move=(-0.1, -0.05)),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Cube:
    """The leaves of a cube and the causes that were planted; a ratio's sides are pairs."""

    dimensions: Mapping[str, NDArray[np.str_]]
    actual: Floats | tuple[Floats, Floats]
    expected: Floats | tuple[Floats, Floats]
    causes: frozenset[Where]


def cube(setting: Setting, rng: np.random.Generator) -> Cube:
    """One cube of a setting."""
    names = "abcdefghijklmnopqrstuvwxyz"[: len(setting.sizes)]
    grid = np.indices(setting.sizes).reshape(len(setting.sizes), -1)
    dimensions = {
        name: np.array([f"{name}{at + 1}" for at in range(size)])[grid[number]]
        for number, (name, size) in enumerate(zip(names, setting.sizes, strict=True))
    }
    count = grid.shape[1]
    level = rng.uniform(*setting.noise_level)
    base = rng.weibull(rng.uniform(0.5, 1.0), count) * 100
    base *= rng.uniform(size=count) > rng.uniform(0.0, 0.25)
    if setting.ratio:
        return _ratio_cube(setting, dimensions, grid, base, level, rng)
    actual, expected = _noisy(base, level, setting, rng)
    fall = actual.sum() <= expected.sum()
    causes = _causes(setting, grid, base, rng)
    for group in causes:
        severity = rng.uniform(*setting.severity) + level
        deviation = rng.uniform(*setting.deviation)
        for element in group:
            inside = np.all([grid[at] == value for at, value in element], axis=0)
            share = np.maximum(1 - rng.normal(severity, deviation, inside.sum()), 0.0)
            if setting.noise == "counts":
                mean = np.maximum(expected[inside] * (share if fall else 2 - share), 0)
                actual[inside] = rng.poisson(mean)
            elif fall:
                actual[inside] = expected[inside] * share
            else:
                expected[inside] = actual[inside] * share
    named = _named(causes, names)
    if setting.move != (0.0, 0.0):
        actual = actual * (1 + rng.uniform(*setting.move))
        named |= {frozenset()}
    return Cube(dimensions, actual, expected, named)


def _each(draw: Callable[[np.random.Generator, int], Floats]) -> Noise:
    """Noise in proportion to each leaf, of its own; what is below nothing is nothing."""
    return lambda rng, base, grid: base * np.maximum(draw(rng, base.size), 0.0)


def _habits(spread: float, along: int) -> Noise:
    """Shares of 10 %, and beside them a move that all leaves of a dimension's value have in common,
    along so many dimensions."""

    def drawn(rng: np.random.Generator, base: Floats, grid: NDArray[np.int64]) -> Floats:
        share = 1 + rng.normal(0, 0.1, base.size)
        for values in grid[:along]:
            share += rng.normal(0, spread, int(values.max()) + 1)[values]
        return base * share

    return drawn


def _counted(scatter: Callable[[np.random.Generator, NDArray[np.int64]], Floats] | None) -> Noise:
    """Poisson counts around the expected ones, or around those after a scatter of their own."""

    def drawn(rng: np.random.Generator, base: Floats, grid: NDArray[np.int64]) -> Floats:
        return rng.poisson(base if scatter is None else base * scatter(rng, grid)).astype(float)

    return drawn


NOISES: Mapping[str, Noise] = {
    "shares of 10 %": _each(lambda rng, size: 1 + rng.normal(0, 0.1, size)),
    "shares of 25 %": _each(lambda rng, size: 1 + rng.normal(0, 0.25, size)),
    "lognormal, .2": _each(lambda rng, size: rng.lognormal(0, 0.2, size)),
    "lognormal, .5": _each(lambda rng, size: rng.lognormal(0, 0.5, size)),
    "gamma of 10": _each(lambda rng, size: rng.gamma(10, 0.1, size)),
    "gamma of 3": _each(lambda rng, size: rng.gamma(3, 1 / 3, size)),
    "exponential": _each(lambda rng, size: rng.exponential(1, size)),
    "Laplace, .1": _each(lambda rng, size: 1 + rng.laplace(0, 0.1, size)),
    "Laplace, .25": _each(lambda rng, size: 1 + rng.laplace(0, 0.25, size)),
    "t of 3 degrees": _each(lambda rng, size: 1 + 0.1 * rng.standard_t(3, size)),
    "strays: one in 50": _each(
        lambda rng, size: 1 + rng.normal(0, 0.05, size) * np.where(rng.random(size) < 0.02, 6, 1)
    ),
    "one in seven is 0": _each(
        lambda rng, size: (1 + rng.normal(0, 0.1, size)) * (rng.random(size) > 0.15)
    ),
    "mixed sizes": lambda rng, base, grid: np.maximum(
        base + rng.normal(size=base.size) * np.sqrt((0.05 * base) ** 2 + 2 * base), 0.0
    ),
    "counts": _counted(None),
    "rare counts": _counted(None),
    "scattered counts": _counted(lambda rng, grid: rng.gamma(8, 1 / 8, grid.shape[1])),
    "counts with habits": _counted(
        lambda rng, grid: rng.gamma(200, 1 / 200, int(grid[0].max()) + 1)[grid[0]]
    ),
    "habits of 2 %": _habits(0.02, 1),
    "habits of 5 %": _habits(0.05, 1),
    "habits of 10 %": _habits(0.1, 1),
    "habits of 5 %, twice": _habits(0.05, 2),
}
"""What comes of expected figures where nothing happened; habits are moves that the leaves of each
value of a dimension have in common."""


def quiet(noise: str, rng: np.random.Generator, sizes: tuple[int, ...] = (8, 7, 6, 5)) -> Cube:
    """A cube that holds noise alone, of 1,680 leaves unless other sizes are given."""
    grid = np.indices(sizes).reshape(len(sizes), -1)
    dimensions = {
        name: np.array([f"{name}{at + 1}" for at in range(size)])[grid[number]]
        for number, (name, size) in enumerate(zip("abcdefgh", sizes, strict=False))
    }
    base = rng.gamma(2, 0.6 if noise == "rare counts" else 50, grid.shape[1])
    if noise == "mixed sizes":
        base *= rng.lognormal(0, 1.5, base.size)
    return Cube(dimensions, NOISES[noise](rng, base, grid), base, frozenset())


def score(found: frozenset[Where], planted: frozenset[Where]) -> tuple[int, int, int]:
    """How many causes were found that were planted, that were not, and that were missed."""
    return len(found & planted), len(found - planted), len(planted - found)


def _noisy(
    base: Floats, level: float, setting: Setting, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    if setting.noise == "counts":
        return rng.poisson(base).astype(float), base.copy()
    error = rng.normal(0, level, base.size)
    if setting.noise == "heavy":
        error = level * rng.standard_t(4, base.size) / np.sqrt(2)
    other = np.maximum(base * (1 + error), 0.0)
    swapped = rng.integers(0, 2, base.size) == 1
    return np.where(swapped, other, base), np.where(swapped, base, other)


def _ratio_cube(
    setting: Setting, dimensions: Mapping[str, NDArray[np.str_]], grid: NDArray[np.int64],
    base: Floats, level: float, rng: np.random.Generator,
) -> Cube:  # fmt: skip
    """Expected and actual successes of cases; a cause lowers the rate of its leaves."""
    rate = rng.uniform(0.2, 0.9)
    expected_cases = np.round(base * 10)
    cases = rng.poisson(expected_cases * np.maximum(1 + rng.normal(0, level, base.size), 0))
    causes = _causes(setting, grid, base, rng)
    rates = np.full(base.size, rate)
    for group in causes:
        severity = rng.uniform(*setting.severity)
        deviation = rng.uniform(*setting.deviation)
        for element in group:
            inside = np.all([grid[at] == value for at, value in element], axis=0)
            share = np.clip(1 - rng.normal(severity, deviation, inside.sum()), 0.0, 1.0)
            rates[inside] = rate * share
    actual = rng.binomial(cases, rates).astype(float), cases.astype(float)
    names = "".join(dimensions)
    return Cube(dimensions, actual, (rate * expected_cases, expected_cases), _named(causes, names))


def _causes(
    setting: Setting, grid: NDArray[np.int64], base: Floats, rng: np.random.Generator
) -> list[list[tuple[tuple[int, int], ...]]]:
    """Groups of elements that fall alike; no two groups share their dimensions or a value."""
    count = len(setting.sizes)
    groups: list[list[tuple[tuple[int, int], ...]]] = []
    wanted = int(rng.integers(setting.anomalies[0], setting.anomalies[1] + 1))
    while len(groups) < wanted:
        layer = count if setting.only_leaves else int(rng.integers(1, count + 1))
        chosen = tuple(sorted(rng.choice(count, layer, replace=False).tolist()))
        size = int(rng.integers(setting.elements[0], setting.elements[1] + 1))
        used = [{at for at, _ in group[0]} for group in groups]
        if layer < count and set(chosen) in used:
            continue
        free = [
            [
                value
                for value in range(setting.sizes[at])
                if not any((at, value) in element for group in groups for element in group)
            ]
            for at in chosen
        ]
        if not all(free):
            continue
        picked = [rng.choice(values, size, replace=True) for values in free]
        group = [
            tuple((at, int(picks[number])) for at, picks in zip(chosen, picked, strict=True))
            for number in range(size)
        ]
        if len(set(group)) < size:
            continue
        if layer == count and any(
            base[np.all([grid[at] == value for at, value in element], axis=0)].sum() == 0
            for element in group
        ):
            continue
        groups.append(group)
    return groups


def _named(groups: list[list[tuple[tuple[int, int], ...]]], names: str) -> frozenset[Where]:
    return frozenset(
        frozenset((names[at], f"{names[at]}{value + 1}") for at, value in element)
        for group in groups
        for element in group
    )
