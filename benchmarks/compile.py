"""Print how long it takes to turn a request into SQL: new requests, known ones, and the first.

Requests differ in their filter, dimension, grain and range, so that none is answered from what
was compiled before. The first of a process is measured in fresh processes, from an open project
to its SQL, imports included.
"""

from __future__ import annotations

import itertools
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sameboat

ROUNDS = 200
FRESH = 9
ANCHORS = {
    "one metric": ("sidemantic 7-12, MetricFlow 32, BSL 53", 3.0),
    "20 metrics": ("sidemantic 32-72, MetricFlow 410, BSL 180", 10.0),
    "known request": ("", 0.2),
    "first in a process": ("SQLGlot's first parse alone 39-76", 120.0),
}
"""What others took in milliseconds (measured on two cores), and what we want to reach."""

PROJECT = """\
name: benchmark
tables:
  orders:
    file: orders.parquet
    subject: none
    time: day
    entities: {order: {type: primary, expr: order_id}, account: {type: foreign, expr: account_id}}
    dimensions: {day: {type: time, grain: day}, region: {}, status: {}, channel: {}}
  accounts:
    file: accounts.parquet
    subject: account
    entities: {account: {type: primary, expr: account_id}}
    dimensions: {segment: {}}
metrics:
  orders: {type: simple, table: orders, agg: count}
  revenue: {type: simple, table: orders, agg: sum, expr: amount}
  cost: {type: simple, table: orders, agg: sum, expr: cost}
  units: {type: simple, table: orders, agg: sum, expr: quantity}
  discounts: {type: simple, table: orders, agg: sum, expr: discount}
  largest: {type: simple, table: orders, agg: max, expr: amount}
  paid: {type: simple, table: orders, agg: count, filter: "status = 'paid'"}
  paid_revenue: {type: simple, table: orders, agg: sum, expr: amount, filter: "status = 'paid'"}
  refunds: {type: simple, table: orders, agg: count, filter: "status = 'refunded'"}
  refunded: {type: simple, table: orders, agg: sum, expr: amount, filter: "status = 'refunded'"}
  cancelled: {type: simple, table: orders, agg: count, filter: "status = 'cancelled'"}
  large_orders: {type: simple, table: orders, agg: count, filter: "amount > 500"}
  web_orders: {type: simple, table: orders, agg: count, filter: "channel = 'web'"}
  web_revenue: {type: simple, table: orders, agg: sum, expr: amount, filter: "channel = 'web'"}
  order_value: {type: ratio, numerator: revenue, denominator: orders}
  paid_share: {type: ratio, numerator: paid, denominator: orders}
  refund_rate: {type: ratio, numerator: refunds, denominator: paid}
  units_per_order: {type: ratio, numerator: units, denominator: orders}
  discount_rate: {type: ratio, numerator: discounts, denominator: revenue}
  margin: {type: derived, expr: (revenue - cost) / revenue}
  revenue_28d: {type: cumulative, metric: revenue, window: 28 days, period_agg: last}
"""
TWENTY = (
    "orders", "revenue", "cost", "units", "discounts", "largest", "paid", "paid_revenue",
    "refunds", "refunded", "cancelled", "large_orders", "web_orders", "web_revenue",
    "order_value", "paid_share", "refund_rate", "units_per_order", "discount_rate", "margin",
)  # fmt: skip
ROLLING = "revenue_28d"


def write_project(folder: Path) -> None:
    """A project of twenty metrics and a rolling one over orders and their accounts."""
    (folder / "sameboat.yml").write_text(PROJECT, encoding="utf-8")


def requests() -> Iterator[dict[str, Any]]:
    """Requests without their metrics, no two alike."""
    grains = ("day", "week", "month", "quarter")
    dimensions = ("region", "channel", "account__segment", "status")
    for number, (grain, dimension) in enumerate(
        itertools.cycle(itertools.product(grains, dimensions))
    ):
        yield {
            "group_by": [f"metric_time__{grain}", dimension],
            "where": [f"quantity > {number}"],
            "start": f"20{10 + number % 15}-01-01",
        }


def new_requests(project: Any, count: int) -> float:
    """The median milliseconds for requests of so many metrics, none of them met before."""
    taken = []
    for number, asked in enumerate(itertools.islice(requests(), ROUNDS)):
        metrics = [TWENTY[(number + at) % len(TWENTY)] for at in range(count)]
        started = time.perf_counter()
        project.sql(metrics, **asked)
        taken.append(time.perf_counter() - started)
    return 1000 * statistics.median(taken[10:])


def known_request(project: Any) -> float:
    """The median milliseconds for a request that was compiled before."""
    asked = next(requests())
    taken = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        project.sql(list(TWENTY), **asked)
        taken.append(time.perf_counter() - started)
    return 1000 * statistics.median(taken[10:])


FIRST = """
import sys, time, sameboat
project = sameboat.open(sys.argv[1])
started = time.perf_counter()
project.sql(["order_value"], group_by=["metric_time__month", "region"], where=["channel = 'web'"])
print(time.perf_counter() - started)
"""


def first_request(folder: Path) -> float:
    """The median milliseconds from an open project to its first SQL, in fresh processes."""
    command = [sys.executable, "-c", FIRST, str(folder)]
    taken = [
        float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        for _ in range(FRESH)
    ]
    return 1000 * statistics.median(taken)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        write_project(Path(name))
        project = sameboat.open(name)
        found = {
            "one metric": new_requests(project, 1),
            "20 metrics": new_requests(project, 20),
            "known request": known_request(project),
            "first in a process": first_request(Path(name)),
        }
        project.close()
    for what, milliseconds in found.items():
        others, reach = ANCHORS[what]
        print(f"{what:18}  {milliseconds:7.2f} ms   reach {reach:g} ms   {others}")


if __name__ == "__main__":
    main()
