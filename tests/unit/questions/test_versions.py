"""Versions of a definition: noticed, marked, judged apart, and computed again."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from sameboat.errors import RequestError
from sameboat.project.viewer import OWNER
from sameboat.questions.checking import check_workspace
from sameboat.questions.opened import Opened
from tests.unit.questions.ferry import FILES, NOW, ferry, reopen

LATER = NOW + dt.timedelta(days=1)
MONTH = ["metric_time__month"]
OLD = 'filter: "signed = true", kind: output}'
PAID = "filter: \"signed = true and source = 'paid'\", kind: output}"
VERSION = "version: 2, why: Counted by week.}"


def rewritten(folder: Path, *edits: tuple[str, str], now: dt.datetime = LATER) -> Opened:
    text = FILES["all.yml"]
    for before, after in edits:
        assert before in text
        text = text.replace(before, after)
    (folder / "all.yml").write_text(text)
    return reopen(folder, now=now)


def changes(workspace: Opened) -> list[str]:
    found = check_workspace(workspace, viewer=OWNER)
    return [f.message for f in found if f.code == "definition-changed"]


def test_a_definition_that_changed_without_a_new_version_is_noticed_once(tmp_path: Path) -> None:
    first = ferry(tmp_path)
    assert changes(first) == []
    first.refresh()
    assert changes(first) == []
    workspace = rewritten(tmp_path, (OLD, PAID))
    [message] = changes(workspace)
    assert message.startswith("metric 'customers' has changed since run 1 (filter), and")
    assert "'customers' is still version 1" in message
    assert "KPI conversion is made of it." in message
    [finding] = [f for f in workspace.refresh().findings if f.code == "definition-changed"]
    assert finding.severity == "warning"
    assert "`version: 2`" in (finding.hint or "")
    assert str(finding.where).startswith("all.yml:22:")
    assert changes(workspace) == []  # it is recorded now


def test_another_calendar_is_noticed_once_for_all_metrics(tmp_path: Path) -> None:
    """Days of another zone hold other rows: the figures differ, whatever the metrics say."""
    ferry(tmp_path).refresh()
    settings = FILES["sameboat.yml"].replace("timezone: UTC", "timezone: Asia/Tokyo")
    (tmp_path / "sameboat.yml").write_text(settings)
    [message] = changes(reopen(tmp_path, now=LATER))
    assert message.startswith("the calendar has changed since run 1 (timezone):")


@pytest.mark.parametrize(
    "edits",
    [
        [(OLD, PAID.replace("kind", "version: 2, kind"))],
        [(OLD, PAID), (VERSION, "version: 3, why: Paid alone.}")],
        [("label: New customers", "label: Signed")],
        [("personal: [email]", "checks: [{unique: lead_id}]\n    personal: [email]")],
    ],
)
def test_a_change_that_was_meant_or_that_moves_no_figure_is_no_finding(
    tmp_path: Path, edits: list[tuple[str, str]]
) -> None:
    ferry(tmp_path).refresh()
    workspace = rewritten(tmp_path, *edits)
    # the owner of `customers` alone says so where only what is made of it has a new version
    assert [m for m in changes(workspace) if "conversion is made" in m and "version: 3" in m] == []
    if edits[0][0] != OLD or "version: 2" in edits[0][1]:
        assert changes(workspace) == []


def test_a_table_that_counts_another_time_is_noticed(tmp_path: Path) -> None:
    ferry(tmp_path).refresh()
    day = "came_on: {type: time, grain: day"
    workspace = rewritten(tmp_path, (f"{day}}}", f"{day}, expr: loaded_at}}"))
    found = changes(workspace)
    assert len(found) == 1
    assert found[0].startswith("table 'leads' has changed since run 1 (dimensions.came_on)")


def test_an_old_version_is_computed_again_beside_the_new_one(tmp_path: Path) -> None:
    first = ferry(tmp_path)
    first.refresh()
    before = first.query(["conversion"], group_by=MONTH).to_pydict()
    new = "version: 3, valid_from: 2026-06-01, why: Paid alone.}"
    workspace = rewritten(tmp_path, (OLD, PAID), (VERSION, new))
    workspace.refresh()
    found = workspace.query(["conversion@2", "conversion"], group_by=MONTH)
    assert found.column_names == ["metric_time__month", "conversion@2", "conversion"]
    assert found.column("conversion@2").to_pylist() == before["conversion"]
    rows = pq.read_table(tmp_path / "data" / "leads.parquet").to_pylist()
    for month, old, paid in zip(*found.to_pydict().values(), strict=True):
        of = [r for r in rows if r["came_on"].replace(day=1) == month.date()]
        signed = [r for r in of if r["signed"]]
        assert old == pytest.approx(len(signed) / len(of))
        assert paid == pytest.approx(sum(r["source"] == "paid" for r in signed) / len(of))
    about = json.loads(found.schema.metadata[b"sameboat"])["metrics"]
    assert about["conversion@2"]["version"] == 2
    assert about["conversion@2"]["tables_changed"] == []
    assert about["conversion"]["version"] == 3
    by_hash = f"conversion@{about['conversion@2']['definition'][:7]}"
    again = workspace.query([by_hash], group_by=MONTH)
    assert again.column(by_hash).to_pylist() == before["conversion"]
    best = workspace.query(
        ["conversion@2", "conversion"], group_by=MONTH, order_by=["-conversion@2"], limit=3
    )
    assert best.column(1).to_pylist() == sorted(before["conversion"], reverse=True)[:3]
    assert "paid" not in workspace.sql(["conversion@2"], group_by=MONTH)
    assert "paid" in workspace.sql(["conversion"], group_by=MONTH)


def test_a_version_that_nobody_recorded_is_refused_with_those_that_are(tmp_path: Path) -> None:
    workspace = ferry(tmp_path)
    with pytest.raises(RequestError, match="A refresh records each definition"):
        workspace.query(["conversion@2"], group_by=MONTH)
    workspace.refresh()
    with pytest.raises(RequestError) as refused:
        workspace.query(["conversion@7"], group_by=MONTH)
    assert refused.value.code == "unknown-version"
    assert "Recorded are 2 (" in str(refused.value)


def test_an_old_definition_opens_no_column_that_is_personal_today(tmp_path: Path) -> None:
    ferry(tmp_path).refresh()
    new = "version: 3, why: Everyone.}"
    hidden = ("personal: [email]", "personal: [email, signed]")
    workspace = rewritten(tmp_path, hidden, (OLD, "kind: output}"), (VERSION, new))
    with pytest.raises(RequestError) as refused:
        workspace.query(["conversion@2"], group_by=MONTH)
    assert refused.value.code in ("personal-column", "unknown-dimension")


def broken(folder: Path, day: str) -> Opened:
    ferry(folder, fallen=8).refresh()
    new = f"version: 3, valid_from: {day}, why: Paid alone.}}"
    workspace = rewritten(folder, (VERSION, new))
    workspace.refresh()
    return workspace


def test_a_version_begins_a_phase_and_is_named_on_chart_table_and_in_words(
    tmp_path: Path,
) -> None:
    """The last eight weeks lie ten points lower: a signal, unless the definition changed there."""
    ferry(tmp_path, fallen=8).refresh()
    assert reopen(tmp_path).kpi("conversion").verdict.state == "worse"
    workspace = broken(tmp_path, "2026-08-31")
    answer = workspace.kpi("conversion")
    # Eight weeks of 100 leads: chance alone is 4.6 points: limits reach beyond the target of 60 %.
    assert answer.verdict.state == "routine"
    assert answer.why == (
        "Judged since 31 August 2026 alone, by version 3 of the definition: Paid alone."
    )
    [change] = answer.series.breaks
    assert answer.series.periods[change.index] == dt.date(2026, 8, 31)
    assert [(h.label, h.at, h.note) for h in answer.happenings] == [
        ("Version 3 of the definition", dt.date(2026, 8, 31), "Paid alone.")
    ]
    assert answer.series.phases[-1].first == change.index
    assert answer.definition.version == 3


def test_a_version_of_a_few_weeks_is_too_young_to_be_judged(tmp_path: Path) -> None:
    answer = broken(tmp_path, "2026-09-28").kpi("conversion")
    assert answer.verdict.words == "Too few to say: n = 4 since version 3 of the definition"
    assert (answer.why or "").startswith("Judged since 28 September 2026 alone")


def test_points_after_a_break_are_judged_by_points_after_it(tmp_path: Path) -> None:
    answer = broken(tmp_path, "2026-03-02").kpi("conversion")
    index = answer.series.breaks[0].index
    starts = [phase.first for phase in answer.series.phases]
    assert index in starts
    assert not any(phase.first < index <= phase.last for phase in answer.series.phases)


def test_a_break_of_an_input_breaks_what_is_made_of_it(tmp_path: Path) -> None:
    ferry(tmp_path).refresh()
    after = PAID.replace("kind", "version: 2, valid_from: 2026-08-31, why: Paid., kind")
    workspace = rewritten(tmp_path, (OLD, after))
    workspace.refresh()
    [change] = workspace.kpi("conversion").series.breaks
    assert change.label == "Version 2 of New customers"


def test_a_past_page_shows_the_definition_of_its_time(tmp_path: Path) -> None:
    workspace = broken(tmp_path, "2026-08-31")
    then: Any = workspace.kpi("conversion", as_known_at=NOW)
    assert then.definition.version == 2
    assert then.series.breaks == ()
    assert then.happenings == ()
    assert then.verdict.state == "worse"
    assert workspace.board(as_known_at=NOW).rows[0].verdict.state == "worse"


def test_a_guardrail_is_held_against_what_is_usual_since_its_own_version(tmp_path: Path) -> None:
    """Before the break conversion was ten points higher: measured by that it would be broken."""
    guard = ("{metric: leads, min: 50}", "{metric: conversion, worse_by: 0.05}")
    ferry(tmp_path, fallen=8).refresh()
    rewritten(tmp_path, guard).refresh()
    [held] = reopen(tmp_path).kpi("conversion").guardrails
    assert held.holds is False
    new = "version: 3, valid_from: 2026-08-31, why: Paid alone.}"
    rewritten(tmp_path, guard, (VERSION, new)).refresh()
    [held] = reopen(tmp_path).kpi("conversion").guardrails
    assert held.holds is True
