"""A signal is raised once, stands until it is routine or locked, and is acknowledged by a team."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import SQLAlchemyError

from sameboat.actions.acknowledge import acknowledge
from sameboat.errors import AccessError, RequestError, StoreError
from sameboat.project.viewer import OWNER_ACTOR, Actor
from sameboat.questions import watch as watching
from sameboat.questions.opened import Opened
from sameboat.store import audit, signals
from sameboat.store.signals import RaisedSignal, standing_signals
from tests.unit.questions.ferry import NOW, USUAL, ferry, reopen, write_leads

WEEKS = 104
REASON = "Fairs brought the wrong leads; we look at sources on Thursday."


def taken(workspace: Opened, **other: Any) -> RaisedSignal:
    asked = {"kpi": "conversion", "by": "sales", "reason": REASON, **other}
    return acknowledge(workspace.store, actor=OWNER_ACTOR, now=NOW, teams=("sales",), **asked)


def with_line(folder: Path, line: str) -> Opened:
    """The company with a line more in its file."""
    file = folder / "all.yml"
    file.write_text(file.read_text() + line)
    return reopen(folder)


def test_a_signal_is_raised_once_with_owners_levers_and_alerts(tmp_path: Path) -> None:
    ferry(tmp_path, fallen=8)
    workspace = with_line(
        tmp_path, "alerts: [{kpi: conversion, when: signal, to: steward, via: slack}]\n"
    )
    seen = workspace.watch()
    (one,) = seen.raised
    assert (one.kpi, one.state, one.words) == (
        "conversion", "worse", "Signal, worse: 8 weeks below centre",
    )  # fmt: skip
    assert one.since == dt.date(2026, 8, 31)
    assert [(o["team"], o["lever"]) for o in one.owners] == [
        ("marketing", "leads"), ("sales", "customers"),
    ]  # fmt: skip
    assert one.told == ({"to": "steward", "via": "slack"},)
    assert not seen.delivered
    again = reopen(tmp_path).watch()
    assert (again.raised, again.closed, len(again.standing)) == ((), (), 1)
    assert [change.what for change in audit.changes(workspace.store, kind="signal")] == ["raised"]


def test_board_and_page_say_that_it_was_raised(tmp_path: Path) -> None:
    workspace = ferry(tmp_path, fallen=8)
    workspace.watch()
    (row,) = workspace.board().rows
    assert row.raised is not None
    assert row.raised.words == "raised 26 Oct, not acknowledged"
    taken(workspace)
    (row,) = reopen(tmp_path).board().rows
    assert row.raised is not None
    assert row.raised.words == "raised 26 Oct, acknowledged by sales"
    assert row.raised.reason == REASON


def test_it_closes_when_the_kpi_is_routine_again(tmp_path: Path) -> None:
    ferry(tmp_path, fallen=8).watch()
    write_leads(tmp_path, [USUAL[week % 10] for week in range(WEEKS)])
    seen = reopen(tmp_path).watch()
    (one,) = seen.closed
    assert (one.status, one.closed_why, seen.standing) == ("closed", "routine again", ())
    (row,) = reopen(tmp_path).board().rows
    assert row.raised is None


def test_it_closes_when_its_phase_is_locked(tmp_path: Path) -> None:
    ferry(tmp_path, fallen=8).watch()
    seen = with_line(
        tmp_path,
        "events: {fairs: {label: Fairs, from: 2026-08-31, kpis: [conversion], phase: true}}\n",
    ).watch()
    assert [one.closed_why for one in seen.closed] == ["the phase is locked: Fairs"]
    assert seen.raised == ()


def test_stale_data_neither_raise_nor_close(tmp_path: Path) -> None:
    ferry(tmp_path, fallen=8).watch()
    seen = reopen(tmp_path, now=NOW + dt.timedelta(days=30)).watch()
    assert (seen.raised, seen.closed, len(seen.standing)) == ((), (), 1)


def test_a_signal_that_turns_is_closed_and_raised_anew(tmp_path: Path) -> None:
    workspace = ferry(tmp_path, fallen=8)
    workspace.watch()
    usual = [USUAL[week % 10] for week in range(WEEKS)]
    write_leads(tmp_path, [count + 12 * (week >= WEEKS - 8) for week, count in enumerate(usual)])
    seen = reopen(tmp_path).watch()
    assert [one.state for one in seen.closed] == ["worse"]
    assert [one.state for one in seen.raised] == ["better"]
    kept = signals.signals_of(reopen(tmp_path).store, "conversion")
    assert [one.status for one in kept] == ["closed", "open"]


def test_what_is_killed_half_way_raises_nothing_and_the_next_run_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = ferry(tmp_path, fallen=8)

    def killed(*_: Any, **__: Any) -> None:
        raise SQLAlchemyError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(signals, "_note", killed)
        with pytest.raises((SQLAlchemyError, StoreError)):
            workspace.watch()
    assert standing_signals(reopen(tmp_path).store) == {}
    assert len(reopen(tmp_path).watch().raised) == 1


def test_two_watches_at_once_raise_one_signal(tmp_path: Path) -> None:
    """Both saw the same board; the second finds the first one's record under the lock."""
    workspace = ferry(tmp_path, fallen=8)
    run = workspace.refresh().run
    rows = workspace.board().rows
    first, _ = watching.record_signals(workspace, rows, run=run, who="cron")
    second, _ = watching.record_signals(reopen(tmp_path), rows, run=run, who="ci")
    assert (len(first), len(second)) == (1, 0)


def test_acknowledging_is_audited_and_repeating_it_changes_nothing(tmp_path: Path) -> None:
    workspace = ferry(tmp_path, fallen=8)
    workspace.watch()
    done = taken(workspace)
    assert (done.status, done.version, done.acknowledged_by) == ("acknowledged", 2, "sales")
    assert taken(workspace) == done
    change = audit.changes(workspace.store, kind="signal")[-1]
    assert (change.what, change.record) == ("acknowledged", str(done.id))
    assert reopen(tmp_path).watch().raised == ()


def test_acknowledging_needs_a_right_a_reason_a_team_a_signal_and_its_version(
    tmp_path: Path,
) -> None:
    workspace = ferry(tmp_path, fallen=8)
    workspace.refresh()
    with pytest.raises(RequestError, match="No signal"):
        taken(workspace)
    workspace.watch()
    with pytest.raises(RequestError, match="reason"):
        taken(workspace, reason="  ")
    with pytest.raises(RequestError, match="no team"):
        taken(workspace, by="Maria")
    with pytest.raises(StoreError, match="by now"):
        taken(workspace, version=7)
    with pytest.raises(AccessError):
        acknowledge(
            workspace.store, actor=Actor("guest"), kpi="conversion", by="sales", reason=REASON,
            now=NOW,
        )  # fmt: skip


def test_a_past_moment_shows_the_signal_as_it_stood_then(tmp_path: Path) -> None:
    workspace = ferry(tmp_path, fallen=8)
    workspace.watch()
    later = NOW + dt.timedelta(days=1)
    acknowledge(
        workspace.store, actor=OWNER_ACTOR, kpi="conversion", by="sales", reason=REASON, now=later
    )
    then = standing_signals(workspace.store, as_known_at=NOW + dt.timedelta(hours=1))
    assert then["conversion"].status == "open"
    assert standing_signals(workspace.store)["conversion"].status == "acknowledged"
