"""A KPI over all scenarios is found before it is refreshed."""

from __future__ import annotations

from pathlib import Path

from sameboat.project.viewer import OWNER
from sameboat.questions.checking import check_with_data

ROOT = """
format: 1
name: books
mission: Spend what helps.
as_of: 2026-03-01T00:00:00Z
tables:
  ledger:
    file: ledger.csv
    subject: none
    time: month
    entities: {posting: {type: primary}}
    dimensions: {month: {type: time, grain: month}, kind: {scenario: month}}
metrics:
  posted: {type: simple, table: ledger, agg: sum, expr: amount, unit: GBP}
  actual: {type: simple, table: ledger, agg: sum, expr: amount, filter: "kind = 'Actual'"}
kpis:
  spending: {metric: METRIC}
"""


def codes(folder: Path, metric: str) -> list[tuple[str, str]]:
    """Findings about scenarios, with their places."""
    text = ROOT.replace("METRIC", metric)
    (folder / "sameboat.yml").write_text(text, encoding="utf-8")
    rows = "posting,month,kind,amount\n1,2026-01-01,Actual,1\n2,2026-01-01,Budget,2\n"
    (folder / "ledger.csv").write_text(rows, encoding="utf-8")
    found = check_with_data(folder, viewer=OWNER)
    return [(f.code, str(f.where)) for f in found if f.code == "scenario-open"]


def test_a_kpi_that_adds_up_scenarios_is_an_error_at_its_place(tmp_path: Path) -> None:
    assert codes(tmp_path, "posted") == [("scenario-open", "sameboat.yml:17:22")]


def test_a_kpi_of_one_scenario_is_fine(tmp_path: Path) -> None:
    """The open metric `posted` may be asked by hand, by scenario."""
    assert codes(tmp_path, "actual") == []
