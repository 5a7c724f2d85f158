"""The leaves of a cube by the values of some dimensions, and which sets of them are looked at."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np

from sameboat.analysis.deviations import Codes, Deviations, Leaves, over

MOST_COMBINATIONS = 255
"""Sets of dimensions looked at; with more than eight dimensions the likeliest are chosen."""

SURE = 6.0
"""The gain over the price of the search that a cause needs."""


@dataclass(frozen=True, eq=False)
class Grouping:
    """The leaves by the values of some dimensions: each leaf's element, and what an element is."""

    dimensions: tuple[int, ...]
    element: Codes
    count: int
    price: float


def groupings_of(leaves: Leaves, of: Deviations) -> list[Grouping]:
    """All leaves, then the leaves by every set of dimensions that is looked at."""
    chosen = _chosen(leaves, of)
    sizes = [len(dimensions) for dimensions in chosen]
    found = [by_values(leaves, (), 1)]
    told = None if leaves.told.all() else leaves.told.astype(np.float64)
    single: list[set[int]] = []
    for dimensions in chosen:
        if any(one <= set(dimensions) for one in single):
            continue  # each of its elements is one leaf that fewer dimensions name already
        grouping = by_values(leaves, dimensions, sizes.count(len(dimensions)))
        found.append(grouping)
        held = np.bincount(grouping.element, told, grouping.count)
        if held.max(initial=0) <= 1:
            single.append(set(dimensions))
    return found


def _chosen(leaves: Leaves, of: Deviations) -> list[tuple[int, ...]]:
    """The sets of dimensions to look at, small ones first: all of them, or the likeliest."""
    every = [at for at, values in enumerate(leaves.values) if len(values) > 1]
    if 2 ** len(every) - 1 <= MOST_COMBINATIONS:
        layers = range(1, len(every) + 1)
        return [chosen for layer in layers for chosen in itertools.combinations(every, layer)]
    gains = {}
    pulls = of.weights * of.told
    for at in every:
        weight, pull = (
            np.bincount(leaves.codes[at], one).astype(np.float64, copy=False)
            for one in (of.weights, pulls)
        )
        gains[at] = float(over(np.square(pull), weight).max(initial=0.0))
    first = sorted(sorted(every, key=lambda at: -gains[at])[:6])
    chosen: list[tuple[int, ...]] = [(at,) for at in every]
    for layer in range(2, len(first) + 1):
        chosen += itertools.combinations(first, layer)
    pairs = (tuple(sorted((one, other))) for one in first[:2] for other in every)
    chosen += [pair for pair in dict.fromkeys(pairs) if len(set(pair)) == 2 and pair not in chosen]
    return sorted(chosen[:MOST_COMBINATIONS], key=len)


def by_values(leaves: Leaves, dimensions: tuple[int, ...], alike: int) -> Grouping:
    """A grouping; `alike` is the number of sets of as many dimensions."""
    element, count = np.zeros(leaves.told.size, dtype=np.int64), 1
    for at in dimensions:
        size = len(leaves.values[at])
        element = element * size + leaves.codes[at] if count > 1 else leaves.codes[at]
        count *= size
        if count > 4 * element.size:
            _, element = np.unique(element, return_inverse=True)
            count = int(element.max(initial=-1)) + 1
    price = math.log(max(count, 1)) + math.log(max(alike, 1)) + math.log(len(leaves.names)) + SURE
    return Grouping(dimensions, element, count, price)
