"""What is true in Harbourline because it was planted: the one place that data and tests share.

Each truth is a sentence that a reader could say, with the numbers and days that make it so.
The generator builds the tables from them; tests find them again in the tables with SQL of
their own. Whatever is not listed here is routine variation.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

FIRST_WEEK = date(2024, 10, 28)
"""Monday of the first week that the board can show."""

UNTIL = date(2026, 10, 25)
"""The last day of the exports, a Sunday."""

NOW = datetime(2026, 10, 26, 6, 10)
"""When the demo is opened, in London and in UTC: Monday morning after the nightly loads."""

LOADED_AT = datetime(2026, 10, 26, 5, 52)
"""When last night's loads ended, in UTC."""

FUNDED_ON = date(2026, 10, 30)
"""The day of the open decision; exports past it show the advocacy campaign at work."""

LATER_UNTIL = date(2027, 1, 17)
"""The last day of the exports of twelve weeks later, a Sunday."""

LATER_NOW = datetime(2027, 1, 18, 6, 10)
"""When the demo is opened twelve weeks later, in London and in UTC."""


@dataclass(frozen=True)
class ConversionFalls:
    """(a) More leads, the same number of customers: the mix of leads moved."""

    sentence: str = (
        "Leads rise by about 38 % since paid social tripled in June 2026, while new customers stay "
        "flat: conversion falls from 5.3 % to 4.1 % and stays under its centre for 8 weeks."
    )
    spend_from: date = date(2026, 6, 2)
    spend_factor: float = 3.0
    first_week: date = date(2026, 8, 31)  # the first 90 days of its leads end here
    weeks: int = 8
    leads_rise: float = 0.38
    centre_before: float = 0.0532
    latest: float = 0.041
    customers_a_week: tuple[int, ...] = (64, 68, 63, 69, 65, 69, 63, 69)
    leads_a_week: tuple[int, ...] = (1560, 1650, 1705, 1720, 1710, 1715, 1695, 1680)
    source: str = "paid social"
    small_vessels: int = 5  # fewer than this many vessels is a small operator
    small_share_of_extra: float = 0.82
    right_fit_before: float = 0.327
    right_fit_after: float = 0.26


@dataclass(frozen=True)
class WizardLifts:
    """(a) The phase before: the trial wizard lifted conversion for good."""

    sentence: str = (
        "The trial wizard lifts conversion from 4.5 % to 5.3 % from July 2025 on: more right-fit "
        "leads finish their trial set-up."
    )
    released_on: date = date(2025, 7, 7)
    offered_from: date = date(2025, 4, 8)  # new leads met it 90 days before
    centre_before: float = 0.0454
    centre_after: float = 0.0532
    setup_before: float = 0.398
    setup_after: float = 0.462


@dataclass(frozen=True)
class DiscountsChurn:
    """(b) Discounts bring customers who leave in month 11."""

    sentence: str = (
        "Nearly half of the deals closed in 2025 with a discount over 20 % leave in month 11; of "
        "the others, fewer than one in fifty does."
    )
    over: float = 0.20
    closed_in: int = 2025
    month: int = 11
    leave: float = 0.50
    at_least: float = 0.35  # what remains visible after upgrades and earlier leavers
    others_at_most: float = 0.02
    share_of_deals: float = 0.18


@dataclass(frozen=True)
class AdvocacyLeads:
    """(c) Advocacy pays, six weeks later."""

    sentence: str = (
        "Nominations by advocates lead referral leads by six weeks, about two leads for each."
    )
    lag_weeks: int = 6
    leads_per_nomination: float = 2.0
    nominations_a_week: float = 30.0


@dataclass(frozen=True)
class TicketsDouble:
    """(d) Twice the tickets, the same time to market."""

    sentence: str = (
        "Tickets double over 24 months while the median time to market stays near 74 days."
    )
    factor: float = 2.0
    tickets_a_week: float = 150.0
    median_days: float = 74.0
    latest_days: float = 74.0
    latest_releases: int = 23


@dataclass(frozen=True)
class DipIsNoise:
    """(e) An alarming dip that means nothing."""

    sentence: str = "September's NPS falls by nine points from August, and is inside its limits."
    month: date = date(2026, 9, 1)  # the last whole month on the board
    before: float = 40.0
    latest: float = 31.0
    responses: int = 212
    centre: float = 37.0


@dataclass(frozen=True)
class SupportOverloaded:
    """(f) One team has more work than hours."""

    sentence: str = (
        "Support is used to over 95 % of its hours each month from June 2026 on, and the wait for "
        "a first response has more than doubled since 2024."
    )
    team: str = "support"
    over: float = 0.95
    first_month: date = date(2026, 6, 1)
    waiting_factor: float = 2.0


@dataclass(frozen=True)
class PlannerLifts:
    """(g) A shipped feature that people use."""

    sentence: str = (
        "Weekly active accounts rise for nine weeks since the berth planner shipped on "
        "24 August 2026: from 62.4 % to 68.4 %."
    )
    shipped_on: date = date(2026, 8, 24)
    weeks: int = 9
    centre_before: float = 0.624
    path: tuple[float, ...] = (0.639, 0.645, 0.651, 0.656, 0.662, 0.667, 0.673, 0.679, 0.684)
    latest: float = 0.684
    accounts: int = 1184


@dataclass(frozen=True)
class ClosuresMissing:
    """(h) A source that stopped."""

    sentence: str = (
        "Project closures stopped loading on 23 October; the limit is three days, so cross-team "
        "project success is stale on Monday 26 October and not judged."
    )
    table: str = "projects"
    loaded_at: datetime = datetime(2026, 10, 23, 5, 12)
    closed_until: date = date(2026, 10, 22)
    latest: float = 0.71
    closed: int = 38
    centre: float = 0.70


@dataclass(frozen=True)
class PostsDecouple:
    """(i) A lever that moves without its KPI."""

    sentence: str = (
        "Posts published led conversion by 13 weeks in the first year; since November 2025 they "
        "doubled and conversion no longer follows."
    )
    coupled_until: date = date(2025, 10, 27)
    lag_weeks: int = 13
    posts_a_week: float = 20.0
    factor: float = 2.2
    coupling: float = 0.85


@dataclass(frozen=True)
class TogetherWins:
    """(j) Two teams achieve more together than the sum of both."""

    sentence: str = (
        "Leads that both Marketing and Customer Success touched are won more often than the two "
        "touches alone would add up to."
    )
    pull: tuple[float, ...] = (0.30, 0.45, 0.25, 0.05, 0.15, 0.0)  # log odds per team's touch
    teams: tuple[int, int] = (0, 2)
    together: float = 0.5


@dataclass(frozen=True)
class HandOffsCost:
    """(k) Projects fail at hand-offs."""

    sentence: str = (
        "Of cross-team projects with up to two hand-offs nearly nine in ten meet their goal; with "
        "six or more, fewer than half."
    )
    chance: tuple[float, ...] = (0.92, 0.90, 0.86, 0.77, 0.63, 0.48, 0.38, 0.30)  # by hand-offs


@dataclass(frozen=True)
class OnboardingFaster:
    """(l) An experiment that worked."""

    sentence: str = (
        "In the experiment of autumn 2025 the new onboarding took about six days less than the old."
    )
    started: date = date(2025, 9, 1)
    stopped: date = date(2025, 12, 15)
    days: float = 6.0


@dataclass(frozen=True)
class SupportTires:
    """(m) What overload does to a team."""

    sentence: str = (
        "In the culture pulse support's answers fall by about half a point in two years; no other "
        "team's do."
    )
    a_quarter: float = 0.06


@dataclass(frozen=True)
class CampaignPays:
    """(n) What the decision of October did, by the exports of twelve weeks later."""

    sentence: str = (
        "The advocacy campaign funded on 30 October lifts conversion by 0.45 points from the week "
        "of 7 December 2026 on: less than the 0.50 predicted, well inside the predicted range."
    )
    first_week: date = date(2026, 12, 7)  # six weeks after the funding
    effect: float = 0.0045
    without: float = 0.042  # what the weeks from then on would have shown
    until: date = date(2027, 3, 15)  # from here on the campaign's own leads have had their 90 days
    nominations_factor: float = 1.6


@dataclass(frozen=True)
class LateAndRestated:
    """(o) What the exports of twelve weeks later say otherwise about the time before."""

    sentence: str = (
        "26 leads of a fair in July are entered in November, nine paper answers to September's "
        "survey in December, and six discounts of October are corrected from 0 to 25 % in November."
    )
    leads: int = 26
    leads_created: date = date(2026, 7, 16)  # their 90 days end in the week of 12 October
    leads_known: date = date(2026, 11, 9)
    answers: tuple[int, ...] = (6, 6, 5, 9, 8, 7, 6, 4, 9)
    answers_on: date = date(2026, 9, 24)
    answers_known: date = date(2026, 12, 3)
    discounts: int = 6
    discount: float = 0.25
    discounts_closed: tuple[date, date] = (date(2026, 10, 1), date(2026, 10, 20))
    discounts_known: date = date(2026, 11, 16)


@dataclass(frozen=True)
class Truths:
    """Every planted truth of the demo company."""

    conversion: ConversionFalls = field(default_factory=ConversionFalls)
    wizard: WizardLifts = field(default_factory=WizardLifts)
    discounts: DiscountsChurn = field(default_factory=DiscountsChurn)
    advocacy: AdvocacyLeads = field(default_factory=AdvocacyLeads)
    tickets: TicketsDouble = field(default_factory=TicketsDouble)
    dip: DipIsNoise = field(default_factory=DipIsNoise)
    support: SupportOverloaded = field(default_factory=SupportOverloaded)
    planner: PlannerLifts = field(default_factory=PlannerLifts)
    closures: ClosuresMissing = field(default_factory=ClosuresMissing)
    posts: PostsDecouple = field(default_factory=PostsDecouple)
    together: TogetherWins = field(default_factory=TogetherWins)
    hand_offs: HandOffsCost = field(default_factory=HandOffsCost)
    onboarding: OnboardingFaster = field(default_factory=OnboardingFaster)
    pulse: SupportTires = field(default_factory=SupportTires)
    campaign: CampaignPays = field(default_factory=CampaignPays)
    late: LateAndRestated = field(default_factory=LateAndRestated)

    @property
    def sentences(self) -> tuple[str, ...]:
        """Each truth as a reader would say it, in the order of the tour."""
        parts = (getattr(self, name).sentence for name in self.__dataclass_fields__)
        return tuple(str(sentence) for sentence in parts)


BREACHES = (
    ("past-review", "work_started_per_team"),
    ("past-review", "posts_published"),
)
"""What the files of Harbourline break of the principles: rule, and whom it names. No more."""

RECORDED_BREACHES = (
    ("target-inside-noise", "net_promoter_score"),
    ("decoupled-metric", "leads_created"),
    ("decoupled-metric", "resolved_tickets"),
    ("decoupled-metric", "posts_published"),
)
"""What its record shows besides, once it is refreshed.

NPS swings by more than its target asks. Leads, tickets and posts (truths a, d and i) rise while the
KPIs of their teams do not follow.
"""

TRUTHS = Truths()
"""The planted truths that generator and tests use."""
