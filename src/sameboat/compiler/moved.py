"""Whole periods back: a figure is computed once per period, and shown again later.

Where every offset is a whole number of the shown periods, the figure of a period is that of an
earlier one: a year before February of a leap year is all of that February, and the month before
for a window is what the window showed for that month. So the figure is computed once over a
wider range, in the same scan as all that is asked beside it, and its rows are moved on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from sameboat.periods import Span, add
from sameboat.project.formula import Binary, Node, names

from .expressions import Aggregate, Column, Named, Relation, Scalar, Select, Shifted
from .leaf import Leaf, Offset, Picked
from .plan import Plan, split_filters, within
from .query import KNOWN_GRAINS, Item
from .source import Source, coarseness, item_of

Place = Callable[[Plan, list[Leaf]], None]

MONTHS = {"month": 1, "quarter": 3, "year": 12, "fiscal_quarter": 3, "fiscal_year": 12}
SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}


def is_multiple(span: Span, grain: str) -> bool:
    """Whether a span is always a whole number of a grain's periods.

    >>> is_multiple(Span(1, "year"), "month"), is_multiple(Span(1, "year"), "week")
    (True, False)
    """
    for sizes in (MONTHS, SECONDS):
        if span.grain in sizes and grain in sizes:
            return span.count * sizes[span.grain] % sizes[grain] == 0
    return span.grain == grain


def nests(fine: str, coarse: str) -> bool:
    """Whether every period of a grain lies in one of another: days in weeks, weeks not in months.

    >>> nests("day", "week"), nests("week", "month"), nests("month", "fiscal_year")
    (True, False, True)
    """
    if fine == coarse:
        return True
    if coarseness(fine) <= coarseness("day"):
        return coarseness(coarse) >= coarseness(fine)
    if fine not in MONTHS or coarse not in MONTHS:
        return False
    alike = fine == "month" or fine.startswith("fiscal") == coarse.startswith("fiscal")
    return alike and MONTHS[coarse] % MONTHS[fine] == 0


def place_moved(draft: Plan, leaves: Mapping[int, Leaf], place: Place) -> None:
    """Add the steps of leaves that look back by whole periods, and of what shares their scans."""
    groups: dict[tuple[_Scan, Item, int | None], dict[int, Leaf]] = {}
    for index, leaf in leaves.items():
        if leaf.offsets and (item := period_of(draft, leaf)) is not None:
            key = (_scan_of(leaf), item, None if draft.share else index)
            groups.setdefault(key, {})[index] = leaf
    for (scanned, item, own), moved in groups.items():
        beside = {
            index: leaf
            for index, leaf in leaves.items()
            if _scan_of(leaf) == scanned
            and own is None
            and index not in draft.placed
            and not (leaf.offsets or leaf.spine or leaf.converted or leaf.cohort)
        }
        if not all(is_covered(leaf, beside.values()) for leaf in moved.values()):
            beside = {}
        _place_group(draft, moved, beside, item, place)


def is_covered(leaf: Leaf, others: Iterable[Leaf]) -> bool:
    """Whether every row behind a leaf is behind another one too.

    Without that, a shared scan would show groups in which nothing that was asked has a row.
    """
    return any(set(other.filters) <= set(leaf.filters) for other in others)


_Scan = tuple[str, str | None, Picked | None]


def _scan_of(leaf: Leaf) -> _Scan:
    return leaf.table, leaf.time, leaf.picked


def period_of(draft: Plan, leaf: Leaf) -> Item | None:
    """The finest shown time, where a leaf looks back by whole periods of it and of nothing else."""
    source = draft.source(leaf)
    clock = [item for item in draft.items if source.is_clock(item)]
    timed = [item for item in clock if item.grain in KNOWN_GRAINS]
    if not timed or leaf.spine or (draft.world.dbt and not leaf.over):
        return None
    finest = min(timed, key=lambda item: coarseness(item.grain or ""))
    grain = finest.grain or ""
    asked = [item_of(n) for f in split_filters(draft, source)[0] for n in names(f)]
    fits = coarseness(grain) >= coarseness(source.base_grain())
    fits &= all(o.span is not None and is_multiple(o.span, grain) for o in leaf.offsets)
    fits &= all(knows(draft, grain, item) for item in (*clock, *asked))
    return finest if fits else None


def knows(draft: Plan, grain: str, item: Item) -> bool:
    """Whether a period of a grain decides the value of an item of the clock."""
    wanted = item.part or item.grain or (draft.default_grain if item.is_metric_time else "day")
    return wanted in KNOWN_GRAINS and nests(grain, wanted)


@dataclass(frozen=True)
class _Shown:
    """Where moved rows are shown: the clock's items, its finest one, and the filters on it."""

    source: Source
    item: Item
    filters: tuple[Node, ...]


def _place_group(
    draft: Plan, moved: Mapping[int, Leaf], beside: Mapping[int, Leaf], item: Item, place: Place
) -> None:
    source = draft.source(next(iter(moved.values())))
    outer, inner = split_filters(draft, source)
    lows = [_back(draft.low, leaf.offsets) for leaf in moved.values()]
    highs = [_back(draft.high, leaf.offsets) for leaf in moved.values()]
    low = min((at for at in (*lows, *_if(beside, draft.low)) if at), default=None)
    high = max((at for at in (*highs, *_if(beside, draft.high)) if at), default=None)
    roots = [*beside.values(), *(replace(leaf, offsets=()) for leaf in moved.values())]
    roots = list(dict.fromkeys(roots))
    wide = replace(draft, low=low, high=high, where=inner, placed={}, certain=set())
    place(wide, roots)
    shown = _Shown(source, item, outer)
    for offsets in dict.fromkeys(leaf.offsets for leaf in moved.values()):
        these = {i: leaf for i, leaf in moved.items() if leaf.offsets == offsets}
        at = {i: wide.placed[roots.index(replace(leaf, offsets=()))] for i, leaf in these.items()}
        _show(draft, shown, at, offsets, f"before_{_called(offsets)}")
    at = {i: wide.placed[roots.index(leaf)] for i, leaf in beside.items()}
    draft.certain |= {i for i, leaf in beside.items() if roots.index(leaf) in wide.certain}
    if (low, high) == (draft.low, draft.high) and not outer:
        draft.placed |= at
    else:
        _show(draft, shown, at, (), "shown")


def _if(condition: object, value: dt.datetime | None) -> tuple[dt.datetime | None, ...]:
    return (value,) if condition else ()


def _called(offsets: tuple[Offset, ...]) -> str:
    return "_".join(str(offset.span).replace(" ", "_") for offset in offsets)


def _back(at: dt.datetime | None, offsets: tuple[Offset, ...]) -> dt.datetime | None:
    for offset in offsets:
        assert offset.span is not None
        at = None if at is None else add(at, Span(-offset.span.count, offset.span.grain))
    return at


def _show(
    draft: Plan,
    shown: _Shown,
    at: Mapping[int, tuple[str, str]],
    offsets: tuple[Offset, ...],
    name: str,
) -> None:
    """A step per step of figures that shows its rows at the times at which they count."""
    for step in dict.fromkeys(step for step, _ in at.values()):
        columns = {index: column for index, (where, column) in at.items() if where == step}
        time = _later(Column(step, shown.item.column), offsets)
        clock = draft.clock(time)
        values: dict[str, Node] = {item.column: Column(step, item.column) for item in draft.items}
        if offsets:
            timed = [item for item in draft.items if shown.source.is_clock(item)]
            values |= {item.column: clock.item(item) for item in timed}
            values[shown.item.column] = time
        keys = [Named(value, name) for name, value in values.items()]
        figures = [Named(Column(step, c), c) for c in dict.fromkeys(columns.values())]
        where = within(time, draft.low, draft.high)
        where += tuple(clock.condition(node) for node in shown.filters)
        if offsets and not draft.world.dbt:
            last = Scalar(Aggregate("max", shown.source.time_value()), shown.source.relation)
            where += (Binary("<=", time, last),)
        rows = Relation(step, step, True)
        select = Select((*keys, *figures), rows, tuple(clock.joins.values()), where)
        added = draft.add(f"{step}_{name}", select)
        draft.placed |= {index: (added, column) for index, column in columns.items()}


def _later(time: Node, offsets: tuple[Offset, ...]) -> Node:
    for offset in offsets:
        assert offset.span is not None
        time = Shifted(time, offset.span, 1)
    return time
