"""A refresh that meets a full disk, another refresh or a clock that was set back."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.unit.questions.ferry import NOW, ferry, reopen, weeks, write_leads

posix = pytest.mark.skipif(os.name != "posix", reason="limits of POSIX processes")

LIMITED = """
import resource, sys
from sameboat.cli import main
limit = int(sys.argv[1])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
main(["refresh", "--project", sys.argv[2]])
"""


def refreshing(folder: Path, *, limit: int = 0) -> subprocess.Popen[str]:
    """A refresh in a process of its own, whose files may grow up to a limit."""
    return subprocess.Popen(
        [sys.executable, "-c", LIMITED, str(limit), str(folder)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@posix
def test_on_a_full_disk_a_refresh_says_so_and_the_next_one_is_as_ever(tmp_path: Path) -> None:
    ferry(tmp_path).close()
    failed = refreshing(tmp_path, limit=6000)
    out, said = failed.communicate()
    assert (failed.returncode, out) == (1, "")
    assert "disk-full" in said
    assert "Traceback" not in said
    assert [path.name for path in tmp_path.rglob("*.tmp")] == []
    with closing(reopen(tmp_path)) as project:
        assert project.refresh().run == 1


@posix
def test_two_refreshes_at_once_are_both_recorded_and_agree(tmp_path: Path) -> None:
    """Each finds a run's whole points, whichever was first; the second changes none."""
    ferry(tmp_path).close()
    both = [refreshing(tmp_path), refreshing(tmp_path)]
    lines = sorted(one.communicate()[0] for one in both)
    assert [line.split(":")[0] for line in lines] == ["Run 1", "Run 2"]
    assert " 0 changed" in lines[1]
    assert " 0 changed" not in lines[0]


def test_after_the_clock_was_set_back_the_later_run_counts(tmp_path: Path) -> None:
    hour = dt.timedelta(hours=1)
    with closing(ferry(tmp_path)) as project:
        project.refresh()
    write_leads(tmp_path, weeks(fallen=3))
    with closing(reopen(tmp_path, now=NOW - 2 * hour)) as project:
        assert project.refresh().changed > 0
        fallen = project.kpi("conversion").weeks.values[-1]
        early = project.kpi("conversion", as_known_at=NOW - hour).weeks.values[-1]
    assert fallen == early
    with closing(reopen(tmp_path, now=NOW)) as project:
        assert project.kpi("conversion").weeks.values[-1] == fallen
        assert project.refresh().changed == 0
