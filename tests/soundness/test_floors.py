"""No figure about fewer people than the floor, whichever way it is asked."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from sameboat.compiler.compile import compile_request
from sameboat.compiler.dialects import DUCKDB
from sameboat.compiler.joins import Graph
from sameboat.compiler.plan import World
from sameboat.errors import RequestError
from sameboat.project.declared import Project
from sameboat.project.viewer import OWNER
from sameboat.questions.asking import request_of
from tests.unit.compiler.shop import ordered, rows

DATA = """
create table answers as
    select i as answer_id, 'u' || (i % 40) as person, i % 5 as score,
           case when i % 40 < 4 then 'small' when i % 40 < 20 then 'big' else 'other' end as team,
           date '2026-01-01' + (i % 60)::int as day
    from range(400) t(i);
"""

PROJECT = Project.from_mappings(
    tables={
        "answers": {
            "relation": "answers",
            "subject": "employee",
            "time": "day",
            "pseudonymous": ["person"],
            "entities": {"answer": {"type": "primary", "expr": "answer_id"}},
            "dimensions": {"team": {}, "day": {"type": "time", "grain": "day"}},
        }
    },
    metrics={
        "answers": {"type": "simple", "table": "answers", "agg": "count"},
        "mean": {"type": "simple", "table": "answers", "agg": "average", "expr": "score"},
        "best": {"type": "simple", "table": "answers", "agg": "max", "expr": "score"},
        "fives": {"type": "simple", "table": "answers", "agg": "count", "filter": "score = 4"},
        "share": {"type": "ratio", "numerator": "fives", "denominator": "answers"},
        "people": {"type": "simple", "table": "answers", "agg": "count_distinct", "expr": "person"},
        "mean_30d": {
            "type": "cumulative",
            "metric": "mean",
            "window": "30 days",
            "period_agg": "last",
        },
    },
)
WORLD = World(PROJECT.tables, PROJECT.metrics, Graph(PROJECT.tables), least={"answers": 10})


def ask(*metrics: str, **asked: Any) -> list[tuple[Any, ...]]:
    """The rows of a request, the marks of suppression last."""
    request = request_of(PROJECT, metrics=metrics, **asked)
    text = compile_request(WORLD, request, viewer=OWNER, spelling=DUCKDB).sql
    connection = duckdb.connect()
    connection.execute(DATA)
    return ordered(rows(connection, text))


@pytest.mark.parametrize("metric", ["answers", "mean", "best", "share", "people"])
def test_a_group_of_four_people_is_not_shown(metric: str) -> None:
    """Forty answers of four people are four people; the first mark says that they are too few."""
    found = {row[0]: row[1:] for row in ask(metric, group_by=["team"])}
    assert found["small"] == (None, True, False)
    assert found["other"][0] is not None
    assert found["other"][1:] == (False, False)


def test_the_next_smallest_is_kept_back_beside_a_small_one() -> None:
    """All answers less those of big and other would be those of small: the second mark says so."""
    found = {row[0]: row[1:] for row in ask("answers", group_by=["team"])}
    assert found["big"] == (None, False, True)


def test_a_filter_does_not_get_around_it() -> None:
    """The same groups, narrowed by a filter and asked without a group."""
    assert ask("mean", where=["team = 'small'"]) == [(None, True, False)]
    assert ask("mean", where=["team = 'big'"]) == [(None, False, True)]
    assert ask("mean", where=["team <> 'small'"]) == [(None, False, True)]


def test_a_window_does_not_get_around_it() -> None:
    """A running mean over a small group is suppressed on every day."""
    found = ask("mean_30d", group_by=["metric_time__day"], where=["team = 'small'"])
    assert found
    assert all(row[1] is None for row in found)


def test_a_small_team_is_not_even_listed() -> None:
    """The values of a dimension over people are those of enough people."""
    assert ask(group_by=["team"]) == [("big",), ("other",)]


def test_a_small_count_in_a_large_group_is_shown() -> None:
    """A ratio and a count are about the whole group that was asked for."""
    found = {row[0]: row[1] for row in ask("share", group_by=["team"])}
    assert found["other"] == 0.2  # four of its twenty people


@pytest.mark.parametrize(
    "asked",
    [
        {"group_by": ["team"], "ungrouped": True},
        {"group_by": ["answer"]},
        {"group_by": ["person"]},
        {"where": ["person = 'u3'"]},
        {"where": ["answer = 3"]},
    ],
)
def test_single_people_are_refused(asked: dict[str, Any]) -> None:
    """Rows, keys and pseudonyms are neither shown, grouped nor filtered by."""
    with pytest.raises(RequestError) as refused:
        ask("mean", **asked)
    assert refused.value.code in ("person-level", "pseudonymous-column", "unknown-dimension")
