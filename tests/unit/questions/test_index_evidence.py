"""What an answer says of an index: how far it hangs on its weights."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import sameboat

PROJECT = """\
format: 1
name: index
tables:
  jobs:
    file: jobs.csv
    subject: none
    time: done
    dimensions: {done: {type: time, grain: day}, team: {}}
metrics:
  jobs: {type: simple, table: jobs, agg: count}
  days: {type: simple, table: jobs, agg: average, expr: days}
  pace:
    type: index
    base: 2026-01
    parts: [{metric: jobs, weight: 0.5}, {metric: days, weight: 0.5, good: down}]
"""
JOBS = """\
done,team,days
2026-01-05,a,10
2026-02-05,a,20
2026-02-06,a,20
2026-02-07,b,7
"""


def test_an_index_says_its_range_over_weights_a_quarter_off(tmp_path: Path) -> None:
    """February: twice the jobs, half the pace: 200 and 50, weights .375 to .625."""
    (tmp_path / "sameboat.yml").write_text(PROJECT, encoding="utf-8")
    (tmp_path / "jobs.csv").write_text(JOBS, encoding="utf-8")
    project = sameboat.open(str(tmp_path))
    try:
        table = project.query(["pace"], group_by=["metric_time__month", "team"], evidence=True)
    finally:
        project.close()
    assert table.column("pace").to_pylist() == [100, 125, None]
    told = table.schema.field("pace").metadata
    assert json.loads(told[b"low"]) == [100, pytest.approx(106.25), None]
    assert json.loads(told[b"high"]) == [100, pytest.approx(143.75), None]
    weights = json.loads(told[b"weights"])
    assert weights["band"] == 0.25
    assert weights["parts"]["1 jobs"][1] == pytest.approx(
        [(0.375 * 200 + 25) / 0.875, (0.625 * 200 + 25) / 1.125]
    )
    assert json.loads(told[b"reasons"])[2] is not None
