"""What is printed is what was computed: aligned for people, exact for programs."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from decimal import Decimal

import pyarrow as pa
import pytest

from sameboat.cli.printing import ABOUT, folded, print_table, screen

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"]


def printed(table: pa.Table, output_format: str, capsys: pytest.CaptureFixture[str]) -> str:
    print_table(table, output_format)
    return capsys.readouterr().out


def test_json_is_a_list_of_objects_without_nan(capsys: pytest.CaptureFixture[str]) -> None:
    """Dates are ISO, what has no value is null, and decimals keep every digit."""
    table = pa.table(
        {
            "month": [dt.date(2026, 5, 1)] * 2,
            "at": [dt.datetime(2026, 5, 1, 9, 30), None],
            "rate": [float("nan"), 0.1],
            "limit": [float("inf"), -1.0],
            "money": [Decimal("12345678901234567.89"), None],
            "who": ['Åse, "A"', None],
        }
    )
    text = printed(table, "json", capsys)
    assert "12345678901234567.89" in text
    assert json.loads(text) == [
        {
            "month": "2026-05-01",
            "at": "2026-05-01T09:30:00",
            "rate": None,
            "limit": None,
            "money": 12345678901234567.89,
            "who": 'Åse, "A"',
        },
        {"month": "2026-05-01", "at": None, "rate": 0.1, "limit": -1.0, "money": None, "who": None},
    ]


def test_json_of_no_rows_is_an_empty_list(capsys: pytest.CaptureFixture[str]) -> None:
    empty = pa.table({"a": pa.array([], pa.int64())})
    assert json.loads(printed(empty, "json", capsys)) == []


def test_lists_and_structs_stay_json(capsys: pytest.CaptureFixture[str]) -> None:
    table = pa.table({"a": [{"b": [1.5, None]}]})
    assert json.loads(printed(table, "json", capsys)) == [{"a": {"b": [1.5, None]}}]


@pytest.mark.parametrize("text", FORMULAS)
def test_csv_escapes_text_that_a_spreadsheet_would_run(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The cell and the header alike; reading it back gives the text behind an apostrophe."""
    out = printed(pa.table({text: [text]}), "csv", capsys)
    assert list(csv.reader(io.StringIO(out, newline=""))) == [["'" + text], ["'" + text]]


def test_csv_never_changes_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    """A negative number is no formula, and a float reads back as the same float."""
    numbers = pa.table({"a": [-1, 2], "b": [-0.1, 1e-17], "c": [Decimal("-1.50"), Decimal("1e3")]})
    assert printed(numbers, "csv", capsys) == "a,b,c\n-1,-0.1,-1.50\n2,1e-17,1000.00\n"


def test_csv_leaves_what_is_undefined_empty(capsys: pytest.CaptureFixture[str]) -> None:
    table = pa.table({"a": [None, "x"], "b": [float("nan"), 1.0], "d": [dt.date(2026, 1, 2)] * 2})
    assert printed(table, "csv", capsys) == "a,b,d\n,,2026-01-02\nx,1.0,2026-01-02\n"


def test_a_piped_table_is_plain_and_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    table = pa.table(
        {
            "metric_time__month": [dt.datetime(2026, 5, 1), dt.datetime(2026, 6, 1)],
            "region": ["EMEA", None],
            "won_revenue": [1234567.891, None],
            "deals": [12345, 7],
        }
    )
    assert printed(table, "table", capsys) == (
        "metric_time__month  region   won_revenue   deals\n"
        "2026-05-01          EMEA    1,234,567.89  12,345\n"
        "2026-06-01                                     7\n"
    )


def test_text_of_the_data_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Escape sequences are shown as text, in cells and in names."""
    out = printed(pa.table({"a\x1b[2J": ["\x1b]0;owned\x07 [bold]x[/]\n"]}), "table", capsys)
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "\\x1b]0;owned\\x07 [bold]x[/]\\n" in out


def test_on_a_terminal_markup_in_the_data_is_data(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    out = printed(pa.table({"team": ["[red]sales[/red]"], "n": [1]}), "table", capsys)
    assert "[red]sales[/red]" in out


def test_reasons_are_told_beside_the_data(capsys: pytest.CaptureFixture[str]) -> None:
    """Why a figure is undefined goes to standard error, so that the data stay clean."""
    table = pa.table({"win_rate": [None, 0.5]})
    metadata = {
        ABOUT: json.dumps({"metrics": {"win_rate": {"undefined": {"no rows": 2}}}}).encode()
    }
    print_table(table.replace_schema_metadata(metadata), "csv")
    told = capsys.readouterr()
    assert told.out == "win_rate\n\n0.5\n".replace("\n\n", '\n""\n', 1)
    assert told.err == "win_rate: undefined where empty: no rows (2)\n"


def test_prose_fits_a_narrow_terminal_and_tables_keep_their_columns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Lines break between words under their own indent; into a pipe goes the text as it is."""
    text = "  Sales: first reply within one hour of the first request\nstep        effect   share"
    monkeypatch.delenv("COLUMNS", raising=False)
    assert folded(text, None) == text
    monkeypatch.setenv("COLUMNS", "32")
    assert screen() == 32
    *prose, table = folded(text, screen()).split("\n")
    assert prose == ["  Sales: first reply within one", "    hour of the first request"]
    assert table == "step        effect   share"
    monkeypatch.setenv("COLUMNS", "3")
    assert screen() == 30, "no terminal is so narrow that words would have to break"
