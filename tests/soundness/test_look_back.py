"""Wrong numbers that offsets, windows, levels and conversions once gave, never again."""

from __future__ import annotations

import datetime as dt
from typing import Any

import duckdb
import pytest

from sameboat.compiler.compile import compile_request
from sameboat.compiler.dialects import DUCKDB
from sameboat.compiler.joins import Graph
from sameboat.compiler.plan import World
from sameboat.errors import RequestError
from sameboat.project.declared import Project
from sameboat.project.viewer import OWNER
from sameboat.questions.asking import request_of
from tests.unit.compiler.shop import rows

DATA = """
create table sales as from (values
    (1, 'uk', 'web', date '2023-02-28', 100), (2, 'uk', 'web', date '2024-02-05', 10),
    (3, 'de', 'web', date '2024-02-27', 20), (4, 'de', 'shop', date '2024-03-01', 40),
    (5, 'de', 'shop', date '2024-03-31', 80)
    ) t(sale_id, country, channel, sold, amount);
create table leads as from (values
    (1, 'a', 'ad', date '2024-01-05'), (2, 'a', 'fair', date '2024-02-05'),
    (3, 'b', 'ad', date '2024-01-10'), (4, 'b', 'fair', date '2024-01-10'),
    (5, 'c', 'ad', date '2024-02-01')) t(lead_id, account, source, seen);
create table deals as from (values
    (1, 'a', date '2024-02-10'), (2, 'b', date '2024-01-20')) t(deal_id, account, closed);
create table stock as from (values
    ('x', date '2024-01-30', 5), ('x', date '2024-01-31', 7), ('x', date '2024-02-28', 9)
    ) t(item, day, pieces);
create table plans as from (values
    (date '2024-01-01', 1), (date '2024-02-01', 2), (date '2024-03-01', 4)) t(month, planned);
"""

TIME = {"type": "time", "grain": "day"}
FOREIGN = {"type": "foreign"}
TABLES: dict[str, Any] = {
    "sales": {
        "relation": "sales", "time": "sold",
        "entities": {"sale": {"type": "primary", "expr": "sale_id"}},
        "dimensions": {"sold": TIME, "country": {}, "channel": {}},
    },
    "leads": {
        "relation": "leads", "time": "seen",
        "entities": {"lead": {"type": "primary", "expr": "lead_id"}, "account": FOREIGN},
        "dimensions": {"seen": TIME, "source": {}},
    },
    "deals": {
        "relation": "deals", "time": "closed",
        "entities": {"deal": {"type": "primary", "expr": "deal_id"}, "account": FOREIGN},
        "dimensions": {"closed": TIME},
    },
    "stock": {"relation": "stock", "time": "day", "dimensions": {"day": TIME, "item": {}}},
    "plans": {
        "relation": "plans", "time": "month",
        "dimensions": {"month": {"type": "time", "grain": "month"}},
    },
}  # fmt: skip


def before(metric: str, span: str) -> dict[str, Any]:
    """A metric that shows another one as it was a span earlier."""
    inner = {"metric": metric, "offset_window": span, "alias": "b"}
    return {"type": "derived", "expr": "b", "metrics": [inner]}


METRICS: dict[str, Any] = {
    "amount": {"type": "simple", "table": "sales", "agg": "sum", "expr": "amount"},
    "sales": {"type": "simple", "table": "sales", "agg": "count"},
    "web_sales": {
        "type": "simple", "table": "sales", "agg": "count", "filter": "channel = 'web'",
    },
    "leads": {"type": "simple", "table": "leads", "agg": "count"},
    "deals": {"type": "simple", "table": "deals", "agg": "count"},
    "pieces": {
        "type": "simple", "table": "stock", "agg": "sum", "expr": "pieces",
        "non_additive_over": {"time": "last"},
    },
    "planned": {"type": "simple", "table": "plans", "agg": "sum", "expr": "planned"},
    "amount_28d": {
        "type": "cumulative", "metric": "amount", "window": "28 days", "period_agg": "last",
    },
    "planned_28d": {"type": "cumulative", "metric": "planned", "window": "28 days"},
    "planned_week_before": before("planned", "1 week"),
    "amount_28d_before": before("amount_28d", "1 month"),
    "amount_year_before": before("amount", "1 year"),
    "pieces_before": before("pieces", "1 month"),
    "pieces_28d": {"type": "cumulative", "metric": "pieces", "window": "28 days"},
    "won": {
        "type": "conversion", "base": "leads", "converted": "deals", "entity": "account",
        "window": "90 days", "calculation": "conversions",
    },
    "win_rate": {
        "type": "conversion", "base": "leads", "converted": "deals", "entity": "account",
        "window": "90 days",
    },
    "web_sales_per_lead": {"type": "derived", "expr": "web_sales + leads"},
    "share": {"type": "ratio", "numerator": "amount", "denominator": "planned"},
    "share_or_one": {
        "type": "derived", "expr": "s", "metrics": [
            {"metric": "share", "alias": "s", "fill_nulls_with": 1},
        ],
    },
    "taken": {
        "type": "derived", "expr": "now + then", "metrics": [
            {"metric": "amount", "alias": "now", "fill_nulls_with": 0},
            {"metric": "amount", "alias": "then", "offset_to_grain": "week"},
        ],
    },
}  # fmt: skip

PROJECT = Project.from_mappings(tables=TABLES, metrics=METRICS)
WORLD = World(PROJECT.tables, PROJECT.metrics, Graph(PROJECT.tables))
JANUARY, FEBRUARY, MARCH = (dt.date(2024, month, 1) for month in (1, 2, 3))


def answered(*metrics: str, **asked: Any) -> list[tuple[Any, ...]]:
    """The rows of a request over the tables above."""
    connection = duckdb.connect()
    connection.execute(DATA)
    request = request_of(PROJECT, metrics=metrics, **asked)
    return rows(connection, compile_request(WORLD, request, viewer=OWNER, spelling=DUCKDB).sql)


def test_a_window_by_month_is_read_for_every_segment_on_the_same_day() -> None:
    """March once showed 10 for the UK, its last reading in the month: that of 3 March.

    On 31 March the 28 days before hold Germany's 80 and nothing else.
    """
    found = answered(
        "amount_28d", group_by=["metric_time__month", "country"], start="2024-02", end="2024-03"
    )
    assert found == [(FEBRUARY, "de", 20), (FEBRUARY, "uk", 10), (MARCH, "de", 80)]


def test_the_month_before_of_a_window_is_what_the_window_showed_for_that_month() -> None:
    """It was once read on the same day of that month: on 1 February for 1 March, not the 29th."""
    shown = dict(answered("amount_28d", group_by=["metric_time__month"]))
    before = dict(answered("amount_28d_before", group_by=["metric_time__month"]))
    assert before[MARCH] == shown[FEBRUARY] == 30


def test_a_year_before_by_week_counts_a_day_once_though_two_days_look_back_to_it() -> None:
    """28 and 29 February 2024 both look back to 28 February 2023, whose 100 were once 200."""
    found = dict(answered("amount_year_before", group_by=["metric_time__week"]))
    assert found[dt.date(2024, 2, 26)] == 100


def test_a_level_of_the_month_before_is_that_month_s_last_reading() -> None:
    """Its readings were once added up: 12 instead of 7."""
    found = dict(answered("pieces_before", group_by=["metric_time__month"]))
    assert found == {FEBRUARY: 7}


@pytest.mark.parametrize("metric", ["pieces_28d", "planned_28d", "planned_week_before"])
def test_what_fits_no_period_is_refused(metric: str) -> None:
    """A window over a level once summed its readings; 28 days over months gave single months."""
    with pytest.raises(RequestError) as refused:
        answered(metric, group_by=["metric_time__month"])
    assert refused.value.code == "window-misfit"


def test_a_range_does_not_move_a_conversion_to_another_lead() -> None:
    """Account a's deal belongs to its lead of February; January alone once claimed it."""
    whole = answered("won", group_by=["metric_time__month"])
    assert whole == [(JANUARY, 1), (FEBRUARY, 1)]
    assert answered("won", group_by=["metric_time__month"], end="2024-01-31") == whole[:1]


def test_a_filter_shows_the_conversions_of_its_row() -> None:
    """Filtered by source, the ad once got the deal that the later fair had won."""
    by_source = dict(answered("won", group_by=["source"]))
    assert by_source == {"ad": 0, "fair": 2}
    assert answered("won", where=["source = 'ad'"]) == [(0,)]


def test_two_leads_of_one_day_always_credit_the_same_one() -> None:
    """Account b's leads of 10 January tie: the one with the greater key gets the deal."""
    for _ in range(5):
        assert dict(answered("won", group_by=["source"], end="2024-01-31")) == {"ad": 0, "fair": 1}


def test_a_month_whose_leads_convert_to_nothing_shows_0() -> None:
    """Neither the count nor the rate is missing where there were leads."""
    asked = {"group_by": ["source"], "where": ["source = 'ad'"]}
    assert answered("won", "win_rate", **asked) == [("ad", 0, 0)]


def test_what_is_asked_beside_a_formula_does_not_change_it() -> None:
    """In months without a web sale the sum was undefined, unless all sales were asked too."""
    alone = answered("web_sales_per_lead", group_by=["metric_time__month"], start="2024-01")
    beside = answered(
        "web_sales_per_lead", "sales", group_by=["metric_time__month"], start="2024-01"
    )
    assert [row[:2] for row in beside if row[0] in (JANUARY, FEBRUARY)] == alone
    assert alone == [(JANUARY, 3), (FEBRUARY, 4)]


def test_a_value_for_missing_shares_stands_for_the_share_not_for_its_parts() -> None:
    """It once filled numerator and denominator: where nothing was planned nothing was shown."""
    found = dict(answered("share_or_one", group_by=["metric_time__month"]))
    assert found[dt.date(2023, 2, 1)] == 1


def test_numbered_columns_do_not_collide() -> None:
    """A plain metric, its filled twin and its look back once shared the column `amount_2`."""
    found = answered("taken", "amount", group_by=["metric_time__week"])
    assert {row[0]: row[2] for row in found}[dt.date(2024, 2, 26)] == 60
