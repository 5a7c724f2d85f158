"""Figures by team as it was and as it is now, against SQL written by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sameboat.errors import RequestError
from sameboat.questions.opened import Opened, open_workspace

NOW = dt.datetime(2026, 7, 1, 6, 0, tzinfo=dt.UTC)

PROJECT = """
format: 1
name: harbour
calendar: {timezone: UTC}
teams:
  marketing: {values: [Mktg]}
  customer_success: {label: Customer Success, values: [CS]}
  advocacy: {parent: marketing, until: 2026-01-31, became: advocacy_cs, values: [Advocacy]}
  advocacy_cs: {parent: customer_success, from: 2026-02-01, until: 2026-04-30, became: voice,
                values: [Advocacy]}
  voice: {parent: customer_success, from: 2026-05-01}
tables:
  tickets:
    file: tickets.csv
    subject: none
    time: opened_on
    entities: {account: {type: foreign, expr: account_id}}
    dimensions: {opened_on: {type: time, grain: day}, team: {}, kind: {}}
  accounts:
    file: accounts.csv
    subject: none
    entities: {account: {type: primary, expr: account_id}}
    dimensions: {home: {expr: home_team, team: true}}
metrics:
  tickets: {type: simple, table: tickets, agg: count, unit: count, good: down, kind: output}
  solved: {type: simple, table: tickets, agg: count, filter: "kind = 'solved'", unit: count,
           good: up, kind: output}
  solved_share: {type: ratio, numerator: solved, denominator: tickets, unit: percent, good: up,
                 kind: outcome}
kpis:
  tickets: {metric: tickets, by: [team__as_now, team__department_as_was], signal: {grain: month}}
"""

TITLES = {"marketing": "Marketing", "customer_success": "Customer Success", "voice": "Voice"}

AS_WAS = """
case when team in ('Mktg', 'marketing') then 'marketing'
     when team in ('CS', 'Customer Success', 'customer_success') then 'customer_success'
     when team in ('Advocacy', 'advocacy', 'advocacy_cs', 'voice')
          then case when opened_on < '2026-02-01' then 'advocacy'
                    when opened_on < '2026-05-01' then 'advocacy_cs' else 'voice' end
     when team is null then null else 'unmapped' end
"""
AS_NOW = """
case when team in ('Mktg', 'marketing') then 'marketing'
     when team in ('CS', 'Customer Success', 'customer_success') then 'customer_success'
     when team in ('Advocacy', 'advocacy', 'advocacy_cs', 'voice') then 'voice'
     when team is null then null else 'unmapped' end
"""
DEPARTMENT = """
case when team in ('Mktg', 'marketing') then 'marketing'
     when team in ('CS', 'Customer Success', 'customer_success') then 'customer_success'
     when team in ('Advocacy', 'advocacy', 'advocacy_cs', 'voice')
          then case when opened_on < '2026-02-01' then 'marketing' else 'customer_success' end
     when team is null then null else 'unmapped' end
"""


def rows() -> list[str]:
    """Tickets of 18 months in every spelling, some of which nobody declared."""
    spelled = ["Mktg", "CS", "Advocacy", "advocacy", "voice", "marketing", "Robots", "", "Advocacy"]
    found = []
    for number in range(540):
        day = dt.date(2025, 1, 1) + dt.timedelta(days=number)
        kind = "solved" if number % 3 else "open"
        found.append(f"{day},{spelled[number % 9]},{kind},a{number % 4}")
    return found


@pytest.fixture(name="harbour")
def _harbour(tmp_path: Path) -> Iterator[Opened]:
    (tmp_path / "sameboat.yml").write_text(PROJECT)
    (tmp_path / "tickets.csv").write_text("\n".join(["opened_on,team,kind,account_id", *rows()]))
    homes = "account_id,home_team\na0,Mktg\na1,Advocacy\na2,CS\n"
    (tmp_path / "accounts.csv").write_text(homes)
    workspace = open_workspace(tmp_path, clock=lambda: NOW)
    yield workspace
    workspace.close()


def by_hand(workspace: Opened, text: str) -> list[tuple[Any, ...]]:
    file = workspace.project.folder / "tickets.csv"
    found = duckdb.execute(text.replace("tickets", f"read_csv('{file}')")).fetchall()
    return plain(found)


def plain(found: Iterable[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Rows in one order, with moments as days."""
    days = [tuple(v.date() if isinstance(v, dt.datetime) else v for v in row) for row in found]
    return sorted(days, key=str)


def asked(workspace: Opened, *metrics: str, by: list[str], **more: Any) -> list[tuple[Any, ...]]:
    table = workspace.query(list(metrics), group_by=by, **more)
    return plain(tuple(row.values()) for row in table.to_pylist())


@pytest.mark.parametrize(
    ("view", "case"),
    [("as_was", AS_WAS), ("as_now", AS_NOW), ("department_as_was", DEPARTMENT)],
)
def test_a_view_equals_the_case_written_by_hand(harbour: Opened, view: str, case: str) -> None:
    found = asked(harbour, "tickets", by=["metric_time__month", f"team__{view}"])
    text = f"select date_trunc('month', opened_on), {case}, count(*) from tickets group by 1, 2"
    assert found == by_hand(harbour, text)


def test_a_reorganisation_does_not_break_the_trend_of_the_team_of_today(harbour: Opened) -> None:
    found = asked(harbour, "tickets", by=["metric_time__month"], where=["team__as_now = 'voice'"])
    every = by_hand(
        harbour,
        "select date_trunc('month', opened_on), count(*) from tickets "
        "where team in ('Advocacy', 'advocacy', 'voice') group by 1",
    )
    assert found == every
    assert len(found) == 18  # a figure in every month, before, between and after both turns
    then = asked(harbour, "tickets", by=["team__as_was"], where=["team__as_was = 'advocacy_cs'"])
    assert then == by_hand(
        harbour,
        "select 'advocacy_cs', count(*) from tickets where team in ('Advocacy', 'advocacy', "
        "'voice') and opened_on between '2026-02-01' and '2026-04-30'",
    )


def test_no_row_is_lost_in_any_view_and_a_missing_value_stays_missing(harbour: Opened) -> None:
    views = ("as_was", "as_now", "department_as_was", "department_as_now")
    for view in views:
        found = dict(asked(harbour, "tickets", by=[f"team__{view}"]))
        assert sum(found.values()) == 540
        assert found[None] == 60
        assert found["unmapped"] == 60
    values = harbour.query([], group_by=["team__as_now"]).column(0).to_pylist()
    known = {"marketing", "customer_success", "voice", "unmapped", None}
    assert set(values) == known


def test_a_ratio_by_team_is_a_sum_over_a_sum(harbour: Opened) -> None:
    found = dict(asked(harbour, "solved_share", by=["team__as_now"]))
    text = f"select {AS_NOW}, avg((kind = 'solved')::int) from tickets group by 1"
    assert found == pytest.approx(dict(by_hand(harbour, text)))


def test_a_team_of_a_joined_table_is_seen_at_the_time_of_the_row_that_counts(
    harbour: Opened,
) -> None:
    found = dict(asked(harbour, "tickets", by=["account__home__as_was"]))
    ours = by_hand(
        harbour,
        "select case when opened_on < '2026-02-01' then 'advocacy' when opened_on < '2026-05-01' "
        "then 'advocacy_cs' else 'voice' end, count(*) from tickets where account_id = 'a1' "
        "group by 1",
    )
    assert {name: found[name] for name, _ in ours} == dict(ours)
    assert found["marketing"] == 135
    assert found[None] == 135
    assert asked(harbour, "tickets", by=["home__as_now"]) == asked(
        harbour, "tickets", by=["account__home__as_now"]
    )


def test_the_segments_of_a_kpi_may_be_views_of_teams(harbour: Opened) -> None:
    harbour.refresh()
    segments = {(s.dimension, s.value): s.figure for s in harbour.kpi("tickets").segments}
    june = by_hand(
        harbour,
        f"select {AS_NOW}, count(*) from tickets where date_trunc('month', opened_on) = "
        "'2026-06-01' group by 1",
    )
    for team, count in june:
        name = TITLES.get(team, team) or "not set"
        assert segments["team__as_now", name] == count
    assert ("team__department_as_was", "Customer Success") in segments


def test_a_view_of_what_holds_no_teams_is_refused_with_what_to_write(harbour: Opened) -> None:
    with pytest.raises(RequestError) as refused:
        harbour.query(["tickets"], group_by=["kind__as_now"])
    assert refused.value.code == "not-a-team"
    assert "team: true" in (refused.value.findings[0].hint or "")


def test_check_counts_values_of_no_team_and_teams_of_another_time(harbour: Opened) -> None:
    from sameboat.project.viewer import OWNER
    from sameboat.questions.checking import check_workspace

    def unmapped(workspace: Opened) -> list[tuple[str, str]]:
        found = check_workspace(workspace, viewer=OWNER)
        return [(f.severity, f.message) for f in found if f.code == "team-unmapped"]

    [(severity, message)] = unmapped(harbour)
    assert severity == "error"
    assert "maps to no team in 60 of 480 rows (12 %): 'Robots'" in message
    late = PROJECT.replace("marketing: {values", "marketing: {from: 2025-03-01, values")
    (harbour.project.folder / "sameboat.yml").write_text(late)
    workspace = open_workspace(harbour.project.folder, clock=lambda: NOW)
    file = harbour.project.folder / "tickets.csv"
    text = (
        f"select count(*) from read_csv('{file}') where team in ('Mktg', 'marketing') "
        "and opened_on < '2025-03-01'"
    )
    [(before,)] = duckdb.execute(text).fetchall()
    said = [message for _, message in unmapped(workspace) if "at which there was none" in message]
    assert [f" in {before} of 480 rows" in message for message in said] == [True]
    workspace.close()
