"""A tiny company on disk: one shared KPI over two years of weekly leads, its last weeks fallen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sameboat.questions.opened import Opened, open_workspace

FIRST = dt.date(2024, 10, 28)  # a Monday
NOW = dt.datetime(2026, 10, 26, 6, 10, tzinfo=dt.UTC)  # a Monday: the week before is complete
USUAL = (50, 53, 48, 51, 49, 52, 47, 50, 54, 49)

FILES = {
    "sameboat.yml": """
format: 1
name: ferry
mission: Every ferry leaves on time.
store: sqlite:///.sameboat/store.db
calendar: {timezone: UTC}
""",
    "all.yml": """
teams:
  marketing: {label: Marketing}
  sales: {label: Sales}
objectives:
  grow: {statement: The right customers choose us., horizon: short}
tables:
  leads:
    file: data/leads.parquet
    subject: account
    time: came_on
    loaded_at: loaded_at
    freshness: {error_after: 3 days}
    entities: {lead: {type: primary, expr: lead_id}}
    dimensions:
      came_on: {type: time, grain: day}
      source: {}
    personal: [email]
metrics:
  leads: {type: simple, table: leads, agg: count, label: Leads, unit: count, good: up, kind: input}
  customers: {type: simple, table: leads, agg: count, label: New customers, unit: count, good: up,
              filter: "signed = true", kind: output}
  conversion: {type: ratio, numerator: customers, denominator: leads, unit: percent, good: up,
               kind: outcome, version: 2, why: Counted by week.}
kpis:
  conversion:
    label: Conversion
    metric: conversion
    objective: grow
    owners: [{team: marketing, lever: leads}, {team: sales, lever: customers}]
    steward: {rota: [marketing, sales], every: quarter, from: 2026-01-01}
    target: {since: 2026-01-01, from: 0.5, to: 0.6, by: 2027-01-01}
    guardrails: [{metric: leads, min: 50}]
    by: [source]
    signal: {grain: week}
    gaming: Delaying entry.
""",
}


def write_leads(
    folder: Path, signed: Sequence[int], *, loaded_at: dt.datetime = NOW, first: dt.date = FIRST
) -> None:
    """A file with 100 leads a week, of which so many signed."""
    rows = [
        {
            "lead_id": week * 100 + number,
            "came_on": first + dt.timedelta(days=7 * week + number % 7),
            "signed": number < count,
            "source": "paid" if number % 2 else "organic",
            "email": f"someone{number}@example.com",
            "loaded_at": loaded_at.replace(tzinfo=None),
        }
        for week, count in enumerate(signed)
        for number in range(100)
    ]
    (folder / "data").mkdir(exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), folder / "data" / "leads.parquet")


def weeks(fallen: int = 0) -> list[int]:
    """104 usual weeks, of which the last so many fell by ten points."""
    usual = [USUAL[week % len(USUAL)] for week in range(104)]
    return [count - 10 if week >= 104 - fallen else count for week, count in enumerate(usual)]


def ferry(folder: Path, *, fallen: int = 0, loaded_at: dt.datetime = NOW) -> Opened:
    """The company, opened on a Monday morning."""
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    write_leads(folder, weeks(fallen), loaded_at=loaded_at)
    return reopen(folder)


def reopen(folder: Path, *, now: dt.datetime = NOW) -> Opened:
    """The company as it is on disk now."""
    return open_workspace(folder, clock=lambda: now)
