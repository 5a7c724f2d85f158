"""Annual contracts month by month, and what was invoiced for them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sameboat.demo.chance import Floats, Ints, beyond, chosen, routine, whole
from sameboat.demo.company import (
    MONTHS,
    REGION_SHARE,
    REGIONS,
    SHOWN_MONTHS,
    Columns,
    Company,
    Dates,
    account_ids,
    cut,
    day_in_month,
    ids,
    money,
    month_start,
    present,
    spelled,
    words,
)
from sameboat.demo.discounts import discounts, leaves_in_month
from sameboat.demo.truths import TRUTHS

YEAR = 12
MOST = 3_000
"""Room for contracts; far more than are ever signed."""

STOCK_MONTHS = (-13, -2, 10, 23, 29)
STOCK = (690, 802, 968, TRUTHS.planner.accounts, 1290)
"""How many accounts have an annual contract at the end of these months (0 is November 2024)."""

KEPT_A_MONTH = 0.9928
GROWS_A_MONTH = 1.0013
CONTRACTS, EXPANDS = 0.012, 0.045
"""Shares of accounts that shrink and grow in a month."""

STILL_HERE = 10_000
LINKED_FROM = 3
"""From this month on, annual contracts are signed by customers that came as leads."""

PLANS = ("Harbour", "Fleet", "Dockside")
DOCKSIDE = PLANS.index("Dockside")
FLEET_FROM = 12
"""From this many vessels on, an annual contract is for a fleet."""

Grid = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Book:
    """Every annual contract; grids are contracts × months, from `YEAR` months before the first."""

    account: Ints
    own: int  # accounts that never were leads on record
    region: Ints
    vessels: Ints
    start: Ints  # month after signing, counted from November 2024
    end: Ints  # month of leaving, or STILL_HERE
    closed: Dates
    discount: Floats
    opening: Grid
    closing: Grid
    expansion: Grid
    contraction: Grid

    @property
    def first_mrr(self) -> Floats:
        """What each contract was worth in its first month; its opening worth for older ones."""
        first = np.clip(self.start + YEAR, 0, MONTHS + YEAR - 1)
        rows = np.arange(len(self.start))
        return np.asarray(np.maximum(self.closing[rows, first], 180.0))

    @property
    def plan(self) -> Ints:
        return np.asarray((self.vessels >= FLEET_FROM).astype(np.int64))

    def active(self, month: int) -> Ints:
        """Positions of the contracts that run at the end of a month."""
        return np.flatnonzero((self.start <= month) & (self.end > month))


@dataclass(frozen=True)
class Customers:
    """Customers that came as leads, in the order in which they signed."""

    signed: Dates
    region: Ints
    vessels: Ints


def book(company: Company, customers: Customers) -> Book:
    """The life of every annual contract.

    Contracts signed before `LINKED_FROM` belong to accounts numbered from 1 on; the customers
    have the numbers after those, and sign the later contracts.
    """
    rng = company.rng("contracts")
    start, end, closed, discount = _lives(rng)
    account, region, vessels = _holders(rng, start, closed, customers)
    first = money(np.clip(rng.lognormal(6.6, 0.5, len(start)) * (1 + vessels / 30), 180, 9000))
    opening, closing, expansion, contraction = _worth(rng, start, end, first)
    return Book(
        account=account,
        own=int((start < LINKED_FROM).sum()),
        region=region,
        vessels=vessels,
        start=start,
        end=end,
        closed=closed,
        discount=discount,
        opening=opening,
        closing=closing,
        expansion=expansion,
        contraction=contraction,
    )


def _lives(rng: np.random.Generator) -> tuple[Ints, Ints, Dates, Floats]:
    """When each contract starts and ends, the day it was signed and its discount."""
    months = np.arange(-YEAR, MONTHS)
    stock = whole(np.interp(months, STOCK_MONTHS, STOCK))
    lost = _losses(rng, months, stock)
    start = np.full(MOST, STILL_HERE)
    end = np.full(MOST, STILL_HERE)
    bound = np.full(MOST, STILL_HERE)
    closed = np.full(MOST, np.datetime64("NaT", "D"))
    discount = discounts(rng, MOST)
    used = STOCK[0]
    start[:used] = -YEAR - 1 - rng.integers(0, 60, used)
    closed[:used] = day_in_month(rng, start[:used] - 1)
    for month, target, losses in zip(months, stock, lost, strict=True):
        running = np.flatnonzero((start < month) & (end == STILL_HERE))
        due = bound[running] == month
        free = (bound[running] == STILL_HERE) & (month - start[running] >= 4)
        weight = np.where(due, 50.0, np.where(free, 0.0, -50.0))
        count = max(losses, int(due.sum()))
        leave = running[chosen(rng, np.zeros(len(running), np.int64), np.array([count]), weight)]
        end[leave] = month
        fresh = np.arange(used, used + target - (len(running) - count))
        start[fresh] = month
        closed[fresh] = day_in_month(rng, start[fresh] - 1)
        leaves = leaves_in_month(rng, closed[fresh], discount[fresh])
        bound[fresh[leaves]] = month - 1 + TRUTHS.discounts.month
        used = int(fresh[-1]) + 1
    return start[:used], end[:used], closed[:used], discount[:used]


def _losses(rng: np.random.Generator, months: Ints, stock: Ints) -> Ints:
    """How many contracts end each month: routine around a steady share."""
    noise = _noise(rng)
    opening = np.concatenate((STOCK[:1], stock[:-1]))
    return np.maximum(whole(opening * (1 - KEPT_A_MONTH + 0.0022 * noise)), 1)


def _noise(rng: np.random.Generator) -> Floats:
    """Standard noise per month that also leaves the figure of twelve months steady."""
    noise = routine(rng, YEAR + SHOWN_MONTHS, 1.0, steady=YEAR)
    return beyond(rng, noise, 1.0, YEAR + MONTHS)


def _holders(
    rng: np.random.Generator, start: Ints, closed: Dates, customers: Customers
) -> tuple[Ints, Ints, Ints]:
    """Account number, region and vessels of each contract's account."""
    count, own = len(start), int((start < LINKED_FROM).sum())
    account = np.arange(1, count + 1)
    region = rng.choice(len(REGIONS), count, p=REGION_SHARE)
    vessels = np.minimum(2 + rng.geometric(0.09, count), 90)
    taken = np.zeros(len(customers.signed), dtype=bool)
    taste = rng.gumbel(size=len(taken)) + np.log(customers.vessels)
    for contract in range(own, count):
        low, high = np.searchsorted(customers.signed, closed[contract] - np.array((300, 100)))
        near = np.arange(low, high)[~taken[low:high]]
        customer = near[np.argmax(taste[near])]
        taken[customer] = True
        account[contract] = own + 1 + customer
        region[contract] = customers.region[customer]
        vessels[contract] = customers.vessels[customer]
    return account, region, vessels


def _worth(
    rng: np.random.Generator, start: Ints, end: Ints, first: Floats
) -> tuple[Grid, Grid, Grid, Grid]:
    """What each contract brings a month; all together grow by what is planted."""
    months = np.arange(-YEAR, MONTHS)
    noise = _noise(rng)
    opening, closing, expansion, contraction = np.zeros((4, len(start), len(months)))
    worth = np.where(start < -YEAR, first, 0.0)
    for column, month in enumerate(months):
        opening[:, column] = worth
        stays = (worth > 0) & (end != month)
        shrinks = stays & (rng.random(len(start)) < CONTRACTS)
        less = np.where(shrinks, money(worth * rng.uniform(0.1, 0.3, len(start))), 0.0)
        grows = stays & ~shrinks & (rng.random(len(start)) < EXPANDS)
        wish = np.where(grows, worth * rng.uniform(0.1, 0.5, len(start)), 0.0)
        lost = worth[end == month].sum()
        aim = (GROWS_A_MONTH - 1 + 0.0016 * noise[column]) * worth.sum() + lost + less.sum()
        more = money(wish * max(aim, 0.0) / wish.sum())
        worth = np.where(stays, worth - less + more, np.where(start == month, first, 0.0))
        closing[:, column], expansion[:, column], contraction[:, column] = worth, more, less
    return opening, money(closing), expansion, contraction


def billed_months(company: Company) -> Ints:
    """The months that have ended by the last day of the exports: their books are closed."""
    months = np.arange(MONTHS)
    return months[company.known(month_start(months + 1) - 1)]


def month_table(company: Company, book: Book) -> Columns:
    """Subscription movements per account and month, with the cohort of twelve months before."""
    months = billed_months(company)
    column = months + YEAR
    before = book.closing[:, column - YEAR]
    now, opening = book.closing[:, column], book.opening[:, column]
    row, at = np.nonzero((before > 0) | (opening > 0) | (now > 0))
    pick = (row, at)
    then, today, opened = before[pick], now[pick], opening[pick]
    of_cohort = np.where(then > 0, today, 0.0)
    order = np.lexsort((book.account[row], at))
    columns = {
        "opening_mrr": opened,
        "new_mrr": np.where(opened > 0, 0.0, today),
        "expansion_mrr": book.expansion[:, column][pick],
        "contraction_mrr": book.contraction[:, column][pick],
        "churned_mrr": np.where(today > 0, 0.0, opened),
        "closing_mrr": today,
        "mrr_12_months_ago": then,
        "mrr_now_of_cohort": of_cohort,
        "expansion_of_cohort": np.maximum(of_cohort - then, 0.0),
        "contraction_of_cohort": np.where(today > 0, np.maximum(then - of_cohort, 0.0), 0.0),
        "churned_of_cohort": np.where(today > 0, 0.0, then),
    }
    return {
        "account_id": account_ids(book.account[row][order]),
        "month": month_start(months[at][order]),
        "plan": words(PLANS, book.plan[row][order]),
        **{name: money(values[order]) for name, values in columns.items()},
    }


def invoice_table(company: Company, book: Book) -> Columns:
    """One invoice per running contract and month; most are paid within the month."""
    rng = company.rng("invoices")
    months = np.arange(MONTHS)
    row, at = np.nonzero(book.closing[:, YEAR:] > 0)
    order = np.lexsort((book.account[row], at))
    row, at = row[order], at[order]
    count = len(row)
    issued = month_start(months[at]) + 1
    paid = issued + np.minimum(rng.gamma(3.0, 7.0, count), 95).astype(np.int64)
    settled = company.known(paid)
    late = (company.last_day - issued).astype(np.int64) > 30
    columns: Columns = {
        "invoice_id": ids("INV-", np.arange(1, count + 1), 6),
        "account_id": account_ids(book.account[row]),
        "issued_on": issued,
        "due_on": issued + 30,
        "paid_on": company.happened(paid),
        "status": words(("paid", "open", "overdue"), np.where(settled, 0, np.where(late, 2, 1))),
        "amount": book.closing[:, YEAR:][row, at],
        "currency": words(("GBP",), np.zeros(count, dtype=np.int64)),
        "days_to_pay": present((paid - issued).astype(np.int64), settled),
        "billing_team": spelled(rng, np.full(count, 6)),
    }
    return cut(columns, company.known(issued))
