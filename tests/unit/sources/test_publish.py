"""Files appear whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sameboat.errors import WarehouseError
from sameboat.project.unfinished import unfinished_file
from sameboat.sources.publish import publish, publish_table


def test_a_file_takes_its_place_in_one_step_with_the_mode_asked_for(tmp_path: Path) -> None:
    target = tmp_path / "new" / "t.txt"
    assert publish(target, lambda own: own.write_text("one") and None, mode=0o400) == target
    assert target.read_text() == "one"
    assert stat.S_IMODE(target.stat().st_mode) == 0o400
    publish(target, lambda own: own.write_text("two") and None)
    assert target.read_text() == "two"
    assert [path.name for path in target.parent.iterdir()] == ["t.txt"]


def test_rows_are_published_as_parquet_from_a_table_or_a_stream(tmp_path: Path) -> None:
    table = pa.table({"a": list(range(300_000))})
    for rows in (table, table.to_reader(max_chunksize=1000)):
        target = publish_table(tmp_path / "t.parquet", rows)
        assert pq.read_table(target) == table


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "disk-full"),
        (errno.EDQUOT, "disk-full"),
        (errno.EFBIG, "disk-full"),
        (errno.EROFS, "folder-read-only"),
        (errno.EACCES, "folder-read-only"),
        (errno.EIO, "disk-fault"),
    ],
)
def test_a_failed_write_leaves_what_stood_there(tmp_path: Path, number: int, code: str) -> None:
    target = tmp_path / "t.txt"
    target.write_text("before")

    def fail(own: Path) -> None:
        own.write_text("half")
        raise OSError(number, os.strerror(number))

    with pytest.raises(WarehouseError) as caught:
        publish(target, fail)
    assert caught.value.code == code
    assert target.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["t.txt"]


def test_an_error_of_the_writer_passes_through_and_leaves_nothing(tmp_path: Path) -> None:
    def fail(own: Path) -> None:
        own.write_text("half")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        publish(tmp_path / "t.txt", fail)
    assert list(tmp_path.iterdir()) == []


def test_what_killed_writers_left_is_cleared_and_what_others_write_is_not(tmp_path: Path) -> None:
    left, others = tmp_path / ".a.12.0123abcd.tmp", tmp_path / ".notes.tmp"
    for path in (left, others):
        path.write_text("half")
    folder = tmp_path / ".12.0123abcd.tmp"
    folder.mkdir()
    (folder / "x").write_text("half")
    with unfinished_file(tmp_path / "other.txt") as held:
        publish(tmp_path / "t.txt", lambda own: own.write_text("one") and None)
        assert {path.name for path in tmp_path.iterdir()} == {held.name, ".notes.tmp", "t.txt"}
