"""What the teams ship together: ideas, releases, projects, and waiting for environments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from sameboat.demo.chance import Flags, Floats, Ints, beyond, chosen, means, routine, settled, whole
from sameboat.demo.company import (
    CORE,
    FIRST_MONTH,
    MONTHS,
    NEVER,
    SHOWN_MONTHS,
    WEEKS,
    Columns,
    Company,
    Dates,
    cut,
    day_in_month,
    ids,
    months_of,
    near_misses,
    people,
    present,
    spelled,
    week_start,
    words,
)
from sameboat.demo.truths import TRUTHS, UNTIL

AREAS = ("sailings", "berths", "ticketing", "platform")
NAMED = (
    ("Trial wizard", TRUTHS.wizard.released_on),
    ("Pricing page", date(2025, 12, 8)),
    ("Berth planner", TRUTHS.planner.shipped_on),
)
"""Releases that are events on the charts."""

SINGLE_TEAM_A_MONTH, SINGLE_TEAM_SUCCESS = 12, 0.78
HAND_OFFS = (0.05, 0.10, 0.20, 0.24, 0.18, 0.13, 0.07, 0.03)
SCOPE_AGREED = 0.82
JOINS = np.array((0.14, 0.18, 0.17, 0.12, 0.25, 0.14))
"""How often each team takes part in a project of several."""

TITLES = ("Timetable import", "Port onboarding kit", "Berth alerts", "Fare rules", "Crew swaps",
          "Incident desk", "Partner feed", "Boarding scan", "Quay display", "Refund flow",
          "Season passes", "Weather holds", "Status page", "Data export", "Access review",
          )  # fmt: skip
STATUSES = ("New", "Accepted", "Shipped", "Declined")


@dataclass(frozen=True)
class Projects:
    """Every project by the day on which it was opened."""

    opened: Dates
    closed: Dates
    met_goal: Flags
    hand_offs: Ints
    lead: Ints
    teams: Flags  # projects × core teams

    def open_in(self, week: int) -> Ints:
        """Positions of the projects that are at work in a week."""
        monday = week_start(np.array([week]))[0]
        return np.flatnonzero((self.opened <= monday) & (self.closed > monday))


def projects(company: Company) -> Projects:
    """Projects of one and of several teams; of the latter, exactly the planted share succeeds."""
    rng = company.rng("projects")
    months = MONTHS + 5  # so that the latest exports hold open ones too
    several = rng.integers(34, 43, months)
    several[SHOWN_MONTHS - 1] = TRUTHS.closures.closed
    month = np.repeat(np.arange(months), several + SINGLE_TEAM_A_MONTH)
    place = np.concatenate([np.arange(size + SINGLE_TEAM_A_MONTH) for size in several])
    many = place >= SINGLE_TEAM_A_MONTH
    count = len(month)
    hand_offs = np.where(many, rng.choice(8, count, p=HAND_OFFS), rng.integers(0, 2, count))
    latest = TRUTHS.closures.latest - TRUTHS.closures.centre
    noise = beyond(rng, routine(rng, SHOWN_MONTHS, 0.045, ends=(latest,)), 0.045, months)
    chance = np.array(TRUTHS.hand_offs.chance)[hand_offs]
    met = rng.random(count) < SINGLE_TEAM_SUCCESS
    goals = whole(several * np.clip(TRUTHS.closures.centre + noise, 0, 1))
    # Drawn without replacement, a weight of −ln(1 − p) is taken with chance p.
    met[many] = chosen(rng, month[many], goals, np.log(-np.log1p(-chance))[many])
    closed = day_in_month(rng, month)
    opened = closed - np.clip(rng.gamma(5.0, 16.0, count), 12, 240).astype(np.int64)
    teams = _teams(rng, many)
    order = np.lexsort((closed, opened))
    lead = np.argmax(rng.random((count, CORE)) * teams, axis=1)
    return Projects(
        opened[order], closed[order], met[order], hand_offs[order], lead[order], teams[order]
    )


def _teams(rng: np.random.Generator, many: Flags) -> Flags:
    """Which teams take part: one, or two to five."""
    size = np.where(many, rng.choice((2, 3, 4, 5), len(many), p=(0.42, 0.33, 0.17, 0.08)), 1)
    score = np.log(JOINS) + rng.gumbel(size=(len(many), CORE))
    rank = np.argsort(np.argsort(-score, axis=1), axis=1)
    return np.asarray(rank < size[:, None])


def project_tables(company: Company, projects: Projects) -> dict[str, Columns]:
    """The project list and who takes part, as the planning tool exports them."""
    rng = company.rng("project tables")
    count = len(projects.opened)
    seen = _last_seen(company)
    done = projects.closed <= seen
    manager, _ = people(rng, count)
    number = np.arange(1, count + 1)
    month = np.where(projects.teams.sum(axis=1) > 1, months_of(projects.closed), -1)
    agreed = settled(
        lambda: np.asarray(rng.random(count) < SCOPE_AGREED),
        lambda flags: means(month, flags, SHOWN_MONTHS),
    )
    table: Columns = {
        "project_id": ids("PR-", number, 4),
        "title": words(TITLES, rng.integers(0, len(TITLES), count)),
        "lead_team": spelled(rng, projects.lead),
        "teams_involved": projects.teams.sum(axis=1),
        "opened_on": projects.opened,
        "closed_on": np.where(done, projects.closed, NEVER),
        "status": words(("Open", "Closed"), done),
        "met_goal": present(projects.met_goal, done),
        "hand_offs": present(projects.hand_offs, done),
        "scope_agreed": agreed,
        "project_manager_name": manager,
    }
    project, team = np.nonzero(projects.teams)
    roles = np.where(team == projects.lead[project], 0, 1)
    wrong = rng.random(len(project)) < 0.003
    members: Columns = {
        "project_id": near_misses(ids("PR-", project + 1, 4), wrong),
        "team": spelled(rng, team),
        "part": words(("lead", "member"), roles),
        "joined_on": projects.opened[project],
    }
    shown = projects.opened <= seen
    return {"projects": cut(table, shown), "project_teams": cut(members, shown[project])}


def _last_seen(company: Company) -> np.datetime64:
    """The last day that the export of projects knows of: it stopped before the others."""
    stopped = np.datetime64(TRUTHS.closures.closed_until)
    return stopped if company.until == UNTIL else company.last_day


@dataclass(frozen=True)
class Releases:
    """Every release by its day."""

    released: Dates
    lead_days: Ints
    title: Ints  # position in TITLES, or past its end for the named ones


def releases(company: Company) -> Releases:
    """Releases whose monthly median lead time is a routine draw around its centre."""
    rng = company.rng("releases")
    truth = TRUTHS.tickets
    counts = rng.integers(20, 27, MONTHS)
    counts[SHOWN_MONTHS - 1] = truth.latest_releases
    latest = truth.latest_days - truth.median_days
    noise = routine(rng, SHOWN_MONTHS, 3.0, ends=(latest,))
    median = truth.median_days + beyond(rng, noise, 3.0, MONTHS)
    days = [_around(rng, centre, n) for centre, n in zip(np.rint(median), counts, strict=True)]
    month = np.repeat(np.arange(MONTHS), counts)
    released = day_in_month(rng, month)
    title = rng.integers(0, len(TITLES), len(month))
    for nth, (_, day) in enumerate(NAMED):
        same = np.flatnonzero(month == (np.datetime64(day, "M") - FIRST_MONTH).astype(int))
        released[same[0]], title[same[0]] = np.datetime64(day), len(TITLES) + nth
    order = np.argsort(released, kind="stable")
    return Releases(released[order], np.concatenate(days)[order], title[order])


def _around(rng: np.random.Generator, centre: float, count: int) -> Ints:
    """Whole days whose median is `centre`, with a longer tail above."""
    spread: Floats = rng.gamma(9.0, 6.3, count)
    return np.maximum(whole(centre + spread - np.median(spread)), 12)


def release_table(company: Company, releases: Releases) -> Columns:
    """The release log: from the idea to the day on which customers had it."""
    rng = company.rng("release table")
    count = len(releases.released)
    columns: Columns = {
        "release_id": ids("REL-", np.arange(1, count + 1), 4),
        "title": words((*TITLES, *(name for name, _ in NAMED)), releases.title),
        "product_area": words(AREAS, rng.integers(0, len(AREAS), count)),
        "lead_team": spelled(rng, rng.choice((4, 5), count, p=(0.85, 0.15))),
        "teams_involved": rng.choice((1, 2, 3, 4), count, p=(0.3, 0.4, 0.2, 0.1)),
        "idea_on": releases.released - releases.lead_days,
        "released_on": releases.released,
        "lead_days": releases.lead_days,
    }
    return cut(columns, company.known(releases.released))


def idea_table(company: Company, releases: Releases) -> Columns:
    """Ideas with what became of them; every release began as one."""
    rng = company.rng("ideas")
    shipped, others = len(releases.released), 9 * WEEKS
    first = week_start(np.array([0]))[0]
    day = np.concatenate(
        (releases.released - releases.lead_days, first + rng.integers(0, 7 * WEEKS, others))
    )
    order = np.argsort(day, kind="stable")
    count = shipped + others
    is_shipped = np.arange(count) < shipped
    out = np.concatenate((releases.released, np.full(others, np.datetime64("NaT", "D"))))
    out = company.happened(out)
    fate = rng.choice((0, 1, 3), count, p=(0.35, 0.15, 0.5))
    status = np.where(is_shipped, np.where(np.isnat(out), 1, 2), fate)
    release = np.where(is_shipped, np.arange(1, count + 1), 0)
    columns: Columns = {
        "idea_id": ids("I-", np.argsort(order) + 1, 5),
        "submitted_on": day,
        "team": spelled(rng, rng.choice(CORE, count, p=JOINS)),
        "joint": rng.random(count) < np.where(is_shipped, 0.46, 0.31),
        "status": words(STATUSES, status),
        "shipped_on": out,
        "release_id": ids("REL-", release, 4, present=~np.isnat(out)),
    }
    return cut(columns, order[company.known(day[order])])


def environment_table(company: Company) -> Columns:
    """Requests for test environments and how long the teams waited."""
    rng = company.rng("environments")
    count = 22 * (WEEKS + 9)
    early = week_start(np.full(count, -9))
    asked: Dates = np.sort(early + rng.integers(0, 7 * (WEEKS + 9), count))
    wait = settled(
        lambda: np.clip(rng.gamma(4.0, 1.25, count), 0.5, 20),
        lambda days: means(months_of(asked + whole(days)), days, SHOWN_MONTHS),
    )
    ready = asked + whole(wait)
    columns: Columns = {
        "request_id": ids("ENV-", np.arange(1, count + 1)),
        "requested_on": asked,
        "ready_on": company.happened(ready),
        "wait_days": present(np.round(wait, 1), company.known(ready)),
        "requesting_team": spelled(rng, rng.choice((4, 3, 2), count, p=(0.75, 0.15, 0.1))),
    }
    return cut(columns, company.known(asked) & (ready >= week_start(np.array([0]))[0]))
