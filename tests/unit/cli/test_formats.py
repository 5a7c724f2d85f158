"""`sameboat import` and `sameboat export`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sameboat import cli
from sameboat.actions.bring import bring
from sameboat.errors import AccessError
from sameboat.project.load import load
from sameboat.project.viewer import Actor

DBT = """\
semantic_models:
  - name: orders
    model: ref('orders')
    defaults: {agg_time_dimension: day}
    entities: [{name: order, type: primary, expr: id}]
    dimensions: [{name: day, type: time, type_params: {time_granularity: day}}]
    measures: [{name: revenue, agg: sum, expr: amount, create_metric: true}]
metrics:
  - {name: strange, type: simple, type_params: {measure: nowhere}}
"""
OSSIE = """\
version: 0.2.0.dev0
name: shop
datasets:
  - {name: orders, source: crm.orders, primary_key: [id]}
metrics:
  - name: revenue
    expression: {dialects: [{dialect: ANSI_SQL, expression: SUM(orders.amount)}]}
"""
CUBE = """\
cubes:
  - name: orders
    sql_table: crm.orders
    measures: [{name: revenue, type: sum, sql: amount}]
"""


def source(at: Path, text: str, name: str = "model.yml") -> Path:
    """A file of another format."""
    at.mkdir(exist_ok=True)
    path = at / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("text", [DBT, OSSIE, CUBE])
@pytest.mark.parametrize("whole_folder", [False, True])
def test_a_model_of_any_format_becomes_a_project(
    tmp_path: Path, text: str, whole_folder: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file or its folder; what was written is told, and loads."""
    file = source(tmp_path / "given", text)
    target = tmp_path / "made"
    assert cli.run(["import", str(file.parent if whole_folder else file), str(target)]) == 0
    project = load(target)
    assert "revenue" in project.metrics
    assert "orders" in project.tables
    assert (target / "sameboat.schema.json").is_file()
    assert str(target / "sameboat.yml") in capsys.readouterr().out.splitlines()


def test_json_is_read_too(tmp_path: Path) -> None:
    import yaml

    file = source(tmp_path / "given", json.dumps(yaml.safe_load(OSSIE)), "model.json")
    assert cli.run(["import", str(file), str(tmp_path / "made")]) == 0
    assert "revenue" in load(tmp_path / "made").metrics


def test_what_is_left_out_is_told_and_the_rest_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = source(tmp_path / "given", DBT)
    assert cli.run(["import", str(file), str(tmp_path / "made")]) == 0
    told = capsys.readouterr().err
    assert "the metric 'strange' is skipped: there is no measure 'nowhere'" in told
    assert "1 tables and 1 metrics were written, 1 objects left out." in told


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that holds a project of its own is refused, and stays as it was."""
    file = source(tmp_path / "given", CUBE)
    target = tmp_path / "made"
    source(target, "metrics: {}\n", "metrics.yml")
    assert cli.run(["import", str(file), str(target)]) == 2
    assert "folder-taken" in capsys.readouterr().err
    assert [path.name for path in target.iterdir()] == ["metrics.yml"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("name: acme\n", "sameboat.yml"),
        ("a: 1\n", "model.yml"),
        ("version: 2\nmodels: [{name: a}]\n", "model.yml"),
    ],
)
def test_what_is_no_model_of_another_format_is_refused(
    tmp_path: Path, text: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = source(tmp_path / "given", text, name).parent
    assert cli.run(["import", str(folder), str(tmp_path / "made")]) == 1
    assert capsys.readouterr().err.strip()
    assert not (tmp_path / "made").exists()


def test_a_source_that_is_not_there_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["import", str(tmp_path / "nothing"), str(tmp_path / "made")]) == 1
    assert "format-unknown" in capsys.readouterr().err


def test_only_an_admin_may_write_a_project(tmp_path: Path) -> None:
    file = source(tmp_path / "given", CUBE)
    with pytest.raises(AccessError):
        bring(file, tmp_path / "made", actor=Actor("someone", frozenset({"viewer"})))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project."""
    at = tmp_path / "project"
    at.mkdir()
    (at / "sameboat.yml").write_text(
        "name: shop\n"
        "tables:\n  orders: {relation: crm.orders, entities: {order: {type: primary, expr: id}}}\n"
        "metrics:\n  revenue: {type: simple, table: orders, agg: sum, expr: amount, unit: GBP}\n",
        encoding="utf-8",
    )
    return at


@pytest.mark.parametrize("arguments", [[], ["--version", "0.1.1"], ["--json"]])
def test_an_export_to_ossie_comes_back_the_same(
    project: Path, tmp_path: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever the version and spelling."""
    assert cli.run(["export", "ossie", "--project", str(project), *arguments]) == 0
    text = capsys.readouterr().out
    file = source(tmp_path / "given", text, "model.json" if "--json" in arguments else "model.yml")
    assert cli.run(["import", str(file), str(tmp_path / "made")]) == 0
    assert load(tmp_path / "made").digest == load(project).digest


def test_an_export_to_dbt_is_a_project_as_it_stands(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What dbt has no word for travels under meta, and comes back from there."""
    out = tmp_path / "dbt" / "semantic.yml"
    assert cli.run(["export", "dbt", "--project", str(project), "--out", str(out)]) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert str(out) in printed.err
    assert load(out.parent).metrics["revenue"].unit == "GBP"


def test_options_of_ossie_do_not_go_with_dbt(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["export", "dbt", "--project", str(project), "--json"]) == 2
    assert "for Ossie only" in capsys.readouterr().err


def test_a_project_with_errors_is_not_exported(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "bad.yml").write_text("metrics: []\n", encoding="utf-8")
    (project / "worse.yml").write_text("tables: {a: {colour: red}}\n", encoding="utf-8")
    assert cli.run(["export", "ossie", "--project", str(project)]) == 1
    assert "unknown-key" in capsys.readouterr().err
