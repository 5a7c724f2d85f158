"""Projects written as dbt's semantic YAML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sameboat.project.declared import Project
from sameboat.project.formats.dbt.write import exported
from sameboat.project.formats.native import section_values
from sameboat.project.load import load
from sameboat.project.reading import read

SHOP: dict[str, Any] = {
    "tables": {
        "orders": {
            "relation": "crm.fct_orders",
            "time": "day",
            "personal": ["owner_email"],
            "entities": {
                "order": {"type": "primary", "expr": "id"},
                "customer": {"type": "foreign", "expr": "customer_id"},
            },
            "dimensions": {
                "day": {"type": "time", "grain": "day", "expr": "ordered_on"},
                "state": {"label": "Where it stands"},
                "size": {"expr": "case when amount > 100 then 'l' else 's' end"},
            },
        },
        "customers": {
            "relation": "crm.customers",
            "entities": {"customer": {"type": "primary", "expr": "id"}},
            "dimensions": {"country": {}, "since": {"type": "time", "grain": "month"}},
        },
        "days": {"relation": "crm.days"},
    },
    "metrics": {
        "orders": {"type": "simple", "table": "orders", "agg": "count", "unit": "count"},
        "revenue": {"type": "simple", "table": "orders", "agg": "sum", "expr": "amount"},
        "paid": {
            "type": "simple",
            "table": "orders",
            "agg": "sum",
            "expr": "amount",
            "filter": "state = 'paid' and country = 'DE' and channel = 'web'",
        },
        "p9": {
            "type": "simple",
            "table": "orders",
            "agg": "percentile",
            "expr": "amount",
            "percentile": 0.9,
            "discrete": True,
        },
        "each": {"type": "ratio", "numerator": "revenue", "denominator": "orders"},
        "growth": {
            "type": "derived",
            "expr": "revenue - before",
            "metrics": [
                "revenue",
                {"metric": "revenue", "alias": "before", "offset_window": "1 month"},
            ],
        },
        "bare": {"type": "derived", "expr": "2 * revenue"},
        "running": {
            "type": "cumulative",
            "metric": {"metric": "revenue", "fill_nulls_with": 0},
            "window": "7 days",
            "period_agg": "last",
        },
        "bought": {
            "type": "conversion",
            "base": "orders",
            "converted": "paid",
            "entity": "customer",
            "window": "7 days",
            "constant": [["state", "state"]],
        },
        "lead_time": {"type": "duration", "table": "orders", "start": "a", "end": "b"},
        "on_lead_time": {"type": "derived", "expr": "lead_time * 2"},
    },
    "saved_queries": {
        "board": {
            "metrics": ["revenue"],
            "group_by": ["metric_time__month", "customer__country", "state"],
            "where": "state = 'paid'",
            "order_by": ["-revenue", "metric_time__month"],
            "limit": 5,
        },
        "slow": {"metrics": ["lead_time"]},
    },
}


def shop(**more: Any) -> Project:
    """A small project with something of every kind."""
    spine = {"table": "days", "column": "d", "custom": {"fiscal_year": "fy"}}
    return Project.from_mappings(
        {"name": "shop", "calendar": {"time_spine": spine}}, **{**SHOP, **more}
    )


def content() -> Any:
    """What the exported file says."""
    return read(exported(shop()).text.encode(), "x.yml")[0].value


def model(name: str) -> Any:
    """One model of the exported file."""
    (found,) = [found for found in content()["models"] if found["name"] == name]
    return found


def metric(name: str) -> Any:
    """One metric of the exported file, wherever it stands."""
    found = content()
    inside = [each for home in found["models"] for each in home.get("metrics", ())]
    (one,) = [each for each in [*inside, *found["metrics"]] if each["name"] == name]
    return one


def test_a_table_is_a_model_with_a_semantic_model_inside() -> None:
    """Plain columns carry what they mean; computed ones stand among the derived."""
    found = model("fct_orders")
    assert found["semantic_model"] == {"enabled": True, "name": "orders"}
    assert found["agg_time_dimension"] == "day"
    columns = {column["name"]: column for column in found["columns"]}
    assert columns["id"]["entity"] == {"name": "order", "type": "primary"}
    assert columns["ordered_on"]["granularity"] == "day"
    assert columns["ordered_on"]["dimension"] == {"name": "day", "type": "time"}
    assert columns["state"]["dimension"]["label"] == "Where it stands"
    (size,) = found["derived_semantics"]["dimensions"]
    assert size["expr"] == "case when amount > 100 then 'l' else 's' end"


def test_names_in_filters_are_dbts_templates() -> None:
    """A column that a filter needs becomes a dimension, since dbt's filters see no columns."""
    (said,) = metric("paid")["filter"]
    assert said.split(" AND ") == [
        "{{ Dimension('order__state') }} = 'paid'",
        "{{ Dimension('customer__country') }} = 'DE'",
        "{{ Dimension('order__channel') }} = 'web'",
    ]
    columns = {column["name"]: column for column in model("fct_orders")["columns"]}
    assert columns["channel"]["dimension"] == {"name": "channel", "type": "categorical"}


def test_a_filter_on_a_personal_column_is_not_handed_over() -> None:
    """Making it a dimension would show it to everybody."""
    secret = {**SHOP["metrics"]["revenue"], "filter": "owner_email = 'x'"}
    found = exported(shop(metrics={"secret": secret}, saved_queries={}))
    models = read(found.text.encode(), "x.yml")[0].value["models"]
    (orders,) = [each for each in models if each["name"] == "fct_orders"]
    assert "owner_email" not in {column["name"] for column in orders["columns"]}
    assert "may not become a dimension" in found.notices[0].message


def test_what_is_private_stays_private_on_the_way_back(tmp_path: Path) -> None:
    """dbt has no word for it, so it travels under meta; a dbt project may write it there too."""
    orders = {**SHOP["tables"]["orders"], "subject": "account"}
    project = shop(tables={**SHOP["tables"], "orders": orders})
    (tmp_path / "a.yml").write_text(exported(project).text, encoding="utf-8")
    table = load(tmp_path).tables["orders"]
    assert table.personal == ("owner_email",)
    assert table.subject == "account"
    assert table.meta == {}


def test_metrics_of_every_type_that_dbt_has() -> None:
    assert metric("p9")["percentile_type"] == "discrete"
    assert metric("orders")["expr"] == "1"
    assert metric("each")["numerator"] == "revenue"
    assert metric("growth")["input_metrics"][1] == {
        "name": "revenue",
        "alias": "before",
        "offset_window": "1 month",
    }
    assert metric("bare")["input_metrics"] == ["revenue"]
    assert metric("bought")["base_metric"] == "orders"
    assert metric("bought")["constant_properties"] == [
        {"base_property": "state", "conversion_property": "state"}
    ]


def test_an_input_that_fills_its_gaps_is_a_hidden_metric() -> None:
    """dbt's inputs cannot say it themselves."""
    assert metric("running")["input_metric"] == "revenue_filled"
    filled = metric("revenue_filled")
    assert (filled["hidden"], filled["fill_nulls_with"]) == (True, 0)


def test_what_dbt_has_no_word_for_is_told_with_what_needs_it() -> None:
    told = [found.message for found in exported(shop()).notices]
    assert len(told) == 3
    assert "'lead_time' is skipped: dbt has no metrics of type 'duration'" in told[0]
    assert "'on_lead_time' is skipped: it needs the metric 'lead_time'" in told[1]
    assert "the saved query 'slow' is skipped" in told[2]


def test_a_time_spine_is_a_model_too() -> None:
    found = model("days")
    assert found["time_spine"] == {
        "standard_granularity_column": "d",
        "custom_granularities": [{"name": "fiscal_year", "column_name": "fy"}],
    }
    assert "semantic_model" not in found


def test_saved_queries_are_asked_in_dbts_words() -> None:
    (query,) = content()["saved_queries"]
    assert query["query_params"] == {
        "metrics": ["revenue"],
        "group_by": [
            "TimeDimension('metric_time', 'month')",
            "Dimension('customer__country')",
            "Dimension('order__state')",
        ],
        "where": ["{{ Dimension('order__state') }} = 'paid'"],
        "order_by": [
            "Metric('revenue').descending(True)",
            "TimeDimension('metric_time', 'month')",
        ],
        "limit": 5,
    }


@pytest.mark.parametrize("name", ["SIMPLE_MODEL", "SCD_MODEL", "EXTENDED_DATE_MODEL"])
def test_what_came_from_dbt_goes_back_to_it(tmp_path: Path, shared: Path, name: str) -> None:
    """Read, written and read again, metrics and saved queries are the same but for inputs that
    fill their gaps, which have a metric of their own now."""
    folder = shared / "conformance" / "models" / name
    if not folder.is_dir():
        pytest.skip(f"no {folder}")
    given = load(folder)
    found = exported(given)
    assert found.notices == ()
    (tmp_path / "a.yml").write_text(found.text, encoding="utf-8")
    again = load(tmp_path)
    metrics, written = section_values(given, "metrics"), section_values(again, "metrics")
    other = {name for name, raw in metrics.items() if written.get(name) != raw}
    assert other <= {
        "visit_buy_conversions",
        "every_two_days_bookers_fill_nulls_with_0",
        "visit_buy_conversion_rate_7days_fill_nulls_with_0",
        "active_listings",  # `Metric('x', ['y'])` is written `Metric('x', group_by=['y'])`
        "popular_listing_bookings_per_booker",
    }
    assert section_values(again, "saved_queries") == section_values(given, "saved_queries")
