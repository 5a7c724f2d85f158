"""Harbourline's planted truths, found again by asking why; every figure against SQL by hand."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sameboat.demo.install import shipped
from sameboat.demo.stands import OCTOBER
from sameboat.project.viewer import OWNER
from sameboat.questions.opened import Opened, open_workspace
from sameboat.questions.why.answer import explain
from sameboat.questions.why.parts import Explanation
from tests.demo.conftest import Ask
from tests.demo.untold import make

BEFORE = "window_ends_on between date '2026-03-02' and date '2026-08-30'"
AFTER = "window_ends_on between date '2026-08-31' and date '2026-10-25'"


@pytest.fixture(scope="module")
def opened(october: Path) -> Iterator[Opened]:
    """The demo on its October morning, with its points."""
    with closing(open_workspace(october)) as workspace:
        yield workspace


@pytest.fixture(scope="module")
def fall(opened: Opened) -> Explanation:
    return explain(opened, "lead_to_customer_conversion", viewer=OWNER)


def test_the_fall_is_explained_by_the_mix_and_paid_social(fall: Explanation) -> None:
    assert fall.reason == "mix"
    assert (fall.after.periods, fall.before.periods) == (8, 26)
    split = fall.split
    assert split is not None
    assert split.dimension == "source"
    assert min(split.rows, key=lambda row: row.effect).segment == "paid social"
    assert split.mix / fall.change > 0.7
    assert not any(row.stands_out for row in split.rows)


def test_its_figures_are_those_of_sql_by_hand(fall: Explanation, ask: Ask) -> None:
    """Kitagawa's formula written out in SQL, on the raw tables."""
    rows = ask(f"""
        with cells as (
          select source,
                 count(*) filter ({BEFORE}) as n0, count(*) filter ({AFTER}) as n1,
                 count(*) filter ({BEFORE} and converted_within_90d) as k0,
                 count(*) filter ({AFTER} and converted_within_90d) as k1
          from leads where window_closed group by source),
        parts as (select *, n0 / sum(n0) over () as w0, n1 / sum(n1) over () as w1,
                         k0 / n0 as r0, k1 / n1 as r1,
                         sum(k0) over () / sum(n0) over () as whole0,
                         sum(k1) over () / sum(n1) over () as whole1 from cells)
        select source, (w1 - w0) * ((r0 + r1) / 2 - (whole0 + whole1) / 2),
               (r1 - r0) * (w0 + w1) / 2, whole0, whole1, n0, n1
        from parts order by source""")
    split = fall.split
    assert split is not None
    found = {row.segment: row for row in split.rows}
    assert sorted(found) == [row[0] for row in rows]
    for source, pull, rate, whole_before, whole_after, n_before, n_after in rows:
        assert math.isclose(found[source].pull, pull, rel_tol=1e-9, abs_tol=1e-12)
        assert math.isclose(found[source].rate, rate, rel_tol=1e-9, abs_tol=1e-12)
        assert math.isclose(found[source].weight_before or 0, n_before / 26)
        assert math.isclose(found[source].weight_after or 0, n_after / 8)
        assert math.isclose(fall.figure_before, whole_before, rel_tol=1e-12)
        assert math.isclose(fall.figure_after, whole_after, rel_tol=1e-12)


def test_its_steps_add_up_and_the_mix_is_the_largest(fall: Explanation) -> None:
    assert abs(math.fsum(step.effect for step in fall.tree.steps) - fall.change) <= 1e-9
    first = max(fall.tree.steps, key=lambda step: abs(step.effect))
    assert (first.kind, first.dimension) == ("mix", "source")
    assert first.effect / fall.change > 0.7


def test_the_campaign_is_a_candidate_and_no_cause(fall: Explanation) -> None:
    assert [one.label for one in fall.candidates] == ["Paid social spend ×3"]
    assert "cannot tell" in fall.text
    assert "because" not in f"{fall.headline} {fall.text}"


def test_no_group_of_fewer_than_ten_people_is_told(fall: Explanation) -> None:
    for split in fall.splits:
        assert all(row.least_n is None or row.least_n >= 10 for row in split.rows)


def test_the_alarming_dip_of_the_nps_is_routine(opened: Opened) -> None:
    """Asked for by name, or as the chart has it: nine points less, and nothing to explain."""
    named = explain(opened, "net_promoter_score", before="2026-08", after="2026-09", viewer=OWNER)
    assert named.figure_after - named.figure_before < -8
    assert named.headline == "Routine: nothing to explain"
    assert named.tree.steps
    told = explain(opened, "net_promoter_score", viewer=OWNER)
    assert told.reason == "routine"


def test_the_planner_lifts_use_inside_every_segment(opened: Opened) -> None:
    answer = explain(opened, "weekly_active_accounts", viewer=OWNER)
    assert answer.headline == (
        "Weekly active accounts rose everywhere by about 6% of the level: no segment explains it"
    )
    assert answer.verdict.state == "better"
    assert [one.label for one in answer.candidates] == ["Berth planner shipped"]


# ── the discounts that bring customers who leave ─────────────────────────────────────────────

OLD_YEARS, NEW_YEARS = "2025-11..2025-12", "2026-01..2026-09"
"""First years that ended: of the deals of November and December 2024, and of those of 2025."""

BANDS = """
    with deals as (
      select case when discount_pct > 0.2 then 'over 20%' when discount_pct > 0 then 'up to 20%'
                  else 'none' end as band,
             close_date + interval 1 year as ends,
             (cancelled_on is null or cancelled_on > close_date + interval 1 year)::int as kept
      from opportunities join accounts using (account_id) where stage = 'Won'),
    cells as (
      select band, count(*) filter (ends < date '2026-01-01') as n0,
             count(*) filter (ends >= date '2026-01-01') as n1,
             sum(kept) filter (ends < date '2026-01-01') as k0,
             sum(kept) filter (ends >= date '2026-01-01') as k1
      from deals where ends >= date '2025-11-01' and ends < date '2026-10-01' group by band)
    select band, n0, n1, k0 / n0, k1 / n1,
           (k1 / n1 - k0 / n0) * (n0 / sum(n0) over () + n1 / sum(n1) over ()) / 2,
           sum(k0) over () / sum(n0) over (), sum(k1) over () / sum(n1) over ()
    from cells order by band"""


@pytest.fixture(scope="module")
def churn(opened: Opened) -> Explanation:
    return explain(
        opened, "first_year_retention", before=OLD_YEARS, after=NEW_YEARS, viewer=OWNER
    )  # fmt: skip


def test_the_churn_of_discounted_deals_is_found_in_a_routine_whole(churn: Explanation) -> None:
    """Truth (b): with a discount over 20 % fewer than half of the deals of 2025 stay a year."""
    assert churn.headline == (
        "First-year retention is routine as a whole; one discount is not: over 20%"
    )
    assert churn.places.places[0].where == {"discount": "over 20%"}
    assert churn.places.places[0].share > 0.6
    split = next(one for one in churn.splits if one.dimension == "discount")
    row = next(one for one in split.rows if one.segment == "over 20%")
    assert row.rate / churn.change > 0.6
    assert "Discount over 20% went from 77.9% to 46.1%" in churn.text
    assert "because" not in f"{churn.headline} {churn.text}"


def test_its_segments_are_those_of_sql_by_hand(churn: Explanation, ask: Ask) -> None:
    split = next(one for one in churn.splits if one.dimension == "discount")
    found = {row.segment: row for row in split.rows}
    rows = ask(BANDS)
    assert sorted(found) == [row[0] for row in rows]
    for band, n_before, n_after, before, after, rate, whole_before, whole_after in rows:
        row = found[band]
        assert (row.figure_before, row.figure_after) == pytest.approx((before, after), rel=1e-12)
        assert math.isclose(row.weight_before or 0, n_before / 2)
        assert math.isclose(row.weight_after or 0, n_after / 9)
        assert math.isclose(row.rate, rate, rel_tol=1e-9, abs_tol=1e-12)
        assert math.isclose(churn.figure_before, whole_before, rel_tol=1e-12)
        assert math.isclose(churn.figure_after, whole_after, rel_tol=1e-12)


def test_asked_without_periods_the_discount_stands_apart(opened: Opened, ask: Ask) -> None:
    """What a newcomer asks first: nothing moved, and one discount is always far lower."""
    answer = explain(opened, "first_year_retention", viewer=OWNER)
    assert answer.headline == (
        "First-year retention is routine; by discount, over 20% stands far below all others"
    )
    [one] = answer.apart
    rows = ask("""
        select discount_pct > 0.2 as large, ends >= date '2026-09-01' as last,
               avg((cancelled_on is null or cancelled_on > ends)::int)
        from (select *, close_date + interval 1 year as ends from opportunities where stage = 'Won')
        join accounts using (account_id)
        where ends >= date '2025-10-01' and ends < date '2026-10-01' group by all order by all""")
    told = [one.others_before, one.others_after, one.figure_before, one.figure_after]
    assert told == pytest.approx([kept for _, _, kept in rows], rel=1e-12)


def test_customer_retention_leads_to_the_discount_of_the_contract(opened: Opened, ask: Ask) -> None:
    """A KPI of the board that never moved: who keeps it down is named, and what to ask next."""
    answer = explain(opened, "customer_retention", viewer=OWNER)
    assert answer.verdict.state == "routine"
    assert answer.headline == (
        "Customer retention is routine; by discount, over 20% stands far below all others"
    )
    split = next(one for one in answer.splits if one.dimension == "contract__discount")
    found = {row.segment: (row.weight_after, row.figure_after) for row in split.rows}
    rows = ask(
        "select coalesce(band, 'not set'), count(*), avg((closing_mrr > 0)::int) "
        "from subscription_months left join (select account_id, case when max(discount_pct) > 0.2 "
        "then 'over 20%' when max(discount_pct) > 0 then 'up to 20%' else 'none' end as band "
        "from opportunities where stage = 'Won' and deal_type = 'Annual' group by 1) "
        "using (account_id) where month = date '2026-09-01' and mrr_12_months_ago > 0 group by 1"
    )
    assert found == {band: pytest.approx((count, kept)) for band, count, kept in rows}
    [one] = answer.apart
    others = [(count, kept) for band, count, kept in rows if band != one.segment]
    count = sum(n for n, _ in others)
    assert one.others_after == pytest.approx(sum(n * kept for n, kept in others) / count)
    assert one.figure_after == pytest.approx(found["over 20%"][1])
    assert one.pull == pytest.approx(answer.figure_after - one.others_after)
    assert "first_year_retention" in [under.metric for under in answer.under]


@pytest.mark.slow
def test_without_the_truth_no_discount_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same company in which discounts are harmless."""
    folder = tmp_path / "harbourline"
    (folder / "data").mkdir(parents=True)
    make(folder / "data", monkeypatch, "discounts")
    for path, content in shipped(OCTOBER).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    workspace = open_workspace(folder)
    workspace.refresh()
    for periods in ({}, {"before": OLD_YEARS, "after": NEW_YEARS}):
        answer = explain(workspace, "first_year_retention", viewer=OWNER, **periods)
        assert "over 20%" not in answer.headline
        split = next(one for one in answer.splits if one.dimension == "discount")
        assert not any(row.stands_out for row in split.rows)
    for name in ("first_year_retention", "customer_retention"):
        answer = explain(workspace, name, viewer=OWNER)
        assert "over 20%" not in [one.segment for one in answer.apart]
    workspace.close()
