"""The hidden folder is passed by by version control, whoever makes it first."""

from __future__ import annotations

from pathlib import Path

from sameboat.project.home import make_folder, make_home
from sameboat.sources.pseudonyms import key_of


def test_the_folder_says_that_nothing_in_it_is_a_source(tmp_path: Path) -> None:
    make_home(tmp_path / ".sameboat")
    assert (tmp_path / ".sameboat" / ".gitignore").read_text() == "*\n"
    assert (tmp_path / ".sameboat").stat().st_mode & 0o777 == 0o700


def test_what_is_made_deep_within_it_makes_it_in_the_same_way(tmp_path: Path) -> None:
    """A copy of a table or the key of the pseudonyms may be there before the store is."""
    make_folder(tmp_path / "a" / ".sameboat" / "landed" / "people")
    key_of(tmp_path / "b")
    for project in ("a", "b"):
        assert (tmp_path / project / ".sameboat" / ".gitignore").read_text() == "*\n"


def test_a_process_killed_between_folder_and_note_leaves_the_note_to_the_next(
    tmp_path: Path,
) -> None:
    (tmp_path / ".sameboat").mkdir()
    make_home(tmp_path / ".sameboat")
    assert (tmp_path / ".sameboat" / ".gitignore").read_text() == "*\n"


def test_elsewhere_a_folder_is_just_made(tmp_path: Path) -> None:
    make_folder(tmp_path / "data")
    assert list((tmp_path / "data").iterdir()) == []
