"""Files are read as they are written, or refused in words: never guessed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.unit.sources.given import refused, rows, shape


def put(folder: Path, name: str, text: str | bytes) -> str:
    content = text if isinstance(text, bytes) else text.encode()
    (folder / name).write_bytes(content)
    return name


def test_types_are_found_by_looking_at_the_whole_file(tmp_path: Path) -> None:
    text = "id,when,late\n" + "1,2024-01-02,5\n" * 30000 + "2,2024-01-03,x\n"
    put(tmp_path, "a.csv", text)
    assert shape(tmp_path, "a.csv").columns == (
        ("id", "BIGINT"), ("when", "DATE"), ("late", "VARCHAR")
    )  # fmt: skip


def test_numbers_with_leading_zeros_and_very_long_ones_stay_as_written(tmp_path: Path) -> None:
    long = "1234567890" * 5
    put(tmp_path, "a.csv", f"code,long\n007,{long}\n010,1\n")
    assert rows(tmp_path, "a.csv") == [
        {"code": "007", "long": long}, {"code": "010", "long": "1"}
    ]  # fmt: skip


def test_a_line_that_begins_with_a_hash_is_a_row(tmp_path: Path) -> None:
    put(tmp_path, "a.csv", "tag,n\n#1,2\n#2,3\n")
    assert [row["tag"] for row in rows(tmp_path, "a.csv")] == ["#1", "#2"]


def test_quotes_line_breaks_and_a_byte_order_mark_are_understood(tmp_path: Path) -> None:
    put(tmp_path, "a.csv", b'\xef\xbb\xbfa,b\r\n1,"x, ""y""\r\nz"\r\n2,5" pipe\r\n')
    assert rows(tmp_path, "a.csv")[0] == {"a": 1, "b": 'x, "y"\r\nz'}


def test_decimal_commas_encodings_headers_and_nulls_are_read_as_told(tmp_path: Path) -> None:
    text = "Export of today\n\nName;Betrag;Tag\nMüller;1,50;31.12.2024\nJosé;k.A.;01.02.2025\n"
    put(tmp_path, "a.csv", text.encode("latin-1"))
    read = {
        "encoding": "latin-1", "decimal": ",", "delimiter": ";", "header": 3,
        "date_format": "%d.%m.%Y", "null": ("k.A.",),
    }  # fmt: skip
    assert rows(tmp_path, "a.csv", **read) == [
        {"Name": "Müller", "Betrag": 1.5, "Tag": dt.date(2024, 12, 31)},
        {"Name": "José", "Betrag": None, "Tag": dt.date(2025, 2, 1)},
    ]


def test_a_file_without_header_names_its_columns_by_number(tmp_path: Path) -> None:
    put(tmp_path, "a.csv", "1,x\n2,y\n")
    assert [list(row.values()) for row in rows(tmp_path, "a.csv", header=False)] == [
        [1, "x"], [2, "y"]
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["a.csv.gz", "a.json.gz"])
def test_packed_files_are_read(tmp_path: Path, name: str) -> None:
    import gzip

    text = b"a\n1\n" if "csv" in name else b'[{"a": 1}]'
    put(tmp_path, name, gzip.compress(text))
    assert rows(tmp_path, name) == [{"a": 1}]


def test_dates_that_could_be_day_or_month_first_are_refused_until_told(tmp_path: Path) -> None:
    put(tmp_path, "a.csv", "d\n01/02/2024\n03/04/2024\n")
    caught = refused(tmp_path, "a.csv")
    assert caught.code == "ambiguous-date"
    assert "date_format" in str(caught)
    told = rows(tmp_path, "a.csv", date_format="%m/%d/%Y")
    assert told[0]["d"] == dt.date(2024, 1, 2)
    put(tmp_path, "b.csv", "d\n01/02/2024\n31/04/2024\n13/04/2024\n".replace("31/04", "30/04"))
    assert rows(tmp_path, "b.csv")[0]["d"] == dt.date(2024, 2, 1)


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("zero.csv", "", "table-empty"),
        ("zero.parquet", "", "table-empty"),
        ("zero.json", "", "table-empty"),
        ("none.json", "[]", "table-empty"),
        ("dup.csv", "a,b,a\n1,2,3\n", "colliding-headers"),
        ("case.csv", "a,b,A\n1,2,3\n", "colliding-headers"),
        ("case.json", '[{"a": 1, "A": 2}]', "colliding-headers"),
        ("blank.csv", "a,,b\n1,2,3\n", "colliding-headers"),
        ("ragged.csv", "a,b\n1,2\n3\n", "file-unreadable"),
        ("wide.csv", "a,b\n1,2\n3,4,5\n", "file-unreadable"),
        (
            "mixed.csv",
            b"a,b\n" + "\u00e9,1\n".encode() + "\u00e9,2\n".encode("latin-1"),
            "encoding",
        ),
        ("latin.csv", "a\nM\u00fcller\n".encode("latin-1"), "encoding"),
        ("utf16.csv", "a,b\n1,2\n".encode("utf-16"), "encoding"),
        ("half.json", '[{"a": 1,', "file-unreadable"),
        ("text.parquet", "a,b\n1,2\n" * 9, "file-unreadable"),
        ("ends.csv", "a\rb\r\nc\nd\r\n1\n", "file-unreadable"),
    ],
)
def test_what_cannot_be_read_for_certain_is_refused_with_its_code(
    tmp_path: Path, name: str, text: str | bytes, code: str
) -> None:
    put(tmp_path, name, text)
    caught = refused(tmp_path, name)
    assert caught.code == code
    assert name in caught.why
    assert str(tmp_path) not in str(caught)


def test_a_parquet_file_cut_short_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": list(range(1000))}), tmp_path / "a.parquet")
    whole = (tmp_path / "a.parquet").read_bytes()
    for length in (len(whole) - 1, len(whole) // 2, 8):
        put(tmp_path, "a.parquet", whole[:length])
        assert refused(tmp_path, "a.parquet").code == "file-unreadable"


def test_parquet_columns_that_differ_in_case_only_are_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table([[1], [2]], names=["a", "A"]), tmp_path / "a.parquet")
    assert refused(tmp_path, "a.parquet").code == "colliding-headers"


def test_nested_parquet_columns_are_not_taken_for_columns_of_the_table(tmp_path: Path) -> None:
    table = pa.table({"s": [{"x": 1, "y": {"x": 2}}], "x": [3], "l": [[{"x": 1}]]})
    pq.write_table(table, tmp_path / "a.parquet")
    assert [name for name, _ in shape(tmp_path, "a.parquet").columns] == ["s", "x", "l"]


def test_several_files_become_one_table_by_the_names_of_their_columns(tmp_path: Path) -> None:
    put(tmp_path, "p1.csv", "a,b\n1,\n")
    put(tmp_path, "p2.csv", "b,a\n5,2\n")
    put(tmp_path, "p3.csv", "a,b,c\n3,6.5,x\n")
    assert shape(tmp_path, "p*.csv").columns == (("a", "BIGINT"), ("b", "DOUBLE"), ("c", "VARCHAR"))
    assert rows(tmp_path, "p*.csv") == [
        {"a": 1, "b": None, "c": None}, {"a": 2, "b": 5.0, "c": None}, {"a": 3, "b": 6.5, "c": "x"}
    ]  # fmt: skip
    pq.write_table(pa.table({"a": [1]}), tmp_path / "q1.parquet")
    pq.write_table(pa.table({"b": [2], "a": [3]}), tmp_path / "q2.parquet")
    assert rows(tmp_path, "q*.parquet") == [{"a": 1, "b": None}, {"a": 3, "b": 2}]


def test_an_empty_column_in_one_file_does_not_change_the_type_of_the_others(
    tmp_path: Path,
) -> None:
    put(tmp_path, "p1.csv", "a,n\nx,\n")
    put(tmp_path, "p2.csv", "a,n\ny,3\n")
    put(tmp_path, "p3.csv", "a,n\n")
    assert shape(tmp_path, "p*.csv").columns == (("a", "VARCHAR"), ("n", "BIGINT"))


def test_files_that_are_written_differently_are_not_one_table(tmp_path: Path) -> None:
    put(tmp_path, "p1.csv", "a,b\n1,2\n")
    put(tmp_path, "p2.csv", "a;b\n1;2\n")
    assert refused(tmp_path, "p*.csv").code == "file-shapes-differ"
    put(tmp_path, "q1.csv", "d\n2024-01-02\n")
    put(tmp_path, "q2.csv", "d\n31/01/2024\n")
    assert refused(tmp_path, "q*.csv").code == "file-shapes-differ"


def test_names_that_need_quoting_are_read(tmp_path: Path) -> None:
    for name in ("it's.csv", "data [1].csv", 'say "x".csv', "ü €.csv"):
        put(tmp_path, name, 'a "b",c\'d\n1,2\n')
        assert [list(row.values()) for row in rows(tmp_path, name)] == [[1, 2]]


def test_an_unknown_encoding_is_told(tmp_path: Path) -> None:
    put(tmp_path, "a.csv", "a\n1\n")
    from sameboat.errors import WarehouseError

    with pytest.raises(WarehouseError, match="klingon"):
        rows(tmp_path, "a.csv", encoding="klingon")
