"""Money in several currencies: every figure beside SQL written by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from sameboat.compiler.compile import compile_request
from sameboat.compiler.dialects import DUCKDB
from sameboat.compiler.joins import Graph
from sameboat.compiler.plan import World
from sameboat.compiler.query import Request
from sameboat.errors import RequestError
from sameboat.project.declared import Project
from sameboat.project.viewer import OWNER
from sameboat.questions.asking import request_of

DATA = """
create table fx as from (values
    ('EUR', 'GBP', date '2026-01-01', 0.80), ('EUR', 'GBP', date '2026-01-05', 0.90),
    ('EUR', 'GBP', date '2026-02-02', 0.50), ('EUR', 'GBP', date '2026-03-02', 0.75),
    ('EUR', 'GBP', date '2026-03-02', 0.76), ('EUR', 'GBP', date '2026-03-09', 0.70),
    ('EUR', 'GBP', date '2026-03-16', 0.00), ('GBP', 'USD', date '2026-01-01', 1.25),
    ('GBP', 'USD', date '2026-02-02', 1.60), ('USD', 'GBP', date '2026-01-02', 9.99),
    ('GBP', 'SEK', date '2026-01-01', 12.50)) t(given, got, day, rate);
create table sales as from (values
    (1, date '2026-01-01', 'GBP', 100.00, 'uk'), (2, date '2026-01-01', 'EUR', 10.00, 'de'),
    (3, date '2026-01-04', 'EUR', 10.00, 'de'), (4, date '2026-01-05', 'EUR', 10.00, 'fr'),
    (5, date '2026-01-12', 'EUR', 10.00, 'fr'), (6, date '2026-01-01', 'SEK', 25.00, 'se'),
    (7, date '2026-02-02', 'EUR', 40.00, 'de'), (8, date '2026-02-28', 'GBP', 7.00, 'uk'),
    (9, date '2026-03-01', 'EUR', 10.00, 'fr'), (10, date '2026-03-02', 'EUR', 10.00, 'fr'),
    (11, date '2026-03-09', 'EUR', 10.00, 'fr'), (12, date '2026-03-17', 'EUR', 10.00, 'fr'),
    (13, date '2026-04-01', 'XXX', null, 'uk'), (14, date '2026-04-01', 'GBP', 3.00, 'uk'),
    (15, date '2026-05-01', null, 8.00, 'uk')) t(id, day, code, amount, country);
"""

TIME = {"day": {"type": "time", "grain": "day"}}
MONEY = {"type": "simple", "table": "sales", "agg": "sum", "expr": "amount", "unit": "GBP"}
DECLARED: dict[str, Any] = {
    "root": {
        "name": "shop",
        "currency": "GBP",
        "currencies": {
            "table": "fx",
            "from": "given",
            "to": "got",
            "time": "day",
            "rate": "rate",
            "stale_after": "7 days",
        },
    },
    "tables": {
        "fx": {"relation": "fx"},
        "sales": {
            "relation": "sales",
            "time": "day",
            "currency": "code",
            "entities": {"sale": {"type": "primary", "expr": "id"}},
            "dimensions": {
                "day": {"type": "time", "grain": "day"},
                "code": {},
                "country": {},
            },
        },
    },
    "metrics": {
        "sales": MONEY,
        "exact_sales": {**MONEY, "decimals": 2},
        "german": {**MONEY, "filter": "country = 'de'"},
        "fixed": {**MONEY, "rates": "2026-01-05"},
        "yearly": {**MONEY, "rates": "2026-01"},
        "sold": {"type": "simple", "table": "sales", "agg": "count"},
        "typical": {**MONEY, "agg": "median"},
        "in_pounds": {**MONEY, "currency": "GBP", "filter": "code = 'GBP'"},
        "german_share": {
            "type": "ratio",
            "numerator": "german",
            "denominator": "sales",
            "unit": "percent",
        },
        "sales_28d": {
            "type": "cumulative",
            "metric": "sales",
            "window": "28 days",
            "period_agg": "last",
        },
        "each": {
            "type": "ratio",
            "numerator": "sales",
            "denominator": "sold",
            "unit": "GBP per sale",
        },
        "nobody_knows": {"type": "simple", "table": "sales", "agg": "sum", "expr": "amount"},
    },
}
PROJECT = Project.from_mappings(**DECLARED)
WORLD = World(
    PROJECT.tables,
    PROJECT.metrics,
    Graph(PROJECT.tables),
    currency=PROJECT.root.currency,
    currencies=PROJECT.root.currencies,
)


def answer(*metrics: str, parts: bool = False, **asked: Any) -> list[tuple[Any, ...]]:
    """The rows that the compiler's SQL brings back, months as texts."""
    request: Request = replace(request_of(PROJECT, metrics=metrics, **asked), parts=parts)
    text = compile_request(WORLD, request, viewer=OWNER, spelling=DUCKDB).sql
    connection = duckdb.connect()
    connection.execute(DATA)
    return [
        tuple(v.isoformat()[:7] if hasattr(v, "isoformat") else v for v in row)
        for row in connection.sql(text).fetchall()
    ]


def by_hand(text: str) -> list[tuple[Any, ...]]:
    connection = duckdb.connect()
    connection.execute(DATA)
    return connection.sql(text).fetchall()


def test_each_row_is_exchanged_at_the_last_rate_of_its_day() -> None:
    """February: 40 € at 0.50, and 7 £ as they are."""
    rows = answer("sales", group_by=["metric_time__month"], start="2026-02", end="2026-02")
    assert rows == [("2026-02", pytest.approx(40 * 0.50 + 7))]


def test_a_rate_is_the_engines_own_asof_join() -> None:
    """By hand, with ASOF JOIN: 1 to 12 January has rates for every euro."""
    [(expected,)] = by_hand(
        "select sum(amount * rate) from sales asof join "
        "(select * from fx where given = 'EUR' and got = 'GBP') r on sales.day >= r.day "
        "where code = 'EUR' and sales.day <= date '2026-01-12'"
    )
    found = answer("sales", where=["code = 'EUR'"], start="2026-01-01", end="2026-01-12")
    assert found == [(pytest.approx(float(expected)),)]
    assert float(expected) == pytest.approx(8 + 8 + 9 + 9)


def test_a_rate_of_the_opposite_direction_is_turned_round() -> None:
    """12.50 crowns a pound: 25 crowns are 2 £."""
    found = answer("sales", where=["code = 'SEK'"])
    assert found == [(pytest.approx(2.0),)]


def test_a_row_without_a_rate_leaves_the_figure_undefined_and_is_counted() -> None:
    """1 March is 27 days after the last rate, 2 March has two rates, 17 March follows a rate of 0.

    All months but March are known; in May a row has no currency.
    """
    rows = answer("sales", group_by=["metric_time__month"], parts=True)
    told = {row[0]: (row[1], row[3]) for row in rows}
    assert told == {
        "2026-01": (pytest.approx(136.0), 0),
        "2026-02": (pytest.approx(27.0), 0),
        "2026-03": (None, 3),
        "2026-04": (pytest.approx(3.0), 0),
        "2026-05": (None, 1),
    }


def test_fixed_rates_are_those_of_one_day() -> None:
    """On 5 January a euro was 0.90 and a pound 12.50 crowns; a row of May still has no currency."""
    found = answer("fixed", where=["code is not null"])
    assert found == [(pytest.approx(100 + 7 + 3 + 0.9 * 120 + 25 / 12.5),)]
    assert answer("sales", where=["code is not null"], rates="2026-01-05") == found


def test_fixed_rates_of_a_month_are_the_mean_of_its_published_rates() -> None:
    """January: (0.80 + 0.90) / 2."""
    found = answer("yearly", where=["code = 'EUR'"])
    assert found == [(pytest.approx(0.85 * 120),)]


def test_fixed_rates_of_a_month_with_an_unusable_rate_are_unknown() -> None:
    """In March the euro has two rates on one day and one of nothing."""
    assert answer("sales", where=["code = 'EUR'"], rates="2026-03") == [(None,)]


def test_rates_asked_for_go_before_those_declared() -> None:
    """`as_at` takes each row's own day again."""
    asked = {"where": ["code = 'EUR'"], "start": "2026-01-01", "end": "2026-01-12"}
    assert answer("fixed", rates="as_at", **asked) == answer("sales", **asked)


def test_money_can_be_asked_in_another_currency() -> None:
    """In dollars: direct rates of the pound, crowns and euros by way of the pound."""
    found = answer("sales", currency="USD", start="2026-01-01", end="2026-01-01")
    assert found == [(pytest.approx(1.25 * (100 + 10 * 0.8 + 25 / 12.5)),)]


def test_a_rate_of_the_pair_itself_goes_before_the_opposite() -> None:
    """9.99 pounds a dollar is absurd, and it is not mixed with 1.25 dollars a pound."""
    found = answer("in_pounds", currency="USD", start="2026-01-01", end="2026-01-02")
    assert found == [(pytest.approx(125.0),)]


def test_a_share_of_exchanged_money_is_a_share_of_sums() -> None:
    """January: Germany's 16 £ of 136 £; by another currency the share is the same."""
    asked = {"start": "2026-01", "end": "2026-01"}
    assert answer("german_share", **asked) == [(pytest.approx(16 / 136),)]
    fixed = answer("german_share", rates="2026-01-05", currency="EUR", **asked)
    assert fixed == [(pytest.approx(18 / (100 + 36 + 2)),)]


def test_a_share_is_undefined_where_either_side_lacks_a_rate() -> None:
    """In March nothing German was sold, and what was sold is not known in pounds."""
    rows = answer("german_share", start="2026-03", end="2026-03", parts=True)
    assert [(row[0], row[1], row[2], row[-1]) for row in rows] == [(None, None, None, 3)]


def test_a_window_is_undefined_while_a_row_without_a_rate_is_in_it() -> None:
    """28 days to the end of February hold 47 £; to the end of March a row lacks its rate."""
    rows = dict(
        answer("sales_28d", group_by=["metric_time__month"], start="2026-02", end="2026-03")
    )
    assert rows == {"2026-02": pytest.approx(27.0), "2026-03": None}


def test_no_row_is_multiplied_and_none_is_lost() -> None:
    """Counts and money in one answer: the join to the rates keeps every row once."""
    found = answer("sold", "sales", where=["code is not null"], group_by=["country"])
    assert {row[0]: row[1] for row in found} == {"uk": 4, "de": 3, "fr": 6, "se": 1}


def test_extremes_and_medians_are_of_exchanged_money() -> None:
    """January in pounds: 100, 8, 8, 9, 9 and 2; between 8 and 9."""
    assert answer("typical", start="2026-01", end="2026-01") == [(pytest.approx(8.5),)]


def test_exact_money_is_decimal_to_the_penny() -> None:
    """Rows are rounded to pennies and summed as decimals."""
    found = answer("exact_sales", start="2026-01", end="2026-02")
    assert found == [(Decimal("163.00"),)]


@pytest.mark.parametrize("decimals", [0, 2, 8])
def test_exact_money_of_any_size_is_multiplied_without_overflow(decimals: int) -> None:
    """A hundred pounds and a billion of them, at 12.5 and at 1/1.6, as decimals by hand."""
    amount = {"type": "simple", "table": "big", "agg": "sum", "expr": "amount", "unit": "SEK"}
    project = Project.from_mappings(
        root=DECLARED["root"],
        tables={
            "fx": {"relation": "fx"},
            "big": {"relation": "big", "currency": "GBP", "time": "day", "dimensions": TIME},
        },
        metrics={"big": {**amount, "decimals": decimals}},
    )
    world = replace(
        WORLD, tables=project.tables, metrics=project.metrics, graph=Graph(project.tables)
    )
    text = compile_request(
        world, request_of(project, metrics=["big"]), viewer=OWNER, spelling=DUCKDB
    ).sql
    connection = duckdb.connect()
    connection.execute(DATA)
    connection.execute(
        "create table big as from (values (date '2026-01-01', 100.00), "
        "(date '2026-01-01', 1000000000.01)) t(day, amount)"
    )
    expected = Decimal("1250.00") + Decimal("12500000000.125").quantize(Decimal(10) ** -decimals)
    [(found,)] = connection.sql(text).fetchall()
    assert abs(found - expected) <= Decimal(10) ** -decimals  # halves are rounded up by DuckDB


def test_money_without_a_unit_cannot_be_shown_in_a_currency() -> None:
    with pytest.raises(RequestError) as caught:
        answer("nobody_knows", currency="EUR")
    assert caught.value.code == "currency-unknown"


def test_without_rates_the_project_is_told_what_is_missing() -> None:
    """A figure in pounds of rows in several currencies is refused, never added up."""
    request = request_of(PROJECT, metrics=["sales"])
    with pytest.raises(RequestError) as caught:
        compile_request(replace(WORLD, currencies=None), request, viewer=OWNER, spelling=DUCKDB)
    assert caught.value.code == "no-exchange-rates"


def test_figures_without_currencies_are_written_as_before() -> None:
    """Counts join no rates."""
    request = request_of(PROJECT, metrics=["sold"])
    text = compile_request(WORLD, request, viewer=OWNER, spelling=DUCKDB).sql
    assert "rates" not in text


@pytest.mark.parametrize("code", ["gbp", "GB", "QQQ", "'; drop"])
def test_what_is_no_currency_is_refused(code: str) -> None:
    with pytest.raises(RequestError) as caught:
        answer("sales", currency=code)
    assert caught.value.code == "currency-unknown"
