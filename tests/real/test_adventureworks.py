"""Every metric of examples/adventureworks equals SQL written by hand over the same files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sameboat.errors import SameboatError
from tests.real.comparison import Comparison, differences

README = Path(__file__).resolve().parents[2] / "examples" / "adventureworks" / "README.md"


def own_month(column: str) -> str:
    """The month of a batch: its date of before the move, 66 months later, reckoned by calendar."""
    before = f"(cast({column} as date) - 2007)"
    months = f"(12 * year({before}) + month({before}) - 1 + 66)"
    return f"make_date(cast(floor({months} / 12) as int), cast({months} % 12 + 1 as int), 1)"


BOTH = f"""
with lines as (
    select
        'Internet' as channel, cast(OrderDate as date) as sold, cast(OrderDate as date) as dated,
        ProductKey, PromotionKey, SalesTerritoryKey, OrderQuantity, SalesAmount,
        TotalProductCost, ExtendedAmount, DiscountAmount, UnitPriceDiscountPct
    from FactInternetSales
    union all by name
    select
        'Reseller' as channel, {own_month("OrderDate")} as sold, cast(OrderDate as date) as dated,
        ProductKey, PromotionKey, SalesTerritoryKey, OrderQuantity, SalesAmount,
        TotalProductCost, ExtendedAmount, DiscountAmount, UnitPriceDiscountPct
    from FactResellerSales
)
"""

CUSTOMERS = """
with ranked as (
    select
        CustomerKey,
        cast(OrderDate as date) as day,
        dense_rank() over (partition by CustomerKey order by cast(OrderDate as date)) as nth
    from FactInternetSales
),
customers as (
    select
        CustomerKey,
        max(day) filter (nth = 1) as first_day,
        max(day) filter (nth = 2) as next_day
    from ranked group by 1
),
followed as (
    select *, next_day is not null and next_day <= first_day + 365 as again
    from customers
    where first_day <= date '2014-01-28' - 365
)
"""

ORDERS = """
with orders as (
    select distinct SalesOrderNumber, CustomerKey, cast(OrderDate as date) as day
    from FactInternetSales
),
marked as (
    select *, day > min(day) over (partition by CustomerKey) as repeated from orders
)
"""

LEDGER = f"""
with ledger as (
    select
        f.Amount,
        f.ScenarioKey,
        {own_month("f.Date")} as month,
        a.AccountType,
        a.AccountKey between 59 and 87 as operating,
        d.DepartmentGroupName as department,
        f.OrganizationKey between 3 and 7 as in_dollars,
        f.OrganizationKey = 8 as in_canada
    from FactFinance as f
    join DimAccount as a using (AccountKey)
    join DimDepartmentGroup as d using (DepartmentGroupKey)
)
"""
"""US divisions are organisations 3 to 7; the budget of all of them covers 2011 and nothing else."""


def ratio(numerator: str, denominator: str = "SalesAmount") -> str:
    return f"cast(sum({numerator}) as double) / cast(sum({denominator}) as double)"


SPENT = "sum(Amount) filter (ScenarioKey = 1 and year(month) = 2011)"
BUDGET = "sum(Amount) filter (ScenarioKey = 2)"

SALES = (
    Comparison(
        ("revenue", "gross_profit", "product_cost", "units_sold"),
        (),
        BOTH
        + """
        select
            sum(SalesAmount), sum(SalesAmount) - sum(TotalProductCost), sum(TotalProductCost),
            sum(OrderQuantity)
        from lines
        """,
    ),
    Comparison(
        ("revenue", "gross_margin"),
        ("channel",),
        BOTH
        + f"""
        select channel, sum(SalesAmount), 1 - {ratio("TotalProductCost")} from lines group by 1
        """,
    ),
    Comparison(
        ("revenue", "gross_margin", "discount_rate", "promotion_share", "discounted_share"),
        ("channel", "metric_time__year"),
        BOTH
        + f"""
        select
            channel, date_trunc('year', sold), sum(SalesAmount),
            1 - {ratio("TotalProductCost")}, {ratio("DiscountAmount", "ExtendedAmount")},
            {ratio("if(PromotionKey = 1, 0, SalesAmount)")},
            {ratio("if(UnitPriceDiscountPct > 0, SalesAmount, 0)")}
        from lines group by 1, 2
        """,
    ),
    Comparison(
        ("internet_revenue", "reseller_revenue", "internet_share"),
        ("metric_time__year",),
        BOTH
        + f"""
        select
            date_trunc('year', sold),
            sum(SalesAmount) filter (channel = 'Internet'),
            sum(SalesAmount) filter (channel = 'Reseller'),
            {ratio("if(channel = 'Internet', SalesAmount, 0)")}
        from lines where sold >= '2011-01-01' and sold <= '2013-12-31' group by 1
        """,
        {"start": "2011-01-01", "end": "2013-12-31"},
    ),
    Comparison(
        ("revenue",),
        ("metric_time__month",),
        BOTH
        + """
        select date_trunc('month', sold), sum(SalesAmount) from lines
        where channel = 'Reseller' group by 1
        """,
        {"where": ["channel = 'Reseller'"]},
    ),
    Comparison(
        ("gross_margin", "cost_per_unit"),
        ("product__category",),
        BOTH
        + f"""
        select
            c.EnglishProductCategoryName,
            1 - {ratio("TotalProductCost")}, {ratio("TotalProductCost", "OrderQuantity")}
        from lines
        join DimProduct using (ProductKey)
        join DimProductSubcategory using (ProductSubcategoryKey)
        join DimProductCategory c using (ProductCategoryKey)
        group by 1
        """,
    ),
    Comparison(
        ("gross_margin",),
        ("territory__country", "channel"),
        BOTH
        + f"""
        select t.SalesTerritoryCountry, channel, 1 - {ratio("TotalProductCost")}
        from lines join DimSalesTerritory t using (SalesTerritoryKey) group by 1, 2
        """,
    ),
    Comparison(
        ("list_amount", "discounts", "promotion_revenue", "discounted_revenue"),
        ("channel",),
        BOTH
        + """
        select
            channel, sum(ExtendedAmount), sum(DiscountAmount),
            sum(if(PromotionKey = 1, 0, SalesAmount)),
            coalesce(sum(SalesAmount) filter (DiscountAmount > 0), 0)
        from lines group by 1
        """,
    ),
    Comparison(
        ("reseller_discount_rate",),
        ("metric_time__quarter",),
        f"""
        select
            date_trunc('quarter', {own_month("OrderDate")}),
            {ratio("DiscountAmount", "ExtendedAmount")}
        from FactResellerSales group by 1
        """,
        {"start": "2011-01-01", "end": "2013-12-31"},
    ),
    Comparison(
        ("revenue_growth",),
        ("metric_time__year",),
        BOTH
        + """
        select date_trunc('year', this.sold), sum(SalesAmount) / any_value(before.amount) - 1
        from lines as this
        join (
            select year(sold) as year, cast(sum(SalesAmount) as double) as amount
            from lines group by 1
        ) as before on before.year = year(this.sold) - 1
        where year(this.sold) in (2012, 2013) group by 1
        """,
        {"start": "2012-01-01", "end": "2013-12-31"},
    ),
    Comparison(
        ("revenue_year_to_date",),
        ("metric_time__month",),
        BOTH
        + """
        select m, sum(amount) over (order by m) from (
            select date_trunc('month', sold) as m, sum(SalesAmount) as amount
            from lines where year(sold) = 2013 group by 1
        )
        """,
        {"start": "2013-01-01", "end": "2013-12-31"},
    ),
)

QUOTAS = (
    Comparison(
        ("quota", "quota_attainment"),
        ("metric_time__quarter",),
        f"""
        with sold as (
            select date_trunc('quarter', {own_month("OrderDate")}) as q, sum(SalesAmount) as amount
            from FactResellerSales group by 1
        ),
        promised as (
            -- sorted by their day, the twelve batches are the quarters of three years
            select
                date '2011-01-01'
                    + to_months(cast(3 * row_number() over (order by Date) - 3 as int)) as q,
                sum(SalesAmountQuota) as quota
            from FactSalesQuota group by Date
        )
        select q, quota, cast(amount as double) / cast(quota as double)
        from sold join promised using (q)
        """,
        {"start": "2011-01-01", "end": "2013-12-31"},
    ),
    Comparison(
        ("quota_attainment",),
        (),
        """
        select
            (select cast(sum(SalesAmount) as double) from FactResellerSales)
            / (select cast(sum(SalesAmountQuota) as double) from FactSalesQuota)
        """,
    ),
    Comparison(
        ("reseller_revenue_as_dated", "quota_as_dated", "quota_attainment_as_dated"),
        ("metric_time__quarter",),
        """
        with sold as (
            select date_trunc('quarter', OrderDate) as q, sum(SalesAmount) as amount
            from FactResellerSales group by 1
        ),
        promised as (
            select date_trunc('quarter', Date) as q, sum(SalesAmountQuota) as quota
            from FactSalesQuota group by 1
        )
        select q, amount, quota, cast(amount as double) / cast(quota as double)
        from sold full join promised using (q)
        """,
    ),
    Comparison(
        ("active_resellers",),
        ("metric_time__quarter",),
        f"""
        select date_trunc('quarter', {own_month("OrderDate")}), count(distinct ResellerKey)
        from FactResellerSales group by 1
        """,
    ),
)

RETENTION = (
    Comparison(
        ("customer_retention",),
        (),
        CUSTOMERS + "select avg(if(again, 1.0, 0.0)) from followed",
    ),
    Comparison(
        ("followed_customers", "repeat_customers", "customer_retention"),
        ("metric_time__month",),
        CUSTOMERS
        + """
        select
            date_trunc('month', first_day + 365), count(*), count(*) filter (again),
            count(*) filter (again) / count(*)
        from followed group by 1
        """,
        {"start": "2011-12-01", "end": "2014-01-31"},
    ),
    Comparison(
        ("customer_retention",),
        ("customer__occupation",),
        CUSTOMERS
        + """
        select EnglishOccupation, avg(if(again, 1.0, 0.0))
        from followed join DimCustomer using (CustomerKey) group by 1
        """,
    ),
    Comparison(
        ("internet_orders", "returning_orders", "returning_order_share"),
        ("metric_time__year",),
        ORDERS
        + """
        select
            date_trunc('year', day), count(*), count(*) filter (repeated),
            avg(if(repeated, 1.0, 0.0))
        from marked group by 1
        """,
    ),
    Comparison(
        ("internet_buyers",),
        ("metric_time__month",),
        """
        select date_trunc('month', OrderDate), count(distinct CustomerKey)
        from FactInternetSales group by 1
        """,
    ),
    Comparison(
        ("internet_lines", "lines_per_order"),
        ("metric_time__year",),
        """
        select
            date_trunc('year', OrderDate), count(*), count(*) / count(distinct SalesOrderNumber)
        from FactInternetSales group by 1
        """,
    ),
    Comparison(
        ("accessories_share",),
        ("metric_time__year",),
        f"""
        select
            date_trunc('year', OrderDate),
            {ratio("if(s.ProductCategoryKey in (3, 4), SalesAmount, 0)")}
        from FactInternetSales
        join DimProduct using (ProductKey)
        join DimProductSubcategory s using (ProductSubcategoryKey)
        group by 1
        """,
    ),
)

CALLS = (
    Comparison(
        ("calls", "call_orders", "orders_per_call"),
        (),
        "select sum(Calls), sum(Orders), sum(Orders) / sum(Calls) from FactCallCenter",
    ),
    Comparison(
        ("orders_per_call",),
        ("shift_name", "wage_type"),
        "select Shift, WageType, sum(Orders) / sum(Calls) from FactCallCenter group by all",
    ),
    Comparison(
        ("orders_per_call",),
        ("metric_time__week",),
        "select date_trunc('week', Date), sum(Orders) / sum(Calls) from FactCallCenter group by 1",
    ),
)

FINANCE = (
    Comparison(
        ("expense_with_budget", "budgeted_expense", "expense_to_budget"),
        ("department_group__group_name",),
        LEDGER
        + f"""
        select department, {SPENT}, {BUDGET}, {SPENT} / {BUDGET}
        from ledger where operating and in_dollars group by 1
        """,
    ),
    Comparison(
        ("expense_to_budget",),
        (),
        LEDGER + f"select {SPENT} / {BUDGET} from ledger where operating and in_dollars",
    ),
    Comparison(
        ("expense_to_budget",),
        ("metric_time__month",),
        LEDGER
        + f"""
        select month, {SPENT} / {BUDGET}
        from ledger where operating and in_dollars and year(month) = 2011 group by 1
        """,
        {"start": "2011-01-01", "end": "2011-12-31"},
    ),
    Comparison(
        (
            "research_expense_to_budget",
            "sales_expense_to_budget",
            "manufacturing_expense_to_budget",
        ),
        (),
        LEDGER
        + "select "
        + ", ".join(
            f"(select {SPENT} / {BUDGET} from ledger "
            f"where operating and in_dollars and department = '{name}')"
            for name in ("Research and Development", "Sales and Marketing", "Manufacturing")
        ),
    ),
    Comparison(
        ("posted",),
        ("scenario__scenario_name", "department_group__group_name"),
        LEDGER
        + """
        select case ScenarioKey when 1 then 'Actual' when 2 then 'Budget' end, department,
            sum(cast(Amount as decimal(18, 2)))
        from ledger group by 1, 2
        """,
    ),
    Comparison(
        ("actual_postings", "budget_postings", "over_budget"),
        (),
        LEDGER + f"select {SPENT}, {BUDGET}, {SPENT} - {BUDGET} from ledger where in_dollars",
        {"where": ["organisation__books_in = 'USD'"], "start": "2011", "end": "2011"},
    ),
    Comparison(
        ("canada_expense", "canada_budget", "canada_expense_to_budget"),
        (),
        LEDGER
        + f"select {SPENT}, {BUDGET}, {SPENT} / {BUDGET} from ledger where operating and in_canada",
    ),
    Comparison(
        ("operating_expense",),
        ("metric_time__year",),
        LEDGER
        + """
        select date_trunc('year', month), sum(Amount) from ledger
        where operating and in_dollars and ScenarioKey = 1
            and month >= '2011-01-01' and month <= '2013-12-31' group by 1
        """,
        {"start": "2011-01-01", "end": "2013-12-31"},
    ),
    Comparison(
        ("ledger_revenue", "ledger_expenditures"),
        ("metric_time__year",),
        LEDGER
        + """
        select
            date_trunc('year', month),
            sum(Amount) filter (AccountType = 'Revenue'),
            sum(Amount) filter (AccountType = 'Expenditures')
        from ledger where in_dollars and ScenarioKey = 1 group by 1
        """,
    ),
    Comparison(
        ("net_income",),
        ("metric_time__year",),
        # the chart of accounts walked up to Net Income, each operator's sign multiplied in
        f"""
        with recursive path as (
            select AccountKey as leaf, AccountKey as node, 1 as sign from DimAccount
            union all
            select leaf, ParentAccountKey, sign * if(Operator = '-', -1, 1)
            from path join DimAccount on AccountKey = node
            where node <> 47 and ParentAccountKey is not null
        )
        select date_trunc('year', {own_month("f.Date")}), sum(Amount * sign)
        from FactFinance as f join path on leaf = AccountKey and node = 47
        where ScenarioKey = 1 and OrganizationKey between 3 and 7 group by 1
        """,
    ),
    Comparison(
        ("headcount",),
        (),
        "select count(*) from DimEmployee where Status = 'Current'",
    ),
)

FLOOR = 10
"""Nothing about fewer customers is shown: `privacy` in the example's sameboat.yml."""


@dataclass(frozen=True)
class AroundFew(Comparison):
    """A comparison in which groups are hidden: those of few people, and what stands beside these.

    `few` and `beside` are SQL for their keys, also for few that the request does not show; `least`
    says how many groups beside them nobody could do without, counted by hand.
    """

    few: str = ""
    beside: str = ""
    least: int = 0


BY_PROMOTION = (
    BOTH.rstrip()
    + """,
named as (
    select EnglishPromotionName as name, SalesAmount
    from lines join DimPromotion using (PromotionKey) where PromotionKey <> 1
),
groups as (select name, sum(SalesAmount) as amount, count(*) as people from named group by 1)
"""
)
"""Lines of both channels bear no customer: each counts as one."""


def by_commute(until: str) -> str:
    """First orders before a day by quarter and commute; who is few, and what goes with them."""
    return (
        CUSTOMERS.rstrip()
        + f""",
groups as (
    select
        date_trunc('quarter', first_day) as quarter, CommuteDistance as commute,
        count(*) as amount, count(distinct CustomerKey) as people
    from customers join DimCustomer using (CustomerKey) where first_day < '{until}' group by 1, 2
),
-- The few of 2010 are what a commute's customers of all time have more than its quarters: one
-- quarter of each commute is to be hidden, the smallest.
first_hidden as (
    select commute, arg_min(quarter, people) as quarter from groups
    where people >= {FLOOR} and commute in (select commute from groups where people < {FLOOR})
    group by 1
),
-- Alone in its year it would be the year's customers less the others: so one more of that year.
next_hidden as (
    select g.commute, arg_min(g.quarter, g.people) as quarter
    from groups as g join first_hidden as h using (commute)
    where year(g.quarter) = year(h.quarter) and g.quarter <> h.quarter
    group by 1
),
column_hidden as (from first_hidden union all by name from next_hidden),
-- Alone in its quarter it would be the quarter's customers less the others: one more of those.
row_hidden as (
    select g.quarter, arg_min(g.commute, g.people) as commute
    from groups as g
    join (
        select quarter, any_value(commute) as commute from column_hidden
        group by 1 having count(*) = 1
    ) as h on h.quarter = g.quarter and h.commute <> g.commute
    group by 1
)
"""
    )


def around_commutes(until: str, more: dict[str, Any]) -> AroundFew:
    given = by_commute(until)
    first = f"quarter >= '{more['start']}'" if more else "true"
    return AroundFew(
        ("new_customers",),
        ("metric_time__quarter", "customer__commute"),
        given + f"select quarter, commute, amount from groups where {first}",
        more,
        few=given + f"select quarter, commute from groups where people < {FLOOR}",
        beside=given
        + "select quarter, commute from column_hidden union all "
        + "select quarter, commute from row_hidden",
        # Each of five commutes has few in 2010, and needs two others of one year or one quarter.
        least=10,
    )


AROUND_FEW = (
    AroundFew(
        ("promotion_revenue",),
        ("promotion__promotion_name",),
        BY_PROMOTION + "select name, amount from groups",
        {"where": ["promotion__promotion_type <> 'No Discount'"]},
        few=BY_PROMOTION + f"select name from groups where people < {FLOOR}",
        # Less all others, the total would be the two lines of the one small promotion.
        beside=BY_PROMOTION
        + f"select name from groups where people >= {FLOOR} order by people limit 1",
        least=1,
    ),
    around_commutes("2014-02-01", {}),
    # A range that leaves the few of 2010 out must not uncover what is hidden beside them.
    around_commutes("2014-01-01", {"start": "2011-01-01", "end": "2013-12-31"}),
)

ALL = SALES + QUOTAS + RETENTION + CALLS + FINANCE

FIGURES = {
    "29,358,677": "select sum(SalesAmount) from FactInternetSales",
    "80,450,597": "select sum(SalesAmount) from FactResellerSales",
    "41.1 %": f"select 100 - 100 * {ratio('TotalProductCost')} from FactInternetSales",
    "0.6 %": f"select 100 - 100 * {ratio('TotalProductCost')} from FactResellerSales",
    "7.0 %": f"select 100 * {ratio('if(PromotionKey = 1, 0, SalesAmount)')} from FactInternetSales",
    "6.7 %": f"select 100 * {ratio('if(PromotionKey = 1, 0, SalesAmount)')} from FactResellerSales",
    "84.1 %": "select 100 * (select cast(sum(SalesAmount) as double) from FactResellerSales)"
    " / (select cast(sum(SalesAmountQuota) as double) from FactSalesQuota)",
    "102.6 %": LEDGER
    + f"select 100 * {SPENT} / {BUDGET} from ledger where operating and in_dollars",
    "154.4 %": LEDGER
    + f"select 100 * {SPENT} / {BUDGET} from ledger where operating and in_canada",
    "8,486.5 USD": "select sum(Amount) from FactFinance"
    " join DimOrganization using (OrganizationKey)"
    " where Date = date '2011-12-28' and AccountKey = 85 and CurrencyKey = 100",
    "26.1 %": CUSTOMERS + "select 100 * avg(if(again, 1.0, 0.0)) from followed",
    "69.7 %": "select 100 * sum(Orders) / sum(Calls) from FactCallCenter",
}
"""Figures that the README prints."""


@pytest.fixture(scope="module")
def project(open_example: Callable[[str], Any]) -> Any:
    return open_example("adventureworks")


@pytest.fixture(scope="module")
def files(by_hand: Callable[[str], duckdb.DuckDBPyConnection]) -> duckdb.DuckDBPyConnection:
    return by_hand("adventureworks")


@pytest.mark.parametrize("case", ALL, ids=[case.name for case in ALL])
def test_a_metric_equals_sql_written_by_hand(
    case: Comparison, project: Any, files: duckdb.DuckDBPyConnection
) -> None:
    answer = project.query(metrics=list(case.metrics), group_by=list(case.by), **case.more)
    assert answer.column_names == case.columns
    ours = case.keyed(tuple(row.values()) for row in answer.to_pylist())
    theirs = case.keyed(files.execute(case.sql).fetchall())
    assert theirs
    assert not differences(ours, theirs)


@pytest.mark.parametrize("case", AROUND_FEW, ids=["promotions", "commutes", "commutes of years"])
def test_only_few_and_what_stands_beside_them_is_hidden(
    case: AroundFew, project: Any, files: duckdb.DuckDBPyConnection
) -> None:
    """Every other group is shown and equals SQL; no more are kept back than somebody must."""
    answer = project.query(metrics=list(case.metrics), group_by=list(case.by), **case.more)
    assert answer.column_names == case.columns
    ours = case.keyed(tuple(row.values()) for row in answer.to_pylist())
    theirs = case.keyed(files.execute(case.sql).fetchall())
    few = set(case.keyed(files.execute(case.few).fetchall()))
    beside = set(case.keyed(files.execute(case.beside).fetchall()))
    assert few, "without few this shows nothing"
    assert len(beside) == case.least
    assert not few & beside
    assert {key for key, row in ours.items() if row == (None,)} == (few | beside) & set(theirs)
    shown = {key: row for key, row in ours.items() if key not in few | beside}
    assert not differences(shown, {k: row for k, row in theirs.items() if k not in few | beside})


def test_every_metric_of_the_project_is_compared(project: Any) -> None:
    compared = {name for case in ALL + AROUND_FEW for name in case.metrics}
    assert compared == set(project.project.metrics)


def test_every_date_was_moved_by_2007_days(files: duckdb.DuckDBPyConnection) -> None:
    """Moved back, quotas start a quarter and reseller orders a month: the repair rests on this."""
    off = files.execute(
        """
        select
            (select count(*) from FactSalesQuota
             where day(cast(Date as date) - 2007) <> 1
                or month(cast(Date as date) - 2007) % 3 <> 1),
            (select count(*) from FactResellerSales where day(cast(OrderDate as date) - 2007) <> 1),
            (select count(*) from FactFinance where day(cast(Date as date) - 2007) not in (1, 30))
        """
    ).fetchone()
    assert off == (0, 9, 0)


def test_a_product_costs_the_same_in_every_currency(files: duckdb.DuckDBPyConnection) -> None:
    """Sales of six currencies are summed because their amounts are in one price list."""
    different = files.execute(
        """
        select count(*) from (
            select ProductKey, OrderDate from FactResellerSales where PromotionKey = 1
            group by 1, 2 having count(distinct UnitPrice) > 1
        )
        """
    ).fetchone()
    online = files.execute(
        """
        select count(*) from (
            select ProductKey from FactInternetSales group by 1 having count(distinct UnitPrice) > 1
        )
        """
    ).fetchone()
    assert different == online == (0,)


def test_the_second_quarter_of_2011_has_no_quota_by_the_dates_in_the_files(project: Any) -> None:
    """Without a quota there is no attainment: undefined, and neither zero nor endless."""
    answer = project.query(
        metrics=["quota_attainment_as_dated"],
        group_by=["metric_time__quarter"],
        start="2011-04-01",
        end="2011-06-30",
    )
    assert answer.column("quota_attainment_as_dated").to_pylist() == [None]


@pytest.mark.parametrize(
    "request_",
    [
        {"metrics": ["headcount"], "group_by": ["employee__Gender"]},
        {"metrics": ["headcount"], "group_by": ["department"], "where": ["BaseRate > 20"]},
        {"metrics": ["headcount"], "group_by": ["EmployeeKey"]},
        {"metrics": ["new_customers"], "group_by": ["customer__EmailAddress"]},
        {"metrics": ["new_customers"], "group_by": ["customer"]},
        {"metrics": ["new_customers"], "where": ["customer__LastName = 'Yang'"]},
        {"metrics": ["quota"], "group_by": ["EmployeeKey"]},
    ],
    ids=["gender", "pay", "employee", "e-mail", "customer", "name", "salesperson"],
)
def test_no_figure_about_a_person_can_be_asked_for(
    request_: dict[str, list[str]], project: Any
) -> None:
    with pytest.raises(SameboatError):
        project.query(**request_)


@pytest.mark.parametrize("printed", FIGURES)
def test_the_readme_prints_figures_that_hold(
    printed: str, files: duckdb.DuckDBPyConnection
) -> None:
    row = files.execute(FIGURES[printed]).fetchone()
    assert row is not None
    digits = 1 if "." in printed else 0
    assert f"{row[0]:,.{digits}f}" == printed.partition(" ")[0]
    assert printed in README.read_text(encoding="utf-8")
