"""Budget against actual in AdventureWorks: to the penny, and never unlike with like."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from sameboat.errors import RequestError
from sameboat.questions.workspace import Workspace
from tests.real.test_adventureworks import own_month

LEDGER = f"""
with ledger as (
    select
        FinanceKey, OrganizationKey, DepartmentGroupKey, AccountKey, ScenarioKey,
        cast(Amount as decimal(18, 2)) as amount,
        {own_month("Date")} as month
    from FactFinance
),
held as (
    select OrganizationKey, month from ledger
    group by 1, 2 having count(distinct ScenarioKey) = 2
)
"""


@pytest.fixture(scope="module")
def books(open_example: Callable[[str], Workspace]) -> Workspace:
    """The example, opened once."""
    return open_example("adventureworks")


@pytest.fixture(scope="module")
def source(by_hand: Callable[[str], duckdb.DuckDBPyConnection]) -> duckdb.DuckDBPyConnection:
    """The files of the ledger for SQL written by hand."""
    return by_hand("adventureworks")


def found(table: Any) -> dict[tuple[Any, ...], Any]:
    """The last column by all others, months as texts."""
    rows = [list(row.values()) for row in table.to_pylist()]
    return {tuple(_plain(v) for v in row[:-1]): row[-1] for row in rows}


def _plain(value: Any) -> Any:
    return value.isoformat()[:10] if hasattr(value, "isoformat") else value


def test_every_cell_of_both_scenarios_is_the_sources_to_the_penny(
    books: Workspace, source: duckdb.DuckDBPyConnection
) -> None:
    """Department × month × account × organisation × scenario: 14,577 or more cells, all exact."""
    by = ["scenario__scenario_name", "organisation", "department_group", "ledger_account"]
    answer = found(books.query(metrics=["posted"], group_by=[*by, "metric_time__month"]))
    expected = {
        tuple(_plain(v) for v in row[:-1]): row[-1]
        for row in source.sql(
            LEDGER
            + """
            select ScenarioName, OrganizationKey, DepartmentGroupKey, AccountKey, month, sum(amount)
            from ledger join DimScenario using (ScenarioKey) group by 1, 2, 3, 4, 5
            """
        ).fetchall()
    }
    assert answer == expected
    assert len(answer) > 10_000
    assert all(isinstance(amount, Decimal) for amount in answer.values())
    assert sum(answer.values()) == Decimal("1358640412.70")


def test_the_sum_of_floats_is_off_and_the_exact_one_is_not(
    books: Workspace, source: duckdb.DuckDBPyConnection
) -> None:
    """The order of 39,409 doubles changes their sum; that of decimals cannot."""
    sums = source.sql(
        "select sum(Amount order by FinanceKey), sum(Amount order by FinanceKey desc) "
        "from FactFinance"
    ).fetchall()[0]
    assert sums[0] != sums[1]
    table = books.query(metrics=["posted"], group_by=["scenario__scenario_name"])
    assert sum(found(table).values()) == Decimal("1358640412.70")


def test_over_budget_is_actual_less_budget_where_both_have_postings(
    books: Workspace, source: duckdb.DuckDBPyConnection
) -> None:
    """By organisation and month; all others are undefined and say that one scenario has no data."""
    table = books.query(metrics=["over_budget"], group_by=["organisation", "metric_time__month"])
    answer = found(table)
    expected = {
        (organisation, month.isoformat()): difference
        for organisation, month, difference in source.sql(
            LEDGER
            + """
            select OrganizationKey, month,
                sum(case ScenarioKey when 1 then amount else -amount end)
            from ledger join held using (OrganizationKey, month) group by 1, 2
            """
        ).fetchall()
    }
    known = {key: value for key, value in answer.items() if value is not None}
    assert known == expected
    assert len(expected) == 6 * 12
    reasons = json.loads(table.schema.field("over_budget").metadata[b"reasons"])
    silent = [why for why in reasons if why is not None]
    assert set(silent) == {"one scenario has no data"}
    assert len(silent) == len(answer) - len(expected) > 0


def test_a_whole_of_which_a_part_has_no_budget_is_not_compared(books: Workspace) -> None:
    """All three years, or 2012: actual spending beside a budget that ended in 2011."""
    asked: dict[str, Any] = {
        "metrics": ["over_budget"],
        "where": ["organisation__books_in = 'USD'"],
    }
    assert books.query(**asked).to_pylist() == [{"over_budget": None}]
    year = books.query(**asked, start="2011", end="2011").to_pylist()
    assert year[0]["over_budget"] is not None
    assert books.query(**asked, start="2012", end="2012").to_pylist() == [{"over_budget": None}]


def test_forgetting_the_scenario_is_an_error_that_says_so(books: Workspace) -> None:
    with pytest.raises(RequestError) as caught:
        books.query(metrics=["posted"], group_by=["ledger_account__account_type"])
    assert caught.value.code == "scenario-open"
    assert "scenario__scenario_name = 'Actual'" in str(caught.value)


def test_two_scenarios_in_a_list_are_still_two(books: Workspace) -> None:
    with pytest.raises(RequestError) as caught:
        books.query(metrics=["posted"], where=["scenario__scenario_name in ('Actual', 'Budget')"])
    assert caught.value.code == "scenario-open"


def test_a_filter_asked_beside_the_metric_is_as_good_as_its_own(books: Workspace) -> None:
    asked = books.query(metrics=["posted"], where=["scenario_name = 'Budget'"])
    own = books.query(metrics=["budget_postings"])
    assert asked.column(0).to_pylist() == own.column(0).to_pylist() == [Decimal("42411850.00")]


def test_expense_to_budget_needs_no_repair_of_its_own_any_more(books: Workspace) -> None:
    """The example's ratio, which its SQL restricts to budgeted months, still has its figure."""
    [row] = books.query(metrics=["expense_to_budget"]).to_pylist()
    assert row["expense_to_budget"] == pytest.approx(1.026, abs=0.0005)
