"""A query as it was known: from the record alone, or refused with what there is."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from sameboat.errors import RequestError
from tests.unit.questions.ferry import FILES, NOW, ferry, reopen, weeks, write_leads

LATER = NOW + dt.timedelta(days=7)
WEEK = ["metric_time__week"]


def restated(folder: Path) -> tuple[Any, Any]:
    """The company refreshed, then restated and refreshed a week later; both as tables shown."""
    first = ferry(folder)
    first.refresh()
    shown = first.query(["conversion", "leads"], group_by=WEEK)
    first.close()
    changed = weeks()
    changed[100] -= 30
    write_leads(folder, changed, loaded_at=LATER)
    second = reopen(folder, now=LATER)
    second.refresh()
    return second, shown


def said(table: pa.Table) -> dict[str, Any]:
    about: dict[str, Any] = json.loads(table.schema.metadata[b"sameboat"])
    return about


def test_restated_data_leave_the_past_as_it_was_known(tmp_path: Path) -> None:
    workspace, shown = restated(tmp_path)
    asked = {"metrics": ["conversion", "leads"], "group_by": WEEK}
    then = workspace.query(**asked, as_known_at=NOW)
    now = workspace.query(**asked, as_known_at=LATER)
    complete = shown.num_rows
    assert then.column_names == shown.column_names
    assert then.slice(0, complete).to_pylist() == shown.to_pylist()
    assert now.slice(0, complete).to_pylist() == workspace.query(**asked).to_pylist()
    differing = [
        a["metric_time__week"].date()
        for a, b in zip(then.to_pylist(), now.to_pylist(), strict=False)
        if a["conversion"] != b["conversion"] and a["conversion"] is not None
    ]
    assert differing == [dt.date(2026, 9, 28)]  # the week that was restated, and no other
    assert (said(then)["run"], said(now)["run"]) == (1, 2)
    assert said(then)["metrics"]["conversion"]["version"] == 2


def test_segments_ranges_orders_and_limits_are_answered_from_the_record(tmp_path: Path) -> None:
    workspace, _ = restated(tmp_path)
    asked: dict[str, Any] = {
        "metrics": ["conversion"],
        "group_by": [*WEEK, "source"],
        "start": "2026-08",
        "end": "2026-09",
    }
    then = workspace.query(**asked, as_known_at=LATER)
    assert then.to_pylist() == workspace.query(**asked).to_pylist()
    asked |= {"order_by": ["-conversion", "source"], "limit": 5}
    best = workspace.query(**asked, as_known_at=LATER)
    assert best.to_pylist() == workspace.query(**asked).to_pylist()


def test_evidence_is_that_of_the_points_as_they_were_known(tmp_path: Path) -> None:
    workspace, _ = restated(tmp_path)
    asked: dict[str, Any] = {"metrics": ["conversion"], "group_by": WEEK, "end": "2026-10-04"}
    now = workspace.query(**asked, evidence=True).schema.field("conversion").metadata
    then = workspace.query(**asked, evidence=True, as_known_at=LATER)
    assert {k: then.schema.field("conversion").metadata[k] for k in (b"n", b"low", b"high")} == now


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"group_by": ["metric_time__day"]}, "It was by metric_time__month; metric_time__week"),
        ({"group_by": [*WEEK, "came_on__month"]}, "metric_time__week and source"),
        ({"group_by": ["source"]}, "Add metric_time__week"),
        ({"group_by": WEEK, "where": "source = 'paid'"}, "filters are not among them"),
        ({"group_by": WEEK, "ungrouped": True}, "single rows are not among them"),
        ({"metrics": [], "group_by": WEEK}, "the values of dimensions are not among them"),
        ({"metrics": ["unshared"], "group_by": WEEK}, "conversion, customers, leads"),
    ],
)
def test_what_was_never_recorded_is_refused_with_what_there_is(
    tmp_path: Path, asked: dict[str, Any], words: str
) -> None:
    unshared = "\n  unshared: {type: simple, table: leads, agg: count}\nkpis:"
    workspace = ferry(tmp_path)
    text = FILES["all.yml"].replace("\nkpis:", unshared)
    (tmp_path / "all.yml").write_text(text)
    workspace = reopen(tmp_path)
    workspace.refresh()
    with pytest.raises(RequestError) as refused:
        workspace.query(**{"metrics": ["conversion"], **asked}, as_known_at=NOW)
    assert refused.value.code == "not-recorded"
    assert words in str(refused.value)


def test_before_the_first_run_nothing_was_known(tmp_path: Path) -> None:
    workspace, _ = restated(tmp_path)
    with pytest.raises(RequestError) as refused:
        workspace.query(["leads"], group_by=WEEK, as_known_at="2026-10-01")
    assert refused.value.code == "nothing-known"
    assert "2026-10-26 06:10" in str(refused.value)
    with pytest.raises(RequestError, match="not a time"):
        workspace.query(["leads"], group_by=WEEK, as_known_at="yesterday")


def test_a_segment_that_lost_its_rows_is_there_then_and_gone_now(tmp_path: Path) -> None:
    first = ferry(tmp_path)
    first.refresh()
    first.close()
    text = FILES["all.yml"].replace("source: {}", "source: {expr: \"'all'\"}")
    (tmp_path / "all.yml").write_text(text)
    workspace = reopen(tmp_path, now=LATER)
    workspace.refresh()
    assert {s.value for s in workspace.kpi("conversion").segments} == {"all"}
    then = {s.value for s in workspace.kpi("conversion", as_known_at=NOW).segments}
    assert then == {"organic", "paid"}
    assert workspace.refresh().changed == 0


def test_what_was_fresh_then_is_not_stale_because_time_has_passed(tmp_path: Path) -> None:
    ferry(tmp_path).refresh()
    much_later = reopen(tmp_path, now=NOW + dt.timedelta(days=90))
    assert much_later.board().rows[0].verdict.state == "stale"
    assert much_later.board(as_known_at=NOW).rows[0].verdict.state == "short"
    assert much_later.kpi("conversion", as_known_at=NOW).verdict.state == "short"
    steward = much_later.kpi("conversion", as_known_at=NOW).steward
    assert steward == reopen(tmp_path).kpi("conversion").steward


def test_a_group_under_the_floor_of_today_is_not_shown_because_it_was_shown_then(
    tmp_path: Path,
) -> None:
    ferry(tmp_path).refresh()
    text = FILES["all.yml"].replace("subject: account", "subject: contact")
    (tmp_path / "all.yml").write_text(text)
    floors = "privacy: {minimum_group: 60, subjects: {contact: 60}}\n"
    (tmp_path / "sameboat.yml").write_text(FILES["sameboat.yml"] + floors)
    workspace = reopen(tmp_path)
    asked: dict[str, Any] = {"metrics": ["conversion"], "group_by": [*WEEK, "source"]}
    then = workspace.query(**asked, as_known_at=NOW)
    assert then.column("conversion").null_count == then.num_rows  # 50 people in each group
    reasons = json.loads(then.schema.field("conversion").metadata[b"reasons"])
    assert "fewer than 60 people" in reasons
