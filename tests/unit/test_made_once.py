"""What is dear to make is made by one process of a test run, and anew where it failed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.made_once import MadeOnce


def test_of_several_who_ask_at_once_one_makes_it(tmp_path: Path) -> None:
    made: list[int] = []

    def make(folder: Path) -> None:
        made.append(1)
        folder.mkdir()
        (folder / "a.txt").write_text("whole", encoding="utf-8")

    with ThreadPoolExecutor(4) as several:
        asked = several.map(lambda _: MadeOnce(tmp_path).folder("one", make), range(8))
    assert {(one / "a.txt").read_text(encoding="utf-8") for one in asked} == {"whole"}
    assert len(made) == 1


def test_a_copy_is_written_into_without_the_others_seeing_it(tmp_path: Path) -> None:
    first = MadeOnce(tmp_path).copy("one", Path.mkdir, tmp_path / "first")
    (first / "mine").touch()
    second = MadeOnce(tmp_path).copy("one", Path.mkdir, tmp_path / "second")
    assert list(second.iterdir()) == []


def test_what_failed_half_way_is_made_anew(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        folder.mkdir()
        (folder / "half").touch()
        raise ValueError("the disk is full")

    with pytest.raises(ValueError, match="full"):
        MadeOnce(tmp_path).folder("one", fail)
    assert list(MadeOnce(tmp_path).folder("one", Path.mkdir).iterdir()) == []
