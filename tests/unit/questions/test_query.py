"""An answer brings along what is to be known of its figures."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sameboat.errors import RequestError
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


def test_a_group_that_only_another_metric_has_is_no_riddle(tmp_path: Path) -> None:
    """Beside the leads of all sources, what counts those of one has no rows, or nothing below."""
    workspace = ferry(tmp_path)
    workspace.close()
    text = (tmp_path / "all.yml").read_text(encoding="utf-8")
    more = (
        "\n  paid_value: {type: simple, table: leads, agg: sum, expr: lead_id,"
        " filter: \"source = 'paid'\"}"
        "\n  paid: {type: simple, table: leads, agg: count, filter: \"source = 'paid'\"}"
        "\n  each: {type: ratio, numerator: customers, denominator: paid}\nkpis:"
    )
    (tmp_path / "all.yml").write_text(text.replace("\nkpis:", more), encoding="utf-8")
    again = reopen(tmp_path)
    table = again.query(["leads", "paid_value", "each"], group_by=["source"], order_by=["source"])
    again.close()
    reasons = {
        name: json.loads(table.field(name).metadata[b"reasons"]) for name in ("paid_value", "each")
    }
    assert table.column("source").to_pylist() == ["organic", "paid"]
    assert reasons == {"paid_value": ["no rows", None], "each": ["no denominator", None]}


def test_a_table_of_days_that_does_not_reach_is_said(tmp_path: Path) -> None:
    """A window needs every day: a spine that ends too early would lose rows without a word."""
    ferry(tmp_path).close()
    (tmp_path / "data" / "days.csv").write_text(
        "day\n" + "\n".join(f"2026-10-{day:02d}" for day in range(1, 16)) + "\n", encoding="utf-8"
    )
    root = (tmp_path / "sameboat.yml").read_text(encoding="utf-8")
    (tmp_path / "sameboat.yml").write_text(
        root.replace("{timezone: UTC}", "{timezone: UTC, time_spine: {table: days, column: day}}"),
        encoding="utf-8",
    )
    (tmp_path / "more.yml").write_text(
        "tables:\n  days: {file: data/days.csv}\n"
        "metrics:\n  leads_7d: {type: cumulative, metric: leads, window: 7 days}\n",
        encoding="utf-8",
    )
    workspace = reopen(tmp_path)
    asked = {"group_by": ["metric_time__day"], "start": "2026-10-10"}
    assert workspace.query(["leads_7d"], end="2026-10-15", **asked).num_rows == 6
    with pytest.raises(RequestError) as refused:
        workspace.query(["leads_7d"], end="2026-10-20", **asked)
    workspace.close()
    assert refused.value.code == "spine-too-short"
    assert "2026-10-15" in str(refused.value)


def test_a_share_brings_its_n_and_its_interval_where_asked(tmp_path: Path) -> None:
    """Of 100 leads in the last week 50 signed: Wilson's interval is 40.4 to 59.6 %."""
    workspace = ferry(tmp_path)
    table = workspace.query(["conversion"], start="2026-10-19", end="2026-10-25", evidence=True)
    workspace.close()
    field = table.field("conversion")
    signed = table.column("conversion")[0].as_py()
    assert json.loads(field.metadata[b"n"]) == [100]
    low, high = json.loads(field.metadata[b"low"])[0], json.loads(field.metadata[b"high"])[0]
    assert low < signed < high
    assert round(high - low, 2) == 0.19


def test_a_question_does_not_wait_for_a_parser_of_foreign_sql(tmp_path: Path) -> None:
    """SQLGlot reads the SQL of reviewed tables; a project without any never loads it."""
    ferry(tmp_path).close()
    program = (
        "import sys, sameboat; project = sameboat.open(sys.argv[1]);"
        " project.query(['conversion'], where=[\"source = 'paid'\"]); project.close();"
        " sys.exit('sqlglot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    assert done.returncode == 0


def test_an_address_may_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Secrets stand in the environment: the store is where its variable says."""
    ferry(tmp_path).close()
    root = (tmp_path / "sameboat.yml").read_text(encoding="utf-8")
    (tmp_path / "sameboat.yml").write_text(
        root.replace("sqlite:///.sameboat/store.db", "${FERRY_STORE}"), encoding="utf-8"
    )
    monkeypatch.setenv("FERRY_STORE", "sqlite:///elsewhere/record.db")
    workspace = reopen(tmp_path)
    workspace.refresh()
    workspace.close()
    assert (tmp_path / "elsewhere" / "record.db").exists()
