"""Where the boxes of a tree stand: levers in rows, everything else beside the middle of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sameboat.charts.tree_values import Bough, Limb, Twig

COLUMNS = ((0.0, 156.0), (200.0, 406.0), (460.0, 710.0), (862.0, 1215.0))
"""From where to where mission, objectives, KPIs and levers reach, in px."""

ROW, BOX, HEAD = 49.0, 40.0, 38.5
LEFT_OF_PILL = 100.0
INDENT = LEFT_OF_PILL + 30.0
DEEPER = 18.0
LINE = 20.0
SHARED = 8.0


@dataclass(frozen=True)
class Placed:
    """A box at its place, in px."""

    left: float
    top: float
    width: float
    height: float = BOX

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def middle(self) -> float:
        return self.top + self.height / 2


@dataclass(frozen=True)
class Linked:
    """A KPI's link to a lever; `offset` is not 0 where the lever's box belongs to another KPI."""

    twig: Twig
    place: Placed
    offset: float = 0.0


@dataclass(frozen=True)
class PlacedBough:
    bough: Bough
    place: Placed
    links: tuple[Linked, ...]
    below: tuple[tuple[Twig, Placed, Placed], ...]
    """What hangs on a lever: the twig, its place, and that of the box above it."""


@dataclass(frozen=True)
class PlacedLimb:
    limb: Limb
    place: Placed
    boughs: tuple[PlacedBough, ...]


@dataclass(frozen=True)
class Room:
    """Everything at its place."""

    height: float
    columns: tuple[tuple[float | None, float], ...]
    mission: Placed | None
    lines: tuple[str, ...]
    limbs: tuple[PlacedLimb, ...]


def rooms(limbs: Sequence[Limb], *, mission: tuple[str, ...]) -> Room:
    """The places of all boxes; `mission` is given in lines, or left out."""
    taken: dict[str, Placed] = {}
    placed: list[PlacedLimb] = []
    rows = 0
    for limb in limbs:
        boughs: list[PlacedBough] = []
        first = rows
        for bough in limb.boughs:
            found, rows = _bough(bough, rows, taken)
            boughs.append(found)
        if not boughs:
            rows += 1
        left, right = COLUMNS[1]
        middles = [one.place.middle for one in boughs] or [_top(first) + BOX / 2]
        top = (middles[0] + middles[-1]) / 2 - BOX / 2
        placed.append(PlacedLimb(limb, Placed(left, top, right - left), tuple(boughs)))
    height = _top(rows) - (ROW - BOX) + 12
    box = None
    if mission and placed:
        tall = LINE * len(mission) + 36
        middle = (placed[0].place.middle + placed[-1].place.middle) / 2
        height = max(height, HEAD + tall + 12)
        top = min(max(middle - tall / 2, HEAD), height - tall)
        box = Placed(COLUMNS[0][0], top, COLUMNS[0][1] - COLUMNS[0][0], tall)
    columns = ((None if box is None else 0.0, COLUMNS[0][1]), *COLUMNS[1:])
    return Room(height, columns, box, mission, tuple(placed))


def _top(row: int) -> float:
    return HEAD + ROW * row


def _bough(bough: Bough, rows: int, taken: dict[str, Placed]) -> tuple[PlacedBough, int]:
    """A KPI with its levers in the rows from `rows` on, and the first row after them."""
    first = rows
    links: list[Linked] = []
    below: list[tuple[Twig, Placed, Placed]] = []
    left, right = COLUMNS[3]
    for twig in bough.twigs:
        if twig.box.key in taken:
            links.append(Linked(twig, taken[twig.box.key], SHARED))
            continue
        place = Placed(left, _top(rows), right - left)
        taken[twig.box.key] = place
        links.append(Linked(twig, place))
        rows += 1
        for deeper, at, above in _below(twig, place, rows, 1):
            below.append((deeper, at, above))
            rows += 1
    used = rows - first
    if not used:
        rows += 1
    middle = _top(first) + BOX / 2 + ROW * (max(used, 1) - 1) / 2
    left, right = COLUMNS[2]
    place = Placed(left, middle - BOX / 2, right - left)
    return PlacedBough(bough, place, tuple(links), tuple(below)), rows


def _below(
    twig: Twig, above: Placed, row: int, depth: int
) -> Iterator[tuple[Twig, Placed, Placed]]:
    """What hangs on a twig, one row each, a step further to the right."""
    left, right = COLUMNS[3]
    for one in twig.below:
        start = left + INDENT + DEEPER * (depth - 1)
        place = Placed(start, _top(row), right - start)
        yield one, place, above
        row += 1
        for deeper in _below(one, place, row, depth + 1):
            yield deeper
            row += 1
