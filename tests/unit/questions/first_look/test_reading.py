"""Messy files: read where a reading helps, skipped with a reason where none does."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import pytest
from openpyxl import Workbook

from sameboat.errors import UsageError, WarehouseError
from sameboat.questions.first_look.look import FirstLook, first_look


def looked(folder: Path, name: str, content: str | bytes) -> FirstLook:
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return first_look([file])


def reading(look: FirstLook) -> dict[str, object]:
    [table] = look.tables
    return table.source.reading.model_dump(exclude_defaults=True)


DAYS = [f"2026-04-{i % 28 + 1:02d}" for i in range(40)]


def test_decimal_commas_in_an_old_encoding(tmp_path: Path) -> None:
    """Both are found, both are said, and the money is a number."""
    text = "Käufer;Tag;Umsatz\n" + "".join(f"Köln {i};{d};{i},50\n" for i, d in enumerate(DAYS))
    look = looked(tmp_path, "umsatz.csv", text.encode("cp1252"))
    assert reading(look) == {"encoding": "cp1252", "delimiter": ";", "decimal": ","}
    assert len(look.tables[0].source_notes) == 2
    assert [m.key("expr") for m in look.metrics if m.key("agg") == "sum"] == ["Umsatz"]


def test_lines_in_two_encodings_are_read_with_a_warning(tmp_path: Path) -> None:
    utf = "id,town\n" + "".join(f"{i},Zürich\n" for i in range(9))
    latin = "".join(f"{i},Köln\n" for i in range(9, 20))
    look = looked(tmp_path, "towns.csv", utf.encode() + latin.encode("latin-1"))
    assert look.tables[0].rows == 20
    assert "UTF-8 and others do not" in look.tables[0].source_notes[0]


def test_titles_above_the_header(tmp_path: Path) -> None:
    body = "region,day,sales\n" + "".join(f"R{i % 4},{d},{i}.5\n" for i, d in enumerate(DAYS))
    look = looked(tmp_path, "report.csv", "Quarterly report\nmade on 1 May\n\n" + body)
    assert reading(look) == {"delimiter": ",", "header": 4}
    assert (look.tables[0].rows, look.tables[0].time) == (40, "day")


@pytest.mark.parametrize("above", [",,2025,", "Area,When,Plan,Real"])
def test_two_header_lines_the_lower_names_the_columns(tmp_path: Path, above: str) -> None:
    body = "".join(f"R{i % 4},{d},{i},{i + 1}\n" for i, d in enumerate(DAYS))
    look = looked(tmp_path, "plan.csv", f"{above}\nregion,day,plan_amount,real_amount\n{body}")
    assert reading(look) == {"delimiter": ",", "header": 2}
    assert {"plan_amount", "real_amount"} <= {m.name for m in look.metrics}


def test_an_ordinary_file_needs_no_word(tmp_path: Path) -> None:
    """Text above text is no second header."""
    look = looked(tmp_path, "a.csv", "name,town\n" + "".join(f"n{i},t{i % 3}\n" for i in range(9)))
    assert reading(look) == {}
    assert look.tables[0].rows == 9


@pytest.mark.parametrize(
    ("cell", "total"), [('"1.234,50"', 69380.0), ('"$1,234.50"', 69380.0), ('"€ 12.50"', 700.0)]
)
def test_numbers_written_for_people_are_added_up(tmp_path: Path, cell: str, total: float) -> None:
    """As DuckDB reads the expression that is written."""
    cells = [cell, cell.replace("1", "2", 1)]
    text = "id,day,amount\n" + "".join(f"{i},{d},{cells[i % 2]}\n" for i, d in enumerate(DAYS))
    look = looked(tmp_path, "sales.csv", text)
    expr = next(m.key("expr") for m in look.metrics if m.key("agg") == "sum")
    sql = f"SELECT sum({expr}) FROM read_csv('{tmp_path / 'sales.csv'}', all_varchar = true)"
    assert duckdb.connect().execute(sql).fetchall() == [(total,)]


def test_dates_that_could_be_either_are_a_guess_to_confirm(tmp_path: Path) -> None:
    text = "id,day\n" + "".join(f"{i},{i % 12 + 1:02d}/{i % 11 + 1:02d}/2026\n" for i in range(40))
    look = looked(tmp_path, "a.csv", text)
    assert reading(look)["date_format"] in ("%d/%m/%Y", "%m/%d/%Y")
    assert "please confirm" in look.tables[0].source_notes[0]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("empty.csv", "", "table-empty"),
        ("header.csv", "id,name\n", "table-empty"),
        ("collide.csv", "id,Amount,amount\n1,2,3\n", "colliding-headers"),
        ("unnamed.csv", ",id\n0,5\n1,6\n", "colliding-headers"),
        ("ragged.csv", "id,a,b\n1,2,3\n2,3\n3,4,5,6\n", "file-unreadable"),
        ("broken.parquet", "PAR1xxxx", "file-unreadable"),
        ("broken.xlsx", "no workbook", "file-unreadable"),
        ("broken.duckdb", "no database", "file-unreadable"),
    ],
)
def test_what_cannot_be_read_is_skipped_and_the_rest_stands(
    tmp_path: Path, name: str, content: str, code: str
) -> None:
    (tmp_path / "good.csv").write_text("good_id,town\n1,a\n2,b\n3,c\n", encoding="utf-8")
    (tmp_path / name).write_text(content, encoding="utf-8")
    look = first_look([tmp_path / name, tmp_path / "good.csv"] if code else [])
    assert [table.name for table in look.tables] == ["good"]
    assert [skipped.finding.code for skipped in look.skipped] == [code]


def test_nothing_that_can_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="empty"):
        looked(tmp_path, "empty.csv", "")


@pytest.mark.parametrize(
    ("name", "code"), [("gone.csv", "file-missing"), ("notes.docx", "file-format")]
)
def test_a_file_that_is_not_there_or_of_no_kind_is_wrong_use(
    tmp_path: Path, name: str, code: str
) -> None:
    (tmp_path / "notes.docx").write_text("x", encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        first_look([tmp_path / name])
    assert raised.value.code == code


def test_each_sheet_is_a_table(tmp_path: Path) -> None:
    """Titles above a sheet's header, cells that hold errors and empty sheets are met."""
    book = Workbook()
    deals = book.active
    assert deals is not None
    deals.title = "Deals"
    for row in [["Deals of the year"], [], ["deal_id", "closed_on", "stage", "amount"]]:
        deals.append(row)
    for i in range(30):
        deals.append([i, dt.datetime(2026, 4, i % 28 + 1), ["Won", "Lost"][i % 2], i * 10.5])
    other = book.create_sheet("Sheet2")
    for values in (["thing_id", "x"], [1, "#N/A"], [2, 3], [3, 4]):
        other.append(values)
    book.create_sheet("Nothing")
    book.save(tmp_path / "crm.xlsx")
    look = first_look([tmp_path / "crm.xlsx"])
    assert {t.name: t.source.reading.header for t in look.tables} == {
        "deals": 3,
        "crm_sheet2": None,
    }
    assert "win_rate" in {metric.name for metric in look.metrics}
    assert [skipped.what for skipped in look.skipped] == ["crm.xlsx, sheet Nothing"]


def test_nothing_is_written_beside_the_files(tmp_path: Path) -> None:
    """Not even copies of a workbook, which hold personal columns until they are known."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["id", "email"])
    sheet.append([1, "a@x.org"])
    book.save(tmp_path / "a.xlsx")
    first_look([tmp_path / "a.xlsx"])
    assert [path.name for path in tmp_path.iterdir()] == ["a.xlsx"]
