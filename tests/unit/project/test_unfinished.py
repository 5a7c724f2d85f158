"""What a maker leaves unfinished goes when the maker is dead, and never before."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sameboat.project.unfinished import clear_abandoned, unfinished_file, unfinished_folder

posix = pytest.mark.skipif(os.name != "posix", reason="locks of files as POSIX has them")

KILLED = """
import os, signal, sys
from pathlib import Path
from sameboat.project.unfinished import unfinished_file, unfinished_folder
here = Path(sys.argv[1])
with unfinished_file(here / "table.parquet") as own, unfinished_folder(here) as folder:
    own.write_text("half")
    (folder / "people.csv").write_text("name")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@posix
def test_what_a_killed_maker_left_is_cleared_at_once_whatever_the_clock_says(
    tmp_path: Path,
) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert done.returncode == -9
    left = list(tmp_path.iterdir())
    assert len(left) == 2
    for path in left:
        os.utime(path, (4e9, 4e9))  # made by a clock that was ahead
    clear_abandoned(tmp_path)
    assert list(tmp_path.iterdir()) == []


@posix
def test_what_a_living_maker_has_open_stays_however_old_it_looks(tmp_path: Path) -> None:
    with unfinished_file(tmp_path / "t.txt") as own, unfinished_folder(tmp_path) as folder:
        for path in (own, folder):
            os.utime(path, (1, 1))
        clear_abandoned(tmp_path)
        assert own.exists()
        assert folder.exists()
    assert list(tmp_path.iterdir()) == []


def test_hidden_files_of_other_programs_stay(tmp_path: Path) -> None:
    names = {".notes.tmp", ".a.tmp", ".a.12.tmp", ".x.12.nothexed.tmp", "12.0123abcd.tmp"}
    for name in names:
        (tmp_path / name).write_text("theirs")
    clear_abandoned(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == names


@posix
def test_a_link_in_the_place_of_something_unfinished_is_not_followed(tmp_path: Path) -> None:
    """In a folder that others may write to, they could name files of ours."""
    ours = tmp_path / "ours.txt"
    ours.write_text("precious")
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / ".1.0123abcd.tmp").symlink_to(ours)
    clear_abandoned(shared)
    assert ours.read_text() == "precious"


@posix
def test_something_cleared_between_making_and_locking_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, made = os.open, []

    def slow(path: Path, flags: int, *rest: int) -> int:
        if not flags & os.O_CREAT:
            made.append(path)
            if len(made) == 1:
                Path(path).unlink()
        return real(path, flags, *rest)

    monkeypatch.setattr(os, "open", slow)
    with unfinished_file(tmp_path / "t.txt") as own:
        assert own.exists()
    assert len(made) == 2
