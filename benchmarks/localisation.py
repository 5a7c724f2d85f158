"""Print how well and how fast causes are located, beside what others reach.

The settings S and L are those of the RiskLoc paper (`cubes.py`); the others have other noise,
long tails, a ratio, and a move of everything besides. F1 counts a cause as found where every
dimension and value is named exactly. `--cubes 1000` for as many as the paper has.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from cubes import NOISES, OTHERS, L, S, Setting, cube, quiet, score  # beside this script

from sameboat.analysis.localisation import localise

ANCHORS = {
    "S": "reach .88, 1 s   RiskLoc .686, 3.3 s; AutoRoot .516, 1.1 s; Adtributor ~0",
    "L": "reach .80, 1 s   RiskLoc .621, 1.4 s; AutoRoot .633, .34 s; Adtributor ~0",
}
"""Measured elsewhere, on two cores."""


def measured(setting: Setting, cubes: int, seed: int) -> tuple[float, float, float]:
    """F1 over drawn cubes, and the median and longest processor seconds of one."""
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
    return 2 * hits / (2 * hits + extra + missed), float(np.median(taken)), max(taken)


def alarms(noise: str, cubes: int, seed: int) -> float:
    """The share of cubes of noise alone in which a cause is named."""
    found = 0
    for number in range(cubes):
        drawn = quiet(noise, np.random.default_rng([seed, number]))
        found += bool(
            localise(dimensions=drawn.dimensions, actual=drawn.actual, expected=drawn.expected)
        )
    return found / cubes


def main(cubes: int = 100) -> None:
    """Measure and print."""
    print(f"localisation: F1 over {cubes} cubes, median and longest processor seconds")
    for name, setting in {"S": S, "L": L, **OTHERS}.items():
        f1, median, longest = measured(setting, cubes, seed=11)
        print(f"{name:8} F1 {f1:.3f}   {median:.2f} s, {longest:.2f} s   {ANCHORS.get(name, '')}")
    print("noise alone: share of cubes in which a cause is named")
    for noise in NOISES:
        print(f"  {noise:17} {alarms(noise, max(20, cubes // 2), seed=11):.3f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cubes", type=int, default=100)
    main(parser.parse_args().cubes)
