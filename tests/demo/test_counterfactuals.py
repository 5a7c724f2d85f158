"""A truth is found where it was planted and is gone where it was not.

Each statistic is hand-written SQL over the raw tables. It is asked of the company as it is, of
one in which nothing was planted, and (in the slow lane) of one that lacks this truth alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from sameboat.demo import surveys
from sameboat.demo.company import Company
from sameboat.demo.truths import LATER_UNTIL, TRUTHS, UNTIL
from tests.demo.conftest import Ask, asking
from tests.demo.untold import SWITCHES, make, slope

Statistic = Callable[[Ask], float]


SHARED = frozenset({"conversion", "wizard", "posts", "tickets"})
"""Truths that others are told through: without one of these the figures of others move too."""


@dataclass(frozen=True)
class Truth:
    """What a truth shows, in which range where it is planted, and in which where it is not."""

    switch: str
    statistic: Statistic
    planted: tuple[float, float]
    gone: tuple[float, float]


def one(sql: str) -> Statistic:
    """A statistic that one query gives whole."""

    def asked(ask: Ask) -> float:
        [(value,)] = ask(sql)
        return float(value)

    return asked


def lag_gain(ask: Ask) -> float:
    """The correlation of referral leads with nominations six weeks before, above other lags'."""
    nominated = dict(
        ask("select date_trunc('week', nominated_on)::date, count(*) from nominations group by 1")
    )
    rows = ask(
        "select date_trunc('week', created_at)::date, count(*) from leads where source = 'referral'"
        " and created_at >= '2024-10-28' group by 1 order by 1"
    )
    days = np.array([day for day, _ in rows], dtype="datetime64[D]")
    leads = np.array([count for _, count in rows], dtype=float)
    found = {
        lag: np.corrcoef([nominated[day.astype(object)] for day in days - 7 * lag], leads)[0, 1]
        for lag in range(13)
    }
    six = found.pop(TRUTHS.advocacy.lag_weeks)
    return float(six - max(found.values()))


def planner_rise(ask: Ask) -> float:
    rows = ask(
        "select avg((active_days > 0)::int) from account_weeks where week >= date '2026-08-24' "
        "group by week order by week"
    )
    return slope([value for (value,) in rows])


def posts_lead(ask: Ask) -> float:
    """The correlation of conversion with posts 13 weeks before, in the first year."""
    rows = ask(
        "with p as (select date_trunc('week', published_on) as week, count(*) as posts from posts "
        "group by 1), c as (select date_trunc('week', window_ends_on) as week, "
        "avg(converted_within_90d::int) as rate from leads where window_closed "
        "and window_ends_on < date '2025-07-07' group by 1) "
        "select corr(rate, posts) from c join p on c.week = p.week + interval 91 day"
    )
    return float(rows[0][0])


TOGETHER = (
    "with t as (select lead_id, bool_or(touch_team in ('Mktg', 'Marketing', 'marketing')) as m, "
    "bool_or(touch_team in ('CS', 'Customer Success', 'Cust. Success')) as c "
    "from touches group by 1), w as (select m, c, avg(converted_within_90d::int) as won "
    "from t join leads using (lead_id) where window_closed group by 1, 2), "
    "o as (select m, c, ln(won / (1 - won)) as odds from w) "
    "select max(odds) filter (m and c) - max(odds) filter (m and not c) "
    "- max(odds) filter (c and not m) + max(odds) filter (not m and not c) from o"
)

OF_CONVERSION = (
    "select avg(case when window_ends_on >= date '2026-08-31' then converted_within_90d::int end) "
    "- avg(case when window_ends_on < date '2026-08-31' then converted_within_90d::int end) "
    "from leads where window_closed and window_ends_on >= date '2026-03-02'"
)

TRUTHS_FOUND = {
    "leads rise": Truth(
        "conversion",
        one(
            "select count(*) filter (window_ends_on >= date '2026-08-31') / "
            "count(*) filter (window_ends_on < date '2026-08-31') from leads where window_closed "
            "and window_ends_on >= date '2026-07-06'"
        ),
        (1.33, 1.43),
        (0.90, 1.10),
    ),
    "conversion falls meanwhile": Truth(
        "conversion", one(OF_CONVERSION), (-0.016, -0.010), (-0.003, 0.009)
    ),
    "the wizard lifts conversion": Truth(
        "wizard",
        one(
            "select avg(converted_within_90d::int) filter (window_ends_on >= date '2025-07-07') "
            "- avg(converted_within_90d::int) filter (window_ends_on < date '2025-07-07') "
            "from leads where window_closed and window_ends_on < date '2026-08-31'"
        ),
        (0.007, 0.009),
        (-0.002, 0.002),
    ),
    "discounts cause churn in month 11": Truth(
        "discounts",
        one(
            "select avg(coalesce(date_diff('month', close_date, cancelled_on) = 11, false)::int) "
            "from opportunities join accounts using (account_id) where stage = 'Won' "
            "and discount_pct > 0.2 and close_date between '2025-01-01' and '2025-11-20'"
        ),
        (0.35, 0.6),
        (0.0, 0.05),
    ),
    "in month 11 and in no month near it": Truth(
        "discounts",
        one(
            "with d as (select date_diff('month', close_date, cancelled_on) as after "
            "from opportunities join accounts using (account_id) where stage = 'Won' "
            "and discount_pct > 0.2 and close_date between '2025-01-01' and '2025-11-20') "
            "select count(*) filter (after = 11) / greatest(1, max(n)) from d, "
            "(select max(n) as n from (select count(*) as n from d where after between 5 and 10 "
            "group by after))"
        ),
        (8.0, 1000.0),
        (0.0, 2.5),
    ),
    "advocacy pays with a lag of six weeks": Truth("advocacy", lag_gain, (0.35, 1.0), (-1.0, 0.1)),
    "tickets double": Truth(
        "tickets",
        one(
            "select count(*) filter (opened_at >= '2026-07-27') / "
            "count(*) filter (opened_at < '2025-01-27') from tickets"
        ),
        (1.9, 2.1),
        (0.9, 1.1),
    ),
    "one team is overloaded": Truth(
        "support",
        one(
            "select min(used) from (select sum(worked_minutes) / sum(available_minutes) as used "
            "from team_weeks where team in ('Support', 'support', 'Service Desk') "
            "and week >= date '2026-06-01' group by date_trunc('month', week))"
        ),
        (0.95, 1.0),
        (0.7, 0.85),
    ),
    "its customers wait": Truth(
        "support",
        one(
            "select median(first_response_hours) filter (opened_at >= '2026-07-01') / "
            "median(first_response_hours) filter (opened_at < '2025-01-01') from tickets"
        ),
        (2.0, 5.0),
        (0.85, 1.15),
    ),
    "the berth planner is used": Truth("planner", planner_rise, (0.035, 0.06), (-0.005, 0.005)),
    "posts led conversion once": Truth("posts", posts_lead, (0.5, 1.0), (-0.45, 0.45)),
    "two teams win more together": Truth("together", one(TOGETHER), (0.2, 1.2), (-0.35, 0.17)),
    "hand-offs cost goals": Truth(
        "hand_offs",
        one(
            "select avg(met_goal::int) filter (hand_offs <= 2) - "
            "avg(met_goal::int) filter (hand_offs >= 6) from projects "
            "where status = 'Closed' and teams_involved >= 2"
        ),
        (0.3, 0.7),
        (-0.12, 0.12),
    ),
    "the new onboarding is faster": Truth(
        "onboarding",
        one(
            "select avg(onboarding_days) filter (variant = 'old') - "
            "avg(onboarding_days) filter (variant = 'new') from assignments "
            "join onboardings using (account_id) where kick_off_on = assigned_on"
        ),
        (3.0, 10.0),
        (-3.5, 2.9),
    ),
    "support tires": Truth(
        "pulse",
        one(
            "select avg(score) filter (wave < '2025-03-01') - "
            "avg(score) filter (wave >= '2026-06-01') from pulse_answers "
            "where team in ('Support', 'support', 'Service Desk')"
        ),
        (0.2, 0.6),
        (-0.15, 0.15),
    ),
    "the campaign brings nominations": Truth(
        "campaign",
        one(
            "select (count(*) filter (nominated_on >= date '2026-11-02') / 11) / "
            "(count(*) filter (nominated_on < date '2026-10-26') / 12) from nominations "
            "where nominated_on >= date '2026-08-03'"
        ),
        (1.45, 1.8),
        (0.85, 1.15),
    ),
    "the campaign lifts conversion": Truth(
        "campaign",
        one(
            "select avg(converted_within_90d::int) filter (window_ends_on >= date '2026-12-07') "
            "- avg(converted_within_90d::int) filter (window_ends_on < date '2026-12-07') "
            "from leads where window_closed and window_ends_on >= date '2026-11-02'"
        ),
        (0.003, 0.006),
        (-0.0015, 0.0015),
    ),
}


@pytest.fixture(scope="module")
def planted(ask: Ask, january_tables: Path) -> Iterator[dict[bool, Ask]]:
    """The company as it is, in October and twelve weeks later."""
    with asking(january_tables) as later:
        yield {False: ask, True: later}


@pytest.fixture(scope="module")
def nothing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[bool, Ask]]:
    """The company in which nothing was planted, on both days."""
    with pytest.MonkeyPatch.context() as patch:
        october = make(tmp_path_factory.mktemp("october"), patch, *SWITCHES)
        january = make(tmp_path_factory.mktemp("january"), patch, *SWITCHES, until=LATER_UNTIL)
    with asking(october) as now, asking(january) as later:
        yield {False: now, True: later}


@pytest.mark.parametrize("name", TRUTHS_FOUND)
def test_it_is_there_because_it_was_planted(
    planted: dict[bool, Ask], nothing: dict[bool, Ask], name: str
) -> None:
    truth = TRUTHS_FOUND[name]
    later = truth.switch == "campaign"
    found, gone = truth.statistic(planted[later]), truth.statistic(nothing[later])
    assert truth.planted[0] <= found <= truth.planted[1]
    assert truth.gone[0] <= gone <= truth.gone[1]
    assert truth.gone[1] < truth.planted[0] or truth.planted[1] < truth.gone[0]


def test_every_truth_that_can_be_switched_off_is_asked_for() -> None:
    assert {truth.switch for truth in TRUTHS_FOUND.values()} == set(SWITCHES)


def test_time_to_market_is_flat_whether_or_not_tickets_double(
    planted: dict[bool, Ask], nothing: dict[bool, Ask]
) -> None:
    """The busy number and the one that counts have nothing to do with each other."""
    for ask in (planted[False], nothing[False]):
        rows = ask(
            "select median(lead_days) from releases where released_on < date '2026-10-01' "
            "group by date_trunc('month', released_on) order by min(released_on)"
        )
        assert abs(slope([value for (value,) in rows])) < 4


def test_a_real_fall_cannot_be_told_as_noise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dip is noise by construction: one that a chart would call is refused by the generator."""
    fallen = replace(TRUTHS, dip=replace(TRUTHS.dip, latest=10.0))
    monkeypatch.setattr(surveys, "TRUTHS", fallen)
    monkeypatch.setattr("sameboat.demo.chance.PATIENCE", 300)
    with pytest.raises(ValueError, match="no quiet series"):
        surveys._nps_scores(Company(1, TRUTHS.conversion.first_week).rng("survey responses"))


@pytest.mark.slow
@pytest.mark.parametrize("switch", SWITCHES)
def test_without_it_alone_it_alone_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, switch: str
) -> None:
    """Every statistic of the one truth is gone, and those of the others are where they were."""
    until = LATER_UNTIL if switch == "campaign" else UNTIL
    folder = make(tmp_path, monkeypatch, switch, until=until)
    with asking(folder) as ask:
        for name, truth in TRUTHS_FOUND.items():
            if truth.switch == switch:
                assert truth.gone[0] <= truth.statistic(ask) <= truth.gone[1], name
            elif until == UNTIL and truth.switch != "campaign" and switch not in SHARED:
                assert truth.planted[0] <= truth.statistic(ask) <= truth.planted[1], name
