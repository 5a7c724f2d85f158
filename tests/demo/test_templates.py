"""Every template on Harbourline gives what SQL written by hand over the raw files gives."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import sameboat
from sameboat.actions.add import Added, Wished, add
from sameboat.demo.truths import NOW
from sameboat.project.catalogue.read import templates
from sameboat.project.viewer import OWNER, OWNER_ACTOR
from sameboat.questions.checking import check_with_data

Ask = Callable[[str], list[tuple[Any, ...]]]

CALLED = {name: f"own_{name}" for name in templates()}
"""Harbourline has KPIs of its own, so each one from a template bears another name."""

MONEY_OF_A_YEAR_AGO = """
    with was as (select account_id, month + interval 12 month as month, sum(closing_mrr) as mrr
                  from subscription_months group by all having sum(closing_mrr) > 0),
         now as (select account_id, month, sum(closing_mrr) as mrr
                 from subscription_months group by all)
    select was.month, {figure}
    from was left join now using (account_id, month)
    where was.month <= (select max(month) from subscription_months) group by 1
"""

TEAM = """case when {column} in ('Mktg', 'Marketing', 'marketing') then 'marketing'
    when {column} in ('Sales', 'SALES', 'Field Sales') then 'sales'
    when {column} in ('CS', 'Customer Success', 'Cust. Success') then 'customer_success'
    when {column} in ('Support', 'support', 'Service Desk') then 'support'
    when {column} in ('Product', 'R&D', 'product') then 'product'
    when {column} in ('IT', 'I.T.', 'Platform') then 'it'
    when {column} in ('Finance', 'FIN') then 'finance'
    when {column} in ('People', 'HR') then 'people' else {column} end"""

LONDON = "timezone('Europe/London', timezone('UTC', {column}))"

BY_HAND: Mapping[str, str] = {
    "conversion": f"""
        select date_trunc('month', came) as month, count(won_lead) / count(*)
        from (select lead_id, {LONDON.format(column="created_at")}::date as came from leads) as l
        left join (select distinct o.lead_id as won_lead from opportunities as o
                   join leads using (lead_id)
                   where o.stage = 'Won' and o.close_date
                     - {LONDON.format(column="created_at")}::date between 0 and 89) as w
            on w.won_lead = l.lead_id
        group by 1""",
    "nrr": MONEY_OF_A_YEAR_AGO.format(figure="sum(coalesce(now.mrr, 0)) / sum(was.mrr)"),
    "retention": MONEY_OF_A_YEAR_AGO.format(
        figure="count(*) filter (now.mrr > 0) / count(*)::double"
    ),
    "nps": """
        with answers as (
            select date_trunc('month', responded_on) as month, score
            from survey_responses where kind = 'nps'
            qualify row_number() over (partition by account_id, date_trunc('month', responded_on)
                                       order by responded_on desc, response_id desc) = 1)
        select month, 100.0 * (count(*) filter (score >= 9) - count(*) filter (score <= 6))
            / count(*) from answers group by 1 having count(*) >= 30""",
    "loyalty": """
        with numbered as (
            select account_id, issued_on,
                row_number() over (partition by account_id order by issued_on) as nth
            from (select distinct account_id, issued_on from invoices where status = 'paid'))
        select date_trunc('month', one.issued_on) as month, count(two.account_id) / count(*)::double
        from numbered as one
        left join numbered as two on two.account_id = one.account_id and two.nth = 2
            and two.issued_on - one.issued_on between 0 and 89
        where one.nth = 1 group by 1""",
    "product_adoption": f"""
        with used as (select date_trunc('month', {LONDON.format(column="event_at")}) as month,
                          count(distinct account_id) as active from product_events group by 1),
             had as (select month, count(distinct account_id) as accounts
                     from subscription_months where closing_mrr > 0 group by 1)
        select month, active / accounts::double from used join had using (month)""",
    "advocate_growth": """
        with active as (select date_trunc('month', nominated_on)::date as month,
                            count(distinct advocate_id) as n from nominations group by 1)
        select now.month, now.n / before.n::double - 1
        from active as now join active as before on before.month = now.month - interval 3 month
        where now.n >= 10 and before.n >= 10""",
    "cross_team_success": """
        select date_trunc('month', closed_on), avg(met_goal::int) from projects
        where status = 'Closed' and teams_involved >= 2 and closed_on is not null group by 1""",
    "innovation_index": """
        with handed as (select date_trunc('{grain}', submitted_on) as period, count(*) as ideas
                        from ideas group by 1),
             done as (select date_trunc('{grain}', shipped_on) as period, count(*) as shipped,
                          avg(joint::int) as joint, median(shipped_on - submitted_on) as days
                      from ideas where shipped_on is not null group by 1)
        select period, shipped / ideas::double, joint, days from handed join done using (period)""",
    "time_to_market": """
        select date_trunc('month', released_on), median(released_on - idea_on) from releases
        where idea_on is not null and released_on is not null group by 1""",
    "satisfaction_improvement": """
        with shares as (select date_trunc('month', responded_on)::date as month,
                            avg((score >= 4)::int) as share, count(*) as n
                        from survey_responses where kind = 'csat' and score between 1 and 5
                        group by 1 having count(*) >= 30)
        select now.month, now.share - before.share
        from shares as now
        join shares as before on before.month = now.month - interval 12 month""",
    "resource_sharing": f"""
        with shared as (select project_id,
                            count(distinct {TEAM.format(column="work_team")}) as teams
                        from work_logs group by 1)
        select date_trunc('month', week), sum(hours) filter (teams >= 2) / sum(hours)
        from work_logs join shared using (project_id) group by 1""",
}


@pytest.fixture(scope="module")
def added(harbourline: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Added]:
    """A copy of the demo's files, over its own data, with all twelve templates put in."""
    folder = tmp_path_factory.mktemp("templates") / "harbourline"
    shutil.copytree(harbourline, folder, ignore=shutil.ignore_patterns("data"))
    (folder / "data").symlink_to(harbourline / "data")
    found: dict[str, Added] = {}
    for name, called in CALLED.items():
        workspace = sameboat.open(folder)
        try:
            wished = Wished(name=called)
            found[name] = add(workspace, name, actor=OWNER_ACTOR, wished=wished, today=NOW.date())
        finally:
            workspace.close()
    return found


@pytest.fixture(scope="module")
def figures(added: Mapping[str, Added]) -> dict[str, dict[dt.date, float]]:
    """Every figure of every template's KPI by month, from one request to the engine."""
    workspace = sameboat.open(next(iter(added.values())).path.parent)
    try:
        asked = workspace.query(list(CALLED.values()), group_by=["metric_time__month"])
    finally:
        workspace.close()
    rows = [row for row in asked.to_pylist() if row["metric_time__month"] is not None]
    return {
        called: {
            day(row["metric_time__month"]): float(row[called])
            for row in rows
            if row[called] is not None
        }
        for called in CALLED.values()
    }


def day(at: dt.date) -> dt.date:
    return at.date() if isinstance(at, dt.datetime) else at


@pytest.mark.parametrize("name", [name for name in CALLED if name != "innovation_index"])
def test_a_template_is_what_sql_by_hand_says(
    name: str, figures: dict[str, dict[dt.date, float]], ask: Ask
) -> None:
    """Month by month, all of them, with neither more nor fewer months."""
    by_hand = {day(at): value for at, value in ask(BY_HAND[name]) if value is not None}
    got = figures[CALLED[name]]
    assert by_hand
    assert {at: value for at, value in got.items() if at in by_hand} == pytest.approx(by_hand)
    assert not {at for at, value in got.items() if at not in by_hand and value}


def test_the_innovation_index_is_its_open_weights_over_the_base_quarter(
    added: dict[str, Added], figures: dict[str, dict[dt.date, float]], ask: Ask
) -> None:
    """0.4 of the share shipped, 0.3 of the joint share, 0.3 of the days, fewer being better."""
    found = re.search(r"base: (\d{4})-Q(\d)", added["innovation_index"].text)
    assert found is not None
    first = dt.date(int(found[1]), 3 * int(found[2]) - 2, 1)
    quarters = ask(BY_HAND["innovation_index"].format(grain="quarter"))
    [base] = [row[1:] for row in quarters if day(row[0]) == first]
    by_hand = {
        day(at): 100 * (0.4 * shipped / base[0] + 0.3 * joint / base[1] + 0.3 * base[2] / days)
        for at, shipped, joint, days in ask(BY_HAND["innovation_index"].format(grain="month"))
    }
    got = figures[CALLED["innovation_index"]]
    assert {at: value for at, value in got.items() if at in by_hand} == pytest.approx(by_hand)
    assert len(by_hand) > 20


def test_net_retention_of_the_template_is_that_of_the_demos_own_files(
    figures: dict[str, dict[dt.date, float]], ask: Ask
) -> None:
    """Harbourline's billing keeps cohorts of its own; the retention type rebuilds them."""
    own = ask(
        "select month, sum(mrr_now_of_cohort) / sum(mrr_12_months_ago) from subscription_months "
        "where month >= date '2025-11-01' and month <= date '2026-09-01' group by 1"
    )
    got = figures[CALLED["nrr"]]
    assert {at: got[day(at)] for at, _ in own} == pytest.approx(dict(own), rel=1e-6)


def test_harbourline_feeds_all_twelve_without_being_told_anything(added: dict[str, Added]) -> None:
    assert set(added) == set(templates())
    assert all(one.figures for one in added.values())
    assert {one.fit.fit.variant for one in added.values()} >= {"twelve_months", "counted"}


def test_what_is_written_passes_the_check_but_for_what_people_decide(
    added: dict[str, Added],
) -> None:
    """No error, and no warning except the target, which only people can set."""
    folder = next(iter(added.values())).path.parent
    files = {one.path.name for one in added.values()}
    found = [f for f in check_with_data(folder, viewer=OWNER) if f.where and f.where.file in files]
    assert not [f for f in found if f.severity == "error"]
    missing = {f.message.partition(": ")[0] for f in found if f.code == "kpi-incomplete"}
    assert {text for text in missing if "no target" not in text} == set()
    assert not [f for f in found if f.code in ("duplicate-metric", "one-owner", "no-guardrail")]


def test_teams_own_the_new_kpis_with_levers_that_the_project_computes(
    added: dict[str, Added],
) -> None:
    folder = next(iter(added.values())).path.parent
    workspace = sameboat.open(folder)
    workspace.close()
    project = workspace.project
    for called in CALLED.values():
        owners = project.kpis[called].owners
        assert len({owner.team for owner in owners}) >= 2
        assert all(owner.lever in project.metrics for owner in owners)
        assert project.kpis[called].steward is not None
