"""The raw tables are whole: rows, keys, links, days, and the flaws that real exports have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Ask = Callable[[str], list[tuple[Any, ...]]]

ROWS = {
    "leads": (140_000, 165_000), "touches": (50_000, 80_000), "opportunities": (18_000, 25_000),
    "accounts": (6_500, 9_000), "account_history": (1_200, 3_000), "posts": (2_000, 4_000),
    "subscription_months": (20_000, 30_000), "invoices": (20_000, 28_000),
    "account_weeks": (95_000, 110_000), "product_events": (250_000, 400_000),
    "onboardings": (450, 700), "assignments": (60, 120), "tickets": (20_000, 26_000),
    "ticket_events": (70_000, 100_000), "sync_days": (3_600, 3_700),
    "survey_responses": (9_000, 11_000), "pulse_answers": (4_500, 6_500),
    "advocates": (300, 500), "nominations": (3_300, 4_300), "projects": (1_200, 1_500),
    "project_teams": (2_800, 3_800), "releases": (520, 620), "ideas": (1_300, 1_800),
    "environment_requests": (2_200, 2_400), "work_logs": (3_800, 4_500),
    "team_weeks": (800, 850), "headcount": (300, 400), "spend_weeks": (1_300, 1_400),
}  # fmt: skip

KEYS = {
    "leads": "lead_id", "touches": "touch_id", "opportunities": "opportunity_id",
    "accounts": "account_id", "account_history": "account_id, valid_from", "posts": "post_id",
    "subscription_months": "account_id, month", "invoices": "invoice_id",
    "account_weeks": "account_id, week", "product_events": "event_id",
    "onboardings": "onboarding_id", "assignments": "experiment, account_id",
    "tickets": "ticket_id", "ticket_events": "ticket_event_id", "sync_days": "day, region",
    "survey_responses": "response_id", "pulse_answers": "wave, respondent_id, question",
    "advocates": "advocate_id", "nominations": "nomination_id", "projects": "project_id",
    "project_teams": "project_id, team", "releases": "release_id", "ideas": "idea_id",
    "environment_requests": "request_id", "work_logs": "log_id", "team_weeks": "team, week",
    "headcount": "hc_team, role, month", "spend_weeks": "spend_team, line, week",
}  # fmt: skip

EXACT = 1.0
NEAR = 0.99

LINKS = (
    ("leads", "account_id", "accounts", EXACT),
    ("touches", "lead_id", "leads", NEAR),
    ("opportunities", "lead_id", "leads", EXACT),
    ("opportunities", "account_id", "accounts", NEAR),
    ("subscription_months", "account_id", "accounts", EXACT),
    ("account_history", "account_id", "accounts", EXACT),
    ("invoices", "account_id", "accounts", EXACT),
    ("account_weeks", "account_id", "accounts", EXACT),
    ("product_events", "account_id", "accounts", EXACT),
    ("onboardings", "account_id", "accounts", EXACT),
    ("assignments", "account_id", "accounts", EXACT),
    ("tickets", "account_id", "accounts", NEAR),
    ("ticket_events", "ticket_id", "tickets", EXACT),
    ("survey_responses", "account_id", "accounts", EXACT),
    ("survey_responses", "ticket_id", "tickets", EXACT),
    ("advocates", "account_id", "accounts", EXACT),
    ("nominations", "advocate_id", "advocates", NEAR),
    ("project_teams", "project_id", "projects", NEAR),
    ("ideas", "release_id", "releases", EXACT),
    ("work_logs", "project_id", "projects", NEAR),
)


def test_every_table_is_here_and_counted(harbourline: Path) -> None:
    """No table is written that these tests do not know."""
    assert {file.stem for file in (harbourline / "data").glob("*.parquet")} == set(ROWS)


@pytest.mark.parametrize("table", ROWS)
def test_a_table_has_about_as_many_rows_as_a_company_like_this(ask: Ask, table: str) -> None:
    low, high = ROWS[table]
    [(rows,)] = ask(f"select count(*) from {table}")
    assert low <= rows <= high


@pytest.mark.parametrize("table", KEYS)
def test_a_key_names_one_row(ask: Ask, table: str) -> None:
    [(rows, keys)] = ask(f"select count(*), count(distinct ({KEYS[table]})) from {table}")
    assert keys == rows


@pytest.mark.parametrize(("table", "column", "to", "share"), LINKS)
def test_links_lead_somewhere(ask: Ask, table: str, column: str, to: str, share: float) -> None:
    """Nearly every foreign key is found; where near misses are planted, a few are not."""
    [(found,)] = ask(
        f"select avg((b.{column} is not null)::int) from {table} a "
        f"left join (select distinct {column} from {to}) b using ({column}) "
        f"where a.{column} is not null"
    )
    assert found == 1.0 if share == EXACT else NEAR <= found < 1.0


def test_near_misses_lack_only_their_hyphen(ask: Ask) -> None:
    """An id that joins to nothing is one that a person would recognise."""
    lost = ask(
        "select distinct account_id from tickets "
        "where account_id not in (select account_id from accounts)"
    )
    known = {name for (name,) in ask("select account_id from accounts")}
    assert lost
    assert all(name.replace(" ", "-") in known for (name,) in lost)


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("leads", "created_at"), ("touches", "touched_on"), ("opportunities", "close_date"),
        ("accounts", "cancelled_on"), ("invoices", "paid_on"), ("product_events", "event_at"),
        ("tickets", "resolved_at"), ("ticket_events", "event_at"), ("onboardings", "live_on"),
        ("survey_responses", "responded_on"), ("projects", "closed_on"), ("ideas", "shipped_on"),
        ("releases", "released_on"), ("posts", "published_on"), ("leads", "signed_on"),
        ("nominations", "nominated_on"), ("environment_requests", "ready_on"),
    ],
)  # fmt: skip
def test_no_export_knows_what_comes_after_it(ask: Ask, table: str, column: str) -> None:
    [(latest,)] = ask(f"select max({column})::date::varchar from {table}")
    assert "2026-10-18" < latest <= "2026-10-25"


def test_weeks_are_whole(ask: Ask) -> None:
    """104 weeks of leads whose window ended, from 28 October 2024 to 25 October 2026."""
    [(weeks, first, last)] = ask(
        "select count(distinct date_trunc('week', window_ends_on)), "
        "min(window_ends_on)::varchar, max(window_ends_on)::varchar from leads where window_closed"
    )
    assert (weeks, first, last) == (104, "2024-10-28", "2026-10-25")


def test_a_lead_that_converted_signed_within_its_window(ask: Ask) -> None:
    [(wrong,)] = ask(
        "select count(*) from leads where converted_within_90d "
        "and not (signed_on between created_at::date and window_ends_on and right_fit)"
    )
    assert wrong == 0


def test_a_months_books_add_up(ask: Ask) -> None:
    """Opening, new, expansion, contraction and churn give the closing, for every account."""
    [(wrong,)] = ask(
        "select count(*) from subscription_months where abs(opening_mrr + new_mrr + expansion_mrr"
        " - contraction_mrr - churned_mrr - closing_mrr) > 0.011"
    )
    assert wrong == 0


def test_a_month_opens_where_the_last_one_closed(ask: Ask) -> None:
    [(wrong,)] = ask(
        "select count(*) from subscription_months a join subscription_months b "
        "on a.account_id = b.account_id and b.month = a.month + interval 1 month "
        "where abs(a.closing_mrr - b.opening_mrr) > 0.011"
    )
    assert wrong == 0


def test_the_cohort_of_a_year_before_is_the_closing_of_then(ask: Ask) -> None:
    [(pairs, wrong)] = ask(
        "select count(*), sum((abs(a.closing_mrr - b.mrr_12_months_ago) > 0.011)::int) "
        "from subscription_months a join subscription_months b "
        "on a.account_id = b.account_id and b.month = a.month + interval 12 month"
    )
    assert pairs > 9_000
    assert wrong == 0


def test_events_and_the_weekly_roll_up_agree(ask: Ask) -> None:
    """An account is active in the roll-up exactly when it has events in that week."""
    [(wrong,)] = ask(
        "with seen as (select distinct account_id, date_trunc('week', event_at)::date as week "
        "from product_events) select count(*) from account_weeks a full join seen s "
        "on a.account_id = s.account_id and a.week = s.week "
        "where coalesce(a.active_days > 0, false) <> (s.account_id is not null)"
    )
    assert wrong == 0


def test_slowly_changing_tiers_do_not_overlap(ask: Ask) -> None:
    [(wrong, changed)] = ask(
        "select sum((later.valid_from < coalesce(earlier.valid_to, date '9999-01-01'))::int), "
        "count(*) from account_history earlier join account_history later "
        "on earlier.account_id = later.account_id and later.valid_from > earlier.valid_from"
    )
    assert changed > 100
    assert wrong == 0


def test_teams_are_spelled_as_each_system_likes(ask: Ask) -> None:
    """Several spellings per team, and a few that are no team: under one in a hundred."""
    spellings = dict(ask("select work_team, count(*) from work_logs group by 1"))
    assert {"Mktg", "Marketing", "CS", "Customer Success"} <= set(spellings)
    assert 0 < spellings["Cust Sucess"] / sum(spellings.values()) < 0.01


def test_nothing_is_logged_per_person(ask: Ask) -> None:
    """Work, load and spend carry no column that could name a person."""
    for table in ("work_logs", "team_weeks", "spend_weeks", "headcount", "project_teams"):
        columns = {name for name, *_ in ask(f"describe {table}")}
        assert not {name for name in columns if "name" in name or "mail" in name or "user" in name}


def test_the_tables_are_small_enough_to_make_at_first_start(harbourline: Path) -> None:
    size = sum(file.stat().st_size for file in (harbourline / "data").iterdir())
    assert size < 60_000_000
