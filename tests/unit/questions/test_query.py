"""An answer brings along what is to be known of its figures."""

from __future__ import annotations

import json
from pathlib import Path

from tests.unit.questions.ferry import ferry, reopen, weeks, write_leads


def test_an_answer_says_where_its_figures_come_from(tmp_path: Path) -> None:
    """Version, tables, last load, exactness and the periods that are not complete."""
    workspace = ferry(tmp_path)
    workspace.refresh()
    table = workspace.query(["conversion"], group_by=["metric_time__month"], start="2026-09")
    workspace.close()
    about = json.loads(table.schema.metadata[b"sameboat"])["metrics"]["conversion"]
    assert about["version"] == 2
    assert about["sources"] == ["leads"]
    assert about["loaded_at"] == "2026-10-26T06:10:00+00:00"
    assert about["exact"] is True
    assert about["incomplete"] == ["2026-10-01"]


def test_an_undefined_figure_has_its_reason_in_its_row(tmp_path: Path) -> None:
    """A share of nobody has no denominator; the other rows have no reason."""
    workspace = ferry(tmp_path)
    write_leads(tmp_path, weeks())
    workspace.close()
    text = (tmp_path / "all.yml").read_text(encoding="utf-8")
    more = (
        "\n  paid_share: {type: ratio, numerator: {metric: customers, filter: \"source = 'paid'\"},"
        " denominator: {metric: customers, filter: \"source = 'organic'\"}}\nkpis:"
    )
    (tmp_path / "all.yml").write_text(text.replace("\nkpis:", more), encoding="utf-8")
    again = reopen(tmp_path)
    table = again.query(["paid_share"], group_by=["source"])
    again.close()
    rows = {row["source"]: row["paid_share"] for row in table.to_pylist()}
    reasons = json.loads(table.field("paid_share").metadata[b"reasons"])
    said = dict(zip(table.column("source").to_pylist(), reasons, strict=True))
    assert rows["paid"] is None
    assert said == {"paid": "no denominator", "organic": None}
