"""Killed at any point of refresh, load, landing or migration, nothing is lost or half applied.

Each test runs `crash_program.py` in a process of its own; its first lines say what is looked at.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults import write_steps

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="holds system calls as Linux can")

PROGRAM = Path(__file__).with_name("crash_program.py")


def told(*options: str) -> tuple[int, str]:
    """How the program ended and what it said."""
    paths = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        [sys.executable, str(PROGRAM), *options],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": paths},
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def killed(said: str) -> int:
    """How many points killed, without a loss."""
    found = re.search(r"([\d,]+) killed, \d+ ended before their moment, 0 losses", said)
    assert found, said
    return int(found[1])


def test_killed_at_twenty_points_nothing_is_lost(tmp_path: Path) -> None:
    """And a stopped run goes on from its journal: the second call makes no point again."""
    journal = tmp_path / "points.jsonl"
    code, said = told("--points", "20", "--seed", "3", "--journal", str(journal))
    assert (code, killed(said) >= 14) == (0, True), said
    made = journal.read_text()
    again = told("--points", "20", "--seed", "3", "--journal", str(journal))
    assert again == (code, said)
    assert journal.read_text() == made


@pytest.mark.slow
def test_killed_at_five_thousand_points_nothing_is_lost(
    request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    """The journal outlives a stopped test; the table is printed."""
    assert request.config.cache is not None
    journal = request.config.cache.mkdir("crash-points") / "points.jsonl"
    code, said = told("--points", "5000", "--journal", str(journal))
    with capsys.disabled():
        sys.stdout.write(f"\n{said}")
    assert (code, killed(said) >= 4500) == (0, True)
    journal.unlink()


@pytest.mark.alone
@pytest.mark.skipif(not write_steps.available(), reason="holds system calls as Linux can")
def test_a_work_that_is_not_whole_is_seen(tmp_path: Path) -> None:
    """The watching itself: steps are counted in order, and half a write is half a write."""

    def work() -> None:
        with (tmp_path / "a.txt").open("wb", buffering=0) as file:
            file.write(b"0123456789")
            os.fsync(file.fileno())
        (tmp_path / "a.txt").rename(tmp_path / "b.txt")

    whole = write_steps.watched(work, tmp_path)
    assert whole.status == 0
    assert [step.call for step in whole.steps] == ["openat", "write", "fsync", "rename"]
    assert {Path(step.path).name for step in whole.steps} == {"a.txt", "b.txt"}
    (tmp_path / "b.txt").unlink()

    torn = write_steps.watched(work, tmp_path, end_at=2, mode="torn", cut=0.4)
    assert (torn.status, len(torn.steps)) == (-9, 2)
    assert (tmp_path / "a.txt").read_bytes() == b"0123"

    before = write_steps.watched(work, tmp_path, end_at=4)
    assert before.status == -9
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_bytes() == b"0123456789"
