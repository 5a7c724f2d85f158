"""Which files a declared table reads, and when its data count as changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sameboat.project.model import Table
from sameboat.project.scans import SMALL, fingerprint_of
from sameboat.project.tables import files_of, format_of, sources_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.csv", "b.csv", ".hidden.csv", "data [1].csv", "sub/c.csv", "sub/.x/d.csv"):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x\n1\n")
    return tmp_path


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("data/a.csv", ["a.csv"]),
        ("data/*.csv", ["a.csv", "b.csv", "data [1].csv"]),
        ("data/[ab].csv", ["a.csv", "b.csv"]),
        ("data/data [1].csv", ["data [1].csv"]),
        ("data/**/*.csv", ["a.csv", "b.csv", "data [1].csv", "c.csv"]),
        ("data/sub/../a.csv", ["a.csv"]),
        ("data/none.csv", []),
        ("data/none*.csv", []),
        ("none/*.csv", []),
        ("data/a.csv\0", []),
        ("", []),
    ],
)
def test_globs_become_explicit_files_without_hidden_ones(
    folder: Path, pattern: str, names: list[str]
) -> None:
    found = files_of(pattern, folder=folder)
    assert [path.name for path in found] == names
    assert all(path.is_absolute() for path in found)


def test_files_outside_the_folder_and_links_are_followed_to_what_they_are(folder: Path) -> None:
    inner = folder / "inner"
    inner.mkdir()
    assert files_of("../data/a.csv", folder=inner) == files_of("data/a.csv", folder=folder)
    assert len(files_of("../data/?.csv", folder=inner)) == 2
    assert files_of(str(folder / "data" / "a.csv"), folder=inner)
    (inner / "link.csv").symlink_to(folder / "data" / "a.csv")
    assert files_of("link.csv", folder=inner) == files_of("data/a.csv", folder=folder)


def test_a_source_says_what_was_declared_and_what_is_there(folder: Path) -> None:
    tables = {
        "a": Table(file="data/*.csv", personal=("p",), zone="UTC"),
        "b": Table(file="data/gone.parquet"),
        "c": Table(relation="crm.c"),
        "d": Table(sql="select 1"),
    }
    a, b, c, d = sources_of(tables, folder=folder)
    assert (a.format, len(a.files), a.personal, a.zone) == ("csv", 3, ("p",), "UTC")
    assert (b.format, b.files, b.file) == ("parquet", (), "data/gone.parquet")
    assert (c.relation, d.sql) == ("crm.c", "select 1")


def test_a_name_promises_a_format() -> None:
    assert format_of("A.NDJSON.GZ") == "json"
    assert format_of("a.pq") == "parquet"
    assert format_of("a.gz") is None


def test_a_small_file_is_known_by_its_content(tmp_path: Path) -> None:
    one, two = tmp_path / "a" / "t.csv", tmp_path / "b" / "t.csv"
    for path in (one, two):
        path.parent.mkdir()
        path.write_text("x")
    assert fingerprint_of([one]) == fingerprint_of([two])
    os.utime(one, (1, 1))
    assert fingerprint_of([one]) == fingerprint_of([two])
    two.write_text("y")
    assert fingerprint_of([one]) != fingerprint_of([two])
    assert fingerprint_of([one], "a") != fingerprint_of([one], "b")
    assert fingerprint_of([one, two]) != fingerprint_of([two, one])


def test_a_large_file_is_known_by_size_time_and_inode(tmp_path: Path) -> None:
    path, other = tmp_path / "t.csv", tmp_path / "u.csv"
    for made in (path, other):
        made.write_bytes(b"x" * (SMALL + 1))
        os.utime(made, ns=(10**18, 10**18))
    before = fingerprint_of([path])
    assert fingerprint_of([path]) == before
    os.utime(path, ns=(10**18, 10**18 + 1))
    assert fingerprint_of([path]) != before
    other.replace(path)
    assert fingerprint_of([path]) != before
