"""The untidy files are untidy as promised, the same each time, and overwrite nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from sameboat.demo.messy import NAMES, UNTIDY, write_messy
from sameboat.errors import UsageError


def test_each_file_is_untidy_in_its_own_way(tmp_path: Path) -> None:
    customers, deals, tickets = (path.read_bytes() for path in write_messy(tmp_path))
    assert customers.startswith(b"\xef\xbb\xbf")
    for other in (deals, tickets):
        with pytest.raises(UnicodeDecodeError):
            other.decode("utf-8")
    assert deals.decode("cp1252").splitlines()[2].startswith("deal_id;")
    assert tickets.decode("latin-1").splitlines()[1].startswith("ticket_id\t")
    assert "," in deals.decode("cp1252").splitlines()[3]


def test_they_hold_as_many_rows_as_is_told(tmp_path: Path) -> None:
    rows = [len(path.read_bytes().splitlines()) for path in write_messy(tmp_path)]
    assert rows == [UNTIDY.customers + 1, UNTIDY.deals + 3, UNTIDY.tickets + 2]


def test_everyone_gets_the_same_files(tmp_path: Path) -> None:
    first, second = write_messy(tmp_path / "a"), write_messy(tmp_path / "b")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_is_there_is_never_overwritten(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(UsageError):
        write_messy(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "mine"
