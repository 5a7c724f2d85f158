"""`sameboat forecast` says where a KPI is heading, as text, JSON and CSV, or why it cannot."""

from __future__ import annotations

import csv
import io
import json
from contextlib import closing
from pathlib import Path

import pytest

import sameboat
from sameboat.cli import run
from sameboat.questions.plain import json_text
from tests.unit.questions.ferry import NOW, ferry, reopen


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ferry")
    ferry(folder).close()
    root = folder / "sameboat.yml"
    root.write_text(f"{root.read_text()}\nas_of: {NOW.isoformat()}\n")
    workspace = reopen(folder)
    workspace.refresh()
    workspace.close()
    return folder


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["forecast", *arguments]) == 0
    return capsys.readouterr().out


def test_the_text_leads_with_target_and_chance(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = said(capsys, "conversion", "--project", str(project))
    assert text.startswith("Conversion: will we make it?\nTarget 60.0% by 01 January 2027.")
    assert "Chance to hit: 1%." in text
    assert "New customers: 60 (now 51, there or better in 0 of the last 52 weeks" in text
    assert "All together, 8.1% each: New customers 55.1, Leads 91.9." in text


def test_drivers_may_be_set(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["conversion", "--project", str(project), "--set", "customers=+10%"]
    text = said(capsys, *asked, "--set", "leads=95", "--horizon", "4")
    assert "With New customers 56.1 instead of 51 and Leads 95 instead of 100:" in text
    rows = list(csv.DictReader(io.StringIO(said(capsys, *asked, "--format", "csv"))))
    for row in rows:
        assert float(row["moved_middle"]) == pytest.approx(1.1 * float(row["middle"]), rel=0.002)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("customer=55", "unknown-driver"),
        ("customers=5000", "outside-limits"),
        ("customers=many", "wrong-type"),
        ("customers", "Write driver=value"),
    ],
)
def test_bad_settings_are_wrong_use(
    project: Path, capsys: pytest.CaptureFixture[str], setting: str, words: str
) -> None:
    assert run(["forecast", "conversion", "--project", str(project), "--set", setting]) == 2
    assert words in capsys.readouterr().err


def test_csv_has_one_row_per_period_asked(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = said(
        capsys, "conversion", "--horizon", "3", "--format", "csv", "--project", str(project)
    )
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["period"] for row in rows] == ["2026-10-26", "2026-11-02", "2026-11-09"]
    for row in rows:
        ends = [float(row[name]) for name in ("low_95", "low_80", "middle", "high_80", "high_95")]
        assert ends == sorted(ends)


def test_json_holds_the_same_figures(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads(said(capsys, "conversion", "--format", "json", "--project", str(project)))
    assert len(told["mean"]) == len(told["periods"]) == 10
    assert told["chance"]["value"] == 0.01
    with closing(sameboat.open(str(project))) as workspace:
        assert told == json.loads(json_text(workspace.forecast("conversion"))), (
            "as the API gives it"
        )


def test_an_unknown_kpi_is_wrong_use(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["forecast", "conversoin", "--project", str(project)]) != 0
    assert "conversion" in capsys.readouterr().err
