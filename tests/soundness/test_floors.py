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
from tests.soundness.answers import about_people, with_floor
from tests.unit.compiler.shop import ordered, rows

DATA = """
create table answers as
    select i as answer_id, 'u' || (i % 40) as person, i % 5 as score,
           case when i % 40 < 4 then 'small' when i % 40 < 20 then 'big' else 'other' end as team,
           date '2026-01-01' + (i % 60)::int as day
    from range(400) t(i);
"""

PROJECT = about_people(
    "team",
    metrics={
        "answers": {"agg": "count"},
        "mean": {"agg": "average", "expr": "score"},
        "best": {"agg": "max", "expr": "score"},
        "fives": {"agg": "count", "filter": "score = 4"},
        "share": {"type": "ratio", "numerator": "fives", "denominator": "answers"},
        "people": {"agg": "count_distinct", "expr": "person"},
        "mean_30d": {
            "type": "cumulative",
            "metric": "mean",
            "window": "30 days",
            "period_agg": "last",
        },
    },
    entities={"answer": {"type": "primary", "expr": "answer_id"}},
)
WORLD = with_floor(PROJECT, least=10)


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


JOINED = Project.from_mappings(
    tables={
        "contacts": {
            "relation": "contacts",
            "subject": "contact",
            "entities": {"contact": {"type": "primary", "expr": "contact_id"}},
            "dimensions": {"role": {}},
        },
        "accounts": {
            "relation": "accounts",
            "subject": "account",
            "entities": {"account": {"type": "primary", "expr": "account_id"}},
        },
        "visits": {
            "relation": "visits",
            "subject": "contact",
            "pseudonymous": ["account_id", "who"],
            "entities": {"account": {"type": "foreign", "expr": "account_id"}},
            "dimensions": {"page": {}},
        },
        "deals": {
            "relation": "deals",
            "entities": {
                "deal": {"type": "primary", "expr": "deal_id"},
                "contact": {"type": "foreign", "expr": "contact_id"},
            },
            "dimensions": {"stage": {}},
        },
    },
    metrics={
        "visits": {"type": "simple", "table": "visits", "agg": "count"},
        "deals": {"type": "simple", "table": "deals", "agg": "count"},
    },
)
JOINED_WORLD = World(
    JOINED.tables, JOINED.metrics, Graph(JOINED.tables), least={"contacts": 10, "visits": 10}
)
JOINED_DATA = """
create table contacts as select 'c' || i as contact_id,
    case when i < 3 then 'head' when i < 20 then 'buyer' else 'user' end as role
    from range(60) t(i);
create table accounts as select 'a' || i as account_id from range(40) t(i);
create table visits as select 'a' || i as account_id, 'w' || (i % 4) as who, 'price' as page
    from range(40) t(i);
create table deals as select i as deal_id, 'c' || (i % 60) as contact_id, 'open' as stage
    from range(600) t(i);
"""


def joined(metric: str, **asked: Any) -> list[tuple[Any, ...]]:
    """The rows of a request of the joined tables."""
    request = request_of(JOINED, metrics=(metric,), **asked)
    text = compile_request(JOINED_WORLD, request, viewer=OWNER, spelling=DUCKDB).sql
    connection = duckdb.connect()
    connection.execute(JOINED_DATA)
    return ordered(rows(connection, text))


def test_people_are_told_apart_by_their_own_pseudonym() -> None:
    """Forty accounts of four people are four people, whichever pseudonym is listed first."""
    assert joined("visits", group_by=["page"]) == [("price", None, True, False)]


def test_deals_by_the_role_of_their_contact_are_about_contacts() -> None:
    """Deals have no floor; thirty deals of three heads are about three people."""
    found = {row[0]: row[1:] for row in joined("deals", group_by=["contact__role"])}
    assert found["head"] == (None, True, False)
    assert found["buyer"] == (None, False, True)
    assert found["user"] == (400, False, False)
    assert joined("deals", group_by=["stage"]) == [("open", 600)]


@pytest.mark.parametrize("back", ["1 month", "2 months"])
def test_an_offset_does_not_get_around_it(back: str) -> None:
    """A month that is kept back is kept back where a later one shows it, too."""
    metrics = {
        "answers": {"type": "simple", "table": "answers", "agg": "count"},
        "before": {
            "type": "derived",
            "expr": "answers",
            "metrics": [{"metric": "answers", "offset_window": back}],
        },
    }
    project = Project.from_mappings(
        tables={
            "answers": {
                "relation": "answers",
                "subject": "employee",
                "time": "day",
                "pseudonymous": ["person"],
                "dimensions": {"day": {"type": "time", "grain": "day"}},
            }
        },
        metrics=metrics,
    )
    world = World(project.tables, project.metrics, Graph(project.tables), least={"answers": 10})
    connection = duckdb.connect()
    connection.execute(
        "create table answers as select 'p' || i as person, date '2026-01-05' as day "
        "from range(12) t(i) union all select 'q' || i, date '2026-02-05' from range(3) t(i) "
        "union all select 'r' || i, date '2026-03-05' from range(30) t(i) "
        "union all select 's' || i, date '2026-05-05' from range(40) t(i)"
    )
    shown = {}
    for metric in metrics:
        request = request_of(project, metrics=(metric,), group_by=["metric_time__month"])
        text = compile_request(world, request, viewer=OWNER, spelling=DUCKDB).sql
        shown[metric] = {row[1] for row in rows(connection, text)} - {None}
    assert shown["answers"] == {30, 40}
    assert shown["before"] <= {30, 40}


def test_a_filter_on_a_metric_does_not_get_around_it() -> None:
    """Whether a small team's mean is above two cannot be asked: it counts as unknown."""
    high = ask("answers", where=["{{ Metric('best', group_by=['team']) }} > 0"])
    assert high[0][0] is None


def test_the_ends_of_a_filtered_time_are_refused() -> None:
    """The first and last day of a small team are days of single people."""
    with pytest.raises(RequestError) as refused:
        compile_request(
            WORLD,
            request_of(PROJECT, group_by=["day"], where=["team = 'small'"], min_max_only=True),
            viewer=OWNER,
            spelling=DUCKDB,
        )
    assert refused.value.code == "person-level"
