"""Which tables are copied, what the copy holds, and when it is made anew."""

from __future__ import annotations

import datetime as dt
import os
import stat
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sameboat.project.model import Reading, Table
from sameboat.project.tables import TableSource, sources_of
from sameboat.sources import land as landing
from sameboat.sources.land import land, lands, prepare
from tests.unit.sources.given import contents, scan, source

PEOPLE = "id,name,user\n1,Ann,u1\n2,Bob,u2\n3,Cy,u1\n"


@pytest.mark.parametrize(
    ("declared", "copied"),
    [
        ({"file": "a.csv"}, False),
        ({"file": "a.json"}, False),
        ({"file": "a.parquet"}, False),
        ({"file": "a.csv", "personal": ("x",)}, True),
        ({"file": "a.parquet", "pseudonymous": ("x",)}, True),
        ({"file": "a.xlsx"}, True),
        ({"file": "a.csv", "read": Reading(encoding="latin-1")}, False),
        ({"file": "a.csv", "read": Reading(encoding="UTF8")}, False),
        ({"file": "a.csv", "read": Reading(encoding="cp1252")}, True),
        ({"relation": "crm.x"}, False),
        ({"relation": "crm.x", "personal": ("x",)}, False),
        ({"relation": "crm.x", "pseudonymous": ("x",)}, True),
        ({"sql": "select 1", "personal": ("x",)}, False),
    ],
)
def test_one_function_decides_what_is_copied(
    tmp_path: Path, declared: dict[str, Any], copied: bool
) -> None:
    [one] = sources_of({"t": Table(**declared)}, folder=tmp_path)
    assert lands(one) is copied


def test_a_copy_holds_no_personal_value_and_no_value_that_was_hashed(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(PEOPLE)
    made = scan(tmp_path, file="a.csv", personal=("NAME",), pseudonymous=("user",))
    table = contents(made)
    assert table.schema.names == ["id", "user"]
    one, two, three = table["user"].to_pylist()
    assert one == three != two
    copy = Path(made.paths[0])
    assert not any(word in copy.read_bytes() for word in (b"Ann", b"Bob", b"u1", b"u2"))
    assert stat.S_IMODE(copy.stat().st_mode) == 0o400


def test_one_person_has_one_pseudonym_in_every_table_and_format(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("user\n7\n8\n")
    (tmp_path / "b.json").write_text('[{"user": "7"}]')
    pq.write_table(pa.table({"user": [7.0, None]}), tmp_path / "c.parquet")
    pq.write_table(pa.table({"user": [7]}), tmp_path / "d.parquet")
    found = [
        contents(scan(tmp_path, file=name, pseudonymous=("user",)))["user"][0].as_py()
        for name in ("a.csv", "b.json", "c.parquet", "d.parquet")
    ]
    assert len(set(found)) == 1


def test_a_copy_is_made_once_per_state_of_its_source_and_declaration(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(PEOPLE)

    def made(**more: Any) -> tuple[str, int]:
        path = Path(scan(tmp_path, file="a.csv", **more).paths[0])
        return path.name, path.stat().st_ino

    first = made(personal=("name",))
    assert made(personal=("name",)) == first
    assert made(personal=("name", "user")) != first
    assert made(personal=("name",), pseudonymous=("user",)) != first
    assert made(personal=("name",), read={"delimiter": ","}) != first
    (tmp_path / "a.csv").write_text(PEOPLE.replace("Bob", "Rob"))
    assert made(personal=("name",)) != first


def test_another_key_gives_another_copy(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(PEOPLE)
    one = source(tmp_path, "a.csv", pseudonymous=("user",))
    assert land(one, folder=tmp_path, key=b"a" * 32) != land(one, folder=tmp_path, key=b"b" * 32)


def test_a_copy_removes_old_ones_that_nobody_needs(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(PEOPLE)
    old = Path(scan(tmp_path, file="a.csv", personal=("name",)).paths[0])
    os.utime(old, (1, 1))
    (tmp_path / "a.csv").write_text(PEOPLE + "4,Di,u3\n")
    new = Path(scan(tmp_path, file="a.csv", personal=("name",)).paths[0])
    assert list(old.parent.iterdir()) == [new]


def test_a_workbook_is_copied_with_the_types_of_its_cells(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(["id", "name", "since", "user"])
    book.active.append([1, "Ann", dt.datetime(2024, 1, 2), "u1"])
    book.save(tmp_path / "a.xlsx")
    made = scan(tmp_path, file="a.xlsx", personal=("name",), pseudonymous=("user",))
    assert [kind for _, kind in made.columns] == ["BIGINT", "DATE", "VARCHAR"]
    assert contents(made)["since"].to_pylist() == [dt.date(2024, 1, 2)]


def test_another_encoding_is_copied_as_utf_8(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("name;x\nMüller €;1,5\n".encode("cp1252"))
    made = scan(tmp_path, file="a.csv", read={"encoding": "cp1252", "decimal": ","})
    assert contents(made).to_pylist() == [{"name": "Müller €", "x": 1.5}]
    assert len(list(Path(made.paths[0]).parent.iterdir())) == 1


def test_kinds_that_parquet_does_not_hold_are_copied_as_text(tmp_path: Path) -> None:
    duckdb.execute(
        "copy (select 1 as id, 'x' as name, interval 3 day as span, uuid() as u,"
        f" [1] as l, {{'a': 1}} as s, now() as m) to '{tmp_path}/a.parquet'"
    ).fetchall()
    made = scan(tmp_path, file="a.parquet", personal=("name",))
    assert dict(made.columns)["span"] == "VARCHAR"
    assert contents(made)["span"].to_pylist() == ["3 days"]


def test_a_kind_that_cannot_be_copied_at_all_is_told(tmp_path: Path) -> None:
    connection = duckdb.connect(str(tmp_path / "w.duckdb"))
    connection.execute(
        "create table t as select {'x': union_value(a := 1)} as u, 'x' as who"
    ).fetchall()
    connection.close()
    tables = {"t": Table(relation="t", pseudonymous=("who",))}
    [made] = prepare(sources_of(tables, folder=tmp_path), folder=tmp_path, url="duckdb:///w.duckdb")
    assert [found.code for found in made.findings] == ["file-unreadable"]


def test_an_empty_table_with_a_header_lands_empty(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,name\n")
    assert contents(scan(tmp_path, file="a.csv", personal=("name",))).num_rows == 0


@pytest.mark.parametrize(
    ("declared", "code", "words"),
    [
        ({"file": "none.csv"}, "file-missing", "none.csv"),
        ({"file": "none/*.csv"}, "file-missing", "no file matches"),
        ({"file": "a.csv", "personal": ("nmae",)}, "column-missing", "Did you mean 'name'"),
        ({"file": "a.csv", "pseudonymous": ("usr",)}, "column-missing", "Did you mean 'user'"),
        ({"file": "a.csv", "personal": ("id", "name", "user")}, "column-missing", "nothing"),
        ({"file": "folder"}, "file-unreadable", "is a folder"),
        ({"file": "a.doc"}, "file-format", "a.doc"),
        ({"file": "old.xls"}, "file-format", "old.xls"),
        ({"file": "bad.csv"}, "encoding", "bad.csv"),
        ({"file": "a.csv", "read": {"encoding": "klingon"}}, "encoding", "klingon"),
        ({"file": "zero.csv", "personal": ("x",)}, "table-empty", "zero.csv"),
        ({"file": "bad.csv", "personal": ("x",)}, "encoding", "bad.csv"),
        ({"file": "a\0.csv"}, "file-missing", "no file"),
        ({"relation": "crm.x"}, "relation-missing", "duckdb:///"),
        ({"relation": "crm.x", "pseudonymous": ("x",)}, "relation-missing", "duckdb:///"),
        ({}, "missing-key", "neither"),
    ],
)
def test_what_is_wrong_with_a_table_is_told_and_the_others_stay_usable(
    tmp_path: Path, declared: dict[str, Any], code: str, words: str
) -> None:
    (tmp_path / "folder").mkdir()
    for name in ("a.csv", "a.doc", "old.xls"):
        (tmp_path / name).write_text(PEOPLE)
    (tmp_path / "zero.csv").write_text("")
    (tmp_path / "bad.csv").write_bytes("x\né\n".encode("latin-1"))
    made = scan(tmp_path, **dict(declared))
    [found] = made.findings
    assert found.code == code
    assert words in str(found)
    assert found.message.startswith("t: ")
    assert str(tmp_path) not in str(found)


def test_equal_scans_mean_unchanged_data(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(PEOPLE)
    pq.write_table(pa.table({"x": [1]}), tmp_path / "b.parquet")
    tables = {
        "a": Table(file="a.csv"),
        "b": Table(file="b.parquet"),
        "c": Table(file="a.csv", personal=("name",)),
        "d": Table(sql="select * from {{ table('a') }}"),
    }

    def ready() -> Any:
        return prepare(sources_of(tables, folder=tmp_path), folder=tmp_path)

    first = ready()
    assert ready() == first
    pq.write_table(pa.table({"x": [2]}), tmp_path / "b.parquet")
    second = ready()
    changed = [one.name for one, two in zip(first, second, strict=True) if one != two]
    assert changed == ["b"]


def test_the_shape_of_a_csv_is_looked_at_once_per_state_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    real = landing.shape_of

    def counted(one: TableSource, connection: duckdb.DuckDBPyConnection) -> Any:
        looked.append(one.name)
        return real(one, connection)

    monkeypatch.setattr(landing, "shape_of", counted)
    (tmp_path / "a.csv").write_text(PEOPLE)
    first = scan(tmp_path, file="a.csv")
    assert scan(tmp_path, file="a.csv") == first
    assert looked == ["t"]
    kept = tmp_path / ".sameboat" / "shapes" / "t.json"
    kept.write_text("spoilt")
    assert scan(tmp_path, file="a.csv") == first
    (tmp_path / "a.csv").write_text("id\nx\n")
    assert scan(tmp_path, file="a.csv").columns == (("id", "VARCHAR"),)
    assert looked == ["t", "t", "t"]


def test_table_names_cannot_lead_out_of_the_folder_of_copies(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(PEOPLE)
    tables = {"../../../evil": Table(file="a.csv", personal=("name",))}
    [made] = prepare(sources_of(tables, folder=tmp_path), folder=tmp_path)
    assert Path(made.paths[0]).is_relative_to(tmp_path / ".sameboat" / "landed")


def test_a_source_that_breaks_off_while_it_is_copied_is_told_as_such(tmp_path: Path) -> None:
    """The writer that is under way meets the error, and must not take it for a full disk."""
    pq.write_table(
        pa.table({"id": list(range(300_000)), "name": ["x"] * 300_000}),
        tmp_path / "a.parquet",
        row_group_size=100_000,
        compression="zstd",
    )
    content = bytearray((tmp_path / "a.parquet").read_bytes())
    start = pq.read_metadata(tmp_path / "a.parquet").row_group(2).column(0).data_page_offset
    content[start + 40 : start + 4000] = bytes(3960)
    (tmp_path / "a.parquet").write_bytes(bytes(content))
    [found] = scan(tmp_path, file="a.parquet", personal=("name",)).findings
    assert found.code == "file-unreadable"
    assert not list((tmp_path / ".sameboat" / "landed" / "t").iterdir())
