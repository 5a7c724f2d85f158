"""Print false findings and power of experiments that are looked at often, beside others.

The setting of the baseline: 20 looks, 100 more units in each arm between two looks, an effect of
a tenth of a standard deviation. Other figures than normal ones, and more looks, below.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sameboat.analysis.experiments import Arm, compare
from sameboat.errors import Undefined

Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Floats]

DRAWS: dict[str, Draw] = {
    "normal": lambda rng, n: rng.normal(0, 1, n),
    "conversions": lambda rng, n: (rng.random(n) < 0.1).astype(float),
    "waiting": lambda rng, n: rng.exponential(1, n),
    "revenue": lambda rng, n: rng.lognormal(0, 1.5, n) * (rng.random(n) < 0.3),
}
"""Figures of one unit without an effect."""


def looks(count: int, step: int) -> NDArray[np.int64]:
    """Units per arm at each look."""
    return step * np.arange(1, count + 1)


def looked(
    draw: Draw, at: NDArray[np.int64], experiments: int, *, effect: float, seed: int
) -> tuple[float, float]:
    """The share of experiments in which some look found an effect, and the share in which every
    interval held the true one."""
    found = covered = 0
    for number in range(experiments):
        rng = np.random.default_rng([seed, number])
        sums = []
        for lift in (0.0, effect):
            row = draw(rng, int(at[-1])) + lift
            sums.append((np.cumsum(row), np.cumsum(row * row)))
        hit, held = False, True
        for n in at:
            one, other = (Arm(int(n), float(a[n - 1]), float(b[n - 1])) for a, b in sums)
            try:
                seen = compare(one, other)
            except Undefined:  # nobody has converted yet
                continue
            hit |= seen.p_value < 0.05
            held &= seen.low <= effect <= seen.high
        found, covered = found + hit, covered + held
    return found / experiments, covered / experiments


def _deviates(at: NDArray[np.int64], experiments: int, effect: float, seed: int) -> Floats:
    """The difference over its error at each look, (experiments, looks), of normal figures."""
    rng = np.random.default_rng(seed)
    grown = np.diff(at, prepend=0)
    steps = rng.normal(effect * grown, np.sqrt(2 * grown), (experiments, at.size))
    return np.asarray(np.cumsum(steps, axis=1) / np.sqrt(2 * at))


def mixture_of_normals(
    at: NDArray[np.int64], experiments: int, *, effect: float, seed: int, spread: float = 0.1
) -> float:
    """The share in which mSPRT finds an effect (Johari et al. 2017), tuned to this effect."""
    x = at / 2 * spread**2
    limit = np.sqrt((1 + x) / x * (np.log1p(x) + 2 * math.log(20)))
    return float(np.mean((abs(_deviates(at, experiments, effect, seed)) > limit).any(axis=1)))


def fixed(at: NDArray[np.int64], experiments: int, *, effect: float, seed: int) -> float:
    """The share in which some look has p < .05 by the test for one look."""
    return float(np.mean((abs(_deviates(at, experiments, effect, seed)) > 1.96).any(axis=1)))


def main(experiments: int = 500) -> None:
    """Measure and print."""
    at = looks(20, 100)
    print(f"experiments: 20 looks of 100 units more in each arm, {experiments:,} experiments")
    print("                  false findings   power at d = .1   every interval holds")
    for name, of in (("one look's test", fixed), ("mSPRT", mixture_of_normals)):
        false, power = (of(at, 20_000, effect=effect, seed=7) for effect in (0.0, 0.1))
        print(f"{name:16}  {false:.3f}            {power:.3f}")
    false, covered = looked(DRAWS["normal"], at, experiments, effect=0.0, seed=7)
    power, also = looked(DRAWS["normal"], at, experiments, effect=0.1, seed=8)
    print(f"{'Sameboat':16}  {false:.3f}            {power:.3f}             "
          f"{(covered + also) / 2:.3f}   reach <= .05, > .63")  # fmt: skip
    often = np.unique(np.geomspace(2, 3000, 120).astype(int))
    for name, draw in DRAWS.items():
        false, covered = looked(draw, often, experiments // 4, effect=0.0, seed=9)
        print(f"  120 looks from the second unit on, {name:11}  {false:.3f}, holds {covered:.3f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--experiments", type=int, default=500)
    main(parser.parse_args().experiments)
