"""A change that no segment explains, since every segment made it by about the same share."""

from __future__ import annotations

from collections.abc import Sequence

from sameboat.questions.sentences import counted, listed
from sameboat.questions.why.branches import plural
from sameboat.questions.why.parts import Everywhere, Localised, Split, leading

LEAST, MOST = 0.5, 1.75
"""A segment made a change if it moved by at least, and at most, so many times the whole's share."""

MIXED = 0.25
"""The part of a change from which on its mix is a story of its own."""

OWN = 0.25
"""The part of a change from which on a combination that moved by itself is one, too."""


def everywhere(
    splits: Sequence[Split], places: Localised, before: float, after: float
) -> Everywhere | None:
    """The one share by which everything moved, if it did; None where a segment tells more.

    Each segment of each dimension that is split moved as the whole did, by half to one and three
    quarters of its share; or the search over all combinations found one move of everything. The
    mix of no dimension, no single segment and no combination carries a good part by itself.
    """
    change = after - before
    told = [split for split in splits if split.rows]
    if not change or before == 0 or any(split.reversal for split in told):
        return None
    if any(abs(split.mix) >= MIXED * abs(change) for split in told):
        return None
    if any(leading(split, change, rate=True) for split in told):
        return None
    if any(abs(place.share) >= OWN for place in places.places):
        return None
    alike = [(split, shares) for split in told if len(shares := _shares(split)) > 1]
    about = change / abs(before)
    every = [one / about for _, shares in alike for one in shares]
    if every and all(LEAST <= one <= MOST for one in every):
        sizes = [abs(one * about) for one in every]
        segments = tuple((split.label, len(shares)) for split, shares in alike)
        return Everywhere(about, segments, min(sizes), max(sizes))
    if places.everywhere is not None and places.everywhere * change > 0:
        return Everywhere(places.everywhere, ())
    return None


def _shares(split: Split) -> list[float]:
    """By what share of its own figure each segment moved that is shown by itself."""
    return [
        ((row.figure_after or 0.0) - row.figure_before) / abs(row.figure_before)
        for row in split.rows
        if not row.together and row.figure_before
    ]


def about(one: Everywhere) -> str:
    """The share in words, without its sign.

    >>> about(Everywhere(-0.0821, ())), about(Everywhere(0.0042, ()))
    ('8%', '0.4%')
    """
    return _percent(abs(one.change))


def each(one: Everywhere, verb: str) -> tuple[str, str]:
    """Who moved, and by how much, as two parts of a sentence.

    >>> each(Everywhere(0.06, (("Plan", 2), ("Region", 5)), 0.043, 0.085), "rose")
    ('Each of two plans and five regions rose', 'by 4% to 8% of its own figure')
    """
    if not one.segments:
        return f"Combinations of segments {verb} alike", f"by about {about(one)} each"
    named = [f"{counted(count)} {plural(label.lower())}" for label, count in one.segments]
    low, high = _percent(one.low), _percent(one.high)
    span = f"by {low} to {high}" if low != high else f"by about {low}"
    return f"Each of {listed(named)} {verb}", f"{span} of its own figure"


def _percent(size: float) -> str:
    return f"{size:.0%}" if size >= 0.01 else f"{size:.1%}"


__all__ = ["about", "each", "everywhere"]
