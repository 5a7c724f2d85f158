"""A phase is locked by one line in the project's files, checked, written whole, and audited."""

from __future__ import annotations

import datetime as dt
import subprocess
from pathlib import Path

import pytest

from sameboat.actions import lock_phase as locking
from sameboat.actions.lock_phase import LockedPhase, lock_phase
from sameboat.errors import AccessError, ProjectError, RequestError, StoreError
from sameboat.project.viewer import OWNER_ACTOR, Actor
from sameboat.questions.opened import Opened
from sameboat.store.audit import changes
from tests.unit.questions.ferry import NOW, ferry, reopen

DAY = dt.date(2026, 6, 8)


@pytest.fixture
def project(tmp_path: Path) -> Opened:
    return ferry(tmp_path, fallen=20)


def lock(
    project: Opened, *, write: bool = False, why: str = "Paid social: ×3", **more: object
) -> LockedPhase:
    asked = {"actor": OWNER_ACTOR, "since": DAY, "now": NOW, **more}
    return lock_phase(project, "conversion", why=why, write=write, **asked)  # type: ignore[arg-type]


def test_without_write_there_is_a_patch_that_git_takes_and_no_change(
    project: Opened, tmp_path: Path
) -> None:
    before = (tmp_path / "all.yml").read_text(encoding="utf-8")
    locked = lock(project)
    assert (locked.file, locked.event, locked.written) == (
        "all.yml", "conversion_2026_06_08", False,
    )  # fmt: skip
    assert (tmp_path / "all.yml").read_text(encoding="utf-8") == before
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=locked.patch.encode(), check=True)
    assert reopen(tmp_path).project.events["conversion_2026_06_08"].from_ == DAY


def test_written_it_is_one_line_more_and_the_project_stays_valid(
    project: Opened, tmp_path: Path
) -> None:
    before = (tmp_path / "all.yml").read_text(encoding="utf-8")
    locked = lock(project, write=True)
    after = (tmp_path / "all.yml").read_text(encoding="utf-8")
    assert after == before + f"\nevents:\n  {locked.line}\n"
    event = reopen(tmp_path).project.events[locked.event]
    assert (event.phase, event.kpis, event.description) == (
        True,
        ("conversion",),
        "Paid social: ×3",
    )
    [noted] = changes(project.store, kind="phase")
    assert (noted.record, noted.what) == (locked.event, "locked")


def test_it_joins_the_events_that_are_there(project: Opened, tmp_path: Path) -> None:
    (tmp_path / "events.yml").write_text(
        "events:\n  sale: {from: 2026-01-01}  # in all shops\n\n# end\n", encoding="utf-8"
    )
    locked = lock(reopen(tmp_path), write=True)
    assert locked.file == "events.yml"
    text = (tmp_path / "events.yml").read_text(encoding="utf-8")
    assert text == (
        f"events:\n  sale: {{from: 2026-01-01}}  # in all shops\n  {locked.line}\n\n# end\n"
    )


def test_a_second_phase_of_the_same_day_is_refused(project: Opened, tmp_path: Path) -> None:
    lock(project, write=True)
    with pytest.raises(RequestError, match="begins a phase on 2026-06-08 already"):
        lock(reopen(tmp_path))


@pytest.mark.parametrize("why", ["", "  \n ", "a\x00b", "x" * 401])
def test_a_reason_needs_words(project: Opened, why: str) -> None:
    with pytest.raises(RequestError) as refused:
        lock(project, why=why)
    assert refused.value.code == "record-invalid"


@pytest.mark.parametrize("why", ['He said "stop": {no}, [no]', "# not a comment", "null", "é – ✓"])
def test_any_words_are_written_as_words(project: Opened, tmp_path: Path, why: str) -> None:
    locked = lock(project, why=why, write=True)
    assert reopen(tmp_path).project.events[locked.event].description == why


def test_who_may_not_change_definitions_may_not_lock(project: Opened) -> None:
    with pytest.raises(AccessError):
        lock(project, actor=Actor("somebody", frozenset({"viewer"})))


def test_an_unknown_kpi_is_refused(project: Opened) -> None:
    with pytest.raises(RequestError) as refused:
        lock_phase(project, "conversoin", actor=OWNER_ACTOR, since=DAY, why="No", now=NOW)
    assert refused.value.code == "unknown-kpi"


def test_a_file_that_changed_meanwhile_is_left_alone(
    project: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody saves between the check and the write."""
    own = tmp_path / "all.yml"
    real = locking.examined

    def slow(*of: object) -> None:
        real(*of)  # type: ignore[arg-type]
        own.write_text(own.read_text(encoding="utf-8") + "\n# saved\n", encoding="utf-8")

    monkeypatch.setattr(locking, "examined", slow)
    with pytest.raises(StoreError, match="changed while"):
        lock(project, write=True)
    assert own.read_text(encoding="utf-8").endswith("# saved\n")
    assert "events:" not in own.read_text(encoding="utf-8")


def test_a_project_that_would_not_load_is_not_written(project: Opened, tmp_path: Path) -> None:
    """Another file declares an event of that name since the project was opened."""
    (tmp_path / "more.yml").write_text(
        "events:\n  conversion_2026_06_08: {from: 2026-06-08}\n", encoding="utf-8"
    )
    with pytest.raises(ProjectError):
        lock(project, write=True)
    assert "events:" not in (tmp_path / "all.yml").read_text(encoding="utf-8")


def test_a_phase_before_the_line_begins_would_change_nothing(project: Opened) -> None:
    """Before a refresh nothing is known of the line; after one a day before it is a mistake."""
    long_ago = dt.date(2019, 1, 1)
    assert not lock(project, since=long_ago).written
    project.refresh()
    with pytest.raises(RequestError, match="a phase from 2019-01-01 on would change nothing"):
        lock(project, since=long_ago, write=True)
    assert lock(project, since=NOW.date() + dt.timedelta(days=30)).event, "a day to come is fine"
