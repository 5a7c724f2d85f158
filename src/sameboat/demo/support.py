"""Tickets, their hand-offs, the team that answers them, and the sync that causes some."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sameboat.demo.chance import Flags, Floats, Ints, beyond, means, routine, settled, whole
from sameboat.demo.company import (
    REGIONS,
    SHOWN_MONTHS,
    SHOWN_WEEKS,
    WEEKS,
    Columns,
    Company,
    Dates,
    account_ids,
    cut,
    ids,
    moment,
    months_of,
    near_misses,
    people,
    present,
    spelled,
    week_start,
    words,
)
from sameboat.demo.subscriptions import Book
from sameboat.demo.truths import TRUTHS
from sameboat.demo.usage import Activity

CATEGORIES = ("sailings sync", "ticket office", "berths", "billing", "access", "reports")
PRIORITIES = ("urgent", "high", "normal")
CHANNELS = ("e-mail", "phone", "chat", "portal")
HANDLING_MINUTES = 75.0
OTHER_WORK = 1.12
"""Minutes worked for each minute on tickets: hand-overs, notes, training."""

LOAD = ((0, 26, 52, 78, 84, 104, 200), (0.74, 0.79, 0.86, 0.945, 0.966, 0.972, 0.972))
"""Weeks and the share of support's hours that is in use by then."""

REOPENED, DEFECT, HANDED_BACK = 0.09, 0.13, 0.18
STEPS = ("opened", "handed over", "replied", "resolved")
SECOND = np.timedelta64(1, "s")


@dataclass(frozen=True)
class Tickets:
    """Every ticket, by the time at which it was opened."""

    week: Ints
    opened: Dates
    responded: Dates
    resolved: Dates
    account: Ints
    team: Ints
    minutes: Floats
    handed_over: Ints  # how often


def used_share(company: Company) -> Floats:
    """How much of support's hours is in use in each week."""
    rng = company.rng("support load")
    weeks = np.arange(WEEKS)
    noise = beyond(rng, routine(rng, SHOWN_WEEKS, 0.005), 0.005, WEEKS)
    return np.asarray(np.minimum(np.interp(weeks, *LOAD) + noise, 0.99))


def tickets(company: Company, book: Book, activity: Activity, used: Floats) -> Tickets:
    """Tickets whose waits follow from how full support is."""
    rng = company.rng("tickets")
    truth = TRUTHS.tickets
    weeks = np.arange(WEEKS)
    noise = beyond(rng, routine(rng, SHOWN_WEEKS, 0.05), 0.05, WEEKS)
    # A quarter against the first quarter: that is what people will compare.
    growth = truth.factor ** ((np.minimum(weeks, SHOWN_WEEKS) - 6) / (SHOWN_WEEKS - 13))
    counts = whole(truth.tickets_a_week * growth * (1 + noise))
    week = np.repeat(weeks, counts)
    day = week_start(week) + rng.choice(7, len(week), p=(0.2, 0.19, 0.18, 0.17, 0.16, 0.06, 0.04))
    opened = np.sort(moment(rng, day))
    first = np.searchsorted(activity.week, week)
    size = np.bincount(activity.week, minlength=WEEKS)[week]
    contract = activity.contract[first + (rng.random(len(week)) * size).astype(np.int64)]
    wait = 1.3 * np.sqrt(used / (1 - used))[week] * rng.lognormal(0.0, 0.7, len(week))
    work = 14.0 * rng.lognormal(0.0, 0.6, len(week))
    responded = opened + (wait * 3600).astype(np.int64) * SECOND
    return Tickets(
        week=week,
        opened=opened,
        responded=responded,
        resolved=responded + (work * 3600).astype(np.int64) * SECOND,
        account=book.account[contract],
        team=np.where(rng.random(len(week)) < 0.88, 3, rng.choice((2, 4, 5), len(week))),
        minutes=rng.gamma(4.0, HANDLING_MINUTES / 4.0, len(week)),
        handed_over=rng.choice(4, len(week), p=(0.52, 0.3, 0.13, 0.05)),
    )


def ticket_table(company: Company, tickets: Tickets) -> Columns:
    """The ticket export of the help desk, as it stood at the end of the last day."""
    rng = company.rng("ticket table")
    count = len(tickets.week)
    opened, responded, resolved = tickets.opened, tickets.responded, tickets.resolved
    answered, done = _until(company, responded), _until(company, resolved)
    defect = rng.random(count) < DEFECT
    back = _routine_share(rng, HANDED_BACK, months_of(opened), defect)
    again = _routine_share(rng, REOPENED, months_of(resolved), np.ones(count, dtype=bool))
    _, mail = people(rng, count)
    missing = np.datetime64("NaT")
    accounts = account_ids(tickets.account)
    columns: Columns = {
        "ticket_id": ids("TK-", np.arange(1, count + 1), 6),
        "opened_at": opened,
        "first_response_at": np.where(answered, responded, missing),
        "resolved_at": np.where(done, resolved, missing),
        "first_response_hours": _hours(responded - opened, answered),
        "resolution_hours": _hours(resolved - opened, done),
        "account_id": near_misses(accounts, rng.random(count) < 0.004),
        "ticket_team": spelled(rng, tickets.team, typos=0.002),
        "category": words(CATEGORIES, rng.choice(6, count, p=(0.3, 0.22, 0.16, 0.12, 0.12, 0.08))),
        "priority": words(PRIORITIES, rng.choice(3, count, p=(0.12, 0.28, 0.6))),
        "channel": words(CHANNELS, rng.choice(4, count, p=(0.4, 0.25, 0.2, 0.15))),
        "handling_minutes": np.round(tickets.minutes, 1),
        "handed_over": tickets.handed_over,
        "reopened": again & done,
        "is_defect": defect,
        "handed_back": back,
        "requester_email": mail,
    }
    return cut(columns, _until(company, opened))


def _routine_share(rng: np.random.Generator, share: float, month: Ints, of: Flags) -> Flags:
    """A share of some tickets that differs from month to month by chance alone."""
    return settled(
        lambda: np.asarray(of & (rng.random(len(of)) < share)),
        lambda flags: means(month[of], flags[of], SHOWN_MONTHS),
    )


def _until(company: Company, times: Dates) -> Flags:
    return np.asarray(times < company.last_day + 1)


def _hours(lengths: npt.NDArray[np.timedelta64], known: Flags) -> pa.Array:
    return present(np.round(lengths.astype(np.float64) / 3600, 2), known)


def ticket_event_table(company: Company, tickets: Tickets) -> Columns:
    """What happened to each ticket and which team did it, in order."""
    rng = company.rng("ticket events")
    every = np.arange(len(tickets.week))
    span = (tickets.resolved - tickets.opened).astype(np.float64)
    parts: list[tuple[Ints, int, Dates, Ints]] = [(every, 0, tickets.opened, tickets.team)]
    for nth in range(1, 4):
        over = np.flatnonzero(tickets.handed_over >= nth)
        later = (span[over] * (0.1 + 0.18 * nth)).astype(np.int64) * SECOND
        to = rng.choice(6, len(over), p=(0.02, 0.03, 0.2, 0.3, 0.3, 0.15))
        parts.append((over, 1, tickets.opened[over] + later, to))
    parts.append((every, 2, tickets.responded, tickets.team))
    parts.append((every, 3, tickets.resolved, tickets.team))
    ticket = np.concatenate([part[0] for part in parts])
    step = np.repeat([part[1] for part in parts], [len(part[0]) for part in parts])
    at = np.concatenate([part[2] for part in parts])
    team = np.concatenate([part[3] for part in parts])
    order = np.lexsort((step, at, ticket))
    columns: Columns = {
        "ticket_event_id": ids("TE-", np.arange(1, len(order) + 1), 7),
        "ticket_id": ids("TK-", ticket[order] + 1, 6),
        "event_at": at[order],
        "team": spelled(rng, team[order]),
        "event": words(STEPS, step[order]),
    }
    return cut(columns, _until(company, at[order]))


def sync_table(company: Company) -> Columns:
    """Runs of the sailings sync per day and region, with those that failed."""
    rng = company.rng("sync")
    days = week_start(np.array([0]))[0] + np.arange(7 * WEEKS)
    day, region = np.repeat(days, len(REGIONS)), np.tile(np.arange(len(REGIONS)), len(days))
    runs = rng.poisson(np.array((420, 300, 230, 140, 170))[region])
    month = months_of(day)
    failed = settled(
        lambda: rng.binomial(runs, np.clip(rng.normal(0.018, 0.004, len(runs)), 0.004, 0.05)),
        lambda fails: means(month, fails / runs, SHOWN_MONTHS),
    )
    columns: Columns = {
        "day": day,
        "region": words(REGIONS, region),
        "runs": runs,
        "failed_runs": failed,
    }
    return cut(columns, company.known(day))
