"""A leaf: one aggregate over one table, and from which times and rows it takes its figures."""

from __future__ import annotations

from dataclasses import dataclass

from sameboat.periods import Span
from sameboat.project.formula import Binary, In, Literal, Node

from .money import Exchange

COUNTS = ("count", "count_distinct")
"""Aggregations of which nothing is 0: a count over no rows is known."""


@dataclass(frozen=True)
class Offset:
    """A look back: by a span, or to the start of the grain that holds the day."""

    span: Span | None = None
    to_grain: str | None = None


@dataclass(frozen=True)
class Window:
    """What a cumulative metric adds up: a span, a grain to date, or all time."""

    span: Span | None = None
    to_date: str | None = None
    period_agg: str | None = None


@dataclass(frozen=True)
class Converted:
    """How rows of a leaf are matched to earlier rows of a base, whose time and groups they take.

    `filters` choose the bases that can be credited, `asked` those of them that are shown.
    """

    table: str
    time: str | None
    filters: tuple[Node, ...]
    entity: str
    window: Span | None
    constant: tuple[tuple[str, str], ...]
    asked: tuple[Node, ...] = ()


@dataclass(frozen=True)
class Picked:
    """Of all rows that pass the filters, the last one per key and period."""

    one_per: tuple[str, ...]
    filters: tuple[Node, ...]


@dataclass(frozen=True)
class Merges:
    """The table that says which account became which other one, and when, by its columns."""

    table: str
    from_: str
    to: str
    on: str


@dataclass(frozen=True)
class Cohort:
    """Entities with an amount at the start of a period, and what they have at its end.

    `counts` says which figure a leaf takes: start, kept, capped, expansion, contraction, churn
    (amounts), or entities, kept_entities (counts).
    """

    entity: str
    amount: str
    period: str
    over: Span
    counts: str
    filters: tuple[Node, ...]
    merges: Merges | None = None


@dataclass(frozen=True)
class Compared:
    """Rows that are compared with those of other scenarios, and at which times both must be there.

    `dimension` tells the scenario, `values` are those compared; `per` names what else must have
    rows in all of them.
    """

    table: str
    time: str | None
    dimension: str
    values: tuple[str, ...]
    every: str
    per: tuple[str, ...] = ()


@dataclass(frozen=True)
class Leaf:
    """One aggregate over one table, and from which times it takes its rows."""

    metric: str
    table: str
    agg: str
    expr: str | None
    time: str | None
    filters: tuple[Node, ...] = ()
    percentile: float | None = None
    discrete: bool = False
    approximate: bool = False
    over: tuple[str, str | None, tuple[str, ...]] | None = None  # first/last, dimension, by
    offsets: tuple[Offset, ...] = ()
    window: Window | None = None
    spine: bool = False
    fill: float | None = None
    converted: Converted | None = None
    picked: Picked | None = None
    cohort: Cohort | None = None
    population: bool = False  # counts a group's people, whatever the metric's own filters
    exchange: Exchange | None = None  # of money in other currencies than the wanted one
    compared: Compared | None = None  # counts rows of periods that another scenario lacks
    decimals: int | None = None  # digits after the point, of money that is added up exactly

    @property
    def type(self) -> str | None:
        """The type of its figures, where its aggregation decides it."""
        if self.agg in COUNTS:
            return "bigint"
        return {"sum": "decimal", "min": None, "max": None}.get(self.agg, "double")

    @property
    def is_plain(self) -> bool:
        """Whether it takes each row at its own time."""
        return not (self.offsets or self.window or self.converted or self.cohort)


def all_of(conditions: tuple[Node, ...]) -> Node | None:
    """One condition that holds where all do; None for none.

    >>> all_of(()) is None
    True
    """
    joined: Node | None = None
    for condition in conditions:
        joined = condition if joined is None else Binary("and", joined, condition)
    return joined


def any_of(conditions: tuple[Node, ...]) -> Node | None:
    """One condition that holds where any does; None for none.

    Conditions on the same value become one list: `x = 1 or x in (1, 2)` is `x in (1, 2)`.
    """
    listed: dict[Node, tuple[Node, ...]] = {}
    joined: list[Node] = []
    for condition in conditions:
        match condition:
            case Binary("=", of, Literal() as value):
                items: tuple[Node, ...] = (value,)
            case In(of, items, False) if all(isinstance(item, Literal) for item in items):
                pass
            case _:
                joined.append(condition)
                continue
        if of not in listed:
            joined.append(In(of, ()))
        listed[of] = tuple(dict.fromkeys((*listed.get(of, ()), *items)))
    found: Node | None = None
    for part in joined:
        if isinstance(part, In) and not part.items:
            values = listed[part.of]
            part = Binary("=", part.of, values[0]) if len(values) == 1 else In(part.of, values)
        found = part if found is None else Binary("or", found, part)
    return found
