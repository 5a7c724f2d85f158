"""`sameboat add` as people and programs call it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sameboat.cli import run

PROJECT = """\
format: 1
name: billing
as_of: 2026-02-01T06:00:00Z
tables:
  billing_months:
    file: data.csv
    subject: account
    time: month
    entities: {account: {type: foreign, expr: account_id}}
    dimensions: {month: {type: time, grain: month}}
"""
ROWS = "account_id,month,mrr\na,2025-01-01,100\nb,2025-01-01,100\na,2026-01-01,120\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sameboat.yml").write_text(PROJECT)
    (tmp_path / "data.csv").write_text(ROWS)
    return tmp_path


def test_the_list_says_what_is_ready_and_what_lacks(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["add", "--list", "--project", str(folder), "--format", "json"]) == 0
    said = {one["template"]: one for one in json.loads(capsys.readouterr().out)}
    assert len(said) == 12
    assert {name for name, one in said.items() if one["fed"]} == {"nrr", "retention"}
    assert said["nps"]["lacks"]


def test_add_writes_the_file_and_tells_the_latest_figure(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """120 of the 200 of a year before."""
    assert run(["add", "nrr", "--project", str(folder)]) == 0
    assert "2026-01: 60.0%" in capsys.readouterr().out
    assert (folder / "kpi_nrr.yml").exists()


def test_explain_and_dry_run_write_nothing(folder: Path) -> None:
    for option in ("--explain", "--dry-run"):
        assert run(["add", "nrr", option, "--project", str(folder)]) == 0
    assert not (folder / "kpi_nrr.yml").exists()


@pytest.mark.parametrize(
    "arguments",
    [[], ["nrr", "--list"], ["nrr", "--table", "x"], ["nrr", "--by", "soon"], ["nope_at_all"]],
)
def test_wrong_use_is_refused_with_2(arguments: list[str], folder: Path) -> None:
    assert run(["add", *arguments, "--project", str(folder)]) == 2


def test_missing_data_are_a_finding_and_exit_with_1(folder: Path) -> None:
    assert run(["add", "conversion", "--project", str(folder)]) == 1
