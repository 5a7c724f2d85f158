"""Each planted truth is found again in the raw tables, by SQL of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sameboat.demo.truths import LOADED_AT, NOW, TRUTHS

Ask = Callable[[str], list[tuple[Any, ...]]]

CONVERSION = (
    "select date_trunc('week', window_ends_on)::date as week, count(*) as leads, "
    "sum(converted_within_90d::int)::int as customers, avg(right_fit::int) as fit "
    "from leads where window_closed group by 1 order by 1"
)


def limits(values: np.ndarray) -> tuple[float, float, float]:
    """Centre and limits of a process chart: 2.66 mean moving ranges."""
    centre, reach = values.mean(), 2.66 * np.abs(np.diff(values)).mean()
    return centre, centre - reach, centre + reach


def test_every_truth_is_a_sentence_for_readers() -> None:
    assert len(TRUTHS.sentences) == 16
    assert all(text.endswith(".") and "%d" not in text for text in TRUTHS.sentences)


# ── (a) conversion ───────────────────────────────────────────────────────────────────────────


def weeks(ask: Ask) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rows = ask(CONVERSION)
    days = np.array([row[0] for row in rows], dtype="datetime64[D]")
    leads, customers = (np.array([row[i] for row in rows], dtype=float) for i in (1, 2))
    return days, leads, customers, np.array([row[3] for row in rows])


def test_conversion_falls_below_its_former_centre_for_eight_weeks(ask: Ask) -> None:
    days, leads, customers, _ = weeks(ask)
    truth, rate = TRUTHS.conversion, customers / leads
    phase = (days >= np.datetime64(TRUTHS.wizard.released_on)) & (
        days < np.datetime64(truth.first_week)
    )
    centre, lower, _ = limits(rate[phase])
    after = rate[days >= np.datetime64(truth.first_week)]
    assert len(after) == truth.weeks
    assert centre == pytest.approx(truth.centre_before, abs=0.0003)
    assert (after < centre).all()
    assert after[-1] == pytest.approx(truth.latest, abs=0.0005)
    assert after[-1] < lower
    assert rate[phase][-1] > centre, "the week before is above: the run is eight, not more"


def test_leads_rise_by_38_per_cent_while_customers_stay_flat(ask: Ask) -> None:
    _, leads, customers, _ = weeks(ask)
    eight = TRUTHS.conversion.weeks
    rise = leads[-eight:].mean() / leads[-2 * eight : -eight].mean() - 1
    assert rise == pytest.approx(TRUTHS.conversion.leads_rise, abs=0.02)
    assert abs(customers[-eight:].mean() / customers[-2 * eight : -eight].mean() - 1) < 0.05


def test_the_extra_leads_are_small_operators_from_paid_social(ask: Ask) -> None:
    """Without paid social's small operators, as many leads come as before."""
    truth = TRUTHS.conversion
    [(before, after)] = ask(
        "select count(*) filter (window_ends_on < date '2026-08-31') / 26, "
        "count(*) filter (window_ends_on >= date '2026-08-31') / 8 from leads "
        "where window_closed and window_ends_on >= date '2026-03-02' "
        f"and not (source = '{truth.source}' and vessels < {truth.small_vessels})"
    )
    assert after == pytest.approx(before, rel=0.10)


def test_the_mix_moved_and_no_source_got_worse(ask: Ask) -> None:
    """Held at the old mix of sources, the right-fit share is what it was."""
    rows = ask(
        "select source, count(*) filter (window_ends_on < date '2026-08-31') as before, "
        "avg(right_fit::int) filter (window_ends_on < date '2026-08-31'), "
        "avg(right_fit::int) filter (window_ends_on >= date '2026-08-31') "
        "from leads where window_closed and window_ends_on >= date '2026-03-02' group by 1"
    )
    weight = np.array([row[1] for row in rows], dtype=float)
    before, after = (np.array([row[i] for row in rows]) for i in (2, 3))
    assert np.average(after, weights=weight) == pytest.approx(
        np.average(before, weights=weight), abs=0.012
    )
    _, _, _, fit = weeks(ask)
    assert fit[-8:].mean() == pytest.approx(TRUTHS.conversion.right_fit_after, abs=0.01)
    assert fit[36:-8].mean() == pytest.approx(TRUTHS.conversion.right_fit_before, abs=0.01)


def test_paid_social_spend_triples_in_june(ask: Ask) -> None:
    [(before, after)] = ask(
        "select avg(amount) filter (week < date '2026-06-01'), "
        "avg(amount) filter (week >= date '2026-06-01') from spend_weeks where line = 'paid social'"
    )
    assert after / before == pytest.approx(TRUTHS.conversion.spend_factor, rel=0.15)


def test_the_trial_wizard_lifts_conversion_for_good(ask: Ask) -> None:
    days, leads, customers, _ = weeks(ask)
    truth, rate = TRUTHS.wizard, customers / leads
    released = np.datetime64(truth.released_on)
    before = rate[days < released]
    after = rate[(days >= released) & (days < np.datetime64(TRUTHS.conversion.first_week))]
    assert before.mean() == pytest.approx(truth.centre_before, abs=0.0003)
    assert after.mean() == pytest.approx(truth.centre_after, abs=0.0003)
    assert limits(before)[2] < after.mean()


# ── (b) to (i) ───────────────────────────────────────────────────────────────────────────────


def test_discounted_deals_of_2025_leave_in_month_11(ask: Ask) -> None:
    """Of deals that are old enough; both for annual contracts and for those that pay as they go."""
    truth = TRUTHS.discounts
    rows = ask(
        f"select deal_type, discount_pct > {truth.over} as much, count(*), "
        f"avg(coalesce(date_diff('month', close_date, cancelled_on) = {truth.month}, false)::int) "
        "from opportunities join accounts using (account_id) where stage = 'Won' "
        f"and close_date between '{truth.closed_in}-01-01' and '{truth.closed_in}-11-20' "
        "group by all"
    )
    shares = {(kind, much): share for kind, much, _, share in rows}
    assert min(count for _, _, count, _ in rows) >= 25
    for kind in ("New", "Annual"):
        assert shares[kind, True] >= truth.at_least
        assert shares[kind, False] <= truth.others_at_most


def test_deals_of_other_years_do_not_leave_in_month_11(ask: Ask) -> None:
    [(share,)] = ask(
        "select avg(coalesce(date_diff('month', close_date, cancelled_on) = 11, false)::int) "
        "from opportunities join accounts using (account_id) where stage = 'Won' "
        "and discount_pct > 0.2 and close_date < date '2025-01-01'"
    )
    assert share <= 0.06


def test_nominations_lead_referral_leads_by_six_weeks(ask: Ask) -> None:
    """Of all lags up to twelve weeks, six correlates best, and clearly."""
    nominations = dict(ask("select date_trunc('week', nominated_on)::date, count(*) "
                           "from nominations group by 1"))  # fmt: skip
    rows = ask(
        "select date_trunc('week', created_at)::date, count(*) from leads where source = 'referral'"
        " and created_at >= '2024-10-28' group by 1 order by 1"
    )
    days = np.array([day for day, _ in rows], dtype="datetime64[D]")
    leads = np.array([count for _, count in rows], dtype=float)
    found = {}
    for lag in range(13):
        earlier = [nominations[day.astype(object)] for day in days - 7 * lag]
        found[lag] = np.corrcoef(earlier, leads)[0, 1]
    truth = TRUTHS.advocacy
    assert max(found, key=lambda lag: found[lag]) == truth.lag_weeks
    assert found[truth.lag_weeks] > 0.7
    assert max(value for lag, value in found.items() if lag != truth.lag_weeks) < 0.4


def test_nominations_lead_won_referral_deals(ask: Ask) -> None:
    """More nominations in a half year go with more won referral deals of the weeks they brought."""
    [(slope, pairs)] = ask(
        "with n as (select date_trunc('week', nominated_on) as week, count(*) as nominated "
        "from nominations group by 1), "
        "w as (select date_trunc('week', created_at) as week, "
        "sum(converted_within_90d::int) as won from leads where source = 'referral' "
        "and window_closed and created_at >= '2024-10-28' group by 1) "
        "select regr_slope(won, nominated), count(*) from w "
        "join n on w.week = n.week + interval 42 day"
    )
    assert pairs > 80
    assert slope > 0.05


def test_tickets_double(ask: Ask) -> None:
    """The last quarter of a year against the first, in weeks."""
    rows = ask(
        "select count(*) from tickets "
        "group by date_trunc('week', opened_at) order by min(opened_at)"
    )
    counts = np.array([count for (count,) in rows])
    assert counts[-13:].mean() / counts[:13].mean() == pytest.approx(2.0, abs=0.1)


def test_time_to_market_stays_flat_meanwhile(ask: Ask) -> None:
    rows = ask(
        "select median(lead_days), count(*) from releases where released_on < date '2026-10-01' "
        "group by date_trunc('month', released_on) order by min(released_on)"
    )
    medians = np.array([float(value) for value, _ in rows])
    truth = TRUTHS.tickets
    slope = np.polyfit(np.arange(len(medians)), medians, 1)[0]
    assert medians.mean() == pytest.approx(truth.median_days, abs=1.0)
    assert abs(slope * len(medians)) < 4, "under four days over all the months"
    assert rows[-1] == (truth.latest_days, truth.latest_releases)


def test_the_nps_dip_of_september_is_noise(ask: Ask) -> None:
    rows = ask(
        "select 100.0 * (count(*) filter (score >= 9) - count(*) filter (score <= 6)) / count(*), "
        "count(*) from survey_responses where kind = 'nps' and responded_on < date '2026-10-01' "
        "group by date_trunc('month', responded_on) order by min(responded_on)"
    )
    values, truth = np.array([value for value, _ in rows]), TRUTHS.dip
    centre, lower, _ = limits(values)
    assert values[-2] - values[-1] == pytest.approx(truth.before - truth.latest, abs=0.5)
    assert values[-1] == pytest.approx(truth.latest, abs=0.5)
    assert rows[-1][1] == truth.responses
    assert lower < values[-1] < centre
    assert centre == pytest.approx(truth.centre, abs=1)


def test_support_is_used_over_95_per_cent_for_months(ask: Ask) -> None:
    truth = TRUTHS.support
    rows = ask(
        "select date_trunc('month', week)::date, sum(worked_minutes) / sum(available_minutes) "
        "from team_weeks where team in ('Support', 'support', 'Service Desk') group by 1 order by 1"
    )
    late = [used for month, used in rows if month >= truth.first_month]
    assert len(late) == 5
    assert min(late) > truth.over
    assert rows[1][1] < 0.80


def test_no_other_team_is_overloaded(ask: Ask) -> None:
    [(most,)] = ask(
        "select max(used) from (select sum(worked_minutes) / sum(available_minutes) as used "
        "from team_weeks where team not in ('Support', 'support', 'Service Desk') "
        "group by date_trunc('month', week), team having count(*) > 2)"
    )
    assert most < 0.90


def test_waiting_for_support_more_than_doubles(ask: Ask) -> None:
    [(before, after)] = ask(
        "select median(first_response_hours) filter (opened_at < '2025-02-01'), "
        "median(first_response_hours) filter (opened_at >= '2026-07-01') from tickets"
    )
    assert after / before > TRUTHS.support.waiting_factor


def test_weekly_active_accounts_rise_since_the_berth_planner(ask: Ask) -> None:
    truth = TRUTHS.planner
    rows = ask(
        "with seen as (select date_trunc('week', event_at)::date as week, "
        "count(distinct account_id) as active from product_events group by 1), "
        "held as (select week, count(*) as accounts from account_weeks group by 1) "
        "select week, active / accounts, accounts from seen join held using (week) order by week"
    )
    share = np.array([row[1] for row in rows])
    first = [row[0] for row in rows].index(truth.shipped_on)
    centre, _, upper = limits(share[:first])
    assert len(rows) - first == truth.weeks
    assert centre == pytest.approx(truth.centre_before, abs=0.001)
    assert (share[first:] > centre).all()
    assert share[first - 1] < centre
    assert share[-1] == pytest.approx(truth.latest, abs=0.001)
    assert share[-1] > upper
    assert rows[-1][2] == truth.accounts


def test_the_berth_planner_is_used_only_since_it_shipped(ask: Ask) -> None:
    [(first,)] = ask(
        "select min(event_at)::date from product_events where feature = 'berth planner'"
    )
    assert first == TRUTHS.planner.shipped_on


def test_project_closures_did_not_load(ask: Ask) -> None:
    """Their last load is older than three days; every other table's is last night's."""
    truth = TRUTHS.closures
    [(loaded, closed)] = ask("select max(_loaded_at), max(closed_on) from projects")
    assert loaded == truth.loaded_at
    assert closed == truth.closed_until
    assert (NOW - loaded).days >= 3
    for table in ("leads", "product_events", "survey_responses", "releases", "project_teams"):
        assert ask(f"select max(_loaded_at) from {table}") == [(LOADED_AT,)]


def test_cross_team_success_was_routine_before_it_went_stale(ask: Ask) -> None:
    rows = ask(
        "select avg(met_goal::int), count(*) from projects where status = 'Closed' "
        "and teams_involved >= 2 and closed_on < date '2026-10-01' "
        "group by date_trunc('month', closed_on) order by min(closed_on)"
    )
    values, truth = np.array([value for value, _ in rows]), TRUTHS.closures
    centre, lower, upper = limits(values)
    assert ((lower < values) & (values < upper)).all()
    assert centre == pytest.approx(truth.centre, abs=0.015)
    assert values[-1] == pytest.approx(truth.latest, abs=0.005)
    assert rows[-1][1] == truth.closed


def test_projects_with_many_hand_offs_succeed_less(ask: Ask) -> None:
    [(few, many)] = ask(
        "select avg(met_goal::int) filter (hand_offs <= 2), "
        "avg(met_goal::int) filter (hand_offs >= 6) from projects "
        "where status = 'Closed' and teams_involved >= 2"
    )
    assert few == pytest.approx(0.87, abs=0.06)
    assert many < 0.5


def test_marketing_and_customer_success_win_more_together(ask: Ask) -> None:
    """Both touches add more than the one and the other, against leads that neither touched."""
    rows = ask(
        "with t as (select lead_id, bool_or(touch_team in ('Mktg', 'Marketing', 'marketing')) "
        "as m, bool_or(touch_team in ('CS', 'Customer Success', 'Cust. Success')) as c "
        "from touches group by 1) select m, c, avg(converted_within_90d::int), count(*) "
        "from t join leads using (lead_id) where window_closed group by 1, 2"
    )
    won = {(m, c): share for m, c, share, _ in rows}
    assert min(count for *_, count in rows) > 300
    alone = won[True, False] + won[False, True] - won[False, False]
    assert won[True, True] > alone + 0.05


def test_the_new_onboarding_was_faster(ask: Ask) -> None:
    [(new, old, accounts)] = ask(
        "select avg(onboarding_days) filter (variant = 'new'), "
        "avg(onboarding_days) filter (variant = 'old'), count(*) "
        "from assignments join onboardings using (account_id) "
        "where kick_off_on = assigned_on"
    )
    assert accounts > 60
    assert old - new == pytest.approx(TRUTHS.onboarding.days, abs=3.5)


def test_support_tires_and_no_other_team(ask: Ask) -> None:
    """Answers of the last two waves against those of the first two."""
    rows = ask(
        "select team in ('Support', 'support', 'Service Desk') as support, "
        "avg(score) filter (wave >= '2026-06-01') - avg(score) filter (wave < '2025-03-01') "
        "from pulse_answers group by 1"
    )
    change = dict(rows)
    assert -0.6 < change[True] < -0.2
    assert abs(change[False]) < 0.1


def test_posts_moved_with_conversion_and_then_alone(ask: Ask) -> None:
    """In the first year they go together at 13 weeks; afterwards posts double to no effect."""
    truth = TRUTHS.posts
    posts = dict(
        ask("select date_trunc('week', published_on)::date, count(*) from posts group by 1")
    )
    days, leads, customers, _ = weeks(ask)
    led = np.array([posts[day.astype(object)] for day in days - 7 * truth.lag_weeks], dtype=float)
    rate = customers / leads
    wizard = int(np.searchsorted(days, np.datetime64(TRUTHS.wizard.released_on)))
    coupled = int(np.searchsorted(days, np.datetime64(truth.coupled_until)))
    fall = int(np.searchsorted(days, np.datetime64(TRUTHS.conversion.first_week)))
    assert np.corrcoef(led[:wizard], rate[:wizard])[0, 1] > 0.5
    assert np.corrcoef(led[wizard:coupled], rate[wizard:coupled])[0, 1] > 0.4
    assert abs(np.corrcoef(led[coupled:fall], rate[coupled:fall])[0, 1]) < 0.3
    week = sorted(posts)
    assert sum(posts[day] for day in week[-8:]) > 1.8 * sum(posts[day] for day in week[:8])
