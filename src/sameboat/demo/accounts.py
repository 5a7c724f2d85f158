"""The accounts that every export speaks of: who they are, when they came and left."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sameboat.demo.chance import Ints
from sameboat.demo.company import (
    FIRST_WEEK,
    NEVER,
    REGIONS,
    TRADES,
    WATERS,
    WINDOW_DAYS,
    Columns,
    Company,
    Dates,
    account_ids,
    cut,
    day_in_month,
    people,
    present,
    words,
)
from sameboat.demo.discounts import leaves_in_month
from sameboat.demo.marketing import Leads, vessel_bands
from sameboat.demo.sales import Deals
from sameboat.demo.subscriptions import DOCKSIDE, PLANS, STILL_HERE, Book, Customers
from sameboat.demo.truths import TRUTHS

EARLY_LEAVERS = 0.031
"""Share of new customers that cancel within 90 days."""

LEAVE_A_MONTH = 0.012
"""Share of pay-as-you-go customers that leave in any later month."""

TIERS = ("Bronze", "Silver", "Gold")


@dataclass(frozen=True)
class Accounts:
    """Every account by its number; element 0 is account 1."""

    signed: Dates
    left: Dates  # NaT while they stay
    region: Ints
    vessels: Ints
    plan: Ints
    contract: Ints  # position of its annual contract, or -1
    of_lead: Ints  # per lead: the number of its account, 0 for none


def customers(leads: Leads) -> tuple[Ints, Customers]:
    """The won leads in the order in which they signed, and what a contract needs of them.

    Those that the campaign brought come last and stay with pay as you go: the others have the
    same numbers and contracts with and without it.
    """
    by_day = np.argsort(leads.signed, kind="stable")
    won, helped = by_day[(leads.won & ~leads.helped)[by_day]], by_day[leads.helped[by_day]]
    holders = Customers(leads.signed[won], leads.region[won], leads.vessels[won])
    return np.concatenate((won, helped)), holders


def accounts(company: Company, leads: Leads, deals: Deals, book: Book, won: Ints) -> Accounts:
    """All accounts: those with contracts from before, then the leads that became customers."""
    rng = company.rng("accounts")
    own, count = book.own, book.own + len(won)
    signed = np.concatenate((book.closed[:own], leads.signed[won]))
    anyway, helped = won[~leads.helped[won]], won[leads.helped[won]]
    leaving = _leaving(rng, leads, deals, anyway)
    later = _leaving(company.rng("campaign accounts"), leads, deals, helped)
    left = np.concatenate((np.full(own, NEVER), leaving, later))
    region = np.concatenate((book.region[:own], leads.region[won]))
    vessels = np.concatenate((book.vessels[:own], leads.vessels[won]))
    plan = np.full(count, DOCKSIDE)
    contract = np.full(count, -1)
    holder = book.account - 1
    plan[holder] = book.plan
    contract[holder] = np.arange(len(holder))
    ended = day_in_month(rng, np.where(book.end < STILL_HERE, book.end, 0))
    left[holder] = np.where(book.end < STILL_HERE, ended, NEVER)
    of_lead = np.zeros(len(leads.created), dtype=np.int64)
    of_lead[won] = own + 1 + np.arange(len(won))
    return Accounts(signed, left, region, vessels, plan, contract, of_lead)


def _leaving(rng: np.random.Generator, leads: Leads, deals: Deals, won: Ints) -> Dates:
    """When each pay-as-you-go customer leaves: early, in month 11 after a discount, or some day."""
    signed = leads.signed[won]
    discount = np.zeros(len(leads.created))
    discount[deals.lead] = deals.discount
    later = signed + (WINDOW_DAYS + 30 * rng.exponential(1 / LEAVE_A_MONTH, len(won))).astype(
        np.int64
    )
    early = signed + rng.integers(8, WINDOW_DAYS, len(won))
    left = np.where(rng.random(len(won)) < EARLY_LEAVERS, early, later)
    eleventh = signed.astype("datetime64[M]") + TRUTHS.discounts.month
    on = eleventh.astype("datetime64[D]") + rng.integers(0, 28, len(won))
    return np.where(leaves_in_month(rng, signed, discount[won]), on, left)


def account_table(company: Company, accounts: Accounts) -> Columns:
    """The account list of the CRM."""
    rng = company.rng("account table")
    count = len(accounts.signed)
    signed, left = accounts.signed, company.happened(accounts.left)
    ends = signed + WINDOW_DAYS
    gone = ~np.isnat(left)
    early = gone & ((left - signed).astype(np.int64) < WINDOW_DAYS)
    recorded = signed >= FIRST_WEEK  # the CRM keeps these fields since then
    manager, _ = people(rng, count)
    _, mail = people(rng, count)
    columns: Columns = {
        "account_id": account_ids(np.arange(1, count + 1)),
        "account_name": _company_names(rng, count),
        "region": words(REGIONS, accounts.region),
        "segment": vessel_bands(accounts.vessels),
        "vessels": accounts.vessels,
        "plan": words(PLANS, accounts.plan),
        "status": words(("active", "left"), gone),
        "signed_on": signed,
        "cancelled_on": left,
        "first_90_days_end_on": present(ends, recorded),
        "first_90_days_over": present(company.known(ends), recorded),
        "cancelled_within_90d": present(early, recorded),
        "success_manager_name": manager,
        "billing_email": mail,
    }
    return cut(columns, company.known(signed))


def _company_names(rng: np.random.Generator, count: int) -> pa.Array:
    water = words(WATERS, rng.integers(0, len(WATERS), count))
    trade = words(TRADES, rng.integers(0, len(TRADES), count))
    number = pa.array(1 + np.arange(count) % 997).cast(pa.string())
    return pc.binary_join_element_wise(water, trade, number, " ")


def history_table(company: Company, book: Book) -> Columns:
    """The service tier of each account with a contract and when it held: it changes slowly."""
    rng = company.rng("account history")
    count = len(book.account)
    versions = rng.choice((1, 2, 3), count, p=(0.6, 0.3, 0.1))
    row = np.repeat(np.arange(count), versions)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(versions) - versions, versions)
    gap = rng.integers(90, 400, len(row))
    start = book.closed[row] + np.where(nth == 0, 0, 400 * nth + gap // 2 - 200)
    last = nth == versions[row] - 1
    end = np.where(last, NEVER, np.roll(start, -1))
    tier = np.minimum(rng.integers(0, 2, count)[row] + nth, 2)
    columns: Columns = {
        "account_id": account_ids(book.account[row]),
        "valid_from": start,
        "valid_to": company.happened(end),
        "tier": words(TIERS, tier),
    }
    return cut(columns, company.known(start))
