"""Print how well changes of regime are found, beside doing nothing, the process chart and ruptures.

F1 (within five points) and cover as in the Turing change point benchmark, default settings,
over drawn series (`regimes.py`). `pip install ruptures` for its lines.
"""

from __future__ import annotations

import argparse
import math
import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from regimes import KINDS, NOISES, cover, f1, series  # beside this script

from sameboat.analysis.change_points import change_points
from sameboat.analysis.signals import xmr

Floats = NDArray[np.float64]
Find = Callable[[Floats], tuple[int, ...]]

REACH = (
    "reach .80 / .75 on the Turing data, where nothing has .663 / .568, XmR .607 / .527, "
    "PELT-rbf .697 / .677, binseg .744 / .706"
)


def finders() -> dict[str, Find]:
    """The ways to find changes that can be run here."""
    found: dict[str, Find] = {"nothing": lambda values: (), "Sameboat": change_points, "XmR": _xmr}
    try:
        import ruptures
    except ImportError:
        print("ruptures is not installed: its lines are left out")
        return found

    def scaled(values: Floats) -> Floats:
        return np.asarray((values - values.mean()) / (values.std() or 1.0))

    def pelt(values: Floats) -> tuple[int, ...]:
        fitted = ruptures.Pelt("rbf").fit(scaled(values))
        return tuple(fitted.predict(pen=math.log(values.size))[:-1])

    def binseg(values: Floats) -> tuple[int, ...]:
        fitted = ruptures.Binseg("l2").fit(scaled(values))
        return tuple(fitted.predict(pen=2 * math.log(values.size))[:-1])

    return {**found, "PELT-rbf": pelt, "binseg": binseg}


def scores(find: Find, kind: str, count: int, seed: int = 3) -> tuple[float, float]:
    """Mean F1 and cover of a finder over drawn series of a kind."""
    found = []
    for number in range(count):
        rng = np.random.default_rng([seed, KINDS.index(kind), number])
        drawn = series(kind, NOISES[number % len(NOISES)], rng)
        changes = find(drawn.values)
        size = drawn.values.size
        found.append((f1(changes, drawn.changes), cover(changes, drawn.changes, size)))
    first, second = np.mean(found, axis=0)
    return float(first), float(second)


def _xmr(values: Floats) -> tuple[int, ...]:
    """The first points of the process chart's signals."""
    chart = xmr(values, baseline=min(20, values.size // 2))
    return tuple(sorted({signal.first for signal in chart.signals if signal.first > 0}))


def main(count: int = 60) -> None:
    """Measure and print."""
    warnings.simplefilter("ignore")
    print(f"change points: F1 / cover over {count} series of each kind")
    print(f"{'':10}" + "".join(f"{kind:>18}" for kind in (*KINDS, "all")))
    for name, find in finders().items():
        rows = [scores(find, kind, count) for kind in KINDS]
        rows.append(tuple(np.mean(rows, axis=0)))
        print(f"{name:10}" + "".join(f"{one:>11.3f} / {other:.3f}"[-18:] for one, other in rows))
    print(REACH)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=60)
    main(parser.parse_args().series)
