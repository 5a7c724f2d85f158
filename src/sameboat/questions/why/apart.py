"""Segments that stand apart all the time: a difference between segments, and no change.

A figure may be routine because what is wrong with it has been so for as long as it is counted.
Whoever asks why it does not move is told which segment lies far from all others in both periods.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from sameboat.analysis.two_shares import chance_of_shares
from sameboat.questions.why.figures import Figure
from sameboat.questions.why.parts import Apart, SegmentShift, Split

SURE = 0.01
"""How often chance alone may name a segment in an answer, all its segments counted."""

FAR = 2.0
"""How many times the odds of the others, or one over it: a difference that is worth a word."""

MOST_APART = 5

Figures = tuple[Figure, Figure]


def standing_apart(
    splits: Sequence[Split],
    whole: Figures,
    *,
    periods: tuple[int, int],
    repeated: bool,
    good: str | None,
) -> tuple[Apart, ...]:
    """The segments of which a share of counted cases is far from that of all others, always.

    A segment holds fewer than half of the cases, has at least twice or at most half the odds of
    all others, lies on the same side of them in both windows and at least half as far, and chance
    sets one segment of the answer as far apart in one answer of a hundred at most. Where a table
    counts the same cases in each period (`repeated`), they are counted once, and in the second
    window only. The first are those on the bad side, by how far they move the whole.
    """
    count = sum(row.chance is not None for split in splits for row in split.rows)
    found = [
        one
        for split in splits
        for one in _of_one(split, whole, SURE / max(count, 1), periods, repeated, good)
    ]
    order = sorted(found, key=lambda one: (one.worse is False, -abs(one.pull), one.segment))
    return tuple(order[:MOST_APART])


def _of_one(
    split: Split,
    whole: Figures,
    least: float,
    periods: tuple[int, int],
    repeated: bool,
    good: str | None,
) -> Iterator[Apart]:
    """The segments of one dimension that stand apart, the surest first.

    One low segment sets all others above those that hold it: each further one must stand apart
    from the others without the ones before it, too.
    """
    waiting = [row for row in split.rows if row.chance is not None and not row.together]
    if all({row.figure_before, row.figure_after} <= {0.0, 1.0} for row in waiting):
        return  # the dimension is what the share counts
    rest = whole
    while waiting:
        told = []
        for row in waiting:
            left = _apart(split, row, rest, periods, repeated=repeated, good=good)
            full = _apart(split, row, whole, periods, repeated=repeated, good=good)
            if left and full and max(left.chance, full.chance) < least:
                told.append((left.chance, -abs(left.pull), row.segment, row, full))
        if not told:
            return
        *_, row, one = min(told)
        yield one
        waiting.remove(row)
        rest = _without(rest, _inside(row, periods))


def _without(whole: Figures, parts: Iterable[Figure]) -> Figures:
    old, new = (
        Figure(one.numerator - part.numerator, one.denominator - part.denominator)
        for one, part in zip(whole, parts, strict=True)
    )
    return old, new


def _apart(
    split: Split,
    row: SegmentShift,
    whole: Figures,
    periods: tuple[int, int],
    *,
    repeated: bool,
    good: str | None,
) -> Apart | None:
    inside = list(_inside(row, periods))
    others = _without(whole, inside)
    if any(
        part.denominator >= other.denominator or not 0 <= other.numerator <= other.denominator
        for part, other in zip(inside, others, strict=True)
    ):
        return None
    gaps = [_odds(part) - _odds(other) for part, other in zip(inside, others, strict=True)]
    if gaps[0] * gaps[1] <= 0:
        return None
    if repeated:
        pooled = inside[1], others[1]
        counted = _once(pooled[0], periods[1]), _once(pooled[1], periods[1])
    else:
        pooled = _added(inside), _added(others)
        counted = _once(pooled[0], 1), _once(pooled[1], 1)
    gap = _odds(pooled[0]) - _odds(pooled[1])
    least = math.log(FAR)
    if abs(gap) < least or min(map(abs, gaps)) < abs(gap) / 2:
        return None
    return Apart(
        dimension=split.dimension, label=split.label, segment=row.segment,
        figure_before=inside[0].value, figure_after=inside[1].value,
        others_before=others[0].value, others_after=others[1].value,
        held=inside[1].denominator / whole[1].denominator,
        pull=whole[1].value - others[1].value, chance=chance_of_shares(*counted[0], *counted[1]),
        worse=None if good not in ("up", "down") else (gap < 0) == (good == "up"),
    )  # fmt: skip


def _inside(row: SegmentShift, periods: tuple[int, int]) -> Iterator[Figure]:
    """The segment's numerator and denominator in each window."""
    weights = (row.weight_before, row.weight_after)
    figures = (row.figure_before, row.figure_after)
    for weight, figure, count in zip(weights, figures, periods, strict=True):
        below = (weight or 0.0) * count
        yield Figure((figure or 0.0) * below, below)


def _added(figures: Sequence[Figure]) -> Figure:
    return Figure(
        math.fsum(one.numerator for one in figures), math.fsum(one.denominator for one in figures)
    )


def _once(figure: Figure, times: int) -> tuple[int, int]:
    """Its cases as whole numbers, each counted once."""
    count = round(figure.denominator / times)
    return min(round(figure.numerator / times), count), count


def _odds(figure: Figure) -> float:
    """The logarithm of the odds, with half a case more of each so that none is infinite."""
    return math.log((figure.numerator + 0.5) / (figure.denominator - figure.numerator + 0.5))


__all__ = ["FAR", "SURE", "standing_apart"]
