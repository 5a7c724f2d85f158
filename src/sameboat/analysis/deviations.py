"""How far each row of a cube lies from what was expected, and how much of that is noise."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sameboat.analysis.readings import LARGEST
from sameboat.errors import Undefined, UsageError

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Side = ArrayLike | tuple[ArrayLike, ArrayLike]

BINS = 24
"""Groups of leaves of like size by which the noise is told."""

SIDES_DIFFER = 1.25
"""The factor from which one side of the scatter is taken to hold causes."""

LEAST = 10
"""Leaves that a side of the scatter needs to tell the noise."""

NORMAL = 5.0
"""The count from which counts scatter about as normal figures do."""

# ── leaves ───────────────────────────────────────────────────────────────────────────────────


MOVED = 6.0
"""Standard errors that the middle leaf must lie off 0 for everything to have moved."""

TEMPERED = 100
"""Leaves that a side of the scatter needs to tell how long its tail is."""

TAIL = 0.1, 0.001
"""The shares of a side between which its tail is told: what lies further out may be causes."""

LONG_TAIL = 0.75
"""The power below which a tail is long: noise that far out says next to nothing more."""

SKEWED = 6.0
"""What a skew must exceed, times the root of the number of leaves: three standard errors."""

SLIGHT = 0.08
"""The skew that does no harm: how much further out one side lies, per standard deviation."""

LEANS = 300
"""Leaves that are needed to tell whether one side or the other is the exact one."""

FAR = 2.5
"""Standard deviations beyond which a leaf is far out."""

COMMON = 8
"""Leaves that a move of everything needs."""


@dataclass(frozen=True, eq=False)
class Leaves:
    """Rows with their codes per dimension and both sides of their figure.

    Of a ratio, `actual` is the numerator and `expected` the one at the actual denominator by the
    expected rate, and `scale` turns a numerator into its part of the ratio. `told` says which
    rows have a figure. `counts` is the least that chance alone adds to the variance of an amount,
    as a share of it: 1 for whole numbers.
    """

    names: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]
    codes: tuple[Codes, ...]
    actual: Floats
    expected: Floats
    told: NDArray[np.bool_]
    scale: float
    total: float
    counts: float


@dataclass(frozen=True, eq=False)
class Deviations:
    """How far each leaf lies from what was expected, and how much that says.

    `plain` runs from -2 (gone) to 2 (new): the difference over the mean of both sides. `told` is
    the same with the noise's skew and long tails taken out, `leaning` with its skew alone;
    `weights` are one over its variance, 0 where a leaf says nothing. `bias` is how far off a
    mean may be without any cause.
    """

    plain: Floats
    told: Floats
    weights: Floats
    bias: float
    leaning: Floats


def leaves_of(dimensions: Mapping[str, ArrayLike], actual: Side, expected: Side) -> Leaves:
    """The rows as leaves; raises as `localisation.search`."""
    columns = [_coded(name, column) for name, column in dimensions.items()]
    if not columns:
        raise UsageError("wrong-type", "there is no dimension to look along")
    pairs = isinstance(actual, tuple), isinstance(expected, tuple)
    if pairs[0] != pairs[1]:
        raise UsageError("wrong-type", "actual and expected must both be pairs, or neither")
    sides = []
    for side in (actual, expected):
        if isinstance(side, tuple) and len(side) != 2:
            raise UsageError("wrong-type", "a ratio is a pair: numerators and denominators")
        sides += [_figures(one) for one in (side if isinstance(side, tuple) else (side,))]
    lengths = {array.size for array in (*sides, *(codes for codes, _ in columns))}
    if len(lengths) != 1:
        raise UsageError("wrong-type", "dimensions and figures must have one value per row each")
    known: NDArray[np.bool_] = ~np.any([np.isnan(side) for side in sides], axis=0)
    counts = _counted(sides, known)
    sides = [np.where(known, side, 0.0) for side in sides]
    one, other, scale, total = _rates(*sides) if len(sides) == 4 else _amounts(*sides)
    told: NDArray[np.bool_] = _sizes(one, other) > 0
    if not told.any():
        raise Undefined("undefined", "there is no row with a figure to compare")
    return Leaves(
        tuple(map(str, dimensions)), tuple(values for _, values in columns),
        tuple(codes for codes, _ in columns), one, other, told, scale, total, counts,
    )  # fmt: skip


def _coded(name: str, column: ArrayLike) -> tuple[Codes, tuple[str, ...]]:
    """A dimension as numbers, and what each stands for; values that are called alike are one."""
    if isinstance(column, np.ndarray) and column.ndim == 1 and column.size:
        found: tuple[Codes, NDArray[Any]] | None = None
        if column.dtype.kind in "iu":
            found = _numbered(column)
        elif column.dtype.kind == "U" and column.dtype.isnative and column.dtype.itemsize:
            found = _spelt(column)
        if found is not None:
            return found[0], tuple(map(str, found[1].tolist()))
    held = column
    if not isinstance(held, list | tuple):
        array = np.asarray(column, dtype=object)
        if array.ndim != 1:
            raise UsageError("wrong-type", f"the dimension {name!r} needs one value per row")
        held = array.tolist()
    try:
        lookup = {value: at for at, value in enumerate(dict.fromkeys(held))}
    except TypeError:
        raise UsageError("wrong-type", f"a value of the dimension {name!r} is no value") from None
    if any(isinstance(value, tuple) for value in lookup):
        raise UsageError("wrong-type", f"the dimension {name!r} needs one value per row")
    codes = np.fromiter(map(lookup.__getitem__, held), dtype=np.int64, count=len(held))
    words = ["(no value)" if _is_missing(value) else str(value) for value in lookup]
    said = {word: at for at, word in enumerate(dict.fromkeys(words))}
    if len(said) < len(words):
        codes = np.array([said[word] for word in words], dtype=np.int64)[codes]
    return codes, tuple(said)


def _is_missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _numbered(column: NDArray[np.integer[Any]]) -> tuple[Codes, NDArray[np.integer[Any]]]:
    """Whole numbers by their order, without sorting them where they lie close together."""
    low, high = int(column.min()), int(column.max())
    if high - low > 4 * column.size + 1024 or max(-low, high) >= 2**62:
        numbers, places = np.unique(column, return_inverse=True)
        return places.astype(np.int64), numbers
    apart = column.astype(np.int64) - low
    there = np.bincount(apart) > 0
    return (np.cumsum(there) - 1)[apart], np.flatnonzero(there) + low


def _spelt(column: NDArray[np.str_]) -> tuple[Codes, NDArray[np.str_]] | None:
    """Texts by their first appearance; None where two of them share a place in the table."""
    letters = np.ascontiguousarray(column).view(np.uint32).reshape(column.size, -1)
    wide = letters.shape[1]
    while wide > 1 and not letters[:, (wide + 1) // 2 : wide].any():  # room that no text needs
        wide = (wide + 1) // 2
    letters = np.ascontiguousarray(letters[:, :wide])
    mixed = letters[:, 0].astype(np.uint64)
    for letter in letters.T[1:]:
        mixed = (mixed * np.uint64(0x9E3779B97F4A7C15)) ^ letter
    mixed *= np.uint64(0x9E3779B97F4A7C15)
    rows = np.arange(column.size, dtype=np.int32)
    for bits in (12, 18):
        place = (mixed >> np.uint64(64 - bits)).astype(np.int64)
        table = np.zeros(2**bits, dtype=np.int32)
        table[place[::-1]] = rows[::-1]  # the last written is the first row
        first = table[place]
        if np.array_equal(letters[first], letters):
            known = np.flatnonzero(first == rows)
            table[place[known]] = np.arange(known.size)
            return table[place].astype(np.int64), column[known]
    return None


def _counted(sides: Sequence[Floats], known: NDArray[np.bool_]) -> float:
    """The share of an amount that counting alone adds to its variance; 0 where nothing is counted.

    Whole numbers that differ by one somewhere are taken for counts (Poisson); of cases that are
    counted too, a numerator varies the less the more of them it holds (binomial).
    """
    told = np.unique(sides[0][known])
    if told.size < 3 or (told < 0).any() or (told != np.round(told)).any():
        return 0.0
    if not (np.diff(told) == 1).any():
        return 0.0
    if len(sides) == 2:
        return 1.0
    cases = sides[1][known]
    within = (cases == np.round(cases)).all() and (sides[0][known] <= cases).all()
    share = float(sides[0][known].sum()) / max(float(cases.sum()), 1.0)
    return 1 - share if within else 0.0


def _figures(side: Side) -> Floats:
    try:
        array = np.asarray(side)
        if array.dtype.kind == "c":
            raise TypeError
        array = array.astype(float)
    except (TypeError, ValueError):
        raise UsageError("wrong-type", "actual and expected must be numbers") from None
    if array.ndim != 1:
        raise UsageError("wrong-type", "actual and expected must have one number per row")
    if (np.abs(array) >= LARGEST).any():
        raise Undefined("figure-not-finite", "a figure is endless or too large to reckon with")
    return array


def _amounts(actual: Floats, expected: Floats) -> tuple[Floats, Floats, float, float]:
    return actual, expected, 1.0, math.fsum((actual - expected).tolist())


def _rates(
    numerator: Floats, cases: Floats, expected: Floats, expected_cases: Floats
) -> tuple[Floats, Floats, float, float]:
    """A ratio's rows: the numerator, and what it would be at the expected rate."""
    if (cases < 0).any() or (expected_cases < 0).any():
        raise UsageError("wrong-type", "a denominator must be a number of at least 0")
    if cases.sum() <= 0 or expected_cases.sum() <= 0:
        raise Undefined("undefined", "the ratio has no denominator")
    told = (cases > 0) & (expected_cases > 0)
    wanted = over(expected, expected_cases) * cases
    total = float(numerator.sum() / cases.sum() - expected.sum() / expected_cases.sum())
    sides = np.where(told, numerator, 0.0), np.where(told, wanted, 0.0)
    return *sides, 1 / float(cases.sum()), total


def _sizes(actual: Floats, expected: Floats) -> Floats:
    """The mean of both sides; dust, far below all others, is nothing."""
    size = (np.abs(actual) + np.abs(expected)) / 2
    return np.where(size > max(1 / LARGEST, 1e-12 * size.max(initial=0.0)), size, 0.0)


def over(one: Floats, other: Floats) -> Floats:
    """The quotient, 0 where there is nothing to divide by."""
    return np.divide(one, other, out=np.zeros_like(one), where=other > 0)


def relative(deviation: float) -> float:
    """The change over what was expected, of a difference over the mean of both sides."""
    return deviation / (1 - deviation / 2) if deviation < 2 else math.inf


# ── deviations ───────────────────────────────────────────────────────────────────────────────


def deviations(leaves: Leaves, moved: float = 0.0, *, towards_zero: bool = False) -> Deviations:
    """How far the leaves lie from what was expected, after everything moved by a share.

    With `towards_zero`, a figure below 0 that comes closer to it has fallen, as others that do.
    """
    expected = leaves.expected * (1 + moved)
    change = leaves.actual - expected
    if towards_zero:
        change = change * np.sign(np.where(expected == 0, leaves.actual, expected))
    size = np.where(leaves.told, _sizes(leaves.actual, expected), 0.0)
    plain = over(change, size)
    weights, bias = _weights(plain, size, leaves.counts)
    told = plain
    if skew := 0.0 if leaves.counts else _skew(plain, weights):
        for exact in (np.abs(expected), np.abs(leaves.actual)):
            leaning = over(change, np.maximum(exact, size / 2))
            others, off = _weights(leaning, size, leaves.counts)
            if abs(found := _skew(leaning, others)) < abs(skew):
                told, weights, bias, skew = leaning, others, 2 * off, found
    root = np.sqrt(weights)
    if not leaves.counts:
        told = _drawn_in(told, plain, root)
    return Deviations(plain, over(tempered(root * told), root), weights, bias, told)


def common_move(leaves: Leaves, of: Deviations) -> float | None:
    """The share by which most leaves moved, 0 where that may be chance; None where leaves
    are too few to say, have all but gone or come, or lie on both sides of 0."""
    least = NORMAL if leaves.counts else 0.0
    used = (of.weights > 0) & (_sizes(leaves.actual, leaves.expected) >= least)
    if used.sum() < COMMON:
        return None
    order = np.flatnonzero(used)[np.argsort(of.plain[used], kind="stable")]
    plain, weights = of.plain[order], of.weights[order]
    middle, noise = _densest(plain, weights)
    for _ in range(6):  # the mean of those around it is surer
        scaled = np.sqrt(weights) * (plain - middle)
        near = np.abs(scaled) <= 2 * noise
        middle = float(np.sum(weights[near] * plain[near]) / weights[near].sum())
        noise = float(np.sqrt(np.mean(np.square(scaled[near])))) / 0.8796  # normal, cut at two
    error = noise / math.sqrt(float(weights[near].sum()))
    if abs(middle) >= 1 or (leaves.expected < 0).any():
        return None
    bias = of.bias * noise**2  # causes are part of what the bias was told from, not of the noise
    return relative(middle) if abs(middle) - bias > MOVED * error else 0.0


def _densest(plain: Floats, weights: Floats) -> tuple[float, float]:
    """The middle of the shortest stretch that holds half of all weight, and the noise around it.

    Unlike the median it stays where most leaves are when causes push many others one way.
    `plain` is in order; the noise is that of deviations times the roots of their weights.
    """
    below = np.cumsum(weights)
    before = np.concatenate([[0.0], below[:-1]])
    last = np.searchsorted(below, before + below[-1] / 2)
    starts = np.flatnonzero(last < plain.size)
    first = int(starts[np.argmin(plain[last[starts]] - plain[starts])])
    half = slice(first, int(last[first]) + 1)
    middle = float(np.sum(weights[half] * plain[half]) / weights[half].sum())
    return middle, float(np.max(np.sqrt(weights[half]) * np.abs(plain[half] - middle))) / 0.6745


def _skew(deviation: Floats, weights: Floats) -> float:
    """How much further out the lower side lies than the upper one, beyond a shift; 0 if unsure.

    Noise that is exact in shares of what was expected is skewed in shares of the mean of both
    sides. Causes lie far out, so that as many leaves counted from 0 lie in both sides' noise.
    """
    scaled = np.sqrt(weights) * deviation
    above, below = np.sort(scaled[scaled > 0]), np.sort(-scaled[scaled < 0])
    count = int((weights > 0).sum())
    at = [int(share * count) for share in (0.15, 0.35)]
    if count < LEANS or min(above.size, below.size) <= at[-1]:
        return 0.0
    inner, outer = (math.log(below[k] / above[k]) for k in at)
    near = 0.3853 / 1.0364  # where that many of normal noise lie: a mere shift falls with it
    skew = (outer - near * inner) / (1 - near**2)
    return skew if abs(skew) > max(SKEWED / math.sqrt(count), SLIGHT) else 0.0


def _drawn_in(told: Floats, plain: Floats, root: Floats) -> Floats:
    """Deviations of which no far one is larger than on any scale that the noise may have.

    Which side is the exact one is told from the leaves near the middle. Far out it may only draw
    in; and where leaves are too few to tell, a far one is the difference over the larger side.
    """
    cut = over(np.full_like(root, FAR * spread(root * told)), root)
    least = np.abs(plain)
    if SKEWED / math.sqrt(max(int((root > 0).sum()), 1)) > SLIGHT:
        least = least / (1 + least / 2)
    far = (np.abs(told) > cut) & (root > 0)
    return np.where(far, np.sign(told) * np.clip(np.abs(told), None, np.maximum(least, cut)), told)


# ── noise ────────────────────────────────────────────────────────────────────────────────────


def _weights(deviation: Floats, size: Floats, counts: float) -> tuple[Floats, float]:
    """One over the variance of each leaf's deviation, up to one common factor; 0 without size.

    The variance is a + b / size: a in proportion (relative errors), b as counts have it. Both are
    fitted to the spread of groups of leaves of like size. With them comes a: a difference over
    the mean of both sides may be off by as much on average, without any cause.
    """
    told = np.flatnonzero(size > 0)
    order = told[np.argsort(size[told], kind="stable")]
    if counts:
        order = order[size[order] >= NORMAL]
    groups = np.array_split(order, min(BINS, max(1, order.size // LEAST)))
    variance = np.array([spread(deviation[group]) ** 2 for group in groups])
    inverse = np.array([float(np.mean(1 / size[group])) if group.size else 0.0 for group in groups])
    usable = (variance > 0) & (variance < 1)
    weights = np.zeros_like(size)
    if not usable.any() and not counts:
        weights[told] = 1.0
        return weights, 0.0
    a, b = _line(inverse[usable], variance[usable], counts) if usable.any() else (0.0, counts)
    weights[told] = 1 / (a + b / size[told])
    return weights, a


def _line(x: Floats, y: Floats, least: float) -> tuple[float, float]:
    """The a ≥ 0 and b ≥ `least` for which a + b·x follows y most closely, in shares of y.

    The sum of absolute errors lets a few groups with a cause in them stand aside.
    """
    corners = [
        (max(float(np.median(y - least * x)), 0.0), least),
        (0.0, max(float(np.median(y / x)), least)),
    ]
    for one, other in itertools.combinations(range(x.size), 2):
        if x[one] == x[other]:
            continue
        b = (y[one] - y[other]) / (x[one] - x[other])
        a = y[one] - b * x[one]
        if a >= 0 and b >= least:
            corners.append((float(a), float(b)))
    return min(corners, key=lambda line: float(np.abs((line[0] + line[1] * x) / y - 1).sum()))


def spread(deviation: Floats) -> float:
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


def tempered(scaled: Floats, telling: NDArray[np.bool_] | None = None) -> Floats:
    """Deviations with a tail as short as the normal's, told from the side that scatters less.

    The chance of lying further out than z falls as exp(-a·z^p), and p is less for longer tails
    than for normal noise; by how much is told from the outermost tenth, and believed to be a
    standard error more. Where it is much less, what lies further out than anything that could be
    told from grows with its logarithm alone. The leaves `telling` are those that tell the tail.
    """
    noise = scaled if telling is None else scaled[telling]
    sides = [side for side in _sides(noise) if side.size >= TEMPERED]
    if not sides:
        return scaled
    near, far, power = _tail(min(sides, key=_half_spread))
    out = np.maximum(np.abs(scaled), near)
    shorter = near * (out / near) ** power
    if power < LONG_TAIL:  # no power of it is ever short enough
        last = near * (far / near) ** power
        shorter = np.where(out > far, last * (1 + power * np.log(out / far)), shorter)
    return np.where(np.abs(scaled) > near, np.sign(scaled) * shorter, scaled)


def _tail(side: Floats) -> tuple[float, float, float]:
    """Where a side's tail begins and where too few lie to tell it, and the power that makes it
    as short as the normal's: the slope of what normal noise would have there, in logarithms."""
    from scipy.special import ndtri  # heavy: only where there are leaves enough

    order = np.sort(side)[::-1]
    first, last = max(2, round(TAIL[1] * side.size)), max(5, round(TAIL[0] * side.size))
    at = np.unique(np.round(np.geomspace(first, last, 40))).astype(np.int64)
    normal = np.log(-ndtri((at - 0.5) / side.size / 2))
    own = np.log(np.maximum(order[at - 1], 1 / LARGEST))
    apart = normal - normal.mean()
    slope = float(apart @ own) / float(apart @ apart) + 1 / math.sqrt(last)
    near, far = (max(float(order[place - 1]), 1 / LARGEST) for place in (last, first))
    return near, far, min(1.0, 1 / slope) if slope > 0 else 1.0
