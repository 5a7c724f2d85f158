"""Apache Ossie in and out: what it says, what it cannot hold, and that nothing gets lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sameboat.errors import ProjectError
from sameboat.project.declared import Project
from sameboat.project.formats.ossie.document import VERSIONS, Version
from sameboat.project.formats.ossie.read import imported
from sameboat.project.formats.ossie.write import exported
from sameboat.project.load import load
from sameboat.project.model import Derived, Ratio, Simple
from sameboat.project.reading import read

MODEL = """\
name: Shop model
description: Sales of a shop.
ai_context: {instructions: Use it for sales., examples: [Sales last month?]}
datasets:
  - name: sales
    source: shop.public.sales
    primary_key: [item_id, ticket]
    unique_keys: [[serial]]
    description: One row per item sold.
    ai_context: {synonyms: [tickets, deals]}
    fields:
      - name: sold_on
        expression: {dialects: [{dialect: ANSI_SQL, expression: sold_on}]}
        datatype: Date
        dimension: {}
      - name: paid_on
        expression: {dialects: [{dialect: ANSI_SQL, expression: paid_at}]}
        dimension: {is_time: true}
      - name: Price
        expression: {dialects: [{dialect: ANSI_SQL, expression: price}]}
        datatype: Decimal
      - name: net
        expression:
          dialects:
            - {dialect: ANSI_SQL, expression: price - discount}
            - {dialect: SNOWFLAKE, expression: "price::number - discount"}
        label: money
        dimension: {is_time: false}
    custom_extensions: [{vendor_name: DBT, data: '{"materialized": "table"}'}]
  - name: days
    source: shop.public.days
    primary_key: [day_id]
    fields:
      - name: year
        expression: {dialects: [{dialect: ANSI_SQL, expression: year_number}]}
        datatype: Integer
        dimension: {is_time: true}
  - name: customers
    source: shop.public.customers
    primary_key: [id]
    fields:
      - name: country
        expression: {dialects: [{dialect: ANSI_SQL, expression: country}]}
        dimension: {is_time: false}
relationships:
  - name: sold_when
    from: sales
    to: days
    from_columns: [sold_day_id]
    to_columns: [day_id]
    ai_context: {synonyms: [sale date]}
  - {name: paid_when, from: sales, to: days, from_columns: [paid_day_id], to_columns: [day_id]}
  - name: sales_to_customers
    from: sales
    to: customers
    from_columns: [customer_id]
    to_columns: [id]
metrics:
  - name: revenue
    expression: {dialects: [{dialect: ANSI_SQL, expression: SUM(sales.Price)}]}
    description: All that was paid.
    datatype: Decimal
    ai_context: {synonyms: [turnover]}
  - name: net_revenue
    expression: {dialects: [{dialect: ANSI_SQL, expression: SUM(sales.net)}]}
  - name: buyers
    expression:
      dialects: [{dialect: ANSI_SQL, expression: "COUNT(DISTINCT sales.customer_id)"}]
  - name: per_buyer
    expression:
      dialects:
        - dialect: ANSI_SQL
          expression: SUM(sales.Price) / COUNT(DISTINCT sales.customer_id)
  - name: margin
    expression:
      dialects:
        - {dialect: ANSI_SQL, expression: (SUM(sales.Price) - SUM(sales.cost)) / SUM(sales.Price)}
  - name: german
    expression:
      dialects:
        - dialect: ANSI_SQL
          expression: SUM(CASE WHEN customers.country = 'DE' THEN sales.Price END)
  - name: rows_sold
    expression: {dialects: [{dialect: ANSI_SQL, expression: COUNT(sales.*)}]}
  - name: p90
    expression:
      dialects:
        - dialect: ANSI_SQL
          expression: PERCENTILE_CONT(0.9) WITHIN GROUP (ORDER BY sales.Price)
custom_extensions: [{vendor_name: SNOWFLAKE, data: '{"warehouse": "WH"}'}]
"""
FLAT = f"version: 0.2.0.dev0\n{MODEL}"


def wrapped(version: str = "0.1.1") -> str:
    """The same model in the list that older versions have."""
    inner = MODEL.replace("\n", "\n    ").rstrip()
    return f"version: {version}\nsemantic_model:\n  - {inner}\n"


def value(text: str) -> Any:
    """What a YAML or JSON text says."""
    (document,) = read(text.encode(), "x.yml")
    return document.value


def project(text: str = FLAT) -> Project:
    """The project of a document from which nothing is left out."""
    found = imported(text.encode(), "x.yml")
    assert found.notices == ()
    return found.project


# ── in ───────────────────────────────────────────────────────────────────────────────────────


def test_datasets_are_tables_with_their_keys_and_fields() -> None:
    sales = project().tables["sales"]
    assert sales.relation == "shop.public.sales"
    assert sales.synonyms == ("tickets", "deals")
    assert sales.entities["sales"].type == "primary"
    assert sales.entities["sales"].expr == ("item_id", "ticket")
    assert sales.time == "sold_on"
    assert sales.dimensions["sold_on"].type == "time"
    assert sales.dimensions["paid_on"].expr == "paid_at"
    assert sales.dimensions["net"].expr == "price - discount"


def test_a_number_of_a_year_is_no_point_in_time() -> None:
    """`is_time` is a role; only days and moments can be cut into periods."""
    assert project().tables["days"].dimensions["year"].type == "categorical"


def test_relationships_are_entities_of_both_sides() -> None:
    """Two ways to one dataset get an entity each, so that neither is mistaken for the other."""
    tables = project().tables
    sales, days = tables["sales"].entities, tables["days"].entities
    assert (sales["days"].type, sales["days"].expr) == ("foreign", ("sold_day_id",))
    assert (sales["paid_when"].type, sales["paid_when"].expr) == ("foreign", ("paid_day_id",))
    assert (days["days"].type, days["paid_when"].type) == ("primary", "unique")
    assert sales["customers"].expr == ("customer_id",)


def test_an_aggregate_is_a_simple_metric() -> None:
    metrics = project().metrics
    revenue, net, buyers, rows, percentile = (
        metrics[name] for name in ("revenue", "net_revenue", "buyers", "rows_sold", "p90")
    )
    assert isinstance(revenue, Simple)
    assert (revenue.agg, revenue.table, revenue.expr) == ("sum", "sales", "price")
    assert isinstance(net, Simple)
    assert net.expr == "price - discount"
    assert isinstance(buyers, Simple)
    assert (buyers.agg, buyers.expr) == ("count_distinct", "customer_id")
    assert isinstance(rows, Simple)
    assert (rows.agg, rows.expr) == ("count", None)
    assert isinstance(percentile, Simple)
    assert (percentile.agg, percentile.percentile) == ("percentile", 0.9)


def test_arithmetic_over_aggregates_uses_the_metrics_that_there_are() -> None:
    """A quotient of two is a ratio, so that it is a ratio of sums at every cut."""
    metrics = project().metrics
    ratio, margin = metrics["per_buyer"], metrics["margin"]
    assert isinstance(ratio, Ratio)
    assert (ratio.numerator.metric, ratio.denominator.metric) == ("revenue", "buyers")
    assert isinstance(margin, Derived)
    assert [given.metric for given in margin.metrics] == ["revenue", "margin_part_2"]


def test_a_condition_inside_an_aggregate_is_a_filter() -> None:
    """Over another dataset too, along the relationship."""
    german = project().metrics["german"]
    assert isinstance(german, Simple)
    assert (german.table, german.expr) == ("sales", "price")
    assert german.filter == ("customers__country = 'DE'",)


@pytest.mark.parametrize("text", [wrapped(), wrapped("0.2.0.dev0"), json.dumps(value(FLAT))])
def test_every_version_and_spelling_says_the_same(text: str) -> None:
    """A list of models, one at the root, YAML, JSON."""
    assert project(text).tables == project().tables
    assert project(text).metrics == project().metrics


def test_a_source_may_be_an_object() -> None:
    """A draft of 0.2.0 wrote tables like this."""
    text = FLAT.replace(
        "source: shop.public.customers", "source: {kind: table, object: shop.public.customers}"
    )
    assert project(text).tables["customers"].relation == "shop.public.customers"


BAD = [
    ("SUM(price) OVER (PARTITION BY day)", "has a window or a query"),
    ("SUM(SUM(sales.Price))", "an aggregate stands in another one"),
    ("SUM(sales.Price * customers.id)", "runs over several datasets"),
    ("COUNT(*)", "does not say which rows it counts"),
    ("STDDEV(sales.Price)", "is not supported"),
    ("SUM(ghosts.x)", "there is no dataset 'ghosts'"),
    ("sales.Price * 2", "stands outside of any aggregate"),
    ("SUM(sales.Price", "is no SQL"),
    ("SUM(hash(sales.Price))", "its expression cannot be read"),
]


@pytest.mark.parametrize(("expression", "why"), BAD)
def test_what_is_not_supported_skips_its_metric_alone(expression: str, why: str) -> None:
    """With the reason and the place; the metrics beside it stay."""
    more = json.dumps({"dialects": [{"dialect": "ANSI_SQL", "expression": expression}]})
    text = FLAT.replace("  - name: rows_sold", f"  - name: bad\n    expression: {more}\n"
                        "  - name: rows_sold")  # fmt: skip
    found = imported(text.encode(), "x.yml")
    assert "bad" not in found.project.metrics
    assert "rows_sold" in found.project.metrics
    (told,) = found.notices
    assert (told.severity, why in told.message) == ("notice", True), told.message
    assert str(told.where) == "x.yml:84:5"


def test_an_expression_in_no_sql_is_skipped() -> None:
    text = FLAT.replace("dialect: ANSI_SQL, expression: SUM(sales.Price)", "dialect: DAX, "
                        "expression: x")  # fmt: skip
    found = imported(text.encode(), "x.yml")
    assert "is in DAX, not in SQL" in found.notices[0].message


def test_expressions_of_other_dialects_are_translated() -> None:
    """A field or metric without standard SQL is read in the dialect that it has."""
    text = FLAT.replace(
        "dialect: ANSI_SQL, expression: country",
        "dialect: SNOWFLAKE, expression: \"NVL(country, '')\"",
    )
    assert project(text).tables["customers"].dimensions["country"].expr == "COALESCE(country, '')"


def test_a_version_that_is_not_known_is_read_and_told() -> None:
    found = imported(FLAT.replace("0.2.0.dev0", "9.0").encode(), "x.yml")
    assert [told.code for told in found.notices] == ["format-version"]
    assert "revenue" in found.project.metrics


@pytest.mark.parametrize("text", ["", "[]", "name: x\n", "semantic_model: {name: a}\n", "{"])
def test_what_is_no_ossie_document_is_refused(text: str) -> None:
    with pytest.raises(ProjectError):
        imported(text.encode(), "x.yml")


# ── out, and back ────────────────────────────────────────────────────────────────────────────


def normal(found: Any) -> Any:
    """A document without the difference between nothing and an empty list."""
    if isinstance(found, dict):
        return {key: normal(item) for key, item in found.items() if item not in ([], {}, None)}
    return [normal(item) for item in found] if isinstance(found, list) else found


def test_what_came_from_ossie_goes_back_as_it_was() -> None:
    """Other vendors' extensions, contexts, dialects and datatypes included; nothing of ours."""
    assert normal(value(exported(project()).text)) == normal(value(FLAT))


def test_a_part_that_was_given_a_meaning_of_its_own_is_written() -> None:
    """A metric made for a formula is left out only while it says nothing besides."""
    found = project()
    part = found.metrics["margin_part_2"].model_copy(update={"unit": "GBP"})
    metrics = {**found.metrics, "margin_part_2": part}
    again = Project(found.folder, found.root, tables=found.tables, metrics=metrics)
    text = exported(again).text
    assert imported(text.encode(), "x.yml").project.metrics["margin_part_2"].unit == "GBP"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("as_json", [False, True])
def test_every_key_of_our_format_survives(
    tmp_path: Path, example: bytes, version: Version, as_json: bool
) -> None:
    """Written and read again, the project that shows every key once is the same."""
    (tmp_path / "sameboat.yml").write_bytes(example)
    given = load(tmp_path)
    found = imported(exported(given, version=version, as_json=as_json).text.encode(), "x.yml")
    assert found.notices == ()
    assert found.project.digest == given.digest


@pytest.mark.parametrize("version", VERSIONS)
def test_a_document_of_each_version_has_its_shape(version: Version) -> None:
    """0.1.1 lists models and its vendors; 0.2 has one model at the root, and free vendors."""
    found = value(exported(shop(), version=version).text)
    assert found["version"] == version
    model = found["semantic_model"][0] if version == "0.1.1" else found
    vendors = {
        extension["vendor_name"]
        for raw in (model, *model["datasets"], *model["metrics"])
        for extension in raw.get("custom_extensions", ())
    }
    assert vendors == {"COMMON" if version == "0.1.1" else "SAMEBOAT"}


def shop() -> Project:
    """A small project with what Ossie can say, and what it cannot."""
    return Project.from_mappings(
        {"name": "shop"},
        tables={
            "orders": {
                "file": "orders.csv",
                "subject": "account",
                "time": "day",
                "personal": ["owner_email"],
                "entities": {
                    "order": {"type": "primary", "expr": "id"},
                    "customer": {"type": "foreign", "expr": "customer_id"},
                },
                "dimensions": {"day": {"type": "time", "grain": "day"}, "state": {}},
            },
            "customers": {
                "relation": "crm.customers",
                "entities": {"customer": {"type": "primary", "expr": "id"}},
                "dimensions": {"country": {"expr": "upper(land)"}},
            },
        },
        metrics={
            "orders": {"type": "simple", "table": "orders", "agg": "count", "unit": "count"},
            "paid": {
                "type": "simple",
                "table": "orders",
                "agg": "sum",
                "expr": "amount",
                "filter": ["state = 'paid'", "customer__country = 'DE'"],
            },
            "average": {"type": "ratio", "numerator": "paid", "denominator": "orders"},
            "doubled": {"type": "derived", "expr": "2 * (paid + orders)"},
            "running": {"type": "cumulative", "metric": "paid", "window": "7 days"},
        },
    )


def test_metrics_are_written_as_aggregates() -> None:
    """What other programs read: plain SQL over fields, joined by the relationships."""
    document = value(exported(shop()).text)
    said = {
        metric["name"]: metric["expression"]["dialects"][0]["expression"]
        for metric in document["metrics"]
    }
    paid = (
        "SUM(CASE WHEN orders.state = 'paid' AND customers.country = 'DE' THEN orders.amount END)"
    )
    assert said == {
        "orders": "COUNT(orders.*)",
        "paid": paid,
        "average": f"({paid}) / NULLIF(COUNT(orders.*), 0)",
        "doubled": f"2 * (({paid}) + COUNT(orders.*))",
    }
    assert document["relationships"] == [
        {
            "name": "orders_to_customers",
            "from": "orders",
            "to": "customers",
            "from_columns": ["customer_id"],
            "to_columns": ["id"],
        }
    ]


def test_what_ossie_cannot_say_is_told_and_kept() -> None:
    """A window is in our extension alone; other programs see no wrong figure for it."""
    found = exported(shop())
    assert [told.message.split(":")[0] for told in found.notices] == [
        "the metric 'running' is in our own extension alone"
    ]
    assert "running" not in {metric["name"] for metric in value(found.text)["metrics"]}
    assert "running" in imported(found.text.encode(), "x.yml").project.metrics


def test_an_edit_in_the_document_wins_and_the_rest_is_kept() -> None:
    """The expression is new, the unit is still ours; what is personal stays personal."""
    document = value(exported(shop()).text)
    dialects = document["metrics"][0]["expression"]["dialects"]
    dialects[0]["expression"] = "COUNT(DISTINCT orders.customer_id)"
    document["datasets"][0]["description"] = "All orders."
    found = imported(json.dumps(document).encode(), "x.json").project
    orders = found.metrics["orders"]
    assert isinstance(orders, Simple)
    assert (orders.agg, orders.expr, orders.unit) == ("count_distinct", "customer_id", "count")
    table = found.tables["orders"]
    assert table.description == "All orders."
    assert table.personal == ("owner_email",)
    assert (table.file, table.subject) == ("orders.csv", "account")


def test_an_edit_in_the_project_wins_over_what_came_with_it() -> None:
    """An expression in other dialects is written only while it still means the same."""
    found = project()
    table = found.tables["sales"]
    changed = table.dimensions["net"].model_copy(update={"expr": "price"})
    edited = table.model_copy(update={"dimensions": {**table.dimensions, "net": changed}})
    again = Project(
        found.folder, found.root, tables={**found.tables, "sales": edited}, metrics=found.metrics
    )
    fields = value(exported(again).text)["datasets"][0]["fields"]
    (net,) = [field for field in fields if field["name"] == "net"]
    assert net["expression"]["dialects"] == [{"dialect": "ANSI_SQL", "expression": "price"}]


def test_an_extension_that_was_broken_skips_its_object() -> None:
    """Somebody edited our own part into nonsense: told, and no crash."""
    text = exported(shop()).text.replace('"subject": "account"', '"subject": "nobody"')
    found = imported(text.encode(), "x.yml")
    assert set(found.project.tables) == {"customers"}
    assert "nobody" in found.notices[0].message
