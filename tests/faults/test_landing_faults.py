"""Whatever hurts the landing of a table, no half copy is ever taken for a whole one.

Each test runs `landing_program.py` in a process of its own, because it forks, dies and gives its
rights away.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ordinary_user import open_folder

pytestmark = pytest.mark.skipif(os.name != "posix", reason="forks and signals need POSIX")

PROGRAM = Path(__file__).with_name("landing_program.py")
WHOLE = {
    "copies": 1, "rows": [3000], "columns": [["id", "user"]], "modes": ["0o400"], "key": 65
}  # fmt: skip


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder to which also a user without rights finds the way."""
    with open_folder() as made:
        yield made


def seen(way: str, folder: Path) -> Any:
    """What the program saw after it hurt the landing in this way."""
    paths = [path for path in sys.path if path]
    done = subprocess.run(
        [sys.executable, str(PROGRAM), way, str(folder)],
        capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_killed_at_any_step_it_leaves_a_whole_copy_or_none_and_the_next_run_mends_all(
    folder: Path,
) -> None:
    attempts = seen("crash", folder)
    assert attempts[-1]["ended"] == 0
    assert all(one["ended"] == -9 for one in attempts[:-1])
    assert len(attempts) > 15, "the steps that write were not met"
    for one in attempts:
        after = one["after"]
        assert after["copies"] == 0 or {**after, "key": 65} == WHOLE
        assert after["key"] in (None, 65)
        assert (one["findings"], one["whole"]) == ([], WHOLE)


def test_processes_that_land_one_table_at_once_end_with_one_copy(folder: Path) -> None:
    told = seen("race", folder)
    assert told == {"ends": [0] * 8, "state": WHOLE, "hidden": []}


def test_a_full_disk_is_told_and_loses_nothing(folder: Path) -> None:
    told = seen("full", folder)
    assert told["findings"] == ["disk-full"]
    assert told["hidden"] == []
    assert told["state"]["copies"] == 0
    assert told["source"] is True
    assert told["again"] == []


def test_a_read_only_folder_serves_what_is_read_in_place_and_refuses_to_land(
    folder: Path,
) -> None:
    told = seen("read-only", folder)
    assert told["told"] == {
        "people": ["folder-read-only"], "open": [], "secret": ["file-permission"]
    }  # fmt: skip
    assert told["left"] == ["people.csv", "secret.csv"]


def test_a_landed_copy_cannot_be_written_even_by_its_owner(folder: Path) -> None:
    """`allowed_paths` lets the engine write what it may read; the file's mode does not."""
    assert seen("second-wall", folder) == {"said": "IOException", "unchanged": True}
