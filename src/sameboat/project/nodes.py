"""The tree of an expression: its nodes, and how to walk and change it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Name:
    """A name as written; a template may add a grain or a date part."""

    text: str
    grain: str | None = None
    part: str | None = None


@dataclass(frozen=True, slots=True)
class Literal:
    """Text, whole number, decimal (kept as its text), truth value or null."""

    value: str | int | bool | None
    decimal: bool = False


@dataclass(frozen=True, slots=True)
class Moment:
    """A date or timestamp literal."""

    type: str
    text: str


@dataclass(frozen=True, slots=True)
class Interval:
    """A length of time as a literal."""

    count: int
    grain: str


@dataclass(frozen=True, slots=True)
class Unary:
    op: str
    of: Node


@dataclass(frozen=True, slots=True)
class Binary:
    op: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Case:
    of: Node | None
    whens: tuple[tuple[Node, Node], ...]
    otherwise: Node | None


@dataclass(frozen=True, slots=True)
class In:
    of: Node
    items: tuple[Node, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Between:
    of: Node
    low: Node
    high: Node
    negated: bool = False


@dataclass(frozen=True, slots=True)
class IsNull:
    of: Node
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Cast:
    of: Node
    type: str
    size: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class MetricValue:
    """A metric per value of some dimensions, used as a dimension in a filter."""

    metric: str
    group_by: tuple[str, ...]


Node = (
    Name | Literal | Moment | Interval | Unary | Binary | Call | Case | In | Between | IsNull
    | Cast | MetricValue | Any
)  # fmt: skip
"""A node of an expression; the compiler adds nodes of its own."""


def names(node: Node) -> Iterator[Name]:
    """Every name in an expression, in reading order."""
    for part in walk(node):
        if isinstance(part, Name):
            yield part


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, in reading order."""
    yield node
    for child in children(node):
        yield from walk(child)


def rewrite(node: Node, change: Callable[[Node], Node | None]) -> Node:
    """The same expression with nodes exchanged; `change` returns None to leave one and go below."""
    changed = change(node)
    if changed is not None:
        return changed
    if not is_dataclass(node):
        return node
    updates = {}
    for field in fields(node):
        value = getattr(node, field.name)
        fresh = _rewrite_value(value, change)
        if fresh is not value:
            updates[field.name] = fresh
    return replace(node, **updates) if updates else node  # type: ignore[type-var]


def _rewrite_value(value: Any, change: Callable[[Node], Node | None]) -> Any:
    if isinstance(value, tuple):
        fresh = tuple(_rewrite_value(item, change) for item in value)
        return fresh if any(a is not b for a, b in zip(fresh, value, strict=True)) else value
    return rewrite(value, change) if is_dataclass(value) else value


def children(node: Node) -> Iterator[Node]:
    """The nodes directly inside one, in reading order."""
    if not is_dataclass(node):
        return
    for field in fields(node):
        yield from _nodes_in(getattr(node, field.name))


def _nodes_in(value: Any) -> Iterator[Node]:
    if isinstance(value, tuple):
        for item in value:
            yield from _nodes_in(item)
    elif is_dataclass(value):
        yield value


def conjuncts(node: Node) -> tuple[Node, ...]:
    """The conditions that must all hold for the filter to hold.

    >>> [part.text for part in conjuncts(Binary("and", Name("a"), Name("b")))]
    ['a', 'b']
    """
    if isinstance(node, Binary) and node.op == "and":
        return conjuncts(node.left) + conjuncts(node.right)
    return (node,)
