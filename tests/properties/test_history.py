"""The record under random edits, late rows and deletes: each past is what was shown, to the digit.

Each example is a company whose rows are changed between refreshes. After each refresh the board,
the page of the KPI and its points are kept as a reader saw them; at the end every one of those
moments is asked for again, and the newest is compared with a store that saw the last data alone.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sameboat.questions.opened import Opened, open_workspace

FIRST = dt.date(2026, 1, 5)  # a Monday
START = dt.datetime(2026, 4, 6, 6, 0, tzinfo=dt.UTC)

PROJECT = """
format: 1
name: record
calendar: {timezone: UTC}
teams: {north: {until: 2026-02-28, became: south}, south: {}, else: {}}
tables:
  deals:
    file: deals.csv
    subject: none
    time: closed_on
    dimensions: {closed_on: {type: time, grain: day}, team: {}}
metrics:
  deals: {type: simple, table: deals, agg: count, unit: count, good: up, kind: input}
  won: {type: simple, table: deals, agg: sum, expr: won, unit: count, good: up, kind: output}
  win_rate: {type: ratio, numerator: won, denominator: deals, unit: percent, good: up,
             kind: outcome}
kpis:
  win_rate:
    metric: win_rate
    owners: [{team: north, lever: deals}, {team: south, lever: won}]
    guardrails: [{metric: deals, min: 1}]
    by: [team, team__as_now]
    signal: {grain: week}
"""

Deal = tuple[int, str, int]  # days after the first, team, won
TEAMS = st.sampled_from(["north", "south", "else"])
DEALS = st.tuples(
    st.integers(0, 90), st.sampled_from(["north", "south", "else"]), st.integers(0, 1)
)
EDITS = st.lists(
    st.tuples(
        st.sampled_from(["late", "delete", "edit", "nothing", "wipe"]), st.integers(0, 999), DEALS
    ),
    min_size=1,
    max_size=4,
)
"""What happens to the rows between two refreshes."""


def changed(rows: list[Deal], edits: list[tuple[str, int, Deal]]) -> list[Deal]:
    rows = list(rows)
    for what, at, deal in edits:
        if what == "late":
            rows.append(deal)
        elif what == "delete" and len(rows) > 1:
            rows.pop(at % len(rows))
        elif what == "edit":
            rows[at % len(rows)] = deal
        elif what == "wipe" and len(rows) > 1:  # every row of a team but one
            gone = rows[at % len(rows)][1]
            rows = [row for row in rows if row[1] != gone] or rows[:1]
    return rows


def opened(folder: Path, rows: list[Deal], now: dt.datetime) -> Opened:
    lines = [f"{FIRST + dt.timedelta(days=day)},{team},{won}" for day, team, won in rows]
    (folder / "deals.csv").write_text("\n".join(["closed_on,team,won", *lines]))
    return open_workspace(folder, clock=lambda: now)


def shown(workspace: Opened, at: dt.datetime | None = None) -> tuple[Any, ...]:
    """All that a reader can see of the KPI, now or at a moment."""
    week = workspace.query(
        ["win_rate", "deals", "won"],
        group_by=["metric_time__week"],
        as_known_at=at or workspace.now,
        evidence=True,
    )
    segments = [
        workspace.query(
            ["win_rate"], group_by=["metric_time__week", by], as_known_at=at or workspace.now
        ).to_pylist()
        for by in ("team", "team__as_now")
    ]
    fields = [dict(field.metadata or {}) for field in week.schema]
    page = workspace.kpi("win_rate", as_known_at=at)
    return workspace.board(as_known_at=at), page, week.to_pylist(), fields, segments


QUICK = settings(
    max_examples=6, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
COMPANY = {
    "rows": st.lists(DEALS, min_size=1, max_size=40),
    "steps": st.lists(EDITS, min_size=1, max_size=4),
}


@QUICK
@given(**COMPANY)
def test_each_past_is_what_was_shown_then_and_the_newest_is_a_fresh_computation(
    rows: list[Deal], steps: list[list[tuple[str, int, Deal]]]
) -> None:
    hold(rows, steps)


@pytest.mark.slow
@settings(QUICK, max_examples=120)
@given(**COMPANY)
def test_each_past_is_what_was_shown_then_for_many_companies(
    rows: list[Deal], steps: list[list[tuple[str, int, Deal]]]
) -> None:
    hold(rows, steps)


def hold(rows: list[Deal], steps: list[list[tuple[str, int, Deal]]]) -> None:
    """Assert it for one company and its edits."""
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory() as other:
        folder, seen = Path(name), []
        (folder / "sameboat.yml").write_text(PROJECT)
        (Path(other) / "sameboat.yml").write_text(PROJECT)
        now = START
        for edits in [[], *steps]:
            rows = changed(rows, edits)
            now += dt.timedelta(days=1, hours=3)
            workspace = opened(folder, rows, now)
            workspace.refresh()
            seen.append((now, shown(workspace)))
            workspace.close()
        last = opened(folder, rows, now + dt.timedelta(days=400))
        for moment, then in seen:
            assert shown(last, moment) == then
        fresh = opened(Path(other), rows, now)
        fresh.refresh()
        assert shown(last, now)[2:] == shown(fresh)[2:]
        newest, computed = shown(last, now)[1], shown(fresh)[1]
        assert newest == replace(computed, refreshed_at=newest.refreshed_at)
        live = fresh.query(["win_rate", "deals", "won"], group_by=["metric_time__week"]).to_pylist()
        known = {row["metric_time__week"]: row for row in shown(last, now)[2]}
        assert [known[row["metric_time__week"]] for row in live] == live
        fresh.close()
        last.close()
