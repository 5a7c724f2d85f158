"""Rows that leave a figure undefined: money without an exchange rate, a scenario without another.

They are counted beside each figure; where there are any, the figure and what it is made of are
nothing, and the count says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sameboat.project.formula import Binary, Call, Case, Literal, Node, walk

from .expressions import LeafValue
from .leaf import COUNTS, Leaf
from .leaves import Leaves
from .scenarios import compared

NO_RATE = "no_rate"
"""The suffix of the columns that count rows of money without an exchange rate."""

ONE_SCENARIO = "one_scenario"
"""The suffix of the columns that count rows of periods in which another scenario has none."""

REASONS: Mapping[str, str] = {
    NO_RATE: "no exchange rate",
    ONE_SCENARIO: "one scenario has no data",
}
"""Why a figure is undefined into which such rows go, by the suffix of their count."""

Lacking = Mapping[str, Node]
"""How many rows leave a formula undefined, by suffix; a suffix is missing where none can."""


def unrated(leaves: Leaves, node: Node) -> Lacking:
    """How many rows behind a formula leave it undefined, each kind by its suffix."""
    behind = dict.fromkeys(part.leaf for part in walk(node) if isinstance(part, LeafValue))
    found = [leaves.found[at] for at in behind]
    counted = {NO_RATE: [_without_rate(leaf) for leaf in found if _exchanged(leaf)]}
    if leaves.graph is not None and leaves.graph.has_scenarios:
        other = compared(leaves.graph, found)
        counted[ONE_SCENARIO] = [
            replace(_counting(leaf, ONE_SCENARIO), compared=wanted, exchange=None)
            for leaf, wanted in other.items()
        ]
    return {kind: _sum(leaves, tuple(each)) for kind, each in counted.items() if each}


def _exchanged(leaf: Leaf) -> bool:
    return leaf.exchange is not None and leaf.agg not in COUNTS


def _without_rate(leaf: Leaf) -> Leaf:
    assert leaf.exchange is not None, "only exchanged money can lack a rate"
    return replace(_counting(leaf, NO_RATE), exchange=replace(leaf.exchange, lacking=True))


def _counting(leaf: Leaf, suffix: str) -> Leaf:
    """A count of some rows of a leaf."""
    return replace(
        leaf,
        agg="count",
        metric=f"{leaf.metric}_{suffix}",
        percentile=None,
        decimals=None,
        fill=None,
    )


def _sum(leaves: Leaves, counts: tuple[Leaf, ...]) -> Node:
    total: Node | None = None
    for leaf in counts:
        count = Call("coalesce", (leaves.add(leaf), Literal(0)))
        total = count if total is None else Binary("+", total, count)
    assert total is not None, "there is something to count"
    return total


def parts_of_money(parts: list[tuple[str, Node]], lacking: Lacking) -> list[tuple[str, Node]]:
    """What a figure is made of, and how many rows leave it undefined; n alone is then known."""
    told = [(part, inner if part == "n" else unless(lacking, inner)) for part, inner in parts]
    return [*told, *lacking.items()]


def unless(lacking: Lacking, node: Node) -> Node:
    """A formula that gives nothing where rows leave it undefined."""
    for count in lacking.values():
        node = Case(None, ((Binary(">", count, Literal(0)), Literal(None)),), node)
    return node
