"""The demo's project is complete, and the engine's figures are those of hand-written SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sameboat.demo.seed import OPEN_DECISION
from sameboat.demo.truths import BREACHES
from sameboat.project.check import check
from sameboat.project.declared import Project
from sameboat.project.load import load
from sameboat.questions.opened import Opened, open_workspace

Ask = Callable[[str], list[tuple[Any, ...]]]

KPIS = (
    "lead_to_customer_conversion", "weekly_active_accounts", "time_to_market",
    "net_revenue_retention", "customer_retention", "net_promoter_score",
    "cross_team_project_success",
)  # fmt: skip


@pytest.fixture(scope="module")
def project(harbourline: Path) -> Project:
    return load(harbourline)


@pytest.fixture(scope="module")
def workspace(harbourline: Path) -> Iterator[Opened]:
    opened = open_workspace(harbourline)
    yield opened
    opened.close()


def test_it_loads_and_checks_against_its_data_without_a_fault(project: Project, ask: Ask) -> None:
    """No error; of the principles what is planted, and notices of what comes later."""
    columns = {
        name: {column: kind for column, kind, *_ in ask(f"describe {name}")}
        for name, table in project.tables.items()
        if not table.sql
    }
    findings = [one for one in check(project, columns=columns) if one.code != "not-built-yet"]
    assert len(findings) == len(BREACHES)
    for code, named in BREACHES:
        assert [one for one in findings if one.code == code and f"'{named}'" in one.message]


def test_every_table_is_declared_and_every_declared_table_is_made(
    project: Project, harbourline: Path
) -> None:
    made = {f"data/{file.name}" for file in (harbourline / "data").glob("*.parquet")}
    assert {table.file for table in project.tables.values() if not table.sql} == made


def test_seven_kpis_are_shared_by_six_departments(project: Project) -> None:
    assert tuple(project.kpis) == KPIS
    assert all(len({owner.team for owner in kpi.owners}) >= 3 for kpi in project.kpis.values())
    owners = {owner.team for kpi in project.kpis.values() for owner in kpi.owners}
    assert owners == {"marketing", "sales", "customer_success", "support", "product", "it"}


def test_columns_about_persons_are_declared_so(project: Project) -> None:
    """Names and addresses are personal; users and respondents are hashed."""
    personal = {
        f"{name}.{column}" for name, table in project.tables.items() for column in table.personal
    }
    hashed = {
        f"{name}.{column}"
        for name, table in project.tables.items()
        for column in table.pseudonymous
    }
    assert {"leads.owner_name", "leads.contact_email", "tickets.requester_email"} <= personal
    assert hashed == {
        "product_events.user_id", "survey_responses.respondent_id", "pulse_answers.respondent_id"
    }  # fmt: skip


def test_every_team_spelling_but_the_typos_belongs_to_one_team(project: Project, ask: Ask) -> None:
    known = [value for team in project.teams.values() for value in team.values]
    assert len(known) == len(set(known))
    for table, column in (("work_logs", "work_team"), ("tickets", "ticket_team"),
                          ("spend_weeks", "spend_team"), ("headcount", "hc_team"),
                          ("touches", "touch_team"), ("team_weeks", "team")):  # fmt: skip
        rows = ask(f"select {column}, count(*) from {table} group by 1")
        unmapped = sum(count for name, count in rows if name not in known)
        assert unmapped / sum(count for _, count in rows) < 0.01


def test_the_open_decision_speaks_of_what_the_project_declares(project: Project) -> None:
    assert OPEN_DECISION["kpi"] in project.kpis
    assert set(OPEN_DECISION["teams"]) <= set(project.teams)
    assert {guard["metric"] for guard in OPEN_DECISION["guardrails"]} <= set(project.metrics)
    assert sum(OPEN_DECISION["cost"]["hours"].values()) == 120


WEEKLY = {
    "lead_to_customer_conversion": "select date_trunc('week', window_ends_on)::date, "
    "avg(converted_within_90d::int) from leads where window_closed group by 1",
    "weekly_active_accounts": "select week, seen / held from (select date_trunc('week', "
    "event_at)::date as week, count(distinct account_id) as seen from product_events group by 1) "
    "join (select week, count(*) as held from account_weeks group by 1) using (week)",
    "right_fit_share_of_wins": "select date_trunc('week', window_ends_on)::date, "
    "avg((vessels > 4)::int) from leads where window_closed and signed_on is not null group by 1",
    "support_utilisation": "select week, worked_minutes / available_minutes from team_weeks "
    "where team in ('Support', 'support', 'Service Desk')",
}

MONTHLY = {
    "time_to_market": "select date_trunc('month', released_on)::date, median(lead_days) "
    "from releases group by 1",
    "net_revenue_retention": "select month, sum(closing_mrr) filter (mrr_12_months_ago > 0) "
    "/ sum(mrr_12_months_ago) from subscription_months group by 1",
    "net_revenue_retention_monthly": "select month, sum(closing_mrr) filter (opening_mrr > 0) "
    "/ sum(opening_mrr) from subscription_months group by 1",
    "customer_retention": "select month, count(*) filter (closing_mrr > 0) / count(*) "
    "from subscription_months where mrr_12_months_ago > 0 group by 1",
    "first_year_retention": "select date_trunc('month', close_date + interval 1 year)::date, "
    "avg((cancelled_on is null or cancelled_on > close_date + interval 1 year)::int) "
    "from opportunities join accounts using (account_id) where stage = 'Won' "
    "and close_date + interval 1 year <= date '2026-10-26' group by 1",
    "net_promoter_score": "select date_trunc('month', responded_on)::date, 100 * avg(case "
    "when score >= 9 then 1 when score <= 6 then -1 else 0 end) from survey_responses "
    "where kind = 'nps' group by 1",
    "cross_team_project_success": "select date_trunc('month', closed_on)::date, "
    "avg(met_goal::int) from projects where closed_on is not null and teams_involved > 1 "
    "group by 1",
}

FIGURES = [("week", name, sql) for name, sql in WEEKLY.items()]
FIGURES += [("month", name, sql) for name, sql in MONTHLY.items()]


@pytest.mark.parametrize(("grain", "metric", "sql"), FIGURES)
def test_the_engine_gives_the_figures_of_a_hand_written_query(
    workspace: Opened, ask: Ask, grain: str, metric: str, sql: str
) -> None:
    answer = workspace.query([metric], group_by=[f"metric_time__{grain}"]).to_pylist()
    found = {
        str(row[f"metric_time__{grain}"])[:10]: float(row[metric])
        for row in answer
        if row[metric] is not None and row[f"metric_time__{grain}"] is not None
    }
    expected = {str(day)[:10]: float(value) for day, value in ask(sql)}
    assert found.keys() == expected.keys()
    assert found == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("whole", "parts"),
    [
        ("lead_to_customer_conversion",
         lambda row: row["right_fit_share"] * row["trial_setup_share"] * row["won_after_trial"]),
        ("net_revenue_retention",
         lambda row: 1 + row["expansion_rate"] - row["contraction_rate"] - row["churn_rate"]),
    ],
)  # fmt: skip
def test_the_trees_arithmetic_holds_in_every_month(
    workspace: Opened, whole: str, parts: Callable[[dict[str, float]], float]
) -> None:
    names = ["right_fit_share", "trial_setup_share", "won_after_trial", "expansion_rate",
             "contraction_rate", "churn_rate"]  # fmt: skip
    kept = names[:3] if whole.startswith("lead") else names[3:]
    rows = workspace.query([whole, *kept], group_by=["metric_time__month"]).to_pylist()
    checked = [row for row in rows if row[whole] is not None]
    assert len(checked) >= 23
    for row in checked:
        figures = {name: float(row[name]) for name in kept}
        assert parts(figures) == pytest.approx(float(row[whole]), rel=1e-6)


@pytest.mark.parametrize(
    "name", ["conversion_by_source", "discounts_by_month", "support_load", "advocacy"]
)
def test_a_saved_query_answers(workspace: Opened, name: str) -> None:
    assert workspace.query(saved_query=name).num_rows > 20
