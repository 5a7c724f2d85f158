"""A copy that its maker's death left behind goes at the next look, not at the next change."""

from __future__ import annotations

import os
from pathlib import Path

from sameboat.project.model import Table
from sameboat.project.tables import sources_of
from sameboat.sources.land import prepare


def test_an_old_copy_goes_although_the_new_one_is_there_already(tmp_path: Path) -> None:
    """The landing was killed after the new copy had its name, before the old one was removed."""
    (tmp_path / "people.csv").write_text("id,name\n1,Ann\n")
    sources = sources_of({"people": Table(file="people.csv", personal=("name",))}, folder=tmp_path)
    [scan] = prepare(sources, folder=tmp_path)
    old = Path(scan.paths[0]).with_name("0123456789abcdef01234567.parquet")
    old.write_bytes(Path(scan.paths[0]).read_bytes())
    os.utime(old, (1, 1))
    [again] = prepare(sources, folder=tmp_path)
    assert again.paths == scan.paths
    assert not old.exists()
