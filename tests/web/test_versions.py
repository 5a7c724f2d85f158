"""Where a definition changes: the table twin, the CSV and the headline of the months say so."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from sameboat.questions.series import Break, Series
from sameboat.web.tables import csv_of, process_table
from sameboat.web.wording import recent_head

MONTHS = tuple(dt.date(2025, month, 1) for month in range(1, 13))
CHANGE = Break(9, dt.date(2025, 10, 1), "Version 3 of the definition", "Paid alone.")
SERIES = Series(
    "conversion", "Conversion", "percent", "month", MONTHS, (0.5,) * 9 + (0.4,) * 3,
    complete=(True,) * 12, breaks=(CHANGE,),
)  # fmt: skip
BEFORE = replace(
    SERIES, periods=tuple(day.replace(year=2024) for day in MONTHS), values=(0.5,) * 12, breaks=()
)


def test_the_row_of_the_first_period_of_a_version_names_it_with_its_reason() -> None:
    table, _ = process_table(SERIES, "en-GB", label="Conversion", numerator="a", denominator="b")
    marked = [row.index for row in table.rows if "version 3" in row.cells[-1].text]
    assert marked == [9]
    [row] = [row for row in table.rows if row.index == 9]
    assert row.cells[-1].text.startswith("version 3 of the definition begins (Paid alone.)")
    lines = list(csv_of(SERIES))
    assert lines[0].strip().endswith(",change")
    assert [n for n, line in enumerate(lines) if "version 3 of the definition" in line] == [10]


def test_months_of_two_versions_are_not_compared_without_a_word() -> None:
    words = "which was of another version of the definition"
    assert recent_head(SERIES, BEFORE, "percent", "en-GB").endswith(words)
    assert words not in recent_head(replace(SERIES, breaks=()), BEFORE, "percent", "en-GB")
    late = replace(BEFORE, breaks=(replace(CHANGE, index=11),))
    assert words not in recent_head(replace(SERIES, breaks=()), late, "percent", "en-GB")


def test_a_running_period_without_a_value_is_not_complete_rather_than_undefined() -> None:
    running = replace(
        SERIES, values=(*SERIES.values[:-1], None), complete=(True,) * 11 + (False,),
        reasons=(None,) * 11 + ("no denominator",),
    )  # fmt: skip
    table, at = process_table(running, "en-GB", label="Conversion", numerator="", denominator="")
    assert table.rows[0].cells[at - 1].text == "not complete yet"
