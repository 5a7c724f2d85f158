"""Nodes that the compiler adds to expressions, and the steps of a query."""

from __future__ import annotations

from dataclasses import dataclass

from sameboat.periods import Span
from sameboat.project.formula import Node


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table or of an earlier step, under the alias that it has in its step."""

    source: str | None
    name: str


@dataclass(frozen=True, slots=True)
class Trunc:
    """The first moment of the period that holds a time."""

    grain: str
    of: Node


@dataclass(frozen=True, slots=True)
class Part:
    """A number out of a date: year, quarter, month, dow (Monday 1 to Sunday 7) …"""

    part: str
    of: Node


@dataclass(frozen=True, slots=True)
class Shifted:
    """A time moved by a span; `sign` is +1 or -1."""

    of: Node
    span: Span
    sign: int


@dataclass(frozen=True, slots=True)
class Zoned:
    """A moment without a zone, read on one zone's clock and told by another's."""

    of: Node
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One figure over a group's rows; rows where `when` does not hold are left out."""

    agg: str
    of: Node | None
    when: Node | None = None
    percentile: float | None = None
    discrete: bool = False
    approximate: bool = False


@dataclass(frozen=True, slots=True)
class Quotient:
    """A decimal division; a zero or missing divisor gives nothing."""

    above: Node
    below: Node


@dataclass(frozen=True, slots=True)
class Ranked:
    """The position of a row in its group, from 1."""

    within: tuple[Node, ...]
    by: Node
    descending: bool
    then: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Extreme:
    """The least or greatest value of the group that a row belongs to."""

    agg: str
    of: Node
    within: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Lead:
    """The value some rows further on, within a group where one is named."""

    of: Node
    rows: int
    by: Node
    within: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Days:
    """A day moved on by a number of days that a column holds."""

    of: Node
    count: Node


@dataclass(frozen=True, slots=True)
class Same:
    """That two values are equal, or both missing."""

    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class LeafValue:
    """The value of a leaf, before the plan has given it a column."""

    leaf: int


@dataclass(frozen=True, slots=True)
class BaseValue:
    """A metric's figure in the base period of an index, before the plan has given it a step."""

    metric: str
    period: str


@dataclass(frozen=True, slots=True)
class Missing:
    """No value, of a type where it is known: where rows of several steps stand below each other."""

    type: str | None


@dataclass(frozen=True, slots=True)
class Star:
    """Every column of what is read under an alias."""

    source: str


@dataclass(frozen=True, slots=True)
class Named:
    """A column of a step's output."""

    node: Node
    name: str


@dataclass(frozen=True, slots=True)
class Relation:
    """What a step reads: a table of the warehouse or an earlier step, and its alias."""

    name: str
    alias: str
    is_step: bool = False


@dataclass(frozen=True, slots=True)
class Scalar:
    """One figure over all rows of a relation."""

    of: Aggregate
    relation: Relation


@dataclass(frozen=True, slots=True)
class Join:
    relation: Relation
    on: Node | None
    kind: str = "left"


@dataclass(frozen=True, slots=True)
class Spine:
    """Every period of a grain between two bounds: texts, or columns of a step to take them from."""

    grain: str
    column: str
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class Sort:
    name: str
    descending: bool


@dataclass(frozen=True, slots=True)
class Select:
    """One SELECT over a relation and its joins."""

    columns: tuple[Named, ...]
    source: Relation | None
    joins: tuple[Join, ...] = ()
    where: tuple[Node, ...] = ()
    grouped: bool = False
    group_by: tuple[Node, ...] = ()
    having: tuple[Node, ...] = ()
    order_by: tuple[Sort, ...] = ()
    limit: int | None = None
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class Union:
    """The rows of several selects, one after the other."""

    selects: tuple[Select, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """Named steps, then the select that answers."""

    steps: tuple[tuple[str, Select | Union | Spine], ...]
    answer: Select
