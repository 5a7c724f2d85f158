"""Cube's YAML models as projects."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from sameboat.errors import ProjectError
from sameboat.periods import Span
from sameboat.project.declared import Project
from sameboat.project.formats.cube import imported
from sameboat.project.formats.native import files
from sameboat.project.model import Cumulative, Derived, Ratio, Simple
from sameboat.questions.opened import open_workspace

MODEL = """\
cubes:
  - name: orders
    sql_table: shop.orders
    title: All orders
    joins:
      - name: users
        sql: "{CUBE}.user_id = {users.id}"
        relationship: many_to_one
    dimensions:
      - {name: id, sql: id, type: number, primary_key: true}
      - {name: status, sql: "{CUBE}.state", type: string, description: Where it stands.}
      - {name: created_at, sql: created_at, type: time}
      - name: size
        type: string
        case:
          when:
            - {sql: "{CUBE}.amount > 100", label: large}
          else: {label: small}
    measures:
      - {name: count, type: count}
      - {name: revenue, type: sum, sql: amount, format: currency}
      - name: paid
        type: sum
        sql: "{CUBE}.amount"
        filters: [{sql: "{CUBE.status} = 'paid'"}, {sql: "{users.country} = 'DE'"}]
      - {name: buyers, type: count_distinct, sql: "{CUBE}.user_id"}
      - {name: paid_share, type: number, sql: "1.0 * {paid} / NULLIF({revenue}, 0)",
         format: percent}
      - {name: fee, type: number, sql: "{revenue} * 0.05 + {CUBE.count}"}
      - {name: per_buyer, type: number, sql: "SUM({CUBE}.amount) / COUNT(DISTINCT {CUBE}.user_id)"}
      - {name: monthly, type: sum, sql: amount, rolling_window: {trailing: 1 month}}
      - {name: so_far, type: sum, sql: amount, rolling_window: {trailing: unbounded}}
    segments:
      - {name: is_large, sql: "{CUBE}.amount > 100"}
    pre_aggregations:
      - {name: main, measures: [CUBE.count], time_dimension: CUBE.created_at, granularity: day}
  - name: users
    sql: SELECT * FROM shop.users
    dimensions:
      - {name: id, sql: id, type: number, primary_key: true, public: true}
      - {name: country, sql: land, type: string}
    measures:
      - {name: count, type: count}
"""


def project(text: str = MODEL) -> Project:
    """The project of a model of which nothing is left out."""
    found = imported({"model.yml": text.encode()})
    assert [told.message for told in found.notices] == []
    return found.project


def more(key: str, *texts: str) -> str:
    """The model with more members of the cube of orders."""
    lines = "".join(f"      - {text}\n" for text in texts)
    return MODEL.replace(f"    {key}:\n", f"    {key}:\n{lines}", 1)


def test_a_cube_is_a_table_with_its_key_as_an_entity() -> None:
    orders = project().tables["orders"]
    assert orders.relation == "shop.orders"
    assert orders.label == "All orders"
    assert orders.time == "created_at"
    assert orders.entities["orders"].type == "primary"
    assert orders.entities["orders"].expr == ("id",)
    assert "id" not in orders.dimensions  # Cube shows keys only where they are public
    assert "id" in project().tables["users"].dimensions
    assert project().tables["users"].relation == "shop.users"


def test_dimensions_keep_their_sql_without_the_braces() -> None:
    dimensions = project().tables["orders"].dimensions
    assert dimensions["status"].expr == "state"
    assert dimensions["status"].description == "Where it stands."
    assert dimensions["created_at"].type == "time"
    assert dimensions["size"].expr == "CASE WHEN amount > 100 THEN 'large' ELSE 'small' END"


def test_a_segment_is_a_dimension_that_holds_or_not() -> None:
    assert project().tables["orders"].dimensions["is_large"].expr == "amount > 100"


def test_a_join_is_an_entity_of_both_sides() -> None:
    tables = project().tables
    assert tables["orders"].entities["users"].type == "foreign"
    assert tables["orders"].entities["users"].expr == ("user_id",)
    assert tables["users"].entities["users"].type == "primary"


def test_a_join_from_the_one_side_is_the_same() -> None:
    """`one_to_many` on one cube says what `many_to_one` says on the other."""
    join = 'joins: [{name: orders, sql: "{CUBE.id} = {orders}.user_id", relationship: one_to_many}]'
    text = MODEL.replace("    sql: SELECT * FROM shop.users\n", f"    sql_table: u\n    {join}\n")
    start, end = text.index("    joins:\n"), text.index("    dimensions:\n")
    tables = project(text[:start] + text[end:].replace(
        " AND {users.country} = 'DE'", "")).tables  # fmt: skip
    assert tables["orders"].entities["users"].expr == ("user_id",)


def test_measures_are_metrics_named_after_their_cube_where_they_must_be() -> None:
    metrics = project().metrics
    assert {"orders_count", "users_count", "revenue", "paid"} <= set(metrics)
    count, revenue, paid, buyers = (
        metrics[name] for name in ("orders_count", "revenue", "paid", "buyers")
    )
    assert isinstance(count, Simple)
    assert (count.agg, count.expr, count.table) == ("count", None, "orders")
    assert isinstance(revenue, Simple)
    assert (revenue.agg, revenue.expr) == ("sum", "amount")
    assert isinstance(paid, Simple)
    assert paid.filter == ("status = 'paid'", "users__country = 'DE'")
    assert isinstance(buyers, Simple)
    assert (buyers.agg, buyers.expr) == ("count_distinct", "user_id")


def test_numbers_made_of_measures_are_ratios_or_formulas() -> None:
    """A quotient of two is a ratio, with or without a guard and a factor of one."""
    metrics = project().metrics
    share, fee, each = (metrics[name] for name in ("paid_share", "fee", "per_buyer"))
    assert isinstance(share, Ratio)
    assert (share.numerator.metric, share.denominator.metric) == ("paid", "revenue")
    assert share.unit == "percent"
    assert isinstance(fee, Derived)
    assert fee.expr == "revenue * 0.05 + orders_count"
    assert isinstance(each, Ratio)
    assert (each.numerator.metric, each.denominator.metric) == ("revenue", "buyers")


def test_a_rolling_window_is_a_cumulative_metric() -> None:
    """Over a metric of its own; the last value stands for a coarser period."""
    metrics = project().metrics
    monthly, so_far = metrics["monthly"], metrics["so_far"]
    assert isinstance(monthly, Cumulative)
    assert (monthly.window, monthly.period_agg) == (Span(1, "month"), "last")
    assert isinstance(metrics[monthly.metric.metric], Simple)
    assert isinstance(so_far, Cumulative)
    assert so_far.window is None


def test_a_cube_may_extend_another() -> None:
    text = MODEL + (
        "  - {name: big_orders, extends: orders, sql_table: shop.big,\n"
        "     measures: [{name: revenue, type: max, sql: amount}]}\n"
    )
    found = project(text)
    assert found.tables["big_orders"].relation == "shop.big"
    assert "status" in found.tables["big_orders"].dimensions
    biggest = found.metrics["big_orders_revenue"]
    assert isinstance(biggest, Simple)
    assert biggest.agg == "max"


BAD = [
    ("dimensions", "{name: place, type: geo}", "'geo' is not a type of dimension"),
    ("dimensions", '{name: x, type: string, sql: "{{ COMPILE }}"}', "it is a template"),
    ("dimensions", '{name: x, type: string, sql: "{users.country}"}', "another cube, 'users'"),
    ("dimensions", '{name: x, type: string, sql: "{nothing}"}', "no dimension 'nothing'"),
    ("dimensions", "{name: x, type: number, sql: id, sub_query: true}", "a query of its own"),
    ("dimensions", '{name: x, type: string, sql: "{x}"}', "refer to each other"),
    ("measures", "{name: x, type: string, sql: a}", "'string' is not a type of measure"),
    ("measures", "{name: x, type: sum}", "it has no 'sql'"),
    ("measures", '{name: x, type: number, sql: "stddev(a)"}', "is not supported"),
    ("measures", '{name: x, type: number, sql: "{ghost} / {count}"}', "no dimension 'ghost'"),
    ("measures", "{name: x, type: sum, sql: a, multi_stage: true}", "several stages"),
    ("measures", "{name: x, type: sum, sql: a, rolling_window: {leading: 1 day}}", "looks forward"),
    ("joins", "{name: ghosts, sql: a, relationship: one_to_one}", "no cube 'ghosts'"),
    (
        "joins",
        '{name: users, sql: "{CUBE}.a > {users}.b", relationship: many_to_one}',
        "more than equal columns",
    ),
    ("segments", '{name: status, sql: "a"}', "a dimension of this name"),
]


@pytest.mark.parametrize(("key", "text", "why"), BAD)
def test_what_is_not_supported_skips_its_object_alone(key: str, text: str, why: str) -> None:
    """With the reason and the place; the rest of the cube stays."""
    found = imported({"model.yml": more(key, text).encode()})
    (told,) = found.notices
    assert why in told.message
    assert told.severity == "notice"
    line = MODEL.splitlines().index(f"    {key}:") + 2
    assert str(told.where) == f"model.yml:{line}:9"
    assert found.project.metrics.keys() == project().metrics.keys()


def test_a_cube_over_a_query_is_skipped_with_what_to_do() -> None:
    text = MODEL + "  - {name: q, sql: select a from b where c}\n"
    found = imported({"model.yml": text.encode()})
    assert "declare a table with 'sql:'" in found.notices[0].message
    assert set(found.project.tables) == {"orders", "users"}


def test_views_are_left_out_with_a_notice() -> None:
    found = imported({"a.yml": MODEL.encode(), "b.yml": b"views: [{name: v, cubes: []}]\n"})
    assert [told.message.split("'")[1] for told in found.notices] == ["v"]


@pytest.mark.parametrize("text", ["", "views: []\n", "cubes: []\n", "a: 1\n"])
def test_files_without_cubes_are_refused(text: str) -> None:
    with pytest.raises(ProjectError, match="no list of 'cubes'"):
        imported({"model.yml": text.encode()})


def test_the_project_answers_queries(tmp_path: Path) -> None:
    """Written as files of ours, over a warehouse with the tables that the cubes name."""
    with duckdb.connect(str(tmp_path / "data.db")) as connection:
        connection.execute("create schema shop")
        connection.execute(
            "create table shop.orders as select * from (values"
            " (1, 7, 'paid', 150.0, timestamp '2026-01-05 10:00:00'),"
            " (2, 7, 'open', 50.0, timestamp '2026-01-06 11:00:00'),"
            " (3, 8, 'paid', 100.0, timestamp '2026-02-05 12:00:00')"
            ") t(id, user_id, state, amount, created_at)"
        )
        connection.execute(
            "create table shop.users as select * from (values (7, 'DE'), (8, 'FR')) t(id, land)"
        )
    at = tmp_path / "project"
    at.mkdir()
    for name, text in files(project()).items():
        (at / name).write_text(text, encoding="utf-8")
    workspace = open_workspace(at, warehouse=f"duckdb:///{tmp_path / 'data.db'}")
    answer = workspace.query(
        ["revenue", "paid", "paid_share", "orders_count"], group_by=["users__country", "is_large"]
    )
    assert answer.to_pylist() == [
        {"users__country": "DE", "is_large": False, "revenue": 50.0, "paid": None,
         "paid_share": 0.0, "orders_count": 1},
        {"users__country": "DE", "is_large": True, "revenue": 150.0, "paid": 150.0,
         "paid_share": 1.0, "orders_count": 1},
        {"users__country": "FR", "is_large": False, "revenue": 100.0, "paid": None,
         "paid_share": 0.0, "orders_count": 1},
    ]  # fmt: skip
    workspace.close()
