"""The sheet of one KPI in the terminal says what its page says."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from sameboat.cli.board import command
from tests.unit.questions.ferry import ferry, reopen


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny company, refreshed, its last eight weeks fallen."""
    made = tmp_path_factory.mktemp("ferry")
    ferry(made, fallen=8).close()
    with (made / "sameboat.yml").open("a", encoding="utf-8") as file:
        file.write("as_of: 2026-10-26T06:10:00Z\n")
    workspace = reopen(made)
    workspace.refresh()
    workspace.close()
    return made


def asked(folder: Path, *words: str) -> str:
    """What the command prints."""
    found = CliRunner().invoke(command, [*words, "--project", str(folder)], catch_exceptions=False)
    assert found.exit_code == 0
    return found.stdout


def test_the_verdict_comes_first_and_the_sql_last(folder: Path) -> None:
    """Label, verdict, reason, value; then points, levers, guardrails, segments, definition."""
    said = asked(folder, "conversion")
    lines = said.splitlines()
    assert lines[0] == "Conversion"
    assert lines[1] == "◆ Signal, worse: 8 weeks below centre, since 31 August"
    assert lines[2] == "Leads stayed flat on the 8 weeks before, new customers fell by 21%."
    for heading in ("Conversion by week", "Who pulls which lever", "What must not get worse"):
        assert heading in lines
    assert "Steward of the review, not of the number: Sales until 31 December" in said
    assert "FROM leads" in said


def test_its_points_are_rows_of_csv(folder: Path) -> None:
    """Every week with its limits; the weeks of the signal are named."""
    rows = list(csv.DictReader(io.StringIO(asked(folder, "conversion", "--format", "csv"))))
    assert len(rows) == 105
    assert [row["signal"] != "" for row in rows[96:104]] == [True] * 8
    assert float(rows[103]["value"]) == 0.41


def test_json_holds_the_whole_answer(folder: Path) -> None:
    """The same fields as the answer of the question."""
    answer = json.loads(asked(folder, "conversion", "--format", "json"))
    assert answer["verdict"]["state"] == "worse"
    assert answer["definition"]["version"] == 2
