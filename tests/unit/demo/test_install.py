"""Installing puts the project and its data into a folder, and keeps what is not its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from sameboat.demo import install as installing
from sameboat.demo.install import install
from sameboat.errors import SameboatError
from sameboat.project.load import load


@pytest.fixture(autouse=True)
def no_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables take a moment and have tests of their own."""
    monkeypatch.setattr(installing, "ensure", lambda folder, until: folder.mkdir(exist_ok=True))


def test_the_project_files_are_there_and_load(tmp_path: Path) -> None:
    folder = install(tmp_path / "harbourline")
    assert (folder / "data").is_dir()
    assert (folder / "docs" / "vision.md").is_file()
    assert load(folder).root.name == "harbourline"


def test_a_second_time_writes_nothing(tmp_path: Path) -> None:
    folder = install(tmp_path)
    before = {file: file.stat().st_mtime_ns for file in folder.rglob("*.yml")}
    install(folder)
    assert {file: file.stat().st_mtime_ns for file in folder.rglob("*.yml")} == before


def test_shipped_files_are_put_back_and_others_left_alone(tmp_path: Path) -> None:
    folder = install(tmp_path)
    (folder / "kpis.yml").write_text("kpis: {}\n")
    (folder / ".sameboat").mkdir()
    (folder / ".sameboat" / "store.db").write_text("decisions")
    install(folder)
    assert "lead_to_customer_conversion" in (folder / "kpis.yml").read_text()
    assert (folder / ".sameboat" / "store.db").read_text() == "decisions"


def test_a_place_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(SameboatError) as error:
        install(tmp_path / "taken")
    assert error.value.code == "demo-not-written"


def test_nothing_half_written_stays(tmp_path: Path) -> None:
    folder = install(tmp_path)
    assert not [file for file in folder.rglob(".*") if file.is_file()]
