"""Each request answers what SQL written by hand answers on the same rows."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.compiler.shop import ordered, rows, shop, sql

MONTH = "date_trunc('month', closed)::date"

CASES: dict[str, tuple[tuple[str, ...], dict[str, Any], str]] = {
    "a count without anything": (("deals",), {}, "select 8"),
    "a metric's own filter": (("won",), {}, "select 5"),
    "several filters in one scan, a group only where a row counts": (
        ("won", "revenue"),
        {"group_by": ["metric_time__month"]},
        f"""select {MONTH}, count(*), sum(amount) from deals where stage = 'Won' group by 1""",
    ),
    "counts of nothing are 0 where the group has other rows": (
        ("won", "closed"),
        {"group_by": ["account__country"]},
        """select country, count(*) filter (stage = 'Won'), count(*) filter (stage <> 'Open')
           from deals left join accounts using (account_id) where stage <> 'Open' group by 1""",
    ),
    "a ratio is a ratio of sums; no win is 0, not undefined": (
        ("win_rate",),
        {"group_by": ["metric_time__quarter"]},
        """select date_trunc('quarter', closed)::date,
                  count(*) filter (stage = 'Won') / count(*) filter (stage <> 'Open')
           from deals where stage <> 'Open' group by 1""",
    ),
    "a filtered sum over a group without such rows is 0 in a share": (
        ("uk_share",),
        {"group_by": ["metric_time__month"]},
        f"""select {MONTH}, coalesce(sum(amount) filter (country = 'UK'), 0) / sum(amount)
            from deals left join accounts using (account_id) where stage = 'Won' group by 1""",
    ),
    "a join never multiplies rows, and keeps those without a partner": (
        ("deals", "amount"),
        {"group_by": ["account__segment"]},
        """select segment, count(*), sum(amount)
           from deals left join accounts using (account_id) group by 1""",
    ),
    "two hops": (
        ("deals",),
        {"group_by": ["account__rep__office"]},
        """select office, count(*) from deals left join accounts using (account_id)
           left join reps using (rep_id) group by 1""",
    ),
    "a bare name is found one hop away": (
        ("deals",),
        {"group_by": ["country"]},
        "select country, count(*) from deals left join accounts using (account_id) group by 1",
    ),
    "a bare column in a filter": (
        ("deals",),
        {"where": ["amount > 60"]},
        "select count(*) from deals where amount > 60",
    ),
    "two tables side by side: no chasm": (
        ("deals", "touches"),
        {"group_by": ["account__country"]},
        """select coalesce(d.country, t.country), max(d.n), max(t.n) from
           (select country, count(*) n from deals left join accounts using (account_id)
            group by 1) d
           full join
           (select country, count(*) n from touches left join accounts using (account_id)
            group by 1) t
           on d.country is not distinct from t.country group by 1""",
    ),
    "a ratio across tables; touches without a deal are 0 deals per touch": (
        ("deals_per_touch",),
        {"group_by": ["account"]},
        """select coalesce(d.a, t.a), coalesce(max(d.n), 0) / max(t.n) from
           (select account_id a, count(*) n from deals group by 1) d full join
           (select account_id a, count(*) n from touches group by 1) t
           on d.a is not distinct from t.a group by 1""",
    ),
    "metrics with other times": (
        ("deals", "opened"),
        {"group_by": ["metric_time__year"]},
        """select y, sum(d), sum(o) from (
             select date_trunc('year', closed)::date y, 1 d, null o from deals union all
             select date_trunc('year', opened)::date, null, 1 from deals) group by 1""",
    ),
    "a date part": (
        ("deals",),
        {"group_by": ["metric_time__extract_year"]},
        "select year(closed), count(*) from deals group by 1",
    ),
    "a year back, asked by month: the whole February of a leap year": (
        ("revenue_year_before",),
        {"group_by": ["metric_time__month"], "start": "2025-01-01", "end": "2025-03-31"},
        "select date '2025-01-01', 100.0 union all select date '2025-02-01', 200.0",
    ),
    "growth over a year": (
        ("revenue_growth",),
        {"group_by": ["metric_time__month"], "start": "2025-02", "end": "2025-02"},
        "select date '2025-02-01', 1.0",
    ),
    "a window looks back behind the first day shown": (
        ("revenue_28d",),
        {"group_by": ["metric_time__day"], "start": "2024-02-20", "end": "2024-02-20"},
        "select date '2024-02-20', 300.0",
    ),
    "a window read by month takes its last day": (
        ("revenue_28d",),
        {"group_by": ["metric_time__month"], "start": "2024-02-01", "end": "2024-02-29"},
        "select date '2024-02-01', 200.0",
    ),
    "month to date": (
        ("revenue_mtd",),
        {"group_by": ["metric_time__day"], "start": "2025-03-30", "end": "2025-03-31"},
        "select date '2025-03-31', 40.0",
    ),
    "everything so far, without a time": (("revenue_so_far",), {}, "select 740.0"),
    "distinct values in a window are counted over its rows": (
        ("customers_60d",),
        {"group_by": ["metric_time__day"], "start": "2024-02-29", "end": "2024-02-29"},
        "select date '2024-02-29', 2",
    ),
    "a windowed ratio is a ratio of windowed sums": (
        ("win_rate_60d",),
        {"group_by": ["metric_time__day"], "start": "2024-02-29", "end": "2024-02-29"},
        "select date '2024-02-29', 2 / 3",
    ),
    "a level is not summed over time": (
        ("balance",),
        {"group_by": ["metric_time__month"]},
        "select date '2024-01-01', 12 union all select date '2024-02-01', 20",
    ),
    "median and mean": (
        ("typical", "mean_amount"),
        {},
        "select median(amount), avg(amount) from deals",
    ),
    "values of dimensions": (
        (),
        {"group_by": ["account__country"]},
        "select distinct country from accounts",
    ),
    "least and greatest": (
        (),
        {"group_by": ["deal__closed_on"], "min_max_only": True},
        "select min(closed), max(closed) from deals",
    ),
    "single rows": (
        ("amount",),
        {"group_by": ["deal"], "ungrouped": True},
        "select deal_id, amount from deals",
    ),
    "sorted and cut": (
        ("amount",),
        {"group_by": ["stage"], "order_by": ["-amount"], "limit": 1},
        "select 'Won', 740.0",
    ),
    "an end is included to its last moment": (
        ("deals",),
        {"start": "2025-03-10", "end": "2025-03-31"},
        "select 3",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_request_answers_what_hand_written_sql_answers(name: str) -> None:
    """The compiled SQL and the SQL written by hand bring the same rows."""
    metrics, asked, check = CASES[name]
    connection = shop()
    assert ordered(rows(connection, sql(*metrics, **asked))) == ordered(rows(connection, check))
