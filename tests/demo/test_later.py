"""Twelve weeks later: what was planted is there, the past is as it was known, runs are kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sameboat.demo.seed import OPEN_DECISION
from sameboat.demo.stands import JANUARY, OCTOBER, Stand
from sameboat.demo.truths import FUNDED_ON, TRUTHS
from sameboat.questions.opened import Opened, open_workspace
from sameboat.store import proposals
from sameboat.store.runs import runs
from tests.demo.conftest import Ask, asking, prepare

RATES = (
    "select date_trunc('week', window_ends_on)::date, avg(converted_within_90d::int) from leads "
    "where window_closed and window_ends_on >= date '2026-11-02' "
    "and created_at::date <> date '2026-07-16' group by 1 order by 1"
)


@pytest.fixture(scope="module")
def later(january: Path) -> Iterator[Ask]:
    """Rows of a hand-written query on the tables of January."""
    with asking(january / "data") as asked:
        yield asked


@pytest.fixture(scope="module")
def opened(january: Path) -> Iterator[Opened]:
    with closing(open_workspace(january)) as workspace:
        yield workspace


# ── the decision's outcome ───────────────────────────────────────────────────────────────────


def test_conversion_rises_by_the_planted_effect_six_weeks_after_the_funding(later: Ask) -> None:
    truth = TRUTHS.campaign
    rows = later(RATES)
    before = np.array([rate for week, rate in rows if week < truth.first_week])
    after = np.array([rate for week, rate in rows if week >= truth.first_week])
    assert (len(before), len(after)) == (5, 6)
    assert (truth.first_week - FUNDED_ON).days // 7 == TRUTHS.advocacy.lag_weeks - 1
    effect = after.mean() - before.mean()
    error = np.sqrt(before.var(ddof=1) / len(before) + after.var(ddof=1) / len(after))
    assert effect == pytest.approx(truth.effect, abs=2 * error)
    assert effect > 3 * error, "it can be told from no effect"
    assert before.mean() == pytest.approx(truth.without, abs=0.001)


def test_the_outcome_is_less_than_predicted_and_inside_the_range() -> None:
    predicts = OPEN_DECISION["predicts"]
    assert predicts["low"] < TRUTHS.campaign.effect < predicts["effect"] < predicts["high"]


def test_those_the_campaign_brought_signed_after_the_funding(later: Ask, ask: Ask) -> None:
    """No customer of October is another one because of what was decided afterwards."""
    before = ask("select account_id, signed_on, cancelled_on from accounts order by all")
    after = later(
        "select account_id, signed_on, case when cancelled_on <= date '2026-10-25' then "
        "cancelled_on end from accounts where signed_on <= date '2026-10-25' order by all"
    )
    assert after == before


def test_nominations_rise_by_the_planted_factor(later: Ask) -> None:
    [(before, after)] = later(
        "select count(*) filter (nominated_on between date '2026-08-03' and date '2026-10-25') "
        "/ 12, count(*) filter (nominated_on >= date '2026-11-02') / 11 from nominations"
    )
    assert after / before == pytest.approx(TRUTHS.campaign.nominations_factor, abs=0.12)


# ── the past ─────────────────────────────────────────────────────────────────────────────────


STATIC = {
    "spend_weeks": "", "sync_days": "", "headcount": "", "team_weeks": "", "posts": "",
    "work_logs": "", "nominations": "", "onboardings": "", "assignments": "", "pulse_answers": "",
    "account_weeks": "", "product_events": "", "ticket_events": "", "touches": "",
    "releases": "", "subscription_months": "", "advocates": "", "survey_responses": "",
}  # fmt: skip


@pytest.mark.parametrize("table", STATIC)
def test_a_log_only_grows(later: Ask, harbourline: Path, table: str) -> None:
    """Every row of October stands in January's export, value for value but the load's time."""
    gone = later(
        f"select count(*) from (select * exclude (_loaded_at) "
        f"from '{harbourline}/data/{table}.parquet' "
        f"except all select * exclude (_loaded_at) from {table})"
    )
    assert gone == [(0,)]


def test_only_the_planted_rows_came_late(later: Ask, harbourline: Path) -> None:
    truth = TRUTHS.late
    leads = later(
        f"select lead_id, created_at::date, converted_within_90d from leads anti join "
        f"'{harbourline}/data/leads.parquet' using (lead_id) where created_at < '2026-10-26'"
    )
    assert len(leads) == truth.leads
    assert {row[1:] for row in leads} == {(truth.leads_created, False)}
    answers = later(
        f"select score from survey_responses s anti join "
        f"'{harbourline}/data/survey_responses.parquet' using (response_id) "
        "where s.responded_on <= date '2026-10-25' order by response_id"
    )
    assert tuple(score for (score,) in answers) == truth.answers


def test_only_the_planted_discounts_were_put_right(later: Ask, harbourline: Path) -> None:
    truth = TRUTHS.late
    rows = later(
        "select a.close_date, a.discount_pct, b.discount_pct, b.amount / a.amount from "
        f"'{harbourline}/data/opportunities.parquet' a join opportunities b "
        "using (opportunity_id) where a.discount_pct <> b.discount_pct or a.amount <> b.amount"
    )
    assert len(rows) == truth.discounts
    first, last = truth.discounts_closed
    for closed, before, after, ratio in rows:
        assert first <= closed <= last
        assert (before, after) == (0, truth.discount)
        assert ratio == pytest.approx(1 - truth.discount, abs=0.001)


def test_what_october_closed_stays_closed(later: Ask, harbourline: Path) -> None:
    """Leads, deals, tickets, projects and invoices that were over read the same."""
    for table, key, over, columns in (
        ("leads", "lead_id", "window_closed", "window_closed, converted_within_90d, signed_on"),
        ("opportunities", "opportunity_id", "stage <> 'Open'", "stage, close_date, cycle_days"),
        ("tickets", "ticket_id", "resolved_at is not null", "resolution_hours, reopened"),
        ("projects", "project_id", "status = 'Closed'", "status, met_goal, hand_offs"),
        ("invoices", "invoice_id", "status = 'paid'", "status, amount, paid_on"),
    ):
        changed = later(
            f"select count(*) from (select {key}, {columns} from "
            f"'{harbourline}/data/{table}.parquet' where {over} "
            f"except select {key}, {columns} from {table})"
        )
        assert changed == [(0,)], table


# ── the record ───────────────────────────────────────────────────────────────────────────────


def test_october_is_shown_as_it_was_known(opened: Opened) -> None:
    """Verdicts, the open decision and restated figures: all as they were on that Monday."""
    then, now = opened.board(as_known_at=OCTOBER.now), opened.board()
    assert then.headline.startswith("Lead-to-customer conversion needs you. One number is better")
    assert then.period == "Week to Sunday 25 October 2026"
    assert then.decision is not None
    assert then.decision.proposal == OPEN_DECISION["id"]
    assert now.decision is None
    assert now.period == "Week to Sunday 17 January 2027"
    stale = [row.kpi for row in then.rows if row.verdict.state == "stale"]
    assert stale == ["cross_team_project_success"]


@pytest.mark.parametrize(
    ("kpi", "sql"),
    [
        (
            "lead_to_customer_conversion",
            (
                "select avg(converted_within_90d::int) from {leads} where window_closed "
                "and window_ends_on between date '2026-10-12' and date '2026-10-18'"
            ),
        ),
        (
            "net_promoter_score",
            (
                "select 100.0 * (count(*) filter (score >= 9) - count(*) filter (score <= 6)) "
                "/ count(*) from {survey_responses} where kind = 'nps' "
                "and responded_on between date '2026-09-01' and date '2026-09-30'"
            ),
        ),
    ],
)
def test_a_restated_point_has_both_values(
    opened: Opened, harbourline: Path, later: Ask, kpi: str, sql: str
) -> None:
    """The point that late rows moved: today as restated, as of October as it was known."""
    tables = ("leads", "survey_responses")
    old_sql = sql.format(**{name: f"'{harbourline}/data/{name}.parquet'" for name in tables})
    new_sql = sql.format(**{name: name for name in tables})
    [(old,)], [(new,)] = later(old_sql), later(new_sql)
    assert old != new
    start = "2026-10-12" if kpi.startswith("lead") else "2026-09-01"
    assert point(opened.kpi(kpi), start) == pytest.approx(new, rel=1e-9)
    assert point(opened.kpi(kpi, as_known_at=OCTOBER.now), start) == pytest.approx(old, rel=1e-9)


def point(answer: Any, start: str) -> float | None:
    days = [str(day) for day in answer.series.periods]
    value: float | None = answer.series.values[days.index(start)]
    return value


def test_the_decision_is_taken_with_its_prediction_frozen(opened: Opened) -> None:
    found = proposals.proposal(opened.record, OPEN_DECISION["id"])
    assert found is not None
    assert found.status == "decided"
    assert found.prediction == OPEN_DECISION["predicts"]
    assert found.record["decided"]["at"][:10] == str(FUNDED_ON)


def test_both_runs_are_on_record(opened: Opened) -> None:
    moments = sorted(run.finished_at for run in runs(opened.record))
    assert moments == [OCTOBER.now, JANUARY.now]


def test_nothing_changes_when_it_is_asked_for_again(january: Path, opened: Opened) -> None:
    before = {file: file.stat().st_mtime_ns for file in january.rglob("*.parquet")}
    for arguments in (["--later"], []):
        assert "Monday 18 January 2027" in prepare(january, *arguments).stderr
    assert {file: file.stat().st_mtime_ns for file in january.rglob("*.parquet")} == before
    assert len(runs(opened.record)) == 2


def test_a_new_demo_is_prepared_for_october_before_it_moves_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, january: Path
) -> None:
    """So that the board of October is on record; who is in January already stays there."""
    brought: list[Stand] = []
    monkeypatch.setattr("sameboat.cli.demo.bring_to", lambda _, stand: brought.append(stand))
    prepare(tmp_path / "new", "--later")
    assert brought == [OCTOBER, JANUARY]
    brought.clear()
    prepare(january, "--later")
    assert brought == [JANUARY]
