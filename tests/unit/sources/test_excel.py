"""Sheets are read as the workbook last computed them."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from openpyxl import Workbook

from sameboat.errors import WarehouseError
from sameboat.project.model import Reading
from sameboat.sources import excel
from sameboat.sources.excel import sheet_table

Writes = Callable[..., Path]
PLAIN = Reading()


@pytest.fixture
def write(tmp_path: Path) -> Writes:
    def workbook(*rows: list[Any], name: str = "a.xlsx", more: str | None = None) -> Path:
        book = Workbook()
        for row in rows:
            book.active.append(row)
        if more:
            book.create_sheet(more).append(["x"])
        book.save(tmp_path / name)
        return tmp_path / name

    return workbook


def altered(path: Path, change: Callable[[str], str]) -> Path:
    """The workbook with another text in place of its sheet's."""
    sheet = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[sheet] = change(parts[sheet].decode()).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def refused(path: Path, reading: Reading = PLAIN) -> WarehouseError:
    with pytest.raises(WarehouseError) as caught:
        sheet_table(path, reading)
    return caught.value


def test_each_column_gets_the_narrowest_type_that_holds_its_values(write: Writes) -> None:
    day, moment = dt.datetime(2024, 1, 2), dt.datetime(2024, 1, 2, 10, 30)
    path = write(
        ["id", "x", "ok", "day", "moment", "clock", "name", "mixed", "none"],
        [1, 1, True, day, day, dt.time(9, 30), "Ann", 1, None],
        [2, 2.5, False, None, moment, None, "", "x", None],
    )
    table = sheet_table(path, PLAIN)
    assert table.schema.types == [
        pa.int64(), pa.float64(), pa.bool_(), pa.date32(), pa.timestamp("us"),
        pa.time64("us"), pa.string(), pa.string(), pa.string(),
    ]  # fmt: skip
    assert table["day"].to_pylist() == [dt.date(2024, 1, 2), None]
    assert table["moment"].to_pylist() == [day, moment]
    assert table["name"].to_pylist() == ["Ann", None]
    assert table["mixed"].to_pylist() == ["1", "x"]


def test_header_row_sheet_nulls_and_missing_header_are_as_told(write: Writes) -> None:
    path = write(["Report"], [], ["a", "b"], [1, "n/a"], [None, None], [2, 3], more="Other")
    table = sheet_table(path, Reading(header=3, sheet="Sheet", null=("n/a",)))
    assert table.to_pydict() == {"a": [1, 2], "b": [None, 3]}
    bare = write([1, "x"], [2, "y"], name="b.xlsx")
    assert sheet_table(bare, Reading(header=False)).to_pydict() == {
        "column0": [1, 2], "column1": ["x", "y"]
    }  # fmt: skip


def test_a_cell_with_an_error_is_told_with_its_address(write: Writes) -> None:
    path = write(["id", "amount"], [1, 2], [2, "#DIV/0!"])
    caught = refused(path)
    assert caught.code == "cell-error"
    assert "B3" in caught.why
    read = Reading(null=("#DIV/0!",))
    assert sheet_table(path, read)["amount"].to_pylist() == [2, None]


def test_several_sheets_or_an_unknown_one_are_told(write: Writes) -> None:
    path = write(["a"], [1], more="Deals")
    assert "'Deals'" in refused(path).why
    assert refused(path, Reading(sheet="Deal")).findings[0].hint == "Did you mean 'Deals'?"


def test_values_beyond_the_header_and_empty_sheets_are_refused(write: Writes) -> None:
    assert "row 2" in refused(write(["a"], [1, 2])).why
    assert refused(write(name="b.xlsx")).code == "table-empty"


def test_numbers_that_no_column_can_hold_are_refused(write: Writes) -> None:
    path = altered(write(["a"], [1]), lambda xml: xml.replace("<v>1<", f"<v>{'9' * 40}<"))
    assert refused(path).code == "value-type"


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04broken", b"\xd0\xcf\x11\xe0old xls"])
def test_what_is_no_workbook_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)
    assert refused(path).code == "file-unreadable"


def test_a_zip_of_something_else_and_a_cut_workbook_are_refused(
    tmp_path: Path, write: Writes
) -> None:
    with zipfile.ZipFile(tmp_path / "z.xlsx", "w") as archive:
        archive.writestr("hello.txt", "x")
    assert refused(tmp_path / "z.xlsx").code == "file-unreadable"
    path = altered(write(["a"], [1]), lambda xml: xml[: len(xml) // 2])
    assert refused(path).code == "file-unreadable"


def test_a_workbook_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(
    write: Writes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(excel, "LARGEST", 100)
    assert refused(write(["a"], [1])).code == "file-too-large"


BOMB = "".join(
    f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(12)
)  # fmt: skip


@pytest.mark.parametrize(
    "entities", [BOMB, '<!ENTITY l11 SYSTEM "file:///etc/passwd">'], ids=["bomb", "file"]
)
def test_entities_in_a_sheet_neither_go_off_nor_read_files(write: Writes, entities: str) -> None:
    path = altered(
        write(["a"], ["x"]),
        lambda xml: f"<!DOCTYPE w [{entities}]>" + xml.replace(">x<", ">&l11;<"),
    )
    assert refused(path).code == "file-unreadable"
