"""Derive the factors of the process chart, and print what they promise beside the classic limits.

    .venv/bin/python benchmarks/signals.py            the promise, exact and simulated
    .venv/bin/python benchmarks/signals.py --table    the table of `sameboat.analysis.limits` anew

The next twelve points after a baseline of k points are judged by three rules at once. How often
any of them fires is computed exactly, for normal points: given how far the baseline's mean and
spread are off, the points are independent, so the chance of silence is a product of small
matrices over the state (length of the run, which of the last two points lay near a limit); that
chance is then averaged over the known distributions of the baseline's mean and spread.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.sparse import csr_matrix
from scipy.special import ndtr, stdtrit

from sameboat.analysis.signals import xmr

Array = NDArray[np.float64]

AHEAD = 12
RUN = 8
NEAR = 2 / 3
LIMITS_SHARE = 0.018  # of false alarms in the next twelve points: beyond or twice near a limit
RUN_SHARE = 0.014  # and what the run rule adds
OUTLIER_SHARE = 0.0002  # chance that an undisturbed baseline loses a point as an outlier
USUAL_EXTENT = 0.8  # how often an undisturbed baseline's farthest point stays inside the limits

CLASSIC = {8: 0.205, 12: 0.149, 24: 0.091, 52: 0.058}
REACH_POWER = {8: 0.65, 12: 0.80, 24: 0.93, 52: 0.97}
COUNTS = (
    *range(8, 31), 32, 34, 36, 39, 42, 46, 52, 58, 66, 78, 92, 120, 160, 240, 480, 1000, 100_000,
)  # fmt: skip


@dataclass(frozen=True)
class Factors:
    """How far, in baseline standard deviations, each rule reaches from the baseline's mean."""

    points: int
    limit: float
    guard: float
    outlier: float
    extent: float


# ── the exact chance of an alarm ─────────────────────────────────────────────────────────────


@lru_cache
def moves(run: int) -> tuple[int, tuple[csr_matrix, ...]]:
    """The states without alarm and, per zone of a point, which state leads to which.

    A state is (signed length of the run, side of the last point if near a limit, same of the
    point before). Zones: near the upper limit, above the guard, middle, below it, near the lower.
    """
    zones = (2, 1, 0, -1, -2)
    index = {(0, 0, 0): 0}
    waiting = [(0, 0, 0)]
    edges: list[list[tuple[int, int]]] = [[] for _ in zones]
    while waiting:
        state = waiting.pop()
        length, last, before = state
        for zone, found in zip(zones, edges, strict=True):
            side = (zone > 0) - (zone < 0)
            longer = length + side if length * side > 0 else side
            close = side if abs(zone) == 2 else 0
            if abs(longer) >= run or (close and close in (last, before)):
                continue
            after = (longer, close, last)
            if after not in index:
                index[after] = len(index)
                waiting.append(after)
            found.append((index[after], index[state]))
    size = len(index)
    matrices = []
    for found in edges:
        rows, columns = np.array(found).T
        matrices.append(csr_matrix((np.ones(len(found)), (rows, columns)), shape=(size, size)))
    return size, tuple(matrices)


def mistakes(points: int) -> tuple[Array, Array, Array]:
    """Where a baseline's mean lies, how large its spread comes out, and how likely that is."""
    freedom = points - 1
    off = 1 / np.sqrt(2 * freedom)
    spread = np.linspace(max(1e-3, 1 - 6.5 * off), 1 + 8 * off, 40)
    density = (freedom - 1) * np.log(spread) - freedom * spread**2 / 2
    likely = np.exp(density - density.max())
    mean = np.linspace(-6, 6, 25)
    share = np.exp(-(mean**2) / 2)
    means, spreads = np.meshgrid(mean / np.sqrt(points), spread)
    weight = np.outer(likely / likely.sum(), share / share.sum())
    return means.ravel(), spreads.ravel(), weight.ravel()


def alarm(points: int, limit: float, guard: float, *, shift: float = 0.0, run: int = RUN) -> float:
    """Chance that any rule fires within the next twelve points, moved by `shift` sigmas."""
    mean, spread, weight = mistakes(points)
    near = NEAR * limit
    guard = min(guard, near)

    def above(at: float) -> Array:
        return np.asarray(ndtr(shift - mean - at * spread))

    def below(at: float) -> Array:
        return np.asarray(ndtr(mean - shift - at * spread))

    zones = (
        above(near) - above(limit),
        above(guard) - above(near),
        1 - above(guard) - below(guard),
        below(guard) - below(near),
        below(near) - below(limit),
    )
    size, matrices = moves(run)
    silent = np.zeros((size, len(weight)))
    silent[0] = 1
    for _ in range(AHEAD):
        silent = sum((m @ silent) * p for m, p in zip(matrices, zones, strict=True))
    return float(1 - silent.sum(axis=0) @ weight)


# ── the factors ──────────────────────────────────────────────────────────────────────────────


def farthest(points: int, chance: float) -> float:
    """How far the farthest point of a normal sample lies, exceeded so often (Grubbs 1969)."""
    t = stdtrit(points - 2, 1 - chance)
    return float((points - 1) / np.sqrt(points) * np.sqrt(t**2 / (points - 2 + t**2)))


def solved(by: Callable[[float], float], low: float, high: float) -> float:
    return float(brentq(by, low, high, xtol=1e-7))


def derive(points: int) -> Factors:
    """The factors of one baseline length."""
    never = AHEAD + 1
    limit = solved(lambda at: alarm(points, at, 0.0, run=never) - LIMITS_SHARE, 2.0, 20.0)
    both = LIMITS_SHARE + RUN_SHARE
    guard = solved(lambda at: alarm(points, limit, at) - both, -0.5, NEAR * limit)
    usual = farthest(points, 1 - USUAL_EXTENT ** (1 / points))
    outlier = farthest(points, OUTLIER_SHARE / (2 * points))
    return Factors(points, limit, guard, outlier, limit / usual)


def print_table() -> None:
    """The rows of `sameboat.analysis.limits`."""
    for points in COUNTS:
        row = derive(points)
        figures = ", ".join(f"{x:.4f}" for x in (row.limit, row.guard, row.outlier, row.extent))
        print(f"    ({points}, {figures}),")


# ── the whole function, simulated ────────────────────────────────────────────────────────────


def autoregressive(rng: np.random.Generator, size: int, memory: float) -> Array:
    noise = rng.standard_normal(size + 50) * np.sqrt(1 - memory**2)
    out = np.zeros(size + 50)
    for at in range(1, size + 50):
        out[at] = memory * out[at - 1] + noise[at]
    return out[50:]


def shapes(rng: np.random.Generator) -> dict[str, Callable[[int], Array]]:
    """Kinds of noise with mean 0 and standard deviation 1."""
    return {
        "normal": rng.standard_normal,
        "uniform": lambda size: rng.uniform(-1, 1, size) * np.sqrt(3),
        "gamma(4)": lambda size: (rng.gamma(4, size=size) - 4) / 2,
        "gamma(2)": lambda size: (rng.gamma(2, size=size) - 2) / np.sqrt(2),
        "t(5)": lambda size: rng.standard_t(5, size) / np.sqrt(5 / 3),
        "Laplace": lambda size: rng.laplace(size=size) / np.sqrt(2),
        "AR(1) .2": lambda size: autoregressive(rng, size, 0.2),
        "AR(1) .4": lambda size: autoregressive(rng, size, 0.4),
    }


def fired(values: Array, baseline: int | None, first: int) -> bool:
    """Whether the chart has a signal at or after the point `first`."""
    chart = xmr(values, baseline=baseline)
    return any(signal.index >= first for signal in chart.signals)


def classic(values: Array, baseline: int) -> bool:
    """Whether a point lies beyond 2.66 mean moving ranges, without any further rule."""
    first = values[:baseline]
    reach = 2.66 * np.abs(np.diff(first)).mean()
    return bool((np.abs(values[baseline:] - first.mean()) > reach).any())


def rates(draw: Callable[[int], Array], points: int, times: int) -> Iterator[float]:
    """False alarms (classic, ours fixed, ours automatic) and power at shifts of 3 and 1.5."""
    samples = [draw(points + AHEAD) for _ in range(times)]
    yield float(np.mean([classic(values, points) for values in samples]))
    yield float(np.mean([fired(values, points, points) for values in samples]))
    yield float(np.mean([xmr(values).verdict == "signal" for values in samples]))
    for shift in (3.0, 1.5):
        for values in samples:
            values[points:] += shift
        yield float(np.mean([fired(values, points, points) for values in samples]))
        for values in samples:
            values[points:] -= shift


def main(times: int = 2000) -> None:
    print(f"Any signal in the {AHEAD} points after a baseline; reach: at most .05")
    print("baseline   classic   ours (exact)   3-sigma shift found: reach, ours (exact)")
    for points, before in CLASSIC.items():
        row = derive(points)
        false = alarm(points, row.limit, row.guard)
        power = alarm(points, row.limit, row.guard, shift=3.0)
        print(
            f"{points:8}   {before:7.3f}   {false:12.3f}   {REACH_POWER[points]:26.2f}  {power:.3f}"
        )
    print(f"\nThe whole function, {times} simulated series each")
    print("noise      baseline   classic   fixed   automatic   3 sigma   1.5 sigma")
    for name, draw in shapes(np.random.default_rng(20261025)).items():
        for points in CLASSIC:
            found = list(rates(draw, points, times))
            print(f"{name:10} {points:8}   {found[0]:7.3f} {found[1]:7.3f} {found[2]:11.3f}"
                  f" {found[3]:9.3f} {found[4]:11.2f}")  # fmt: skip


if __name__ == "__main__":
    print_table() if "--table" in sys.argv else main()
