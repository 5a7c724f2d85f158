"""The change by segments: mix against rate for each dimension, and the few groups that moved."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from sameboat.analysis.decomposition import mix_and_rate
from sameboat.analysis.localisation import Localisation, search
from sameboat.errors import SameboatError
from sameboat.questions.why.figures import Figure, Grouped, Key, Measure
from sameboat.questions.why.parts import Localised, Place, SegmentShift, Split

MOST_ROWS = 30
"""Segments shown one by one; what else there is stands in one row."""

REST = "Kept back or not set apart"
"""The group of what is in no group that may be shown."""

DUST = 1e-9
"""The part of the whole under which groups leave nothing over."""

Sides = tuple[Mapping[Key, Figure], Mapping[Key, Figure]]


def with_rest(
    whole: tuple[Figure, Figure], groups: Grouped, *, floor: int = 0, amounts: bool = False
) -> tuple[Sides, bool]:
    """Both windows' groups with the rest of the whole as one more; and whether there is one.

    Of `amounts` every figure has the number of periods as its denominator. A rest of fewer cases
    than the `floor` takes the smallest group along, so that it cannot be told. Raises ValueError
    where the groups hold more than the whole: they overlap.
    """
    sides = [dict(groups.before), dict(groups.after)]
    rests = [_rest(one, side, amounts) for one, side in zip(whole, sides, strict=True)]
    while floor and any(rest is not None and (rest.n or 0) < floor for rest in rests):
        keys = {key for side in sides for key in side}
        if not keys:
            break
        least = min(keys, key=lambda key: (max(_n(side, key) for side in sides), key))
        for side in sides:
            side.pop(least, None)
        rests = [_rest(one, side, amounts) for one, side in zip(whole, sides, strict=True)]
    some = any(rest is not None for rest in rests)
    size = len(next(iter((*sides[0], *sides[1])), ("",)))
    for side, rest in zip(sides, rests, strict=True):
        if rest is not None:
            side[(REST,) * size] = rest
    return (sides[0], sides[1]), some


def _n(side: Mapping[Key, Figure], key: Key) -> float:
    return (side[key].n or 0.0) if key in side else 0.0


def _rest(whole: Figure, side: Mapping[Key, Figure], amounts: bool) -> Figure | None:
    """What the groups leave of the whole; None where that is nothing."""
    above = whole.numerator - math.fsum(one.numerator for one in side.values())
    n = None
    if whole.n is not None:
        n = whole.n - math.fsum(one.n or 0.0 for one in side.values())
    if amounts:
        return Figure(above, whole.denominator, n) if _is_some(above, whole.numerator) else None
    below = whole.denominator - math.fsum(one.denominator for one in side.values())
    if below < -DUST * abs(whole.denominator):
        raise ValueError("groups overlap")
    return Figure(above, below, n) if _is_some(below, whole.denominator) else None


def _is_some(left: float, whole: float) -> bool:
    return abs(left) > DUST * max(abs(whole), 1e-12)


# ── one dimension ────────────────────────────────────────────────────────────────────────────


def split_by(
    dimension: str,
    label: str,
    read: Measure,
    whole: tuple[Figure, Figure],
    groups: Grouped,
    *,
    weight_label: str | None,
    names: Mapping[str, str],
    floor: int,
    periods: tuple[int, int],
    repeated: tuple[int, int] | None = None,
    whole_only: str = "its segments do not add up to the whole",
) -> Split:
    """The change by the values of one dimension; `names` are what its values are called.

    `repeated` says how often each window counts the same cases, where it does; `whole_only` why
    the figure has no segments, if it has none.
    """
    kind: Literal["ratio", "sum"] = "sum" if read.kind == "sum" else "ratio"
    nothing = Split(dimension, label, kind, weight_label, folded=groups.folded)
    if groups.reason or read.kind == "value":
        return _why(nothing, groups.reason or whole_only)
    try:
        sides, rest = with_rest(whole, groups, floor=floor, amounts=kind == "sum")
    except ValueError:
        return _why(nothing, "one case may be in several of its segments, so they do not add up")
    if read.kind == "sum" and rest and not (groups.kept_back or groups.folded):
        return _why(nothing, "one case may be in several of its segments, so they do not add up")
    if kind == "ratio" and not all(map(_all_divided, whole, sides)):
        return _why(nothing, "one of its segments has nothing to divide by in one of both periods")
    if not any(key != (REST,) for side in sides for key in side):
        return _why(nothing, "no segment may be shown: each is too small")
    try:
        if kind == "sum":
            found = _sums(nothing, sides, names, groups.kept_back)
        else:
            found = _rates(nothing, sides, names, groups.kept_back, periods, repeated)
    except SameboatError as error:
        return _why(nothing, error.why)
    return replace(found, folded=groups.folded, rows=_named_rest(found.rows, groups))


def _all_divided(whole: Figure, side: Mapping[Key, Figure]) -> bool:
    """Whether the segments' numerators are the whole's: none stands without a denominator."""
    above = math.fsum(one.numerator for one in side.values())
    size = math.fsum(abs(one.numerator) for one in side.values())
    return abs(whole.numerator - above) <= DUST * max(abs(whole.numerator), size, 1e-12)


def _named_rest(rows: tuple[SegmentShift, ...], groups: Grouped) -> tuple[SegmentShift, ...]:
    """The rows with the rest named by what it holds, where that is values with few cases."""
    if not groups.folded:
        return rows
    words = f"{groups.folded:,} with fewer cases"
    if groups.kept_back:
        words += " or kept back"
    return tuple(
        replace(row, segment=words, kept_back=groups.kept_back > 0) if row.segment == REST else row
        for row in rows
    )


def _why(split: Split, reason: str) -> Split:
    return Split(split.dimension, split.label, split.kind, split.weight_label, reason=reason)


def _sums(split: Split, sides: Sides, names: Mapping[str, str], kept: int) -> Split:
    rows = []
    for key in dict.fromkeys([*sides[0], *sides[1]]):
        old, new = (side[key].value if key in side else 0.0 for side in sides)
        rows.append(
            SegmentShift(
                _named(key, names), None, None, old, new, 0.0, new - old, 0.0,
                kept_back=key == (REST,), together=key == (REST,),
            )
        )  # fmt: skip
    total = math.fsum(row.rate for row in rows)
    return Split(
        split.dimension, split.label, "sum", None, _folded(rows), 0.0, total, kept_back=kept
    )


def _rates(
    split: Split,
    sides: Sides,
    names: Mapping[str, str],
    kept: int,
    periods: tuple[int, int],
    repeated: tuple[int, int] | None,
) -> Split:
    pairs = [{key: (f.numerator, f.denominator) for key, f in side.items()} for side in sides]
    spoken = [{" · ".join(key): pair for key, pair in side.items()} for side in pairs]
    found = mix_and_rate(spoken[0], spoken[1])
    keys = list(dict.fromkeys([*sides[0], *sides[1]]))
    rows = []
    for key in keys:
        old, new = (side.get(key) for side in sides)
        name = " · ".join(key)
        chance = _chance(old, new, repeated or (1, 1))
        rows.append(
            SegmentShift(
                _named(key, names),
                old.denominator / periods[0] if old else 0.0,
                new.denominator / periods[1] if new else 0.0,
                old.value if old else None,
                new.value if new else None,
                found.mix[name], found.rate[name], found.pull[name],
                None if chance is None else chance < 0.05 / len(keys),
                key == (REST,), _least_n(old, new), chance, key == (REST,),
            )
        )  # fmt: skip
    totals = [math.fsum(pair[1] for pair in side.values()) for side in spoken]
    moved = 0.5 * math.fsum(
        abs(
            spoken[1].get(name, (0.0, 0.0))[1] / totals[1]
            - spoken[0].get(name, (0.0, 0.0))[1] / totals[0]
        )
        for name in found.mix
    )
    return Split(
        split.dimension, split.label, "ratio", split.weight_label, _folded(rows),
        math.fsum(found.mix.values()), math.fsum(found.rate.values()), found.residual,
        found.reversal, moved, kept,
    )  # fmt: skip


def _named(key: Key, names: Mapping[str, str]) -> str:
    return " · ".join(names.get(part, part) for part in key)


def _chance(old: Figure | None, new: Figure | None, repeated: tuple[int, int]) -> float | None:
    """How often chance alone changes a share of counted cases as much; None for other rates.

    By the pooled test of two shares. `repeated` is how often the same cases are counted in each
    window: they say no more than they would once.
    """
    if old is None or new is None:
        return None
    for one in (old, new):
        whole = one.n is not None and math.isclose(one.denominator, one.n)
        if not whole or not 0 <= one.numerator <= one.denominator or one.denominator < 1:
            return None
    n = old.denominator / repeated[0], new.denominator / repeated[1]
    share = (old.value * n[0] + new.value * n[1]) / (n[0] + n[1])
    error = math.sqrt(share * (1 - share) * (1 / n[0] + 1 / n[1]))
    return math.erfc(abs(new.value - old.value) / error / math.sqrt(2)) if error > 0 else 1.0


def _least_n(old: Figure | None, new: Figure | None) -> int | None:
    counts = [int(one.n) for one in (old, new) if one is not None and one.n is not None]
    return min(counts, default=None)


def _folded(rows: Sequence[SegmentShift]) -> tuple[SegmentShift, ...]:
    """The rows by the size of their effect; beyond the first thirty, all others as one."""
    order = sorted(rows, key=lambda row: (-abs(row.effect), row.segment))
    if len(order) <= MOST_ROWS:
        return tuple(order)
    kept, rest = order[:MOST_ROWS], order[MOST_ROWS:]

    def total(values: Iterable[float | None]) -> float:
        return math.fsum(value or 0.0 for value in values)

    weights = [total(r.weight_before for r in rest), total(r.weight_after for r in rest)]
    return (
        *kept,
        SegmentShift(
            f"{len(rest):,} others", weights[0], weights[1], None, None,
            total(r.mix for r in rest), total(r.rate for r in rest), total(r.pull for r in rest),
            together=True,
        ),
    )  # fmt: skip


def telling(split: Split, change: float) -> float:
    """How far the segment that stands out most departs from its share of the change.

    A dimension that has nothing to do with a change shares it out by size. Where every segment
    moves against the whole, nothing tells more.
    """
    if split.reversal:
        return math.inf
    sizes = [
        (row.weight_before or 0.0) + (row.weight_after or 0.0)
        if split.kind == "ratio"
        else abs(row.figure_before or 0.0) + abs(row.figure_after or 0.0)
        for row in split.rows
    ]
    whole = math.fsum(sizes) or 1.0
    apart = (
        abs(row.effect - change * size / whole)
        for row, size in zip(split.rows, sizes, strict=True)
        if not row.together
    )
    return max(apart, default=-1.0)


# ── combinations ─────────────────────────────────────────────────────────────────────────────


def seen_share(whole: tuple[Figure, Figure], groups: Grouped, kind: str) -> float:
    """The smaller of both windows' shares of all cases that lie in groups that may be shown."""
    shares = []
    for one, side in zip(whole, (groups.before, groups.after), strict=True):
        known = [f.numerator if kind == "sum" else f.denominator for f in side.values()]
        total = one.numerator if kind == "sum" else one.denominator
        shares.append(math.fsum(known) / total if total else 0.0)
    return min(shares)


def localised(
    read: Measure,
    whole: tuple[Figure, Figure],
    groups: Grouped,
    *,
    by_weight: bool,
    names: Mapping[str, Mapping[str, str]],
    searched: str | None,
) -> Localised:
    """Where the change sits among combinations of segments.

    With `by_weight` the search is over the ratio's denominators: which groups' share moved.
    """
    seen = seen_share(whole, groups, read.kind)
    keys = list(dict.fromkeys([*groups.before, *groups.after]))
    if len(keys) < 2:
        return Localised(groups.by, searched=searched, seen=seen, reason="there is one group only")
    dimensions = {name: [key[at] for key in keys] for at, name in enumerate(groups.by)}
    sides = [
        [side.get(key, Figure(0.0, 0.0)) for key in keys] for side in (groups.before, groups.after)
    ]
    try:
        found = _searched(read.kind, dimensions, sides, whole, by_weight)
    except SameboatError as error:
        return Localised(groups.by, searched=searched, seen=seen, reason=error.why)
    places = [
        _place(read, whole, groups, cause.where, cause.change, cause.score, names)
        for cause in found.causes
        if cause.where
    ]
    places = [one for one in places if one.share > 0.05]
    places.sort(key=lambda one: -one.share)
    reason = None if places else "no small group moved by itself"
    moved = next((c.change for c in found.causes if not c.where and not by_weight), None)
    return Localised(
        groups.by,
        tuple(places[:5]),
        searched,
        found.combinations,
        found.skipped,
        seen,
        reason,
        moved,
    )


def _searched(
    kind: str,
    dimensions: Mapping[str, list[str]],
    sides: list[list[Figure]],
    whole: tuple[Figure, Figure],
    by_weight: bool,
) -> Localisation:
    if kind == "sum":
        old, new = ([one.numerator / (one.denominator or 1.0) for one in side] for side in sides)
        return search(dimensions=dimensions, actual=new, expected=old)
    if by_weight:
        scale = whole[1].denominator / whole[0].denominator
        usual = _usual_growth(sides, scale)
        old = [one.denominator * usual for one in sides[0]]
        return search(
            dimensions=dimensions, actual=[one.denominator for one in sides[1]], expected=old
        )
    pairs = [([one.numerator for one in side], [one.denominator for one in side]) for side in sides]
    return search(dimensions=dimensions, actual=pairs[1], expected=pairs[0])


def _usual_growth(sides: list[list[Figure]], scale: float) -> float:
    """By what factor most cases grew: the median over the groups, each as heavy as its cases."""
    grown = sorted(
        (new.denominator / old.denominator, old.denominator)
        for old, new in zip(*sides, strict=True)
        if old.denominator > 0
    )
    half = math.fsum(weight for _, weight in grown) / 2
    for total, (factor, _) in zip(
        itertools.accumulate(weight for _, weight in grown), grown, strict=True
    ):
        if total >= half:
            return float(factor)
    return scale


def _place(
    read: Measure,
    whole: tuple[Figure, Figure],
    groups: Grouped,
    where: Mapping[str, str],
    change: float,
    score: float,
    names: Mapping[str, Mapping[str, str]],
) -> Place:
    """A combination with its effect: the change of all against that of everything outside it."""
    inside = [_total(key_figures(side, groups.by, where)) for side in (groups.before, groups.after)]
    total = whole[1].value - whole[0].value
    spoken = {name: names.get(name, {}).get(value, value) for name, value in where.items()}
    if read.kind == "sum":
        effect = inside[1].numerator / whole[1].denominator - (
            inside[0].numerator / whole[0].denominator
        )
        held = inside[1].numerator / whole[1].numerator if whole[1].numerator else None
        return Place(spoken, effect, effect / total if total else 0.0, held, change, score)
    outside = [
        Figure(one.numerator - part.numerator, one.denominator - part.denominator)
        for one, part in zip(whole, inside, strict=True)
    ]
    parts = [
        {
            name: (one.numerator, one.denominator)
            for name, one in (("inside", inner), ("outside", outer))
            if one.denominator > 0
        }
        for inner, outer in zip(inside, outside, strict=True)
    ]
    found = mix_and_rate(parts[0], parts[1])
    effect = found.total - found.rate.get("outside", 0.0)
    held = inside[1].denominator / whole[1].denominator
    return Place(
        spoken, effect, effect / total if total else 0.0, held, change, score,
        outside[0].value, outside[1].value,
    )  # fmt: skip


def key_figures(
    side: Mapping[Key, Figure], by: tuple[str, ...], where: Mapping[str, str]
) -> list[Figure]:
    """The figures of the groups that lie in a combination."""
    at = {name: number for number, name in enumerate(by)}
    return [
        one
        for key, one in side.items()
        if all(key[at[name]] == value for name, value in where.items())
    ]


def _total(figures: Sequence[Figure]) -> Figure:
    return Figure(
        math.fsum(one.numerator for one in figures), math.fsum(one.denominator for one in figures)
    )
