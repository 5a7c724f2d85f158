"""What was shown is counted per metric and day; a store that is not there is no obstacle."""

from __future__ import annotations

import datetime as dt
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from sameboat.actions.count_uses import count_uses
from sameboat.questions.opened import Opened
from sameboat.store.uses import uses
from tests.unit.questions.ferry import NOW, ferry, reopen


def counted(workspace: Opened) -> dict[str, int]:
    return dict(uses(workspace.record).counts)


def test_a_board_a_page_and_a_query_count_what_they_show(tmp_path: Path) -> None:
    """A page shows levers and guardrails too; names that are none are left out."""
    workspace = ferry(tmp_path)
    workspace.refresh()
    assert count_uses(workspace, {("conversion", "board"): 2})
    assert counted(workspace) == {"conversion": 2}
    assert count_uses(workspace, {("conversion", "page"): 1})
    assert counted(workspace) == {"conversion": 3, "leads": 1, "customers": 1}
    assert count_uses(workspace, {("leads", "query"): 1, ("nope", "query"): 1})
    assert counted(workspace) == {"conversion": 3, "leads": 2, "customers": 1}
    assert uses(workspace.record).since == NOW.date()
    assert not count_uses(workspace, {("nope", "board"): 1})
    workspace.close()


def test_a_saved_query_uses_each_of_its_metrics(tmp_path: Path) -> None:
    ferry(tmp_path).close()
    saved = "saved_queries: {by_week: {metrics: [leads, customers], group_by: [metric_time__week]}}"
    (tmp_path / "saved.yml").write_text(saved + "\n", encoding="utf-8")
    workspace = reopen(tmp_path)
    workspace.refresh()
    assert count_uses(workspace, {("by_week", "query"): 1, ("leads", "query"): 1})
    assert counted(workspace) == {"leads": 2, "customers": 1}
    workspace.close()


def test_without_a_store_nothing_is_counted_and_none_is_made(tmp_path: Path) -> None:
    workspace = ferry(tmp_path)
    assert not count_uses(workspace, {("leads", "query"): 1})
    assert not (tmp_path / ".sameboat").exists()


def test_a_busy_or_older_store_loses_a_count_and_stops_nobody(tmp_path: Path) -> None:
    workspace = ferry(tmp_path)
    workspace.refresh()
    workspace.close()
    file = tmp_path / ".sameboat" / "store.db"
    busy = sqlite3.connect(file, isolation_level=None)
    busy.execute("begin immediate")
    assert not count_uses(reopen(tmp_path), {("leads", "query"): 1})
    busy.execute("drop table uses")
    busy.execute("commit")
    busy.close()
    assert not count_uses(reopen(tmp_path), {("leads", "query"): 1})


@pytest.mark.parametrize(
    ("zone", "day"), [("Pacific/Auckland", dt.date(2026, 10, 27)), ("UTC", dt.date(2026, 10, 26))]
)
def test_days_are_those_of_the_projects_zone(tmp_path: Path, zone: str, day: dt.date) -> None:
    """Late in the evening of Monday by UTC it is Tuesday in Auckland."""
    ferry(tmp_path).close()
    root = tmp_path / "sameboat.yml"
    root.write_text(root.read_text("utf-8").replace("timezone: UTC", f"timezone: {zone}"), "utf-8")
    workspace = reopen(tmp_path, now=dt.datetime(2026, 10, 26, 22, tzinfo=dt.UTC))
    workspace.refresh()
    count_uses(workspace, {("leads", "query"): 1})
    assert uses(workspace.record).last == {"leads": day}
    workspace.close()


def test_another_day_is_counted_on_its_own(tmp_path: Path) -> None:
    workspace = ferry(tmp_path)
    workspace.refresh()
    count_uses(workspace, {("leads", "query"): 1})
    workspace.close()
    later = reopen(tmp_path, now=NOW + dt.timedelta(days=1))
    count_uses(later, {("leads", "query"): 1})
    assert uses(later.record).last == {"leads": (NOW + dt.timedelta(days=1)).date()}
    later.close()


def test_counting_in_a_file_loads_no_database_toolkit() -> None:
    """A query at the command line would take three times as long."""
    code = (
        "import sys, sameboat.actions.count_uses; "
        "print([name for name in ('sqlalchemy', 'alembic') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
