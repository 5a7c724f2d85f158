"""Print how well and how fast causes are located, beside what others reach.

The settings S and L are those of the RiskLoc paper (`cubes.py`); the others have other noise,
long tails, a ratio, and a move of everything besides. F1 counts a cause as found where every
dimension and value is named exactly. `--cubes 1000` for as many as the paper has.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass

import numpy as np
from cubes import NOISES, OTHERS, L, S, Setting, cube, quiet, score  # beside this script

from sameboat.analysis.localisation import localise

ANCHORS = {
    "S": "reach .88, 1 s   RiskLoc .686, 3.3 s; AutoRoot .516, 1.1 s; Adtributor ~0",
    "L": "reach .80, 1 s   RiskLoc .621, 1.4 s; AutoRoot .633, .34 s; Adtributor ~0",
}
"""Measured elsewhere, on two cores."""


@dataclass(frozen=True)
class Measured:
    """How well causes were found over drawn cubes, and processor seconds of one."""

    f1: float
    precision: float
    recall: float
    median: float
    longest: float


def measured(setting: Setting, cubes: int, seed: int) -> Measured:
    """F1, precision and recall over drawn cubes, and the median and longest seconds of one."""
    hits = extra = missed = 0
    taken = []
    for number in range(cubes):
        drawn = cube(setting, np.random.default_rng([seed, number]))
        started = time.process_time()
        found = localise(dimensions=drawn.dimensions, actual=drawn.actual, expected=drawn.expected)
        taken.append(time.process_time() - started)
        named = frozenset(frozenset(cause.where.items()) for cause in found)
        right, wrong, absent = score(named, drawn.causes)
        hits, extra, missed = hits + right, extra + wrong, missed + absent
    return Measured(
        2 * hits / (2 * hits + extra + missed),
        hits / max(hits + extra, 1),
        hits / max(hits + missed, 1),
        float(np.median(taken)),
        max(taken),
    )


QUIET = {"1,680": (8, 7, 6, 5), "960": (12, 10, 8), "600": (30, 20)}
"""The shapes of cubes in which nothing happens, by their number of leaves."""


def alarms(noise: str, cubes: int, seed: int, sizes: tuple[int, ...] = (8, 7, 6, 5)) -> float:
    """The share of cubes of noise alone in which a cause is named."""
    found = 0
    for number in range(cubes):
        drawn = quiet(noise, np.random.default_rng([seed, number]), sizes)
        found += bool(
            localise(dimensions=drawn.dimensions, actual=drawn.actual, expected=drawn.expected)
        )
    return found / cubes


def main(cubes: int = 100, seed: int = 11) -> None:
    """Measure and print."""
    print(f"localisation: {cubes} cubes, seed {seed}; median and longest processor seconds")
    for name, setting in {"S": S, "L": L, **OTHERS}.items():
        found = measured(setting, cubes, seed)
        print(
            f"{name:8} F1 {found.f1:.3f} (precision {found.precision:.3f}, recall "
            f"{found.recall:.3f})   {found.median:.2f} s, {found.longest:.2f} s   "
            f"{ANCHORS.get(name, '')}"
        )
    print("noise alone: share of cubes in which a cause is named, by number of leaves (reach .05)")
    print(" " * 22 + "".join(f"{name:>8}" for name in QUIET))
    for noise in NOISES:
        shares = [alarms(noise, max(20, cubes // 2), seed, sizes) for sizes in QUIET.values()]
        print(f"  {noise:20}" + "".join(f"{share:8.2f}" for share in shares), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cubes", type=int, default=100)
    parser.add_argument("--seed", type=int, default=11)
    given = parser.parse_args()
    main(given.cubes, given.seed)
