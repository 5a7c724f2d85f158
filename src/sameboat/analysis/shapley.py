"""Shapley values of a formula's leaves, exact without walking through all orders.

Let every leaf be as after with chance t and as before otherwise, each on its own. The Shapley
value of a leaf is the integral over t of what its move changes on average (Owen 1972). Averages
of sums add up and those of products of different leaves multiply, so they follow the tree; only
a quotient's denominator, a function, or a product that repeats a leaf is walked through subset by
subset. The integrand is a polynomial in t, so Gauss's points integrate it exactly.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sameboat.analysis.identities import Constant, Identity, Leaf, Operation, leaves, value
from sameboat.errors import Undefined

Floats = NDArray[np.float64]

LARGEST_BLOCK = 16
"""Leaves that a part of a formula may have to be walked through subset by subset."""

LARGEST_WALK = 2**23
"""Values that such a walk may hold at once; more are drawn instead."""

ORDERS = 4_000
"""Orders drawn at most where no exact way is left; every second is another one turned round."""

FEWEST_ORDERS = 40
"""Orders drawn at least, however wide the tree."""

MOST_VALUES = 120_000_000
"""Values of leaves that are put in at most: wide trees draw fewer orders."""

LARGEST_DRAW = 100_000
"""Values of one leaf that are put in at once."""


@dataclass(frozen=True)
class Shares:
    """The Shapley value of each leaf; standard errors are 0 where the values are exact."""

    effects: dict[str, float]
    errors: dict[str, float]
    exact: bool


@dataclass(frozen=True)
class _Average:
    """A part's average at each t, (points, segments), and what each leaf's move adds to it."""

    mean: Floats
    moves: Mapping[str, Floats]


def shapley(
    formula: Identity,
    before: Mapping[str, Floats],
    after: Mapping[str, Floats],
    *,
    rng: np.random.Generator,
) -> Shares:
    """The Shapley value of each leaf of a formula that has one value in all.

    Raises Undefined where a mixture of leaves before and after has no value.
    """
    names = leaves(formula)
    if not names:
        return Shares({}, {}, exact=True)
    size = max(array.size for array in (*before.values(), *after.values()))
    if _entangled(formula, size):
        return _drawn(formula, names, before, after, rng)
    points, weights = np.polynomial.legendre.leggauss((len(names) + 1) // 2)
    reader = _Reader(before, after, (points + 1) / 2)
    found = reader.average(formula)
    effects = {
        name: math.fsum((weights / 2 * found.moves[name][:, 0]).tolist())
        if name in found.moves
        else 0.0
        for name in names
    }
    return Shares(effects, dict.fromkeys(names, 0.0), exact=True)


def _plain(tree: Operation) -> bool:
    """Whether a part's average follows from those of its parts."""
    if tree.name in ("+", "-", "negative", "sum"):
        return True
    if tree.name in ("*", "/"):
        left, right = tree.parts
        return not set(leaves(left)) & set(leaves(right))
    return False


def _entangled(tree: Identity, size: int) -> bool:
    """Whether some part has too many leaves to be walked through."""
    match tree:
        case Operation("/", (left, right)) if _plain(tree):
            return _entangled(left, size) or _too_many(right, size)
        case Operation(_, parts) if _plain(tree):
            return any(_entangled(part, size) for part in parts)
        case Operation():
            return _too_many(tree, size)
    return False


def _too_many(tree: Identity, size: int) -> bool:
    if isinstance(tree, Operation) and tree.name == "*" and _plain(tree):
        return any(_too_many(part, size) for part in tree.parts)
    count = len(leaves(tree))
    return count > LARGEST_BLOCK or (2**count) * size > LARGEST_WALK


@dataclass(frozen=True)
class _Reader:
    """Averages over mixtures of two periods, at the given chances of `after`."""

    before: Mapping[str, Floats]
    after: Mapping[str, Floats]
    chances: Floats

    def average(self, tree: Identity) -> _Average:
        match tree:
            case Constant(held):
                return _Average(np.full((self.chances.size, 1), held), {})
            case Leaf(name):
                old, new = self.before[name], self.after[name]
                move = np.broadcast_to(new - old, (self.chances.size, new.size))
                if old.size != new.size:
                    move = np.broadcast_to(new - old, (self.chances.size, max(old.size, new.size)))
                return _Average(old + self.chances[:, None] * move, {name: move})
            case Operation("negative", (part,)):
                return _scaled(self.average(part), -1.0)
            case Operation("sum", (part,)):
                return self._sum(part)
            case Operation("+", (left, right)):
                return _added(self.average(left), self.average(right))
            case Operation("-", (left, right)):
                return _added(self.average(left), _scaled(self.average(right), -1.0))
            case Operation("*", (left, right)) if _plain(tree):
                return _multiplied(self.average(left), self.average(right))
            case Operation("/", (left, right)) if _plain(tree):
                return _multiplied(self.average(left), self._reciprocal(right))
        return self._walked(tree)

    def _sum(self, part: Identity) -> _Average:
        """Segments added up; what has one value for all of them counts once for each."""
        inner = self.average(part)
        segments = _segments(part, self.before, self.after)

        def total(array: Floats) -> Floats:
            spread = np.broadcast_to(array, (array.shape[0], segments))
            return np.asarray(spread.sum(axis=1, keepdims=True))

        return _Average(
            total(inner.mean), {name: total(move) for name, move in inner.moves.items()}
        )

    def _reciprocal(self, tree: Identity) -> _Average:
        if isinstance(tree, Operation) and tree.name == "*" and _plain(tree):
            left, right = tree.parts
            return _multiplied(self._reciprocal(left), self._reciprocal(right))
        return self._walked(Operation("/", (Constant(1.0), tree)))

    def _walked(self, tree: Identity) -> _Average:
        """The average over every subset of a part's leaves, by how many of them have moved."""
        names = leaves(tree)
        count = len(names)
        chosen = (np.arange(2**count)[:, None] >> np.arange(count)) & 1  # (subsets, leaves)
        mixed = {
            name: np.where(chosen[:, at, None] == 1, self.after[name], self.before[name])
            for at, name in enumerate(names)
        }
        found = value(tree, mixed)
        found = np.broadcast_to(found, (2**count, found.shape[-1]))
        if not np.isfinite(found).all():
            raise Undefined("undefined", _why(names, chosen, found))
        sizes = chosen.sum(axis=1)
        by_size = _by_size(found, sizes, count)
        t = self.chances[:, None]
        powers = np.arange(count + 1)
        mean = (t**powers * (1 - t) ** (count - powers)) @ by_size
        moves = {}
        fewer = np.arange(count)
        others = t**fewer * (1 - t) ** (count - 1 - fewer)
        for at, name in enumerate(names):
            moved = chosen[:, at] == 1
            inside = _by_size(found[moved], sizes[moved], count)[1:]
            outside = _by_size(found[~moved], sizes[~moved], count)[:-1]
            moves[name] = others @ (inside - outside)
        return _Average(mean, moves)


def _segments(tree: Identity, before: Mapping[str, Floats], after: Mapping[str, Floats]) -> int:
    """How many segments a part has: those of its leaves that are not added up within it."""
    match tree:
        case Leaf(name):
            return max(before[name].size, after[name].size)
        case Operation("sum"):
            return 1
        case Operation(_, parts):
            return max(_segments(part, before, after) for part in parts)
    return 1


def _by_size(found: Floats, sizes: NDArray[np.int64], count: int) -> Floats:
    summed = np.zeros((count + 1, found.shape[1]))
    np.add.at(summed, sizes, found)
    return summed


def _scaled(one: _Average, factor: float) -> _Average:
    return _Average(one.mean * factor, {name: move * factor for name, move in one.moves.items()})


def _added(one: _Average, other: _Average) -> _Average:
    moves = dict(one.moves)
    for name, move in other.moves.items():
        moves[name] = moves[name] + move if name in moves else move
    return _Average(one.mean + other.mean, moves)


def _multiplied(one: _Average, other: _Average) -> _Average:
    moves = {name: move * other.mean for name, move in one.moves.items()}
    moves |= {name: move * one.mean for name, move in other.moves.items()}
    return _Average(one.mean * other.mean, moves)


def _why(names: tuple[str, ...], chosen: NDArray[np.int64], found: Floats) -> str:
    """Which mixture of leaves has no value, in words."""
    row = int(np.flatnonzero(~np.isfinite(found).all(axis=1))[0])
    said = ", ".join(
        f"{name} {'after' if moved else 'before'}"
        for name, moved in zip(names, chosen[row], strict=True)
    )
    return f"the tree has no value on the way from before to after: it divides by zero with {said}"


# ── drawn orders ─────────────────────────────────────────────────────────────────────────────


def _drawn(
    formula: Identity,
    names: tuple[str, ...],
    before: Mapping[str, Floats],
    after: Mapping[str, Floats],
    rng: np.random.Generator,
) -> Shares:
    """The mean effect over drawn orders, each with its reverse; they add up in every order."""
    count = len(names)
    size = max(array.size for array in (*before.values(), *after.values()))
    pairs = max(FEWEST_ORDERS, min(ORDERS, MOST_VALUES // (count * (count + 1) * size))) // 2
    at_once = max(1, LARGEST_DRAW // (2 * (count + 1) * size))
    found = []
    for first in range(0, pairs, at_once):
        ranks = rng.permuted(
            np.tile(np.arange(1, count + 1), (min(at_once, pairs - first), 1)), axis=1
        )
        forth = _walk(formula, names, ranks, before, after)
        back = _walk(formula, names, count + 1 - ranks, before, after)
        found.append((forth + back) / 2)
    every = np.concatenate(found)
    effects = {name: math.fsum(every[:, at].tolist()) / pairs for at, name in enumerate(names)}
    errors = every.std(axis=0, ddof=1) / math.sqrt(pairs)
    return Shares(effects, dict(zip(names, errors.tolist(), strict=True)), exact=False)


def _walk(
    formula: Identity,
    names: tuple[str, ...],
    ranks: NDArray[np.int64],
    before: Mapping[str, Floats],
    after: Mapping[str, Floats],
) -> Floats:
    """What each leaf's move changes, (orders, leaves), when each moves at its rank, from 1."""
    steps = np.arange(len(names) + 1)[:, None]
    mixed = {
        name: np.where(steps >= ranks[:, at, None, None], after[name], before[name])
        for at, name in enumerate(names)
    }
    found = value(formula, mixed)[..., 0]  # (orders, steps)
    if not np.isfinite(found).all():
        raise Undefined(
            "undefined", "the tree has no value on the way from before to after: it divides by zero"
        )
    return np.take_along_axis(np.diff(found, axis=1), ranks - 1, axis=1)
