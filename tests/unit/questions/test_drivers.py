"""Planted influences: how large, how late, by way of what, and where nothing is known."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sameboat.project.viewer import OWNER
from sameboat.questions.opened import Opened, open_workspace
from sameboat.questions.outlook.answer import Outlook, outlook
from sameboat.questions.outlook.sliders import Slider

NOW = dt.datetime(2026, 10, 26, 6, tzinfo=dt.UTC)
WEEKS = 104
FIRST = dt.date(2026, 10, 26) - dt.timedelta(weeks=WEEKS)
NAMES = ("orders", "calls", "mails", "noise", "still", "young", "visits", "price")

FILES = {
    "sameboat.yml": "format: 1\nname: planted\nmission: See it.\ncalendar: {timezone: UTC}\n",
    "all.yml": """
teams: {one: {}, two: {}}
objectives: {grow: {statement: More., horizon: short}}
tables:
  weeks:
    file: data/weeks.parquet
    subject: none
    time: week
    dimensions: {week: {type: time, grain: day}}
metrics:
"""
    + "".join(
        f"  {name}: {{type: simple, table: weeks, agg: sum, unit: count, good: up, kind: input}}\n"
        for name in NAMES
    )
    + """
kpis:
  orders:
    metric: orders
    objective: grow
    owners:
      - {team: one, lever: calls, effect: {moves: same, lag: 4 weeks, evidence: observational}}
      - {team: one, lever: noise, effect: {moves: same, evidence: belief}}
      - {team: two, lever: still, effect: {moves: same, evidence: belief}}
      - {team: two, lever: young, effect: {moves: same, evidence: belief}}
      - {team: two, lever: price, effect: {moves: opposite, evidence: experiment,
         review_by: 2026-01-31, per: {change: 1, gives: 2}}}
      - {team: two, lever: visits, effect: {moves: opposite, lag: 1 week, evidence: observational}}
    target: {to: 420, by: 2026-12-31}
drivers:
  - {metric: calls, influenced_by: mails, moves: same, lag: 2 weeks, evidence: observational}
""",
}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    """Orders gain 3 per call of four weeks before and 2 per visit of the week before.

    Calls gain .5 per mail of two weeks before. `still` never moves, `young` has six weeks.
    """
    folder: Path = tmp_path_factory.mktemp("planted")
    rng = np.random.default_rng(8)
    n = WEEKS + 10
    mails = 40 + 10 * rng.standard_normal(n)
    calls = 30 + 0.5 * np.roll(mails, 2) + rng.standard_normal(n)
    visits = 60 + 6 * rng.standard_normal(n)
    orders = 100 + 3 * np.roll(calls, 4) + 2 * np.roll(visits, 1) + 4 * rng.standard_normal(n)
    columns = {
        "orders": orders, "calls": calls, "mails": mails, "visits": visits,
        "noise": 50 + 5 * rng.standard_normal(n), "still": np.full(n, 7.0),
        "young": np.where(np.arange(n) >= n - 6, 5 + rng.standard_normal(n), np.nan),
        "price": 10 + rng.standard_normal(n),
    }  # fmt: skip
    days = [FIRST + dt.timedelta(weeks=at) for at in range(WEEKS)]
    held = {name: pa.array(v[10:], from_pandas=True) for name, v in columns.items()}
    (folder / "data").mkdir()
    pq.write_table(pa.table({"week": days, **held}), folder / "data" / "weeks.parquet")
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    workspace = open_workspace(folder, clock=lambda: NOW)
    workspace.refresh()
    return workspace


@pytest.fixture(scope="module")
def answer(company: Opened) -> Outlook:
    return outlook(company, "orders", viewer=OWNER)


def slider(answer: Outlook, name: str) -> Slider:
    return next(one for one in answer.sliders if one.metric == name)


def test_a_planted_influence_is_found_with_its_size_and_lag(answer: Outlook) -> None:
    calls = slider(answer, "calls")
    each = 10 / calls.now  # per call, from what a tenth more gives
    assert calls.gives_low * each < 3 < calls.gives_high * each
    assert calls.clear
    assert not calls.against
    assert (calls.said, calls.lag, str(calls.felt)) == ("record", "4 weeks", "2026-11-23")


def test_a_driver_of_a_driver_counts_by_way_of_it(answer: Outlook) -> None:
    """Half a call per mail and 3 orders per call, six weeks later."""
    mails = slider(answer, "mails")
    each = 10 / mails.now
    assert mails.gives_low * each < 1.5 < mails.gives_high * each
    assert mails.through == ("Calls",)
    assert str(mails.felt) == "2026-12-07"


def test_what_has_nothing_to_do_with_it_has_no_clear_sign(answer: Outlook) -> None:
    noise = slider(answer, "noise")
    assert not noise.clear
    assert noise.gives_low < 0 < noise.gives_high


def test_a_record_against_what_is_declared_says_so(answer: Outlook) -> None:
    visits = slider(answer, "visits")
    assert visits.clear
    assert visits.against


def test_an_owner_without_a_range_is_taken_from_nothing_to_twice_as_much(answer: Outlook) -> None:
    price = slider(answer, "price")
    tenth = price.now / 10
    assert price.said == "alone"
    assert price.expired
    assert price.gives == pytest.approx(2 * tenth, rel=0.05)
    assert price.gives_low == pytest.approx(0, abs=0.25 * tenth)
    assert price.gives_high == pytest.approx(4 * tenth, rel=0.08)


def test_of_what_never_moved_or_is_too_young_nothing_is_said(answer: Outlook) -> None:
    reasons = {one.metric: one.reason for one in answer.unmoved}
    assert reasons["still"] == "nobody says how much, and one of the two never moved"
    assert reasons["young"] == "nobody says how much, and 6 of the 10 periods needed have both"


def test_a_change_now_is_seen_only_after_its_lag(company: Opened, answer: Outlook) -> None:
    assert answer.scenario is not None
    moved = outlook(company, "orders", viewer=OWNER, settings={"calls": "+10%"}).moved
    assert moved is not None
    middles = [spread.at(0.5) for spread in answer.scenario.ahead]
    gained = np.array(moved.middle) - middles
    assert gained[:4] == pytest.approx(np.zeros(4))
    assert (gained[4:] > 5).all()
