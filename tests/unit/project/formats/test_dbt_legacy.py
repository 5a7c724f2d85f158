"""dbt's legacy spec: semantic models with measures, and metrics over them."""

from __future__ import annotations

from pathlib import Path

import pytest

from sameboat.errors import ProjectError
from sameboat.periods import Span
from sameboat.project.model import Conversion, Cumulative, Derived, Ratio, Simple
from tests.unit.project.formats.reading import loaded, skipped

ORDERS = """\
semantic_models:
  - name: orders
    description: One row per order.
    model: ref('fct_orders')
    defaults: {agg_time_dimension: ordered_at}
    entities:
      - {name: order_id, type: primary}
      - {name: customer, type: foreign, expr: customer_id}
    dimensions:
      - {name: ordered_at, type: time, type_params: {time_granularity: day}}
      - {name: shipped_at, type: time, expr: shipped_ts, type_params: {time_granularity: hour}}
      - {name: status, type: categorical}
      - {name: big, type: categorical, expr: amount > 100, label: Large order}
      - {name: ds, type: time, is_partition: true, type_params: {time_granularity: day}}
    measures:
      - {name: orders, agg: sum, expr: 1}
      - {name: revenue, agg: sum, expr: amount, create_metric: true, label: Revenue}
      - {name: p90, agg: percentile, expr: amount,
         agg_params: {percentile: 0.9, use_discrete_percentile: true}}
      - {name: stock, agg: sum, agg_time_dimension: shipped_at,
         non_additive_dimension: {name: shipped_at, window_choice: max,
                                  window_groupings: [customer]}}
"""


def metrics(text: str) -> str:
    """The orders with metrics after them."""
    return f"{ORDERS}metrics:\n{text}"


def test_a_semantic_model_is_a_table(tmp_path: Path) -> None:
    """Its relation, entities, dimensions and default time are kept."""
    table = loaded(tmp_path, a=ORDERS).tables["orders"]
    assert table.relation == "fct_orders"
    assert table.time == "ordered_at"
    assert table.description == "One row per order."
    assert table.entities["customer"].type == "foreign"
    assert table.entities["customer"].expr == ("customer_id",)
    assert table.dimensions["shipped_at"].grain == "hour"
    assert table.dimensions["shipped_at"].expr == "shipped_ts"
    assert table.dimensions["big"].label == "Large order"
    assert table.dimensions["ds"].partition


def test_measures_are_no_metrics_but_those_that_ask_for_one(tmp_path: Path) -> None:
    project = loaded(tmp_path, a=ORDERS)
    assert set(project.metrics) == {"revenue"}
    assert project.metrics["revenue"].label == "Revenue"


def test_a_simple_metric_is_its_measure(tmp_path: Path) -> None:
    """Aggregation, expression, time, percentile and level come from the measure."""
    text = metrics(
        "  - {name: n, type: simple, type_params: {measure: orders}}\n"
        "  - {name: p, type: simple, type_params: {measure: {name: p90}}}\n"
        "  - {name: s, type: simple, type_params: {measure: stock}}\n"
    )
    project = loaded(tmp_path, a=text)
    count, percentile, level = (project.metrics[name] for name in "nps")
    assert isinstance(count, Simple)
    assert (count.agg, count.expr, count.table) == ("sum", "1", "orders")
    assert isinstance(percentile, Simple)
    assert (percentile.percentile, percentile.discrete) == (0.9, True)
    assert isinstance(level, Simple)
    assert level.time == "shipped_at"
    assert level.expr == "stock"
    assert level.non_additive_over is not None
    assert level.non_additive_over.time == "max"
    assert level.non_additive_over.by == ("customer",)


def test_every_metric_follows_the_null_rules_of_dbt(tmp_path: Path) -> None:
    """Beside metrics of our own, which follow ours."""
    own = "metrics:\n  own: {type: simple, table: orders, agg: count}\n"
    project = loaded(tmp_path, a=ORDERS, b=own)
    assert project.metrics["revenue"].nulls == "dbt"
    assert project.metrics["own"].nulls is None


def test_filters_of_measure_and_metric_both_hold(tmp_path: Path) -> None:
    text = metrics(
        "  - name: n\n    type: simple\n    filter: \"{{ Dimension('order_id__status') }} = 'x'\"\n"
        "    type_params:\n      measure: {name: orders, filter: \"{{ Entity('customer') }} is not "
        'null", fill_nulls_with: 0, join_to_timespine: true}\n'
    )
    metric = loaded(tmp_path, a=text).metrics["n"]
    assert isinstance(metric, Simple)
    assert metric.filter == (
        "{{ Entity('customer') }} is not null",
        "{{ Dimension('order_id__status') }} = 'x'",
    )
    assert metric.fill_nulls_with == 0
    assert metric.join_to_time_spine


def test_ratio_and_derived_metrics_keep_what_their_inputs_say(tmp_path: Path) -> None:
    text = metrics(
        "  - {name: n, type: simple, type_params: {measure: orders}}\n"
        "  - {name: r, type: ratio, type_params: {numerator: revenue, denominator: {name: n}}}\n"
        "  - name: d\n    type: derived\n    type_params:\n      expr: n - before\n"
        "      metrics: [n, {name: n, alias: before, offset_window: 1 month}]\n"
        "  - name: g\n    type: derived\n    type_params:\n      expr: n\n"
        "      metrics: [{name: n, offset_to_grain: month}]\n"
    )
    project = loaded(tmp_path, a=text)
    ratio, derived, start = (project.metrics[name] for name in "rdg")
    assert isinstance(ratio, Ratio)
    assert (ratio.numerator.metric, ratio.denominator.metric) == ("revenue", "n")
    assert isinstance(derived, Derived)
    assert derived.metrics[1].called == "before"
    assert derived.metrics[1].offset_window == Span(1, "month")
    assert isinstance(start, Derived)
    assert start.metrics[0].offset_to_grain == "month"


def test_a_cumulative_metric_runs_over_its_measure(tmp_path: Path) -> None:
    """dbt takes the first value of a coarser period; the older place of 'window' counts too."""
    text = metrics(
        "  - {name: a, type: cumulative, type_params: {measure: revenue, window: 7 days}}\n"
        "  - name: b\n    type: cumulative\n    type_params:\n"
        "      measure: {name: orders, fill_nulls_with: 0}\n"
        "      cumulative_type_params: {grain_to_date: month, period_agg: last}\n"
    )
    project = loaded(tmp_path, a=text)
    window, to_date = project.metrics["a"], project.metrics["b"]
    assert isinstance(window, Cumulative)
    assert window.metric.metric == "revenue"
    assert (window.window, window.period_agg) == (Span(7, "day"), "first")
    assert isinstance(to_date, Cumulative)
    assert (to_date.metric.metric, to_date.metric.fill_nulls_with) == ("orders", 0)
    assert (to_date.grain_to_date, to_date.period_agg) == ("month", "last")
    assert isinstance(project.metrics["orders"], Simple)  # made, because another one needs it


def test_a_measure_whose_name_a_metric_has_keeps_apart_from_it(tmp_path: Path) -> None:
    """A filtered metric named like its measure must not become the measure of others."""
    text = metrics(
        "  - {name: orders, type: simple, filter: \"{{ Dimension('order_id__status') }} = 'x'\", "
        "type_params: {measure: orders}}\n"
        "  - {name: all_time, type: cumulative, type_params: {measure: orders}}\n"
    )
    project = loaded(tmp_path, a=text)
    total = project.metrics["all_time"]
    assert isinstance(total, Cumulative)
    assert project.metrics[total.metric.metric].filter == ()


def test_a_conversion_metric_keeps_window_and_constants(tmp_path: Path) -> None:
    text = metrics(
        "  - name: c\n    type: conversion\n    type_params:\n      conversion_type_params:\n"
        "        base_measure: orders\n        conversion_measure: {name: revenue, "
        "fill_nulls_with: 0}\n        entity: customer\n        window: 7 days\n"
        "        calculation: conversions\n        constant_properties:\n"
        "          - {base_property: status, conversion_property: big}\n"
    )
    metric = loaded(tmp_path, a=text).metrics["c"]
    assert isinstance(metric, Conversion)
    assert (metric.base.metric, metric.converted.metric) == ("orders", "revenue")
    assert metric.converted.fill_nulls_with == 0
    assert (metric.entity, metric.calculation) == ("customer", "conversions")
    assert metric.constant == (("status", "big"),)


def test_saved_queries_are_asked_by_plain_names(tmp_path: Path) -> None:
    text = (
        ORDERS + "saved_queries:\n  - name: q\n    query_params:\n      metrics: [revenue]\n"
        "      group_by: [\"TimeDimension('metric_time', 'DAY')\", "
        "\"Dimension('order_id__status')\"]\n"
        "      order_by: [\"Metric('revenue').descending(True)\", "
        "\"TimeDimension('metric_time', 'day')\"]\n"
        "      where: \"{{ Dimension('order_id__status') }} = 'x'\"\n      limit: 5\n"
    )
    query = loaded(tmp_path, a=text).saved_queries["q"]
    assert query.group_by == ("metric_time__day", "order_id__status")
    assert query.order_by == ("-revenue", "metric_time__day")
    assert query.where == ("{{ Dimension('order_id__status') }} = 'x'",)
    assert query.limit == 5


def test_time_spines_become_tables_of_the_calendar(tmp_path: Path) -> None:
    """A relation that a semantic model reads already is not declared twice."""
    text = (
        "---\nproject_configuration:\n  time_spines:\n"
        "    - node_relation: {alias: days, schema_name: core}\n"
        "      primary_column: {name: d, time_granularity: day}\n"
        "      custom_granularities: [{name: fiscal_year, column_name: fy}]\n"
        "    - node_relation: {alias: fct_orders}\n"
        "      primary_column: {name: ts, time_granularity: hour}\n"
    )
    project = loaded(tmp_path, a=ORDERS, b=text)
    days, hours = project.root.calendar.more_spines
    assert (days.table, days.column, days.grain) == ("days", "d", "day")
    assert days.custom == {"fiscal_year": "fy"}
    assert project.tables["days"].relation == "core.days"
    assert (hours.table, hours.grain) == ("orders", "hour")


@pytest.mark.parametrize(
    ("said", "relation"),
    [
        ("model: ref('orders')", "orders"),
        ("model: \"{{ ref('shop', 'orders') }}\"", "orders"),
        ("model: ref('orders', v=2)", "orders_v2"),
        ("model: source('crm', 'orders')", "crm.orders"),
        ("node_relation: {alias: o, schema_name: $source_schema}", "$source_schema.o"),
        ("node_relation: {alias: o, schema_name: s, database: d}", "d.s.o"),
        ('node_relation: {relation_name: \'"d"."s"."o"\'}', "d.s.o"),
    ],
)
def test_where_the_rows_are_is_read_in_every_spelling(
    tmp_path: Path, said: str, relation: str
) -> None:
    project = loaded(tmp_path, a=f"semantic_model:\n  name: a\n  {said}\n")
    assert project.tables["a"].relation == relation


BAD = [
    ("{name: m, type: simple, type_params: {measure: orderz}}", "there is no measure 'orderz'"),
    ("{name: m, type: magic}", "'magic' is not a type of metric"),
    ("{name: Two words, type: simple, type_params: {measure: orders}}", "cannot be used as a name"),
    ("{name: m, type: ratio, type_params: {numerator: revenue}}", "it has no 'denominator'"),
    (
        "{name: m, type: ratio, type_params: {numerator: revenue, denominator: gone}}",
        "it needs the metric 'gone'",
    ),
    (
        "{name: m, type: simple, filter: \"{{ var('x') }} = 1\", type_params: {measure: orders}}",
        "its filter cannot be read",
    ),
    (
        '{name: m, type: simple, filter: "x in (select 1)", type_params: {measure: orders}}',
        "its filter cannot be read",
    ),
    (
        "{name: m, type: cumulative, type_params: {measure: orders, window: soon}}",
        "'window' must be a length of time",
    ),
    (
        "{name: m, type: derived, type_params: {expr: revenue, metrics: [revenue, revenue]}}",
        "two of its inputs are called 'revenue'",
    ),
    ("{name: m, type: simple, type_params: [orders]}", "'type_params' must be a mapping"),
    ("[1]", "it must be a mapping of keys"),
]


@pytest.mark.parametrize(("text", "why"), BAD)
def test_what_is_not_supported_skips_its_object_alone(tmp_path: Path, text: str, why: str) -> None:
    """The reason and the place are told; the metrics beside it stay."""
    project = loaded(tmp_path, a=metrics(f"  - {text}\n"))
    assert set(project.metrics) == {"revenue"}
    (told,) = skipped(project)
    assert told.startswith("a.yml:24:5 the metric ")
    assert why in told


def test_what_needs_a_skipped_object_is_skipped_too(tmp_path: Path) -> None:
    text = metrics(
        "  - {name: a, type: simple, type_params: {measure: gone}}\n"
        "  - {name: b, type: ratio, type_params: {numerator: a, denominator: revenue}}\n"
        "  - {name: c, type: derived, type_params: {expr: b, metrics: [b]}}\n"
    )
    text += "saved_queries: [{name: q, query_params: {metrics: [c]}}]\n"
    project = loaded(tmp_path, a=text)
    assert set(project.metrics) == {"revenue"}
    assert [told.split(" ")[2:5] for told in skipped(project)] == [
        ["metric", "'a'", "is"],
        ["metric", "'b'", "is"],
        ["metric", "'c'", "is"],
        ["saved", "query", "'q'"],
    ]


def test_a_part_of_a_model_that_cannot_be_used_leaves_the_rest(tmp_path: Path) -> None:
    """A dimension, an entity and a measure with strange parts; the table stays."""
    text = ORDERS.replace("expr: amount > 100", "expr: regexp_like(x)").replace(
        "type: foreign", "type: distant"
    )
    text = text.replace("agg: percentile", "agg: harmonic")
    project = loaded(tmp_path, a=text)
    table = project.tables["orders"]
    assert "big" not in table.dimensions
    assert "customer" not in table.entities
    assert len(skipped(project)) == 3


def test_two_metrics_of_one_name_are_an_error(tmp_path: Path) -> None:
    """Either could be meant, so neither may be taken in silence."""
    metric = "  - {name: n, type: simple, type_params: {measure: orders}}\n"
    with pytest.raises(ProjectError, match="declared twice") as caught:
        loaded(tmp_path, a=metrics(metric + metric))
    assert [found.code for found in caught.value.findings] == ["duplicate-name"]


def test_a_metric_of_both_formats_is_an_error(tmp_path: Path) -> None:
    own = "metrics:\n  revenue: {type: simple, table: orders, agg: count}\n"
    with pytest.raises(ProjectError, match="declared here and in"):
        loaded(tmp_path, a=ORDERS, b=own)


def test_one_file_may_hold_both_formats(tmp_path: Path) -> None:
    """dbt's lists and mappings of our own do not exclude each other."""
    text = ORDERS + "kpis:\n  revenue: {metric: revenue}\n"
    project = loaded(tmp_path, a=text)
    assert set(project.kpis) == {"revenue"}
    assert set(project.tables) == {"orders"}


def test_a_merge_key_skips_the_object_that_it_stands_in(tmp_path: Path) -> None:
    """YAML 1.2 has no merge keys; what they would add must not be lost in silence."""
    text = metrics(
        "  - {name: a, type: simple, type_params: {measure: orders}}\n"
        "  - name: b\n    <<: {filter: x}\n    type: simple\n    type_params: {measure: orders}\n"
    )
    project = loaded(tmp_path, a=text)
    assert "a" in project.metrics
    assert "b" not in project.metrics
    assert "merges mappings" in skipped(project)[0]


def test_names_of_semantic_models_are_made_legal(tmp_path: Path) -> None:
    """No request names them, so dbt's spelling stays as the label."""
    project = loaded(tmp_path, a="semantic_model: {name: int__Orders, model: ref('o')}\n")
    assert project.tables["int_orders"].label == "int__Orders"


def test_words_of_older_yaml_are_truth_values(tmp_path: Path) -> None:
    """dbt reads `yes` as true."""
    text = ORDERS.replace("create_metric: true", "create_metric: yes")
    assert set(loaded(tmp_path, a=text).metrics) == {"revenue"}


def test_what_dbt_has_switched_off_is_not_there(tmp_path: Path) -> None:
    """Without a word: it is not part of dbt's project either."""
    text = metrics(
        "  - {name: a, type: simple, type_params: {measure: orders}, config: {enabled: false}}\n"
        "  - {name: b, type: simple, type_params: {measure: orders}, config: {enabled: true}}\n"
    )
    project = loaded(tmp_path, a=text)
    assert set(project.metrics) == {"revenue", "b"}
    assert skipped(project) == []
