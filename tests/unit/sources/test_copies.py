"""Old copies go when no reader can need them, and not before."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from sameboat.sources.copies import HANDED_OUT, claimed, sweep
from sameboat.warehouse.leases import Leases


@pytest.fixture
def copies(tmp_path: Path) -> dict[str, Path]:
    made = {name: tmp_path / f"{name}.parquet" for name in ("new", "old", "older")}
    for path in made.values():
        path.write_bytes(b"x")
        path.chmod(0o400)
    past = time.time() - HANDED_OUT - 1
    for name in ("old", "older"):
        os.utime(made[name], (past, past))
    return made


def test_old_copies_that_nobody_holds_are_removed(copies: dict[str, Path]) -> None:
    sweep(copies["new"].parent, keep=copies["new"])
    assert [name for name, path in copies.items() if path.exists()] == ["new"]


def test_a_copy_that_was_just_handed_out_stays(copies: dict[str, Path]) -> None:
    assert claimed(copies["old"])
    assert not claimed(copies["old"].with_name("none.parquet"))
    sweep(copies["new"].parent, keep=copies["new"])
    assert [name for name, path in copies.items() if path.exists()] == ["new", "old"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps open files by itself")
def test_a_copy_that_a_reader_holds_stays_until_it_lets_go(copies: dict[str, Path]) -> None:
    leases = Leases([str(copies["old"]), str(copies["old"]), "/nowhere/x.parquet"])
    sweep(copies["new"].parent, keep=copies["new"])
    assert [name for name, path in copies.items() if path.exists()] == ["new", "old"]
    leases.release()
    sweep(copies["new"].parent, keep=copies["new"])
    assert [name for name, path in copies.items() if path.exists()] == ["new"]
