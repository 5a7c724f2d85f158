"""Advocates, whom they nominate, and the posts that marketing publishes meanwhile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sameboat.demo.chance import Floats, Ints, beyond, routine, whole
from sameboat.demo.company import (
    SHOWN_WEEKS,
    WEEKS,
    Columns,
    Company,
    Dates,
    account_ids,
    cut,
    ids,
    near_misses,
    people,
    spelled,
    week_of,
    week_start,
    words,
)
from sameboat.demo.truths import FUNDED_ON, TRUTHS

BEFORE = 20
"""Weeks of nominations and posts before the first week: the first leads already follow them."""

ADVOCATES = 420
CHANNELS = ("blog", "social", "newsletter", "video")
KINDS = ("referral", "reference call", "case study")


@dataclass(frozen=True)
class Outreach:
    """Nominations and posts per week, from `BEFORE` weeks before the first week on."""

    nominations: Ints
    posts: Ints
    post_noise: Floats  # standardised variation of posts in the first year

    def nominations_in(self, weeks: Ints) -> Ints:
        return self.nominations[np.clip(weeks + BEFORE, 0, len(self.nominations) - 1)]

    def post_noise_in(self, weeks: Ints) -> Floats:
        return self.post_noise[np.clip(weeks + BEFORE, 0, len(self.post_noise) - 1)]


def outreach(company: Company) -> Outreach:
    """How many nominations and posts each week brings."""
    rng = company.rng("outreach")
    weeks = np.arange(-BEFORE, WEEKS)
    noise = beyond(rng, routine(rng, SHOWN_WEEKS, 6.0), 6.0, len(weeks), before=BEFORE)
    nominations = TRUTHS.advocacy.nominations_a_week + noise
    nominations[weeks > week_of(FUNDED_ON)] *= TRUTHS.campaign.nominations_factor
    variety = rng.normal(0.0, 1.0, len(weeks))
    truth = TRUTHS.posts
    start, end = week_of(truth.coupled_until), week_of(FUNDED_ON)
    growth = np.interp(weeks, (start, end), (1.0, truth.factor))
    posts = truth.posts_a_week * growth + 4.0 * variety
    return Outreach(np.maximum(whole(nominations), 3), np.maximum(whole(posts), 2), variety)


def post_table(company: Company, outreach: Outreach) -> Columns:
    """The content calendar: one row per post."""
    rng = company.rng("posts")
    day = _days(rng, outreach.posts, last=5)
    keep = (day >= week_start(np.array([-TRUTHS.posts.lag_weeks]))[0]) & company.known(day)
    count = len(day)
    columns: Columns = {
        "post_id": ids("P-", np.arange(1, count + 1)),
        "published_on": day,
        "channel": words(CHANNELS, rng.integers(0, len(CHANNELS), count)),
        "post_team": spelled(rng, np.zeros(count, dtype=np.int64)),
        "words": rng.integers(120, 1400, count),
    }
    return cut(columns, keep)


def advocate_tables(company: Company, outreach: Outreach, accounts: Ints) -> dict[str, Columns]:
    """Advocates and their nominations; `accounts` are those that advocates may come from."""
    rng = company.rng("advocates")
    joined = week_start(np.array([-60]))[0] + rng.integers(0, 700, ADVOCATES)
    joined[: ADVOCATES // 2] -= 365
    home = rng.choice(accounts, ADVOCATES, replace=False)
    name, mail = people(rng, ADVOCATES)
    advocates: Columns = {
        "advocate_id": ids("ADV-", np.arange(1, ADVOCATES + 1), 4),
        "account_id": account_ids(home),
        "joined_on": joined,
        "programme_team": spelled(rng, rng.choice((0, 2), ADVOCATES)),
        "advocate_name": name,
        "contact_email": mail,
    }
    return {
        "advocates": cut(advocates, company.known(joined)),
        "nominations": _nominations(company, outreach, joined),
    }


def _nominations(company: Company, outreach: Outreach, joined: Dates) -> Columns:
    rng = company.rng("nominations")
    day = _days(rng, outreach.nominations)
    count = len(day)
    by_age = np.argsort(joined)
    eligible = np.searchsorted(joined[by_age], day, side="right")
    advocate = by_age[(rng.random(count) ** 1.3 * eligible).astype(np.int64)]
    wrong = rng.random(count) < 0.004
    columns: Columns = {
        "nomination_id": ids("NOM-", np.arange(1, count + 1)),
        "advocate_id": near_misses(ids("ADV-", advocate + 1, 4), wrong),
        "nominated_on": day,
        "nominating_team": spelled(rng, rng.choice((0, 2, 2), count)),
        "kind": words(KINDS, rng.choice(3, count, p=(0.8, 0.12, 0.08))),
    }
    return cut(columns, company.known(day))


def _days(rng: np.random.Generator, per_week: Ints, last: int = 7) -> Dates:
    week = np.repeat(np.arange(-BEFORE, len(per_week) - BEFORE), per_week)
    return np.sort(week_start(week) + rng.integers(0, last, len(week)))
