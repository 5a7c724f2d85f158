"""Where a change sits: the few combinations of dimensions' values that account for it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sameboat.analysis.readings import LARGEST
from sameboat.errors import Undefined, UsageError

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Side = ArrayLike | tuple[ArrayLike, ArrayLike]

MOST_CAUSES = 20
"""Causes named at most; a change with more has no few causes."""

MOST_COMBINATIONS = 255
"""Sets of dimensions looked at; with more than eight dimensions the likeliest are chosen."""

BINS = 24
"""Groups of leaves of like size by which the noise is told."""

OWN_SPREAD = 10.0
"""Leaves whose weight stands behind 'a cause's leaves scatter as all others do'."""


FEW = 4
"""Leaves below which an element's own spread says too little."""

STANDS_OUT = 4.0
"""The gain by which an element's mean must stand out from its own spread."""

MANY = 30
"""Leaves from which an element's own spread says enough."""

ALIKE = 0.5
"""The share of a whole's move that each of its parts must have made to belong to it."""

SIDES_DIFFER = 1.25
"""The factor from which one side of the scatter is taken to hold causes."""

LEAST = 10
"""Leaves that a side of the scatter needs to tell the noise."""

SURE = 6.0
"""The gain over the price of the search that a cause needs."""


@dataclass(frozen=True)
class Cause:
    """One combination of values whose leaves moved together.

    `where` gives a value for each of its dimensions; it is empty where everything moved alike.
    `effect` is what it adds to the figure's change, in the figure's unit and signed (a leaf that
    two causes hold counts for the first). `change` is the relative change of its leaves, `leaves`
    their number. `score` is the gain in log likelihood over 'nothing happened here', less the
    price of the search: above 0, and larger is surer.
    """

    where: dict[str, str]
    effect: float
    score: float
    change: float
    leaves: int


@dataclass(frozen=True)
class Localisation:
    """The causes of a change, each the surest of what those before it left, and what was searched.

    `total` is the figure's whole change, `explained` the sum of the causes' effects.
    `combinations` is the number of sets of dimensions that were looked at, `skipped` that of
    those that were not: with many dimensions only the likeliest are.
    """

    causes: tuple[Cause, ...]
    total: float
    explained: float
    combinations: int
    skipped: int


def localise(
    *, dimensions: Mapping[str, ArrayLike], actual: Side, expected: Side
) -> tuple[Cause, ...]:
    """The few combinations of values that account for a change: see `search`.

    >>> causes = localise(
    ...     dimensions={"region": ["UK", "UK", "DE", "DE"] * 10, "plan": ["A", "B"] * 20},
    ...     actual=[50, 101, 99, 100] * 10, expected=[100, 99, 101, 100] * 10,
    ... )
    >>> causes[0].where, causes[0].effect
    ({'region': 'UK', 'plan': 'A'}, -500.0)
    """
    return search(dimensions=dimensions, actual=actual, expected=expected).causes


def search(*, dimensions: Mapping[str, ArrayLike], actual: Side, expected: Side) -> Localisation:
    """The causes of a change with what they explain, and how far the search went.

    `dimensions` has one value per row for each dimension, `actual` and `expected` the figure of
    each row: numbers that add up, or for a ratio a pair of numerators and denominators. A cause's
    leaves have moved by one share, whatever their size; of a ratio, by one share of their rate.
    The noise is read off the rows themselves, as one part in proportion to a row and one that
    follows its root (counts). Each cause is the surest among the rows that those before
    it left.

    A combination is a cause where its likelihood, with a mean and a spread of its own, beats 'as
    expected' by more than the search costs, and where taking it apart along any other dimension
    would explain no more. Missing figures and rows that are 0 on both sides say nothing.

    Raises Undefined without a row to compare, UsageError for arrays that do not fit together.
    """
    leaves = _leaves(dimensions, actual, expected)
    cube = _Cube(leaves, _chosen(leaves))
    found: list[Cause] = []
    while len(found) < MOST_CAUSES and (best := cube.best()) is not None:
        found.append(cube.take(best))
    return Localisation(
        causes=tuple(found),
        total=leaves.total,
        explained=math.fsum(cause.effect for cause in found),
        combinations=len(cube.groupings),
        skipped=2 ** len(leaves.names) - len(cube.groupings),
    )


# ── leaves ───────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, eq=False)
class _Leaves:
    """Rows with their codes per dimension, their deviation and what they add to the change.

    `deviation` runs from -2 (gone) to 2 (new): the difference over the mean of both sides.
    `size` is that mean (of a ratio: in cases), 0 where a row says nothing.
    """

    names: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]
    codes: tuple[Codes, ...]
    deviation: Floats
    size: Floats
    change: Floats
    total: float


def _leaves(dimensions: Mapping[str, ArrayLike], actual: Side, expected: Side) -> _Leaves:
    codes, values = [], []
    for name, column in dimensions.items():
        held = np.asarray(column, dtype=object).tolist()
        if not isinstance(held, list):
            raise UsageError("wrong-type", f"the dimension {name!r} needs one value per row")
        lookup: dict[object, int] = {}
        codes.append(np.array([lookup.setdefault(value, len(lookup)) for value in held], dtype=int))
        values.append(tuple("(no value)" if value is None else str(value) for value in lookup))
    if isinstance(actual, tuple) != isinstance(expected, tuple):
        raise UsageError("wrong-type", "actual and expected must both be pairs, or neither")
    if isinstance(actual, tuple) and isinstance(expected, tuple):
        sides = [_figures(side) for pair in (actual, expected) for side in pair]
    else:
        sides = [_figures(actual), _figures(expected)]
    lengths = {array.size for array in (*sides, *codes)}
    if len(lengths) != 1:
        raise UsageError("wrong-type", "dimensions and figures must have one value per row each")
    known = np.isfinite(sides).all(axis=0) & (np.abs(sides) < LARGEST).all(axis=0)
    measure = _rates if len(sides) == 4 else _amounts
    deviation, size, change, total = measure(*(np.where(known, side, 0.0) for side in sides))
    if not (size > 0).any():
        raise Undefined("undefined", "there is no row with a figure to compare")
    return _Leaves(
        tuple(map(str, dimensions)), tuple(values), tuple(codes), deviation, size, change, total
    )


def _figures(side: Side) -> Floats:
    try:
        array = np.asarray(side, dtype=float)
    except (TypeError, ValueError):
        raise UsageError("wrong-type", "actual and expected must be numbers") from None
    if array.ndim != 1:
        raise UsageError("wrong-type", "actual and expected must have one number per row")
    return array


def _amounts(actual: Floats, expected: Floats) -> tuple[Floats, Floats, Floats, float]:
    change = actual - expected
    size = _told((np.abs(actual) + np.abs(expected)) / 2)
    return _over(change, size), size, change, float(change.sum())


def _rates(
    numerator: Floats, cases: Floats, expected: Floats, expected_cases: Floats
) -> tuple[Floats, Floats, Floats, float]:
    """A ratio's rows: the change of the numerator at the actual denominator."""
    if (cases < 0).any() or (expected_cases < 0).any():
        raise UsageError("wrong-type", "a denominator must be a number of at least 0")
    if cases.sum() <= 0 or expected_cases.sum() <= 0:
        raise Undefined("undefined", "the ratio has no denominator")
    wanted = _over(expected, expected_cases) * cases
    told = (cases > 0) & (expected_cases > 0)
    size = _told(np.where(told, (np.abs(numerator) + np.abs(wanted)) / 2, 0.0))
    change = np.where(told, numerator - wanted, 0.0)
    total = numerator.sum() / cases.sum() - expected.sum() / expected_cases.sum()
    return _over(change, size), size, change / cases.sum(), float(total)


def _told(size: Floats) -> Floats:
    """Sizes with dust, far below all others, as nothing."""
    return np.where(size > max(1 / LARGEST, 1e-12 * size.max(initial=0.0)), size, 0.0)


def _over(one: Floats, other: Floats) -> Floats:
    return np.divide(one, other, out=np.zeros_like(one), where=other > 0)


# ── noise ────────────────────────────────────────────────────────────────────────────────────


def _weights(deviation: Floats, size: Floats) -> tuple[Floats, float]:
    """One over the variance of each leaf's deviation, up to one common factor; 0 without size.

    The variance is a + b / size: a in proportion (relative errors), b as counts have it. Both are
    fitted to the spread of groups of leaves of like size. With them comes a: a difference over
    the mean of both sides may be off by as much on average, without any cause.
    """
    told = np.flatnonzero(size > 0)
    order = told[np.argsort(size[told], kind="stable")]
    groups = np.array_split(order, min(BINS, max(1, order.size // LEAST)))
    spread = np.array([_spread(deviation[group]) ** 2 for group in groups])
    inverse = np.array([float(np.mean(1 / size[group])) for group in groups])
    usable = (spread > 0) & (spread < 1)
    weights = np.zeros_like(size)
    if not usable.any():
        weights[told] = 1.0
        return weights, 0.0
    a, b = _line(inverse[usable], spread[usable])
    weights[told] = 1 / (a + b / size[told])
    return weights, a


def _line(x: Floats, y: Floats) -> tuple[float, float]:
    """The a ≥ 0 and b ≥ 0 for which a + b·x follows y most closely, in shares of y (least sum).

    The sum of absolute errors lets a few groups with a cause in them stand aside.
    """
    corners = [(float(np.median(y)), 0.0), (0.0, float(np.median(y / x)))]
    for one, other in itertools.combinations(range(x.size), 2):
        if x[one] == x[other]:
            continue
        b = (y[one] - y[other]) / (x[one] - x[other])
        a = y[one] - b * x[one]
        if a >= 0 and b >= 0:
            corners.append((float(a), float(b)))
    return min(corners, key=lambda line: float(np.abs((line[0] + line[1] * x) / y - 1).sum()))


def _spread(deviation: Floats) -> float:
    """The standard deviation of leaves that no cause touched; 0 where there is none.

    Causes mostly push one way: where the sides of 0 differ, the one that scatters less tells.
    """
    return min((_half_spread(side) for side in _sides(deviation)), default=0.0)


def _sides(deviation: Floats) -> list[Floats]:
    """How far leaves lie out on either side of 0; one list where the sides are alike or small."""
    sides = [deviation[deviation > 0], -deviation[deviation < 0]]
    if min(side.size for side in sides) >= LEAST:
        one, other = (_half_spread(side) for side in sides)
        if max(one, other) > SIDES_DIFFER * min(one, other):
            return sides
    both = np.abs(deviation[deviation != 0])
    return [both] if both.size else []


def _half_spread(side: Floats) -> float:
    middle = float(np.median(side)) / 0.6745
    return math.sqrt(float(np.mean(np.minimum(side, 4 * middle) ** 2)))


def _tempered(scaled: Floats) -> Floats:
    """Deviations with a tail as short as the normal's, told from the side that scatters less.

    The chance of lying further out than z falls as exp(-a·z^p), p about 1.6 for normal noise
    between one leaf in 20 and one in 500, and less for longer tails.
    """
    sides = [side for side in _sides(scaled) if side.size >= 500]
    if not sides:
        return scaled
    quiet = min(sides, key=_half_spread)
    near, far = np.quantile(quiet, [0.95, 0.998])
    if not 0 < near < far:
        return scaled
    power = min(1.0, math.log(3.0902 / 1.96) / math.log(far / near))
    out = np.abs(scaled)
    return np.where(out > near, np.sign(scaled) * near * (out / near) ** power, scaled)


def _weighed(leaves: _Leaves) -> tuple[Floats, Floats, float]:
    """The weight of each leaf, its deviation with a normal tail, and how far off a mean may be."""
    weights, bias = _weights(leaves.deviation, leaves.size)
    root = np.sqrt(weights)
    tempered = _tempered(root * leaves.deviation)
    return weights, _over(tempered, root), bias


# ── the search ───────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, eq=False)
class _Grouping:
    """The leaves by the values of some dimensions: each leaf's element, and what an element is."""

    dimensions: tuple[int, ...]
    element: Codes
    count: int
    price: float


@dataclass(frozen=True)
class _Candidate:
    grouping: int
    element: int
    score: float


def _chosen(leaves: _Leaves) -> list[tuple[int, ...]]:
    """The sets of dimensions to look at, small ones first: all of them, or the likeliest."""
    count = len(leaves.names)
    every = range(count)
    if 2**count - 1 <= MOST_COMBINATIONS:
        return [chosen for layer in every for chosen in itertools.combinations(every, layer + 1)]
    weights, deviation, _ = _weighed(leaves)
    gains = []
    for at in every:
        grouping = _grouping(leaves, (at,), 1)
        weight = _totals(grouping, weights)
        pull = _totals(grouping, weights * deviation)
        gains.append(float(_over(np.square(pull), weight).max(initial=0.0)))
    first = sorted(sorted(every, key=lambda at: -gains[at])[:6])
    chosen: list[tuple[int, ...]] = [(at,) for at in every]
    for layer in range(2, len(first) + 1):
        chosen += itertools.combinations(first, layer)
    pairs = (tuple(sorted((one, other))) for one in first[:2] for other in every)
    chosen += [pair for pair in dict.fromkeys(pairs) if len(set(pair)) == 2 and pair not in chosen]
    return sorted(chosen[:MOST_COMBINATIONS], key=len)


def _grouping(leaves: _Leaves, dimensions: tuple[int, ...], alike: int) -> _Grouping:
    """A grouping; `alike` is the number of sets of as many dimensions."""
    element = np.zeros(leaves.size.size, dtype=np.int64)
    count = 1
    for at in dimensions:
        size = len(leaves.values[at])
        element = element * size + leaves.codes[at]
        count *= size
        if count > 4 * element.size:
            _, element = np.unique(element, return_inverse=True)
            count = int(element.max(initial=-1)) + 1
    price = math.log(max(count, 1)) + math.log(max(alike, 1)) + math.log(len(leaves.names)) + SURE
    return _Grouping(dimensions, element, count, price)


def _totals(grouping: _Grouping, column: Floats, rows: Codes | slice = slice(None)) -> Floats:
    """The sum of a column over each element's leaves, or over those of some rows."""
    return np.bincount(grouping.element[rows], column, grouping.count).astype(np.float64)


class _Cube:
    """Sums over every combination of values; a cause that was taken leaves them."""

    def __init__(self, leaves: _Leaves, chosen: Sequence[tuple[int, ...]]) -> None:
        self.leaves = leaves
        self.weights, self.deviation, self.bias = _weighed(leaves)
        sizes = [len(dimensions) for dimensions in chosen]
        self.groupings = [
            _grouping(leaves, dimensions, sizes.count(len(dimensions))) for dimensions in chosen
        ]
        self.groupings.insert(0, _grouping(leaves, (), 1))
        self.sums = [self._sums(grouping) for grouping in self.groupings]
        self.at = {grouping.dimensions: at for at, grouping in enumerate(self.groupings)}

    def _sums(self, grouping: _Grouping, rows: Codes | slice = slice(None)) -> list[Floats]:
        """Per element: the sums of weight, weight × deviation and its square, and the leaves."""
        weight, deviation = self.weights[rows], self.deviation[rows]
        pull = weight * deviation
        columns = (weight, pull, pull * deviation, (weight > 0).astype(float))
        return [_totals(grouping, column, rows) for column in columns]

    def best(self) -> _Candidate | None:
        """The surest cause among the leaves that are left."""
        noise = _spread(np.sqrt(self.weights) * self.deviation) ** 2
        if noise == 0:
            return None
        gains = [
            _gains(sums, noise, self.bias * noise, grouping.price)
            for sums, grouping in zip(self.sums, self.groupings, strict=True)
        ]
        scores = [
            gain - grouping.price for (gain, _), grouping in zip(gains, self.groupings, strict=True)
        ]
        best: _Candidate | None = None
        for at in range(len(self.groupings)):
            standing = np.where(gains[at][1], scores[at], -math.inf)
            for element in np.argsort(-standing)[:8]:
                score = float(standing[element])
                if score <= (best.score if best else 0.0):
                    break
                if score >= self._apart(at, int(element), scores):
                    best = _Candidate(at, int(element), score)
                    break
        return best

    def take(self, cause: _Candidate) -> Cause:
        """The cause with its effect; its leaves are explained and leave the search."""
        grouping, leaves = self.groupings[cause.grouping], self.leaves
        rows = np.flatnonzero((grouping.element == cause.element) & (self.weights > 0))
        for other, sums in zip(self.groupings, self.sums, strict=True):
            for total, part in zip(sums, self._sums(other, rows), strict=True):
                total -= part
        weight = self.weights[rows]
        change = float(np.sum(weight * leaves.deviation[rows]) / weight.sum())
        self.weights[rows] = 0.0
        where = {
            leaves.names[at]: leaves.values[at][leaves.codes[at][rows[0]]]
            for at in grouping.dimensions
        }
        effect = math.fsum(leaves.change[rows].tolist())
        return Cause(where, effect, cause.score, _relative(change), rows.size)

    def _apart(self, at: int, element: int, scores: list[Floats]) -> float:
        """What the parts of an element explain at most, taken apart along one more dimension.

        An element whose parts all moved with it is not taken apart, however unevenly they did.
        """
        grouping = self.groupings[at]
        inside = np.flatnonzero((grouping.element == element) & (self.weights > 0))
        mean = self.sums[at][1][element] / self.sums[at][0][element]
        most = -math.inf
        for other in range(len(self.leaves.names)):
            finer = self.at.get(tuple(sorted({*grouping.dimensions, other})))
            if other in grouping.dimensions or finer is None:
                continue
            parts = np.unique(self.groupings[finer].element[inside])
            weight, pull = (self.sums[finer][number][parts] for number in (0, 1))
            if ((pull / weight) / mean > ALIKE).all() and parts.size > 1:
                continue
            most = max(most, float(np.maximum(scores[finer][parts], 0).sum()))
        return most


def _relative(deviation: float) -> float:
    """The change over what was expected, of a difference over the mean of both sides."""
    return deviation / (1 - deviation / 2) if deviation < 2 else math.inf


def _gains(
    sums: Sequence[Floats], noise: float, bias: float, price: float
) -> tuple[Floats, NDArray[np.bool_]]:
    """The log likelihood of each element with a mean and a spread of its own, over without; and
    whether its mean stands out.

    Elements of leaves that merely scatter more than others are none: their mean must stand out
    from their own spread.
    """
    count = np.round(sums[3])
    some = count > 0.5
    weight, pull, square = (np.where(some, column, 0.0) for column in sums[:3])
    whole = np.maximum(square, 0) / noise
    mean = np.sign(pull) * np.maximum(_over(np.abs(pull), weight) - bias, 0.0)
    rest = np.maximum(whole - mean * (2 * pull - mean * weight) / noise, 0.0)
    own = _cost(whole, count) - _cost(rest, count)
    gain = np.where(whole < count, own, whole / 2 - _cost(rest, count))
    wanted = np.where(count < FEW, -math.inf, np.where(count < MANY, STANDS_OUT, price))
    return np.where(some, gain, -math.inf), some & (own >= wanted)


def _cost(squares: Floats, count: Floats) -> Floats:
    """Minus the log likelihood of leaves with this sum of squares, at the likeliest spread."""
    spread = (squares + OWN_SPREAD) / (count + OWN_SPREAD)
    return squares / (2 * spread) + count / 2 * np.log(spread)
