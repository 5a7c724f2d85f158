"""A company whose KPI is cut by very many dimensions, or by one of very many values.

Sales of two months by generated dimensions. In one dimension, whose place is chosen, one value
falls by half in the second month; everywhere else nothing but chance happens.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sameboat.questions.opened import Opened, open_workspace

BEFORE, AFTER = "2026-01", "2026-02"
NOW = dt.datetime(2026, 3, 2, 6, 10, tzinfo=dt.UTC)

YML = """
format: 1
name: wide
mission: Sell everything.
store: sqlite:///.sameboat/store.db
calendar: {{timezone: UTC}}
privacy: {{minimum_group: 10}}
teams: {{sales: {{label: Sales}}, shop: {{label: Shop}}}}
objectives: {{grow: {{statement: Sell more., horizon: short}}}}
tables:
  sales:
    file: data/sales.parquet
    subject: {subject}
    time: sold_on
    entities: {{sale: {{type: primary, expr: sale_id}}}}
    dimensions:
      sold_on: {{type: time, grain: day}}
{dimensions}
metrics:
  sales: {{type: simple, table: sales, agg: count, unit: count, good: up}}
  paid: {{type: simple, table: sales, agg: count, filter: "paid", unit: count, good: up}}
  revenue: {{type: simple, table: sales, agg: sum, expr: amount, unit: EUR, good: up}}
  paid_share: {{type: ratio, numerator: paid, denominator: sales, unit: percent, good: up}}
kpis:
{kpis}
"""

KPI = """  {name}:
    metric: {metric}
    objective: grow
    owners: [{{team: sales, lever: sales}}, {{team: shop, lever: paid}}]
    by: [{by}]
    signal: {{grain: month}}
"""


def wide(
    folder: Path,
    *,
    values: tuple[int, ...],
    moved: int,
    rows: int,
    subject: str = "none",
    seed: int = 1,
) -> Opened:
    """The company with one dimension per number in `values`, which says how many values it has.

    In dimension `moved`, value 0 holds a quarter of the cases and falls by half.
    """
    rng = np.random.default_rng(seed)
    names = [f"d{number}" for number in range(len(values))]
    late = np.arange(rows) % 2 == 1
    columns: dict[str, object] = {}
    for number, (name, count) in enumerate(zip(names, values, strict=True)):
        found = rng.integers(0, count, rows)
        if number == moved:
            found = np.where(rng.random(rows) < 0.25, 0, np.maximum(found, 1))
            fallen = (found == 0) & late
        columns[name] = np.char.add("v", found.astype(str))
    paid = np.where(fallen, rng.random(rows) < 0.3, rng.random(rows) < 0.6)
    days = rng.integers(0, 28, rows)
    table = {
        "sale_id": np.arange(rows),
        "sold_on": np.datetime64("2026-01-01") + days + np.where(late, 31, 0),
        "paid": paid,
        "amount": np.where(fallen, 10.0, 20.0) + rng.random(rows),
        **columns,
    }
    (folder / "data").mkdir(exist_ok=True)
    pq.write_table(pa.table(table), folder / "data" / "sales.parquet")
    kpis = [
        KPI.format(name=name, metric=metric, by=", ".join(names))
        for name, metric in (("share", "paid_share"), ("money", "revenue"))
    ]
    text = YML.format(
        subject=subject, dimensions="\n".join(f"      {name}: {{}}" for name in names),
        kpis="".join(kpis),
    )  # fmt: skip
    (folder / "sameboat.yml").write_text(text, encoding="utf-8")
    return open_workspace(folder, clock=lambda: NOW)
