"""One model in dbt's legacy spec, in its spec of 2026 and as its manifest: the same project."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from sameboat.project.declared import Project
from sameboat.project.load import load
from sameboat.project.model import Simple
from sameboat.questions.opened import open_workspace
from tests.unit.project.formats.reading import folder, loaded, skipped

LEGACY = """\
semantic_models:
  - name: orders
    model: ref('orders')
    defaults: {agg_time_dimension: ordered_at}
    entities:
      - {name: order, type: primary, expr: order_id}
      - {name: customer, type: foreign, expr: customer_id}
    dimensions:
      - {name: ordered_at, type: time, type_params: {time_granularity: day}}
      - {name: status, type: categorical}
      - {name: size, type: categorical, expr: "case when amount > 100 then 'l' else 's' end"}
    measures:
      - {name: order_count, agg: count, expr: 1, create_metric: true}
      - {name: revenue, agg: sum, expr: amount, create_metric: true}
      - {name: p95, agg: percentile, expr: amount, create_metric: true,
         agg_params: {percentile: 0.95, use_discrete_percentile: true}}
      - {name: stock, agg: sum, create_metric: true,
         non_additive_dimension: {name: ordered_at, window_choice: max,
                                  window_groupings: [customer]}}
metrics:
  - name: paid
    type: simple
    filter: "{{ Dimension('order__status') }} = 'paid'"
    type_params: {measure: {name: revenue, fill_nulls_with: 0, join_to_timespine: true}}
  - name: paid_share
    type: ratio
    type_params: {numerator: {name: paid, alias: top}, denominator: revenue}
  - name: growth
    type: derived
    type_params:
      expr: revenue - before
      metrics: [revenue, {name: revenue, alias: before, offset_window: 1 month}]
  - name: running
    type: cumulative
    type_params: {measure: revenue, cumulative_type_params: {window: 7 days, period_agg: last}}
  - name: converted
    type: conversion
    type_params:
      conversion_type_params:
        base_measure: order_count
        conversion_measure: revenue
        entity: customer
        window: 7 days
"""

LATEST = """\
models:
  - name: orders
    semantic_model: {enabled: true}
    agg_time_dimension: ordered_at
    columns:
      - {name: order_id, entity: {type: primary, name: order}}
      - {name: customer_id, entity: {type: foreign, name: customer}}
      - {name: ordered_at, granularity: day, dimension: time}
      - {name: status, dimension: {type: categorical}}
      - {name: amount}
    derived_semantics:
      dimensions:
        - {name: size, type: categorical, expr: "case when amount > 100 then 'l' else 's' end"}
    metrics:
      - {name: order_count, type: simple, agg: count, expr: 1}
      - {name: revenue, type: simple, agg: sum, expr: amount}
      - {name: p95, type: simple, agg: percentile, expr: amount, percentile: 95.0,
         percentile_type: discrete}
      - {name: stock, type: simple, agg: sum,
         non_additive_dimension: {name: ordered_at, window_agg: max, group_by: [customer]}}
      - {name: paid, agg: sum, expr: amount, fill_nulls_with: 0, join_to_timespine: true,
         filter: "{{ Dimension('order__status') }} = 'paid'"}
  - {name: not_semantic, columns: [{name: x}]}
metrics:
  - {name: paid_share, type: ratio, numerator: {name: paid, alias: top}, denominator: revenue}
  - name: growth
    type: derived
    expr: revenue - before
    input_metrics: [revenue, {name: revenue, alias: before, offset_window: 1 month}]
  - {name: running, type: cumulative, input_metric: revenue, window: 7 days, period_agg: last}
  - {name: converted, type: conversion, entity: customer, window: 7 days,
     base_metric: order_count, conversion_metric: revenue}
"""


def manifest() -> str:
    """The same as dbt compiles it: every metric explicit, filters and windows as objects."""
    node = {"alias": "orders", "schema_name": "shop", "database": "prod", "relation_name": None}
    where = {"where_filters": [{"where_sql_template": "{{ Dimension('order__status') }} = 'paid'"}]}
    week = {"count": 7, "granularity": "day"}

    def simple(name: str, **said: object) -> dict[str, object]:
        params = {"measure": {"name": name, "filter": None, "alias": None, **said}, "metrics": []}
        return {"name": name, "type": "simple", "type_params": params, "filter": None}

    def aggregated(name: str, **said: object) -> dict[str, object]:
        params = {
            "measure": None,
            "metric_aggregation_params": {"semantic_model": "orders", **said},
        }
        return {"name": name, "type": "simple", "type_params": params, "filter": None}

    return json.dumps(
        {
            "semantic_models": [
                {
                    "name": "orders",
                    "node_relation": node,
                    "defaults": {"agg_time_dimension": "ordered_at"},
                    "primary_entity": None,
                    "entities": [
                        {"name": "order", "type": "primary", "expr": "order_id", "role": None},
                        {"name": "customer", "type": "foreign", "expr": "customer_id"},
                    ],
                    "dimensions": [
                        {
                            "name": "ordered_at",
                            "type": "time",
                            "is_partition": False,
                            "type_params": {"time_granularity": "day", "validity_params": None},
                        },
                        {"name": "status", "type": "categorical", "type_params": None},
                        {
                            "name": "size",
                            "type": "categorical",
                            "expr": "case when amount > 100 then 'l' else 's' end",
                        },
                    ],
                    "measures": [
                        {"name": "order_count", "agg": "count", "expr": "1", "agg_params": None},
                        {"name": "revenue", "agg": "sum", "expr": "amount", "create_metric": True},
                    ],
                }
            ],
            "metrics": [
                simple("order_count"),
                simple("revenue"),
                aggregated(
                    "p95",
                    agg="percentile",
                    expr="amount",
                    agg_params={"percentile": 0.95, "use_discrete_percentile": True},
                ),
                aggregated(
                    "stock",
                    agg="sum",
                    expr=None,
                    non_additive_dimension={
                        "name": "ordered_at",
                        "window_choice": "max",
                        "window_groupings": ["customer"],
                    },
                ),
                {
                    "name": "paid",
                    "type": "simple",
                    "filter": where,
                    "type_params": {
                        "measure": {
                            "name": "revenue",
                            "filter": None,
                            "join_to_timespine": True,
                            "fill_nulls_with": 0,
                        }
                    },
                },
                {
                    "name": "paid_share",
                    "type": "ratio",
                    "filter": None,
                    "type_params": {
                        "numerator": {"name": "paid", "alias": "top", "offset_window": None},
                        "denominator": {"name": "revenue", "filter": None},
                    },
                },
                {
                    "name": "growth",
                    "type": "derived",
                    "type_params": {
                        "expr": "revenue - before",
                        "metrics": [
                            {"name": "revenue", "alias": None, "offset_window": None},
                            {
                                "name": "revenue",
                                "alias": "before",
                                "offset_window": {"count": 1, "granularity": "month"},
                            },
                        ],
                    },
                },
                {
                    "name": "running",
                    "type": "cumulative",
                    "type_params": {
                        "measure": {"name": "revenue"},
                        "cumulative_type_params": {
                            "window": week,
                            "grain_to_date": None,
                            "period_agg": "last",
                        },
                    },
                },
                {
                    "name": "converted",
                    "type": "conversion",
                    "type_params": {
                        "conversion_type_params": {
                            "base_measure": {"name": "order_count"},
                            "conversion_measure": {"name": "revenue"},
                            "entity": "customer",
                            "calculation": "conversion_rate",
                            "window": week,
                            "constant_properties": None,
                        }
                    },
                },
            ],
            "saved_queries": [],
            "project_configuration": {
                "time_spines": [
                    {
                        "node_relation": {"alias": "days", "schema_name": "shop"},
                        "primary_column": {"name": "d", "time_granularity": "day"},
                        "custom_granularities": [],
                    }
                ]
            },
        }
    )


def compiled(at: Path) -> Project:
    """The project of the manifest alone, where dbt puts it."""
    (at / "target").mkdir()
    (at / "target" / "semantic_manifest.json").write_text(manifest(), encoding="utf-8")
    return load(at)


def test_both_specs_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "y").mkdir()
    legacy, latest = loaded(tmp_path / "x", a=LEGACY), loaded(tmp_path / "y", a=LATEST)
    assert skipped(legacy) == skipped(latest) == []
    assert latest.metrics == legacy.metrics
    assert latest.tables == legacy.tables


def test_the_manifest_says_the_same(tmp_path: Path) -> None:
    """Only it knows in which database and schema dbt builds a model."""
    for name in "xy":
        (tmp_path / name).mkdir()
    legacy, made = loaded(tmp_path / "x", a=LEGACY), compiled(tmp_path / "y")
    assert skipped(made) == []
    assert made.metrics == legacy.metrics
    relation = made.tables["orders"].relation
    assert relation == "prod.shop.orders"
    assert legacy.tables["orders"] == made.tables["orders"].model_copy(
        update={"relation": "orders"}
    )


def test_files_win_over_the_manifest_that_was_made_from_them(tmp_path: Path) -> None:
    """The manifest may be older; it adds where models are built, and time spines."""
    files = LEGACY.replace("name: paid\n", "name: paid\n    label: Paid\n")
    (tmp_path / "a.yml").write_text(files, encoding="utf-8")
    project = compiled(tmp_path)
    assert project.metrics["paid"].label == "Paid"
    assert project.tables["orders"].relation == "prod.shop.orders"
    assert project.root.calendar.more_spines[0].table == "days"


def test_a_model_is_semantic_only_where_it_says_so(tmp_path: Path) -> None:
    text = "models:\n  - {name: a, semantic_model: true}\n  - {name: b, semantic_model: false}\n"
    text += "  - {name: c, semantic_model: {enabled: false}}\n  - {name: d}\n"
    text += "  - {name: e, semantic_model: {name: events}}\n"
    assert set(loaded(tmp_path, a=text).tables) == {"a", "events"}


def test_a_model_can_be_a_time_spine(tmp_path: Path) -> None:
    """In both specs; it need not be a semantic model."""
    text = (
        "models:\n  - name: time_spine_daily\n    config: {schema: core}\n    time_spine:\n"
        "      standard_granularity_column: date_day\n"
        "      custom_granularities: [{name: fiscal_year, column_name: fy}]\n"
        "    columns: [{name: date_day, granularity: day}]\n"
    )
    project = loaded(tmp_path, a=text)
    (spine,) = project.root.calendar.more_spines
    assert (spine.table, spine.column, spine.grain) == ("time_spine_daily", "date_day", "day")
    assert spine.custom == {"fiscal_year": "fy"}
    assert project.tables["time_spine_daily"].relation == "core.time_spine_daily"


def test_a_slowly_changing_table_keeps_its_validity(tmp_path: Path) -> None:
    text = (
        "models:\n  - name: tiers\n    semantic_model: true\n    primary_entity: tier_row\n"
        "    columns:\n"
        "      - {name: s, granularity: day, dimension: {type: time, name: tier_start,\n"
        "         validity_params: {is_start: true}}}\n"
        "      - {name: e, granularity: day, dimension: {type: time, name: tier_end,\n"
        "         validity_params: {is_end: true}}}\n"
        "      - {name: person_id, entity: {type: natural, name: person}}\n"
    )
    table = loaded(tmp_path, a=text).tables["tiers"]
    assert table.primary_entity == "tier_row"
    assert table.dimensions["tier_start"].validity == "start"
    assert table.dimensions["tier_start"].expr == "s"
    assert table.dimensions["tier_end"].validity == "end"
    assert table.entities["person"].type == "natural"


def test_a_simple_metric_outside_its_model_is_skipped(tmp_path: Path) -> None:
    """Without the model nobody knows whose rows it aggregates."""
    project = loaded(tmp_path, a="metrics:\n  - {name: m, type: simple, agg: sum, expr: x}\n")
    assert project.metrics == {}
    assert "must stand in the model" in skipped(project)[0]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A DuckDB file with three orders."""
    at = tmp_path / "prod.duckdb"
    with duckdb.connect(str(at)) as connection:
        connection.execute("create schema shop")
        connection.execute(
            "create table shop.orders as select * from (values"
            " (1, 7, date '2026-01-05', 'paid', 50.0), (2, 7, date '2026-01-06', 'open', 150.0),"
            " (3, 8, date '2026-02-05', 'paid', 100.0)"
            ") t(order_id, customer_id, ordered_at, status, amount)"
        )
    return at


def test_the_manifest_names_the_relation(tmp_path: Path, file: Path) -> None:
    """Then no schema need be given; the database is the file itself."""
    at = tmp_path / "dbt"
    at.mkdir()
    compiled(at)
    workspace = open_workspace(at, warehouse=f"duckdb:///{file}")
    assert workspace.query(["revenue"]).to_pylist() == [{"revenue": 300.0}]
    workspace.close()


@pytest.mark.parametrize("text", [LEGACY, LATEST])
def test_a_folder_of_dbt_files_answers_queries(tmp_path: Path, file: Path, text: str) -> None:
    """As it stands, over the warehouse and schema that the caller names."""
    at = tmp_path / "dbt"
    at.mkdir()
    workspace = open_workspace(folder(at, a=text), warehouse=f"duckdb:///{file}", schema="shop")
    answer = workspace.query(
        ["revenue", "paid"], group_by=["order__size"], order_by=["order__size"]
    )
    assert answer.to_pylist() == [
        {"order__size": "l", "revenue": 150.0, "paid": 0},
        {"order__size": "s", "revenue": 150.0, "paid": 150.0},
    ]
    workspace.close()


def test_the_examples_metrics_are_of_every_simple_kind(tmp_path: Path) -> None:
    """What the comparison above rests on: percentile and level are really there."""
    metrics = loaded(tmp_path, a=LATEST).metrics
    percentile, level = metrics["p95"], metrics["stock"]
    assert isinstance(percentile, Simple)
    assert (percentile.percentile, percentile.discrete) == (0.95, True)
    assert isinstance(level, Simple)
    assert level.non_additive_over is not None


def test_metrics_of_both_formats_follow_their_own_null_rules(tmp_path: Path, file: Path) -> None:
    """The same ratio twice: dbt leaves a share without rows undefined, ours is a true zero."""
    at = tmp_path / "dbt"
    at.mkdir()
    text = LEGACY.replace(
        "type_params: {measure: {name: revenue, fill_nulls_with: 0, join_to_timespine: true}}",
        "type_params: {measure: revenue}",
    )
    own = "metrics:\n  share: {type: ratio, numerator: paid, denominator: revenue}\n"
    workspace = open_workspace(
        folder(at, a=text, b=own), warehouse=f"duckdb:///{file}", schema="shop"
    )
    by = ["order__size"]
    assert workspace.query(["paid_share"], group_by=by).column("paid_share").to_pylist() == [
        None,
        1.0,
    ]
    assert workspace.query(["share"], group_by=by).column("share").to_pylist() == [0.0, 1.0]
    workspace.close()
