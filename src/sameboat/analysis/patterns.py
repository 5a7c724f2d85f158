"""What stands out among judged points: the three rules of the process chart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sameboat.analysis.limits import NEAR, RUN

Floats = NDArray[np.float64]

Rule = Literal["run", "beyond-limit", "near-limit"]
Direction = Literal["above", "below"]

RULES: tuple[Rule, ...] = ("run", "beyond-limit", "near-limit")
"""The rules, the one that says most of a process first."""


@dataclass(frozen=True)
class Pattern:
    """Positions among the judged points that one rule singled out together."""

    rule: Rule
    direction: Direction
    members: tuple[int, ...]


def patterns(
    deviation: Floats, above: Floats, below: Floats, guard_above: float, guard_below: float
) -> tuple[Pattern, ...]:
    """What the rules single out among points in order, each at a distance from the centre.

    All distances have one unit; `above` and `below` say where each point's limits lie.

    >>> flat = np.full(3, 4.0)
    >>> patterns(np.array([0.1, -5.0, 0.2]), flat, flat, 0.3, 0.3)
    (Pattern(rule='beyond-limit', direction='below', members=(1,)),)
    """
    found: list[Pattern] = []
    sides: tuple[tuple[Direction, Floats, Floats, float], ...] = (
        ("above", deviation, above, guard_above),
        ("below", -deviation, below, guard_below),
    )
    for direction, distance, limit, guard in sides:
        beyond = ((int(at),) for at in np.flatnonzero(distance > limit))
        found += [
            *(Pattern("run", direction, at) for at in _streaks(distance > guard, RUN)),
            *(Pattern("beyond-limit", direction, at) for at in beyond),
            *(Pattern("near-limit", direction, at) for at in _clusters(distance > NEAR * limit)),
        ]
    return tuple(found)


def _streaks(inside: NDArray[np.bool_], least: int) -> Iterator[tuple[int, ...]]:
    """Positions of unbroken stretches of at least `least` points."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], inside, [False])).astype(int)))
    for start, end in edges.reshape(-1, 2):
        if end - start >= least:
            yield tuple(range(int(start), int(end)))


def _clusters(near: NDArray[np.bool_]) -> Iterator[tuple[int, ...]]:
    """Positions of points of which each has another one at most two steps away."""
    places = np.flatnonzero(near)
    for group in np.split(places, np.flatnonzero(np.diff(places) > 2) + 1):
        if group.size > 1:
            yield tuple(int(at) for at in group)
