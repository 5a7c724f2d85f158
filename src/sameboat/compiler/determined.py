"""Conditions that follow from what a step knows already: its groups, values and periods.

A table that is grouped by month has a range of whole months decided for each of its groups. So such
a condition need not be asked of each row, and it never cuts a group in two.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from sameboat.periods import CALENDAR, Reckoning, floor
from sameboat.project.formula import Binary, Literal, Moment, Node, rewrite, walk

from .expressions import Column, Trunc
from .moved import nests
from .query import KNOWN_GRAINS
from .source import coarseness


@dataclass(frozen=True)
class Known:
    """The columns of a step: what of its table is in which, and the periods of its times."""

    values: dict[Node, Column] = field(default_factory=dict)
    periods: dict[Node, tuple[tuple[str, Column], ...]] = field(default_factory=dict)
    reckoning: Reckoning = CALENDAR

    @classmethod
    def of(cls, found: Iterable[tuple[Node, str]], reckoning: Reckoning) -> Known:
        """What columns of these names know that hold these values."""
        values: dict[Node, Column] = {}
        periods: dict[Node, tuple[tuple[str, Column], ...]] = {}
        for value, name in found:
            column = Column(None, name)
            values[value] = column
            if isinstance(value, Trunc) and value.grain in KNOWN_GRAINS:
                periods[value.of] = (*periods.get(value.of, ()), (value.grain, column))
        return cls(values, periods, reckoning)

    def beside(self, value: Node) -> Known:
        """What is known where one more value is."""
        found = [(node, column.name) for node, column in self.values.items()]
        name = f"value_{len(found)}"
        return Known.of((*found, (value, name)), self.reckoning)

    def told(self, condition: Node) -> Node | None:
        """A condition in terms of the columns; None where they do not decide it."""
        found = rewrite(condition, self._from_columns)
        own = set(self.values.values())
        asked = (part for part in walk(found) if isinstance(part, Column))
        return found if all(column in own for column in asked) else None

    def _from_columns(self, part: Node) -> Node | None:
        column = self.values.get(part)
        return column or next(chain(self._coarser(part), self._bounds(part)), None)

    def _coarser(self, part: Node) -> Iterator[Node]:
        """A period in terms of one that lies in it."""
        match part:
            case Trunc(wanted, of) if wanted in KNOWN_GRAINS:
                for grain, column in self.periods.get(of, ()):
                    if nests(grain, wanted):
                        yield Trunc(wanted, column)

    def _bounds(self, part: Node) -> Iterator[Node]:
        """A bound on time in terms of whole periods, where it is the start of one."""
        if not isinstance(part, Binary):
            return
        left = part.left
        time, fine = (left.of, left.grain) if isinstance(left, Trunc) else (left, None)
        bound = _from(part.op, part.right, by_day=fine == "day")
        if bound is None:
            return
        op, start = bound
        for grain, column in self.periods.get(time, ()):
            whole = fine is None or (fine in KNOWN_GRAINS and nests(fine, grain))
            days = coarseness(grain) >= coarseness("day")
            if whole and days and floor(start, grain, self.reckoning) == start:
                yield Binary(op, column, Moment("date", start.isoformat()))


def _from(op: str, bound: Node, *, by_day: bool) -> tuple[str, dt.date] | None:
    """A bound as the first day of what is left in (>=) or out (<); None where it is not one.

    Of whole days, those up to one are those before the next.
    """
    text = bound.text if isinstance(bound, Moment) else None
    if isinstance(bound, Literal) and isinstance(bound.value, str) and not bound.decimal:
        text = bound.value
    try:
        day = dt.date.fromisoformat(text or "")
        if op in (">=", "<"):
            return op, day
        if op in (">", "<=") and by_day:
            return (">=" if op == ">" else "<"), day + dt.timedelta(1)
    except (ValueError, OverflowError):
        return None
    return None
