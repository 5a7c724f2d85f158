"""A server answers from the workspace of the newest run, whoever refreshed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sameboat.errors import SameboatError
from sameboat.questions.latest import Latest
from sameboat.questions.opened import Opened
from tests.unit.questions.ferry import ferry, reopen, weeks, write_leads

ALL = 104 * 100


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Latest]:
    with closing(ferry(tmp_path)) as first:
        first.refresh()
    with closing(Latest(reopen(tmp_path), lambda: reopen(tmp_path), every=0)) as latest:
        yield latest


def leads(opened: object) -> int:
    assert isinstance(opened, Opened)
    [count] = opened.query(metrics=["leads"])["leads"].to_pylist()
    return int(count)


def test_it_is_one_workspace_as_long_as_nobody_refreshes(served: Latest, tmp_path: Path) -> None:
    """Data that nobody has looked at are not mixed with points that nobody has recomputed."""
    before = served()
    assert leads(before) == ALL
    write_leads(tmp_path, weeks()[:-1])
    assert served() is before
    assert leads(served()) == ALL


def test_after_the_refresh_of_another_process_queries_agree_with_the_points(
    served: Latest, tmp_path: Path
) -> None:
    assert leads(served()) == ALL
    write_leads(tmp_path, weeks()[:-1])
    with closing(reopen(tmp_path)) as other:
        other.refresh()
        assert leads(served()) == leads(other) == ALL - 100


def test_requests_under_way_may_end_on_the_workspace_that_they_began_on(
    served: Latest, tmp_path: Path
) -> None:
    before = served()
    with closing(reopen(tmp_path)) as other:
        other.refresh()
    assert served() is not before
    assert leads(before) == ALL


def test_files_that_cannot_be_read_are_told_once_and_the_last_ones_serve_on(tmp_path: Path) -> None:
    told: list[str] = []

    def broken() -> Opened:
        raise SameboatError("missing-key", "sameboat.yml is half written")

    with closing(ferry(tmp_path)) as first:
        first.refresh()
    with closing(
        Latest(reopen(tmp_path), broken, failed=lambda error: told.append(error.why), every=0)
    ) as latest:
        with closing(reopen(tmp_path)) as other:
            other.refresh()
        assert leads(latest()) == leads(latest()) == ALL
    assert told == ["sameboat.yml is half written"]
