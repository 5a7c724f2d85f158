"""Loops are found, all of them and nothing else."""

from __future__ import annotations

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sameboat.project.cycles import inputs, loops
from sameboat.project.declared import Project

NAMES = st.sampled_from("abcdefgh")


@given(st.dictionaries(NAMES, st.lists(NAMES, max_size=4), max_size=8))
def test_there_is_a_loop_exactly_where_networkx_finds_one(graph: dict[str, list[str]]) -> None:
    """Each loop follows edges and closes; together they touch every loop; none share a name."""
    found = list(loops(graph))
    for loop in found:
        assert loop[0] == min(loop)
        for here, there in zip(loop, (*loop[1:], loop[0]), strict=True):
            assert there in graph[here]
    names = [name for loop in found for name in loop]
    assert len(set(names)) == len(names)
    rest = nx.DiGraph({a: [b for b in to if b not in names] for a, to in graph.items()})
    rest.remove_nodes_from(set(names) & set(rest))
    assert nx.is_directed_acyclic_graph(rest)


@pytest.mark.parametrize(
    ("metric", "made_of"),
    [
        ({"type": "simple", "table": "t", "agg": "count"}, ()),
        ({"type": "ratio", "numerator": "a", "denominator": {"metric": "b"}}, ("a", "b")),
        ({"type": "derived", "expr": "a / b + a"}, ("a", "b")),
        ({"type": "derived", "expr": "x - 1", "metrics": [{"metric": "a", "alias": "x"}]}, ("a",)),
        ({"type": "derived", "expr": "a +"}, ()),
        ({"type": "cumulative", "metric": "a", "window": "2 days"}, ("a",)),
        ({"type": "conversion", "base": "a", "converted": "b", "entity": "e"}, ("a", "b")),
        ({"type": "index", "base": "2025-Q1", "parts": [{"metric": "a", "weight": 1}]}, ("a",)),
    ],
)
def test_what_a_metric_is_made_of(metric: dict[str, object], made_of: tuple[str, ...]) -> None:
    """The inputs of every type; an expression that cannot be read names none."""
    project = Project.from_mappings(metrics={"m": metric})
    assert inputs(project.metric("m")) == made_of
