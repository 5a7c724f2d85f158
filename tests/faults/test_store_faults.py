"""Whatever hurts the store, nothing acknowledged is lost and nothing is half applied.

Each test runs `store_program.py` in a process of its own, because it forks, dies and gives its
rights away; the program checks every run in the store point by point, the tests check what it saw.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="forks and signals need POSIX")

PROGRAM = Path(__file__).with_name("store_program.py")


def seen(way: str, folder: Path, seed: int = 1, count: int = 1) -> Any:
    """What the program saw after it hurt a store in this way."""
    done = subprocess.run(
        [sys.executable, str(PROGRAM), way, str(folder), str(seed), str(count)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that any user can reach: what a test does without rights, it can do there."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)
        for place, folders, _ in os.walk(name):  # from the top: rights that were taken come back
            Path(place).chmod(0o700)
            for folder in folders:
                (Path(place) / folder).chmod(0o700)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m,mode=755", "none", str(tmp_path)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk needs root; the size limit is tested without")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


@pytest.mark.parametrize(("seed", "count"), [(1, 8)])
def test_killed_at_a_statement_the_store_holds_the_last_whole_run(
    tmp_path: Path, seed: int, count: int
) -> None:
    """Making the store, two refreshes and two proposals: SIGKILL at every eighth statement."""
    found = seen("statements", tmp_path, seed, count)
    assert found["kills"] >= 12
    assert found["held"] == [0, 1, 2]


@pytest.mark.slow
def test_killed_at_any_statement_the_store_holds_the_last_whole_run(tmp_path: Path) -> None:
    assert seen("statements", tmp_path)["kills"] >= 100


def test_killed_at_random_moments_the_store_goes_on_from_the_last_whole_run(
    tmp_path: Path,
) -> None:
    """Twenty deaths, also within a write or a flush of the disk."""
    found = seen("moments", tmp_path, 1, 20)
    assert found["kills"] >= 15
    assert found["reached"] >= 2


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 6))
def test_killed_at_a_thousand_random_moments_the_store_goes_on(tmp_path: Path, seed: int) -> None:
    assert seen("moments", tmp_path, seed, 500)["kills"] >= 400


def test_a_migration_that_is_killed_leaves_the_older_store_whole(tmp_path: Path) -> None:
    """And the next start raises it: SIGKILL at every sixth statement of the way."""
    assert seen("migrations", tmp_path, 2, 6)["kills"] >= 6


@pytest.mark.slow
def test_a_migration_killed_at_any_statement_leaves_the_older_store_whole(tmp_path: Path) -> None:
    assert seen("migrations", tmp_path)["kills"] >= 35


def test_four_processes_that_refresh_at_once_are_all_recorded_in_turn(tmp_path: Path) -> None:
    """They also make the store at once; not one of them fails."""
    assert seen("together", tmp_path, 1, 5) == {"ended": [0, 0, 0, 0], "runs": 20}


def test_at_a_size_limit_the_refresh_is_refused_and_the_old_data_stay(tmp_path: Path) -> None:
    """As by a quota; when the limit is gone, the same store goes on."""
    assert seen("file_limit", tmp_path) == {"code": "disk-full", "read": True, "runs": 2}


def test_on_a_full_disk_nothing_is_lost_and_nothing_half_made(small_disk: Path) -> None:
    """Making a store leaves no file behind, a refresh leaves the last one; with room it goes on."""
    assert seen("full_disk", small_disk) == {
        "making": "disk-full",
        "left": [],
        "refreshing": "disk-full",
        "held": "1",
        "runs": 2,
    }


def test_in_a_read_only_folder_the_store_is_read_and_every_write_says_why_not(
    open_folder: Path,
) -> None:
    """After a crash too, when the newest run is still in the log beside the file."""
    found = seen("read_only", open_folder)
    assert found.pop("read crashed") >= 2
    assert found == {
        "making": "folder-read-only",
        "opening": "folder-read-only",
        "reading nothing": "fine",
        "read kept": 1,
        "write kept": "folder-read-only",
        "write crashed": "folder-read-only",
    }


def test_a_store_that_may_not_be_looked_at_says_so(open_folder: Path) -> None:
    """The file, or the folder that it lies in; to write and to read."""
    assert seen("no_rights", open_folder) == {
        "file": ["store-permission", "store-permission"],
        "folder": ["store-permission", "store-permission"],
    }


def test_a_store_that_was_replaced_under_a_running_process_is_not_written(tmp_path: Path) -> None:
    """Nor read, nor made anew: a decision must not go into a file that has no name any more."""
    assert seen("replaced", tmp_path) == {
        "codes": ["store-moved"] * 4,
        "held": 1,
        "made anew": False,
    }


def test_copies_made_by_sqlite_while_a_refresh_runs_are_the_store_at_one_moment(
    tmp_path: Path,
) -> None:
    """Every run that a copy holds is whole; the refreshes meanwhile all succeed."""
    assert seen("backups", tmp_path, 1, 12) == {"ended": 0, "growing": True, "runs": 12}
