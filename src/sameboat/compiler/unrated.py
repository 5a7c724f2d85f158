"""Money without an exchange rate is counted, and what it enters has no figure."""

from __future__ import annotations

from dataclasses import replace

from sameboat.project.formula import Binary, Call, Case, Literal, Node, walk

from .expressions import LeafValue
from .leaf import COUNTS
from .leaves import Leaves

NO_RATE = "no_rate"
"""The suffix of the columns that count rows of money without an exchange rate."""

WITHOUT_RATE = "no exchange rate"
"""Why a figure is undefined into which such money goes."""


def unrated(leaves: Leaves, node: Node) -> Node | None:
    """How many rows with money behind a formula lack a rate; None where none is exchanged."""
    counts: list[Node] = []
    for at in dict.fromkeys(part.leaf for part in walk(node) if isinstance(part, LeafValue)):
        leaf = leaves.found[at]
        if leaf.exchange is None or leaf.agg in COUNTS:
            continue
        lacking = replace(
            leaf,
            agg="count",
            exchange=replace(leaf.exchange, lacking=True),
            metric=f"{leaf.metric}_{NO_RATE}",
            percentile=None,
            decimals=None,
            fill=None,
        )
        counts.append(Call("coalesce", (leaves.add(lacking), Literal(0))))
    if not counts:
        return None
    total = counts[0]
    for count in counts[1:]:
        total = Binary("+", total, count)
    return total


def parts_of_money(parts: list[tuple[str, Node]], lacking: Node | None) -> list[tuple[str, Node]]:
    """What a figure is made of, and how many rows lack a rate; n alone is then still known."""
    if lacking is None:
        return parts
    told = [(part, inner if part == "n" else unless(lacking, inner)) for part, inner in parts]
    return [*told, (NO_RATE, lacking)]


def unless(lacking: Node | None, node: Node) -> Node:
    """A formula that gives nothing where rows lack a rate."""
    if lacking is None:
        return node
    return Case(None, ((Binary(">", lacking, Literal(0)), Literal(None)),), node)
