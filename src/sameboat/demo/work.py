"""Hours, heads and money: work logs, workload and headcount per team, spend per line."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sameboat.demo.chance import Floats, Ints, beyond, routine, whole
from sameboat.demo.company import (
    MONTHS,
    SHOWN_WEEKS,
    TEAMS,
    WEEKS,
    Columns,
    Company,
    cut,
    ids,
    money,
    month_start,
    near_misses,
    spelled,
    week_of,
    week_start,
    words,
)
from sameboat.demo.delivery import Projects
from sameboat.demo.support import OTHER_WORK, Tickets
from sameboat.demo.truths import TRUTHS

KPIS = ("lead_to_customer_conversion", "net_revenue_retention", "customer_retention",
        "weekly_active_accounts", "time_to_market", "net_promoter_score",
        "cross_team_project_success")  # fmt: skip
HOURS_A_WEEK = np.array((640.0, 480.0, 420.0, 560.0, 620.0, 240.0, 300.0))
SHARE_OF_TEAMS = np.array(
    (
        (34, 41, 2, 0, 18, 5),
        (3, 22, 48, 9, 16, 2),
        (1, 4, 44, 38, 10, 3),
        (2, 1, 24, 8, 52, 13),
        (0, 0, 2, 9, 55, 34),
        (12, 6, 24, 34, 20, 4),
        (12, 12, 16, 10, 32, 18),
    )
)
"""Of each KPI's hours, how many in 100 come from each team."""

PRODUCTIVE_MINUTES = 28 * 60
USED = np.array((0.80, 0.82, 0.81, 0.0, 0.83, 0.79, 0.72, 0.70))
ITEMS_AT_WORK = np.array((5.0, 8.0, 7.0, 9.0, 7.0, 6.0, 3.0, 3.0))

ROLES: Mapping[str, tuple[tuple[str, int, int], ...]] = {
    "marketing": (("campaign_manager", 10, 11), ("content_editor", 6, 7)),
    "sales": (("account_executive", 22, 24), ("sales_engineer", 8, 8)),
    "customer_success": (("success_manager", 13, 17), ("onboarding_specialist", 5, 6)),
    "product": (("engineer", 32, 36), ("designer", 6, 6), ("product_manager", 7, 8)),
    "it": (("platform_engineer", 9, 10), ("service_engineer", 6, 6)),
    "finance": (("analyst", 8, 8),),
    "people": (("partner", 6, 6),),
}
"""Roles of each team with heads at the beginning and at the end; support's follow its load."""

LINES: Mapping[str, tuple[tuple[str, float], ...]] = {
    "marketing": (("paid social", 1500.0), ("paid search", 2300.0), ("events", 1900.0),
                  ("content", 900.0)),
    "sales": (("field sales", 4700.0), ("sales tools", 2500.0)),
    "customer_success": (("onboarding", 1500.0), ("advocacy", 780.0)),
    "product": (("discovery", 1600.0), ("research", 900.0)),
    "support": (("support tools", 1100.0), ("training", 820.0)),
    "it": (("environments", 950.0),),
}  # fmt: skip
"""What each team spends its money on, in pounds a week."""


def log_table(company: Company, projects: Projects) -> Columns:
    """Hours per team, week, project and KPI; a team is the smallest unit that is logged."""
    rng = company.rng("work logs")
    kpi, team = np.nonzero(SHARE_OF_TEAMS)
    cells = len(kpi)
    week = np.repeat(np.arange(WEEKS), cells)
    kpi, team = np.tile(kpi, WEEKS), np.tile(team, WEEKS)
    hours = HOURS_A_WEEK[kpi] * SHARE_OF_TEAMS[kpi, team] / 100 * rng.lognormal(0, 0.12, len(week))
    project = np.concatenate(
        [rng.choice(projects.open_in(at), cells, replace=True) for at in range(WEEKS)]
    )
    wrong = rng.random(len(week)) < 0.003
    columns: Columns = {
        "log_id": ids("W-", np.arange(1, len(week) + 1)),
        "week": week_start(week),
        "work_team": spelled(rng, team, typos=0.004),
        "project_id": near_misses(ids("PR-", project + 1, 4), wrong),
        "for_kpi": words(KPIS, kpi),
        "hours": np.round(hours, 1),
    }
    return cut(columns, company.known(week_start(week) + 6))


def load_table(company: Company, tickets: Tickets, used: Floats) -> Columns:
    """Minutes worked and available per team and week."""
    rng = company.rng("team weeks")
    week, team = np.repeat(np.arange(WEEKS), len(TEAMS)), np.tile(np.arange(len(TEAMS)), WEEKS)
    heads = np.array([sum(first for _, first, _ in ROLES.get(name, ())) for name in TEAMS])
    noise = np.column_stack([_noise(rng, 0.015) for _ in TEAMS])
    available = heads * PRODUCTIVE_MINUTES * (1 + rng.normal(0, 0.02, (WEEKS, len(TEAMS))))
    worked = available * (USED + noise)
    support = TEAMS.index("support")
    worked[:, support] = support_minutes(tickets)
    available[:, support] = worked[:, support] / used
    items = ITEMS_AT_WORK * (1 + np.column_stack([_noise(rng, 0.09) for _ in TEAMS]))
    columns: Columns = {
        "week": week_start(week),
        "team": spelled(rng, team),
        "worked_minutes": np.rint(worked).ravel(),
        "available_minutes": np.rint(available).ravel(),
        "items_at_work": whole(items).ravel(),
    }
    return cut(columns, company.known(week_start(week) + 6))


def support_minutes(tickets: Tickets) -> Floats:
    """Minutes that support works in each week, on tickets and around them."""
    minutes = np.bincount(tickets.week, weights=tickets.minutes, minlength=WEEKS)
    return OTHER_WORK * minutes.astype(np.float64)


def _noise(rng: np.random.Generator, spread: float) -> Floats:
    return beyond(rng, routine(rng, SHOWN_WEEKS, spread), spread, WEEKS)


def headcount_table(company: Company, tickets: Tickets, used: Floats) -> Columns:
    """Heads per team, role and month."""
    rng = company.rng("headcount")
    months = np.arange(MONTHS)
    rows: list[tuple[int, str, Ints]] = []
    for name, roles in ROLES.items():
        for role, first, last in roles:
            heads = whole(np.linspace(first, last, MONTHS))
            rows.append((TEAMS.index(name), role, heads))
    weekly = support_minutes(tickets) / used / PRODUCTIVE_MINUTES
    agents = np.array([weekly[max(int(at * 4.345) - 6, 0) : int(at * 4.345) + 7].mean()
                       for at in months])  # fmt: skip
    rows.append((TEAMS.index("support"), "support_agent", np.maximum.accumulate(whole(agents))))
    roles_named = [role for _, role, _ in rows]
    month = np.tile(months, len(rows))
    row = np.repeat(np.arange(len(rows)), MONTHS)
    columns: Columns = {
        "month": month_start(month),
        "hc_team": spelled(rng, np.array([team for team, _, _ in rows])[row]),
        "role": words(roles_named, row),
        "heads": np.concatenate([heads for _, _, heads in rows]),
    }
    return cut(columns, np.lexsort((row, month))[company.known(np.sort(month_start(month)))])


def spend_table(company: Company) -> Columns:
    """What each team spent on each line per week; paid social triples in June 2026."""
    rng = company.rng("spend")
    lines = [(TEAMS.index(team), line, amount) for team in LINES for line, amount in LINES[team]]
    log_noise = np.zeros((WEEKS, len(lines)))
    for at in range(WEEKS):
        before = log_noise[at - 1] if at else 0.0
        log_noise[at] = 0.4 * before + rng.normal(0, 0.16, len(lines))
    amounts = np.array([amount for _, _, amount in lines]) * np.exp(log_noise)
    truth = TRUTHS.conversion
    amounts[week_of(truth.spend_from) :, 0] *= truth.spend_factor
    week, line = np.divmod(np.arange(WEEKS * len(lines)), len(lines))
    columns: Columns = {
        "week": week_start(week),
        "spend_team": spelled(rng, np.array([team for team, _, _ in lines])[line]),
        "line": words([name for _, name, _ in lines], line),
        "amount": money(amounts.ravel()),
        "currency": words(("GBP",), np.zeros(len(line), dtype=np.int64)),
    }
    return cut(columns, company.known(week_start(week) + 6))
