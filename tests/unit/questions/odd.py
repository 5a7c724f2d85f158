"""A company of one metric of each kind, over two months, with figures that one counts by hand."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sameboat.questions.opened import Opened, open_workspace

BEFORE, AFTER = "2026-01", "2026-02"
NOW = dt.datetime(2026, 3, 2, 6, 10, tzinfo=dt.UTC)

YML = """
format: 1
name: odd
mission: Count everything.
store: sqlite:///.sameboat/store.db
calendar: {timezone: UTC}
teams: {sales: {label: Sales}, care: {label: Care}}
objectives: {grow: {statement: Sell more., horizon: short}}
tables:
  deals:
    file: data/deals.parquet
    time: closed_on
    entities: {deal: {type: primary, expr: deal_id}, account: {type: foreign, expr: account_id}}
    dimensions: {closed_on: {type: time, grain: day}, region: {}}
  visits:
    file: data/visits.parquet
    time: visited_on
    entities: {visit: {type: primary, expr: visit_id}, account: {type: foreign, expr: account_id}}
    dimensions: {visited_on: {type: time, grain: day}, region: {}}
  answers:
    file: data/answers.parquet
    time: answered_on
    dimensions: {answered_on: {type: time, grain: day}, region: {}}
  months:
    file: data/months.parquet
    time: month
    entities: {account: {type: foreign, expr: account_id}}
    dimensions: {month: {type: time, grain: month}, region: {}}
metrics:
  deals: {type: simple, table: deals, agg: count, unit: count, good: up}
  profit: {type: simple, table: deals, agg: sum, expr: profit, unit: EUR, good: up}
  cost: {type: simple, table: deals, agg: sum, expr: cost, unit: EUR, good: down}
  days: {type: simple, table: deals, agg: median, expr: days, unit: days, good: down}
  visits: {type: simple, table: visits, agg: count, unit: count, good: up}
  visitors: {type: simple, table: visits, agg: count_distinct, expr: account_id, unit: count,
             good: up}
  return: {type: derived, expr: profit / cost, unit: ratio, good: up}
  closing: {type: ratio, numerator: deals, denominator: visits, unit: percent, good: up}
  won: {type: conversion, base: visits, converted: deals, entity: account, window: 20 days,
        calculation: rate, unit: percent, good: up}
  nps: {type: survey, table: answers, method: nps, score: score, scale: [0, 10], unit: points,
        good: up}
  kept: {type: retention, table: months, entity: account, amount: revenue, period: month,
         unit: percent, good: up}
  index: {type: index, base: 2026-01, unit: points, good: up,
          parts: [{metric: profit, weight: 0.6}, {metric: days, weight: 0.4}]}
drivers:
  - {metric: profit, equals: deals * profit_each}
kpis:
"""
# a driver's leaf must be a metric
EACH = "  profit_each: {type: derived, expr: profit / deals, unit: EUR, good: up}\ndrivers:"

KPI = """  k_{name}:
    metric: {name}
    objective: grow
    owners: [{{team: sales, lever: deals}}, {{team: care, lever: visits}}]
    by: [region]
    signal: {{grain: month}}
"""
KINDS = (
    "profit", "days", "visitors", "return", "closing", "won", "nps", "kept", "index",
)  # fmt: skip


def odd(folder: Path, kinds: tuple[str, ...] = KINDS, **tables: list[dict[str, Any]]) -> Opened:
    """The company with a KPI per kind; `tables` replace its own rows."""
    made = {**usual(), **tables}
    (folder / "data").mkdir(exist_ok=True)
    for name, rows in made.items():
        pq.write_table(pa.Table.from_pylist(rows), folder / "data" / f"{name}.parquet")
    text = YML.replace("drivers:", EACH)
    text += "".join(KPI.format(name=name) for name in kinds)
    (folder / "sameboat.yml").write_text(text, encoding="utf-8")
    return open_workspace(folder, clock=lambda: NOW)


def deal(
    day: dt.date, region: str, profit: float, cost: float = 10.0, **more: Any
) -> dict[str, Any]:
    """One closed deal."""
    found = {"deal_id": 0, "account_id": "a1", "closed_on": day, "region": region,
             "profit": float(profit), "cost": float(cost), "days": 5}  # fmt: skip
    return {**found, **more}


def day(month: int, number: int) -> dt.date:
    return dt.date(2026, month, number)


def usual() -> dict[str, list[dict[str, Any]]]:
    """Two regions, of which the north does better in the second month."""
    deals, visits, answers, months = [], [], [], []
    for month in (1, 2):
        for n in range(20):
            region = "north" if n % 2 else "south"
            better = month == 2 and region == "north"
            deals.append(deal(day(month, 10), region, 30 if better else 20, account_id=f"a{n}",
                              deal_id=100 * month + n, days=3 if better else 5))  # fmt: skip
            answers.append({"answered_on": day(month, 5), "region": region,
                            "score": 10 if better or n % 3 else 2})  # fmt: skip
        for n in range(40):
            region = "north" if n % 2 else "south"
            visits.append({"visit_id": 100 * month + n, "account_id": f"a{n}",
                           "visited_on": day(month, 4), "region": region})  # fmt: skip
    for year, month in ((2025, 12), (2026, 1), (2026, 2)):
        for n in range(10):
            region = "north" if n % 2 else "south"
            gone = (month, n) == (2, 4)
            months.append({"account_id": f"a{n}", "month": dt.date(year, month, 1),
                           "region": region, "revenue": 0.0 if gone else 100.0})  # fmt: skip
    return {"deals": deals, "visits": visits, "answers": answers, "months": months}
