"""Where a change sits: the few combinations of dimensions' values that account for it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sameboat.analysis.deviations import (
    Codes,
    Deviations,
    Floats,
    Leaves,
    Side,
    common_move,
    deviations,
    leaves_of,
    over,
    relative,
    spread,
    tempered,
)
from sameboat.analysis.groupings import Grouping, groupings_of
from sameboat.analysis.readings import LARGEST
from sameboat.analysis.siblings import standing_apart

MOST_CAUSES = 20
"""Causes named at most; a change with more has no few causes."""

OWN_SPREAD = 10.0
"""Leaves whose weight stands behind 'a cause's leaves scatter as all others do'."""

DUST = 1e-9
"""The share below which a move of everything is the rounding of its figures."""

EXACT = 0.01
"""The noise, as a share, of leaves most of which are exactly as expected."""

FEW_LEAVES = 20_000
"""Leaves up to which causes can hide how long the tail of the noise is."""

FEW = 4
"""Leaves below which an element's own spread says too little."""

STANDS_OUT = 4.0
"""The gain by which an element's mean must stand out from its own spread."""

MANY = 30
"""Leaves from which an element's own spread says enough."""

ALIKE = 0.5
"""The share of a whole's move that each of its parts must have made to belong to it."""

UNMOVED = 0.4
"""The share of a move of everything below which leaves are an exception from it."""

BORNE_OUT = 2.5
"""How far the sum of what is left may have moved from what everything is said to have moved by."""

CLEAR = 5.5
"""The gain over being one among its siblings, beyond the search among them, that a cause needs."""

SOME = 4
"""Values that a dimension needs to tell whether they moved alike."""

TOGETHER = 3.5
"""Standard errors by which the middle of a dimension's values must lie off 0."""

LOOKED = 8
"""Causes looked for, at least, before a move of everything is taken for the shorter account."""


@dataclass(frozen=True)
class Cause:
    """One combination of values whose leaves moved together.

    `where` gives a value for each of its dimensions; it is empty where everything moved alike, and
    the other causes' effects are then what they add beyond that. `effect` is what it adds to the
    figure's change, in the figure's unit and signed (a leaf that two causes hold counts for the
    first). `change` is the relative change of its leaves in all, `leaves` their number. `score`
    is the gain in log likelihood over 'nothing happened here', less the price of the search:
    above 0, and larger is surer.
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
    follows its root; where whole numbers are counted, that is no less than counting makes it. Each
    cause is the surest among the rows that those before it left. Where most rows have moved by one
    share, that is a cause of its own without a place, and the others are told beyond it.

    A combination is a cause where its likelihood, with a mean and a spread of its own, beats 'as
    expected' by more than the search costs, and where taking it apart along any other dimension
    would explain no more. Missing figures and rows that are 0 on both sides say nothing.

    Raises Undefined without a row to compare or with an endless figure, UsageError for arrays that
    do not fit together.
    """
    leaves = leaves_of(dimensions, actual, expected)
    plain = deviations(leaves)
    groupings = groupings_of(leaves, plain)
    causes = _explained(leaves, groupings, plain)
    return Localisation(
        causes=tuple(causes),
        total=leaves.total,
        explained=math.fsum(cause.effect for cause in causes),
        combinations=len(groupings),
        skipped=2 ** len(leaves.names) - len(groupings),
    )


def _explained(leaves: Leaves, groupings: Sequence[Grouping], plain: Deviations) -> Sequence[Cause]:
    """The causes, as they are told most shortly: from what was expected, from that after a move
    of everything, or with figures below 0 turned towards it."""
    move = common_move(leaves, plain)
    if move and (abs(move) < DUST or not _shared(leaves, plain)):
        move = 0.0
    after, left = _after_a_move(leaves, groupings, plain, move) if move else ([], 0.0)
    most = max(len(after) + 2, LOOKED) if after else MOST_CAUSES
    found = _Cube(leaves, groupings, plain).causes(most, whole=move is None)
    if after and move:
        exceptions = any(abs(cause.change / move) < UNMOVED for cause in after[1:])
        saved = len(found.causes) - len(after)
        # Three of four values that fell are three causes, not a fall and an exception from it.
        more = left - _unexplained(plain, plain.plain, found.left)
        shorter = saved >= (2 if exceptions else 0) and more < saved * groupings[0].price
        if not found.settled or shorter:
            return after
    if not (leaves.expected < 0).any():
        return found.causes
    towards = deviations(leaves, towards_zero=True)
    turned = _Cube(leaves, groupings, towards).causes(MOST_CAUSES, whole=False)
    # Seen from the wrong side a cause falls apart into many, none of them as sure.
    return max(
        found.causes,
        turned.causes,
        key=lambda causes: max((one.score for one in causes), default=0.0),
    )


def _shared(leaves: Leaves, of: Deviations) -> bool:
    """Whether a move is that of each dimension's values alike, not of some that scatter.

    Values that each move by their own lie on average off 0 as well, by chance.
    """
    for codes, values in zip(leaves.codes, leaves.values, strict=True):
        weight = np.bincount(codes, of.weights, len(values))
        pull = np.bincount(codes, of.weights * of.plain, len(values))
        means = pull[weight > 0] / weight[weight > 0]
        if means.size < SOME:
            continue
        middle = float(np.median(means))
        apart = 1.4826 * float(np.median(np.abs(means - middle)))
        if abs(middle) < TOGETHER * 1.2533 * apart / math.sqrt(means.size):
            return False
    return True


def _after_a_move(
    leaves: Leaves, groupings: Sequence[Grouping], before: Deviations, move: float
) -> tuple[list[Cause], float]:
    """A move of everything and the causes beyond it, none where the rest did not move so; and
    what they leave unexplained."""
    after = deviations(leaves, move)
    if more := common_move(leaves, after):
        move = (1 + move) * (1 + more) - 1
        after = deviations(leaves, move)
    found = _Cube(leaves, groupings, after, move).causes(MOST_CAUSES - 1, whole=False)
    rest = found.left
    weights, old, new = before.weights[rest], before.plain[rest], after.plain[rest]
    noise = spread(np.sqrt(weights) * new) ** 2
    won = float(np.sum(weights * (np.square(old) - np.square(new))))
    score = won / (2 * noise) - groupings[0].price if noise > 0 else LARGEST
    whole = float(leaves.actual[rest].sum()), float(leaves.expected[rest].sum())
    share = (whole[0] / whole[1] - 1) / move if whole[1] and abs(move) > DUST else math.nan
    if not (score > 0 and 1 / BORNE_OUT < share < BORNE_OUT):
        return [], math.inf
    effect = math.fsum((leaves.expected[leaves.told] * move * leaves.scale).tolist())
    everything = Cause({}, effect, score, move, int(leaves.told.sum()))
    return [everything, *found.causes], _unexplained(before, after.plain, rest)


def _unexplained(of: Deviations, deviation: Floats, left: NDArray[np.bool_]) -> float:
    """Minus the log likelihood of the leaves that no cause holds, at the noise that is left."""
    scaled = np.sqrt(of.weights[left]) * deviation[left]
    noise = spread(scaled) ** 2
    return float(np.square(scaled).sum() / (2 * noise)) if noise > 0 else 0.0


# ── the search ───────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Candidate:
    grouping: int
    element: int
    score: float


@dataclass(frozen=True, eq=False)
class _Found:
    """Causes one by one, whether the leaves they left lie around what was expected, and those."""

    causes: list[Cause]
    settled: bool
    left: NDArray[np.bool_]


class _Cube:
    """Sums over every combination of values; a cause that was taken leaves them."""

    def __init__(
        self, leaves: Leaves, groupings: Sequence[Grouping], of: Deviations, moved: float = 0.0
    ) -> None:
        self.leaves, self.groupings, self.moved = leaves, groupings, moved
        self.weights, self.deviation, self.bias = of.weights.copy(), of.told, of.bias
        self.plain = deviations(leaves).plain if moved else of.plain
        self.leaning, self.roots = of.leaning, np.sqrt(of.weights)
        self.telling, self.retold = of.weights > 0, True
        self.sums = self._all_sums()
        self.at = {grouping.dimensions: at for at, grouping in enumerate(groupings)}

    def causes(self, most: int, *, whole: bool) -> _Found:
        """The causes one by one, each the surest that is left; with `whole` one may be all."""
        found: list[Cause] = []
        while len(found) < most:
            best = self._best(whole)
            if best is not None:
                found.append(self._take(best))
            elif not self._told_again():
                break
        return _Found(found, self._settled(), self.weights > 0)

    def _told_again(self) -> bool:
        """Whether the tail of the noise was told anew, without the leaves of causes of several."""
        if self.retold or self.weights.size > FEW_LEAVES:
            return False
        told = tempered(self.roots * self.leaning, self.telling)
        self.deviation = over(told, self.roots)
        self.sums, self.retold = self._all_sums(), True
        return True

    def _settled(self) -> bool:
        """Whether the leaves that are left lie around what was expected."""
        noise = self._noise()
        if noise == 0:
            return True
        gain, stands = _gains(self.sums[0], noise, self.bias * noise, self.groupings[0].price)
        return not (stands[0] and gain[0] > self.groupings[0].price)

    def _noise(self) -> float:
        """The variance of a leaf of weight 1 that no cause touched; 0 where nothing moved."""
        noise = spread(np.sqrt(self.weights) * self.deviation) ** 2
        left = self.weights > 0
        moved = left & (self.deviation != 0)
        if self.leaves.counts or not moved.any() or 2 * moved.sum() > left.sum():
            return noise
        return min(noise, EXACT**2 * float(np.median(self.weights[left])))

    def _all_sums(self) -> list[list[Floats]]:
        """The sums of every grouping; coarse ones are added up from finer ones, not from leaves."""
        rows = self.weights.size
        found: dict[tuple[int, ...], list[Floats]] = {}
        finer: dict[tuple[int, ...], list[tuple[int, tuple[int, ...], Codes]]] = {}
        columns = self._columns(slice(None))
        for grouping in sorted(self.groupings, key=lambda one: -len(one.dimensions)):
            chosen, element, from_them = grouping.dimensions, grouping.element, columns
            if chosen in finer:
                _, source, any_row = min(finer[chosen], key=lambda one: one[0])
                element, from_them = element[any_row], found[source]
            found[chosen] = _totals(element, from_them, grouping.count)
            wider = [chosen[:at] + chosen[at + 1 :] for at in range(len(chosen))]
            if grouping.count <= rows // 4 and any(one or one not in finer for one in wider):
                any_row = np.zeros(grouping.count, dtype=np.int64)  # a row of each element
                any_row[grouping.element] = np.arange(rows)
                for one in wider:
                    finer.setdefault(one, []).append((grouping.count, chosen, any_row))
        return [found[grouping.dimensions] for grouping in self.groupings]

    def _columns(self, rows: Codes | slice) -> list[Floats]:
        """What is added up over leaves: weight, weight × deviation, its square, their number."""
        weight, deviation = self.weights[rows], self.deviation[rows]
        pull = weight * deviation
        return [weight, pull, pull * deviation, (weight > 0).astype(float)]

    def _best(self, whole: bool) -> _Candidate | None:
        """The surest cause among the leaves that are left."""
        noise = self._noise()
        if noise == 0:
            return None
        scores, standing = [], []
        for sums, grouping in zip(self.sums, self.groupings, strict=True):
            gain, stands = _gains(sums, noise, self.bias * noise, grouping.price)
            scores.append(gain - grouping.price)
            standing.append(np.where(stands, scores[-1], -math.inf))
        best: _Candidate | None = None
        apart: dict[int, NDArray[np.bool_]] = {}
        for at in range(0 if whole else 1, len(self.groupings)):
            most = standing[at]
            if most.max() <= (best.score if best else 0.0):
                continue
            if at:
                most = np.where(self._among_siblings(at, noise, apart), most, -math.inf)
            first = np.argpartition(-most, 8)[:8] if most.size > 8 else np.arange(most.size)
            for element in sorted(first.tolist(), key=lambda one: -most[one]):
                score = float(most[element])
                if score <= (best.score if best else 0.0):
                    break
                if self._beyond_wider(at, element, standing, noise, apart) and score >= (
                    self._apart(at, element, scores)
                ):
                    best = _Candidate(at, element, score)
                    break
        return best

    def _among_siblings(
        self, at: int, noise: float, known: dict[int, NDArray[np.bool_]]
    ) -> NDArray[np.bool_]:
        """Which elements of a grouping stand apart from their siblings by their price."""
        if at not in known:
            weight, pull, square, count = self.sums[at]
            some = np.round(count) > 0
            own = float(np.sum(square[some] - pull[some] ** 2 / weight[some]))
            freedom = float(count[some].sum() - some.sum())
            if freedom > some.sum():  # leaves that come and go scatter more than the quiet ones
                noise = max(noise, own / freedom)
            held = np.where(some, np.maximum(weight, 0.0) / noise, 0.0)
            gains = standing_apart(over(pull, weight) * np.sqrt(held), held)
            known[at] = gains > math.log(self.groupings[at].count) + CLEAR
        return known[at]

    def _beyond_wider(
        self, at: int, element: int, standing: list[Floats], noise: float,
        known: dict[int, NDArray[np.bool_]],
    ) -> bool:  # fmt: skip
        """Whether an element moved beyond every wider one whose move is a habit of its siblings.

        The parts of an element that moved no more than all like it do have moved with it.
        """
        grouping = self.groupings[at]
        row = int(np.argmax((grouping.element == element) & (self.weights > 0)))
        weight, pull = (float(self.sums[at][number][element]) for number in (0, 1))
        for layer in range(1, len(grouping.dimensions)):
            for dimensions in itertools.combinations(grouping.dimensions, layer):
                if (wider := self.at.get(dimensions)) is None:
                    continue
                whole = int(self.groupings[wider].element[row])
                if standing[wider][whole] <= 0 or self._among_siblings(wider, noise, known)[whole]:
                    continue
                usual = float(self.sums[wider][1][whole] / self.sums[wider][0][whole])
                rest = max(abs(pull / weight - usual) - self.bias * noise, 0.0)
                if rest**2 * weight / noise / 2 <= grouping.price:
                    return False
        return True

    def _take(self, cause: _Candidate) -> Cause:
        """The cause with its effect; its leaves are explained and leave the search."""
        grouping, leaves = self.groupings[cause.grouping], self.leaves
        rows = np.flatnonzero((grouping.element == cause.element) & (self.weights > 0))
        columns = self._columns(rows)
        for other, sums in zip(self.groupings, self.sums, strict=True):
            parts = _totals(other.element[rows], columns, other.count)
            for total, part in zip(sums, parts, strict=True):
                total -= part
        if rows.size >= FEW:  # single ones may be the very tail that is to be told
            self.telling[rows], self.retold = False, False
        weight = self.weights[rows]
        change = float(np.sum(weight * self.plain[rows]) / weight.sum())
        self.weights[rows] = 0.0
        where = {
            leaves.names[at]: leaves.values[at][leaves.codes[at][rows[0]]]
            for at in grouping.dimensions
        }
        beyond = leaves.actual[rows] - leaves.expected[rows] * (1 + self.moved)
        effect = math.fsum((beyond * leaves.scale).tolist())
        return Cause(where, effect, cause.score, relative(change), rows.size)

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


def _totals(element: Codes, columns: Sequence[Floats], count: int) -> list[Floats]:
    """The sums of columns over each element."""
    return [np.bincount(element, one, count).astype(np.float64, copy=False) for one in columns]


def _gains(
    sums: Sequence[Floats], noise: float, bias: float, price: float
) -> tuple[Floats, NDArray[np.bool_]]:
    """The log likelihood of each element with a mean and a spread of its own, over without; and
    whether its mean stands out.

    Elements of leaves that merely scatter more than others are none: their mean must stand out
    from their own spread. Those that cannot be worth their price are left at -inf.
    """
    gain = np.full(sums[0].shape, -math.inf)
    stands = np.zeros(sums[0].shape, dtype=bool)
    count = np.round(sums[3])
    at_most = sums[2] / (2 * noise) + count / 2 * np.log1p(count / OWN_SPREAD)
    worth = np.flatnonzero((count > 0.5) & (at_most > price))
    count = count[worth]
    weight, pull, square = (column[worth] for column in sums[:3])
    whole = np.maximum(square, 0) / noise
    mean = np.sign(pull) * np.maximum(over(np.abs(pull), weight) - bias, 0.0)
    rest = np.maximum(whole - mean * (2 * pull - mean * weight) / noise, 0.0)
    own = _cost(whole, count) - _cost(rest, count)
    gain[worth] = np.where(whole < count, own, whole / 2 - _cost(rest, count))
    wanted = np.where(count < FEW, -math.inf, np.where(count < MANY, STANDS_OUT, price))
    stands[worth] = own >= wanted
    return gain, stands


def _cost(squares: Floats, count: Floats) -> Floats:
    """Minus the log likelihood of leaves with this sum of squares, at the likeliest spread."""
    own = (squares + OWN_SPREAD) / (count + OWN_SPREAD)
    return squares / (2 * own) + count / 2 * np.log(own)
