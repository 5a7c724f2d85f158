"""Print what one request for twenty metrics costs beside the best SQL written by hand.

Ten million orders lie in a Parquet file. Several forms that an analyst might write are tried
first, and the fastest of them is the baseline. Both sides run on a connection that was opened just
before, in pairs, each first in turn, so that a busy moment of the machine falls on both alike;
ours includes compiling and the reasons for undefined figures. `--rows 1000000` for a quick look.
"""

from __future__ import annotations

import argparse
import math
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from compile import ROLLING, TWENTY, write_project  # beside this script

import sameboat

PAIRS = 9
TRIALS = 5
REACH = 1.05
OTHERS = (
    "sidemantic 0.99, BSL 1.46, Cube's SQL 1.96, MetricFlow 2.61 (20.9 with the rolling metric), "
    "20 separate queries 4.9"
)
"""Measured elsewhere, on two cores: seconds over those of the best SQL by hand."""

ORDERS = """
copy (
    select
        i as order_id,
        hash(i * 7) % 200000 as account_id,
        date '2022-01-01' + cast(hash(i) % 1096 as integer) as day,
        'region ' || (hash(i * 3) % 12) as region,
        ['paid', 'paid', 'paid', 'paid', 'refunded', 'cancelled', 'open']
            [cast(1 + hash(i * 5) % 7 as integer)] as status,
        ['web', 'web', 'shop', 'partner'][cast(1 + hash(i * 11) % 4 as integer)] as channel,
        cast(hash(i * 13) % 100000 as double) / 100 as amount,
        cast(hash(i * 17) % 60000 as double) / 100 as cost,
        cast(1 + hash(i * 19) % 9 as integer) as quantity,
        cast(hash(i * 23) % 5000 as double) / 100 as discount
    from range({rows}) r(i)
) to '{file}' (format parquet)
"""
ACCOUNTS = """
copy (
    select i as account_id, ['SMB', 'mid', 'large'][cast(1 + i % 3 as integer)] as segment
    from range(200000) r(i)
) to '{file}' (format parquet)
"""

BY_HAND = """
select
    day, region,
    count(*) as orders,
    sum(amount) as revenue,
    sum(cost) as cost,
    sum(quantity) as units,
    sum(discount) as discounts,
    max(amount) as largest,
    count(case when status = 'paid' then 1 end) as paid,
    sum(case when status = 'paid' then amount end) as paid_revenue,
    count(case when status = 'refunded' then 1 end) as refunds,
    sum(case when status = 'refunded' then amount end) as refunded,
    count(case when status = 'cancelled' then 1 end) as cancelled,
    count(case when amount > 500 then 1 end) as large_orders,
    count(case when channel = 'web' then 1 end) as web_orders,
    sum(case when channel = 'web' then amount end) as web_revenue,
    sum(amount) / nullif(count(*), 0) as order_value,
    count(case when status = 'paid' then 1 end) / nullif(count(*), 0) as paid_share,
    count(case when status = 'refunded' then 1 end)
        / nullif(count(case when status = 'paid' then 1 end), 0) as refund_rate,
    sum(quantity) / nullif(count(*), 0) as units_per_order,
    sum(discount) / nullif(sum(amount), 0) as discount_rate,
    (sum(amount) - sum(cost)) / nullif(sum(amount), 0) as margin
from orders
group by day, region
order by day, region
"""
ONCE = """
    (select day, region, amount, cost, quantity, discount, status = 'paid' as is_paid,
        status = 'refunded' as is_refunded, status = 'cancelled' as is_cancelled,
        channel = 'web' as is_web
    from orders)
"""


def with_filters(text: str) -> str:
    """The same SQL with FILTER instead of CASE."""
    text = re.sub(r"count\(case when (.*?) then 1 end\)", r"count(*) filter (where \1)", text)
    return re.sub(r"sum\(case when (.*?) then (\w+) end\)", r"sum(\2) filter (where \1)", text)


def compared_once(text: str) -> str:
    """The same SQL with each comparison made once, in a projection before the grouping."""
    text = re.sub(r"when (?:status|channel) = '(\w+)' then", r"when is_\1 then", text)
    return text.replace("from orders", f"from {ONCE}")


FORMS = {
    "CASE": BY_HAND,
    "FILTER": with_filters(BY_HAND),
    "CASE over a projection": compared_once(BY_HAND),
    "FILTER over a projection": with_filters(compared_once(BY_HAND)),
}
ROLLING_FORM = """
with daily as ({text})
select *, sum(revenue) over (
    partition by region order by day range between interval 27 days preceding and current row
) as revenue_28d
from daily
order by day, region
"""
"""The window function needs a row on every day for each region, which these data have."""

BY = ["metric_time__day", "region"]


def write_data(folder: Path, rows: int) -> None:
    """The project with its orders and accounts."""
    write_project(folder)
    connection = duckdb.connect()
    connection.execute(ORDERS.format(rows=rows, file=folder / "orders.parquet"))
    connection.execute(ACCOUNTS.format(file=folder / "accounts.parquet"))
    connection.close()


def seconds(folder: Path, ask: Callable[[Any], pa.Table]) -> tuple[float, pa.Table]:
    """How long a question takes on a connection that was just opened, and its answer."""
    project = sameboat.open(str(folder))
    try:
        project.warehouse.run("select 1")  # opened, nothing read
        started = time.perf_counter()
        found = ask(project)
        return time.perf_counter() - started, found
    finally:
        project.close()


def ours(*metrics: str) -> Callable[[Any], pa.Table]:
    """One request for all metrics."""
    return lambda project: project.query(list(metrics), group_by=BY)


def by_hand(text: str) -> Callable[[Any], pa.Table]:
    """A text run as it stands."""
    return lambda project: project.warehouse.run(text)


def one_by_one(project: Any) -> pa.Table:
    """A request for each metric."""
    answers = [project.query([name], group_by=BY) for name in TWENTY]
    return answers[0]


def compared(
    folder: Path, one: Callable[[Any], pa.Table], other: Callable[[Any], pa.Table]
) -> tuple[float, float, float]:
    """The median of the ratios of pairs, and the median seconds of both sides."""
    taken: list[tuple[float, float]] = []
    for number in range(PAIRS):
        if number % 2:
            second, first = seconds(folder, other)[0], seconds(folder, one)[0]
        else:
            first, second = seconds(folder, one)[0], seconds(folder, other)[0]
        taken.append((first, second))
    ratio = statistics.median(first / second for first, second in taken)
    return ratio, *(statistics.median(side) for side in zip(*taken, strict=True))


def rolling(text: str) -> str:
    """A form with the revenue of 28 days beside it."""
    return ROLLING_FORM.format(text=text.rsplit("order by", 1)[0])


def best_form(folder: Path) -> str:
    """The name of the fastest form by hand; prints what each takes."""
    taken: dict[str, list[float]] = {name: [] for name in FORMS}
    for _ in range(TRIALS):
        for name, text in FORMS.items():
            taken[name].append(seconds(folder, by_hand(text))[0])
    medians = {name: statistics.median(each) for name, each in taken.items()}
    for name, median in medians.items():
        print(f"by hand: {name:24} {median:.3f} s")
    return min(medians, key=lambda name: medians[name])


def agree(folder: Path, one: Callable[[Any], pa.Table], text: str) -> None:
    """Fail where our figures are not those of the SQL by hand."""
    mine, theirs = seconds(folder, one)[1], seconds(folder, by_hand(text))[1]
    assert mine.num_rows == theirs.num_rows, (mine.num_rows, theirs.num_rows)
    for name in theirs.column_names[2:]:
        pairs = zip(mine[name].to_pylist(), theirs[name].to_pylist(), strict=True)
        assert all(math.isclose(float(a), float(b), rel_tol=1e-6) for a, b in pairs), name


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_data(folder, rows)
        for text in FORMS.values():
            agree(folder, ours(*TWENTY), text)
        agree(folder, ours(*TWENTY, ROLLING), rolling(BY_HAND))
        best = best_form(folder)
        text = FORMS[best]
        print(f"20 metrics by day × region over {rows:,} rows, over the best by hand ({best}):")
        for what, one, other in (
            ("one request", ours(*TWENTY), text),
            ("with a rolling one", ours(*TWENTY, ROLLING), rolling(text)),
            ("20 separate queries", one_by_one, text),
        ):
            ratio, mine, theirs = compared(folder, one, by_hand(other))
            reach = f"reach {REACH:g}" if what == "one request" else ""
            print(f"{what:20} {ratio:6.3f}   {mine:.3f} s against {theirs:.3f} s   {reach}")
        print(f"others               {OTHERS}")


if __name__ == "__main__":
    main()
