"""Leads, what became of them, and the touches that teams had with them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from sameboat.demo.advocacy import Outreach
from sameboat.demo.chance import (
    Flags,
    Floats,
    Ints,
    chosen,
    means,
    medians,
    routine,
    settled,
    whole,
)
from sameboat.demo.company import (
    CORE,
    FIRST_WEEK,
    HORIZON,
    REGION_SHARE,
    REGIONS,
    SHOWN_WEEKS,
    WINDOW_DAYS,
    Columns,
    Company,
    Dates,
    account_ids,
    cut,
    ids,
    moment,
    near_misses,
    people,
    spelled,
    week_of,
    weeks_of,
    words,
)
from sameboat.demo.truths import FUNDED_ON, TRUTHS

SOURCES = ("paid social", "referral", "partner", "events", "organic search", "outbound")
A_WEEK = np.array((206.0, 120.0, 160.0, 140.0, 380.0, 210.0))
VARIETY = np.array((0.05, 0.03, 0.05, 0.05, 0.03, 0.05))
RIGHT_FIT = np.array((0.09, 0.62, 0.48, 0.40, 0.33, 0.22))
SMALL = np.array((0.78, 0.40, 0.35, 0.40, 0.42, 0.38))
"""Share of operators with fewer than five vessels, per source."""

FIT_OF_SMALL = np.array((0.45, 0.85, 0.85, 0.85, 0.85, 0.85))
"""How often a small operator fits, relative to its source."""

PAID, REFERRAL = SOURCES.index("paid social"), SOURCES.index("referral")
PRODUCTS = ("sailings", "berths", "ticketing")
WEEKDAYS = (0.19, 0.19, 0.18, 0.17, 0.07, 0.05, 0.15)
"""When leads arrive within a window week, which runs from Tuesday to Monday."""

FIRST_CREATED = FIRST_WEEK - WINDOW_DAYS
"""The first leads: their 90 days end in the first week."""

WINDOW_WEEKS_BACK = WINDOW_DAYS // 7 + 1
"""Leads whose window ends in a week were created in the week that lies so many weeks back."""

WINDOW_WEEKS = int((HORIZON - FIRST_CREATED).astype(int)) // 7 + 1

TOUCHING = (0.90, 0.80, 0.28, 0.10, 0.22, 0.03)
"""How often each team touches a lead that tries the product."""

REPLY_WITHIN_HOUR = 0.64
LATER_SPREAD = 0.0011
"""How much conversion strays from week to week after those that the October board shows."""

CHANNELS = ("e-mail", "call", "demo", "webinar", "chat")


@dataclass(frozen=True)
class Leads:
    """Every lead with what will become of it; one array element per lead, oldest first."""

    week: Ints  # of the day on which its window ends
    created: Dates
    source: Ints
    region: Ints
    product: Ints
    vessels: Ints
    right_fit: Flags
    setup: Flags
    won: Flags
    helped: Flags  # won only because the advocacy campaign was funded
    signed: Dates  # NaT when never
    touched: Flags  # leads × teams

    @property
    def tried(self) -> Ints:
        """Positions of the leads that finished the trial set-up: they became opportunities."""
        return np.flatnonzero(self.setup)


def leads(company: Company, outreach: Outreach) -> Leads:
    """All leads whose window can end on the board."""
    rng = company.rng("leads")
    week, source, extra = _arrivals(rng, outreach)
    created = FIRST_CREATED + 7 * week + rng.choice(7, len(week), p=WEEKDAYS)
    order = np.lexsort((source, created))
    week, source, extra, created = week[order], source[order], extra[order], created[order]
    vessels = _vessels(rng, source, extra)
    right_fit = _right_fit(rng, week, source, vessels)
    setup = _setup(rng, week, created, right_fit)
    touched = rng.random((len(week), CORE)) < np.array(TOUCHING)
    touched &= setup[:, None]
    won = _won(company, rng, outreach, week, setup, touched)
    lag = _days_to_sign(rng, created, won)
    signed = np.where(won, created + lag, np.datetime64("NaT", "D"))
    helped, on = _helped(company, week, created, setup & ~won)
    return Leads(
        week=week,
        created=created,
        source=source,
        region=rng.choice(len(REGIONS), len(week), p=REGION_SHARE),
        product=rng.choice(len(PRODUCTS), len(week), p=(0.5, 0.3, 0.2)),
        vessels=vessels,
        right_fit=right_fit,
        setup=setup,
        won=won | helped,
        helped=helped,
        signed=np.where(helped, on, signed),
        touched=touched,
    )


def _arrivals(rng: np.random.Generator, outreach: Outreach) -> tuple[Ints, Ints, Flags]:
    """Window week, source and whether each lead is one of paid social's extra ones."""
    weeks = np.arange(WINDOW_WEEKS)
    created_week = weeks - WINDOW_WEEKS_BACK  # the calendar week that holds most of them
    truth = TRUTHS.advocacy
    nominated = outreach.nominations_in(created_week - truth.lag_weeks)
    more = np.zeros((WINDOW_WEEKS, len(SOURCES)))
    more[:, REFERRAL] = truth.leads_per_nomination * (nominated - truth.nominations_a_week)
    first = week_of(TRUTHS.conversion.first_week)
    counts = settled(
        lambda: np.maximum(whole(A_WEEK * (1 + VARIETY * rng.normal(size=more.shape)) + more), 20),
        lambda volume: volume[:first].sum(axis=1).astype(np.float64),
    )
    extra = np.zeros(WINDOW_WEEKS, dtype=np.int64)
    aim = np.array(TRUTHS.conversion.leads_a_week)
    ramp = np.concatenate((aim, np.full(WINDOW_WEEKS - first - len(aim), aim[-1])))
    extra[first:] = np.maximum(ramp - counts[first:].sum(axis=1), 0)
    later = np.arange(first + len(aim), WINDOW_WEEKS)
    usual = aim[-1] - A_WEEK.sum()
    extra[later] = np.maximum(whole(usual + rng.normal(0, 18, len(later))), 0)
    week = np.concatenate((np.repeat(np.repeat(weeks, 6), counts.ravel()), np.repeat(weeks, extra)))
    source = np.concatenate(
        (np.repeat(np.tile(np.arange(6), WINDOW_WEEKS), counts.ravel()), np.full(extra.sum(), PAID))
    )
    return week, source, np.arange(len(week)) >= counts.sum()


def _vessels(rng: np.random.Generator, source: Ints, extra: Flags) -> Ints:
    limit = TRUTHS.conversion.small_vessels
    small_share = np.where(extra, TRUTHS.conversion.small_share_of_extra, SMALL[source])
    small = rng.random(len(source)) < small_share
    few = rng.integers(1, limit, len(source))
    many = limit + rng.geometric(0.13, len(source)) - 1
    return np.where(small, few, np.minimum(many, 80))


def _right_fit(rng: np.random.Generator, week: Ints, source: Ints, vessels: Ints) -> Flags:
    small, fits = SMALL[source], RIGHT_FIT[source]
    of_small = fits * FIT_OF_SMALL[source]
    of_large = (fits - small * of_small) / (1 - small)  # so that the source keeps its share
    few = vessels < TRUTHS.conversion.small_vessels
    chance = np.where(few, of_small, of_large)
    before = week_of(TRUTHS.conversion.first_week)
    return settled(
        lambda: np.asarray(rng.random(len(source)) < chance),
        lambda fits: means(week, fits, before),
    )


def _setup(rng: np.random.Generator, week: Ints, created: Dates, right_fit: Flags) -> Flags:
    """Which right-fit leads finish their trial set-up; the wizard helps those it was offered to."""
    truth = TRUTHS.wizard
    offered = created >= np.datetime64(truth.offered_from)
    chance = np.where(offered, truth.setup_after, truth.setup_before)[right_fit]
    week, wizard = week[right_fit], week_of(truth.released_on)
    finished = settled(
        lambda: np.asarray(rng.random(len(chance)) < chance),
        lambda done: means(week, done, wizard),
        lambda done: means(week - wizard, done, SHOWN_WEEKS - wizard),
    )
    setup = np.zeros(len(right_fit), dtype=bool)
    setup[right_fit] = finished
    return setup


def _won(
    company: Company,
    rng: np.random.Generator,
    outreach: Outreach,
    week: Ints,
    setup: Flags,
    touched: Flags,
) -> Flags:
    """Exactly as many customers per window week as the conversion that is planted there."""
    sizes = np.bincount(week, minlength=WINDOW_WEEKS)
    rate = _conversion(rng, outreach)
    truth = TRUTHS.conversion
    first = week_of(truth.first_week)
    last = first + truth.weeks
    rate[last:] += company.rng("winter").normal(0, LATER_SPREAD, WINDOW_WEEKS - last)
    customers = whole(rate * sizes)
    customers[first:last] = truth.customers_a_week
    tried = np.flatnonzero(setup)
    by = touched[tried]
    pull = by @ np.array(TRUTHS.together.pull)
    pull += TRUTHS.together.together * by[:, TRUTHS.together.teams].all(axis=1)
    won = np.zeros(len(week), dtype=bool)
    won[tried] = chosen(rng, week[tried], customers, pull)
    return won


def _conversion(rng: np.random.Generator, outreach: Outreach) -> Floats:
    """Conversion per window week: two routine phases, then the fall, then what comes after."""
    wizard, fall = week_of(TRUTHS.wizard.released_on), week_of(TRUTHS.conversion.first_week)
    coupled = week_of(TRUTHS.posts.coupled_until)
    posts = outreach.post_noise_in(np.arange(fall) - TRUTHS.posts.lag_weeks)
    posts[coupled:] = rng.normal(size=fall - coupled)  # the link is gone: any noise does
    coupling = TRUTHS.posts.coupling
    rate = np.full(WINDOW_WEEKS, TRUTHS.conversion.latest)
    first, second = slice(0, wizard), slice(wizard, fall)
    rate[first] = TRUTHS.wizard.centre_before + routine(
        rng, wizard, 0.0020, like=_standard(posts[first]), coupling=coupling
    )
    rate[second] = TRUTHS.wizard.centre_after + routine(
        rng,
        fall - wizard,
        0.0026,
        like=_standard(posts[second]),
        coupling=coupling,
        ends=(0.0009,),
        then=_fall(),
    )
    campaign, after = TRUTHS.campaign, np.arange(WINDOW_WEEKS)
    rate += np.where(after >= week_of(campaign.until), campaign.effect, 0.0)
    rate += np.where(after > fall + 8, campaign.without - TRUTHS.conversion.latest, 0.0)
    return rate


def _helped(company: Company, week: Ints, created: Dates, undecided: Flags) -> tuple[Flags, Dates]:
    """Leads that advocates bring round while they try the product, and when those sign.

    They come on top of the leads that are won anyway and sign after the funding, so that a
    company that never funds the campaign has the same other customers.
    """
    rng = company.rng("campaign")
    truth = TRUTHS.campaign
    first, end = week_of(truth.first_week), week_of(truth.until)
    sizes = np.bincount(week, minlength=WINDOW_WEEKS)
    more = np.where(np.arange(WINDOW_WEEKS) < first, 0, whole(truth.effect * sizes))
    more[end:] = 0
    helped = np.zeros(len(week), dtype=bool)
    open_ones = np.flatnonzero(undecided)
    helped[open_ones] = chosen(rng, week[open_ones], more)
    ends = created + WINDOW_DAYS
    soonest = np.maximum(created + 6, np.maximum(ends - 30, np.datetime64(FUNDED_ON) + 7))
    room = np.maximum((ends - soonest).astype(np.int64), 0)
    return helped, soonest + (rng.random(len(week)) * (room + 1)).astype(np.int64)


def _fall() -> list[float]:
    truth = TRUTHS.conversion
    planted = zip(truth.customers_a_week, truth.leads_a_week, strict=True)
    return [customers / leads - truth.centre_before for customers, leads in planted]


def _days_to_sign(rng: np.random.Generator, created: Dates, won: Flags) -> Ints:
    """Days from a lead to its signature, within the window; routine by week of signature."""
    start = created[won]
    return settled(
        lambda: (6 + 83 * rng.beta(2.3, 2.3, len(created))).astype(np.int64),
        lambda lag: medians(weeks_of(start + lag[won]), lag[won], SHOWN_WEEKS),
    )


def _standard(values: Floats) -> Floats:
    return np.asarray((values - values.mean()) / values.std())


def lead_table(company: Company, leads: Leads, account: Ints) -> Columns:
    """The lead export of the CRM; `account` is the number of each lead's account, 0 for none."""
    rng = company.rng("lead table")
    count = len(leads.created)
    ends = leads.created + WINDOW_DAYS
    signed = company.happened(leads.signed)
    has_signed = ~np.isnat(signed)
    owner, _ = people(rng, count)
    contact, mail = people(rng, count)
    columns: Columns = {
        "lead_id": ids("L-", np.arange(1, count + 1), 6),
        "created_at": moment(rng, leads.created),
        "source": words(SOURCES, leads.source),
        "region": words(REGIONS, leads.region),
        "product_interest": words(PRODUCTS, leads.product),
        "vessels": leads.vessels,
        "vessel_band": vessel_bands(leads.vessels),
        "right_fit": leads.right_fit,
        "trial_setup_finished": leads.setup,
        "first_reply_minutes": _reply_minutes(rng, leads),
        "window_ends_on": ends,
        "window_closed": company.known(ends),
        "converted_within_90d": has_signed,
        "signed_on": signed,
        "account_id": account_ids(account, present=has_signed),
        "owner_team": spelled(rng, rng.choice((0, 1, 1), count)),
        "owner_name": owner,
        "contact_name": contact,
        "contact_email": mail,
    }
    return cut(columns, company.known(leads.created))


def vessel_bands(vessels: Ints) -> pa.Array:
    """The size of an operator by its vessels, as the CRM writes it."""
    bands = ("fewer than 5", "5 to 19", "20 and more")
    return words(bands, np.searchsorted((5, 20), vessels, side="right"))


def _reply_minutes(rng: np.random.Generator, leads: Leads) -> Ints:
    count, created = len(leads.created), weeks_of(leads.created)
    quick = settled(
        lambda: np.asarray(rng.random(count) < REPLY_WITHIN_HOUR),
        lambda within: means(leads.week, within, SHOWN_WEEKS),
        lambda within: means(created, within, SHOWN_WEEKS),
    )
    slow = 61 + rng.exponential(260, count)
    return np.where(quick, rng.integers(2, 60, count), slow.astype(np.int64))


def touch_table(company: Company, leads: Leads) -> Columns:
    """Every touch of a team with a lead that tried the product."""
    rng = company.rng("touches")
    lead, team = np.nonzero(leads.touched)
    again = rng.poisson(0.35, len(lead)) + 1
    lead, team = np.repeat(lead, again), np.repeat(team, again)
    signed = leads.signed[lead]
    room = np.where(np.isnat(signed), 60, (signed - leads.created[lead]).astype(np.int64))
    day = leads.created[lead] + (rng.random(len(lead)) * np.maximum(room, 1)).astype(np.int64)
    order = np.argsort(day, kind="stable")
    lead, team, day = lead[order], team[order], day[order]
    columns: Columns = {
        "touch_id": ids("T-", np.arange(1, len(day) + 1), 6),
        "lead_id": near_misses(ids("L-", lead + 1, 6), rng.random(len(day)) < 0.003),
        "touched_on": day,
        "touch_team": spelled(rng, team),
        "channel": words(CHANNELS, rng.integers(0, len(CHANNELS), len(day))),
    }
    return cut(columns, company.known(day))
