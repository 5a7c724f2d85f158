"""Activities are known by name and by what is computed; innocent figures are left alone."""

from __future__ import annotations

import pytest

from sameboat.project.declared import Project
from sameboat.project.principles.judge import principles

TABLES = {"work": {"file": "work.csv", "subject": "none", "time": "day",
                   "dimensions": {"day": {"type": "time", "grain": "day"}}}}  # fmt: skip


def told(name: str, **metric: object) -> list[str]:
    """What is said of one metric that calls itself an outcome."""
    whole = {"type": "simple", "table": "work", "agg": "count", "kind": "outcome", **metric}
    made = {key: value for key, value in whole.items() if value is not None}
    others = {
        "tickets_resolved_total": {"type": "simple", "table": "work", "agg": "count",
                                   "filter": "x = 1"},
        "agents": {"type": "simple", "table": "work", "agg": "count", "filter": "x = 2"},
        "calls": {"type": "simple", "table": "work", "agg": "count", "filter": "x = 3"},
        "revenue": {"type": "simple", "table": "work", "agg": "sum", "expr": "amount"},
    }  # fmt: skip
    held = Project.from_mappings(
        teams={"field_service": {}}, tables=TABLES, metrics={**others, name: made}
    )
    return [one.hint or "" for one in principles(held) if one.code == "activity-as-outcome"]


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("tickets_resolved", "time to resolution"),
        ("resolved_tickets", "time to resolution"),
        ("support_tickets_closed", "time to resolution"),
        ("cases_handled", "time to resolution"),
        ("bugs_fixed", "time to resolution"),
        ("total_incidents_resolved", "time to resolution"),
        ("lines_of_code", "time to market"),
        ("loc", "time to market"),
        ("commits", "time to market"),
        ("weekly_git_commits", "time to market"),
        ("pull_requests_merged", "time to market"),
        ("number_of_pull_requests", "time to market"),
        ("story_points", "time to market"),
        ("story_points_completed", "time to market"),
        ("hours_worked", "cost per outcome"),
        ("minutes_logged", "cost per outcome"),
        ("posts_written", "conversion"),
        ("blog_posts_published", "conversion"),
        ("articles_written", "conversion"),
        ("calls_made", "win rate"),
        ("outbound_sales_calls_made", "win rate"),
        ("cold_calls_made", "win rate"),
        ("emails_sent", "conversion"),
        ("meetings_held", "decided"),
        ("demos_held", "decided"),
        ("trainings_attended", "decided"),
        ("tasks_completed", "time to market"),
        ("quotes_sent", "win rate"),
        ("field_service_tickets_resolved", "time to resolution"),
    ],
)
def test_an_activity_is_told_with_the_outcome_to_use(name: str, instead: str) -> None:
    [hint] = told(name)
    assert hint.startswith("Better: ")
    assert instead in hint


@pytest.mark.parametrize("agg", ["count_distinct", "sum", "sum_boolean"])
def test_sums_and_distinct_counts_are_volumes_too(agg: str) -> None:
    assert told("calls_made", agg=agg, expr="n")


INNOCENT = (
    "revenue_per_call", "tickets_resolved_within_sla", "first_contact_tickets_resolved",
    "tickets_reopened", "tickets_avoided", "customers_without_tickets", "resolution_time",
    "time_to_resolution", "hours_saved", "hours_worked_per_release", "working_capital",
    "commitments_kept", "committed_revenue", "commit_to_deploy_time", "code_coverage",
    "lines_of_business", "lines_of_code_removed_defects", "blog_conversions", "post_purchase_nps",
    "posts_converted", "calls_won", "call_backs_avoided", "called_bonds", "meetings_converted",
    "demo_to_win", "demos_converted", "story_completion", "story_points_value", "case_fatalities",
    "court_cases_won", "use_cases_adopted", "issue_free_deliveries", "bonds_issued",
    "tickets_sold", "lottery_tickets", "match_tickets_sold", "training_completed_and_certified",
    "tasks_automated", "quote_value", "quotes_accepted", "email_signups", "newsletter_signups",
    "hourly_output", "pull_through", "merged_companies", "deals_closed", "won_deals",
    "new_customers", "active_accounts", "orders", "referrals", "trial_setups", "location",
    "locations_opened",
    "allocations", "dial_in_customers", "dialysis_patients", "ferries_on_time", "articles_sold",
    "postal_orders", "casework_backlog", "sales_velocity", "hours_of_outage", "minutes_of_delay",
)  # fmt: skip


@pytest.mark.parametrize("name", INNOCENT)
def test_an_innocent_name_is_left_alone(name: str) -> None:
    assert told(name) == []


def test_there_are_enough_innocents() -> None:
    assert len(set(INNOCENT)) >= 50


@pytest.mark.parametrize(
    "metric",
    [
        {"agg": "average", "expr": "n"},
        {"agg": "median", "expr": "n"},
        {"agg": "max", "expr": "n"},
        {"agg": "sum", "expr": "n", "unit": "GBP"},
        {"agg": "sum", "expr": "n", "unit": "percent"},
        {"kind": "activity"},
        {"kind": "input"},
        {"kind": "output"},
        {"kind": None},
        {"kind": "guardrail"},
        {"retired": "2026-01-01"},
    ],
)
def test_a_name_alone_tells_nothing(metric: dict[str, object]) -> None:
    """Averages, money and what calls itself an activity or an input are no outcomes that pose."""
    assert told("tickets_resolved", **metric) == []


def test_a_denominator_is_no_outcome() -> None:
    ratio = {"type": "ratio", "numerator": "revenue", "denominator": "calls"}
    assert told("revenue_per_calls_made", agg=None, table=None, **ratio) == []


def test_a_volume_per_head_is_still_a_volume() -> None:
    ratio = {"type": "ratio", "numerator": "tickets_resolved_total", "denominator": "agents"}
    assert told("tickets_resolved_per_agent", agg=None, table=None, **ratio)
    per_ticket = {"type": "ratio", "numerator": "revenue", "denominator": "agents", "unit": "GBP"}
    assert told("tickets_resolved_per_agent", agg=None, table=None, **per_ticket) == []


def test_running_totals_of_a_volume_are_volumes() -> None:
    total = {"type": "cumulative", "metric": "calls"}
    assert told("cumulative_calls_made", agg=None, table=None, **total)


def test_a_metric_that_calls_itself_an_activity_is_told_where_it_steers() -> None:
    """As a KPI, in a pay plan, for a budget: whatever its name."""
    metrics = {"sailings": {"type": "simple", "table": "work", "agg": "count", "kind": "activity"}}
    held = Project.from_mappings(
        tables=TABLES, metrics=metrics, kpis={"sailings": {"metric": "sailings"}}
    )
    [found] = [one for one in principles(held) if one.code == "activity-as-outcome"]
    assert "is a shared KPI" in found.message
    assert "calls itself an activity" in found.message
