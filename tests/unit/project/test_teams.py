"""Which team a spelling means on which day, and what is refused of teams' times."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from sameboat.errors import RequestError
from sameboat.project.check import check
from sameboat.project.declared import Project
from sameboat.project.teams import TeamHistory, history_of

TEAMS: dict[str, Any] = {
    "marketing": {"values": ["Mktg", "Marketing"]},
    "customer_success": {"label": "Customer Success", "values": ["CS"], "from": "2023-02-01"},
    "advocacy": {
        "parent": "marketing",
        "values": ["Advocacy"],
        "from": "2024-08-01",
        "until": "2026-01-31",
        "became": "advocacy_cs",
    },
    "advocacy_cs": {
        "parent": "customer_success",
        "values": ["Advocacy"],
        "from": "2026-02-01",
    },
}


def history(teams: dict[str, Any]) -> TeamHistory:
    return TeamHistory(Project.from_mappings(teams=teams).teams)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


NOW = day("2026-10-26")


@pytest.mark.parametrize(
    ("spelling", "on", "was", "now"),
    [
        ("Mktg", "2020-01-01", "marketing", "marketing"),
        ("Advocacy", "2026-01-31", "advocacy", "advocacy_cs"),
        ("Advocacy", "2026-02-01", "advocacy_cs", "advocacy_cs"),
        ("advocacy", "2026-05-04", "advocacy_cs", "advocacy_cs"),  # the old name, written later
        ("advocacy_cs", "2025-05-04", "advocacy", "advocacy_cs"),  # the new one, filled in before
        ("CS", "2022-12-31", None, "customer_success"),  # before there was such a team
        ("Advocacy", "2024-07-31", None, "advocacy_cs"),
        ("Robots", "2026-01-01", None, None),
    ],
)
def test_a_spelling_means_the_team_of_its_day_and_rolls_forward(
    spelling: str, on: str, was: str | None, now: str | None
) -> None:
    teams = history(TEAMS)
    assert teams.then(spelling, day(on)) == was
    assert teams.today(spelling, day(on), NOW) == now


def test_a_reorganisation_that_is_still_to_come_changes_nothing_today() -> None:
    teams = history(TEAMS)
    assert teams.today("Advocacy", day("2025-01-01"), day("2026-01-31")) == "advocacy"
    assert teams.today("Advocacy", day("2025-01-01"), day("2026-02-01")) == "advocacy_cs"


def test_a_chain_of_three_teams_is_followed_to_its_end_and_back_to_its_start() -> None:
    teams = history(
        {
            "one": {"until": "2024-12-31", "became": "two"},
            "two": {"from": "2025-01-01", "until": "2025-12-31", "became": "three"},
            "three": {"from": "2026-01-01"},
        }
    )
    assert teams.today("one", day("2024-01-01"), NOW) == "three"
    assert teams.then("one", day("2026-06-01")) == "three"
    assert teams.then("three", day("2024-06-01")) == "one"
    assert teams.today("one", day("2024-01-01"), day("2025-06-01")) == "two"


def test_rows_of_a_team_that_split_stay_with_it_for_nobody_can_divide_them() -> None:
    teams = history(
        {
            "growth": {"until": "2025-12-31", "became": ["paid", "owned"]},
            "paid": {"from": "2026-01-01"},
            "owned": {"from": "2026-01-01"},
        }
    )
    assert teams.today("growth", day("2025-06-01"), NOW) == "growth"
    assert teams.then("growth", day("2026-06-01")) is None
    assert teams.then("paid", day("2025-06-01")) == "growth"


def test_two_teams_that_merged_are_one_now_and_two_then() -> None:
    teams = history(
        {
            "north": {"until": "2025-12-31", "became": "field"},
            "south": {"until": "2025-12-31", "became": "field"},
            "field": {"from": "2026-01-01"},
        }
    )
    assert {teams.today(n, day("2025-06-01"), NOW) for n in ("north", "south")} == {"field"}
    assert teams.then("south", day("2025-06-01")) == "south"
    assert teams.then("field", day("2025-06-01")) is None  # one of two: nobody can say which


def test_the_department_is_the_topmost_parent_of_the_time() -> None:
    teams = history(TEAMS)
    assert teams.department("advocacy", day("2025-01-01")) == "marketing"
    assert teams.department("advocacy_cs", NOW) == "customer_success"
    assert teams.department("marketing", NOW) == "marketing"


def test_two_teams_of_one_spelling_at_one_time_are_refused_in_check_and_in_an_answer() -> None:
    late = {**TEAMS, "advocacy": {**TEAMS["advocacy"], "until": "2026-02-01"}}
    [found] = [f for f in check(Project.from_mappings(teams=late)) if f.code == "team-overlap"]
    assert found.severity == "error"
    assert "'Advocacy' is spelled by the teams 'advocacy' and 'advocacy_cs'" in found.message
    with pytest.raises(RequestError) as refused:
        history(late).then("Advocacy", day("2026-02-01"))
    assert refused.value.code == "team-overlap"
    assert not [f for f in check(Project.from_mappings(teams=TEAMS)) if f.code == "team-overlap"]


def test_check_says_where_a_team_became_another_at_no_time_or_too_late() -> None:
    never = {"a": {"became": "b"}, "b": {}}
    [found] = [f for f in check(Project.from_mappings(teams=never)) if f.code == "team-times"]
    assert "nothing says when" in found.message
    assert found.severity == "error"
    gap = {"a": {"until": "2026-01-31", "became": "b"}, "b": {"from": "2026-03-01"}}
    [found] = [f for f in check(Project.from_mappings(teams=gap)) if f.code == "team-times"]
    assert "map to no team" in found.message
    assert found.severity == "warning"


def test_teams_that_became_each_other_are_found_and_followed_without_end() -> None:
    loop = {
        "a": {"until": "2025-01-31", "became": "b"},
        "b": {"until": "2025-02-28", "became": "a"},
    }
    codes = {f.code for f in check(Project.from_mappings(teams=loop))}
    assert "team-cycle" in codes
    assert history(loop).rolled("a", NOW) in ("a", "b")


def test_a_dimension_holds_teams_by_its_word_its_name_or_a_plan() -> None:
    table = {
        "relation": "t",
        "dimensions": {
            "team": {},
            "ticket_team": {"team": False},
            "squad": {"team": True},
            "crew": {"expr": "crew_name"},
            "region": {},
        },
    }
    project = Project.from_mappings(
        teams=TEAMS,
        tables={"t": table},
        teamwork={"work": {"table": "t", "team": "crew_name", "item": "item"}},
    )
    assert history_of(project).dimensions == {("t", "team"), ("t", "squad"), ("t", "crew")}
