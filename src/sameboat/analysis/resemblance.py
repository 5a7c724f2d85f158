"""Series that move alike, and series that move against each other: judged on their changes.

Levels that only grow resemble each other for no reason; changes from one period to the next do
not. All functions are pure, and none compares every pair where there are thousands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.fft import dct
from scipy.spatial import cKDTree
from scipy.stats import norm

from sameboat.errors import Undefined

Floats = npt.NDArray[np.float64]

LEAST = 12
"""From how many changes on two series can be compared."""

COORDINATES = 10
"""How many of its cosines tell a series from others well enough to leave few pairs to compare."""


@dataclass(frozen=True)
class Alike:
    """Two series whose changes are the same up to their scale."""

    first: str
    second: str
    correlation: float
    n: int


def alike(series: Mapping[str, npt.ArrayLike], *, least_correlation: float = 0.999) -> list[Alike]:
    """Every pair of series of equal periods whose changes correlate at least so much.

    Missing values are NaN; two series are compared where they miss the same periods, and have
    12 changes or more. Instead of all pairs only neighbours are compared: unit vectors with a
    correlation of r lie sqrt(2 (1 - r)) apart, and no further in some of their cosines, which a
    tree searches.

    >>> found = alike({"a": np.arange(20) ** 2, "b": 3 * np.arange(20) ** 2 + 1, "c": [1, 5] * 10})
    >>> [(one.first, one.second, one.n) for one in found]
    [('a', 'b', 19)]
    """
    groups: dict[bytes, list[tuple[str, Floats]]] = {}
    for name, given in series.items():
        values = np.asarray(given, dtype=float)
        held = np.isfinite(values)
        unit = _unit(np.diff(values[held]))
        if unit is not None:
            groups.setdefault(held.tobytes(), []).append((name, unit))
    found = [one for group in groups.values() for one in _alike(group, least_correlation)]
    return sorted(found, key=lambda one: (one.first, one.second))


def _unit(changes: Floats) -> Floats | None:
    """The changes about their mean at length 1; None where they are too few or never vary."""
    if changes.size < LEAST:
        return None
    centred = changes - changes.mean()
    length = float(np.linalg.norm(centred))
    if length <= 1e-12 * max(1.0, float(np.abs(changes).max())):
        return None
    return np.asarray(centred / length, dtype=np.float64)


def _alike(group: list[tuple[str, Floats]], least: float) -> list[Alike]:
    if len(group) < 2:
        return []
    vectors = np.vstack([vector for _, vector in group])
    # Cosines from slow to fast: whether changes drift or jump, some of these tell them apart.
    chosen = np.unique(np.linspace(1, vectors.shape[1] - 1, COORDINATES).astype(int))
    marks = dct(vectors, norm="ortho", axis=1)[:, chosen]
    radius = float(np.sqrt(2 * (1 - least))) + 1e-9
    pairs = cKDTree(marks).query_pairs(radius, output_type="ndarray")
    found = []
    for at, to in pairs:
        correlation = float(vectors[at] @ vectors[to])
        if correlation >= least:
            first, second = sorted((int(at), int(to)))
            found.append(Alike(group[first][0], group[second][0], correlation, vectors.shape[1]))
    return found


@dataclass(frozen=True)
class Relation:
    """The correlation of two series' changes with its range; `n` is how many changes there are."""

    value: float
    low: float
    high: float
    n: int


def relation(
    a: npt.ArrayLike, b: npt.ArrayLike, *, comparisons: int = 1, level: float = 0.95
) -> Relation:
    """The correlation of the changes of two series over the same periods, with a range.

    The range is Fisher's, at `level` for all `comparisons` together (Bonferroni), with the number
    of changes lowered by what both repeat from one change to the next (Bartlett 1946). Periods
    that one of them misses are left out with the changes on both sides. Raises Undefined with
    fewer than 12 changes or where one never varies.

    >>> step = np.array([1.0, -1, 1, 1, -1, -1, 1, -1, 1, 1, -1, 1, -1, -1, 1, -1])
    >>> found = relation(np.cumsum(step), -np.cumsum(step))
    >>> round(found.value, 6), found.high < -0.99, found.n
    (-1.0, True, 15)
    """
    first, second = np.diff(np.asarray(a, dtype=float)), np.diff(np.asarray(b, dtype=float))
    held = np.isfinite(first) & np.isfinite(second)
    x, y = _unit(first[held]), _unit(second[held])
    if x is None or y is None:
        raise Undefined("undefined", f"there are {int(held.sum())} changes to compare, or none")
    value = float(np.clip(x @ y, -1.0, 1.0))
    n = x.size
    repeated = 1 + 2 * sum(_repeats(x, lag) * _repeats(y, lag) for lag in (1, 2, 3))
    effective = n / max(1.0, repeated)
    reach = float(norm.ppf(1 - (1 - level) / 2 / max(1, comparisons)))
    reach /= float(np.sqrt(max(effective - 3, 1.0)))
    centre = float(np.arctanh(np.clip(value, -1 + 1e-12, 1 - 1e-12)))
    return Relation(value, float(np.tanh(centre - reach)), float(np.tanh(centre + reach)), n)


def _repeats(unit: Floats, lag: int) -> float:
    """The correlation of a series with itself some steps before."""
    return float(unit[lag:] @ unit[:-lag])
