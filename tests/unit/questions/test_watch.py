"""A signal is raised once, stands until it is routine or locked, and is acknowledged by a team."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import SQLAlchemyError

from sameboat.actions.acknowledge import acknowledge
from sameboat.errors import AccessError, RequestError, StoreError
from sameboat.project.viewer import OWNER, OWNER_ACTOR, Actor
from sameboat.questions import watch as watching
from sameboat.questions.opened import Opened
from sameboat.questions.watch import Watched, raise_signals
from sameboat.store import audit, signals
from sameboat.store.signals import RaisedSignal, standing_signals
from tests.unit.questions.ferry import NOW, USUAL, ferry, reopen, write_leads

WEEKS = 104
WEEK = dt.timedelta(days=7)
REASON = "Fairs brought the wrong leads; we look at sources on Thursday."


@pytest.fixture(scope="module")
def raised_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company whose conversion fell for eight weeks, watched once."""
    folder = tmp_path_factory.mktemp("raised")
    workspace = ferry(folder, fallen=8)
    workspace.watch()
    workspace.close()
    return folder


@pytest.fixture
def watched(raised_once: Path, tmp_path: Path) -> Path:
    """A copy of it: making one anew takes longer."""
    return Path(shutil.copytree(raised_once, tmp_path, dirs_exist_ok=True))


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


def test_board_and_page_say_that_it_was_raised(watched: Path) -> None:
    workspace = reopen(watched)
    (row,) = workspace.board().rows
    assert row.raised is not None
    assert row.raised.words == "raised 26 Oct, not acknowledged"
    taken(workspace)
    (row,) = reopen(watched).board().rows
    assert row.raised is not None
    assert row.raised.words == "raised 26 Oct, acknowledged by Sales"
    assert row.raised.reason == REASON


def usual(count: int) -> list[int]:
    return [USUAL[week % 10] for week in range(count)]


def weeks_later(folder: Path, signed: Sequence[int]) -> Opened:
    """The company when so many weeks are complete, freshly loaded."""
    now = NOW + (len(signed) - WEEKS) * WEEK
    write_leads(folder, signed, loaded_at=now)
    return reopen(folder, now=now)


def fallen(count: int, *low: int) -> list[int]:
    """Usual weeks, of which those numbered fell by so much that they stand out alone."""
    return [value - 30 if week in low else value for week, value in enumerate(usual(count))]


def test_it_closes_when_the_kpi_is_routine_again(tmp_path: Path) -> None:
    """By weeks that came after: nothing was taken back, even if an old figure moved a little."""
    ferry(tmp_path)
    weeks_later(tmp_path, fallen(WEEKS, WEEKS - 1)).watch()
    late = fallen(WEEKS + 14, WEEKS - 1)
    late[WEEKS - 1] += 1
    seen = weeks_later(tmp_path, late).watch()
    (one,) = seen.closed
    assert (one.status, one.closed_why, one.withdrawn) == ("closed", "routine again", False)
    assert seen.standing == ()
    (row,) = reopen(tmp_path).board().rows
    assert row.raised is None


def test_a_signal_that_restated_points_take_back_is_withdrawn_and_says_so(watched: Path) -> None:
    write_leads(watched, usual(WEEKS))
    seen = reopen(watched).watch()
    (one,) = seen.closed
    assert (one.withdrawn, seen.standing) == (True, ())
    assert one.closed_why == "withdrawn: 8 of its 8 points since 31 Aug were restated"


def test_a_new_signal_after_routine_weeks_is_told_though_the_old_one_still_stands(
    tmp_path: Path,
) -> None:
    """Two outliers five weeks apart are two signals; two weeks apart they are one."""
    ferry(tmp_path)
    first = WEEKS - 1
    (one,) = weeks_later(tmp_path, fallen(WEEKS, first)).watch().raised
    seen = weeks_later(tmp_path, fallen(WEEKS + 3, first)).watch()
    assert (seen.raised, seen.closed, len(seen.standing)) == ((), (), 1), "it still stands"
    seen = weeks_later(tmp_path, fallen(WEEKS + 5, first, WEEKS + 4)).watch()
    (over,), (new,) = seen.closed, seen.raised
    assert (over.id, over.withdrawn) == (one.id, False)
    assert over.closed_why == f"another one began on {new.since}"
    seen = weeks_later(tmp_path, fallen(WEEKS + 7, first, WEEKS + 4, WEEKS + 6)).watch()
    assert [each.id for each in seen.standing] == [new.id]
    assert seen.raised == ()


def test_a_signal_that_ended_is_raised_again_when_a_new_one_begins(tmp_path: Path) -> None:
    ferry(tmp_path)
    weeks_later(tmp_path, fallen(WEEKS, WEEKS - 1)).watch()
    assert len(weeks_later(tmp_path, fallen(WEEKS + 14, WEEKS - 1)).watch().closed) == 1
    seen = weeks_later(tmp_path, fallen(WEEKS + 15, WEEKS - 1, WEEKS + 14)).watch()
    assert len(seen.raised) == 1
    kept = signals.signals_of(reopen(tmp_path).store, "conversion")
    assert [one.status for one in kept] == ["closed", "open"]


def crashed(count: int, low: int) -> list[int]:
    return [
        value - (35 if week >= WEEKS else 10) * (week >= low)
        for week, value in enumerate(usual(count))
    ]


def test_a_signal_that_grows_much_graver_is_told_once_more(tmp_path: Path) -> None:
    ferry(tmp_path)
    (one,) = weeks_later(tmp_path, crashed(WEEKS, WEEKS - 8)).watch().raised
    seen = weeks_later(tmp_path, crashed(WEEKS + 2, WEEKS - 8)).watch()
    assert (seen.raised, seen.closed) == ((), ())
    (worse,) = seen.worse
    assert worse.id == one.id
    assert (worse.rarity or 0) * 100 < (one.rarity or 0)
    again = weeks_later(tmp_path, crashed(WEEKS + 2, WEEKS - 8)).watch()
    assert (again.worse, len(again.standing)) == ((), 1)
    (row,) = weeks_later(tmp_path, crashed(WEEKS + 2, WEEKS - 8)).board().rows
    assert row.raised is not None
    assert row.raised.words == "raised 26 Oct, not acknowledged, much graver since 9 Nov"


def test_an_acknowledged_signal_stays_quiet_even_when_it_grows(tmp_path: Path) -> None:
    """What it grew to is on record and on the board; nobody is told again."""
    ferry(tmp_path)
    workspace = weeks_later(tmp_path, crashed(WEEKS, WEEKS - 8))
    workspace.watch()
    taken(workspace)
    seen = weeks_later(tmp_path, crashed(WEEKS + 2, WEEKS - 8)).watch()
    assert (seen.raised, seen.worse, seen.closed) == ((), (), ())
    (one,) = seen.standing
    assert (one.status, one.acknowledged_by, one.reason) == ("acknowledged", "sales", REASON)
    assert one.acknowledged_at == NOW
    assert one.worse_at is not None


def test_it_closes_when_its_phase_is_locked(watched: Path) -> None:
    seen = with_line(
        watched,
        "events: {fairs: {label: Fairs, from: 2026-08-31, kpis: [conversion], phase: true}}\n",
    ).watch()
    assert [one.closed_why for one in seen.closed] == ["the phase is locked: Fairs"]
    assert seen.raised == ()


def test_stale_data_are_a_kind_of_their_own_and_close_no_signal(watched: Path) -> None:
    """A KPI may have one standing signal and one stale alert; each is told once and closes."""
    later = NOW + dt.timedelta(days=30)
    seen = reopen(watched, now=later).watch()
    (stale,) = seen.raised
    assert (stale.kind, stale.state, stale.since) == ("stale", "stale", dt.date(2026, 10, 26))
    assert [owner["team"] for owner in stale.owners] == ["marketing", "sales"]
    assert stale.steward is not None
    assert [one.kind for one in seen.standing] == ["signal", "stale"]
    assert seen.closed == ()
    assert reopen(watched, now=later).watch().raised == ()
    (row,) = reopen(watched, now=later).board().rows
    assert row.raised is not None
    assert row.raised.kind == "signal", "the signal is what needs people first"
    back = weeks_later(watched, [*usual(WEEKS - 8), *[value - 10 for value in usual(13)]]).watch()
    assert [(one.kind, one.closed_why) for one in back.closed if one.kind == "stale"] == [
        ("stale", "the data are fresh again")
    ]


def test_stale_data_alone_are_raised_and_acknowledged_like_a_signal(tmp_path: Path) -> None:
    ferry(tmp_path)
    workspace = reopen(tmp_path, now=NOW + dt.timedelta(days=30))
    (stale,) = workspace.watch().raised
    (row,) = workspace.board().rows
    assert row.raised is not None
    assert row.raised.sentence == "Alert raised 25 Nov, not acknowledged"
    done = taken(workspace)
    assert (done.id, done.kind, done.status) == (stale.id, "stale", "acknowledged")


def test_a_signal_that_turns_is_closed_and_raised_anew(watched: Path) -> None:
    raised = [count + 12 * (week >= WEEKS - 8) for week, count in enumerate(usual(WEEKS))]
    write_leads(watched, raised)
    seen = reopen(watched).watch()
    assert [one.state for one in seen.closed] == ["worse"]
    assert [one.state for one in seen.raised] == ["better"]
    kept = signals.signals_of(reopen(watched).store, "conversion")
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
    first = watching.record_signals(workspace, rows, run=run, who="cron")
    second = watching.record_signals(reopen(tmp_path), rows, run=run, who="ci")
    assert (len(first.raised), len(second.raised)) == (1, 0)
    assert len(signals.signals_of(workspace.store)) == 1


def test_while_one_watch_tells_another_one_stays_quiet(tmp_path: Path) -> None:
    workspace = ferry(tmp_path, fallen=8)
    others: list[Watched] = []

    def tells(_: Watched) -> None:
        others.append(reopen(tmp_path).watch())

    assert len(workspace.watch(tell=tells).raised) == 1
    assert [other.raised for other in others] == [()]
    assert reopen(tmp_path).watch().raised == ()


def test_what_dies_before_it_has_told_is_told_by_a_later_watch(tmp_path: Path) -> None:
    """The record is there once; only the telling is made up for, ten minutes later."""
    workspace = ferry(tmp_path, fallen=8)

    def dies(_: Watched) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        workspace.watch(tell=dies)
    assert reopen(tmp_path).watch().raised == (), "it may still be telling"
    later = NOW + dt.timedelta(minutes=11)
    assert len(reopen(tmp_path, now=later).watch().raised) == 1
    assert reopen(tmp_path, now=later).watch().raised == ()
    assert len(signals.signals_of(workspace.store)) == 1


def test_an_end_that_nobody_was_told_of_is_told_later(watched: Path) -> None:
    write_leads(watched, usual(WEEKS))

    def dies(_: Watched) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reopen(watched).watch(tell=dies)
    assert standing_signals(reopen(watched).store) == {}
    later = NOW + dt.timedelta(minutes=11)
    assert [one.withdrawn for one in reopen(watched, now=later).watch().closed] == [True]
    assert reopen(watched, now=later).watch().closed == ()


def test_a_clock_that_was_set_back_keeps_nothing_from_being_told(tmp_path: Path) -> None:
    workspace = ferry(tmp_path, fallen=8)

    def dies(_: Watched) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        workspace.watch(tell=dies)
    assert len(reopen(tmp_path, now=NOW - dt.timedelta(hours=5)).watch().raised) == 1


def test_what_a_server_raised_is_told_by_the_next_watch_unless_it_was_acknowledged(
    tmp_path: Path,
) -> None:
    workspace = ferry(tmp_path, fallen=8)
    workspace.refresh()
    assert len(raise_signals(workspace, viewer=OWNER).raised) == 1
    assert len(standing_signals(workspace.store)) == 1
    assert len(workspace.watch().raised) == 1
    assert workspace.watch().raised == ()


def test_what_was_acknowledged_before_anybody_was_told_is_not_told(tmp_path: Path) -> None:
    workspace = ferry(tmp_path, fallen=8)
    workspace.refresh()
    raise_signals(workspace, viewer=OWNER)
    taken(workspace)
    assert workspace.watch().raised == ()


def test_acknowledging_while_it_is_told_is_no_conflict(tmp_path: Path) -> None:
    """Telling is no change of the record: the version that a page shows stays the one to name."""
    workspace = ferry(tmp_path, fallen=8)

    def tells(seen: Watched) -> None:
        taken(workspace, version=seen.raised[0].version)

    workspace.watch(tell=tells)
    (one,) = standing_signals(workspace.store).values()
    assert (one.status, one.acknowledged_by) == ("acknowledged", "sales")
    assert one.told_at is not None


def test_the_second_of_two_people_learns_who_was_first(watched: Path) -> None:
    workspace = reopen(watched)
    taken(workspace, version=1)
    with pytest.raises(StoreError, match="acknowledged by sales on 26 October 2026: Fairs") as said:
        taken(workspace, version=1, by="sales", reason="Mine.")
    assert said.value.code == "record-changed"


def test_acknowledging_is_audited_and_repeating_it_changes_nothing(watched: Path) -> None:
    workspace = reopen(watched)
    done = taken(workspace)
    assert (done.status, done.version, done.acknowledged_by) == ("acknowledged", 2, "sales")
    assert taken(workspace) == done
    change = audit.changes(workspace.store, kind="signal")[-1]
    assert (change.what, change.record) == ("acknowledged", str(done.id))
    assert reopen(watched).watch().raised == ()


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
    with pytest.raises(RequestError, match="no signal 99"):
        taken(workspace, kpi=None, id=99)
    with pytest.raises(RequestError, match="cannot be written"):
        taken(workspace, reason="a\x00b")
    with pytest.raises(AccessError):
        acknowledge(
            workspace.store, actor=Actor("guest"), kpi="conversion", by="sales", reason=REASON,
            now=NOW,
        )  # fmt: skip


def test_a_past_moment_shows_the_signal_as_it_stood_then(watched: Path) -> None:
    workspace = reopen(watched)
    later = NOW + dt.timedelta(days=1)
    acknowledge(
        workspace.store, actor=OWNER_ACTOR, kpi="conversion", by="sales", reason=REASON, now=later
    )
    then = standing_signals(workspace.store, as_known_at=NOW + dt.timedelta(hours=1))
    assert then["conversion"].status == "open"
    assert standing_signals(workspace.store)["conversion"].status == "acknowledged"
