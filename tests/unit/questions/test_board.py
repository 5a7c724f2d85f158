"""A refresh computes and records; the board reads it back in plain words."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from sameboat.actions.propose import propose
from sameboat.project.viewer import OWNER_ACTOR
from tests.unit.questions.ferry import NOW, ferry, reopen, weeks, write_leads


def test_a_routine_kpi_needs_nobody(tmp_path: Path) -> None:
    """The headline says that nothing needs the reader, and the verdict is the exact words."""
    workspace = ferry(tmp_path)
    workspace.refresh()
    board = workspace.board()
    workspace.close()
    (row,) = board.rows
    assert board.headline == "Nothing needs you. One is routine."
    assert row.verdict.words in ("Routine: no action", "Routine, short of target")
    assert board.period == "Week to Sunday 25 October 2026"


def test_a_fall_is_a_signal_with_its_sides_in_words(tmp_path: Path) -> None:
    """Eight weeks below the centre are said with their number, and both sides of the ratio."""
    workspace = ferry(tmp_path, fallen=8)
    workspace.refresh()
    (row,) = workspace.board().rows
    workspace.close()
    assert row.verdict.state == "worse"
    assert row.verdict.words == "Signal, worse: 8 weeks below centre"
    assert row.why == "Leads stayed flat on the 8 weeks before, new customers fell by 21%."


def test_the_value_is_what_sql_by_hand_counts(tmp_path: Path) -> None:
    """The board's figure equals a count over the file."""
    workspace = ferry(tmp_path, fallen=8)
    workspace.refresh()
    (row,) = workspace.board().rows
    workspace.close()
    by_hand = duckdb.sql(
        f"select avg(signed::int) from '{tmp_path}/data/leads.parquet'"
        " where came_on >= date '2026-10-19'"
    ).fetchall()
    assert row.value == pytest.approx(by_hand[0][0])
    assert row.target is not None
    days = (dt.date(2026, 10, 25) - dt.date(2026, 1, 1)).days
    assert row.target.now == pytest.approx(0.5 + 0.1 * days / 365)


def test_a_second_refresh_adds_a_run_and_no_points(tmp_path: Path) -> None:
    """Same data and definitions: nothing is written twice."""
    workspace = ferry(tmp_path)
    first, second = workspace.refresh(), workspace.refresh()
    workspace.close()
    assert (first.changed, second.changed) == (first.series, 0)
    assert second.run == first.run + 1


def test_the_past_stays_as_it_was_known(tmp_path: Path) -> None:
    """Restated data change today's board and not the one of before."""
    workspace = ferry(tmp_path, fallen=8)
    workspace.refresh()
    workspace.close()
    write_leads(tmp_path, weeks())
    later = reopen(tmp_path, now=NOW + dt.timedelta(hours=1))
    later.refresh()
    now, then = later.board(), later.board(as_known_at=NOW)
    later.close()
    assert now.rows[0].verdict.state != "worse"
    assert then.rows[0].verdict.words == "Signal, worse: 8 weeks below centre"


def test_data_that_stopped_coming_are_not_judged(tmp_path: Path) -> None:
    """A table older than allowed makes its KPI stale from the day of its last load."""
    workspace = ferry(tmp_path, fallen=8, loaded_at=NOW - dt.timedelta(days=7))
    workspace.refresh()
    board = workspace.board()
    workspace.close()
    assert board.rows[0].verdict.words == "Stale since 19 Oct: not judged"
    assert (board.tables_fresh, board.tables_total) == (0, 1)


def test_a_board_goes_stale_without_a_refresh(tmp_path: Path) -> None:
    """A refresh that no longer runs must not leave yesterday's verdict standing."""
    workspace = ferry(tmp_path)
    workspace.refresh()
    workspace.close()
    later = reopen(tmp_path, now=NOW + dt.timedelta(days=5))
    board = later.board()
    later.close()
    assert board.rows[0].verdict.words == "Stale since 26 Oct: not judged"


def test_a_past_board_is_as_fresh_as_it_was_then(tmp_path: Path) -> None:
    """Loads that were fresh on that day have not gone stale on its board, long ago as it is."""
    with closing(ferry(tmp_path)) as workspace:
        workspace.refresh()
        then = workspace.board()
    with closing(reopen(tmp_path, now=NOW + dt.timedelta(days=400))) as workspace:
        assert workspace.board().rows[0].verdict.state == "stale"
        past = workspace.board(as_known_at=NOW)
        assert past.headline == then.headline
        assert past.tables_fresh == then.tables_fresh
        assert [row.verdict for row in past.rows] == [row.verdict for row in then.rows]
        name = past.rows[0].kpi
        assert workspace.kpi(name, as_known_at=NOW).verdict == then.rows[0].verdict


def test_a_source_that_is_gone_keeps_the_last_figure_as_stale(tmp_path: Path) -> None:
    """The figure of before stays, marked, with the reason in words."""
    workspace = ferry(tmp_path)
    workspace.refresh()
    value = workspace.board().rows[0].value
    workspace.close()
    (tmp_path / "data" / "leads.parquet").unlink()
    gone = reopen(tmp_path)
    refreshed = gone.refresh()
    (row,) = gone.board().rows
    gone.close()
    assert [finding.code for finding in refreshed.findings] == ["file-missing"]
    assert (row.verdict.state, row.value) == ("stale", value)


def test_a_week_that_is_not_loaded_yet_is_not_complete(tmp_path: Path) -> None:
    """Data that end on a Wednesday do not make the week look like a fall."""
    workspace = ferry(tmp_path)
    workspace.close()
    wednesday = dt.datetime(2026, 10, 21, 6, tzinfo=dt.UTC)
    write_leads(tmp_path, [*weeks()[:-1], 10], loaded_at=wednesday)
    early = reopen(tmp_path, now=wednesday)
    early.refresh()
    page = early.kpi("conversion")
    early.close()
    assert page.series.complete[-1] is False
    assert page.verdict.state != "worse"
    assert page.period == "Week to Sunday 18 October 2026"


def test_before_the_first_refresh_the_board_is_empty(tmp_path: Path) -> None:
    """Reading makes no store, and says that nothing is computed."""
    workspace = ferry(tmp_path)
    board = workspace.board()
    workspace.close()
    assert board.rows == ()
    assert board.headline == "Nothing is computed yet."
    assert not (tmp_path / ".sameboat" / "store.db").exists()


def test_the_open_decision_is_on_the_board(tmp_path: Path) -> None:
    """The proposal that closes first stands there with the chance that it helps."""
    workspace = ferry(tmp_path)
    proposal = {
        "id": "p_1",
        "title": "Answer faster",
        "kpi": "conversion",
        "predicts": {
            "effect": 0.005, "low": 0.001, "high": 0.009, "confidence": 0.8, "by": "2027-03-19",
        },
        "cost": {"money": 40000, "hours": {"agent": 120}},
        "teams": ["marketing", "sales"],
        "closes_on": "2026-10-30",
        "guardrails": [{"metric": "leads", "worse_by": 5}],
        "stop_by": "2027-02-12",
    }  # fmt: skip
    propose(workspace.store, actor=OWNER_ACTOR, proposal=proposal, now=NOW)
    decision = workspace.board().decision
    workspace.close()
    assert decision is not None
    assert decision.closes == dt.date(2026, 10, 30)
    assert round(decision.chance_helps, 2) == 0.95


def test_the_kpi_page_has_owners_levers_segments_and_the_sql(tmp_path: Path) -> None:
    """Every part of the page is there and comes from the files and the data."""
    workspace = ferry(tmp_path, fallen=8)
    workspace.refresh()
    page = workspace.kpi("conversion")
    workspace.close()
    assert [row.pull.team_label for row in page.levers] == ["Marketing", "Sales"]
    assert page.steward == "Sales until 31 December, then Marketing"
    assert {(s.dimension, s.value) for s in page.segments} == {
        ("source", "paid"), ("source", "organic"),
    }  # fmt: skip
    assert page.numerator is not None
    assert page.numerator.label == "New customers"
    assert "FROM leads" in page.definition.sql
    assert page.guardrails[0].holds is True
    assert page.since == "since 31 August"


def test_before_the_first_refresh_nothing_was_known(tmp_path: Path) -> None:
    """A past without a refresh says so; a present without one says that none has run."""
    workspace = ferry(tmp_path)
    assert workspace.board().headline == "Nothing is computed yet."
    workspace.refresh()
    long_ago = NOW - dt.timedelta(days=900)
    assert workspace.board(as_known_at=long_ago).headline == "Nothing was known then."
    workspace.close()
