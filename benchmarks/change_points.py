"""Print how well changes of regime are found, beside doing nothing, the process chart and ruptures.

F1 (within five points) and cover as in the Turing change point benchmark, default settings, over
drawn series: planted changes of each kind (`regimes.py`), and series that look like those of
public statistics, many of which have no change (`lookalikes.py`). `pip install ruptures` for its
columns.
"""

from __future__ import annotations

import argparse
import math
import warnings
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from lookalikes import DRAWS  # beside this script, as are the regimes
from numpy.typing import NDArray
from regimes import KINDS, NOISES, Series, cover, f1, series

from sameboat.analysis.change_points import change_points
from sameboat.analysis.signals import xmr

Floats = NDArray[np.float64]
Find = Callable[[Floats], tuple[int, ...]]
Score = Callable[[Find, str, int, int], tuple[float, float]]

REACH = (
    "reach .80 / .75 on the Turing data, where nothing has .663 / .568, XmR .607 / .527, "
    "PELT-rbf .697 / .677, binseg .744 / .706"
)


def finders() -> dict[str, Find]:
    """The ways to find changes that can be run here."""
    found: dict[str, Find] = {
        "nothing": lambda values: (),
        "Sameboat": change_points,
        "XmR": _filled(_xmr),
    }
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

    return {**found, "PELT-rbf": _filled(pelt), "binseg": _filled(binseg)}


def scores(find: Find, kind: str, count: int, seed: int = 3) -> tuple[float, float]:
    """Mean F1 and cover of a finder over drawn series of a kind."""
    drawn = (
        series(
            kind,
            NOISES[number % len(NOISES)],
            np.random.default_rng([seed, KINDS.index(kind), number]),
        )
        for number in range(count)
    )
    return _scored(find, drawn)


def likeness(find: Find, name: str, count: int, seed: int = 3) -> tuple[float, float]:
    """Mean F1 and cover of a finder over series that look like those of public statistics."""
    at = list(DRAWS).index(name)
    drawn = (DRAWS[name](np.random.default_rng([seed, at, number])) for number in range(count))
    return _scored(find, drawn)


def _scored(find: Find, drawn: Iterable[Series]) -> tuple[float, float]:
    found = []
    for one in drawn:
        changes = find(one.values)
        size = one.values.size
        found.append((f1(changes, one.changes), cover(changes, one.changes, size)))
    first, second = np.mean(found, axis=0)
    return float(first), float(second)


def _xmr(values: Floats) -> tuple[int, ...]:
    """The first points of the process chart's signals."""
    chart = xmr(values, baseline=min(20, values.size // 2))
    return tuple(sorted({signal.first for signal in chart.signals if signal.first > 0}))


def _filled(find: Find) -> Find:
    """A finder that knows no gaps, given a straight line over each."""

    def finder(values: Floats) -> tuple[int, ...]:
        known = np.flatnonzero(~np.isnan(values))
        return find(np.interp(np.arange(values.size), known, values[known]))

    return finder


def main(count: int = 60, seed: int = 3) -> None:
    """Measure and print."""
    warnings.simplefilter("ignore")
    ways = finders()
    print(f"change points: F1 / cover over {count} series of each kind, seed {seed}")
    parts: tuple[tuple[str, Score, tuple[str, ...]], ...] = (
        ("planted changes", scores, KINDS),
        ("like public statistics", likeness, tuple(DRAWS)),
    )
    for title, score, kinds in parts:
        print(f"{title:24}" + "".join(f"{name:>15}" for name in ways))
        rows = []
        for kind in kinds:
            rows.append([score(find, kind, count, seed) for find in ways.values()])
            _line(kind, rows[-1])
        _line("all", [tuple(pair) for pair in np.mean(rows, axis=0).tolist()])
    print(REACH)


def _line(name: str, pairs: Sequence[tuple[float, float]]) -> None:
    shown = (f"{f'{one:.3f} / {other:.3f}':>15}" for one, other in pairs)
    print(f"{name:24}" + "".join(shown), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=60)
    parser.add_argument("--seed", type=int, default=3)
    given = parser.parse_args()
    main(given.series, given.seed)
