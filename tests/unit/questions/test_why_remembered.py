"""Answers that are kept hold for one state of files and definitions, one viewer and one day."""

from __future__ import annotations

import datetime as dt
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sameboat.project.viewer import OWNER, Viewer
from sameboat.questions.opened import Opened, open_workspace
from sameboat.questions.why.answer import explain
from sameboat.questions.why.parts import Explanation
from tests.unit.questions.odd import AFTER, BEFORE, NOW, odd, usual


@pytest.fixture
def company(tmp_path: Path) -> Opened:
    """The company after its first refresh."""
    workspace = odd(tmp_path, ("profit",))
    workspace.refresh()
    return workspace


def ask(workspace: Opened, viewer: Viewer = OWNER) -> Explanation:
    return explain(workspace, "k_profit", before=BEFORE, after=AFTER, viewer=viewer)


def rewrite(folder: Path, factor: float) -> None:
    """Other deals in the same file, and another moment of its last change."""
    rows = [{**row, "profit": row["profit"] * factor} for row in usual()["deals"]]
    file = folder / "data" / "deals.parquet"
    pq.write_table(pa.Table.from_pylist(rows), file)
    later = file.stat().st_mtime + 10
    os.utime(file, (later, later))


def test_the_same_question_has_the_same_answer(company: Opened) -> None:
    assert ask(company) is ask(company)


def test_a_file_that_changed_in_place_is_asked_again(company: Opened, tmp_path: Path) -> None:
    assert ask(company).figure_after == 500
    rewrite(tmp_path, 2)
    assert ask(company).figure_after == 1000
    company.refresh()
    assert ask(company).figure_after == 1000


def test_an_edit_of_a_definition_is_seen(company: Opened, tmp_path: Path) -> None:
    assert ask(company).figure_after == 500
    file = tmp_path / "sameboat.yml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("expr: profit, unit", "expr: 2 * profit, unit"), encoding="utf-8")
    again = open_workspace(tmp_path, clock=lambda: NOW)
    assert ask(again).figure_after == 1000


def test_another_viewer_and_another_day_have_answers_of_their_own(
    company: Opened, tmp_path: Path
) -> None:
    first = ask(company)
    assert ask(company, Viewer("someone", frozenset({"viewer"}))) is not first
    tomorrow = open_workspace(tmp_path, clock=lambda: NOW + dt.timedelta(days=1))
    assert ask(tomorrow) is not first
    assert ask(company) is first


def test_before_a_first_run_nothing_is_kept(tmp_path: Path) -> None:
    workspace = odd(tmp_path, ("profit",))
    assert ask(workspace) is not ask(workspace)


def at_the_same_time(asked: Callable[[], Explanation], count: int) -> list[Explanation]:
    found: list[Explanation] = []
    start = threading.Barrier(count)

    def go() -> None:
        start.wait()
        found.append(asked())

    threads = [threading.Thread(target=go) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_two_at_the_same_time_get_the_same_answer(company: Opened) -> None:
    one, other = at_the_same_time(lambda: ask(company), 2)
    assert (one.figure_before, one.figure_after) == (other.figure_before, other.figure_after)
    assert one.splits == other.splits
    assert one.tree == other.tree
    assert ask(company) in (one, other)
