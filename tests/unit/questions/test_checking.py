"""The files are held against the data: what is missing, empty, no time, or no true arithmetic."""

from __future__ import annotations

from pathlib import Path

import pytest

from sameboat.errors import ProjectError
from sameboat.project.viewer import OWNER
from sameboat.questions.checking import check_with_data

PROJECT = """\
format: 1
name: test
calendar: {time_spine: {from: 2026-01-01, until: 2026-12-31}}
tables:
  deals:
    file: data/deals.csv
    subject: account
    time: closed_on
    dimensions:
      closed_on: {type: time, grain: day}
      stage: {}
metrics:
  won: {type: simple, table: deals, agg: count, filter: "stage = 'Won'"}
  lost: {type: simple, table: deals, agg: count, filter: "stage = 'Lost'"}
  closed: {type: simple, table: deals, agg: count}
  win_rate: {type: ratio, numerator: won, denominator: closed, unit: percent}
drivers:
"""
DEALS = """\
closed_on,stage,amount
2026-01-05,Won,10
2026-01-06,Lost,20
2026-02-03,Won,30
2026-02-04,Open,40
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "deals.csv").write_text(DEALS, encoding="utf-8")
    return tmp_path


def found(folder: Path, *drivers: str, project: str = PROJECT) -> list[tuple[str, str, str]]:
    """Every finding but the notices: its code, its place, its words."""
    lines = "".join(f"  - {driver}\n" for driver in drivers) or "  []\n"
    (folder / "sameboat.yml").write_text(project + lines, encoding="utf-8")
    return [
        (finding.code, str(finding.where), finding.message)
        for finding in check_with_data(folder, viewer=OWNER)
        if finding.severity != "notice"
    ]


def test_a_project_in_order_has_no_finding(folder: Path) -> None:
    """A formula that holds month by month is believed, a ratio of sums among them."""
    assert found(folder, "{metric: win_rate, equals: won / closed}") == []


def test_a_formula_that_does_not_hold_is_found_with_its_month(folder: Path) -> None:
    """In January the formula holds, in February one deal is neither won nor lost."""
    [(code, where, words)] = found(folder, "{metric: closed, equals: won + lost}")
    assert (code, where) == ("arithmetic-broken", "sameboat.yml:18:30")
    assert words == (
        "closed = won + lost does not hold in 1 of 2 months; most of all in February 2026: "
        "2 against 1 (+1)"
    )


def test_every_formula_is_tried(folder: Path) -> None:
    codes = found(
        folder,
        "{metric: closed, equals: won + lost}",
        "{metric: win_rate, equals: won / closed}",
        "{metric: won, equals: 2 * lost}",
    )
    assert [(code, where.split(":")[1]) for code, where, _ in codes] == [
        ("arithmetic-broken", "18"),
        ("arithmetic-broken", "20"),
    ]


def test_a_file_that_is_not_there_is_found_at_its_table(folder: Path) -> None:
    """And the formula over it is said to be unchecked, not to hold."""
    (folder / "data" / "deals.csv").unlink()
    missing, unchecked = found(folder, "{metric: closed, equals: won + lost}")
    assert missing[:2] == ("file-missing", "sameboat.yml:5:3")
    assert "data/deals.csv" in missing[2]
    assert unchecked[:2] == ("arithmetic-unchecked", "sameboat.yml:18:30")


def test_a_column_that_the_data_lack_is_found_once(folder: Path) -> None:
    project = PROJECT.replace("      stage: {}", "      stage: {expr: stagee}")
    [(code, where, words)] = found(folder, project=project)
    assert (code, where.split(":")[1]) == ("column-missing", "11")
    assert "stagee" in words


def test_a_time_that_is_text_is_found_once(folder: Path) -> None:
    text = DEALS.replace("2026-01-05", "soon")
    (folder / "data" / "deals.csv").write_text(text, encoding="utf-8")
    [(code, where, _)] = found(folder)
    assert (code, where.split(":")[1]) == ("date-is-text", "10")


def test_one_unreadable_table_does_not_hide_what_is_wrong_with_others(folder: Path) -> None:
    other = "  leads: {file: data/leads.csv, subject: account}\nmetrics:\n"
    project = PROJECT.replace("metrics:\n", other).replace("      stage: {}", "      stag: {}")
    codes = {code for code, _, _ in found(folder, project=project)}
    assert {"file-missing", "column-missing"} <= codes


def test_a_folder_without_a_project_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ProjectError) as caught:
        check_with_data(tmp_path, viewer=OWNER)
    assert caught.value.code == "no-project"
