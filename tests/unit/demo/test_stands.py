"""A demo's folder stands on one day, and keeps to it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from sameboat.demo import generate
from sameboat.demo import install as installing
from sameboat.demo.install import install, shipped, stand_of
from sameboat.demo.stands import JANUARY, OCTOBER
from sameboat.project.load import load


@pytest.fixture(autouse=True)
def stamps_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables take a moment and have tests of their own: their stamp is enough here."""

    def stamp(folder: Path, *, until: date) -> None:
        folder.mkdir(exist_ok=True)
        (folder / generate.STAMP).write_text(f"harbourline x seed 1 until {until}\n")

    monkeypatch.setattr(installing, "ensure", stamp)


def test_twelve_weeks_lie_between_the_two_days() -> None:
    assert (JANUARY.until - OCTOBER.until).days == 84
    assert (JANUARY.now - OCTOBER.now).days == 84


def test_a_new_folder_stands_in_october(tmp_path: Path) -> None:
    assert stand_of(tmp_path) == OCTOBER
    assert load(install(tmp_path)).root.as_of == OCTOBER.now


def test_it_moves_on_when_asked_and_stays_there(tmp_path: Path) -> None:
    install(tmp_path)
    install(tmp_path, JANUARY)
    for _ in range(2):
        assert stand_of(tmp_path) == JANUARY
        project = load(tmp_path)
        assert project.root.as_of == JANUARY.now
        assert "advocacy_campaign" in project.events
        install(tmp_path)


def test_the_definitions_are_the_same_on_both_days(tmp_path: Path) -> None:
    """Only the moment and what has happened since differ: no number is counted otherwise."""
    before, after = load(install(tmp_path / "a")), load(install(tmp_path / "b", JANUARY))
    assert before.metrics == after.metrics
    assert before.kpis == after.kpis
    assert after.events.keys() - before.events.keys() == {"advocacy_campaign"}


def test_the_moment_stands_in_the_file_that_is_shipped() -> None:
    root = Path("sameboat.yml")
    assert OCTOBER.as_of.encode() in shipped(OCTOBER)[root]
    assert JANUARY.as_of.encode() in shipped(JANUARY)[root]


@pytest.mark.parametrize("stamp", ["", "harbourline 0 seed 1\n", "harbourline x until soon\n"])
def test_a_stamp_that_says_no_day_is_october(tmp_path: Path, stamp: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / generate.STAMP).write_text(stamp)
    assert stand_of(tmp_path) == OCTOBER


def test_an_interrupted_move_is_completed_by_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after the tables and before the files: the tables say the day, the files follow."""
    install(tmp_path)
    put = installing._put

    def killed(target: Path, content: bytes) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(installing, "_put", killed)
    with pytest.raises(KeyboardInterrupt):
        install(tmp_path, JANUARY)
    monkeypatch.setattr(installing, "_put", put)
    assert stand_of(tmp_path) == JANUARY
    assert load(tmp_path).root.as_of == OCTOBER.now
    install(tmp_path)
    assert load(tmp_path).root.as_of == JANUARY.now
