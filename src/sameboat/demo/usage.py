"""What customers do in the product: activity by week, events, onboarding and its experiment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sameboat.demo.chance import Flags, Floats, Ints, chosen, means, routine, settled, whole
from sameboat.demo.company import (
    FIRST_MONTH,
    SHOWN_MONTHS,
    SHOWN_WEEKS,
    WEEKS,
    Columns,
    Company,
    Dates,
    account_ids,
    cut,
    ids,
    months_of,
    people,
    spelled,
    week_of,
    week_start,
    weeks_of,
    words,
)
from sameboat.demo.subscriptions import PLANS, STILL_HERE, Book
from sameboat.demo.truths import TRUTHS

FEATURES = ("sailing board", "crew rota", "ticketing", "reports", "berth planner")
FEATURE_SHARE = np.array((0.42, 0.26, 0.20, 0.12))
PLANNER_SHARE = 0.22
"""Share of events that the berth planner takes once it is there."""

SINGLE_SIGN_ON = 0.58
MODULES = 5
ONBOARDING_DAYS = 41.5
FIRST_VALUE_DAYS = 30


@dataclass(frozen=True)
class Activity:
    """One element per account with a contract and week."""

    week: Ints
    contract: Ints
    active: Flags


def activity(company: Company, book: Book) -> Activity:
    """Which accounts are active in each week: exactly as many as the planted share says."""
    rng = company.rng("activity")
    month = (week_start(np.arange(WEEKS)).astype("datetime64[M]") - FIRST_MONTH).astype(np.int64)
    running = [book.active(int(at)) for at in month]
    sizes = np.array([len(contracts) for contracts in running])
    week, contract = np.repeat(np.arange(WEEKS), sizes), np.concatenate(running)
    habit = rng.normal(0.0, 1.6, len(book.account))
    counts = whole(_active_share(rng) * sizes)
    return Activity(week, contract, chosen(rng, week, counts, habit[contract]))


def _active_share(rng: np.random.Generator) -> Floats:
    truth = TRUTHS.planner
    first = week_of(truth.shipped_on)
    share = np.full(WEEKS, truth.latest)
    share[:first] = truth.centre_before + routine(
        rng, first, 0.0095, ends=(0.004, -0.005), then=[p - truth.centre_before for p in truth.path]
    )
    share[first : first + truth.weeks] = truth.path
    later = slice(first + truth.weeks, WEEKS)
    share[later] += rng.normal(0, 0.0095, WEEKS - first - truth.weeks)
    return share


def week_table(company: Company, book: Book, activity: Activity) -> Columns:
    """The weekly usage roll-up that the product keeps for each account with a contract."""
    rng = company.rng("account weeks")
    single = SINGLE_SIGN_ON + routine(rng, SHOWN_WEEKS, 0.004)
    single = np.concatenate((single, np.full(WEEKS - len(single), SINGLE_SIGN_ON)))
    count = len(activity.week)
    logins = np.where(activity.active, 2 + rng.poisson(9, count), 0)
    modules = settled(
        lambda: np.where(activity.active, 1 + rng.binomial(MODULES - 1, 0.325, count), 0),
        lambda draw: _weekly(activity.week, draw) / _weekly(activity.week, activity.active),
    )
    days = np.where(activity.active, 1 + rng.binomial(6, 0.45, count), 0)
    single_logins = settled(
        lambda: rng.binomial(logins, single[activity.week]),
        lambda draw: _weekly(activity.week, draw) / _weekly(activity.week, logins),
    )
    monday = week_start(activity.week)
    columns: Columns = {
        "account_id": account_ids(book.account[activity.contract]),
        "week": monday,
        "plan": words(PLANS, book.plan[activity.contract]),
        "active_days": days,
        "logins": logins,
        "sso_logins": single_logins,
        "modules_used": modules,
    }
    return cut(columns, company.known(monday + 6))


def _weekly(week: Ints, values: Ints | Flags) -> Floats:
    return np.bincount(week, weights=values).astype(np.float64)[:SHOWN_WEEKS]


def event_table(company: Company, book: Book, activity: Activity) -> Columns:
    """Product events, one row each; the user is a contact and stays pseudonymous."""
    rng = company.rng("events")
    who = np.flatnonzero(activity.active)
    each = 1 + rng.poisson(3.6, len(who))
    who = np.repeat(who, each)
    count = len(who)
    day = week_start(activity.week[who]) + rng.choice(
        7, count, p=(0.17, 0.17, 0.16, 0.16, 0.16, 0.1, 0.08)
    )
    feature = np.searchsorted(np.cumsum(FEATURE_SHARE), rng.random(count))
    planner = (day >= np.datetime64(TRUTHS.planner.shipped_on)) & (
        rng.random(count) < PLANNER_SHARE
    )
    feature = np.where(planner, len(FEATURES) - 1, np.minimum(feature, len(FEATURES) - 2))
    users = 2 + book.vessels // 6
    user = (rng.random(count) * users[activity.contract[who]]).astype(np.int64)
    second = rng.integers(5 * 3600, 21 * 3600, count)
    at = day.astype("datetime64[s]") + second
    order = np.argsort(at, kind="stable")
    account = book.account[activity.contract[who[order]]]
    columns: Columns = {
        "event_id": np.arange(1, len(order) + 1),
        "event_at": at[order],
        "account_id": account_ids(account),
        "user_id": ids("usr-", account * 100 + user[order], 7),
        "feature": words(FEATURES, feature[order]),
    }
    return cut(columns, company.known(day[order]))


def onboarding_tables(company: Company, book: Book) -> dict[str, Columns]:
    """Onboardings of accounts with a contract, and who got which one in the experiment."""
    rng = company.rng("onboardings")
    truth = TRUTHS.onboarding
    within = (book.closed >= np.datetime64(truth.started)) & (
        book.closed <= np.datetime64(truth.stopped)
    )
    treated = within & (rng.random(len(within)) < 0.5)
    live_at_all = np.flatnonzero((book.end == STILL_HERE) | (book.end - book.start > 2))
    signed = book.closed[live_at_all]
    days = _onboarding_days(rng, signed, treated[live_at_all])
    live = signed + days
    value, plan = _first_successes(rng, live)
    order = np.argsort(live, kind="stable")
    order = order[weeks_of(live[order]) >= 0]
    manager, _ = people(rng, len(order))
    onboardings: Columns = {
        "onboarding_id": ids("ONB-", np.arange(1, len(order) + 1), 4),
        "account_id": account_ids(book.account[live_at_all[order]]),
        "kick_off_on": signed[order],
        "live_on": live[order],
        "onboarding_days": days[order],
        "days_to_first_value": value[order],
        "days_to_first_berth_plan": plan[order],
        "onboarding_team": spelled(rng, np.full(len(order), 2)),
        "success_manager_name": manager,
    }
    inside = np.flatnonzero(within)
    assignments: Columns = {
        "experiment": words(("onboarding_v2",), np.zeros(len(inside), dtype=np.int64)),
        "account_id": account_ids(book.account[inside]),
        "variant": words(("old", "new"), treated[inside]),
        "assigned_on": book.closed[inside],
    }
    return {
        "onboardings": cut(onboardings, company.known(live[order])),
        "assignments": cut(assignments, company.known(book.closed[inside])),
    }


def _onboarding_days(rng: np.random.Generator, signed: Dates, faster: Flags) -> Ints:
    saved = np.where(faster, TRUTHS.onboarding.days, 0.0)

    def draw() -> Ints:
        days = rng.normal(ONBOARDING_DAYS, 8.0, len(signed)) - saved
        return np.clip(whole(days), 15, 80)

    return settled(
        draw,
        lambda days: means(weeks_of(signed + days), days, SHOWN_WEEKS),
        lambda days: means(months_of(signed + days), days, SHOWN_MONTHS),
    )


def _first_successes(rng: np.random.Generator, live: Dates) -> tuple[Ints, Ints]:
    """Days to first value and to the first berth plan of each onboarding."""
    week, month = weeks_of(live), months_of(live)
    value = settled(
        lambda: np.clip(whole(rng.gamma(6.0, 4.3, len(live))), 3, 85),
        lambda days: means(month, days <= FIRST_VALUE_DAYS, SHOWN_MONTHS),
    )
    plan = settled(
        lambda: np.clip(whole(rng.gamma(6.0, 1.0, len(live))), 1, 30),
        lambda days: means(week, days, SHOWN_WEEKS),
        lambda days: means(month, days, SHOWN_MONTHS),
    )
    return value, plan
