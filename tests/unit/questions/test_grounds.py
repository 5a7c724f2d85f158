"""By what a series is judged: its denominators, its season, and what events leave out."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sameboat.project.declared import Project
from sameboat.project.model import Event
from sameboat.questions.grounds import Grounds, grounds_of, in_segment
from sameboat.questions.judging import Judged, judge
from sameboat.store.packing import PackedSeries
from tests.unit.questions.ferry import ferry, reopen

FIRST = np.datetime64("2024-01-01", "M")


def monthly(values: Any, **more: Any) -> PackedSeries:
    """Complete months of a metric."""
    days = (FIRST + np.arange(len(values))).astype("datetime64[D]")
    known = {"metric": "share", "grain": "month", "periods": days, "values": np.array(values)}
    known |= {"complete": np.ones(len(values), dtype=bool), "definition_version": 1}
    return PackedSeries(**known, definition_hash="x", **more)


def judged(points: PackedSeries, **more: Any) -> Judged:
    return judge(points, label="Share", unit="percent", good="up", **more)


def project(metric: str, **sections: Any) -> Project:
    table = {"file": "a.csv", "time": "day"}
    count = {"type": "simple", "table": "a", "agg": "count"}
    money = {"type": "simple", "table": "a", "agg": "sum", "expr": "amount"}
    metrics = {
        "won": count, "deals": count, "paid": money,
        "share": {"type": "ratio", "numerator": "won", "denominator": "deals"},
        "yield": {"type": "ratio", "numerator": "paid", "denominator": "deals"},
    }  # fmt: skip
    assert metric in metrics
    return Project.from_mappings(tables={"a": table}, metrics=metrics, **sections)


def test_a_ratio_of_counts_has_its_denominators_and_one_of_money_none() -> None:
    cases = np.full(10, 50.0)
    points = monthly([0.4] * 10, denominator=cases)
    found = grounds_of(project("share"), points).cases
    assert found is not None
    assert found.tolist() == cases.tolist()
    other = PackedSeries(**{**vars(points), "metric": "yield"})
    assert grounds_of(project("yield"), other).cases is None


def test_the_limits_of_a_share_widen_with_fewer_cases_as_the_binomial_says() -> None:
    """By hand: the same centre; 25 cases have twice the chance variation of 100."""
    rng = np.random.default_rng(7)
    cases = np.full(40, 100.0)
    cases[-1] = 25.0
    values = rng.binomial(100, 0.4, 40) / 100
    values[-1] = 0.4
    found = judged(monthly(values, denominator=cases), grounds=Grounds(cases))
    last, before = found.series.limits[-1], found.series.limits[-2]
    assert last is not None
    assert before is not None
    wide = (last.upper - last.centre) / (before.upper - before.centre)
    by_chance = 0.4 * 0.6
    assert wide == pytest.approx(math.sqrt((by_chance / 25) / (by_chance / 100)), rel=0.15)
    assert "Limits are wider where fewer cases stand behind a point." in found.notes


def test_a_season_is_taken_out_where_there_is_one_and_said() -> None:
    rng = np.random.default_rng(3)
    months = np.arange(48)
    values = 0.5 + 0.1 * np.sin(2 * np.pi * months / 12) + 0.005 * rng.standard_normal(48)
    found = judged(monthly(values))
    assert found.notes[0] == "A season of 12 months was taken out first."
    assert found.verdict.words == "Routine: no action"
    assert len({band.centre for band in found.series.limits if band}) == 12
    plain = judged(monthly(0.5 + 0.005 * rng.standard_normal(48)))
    assert not [note for note in plain.notes if "season" in note]


def test_one_season_is_no_evidence_of_a_season() -> None:
    months = np.arange(18)
    found = judged(monthly(0.5 + 0.1 * np.sin(2 * np.pi * months / 12)))
    assert not [note for note in found.notes if "season" in note]


def outage(**more: Any) -> dict[str, Any]:
    return {"events": {"outage": {"label": "Outage", "from": "2025-06-10", **more}}}


def test_what_an_event_excludes_neither_sets_limits_nor_is_judged() -> None:
    rng = np.random.default_rng(11)
    values = 0.5 + 0.01 * rng.standard_normal(24)
    values[17] = 0.1  # June 2025
    points = monthly(values)
    assert judged(points).verdict.state == "worse"
    grounds = grounds_of(project("share", **outage(until="2025-06-12", exclude=True)), points)
    found = judged(points, grounds=grounds)
    assert found.verdict.words == "Routine: no action"
    assert found.notes[-1] == "Left out of limits and verdict: Outage, from 10 Jun."
    assert found.series.values[17] == 0.1, "it is drawn"
    quiet = judged(PackedSeries(**{**vars(points), "values": np.delete(np.r_[values, 0.5], 17)}))
    assert found.series.phases[-1].upper == pytest.approx(quiet.series.phases[-1].upper, abs=0.01)


def test_a_break_that_goes_on_leaves_the_latest_points_unjudged() -> None:
    points = monthly([0.5, 0.52, 0.49, 0.51, 0.48, 0.5, 0.53, 0.47] * 3)
    grounds = grounds_of(project("share", **outage(exclude=True)), points)
    found = judged(points, grounds=grounds)
    assert found.verdict.state == "stale"
    assert found.verdict.words == "Stale since 10 Jun: not judged"


def test_an_event_with_where_concerns_its_segments_only() -> None:
    event = project("share", **outage(exclude=True, where="region = 'UK'"))
    whole = monthly([0.5] * 24)
    assert grounds_of(event, whole).left_out == ()
    uk = monthly([0.5] * 24, segment={"account__region": "UK"})
    assert [one.label for one in grounds_of(event, uk).left_out] == ["Outage"]
    de = monthly([0.5] * 24, segment={"account__region": "DE"})
    assert grounds_of(event, de).left_out == ()


@pytest.mark.parametrize(
    ("where", "concerned"),
    [
        ("region in ('UK', 'DE')", True),
        ("region not in ('UK', 'DE')", False),
        ("region != 'FR'", True),
        ("region = 'FR' or region = 'UK'", True),
        ("region = 'UK' and plan = 'small'", False),
        ("plan = 'small'", False),
        ("length(region) = 2", False),
    ],
)
def test_conditions_pick_segments_by_their_own_dimensions(where: str, concerned: bool) -> None:
    event = Event.model_validate({"from": dt.date(2026, 1, 1), "where": where})
    assert in_segment(event, {"account__region": "UK"}) is concerned
    assert not in_segment(event, {})


def test_a_segment_that_an_event_excludes_says_so(tmp_path: Path) -> None:
    ferry(tmp_path).refresh()
    file = tmp_path / "all.yml"
    file.write_text(
        file.read_text() + "events: {forms: {label: Forms broken, from: 2026-10-20, "
        "kpis: [conversion], exclude: true, where: \"source = 'paid'\"}}\n"
    )
    answer = reopen(tmp_path).kpi("conversion")
    said = {segment.value: (segment.figure, segment.reason) for segment in answer.segments}
    assert said["paid"] == (None, "left out: Forms broken")
    assert said["organic"][0] is not None
    assert answer.verdict.state != "stale"
