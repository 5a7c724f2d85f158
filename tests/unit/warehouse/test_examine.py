"""What the data say against the tables that a project declares."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sameboat.project.model import Dimension, Table
from sameboat.warehouse.duckdb import Embedded
from sameboat.warehouse.examine import examine

Opens = Callable[..., Embedded]
DAY = Dimension(type="time", grain="day")


def test_sound_tables_give_no_finding(opened: Opens) -> None:
    table = Table(file="accounts.csv", dimensions={"since": DAY})
    assert examine(opened(accounts=table), {"accounts": table}) == ()


def test_empty_tables_dates_of_text_and_missing_files_are_each_told(
    opened: Opens, folder: Path
) -> None:
    (folder / "empty.csv").write_text("a,b\n")
    (folder / "dates.csv").write_text("id,day,amount,never\n1,yesterday,2,\n2,2024-01-01,3,\n")
    tables = {
        "empty": Table(file="empty.csv"),
        "dates": Table(
            file="dates.csv",
            dimensions={
                "day": DAY,
                "when": Dimension(type="time", grain="day", expr="amount"),
                "dday": DAY,
                "never": DAY,
                "later": Dimension(type="time", grain="day", expr="strptime(day, '%Y')"),
                "id": Dimension(),
            },
        ),
        "gone": Table(file="gone.csv"),
    }
    told = [(found.code, found.severity) for found in examine(opened(**tables), tables)]
    assert told == [
        ("table-empty", "warning"),
        ("date-is-text", "error"),
        ("value-type", "error"),
        ("column-missing", "error"),
        ("date-is-text", "warning"),
        ("file-missing", "error"),
    ]
