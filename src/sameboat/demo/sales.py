"""Deals: what sales opened, won, lost and gave away."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sameboat.demo.chance import Flags, Floats, Ints, means, settled
from sameboat.demo.company import (
    FIRST_WEEK,
    REGIONS,
    SHOWN_MONTHS,
    SHOWN_WEEKS,
    Columns,
    Company,
    Dates,
    account_ids,
    cut,
    ids,
    money,
    months_of,
    near_misses,
    people,
    present,
    spelled,
    weeks_of,
    words,
)
from sameboat.demo.discounts import discounts
from sameboat.demo.marketing import Leads
from sameboat.demo.subscriptions import Book
from sameboat.demo.truths import TRUTHS

STAGES = ("Won", "Lost", "Open")
KINDS = ("New", "Annual")
LOST_PER_WIN = 1.6
"""Annual offers that are lost for each one that is won."""


@dataclass(frozen=True)
class Deals:
    """What became of the leads that tried the product; one element per such lead."""

    lead: Ints
    opened: Dates
    closed: Dates
    won: Flags
    discount: Floats


def deals(company: Company, leads: Leads) -> Deals:
    """One deal for each lead that finished its trial set-up."""
    rng = company.rng("deals")
    lead = leads.tried
    opened = leads.created[lead]
    lost = opened + (10 + 76 * rng.beta(1.8, 1.8, len(lead))).astype(np.int64)
    won = leads.won[lead]
    closed = np.where(won, leads.signed[lead], lost)
    week, month = weeks_of(closed[won]), months_of(closed[won])
    given = settled(
        lambda: discounts(rng, len(lead)),
        lambda fraction: means(week, fraction[won] > TRUTHS.discounts.over, SHOWN_WEEKS),
        lambda fraction: means(month, fraction[won] > TRUTHS.discounts.over, SHOWN_MONTHS),
    )
    return Deals(
        lead=lead,
        opened=opened,
        closed=closed,
        won=won,
        discount=given,
    )


def opportunity_table(
    company: Company, leads: Leads, deals: Deals, book: Book, account: Ints
) -> Columns:
    """The opportunities of the CRM: new customers first, then annual contracts, by opening day."""
    rng = company.rng("opportunity table")
    annual = _annual(rng, book)
    first, second = len(deals.lead), len(annual["closed"])
    kind = np.repeat((0, 1), (first, second))
    opened = np.concatenate((deals.opened, annual["opened"]))
    closed = np.concatenate((deals.closed, annual["closed"]))
    won = np.concatenate((deals.won, annual["won"]))
    discount = np.concatenate((deals.discount, annual["discount"]))
    value = np.concatenate((rng.lognormal(7.1, 0.45, first), annual["value"]))
    owner_of = np.concatenate((account[deals.lead], annual["account"]))
    region = np.concatenate((leads.region[deals.lead], annual["region"]))
    lead = np.concatenate((deals.lead, np.full(second, -1)))
    order = np.flatnonzero(closed >= FIRST_WEEK)
    order = order[np.argsort(opened[order], kind="stable")]
    opened, closed, kind, count = opened[order], closed[order], kind[order], len(order)
    known = company.known(closed)
    has_won = won[order] & known
    accounts = account_ids(owner_of[order], present=has_won | (kind == 1))
    name, mail = people(rng, count)
    columns: Columns = {
        "opportunity_id": ids("O-", np.arange(1, count + 1), 6),
        "lead_id": ids("L-", lead[order] + 1, 6, present=lead[order] >= 0),
        "account_id": near_misses(accounts, rng.random(count) < 0.003),
        "deal_type": words(KINDS, kind),
        "opened_on": opened,
        "close_date": company.happened(closed),
        "stage": words(STAGES, np.where(has_won, 0, np.where(known, 1, 2))),
        "cycle_days": present((closed - opened).astype(np.int64), known),
        "amount": money(value[order] * (1 - discount[order])),
        "discount_pct": discount[order],
        "region": words(REGIONS, region[order]),
        "owner_team": spelled(rng, np.where(rng.random(count) < 0.97, 1, 2)),
        "owner_name": name,
        "owner_email": mail,
    }
    return cut(columns, company.known(opened))


def _annual(rng: np.random.Generator, book: Book) -> dict[str, np.ndarray]:
    """Annual contracts that were won, and offers to existing customers that were lost."""
    won = len(book.closed)
    again = rng.integers(0, won, int(LOST_PER_WIN * won))
    closed = np.concatenate((book.closed, book.closed[again] + rng.integers(-9, 10, len(again))))
    cycle = np.clip(rng.normal(47, 13, len(closed)), 8, 89).astype(np.int64)
    every = np.concatenate((np.arange(won), again))
    return {
        "opened": closed - cycle,
        "closed": closed,
        "won": np.arange(len(closed)) < won,
        "discount": np.concatenate((book.discount, discounts(rng, len(again)))),
        "value": 12 * book.first_mrr[every],
        "account": book.account[every],
        "region": book.region[every],
    }
