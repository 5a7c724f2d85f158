"""Whatever is not planted is routine: no chart of the demo cries wolf."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sameboat.analysis.signals import xmr

Ask = Callable[[str], list[tuple[Any, ...]]]

WEEKLY = {
    "new customers": "select sum(converted_within_90d::int) from leads where window_closed "
    "and window_ends_on >= '2025-07-07' group by date_trunc('week', window_ends_on) "
    "order by min(window_ends_on)",
    "first reply within one hour": "select avg((first_reply_minutes <= 60)::int) from leads "
    "where window_closed group by date_trunc('week', window_ends_on) order by min(window_ends_on)",
    "trial set-up finished": "select avg(trial_setup_finished::int) from leads where window_closed "
    "and right_fit and window_ends_on >= '2025-07-07' "
    "group by date_trunc('week', window_ends_on) order by min(window_ends_on)",
    "leads before the campaign": "select count(*) from leads where window_ends_on < '2026-08-31' "
    "group by date_trunc('week', window_ends_on) order by min(window_ends_on)",
    "right-fit share before the campaign": "select avg(right_fit::int) from leads "
    "where window_ends_on < '2026-08-31' "
    "group by date_trunc('week', window_ends_on) order by min(window_ends_on)",
    "discount over 20 %": "select avg((discount_pct > 0.2)::int) from opportunities "
    "where stage = 'Won' group by date_trunc('week', close_date) order by min(close_date)",
    "sales cycle": "select median(cycle_days) from opportunities where stage = 'Won' "
    "and deal_type = 'New' group by date_trunc('week', close_date) order by min(close_date)",
    "onboarding days": "select avg(onboarding_days) from onboardings "
    "group by date_trunc('week', live_on) order by min(live_on)",
    "time to first berth plan": "select avg(days_to_first_berth_plan) from onboardings "
    "group by date_trunc('week', live_on) order by min(live_on)",
    "single sign-on": "select sum(sso_logins) / sum(logins) from account_weeks "
    "group by week order by week",
    "modules per account": "select sum(modules_used) / count(*) from account_weeks "
    "where active_days > 0 group by week order by week",
    "nominations": "select count(*) from nominations where nominated_on >= '2024-10-28' "
    "group by date_trunc('week', nominated_on) order by min(nominated_on)",
}


def monthly(figure: str, table: str, day: str, where: str = "true") -> str:
    """A figure per whole month, from November 2024 to September 2026."""
    return (
        f"select {figure} from {table} where {where} and {day} >= '2024-11-01' "
        f"and {day} < '2026-10-01' group by date_trunc('month', {day}) order by min({day})"
    )


JOINT = "status = 'Closed' and teams_involved >= 2"
MONTHLY = {
    "time to market": monthly("median(lead_days)", "releases", "released_on"),
    "NRR of the month": monthly(
        "1 + (sum(expansion_mrr) - sum(contraction_mrr) - sum(churned_mrr)) / sum(opening_mrr)",
        "subscription_months",
        "month",
    ),
    "retention of the month": monthly(
        "1 - count(*) filter (churned_mrr > 0) / count(*) filter (opening_mrr > 0)",
        "subscription_months",
        "month",
    ),
    "NPS": monthly(
        "100.0 * (count(*) filter (score >= 9) - count(*) filter (score <= 6)) / count(*)",
        "survey_responses",
        "responded_on",
        "kind = 'nps'",
    ),
    "CSAT": monthly("avg((score >= 4)::int)", "survey_responses", "responded_on", "kind = 'csat'"),
    "promises kept": monthly(
        "avg(promise_kept::int)", "survey_responses", "responded_on", "kind = 'nps'"
    ),
    "cross-team success": monthly("avg(met_goal::int)", "projects", "closed_on", JOINT),
    "scope agreed": monthly("avg(scope_agreed::int)", "projects", "closed_on", JOINT),
    "hand-offs": monthly("avg(hand_offs)", "projects", "closed_on", JOINT),
    "wait for environments": monthly("avg(wait_days)", "environment_requests", "ready_on"),
    "work started": monthly("avg(items_at_work)", "team_weeks", "week"),
    "defects handed back": monthly("avg(handed_back::int)", "tickets", "opened_at", "is_defect"),
    "reopened tickets": monthly("avg(reopened::int)", "tickets", "resolved_at"),
    "failed sync": monthly("sum(failed_runs) / sum(runs)", "sync_days", "day"),
    "first value by day 30": monthly(
        "avg((days_to_first_value <= 30)::int)", "onboardings", "live_on"
    ),
    "cancelled within 90 days": monthly(
        "avg(cancelled_within_90d::int)", "accounts", "first_90_days_end_on", "first_90_days_over"
    ),
    "discount over 20 %": monthly(
        "avg((discount_pct > 0.2)::int)", "opportunities", "close_date", "stage = 'Won'"
    ),
    "right-fit share of wins": monthly(
        "avg((vessels >= 5)::int)",
        "leads",
        "window_ends_on",
        "window_closed and signed_on is not null",
    ),
}


def values(ask: Ask, sql: str) -> np.ndarray:
    return np.array([float(value) for (value,) in ask(sql)])


def simple_signals(series: np.ndarray) -> list[str]:
    """What a process chart by the book would single out among the last twelve points."""
    centre, reach = series.mean(), 2.66 * np.abs(np.diff(series)).mean()
    side, last = np.sign(series - centre), range(len(series) - 12, len(series))
    found = [f"point {i}" for i in last if abs(series[i] - centre) > reach]
    return found + [f"run to {i}" for i in last if abs(side[i - 7 : i + 1].sum()) == 8]


@pytest.mark.parametrize("name", WEEKLY)
def test_a_weekly_series_is_routine(ask: Ask, name: str) -> None:
    series = values(ask, WEEKLY[name])
    assert len(series) >= 68
    assert simple_signals(series) == []
    assert xmr(series).verdict == "routine"


@pytest.mark.parametrize("name", MONTHLY)
def test_a_monthly_series_is_routine(ask: Ask, name: str) -> None:
    series = values(ask, MONTHLY[name])
    assert len(series) >= 20
    assert simple_signals(series) == []
    assert xmr(series).verdict == "routine"


def test_the_check_itself_finds_what_is_planted(ask: Ask) -> None:
    """The same rules do fire on right-fit share, which did move."""
    series = values(
        ask,
        "select avg(right_fit::int) from leads where window_closed "
        "group by date_trunc('week', window_ends_on) order by min(window_ends_on)",
    )
    assert simple_signals(series)
    assert xmr(series).verdict == "signal"
