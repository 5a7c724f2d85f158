"""Any encoding that Python knows becomes UTF-8 for as long as it is needed."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from sameboat.errors import WarehouseError
from sameboat.sources.encodings import as_utf8


def test_files_are_rewritten_under_their_own_names_and_gone_afterwards(tmp_path: Path) -> None:
    plain, packed = tmp_path / "a.csv", tmp_path / "b.csv.gz"
    plain.write_bytes("naïve €\r\n".encode("cp1252"))
    packed.write_bytes(gzip.compress("naïve €\n".encode("cp1252")))
    home = tmp_path / "home"
    with as_utf8([plain, packed], "cp1252", home=home) as (one, two):
        assert one.read_bytes() == "naïve €\r\n".encode()
        assert two.read_bytes() == "naïve €\n".encode()
        assert (one.name, two.name) == ("a.csv", "b.csv")
    assert list(home.iterdir()) == []


def test_bytes_that_are_no_text_in_that_encoding_are_told_of(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a\n\x81\n")
    with (
        pytest.raises(WarehouseError) as caught,
        as_utf8([path], "cp1252", home=tmp_path / "home"),
    ):
        pytest.fail("the block must not run")
    assert caught.value.code == "encoding"
    assert "a.csv" in caught.value.why
    assert list((tmp_path / "home").iterdir()) == []
